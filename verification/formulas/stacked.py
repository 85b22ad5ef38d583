"""Formulas in two dimensions, as SymPy sets them for a terminal: fractions over fractions, matrices row below row."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.pretty_symbology import pretty_use_unicode
from sympy.printing.pretty.stringpict import prettyForm

from verification.arguments import FORMULA, takes


@takes(form=FORMULA)
def two_dimensional(form: Any) -> str:
    """``form`` in lines of Unicode, as wide as it takes.

    Example:
        >>> x = sp.Symbol("x")
        >>> print(two_dimensional(x / 2 - 1 / x))
        x   1
        ─ - ─
        2   x
    """
    before = pretty_use_unicode(True)
    try:
        return _Printer({"use_unicode": True, "wrap_line": False}).doprint(form)
    finally:
        pretty_use_unicode(before)


class _Printer(PrettyPrinter):
    """SymPy's printer, which loads all units of physics for its first product; no formula here has units."""

    def _print_Mul(self, product: sp.Mul) -> prettyForm:
        if product.args[0] is sp.S.One or any(factor.is_Number for factor in product.args[1:]):
            return super()._print_Mul(product)  # Not evaluated: to be shown factor by factor as it stands.
        above: list[sp.Basic] = []
        below: list[sp.Basic] = []
        for factor in product.as_ordered_factors():
            if factor.is_commutative and factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative:
                below.append(sp.Pow(factor.base, -factor.exp, evaluate=factor.exp == -1))
            elif factor.is_Rational:
                above += [sp.Integer(factor.p)] if factor.p != 1 else []
                below += [sp.Integer(factor.q)] if factor.q != 1 else []
            else:
                above.append(factor)
        numerator = prettyForm.__mul__(*map(self._print, above or [sp.S.One]))
        return numerator / prettyForm.__mul__(*map(self._print, below)) if below else numerator
