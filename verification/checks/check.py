"""The interface of a check: it asks for tasks, and turns their results into findings about candidates."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from verification.claim import Claim, Statement
from verification.registry import claim_in
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
        fingerprint: Hash of the code and the claim text that results depend on.
        home: Folder on ``sys.path`` from which the claim's module is imported.
        named: Names of the near misses, and whether each was made by machine, as a worker told them; None to make
            them here.
    """

    claim: Claim
    statement: Statement
    resolution: float
    fingerprint: str
    home: str = ""
    named: Mapping[str, bool] | None = None

    @property
    def misses(self) -> Mapping[str, bool]:
        """Names of the near misses, and whether each was made by machine."""
        return self.statement.misses if self.named is None else self.named

    @property
    def candidates(self) -> tuple[str, ...]:
        """Names of all candidates, as in :meth:`verification.claim.Statement.candidates`."""
        return *self.statement.meant, *self.misses

    def task(self, label: str, function: str, arguments: Mapping[str, object], time_limit: float) -> Task:
        """A task of this statement; what names the statement is added to ``arguments``."""
        named = {"claim": self.claim.id, "module": self.claim.module, "statement": self.statement.name}
        return Task(
            claim=self.claim.id,
            label=f"{self.statement.name}/{label}",
            function=function,
            arguments={**named, **arguments},
            time_limit=time_limit,
            fingerprint=self.fingerprint,
            home=self.home,
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


def statement_of(arguments: Mapping[str, Any]) -> Statement:
    """The statement that a task is about; runs in a worker, which imports the claim's module and no other."""
    return claim_in(arguments["module"], arguments["claim"]).statement(arguments["statement"])


def not_done(result: Result) -> Finding:
    """The finding of a task that did not finish: UNDECIDED, never a pass."""
    return Finding(
        Outcome.UNDECIDED, f"{result.status.value}: {result.message}" if result.message else result.status.value
    )


def done(result: Result) -> bool:
    """Whether ``result`` carries a value."""
    return result.status is Status.DONE
