"""Formulas for a web page: LaTeX -> MathML, in several lines where one would be too long.

The LaTeX source goes along as an annotation, and a plain text as the label that screen readers speak.
"""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from markupsafe import Markup

from theory.argument_kinds import TEXT, YES_OR_NO, or_none, whole
from verification.arguments import takes
from verification.errors import FormulaError
from verification.formulas.one_line import line
from verification.formulas.tree import typeset

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

BREAKS = frozenset("+−=≤≥<>∝")
"""Operators before which a long formula goes on in the next line."""

BRACKETS = ("(", "[", "{")

SHORT = 16
"""Letters of a left-hand side that is not worth a line of its own."""


@takes(source=TEXT, label=or_none(TEXT), width=or_none(whole(1, 10_000)), display=YES_OR_NO)
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


def _rows(
    parts: Sequence[ET.Element], width: int, level: int = 0, letters: int | None = None
) -> list[list[ET.Element]]:
    """The elements of a formula in rows of about ``width`` letters, cut between equations rather than within them.

    Brackets are opened last. ``letters`` is how many there are, where that is known: to count them in a large matrix
    takes a while.
    """
    if (len(line(parts)) if letters is None else letters) <= width:
        return [list(parts)]
    last = level == len(_CUTS)
    pieces = _pieces_of_a_bracket(parts) if last else _pieces(parts, _CUTS[level])
    if len(pieces) == 1:
        return pieces if last else _rows(parts, width, level + 1, width + 1)
    rows: list[list[ET.Element]] = [[]]
    lengths = [0]
    for piece in pieces:
        more = len(line(piece)) + 1
        if rows[-1] and lengths[-1] + more > width:
            rows.append([])
            lengths.append(0)
        rows[-1] += piece
        lengths[-1] += more
    below = level if last else level + 1
    return [part for row, length in zip(rows, lengths, strict=True) for part in _rows(row, width, below, length)]


def _pieces(parts: Sequence[ET.Element], cuts: Callable[[Sequence[ET.Element]], set[int]]) -> list[list[ET.Element]]:
    """The elements cut, outside brackets, before those whose places ``cuts`` gives."""
    places = cuts(parts)
    pieces: list[list[ET.Element]] = [[]]
    depth = 0
    for i, part in enumerate(parts):
        if depth == 0 and pieces[-1] and i in places:
            pieces.append([])
        pieces[-1].append(part)
        if part.tag == "mo" and part.text:
            depth += (part.text in "([{") - (part.text in ")]}")
    return pieces


def _pieces_of_a_bracket(parts: Sequence[ET.Element]) -> list[list[ET.Element]]:
    """The elements cut before the signs of the longest sum in brackets, which stays open at the end of a row."""
    brackets = [i for i, part in enumerate(parts) if _is_sum_in_brackets(part)]
    if not brackets:
        return [list(parts)]
    place = max(brackets, key=lambda i: len(line([parts[i]])))
    inside = list(parts[place])
    signs = [i for i in range(2, len(inside)) if _is_sign(inside[i])]
    ends = [0, *signs, len(inside)]
    pieces = [inside[i:j] for i, j in itertools.pairwise(ends)]
    pieces[0][:0] = parts[:place]
    pieces[-1] += parts[place + 1 :]
    return pieces


def _is_sum_in_brackets(part: ET.Element) -> bool:
    return part.tag == "mrow" and len(part) > 0 and part[0].text in BRACKETS and any(map(_is_sign, part[2:]))


def _is_sign(part: ET.Element) -> bool:
    return part.tag == "mo" and part.text in ("+", "−")


def _after_gaps(parts: Sequence[ET.Element]) -> set[int]:
    return {i for i, part in enumerate(parts, start=1) if part.tag == "mspace" and part.get("width") in ("1em", "2em")}


def _after_commas(parts: Sequence[ET.Element]) -> set[int]:
    return {i for i in range(2, len(parts)) if parts[i - 1].tag == "mspace" and parts[i - 2].text == ","}


def _before_operators(parts: Sequence[ET.Element]) -> set[int]:
    operators = [i for i, part in enumerate(parts) if part.tag == "mo" and part.text in BREAKS]
    # A short left-hand side stays in the line of its sign.
    first = next((place for place, i in enumerate(operators) if len(line(parts[:i])) > SHORT), len(operators))
    return set(operators[first:])


_CUTS = (_after_gaps, _after_commas, _before_operators)
