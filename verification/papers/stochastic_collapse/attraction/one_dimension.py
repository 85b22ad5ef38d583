r"""Section 4 and Appendices D, E.2: stochastic gradient flow and attraction in one dimension.

The paper writes :math:`d\theta = -L'\,dt + \sqrt{2D}\,dB`, so its :math:`D` is half the diffusion :math:`a`.
Near the invariant point 0 only the jets :math:`L''(0)`, :math:`D''(0)` and higher ones enter; they are symbols here.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ItoProcess, ito_differential
from theory.line.boundary import classify, integrable
from theory.line.endpoints import endpoint_behaviour
from theory.line.first_passage import hitting_probability
from theory.notation import mu, theta, zeta
from theory.stability.attractivity import attractivity_rate, linearisation
from verification.authoring import predictions
from verification.authoring.shorthand import agrees, bounds, equals, holds_when
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import (
    double_well_reaches_level,
    hitting_probability_on_grid,
    log_rate_of_double_well,
    supremum_of_geometric_brownian_motion,
)
from verification.papers.stochastic_collapse.paper import (
    D_2,
    D_3,
    GBM,
    GBM_SYMBOLS,
    JET_SYMBOLS,
    L_2,
    L_3,
    flow_near_invariant_point,
    paper,
)

epsilon = sp.Symbol("epsilon", positive=True)
delta = sp.Symbol("delta", positive=True)
y = sp.Symbol("y", positive=True)
start = sp.Symbol("x", positive=True)
level = sp.Symbol("epsilon_1", positive=True)


def _attracting(process: ItoProcess) -> Boolean:
    """The scale function is finite at 0: started close enough, the process stays close with high probability."""
    (b,), (a,) = process.drift, process.diffusion
    return integrable(endpoint_behaviour(sp.cancel(-2 * b / a), theta, sp.S.Zero))


def _drift_and_dispersion(process: ItoProcess, observable: sp.Expr) -> sp.Matrix:
    differential = ito_differential(process, observable)
    return sp.Matrix([differential.drift[0], differential.dispersion[0]])


def _scale_ratio(power: sp.Expr, rate: sp.Expr) -> sp.Expr:
    r"""The ratio of :math:`\int_0^{\text{start}}` to :math:`\int_0^{\text{level}}` of :math:`y^p e^{q y^2}`."""
    density = y**power * sp.exp(rate * y**2)
    return sp.Integral(density, (y, 0, start)) / sp.Integral(density, (y, 0, level))


def _at_start(candidate: sp.Expr, point: Mapping[str, str]) -> float:
    values = {mu: point["mu"], zeta: point["zeta"], start: point["start"], level: point["level"]}
    return predictions.ratio_of_integrals(candidate, values)


def _linear_coefficients() -> sp.Matrix:
    linear = linearisation(flow_near_invariant_point(), 0)
    (y,) = linear.state
    return sp.Matrix([sp.cancel(linear.drift[0] / y), sp.cancel(linear.diffusion[0] / y**2)])


def _alpha() -> sp.Expr:
    return attractivity_rate(flow_near_invariant_point(), 0).alpha


def _attractive_region() -> Boolean:
    return _attracting(flow_near_invariant_point())


@paper.claim("SC-024", "Definition 4.1, Eq. (4), Section 4", symbols=GBM_SYMBOLS, kind=Kind.THRESHOLD)
def stochastic_attractivity_of_geometric_brownian_motion():
    r"""Stochastic attractivity of geometric Brownian motion.

    d theta = mu theta dt + zeta theta dB: when mu < zeta^2/2 the invariant set {0} is attractive
    """
    yield holds_when(
        "threshold",
        r"\{0\}\text{ attractive iff }",
        printed=mu < zeta**2 / 2,
        derived=lambda: classify(GBM.process).left.attracting,
        wrong={
            "the critical case counted as attractive": mu <= zeta**2 / 2,
            "Stratonovich reading of the noise": mu < 0,
            "factor 1/2 of Ito's formula lost": mu < zeta**2,
            "mean-square stability": mu < -(zeta**2) / 2,
        },
        says="The invariant set {0} is stochastically attractive exactly when mu < zeta^2/2.",
    )
    yield equals(
        "supremum",
        r"P\left[\sup_t \theta_t \ge \varepsilon \mid \theta_0 = \theta\right]",
        printed=(theta / epsilon) ** (1 - 2 * mu / zeta**2),
        derived=lambda: gbm_probability_of_reaching(),
        wrong={
            "factor 2 lost": (theta / epsilon) ** (1 - mu / zeta**2),
            "linear bound": theta / epsilon,
            "sign of the drift": (theta / epsilon) ** (1 + 2 * mu / zeta**2),
        },
        says="Below the threshold, P(sup theta >= eps) = (x/eps)^(1 - 2 mu/zeta^2) from theta_0 = x.",
        domain=(mu < zeta**2 / 2, theta < epsilon),
        measured=tuple(
            Experiment(
                name=f"supremum at mu={m}, zeta={z}, x/eps={ratio}",
                sampler=supremum_of_geometric_brownian_motion,
                arguments={"mu": m, "zeta": z, "ratio": ratio},
                predicted=predictions.at({mu: m, zeta: z, theta: ratio, epsilon: "1"}),
            )
            for m, z, ratio in (("3/10", "1", "1/10"), ("1/10", "1", "1/5"), ("-1/2", "4/5", "1/2"))
        ),
    )


def gbm_probability_of_reaching() -> sp.Expr:
    """P(reaching epsilon) from theta < epsilon for mu < zeta^2/2, from the scale function."""
    gap = sp.Symbol("gap", positive=True)
    below = hitting_probability(GBM.process.subs({mu: zeta**2 / 2 - gap}), theta, 0, epsilon)
    return below.subs(gap, zeta**2 / 2 - mu)


@paper.claim("SC-025", "Section 4, below Eq. (4)", symbols=GBM_SYMBOLS, kind=Kind.IDENTITY)
def logarithm_of_geometric_brownian_motion():
    r"""Logarithm of geometric Brownian motion.

    z_t = log(theta_t): dz_t = (mu - zeta^2/2) dt + zeta dB_t
    """
    yield equals(
        "logarithm",
        r"dz_t: \text{ (drift, dispersion)}",
        printed=sp.Matrix([mu - zeta**2 / 2, zeta]),
        derived=lambda: _drift_and_dispersion(GBM.process, sp.log(theta)),
        wrong={
            "ordinary chain rule": sp.Matrix([mu, zeta]),
            "factor 1/2 of Ito's formula lost": sp.Matrix([mu - zeta**2, zeta]),
            "sign of the Ito correction": sp.Matrix([mu + zeta**2 / 2, zeta]),
            "noise not divided by the state": sp.Matrix([mu - zeta**2 / 2, zeta * theta]),
        },
        says="Drift and dispersion of z = log(theta), theta_0 > 0.",
    )


@paper.claim(
    "SC-026",
    "Eq. (5)",
    symbols=JET_SYMBOLS,
    kind=Kind.IDENTITY,
    scope="to first order in theta in drift and dispersion",
)
def linearisation_at_the_invariant_set():
    r"""Linearisation at the invariant set.

    d theta_t = -L''(0) theta_t dt + sqrt(D''(0)) theta_t dB_t near 0, with L'(0) = D(0) = D'(0) = 0
    """
    yield equals(
        "linear coefficients",
        r"(b'(0),\ \sigma'(0)^2)",
        printed=sp.Matrix([-L_2, D_2]),
        derived=_linear_coefficients,
        wrong={
            "D taken for the whole diffusion": sp.Matrix([-L_2, D_2 / 2]),
            "2D expanded without the factor 1/2 of Taylor": sp.Matrix([-L_2, 2 * D_2]),
            "ascent instead of descent": sp.Matrix([L_2, D_2]),
        },
        says="Linear drift coefficient, and square of the linear dispersion coefficient.",
    )


@paper.claim(
    "SC-027",
    "Theorem 4.1, footnote 9",
    symbols=JET_SYMBOLS,
    kind=Kind.THRESHOLD,
    notes=(
        "alpha is the almost sure rate: log|theta_t|/t -> -alpha on collapse.",
        "Footnote 9: with D three times differentiable at 0 and alpha = 0, the scale density behaves like 1/theta "
        "whatever the higher derivatives are, so its integral at 0 diverges and 0 is never attractive in the sense of "
        "Definition 4.1. Higher derivatives then decide recurrence and the stationary law, not attractivity. Only a "
        "D that is C^2 but not C^3 at 0 leaves room for them. The statement 'critical case' below checks this.",
    ),
)
def attraction_in_one_dimension():
    r"""Attraction in one dimension (Theorem 4.1).

    alpha = L''(0) + D''(0)/2: A = {0} is stochastically attractive if alpha > 0, not if alpha < 0; footnote
    9: when alpha = 0 higher-order derivatives decide
    """
    yield equals(
        "rate",
        r"\alpha",
        printed=L_2 + D_2 / 2,
        derived=_alpha,
        wrong={
            "D taken for the whole diffusion": L_2 + D_2 / 4,
            "factor 1/2 lost": L_2 + D_2,
            "sign of the noise term": L_2 - D_2 / 2,
            "noise ignored": L_2,
        },
        says="The rate of attractivity: minus the linear growth rate of log(theta).",
        measured=(
            Experiment(
                name="log rate of the double well at mu=1/5, zeta=1",
                sampler=log_rate_of_double_well,
                arguments={"mu": "1/5", "zeta": "1"},
                predicted=predictions.at({L_2: "-1/5", D_2: "1"}),
            ),
        ),
    )
    yield holds_when(
        "region",
        r"\{0\}\text{ attractive iff }",
        printed=L_2 + D_2 / 2 > 0,
        derived=_attractive_region,
        wrong={
            "D taken for the whole diffusion": L_2 + D_2 / 4 > 0,
            "a local minimum is needed": L_2 > 0,
            "mean-square stability": L_2 - D_2 / 2 > 0,
        },
        says="0 is attractive exactly when alpha > 0, away from alpha = 0.",
        domain=(sp.Ne(L_2 + D_2 / 2, 0),),
    )
    yield holds_when(
        "critical case",
        r"\{0\}\text{ attractive at }L''(0) = -D''(0)/2\text{ iff }",
        printed=sp.false,
        derived=lambda: _attracting(flow_near_invariant_point().subs({L_2: -D_2 / 2})),
        wrong={"decided by L'''(0)": L_3 > 0, "decided by both third derivatives": L_3 + D_3 / 4 > 0},
        says="At alpha = 0 the set is not attractive, whatever L'''(0) and D'''(0) are.",
        remark=True,
    )
    yield agrees(
        "hitting probability",
        r"P[\text{hit }\varepsilon \mid \theta_0 = x]",
        printed=_scale_ratio(-2 * mu / zeta**2, 1 / zeta**2),
        wrong={
            "factor 2 of the scale density lost": _scale_ratio(-mu / zeta**2, 1 / (2 * zeta**2)),
            "sign of the nonlinear drift": _scale_ratio(-2 * mu / zeta**2, -1 / zeta**2),
            "nonlinear drift ignored": _scale_ratio(-2 * mu / zeta**2, sp.S.Zero),
        },
        says="For the double well, P(hit eps | x) = int_0^x S' / int_0^eps S' with S' = exp(-int 2b/g^2).",
        measured=(
            Experiment(
                name="double well at mu=-1/2, zeta=1, x=1/2, eps=6/5",
                sampler=double_well_reaches_level,
                arguments={"mu": "-1/2", "zeta": "1", "start": "1/2", "level": "6/5"},
                predicted=lambda candidate: _at_start(
                    candidate, {"mu": "-1/2", "zeta": "1", "start": "1/2", "level": "6/5"}
                ),
            ),
        ),
        compared=(
            Comparison(
                name="boundary-value problem on a grid",
                evaluator=hitting_probability_on_grid,
                arguments=tuple(
                    {"mu": m, "zeta": z, "start": "1/10", "level": level}
                    for m, z, level in (("1/5", "1", "3/10"), ("-1/2", "1", "6/5"), ("1/2", "3/2", "1"))
                ),
                predicted=lambda candidate, point: _at_start(candidate, point),
                tolerance=1e-4,
            ),
        ),
    )


_slope = sp.Symbol("L'", real=True)
_noise = sp.Symbol("D", positive=True)
_noise_slope = sp.Symbol("D'", real=True)
"""L', D and D' at an arbitrary point of the neighbourhood, where D > 0."""


def _unit_noise_coordinate() -> sp.Matrix:
    r"""Drift and dispersion of :math:`Y = 2^{-1/2}\int^\theta D^{-1/2}` for :math:`d\theta=-L'dt+\sqrt{2D}\,dW`."""
    loss, noise = sp.Function("L", real=True)(theta), sp.Function("D", positive=True)(theta)
    flow = ItoProcess.scalar(theta, drift=-sp.diff(loss, theta), dispersion=sp.sqrt(2 * noise))
    slope = 1 / sp.sqrt(2 * noise)
    drift = slope * flow.drift[0] + flow.diffusion[0] * sp.diff(slope, theta) / 2
    here = {sp.diff(loss, theta): _slope, sp.diff(noise, theta): _noise_slope, noise: _noise}
    return sp.Matrix([drift, slope * flow.dispersion[0]]).xreplace(here)


@paper.claim(
    "SC-028",
    "Appendix E.2",
    symbols=JET_SYMBOLS
    | {_slope: "L'(theta)", _noise: "D(theta) > 0", _noise_slope: "D'(theta)"}
    | {delta: "L''(0) + D''(0)/2 < -delta", epsilon: "size of the neighbourhood"},
    kind=Kind.PROOF_STEP,
    notes=(
        "The conclusion stands: with the corrected drift, -L' - D'/2 > delta*theta gives a drift of Y above "
        "delta*theta/sqrt(2 D) > 0.",
        "'for any x in R' cannot hold: theta = 0 stays at 0, and theta < 0 never becomes positive.",
    ),
)
def proof_that_a_negative_rate_repels():
    r"""Proof that a negative rate repels (Appendix E.2).

    Y_t = 2^{-1/2} int D^{-1/2}: dY = D^{-1/2}(-L' - D'/2) dt + dW; D^{-1/2}(-L' - D'/2) > (delta eps/2)
    D^{-1/2}; tau is finite almost surely for any x
    """
    yield equals(
        "unit-noise coordinate",
        r"dY_t: \text{ (drift, dispersion)}",
        printed=sp.Matrix([(-_slope - _noise_slope / 2) / sp.sqrt(_noise), 1]),
        derived=_unit_noise_coordinate,
        corrected=sp.Matrix([(-_slope - _noise_slope / 2) / sp.sqrt(2 * _noise), 1]),
        corrected_says="dY = (2D)^{-1/2}(-L' - D'/2) dt + dW, and -L' - D'/2 > delta*theta on 0 < theta < eps "
        "(so the drift of Y tends to a positive constant); tau is finite for x > 0 only",
        wrong={
            "sign of the Ito correction": sp.Matrix([(-_slope + _noise_slope / 2) / sp.sqrt(2 * _noise), 1]),
            "Ito correction lost": sp.Matrix([-_slope / sp.sqrt(2 * _noise), 1]),
            "factor 1/2 of the correction lost": sp.Matrix([(-_slope - _noise_slope) / sp.sqrt(2 * _noise), 1]),
        },
        says="Drift and dispersion of Y.",
    )
    yield bounds(
        "lower bound",
        r"-L'(\theta) - \tfrac12 D'(\theta) \ge",
        printed=delta * epsilon / 2,
        relation=">=",
        exact=lambda: _bracket_of_gbm(),
        corrected=delta * theta,
        wrong={"no factor 1/2": delta * epsilon, "noise enhances instead of damping": (mu + zeta**2 / 2) * theta},
        says="A lower bound on (0, eps), for geometric Brownian motion with -alpha = mu - zeta^2/2 > delta.",
        domain=(theta < epsilon, delta < mu - zeta**2 / 2),
    )


def _bracket_of_gbm() -> sp.Expr:
    process = GBM.process
    return sp.expand(process.drift[0] - sp.diff(process.diffusion[0] / 2, theta) / 2)


@paper.claim("SC-029", "Section 4, after Theorem 4.1", symbols=JET_SYMBOLS, kind=Kind.THRESHOLD)
def maximum_steepness():
    r"""Maximum steepness.

    the collapsing condition can be satisfied with negative curvature provided that L''(0) > -D''(0)/2
    """
    yield holds_when(
        "steepest attractive maximum",
        r"\{0\}\text{ attractive iff }",
        printed=L_2 > -D_2 / 2,
        derived=_attractive_region,
        wrong={
            "D taken for the whole diffusion": L_2 > -D_2 / 4,
            "factor 1/2 lost": L_2 > -D_2,
            "no local maximum attracts": L_2 > 0,
        },
        says="A local maximum (L''(0) < 0) attracts exactly when L''(0) > -D''(0)/2.",
        domain=(sp.Ne(L_2 + D_2 / 2, 0), L_2 < 0),
    )
