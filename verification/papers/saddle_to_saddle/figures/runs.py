r"""The runs that the paper's figures share: teacher, starts, four optimisers, and what is read off on the way.

Appendix H: a teacher of width 12 with the singular values 1, .7, .4, fresh white Gaussian inputs, layers that start as
:math:`N(0, \min\{d_0, d_1\}^{-\gamma})`, the learning rate .005, batches of one. The law of the inputs and of the
starts is the same in every frame, so the teacher is diagonal. Time is learning rate times steps, or that of the SDE.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from numerics.deep_linear.modes import Modes
from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import (
    Dynamics,
    FullGradientDescent,
    GradientNoiseDiffusion,
    IsotropicLangevin,
    MiniBatchDescent,
)
from numerics.layered.initial import balanced_layers, gaussian_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.observables import Balance, ModeDiffusion
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import Proportion
from verification.authoring.figures import FALSE_ALARM

Array = np.ndarray
Weights = Mapping[str, Array]

WIDTH = 12
VALUES = (1.0, 0.7, 0.4)
RATE = 0.005
FINE = 0.001
"""Step of the SDE; the paper's is a tenth of it. Half of it is compared where the step matters."""


class Optimiser(StrEnum):
    """The four of Figure 2."""

    SGD = "SGD"
    GD = "GD"
    SDE = "SDE"
    LANGEVIN = "isotropic Langevin"


@dataclass(frozen=True, kw_only=True)
class Setting:
    r"""A network, its teacher and its learning rate; :math:`\gamma` sets the size of the start."""

    depth: int
    gamma: float
    hidden: int = WIDTH
    rate: float = RATE
    batch: int = 1
    label_variance: float = 0.0
    values: tuple[float, ...] = VALUES

    @classmethod
    def of(cls, part: Mapping[str, Any], **more: Any) -> Setting:
        """What a part of a figure says of it."""
        named = {name: part[name] for name in cls.__dataclass_fields__ if name in part} | more
        if "values" in named:
            named["values"] = tuple(named["values"])
        return cls(**named)

    @property
    def network(self) -> DenseNetwork:
        """Of ``depth`` layers, the hidden ones ``hidden`` wide."""
        return DenseNetwork((WIDTH, *[self.hidden] * (self.depth - 1), WIDTH))

    @property
    def data(self) -> NoisyTeacher:
        """Fresh data of the teacher."""
        teacher = np.diag([*self.values, *[0.0] * (WIDTH - len(self.values))])
        return NoisyTeacher(teacher, label_covariance=self.label_variance)

    @cached_property
    def modes(self) -> Modes:
        """Of the teacher."""
        return Modes.of_teacher(self.data)

    def start(self, n: int, seed: int) -> dict[str, Array]:
        """Independent Gaussian layers for each of n replicas."""
        drawn = gaussian_layers(self.network, n, seed=seed)
        sizes = {name: min(W.shape[1:]) ** (-self.gamma / 2) * math.sqrt(W.shape[2]) for name, W in drawn.items()}
        return {name: sizes[name] * W for name, W in drawn.items()}

    def balanced_start(self, n: int, seed: int) -> dict[str, Array]:
        """The same maps by balanced layers."""
        drawn = self.start(n, seed)
        layers = [balanced_layers(self.network, W) for W in product(drawn)]
        return {name: np.stack([each[name] for each in layers]) for name in drawn}

    def aligned_start(self, n: int, seed: int) -> dict[str, Array]:
        """Balanced layers with diagonal maps, their entries those of the random maps by size, largest first."""
        drawn = self.start(n, seed)
        maps = -np.sort(-np.abs(np.diagonal(product(drawn), axis1=1, axis2=2)))
        layers = [balanced_layers(self.network, np.diag(entries)) for entries in maps]
        return {name: np.stack([each[name] for each in layers]) for name in drawn}

    def dynamics(self, optimiser: Optimiser, step: float = FINE, noise: float = 1.0) -> Dynamics:
        """An optimiser; ``step`` is the SDEs' own, ``noise`` the isotropic standard deviation over the page's."""
        if optimiser is Optimiser.SGD:
            return MiniBatchDescent(learning_rate=self.rate, batch_size=self.batch)
        if optimiser is Optimiser.GD:
            return FullGradientDescent(learning_rate=self.rate)
        if optimiser is Optimiser.SDE:
            return GradientNoiseDiffusion(learning_rate=self.rate, batch_size=self.batch, step=step)
        return IsotropicLangevin(step=step, temperature=noise**2 * self.rate / 2)

    def diffusion(self, mode: int) -> ModeDiffusion:
        r"""The observed :math:`D_\alpha = \beta\,a_\alpha^\top\Sigma a_\alpha` of Proposition 3.3."""
        return ModeDiffusion(self.network, self.modes, mode, self.data, self.rate, self.batch)

    def formula(self, w: Array, mode: int) -> Array:
        r"""(7) at amplitudes w, 0 where a mode is negative."""
        L, s = self.depth, self.values[mode]
        strength = self.rate / self.batch * L**2 * (2 * (s - w) ** 2 + self.label_variance)
        return strength * np.maximum(w, 0) ** (4 * (L - 1) / L)

    def peak_place(self, mode: int) -> float:
        r"""(9) without label noise: :math:`w^\star = 2(L-1)s/(3L-2)`."""
        return 2 * (self.depth - 1) / (3 * self.depth - 2) * self.values[mode]


