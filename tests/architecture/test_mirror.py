"""The folders of the tests mirror those of the packages, so that the tests of a file are found from its path."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("theory", "numerics", "verification")

TOPICS = {"numerics/properties": "theory, simulation and real SGD on models that are drawn at random"}
"""Folders of tests about several packages at once, and what they hold."""


def without_package(root: Path) -> list[str]:
    """Folders with tests under ``tests/<layer>`` that are no folder of the layer with Python files in it."""
    folders = {path.parent for layer in LAYERS for path in (root / "tests" / layer).rglob("test_*.py")}
    places = sorted(folder.relative_to(root / "tests").as_posix() for folder in folders)
    return [place for place in places if place not in TOPICS and not list((root / place).glob("*.py"))]


def test_every_folder_of_tests_has_a_package():
    assert without_package(ROOT) == []


def test_every_package_at_the_top_of_a_layer_has_a_folder_of_tests():
    packages = [init.parent for layer in LAYERS for init in (ROOT / layer).glob("*/__init__.py")]
    assert len(packages) > 20
    bare = [place for place in packages if not list((ROOT / "tests" / place.relative_to(ROOT)).rglob("test_*.py"))]
    assert [place.relative_to(ROOT).as_posix() for place in bare] == []


def test_every_topic_is_still_needed():
    assert all(list((ROOT / "tests" / topic).glob("test_*.py")) and not (ROOT / topic).exists() for topic in TOPICS)


@pytest.mark.parametrize(("place", "missing"), [("line", []), ("lines", ["theory/lines"])])
def test_a_folder_of_tests_that_outlived_its_package_is_noticed(tmp_path, place, missing):
    for file in ("theory/line/diffusion.py", f"tests/theory/{place}/test_diffusion.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    assert without_package(tmp_path) == missing
