"""What ``driftproof verify`` shows: a line for each verdict as it arrives, progress on a terminal, a table last."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Self

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, track
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from verification.formulas import readable_text
from verification.lock import Difference
from verification.run.summary import Progress, RunSummary
from verification.verdict import ClaimVerdict, Verdict

_STYLES = {
    Verdict.HOLDS: "green",
    Verdict.MISPRINT: "magenta",
    Verdict.FAILS: "red",
    Verdict.UNDECIDED: "yellow",
    Verdict.EMPIRICAL: "cyan",
}


WIDEST = 500
"""Columns that a table may take."""

PATIENCE = 60.0
"""Seconds between lines on progress where no terminal shows a bar."""


class _Console(Console):
    """A console that leaves a closed pipe to the caller; Rich would end the program."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


class Screen:
    """The faces of a run. Colour and progress appear on a terminal only, and NO_COLOR is respected.

    Args:
        as_json: One JSON object a line, for machines.
        quiet: Differences and failures only.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.console = _Console(highlight=False, markup=False, emoji=False)
        self._bar: Bar | None = None
        self._task: Any = None
        self._told = time.monotonic()
        self._unreadable: dict[str, str] = {}

    def __enter__(self) -> Self:
        if not (self.as_json or self.quiet) and sys.stderr.isatty():
            # On one terminal the lines go above the bar; with a pipe on stdout the bar has stderr for itself.
            console = self.console if self.console.is_terminal else _Console(stderr=True)
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[running]}", style="dim"),
                console=console,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("claims", total=None, running="")
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def progress(self, progress: Progress) -> None:
        """Move the bar; where nobody watches one, a line a minute at most."""
        if self._bar is None:
            self._tell_seldom(progress)
            return
        self._bar.update(
            self._task,
            description=f"{progress.claims_done}/{progress.claims} claims, tasks",
            completed=progress.tasks_done,
            total=progress.tasks_known,
            running=progress.running[0] if progress.running else "",
        )

    def _tell_seldom(self, progress: Progress) -> None:
        if self.quiet or sys.stderr.isatty() or time.monotonic() - self._told < PATIENCE:
            return
        self._told = time.monotonic()
        running = f"; running: {progress.running[0]}" if progress.running else ""
        print(
            f"driftproof: {progress.claims_done}/{progress.claims} claims, "
            f"{progress.tasks_done}/{progress.tasks_known} tasks{running}",
            file=sys.stderr,
            flush=True,
        )

    def verdict(self, verdict: ClaimVerdict, seconds: float) -> None:
        """One line for one verdict, and one more for the corrected formula of a claim that fails."""
        if self.as_json:
            self._json({**verdict.to_json(), "seconds": round(seconds, 3)})
        elif not self.quiet:
            line = Text(f"{verdict.claim:<8} ")
            line.append(f"{verdict.verdict.name:<10}", style=_STYLES[verdict.verdict])
            line.append(f" {','.join(verdict.evidence):<20} {seconds:>7.1f} s  {self._reason(verdict)}")
            self._line(line)
            if verdict.corrected:
                self._line(Text(f"{'':<20}corrected: {readable_text(verdict.corrected)}"))

    def _print_whole(self, table: Table) -> None:
        """A table none of whose numbers is cut: on a narrow terminal its lines go on in the next."""
        width = self.console.width
        needed = Measurement.get(self.console, self.console.options.update_width(WIDEST), table).maximum
        self.console.width = max(width, needed)
        self.console.print(table, crop=False)
        self.console.width = width

    def _reason(self, verdict: ClaimVerdict) -> str:
        """Why; claims of one module that cannot be imported say it once."""
        first = self._unreadable.setdefault(verdict.reason, verdict.claim) if not verdict.statements else verdict.claim
        return readable_text(verdict.reason) if first == verdict.claim else f"as {first}"

    def summary(
        self,
        summary: RunSummary,
        papers: Mapping[str, str],
        differences: Sequence[Difference],
        lock: str,
        *,
        accepted: bool = False,
    ) -> None:
        """The failures, the differences from the lock, and how many claims of which paper hold.

        Args:
            summary: What the run did.
            papers: Claim id -> paper.
            differences: Where its verdicts are not those of the lock.
            lock: Where the locks of these claims lie.
            accepted: Whether the lock is to be changed, so that nobody need be told how.
        """
        self.__exit__()
        if self.as_json:
            self._json(_summary_json(summary, differences))
            return
        for line in (*_failures(summary), *_silent(summary)):
            self._line(Text(line, style="yellow"), whole=True)
        if not self.quiet:
            self._print_whole(_table(summary, papers))
            computed = _count(summary.computed, "task")
            seconds = f"{summary.seconds:.1f} s of wall-clock time"
            self._line(Text(f"{computed} computed and {summary.reused} reused in {seconds}", style="italic"))
        for difference in differences:
            self._line(Text(str(difference), style="red"), whole=True)
        judged = len(papers) - sum(not verdict.statements for verdict in summary.verdicts)
        if differences:
            told = f"{_count(len(differences), 'claim')} of {judged} not as in {lock}"
            self._line(Text(f"{told}, until now." if accepted else f"{told}; --update-lock accepts."), whole=True)
        elif judged and not self.quiet:
            self._line(Text(f"{'All ' if judged > 1 else ''}{_count(judged, 'verdict')} as in {lock}."))

    def _line(self, text: Text, *, whole: bool = False) -> None:
        """A line of its own on a terminal, cut where it is too long; a ``whole`` one goes on in the next."""
        if self.console.is_terminal:
            self.console.print(text, no_wrap=not whole, overflow="fold" if whole else "ellipsis")
        else:
            print(text.plain, flush=True)

    def _json(self, data: Mapping[str, Any]) -> None:
        print(json.dumps(data, ensure_ascii=False), flush=True)


def watched(ids: Sequence[str], what: str) -> Iterable[str]:
    """``ids`` as they are taken, with a bar on a terminal."""
    console = _Console(stderr=True)
    return track(ids, description=what, console=console, transient=True, disable=not sys.stderr.isatty())


def _failures(summary: RunSummary) -> list[str]:
    """One line for the tasks of a claim that failed alike, as all do where the derivation itself cannot be made."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for failure in summary.failures:
        alike.setdefault((failure.claim, failure.status.value, failure.message), []).append(failure.label)
    lines = []
    for (claim, ending, message), labels in alike.items():
        first = next((label for label in labels if label.endswith("/printed")), labels[0])
        others = f" and {_count(len(labels) - 1, 'more task')}" if len(labels) > 1 else ""
        lines.append(f"{claim}: {readable_text(first)}{others} {ending}: {readable_text(message)}")
    return lines


