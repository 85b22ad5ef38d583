"""What the report says of each claim, as markup: made by several processes at once, and kept in the store.

Typesetting a claim and its near misses takes about half a second. So markup that was made while a run wrote the
store is taken again as long as everything behind it is the same: the claim, its verdict, all code, the libraries.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from verification.claim import Claim
from verification.formulas import readable_html
from verification.registry import Catalogue, claim_in
from verification.report.claim_view import claim_view
from verification.report.views import ClaimMarkup
from verification.run.fingerprint import basis
from verification.run.pool import WorkerPool
from verification.run.store import Incident, Store, StoredVerdict
from verification.run.task import Status

TEMPLATES = Path(__file__).parent / "templates"

FEW = 6
"""So many claims are done sooner here than by processes that have to be started."""

Watched = Callable[[Sequence[str], str], Iterable[str]]
"""Ids and what is done with each -> the same ids, as they are taken."""


@dataclass(frozen=True)
class Subject:
    """A claim to be shown, with what the store holds about it; fit to be sent to another process.

    Attributes:
        id, module, home: Where the claim is.
        stored: Its verdict.
        values: What the tasks behind the verdict returned, by label.
        incidents: What went wrong about it.
    """

    id: str
    module: str
    home: str
    stored: StoredVerdict | None
    values: Mapping[str, Any]
    incidents: tuple[Incident, ...]

    @property
    def basis(self) -> str:
        """Hash of everything that its markup depends on; "" if that cannot be said."""
        judged = basis(self.module, self.home)
        found = self.stored and (self.stored.verdict.to_json(), self.stored.fingerprint, self.stored.seconds)
        told = json.dumps([judged, found, [asdict(incident) for incident in self.incidents]], sort_keys=True)
        created = self.stored.created if self.stored else ""
        return hashlib.sha256(f"{told} {created}".encode()).hexdigest() if judged else ""


def claim_markups(
    store: Store, known: Catalogue, *, workers: int, watched: Watched, executor: Executor | None = None
) -> dict[str, ClaimMarkup]:
    """The markup of every claim by id, without those that cannot be made.

    Args:
        store: Verdicts, the results behind them, and markup made earlier; new one is kept if it may be written.
        known: The claims.
        workers: How many processes make it; 1 for none but this one.
        watched: What the loop over ids passes through, to show how far it is.
        executor: Where claims were judged: processes of a pool remember what they derived, and make it in place of
            new ones.
    """
    pool = executor if isinstance(executor, WorkerPool) else None
    subjects = {subject.id: subject for subject in _subjects(store, known)}
    bases = {id: subject.basis for id, subject in subjects.items()}
    kept = {id: store.markup(id, bases[id]) for id in subjects if bases[id]}
    found: dict[str, ClaimMarkup] = {}
    fresh = [id for id in subjects if kept.get(id) is None]
    with _making(known, [subjects[id] for id in fresh], workers, pool) as made:
        for id in watched(list(subjects), "report"):
            markup = made(id) if id in fresh else ClaimMarkup.from_json(kept[id])
            if markup is None:
                continue
            found[id] = markup
            if id in fresh and bases[id] and not store.read_only:
                store.record_markup(id, bases[id], markup.to_json())
    return found


def _subjects(store: Store, known: Catalogue) -> Iterator[Subject]:
    verdicts = store.verdicts()
    incidents = store.incidents()
    for id, listed in known.listed.items():
        stored = verdicts.get(id)
        about = tuple(incident for incident in incidents if incident.claim == id)
        yield Subject(id, listed.module, str(listed.home), stored, _values(store, stored), about)


def _values(store: Store, stored: StoredVerdict | None) -> dict[str, Any]:
    """What the tasks behind the verdict returned, by label."""
    if stored is None:
        return {}
    behind = set(stored.tasks)
    return {
        result.label: result.result.value
        for key, result in store.results(stored.verdict.claim).items()
        if key in behind and result.result.status is Status.DONE
    }


@contextlib.contextmanager
def _making(
    known: Catalogue, subjects: Sequence[Subject], workers: int, pool: WorkerPool | None
) -> Iterator[Callable[[str], ClaimMarkup | None]]:
    """What gives the markup of an id: all are begun at once by worker processes, or each made here when asked for."""
    if pool is None and (workers == 1 or len(subjects) <= FEW):
        by_id = {subject.id: subject for subject in subjects}
        yield lambda id: _made(functools.partial(known.claim, id), by_id[id])
        return
    place = WorkerPool(workers) if pool is None else pool
    try:
        futures: dict[str, Future[ClaimMarkup | None]] = {
            subject.id: place.submit(_Typesetting(subject)) for subject in subjects
        }
        yield lambda id: futures[id].result()
    finally:
        if pool is None:
            place.kill()


@dataclass(frozen=True)
class _Typesetting:
    """The making of a claim's markup as a call for a worker."""

    subject: Subject

    @property
    def kin(self) -> str:
        """The claim: a worker that judged it has derived what is to be shown."""
        return f"{self.subject.module}/{self.subject.id}"

    def __call__(self) -> ClaimMarkup | None:
        """The markup, or None if the claim cannot be made."""
        subject = self.subject
        return _made(functools.partial(claim_in, subject.module, subject.id, subject.home), subject)


def _made(find: Callable[[], Claim], subject: Subject) -> ClaimMarkup | None:
    """The markup of a claim, or None if the claim cannot be made."""
    try:
        claim = find()
        for statement in claim.statements:
            statement.candidates()
    except Exception:
        return None  # It is the author's code that raised; why is what verify and follow tell.
    view = claim_view(claim, subject.home, subject.stored, subject.values, subject.incidents)
    macros: Any = environment().get_template("claim.html").module
    return ClaimMarkup(view.id, view.badge, view.stale, Markup(macros.row(view)), Markup(macros.section(view)))


@functools.cache
def environment() -> jinja2.Environment:
    """Where the templates are found; whatever is no :class:`~markupsafe.Markup` is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["readable"] = readable_html
    return made
