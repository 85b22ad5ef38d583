"""The comparison check: a second deterministic opinion with an error bound."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.checks.comparison import ComparisonCheck, finite_float, predicted_by
from verification.claim import Claim
from verification.errors import VerificationError
from verification.forms import Comparison, Numerical
from verification.run.task import Status
from verification.verdict import Finding, Outcome

CHECK = ComparisonCheck()

x = sp.Symbol("x", positive=True)
POINTS = ({"x": "4"}, {"x": "9"})


def comparison(arguments: tuple[dict[str, Any], ...] = POINTS, **fields: Any) -> Comparison:
    defaults: dict[str, Any] = {
        "name": "a computer",
        "evaluator": fake.square_root,
        "predicted": lambda candidate, point: candidate.subs(x, sp.Rational(point["x"])),
        "tolerance": 1e-3,
    }
    return Comparison(arguments=arguments, **{**defaults, **fields})


def claim_of(*comparisons: Comparison) -> Claim:
    right = sp.sqrt(x)
    misses = {"2 % off": right * sp.Rational(51, 50), "right at 4": x / 2}
    return fake.claim(fake.statement(form=Numerical(), printed=right, wrong=misses, comparisons=comparisons))


def judged(monkeypatch: pytest.MonkeyPatch, claim: Claim) -> dict[str, Finding]:
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim))
    return {name: finding for name, labelled in found.items() for finding in labelled.values()}


def test_agreement_at_every_point_is_consistent_and_one_wrong_point_refutes(monkeypatch):
    found = judged(monkeypatch, claim_of(comparison()))
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["printed"].numbers["points"] == 2
    assert found["2 % off"].outcome is Outcome.REFUTED
    wrong = found["right at 4"]
    assert wrong.outcome is Outcome.REFUTED
    assert wrong.witness is not None
    assert wrong.witness["point"] == {"x": "9"}
    assert (wrong.witness["predicted"], wrong.witness["value"]) == (4.5, 3.0)


def test_a_difference_within_the_error_bound_of_the_second_opinion_refutes_nothing(monkeypatch):
    vague = ({"x": "9", "error": "0.2"},)
    found = judged(monkeypatch, claim_of(comparison(vague)))
    # Nor does it certify anything: the second opinion itself is not sharp enough.
    assert found["printed"].outcome is found["2 % off"].outcome is Outcome.UNDECIDED
    assert "known only to" in found["printed"].reason
    assert found["right at 4"].outcome is Outcome.REFUTED


def test_a_candidate_that_predicts_no_number_is_undecided(monkeypatch):
    found = judged(monkeypatch, claim_of(comparison(predicted=lambda candidate, point: None)))
    assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}


def test_an_evaluator_that_fails_decides_nothing(monkeypatch):
    found = judged(monkeypatch, claim_of(comparison(evaluator=fake.no_opinion)))
    assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}
    assert "did not settle" in found["printed"].reason


def test_a_prediction_that_keeps_a_symbol_says_which_and_a_near_miss_with_one_costs_no_other(monkeypatch):
    namesake = {"predicted": lambda candidate, point: candidate.subs(sp.Symbol("x"), sp.Rational(point["x"]))}
    found = judged(monkeypatch, claim_of(comparison(**namesake)))
    assert found["printed"].outcome is Outcome.UNDECIDED
    assert "the printed form predicts sqrt(x), in which x has no number" in found["printed"].reason
    with pytest.raises(VerificationError):
        predicted_by(lambda candidate: candidate, "corrected", x)
    assert predicted_by(lambda candidate: candidate, "2 % off", x) is None


def test_an_evaluator_without_an_error_bound_is_refused(monkeypatch):
    found = judged(monkeypatch, claim_of(comparison(evaluator=lambda point: 2.0)))
    assert "must return a value and a bound for its error, got 2.0" in found["printed"].reason


def test_each_point_is_a_task_and_one_that_fails_leaves_the_candidate_undecided(monkeypatch):
    claim = claim_of(comparison(), comparison(({"x": "1"},), name="another"))
    fake.register(monkeypatch, claim)
    found, results = fake.ask(CHECK, fake.context(claim))
    assert len(results) == 3
    assert all(result.status is Status.DONE for result in results.values())
    assert set(found["printed"]) == {"a computer", "another"}


def test_a_statement_without_comparisons_asks_for_nothing():
    claim = fake.claim(fake.statement())
    assert CHECK.tasks(fake.context(claim), {}) == []
    assert all(labelled == {} for labelled in CHECK.findings(fake.context(claim), {}).values())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (sp.Rational(1, 3), 1 / 3),
        (sp.sqrt(2), math.sqrt(2)),
        (2.5, 2.5),
        (0, 0.0),
        (None, None),
        (sp.oo, None),
        (sp.nan, None),
        (sp.zoo, None),
        (sp.I, None),
        (math.nan, None),
        (math.inf, None),
        (x, None),
    ],
)
def test_only_finite_real_numbers_are_numbers(value, expected):
    assert finite_float(value) == expected
