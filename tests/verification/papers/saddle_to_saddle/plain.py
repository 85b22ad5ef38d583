r"""A network's rates from its sample loss alone, in NumPy: complex steps, differences, Gauss-Hermite nodes.

No formula of the packages takes part, so that what agrees with it has been derived twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Plain:
    """A network without residual factors at one point, with white inputs.

    Attributes:
        layers: The weights.
        teacher: M.
        label_covariance: Of the label noise.
    """

    layers: list[Array]
    teacher: Array
    label_covariance: Array

    @cached_property
    def weights(self) -> Array:
        """All weights in one row, layer by layer, by columns."""
        return np.concatenate([np.asarray(W, float).ravel(order="F") for W in self.layers])

    def map(self, weights: Array) -> Array:
        """The product of the layers."""
        product, start = np.eye(np.shape(self.layers[0])[1]), 0
        for W in self.layers:
            rows, columns = np.shape(W)
            product = weights[start : start + rows * columns].reshape(columns, rows).T @ product
            start += rows * columns
        return product

    @cached_property
    def samples(self) -> tuple[Array, Array, Array]:
        """Inputs, labels and their weights: four nodes a normal, exact up to degree seven."""
        d_L, d_0 = self.teacher.shape
        x, w = np.polynomial.hermite_e.hermegauss(4)
        nodes = np.array(list(itertools.product(x, repeat=d_0 + d_L)))
        chances = np.array([np.prod(each) for each in itertools.product(w / w.sum(), repeat=d_0 + d_L)])
        values, vectors = np.linalg.eigh(self.label_covariance)
        noise = nodes[:, d_0:] @ (vectors * np.sqrt(np.maximum(values, 0))).T
        return nodes[:, :d_0], nodes[:, :d_0] @ self.teacher.T + noise, chances

    @cached_property
    def gradients(self) -> Array:
        """The gradient of each sample by complex steps. Shape ``(samples, weights)``."""
        X, Y, _ = self.samples
        columns = []
        for k in range(len(self.weights)):
            moved = self.weights.astype(complex)
            moved[k] += 1e-30j
            errors = Y - X @ self.map(moved).T
            columns.append(np.sum(errors * errors, axis=1).imag / 2e-30)
        return np.stack(columns, axis=1)

    @cached_property
    def mean(self) -> Array:
        """The mean gradient."""
        return self.samples[2] @ self.gradients

    @cached_property
    def covariance(self) -> Array:
        """The covariance of the gradients."""
        centred = self.gradients - self.mean
        return centred.T @ (centred * self.samples[2][:, None])

    def slope(self, i: int = 0, j: int = 0) -> Array:
        """The slope of the entry (i, j) of the map, in every weight alone: the map is linear in each."""
        unit = np.eye(len(self.weights))
        return np.array([self.map(self.weights + e)[i, j] - self.map(self.weights)[i, j] for e in unit])

    def curvature(self, i: int = 0, j: int = 0) -> Array:
        """The Hessian of the entry, exact for the same reason."""
        unit, at = np.eye(len(self.weights)), self.slope(i, j)
        rows = [
            Plain(self._moved(self.weights + e), self.teacher, self.label_covariance).slope(i, j) - at for e in unit
        ]
        return np.array(rows)

    def _moved(self, weights: Array) -> list[Array]:
        moved, start = [], 0
        for W in self.layers:
            rows, columns = np.shape(W)
            moved.append(weights[start : start + rows * columns].reshape(columns, rows).T)
            start += rows * columns
        return moved

    def gradient_drift(self, i: int = 0, j: int = 0) -> float:
        """The speed of the entry under gradient flow."""
        return -float(self.slope(i, j) @ self.mean)

    def diffusion(self, i: int = 0, j: int = 0) -> float:
        """Its diffusion per unit of beta."""
        return float(self.slope(i, j) @ self.covariance @ self.slope(i, j))

    def ito_drift(self, i: int = 0, j: int = 0) -> float:
        """Its noise-induced drift per unit of beta."""
        return float(np.sum(self.covariance * self.curvature(i, j))) / 2


def aligned(amplitudes: list[float], values: list[float], deviation: float, depth: int) -> Plain:
    """Layers that are diagonal and share each amplitude equally."""
    root = np.diag(np.array(amplitudes) ** (1 / depth))
    return Plain([root] * depth, np.diag(values), deviation**2 * np.eye(len(values)))


def chain(layers: list[float], value: float, deviation: float) -> Plain:
    """Layers of width one."""
    return Plain([np.array([[u]]) for u in layers], np.array([[value]]), np.array([[deviation**2]]))


def derivative(function: Callable[[float], float], at: float, order: int, h: float = 1e-3) -> float:
    """The first or second derivative by differences of fourth order."""
    values = [function(at + k * h) for k in (-2, -1, 0, 1, 2)]
    weights = {1: (1, -8, 0, 8, -1), 2: (-1, 16, -30, 16, -1)}[order]
    return float(np.dot(weights, values)) / (12 * h**order)
