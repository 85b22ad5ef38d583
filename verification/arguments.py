"""The border of ``verification``: arguments of the wrong kind are refused by name; see :mod:`theory.argument_kinds`."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import sympy as sp

from theory.argument_kinds import ArgumentKind, doorkeeper, one_of
from theory.values import shown
from verification.errors import KindError

takes = doorkeeper(KindError)
"""Decorator for inner functions: :data:`theory.argument_kinds.takes`, with the error of this package."""


def is_finite(value: Any) -> bool:
    """Whether ``value`` is a real number of Python or NumPy and finite; truth values are none."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:  # beyond what floats reach
        return False


def _is_json(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    if isinstance(value, Mapping):
        return all(isinstance(name, str) for name in value) and all(map(_is_json, value.values()))
    return value is None or isinstance(value, str | int | bool)


FORMULA = ArgumentKind(
    "an expression, a condition or a matrix of SymPy",
    lambda value: isinstance(value, sp.Basic | sp.MatrixBase) and value is not sp.nan and value is not sp.zoo,
)
FORMULA_OR_TEXT = ArgumentKind(
    f"LaTeX, or {FORMULA.needed}", lambda value: isinstance(value, str) or FORMULA.admits(value)
)
DEFINITIONS = ArgumentKind(
    "a mapping of abbreviations to what they stand for, or None",
    lambda value: (
        value is None
        or isinstance(value, Mapping)
        and all(isinstance(side, sp.Basic | sp.MatrixBase) for pair in value.items() for side in pair)
    ),
)
FINITE = ArgumentKind("a finite real number", is_finite)
NOT_NEGATIVE = ArgumentKind("a finite number, 0 or more", lambda value: is_finite(value) and value >= 0)
JSON = ArgumentKind("numbers, text, truth values and None, in lists and mappings of text", _is_json)


@takes(kind=one_of(ArgumentKind, needed="an ArgumentKind"))
def of_kind(kind: ArgumentKind, value: Any, name: str) -> None:
    """Refuse a ``value`` that is not of ``kind``.

    Raises:
        KindError: it is not; the sentence begins with ``name``.

    Example:
        >>> of_kind(JSON, {"label": "density"}, "arguments")
    """
    if not kind.admits(value):
        raise KindError(f"{name} must be {kind.needed}, got {shown(value)}.")
