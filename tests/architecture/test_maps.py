"""A file of the packages is named in its package's map, the docstring of its ``__init__``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("theory", "numerics", "verification")


def unnamed(root: Path) -> list[str]:
    """Files and sub-packages that the map of their package does not name as ````name````; papers map themselves."""
    missing = []
    for layer in LAYERS:
        for init in sorted((root / layer).rglob("__init__.py")):
            folder = init.parent
            if folder.relative_to(root).parts[:2] == ("verification", "papers"):
                continue
            text = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
            modules = [path for path in folder.glob("*.py") if not path.name.startswith("__")]
            packages = [path.parent for path in folder.glob("*/__init__.py")]
            missing += [
                path.relative_to(root).as_posix()
                for path in sorted([*modules, *packages])
                if f"``{path.stem}``" not in text
            ]
    return missing


def test_every_file_is_named_in_the_map_of_its_package():
    assert unnamed(ROOT) == []


@pytest.mark.parametrize(("text", "missing"), [("The ``a``.", ["theory/b.py"]), ("``a``, ``b``", [])])
def test_a_file_that_is_left_out_is_noticed(tmp_path, text, missing):
    (tmp_path / "theory").mkdir()
    (tmp_path / "theory/__init__.py").write_text(f'"""{text}"""\n')
    for name in "ab":
        (tmp_path / f"theory/{name}.py").write_text("")
    assert unnamed(tmp_path) == missing
