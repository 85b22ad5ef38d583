r"""Claims: what a paper prints, as data.

The printed side is typed from the page. The derived side is a reference to a theory function that never
sees the printed side. They first meet in a check, and a claim never imports a check.

A :class:`Claim` is made of :class:`Statement` s, each judged in the way its *form* says:

=================  ==============================================================================
form               a candidate holds when
=================  ==============================================================================
Identity           candidate - derived is zero on the domain
StationaryDensity  the candidate density carries no probability current
Region             the candidate condition is true exactly where the derived one is
Bound              the exact quantity stays on the stated side of the candidate everywhere
Numerical          independent numbers agree with the candidate (new results without printed form)
Invariance         no gradient leaves the candidate set, and no run of SGD does
Figure             a measured location agrees with the candidate (EMPIRICAL, never proved)
=================  ==============================================================================

Any statement may add :class:`Experiment` s (Monte Carlo) and :class:`Comparison` s (a second
deterministic opinion), which judge the same candidates by other means.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ItoProcess
from verification.errors import ClaimError

Candidate: TypeAlias = sp.Expr | sp.MatrixBase | Boolean
"""What a check judges: an expression, a matrix of expressions, or a condition."""


class Kind(enum.Enum):
    """What sort of statement a claim makes."""

    IDENTITY = "identity"
    THRESHOLD = "threshold"
    INEQUALITY = "inequality"
    LAW = "law"
    INVARIANCE = "invariance"
    EXPANSION = "expansion"
    PROOF_STEP = "proof step"
    FIGURE = "figure"


@dataclass(frozen=True)
class Citation:
    """Where a claim is printed."""

    paper: str
    where: str


@dataclass(frozen=True)
class NearMiss:
    """A wrong variant of a statement, of the kind that slips into papers. Every check set must refute it."""

    name: str
    form: Candidate


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


@dataclass(frozen=True)
class StationaryDensity:
    """The candidate density, up to its constant, is stationary with zero current for ``process()``."""

    process: Callable[[], ItoProcess]


@dataclass(frozen=True)
class Region:
    """The candidate condition on the parameters is true exactly where ``derived()`` is."""

    derived: Callable[[], Boolean]


@dataclass(frozen=True)
class Bound:
    """``exact() <= candidate`` (or ``>=``, ``<``, ``>``) everywhere on the domain."""

    exact: Callable[[], sp.Expr]
    relation: str = "<="


@dataclass(frozen=True)
class Numerical:
    """No decidable symbolic form: the statement's comparisons and experiments are its only judges."""


@dataclass(frozen=True)
class Invariance:
    """SGD keeps a set: the candidate describes the set, or the model in which the set is kept.

    Attributes:
        escaping: Candidate -> what arbitrary per-sample gradients have outside the directions of the set; zero iff
            every step from the set ends in it.
        measure: Dotted path ``module:function`` of ``f(candidate) -> {"runs": [{"run", "violation", "moved",
            "steps"}, ...]}``, real SGD; a violation that is not finite is None. Empty where nothing is run.
        tolerance: Violation up to which the set counts as kept: 0 where rounding cannot leave it.
    """

    escaping: Callable[[Any], sp.MatrixBase]
    measure: str = ""
    tolerance: float = 0.0


@dataclass(frozen=True)
class Figure:
    """The location of a feature in a figure, measured by running the figure again; verdict EMPIRICAL.

    Attributes:
        measure: Dotted path ``module:function`` of ``f(part) -> JSON``, run once per part.
        parts: JSON arguments of ``measure``: the independent pieces of the figure.
        summarise: Dotted path ``module:function`` of ``f(results) -> {"location": [lower, upper], "features":
            [{"name", "printed", "measured", "reproduced"}, ...], ...}``, a pure function of all parts in order.
    """

    measure: str
    parts: tuple[Mapping[str, Any], ...]
    summarise: str


Form = Identity | StationaryDensity | Region | Bound | Numerical | Invariance | Figure


@dataclass(frozen=True)
class Experiment:
    """A Monte Carlo check: the mean of sampled values against what a candidate predicts for it.

    Attributes:
        name: Short name, unique in its statement.
        sampler: Dotted path ``module:function`` of ``f(arguments, draw) -> Samples``.
        arguments: JSON arguments of the sampler; numbers as exact rationals in strings.
        predicted: Candidate -> the mean it predicts, an expression without free symbols or a float.
        variation: Coefficient of variation of one sample, for the sample-size design.
        skewness: Size of the skewness of one sample, for the validity gate of the interval.
    """

    name: str
    sampler: str
    arguments: Mapping[str, Any]
    predicted: Callable[[Any], Any]
    variation: float
    skewness: float = 2.0


