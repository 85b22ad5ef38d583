"""The Monte Carlo check: when do simulated numbers contradict a formula?

The sample size comes from :mod:`numerics.statistics.sample_size`, fed by a *pilot*: a small independent run whose
variation and skewness, rounded up, plan the stage that decides. An author who knows them may declare them instead.
The mean of 256 independent batches gives one interval, against which every candidate is decided; samples that are
all 0 or 1 give the exact interval of a proportion instead. Nothing is decided from an interval that the *measured*
skewness of the samples makes unreliable, nor from samples that vary otherwise than planned: they have tails that one
of the two runs has not seen. Where skewness alone is in the way, the stage is drawn once more, larger, from a stream
of its own; likewise, after a wider pilot, where an event was never seen that a form says happens. A refutation of the
printed, the charitable or the corrected form is repeated once, independently (new stream, four times the samples and
at least :data:`LEAST_REPETITION`, half the step, float64), and stands only if the second stage refutes again on the
same side.

What runs in workers is in :mod:`verification.checks.stages`, the sizes in :mod:`verification.checks.sampling_plan`,
the sentences in :mod:`verification.checks.measured_mean`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verification.checks.check import Check, Context, Findings, done, not_done
from verification.checks.measured_mean import MeasuredMean, Stages, measured_mean
from verification.checks.sampling_plan import PILOT_SIZE, WIDE_PILOT_SIZE, SamplingPlan, needs_wide_pilot, planned
from verification.checks.stages import CHUNKS, ENLARGED, FIRST, PILOT, SECOND, WIDE_PILOT, seed
from verification.claim import CORRECTED, PRINTED, READ_AS
from verification.forms import Experiment
from verification.run.task import Result, Task
from verification.verdict import Finding, Outcome

TIME_LIMIT = 900.0
TWO_STAGES = (PRINTED, READ_AS, CORRECTED)
"""Candidates whose refutation must be repeated; a near miss is one of many and decides no verdict by itself."""

PILOTS = {PILOT: PILOT_SIZE, WIDE_PILOT: WIDE_PILOT_SIZE}
"""The sizes of the pilots."""

LEAST_REPETITION = 2**15
"""Samples of the repetition of a refutation. A stage that hardly varies is small, and so would four times as much be;
what happens once in a thousand samples, and was never seen, would refute the truth."""

HERE = "verification.checks.stages"


class MonteCarloCheck(Check):
    """Judges every candidate of a statement against the same simulated interval."""

    name = "monte_carlo"

    def tasks(self, context: Context, results: Mapping[str, Result]) -> list[Task]:
        """The pilot; predictions and chunks of the first stage; an enlarged one; the second after a refutation."""
        return [
            task
            for experiment in context.statement.experiments
            for task in course_of(context, experiment, results).tasks
        ]

    def findings(self, context: Context, results: Mapping[str, Result]) -> Findings:
        """One finding for each candidate and experiment."""
        found: Findings = {name: {} for name in context.candidates}
        for experiment in context.statement.experiments:
            course = course_of(context, experiment, results)
            for name in found:
                found[name][f"{self.name}/{experiment.name}"] = course.finding(name)
        return found


@dataclass
class Course:
    """How far an experiment has come.

    Attributes:
        tasks: Everything asked for so far.
        stopped: Why it goes no further; None while it may.
        stages: What was measured, once the deciding stage is complete.
        predicted: What each candidate predicts.
    """

    tasks: list[Task] = field(default_factory=list)
    stopped: Finding | None = None
    stages: Stages | None = None
    predicted: Mapping[str, float | None] = field(default_factory=dict)

    def ask(self, tasks: Sequence[Task], results: Mapping[str, Result]) -> list[Any] | Finding | None:
        """The values of ``tasks``; a finding where one did not end well, None while some are missing."""
        self.tasks += tasks
        if not all(task.key in results for task in tasks):
            return None
        failed = next((results[task.key] for task in tasks if not done(results[task.key])), None)
        return not_done(failed) if failed is not None else [results[task.key].value for task in tasks]

    def finding(self, name: str) -> Finding:
        """What the experiment says about a candidate."""
        if self.stopped is not None:
            return self.stopped
        assert self.stages is not None, "a course is judged when all its tasks have results"
        return self.stages.finding(self.predicted[name], two_stages=name in TWO_STAGES)


def course_of(context: Context, experiment: Experiment, results: Mapping[str, Result]) -> Course:
    """The course of an experiment as far as ``results`` reach."""
    course = Course()
    plan = _plan(course, context, experiment, results)
    if plan is None:
        return course
    first = course.ask(_stage(context, experiment, FIRST, plan.design.n), results)
    if not isinstance(first, list):
        course.stopped = first
        return course
    course.predicted, *chunks = first
    stage, measured = FIRST, measured_mean(chunks, plan.design)
    larger = plan.enlarged(measured)
    if larger is None and _waits_for_events(course, plan, measured):
        seen = _pilot(course, context, experiment, WIDE_PILOT, results)
        if not isinstance(seen, list):
            course.stopped = seen
            return course
        wider = planned(experiment, seen[0], resolution=context.resolution, checks=context.claim.paper.experiments)
        larger = wider if isinstance(wider, SamplingPlan) and wider.design.n > plan.design.n else None
    if larger is not None:
        again = course.ask(_stage(context, experiment, ENLARGED, larger.design.n), results)
        if not isinstance(again, list):
            course.stopped = again
            return course
        stage, plan, measured = ENLARGED, larger, measured_mean(again, larger.design)
    stages = Stages(plan.design, seed(context, experiment, stage), measured, plan.doubt(measured))
    course.stages = _repeated(course, stages, context, experiment, plan, results)
    return course


def _plan(
    course: Course, context: Context, experiment: Experiment, results: Mapping[str, Result]
) -> SamplingPlan | None:
    """The plan of the deciding stage; None while the pilot runs, or where there is none and the course has stopped."""
    checks = context.claim.paper.experiments
    if checks < 1:
        reason = f"the paper {context.claim.paper.key} declares no budget of experiments"
        course.stopped = Finding(Outcome.UNDECIDED, reason)
        return None
    plan: SamplingPlan | Finding | None = None
    for stage in PILOTS if experiment.variation is None or experiment.skewness is None else ():
        if plan is not None and not needs_wide_pilot(plan):
            break
        seen = _pilot(course, context, experiment, stage, results)
        if not isinstance(seen, list):
            course.stopped = seen
            return None
        plan = planned(experiment, seen[0], resolution=context.resolution, checks=checks)
    plan = plan or planned(experiment, None, resolution=context.resolution, checks=checks)
    if isinstance(plan, Finding):
        course.stopped = plan
        return None
    return plan


def _pilot(
    course: Course, context: Context, experiment: Experiment, stage: str, results: Mapping[str, Result]
) -> list[Any] | Finding | None:
    """What a pilot saw; a finding where it did not end well, None while it runs."""
    arguments = {"experiment": experiment.name, "stage": stage, "n": PILOTS[stage]}
    label = f"monte_carlo/{experiment.name}/{stage}"
    return course.ask([context.task(label, f"{HERE}:pilot", arguments, TIME_LIMIT)], results)


def _waits_for_events(course: Course, plan: SamplingPlan, measured: MeasuredMean) -> bool:
    """Whether pilot and stage saw one outcome of an event alone, of which a form that is not refuted predicts both."""
    forms = [course.predicted.get(name) for name in TWO_STAGES]
    alike = measured.exact and measured.constant and plan.expected == 0
    return alike and any(
        value is not None and 0 < value < 1 and measured.interval.lower <= value <= measured.interval.upper
        for value in forms
    )


def _stage(context: Context, experiment: Experiment, stage: str, n: int) -> list[Task]:
    """The chunks of a stage; before those of the first, the predictions."""
    base = {"experiment": experiment.name, "stage": stage, "n": n}
    label = f"monte_carlo/{experiment.name}/{stage}"
    chunks = [context.task(f"{label}/{i}", f"{HERE}:run", {**base, "chunk": i}, TIME_LIMIT) for i in range(CHUNKS)]
    if stage == FIRST:
        chunks.insert(0, context.task(f"{label}/predictions", f"{HERE}:predictions", base, TIME_LIMIT))
    return chunks


def _repeated(
    course: Course,
    stages: Stages,
    context: Context,
    experiment: Experiment,
    plan: SamplingPlan,
    results: Mapping[str, Result],
) -> Stages:
    """``stages`` with the second one, where the first has refuted a form that is given a second chance."""
    forms = [course.predicted.get(name) for name in TWO_STAGES]
    if not any(value is not None and stages.outcome(value)[0] is Outcome.REFUTED for value in forms):
        return stages
    size = max(4 * plan.design.n, 0 if stages.first.exact else LEAST_REPETITION)
    values = course.ask(_stage(context, experiment, SECOND, size), results)
    second: MeasuredMean | Finding | None = measured_mean(values, plan.design) if isinstance(values, list) else values
    doubt = plan.doubt(second) if isinstance(second, MeasuredMean) else ""
    return Stages(stages.design, stages.stream, stages.first, stages.doubt, second, doubt)
