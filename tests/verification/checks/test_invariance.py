"""Sets that SGD keeps: how runs are judged, and every such statement of the catalogue judged in both ways."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import sympy as sp

from tests.verification import fake_claims
from theory.networks.activations import smooth_function
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import normal_gradient
from verification.authoring.invariant_sets import sgd_runs
from verification.checks.invariance import STANDSTILL, InvarianceCheck, judge_runs
from verification.checks.symbolic import SymbolicCheck, judge
from verification.claim import Statement
from verification.forms import Invariance
from verification.investigation import investigate
from verification.registry import catalogue
from verification.run.task import Result, Status
from verification.verdict import Outcome, Verdict

NET = FeedForward((1, 2, 1), smooth_function("sigma"))
IDENTICAL = NET.permutation_constraints((1, 1, 2))
VANISHING = NET.sign_constraints((1, 1))

STATEMENTS = {
    f"{id}/{statement.name}": statement
    for id in ("SC-003", "SC-006", "SC-012", "SC-013", "SC-014", "SC-015", "SC-113")
    for statement in catalogue().claim(id).statements
    if isinstance(statement.form, Invariance)
}
CANDIDATES = [
    pytest.param(statement, name, id=f"{key}/{name}")
    for key, statement in STATEMENTS.items()
    for name in statement.candidates()
]


LONG_RUNS = ("SC-113",)
"""Claims about four optimisers each: their near misses are run nightly."""


def is_run_by_day(key: str, statement: Statement, name: str) -> bool:
    """The candidate that holds and one near miss of each statement; `driftproof verify` runs all, as does the night.

    All near misses of all statements are held against gradients by day too.
    """
    return expected(statement, name) or (name in list(statement.wrong)[:1] and not key.startswith(LONG_RUNS))


def expected(statement: Statement, name: str) -> bool:
    """Whether the candidate is one that holds."""
    return name == ("printed" if statement.corrected is None else "corrected")


MEASURED = [
    pytest.param(
        statement,
        name,
        id=f"{key}/{name}",
        marks=[] if is_run_by_day(key, statement, name) else [pytest.mark.slow],
    )
    for key, statement in STATEMENTS.items()
    for name in statement.candidates()
    if isinstance(statement.form, Invariance) and statement.form.measure
]


def a_run(violation: float | None = 0.0, moved: float | None = 1.0) -> dict[str, object]:
    return {"run": "a run", "violation": violation, "moved": moved, "steps": 10}


@pytest.mark.parametrize(
    ("runs", "tolerance", "outcome"),
    [
        ([a_run(), a_run()], 0.0, Outcome.CONSISTENT),
        ([a_run(1e-15)], 1e-12, Outcome.CONSISTENT),
        ([a_run(1e-15)], 0.0, Outcome.REFUTED),
        ([a_run(), a_run(2e-12)], 1e-12, Outcome.REFUTED),
        ([a_run(), a_run(None, None)], 0.0, Outcome.UNDECIDED),
        ([a_run(0.5), a_run(None, None)], 0.0, Outcome.REFUTED),
        ([a_run(None, None)], 0.0, Outcome.UNDECIDED),
        ([a_run(), a_run(moved=STANDSTILL / 2)], 0.0, Outcome.UNDECIDED),
        ([], 0.0, Outcome.UNDECIDED),
    ],
)
def test_runs_keep_a_set_only_if_all_of_them_do_and_move(runs, tolerance, outcome):
    finding = judge_runs(runs, tolerance)
    assert finding.outcome is outcome
    assert (finding.witness is not None) == (outcome is Outcome.REFUTED)


@pytest.mark.every(41)
@pytest.mark.parametrize(("statement", "name"), CANDIDATES)
def test_gradients_leave_every_near_miss_and_no_set_that_holds(statement, name):
    finding = judge(statement.form, statement.candidates()[name], statement.domain)
    assert finding.outcome is (Outcome.PROVED if expected(statement, name) else Outcome.REFUTED)


@pytest.mark.every(92)
@pytest.mark.parametrize(("statement", "name"), MEASURED)
def test_runs_of_sgd_leave_every_near_miss_and_no_set_that_holds(statement, name):
    assert statement.form.measure is not None
    runs = list(statement.form.measure(statement.candidates()[name])["runs"])
    finding = judge_runs(runs, statement.form.tolerance)
    assert finding.outcome is (Outcome.CONSISTENT if expected(statement, name) else Outcome.REFUTED)
    if not expected(statement, name):
        assert max(run["violation"] for run in runs) > 1e6 * statement.form.tolerance


def measured(constraints: sp.MatrixBase) -> dict[str, object]:
    """Real runs on the network of this module."""
    return sgd_runs(NET, [(name, constraints, {"activation": name}) for name in ("tanh", "sigmoid")])


def measured_wrongly(constraints: sp.MatrixBase) -> dict[str, object]:
    """Runs that leave every set."""
    return {"runs": [a_run(0.5)]}


def invariance(measure: Callable | None = None, **fields: object) -> Statement:
    form = Invariance(
        lambda constraints: normal_gradient(NET.affine_set(constraints), NET.pulled_back_loss),
        measure,
        1e-12,
    )
    return fake_claims.statement(form=form, **{"printed": IDENTICAL, "wrong": {"vanishing": VANISHING}, **fields})


def verdict_on(monkeypatch: pytest.MonkeyPatch, statement: Statement):
    claim = fake_claims.claim(statement)
    fake_claims.register(monkeypatch, claim)
    investigation = investigate(claim, resolution=0.05)
    results: dict[str, Result] = {}
    while tasks := investigation.next_tasks(results):
        results |= {task.key: fake_claims.answered(task) for task in tasks}
    assert all(result.status is Status.DONE for result in results.values())
    return investigation.conclude(results)


def test_a_set_that_gradients_and_runs_keep_holds_with_both_findings_and_the_proof_as_evidence(monkeypatch):
    verdict = verdict_on(monkeypatch, invariance(measured))
    assert verdict.verdict is Verdict.HOLDS
    assert verdict.evidence == ("PROVED",)
    assert [f.outcome for f in verdict.statements[0].findings.values()] == [Outcome.PROVED, Outcome.CONSISTENT]


def test_a_set_that_is_left_fails(monkeypatch):
    wrong = invariance(measured, printed=VANISHING, wrong={"half": IDENTICAL[:-1, :]})
    assert verdict_on(monkeypatch, wrong).verdict is Verdict.FAILS


def test_a_proof_against_the_runs_is_undecided(monkeypatch):
    assert verdict_on(monkeypatch, invariance(measured_wrongly)).verdict is Verdict.UNDECIDED


def test_a_surviving_near_miss_is_undecided(monkeypatch):
    same = invariance(measured, wrong={"the same set": -IDENTICAL})
    assert verdict_on(monkeypatch, same).verdict is Verdict.UNDECIDED


def test_nothing_is_run_where_no_measure_is_named_nor_for_other_forms():
    for statement in (invariance(), fake_claims.statement()):
        context = fake_claims.context(fake_claims.claim(statement))
        assert InvarianceCheck().tasks(context, {}) == [] and InvarianceCheck().findings(context, {}) == {}
    context = fake_claims.context(fake_claims.claim(invariance(measured)))
    assert len(SymbolicCheck().tasks(context, {})) == 2


def test_a_run_that_did_not_finish_is_undecided():
    context = fake_claims.context(fake_claims.claim(invariance(measured)))
    check = InvarianceCheck()
    results = {task.key: Result(Status.TIMED_OUT, message="too slow") for task in check.tasks(context, {})}
    assert {found["sgd"].outcome for found in check.findings(context, results).values()} == {Outcome.UNDECIDED}


def test_the_tolerance_belongs_to_the_statement():
    form = invariance().form
    assert isinstance(form, Invariance)
    strict = dataclasses.replace(form, tolerance=0.0)
    runs = [a_run(1e-14)]
    assert judge_runs(runs, form.tolerance).outcome is Outcome.CONSISTENT
    assert judge_runs(runs, strict.tolerance).outcome is Outcome.REFUTED
