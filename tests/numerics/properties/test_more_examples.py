"""Every property of this folder once more, for more models than CI has time for."""

import importlib
from pathlib import Path

import pytest

from tests.numerics.properties.decision import LONG_RUNS

for path in sorted(Path(__file__).parent.glob("test_*.py")):
    if path.stem != Path(__file__).stem:
        importlib.import_module(f"tests.numerics.properties.{path.stem}")


def test_every_module_of_the_folder_has_a_property_here():
    modules = {run.__module__.rsplit(".", 1)[-1] for run in LONG_RUNS.values()}
    assert modules == {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).stem}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LONG_RUNS))
def test_the_property_holds_in_more_models(name):
    LONG_RUNS[name]()
