"""Formulas in two dimensions are what SymPy prints."""

from __future__ import annotations

import pytest
import sympy as sp

from verification.formulas import two_dimensional

x, y = sp.symbols("x y")
A = sp.Symbol("A", commutative=False)
SETTINGS = {"use_unicode": True, "wrap_line": False}


@pytest.mark.parametrize(
    "form",
    [
        -sp.Rational(2, 3) * x / y**2,
        1 / (x * sp.sqrt(y)),
        (x + 1) * (y - 1) / (x - y) ** 2,
        sp.Matrix([[x / 2, -1 / y], [A * x / 2, sp.exp(-x) / 2]]),
        sp.Mul(x, 2, 3, evaluate=False),
        -sp.oo * x,
    ],
    ids=str,
)
def test_products_are_set_in_two_dimensions_as_sympy_sets_them(form):
    assert two_dimensional(form) == sp.pretty(form, **SETTINGS)
