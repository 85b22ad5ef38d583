r"""A figure of version 3 run again: the norms of both layers under SGD, with isotropic inputs and with others.

Linear networks of two inputs, hidden units and outputs that learn the identity, with even label noise. Only the caption
is known; sizes are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from verification.authoring.figures import seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.gradient_noise_symmetry.figures.alignment import STARTS, drawn_layers, share, squares, trained

NETWORK, RATE, STEPS = DenseNetwork((2, 2, 2)), 0.005, 40_000
"""The charge loses a factor e in about 5000 steps; SGD forgets its start."""

ISOTROPIC, OTHER = [2.5, 2.5], [4.0, 1.0]
"""Variances of the inputs, of one sum."""

EVEN = 0.08
"""Squared norms that differ by less are even: the other inputs make a fifth, fluctuations three parts in a hundred."""


def norms(part: Mapping[str, Any]) -> dict[str, Any]:
    """Ratios of the squared norms of the layers at the end of SGD, from random starts."""
    seed = seed_of("isotropic inputs", part)
    start = drawn_layers(NETWORK.widths, (1.0, 1.0), STARTS, seed)
    data = NoisyTeacher(np.eye(2), input_covariance=np.diag(part["variances"]), label_covariance=1.0)
    W, U = trained(NETWORK, data, MiniBatchDescent(learning_rate=RATE), start, STEPS, seed)
    return {**part, "ratios": to_digits(squares(U) / squares(W))}


def _apart(results: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, str]:
    (row,) = results
    ratios = np.array(row["ratios"])
    return np.abs(ratios - 1) > EVEN, f"ratio of squared norms {ratios.mean():.3f} on average"


def uneven(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of starts from which the norms end further apart than :data:`EVEN`."""
    hits, told = _apart(results)
    return {"location": share(hits), "features": [], "told": told}


def even(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of the others."""
    hits, told = _apart(results)
    return {"location": share(~hits), "features": [], "told": told}


def norms_under_sgd() -> Iterator[Statement]:
    """What the caption says, for isotropic inputs and for others."""
    for name, variances, sign, summarise in (
        ("isotropic inputs", ISOTROPIC, "=", even),
        ("other inputs", OTHER, r"\ne", uneven),
    ):
        yield reproduces(
            f"norms under SGD, {name}",
            rf"P(\|U\|^2{sign}\|W\|^2)",
            printed=sp.S.One,
            measure=norms,
            parts=({"variances": variances},),
            summarise=summarise,
            wrong={"in half of the runs": sp.S.Half},
            says=f"Inputs of variances {variances[0]:g} and {variances[1]:g}; even: {EVEN:.0%} apart at most.",
        )
