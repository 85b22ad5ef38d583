r"""Affine sets of weights that training keeps: judged by the gradient of any sample, then by runs of SGD.

A network has symbols for weights, inputs and the gradient of the loss in the outputs, so that what is proved holds for
every loss and every sample. The same constraints are then trained with PyTorch from a random point of their set.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from theory.networks.convolutional import Convolutional
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import normal_gradient
from verification.authoring.shorthand import is_kept
from verification.claim import Statement
from verification.errors import ClaimError

ROUNDING = 1e-12
"""Tolerance where sums are rounded: with weights of order 1 and 100 steps far above rounding, far below a near miss."""

LEFT = 1e-3
"""Change of a constraint at which a run has left the set, whatever it does afterwards: it ends there."""

Run = Callable[[sp.MatrixBase], dict[str, Any]]
"""From constraints, expressions that are 0 on the set, to ``{"runs": [...]}`` with a :func:`run_row` each."""


def network_keeps(
    network: FeedForward | Convolutional, name: str, constraints: sp.MatrixBase, *, run: Run | None = None, **rest: Any
) -> Statement:
    """The set that some constraints describe is kept, by any sample's gradient and by runs of SGD.

    Args:
        network: With symbols for its weights.
        name: Name of the statement.
        constraints: Affine expressions in the weights that are 0 on the set.
        run: How the network is trained; :func:`trained` with its defaults for a fully connected one.
        rest: As for the other statements: ``wrong``, ``tolerance``, ``remark``, ...

    Raises:
        ClaimError: a convolutional network without ``run``.
    """
    if run is None:
        if not isinstance(network, FeedForward):
            raise ClaimError(
                f"run must say how the {type(network).__name__} of statement {name!r} is trained, got none."
            )
        run = trained(network)
    return is_kept(name, "0 =", printed=constraints, escaping=escaping(network), run=run, **rest)


def without(constraints: sp.MatrixBase, *weights: sp.Symbol) -> sp.ImmutableMatrix:
    """The constraints that hold none of ``weights``."""
    return sp.ImmutableMatrix([row for row in constraints if not row.free_symbols & set(weights)])


def escaping(network: FeedForward | Convolutional) -> Callable[[sp.MatrixBase], sp.MatrixBase]:
    """The judge of constraints: what an arbitrary sample's gradient has across the set."""
    return lambda constraints: normal_gradient(network.affine_set(constraints), network.pulled_back_loss)


def run_row(name: str, violation: float, moved: float, steps: int) -> dict[str, Any]:
    """A run of SGD as the check reads it; one that diverged has no numbers."""
    finite = math.isfinite(violation)
    return {"run": name, "violation": violation if finite else None, "moved": moved if finite else None, "steps": steps}


def sgd_runs(
    network: FeedForward,
    candidates: Sequence[tuple[str, sp.MatrixBase, Mapping[str, Any]]],
    values: Mapping[sp.Symbol, float] | None = None,
) -> dict[str, Any]:
    """Train once for each ``(name, constraints, settings of the training)``."""
    from numerics.sgd.invariance import Training, excursion  # PyTorch is loaded in the worker only

    found = []
    for name, constraints, settings in candidates:
        run = excursion(network, constraints, Training(**settings), values, until=LEFT)
        found.append(run_row(name, run.violation, run.moved, run.steps))
    return {"runs": found}


def trained(
    network: FeedForward,
    activations: Iterable[str] = ("tanh", "relu", "gelu"),
    *,
    values: Mapping[sp.Symbol, float] | None = None,
    **settings: Any,
) -> Run:
    """SGD from a random point of the set that some constraints describe, once for each activation."""

    def run(constraints: sp.MatrixBase) -> dict[str, Any]:
        candidates = [(name, constraints, {"activation": name, **settings}) for name in activations]
        return sgd_runs(network, candidates, values)

    return run
