"""Parts of a maximum and cases that hold near an extremum alone."""

import pytest
import sympy as sp

from theory.decision.zero import ZeroKind, decide_zero

x, y = sp.symbols("x y", real=True)
p = sp.Symbol("p", positive=True)
LEVELS = (
    (-sp.besselj(0, p), "0.40275", "0.40276"),
    (-sp.gamma(p), "-0.88561", "-0.88560"),
    (x * sp.exp(-(x**2) - y**2), "0.42888", "0.42889"),
)


@pytest.mark.every(3)
@pytest.mark.parametrize(("function", "below", "above"), LEVELS, ids=str)
def test_what_rises_above_a_level_near_its_top_alone_is_seen(function, below, above):
    assert decide_zero(sp.Max(0, function - sp.Rational(below))).kind is ZeroKind.NONZERO
    assert decide_zero(sp.Max(0, function - sp.Rational(above))).kind is ZeroKind.ZERO
    assert decide_zero(sp.Piecewise((1, function > sp.Rational(below)), (0, True))).kind is ZeroKind.NONZERO
