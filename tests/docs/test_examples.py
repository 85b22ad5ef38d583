"""Every script in docs/examples runs and returns the number it promises, and not the number of a common mistake."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.numerics.seeding import FALSE_ALARM

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
SCRIPTS = {path.stem: path for path in sorted(FOLDER.glob("*.py"))}

EXPECTED = {
    "stationary_law": (1 / 7, 1 / 8),  # s^2 / (2k), as if the noise were additive with its size at the mean
    "feller_classes": (9 / 4, 9 / 2),  # 2 kappa m = sigma^2, not kappa m = sigma^2
    "moment_equations": (
        8 / 7 - 8 / 3 * math.exp(-2) + 32 / 21 * math.exp(-7 / 2),
        (1 - math.exp(-2)) ** 2,  # the mean squared: the noise forgotten
    ),
    "ito_and_stratonovich": (math.exp(1 / 2), 1.0),
}
"""Script -> the number it returns, and what a likely mistake would return."""

SIMULATED = {
    "hitting_probability": (math.sqrt(1 / 2), 0.68),
    "collapse_in_log_coordinates": (1.0, -1.0),  # without the 1/2 sigma^2 of Itô's formula the weight grows
}
"""Script -> the exact value of what it simulates, and a value its interval must exclude."""

ELSEWHERE = {"collapse_of_neurons": "tests/docs/test_collapse_of_neurons.py"}
"""Script -> the test that runs it: it shows an effect, and has no exact value."""


def main_of(name: str) -> Callable[[], Any]:
    """The function ``main`` of a script, which is not on the import path."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", SCRIPTS[name])
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_every_example_is_checked() -> None:
    assert set(SCRIPTS) == EXPECTED.keys() | SIMULATED.keys() | ELSEWHERE.keys()
    for name, test in ELSEWHERE.items():
        assert name in (FOLDER.parent.parent / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXPECTED)
def test_example_returns_its_number(name: str) -> None:
    right, wrong = EXPECTED[name]
    found = main_of(name)()
    assert found == pytest.approx(right, rel=1e-12)
    assert found != pytest.approx(wrong, rel=1e-3)


@pytest.mark.every(2)
@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_example_agrees_with_its_formula(name: str) -> None:
    right, wrong = SIMULATED[name]
    formula, estimate = main_of(name)()
    assert formula == pytest.approx(right, rel=1e-12)
    assert estimate.agrees_with(formula, false_alarm=FALSE_ALARM)
    assert not estimate.agrees_with(wrong, false_alarm=FALSE_ALARM)
