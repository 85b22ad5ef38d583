"""Code of a paper's author runs in our process: it may not end it, fork it, or write among our output.

A claim that calls ``os._exit(0)`` while it is made would end the run with the exit code of verdicts as in the lock; a
process forked by one and left to run on would send answers of its own through the pipes of its parent.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

ENDINGS = ("_exit", "execv", "execve")
"""Functions of ``os`` after which nothing of this process is left; the others of their kind call them."""

ANY_THREAD = 0

_held: set[tuple[int, int]] = set()
"""Processes and threads that are not to be ended by these functions."""


@contextlib.contextmanager
def staying(*, any_thread: bool = False) -> Iterator[None]:
    """In the ``with`` block :data:`ENDINGS` raise SystemExit, and a process that was forked there ends with it.

    Other threads may go on ending the process, as the worker of a cluster does that has lost its scheduler, unless
    ``any_thread``. Code in C can always end it.
    """
    _refuse_endings()
    process, thread = os.getpid(), ANY_THREAD if any_thread else threading.get_ident()
    held = {(process, thread)} - _held
    _held.update(held)
    try:
        yield
    finally:
        _held.difference_update(held)
        if os.getpid() != process:
            os._exit(0)


@functools.cache
def _refuse_endings() -> None:
    """Once in a process: have the functions look at who calls them."""
    for name in ENDINGS:
        for module in (os, sys.modules[os.name]):
            setattr(module, name, _refusing(name, getattr(module, name)))


def _refusing(name: str, ending: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(ending)
    def unless_held(*arguments: Any, **named: Any) -> Any:
        if _held & {(os.getpid(), ANY_THREAD), (os.getpid(), threading.get_ident())}:
            raise SystemExit(f"os.{name} would end the run without a word")
        return ending(*arguments, **named)

    return unless_held


@contextlib.contextmanager
def output_kept() -> Iterator[None]:
    """In the ``with`` block what is printed goes beside the output proper; a stdout that is closed there is back after.

    For the main thread alone: there is one stdout for all.
    """
    sys.stdout.flush()
    ours = os.dup(1)
    try:
        with contextlib.suppress(OSError):
            os.dup2(2, 1)
        beside = open(os.dup(1), "w", errors="backslashreplace", closefd=True)
        try:
            with contextlib.redirect_stdout(beside):
                yield
        finally:
            with contextlib.suppress(OSError, ValueError):
                beside.close()
    finally:
        os.dup2(ours, 1)
        os.close(ours)
