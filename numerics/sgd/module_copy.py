"""Copies of modules, also of those that keep a weight they computed from others."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from numerics.arguments import takes
from theory.argument_kinds import one_of


@takes(module=one_of(nn.Module, needed="a module of PyTorch"))
def copied(module: nn.Module) -> nn.Module:
    """A copy that shares no tensor with ``module``.

    ``torch.nn.utils.weight_norm`` and ``spectral_norm`` leave the weight that a call computed in the layer. Such a
    tensor cannot be deep-copied, and is computed anew at every call: the copy has its values.

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
    return copy.deepcopy(module, computed)
