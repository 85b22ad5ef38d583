"""``make bench`` runs every script of docs/benchmarks, and the page beside them lists each."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import pytest

from docs.benchmarks.command_line import chosen, sized

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


def test_every_script_runs_as_a_module_too():
    """What a script takes from its neighbours it takes by their full names."""
    beside = {path.stem for path in FOLDER.iterdir()}
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] not in beside, (path.name, node.module)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--rounds", "0"], "--rounds must be at least 1, got 0"),
        (["--json", "nowhere/x.json"], "--json must be a file in a folder that is there, got nowhere/x.json"),
    ],
)
def test_sizes_and_files_that_cannot_be_are_refused_before_anything_is_measured(monkeypatch, capsys, given, told):
    monkeypatch.setattr("sys.argv", ["script", *given])
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    with pytest.raises(SystemExit):
        sized(parser, "rounds")
    assert told in capsys.readouterr().err


def test_a_part_that_is_none_is_refused_with_the_parts_there_are(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["script", "one"])
    assert chosen("What.", "PART", ["one", "two"]) == ["one"]
    monkeypatch.setattr("sys.argv", ["script"])
    assert chosen("What.", "PART", ["one", "two"]) == ["one", "two"]
    monkeypatch.setattr("sys.argv", ["script", "tow"])
    with pytest.raises(SystemExit):
        chosen("What.", "PART", ["one", "two"])
    assert "there is no PART 'tow'. Those there are: 'one', 'two'" in capsys.readouterr().err
