"""What the command and a worker load before they begin: what nobody asked for costs everybody seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from verification.run.pool import PRELOAD

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "matplotlib", "llvmlite", "sklearn", "scipy.stats", "scipy.optimize", "scipy.integrate"}

COMMAND = "from verification.cli import main; main({arguments})"
PRELOADED = f"import importlib, contextlib\nfor name in {PRELOAD}: importlib.import_module(name)\n"
ALL_CLAIMS = "from verification.registry import claims; claims()"


def loaded_by(program: str) -> set[str]:
    """The modules that a new process has imported when ``program`` is done."""
    answer = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return set(answer.stderr.split())


def test_a_list_of_claims_loads_no_library():
    loaded = loaded_by(COMMAND.format(arguments=["list"]))
    assert "verification.registry" in loaded
    assert not loaded & {*HEAVY, "sympy", "numpy", "scipy", "multiprocessing", "rich"}


def test_following_a_claim_loads_neither_its_heavy_libraries_nor_the_units_of_physics_nor_another_paper():
    loaded = loaded_by(COMMAND.format(arguments=["follow", "SC-031"]))
    assert "verification.papers.stochastic_collapse.attraction.double_well" in loaded
    assert not loaded & {*HEAVY, "sympy.physics", "rich"}
    assert not any(name.startswith("verification.papers.saddle_to_saddle") for name in loaded)


MEASURED_WITH = (
    "attraction.double_well",
    "neurons.deep_networks",
    "neurons.two_neurons",
    "teacher_student.learning_rate_drop",
)
"""Modules of claims whose measurements need heavy libraries, and the one of SC-031, which needs none."""


@pytest.fixture(scope="module")
def in_a_worker() -> set[str]:
    """What a worker has loaded when it begins the first task of one claim after another of the first paper."""
    paper = "verification.papers.stochastic_collapse"
    return loaded_by(PRELOADED + "\n".join(f"import {paper}.{module}" for module in MEASURED_WITH))


def test_a_worker_imports_no_second_paper_for_claims_of_the_first(in_a_worker):
    assert "verification.papers.stochastic_collapse.attraction.double_well" in in_a_worker
    assert not any(name.startswith("verification.papers.saddle_to_saddle") for name in in_a_worker)


def test_a_worker_begins_a_claim_without_the_libraries_that_only_measurements_need(in_a_worker):
    assert {"sympy", "numpy"} <= in_a_worker
    assert not in_a_worker & HEAVY


@pytest.mark.slow
def test_no_claim_loads_a_heavy_library_before_it_is_judged():
    assert not loaded_by(ALL_CLAIMS) & HEAVY
