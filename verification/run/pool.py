"""A process pool that survives the death of its workers.

``concurrent.futures.ProcessPoolExecutor`` fails every pending call when one worker dies. Here each worker
holds exactly one call, so the pool knows which call a dead worker was running: that call alone is tried
again, on a fresh worker, and after three deaths reported; its neighbours notice nothing.

Workers are forked from a server process that has the libraries already loaded, so that a replacement is there
within milliseconds. One thread of the coordinator, :meth:`WorkerPool._manage`, speaks to them all.
"""

from __future__ import annotations

import functools
import itertools
import multiprocessing
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from theory.argument_kinds import ArgumentKind, or_none, whole
from verification.arguments import of_kind
from verification.errors import PatienceError, PoolError, TimeLimitError, WorkerDiedError, one_sentence
from verification.run.process import modules_found_as_here, processor_time, signal_name
from verification.run.settings import available_cores
from verification.run.worker import READY, serve
from verification.signals import unheard_by_children

ATTEMPTS = 3
"""How many workers a call may cost before it is reported."""

PATIENCE = 10
"""A call may take so many times its time limit of wall-clock time: enough on a machine with ten times as much to do."""

LOOKAHEAD = 16
"""Calls a worker for a pool to choose from: with fewer, none of them may be akin to what a worker did last."""
_LOOK = 1.0  # seconds between looks at the processor time of a call

PRELOAD = (
    "verification.run.prelude",
    "numpy",
    "sympy",
    "mpmath",
    "flint",
    "verification.run.worker",
    "verification.run.task",
    "verification.run.preloaded",
)
"""Modules that workers find already imported; what is missing is passed over."""


@dataclass(eq=False)
class _Call:
    """A call on its way to a result."""

    future: Future[Any]
    message: bytes
    time_limit: float | None
    kin: str = ""
    deaths: int = 0

    @functools.cached_property
    def line(self) -> list[str]:
        """``kin`` and what it begins with, up to each slash."""
        return list(itertools.accumulate(self.kin.split("/"), "{}/{}".format))


@dataclass(eq=False)
class _Worker:
    """A worker process as the coordinator sees it. ``lifeline`` closes when the coordinator ends.

    While it has a call with a time limit, ``began`` is when the call began, by the wall clock and in processor time,
    and ``look`` when its processor time is to be looked at next. ``kin`` is that of its last call, ``served`` holds
    those of all its calls, and what they begin with.
    """

    process: Any
    calls: Connection
    lifeline: Connection
    ready: bool = False
    call: _Call | None = None
    kin: str = ""
    served: set[str] = field(default_factory=set)
    began: tuple[float, float] = (0.0, 0.0)
    look: float = float("inf")


_WORKERS = or_none(whole(-(2**31), 2**31))
_MODULES = ArgumentKind(
    "a sequence of names of modules",
    lambda value: isinstance(value, tuple | list) and all(isinstance(name, str) for name in value),
)


