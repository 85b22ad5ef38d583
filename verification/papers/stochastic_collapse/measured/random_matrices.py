r"""What the claims about errors and random matrices are measured on.

* Errors (34) on small random matrices, with singular value decompositions by LAPACK.
* Signal plus noise at ten million columns, in its tridiagonal form (:mod:`numerics.random.spiked_noise`).
* The bulk: all singular values of dense random matrices.

No formula of :mod:`theory.matrices.spike_in_noise` is used here. Random sources are seeded by hashing what is computed.
"""

import functools
import math

import numpy as np

from numerics.random.spiked_noise import top_singular_pair, tridiagonal_form
from verification.authoring.draws import source_of
from verification.authoring.replicas import student_interval
from verification.authoring.simulated import number
from verification.forms import Arguments

COLUMNS = 10**7
"""Columns n of the noise matrix whose tridiagonal form is drawn."""

ROWS_KEPT = 1000
r"""Truncation of the tridiagonal form; edge vectors reach over :math:`n^{1/3} = 215` rows, outliers over fewer."""

DRAWS = 16
"""Independent matrices per mean."""

FALSE_ALARM = 1e-6


def error_sums(arguments: Arguments) -> dict[str, float]:
    r"""One data set with :math:`XX^\top = 1`, its teacher and a student: both errors (34) and their sums.

    Returns:
        ``train``, ``test``: the errors by their definition; ``T``, ``S``, ``C``: :math:`\sum\tilde s^2`,
        :math:`\sum\hat s^2`, and the double sum over data and student; ``R``: :math:`\|Y(1 - X^\top X)\|^2`;
        ``T_k``, ``C_k``: the data's sums up to the teacher's rank; ``T_bar``, ``C_bar``: the teacher's sums.
    """
    m, n, p, k = (int(arguments[name]) for name in ("m", "n", "p", "k"))
    draw = source_of("errors", sorted(arguments.items())).standard_normal
    X = np.linalg.qr(draw((p, n)))[0].T
    teacher = draw((m, k)) @ draw((k, n))
    Y = teacher @ X + draw((m, p))
    student = draw((m, n))
    (u_bar, s_bar, v_bar), (u, s, v), (u_hat, s_hat, v_hat) = (
        np.linalg.svd(matrix, full_matrices=False) for matrix in (teacher, Y @ X.T, student)
    )
    double = np.outer(s, s_hat) * (u.T @ u_hat) * (v @ v_hat.T)
    double_bar = np.outer(s_bar, s_hat) * (u_bar.T @ u_hat) * (v_bar @ v_hat.T)
    return {
        "train": float(np.sum((student @ X - Y) ** 2) / np.sum(Y**2)),
        "test": float(np.sum((student - teacher) ** 2) / np.sum(teacher**2)),
        "T": float(np.sum(s**2)),
        "S": float(np.sum(s_hat**2)),
        "C": float(double.sum()),
        "R": float(np.sum((Y - Y @ X.T @ X) ** 2)),
        "T_k": float(np.sum(s[:k] ** 2)),
        "C_k": float(double[:k].sum()),
        "T_bar": float(np.sum(s_bar[:k] ** 2)),
        "C_bar": float(double_bar[:k].sum()),
    }


def train_error(arguments: Arguments) -> tuple[float, float]:
    r""":math:`\|\hat WX - Y\|^2/\|Y\|^2` by its definition."""
    return error_sums(arguments)["train"], 1e-12


def test_error(arguments: Arguments) -> tuple[float, float]:
    r""":math:`\|\hat W - \bar W\|^2/\|\bar W\|^2`, the definition for inputs of covariance :math:`\sigma_x^2 1`."""
    return error_sums(arguments)["test"], 1e-12


def top_of_signal_plus_noise(arguments: Arguments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest singular value, squared overlaps of its left and right vectors with the signal, :data:`DRAWS` times."""
    return _top(tuple(sorted(arguments.items())))


@functools.lru_cache(maxsize=16)
def _top(arguments: tuple[tuple[str, str], ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value and overlaps are of the same matrices: whoever asks for one of them has the others too."""
    aspect, signal = (number(dict(arguments)[name]) for name in ("aspect", "signal"))
    rng = source_of("top", list(arguments))
    rows = round(aspect * COLUMNS)
    found = [top_singular_pair(*tridiagonal_form(signal, rows, COLUMNS, ROWS_KEPT, rng)) for _ in range(DRAWS)]
    value, left, right = np.array(found).T
    return value, left, right


def _mean(samples: np.ndarray, bias: float) -> tuple[float, float]:
    """The mean, and Student's half-width at the false-alarm rate plus what is left of the limit."""
    lower, upper = student_interval(samples, FALSE_ALARM)
    return float(samples.mean()), (upper - lower) / 2 + bias


def top_singular_value(arguments: Arguments) -> tuple[float, float]:
    """The mean largest singular value; edge fluctuations and finite size are of order n^(-2/3)."""
    return _mean(top_of_signal_plus_noise(arguments)[0], 4 * COLUMNS ** (-2 / 3))


def left_alignment(arguments: Arguments) -> tuple[float, float]:
    """The mean squared overlap of the left vectors; finite size is of order 1/n away from the critical signal."""
    return _mean(top_of_signal_plus_noise(arguments)[1], 100 / COLUMNS)


def right_alignment(arguments: Arguments) -> tuple[float, float]:
    """The mean squared overlap of the right vectors."""
    return _mean(top_of_signal_plus_noise(arguments)[2], 100 / COLUMNS)


def alignment(arguments: Arguments) -> tuple[float, float]:
    """The mean product of both overlaps, unsquared."""
    _, left, right = top_of_signal_plus_noise(arguments)
    return _mean(np.sqrt(left * right), 100 / COLUMNS)


def share_below(arguments: Arguments) -> tuple[float, float]:
    """The share of the m singular values of dense noise that are positive and lie below a level.

    Eigenvalues are rigid: a count differs from its limit by O(1), whatever the dimension. Four are allowed.
    """
    aspect, level, smaller = number(arguments["aspect"]), number(arguments["level"]), 500
    m, n = (smaller, round(smaller / aspect)) if aspect <= 1 else (round(smaller * aspect), smaller)
    noise = source_of("bulk", sorted(arguments.items())).standard_normal((m, n)) / math.sqrt(n)
    gram = noise @ noise.T if m <= n else noise.T @ noise
    squares = np.linalg.eigvalsh(gram)
    return float(np.sum(squares < level**2)) / m, 4 / m
