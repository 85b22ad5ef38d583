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
BROWNIAN = ItoProcess.scalar(x, drift=0, dispersion=1)
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


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("process", None), ("process", x), ("start", "0.5"), ("start", 2), ("start", math.nan), ("interval", 3.0),
        ("interval", (1, 0)), ("interval", (0, math.inf)), ("interval", {x: 1}), ("parameters", (math.nan, 1)),
        ("parameters", {x: math.nan}), ("cells", 3), ("cells", 10**30), ("cells", 4.5),
    ],
)  # fmt: skip
def test_an_argument_that_is_none_is_refused_by_its_name(name, wrong):
    given = {"process": BROWNIAN, "start": 0.5, "interval": (0, 1), "parameters": {}, "cells": 20, name: wrong}
    with pytest.raises(ArgumentError, match=f"^{name} must"):
        probability_of_upper_end(**given)
