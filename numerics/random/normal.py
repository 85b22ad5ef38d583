r"""From Philox words to standard normals: which words belong to which step, and the law of what they become.

**Addresses.** The noise of step ``s`` of trajectory ``i`` is made from the blocks ``philox4x32(counter, key)`` with

======= =====================================================================
key     ``seed`` (64 bits): low word, high word
counter ``i mod 2**32``, block number, stream, ``i // 2**32``
======= =====================================================================

A block of four words makes four normals of float32 or two of float64. A step with one normal takes a quarter (a half)
of a block, with two a half (a whole), with more a whole number of blocks; :class:`NormalLayout` does the arithmetic.
Running out of the :math:`2^{32}` blocks of a trajectory is an error; another stream has new ones.

**Law.** Box-Muller, from words ``a`` and ``b`` of ``w`` bits (w = 32 for float32, 64 for float64):

.. math::
    u = \mathrm{fl}(\mathrm{fl}(a)\,2^{-w} + 2^{-w-1}), \quad R = \sqrt{-2\log u}, \quad
    \varphi = \tfrac{\pi}{2}\,\mathrm{fl}(b_\pm)\,2^{1-w}, \quad
    (Z_0, Z_1) = R\,((-1)^{b \bmod 2}\cos\varphi,\; \sin\varphi),

where :math:`b_\pm \in [-2^{w-1}, 2^{w-1})` is ``b`` read as a signed number and fl rounds to the precision at hand.
All bits count: the smallest u is :math:`2^{-w-1}`, so the tail ends at 6.76 (float32) or 9.49 (float64) standard
deviations. Where u rounds to 1 the radius is exactly 0; nothing is NaN.

References:
    Box, Muller, *A note on the generation of random normal deviates*, Ann. Math. Stat. 29 (1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics.errors import ArgumentError
from numerics.random.philox import philox4x32

Width = Literal[32, 64]
"""Bits per uniform: 32 makes float32 normals, 64 makes float64 normals."""

BLOCKS = 2**32
"""Blocks of one trajectory in one stream."""


@dataclass(frozen=True)
class NormalLayout:
    """How the normals of a step lie in the blocks of a trajectory.

    Attributes:
        n_normals: Normals per step, m.
        width: Bits per uniform.

    Example:
        >>> (
        ...     NormalLayout(1, 32).steps_per_group,
        ...     NormalLayout(3, 32).blocks_per_group,
        ...     NormalLayout(3, 64).blocks_per_group,
        ... )
        (4, 1, 2)
    """

    n_normals: int
    width: Width

    @property
    def normals_per_block(self) -> int:
        """4 or 2: each normal costs ``width`` bits of the 128."""
        return 128 // self.width

    @property
    def steps_per_group(self) -> int:
        """Steps that share a block, 1 unless several fit. A group of steps starts at a multiple of this number."""
        if self.n_normals in (1, 2):
            return self.normals_per_block // self.n_normals
        return 1

    @property
    def blocks_per_group(self) -> int:
        """Blocks a group of steps needs; the last may be used in part."""
        return -(-self.n_normals * self.steps_per_group // self.normals_per_block)

    @property
    def step_limit(self) -> int:
        """Steps of one trajectory in one stream before the block number would wrap."""
        if self.n_normals == 0:
            return 2**63
        return BLOCKS // self.blocks_per_group * self.steps_per_group


def standard_normals(
    seed: int,
    trajectories: ArrayLike,
    *,
    first_step: int,
    n_steps: int,
    n_normals: int = 1,
    width: Width = 32,
    stream: int = 0,
) -> NDArray[np.floating]:
    """The normals of given trajectories and steps, by their addresses.

    The uniforms equal those of the compiled kernels to the bit; the normals agree with theirs to a few units in the
    last place of float32 (float64), since the logarithm, sine and cosine are NumPy's.

    Args:
        seed: In ``[0, 2**64)``.
        trajectories: Numbers of trajectories, whole, in ``[0, 2**64)``. Shape ``(n,)``.
        first_step: Number of the first step.
        n_steps: Steps.
        n_normals: Normals per step.
        width: Bits per uniform, 32 for float32 or 64 for float64.
        stream: In ``[0, 2**32)``.

    Returns:
        Shape ``(n_steps, n_normals, n)``, of type float32 or float64.

    Raises:
        ArgumentError: an address lies outside its range.

    Example:
        >>> z = standard_normals(7, [0, 1], first_step=0, n_steps=5)
        >>> bool((z[4:] == standard_normals(7, [0, 1], first_step=4, n_steps=1)).all())
        True
    """
    layout = NormalLayout(n_normals, width)
    check_address(layout, seed=seed, stream=stream, first_step=first_step, n_steps=n_steps)
    trajectories = np.asarray(trajectories, dtype=np.uint64)
    per_group = layout.steps_per_group
    dtype = np.float32 if width == 32 else np.float64
    groups = range(first_step // per_group, -(-(first_step + n_steps) // per_group))
    rows = np.empty((len(groups), per_group, n_normals, len(trajectories)), dtype)
    for row, group in zip(rows, groups, strict=True):
        first_block = group * layout.blocks_per_group
        blocks = [_block(seed, trajectories, first_block + k, stream, width) for k in range(layout.blocks_per_group)]
        if blocks:
            row[...] = np.concatenate(blocks)[: per_group * n_normals].reshape(row.shape)
    rows = rows.reshape(len(groups) * per_group, n_normals, len(trajectories))
    skipped = first_step % per_group
    return rows[skipped : skipped + n_steps]


def _block(seed: int, trajectories: NDArray[np.uint64], block: int, stream: int, width: Width) -> NDArray[np.floating]:
    low, high = trajectories & np.uint64(0xFFFFFFFF), trajectories >> np.uint64(32)
    counter = np.stack([low, np.full_like(low, block), np.full_like(low, stream), high])
    words = philox4x32(counter, [seed & 0xFFFFFFFF, seed >> 32])
    if width == 64:
        wide = words.astype(np.uint64)
        words = wide[0::2] | wide[1::2] << np.uint64(32)
    return np.concatenate([np.stack(box_muller(a, b)) for a, b in zip(words[0::2], words[1::2], strict=True)])


def box_muller(a: NDArray[np.unsignedinteger], b: NDArray[np.unsignedinteger]) -> tuple[NDArray, NDArray]:
    """The pair of normals of two words, uint32 or uint64, by the formula at the top of this module.

    Example:
        >>> a, b = np.array([0xFFFFFFFF, 0], np.uint32), np.array([0, 0], np.uint32)
        >>> [round(float(z), 4) for z in box_muller(a, b)[0]]
        [0.0, 6.7637]
    """
    width, real, signed = (32, np.float32, np.int32) if a.dtype == np.uint32 else (64, np.float64, np.int64)
    u = a.astype(real) * real(2.0**-width) + real(2.0 ** (-width - 1))
    angle = b.view(signed).astype(real).astype(np.float64) * (np.pi * 2.0**-width)
    radius = np.sqrt(2 * np.abs(np.log(u.astype(np.float64))))
    sign = np.where(b & b.dtype.type(1), -1.0, 1.0)
    return (sign * radius * np.cos(angle)).astype(real), (radius * np.sin(angle)).astype(real)


def check_address(
    layout: NormalLayout,
    *,
    seed: int,
    stream: int,
    first_step: int,
    n_steps: int,
    first_trajectory: int = 0,
    n: int = 0,
) -> None:
    """Refuse an address that would wrap around and repeat other noise.

    Raises:
        ArgumentError: names the argument and its range.
    """
    for name, value, limit in (
        ("seed", seed, 2**64),
        ("stream", stream, 2**32),
        ("first_trajectory", first_trajectory, 2**64 - n + 1),
    ):
        if not 0 <= value < limit:
            raise ArgumentError(f"{name} must lie in [0, {limit}), got {name}={value}.")
    if first_step < 0 or n_steps < 0:
        raise ArgumentError(f"steps are counted from 0 upwards, got {first_step=}, {n_steps=}.")
    if first_step + n_steps > layout.step_limit:
        raise ArgumentError(
            f"a stream holds {layout.step_limit} steps with {layout.n_normals} normals each, "
            f"got {first_step=}, {n_steps=}. Go on with stream={stream + 1} and first_step=0."
        )