class WorkerPool(Executor):
    """An executor over long-lived worker processes, each running one call at a time.

    A callable with attributes ``time_limit`` (seconds of processor time; wall-clock time is bounded by ``PATIENCE``
    times that) or ``memory_limit`` (bytes beyond what the worker holds) runs
    under these limits. A future fails with :class:`TimeLimitError`, with ``MemoryError``, with
    :class:`WorkerDiedError` after ``ATTEMPTS`` deaths, or with what the call raised.

    Of the calls that wait, a worker is given one with the same attribute ``kin`` (text) as its last one, else as one
    before, where there is such a call: what those derived and compiled is still in its memory. Else one that no other
    worker knows, and of these one whose ``kin`` begins like one of theirs: as ``module/claim/statement`` does.

    Args:
        workers: Number of processes; by default the number of cores this process may use.
        preload: Modules to be imported once, in the process that workers are forked from.

    Example:
        >>> with WorkerPool(1) as pool:
        ...     pool.submit(pow, 2, 10).result()
        1024
    """

    enforces_limits = True

    def __init__(self, workers: int | None = None, *, preload: Sequence[str] = PRELOAD) -> None:
        of_kind(_WORKERS, workers, "workers")
        of_kind(_MODULES, preload, "preload")
        self.size = int(workers) if workers is not None else available_cores()
        if self.size < 1:
            raise PoolError(f"workers must be at least 1, got {self.size}.")
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._names = (f"driftproof-worker-{i}" for i in itertools.count())
        self._guard = threading.Lock()
        self._pending: deque[_Call] = deque()
        self._suspects: deque[_Call] = deque()
        self._workers: list[_Worker] = []
        self._deaths_at_start = 0
        self._failure: PoolError | None = None
        self._closing = False
        self._killing = False
        self._alarm, self._bell = self._context.Pipe(duplex=False)
        self._manager = threading.Thread(target=self._manage, name="driftproof-pool", daemon=True)
        self._manager.start()

    def prepare(self) -> None:
        """Have the modules loaded from now on, while the caller does something else, and not only at the first call."""
        with unheard_by_children(), modules_found_as_here():
            forkserver.ensure_running()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn(*args, **kwargs)`` run in a worker.

        Raises:
            PoolError: the pool was shut down, or its workers cannot start.
        """
        memory_limit = getattr(fn, "memory_limit", None)
        message = pickle.dumps((fn, args, kwargs, memory_limit))
        call = _Call(Future(), message, getattr(fn, "time_limit", None), getattr(fn, "kin", ""))
        with self._guard:
            if self._failure is not None:
                raise self._failure
            if self._closing:
                raise PoolError("the pool was shut down and takes no more calls. Make a new WorkerPool.")
            self._pending.append(call)
        self._ring()
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls and end the workers when the present ones are done."""
        self._close(kill=False, cancel=cancel_futures)
        if wait:
            self._manager.join()

    def kill(self) -> None:
        """Take no more calls and end the workers at once; unfinished futures are cancelled or fail."""
        self._close(kill=True, cancel=True)
        self._manager.join()

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive."""
        return tuple(worker.process.pid for worker in self._workers)

    def _close(self, *, kill: bool, cancel: bool) -> None:
        with self._guard:
            self._closing = True
            self._killing |= kill
            if cancel:
                for call in self._pending:
                    call.future.cancel()
        self._ring()

    def _ring(self) -> None:
        """Wake the manager. Rings that it has not yet answered need no second one."""
        with self._guard:
            if not self._bell.closed and not self._alarm.poll():
                self._bell.send_bytes(b"!")

    def _manage(self) -> None:
        try:
            while not self._finished():
                self._hand_out()
                if self._finished():
                    break  # The calls that waited were cancelled: nothing will ring any more.
                for connection in wait([self._alarm, *(worker.calls for worker in self._workers)], self._patience()):
                    if connection is self._alarm:
                        self._alarm.recv_bytes()
                    else:
                        self._listen(next(worker for worker in self._workers if worker.calls is connection))
                self._enforce_time_limits()
        except BaseException as error:
            self._fail(PoolError(f"the pool failed: {type(error).__name__}: {error}."))
        finally:
            self._end()

    def _finished(self) -> bool:
        with self._guard:
            busy = self._pending or self._suspects or any(worker.call for worker in self._workers)
            return self._killing or self._failure is not None or (self._closing and not busy)

    def _hand_out(self) -> None:
        """Give calls to ready workers, and see that there are enough workers for the calls that wait."""
        for worker in [worker for worker in self._workers if worker.ready and worker.call is None]:
            call = self._next_call(worker)
            if call is None:
                break
            self._give(worker, call)
        with self._guard:
            waiting = len(self._pending) + len(self._suspects)
        starting = sum(not worker.ready for worker in self._workers)
        for _ in range(min(waiting - starting, self.size - len(self._workers))):
            self._start_worker()

    def _next_call(self, worker: _Worker) -> _Call | None:
        elsewhere = set().union(*(other.served for other in self._workers if other is not worker)) - {""}

        def distance(call: _Call) -> tuple[bool, bool, bool, int]:
            near = sum(part in worker.served for part in call.line)
            return call.kin != worker.kin, call.kin not in worker.served, call.kin in elsewhere, -near

        with self._guard:
            # A suspect goes to a fresh worker only: _listen hands it over when one reports.
            while self._pending:
                # Calls of the last one's kin, of earlier ones', then those of nobody's, then any; min takes the first.
                call = min(self._pending, key=distance)
                self._pending.remove(call)
                if call.future.set_running_or_notify_cancel():
                    return call
        return None

    def _give(self, worker: _Worker, call: _Call) -> None:
        worker.call, worker.kin = call, call.kin
        worker.served.update(call.line)
        if call.time_limit is not None:
            now = time.monotonic()
            worker.began = now, processor_time(worker.process.pid) or 0.0
            worker.look = now + min(call.time_limit, _LOOK)
        try:
            worker.calls.send_bytes(call.message)
        except OSError:
            self._bury(worker)

    def _listen(self, worker: _Worker) -> None:
        try:
            message = worker.calls.recv_bytes()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if message == READY:
            worker.ready = True
            self._deaths_at_start = 0
            if self._suspects:
                self._give(worker, self._suspects.popleft())
            return
        call, worker.call, worker.look = worker.call, None, float("inf")
        assert call is not None, "a worker answers only what it was asked"
        try:
            succeeded, value = pickle.loads(message)
        except Exception as error:
            succeeded, value = (
                False,
                PoolError(f"the call's value cannot be read here: {type(error).__name__}: {error}."),
            )
        if succeeded:
            call.future.set_result(value)
            return
        if isinstance(value, MemoryError):
            self._retire(worker)  # What a failed allocation left half-built must not meet the next call.
        call.future.set_exception(value)

    def _bury(self, worker: _Worker) -> None:
        """A worker died: its call, if it had one, goes to a fresh worker or, after three deaths, is reported."""
        cause = self._retire(worker, patience=1.0)
        if not worker.ready:
            self._death_at_start(cause)
            return
        call = worker.call
        if call is None:
            return
        call.deaths += 1
        if call.deaths < ATTEMPTS:
            self._suspects.append(call)
        else:
            call.future.set_exception(WorkerDiedError(f"{ATTEMPTS} workers died of it; the last {cause}."))

    def _enforce_time_limits(self) -> None:
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.look <= now]:
            call = worker.call
            assert call is not None and call.time_limit is not None, "only a call with a limit is looked at"
            waited = now - worker.began[0]
            clock = processor_time(worker.process.pid)
            used = waited if clock is None else clock - worker.began[1]
            if used >= call.time_limit:
                sentence = f"the time limit of {call.time_limit:g} s of processor time was reached."
                self._end_late(worker, TimeLimitError(sentence))
            elif waited >= PATIENCE * call.time_limit:
                sentence = f"no answer in {waited:.3g} s, of which it used the processor for {used:.2g} s."
                self._end_late(worker, PatienceError(sentence))
            else:
                worker.look = now + min(max(call.time_limit - used, 0.02), _LOOK, PATIENCE * call.time_limit - waited)

    def _end_late(self, worker: _Worker, error: TimeLimitError) -> None:
        call = worker.call
        self._retire(worker)
        if call is not None:
            call.future.set_exception(error)

    def _patience(self) -> float | None:
        look = min((worker.look for worker in self._workers), default=float("inf"))
        return None if look == float("inf") else max(0.0, look - time.monotonic())

    def _start_worker(self) -> None:
        ours, theirs = self._context.Pipe()
        end, lifeline = self._context.Pipe(duplex=False)
        process = self._context.Process(target=serve, args=(theirs, end), name=next(self._names), daemon=True)
        try:
            with unheard_by_children(), modules_found_as_here():
                process.start()
        except (OSError, EOFError) as error:
            self._death_at_start(f"could not be started ({one_sentence(error)})")
            ours.close()
            lifeline.close()
        else:
            self._workers.append(_Worker(process, ours, lifeline))
        finally:
            theirs.close()
            end.close()

    def _death_at_start(self, cause: str) -> None:
        self._deaths_at_start += 1
        if self._deaths_at_start >= ATTEMPTS:
            self._fail(PoolError(f"{ATTEMPTS} workers in a row {cause} before they were ready for work."))

    def _retire(self, worker: _Worker, *, patience: float = 0.0) -> str:
        """End a worker that has not ended by itself after ``patience`` seconds; the answer says how it ended."""
        self._workers.remove(worker)
        worker.process.join(timeout=patience)
        worker.process.kill()
        # Should the server that reaps it be dead too, this ends the worker all the same.
        worker.lifeline.close()
        worker.calls.close()
        worker.process.join()
        code = worker.process.exitcode
        worker.process.close()
        return f"was ended by {signal_name(-code)}" if code is not None and code < 0 else f"ended with exit code {code}"

    def _fail(self, error: PoolError) -> None:
        with self._guard:
            self._failure = error

    def _end(self) -> None:
        """Leave no process and no open future behind."""
        with self._guard:
            self._closing = True
            calls = [*self._pending, *self._suspects, *(worker.call for worker in self._workers if worker.call)]
            self._pending.clear()
            self._suspects.clear()
        for worker in list(self._workers):
            self._retire(worker)
        for call in calls:
            if self._failure is None:
                call.future.cancel()
            if call.future.running() or call.future.set_running_or_notify_cancel():
                call.future.set_exception(self._failure or PoolError("the pool was ended before the call was done."))
        with self._guard:
            self._bell.close()
            self._alarm.close()
