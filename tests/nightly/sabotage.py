"""Sabotage as a test: break a copy of the code on purpose, and see which test notices. Run from the root::

    python -m tests.nightly.sabotage [--jobs 2] [--only TEXT] [--limit SECONDS] [--write] [--resume]

Each breakage of :mod:`tests.nightly.breakages` is applied to a copy, the fast tests that must notice it run there, and
a line says whether they did, and which. The test that noticed it the last time, as docs/evidence/sabotage.json names
it, runs first and by itself; the others run only if that one is silent. Exit code 1 if more than 2 % survive without a
reason, or if the tests of one come to no end; ``--write`` leaves the table in docs/evidence/sabotage.json after each
breakage, and ``--resume`` keeps what that table says was caught on the code as it stands and goes on with the rest.
"""

from __future__ import annotations

import argparse
import datetime
import enum
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - |$)", re.MULTILINE)
"""How pytest's summary names a test that failed."""

Row = dict[str, str]
Rows = dict[tuple[str, str, str], Row]


class Fate(enum.Enum):
    """What becomes of a breakage."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NO_END = "no end"


@dataclass(frozen=True)
class Told:
    """What the tests say about a breakage: its fate, pytest's last line, and the test that failed."""

    fate: Fate
    last: str
    test: str


def copy_of_the_tree(folder: Path) -> Path:
    """The packages and tests in a folder of their own."""
    for name in PACKAGES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    return folder


def fate(folder: Path, breakage: Breakage, noticed: str = "", limit: int = TIME_LIMIT) -> Told:
    """What the tests say once ``breakage`` is applied in ``folder``: ``noticed`` first, then all that it names."""
    path = folder / breakage.path
    whole = path.read_text(encoding="utf-8")
    if whole.count(breakage.old) != 1:
        raise ValueError(f"{breakage.path} holds {breakage.old!r} {whole.count(breakage.old)} times, not once.")
    path.write_text(whole.replace(breakage.old, breakage.new), encoding="utf-8")
    try:
        told = _told(folder, [noticed], limit) if noticed else None
        if told is None or told.fate is not Fate.CAUGHT:
            told = _told(folder, breakage.noticed_by.split(), limit)
        return told
    finally:
        path.write_text(whole, encoding="utf-8")


def _told(folder: Path, tests: list[str], limit: int) -> Told:
    """What pytest says about ``tests`` in ``folder``, up to the first that fails."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-profile", "unshrunk"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "pytest", *options, *tests]
    process = subprocess.Popen(command, cwd=folder, env=environment, **pipes)
    try:
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (limit, limit + 1))
        told, complaints = process.communicate()
    finally:
        process.kill()
    if process.returncode < 0:
        return Told(Fate.NO_END, f"no end within {limit} s of processor time", "")
    last = (told.strip().splitlines() or [complaints.strip()])[-1]
    failed = FAILED.search(told)
    found = Fate.CAUGHT if process.returncode == 1 else Fate.SURVIVED
    return Told(found, last, failed[1] if failed else "")


def key(breakage: Breakage) -> tuple[str, str, str]:
    """What tells one breakage from another."""
    return breakage.path, breakage.old, breakage.new


def rows_of_the_last_run() -> Rows:
    """Rows of the table of an earlier run, whatever commit they are about."""
    rows: list[Row] = json.loads(EVIDENCE.read_text(encoding="utf-8"))["results"]["table"] if EVIDENCE.exists() else []
    return {(row["path"], row["old"], row["new"]): row for row in rows}


def still_caught(row: Row) -> bool:
    """Whether a row says caught, and the broken file and the file of the test are as they were then."""
    if row["outcome"] != Fate.CAUGHT.value or not row.get("commit"):
        return False
    changed = ["git", "diff", "--quiet", row["commit"], "--", row["path"], row["test"].partition("::")[0]]
    return not subprocess.run(changed, cwd=ROOT, capture_output=True).returncode


def table_of(rows: Rows) -> dict[str, object]:
    """The counts, and the rows in the order of the list, each with the day and commit of its own run."""
    table = [rows[key(each)] for each in BREAKAGES if key(each) in rows]
    outcomes = dict(Counter(row["outcome"] for row in table))
    commits = dict(Counter(row.get("commit", "an earlier one")[:10] for row in table))
    counts = {"breakages in the list": len(BREAKAGES), "applied": len(table), "outcomes": outcomes}
    return counts | {"applied on commit": commits, "table": table}


def row_of(breakage: Breakage, told: Told, commit: str) -> Row:
    """What became of ``breakage`` on ``commit``, as a row of the table."""
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    texts = {"path": breakage.path, "old": breakage.old, "new": breakage.new}
    found = {"outcome": told.fate.value, "test": told.test, "pytest": told.last, "reason": breakage.reason}
    return texts | found | {"date": day, "commit": commit}


def main() -> int:
    """Apply all breakages, print what became of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="copies of the tree that work side by side"
    )
    parser.add_argument("--only", default="", help="breakages whose path or text holds this")
    parser.add_argument("--limit", type=int, default=TIME_LIMIT, help="seconds of processor time for each")
    parser.add_argument("--write", action="store_true", help="write the table to docs/evidence/sabotage.json")
    parser.add_argument("--resume", action="store_true", help="leave out what was caught and has not changed since")
    arguments = parser.parse_args()
    known = rows_of_the_last_run()
    behind = {place for place, row in known.items() if still_caught(row)} if arguments.resume else set()
    chosen = [each for each in BREAKAGES if arguments.only in f"{each.path} {each.old}" and key(each) not in behind]
    start, commit, found = time.monotonic(), evidence.commit(), dict[tuple[str, str, str], Row]()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(arguments.jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for i in range(arguments.jobs):
            copies.put(copy_of_the_tree(Path(scratch) / f"copy-{i}"))

        def one(breakage: Breakage) -> tuple[Breakage, Told]:
            folder, row = copies.get(), known.get(key(breakage), {})
            try:
                return breakage, fate(folder, breakage, row.get("test", ""), arguments.limit)
            finally:
                copies.put(folder)

        for breakage, told in pool.map(one, chosen):
            found[key(breakage)] = row_of(breakage, told, commit)
            print(f"{told.fate.value:8} {breakage.path}: {breakage.old[:60]!r}  ({told.test or told.last})", flush=True)
            if arguments.write:
                evidence.write("sabotage", table_of(known | found))
    print(f"{dict(Counter(row['outcome'] for row in found.values()))} in {time.monotonic() - start:.0f} s")
    return int(not sound(found))


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
