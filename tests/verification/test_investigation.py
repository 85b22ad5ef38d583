"""From findings to verdicts: the only place where outcomes become words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from tests.verification import fake_claims as fake
from verification.claim import Claim, Grade, Statement
from verification.errors import ClaimError
from verification.forms import Figure
from verification.investigation import claim_verdict, investigate, judgement, statement_verdict
from verification.run.task import Result, Task
from verification.verdict import STRENGTH, ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

x = sp.Symbol("x", positive=True)

RIGHT = "the right form"
MISSES = {"first": x**2, "second": x**3}


def finding(outcome: Outcome) -> Finding:
    return Finding(outcome, f"because {outcome.name.lower()}")


def labelled(*outcomes: Outcome) -> dict[str, Finding]:
    return {f"check {i}": finding(outcome) for i, outcome in enumerate(outcomes)}


def verdict_on(
    *printed: Outcome,
    corrected: tuple[Outcome, ...] = (),
    first: tuple[Outcome, ...] = (Outcome.REFUTED,),
    second: tuple[Outcome, ...] = (Outcome.REFUTED,),
    name: str = "value",
    **fields: object,
) -> StatementVerdict:
    """The verdict on a statement about whose candidates the checks found these outcomes."""
    if corrected:
        fields["corrected"] = 2 * x
    statement = fake.statement(name, derived=x, wrong=MISSES, **fields)
    found = {"printed": printed, "first": first, "second": second}
    if corrected:
        found["corrected"] = corrected
    return statement_verdict(statement, [{name: labelled(*outcomes) for name, outcomes in found.items()}])


@pytest.mark.parametrize("support", STRENGTH)
def test_support_without_contradiction_holds(support):
    assert verdict_on(support, Outcome.UNDECIDED).verdict is Verdict.HOLDS


@pytest.mark.parametrize("other", [Outcome.CERTIFIED, Outcome.CONSISTENT, Outcome.UNDECIDED, Outcome.REFUTED])
def test_a_refutation_that_no_proof_contradicts_fails(other):
    assert verdict_on(Outcome.REFUTED, other).verdict is Verdict.FAILS


def test_silence_is_undecided():
    assert verdict_on().verdict is Verdict.UNDECIDED
    assert verdict_on(Outcome.UNDECIDED).verdict is Verdict.UNDECIDED


def test_proof_against_refutation_is_undecided_and_said_in_a_sentence():
    torn = verdict_on(Outcome.PROVED, Outcome.REFUTED)
    assert torn.verdict is Verdict.UNDECIDED
    claim = fake.claim(fake.statement(derived=x, wrong=MISSES))
    assert "proof and refutation contradict each other" in claim_verdict(claim, (torn,)).reason


@pytest.mark.parametrize("survivor", [(), (Outcome.UNDECIDED,), (Outcome.CONSISTENT,), (Outcome.PROVED,)])
@pytest.mark.parametrize("printed", [Outcome.PROVED, Outcome.REFUTED])
def test_a_surviving_near_miss_makes_the_statement_undecided_whatever_else_is_known(printed, survivor):
    doubtful = verdict_on(printed, second=survivor)
    assert doubtful.verdict is Verdict.UNDECIDED
    assert doubtful.near_misses == {"first": "check 0", "second": None}
    claim = fake.claim(fake.statement(derived=x, wrong=MISSES))
    assert "no check refuted the near miss 'second'" in claim_verdict(claim, (doubtful,)).reason


def test_the_check_that_killed_a_near_miss_is_named():
    judged = verdict_on(Outcome.PROVED, first=(Outcome.UNDECIDED, Outcome.REFUTED))
    assert judged.near_misses == {"first": "check 1", "second": "check 0"}


@pytest.mark.parametrize("printed", [Outcome.CONSISTENT, Outcome.REFUTED])
def test_a_figure_is_empirical_and_an_undecided_one_undecided(printed):
    form = Figure(dict, ({},), dict)
    assert verdict_on(printed, form=form).verdict is Verdict.EMPIRICAL
    assert verdict_on(Outcome.UNDECIDED, form=form).verdict is Verdict.UNDECIDED


def claim_of(*statements: Statement) -> Claim:
    return fake.claim(*statements)


def claim_judged(*verdicts: StatementVerdict, corrected: bool = False) -> ClaimVerdict:
    statements = [fake.statement(v.statement, derived=x, wrong=MISSES, counts=v.counts) for v in verdicts]
    if corrected:
        statements[0] = fake.statement(
            verdicts[0].statement, derived=x, wrong=MISSES, corrected=2 * x, corrected_says=RIGHT
        )
    return claim_verdict(claim_of(*statements), verdicts)


@pytest.mark.parametrize(
    ("outcomes", "wanted"),
    [
        ((Outcome.PROVED, Outcome.CONSISTENT), Verdict.HOLDS),
        ((Outcome.PROVED, Outcome.UNDECIDED), Verdict.UNDECIDED),
        ((Outcome.PROVED, Outcome.REFUTED), Verdict.FAILS),
        ((Outcome.UNDECIDED, Outcome.REFUTED), Verdict.FAILS),
    ],
)
def test_the_worst_statement_decides_a_claim_in_any_order(outcomes, wanted):
    for order in itertools.permutations(outcomes):
        verdicts = [verdict_on(outcome, name=str(i)) for i, outcome in enumerate(order)]
        assert claim_judged(*verdicts).verdict is wanted


@pytest.mark.parametrize("remark", [Outcome.REFUTED, Outcome.UNDECIDED])
def test_a_remark_is_reported_and_does_not_decide(remark):
    beside = verdict_on(remark, name="remark", counts=False)
    judged = claim_judged(verdict_on(Outcome.PROVED, name="main"), beside)
    assert judged.verdict is Verdict.HOLDS
    assert judged.evidence == ("PROVED",)
    assert judged.statements[1].verdict is not Verdict.HOLDS


def test_the_evidence_is_the_weakest_over_the_statements_with_the_strongest_beside_it():
    asked = {"first": (Outcome.REFUTED, Outcome.REFUTED)}
    strong = verdict_on(Outcome.CONSISTENT, Outcome.PROVED, name="a", **asked)
    weak = verdict_on(Outcome.CONSISTENT, name="b")
    assert claim_judged(strong, weak).evidence == ("CONSISTENT", "PROVED")
    assert claim_judged(strong).evidence == ("PROVED",)


def test_a_corrected_form_is_shown_if_it_holds():
    wrong = verdict_on(Outcome.REFUTED, corrected=(Outcome.PROVED,))
    judged = claim_judged(wrong, corrected=True)
    assert (judged.verdict, judged.corrected) == (Verdict.FAILS, RIGHT)
    assert judged.evidence == ("REFUTED",)


@pytest.mark.parametrize("outcome", [Outcome.REFUTED, Outcome.UNDECIDED])
def test_a_corrected_form_that_does_not_hold_is_not_shown(outcome):
    wrong = verdict_on(Outcome.REFUTED, corrected=(outcome,))
    assert claim_judged(wrong, corrected=True).corrected is None


def test_one_correction_that_does_not_hold_spoils_the_other():
    right = verdict_on(Outcome.REFUTED, corrected=(Outcome.PROVED,), name="a")
    wrong = verdict_on(Outcome.REFUTED, corrected=(Outcome.UNDECIDED,), name="b")
    assert claim_judged(right, wrong, corrected=True).corrected is None


def test_a_failing_statement_without_a_corrected_form_spoils_the_correction_of_the_others():
    right = verdict_on(Outcome.REFUTED, corrected=(Outcome.PROVED,), name="a")
    without = verdict_on(Outcome.REFUTED, name="b")
    assert claim_judged(right, without, corrected=True).corrected is None


def test_a_claim_that_holds_shows_no_correction():
    fine = verdict_on(Outcome.PROVED, corrected=(Outcome.PROVED,))
    assert claim_judged(fine, corrected=True).corrected is None


@pytest.mark.parametrize(
    ("witness", "counts"),
    [
        ({"predicted": 0.25, "estimate": 0.125}, True),
        ({"predicted": 125.0, "estimate": 0.125}, False),
        ({"predicted": -125.0, "estimate": 0.125}, False),
        ({"predicted": 1e-4, "value": 0.125}, False),
        ({"predicted": 0.0, "value": 0.125}, True),
        ({"predicted": 0.5, "estimate": 1e-3, "absolute_resolution": 0.01, "resolution": 0.05}, True),
        ({"predicted": 50.0, "estimate": 1e-3, "absolute_resolution": 0.01, "resolution": 0.05}, False),
        ({"stated": 1.0, "location": [0.9, 1.1]}, True),
        ({"stated": 100.0, "location": [0.9, 1.1]}, False),
        ({"stated": 100.0, "location": None}, True),
        ({}, True),
    ],
)
def test_a_check_that_refutes_grotesque_near_misses_alone_is_no_evidence(witness, counts):
    found = {
        "printed": {"run": finding(Outcome.CONSISTENT)},
        "first": {"run": Finding(Outcome.REFUTED, "", witness=witness)},
        "second": {"run": finding(Outcome.UNDECIDED), "other": finding(Outcome.REFUTED)},
    }
    judged = statement_verdict(fake.statement(derived=x, wrong=MISSES), [found])
    assert judged.findings["run"].outcome is (Outcome.CONSISTENT if counts else Outcome.NO_POWER)
    assert judged.verdict is (Verdict.HOLDS if counts else Verdict.UNDECIDED)
    assert counts or "20 times too large" in judged.findings["run"].reason


def test_a_claim_of_remarks_alone_is_refused():
    with pytest.raises(ClaimError, match="remarks alone"):
        _ = fake.claim(fake.statement(derived=x, wrong=MISSES, counts=False)).statements


def test_a_check_that_refutes_no_near_miss_is_no_evidence():
    statement = fake.statement(derived=x, wrong=MISSES)
    strong = {
        "printed": finding(Outcome.CONSISTENT),
        "first": finding(Outcome.REFUTED),
        "second": finding(Outcome.REFUTED),
    }
    weak = dict.fromkeys(strong, finding(Outcome.CONSISTENT))
    judged = statement_verdict(statement, [{name: {"weak": weak[name], "strong": strong[name]} for name in strong}])
    assert judged.findings["weak"].outcome is Outcome.NO_POWER
    assert judged.findings["strong"].outcome is Outcome.CONSISTENT
    assert judged.verdict is Verdict.HOLDS
    alone = statement_verdict(statement, [{name: {"weak": weak[name]} for name in weak}])
    assert alone.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("corrected", "wanted"), [((Outcome.PROVED,), Verdict.MISPRINT), ((Outcome.UNDECIDED,), Verdict.UNDECIDED)]
)
def test_a_misprint_needs_a_corrected_form_that_holds(corrected, wanted):
    judged = verdict_on(Outcome.REFUTED, corrected=corrected)
    statement = fake.statement(judged.statement, derived=x, wrong=MISSES, corrected=2 * x, corrected_says=RIGHT)
    claim = fake.claim(statement, grade=Grade.MISPRINT)
    assert claim_verdict(claim, (judged,)).verdict is wanted


def test_a_grade_without_a_refutation_is_undecided_and_says_so():
    claim = fake.claim(fake.statement(derived=x, wrong=MISSES), grade=Grade.WRONG)
    judged = claim_verdict(claim, (verdict_on(Outcome.PROVED),))
    assert judged.verdict is Verdict.UNDECIDED and "nothing refutes" in judged.reason


def test_the_charitable_reading_decides_where_there_is_one(monkeypatch):
    statement = fake.statement(printed=2, read_as=sp.S.One, wrong={"three": sp.Integer(3)})
    judged = run(fake.claim(statement), monkeypatch)
    assert judged.verdict is Verdict.HOLDS
    assert {finding.outcome for finding in judged.statements[0].as_converted.values()} == {Outcome.REFUTED}


def test_of_several_conventions_the_one_that_holds_decides():
    def under(name: str, outcome: Outcome) -> StatementVerdict:
        return replace(verdict_on(outcome, name=f"drift ({name})"), convention=name)

    pair = (under("Itô", Outcome.REFUTED), under("Stratonovich", Outcome.PROVED))
    assert claim_judged(*pair).verdict is Verdict.HOLDS
    both = (under("Itô", Outcome.REFUTED), under("Stratonovich", Outcome.REFUTED))
    assert claim_judged(*both).verdict is Verdict.FAILS


def run(claim: Claim, monkeypatch: pytest.MonkeyPatch, **settings: float) -> ClaimVerdict:
    fake.register(monkeypatch, claim)
    investigation = investigate(claim, **{"resolution": 0.05, **settings})
    results: dict[str, Result] = {}
    while tasks := investigation.next_tasks(results):
        results |= {task.key: fake.answered(task) for task in tasks}
    return investigation.conclude(results)


def test_an_investigation_runs_from_a_claim_to_its_verdict(monkeypatch):
    statement = fake.statement(printed=2, corrected=sp.S.One, wrong={"three": sp.Integer(3)})
    judged = run(fake.claim(statement), monkeypatch)
    assert (judged.verdict, judged.corrected) == (Verdict.FAILS, "$1$")


def test_a_refutation_by_chance_in_the_first_stage_does_not_fail_a_proved_claim(monkeypatch):
    lucky = fake.experiment(mean=1.05, second=1.0)
    judged = run(fake.claim(fake.statement(experiments=(lucky,))), monkeypatch)
    assert judged.verdict is Verdict.HOLDS
    (statement,) = judged.statements
    assert statement.findings["monte_carlo/mean"].outcome is Outcome.UNDECIDED


def test_a_simulation_that_refutes_what_is_proved_is_an_alarm_and_no_verdict(monkeypatch):
    judged = run(fake.claim(fake.statement(experiments=(fake.experiment(mean=1.2),))), monkeypatch)
    assert judged.verdict is Verdict.UNDECIDED
    assert "contradict each other" in judged.reason


def test_no_task_is_asked_for_twice_and_none_after_the_last(monkeypatch):
    claim = fake.claim(fake.statement(experiments=(fake.experiment(),)))
    fake.register(monkeypatch, claim)
    investigation = investigate(claim, resolution=0.05)
    results: dict[str, Result] = {}
    asked: list[Task] = []
    while tasks := investigation.next_tasks(results):
        asked += tasks
        results |= {task.key: fake.answered(task) for task in tasks}
    assert len({task.key for task in asked}) == len(asked) == len(results)
    assert investigation.next_tasks(results) == []
    assert investigation.claim_id == claim.id


def test_the_verdict_is_a_pure_function_of_the_results(monkeypatch):
    claim = fake.claim(fake.statement(experiments=(fake.experiment(),)))
    assert run(claim, monkeypatch).to_json() == run(claim, monkeypatch).to_json()


def test_another_resolution_asks_for_other_samples(monkeypatch):
    claim = fake.claim(fake.statement(experiments=(fake.experiment(),)))
    fake.register(monkeypatch, claim)
    coarse, fine = ({t.key for t in investigate(claim, resolution=eps).next_tasks({})} for eps in (0.05, 0.02))
    shared = coarse & fine
    assert len(shared) == 2  # the symbolic tasks of the printed form and of the near miss


# JSON: the store keeps nothing else.

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
mappings = st.dictionaries(st.text(max_size=6), values, max_size=3)
findings = st.builds(
    Finding, st.sampled_from(Outcome), st.text(max_size=20), witness=st.none() | mappings, numbers=mappings
)
by_label = st.dictionaries(st.text(max_size=6), findings, max_size=3)
statement_verdicts = st.builds(
    StatementVerdict,
    st.text(max_size=10),
    st.sampled_from(Verdict),
    by_label,
    by_label,
    st.dictionaries(st.text(max_size=6), st.none() | st.text(max_size=6), max_size=3),
    st.booleans(),
)
claim_verdicts = st.builds(
    ClaimVerdict,
    st.text(max_size=8),
    st.sampled_from(Verdict),
    st.lists(st.sampled_from([outcome.name for outcome in Outcome]), max_size=4).map(tuple),
    st.text(max_size=20),
    st.none() | st.text(max_size=20),
    st.lists(statement_verdicts, max_size=3).map(tuple),
)


@given(findings)
def test_a_finding_comes_back_from_json_as_it_was(found):
    assert Finding.from_json(json.loads(json.dumps(found.to_json()))) == found


@given(claim_verdicts)
def test_a_claim_verdict_comes_back_from_json_as_it_was(judged):
    text = json.dumps(judged.to_json(), sort_keys=True)
    again = ClaimVerdict.from_json(json.loads(text))
    assert again == judged
    assert json.dumps(again.to_json(), sort_keys=True) == text


@given(by_label)
def test_the_judgement_on_a_candidate_does_not_depend_on_the_order_of_its_findings(found: Mapping[str, Finding]):
    backwards = dict(reversed(list(found.items())))
    assert judgement(found.values()) is judgement(backwards.values())


@given(by_label)
def test_a_judgement_never_holds_against_a_refutation_or_out_of_silence(found: Mapping[str, Finding]):
    outcomes = [each.outcome for each in found.values()]
    if judgement(found.values()) is Verdict.HOLDS:
        assert Outcome.REFUTED not in outcomes
        assert any(outcome.supports for outcome in outcomes)
    if judgement(found.values()) is Verdict.FAILS:
        assert Outcome.REFUTED in outcomes
        assert Outcome.PROVED not in outcomes
