"""Training and test errors of the student, Eqs. of Section 6 and Appendix J."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.forms import Comparison
from verification.papers.stochastic_collapse.measured.random_matrices import error_sums, test_error, train_error
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.definitions import matrix as _matrix

# SC-090, SC-091: the sums of the decompositions are symbols; ``modulo`` writes them in the entries of matrices.
T, S, R = sp.symbols("T S R", positive=True)


C = sp.Symbol("C", real=True)


T_k, T_bar = sp.symbols("T_k T_bar", positive=True)


C_k, C_bar = sp.symbols("C_k C_bar", real=True)


SIGNAL, REST, STUDENT = _matrix("y", 2, 2), _matrix("r", 2, 1), _matrix("w", 2, 2)


def _square(matrix: sp.MatrixBase) -> sp.Expr:
    return sum((entry**2 for entry in matrix), sp.S.Zero)


def _in_entries(side: sp.Expr) -> sp.Expr:
    r"""The sums as traces: :math:`\sum\tilde s^2 = \|M\|^2`, the double sum :math:`\mathrm{tr}\,M^\top\hat W`."""
    inner, norm = (STUDENT.T * SIGNAL).trace(), _square(SIGNAL)
    return side.subs({T: norm, T_bar: norm, C: inner, C_bar: inner, S: _square(STUDENT), R: _square(REST)})


def _train_error() -> sp.Expr:
    """(34) for X = (1, 0) and Y = (signal, rest): a rotation of the samples brings every whitened X to this form."""
    X = sp.Matrix.hstack(sp.eye(2), sp.zeros(2, 1))
    Y = sp.Matrix.hstack(SIGNAL, REST)
    return _square(STUDENT * X - Y) / _square(Y)


def _test_error() -> sp.Expr:
    r"""(34): for inputs of covariance :math:`\sigma_x^21` it is :math:`\|\hat W - \bar W\|^2/\|\bar W\|^2`."""
    return _square(STUDENT - SIGNAL) / _square(SIGNAL)


SUMS = {"T": T, "S": S, "C": C, "R": R, "T_k": T_k, "C_k": C_k, "T_bar": T_bar, "C_bar": C_bar}


def _from_sums(candidate: sp.Expr, point: Mapping[str, str]) -> float:
    sums = error_sums(point)
    return float(candidate.subs({symbol: sums[name] for name, symbol in SUMS.items()}))


SIZES = tuple(
    {"m": m, "n": n, "p": p, "k": k}
    for m, n, p, k in (("5", "7", "21", "2"), ("8", "6", "18", "3"), ("6", "6", "6", "2"))
)


@paper.claim(
    "SC-090",
    "Eq. (62)",
    symbols={
        T: "sum of the squared singular values of the data",
        S: "sum of the squared singular values of the student",
        C: "the double sum over i and j",
        R: "||Y (1 - X^T X)||^2, the part of the labels no linear map of X reaches",
    },
    kind=Kind.IDENTITY,
    notes=("For as many samples as inputs, p = n, R = 0 and (62) is right; the experiments have p = 16 n.",),
)
def decomposition_of_the_train_error():
    r"""Decomposition of the train error.

    E_train = (sum st^2 + sum sh^2 - 2 sum sum st sh <u,u><v,v>) / sum st^2
    """
    yield equals(
        "train error",
        r"\mathcal E_{\rm train}",
        printed=(T + S - 2 * C) / T,
        modulo=_in_entries,
        derived=_train_error,
        corrected=(R + T + S - 2 * C) / (R + T),
        corrected_says="E_train = (R + sum st^2 + sum sh^2 - 2 sum sum st sh <u,u><v,v>) / (R + sum st^2), "
        "R = ||Y (1 - X^T X)||^2, about m (p - n) sigma_eps^2",
        wrong={
            "normalised without the rest": (R + T + S - 2 * C) / T,
            "rest in the normalisation only": (T + S - 2 * C) / (R + T),
            "factor 2 of the mixed term lost": (R + T + S - C) / (R + T),
        },
        says="The train error (34) of a student on whitened inputs, for any number of samples.",
        compared=(
            Comparison(
                name="random matrices", evaluator=train_error, arguments=SIZES, predicted=_from_sums, tolerance=1e-10
            ),
        ),
    )


@paper.claim(
    "SC-091",
    "Eq. (63)",
    symbols={
        T_bar: "sum of the squared singular values of the teacher",
        C_bar: "the double sum over teacher and student",
        T_k: "sum of the k largest squared singular values of the data",
        C_k: "the double sum over the data, i <= k, and the student",
        S: "sum of the squared singular values of the student",
    },
    kind=Kind.IDENTITY,
    notes=("Judged for given data; (34) also averages numerator and denominator over the data.",),
)
def decomposition_of_the_test_error():
    r"""Decomposition of the test error.

    E_test = (sum_{i<=k} st^2 + sum sh^2 - 2 sum_{i<=k} sum_j st sh <ut,uh><vt,vh>) / sum_{i<=k} st^2
    """
    yield equals(
        "test error",
        r"\mathcal E_{\rm test}",
        printed=(T_k + S - 2 * C_k) / T_k,
        modulo=_in_entries,
        derived=_test_error,
        corrected=(T_bar + S - 2 * C_bar) / T_bar,
        corrected_says="the same with the teacher's s_bar, u_bar, v_bar in place of the data's s_tilde, "
        "u_tilde, v_tilde",
        wrong={
            "factor 2 of the mixed term lost": (T_bar + S - C_bar) / T_bar,
            "normalised by the student": (T_bar + S - 2 * C_bar) / S,
            "data in the mixed term only": (T_bar + S - 2 * C_k) / T_bar,
        },
        says="The test error (34) of a student, by the singular value decomposition of the teacher.",
        compared=(
            Comparison(
                name="random matrices", evaluator=test_error, arguments=SIZES, predicted=_from_sums, tolerance=1e-10
            ),
        ),
    )
