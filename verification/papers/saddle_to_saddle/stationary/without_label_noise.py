r"""Proposition 5.2 (i) and Appendix F: the law of a mode without label noise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ItoProcess, ito_differential
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import integrable
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from verification.authoring.predictions import at_point
from verification.authoring.shorthand import Grade, Kind, agrees, compared, equals, holds_when
from verification.authoring.simulated import simulated
from verification.papers.saddle_to_saddle.figures.splitting import splitting_of_sgd, splitting_of_the_sde
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, L, beta, deeper, mode_process, paper, s, w
from verification.papers.saddle_to_saddle.stationary.density import TWO

SYMBOLS = MODE_SYMBOLS | {beta: r"$\beta = \eta/b$"}
w_0 = sp.Symbol("w_0", positive=True)
logit = sp.Symbol("z", real=True)


def noiseless(depth: sp.Expr) -> ItoProcess:
    """A mode whose labels have no noise."""
    return mode_process(depth, sp.S.Zero)


@cache
def logit_of_mode() -> ItoProcess:
    r""":math:`\log\frac{w}{s - w}` at depth two, by Itô's formula; its noise is constant."""
    moved = ito_differential(noiseless(TWO), sp.log(w / (s - w)))
    drift, spread = (side.subs(w, s / (1 + sp.exp(-logit))) for side in (moved.drift, moved.dispersion[0]))
    return ItoProcess.scalar(logit, drift=sp.simplify(drift), dispersion=sp.simplify(spread))


def approaches_teacher(depth: sp.Expr) -> Boolean:
    """The condition that a mode from below the teacher's value converges to it in law."""
    law = stationary_density(noiseless(depth), Interval(sp.S.Zero, s))
    return sp.Or(*(condition for condition, end in law.collapse if end == s))


def power_at_teacher(depth: sp.Expr) -> sp.Expr:
    r"""The power of :math:`s - w` in the density of zero current, as w rises to s."""
    process = noiseless(depth)
    slope = (2 * process.drift[0] - sp.diff(process.diffusion[0], w)) / process.diffusion[0]
    return endpoint_behaviour(slope, w, s, from_above=False).exponent


@paper.claim("DLN-P2", "Proposition 5.2 (i), Appendix F", symbols=SYMBOLS, kind=Kind.LAW, grade=Grade.CONDITION)
def dirac_law_without_label_noise():
    r"""Dirac law without label noise.

    "The density (16) is non-normalizable unless it collapses to a Dirac mass, hence
    $p^\star_\alpha = \delta(w - s_\alpha)$."

    - Scope: the scalar mode without label noise, with the drift that Itô's formula gives, started below the teacher.
    - The condition is $D_\alpha > 0$, without the mass at 0: $w = 0$ is invariant too, so that $\delta_0$ is a second
      stationary law, which at depth two attracts when $\beta s_\alpha > 1$.
    - Discrete SGD of one scalar chain does not collapse to 0 without label noise; there the SDE differs from it.
    """

    def not_integrable() -> Boolean:
        return sp.Not(integrable(endpoint_behaviour(power_at_teacher(deeper) / w, w, sp.S.Zero)))

    yield equals(
        r"diffusion: $D_\alpha(w)$",
        printed=2 * beta * L**2 * (s - w) ** 2 * w ** (4 * (L - 1) / L),
        derived=lambda: mode_process(L, sp.S.Zero).diffusion[0],
        wrong={"label noise for data noise": beta * L**2 * (s - w) ** 2 * w ** (4 * (L - 1) / L)},
    )
    yield equals(
        r"singularity: $\text{power of } s_\alpha - w\text{ in }p^\star_\alpha$",
        printed=-2 - 1 / (beta * deeper * s ** (2 * (deeper - 1) / deeper)),
        derived=lambda: power_at_teacher(deeper),
        wrong={"the prefactor alone": sp.Integer(-2)},
        says=r"The page's $-2 - \gamma$ with $\gamma > 0$; its value is ours.",
    )
    yield holds_when(
        r"not integrable: $\int^{s_\alpha}p^\star_\alpha = \infty\text{ iff }$",
        printed=sp.true,
        derived=not_integrable,
        wrong={"only for weak noise": beta * s < 1},
    )
    yield holds_when(
        r"Dirac law at depth two: $p^\star_\alpha = \delta(w - s_\alpha)\text{ iff }$",
        printed=sp.true,
        corrected=beta * s <= 1,
        derived=lambda: approaches_teacher(TWO),
        wrong={"threshold of label noise": 2 * beta * s < 1, "critical case left out": beta * s < 1},
        says=r"Convergence in law from every $0 < w(0) < s_\alpha$.",
    )
    yield holds_when(
        r"Dirac law of deeper modes: $p^\star_\alpha = \delta(w - s_\alpha)\text{ iff }$",
        printed=sp.true,
        derived=lambda: approaches_teacher(deeper),
        wrong={"threshold of depth two": beta * s <= 1},
        says=r"At $L\ge3$.",
    )
    yield splitting_of_the_sde()


