r"""Random 2 x 2 matrices acting on directions: the operator on functions of a direction, by two interpolations.

.. math:: (Tf)(\varphi) = \sum_qp_q\,f(\arg M_qn), \qquad n = (\cos\varphi, \sin\varphi)

Trigonometric polynomials converge exponentially where the law of the direction is smooth, as for a matrix with a
density. Where the law is singular, as for two matrices, they do not, and piecewise linear functions on a quarter of a
million angles are far more accurate: T is then a sparse stochastic matrix, and since
:math:`\lambda_N = \int T^nQ\,d\pi_N`,

.. math:: \min T^nQ \;\le\; \lambda_N \;\le\; \max T^nQ

closes up geometrically around the exponent :math:`\lambda_N` of the chain that is rounded to either neighbouring angle
at random, without bias.

What the angles do not resolve, such as directions closer together than they are, may change nothing from one number of
angles to the next. So :math:`T^nQ` of the operator is compared with the mean over all words of n matrices, which knows
no angles.

References:
    Froyland and Aihara, *Physica D* 139 (2000) 58 (matrices on partitions of directions).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy

_OFFSET = 0.37712
"""Shift of the angles in units of their distance: no round direction, such as a kernel, is one of them."""

_MOST_STEPS = 4000
_WORDS = 2048
_LOOKED_AT = 8
_ROUNDING = 1e-15


def by_sines(M: np.ndarray, p: np.ndarray, size: int) -> tuple[float, float]:
    """The exponent with trigonometric polynomials on ``size`` angles, an odd number, and the gap to words."""
    angles = np.arange(size) * np.pi / size
    directions = np.stack([np.cos(angles), np.sin(angles)])
    operator, growth = np.zeros((size, size)), np.zeros(size)
    for matrix, probability in zip(M, p, strict=True):
        image = matrix @ directions
        growth += probability * np.log(np.hypot(*image))
        operator += probability * _dirichlet(np.arctan2(image[1], image[0])[:, None] - angles, size)
    system = operator.T - np.eye(size)
    system[0] = 1.0  # the law has mass 1; one of the other equations is redundant
    law = np.linalg.solve(system, np.eye(size)[0])
    return float(law @ growth), gap_to_words(operator, growth, directions, M, p)


def by_pieces(M: np.ndarray, p: np.ndarray, size: int) -> tuple[float, float]:
    """The exponent with piecewise linear functions on ``size`` angles, and what steps and angles leave open."""
    angles = (np.arange(size) + _OFFSET) * np.pi / size
    directions = np.stack([np.cos(angles), np.sin(angles)])
    growth, rows, columns, weights = np.zeros(size), [], [], []
    for matrix, probability in zip(M, p, strict=True):
        image = matrix @ directions
        growth += probability * np.log(np.hypot(*image))
        place = (np.arctan2(image[1], image[0]) % np.pi) * size / np.pi - _OFFSET
        before = np.floor(place)
        beyond = place - before
        for step, weight in ((0, 1 - beyond), (1, beyond)):
            rows.append(np.arange(size))
            columns.append((before.astype(int) + step) % size)
            weights.append(probability * weight)
    entries = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    operator = scipy.sparse.csr_matrix(entries, shape=(size, size))
    values, spread = growth, np.inf
    for step in range(_MOST_STEPS):
        values = operator @ values
        if step % 10 == 0:
            last, spread = spread, float(values.max() - values.min())
            if spread <= _ROUNDING * (1 + abs(values[0])) or spread >= last:
                break
    value = float((values.max() + values.min()) / 2)
    return value, spread / 2 + gap_to_words(operator, growth, directions, M, p)


def gap_to_words(operator: Any, growth: np.ndarray, directions: np.ndarray, M: np.ndarray, p: np.ndarray) -> float:
    r"""The largest difference at a few directions between :math:`T^nQ` by an operator and by all words of n matrices.

    Args:
        operator: T on the values of a function at N directions. Shape ``(N, N)``.
        growth: Q at them. Shape ``(N,)``.
        directions: The unit vectors. Shape ``(2, N)``.
        M: The matrices. Shape ``(q, 2, 2)``.
        p: Their probabilities. Shape ``(q,)``.
    """
    steps = max(int(math.log(_WORDS) / math.log(len(p))) - 1, 1) if len(p) > 1 else _WORDS
    steps = min(steps, 64)
    chosen = np.unique(np.linspace(0, len(growth) - 1, _LOOKED_AT).astype(int))
    by_operator = growth
    for _ in range(steps):
        by_operator = operator @ by_operator
    images, weights = directions[:, chosen], np.ones(1)  # of every word, its images one after the other
    for _ in range(steps):
        images = np.concatenate([matrix @ images for matrix in M], axis=1)
        images /= np.hypot(*images)
        weights = np.concatenate([probability * weights for probability in p])
    mean = sum(
        probability * np.log(np.hypot(*(matrix @ images))).reshape(len(weights), len(chosen))
        for matrix, probability in zip(M, p, strict=True)
    )
    return float(np.abs(weights @ mean - by_operator[chosen]).max())


def _dirichlet(difference: np.ndarray, size: int) -> np.ndarray:
    r"""Dirichlet's kernel :math:`\sin(Nd)/(N\sin d)`: the weight of a node at the angular distance d."""
    sine = np.sin(difference)
    at_node = np.abs(sine) < 1e-14
    return np.where(at_node, 1.0, np.sin(size * difference) / (size * np.where(at_node, 1.0, sine)))
