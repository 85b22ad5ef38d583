r"""Systems of linear inequalities without a solution, by exact elimination.

Each step of Fourier and Motzkin adds a positive multiple of one inequality to a positive multiple of another, so that a
variable goes; what is left in the end are inequalities between numbers. If one of them is false, the system has no
solution, and the multiples are Farkas' certificate of that.

References:
    Schrijver, *Theory of Linear and Integer Programming* (1986), section 12.2.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from theory.argument_kinds import ArgumentKind, takes
from theory.errors import ShapeError
from theory.values import shown

_MAX_ROWS = 300
"""Systems that grow beyond this many inequalities are given up."""


@dataclass(frozen=True)
class Inequality:
    """``constant + sum of coefficients times variables`` is positive, or not negative if it is not ``strict``."""

    coefficients: Mapping[Hashable, Fraction]
    constant: Fraction
    strict: bool

    def __post_init__(self) -> None:
        named = isinstance(self.coefficients, Mapping) and all(
            isinstance(value, Fraction | int) for value in self.coefficients.values()
        )
        if not (named and isinstance(self.constant, Fraction | int) and isinstance(self.strict, bool)):
            raise ShapeError(
                "coefficients must be a mapping, constant a rational number and strict True or False, got "
                f"{shown(self.coefficients)}, {shown(self.constant)}, {shown(self.strict)}."
            )

    def plus(self, other: Inequality, factor: Fraction) -> Inequality:
        """This one plus ``factor`` > 0 times the other."""
        total = dict(self.coefficients)
        for variable, value in other.coefficients.items():
            total[variable] = total.get(variable, Fraction(0)) + factor * value
        left = {variable: value for variable, value in total.items() if value}
        return Inequality(left, self.constant + factor * other.constant, self.strict or other.strict)

    @property
    def is_false(self) -> bool:
        """Whether no variable is left and the number is of the wrong sign."""
        return not self.coefficients and (self.constant < 0 or self.strict and self.constant == 0)


_ROWS = ArgumentKind(
    "a sequence of inequalities",
    lambda value: isinstance(value, list | tuple) and all(isinstance(row, Inequality) for row in value),
)


@takes(rows=_ROWS)
def has_no_solution(rows: Iterable[Inequality]) -> bool:
    """Whether elimination shows that no values of the variables satisfy all ``rows``; False says nothing.

    Example:
        >>> one = Fraction(1)
        >>> above, below = Inequality({"x": one}, -one, False), Inequality({"x": -one}, one, True)
        >>> has_no_solution([above, below]), has_no_solution([above])
        (True, False)
    """
    left = list(rows)
    while left:
        if any(row.is_false for row in left):
            return True
        variables = {variable for row in left for variable in row.coefficients}
        if not variables or len(left) > _MAX_ROWS:
            return False
        left = _without(min(variables, key=lambda variable: (_growth(left, variable), str(variable))), left)
    return False


def _growth(rows: list[Inequality], variable: Hashable) -> int:
    signs = [row.coefficients[variable] > 0 for row in rows if variable in row.coefficients]
    return sum(signs) * (len(signs) - sum(signs)) - len(signs)


def _without(variable: Hashable, rows: list[Inequality]) -> list[Inequality]:
    above = [row for row in rows if row.coefficients.get(variable, 0) > 0]
    below = [row for row in rows if row.coefficients.get(variable, 0) < 0]
    combined = [
        low.plus(high, -low.coefficients[variable] / high.coefficients[variable]) for high in above for low in below
    ]
    return [row for row in rows if variable not in row.coefficients] + combined
