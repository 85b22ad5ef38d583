r"""The second route: explicit derivatives and Gauss-Hermite nodes, with none of the formulas of the first.

The map is affine in each layer, so its differences are its derivatives, exactly:

.. math::
    \frac{\partial W}{\partial(W_l)_{ij}} = W(W_l + E_{ij}) - W(W_l) ,

and second derivatives likewise. The mean of a polynomial of degree at most :math:`2n-1` over a Gaussian is a sum over n
nodes an axis.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from numerics.deep_linear.point import LayeredPoint
from numerics.deep_linear.signal import NoisyTeacher
from numerics.errors import ArgumentError

Array = np.ndarray

MAX_NODES = 5_000_000
"""More nodes than this are refused."""


def explicit_jacobian(point: LayeredPoint) -> Array:
    r"""The Jacobian of :math:`\mathrm{vec}\,W` for all weights, by differences; zero where a layer is frozen.

    Shape ``(d_L d_0, n)``, with weights in the order :math:`(\mathrm{vec}\,W_1, \dots, \mathrm{vec}\,W_L)`.
    """
    columns = []
    for l, shape in enumerate(point.network.shapes, 1):
        for unit in _units(shape):
            changed = np.zeros_like(point.map) if l in point.network.frozen else _map_with(point, {l: unit}) - point.map
            columns.append(changed.ravel(order="F"))
    return np.stack(columns, axis=1)


def explicit_hessian(point: LayeredPoint, u: Array, v: Array) -> Array:
    r"""The Hessian of :math:`u^\top Wv` for all weights, by second differences; zero where a layer is frozen.

    Shape ``(n, n)``.
    """
    places = [(l, unit) for l, shape in enumerate(point.network.shapes, 1) for unit in _units(shape)]
    base, frozen = float(u @ point.map @ v), point.network.frozen
    single = [float(u @ _map_with(point, {l: unit}) @ v) for l, unit in places]
    found = np.zeros((len(places), len(places)))
    for (i, (l, E)), (j, (m, F)) in itertools.combinations(enumerate(places), 2):
        if l != m and l not in frozen and m not in frozen:
            found[i, j] = float(u @ _map_with(point, {l: E, m: F}) @ v) - single[i] - single[j] + base
    return found + found.T


def explicit_covariance(point: LayeredPoint) -> Array:
    r"""The covariance of the gradient of one sample, summed over Gauss-Hermite nodes or over the data set.

    Shape ``(n, n)``, as :func:`numerics.deep_linear.noise.gradient_covariance`.
    """
    probabilities, signals = sample_signals(point, input_nodes=3, label_nodes=2)
    gradients = -signals @ explicit_jacobian(point)
    centred = gradients - probabilities @ gradients
    return centred.T @ (centred * probabilities[:, None])


def sample_signals(point: LayeredPoint, *, input_nodes: int, label_nodes: int) -> tuple[Array, Array]:
    r"""Probabilities, and :math:`\mathrm{vec}\,T` a row: of Gauss-Hermite nodes, or of the samples of a data set.

    Means of polynomials in T are exact for a noisy teacher while their degree in x is below twice ``input_nodes`` and
    their degree in the label noise below twice ``label_nodes``.

    Raises:
        ArgumentError: there would be more than :data:`MAX_NODES` nodes.
    """
    data = point.data
    if isinstance(data, NoisyTeacher):
        W = point.map
        p, x = gaussian_nodes(data.input_covariance, input_nodes)
        q, xi = gaussian_nodes(data.label_covariance, label_nodes)
        if len(p) * len(q) > MAX_NODES:
            raise ArgumentError(f"the nodes must be at most {MAX_NODES}, got {len(p) * len(q)}. Lower the widths.")
        inputs, noise = np.repeat(x, len(q), axis=0), np.tile(xi, (len(p), 1))
        residuals, probabilities = inputs @ (data.teacher - W).T + noise, np.kron(p, q)
    else:
        inputs, residuals = data.inputs, data.labels - data.inputs @ point.map.T
        probabilities = np.full(len(inputs), 1 / len(inputs))
    return probabilities, np.einsum("nj,ni->nji", inputs, residuals).reshape(len(inputs), -1)


def gaussian_nodes(covariance: Array, nodes: int) -> tuple[Array, Array]:
    """Probabilities and points, one a row, of a Gaussian with this covariance, for ``nodes`` an axis.

    Axes without variance get none.
    """
    values, vectors = np.linalg.eigh(covariance)
    kept = values > 1e-14 * max(float(values[-1]), 1e-300)
    factor = vectors[:, kept] * np.sqrt(values[kept])
    rank = factor.shape[1]
    if nodes**rank > MAX_NODES:
        raise ArgumentError(f"the nodes must be at most {MAX_NODES}, got {nodes}**{rank}. Lower the widths.")
    abscissas, weights = np.polynomial.hermite_e.hermegauss(nodes)
    weights = weights / math.sqrt(2 * math.pi)
    grid = np.stack(np.meshgrid(*[abscissas] * rank, indexing="ij"), -1).reshape(-1, rank) if rank else np.zeros((1, 0))
    probabilities = np.ones(1)
    for _ in range(rank):
        probabilities = np.kron(probabilities, weights)
    return probabilities, grid @ factor.T


def _units(shape: tuple[int, int]) -> list[Array]:
    """The matrices :math:`E_{ij}`, in the order of vec."""
    rows, columns = shape
    return [np.eye(rows * columns)[k].reshape(shape, order="F") for k in range(rows * columns)]


def _map_with(point: LayeredPoint, changes: dict[int, Array]) -> Array:
    """The map with matrices added to some layers."""
    product = np.eye(point.network.widths[0])
    for l, F in enumerate(point.factors, 1):
        product = (F + changes[l] if l in changes else F) @ product
    return product
