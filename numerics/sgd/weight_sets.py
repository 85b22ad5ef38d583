r"""Affine sets :math:`\{\theta : N\theta + c = 0\}` of the weights of a PyTorch module, by name.

:func:`sign_set` and :func:`permutation_set` name the weights of hidden neurons of fully-connected layers, or of hidden
channels of convolutions; :func:`vanishing`, :func:`equal` and :func:`affine` make any other set. Layers are named as in
``module.named_modules()``, and neurons are counted from 0, both PyTorch's way. :mod:`theory.networks.feed_forward`
has the
symbolic twins.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Propositions 3.1, 3.2.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array, vstack
from torch import nn

from numerics.arguments import takes
from numerics.errors import ArgumentError
from numerics.sgd.empirical_loss import EmpiricalLoss
from theory.argument_kinds import one_of
from theory.values import shown

Entries = tuple[str, Any]
"""Name of a parameter and an index into it, as in ``("0.weight", 2)`` or ``("2.weight", np.s_[:, 2])``."""

NEURONAL = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""Layers whose outputs are neurons, along the first axis of their weight."""


@dataclass(frozen=True, eq=False)
class WeightSet:
    r"""The set of weights where :math:`N\theta + c = 0`.

    Attributes:
        normals: :math:`N`, sparse. Shape ``(r, P)``.
        offsets: :math:`c`. Shape ``(r,)``.

    Raises:
        ArgumentError: shapes do not fit, or a number is not finite.
    """

    normals: csr_array
    offsets: np.ndarray

    def __post_init__(self) -> None:
        normals = csr_array(self.normals, dtype=np.float64)
        offsets = np.asarray(self.offsets, dtype=np.float64)
        if offsets.shape != (normals.shape[0],) or not normals.shape[0]:
            raise ArgumentError(
                f"a set needs at least one constraint and one offset each, got normals of shape {normals.shape} "
                f"and offsets of shape {offsets.shape}."
            )
        if not (np.isfinite(normals.data).all() and np.isfinite(offsets).all()):
            raise ArgumentError("normals and offsets must be finite, got NaN or infinity.")
        object.__setattr__(self, "normals", normals)
        object.__setattr__(self, "offsets", offsets)

    def __and__(self, other: WeightSet) -> WeightSet:
        """The intersection."""
        return WeightSet(vstack([self.normals, other.normals]), np.concatenate([self.offsets, other.offsets]))

    def constraints(self, theta: torch.Tensor) -> torch.Tensor:
        r""":math:`N\theta + c` at each row of ``theta``: shape ``(R, P)`` to ``(R, r)``."""
        return self.directions(theta) + torch.from_numpy(self.offsets).to(theta)

    def directions(self, vectors: torch.Tensor) -> torch.Tensor:
        r""":math:`Nv` for each row ``v`` of ``vectors``: shape ``(R, P)`` to ``(R, r)``."""
        coo = self.normals.tocoo()
        rows, columns = (torch.from_numpy(index.astype(np.int64)).to(vectors.device) for index in (coo.row, coo.col))
        terms = vectors[:, columns] * torch.from_numpy(coo.data).to(vectors)
        return vectors.new_zeros(len(vectors), coo.shape[0]).index_add_(1, rows, terms)

    def moved_onto(self, theta: torch.Tensor) -> torch.Tensor:
        """The weights ``theta`` with as few as possible replaced, so that they lie in the set. Shape ``(R, P)``.

        The constraints are solved by elimination and substitution: weights that vanish or agree on the set do so to
        the last bit.

        Raises:
            ArgumentError: the set is empty.
        """
        columns = np.unique(self.normals.indices)
        reduced, pivots = _row_echelon(np.column_stack([self.normals[:, columns].toarray(), self.offsets]))
        if len(columns) in pivots:
            raise ArgumentError("the constraints contradict each other, no weights satisfy all of them. Drop one.")
        moved, (rank, width) = theta.clone(), (len(pivots), len(columns))
        touched = torch.from_numpy(columns).to(theta.device)
        free = torch.from_numpy(np.setdiff1d(np.arange(width), pivots)).to(theta.device)
        factors = torch.from_numpy(-reduced[:rank, :width]).to(theta)[:, free]
        constants = torch.from_numpy(-reduced[:rank, width]).to(theta)
        moved[:, touched[pivots]] = theta[:, touched[free]] @ factors.T + constants
        return moved


