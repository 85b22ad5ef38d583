r"""Philox4x32, the counter-based generator behind every simulation, in NumPy.

A block cipher run in counter mode: 128 random bits are a pure function of a 128-bit counter and a 64-bit key, with no
state to carry. So noise can be addressed (seed, trajectory, step) instead of drawn, and a result does not depend on
how the work was cut into chunks or which thread did it. The compiled kernels make the same bits.

References:
    Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC11 (2011), section 3.3.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numerics.arguments import whole_number
from numerics.errors import ArgumentError
from theory.values import shown

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
"""Round multipliers of words 0 and 2."""

WEYL = (0x9E3779B9, 0xBB67AE85)
"""What the two key words grow by each round: the golden ratio and sqrt(3) - 1, as 32-bit fractions."""

ROUNDS = 10
"""Rounds of the recommended variant, Philox4x32-10. Seven pass the statistical tests; ten leave a margin."""

Word: TypeAlias = "NDArray[np.uint64] | np.uint64"

_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)


def philox4x32(counter: ArrayLike, key: ArrayLike, *, rounds: int = ROUNDS) -> NDArray[np.uint32]:
    r"""The four 32-bit words at each counter.

    One round maps :math:`(c_0, c_1, c_2, c_3)` to

    .. math::
        (\mathrm{hi}(M_1 c_2) \oplus c_1 \oplus k_0,\; \mathrm{lo}(M_1 c_2),\;
         \mathrm{hi}(M_0 c_0) \oplus c_3 \oplus k_1,\; \mathrm{lo}(M_0 c_0)),

    and the key words then grow by :data:`WEYL`.

    Args:
        counter: 32-bit words, shape ``(4,)`` or ``(4, n)``.
        key: 32-bit words, shape ``(2,)``.
        rounds: number of rounds.

    Returns:
        Words of the shape of ``counter``.

    Raises:
        ArgumentError: a shape differs from the above, or a word lies outside ``[0, 2**32)``.

    Example:
        >>> [hex(word) for word in philox4x32([0, 0, 0, 0], [0, 0])]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    count = whole_number(rounds, "rounds", at_least=1, below=1000)
    words = encrypted(tuple(_words(counter, "counter", 4)), tuple(_words(key, "key", 2)), count)
    return np.stack(words).astype(np.uint32)


def encrypted(counter: tuple[Word, Word, Word, Word], key: tuple[Word, Word], rounds: int = ROUNDS) -> tuple[Word, ...]:
    """The four words at counters given as 32-bit words in uint64, arrays or numbers that are the same for all."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        high0, low0 = _product(MULTIPLIERS[0], c0)
        high1, low1 = _product(MULTIPLIERS[1], c2)
        high1 ^= c1 ^ k0
        high0 ^= c3 ^ k1
        c0, c1, c2, c3 = high1, low1, high0, low0
        k0, k1 = (k0 + np.uint64(WEYL[0])) & _LOW, (k1 + np.uint64(WEYL[1])) & _LOW
    return c0, c1, c2, c3


def _words(values: ArrayLike, name: str, count: int) -> NDArray[np.uint64]:
    try:
        array = np.asarray(values)
    except Exception:  # whatever a stranger's __array__ raises
        raise ArgumentError(f"{name} must hold {count} words along its first axis, got {shown(values)}.") from None
    if array.ndim not in (1, 2) or array.shape[0] != count or (name == "key" and array.ndim != 1):
        raise ArgumentError(f"{name} must hold {count} words along its first axis, got {name}.shape={array.shape}.")
    if array.size and (array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 0xFFFFFFFF):
        raise ArgumentError(
            f"{name} must hold whole numbers in [0, 2**32), got {array.dtype} from {array.min()} to {array.max()}."
        )
    return array.astype(np.uint64)


def _product(multiplier: int, word: Word) -> tuple[Any, Any]:
    """High and low half of the 64-bit product."""
    product = np.uint64(multiplier) * word
    return product >> _WORD, product & _LOW
