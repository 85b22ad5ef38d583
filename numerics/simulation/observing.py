"""What is taken from the states on the way: divergence, moments of observables per block, sign changes."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import sympy as sp

from numerics.errors import ArgumentError, DivergenceError
from numerics.simulation.options import BLOCK, OnDivergence
from numerics.simulation.plan import Plan, sign_change_symbol
from numerics.simulation.step_definition import StepDefinition, evaluator
from numerics.statistics.estimators import Moments


def note_divergence(plan: Plan, state: np.ndarray, alive: np.ndarray, reached: int) -> None:
    """Strike diverged trajectories off ``alive``, for good: an infinite state may come back as a finite number."""
    alive &= np.isfinite(state).all(axis=0)
    lost = int(alive.size - alive.sum())
    if lost and plan.options.on_divergence is OnDivergence.RAISE:
        raise DivergenceError(
            f"{lost} of {alive.size} trajectories left {plan.one_step.kept} by {_clock(plan, reached)}. "
            f'{plan.one_step.remedy(plan.step)}, or options=Options(on_divergence="count") to go on without them.'
        )


def _clock(plan: Plan, reached: int) -> str:
    return f"{plan.one_step.clock}={reached * plan.step:g}"


def observe(
    plan: Plan, definition: StepDefinition, state: np.ndarray, parameters: np.ndarray, alive: np.ndarray, reached: int
) -> list[dict[Hashable, Moments]]:
    """Moments of every observable, one mapping per block."""
    names = [name for name, _ in plan.observables]
    rows = definition.rows[: plan.one_step.dimension + len(plan.accumulators)]
    evaluate = (
        evaluator(tuple(f for _, f in plan.observables), (*rows, *plan.symbols, plan.one_step.clock)) if names else None
    )
    record = []
    for first in range(0, state.shape[1], BLOCK):
        block = slice(first, first + BLOCK)
        if evaluate is None:
            record.append({})
            continue
        x = state[: len(rows), block].astype(np.float64)
        values = parameters if parameters.ndim == 1 else parameters[:, block]
        with np.errstate(all="ignore"):
            observed = evaluate(*x, *values, np.float64(reached * plan.step))
        record.append(
            {
                name: _block_moments(plan, name, np.broadcast_to(f, x.shape[1:]), alive[block], reached)
                for name, f in zip(names, observed, strict=True)
            }
        )
    return record


def _block_moments(plan: Plan, name: Hashable, values: np.ndarray, alive: np.ndarray, reached: int) -> Moments:
    defined = alive & np.isfinite(values)
    undefined = int(alive.sum() - defined.sum())
    if undefined and plan.options.on_divergence is OnDivergence.RAISE:
        raise DivergenceError(
            f"the observable {name} is NaN or infinite for {undefined} of {alive.size} finite trajectories at "
            f"{_clock(plan, reached)}. Choose one defined on all reachable states, or "
            'options=Options(on_divergence="count").'
        )
    if not defined.any():
        return Moments()
    try:
        return Moments.from_samples(values[defined])
    except ArgumentError as error:
        raise DivergenceError(f"the observable {name} at {_clock(plan, reached)}: {error}") from None


def sign_changes(plan: Plan, state: np.ndarray) -> dict[sp.Symbol, int]:
    """Counts of the accumulators that ``count_sign_changes`` added."""
    d = plan.one_step.dimension
    counted = {symbol: i for i, (symbol, _) in enumerate(plan.accumulators)}
    return {
        x: int(np.nansum(state[d + counted[sign_change_symbol(x)]]))
        for x in plan.one_step.state
        if sign_change_symbol(x) in counted
    }
