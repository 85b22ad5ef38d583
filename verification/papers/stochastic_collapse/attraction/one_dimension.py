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
from verification.claim import (
    Bound,
    Citation,
    Claim,
    Comparison,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Numerical,
    Region,
    Statement,
)
from verification.papers.stochastic_collapse.paper import (
    D_2,
    D_3,
    GBM,
    GBM_SYMBOLS,
    JET_SYMBOLS,
    L_2,
    L_3,
    PAPER,
    WELL,
    WELL_SYMBOLS,
    flow_near_invariant_point,
)

SAMPLERS = "verification.papers.stochastic_collapse.measured.one_dimension"

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


SC_024 = Claim(
    id="SC-024",
    title="stochastic attractivity of geometric Brownian motion",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Definition 4.1, Eq. (4), Section 4"),
    symbols=GBM_SYMBOLS,
    printed_text="d theta = mu theta dt + zeta theta dB: when mu < zeta^2/2 the invariant set {0} is attractive",
    statements=(
        Statement(
            name="threshold",
            says="The invariant set {0} is stochastically attractive exactly when mu < zeta^2/2.",
            left=r"\{0\}\text{ attractive iff }",
            form=Region(lambda: classify(GBM.process).left.attracting),
            printed=mu < zeta**2 / 2,
            near_misses=(
                NearMiss("the critical case counted as attractive", mu <= zeta**2 / 2),
                NearMiss("Stratonovich reading of the noise", mu < 0),
                NearMiss("factor 1/2 of Ito's formula lost", mu < zeta**2),
                NearMiss("mean-square stability", mu < -(zeta**2) / 2),
            ),
        ),
        Statement(
            name="supremum",
            says="Below the threshold, P(sup theta >= eps) = (x/eps)^(1 - 2 mu/zeta^2) from theta_0 = x.",
            left=r"P\left[\sup_t \theta_t \ge \varepsilon \mid \theta_0 = \theta\right]",
            form=Identity(lambda: gbm_probability_of_reaching()),
            printed=(theta / epsilon) ** (1 - 2 * mu / zeta**2),
            near_misses=(
                NearMiss("factor 2 lost", (theta / epsilon) ** (1 - mu / zeta**2)),
                NearMiss("linear bound", theta / epsilon),
                NearMiss("sign of the drift", (theta / epsilon) ** (1 + 2 * mu / zeta**2)),
            ),
            domain=(mu < zeta**2 / 2, theta < epsilon),
            experiments=tuple(
                Experiment(
                    name=f"supremum at mu={m}, zeta={z}, x/eps={ratio}",
                    sampler=f"{SAMPLERS}:supremum_of_geometric_brownian_motion",
                    arguments={"mu": m, "zeta": z, "ratio": ratio},
                    predicted=predictions.at({mu: m, zeta: z, theta: ratio, epsilon: "1"}),
                    variation=2.3,
                    skewness=2.0,
                )
                for m, z, ratio in (("3/10", "1", "1/10"), ("1/10", "1", "1/5"), ("-1/2", "4/5", "1/2"))
            ),
        ),
    ),
)


def gbm_probability_of_reaching() -> sp.Expr:
    """P(reaching epsilon) from theta < epsilon for mu < zeta^2/2, from the scale function."""
    gap = sp.Symbol("gap", positive=True)
    below = hitting_probability(GBM.process.subs({mu: zeta**2 / 2 - gap}), theta, 0, epsilon)
    return below.subs(gap, zeta**2 / 2 - mu)


SC_025 = Claim(
    id="SC-025",
    title="logarithm of geometric Brownian motion",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Section 4, below Eq. (4)"),
    symbols=GBM_SYMBOLS,
    printed_text="z_t = log(theta_t): dz_t = (mu - zeta^2/2) dt + zeta dB_t",
    statements=(
        Statement(
            name="logarithm",
            says="Drift and dispersion of z = log(theta), theta_0 > 0.",
            left=r"dz_t: \text{ (drift, dispersion)}",
            form=Identity(lambda: _drift_and_dispersion(GBM.process, sp.log(theta))),
            printed=sp.Matrix([mu - zeta**2 / 2, zeta]),
            near_misses=(
                NearMiss("ordinary chain rule", sp.Matrix([mu, zeta])),
                NearMiss("factor 1/2 of Ito's formula lost", sp.Matrix([mu - zeta**2, zeta])),
                NearMiss("sign of the Ito correction", sp.Matrix([mu + zeta**2 / 2, zeta])),
                NearMiss("noise not divided by the state", sp.Matrix([mu - zeta**2 / 2, zeta * theta])),
            ),
        ),
    ),
)

