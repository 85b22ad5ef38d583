"""The Monte Carlo check: when do simulated numbers contradict a formula?

The sample size comes from :mod:`numerics.statistics.sample_size`, fed by a *pilot*: a small independent run whose
variation and skewness, rounded up, plan the stage that decides. An author who knows them may declare them instead.
The mean of 256 independent batches gives one interval, against which every candidate is decided; samples that are
all 0 or 1 give the exact interval of a proportion instead. Nothing is decided from an interval that the *measured*
skewness of the samples makes unreliable, nor from samples that vary otherwise than planned: they have tails that one
of the two runs has not seen. A refutation of the printed or the corrected form is repeated once, independently (new
stream, four times the samples, half the step, float64), and stands only if the second stage refutes again on the
same side.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from numerics.statistics.estimators import Moments, Proportion, finite_samples
from numerics.statistics.sample_size import BATCHES, Design, design, distortion, size_for_skewness
from verification.checks.check import Check, Context, Findings, done, not_done, statement_of
from verification.checks.comparison import predicted_by
from verification.checks.intervals import ConfidenceInterval, batch_mean_interval, judge_interval, proportion_interval
from verification.errors import VerificationError
from verification.forms import Draw, Experiment, Samples
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

CHUNKS = 8
"""Tasks per stage; each holds ``BATCHES / CHUNKS`` batches, whatever the number of workers."""

TIME_LIMIT = 900.0
PROTOCOL = "monte-carlo-2"
"""Part of every seed: a changed protocol draws new numbers."""

PILOT = 2048
"""Samples of a pilot: enough to know a variation to a few per cent."""

LARGEST = 2**31
"""Samples beyond which an experiment is refused: its observable is too wild for a mean."""

SURPRISE = 2.0
"""Factor between planned and measured variation from which on the tails are not understood."""

HERE = "verification.checks.monte_carlo"


class MonteCarloCheck(Check):
    """Judges every candidate of a statement against the same simulated interval."""

    name = "monte_carlo"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """The pilot; predictions and chunks of the first stage; chunks of the second once the first has refuted."""
        tasks: list[Task] = []
        for experiment in context.statement.experiments:
            pilot = self._pilot(context, experiment)
            tasks += pilot
            if not all(task.key in results for task in pilot):
                continue
            plan = self.plan(context, experiment, results)
            if isinstance(plan, Finding):
                continue
            first = self._stage(context, experiment, 1, plan)
            tasks += first
            if all(task.key in results for task in first) and self._needs_second(context, experiment, results):
                tasks += self._stage(context, experiment, 2, plan)
        return tasks

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """One finding for each candidate and experiment."""
        found: Findings = {name: {} for name in context.statement.candidates()}
        for experiment in context.statement.experiments:
            for name, finding in self._decisions(context, experiment, results).items():
                found[name][f"{self.name}/{experiment.name}"] = finding
        return found

    def _pilot(self, context: Context, experiment: Experiment) -> list[Task]:
        if experiment.variation is not None and experiment.skewness is not None:
            return []
        label = f"monte_carlo/{experiment.name}/pilot"
        return [context.task(label, f"{HERE}:pilot", {"experiment": experiment.name, "n": PILOT}, TIME_LIMIT)]

    def plan(self, context: Context, experiment: Experiment, results: Mapping[str, Result]) -> Design | Finding:
        """The design of the deciding stage from what is declared or the pilot found; a finding where there is none."""
        variation, skewness, bounded = experiment.variation, experiment.skewness, False
        for task in self._pilot(context, experiment):
            if not done(results[task.key]):
                return not_done(results[task.key])
            seen = results[task.key].value
            bounded = seen["bounded"]
            variation = variation if variation is not None else seen["variation"]
            skewness = skewness if skewness is not None else seen["skewness"]
        assert variation is not None and skewness is not None
        if context.claim.paper.experiments < 1:
            return Finding(Outcome.UNDECIDED, f"the paper {context.claim.paper.key} declares no budget of experiments")
        planned = design(
            variation=variation,
            skewness=0.0 if bounded else skewness,
            resolution=context.resolution,
            checks=context.claim.paper.experiments,
        )
        if planned.n > LARGEST:
            reason = (
                f"the samples vary so much (variation {variation:.3g}, skewness {skewness:.3g}) that {planned.n:.2g} "
            )
            return Finding(Outcome.UNDECIDED, reason + "would be needed: measure a bounded observable or a logarithm")
        return planned

    def _stage(self, context: Context, experiment: Experiment, stage: int, plan: Design) -> list[Task]:
        n = plan.n * (1 if stage == 1 else 4)
        base = {"experiment": experiment.name, "stage": stage, "n": n}
        label = f"monte_carlo/{experiment.name}/stage {stage}"
        chunks = [context.task(f"{label}/{i}", f"{HERE}:run", {**base, "chunk": i}, TIME_LIMIT) for i in range(CHUNKS)]
        if stage == 1:
            chunks.insert(0, context.task(f"{label}/predictions", f"{HERE}:predictions", base, TIME_LIMIT))
        return chunks

    def _needs_second(self, context: Context, experiment: Experiment, results: Mapping[str, Result]) -> bool:
        first = self._first_stage(context, experiment, results)
        if isinstance(first, Finding):
            return False
        measured, predicted = first
        forms = [predicted.get("printed"), predicted.get("corrected")]
        return any(
            value is not None and judge_interval(measured.interval, value, context.resolution)[0] is Outcome.REFUTED
            for value in forms
        )

    def _first_stage(
        self, context: Context, experiment: Experiment, results: Mapping[str, Result]
    ) -> tuple[Measurement, Mapping[str, float | None]] | Finding:
        plan = self.plan(context, experiment, results)
        if isinstance(plan, Finding):
            return plan
        tasks = self._stage(context, experiment, 1, plan)
        for task in tasks:
            if not done(results[task.key]):
                return not_done(results[task.key])
        return _measurement([results[task.key] for task in tasks[1:]], plan), results[tasks[0].key].value

    def _decisions(self, context: Context, experiment: Experiment, results: Mapping[str, Result]) -> dict[str, Finding]:
        candidates = context.statement.candidates()
        first = self._first_stage(context, experiment, results)
        if isinstance(first, Finding):
            return dict.fromkeys(candidates, first)
        measured, predicted = first
        plan = self.plan(context, experiment, results)
        assert isinstance(plan, Design)
        second = None
        if self._needs_second(context, experiment, results):
            repeated = [results[task.key] for task in self._stage(context, experiment, 2, plan)]
            failed = next((result for result in repeated if not done(result)), None)
            second = not_done(failed) if failed is not None else _measurement(repeated, plan)
        return {
            name: _finding(name, predicted[name], measured, second, plan, seed(context, experiment, 1))
            for name in candidates
        }


def seed(context: Context, experiment: Experiment, stage: int) -> int:
    """The 64-bit seed of one stage, by hashing names. Never typed, never tuned."""
    return _seed(context.claim.id, context.statement.name, experiment.name, stage)


def _seed(claim: str, statement: str, experiment: str, stage: int) -> int:
    text = "/".join([PROTOCOL, claim, statement, experiment, str(stage)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def pilot(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Variation and skewness of a small run, rounded up; runs in a worker.

    Both are rounded up on a grid of a tenth, so that the last bits of a machine do not change a sample size.
    """
    experiment = _experiment(arguments)
    seed = _seed(arguments["claim"], arguments["statement"], experiment.name, 0)
    values = _drawn(_samples(experiment, Draw(arguments["n"], 0, seed)).values, arguments["n"], experiment)
    moments = Moments.from_samples(values)
    bounded = bool(np.isin(values, (0.0, 1.0)).all())
    variation = math.sqrt(moments.variance) / abs(moments.mean) if moments.mean else 0.0
    return {
        "variation": _rounded_up(1.1 * variation),
        "skewness": _rounded_up(1.25 * abs(moments.skewness) if math.isfinite(moments.skewness) else 0.0),
        "bounded": bounded,
        "n": arguments["n"],
        "mean": moments.mean,
    }