def _silent(summary: RunSummary) -> list[str]:
    """One line for each measurement that decided nothing about a claim which others decided."""
    failed = {failure.claim for failure in summary.failures}
    return [
        readable_text(f"{verdict.claim}: {statement}/{check} decided nothing: {finding.reason}")
        for verdict in summary.verdicts
        if verdict.verdict is not Verdict.UNDECIDED and verdict.claim not in failed
        for statement, check, finding in verdict.silent
    ]


def _table(summary: RunSummary, papers: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, show_edge=False, padding=0)
    counts = Counter((papers[verdict.claim], verdict.verdict) for verdict in summary.verdicts)
    table.add_column("paper", "all", no_wrap=True)
    for verdict in Verdict:
        total = sum(n for (_, found), n in counts.items() if found is verdict)
        table.add_column(verdict.name, str(total), justify="right", style=_STYLES[verdict], no_wrap=True)
    table.add_column("claims", str(len(summary.verdicts)), justify="right")
    table.add_column("time", f"{sum(summary.seconds_by_claim.values()):.0f} s", justify="right", no_wrap=True)
    for paper in dict.fromkeys(papers.values()):
        here = [counts[paper, verdict] for verdict in Verdict]
        seconds = sum(summary.seconds_by_claim.get(claim, 0.0) for claim, home in papers.items() if home == paper)
        table.add_row(paper, *map(str, here), str(sum(here)), f"{seconds:.0f} s")
    return table


def _summary_json(summary: RunSummary, differences: Sequence[Difference]) -> dict[str, Any]:
    return {
        "summary": {
            "claims": len(summary.verdicts),
            "verdicts": dict(Counter(verdict.verdict.name for verdict in summary.verdicts)),
            "computed": summary.computed,
            "reused": summary.reused,
            "seconds": round(summary.seconds, 3),
            "failures": [
                {"claim": f.claim, "label": f.label, "status": f.status.name, "message": f.message}
                for f in summary.failures
            ],
            "differences": [
                {
                    "claim": d.claim,
                    "change": d.change,
                    "locked": d.locked.to_json() if d.locked else None,
                    "found": d.found.to_json() if d.found else None,
                }
                for d in differences
            ],
        }
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
