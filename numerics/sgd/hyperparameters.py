"""Numbers that all replicas share, or that each replica has its own of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from numerics.errors import ArgumentError
from theory.values import shown

PerReplica = float | Sequence[float] | np.ndarray | torch.Tensor
"""One number for all replicas, or one for each."""


def per_replica(
    value: PerReplica, name: str, n_replicas: int, dtype: torch.dtype, device: torch.device | str
) -> torch.Tensor:
    """``value`` as a column, shape ``(R, 1)`` or ``(1, 1)``.

    Raises:
        ArgumentError: it is neither one number nor ``n_replicas`` numbers, or one is negative or not finite.
    """
    numbers = torch.from_numpy(_array_of(value, name)).to(device, dtype)
    if numbers.ndim > 1 or (numbers.ndim == 1 and len(numbers) != n_replicas):
        raise ArgumentError(
            f"{name} must be one number, or one per replica: {n_replicas} replicas, got shape {tuple(numbers.shape)}."
        )
    if not bool((torch.isfinite(numbers) & (numbers >= 0)).all()):
        raise ArgumentError(f"{name} must be finite and not negative, got {shown(value)}.")
    return numbers.reshape(-1, 1)


def require_hyperparameters(**given: PerReplica) -> None:
    """Refuse what is no number, and none per replica, where it is handed in; the message names it.

    Raises:
        ArgumentError: one is no number, negative, or not finite.
    """
    for name, value in given.items():
        per_replica(value, name, np.size(_array_of(value, name)), torch.float64, "cpu")


def _array_of(value: PerReplica, name: str) -> np.ndarray:
    if isinstance(value, str | bytes | bool) or value is None:
        raise ArgumentError(f"{name} must be a number, or one number per replica, got {shown(value)}.")
    try:
        return _array(value)
    except (TypeError, ValueError, OverflowError, RuntimeError, KeyError, MemoryError):
        raise ArgumentError(f"{name} must be a number, or one number per replica, got {shown(value)}.") from None


def differ(value: PerReplica) -> bool:
    """Whether ``value`` holds different numbers for different replicas."""
    return len(np.unique(_array(value))) > 1


def _array(value: PerReplica) -> np.ndarray:
    if not isinstance(value, torch.Tensor):
        return np.array(value, dtype=np.float64)
    if value.is_complex():
        raise TypeError("a complex number")  # PyTorch would drop the imaginary part
    return value.detach().to("cpu", torch.float64).numpy().copy()
