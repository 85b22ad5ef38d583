r"""Sentences with formulas in them, as ``$inline mathematics$``: for web pages and for terminals."""

from __future__ import annotations

import re

from markupsafe import Markup

from theory.argument_kinds import TEXT
from verification.arguments import takes
from verification.errors import FormulaError
from verification.formulas.markup import formula, mathml
from verification.formulas.one_line import SUPERSCRIPTS
from verification.formulas.plain import unicode_math
from verification.formulas.sentences import sentence_parts

RAISED = re.compile(r"\^(?:\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)|\{([^{}]*)\}|(\w+|\*))")
"""A power in ASCII."""

MARKS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
"""Combining marks by their names."""

GREEK: dict[str, str] = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega "
        "Gamma Delta Theta Lambda Sigma Phi Psi Omega".split(),
        "αβγδεζηθκλμνξπρστφχψωΓΔΘΛΣΦΨΩ",
        strict=True,
    )
)
"""Letters by their names."""


@takes(text=TEXT)
def prose_html(text: str) -> Markup:
    """A sentence as HTML, its formulas as MathML.

    Raises:
        FormulaError: a dollar sign has no partner, or a formula cannot be typeset.
    """
    return Markup("").join(
        mathml(part, display=False) if inside else Markup.escape(part) for inside, part in sentence_parts(text)
    )


@takes(text=TEXT)
def prose_text(text: str) -> str:
    r"""A sentence as plain text, its formulas in Unicode.

    Raises:
        FormulaError: a dollar sign has no partner, or a formula cannot be typeset.

    Example:
        >>> prose_text(r"Near $\theta = 0$ the noise is $\zeta^2\theta^2$.")
        'Near θ = 0 the noise is ζ²θ².'
    """
    return "".join(unicode_math(part) if inside else part for inside, part in sentence_parts(text))


@takes(text=TEXT)
def readable_html(text: str) -> Markup:
    """The same, but nothing is refused: what cannot be typeset stays as it is, and ASCII powers are raised.

    For pages, which one sentence must not cost, and for sentences that the checks make up from SymPy's own words.
    """
    try:
        found = sentence_parts(text)
    except FormulaError:
        found = [(False, text)]
    return Markup("").join(
        formula(part, display=False) if inside else _raised(readable(part)) for inside, part in found
    )


def _raised(text: str) -> Markup:
    """Text with the powers raised that have no letters of their own in Unicode."""
    return Markup(RAISED.sub(r"<sup>\1\2\3</sup>", str(Markup.escape(text))))


@takes(text=TEXT)
def readable_text(text: str) -> str:
    """The same as plain text."""
    try:
        return "".join(unicode_math(part) if inside else readable(part) for inside, part in sentence_parts(text))
    except FormulaError:
        return readable(text)


@takes(text=TEXT)
def readable(text: str) -> str:
    """SymPy's own words in the letters of a formula, as far as that goes without reading them.

    Example:
        >>> readable("zeta**2*mu - x**(1/2) at theta_0 = 3")
        'ζ²·μ - x^(1/2) at θ_0 = 3'
    """
    text = re.sub(r"(?:\*\*|\^)(-?\d+|[A-Za-z]\b|\((?:-?[\w ]+(?:[+-] ?\w+)?)\)|\{[\w+-]+\})", _power, text)
    text = re.sub(r"(?<=[\w)\]⁰-⁹²³¹'])\*(?=[\w(\[])", "·", text.replace("**", "^"))
    text = re.sub(r"\b([A-Za-z])_(tilde|hat|bar)(?![A-Za-z])", lambda found: found[1] + MARKS[found[2]], text)
    return re.sub(rf"(?<![A-Za-z\\])({'|'.join(GREEK)})(?![A-Za-z])", lambda found: GREEK[found[1]], text)


def _power(found: re.Match[str]) -> str:
    exponent = found[1].strip("(){} ").replace("-", "−").replace(" ", "")
    if all(letter in SUPERSCRIPTS for letter in exponent):
        return "".join(SUPERSCRIPTS[letter] for letter in exponent)
    return f"^({exponent})"


@takes(text=TEXT)
def docstring_prose(text: str) -> str:
    """A docstring as prose: its roles resolved, its mathematics between dollar signs."""
    return _without_roles(re.sub(r":math:`([^`]*)`", r"$\1$", text))


@takes(text=TEXT)
def docstring_text(text: str) -> str:
    r"""A docstring as plain text: its roles, double backquotes and blocks of mathematics resolved.

    Example:
        >>> docstring_text(r"The rate :math:`\mu_c` of :func:`~theory.line.ends.boundary.integrable`, as ``str``.")
        'The rate μ_c of integrable, as str.'
    """
    return _without_roles(re.sub(r":math:`([^`]*)`", lambda found: _or_source(found[1]), text))


def _without_roles(text: str) -> str:
    text = re.sub(r":[a-z:]+:`~(?:[\w.]*\.)?(\w+)`", r"\1", text)
    text = re.sub(r":[a-z:]+:`([^`]*)`", r"\1", text)
    return text.replace("``", "").replace("\\ ", "")


def _or_source(formula: str) -> str:
    """A docstring may hold LaTeX that is for Sphinx alone; it then stays as it is."""
    try:
        return unicode_math(" ".join(formula.split()))
    except FormulaError:
        return formula
