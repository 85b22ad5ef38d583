"""Processes and the system: how one was ended, how much processor time it has used, where a new one finds modules."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from theory.argument_kinds import whole
from verification.arguments import takes


@takes(number=whole(0, 2**31))
def signal_name(number: int) -> str:
    """The name of a signal, for a reader.

    Example:
        >>> signal_name(15)
        'SIGTERM'
    """
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name} (perhaps the system ran out of memory)" if number == signal.SIGKILL else name


@takes(pid=whole(0, 2**31))
def processor_time(pid: int) -> float | None:
    """Seconds of processor time that a process and its ended children have used; None where no one tells.

    Example:
        >>> processor_time(os.getpid()) >= 0
        True
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


@contextmanager
def modules_found_as_here() -> Iterator[None]:
    """Let a Python that is started in here look for modules in the working folder only if this process does so first.

    The server that workers are forked from would put that folder before Python's own library, and a ``random.py`` of
    the user in the place of Python's.

    Example:
        >>> with modules_found_as_here():
        ...     pass
    """
    name = "PYTHONSAFEPATH"
    if name in os.environ or sys.path[:1] in ([""], [_working_folder()]):
        yield
        return
    os.environ[name] = "1"
    try:
        yield
    finally:
        del os.environ[name]


def _working_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None
