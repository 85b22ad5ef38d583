"""Inputs and their labels, as the neurons of this package are given them."""

from __future__ import annotations

import sympy as sp

from theory.errors import ShapeError
from theory.values import listed


def inputs_and_labels(inputs: object, labels: object) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
    """``inputs`` and ``labels`` as tuples of one length.

    Raises:
        ShapeError: one is no sequence, there are none, or not one label per input.
    """
    points, targets = tuple(listed(inputs, "inputs")), tuple(listed(labels, "labels"))
    if not points or len(points) != len(targets):
        raise ShapeError(
            f"labels must match inputs, at least one of each: {len(points)} inputs, {len(targets)} labels."
        )
    return points, targets
