r"""Section 4 and Appendix D.1: stochastic gradient flow as an approximation of stochastic gradient descent."""

from collections.abc import Callable, Sequence

import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step
from theory.gradient_noise.weak_order import leading_weak_error
from theory.notation import beta, eta
from verification.authoring.shorthand import equals
from verification.papers.stochastic_collapse.paper import paper

theta_1, theta_2, p, q = sp.symbols("theta_1 theta_2 p q", real=True)
P, Q = sp.symbols("p_1:4", real=True), sp.symbols("q_1:4", real=True)
SLOPES = {P[0]: "gradient of sample 1 in $\\theta_1$, an arbitrary number", Q[0]: "gradient of sample 1 in $\\theta_2$"}

dL_1, dL_2 = sp.symbols(r"\partial_1\mathcal{L} \partial_2\mathcal{L}", real=True)
GRADIENT = sp.Matrix([dL_1, dL_2])
"""The gradient of the loss, as the page abbreviates it."""

VARIANCE = sp.Matrix(2, 2, sp.symbols(r"\mathrm{Var}_{11} \mathrm{Var}_{12} \mathrm{Var}_{12} \mathrm{Var}_{22}"))
D = sp.Matrix(2, 2, sp.symbols("D_11 D_12 D_12 D_22", real=True))
D_m = sp.Symbol("D_m", positive=True)
D_s = sp.Matrix(2, 2, sp.symbols(r"{D_s}_{11} {D_s}_{12} {D_s}_{12} {D_s}_{22}", real=True))


def meaning(names: sp.MatrixBase, values: sp.MatrixBase) -> dict[sp.Basic, sp.Basic]:
    """What the entries of an abbreviated vector or matrix stand for."""
    return dict(zip(names, values, strict=True))


def mean(vectors: Sequence[sp.MatrixBase]) -> sp.MatrixBase:
    """The mean of vectors or matrices."""
    first, *others = vectors
    return sum(others, first) / len(vectors)


def gradients(n: int) -> list[sp.Matrix]:
    """The gradients of ``n`` samples, arbitrary vectors (p_i, q_i)."""
    return [sp.Matrix(pair) for pair in zip(P[:n], Q[:n], strict=True)]


def second_moment(n: int) -> sp.MatrixBase:
    r"""The mean :math:`\frac1n\sum_ig_ig_i^\top`."""
    return mean([g * g.T for g in gradients(n)])


def covariance(n: int) -> sp.MatrixBase:
    r"""The covariance of the gradient of one of ``n`` samples, drawn uniformly."""
    return second_moment(n) - mean(gradients(n)) * mean(gradients(n)).T


def linear_losses(n: int) -> FiniteSum:
    """Samples with the gradients (p_i, q_i): the moments of one step know nothing else."""
    return FiniteSum([theta_1, theta_2], tuple(g[0] * theta_1 + g[1] * theta_2 for g in gradients(n)))


def _step_covariance(n: int, batch: int, sampling: Sampling = Sampling.WITH_REPLACEMENT) -> sp.MatrixBase:
    return sp.Matrix(enumerated_step(linear_losses(n), batch, sampling).covariance)


@paper.claim("SC-020", "Eqs. (3), (13)-(16)", symbols=SLOPES | {dL_1: "first entry of the gradient of the loss"})
def first_two_moments_of_descent():
    r"""Stochastic gradient flow matches the first two moments of SGD.

    $\Delta\theta^{(t)} = -\eta\nabla\mathcal L + \sqrt{2D}\,\Delta W$, where $\Delta W \sim \mathcal N(0, \eta I)$ and
    the diffusion matrix $D = \frac12\mathrm{Var}(\xi_{\mathcal B}) = \frac\eta{2\beta}\mathrm{Var}(\xi_i)$.
    - Scope: all batches of 2 out of 3 samples with arbitrary gradients, with replacement.
    - Without replacement the noise shrinks by $(n - \beta)/(n - 1)$ and vanishes at full batch; the released code of
      Figure 11 samples without replacement.
    """
    where = meaning(D, eta / (2 * beta) * VARIANCE) | {beta: sp.Integer(2)} | meaning(VARIANCE, covariance(3))
    yield equals(
        r"mean: $E[\Delta\theta]$",
        printed=-eta * GRADIENT,
        where=meaning(GRADIENT, mean(gradients(3))),
        derived=lambda: enumerated_step(linear_losses(3), 2).mean,
        wrong={"sum instead of mean": meaning(GRADIENT, 3 * mean(gradients(3)))},
    )
    yield equals(
        r"covariance: $\mathrm{Cov}[\Delta\theta]$",
        printed=2 * eta * D,
        where=where,
        derived=lambda: _step_covariance(3, 2),
        wrong={
            "sampling without replacement": meaning(D, eta / (2 * beta) * VARIANCE / 2),
            "second moment instead of variance": meaning(VARIANCE, second_moment(3)),
            "unbiased sample variance": meaning(VARIANCE, covariance(3) * 3 / 2),
        },
    )
    yield equals(
        r"flow: $\sigma(\theta)\,\sigma(\theta)^\top$",
        printed=2 * D,
        where=where,
        derived=lambda: stochastic_gradient_flow(linear_losses(3), batch_size=2).diffusion,
        wrong={"a whole step of noise in a unit of time": meaning(D, VARIANCE / (2 * beta))},
        says=r"The dispersion $\sigma = \sqrt{\eta/\beta}\,\Sigma$ of the flow (3).",
    )
    yield equals(
        r"without replacement: $\mathrm{Cov}[\Delta\theta]$",
        printed=sp.Rational(1, 2) * 2 * eta * D,
        where=where,
        derived=lambda: _step_covariance(3, 2, Sampling.WITHOUT_REPLACEMENT),
        wrong={"with replacement": 2 * eta * D, "factor of a large sample": 2 * eta * D / 3},
        remark=r"A result of ours: sampling without replacement brings the factor $(n - \beta)/(n - 1)$, here 1/2.",
    )


