"""The table that comes first: of which paper and source, how many claims have which verdict, on what evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verification.claim import Claim, Grade, Source
from verification.report.views import NOT_JUDGED, SummaryRow, SummaryTable
from verification.verdict import STRENGTH, ClaimVerdict, Verdict

GRADES = (Grade.CONDITION, Grade.WRONG, Grade.CONFLICT)
"""The ways in which a claim fails; a misprint is a verdict of its own."""


def summary_table(papers: Mapping[str, Sequence[Claim]], verdicts: Mapping[str, ClaimVerdict]) -> SummaryTable:
    """Counts of the claims of each paper by source; every claim is counted in one column of its row."""
    columns = _columns()
    found = [(key, claims[0].paper.title or key, _rows(claims, verdicts)) for key, claims in papers.items()]
    used = [i for i in range(len(columns)) if any(row.counts[i] for *_, rows in found for row in rows)]
    return SummaryTable(
        tuple(columns[i] for i in used),
        tuple(
            (key, title, tuple(replace(row, counts=tuple(row.counts[i] for i in used)) for row in rows))
            for key, title, rows in found
        ),
    )


def _rows(claims: Sequence[Claim], verdicts: Mapping[str, ClaimVerdict]) -> list[SummaryRow]:
    rows = []
    for source in Source:
        here = [claim for claim in claims if claim.source is source]
        if not here:
            continue
        kinds = [_kind(claim, verdicts.get(claim.id)) for claim in here]
        held = [verdicts[claim.id] for claim in here if _kind(claim, verdicts.get(claim.id)) == Verdict.HOLDS.name]
        counts = tuple(kinds.count(name) for name, _ in _columns())
        rows.append(SummaryRow(source.name.lower(), source.value, counts, _weakest(held)))
    return rows


def _columns() -> list[tuple[str, str]]:
    failing = [(f"FAILS: {grade.name.lower()}", grade.value) for grade in GRADES]
    found: list[tuple[str, str]] = []
    for verdict in Verdict:
        found += [*failing, ("FAILS", verdict.value)] if verdict is Verdict.FAILS else [(verdict.name, verdict.value)]
    return [*found, (NOT_JUDGED, "not judged yet")]


def _kind(claim: Claim, verdict: ClaimVerdict | None) -> str:
    if verdict is None:
        return NOT_JUDGED
    if verdict.verdict is Verdict.FAILS and claim.grade in GRADES:
        return f"FAILS: {claim.grade.name.lower()}"
    return verdict.verdict.name


def _weakest(held: Sequence[ClaimVerdict]) -> str:
    """The weakest evidence on which one of these claims holds."""
    ranks = [outcome.name for outcome in STRENGTH]
    return max((name for verdict in held for name in verdict.evidence if name in ranks), key=ranks.index, default="")
