"""From findings to verdicts: one claim under investigation.

The only place where outcomes become verdicts. In short: a candidate that anything refutes and nothing proves
FAILS; one that something supports and nothing refutes HOLDS; proof against refutation, a surviving near
miss, or silence is UNDECIDED. Of a refuted form without a correction, a variant made by machine may hold: its
correction, perhaps. A check that refuted none of the near misses it was asked about, or grotesque ones alone, has no
power (:mod:`verification.power`), and its agreement supports nothing. A slip in print is a MISPRINT where the corrected
form holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from theory.errors import KernelDisagreementError
from verification.checks.check import Check, Context, Findings
from verification.checks.comparison import ComparisonCheck
from verification.checks.figure import FigureCheck
from verification.checks.invariance import InvarianceCheck
from verification.checks.monte_carlo import MonteCarloCheck
from verification.checks.naming import misses, naming
from verification.checks.symbolic import SymbolicCheck
from verification.claim import CORRECTED, PRINTED, Claim, Grade, Statement
from verification.errors import ClaimError, one_sentence
from verification.forms import Figure
from verification.formulas import corrections_text
from verification.power import withdraw_powerless
from verification.registry import Catalogue
from verification.run.fingerprint import basis, fingerprint
from verification.run.store import StoredVerdict
from verification.run.task import Result, Task
from verification.verdict import STRENGTH, ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

_NONE: Mapping[str, StoredVerdict] = MappingProxyType({})

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
    home: str
    _contexts: list[Context] = field(default_factory=list, repr=False, compare=False)
    _problems: list[str] = field(default_factory=list, repr=False, compare=False)

    @property
    def claim_id(self) -> str:
        """Id of the claim under investigation."""
        return self.claim.id

    @property
    def basis(self) -> str:
        """Hash of the code, the claim's own files and the resolution."""
        return basis(self.claim.module, self.home, self.resolution)

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        """Tasks that have no result yet. Empty when the verdict can be pronounced."""
        if not self._contexts and not self._problems and (naming := self._open(results)):
            return naming
        return [
            task
            for context in self.contexts()
            for check in CHECKS
            for task in check.tasks(context, results)
            if task.key not in results
        ]

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        """The verdict on the claim."""
        if self._problems:
            return UnreadableClaim(self.claim.id, self._problems[0], self.claim.source.name).conclude(results)
        verdicts = tuple(
            statement_verdict(context.statement, [check.findings(context, results) for check in CHECKS], context.misses)
            for context in self.contexts()
        )
        return replace(claim_verdict(self.claim, verdicts), fingerprint=self.contexts()[0].fingerprint)

    def contexts(self) -> list[Context]:
        """What the checks work on, statement by statement; nothing where a statement cannot be made."""
        return self._contexts

    def _open(self, results: Mapping[str, Result]) -> list[Task]:
        """Name every candidate, or say why one cannot be made; the answer is the tasks that have to name some first."""
        mark = fingerprint(self.claim.module, self.home)
        try:
            bare = [Context(self.claim, each, self.resolution, mark, self.home) for each in self.claim.statements]
        except Exception as error:
            self._problems.append(f"cannot be made: {one_sentence(error)}")
            return []
        asked = [naming(context) for context in bare]
        if waiting := [task for task in asked if task is not None and task.key not in results]:
            return waiting
        told = [misses(context, task and results[task.key]) for context, task in zip(bare, asked, strict=True)]
        self._problems.extend(f"cannot be made: {problem}" for problem in told if isinstance(problem, str))
        if not self._problems:
            self._contexts.extend(
                replace(context, named=names)
                for context, names in zip(bare, told, strict=True)
                if isinstance(names, Mapping)
            )
        return []


@dataclass(frozen=True)
class UnreadableClaim:
    """A claim whose module or statements cannot be made: undecided, with the reason, while the others go on."""

    claim_id: str
    reason: str
    source: str = "PAGE"
    basis: str = ""

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        """None."""
        return []

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        """Undecided."""
        return ClaimVerdict(
            self.claim_id, Verdict.UNDECIDED, (Outcome.UNDECIDED.name,), self.reason, None, (), self.source
        )


def investigate(claim: Claim, *, resolution: float, home: str = "") -> ClaimInvestigation:
    """The investigation of ``claim`` at relative ``resolution``; its module is imported from ``home``."""
    from verification.registry import folder_of

    return ClaimInvestigation(claim, resolution, home or folder_of(claim.module))


