r"""What the theory of collapse says, and does not say, about momentum, weight decay, Adam and skewed gradient noise.

Results of the catalogue, not of the paper. Near an invariant point the curvature of a step is
:math:`-\eta h = \eta\mu + \sqrt\eta\,\zeta\,\xi` with :math:`E\xi = 0` and :math:`E\xi^2 = 1`, as in SC-110.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.random_products import exponent_of_products
from numerics.sgd.iterate import iterate
from theory.attractivity import attractivity_rate
from theory.discrete import momentum as with_momentum
from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import collapse_threshold_expansion as plain_threshold
from theory.discrete.random_map import finite_growth_rate, growth_rate_expansion, kappa_3, kappa_4
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess
from theory.notation import eta, mu, theta, zeta
from theory.symmetry.affine_set import AffineSet
from theory.symmetry.coordinatewise import adam_first_step, escaping_step
from theory.symmetry.networks import FeedForward, origin_passing_function
from verification.claim import (
    Citation,
    Claim,
    Comparison,
    Draw,
    Experiment,
    Identity,
    Invariance,
    Kind,
    NearMiss,
    Numerical,
    Samples,
    Statement,
)
from verification.papers.stochastic_collapse import predictions
from verification.papers.stochastic_collapse.invariant_sets import ROUNDING, sgd_runs, through_origin
from verification.papers.stochastic_collapse.samplers import number, precision
from verification.papers.stochastic_collapse.section_4 import D_2, JET_SYMBOLS, L_2, PAPER, flow_near_invariant_point
from verification.papers.stochastic_collapse.symmetries import CLASS_SUMS, SUM_VALUES, profile, rest
from verification.papers.stochastic_collapse.windows import EXAMPLE, h_1, h_2

HERE = "verification.papers.stochastic_collapse.scope"

weight = sp.Symbol("theta", real=True)
curvature, h = sp.symbols("kappa h", real=True)
ratio = sp.Symbol("r", real=True)
decay = sp.Symbol("lambda", positive=True)
upper = sp.Symbol("a", positive=True)


def descent(curvatures: tuple[sp.Expr, ...], **settings: Any):
    r"""Descent on :math:`\frac12h_i\theta^2`, one sample a step, with the settings of ``gradient_descent``."""
    law = Empirical([curvature], [[value] for value in curvatures])
    return gradient_descent(Model([weight], curvature * weight**2 / 2, law), **settings)


# --- momentum ----------------------------------------------------------------------------------------------------


def step_with_momentum() -> sp.Matrix:
    """The step with momentum and weight decay on one sample, in the weight and its velocity."""
    return sp.Matrix(with_momentum.linear_part(descent((h,), momentum=m, weight_decay=decay)))


def _sum_of_exponents() -> sp.Expr:
    return with_momentum.sum_of_exponents(step_with_momentum())


def _ratio() -> sp.Expr:
    return with_momentum.next_ratio(step_with_momentum().subs(decay, 0), ratio)


def _rescaled(rate: sp.Expr) -> sp.Expr:
    r"""A rate of plain descent, for the learning rate :math:`\eta/(1-m)`; per step, over eta."""
    return rate.subs({mu: mu / (1 - m), zeta: zeta / (1 - m)}, simultaneous=True)


def _coefficient(expansion: sp.Expr, order: int) -> sp.Expr:
    r"""The coefficient of :math:`\eta^{\text{order}/2}`."""
    root = sp.Symbol("root", positive=True)
    polynomial = expansion.subs(eta, root**2)
    return sp.diff(polynomial, root, order).subs(root, 0) / sp.factorial(order)


def _plain(order: int) -> sp.Expr:
    return _rescaled(_coefficient(growth_rate_expansion(order), order))


def _leading() -> sp.Matrix:
    """The first two coefficients of Lambda/eta in the root of eta."""
    expansion = with_momentum.growth_rate_expansion(1)
    return sp.Matrix([_coefficient(expansion, j) for j in (0, 1)])


def _first_correction() -> sp.Expr:
    return _coefficient(with_momentum.growth_rate_expansion(2), 2)


def _threshold_correction() -> sp.Expr:
    return _coefficient(with_momentum.collapse_threshold_expansion(2), 2)


LEADING = sp.Matrix([(mu - zeta**2 / (2 * (1 - m))) / (1 - m), kappa_3 * zeta**3 / (3 * (1 - m) ** 3)])
CORRECTION = (
    -(mu**2) * (1 + m) / (2 * (1 - m) ** 3)
    + mu * zeta**2 * (1 + m) / (1 - m) ** 4
    - zeta**4 * (kappa_4 * (1 - m**2) + 6 * m**2 + 4 * m) / (4 * (1 - m) ** 5 * (1 + m))
)
THRESHOLD_CORRECTION = zeta**4 * (2 * kappa_4 * (1 - m**2) + 9 * m**2 + 2 * m - 3) / (8 * (1 - m) ** 4 * (1 + m))
PLAIN_CORRECTION = -(mu**2) / (2 * (1 - m) ** 2) + mu * zeta**2 / (1 - m) ** 3 - kappa_4 * zeta**4 / (4 * (1 - m) ** 4)

CASES = (
    {"m": "1/2", "eta": "3/20", "settled": "1/10000"},
    {"m": "9/10", "eta": "1/100", "settled": "1/200000"},
    {"m": "9/10", "eta": "3/100", "settled": "1/50000"},
)
"""Momentum, learning rate, and the change at which the exponent counts as settled.

