"""The figure check: run a figure again, measure where its feature lies, compare with the stated location."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.checks.comparison import finite_float
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
            return {name: {self.name: not_done(failed)} for name in context.statement.candidates()}
        summary = form.summarise([part.value for part in parts])
        return {
            name: {self.name: _finding(finite_float(candidate), summary, context.resolution)}
            for name, candidate in context.statement.candidates().items()
        }


def run(arguments: Mapping[str, Any]) -> Any:
    """Measure one part of a figure; runs in a worker."""
    form = statement_of(arguments).form
    assert isinstance(form, Figure)
    return form.measure(form.parts[arguments["part"]])


def _finding(location: float | None, summary: Mapping[str, Any], resolution: float) -> Finding:
    lower, upper = summary["location"]
    numbers = dict(summary)
    if location is None:
        return Finding(Outcome.UNDECIDED, "the stated location is not a finite number", numbers=numbers)
    measured = f"measured location in [{lower:.5g}, {upper:.5g}]"
    margin = resolution * abs(location)
    if location < lower - margin or location > upper + margin:
        reason = f"stated {location:.5g}, {measured}"
        return Finding(
            Outcome.REFUTED, reason, witness={"stated": location, "location": [lower, upper]}, numbers=numbers
        )
    if upper - lower > 4 * margin:
        return Finding(Outcome.UNDECIDED, f"{measured} is too wide to say", numbers=numbers)
    missed = [feature["name"] for feature in summary["features"] if not feature["reproduced"]]
    if missed:
        return Finding(
            Outcome.REFUTED,
            f"{measured}; not reproduced: {', '.join(missed)}",
            witness={"missed": missed},
            numbers=numbers,
        )
    reason = f"stated {location:.5g}, {measured}; {len(summary['features'])} features reproduced"
    return Finding(Outcome.CONSISTENT, reason, numbers=numbers)
