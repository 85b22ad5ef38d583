"""Progress of long runs: a bar where somebody watches a terminal, a callback where a program asks, else silence."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[int, int], None]
"""Called with the work done so far and the work in all, in trajectory-steps."""

PATIENCE = 1.0
"""Seconds before a bar appears unasked."""


@contextmanager
def progress_report(progress: bool | Report | None, title: str) -> Iterator[Report]:
    """A function to report progress to.

    Args:
        progress: ``True`` for a bar, ``False`` for silence, ``None`` for a bar only where stderr is a terminal, the
            run takes longer than :data:`PATIENCE` and this is no worker process, whose terminal is that of whoever
            started it; or a callback ``(done, total)``.
        title: What the bar is called.
    """
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not (sys.stderr.isatty() and parent_process() is None)):
        yield _silence
        return
    bar = _Bar(title, delay=0.0 if progress else PATIENCE)
    try:
        yield bar.report
    finally:
        bar.close()


def _silence(done: int, total: int) -> None:
    pass


class _Bar:
    """A rich progress bar that appears after ``delay`` seconds."""

    def __init__(self, title: str, delay: float) -> None:
        self._title = title
        self._appears = time.monotonic() + delay
        self._bar: Progress | None = None

    def report(self, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() < self._appears:
                return
            self._bar = self._opened()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def _opened(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.add_task(self._title, total=None)
        bar.start()
        return bar

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
