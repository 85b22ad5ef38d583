"""The pictures of a statement: what was measured against what each form predicts, and figures drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.claim import Statement
from verification.drawing.intervals import Measured, Picture, interval_plot
from verification.forms import Figure
from verification.verdict import Finding, StatementVerdict


def interval_pictures(
    statement: Statement, verdict: StatementVerdict | None, values: Mapping[str, Any], name: str
) -> list[Picture]:
    """One picture for each Monte Carlo experiment that measured something.

    Args:
        statement: What is judged.
        verdict: What was found about it; None draws nothing.
        values: What the tasks behind the verdict returned, by label.
        name: Unique on the page.
    """
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


def figure_pictures(
    statement: Statement, printed: Mapping[str, Finding], values: Mapping[str, Any], name: str
) -> list[Picture]:
    """The figure drawn again, where the statement is about one that has been measured and that says how to draw it."""
    form, finding = statement.form, printed.get("figure")
    if not isinstance(form, Figure) or form.pictures is None or finding is None or not finding.numbers:
        return []  # A part that did not end leaves no numbers.
    parts = [values.get(f"{statement.name}/figure/{i}") for i in range(len(form.parts))]
    return list(form.pictures(name, [part for part in parts if part is not None], finding.numbers))
