"""Which machine-made near misses the symbolic check refutes: the measure of how much its agreement is worth."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from verification.checks.symbolic import judge
from verification.claim import Claim
from verification.forms import Expansion, Form, Numerical
from verification.mutation.mutants import Mutant, mutants
from verification.mutation.slips import Slip
from verification.verdict import Finding, Outcome

DERIVATIONS = ("derived", "process", "exact")
"""Fields of a form that hold the derivation."""


@dataclass(frozen=True)
class Trial:
    """One mutant before the symbolic check.

    Attributes:
        statement: Name of the statement it is made of.
        mutant: The wrong variant.
        finding: What the check says; None where the statement has no symbolic form, so that only its experiments and
            comparisons could refute it.
        seconds: Processor time of the judgement.
    """

    statement: str
    mutant: Mutant
    finding: Finding | None
    seconds: float

    @property
    def survived(self) -> bool:
        """Whether the check was asked and did not refute it."""
        return self.finding is not None and self.finding.outcome is not Outcome.REFUTED


def trials(claim: Claim) -> Iterator[Trial]:
    """Every mutant of every statement of ``claim``, of all kinds of slips, before the symbolic check."""
    for statement in claim.statements:
        form = with_one_derivation(statement.form)
        for mutant in mutants(statement.right, domain=statement.domain, form=form, kinds=tuple(Slip), limit=len(Slip)):
            start = time.process_time()
            finding = None if isinstance(form, Numerical | Expansion) else judge(form, mutant.form, statement.domain)
            yield Trial(statement.name, mutant, finding, time.process_time() - start)


def with_one_derivation(form: Form) -> Form:
    """``form`` with its derivation carried out once for all candidates."""
    fields = [field.name for field in dataclasses.fields(form) if field.name in DERIVATIONS]
    return dataclasses.replace(form, **{name: functools.cache(getattr(form, name)) for name in fields})


def summary(claim: Claim, tried: list[Trial]) -> list[str]:
    """Lines for a reader: how many mutants of ``claim`` were refuted, and each that was not, by name."""
    asked = [trial for trial in tried if trial.finding is not None]
    refuted = sum(not trial.survived for trial in asked)
    line = f"{claim.id:<8} {refuted} of {len(asked)} refuted"
    if len(asked) < len(tried):
        line += f", {len(tried) - len(asked)} left to experiments and comparisons"
    return [line, *(_survivor(trial) for trial in asked if trial.survived)]


def _survivor(trial: Trial) -> str:
    assert trial.finding is not None
    outcome = trial.finding.outcome.name
    return f"         survived: {trial.statement}: {trial.mutant.name} ({outcome}: {trial.finding.reason})"
