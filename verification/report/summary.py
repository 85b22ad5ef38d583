"""The table that comes first: of which source, how many claims have which verdict, on what evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verification.claim import Claim, Grade, Source
from verification.report.views import NOT_JUDGED, SummaryTable
from verification.verdict import STRENGTH, ClaimVerdict, Verdict

GRADES = (Grade.CONDITION, Grade.WRONG, Grade.CONFLICT)
"""The ways in which a claim fails; a misprint is a verdict of its own."""


def summary_table(claims: Sequence[Claim], verdicts: Mapping[str, ClaimVerdict]) -> SummaryTable:
    """Counts of ``claims`` by source; every claim is counted in one column of its row."""
    columns = _columns()
    found = []
    for source in Source:
        here = [claim for claim in claims if claim.source is source]
        if not here:
            continue
        kinds = [_kind(claim, verdicts.get(claim.id)) for claim in here]
        counts = tuple(kinds.count(name) for name, _ in columns)
        held = [verdicts[claim.id] for claim in here if _kind(claim, verdicts.get(claim.id)) == Verdict.HOLDS.name]
        found.append((source.name.lower(), source.value, counts, _weakest(held)))
    used = [i for i in range(len(columns)) if any(counts[i] for _, _, counts, _ in found)]
    return SummaryTable(
        tuple(columns[i] for i in used),
        tuple((name, value, tuple(counts[i] for i in used), weak) for name, value, counts, weak in found),
    )


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
