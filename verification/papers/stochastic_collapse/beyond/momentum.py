"""Momentum: what it does to the rate and to the threshold of collapse."""

from collections.abc import Callable, Iterator

import numpy as np
import sympy as sp

from numerics.deterministic.random_products import exponent_of_products
from theory.discrete import momentum as with_momentum
from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import eta, mu, zeta
from verification.authoring import predictions
from verification.authoring.draws import drawn_steps
from verification.authoring.shorthand import agrees, compared, equals, measured, table
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Arguments, Draw, Samples
from verification.papers.stochastic_collapse.beyond import near_invariant_point as near
from verification.papers.stochastic_collapse.beyond.near_invariant_point import EXAMPLE, decay, descent, h, h_1, h_2


def step_with_momentum() -> sp.Matrix:
    """The step with momentum and weight decay on one sample, in the weight and its velocity."""
    return sp.Matrix(with_momentum.linear_part(descent((h,), momentum=m, weight_decay=decay)))


def coefficient(expansion: sp.Expr, order: int) -> sp.Expr:
    r"""The coefficient of :math:`\eta^{\text{order}/2}`."""
    root = sp.Symbol("root", positive=True)
    polynomial = expansion.subs(eta, root**2)
    return sp.diff(polynomial, root, order).subs(root, 0) / sp.factorial(order)


def rate_coefficients(*orders: int) -> sp.Matrix:
    r"""Coefficients of :math:`\Lambda/\eta` in the root of :math:`\eta`."""
    expansion = with_momentum.growth_rate_expansion_with_momentum(max(orders))
    return sp.Matrix([coefficient(expansion, order) for order in orders])


def momentum_statements() -> Iterator[Statement]:
    """The step, its ratio and determinant, the expansions, and two measurements at finite learning rates."""
    yield from _steps()
    yield from _small_steps()
    yield from _finite_learning_rates()


def _steps() -> Iterator[Statement]:
    h_moved = h + decay
    yield equals(
        r"step with momentum: $(\theta, v)'$",
        printed=sp.Matrix([[1 - eta * h_moved, -eta * m], [h_moved, m]]),
        derived=step_with_momentum,
        wrong={
            "the old velocity moves the weight": sp.Matrix([[1, -eta], [h_moved, m]]),
            "dampened": sp.Matrix([[1 - eta * (1 - m) * h_moved, -eta * m], [(1 - m) * h_moved, m]]),
            "decoupled decay": sp.Matrix([[1 - eta * h_moved, -eta * m], [h, m]]),
        },
        says=r"The matrix of a step with momentum and weight decay on $h\theta^2/2$.",
    )
    yield equals(
        r"ratio of weights: $\theta_{k+1}/\theta_k$",
        printed=1 + m - eta * h - m / near.ratio,
        derived=lambda: with_momentum.next_ratio(step_with_momentum().subs(decay, 0), near.ratio),
        wrong={"plain descent": 1 - eta * h, "momentum inverted": 1 + m - eta * h - m * near.ratio},
        says="Given the last ratio $r$.",
    )
    yield equals(
        r"sum of the exponents: $\Lambda_1 + \Lambda_2$",
        printed=sp.log(m),
        derived=lambda: with_momentum.sum_of_exponents(step_with_momentum()),
        says="The mean logarithm of the determinant, whatever the noise.",
        domain=(m < 1,),
    )


def _small_steps() -> Iterator[Statement]:
    effective = sp.Matrix([(mu - zeta**2 / (2 * (1 - m))) / (1 - m), kappa_3 * zeta**3 / (3 * (1 - m) ** 3)])
    yield equals(
        r"effective learning rate: $([1], [\sqrt\eta])\,\Lambda/\eta$",
        printed=effective,
        derived=lambda: rate_coefficients(0, 1),
        wrong={
            "noise not rescaled": sp.Matrix([(mu - zeta**2 / 2) / (1 - m), effective[1]]),
            "variance of the velocity": sp.Matrix([(mu - zeta**2 / (2 * (1 - m**2))) / (1 - m), effective[1]]),
            "not rescaled at all": effective.subs(m, 0),
            "skewness rescaled once less": sp.Matrix([effective[0], effective[1] * (1 - m)]),
        },
        says=r"The orders $1$ and $\sqrt\eta$: those of plain descent at $\eta/(1-m)$.",
        domain=(m < 1,),
    )
    plain = -(mu**2) / (2 * (1 - m) ** 2) + mu * zeta**2 / (1 - m) ** 3 - kappa_4 * zeta**4 / (4 * (1 - m) ** 4)
    yield equals(
        r"where it ends: $[\eta]\,\Lambda/\eta$",
        printed=-(mu**2) * (1 + m) / (2 * (1 - m) ** 3)
        + mu * zeta**2 * (1 + m) / (1 - m) ** 4
        - zeta**4 * (kappa_4 * (1 - m**2) + 6 * m**2 + 4 * m) / (4 * (1 - m) ** 5 * (1 + m)),
        derived=lambda: rate_coefficients(2)[0],
        wrong={r"plain descent at $\eta/(1-m)$": plain},
        says=r"The order $\eta$, where momentum is no rescaling any more.",
        domain=(m < 1,),
    )
    yield equals(
        r"critical drift with momentum: $[\eta]\,\mu_c$",
        printed=zeta**4 * (2 * kappa_4 * (1 - m**2) + 9 * m**2 + 2 * m - 3) / (8 * (1 - m) ** 4 * (1 + m)),
        derived=lambda: coefficient(with_momentum.collapse_threshold_expansion_with_momentum(2), 2),
        wrong={
            r"plain descent at $\eta/(1-m)$": zeta**4 * (2 * kappa_4 - 3) / (8 * (1 - m) ** 3),
            "plain descent": zeta**4 * (2 * kappa_4 - 3) / 8,
        },
        says=r"After $\zeta^2/(2(1-m)) - \sqrt\eta\,\kappa_3\zeta^3/(3(1-m)^2)$.",
        domain=(m < 1,),
    )


