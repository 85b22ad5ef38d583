r"""Batches of a finite data set: inclusion probabilities and the covariance of the batch gradient, exactly, three ways.

For gradients :math:`g_1, \dots, g_N` with mean :math:`g` and a batch of b samples without replacement

.. math::
    \Sigma_b = \frac1{b^2}\sum_{ij}g_ig_j^\top\,P(i, j \in B) - gg^\top
    = \frac{N-b}{b(N-1)}\Big[\frac1N\sum_ig_ig_i^\top - gg^\top\Big] ,

with :math:`P(i \in B) = \frac bN` and :math:`P(i, j \in B) = \frac{b(b-1)}{N(N-1)}` for :math:`i \ne j`. The middle
form and the list of all batches prove the closed one.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Appendix G, which prints the binomials upside
    down and an intermediate sum with other factors.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import sympy as sp

from theory.errors import DimensionError, ShapeError
from theory.gradient_noise.sampling import MAX_BATCHES, Sampling, finite_population_factor
from theory.values import count, expressions, instance, shown, single_expression

_HALF = sp.Rational(1, 2)


def inclusion_probability(population: Any, batch_size: Any, samples: int = 1) -> sp.Expr:
    r"""The chance :math:`\frac{b(b-1)\cdots(b-k+1)}{N(N-1)\cdots(N-k+1)}` that k given samples are all in the batch.

    Args:
        population: N, a number or a symbol.
        batch_size: b, drawn without replacement.
        samples: k, the number of distinct samples.

    Raises:
        DimensionError: numbers that allow no such batch.

    Example:
        >>> N, b = sp.symbols("N b", positive=True, integer=True)
        >>> inclusion_probability(N, b, 2)
        b*(b - 1)/(N*(N - 1))
    """
    N, b = (single_expression(value, name) for value, name in ((population, "population"), (batch_size, "batch_size")))
    k = count(samples, "samples", at_least=1, at_most=64)
    for value, name, most in ((N, "population", sp.oo), (b, "batch_size", N)):
        if value.is_number and not (value.is_Integer and value >= 1 and (value > most) is not sp.true):
            raise DimensionError(f"{name} must be a whole number from 1 to {most}, got {shown(value)}.")
    if N.is_number and k > N:
        raise DimensionError(f"samples must be at most the population {N}, got {k}.")
    return sp.Mul(*((b - i) for i in range(k))) / sp.Mul(*((N - i) for i in range(k)))


def batch_gradient_covariance(
    gradients: Any, batch_size: int, sampling: Sampling = Sampling.WITHOUT_REPLACEMENT
) -> sp.ImmutableMatrix:
    r"""The covariance of the mean gradient of a batch, in closed form.

    Args:
        gradients: :math:`g_1, \dots, g_N` as columns. Shape ``(d, N)``.
        batch_size: b.
        sampling: How the batch is drawn.

    Returns:
        Shape ``(d, d)``.

    Raises:
        DimensionError: the batch cannot be drawn.
        ShapeError: the gradients are no matrix of numbers or expressions.

    Example:
        >>> batch_gradient_covariance([[1, 2, 3]], 2), batch_gradient_covariance([[1, 2, 3]], 3)
        (Matrix([[1/6]]), Matrix([[0]]))
    """
    G, b = _checked(gradients, batch_size, sampling)
    N = G.cols
    mean = G * sp.ones(N, 1) / N
    covariance = G * G.T / N - mean * mean.T
    factor = finite_population_factor(sampling, N, sp.Integer(b)) / b
    return sp.ImmutableMatrix((factor * covariance).expand())


def double_sum_covariance(gradients: Any, batch_size: int) -> sp.ImmutableMatrix:
    r"""The same without replacement as the double sum over inclusion probabilities; arguments as the closed form's."""
    G, b = _checked(gradients, batch_size, Sampling.WITHOUT_REPLACEMENT)
    N = G.cols
    mean = G * sp.ones(N, 1) / N
    one = inclusion_probability(N, b)
    both = inclusion_probability(N, b, 2) if N > 1 else sp.S.Zero
    total = sp.zeros(G.rows)
    for i, j in itertools.product(range(N), repeat=2):
        total += (one if i == j else both) * G[:, i] * G[:, j].T / sp.Integer(b) ** 2
    return sp.ImmutableMatrix((total - mean * mean.T).expand())


def listed_batch_covariance(
    gradients: Any, batch_size: int, sampling: Sampling = Sampling.WITHOUT_REPLACEMENT
) -> sp.ImmutableMatrix:
    """The same from the list of all batches, each of equal chance; arguments as the closed form's.

    Raises:
        DimensionError: also where there are more batches than can be listed.
    """
    G, b = _checked(gradients, batch_size, sampling)
    N, without = G.cols, sampling is Sampling.WITHOUT_REPLACEMENT
    number = math.comb(N, b) if without else N**b
    if number > MAX_BATCHES:
        raise DimensionError(f"at most {MAX_BATCHES} batches are listed, got {number}. Use the closed form.")
    batches = itertools.combinations(range(N), b) if without else itertools.product(range(N), repeat=b)
    means: list[Any] = [sum((G[:, i] for i in batch), sp.zeros(G.rows, 1)) / b for batch in batches]
    mean = G * sp.ones(N, 1) / N
    second = sp.zeros(G.rows)
    for m in means:
        second += m * m.T / sp.Integer(number)
    return sp.ImmutableMatrix((second - mean * mean.T).expand())


def scaled_noise_covariance(
    covariance: Any, learning_rate: Any, time: Any, *, exponent: Any = _HALF
) -> sp.ImmutableMatrix:
    r"""The covariance :math:`\eta^{2p-1}\,t\,\Sigma` of :math:`M(t) = \eta^p\sum_{i<t/\eta}\xi_i`, uncorrelated noise.

    Only :math:`p = \tfrac12` has a limit as :math:`\eta \to 0` that is neither 0 nor infinite, :math:`t\Sigma`; the
    paper prints :math:`\sqrt\eta\,t\Sigma` for it.

    Args:
        covariance: :math:`\Sigma` of one :math:`\xi_i`.
        learning_rate: :math:`\eta > 0`.
        time: t, a multiple of :math:`\eta`.
        exponent: p.

    References:
        "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Appendix A.2.

    Example:
        >>> eta, t = sp.symbols("eta t", positive=True)
        >>> scaled_noise_covariance([[1]], eta, t), scaled_noise_covariance([[1]], eta, t, exponent=1)
        (Matrix([[t]]), Matrix([[eta*t]]))
    """
    Sigma = expressions(covariance, "covariance", real=True)
    if Sigma.rows != Sigma.cols:
        raise ShapeError(f"covariance must be square, got shape {Sigma.shape}.")
    eta, t = single_expression(learning_rate, "learning_rate", real=True), single_expression(time, "time", real=True)
    p = single_expression(exponent, "exponent", real=True)
    if eta.is_positive is False:
        raise DimensionError(f"learning_rate must be positive, got {shown(eta)}.")
    return sp.ImmutableMatrix(eta ** (2 * p - 1) * t * Sigma)


def _checked(gradients: Any, batch_size: Any, sampling: Any) -> tuple[sp.ImmutableMatrix, int]:
    G = expressions(gradients, "gradients", real=True)
    instance(sampling, Sampling, "sampling", "a member of Sampling")
    if not G.cols:
        raise ShapeError("gradients must hold a column for each of at least one sample, got none.")
    most = G.cols if sampling is Sampling.WITHOUT_REPLACEMENT else 10**6
    return G, count(batch_size, "batch_size", at_least=1, at_most=most)
