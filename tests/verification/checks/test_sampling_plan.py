"""Constants, means of zero, events that never happen, tails that nobody saw, stages that were too small."""

from __future__ import annotations

import math

import pytest

from numerics.statistics.estimators import Moments
from numerics.statistics.sample_size import design
from tests.verification import fake_claims as fake
from verification.checks.intervals import ConfidenceInterval
from verification.checks.measured_mean import MeasuredMean, Stages
from verification.checks.monte_carlo import LEAST_REPETITION, MonteCarloCheck
from verification.checks.sampling_plan import (
    ENLARGEMENT,
    GROWTH,
    PILOT_SIZE,
    WIDE_PILOT_SIZE,
    SamplingPlan,
    planned,
)
from verification.claim import Claim
from verification.errors import ClaimError
from verification.forms import Experiment, Numerical
from verification.verdict import Finding, Outcome

CHECK = MonteCarloCheck()


def piloted(sampler: str, *, absolute: float | None = None, **arguments: float) -> Experiment:
    """An experiment that declares neither variation nor skewness."""
    return fake.experiment(sampler=sampler, variation=None, skewness=None, absolute=absolute, **arguments)


def claim_of(experiment: Experiment, printed: float, **wrong: float) -> Claim:
    statement = fake.statement(
        form=Numerical(), printed=printed, wrong=wrong or {"far off": printed + 1}, experiments=(experiment,)
    )
    return fake.claim(statement)


def judged(
    monkeypatch: pytest.MonkeyPatch, experiment: Experiment, printed: float, resolution: float = 0.05, **wrong: float
) -> dict[str, Finding]:
    claim = claim_of(experiment, printed, **wrong)
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim, resolution=resolution))
    return {name: finding for name, labelled in found.items() for finding in labelled.values()}


@pytest.mark.parametrize("value", [0.7, 0.1, 1 / 3, -0.9, 2.2e-30, 1e12])
def test_a_constant_is_consistent_with_itself_and_refutes_its_neighbours(monkeypatch, value):
    found = judged(monkeypatch, piloted("constant", mean=value), value, near=value * (1 + 1e-12))
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["near"].outcome is Outcome.REFUTED


@pytest.mark.parametrize("noise", [2e-16, 4e-16, 8e-16])
def test_samples_that_scatter_by_their_last_bits_do_not_refute_the_number_they_round(monkeypatch, noise):
    found = judged(monkeypatch, piloted("constant", mean=0.7, noise=noise), 0.7)
    assert found["printed"].outcome is Outcome.CONSISTENT


def test_scatter_beyond_rounding_is_measured_and_not_forgiven(monkeypatch):
    found = judged(monkeypatch, piloted("constant", mean=0.7, noise=1e-9), 0.7)
    assert found["printed"].outcome is Outcome.REFUTED


def test_constant_samples_decide_nothing_for_an_author_who_says_that_they_vary(monkeypatch):
    experiment = fake.experiment(sampler="constant", variation=1.0, mean=0.7)
    found = judged(monkeypatch, experiment, 0.7)
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "0 times as much as the author said" in found["printed"].reason


def test_a_mean_of_zero_needs_an_absolute_resolution(monkeypatch):
    declared = fake.experiment(sampler="centred", variation=20.0, mean=0.0)
    relative = judged(monkeypatch, declared, 0.0)["printed"]
    assert relative.outcome is Outcome.UNDECIDED
    found = judged(monkeypatch, piloted("centred", absolute=0.05, mean=0.0), 0.0, at=0.05, inside=0.02)
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert "(absolute resolution 0.05)" in found["printed"].reason
    assert found["printed"].numbers["absolute_deviation"] <= 0.05
    assert found["at"].outcome is Outcome.REFUTED
    assert found["inside"].outcome is not Outcome.REFUTED


def test_an_absolute_resolution_takes_the_place_of_the_relative_one(monkeypatch):
    # 100 and 101 differ by 1 %: seen at the absolute resolution 1/2, not at the relative one of 5 %.
    found = judged(monkeypatch, piloted("centred", absolute=0.5, mean=100.0), 100.0, off=101.0)
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["off"].outcome is Outcome.REFUTED


def test_the_reason_of_a_relative_agreement_names_the_relative_resolution(monkeypatch):
    assert "(relative resolution 0.05)" in judged(monkeypatch, piloted("normal"), 1.0)["printed"].reason


@pytest.mark.parametrize("resolution", [0.3, 0.05, 0.01, 0.002])
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_an_event_that_never_or_always_happens_is_decided_at_every_resolution(monkeypatch, p, resolution):
    off = resolution if p == 0 else 1 - resolution
    found = judged(monkeypatch, piloted("indicators", p=p), p, resolution, off=off)
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["printed"].numbers["deviation"] <= resolution
    assert found["off"].outcome is Outcome.REFUTED


