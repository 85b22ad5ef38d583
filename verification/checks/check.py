"""The interface of a check: it asks for tasks, and turns their results into findings about candidates."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from verification.claim import Claim, Statement
from verification.run.task import Result, Status, Task
from verification.verdict import Finding, Outcome

Findings = dict[str, dict[str, Finding]]
"""Candidate name -> label of the check -> what it found."""


@dataclass(frozen=True)
class Context:
    """What a check works on.

    Attributes:
        claim: The claim under investigation.
        statement: One of its statements.
        resolution: Relative deviation a statistical check must be able to refute.
        experiments: Number of Monte Carlo checks in the whole catalogue; they share the false-alarm rate.
        fingerprint: Hash of the code and the claim text that results depend on.
    """

    claim: Claim
    statement: Statement
    resolution: float
    experiments: int
    fingerprint: str

    def task(self, label: str, function: str, arguments: Mapping[str, object], time_limit: float) -> Task:
        """A task of this statement. The claim and statement names are added to ``arguments``."""
        return Task(
            claim=self.claim.id,
            label=f"{self.statement.name}/{label}",
            function=function,
            arguments={"claim": self.claim.id, "statement": self.statement.name, **arguments},
            time_limit=time_limit,
            fingerprint=self.fingerprint,
        )


class Check(abc.ABC):
    """One way to judge the candidates of a statement."""

    name: ClassVar[str]

    @abc.abstractmethod
    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """Every task this check needs, given the results so far; those already done may be among them."""

    @abc.abstractmethod
    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """What was found, once every task has a result. A check that does not apply returns nothing."""


def not_done(result: Result) -> Finding:
    """The finding of a task that did not finish: UNDECIDED, never a pass."""
    return Finding(
        Outcome.UNDECIDED, f"{result.status.value}: {result.message}" if result.message else result.status.value
    )


def done(result: Result) -> bool:
    """Whether ``result`` carries a value."""
    return result.status is Status.DONE
