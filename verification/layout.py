"""Text for a terminal: blocks of words, formulas, listings and programs, none wider than 80 columns."""

from __future__ import annotations

import enum
import re
import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.argument_kinds import TEXT, one_of, whole
from verification.arguments import of_kind, takes
from verification.formulas import two_dimensional, unicode_math

COLUMNS = 80
"""Width that nothing exceeds."""

INDENT = "    "


class PassageKind(enum.Enum):
    """How a block is shown."""

    TEXT = "running text"
    LISTING = "lines that stand as they are"
    PYTHON = "Python code"


_KIND = one_of(PassageKind, needed="a PassageKind")


@dataclass(frozen=True)
class Passage:
    """A piece of a stage."""

    text: str
    kind: PassageKind = PassageKind.TEXT

    def __post_init__(self) -> None:
        of_kind(TEXT, self.text, "text")
        of_kind(_KIND, self.kind, "kind")


@takes(block=one_of(Passage, needed="a Passage"), columns=whole(8, 10_000))
def laid_out(block: Passage, columns: int = COLUMNS) -> str:
    """The lines of a block, those too long continued on indented lines.

    Example:
        >>> print(laid_out(Passage("  one two three four"), columns=12))
          one two
              three
              four
    """
    return "\n".join(part for line in block.text.rstrip().splitlines() for part in _folded(line, columns))


def formula_passage(form: Any) -> Passage:
    """A formula set in two dimensions where it fits, otherwise in lines of Unicode, a matrix row by row."""
    # SymPy's printer would read the ^T in the name of a product of matrices as a superscript to be split off.
    named = {symbol: sp.Symbol(symbol.name.replace("^T", "ᵀ")) for symbol in form.free_symbols if "^T" in symbol.name}
    shown = two_dimensional(form.xreplace(named))
    if max(map(width, shown.splitlines())) + len(INDENT) > COLUMNS:
        shown = "\n".join(_rows(form)) if isinstance(form, sp.MatrixBase) else unicode_math(form)
    return Passage(textwrap.indent(shown, INDENT), PassageKind.LISTING)


def width(text: str) -> int:
    """Columns that ``text`` takes: combining marks take none."""
    return sum(not unicodedata.combining(letter) for letter in text)


def _rows(matrix: sp.MatrixBase) -> Iterator[str]:
    for i in range(matrix.rows):
        row = ", ".join(unicode_math(entry) for entry in matrix.row(i))
        yield ("[" if i == 0 else " ") + row + ("]" if i == matrix.rows - 1 else ";")


def _folded(line: str, columns: int) -> list[str]:
    if width(line) <= columns:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    breakable = re.sub(rf"\S{{{columns - len(indent)},}}", _with_breaks, line.strip())
    return textwrap.wrap(
        breakable,
        columns,
        initial_indent=indent,
        subsequent_indent=indent + INDENT,
        break_on_hyphens=False,
        break_long_words=True,
        replace_whitespace=False,
    )


def _with_breaks(word: re.Match[str]) -> str:
    """A dotted path in two, its module and its name, where it is too long for a line."""
    return word[0].replace(":", ": ", 1)