def test_one_event_refutes_that_it_never_happens(monkeypatch):
    found = judged(monkeypatch, piloted("indicators", p=0.05), 0.0)
    assert found["printed"].outcome is Outcome.REFUTED
    assert "second_stage" in found["printed"].numbers


def test_rare_events_that_make_up_a_declared_variation_are_missed_and_nothing_is_decided(monkeypatch):
    for i in range(20):
        declared = fake.experiment(f"number {i}", "rare", variation=1.0, skewness=2.0)
        # Both the truth and the mean of what is usually seen.
        found = judged(monkeypatch, declared, 1.1, usual=1.0)
        assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}
        assert "as much as the author said" in found["printed"].reason or "skewness" in found["printed"].reason


@pytest.mark.parametrize("freedom", [1.0, 1.3])
def test_samples_without_a_variance_decide_nothing_and_take_no_endless_stage(monkeypatch, freedom):
    """Neither for nor against anything: of Cauchy's law not even the mean exists."""
    experiment = fake.experiment("no variance", "power", variation=None, skewness=None, freedom=freedom)
    claim = claim_of(experiment, 1.0)
    fake.register(monkeypatch, claim)
    found, results = fake.ask(CHECK, fake.context(claim))
    (finding,) = found["printed"].values()
    assert finding.outcome is Outcome.UNDECIDED and "slower than -2 there is no variance" in finding.reason
    pilots_and_chunks = [result.value for result in results.values() if "largest" in result.value]
    drawn = [value["n"] if "n" in value else value["moments"]["n"] for value in pilots_and_chunks]
    assert sum(drawn) <= GROWTH * PILOT_SIZE + WIDE_PILOT_SIZE


@pytest.mark.parametrize("freedom", [3.0, 5.0])
def test_heavy_tails_with_a_variance_are_judged(monkeypatch, freedom):
    found = judged(monkeypatch, piloted("power", freedom=freedom), 1.0, above=1.05)
    assert found["printed"].outcome is Outcome.CONSISTENT and found["above"].outcome is Outcome.REFUTED


def test_a_declared_variation_does_not_hide_that_there_is_none(monkeypatch):
    declared = fake.experiment(sampler="power", variation=3.0, skewness=0.0, freedom=1.0)
    found = judged(monkeypatch, declared, 1.0)["printed"]
    assert found.outcome is Outcome.UNDECIDED and "there is no variance" in found.reason


def test_stages_too_small_for_their_skewness_are_drawn_once_more_and_decide(monkeypatch):
    # Log-normal of width 0.8: variation 0.95, skewness 3.7, declared as 0: the planned size always breaks the gate.
    sizes, decided = set(), 0
    for i in range(10):
        experiment = fake.experiment(f"number {i}", "heavy", variation=0.95, skewness=0.0, width=0.8)
        found = judged(monkeypatch, experiment, 1.0, above=1.05)
        sizes.add(found["printed"].numbers["n"])
        decided += found["printed"].outcome is Outcome.CONSISTENT and found["above"].outcome is Outcome.REFUTED
        first = planned(experiment, None, resolution=0.05, checks=16)
        assert isinstance(first, SamplingPlan)
        assert first.design.n < found["printed"].numbers["n"] <= ENLARGEMENT * first.design.n
    # 57 of 60 pass the gate when enlarged; fewer than 5 of 10 has a probability of about 3e-6.
    assert decided >= 5


def test_a_stage_is_enlarged_once_and_not_until_it_fits(monkeypatch):
    experiment = fake.experiment(sampler="heavy", variation=2.9, skewness=0.0, width=1.5)
    claim = claim_of(experiment, 1.0)
    fake.register(monkeypatch, claim)
    asked: list[set[str]] = []

    def watched(tasks):
        asked.append({task.label.split("/")[3] for task in tasks})
        return tasks

    fake.ask(CHECK, fake.context(claim), order=watched)
    assert sum("stage 1 enlarged" in labels for labels in asked) <= 1


def measured(skewness: float, n: int, *, mean: float = 1.0, deviation: float = 1.0) -> MeasuredMean:
    moments = Moments(n, mean, deviation**2 * (n - 1), skewness * deviation**3 * n)
    return MeasuredMean(ConfidenceInterval(mean, mean, mean, distortion=9.0), moments, n, exact=False, constant=False)


def test_an_enlargement_is_capped():
    plan = planned(fake.experiment(variation=1.0), None, resolution=0.05, checks=16)
    assert isinstance(plan, SamplingPlan)
    n = plan.design.n
    mild, wild = plan.enlarged(measured(6.0, n)), plan.enlarged(measured(1000.0, n))
    assert mild is not None
    assert n < mild.design.n <= ENLARGEMENT * n
    assert wild is None


