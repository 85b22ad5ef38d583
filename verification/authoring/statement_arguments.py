"""What the builders of statements refuse: slips of the author that would otherwise be judged in silence.

A mistyped option, a formula in quotes, or a domain without points must not end as a verdict on the paper.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from verification.errors import ClaimError
from verification.forms import Bound, Expansion, Form, Identity, Region, StationaryDensity

SYMBOLIC = (Identity, Expansion, StationaryDensity, Region, Bound)
"""Forms that are decided in exact arithmetic."""

FORMULAS = (Identity, Expansion, StationaryDensity, Bound)
"""Forms whose candidates are expressions or matrices of them, and no conditions."""


def refuse_unknown(statement: str, given: Collection[str], known: Collection[str]) -> None:
    """Refuse options that no statement has: a mistyped ``domain=`` would be left out of the question."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}=?" if near else f"There are {', '.join(sorted(known))}."
            raise ClaimError(f"statement {statement!r} has no option {name}=. {hint}")


def refuse_value(statement: str, name: str, function: Any) -> None:
    """Refuse a value where a function of nothing is asked for, which is called when somebody first asks."""
    if not callable(function) or isinstance(function, sp.Basic):
        raise ClaimError(
            f"{name} of statement {statement!r} must be a function of nothing, got {function!r}. "
            "Give a function that returns it when it is called."
        )


def derived_value(function: Callable[[], Any]) -> Any:
    """What a derivation returns.

    Raises:
        ClaimError: it returns nothing.
    """
    value = function()
    if value is None:
        raise ClaimError("the derivation returned None, which is no formula. Does its function lack a return?")
    return value


def checked_domain(statement: str, domain: Any) -> tuple[Boolean, ...]:
    """The conditions of a domain, one by one.

    Raises:
        ClaimError: it is one condition and no list, something in it is no condition, or one is false everywhere.
    """
    if isinstance(domain, Boolean) or not isinstance(domain, Sequence) or isinstance(domain, str):
        raise ClaimError(f"domain of statement {statement!r} must be a list of conditions, got {domain}.")
    conditions = tuple(sp.true if condition is True else condition for condition in domain)
    for number, condition in enumerate(conditions, start=1):
        if condition in (False, sp.false):
            raise ClaimError(
                f"the domain of statement {statement!r} is empty: its condition {number} is false under the "
                "assumptions of its symbols. Correct it, or the assumptions."
            )
        if not isinstance(condition, Boolean):
            raise ClaimError(f"domain of statement {statement!r} holds {condition!r}, which is no condition.")
    return conditions


def refuse_no_formula(statement: str, form: Form, candidates: Mapping[str, Any]) -> None:
    """Refuse candidates that no check could judge as what was meant: text, equations, floats, nan.

    A function of nothing is not called, and a mapping is looked at value by value.
    """
    for name, written in candidates.items():
        for value in written.values() if isinstance(written, Mapping) else (written,):
            if isinstance(value, str):
                raise ClaimError(
                    f"{name} of statement {statement!r} is the text {value!r}. Give a SymPy expression in the symbols "
                    "of the derivation; a symbol parsed from text would lack their assumptions."
                )
            if isinstance(form, SYMBOLIC):
                _refuse_inexact(statement, name, value)
            if isinstance(form, FORMULAS) and isinstance(value, Relational):
                raise ClaimError(
                    f"{name} of statement {statement!r} is the relation {value}, but a formula is asked for. "
                    "Give its right side, with the left one in LaTeX; conditions are judged by holds_when."
                )


def _refuse_inexact(statement: str, name: str, value: Any) -> None:
    floats = sorted({f"{float(part):.15g}" for part in _floats(value)})
    if floats:
        raise ClaimError(
            f"{name} of statement {statement!r} holds the float {floats[0]}, which is judged to the last bit. "
            "Write it exactly: sp.Rational(1, 2) for 0.5."
        )
    if isinstance(value, sp.Basic | sp.MatrixBase) and value.has(sp.nan):
        raise ClaimError(f"{name} of statement {statement!r} is {value}: it holds nan, which equals nothing.")


def _floats(value: Any) -> Iterator[Any]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, sp.Basic | sp.MatrixBase):
        yield from value.atoms(sp.Float)
