"""Limits on the time of what runs inside."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CLOCKS = {signal.SIGVTALRM: signal.ITIMER_VIRTUAL, signal.SIGALRM: signal.ITIMER_REAL}


class TooLongError(BaseException):
    """The call used up its time."""


@contextmanager
def processor_time(limit: float) -> Iterator[None]:
    """Stop what runs inside after ``limit`` seconds of processor time."""
    with _stopped_by(signal.SIGVTALRM, limit):
        yield


@contextmanager
def waiting_time(limit: float) -> Iterator[None]:
    """Stop what runs, or waits, inside after ``limit`` seconds."""
    with _stopped_by(signal.SIGALRM, limit):
        yield


@contextmanager
def _stopped_by(number: signal.Signals, limit: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TooLongError

    before = signal.signal(number, stop)
    signal.setitimer(CLOCKS[number], limit)
    try:
        yield
    finally:
        signal.setitimer(CLOCKS[number], 0)
        signal.signal(number, before)
