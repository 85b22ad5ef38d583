r"""The equation of a statement: its left-hand side completed by a form, then what the abbreviations stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import sympy as sp

from theory.argument_kinds import TEXT
from verification.arguments import DEFINITIONS, FORMULA, takes
from verification.claim import Statement, Written
from verification.forms import Bound, Candidate, Invariance, Region, StationaryDensity
from verification.formulas.expressions import latex
from verification.formulas.plain import unicode_math

SIGNS = {"<=": r"\le", ">=": r"\ge", "<": "<", ">": ">"}

RELATION = re.compile(r"(=|<|>|\\(leq?|geq?|ll|gg|propto|sim|approx|to|iff|text\{[^}]*iff ?\}))\s*$")
"""What ends a left-hand side that brings its own sign."""

_ENDS_IN_A_WORD = re.compile(r"\\text\{[^{}]*[^{}\s]\}$")

ROOM = (48, 6)
"""Letters of a row, and rows, beyond which a matrix is told in words where there is little room."""


@takes(left=TEXT, form=FORMULA, definitions=DEFINITIONS, relation=TEXT)
def statement_text(
    left: str, form: Candidate, definitions: Mapping[sp.Basic, sp.Basic] | None = None, *, relation: str = ""
) -> str:
    r"""The LaTeX of ``left relation form``, followed by what its abbreviations stand for.

    Args:
        left: LaTeX of the left-hand side, with its relation sign unless ``relation`` gives one; may be empty.
        form: What stands on the right-hand side.
        definitions: Abbreviation -> what it stands for, in the order in which a reader meets them.
        relation: LaTeX of the sign between, e.g. ``=``.

    Example:
        >>> kappa, Psi, zeta = sp.symbols("kappa Psi zeta", positive=True)
        >>> statement_text(r"p \propto", sp.exp(-kappa * Psi), {kappa: 2 / zeta**2})
        'p \\propto e^{- \\Psi \\kappa},\\quad\\text{where }\\kappa = \\frac{2}{\\zeta^{2}}'
    """
    left = left.strip()
    if not relation and _ENDS_IN_A_WORD.search(left):
        left += r"\ "  # LaTeX sees no blanks between a word and a formula
    equation = " ".join(filter(None, (left, relation if left else "", latex(form))))
    meant = [rf"{latex(name)} = {latex(meaning)}" for name, meaning in (definitions or {}).items()]
    return equation + (r",\quad\text{where }" + r",\ ".join(meant) if meant else "")


def statement_line(
    left: str, form: Candidate, definitions: Mapping[sp.Basic, sp.Basic] | None = None, *, relation: str = ""
) -> str:
    """The same as one line of Unicode."""
    return unicode_math(statement_text(left, form, definitions, relation=relation))


def relation(statement: Statement) -> str:
    """The sign between the left-hand side of ``statement`` and its form; none where the left-hand side brings it."""
    form = statement.form
    if not statement.left or RELATION.search(statement.left):
        return ""
    if isinstance(form, Bound):
        return SIGNS[form.relation]
    if isinstance(form, Region):
        return r"\text{ iff }"
    return r"\propto" if isinstance(form, StationaryDensity) else "" if isinstance(form, Invariance) else "="


def equation_text(statement: Statement, form: Candidate) -> tuple[str, str]:
    """LaTeX and one line of Unicode of the left-hand side of ``statement`` completed by ``form``, as it is judged."""
    text = statement_text(statement.left, form, relation=relation(statement))
    return text, unicode_math(text)


def written_text(statement: Statement, written: Written) -> str:
    """The LaTeX of the same as the page writes it: with its abbreviations, and what they stand for."""
    form, definitions = statement.shown(written)
    return statement_text(statement.left, form, definitions, relation=relation(statement))


def short_text(statement: Statement, written: Written) -> str:
    """The LaTeX of the same where there is little room: a matrix that would fill the page is told in words."""
    form, _ = statement.shown(written)
    if not isinstance(form, sp.MatrixBase) or _fits(form):
        return written_text(statement, written)
    shape = "a vector of {0} entries" if form.cols == 1 else "a matrix of {0} × {1} entries"
    return rf"{statement.left} {relation(statement)} \text{{{shape.format(*form.shape)}, given below}}".strip()


def _fits(matrix: sp.MatrixBase) -> bool:
    widths = [max(len(unicode_math(entry)) + 2 for entry in matrix.col(j)) for j in range(matrix.cols)]
    return sum(widths) <= ROOM[0] and matrix.rows <= ROOM[1]


def printed_text(statement: Statement) -> str:
    """The printed form of a statement as a reader sees it: inline mathematics, between dollar signs."""
    return f"${written_text(statement, statement.printed)}$"


def correction_text(statement: Statement, said: Mapping[sp.Basic, sp.Basic] | None = None) -> str:
    """The correction of a statement as a reader sees it: its corrected form, or its words where it is no formula.

    Args:
        statement: with a corrected form or words that stand for one.
        said: Abbreviations that the reader has just been told; those that mean the same here are not told again.
    """
    if statement.corrected_says:
        return statement.corrected_says
    assert statement.corrected is not None
    form, definitions = statement.shown(statement.corrected)
    new = {name: meant for name, meant in definitions.items() if (said or {}).get(name) != meant}
    return f"${statement_text(statement.left, form, new, relation=relation(statement))}$"


def corrections_text(statements: Iterable[Statement]) -> str:
    """Corrections one behind the other: equal ones once, and an abbreviation where it is met or changes its meaning."""
    said: dict[sp.Basic, sp.Basic] = {}
    texts: dict[str, str] = {}
    for statement in statements:
        whole = correction_text(statement)
        if whole not in texts:
            texts[whole] = correction_text(statement, said)
            said |= {} if statement.corrected_says else statement.shown(statement.corrected)[1]
    return "; ".join(texts.values())