def affine(problem: EmpiricalLoss, normals: Any, offsets: Any = None) -> WeightSet:
    """The set of a linear map on the flattened weights, in the order of :class:`EmpiricalLoss`.

    Args:
        problem: Knows the weights.
        normals: Shape ``(r, P)``, dense or sparse.
        offsets: Shape ``(r,)``, zeros unless given.
    """
    matrix = csr_array(normals)
    if matrix.ndim != 2 or matrix.shape[1] != problem.dimension:
        raise ArgumentError(f"normals must have shape (r, {problem.dimension}), got {matrix.shape}.")
    return WeightSet(matrix, np.zeros(matrix.shape[0]) if offsets is None else offsets)


@takes(problem=one_of(EmpiricalLoss, needed="an EmpiricalLoss"))
def vanishing(problem: EmpiricalLoss, *entries: Entries) -> WeightSet:
    """The set where all these weights are zero.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        >>> problem = EmpiricalLoss(net, lambda f, y: (f - y).square().sum(), torch.eye(2), torch.ones(2, 1))
        >>> vanishing(problem, ("0.weight", 1), ("2.weight", np.s_[:, 1])).normals.shape
        (3, 13)
    """
    for entry in entries:
        if not isinstance(entry, tuple) or len(entry) != 2:
            raise ArgumentError(f"entries must be pairs of a parameter's name and an index, got {shown(entry)}.")
    positions = np.concatenate([_positions(problem, *entry) for entry in entries])
    return _set(problem, positions[:, None], (1.0,))


def equal(problem: EmpiricalLoss, *pairs: tuple[str, Any, Any]) -> WeightSet:
    """The set where, for each ``(name, first, second)``, the parameter agrees with itself at two indices."""
    columns = []
    for name, first, second in pairs:
        left, right = _positions(problem, name, first), _positions(problem, name, second)
        if len(left) != len(right):
            raise ArgumentError(
                f"both indices into {name} must name as many weights, got {len(left)} and {len(right)}."
            )
        columns.append(np.column_stack([left, right]))
    return _set(problem, np.concatenate(columns), (1.0, -1.0))


def own_entries(problem: EmpiricalLoss, layer: str, neuron: int, next_layer: str | None = None) -> list[Entries]:
    """Incoming weights, bias and outgoing weights of a hidden neuron, or of a channel of a convolution.

    Where a convolution is flattened before a fully-connected layer, a channel has a block of columns there.

    Args:
        problem: Holds the module.
        layer: Name of the layer whose output the neuron is.
        neuron: Its number, from 0.
        next_layer: Name of the layer it enters; in an ``nn.Sequential`` the next one unless given.

    Raises:
        ArgumentError: a layer is not there, is no ``Linear`` or ``Conv`` without groups, or the two do not fit.
    """
    first = _neuronal(problem, layer)
    following = next_layer or _following(problem, layer)
    second = _neuronal(problem, following)
    width, entering = first.weight.shape[0], second.weight.shape[1]
    if not 0 <= neuron < width:
        raise ArgumentError(f"neuron must lie in 0..{width - 1}, the neurons of {layer}, got {neuron}.")
    block = entering // width if isinstance(second, nn.Linear) and not isinstance(first, nn.Linear) else 1
    if block * width != entering:
        raise ArgumentError(
            f"next_layer must take the {width} outputs of {layer}, but {following} takes {entering}. "
            "Name the layer that follows, or list the weights with vanishing and equal."
        )
    bias = [(_joined(layer, "bias"), neuron)] if first.bias is not None else []
    outgoing = np.s_[:, neuron * block : (neuron + 1) * block]
    return [(_joined(layer, "weight"), neuron), *bias, (_joined(following, "weight"), outgoing)]


