"""The figure check: run a figure again, measure where its feature lies, compare with the stated location."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.checks.comparison import finite_float
from verification.errors import one_sentence
from verification.forms import Figure
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

TIME_LIMIT = 600.0


class FigureCheck(Check):
    """One task per part of the figure; the summary is a pure function of their results."""

    name = "figure"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """Every task of this check; see :class:`~verification.checks.check.Check`."""
        form = context.statement.form
        if not isinstance(form, Figure):
            return []
        function = "verification.checks.figure:run"
        return [context.task(f"figure/{i}", function, {"part": i}, TIME_LIMIT) for i in range(len(form.parts))]

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """What was found about each candidate."""
        form = context.statement.form
        if not isinstance(form, Figure):
            return {}
        parts = [results[task.key] for task in self.tasks(context, results)]
        failed = next((part for part in parts if not done(part)), None)
        if failed is not None:
            return {name: {self.name: not_done(failed)} for name in context.candidates}
        rows = [part.value for part in parts]
        empty = next((i for i, row in enumerate(rows) if row is None), None)
        summary = _summary(form, rows) if empty is None else f"measure returned nothing for part {form.parts[empty]}"
        if isinstance(summary, str):
            return {name: {self.name: Finding(Outcome.UNDECIDED, summary)} for name in context.candidates}
        return {
            name: {self.name: _finding(finite_float(candidate), summary, context.resolution)}
            for name, candidate in context.statement.candidates().items()
        }


def run(arguments: Mapping[str, Any]) -> Any:
    """Measure one part of a figure; runs in a worker."""
    form = statement_of(arguments).form
    assert isinstance(form, Figure)
    return form.measure(form.parts[arguments["part"]])


def _summary(form: Figure, rows: list[Any]) -> Mapping[str, Any] | str:
    """What the author's function makes of the rows, or what is wrong with that."""
    asked = "summarise must return {'location': (lower, upper) or None, 'features': [...], ...}"
    try:
        found: Any = form.summarise(rows)
    except Exception as error:
        return f"summarise raised {one_sentence(error)}"
    if not isinstance(found, Mapping) or {"location", "features"} - set(found):
        return f"{asked}, got {found!r:.80}"
    ends = found["location"]
    if ends is not None and not (isinstance(ends, Sequence) and len(ends) == 2 and all(map(_is_number, ends))):
        return f"{asked}, got the location {ends!r:.80}"
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _finding(stated: float | None, summary: Mapping[str, Any], resolution: float) -> Finding:
    """What a measured figure says about a stated location; what could not be measured is named."""
    outcome, reason, witness = _judged(stated, summary, resolution)
    told = [summary["told"]] if "told" in summary else []
    skipped = [f"skipped: {what}" for what in summary.get("skipped", ())]
    return Finding(outcome, "; ".join([reason, *told, *skipped]), witness, dict(summary))


def _judged(
    stated: float | None, summary: Mapping[str, Any], resolution: float
) -> tuple[Outcome, str, dict[str, Any] | None]:
    if stated is None:
        return Outcome.UNDECIDED, "the stated location is not a finite number", None
    if summary["location"] is None:
        witness = {"stated": stated, "location": None}
        return Outcome.REFUTED, f"stated {stated:.5g}, but what is measured has no such place", witness
    lower, upper = summary["location"]
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return Outcome.UNDECIDED, f"the measured location [{lower}, {upper}] is not finite", None
    measured = f"measured location in [{lower:.5g}, {upper:.5g}]"
    margin = resolution * abs(stated)
    if stated < lower - margin or stated > upper + margin:
        return Outcome.REFUTED, f"stated {stated:.5g}, {measured}", {"stated": stated, "location": [lower, upper]}
    if upper - lower > 4 * margin:
        return Outcome.UNDECIDED, f"{measured} is too wide to say", None
    missed = [feature for feature in summary["features"] if not feature["reproduced"]]
    against, unclear = ([each["name"] for each in missed if each.get("open", False) is told] for told in (False, True))
    if against:
        return Outcome.REFUTED, f"{measured}; not reproduced: {', '.join(against)}", {"missed": against}
    if unclear:
        return Outcome.UNDECIDED, f"{measured}; too few runs to tell: {', '.join(unclear)}", None
    within = "" if lower <= stated <= upper else f" (within {resolution:.0%} of it)"
    found = len(summary["features"])
    there = f"; {found} {'feature' if found == 1 else 'features'} reproduced" if found else ""
    return Outcome.CONSISTENT, f"stated {stated:.5g}, {measured}{within}{there}", None
