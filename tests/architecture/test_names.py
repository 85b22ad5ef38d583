"""One name, one thing: a public function or class at module level has its name to itself in the three packages."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

from numerics.errors import MissingParameterError as MissingNumber
from numerics.errors import NumericsError
from theory.errors import DriftproofError, MissingParameterError, TheoryError
from verification.errors import VerificationError

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("theory", "numerics", "verification")

WANTED = {
    "effective_rank": "the formula in theory, its measurement on arrays in numerics",
    "normalised_distance": "the formula in theory, its measurement on arrays in numerics",
    "spectral_entropy": "the formula in theory, its measurement on arrays in numerics",
    "philox4x32": "one generator, for NumPy and for torch",
    "box_muller": "one transform, on arrays and as emitted machine code",
    "uniforms": "one transform, on arrays and as emitted machine code",
    "lookup": "one operation of the generated code, printed by each backend",
    "gamma": "one operation of the generated code, printed by each backend",
    "log_gamma": "one operation of the generated code, printed by each backend",
    "sech_squared": "one operation of the generated code, printed by each backend",
    "sign": "the sign in theory; elsewhere the operation of that name, printed by each backend",
    "stepping_kernel": "one interface, a kernel for each backend",
    "run": "what a worker calls, one in each check; the runner calls them",
}
"""Names shared on purpose, and why."""


def public_names(root: Path) -> dict[str, list[str]]:
    """Where each public function or class at module level is defined; papers may name their own things freely."""
    found: dict[str, list[str]] = {}
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):
            place = path.relative_to(root)
            if place.parts[:2] == ("verification", "papers"):
                continue
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(place.as_posix())
    return found


@functools.cache
def shared_names(root: Path) -> dict[str, list[str]]:
    """Public names that more than one file defines."""
    return {name: places for name, places in public_names(root).items() if len(set(places)) > 1}


def test_no_public_name_means_two_things():
    assert {name: places for name, places in shared_names(ROOT).items() if name not in WANTED} == {}


def test_every_exception_from_the_rule_is_still_needed():
    assert set(WANTED) - set(shared_names(ROOT)) == set()


@pytest.mark.parametrize(("place", "noticed"), [("numerics/b.py", True), ("verification/papers/p/b.py", False)])
def test_a_second_thing_of_one_name_is_noticed(tmp_path, place, noticed):
    for file in ("theory/a.py", place):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("def spread():\n    pass\n")
    assert shared_names(tmp_path) == ({"spread": ["theory/a.py", place]} if noticed else {})


@pytest.mark.parametrize("family", [TheoryError, NumericsError, VerificationError])
def test_errors_of_every_package_have_one_root(family):
    assert issubclass(family, DriftproofError)


def test_a_missing_parameter_is_one_error_in_theory_and_numerics():
    assert MissingNumber is MissingParameterError
