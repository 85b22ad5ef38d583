"""Formulas for a web page: LaTeX -> MathML, in several lines where one would be too long.

The LaTeX source goes along as an annotation, and a plain text as the label that screen readers speak.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from markupsafe import Markup

from verification.errors import FormulaError
from verification.formulas.plain import line
from verification.formulas.tree import typeset

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

BREAKS = frozenset("+−=≤≥<>∝")
"""Operators before which a long formula goes on in the next line."""

SHORT = 16
"""Letters of a left-hand side that is not worth a line of its own."""


def mathml(source: str, label: str | None = None, *, display: bool = True, width: int | None = None) -> Markup:
    """LaTeX as safe MathML.

    Args:
        source: LaTeX, without dollar signs.
        label: What a screen reader says; the formula in one line of Unicode, if not given.
        display: As a formula of its own, not in a line of text.
        width: Letters after which a formula of its own goes on in another line; None for one line however long.

    Raises:
        FormulaError: ``source`` cannot be typeset.

    Example:
        >>> print(mathml("x", "the state"))
        <math ... aria-label="the state" display="block"><semantics><mrow><mi>x</mi></mrow>...
    """
    parts = typeset(source, display=display)
    parts = list(parts[0]) if len(parts) == 1 and parts[0].tag == "mrow" else parts
    rows = [parts] if width is None or not display else _rows(parts, width)
    found = []
    for i, row in enumerate(rows):
        spoken = label if label is not None and len(rows) == 1 else line(row)
        found.append(_math(row, spoken, source if i == 0 else None, display=display, continued=i > 0))
    return Markup("").join(found)


def formula(source: str, label: str | None = None, *, display: bool = True, width: int | None = None) -> Markup:
    """The same, but what cannot be typeset stays LaTeX: a page is not lost by one formula."""
    try:
        return mathml(source, label, display=display, width=width)
    except FormulaError:
        return Markup('<code class="latex" aria-label="{}">{}</code>').format(label or source, source)


def _math(parts: Sequence[ET.Element], label: str, source: str | None, *, display: bool, continued: bool) -> Markup:
    attributes = {"xmlns": NAMESPACE, "aria-label": label} | ({"display": "block"} if display else {})
    math = ET.Element("math", attributes | ({"class": "continued"} if continued else {}))
    semantics = ET.SubElement(math, "semantics")
    if continued and parts[0].tag == "mo":
        parts[0].set("form", "infix")  # The first operator of a row would lose the blanks around it.
    ET.SubElement(semantics, "mrow").extend(parts)
    if source is not None:
        ET.SubElement(semantics, "annotation", {"encoding": "application/x-tex"}).text = source
    return Markup(ET.tostring(math, encoding="unicode"))


def _rows(parts: Sequence[ET.Element], width: int, level: int = 0) -> list[list[ET.Element]]:
    """The elements of a formula in rows of about ``width`` letters, cut between equations rather than within them."""
    if level == len(_CUTS) or len(line(parts)) <= width:
        return [list(parts)]
    rows: list[list[ET.Element]] = [[]]
    letters = 0
    for piece in _pieces(parts, _CUTS[level]):
        more = len(line(piece)) + 1
        if rows[-1] and letters + more > width:
            rows.append([])
            letters = 0
        rows[-1] += piece
        letters += more
    return [part for row in rows for part in _rows(row, width, level + 1)]


def _pieces(parts: Sequence[ET.Element], cut: Callable[[Sequence[ET.Element], int], bool]) -> list[list[ET.Element]]:
    """The elements cut, outside brackets, before those of which ``cut`` says so."""
    pieces: list[list[ET.Element]] = [[]]
    depth = 0
    for i, part in enumerate(parts):
        if depth == 0 and pieces[-1] and cut(parts, i):
            pieces.append([])
        pieces[-1].append(part)
        if part.tag == "mo" and part.text:
            depth += (part.text in "([{") - (part.text in ")]}")
    return pieces


def _after_gap(parts: Sequence[ET.Element], i: int) -> bool:
    return parts[i - 1].tag == "mspace" and parts[i - 1].get("width") in ("1em", "2em")


def _after_comma(parts: Sequence[ET.Element], i: int) -> bool:
    return i > 1 and parts[i - 1].tag == "mspace" and parts[i - 2].text == ","


def _before_operator(parts: Sequence[ET.Element], i: int) -> bool:
    # A short left-hand side stays in the line of its sign.
    return parts[i].tag == "mo" and parts[i].text in BREAKS and len(line(parts[:i])) > SHORT


_CUTS = (_after_gap, _after_comma, _before_operator)