def investigations(
    known: Catalogue, ids: Iterable[str], *, resolution: float, verdicts: Mapping[str, StoredVerdict] = _NONE
) -> list[ClaimInvestigation | UnreadableClaim]:
    """One investigation for each id; a claim that cannot be made is undecided, and the others go on.

    Args:
        known: The claims.
        ids: Which of them.
        resolution: Relative error that a statistical check must be able to see.
        verdicts: Stored ones. A claim whose verdict stands need not be made for its experiments to be counted.

    Raises:
        ClaimError: the claims of a paper have more experiments than its false-alarm budget is divided among.
    """
    found: list[ClaimInvestigation | UnreadableClaim] = []
    used: dict[str, int] = {}
    for id in ids:
        entry = known.listed[id]
        try:
            claim = known.claim(id)
            asked = investigate(claim, resolution=resolution, home=str(entry.home))
            count = _experiments(asked, verdicts.get(id))
        except KernelDisagreementError as error:
            raise KernelDisagreementError(f"{id}, while it was made: {error}") from error
        except Exception as error:
            found.append(UnreadableClaim(id, f"cannot be made: {one_sentence(error)}", entry.source))
            continue
        used[claim.paper.key] = used.get(claim.paper.key, 0) + count
        if used[claim.paper.key] > claim.paper.experiments:
            raise ClaimError(
                f"paper {claim.paper.key} divides its false-alarm budget among experiments={claim.paper.experiments}, "
                f"but its claims have more. Declare more: every sample size of the paper changes once."
            )
        found.append(asked)
    return found


def _experiments(asked: ClaimInvestigation, stored: StoredVerdict | None) -> int:
    """How many Monte Carlo experiments a claim has: each has left a finding about the decisive form."""
    if stored is not None and stored.basis and stored.basis == asked.basis:
        found = [label for judged in stored.verdict.statements for label in judged.findings]
        return sum(label.startswith("monte_carlo/") for label in found)
    return sum(len(statement.experiments) for statement in asked.claim.statements)


def judgement(findings: Iterable[Finding]) -> Verdict:
    """The verdict on one candidate from all findings about it."""
    outcomes = {finding.outcome for finding in findings}
    if Outcome.REFUTED in outcomes:
        return Verdict.UNDECIDED if Outcome.PROVED in outcomes else Verdict.FAILS
    return Verdict.HOLDS if any(outcome.supports for outcome in outcomes) else Verdict.UNDECIDED


def statement_verdict(
    statement: Statement, by_check: list[Findings], misses: Mapping[str, bool] | None = None
) -> StatementVerdict:
    """The verdict on a statement from the findings of every check.

    Args:
        statement: What was judged.
        by_check: What each check found, by candidate and label.
        misses: Names of its near misses, and whether each was made by machine; by default they are made here.
    """
    misses = statement.misses if misses is None else misses
    found: dict[str, dict[str, Finding]] = {name: {} for name in (*statement.meant, *misses)}
    for findings in by_check:
        for name, labelled in findings.items():
            found[name] |= labelled
    killers = {
        name: next((label for label, finding in found[name].items() if finding.outcome is Outcome.REFUTED), None)
        for name in misses
    }
    withdraw_powerless(found, list(killers))
    decisive = found[statement.decisive]
    verdict = judgement(decisive.values())
    if isinstance(statement.form, Figure) and verdict is not Verdict.UNDECIDED:
        verdict = Verdict.EMPIRICAL
    survivors = {name for name, killer in killers.items() if killer is None}
    if survivors and not (verdict is Verdict.FAILS and survivors <= _right_variants(statement, misses, found)):
        verdict = Verdict.UNDECIDED
    return StatementVerdict(
        statement.name,
        verdict,
        decisive,
        found.get(CORRECTED, {}),
        killers,
        statement.counts,
        statement.convention,
        found[PRINTED] if statement.decisive != PRINTED else {},
    )


def _right_variants(
    statement: Statement, misses: Mapping[str, bool], found: Mapping[str, Mapping[str, Finding]]
) -> set[str]:
    """Machine-made variants that hold, of a printed form without a correction: of a wrong form one may be right."""
    if statement.corrected is not None or statement.read_as is not None:
        return set()
    made = [name for name, by_machine in misses.items() if by_machine]
    return {name for name in made if judgement(found[name].values()) is Verdict.HOLDS}


