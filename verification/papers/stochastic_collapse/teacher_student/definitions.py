r"""Appendix I.1: the linear teacher-student framework, definitions (32) to (35).

Definitions are neither true nor false; what follows from them at once is judged, for real matrices and Gaussian inputs
of small dimensions with symbolic entries.
"""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise import Gaussian, Product, expectation
from theory.models.teacher_student.modes import layer_updates
from theory.notation import eta
from verification.authoring.shorthand import equals
from verification.papers.stochastic_collapse.paper import paper

sigma_x, sigma_eps = sp.symbols("sigma_x sigma_epsilon", positive=True)
p = sp.Symbol("p", positive=True, integer=True)


def matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    """A matrix of real symbols."""
    return sp.ImmutableMatrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def column(*matrices: sp.MatrixBase) -> sp.ImmutableMatrix:
    """The entries of matrices, row by row, as one column."""
    return sp.ImmutableMatrix([sp.expand(entry) for each in matrices for entry in each])


def square(entries: sp.MatrixBase) -> sp.Expr:
    """The squared Frobenius norm."""
    return sum((entry**2 for entry in entries), sp.S.Zero)


W, TEACHER, STUDENT = matrix("W", 2, 2), matrix("Wbar", 2, 2), matrix("What", 2, 2)
X, Y = matrix("X", 2, 3), matrix("Y", 2, 3)


def _inputs(n: int, variance: sp.Expr = sigma_x**2) -> Gaussian:
    r"""An input :math:`x \sim N(0, \sigma_x^2 1)` in n dimensions."""
    return Gaussian(sp.symbols(f"x_1:{n + 1}", real=True), [0] * n, variance * sp.eye(n))


def _mean_covariance() -> sp.ImmutableMatrix:
    r""":math:`E\Sigma_{yx}` of p independent samples (32)."""
    x, noise = _inputs(2), Gaussian(sp.symbols("epsilon_1:3", real=True), [0, 0], sigma_eps**2 * sp.eye(2))
    outer = (TEACHER * x.variables + noise.variables) * x.variables.T
    return column(p * outer.applyfunc(lambda entry: expectation(entry, Product((x, noise)))))


def _gradient_of_layer() -> sp.ImmutableMatrix:
    r"""The gradient of :math:`\frac12\|WX - Y\|^2`: a first layer below the identity."""
    upper = matrix("U", 2, 2)
    updated, _ = layer_updates(W, upper, X, Y, sp.zeros(2, 3))
    return column(((W - updated) / eta).expand().subs(dict(zip(upper, sp.eye(2), strict=True))))


def _test_error() -> sp.Expr:
    """(34), right, with its expectations over the new test point taken."""
    x = _inputs(2)
    error, signal = (expectation(square(M * x.variables), x) for M in (STUDENT - TEACHER, TEACHER))
    return error / signal


def _distance_from_whitening(n: int) -> sp.Expr:
    r""":math:`E\|XX^\top - 1\|^2` at :math:`\sigma_x^2 = 1/p`, where :math:`E\,XX^\top = 1`: p independent samples."""
    x = _inputs(n, 1 / p)
    products = [a * b for a in x.variables for b in x.variables]
    return sp.expand(sum(p * (expectation(f**2, x) - expectation(f, x) ** 2) for f in products))


@paper.claim(
    "SC-070",
    "Eqs. (32)-(35)",
    symbols={
        p: "number of samples",
        sigma_x: "standard deviation of an input",
        sigma_eps: "that of the labels' noise",
        TEACHER[0, 0]: r"entry of the teacher $\bar W$",
        STUDENT[0, 0]: r"entry of the student $\hat W = W_2W_1$",
        W[0, 0]: "entry of any linear map",
        X[0, 0]: "entry of the inputs, one sample a column",
        Y[0, 0]: "entry of the labels",
    },
    scope=r"exact; judged for $2 \times 2$ maps, three samples, and Gaussian inputs in up to three dimensions",
    notes=(
        r"Independent Gaussian inputs and exact whitening $XX^\top = 1$ (assumption A1) exclude each other, except as "
        "a transformation of given data: statement 'whitening'. The released code takes an $X$ with orthonormal rows.",
        r"(34) also averages $\mathcal E_{\rm test}$ over the training data; here both means are over $x$ alone.",
        "(35) gives student and data $d$ singular values, all non-zero: a student or data of full rank.",
    ),
)
def definitions_of_the_teacher_student_framework():
    r"""Definitions of the teacher-student framework.

    $y = \bar Wx + \epsilon$ (32); this setup yields the second-order training statistics that guide the student
    network's learning dynamics, $\Sigma_{xx} = XX^\top$ and $\Sigma_{yx} = YX^\top$ (33).
    """
    dimensions = (1, 2, 3)
    yield equals(
        "second-order statistics",
        r"(\Sigma_{xx},\ \Sigma_{yx})",
        printed=column(*(sum((M.col(i) * X.col(i).T for i in range(3)), sp.zeros(2)) for M in (X, Y))),
        derived=lambda: column(X * X.T, Y * X.T),
        wrong={"labels and inputs exchanged": column(X * X.T, X * Y.T)},
        says=r"The sums $\sum_i x_ix_i^\top$ and $\sum_i y_ix_i^\top$ over the samples.",
    )
    yield equals(
        "training statistics",
        r"\nabla_W\tfrac12\|WX - Y\|_F^2",
        printed=column(W * (X * X.T) - Y * X.T),
        derived=_gradient_of_layer,
        wrong={"order of the product": column((X * X.T) * W - Y * X.T)},
    )
    yield equals(
        "mean of the data",
        r"E\,\Sigma_{yx}",
        printed=column(p * sigma_x**2 * TEACHER),
        derived=_mean_covariance,
        wrong={"label noise added": column(p * (sigma_x**2 * TEACHER + sigma_eps**2 * sp.eye(2)))},
        remark="A result of ours: the mean over the data (32) shows the teacher.",
    )
    yield equals(
        "test error",
        r"\mathcal E_{\rm test}",
        printed=square(STUDENT - TEACHER) / square(TEACHER),
        derived=_test_error,
        wrong={"normalised by the student": square(STUDENT - TEACHER) / square(STUDENT)},
        remark="A result of ours: for these inputs (34) is the relative squared distance of student and teacher.",
    )
    yield equals(
        "whitening",
        r"E\|XX^\top - 1\|_F^2 \text{ in 1, 2, 3 dimensions}",
        printed=sp.Matrix([sp.Integer(n * (n + 1)) / p for n in dimensions]),
        derived=lambda: [_distance_from_whitening(n) for n in dimensions],
        wrong={"diagonal only": sp.Matrix([sp.Integer(2 * n) / p for n in dimensions])},
        remark="A result of ours: Gaussian inputs of the right variance $1/p$ are never white.",
    )
