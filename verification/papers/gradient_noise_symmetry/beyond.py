r"""Results of ours that the page does not have: the exact law of every step, and what the diffusion misses."""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.sampling import FiniteSum, Sampling
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry, mean_step_change, noether_flow
from verification.authoring.shorthand import Source, bounds, equals
from verification.papers.gradient_noise_symmetry.fixed_point import (
    ORBIT_SYMBOLS,
    a,
    b,
    drift_along,
    p,
    position,
    q,
    rescaling_potential,
)
from verification.papers.gradient_noise_symmetry.paper import (
    PRODUCT_SYMBOLS,
    RESCALING,
    WEIGHTS,
    S,
    T,
    charge,
    gamma,
    paper,
    product_model,
    rescaled,
    trace_with,
    u_1,
    w_1,
)

A = RESCALING.matrix
m = sp.Symbol("m", nonnegative=True)
VELOCITY = sp.Matrix(sp.symbols("V_1:5", real=True))
GRADIENT = sp.Matrix([sp.diff(product_model().loss, weight) for weight in WEIGHTS])
"""The gradient of one sample."""


def form(left: sp.MatrixBase, right: sp.MatrixBase | None = None) -> sp.Expr:
    r"""The quadratic form :math:`a^\top Ab`."""
    return sp.expand((left.T * A * (left if right is None else right))[0])


@cache
def three_samples() -> OneParameterSymmetry:
    """Rescaling of two weights on a data set of three samples."""
    losses = [(u_1 * w_1 * z - y) ** 2 / 2 for z, y in ((1, 2), (-1, 1), (2, 0))]
    return OneParameterSymmetry(FiniteSum([u_1, w_1], losses), [u_1, -w_1])


@paper.claim(
    "SYM-D1", "not in the paper",
    symbols=PRODUCT_SYMBOLS | {m: "momentum", VELOCITY[0]: r"entry of the velocity $V$; likewise the others"},
    source=Source.OURS,
)  # fmt: skip
def exact_law_of_every_step():
    r"""Exact law of the charge in every step.

    $C(\theta') = (1 - 2\eta\gamma)^2C(\theta) + \eta^2\hat g^\top A\hat g$ for $\theta' = \theta - \eta(\hat g +
    2\gamma\theta)$, whatever the learning rate, the batch and the sampling.
    - Judged on the gradient of one sample of a product; for the general law see :mod:`theory.symmetry.discrete_law`.
    """
    step = WEIGHTS - eta * (GRADIENT + 2 * gamma * WEIGHTS)
    yield equals(
        r"one step: $C(\theta')$",
        printed=(1 - 2 * eta * gamma) ** 2 * charge(A) + eta**2 * form(GRADIENT),
        derived=lambda: charge(A, step),
        wrong={
            "decay once": (1 - 2 * eta * gamma) * charge(A) + eta**2 * form(GRADIENT),
            "no noise": (1 - 2 * eta * gamma) ** 2 * charge(A),
        },
        mutated=False,
    )
    velocity = m * VELOCITY - eta * GRADIENT
    pair = form(WEIGHTS, VELOCITY)
    yield equals(
        r"heavy ball: $(C', D')$",
        printed=sp.Matrix([charge(A) + 2 * m * pair + form(velocity), m * pair + form(velocity)]),
        derived=lambda: sp.Matrix([charge(A, WEIGHTS + velocity), form(WEIGHTS + velocity, velocity)]),
        wrong={"closed in C alone": sp.Matrix([charge(A) + form(velocity), m * pair + form(velocity)])},
        says=r"$V' = mV - \eta\hat g$, $\theta' = \theta + V'$: both move by $V'^\top AV'$ besides.",
        mutated=False,
    )
    gradient = sp.Matrix(product_model().gradient)
    yield equals(
        r"mean: $E[C' - C]$",
        printed=eta**2 * (trace_with(A) / S + form(gradient)),
        derived=lambda: 2 * mean_step_change(rescaled(), S),
        wrong={"noise alone": eta**2 * trace_with(A) / S},
        says="With replacement.",
        mutated=False,
    )
    finite = three_samples()
    noise, mean = sp.Matrix(finite.problem.covariance), sp.Matrix(finite.problem.gradient)
    small = sp.diag(1, -1)
    signal = (mean.T * small * mean)[0]
    yield equals(
        r"mean without replacement: $E[C' - C]$",
        printed=eta**2 * ((noise * small).trace() / 4 + signal),
        derived=lambda: 2 * mean_step_change(finite, 2, Sampling.WITHOUT_REPLACEMENT),
        wrong={"with replacement": eta**2 * ((noise * small).trace() / 2 + signal)},
        says=r"Two of three samples: the trace carries $\frac{n - S}{n - 1} = \frac12$.",
        mutated=False,
    )


@paper.claim("SYM-D2", "not in the paper", symbols=PRODUCT_SYMBOLS, source=Source.OURS)
def what_the_diffusion_misses():
    r"""What the diffusion misses away from critical points.

    - SGD moves the charge by $\eta\nabla L^\top A\nabla L$ more than (5), a term of the same order in $\eta$, which is
      all there is for large batches. The modified equation of the second order has it.
    """
    gradient = sp.Matrix(product_model().gradient)
    signal = form(gradient)
    yield equals(
        r"missing: $E[C' - C]/\eta - \dot C$",
        printed=eta * signal,
        derived=lambda: 2 * (mean_step_change(rescaled(), S) / eta - noether_flow(rescaled(), S).drift),
        wrong={"nothing": sp.S.Zero, "half of it": eta * signal / 2},
        mutated=False,
    )
    yield equals(
        r"modified equation: $\dot C$",
        printed=eta * trace_with(A) / S + eta * signal,
        derived=lambda: 2 * noether_flow(rescaled(), S, second_order=True).drift,
        wrong={"the first order": eta * trace_with(A) / S},
        mutated=False,
    )


@paper.claim("SYM-D3", "not in the paper", symbols=ORBIT_SYMBOLS, source=Source.OURS)
def variational_form():
    r"""Variational form of Theorem 1.

    - $G(\lambda) = -\Phi'(\lambda)$ with $\Phi(\theta) = 2\gamma\|\theta\|^2 + \frac T2\mathrm{Tr}\,\Sigma(\theta)$, a
      convex function along the orbit: equilibria are points of least noise and decay. Judged for rescaling.
    """
    up, down = sp.exp(2 * position), sp.exp(-2 * position)
    potential = 2 * gamma * (a * up + b * down) + T * (p * down + q * up) / 2
    yield equals(
        r"slope: $\Phi'(\lambda)$",
        printed=sp.diff(potential, position),
        derived=lambda: -drift_along(rescaling_potential()),
        wrong={"noise counted twice": sp.diff(potential + T * (p * down + q * up) / 2, position)},
    )
    yield bounds(
        r"convexity: $\Phi''(\lambda)$",
        printed=sp.S.Zero,
        exact=lambda: -sp.diff(drift_along(rescaling_potential()), position),
        relation=">=",
        wrong={"above 1": sp.S.One},
    )
