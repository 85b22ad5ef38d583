r"""Formulas for a web page: SymPy -> LaTeX -> MathML, let through an allow-list.

What latex2mathml emits is not trusted: it keeps ``\href`` and leaves what stands in ``\text`` unescaped. Its tree is
therefore rebuilt element by element from the names below, with every text and attribute escaped, so that nothing a
claim says can become markup or script. The LaTeX source goes along as an annotation, and a plain text as the
label that screen readers speak.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from latex2mathml.converter import Converter
from markupsafe import Markup

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

ELEMENTS = frozenset(
    "mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mtable mtr mtd".split()
)
"""Presentation elements of MathML Core that may appear; any other is replaced by its contents."""

ATTRIBUTES = frozenset(
    "displaystyle scriptlevel form fence separator lspace rspace stretchy symmetric minsize maxsize largeop "
    "movablelimits accent accentunder linethickness width height depth columnspan rowspan".split()
)
"""Attributes that may appear, with values of :data:`VALUE`. No link, no event handler, no style."""

VALUE = re.compile(r"[a-z]{1,12}|-?[0-9.]{1,8}(em|ex|px|%)?")

PRIMES = frozenset("\u2032\u2033\u2034\u2057")
INVISIBLE_TIMES = "\u2062"


def formula(source: str, label: str, *, display: bool = True) -> Markup:
    """LaTeX as safe MathML; as text, where it cannot be converted.

    Args:
        source: LaTeX, without dollar signs.
        label: What a screen reader says.
        display: As a formula of its own, not in a line of text.

    Example:
        >>> print(formula("x", "the state"))
        <math ... aria-label="the state" display="block"><semantics><mrow><mi>x</mi></mrow>...
    """
    try:
        tree = Converter(display="block" if display else "inline").convert_to_element(_prepared(source))
    except Exception:  # latex2mathml raises many kinds on LaTeX it does not know.
        return _as_text(source, label)
    parts = [part for child in tree for part in _rebuilt(child)]
    if any(token.text and "\\" in token.text for part in parts for token in part.iter()):
        return _as_text(source, label)
    math = ET.Element("math", {"xmlns": NAMESPACE, "aria-label": label} | ({"display": "block"} if display else {}))
    semantics = ET.SubElement(math, "semantics")
    row = ET.SubElement(semantics, "mrow")
    row.extend(parts[0] if len(parts) == 1 and parts[0].tag == "mrow" else parts)
    ET.SubElement(semantics, "annotation", {"encoding": "application/x-tex"}).text = source
    return Markup(ET.tostring(math, encoding="unicode"))


def _prepared(source: str) -> str:
    r"""LaTeX that latex2mathml reads rightly: it takes ``\\0`` for one command and knows no ``\arg``."""
    spaced = re.sub(r"\\\\(?=\S)", r"\\\\ ", source)
    return re.sub(r"\\arg(?![a-zA-Z])", r"\\operatorname{arg}", spaced).replace(r"\middle|", "|")


def _as_text(source: str, label: str) -> Markup:
    return Markup('<code class="latex" aria-label="{}">{}</code>').format(label, source)


def _rebuilt(element: ET.Element) -> list[ET.Element]:
    """``element`` from allowed parts only, or what is allowed of its contents."""
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    children = [part for child in element for part in _rebuilt(child)]
    text = _clean(element.text)
    if name not in ELEMENTS:
        return children if children or not text.strip() else [_token("mtext", text)]
    if name == "msup" and len(children) == 2 and set(children[1].text or " ") <= PRIMES:
        # A prime is drawn raised already; as a superscript it shrinks to a dot.
        children[1].tag, children[1].attrib = "mo", {"lspace": "0em", "rspace": "0em"}
        name = "mrow"
    copy = _token(name, text)
    copy.attrib.update(_allowed(element.attrib))
    copy.extend(children)
    return [copy]


def _token(name: str, text: str) -> ET.Element:
    element = ET.Element(name)
    element.text = text or None
    return element


def _allowed(attributes: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in attributes.items() if name in ATTRIBUTES and VALUE.fullmatch(value)}
    if attributes.get("mathvariant") == "normal":
        kept["mathvariant"] = "normal"
    if attributes.get("columnalign") == "left":
        # Alignment of columns is a matter of style sheets in MathML Core.
        kept["class"] = "left"
    return kept


def _clean(text: str | None) -> str:
    """Text with latex2mathml's character references resolved, without characters that XML cannot hold."""
    resolved = html.unescape(text or "")
    return "".join(c for c in resolved if c.isprintable() or c in "\u00a0\u2009\u2003 " or c == INVISIBLE_TIMES)
