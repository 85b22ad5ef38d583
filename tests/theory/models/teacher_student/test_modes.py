"""From the matrix recursion of noisy gradient descent to the singular value of a student mode."""

import pytest
import sympy as sp

from theory.discrete.random_map import gaussian_moments, one_step_moments
from theory.errors import ShapeError
from theory.ito import ItoProcess, ito_differential
from theory.models.teacher_student import modes as model
from theory.models.teacher_student import stochastic_logistic as verhulst
from theory.models.teacher_student.modes import a, area, b, log_growth, u, w, z
from theory.notation import eta, s, s_0, s_tilde, t, zeta

NU = eta * zeta**2


def matrix(name, rows, columns):
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i}{j}"))


def rotation(parameter):
    """A rotation of the plane, rational in its parameter."""
    cosine, sine = (1 - parameter**2) / (1 + parameter**2), 2 * parameter / (1 + parameter**2)
    return sp.Matrix([[cosine, -sine], [sine, cosine]])


def vanishes(expression):
    entries = list(expression) if isinstance(expression, sp.MatrixBase) else [expression]
    return all(sp.cancel(sp.expand(entry)) == 0 for entry in entries)


def test_layer_updates_are_the_printed_matrix_recursion():
    W_1, W_2, X = matrix("p", 2, 2), matrix("q", 1, 2), matrix("x", 2, 3)
    Y, Z = matrix("y", 1, 3), matrix("n", 1, 3)
    first, second = model.layer_updates(W_1, W_2, X, Y, Z)
    error = W_2 * W_1 * X * X.T - Y * X.T + Z * X.T
    assert vanishes(first - (W_1 - eta * W_2.T * error))
    assert vanishes(second - (W_2 - eta * error * W_1.T))
    assert not vanishes(first - (W_1 - 2 * eta * W_2.T * error))


def test_layer_updates_refuse_shapes_that_do_not_chain():
    with pytest.raises(ShapeError, match="shapes must chain"):
        model.layer_updates(
            matrix("p", 2, 2), matrix("q", 3, 3), matrix("x", 2, 4), matrix("y", 3, 4), matrix("n", 3, 4)
        )


def test_rotated_updates_decouple_in_the_free_algebra():
    A, B, A_T, B_T, S, noise = sp.symbols("A B A^T B^T S z", commutative=False)
    first, second = model.rotated_updates()
    assert sp.expand(first - (A - eta * B_T * (B * A - S + noise))) == 0
    assert sp.expand(second - (B - eta * (B * A - S + noise) * A_T)) == 0
    assert sp.expand(second - (B - eta * A_T * (B * A - S + noise))) != 0


@pytest.mark.slow
def test_the_diagonal_modes_of_the_matrix_recursion_follow_the_mode_update_for_every_rotation():
    p, q, r = sp.symbols("p q r", real=True)
    O, U, V = rotation(p), rotation(q), rotation(r)
    names = [sp.symbols(f"{name}_1:3", real=True) for name in ("a", "b", "s", "z")]
    A, B, S, noise = (sp.diag(*values) for values in names)
    X = sp.eye(2)  # orthonormal rows; what matters is X X^T = 1
    W_1, W_2 = matrix("p", 2, 2), matrix("q", 2, 2)
    first, second = model.layer_updates(W_1, W_2, X, U * S * V.T, U * noise * V.T)
    spectral = dict(zip([*W_1, *W_2], [*(O * A * V.T), *(U * B * O.T)], strict=True))
    A_new, B_new = O.T * first.subs(spectral) * V, U.T * second.subs(spectral) * O
    expected = [model.mode_update(names[0][i], names[1][i], names[3][i], eta, names[2][i]) for i in (0, 1)]
    at = {p: sp.Rational(2, 7), q: sp.Rational(-3, 5), r: sp.Rational(11, 4)}
    assert vanishes(A_new.subs(at) - sp.diag(*(pair[0] for pair in expected)))
    assert vanishes(B_new.subs(at) - sp.diag(*(pair[1] for pair in expected)))


def test_a_plus_b_and_a_minus_b_have_opposite_multipliers_and_the_balance_the_product():
    g = a * b - s_tilde + z
    a_new, b_new = model.mode_update(a, b, z, eta, s_tilde)
    assert vanishes((a_new + b_new) - (a + b) * (1 - eta * g))
    assert vanishes((a_new - b_new) - (a - b) * (1 + eta * g))
    assert vanishes((a_new**2 - b_new**2) - (a**2 - b**2) * (1 - eta**2 * g**2))
    assert not vanishes((a_new**2 - b_new**2) - (a**2 - b**2) * (1 - eta * g**2))


def test_mode_process_is_the_printed_two_dimensional_equation():
    process = model.mode_process()
    assert vanishes(process.drift - sp.Matrix([-b * (a * b - s_tilde), -a * (a * b - s_tilde)]))
    expected = sp.Matrix([[b], [a]]) * sp.sqrt(NU)
    assert vanishes(process.diffusion - expected * expected.T)
    independent = sp.Matrix([[b**2, 0], [0, a**2]]) * NU  # separate noises would be another process
    assert not vanishes(process.diffusion - independent)


def test_mode_process_has_the_exact_covariance_of_one_step():
    update = model.mode_update(a, b, z, eta, s_tilde)
    moments = one_step_moments(update, [a, b], noise=z, moments=gaussian_moments(zeta**2, 2))
    process = model.mode_process()
    assert vanishes(moments.mean - eta * process.drift)
    assert vanishes(moments.covariance - eta * process.diffusion)


