"""The Monte Carlo check on fake claims whose truth is known: what it says, when it dares, and how often it errs."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from numerics.statistics import sample_size as statistics
from numerics.statistics.estimators import Moments, Proportion
from numerics.statistics.sample_size import BATCHES, design
from tests.numerics.seeding import FALSE_ALARM
from tests.verification import fake_claims as fake
from verification.checks import stages
from verification.checks.monte_carlo import LEAST_REPETITION, MonteCarloCheck
from verification.checks.stages import CHUNKS
from verification.claim import Claim
from verification.forms import Draw, Experiment, Numerical
from verification.run.task import Result, Status
from verification.verdict import Finding, Outcome

CHECK = MonteCarloCheck()


def claim_of(
    *experiments: Experiment, printed: float = 1.0, corrected: float | None = None, id: str = "XX-001"
) -> Claim:
    """A claim that the sampled mean is ``printed``; its near misses are 5 % off on both sides."""
    misses = {"5 % above": 1.05, "5 % below": 0.95}
    statement = fake.statement(
        form=Numerical(), printed=printed, corrected=corrected, wrong=misses, experiments=experiments
    )
    return fake.claim(statement, id=id)


def judged(monkeypatch: pytest.MonkeyPatch, claim: Claim, **settings: float) -> dict[str, Finding]:
    """What the one experiment of ``claim`` says about each candidate."""
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim, **settings))
    return {name: finding for name, labelled in found.items() for finding in labelled.values()}


def test_the_true_value_is_consistent_and_five_per_cent_off_is_refuted(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment()))
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["printed"].numbers["deviation"] < 0.05
    assert {found["5 % above"].outcome, found["5 % below"].outcome} == {Outcome.REFUTED}


@pytest.mark.parametrize(("printed", "resolution"), [(0.95, 0.05), (1.05, 0.02)])
def test_a_wrong_printed_value_is_refuted_in_two_stages(monkeypatch, printed, resolution):
    found = judged(monkeypatch, claim_of(fake.experiment(), printed=printed, corrected=1.0), resolution=resolution)
    assert found["printed"].outcome is Outcome.REFUTED
    first, second = found["printed"].numbers, found["printed"].numbers["second_stage"]
    assert second["n"] == max(4 * first["n"], LEAST_REPETITION)
    assert not first["interval"][0] <= printed <= first["interval"][1]
    assert not second["interval"][0] <= printed <= second["interval"][1]
    assert found["corrected"].outcome is Outcome.CONSISTENT


def test_a_refutation_that_the_second_stage_does_not_confirm_decides_nothing(monkeypatch):
    chance = fake.experiment(mean=1.05, second=1.0)
    found = judged(monkeypatch, claim_of(chance))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "does not confirm" in found["printed"].reason


def test_a_second_stage_that_refutes_on_the_other_side_confirms_nothing(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment(mean=1.1, second=0.9)))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "does not confirm" in found["printed"].reason


@pytest.mark.parametrize(("printed", "outcome"), [(1.0, Outcome.UNDECIDED), (0.5, Outcome.REFUTED)])
def test_a_bias_that_falls_with_the_step_refutes_what_it_may_reach_by_no_means(monkeypatch, printed, outcome):
    biased = fake.experiment(mean=1.2, second=1.1)
    assert judged(monkeypatch, claim_of(biased, printed=printed))["printed"].outcome is outcome


def test_there_is_no_second_stage_without_a_refutation_of_the_printed_or_corrected_form(monkeypatch):
    claim = claim_of(fake.experiment())
    fake.register(monkeypatch, claim)
    _, results = fake.ask(CHECK, fake.context(claim))
    assert len(results) == CHUNKS + 1


@pytest.mark.parametrize("stage", [1, 2])
def test_a_sampler_that_fails_decides_nothing(monkeypatch, stage):
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="failing", stage=stage), printed=1.05))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "the scheme diverged" in found["printed"].reason


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_sample_that_is_not_finite_fails_the_task_and_is_never_averaged(monkeypatch, bad):
    claim = claim_of(fake.experiment(sampler="not_finite", bad=bad))
    fake.register(monkeypatch, claim)
    found, results = fake.ask(CHECK, fake.context(claim))
    failed = [result for result in results.values() if result.status is Status.FAILED]
    assert len(failed) == 1
    assert "what the sampler of 'mean' returns must be finite, but 1 of" in failed[0].message
    assert all(f.outcome is Outcome.UNDECIDED for labelled in found.values() for f in labelled.values())


def test_a_sampler_that_returns_too_few_samples_fails_the_task(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="too_few")))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "samples, as drawn" in found["printed"].reason


def test_a_sampler_must_say_that_it_returns_samples(monkeypatch):
    bare = replace(fake.experiment(), sampler=lambda arguments, draw: fake.normal(arguments, draw).values)
    found = judged(monkeypatch, claim_of(bare))
    assert "must return verification.forms.Samples, got ndarray" in found["printed"].reason


def test_a_candidate_that_predicts_nothing_is_undecided_while_others_are_judged(monkeypatch):
    silent = Experiment(
        name="mean",
        sampler=fake.normal,
        arguments={"mean": 1.0},
        predicted=lambda candidate: None if candidate == 1.05 else candidate,
        variation=fake.VARIATION,
        skewness=0.0,
    )
    found = judged(monkeypatch, claim_of(silent))
    assert found["5 % above"].outcome is Outcome.UNDECIDED
    assert "predicts no finite number" in found["5 % above"].reason
    assert found["printed"].outcome is Outcome.CONSISTENT


def test_an_experiment_that_understates_its_variation_ends_undecided_and_not_consistent(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment(variation=fake.VARIATION / 4)))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "times as much as the author said (" in found["printed"].reason
    assert found["printed"].numbers["variation"] == pytest.approx(fake.VARIATION, rel=0.2)


@pytest.mark.parametrize("printed", [1.0, 2.0])
def test_skewness_that_the_experiment_hides_stops_every_decision_for_it_and_against_it(monkeypatch, printed):
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="heavy", variation=1.0, width=1.5), printed=printed))
    for finding in found.values():
        assert finding.outcome is Outcome.UNDECIDED
        assert "skewness" in finding.reason
        assert finding.numbers["distortion"] > statistics.MAX_DISTORTION
    needed = int(found["printed"].reason.split("n = ")[1].split(",")[0])
    assert needed > found["printed"].numbers["n"]


def test_measured_moments_are_those_of_all_samples_together(monkeypatch):
    claim = claim_of(fake.experiment(sampler="exponential", variation=1.0))
    numbers = judged(monkeypatch, claim)["printed"].numbers
    draw = Draw(numbers["n"], 0, numbers["seed"])
    everything = Moments.from_samples(fake.exponential({}, draw).values)
    assert numbers["skewness"] == pytest.approx(everything.skewness, rel=1e-10)
    assert numbers["variation"] == pytest.approx(math.sqrt(everything.variance) / everything.mean, rel=1e-10)
    assert numbers["estimate"] == pytest.approx(everything.mean, rel=1e-12)


def test_samples_that_are_all_1_though_their_author_said_that_they_vary_decide_nothing(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="constant", mean=1.0, variation=1.0)))
    assert found["printed"].outcome is Outcome.UNDECIDED and "are missing" in found["printed"].reason
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="constant", mean=1.0, variation=1e-4), id="XX-002"))
    assert found["printed"].outcome is Outcome.CONSISTENT  # no event is expected in so few samples


def test_indicators_get_the_exact_interval_of_a_proportion(monkeypatch):
    rare = fake.experiment(sampler="indicators", variation=None, skewness=None, p=0.0)
    found = judged(monkeypatch, claim_of(rare, printed=1e-5))
    lower, upper = found["printed"].numbers["interval"]
    n, alarm = found["printed"].numbers["n"], found["printed"].numbers["false_alarm"]
    assert (lower, upper) == Proportion(0, n).interval(alarm)
    # Student's interval on samples that are all 0 would be the point 0 and refute every small probability.
    assert 1e-5 < upper
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert found["5 % above"].outcome is Outcome.REFUTED


def test_samples_that_depend_on_their_neighbours_decide_nothing(monkeypatch):
    for width, outcome in ((1, Outcome.CONSISTENT), (6, Outcome.UNDECIDED)):
        found = judged(monkeypatch, claim_of(fake.experiment(sampler="related", width=width)))
        assert found["printed"].outcome is outcome
    assert "times as much as those of independent samples would" in found["printed"].reason


def test_an_event_that_a_form_predicts_and_no_pilot_has_seen_is_waited_for(monkeypatch):
    rare = fake.experiment(sampler="indicators", variation=None, skewness=None, p=4e-4)
    for k in range(3):
        found = judged(monkeypatch, claim_of(rare, printed=4e-4, id=f"XX-00{k}"), resolution=0.5)
        assert found["printed"].outcome is Outcome.CONSISTENT
        found = judged(monkeypatch, claim_of(rare, printed=1e-3, id=f"XX-00{k}"), resolution=0.5)
        assert found["printed"].outcome is Outcome.REFUTED


def test_a_measured_bias_widens_the_interval_instead_of_refuting(monkeypatch):
    found = judged(monkeypatch, claim_of(fake.experiment(sampler="biased", bias=0.03), printed=1.0))
    assert found["printed"].outcome is not Outcome.REFUTED
    assert found["printed"].numbers["bias_allowance"] == pytest.approx(0.03)


def test_tasks_are_answered_in_any_order_with_the_same_bytes(monkeypatch):
    claim = claim_of(fake.experiment(), printed=1.05, corrected=1.0)
    fake.register(monkeypatch, claim)
    forwards, _ = fake.ask(CHECK, fake.context(claim))
    backwards, results = fake.ask(CHECK, fake.context(claim), order=lambda tasks: tasks[::-1])
    assert len(results) == 2 * CHUNKS + 1

    def text(found):
        return json.dumps({name: [f.to_json() for f in labelled.values()] for name, labelled in found.items()})

    assert text(forwards) == text(backwards)


def test_the_chunks_of_a_stage_are_the_samples_of_one_draw(monkeypatch):
    claim = claim_of(fake.experiment())
    fake.register(monkeypatch, claim)
    _, results = fake.ask(CHECK, fake.context(claim))
    chunks = [result.value for result in results.values() if "means" in result.value]
    n = design(variation=fake.VARIATION, skewness=0.0, resolution=0.05, checks=16).n
    seed = stages.seed(fake.context(claim), claim.statements[0].experiments[0], stages.FIRST)
    whole = fake.normal({"mean": 1.0}, Draw(n, 0, seed)).values.reshape(BATCHES, -1).mean(axis=1)
    assert [mean for chunk in chunks for mean in chunk["means"]] == whole.tolist()


@pytest.mark.parametrize("other", ["claim", "statement", "experiment", "stage"])
def test_a_seed_depends_on_claim_statement_experiment_and_stage(other):
    names: dict[str, Any] = {"claim": "SC-031", "statement": "density", "experiment": "mean", "stage": stages.FIRST}
    changed: dict[str, Any] = names | {other: stages.SECOND if other == "stage" else names[other] + "2"}
    assert stages.stage_seed(**names) != stages.stage_seed(**changed)
    assert stages.stage_seed(**names) == stages.stage_seed(**names)


def battery(monkeypatch: pytest.MonkeyPatch, sampler: str, count: int, misses: dict[str, float], **settings: float):
    """Findings about each near miss in ``count`` independent experiments whose true mean is 1."""
    variation = 1.0 if sampler == "exponential" else fake.VARIATION
    found: dict[str, list[Outcome]] = {name: [] for name in misses}
    for part in range(count // 100):
        experiments = tuple(fake.experiment(f"number {i}", sampler, variation=variation) for i in range(100))
        statement = fake.statement(form=Numerical(), printed=1.0, wrong=misses, experiments=experiments)
        claim = fake.claim(statement, id=f"{sampler}-{part}")
        fake.register(monkeypatch, claim)
        labelled, _ = fake.ask(CHECK, fake.context(claim, **settings))
        for name in found:
            found[name] += [finding.outcome for finding in labelled[name].values()]
    return found


@pytest.mark.parametrize(
    ("sampler", "count", "visible"),
    [("exponential", 500, 9)]
    + [pytest.param(*case, marks=pytest.mark.slow) for case in (("normal", 2000, 2.5), ("exponential", 1000, 4))],
)
def test_true_values_are_refuted_as_often_as_the_false_alarm_rate_says(monkeypatch, sampler, count, visible):
    nominal = 0.1
    monkeypatch.setattr(statistics, "FALSE_ALARM_RUN", nominal)
    truth = "the truth, judged by one stage"
    outcomes = battery(monkeypatch, sampler, count, {truth: 1.0}, experiments=1)[truth]
    alarms = Proportion(outcomes.count(Outcome.REFUTED), len(outcomes))
    assert len(outcomes) == count
    assert alarms.agrees_with(nominal, false_alarm=FALSE_ALARM)
    # So many checks see a rate that is off by the factor ``visible``, wherever the line above passes.
    assert not alarms.agrees_with(visible * nominal, false_alarm=FALSE_ALARM)
    assert not alarms.agrees_with(nominal / visible, false_alarm=FALSE_ALARM)


def test_a_true_printed_form_survives_stages_at_an_absurd_false_alarm_rate(monkeypatch):
    nominal = 0.05
    monkeypatch.setattr(statistics, "FALSE_ALARM_RUN", nominal)
    experiments = tuple(fake.experiment(f"number {i}") for i in range(300))
    claim = claim_of(*experiments, id="both stages")
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim, experiments=1))
    refuted = sum(finding.outcome is Outcome.REFUTED for finding in found["printed"].values())
    # Both stages on the same side: 2 * 0.025**2 a check, 0.4 expected in 300; Poisson gives P(> 9) < 1e-6.
    assert refuted <= 9


def test_mutants_five_per_cent_off_are_killed_at_the_designed_size(monkeypatch):
    misses = {"above": 1.05, "below": 0.95}
    outcomes = list(itertools.chain(*battery(monkeypatch, "normal", 300, misses, experiments=16).values()))
    assert len(outcomes) == 600
    # One in a thousand may escape by design; nine would have a probability below 1e-7.
    assert outcomes.count(Outcome.REFUTED) >= 592


def test_the_designed_size_is_not_larger_than_power_needs(monkeypatch):
    outcomes = battery(monkeypatch, "normal", 100, {"2 % above": 1.02}, experiments=16)["2 % above"]
    assert outcomes.count(Outcome.REFUTED) < 50


def test_a_task_that_was_killed_leaves_its_experiment_undecided(monkeypatch):
    claim = claim_of(fake.experiment())
    fake.register(monkeypatch, claim)
    of = fake.context(claim)
    _, results = fake.ask(CHECK, of)
    killed = next(key for key, result in results.items() if "means" in result.value)
    results[killed] = Result(Status.TIMED_OUT, None, "after 900 s")
    (finding,) = CHECK.findings(of, results)["printed"].values()
    assert finding.outcome is Outcome.UNDECIDED
    assert finding.reason == "timed out: after 900 s"


def test_uniform_numbers_of_the_fakes_do_not_depend_on_the_chunk():
    whole = fake.uniforms(Draw(50, 0, 5))
    pieces = [fake.uniforms(Draw(7, first, 5)) for first in range(0, 49, 7)]
    assert np.array_equal(np.concatenate(pieces), whole[:49])
