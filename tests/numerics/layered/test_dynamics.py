"""Gradient descent, Langevin, the SDE of SGD and gradient flow, against what they are defined by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from numerics.deep_linear import DataSet, LayeredPoint, Modes, NoisyTeacher, gradient_covariance
from numerics.deep_linear.modes import amplitude, gradient_drift, mode_diffusion
from numerics.layered.dynamics import (
    FullGradientDescent,
    GradientFlowSteps,
    GradientNoiseDiffusion,
    IsotropicLangevin,
    MiniBatchDescent,
)
from numerics.layered.initial import balanced_layers, gaussian_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.observables import (
    Alignment,
    Balance,
    LayerNorm,
    MapRank,
    MeanLoss,
    ModeAmplitude,
    ModeDiffusion,
    ObservedDiffusion,
)
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import mean
from tests.numerics.layered.problems import covariance
from tests.numerics.seeding import FALSE_ALARM, seed_of
from theory.deep_linear import LayeredLinear
from theory.gradient_noise.sampling import Sampling

SOURCE = np.random.default_rng(3)
LINEAR = LayeredLinear((3, 4, 2), weight_decay=(0.1, 0.0))
TEACHER = NoisyTeacher(
    SOURCE.normal(size=(2, 3)), input_covariance=covariance(SOURCE, 3), label_covariance=covariance(SOURCE, 2)
)
PLAIN = NoisyTeacher(SOURCE.normal(size=(2, 3)), label_covariance=0.3)
SAMPLES = DataSet(SOURCE.normal(size=(7, 3)), SOURCE.normal(size=(7, 2)))
START = {"W1": 0.5 * SOURCE.normal(size=(4, 3)), "W2": 0.5 * SOURCE.normal(size=(2, 4))}


def advanced(data, dynamics, *, network=LINEAR, steps=1, n=1, start=START, backend="auto", **options) -> Any:
    """Last weights by name."""
    settings = Options(backend=backend, precision="float64", **options)
    seed = seed_of("dynamics", type(dynamics).__name__)
    return train_layers(
        network, data, dynamics, initial=start, steps=steps, n_replicas=n, seed=seed, options=settings
    ).final


def point(data, start=START):
    """The same weights as a point of the theory's numbers."""
    return LayeredPoint(LINEAR, data, (start["W1"], start["W2"]))


@pytest.mark.parametrize("data", [TEACHER, SAMPLES], ids=["teacher", "samples"])
def test_full_gradient_descent_takes_the_mean_gradient(data):
    final = advanced(data, FullGradientDescent(learning_rate=0.1))
    for l in (1, 2):
        assert final[f"W{l}"][0] == pytest.approx(START[f"W{l}"] - 0.1 * point(data).gradient(l), abs=1e-13)


def test_samples_of_a_tanh_network_have_their_mean_gradient():
    network = DenseNetwork((3, 4, 2), activations="tanh", biases=True)
    start = {name: value[0] for name, value in gaussian_layers(network, 1, seed=1).items()}
    whole = MiniBatchDescent(learning_rate=0.1, batch_size=7, sampling=Sampling.WITHOUT_REPLACEMENT)
    one = advanced(SAMPLES, whole, network=network, start=start, steps=5)
    other = advanced(SAMPLES, FullGradientDescent(learning_rate=0.1), network=network, start=start, steps=5)
    assert all(one[name] == pytest.approx(other[name], abs=1e-13) for name in one)


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "dynamics",
    [
        GradientNoiseDiffusion(learning_rate=0.02, batch_size=2, step=0.05),
        IsotropicLangevin(step=0.05, temperature=0.1),
        GradientFlowSteps(step=0.05),
        FullGradientDescent(learning_rate=0.05, momentum=0.5),
    ],
    ids=lambda dynamics: type(dynamics).__name__,
)
@pytest.mark.parametrize("data", [TEACHER, SAMPLES], ids=["teacher", "samples"])
def test_the_fused_kernel_agrees_with_its_twin(data, dynamics):
    fused, plain = (advanced(data, dynamics, steps=20, n=3, backend=backend) for backend in ("auto", "numpy"))
    assert all(np.abs(fused[name] - plain[name]).max() < 1e-12 for name in fused)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("data", "sampling"),
    [
        (TEACHER, Sampling.WITH_REPLACEMENT),
        (PLAIN, Sampling.WITH_REPLACEMENT),
        (SAMPLES, Sampling.WITH_REPLACEMENT),
        (SAMPLES, Sampling.WITHOUT_REPLACEMENT),
    ],
    ids=["teacher", "white", "samples", "without"],
)
def test_the_diffusion_has_the_covariance_of_the_gradient_of_a_batch(data, sampling):
    n, b, eta, h = 40_000, 3, 0.5, 0.01
    dynamics = GradientNoiseDiffusion(learning_rate=eta, batch_size=b, sampling=sampling, step=h)
    final = advanced(data, dynamics, n=n)
    change = np.concatenate([(final[f"W{l}"] - START[f"W{l}"]).swapaxes(1, 2).reshape(n, -1) for l in (1, 2)], 1)
    noise = change + h * np.concatenate([point(data).gradient(l).T.ravel() for l in (1, 2)])
    expected = eta * h * gradient_covariance(point(data), batch_size=b, sampling=sampling)
    false_alarm = FALSE_ALARM / 40
    directions = np.random.default_rng(1).normal(size=(40, noise.shape[1]))
    for direction in directions:
        projected = noise @ direction
        assert mean(projected).agrees_with(0.0, false_alarm=false_alarm)
        assert mean(projected**2).agrees_with(direction @ expected @ direction, false_alarm=false_alarm)
    direction = directions[0]
    assert not mean((noise @ direction) ** 2).agrees_with(
        1.1 * direction @ expected @ direction, false_alarm=FALSE_ALARM
    )


