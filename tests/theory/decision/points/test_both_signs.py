"""An expression that is seen to take both signs has an open sign; one that does not is left to its factors."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.points.both_signs import takes_both_signs
from theory.parameters import parameter

k, c = sp.symbols("k c", positive=True)
m = sp.Symbol("m", real=True)
h = parameter("h", above=0, at_most=sp.Rational(1, 2))


@pytest.mark.parametrize(
    "open_sign", [k - c, m, sp.exp(k) - 3 * c, sp.log(k) + c, 3 * h - 1, sp.hyper((1, 2), (3,), -k) - c]
)
def test_both_signs_are_seen(open_sign):
    assert takes_both_signs(open_sign)


ONE_OR_NONE = [k + c, -k, m**2, 2 * h - 1, sp.S.Zero, sp.S.One, sp.log(-k), sp.Function("f")(k)]


@pytest.mark.parametrize("one_sign", ONE_OR_NONE)
def test_one_sign_no_value_and_no_real_one_are_not_both(one_sign):
    assert not takes_both_signs(one_sign)