def sign_set(problem: EmpiricalLoss, layer: str, neuron: int, next_layer: str | None = None) -> WeightSet:
    """All own weights of a hidden neuron vanish; kept by SGD if the activation maps 0 to 0 (Proposition 3.1)."""
    return vanishing(problem, *own_entries(problem, layer, neuron, next_layer))


def permutation_set(problem: EmpiricalLoss, layer: str, p: int, q: int, next_layer: str | None = None) -> WeightSet:
    """The own weights of two hidden neurons of a layer agree; kept by SGD always (Proposition 3.2)."""
    if p == q:
        raise ArgumentError(f"p and q must be two neurons of {layer}, got {p} twice.")
    first, second = (own_entries(problem, layer, neuron, next_layer) for neuron in (p, q))
    return equal(problem, *((name, left, right) for (name, left), (_, right) in zip(first, second, strict=True)))


def _positions(problem: EmpiricalLoss, name: str, index: Any) -> np.ndarray:
    """Positions in the flattened weights."""
    problem.check_names({name: index})
    first = sum(shape.numel() for _, shape in itertools.takewhile(lambda item: item[0] != name, problem.shapes.items()))
    shape = problem.shapes[name]
    try:
        return (first + np.arange(shape.numel()).reshape(shape))[index].reshape(-1)
    except (IndexError, TypeError, ValueError) as error:
        raise ArgumentError(f"{shown(index)} is no index into {name} of shape {tuple(shape)}: {error}.") from None


def _set(problem: EmpiricalLoss, columns: np.ndarray, values: Sequence[float]) -> WeightSet:
    """One constraint per row of ``columns``."""
    rows, width = columns.shape
    data = (np.tile(values, rows), (np.repeat(np.arange(rows), width), columns.reshape(-1)))
    return WeightSet(csr_array(data, shape=(rows, problem.dimension)), np.zeros(rows))


def _neuronal(problem: EmpiricalLoss, name: str) -> Any:
    layers: Mapping[str, nn.Module] = dict(problem.module.named_modules())
    if name not in layers:
        known = [key for key, layer in layers.items() if isinstance(layer, NEURONAL)]
        raise ArgumentError(f"layer {name!r} is unknown; the module has {known}.")
    layer = layers[name]
    if not isinstance(layer, NEURONAL) or getattr(layer, "groups", 1) != 1:
        raise ArgumentError(
            f"layer {shown(name)} must be Linear or Conv with groups=1, got {layer}. "
            "List the weights of its neurons with vanishing and equal."
        )
    return layer


def _following(problem: EmpiricalLoss, layer: str) -> str:
    names = [name for name, found in problem.module.named_modules() if isinstance(found, NEURONAL)]
    if not isinstance(problem.module, nn.Sequential):
        raise ArgumentError(
            f"next_layer must be named, since the module is no nn.Sequential: the layer that takes the outputs of "
            f"{layer!r}, one of {names}."
        )
    _neuronal(problem, layer)
    after = names[names.index(layer) + 1 :]
    if not after:
        raise ArgumentError(f"layer must be hidden, but {layer!r} is the last of {names}.")
    return after[0]


def _joined(layer: str, parameter: str) -> str:
    return f"{layer}.{parameter}" if layer else parameter


def _row_echelon(matrix: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Reduced row echelon form with partial pivoting, and the columns of its pivots."""
    reduced, pivots = matrix.copy(), []
    small = 1e-12 * max(1.0, float(np.abs(matrix).max()))
    for column in range(reduced.shape[1]):
        row = len(pivots)
        if row == reduced.shape[0]:
            break
        best = row + int(np.argmax(np.abs(reduced[row:, column])))
        if abs(reduced[best, column]) <= small:
            reduced[row:, column] = 0.0
            continue
        reduced[[row, best]] = reduced[[best, row]]
        reduced[row] /= reduced[row, column]
        others = np.flatnonzero(reduced[:, column])
        others = others[others != row]
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        pivots.append(column)
    return reduced, pivots
