r"""The shorthand in which claims are written: one call a statement.

.. code-block:: python

    paper = Paper("doe2020noise", title="On noise", experiments=20)


    @paper.claim("DOE-007", "Eq. (7)", symbols={k: "curvature", s: "noise"}, grade=Grade.WRONG)
    def stationary_variance():
        '''Variance of the stationary law.'''
        yield equals(
            r"variance: $\operatorname{Var}\theta$",
            printed=s**2 / k,
            derived=lambda: stationary_density(process).variance,
            corrected=s**2 / (2 * k),
            wrong={"noise per batch taken for noise per sample": s**2 / (2 * k * B)},
        )

A statement begins with its name and the left side of the formula that it completes; where they are made in a loop, the
left side is an argument of its own, ``equals(name, left, ...)``. Generic near misses (a factor 2, a sign, an exponent,
a lost term, two symbols exchanged) are made by machine from the right form; ``wrong`` holds those with a story.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypedDict, Unpack

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ItoDifferential, ItoProcess
from verification.authoring import predictions
from verification.authoring.statement_arguments import (
    checked_domain,
    derived_once,
    one_or_more,
    refuse_no_formula,
    refuse_no_mapping,
    refuse_unknown,
    refuse_value,
    said,
)
from verification.claim import Abbreviations, Grade, Kind, Paper, Source, Statement, Written
from verification.errors import ClaimError
from verification.forms import (
    Bound,
    Candidate,
    Comparison,
    Expansion,
    Experiment,
    Figure,
    Form,
    Identity,
    Invariance,
    Numerical,
    Region,
    StationaryDensity,
)

__all__ = [
    "Grade",
    "Kind",
    "Paper",
    "Source",
    "agrees",
    "agrees_to_order",
    "bounds",
    "compared",
    "equals",
    "holds_when",
    "is_kept",
    "is_stationary",
    "measured",
    "reproduces",
    "sde",
    "table",
    "under",
]


class Common(TypedDict, total=False):
    """What every statement may say besides its form; see :class:`verification.claim.Statement`.

    A statement with ``remark`` is reported and does not decide the verdict; ``remark="..."`` also says what ``says``
    would. One experiment, or one comparison, needs no list around it.
    """

    wrong: Mapping[str, Written]
    says: str
    where: Abbreviations
    corrected: Written | None
    corrected_says: str
    read_as: Written | None
    domain: Sequence[Boolean]
    measured: Experiment | Sequence[Experiment]
    compared: Comparison | Sequence[Comparison]
    remark: bool | str
    convention: str
    mutated: bool


def equals(
    name: str,
    left: str = "",
    *,
    printed: Written,
    derived: Callable[[], Any],
    modulo: Callable[[sp.Expr], sp.Expr] | None = None,
    **rest: Unpack[Common],
) -> Statement:
    """``left = printed``, judged against ``derived()``; a process or differential stands for drift and dispersion."""
    refuse_value(name, "derived", derived)
    return _statement(name, left, Identity(_Side(derived), modulo), printed, rest)


def agrees_to_order(
    name: str,
    left: str = "",
    *,
    printed: Written,
    derived: Callable[[], Any],
    small: sp.Symbol,
    order: int,
    at: Any = 0,
    **rest: Unpack[Common],
) -> Statement:
    """``left = printed`` up to and including ``small**order``, as ``small`` tends to ``at`` (``sp.oo`` is allowed)."""
    refuse_value(name, "derived", derived)
    place = sp.Integer(at) if type(at) is int else at
    return _statement(name, left, Expansion(_Side(derived), small, order, place), printed, rest)


def is_stationary(
    name: str,
    left: str = "",
    *,
    printed: Written,
    process: Callable[[], ItoProcess],
    normalisable: bool = True,
    without_current: bool = False,
    **rest: Unpack[Common],
) -> Statement:
    """The printed density, up to its constant, is a stationary law of ``process()``.

    With ``normalisable=False`` its integral is not asked for; ``without_current`` asks for a current that is 0.
    """
    refuse_value(name, "process", process)
    form = StationaryDensity(
        derived_once(process, "an ItoProcess"), normalisable=normalisable, without_current=without_current
    )
    return _statement(name, left, form, printed, rest)


def holds_when(
    name: str, left: str = "", *, printed: Written, derived: Callable[[], Boolean], **rest: Unpack[Common]
) -> Statement:
    """The printed condition on the parameters is true exactly where ``derived()`` is."""
    refuse_value(name, "derived", derived)
    return _statement(name, left, Region(derived_once(derived, "a condition")), printed, rest)


def bounds(
    name: str,
    left: str = "",
    *,
    printed: Written,
    exact: Callable[[], sp.Expr],
    relation: str = "<=",
    **rest: Unpack[Common],
) -> Statement:
    """``exact() <= printed`` (or another ``relation``) everywhere on the domain."""
    refuse_value(name, "exact", exact)
    return _statement(name, left, Bound(derived_once(exact, "an expression"), relation), printed, rest)


def agrees(name: str, left: str = "", *, printed: Written, **rest: Unpack[Common]) -> Statement:
    """No symbolic judge: what is ``compared`` and ``measured`` decides."""
    return _statement(name, left, Numerical(), printed, rest)


def is_kept(
    name: str,
    left: str = "",
    *,
    printed: Any,
    escaping: Callable[[Any], sp.MatrixBase],
    run: Callable[[Any], Mapping[str, Any]] | None = None,
    tolerance: float = 0.0,
    **rest: Unpack[Common],
) -> Statement:
    """The printed set is kept by SGD: nothing is ``escaping``, and no ``run`` of SGD leaves it."""
    refuse_value(name, "escaping", escaping)
    return _statement(name, left, Invariance(escaping, run, tolerance), printed, rest)


def reproduces(
    name: str,
    left: str = "",
    *,
    printed: Written,
    measure: Callable[[Mapping[str, Any]], Any],
    parts: Sequence[Mapping[str, Any]],
    summarise: Callable[[list[Any]], Mapping[str, Any]],
    pictures: Callable[..., list[Any]] | None = None,
    **rest: Unpack[Common],
) -> Statement:
    """A feature of a figure lies where it is printed, when the figure is measured again."""
    return _statement(name, left, Figure(measure, tuple(parts), summarise, pictures), printed, rest)


def under(
    conventions: Mapping[str, Mapping[str, Any]],
    builder: Callable[..., Statement],
    name: str,
    left: str = "",
    **rest: Any,
) -> Iterator[Statement]:
    """One statement judged under several declared conventions, each with a verdict of its own.

    Args:
        conventions: Name of the convention, e.g. ``Itô``, ``noise per sample``, ``without replacement`` -> the
            arguments of ``builder`` that go with it, as a rule ``{"derived": function}``.
        builder: One of the builders above.
        name: Name of the statement; the convention is added to it.
        left: As for the builder.
        rest: What all conventions share.

    The claim holds if the statement holds under one of the conventions, and the verdict names it.
    """
    name, left = _name_and_left(name, left)
    for convention, own in conventions.items():
        yield builder(f"{name} ({convention})", left, convention=convention, **{**rest, **own})


def measured(
    sampler: Callable[..., Any],
    predicted: Callable[[Any], Any] | None = None,
    *,
    at: Mapping[sp.Symbol, str] | None = None,
    name: str = "",
    variation: float | None = None,
    skewness: float | None = None,
    absolute: float | None = None,
    **arguments: Any,
) -> Experiment:
    """A Monte Carlo check at one point: ``sampler(arguments, draw)`` against ``predicted(candidate)``.

    ``at`` gives symbols their exact values: to the sampler by their names, beside the other arguments, and to the
    candidate, which then predicts its own value there. Without both, it predicts itself. Variation and skewness of a
    sample, which set the number of samples, are found by a pilot run.
    """
    arguments = {symbol.name: value for symbol, value in (at or {}).items()} | arguments
    named = name or _named(sampler, arguments)
    return Experiment(named, sampler, arguments, predicted or predictions.at(at or {}), variation, skewness, absolute)


def compared(
    name: str,
    evaluator: Callable[[Mapping[str, Any]], tuple[float, float]],
    predicted: Callable[[Any, Mapping[str, Any]], Any],
    *points: Mapping[str, Any],
    tolerance: float = 1e-3,
) -> Comparison:
    """A second deterministic opinion ``evaluator(point)`` against ``predicted(candidate, point)``."""
    return Comparison(name, evaluator, points, predicted, tolerance)


def table(names: str, *rows: str) -> tuple[dict[str, Any], ...]:
    """Points of a comparison, one a row: ``table("k x", "-2/5 1/2", "0 1")``.

    Raises:
        ClaimError: a row has not one value for each name.
    """
    for row in rows:
        if len(row.split()) != len(names.split()):
            raise ClaimError(f"a table of {names!r} needs one value for each of them in every row, got {row!r}.")
    return tuple(dict(zip(names.split(), row.split(), strict=True)) for row in rows)


def sde(drift: Any, dispersion: Any) -> sp.MatrixBase:
    """A scalar stochastic differential equation as a candidate: its drift and dispersion."""
    return sp.Matrix([drift, dispersion])


class _Side:
    """A derivation whose result is brought to the shape in which candidates are written.

    It is carried out once in a process, however many candidates are held against it.
    """

    def __init__(self, derived: Callable[[], Any]) -> None:
        self.__wrapped__ = derived_once(derived, "a formula")

    def __call__(self) -> Candidate:
        return self._derived

    @functools.cached_property
    def _derived(self) -> Candidate:
        value = self.__wrapped__()
        if isinstance(value, ItoProcess | ItoDifferential):
            return sp.ImmutableMatrix([*sp.Matrix([value.drift]), *value.dispersion])
        if isinstance(value, tuple | list):
            return sp.ImmutableMatrix(value)
        return value.as_immutable() if isinstance(value, sp.MatrixBase) else value


def _name_and_left(name: str, left: str) -> tuple[str, str]:
    """Both parts of ``name: $left side$``, or as they are given."""
    short, colon, formula = name.partition(": $")
    return (short, formula.removesuffix("$")) if colon else (name, left)


def _named(sampler: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    what = getattr(sampler, "__name__", type(sampler).__name__).replace("_", " ")
    point = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return f"{what} at {point}" if point else what


def _statement(name: str, left: str, form: Form, printed: Any, rest: Common) -> Statement:
    name, left = _name_and_left(name, left)
    refuse_unknown(name, rest, Common.__annotations__)
    for option in ("wrong", "where"):
        refuse_no_mapping(name, option, rest.get(option, {}))
    says, counts = said(name, rest.get("says", ""), rest.get("remark", False))
    wrong = dict(rest.get("wrong", {}))
    given = {"printed": printed, "corrected": rest.get("corrected"), "read_as": rest.get("read_as")}
    slips = {f"near miss {miss!r}": slip for miss, slip in wrong.items()}
    refuse_no_formula(name, form, given | slips, rest.get("where", {}))
    return Statement(
        name=name,
        form=form,
        printed=printed,
        left=left,
        wrong=wrong,
        says=says,
        where=dict(rest.get("where", {})),
        corrected=rest.get("corrected"),
        corrected_says=rest.get("corrected_says", ""),
        read_as=rest.get("read_as"),
        domain=checked_domain(name, rest.get("domain", ())),
        experiments=one_or_more(name, "measured", rest.get("measured", ()), Experiment),
        comparisons=one_or_more(name, "compared", rest.get("compared", ()), Comparison),
        counts=counts,
        convention=rest.get("convention", ""),
        mutated=rest.get("mutated", True),
    )
