"""The Ornstein-Uhlenbeck process is exact in any dimension."""

import pytest
import sympy as sp
from hypothesis import given, settings

from tests.examples import examples
from tests.strategies import LINE, ornstein_uhlenbeck_processes, rationals, square_matrices
from theory.errors import NotNormalisableError, ShapeError
from theory.fokker_planck import fokker_planck_operator
from theory.notation import t
from theory.ornstein_uhlenbeck import OrnsteinUhlenbeck

k, T = sp.symbols("k T", positive=True)


def is_zero(matrix):
    return all(sp.expand(entry) == 0 for entry in matrix)


def covariance_residual(process, covariance):
    """What is left of C' = -A C - C A^T + Q."""
    A, Q = process.A, process.diffusion
    return sp.diff(covariance, t) + A * covariance + covariance * A.T - Q


@given(ornstein_uhlenbeck_processes())
@settings(max_examples=examples(6))
def test_the_transition_covariance_satisfies_its_differential_equation_and_starts_at_zero(process):
    covariance = process.transition_covariance(t)
    assert is_zero(covariance_residual(process, covariance))
    assert is_zero(covariance.subs(t, 0))
    assert covariance == covariance.T


@given(ornstein_uhlenbeck_processes(dimensions=(1, 3)))
@settings(max_examples=examples(15))
def test_the_stationary_covariance_satisfies_the_lyapunov_equation(process):
    sigma = process.stationary_covariance()
    assert process.A * sigma + sigma * process.A.T == process.diffusion
    assert sigma == sigma.T
    assert process.stable == sp.true


@given(ornstein_uhlenbeck_processes())
@settings(max_examples=examples(4))
def test_two_steps_are_one(process):
    """Chapman-Kolmogorov: the deviation from the mean composes and the covariance adds after transport."""
    d = process.dimension
    start = sp.Matrix(LINE[:d])
    mean, covariance = process.transition_mean(start, t), process.transition_covariance(t)
    flow = mean.jacobian(start)
    assert is_zero(mean - process.mean - flow * (start - process.mean))
    first, second, both = ({t: sp.Rational(n, 6)} for n in (2, 3, 5))
    composed = flow.subs(second).evalf(40) * flow.subs(first).evalf(40)
    added = flow.subs(second).evalf(40) * covariance.subs(first).evalf(40) * flow.subs(second).evalf(40).T
    errors = (
        *(composed - flow.subs(both).evalf(40)),
        *(added + covariance.subs(second).evalf(40) - covariance.subs(both).evalf(40)),
    )
    assert max(abs(error) for error in errors) < 1e-30


@given(square_matrices(2), square_matrices(2))
@settings(max_examples=examples(10))
def test_van_loan_and_lyapunov_agree_where_both_apply(A, S):
    process = OrnsteinUhlenbeck(sp.Matrix(2, 2, [A[0], 0, A[2], A[3]]), [0, 0], S)
    covariance = process.transition_covariance(t)
    assert is_zero(covariance_residual(process, covariance))
    assert is_zero(process._van_loan(t) - covariance)


def test_without_drift_the_covariance_is_that_of_brownian_motion():
    process = OrnsteinUhlenbeck([[0, 0], [0, 0]], [0, 0], [[1, 0], [1, 2]])
    assert process.transition_covariance(t) == process.diffusion * t
    with pytest.raises(NotNormalisableError):
        process.stationary_covariance()


def test_the_kinetic_process_spreads_with_the_cube_of_time():
    """dx = v dt, dv = dW: Kolmogorov's example, whose rate matrix is not diagonalisable."""
    process = OrnsteinUhlenbeck([[0, -1], [0, 0]], [0, 0], [[0], [1]])
    assert process.transition_covariance(t) == sp.Matrix([[t**3 / 3, t**2 / 2], [t**2 / 2, t]])


def test_an_unstable_process_has_a_transition_but_no_stationary_law():
    process = OrnsteinUhlenbeck([[-k]], [0], [[1]])
    assert is_zero(covariance_residual(process, process.transition_covariance(t)))
    assert process.stable == sp.false
    with pytest.raises(NotNormalisableError):
        process.stationary_covariance()


def test_the_transpose_of_the_rate_matrix_gives_another_stationary_covariance():
    A, S = sp.Matrix([[1, 3], [0, 2]]), sp.Matrix([[1, 0], [0, 1]])
    right, wrong = (OrnsteinUhlenbeck(matrix, [0, 0], S).stationary_covariance() for matrix in (A, A.T))
    assert A * right + right * A.T == S * S.T
    assert A * wrong + wrong * A.T != S * S.T


def test_the_gaussian_with_the_stationary_covariance_solves_fokker_planck():
    process = OrnsteinUhlenbeck([[1, 3], [-1, 2]], [1, 0], [[1, 0], [1, 2]])
    state = LINE[:2]
    deviation = sp.Matrix(state) - process.mean
    precision = process.stationary_covariance().inv()

    def residual(precision):
        density = sp.exp(-(deviation.T * precision * deviation)[0] / 2)
        return sp.expand(sp.expand(fokker_planck_operator(process.as_ito_process(state), density) / density))

    assert residual(precision) == 0
    assert residual(precision / 2) != 0


@given(square_matrices(2), rationals(-2, 2), rationals(-2, 2), rationals(-2, 2))
@settings(max_examples=examples(30))
def test_the_hurwitz_condition_is_that_all_eigenvalues_have_positive_real_part(shears, single, real, imaginary):
    """A hidden block diagonal of one real eigenvalue and a conjugate pair, seen in sheared coordinates."""
    blocks = sp.diag(single, sp.Matrix([[real, -imaginary], [imaginary, real]]))
    P = sp.Matrix([[1, shears[0], shears[1]], [0, 1, shears[2]], [0, 0, 1]])
    P = P * sp.Matrix([[1, 0, 0], [shears[3], 1, 0], [1, 2, 1]])
    process = OrnsteinUhlenbeck(P * blocks * P.inv(), [0, 0, 0], sp.eye(3))
    assert (process.stable == sp.true) == (single > 0 and real > 0)


def test_autocovariance_starts_at_the_stationary_covariance_and_decays():
    process = OrnsteinUhlenbeck([[k]], [0], [[sp.sqrt(2 * T)]])
    assert process.autocovariance(t)[0] == T * sp.exp(-k * t) / k


@pytest.mark.parametrize(
    ("A", "mean", "dispersion"),
    [([[1, 2]], [0], [[1]]), ([[1]], [0, 0], [[1]]), ([[1]], [0], [[1], [2]]), ([], [], [])],
)
def test_shapes_that_do_not_fit_are_refused(A, mean, dispersion):
    with pytest.raises(ShapeError):
        OrnsteinUhlenbeck(A, mean, dispersion)


def test_points_and_states_of_another_dimension_are_refused():
    process = OrnsteinUhlenbeck([[1]], [0], [[1]])
    with pytest.raises(ShapeError):
        process.transition_mean([1, 2], t)
    with pytest.raises(ShapeError):
        process.as_ito_process(LINE[:2])
