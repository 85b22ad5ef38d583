"""What samplers share: exact numbers in strings, the precision of a stage."""

from __future__ import annotations

import sympy as sp

from verification.claim import Draw


def number(text: str) -> float:
    """A float from an exact rational in a string."""
    return float(sp.Rational(text))


def precision(draw: Draw) -> str:
    """float64 throughout in the second stage."""
    return "mixed" if draw.refinement == 1 else "float64"
