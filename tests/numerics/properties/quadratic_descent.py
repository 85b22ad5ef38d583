r"""Gradient descent on quadratic losses, where all moments of the weights after any number of steps are exact.

Two derivations that share nothing. :func:`theory_moments` takes the gradient g and the covariance C of one step from
the theory; g is affine and C quadratic in the weights, so the first two moments close:

.. math::
    v' = mv + g(\theta) + \lambda\theta + \varepsilon, \quad \theta' = \theta - \eta_kv', \quad
    \mathrm{Cov}(\varepsilon\mid\theta) = C(\theta).

:class:`EnumeratedChain` lists every mini-batch (and every node of a Gauss rule for every noise), as the affine map that
it makes of the state, and transports the whole tensor of moments. It says how large a sample must be.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from tests.numerics.properties.decision import Law, assert_told_apart, sample_size


@dataclass(frozen=True)
class Descent:
    """The numbers of a run: a learning rate for each step, momentum, weight decay and the first weights."""

    rates: tuple[float, ...]
    start: tuple[float, ...]
    momentum: float = 0.0
    decay: float = 0.0


def theory_moments(
    gradient: sp.MatrixBase, covariance: sp.MatrixBase, weights: Sequence[sp.Symbol], run: Descent
) -> tuple[np.ndarray, np.ndarray]:
    """Mean, shape ``(d,)``, and covariance, shape ``(d, d)``, of the weights at the end."""
    d = len(weights)
    H, constant = _affine(gradient, weights)
    H = H + run.decay * np.eye(d)
    centre, second = np.concatenate([run.start, np.zeros(d)]), np.zeros((2 * d, 2 * d))
    second += np.outer(centre, centre)
    quadratics = [[_quadratic(entry, weights) for entry in covariance[i, :]] for i in range(d)]
    for eta in run.rates:
        velocity = np.hstack([H, run.momentum * np.eye(d)])
        T = np.vstack([np.eye(d, 2 * d) - eta * velocity, velocity])
        c = np.concatenate([-eta * constant, constant])
        N = np.vstack([-eta * np.eye(d), np.eye(d)])
        noise = np.array([[_average(q, centre[:d], second[:d, :d]) for q in row] for row in quadratics])
        cross = np.outer(T @ centre, c)
        second = T @ second @ T.T + cross + cross.T + np.outer(c, c) + N @ noise @ N.T
        centre = T @ centre + c
    return centre[:d], (second - np.outer(centre, centre))[:d, :d]


def _affine(gradient: sp.MatrixBase, weights: Sequence[sp.Symbol]) -> tuple[np.ndarray, np.ndarray]:
    H = gradient.jacobian(list(weights))
    constant = gradient.subs(dict.fromkeys(weights, 0))
    assert not H.free_symbols & set(weights)
    return np.array(H.tolist(), dtype=float), np.array(list(constant), dtype=float)


def _quadratic(entry: sp.Expr, weights: Sequence[sp.Symbol]) -> list[tuple[tuple[int, ...], float]]:
    polynomial = sp.Poly(entry, *weights)
    assert polynomial.total_degree() <= 2
    return [
        (tuple(i for i, power in enumerate(powers) for _ in range(power)), float(coefficient))
        for powers, coefficient in polynomial.terms()
    ]


def _average(terms: list[tuple[tuple[int, ...], float]], first: np.ndarray, second: np.ndarray) -> float:
    moment = {0: lambda _: 1.0, 1: lambda index: first[index], 2: lambda index: second[index]}
    return float(sum(c * moment[len(index)](index if len(index) == 2 else sum(index)) for index, c in terms))


@dataclass(frozen=True)
class EnumeratedChain:
    r"""Gradients :math:`A_b\theta + c_b` with probabilities :math:`p_b`, each drawn afresh in every step.

    Attributes:
        slopes: :math:`A_b`. Shape ``(b, d, d)``.
        constants: :math:`c_b`. Shape ``(b, d)``.
        probabilities: :math:`p_b`. Shape ``(b,)``.
    """

    slopes: np.ndarray
    constants: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def of_regression(cls, X: np.ndarray, y: np.ndarray, batches, *, label_noise: float = 0.0) -> EnumeratedChain:
        r"""Batches as pairs of indices and a probability, losses :math:`(w\cdot x - y - \varsigma\xi)^2/2`."""
        slopes, constants, weights = [], [], []
        for indices, probability in batches:
            x, target = X[list(indices)], y[list(indices)]
            size = len(target)
            rule = gauss_rule(size, 4) if label_noise else [(np.zeros(size), 1.0)]
            for xi, weight in rule:
                slopes.append(x.T @ x / size)
                constants.append(-x.T @ (target + label_noise * xi) / size)
                weights.append(float(probability) * weight)
        return cls(np.array(slopes), np.array(constants), np.array(weights))

    def laws(self, run: Descent, direction: np.ndarray, centre: float) -> tuple[Law, Law]:
        r"""Of :math:`u\cdot\theta` and of :math:`(u\cdot\theta - c)^2` at the end, from its moments up to the sixth."""
        rest = np.zeros(len(run.start) if run.momentum else 0)
        tensor = _outer_power(np.concatenate([run.start, rest, [1.0]]), 6)
        for eta in run.rates:
            tensor = self._transported(tensor, self._maps(eta, run))
        row = np.concatenate([direction, rest, [-centre]])
        moments = [1.0]
        for power in range(1, 7):
            value = tensor
            for axis in range(6):
                value = np.tensordot(row if axis < power else np.eye(len(row))[-1], value, axes=1)
            moments.append(float(value))
        linear = Law.from_moments(*moments[1:4])
        linear = Law(linear.mean + centre, linear.variance, linear.third)
        return linear, Law.from_moments(moments[2], moments[4], moments[6])

    def _maps(self, eta: float, run: Descent) -> np.ndarray:
        """The step as a matrix that acts on (weights, velocities, 1), without velocities where there is no momentum."""
        count, d = self.constants.shape
        maps = np.zeros((count, 2 * d + 1, 2 * d + 1))
        velocity = maps[:, d : 2 * d]
        velocity[:, :, :d] = self.slopes + run.decay * np.eye(d)
        velocity[:, :, d : 2 * d] = run.momentum * np.eye(d)
        velocity[:, :, -1] = self.constants
        maps[:, :d] = -eta * velocity
        maps[:, :d, :d] += np.eye(d)
        maps[:, -1, -1] = 1.0
        kept = [*range(2 * d if run.momentum else d), 2 * d]
        return maps[:, kept][:, :, kept]

    def _transported(self, tensor: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """The mean over the maps of the tensor with each of its axes mapped."""
        count, d = maps.shape[:2]
        image = np.broadcast_to(tensor.reshape(d, -1), (count, d, tensor.size // d))
        for _ in range(tensor.ndim):  # each turn maps the first axis and makes it the last
            image = (maps @ image).transpose(0, 2, 1).reshape(image.shape)
        return np.tensordot(self.probabilities, image, axes=1).reshape(tensor.shape)


Moments = tuple[np.ndarray, np.ndarray]
"""Mean and covariance of the weights."""


def assert_moments(
    exact: Moments,
    *near_misses: Moments,
    chain: EnumeratedChain,
    run: Descent,
    direction: np.ndarray,
    simulated: Callable[[int], np.ndarray],
) -> None:
    r"""Along ``direction`` the simulated weights have the exact mean and variance, and those of no near miss.

    A near miss is told apart by :math:`E(u\cdot\theta - m)^2` about the exact mean m, which its mean enters too.

    Args:
        exact: What the theory says; the enumeration must say the same, to rounding.
        near_misses: What wrong theories say.
        chain: The enumeration.
        run: The run.
        direction: u.
        simulated: Number of replicas to their final weights.
    """

    def about(mean: float, moments: Moments) -> float:
        centre, spread = moments
        return float(direction @ spread @ direction + (direction @ centre - mean) ** 2)

    mean = float(direction @ exact[0])
    variance, *wrong = (about(mean, moments) for moments in (exact, *near_misses))
    linear, square = chain.laws(run, direction, mean)
    np.testing.assert_allclose([linear.mean, square.mean], [mean, variance], rtol=1e-9, atol=1e-12)
    along = simulated(sample_size(square, *wrong)) @ direction
    assert_told_apart(along, mean)
    assert_told_apart((along - mean) ** 2, variance, *wrong)


def gauss_rule(dimension: int, nodes: int) -> list[tuple[np.ndarray, float]]:
    """Points and weights that average every polynomial of degree ``2 nodes - 1`` over independent normals."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / weights.sum()
    return [
        (points[list(cell)], float(np.prod(weights[list(cell)])))
        for cell in itertools.product(range(nodes), repeat=dimension)
    ]


def _outer_power(vector: np.ndarray, power: int) -> np.ndarray:
    result = np.array(1.0)
    for _ in range(power):
        result = np.multiply.outer(result, vector)
    return result
