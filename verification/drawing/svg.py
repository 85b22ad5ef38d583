r"""Matplotlib figures as inline SVG that is the same in every byte each time, and follows the page's colours.

Text stays text, in the page's font. What is drawn in :data:`INK` takes the colour of the text around it, so that
dark mode needs no second picture. matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#102030"
"""Stands for the colour of the surrounding text; matplotlib has no word for it."""

BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
"""The colours of Okabe and Ito that stand out on light and dark ground alike. Each always comes with a marker and a
text."""

BROAD = 400.0
"""Points from which on a picture gets more room, so that its text stays readable."""

LARGEST = 1.35
"""Pixels per point up to which a picture grows, so that pictures side by side have letters of about one size."""

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
NUMBER = re.compile(r"-?\d+\.\d+")
FAMILY = re.compile(r" font-family: [^;]*;")

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": True,
    "mathtext.fontset": "dejavusans",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "path.simplify": True,
}


def svg(draw: Callable[[Figure], None], *, name: str, label: str, size: tuple[float, float]) -> Markup:
    """What ``draw`` puts on a figure of ``size`` inches.

    Args:
        draw: Draws on an empty figure.
        name: Unique on the page: it begins the names of clips and markers.
        label: What a screen reader says.
        size: Width and height in inches.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    out = io.BytesIO()
    settings: Any = {**mpl.rcParamsDefault, **_STYLE, "svg.hashsalt": name}
    with mpl.rc_context(settings):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Markup(_inline(out.getvalue().decode(), name, label))


def _inline(text: str, name: str, label: str) -> str:
    """The picture without what only a file of its own needs, its names made unique on the page."""
    root = ET.fromstring(text)
    width, height = (root.attrib[side].removesuffix("pt") for side in ("width", "height"))
    root.attrib.clear()
    shape = "plot broad" if float(width) > BROAD else "plot"
    root.attrib |= {"viewBox": f"0 0 {width} {height}", "class": shape, "role": "img", "aria-label": label}
    root.set("style", f"max-width: {LARGEST * float(width):.0f}px")
    _tidy(root)
    _rename(root, f"{name}-")
    root.set("xmlns", SVG)
    return ET.tostring(root, encoding="unicode").replace(INK, "currentColor")


def _tidy(element: ET.Element) -> None:
    """Short numbers, the page's font, nothing empty, no style sheet, which would reach beyond the picture."""
    element.tag = element.tag.rpartition("}")[2]
    for child in list(element):
        _tidy(child)
        if child.tag in ("metadata", "style") or (child.tag in ("g", "defs") and not len(child)):
            element.remove(child)
    if element.tag not in ("text", "tspan"):
        element.text = None
    element.tail = None
    for key, value in list(element.attrib.items()):
        if key == f"{{{XLINK}}}href":
            element.attrib["href"] = element.attrib.pop(key)
        elif key in ("d", "x", "y", "points", "transform", "width", "height"):
            element.set(key, " ".join(NUMBER.sub(_short, value).split()))
        elif key == "style":
            element.set(key, FAMILY.sub("", value))


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _rename(root: ET.Element, prefix: str) -> None:
    """Prefix the ids that something refers to, drop the others."""
    values = [(key, value) for element in root.iter() for key, value in element.attrib.items()]
    used = {value[1:] for key, value in values if key == "href"}
    used |= {value[5:-1] for _, value in values if value.startswith("url(#")}
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.attrib.pop(key)
                if value in used:
                    element.set(key, prefix + value)
            elif key == "href":
                element.set(key, f"#{prefix}{value[1:]}")
            elif value.startswith("url(#"):
                element.set(key, f"url(#{prefix}{value[5:]}")
