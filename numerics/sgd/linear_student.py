r"""A linear student of a noisy linear teacher, mode by mode: the data of a released program, errors, the recursion.

The student's modes follow the recursions (38)-(39), each one alone given its singular value of the data. With the
released program's start, :math:`a_i = b_i = 1`, both recursions are the same expression of the same numbers and
:math:`a_i = b_i` for ever, to the last bit, so one coordinate :math:`w = a = b` per mode is run. Of the matrices only
the singular values of the data and their overlaps with the teacher enter the errors (34).

References:
    "Stochastic Collapse" (2023), Section 6 and Appendix J: Haar matrices and noise from NumPy's generator with the seed
    0, label noise of standard deviation 0.5/8 per entry (Appendix J says 0.5).
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import sympy as sp

from numerics.arguments import real_array, real_number
from numerics.errors import ArgumentError
from theory.discrete.recursion import Recursion
from theory.models.teacher_student.modes import mode_update, w
from theory.notation import s_tilde
from theory.values import single_expression

DIMENSION = 64
SAMPLES = 1024
SIGNALS = np.linspace(0.5, 1.0, 8)
LABEL_NOISE = 0.5 / math.sqrt(DIMENSION)
"""Standard deviation of an entry of the labels' noise, in the released program."""

RATE = 3.0 / SAMPLES
"""Learning rate of the recursions: that of the program, divided by the number of samples."""

amplitude = sp.Symbol("zeta", nonnegative=True)
"""The standard deviation of the label noise of a mode, with 0 allowed."""

xi = sp.Symbol("xi", real=True)
"""The standard normal of a step."""


@dataclass(frozen=True, eq=False)
class StudentData:
    r"""What the errors need of a data set and its teacher.

    Attributes:
        singular_values: :math:`\tilde s_i` of :math:`\Sigma_{yx}`, falling. Shape ``(n,)``.
        overlaps: :math:`q_i = \tilde u_i^\top\bar W\tilde v_i`. Shape ``(n,)``.
        teacher: :math:`\sum\bar s^2`.
        labels: :math:`\|Y\|^2`.
    """

    singular_values: np.ndarray
    overlaps: np.ndarray
    teacher: float
    labels: float

    def __post_init__(self) -> None:
        for name in ("singular_values", "overlaps"):
            object.__setattr__(self, name, real_array(getattr(self, name), name))
        if self.singular_values.ndim != 1 or self.singular_values.shape != self.overlaps.shape:
            raise ArgumentError(
                "singular_values and overlaps must be rows of one length, got shapes "
                f"{self.singular_values.shape} and {self.overlaps.shape}."
            )
        for name in ("teacher", "labels"):
            object.__setattr__(self, name, real_number(getattr(self, name), name))

    def train_error(self, learned: np.ndarray) -> np.ndarray:
        r""":math:`\mathcal E_{\rm train}` of students with singular values ``learned``, shape ``(..., n)``."""
        return 1 + (learned**2 - 2 * self.singular_values * learned).sum(axis=-1) / self.labels

    def test_error(self, learned: np.ndarray) -> np.ndarray:
        r""":math:`\mathcal E_{\rm test}` of students with singular values ``learned``, shape ``(..., n)``."""
        return 1 + (learned**2 - 2 * self.overlaps * learned).sum(axis=-1) / self.teacher


@functools.cache
def data_set() -> StudentData:
    """The data set of the released program."""
    source = np.random.RandomState(0)
    teacher = _matrix(source, DIMENSION, DIMENSION, SIGNALS)
    X = _matrix(source, SAMPLES, DIMENSION, np.ones(DIMENSION))
    Y = X @ teacher + LABEL_NOISE * source.randn(SAMPLES, DIMENSION)
    u, values, v = np.linalg.svd(X.T @ Y)
    overlaps = np.einsum("ij,ij->j", u, teacher @ v.T)
    return StudentData(values, overlaps, float(np.sum(teacher**2)), float(np.sum(Y**2)))


def _matrix(source: np.random.RandomState, rows: int, columns: int, values: np.ndarray) -> np.ndarray:
    """A matrix with given singular values between Haar-distributed singular vectors."""
    left, right = _orthogonal(source, rows), _orthogonal(source, columns)
    return left[:, : len(values)] * values @ right[: len(values)]


def _orthogonal(source: np.random.RandomState, size: int) -> np.ndarray:
    """A Haar-distributed orthogonal matrix: QR of a Gaussian one, with the signs that make R's diagonal positive."""
    Q, R = np.linalg.qr(source.normal(size=(size, size)))
    return Q * np.sign(np.diagonal(R))


def mode_recursion(rate: sp.Expr) -> Recursion:
    """(38)-(39) for one mode on a = b, at a learning rate that may depend on the step number."""
    update, _ = mode_update(w, w, amplitude * xi, single_expression(rate, "rate"), s_tilde)
    return Recursion([w], [update], normals=[xi])
