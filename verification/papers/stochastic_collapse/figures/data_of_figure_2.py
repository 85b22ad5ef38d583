"""The data set of Figure 2 and the neuron on it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from theory.models.single_neuron import SingleNeuron
from verification.authoring import figures

POINTS = 32
LABEL_NOISE = sp.Rational(1, 10)
DATA_DIGITS = 4


def seed_of(part: Mapping[str, Any]) -> int:
    """A 64-bit seed from the part's own text, so that different noise levels have different noise."""
    return figures.seed_of("figure-2", part)


def normals(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Standard normals."""
    return np.random.Generator(np.random.Philox(seed)).standard_normal(shape)


@lru_cache(maxsize=1)
def data_set() -> tuple[tuple[sp.Rational, ...], tuple[sp.Rational, ...]]:
    r"""Inputs :math:`x_i \sim N(0, 1)` and labels :math:`y_i = x_i + 0.1\,\epsilon_i`, drawn once."""
    x, noise = normals((2, POINTS), seed_of({"data": "x, y = x + 0.1 noise"}))
    inputs = [_rounded(value) for value in x]
    return tuple(inputs), tuple(a + LABEL_NOISE * _rounded(b) for a, b in zip(inputs, noise, strict=True))


def _rounded(value: float) -> sp.Rational:
    return sp.Rational(round(value * 10**DATA_DIGITS), 10**DATA_DIGITS)


def data_moments() -> tuple[sp.Rational, sp.Rational]:
    r"""The means :math:`m_{xy} = \frac1n\sum x_iy_i` and :math:`m_{xx} = \frac1n\sum x_i^2`."""
    x, y = data_set()
    return tuple(sum(a * b for a, b in zip(x, other, strict=True)) / POINTS for other in (y, x))  # type: ignore[return-value]


def signal() -> sp.Rational:
    r"""The noise level :math:`|\sum x_iy_i|/\sum x_i^2` of Theorem 5.1, for :math:`\sigma'(0) = 1`."""
    m_xy, m_xx = data_moments()
    return abs(m_xy) / m_xx


@lru_cache(maxsize=1)
def neuron() -> SingleNeuron:
    """The neuron on the data set."""
    return SingleNeuron(*data_set(), sp.tanh)
