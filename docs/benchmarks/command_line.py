"""What the command lines of the benchmarks share. It imports nothing of the package: some scripts time its import."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection


def chosen(doc: str, kind: str, names: Collection[str]) -> list[str]:
    """The names on the command line, all of them by default; others are refused with the list."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    known = ", ".join(map(repr, names))
    parser.add_argument("names", nargs="*", metavar=kind, help=f"all by default: {known}".replace("%", "%%"))
    given = parser.parse_args().names
    for name in given:
        if name not in names:
            parser.error(f"there is no {kind} {name!r}. Those there are: {known}")
    return given or list(names)


def sized(parser: argparse.ArgumentParser, option: str) -> argparse.Namespace:
    """The options of the command line; ``option`` must be positive, and a file for numbers must have a folder."""
    given = parser.parse_args()
    if getattr(given, option) < 1:
        parser.error(f"--{option} must be at least 1, got {getattr(given, option)}")
    file = getattr(given, "json", None)
    if file and not os.path.isdir(os.path.dirname(file) or "."):
        parser.error(f"--json must be a file in a folder that is there, got {file}")
    return given
