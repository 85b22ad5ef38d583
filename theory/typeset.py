"""Results as a notebook shows them: displayed equations, ready to be pasted into a paper."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.argument_kinds import TEXT, ArgumentKind, one_of, takes

LINES = ArgumentKind(
    "a sequence of lines of LaTeX",
    lambda value: isinstance(value, list | tuple) and all(isinstance(line, str) for line in value),
)

PAIRS = ArgumentKind(
    "a sequence of coefficients and what they stand before",
    lambda value: (
        isinstance(value, list | tuple)
        and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value)
        and all(isinstance(size, sp.Expr) and isinstance(unit, str) for size, unit in value)
    ),
)


def _is_no_nan(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isnan(value)
    return not (isinstance(value, sp.Basic | sp.MatrixBase) and value.has(sp.nan, sp.zoo))


NESTED = ArgumentKind("anything but nan that is not nested too deeply", _is_no_nan)

_SPECIAL = {character: "\\" + character for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


class Typeset:
    r"""A result that a notebook shows as displayed equations: by its own, or else field by field.

    Example:
        >>> from theory.line.charts.interval import Interval
        >>> print(Interval(0, sp.oo)._repr_latex_())
        $\displaystyle \left(0, \infty\right)$
    """

    def _equations(self) -> Sequence[str]:
        """The lines, ``&`` where they are aligned."""
        assert dataclasses.is_dataclass(self)
        values = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        shown = ((name, value_in_latex(value)) for name, value in values if not name.startswith("_"))
        return [rf"{words(name.replace('_', ' '))} &= {value}" for name, value in shown if value is not None]

    def _repr_latex_(self) -> str:
        """The equations, as a notebook shows them."""
        return displayed(list(self._equations()))


@takes(lines=LINES)
def displayed(lines: Sequence[str]) -> str:
    r"""The lines of an aligned display, one line as it is.

    Example:
        >>> print(displayed(["a &= b", "c &= d"]))
        $\displaystyle \begin{aligned}a &= b \\ c &= d\end{aligned}$
    """
    if len(lines) == 1 and "&" not in lines[0]:
        return rf"$\displaystyle {lines[0]}$"
    return r"$\displaystyle \begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}$"


@takes(terms=PAIRS)
def combination(terms: Sequence[tuple[sp.Expr, str]]) -> str:
    r"""A sum of coefficients times what they stand before, without zeros, ones and double signs.

    Example:
        >>> x = sp.Symbol("x")
        >>> print(combination([(1 - x, "dt"), (-2 * x, "dW_1"), (sp.S.Zero, "dW_2")]))
        \left(1 - x\right) dt - 2 x\,dW_1
    """
    total = ""
    for coefficient, unit in terms:
        if coefficient == 0:
            continue
        negative = coefficient.could_extract_minus_sign() and not coefficient.is_Add
        size = sp.latex(-coefficient if negative else coefficient)
        if size == "1" and unit:
            size = unit
        elif unit:
            size = rf"\left({size}\right) {unit}" if coefficient.is_Add else rf"{size}\,{unit}"
        total += (" - " if negative else " + ") if total else ("- " if negative else "")
        total += size
    return total or "0"


@takes(text=TEXT)
def words(text: str) -> str:
    r"""Words within a formula.

    Example:
        >>> print(words("100 % of x_1"))
        \text{100 \% of x\_1}
    """
    return r"\text{" + "".join(_SPECIAL.get(character, character) for character in text) + "}"


@takes(equation=TEXT, condition=one_of(Boolean, needed="a condition"))
def with_condition(equation: str, condition: Boolean) -> str:
    r"""An equation with the condition under which it holds, which is left out where it always does.

    Example:
        >>> a = sp.Symbol("a")
        >>> print(with_condition("E X &= 1", a > 0))
        E X &= 1 && \text{if } a > 0
        >>> print(with_condition("E X &= 1", sp.true))
        E X &= 1
    """
    return equation if condition == sp.true else rf"{equation} && \text{{if }} {sp.latex(condition)}"


@takes(value=NESTED)
def value_in_latex(value: Any) -> str | None:
    r"""The LaTeX of an expression, a condition, an answer, a number, or a sequence of them; ``None`` for what has none.

    Example:
        >>> print(value_in_latex((sp.Symbol("mu"), True)))
        \left(\mu, \text{yes}\right)
    """
    if isinstance(value, bool):
        return words("yes" if value else "no")
    if isinstance(value, Answer):
        return words(str(value.value))
    if isinstance(value, sp.Basic | sp.MatrixBase | int | float):
        return sp.latex(value)
    if isinstance(value, str):
        return words(value)
    if isinstance(value, Typeset):
        equations = value._equations()
        return equations[0].replace("&", "") if len(equations) == 1 else None
    if isinstance(value, tuple | list):
        return _in_brackets(map(value_in_latex, value))
    return None


def _in_brackets(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    return None if None in known else rf"\left({', '.join(map(str, known))}\right)"