SC_026 = Claim(
    id="SC-026",
    title="linearisation at the invariant set",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (5)"),
    symbols=JET_SYMBOLS,
    scope="to first order in theta in drift and dispersion",
    printed_text="d theta_t = -L''(0) theta_t dt + sqrt(D''(0)) theta_t dB_t near 0, with L'(0) = D(0) = D'(0) = 0",
    statements=(
        Statement(
            name="linear coefficients",
            says="Linear drift coefficient, and square of the linear dispersion coefficient.",
            left=r"(b'(0),\ \sigma'(0)^2)",
            form=Identity(_linear_coefficients),
            printed=sp.Matrix([-L_2, D_2]),
            near_misses=(
                NearMiss("D taken for the whole diffusion", sp.Matrix([-L_2, D_2 / 2])),
                NearMiss("2D expanded without the factor 1/2 of Taylor", sp.Matrix([-L_2, 2 * D_2])),
                NearMiss("ascent instead of descent", sp.Matrix([L_2, D_2])),
            ),
        ),
    ),
)

SC_027 = Claim(
    id="SC-027",
    title="attraction in one dimension (Theorem 4.1)",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Theorem 4.1, footnote 9"),
    symbols=JET_SYMBOLS,
    printed_text=(
        "alpha = L''(0) + D''(0)/2: A = {0} is stochastically attractive if alpha > 0, not if alpha < 0; "
        "footnote 9: when alpha = 0 higher-order derivatives decide"
    ),
    notes=(
        "alpha is the almost sure rate: log|theta_t|/t -> -alpha on collapse.",
        "Footnote 9: with D three times differentiable at 0 and alpha = 0, the scale density behaves like 1/theta "
        "whatever the higher derivatives are, so its integral at 0 diverges and 0 is never attractive in the sense of "
        "Definition 4.1. Higher derivatives then decide recurrence and the stationary law, not attractivity. Only a "
        "D that is C^2 but not C^3 at 0 leaves room for them. The statement 'critical case' below checks this.",
    ),
    statements=(
        Statement(
            name="rate",
            says="The rate of attractivity: minus the linear growth rate of log(theta).",
            left=r"\alpha",
            form=Identity(_alpha),
            printed=L_2 + D_2 / 2,
            near_misses=(
                NearMiss("D taken for the whole diffusion", L_2 + D_2 / 4),
                NearMiss("factor 1/2 lost", L_2 + D_2),
                NearMiss("sign of the noise term", L_2 - D_2 / 2),
                NearMiss("noise ignored", L_2),
            ),
            experiments=(
                Experiment(
                    name="log rate of the double well at mu=1/5, zeta=1",
                    sampler=f"{SAMPLERS}:log_rate_of_double_well",
                    arguments={"mu": "1/5", "zeta": "1"},
                    predicted=predictions.at({L_2: "-1/5", D_2: "1"}),
                    variation=0.4,
                    skewness=0.5,
                ),
            ),
        ),
        Statement(
            name="region",
            says="0 is attractive exactly when alpha > 0, away from alpha = 0.",
            left=r"\{0\}\text{ attractive iff }",
            form=Region(_attractive_region),
            printed=L_2 + D_2 / 2 > 0,
            near_misses=(
                NearMiss("D taken for the whole diffusion", L_2 + D_2 / 4 > 0),
                NearMiss("a local minimum is needed", L_2 > 0),
                NearMiss("mean-square stability", L_2 - D_2 / 2 > 0),
            ),
            domain=(sp.Ne(L_2 + D_2 / 2, 0),),
        ),
        Statement(
            name="critical case",
            says="At alpha = 0 the set is not attractive, whatever L'''(0) and D'''(0) are.",
            left=r"\{0\}\text{ attractive at }L''(0) = -D''(0)/2\text{ iff }",
            form=Region(lambda: _attracting(flow_near_invariant_point().subs({L_2: -D_2 / 2}))),
            printed=sp.false,
            near_misses=(
                NearMiss("decided by L'''(0)", L_3 > 0),
                NearMiss("decided by both third derivatives", L_3 + D_3 / 4 > 0),
            ),
            counts=False,
        ),
        Statement(
            name="hitting probability",
            says="For the double well, P(hit eps | x) = int_0^x S' / int_0^eps S' with S' = exp(-int 2b/g^2).",
            left=r"P[\text{hit }\varepsilon \mid \theta_0 = x]",
            form=Numerical(),
            printed=_scale_ratio(-2 * mu / zeta**2, 1 / zeta**2),
            near_misses=(
                NearMiss("factor 2 of the scale density lost", _scale_ratio(-mu / zeta**2, 1 / (2 * zeta**2))),
                NearMiss("sign of the nonlinear drift", _scale_ratio(-2 * mu / zeta**2, -1 / zeta**2)),
                NearMiss("nonlinear drift ignored", _scale_ratio(-2 * mu / zeta**2, sp.S.Zero)),
            ),
            comparisons=(
                Comparison(
                    name="boundary-value problem on a grid",
                    evaluator=f"{SAMPLERS}:hitting_probability_on_grid",
                    arguments=tuple(
                        {"mu": m, "zeta": z, "start": "1/10", "level": level}
                        for m, z, level in (("1/5", "1", "3/10"), ("-1/2", "1", "6/5"), ("1/2", "3/2", "1"))
                    ),
                    predicted=lambda candidate, point: _at_start(candidate, point),
                    tolerance=1e-4,
                ),
            ),
            experiments=(
                Experiment(
                    name="double well at mu=-1/2, zeta=1, x=1/2, eps=6/5",
                    sampler=f"{SAMPLERS}:double_well_reaches_level",
                    arguments={"mu": "-1/2", "zeta": "1", "start": "1/2", "level": "6/5"},
                    predicted=lambda candidate: _at_start(
                        candidate, {"mu": "-1/2", "zeta": "1", "start": "1/2", "level": "6/5"}
                    ),
                    variation=3.4,
                    skewness=3.3,
                ),
            ),
        ),
    ),
)

