r"""Appendices E.1 and F.1: how likely the distance to the set exceeds a level, and theorem E.1 localised (lemma F.1).

:math:`l` is the distance to the set, and :math:`l^\delta` a supermartingale next to it.
"""

from collections.abc import Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.notation import mu, theta, zeta
from theory.stability.theorem_4_2 import slack as delta
from verification.authoring.shorthand import Grade, bounds, holds_when
from verification.claim import Statement
from verification.papers.stochastic_collapse.attraction.normal_jets import DRIFT_SLOPE, RADIAL, TRACE
from verification.papers.stochastic_collapse.attraction.one_dimension import epsilon, gbm_probability_of_reaching
from verification.papers.stochastic_collapse.paper import GBM, paper

kappa = sp.Symbol("kappa", positive=True)
l = theta  # the distance from 0


def _hitting(level: sp.Expr) -> sp.Expr:
    r"""P(sup l >= level) for geometric Brownian motion, with :math:`\kappa = 1 - 2\mu/\zeta^2`."""
    return gbm_probability_of_reaching().subs(mu, zeta**2 * (1 - kappa) / 2).subs(epsilon, level)


def _doobs_bound() -> sp.Expr:
    r"""Doob's bound :math:`l^\delta/c` on :math:`P(\sup l^\delta \ge c)` at :math:`c = \epsilon'^\delta`.

    The event is :math:`\sup l \ge \epsilon'`.
    """
    c = sp.Symbol("c", positive=True)
    return (l**delta / c).subs(c, epsilon**delta)


def _safe(power: sp.Expr) -> Boolean:
    r"""Where :math:`l^\delta/\epsilon'^p` bounds the probability for every :math:`l < \epsilon'`.

    For geometric Brownian motion with :math:`\kappa \ge \delta` the ratio of probability to bound,
    :math:`l^{\kappa-\delta}\epsilon'^{p-\kappa}`, is largest at :math:`l = \epsilon'`: there it is
    :math:`\epsilon'^{p-\delta}`, whatever :math:`\kappa`.
    """
    return (power - delta) * sp.log(epsilon) <= 0


@paper.claim(
    "SC-038",
    "Appendix E.1, end of the proof; Lemma F.1",
    symbols={
        l: r"$l(x)$, the distance from the set",
        epsilon: r"$\epsilon'$, the level",
        delta: r"$\delta$, in Lemma F.1 $\lambda$: the power for which $l^\delta$ is a supermartingale",
        kappa: r"$1 - 2\mu/\zeta^2 > 0$ of geometric Brownian motion",
    },
)
def maximal_inequality():
    r"""Maximal inequality.

    By the local version of Doob's maximal inequality, for any $\epsilon' < \epsilon$, the first bound. Equivalently,
    for any $\epsilon' < \epsilon^{1/\delta}$, the second. Lemma F.1: for any $x \in A_\epsilon$ and
    $0 < \epsilon' < \epsilon$, the third.
    - Scope: $\delta < 1$, $\epsilon' < 1$, which the proof may choose.
    - The first bound is Doob's. Since $\{\sup l \ge \epsilon'\} = \{\sup l^\delta \ge \epsilon'^\delta\}$, the
      equivalent bound on $\sup l$ is $(l(x)/\epsilon')^\delta$; both printed forms are weaker, and hold.
    - Beyond the scope they do not: at $\kappa = 2/5$, $\delta = 1/5$, $l = 1/2$, $\epsilon' = 2$ the probability is
      0.574, against 0.027 printed in the appendix and 0.435 in the lemma. A distance has a unit, so that these bounds
      change when the unit does; the conclusion, $l(x) \to 0$ at fixed $\epsilon'$, does not.
    - 'For any $\epsilon' < \epsilon$' in the first bound is $\epsilon' < \epsilon^\delta$ in general, since the stopped
      process knows nothing of levels beyond $l = \epsilon$; for $\epsilon < 1$ the printed range is inside it.
    """
    chosen = (theta < epsilon, delta < 1, epsilon < 1)
    yield bounds(
        r"bound on the power: $P[\sup_t l^\delta(\tilde\theta_t) \ge \epsilon'] \le$",
        printed=l**delta / epsilon,
        exact=lambda: _hitting(epsilon ** (1 / delta)),
        wrong={"the distance for its power": l / epsilon, "a tenth too small": 9 * l**delta / (10 * epsilon)},
        says=r"For geometric Brownian motion, whose probability is known.",
        domain=(delta < kappa, l**delta < epsilon, delta < 1, epsilon < 1),
    )
    for name, level, where in (
        ("bound on the distance", epsilon ** (1 / delta), r"\tilde\theta_t"),
        ("bound of Lemma F.1", epsilon, r"\theta_{t\wedge\tau}"),
    ):
        yield bounds(
            name,
            rf"P[\sup_t l({where}) \ge \epsilon'] \le \left(\frac{{l}}{{\epsilon'}}\right)^\delta \le",
            printed=l**delta / level,
            exact=_doobs_bound,
            wrong={"no level at all": l**delta, "twice the power": (l / epsilon) ** (2 * delta)},
            says="For any process: Doob's bound is at most the printed one.",
            domain=chosen,
        )
    yield from _range_of_the_bounds()


