"""The page model: everything the report says, gathered from the store and the registered claims, before any markup.

Pure: the same store and claims give the same page, whatever the clock says.
"""

from __future__ import annotations

import inspect
import re
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from markupsafe import Markup

from verification.claim import Claim, Statement
from verification.drawing.intervals import Measured, Picture, interval_plot
from verification.forms import Candidate, Figure
from verification.formulas import equation_text, formula, latex
from verification.freshness import is_stale
from verification.report.figures import pictures_of
from verification.report.numbers import Fact, facts
from verification.run.store import Incident, Store, StoredVerdict
from verification.run.task import Status
from verification.verdict import Finding, Outcome, StatementVerdict, Verdict

NOT_JUDGED = "NOT JUDGED"

ICONS = {
    Verdict.HOLDS.name: "✓",
    Verdict.FAILS.name: "✗",
    Verdict.UNDECIDED.name: "?",
    Verdict.EMPIRICAL.name: "≈",
    NOT_JUDGED: "…",
}
SENTENCES = {verdict.name: verdict.value for verdict in Verdict} | {NOT_JUDGED: "not judged yet"}

MARKS = {
    Outcome.PROVED: "✓",
    Outcome.CERTIFIED: "✓",
    Outcome.CONSISTENT: "✓",
    Outcome.REFUTED: "✗",
    Outcome.UNDECIDED: "?",
}


@dataclass(frozen=True)
class Badge:
    """A verdict as a reader sees it: a word and a sign, never a colour alone."""

    name: str

    @property
    def icon(self) -> str:
        """The sign beside the word."""
        return ICONS[self.name]

    @property
    def sentence(self) -> str:
        """What the word means."""
        return SENTENCES[self.name]

    @property
    def css(self) -> str:
        """Name in the style sheet."""
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True)
class FindingRow:
    """What one check found about one form."""

    check: str
    form: str
    outcome: str
    icon: str
    meaning: str
    reason: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class NearMissRow:
    """A wrong variant and the check that refuted it, None where none did."""

    name: str
    formula: Markup
    refuted_by: str | None


@dataclass(frozen=True)
class FeatureRow:
    """A feature of a figure: as printed, and as measured."""

    name: str
    printed: str
    measured: str
    reproduced: bool


@dataclass(frozen=True)
class StatementView:
    """One statement of a claim."""

    name: str
    says: str
    badge: Badge
    counts: bool
    printed: Markup
    corrected: Markup | None
    domain: tuple[Markup, ...]
    findings: tuple[FindingRow, ...]
    pictures: tuple[Picture, ...]
    features: tuple[FeatureRow, ...]
    near_misses: tuple[NearMissRow, ...]


@dataclass(frozen=True)
class ClaimView:
    """One claim: its row in the table and its section."""

    id: str
    title: str
    kind: str
    where: str
    scope: str
    badge: Badge
    evidence: str
    reason: str
    printed: Markup
    more: int
    corrected: Markup | None
    corrected_text: str | None
    correction_holds: bool
    printed_text: str
    symbols: tuple[tuple[Markup, str], ...]
    statements: tuple[StatementView, ...]
    notes: tuple[str, ...]
    incidents: tuple[Incident, ...]
    fingerprint: str
    created: str
    seconds: str
    stale: bool


@dataclass(frozen=True)
class TopicView:
    """The claims of one module: a section of the paper, or a topic."""

    anchor: str
    title: Markup
    claims: tuple[ClaimView, ...]
    counts: tuple[tuple[Badge, int], ...]


@dataclass(frozen=True)
class PaperView:
    """One paper: the claims about it, by topic."""

    name: str
    title: str
    topics: tuple[TopicView, ...]
    counts: tuple[tuple[Badge, int], ...]


@dataclass(frozen=True)
class RunView:
    """The latest run that wrote the store."""

    command: str
    started: str
    outcome: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """The whole report."""

    papers: tuple[PaperView, ...]
    counts: tuple[tuple[Badge, int], ...]
    total: int
    judged: int
    stale: int
    date: str
    run: RunView | None
    unregistered: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]


def page(store: Store, claims: Mapping[str, Claim], homes: Mapping[str, str | Path]) -> Page:
    """The report on ``claims``, each imported from its home, from what ``store`` holds."""
    verdicts = store.verdicts()
    incidents = store.incidents()
    views = {id: _claim(claim, homes[id], verdicts.get(id), store, incidents) for id, claim in claims.items()}
    papers: dict[str, list[Claim]] = {}
    for claim in claims.values():
        papers.setdefault(claim.paper.key, []).append(claim)
    return Page(
        papers=tuple(_paper(found, views) for found in papers.values()),
        counts=_counts(list(views.values())),
        total=len(views),
        judged=sum(view.badge.name != NOT_JUDGED for view in views.values()),
        stale=sum(view.stale for view in views.values()),
        date=max((stored.created for stored in verdicts.values()), default=""),
        run=_run(store),
        unregistered=tuple(sorted(set(verdicts) - set(claims))),
        legend=tuple((outcome.name, outcome.value) for outcome in Outcome),
    )


def _paper(claims: Sequence[Claim], views: Mapping[str, ClaimView]) -> PaperView:
    """The claims of a paper, those of one module together under what its docstring says, in the order of their ids."""
    paper = claims[0].paper
    topics: dict[str, list[ClaimView]] = {}
    for claim in claims:
        topics.setdefault(claim.module, []).append(views[claim.id])
    return PaperView(
        paper.key,
        ", ".join(part for part in (paper.title, paper.authors, paper.reference) if part) or paper.key,
        tuple(
            TopicView(f"{paper.key}-{i}", _with_formulas(_heading(module)), tuple(found), _counts(found))
            for i, (module, found) in enumerate(topics.items(), start=1)
        ),
        _counts([views[claim.id] for claim in claims]),
    )


