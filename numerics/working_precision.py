"""The working precision of mpmath, which all threads of a process share: one at a time computes in its own.

``mpmath.workdps`` alone would let a thread compute to the digits that another has just asked for, and leave them
behind.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from mpmath import mp

from numerics.arguments import takes
from theory.argument_kinds import or_none, whole

_MOST = 10**7

_locks = [threading.RLock()]


@takes(digits=or_none(whole(1, _MOST)))
@contextmanager
def working_digits(digits: int | None) -> Iterator[None]:
    """``mpmath.workdps`` for this thread alone; None keeps the present precision.

    Example:
        >>> with working_digits(5):
        ...     print(mp.dps)
        5
    """
    with _locks[0], nullcontext() if digits is None else mp.workdps(digits):
        yield


@takes(more=whole(0, _MOST))
@contextmanager
def more_digits(more: int) -> Iterator[None]:
    """``mpmath.extradps`` for this thread alone.

    Example:
        >>> with working_digits(5), more_digits(2):
        ...     print(mp.dps)
        7
    """
    with _locks[0], mp.extradps(more):
        yield


@takes(bits=whole(1, 4 * _MOST))
@contextmanager
def working_bits(bits: int) -> Iterator[None]:
    """``mpmath.workprec`` for this thread alone.

    Example:
        >>> with working_bits(53):
        ...     print(mp.dps)
        15
    """
    with _locks[0], mp.workprec(bits):
        yield


def _renew() -> None:
    """A new lock for a process that was forked while another thread held the old one."""
    _locks[0] = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
