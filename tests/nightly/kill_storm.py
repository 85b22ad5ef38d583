"""Kills at random moments: PYTHONPATH=. python tests/nightly/kill_storm.py [KILLS] [SEED]

A run over cheap claims is started again and again. At random moments its main process, one of its workers or the
server they are forked from is killed with SIGKILL, until KILLS have fallen. Every run that comes to its end must
have the table of results of an undisturbed run, byte for byte, and no process may outlive its main process.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.verification.fakes import CLAIMS, gone_within, sums
from verification.run.runner import run
from verification.run.store import Store, canonical_json

PROGRAM = """
import sys
from tests.verification.fakes import sums
from verification.run.pool import WorkerPool
from verification.run.runner import ExecutorError, run
from verification.run.store import Store
with Store(sys.argv[1]) as store, WorkerPool(2, preload=("tests.verification.fakes",)) as pool:
    try:
        run(sums(seconds=float(sys.argv[2])), store=store, executor=pool, workers=2)
    except ExecutorError:
        sys.exit(4)
    finally:
        pool.kill()
"""


@dataclass
class Storm:
    """What has happened so far. A run gives up in a sentence when three workers in a row die before they are ready."""

    kills: Counter[str] = field(default_factory=Counter)
    finished: int = 0
    gave_up: int = 0
    different: int = 0
    failed: int = 0
    orphans: int = 0

    @property
    def survived(self) -> bool:
        """Whether nothing was lost, left behind or different."""
        return self.finished > 0 and not (self.different or self.failed or self.orphans)


def table(store: Store) -> str:
    """All verdicts and result rows, without times, as text."""
    rows = {
        key: [stored.claim, stored.label, stored.result.status.name, stored.result.value, stored.result.message]
        for claim in CLAIMS
        for key, stored in store.results(claim).items()
    }
    return canonical_json(store) + json.dumps(rows, sort_keys=True)


def storm(number: int, seed: int, folder: Path, *, seconds: float = 0.1) -> Storm:
    """Let ``number`` kills fall, then let the last run end in peace."""
    with Store(folder / "quiet.db") as store:
        run(sums(seconds=seconds), store=store, workers=1)
        right = table(store)
    draw, so_far = random.Random(seed), Storm()
    path = folder / "run.db"
    ended = False
    while so_far.kills.total() < number or not ended:
        process = _start(path, seconds)
        family: set[int] = set()
        if draw.random() < 0.8:  # The others are killed while they start.
            _wait_for_workers(process)
        while process.poll() is None:
            _wait(process, draw.uniform(0.0, 0.5) if so_far.kills.total() < number else 600.0)
            family |= set(_descendants(process.pid))
            if process.poll() is None:
                _kill_one(process, draw, so_far)
        if not gone_within(sorted(family), 60.0):
            so_far.orphans += 1
            print("left behind:", *filter(None, map(_command_line, family)))
        ended = process.returncode == 0
        if ended:
            with Store(path) as store:
                so_far.finished += 1
                so_far.different += table(store) != right
            for file in folder.glob("run.db*"):
                file.unlink()
        elif process.returncode == 4:
            so_far.gave_up += 1
        elif process.returncode != -signal.SIGKILL:
            so_far.failed += 1
            break
    return so_far


def _start(path: Path, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, str(path), str(seconds)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.getcwd()})


def _wait_for_workers(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and len(_descendants(process.pid)) < 4:  # Two workers and what they are forked from.
        time.sleep(0.02)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        pass


def _kill_one(process: subprocess.Popen[bytes], draw: random.Random, so_far: Storm) -> None:
    below = _descendants(process.pid)
    victim = draw.choice(below) if below and draw.random() < 0.75 else process.pid
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return
    so_far.kills["main process" if victim == process.pid else "worker or server"] += 1
    if victim == process.pid:
        process.wait()


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, open_ = [], [pid]
    while open_:
        below = children.get(open_.pop(), [])
        found += below
        open_ += below
    return sorted(found)


def main() -> int:
    """Print what happened; 1 if anything was lost."""
    given = [int(text) for text in sys.argv[1:]]
    number, seed = [*given, *(200, 2026)[len(given) :]]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = storm(number, seed, Path(folder))
    kills = ", ".join(f"{count} of a {what}" for what, count in found.kills.items())
    print(f"{found.kills.total()} kills ({kills}) in {time.monotonic() - start:.0f} s; {found.finished} runs ended,")
    print(f"{found.different} different, {found.gave_up} gave up in a sentence, {found.failed} failed,")
    print(f"{found.orphans} left processes behind")
    return int(not found.survived)


if __name__ == "__main__":
    sys.exit(main())
