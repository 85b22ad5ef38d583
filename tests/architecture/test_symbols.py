"""One name, one symbol in each file: two symbols of one name and different assumptions silently fail to cancel.

Papers are left out: where a page uses one letter for two things, its claims do so too, and give each its own symbol.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

import pytest
import sympy as sp

import numerics
import theory
from theory import notation


def modules(package) -> Iterator[str]:
    """Dotted names of all modules of a package."""
    return (found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))


def two_of_one_name(namespace: Mapping[str, object]) -> list[str]:
    """Names that belong to more than one of the symbols that a file defines or imports."""
    symbols: set[sp.Symbol] = {value for value in namespace.values() if isinstance(value, sp.Symbol)}
    names = [symbol.name for symbol in symbols]
    return sorted({name for name in names if names.count(name) > 1})


@pytest.mark.parametrize("package", [theory, numerics], ids=lambda package: package.__name__)
def test_no_file_uses_two_symbols_of_one_name(package):
    found = {name: two_of_one_name(vars(importlib.import_module(name))) for name in modules(package)}
    assert len(found) > 30
    assert {name: names for name, names in found.items() if names} == {}


def test_a_second_symbol_of_one_name_is_noticed():
    assert two_of_one_name({"mu": notation.mu, "m": sp.Symbol("mu", positive=True)}) == ["mu"]
    assert two_of_one_name({"mu": notation.mu, "m": sp.Symbol("mu", real=True), "k": notation.k}) == []
