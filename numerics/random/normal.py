r"""From Philox words to standard normals. Which words belong to which step is said in :mod:`numerics.random.layout`.

From words ``a`` and ``b`` of ``w`` bits (w = 32 for float32, 64 for float64), by Box-Muller:

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


def standard_normals(
    seed: int,
    trajectories: ArrayLike,
    *,
    first_step: int,
    n_steps: int,
    n_normals: int = 1,
    width: Width = 32,
    stream: int = 0,
    n_uniforms: int = 0,
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
        n_uniforms: Uniforms per step, which have a say in where the normals lie.

    Returns:
        Shape ``(n_steps, n_normals, n)``, of type float32 or float64.

    Raises:
        ArgumentError: an address lies outside its range.

    Example:
        >>> z = standard_normals(7, [0, 1], first_step=0, n_steps=5)
        >>> bool((z[4:] == standard_normals(7, [0, 1], first_step=4, n_steps=1)).all())
        True
    """
    layout = NoiseLayout(n_normals, width, n_uniforms)
    check_address(layout, seed=seed, stream=stream, first_step=first_step, n_steps=n_steps)
    trajectories = trajectory_numbers(trajectories)
    per_group = layout.steps_per_group
    dtype = np.float32 if width == 32 else np.float64
    groups = layout.groups(first_step, n_steps)
    blocks = layout.block_numbers(groups, 0, layout.normal_blocks)
    made = np.empty((len(blocks), layout.numbers_per_block, len(trajectories)), dtype)
    for some, here in blocks_at_once(len(blocks), len(trajectories)):
        words = block_words(seed, trajectories[here], blocks[some], stream, width)
        normals = [z for a, b in zip(words[0::2], words[1::2], strict=True) for z in _box_muller(a, b)]
        for place, z in enumerate(normals):
            made[some, place, here] = z
    # The last block of a group may be used in part.
    numbers = layout.normal_blocks * layout.numbers_per_block
    rows = made.reshape(len(groups), numbers, len(trajectories))[:, : per_group * n_normals]
    skipped = first_step % per_group
    return rows.reshape(len(groups) * per_group, n_normals, len(trajectories))[skipped : skipped + n_steps]


@takes(a=WORDS, b=WORDS)
def box_muller(a: NDArray[np.unsignedinteger], b: NDArray[np.unsignedinteger]) -> tuple[NDArray, NDArray]:
    """The pair of normals of two words, uint32 or uint64, by the formula at the top of this module.

    Example:
        >>> a, b = np.array([0xFFFFFFFF, 0], np.uint32), np.array([0, 0], np.uint32)
        >>> [round(float(z), 4) for z in box_muller(a, b)[0]]
        [0.0, 6.7637]
    """
    return _box_muller(a, b)


def _box_muller(a: NDArray[np.unsignedinteger], b: NDArray[np.unsignedinteger]) -> tuple[NDArray, NDArray]:
    width, real, signed = (32, np.float32, np.int32) if a.dtype == np.uint32 else (64, np.float64, np.int64)
    u = a.astype(real) * real(2.0**-width) + real(2.0 ** (-width - 1))
    angle = b.view(signed).astype(real).astype(np.float64) * (np.pi * 2.0**-width)
    radius = np.sqrt(2 * np.abs(np.log(u.astype(np.float64))))
    sign = np.where(b & b.dtype.type(1), -1.0, 1.0)
    return (sign * radius * np.cos(angle)).astype(real), (radius * np.sin(angle)).astype(real)
