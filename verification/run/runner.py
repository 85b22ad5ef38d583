"""A run: hand out the tasks that investigations ask for, keep every result as it comes, pronounce the verdicts.

Tasks run in any order and anywhere; verdicts do not depend on it. An investigation is asked again only when
everything it asked for is answered, it sees the answers in the order of its questions, and every answer has been
JSON, whether it was computed now or read from the store. So a run that was killed and resumed, or ran on
other workers, ends in the same bytes.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Any

from theory.errors import KernelDisagreementError
from verification.errors import ExecutorError, StoreError, VerificationError, one_sentence
from verification.run.fingerprint import versions
from verification.run.place import theirs_or_pool
from verification.run.pool import LOOKAHEAD, PATIENCE, PatienceError, PoolError, TimeLimitError, WorkerDiedError
from verification.run.settings import available_cores
from verification.run.store import Store
from verification.run.summary import Failure, Progress, RunSummary
from verification.run.task import Investigation, Result, Status, Task
from verification.run.worker import Assignment
from verification.signals import stopping_on_signals
from verification.verdict import ClaimVerdict, Verdict

ATTEMPTS = 3
"""How often a task is given to an executor that loses it."""

LONG = 2.0
"""Seconds from which on a task is known to be long and handed out before others."""

_HEARTBEAT = 0.2  # seconds between looks at signals and leases


def run(
    investigations: Sequence[Investigation],
    *,
    store: Store,
    workers: int | None = None,
    executor: Executor | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_verdict: Callable[[ClaimVerdict, float], None] | None = None,
    command: Sequence[str] = (),
    grace: float = 30.0,
    retry: bool = False,
) -> RunSummary:
    """Investigate until every investigation has pronounced, or a SIGINT, SIGTERM or SIGHUP arrives.

    Args:
        investigations: In the order in which verdicts are to be announced.
        store: Tasks in it that are finished, or used up the time that they have, are not computed again; others are.
        workers: Number of tasks in flight; by default the number of cores.
        executor: Where tasks run; by default worker processes of our own. Another one must run ``workers`` calls at a
            time. It may lose or repeat calls, but cannot kill one: a task that does not answer in ``PATIENCE`` times
            its time limit, and ``grace``, counts as lost and is handed out again.
        on_progress: Called whenever something changed.
        on_verdict: Called with each verdict and its computing time, in the order of ``investigations``.
        command: What the store notes as the origin of the run.
        grace: Seconds that a foreign executor has beyond that.
        retry: Whether tasks that used up their time are tried again too.

    Raises:
        StoreError: a result cannot be kept.
        ExecutorError: the executor refuses work.
        KernelDisagreementError: two kernels decide one formula differently. Finished results are kept, this one not.
    """
    start = time.monotonic()
    count = workers if workers is not None else available_cores()
    number = store.begin_run(command, versions())
    outcome = "failed"
    with stopping_on_signals() as stopping, theirs_or_pool(executor, count) as place:
        coordinator = _Run(investigations, store, place, count, grace, stopping, on_progress, on_verdict, retry)
        try:
            coordinator.work()
            outcome = "interrupted" if coordinator.interrupted else "finished"
        finally:
            coordinator.drop_flights()
            with contextlib.suppress(VerificationError):
                store.end_run(number, outcome)
    return coordinator.summary(time.monotonic() - start)


@dataclass(eq=False)
class _Case:
    """An investigation with what it asked for and what came back."""

    order: int
    investigation: Investigation
    asked: dict[str, Task] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    seconds: float = 0.0
    verdict: ClaimVerdict | None = None

    def ordered_results(self) -> dict[str, Result]:
        """The answers in the order of the questions, whatever order they came in."""
        return {key: self.results[key] for key in self.asked if key in self.results}


@dataclass(frozen=True)
class _Flight:
    """A task that was handed to the executor."""

    task: Task
    case: _Case
    deadline: float


class _Run:
    """The state of one run. Everything here happens in the caller's thread; only the executor works elsewhere."""

    def __init__(
        self,
        investigations: Sequence[Investigation],
        store: Store,
        executor: Executor,
        workers: int,
        grace: float,
        stopping: threading.Event,
        on_progress: Callable[[Progress], None] | None,
        on_verdict: Callable[[ClaimVerdict, float], None] | None,
        retry: bool,
    ) -> None:
        self.cases = [_Case(order, investigation) for order, investigation in enumerate(investigations)]
        self.store, self.executor, self.grace, self.stopping = store, executor, grace, stopping
        self.enforces_limits = getattr(executor, "enforces_limits", False)
        # With a lookahead no worker waits for the coordinator; without own limits the clock starts at the hand-out.
        self.window = LOOKAHEAD * workers if self.enforces_limits else workers
        self.on_progress, self.on_verdict, self.retry = on_progress, on_verdict, retry
        self.durations = store.durations()
        self.unopened = deque(self.cases)
        self.queue: list[tuple[float, int, Task, _Case]] = []
        self.flights: dict[Future[Any], _Flight] = {}
        self.attempts: dict[str, int] = {}
        self.refusals = 0
        self.sequence = itertools.count()
        self.announced = 0
        self.computed = self.reused = self.asked = self.answered = self.closed = 0
        self.failures: list[Failure] = []
        self.disagreement: tuple[str, str, str] | None = None
        self.interrupted = False

    def work(self) -> None:
        """Until all cases are closed, a signal arrives or two kernels disagree."""
        while self.unopened or self.queue or self.flights:
            if self.stopping.is_set():
                self.interrupted = True
                self._land([future for future in self.flights if future.done()])
                return
            if self.unopened:
                self._open(self.unopened.popleft())
            self._hand_out()
            self._land(self._arrivals())
            if self.disagreement is not None:
                self._land([future for future in self.flights if future.done()])
                raise self._stopped(*self.disagreement)
            self._recall_overdue()

    def summary(self, seconds: float) -> RunSummary:
        """What the run did."""
        closed = [case for case in self.cases if case.verdict is not None]
        return RunSummary(
            verdicts=tuple(case.verdict for case in closed if case.verdict is not None),
            seconds_by_claim={case.investigation.claim_id: case.seconds for case in closed},
            computed=self.computed,
            reused=self.reused,
            failures=tuple(self.failures),
            interrupted=self.interrupted,
            seconds=seconds,
        )

    def drop_flights(self) -> None:
        """Tell the executor that nobody waits any more."""
        for future in self.flights:
            future.cancel()

    def _open(self, case: _Case) -> None:
        """Take over a verdict whose whole basis is as it was; otherwise begin to ask."""
        standing = self.store.standing(case.investigation.claim_id, case.investigation.basis)
        if standing is None:
            self._advance(case)
            return
        case.seconds, case.verdict = standing.seconds, standing.verdict
        self.closed += 1
        self.reused += len(standing.tasks)
        self._announce()

    def _advance(self, case: _Case) -> None:
        """Ask for more tasks; close the case if there are none. Call when everything asked for is answered."""
        try:
            while True:
                results = case.ordered_results()
                fresh = {
                    task.key: task for task in case.investigation.next_tasks(results) if task.key not in case.asked
                }
                if not fresh:
                    verdict = case.investigation.conclude(results)
                    break
                case.asked |= fresh
                self.asked += len(fresh)
                if self._enqueue_unknown(case, fresh.values()):
                    self._tell()
                    return
        except StoreError:
            raise
        except KernelDisagreementError as error:
            raise self._stopped(case.investigation.claim_id, "while it was judged", str(error)) from error
        except Exception as error:
            verdict = self._broken(case, error)
        self._close(case, verdict)

    def _enqueue_unknown(self, case: _Case, tasks: Iterable[Task]) -> bool:
        """Take what the store holds, queue the rest; whether anything was queued."""
        queued = False
        for task in tasks:
            stored = self.store.result(task.key)
            if stored is not None and stored.stands(None if self.retry else task.time_limit):
                case.results[task.key] = stored.result
                if stored.result.status is not Status.DONE:
                    self.failures.append(Failure.remembered_of(stored))
                self.answered += 1
                case.seconds += stored.seconds
                self.reused += 1
            else:
                self._enqueue(task, case)
                queued = True
        return queued

    def _enqueue(self, task: Task, case: _Case) -> None:
        known = self.durations.get((task.claim, task.label), 0.0)
        heapq.heappush(self.queue, (-known if known >= LONG else 0.0, next(self.sequence), task, case))

    def _hand_out(self) -> None:
        while self.queue and len(self.flights) < self.window:
            _, _, task, case = heapq.heappop(self.queue)
            assignment = Assignment(
                task.function, dict(task.arguments), task.time_limit, task.memory_limit, task.home, task.fingerprint
            )
            try:
                future = self.executor.submit(assignment)
            except Exception as error:
                self.refusals += 1
                if self.refusals >= ATTEMPTS:
                    raise ExecutorError(
                        f"the executor refused work {ATTEMPTS} times in a row ({one_sentence(error)}). "
                        f"{self.computed + self.reused} results are kept in {self.store.path}; "
                        "run the same command to go on."
                    ) from error
                self._enqueue(task, case)
                continue
            self.refusals = 0
            deadline = float("inf") if self.enforces_limits else time.monotonic() + self._patience(task)
            self.flights[future] = _Flight(task, case, deadline)
            self._tell()

    def _arrivals(self) -> list[Future[Any]]:
        if not self.flights:
            return []
        patience = 0.0 if self.unopened else _HEARTBEAT
        arrived = list(wait(list(self.flights), timeout=patience, return_when=FIRST_COMPLETED).done)
        if not arrived:
            self._tell()  # While a task takes long, somebody may want to hear that it still runs.
        return arrived

    def _land(self, futures: Sequence[Future[Any]]) -> None:
        for future in futures:
            flight = self.flights.pop(future)
            answer = self._answer(future, flight)
            if answer is not None:
                self._record(flight, *answer)

    def _answer(self, future: Future[Any], flight: _Flight) -> tuple[Result, float, str] | None:
        """Result, seconds and details of a finished future; None if the task was lost and is handed out again."""
        task = flight.task
        try:
            outcome = future.result()
            result = Result(Status[outcome["status"]], outcome["value"], outcome["message"])
            return result, float(outcome["seconds"]), outcome["detail"]
        except TimeLimitError as error:
            used = 0.0 if isinstance(error, PatienceError) else task.time_limit
            return Result(Status.TIMED_OUT, message=str(error)), used, ""
        except MemoryError:
            message = f"more than the {task.memory_limit / 2**30:g} GiB it may use were needed."
            return Result(Status.OUT_OF_MEMORY, message=message), 0.0, ""
        except WorkerDiedError as error:
            return Result(Status.CRASHED, message=str(error)), 0.0, ""
        except PoolError as error:
            raise ExecutorError(
                f"{error} {self.computed + self.reused} results are kept in {self.store.path}; "
                "run the same command to go on."
            ) from error
        except (Exception, CancelledError) as error:
            return self._lost(flight, Status.CRASHED, one_sentence(error))

    def _recall_overdue(self) -> None:
        now = time.monotonic()
        for future, flight in [(f, flight) for f, flight in self.flights.items() if flight.deadline <= now]:
            del self.flights[future]
            future.cancel()
            answer = self._lost(flight, Status.TIMED_OUT, f"no answer within {self._patience(flight.task):g} s")
            if answer is not None:
                self._record(flight, *answer)

    def _patience(self, task: Task) -> float:
        """Seconds of wall-clock time for a task whose processor time nobody sees."""
        return PATIENCE * task.time_limit + self.grace

    def _lost(self, flight: _Flight, status: Status, cause: str) -> tuple[Result, float, str] | None:
        task = flight.task
        attempts = self.attempts[task.key] = self.attempts.get(task.key, 0) + 1
        self.store.record_incident(task.claim, task.label, "lost", f"attempt {attempts}: {cause}")
        if attempts < ATTEMPTS:
            self._enqueue(task, flight.case)
            return None
        return Result(status, message=f"the executor lost it {ATTEMPTS} times; the last time: {cause}."), 0.0, ""

    def _record(self, flight: _Flight, result: Result, seconds: float, detail: str) -> None:
        task, case = flight.task, flight.case
        if result.status is Status.DISAGREED:  # Neither answer is kept, and the first disagreement is the one told.
            self._fail(task.claim, task.label, result.status, result.message, detail)
            self.disagreement = self.disagreement or (task.claim, _asked_by(task), result.message)
            return
        self.store.record_result(task, result, seconds=seconds)
        self.computed += 1
        if result.status is not Status.DONE:
            self._fail(task.claim, task.label, result.status, result.message, detail)
        case.results[task.key] = result
        self.answered += 1
        case.seconds += seconds
        if len(case.results) == len(case.asked):
            self._advance(case)
        else:
            self._tell()

    def _close(self, case: _Case, verdict: ClaimVerdict) -> None:
        case.verdict = verdict
        self.closed += 1
        basis = case.investigation.basis
        self.store.record_verdict(verdict, list(case.asked), seconds=case.seconds, basis=basis)
        self._announce()

    def _announce(self) -> None:
        """Tell of the verdicts that are there, in the order of the investigations."""
        self._tell()
        while self.announced < len(self.cases):
            first = self.cases[self.announced]
            if first.verdict is None:
                break
            self.announced += 1
            if self.on_verdict is not None:
                self.on_verdict(first.verdict, first.seconds)

    def _broken(self, case: _Case, error: Exception) -> ClaimVerdict:
        """An investigation that raises is a fault of ours: one claim is undecided, the others go on."""
        claim, message = case.investigation.claim_id, one_sentence(error)
        self._fail(claim, "investigation", Status.CRASHED, message, "".join(traceback.format_exception(error)))
        return ClaimVerdict(claim, Verdict.UNDECIDED, ("UNDECIDED",), f"the investigation raised {message}", None, ())

    def _stopped(self, claim: str, label: str, message: str) -> KernelDisagreementError:
        """The end of the run, which no further verdict may follow."""
        return KernelDisagreementError(
            f"{claim}, {label}: {message} The run was stopped; {self.computed + self.reused} other results are kept in "
            f"{self.store.path}, this one is not."
        )

    def _fail(self, claim: str, label: str, status: Status, message: str, detail: str) -> None:
        self.failures.append(Failure(claim, label, status, message))
        self.store.record_incident(claim, label, status.name, message, detail)

    def _tell(self) -> None:
        if self.on_progress is None:
            return
        self.on_progress(
            Progress(
                tasks_done=self.answered,
                tasks_known=self.asked,
                claims_done=self.closed,
                claims=len(self.cases),
                running=tuple(
                    f"{flight.task.claim} {flight.task.label}"
                    for future, flight in self.flights.items()
                    if future.running() or not self.enforces_limits
                ),
            )
        )


def _asked_by(task: Task) -> str:
    """The statement that a task is about, and what it computes."""
    statement = task.arguments.get("statement")
    return f"statement '{statement}' ({task.label.removeprefix(f'{statement}/')})" if statement else task.label
