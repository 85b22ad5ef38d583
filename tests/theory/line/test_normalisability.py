"""Integrability at an end, against the mass of far blocks by quadrature to 50 digits, for drawn exponents."""

from __future__ import annotations

import mpmath
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import classify

x = sp.Symbol("x", positive=True)
EXPONENTS = st.fractions(-2, 3, max_denominator=3).map(lambda q: sp.Rational(q.numerator, q.denominator))
DECADES = {True: (50, 51, 52), False: (-52, -51, -50)}


@st.composite
def processes(draw: st.DrawFn) -> ItoProcess:
    """Two powers in the drift; a power and perhaps a quadratic without zeros in another one in the diffusion."""
    drift = draw(rationals()) * x ** draw(EXPONENTS) + draw(rationals()) * x ** draw(EXPONENTS)
    root = sp.S.One
    if draw(st.booleans()):
        step = draw(st.sampled_from((1, 2, sp.Rational(1, 3))))
        root = sp.sqrt(2 * (draw(positive_rationals()) - x**step) ** 2 + draw(positive_rationals()))
    return ItoProcess.scalar(x, drift=drift, dispersion=x ** draw(EXPONENTS) * root)


def log_ratio_of_decades(process: ItoProcess, *, at_infinity: bool) -> mpmath.mpf:
    """The log of the speed mass of a far decade over that of the decade before it, seen from inside the interval."""
    a = process.diffusion[0]
    slope = sp.lambdify(x, sp.together(x * (2 * process.drift[0] - sp.diff(a, x)) / a), "mpmath")
    steps, first = 48, DECADES[at_infinity][0]
    grid = [mpmath.log(10) * (first + mpmath.mpf(i) / steps) for i in range(2 * steps + 1)]
    width = grid[1] - grid[0]
    # Far out the slope is a power law in u = log x: Simpson's rule between the points, their sum for the mass.
    at_points = [slope(mpmath.exp(u)) for u in grid]
    between = [slope(mpmath.exp(u + width / 2)) for u in grid[:-1]]
    logs = [grid[0]]
    for i, u in enumerate(grid[1:]):
        area = width * (at_points[i] + 4 * between[i] + at_points[i + 1]) / 6
        logs.append(logs[-1] - grid[i] + area + u)
    masses = []
    for part in (logs[: steps + 1], logs[steps:]):
        top = max(part)
        masses.append(top + mpmath.log(mpmath.fsum(mpmath.exp(value - top) for value in part)))
    return masses[1] - masses[0] if at_infinity else masses[0] - masses[1]


@settings(max_examples=examples(5))
@given(processes())
def test_an_end_is_integrable_exactly_where_the_mass_of_far_decades_falls(process):
    try:
        ends = classify(process, Interval(0, sp.oo))
    except UnsupportedFormError as error:
        assert "vanishes" in str(error)
        return
    with mpmath.workdps(50):
        for end, at_infinity in zip(ends, (False, True), strict=True):
            falls = log_ratio_of_decades(process, at_infinity=at_infinity) < -mpmath.mpf("1e-6")
            assert end.finite_speed == sp.sympify(falls), (process, end.location)
