r"""How fast two layers leave or approach zero, for any widths and data: growth rates and windows of collapse, measured.

Near the origin every hidden unit, its weights :math:`a \in \mathbb R^{d_0}` below and :math:`c \in \mathbb R^{d_L}`
above, meets the same random matrices: with :math:`\hat T = \frac1b\sum yx^\top` a step of SGD is

.. math::
    z' = (I - \eta D + \eta\hat L)\,z, \qquad z = \binom ac, \quad
    \hat L = \begin{pmatrix} 0 & \hat T^\top \\ \hat T & 0 \end{pmatrix}, \quad
    D = \begin{pmatrix} \lambda_1 I & 0 \\ 0 & \lambda_2 I \end{pmatrix},

and the SDE is :math:`dz = (E\hat L - D)z\,dt + \sqrt{\eta\kappa}\,dS\,z` with noise of the covariance of one
:math:`\hat L`. So almost every hidden unit grows at the top Lyapunov exponent :math:`\gamma(\eta)` of these products
(Furstenberg and Kesten), and both layers collapse to zero from nearby where it is negative. Beyond one input and one
output it has no closed form: :func:`origin_growth` follows the direction of z and averages the logarithm of its length,
less its part linear in the noise, whose mean is known to be zero. :func:`collapse_windows` finds where it changes sign.
Three layers and more leave the origin neutral: a step moves by the product of the others.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import real_number, takes, whole_number
from numerics.deep_linear.noise import SAMPLING, batch_factor
from numerics.deep_linear.second_moment import MOTION, Motion
from numerics.deep_linear.signal import DATA, Data, DataSet, NoisyTeacher, symmetric_root
from numerics.errors import ArgumentError, DivergenceError
from numerics.statistics.estimators import Estimate, mean
from theory.argument_kinds import one_of
from theory.deep_linear.layers import LayeredLinear
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray
Directions = tuple[Array, Array]
Applied = Callable[[Array, Array], Directions]
Draw = Callable[[np.random.Generator, int], Applied]

MOST_DRAWN = 2**26
"""Numbers drawn at a step, all replicas together."""

FINENESS = 0.05
"""The larger step of the SDE's simulation, in units of its shortest time; half of it is extrapolated with."""

FORGOTTEN, CHECKED, LONGEST_WAIT = 1e-6, 16, 50
"""The mean squared sine between two starts under the same draws at which a start is forgotten; steps between two looks
at it; how many times the steps of the measurement it may take."""

NETWORK = one_of(LayeredLinear, needed="a LayeredLinear")


@dataclass(frozen=True)
class CollapseWindow:
    """Learning rates at which both layers collapse; an edge is None where the window goes on beyond those searched."""

    lower: Estimate | None
    upper: Estimate | None


@takes(network=NETWORK, data=DATA, sampling=SAMPLING, motion=MOTION)
def origin_growth(
    network: LayeredLinear,
    data: Data,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    motion: Motion = Motion.SGD,
    seed: int,
    replicas: int = 2000,
    steps: int = 2000,
) -> Estimate:
    r"""The growth rate :math:`\gamma/\eta` of :math:`\log|z|` near zero, per unit of time :math:`t = \eta k`.

    Args:
        network: Two layers, trained and not residual; their weight decay counts.
        data: Teacher or data set.
        learning_rate: :math:`\eta > 0`.
        batch_size: b.
        sampling: How the batch is drawn.
        motion: SGD, its SDE, or gradient descent, whose rate is exact.
        seed: Of the draws; the same for neighbouring learning rates makes the rate a smooth function.
        replicas: Independent directions, whose spread gives the standard error.
        steps: Of each, after the direction has forgotten its start.

    Raises:
        ArgumentError: the network has not two such layers, or a number is out of its range.
        DivergenceError: the direction does not forget its start.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher, TwoLayerOrigin
        >>> data = NoisyTeacher([[0.1]], label_covariance=1.0)
        >>> found = origin_growth(LayeredLinear((1, 3, 1)), data, learning_rate=0.2, seed=1, steps=400)
        >>> exact = max(TwoLayerOrigin(0.1, 1.0).growth_rates(0.2)) / 0.2
        >>> exact < 0, found.agrees_with(exact, false_alarm=1e-3)
        (True, True)
    """
    eta = real_number(learning_rate, "learning_rate")
    if eta <= 0:
        raise ArgumentError(f"learning_rate must be positive, got {eta:g}.")
    n, m = (
        whole_number(value, name, at_least=2, below=10**7) for value, name in ((replicas, "replicas"), (steps, "steps"))
    )
    whole_number(seed, "seed", at_least=0, below=2**63)
    factor = batch_factor(data, batch_size=batch_size, sampling=sampling)
    origin = _Origin(network, data)
    if motion is Motion.GD:
        return Estimate(float(np.log(np.abs(1 + eta * np.linalg.eigvalsh(origin.mean))).max()) / eta, 0.0)
    if n * origin.drawn(batch_size, motion) > MOST_DRAWN:
        raise ArgumentError(
            f"replicas must be at most {MOST_DRAWN // origin.drawn(batch_size, motion)} for these widths and batches, "
            f"got {n}. Lower it, and raise steps."
        )
    if motion is Motion.SDE and origin.keeps_signs:
        variance = float(origin.signal.covariance()[0, 0])
        return Estimate(abs(float(origin.cross[0, 0])) - origin.decay[0] - eta * factor * variance / 2, 0.0)
    if motion is Motion.SGD:
        return origin.measured(eta, origin.of_batches(batch_size, sampling), n, m, seed)
    strength = eta * factor
    h = FINENESS / origin.speed(strength)
    # Euler's steps have an error of first order in h, which two of them take out.
    coarse, fine = (
        origin.measured(step, origin.of_noise(math.sqrt(strength / step)), n, count, seed + k)
        for k, (step, count) in enumerate(((h, m), (h / 2, 2 * m)))
    )
    error = math.hypot(2 * fine.standard_error, coarse.standard_error)
    return Estimate(2 * fine.value - coarse.value, error, min(fine.degrees_of_freedom, coarse.degrees_of_freedom))


