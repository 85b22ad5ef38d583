r"""Means of products in which the signal of one batch stands several times, exactly.

.. math::
    E[B_0\,\hat T_1B_1\,\hat T_2\cdots\hat T_kB_k], \qquad \hat T = \frac1b\sum_{s=1}^b r_sx_s^\top, \quad r = y - Wx,

each :math:`\hat T_i` being :math:`\hat T` or its transpose. For a noisy teacher (Gaussian x and label noise) Isserlis'
theorem gives a sum over pairings of the 2k vectors; a pairing that ties the k places into c parts is met by
:math:`b^c` of the :math:`b^k` choices of samples. For a data set the sum runs over the partitions of the places into
places of one sample.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from numerics.arguments import takes
from numerics.deep_linear.signal import EmpiricalSignal, GaussianSignal, Signal
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind
from theory.gradient_noise.sampling import Sampling
from theory.matrices.contractions import MAX_VECTORS, Link, Pairing, contractions, tied_groups

Array = np.ndarray
Partition = tuple[tuple[int, ...], ...]

MAX_PLACES = MAX_VECTORS // 2
"""More signals in one product are refused."""


def mean_of_batch_word(
    signal: Signal,
    matrices: Sequence[Array],
    *,
    batch_size: int,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    transposed: Sequence[bool] | None = None,
) -> Array:
    r"""The mean of :math:`B_0\hat T_1B_1\cdots\hat T_kB_k`.

    Args:
        signal: The law of one T.
        matrices: :math:`B_0, \dots, B_k`, whose shapes chain with those of the signals.
        batch_size: b, checked by :func:`numerics.deep_linear.noise.batch_factor`.
        sampling: How the batch is drawn.
        transposed: Which :math:`\hat T_i` stand transposed; none by default.

    Raises:
        ArgumentError: more than :data:`MAX_PLACES` signals.
    """
    places = len(matrices) - 1
    if places > MAX_PLACES:
        raise ArgumentError(f"a word must hold at most {MAX_PLACES} signals, got {places}. Lower order.")
    if places == 0:
        return matrices[0]
    flipped = tuple(transposed or (False,) * places)
    if isinstance(signal, GaussianSignal):
        return _gaussian_mean(signal, matrices, flipped, batch_size)
    return _empirical_mean(signal, matrices, flipped, batch_size, sampling)


def _gaussian_mean(signal: GaussianSignal, matrices: Sequence[Array], flipped: tuple[bool, ...], b: int) -> Array:
    places = len(flipped)
    left, right = ["left", *range(1, 2 * places, 2)], [*range(0, 2 * places, 2), "right"]
    links = [Link(B, i, j) for B, i, j in zip(matrices, left, right, strict=True)]
    C = signal.mean
    blocks = {
        (True, True): signal.residual_covariance,
        (True, False): C,
        (False, True): C.T,
        (False, False): signal.inputs,
    }

    def is_residual(vector: int) -> bool:
        return (vector % 2 == 0) is not flipped[vector // 2]

    def covariance(i: int, j: int) -> Array:
        return blocks[is_residual(i), is_residual(j)]

    total = np.zeros((len(matrices[0]), matrices[-1].shape[1]))
    for found in contractions(links, covariance):
        weight = float(b) ** (_parts(found.pairing, places) - places)
        for loop in found.loops:
            weight *= float(np.trace(loop))
        total += weight * found.chains["left", "right"]
    return total


def _parts(pairing: Pairing, places: int) -> int:
    return tied_groups(pairing, places, lambda vector: vector // 2)


def _empirical_mean(
    signal: EmpiricalSignal, matrices: Sequence[Array], flipped: tuple[bool, ...], b: int, sampling: Sampling
) -> Array:
    N, places = len(signal.inputs), len(flipped)
    pairs = [(signal.inputs, signal.residuals) if flip else (signal.residuals, signal.inputs) for flip in flipped]
    first, last = matrices[0] @ pairs[0][0].T, pairs[-1][1] @ matrices[-1]
    inner = [pairs[i][1] @ matrices[i + 1] @ pairs[i + 1][0].T for i in range(places - 1)]
    total = np.zeros((len(first), last.shape[1]))
    for partition, weight in _weights(places, N, b, sampling):
        letter = {place: "abcdef"[k] for k, block in enumerate(partition) for place in block}
        terms = [f"i{letter[0]}", *(letter[p] + letter[p + 1] for p in range(places - 1)), f"{letter[places - 1]}j"]
        total += weight * np.einsum(",".join(terms) + "->ij", first, *inner, last, optimize=True)
    return total


@cache
def _weights(places: int, N: int, b: int, sampling: Sampling) -> tuple[tuple[Partition, float], ...]:
    """The weight of the sum over all samples in which the places of one block have one sample, free otherwise."""
    weights: dict[Partition, float] = {}
    for positions in partitions(tuple(range(places))):
        m = len(positions)
        chance = math.perm(b, m) / b**places
        if sampling is Sampling.WITH_REPLACEMENT:
            weights[positions] = weights.get(positions, 0.0) + chance / N**m
        elif chance:
            # Distinct samples: Moebius inversion over the coarser partitions, which join whole blocks.
            for joined in partitions(tuple(range(m))):
                coarser = tuple(sorted(tuple(sorted(p for k in block for p in positions[k])) for block in joined))
                sign = math.prod((-1) ** (len(block) - 1) * math.factorial(len(block) - 1) for block in joined)
                weights[coarser] = weights.get(coarser, 0.0) + sign * chance / math.perm(N, m)
    return tuple(weights.items())


_PLACES = ArgumentKind(
    "a tuple of places, counted from 0",
    lambda value: isinstance(value, tuple) and all(isinstance(place, int) for place in value),
)


@takes(places=_PLACES)
def partitions(places: tuple[int, ...]) -> Iterator[Partition]:
    """The partitions of a set, blocks and places in rising order.

    Example:
        >>> len(list(partitions((0, 1, 2, 3))))
        15
    """
    if not places:
        yield ()
        return
    first, others = places[0], places[1:]
    for size in range(len(others) + 1):
        for block in itertools.combinations(others, size):
            rest = tuple(p for p in others if p not in block)
            yield from (((first, *block), *more) for more in partitions(rest))
