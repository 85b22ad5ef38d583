"""Copies of modules, also of those that keep a weight they computed from others."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from numerics.arguments import takes
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of


@takes(module=one_of(nn.Module, needed="a module of PyTorch"))
def copied(module: nn.Module) -> nn.Module:
    """A copy that shares no tensor with ``module``.

    ``torch.nn.utils.weight_norm`` and ``spectral_norm`` leave the weight that a call computed in the layer. Such a
    tensor cannot be deep-copied, and is computed anew at every call: the copy has its values.

    Raises:
        ArgumentError: a layer keeps a list of weights that it computed once.

    Example:
        >>> layer = nn.utils.spectral_norm(nn.Linear(2, 2))
        >>> copied(layer)(torch.ones(1, 2)).shape
        torch.Size([1, 2])
    """
    computed: dict[int, Any] = {}
    for layer in module.modules():
        for value in vars(layer).values():
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                computed[id(value)] = value.detach().clone()
    _require_no_lists_of(computed, module)
    return copy.deepcopy(module, computed)


def _require_no_lists_of(computed: dict[int, Any], module: nn.Module) -> None:
    """Refuse a layer with a list of weights that it computed once: a recurrent layer under a parametrization."""
    for name, layer in module.named_modules():
        for value in vars(layer).values():
            tensors = [entry for entry in value if isinstance(entry, torch.Tensor)] if isinstance(value, list) else []
            if any(not tensor.is_leaf and id(tensor) not in computed for tensor in tensors):
                raise ArgumentError(
                    f"module must compute its weights at every call, but {name or 'it'} is a {type(layer).__name__} "
                    "that keeps one which it computed once: PyTorch's recurrent layers do not follow "
                    "torch.nn.utils.parametrize. Parametrise a cell (LSTMCell, GRUCell), or leave it out."
                )
