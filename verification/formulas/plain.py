r"""Formulas, from LaTeX or from SymPy, as one line of Unicode."""

from __future__ import annotations

import sympy as sp

from verification.arguments import FORMULA_OR_TEXT, takes
from verification.formulas.expressions import latex
from verification.formulas.one_line import line
from verification.formulas.tree import typeset


@takes(source=FORMULA_OR_TEXT)
def unicode_math(source: str | sp.Basic | sp.MatrixBase) -> str:
    r"""A formula, given in LaTeX or as a SymPy object, as one line of Unicode.

    Raises:
        FormulaError: the LaTeX cannot be typeset.

    Example:
        >>> unicode_math(r"\frac{\theta^2}{2} - (\mu - \zeta^2)\log\theta")
        'θ²/2 − (μ − ζ²) log θ'
    """
    return line(typeset(source if isinstance(source, str) else latex(source)))
