r"""Section 4 and Appendix E.2: attraction to an invariant point in one dimension.

The paper writes :math:`d\theta = -L'\,dt + \sqrt{2D}\,dB`, so its :math:`D` is half the diffusion :math:`a`.
Near the invariant point 0 only the jets :math:`L''(0)`, :math:`D''(0)` and higher ones enter; they are symbols here.
"""

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ItoProcess, ito_differential
from theory.line.ends.boundary import classify, integrable
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.passage.first_passage import hitting_probability
from theory.notation import mu, theta, zeta
from theory.stability.attractivity import attractivity_rate, linearisation
from verification.authoring import predictions, shorthand
from verification.authoring.shorthand import Grade, Kind, agrees, compared, equals, holds_when, measured, sde, table
from verification.claim import Statement
from verification.forms import Arguments
from verification.papers.stochastic_collapse.measured import one_dimension as sampled
from verification.papers.stochastic_collapse.paper import (
    D_2,
    D_3,
    GBM,
    GBM_SYMBOLS,
    L_2,
    L_3,
    flow_near_invariant_point,
    paper,
)

epsilon = sp.Symbol("epsilon", positive=True)
delta = sp.Symbol("delta", positive=True)
alpha = sp.Symbol("alpha", real=True)


def _attracting(process: ItoProcess) -> Boolean:
    """The scale function is finite at 0: started close enough, the process stays close with high probability."""
    (b,), (a,) = process.drift, process.diffusion
    return integrable(endpoint_behaviour(sp.cancel(-2 * b / a), theta, sp.S.Zero))


def gbm_probability_of_reaching() -> sp.Expr:
    """P(reaching epsilon) from theta < epsilon for mu < zeta^2/2, from the scale function."""
    gap = sp.Symbol("gap", positive=True)
    below = hitting_probability(GBM.process.subs({mu: zeta**2 / 2 - gap}), theta, 0, epsilon)
    return below.subs(gap, zeta**2 / 2 - mu)


@paper.claim("SC-024", "Definition 4.1, Eq. (4), Section 4", symbols=GBM_SYMBOLS)
def geometric_brownian_motion():
    r"""Stochastic attractivity of geometric Brownian motion.

    This competition controls whether the invariant set $A = \{0\}$ of GBM is stochastically attractive (i.e. when
    $\mu < \zeta^2/2$ the invariant set is attractive).
    """
    yield holds_when(
        r"threshold: $\{0\}\text{ attractive iff }$",
        printed=mu < zeta**2 / 2,
        derived=lambda: classify(GBM.process).left.attracting,
        wrong={
            "the critical case counted as attractive": mu <= zeta**2 / 2,
            "Stratonovich reading of the noise": mu < 0,
            "mean-square stability": mu < -(zeta**2) / 2,
        },
    )
    reached = (theta / epsilon) ** (1 - 2 * mu / zeta**2)
    yield equals(
        r"supremum: $P\left[\sup_t \theta_t \ge \epsilon \mid \theta_0 = \theta\right]$",
        printed=reached,
        derived=gbm_probability_of_reaching,
        wrong={"linear bound": theta / epsilon, "a tenth of the paths seen too late": 9 * reached / 10},
        remark="A result of ours: how small the probability of Definition 4.1 is.",
        domain=(mu < zeta**2 / 2, theta < epsilon),
        measured=[
            measured(sampled.supremum_of_geometric_brownian_motion, at={mu: m, zeta: z, theta: start, epsilon: "1"})
            for m, z, start in (("3/10", "1", "1/10"), ("1/10", "1", "1/5"), ("-1/2", "4/5", "1/2"))
        ],
    )


@paper.claim("SC-025", "Section 4, below Eq. (4)", symbols=GBM_SYMBOLS)
def logarithm_of_geometric_brownian_motion():
    """Logarithm of geometric Brownian motion."""

    def logarithm() -> tuple[sp.Expr, sp.Expr]:
        differential = ito_differential(GBM.process, sp.log(theta))
        return differential.drift, differential.dispersion[0]

    yield equals(
        r"logarithm: $dz_t,\ z_t = \log\theta_t: \text{ (drift, dispersion)}$",
        printed=sde(mu - zeta**2 / 2, zeta),
        derived=logarithm,
        wrong={
            "ordinary chain rule": sde(mu, zeta),
            "noise not divided by the state": sde(mu - zeta**2 / 2, zeta * theta),
        },
    )


@paper.claim("SC-026", "Eq. (5)")
def linearisation_at_the_invariant_set():
    r"""Linearisation at the invariant set.

    Here we use $\mathcal L'(0) = D(0) = D'(0) = 0$, which is a consequence of $\{0\}$ being an invariant set.
    - Scope: to first order in $\theta$ in drift and dispersion.
    """
    yield equals(
        r"linear flow: $d\theta_t \approx \text{ (drift, dispersion)}$",
        printed=sde(-L_2 * theta, sp.sqrt(D_2) * theta),
        derived=lambda: linearisation(flow_near_invariant_point(), 0),
        wrong={
            "$D$ taken for the whole diffusion": sde(-L_2 * theta, sp.sqrt(D_2 / 2) * theta),
            "$2D$ expanded without the factor 1/2 of Taylor": sde(-L_2 * theta, sp.sqrt(2 * D_2) * theta),
        },
    )


