"""Coefficients with the root of a quadratic: laws, classes and passages, against quadrature."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

import numerics
from theory.ito import ItoProcess
from theory.line.ends.boundary import FellerClass, classify
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability

assert numerics  # it offers the numbers

x = sp.Symbol("x", real=True)
k, a, s = sp.symbols("k a s", positive=True)
m = sp.Symbol("m", real=True)
ROOT = sp.sqrt(1 + x**2)
HALF = sp.Rational(1, 2)
HYPERBOLIC = ItoProcess.scalar(x, drift=m - k * x / sp.sqrt(a + x**2), dispersion=s)


def quadrature(slope, function):
    """The mean of a function under exp of an integral of ``slope``, by the trapezoidal rule in arsinh x."""
    u = mpmath.linspace(-6, 6, 801)
    places = [mpmath.sinh(v) for v in u]
    logs, step = [mpmath.mpf(0)], u[1] - u[0]
    weights = [slope(y) * mpmath.sqrt(1 + y * y) for y in places]
    middles = [mpmath.sinh((v + w) / 2) for v, w in zip(u[:-1], u[1:], strict=True)]
    between = [slope(y) * mpmath.sqrt(1 + y * y) for y in middles]
    for before, halfway, after in zip(weights[:-1], between, weights[1:], strict=True):
        logs.append(logs[-1] + step * (before + 4 * halfway + after) / 6)
    top = max(logs)
    density = [mpmath.exp(log - top) * mpmath.sqrt(1 + y * y) for log, y in zip(logs, places, strict=True)]
    return mpmath.fdot(density, map(function, places)) / mpmath.fsum(density)


def test_the_hyperbolic_law_has_its_closed_density_and_exists_where_the_pull_exceeds_the_push():
    law = stationary_density(HYPERBOLIC)
    expected = sp.exp(2 * m * x / s**2 - 2 * k * sp.sqrt(a + x**2) / s**2)
    assert sp.simplify(sp.log(law.density / expected).subs(s, 1)).has(x) is False
    assert law.normalisable == sp.And(m < k, m > -k)


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("drift", "diffusion"),
    [(HALF - 2 * x / ROOT, sp.S.One), (-ROOT - 2 * x, sp.S.One), (-2 * x, ROOT), (HALF * ROOT - 3 * x, ROOT**2)],
)
def test_mean_and_mode_agree_with_quadrature(drift, diffusion):
    law = stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=sp.sqrt(diffusion))).at({})
    slope = sp.lambdify(x, (2 * drift - sp.diff(diffusion, x)) / diffusion, "mpmath")
    assert abs(law.mean - quadrature(slope, lambda y: y)) < 1e-8
    assert abs(slope(mpmath.mpf(str(law.mode.evalf(20))))) < 1e-13


def test_the_root_decides_what_the_ends_are():
    away = classify(ItoProcess.scalar(x, drift=-k * x * ROOT, dispersion=s))
    assert away.right.condition(FellerClass.ENTRANCE) == sp.true
    bounded = classify(HYPERBOLIC)
    assert bounded.right.condition(FellerClass.NATURAL) == sp.true
    assert bounded.right.attracting == (m > k)


def test_a_hitting_probability_is_the_ratio_of_integrals():
    found = hitting_probability(HYPERBOLIC, HALF, 0, 1).subs({m: sp.Rational(1, 3), k: 2, a: 2, s: 1}).evalf()
    scale = lambda y: mpmath.exp(4 * mpmath.sqrt(2 + y * y) - 2 * y / 3)  # noqa: E731
    assert abs(found - mpmath.quad(scale, [0, 0.5]) / mpmath.quad(scale, [0, 1])) < 1e-12
