"""Where a bar appears unasked: on a terminal of one's own."""

from __future__ import annotations

import sys

import pytest

from numerics import progress
from numerics.progress import progress_report


@pytest.mark.parametrize(
    ("terminal", "worker", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_bar_appears_unasked_on_a_terminal_and_never_in_a_worker_process(monkeypatch, terminal, worker, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(progress, "parent_process", lambda: object() if worker else None)
    with progress_report(None, "simulating") as report:
        assert (report is not progress._silence) == shown
