"""Adam keeps sign and permutation sets, not the reflections in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from theory.networks.activations import origin_passing_function
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet
from theory.symmetry.coordinatewise import adam_first_step, escaping_step
from verification.authoring.shorthand import is_kept
from verification.claim import Statement
from verification.papers.stochastic_collapse.sets.networks import ROUNDING, sgd_runs, through_origin, without
from verification.papers.stochastic_collapse.sets.reflections import profile, rest, theta, theta_1, theta_2
from verification.papers.stochastic_collapse.sets.translations import SUM_VALUES, class_sums

NET = FeedForward((2, 2, 3), through_origin)

any_rule = origin_passing_function("F")
"""A step that depends on the weight's own gradient alone and vanishes with it."""


def _batch_losses() -> list[sp.Expr]:
    """Two samples under arbitrary losses, whose gradient in the outputs sums to 0 as that of a softmax does."""
    *free, last = NET.output_gradient
    loss = NET.pulled_back_loss.subs(last, -sp.Add(*free))
    others = [*NET.inputs, *free]
    second = dict(zip(others, sp.symbols(f"s_1:{len(others) + 1}", real=True), strict=True))
    return [loss, loss.subs(second, simultaneous=True)]


def _escaping_coordinatewise(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return escaping_step(NET.affine_set(constraints), _batch_losses(), any_rule)


def run_adam(constraints: sp.MatrixBase) -> dict[str, Any]:
    """Adam on cross-entropy, with and without weight decay."""
    settings = {"loss": "cross-entropy", "adam": True}
    runs = [
        (f"{name}, weight decay {strength}", constraints, {**settings, "activation": name, "weight_decay": strength})
        for name, strength in (("tanh", 0.0), ("relu", 0.0), ("gelu", 0.01))
    ]
    return sgd_runs(NET, runs, SUM_VALUES)


def _escaping_reflections(normals: sp.MatrixBase) -> sp.MatrixBase:
    r"""Adam's first step across the lines :math:`n\cdot\theta = 0`, for losses symmetric under each reflection."""
    found = []
    for first, second in normals.tolist():
        across = first * theta_1 + second * theta_2
        loss = profile(second * theta_1 - first * theta_2) + across**2 * rest(theta_1)
        found += list(escaping_step(AffineSet(theta, [across]), [loss], adam_first_step))
    return sp.Matrix(found)


def adam_statements() -> Iterator[Statement]:
    """Vanishing neurons, identical neurons, and reflections of the plane."""
    vanishing, identical = NET.sign_constraints((1, 1)), NET.permutation_constraints((1, 1, 2))
    sums = {"sums in front of a softmax (SC-012), which SGD keeps": class_sums()}
    into, out_of = NET.incoming(1, 1), NET.outgoing(1, 1)
    yield is_kept(
        "Adam, vanishing neuron",
        "0 =",
        printed=vanishing,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        wrong=sums | {"outgoing weights free": without(vanishing, *out_of)},
        says="Kept by any optimiser that treats weights alike and one by one, as Adam does.",
    )
    yield is_kept(
        "Adam, identical neurons",
        "0 =",
        printed=identical,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        tolerance=ROUNDING,
        wrong=sums | {"incoming weights free": without(identical, *into)},
        says="The same for two neurons of a layer.",
    )
    yield is_kept(
        "Adam, reflections of the plane",
        "n =",
        printed=sp.Matrix([[1, 0], [0, 1], [1, -1], [1, 1]]),
        escaping=_escaping_reflections,
        wrong={"any other normal: (1, 2)": sp.Matrix([[1, 2]]), "(3, -1)": sp.Matrix([[3, -1]])},
        says="Normals, by row, of lines that Adam's first step keeps for every loss symmetric as Theorem 3.1 asks.",
    )
