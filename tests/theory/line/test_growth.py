"""Drifts that no chart holds: classes and laws from their growth agree with charts and with numbers."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.boundary import classify
from theory.line.growth import growth
from theory.line.interval import Interval
from theory.line.stationary import stationary_density

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
LINE = Interval(-sp.oo, sp.oo)


@pytest.mark.every(2)
@pytest.mark.parametrize("drift", [-k * x, -k * x**3, k * x**3, -k * sp.tanh(x), -k * sp.sinh(x), k - k * x])
def test_the_growth_tells_what_a_chart_tells(drift):
    process = ItoProcess.scalar(x, drift=drift, dispersion=s)
    for end, other in zip(growth(process, LINE), classify(process), strict=True):
        assert (end.feller_class, end.attracting, end.finite_speed) == (
            other.feller_class,
            other.attracting,
            other.finite_speed,
        )


@pytest.mark.every(7)
@pytest.mark.parametrize(
    ("drift", "kinds", "normalisable"),
    [
        (-k * sp.tanh(sp.sinh(x)), ("natural", "natural"), True),
        (-k * sp.sinh(sp.sinh(x)), ("entrance", "entrance"), True),
        (-k * sp.erf(x), ("natural", "natural"), True),
        (-k * x * sp.exp(-(x**2)), ("natural", "natural"), False),
        (-k * x * sp.sin(x), ("natural", "natural"), False),
        (-k * x * (2 + sp.sin(x)), ("natural", "natural"), True),
        (-k * x**3 + x * sp.cos(3 * x), ("entrance", "entrance"), True),
    ],
)
def test_classes_and_laws_with_open_parameters(drift, kinds, normalisable):
    process = ItoProcess.scalar(x, drift=drift, dispersion=s)
    assert tuple(str(end.feller_class) for end in classify(process)) == kinds
    assert stationary_density(process).normalisable == sp.sympify(normalisable)


def test_the_law_at_numbers_is_that_of_a_direct_quadrature():
    law = stationary_density(ItoProcess.scalar(x, drift=-k * sp.atan(x), dispersion=s)).at({k: 2, s: 1})

    def weight(y):  # exp(-4 int atan) with int atan = y atan y - log(1 + y^2)/2
        return mpmath.exp(-4 * (y * mpmath.atan(y) - mpmath.log(1 + y * y) / 2))

    total, second = (mpmath.quad(lambda y, n=n: y**n * weight(y), [-mpmath.inf, 0, mpmath.inf]) for n in (0, 2))
    assert float(law.variance) == pytest.approx(float(second / total), rel=1e-10)


def test_a_drift_without_a_limit_or_with_a_pole_is_refused():
    for drift in (sp.tan(x), k * sp.sin(x**2) * x, -x / (x**2 - 2) + sp.atan(x)):
        with pytest.raises(UnsupportedFormError):
            classify(ItoProcess.scalar(x, drift=drift, dispersion=s))
