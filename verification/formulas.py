"""Formulas as a reader sees them: LaTeX of expressions, matrices and conditions."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.printing.latex import LatexPrinter

from verification.claim import Statement
from verification.forms import Candidate, Figure, Identity, Numerical

PRODUCT = re.compile(r"\[([A-Z](\^T|\*\*\d)?|[a-z·])+\]")
"""Names of symbols that stand for a product of matrices, such as ``[B^T·B·A]``."""


class _Printer(LatexPrinter):
    """LaTeX with the usual letters for functions that SymPy spells out, and for words of matrices."""

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        letter, _, accent = expr.name.partition("_")
        if accent == "tilde":
            return rf"\tilde{{{letter}}}"
        if not PRODUCT.fullmatch(expr.name):
            return super()._print_Symbol(expr, style)
        factors = expr.name[1:-1].replace("^T", r"^{\top}").split("·")
        return " ".join(re.sub(r"\*\*(\d)", r"^{\1}", factor) for factor in factors)

    def _hprint_Function(self, func: str) -> str:
        name = func.rstrip("'")
        return super()._hprint_Function(name) + "'" * (len(func) - len(name))

    def _print_polygamma(self, expression: sp.Expr) -> str:
        order, argument = expression.args
        upper = "" if order == 0 else rf"^{{({self._print(order)})}}"
        return rf"\psi{upper}\left({self._print(argument)}\right)"

    def _print_hyper(self, expression: Any) -> str:
        above, below = (", ".join(map(self._print, parameters)) for parameters in (expression.ap, expression.bq))
        name = rf"{{}}_{{{len(expression.ap)}}}F_{{{len(expression.bq)}}}"
        return rf"{name}\left({above};\ {below};\ {self._print(expression.argument)}\right)"

    def _print_Function(self, expression: Any, exp: Any = None) -> str:
        if expression.func.__name__ != "hyperu":
            return super()._print_Function(expression, exp)
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"U{power}\left({', '.join(map(self._print, expression.args))}\right)"


def latex(form: Candidate | sp.Basic) -> str:
    r"""The LaTeX source of a formula, matrix or condition.

    Example:
        >>> latex(sp.Symbol("zeta") ** 2 / 2)
        '\\frac{\\zeta^{2}}{2}'
    """
    if isinstance(form, Boolean) and form in (sp.true, sp.false):
        return rf"\text{{{'always' if form == sp.true else 'never'}}}"
    return _Printer().doprint(form)


def equation_text(statement: Statement, form: Candidate) -> tuple[str, str]:
    """LaTeX and plain text of the left-hand side of ``statement`` completed by ``form``."""
    relation = "=" if statement.left and isinstance(statement.form, Identity | Numerical | Figure) else ""
    return f"{statement.left} {relation} {latex(form)}".strip(), f"{statement.left} {relation} {form}".strip()


def correction_text(statement: Statement) -> str:
    """The correction of a statement as a reader sees it: its corrected form, or its words where it is no formula."""
    if statement.corrected_says:
        return statement.corrected_says
    assert statement.corrected is not None
    return f"${equation_text(statement, statement.judged(statement.corrected))[0]}$"


def printed_text(statement: Statement) -> str:
    """The printed form of a statement as LaTeX between dollars, with its left-hand side."""
    return f"${equation_text(statement, statement.judged(statement.printed))[0]}$"
