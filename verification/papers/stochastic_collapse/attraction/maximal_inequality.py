r"""Appendices E.1 and F.1: how likely the distance to the set exceeds a level, and theorem E.1 localised (lemma F.1).

:math:`l` is the distance to the set, and :math:`l^\delta` a supermartingale next to it.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.inequalities import negative
from theory.generator import generator
from theory.ito import ItoProcess
from theory.models.geometric_brownian import GeometricBrownianMotion
from theory.notation import mu, theta, zeta
from theory.stability.theorem_4_2 import slack as delta
from verification.authoring.shorthand import bounds, holds_when
from verification.claim import (
    Kind,
)
from verification.papers.stochastic_collapse.attraction.one_dimension import epsilon, gbm_probability_of_reaching
from verification.papers.stochastic_collapse.paper import paper

kappa = sp.Symbol("kappa", positive=True)
GBM = GeometricBrownianMotion()
TUBE = {theta: "l(x), the distance from the set", epsilon: "eps', the level", kappa: "1 - 2 mu/zeta^2 > 0"}


def _hitting(level: sp.Expr) -> sp.Expr:
    r"""P(sup l >= level) for geometric Brownian motion, with :math:`\kappa = 1 - 2\mu/\zeta^2`."""
    return gbm_probability_of_reaching().subs(mu, zeta**2 * (1 - kappa) / 2).subs(epsilon, level)


def _supermartingale() -> Boolean:
    r"""The generator on :math:`l^\delta` is negative: :math:`\delta < \kappa`."""
    rate = generator(GBM.process, theta**delta) / (delta * theta**delta)
    return negative(sp.expand(rate.subs(mu, zeta**2 * (1 - kappa) / 2)))


def _valid_everywhere(power: sp.Expr) -> Boolean:
    r"""Where :math:`l^\delta/\varepsilon'^p` bounds the probability for every :math:`l < \varepsilon'`.

    For geometric Brownian motion with :math:`\kappa \ge \delta` the ratio of probability to bound,
    :math:`l^{\kappa-\delta}\varepsilon'^{p-\kappa}`, is largest at :math:`l = \varepsilon'`: there it is
    :math:`\varepsilon'^{p-\delta}`, whatever :math:`\kappa`.
    """
    return (power - delta) * sp.log(epsilon) <= 0


@paper.claim(
    "SC-038",
    "Appendix E.1, end of the proof; Lemma F.1",
    symbols=TUBE | {delta: "delta (lambda in Lemma F.1), for which l^delta is a supermartingale: delta < kappa"},
    kind=Kind.INEQUALITY,
    notes=(
        "The first bound is Doob's. {sup l >= eps'} = {sup l^delta >= eps'^delta}, so the equivalent bound on sup "
        "l has eps'^delta. Both printed forms have another power, and agree with it only at delta = 1 (lambda = 1) or "
        "eps' = 1.",
        "At kappa = 2/5, delta = 1/5, l = 1/2, eps' = 2 the probability is 0.574; printed 0.027, in the lemma 0.435, "
        "corrected 0.758.",
        "Sharp: for delta -> kappa the corrected bound becomes the exact probability (l/eps')^kappa.",
        "eps'^(1/delta): a valid, weaker bound for eps' <= 1 if delta < 1 and for eps' >= 1 if delta > 1; on the "
        "other side of 1 it is violated by geometric Brownian motion. The lemma's eps' likewise: valid for eps' <= 1 "
        "if lambda < 1, for eps' >= 1 if lambda > 1.",
        "A distance has a unit, so nothing keeps eps' below 1: the printed bounds change when the unit does. The "
        "conclusion is untouched, since l(x) -> 0 at fixed eps' sends all these bounds to 0.",
        "'For any eps' < eps' in the first bound has to be eps' < eps^delta: the stopped process knows nothing of "
        "levels beyond l = eps. For eps < 1 and delta < 1 the printed range is inside it; for eps > 1 it is not.",
    ),
)
def maximal_inequality():
    r"""Maximal inequality.

    P[sup l^delta >= eps'] <= l^delta(x)/eps'; equivalently P[sup l >= eps'] <= l^delta(x)/eps'^(1/delta);
    Lemma F.1: P[sup l >= eps'] <= l^lambda(x)/eps'
    """
    yield bounds(
        "bound on sup l^delta",
        r"P[\sup_t l^\delta \ge \varepsilon'] \le",
        printed=theta**delta / epsilon,
        exact=lambda: _hitting(epsilon ** (1 / delta)),
        wrong={
            "square of the bound": theta ** (2 * delta) / epsilon**2,
            "l instead of its power": theta / epsilon,
            "half of it": theta**delta / (2 * epsilon),
        },
        says="Geometric Brownian motion started at l: probability that l^delta reaches eps' > l^delta.",
        domain=(delta < kappa, theta**delta < epsilon),
    )
    yield bounds(
        "bound on sup l",
        r"P[\sup_t l \ge \varepsilon'] \le",
        printed=theta**delta / epsilon ** (1 / delta),
        exact=lambda: _hitting(epsilon),
        corrected=theta**delta / epsilon**delta,
        corrected_says="P[sup l >= eps'] <= (l(x)/eps')^delta, in Lemma F.1 (l(x)/eps')^lambda",
        wrong={"no power on eps'": theta**delta / epsilon, "power 2 delta": (theta / epsilon) ** (2 * delta)},
        says="The same for l itself, with delta < 1.",
        domain=(delta < kappa, theta < epsilon, delta < 1),
    )
    yield bounds(
        "bound of Lemma F.1",
        r"P[\sup_t l \ge \varepsilon'] \le",
        printed=theta**delta / epsilon,
        exact=lambda: _hitting(epsilon),
        corrected=(theta / epsilon) ** delta,
        wrong={"power 2 lambda": (theta / epsilon) ** (2 * delta)},
        says="The bound on sup l in Lemma F.1, lambda written delta here.",
        domain=(delta < kappa, theta < epsilon),
    )
    yield holds_when(
        "hypothesis",
        r"\mathcal{A}\,l^\delta < 0\text{ iff }",
        printed=delta < kappa,
        derived=_supermartingale,
        wrong={"half the power": 2 * delta < kappa, "kappa of mean-square stability": delta < kappa - 1},
        says="l^delta is a strict supermartingale for geometric Brownian motion exactly when delta < kappa.",
        remark=True,
    )
    yield holds_when(
        "where the printed power is safe",
        r"\varepsilon'^{1/\delta}\text{ is safe iff }",
        printed=sp.Or(sp.And(delta < 1, epsilon <= 1), sp.And(delta > 1, epsilon >= 1)),
        derived=lambda: _valid_everywhere(1 / delta),
        wrong={
            "for small levels, whatever delta": epsilon <= 1,
            "for all levels": sp.true,
            "sides exchanged": sp.Or(sp.And(delta < 1, epsilon >= 1), sp.And(delta > 1, epsilon <= 1)),
        },
        says="l^delta/eps'^(1/delta) bounds P(sup l >= eps') for every l < eps' and kappa > delta exactly here.",
        domain=(sp.Ne(delta, 1),),
        remark=True,
    )
    yield holds_when(
        "where the power of Lemma F.1 is safe",
        r"\varepsilon'\text{ is safe iff }",
        printed=sp.Or(sp.And(delta < 1, epsilon <= 1), sp.And(delta > 1, epsilon >= 1)),
        derived=lambda: _valid_everywhere(sp.S.One),
        wrong={"for small levels, whatever lambda": epsilon <= 1, "for all levels": sp.true},
        says="l^lambda/eps' bounds P(sup l >= eps') for every l < eps' and kappa > lambda exactly here.",
        domain=(sp.Ne(delta, 1),),
        remark=True,
    )


m_0, m_1 = sp.symbols("m_0 m_1", real=True)
along_set = sp.Symbol("x_1", real=True)


def _decay_on_tube() -> Boolean:
    r"""The generator on :math:`l^{2\delta}` is negative for :math:`dl = (m_0 + m_1x_1)\,l\,dt + \zeta l\,dW`."""
    process = ItoProcess(
        [along_set, theta], [0, (m_0 + m_1 * along_set) * theta], sp.Matrix([[1, 0], [0, zeta * theta]])
    )
    rate = sp.expand(generator(process, theta ** (2 * delta)) / (2 * delta * theta ** (2 * delta)))
    return sp.Lt(rate, 0)


def _condition_on_tube(sign: int, power: sp.Expr = 1 - delta) -> Boolean:
    """(27) at the point x_1 of the set, with the drift term times ``sign``."""
    return sign * (m_0 + m_1 * along_set) - zeta**2 / 2 + power * zeta**2 > 0


@paper.claim(
    "SC-040",
    "Lemma F.1",
    symbols={
        along_set: "coordinate along the set, |x_1| <= c_B",
        theta: "distance from the set",
        m_0: "normal drift rate at x_1 = 0",
        m_1: "its slope along the set",
        zeta: "noise amplitude",
        delta: "delta of (26), (27)",
    },
    kind=Kind.THRESHOLD,
    scope="with the drift sign of (27) repaired as in SC-035; the displayed inequality is SC-038",
    notes=(
        "What the proof uses is that l^(2 delta) is a supermartingale at the points of A where (27) holds: a "
        "condition at each point, so that points outside B do not matter before the stopping time.",
        "The proof takes the distance to A intersected with B, but (28) is the generator on the distance to A. They "
        "agree next to the set where A is parallel to coordinate axes, as in the lemma's uses; for an oblique A the "
        "foot of a point of B may lie outside B. Reading l as the distance to A repairs it.",
    ),
)
def localised_version_of_theorem_e1():
    r"""Localised version of Theorem E.1 (Lemma F.1).

    if A intersected with B is an invariant set, it is a stochastically attractive invariant set of the
    process stopped on leaving A_c intersected with int B, provided (26) and (27) hold on A intersected with B
    """
    yield holds_when(
        "supermartingale, point by point",
        r"\mathcal{A}\,l^{2\delta} < 0\text{ iff }",
        printed=_condition_on_tube(-1),
        derived=_decay_on_tube,
        wrong={
            "drift sign of (27) as printed": _condition_on_tube(1),
            "drift rate at the origin of the set": -m_0 - zeta**2 / 2 + (1 - delta) * zeta**2 > 0,
            "delta added": _condition_on_tube(-1, 1 + delta),
        },
        says="A normal drift rate that varies along the set: A l^(2 delta) < 0 exactly where repaired (27) holds.",
    )