_slope = sp.Symbol("L'", real=True)
_noise = sp.Symbol("D", positive=True)
_noise_slope = sp.Symbol("D'", real=True)
"""L', D and D' at an arbitrary point of the neighbourhood, where D > 0."""


def _unit_noise_coordinate() -> sp.Matrix:
    r"""Drift and dispersion of :math:`Y = 2^{-1/2}\int^\theta D^{-1/2}` for :math:`d\theta = -L'dt + \sqrt{2D}\,dW`."""
    loss, noise = sp.Function("L", real=True)(theta), sp.Function("D", positive=True)(theta)
    flow = ItoProcess.scalar(theta, drift=-sp.diff(loss, theta), dispersion=sp.sqrt(2 * noise))
    slope = 1 / sp.sqrt(2 * noise)
    drift = slope * flow.drift[0] + flow.diffusion[0] * sp.diff(slope, theta) / 2
    here = {sp.diff(loss, theta): _slope, sp.diff(noise, theta): _noise_slope, noise: _noise}
    return sp.Matrix([drift, slope * flow.dispersion[0]]).xreplace(here)


SC_028 = Claim(
    id="SC-028",
    title="proof that a negative rate repels (Appendix E.2)",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Appendix E.2"),
    symbols=JET_SYMBOLS
    | {_slope: "L'(theta)", _noise: "D(theta) > 0", _noise_slope: "D'(theta)"}
    | {delta: "L''(0) + D''(0)/2 < -delta", epsilon: "size of the neighbourhood"},
    printed_text=(
        "Y_t = 2^{-1/2} int D^{-1/2}: dY = D^{-1/2}(-L' - D'/2) dt + dW; "
        "D^{-1/2}(-L' - D'/2) > (delta eps/2) D^{-1/2}; tau is finite almost surely for any x"
    ),
    corrected_text=(
        "dY = (2D)^{-1/2}(-L' - D'/2) dt + dW, and -L' - D'/2 > delta*theta on 0 < theta < eps "
        "(so the drift of Y tends to a positive constant); tau is finite for x > 0 only"
    ),
    notes=(
        "The conclusion stands: with the corrected drift, -L' - D'/2 > delta*theta gives a drift of Y above "
        "delta*theta/sqrt(2 D) > 0.",
        "'for any x in R' cannot hold: theta = 0 stays at 0, and theta < 0 never becomes positive.",
    ),
    statements=(
        Statement(
            name="unit-noise coordinate",
            says="Drift and dispersion of Y.",
            left=r"dY_t: \text{ (drift, dispersion)}",
            form=Identity(_unit_noise_coordinate),
            printed=sp.Matrix([(-_slope - _noise_slope / 2) / sp.sqrt(_noise), 1]),
            corrected=sp.Matrix([(-_slope - _noise_slope / 2) / sp.sqrt(2 * _noise), 1]),
            near_misses=(
                NearMiss(
                    "sign of the Ito correction",
                    sp.Matrix([(-_slope + _noise_slope / 2) / sp.sqrt(2 * _noise), 1]),
                ),
                NearMiss("Ito correction lost", sp.Matrix([-_slope / sp.sqrt(2 * _noise), 1])),
                NearMiss(
                    "factor 1/2 of the correction lost",
                    sp.Matrix([(-_slope - _noise_slope) / sp.sqrt(2 * _noise), 1]),
                ),
            ),
        ),
        Statement(
            name="lower bound",
            says="A lower bound on (0, eps), for geometric Brownian motion with -alpha = mu - zeta^2/2 > delta.",
            left=r"-L'(\theta) - \tfrac12 D'(\theta) \ge",
            form=Bound(lambda: _bracket_of_gbm(), relation=">="),
            printed=delta * epsilon / 2,
            corrected=delta * theta,
            near_misses=(
                NearMiss("no factor 1/2", delta * epsilon),
                NearMiss("noise enhances instead of damping", (mu + zeta**2 / 2) * theta),
            ),
            domain=(theta < epsilon, delta < mu - zeta**2 / 2),
        ),
    ),
)


