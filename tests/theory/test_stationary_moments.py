"""Stationary moments exist where they are said to, and nowhere are they numbers without a law."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals
from theory.errors import NotNormalisableError
from theory.ito import ItoProcess
from theory.line.laws.stationary import stationary_density
from theory.matrices.exponential import eigenvalues
from theory.moments import moment_equations

x, s = sp.symbols("x s", positive=True)
y, z = sp.symbols("y z", real=True)
alpha, beta, mu = sp.symbols("alpha beta mu", real=True)


@settings(max_examples=examples(12))
@given(positive_rationals(3), st.integers(1, 4))
def test_moments_of_a_heavy_tailed_law_are_those_of_its_density_infinite_ones_included(noise, order):
    process = ItoProcess.scalar(x, drift=1 - x, dispersion=s * x)
    moments = moment_equations(process, order).stationary()
    law = stationary_density(process).at({s: noise})
    for k in range(1, order + 1):
        exponent = sp.expand(2 / noise**2 + 1 - k)
        expected = law.moment(k) if exponent.is_positive else sp.oo
        assert sp.cancel(moments[(k,)].subs(s, noise)) == expected


def test_a_second_moment_is_never_negative():
    process = ItoProcess.scalar(x, drift=1 - x, dispersion=s * x)
    (value, condition), (infinite, _) = moment_equations(process, 2).stationary()[(2,)].args
    assert (condition, infinite) == (s**2 < 2, sp.oo)
    assert value.subs(s, sp.sqrt(3)) == -2


def test_on_the_whole_line_an_odd_moment_without_a_finite_value_has_none():
    process = ItoProcess.scalar(y, drift=alpha + beta * y, dispersion=sp.sqrt(1 + s**2 * y**2))
    moments = moment_equations(process, 3).stationary()
    heavy = {alpha: 1, beta: -1, s: 2}
    assert [moments[(k,)].subs(heavy) for k in (1, 2, 3)] == [1, sp.oo, sp.nan]
    repelled = {alpha: 1, beta: 1, s: 1}
    assert [moments[(k,)].subs(repelled) for k in (1, 2, 3)] == [sp.nan] * 3


def test_a_point_mass_has_no_infinite_moment():
    moments = moment_equations(ItoProcess.scalar(x, drift=mu * x, dispersion=s * x), 2).stationary()
    assert moments[(2,)].subs({mu: -1, s: 1}) == 0
    assert moments[(2,)].subs({mu: -1, s: 2}) is sp.nan


@settings(max_examples=examples(5))
@given(st.lists(st.integers(-2, 3), min_size=6, max_size=6))
def test_in_the_plane_second_moments_exist_exactly_where_the_eigenvalues_say_so(numbers):
    a, b, p, q, first, second = map(sp.Integer, numbers)
    plane = ItoProcess([y, z], [1 - a * y - p * z, -q * y - b * z], [[first * y, 0], [0, 1 + second * z]])
    equations = moment_equations(plane, 2)
    stable = all(sp.re(value).evalf() < 0 for value in eigenvalues(equations.matrix))
    try:
        moments = equations.stationary()
    except NotNormalisableError:
        assert not stable
        return
    finite = all(value.is_finite for value in moments.values())
    assert finite == stable or not (p and q)  # a coordinate of its own may exist while the other does not
    if stable:
        m = sp.Matrix(list(moments.values()))
        assert equations.matrix * m + equations.constant == sp.zeros(*m.shape)


def test_a_coordinate_of_its_own_keeps_its_moments_where_the_other_has_none():
    plane = ItoProcess([y, z], [-2 * y, z], sp.eye(2))
    moments = moment_equations(plane, 2).stationary()
    assert moments[(2, 0)] == sp.Rational(1, 4)
    assert moments[(0, 2)] is sp.nan
    with pytest.raises(NotNormalisableError, match="attract"):
        moment_equations(ItoProcess([y, z], [2 * y, z], sp.eye(2)), 2).stationary()
