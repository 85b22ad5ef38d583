"""Public calls end: after a given processor time of their own thread they raise, wherever they are.

Symbolic steps have no bound that could be checked from outside, so a watching thread raises the error inside the thread
that computes. No signal takes part, so it works in any thread. Only the outermost call is timed.
"""

from __future__ import annotations

import ctypes
import functools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from sympy.core.cache import clear_cache

from theory.errors import ShapeError, UnsupportedFormError

SECONDS = 60.0
"""Processor time of one call, unless :func:`time_limit` says otherwise."""

_AGAIN = 0.25
"""Seconds after which a call that has swallowed the error is told again."""

_allowed: ContextVar[float] = ContextVar("allowed", default=SECONDS)
_running: ContextVar[bool] = ContextVar("running", default=False)

P = ParamSpec("P")
T = TypeVar("T")


class _TimeIsUpError(BaseException):
    """Raised inside a call; no handler on its way takes it for an error of its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let every call inside take up to ``seconds`` of processor time.

    Example:
        >>> with time_limit(5):
        ...     pass
    """
    if not seconds > 0:
        raise ShapeError(f"seconds must be positive, got {seconds!r}.")
    token = _allowed.set(seconds)
    try:
        yield
    finally:
        _allowed.reset(token)


def limited(function: Callable[P, T]) -> Callable[P, T]:
    """``function`` with a limit on its processor time.

    Raises:
        UnsupportedFormError: it takes longer.
    """

    @functools.wraps(function)
    def within_limit(*args: P.args, **kwargs: P.kwargs) -> T:
        if _running.get():
            return function(*args, **kwargs)
        seconds, token = _allowed.get(), _running.set(True)
        watch = _Watch(seconds)
        try:
            try:
                return function(*args, **kwargs)
            finally:
                watch.stop()
        except _TimeIsUpError:
            watch.stop()
            clear_cache()  # what was being derived when the error came may be stored as unknown
            raise UnsupportedFormError(
                f"{function.__name__} took more than {seconds:g} s of processor time. Give parameters numbers with "
                "process.subs, ask numerics for numbers, or allow more with theory.line.time_limit.time_limit(seconds)."
            ) from None
        finally:
            _running.reset(token)

    return within_limit


class _Watch:
    """Raises the error in the thread that made it once its processor time is used up."""

    def __init__(self, seconds: float) -> None:
        self._thread = threading.get_ident()
        clock = getattr(time, "pthread_getcpuclockid", None)
        self._clock = time.monotonic if clock is None else functools.partial(time.clock_gettime, clock(self._thread))
        self._end = self._clock() + seconds
        self._lock = threading.Lock()
        self._done, self._told = False, False
        self._timer = self._after(seconds)

    def stop(self) -> None:
        """Watch no longer; an error on its way is called back."""
        with self._lock:
            self._done = True
            self._timer.cancel()
            if self._told:
                self._send(None)
                self._told = False

    def _look(self) -> None:
        with self._lock:
            if self._done:
                return
            left = self._end - self._clock()
            if left <= 0:
                self._told = True
                self._send(ctypes.py_object(_TimeIsUpError))
            self._timer = self._after(max(left, _AGAIN))

    def _after(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._look)
        timer.daemon = True
        timer.start()
        return timer

    def _send(self, error: Any) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), error)
