"""What the page shows, as records: the template reads these and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from markupsafe import Markup

from verification.drawing.intervals import Picture
from verification.report.numbers import Fact
from verification.run.store import Incident
from verification.verdict import Verdict

NOT_JUDGED = "NOT JUDGED"

ICONS = {
    Verdict.HOLDS.name: "✓",
    Verdict.MISPRINT.name: "✎",
    Verdict.FAILS.name: "✗",
    Verdict.UNDECIDED.name: "?",
    Verdict.EMPIRICAL.name: "≈",
    NOT_JUDGED: "…",
}
SENTENCES = {verdict.name: verdict.value for verdict in Verdict} | {NOT_JUDGED: "not judged yet"}


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

    name: Markup
    formula: Markup
    machine_made: bool
    refuted_by: str | None


@dataclass(frozen=True)
class FeatureRow:
    """A feature of a figure: as printed, and as measured."""

    name: str
    printed: str
    measured: str
    reproduced: bool
    open: bool = False


@dataclass(frozen=True)
class StatementView:
    """One statement of a claim; ``short`` is its printed form where there is little room."""

    name: Markup
    says: Markup
    badge: Badge
    counts: bool
    printed: Markup
    short: Markup
    read_as: Markup | None
    corrected: Markup | None
    corrected_short: Markup | None
    domain: tuple[Markup, ...]
    findings: tuple[FindingRow, ...]
    pictures: tuple[Picture, ...]
    features: tuple[FeatureRow, ...]
    near_misses: tuple[NearMissRow, ...]


@dataclass(frozen=True)
class ClaimView:
    """One claim: its row in the table and its section."""

    id: str
    title: Markup
    kind: str
    where: Markup
    source: str
    grade: str
    scope: Markup | None
    badge: Badge
    evidence: str
    reason: str
    silent: tuple[str, ...]
    printed: Markup
    more: int
    corrected: Markup | None
    corrected_words: Markup | None
    correction_holds: bool
    words: Markup
    symbols: tuple[tuple[Markup, Markup], ...]
    statements: tuple[StatementView, ...]
    notes: tuple[Markup, ...]
    incidents: tuple[Incident, ...]
    fingerprint: str
    created: str
    seconds: str
    stale: bool


@dataclass(frozen=True)
class ClaimMarkup:
    """One claim as markup.

    Attributes:
        id: Of the claim.
        badge: Its verdict.
        stale: Whether the verdict is about earlier code.
        row: Its row in the table.
        section: Its section.
    """

    id: str
    badge: Badge
    stale: bool
    row: Markup
    section: Markup

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "badge": self.badge.name, "row": str(self.row), "section": str(self.section)}

    @classmethod
    def from_json(cls, text: dict[str, Any]) -> Self:
        """From what :meth:`to_json` gave."""
        row, section = Markup(text["row"]), Markup(text["section"])
        return cls(text["id"], Badge(text["badge"]), text["stale"], row, section)


@dataclass(frozen=True)
class TopicView:
    """The claims of one module: a section of the paper, or a topic."""

    anchor: str
    title: Markup
    claims: tuple[ClaimMarkup, ...]
    counts: tuple[tuple[Badge, int], ...]


@dataclass(frozen=True)
class SummaryRow:
    """The claims of a paper that come from one source.

    Attributes:
        source, meaning: The source, and what the word means.
        counts: How many there are in each column.
        weakest: The weakest evidence on which one of them holds.
    """

    source: str
    meaning: str
    counts: tuple[int, ...]
    weakest: str


@dataclass(frozen=True)
class SummaryTable:
    """How many claims of which paper and source have which verdict; FAILS by grade.

    Attributes:
        columns: Heading of each column and what it means.
        papers: Key and title of each paper, and its rows.
    """

    columns: tuple[tuple[str, str], ...]
    papers: tuple[tuple[str, str, tuple[SummaryRow, ...]], ...]


@dataclass(frozen=True)
class PaperView:
    """One paper: the claims about it, by topic."""

    name: str
    title: str
    authors: str
    reference: str
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

    summary: SummaryTable
    papers: tuple[PaperView, ...]
    counts: tuple[tuple[Badge, int], ...]
    total: int
    judged: int
    stale: int
    date: str
    run: RunView | None
    unregistered: tuple[str, ...]
    missing: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
