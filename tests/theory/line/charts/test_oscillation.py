"""Sines and cosines in the drift on the whole line: bounded potentials change no class, but every number."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.first_passage import FirstPassage
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.ends.boundary import classify
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from theory.line.passage.passage_time import mean_exit_time, mean_first_passage_time

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
m = sp.Symbol("m", real=True)
TILTED = ItoProcess.scalar(x, drift=m - sp.sin(x), dispersion=s)
CONFINED = ItoProcess.scalar(x, drift=-k * x - sp.sin(3 * x), dispersion=s)


def test_a_tilted_washboard_runs_off_the_way_it_is_tilted():
    left, right = classify(TILTED)
    assert (left.attracting, right.attracting) == (m < 0, m > 0)
    law = stationary_density(TILTED)
    assert law.normalisable == sp.false and law.undecided == sp.Eq(m, 0)


def test_the_mean_speed_on_a_washboard_is_that_of_stratonovich():
    values = {m: sp.Rational(1, 3), s: 1}
    period = mean_first_passage_time(TILTED, 0, 4 * sp.pi).subs(values).evalf() / 2
    # T = int_0^{2 pi} dy int_{y - 2 pi}^y 2 w(z)/w(y) dz / (1 - exp(-4 pi/3)): the trapezoidal rule, Gauss inside.
    logs = lambda y: 2 * y / 3 + 2 * np.cos(y)  # noqa: E731
    nodes, weights = np.polynomial.legendre.leggauss(60)
    y = np.arange(64)[:, None] * np.pi / 32
    inner = np.exp(logs(y + np.pi * (nodes - 1)) - logs(y)) @ weights * np.pi
    mean = 2 * inner.mean() * 2 * np.pi / (1 - np.exp(-4 * np.pi / 3))
    assert abs(period / mean - 1) < 1e-9


def test_variance_and_mean_of_a_rippled_well_agree_with_quadrature():
    law = stationary_density(CONFINED).at({k: 1, s: 1})
    weight = lambda y: mpmath.exp(-y * y + 2 * mpmath.cos(3 * y) / 3)  # noqa: E731
    edges = mpmath.linspace(-7, 7, 29)
    variance = mpmath.quad(lambda y: y * y * weight(y), edges) / mpmath.quad(weight, edges)
    assert law.mean == 0 and abs(law.variance - variance) < 1e-12
    assert stationary_density(CONFINED).normalisable == sp.true


def test_exit_and_hitting_agree_with_panels_over_several_periods():
    values = {m: sp.Rational(1, 5), s: 1}
    walk = FirstPassage(TILTED, -4, 4, values)
    time = mean_exit_time(TILTED, sp.S.Half, -4, 4).subs(values).evalf()
    assert abs(time / walk.mean_time(sp.S.Half).value - 1) < 1e-10
    hit = hitting_probability(TILTED, sp.S.Half, -4, 4).subs(values).evalf()
    assert abs(hit - walk.hitting_probability(sp.S.Half).value) < 1e-10


@pytest.mark.parametrize("drift", [-x + k * x * sp.sin(x**2), -x + sp.tan(x)])
def test_waves_that_grow_or_have_poles_are_not_bounded(drift):
    with pytest.raises(UnsupportedFormError):
        stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=s))
