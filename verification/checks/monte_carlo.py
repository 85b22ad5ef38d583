"""The Monte Carlo check: when do simulated numbers contradict a formula?

The sample size comes from :mod:`verification.statistics.design` before anything is drawn. The mean of 256
independent batches gives one interval, against which every candidate is decided. A refutation of the
printed or the corrected form is repeated once, independently (new stream, four times the samples, half the
step, float64), and stands only if the second stage refutes again on the same side.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verification.checks.check import Check, Context, Findings, done, not_done
from verification.checks.comparison import number
from verification.claim import Draw, Experiment
from verification.statistics.design import BATCHES, Design, design
from verification.statistics.interval import Interval, batch_mean_interval, decide
from verification.task import Result, Task
from verification.verdict import Finding, Outcome

CHUNKS = 8
"""Tasks per stage; each holds ``BATCHES / CHUNKS`` batches, whatever the number of workers."""

TIME_LIMIT = 900.0
PROTOCOL = "monte-carlo-1"
"""Part of every seed: a changed protocol draws new numbers."""


class MonteCarloCheck(Check):
    """Judges every candidate of a statement against the same simulated interval."""

    name = "monte_carlo"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        tasks: list[Task] = []
        for experiment in context.statement.experiments:
            first = self._stage(context, experiment, 1)
            tasks += first
            if all(task.key in results for task in first) and self._needs_second(context, experiment, results):
                tasks += self._stage(context, experiment, 2)
        return tasks

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        found: Findings = {name: {} for name in context.statement.candidates()}
        for experiment in context.statement.experiments:
            for name, finding in self._decisions(context, experiment, results).items():
                found[name][f"{self.name}/{experiment.name}"] = finding
        return found

    def _plan(self, context: Context, experiment: Experiment) -> Design:
        return design(
            variation=experiment.variation,
            skewness=experiment.skewness,
            resolution=context.resolution,
            checks=max(1, context.experiments),
        )

    def _stage(self, context: Context, experiment: Experiment, stage: int) -> list[Task]:
        n = self._plan(context, experiment).n * (1 if stage == 1 else 4)
        base = {"experiment": experiment.name, "stage": stage, "n": n}
        label = f"monte_carlo/{experiment.name}/stage {stage}"
        function = "verification.checks.monte_carlo:run"
        chunks = [context.task(f"{label}/{i}", function, {**base, "chunk": i}, TIME_LIMIT) for i in range(CHUNKS)]
        if stage == 1:
            predictions = "verification.checks.monte_carlo:predictions"
            chunks.insert(0, context.task(f"{label}/predictions", predictions, base, TIME_LIMIT))
        return chunks

    def _needs_second(self, context: Context, experiment: Experiment, results: Mapping[str, Result]) -> bool:
        first = self._first_stage(context, experiment, results)
        if isinstance(first, Finding):
            return False
        interval, predicted = first
        forms = [predicted.get("printed"), predicted.get("corrected")]
        return any(
            value is not None and decide(interval, value, context.resolution)[0] is Outcome.REFUTED for value in forms
        )

    def _first_stage(
        self, context: Context, experiment: Experiment, results: Mapping[str, Result]
    ) -> tuple[Interval, Mapping[str, float | None]] | Finding:
        tasks = self._stage(context, experiment, 1)
        for task in tasks:
            if not done(results[task.key]):
                return not_done(results[task.key])
        plan = self._plan(context, experiment)
        return _interval([results[task.key] for task in tasks[1:]], plan), results[tasks[0].key].value

    def _decisions(
        self, context: Context, experiment: Experiment, results: Mapping[str, Result]
    ) -> dict[str, Finding]:
        candidates = context.statement.candidates()
        first = self._first_stage(context, experiment, results)
        if isinstance(first, Finding):
            return dict.fromkeys(candidates, first)
        interval, predicted = first
        plan = self._plan(context, experiment)
        second = None
        if self._needs_second(context, experiment, results):
            repeated = [results[task.key] for task in self._stage(context, experiment, 2)]
            failed = next((result for result in repeated if not done(result)), None)
            second = not_done(failed) if failed is not None else _interval(repeated, plan)
        return {
            name: _finding(name, predicted[name], interval, second, plan, seed(context, experiment, 1))
            for name in candidates
        }


def seed(context: Context, experiment: Experiment, stage: int) -> int:
    """The 64-bit seed of one stage, by hashing names. Never typed, never tuned."""
    return _seed(context.claim.id, context.statement.name, experiment.name, stage)


def _seed(claim: str, statement: str, experiment: str, stage: int) -> int:
    text = "/".join([PROTOCOL, claim, statement, experiment, str(stage)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one chunk and reduce it to its batch means; runs in a worker."""
    experiment = _experiment(arguments)
    per_batch = arguments["n"] // BATCHES
    batches = BATCHES // CHUNKS
    size = per_batch * batches
    draw = Draw(
        n=size,
        first=arguments["chunk"] * size,
        seed=_seed(arguments["claim"], arguments["statement"], experiment.name, arguments["stage"]),
        refinement=arguments["stage"],
    )
    module, _, name = experiment.sampler.partition(":")
    samples = getattr(importlib.import_module(module), name)(experiment.arguments, draw)
    values = np.asarray(samples.values, dtype=np.float64).reshape(batches, per_batch)
    correction = samples.correction
    return {
        "means": values.mean(axis=1).tolist(),
        "variance": float(values.var()),
        "third": float(((values - values.mean()) ** 3).mean()),
        "corrections": (
            np.asarray(correction, dtype=np.float64).reshape(batches, per_batch).mean(axis=1).tolist()
            if correction is not None
            else None
        ),
        "notes": dict(samples.notes),
    }


