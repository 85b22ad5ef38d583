"""Adam keeps sign and permutation sets, not the reflections in between."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.networks.activations import origin_passing_function
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet
from theory.symmetry.coordinatewise import adam_first_step, escaping_step
from verification.authoring.shorthand import is_kept
from verification.papers.stochastic_collapse.sets.networks import ROUNDING, sgd_runs, through_origin
from verification.papers.stochastic_collapse.sets.reflections import profile, rest
from verification.papers.stochastic_collapse.sets.translations import SUM_VALUES, class_sums

ADAM_NET = FeedForward((2, 2, 3), through_origin)


any_rule = origin_passing_function("F")
"""A step that depends on the weight's own gradient alone and vanishes with it."""


def _batch_losses() -> list[sp.Expr]:
    """Two samples under arbitrary losses, whose gradient in the outputs sums to 0 as that of a softmax does."""
    *free, last = ADAM_NET.output_gradient
    loss = ADAM_NET.pulled_back_loss.subs(last, -sp.Add(*free))
    others = [*ADAM_NET.inputs, *free]
    second = dict(zip(others, sp.symbols(f"s_1:{len(others) + 1}", real=True), strict=True))
    return [loss, loss.subs(second, simultaneous=True)]


def _escaping_coordinatewise(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return escaping_step(ADAM_NET.affine_set(constraints), _batch_losses(), any_rule)


def run_adam(constraints: sp.MatrixBase) -> dict[str, Any]:
    """Adam on cross-entropy, with and without weight decay."""
    settings = {"loss": "cross-entropy", "adam": True}
    runs = [
        (f"{name}, weight decay {strength}", constraints, {**settings, "activation": name, "weight_decay": strength})
        for name, strength in (("tanh", 0.0), ("relu", 0.0), ("gelu", 0.01))
    ]
    return sgd_runs(ADAM_NET, runs, SUM_VALUES)


t_1, t_2 = sp.symbols("theta_1 theta_2", real=True)


def _escaping_reflections(normals: sp.MatrixBase) -> sp.MatrixBase:
    """Adam's first step across the lines n . theta = 0, for losses symmetric under the reflection in each."""
    found = []
    for first, second in normals.tolist():
        across = first * t_1 + second * t_2
        loss = profile(second * t_1 - first * t_2) + across**2 * rest(t_1)
        found += list(escaping_step(AffineSet([t_1, t_2], [across]), [loss], adam_first_step))
    return sp.Matrix(found)


SIGN_SET = ADAM_NET.sign_constraints((1, 1))


PERMUTATION_SET = ADAM_NET.permutation_constraints((1, 1, 2))


ADAM = (
    is_kept(
        "Adam, vanishing neuron",
        r"0 =",
        printed=SIGN_SET,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        wrong={
            "sums in front of a softmax (SC-012), which SGD keeps": class_sums(),
            "outgoing weights free": sp.Matrix(SIGN_SET[:3]),
        },
        says="The constraints of a set that any optimiser keeps which treats weights alike and one by one, as Adam.",
    ),
    is_kept(
        "Adam, identical neurons",
        r"0 =",
        printed=PERMUTATION_SET,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        tolerance=ROUNDING,
        wrong={
            "sums in front of a softmax (SC-012), which SGD keeps": class_sums(),
            "incoming weights free": sp.Matrix(PERMUTATION_SET[2:]),
        },
        says="The same for two neurons of a layer.",
    ),
    is_kept(
        "Adam, reflections of the plane",
        r"n =",
        printed=sp.Matrix([[1, 0], [0, 1], [1, -1], [1, 1]]),
        escaping=_escaping_reflections,
        wrong={"any other normal: (1, 2)": sp.Matrix([[1, 2]]), "(3, -1)": sp.Matrix([[3, -1]])},
        says="Normals, by row, of lines that Adam's first step keeps for every loss symmetric as Theorem 3.1 asks.",
    ),
)
