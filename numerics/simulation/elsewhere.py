"""The chunks of a plan computed by an executor: threads, processes, or the workers of a cluster.

Chunks may be computed anywhere and in any order, so that a simulation has the same bits as one at home.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, as_completed

from numerics.errors import DriftproofError, NumericsError
from numerics.simulation.chunks import Chunk, chunk_bounds, simulate_chunk
from numerics.simulation.plan import Plan
from theory.argument_kinds import ArgumentKind, or_none

EXECUTOR = or_none(ArgumentKind("an executor of concurrent.futures", lambda value: isinstance(value, Executor)))


def chunks_elsewhere(plan: Plan, executor: Executor, report: Callable[[int], None]) -> list[Chunk]:
    """All chunks of a plan, each by one call of ``executor``; when one fails, those that wait are called off.

    Args:
        plan: From :func:`numerics.simulation.plan.simulation_plan` or :func:`numerics.simulation.plan.iteration_plan`.
        executor: Any executor; one over processes must be able to import ``numerics`` there.
        report: Called with the number of trajectories that are done.

    Raises:
        NumericsError: the executor takes no calls or loses one; what a chunk itself raises comes through as it is.
    """
    futures: dict[Future[Chunk], int] = {}
    done = 0
    try:
        for first, n in chunk_bounds(plan):
            futures[executor.submit(simulate_chunk, plan, first, n)] = n
        for future in as_completed(futures):
            future.result()
            done += futures[future]
            report(done)
        return [future.result() for future in futures]
    except DriftproofError:
        raise
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": .")
        raise NumericsError(
            f"executor must compute all chunks, but gave up after {done} of {plan.n_paths} trajectories ({told}). "
            "Give another one; the same call has the same bits."
        ) from error
    finally:
        for future in futures:
            future.cancel()