Plain descent at eta/(1 - m) collapses on the example of SC-111 in all of them."""

GRID = tuple(sp.Rational(j, 1000) for j in (6, 8, 10))
"""Learning rates around the one with the smallest Lambda/eta at momentum 9/10."""

BURN_IN, STEPS = 300, 1500
"""Steps before growth counts and steps that count: the direction forgets its start within 1/(1 - m) steps."""


def _matrices(momentum: sp.Rational, rate: sp.Rational) -> list[np.ndarray]:
    matrix = step_with_momentum().subs({decay: 0, m: momentum, eta: rate})
    return [np.array(matrix.subs(h, EXAMPLE[value]).tolist(), dtype=float) for value in (h_1, h_2)]


def growth_by_products(point: Mapping[str, str]) -> tuple[float, float]:
    """The top exponent of the products of the two matrices of the example."""
    matrices = _matrices(sp.Rational(point["m"]), sp.Rational(point["eta"]))
    value, change = exponent_of_products(matrices, tolerance=number(point["settled"]))
    return value, 3 * change


def smallest_growth(point: Mapping[str, str]) -> tuple[float, float]:
    r"""The smallest :math:`\Lambda/\eta` over :data:`GRID`."""
    found = [
        (value / float(rate), 3 * change / float(rate))
        for rate in GRID
        for value, change in [exponent_of_products(_matrices(sp.Rational(point["m"]), rate), tolerance=5e-6)]
    ]
    return min(found)


def growth_with_momentum(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth per step of :math:`\log|(\theta, \eta v)|` of SGD with momentum on the example, one run a sample."""
    rate = number(arguments["eta"])
    run = iterate(
        descent((EXAMPLE[h_1], EXAMPLE[h_2]), batch_size=1, momentum=sp.Rational(arguments["m"])),
        parameters={eta: rate},
        initial=[1.0, 0.0],
        steps=BURN_IN + STEPS,
        at=[BURN_IN, BURN_IN + STEPS],
        paths=True,
        n_replicas=draw.n,
        seed=draw.seed,
        first_replica=draw.first,
        precision=precision(draw),
    )
    assert run.paths is not None
    early, late = (np.log(np.hypot(path[:, 0], rate * path[:, 1])) for path in run.paths)
    return Samples((late - early) / STEPS)


def _entry(candidate: sp.MatrixBase, point: Mapping[str, str]) -> sp.Expr:
    return candidate[CASES.index(point)]


def _for_cases(rate: Any) -> sp.Matrix:
    return sp.Matrix([rate(sp.Rational(case["eta"]) / (1 - sp.Rational(case["m"]))) for case in CASES])


def _plain_growth(learning_rate: sp.Rational) -> sp.Expr:
    factors = (sp.Abs(1 - learning_rate * EXAMPLE[value]) for value in (h_1, h_2))
    return sp.Add(*(sp.log(factor) for factor in factors)) / 2