def _heading(module: str) -> str:
    return _first_sentence(inspect.getdoc(sys.modules[module]) or module)


def _first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split()).removesuffix(".")


def _with_formulas(text: str) -> Markup:
    """Text of a docstring, its ``:math:`` typeset."""
    parts = re.split(r":math:`([^`]*)`", text)
    return Markup("").join(formula(part, part, display=False) if i % 2 else part for i, part in enumerate(parts))


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
    return ClaimView(
        id=claim.id,
        title=claim.title,
        kind=claim.kind.value,
        where=claim.cites.where,
        scope=claim.scope,
        badge=Badge(verdict.verdict.name if verdict else NOT_JUDGED),
        evidence=", ".join(verdict.evidence) if verdict else "",
        reason=verdict.reason if verdict else "",
        printed=shown.printed,
        more=len(statements) - 1,
        corrected=shown.corrected,
        corrected_text=verdict.corrected if verdict else None,
        correction_holds=verdict is not None and verdict.corrected is not None,
        printed_text=claim.words,
        symbols=tuple(
            (formula(latex(symbol), str(symbol), display=False), meaning) for symbol, meaning in claim.symbols.items()
        ),
        statements=statements,
        notes=claim.notes,
        incidents=tuple(incident for incident in incidents if incident.claim == claim.id),
        fingerprint=stored.fingerprint if stored else "",
        created=stored.created if stored else "",
        seconds=f"{stored.seconds:.1f}" if stored else "",
        stale=stale,
    )


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
    killers = verdict.near_misses if verdict else {}
    corrected = None if statement.corrected is None else statement.judged(statement.corrected)
    return StatementView(
        name=statement.name,
        says=statement.says,
        badge=Badge(verdict.verdict.name if verdict else NOT_JUDGED),
        counts=statement.counts,
        printed=equation(statement, statement.judged(statement.printed)),
        corrected=None if corrected is None else equation(statement, corrected),
        domain=tuple(formula(latex(condition), str(condition), display=False) for condition in statement.domain),
        findings=tuple(
            _finding(check, form, finding)
            for form, findings in (("printed", printed), ("corrected", verdict.corrected if verdict else {}))
            for check, finding in findings.items()
        ),
        pictures=(
            *_interval_pictures(statement, verdict, values, name),
            # What an earlier version of the code has left may lack what is drawn now.
            *([] if stale else _figure(statement, printed, values, name)),
        ),
        features=_features(printed),
        near_misses=tuple(
            NearMissRow(miss.name, formula(latex(miss.form), str(miss.form)), killers.get(miss.name))
            for miss in statement.near_misses
        ),
    )


def equation(statement: Statement, form: Candidate) -> Markup:
    """The left-hand side of ``statement`` completed by ``form``."""
    source, label = equation_text(statement, form)
    return formula(source, label)


def _finding(check: str, form: str, finding: Finding) -> FindingRow:
    outcome = finding.outcome
    return FindingRow(check, form, outcome.name, MARKS[outcome], outcome.value, finding.reason, facts(finding))


def _interval_pictures(
    statement: Statement, verdict: StatementVerdict | None, values: Mapping[str, Any], name: str
) -> list[Picture]:
    """One picture for each Monte Carlo experiment that measured something."""
    found = []
    for i, experiment in enumerate(statement.experiments, start=1):
        label = f"monte_carlo/{experiment.name}"
        by_form = [findings.get(label) for findings in ((verdict.findings, verdict.corrected) if verdict else ())]
        numbers = [finding.numbers for finding in by_form if finding is not None and "interval" in finding.numbers]
        if not numbers:
            continue
        measured = [Measured("measured", numbers[0]["estimate"], *numbers[0]["interval"])]
        second = next((n["second_stage"] for n in numbers if "second_stage" in n), None)
        if second is not None:
            measured.append(Measured("repeated independently", second["estimate"], *second["interval"]))
        forms = values.get(f"{statement.name}/{label}/stage 1/predictions")
        predicted = forms if isinstance(forms, dict) else {"printed": numbers[0]["predicted"]}
        caption = (
            f"{experiment.name}: interval of the estimate at false-alarm rate {numbers[0]['false_alarm']:.1e} "
            f"({numbers[0]['n']} samples), and the value that each form predicts. "
            "An arrow points to a value beyond the edge."
        )
        found.append(Picture(interval_plot(f"{name}-{i}", measured, predicted), caption))
    return found


def _figure(
    statement: Statement, printed: Mapping[str, Finding], values: Mapping[str, Any], name: str
) -> list[Picture]:
    """The figure drawn again, where the statement is about one that has been measured."""
    form, finding = statement.form, printed.get("figure")
    if not isinstance(form, Figure) or finding is None or not finding.numbers:
        return []  # A part that did not end leaves no numbers.
    parts = [values.get(f"{statement.name}/figure/{i}") for i in range(len(form.parts))]
    draw = form.pictures or pictures_of(form)
    return draw(name, [part for part in parts if part is not None], finding.numbers) if draw else []


def _features(printed: Mapping[str, Finding]) -> tuple[FeatureRow, ...]:
    finding = printed.get("figure")
    features = finding.numbers.get("features", ()) if finding else ()
    return tuple(FeatureRow(f["name"], _shown(f["printed"]), _shown(f["measured"]), f["reproduced"]) for f in features)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