@dataclass(frozen=True, eq=False)
class Course:
    """What replicas went through.

    Attributes:
        times: Shape ``(S,)``.
        maps: Of the students, in the teacher's frame. Shape ``(S, n, 12, 12)``.
        read: Further observables by name. Shape ``(S, n)``.
        values: Singular values of the teacher.
    """

    times: Array
    maps: Array
    read: dict[str, Array]
    values: tuple[float, ...]

    @property
    def modes(self) -> Array:
        """Amplitudes of the teacher's modes. Shape ``(S, n, modes)``."""
        return np.diagonal(self.maps, axis1=2, axis2=3)[:, :, : len(self.values)]

    @property
    def errors(self) -> Array:
        """What the first mode lacks of the teacher's value. Shape ``(S, n)``."""
        return self.values[0] - self.maps[:, :, 0, 0]

    @property
    def loss(self) -> Array:
        """The population loss, without that of label noise. Shape ``(S, n)``."""
        teacher = np.diag([*self.values, *[0.0] * (WIDTH - len(self.values))])
        return ((self.maps - teacher) ** 2).sum((2, 3)) / 2

    def learned(self, share: float = 0.95) -> Array:
        """When each mode has come to this share of the teacher's value, infinite if never. Shape ``(n, modes)``."""
        return np.stack(
            [crossing(self.times, self.modes[:, :, k], share * s) for k, s in enumerate(self.values)], axis=1
        )


@dataclass
class _Reader:
    """Keeps what it reads off the weights, replica by replica."""

    observables: Mapping[str, Callable[..., Array]]
    maps: list[Array] = field(default_factory=list)
    read: dict[str, list[Array]] = field(default_factory=dict)

    def __call__(self, weights: Weights) -> Array:
        self.maps.append(product(weights))
        for name, observable in self.observables.items():
            self.read.setdefault(name, []).append(observable(weights))
        return np.zeros(len(self.maps[-1]))


def follow(
    setting: Setting,
    optimiser: Optimiser,
    until: float,
    *,
    start: Weights,
    seed: int,
    snapshots: int = 200,
    step: float = FINE,
    observables: Mapping[str, Callable[..., Array]] | None = None,
    stream: int = 0,
    precision: str = "mixed",
    noise: float = 1.0,
) -> Course:
    """Run replicas from ``start``, an array of weights for each, up to the time ``until``."""
    size = step if optimiser in (Optimiser.SDE, Optimiser.LANGEVIN) else setting.rate
    steps = round(until / size)
    at = np.unique(np.linspace(0, steps, snapshots + 1).round().astype(int))
    n = len(next(iter(start.values())))
    reader = _Reader(observables or {})
    train_layers(
        setting.network,
        setting.data,
        setting.dynamics(optimiser, step, noise),
        initial=start,
        steps=steps,
        n_replicas=n,
        seed=seed,
        at=at.tolist(),
        observables={"read": reader},
        options=Options(keep_final=False, progress=False, stream=stream, precision=precision),
    )
    read = {name: np.stack(values) for name, values in reader.read.items()}
    return Course(at * size, np.stack(reader.maps), read, setting.values)


def product(weights: Weights) -> Array:
    """The maps of linear networks. Shape ``(n, d_L, d_0)``."""
    total = weights["W1"]
    for l in range(2, len(weights) + 1):
        total = weights[f"W{l}"] @ total
    return total


def crossing(times: Array, values: Array, level: Any) -> Array:
    """When ``values``, shape ``(S, n)``, first come to a level, between snapshots by a straight line; else infinite."""
    above = values >= level
    first = np.argmax(above, axis=0)
    found = np.where(above.any(0), times[first], np.inf)
    columns = np.arange(values.shape[1])
    before = np.maximum(first - 1, 0)
    low, high = values[before, columns], values[first, columns]
    inside = (first > 0) & above.any(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (np.broadcast_to(level, low.shape) - low) / (high - low)
        return np.where(inside, times[before] + part * (times[first] - times[before]), found)


def told_times(values: Any) -> list[float | None]:
    """Times to six digits, as JSON: None for never. NumPy reads None back as NaN."""
    return [float(f"{time:.6g}") if math.isfinite(time) else None for time in values]


def balances(setting: Setting) -> dict[str, Balance]:
    """(33) for every pair of layers."""
    return {f"r{l}": Balance(setting.network, l) for l in range(1, setting.depth)}


def share_interval(count: int, n: int, false_alarm: float = FALSE_ALARM) -> list[float]:
    """Clopper and Pearson's interval of a share."""
    return [float(end) for end in Proportion(int(count), int(n)).interval(false_alarm)]


def mean_interval(values: Sequence[float] | Array, false_alarm: float = FALSE_ALARM) -> list[float]:
    """Student's interval of a mean over replicas."""
    from verification.authoring.replicas import student_interval

    return list(student_interval(np.asarray(values, float).tolist(), false_alarm))