def _rounded_up(value: float) -> float:
    """The next number of the form 1.1**k; 0 stays 0."""
    return 1.1 ** math.ceil(math.log(value) / math.log(1.1)) if value > 1e-9 else 0.0


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one chunk and reduce it to its batch means; runs in a worker."""
    experiment = _experiment(arguments)
    per_batch = arguments["n"] // BATCHES
    batches = BATCHES // CHUNKS
    size = per_batch * batches
    seed = _seed(arguments["claim"], arguments["statement"], experiment.name, arguments["stage"])
    samples = _samples(experiment, Draw(size, arguments["chunk"] * size, seed, arguments["stage"]))
    values = _drawn(samples.values, size, experiment)
    indicators = bool(np.isin(values, (0.0, 1.0)).all())
    corrections = None
    if samples.correction is not None:
        corrections = _drawn(samples.correction, size, experiment).reshape(batches, per_batch).mean(axis=1).tolist()
    return {
        "means": values.reshape(batches, per_batch).mean(axis=1).tolist(),
        "moments": asdict(Moments.from_samples(values)),
        "successes": int(values.sum()) if indicators else None,
        "corrections": corrections,
        "notes": dict(samples.notes),
    }


def _samples(experiment: Experiment, draw: Draw) -> Samples:
    return experiment.sampler(experiment.arguments, draw)


def _drawn(samples: Any, n: int, experiment: Experiment) -> np.ndarray:
    """``n`` finite samples, refused otherwise: one NaN averaged in would make the whole interval meaningless."""
    what = f"what the sampler of {experiment.name!r} returns"
    values = finite_samples(samples, what)
    if len(values) != n:
        raise VerificationError(f"{what} must be {n} samples, as drawn, got {len(values)}. Return one per index.")
    return values


def predictions(arguments: Mapping[str, Any]) -> dict[str, float | None]:
    """What each candidate predicts for the sampled mean, None where it predicts nothing; runs in a worker."""
    statement = statement_of(arguments)
    experiment = _experiment(arguments)
    return {name: predicted_by(experiment.predicted, name, form) for name, form in statement.candidates().items()}


def _experiment(arguments: Mapping[str, Any]) -> Experiment:
    statement = statement_of(arguments)
    return next(e for e in statement.experiments if e.name == arguments["experiment"])


@dataclass(frozen=True)
class Measurement:
    """What one stage of an experiment measured.

    Attributes:
        interval: For the mean.
        moments: Of all its samples.
        size_needed: Samples from which on the interval would be valid at the measured skewness.
    """

    interval: ConfidenceInterval
    moments: Moments
    size_needed: int

    def surprise(self, plan: Design) -> float:
        """Measured over planned variation; 0 where the interval is exact whatever the variation is."""
        if self.interval.distortion == 0.0 or not (plan.variation and self.moments.mean):
            return 0.0
        return math.sqrt(self.moments.variance) / abs(self.moments.mean) / plan.variation

    @property
    def numbers(self) -> dict[str, Any]:
        """JSON for the report."""
        spread = math.sqrt(self.moments.variance)
        return {
            "estimate": self.interval.estimate,
            "interval": [self.interval.lower, self.interval.upper],
            "bias_allowance": self.interval.bias,
            "n": self.moments.n,
            "variation": spread / abs(self.moments.mean) if self.moments.mean else None,
            "skewness": self.moments.skewness,
            "distortion": self.interval.distortion,
        }


def _measurement(chunks: Sequence[Result], plan: Design) -> Measurement:
    """All chunks of a stage, merged in their order: Student's interval, or the exact one of a proportion.

    Student's interval is widened by the measured discretisation correction and its error.
    """
    moments = Moments.merged(Moments(**chunk.value["moments"]) for chunk in chunks)
    corrections = [c for chunk in chunks for c in chunk.value["corrections"] or ()]
    successes = [chunk.value["successes"] for chunk in chunks]
    if not corrections and None not in successes:
        exact = proportion_interval(Proportion(sum(successes), moments.n), plan.false_alarm)
        return Measurement(exact, moments, moments.n)
    bias = 0.0
    if corrections:
        measured = batch_mean_interval(corrections, plan.quantile)
        bias = max(abs(measured.lower), abs(measured.upper))
    interval = batch_mean_interval(
        [mean for chunk in chunks for mean in chunk.value["means"]],
        plan.quantile,
        bias=bias,
        distortion=distortion(moments.skewness, moments.n, plan.false_alarm),
    )
    return Measurement(interval, moments, size_for_skewness(moments.skewness, plan.false_alarm))


def _finding(
    name: str, value: float | None, first: Measurement, second: Measurement | Finding | None, plan: Design, stream: int
) -> Finding:
    interval = first.interval
    numbers: dict[str, Any] = {
        "predicted": value,
        **first.numbers,
        "false_alarm": plan.false_alarm,
        "resolution": plan.resolution,
        "seed": stream,
    }
    measured = f"{interval.estimate:.6g} in [{interval.lower:.6g}, {interval.upper:.6g}]"
    if value is None:
        return Finding(Outcome.UNDECIDED, f"predicts no finite number; measured {measured}", numbers=numbers)
    said = f"predicts {value:.6g}, measured {measured}"
    if not interval.is_valid:
        return Finding(Outcome.UNDECIDED, f"{said}, not to be trusted: {_skewed(first)}", numbers=numbers)
    if first.surprise(plan) > SURPRISE:
        doubt = f"the samples vary {first.surprise(plan):.2g} times as much as the pilot, or the author, said"
        return Finding(Outcome.UNDECIDED, f"{said}, not to be trusted: {doubt}", numbers=numbers)
    outcome, deviation = judge_interval(interval, value, plan.resolution)
    if outcome is Outcome.CONSISTENT:
        reason = f"{said}: relative error at most {deviation:.2g}"
        return Finding(outcome, reason, numbers={**numbers, "deviation": deviation})
    if outcome is Outcome.UNDECIDED:
        return Finding(outcome, f"{said}: resolution {deviation:.2g}, needed {plan.resolution:g}", numbers=numbers)
    reason = f"{said} at false-alarm rate {plan.false_alarm:.1e}"
    if name in ("printed", "corrected"):
        return _confirmed(reason, value, first, second, numbers)
    return Finding(Outcome.REFUTED, reason, witness=numbers, numbers=numbers)


def _confirmed(
    reason: str, value: float, first: Measurement, second: Measurement | Finding | None, numbers: dict[str, Any]
) -> Finding:
    """REFUTED if the second stage refutes ``value`` on the same side as the first, else UNDECIDED."""
    if not isinstance(second, Measurement):
        why = second.reason if second is not None else "no second stage"
        return Finding(Outcome.UNDECIDED, f"{reason}; not repeated independently: {why}", numbers=numbers)
    numbers = {**numbers, "second_stage": second.numbers}
    again = second.interval
    if not again.is_valid:
        doubt = f"{reason}; the repetition is not to be trusted: {_skewed(second)}"
        return Finding(Outcome.UNDECIDED, doubt, numbers=numbers)
    below = value < first.interval.lower
    if not (value < again.lower if below else value > again.upper):
        doubt = f"{reason}; an independent repetition does not confirm it"
        return Finding(Outcome.UNDECIDED, doubt, numbers=numbers)
    reason += f"; repeated independently: [{again.lower:.6g}, {again.upper:.6g}]"
    return Finding(Outcome.REFUTED, reason, witness=numbers, numbers=numbers)


def _skewed(measured: Measurement) -> str:
    skewness, n = measured.moments.skewness, measured.moments.n
    return f"the samples have skewness {skewness:.3g}, which needs n = {measured.size_needed}, not {n}"
