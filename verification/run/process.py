"""What the system tells of a process: how it was ended, and how much processor time it has used."""

from __future__ import annotations

import os
import signal
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
