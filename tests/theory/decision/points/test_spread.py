"""How far the parts of an expression differ in size: which precision tells it from 0."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from theory.decision.points.spread import spread_of_sizes

p = sp.Symbol("p", positive=True)
AT = {p: Fraction(50)}


def test_what_saturates_comes_to_its_limit_as_fast_as_its_tail_falls():
    assert spread_of_sizes(sp.erf(p), AT) >= 50**2 / sp.log(2)  # 1 - erf(p) is about exp(-p**2)
    assert spread_of_sizes(sp.tanh(p), AT) >= 2 * 50 / sp.log(2)  # 1 - tanh(p) is about 2 exp(-2 p)
