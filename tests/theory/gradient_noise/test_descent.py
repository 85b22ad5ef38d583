"""Gradient descent as a recursion has exactly the mean and the covariance that the theory of its noise says."""

import itertools
from math import prod

import pytest
import sympy as sp

from theory.discrete.draws import DistinctIndex
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise import (
    Empirical,
    FiniteSupport,
    Gaussian,
    Model,
    NamedMoments,
    Sampling,
    covariance,
    gradient_descent,
    label_noise_step,
)
from theory.gradient_noise.expectation import mean_vector
from theory.notation import eta, k, zeta

w, v, x, y = sp.symbols("w v x y", real=True)
x_1, y_1 = sp.symbols("x_1 y_1", real=True)
DATA = [[1, 2], [sp.Rational(-1, 2), 1], [3, 0]]
LINE = Model([w, v], (w * x + v - y) ** 2 / 2, Empirical([x, y], DATA))
CUBIC = Model([w], (w**2 * x - y) ** 2 / 2, Empirical([x, y], [[x_1, y_1], *DATA[1:]]))


def one_step(recursion, model):
    """Exact mean and covariance of the increment: all batches, and Isserlis' theorem for the normals."""
    indices = recursion.update.atoms(DistinctIndex)
    l, n = recursion.uniforms.rows, model.law.sample_count
    counts = [n - l + b + 1 if indices else n for b in range(l)]
    d = recursion.dimension
    noise = recursion.normals
    law = Gaussian(noise, [0] * noise.rows, sp.eye(noise.rows)) if noise.rows else None
    first, second = sp.zeros(d, 1), sp.zeros(d, d)
    for cells in itertools.product(*map(range, counts)):
        drawn = {u: sp.Rational(2 * i + 1, 2 * c) for u, i, c in zip(recursion.uniforms, cells, counts, strict=True)}
        increment = recursion.update.subs(drawn) - recursion.state
        m, c = (mean_vector(increment, law), covariance(increment, law)) if law else (increment, sp.zeros(d, d))
        first += m / prod(counts)
        second += (c + m * m.T) / prod(counts)
    return first.expand(), (second - first * first.T).expand()


@pytest.mark.every(3)
@pytest.mark.parametrize("model", [LINE, CUBIC], ids=["line", "cubic"])
@pytest.mark.parametrize(
    ("size", "sampling"),
    [(1, Sampling.WITH_REPLACEMENT), (2, Sampling.WITH_REPLACEMENT), (4, Sampling.WITH_REPLACEMENT),
     (2, Sampling.WITHOUT_REPLACEMENT), (3, Sampling.WITHOUT_REPLACEMENT)],
)  # fmt: skip
def test_one_step_has_the_moments_of_the_model(model, size, sampling):
    moments = one_step(gradient_descent(model, batch_size=size, sampling=sampling), model)
    expected = model.step_moments(size, sampling)
    assert moments == (expected.mean, expected.covariance)
    if size == 2:
        other = next(s for s in Sampling if s is not sampling)
        assert moments[1] != model.step_moments(size, other).covariance


@pytest.mark.parametrize("model", [LINE, CUBIC], ids=["line", "cubic"])
def test_full_batch_with_label_noise_has_the_moments_of_the_label_noise_step(model):
    moments = one_step(gradient_descent(model, label=y, label_noise=zeta), model)
    expected = label_noise_step(model, y)
    assert moments == (expected.mean, expected.covariance)


@pytest.mark.parametrize("sampling", Sampling)
def test_noises_of_batch_and_labels_add(sampling):
    # The label noises are independent of the batch, and each member of a batch has its own.
    _, spread = one_step(gradient_descent(LINE, batch_size=2, sampling=sampling, label=y, label_noise=zeta), LINE)
    features = sum((sp.Matrix([p, 1]) * sp.Matrix([[p, 1]]) for p, _ in DATA), sp.zeros(2, 2)) / len(DATA)
    expected = LINE.step_moments(2, sampling).covariance + eta**2 * zeta**2 / 2 * features
    assert (spread - expected).expand() == sp.zeros(2, 2)


def test_full_batch_is_the_mean_gradient_for_any_law():
    model = Model([w], (w * x - 1) ** 2 / 2, Gaussian([x], [0], [[2]]))
    assert gradient_descent(model).update[0] == sp.expand(w - 2 * eta * w)


