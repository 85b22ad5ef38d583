"""Formulas for a web page: LaTeX -> MathML.

The LaTeX source goes along as an annotation, and a plain text as the label that screen readers speak.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from markupsafe import Markup

from verification.errors import FormulaError
from verification.formulas.plain import line
from verification.formulas.tree import typeset

NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def mathml(source: str, label: str | None = None, *, display: bool = True) -> Markup:
    """LaTeX as safe MathML.

    Args:
        source: LaTeX, without dollar signs.
        label: What a screen reader says; the formula in one line of Unicode, if not given.
        display: As a formula of its own, not in a line of text.

    Raises:
        FormulaError: ``source`` cannot be typeset.

    Example:
        >>> print(mathml("x", "the state"))
        <math ... aria-label="the state" display="block"><semantics><mrow><mi>x</mi></mrow>...
    """
    parts = typeset(source, display=display)
    spoken = label if label is not None else line(parts)
    math = ET.Element("math", {"xmlns": NAMESPACE, "aria-label": spoken} | ({"display": "block"} if display else {}))
    semantics = ET.SubElement(math, "semantics")
    row = ET.SubElement(semantics, "mrow")
    row.extend(parts[0] if len(parts) == 1 and parts[0].tag == "mrow" else parts)
    ET.SubElement(semantics, "annotation", {"encoding": "application/x-tex"}).text = source
    return Markup(ET.tostring(math, encoding="unicode"))


def formula(source: str, label: str | None = None, *, display: bool = True) -> Markup:
    """The same, but what cannot be typeset stays LaTeX: a page is not lost by one formula."""
    try:
        return mathml(source, label, display=display)
    except FormulaError:
        return Markup('<code class="latex" aria-label="{}">{}</code>').format(label or source, source)
