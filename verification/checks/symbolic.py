"""The symbolic check: residual zero in a normal form (PROVED), or a point in a ball that contradicts (REFUTED).

Each form of statement has its own residual or certificate; the judge is always :mod:`theory.decision.zero`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.asymptotic_series import base_that_may_vanish, terms_up_to
from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Interval
from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.checks.conditions import judge_bound, judge_region
from verification.checks.densities import interval_within, judge_density, residuals
from verification.checks.namesakes import refuse_namesakes
from verification.checks.seams import seams_of
from verification.claim import CORRECTED, PRINTED, READ_AS
from verification.forms import (
    Bound,
    Candidate,
    Expansion,
    Figure,
    Form,
    Identity,
    Invariance,
    Numerical,
    Region,
    StationaryDensity,
)
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

TIME_LIMIT = 60.0
"""Seconds for one candidate; SymPy work that explodes ends as UNDECIDED."""

OUTCOMES = {
    ZeroKind.ZERO: Outcome.PROVED,
    ZeroKind.CERTIFIED: Outcome.CERTIFIED,
    ZeroKind.NONZERO: Outcome.REFUTED,
    ZeroKind.UNDECIDED: Outcome.UNDECIDED,
}


DIFFERENCE = "the form minus the derived one"
"""What must vanish, in the words of a reason; a worker knows which form it was asked about and says so."""


class SymbolicCheck(Check):
    """One task per candidate, each in its own process with a time limit."""

    name = "symbolic"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """Every task of this check; see :class:`~verification.checks.check.Check`."""
        if isinstance(context.statement.form, Numerical | Figure):
            return []
        return [self._task(context, name) for name in context.candidates]

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """What was found about each candidate."""
        found: Findings = {}
        for task in self.tasks(context, results):
            result = results[task.key]
            finding = Finding.from_json(result.value) if done(result) else not_done(result)
            found[task.arguments["candidate"]] = {self.name: finding}
        return found

    def _task(self, context: Context, candidate: str) -> Task:
        return context.task(
            f"symbolic/{candidate}", "verification.checks.symbolic:run", {"candidate": candidate}, TIME_LIMIT
        )


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Judge one candidate; runs in a worker."""
    statement, name = statement_of(arguments), arguments["candidate"]
    found = judge(statement.form, statement.candidates()[name], statement.domain)
    form = name if name in (PRINTED, READ_AS, CORRECTED) else "near miss"
    return _speaking_of(found, DIFFERENCE, f"{form} minus derived").to_json()


def _speaking_of(finding: Finding, thing: str, name: str) -> Finding:
    """``finding`` with ``name`` for ``thing`` in its reason: a reader has to know what is zero, or is not."""
    return replace(finding, reason=finding.reason.replace(thing, name))


