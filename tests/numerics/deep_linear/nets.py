"""Random deep linear networks of every kind: widths, residual factors, frozen layers, decay, inputs, label noise."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from numerics.deep_linear import DataSet, LayeredPoint, NoisyTeacher
from theory.deep_linear import LayeredLinear


def random_covariance(rng: np.random.Generator, d: int) -> np.ndarray:
    """A covariance matrix of full rank and no special form."""
    A = rng.normal(size=(d, d))
    return A @ A.T / d + 0.1 * np.eye(d)


def random_point(
    seed: int, *, depth: int, widest: int = 5, plain: bool = False, finite: bool = False, square: bool = False
) -> LayeredPoint:
    """A point of a random network; ``plain`` has none of the extras and white inputs."""
    rng = np.random.default_rng(seed)
    widths = [int(w) for w in rng.integers(1, widest + 1, depth + 1)]
    if square:
        widths = [widest] * (depth + 1)
    if plain:
        network = LayeredLinear(tuple(widths))
    else:
        extras = rng.random((2, depth))
        residual = [l for l in range(1, depth + 1) if widths[l] == widths[l - 1] and extras[0, l - 1] < 0.5]
        frozen = [l for l in range(1, depth + 1) if extras[1, l - 1] < 0.25]
        network = LayeredLinear(tuple(widths), residual=tuple(residual), frozen=tuple(frozen), weight_decay=(0.1,))
    d_L, d_0 = widths[-1], widths[0]
    teacher = rng.normal(size=(d_L, d_0))
    if finite:
        inputs = rng.normal(size=(7, d_0))
        data = DataSet(inputs, inputs @ teacher.T + 0.3 * rng.normal(size=(7, d_L)))
    else:
        covariances = (1.0, 0.3) if plain else (random_covariance(rng, d_0), random_covariance(rng, d_L))
        data = NoisyTeacher(teacher, input_covariance=covariances[0], label_covariance=covariances[1])
    weights = tuple(rng.normal(size=shape) / np.sqrt(shape[1]) for shape in network.shapes)
    return LayeredPoint(network, data, weights)


def points(**options) -> st.SearchStrategy[LayeredPoint]:
    """Points of random networks with up to 3 layers of up to 3 units."""
    return st.builds(
        lambda seed, depth, finite: random_point(seed, depth=depth, widest=3, finite=finite, **options),
        st.integers(0, 10**6),
        st.integers(1, 3),
        st.booleans(),
    )
