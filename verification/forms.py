r"""The forms a statement can take, and what each of them is judged by.

=================  ==============================================================================
form               a candidate holds when
=================  ==============================================================================
Identity           candidate - derived is zero on the domain
Expansion          candidate - derived vanishes to the stated order in a small parameter
StationaryDensity  the candidate is a stationary density of the process
Region             the candidate condition is true exactly where the derived one is
Bound              the exact quantity stays on the stated side of the candidate everywhere
Numerical          independent numbers agree with the candidate (new results without printed form)
Invariance         no gradient leaves the candidate set, and no run of SGD does
Figure             a measured location agrees with the candidate (EMPIRICAL, never proved)
=================  ==============================================================================

"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import FUNCTION, SYMBOL, ArgumentKind, or_none, whole
from theory.ito import ItoProcess
from verification.arguments import of_kind
from verification.errors import ClaimError

Candidate: TypeAlias = sp.Expr | sp.MatrixBase | Boolean
"""What a check judges: an expression, a matrix of expressions, or a condition."""

Arguments: TypeAlias = Mapping[str, Any]
"""What an experiment is run at, or a second opinion asked at: names and values, numbers as exact texts."""


_PLACE = ArgumentKind(
    "an exact real number or formula of SymPy, sp.oo or -sp.oo",
    lambda value: (
        isinstance(value, sp.Expr) and value.is_extended_real is not False and not value.has(sp.nan, sp.zoo, sp.Float)
    ),
)


@dataclass(frozen=True)
class Identity:
    """The candidate equals ``derived()`` everywhere on the domain.

    Attributes:
        derived: Reference to a theory function; never sees the printed form.
        modulo: Applied to both sides first, where the statement leaves a freedom: a potential up to a
            constant is compared by its gradient, a density up to its factor by its logarithmic gradient.
    """

    derived: Callable[[], sp.Expr | sp.MatrixBase]
    modulo: Callable[[sp.Expr], sp.Expr] | None = None

    def __post_init__(self) -> None:
        of_kind(FUNCTION, self.derived, "derived")
        of_kind(or_none(FUNCTION), self.modulo, "modulo")


@dataclass(frozen=True)
class Expansion:
    r"""The candidate agrees with ``derived()`` to an order: their difference is :math:`O(\epsilon^{n+1})`.

    The terms of the difference that are not of the next order are decided one by one: Taylor coefficients, or those of
    its asymptotic expansion (:func:`theory.asymptotic_series.terms_up_to`), from each side of an inner point.

    Attributes:
        derived: Reference to a theory function.
        small: The parameter :math:`\epsilon`.
        order: The order :math:`n` up to which they agree.
        at: Where the expansion is made; ``sp.oo`` expands in :math:`1/\epsilon`.
    """

    derived: Callable[[], sp.Expr | sp.MatrixBase]
    small: sp.Symbol
    order: int
    at: sp.Expr = sp.S.Zero

    def __post_init__(self) -> None:
        of_kind(FUNCTION, self.derived, "derived")
        of_kind(SYMBOL, self.small, "small")
        of_kind(whole(0, 30), self.order, "order")
        of_kind(_PLACE, self.at, "at")


@dataclass(frozen=True)
class StationaryDensity:
    """The candidate density, up to its constant, is stationary for ``process()``.

    It solves the full Fokker-Planck equation, is positive, and continuous where the process demands that.

    Attributes:
        process: The process.
        normalisable: Whether it must have a finite integral on the domain.
        without_current: Whether it must carry no current at all; by default a divergence-free one is allowed. On the
            line a normalisable law carries none: what flows would have to enter at one end and leave at the other.
    """

    process: Callable[[], ItoProcess]
    normalisable: bool = True
    without_current: bool = False


@dataclass(frozen=True)
class Region:
    """The candidate condition on the parameters is true exactly where ``derived()`` is."""

    derived: Callable[[], Boolean]


RELATIONS = ("<=", ">=", "<", ">")
"""Relations in which an exact quantity can stand to its bound."""


@dataclass(frozen=True)
class Bound:
    """``exact() <= candidate`` (or ``>=``, ``<``, ``>``) everywhere on the domain."""

    exact: Callable[[], sp.Expr]
    relation: str = "<="

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise ClaimError(f"relation of a bound must be one of {', '.join(RELATIONS)}, got {self.relation!r}.")


@dataclass(frozen=True)
class Numerical:
    """No decidable symbolic form: the statement's comparisons and experiments are its only judges."""


@dataclass(frozen=True)
class Invariance:
    """SGD keeps a set: the candidate describes the set, or the model in which the set is kept.

    Attributes:
        escaping: Candidate -> what arbitrary per-sample gradients have outside the directions of the set; zero iff
            every step from the set ends in it.
        measure: Function ``f(candidate) -> {"runs": [{"run", "violation", "moved", "steps"}, ...]}``, real SGD; a
            violation that is not finite is None. None where nothing is run.
        tolerance: Violation up to which the set counts as kept: 0 where rounding cannot leave it.
    """

    escaping: Callable[[Any], sp.MatrixBase]
    measure: Callable[[Any], Mapping[str, Any]] | None = None
    tolerance: float = 0.0


