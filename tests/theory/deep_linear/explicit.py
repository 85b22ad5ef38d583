"""Exact expectations of one step in explicit layers: no formula of theory, only sums over the nodes of a quadrature.

The gradient of one sample is a polynomial of degree 2 in the inputs and 1 in the label noise; its second moments are
integrated exactly by three Gauss-Hermite nodes per input and two signs per label.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Layers:
    """Layers, teacher, and the standard deviations of inputs and labels along the axes of the teacher's frames."""

    weights: list[np.ndarray]
    left: np.ndarray
    right: np.ndarray
    singular_values: np.ndarray
    label_deviation: float
    input_deviations: np.ndarray

    @property
    def teacher(self) -> np.ndarray:
        return self.left @ np.diag(self.singular_values) @ self.right.T

    def samples(self) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        """Weight, input and label noise of every node."""
        d = len(self.singular_values)
        nodes, masses = np.array([-np.sqrt(3), 0, np.sqrt(3)]), np.array([1, 4, 1]) / 6
        for choice in itertools.product(range(3), repeat=d):
            for signs in itertools.product((-1, 1), repeat=d):
                x = self.right @ (self.input_deviations * nodes[list(choice)])
                yield masses[list(choice)].prod() / 2**d, x, self.label_deviation * np.array(signs)

    def gradient(self, x: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        """The gradient of half the squared error of one sample, layer by layer."""
        below = [x]
        for weight in self.weights:
            below.append(weight @ below[-1])
        signal = below[-1] - self.teacher @ x - noise
        gradients = []
        for weight, value in zip(self.weights[::-1], below[-2::-1], strict=True):
            gradients.append(np.outer(signal, value))
            signal = weight.T @ signal
        return gradients[::-1]

    def expansion(self, direction: list[np.ndarray]) -> list[np.ndarray]:
        """The student in the teacher's frames along a direction, by orders 0, 1, 2 of the step along it."""
        orders = [np.eye(len(self.right)), *[np.zeros_like(self.right)] * 2]
        for weight, change in zip(self.weights, direction, strict=True):
            orders = [weight @ orders[0], *(weight @ orders[k] + change @ orders[k - 1] for k in (1, 2))]
        return [self.left.T @ order @ self.right for order in orders]


@dataclass(frozen=True)
class Rates:
    """Rates of the entries of the student: drift of gradient flow, Itô drift and covariations at beta = 1."""

    gradient: np.ndarray
    ito: np.ndarray
    covariation: np.ndarray


def rates(layers: Layers) -> Rates:
    """By summing over all samples."""
    found = [(p, layers.gradient(x, noise)) for p, x, noise in layers.samples()]
    depth = len(layers.weights)
    mean = [sum(p * g[l] for p, g in found) for l in range(depth)]
    d = len(layers.singular_values)
    ito, covariation = np.zeros((d, d)), np.zeros((d, d, d, d))
    for p, gradient in found:
        _, first, second = layers.expansion([mean[l] - gradient[l] for l in range(depth)])
        ito += p * second
        covariation += p * np.einsum("ij,kl->ijkl", first, first)
    return Rates(layers.expansion([-m for m in mean])[1], ito, covariation)


def orthogonal(d: int, random: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(random.normal(size=(d, d)))[0]


def balanced_layers(
    depth: int,
    amplitudes: list[float],
    singular_values: list[float],
    label_deviation: float,
    input_variances: list[float] | None = None,
    *,
    seed: int = 0,
) -> Layers:
    """Aligned balanced layers in random frames; a negative amplitude is carried by the first layer."""
    random, d = np.random.default_rng(seed), len(amplitudes)
    frames = [orthogonal(d, random) for _ in range(depth + 1)]
    weights = []
    for l in range(depth):
        signs = np.sign(amplitudes) if l == 0 else np.ones(d)
        diagonal = np.diag(signs * np.abs(amplitudes) ** (1 / depth))
        weights.append(frames[l + 1] @ diagonal @ frames[l].T)
    variances = np.ones(d) if input_variances is None else np.array(input_variances)
    return Layers(weights, frames[-1], frames[0], np.array(singular_values), label_deviation, np.sqrt(variances))
