"""What happens inside a worker process: take one call, run it under a memory limit, send back what came of it.

A worker lives for many calls. It ignores Ctrl-C, because the coordinator decides what a Ctrl-C means, and it ends
when the coordinator does, however that came about.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from theory.errors import DriftproofError, KernelDisagreementError
from verification.errors import SourceError, one_sentence
from verification.foreign_code import staying
from verification.run.fingerprint import ROOT, fingerprint, imported, saved_since_hashed, uncovered
from verification.run.task import execute

READY = b"ready"
"""First message of a worker; the clock of its first call starts after it."""


def serve(calls: Connection, lifeline: Connection) -> None:
    """Run calls that arrive through ``calls`` until it is closed.

    Args:
        calls: Pickled ``(function, args, kwargs, memory_limit)`` in, pickled ``(succeeded, value)`` out.
        lifeline: Never carries data; the coordinator holds its only other end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _end_with_the_coordinator(lifeline)
    os.dup2(2, 1)  # What a task prints must not end up between the lines of the coordinator's --json.
    _one_thread()
    gc.freeze()  # What was loaded before the fork stays.
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        calls.send_bytes(READY)
        while True:
            calls.send_bytes(_outcome(calls.recv_bytes()))


@dataclass(frozen=True)
class Assignment:
    """A task as an executor carries it: calling it runs the task and says how it ended.

    Attributes:
        function: Dotted path, as in :class:`verification.run.task.Task`.
        arguments: JSON.
        home: Folder from which the claim's module is imported; "" for tasks about no claim.
        fingerprint: What the coordinator holds the code to be.
        time_limit: Seconds; enforced by :class:`verification.run.pool.WorkerPool`.
        memory_limit: Bytes; likewise.
        root: The checkout whose code the coordinator runs.
    """

    function: str
    arguments: Mapping[str, Any]
    time_limit: float
    memory_limit: int
    home: str = ""
    fingerprint: str = ""
    root: str = str(ROOT)

    @property
    def kin(self) -> str:
        """The statement the task is about: tasks of one statement derive the same things; "" where there is none."""
        named = [self.arguments.get(part, "") for part in ("module", "claim", "statement")]
        return "/".join(named) if all(named) else ""

    def __call__(self) -> dict[str, Any]:
        """``status``, ``value``, ``message``, ``detail`` and ``seconds`` of the task; memory errors pass through.

        The value goes through JSON once, so that a fresh result and one read from a store are the same.
        """
        start = time.monotonic()
        outcome: dict[str, Any] = {"status": "DONE", "value": None, "message": "", "detail": ""}
        try:
            before = imported()
            if self.home and self.home not in sys.path:
                sys.path.insert(0, self.home)
            if self.home:
                fingerprint(self.arguments["module"], self.home)  # before the import: see saved_since_hashed
            with staying():
                self._import()
                start = time.monotonic()
                outcome["value"] = json.loads(json.dumps(execute(self.function, self.arguments), allow_nan=False))
            self._refuse_other_code(before)
        except (MemoryError, KeyboardInterrupt):
            raise
        except KernelDisagreementError as error:
            outcome |= {"status": "DISAGREED", "message": str(error), "detail": traceback.format_exc()}
        except BaseException as error:
            outcome |= {
                "status": "FAILED",
                "message": one_sentence(error) + _place(error, self.home),
                "detail": traceback.format_exc(),
            }
        return outcome | {"seconds": time.monotonic() - start}

    def _import(self) -> None:
        """Import what the task needs before its clock starts: start-up is no claim's time. Errors are the task's."""
        with contextlib.suppress(Exception):
            importlib.import_module(self.function.partition(":")[0])
            if self.home:
                importlib.import_module(self.arguments["module"])

    def _refuse_other_code(self, before: frozenset[str]) -> None:
        """Raise where the code that computed is not the code that the result would be filed under.

        Files are hashed once in a worker, before they are imported. What is saved after its import is the next run's;
        what is saved before it, as a module that a task imports late may be, is nobody's.
        """
        if not self.home:
            return
        module = self.arguments["module"]
        if fingerprint(module, self.home) != self.fingerprint:
            if self.root != str(ROOT):
                raise SourceError(
                    f"the run was started with the code in {self.root}, its worker imported that in {ROOT}, and they "
                    f"differ behind {module}: start both from one checkout (PYTHONPATH, or the installed package)."
                )
            raise SourceError(
                f"the code behind {module} changed while the run was starting; run the same command again."
            )
        if changed := saved_since_hashed(module, self.home):
            raise SourceError(f"{changed[0]} was saved while the run was at work; run the same command again.")
        beyond = uncovered(module, self.home, before)
        if beyond:
            raise SourceError(
                f"{module} imported {beyond[0]} by a computed name, so that a change there would go unnoticed. "
                "Import it with an import statement."
            )


def _outcome(call: bytes) -> bytes:
    try:
        function, args, kwargs, memory_limit = pickle.loads(call)
        with _address_space_limited_to(memory_limit):
            value = function(*args, **kwargs)
        return pickle.dumps((True, value))
    except BaseException as error:
        return pickle.dumps((False, _portable(error)))


def _portable(error: BaseException) -> BaseException:
    """``error``, or a likeness of it if it does not survive the journey to the coordinator."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(one_sentence(error))
    return error if isinstance(error, Exception | KernelDisagreementError) else RuntimeError(one_sentence(error))


def _place(error: BaseException, home: str) -> str:
    """`` (claims.py:45)``: where in the project an error arose that is none of those which say it themselves."""
    if isinstance(error, DriftproofError):
        return ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if home and path.is_relative_to(home) and "site-packages" not in path.parts:
            return f" ({path.relative_to(home)}:{frame.lineno})"
    return ""


@contextlib.contextmanager
def _address_space_limited_to(extra: int | None) -> Iterator[None]:
    """Let the process grow by ``extra`` bytes at most; what it already holds does not count against the call."""
    held = _address_space()
    if extra is None or held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = held + extra if hard == resource.RLIM_INFINITY else min(held + extra, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int | None:
    """Bytes of address space of this process; None where the system does not tell (outside Linux)."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def _end_with_the_coordinator(lifeline: Connection) -> None:
    """Have the kernel end this process when the coordinator's end of ``lifeline`` is closed, even by kill -9.

    SIGIO, left at its default of ending the process, needs no interpreter: it also ends a call that sits in C code.
    """
    if not hasattr(fcntl, "F_SETOWN"):
        return  # Here a worker ends when it next speaks to the coordinator.
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGIO})
    descriptor = lifeline.fileno()
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    if lifeline.poll():  # It was closed before the kernel was asked to watch it.
        os._exit(1)


def _one_thread() -> None:
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        set_num_threads: Callable[[int], None] = torch.set_num_threads
        set_num_threads(1)
