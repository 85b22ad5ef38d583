"""The page model: everything the report says, gathered from the store, the claims and their markup.

Pure: the same store and claims give the same page, whatever the clock says.
"""

from __future__ import annotations

import inspect
import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from verification.claim import Claim
from verification.formulas import docstring_prose, readable_html
from verification.registry import Catalogue
from verification.report.summary import summary_table
from verification.report.views import ICONS, NOT_JUDGED, Badge, ClaimMarkup, Page, PaperView, RunView, TopicView
from verification.run.store import Store
from verification.verdict import Outcome, Verdict


def page(store: Store, known: Catalogue, markups: Mapping[str, ClaimMarkup]) -> Page:
    """The report on the claims of a catalogue.

    Args:
        store: Verdicts, and the runs that wrote it.
        known: The claims.
        markups: What is said of each, by id; a claim without one could not be made, and is named.
    """
    verdicts = store.verdicts()
    judged = {id: stored.verdict for id, stored in verdicts.items()}
    papers: dict[str, list[Claim]] = {}
    for id in markups:
        papers.setdefault(known.claim(id).paper.key, []).append(known.claim(id))
    return Page(
        summary=summary_table(papers, judged),
        papers=tuple(_paper(found, markups) for found in papers.values()),
        counts=_counts(list(markups.values())),
        total=len(markups),
        judged=sum(each.badge.name != NOT_JUDGED for each in markups.values()),
        stale=sum(each.stale for each in markups.values()),
        date=max((stored.created for stored in verdicts.values()), default=""),
        run=_run(store),
        unregistered=tuple(sorted(set(verdicts) - set(known.listed))),
        missing=tuple(id for id in known.listed if id not in markups),
        legend=tuple((outcome.name, outcome.value) for outcome in Outcome),
    )


def _paper(claims: Sequence[Claim], markups: Mapping[str, ClaimMarkup]) -> PaperView:
    """The claims of a paper, those of one module together under what its docstring says, in the order of their ids."""
    paper = claims[0].paper
    topics: dict[str, list[ClaimMarkup]] = {}
    for claim in claims:
        topics.setdefault(claim.module, []).append(markups[claim.id])
    return PaperView(
        name=paper.key,
        title=paper.title or paper.key,
        authors=paper.authors,
        reference=paper.reference,
        topics=tuple(
            TopicView(f"{paper.key}-{i}", readable_html(_heading(module)), tuple(found), _counts(found))
            for i, (module, found) in enumerate(topics.items(), start=1)
        ),
        counts=_counts([markups[claim.id] for claim in claims]),
    )


def _heading(module: str) -> str:
    """The first sentence of a module's docstring, which says what its claims have in common."""
    text = docstring_prose(inspect.getdoc(sys.modules[module]) or module)
    return " ".join(text.split("\n\n")[0].split()).removesuffix(".")


def _counts(markups: Sequence[ClaimMarkup]) -> tuple[tuple[Badge, int], ...]:
    counts = Counter(each.badge.name for each in markups)
    return tuple((Badge(name), counts[name]) for name in ICONS if counts[name] or name in Verdict.__members__)


def _run(store: Store) -> RunView | None:
    runs = store.runs()
    if not runs:
        return None
    last = runs[-1]
    program, *arguments = last["command"] or ["driftproof"]
    command = shlex.join([PurePath(program).name.replace("__main__.py", "driftproof"), *arguments])
    return RunView(command, last["started"], last["outcome"] or "not finished", tuple(sorted(last["versions"].items())))
