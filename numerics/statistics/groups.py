"""Replicas told apart: the statistics of a run, taken once for every label."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics.arguments import require, row, whole_number
from numerics.errors import ArgumentError
from theory.values import shown


def replicas_by_label(labels: Any, n_replicas: int) -> dict[Hashable, NDArray[np.bool_]]:
    """Each label, in the order in which it is met first, and which replicas carry it.

    Args:
        labels: One number, text or tuple per replica: a list, tuple, range, array or tensor with one axis.
        n_replicas: How many replicas there are.

    Raises:
        ArgumentError: for another number of labels, and for labels that are not equal to themselves or not hashable.

    Example:
        >>> replicas_by_label(["warm", "cold", "warm"], 3)["warm"].tolist()
        [True, False, True]
    """
    n_replicas = whole_number(n_replicas, "n_replicas", at_least=1, below=2**48)
    try:
        given = np.asarray(labels) if hasattr(labels, "__array__") else labels
    except Exception:  # whatever a stranger's object raises
        raise ArgumentError(f"labels must be a sequence with one label per replica, got {shown(labels)}.") from None
    require(row("a sequence with one label per replica"), given, "labels")
    names = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if len(names) != n_replicas:
        raise ArgumentError(f"labels must hold one label per replica, {n_replicas}, got {len(names)}.")
    try:
        different = list(dict.fromkeys(names))
    except TypeError:
        raise ArgumentError(f"labels must hold numbers, texts or tuples, got {shown(labels)}.") from None
    if any(name != name for name in different):
        raise ArgumentError("labels must hold no nan: it equals no label, not even itself.")
    return {label: np.array([name == label for name in names]) for label in different}
