r"""First weights: independent for each replica, or balanced with a given map.

The noise of first weights has the addresses of :mod:`numerics.random.layout` in streams of its own, so a replica starts
the same whatever runs beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.arguments import real_array, real_number, whole_number
from numerics.codegen.layer_program import LayerProgram
from numerics.deep_linear.signal import matrix
from numerics.errors import ArgumentError
from numerics.layered.backend import require_free
from numerics.layered.network import DenseNetwork, as_dense_network
from numerics.random.normal import standard_normals
from theory.deep_linear.layers import LayeredLinear
from theory.values import shown

Array = np.ndarray

INITIAL_STREAMS = 2**31 + 2**30
"""First weights lie in the streams from here on, which neither simulations nor modules of PyTorch use below 2**28."""

STREAMS = 2**28
"""Streams of first weights that a seed has."""


def gaussian_layers(
    network: DenseNetwork | LayeredLinear,
    n_replicas: int,
    *,
    seed: int,
    gain: float = 1.0,
    first_replica: int = 0,
    stream: int = 0,
) -> dict[str, Array]:
    r"""Independent weights for each replica: entries of :math:`W_l` are :math:`N(0, \text{gain}^2/d_{l-1})`.

    Biases, and the weights of residual layers, whose factor is the identity then, start at zero.

    Args:
        network: What starts.
        n_replicas: Number of replicas.
        seed: Names the weights, 64 bits.
        gain: Standard deviation of an entry times :math:`\sqrt{d_{l-1}}`, not negative.
        first_replica: Number of the first replica.
        stream: Names independent weights under the same seed.

    Returns:
        By name, shape ``(n_replicas, rows, columns)``.

    Raises:
        ArgumentError: an argument is out of its range.

    Example:
        >>> start = gaussian_layers(DenseNetwork((3, 4, 2)), 5, seed=7)
        >>> {name: value.shape for name, value in start.items()}
        {'W1': (5, 4, 3), 'W2': (5, 2, 4)}
    """
    network = as_dense_network(network)
    n = whole_number(n_replicas, "n_replicas", at_least=1, below=2**31)
    first = whole_number(first_replica, "first_replica", at_least=0, below=2**63)
    size = real_number(gain, "gain")
    if size < 0:
        raise ArgumentError(f"gain must not be negative, a standard deviation as it is, got {size:g}.")
    drawn = [W for W in network.weights if W.name[0] == "W"]
    where: dict[str, Any] = {
        "first_step": 0,
        "n_steps": 1,
        "width": 64,
        "stream": INITIAL_STREAMS + whole_number(stream, "stream", at_least=0, below=STREAMS),
        "n_normals": sum(W.shape[0] * W.shape[1] for W in drawn),
    }
    require_free(n * (2 * where["n_normals"] + 1) * 8, f"the first weights of {n} replicas", "n_replicas")
    z = standard_normals(seed, np.arange(first, first + n, dtype=np.uint64), **where)[0].T
    found, place = {}, 0
    for each in network.weights:
        rows, columns = each.shape
        found[each.name] = np.zeros((n, rows, columns))
        if each.name[0] == "W":
            if int(each.name[1:]) not in network.residual:
                part = z[:, place : place + rows * columns].reshape(n, rows, columns)
                found[each.name] = size / math.sqrt(columns) * part
            place += rows * columns
    return found


def balanced_layers(network: DenseNetwork | LayeredLinear, product: Any) -> dict[str, Array]:
    r"""Balanced weights of a linear network with a given map: :math:`W_{l+1}^\top W_{l+1} = W_lW_l^\top`.

    With the singular values :math:`s` of the map :math:`U\,\mathrm{diag}(s)\,V^\top`, every layer has the singular
    values :math:`s^{1/L}`, in the frames V at the bottom, U at the top, and of the first units in between.

    Args:
        network: Without biases or residual layers.
        product: The map. Shape ``(d_L, d_0)``; its rank at most the narrowest width.

    Returns:
        By name, shape ``(rows, columns)``.

    Raises:
        ArgumentError: the network is not linear, or the map does not pass its narrowest layer.

    Example:
        >>> start = balanced_layers(DenseNetwork((2, 3, 2)), [[0.25, 0.0], [0.0, 0.04]])
        >>> bool(np.allclose(start["W2"] @ start["W1"], [[0.25, 0.0], [0.0, 0.04]]))
        True
    """
    network = as_dense_network(network)
    W, widths, depth = matrix(product, "product"), network.widths, network.depth
    if not network.is_linear or network.residual:
        raise ArgumentError("network must be linear, without biases or residual layers, to have balanced weights.")
    if W.shape != (widths[-1], widths[0]):
        raise ArgumentError(f"product must have shape {(widths[-1], widths[0])}, got {W.shape}.")
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    rank = int(np.sum(s > 1e-14 * max(s[0], 0.0)))
    if rank > min(widths):
        raise ArgumentError(f"product must have at most rank {min(widths)}, the narrowest width, got {rank}.")
    roots = s[:rank] ** (1 / depth)
    frames = [Vt[:rank].T, *(np.eye(width, rank) for width in widths[1:-1]), U[:, :rank]]
    return {f"W{l}": (frames[l] * roots) @ frames[l - 1].T for l in range(1, depth + 1)}


def first_state(network: DenseNetwork, program: LayerProgram, initial: Any, n_replicas: int) -> dict[str, Array]:
    """The first value of everything a replica carries, by name; shape ``(rows, columns)`` where replicas share it.

    Raises:
        ArgumentError: a weight is missing, unknown, not finite or of another shape.
    """
    if not isinstance(initial, Mapping):
        raise ArgumentError(
            f"initial must map names of weights to arrays, got {shown(initial)}. "
            "gaussian_layers(network, n_replicas, seed=...) makes some."
        )
    names = [each.name for each in network.weights]
    unknown, missing = [name for name in initial if name not in names], [n for n in names if n not in initial]
    if unknown or missing:
        wrong = f"no weight {shown(unknown[0])}" if unknown else f"{missing[0]} is missing"
        raise ArgumentError(f"initial must hold the weights {', '.join(names)}: {wrong}.")
    state = {}
    for each in program.weights:
        if each.name not in names:
            state[each.name] = np.zeros(each.shape)
            continue
        value = real_array(initial[each.name], f"initial[{each.name!r}]")
        if value.shape not in (each.shape, (n_replicas, *each.shape)):
            raise ArgumentError(
                f"initial[{each.name!r}] must have shape {each.shape}, or {(n_replicas, *each.shape)} for "
                f"{n_replicas} replicas, got {value.shape}."
            )
        state[each.name] = value
    return state