def test_langevin_noise_is_the_same_in_every_direction():
    n, h, T = 20_000, 0.01, 0.3
    final = advanced(PLAIN, IsotropicLangevin(step=h, temperature=T), n=n)
    for l in (1, 2):
        noise = final[f"W{l}"] - START[f"W{l}"] + h * point(PLAIN).gradient(l)
        assert mean(noise[:, 0, 1] ** 2).agrees_with(2 * T * h, false_alarm=FALSE_ALARM)
        assert mean(noise[:, 0, 1] * noise[:, 1, 0]).agrees_with(0.0, false_alarm=FALSE_ALARM)


def test_gradient_flow_is_that_of_a_general_solver():
    def velocity(_, flat):
        here = point(TEACHER, {"W1": flat[:12].reshape(4, 3), "W2": flat[12:].reshape(2, 4)})
        return -np.concatenate([here.gradient(l).ravel() for l in (1, 2)])

    exact = solve_ivp(
        velocity, (0, 1), np.concatenate([START["W1"].ravel(), START["W2"].ravel()]), rtol=1e-11, atol=1e-12
    )
    errors = []
    for steps in (80, 160):
        final = advanced(TEACHER, GradientFlowSteps(step=1 / steps), steps=steps)
        flat = np.concatenate([final["W1"].ravel(), final["W2"].ravel()])
        errors.append(np.abs(flat - exact.y[:, -1]).max())
    assert (
        errors[1] < 1e-5 and 12 < errors[0] / errors[1] < 20
    )  # order 4: a half of the step is a sixteenth of the error


def test_observables_are_those_of_a_point():
    network, modes = DenseNetwork.of_linear(LINEAR), Modes.of_teacher(TEACHER)
    stacked = {name: np.stack([W, 2 * W]) for name, W in START.items()}
    for data in (TEACHER, SAMPLES):
        here = [point(data, {name: W[r] for name, W in stacked.items()}) for r in (0, 1)]
        settings = {"learning_rate": 0.1, "batch_size": 2}
        found = ModeDiffusion(network, modes, (0, 1), data, **settings)
        assert found(stacked) == pytest.approx([mode_diffusion(p, (0, 1), modes=modes, **settings) for p in here])
        assert found.drift(stacked) == pytest.approx([gradient_drift(p, (0, 1), modes=modes) for p in here])
        assert ModeAmplitude(network, modes, 1)(stacked) == pytest.approx([amplitude(p, 1, modes=modes) for p in here])
        decay = 0.1 * np.array([np.sum(W**2) for W in stacked["W1"]]) / 2
        assert MeanLoss(network, data)(stacked) == pytest.approx([p.loss - d for p, d in zip(here, decay, strict=True)])


def test_balanced_weights_are_balanced_and_aligned_and_random_ones_are_not():
    network = DenseNetwork((3, 5, 4, 2))
    balanced = {name: W[None] for name, W in balanced_layers(network, TEACHER.teacher).items()}
    random = gaussian_layers(network, 1, seed=2)
    for l in (1, 2):
        assert Balance(network, l)(balanced)[0] < 1e-14 < 0.1 < Balance(network, l)(random)[0]
        assert Alignment(network, l)(balanced)[0] == pytest.approx(1)
        assert Alignment(network, l)(random)[0] < 0.999
        assert LayerNorm(network, l)(random)[0] == pytest.approx(np.sqrt(np.sum(random[f"W{l}"] ** 2)))
    one = balanced_layers(network, np.outer([1.0, 2.0], [1.0, 0.0, 1.0]))
    assert MapRank(network)({name: W[None] for name, W in one.items()})[0] == pytest.approx(1)


def test_the_diffusion_that_is_seen_is_that_of_the_formula():
    network, modes, eta, n = DenseNetwork((3, 4, 2)), Modes.of_teacher(PLAIN), 1e-4, 60_000
    settings = {"learning_rate": eta, "batch_size": 2}
    run = train_layers(
        network,
        PLAIN,
        MiniBatchDescent(**settings),
        initial=START,
        steps=1,
        n_replicas=n,
        seed=seed_of("diffusion seen"),
        observables={"seen": ObservedDiffusion(network, modes, 0, PLAIN, **settings)},
        options=Options(precision="float64"),
    )
    formula = ModeDiffusion(network, modes, 0, PLAIN, **settings)({name: W[None] for name, W in START.items()})[0]
    assert run.estimate("seen").within(formula, tolerance=0.08 * formula, false_alarm=FALSE_ALARM)
    assert not run.estimate("seen").within(formula / 2, tolerance=0.08 * formula, false_alarm=FALSE_ALARM)
