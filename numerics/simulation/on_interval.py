r"""Which steps keep a process on an interval that is given: what happens at each end is what the theory says.

An end that is reached and left again (regular) reflects or absorbs, as asked; one that is reached only (exit) absorbs;
one that is never reached (entrance, natural) is guarded by a reflecting step, which has nothing to do there but where a
Gaussian step overshoots. So a law and its simulation are told the same by the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import sympy as sp

from numerics.errors import ArgumentError
from numerics.schemes import (
    Absorbing,
    BoundedNoise,
    EulerMaruyama,
    PowerNoise,
    QuadraticExponential,
    Reflecting,
    ReflectingAndAbsorbing,
    RepellingPoles,
    Scheme,
    SchemeError,
)
from numerics.simulation.accumulators import Accumulator
from theory.decision.conditions.inequalities import holds, sign
from theory.errors import DriftproofError
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import FellerClass, classify
from theory.values import exact_number


def kept_on_interval(
    process: ItoProcess,
    interval: Interval,
    regular_ends: str,
    values: Mapping[sp.Symbol, Any],
    *,
    in_log: bool,
    observables: Any,
    accumulators: Any,
) -> tuple[ItoProcess, Scheme | None, Any, Any]:
    r"""The process, the scheme that keeps it there, and observables and accumulators in its symbols.

    In logarithmic coordinates the scheme is one of :math:`y = \log x`, whose left end is at minus infinity.

    Raises:
        ArgumentError, SchemeError: see :func:`scheme_on_interval`; in logarithmic coordinates 0 is not the left end.
    """
    if in_log and interval.left != 0:
        raise ArgumentError(
            f"coordinates='log' need an interval that begins at the invariant point 0, got {interval.left} as its left "
            "end. Leave out coordinates, or write the distance to the invariant point as the coordinate."
        )
    on_half = on_half_line(process, interval)
    (x,), (y,) = process.state, on_half.state
    if not in_log and x != y:
        observables, accumulators = (_renamed(given, x, y) for given in (observables, accumulators))
    scheme = scheme_on_interval(on_half, interval, regular_ends, values)
    if not in_log:
        return on_half, scheme, observables, accumulators
    right = interval.right
    if right.is_infinite or not isinstance(scheme, Absorbing | Reflecting | ReflectingAndAbsorbing):
        return on_half, None, observables, accumulators
    absorbs = right in scheme.absorbing_ends
    kind = Absorbing if absorbs else Reflecting
    return on_half, kind(right=sp.log(right)), observables, accumulators


def on_half_line(process: ItoProcess, interval: Interval) -> ItoProcess:
    r"""The same with a nonnegative symbol for a coordinate that lives on :math:`(0, \infty)`.

    Not a positive one: an absorbed path stands at 0, and ``x > 0`` must not be true of it by assumption.
    """
    x = process.state[0]
    if process.dimension != 1 or interval.ends != (sp.S.Zero, sp.oo) or x.is_nonnegative:
        return process
    y = sp.Symbol(x.name, nonnegative=True)
    return ItoProcess([y], *(part.subs(x, y) for part in (process.drift, process.dispersion)))


def _renamed(given: Any, x: sp.Symbol, y: sp.Symbol) -> Any:
    """Observables or accumulators with y for x; what is neither is left to those who check it."""
    if isinstance(given, Mapping):
        return {name: _renamed(value, x, y) for name, value in given.items()}
    if isinstance(given, sp.Basic):
        return given.subs(x, y)
    if isinstance(given, Accumulator) and is_dataclass(given):
        own = {part.name: _renamed(getattr(given, part.name), x, y) for part in fields(given)}
        return replace(given, **own)
    if isinstance(given, list | tuple):
        return {f: _renamed(sp.sympify(f), x, y) for f in given}
    return given


def scheme_on_interval(
    process: ItoProcess, interval: Interval, regular_ends: str, values: Mapping[sp.Symbol, Any]
) -> Scheme:
    """The scheme that keeps ``process`` on ``interval``.

    Raises:
        ArgumentError: the process has several coordinates, or the ends stand in the wrong order.
        SchemeError: what happens at an end is not decided at these parameters.
    """
    if process.dimension != 1:
        raise ArgumentError(f"interval is for one coordinate, but process has {tuple(process.state)}.")
    beside_poles = _beside_poles(process, interval, regular_ends, values)
    if beside_poles is not None:
        return beside_poles
    absorbs = [_absorbs(process, interval, end, regular_ends, values) for end in interval.ends]
    for kind in (QuadraticExponential, BoundedNoise, PowerNoise):
        if kind.applies(process) and _ends_of(kind, process) == interval.ends:
            regular = [answer == "regular" for answer in absorbs]
            if not any(regular):
                return kind()
    left, right = (None if end.is_infinite else end for end in interval.ends)
    if left is None and right is None:
        return EulerMaruyama()
    absorbing = [answer in ("regular", "exit") for answer in absorbs]
    given = [held for held, end in zip(absorbing, (left, right), strict=True) if end is not None]
    if all(given):
        return Absorbing(left=left, right=right)
    if not any(given):
        return Reflecting(left=left, right=right)
    return ReflectingAndAbsorbing(left=left, right=right, absorbing="left" if absorbing[0] else "right")


def _beside_poles(
    process: ItoProcess, interval: Interval, regular_ends: str, values: Mapping[sp.Symbol, Any]
) -> RepellingPoles | None:
    """The scheme where all finite ends are poles of the drift that repel, and none absorbs."""
    numbers = _numbers(values)
    left, right = (None if end.is_infinite else end.subs(numbers) for end in interval.ends)
    if left is right is None or any(end is not None and end.free_symbols for end in (left, right)):
        return None
    scheme = RepellingPoles(left=left, right=right)
    try:
        residues = [None if rho is None else rho.subs(numbers) for rho in scheme.residues(process)]
    except SchemeError:
        return None
    a = process.diffusion[0].subs(numbers)
    for rho in residues:
        if rho is not None and (sign(rho) != 1 or (regular_ends == "absorbing" and sign(2 * rho - a) not in (0, 1))):
            return None
    return scheme


def _numbers(values: Mapping[sp.Symbol, Any]) -> dict[sp.Symbol, sp.Expr]:
    """The parameters that have one number for all paths."""
    return {
        symbol: exact_number(value, symbol.name) for symbol, value in values.items() if isinstance(value, int | float)
    }


def _ends_of(kind: type, process: ItoProcess) -> tuple[sp.Expr, sp.Expr]:
    return BoundedNoise().ends_of(process) if kind is BoundedNoise else (sp.S.Zero, sp.oo)


def _absorbs(
    process: ItoProcess, interval: Interval, end: sp.Expr, regular_ends: str, values: Mapping[sp.Symbol, Any]
) -> str:
    """How an end holds the process: ``"regular"`` and ``"exit"`` where it absorbs, ``""`` where it sends back."""
    if end.is_infinite:
        return ""
    if _is_plain(process, end):
        return "regular" if regular_ends == "absorbing" else ""
    _require_finite_drift(process, end, "+" if end == interval.left else "-")
    numbers = _numbers(values)
    try:
        found = classify(process, interval)
    except DriftproofError as error:
        raise SchemeError(
            f"what happens at the end {end} of the interval is not known: {error} Pass scheme=Reflecting(left=..., "
            "right=...) or Absorbing(left=..., right=...) instead of interval."
        ) from error
    at_end = found.left if end == interval.left else found.right
    for condition, name in at_end.classes:
        if holds(condition, numbers):
            if name is FellerClass.EXIT:
                return "exit"
            return "regular" if name is FellerClass.REGULAR and regular_ends == "absorbing" else ""
    raise SchemeError(
        f"the end {end} is of different classes for different parameters: {dict(at_end.classes)}. Give every parameter "
        "one number, or pass scheme=Reflecting(left=..., right=...) or Absorbing(left=..., right=...)."
    )


def _require_finite_drift(process: ItoProcess, end: sp.Expr, side: str) -> None:
    """A step of finite length from beside a pole of the drift jumps as far as the pole is steep."""
    (x,), (b,) = process.state, process.drift
    limit = b.subs(x, end)
    if limit.has(sp.nan, sp.zoo, sp.oo):
        limit = one_sided_limit(b, x, end, side)
    if limit.is_infinite or limit.has(sp.oo, sp.zoo):
        raise SchemeError(
            f"the drift {b} is infinite at the end {end} of the interval, so that a step from beside it jumps far. "
            f"Simulate a coordinate in which it is finite, for 1/{x} the square: "
            f"theory.change_of_variables(process, y, {x}**2, sqrt(y), interval=interval) with y positive."
        )


def _is_plain(process: ItoProcess, end: sp.Expr) -> bool:
    """Whether both coefficients are finite at the end, and the diffusion is positive: then it is regular."""
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    drift, diffusion = (f.subs(x, end) for f in (b, a))
    return drift.is_finite is True and diffusion.is_finite is True and diffusion.is_positive is True