def test_balance_decays_without_noise_at_the_rate_of_the_noise_strength():
    differential = model.balance_differential()
    r = a**2 - b**2
    assert differential.dispersion == sp.zeros(1, 1)
    assert vanishes(differential.drift + NU * r)
    assert not vanishes(differential.drift + 2 * NU * r)


def test_slices_are_invariant_and_follow_the_printed_equation():
    for sign in (1, -1):
        relation = ito_differential(model.mode_process(), a - sign * b)
        assert vanishes(relation.drift.subs(b, sign * a)) and vanishes(relation.dispersion.subs(b, sign * a))
    process = model.slice_process()
    assert vanishes(process.drift[0] + w * (w**2 - s_tilde))
    assert vanishes(process.dispersion[0] - sp.sqrt(NU) * w)
    opposite = model.opposite_slice_process()
    assert vanishes(opposite.drift[0] + w * (w**2 + s_tilde))


def test_slice_loss_is_a_quarter_of_the_square():
    drift = model.slice_process().drift[0]
    assert vanishes(sp.diff(model.slice_loss(), w) + drift)
    assert vanishes(model.slice_loss() - (w**2 - s_tilde) ** 2 / 4)
    assert not vanishes(sp.diff((w**2 - s_tilde) ** 2, w) + drift)


def test_singular_value_process_keeps_half_the_noise_strength_in_its_drift():
    process = model.singular_value_process()
    assert vanishes(process.drift[0] - 2 * s * ((s_tilde + NU / 2) - s))
    assert vanishes(process.dispersion[0] - 2 * sp.sqrt(NU) * s)
    assert not vanishes(process.drift[0] - 2 * s * (s_tilde - s))  # the chain rule without Itô's term


def test_the_opposite_slice_never_learns_the_mode():
    modulus = ito_differential(model.opposite_slice_process(), w**2)
    assert vanishes(modulus.drift.subs(w, sp.sqrt(s)) + 2 * s * (s + s_tilde - NU / 2))


def test_reciprocal_process_is_the_printed_linear_equation():
    process = model.reciprocal_process()
    assert vanishes(process.drift[0] - (2 - (2 * s_tilde - 3 * NU) * u))
    assert vanishes(process.dispersion[0] + 2 * sp.sqrt(NU) * u)
    assert not vanishes(process.drift[0] - (2 - (2 * s_tilde - NU) * u))


@pytest.mark.parametrize(("factor", "correct"), [(2, True), (1, False), (3, False)])
def test_path_solution_solves_the_singular_value_equation_by_itos_formula(factor, correct):
    candidate = model.path_solution().subs(area, sp.Rational(factor, 2) * area)
    differential = ito_differential(model.path_process(), candidate)
    process = model.singular_value_process()
    residuals = [
        differential.drift - process.drift[0].subs(s, candidate),
        differential.dispersion[0] - process.dispersion[0].subs(s, candidate),
    ]
    growth = sp.Symbol("growth", positive=True)
    assert (
        all(
            vanishes(
                residual.subs(sp.exp(log_growth), growth)
                .subs(sp.exp(2 * log_growth), growth**2)
                .subs(sp.exp(3 * log_growth), growth**3)
            )
            for residual in residuals
        )
        is correct
    )
    assert sp.simplify(candidate.subs({log_growth: 0, area: 0}) - s_0) == 0


def test_path_solution_needs_the_stratonovich_growth_rate():
    process = model.path_process()
    wrong = ItoProcess(process.state, process.drift + sp.Matrix([NU, 0]), process.dispersion)
    for candidate, correct in ((process, True), (wrong, False)):
        differential = ito_differential(candidate, model.path_solution())
        target = model.singular_value_process().drift[0].subs(s, model.path_solution())
        assert (sp.simplify(differential.drift - target) == 0) is correct


def test_path_integral_grows_by_the_singular_value():
    differential = ito_differential(model.path_process(), model.path_integral())
    assert differential.dispersion == sp.zeros(1, 1)
    assert sp.simplify(differential.drift - model.path_solution()) == 0
    assert model.path_integral().subs(area, 0) == 0


def test_natural_units_give_the_verhulst_process():
    natural, expected = model.dimensionless_process(), verhulst.verhulst_process()
    assert vanishes(natural.drift - expected.drift)
    assert vanishes(natural.diffusion - expected.diffusion)


@pytest.mark.parametrize("rate", [sp.Symbol("c", real=True), sp.S.Zero])
def test_logistic_solves_its_equation(rate):
    y = model.logistic(rate, s_0)
    assert sp.simplify(y.subs(t, 0) - s_0) == 0
    assert sp.simplify(sp.diff(y, t) - 2 * y * (rate - y)) == 0
    assert sp.simplify(sp.diff(y, t) - y * (rate - y)) != 0


def test_regularisation_shifts_the_rate_by_its_coefficient():
    velocity = model.regularised_flow()
    assert vanishes(velocity - 2 * s * (s_tilde - model.penalty - s))
    noisy_rate = s_tilde - NU / 2
    assert vanishes(velocity.subs(model.penalty, NU / 2) - 2 * s * (noisy_rate - s))
    assert not vanishes(velocity.subs(model.penalty, NU / 4) - 2 * s * (noisy_rate - s))


def test_the_regularised_path_starts_at_its_start_and_ends_at_the_shrunk_value():
    path = model.regularised_path()
    assert sp.cancel(path.subs(t, 0) - s_0) == 0
    shrunk = path.subs({s_tilde: 2, model.penalty: sp.Rational(1, 2), s_0: sp.Rational(1, 10)})
    assert sp.limit(shrunk, t, sp.oo) == sp.Rational(3, 2)
