r"""Simulation of many independent trajectories, reduced on the way to what is asked for.

Trajectories are worked through in blocks of :data:`BLOCK`. The noise of a trajectory depends on seed, stream,
trajectory and step alone, and the statistics of blocks are merged in the order of the blocks; so the result has the
same bits for any number of threads, any size of chunks, and any distribution of chunks over processes::

    plan = simulation_plan(process, ...)
    chunks = [simulate_chunk(plan, first, n) for first, n in chunk_bounds(plan)]  # in any order, anywhere
    simulation = merge_chunks(plan, chunks)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Literal

import sympy as sp

from numerics.arguments import YES_OR_NO, takes
from numerics.progress import Report, progress_report
from numerics.schemes import Scheme
from numerics.simulation.accumulators import Accumulator
from numerics.simulation.chunks import Simulation, chunk_bounds, merge_chunks, simulate_chunk
from numerics.simulation.elsewhere import EXECUTOR, chunks_elsewhere
from numerics.simulation.options import Options, required_options
from numerics.simulation.plan import Plan, simulation_plan
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval


@takes(count_sign_changes=YES_OR_NO, paths=YES_OR_NO, executor=EXECUTOR)
def simulate(
    process: ItoProcess,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    step: float,
    until: float,
    n_paths: int,
    seed: int,
    scheme: Scheme | None = None,
    times: Sequence[float] | None = None,
    observables: Mapping[str, sp.Expr] | Sequence[sp.Expr] | None = None,
    accumulators: Mapping[sp.Symbol, Accumulator] | None = None,
    coordinates: str = "state",
    count_sign_changes: bool = False,
    paths: bool = False,
    interval: Interval | None = None,
    regular_ends: Literal["absorbing", "reflecting"] = "reflecting",
    options: Options | None = None,
    executor: Executor | None = None,
) -> Simulation:
    r"""Simulate independent trajectories of a process.

    Args:
        process: The Itô process; its coefficients may depend on time.
        parameters: A number for each symbol, or an array with one per trajectory.
        initial: One number per coordinate, or an array of shape ``(n_paths, d)``.
        step: Step size h.
        until: Final time, a multiple of ``step``.
        n_paths: Number of trajectories.
        seed: Names the noise, 64 bits.
        scheme: ``EulerMaruyama()`` unless given, for square-root noise on a positive coordinate
            ``QuadraticExponential()``, between two such ends ``BoundedNoise()``, for noise x**p with p > 1/2 above an
            end 0 that is out of reach ``PowerNoise()``, and beside poles of the drift that repel, under constant noise,
            ``RepellingPoles(...)``. A step keeps the domain that
            the symbols of the coordinates declare and does not pass a pole of a coefficient
            (:mod:`numerics.simulation.domain`); ``Reflecting`` and ``Absorbing`` say what happens at an end that is
            reached.
        times: When observables are taken, multiples of ``step``; the final time unless given.
        observables: Names to expressions in the state, parameters, accumulators and time, or a sequence of expressions,
            which are then their own names. Evaluated in float64.
        accumulators: Symbols to functionals of the path; see :mod:`numerics.simulation.accumulators`.
        coordinates: ``"log"`` steps :math:`y = \log|x|` (:mod:`numerics.simulation.log_coordinates`); ``initial`` is
            still x, while ``final``, observables and accumulators speak of ``log_distance``.
        count_sign_changes: Count the steps in which a coordinate jumps across zero.
        paths: Keep the states at ``times`` too, for pictures of a few trajectories.
        interval: Where the process lives, as for :func:`theory.line.laws.stationary.stationary_density`; each end does
        what
            the theory says (:mod:`numerics.simulation.on_interval`). It chooses the scheme.
        regular_ends: What happens at an end of ``interval`` that is regular.
        options: How it is run: :class:`numerics.simulation.options.Options`.
        executor: Who computes the chunks (``options.chunk`` trajectories each): any executor of
            :mod:`concurrent.futures`, such as that of a Dask cluster. The bits are the same.

    Raises:
        ArgumentError, MissingParameterError, SchemeError: before anything is computed.
        NumericsError: the executor lost a chunk.
        DivergenceError: a trajectory or an observable left the finite numbers, or a trajectory its domain.

    Example:
        >>> from theory.notation import zeta
        >>> x = sp.Symbol("x", real=True)
        >>> process = ItoProcess.scalar(x, drift=-x, dispersion=zeta)
        >>> run = simulate(process, parameters={zeta: 1.0}, initial=[1.0], step=0.5, until=1.0, n_paths=8, seed=1)
        >>> run.final.shape, run.n_steps
        ((8, 1), 2)
    """
    options = required_options(options, "simulate")
    plan = simulation_plan(
        process,
        parameters=parameters,
        initial=initial,
        step=step,
        until=until,
        n_paths=n_paths,
        seed=seed,
        scheme=scheme,
        times=times,
        observables=observables,
        accumulators=accumulators,
        coordinates=coordinates,
        count_sign_changes=count_sign_changes,
        paths=paths,
        interval=interval,
        regular_ends=regular_ends,
        options=options,
    )
    return run_plan(plan, progress=options.progress, executor=executor)


def run_plan(
    plan: Plan, *, progress: bool | Report | None = None, title: str = "simulating", executor: Executor | None = None
) -> Simulation:
    """Run all chunks of a plan, here and one after the other unless an ``executor`` is given.

    Args:
        plan: From :func:`numerics.simulation.plan.simulation_plan` or :func:`numerics.simulation.plan.iteration_plan`.
        progress: As in :class:`~numerics.simulation.options.Options`; a plan itself carries no callback.
        title: What the progress bar is called.
        executor: As for :func:`simulate`.
    """
    total = plan.n_paths * plan.n_steps
    with progress_report(progress, title) as report:
        if executor is not None:
            return merge_chunks(plan, chunks_elsewhere(plan, executor, lambda n: report(n * plan.n_steps, total)))
        chunks, done = [], 0
        for first, n in chunk_bounds(plan):

            def step_report(steps: int, base: int = done, width: int = n) -> None:
                report(base + steps * width, total)

            chunks.append(simulate_chunk(plan, first, n, report=step_report))
            done += n * plan.n_steps
    return merge_chunks(plan, chunks)