@functools.singledispatch
def judge(form: Form, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    """What symbolic means say about ``candidate``, for each form of statement."""
    raise TypeError(f"no symbolic judge for {type(form).__name__}")


@judge.register
def _(form: Identity, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    derived = form.derived()
    refuse_namesakes(candidate, derived, domain)
    printed_entries, derived_entries = entries(candidate), entries(derived)
    if len(printed_entries) != len(derived_entries):
        return _other_shape(printed_entries, derived_entries)
    modulo = form.modulo or (lambda side: side)
    residuals = [modulo(p) - modulo(d) for p, d in zip(printed_entries, derived_entries, strict=True)]
    for limit in sp.Tuple(*residuals).atoms(sp.Limit):
        advice = "Write its value, or say agrees_to_order(..., at=...) of what tends to it"
        return Finding(Outcome.UNDECIDED, f"{DIFFERENCE} holds {limit}, which is not evaluated. {advice}.")
    several = len(residuals) > 1
    parts = [f"entry {n} of {DIFFERENCE}" if several else DIFFERENCE for n, _ in enumerate(residuals, 1)]
    return finding_of((decide_zero(residual, domain) for residual in residuals), parts, DIFFERENCE)


@judge.register
def _(form: Expansion, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    """What printed - derived has up to the order must vanish, term by term, from whichever side the parameter comes."""
    derived = form.derived()
    refuse_namesakes(candidate, derived, domain, form.small)
    if len(entries(candidate)) != len(entries(derived)):
        return _other_shape(entries(candidate), entries(derived))
    differences = [p - d for p, d in zip(entries(candidate), entries(derived), strict=True)]
    t, places = approaches(form.small, form.at, domain)
    local = [_local(difference, form.small, place) for difference in differences for place in places]
    try:
        terms = [c for part in local for c in terms_up_to(part, t, form.order, domain).values()]
    except UnsupportedFormError as error:
        reason = f"no expansion of {DIFFERENCE} in {form.small} at {form.at} was found: {error}"
        return Finding(Outcome.UNDECIDED, reason)
    upto = f"to order {form.order} in {form.small} at {form.at}"
    if not terms:
        return Finding(Outcome.PROVED, f"{upto}: {DIFFERENCE} has no term of its asymptotic expansion")
    parts = [f"a coefficient of {DIFFERENCE}"] * len(terms)
    found = finding_of((decide_zero(c, domain) for c in terms), parts, f"each coefficient of {DIFFERENCE}")
    if found.outcome.supports and (base := _base_that_may_vanish(local, t, domain)) is not None:
        reason = f"{upto}: {found.reason}, but {base} may vanish, where {form.small} expands otherwise"
        return Finding(Outcome.UNDECIDED, f"{reason}. Where it cannot, say so by a condition on the domain.")
    return replace(found, reason=f"{upto}: {found.reason}")


def _base_that_may_vanish(local: Sequence[sp.Expr], t: sp.Symbol, domain: tuple[Boolean, ...]) -> sp.Expr | None:
    return next((base for part in local if (base := base_that_may_vanish(part, t, domain)) is not None), None)


def approaches(small: sp.Symbol, at: sp.Expr, domain: tuple[Boolean, ...]) -> tuple[sp.Symbol, list[sp.Expr]]:
    """A t that tends to 0 from above, and ``small`` in terms of it on each side from which it tends to ``at``."""
    t = sp.Dummy("t", positive=True)
    if at.is_infinite:
        return t, [1 / t if at.is_extended_positive else -1 / t]
    left, right = -sp.oo, sp.oo
    if small.is_extended_real:
        bounds = tuple(condition for condition in domain if condition.free_symbols == {small})
        left, right = (interval_within(small, bounds) or Interval.of(small)).ends
    sides = ((at + t, right - at), (at - t, at - left))
    return t, [place for place, room in sides if not sp.sympify(room).is_extended_nonpositive]


def _local(difference: sp.Expr, small: sp.Symbol, place: sp.Expr) -> sp.Expr:
    local = difference.subs(small, place)
    return local if sp.denom(place) == 1 else sp.cancel(sp.together(local))


@judge.register
def _(form: StationaryDensity, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    process = form.process()
    refuse_namesakes(candidate, process.state, process.drift, process.dispersion, domain)
    if candidate == 0:
        return Finding(Outcome.REFUTED, "a density is not zero everywhere", witness={})
    closed = form.without_current or form.normalisable and process.dimension == 1
    parts = list(residuals(process, candidate, without_current=closed))
    name = "the current over the density" if closed else "the Fokker-Planck operator of the density, over it,"
    # On a seam itself a derivative has no value; what happens there is seen by the seams of the density.
    inside = (*domain, *(sp.Ne(seam, 0) for seam in seams_of(process, candidate)))
    equation = finding_of((decide_zero(part, inside) for part in parts), [name] * len(parts), name)
    return judge_density(process, candidate, domain, normalisable=form.normalisable, equation=equation)


@judge.register
def _(form: Invariance, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    what = "what leads off the set"
    return finding_of([decide_zero(sp.Matrix(form.escaping(candidate)), domain)], [what], what)


@judge.register
def _(form: Region, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    derived = form.derived()
    refuse_namesakes(candidate, derived, domain)
    return judge_region(derived, candidate, domain)


@judge.register
def _(form: Bound, candidate: Candidate, domain: tuple[Boolean, ...]) -> Finding:
    exact = form.exact()
    refuse_namesakes(candidate, exact, domain)
    return judge_bound(exact, form.relation, candidate, domain)


def entries(side: sp.Expr | sp.MatrixBase) -> list[sp.Expr]:
    """The entries of a matrix, or the expression itself."""
    return list(side) if isinstance(side, sp.MatrixBase) else [side]


def _other_shape(printed: Sequence[sp.Expr], derived: Sequence[sp.Expr]) -> Finding:
    shapes = f"{len(printed)} entries against {len(derived)} derived"
    return Finding(Outcome.REFUTED, f"shapes differ: {shapes}", witness={"shapes": shapes})


def finding_of(decisions: Iterable[ZeroDecision], parts: Iterable[str], whole: str) -> Finding:
    """One finding from the decisions on several residuals: the first nonzero one refutes, the weakest one counts.

    Its reason calls the residual that refutes by its own name of ``parts``, and all of them together ``whole``.
    """
    weakest: ZeroDecision | None = None
    for decision, part in zip(decisions, parts, strict=True):
        if decision.kind is ZeroKind.NONZERO:
            told = decision.reason.replace("the residual", part)
            return Finding(Outcome.REFUTED, told, witness=dict(decision.witness or {}))
        if weakest is None or list(OUTCOMES).index(decision.kind) > list(OUTCOMES).index(weakest.kind):
            weakest = decision
    assert weakest is not None
    numbers = {"digits": weakest.digits, "points": weakest.points_used} if weakest.kind is ZeroKind.CERTIFIED else {}
    return Finding(OUTCOMES[weakest.kind], weakest.reason.replace("the residual", whole), numbers=numbers)
