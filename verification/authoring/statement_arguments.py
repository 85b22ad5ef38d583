"""What the builders of statements refuse: slips of the author that would otherwise be judged in silence.

A mistyped option, a formula in quotes, or a domain without points must not end as a verdict on the paper.
"""

from __future__ import annotations

import difflib
import functools
import numbers
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.ito import ItoDifferential, ItoProcess
from theory.values import shown
from verification.errors import ClaimError
from verification.forms import Bound, Comparison, Expansion, Experiment, Form, Identity, Region, StationaryDensity

T = TypeVar("T")

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


def one_or_more(statement: str, name: str, given: Any, kind: type[T]) -> tuple[T, ...]:
    """Experiments, or comparisons; one of them needs no list around it.

    Raises:
        ClaimError: something in it is neither.
    """
    several = (given,) if isinstance(given, kind) else given
    if not isinstance(several, Sequence) or not all(isinstance(each, kind) for each in several):
        raise ClaimError(
            f"{name} of statement {statement!r} must be a list of what `{_MAKERS[kind]}` returns, got {given!r:.60}."
        )
    return tuple(several)


_MAKERS = {Experiment: "measured` or `simulated", Comparison: "compared"}


def said(statement: str, says: str, remark: bool | str) -> tuple[str, bool]:
    """What a statement says in words, and whether it counts: a remark, which may be the words themselves, does not.

    Raises:
        ClaimError: the words are given twice.
    """
    if says and isinstance(remark, str):
        raise ClaimError(
            f"statement {statement!r} says {says!r:.40} and remarks {remark!r:.40}. Give one text: says='...' with "
            "remark=True, or remark='...'."
        )
    return (remark, False) if isinstance(remark, str) else (says, not remark)


def refuse_no_mapping(statement: str, name: str, given: Any) -> None:
    """Refuse what is no mapping: near misses go by what is wrong with them, abbreviations by their symbols."""
    if not isinstance(given, Mapping):
        raise ClaimError(
            f"{name} of statement {statement!r} must be a mapping, {_KEYS[name]} -> formula, got {given!r:.60}."
        )


_KEYS = {"wrong": "what is wrong with it", "where": "abbreviation"}


_FORMULA = (sp.Expr, sp.MatrixBase, ItoProcess, ItoDifferential, tuple, list, numbers.Number)
_RETURNED = {
    "a formula": _FORMULA,
    "a condition": (Boolean, bool),
    "an expression": (sp.Expr, numbers.Number),
    "an ItoProcess": (ItoProcess,),
}


def derived_once(function: Callable[[], Any], asked: str) -> Callable[[], Any]:
    """``function``, called when somebody first asks, with what it returns looked at: one of ``_RETURNED`` is asked for.

    Raises:
        ClaimError: when it is called and returns something else.
    """

    @functools.cache
    @functools.wraps(function)
    def value() -> Any:
        found = function()
        if found is None:
            raise ClaimError("the derivation returned None, which is no formula. Does its function lack a return?")
        if not isinstance(found, _RETURNED[asked]):
            raise ClaimError(f"the derivation must return {asked}, got {shown(found)}. Text is not read.")
        return found

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


def refuse_no_formula(
    statement: str, form: Form, candidates: Mapping[str, Any], abbreviations: Mapping[Any, Any]
) -> None:
    """Refuse what no check could judge as it was meant: text, lists, floats, orders, nan, equations.

    A function of nothing is not called, and other definitions of the abbreviations are looked at one by one.
    """
    for name, written in candidates.items():
        if isinstance(written, Mapping):
            refuse_no_formula(statement, form, {}, written)
            continue
        what = f"{name} of statement {statement!r}"
        _refuse_inexact(what, form, written)
        if isinstance(form, Region) and isinstance(written, sp.Expr) and not isinstance(written, sp.Symbol):
            raise ClaimError(f"{what} is the formula {written}, but a condition is asked for: {written} > 0?")
        if isinstance(form, FORMULAS) and isinstance(written, Relational):
            raise ClaimError(
                f"{what} is the relation {written}, but a formula is asked for. Give its right side, with the left one "
                "in LaTeX; conditions are judged by holds_when."
            )
    for symbol, meaning in abbreviations.items():
        _refuse_inexact(f"the abbreviation {symbol} of statement {statement!r}", form, meaning)


def _refuse_inexact(what: str, form: Form, value: Any) -> None:
    if isinstance(value, str):
        raise ClaimError(
            f"{what} is the text {value!r}. Give a SymPy expression in the symbols of the derivation; a symbol parsed "
            "from text would lack their assumptions."
        )
    if isinstance(value, list | tuple):
        raise ClaimError(f"{what} is a list. Give sp.Matrix([...]) of its entries.")
    if not isinstance(form, SYMBOLIC):
        return
    floats = sorted({f"{float(part):.15g}" for part in _floats(value)})
    if floats:
        raise ClaimError(
            f"{what} holds the float {floats[0]}, which is judged to the last bit. "
            "Write it exactly: sp.Rational(1, 2) for 0.5."
        )
    if isinstance(value, sp.Basic | sp.MatrixBase) and value.has(sp.Order):
        order = next(iter(value.atoms(sp.Order)))
        raise ClaimError(
            f"{what} holds {order}, which is no formula. Leave it out, as value.removeO() does; agrees_to_order says "
            "to which order the rest is meant."
        )
    if isinstance(value, sp.Basic | sp.MatrixBase) and value.has(sp.nan):
        raise ClaimError(f"{what} is {value}: it holds nan, which equals nothing.")


def _floats(value: Any) -> Iterator[Any]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, sp.Basic | sp.MatrixBase):
        yield from value.atoms(sp.Float)