def flow_reaches_teacher() -> Boolean:
    """Where gradient flow of a mode grows, at every depth."""
    drift = mode_process(L, rate=sp.S.Zero).drift[0]
    return sp.factor(drift / (L * w ** (2 - 2 / L))) > 0


def probability_of_learning(point: Mapping[str, Any]) -> tuple[float, float]:
    """That a mode of depth two without label noise reaches its teacher before 0, from the scale function."""
    values = {beta: sp.Rational(point["beta"]), s: sp.Rational(point["s"]), w_0: sp.Rational(point["w_0"])}
    found = hitting_probability(noiseless(TWO), w_0, 0, s, Interval(0, s)).subs(values)
    return float(found.evalf(20)), 1e-12


@paper.claim(
    "DLN-P9",
    "Abstract; Section 1.1, contribution 3",
    symbols=SYMBOLS | {w_0: "initial amplitude"},
    kind=Kind.LAW,
    grade=Grade.CONDITION,
)
def marginal_equals_that_of_gradient_flow():
    r"""Marginal law equal to that of gradient flow.

    "in the absence of label noise, its marginal distribution along specific features coincides with the stationary
    distribution of gradient flow"

    - Scope: the scalar mode, started at $0 < w(0) < s_\alpha$.
    - As sets the stationary laws of both are the same: the mixtures of the point masses at 0 and at the teacher.
    """
    yield holds_when(
        r"gradient flow: $\dot w_\alpha > 0\text{ iff }$",
        printed=w < s,
        derived=flow_reaches_teacher,
        wrong={"beyond the teacher too": w < 2 * s},
        says="So that the flow converges to the teacher's value from every positive start.",
    )
    yield holds_when(
        r"same limit at depth two: $p_\alpha(w, t)\to\delta(w - s_\alpha)\text{ iff }$",
        printed=sp.true,
        corrected=beta * s <= 1,
        derived=lambda: approaches_teacher(TWO),
        wrong={"threshold of label noise": 2 * beta * s < 1},
    )
    yield holds_when(
        r"same limit of deeper modes: $p_\alpha(w, t)\to\delta(w - s_\alpha)\text{ iff }$",
        printed=sp.true,
        derived=lambda: approaches_teacher(deeper),
        wrong={"threshold of depth two": beta * s <= 1},
        says=r"At $L\ge3$.",
    )
    ratio, half = 1 / (2 * beta * s), sp.Rational(1, 2)

    points = [{"beta": "2", "s": "1", "w_0": "1/2"}, {"beta": "3", "s": "3/2", "w_0": "1/10"}]
    yield agrees(
        r"probability of learning: $P(w_\alpha\to s_\alpha)$",
        printed=sp.betainc_regularized(half - ratio, 1 + ratio, 0, w_0 / s),
        compared=[
            compared(
                "ratio of scale functions", probability_of_learning, at_point(beta, s, w_0), *points, tolerance=1e-9
            )
        ],
        measured=[
            simulated(
                logit_of_mode,
                1 / (1 + sp.exp(-logit)),
                at={s: "1", beta: "2"},
                start=0.0,
                until=40.0,
                step=0.05,
                predicted=lambda candidate: at_point(beta, s, w_0)(candidate, points[0]),
                name="share of modes that are learned",
            )
        ],
        wrong={
            "exponents exchanged": sp.betainc_regularized(1 + ratio, half - ratio, 0, w_0 / s),
            "a tenth too large": sp.Rational(11, 10) * sp.betainc_regularized(half - ratio, 1 + ratio, 0, w_0 / s),
            "one per cent": sp.Rational(101, 100) * sp.betainc_regularized(half - ratio, 1 + ratio, 0, w_0 / s),
        },
        says=r"A result of ours: at depth two and $\beta s_\alpha > 1$ a mode is learned with this probability.",
        remark=True,
    )
    yield splitting_of_sgd()
