"""The probability of reaching one end first: against the scale function, which it never sees."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from numerics.deterministic.boundary_value import probability_of_upper_end
from numerics.errors import ArgumentError
from theory.ito import ItoProcess

x = sp.Symbol("x", real=True)
k = sp.Symbol("k", positive=True)
DRIFTED = ItoProcess.scalar(x, drift=k, dispersion=1)


def exact(start: float, rate: float) -> float:
    return math.expm1(-2 * rate * start) / math.expm1(-2 * rate)


def test_it_converges_with_the_square_of_the_spacing_to_the_ratio_of_scales():
    errors = [
        probability_of_upper_end(DRIFTED, 0.3, (0.0, 1.0), parameters={k: 2.0}, cells=cells) - exact(0.3, 2.0)
        for cells in (50, 100)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    assert abs(errors[1]) < 1e-3
    assert abs(exact(0.3, 2.0) - exact(0.3, 1.0)) > 100 * abs(errors[1])


@pytest.mark.parametrize("wrong", [{"start": 1.5}, {"cells": 3}])
def test_a_start_outside_and_a_grid_without_an_inside_are_refused(wrong):
    given = {"start": 0.3, "interval": (0.0, 1.0), "parameters": {k: 1.0}, "cells": 50} | wrong
    with pytest.raises(ArgumentError, match="cells must be at least 4 and start inside"):
        probability_of_upper_end(DRIFTED, **given)