def _flow_growth(learning_rate: sp.Rational) -> sp.Expr:
    mean, spread = (EXAMPLE[h_1] + EXAMPLE[h_2]) / 2, (EXAMPLE[h_1] - EXAMPLE[h_2]) / 2
    return -learning_rate * mean - (learning_rate * spread) ** 2 / 2


def _momentum_run(case: Mapping[str, str], variation: float) -> Experiment:
    return Experiment(
        name=f"SGD, momentum {case['m']}, eta={case['eta']}",
        sampler=f"{HERE}:growth_with_momentum",
        arguments=case,
        predicted=lambda candidate: _entry(candidate, case),
        variation=variation,
        skewness=0.5,
    )


_g = sp.Matrix([[1 - eta * (h + decay), -eta * m], [h + decay, m]])

MOMENTUM = (
    Statement(
        name="step with momentum",
        says="The matrix of a step with momentum and weight decay on h theta^2/2, in (theta, v).",
        left=r"(\theta, v)'",
        form=Identity(step_with_momentum),
        printed=_g,
        near_misses=(
            NearMiss("the old velocity moves the weight", sp.Matrix([[1, -eta], [h + decay, m]])),
            NearMiss("dampened", sp.Matrix([[1 - eta * (1 - m) * (h + decay), -eta * m], [(1 - m) * (h + decay), m]])),
            NearMiss("decoupled decay", sp.Matrix([[1 - eta * (h + decay), -eta * m], [h, m]])),
        ),
    ),
    Statement(
        name="ratio of weights",
        says="The next ratio of successive weights, given the last one r.",
        left=r"\theta_{k+1}/\theta_k",
        form=Identity(_ratio),
        printed=1 + m - eta * h - m / ratio,
        near_misses=(
            NearMiss("plain descent", 1 - eta * h),
            NearMiss("momentum inverted", 1 + m - eta * h - m * ratio),
        ),
    ),
    Statement(
        name="sum of the exponents",
        says="The sum of the two Lyapunov exponents, the mean logarithm of the determinant, whatever the noise.",
        left=r"\Lambda_1 + \Lambda_2",
        form=Identity(_sum_of_exponents),
        printed=sp.log(m),
        near_misses=(NearMiss("twice", 2 * sp.log(m)), NearMiss("half", sp.log(m) / 2)),
        domain=(m < 1,),
    ),
    Statement(
        name="effective learning rate",
        says="Lambda/eta at the orders 1 and sqrt(eta): that of plain descent at eta/(1-m).",
        left=r"([1], [\sqrt\eta])\,\Lambda/\eta",
        form=Identity(_leading),
        printed=LEADING,
        near_misses=(
            NearMiss("noise not rescaled", sp.Matrix([(mu - zeta**2 / 2) / (1 - m), LEADING[1]])),
            NearMiss("variance of the velocity", sp.Matrix([(mu - zeta**2 / (2 * (1 - m**2))) / (1 - m), LEADING[1]])),
            NearMiss("not rescaled at all", LEADING.subs(m, 0)),
            NearMiss("skewness rescaled once less", sp.Matrix([LEADING[0], LEADING[1] * (1 - m)])),
        ),
        domain=(m < 1,),
    ),
    Statement(
        name="where it ends",
        says="Lambda/eta at order eta, where momentum is no rescaling any more.",
        left=r"[\eta]\,\Lambda/\eta",
        form=Identity(_first_correction),
        printed=CORRECTION,
        near_misses=(
            NearMiss("plain descent at eta/(1-m)", PLAIN_CORRECTION),
            NearMiss("sign of the cross term", CORRECTION - 2 * mu * zeta**2 * (1 + m) / (1 - m) ** 4),
        ),
        domain=(m < 1,),
    ),
    Statement(
        name="critical drift with momentum",
        says="The coefficient of eta in the critical drift zeta^2/(2(1-m)) - sqrt(eta) kappa_3 zeta^3/(3(1-m)^2) + ...",
        left=r"[\eta]\,\mu_c",
        form=Identity(_threshold_correction),
        printed=THRESHOLD_CORRECTION,
        near_misses=(
            NearMiss("plain descent at eta/(1-m)", zeta**4 * (2 * kappa_4 - 3) / (8 * (1 - m) ** 3)),
            NearMiss("plain descent", zeta**4 * (2 * kappa_4 - 3) / 8),
        ),
        domain=(m < 1,),
    ),
    Statement(
        name="finite learning rates",
        says="Growth per step for curvatures 5/2 and -3 at (m, eta) = (1/2, 0.15), (9/10, 0.01), (9/10, 0.03).",
        left=r"\Lambda",
        form=Numerical(),
        printed=sp.Matrix([sp.Rational(-590, 10000), sp.Rational(1443, 10**6), sp.Rational(2397, 10**5)]),
        near_misses=(
            NearMiss("plain descent at eta/(1-m)", _for_cases(_plain_growth)),
            NearMiss("flow at eta/(1-m)", _for_cases(_flow_growth)),
        ),
        comparisons=(
            Comparison(
                name="stationary law of the direction",
                evaluator=f"{HERE}:growth_by_products",
                arguments=CASES,
                predicted=_entry,
                tolerance=2e-2,
            ),
        ),
        experiments=(_momentum_run(CASES[0], 0.35), _momentum_run(CASES[2], 0.4)),
    ),
    Statement(
        name="no window",
        says="The smallest Lambda/eta at momentum 9/10 over the learning rates 0.006, 0.008, 0.010: it is positive.",
        left=r"\min_\eta\Lambda/\eta",
        form=Numerical(),
        printed=sp.Rational(874, 10000),
        near_misses=(
            NearMiss("a threshold is reached", sp.S.Zero),
            NearMiss("plain descent at eta/(1-m) = 0.1", 100 * _plain_growth(sp.Rational(1, 10))),
            NearMiss("flow at eta/(1-m) = 0.1", 100 * _flow_growth(sp.Rational(1, 10))),
        ),
        comparisons=(
            Comparison(
                name="stationary law of the direction",
                evaluator=f"{HERE}:smallest_growth",
                arguments=({"m": "9/10"},),
                predicted=lambda candidate, point: candidate,
                tolerance=1e-2,
            ),
        ),
    ),
)

