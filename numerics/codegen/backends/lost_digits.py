r"""How many digits did a run of a program lose, and with how many must it run again?

A sum of two numbers of size :math:`2^m` that has size :math:`2^{m-l}` keeps l bits fewer than it was computed with;
:math:`\log v` loses as many where v is that close to 1, and so do the inverse functions that branch at 1. The program
runs again with as many bits more, until those that are left are enough. A sum that is 0 may be 0, or less than its
rounding: it is 0 if it stays so at a precision that resolves what arguments of this size can leave in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from mpmath import mp, mpf

from numerics.working_precision import working_bits

ABSORBED_BITS = 24
"""Bits that may be lost before a program runs again; the guard digits stand for them."""

RESOLVED_ORDER = 8
"""A vanishing sum is resolved to this power of the arguments, of 1 over them, and of their last digits."""

LARGEST_SPREAD = 4096
"""Bits of an argument that count for it: beyond, exponentials of it are not resolved."""


class LostBits:
    """The losses of one run, in bits."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget them, before a run."""
        self.bits, self.vanished = 0, False

    def in_sums(self, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Addition or subtraction, watched."""

        @wraps(function)
        def watched(x: Any, y: Any) -> Any:
            total = function(x, y)
            self._note(max(_size(x), _size(y)), total)
            return total

        return watched

    def near(self, function: Callable[[Any], Any], *places: int) -> Callable[[Any], Any]:
        """A function that is 0, singular or branches at ``places``, 1 or -1, watched."""

        @wraps(function)
        def watched(x: Any) -> Any:
            if mp.isfinite(x):
                for place in places:
                    self._note(1, x - place)
            return function(x)

        return watched

    def _note(self, size: int, total: Any) -> None:
        if not total:
            self.vanished = self.vanished or size > _ZERO
        elif size > _ZERO and mp.isfinite(total):
            self.bits += max(0, size - _size(total))


_ZERO = -(10**18)


def _size(x: Any) -> int:
    r"""The m of :math:`2^{m-1} \le |x| < 2^m`; of 0, and of what is not finite, hugely negative."""
    if not isinstance(x, mpf):
        return int(x).bit_length() or _ZERO
    _, mantissa, exponent, length = x._mpf_
    return exponent + length if mantissa else _ZERO


def resolved(function: Callable[..., tuple], arguments: Callable[[], Sequence[mpf]], lost: LostBits) -> tuple:
    """The values of a program, of as many correct bits as the context has.

    Args:
        function: The program; its sums are watched by ``lost``.
        arguments: Their values at the precision of the context when it is called.
        lost: What the program loses.
    """
    target = working = mp.prec
    limit = None
    while True:
        with working_bits(working):
            lost.clear()
            values = arguments()
            results = function(*values)
        needed = target + lost.bits - ABSORBED_BITS
        if working >= needed and not lost.vanished:
            return results
        if limit is None:
            limit = target + 64 + RESOLVED_ORDER * max(map(_spread, values), default=0)
        if working >= limit:
            return results
        working = min(max(needed, 2 * working if lost.vanished else 0), limit)


def _spread(x: mpf) -> int:
    """Bits between 1 and the first and last digits of x, and between 1 and exp(-|x|)."""
    if not mp.isfinite(x) or not x:
        return 0
    _, _, exponent, length = x._mpf_
    return min(LARGEST_SPREAD, max(abs(exponent), abs(exponent + length), int(min(abs(x), LARGEST_SPREAD) * 1.5)))
