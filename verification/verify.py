"""The command ``driftproof verify``: judge claims, compare the verdicts with the lock, report.

Imported when the command is given. What it needs later, such as the runner, is imported where it begins, so that a
mistyped claim is answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from verification.command_line import claims_asked_for, report_written
from verification.ending import Exit, say
from verification.errors import LockError, VerificationError
from verification.foreign_code import output_kept
from verification.lock import (
    Difference,
    Entry,
    Lock,
    compare,
    read_lock,
    refuse_foreign,
    refuse_no_place,
    write_lock,
)
from verification.registry import Catalogue, Listed
from verification.run.place import place
from verification.run.settings import LACKS, Settings, missing_libraries
from verification.run.store import Store
from verification.run.summary import RunSummary
from verification.screen import Screen
from verification.sources import Project
from verification.verdict import ClaimVerdict


@dataclass(frozen=True)
class Question:
    """What a run is asked: which claims, against which locks.

    Attributes:
        known: All claims of the project.
        about: Where they come from.
        chosen: Those to be judged.
        own: The lock of the project itself, which alone is ever written.
        gone: Claims that the locks hold and nobody states any more; none where only some claims are asked for.
    """

    known: Catalogue
    about: Project
    chosen: tuple[Listed, ...]
    own: Lock
    gone: frozenset[str]

    @cached_property
    def lock(self) -> Lock:
        """The locked verdicts of all claims, also of those that installed packages bring."""
        beside = (entry for path in self.about.locks_beside for entry in read_lock(path).items())
        return self.own | {id: entry for id, entry in beside if id in self.known.listed}

    @property
    def papers(self) -> dict[str, str]:
        """The paper of each claim that is judged."""
        return {entry.id: entry.paper for entry in self.chosen}

    @property
    def lock_names(self) -> str:
        """The locks that the verdicts are compared with, for a sentence."""
        return " and ".join(dict.fromkeys(str(self.about.lock_for(entry.file)) for entry in self.chosen))

    @property
    def locked_elsewhere(self) -> list[str]:
        """Claims of installed packages, whose verdicts are not written among those of the built-in papers."""
        return [entry.id for entry in self.chosen if self.about.lock_for(entry.file) != self.about.lock]


def verify(arguments: argparse.Namespace) -> int:
    """Judge the claims that the command line names, and return the exit code of the command."""
    settings = _settings(arguments)
    question = _question(arguments)
    _refuse_without_libraries(update_lock=arguments.update_lock)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(arguments.store))
        if arguments.fresh:
            store.forget(entry.id for entry in question.chosen)
        unjudged = len({entry.id for entry in question.chosen} - set(store.verdicts()))
        executor, workers = stack.enter_context(place(arguments.cluster, arguments.workers, unjudged))
        with Screen(as_json=arguments.json, quiet=arguments.quiet) as screen:
            summary = _judge(question, settings, store, screen, executor, workers, retry=arguments.retry)
            if summary.interrupted:
                say(f"interrupted: {summary.kept} results kept in {store.path}; run the same command to go on")
                return Exit.INTERRUPTED
            differences = compare(
                question.lock,
                _entries(summary.verdicts, question.papers),
                gone=set(question.gone),
                out_of_time=summary.out_of_time,
            )
            accepted = arguments.update_lock
            screen.summary(summary, question.papers, differences, question.lock_names, accepted=accepted)
        if arguments.report is not None:
            report_written(store, arguments.report, question.known, executor)
        say(store.damage)
    return _ended(arguments, question, summary, differences)


def _settings(arguments: argparse.Namespace) -> Settings:
    if arguments.workers is None:
        return Settings(resolution=arguments.resolution)
    return Settings(resolution=arguments.resolution, workers=arguments.workers)


def _question(arguments: argparse.Namespace) -> Question:
    """The claims and locks that the command line names; what would fail at the end of a run is refused here."""
    known, about = claims_asked_for(arguments)
    chosen = tuple(known.listed[id] for id in known.select(arguments.selectors))
    if arguments.lock is not None and not arguments.update_lock and not about.lock.exists():
        raise LockError(f"there is no lock at {about.lock}. Give --update-lock to write one.")
    if arguments.update_lock:
        refuse_no_place(about.lock)
    own = read_lock(about.lock)
    _refuse_shared_paths(arguments, about.lock)
    refuse_foreign(own, {entry.id: entry.paper for entry in known.listed.values()}, about.lock)
    question = Question(known, about, chosen, own, frozenset())
    gone = frozenset() if arguments.selectors else frozenset(set(question.lock) - set(known.listed))
    return Question(known, about, chosen, own, gone)


def _refuse_without_libraries(*, update_lock: bool) -> None:
    missing = missing_libraries()
    for name in missing:
        say(LACKS[name])
    if update_lock and {"flint", "torch"} & set(missing):
        raise LockError("a lock of verdicts that would differ with all libraries is not written. Install them first.")


def _refuse_shared_paths(arguments: argparse.Namespace, lock_path: Path) -> None:
    """Before anything is computed: the report has a place of its own."""
    if arguments.report is None:
        return
    from verification.report import place_for_report

    for other, what in ((arguments.store, "store"), (lock_path, "lock")):
        if arguments.report.resolve() == other.resolve():
            raise VerificationError(f"--report and the {what} are the same file {other}. Give --report another path.")
    place_for_report(arguments.report)


def _judge(
    question: Question,
    settings: Settings,
    store: Store,
    screen: Screen,
    executor: Executor | None,
    workers: int,
    *,
    retry: bool,
) -> RunSummary:
    from verification.investigation import investigations
    from verification.run.runner import run

    ids = [entry.id for entry in question.chosen]
    with output_kept():
        asked = investigations(question.known, ids, resolution=settings.resolution, verdicts=store.verdicts())
    return run(
        asked,
        store=store,
        executor=executor,
        workers=workers,
        retry=retry,
        on_progress=screen.progress,
        on_verdict=screen.verdict,
        command=sys.argv,
    )


def _entries(verdicts: Sequence[ClaimVerdict], papers: Mapping[str, str]) -> Lock:
    """What the verdicts would be in a lock; a claim that could not be made has none."""
    judged = [verdict for verdict in verdicts if verdict.claim in papers and verdict.statements]
    return {verdict.claim: Entry.of(verdict, papers[verdict.claim]) for verdict in judged}


def _ended(
    arguments: argparse.Namespace, question: Question, summary: RunSummary, differences: Sequence[Difference]
) -> Exit:
    """Say what a reader of the table would miss, write the lock where that was asked, and choose the exit code."""
    if summary.remembered:
        say(f"{', '.join(summary.remembered)}: not asked again what used up its time in an earlier run. --retry asks.")
    unreadable = [verdict for verdict in summary.verdicts if not verdict.statements]
    _say_unreadable(unreadable)
    if unreadable or (question.known.problems and not arguments.selectors):
        if arguments.update_lock:
            say("the lock stays as it was until every claim can be made.")
        return Exit.USAGE
    if arguments.update_lock and not summary.crashed:
        return _lock_updated(question, summary, differences)
    return _exit_code(summary, differences)


def _say_unreadable(unreadable: Sequence[ClaimVerdict]) -> None:
    """Once for all claims that cannot be made for the same reason."""
    alike: dict[str, list[str]] = {}
    for verdict in unreadable:
        alike.setdefault(verdict.reason, []).append(verdict.claim)
    for reason, ids in alike.items():
        say(f"{', '.join(ids)} {reason.rstrip('.')}.")


def _lock_updated(question: Question, summary: RunSummary, differences: Sequence[Difference]) -> Exit:
    """Write the verdicts to the project's own lock, but for those that are incomplete or belong to another lock."""
    late = {difference.claim for difference in differences if difference.unfinished and difference.locked}
    elsewhere = question.locked_elsewhere
    papers = {id: paper for id, paper in question.papers.items() if id not in late and id not in elsewhere}
    kept = {claim: entry for claim, entry in question.own.items() if claim not in question.gone}
    write_lock(question.about.lock, {**kept, **_entries(summary.verdicts, papers)})
    say(f"wrote {question.about.lock}")
    if elsewhere:
        say(f"{', '.join(elsewhere)} have a lock in their own package: give --claims and its name to write there.")
    if late:
        say(
            f"not judged in time, and left as they were in the lock: {', '.join(sorted(late))}. "
            "Delete the entry of a claim that will not be."
        )
    return Exit.INFRASTRUCTURE if late else Exit.EQUAL


def _exit_code(summary: RunSummary, differences: Sequence[Difference]) -> Exit:
    """A difference that a crash or a lack of time explains is a fault of the machine; any other is a difference."""
    crashed = set(summary.crashed)
    if any(difference.claim not in crashed and not difference.unfinished for difference in differences):
        return Exit.DIFFERS
    return Exit.INFRASTRUCTURE if crashed or differences else Exit.EQUAL