# --- weight decay ------------------------------------------------------------------------------------------------


def _rate_with_decay() -> sp.Expr:
    r"""The rate alpha of the flow on :math:`L + \frac\lambda2\theta^2`."""
    flow = flow_near_invariant_point()
    drift = flow.drift[0] - sp.diff(decay * theta**2 / 2, theta)
    return attractivity_rate(ItoProcess.scalar(theta, drift=drift, dispersion=flow.dispersion[0]), 0).alpha


def _factors_with_decay() -> list[sp.Expr]:
    """The factors of a step on one sample, by differentiation of the step."""
    steps = (descent((value,), weight_decay=decay) for value in (h_1, h_2))
    return [with_momentum.linear_part(step)[0] for step in steps]


def _log_mean(*factors: sp.Expr) -> sp.Expr:
    return sp.Add(*(sp.log(sp.Abs(factor)) for factor in factors)) / len(factors)


def _rate_with_momentum_and_decay() -> sp.Expr:
    """The leading order, the drift mu of a step being lowered by the decay."""
    matrix = step_with_momentum()
    lowered = sp.expand(matrix[1, 0] - matrix[1, 0].subs(decay, 0))
    return _coefficient(with_momentum.growth_rate_expansion(0), 0).subs(mu, mu - lowered)


def growth_with_decay(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD with weight decay on the example, 64 steps from 1."""
    run = iterate(
        descent((EXAMPLE[h_1], EXAMPLE[h_2]), batch_size=1, weight_decay=sp.Rational(arguments["lambda"])),
        parameters={eta: number(arguments["eta"])},
        initial=[1.0],
        steps=64,
        n_replicas=draw.n,
        seed=draw.seed,
        first_replica=draw.first,
        precision=precision(draw),
    )
    return Samples(np.log(np.abs(run.final[:, 0])) / 64)


def _decay_run(rate: str, strength: str, variation: float) -> Experiment:
    return Experiment(
        name=f"SGD, eta={rate}, weight decay {strength}",
        sampler=f"{HERE}:growth_with_decay",
        arguments={"eta": rate, "lambda": strength},
        predicted=lambda candidate: candidate.subs({**EXAMPLE, eta: sp.Rational(rate), decay: sp.Rational(strength)}),
        variation=variation,
        skewness=0.5,
    )


WEIGHT_DECAY = (
    Statement(
        name="weight decay in the flow",
        says="The rate of attractivity with weight decay lambda.",
        left=r"\alpha",
        form=Identity(_rate_with_decay),
        printed=L_2 + D_2 / 2 + decay,
        near_misses=(
            NearMiss("penalty without its 1/2", L_2 + D_2 / 2 + 2 * decay),
            NearMiss("penalty halved", L_2 + D_2 / 2 + decay / 2),
            NearMiss("times the learning rate", L_2 + D_2 / 2 + eta * decay),
        ),
    ),
    Statement(
        name="weight decay in the steps",
        says="The exact growth rate per step for two samples and batches of one, at any learning rate.",
        left=r"E\log|1 - \eta\lambda - \eta h_B|",
        form=Identity(lambda: finite_growth_rate(_factors_with_decay())),
        printed=_log_mean(*(1 - eta * decay - eta * value for value in (h_1, h_2))),
        near_misses=(
            NearMiss("decoupled decay", _log_mean(*((1 - eta * decay) * (1 - eta * value) for value in (h_1, h_2)))),
            NearMiss("alpha moved by lambda", _log_mean(*(1 - eta * value for value in (h_1, h_2))) - eta * decay),
            NearMiss("decay not times eta", _log_mean(*(1 - decay - eta * value for value in (h_1, h_2)))),
        ),
        experiments=(_decay_run("3/10", "1/5", 0.3), _decay_run("3/5", "1", 0.15)),
    ),
    Statement(
        name="weight decay with momentum",
        says="The leading order of Lambda/eta with both: the decay is rescaled as the drift is.",
        left=r"[1]\,\Lambda/\eta",
        form=Identity(_rate_with_momentum_and_decay),
        printed=(mu - decay - zeta**2 / (2 * (1 - m))) / (1 - m),
        near_misses=(
            NearMiss("decay not rescaled", (mu - zeta**2 / (2 * (1 - m))) / (1 - m) - decay),
            NearMiss("decay ignored", (mu - zeta**2 / (2 * (1 - m))) / (1 - m)),
        ),
        domain=(m < 1,),
    ),
)

# --- Adam --------------------------------------------------------------------------------------------------------

ADAM_NET = FeedForward((2, 2, 3), through_origin)
any_rule = origin_passing_function("F")
"""A step that depends on the weight's own gradient alone and vanishes with it."""


def _batch_losses() -> list[sp.Expr]:
    """Two samples under arbitrary losses, whose gradient in the outputs sums to 0 as that of a softmax does."""
    *free, last = ADAM_NET.output_gradient
    loss = ADAM_NET.pulled_back_loss.subs(last, -sp.Add(*free))
    others = [*ADAM_NET.inputs, *free]
    second = dict(zip(others, sp.symbols(f"s_1:{len(others) + 1}", real=True), strict=True))
    return [loss, loss.subs(second, simultaneous=True)]


def _escaping_coordinatewise(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return escaping_step(ADAM_NET.affine_set(constraints), _batch_losses(), any_rule)


def run_adam(constraints: sp.MatrixBase) -> dict[str, Any]:
    """Adam on cross-entropy, with and without weight decay."""
    settings = {"loss": "cross-entropy", "adam": True}
    runs = [
        (f"{name}, weight decay {strength}", constraints, {**settings, "activation": name, "weight_decay": strength})
        for name, strength in (("tanh", 0.0), ("relu", 0.0), ("gelu", 0.01))
    ]
    return sgd_runs(ADAM_NET, runs, SUM_VALUES)


t_1, t_2 = sp.symbols("theta_1 theta_2", real=True)


def _escaping_reflections(normals: sp.MatrixBase) -> sp.MatrixBase:
    """Adam's first step across the lines n . theta = 0, for losses symmetric under the reflection in each."""
    found = []
    for first, second in normals.tolist():
        across = first * t_1 + second * t_2
        loss = profile(second * t_1 - first * t_2) + across**2 * rest(t_1)
        found += list(escaping_step(AffineSet([t_1, t_2], [across]), [loss], adam_first_step))
    return sp.Matrix(found)


SIGN_SET = ADAM_NET.sign_constraints((1, 1))
PERMUTATION_SET = ADAM_NET.permutation_constraints((1, 1, 2))

ADAM = (
    Statement(
        name="Adam, vanishing neuron",
        says="The constraints of a set that any optimiser keeps which treats weights alike and one by one, as Adam.",
        left=r"0 =",
        form=Invariance(_escaping_coordinatewise, f"{HERE}:run_adam"),
        printed=SIGN_SET,
        near_misses=(
            NearMiss("sums in front of a softmax (SC-012), which SGD keeps", CLASS_SUMS),
            NearMiss("outgoing weights free", sp.Matrix(SIGN_SET[:3])),
        ),
    ),
    Statement(
        name="Adam, identical neurons",
        says="The same for two neurons of a layer.",
        left=r"0 =",
        form=Invariance(_escaping_coordinatewise, f"{HERE}:run_adam", ROUNDING),
        printed=PERMUTATION_SET,
        near_misses=(
            NearMiss("sums in front of a softmax (SC-012), which SGD keeps", CLASS_SUMS),
            NearMiss("incoming weights free", sp.Matrix(PERMUTATION_SET[2:])),
        ),
    ),
    Statement(
        name="Adam, reflections of the plane",
        says="Normals, by row, of lines that Adam's first step keeps for every loss symmetric as Theorem 3.1 asks.",
        left=r"n =",
        form=Invariance(_escaping_reflections),
        printed=sp.Matrix([[1, 0], [0, 1], [1, -1], [1, 1]]),
        near_misses=(
            NearMiss("any other normal: (1, 2)", sp.Matrix([[1, 2]])),
            NearMiss("(3, -1)", sp.Matrix([[3, -1]])),
        ),
    ),
)

# --- skewed noise ------------------------------------------------------------------------------------------------

SKEWNESS = upper - 1 / upper
SHARE = 1 / (1 + upper**2)
"""The standardised noise of the values a, with this probability, and -1/a; its third moment is SKEWNESS."""


def _two_point_rate() -> sp.Expr:
    factors = [1 + eta * mu + sp.sqrt(eta) * zeta * value for value in (upper, -1 / upper)]
    return finite_growth_rate(factors, [SHARE, 1 - SHARE])


def _skewness_term() -> sp.Expr:
    r"""The coefficient of :math:`\eta^{3/2}` in the exact rate of two-point noise, by differentiation."""
    root = sp.Symbol("root", positive=True)
    rate = _two_point_rate().subs(eta, root**2).replace(sp.Abs, lambda argument: argument)
    return sp.diff(rate, root, 3).subs(root, 0) / 6


def _log_of_two(up: sp.Expr, down: sp.Expr) -> sp.Expr:
    """The mean logarithm for the values up and down with the probabilities 1/(1 + a^2) and a^2/(1 + a^2)."""
    logs = [sp.log(sp.Abs(1 + eta * mu + sp.sqrt(eta) * zeta * value)) for value in (up, down)]
    return (logs[0] + upper**2 * logs[1]) / (1 + upper**2)


def growth_under_skewed_noise(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD on five samples, one or four of them a; 64 steps from 1."""
    rate, drift, noise, a = (sp.Rational(arguments[name]) for name in ("eta", "mu", "zeta", "upper"))
    share = 5 * SHARE.subs(upper, a)
    curvatures = tuple(-(drift + noise * (a if i < share else -1 / a) / sp.sqrt(rate)) for i in range(5))
    run = iterate(
        descent(curvatures, batch_size=1),
        parameters={eta: float(rate)},
        initial=[1.0],
        steps=64,
        n_replicas=draw.n,
        seed=draw.seed,
        first_replica=draw.first,
        precision=precision(draw),
    )
    return Samples(np.log(np.abs(run.final[:, 0])) / 64)


def _skewed_run(a: str, variation: float) -> Experiment:
    values = {"eta": "1/4", "mu": "1/2", "zeta": "1", "upper": a}
    return Experiment(
        name=f"SGD, a={a}, at the threshold of the flow",
        sampler=f"{HERE}:growth_under_skewed_noise",
        arguments=values,
        predicted=predictions.at({eta: "1/4", mu: "1/2", zeta: "1", upper: a}),
        variation=variation,
        skewness=0.5,
    )


SKEWED = (
    Statement(
        name="skewed noise",
        says="The exact growth rate for noise of the values a and -1/a, standardised.",
        left=r"E\log|1 + \eta\mu + \sqrt\eta\,\zeta\xi|",
        form=Identity(_two_point_rate),
        printed=_log_of_two(upper, -1 / upper),
        near_misses=(
            NearMiss("signs exchanged", _log_of_two(-upper, 1 / upper)),
            NearMiss("signs", _log_of_two(sp.S.One, sp.S.NegativeOne)),
            NearMiss("flow", eta * (mu - zeta**2 / 2)),
        ),
        experiments=(_skewed_run("2", 1.2), _skewed_run("1/2", 0.9)),
    ),
    Statement(
        name="skewness term",
        says="Its coefficient of eta^(3/2): the kappa_3 term of SC-110, which the flow does not have.",
        left=r"[\eta^{3/2}]\,\Lambda",
        form=Identity(_skewness_term),
        printed=zeta**3 * SKEWNESS / 3,
        near_misses=(
            NearMiss("flow", sp.S.Zero),
            NearMiss("sign", -(zeta**3) * SKEWNESS / 3),
            NearMiss("divided by 3!", zeta**3 * SKEWNESS / 6),
            NearMiss("excess of the fourth moment", zeta**3 * (SKEWNESS**2 - 2) / 3),
        ),
    ),
    Statement(
        name="critical drift with skewness",
        says="The critical drift to order sqrt(eta), for noise of any law.",
        left=r"\mu_c",
        form=Identity(lambda: plain_threshold(1)),
        printed=zeta**2 / 2 - sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
        near_misses=(
            NearMiss("flow", zeta**2 / 2),
            NearMiss("sign", zeta**2 / 2 + sp.sqrt(eta) * kappa_3 * zeta**3 / 3),
            NearMiss("order eta", zeta**2 / 2 - eta * kappa_3 * zeta**3 / 3),
        ),
    ),
)

SC_113 = Claim(
    id="SC-113",
    title="scope: momentum, weight decay, Adam, skewed noise",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "not printed; the paper's deep experiments use momentum and weight decay"),
    symbols={
        m: "momentum",
        h: "curvature of the sample of a step",
        ratio: "theta_k/theta_(k-1)",
        decay: "weight decay",
        upper: "upper value of the noise",
        mu: "minus the mean curvature",
        zeta: "root of eta times the variance of the curvature",
        kappa_3: "E xi^3",
        kappa_4: "E xi^4",
        L_2: JET_SYMBOLS[L_2],
        D_2: JET_SYMBOLS[D_2],
    },
    scope="next to an invariant point; the expansions for bounded noise with eta zeta^2 far below (1-m)^3",
    printed_text=(
        "momentum rescales eta_eff = eta/(1-m) to leading order; weight decay lambda adds to alpha; Adam keeps the "
        "sets of SC-003 and SC-006 but not general sets of Theorem 3.1; the third moment of the gradient noise matters "
        "at O(sqrt(eta))"
    ),
    notes=(
        "A result of the catalogue, not of the paper.",
        "Momentum is a rescaling at the orders 1 and sqrt(eta) of Lambda/eta and at no higher one. The corrections are "
        "of relative size eta zeta^2/(1-m)^3 = eta^2 Var(h)/(1-m)^3, not eta zeta^2/(1-m)^2: with momentum 0.9 "
        "the rule fails where plain descent at ten times the learning rate still follows the flow closely.",
        "For the example of SC-111 momentum 1/2 leaves a window of collapse. Momentum 9/10 leaves none that was found: "
        "growth is positive even at effective learning rates of 0.08 and 0.1, where plain descent collapses.",
        "Weight decay moves every curvature: in the flow alpha grows by exactly lambda, in the steps every factor "
        "moves by eta lambda, which is not the same as adding eta lambda to the rate.",
        "Adam is one of the optimisers that move each weight by one function of its own gradients. Being odd, its "
        "step keeps equal and opposite weights too. A set given by any other linear relation is lost.",
    ),
    statements=MOMENTUM + WEIGHT_DECAY + ADAM + SKEWED,
)

CLAIMS = (SC_113,)
