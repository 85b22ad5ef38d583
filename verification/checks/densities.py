r"""Is a candidate a stationary density of a process? Equation, sign, continuity, and integral, in that order.

The equation is the full one, :math:`\mathcal L^*p = 0`: a law may carry a current round in circles. Where a form asks
for it, the current itself must vanish. Branch by branch the equation says nothing about the seams of a density in
pieces; there :math:`a p` and the current must be continuous, or the equation has a source there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, SYMBOL
from theory.decision.conditions.surfaces import INEQUALITIES, margin
from theory.decision.points.region import AdmissibleRegion, affine_in
from theory.decision.sign import SignKind, decide_sign
from theory.errors import TheoryError
from theory.fokker_planck import fokker_planck_operator, probability_current
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from verification.arguments import takes
from verification.checks.conditions import judge_region
from verification.checks.finite_integral import finite_integral
from verification.checks.seams import seam_finding, without_point_masses
from verification.verdict import Finding, Outcome


def residuals(process: ItoProcess, density: sp.Expr, *, without_current: bool) -> Iterator[sp.Expr]:
    """What must vanish: the Fokker-Planck operator over the density, or every component of the current over it.

    A density that is 0 on a branch divides nothing.
    """
    pieces = density.atoms(sp.Piecewise)
    scale = sp.S.One if any(branch == 0 for piece in pieces for branch, _ in piece.args) else density
    if without_current:
        yield from (without_point_masses(j) / scale for j in probability_current(process, density))
    else:
        yield without_point_masses(fokker_planck_operator(process, density)) / scale


def sign_finding(density: sp.Expr, domain: tuple[Boolean, ...]) -> Finding:
    """Whether the density is positive, or at least nowhere negative."""
    decision = decide_sign(density, domain)
    if decision.kind is SignKind.UNDECIDED:
        return Finding(Outcome.UNDECIDED, f"the sign of the density: {decision.reason}")
    if decision.kind in (SignKind.POSITIVE, SignKind.NONNEGATIVE):
        outcome = Outcome.PROVED if decision.proved else Outcome.CERTIFIED
        return Finding(outcome, f"{decision.kind}: {decision.reason}", numbers={"points": decision.points_used})
    at = decision.witnesses.get(SignKind.NEGATIVE) or decision.witnesses.get(SignKind.ZERO) or {}
    return Finding(Outcome.REFUTED, f"a density is not {decision.kind}: {decision.reason}", witness=dict(at))


@takes(x=SYMBOL, domain=CONDITIONS)
def interval_within(x: sp.Symbol, domain: Boolean | Sequence[Boolean]) -> Interval | None:
    """The interval that the assumptions of ``x`` and the bounds of ``domain`` leave it; None where that is not known.

    Example:
        >>> x, a = sp.symbols("x a", positive=True)
        >>> interval_within(x, (x < a, a < 3))
        Interval(left=0, right=a)
    """
    interval = Interval.of(x)
    left, right = interval.ends
    for condition in sp.And.make_args(sp.And(*AdmissibleRegion.of((), domain).conditions)):
        if not condition.has(x):
            continue
        found = affine_in(margin(condition), x) if isinstance(condition, INEQUALITIES) else None
        if found is None or not (found[1].is_positive or found[1].is_negative):
            return None
        end = sp.cancel(-found[2] / found[1])
        if found[1].is_positive:
            left = sp.Max(left, end)
        else:
            right = sp.Min(right, end)
    if sp.S(left).has(sp.Max) or sp.S(right).has(sp.Min):
        return None
    return Interval(left, right)


def integral_finding(process: ItoProcess, density: sp.Expr, domain: tuple[Boolean, ...]) -> Finding:
    """Whether the density has a finite integral over the interval, or over the whole space.

    What was not judged is undecided: an author who does not ask for it says ``normalisable=False``.
    """
    state = list(process.state)
    confined = any(condition.free_symbols & set(state) for condition in domain)
    try:
        interval = interval_within(state[0], domain) if confined and len(state) == 1 else None
        condition = None if confined and interval is None else finite_integral(density, state, interval)
    except TheoryError as error:
        return Finding(Outcome.UNDECIDED, f"whether its integral is finite was not judged: {error}")
    if condition is None:
        reason = "whether its integral is finite was not judged: no rule for densities of this kind"
        return Finding(Outcome.UNDECIDED, f"{reason}; without that question, say normalisable=False")
    if condition == sp.true:
        return Finding(Outcome.PROVED, "its integral is finite")
    if condition == sp.false:
        return Finding(Outcome.REFUTED, "its integral is infinite", witness={})
    found = judge_region(condition, sp.true, domain)  # on the border of the domain too
    told = f"its integral is finite: {condition}"
    if found.outcome is Outcome.REFUTED:
        where = ", ".join(f"{name}={value}" for name, value in (found.witness or {}).items()) or "every point"
        return replace(found, reason=f"its integral is finite only where {condition}, not at {where}")
    return replace(found, reason=told if found.outcome.supports else f"{told}; {found.reason}")


def weakest(findings: list[Finding]) -> Finding:
    """The finding on which the whole stands: a refutation, else an open question, else the weakest support."""
    order = (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.CERTIFIED, Outcome.PROVED)
    return min(findings, key=lambda finding: order.index(finding.outcome))


def judge_density(
    process: ItoProcess,
    density: sp.Expr,
    domain: tuple[Boolean, ...],
    *,
    normalisable: bool,
    equation: Finding,
) -> Finding:
    """The finding about a density whose equation was judged already."""
    if not equation.outcome.supports:
        return equation
    findings = [equation, sign_finding(density, domain)]
    seams = seam_finding(process, density, domain)
    findings += [] if seams is None else [seams]
    if normalisable:
        findings.append(integral_finding(process, density, domain))
    return weakest(findings)
