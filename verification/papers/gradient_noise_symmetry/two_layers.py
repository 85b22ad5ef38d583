r"""Section 4.3 and Appendix A.4: two-layer linear networks, and the trace of their Hessian.

The loss is :math:`\|UWx - y\|^2` as on the page, without the factor one half.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.models.two_layer_balance import autoencoder_ratio, balance_weights, hessian_trace
from verification.authoring.shorthand import Grade, Source, equals, holds_when
from verification.papers.gradient_noise_symmetry.descent import RATE, descended
from verification.papers.gradient_noise_symmetry.paper import paper, sigma

U = sp.Matrix(2, 2, sp.symbols("u_11 u_12 u_21 u_22", real=True))
W = sp.Matrix(2, 2, sp.symbols("w_11 w_12 w_21 w_22", real=True))
U_WEIGHTS, W_WEIGHTS = list(U), list(W)
INPUTS = sp.symbols("x_1 x_2", real=True)
LABELS = sp.symbols("y_1 y_2", real=True)
s_11, s_22 = sp.symbols("s_11 s_22", positive=True)
s_12 = sp.Symbol("s_12", real=True)
sigma_U, sigma_W = sp.symbols("sigma_U sigma_W", positive=True)
SIGMA_X = sp.Matrix([[s_11, s_12], [s_12, s_22]])

SYMBOLS = {
    U[0, 0]: r"entry of $U$, outputs by hidden units; likewise the others",
    W[0, 0]: r"entry of $W$, hidden units by inputs; likewise the others",
    s_11: r"entry of $\Sigma_x$; likewise $s_{12}$, $s_{22}$",
}


@cache
def mean_loss() -> sp.Expr:
    r"""The mean of :math:`\|UWx - y\|^2` over inputs of covariance :math:`\Sigma_x` and labels independent of them.

    The Hessian's diagonal blocks do not depend on the labels.
    """
    residual = U * W * sp.Matrix(INPUTS) - sp.Matrix(LABELS)
    law = Gaussian([*INPUTS, *LABELS], [0] * 4, sp.diag(SIGMA_X, sp.eye(2)))
    return Model([*U_WEIGHTS, *W_WEIGHTS], residual.dot(residual), law).mean_loss


def hessian_block(weights: list[sp.Symbol]) -> sp.Matrix:
    """The diagonal block of the Hessian that belongs to some weights."""
    return sp.hessian(mean_loss(), weights)


def squared_norm(matrix: sp.MatrixBase) -> sp.Expr:
    """The squared Frobenius norm."""
    return (matrix.T * matrix).trace()


@paper.claim(
    "SYM-21", "Section 4.3, Proposition 2; Appendix A.4", symbols=SYMBOLS, source=Source.PAGE, grade=Grade.CONDITION
)
def trace_of_the_hessian():
    r"""Trace of the Hessian.

    "The trace of the Hessian is a good metric of the local stability [...] because the trace upper bounds the largest
    Hessian eigenvalue".
    - The trace and its mean at initialisation hold (both reconstructed). The remark needs $H\succeq 0$, as at minima:
      at $u = w = 0$ the trace of a product of two weights is 0 and the largest eigenvalue is not.
    """
    m = 2
    trace = 2 * m * (W * SIGMA_X * W.T).trace() + 2 * squared_norm(U) * SIGMA_X.trace()
    yield equals(
        r"trace: $\mathrm{Tr}\nabla^2L$",
        printed=trace,
        derived=lambda: (hessian_block(U_WEIGHTS) + hessian_block(W_WEIGHTS)).trace(),
        wrong={
            "inputs taken for outputs": 2 * (W * SIGMA_X * W.T).trace() + m * squared_norm(U) * SIGMA_X.trace(),
            "of half the loss": trace / 2,
        },
        says=r"Two inputs, hidden units and outputs: $2d_y\mathrm{Tr}[W\Sigma_xW^\top] + 2\|U\|^2\mathrm{Tr}\Sigma_x$.",
        mutated=False,
    )
    yield equals(
        r"initialisation: $E\,S_{\mathrm{init}}$",
        printed=8 * SIGMA_X.trace() * (sigma_W**2 + sigma_U**2),
        derived=lambda: _mean_at_initialisation(trace),
        wrong={"one layer's share": 8 * SIGMA_X.trace() * sigma_W**2},
        says=r"$2dd_y\mathrm{Tr}\Sigma_x(\sigma_W^2 + \sigma_U^2)$ with $d = d_y = 2$, centred independent weights.",
        remark=True,
    )
    u, w, v = sp.symbols("u w v_*", real=True)
    hessian = sp.hessian((u * w - v) ** 2, [u, w])
    root = sp.sqrt((hessian[0, 0] - hessian[1, 1]) ** 2 + 4 * hessian[0, 1] ** 2)
    yield holds_when(
        r"stability: $\mathrm{Tr}H\ge\lambda_{\max}(H)$",
        printed=sp.true,
        corrected=sp.Ge((u * w) ** 2, (2 * u * w - v) ** 2),
        derived=lambda: sp.Ge(hessian.trace(), (hessian.trace() + root) / 2),
        wrong={"where the product is below the teacher": sp.Le(u * w, v)},
        says=r"A product of two weights, inputs of variance 1; corrected: where $\det H\ge 0$.",
    )


def _mean_at_initialisation(trace: sp.Expr) -> sp.Expr:
    spread = sp.diag(*[sigma_U**2] * 4, *[sigma_W**2] * 4)
    return expectation(trace, Gaussian([*U_WEIGHTS, *W_WEIGHTS], [0] * 8, spread))


@paper.claim("SYM-46", "Appendix A.4", symbols=SYMBOLS, source=Source.RECONSTRUCTION)
def blocks_of_the_hessian():
    r"""Diagonal blocks of the Hessian.

    The blocks of $\nabla^2L$ for the rows of $U$ and the columns of $W$, whose traces give Proposition 2.
    """
    yield equals(
        r"row of U: $\nabla^2_{\tilde u_1}L$",
        printed=2 * W * SIGMA_X * W.T,
        derived=lambda: hessian_block(list(U[0, :])),
        wrong={"transposed": 2 * W.T * SIGMA_X * W, "of half the loss": W * SIGMA_X * W.T},
        says=r"$2W\Sigma_xW^\top$.",
        mutated=False,
    )
    yield equals(
        r"column of W: $\nabla^2_{\tilde w_1}L$",
        printed=2 * s_11 * U.T * U,
        derived=lambda: hessian_block(list(W[:, 0])),
        wrong={"transposed": 2 * s_11 * U * U.T, "whole trace": 2 * SIGMA_X.trace() * U.T * U},
        says=r"$2(\Sigma_x)_{11}U^\top U$.",
        mutated=False,
    )


NARROW = sp.symbols("u_1 u_2 w_1 w_2", real=True)


@cache
def narrow_autoencoder() -> Model:
    r"""Two Gaussian inputs of variance 1, one hidden unit, :math:`y = x + \varepsilon`, loss :math:`\|UWx - y\|^2`."""
    u_1, u_2, w_1, w_2 = NARROW
    noise = sp.symbols("n_1 n_2", real=True)
    hidden = w_1 * INPUTS[0] + w_2 * INPUTS[1]
    residual = sp.Matrix([u_1 * hidden - INPUTS[0] - noise[0], u_2 * hidden - INPUTS[1] - noise[1]])
    law = Gaussian([*INPUTS, *noise], [0] * 4, sp.diag(1, 1, sigma**2, sigma**2))
    return Model(list(NARROW), residual.dot(residual), law)


@paper.claim(
    "SYM-21b", "Section 4.3, Eq. (17)", source=Source.RECONSTRUCTION, grade=Grade.CONDITION,
    symbols={sigma: r"standard deviation of the label noise, $\Sigma_\varepsilon = \sigma^2I$"},
)  # fmt: skip
def trace_at_the_end_of_training():
    r"""Trace at the end of training.

    $S_{\mathrm{end}} = 4d_x\min(d, d_x)$ for an autoencoder with $\Sigma_x = I$, where "the rank of [$U$] and [$W$]
    matters and is upper bounded by [$\min(d, d_x)$], and at the global minimum, [$U$] and [$W$] are full-rank".
    - It holds for $d\ge d_x$. A narrower network leaves a residual in the directions that it drops, so that at its
      global minimum $r\ne\varepsilon$: the layers end up unequal, and the trace above the printed one for every
      $\sigma^2$. Both agree as $\sigma^2\to\infty$.
    - Derived from the balance $W\Gamma_WW^\top = U^\top\Gamma_UU$ of Theorem 2 at the projector that such a network
      learns, with the moments of Gaussian data.
    """
    ratio = sp.sqrt(1 + 1 / (2 * sigma**2))
    yield equals(
        r"wide: $S_{\mathrm{end}}\big|_{d_x = 4,\,d = 6}$",
        printed=sp.Integer(4 * 4 * 4),
        derived=lambda: _trace_at_the_balance(4, 6),
        wrong={"hidden width for the rank": sp.Integer(4 * 4 * 6)},
    )
    yield equals(
        r"narrow: $S_{\mathrm{end}}\big|_{d_x = 4,\,d = 2}$",
        printed=sp.Integer(4 * 4 * 2),
        corrected=16 * (ratio + 1 / ratio),
        derived=lambda: _trace_at_the_balance(4, 2),
        wrong={
            "hidden width for the inputs": sp.Integer(4 * 2 * 2),
            "noise of half the outputs": 16 * (sp.sqrt(1 + 1 / sigma**2) + 1 / sp.sqrt(1 + 1 / sigma**2)),
            "a tenth more": sp.Rational(11, 10) * 16 * (ratio + 1 / ratio),
        },
        measured=descended(
            "a quarter of it, SGD of two inputs and one hidden unit, noise of variance 1/4",
            narrow_autoencoder,
            4 * sum(weight**2 for weight in NARROW),
            lambda trace: trace.subs(sigma, sp.S.Half) / 4,
            at={RATE: "1/100", sigma: "1/2"},
            start=("1", "1/2", "1", "0"),
            steps=8_000,
            averaged=4_000,
            refined=4,
        ),
        mutated=False,
    )
    yield equals(
        r"ratio of a narrow one: $(\|U\|^2/\|W\|^2)\big|_{d_x = 4,\,d = 2}$",
        printed=sp.S.One,
        corrected=ratio**2,
        derived=lambda: autoencoder_ratio(4, 2, sigma**2),
        wrong={"noise of half the outputs": 1 + 1 / sigma**2},
        says="Printed: all singular values are equal.",
        remark=True,
        mutated=False,
    )


def _trace_at_the_balance(inputs: int, width: int) -> sp.Expr:
    r"""The trace of the Hessian where :math:`U = uE`, :math:`W = wE^\top` with :math:`uw = 1` are balanced.

    :math:`EE^\top` is the projector on the first directions, as many as there are hidden units.
    """
    embedding = sp.Matrix(inputs, width, lambda i, j: int(i == j))
    weights = balance_weights(embedding * embedding.T, sp.eye(inputs), sp.eye(inputs), sigma**2 * sp.eye(inputs))
    u = (weights.gamma_W[0, 0] / weights.gamma_U[0, 0]) ** sp.Rational(1, 4)
    if not weights.residual(u * embedding, embedding.T / u).applyfunc(sp.cancel).is_zero_matrix:
        raise AssertionError("equal singular values are not balanced")
    return hessian_trace(u * embedding, embedding.T / u, sp.eye(inputs))
