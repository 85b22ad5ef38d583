"""Where the tasks of a run are computed: processes here, or a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor

from verification.run.pool import PRELOAD, WorkerPool
from verification.run.settings import available_cores

PRELOAD_FOR_MANY = (*PRELOAD, "verification.run.preloaded_for_many")
"""What workers find already imported where many claims are to be judged."""

MANY = 20
"""So many claims that one of them is bound to need all of it."""


@contextlib.contextmanager
def theirs_or_pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    """The caller's executor, which stays open, or a pool of our own, which is left at once."""
    if executor is not None:
        yield executor
        return
    pool = WorkerPool(workers)
    try:
        yield pool
    finally:
        pool.kill()


@contextlib.contextmanager
def place(address: str | None, workers: int | None, unjudged: int) -> Iterator[tuple[Executor, int]]:
    """Where tasks run, and how many at a time: processes here, which typeset too what they judged, or a cluster.

    Args:
        address: The scheduler of a Dask cluster, or None.
        workers: How many tasks at a time; by default as many as there are cores, here or there.
        unjudged: How many claims were never judged. If any, processes are prepared while the claims are made; for
            many of them all libraries are loaded.
    """
    if address is not None:
        from verification.run.cluster import cluster

        with cluster(address, workers) as found:
            yield found
        return
    size = available_cores() if workers is None else workers
    pool = WorkerPool(size, preload=PRELOAD_FOR_MANY if unjudged >= MANY else PRELOAD)
    try:
        if unjudged:
            pool.prepare()
        yield pool, size
    finally:
        pool.kill()
