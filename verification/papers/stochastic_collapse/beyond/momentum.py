"""Momentum: what it does to the rate and to the threshold of collapse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.deterministic.random_products import exponent_of_products
from numerics.simulation.iterate import iterate
from theory.discrete import momentum as with_momentum
from theory.discrete.growth_rate import growth_rate_expansion
from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import eta, mu, zeta
from verification.authoring.shorthand import agrees, equals
from verification.authoring.simulated import number, options
from verification.forms import Comparison, Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond.near_invariant_point import decay, descent, h, ratio
from verification.papers.stochastic_collapse.beyond.windows import EXAMPLE, h_1, h_2


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
    expansion = with_momentum.growth_rate_expansion_with_momentum(1)
    return sp.Matrix([_coefficient(expansion, j) for j in (0, 1)])


def _first_correction() -> sp.Expr:
    return _coefficient(with_momentum.growth_rate_expansion_with_momentum(2), 2)


def _threshold_correction() -> sp.Expr:
    return _coefficient(with_momentum.collapse_threshold_expansion_with_momentum(2), 2)


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
        options=options(draw),
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
        sampler=growth_with_momentum,
        arguments=case,
        predicted=lambda candidate: _entry(candidate, case),
    )


_g = sp.Matrix([[1 - eta * (h + decay), -eta * m], [h + decay, m]])


MOMENTUM = (
    equals(
        "step with momentum",
        r"(\theta, v)'",
        printed=_g,
        derived=step_with_momentum,
        wrong={
            "the old velocity moves the weight": sp.Matrix([[1, -eta], [h + decay, m]]),
            "dampened": sp.Matrix([[1 - eta * (1 - m) * (h + decay), -eta * m], [(1 - m) * (h + decay), m]]),
            "decoupled decay": sp.Matrix([[1 - eta * (h + decay), -eta * m], [h, m]]),
        },
        says="The matrix of a step with momentum and weight decay on h theta^2/2, in (theta, v).",
    ),
    equals(
        "ratio of weights",
        r"\theta_{k+1}/\theta_k",
        printed=1 + m - eta * h - m / ratio,
        derived=_ratio,
        wrong={"plain descent": 1 - eta * h, "momentum inverted": 1 + m - eta * h - m * ratio},
        says="The next ratio of successive weights, given the last one r.",
    ),
    equals(
        "sum of the exponents",
        r"\Lambda_1 + \Lambda_2",
        printed=sp.log(m),
        derived=_sum_of_exponents,
        wrong={"twice": 2 * sp.log(m), "half": sp.log(m) / 2},
        says="The sum of the two Lyapunov exponents, the mean logarithm of the determinant, whatever the noise.",
        domain=(m < 1,),
    ),
    equals(
        "effective learning rate",
        r"([1], [\sqrt\eta])\,\Lambda/\eta",
        printed=LEADING,
        derived=_leading,
        wrong={
            "noise not rescaled": sp.Matrix([(mu - zeta**2 / 2) / (1 - m), LEADING[1]]),
            "variance of the velocity": sp.Matrix([(mu - zeta**2 / (2 * (1 - m**2))) / (1 - m), LEADING[1]]),
            "not rescaled at all": LEADING.subs(m, 0),
            "skewness rescaled once less": sp.Matrix([LEADING[0], LEADING[1] * (1 - m)]),
        },
        says="Lambda/eta at the orders 1 and sqrt(eta): that of plain descent at eta/(1-m).",
        domain=(m < 1,),
    ),
    equals(
        "where it ends",
        r"[\eta]\,\Lambda/\eta",
        printed=CORRECTION,
        derived=_first_correction,
        wrong={
            "plain descent at eta/(1-m)": PLAIN_CORRECTION,
            "sign of the cross term": CORRECTION - 2 * mu * zeta**2 * (1 + m) / (1 - m) ** 4,
        },
        says="Lambda/eta at order eta, where momentum is no rescaling any more.",
        domain=(m < 1,),
    ),
    equals(
        "critical drift with momentum",
        r"[\eta]\,\mu_c",
        printed=THRESHOLD_CORRECTION,
        derived=_threshold_correction,
        wrong={
            "plain descent at eta/(1-m)": zeta**4 * (2 * kappa_4 - 3) / (8 * (1 - m) ** 3),
            "plain descent": zeta**4 * (2 * kappa_4 - 3) / 8,
        },
        says="The coefficient of eta in the critical drift zeta^2/(2(1-m)) - sqrt(eta) kappa_3 zeta^3/(3(1-m)^2) + ...",
        domain=(m < 1,),
    ),
    agrees(
        "finite learning rates",
        r"\Lambda",
        printed=sp.Matrix([sp.Rational(-590, 10000), sp.Rational(1443, 10**6), sp.Rational(2397, 10**5)]),
        wrong={"plain descent at eta/(1-m)": _for_cases(_plain_growth), "flow at eta/(1-m)": _for_cases(_flow_growth)},
        says="Growth per step for curvatures 5/2 and -3 at (m, eta) = (1/2, 0.15), (9/10, 0.01), (9/10, 0.03).",
        measured=(_momentum_run(CASES[0], 0.35), _momentum_run(CASES[2], 0.4)),
        compared=(
            Comparison(
                name="stationary law of the direction",
                evaluator=growth_by_products,
                arguments=CASES,
                predicted=_entry,
                tolerance=2e-2,
            ),
        ),
    ),
    agrees(
        "no window",
        r"\min_\eta\Lambda/\eta",
        printed=sp.Rational(874, 10000),
        wrong={
            "a threshold is reached": sp.S.Zero,
            "plain descent at eta/(1-m) = 0.1": 100 * _plain_growth(sp.Rational(1, 10)),
            "flow at eta/(1-m) = 0.1": 100 * _flow_growth(sp.Rational(1, 10)),
        },
        says="The smallest Lambda/eta at momentum 9/10 over the learning rates 0.006, 0.008, 0.010: it is positive.",
        compared=(
            Comparison(
                name="stationary law of the direction",
                evaluator=smallest_growth,
                arguments=({"m": "9/10"},),
                predicted=lambda candidate, point: candidate,
                tolerance=1e-2,
            ),
        ),
    ),
)