def claim_verdict(claim: Claim, statements: tuple[StatementVerdict, ...]) -> ClaimVerdict:
    """The verdict on a claim from the verdicts on its statements; remarks do not count."""
    counting = _best_conventions([statement for statement in statements if statement.counts])
    verdicts = [statement.verdict for statement in counting]
    for verdict in (Verdict.FAILS, Verdict.UNDECIDED, Verdict.EMPIRICAL):
        if verdict in verdicts:
            break
    else:
        verdict = Verdict.HOLDS
    deciding = [statement for statement in counting if statement.verdict is verdict] or counting
    reason = _reason(deciding[0]) if deciding else "no statement counts"
    corrected = _corrected(claim, deciding) if verdict is Verdict.FAILS else None
    if verdict is Verdict.FAILS and corrected is None and all(statement.corrected for statement in deciding):
        reason += "; the correction that is given does not hold"
    if verdict is Verdict.FAILS and claim.grade is Grade.MISPRINT:
        verdict, reason = _misprint(corrected, reason)
    elif verdict is Verdict.HOLDS and claim.grade is not None:
        verdict = Verdict.UNDECIDED
        reason = (
            f"declared {claim.grade.name.lower()}, but nothing refutes the printed form: drop the grade, or see why"
        )
    return ClaimVerdict(
        claim.id,
        verdict,
        _evidence(verdict, deciding),
        reason,
        corrected,
        statements,
        claim.source.name,
        claim.grade.name if claim.grade and verdict in (Verdict.FAILS, Verdict.MISPRINT) else None,
    )


def _best_conventions(counting: list[StatementVerdict]) -> list[StatementVerdict]:
    """Of a statement that is judged under several conventions, the one under which it fares best."""
    order = (Verdict.HOLDS, Verdict.EMPIRICAL, Verdict.UNDECIDED, Verdict.FAILS)
    best: dict[str, StatementVerdict] = {}
    for statement in counting:
        name = statement.statement.removesuffix(f" ({statement.convention})")
        if name not in best or order.index(statement.verdict) < order.index(best[name].verdict):
            best[name] = statement
    return list(best.values())


def _misprint(corrected: str | None, reason: str) -> tuple[Verdict, str]:
    if corrected is None:
        return Verdict.UNDECIDED, f"declared a misprint, but no corrected form holds; {reason}"
    return Verdict.MISPRINT, reason


def _evidence(verdict: Verdict, deciding: list[StatementVerdict]) -> tuple[str, ...]:
    """The weakest of what the deciding statements rest on, then the strongest."""
    if verdict in (Verdict.FAILS, Verdict.MISPRINT):
        return (Outcome.REFUTED.name,)
    if verdict is Verdict.UNDECIDED:
        return (Outcome.UNDECIDED.name,)
    order = [*STRENGTH, Outcome.REFUTED]
    best = [
        min((order.index(f.outcome) for f in statement.findings.values() if f.outcome in order), default=len(order) - 1)
        for statement in deciding
    ]
    return tuple(dict.fromkeys((order[max(best)].name, order[min(best)].name)))


def _reason(statement: StatementVerdict) -> str:
    survivors = [name for name, killer in statement.near_misses.items() if killer is None]
    broken = next((f for f in statement.findings.values() if f.outcome is Outcome.UNDECIDED), None)
    if statement.verdict is Verdict.UNDECIDED and survivors and broken is None:
        return f"{statement.statement}: no check refuted the near miss '{survivors[0]}'"
    wanted = {
        Verdict.FAILS: lambda outcome: outcome is Outcome.REFUTED,
        Verdict.UNDECIDED: lambda outcome: outcome in (Outcome.UNDECIDED, Outcome.NO_POWER),
    }.get(statement.verdict, lambda outcome: outcome not in (Outcome.UNDECIDED, Outcome.NO_POWER))
    finding = next((f for f in statement.findings.values() if wanted(f.outcome)), None)
    if finding is None:
        return f"{statement.statement}: proof and refutation contradict each other; please report this"
    if statement.verdict is Verdict.FAILS and survivors:
        return f"{statement.statement}: {finding.reason}; with '{survivors[0]}' it holds: give that as corrected="
    return f"{statement.statement}: {finding.reason}"


def _corrected(claim: Claim, failing: list[StatementVerdict]) -> str | None:
    """The text of the correction, if every failing statement has a corrected form and each of them holds."""
    holds = [bool(s.corrected) and judgement(s.corrected.values()) is Verdict.HOLDS for s in failing]
    if not holds or not all(holds):
        return None
    return corrections_text(claim.statement(statement.statement) for statement in failing)