def test_momentum_and_decay_follow_their_formula():
    m, decay = sp.symbols("m lambda", positive=True)
    recursion = gradient_descent(LINE, momentum=m, weight_decay=decay)
    v_w, v_v = recursion.state[2:]
    velocity = m * sp.Matrix([v_w, v_v]) + LINE.gradient + decay * sp.Matrix([w, v])
    expected = [*(sp.Matrix([w, v]) - eta * velocity), *velocity]
    assert all(sp.expand(a - b) == 0 for a, b in zip(recursion.update, expected, strict=True))


def test_a_schedule_enters_as_an_expression_of_the_step_number():
    drop = sp.Piecewise((eta, k < 100), (eta / 10, True))
    recursion = gradient_descent(LINE, learning_rate=drop)
    assert not recursion.autonomous and recursion.parameters == (eta,)
    constant = gradient_descent(LINE)
    assert (recursion.update.subs(k, 0) - constant.update).expand() == sp.zeros(2, 1)
    late = constant.update.subs(eta, eta / 10)
    assert (recursion.update.subs(k, 100) - late).expand() == sp.zeros(2, 1)


def test_noise_takes_names_that_the_model_does_not_use():
    u_0 = sp.Symbol("u_0", real=True)
    model = Model([u_0], (u_0 * x - y) ** 2, Empirical([x, y], DATA))
    recursion = gradient_descent(model, batch_size=1)
    assert recursion.state[0] == u_0 and recursion.uniforms[0] != u_0


GAUSSIAN = Model([w], (w * x) ** 2, Gaussian([x], [0], [[1]]))
WEIGHTED = Model([w], (w * x) ** 2, FiniteSupport([x], [[1], [2]], [sp.Rational(1, 3), sp.Rational(2, 3)]))
OPEN = Model([w], (w * x) ** 2, FiniteSupport([x], [[1], [2]], [eta, 1 - eta]))
NAMED = Model([w], (w * x) ** 2, NamedMoments([x], highest=4))
WITHOUT = Sampling.WITHOUT_REPLACEMENT


