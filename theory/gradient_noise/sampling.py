r"""Mini-batches of a finite sum: the exact mean and covariance of one step of stochastic gradient descent.

.. math::
    \theta' = \theta - \frac\eta\beta\sum_{i\in\mathcal B}g_i(\theta), \qquad
    L = \frac1n\sum_il_i, \quad g_i = \nabla l_i, \quad
    \Sigma = \frac1n\sum_ig_ig_i^\top - gg^\top

With replacement :math:`\mathrm{Cov}\,\theta' = \frac{\eta^2}\beta\Sigma`; without, times
:math:`\frac{n-\beta}{n-1}`, which vanishes at full batch. :func:`enumerated_step` proves both, batch by batch.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sympy as sp

from theory.discrete.random_map import OneStepMoments
from theory.errors import DimensionError, ShapeError, SymbolError
from theory.gradient_noise.expectation import expanded_where_polynomial
from theory.notation import eta
from theory.typeset import Typeset
from theory.values import Expressions, distinct_symbols, instance, listed, shown, single_expression

MAX_BATCHES = 200_000
"""More batches than this are not enumerated."""


class Sampling(Enum):
    """How the samples of a mini-batch are drawn."""

    WITH_REPLACEMENT = "with replacement"
    WITHOUT_REPLACEMENT = "without replacement"


@dataclass(frozen=True)
class FiniteSum(Typeset):
    r"""The loss :math:`L = \frac1n\sum_il_i(\theta)` of ``n`` samples.

    Attributes:
        weights: The weights :math:`\theta`, symbols. Shape ``(d, 1)``.
        losses: The per-sample losses :math:`l_1, \dots, l_n`.

    Raises:
        ShapeError: no loss, or one that is no finite expression.
        SymbolError: the weights are no distinct symbols; none of them occurs in the losses, which hold other symbols;
            or a symbol in the losses has the name of a weight but other assumptions.

    Example:
        >>> theta = sp.Symbol("theta")
        >>> problem = FiniteSum([theta], (theta**2 / 2, (theta - 2) ** 2 / 2))
        >>> problem.gradient, problem.covariance
        (Matrix([[theta - 1]]), Matrix([[1]]))
    """

    weights: sp.ImmutableMatrix
    losses: tuple[sp.Expr, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", distinct_symbols(self.weights, "weights"))
        losses = tuple(single_expression(loss, "losses") for loss in listed(self.losses, "losses"))
        object.__setattr__(self, "losses", losses)
        if not self.losses:
            raise ShapeError("losses must hold at least one per-sample loss, got none.")
        self._check_that_the_losses_know_the_weights()

    def _check_that_the_losses_know_the_weights(self) -> None:
        """Another symbol of the same name, or another name, would be a constant: gradient 0 without a word."""
        held = {symbol for loss in self.losses for symbol in loss.free_symbols}
        weights = set(self.weights)
        names = {weight.name for weight in weights}
        namesakes = sorted(str(symbol) for symbol in held - weights if symbol.name in names)  # type: ignore[union-attr]
        if namesakes:
            raise SymbolError(
                f"losses hold {namesakes}, symbols with the name of a weight but other assumptions. "
                "Use one symbol throughout."
            )
        if held and not held & weights:
            raise SymbolError(
                f"losses must be functions of the weights {tuple(self.weights)}, but hold only "
                f"{tuple(sorted(map(str, held)))}. Name the weights as the losses do."
            )

    @property
    def sample_count(self) -> int:
        """Number of samples, n."""
        return len(self.losses)

    @property
    def loss(self) -> sp.Expr:
        r"""The mean loss :math:`L`."""
        return sp.Add(*self.losses) / self.sample_count

    @property
    def sample_gradients(self) -> sp.ImmutableMatrix:
        r"""The gradients :math:`g_1, \dots, g_n`, one per column. Shape ``(d, n)``."""
        return sp.ImmutableMatrix([[sp.diff(loss, weight) for loss in self.losses] for weight in self.weights])

    @property
    def gradient(self) -> sp.ImmutableMatrix:
        r"""The full gradient :math:`g`. Shape ``(d, 1)``."""
        mean = self.sample_gradients * sp.ones(self.sample_count, 1) / self.sample_count
        return expanded_where_polynomial(mean, self.weights)

    @property
    def noise_factor(self) -> sp.ImmutableMatrix:
        r"""A factor of the covariance: columns :math:`(g_i - g)/\sqrt n`. Shape ``(d, n)``."""
        n = self.sample_count
        centred = self.sample_gradients - self.gradient * sp.ones(1, n)
        return expanded_where_polynomial(centred / sp.sqrt(n), self.weights)

    @property
    def covariance(self) -> sp.ImmutableMatrix:
        r"""The per-sample gradient covariance :math:`\Sigma`. Shape ``(d, d)``."""
        factor = self.noise_factor
        return expanded_where_polynomial(factor * factor.T, self.weights)


def finite_population_factor(sampling: Sampling, sample_count: int, batch_size: sp.Expr) -> sp.Expr:
    r"""The factor on :math:`\Sigma/\beta`: 1 with replacement, :math:`(n-\beta)/(n-1)` without (0 if n = 1)."""
    batch_size = checked_batch_size(batch_size, sample_count, sampling)
    if sampling is Sampling.WITH_REPLACEMENT:
        return sp.S.One
    if sample_count == 1:
        return sp.S.Zero
    return (sample_count - batch_size) / (sample_count - 1)


def checked_batch_size(batch_size: object, sample_count: int | None, sampling: Sampling) -> sp.Expr:
    """``batch_size`` as a positive integer or a symbol for one, which fits ``sample_count`` samples if it must.

    Args:
        batch_size: What arrived.
        sample_count: n, None for an infinite population.
        sampling: Without replacement a batch holds at most n samples.

    Raises:
        DimensionError: it is no positive integer, or too large.
        ShapeError: ``sampling`` is no member of :class:`Sampling`.
    """
    checked_sampling(sampling)
    size: Any = sp.nan
    with contextlib.suppress(ShapeError):
        size = single_expression(batch_size, "batch_size")
    if size.is_integer is not True or size.is_positive is not True:
        raise DimensionError(
            f"batch_size must be a positive integer, got {shown(batch_size)}. "
            "Declare a symbol with positive=True, integer=True."
        )
    if sampling is Sampling.WITHOUT_REPLACEMENT and sample_count is not None and (size > sample_count) is sp.true:
        raise DimensionError(
            f"batch_size must lie in 1..{sample_count} without replacement, got {size}. "
            "Larger batches need replacement."
        )
    return size


def checked_sampling(sampling: object) -> Sampling:
    """``sampling`` if it is a member of :class:`Sampling`.

    Raises:
        ShapeError: it is not.
    """
    return instance(sampling, Sampling, "sampling", "Sampling.WITH_REPLACEMENT or Sampling.WITHOUT_REPLACEMENT")


def batches(sample_count: int, batch_size: int, sampling: Sampling) -> Iterator[tuple[tuple[int, ...], sp.Rational]]:
    r"""Every mini-batch, as sorted indices, with its probability.

    Raises:
        DimensionError: the batch size does not fit, or there are more than ``MAX_BATCHES`` batches.
    """
    size = checked_batch_size(batch_size, sample_count, sampling)
    if not size.is_Integer:
        raise DimensionError(f"batch_size must be a number to enumerate the batches, got {size}. Use step_moments.")
    if size > MAX_BATCHES:
        raise DimensionError(f"batch_size must be at most {MAX_BATCHES} to enumerate the batches, got {size}.")
    batch_size, with_replacement = int(size), sampling is Sampling.WITH_REPLACEMENT
    top = sample_count + batch_size - 1 if with_replacement else sample_count
    if math.comb(top, batch_size) > MAX_BATCHES:
        raise DimensionError(
            f"sample_count and batch_size give {math.comb(top, batch_size)} batches, "
            f"at most {MAX_BATCHES} are enumerated. Use step_moments, the closed form."
        )
    if not with_replacement:
        probability = sp.Rational(1, math.comb(sample_count, batch_size))
        for indices in itertools.combinations(range(sample_count), batch_size):
            yield indices, probability
        return
    for indices in itertools.combinations_with_replacement(range(sample_count), batch_size):
        orders = math.factorial(batch_size) // math.prod(math.factorial(count) for count in Counter(indices).values())
        yield indices, sp.Rational(orders, sample_count**batch_size)


def enumerated_step(
    problem: FiniteSum, batch_size: int, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> OneStepMoments:
    r"""Mean and covariance of :math:`-\frac\eta\beta\sum_{i\in\mathcal B}g_i`, summed over every batch."""
    problem = instance(problem, FiniteSum, "problem", "a FiniteSum")
    d, gradients = problem.weights.rows, problem.sample_gradients
    mean, second = sp.zeros(d, 1), sp.zeros(d, d)
    for indices, probability in batches(problem.sample_count, batch_size, sampling):
        increment = -eta * sum((gradients[:, i] for i in indices), sp.zeros(d, 1)) / batch_size
        mean += probability * increment
        second += probability * increment * increment.T
    covariance = second - mean * mean.T
    return OneStepMoments(*(expanded_where_polynomial(matrix, problem.weights) for matrix in (mean, covariance)))


def step_moments(
    problem: FiniteSum, batch_size: sp.Expr | int, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> OneStepMoments:
    r"""Mean :math:`-\eta g` and covariance :math:`\frac{\eta^2}\beta\Sigma` times :func:`finite_population_factor`.

    Closed form of :func:`enumerated_step`. Two different members of a batch drawn without replacement have the
    covariance :math:`-\Sigma/(n-1)`, whence :math:`\frac1{\beta^2}[\beta - \beta(\beta-1)/(n-1)]\Sigma`.
    """
    problem = instance(problem, FiniteSum, "problem", "a FiniteSum")
    factor = finite_population_factor(sampling, problem.sample_count, batch_size)
    covariance = eta**2 / single_expression(batch_size, "batch_size") * factor * problem.covariance
    return OneStepMoments(
        expanded_where_polynomial(-eta * problem.gradient, problem.weights),
        expanded_where_polynomial(covariance, problem.weights),
    )


def batch_multipliers(
    curvatures: Sequence[sp.Expr], batch_size: int, sampling: Sampling
) -> tuple[Expressions, Expressions]:
    r"""The values of :math:`1 - \frac\eta\beta\sum_{i\in\mathcal B}h_i` and their probabilities.

    For linearised gradient descent :math:`\theta' = \theta(1 - \eta h_{\mathcal B})`; feed them to
    :func:`theory.discrete.growth_rate.finite_growth_rate`.
    """
    curvatures = [single_expression(h, "curvatures") for h in listed(curvatures, "curvatures")]
    pairs = list(batches(len(curvatures), batch_size, sampling))
    values = tuple(1 - eta * sp.Add(*(curvatures[i] for i in indices)) / batch_size for indices, _ in pairs)
    return values, tuple(probability for _, probability in pairs)
