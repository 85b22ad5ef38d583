"""Each package of numerics maps its files in its docstring."""

from pathlib import Path

import pytest

import numerics

ROOT = Path(numerics.__file__).parent
PACKAGES = sorted(path.parent for path in ROOT.rglob("__init__.py") if path.parent.name != "schemes")


def unmapped(package: Path, text: str) -> list[str]:
    """Files and folders that ``text`` does not name."""
    files = [path.stem for path in package.glob("*.py") if path.stem != "__init__"]
    folders = [path.parent.name for path in package.glob("*/__init__.py")]
    return [name for name in files + folders if f"``{name}``" not in text]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT.parent)))
def test_the_map_of_a_package_names_every_file_in_it(package):
    text = (package / "__init__.py").read_text().split('"""')[1]
    assert unmapped(package, text) == []
    assert unmapped(package, text.replace("``", "")), "the comparison sees a map without names"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT.parent)))
def test_a_map_names_no_file_that_is_gone(package):
    text = (package / "__init__.py").read_text().split('"""')[1]
    named = [line.split("``")[1] for line in text.splitlines() if line.startswith("``")]
    assert [name for name in named if not any((package / other).exists() for other in (name, f"{name}.py"))] == []
