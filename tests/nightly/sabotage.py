"""Sabotage as a test: break a copy of the code on purpose, and see which test notices. Run from the root::

    python -m tests.nightly.sabotage [--jobs 2] [--only TEXT] [--write] [--resume]

Each breakage of :mod:`tests.nightly.breakages` is applied to a copy, the fast tests that must notice it run there, and
a line says whether they did. Exit code 1 if more than 2 % survive without a reason, or if the tests of one come to no
end; ``--write`` leaves the table in docs/evidence/sabotage.json after each breakage, and ``--resume`` keeps what that
table says was caught and goes on with the rest.
"""

from __future__ import annotations

import argparse
import enum
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.nightly import evidence
from tests.nightly.breakages import BREAKAGES, Breakage

ROOT = Path(__file__).parents[2]
PACKAGES = ("theory", "numerics", "verification", "tests", "docs", "pyproject.toml", "claims.lock.json")
EVIDENCE = ROOT / "docs" / "evidence" / "sabotage.json"
ALLOWED = 0.02
TIME_LIMIT = 600
"""Seconds of processor time for the tests of one breakage: a busy machine makes none of them endless."""

Row = dict[str, str]
Rows = dict[tuple[str, str, str], Row]


class Fate(enum.Enum):
    """What becomes of a breakage."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NO_END = "no end"


def copy_of_the_tree(folder: Path) -> Path:
    """The packages and tests in a folder of their own."""
    for name in PACKAGES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    return folder


def fate(folder: Path, breakage: Breakage) -> tuple[Fate, str]:
    """What the tests named say once ``breakage`` is applied in ``folder``, and pytest's last line."""
    path = folder / breakage.path
    whole = path.read_text(encoding="utf-8")
    if whole.count(breakage.old) != 1:
        raise ValueError(f"{breakage.path} holds {breakage.old!r} {whole.count(breakage.old)} times, not once.")
    path.write_text(whole.replace(breakage.old, breakage.new), encoding="utf-8")
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "unshrunk"]
    command = [sys.executable, "-m", "pytest", *options, *breakage.noticed_by.split()]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=environment, **pipes)
    try:
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (TIME_LIMIT, TIME_LIMIT + 1))
        told, complaints = process.communicate()
    finally:
        process.kill()
        path.write_text(whole, encoding="utf-8")
    if process.returncode < 0:
        return Fate.NO_END, f"no end within {TIME_LIMIT} s of processor time"
    last = (told.strip().splitlines() or [complaints.strip()])[-1]
    return Fate.CAUGHT if process.returncode == 1 else Fate.SURVIVED, last


def key(breakage: Breakage) -> tuple[str, str, str]:
    """What tells one breakage from another."""
    return breakage.path, breakage.old, breakage.new


def caught_before() -> Rows:
    """Rows of the table of an earlier run about breakages that were caught."""
    rows: list[Row] = json.loads(EVIDENCE.read_text(encoding="utf-8"))["results"]["table"] if EVIDENCE.exists() else []
    return {(row["path"], row["old"], row["new"]): row for row in rows if row["outcome"] == Fate.CAUGHT.value}


def table_of(rows: Rows) -> dict[str, object]:
    """The counts, and the rows in the order of the list."""
    table = [rows[key(each)] for each in BREAKAGES if key(each) in rows]
    outcomes = dict(Counter(row["outcome"] for row in table))
    return {"breakages in the list": len(BREAKAGES), "applied": len(table), "outcomes": outcomes, "table": table}


def main() -> int:
    """Apply all breakages, print what became of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="copies of the tree that work side by side"
    )
    parser.add_argument("--only", default="", help="breakages whose path or text holds this")
    parser.add_argument("--write", action="store_true", help="write the table to docs/evidence/sabotage.json")
    parser.add_argument("--resume", action="store_true", help="keep what the table says was caught")
    arguments = parser.parse_args()
    rows = caught_before() if arguments.resume else {}
    chosen = [each for each in BREAKAGES if arguments.only in f"{each.path} {each.old}" and key(each) not in rows]
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(arguments.jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for i in range(arguments.jobs):
            copies.put(copy_of_the_tree(Path(scratch) / f"copy-{i}"))

        def one(breakage: Breakage) -> tuple[Breakage, Fate, str]:
            folder = copies.get()
            try:
                return breakage, *fate(folder, breakage)
            finally:
                copies.put(folder)

        for breakage, found, last in pool.map(one, chosen):
            told = {"outcome": found.value, "pytest": last, "reason": breakage.reason}
            rows[key(breakage)] = {"path": breakage.path, "old": breakage.old, "new": breakage.new, **told}
            print(f"{found.value:8} {breakage.path}: {breakage.old[:60]!r}  ({last})", flush=True)
            if arguments.write:
                evidence.write("sabotage", table_of(rows))
    print(f"{table_of(rows)['outcomes']} in {time.monotonic() - start:.0f} s")
    return int(not sound(rows))


def sound(rows: Rows) -> bool:
    """Whether all came to an end and at most 2 % survived without a reason; the others are named."""
    wrong = [row for row in rows.values() if row["outcome"] != Fate.CAUGHT.value]
    for row in wrong:
        reason = row["reason"] or "no reason known"
        print(f"{row['outcome']}: {row['path']}: {row['old']!r} -> {row['new']!r}: {reason}")
    survivors = [row for row in wrong if row["outcome"] == Fate.SURVIVED.value and not row["reason"]]
    endless = [row for row in wrong if row["outcome"] == Fate.NO_END.value]
    return not endless and len(survivors) <= ALLOWED * len(rows)


if __name__ == "__main__":
    sys.exit(main())
