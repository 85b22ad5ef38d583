"""Claims are refused when they could not be wrong."""

from __future__ import annotations

import itertools
import sys

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.claim import Statement
from verification.errors import ClaimError, VerificationError
from verification.forms import Numerical
from verification.yielding import yielded

x = sp.Symbol("x", positive=True)


def test_a_statement_without_near_misses_is_refused():
    with pytest.raises(ClaimError, match="no near miss"):
        fake.statement(wrong={}).candidates()


@pytest.mark.parametrize("reserved", ["printed", "read as", "corrected"])
def test_a_near_miss_cannot_take_the_name_of_another_candidate(reserved):
    with pytest.raises(ClaimError, match="must not be called"):
        fake.statement(wrong={reserved: x})


def test_a_numerical_statement_needs_an_experiment_or_a_comparison():
    with pytest.raises(ClaimError, match="no experiment or comparison"):
        fake.statement(form=Numerical())
    fake.statement(form=Numerical(), experiments=(fake.experiment(),))


def test_a_claim_needs_statements_with_distinct_names():
    with pytest.raises(ClaimError, match="must yield statements"):
        _ = fake.claim().statements
    with pytest.raises(ClaimError, match="distinct names"):
        _ = fake.claim(fake.statement("same"), fake.statement("same")).statements


def test_nothing_of_a_claim_is_made_before_its_statements_are_asked_for():
    made = []

    @fake.PAPER.claim("XX-9", "p. 1")
    def late():
        """Late."""
        made.append(1)
        yield fake.statement()

    assert not made and late.title == "Late"
    assert late.statements is late.statements and made == [1]


def test_abbreviations_are_shown_as_printed_and_judged_as_defined():
    kappa, psi = sp.symbols("kappa psi")
    statement = fake.statement(
        printed=sp.exp(-kappa * psi),
        where={kappa: 2 / psi, psi: x**2},
        corrected={psi: x},
        wrong={"other kappa": {kappa: 1 / psi}},
    )
    assert statement.shown(statement.printed) == (sp.exp(-kappa * psi), {kappa: 2 / psi, psi: x**2})
    assert statement.candidates() == {
        "printed": sp.exp(-2),
        "corrected": sp.exp(-2),
        "other kappa": sp.exp(-1),
    }


def test_an_abbreviation_that_other_definitions_no_longer_use_is_not_shown():
    psi, y = sp.symbols("psi y")
    statement = fake.statement(printed=sp.exp(-psi), where={psi: y, y: x**2}, corrected={psi: x})
    assert statement.shown(statement.printed)[1] == {psi: y, y: x**2}
    assert statement.shown({psi: x})[1] == {psi: x}


def test_abbreviations_in_a_circle_or_unknown_ones_are_refused():
    a, b = sp.symbols("a b")
    with pytest.raises(ClaimError, match="circle"):
        fake.statement(printed=a, where={a: b + 1, b: a}).judged(a)
    with pytest.raises(ClaimError, match="no abbreviation"):
        fake.statement(printed=a, where={a: x}, wrong={"other": {b: x}}).candidates()


def test_the_right_form_is_the_corrected_one_or_the_charitable_reading_or_the_printed_one():
    assert fake.statement(printed=x, corrected=x**2).right == x**2
    assert fake.statement(printed=x, read_as=x**3).right == x**3
    assert fake.statement(printed=x).right == x


def test_candidates_are_the_printed_form_the_correction_and_the_near_misses_in_this_order():
    statement = fake.statement(printed=x, corrected=x**2, wrong={"cube": x**3, "zero": x * 0})
    assert statement.candidates() == {"printed": x, "corrected": x**2, "cube": x**3, "zero": 0}
    assert list(statement.candidates()) == ["printed", "corrected", "cube", "zero"]
    assert "corrected" not in fake.statement(printed=x).candidates()


def test_a_statement_is_found_by_its_name_and_an_unknown_name_lists_the_known_ones():
    claim = fake.claim(fake.statement("one"), fake.statement("two"))
    assert claim.statement("two") is claim.statements[1]
    with pytest.raises(ClaimError, match=r"\['one', 'two'\]"):
        claim.statement("three")


def test_errors_of_claims_are_of_the_family_of_the_package():
    assert issubclass(ClaimError, VerificationError)
    assert issubclass(VerificationError, ValueError)


def test_claims_cannot_be_changed_after_they_are_made():
    claim = fake.claim(fake.statement())
    with pytest.raises(AttributeError):
        claim.id = "XX-002"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        claim.statements[0].printed = x  # pyright: ignore[reportAttributeAccessIssue]


def test_a_claim_that_ends_the_interpreter_or_never_ends_cannot_be_made():
    def leaves():
        sys.exit(0)
        yield

    with pytest.raises(ClaimError, match="claim XX-9 ended with SystemExit: 0"):
        yielded("XX-9", leaves, Statement)
    one = fake.statement()
    with pytest.raises(ClaimError, match="at most 1000 statements"):
        yielded("XX-9", lambda: itertools.repeat(one), Statement)
    with pytest.raises(ClaimError, match="must yield statements, got 'a text'"):
        yielded("XX-9", lambda: [one, "a text"], Statement)
