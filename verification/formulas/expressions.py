"""SymPy's expressions, matrices and conditions as LaTeX, in the letters that papers use."""

from __future__ import annotations

import re
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.printing.latex import LatexPrinter

from verification.arguments import FORMULA, takes

PRODUCT = re.compile(r"\[([A-Z](\^T|\*\*\d)?|[a-z·])+\]")
"""Names of symbols that stand for a product of matrices, such as ``[B^T·B·A]``."""

VALUE = re.compile(r"(\w+)('*)\((.+)\)")
"""Names of symbols that stand for a value of a function, such as ``sigma'(w_1*x_2)``."""


class _Printer(LatexPrinter):
    """LaTeX with the usual letters for functions that SymPy spells out, and for words of matrices."""

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        letter, _, accent = expr.name.partition("_")
        if accent == "tilde":
            return rf"\tilde{{{self._print_Symbol(sp.Symbol(letter))}}}"
        if PRODUCT.fullmatch(expr.name):
            return _product(expr.name)
        value = VALUE.fullmatch(expr.name)
        if value is None:
            return super()._print_Symbol(expr, style)
        function, primes, argument = value.groups()
        factors = " ".join(super(_Printer, self)._print_Symbol(sp.Symbol(name)) for name in argument.split("*"))
        return rf"{super()._print_Symbol(sp.Symbol(function))}{primes}\left({factors}\right)"

    def _hprint_Function(self, func: str) -> str:
        name = func.rstrip("'")
        return super()._hprint_Function(name) + "'" * (len(func) - len(name))

    def _print_ExpBase(self, expr: sp.Expr, exp: str | None = None) -> str:
        # A fraction is not read in the size of an exponent.
        inner = self._print(expr.args[0])
        if r"\frac" not in inner:
            return super()._print_ExpBase(expr, exp)
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\exp{power}\left({inner}\right)"

    def _print_polygamma(self, expression: sp.Expr, exp: str | None = None) -> str:
        order, argument = expression.args
        upper = "" if order == 0 else rf"^{{({self._print(order)})}}"
        return _power(rf"\psi{upper}\left({self._print(argument)}\right)", exp)

    def _print_hyper(self, expression: Any, exp: str | None = None) -> str:
        above, below = (", ".join(map(self._print, parameters)) for parameters in (expression.ap, expression.bq))
        name = rf"{{}}_{{{len(expression.ap)}}}F_{{{len(expression.bq)}}}"
        return _power(rf"{name}\left({above};\ {below};\ {self._print(expression.argument)}\right)", exp)

    def _print_Function(self, expression: Any, exp: Any = None) -> str:
        if expression.func.__name__ != "hyperu":
            return super()._print_Function(expression, exp)
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"U{power}\left({', '.join(map(self._print, expression.args))}\right)"


def _power(base: str, exponent: str | None) -> str:
    return base if exponent is None else rf"\left({base}\right)^{{{exponent}}}"


def _product(name: str) -> str:
    factors = name[1:-1].replace("^T", r"^{\top}").split("·")
    return " ".join(re.sub(r"\*\*(\d)", r"^{\1}", factor) for factor in factors)


@takes(form=FORMULA)
def latex(form: sp.Basic | sp.MatrixBase) -> str:
    r"""The LaTeX source of a formula, matrix or condition.

    Example:
        >>> latex(sp.Symbol("zeta") ** 2 / 2)
        '\\frac{\\zeta^{2}}{2}'
    """
    if isinstance(form, Boolean) and form in (sp.true, sp.false):
        return rf"\text{{{'always' if form == sp.true else 'never'}}}"
    return _Printer().doprint(form)