def _range_of_the_bounds() -> Iterator[Statement]:
    """Remarks to SC-038: its hypothesis, and where the printed powers of the level are safe."""
    yield holds_when(
        r"hypothesis: $\mathcal{A}\,l^\delta < 0\text{ iff }$",
        printed=delta < kappa,
        derived=lambda: negative(
            sp.expand((generator(GBM.process, l**delta) / (delta * l**delta)).subs(mu, zeta**2 * (1 - kappa) / 2))
        ),
        wrong={r"$\kappa$ of mean-square stability": delta < kappa - 1},
        remark=r"A result of ours: where $l^\delta$ is a strict supermartingale of geometric Brownian motion.",
    )
    safe = sp.Or(sp.And(delta < 1, epsilon <= 1), sp.And(delta > 1, epsilon >= 1))
    for name, power in (
        ("where the printed power is safe", 1 / delta),
        ("where the power of Lemma F.1 is safe", sp.S.One),
    ):
        yield holds_when(
            name,
            r"l^\delta\text{ over that power bounds }P\text{ for every }l < \epsilon'\text{ iff }",
            printed=safe,
            derived=lambda power=power: _safe(power),
            wrong={"for small levels, whatever the power": epsilon <= 1, "for all levels": sp.true},
            remark=r"A result of ours, for every geometric Brownian motion with $\kappa > \delta$.",
            domain=(sp.Ne(delta, 1),),
        )


m_0, m_1, x_1 = sp.symbols("m_0 m_1 x_1", real=True)


def _decay_on_tube() -> Boolean:
    r"""The generator on :math:`l^{2\delta}` is negative for :math:`dl = (m_0 + m_1x_1)\,l\,dt + \zeta l\,dW`."""
    process = ItoProcess([x_1, l], [0, (m_0 + m_1 * x_1) * l], sp.Matrix([[1, 0], [0, zeta * l]]))
    rate = sp.expand(generator(process, l ** (2 * delta)) / (2 * delta * l ** (2 * delta)))
    return sp.Lt(rate, 0)


@paper.claim(
    "SC-040",
    "Lemma F.1",
    symbols={x_1: r"coordinate along the set, $|x_1| \le c_B$", l: "distance from the set"}
    | {m_0: "normal drift rate at the origin of the set", m_1: "its slope along the set", zeta: "noise amplitude"}
    | {delta: r"$\delta$ of (26), (27)"},
    grade=Grade.CONFLICT,
)
def localised_theorem_e_1():
    r"""Localised version of Theorem E.1.

    If $A \cap B$ is an invariant set of $\theta_t$, then $A \cap B$ is a stochastically attractive invariant set of
    the stopped process $\{\theta_{t\wedge\tau} : t \ge 0\}$, provided Eq. 26 and 27 hold for any $x \in A \cap B$.
    - Scope: a normal drift rate that varies along the set; the displayed inequality is SC-038.
    - The sign is that of SC-035 again.
    - What the proof uses is that $l^{2\delta}$ is a supermartingale at the points of $A$ where (27) holds: a condition
      at each point, so that points outside $B$ do not matter before the stopping time.
    - The proof takes the distance to $A \cap B$, but (28) is the generator on the distance to $A$. They agree next to
      the set where $A$ is parallel to coordinate axes, as in the lemma's uses; for an oblique $A$ the foot of a point
      of $B$ may lie outside $B$. Reading $l$ as the distance to $A$ repairs it.
    """
    side = DRIFT_SLOPE - TRACE / 2 + (1 - delta) * RADIAL
    right = side.subs(DRIFT_SLOPE, -DRIFT_SLOPE)
    yield holds_when(
        r"supermartingale, point by point: $\tilde{\mathcal A}\,l^{2\delta} < 0\text{ iff }$",
        printed=side > 0,
        where={DRIFT_SLOPE: m_0 + m_1 * x_1, TRACE: zeta**2, RADIAL: zeta**2},
        derived=_decay_on_tube,
        corrected=right > 0,
        corrected_says=r"$-\nabla_{\hat n}\hat n^\top\mu$ in (27)",
        wrong={
            "drift rate at the origin of the set": right.subs(DRIFT_SLOPE, m_0) > 0,
            "the trace for the radial noise": right.subs(RADIAL, 2 * RADIAL) > 0,
        },
    )
