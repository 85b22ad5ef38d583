"""Appendix I.3: the decomposition of train and test error by singular values."""

from collections.abc import Callable

import sympy as sp

from verification.authoring.shorthand import Grade, Source, compared, equals, table
from verification.forms import Arguments, Comparison
from verification.papers.stochastic_collapse.measured import random_matrices as sampled
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.definitions import matrix, square

# The sums of the decompositions are symbols; ``modulo`` writes them in the entries of matrices.
T, S, R, T_k, T_bar = sp.symbols("T S R T_k Tbar", positive=True)
C, C_k, C_bar = sp.symbols("C C_k Cbar", real=True)
SIGNAL, REST, STUDENT = matrix("y", 2, 2), matrix("r", 2, 1), matrix("w", 2, 2)
SUMS = {"T": T, "S": S, "C": C, "R": R, "T_k": T_k, "C_k": C_k, "T_bar": T_bar, "C_bar": C_bar}
SIZES = table("m n p k", "5 7 21 2", "8 6 18 3", "6 6 6 2")
OVERLAPS = r"\tilde s_i\hat s_j\langle\tilde u_i, \hat u_j\rangle\langle\tilde v_i, \hat v_j\rangle"
STUDENT_SUM = {S: r"$\sum_{j=1}^d \hat s_j^2$"}


def _in_entries(side: sp.Expr) -> sp.Expr:
    r"""The sums as traces: :math:`\sum\tilde s^2 = \|M\|^2`, the double sum :math:`\mathrm{tr}\,M^\top\hat W`."""
    inner, norm = (STUDENT.T * SIGNAL).trace(), square(SIGNAL)
    return side.subs({T: norm, T_bar: norm, C: inner, C_bar: inner, S: square(STUDENT), R: square(REST)})


def _on_random_matrices(evaluator: Callable) -> Comparison:
    def from_sums(candidate: sp.Expr, point: Arguments) -> float:
        sums = sampled.error_sums(point)
        return float(candidate.subs({symbol: sums[name] for name, symbol in SUMS.items()}))

    return compared("random matrices", evaluator, from_sums, *SIZES, tolerance=1e-10)


@paper.claim(
    "SC-090",
    "Eq. (62)",
    symbols={T: r"$\sum_i \tilde s_i^2$ of the data", C: rf"$\sum_i\sum_j {OVERLAPS}$"}
    | {R: r"$\|Y(1 - X^\top X)\|_F^2$, the part of the labels that no linear map of $X$ reaches"}
    | STUDENT_SUM,
    grade=Grade.WRONG,
)
def decomposition_of_the_train_error():
    """Decomposition of the train error.

    - For as many samples as inputs, $p = n$, $R = 0$ and (62) is right; the experiments have $p = 16n$.
    - The sums over $i$ run to $m$ in (62), and to $d$ in (35); the singular values between are 0.
    """

    def train_error_of_whitened_inputs() -> sp.Expr:
        """(34) for X = (1, 0), Y = (signal, rest): a rotation of the samples brings every whitened X to this form."""
        X, Y = sp.Matrix.hstack(sp.eye(2), sp.zeros(2, 1)), sp.Matrix.hstack(SIGNAL, REST)
        return square(STUDENT * X - Y) / square(Y)

    yield equals(
        r"train error: $\mathcal E_{\rm train}$",
        printed=(T + S - 2 * C) / T,
        corrected=(R + T + S - 2 * C) / (R + T),
        modulo=_in_entries,
        derived=train_error_of_whitened_inputs,
        wrong={
            "normalised without the rest": (R + T + S - 2 * C) / T,
            "rest in the normalisation only": (T + S - 2 * C) / (R + T),
        },
        says="Of a student on whitened inputs, for any number of samples.",
        compared=_on_random_matrices(sampled.train_error),
    )


@paper.claim(
    "SC-091",
    "Eq. (63)",
    symbols={
        T_k: r"$\sum_{i=1}^k \tilde s_i^2$, the largest of the data",
        C_k: rf"$\sum_{{i=1}}^k\sum_j {OVERLAPS}$, data and student",
        T_bar: r"$\sum_{i=1}^k \bar s_i^2$ of the teacher",
        C_bar: rf"$\sum_{{i=1}}^k\sum_j {OVERLAPS.replace('tilde', 'bar')}$, teacher and student",
    }
    | STUDENT_SUM,
    source=Source.CONVERSION,
)
def decomposition_of_the_test_error():
    r"""Decomposition of the test error.

    - The text at hand gives teacher and data one accent, $\{\tilde u_i, \tilde s_i, \tilde v_i\}$, in two sentences.
      Read with the teacher's, as its rank $k$ asks for, (63) holds; with the data's it does not.
    - Judged for given data; (34) also averages numerator and denominator over the data.
    """
    yield equals(
        r"test error: $\mathcal E_{\rm test}$",
        printed=(T_k + S - 2 * C_k) / T_k,
        read_as=(T_bar + S - 2 * C_bar) / T_bar,
        modulo=_in_entries,
        derived=lambda: square(STUDENT - SIGNAL) / square(SIGNAL),
        wrong={
            "normalised by the student": (T_bar + S - 2 * C_bar) / S,
            "data in the mixed term only": (T_bar + S - 2 * C_k) / T_bar,
        },
        says=r"Of a student, for inputs of covariance $\sigma_x^2 1$.",
        compared=_on_random_matrices(sampled.test_error),
    )