def _bracket_of_gbm() -> sp.Expr:
    process = GBM.process
    return sp.expand(process.drift[0] - sp.diff(process.diffusion[0] / 2, theta) / 2)


SC_029 = Claim(
    id="SC-029",
    title="maximum steepness",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Section 4, after Theorem 4.1"),
    symbols=JET_SYMBOLS,
    printed_text="the collapsing condition can be satisfied with negative curvature provided that L''(0) > -D''(0)/2",
    statements=(
        Statement(
            name="steepest attractive maximum",
            says="A local maximum (L''(0) < 0) attracts exactly when L''(0) > -D''(0)/2.",
            left=r"\{0\}\text{ attractive iff }",
            form=Region(_attractive_region),
            printed=L_2 > -D_2 / 2,
            near_misses=(
                NearMiss("D taken for the whole diffusion", L_2 > -D_2 / 4),
                NearMiss("factor 1/2 lost", L_2 > -D_2),
                NearMiss("no local maximum attracts", L_2 > 0),
            ),
            domain=(sp.Ne(L_2 + D_2 / 2, 0), L_2 < 0),
        ),
    ),
)

SC_030 = Claim(
    id="SC-030",
    title="double-well example",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Section 4"),
    symbols=WELL_SYMBOLS,
    printed_text=(
        "L = (theta^2 - mu)^2/4, d theta = -(theta^3 - mu theta) dt + zeta theta dB, minima theta = +-sqrt(mu), "
        "theta = 0 a local maximum and an invariant set"
    ),
    statements=(
        Statement(
            name="drift",
            says="The drift is minus the gradient of L.",
            left=r"-L'(\theta)",
            form=Identity(lambda: -sp.diff(WELL.potential, theta)),
            printed=-(theta**3 - mu * theta),
            near_misses=(
                NearMiss("factor 4 of the quartic lost", -4 * (theta**3 - mu * theta)),
                NearMiss("sign of mu", -(theta**3 + mu * theta)),
            ),
        ),
        Statement(
            name="critical points",
            says="Gradient at sqrt(mu) and at 0, and curvature at both.",
            left=r"(L'(\sqrt\mu),\ L'(0),\ L''(\sqrt\mu),\ L''(0))",
            form=Identity(lambda: _gradient_and_curvature_at_critical_points()),
            printed=sp.Matrix([0, 0, 2 * mu, -mu]),
            near_misses=(
                NearMiss("0 a local minimum", sp.Matrix([0, 0, 2 * mu, mu])),
                NearMiss("curvature of the minima halved", sp.Matrix([0, 0, mu, -mu])),
            ),
            domain=(mu > 0,),
        ),
        Statement(
            name="rate",
            says="Theorem 4.1 for this process: alpha = -mu + zeta^2/2.",
            left=r"\alpha",
            form=Identity(lambda: attractivity_rate(WELL.process, 0).alpha),
            printed=-mu + zeta**2 / 2,
            near_misses=(
                NearMiss("factor 1/2 lost", -mu + zeta**2),
                NearMiss("D taken for the whole diffusion", -mu + zeta**2 / 4),
            ),
        ),
    ),
)


def _gradient_and_curvature_at_critical_points() -> sp.Matrix:
    gradient = sp.diff(WELL.potential, theta)
    curvature = sp.diff(gradient, theta)
    points = (sp.sqrt(mu), sp.S.Zero)
    return sp.Matrix([f.subs(theta, point) for f in (gradient, curvature) for point in points])


CLAIMS = (SC_024, SC_025, SC_026, SC_027, SC_028, SC_029, SC_030)
