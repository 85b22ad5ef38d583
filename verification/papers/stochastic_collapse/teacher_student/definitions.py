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
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper

sigma_x, sigma_eps = sp.symbols("sigma_x sigma_epsilon", positive=True)
p = sp.Symbol("p", positive=True, integer=True)


def _matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    """A matrix of real symbols."""
    return sp.ImmutableMatrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


W, TEACHER, STUDENT = _matrix("W", 2, 2), _matrix("Wbar", 2, 2), _matrix("What", 2, 2)
X, Y = _matrix("X", 2, 3), _matrix("Y", 2, 3)


def _inputs(n: int, variance: sp.Expr = sigma_x**2) -> Gaussian:
    r"""An input :math:`x \sim N(0, \\sigma_x^2 1)` in n dimensions."""
    return Gaussian(sp.symbols(f"x_1:{n + 1}", real=True), [0] * n, variance * sp.eye(n))


def _label_noise() -> Gaussian:
    return Gaussian(sp.symbols("epsilon_1:3", real=True), [0, 0], sigma_eps**2 * sp.eye(2))


def _entries(matrix: sp.MatrixBase) -> sp.ImmutableMatrix:
    """The entries of a matrix as a column."""
    return sp.ImmutableMatrix(list(matrix.applyfunc(sp.expand)))


def _mean_covariance() -> sp.ImmutableMatrix:
    r""":math:`E\Sigma_{yx}` of p independent samples (32)."""
    x, noise = _inputs(2), _label_noise()
    outer = (TEACHER * x.variables + noise.variables) * x.variables.T
    return _entries(p * outer.applyfunc(lambda entry: expectation(entry, Product((x, noise)))))


def _gradient_of_layer() -> sp.ImmutableMatrix:
    r"""The gradient of :math:`\frac12\|WX - Y\|^2`: a first layer below the identity."""
    upper = _matrix("U", 2, 2)
    updated, _ = layer_updates(W, upper, X, Y, sp.zeros(2, 3))
    one = dict(zip(upper, sp.eye(2), strict=True))
    return _entries(((W - updated) / eta).applyfunc(lambda entry: sp.expand(entry).subs(one)))


def _square(vector: sp.MatrixBase) -> sp.Expr:
    return sum((entry**2 for entry in vector), sp.S.Zero)


def _test_error() -> sp.Expr:
    """(34), right, with its expectations over the new test point taken."""
    x = _inputs(2)
    error, signal = (expectation(_square(M * x.variables), x) for M in (STUDENT - TEACHER, TEACHER))
    return error / signal


def _distance_from_whitening(n: int) -> sp.Expr:
    r""":math:`E\|XX^\top - 1\|^2` at :math:`\sigma_x^2 = 1/p`, where :math:`E\,XX^\top = 1`: p independent samples."""
    x = _inputs(n, 1 / p)
    products = [a * b for a in x.variables for b in x.variables]
    return sp.expand(sum(p * (expectation(f**2, x) - expectation(f, x) ** 2) for f in products))


DIMENSIONS = (1, 2, 3)


@paper.claim(
    "SC-070",
    "Eqs. (32)-(35)",
    symbols={
        p: "number of samples",
        sigma_x: "standard deviation of an input",
        sigma_eps: "standard deviation of the labels' noise",
        TEACHER[0, 0]: "teacher W_bar (all entries)",
        STUDENT[0, 0]: "student W_hat = W_2 W_1 (all entries)",
        W[0, 0]: "any linear map",
        X[0, 0]: "inputs, one sample a column",
        Y[0, 0]: "labels",
    },
    kind=Kind.IDENTITY,
    scope="exact; judged for 2 x 2 maps, three samples, and Gaussian inputs in up to three dimensions",
    notes=(
        "Independent Gaussian inputs and exact whitening X X^T = 1 (assumption A1) exclude each other, except as a "
        "transformation of given data: statement 'whitening'. The released code takes an X with orthonormal rows.",
        "E_test in (34) also averages over the training data; for given data both expectations are over x alone.",
        "(35) gives the teacher k, student and data d singular values, non-zero 'for their respective matrices': a "
        "student or data of full rank.",
    ),
)
def definitions_of_the_teacher_student_framework():
    r"""Definitions of the teacher-student framework.

    y = W_bar x + eps (32); S_xx = X X^T, S_yx = Y X^T (33); E_train = ||W_hat X - Y||^2/||Y||^2, E_test =
    E||W_hat x - W_bar x||^2/E||W_bar x||^2 (34); three SVDs (35)
    """
    yield equals(
        "mean of the data",
        r"E\,\Sigma_{yx}",
        printed=_entries(p * sigma_x**2 * TEACHER),
        derived=_mean_covariance,
        wrong={
            "label noise added": _entries(p * (sigma_x**2 * TEACHER + sigma_eps**2 * sp.eye(2))),
            "transposed": _entries(p * sigma_x**2 * TEACHER.T),
            "sum over samples forgotten": _entries(sigma_x**2 * TEACHER),
        },
        says="The mean of Sigma_yx over the data (32) is that of the teacher times Sigma_xx.",
    )
    yield equals(
        "sufficient statistics",
        r"\nabla_W\tfrac12\|WX - Y\|^2",
        printed=_entries(W * (X * X.T) - Y * X.T),
        derived=_gradient_of_layer,
        wrong={
            "Sigma_yx transposed": _entries(W * (X * X.T) - X * Y.T),
            "order of the product": _entries((X * X.T) * W - Y * X.T),
            "loss not halved": _entries(2 * (W * (X * X.T) - Y * X.T)),
        },
        says="The gradient of ||W X - Y||^2/2 depends on the data through Sigma_xx and Sigma_yx alone.",
    )
    yield equals(
        "test error",
        r"\mathcal E_{\rm test}",
        printed=_square(STUDENT - TEACHER) / _square(TEACHER),
        derived=_test_error,
        wrong={
            "input variance kept": sigma_x**2 * _square(STUDENT - TEACHER) / _square(TEACHER),
            "normalised by the student": _square(STUDENT - TEACHER) / _square(STUDENT),
            "difference of the squares": (_square(STUDENT) - _square(TEACHER)) / _square(TEACHER),
        },
        says="For Gaussian inputs the test error is the relative squared distance of student and teacher.",
    )
    yield equals(
        "whitening",
        r"E\|XX^\top - 1\|_F^2\ (n = 1, 2, 3)",
        printed=sp.Matrix([sp.Integer(n * (n + 1)) / p for n in DIMENSIONS]),
        derived=lambda: sp.Matrix([_distance_from_whitening(n) for n in DIMENSIONS]),
        wrong={
            "white on average, so white": sp.zeros(3, 1),
            "diagonal only": sp.Matrix([sp.Integer(2 * n) / p for n in DIMENSIONS]),
            "all entries alike": sp.Matrix([sp.Integer(n * n) / p for n in DIMENSIONS]),
        },
        says="E||X X^T - 1||^2 for Gaussian inputs of the right variance 1/p, n = 1, 2, 3: n (n + 1)/p, never 0.",
        remark=True,
    )
