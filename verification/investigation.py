"""From findings to verdicts: one claim under investigation.

The only place where outcomes become verdicts. In short: a candidate that anything refutes and nothing proves
FAILS; one that something supports and nothing refutes HOLDS; proof against refutation, a surviving near
miss, or silence is UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verification.checks.check import Check, Context, Findings
from verification.checks.comparison import ComparisonCheck
from verification.checks.figure import FigureCheck
from verification.checks.invariance import InvarianceCheck
from verification.checks.monte_carlo import MonteCarloCheck
from verification.checks.symbolic import SymbolicCheck
from verification.claim import Claim, Figure, Statement
from verification.run.fingerprint import fingerprint
from verification.run.task import Result, Task
from verification.verdict import STRENGTH, ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

CHECKS: tuple[Check, ...] = (
    SymbolicCheck(),
    ComparisonCheck(),
    MonteCarloCheck(),
    InvarianceCheck(),
    FigureCheck(),
)
"""Every check, in the order in which a reader meets their findings."""


@dataclass(frozen=True)
class ClaimInvestigation:
    """Asks every check for its tasks until all are answered, then pronounces (see ``task.Investigation``)."""

    claim: Claim
    resolution: float
    experiments: int

    @property
    def claim_id(self) -> str:
        """Id of the claim under investigation."""
        return self.claim.id

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        """Tasks that have no result yet. Empty when the verdict can be pronounced."""
        return [
            task
            for context in self._contexts()
            for check in CHECKS
            for task in check.tasks(context, results)
            if task.key not in results
        ]

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        """The verdict on the claim."""
        verdicts = tuple(
            statement_verdict(context.statement, [check.findings(context, results) for check in CHECKS])
            for context in self._contexts()
        )
        return claim_verdict(self.claim, verdicts)

    def _contexts(self) -> list[Context]:
        mark = fingerprint(self.claim)
        return [
            Context(self.claim, statement, self.resolution, self.experiments, mark)
            for statement in self.claim.statements
        ]


def investigate(claim: Claim, *, resolution: float, experiments: int) -> ClaimInvestigation:
    """The investigation of ``claim`` at relative ``resolution``, in a catalogue of ``experiments`` experiments."""
    return ClaimInvestigation(claim, resolution, experiments)


def judgement(findings: Mapping[str, Finding]) -> Verdict:
    """The verdict on one candidate from all findings about it."""
    outcomes = {finding.outcome for finding in findings.values()}
    if Outcome.REFUTED in outcomes:
        return Verdict.UNDECIDED if Outcome.PROVED in outcomes else Verdict.FAILS
    return Verdict.HOLDS if any(outcome.supports for outcome in outcomes) else Verdict.UNDECIDED


def statement_verdict(statement: Statement, by_check: list[Findings]) -> StatementVerdict:
    """The verdict on a statement from the findings of every check."""
    found: dict[str, dict[str, Finding]] = {name: {} for name in statement.candidates()}
    for findings in by_check:
        for name, labelled in findings.items():
            found[name] |= labelled
    verdict = judgement(found["printed"])
    if isinstance(statement.form, Figure) and verdict is not Verdict.UNDECIDED:
        verdict = Verdict.EMPIRICAL
    killers = {
        near_miss.name: next(
            (label for label, finding in found[near_miss.name].items() if finding.outcome is Outcome.REFUTED), None
        )
        for near_miss in statement.near_misses
    }
    if None in killers.values():
        verdict = Verdict.UNDECIDED
    return StatementVerdict(
        statement.name, verdict, found["printed"], found.get("corrected", {}), killers, statement.counts
    )


def claim_verdict(claim: Claim, statements: tuple[StatementVerdict, ...]) -> ClaimVerdict:
    """The verdict on a claim from the verdicts on its statements; remarks do not count."""
    counting = [statement for statement in statements if statement.counts]
    verdicts = [statement.verdict for statement in counting]
    for verdict in (Verdict.FAILS, Verdict.UNDECIDED, Verdict.EMPIRICAL):
        if verdict in verdicts:
            break
    else:
        verdict = Verdict.HOLDS
    deciding = [statement for statement in counting if statement.verdict is verdict]
    return ClaimVerdict(
        claim.id,
        verdict,
        _evidence(verdict, deciding),
        _reason(deciding[0]),
        _corrected(claim, deciding) if verdict is Verdict.FAILS else None,
        statements,
    )


def _evidence(verdict: Verdict, deciding: list[StatementVerdict]) -> tuple[str, ...]:
    present = {finding.outcome for statement in deciding for finding in statement.findings.values()}
    if verdict is Verdict.FAILS:
        return (Outcome.REFUTED.name,)
    if verdict is Verdict.UNDECIDED:
        return (Outcome.UNDECIDED.name,)
    order = STRENGTH if verdict is Verdict.HOLDS else (*STRENGTH, Outcome.REFUTED)
    return tuple(outcome.name for outcome in order if outcome in present)


def _reason(statement: StatementVerdict) -> str:
    survivors = [name for name, killer in statement.near_misses.items() if killer is None]
    if statement.verdict is Verdict.UNDECIDED and survivors:
        return f"{statement.statement}: no check refuted the near miss {survivors[0]!r}"
    wanted = {
        Verdict.FAILS: lambda outcome: outcome is Outcome.REFUTED,
        Verdict.UNDECIDED: lambda outcome: outcome is Outcome.UNDECIDED,
    }.get(statement.verdict, lambda outcome: outcome is not Outcome.UNDECIDED)
    finding = next((f for f in statement.findings.values() if wanted(f.outcome)), None)
    if finding is None:
        return f"{statement.statement}: proof and refutation contradict each other; please report this"
    return f"{statement.statement}: {finding.reason}"


def _corrected(claim: Claim, failing: list[StatementVerdict]) -> str | None:
    """The corrected text, if every failing statement has a corrected form and each of them holds."""
    holds = [bool(s.corrected) and judgement(s.corrected) is Verdict.HOLDS for s in failing]
    return claim.corrected_text if holds and all(holds) else None
