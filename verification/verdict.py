"""What exactly may we now say? Outcomes of checks, verdicts of statements and of claims.

A check looks at one *candidate* formula (the printed one, the corrected one, or a near miss) and
returns a :class:`Finding`. The findings of all checks on all candidates of a statement make a
:class:`StatementVerdict`; the statements of a claim make a :class:`ClaimVerdict`.

Everything here is frozen and turns into JSON and back without loss, because the store keeps nothing else.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Outcome(enum.Enum):
    """What one check found about one candidate. The value is the sentence shown to a reader."""

    PROVED = "residual zero in a decidable normal form, or a certificate checked"
    CERTIFIED = "random points inside the domain agree in Arb balls (not a proof)"
    CONSISTENT = "an equivalence test passed at the stated resolution"
    REFUTED = "contradicted, with a witness"
    NO_POWER = "agrees, but refuted none of the near misses it was asked about, or grotesque ones alone: no evidence"
    UNDECIDED = "the check could not decide, for the stated reason"

    @property
    def supports(self) -> bool:
        """Whether this outcome speaks for the candidate. UNDECIDED never does."""
        return self in (Outcome.PROVED, Outcome.CERTIFIED, Outcome.CONSISTENT)


STRENGTH = (Outcome.PROVED, Outcome.CERTIFIED, Outcome.CONSISTENT)
"""Supporting outcomes, strongest first."""


class Verdict(enum.Enum):
    """What driftproof says about a statement or a claim. The value is the sentence shown to a reader."""

    HOLDS = "holds as printed"
    MISPRINT = "a slip in print that changes no result; the corrected form holds"
    FAILS = "fails as printed"
    UNDECIDED = "undecided"
    EMPIRICAL = "a statement about a figure: reproduced or not, with numbers"


@dataclass(frozen=True)
class Finding:
    """What one check found about one candidate.

    Attributes:
        outcome: One of :class:`Outcome`.
        reason: One sentence with the numbers in it, for a reader.
        witness: For REFUTED, the point or the statistic that contradicts; JSON values.
        numbers: Further JSON values: digits, estimates, intervals, sample sizes, seeds.
    """

    outcome: Outcome
    reason: str
    witness: Mapping[str, Any] | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back."""
        return {
            "outcome": self.outcome.name,
            "reason": self.reason,
            "witness": dict(self.witness) if self.witness is not None else None,
            "numbers": dict(self.numbers),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """The finding that :meth:`to_json` wrote."""
        return cls(Outcome[data["outcome"]], data["reason"], data["witness"], data["numbers"])


@dataclass(frozen=True)
class StatementVerdict:
    """The judgement on one statement of a claim.

    Attributes:
        statement: Name of the statement inside its claim.
        verdict: HOLDS, FAILS, UNDECIDED or EMPIRICAL.
        findings: Check name -> what it found about the printed form.
        corrected: Check name -> what it found about the corrected form; empty if none was needed.
        near_misses: Near miss -> the check that refuted it, or None if it survived.
        counts: False for a remark, whose verdict is reported and does not decide the claim's.
        convention: The convention under which this was judged, where the claim is judged under several.
        as_converted: Check name -> what it found about the printed form as the conversion of the page shows it, where
            ``findings`` are about its charitable reading.
    """

    statement: str
    verdict: Verdict
    findings: Mapping[str, Finding]
    corrected: Mapping[str, Finding]
    near_misses: Mapping[str, str | None]
    counts: bool = True
    convention: str = ""
    as_converted: Mapping[str, Finding] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back."""
        return {
            "statement": self.statement,
            "verdict": self.verdict.name,
            "findings": {name: finding.to_json() for name, finding in self.findings.items()},
            "corrected": {name: finding.to_json() for name, finding in self.corrected.items()},
            "near_misses": dict(self.near_misses),
            "counts": self.counts,
            "convention": self.convention,
            "as_converted": {name: finding.to_json() for name, finding in self.as_converted.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StatementVerdict:
        """The verdict that :meth:`to_json` wrote."""
        return cls(
            data["statement"],
            Verdict[data["verdict"]],
            {name: Finding.from_json(finding) for name, finding in data["findings"].items()},
            {name: Finding.from_json(finding) for name, finding in data["corrected"].items()},
            data["near_misses"],
            data["counts"],
            data.get("convention", ""),
            {name: Finding.from_json(finding) for name, finding in data.get("as_converted", {}).items()},
        )


@dataclass(frozen=True)
class ClaimVerdict:
    """The judgement on one claim.

    Attributes:
        claim: Claim id, as in the catalogue.
        verdict: FAILS if a counting statement fails, else UNDECIDED if one is undecided, else MISPRINT if one has a
            slip, else EMPIRICAL if the claim is about a figure, else HOLDS.
        evidence: Names of outcomes: the weakest of what the counting statements rest on, then the strongest.
        reason: One line that a reader of the summary table sees.
        corrected: The corrected statement as text, for a claim that does not hold and whose correction does.
        statements: The verdicts it is made of.
        source: Name of a :class:`verification.vocabulary.Source`: where the point at issue stands.
        grade: Name of a :class:`verification.vocabulary.Grade`, where the claim does not hold as it stands.
        fingerprint: Hash of the code and the claim it is about.
    """

    claim: str
    verdict: Verdict
    evidence: tuple[str, ...]
    reason: str
    corrected: str | None
    statements: tuple[StatementVerdict, ...]
    source: str = "PAGE"
    grade: str | None = None
    fingerprint: str = ""

    @property
    def silent(self) -> tuple[tuple[str, str, Finding], ...]:
        """Statement, check and finding of each check that decided nothing about a statement which others decided."""
        return tuple(
            (statement.statement, check, finding)
            for statement in self.statements
            for check, finding in (statement.corrected or statement.findings).items()
            if finding.outcome is Outcome.UNDECIDED and statement.verdict is not Verdict.UNDECIDED
        )

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back."""
        return {
            "claim": self.claim,
            "verdict": self.verdict.name,
            "evidence": list(self.evidence),
            "reason": self.reason,
            "corrected": self.corrected,
            "statements": [statement.to_json() for statement in self.statements],
            "source": self.source,
            "grade": self.grade,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClaimVerdict:
        """The verdict that :meth:`to_json` wrote."""
        return cls(
            data["claim"],
            Verdict[data["verdict"]],
            tuple(data["evidence"]),
            data["reason"],
            data["corrected"],
            tuple(StatementVerdict.from_json(statement) for statement in data["statements"]),
            data.get("source", "PAGE"),
            data.get("grade"),
            data.get("fingerprint", ""),
        )
