"""The figure check: where a feature of a figure lies, and whether its other features are there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.checks.figure import FigureCheck
from verification.claim import Claim
from verification.errors import ClaimError
from verification.forms import Figure
from verification.verdict import Finding, Outcome

CHECK = FigureCheck()


def measure(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """One half of a location; part ``broken`` cannot be measured."""
    if part.get("broken"):
        raise OSError("the plotter is out of ink")
    return None if part.get("empty") else {"half": part["end"]}


def summarise(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The interval between the parts, in their order."""
    return {"location": [result["half"] for result in results], "features": [feature(True)]}


def summarise_with_a_missing_feature(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same with a feature that is not there."""
    return {**summarise(results), "features": [feature(True), feature(False)]}


def summarise_with_an_open_feature(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The same with a feature that these few runs cannot tell."""
    return {**summarise(results), "features": [feature(True), feature(False) | {"open": True}]}


def summarise_without_a_location(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nothing of the kind is in the figure."""
    return {**summarise(results), "location": None}


def summarise_with_a_skipped_part(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A part that this machine could not measure."""
    return {**summarise(results), "skipped": ["digits: install scikit-learn"]}


def summarise_by_raising(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A slip of the author."""
    raise ZeroDivisionError("no rows")


def summarise_without_features(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Not what is asked for."""
    return {"location": (1.9, 2.1)}


def summarise_with_one_end(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nor this."""
    return {"location": 2.0, "features": []}


def feature(reproduced: bool) -> dict[str, Any]:
    return {"name": f"reproduced: {reproduced}", "printed": 1, "measured": 1, "reproduced": reproduced}


def claim_of(lower: float, upper: float, *, summary: str = "summarise", printed: Any = 2, **part: Any) -> Claim:
    form = Figure(measure, ({"end": lower}, {"end": upper, **part}), globals()[summary])
    return fake.claim(fake.statement(form=form, printed=sp.sympify(printed), wrong={"half": sp.S.One}))


def judged(monkeypatch: pytest.MonkeyPatch, claim: Claim, **settings: float) -> dict[str, Finding]:
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim, **settings))
    return {name: labelled["figure"] for name, labelled in found.items()}


def test_a_location_within_the_resolution_is_consistent_and_another_one_is_refuted(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03))
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["half"].outcome is Outcome.REFUTED
    assert found["half"].witness == {"stated": 1.0, "location": [1.98, 2.03]}


def test_the_resolution_decides_what_counts_as_the_same_location(monkeypatch):
    claim = claim_of(2.05, 2.06)
    assert judged(monkeypatch, claim, resolution=0.05)["printed"].outcome is Outcome.CONSISTENT
    assert judged(monkeypatch, claim, resolution=0.01)["printed"].outcome is Outcome.REFUTED


def test_a_location_known_too_roughly_certifies_nothing(monkeypatch):
    found = judged(monkeypatch, claim_of(0.5, 3.0))
    assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}
    assert "too wide" in found["printed"].reason


def test_a_missing_feature_refutes_although_the_location_is_right(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, summary="summarise_with_a_missing_feature"))
    assert found["printed"].outcome is Outcome.REFUTED
    assert "not reproduced: reproduced: False" in found["printed"].reason


def test_a_feature_that_is_nowhere_in_the_figure_refutes_every_stated_place(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, summary="summarise_without_a_location"))
    assert {finding.outcome for finding in found.values()} == {Outcome.REFUTED}
    assert "no such place" in found["printed"].reason


def test_a_location_that_is_no_number_is_never_consistent(monkeypatch):
    for lower, upper in ((math.nan, math.nan), (1.98, math.inf), (math.nan, 2.03)):
        found = judged(monkeypatch, claim_of(lower, upper))
        assert found["printed"].outcome is Outcome.UNDECIDED, (lower, upper)


def test_what_was_skipped_is_named_and_what_was_measured_is_judged(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, summary="summarise_with_a_skipped_part"))
    assert found["printed"].outcome is Outcome.CONSISTENT
    assert found["printed"].reason.endswith("; skipped: digits: install scikit-learn")


def test_a_stated_place_beside_the_measured_interval_says_within_what(monkeypatch):
    assert "(within 5% of it)" in judged(monkeypatch, claim_of(2.05, 2.06))["printed"].reason
    assert "within" not in judged(monkeypatch, claim_of(1.98, 2.03))["printed"].reason


def test_a_part_that_cannot_be_measured_leaves_every_candidate_undecided(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, broken=True))
    assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}
    assert "out of ink" in found["printed"].reason


def test_a_stated_location_that_is_no_number_is_undecided(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, printed=sp.Symbol("x")))
    assert found["printed"].outcome is Outcome.UNDECIDED


def test_parts_are_tasks_of_their_own_and_their_order_is_that_of_the_figure(monkeypatch):
    claim = claim_of(1.98, 2.03)
    fake.register(monkeypatch, claim)
    forwards, results = fake.ask(CHECK, fake.context(claim))
    backwards, _ = fake.ask(CHECK, fake.context(claim), order=lambda tasks: tasks[::-1])
    assert len(results) == 2
    assert forwards == backwards


def test_other_statements_are_left_alone():
    of = fake.context(fake.claim(fake.statement()))
    assert CHECK.tasks(of, {}) == []
    assert CHECK.findings(of, {}) == {}


def test_a_feature_that_too_few_runs_leave_open_is_undecided_and_not_refuted(monkeypatch):
    found = judged(monkeypatch, claim_of(1.98, 2.03, summary="summarise_with_an_open_feature"))["printed"]
    assert found.outcome is Outcome.UNDECIDED
    assert found.reason.endswith("too few runs to tell: reproduced: False")


@pytest.mark.parametrize(
    ("summary", "part", "said"),
    [
        ("summarise_by_raising", {}, "summarise raised ZeroDivisionError: no rows"),
        ("summarise_without_features", {}, "summarise must return"),
        ("summarise_with_one_end", {}, "got the location 2.0"),
        ("summarise", {"empty": True}, "measure returned nothing for part"),
    ],
)
def test_a_figure_that_was_not_measured_is_undecided_with_the_reason(monkeypatch, summary, part, said):
    found = judged(monkeypatch, claim_of(1.98, 2.03, summary=summary, **part))
    assert {finding.outcome for finding in found.values()} == {Outcome.UNDECIDED}
    assert all(said in finding.reason for finding in found.values())


def test_a_figure_of_which_nothing_is_run_is_refused():
    with pytest.raises(ClaimError, match="no parts"):
        Figure(measure, (), summarise)
