"""Where tasks run: what the processes load, and when they begin to."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verification.run import place as module
from verification.run.place import MANY, PRELOAD_FOR_MANY, place
from verification.run.pool import PRELOAD


class FakePool:
    """A pool that notes what is asked of it."""

    def __init__(self, workers: int, *, preload: tuple[str, ...]) -> None:
        self.workers, self.preload, self.heard = workers, preload, []

    def prepare(self) -> None:
        self.heard.append("prepare")

    def kill(self) -> None:
        self.heard.append("kill")


@pytest.mark.parametrize(
    ("unjudged", "preload", "heard"),
    [(0, PRELOAD, []), (1, PRELOAD, ["prepare"]), (MANY, PRELOAD_FOR_MANY, ["prepare"])],
)
def test_processes_are_prepared_only_where_something_is_to_be_judged(monkeypatch, unjudged, preload, heard):
    monkeypatch.setattr(module, "WorkerPool", FakePool)
    with place(None, 3, unjudged) as (pool, workers):
        assert (pool.workers, pool.preload, pool.heard, workers) == (3, preload, heard, 3)
    assert pool.heard == [*heard, "kill"]


@pytest.mark.slow
def test_what_is_loaded_for_many_claims_starts_no_thread():
    program = f"""
import importlib, sys, threading
for name in {PRELOAD_FOR_MANY}: importlib.import_module(name)
print({{"torch", "scipy.stats", "numerics.sgd.invariance"}} <= set(sys.modules))
print(open("/proc/self/status").read().split("Threads:")[1].split()[0] if sys.platform == "linux" else 1)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["True", "1"]
