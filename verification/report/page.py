"""The page model: everything the report says, gathered from the store and the registered claims, before any markup.

Pure: the same store and claims give the same page, whatever the clock says.
"""

from __future__ import annotations

import inspect
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from markupsafe import Markup

from verification.claim import Claim, Statement, Written
from verification.formulas import docstring_prose, formula, latex, readable_html, short_text, written_text
from verification.freshness import is_stale
from verification.report.numbers import facts
from verification.report.pictures import figure_pictures, interval_pictures
from verification.report.summary import summary_table
from verification.report.views import (
    ICONS,
    NOT_JUDGED,
    Badge,
    ClaimView,
    FeatureRow,
    FindingRow,
    NearMissRow,
    Page,
    PaperView,
    RunView,
    StatementView,
    TopicView,
)
from verification.run.store import Incident, Store, StoredVerdict
from verification.run.task import Status
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

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


def page(
    store: Store,
    claims: Mapping[str, Claim],
    homes: Mapping[str, str | Path],
    missing: Sequence[str] = (),
    *,
    watched: Callable[[Sequence[str], str], Iterable[str]] = lambda ids, what: ids,
) -> Page:
    """The report on ``claims``, each imported from its home, from what ``store`` holds.

    Args:
        store: Verdicts and the results behind them.
        claims: The claims, by id.
        homes: The folder from which each claim's module is imported, by id.
        missing: Ids of claims that are listed and cannot be made.
        watched: What the loop over ids passes through, to show how far it is.
    """
    verdicts = store.verdicts()
    incidents = store.incidents()
    views = {
        id: _claim(claims[id], homes[id], verdicts.get(id), store, incidents)
        for id in watched(list(claims), "report, formulas")
    }
    judged = {id: stored.verdict for id, stored in verdicts.items()}
    papers: dict[str, list[Claim]] = {}
    for claim in claims.values():
        papers.setdefault(claim.paper.key, []).append(claim)
    return Page(
        papers=tuple(_paper(found, views, judged) for found in papers.values()),
        counts=_counts(list(views.values())),
        total=len(views),
        judged=sum(view.badge.name != NOT_JUDGED for view in views.values()),
        stale=sum(view.stale for view in views.values()),
        date=max((stored.created for stored in verdicts.values()), default=""),
        run=_run(store),
        unregistered=tuple(sorted(set(verdicts) - set(claims) - set(missing))),
        missing=tuple(missing),
        legend=tuple((outcome.name, outcome.value) for outcome in Outcome),
    )


def _paper(claims: Sequence[Claim], views: Mapping[str, ClaimView], verdicts: Mapping[str, ClaimVerdict]) -> PaperView:
    """The claims of a paper, those of one module together under what its docstring says, in the order of their ids."""
    paper = claims[0].paper
    topics: dict[str, list[ClaimView]] = {}
    for claim in claims:
        topics.setdefault(claim.module, []).append(views[claim.id])
    return PaperView(
        name=paper.key,
        title=paper.title or paper.key,
        authors=paper.authors,
        reference=paper.reference,
        summary=summary_table(claims, verdicts),
        topics=tuple(
            TopicView(f"{paper.key}-{i}", readable_html(_heading(module)), tuple(found), _counts(found))
            for i, (module, found) in enumerate(topics.items(), start=1)
        ),
        counts=_counts([views[claim.id] for claim in claims]),
    )


def _heading(module: str) -> str:
    """The first sentence of a module's docstring, which says what its claims have in common."""
    text = docstring_prose(inspect.getdoc(sys.modules[module]) or module)
    return " ".join(text.split("\n\n")[0].split()).removesuffix(".")


def _counts(views: Sequence[ClaimView]) -> tuple[tuple[Badge, int], ...]:
    counts = Counter(view.badge.name for view in views)
    return tuple((Badge(name), counts[name]) for name in ICONS if counts[name] or name in Verdict.__members__)


def _run(store: Store) -> RunView | None:
    runs = store.runs()
    if not runs:
        return None
    last = runs[-1]
    program, *arguments = last["command"] or ["driftproof"]
    command = shlex.join([PurePath(program).name.replace("__main__.py", "driftproof"), *arguments])
    return RunView(command, last["started"], last["outcome"] or "not finished", tuple(sorted(last["versions"].items())))


def _claim(
    claim: Claim, home: str | Path, stored: StoredVerdict | None, store: Store, incidents: Sequence[Incident]
) -> ClaimView:
    verdict = stored.verdict if stored else None
    found = {statement.statement: statement for statement in verdict.statements} if verdict else {}
    stale = stored is not None and is_stale(stored.verdict, claim.module, home)
    values = _values(store, claim, stored)
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
        printed=shown.short,
        more=len(statements) - 1,
        corrected=shown.corrected_short,
        corrected_words=None if corrected is None else readable_html(corrected),
        correction_holds=corrected is not None,
        words=readable_html(" ".join(claim.words.split())),
        symbols=tuple((_typeset(symbol), readable_html(meaning)) for symbol, meaning in claim.symbols.items()),
        statements=statements,
        notes=tuple(map(readable_html, claim.notes)),
        incidents=tuple(incident for incident in incidents if incident.claim == claim.id),
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


def _values(store: Store, claim: Claim, stored: StoredVerdict | None) -> dict[str, Any]:
    """What the tasks behind the verdict returned, by label."""
    if stored is None:
        return {}
    behind = set(stored.tasks)
    return {
        result.label: result.result.value
        for key, result in store.results(claim.id).items()
        if key in behind and result.result.status is Status.DONE
    }


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
    return tuple(FeatureRow(f["name"], _shown(f["printed"]), _shown(f["measured"]), f["reproduced"]) for f in features)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