def test_a_stage_that_varies_otherwise_than_declared_is_not_enlarged():
    plan = planned(fake.experiment(variation=1.0), None, resolution=0.05, checks=16)
    assert isinstance(plan, SamplingPlan)
    assert plan.enlarged(measured(6.0, plan.design.n, deviation=3.0)) is None


@pytest.mark.parametrize(("deviation", "doubted"), [(0.4, True), (0.6, False), (1.9, False), (2.1, True)])
def test_variation_is_compared_in_both_directions(deviation, doubted):
    plan = planned(fake.experiment(variation=1.0), None, resolution=0.05, checks=16)
    assert isinstance(plan, SamplingPlan)
    assert bool(plan.surprise(measured(0.0, plan.design.n, deviation=deviation))) is doubted


def seen(**changed: float) -> dict[str, float]:
    """What a pilot of Gaussian samples reports."""
    return {
        "n": PILOT_SIZE,
        "mean": 1.0,
        "deviation": 0.3,
        "skewness": 0.0,
        "bounded": False,
        "rounding": 0.0,
    } | changed


def test_a_stage_that_varies_otherwise_than_the_pilot_decides_nothing():
    plan = planned(piloted("normal"), seen(), resolution=0.05, checks=16)
    assert isinstance(plan, SamplingPlan)
    assert "the pilot said" in plan.surprise(measured(0.0, plan.design.n, deviation=0.7))
    assert plan.surprise(measured(0.0, plan.design.n, deviation=0.3)) == ""


def test_zeros_and_ones_are_no_indicators_where_the_pilot_saw_other_values():
    exact = MeasuredMean(ConfidenceInterval(0.0, 0.0, 0.01), Moments(512), 512, exact=True, constant=True)
    for bounded, trusted in ((True, True), (False, False)):
        plan = planned(piloted("normal"), seen(bounded=bounded, deviation=0.01), resolution=0.05, checks=16)
        assert isinstance(plan, SamplingPlan)
        assert (plan.surprise(exact) == "") is trusted  # of 512 indicators that vary by 0.01, none need differ


def test_a_pilot_of_mean_zero_asks_for_an_absolute_resolution():
    refused = planned(piloted("centred"), seen(mean=0.0), resolution=0.05, checks=16)
    assert isinstance(refused, Finding)
    assert "declare an absolute resolution" in refused.reason
    assert isinstance(
        planned(piloted("centred", absolute=0.1), seen(mean=0.0), resolution=0.05, checks=16), SamplingPlan
    )


@pytest.mark.parametrize("fields", [{"absolute": 0.0}, {"absolute": -1.0}, {"absolute": math.nan}, {"variation": -1.0}])
def test_an_experiment_refuses_numbers_without_meaning(fields):
    with pytest.raises(ClaimError, match=f"{next(iter(fields))} of the experiment"):
        fake.experiment(**fields)


@pytest.mark.parametrize(("bias", "said"), [(0.02, "0.02 of it from the steps of the scheme"), (0.0, "")])
def test_an_interval_that_the_steps_of_a_scheme_make_too_wide_says_so(bias, said):
    plan = design(variation=0.5, skewness=0.0, resolution=0.05, checks=1)
    interval = ConfidenceInterval(1.0, 0.949 - bias, 1.051 + bias, bias=bias)
    measured = MeasuredMean(interval, Moments(), 0, exact=False, constant=False)
    reason = Stages(plan, 1, measured, "").finding(1.0, two_stages=False).reason
    assert "needed 0.05" in reason and said in reason and ("scheme" in reason) == bool(said)


def drawn_by(monkeypatch: pytest.MonkeyPatch, experiment: Experiment, printed: float) -> list[int]:
    """The samples of each pilot and of all later stages together."""
    claim = claim_of(experiment, printed)
    fake.register(monkeypatch, claim)
    values = [result.value for result in fake.ask(CHECK, fake.context(claim))[1].values()]
    pilots = [value["n"] for value in values if "bounded" in value]
    return [*pilots, sum(value["moments"]["n"] for value in values if "moments" in value)]


def test_a_constant_is_believed_after_many_samples_so_that_events_which_are_seldom_are_seen(monkeypatch):
    seen = drawn_by(monkeypatch, piloted("constant", mean=0.5), 0.5)
    assert seen[:-1] == [PILOT_SIZE, WIDE_PILOT_SIZE] and seen[-1] < PILOT_SIZE


def test_a_refutation_is_repeated_with_so_many_samples_that_events_which_are_seldom_are_seen(monkeypatch):
    right, wrong = (drawn_by(monkeypatch, fake.experiment(), printed)[-1] for printed in (1.0, 1.5))
    assert wrong >= right + LEAST_REPETITION > 5 * right