@paper.claim("SC-027", "Theorem 4.1, footnote 9", symbols={alpha: "rate of attractivity"}, kind=Kind.THRESHOLD)
def attraction_in_one_dimension():
    r"""Attraction in one dimension.

    $A$ is stochastically attractive if $\alpha > 0$, while it is not stochastically attractive if $\alpha < 0$.
    - $\alpha$ is the almost sure rate: $\log|\theta_t|/t \to -\alpha$ on collapse.
    - Footnote 9, that at $\alpha = 0$ higher-order derivatives determine the attractivity, does not stand for a $D$
      that is three times differentiable: the scale density behaves like $1/\theta$ whatever they are, its integral at 0
      diverges and 0 is never attractive in the sense of Definition 4.1 (statement 'critical case'). They decide
      recurrence and the stationary law; only a $D$ that is $C^2$ but not $C^3$ leaves room for more.
    """
    rate = L_2 + D_2 / 2
    yield equals(
        r"rate: $\alpha$",
        printed=rate,
        derived=lambda: attractivity_rate(flow_near_invariant_point(), 0).alpha,
        wrong={"$D$ taken for the whole diffusion": L_2 + D_2 / 4, "a tenth too fast": 11 * rate / 10},
        says=r"Minus the linear growth rate of $\log\theta$; measured in the double well, where it collapses.",
        measured=measured(sampled.log_rate_of_double_well, predictions.at({L_2: "-1/5", D_2: "1"}), mu="1/5", zeta="1"),
    )
    yield holds_when(
        r"region: $\{0\}\text{ attractive iff }$",
        printed=alpha > 0,
        where={alpha: rate},
        derived=lambda: _attracting(flow_near_invariant_point()),
        wrong={
            "$D$ taken for the whole diffusion": {alpha: L_2 + D_2 / 4},
            "a local minimum is needed": {alpha: L_2},
            "mean-square stability": {alpha: L_2 - D_2 / 2},
        },
        domain=(sp.Ne(rate, 0),),
    )
    yield holds_when(
        r"critical case: $\{0\}\text{ attractive at }\alpha = 0\text{ iff }$",
        printed=sp.false,
        derived=lambda: _attracting(flow_near_invariant_point().subs({L_2: -D_2 / 2})),
        wrong={"decided by the loss": L_3 > 0, "decided by both third derivatives": L_3 + D_3 / 4 > 0},
        remark="A result of ours, against footnote 9: no third derivative makes the set attractive.",
    )
    yield _reaching_a_level()


def _reaching_a_level() -> Statement:
    r"""A ratio of :math:`\int_0^x` to :math:`\int_0^\epsilon` of the scale density, for the double well."""
    x, level = sp.symbols("x epsilon_1", positive=True)
    y = sp.Symbol("y", positive=True)

    def ratio(power: sp.Expr, rate: sp.Expr) -> sp.Expr:
        density = y**power * sp.exp(rate * y**2)
        return sp.Integral(density, (y, 0, x)) / sp.Integral(density, (y, 0, level))

    def predicted(candidate: sp.Expr, point: Arguments) -> float:
        values = {mu: point["mu"], zeta: point["zeta"], x: point["start"], level: point["level"]}
        return predictions.ratio_of_integrals(candidate, values)

    simulated, *solved = table(
        "mu zeta start level", "-1/2 1 1/2 6/5", "1/5 1 1/10 3/10", "-1/2 1 1/10 6/5", "1/2 3/2 1/10 1"
    )
    return agrees(
        r"hitting probability: $P[\text{hit }\epsilon_1 \mid \theta_0 = x]$",
        printed=ratio(-2 * mu / zeta**2, 1 / zeta**2),
        wrong={
            "factor 2 of the scale density lost": ratio(-mu / zeta**2, 1 / (2 * zeta**2)),
            "sign of the nonlinear drift": ratio(-2 * mu / zeta**2, -1 / zeta**2),
            "nonlinear drift ignored": ratio(-2 * mu / zeta**2, sp.S.Zero),
            "nonlinear drift a tenth too weak": ratio(-2 * mu / zeta**2, sp.Rational(9, 10) / zeta**2),
        },
        remark="A result of ours for the double well, from its scale function.",
        measured=measured(sampled.double_well_reaches_level, lambda found: predicted(found, simulated), **simulated),
        compared=compared(
            "boundary-value problem on a grid", sampled.hitting_probability_on_grid, predicted, *solved, tolerance=1e-4
        ),
    )


