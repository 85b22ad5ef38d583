r"""Philox in PyTorch: the noise of any replica at any step, by its address, on any device.

======= ==============================================================================
key     ``seed`` (64 bits): low word, high word
counter ``replica mod 2**32``, block number, :math:`2^{31} + 2^{28}\,` purpose + stream, ``replica // 2**32``
======= ==============================================================================

The words are those of :func:`numerics.random.philox.philox4x32`, the normals those of :mod:`numerics.random.normal` up
to the last bits of the device's logarithm and cosine. The top bit of the third word keeps the noise of networks apart
from that of :func:`numerics.simulation.simulate.simulate` under the same seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import torch

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from numerics.random.layout import BLOCKS
from numerics.random.philox import MULTIPLIERS, ROUNDS, WEYL

WORD = 0xFFFFFFFF
STREAMS = 2**28
"""Streams a seed has; each has its own :data:`numerics.random.layout.BLOCKS` blocks per replica."""

LARGEST_RANGE = 2**30
"""Uniform whole numbers are drawn below at most this, so that products of words fit in 63 bits."""


class Purpose(IntEnum):
    """What noise is for; each purpose has words of its own."""

    BATCH = 0
    LABEL = 1
    CLASS = 2
    INITIAL = 3


def philox4x32(counter: list[torch.Tensor], key: tuple[int, int]) -> list[torch.Tensor]:
    """The four words of each counter, 32-bit numbers held in int64.

    Products of two words wrap around in int64; both halves are read off the wrapped bits.

    Args:
        counter: Four tensors of int64, broadcast against each other.
        key: Two words.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            ((second >> 32) & WORD) ^ c1 ^ k0,
            second & WORD,
            ((first >> 32) & WORD) ^ c3 ^ k1,
            first & WORD,
        )
        k0, k1 = (k0 + WEYL[0]) & WORD, (k1 + WEYL[1]) & WORD
    return [c0, c1, c2, c3]


