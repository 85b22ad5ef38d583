"""Dominant terms at infinity: numbers far out approach them, and what cancels is not told."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory.ito import ItoProcess
from theory.line.charts.dominant_term import dominant_term
from theory.line.charts.interval import Interval
from theory.line.ends import growth
from theory.line.ends.boundary import classify

y = sp.Symbol("y", positive=True)
k = sp.Symbol("k", positive=True)
m, x = sp.symbols("m x", real=True)


@pytest.mark.parametrize(
    "f",
    [
        y**2 * sp.log(1 + y**2) - 3 * y**2,
        sp.log(1 + sp.exp(-y)) / y,
        sp.log(1 - 1 / y) * sp.sqrt(1 + y),
        (1 + sp.exp(-(y**2) / 2)) ** 3 / y,
        sp.exp(2 * y - y**2) * (y - 7),
        sp.log(sp.exp(y) + sp.exp(-y)) - sp.log(2),
        sp.atan(2 * y) / (1 - y) ** 3,
        sp.erf(1 / y) * sp.Abs(1 - y),
        sp.sign(3 - y) * sp.log(y**3 + y),
        sp.sinh(2 / y) + sp.cos(1 / y) / y**2,
        sp.tan(1 - 1 / y) * sp.asinh(1 / y),
        sp.tanh(1 / y) + sp.acos(1 / y) / y**2 - sp.sin(2 / y),
    ],
    ids=str,
)
def test_far_out_a_function_is_its_dominant_term(f):
    term = dominant_term(f, y)
    form = term.coefficient * sp.exp(sp.Add(*(c * y**n for n, c in term.exponent.items())))
    form *= y ** term.powers[0] * sp.log(y) ** term.powers[1]
    ratio = sp.lambdify(y, f / form, "mpmath")
    with mpmath.workdps(60):
        gaps = [abs(ratio(mpmath.mpf(at)) - 1) for at in (20, 60)]
    assert gaps[1] < gaps[0] / 1.3 or gaps[1] < 1e-30


@pytest.mark.parametrize(
    "f",
    [
        sp.cos(1 / y) - 1,
        sp.sin(y),
        sp.sin(sp.pi / (1 + 1 / y)),
        sp.log(1 + y) - sp.log(y),
        k * y - y,
        m * y + 1,
        sp.exp(k * y) - sp.exp(y),
        sp.sqrt(y**2 + 1) - y,
    ],
    ids=str,
)
def test_what_cancels_or_may_cancel_is_not_told(f):
    assert dominant_term(f, y) is None


def test_logarithms_are_classed_without_a_search_for_limits(monkeypatch):
    monkeypatch.setattr(growth.sp, "limit", None)
    process = ItoProcess.scalar(x, drift=-k * x * sp.log(1 + x**2), dispersion=sp.S.One)
    assert [str(end.feller_class) for end in classify(process)] == ["natural", "natural"]


def test_functions_that_end_in_a_value_are_no_sums_of_exponentials(monkeypatch):
    """Written so they cancel, and a search for limits among parameters took a minute for each question."""
    monkeypatch.setattr(growth.sp, "limit", None)
    process = ItoProcess.scalar(y, drift=sp.sinh(y) + k * sp.atanh(y) + y ** sp.Rational(3, 2), dispersion=sp.sqrt(y))
    assert str(growth.growth(process, Interval(0, sp.Rational(1, 2)), sp.S.Zero).feller_class) == "exit"


def test_a_term_that_vanishes_far_out_does_not_change_the_class():
    """With it a search for limits took the drift -3 y^3 log(y), which comes in from infinity, for one that does not."""
    drift = -3 * y**3 * sp.log(y)
    for small in (sp.S.Zero, k * sp.exp(-y - y**2)):
        process = ItoProcess.scalar(y, drift=drift + small, dispersion=sp.S.One)
        assert str(growth.growth(process, Interval(0, sp.oo), sp.oo).feller_class) == "entrance"


def test_the_last_power_of_a_chain_decides_whether_an_integral_is_finite():
    level = sp.log(sp.log(y))
    assert not dominant_term(1 / (y * sp.log(y) * level), y).integrable
    assert dominant_term(1 / (y * sp.log(y) * level**2), y).integrable
    assert not dominant_term(level / (y * sp.log(y)), y).integrable
