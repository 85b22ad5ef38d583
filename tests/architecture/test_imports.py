"""Arrows point one way: theory <- numerics <- verification, no cycle inside a package, frameworks at the edge only."""

from __future__ import annotations

import ast
import functools
import graphlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("theory", "numerics", "verification")
FRAMEWORKS = {"torch", "llvmlite", "triton"}
FRAMEWORK_FOLDERS = (
    "numerics/codegen/backends/",
    "numerics/kernels/",
    "numerics/networks/",
    "numerics/neurons/",
    "numerics/sgd/",
)
THEORY_MAY_IMPORT = {"sympy"}
ONLY_IN = {"flint": {"theory/decision/arb/balls.py", "theory/decision/rational_points.py"}}


@functools.cache
def imports(path: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every import of a file, wherever it stands: module and the names taken from it."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found += ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append(("." * node.level + (node.module or ""), tuple(alias.name for alias in node.names)))
    return tuple(found)


def files(root: Path) -> dict[str, Path]:
    """Modules of the three packages by dotted name; a package is the module of its ``__init__``."""
    found = {}
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def violations(root: Path) -> list[str]:
    """Imports that break a rule, as ``file imports module: rule``."""
    broken = []
    for module, path in files(root).items():
        place, layer = path.relative_to(root).as_posix(), module.split(".")[0]
        for name, taken in imports(path):
            package = name.split(".")[0]
            above = LAYERS[LAYERS.index(layer) + 1 :]
            outside = package not in {*LAYERS, *sys.stdlib_module_names, ""}
            rules = {
                "relative import": name.startswith("."),
                "star import": "*" in taken,
                "upward import": package in (*above, "tests", "docs"),
                "only at the edge": package in FRAMEWORKS and not place.startswith(FRAMEWORK_FOLDERS),
                "only in its own file": package in ONLY_IN and place not in ONLY_IN[package],
                "theory knows SymPy only": layer == "theory"
                and outside
                and package not in THEORY_MAY_IMPORT | set(ONLY_IN),
            }
            broken += [f"{place} imports {name}: {rule}" for rule, holds in rules.items() if holds]
    return broken


def dependencies(root: Path) -> dict[str, set[str]]:
    """The modules of the three packages that each module imports."""
    modules = files(root)
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        needed = set()
        for name, taken in imports(path):
            submodules = {f"{name}.{item}" for item in taken} & set(modules)
            # "from package import item" runs the package's __init__ only for items that are not modules.
            if name in modules and (len(submodules) < len(taken) or not taken):
                needed.add(name)
            needed |= submodules
        graph[module] = needed - {module}
    return graph


def cycle(root: Path) -> list[str] | None:
    """One import cycle, or None."""
    try:
        graphlib.TopologicalSorter(dependencies(root)).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_no_file_imports_what_its_layer_may_not_know():
    assert violations(ROOT) == []


def test_no_import_cycle_exists():
    assert cycle(ROOT) is None


def test_the_packages_are_really_read():
    assert {"theory.ito", "theory.infinitesimal_generator", "numerics.errors", "verification.verdict"} <= set(
        files(ROOT)
    )
    assert "theory.ito" in dependencies(ROOT)["theory.infinitesimal_generator"]


@pytest.mark.parametrize(
    ("place", "line", "rule"),
    [
        ("theory/a.py", "import numerics.simulation.simulate", "upward import"),
        ("theory/a.py", "from verification import verdict", "upward import"),
        ("theory/a.py", "import numpy as np", "theory knows SymPy only"),
        ("theory/a.py", "from flint import arb", "only in its own file"),
        ("theory/a.py", "def f():\n    import mpmath", "theory knows SymPy only"),
        ("theory/a.py", "from sympy import *", "star import"),
        ("theory/a.py", "from . import b", "relative import"),
        ("numerics/a.py", "from verification.verdict import Verdict", "upward import"),
        ("numerics/a.py", "import torch", "only at the edge"),
        ("verification/a.py", "from llvmlite import binding", "only at the edge"),
    ],
)
def test_a_bad_import_is_noticed(tmp_path, place, line, rule):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(line + "\n")
    assert [text.split(": ")[1] for text in violations(tmp_path)] == [rule]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("theory/decision/arb/balls.py", "from flint import arb"),
        ("theory/a.py", "from dataclasses import dataclass\nimport sympy as sp\nfrom theory.ito import ItoProcess"),
        ("numerics/codegen/backends/torch_.py", "import torch"),
        ("verification/a.py", "from theory import ItoProcess\nimport numerics.simulation.simulate"),
    ],
)
def test_a_good_import_is_let_through(tmp_path, place, line):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(line + "\n")
    assert violations(tmp_path) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("from theory.b import g", "import theory.a"),
        ("from theory import b", "def late():\n    from theory.a import f"),
    ],
)
def test_an_import_cycle_is_noticed(tmp_path, first, second):
    (tmp_path / "theory").mkdir()
    (tmp_path / "theory/__init__.py").write_text("")
    (tmp_path / "theory/a.py").write_text(first + "\n")
    (tmp_path / "theory/b.py").write_text(second + "\n")
    assert set(cycle(tmp_path) or ()) == {"theory.a", "theory.b"}
