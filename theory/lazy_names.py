"""Public names of a package that are imported when they are first used.

A package's ``__init__.py`` lists its names once, as imports for readers and type checkers under ``TYPE_CHECKING``; at
run time a name is looked up in that list when it is first wanted, so that ``import theory`` alone loads nothing, and a
command that only lists claims never waits for SymPy.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def names_on_demand(package: str, file: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: imports a name from the module that its ``__init__.py``, ``file``, says.

    Raises:
        AttributeError: on use, for a name that is not listed there.
    """
    homes: dict[str, str] = {}

    def imported(name: str) -> Any:
        if not homes:
            imports = (
                node for node in ast.walk(ast.parse(Path(file).read_bytes())) if isinstance(node, ast.ImportFrom)
            )
            homes.update({alias.name: node.module or "" for node in imports for alias in node.names})
        if name.startswith("__") or name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return imported