@dataclass(frozen=True)
class Figure:
    """The location of a feature in a figure, measured by running the figure again; verdict EMPIRICAL.

    Attributes:
        measure: Function ``f(part) -> JSON``, run once per part.
        parts: JSON arguments of ``measure``: the independent pieces of the figure.
        summarise: Function ``f(results) -> {"location": [lower, upper], "features": [{"name", "printed", "measured",
            "reproduced"}, ...], ...}``, a pure function of all parts in order; a feature that is not reproduced is
            ``"open": True`` where the runs were too few to tell. A location None says that what is
            measured has no such place; ``"told"`` is a sentence with the numbers, ``"skipped": [...]`` names what this
            machine could not measure.
        pictures: Function ``f(name, results, summary) -> list[Picture]`` that draws the figure again; None where
            nothing is drawn.
    """

    measure: Callable[[Mapping[str, Any]], Any]
    parts: tuple[Mapping[str, Any], ...]
    summarise: Callable[[list[Any]], Mapping[str, Any]]
    pictures: Callable[..., list[Any]] | None = None

    def __post_init__(self) -> None:
        if not self.parts:
            raise ClaimError("a figure has no parts, so that nothing is run. Give one mapping or more in parts=[...].")


Form = Identity | Expansion | StationaryDensity | Region | Bound | Numerical | Invariance | Figure


@dataclass(frozen=True)
class Experiment:
    """A Monte Carlo check: the mean of sampled values against what a candidate predicts for it.

    Attributes:
        name: Short name, unique in its statement.
        sampler: Function ``f(arguments, draw) -> Samples``.
        arguments: JSON arguments of the sampler; numbers as exact rationals in strings.
        predicted: Candidate -> the mean it predicts, an expression without free symbols or a float.
        variation: Coefficient of variation of one sample (with ``absolute`` its standard deviation), where the author
            knows it; by default a pilot run finds it. Samples that vary more than twice or less than half as much
            decide nothing.
        skewness: Size of the skewness of one sample; likewise.
        absolute: Resolution in the units of the mean, for means that may be 0 or nearly; None for a relative one.
    """

    name: str
    sampler: Callable[[Arguments, Draw], Samples]
    arguments: Arguments
    predicted: Callable[[Any], Any]
    variation: float | None = None
    skewness: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        for name in ("variation", "skewness", "absolute"):
            value = getattr(self, name)
            least = "a positive number" if name == "absolute" else "a number >= 0"
            if value is not None and not (0 <= value < math.inf and (value or name != "absolute")):
                raise ClaimError(f"{name} of the experiment {self.name!r} must be {least} or None, got {value!r}.")


@dataclass(frozen=True)
class Comparison:
    """A second deterministic opinion: values computed another way against what a candidate predicts.

    Attributes:
        name: Short name, unique in its statement.
        evaluator: Function ``f(arguments) -> (value, error bound)``.
        arguments: JSON arguments, one mapping a point.
        predicted: ``predicted(candidate, arguments)`` -> the value the candidate gives at that point.
        tolerance: Relative resolution at which agreement is reported as CONSISTENT.
    """

    name: str
    evaluator: Callable[[Arguments], tuple[float, float]]
    arguments: tuple[Arguments, ...]
    predicted: Callable[[Any, Arguments], Any]
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        if not self.arguments:
            raise ClaimError(
                f"the comparison {self.name!r} has no points. Give one mapping or more, e.g. {{'k': '1'}}."
            )


@dataclass(frozen=True)
class Draw:
    """Which samples a sampler is asked for.

    Attributes:
        n: Number of samples.
        first: Index of the first; sample ``i`` depends on ``(seed, i)`` alone.
        seed: 64-bit seed derived from the claim id.
        refinement: 1 for the first stage, 2 for the second: half the step, float64.
    """

    n: int
    first: int
    seed: int
    refinement: int = 1


@dataclass(frozen=True)
class Samples:
    """What a sampler returns.

    Attributes:
        values: Independent samples whose mean the candidate predicts. Shape ``(n,)``.
        correction: For a coupled extrapolation in the step, the paired differences fine - coarse whose mean
            bounds the remaining bias. Shape ``(n,)``; None for exact sampling.
        rounding: Relative rounding error of one sample. The default is that of a few operations in float64; a sampler
            whose kernel makes float32 numbers says so.
        notes: Further JSON numbers for the report.
    """

    values: Any
    correction: Any = None
    rounding: float = 2.0**-50
    notes: Mapping[str, Any] = field(default_factory=dict)
