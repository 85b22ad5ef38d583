"""Python text without the bodies of its functions: what a list of claims reads, in a third of the time."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from verification.errors import SourceError

_HEAD = re.compile(r"(async )?def |class ")
_DOCSTRING = re.compile(r"""\s+[rR]?(\"{3}|'{3})""")
_QUOTES = ('"""', "'''")


def syntax_tree(text: str, path: Path, *, outlined: bool) -> ast.Module:
    """The text of ``path`` taken apart; ``outlined``, which is for text known to be Python, without its functions.

    In files that a user is writing, mistakes are to be told at once, wherever they stand.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    if outlined:
        with contextlib.suppress(SyntaxError, ValueError):
            return ast.parse(outline(text), str(path))
    return ast.parse(text, str(path))


def outline(text: str) -> str:
    r'''``text`` without the bodies of its top-level functions, all but docstrings; lines keep their numbers.

    Text in an unusual shape may come out as no Python, or with a declaration too few: who needs all of them reads the
    whole where the number differs.

    Raises:
        SourceError: ``text`` is no text.

    Example:
        >>> print(outline('def f(x):\n    """The square."""\n    return x**2\n\nx = f(2)'))
        def f(x):
            """The square."""
        <BLANKLINE>
        <BLANKLINE>
        x = f(2)
    '''
    if not isinstance(text, str):
        raise SourceError(f"text must be the text of a Python file, got a value of type {type(text).__name__}.")
    lines, kept, i = text.split("\n"), [], 0
    while i < len(lines):
        if not _HEAD.match(lines[i]):
            kept.append(lines[i])
            i += 1
            continue
        end = _end_of_docstring(lines, _end_of_head(lines, i))
        kept += lines[i:end]
        i = end
        if i < len(lines) and kept[-1].rstrip().endswith(":"):
            kept.append(re.sub(r"\S.*", "...", lines[i]) or "    ...")
            i += 1
        after = _end_of_body(lines, i)
        kept += [""] * (after - i)
        i = after
    return "\n".join(kept)


def _end_of_head(lines: Sequence[str], i: int) -> int:
    while i < len(lines) and not lines[i].rstrip().endswith(":"):
        i += 1
    return i + 1


def _end_of_docstring(lines: Sequence[str], i: int) -> int:
    found = _DOCSTRING.match(lines[i]) if i < len(lines) else None
    if found is None:
        return i
    rest = lines[i][found.end() :]
    while i < len(lines) and found[1] not in rest:
        i += 1
        rest = lines[i] if i < len(lines) else ""
    return i + 1


def _end_of_body(lines: Sequence[str], i: int) -> int:
    inside = False
    while i < len(lines) and (inside or lines[i][:1] in ("", " ", "\t")):
        inside ^= sum(map(lines[i].count, _QUOTES)) % 2 == 1
        i += 1
    return i
