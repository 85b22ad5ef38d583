"""The invariance check: train from a point of the set with real SGD, and see whether any step leaves it.

Whether gradients point out of the set is judged by the symbolic check; here nothing symbolic enters but the set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.forms import Invariance
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

TIME_LIMIT = 120.0

STANDSTILL = 0.01
"""Runs whose weights, of order 1, move by less than this show nothing."""


class InvarianceCheck(Check):
    """One task per candidate: all its runs of SGD."""

    name = "sgd"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """Every task of this check; see :class:`~verification.checks.check.Check`."""
        form = context.statement.form
        if not isinstance(form, Invariance) or form.measure is None:
            return []
        function = "verification.checks.invariance:run"
        return [context.task(f"sgd/{name}", function, {"candidate": name}, TIME_LIMIT) for name in context.candidates]

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """What was found about each candidate."""
        found: Findings = {}
        for task in self.tasks(context, results):
            result = results[task.key]
            form = context.statement.form
            assert isinstance(form, Invariance)
            finding = judge_runs(result.value["runs"], form.tolerance) if done(result) else not_done(result)
            found[task.arguments["candidate"]] = {self.name: finding}
        return found


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run SGD for one candidate; runs in a worker."""
    statement = statement_of(arguments)
    form = statement.form
    assert isinstance(form, Invariance) and form.measure is not None
    return dict(form.measure(statement.candidates()[arguments["candidate"]]))


def judge_runs(runs: list[Mapping[str, Any]], tolerance: float) -> Finding:
    """Whether all runs kept the set: one step beyond ``tolerance`` in any run refutes."""
    finite = [each for each in runs if each["violation"] is not None]
    numbers = {"runs": [dict(each) for each in runs], "tolerance": tolerance}
    if not runs:
        return Finding(Outcome.UNDECIDED, "nothing was run", numbers=numbers)
    worst = max(finite, key=lambda each: each["violation"], default=None)
    if worst is not None and worst["violation"] > tolerance:
        reason = f"{worst['run']}: {worst['violation']:.3g} away from the set within {worst['steps']} steps"
        return Finding(Outcome.REFUTED, reason, witness=dict(worst), numbers=numbers)
    if worst is None or len(finite) < len(runs):
        diverged = [each["run"] for each in runs if each["violation"] is None]
        return Finding(Outcome.UNDECIDED, f"diverged: {', '.join(diverged)}", numbers=numbers)
    moved = min(each["moved"] for each in runs)
    if moved < STANDSTILL:
        return Finding(Outcome.UNDECIDED, f"a run moved its weights by {moved:.1g} only", numbers=numbers)
    distance = f"{worst['violation']:.1e}" if worst["violation"] else "exactly 0"
    steps = sum(each["steps"] for each in runs)
    reason = f"violation {distance} in {steps} steps of {len(runs)} runs, whose weights moved by {moved:.2g} or more"
    return Finding(Outcome.CONSISTENT, reason, numbers=numbers)