@takes(network=NETWORK, data=DATA, sampling=SAMPLING, motion=MOTION)
def collapse_windows(
    network: LayeredLinear,
    data: Data,
    *,
    between: tuple[float, float],
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    motion: Motion = Motion.SGD,
    seed: int,
    spacing: float = 1.25,
    replicas: int = 2000,
    steps: int = 2000,
) -> tuple[CollapseWindow, ...]:
    r"""The learning rates at which two layers collapse to zero, with the standard errors of their ends.

    The growth rate is measured on a geometric grid, always from the same draws, and where its sign changes the zero of
    that smooth function is located; its error is that of the rate over the slope. A window narrower than ``spacing``
    may be missed.

    Args:
        network: As of :func:`origin_growth`, and so the other arguments.
        data: Teacher or data set.
        between: The smallest and the largest learning rate that are looked at.
        batch_size: b.
        sampling: How the batch is drawn.
        motion: SGD, its SDE, or gradient descent.
        seed: Of the draws.
        spacing: Ratio of neighbouring learning rates, above 1.
        replicas: As of :func:`origin_growth`.
        steps: As of :func:`origin_growth`.

    Raises:
        ArgumentError, DivergenceError: as :func:`origin_growth`; ``between`` is no rising pair of positive numbers.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> data = NoisyTeacher([[0.1]], label_covariance=1.0)
        >>> found = collapse_windows(
        ...     LayeredLinear((1, 1, 1)), data, between=(0.1, 0.4), seed=1, spacing=2, steps=200, replicas=300
        ... )
        >>> [(window.lower.agrees_with(0.18335, false_alarm=1e-3), window.upper) for window in found]
        [(True, None)]
    """
    if not isinstance(between, list | tuple) or len(between) != 2:
        raise ArgumentError(f"between must be a pair of learning rates, got {type(between).__name__}.")
    low, high = (real_number(end, "between") for end in between)
    ratio = real_number(spacing, "spacing")
    if not 0 < low < high or not ratio > 1:
        raise ArgumentError(
            f"between must be a rising pair of positive learning rates and spacing above 1, got {low:g}, {high:g} and "
            f"{ratio:g}."
        )
    options: dict[str, Any] = {
        "batch_size": batch_size, "sampling": sampling, "motion": motion, "seed": seed, "replicas": replicas,
        "steps": steps,
    }  # fmt: skip

    def rate(eta: float) -> Estimate:
        return origin_growth(network, data, learning_rate=eta, **options)

    grid = np.geomspace(low, high, 1 + max(1, math.ceil(math.log(high / low) / math.log(ratio))))
    signs = [rate(float(eta)).value < 0 for eta in grid]
    edges: list[Estimate | None] = [None] if signs[0] else []
    for (before, after), (left, right) in zip(itertools.pairwise(signs), itertools.pairwise(grid), strict=True):
        if before is not after:
            edges.append(_zero(rate, float(left), float(right)))
    edges += [None] if signs[-1] else []
    return tuple(CollapseWindow(*pair) for pair in zip(edges[::2], edges[1::2], strict=True))


