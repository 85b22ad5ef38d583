"""The example script: the independent share falls with the learning rate; its evidence is complete."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tests.numerics.seeding import FALSE_ALARM

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "collapse_of_neurons.py"


@pytest.fixture(scope="module")
def example() -> Any:
    spec = importlib.util.spec_from_file_location("example_collapse_of_neurons", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow  # by day: the evidence that it has left
def test_the_share_falls_from_the_smallest_to_the_largest_learning_rate(example):
    none, fall = example.main()
    assert fall.value > 0
    assert not fall.agrees_with(none, false_alarm=FALSE_ALARM)


def test_the_picture_and_the_table_show_every_setting_of_the_evidence(example, tmp_path, capsys):
    evidence = json.loads((example.EVIDENCE / "collapse_of_neurons.json").read_text())
    assert list(evidence["results"]) == list(evidence["settings"]) == list(example.SETTINGS)
    example.draw(evidence["results"], tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").stat().st_size > 5000
    for name, rows in evidence["results"].items():
        assert [row["learning rate"] for row in rows] == evidence["settings"][name]["learning_rates"]
        example.table(name, rows)
    assert capsys.readouterr().out.count("0.05 ") == len(example.SETTINGS)