def predictions(arguments: Mapping[str, Any]) -> dict[str, float | None]:
    """What each candidate predicts for the sampled mean, None where it predicts nothing; runs in a worker."""
    from verification.registry import claims

    statement = claims()[arguments["claim"]].statement(arguments["statement"])
    experiment = _experiment(arguments)
    return {name: number(experiment.predicted(form)) for name, form in statement.candidates().items()}


def _experiment(arguments: Mapping[str, Any]) -> Experiment:
    from verification.registry import claims

    statement = claims()[arguments["claim"]].statement(arguments["statement"])
    return next(e for e in statement.experiments if e.name == arguments["experiment"])


def _interval(chunks: Sequence[Result], plan: Design) -> Interval:
    """Student's interval on all batch means, widened by the measured discretisation correction and its error."""
    means = [mean for chunk in chunks for mean in chunk.value["means"]]
    corrections = [c for chunk in chunks for c in chunk.value["corrections"] or ()]
    bias = 0.0
    if corrections:
        measured = batch_mean_interval(corrections, plan.quantile)
        bias = max(abs(measured.lower), abs(measured.upper))
    return batch_mean_interval(means, plan.quantile, bias=bias)


def _finding(
    name: str, value: float | None, interval: Interval, second: Interval | Finding | None, plan: Design, stream: int
) -> Finding:
    numbers: dict[str, Any] = {
        "predicted": value,
        "estimate": interval.estimate,
        "interval": [interval.lower, interval.upper],
        "bias_allowance": interval.bias,
        "n": plan.n,
        "false_alarm": plan.false_alarm,
        "resolution": plan.resolution,
        "seed": stream,
    }
    measured = f"{interval.estimate:.6g} in [{interval.lower:.6g}, {interval.upper:.6g}]"
    if value is None:
        return Finding(Outcome.UNDECIDED, f"predicts no finite number; measured {measured}", numbers=numbers)
    outcome, deviation = decide(interval, value, plan.resolution)
    if outcome is Outcome.CONSISTENT:
        reason = f"predicts {value:.6g}, measured {measured}: relative error at most {deviation:.2g}"
        return Finding(outcome, reason, numbers={**numbers, "deviation": deviation})
    if outcome is Outcome.UNDECIDED:
        reason = f"predicts {value:.6g}, measured {measured}: resolution {deviation:.2g}, needed {plan.resolution:g}"
        return Finding(outcome, reason, numbers=numbers)
    reason = f"predicts {value:.6g}, measured {measured} at false-alarm rate {plan.false_alarm:.1e}"
    if name in ("printed", "corrected"):
        if second is None or isinstance(second, Finding):
            why = second.reason if isinstance(second, Finding) else "no second stage"
            return Finding(Outcome.UNDECIDED, f"{reason}; not repeated independently: {why}", numbers=numbers)
        numbers["second_stage"] = {"estimate": second.estimate, "interval": [second.lower, second.upper], "n": 4 * plan.n}
        below = value < interval.lower
        if not (value < second.lower if below else value > second.upper):
            return Finding(Outcome.UNDECIDED, f"{reason}; an independent repetition does not confirm it", numbers=numbers)
        reason += f"; repeated independently: [{second.lower:.6g}, {second.upper:.6g}]"
    return Finding(Outcome.REFUTED, reason, witness=numbers, numbers=numbers)