BATCHES = ((2, 3), (3, 2))
"""Pairs (N, beta) at which the statement about all of them is checked."""


@paper.claim("SC-021", "Eqs. (17)-(19)", symbols=SLOPES | {D_m: "magnitude", D_s[0]: "entry of the shape"})
def diffusion_matrix_of_descent():
    r"""Diffusion matrix of mini-batch descent.

    The diffusion matrix can be decomposed into a product of a parameter-independent magnitude term $D_m$ and a
    parameter-dependent shape term $D_s(\theta)$ such that $D(\theta) = D_m D_s(\theta)$.
    - Scope: all batches with replacement at $(N, \beta) = (2, 3), (3, 2)$, arbitrary gradients.
    """
    for n, batch in BATCHES:
        where = {D_m: eta / (2 * beta), beta: sp.Integer(batch), **meaning(D_s, covariance(n))}
        yield equals(
            f"diffusion, batches of {batch} out of {n}",
            "D",
            printed=D_m * D_s,
            where=where,
            derived=_diffusion_of_step(n, batch),
            wrong={
                "batch size ignored": {D_m: eta / 2},
                "without replacement": {D_m: eta / (2 * beta) * sp.Rational(n - batch, n - 1)},
                "second moment instead of covariance": meaning(D_s, second_moment(n)),
            },
        )
    yield equals(
        r"shape: $\mathrm{Cov}[\nabla\ell(\theta; x_i, y_i)]$",
        printed=D_s,
        where=meaning(D_s, covariance(3)),
        derived=lambda: _covariance_of_data(3),
        wrong={"unbiased sample covariance": meaning(D_s, covariance(3) * 3 / 2)},
        says="The covariance of the gradient of one sample, in the data law of $N = 3$ points.",
    )


def _diffusion_of_step(n: int, batch: int) -> Callable[[], sp.MatrixBase]:
    return lambda: _step_covariance(n, batch) / (2 * eta)


def _covariance_of_data(n: int) -> sp.MatrixBase:
    law = Empirical([p, q], list(zip(P[:n], Q[:n], strict=True)))
    return sp.Matrix(Model([theta_1, theta_2], p * theta_1 + q * theta_2, law).covariance)


h = sp.symbols("h_1:4", real=True)


@paper.claim("SC-022", "footnote 6", symbols={h[0]: "curvature of sample 1"})
def order_of_the_weak_approximation():
    r"""Order 1 weak approximation.

    As discussed in Li et al., Eq. 3 is an order 1 weak approximation of Eq. 2.
    - Scope: quadratic losses $h_i\theta^2/2$ in one dimension, batches of 2 out of 3, fixed time $t = \eta k$.
    - Adding the drift $-\frac\eta4\nabla\|\nabla\mathcal L\|^2$ removes the leading error of the mean.
    """

    def errors(part: int) -> list[sp.Expr]:
        return [leading_weak_error(h, 2, moment)[part] for moment in (1, 2)]

    curvature = sp.Add(*h) / 3
    yield equals(
        r"order: $\text{weak order of }(E\theta, E\theta^2)$",
        printed=sp.Matrix([1, 1]),
        derived=lambda: errors(0),
        wrong={"order 2": sp.Matrix([2, 2]), "second moment exact": sp.Matrix([1, 2])},
        says=r"The exponent of $\eta$ in the error at fixed time.",
    )
    yield equals(
        r"leading error: $\text{coefficients of }\eta$",
        printed=sp.Matrix([-(curvature**2) / 2, -(curvature**2)]),
        derived=lambda: errors(1),
        wrong={"second moment of the curvatures": sp.Matrix([-sp.Add(*(c**2 for c in h)) / 6, -(curvature**2)])},
        remark=r"A result of ours: the difference of the growth rates of $E\theta$ and $E\theta^2$ to first order.",
    )
