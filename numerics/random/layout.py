r"""Which words of the generator belong to which step: the addresses of the noise.

The noise of step ``s`` of trajectory ``i`` is made from the blocks ``philox4x32(counter, key)`` with

======= =====================================================================
key     ``seed`` (64 bits): low word, high word
counter ``i mod 2**32``, block number, stream, ``i // 2**32``
======= =====================================================================

A block of four 32-bit words makes four numbers of 32 bits or two of 64. A step with one normal takes a quarter (a half)
of a block, with two a half (a whole), with more a whole number of blocks. Uniforms have blocks of their own, which
follow those of the normals; where there are both, as many steps share blocks as either kind allows. Running out of
the :math:`2^{32}` blocks of a trajectory is an error; another stream has new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from numerics.random.philox import encrypted
from theory.argument_kinds import ArgumentKind
from theory.values import shown

Width = Literal[32, 64]
"""Bits per number of noise."""

WORDS = ArgumentKind(
    "an array of words, uint32 or uint64",
    lambda value: isinstance(value, np.ndarray) and value.dtype in (np.uint32, np.uint64),
)

BLOCKS = 2**32
"""Blocks of one trajectory in one stream."""


@dataclass(frozen=True)
class NoiseLayout:
    """How the noise of a step lies in the blocks of a trajectory.

    Attributes:
        n_normals: Normals per step, m.
        width: Bits per number.
        n_uniforms: Uniforms per step, l.

    Example:
        >>> (
        ...     NoiseLayout(1, 32).steps_per_group,
        ...     NoiseLayout(3, 32).blocks_per_group,
        ...     NoiseLayout(3, 64).blocks_per_group,
        ...     NoiseLayout(3, 32, n_uniforms=5).blocks_per_group,
        ... )
        (4, 1, 2, 3)
    """

    n_normals: int
    width: Width
    n_uniforms: int = 0

    def __post_init__(self) -> None:
        for name in ("n_normals", "n_uniforms"):
            whole_number(getattr(self, name), name, at_least=0, below=2**31)
        if not isinstance(self.width, int | np.integer) or self.width not in (32, 64):
            raise ArgumentError(f"width must be 32 or 64, got {shown(self.width)}.")

    @property
    def numbers_per_block(self) -> int:
        """4 or 2: each number costs ``width`` bits of the 128."""
        return 128 // self.width

    @property
    def steps_per_group(self) -> int:
        """Steps that share a block, 1 unless several fit. A group of steps starts at a multiple of this number."""
        counts = [n for n in (self.n_normals, self.n_uniforms) if n]
        return min((self.numbers_per_block // n if n <= 2 else 1 for n in counts), default=1)

    @property
    def normal_blocks(self) -> int:
        """Blocks of normals in a group of steps; the last may be used in part."""
        return self._blocks(self.n_normals)

    @property
    def uniform_blocks(self) -> int:
        """Blocks of uniforms in a group of steps, after those of the normals; the last may be used in part."""
        return self._blocks(self.n_uniforms)

    def _blocks(self, per_step: int) -> int:
        return -(-per_step * self.steps_per_group // self.numbers_per_block)

    @property
    def blocks_per_group(self) -> int:
        """Blocks a group of steps needs."""
        return self.normal_blocks + self.uniform_blocks

    @property
    def step_limit(self) -> int:
        """Steps of one trajectory in one stream before the block number would wrap."""
        if self.blocks_per_group == 0:
            return 2**63
        return BLOCKS // self.blocks_per_group * self.steps_per_group

    def groups(self, first_step: int, n_steps: int) -> range:
        """The groups that hold these steps."""
        per_group = self.steps_per_group
        return range(first_step // per_group, -(-(first_step + n_steps) // per_group))

    def block_numbers(self, groups: range, first: int, count: int) -> NDArray[np.uint64]:
        """Numbers of ``count`` blocks of each group, from its block ``first`` on. Shape ``(groups * count,)``."""
        starts = np.arange(groups.start, groups.stop, dtype=np.uint64) * np.uint64(self.blocks_per_group)
        return (starts[:, None] + np.arange(first, first + count, dtype=np.uint64)).ravel()


TOGETHER = 4096
"""Blocks of trajectories at a time: their words stay in the cache, which halves the time."""


def blocks_at_once(n_blocks: int, n_trajectories: int) -> Iterator[tuple[slice, slice]]:
    """Blocks and trajectories to work on at once, :data:`TOGETHER` of them, trajectories first."""
    for start in range(0, n_trajectories, TOGETHER):
        here = slice(start, min(start + TOGETHER, n_trajectories))
        at_once = TOGETHER // (here.stop - here.start)
        for first in range(0, n_blocks, at_once):
            yield slice(first, min(first + at_once, n_blocks)), here


def block_words(
    seed: int, trajectories: NDArray[np.uint64], blocks: NDArray[np.uint64], stream: int, width: Width
) -> NDArray[np.unsignedinteger]:
    """The words of blocks of trajectories: four of 32 bits, or two of 64. Shape ``(128 / width, blocks, n)``."""
    shape = len(blocks), len(trajectories)
    low = np.broadcast_to(trajectories & np.uint64(0xFFFFFFFF), shape)
    high = trajectories >> np.uint64(32)
    at = np.broadcast_to(blocks[:, None], shape) if len(blocks) > 1 else blocks[0]  # a number costs two rounds less
    key = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    c0, c1, c2, c3 = encrypted((low, at, np.uint64(stream), high), key)
    if width == 64:
        return np.stack([c0 | c1 << np.uint64(32), c2 | c3 << np.uint64(32)])
    return np.stack([c0, c1, c2, c3]).astype(np.uint32)


def trajectory_numbers(trajectories: ArrayLike) -> NDArray[np.uint64]:
    """The numbers of trajectories as an array. Shape ``(n,)``.

    Raises:
        ArgumentError: they are no vector of whole numbers from 0 to 2**64 - 1.
    """
    try:
        array = np.asarray(trajectories)
    except Exception:  # whatever a stranger's __array__ raises
        array = np.array(None)
    if array.ndim != 1 or array.size and (array.dtype.kind not in "iu" or array.min() < 0):
        raise ArgumentError(
            f"trajectories must be a vector of whole numbers from 0 upwards, got {shown(trajectories)}."
        )
    return array.astype(np.uint64)


def check_address(
    layout: NoiseLayout,
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
        ("first_step", first_step, 2**63),
        ("n_steps", n_steps, 2**63),
    ):
        whole_number(value, name, at_least=0, below=limit)
    if first_step + n_steps > layout.step_limit:
        raise ArgumentError(
            f"a stream holds {layout.step_limit} steps with {layout.n_normals} normals and "
            f"{layout.n_uniforms} uniforms each, got {first_step=}, {n_steps=}. "
            f"Go on with stream={stream + 1} and first_step=0."
        )
