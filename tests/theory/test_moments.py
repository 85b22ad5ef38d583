"""Moment equations, their closure, and their solutions."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, ornstein_uhlenbeck_processes, polynomial_processes
from theory.errors import DimensionError, MissingParameterError, NotNormalisableError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.matrices.exponential import matrix_exponential
from theory.models import DoubleWell, GeometricBrownianMotion
from theory.moments import moment_equations
from theory.notation import mu, t, theta_0, zeta

x, y, _ = LINE


@given(polynomial_processes(dimensions=(1, 2)), st.integers(1, 2))
@settings(max_examples=examples(25))
def test_each_right_side_is_the_generator_of_its_monomial_with_moments_for_monomials(process, order):
    equations = moment_equations(process, order)
    state = tuple(process.state)
    monomials = {
        equations.symbol(k): sp.Mul(*(z**power for z, power in zip(state, k, strict=True)))
        for k in (*equations.moments, *equations.higher)
    }
    for k, rhs in zip(equations.moments, equations.rhs, strict=True):
        assert sp.expand(rhs.xreplace(monomials) - generator(process, monomials[equations.symbol(k)])) == 0


def test_moments_are_graded_and_complete():
    plane = ItoProcess([x, y], [-x, -y], [[1, 0], [0, 1]])
    assert moment_equations(plane, 2).moments == ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))


def test_linear_drift_and_quadratic_diffusion_close_the_hierarchy_and_a_cubic_drift_does_not():
    linear = ItoProcess.scalar(x, drift=1 - x, dispersion=sp.sqrt(1 + x + x**2))
    assert moment_equations(linear, 4).closed
    open_hierarchy = moment_equations(DoubleWell().process, 2)
    assert not open_hierarchy.closed
    assert open_hierarchy.higher == ((3,), (4,))
    with pytest.raises(UnsupportedFormError, match="closed"):
        open_hierarchy.solution([theta_0])


def test_moments_of_geometric_brownian_motion_solve_its_moment_equations():
    gbm = GeometricBrownianMotion()
    solution = moment_equations(gbm.process, 4).solution([theta_0])
    for k in range(1, 5):
        assert sp.expand(solution[(k,)] / gbm.moment(k, theta_0, t)) == 1
        assert sp.expand(sp.diff(solution[(k,)], t) / solution[(k,)] - (k * mu + k * (k - 1) * zeta**2 / 2)) == 0
        assert solution[(k,)].subs(t, 0) == theta_0**k


@given(ornstein_uhlenbeck_processes(dimensions=(1, 1)), st.integers(1, 3))
@settings(max_examples=examples(10))
def test_solutions_satisfy_their_equations_and_start(process, order):
    equations = moment_equations(process.as_ito_process([x]), order)
    solution = equations.solution([sp.Integer(2)])
    named = {equations.symbol(k): m for k, m in solution.items()}
    for (k, m), rhs in zip(solution.items(), equations.rhs, strict=True):
        assert sp.expand(sp.diff(m, t) - rhs.xreplace(named)) == 0
        assert m.subs(t, 0) == 2 ** k[0]


@given(ornstein_uhlenbeck_processes())
@settings(max_examples=examples(10))
def test_stationary_second_moments_are_covariance_plus_product_of_means(process):
    d = process.dimension
    moments = moment_equations(process.as_ito_process(LINE[:d]), 2).stationary()
    covariance = process.stationary_covariance()
    for i in range(d):
        for j in range(d):
            index = tuple(int(k == i) + int(k == j) for k in range(d))
            assert moments[index] == covariance[i, j] + process.mean[i] * process.mean[j]


@pytest.mark.parametrize("order", [4, pytest.param(6, marks=pytest.mark.slow)])
def test_moments_of_the_jacobi_process_are_short_and_solve_their_equations(order):
    a, b = sp.symbols("a b", positive=True)
    process = ItoProcess.scalar(x, drift=a * (1 - x) - b * x, dispersion=sp.sqrt(x * (1 - x)))
    equations = moment_equations(process, order)
    solution = equations.solution([y])
    assert len(str(solution)) < 20_000
    values = {a: sp.Rational(2, 3), b: sp.Rational(7, 5), y: sp.Rational(1, 3)}
    named = {equations.symbol(k): m.subs(values) for k, m in solution.items()}
    for (k, m), rhs in zip(solution.items(), equations.rhs.subs(values), strict=True):
        assert sp.expand(sp.diff(m.subs(values), t) - rhs.xreplace(named)) == 0
        assert m.subs(values).subs(t, 0) == values[y] ** k[0]


@pytest.mark.slow  # by day: moments that solve their equations
def test_moments_of_independent_coordinates_are_products():
    rates = sp.symbols("r_1 r_2", positive=True)
    plane = ItoProcess([x, y], [-rates[0] * x, -rates[1] * y], sp.eye(2))
    both = moment_equations(plane, 4).solution([1, 2])
    first, second = (
        moment_equations(ItoProcess.scalar(z, drift=-rate * z, dispersion=sp.S.One), 2).solution([start])
        for z, rate, start in ((x, rates[0], 1), (y, rates[1], 2))
    )
    assert sp.simplify(both[(2, 2)] - first[(2,)] * second[(2,)]) == 0
    assert sp.simplify(both[(1, 1)] - first[(2,)] * second[(1,)]) != 0


def test_initial_moments_may_be_given_instead_of_a_point():
    equations = moment_equations(ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One), 2)
    half = sp.Rational(1, 2)
    assert equations.solution({(1,): 0, (2,): half}) == {(1,): 0, (2,): half}
    assert equations.solution([sp.S.Zero])[(2,)] != half
    with pytest.raises(MissingParameterError):
        equations.solution({(1,): 0})
    with pytest.raises(MissingParameterError):
        equations.solution([0, 0])


def test_brownian_motion_has_moments_in_time_but_no_stationary_ones():
    equations = moment_equations(ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One), 4)
    assert list(equations.solution([sp.S.Zero]).values()) == [0, t, 0, 3 * t**2]
    with pytest.raises(NotNormalisableError):
        equations.stationary()


@pytest.mark.parametrize("order", [0, -1, 1.5, True, "2"])
def test_an_order_that_is_no_positive_integer_is_refused(order):
    with pytest.raises(DimensionError, match="order"):
        moment_equations(DoubleWell().process, order)


def test_coefficients_that_are_not_polynomial_are_refused():
    with pytest.raises(UnsupportedFormError, match="polynomial"):
        moment_equations(ItoProcess.scalar(x, drift=-sp.sin(x), dispersion=sp.S.One), 1)
    with pytest.raises(UnsupportedFormError, match="time"):
        moment_equations(ItoProcess.scalar(x, drift=-t * x, dispersion=sp.S.One), 1).solution([0])


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "matrix",
    [
        [[0, -1], [1, 0]],
        [[1, 2, 0], [0, 1, 3], [0, 0, 1]],
        [[mu, 0, 0], [1, 2 * mu, 0], [0, zeta, mu]],
        [[-1, 2], [-2, 0]],
    ],
)
def test_the_matrix_exponential_agrees_with_its_power_series(matrix):
    """Taylor coefficients at 0 of the exponential are the powers of the matrix."""
    matrix = sp.Matrix(matrix)
    exponential = matrix_exponential(matrix, t)
    for order in range(5):
        derivative = exponential.diff((t, order)).subs(t, 0) if order else exponential.subs(t, 0)
        assert (derivative - matrix**order).applyfunc(sp.cancel) == sp.zeros(*matrix.shape)


def test_a_matrix_without_eigenvalues_in_closed_form_is_refused():
    companion = sp.Matrix([[0, 0, 0, 0, 1], [1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]])
    with pytest.raises(UnsupportedFormError, match="closed form"):
        matrix_exponential(companion, t)  # x**5 - x - 1 is not solvable by radicals


def test_a_constant_drift_drives_moments_whose_equations_turn():
    x, y = sp.symbols("x y", real=True)
    turning = ItoProcess([x, y], [y, 1 - x], sp.zeros(2, 1))  # no order of back substitution: the exponential is asked
    means = moment_equations(turning, 1).solution([0, 0])
    assert sp.simplify((means[1, 0] - (1 - sp.cos(t))).rewrite(sp.exp)) == 0
    assert sp.simplify((means[0, 1] - sp.sin(t)).rewrite(sp.exp)) == 0