CASES = table("m eta settled", "1/2 3/20 1/2000", "9/10 1/100 1/50000", "9/10 3/100 1/50000")
"""Momentum, learning rate, and the error at which the exponent counts as settled.

Plain descent at eta/(1 - m) collapses on the example of SC-111 in all of them."""

GRID = tuple(sp.Rational(j, 1000) for j in (6, 8, 10))
"""Learning rates around the one with the smallest Lambda/eta at momentum 9/10."""

BURN_IN, COUNTED = 300, 1500
"""Steps before growth counts and steps that count: the direction forgets its start within 1/(1 - m) steps."""


def _matrices(momentum: sp.Rational, rate: sp.Rational) -> list[np.ndarray]:
    matrix = step_with_momentum().subs({decay: 0, m: momentum, eta: rate})
    return [np.array(matrix.subs(h, EXAMPLE[value]).tolist(), dtype=float) for value in (h_1, h_2)]


def growth_by_products(point: Arguments) -> tuple[float, float]:
    """The top exponent of the products of the two matrices of the example."""
    matrices = _matrices(sp.Rational(point["m"]), sp.Rational(point["eta"]))
    return exponent_of_products(matrices, tolerance=number(point["settled"]))


def smallest_growth(point: Arguments) -> tuple[float, float]:
    r"""The smallest :math:`\Lambda/\eta` over :data:`GRID`."""

    def at(rate: sp.Rational, tolerance: float) -> tuple[float, float]:
        matrices = _matrices(sp.Rational(point["m"]), rate)
        growth, error = exponent_of_products(matrices, tolerance=tolerance)
        return growth / float(rate), error / float(rate)

    smallest = min(GRID, key=lambda rate: at(rate, 1e-4)[0])
    return at(smallest, 1e-6)


def growth_with_momentum(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth per step of :math:`\log|(\theta, \eta v)|` of SGD with momentum on the example, one run a sample."""
    rate = number(arguments["eta"])
    run = drawn_steps(
        descent((EXAMPLE[h_1], EXAMPLE[h_2]), batch_size=1, momentum=sp.Rational(arguments["m"])),
        draw,
        parameters={eta: rate},
        initial=[1.0, 0.0],
        steps=BURN_IN + COUNTED,
        at=[BURN_IN, BURN_IN + COUNTED],
        paths=True,
    )
    assert run.paths is not None
    early, late = (np.log(np.hypot(path[:, 0], rate * path[:, 1])) for path in run.paths)
    return Samples((late - early) / COUNTED)


def _plain_growth(learning_rate: sp.Rational) -> sp.Expr:
    factors = (sp.Abs(1 - learning_rate * EXAMPLE[value]) for value in (h_1, h_2))
    return sp.Add(*(sp.log(factor) for factor in factors)) / 2


def _flow_growth(learning_rate: sp.Rational) -> sp.Expr:
    mean, spread = (EXAMPLE[h_1] + EXAMPLE[h_2]) / 2, (EXAMPLE[h_1] - EXAMPLE[h_2]) / 2
    return -learning_rate * mean - (learning_rate * spread) ** 2 / 2


def _finite_learning_rates() -> Iterator[Statement]:
    def for_cases(rate: Callable[[sp.Rational], sp.Expr]) -> sp.Matrix:
        return sp.Matrix([rate(sp.Rational(case["eta"]) / (1 - sp.Rational(case["m"]))) for case in CASES])

    found = sp.Matrix([sp.Rational(-590, 10000), sp.Rational(1443, 10**6), sp.Rational(2397, 10**5)])
    yield agrees(
        r"finite learning rates: $\Lambda$",
        printed=found,
        wrong={
            r"plain descent at $\eta/(1-m)$": for_cases(_plain_growth),
            r"flow at $\eta/(1-m)$": for_cases(_flow_growth),
            "a tenth too fast": 11 * found / 10,
        },
        says=r"Per step, for curvatures $5/2$ and $-3$ at $(m, \eta) = (1/2, 0.15)$, $(9/10, 0.01)$, $(9/10, 0.03)$.",
        measured=[measured(growth_with_momentum, lambda found, i=i: found[i], **CASES[i]) for i in (0, 2)],
        compared=compared(
            "stationary law of the direction", growth_by_products, predictions.entry_of(CASES), *CASES, tolerance=2e-2
        ),
    )
    smallest = sp.Rational(874, 10000)
    effective = sp.Rational(1, 10)
    yield agrees(
        r"no window: $\min_\eta\Lambda/\eta$",
        printed=smallest,
        wrong={
            "a threshold is reached": sp.S.Zero,
            r"plain descent at $\eta/(1-m) = 0.1$": 100 * _plain_growth(effective),
            r"flow at $\eta/(1-m) = 0.1$": 100 * _flow_growth(effective),
            "a twentieth too large": 21 * smallest / 20,
        },
        says="At momentum 9/10, over the learning rates 0.006, 0.008, 0.010: it is positive.",
        compared=compared(
            "stationary law of the direction", smallest_growth, predictions.itself, {"m": "9/10"}, tolerance=1e-2
        ),
    )
