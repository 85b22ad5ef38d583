r"""From Philox words to uniforms on (0, 1), exactly: no rounding, and never 0 or 1.

.. math::
    U = (\lfloor a\,2^{p-w}\rfloor + \tfrac12)\,2^{-p}

for a word ``a`` of ``w`` bits, with p = 23 in float32 (w = 32), p = 32 in the mixed precision (w = 32, a double), and
p = 52 in float64 (w = 64): as many bits as the number type holds beside the half. The mean is 1/2 exactly, 1 - U has
the law of U, and :math:`\lfloor nU\rfloor < n` also after rounding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics.arguments import takes
from numerics.random.layout import (
    WORDS,
    NoiseLayout,
    Width,
    block_words,
    blocks_at_once,
    check_address,
    trajectory_numbers,
)
from theory.argument_kinds import ArgumentKind

FLOATS = ArgumentKind(
    "np.float32 or np.float64", lambda value: isinstance(value, type) and value in (np.float32, np.float64)
)

BITS = {(32, 32): 23, (32, 64): 32, (64, 64): 52}
"""Bits p of a uniform, by the width of the words and the bits of the number type."""


@takes(dtype=FLOATS)
def standard_uniforms(
    seed: int,
    trajectories: ArrayLike,
    *,
    first_step: int,
    n_steps: int,
    n_uniforms: int = 1,
    width: Width = 32,
    stream: int = 0,
    n_normals: int = 0,
    dtype: type[np.floating] = np.float64,
) -> NDArray[np.floating]:
    """The uniforms of given trajectories and steps, by their addresses: those of the compiled kernels to the bit.

    Args:
        seed: In ``[0, 2**64)``.
        trajectories: Numbers of trajectories, whole, in ``[0, 2**64)``. Shape ``(n,)``.
        first_step: Number of the first step.
        n_steps: Steps.
        n_uniforms: Uniforms per step.
        width: Bits per word, 32 or 64.
        stream: In ``[0, 2**32)``.
        n_normals: Normals per step, whose blocks come first.
        dtype: ``np.float64``, or ``np.float32`` for words of 32 bits.

    Returns:
        Shape ``(n_steps, n_uniforms, n)``.

    Raises:
        ArgumentError: an address lies outside its range.

    Example:
        >>> u = standard_uniforms(7, [0, 1], first_step=0, n_steps=5)
        >>> bool((u[4:] == standard_uniforms(7, [0, 1], first_step=4, n_steps=1)).all()), u.shape
        (True, (5, 1, 2))
    """
    layout = NoiseLayout(n_normals, width, n_uniforms)
    check_address(layout, seed=seed, stream=stream, first_step=first_step, n_steps=n_steps)
    trajectories = trajectory_numbers(trajectories)
    per_group, groups = layout.steps_per_group, layout.groups(first_step, n_steps)
    blocks = layout.block_numbers(groups, layout.normal_blocks, layout.uniform_blocks)
    made = np.empty((len(blocks), layout.numbers_per_block, len(trajectories)), dtype)
    for some, here in blocks_at_once(len(blocks), len(trajectories)):
        words = block_words(seed, trajectories[here], blocks[some], stream, width)
        made[some, :, here] = uniforms(words, dtype).swapaxes(0, 1)
    # The last block of a group may be used in part.
    numbers = layout.uniform_blocks * layout.numbers_per_block
    rows = made.reshape(len(groups), numbers, len(trajectories))[:, : per_group * n_uniforms]
    skipped = first_step % per_group
    return rows.reshape(len(groups) * per_group, n_uniforms, len(trajectories))[skipped : skipped + n_steps]


@takes(words=WORDS, dtype=FLOATS)
def uniforms(words: NDArray[np.unsignedinteger], dtype: type[np.floating] = np.float64) -> NDArray[np.floating]:
    """The uniforms of words, uint32 or uint64, by the formula at the top of this module.

    Example:
        >>> uniforms(np.array([0, 2**31, 2**32 - 1], np.uint32)).tolist()
        [1.1641532182693481e-10, 0.5000000001164153, 0.9999999998835847]
    """
    width, number = words.dtype.itemsize * 8, np.dtype(dtype)
    bits = BITS[width, number.itemsize * 8]
    whole = (words >> words.dtype.type(width - bits)).astype(number)
    # The whole number has one bit less than the type, or many less, so neither step rounds.
    return (whole + number.type(0.5)) * number.type(2.0**-bits)
