"""Irrational places that one of two conditions leaves out."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.conditions.holes import hole_in_one_of

p, q = sp.symbols("p q", positive=True)
x = sp.Symbol("x", real=True)
ROUND_A_POINT = (p**2 - 2) ** 2 + (q**2 - 3) ** 2
CUBIC = x**3 - x - 1

HOLES = {
    "strict": (sp.And(p > 1, ROUND_A_POINT > 0), p > 1),
    "not equal": (sp.Ne(ROUND_A_POINT, 0), p > 0),
    "of an exponential": ((sp.exp(p) - 3) ** 2 + (q - 7) ** 2 > 0, q > 0),
    "one point is added": (sp.Or(p > 3, ROUND_A_POINT <= 0), p > 3),
    "strict at a root of a cubic": (CUBIC > 0, x >= sp.CRootOf(CUBIC, 0)),
    "no value at a pole": (1 / CUBIC <= 1, sp.Or(CUBIC <= 0, CUBIC >= 1)),
}
NO_HOLES = {
    "both leave it out": (ROUND_A_POINT > 0, 2 * p**2 * ROUND_A_POINT > 0),
    "neither does": (sp.And(p > 1, ROUND_A_POINT >= 0), p > 1),
    "outside the domain": (sp.And(p > 2, ROUND_A_POINT > 0), p > 2),
    "strict at a root of a cubic": (CUBIC > 0, x > sp.CRootOf(CUBIC, 0)),
    "no zero": (ROUND_A_POINT + sp.Rational(1, 10) > 0, p > 0),
    "both have no value at a pole": (1 / CUBIC <= 1, (2 * CUBIC - 1) / CUBIC >= 1),
}


@pytest.mark.parametrize("conditions", HOLES.values(), ids=HOLES)
def test_a_hole_is_found(conditions):
    assert hole_in_one_of(*conditions, ()) is not None


@pytest.mark.parametrize("conditions", NO_HOLES.values(), ids=NO_HOLES)
def test_what_agrees_has_no_hole(conditions):
    domain = (p > 2,) if conditions is NO_HOLES["outside the domain"] else ()
    assert hole_in_one_of(*conditions, domain) is None