@pytest.mark.parametrize(
    ("model", "arguments", "error", "said"),
    [
        (LINE, dict(batch_size=4, sampling=WITHOUT), DimensionError, "1..3 without replacement, got 4"),
        (LINE, dict(batch_size=0), DimensionError, "at least 1"),
        (LINE, dict(batch_size=1.5), DimensionError, "whole number"),
        (LINE, dict(batch_size=sp.Symbol("B", positive=True, integer=True)), DimensionError, "not a symbol"),
        (LINE, dict(batch_size=2, sampling="without"), ShapeError, "sampling must be Sampling"),
        (GAUSSIAN, dict(batch_size=2, sampling=WITHOUT), UnsupportedFormError, "draws of a Gaussian law never meet"),
        (NAMED, dict(batch_size=2), UnsupportedFormError, r"NamedMoments of \(x,\) is known by its moments alone"),
        (OPEN, dict(batch_size=2), UnsupportedFormError, "probabilities must be rational numbers"),
        (GAUSSIAN, dict(label=x, label_noise=1), UnsupportedFormError, "is Gaussian, no data set, and no batch_size"),
        (WEIGHTED, dict(label=x, label_noise=1), UnsupportedFormError, "no data set, and no batch_size"),
        (LINE, dict(nesterov=True), SymbolError, "nesterov=True needs momentum"),
        (LINE, dict(dampening=0.5, momentum=0.0), SymbolError, "dampening=1/2 needs momentum"),
        (LINE, dict(momentum=0.9, dampening=0.1, nesterov=True), SymbolError, "without dampening"),
        (LINE, dict(momentum=0.9, nesterov=1), SymbolError, "nesterov must be True or False"),
        (LINE, dict(momentum=0.9, dampening=w), SymbolError, "weights or data"),
        (LINE, dict(label=w, label_noise=1), SymbolError, "label must be the variable of the law"),
        (LINE, dict(label_noise=1), SymbolError, "label must be the variable of the law"),
        (LINE, dict(label=y), SymbolError, "needs label_noise"),
        (LINE, dict(label=y, label_noise=-1), SymbolError, "not negative"),
        (LINE, dict(learning_rate=eta * w), SymbolError, "weights or data"),
        (LINE, dict(learning_rate=eta / (1 + sp.Symbol("k"))), SymbolError, "not the step number"),
        (LINE, dict(learning_rate="eta"), ShapeError, "text is not read"),
        (LINE, dict(momentum=sp.oo), ShapeError, "finite"),
        (LINE, dict(learning_rate=-1), SymbolError, "learning_rate must not be negative, got -1"),
        (LINE, dict(weight_decay=sp.Symbol("n", negative=True)), SymbolError, "weight_decay must not be negative"),
        (LINE, dict(momentum=10**30), SymbolError, "0 <= momentum < 1"),
        (LINE, dict(momentum=1), SymbolError, "0 <= momentum < 1"),
        (LINE, dict(momentum=-0.1), SymbolError, "0 <= momentum < 1"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(model, arguments, error, said):
    with pytest.raises(error, match=said):
        gradient_descent(model, **arguments)


def test_coefficients_at_the_ends_of_their_ranges_are_taken():
    still = gradient_descent(LINE, learning_rate=0, weight_decay=0)
    assert list(still.update) == [w, v]
    assert gradient_descent(LINE, momentum=sp.Rational(999, 1000)).state.rows == 4


@pytest.mark.parametrize("nothing", [0, 0.0, sp.Float(0), sp.S.Zero, sp.Float("0.0", 40)], ids=repr)
def test_a_coefficient_that_is_zero_adds_nothing_however_it_is_written(nothing):
    plain = gradient_descent(LINE, batch_size=1)
    options = dict(momentum=nothing, dampening=nothing, weight_decay=nothing, label=y, label_noise=nothing)
    assert gradient_descent(LINE, batch_size=1, **options) == plain


@pytest.mark.every(2)
@pytest.mark.parametrize("size", [1, 3])
def test_batches_of_gaussian_data_have_the_moments_of_the_model(size):
    correlated = [[2, sp.Rational(1, 2)], [sp.Rational(1, 2), 1]]
    model = Model([w], (w * x - y) ** 2 / 2, Gaussian([x, y], [1, -1], correlated))
    recursion = gradient_descent(model, batch_size=size)
    law = Gaussian(recursion.normals, [0] * recursion.normals.rows, sp.eye(recursion.normals.rows))
    increment = recursion.update - recursion.state
    expected = model.step_moments(size)
    assert (mean_vector(increment, law) - expected.mean).expand() == sp.zeros(1, 1)
    assert (covariance(increment, law) - expected.covariance).expand() == sp.zeros(1, 1)
    assert (covariance(increment, law) - model.step_moments(size + 1).covariance).expand() != sp.zeros(1, 1)


def test_label_noise_of_a_gaussian_batch_adds_to_it():
    model = Model([w], (w * x - y) ** 2 / 2, Gaussian([x, y], [1, -1], sp.eye(2)))
    recursion = gradient_descent(model, batch_size=2, label=y, label_noise=zeta)
    law = Gaussian(recursion.normals, [0] * recursion.normals.rows, sp.eye(recursion.normals.rows))
    spread = covariance(recursion.update - recursion.state, law)
    # The gradient gains zeta xi x in each member, and E x**2 = 2.
    expected = model.step_moments(2).covariance + sp.Matrix([[eta**2 * zeta**2 * 2 / 2]])
    assert (spread - expected).expand() == sp.zeros(1, 1)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "options",
    [dict(momentum=0.5), dict(momentum=0.5, dampening=0.25), dict(momentum=0.75, nesterov=True, weight_decay=0.125)],
    ids=str,
)
def test_steps_are_those_of_pytorch(options):
    torch = pytest.importorskip("torch")
    rate, steps = 0.125, 4
    theta = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([theta], lr=rate, **options)
    rows = torch.tensor(DATA, dtype=torch.float64)

    def step():
        optimiser.zero_grad()
        ((theta[0] * rows[:, 0] + theta[1] - rows[:, 1]) ** 2 / 2).mean().backward()
        optimiser.step()

    step()  # PyTorch starts the velocity at the gradient, without dampening
    recursion = gradient_descent(LINE, learning_rate=rate, **options)
    start = [*theta.tolist(), *optimiser.state[theta]["momentum_buffer"].tolist()]
    state = dict(zip(recursion.state, map(sp.Rational, start), strict=True))
    for _ in range(steps):
        step()
        state = dict(zip(recursion.state, recursion.update.xreplace(state), strict=True))
    assert [float(state[w]), float(state[v])] == pytest.approx(theta.tolist(), rel=1e-12)
