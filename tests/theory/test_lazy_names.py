"""Names on demand are what their package lists."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix().replace("/", ".")
    for layer in ("theory", "numerics", "verification")
    for path in (ROOT / layer).rglob("__init__.py")
    if "names_on_demand(__name__" in path.read_text(encoding="utf-8")
)


def hidden(package: str) -> list[str]:
    """Names that a package offers and that a module in it has too: once loaded, the module would answer to them."""
    found = importlib.import_module(package)
    assert found.__file__ is not None
    inside = {path.stem for path in Path(found.__file__).parent.iterdir()}
    return sorted(inside & set(found.__all__))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_hides_a_name_on_demand(package):
    assert hidden(package) == []


def test_a_module_that_hides_a_name_is_noticed():
    assert hidden("theory.gradient_noise") == ["expectation"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_is_not_listed_is_refused(package):
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        importlib.import_module(package).nothing  # noqa: B018
