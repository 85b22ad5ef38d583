"""Sabotage as a test: break a copy of the code on purpose, and see which test notices. Run from the root::

    python -m tests.nightly.sabotage [--jobs 2] [--only TEXT] [--write]

Each breakage of :mod:`tests.nightly.breakages` is applied to a copy, the fast tests that must notice it run there, and
a line says whether they did. Exit code 1 if more than 2 % survive without a reason; ``--write`` leaves the table in
docs/evidence/sabotage.json.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.nightly import evidence
from tests.nightly.breakages import BREAKAGES, Breakage

ROOT = Path(__file__).parents[2]
PACKAGES = ("theory", "numerics", "verification", "tests", "docs", "pyproject.toml", "claims.lock.json")
ALLOWED = 0.02
TIME_LIMIT = 600


def copy_of_the_tree(folder: Path) -> Path:
    """The packages and tests in a folder of their own."""
    for name in PACKAGES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / name)
    return folder


def notices(folder: Path, breakage: Breakage) -> tuple[bool, str]:
    """Whether the tests named fail once ``breakage`` is applied in ``folder``, and pytest's last line."""
    path = folder / breakage.path
    whole = path.read_text(encoding="utf-8")
    if whole.count(breakage.old) != 1:
        raise ValueError(f"{breakage.path} holds {breakage.old!r} {whole.count(breakage.old)} times, not once.")
    path.write_text(whole.replace(breakage.old, breakage.new), encoding="utf-8")
    options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "unshrunk"]
    command = [sys.executable, "-m", "pytest", *options, *breakage.noticed_by.split()]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT)
        last = (done.stdout.strip().splitlines() or [done.stderr.strip()])[-1]
        return done.returncode == 1, last
    except subprocess.TimeoutExpired:
        return True, f"no end within {TIME_LIMIT} s"
    finally:
        path.write_text(whole, encoding="utf-8")


def main() -> int:
    """Apply all breakages, print what became of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="copies of the tree that work side by side"
    )
    parser.add_argument("--only", default="", help="breakages whose path or text holds this")
    parser.add_argument("--write", action="store_true", help="write the table to docs/evidence/sabotage.json")
    arguments = parser.parse_args()
    chosen = [each for each in BREAKAGES if arguments.only in f"{each.path} {each.old}"]
    survivors: list[Breakage] = []
    table: list[dict[str, str]] = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(arguments.jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for i in range(arguments.jobs):
            copies.put(copy_of_the_tree(Path(scratch) / f"copy-{i}"))

        def one(breakage: Breakage) -> tuple[Breakage, bool, str]:
            folder = copies.get()
            try:
                return breakage, *notices(folder, breakage)
            finally:
                copies.put(folder)

        for breakage, caught, last in pool.map(one, chosen):
            if not caught:
                survivors.append(breakage)
            outcome = {"outcome": "caught" if caught else "survived", "pytest": last, "reason": breakage.reason}
            table.append({"path": breakage.path, "old": breakage.old, "new": breakage.new, **outcome})
            print(
                f"{'caught  ' if caught else 'SURVIVED'} {breakage.path}: {breakage.old[:60]!r}  ({last})", flush=True
            )
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} caught in {time.monotonic() - start:.0f} s")
    for breakage in survivors:
        print(
            f"survivor: {breakage.path}: {breakage.old!r} -> {breakage.new!r}: {breakage.reason or 'no reason known'}"
        )
    if arguments.write:
        evidence.write("sabotage", table)
    unexplained = [each for each in survivors if not each.reason]
    return int(len(unexplained) > ALLOWED * len(chosen))


if __name__ == "__main__":
    sys.exit(main())
