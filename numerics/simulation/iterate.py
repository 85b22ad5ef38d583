r"""Iteration of a stochastic recursion on many replicas, in the fused kernel: real SGD for small models.

The same engine as :func:`numerics.simulation.simulate.simulate`: noise addressed by (seed, stream, replica, step),
statistics on the way, the same bits for any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import sympy as sp

from numerics.arguments import YES_OR_NO, takes
from numerics.simulation.accumulators import Accumulator
from numerics.simulation.chunks import Simulation
from numerics.simulation.elsewhere import EXECUTOR
from numerics.simulation.options import Options, required_options
from numerics.simulation.plan import iteration_plan
from numerics.simulation.simulate import run_plan
from theory.discrete.recursion import Recursion


@takes(count_sign_changes=YES_OR_NO, paths=YES_OR_NO, executor=EXECUTOR)
def iterate(
    recursion: Recursion,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    steps: int,
    n_replicas: int,
    seed: int,
    at: Sequence[int] | None = None,
    observables: Mapping[str, sp.Expr] | Sequence[sp.Expr] | None = None,
    accumulators: Mapping[sp.Symbol, Accumulator] | None = None,
    count_sign_changes: bool = False,
    paths: bool = False,
    options: Options | None = None,
    executor: Executor | None = None,
) -> Simulation:
    r"""Iterate :math:`\theta_{k+1} = F(\theta_k, \xi_k, u_k; k)` on independent replicas.

    Args:
        recursion: The recursion; see :func:`theory.gradient_noise.descent.gradient_descent` for that of SGD.
        parameters: A number for each symbol, or an array with one per replica.
        initial: :math:`\theta_0`: one number per coordinate, or an array of shape ``(n_replicas, d)``.
        steps: Number of steps.
        n_replicas: Number of replicas.
        seed: Names the noise, 64 bits.
        at: Step numbers after which observables are taken, ascending, 0 being the start; the last one unless given.
        observables: Names to expressions in the state, parameters, accumulators and the step number, or a sequence of
            expressions, which are then their own names. Evaluated in float64.
        accumulators: Symbols to functionals of the whole run, such as
            :class:`~numerics.simulation.accumulators.GridMaximum`; observables may name their symbols.
        count_sign_changes: Count the steps in which a coordinate jumps across zero.
        paths: Keep the states at ``at`` too.
        options: How it is run: :class:`numerics.simulation.options.Options`.
        executor: Who computes the chunks, as for :func:`numerics.simulation.simulate.simulate`.

    Returns:
        Its ``times`` are step numbers; ``final`` has shape ``(n_replicas, d)``, ``paths`` ``(len(at), n_replicas, d)``.

    Raises:
        ArgumentError, MissingParameterError: before anything is computed.
        NumericsError: the executor lost a chunk.
        DivergenceError: a replica or an observable left the finite numbers.

    Example:
        >>> from theory.notation import eta
        >>> w, xi = sp.symbols("w xi", real=True)
        >>> chain = Recursion([w], [(1 - eta) * w + eta * xi], normals=[xi])
        >>> run = iterate(chain, parameters={eta: 0.5}, initial=[1.0], steps=3, n_replicas=8, seed=1, at=[0, 3])
        >>> run.final.shape, run.times.tolist()
        ((8, 1), [0.0, 3.0])
    """
    options = required_options(options, "iterate")
    plan = iteration_plan(
        recursion,
        parameters=parameters,
        initial=initial,
        steps=steps,
        n_replicas=n_replicas,
        seed=seed,
        at=at,
        observables=observables,
        accumulators=accumulators,
        count_sign_changes=count_sign_changes,
        paths=paths,
        options=options,
    )
    return run_plan(plan, progress=options.progress, title="iterating", executor=executor)
