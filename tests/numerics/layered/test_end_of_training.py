"""Real SGD at the end of training: mean and variance of every mode, for square and rectangular layers.

Replicas start at the minimum that label noise selects, go on for eight of their longest relaxation times, and are
looked at once in each of the next ones. The mean is that of :class:`ControlledMode`, which has the same one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pytest

from numerics.deep_linear import (
    DataSet,
    LayeredPoint,
    Minimum,
    Modes,
    Motion,
    NearMinimum,
    NoisyTeacher,
    nearest_minimum,
    selected_minimum,
)
from numerics.errors import ArgumentError
from numerics.layered.controlled import ControlledMode
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.observables import ModeAmplitude
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import Estimate
from tests.numerics.seeding import FALSE_ALARM, FALSE_ALARM_IN_PROPERTY, seed_of
from theory.deep_linear import LabelNoiseMinimum, LayeredLinear

BURN_IN, COUNTED, RUNS = 8, 20, 2000
Estimates = dict[tuple[str, int, int], Estimate]


@dataclass(frozen=True)
class EndOfTraining:
    """A network with a diagonal teacher, inputs and label noise of unequal variances in its frames."""

    widths: tuple[int, ...]
    values: tuple[float, ...]
    inputs: tuple[float, ...]
    labels: tuple[float, ...]
    frozen: tuple[int, ...] = ()

    @cached_property
    def closed(self) -> LabelNoiseMinimum:
        """The closed form."""
        r = len(self.values)
        traces = {"input_trace": sum(self.inputs), "label_trace": sum(self.labels)}
        spectra = {"input_variances": self.inputs[:r], "label_variances": self.labels[:r]}
        return LabelNoiseMinimum(len(self.widths) - 1, self.values, **spectra, **traces)

    @cached_property
    def minimum(self) -> Minimum:
        """The minimum that the closed form names."""
        closed, depth, layers = self.closed, len(self.widths) - 1, []
        for l, (columns, rows) in enumerate(zip(self.widths, self.widths[1:], strict=False), 1):
            layers.append(np.zeros((rows, columns)))
            for a in range(len(self.values)):
                ends = {1: closed.first_layer, depth: closed.last_layer}
                layers[-1][a, a] = math.sqrt(float(ends[l](a) if l in ends else closed.inner_layers))
        teacher = np.zeros((self.widths[-1], self.widths[0]))
        np.fill_diagonal(teacher, self.values)
        data = NoisyTeacher(teacher, input_covariance=np.diag(self.inputs), label_covariance=np.diag(self.labels))
        return Minimum(LayeredPoint(LayeredLinear(self.widths, frozen=self.frozen), data, tuple(layers)))

    @property
    def modes(self) -> Modes:
        """The frames of the teacher."""
        return Modes(np.eye(self.widths[-1]), np.eye(self.widths[0]))

    def expected(self, what: str, a: int, b: int) -> float:
        """The closed form of what is measured."""
        return float(self.closed.mean_shift(a) if what == "mean" else self.closed.variance(a, b))

    def measured(self, rate: float, runs: int = RUNS) -> Estimates:
        return measured(self.minimum, self.modes, len(self.values), rate, runs)


def measured(minimum: Minimum, modes: Modes, r: int, rate: float, runs: int = RUNS, batch: int = 1) -> Estimates:
    r""":math:`(E[w_\alpha] - s_\alpha)/\eta` and :math:`E(w_{\alpha\beta} - s)^2/\eta` of the first r modes."""
    point, pairs = minimum.point, [(a, b) for a in range(r) for b in range(r)]
    kept: dict[tuple[str, int, int], list[np.ndarray]] = {}

    def recorder(what: str, a: int, b: int):
        mode = (a, b)
        read = ControlledMode if what == "mean" else ModeAmplitude
        observable = read(minimum if what == "mean" else point.network, modes, mode)
        u, v = modes.pair(mode)
        at_minimum = float(u @ point.map @ v)
        kept[what, a, b] = []

        def record(weights):
            gap = observable(weights) - at_minimum
            kept[what, a, b].append((gap if what == "mean" else gap**2) / rate)
            return gap

        return record

    names = [("variance", a, b) for a, b in pairs] + [("mean", a, a) for a in range(r)]
    positive = minimum.curvatures[minimum.curvatures > 1e-9 * minimum.curvatures[-1]]
    relaxation = 1 / (float(positive[0]) * rate)
    at = [round((BURN_IN + k) * relaxation) for k in range(COUNTED)]
    assert runs <= 4096  # one block of replicas, so that each look is one array
    train_layers(
        point.network,
        point.data,
        MiniBatchDescent(learning_rate=rate, batch_size=batch),
        initial={f"W{l}": W for l, W in enumerate(point.weights, 1)},
        steps=at[-1],
        n_replicas=runs,
        seed=seed_of("end of training", point.map.tolist(), rate, batch),
        at=at,
        observables={name: recorder(*name) for name in names},
        options=Options(keep_final=False, precision="float64"),
    )
    found = {}
    for name, looks in kept.items():
        each = np.mean(looks, axis=0)
        found[name] = Estimate(float(each.mean()), float(each.std(ddof=1) / math.sqrt(runs)), runs - 1)
    return found


def combined(parts: list[tuple[float, Estimate]]) -> Estimate:
    """A sum of independent estimates with weights."""
    error = math.sqrt(sum((c * part.standard_error) ** 2 for c, part in parts))
    return Estimate(sum(c * part.value for c, part in parts), error)


WEIGHTS = {2: (-1.0, 2.0), 3: (1 / 3, -2.0, 8 / 3)}
"""Of the line through two rates, and the parabola through three, each half the one before, at the rate 0."""


def extrapolated(problem: EndOfTraining, rates: tuple[float, ...], runs: int) -> Estimates:
    """Everything at learning rate 0."""
    rows = [problem.measured(rate, runs) for rate in rates]
    return {
        name: combined([(c, row[name]) for c, row in zip(WEIGHTS[len(rates)], rows, strict=True)]) for name in rows[0]
    }


RECTANGULAR = EndOfTraining((3, 4, 2), (1.0, 0.5), (1.0, 0.6, 1.4), (0.2, 0.4))


@cache
def of_rectangular_layers() -> Estimates:
    """Shared by the quick tests."""
    return extrapolated(RECTANGULAR, (0.04, 0.02), RUNS)


def test_modes_of_rectangular_layers_have_the_mean_and_width_of_the_closed_form():
    for (what, a, b), found in of_rectangular_layers().items():
        assert found.agrees_with(RECTANGULAR.expected(what, a, b), false_alarm=FALSE_ALARM_IN_PROPERTY), (what, a, b)


def test_neither_balanced_widths_nor_a_mean_above_the_teacher_agree_with_runs():
    found = of_rectangular_layers()
    for a in (0, 1):
        balanced = RECTANGULAR.labels[a] * RECTANGULAR.values[a]  # beta sigma^2 s, of white inputs and equal noise
        assert not found["mean", a, a].agrees_with(0.0, false_alarm=FALSE_ALARM)
        assert found["mean", a, a].value < 0
        assert not found["variance", a, a].agrees_with(0.8 * balanced, false_alarm=FALSE_ALARM)
    swapped = RECTANGULAR.expected("variance", 1, 0)
    assert not found["variance", 0, 1].agrees_with(swapped, false_alarm=FALSE_ALARM)


def test_with_one_trained_layer_the_widths_are_exact_at_every_learning_rate():
    problem, rate = EndOfTraining((3, 4, 2), (1.0, 0.5), (1.0, 0.6, 1.4), (0.2, 0.4), frozen=(1,)), 0.15
    found, near = problem.measured(rate), NearMinimum(problem.minimum)
    for (what, a, b), estimate in found.items():
        if what == "mean":  # of one layer the gradient is all that moves the mode
            assert abs(estimate.value) < 1e-12
            continue
        variance = near.variance((a, b), learning_rate=rate, modes=problem.modes) / rate
        assert estimate.agrees_with(variance, false_alarm=FALSE_ALARM_IN_PROPERTY)
    of_the_sde = near.variance(0, learning_rate=rate, motion=Motion.SDE, modes=problem.modes) / rate
    assert not found["variance", 0, 0].agrees_with(of_the_sde, false_alarm=FALSE_ALARM_IN_PROPERTY)


SETTLED = [
    EndOfTraining((3, 3, 3), (1.0, 0.6, 0.3), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5)),
    EndOfTraining((3, 3, 3, 3), (1.0, 0.6, 0.2), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5)),
    EndOfTraining((3, 2, 4, 2), (1.0, 0.5), (1.0, 0.6, 1.4), (0.2, 0.4)),
    EndOfTraining((2, 2, 2, 2, 2), (1.0, 0.4), (1.0, 0.7), (0.3, 0.2)),
]


@pytest.mark.slow
@pytest.mark.parametrize("problem", [*SETTLED, RECTANGULAR], ids=lambda problem: "-".join(map(str, problem.widths)))
def test_every_mode_of_deep_layers_tends_to_the_closed_form_as_the_rate_falls(problem):
    for (what, a, b), found in extrapolated(problem, (0.02, 0.01, 0.005), 4000).items():
        assert found.agrees_with(problem.expected(what, a, b), false_alarm=FALSE_ALARM), (what, a, b)


@pytest.mark.slow
def test_a_weak_mode_among_strong_ones_is_wider_than_a_chain_alone():
    problem = SETTLED[1]
    found = combined([(c, problem.measured(rate, 4000)["variance", 2, 2]) for c, rate in ((-1.0, 0.01), (2.0, 0.005))])
    alone = 1.5 * 0.5 * 0.2 ** (4 / 3)
    assert found.agrees_with(problem.expected("variance", 2, 2), false_alarm=FALSE_ALARM)
    assert not found.agrees_with(alone, false_alarm=FALSE_ALARM)


@pytest.mark.slow
def test_modes_without_a_common_frame_have_the_mean_and_width_of_the_selected_minimum():
    teacher, inputs = np.diag([1.0, 0.5]), np.array([[1.0, 0.4], [0.4, 0.8]])
    data = NoisyTeacher(teacher, input_covariance=inputs, label_covariance=[[0.3, -0.1], [-0.1, 0.2]])
    start = LayeredPoint(LayeredLinear((2, 2, 2, 2)), data, (np.diag([1.0, 0.8]),) * 3)
    minimum, modes = selected_minimum(start), Modes(np.eye(2), np.eye(2))
    rows = [measured(minimum, modes, 2, rate, 4000, batch=2) for rate in (0.04, 0.02, 0.01)]
    for what, a, b in rows[0]:
        found = combined([(c, row[what, a, b]) for c, row in zip(WEIGHTS[3], rows, strict=True)])
        options = {"learning_rate": 1e-3, "batch_size": 2, "modes": modes}
        if what == "mean":
            expected = (minimum.mean((a, b), **options) - teacher[a, b]) / 1e-3
        else:
            expected = minimum.variance((a, b), **options) / 1e-3
        assert found.agrees_with(expected, false_alarm=FALSE_ALARM), (what, a, b)


def test_what_is_taken_off_is_the_gradient_times_a_fixed_vector():
    rng = np.random.default_rng(2)
    network = LayeredLinear((2, 2, 3, 2), residual=(1,), frozen=(2,), weight_decay=(0.1, 0, 0.05))
    inputs = rng.normal(size=(6, 2))
    data = DataSet(inputs, inputs @ rng.normal(size=(2, 2)) + 0.1 * rng.normal(size=(6, 2)))
    start = LayeredPoint(network, data, tuple(rng.normal(size=shape) for shape in network.shapes))
    minimum, modes = Minimum(nearest_minimum(start)), Modes(np.eye(2), np.eye(2))
    controlled, amplitude = ControlledMode(minimum, modes, (0, 1)), ModeAmplitude(network, modes, (0, 1))
    gaps, gradients = [], []
    for _ in range(20):
        moved = tuple(
            W + rng.normal(size=W.shape) * (l in network.trained) for l, W in enumerate(minimum.point.weights, 1)
        )
        weights = {f"W{l}": W[None] for l, W in enumerate(moved, 1)}
        gaps.append((amplitude(weights) - controlled(weights))[0])
        there = LayeredPoint(network, data, moved)
        gradients.append(np.concatenate([G.ravel() for l, G in enumerate(there.gradients, 1) if l in network.trained]))
    multiple = np.linalg.lstsq(np.array(gradients), np.array(gaps))[0]
    assert np.abs(np.array(gradients) @ multiple - gaps).max() < 1e-9 * np.abs(gaps).max()


def test_what_is_left_of_a_mode_is_of_second_order_near_the_minimum():
    rng, minimum = np.random.default_rng(3), RECTANGULAR.minimum
    moves = {f"W{l}": rng.normal(size=(50, *W.shape)) for l, W in enumerate(minimum.point.weights, 1)}
    amplitude = ModeAmplitude(minimum.point.network, RECTANGULAR.modes, 0)
    for read, ratio in ((ControlledMode(minimum, RECTANGULAR.modes, 0), 100), (amplitude, 10)):
        sizes = []
        for h in (1e-3, 1e-4):
            weights = {f"W{l}": W + h * moves[f"W{l}"] for l, W in enumerate(minimum.point.weights, 1)}
            sizes.append(np.abs(read(weights) - RECTANGULAR.values[0]).max())
        assert sizes[0] / sizes[1] == pytest.approx(ratio, rel=0.1)


@pytest.mark.parametrize("wrong", [{"minimum": 3}, {"modes": None}, {"mode": 5}])
def test_what_is_no_mode_at_a_minimum_is_refused(wrong):
    given = {"minimum": RECTANGULAR.minimum, "modes": RECTANGULAR.modes, "mode": 0, **wrong}
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        ControlledMode(**given)