@dataclass(frozen=True)
class Comparison:
    """A second deterministic opinion: values computed another way against what a candidate predicts.

    Attributes:
        name: Short name, unique in its statement.
        evaluator: Dotted path ``module:function`` of ``f(arguments) -> [value, error bound]``.
        arguments: JSON arguments, one mapping a point.
        predicted: ``predicted(candidate, arguments)`` -> the value the candidate gives at that point.
        tolerance: Relative resolution at which agreement is reported as CONSISTENT.
    """

    name: str
    evaluator: str
    arguments: tuple[Mapping[str, Any], ...]
    predicted: Callable[[Any, Mapping[str, Any]], Any]
    tolerance: float = 1e-3


@dataclass(frozen=True)
class Statement:
    r"""One checkable sentence of a claim.

    Attributes:
        name: Short name, unique in its claim; stable, since results are filed under it.
        says: The sentence in words.
        form: How candidates are judged.
        left: LaTeX of the left-hand side that the candidate completes, e.g. ``d\log\theta``.
        printed: The form on the page.
        near_misses: Wrong variants that must be refuted; at least one.
        corrected: The right form, where the printed one fails; judged like any candidate.
        domain: Conditions beyond the symbols' assumptions under which the statement is made.
        experiments: Monte Carlo checks of the same candidates.
        comparisons: Deterministic numerical checks of the same candidates.
        counts: False for a remark: reported, but not deciding the claim's verdict.
    """

    name: str
    says: str
    form: Form
    printed: Candidate
    near_misses: tuple[NearMiss, ...]
    left: str = ""
    corrected: Candidate | None = None
    domain: tuple[Boolean, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    counts: bool = True

    def __post_init__(self) -> None:
        if not self.near_misses:
            raise ClaimError(
                f"statement {self.name!r} has no near miss: a check nobody has seen fail proves nothing. "
                "Give at least one wrong variant that its checks must refute."
            )
        names = [near_miss.name for near_miss in self.near_misses]
        if len(set(names)) != len(names) or {"printed", "corrected"} & set(names):
            raise ClaimError(f"near misses of statement {self.name!r} must have distinct names, got {names}.")
        if isinstance(self.form, Numerical) and not (self.experiments or self.comparisons):
            raise ClaimError(
                f"statement {self.name!r} has no symbolic form and no experiment or comparison to judge it."
            )

    def candidates(self) -> dict[str, Candidate]:
        """Every form the checks judge, by name: ``printed``, ``corrected`` if given, and the near misses."""
        forms: dict[str, Candidate] = {"printed": self.printed}
        if self.corrected is not None:
            forms["corrected"] = self.corrected
        return forms | {near_miss.name: near_miss.form for near_miss in self.near_misses}


@dataclass(frozen=True)
class Claim:
    """One entry of a paper's catalogue.

    Attributes:
        id: Permanent id, e.g. ``SC-031``.
        title: A few words.
        kind: What sort of statement it makes.
        cites: Where it is printed.
        symbols: Meaning of each symbol, in the paper's words.
        statements: What is judged.
        scope: ``exact``, or the small parameter and the order to which it is meant.
        notes: What a reader should know besides, e.g. differences between paper and released code.
        printed_text: The printed form in the words of the page, where a formula does not say it all.
        corrected_text: The correction as one line of text, for the lock and the summary.
    """

    id: str
    title: str
    kind: Kind
    cites: Citation
    symbols: Mapping[sp.Basic, str]
    statements: tuple[Statement, ...]
    scope: str = "exact"
    notes: tuple[str, ...] = ()
    printed_text: str = ""
    corrected_text: str | None = None

    def __post_init__(self) -> None:
        names = [statement.name for statement in self.statements]
        if not names or len(set(names)) != len(names):
            raise ClaimError(f"claim {self.id} needs statements with distinct names, got {names}.")
        corrects = any(statement.corrected is not None for statement in self.statements)
        if corrects != (self.corrected_text is not None):
            raise ClaimError(
                f"claim {self.id} must give corrected_text exactly when one of its statements has a corrected form."
            )

    def statement(self, name: str) -> Statement:
        """The statement called ``name``."""
        for statement in self.statements:
            if statement.name == name:
                return statement
        raise ClaimError(f"claim {self.id} has no statement {name!r}; it has {[s.name for s in self.statements]}.")


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
        notes: Further JSON numbers for the report.
    """

    values: Any
    correction: Any = None
    notes: Mapping[str, Any] = field(default_factory=dict)
