"""Label noise: the average over all noises at once against the sum over samples, and known models."""

import pytest
import sympy as sp

from theory.errors import SymbolError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.label_noise import joint_label_noise_step, label_noise_flow, label_noise_step
from theory.gradient_noise.model import Model
from theory.models.teacher_student import modes as teacher_student
from theory.notation import eta, zeta

w, v, x, y = sp.symbols("w v x y", real=True)
X, Y = sp.symbols("x_1:4", real=True), sp.symbols("y_1:4", real=True)


def data(n):
    return Empirical([x, y], list(zip(X[:n], Y[:n], strict=True)))


def vanishes(matrix):
    return all(sp.expand(entry) == 0 for entry in matrix)


LOSSES = {
    "two layers": (w * v * x - y) ** 2 / 2,
    "quartic": (w * x - y) ** 4 / 4,
    "logarithm of the likelihood": -y * (w + v * x) + (w + v * x) ** 2,
}


@pytest.mark.every(4)
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name", LOSSES)
def test_samples_add_up_to_the_step_as_a_whole(name, n):
    if name == "quartic" and n == 3:
        n = 2
    model = Model([w, v], LOSSES[name], data(n))
    closed, joint = label_noise_step(model, y), joint_label_noise_step(model, y)
    assert vanishes(closed.mean - joint.mean)
    assert vanishes(closed.covariance - joint.covariance)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_noises_of_n_samples_average_out(n):
    """The covariance is that of the printed D_LN of the stochastic-collapse paper divided by N, only N = 1 agrees."""
    model = Model([w, v], LOSSES["two layers"], data(n))
    gradients = [sp.Matrix([v * x_i, w * x_i]) for x_i in X[:n]]
    outer = sum((g * g.T for g in gradients), sp.zeros(2, 2)) / n
    covariance = label_noise_step(model, y).covariance
    assert vanishes(covariance - eta**2 * zeta**2 * outer / n)
    assert vanishes(covariance - eta**2 * zeta**2 * outer) == (n == 1)


def test_the_mean_is_the_full_gradient_for_a_squared_loss_only():
    for name, unmoved in (("two layers", True), ("quartic", False)):
        model = Model([w], LOSSES[name], data(2))
        assert vanishes(label_noise_step(model, y).mean + eta * model.gradient) is unmoved


@pytest.mark.every(2)
@pytest.mark.parametrize("name", LOSSES)
def test_the_flow_has_the_moments_of_one_step(name):
    model = Model([w, v], LOSSES[name], data(2 if name != "quartic" else 1))
    flow, step = label_noise_flow(model, y), label_noise_step(model, y)
    assert vanishes(eta * flow.drift - step.mean)
    assert all(sp.cancel(sp.expand(e)) == 0 for e in eta * flow.diffusion - step.covariance)


def test_one_sample_of_two_layers_is_a_teacher_student_mode():
    """The mode (a, b) with input 1: the label s_tilde - z, so z and the noise differ by a sign."""
    a, b, s_tilde = teacher_student.a, teacher_student.b, teacher_student.s_tilde
    model = Model([a, b], (a * b * x - y) ** 2 / 2, Empirical([x, y], [[1, s_tilde]]))
    flow, mode = label_noise_flow(model, y), teacher_student.mode_process()
    assert vanishes(flow.drift - mode.drift)
    assert vanishes(flow.diffusion - mode.diffusion)


def test_any_activation_is_allowed_since_the_noise_enters_linearly():
    model = Model([w, v], (v * sp.tanh(w * x) - y) ** 2 / 2, data(2))
    flow = label_noise_flow(model, y)
    assert flow.noise_dimension == 2
    assert vanishes(
        flow.dispersion[:, 0]
        - sp.sqrt(eta) * zeta / 2 * sp.Matrix([v * X[0] * (1 - sp.tanh(w * X[0]) ** 2), sp.tanh(w * X[0])])
    )


def test_the_label_must_be_a_variable_and_the_law_a_data_set():
    with pytest.raises(SymbolError, match="label"):
        label_noise_step(Model([w], (w * x - y) ** 2, data(1)), w)
    with pytest.raises(UnsupportedFormError, match="Empirical"):
        label_noise_flow(Model([w], (w * x - y) ** 2, Gaussian([x, y], [0, 0], [[1, 0], [0, 1]])), y)


def test_a_flow_of_one_weight_is_written_shortly():
    """Inputs 1, -1, 2, 3 with labels 0, 0, 1, 0 and the model (w^2 x): one noise, the drift multiplied out."""
    model = Model([w], (w**2 * x - y) ** 2 / 2, Empirical([x, y], [[1, 0], [-1, 0], [2, 1], [3, 0]]))
    flow = label_noise_flow(model, y)
    assert flow.drift[0] == w - sp.Rational(15, 2) * w**3
    assert flow.dispersion == sp.Matrix([[sp.sqrt(15) * sp.sqrt(eta) * zeta * w / 2]])
    assert sp.expand(eta * flow.diffusion[0] - label_noise_step(model, y).covariance[0]) == 0
