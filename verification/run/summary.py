"""What a run tells while it goes on, and when it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verification.run.store import StoredResult
from verification.run.task import Status
from verification.verdict import ClaimVerdict


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        tasks_done: Tasks answered, from the store or by computing.
        tasks_known: Tasks asked for so far; grows when a second stage is asked for.
        claims_done: Claims with a verdict.
        claims: Claims in the run.
        running: Labels of the tasks in flight, oldest first.
    """

    tasks_done: int
    tasks_known: int
    claims_done: int
    claims: int
    running: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A task that ended without a value, now or in a run that is ``remembered``, or an investigation that raised."""

    claim: str
    label: str
    status: Status
    message: str
    remembered: bool = False

    @classmethod
    def remembered_of(cls, stored: StoredResult) -> Failure:
        """A task whose time was used up in an earlier run."""
        return cls(stored.claim, stored.label, stored.result.status, stored.result.message, remembered=True)


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        verdicts: In the order of the investigations; a finished run has one for each.
        seconds_by_claim: Computing time of the tasks behind each verdict.
        computed: Tasks computed in this run.
        reused: Tasks whose results the store already held, or of which it knew that their time does not suffice.
        failures: Tasks that ended without a value.
        interrupted: Whether the run was stopped by a signal.
        seconds: Wall-clock time.
    """

    verdicts: tuple[ClaimVerdict, ...]
    seconds_by_claim: Mapping[str, float]
    computed: int
    reused: int
    failures: tuple[Failure, ...]
    interrupted: bool
    seconds: float

    @property
    def kept(self) -> int:
        """Results of this run's tasks that lie in the store."""
        return self.computed + self.reused

    @property
    def crashed(self) -> tuple[str, ...]:
        """Claims whose verdict rests on a task that crashed: a fault of the machine or of ours, not of the claim."""
        return tuple(dict.fromkeys(failure.claim for failure in self.failures if failure.status is Status.CRASHED))

    @property
    def remembered(self) -> tuple[str, ...]:
        """Claims about which a task was not asked again, since an earlier run used up its time."""
        return tuple(dict.fromkeys(failure.claim for failure in self.failures if failure.remembered))

    @property
    def out_of_time(self) -> tuple[str, ...]:
        """Claims about which a task did not answer within its time limit."""
        return tuple(dict.fromkeys(failure.claim for failure in self.failures if failure.status is Status.TIMED_OUT))
