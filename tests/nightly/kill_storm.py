"""Kills at random moments: python -m tests.nightly.kill_storm [KILLS] [--seed N] [--claims [ID ...]] [--write]

A run over sums, or over claims of the papers with ``--claims``, is started again and again. At random moments
its main process, one of its workers or the server they are forked from is killed with SIGKILL, until KILLS have fallen.
Every run that comes to its end must have the table of results of an undisturbed run, byte for byte, and no process may
outlive its main process. ``--write`` leaves the numbers in docs/evidence/kill_storm.json, those of real claims in
kill_storm_real.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.nightly import evidence
from tests.verification.fakes import CLAIMS, gone_within
from verification.run.store import Store, canonical_json

PROGRAM = """
import sys
from tests.verification.fakes import sums
from verification.run.pool import WorkerPool
from verification.errors import ExecutorError
from verification.run.runner import run
from verification.run.store import Store
with Store(sys.argv[1]) as store, WorkerPool(2, preload=("tests.verification.fakes",)) as pool:
    try:
        run(sums(seconds=float(sys.argv[2])), store=store, executor=pool, workers=2)
    except ExecutorError:
        sys.exit(4)
    finally:
        pool.kill()
"""


REAL = "SC-002 SC-004 SC-025 SC-026 SC-030 SC-042 SC-063 SC-071 SC-072 SC-073 SC-076 DLN-A1 DLN-F1 DLN-G2 DLN-I7 DLN-S2"
"""Claims that take less than a second each, some with experiments, some that fail."""


@dataclass(frozen=True)
class Target:
    """A run that can be started on a store, and the claims whose results it leaves there; 0 is its end."""

    claims: tuple[str, ...]
    command: tuple[str, ...]

    def start(self, path: Path) -> subprocess.Popen[bytes]:
        """The run in a process of its own."""
        arguments = [str(path) if word == "STORE" else word for word in self.command]
        environment = os.environ | {"PYTHONPATH": os.getcwd()}
        return subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)


def sums_taking(seconds: float) -> Target:
    """Fake claims whose tasks take ``seconds`` each."""
    return Target(tuple(CLAIMS), ("-c", PROGRAM, "STORE", str(seconds)))


def real_claims(ids: Sequence[str]) -> Target:
    """Claims of the papers, by the command that a reader would give."""
    return Target(tuple(ids), ("-m", "verification", "verify", *ids, "--store", "STORE", "--workers", "2"))


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


def table(store: Store, claims: Sequence[str] = tuple(CLAIMS)) -> str:
    """All verdicts and result rows, without times, as text."""
    rows = {
        key: [stored.claim, stored.label, stored.result.status.name, stored.result.value, stored.result.message]
        for claim in claims
        for key, stored in store.results(claim).items()
    }
    return canonical_json(store) + json.dumps(rows, sort_keys=True)


def storm(number: int, seed: int, folder: Path, *, target: Target | None = None) -> Storm:
    """Let ``number`` kills fall, then let the last run end in peace."""
    target = target or sums_taking(0.1)
    quiet = target.start(folder / "quiet.db")
    if quiet.wait():
        raise RuntimeError(f"the undisturbed run ended with {quiet.returncode}")
    with Store(folder / "quiet.db") as store:
        right = table(store, target.claims)
    draw, so_far = random.Random(seed), Storm()
    path = folder / "run.db"
    ended = False
    while so_far.kills.total() < number or not ended:
        process = target.start(path)
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
                so_far.different += table(store, target.claims) != right
            for file in folder.glob("run.db*"):
                file.unlink()
        elif process.returncode == 4:
            so_far.gave_up += 1
        elif process.returncode != -signal.SIGKILL:
            so_far.failed += 1
            break
    return so_far


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


def numbers_of(found: Storm, seconds: float) -> dict[str, float]:
    """What happened, for a reader."""
    return {
        "kills": found.kills.total(),
        **{f"of a {what}": count for what, count in sorted(found.kills.items())},
        "seconds": round(seconds),
        "runs ended": found.finished,
        "different": found.different,
        "gave up in a sentence": found.gave_up,
        "failed": found.failed,
        "left processes behind": found.orphans,
        "load average": os.getloadavg()[2],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Print what happened; 1 if anything was lost."""
    given = _parser().parse_args(argv)
    claims = REAL.split() if given.claims == [] else given.claims
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = storm(given.kills, given.seed, Path(folder), target=real_claims(claims) if claims else None)
    numbers = numbers_of(found, time.monotonic() - start)
    print(json.dumps(numbers, indent=1))
    if given.write:
        named = {"claims": " ".join(claims)} if claims else {}
        evidence.write("kill_storm_real" if claims else "kill_storm", named | numbers)
    return int(not found.survived)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.nightly.kill_storm",
        description="Kill main process, workers and server at random moments; exit code 1 if anything is lost.",
    )
    parser.add_argument(
        "kills", nargs="?", type=evidence.at_least_one, default=200, help="how many kills must fall (200)"
    )
    parser.add_argument("--seed", type=int, default=2026, help="of the moments and the victims (2026)")
    parser.add_argument(
        "--claims",
        nargs="*",
        metavar="ID",
        help=f"a run over these claims in place of sums; without ids over {len(REAL.split())} cheap ones of the papers",
    )
    parser.add_argument("--write", action="store_true", help="write the numbers to docs/evidence")
    return parser


if __name__ == "__main__":
    sys.exit(main())