_slope, _noise_slope = sp.symbols("L' D'", real=True)
_noise = sp.Symbol("D", positive=True)


def _unit_noise_drift(process: ItoProcess) -> sp.Expr:
    r"""The drift of :math:`Y = \int^\theta\sigma^{-1}`, whose dispersion is 1."""
    (b,), (sigma,) = process.drift, process.dispersion
    return b / sigma - sp.diff(sigma, theta) / 2


def _unit_noise_coordinate() -> sp.Matrix:
    r"""Drift and dispersion of :math:`Y = 2^{-1/2}\int^\theta D^{-1/2}` at one point, for arbitrary L and D."""
    loss, noise = sp.Function("L", real=True)(theta), sp.Function("D", positive=True)(theta)
    flow = ItoProcess.scalar(theta, drift=-sp.diff(loss, theta), dispersion=sp.sqrt(2 * noise))
    here = {sp.diff(loss, theta): _slope, sp.diff(noise, theta): _noise_slope, noise: _noise}
    return sde(_unit_noise_drift(flow), 1).xreplace(here)


@paper.claim(
    "SC-028",
    "Appendix E.2",
    symbols={_slope: "slope of the loss", _noise: "diffusion matrix, positive", _noise_slope: "its slope"}
    | {delta: r"$\alpha < -\delta$", epsilon: "size of the neighbourhood"},
    kind=Kind.PROOF_STEP,
    grade=Grade.WRONG,
)
def negative_rate_repels():
    r"""Proof that a negative rate repels.

    It suffices to show that there exists $\epsilon > 0$ such that the hitting time $\tau$ is finite almost surely for
    any $x \in \mathbb R$. By further taking $\epsilon$ small, $D^{-1/2}(-\mathcal L' - \frac12 D') >
    \frac{\delta\epsilon}2 D^{-1/2} \ge \frac{\delta\epsilon}2 / \sqrt{\sup_{0<x<\epsilon} D(x)} > \delta$.
    - The conclusion stands: the corrected drift of $Y$ tends to $-\alpha/\sqrt{D''(0)} > 0$ (statement 'limit').
    - 'For any $x \in \mathbb R$' needs $x > 0$: $\theta = 0$ stays at 0, and $\theta < 0$ never becomes positive.
    - Of the chain the first inequality is judged, on geometric Brownian motion; the last needs $D''(0) < 1/2$ besides.
    """
    bracket = -_slope - _noise_slope / 2
    yield equals(
        r"unit-noise coordinate: $dY_t: \text{ (drift, dispersion)}$",
        printed=sde(bracket / sp.sqrt(_noise), 1),
        derived=_unit_noise_coordinate,
        corrected=sde(bracket / sp.sqrt(2 * _noise), 1),
        wrong={"ordinary chain rule": sde(-_slope / sp.sqrt(2 * _noise), 1)},
    )
    yield shorthand.bounds(
        r"lower bound: $-\mathcal L'(\theta) - \tfrac12 D'(\theta) \ge$",
        printed=delta * epsilon / 2,
        relation=">=",
        exact=lambda: sp.expand(GBM.process.drift[0] - sp.diff(GBM.process.diffusion[0] / 2, theta) / 2),
        corrected=delta * theta,
        wrong={
            "the size of the neighbourhood for the point": delta * epsilon,
            "noise enhances instead of damping": (mu + zeta**2 / 2) * theta,
        },
        says=r"On $(0, \epsilon)$, for geometric Brownian motion with $-\alpha = \mu - \zeta^2/2 > \delta$.",
        domain=(theta < epsilon, delta < mu - zeta**2 / 2),
    )
    yield equals(
        r"limit: $\lim_{\theta\to0} \text{drift of } Y$",
        printed=-(L_2 + D_2 / 2) / sp.sqrt(D_2),
        derived=lambda: sp.limit(_unit_noise_drift(flow_near_invariant_point()), theta, 0, "+"),
        wrong={"as printed, without the root of 2": -(L_2 + D_2 / 2) * sp.sqrt(2 / D_2)},
        remark="A result of ours, which repairs the proof.",
    )


@paper.claim("SC-029", "Section 4, after Theorem 4.1")
def maximum_steepness():
    r"""Maximum steepness.

    The collapsing condition can still be satisfied with negative curvature provided that
    $\mathcal L''(0) > -\frac12 D''(0)$.
    """
    yield holds_when(
        r"steepest attractive maximum: $\{0\}\text{ attractive iff }$",
        printed=L_2 > -D_2 / 2,
        derived=lambda: _attracting(flow_near_invariant_point()),
        wrong={"$D$ taken for the whole diffusion": L_2 > -D_2 / 4, "no local maximum attracts": L_2 > 0},
        says=r"A local maximum, $\mathcal L''(0) < 0$.",
        domain=(sp.Ne(L_2 + D_2 / 2, 0), L_2 < 0),
    )