@dataclass(frozen=True, eq=False)
class ReplicaNoise:
    """The noise of consecutive replicas.

    Attributes:
        seed: Names the noise, in ``[0, 2**64)``.
        n_replicas: R, replicas ``first_replica`` to ``first_replica + R - 1``.
        first_replica: Number of the first.
        stream: In ``[0, 2**28)``.
        device: Where the noise is made.
    """

    seed: int
    n_replicas: int
    first_replica: int = 0
    stream: int = 0
    device: torch.device | str = "cpu"

    def __post_init__(self) -> None:
        for name, low, limit in (
            ("seed", 0, 2**64),
            ("stream", 0, STREAMS),
            ("n_replicas", 1, 2**31),
            ("first_replica", 0, 2**63 - 2**31),
        ):
            object.__setattr__(self, name, whole_number(getattr(self, name), name, at_least=low, below=limit))

    def words(self, purpose: Purpose, first_block: int, n_blocks: int) -> torch.Tensor:
        """Words of consecutive blocks. Shape ``(4, n_blocks, R)``, int64."""
        if first_block + n_blocks > BLOCKS:
            raise ArgumentError(
                f"a stream holds {BLOCKS} blocks of noise per replica, and more are needed at this step. "
                f"Go on with stream={self.stream + 1}."
            )
        replicas = torch.arange(self.n_replicas, dtype=torch.int64, device=self.device) + self.first_replica
        blocks = torch.arange(n_blocks, dtype=torch.int64, device=self.device)[:, None] + first_block
        third = torch.full_like(blocks, 2**31 + 2**28 * purpose + self.stream)
        counter = [replicas & WORD, blocks, third, replicas >> 32]
        return torch.stack(torch.broadcast_tensors(*philox4x32(counter, (self.seed & WORD, self.seed >> 32))))

    def pairs(self, purpose: Purpose, first_step: int, n_steps: int, count: int) -> torch.Tensor:
        """Pairs of words, ``count`` at each step; every step begins a new block.

        Returns:
            Shape ``(2, n_steps, R, count)``, int64.
        """
        per_step = -(-count // 2)
        words = self.words(purpose, first_step * per_step, n_steps * per_step)
        words = words.view(2, 2, n_steps, per_step, self.n_replicas)
        return words.permute(1, 2, 4, 3, 0).reshape(2, n_steps, self.n_replicas, 2 * per_step)[..., :count]

    def uniform_integers(
        self, purpose: Purpose, first_step: int, n_steps: int, below: torch.Tensor | list[int]
    ) -> torch.Tensor:
        r"""Whole numbers :math:`\lfloor a n / 2^{64}\rfloor` of 64-bit words :math:`a`.

        Their probabilities are :math:`1/n` up to :math:`2^{-64}`.

        Args:
            purpose: What they are for.
            first_step: Number of the first step.
            n_steps: Steps.
            below: For each number of a step its exclusive bound :math:`n`. Shape ``(count,)``.

        Returns:
            Shape ``(n_steps, R, count)``, int64.
        """
        bound = torch.as_tensor(below, dtype=torch.int64, device=self.device)
        if bound.numel() and not 1 <= int(bound.min()) <= int(bound.max()) <= LARGEST_RANGE:
            raise ArgumentError(f"below must lie in [1, {LARGEST_RANGE}], got {int(bound.min())}..{int(bound.max())}.")
        high, low = self.pairs(purpose, first_step, n_steps, len(bound))
        return (high * bound + ((low * bound) >> 32)) >> 32

    def uniforms(self, purpose: Purpose, first_step: int, n_steps: int, count: int) -> torch.Tensor:
        """Multiples of ``2**-53`` in ``[0, 1)``. Shape ``(n_steps, R, count)``, float64."""
        high, low = self.pairs(purpose, first_step, n_steps, count)
        return ((high << 21) | (low >> 11)).to(torch.float64) * 2.0**-53

    def sort_keys(self, purpose: Purpose, first_step: int, n_steps: int, count: int) -> torch.Tensor:
        """Uniform 64-bit numbers; the order of ``count`` of them is a random order. Shape ``(n_steps, R, count)``."""
        high, low = self.pairs(purpose, first_step, n_steps, count)
        return (high << 32) | low

    def normals(
        self, purpose: Purpose, first_step: int, n_steps: int, count: int, dtype: torch.dtype = torch.float64
    ) -> torch.Tensor:
        """Standard normals, of 32-bit uniforms for float32 (or less) and of 64-bit ones for float64.

        Returns:
            Shape ``(n_steps, R, count)``.
        """
        wide = dtype == torch.float64
        per_step = -(-count // (2 if wide else 4))
        words = self.words(purpose, first_step * per_step, n_steps * per_step)
        z = torch.stack(_box_muller_64(words) if wide else _box_muller_32(words))
        z = z.view(-1, n_steps, per_step, self.n_replicas).permute(1, 3, 2, 0)
        return z.reshape(n_steps, self.n_replicas, -1)[..., :count].to(dtype)


def _box_muller_32(words: torch.Tensor) -> list[torch.Tensor]:
    """Four normals of each block, with the roundings of :func:`numerics.random.normals.box_muller`."""
    normals = []
    for a, b in ((words[0], words[1]), (words[2], words[3])):
        u = a.to(torch.float32) * 2.0**-32 + 2.0**-33
        signed = torch.where(b >= 2**31, b - 2**32, b).to(torch.float32)
        normals += [z.to(torch.float32) for z in _polar(u.double(), signed.double() * 2.0**-32, b)]
    return normals


def _box_muller_64(words: torch.Tensor) -> list[torch.Tensor]:
    """Two normals of each block. A sum of two exact float64 rounds as one 64-bit number does."""
    unsigned = words[1].double() * 2.0**32 + words[0].double()
    signed = (words[3] << 32) | words[2]
    return _polar(unsigned * 2.0**-64 + 2.0**-65, signed.double() * 2.0**-64, words[2])


def _polar(u: torch.Tensor, turn: torch.Tensor, parity: torch.Tensor) -> list[torch.Tensor]:
    radius = torch.sqrt(2 * torch.abs(torch.log(u)))
    sign = 1.0 - 2.0 * (parity & 1).double()
    return [sign * radius * torch.cos(math.pi * turn), radius * torch.sin(math.pi * turn)]