def _zero(rate: Callable[[float], Estimate], low: float, high: float) -> Estimate:
    """Where a rate that is measured with an error vanishes."""
    place = float(scipy.optimize.brentq(lambda eta: rate(eta).value, low, high, xtol=1e-12, rtol=1e-4))
    h = 0.05 * min(place, high - low)
    slope = (rate(place + h).value - rate(place - h).value) / (2 * h)
    here = rate(place)
    return Estimate(place, here.standard_error / abs(slope), here.degrees_of_freedom)


class _Origin:
    """The random matrices that the weights of a hidden unit meet near zero, applied to many directions at once."""

    def __init__(self, network: LayeredLinear, data: Data) -> None:
        if network.depth != 2 or network.residual or network.frozen:
            raise ArgumentError(
                f"network must have two trained layers without residual factors, got {network.depth} layers, residual "
                f"{network.residual}, frozen {network.frozen}: else the origin is neutral, or no place of rest."
            )
        d_0, d_L = network.widths[0], network.widths[-1]
        wanted = (d_L, d_0)
        if data.teacher.shape != wanted:
            raise ArgumentError(
                f"data must have a teacher of shape {wanted} to fit the widths, got {data.teacher.shape}."
            )
        self.data, self.d_0, self.d_L = data, d_0, d_L
        self.signal = data.signal(np.zeros(wanted))
        self.cross = self.signal.mean
        self.decay = np.repeat([float(decay) for decay in network.weight_decay], (d_0, d_L))
        self.mean = np.block([[np.zeros((d_0, d_0)), self.cross.T], [self.cross, np.zeros((d_L, d_L))]])
        self.mean = self.mean - np.diag(self.decay)

    def drawn(self, batch_size: int, motion: Motion) -> int:
        """Numbers that a step draws for one replica."""
        if isinstance(self.data, DataSet):
            return self.data.size + batch_size * (self.d_0 + self.d_L)
        return self.d_0 * (self.d_0 + self.d_L) if motion is Motion.SDE else batch_size * (self.d_0 + self.d_L)

    def speed(self, strength: float) -> float:
        """The sum of a rate of the drift and one of the noise, an inverse time."""
        noise = float(np.trace(self.signal.covariance()))
        return float(np.abs(np.linalg.eigvalsh(self.mean)).max()) + strength * noise

    def of_batches(self, b: int, sampling: Sampling) -> Draw:
        r"""Draw batches: :math:`\hat T^\top c` and :math:`\hat Ta`."""
        data = self.data
        if isinstance(data, NoisyTeacher):
            inputs, labels = symmetric_root(data.input_covariance), symmetric_root(data.label_covariance)

            def of_teacher(source: np.random.Generator, n: int) -> Applied:
                x = source.standard_normal((n * b, self.d_0)) @ inputs
                y = x @ data.teacher.T + source.standard_normal((n * b, self.d_L)) @ labels
                return lambda a, c: _through(x.reshape(n, b, -1), y.reshape(n, b, -1), a, c)

            return of_teacher

        def of_samples(source: np.random.Generator, n: int) -> Applied:
            if sampling is Sampling.WITH_REPLACEMENT:
                chosen = source.integers(data.size, size=(n, b))
            else:
                chosen = source.random((n, data.size)).argsort(1)[:, :b]
            return lambda a, c: _through(data.inputs[chosen], data.labels[chosen], a, c)

        return of_samples

    def of_noise(self, size: float) -> Draw:
        r"""Draw :math:`T = C + sS` with the Gaussian S that has the covariance of one sample."""
        data, C = self.data, self.cross
        if isinstance(data, NoisyTeacher):
            inputs, labels = symmetric_root(data.input_covariance), symmetric_root(data.label_covariance)

            def of_teacher(source: np.random.Generator, n: int) -> Applied:
                G = source.standard_normal((n, self.d_0, self.d_0)) / math.sqrt(2)
                V = source.standard_normal((n, self.d_L, self.d_0))
                Q = G + G.transpose(0, 2, 1)

                def applied(a: Array, c: Array) -> Directions:
                    p, r, t = a @ inputs, c @ labels, c @ data.teacher @ inputs
                    down = np.einsum("nij,ni->nj", Q, t) + np.einsum("nij,ni->nj", V, r)
                    up = (
                        np.einsum("nij,nj->ni", Q, p) @ inputs @ data.teacher.T + np.einsum("nij,nj->ni", V, p) @ labels
                    )
                    return c @ C + size * down @ inputs, a @ C.T + size * up

                return applied

            return of_teacher

        def of_samples(source: np.random.Generator, n: int) -> Applied:
            z = source.standard_normal((n, data.size))
            z = size * (z - z.mean(1, keepdims=True)) / math.sqrt(data.size)
            return lambda a, c: (
                c @ C + (z * (c @ data.labels.T)) @ data.inputs,
                a @ C.T + (z * (a @ data.inputs.T)) @ data.labels,
            )

        return of_samples

    def measured(self, step: float, draw: Draw, replicas: int, steps: int, seed: int) -> Estimate:
        r"""The growth rate over ``steps`` steps, once two starts that meet the same draws have become one direction.

        One input and output with equal decay keep the directions :math:`a = \pm c`: the larger of their rates.
        """
        source = np.random.default_rng(seed)
        if self.keeps_signs:
            return self._of_scalars(step, draw, replicas, steps, source)
        q, other = (_unit(source.standard_normal((replicas, self.d_0 + self.d_L))) for _ in range(2))
        for k in range(LONGEST_WAIT * steps):
            if k % CHECKED == 0 and np.mean(1 - np.sum(q * other, axis=1) ** 2) < FORGOTTEN:
                return self._followed(q, step, draw, steps, source)
            applied = draw(source, replicas)
            q, other = (_unit(self._after(each, step, applied)) for each in (q, other))
        raise DivergenceError(
            f"steps must be so many that a direction forgets its start within {LONGEST_WAIT} times as many, got "
            f"{steps}: the two largest growth rates are close. Raise steps."
        )

    @property
    def keeps_signs(self) -> bool:
        r"""Whether :math:`a = \pm c` is kept."""
        return self.d_0 == self.d_L == 1 and bool(self.decay[0] == self.decay[1])

    def _followed(self, q: Array, step: float, draw: Draw, steps: int, source: np.random.Generator) -> Estimate:
        """The growth rate from the directions q on."""
        halves = np.zeros((2, len(q)))
        for k in range(steps):
            following = self._after(q, step, draw(source, len(q)))
            expected = q + step * q @ self.mean
            linear = np.sum(expected * (following - expected), axis=1) / np.sum(expected**2, axis=1)
            halves[2 * k // steps] += np.log(np.linalg.norm(following, axis=1)) - linear
            q = _unit(following)
        first, second = (
            mean(half / (step * count)) for half, count in zip(halves, ((steps + 1) // 2, steps // 2), strict=True)
        )
        if abs(first.value - second.value) > 6 * math.hypot(first.standard_error, second.standard_error):
            raise DivergenceError(
                f"steps must be so many that the rate is steady, but it is {first.value:.4g} in the first half and "
                f"{second.value:.4g} in the second. Raise steps={steps}."
            )
        return mean(halves.sum(0) / (step * steps))

    def _of_scalars(self, step: float, draw: Draw, replicas: int, steps: int, source: np.random.Generator) -> Estimate:
        r"""The larger of the means of :math:`\log|1 - \eta\lambda \pm \eta\hat t|`, a step each."""
        one, kept, growth = np.ones((replicas, 1)), 1 - step * self.decay[0], np.zeros((2, replicas))
        for _ in range(steps):
            moved = draw(source, replicas)(one, one)[0][:, 0]
            for row, sign in zip(growth, (1, -1), strict=True):
                expected, change = kept + sign * step * self.cross[0, 0], sign * step * (moved - self.cross[0, 0])
                row += np.log(np.abs(expected + change)) - change / expected
        return max((mean(row / (step * steps)) for row in growth), key=lambda rate: rate.value)

    def _after(self, q: Array, step: float, applied: Applied) -> Array:
        moved = np.concatenate(applied(q[:, : self.d_0], q[:, self.d_0 :]), axis=1)
        return q + step * (moved - q * self.decay)


def _unit(q: Array) -> Array:
    """Rows of length one.

    Raises:
        DivergenceError: a row is zero or not finite.
    """
    length = np.linalg.norm(q, axis=1, keepdims=True)
    if not ((length > 0) & np.isfinite(length)).all():
        raise DivergenceError("learning_rate must be so small that no step leaves float64. Lower it.")
    return q / length


def _through(x: Array, y: Array, a: Array, c: Array) -> Directions:
    r""":math:`\hat T^\top c` and :math:`\hat Ta` of batches x and y."""
    along, above = np.einsum("nbi,ni->nb", x, a), np.einsum("nbi,ni->nb", y, c)
    b = x.shape[1]
    return np.einsum("nb,nbi->ni", above, x) / b, np.einsum("nb,nbi->ni", along, y) / b
