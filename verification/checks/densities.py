r"""Is a candidate a stationary density of a process? Equation, sign, continuity, and integral, in that order.

The equation is the full one, :math:`\mathcal L^*p = 0`: a law may carry a current round in circles. Where a form asks
for it, the current itself must vanish. Branch by branch the equation says nothing about the seams of a density in
pieces; there :math:`a p` and the current must be continuous, or the equation has a source there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, SYMBOL
from theory.decision.arb.ball_functions import Ball
from theory.decision.arb.balls import ball
from theory.decision.conditions.surfaces import INEQUALITIES, margin
from theory.decision.evidence_class import LARGEST_NUMBER, is_plain
from theory.decision.points.breakpoints import breakpoints, closer_crossings
from theory.decision.points.region import AdmissibleRegion, affine_in, points_satisfying
from theory.decision.sign import SignKind, decide_sign
from theory.errors import TheoryError
from theory.fokker_planck import fokker_planck_operator, probability_current
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from verification.arguments import takes
from verification.checks.conditions import judge_region
from verification.checks.finite_integral import PIECES, finite_integral
from verification.verdict import Finding, Outcome

_SIDE = Fraction(1, 1 << 200)
"""Half the distance between the two points that look at a seam from either side."""

_FURTHER_SIDE = Fraction(1, 1 << 100)
"""The same for two points further away."""

_JUMP_BITS = 60
"""A relative difference across a seam that is larger than 2**-60 is no rounding and no slope, but a jump."""

_PRECISION = 1024
_SEAM_POINTS = 6


def residuals(process: ItoProcess, density: sp.Expr, *, without_current: bool) -> Iterator[sp.Expr]:
    """What must vanish: the Fokker-Planck operator over the density, or every component of the current over it.

    A density that is 0 on a branch divides nothing.
    """
    pieces = density.atoms(sp.Piecewise)
    scale = sp.S.One if any(branch == 0 for piece in pieces for branch, _ in piece.args) else density
    if without_current:
        yield from (_off_seams(j) / scale for j in probability_current(process, density))
    else:
        yield _off_seams(fokker_planck_operator(process, density)) / scale


def _off_seams(expression: sp.Expr) -> sp.Expr:
    """``expression`` without the point masses of differentiated steps; :func:`seam_finding` looks there."""
    return expression.replace(sp.DiracDelta, lambda *_: sp.S.Zero)


def seams_of(process: ItoProcess, density: sp.Expr) -> list[sp.Expr]:
    """Where the density or a coefficient changes its form, as expressions that vanish there."""
    pieces = [part for part in (density, *process.drift, *process.diffusion) if part.has(*PIECES)]
    found = [seam for part in pieces for seam in breakpoints(part) if seam.free_symbols & set(process.state)]
    return list(dict.fromkeys(found))


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


def seam_finding(process: ItoProcess, density: sp.Expr, domain: tuple[Boolean, ...]) -> Finding | None:
    """Whether diffusion times density, and the current, pass continuously through the seams; None without seams."""
    pieces = [part for part in (density, *process.diffusion) if part.has(*PIECES)]
    if not pieces:
        return None
    seams = [s for part in pieces for s in breakpoints(part) if s.free_symbols & set(process.state)]
    symbols = {s for c in domain for s in c.free_symbols} | set(process.state)
    symbols |= set().union(*(part.free_symbols for part in (density, *process.drift, *process.diffusion)))
    looked_at = 0
    for start in points_satisfying(symbols, domain, _SEAM_POINTS, seed=str(density)):
        for seam in seams:
            for x in process.state:
                for place in closer_crossings(seam, x, start, _SIDE):
                    looked_at += 1
                    at = {**start, x: place[0]}
                    if (jump := _jump(process, density, x, at, place)) is not None:
                        where = {str(s): str(v) for s, v in at.items()}
                        return Finding(Outcome.REFUTED, f"{jump} jumps at {x} = {_shown(place)}", witness=where)
    if not looked_at:
        return Finding(Outcome.UNDECIDED, "the density is in pieces, and no point on their seams was found")
    unseen = next((seam for seam in seams if not is_plain(seam, LARGEST_NUMBER)), None)
    if unseen is not None:
        reason = f"continuous at {looked_at} points on seams, but points do not meet all places where {unseen} is 0"
        return Finding(Outcome.UNDECIDED, reason)
    return Finding(Outcome.CERTIFIED, f"continuous at {looked_at} points on seams", numbers={"points": looked_at})


def _shown(place: tuple[Fraction, Fraction]) -> str:
    """A place on a seam: exactly, or to fifteen digits."""
    return str(place[0]) if place[0] == place[1] else f"{float(place[0]):.15g}"


def _jump(
    process: ItoProcess,
    density: sp.Expr,
    x: sp.Symbol,
    at: dict[sp.Symbol, Fraction],
    place: tuple[Fraction, Fraction],
) -> str | None:
    i = list(process.state).index(x)
    parts = {
        "diffusion times density": process.diffusion[i, i] * density,
        "the current": _off_seams(probability_current(process, density)[i]),
    }
    scale = ball(process.diffusion[i, i] * density, {**at, x: place[1] + _SIDE}, _PRECISION)
    for name, part in parts.items():
        further, close = (_difference_across(part.doit(), x, at, place, side) for side in (_FURTHER_SIDE, _SIDE))
        stays = close > further / 2  # what tends to 0 on both sides shrinks
        if close.is_finite() and stays and close > abs(scale) / (1 << _JUMP_BITS):
            return name
    return None


def _difference_across(
    part: sp.Expr, x: sp.Symbol, at: dict[sp.Symbol, Fraction], place: tuple[Fraction, Fraction], side: Fraction
) -> Ball:
    """How far apart the values on the two sides of a seam within ``place`` are."""
    before, after = (ball(part, {**at, x: beside}, _PRECISION) for beside in (place[0] - side, place[1] + side))
    return abs(before - after)


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
