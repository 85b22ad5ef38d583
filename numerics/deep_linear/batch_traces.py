r"""Means of traces in which the signal of one Gaussian batch stands several times, without listing all pairings.

.. math::
    E\,\mathrm{tr}(B_1\hat T_1B_2\hat T_2\cdots B_k\hat T_k), \qquad \hat T = \frac1b\sum_{s=1}^b r_sx_s^\top,

each :math:`\hat T_i` being :math:`\hat T` or its transpose. By Isserlis' theorem this is a sum over the pairings of the
2k vectors. Pairs and the :math:`B_i` make loops, whose traces are factors; pairs and the places make cycles, each of
which is met by b samples. One pair is drawn after the other, along one loop after the other, and what is still to come
depends only on the two ends of the loop and on how the cycles hang together: products that agree in these are added up.
So 8 places take thousands of sums instead of the :math:`15!! = 2\,027\,025` pairings, 10 some hundred thousand instead
of :math:`19!! = 654\,729\,075`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from numerics.arguments import YES_OR_NO, require, whole_number
from numerics.deep_linear.signal import GaussianSignal, matrix
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind, one_of, or_none

Array = np.ndarray
Partners = tuple[int, ...]
"""For each vector the other end of its stretch of a cycle, itself not yet paired; -1 where it is paired."""

State = tuple[int, int, Partners]
"""The first and the last vector of an open loop, and the partners."""

MAX_TRACE = 10
"""More signals in one trace are refused: 12 have millions of sums."""


_SEQUENCE = one_of(list, tuple, needed="a list of matrices")
_FLAGS = ArgumentKind(
    "a list of True and False", lambda value: isinstance(value, list | tuple) and all(map(YES_OR_NO.holds, value))
)


def mean_of_batch_trace(
    signal: GaussianSignal, links: Sequence[Array], *, batch_size: int, transposed: Sequence[bool] | None = None
) -> float:
    r"""The mean of :math:`\mathrm{tr}(B_1\hat T_1B_2\cdots B_k\hat T_k)`.

    Args:
        signal: The law of one T.
        links: :math:`B_1, \dots, B_k`, whose shapes chain with those of the signals.
        batch_size: b.
        transposed: Which :math:`\hat T_i` stand transposed; none by default.

    Raises:
        ArgumentError: no signal, more than :data:`MAX_TRACE`, or shapes that do not chain.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> signal = NoisyTeacher([[1.0]]).signal(np.zeros((1, 1)))  # r = x
        >>> [round(mean_of_batch_trace(signal, [np.eye(1)] * 2, batch_size=b), 9) for b in (1, 2)]  # 1 + 2/b
        [3.0, 2.0]
    """
    require(one_of(GaussianSignal, needed="the signal of a batch of a noisy teacher"), signal, "signal")
    b = whole_number(batch_size, "batch_size", at_least=1, below=2**62)
    require(_SEQUENCE, links, "links")
    require(or_none(_FLAGS), transposed, "transposed")
    flips = (False,) * len(links) if transposed is None else tuple(transposed)
    if not 1 <= len(links) <= MAX_TRACE or len(flips) != len(links):
        raise ArgumentError(f"a trace must hold 1 to {MAX_TRACE} signals, got {len(links)}. Lower order.")
    return _Pairs(signal, [matrix(B, "links") for B in links], flips).mean(b)


class _Pairs:
    """The vectors of a trace: 2i and 2i + 1 are those of place i, and link i ends in 2i - 1 and 2i."""

    def __init__(self, signal: GaussianSignal, links: list[Array], flips: tuple[bool, ...]) -> None:
        self.links, self.count = links, 2 * len(links)
        is_residual = [(vector % 2 == 0) is not flips[vector // 2] for vector in range(self.count)]
        C = signal.mean
        blocks = {
            (True, True): signal.residual_covariance,
            (True, False): C,
            (False, True): C.T,
            (False, False): signal.inputs,
        }
        sizes = {True: C.shape[0], False: C.shape[1]}
        for i, B in enumerate(links):
            wanted = sizes[is_residual[2 * i - 1]], sizes[is_residual[2 * i]]
            if B.shape != wanted:
                raise ArgumentError(f"links[{i}] must have shape {wanted} to chain with its signals, got {B.shape}.")
        vectors = range(self.count)
        self.covariance = [[blocks[is_residual[i], is_residual[j]] for j in vectors] for i in vectors]
        # A walk that arrives at a vector goes on along its link, to the vector at the other end.
        self.beyond = [(v - 1 if v % 2 == 0 else v + 1) % self.count for v in vectors]
        along = [links[v // 2].T if v % 2 == 0 else links[(v + 1) % self.count // 2] for v in vectors]
        self.onward = [[covariance @ along[j] for j, covariance in enumerate(row)] for row in self.covariance]

    def mean(self, b: int) -> float:
        """The sum over the pairings, a pair a turn."""
        places, total = self.count // 2, 0.0
        partners = tuple(v + 1 if v % 2 == 0 else v - 1 for v in range(self.count))
        states = dict([self._begun(partners, 1.0)])
        for _ in range(places):
            following: dict[State, Array] = {}
            for (first, last, partners), product in states.items():
                for vector in range(self.count):
                    if vector == last or partners[vector] < 0:
                        continue
                    joined, closes = _joined(partners, last, vector)
                    weight = 1.0 if closes else 1.0 / b
                    if vector != first:
                        state, added = (first, self.beyond[vector], joined), product @ self.onward[last][vector]
                        added *= weight
                    else:
                        loop = weight * float(np.sum(product.T * self.covariance[last][first]))
                        if max(joined) < 0:
                            total += loop
                            continue
                        state, added = self._begun(joined, loop)
                    if state in following:
                        following[state] += added
                    else:
                        following[state] = added
            states = following
        return total

    def _begun(self, partners: Partners, factor: float) -> tuple[State, Array]:
        """A loop that begins with the first link of which no end is paired."""
        link = next(i for i in range(self.count // 2) if partners[2 * i] >= 0)
        return ((2 * link - 1) % self.count, 2 * link, partners), factor * self.links[link]


def _joined(partners: Partners, one: int, other: int) -> tuple[Partners, bool]:
    """The partners after a pair, and whether it closes a cycle."""
    found = list(partners)
    here, there = partners[one], partners[other]
    found[here], found[there] = there, here
    found[one] = found[other] = -1
    return tuple(found), here == other
