"""What the report says of one claim, as records: gathered from the claim and from what the store holds about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from verification.claim import Claim, Statement, Written
from verification.formulas import formula, latex, readable_html, short_text, written_text
from verification.freshness import is_stale
from verification.glossary import glossary
from verification.report.numbers import facts
from verification.report.pictures import figure_pictures, interval_pictures
from verification.report.views import (
    NOT_JUDGED,
    Badge,
    ClaimView,
    FeatureRow,
    FindingRow,
    NearMissRow,
    StatementView,
)
from verification.run.store import Incident, StoredVerdict
from verification.verdict import Finding, Outcome, StatementVerdict

MARKS = {
    Outcome.PROVED: "✓",
    Outcome.CERTIFIED: "✓",
    Outcome.CONSISTENT: "✓",
    Outcome.NO_POWER: "–",
    Outcome.REFUTED: "✗",
    Outcome.UNDECIDED: "?",
}

WIDE, MIDDLE, NARROW = 100, 60, 56
"""Letters after which a formula goes on in another line: in a section, among near misses, in the overview."""


def claim_view(
    claim: Claim,
    home: str | Path,
    stored: StoredVerdict | None,
    values: Mapping[str, Any],
    incidents: Sequence[Incident],
) -> ClaimView:
    """All that the report says of a claim.

    Args:
        claim: The claim, imported from ``home``.
        home: The folder from which its module is imported.
        stored: Its verdict, or None.
        values: What the tasks behind the verdict returned, by label.
        incidents: What went wrong about it.
    """
    verdict = stored.verdict if stored else None
    found = {statement.statement: statement for statement in verdict.statements} if verdict else {}
    stale = stored is not None and is_stale(stored.verdict, claim.module, home)
    statements = tuple(
        _statement(statement, found.get(statement.name), values, f"{claim.id.lower()}-{i}", stale=stale)
        for i, statement in enumerate(claim.statements, start=1)
    )
    shown = _deciding(statements, verdict.verdict.name if verdict else None)
    corrected = verdict.corrected if verdict else None
    return ClaimView(
        id=claim.id,
        title=readable_html(claim.title),
        kind=claim.kind.value,
        where=readable_html(claim.cites.where),
        source=claim.source.value,
        grade=claim.grade.value if claim.grade else "",
        scope=None if claim.scope == "exact" else readable_html(claim.scope),
        badge=Badge(verdict.verdict.name if verdict else NOT_JUDGED),
        evidence=", ".join(verdict.evidence) if verdict else "",
        reason=verdict.reason if verdict else "",
        silent=tuple(
            f"{statement}, {check}: {finding.reason}"
            for statement, check, finding in (verdict.silent if verdict else ())
        ),
        printed=shown.short,
        more=len(statements) - 1,
        corrected=shown.corrected_short,
        corrected_words=None if corrected is None else readable_html(corrected),
        correction_holds=corrected is not None,
        words=readable_html(" ".join(claim.words.split())),
        symbols=tuple((_typeset(symbol), readable_html(meaning)) for symbol, meaning in glossary(claim).items()),
        statements=statements,
        notes=tuple(map(readable_html, claim.notes)),
        incidents=tuple(incidents),
        fingerprint=stored.fingerprint if stored else "",
        created=stored.created if stored else "",
        seconds=f"{stored.seconds:.1f}" if stored else "",
        stale=stale,
    )


def _typeset(form: Any, *, display: bool = False) -> Markup:
    return formula(latex(form), display=display, width=MIDDLE)


def _deciding(statements: Sequence[StatementView], verdict: str | None) -> StatementView:
    """The statement shown in the table: the first that counts and has the claim's verdict."""
    return next((s for s in statements if s.counts and s.badge.name == verdict), statements[0])


def _statement(
    statement: Statement, verdict: StatementVerdict | None, values: Mapping[str, Any], name: str, *, stale: bool
) -> StatementView:
    printed = verdict.findings if verdict else {}
    return StatementView(
        name=readable_html(statement.name),
        says=readable_html(statement.says),
        badge=Badge(verdict.verdict.name if verdict else NOT_JUDGED),
        counts=statement.counts,
        printed=formula(written_text(statement, statement.printed), width=WIDE),
        short=formula(short_text(statement, statement.printed), width=NARROW),
        read_as=_whole(statement, statement.read_as),
        corrected=_whole(statement, statement.corrected),
        corrected_short=_correction(statement),
        domain=tuple(map(_typeset, statement.domain)),
        findings=tuple(
            _finding(check, form, finding)
            for form, findings in (("printed", printed), ("corrected", verdict.corrected if verdict else {}))
            for check, finding in findings.items()
        ),
        pictures=(
            *interval_pictures(statement, verdict, values, name),
            # What an earlier version of the code has left may lack what is drawn now.
            *([] if stale else figure_pictures(statement, printed, values, name)),
        ),
        features=_features(printed),
        near_misses=_near_misses(statement, verdict),
    )


def _whole(statement: Statement, written: Written | None) -> Markup | None:
    return None if written is None else formula(written_text(statement, written), width=WIDE)


def _correction(statement: Statement) -> Markup | None:
    """The correction where there is little room: in words where the claim has words for it."""
    if statement.corrected is None:
        return None
    said = statement.corrected_says
    return readable_html(said) if said else formula(short_text(statement, statement.corrected), width=NARROW)


def _near_misses(statement: Statement, verdict: StatementVerdict | None) -> tuple[NearMissRow, ...]:
    killers = verdict.near_misses if verdict else {}
    return tuple(
        NearMissRow(
            readable_html(miss.name), _typeset(miss.form, display=True), miss.machine_made, killers.get(miss.name)
        )
        for miss in statement.near_misses
    )


def _finding(check: str, form: str, finding: Finding) -> FindingRow:
    outcome = finding.outcome
    return FindingRow(check, form, outcome.name, MARKS[outcome], outcome.value, finding.reason, facts(finding))


def _features(printed: Mapping[str, Finding]) -> tuple[FeatureRow, ...]:
    finding = printed.get("figure")
    features = finding.numbers.get("features", ()) if finding else ()
    return tuple(
        FeatureRow(f["name"], _shown(f["printed"]), _shown(f["measured"]), f["reproduced"], f.get("open", False))
        for f in features
    )


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
