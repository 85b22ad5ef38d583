"""Tasks on other machines: the workers of a Dask cluster as the executor of a run.

The cluster is only a place to compute: results come back to the coordinator, which keeps them in its store as ever, so
that workers may come, go and die. What they compute with is held against the code here: a task whose code is
different there is refused (see ``worker``). A Dask worker runs what its scheduler sends it: trust the network.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from verification.errors import ExecutorError, VerificationError

CONNECTING = 15.0
"""Seconds to wait for the scheduler, and then for its first worker."""


_SCHEMES = ("tcp", "tls", "ws", "wss")


def _require_a_listener(address: str) -> None:
    """Refuse an address that is none, or at which nobody listens.

    Dask's client tries for half a minute in both cases, and leaves a traceback behind when it gives up.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in _SCHEMES or not host or not port:
        schemes = ", ".join(f"{scheme}://" for scheme in _SCHEMES)
        raise VerificationError(
            f"--cluster must be an address such as tcp://10.0.0.1:8786, with one of {schemes} and a port, got "
            f"{address!r}."
        )
    try:
        socket.create_connection((host, port), timeout=CONNECTING).close()
    except OSError as error:
        raise ExecutorError(
            f"no scheduler answers at {address} ({error}). Start one with `dask scheduler`, or give its address."
        ) from error


@contextmanager
def cluster(address: str, workers: int | None = None) -> Iterator[tuple[Executor, int]]:
    """The executor of the cluster whose scheduler listens at ``address``, and how many tasks to hand out at a time.

    Args:
        address: As the scheduler prints it, e.g. ``tcp://10.0.0.1:8786``.
        workers: Tasks at a time; by default one for each thread of the workers that are there.

    Raises:
        VerificationError: the package ``distributed`` is missing, or ``address`` is none.
        ExecutorError: nobody answers there, or no worker is there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise VerificationError(
            "--cluster needs the package distributed, the extra `cluster`. Install it with `pip install distributed`."
        ) from error
    _require_a_listener(address)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # Its users hear of losses from the run itself.
    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except OSError as error:
        raise ExecutorError(
            f"no scheduler answers at {address}. Start one with `dask scheduler`, or give its address."
        ) from error
    except ValueError as error:
        raise VerificationError(f"--cluster must be an address such as tcp://10.0.0.1:8786: {error}.") from error
    try:
        try:
            client.wait_for_workers(1, timeout=CONNECTING)
        except OSError as error:
            raise ExecutorError(
                f"the scheduler at {address} has no workers. Start some with `dask worker {address} --nthreads 1`."
            ) from error
        nthreads: Any = client.nthreads()
        threads = sum(nthreads.values())
        with client.get_executor(pure=False) as executor:
            yield executor, workers if workers is not None else threads
            executor.shutdown(wait=False)
    finally:
        client.close(timeout=CONNECTING)
