r"""The law of the signal :math:`T = (y - Wx)\,x^\top` of one sample, from which every gradient is made.

The gradient of layer l of the loss :math:`\tfrac12|y - Wx|^2` is :math:`-W_{>l}^\top\,T\,W_{<l}^\top`, so mean, noise
and products of gradients need :math:`C = E\,T`, the covariance of :math:`S = T - C` and :math:`E[S\,N\,S]` alone.

For a noisy teacher, :math:`y = Mx + \xi` with :math:`x \sim N(0, \Lambda)` and independent :math:`\xi` of covariance
:math:`\Sigma_q`, write :math:`\Delta = M - W` and :math:`R = \Delta\Lambda\Delta^\top + \Sigma_q`. Isserlis' theorem
gives

.. math::
    C = \Delta\Lambda, \qquad E[S_{ij}S_{kl}] = R_{ik}\Lambda_{jl} + C_{il}C_{kj}, \qquad
    E[S\,N\,S] = R\,N^\top\Lambda + C\,\mathrm{tr}(CN) .
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from numerics.arguments import real_array
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of

Array = np.ndarray

MOST_ENTRIES = 2**27
"""Larger matrices, of a gigabyte and more, are refused."""

ROUNDING = 1e-12
"""Asymmetry and negative eigenvalues of a covariance up to this fraction of its size are taken as rounding."""


@dataclass(frozen=True, eq=False)
class NoisyTeacher:
    r"""Fresh data :math:`y = Mx + \xi` with :math:`x \sim N(0, \Lambda)` and independent centred :math:`\xi`.

    The label noise need not be Gaussian for gradients, covariances and the terms of order :math:`\eta^2`; where its
    fourth moments matter (one-step means beyond second order, Gauss-Hermite nodes) it is taken to be.

    Attributes:
        teacher: :math:`M`. Shape ``(d_L, d_0)``.
        input_covariance: :math:`\Lambda`, positive semidefinite; the identity by default. Shape ``(d_0, d_0)``.
        label_covariance: :math:`\Sigma_q`, positive semidefinite; none by default. A number is a multiple of the
            identity, the *variance*. Shape ``(d_L, d_L)``.

    Raises:
        ArgumentError: a shape does not fit the teacher, a number is not finite, or a covariance is no covariance.

    Example:
        >>> data = NoisyTeacher([[1.0, 0.0], [0.0, 0.5]], label_covariance=0.25)
        >>> data.loss(np.zeros((2, 2)))
        0.875
    """

    teacher: Array
    _: KW_ONLY
    input_covariance: Any = None
    label_covariance: Any = 0.0

    def __post_init__(self) -> None:
        M = matrix(self.teacher, "teacher")
        object.__setattr__(self, "teacher", M)
        given = 1.0 if self.input_covariance is None else self.input_covariance
        object.__setattr__(self, "input_covariance", covariance_matrix(given, M.shape[1], "input_covariance"))
        object.__setattr__(
            self, "label_covariance", covariance_matrix(self.label_covariance, len(M), "label_covariance")
        )

    @property
    def size(self) -> int | None:
        """None: fresh data have no end."""
        return None

    def signal(self, W: Array) -> GaussianSignal:
        """The law of T at the map W."""
        return GaussianSignal(self.teacher - fitting_map(W, self), self.input_covariance, self.label_covariance)

    def input_moment(self) -> Array:
        r"""The second moment :math:`\Lambda`."""
        return self.input_covariance

    def loss(self, W: Array) -> float:
        r"""The population loss :math:`\tfrac12\mathrm{tr}(\Delta\Lambda\Delta^\top + \Sigma_q)`."""
        gap = self.teacher - fitting_map(W, self)
        return float(np.sum((gap @ self.input_covariance) * gap) + np.trace(self.label_covariance)) / 2


@dataclass(frozen=True, eq=False)
class GaussianSignal:
    r"""T for a noisy teacher.

    Attributes:
        gap: :math:`\Delta = M - W`.
        inputs: :math:`\Lambda`.
        labels: :math:`\Sigma_q`.
    """

    gap: Array
    inputs: Array
    labels: Array

    @cached_property
    def mean(self) -> Array:
        r""":math:`C = \Delta\Lambda`."""
        return self.gap @ self.inputs

    @cached_property
    def residual_covariance(self) -> Array:
        r""":math:`R = \Delta\Lambda\Delta^\top + \Sigma_q`, the covariance of :math:`y - Wx`."""
        return self.mean @ self.gap.T + self.labels

    def bilinear_covariance(self, P: Array, Q: Array, P2: Array, Q2: Array) -> Array:
        r""":math:`p_a^\top Rp_b\,q_a^\top\Lambda q_b + p_a^\top Cq_b\,p_b^\top Cq_a`."""
        C = self.mean
        return (P.T @ self.residual_covariance @ P2) * (Q.T @ self.inputs @ Q2) + (P.T @ C @ Q2) * (P2.T @ C @ Q).T

    def sandwich(self, N: Array) -> Array:
        r""":math:`R\,N^\top\Lambda + C\,\mathrm{tr}(CN)`."""
        return self.residual_covariance @ N.T @ self.inputs + self.mean * np.sum(self.mean.T * N)

    def covariance(self) -> Array:
        r""":math:`\Lambda\otimes R + (C^\top\otimes C)K` entry by entry."""
        dL, d0 = self.gap.shape
        fits_in_memory((dL * d0) ** 2, f"the covariance of the {dL} x {d0} entries of (y - Wx)x^T")
        R, C = self.residual_covariance, self.mean
        tensor = np.einsum("ik,jl->jilk", R, self.inputs) + np.einsum("il,kj->jilk", C, C)
        return tensor.reshape(dL * d0, dL * d0)


@dataclass(frozen=True, eq=False)
class DataSet:
    r"""A finite set of N samples; its law gives each the weight :math:`1/N`.

    Attributes:
        inputs: One sample a row. Shape ``(N, d_0)``.
        labels: One sample a row. Shape ``(N, d_L)``.

    Raises:
        ArgumentError: the numbers of rows differ or are 0, or a number is not finite.
    """

    inputs: Array
    labels: Array

    def __post_init__(self) -> None:
        X, Y = matrix(self.inputs, "inputs"), matrix(self.labels, "labels")
        if len(X) != len(Y):
            raise ArgumentError(f"inputs and labels must have one row a sample, got {len(X)} and {len(Y)} rows.")
        object.__setattr__(self, "inputs", X)
        object.__setattr__(self, "labels", Y)

    @property
    def size(self) -> int:
        """The number of samples, N."""
        return len(self.inputs)

    @cached_property
    def teacher(self) -> Array:
        r"""The least-squares map :math:`\sum yx^\top(\sum xx^\top)^+`, the smallest minimiser of the empirical loss."""
        return np.linalg.lstsq(self.inputs, self.labels, rcond=None)[0].T

    def signal(self, W: Array) -> EmpiricalSignal:
        """The law of T at the map W, when a sample is drawn uniformly."""
        return EmpiricalSignal(self.labels - self.inputs @ fitting_map(W, self).T, self.inputs)

    def input_moment(self) -> Array:
        r"""The second moment :math:`\frac1N\sum xx^\top`."""
        return self.inputs.T @ self.inputs / self.size

    def loss(self, W: Array) -> float:
        r"""The empirical loss :math:`\frac1{2N}\sum|y - Wx|^2`."""
        return float(np.sum((self.labels - self.inputs @ fitting_map(W, self).T) ** 2)) / (2 * self.size)


@dataclass(frozen=True, eq=False)
class EmpiricalSignal:
    r"""T for a sample drawn uniformly from a data set.

    Attributes:
        residuals: :math:`y - Wx`, one sample a row. Shape ``(N, d_L)``.
        inputs: Shape ``(N, d_0)``.
    """

    residuals: Array
    inputs: Array

    @cached_property
    def mean(self) -> Array:
        r""":math:`C = \frac1N\sum(y - Wx)x^\top`."""
        return self.residuals.T @ self.inputs / len(self.inputs)

    def bilinear_covariance(self, P: Array, Q: Array, P2: Array, Q2: Array) -> Array:
        """Covariances over the samples."""
        first, second = ((self.residuals @ A) * (self.inputs @ B) for A, B in ((P, Q), (P2, Q2)))
        return (first - first.mean(0)).T @ (second - second.mean(0)) / len(self.inputs)

    def sandwich(self, N: Array) -> Array:
        r""":math:`\frac1N\sum r(x^\top Nr)x^\top - CNC`."""
        inner = np.sum((self.inputs @ N) * self.residuals, axis=1)
        return (self.residuals * inner[:, None]).T @ self.inputs / len(inner) - self.mean @ N @ self.mean

    def covariance(self) -> Array:
        """The covariance over the samples."""
        n, size = len(self.inputs), self.residuals.shape[1] * self.inputs.shape[1]
        fits_in_memory(size * max(n, size), f"the covariance of {size} entries of (y - Wx)x^T")
        flat = np.einsum("nj,ni->nji", self.inputs, self.residuals).reshape(len(self.inputs), -1)
        centred = flat - flat.mean(0)
        return centred.T @ centred / len(flat)


Signal = GaussianSignal | EmpiricalSignal
"""The law of T at one map."""

Data = NoisyTeacher | DataSet
"""Inputs and labels; ``teacher`` is their best linear map."""

DATA = one_of(NoisyTeacher, DataSet, needed="a NoisyTeacher or a DataSet")
"""Data as an argument."""


def fits_in_memory(entries: int, what: str) -> None:
    """Nothing, unless so many numbers are too many to write out.

    Raises:
        ArgumentError: they are.
    """
    if entries > MOST_ENTRIES:
        raise ArgumentError(
            f"{what} would hold {entries} numbers, and at most {MOST_ENTRIES} are written out. Use narrower layers, or "
            "ask for modes: mode_diffusion, gradient_drift and ito_drift form nothing large."
        )


def matrix(value: Any, name: str) -> Array:
    """``value`` as a matrix of finite float64 numbers with at least one entry.

    Raises:
        ArgumentError: it is none.
    """
    found = real_array(value, name)
    if found.ndim != 2 or not found.size:
        raise ArgumentError(f"{name} must be a matrix of real numbers, got shape {found.shape}. Give rows of numbers.")
    return found


def fitting_map(W: Any, data: Data) -> Array:
    """``W`` as a map from the inputs of ``data`` to its labels.

    Raises:
        ArgumentError: it is none.
    """
    found = matrix(W, "W")
    shape = (data.labels.shape[1], data.inputs.shape[1]) if isinstance(data, DataSet) else data.teacher.shape
    if found.shape != shape:
        raise ArgumentError(f"W must have shape {shape} to fit the data, got {found.shape}.")
    return found


def covariance_matrix(value: Any, dimension: int, name: str) -> Array:
    """``value`` as a symmetric positive semidefinite matrix; a number is that multiple of the identity.

    Raises:
        ArgumentError: another shape, not symmetric, or an eigenvalue is negative.
    """
    found = real_array(value, name)
    if found.ndim == 0:
        found = found * np.eye(dimension)
    if found.shape != (dimension, dimension):
        raise ArgumentError(
            f"{name} must be a number or have shape {(dimension, dimension)} to fit the teacher, got {found.shape}."
        )
    size = float(np.abs(found).max())
    if float(np.abs(found - found.T).max()) > ROUNDING * size:
        raise ArgumentError(f"{name} must be symmetric, got {found.tolist()}. Give (A + A.T) / 2.")
    lowest = float(np.linalg.eigvalsh(found)[0])
    if lowest < -ROUNDING * dimension * size:
        raise ArgumentError(
            f"{name} must be positive semidefinite, but its smallest eigenvalue is {lowest:.6g}. "
            "A covariance is an average of outer products."
        )
    return (found + found.T) / 2


def symmetric_root(covariance: Array) -> Array:
    r"""The symmetric root :math:`\Lambda^{1/2}`."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
