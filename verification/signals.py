"""What SIGINT, SIGTERM and SIGHUP do to the command: it ends with exit code 3 and one sentence.

Python's own answer to SIGTERM and SIGHUP is to vanish without a word. Nothing but ``os`` and ``signal`` is imported
here, so that the answer below is in force before anything that takes long is loaded.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 3
"""Exit code of a command that a signal ended."""

STOPPING = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
"""Signals that ask the command to stop."""

Handler = Callable[[int, FrameType | None], Any]


class Interruption(KeyboardInterrupt):
    """A Ctrl-C in all but its type.

    Once a plain KeyboardInterrupt has passed through ``exec`` of a text, as SciPy's imports have, Python ends by SIGINT
    whatever exit code it is given; it looks for that very type.
    """


def end_at_once(number: int, frame: FrameType | None) -> NoReturn:
    """Say so and end: there is nothing yet that would have to be put away."""
    os.write(2, b"driftproof: interrupted.\n")
    os._exit(INTERRUPTED)


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind as a Ctrl-C does, so that files in the making are removed."""
    raise Interruption


def answer_with(handler: Handler) -> dict[int, Any]:
    """Have ``handler`` answer the stopping signals; the answer is what did so before.

    What the caller had ignored stays ignored: that is how ``nohup`` works. Only the main thread may say what
    signals do; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    heard = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in heard}


@contextmanager
def answered_with(handler: Handler) -> Iterator[None]:
    """:func:`answer_with` for the time of a ``with`` block."""
    before = answer_with(handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """An event that the first SIGINT, SIGTERM or SIGHUP sets; a second one interrupts whatever is going on."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    with answered_with(stop):
        yield stopping


@contextmanager
def unheard_by_children() -> Iterator[None]:
    """Block what a terminal sends: processes started in the ``with`` block inherit that, and never see a Ctrl-C."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
