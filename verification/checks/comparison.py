"""A second deterministic opinion: values computed another way, against what each candidate predicts.

Agreement within the tolerance at every point is CONSISTENT; a difference beyond the second opinion's own
error bound and beyond the tolerance, at any point, is REFUTED with that point as witness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy as sp

from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.claim import CORRECTED, PRINTED, READ_AS
from verification.errors import VerificationError
from verification.forms import Comparison
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

TIME_LIMIT = 90.0


class ComparisonCheck(Check):
    """One task per point of each comparison; it computes the second opinion and every candidate's value."""

    name = "comparison"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """Every task of this check; see :class:`~verification.checks.check.Check`."""
        return [
            context.task(
                f"comparison/{comparison.name}/{i}",
                "verification.checks.comparison:run",
                {"comparison": comparison.name, "point": i},
                TIME_LIMIT,
            )
            for comparison in context.statement.comparisons
            for i in range(len(comparison.arguments))
        ]

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """What was found about each candidate."""
        found: Findings = {name: {} for name in context.candidates}
        tasks = self.tasks(context, results)
        for comparison in context.statement.comparisons:
            points = [results[task.key] for task in tasks if task.arguments["comparison"] == comparison.name]
            for name in found:
                found[name][comparison.name] = _finding(comparison, name, points)
        return found


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The second opinion, its error bound, and the candidates' values at one point; runs in a worker."""
    statement = statement_of(arguments)
    comparison = next(c for c in statement.comparisons if c.name == arguments["comparison"])
    point = comparison.arguments[arguments["point"]]
    value, error = _value_and_error(comparison, point)
    predicted = {
        name: predicted_by(comparison.predicted, name, form, point) for name, form in statement.candidates().items()
    }
    return {"value": float(value), "error": float(error), "predicted": predicted}


def _value_and_error(comparison: Comparison, point: Mapping[str, Any]) -> tuple[float, float]:
    found: Any = comparison.evaluator(point)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise VerificationError(
            f"the evaluator of {comparison.name!r} must return a value and a bound for its error, got {found!r:.60}."
        )
    return found[0], found[1]


def predicted_by(predicted: Callable[..., Any], name: str, form: Any, *point: Any) -> float | None:
    """What a candidate predicts, None where it predicts no finite number.

    A near miss that cannot be evaluated predicts nothing; it must not take the other candidates' values with it.
    """
    try:
        value = predicted(form, *point)
        if isinstance(value, sp.Basic) and value.free_symbols:
            left = ", ".join(sorted(map(str, value.free_symbols)))
            raise VerificationError(
                f"the {name} form predicts {value}, in which {left} has no number. Give one at the point; a symbol of "
                "the same name but other assumptions is another symbol."
            )
        return finite_float(value)
    except Exception:
        if name in (PRINTED, READ_AS, CORRECTED):
            raise
        return None


def finite_float(value: Any) -> float | None:
    """``value`` as a float, or None where a candidate predicts no finite number."""
    if value is None:
        return None
    if isinstance(value, sp.Basic):
        value = sp.N(value, 20)
        if not value.is_number or value.is_real is False:
            return None
    result = float(mpmath.re(value)) if isinstance(value, mpmath.mpc) else float(value)
    return result if mpmath.isfinite(result) else None


def _finding(comparison: Comparison, candidate: str, points: list[Result]) -> Finding:
    worst = 0.0
    for point, result in zip(comparison.arguments, points, strict=True):
        if not done(result):
            return not_done(result)
        value, error = result.value["value"], result.value["error"]
        predicted = result.value["predicted"][candidate]
        if predicted is None:
            return Finding(Outcome.UNDECIDED, f"predicts no finite number at {_named(point)}")
        scale = max(abs(value), abs(predicted))
        difference = abs(predicted - value)
        if difference > error + comparison.tolerance * scale:
            return Finding(
                Outcome.REFUTED,
                f"gives {predicted:.6g} at {_named(point)}, {comparison.name} gives {value:.6g} ± {error:.1g}",
                witness={"point": dict(point), "predicted": predicted, "value": value, "error": error},
            )
        if error > comparison.tolerance * scale:
            return Finding(Outcome.UNDECIDED, f"{comparison.name} is known only to ± {error:.1g} at {_named(point)}")
        worst = max(worst, difference / scale if scale else 0.0)
    return Finding(
        Outcome.CONSISTENT,
        f"{comparison.name} agrees at {len(points)} points within {worst:.1e} (tolerance {comparison.tolerance:g})",
        numbers={"points": len(points), "largest_relative_difference": worst, "tolerance": comparison.tolerance},
    )


def _named(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in point.items())
