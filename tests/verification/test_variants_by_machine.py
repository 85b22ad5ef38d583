"""Variants of a printed form that a machine makes: near misses that may be its correction."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.claim import Statement
from verification.investigation import claim_verdict, statement_verdict
from verification.verdict import Finding, Outcome, StatementVerdict, Verdict

x = sp.Symbol("x", positive=True)


def labelled(outcome: Outcome) -> dict[str, Finding]:
    return {"check": Finding(outcome, f"because {outcome.name.lower()}")}


@pytest.fixture(scope="module")
def half() -> Statement:
    """A printed form that is twice too large, with no correction and none but machine-made near misses."""
    return fake.statement(derived=x / 3, printed=2 * x / 3, wrong={}, mutated=True)


def judged_with(statement: Statement, printed: Outcome, survivor: Outcome) -> StatementVerdict:
    """The verdict where the halved form is ``survivor`` and every other near miss is refuted."""
    names = [miss.name for miss in statement.near_misses]
    found = {"printed": labelled(printed)} | {name: labelled(Outcome.REFUTED) for name in names}
    (right,) = [name for name in names if name.startswith("factor 1/2")]
    return statement_verdict(statement, [found | {right: labelled(survivor)}])


def test_a_refuted_form_fails_though_a_variant_made_of_it_by_machine_holds_and_is_named_as_a_correction(half):
    verdict = judged_with(half, Outcome.REFUTED, Outcome.PROVED)
    assert verdict.verdict is Verdict.FAILS
    assert "with 'factor 1/2 on" in claim_verdict(fake.claim(half), (verdict,)).reason


@pytest.mark.parametrize(
    ("printed", "survivor"), [(Outcome.REFUTED, Outcome.UNDECIDED), (Outcome.PROVED, Outcome.PROVED)]
)
def test_a_variant_that_nothing_proves_or_that_holds_beside_the_printed_form_leaves_it_undecided(
    half, printed, survivor
):
    assert judged_with(half, printed, survivor).verdict is Verdict.UNDECIDED


def test_with_a_correction_every_variant_made_by_machine_must_be_refuted(half):
    corrected = replace(half, printed=x, corrected=half.printed)
    found = {name: labelled(Outcome.REFUTED) for name in corrected.candidates()}
    (right,) = [name for name in found if name.startswith("factor 1/2")]
    found |= {right: labelled(Outcome.PROVED)}
    assert statement_verdict(corrected, [found]).verdict is Verdict.UNDECIDED
