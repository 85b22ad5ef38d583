r"""Section 4 and Appendix D: stochastic gradient flow as an approximation of stochastic gradient descent."""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step
from theory.gradient_noise.weak_order import leading_weak_error
from theory.notation import eta
from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper

g_1, g_2, g_3, q_1, q_2, q_3 = sp.symbols("g_1 g_2 g_3 q_1 q_2 q_3", real=True)
h_1, h_2, h_3 = sp.symbols("h_1 h_2 h_3", real=True)
weight, other = sp.symbols("theta_1 theta_2", real=True)

SAMPLES = 3
BATCH = 2

PROBLEM = FiniteSum(
    [weight, other], (g_1 * weight + q_1 * other, g_2 * weight + q_2 * other, g_3 * weight + q_3 * other)
)
"""Three samples with arbitrary gradients (g_i, q_i) in two weights: the moments of one step know nothing else."""

MEAN = sp.Matrix([g_1 + g_2 + g_3, q_1 + q_2 + q_3]) / SAMPLES
SECOND = (
    sp.Matrix(
        [
            [g_1**2 + g_2**2 + g_3**2, g_1 * q_1 + g_2 * q_2 + g_3 * q_3],
            [g_1 * q_1 + g_2 * q_2 + g_3 * q_3, q_1**2 + q_2**2 + q_3**2],
        ]
    )
    / SAMPLES
)
VARIANCE = SECOND - MEAN * MEAN.T
"""Var(xi_i): covariance of the gradient of one sample drawn uniformly."""


def _step_covariance() -> sp.Matrix:
    return sp.Matrix(enumerated_step(PROBLEM, BATCH, Sampling.WITH_REPLACEMENT).covariance)


def _step_covariance_without_replacement() -> sp.Matrix:
    return sp.Matrix(enumerated_step(PROBLEM, BATCH, Sampling.WITHOUT_REPLACEMENT).covariance)


@paper.claim(
    "SC-020",
    "Eqs. (3), (13)-(16)",
    symbols={g_1: "gradient of sample 1 in theta_1", q_1: "gradient of sample 1 in theta_2", eta: "learning rate"},
    kind=Kind.IDENTITY,
    notes=(
        "Moments are enumerated over all batches of 2 out of 3 samples with arbitrary gradients, with replacement.",
        "Without replacement the noise shrinks by (n - beta)/(n - 1) and vanishes at full batch; the released code of "
        "Fig. 11 samples without replacement.",
    ),
)
def stochastic_gradient_flow_matches_the_first_two_moments_of_sgd():
    r"""Stochastic gradient flow matches the first two moments of SGD.

    d theta = -grad L dt + sqrt(eta/beta) Sigma dB, Sigma = sqrt(E[xi_i xi_i^T]), D = (eta/(2 beta)) Sigma
    Sigma^T (3); Delta theta = -eta grad L + sqrt(2D) Delta W, Delta W ~ N(0, eta I), D = (eta/(2 beta))
    Var(xi_i) (15)
    """
    yield equals(
        "mean",
        r"E[\Delta\theta]",
        printed=-eta * MEAN,
        derived=lambda: sp.Matrix(enumerated_step(PROBLEM, BATCH).mean),
        wrong={"sum instead of mean": -eta * SAMPLES * MEAN, "ascent": eta * MEAN},
        says="The mean of one step is -eta grad L.",
    )
    yield equals(
        "covariance",
        r"\mathrm{Cov}[\Delta\theta]",
        printed=eta * 2 * (eta / (2 * BATCH)) * VARIANCE,
        derived=_step_covariance,
        wrong={
            "sampling without replacement": eta**2 / BATCH * VARIANCE / 2,
            "second moment instead of variance": eta**2 / BATCH * SECOND,
            "unbiased sample variance": eta**2 / BATCH * VARIANCE * SAMPLES / (SAMPLES - 1),
            "one power of eta": eta / BATCH * VARIANCE,
            "D without its 1/2": 2 * eta**2 / BATCH * VARIANCE,
        },
        says="The covariance of one step is 2 D eta with D = (eta/(2 beta)) Var(xi_i).",
    )
    yield equals(
        "flow",
        r"\eta\,a(\theta)",
        printed=eta * (eta / BATCH) * VARIANCE,
        derived=lambda: sp.Matrix(eta * stochastic_gradient_flow(PROBLEM, batch_size=BATCH).diffusion),
        wrong={"noise of order eta^(1/2)": eta * VARIANCE / BATCH},
        says="The diffusion of the flow, times dt = eta, is the same covariance.",
    )
    yield equals(
        "without replacement",
        r"\mathrm{Cov}[\Delta\theta]",
        printed=eta**2 / BATCH * VARIANCE * sp.Rational(SAMPLES - BATCH, SAMPLES - 1),
        derived=_step_covariance_without_replacement,
        wrong={
            "with replacement": eta**2 / BATCH * VARIANCE,
            "factor (n - beta)/n": eta**2 / BATCH * VARIANCE * sp.Rational(SAMPLES - BATCH, SAMPLES),
        },
        says="Sampling without replacement multiplies the covariance by (n - beta)/(n - 1) (a remark).",
        remark=True,
    )


CURVATURES = (h_1, h_2, h_3)
_h = (h_1 + h_2 + h_3) / SAMPLES


def _orders() -> sp.Matrix:
    return sp.Matrix([leading_weak_error(CURVATURES, BATCH, moment)[0] for moment in (1, 2)])


def _coefficients() -> sp.Matrix:
    return sp.Matrix([leading_weak_error(CURVATURES, BATCH, moment)[1] for moment in (1, 2)])


@paper.claim(
    "SC-022",
    "footnote 6",
    symbols={h_1: "curvature of sample 1", eta: "learning rate"},
    kind=Kind.EXPANSION,
    scope="1-D quadratic losses h_i theta^2/2, mini-batches with replacement, fixed time t = eta k",
    notes=("Adding the drift -(eta/4) grad |grad L|^2 removes the leading error of the mean: order 2.",),
)
def order_1_weak_approximation():
    r"""Order 1 weak approximation.

    as discussed in Li et al., Eq. 3 is an order 1 weak approximation of Eq. 2
    """
    yield equals(
        "order",
        r"\text{weak order of }(E\theta, E\theta^2)",
        printed=sp.Matrix([1, 1]),
        derived=_orders,
        wrong={
            "order 2": sp.Matrix([2, 2]),
            "order 1/2": sp.Matrix([sp.Rational(1, 2), sp.Rational(1, 2)]),
            "second moment exact": sp.Matrix([1, 2]),
        },
        says="The exponent of eta in the error of E theta and of E theta^2 at fixed time.",
    )
    yield equals(
        "leading error",
        r"(g_1 - f_1,\ g_2 - f_2)/\eta",
        printed=sp.Matrix([-(_h**2) / 2, -(_h**2)]),
        derived=_coefficients,
        wrong={
            "sign": sp.Matrix([_h**2 / 2, _h**2]),
            "second moment of the curvatures": sp.Matrix([-(h_1**2 + h_2**2 + h_3**2) / 6, -(_h**2)]),
        },
        says="The coefficients of eta in the difference of the growth rates; h is the mean curvature.",
    )
