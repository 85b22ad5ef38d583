"""``make bench`` runs every script of docs/benchmarks, and the page beside them lists each."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "benchmarks"


def programs(folder: Path) -> set[str]:
    """Names of the files that are run, not imported."""
    return {path.name for path in folder.glob("*.py") if '__name__ == "__main__"' in path.read_text(encoding="utf-8")}


def run_by_make(makefile: str) -> set[str]:
    """Names of the benchmark scripts in the recipe of ``make bench``."""
    recipe = re.search(r"^bench:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    return set(re.findall(r"docs/benchmarks/(\w+\.py)", recipe[1])) if recipe else set()


def test_make_bench_runs_every_script():
    assert len(programs(FOLDER)) > 5
    assert run_by_make((ROOT / "Makefile").read_text()) == programs(FOLDER)


def test_the_page_beside_them_lists_every_script():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `docs/benchmarks/(\w+\.py)`", text, re.MULTILINE)) == programs(FOLDER)


def test_only_the_recipe_of_bench_counts():
    assert run_by_make("bench: setup\n\tpython docs/benchmarks/a.py\n\ntest:\n\tpython docs/benchmarks/b.py\n") == {
        "a.py"
    }
