r"""One step of stochastic gradient descent, exactly, beside one step of its SDE.

The step moves every trained factor by the signal of one batch,

.. math::
    F_l' = F_l - \eta\lambda_lW_l + \eta\,W_{>l}^\top\,\hat T\,W_{<l}^\top ,

so the map after it is a polynomial of degree L in :math:`\hat T`, and its mean is a sum over subsets of layers of means
of words. To second order

.. math::
    E[w'] - w = -\eta\sum_l\langle A_l, G_l\rangle + \eta^2\sum_{l>m}p_l^\top
    \big(C N_{lm}C + \kappa\,E[S\,N_{lm}\,S]\big)q_m + O(\eta^3) ;

the SDE has the second :math:`\eta^2` term and not the first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from numerics.arguments import real_array, real_number, takes, whole_number
from numerics.deep_linear.batch_traces import MAX_TRACE, mean_of_batch_trace
from numerics.deep_linear.batch_words import MAX_PLACES, mean_of_batch_word
from numerics.deep_linear.modes import MODES, Mode, Modes, gradient_drift, ito_drift, mode_diffusion, mode_vectors
from numerics.deep_linear.noise import SAMPLING, batch_factor
from numerics.deep_linear.one_sample import WordsOfOneSample
from numerics.deep_linear.point import POINT, LayeredPoint
from numerics.deep_linear.signal import EmpiricalSignal, GaussianSignal
from numerics.errors import ArgumentError, DivergenceError
from theory.gradient_noise.sampling import Sampling, batches

Array = np.ndarray
Result = TypeVar("Result")

OVERFLOW_IS_REFUSED = np.errstate(over="ignore", invalid="ignore")
"""Results that are not finite are refused at the end, in a sentence; on the way there NumPy need not warn."""


MAX_FORMS = 12
"""Signals of one Gaussian sample in a product of two words; more are refused."""

UNASKED_TRACE = 8
"""Signals of a Gaussian batch up to which all terms are kept unless an order is given: a second or two."""

MOST_LISTED = 20_000
"""Batches of a data set that are listed where words with all signals are too long to be averaged."""


@dataclass(frozen=True)
class ModeStep:
    r"""Mean and variance of the change of a mode in one step, of SGD and of its SDE (time :math:`\eta`, first order).

    Attributes:
        mean: :math:`E[w'] - w` of SGD, to all orders of :math:`\eta`.
        variance: :math:`\mathrm{Var}(w')` of SGD, to the order asked for.
        sde_mean: :math:`\eta` times the drift of the SDE.
        sde_variance: :math:`\eta` times its diffusion.
    """

    mean: float
    variance: float
    sde_mean: float
    sde_variance: float


@takes(point=POINT, sampling=SAMPLING, modes=MODES)
@OVERFLOW_IS_REFUSED
def mode_step(
    point: LayeredPoint,
    mode: Mode,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    modes: Modes | None = None,
    order: int | None = None,
) -> ModeStep:
    r"""One step of a mode by SGD and by the SDE.

    Args:
        point: Where the step starts.
        mode: An index, or a pair for a cross mode.
        learning_rate: :math:`\eta \ge 0`.
        batch_size: b.
        sampling: How the batch is drawn.
        modes: The frames; the singular vectors of the teacher by default.
        order: The variance leaves out terms with more than this many signals, :math:`O(\eta^{\mathrm{order}+1})`,
            which may be most of it where :math:`\eta` is not small. By default nothing is left out: up to four trained
            layers, up to six for batches of one, and where the batches of a data set can be listed. Batches of fresh
            data through five layers take ``order=10`` and half a minute for all terms; through six that would be hours.

    Raises:
        ArgumentError: an argument is out of its range, no order is given where terms must be left out, or so much is
            left out that the variance is negative.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> from theory.deep_linear import LayeredLinear
        >>> point = LayeredPoint(LayeredLinear((1, 1, 1)), NoisyTeacher([[1.0]]), ([[0.5]], [[0.5]]))
        >>> step = mode_step(point, 0, learning_rate=0.1)
        >>> round(step.mean, 9), round(step.sde_mean, 9)  # 0.5 * 0.1 * 0.75, and 3 or 2 times 0.01 * 0.25 * 0.75**2
        (0.04171875, 0.0403125)
    """
    u, v = mode_vectors(point, mode, modes)
    options = {"learning_rate": learning_rate, "batch_size": batch_size, "sampling": sampling}
    eta = real_number(learning_rate, "learning_rate")
    step = _Step(point, learning_rate, batch_size, sampling)
    mean = float(_mean_map(step, len(point.network.trained), (u, v))[0, 0])
    drift = gradient_drift(point, mode, modes=modes) + ito_drift(point, mode, modes=modes, **options)
    diffusion = mode_diffusion(point, mode, modes=modes, **options)
    variance = map_covariance_after_step(point, (u, v), (u, v), order=order, **options)
    if order is not None and variance < -1e-9 * eta * diffusion:
        raise ArgumentError(
            f"order={order} leaves out too much at learning_rate={eta:g}: the variance comes out as {variance:.4g}, "
            "which is negative. Raise order, or lower learning_rate."
        )
    found = ModeStep(mean - float(u @ point.map @ v), variance, eta * drift, eta * diffusion)
    return _finite(found, eta, found.mean, found.variance, found.sde_mean, found.sde_variance)


@takes(point=POINT, sampling=SAMPLING)
@OVERFLOW_IS_REFUSED
def mean_map_after_step(
    point: LayeredPoint,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    order: int | None = None,
) -> Array:
    r"""The mean :math:`E[W']` of the map after one step of SGD, with at most ``order`` signals; all by default.

    Shape ``(d_L, d_0)``.
    """
    step = _Step(point, learning_rate, batch_size, sampling)
    layers = len(point.network.trained)
    most = layers if order is None else whole_number(order, "order", at_least=0, below=MAX_FORMS + 1)
    total = _mean_map(step, most)
    return _finite(total, learning_rate, total)


def _mean_map(step: _Step, most: int, ends: tuple[Array, Array] | None = None) -> Array:
    """The mean map with at most so many signals, or between two vectors. Shape ``(d_L, d_0)`` or ``(1, 1)``."""
    forms, trained = step.one_sample(most), step.point.network.trained
    if forms is None and step.point.data.size is None and most > UNASKED_TRACE:
        single = step.batch_size == 1
        raise ArgumentError(
            f"the mean over fresh data is taken of at most {MAX_FORMS if single else UNASKED_TRACE} signals of a batch "
            f"of {step.batch_size}, got {most}, one for each of {len(trained)} trained layers or as order says. Freeze "
            f"layers{'' if single else ', take batch_size=1'}, or lower order in mean_map_after_step."
        )
    total: Any = 0.0
    for chosen in _subsets(trained, most):
        if forms is None:
            total = total + step.mean(step.word(chosen, ends))
        else:
            mean = forms.mean(chosen)
            total = total + (mean if ends is None else np.atleast_2d(ends[0] @ mean @ ends[1]))
    return total


@takes(point=POINT, sampling=SAMPLING)
@OVERFLOW_IS_REFUSED
def map_covariance_after_step(
    point: LayeredPoint,
    one: tuple[Array, Array],
    two: tuple[Array, Array],
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    order: int | None = None,
) -> float:
    r"""The covariance of :math:`u^\top W'v` and :math:`\bar u^\top W'\bar v`, up to ``order`` signals.

    By default as in :func:`mode_step`.
    """
    step = _Step(point, learning_rate, batch_size, sampling)
    most = _most_signals(step, order)
    (u, v), (u2, v2) = _directions(point, one, "one"), _directions(point, two, "two")
    if most is None:
        chances, maps = step.listed_maps()
        ends = [np.einsum("i,nij,j->n", left, maps, right) for left, right in ((u, v), (u2, v2))]
        total = float(chances @ ((ends[0] - chances @ ends[0]) * (ends[1] - chances @ ends[1])))
        return _finite(total, learning_rate, total)
    words = [chosen for chosen in _subsets(point.network.trained, most) if chosen]
    pairs = _pairs(words, most, alike=np.array_equal(u, u2) and np.array_equal(v, v2))
    total = 0.0
    if forms := step.one_sample(most):
        for first, second, times in pairs:
            total += times * forms.covariance(first, second, (u, v), (u2, v2))
        return _finite(total, learning_rate, total)
    means = [{chosen: step.mean(step.word(chosen, ends))[0, 0] for chosen in words} for ends in ((u, v), (u2, v2))]
    for first, second, times in pairs:
        left, right = step.word(first), step.word(second)
        left[-1] = left[-1] @ np.outer(v, u2) @ right[0]
        joint = step.mean_trace([np.outer(right[-1] @ v2, u @ left[0]), *left[1:], *right[1:-1]])
        total += times * (joint - float(means[0][first]) * float(means[1][second]))
    return _finite(total, learning_rate, total)


@takes(point=POINT, sampling=SAMPLING)
@OVERFLOW_IS_REFUSED
def mean_loss_after_step(
    point: LayeredPoint,
    *,
    learning_rate: float,
    batch_size: int = 1,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    order: int | None = None,
) -> float:
    r"""The mean loss :math:`E[L(\theta')]` after one step, without the term of weight decay.

    Terms with more than ``order`` signals are left out; exact where ``order`` is at least twice the number of trained
    layers. By default as in :func:`mode_step`.
    """
    step = _Step(point, learning_rate, batch_size, sampling)
    most = _most_signals(step, order)
    if most is None:
        chances, maps = step.listed_maps()
        loss = float(chances @ [point.data.loss(W) for W in maps])
        return _finite(loss, learning_rate, loss)
    moment, cross = point.data.input_moment(), point.data.signal(np.zeros_like(point.map)).mean
    subsets = list(_subsets(point.network.trained, most))
    forms = step.one_sample(most)
    change, square = _mean_map(step, min(most, len(point.network.trained))), 0.0
    for first, second, times in _pairs(subsets, most, alike=True):
        if forms is not None:
            square += times * forms.square(first, second, moment)
        else:
            left, right = step.word(first), [B.T for B in reversed(step.word(second))]
            word = [*left[:-1], left[-1] @ moment @ right[0], *right[1:]]
            links = [word[-1] @ word[0], *word[1:-1]] if len(word) > 1 else []
            trace = step.mean_trace(links, transposed=len(second)) if links else float(np.trace(word[0]))
            square += times * trace
    loss = point.data.loss(np.zeros_like(point.map)) + square / 2 - float(np.sum(change * cross))
    return _finite(loss, learning_rate, loss)


def _finite(result: Result, learning_rate: float, *numbers: Any) -> Result:
    """``result``, if its numbers are finite.

    Raises:
        DivergenceError: they are not: the step has left the range of float64.
    """
    if all(np.all(np.isfinite(each)) for each in numbers):
        return result
    raise DivergenceError(
        f"learning_rate must be so small that one step stays below {np.finfo(float).max:.2g}, the largest float64, "
        f"got {learning_rate:g}. Lower it."
    )


def _most_signals(step: _Step, order: int | None) -> int | None:
    """How many signals a product of two words may hold; None where all batches are listed instead.

    Raises:
        ArgumentError: no order is given where not all signals can be kept.
    """
    layers, fresh = len(step.point.network.trained), step.point.data.size is None
    longest = MAX_FORMS if step.one_sample(0) else MAX_TRACE if fresh else MAX_PLACES
    if order is not None:
        return whole_number(order, "order", at_least=0, below=longest + 1)
    if 2 * layers <= (UNASKED_TRACE if longest == MAX_TRACE else longest):
        return 2 * layers
    if step.batches <= MOST_LISTED:
        return None
    other = "" if step.batch_size == 1 else ", or take batch_size=1"
    raise ArgumentError(
        f"order must be given where {layers} layers are trained on batches of {step.batch_size}: products of "
        f"{2 * layers} signals are not averaged unasked. Give order=4 to leave out what is of order eta^5, where eta "
        f"is small, or up to order={longest}, which may take minutes{other}."
    )


def _directions(point: LayeredPoint, pair: Any, name: str) -> tuple[Array, Array]:
    """A pair of vectors that fit outputs and inputs."""
    d_L, d_0 = point.network.widths[-1], point.network.widths[0]
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ArgumentError(f"{name} must be a pair of vectors (u, v), got {type(pair).__name__}.")
    u, v = (real_array(vector, name) for vector in pair)
    if u.shape != (d_L,) or v.shape != (d_0,):
        raise ArgumentError(f"{name} must hold vectors of {d_L} and {d_0} entries, got shapes {u.shape} and {v.shape}.")
    return u, v


class _Step:
    """The words of one step: the subset of layers that take the signal, the others without it."""

    def __init__(self, point: LayeredPoint, learning_rate: float, batch_size: int, sampling: Sampling) -> None:
        self.point, self.eta = point, real_number(learning_rate, "learning_rate")
        if self.eta < 0:
            raise ArgumentError(f"learning_rate must not be negative, got {self.eta:g}.")
        batch_factor(point.data, batch_size=batch_size, sampling=sampling)
        self.batch_size, self.sampling = batch_size, sampling
        decays = zip(point.factors, point.weights, point.network.weight_decay, strict=True)
        trained = point.network.trained
        self.factors = [F - self.eta * float(d) * W * (l in trained) for l, (F, W, d) in enumerate(decays, 1)]

    def word(self, chosen: Sequence[int], ends: tuple[Array, Array] | None = None) -> list[Array]:
        r"""The matrices :math:`B_0, \dots, B_k` between the signals of the layers ``chosen``, in falling order.

        Between two vectors, where they are given.
        """
        pieces, product = [], np.eye(self.point.network.widths[-1])
        for l in range(self.point.network.depth, 0, -1):
            if l in chosen:
                pieces.append(self.eta * product @ self.point.above(l).T)
                product = self.point.below(l).T
            else:
                product = product @ self.factors[l - 1]
        found = [*pieces, product]
        if ends is not None:
            found[0] = ends[0][None, :] @ found[0]
            found[-1] = found[-1] @ ends[1][:, None]
        return found

    def one_sample(self, most: int) -> WordsOfOneSample | None:
        """The words of one Gaussian sample, if it is one, and no product of two words too long for its forms."""
        signal = self.point.signal
        if self.batch_size == 1 and isinstance(signal, GaussianSignal) and most <= MAX_FORMS:
            return WordsOfOneSample(signal, self.word)
        return None

    @property
    def batches(self) -> float:
        """The number of batches of a data set, in any order; infinite for fresh data."""
        N, b = self.point.data.size, self.batch_size
        if N is None:
            return math.inf
        return math.comb(N + b - 1, b) if self.sampling is Sampling.WITH_REPLACEMENT else math.comb(N, b)

    def listed_maps(self) -> tuple[Array, Array]:
        """The chance of each batch of a data set, and the map after a step with it."""
        signal, chances, signals = self.point.signal, [], []
        assert isinstance(signal, EmpiricalSignal)
        for chosen, chance in batches(len(signal.inputs), self.batch_size, self.sampling):
            chances.append(float(chance))
            signals.append(signal.residuals[list(chosen)].T @ signal.inputs[list(chosen)] / len(chosen))
        product, T = np.eye(self.point.network.widths[0]), np.array(signals)
        for l, F in enumerate(self.factors, 1):
            moved = self.eta * self.point.above(l).T @ T @ self.point.below(l).T
            product = (F + moved * (l in self.point.network.trained)) @ product
        return np.array(chances), product

    def mean(self, word: Sequence[Array], *, transposed: int = 0) -> Array:
        """The mean of a word, whose last ``transposed`` signals stand transposed."""
        places = len(word) - 1
        if places > MAX_PLACES and isinstance(self.point.signal, GaussianSignal):
            columns, rows = word[-1].T, word[0]
            traces = [
                [self.mean_trace([np.outer(c, r), *word[1:-1]], transposed=transposed) for c in columns] for r in rows
            ]
            return np.array(traces)
        flips = [False] * (places - transposed) + [True] * transposed
        return mean_of_batch_word(
            self.point.signal, word, batch_size=self.batch_size, sampling=self.sampling, transposed=flips
        )

    def mean_trace(self, links: Sequence[Array], *, transposed: int = 0) -> float:
        """The mean of the trace of links and signals in turn, the last ``transposed`` of which stand transposed."""
        if isinstance(self.point.signal, EmpiricalSignal):
            word = [links[0], *links[1:], np.eye(links[0].shape[0])]
            return float(np.trace(self.mean(word, transposed=transposed)))
        flips = [False] * (len(links) - transposed) + [True] * transposed
        return mean_of_batch_trace(self.point.signal, links, batch_size=self.batch_size, transposed=flips)


def _pairs(
    words: Sequence[tuple[int, ...]], most: int, *, alike: bool
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], int]]:
    """Pairs of words with at most so many signals, each once where both sides are ``alike``; how often they count."""
    for i, first in enumerate(words):
        for j, second in enumerate(words):
            if len(first) + len(second) <= most and (j >= i or not alike):
                yield first, second, 2 if alike and j > i else 1


def _subsets(layers: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    for size in range(min(most, len(layers)) + 1):
        yield from itertools.combinations(layers, size)
