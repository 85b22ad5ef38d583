"""Claims are refused when they could not be wrong."""

from __future__ import annotations

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.claim import NearMiss
from verification.errors import ClaimError, VerificationError
from verification.forms import Numerical
from verification.registry import claims

x = sp.Symbol("x", positive=True)


def test_a_statement_without_near_misses_is_refused():
    with pytest.raises(ClaimError, match="no near miss"):
        fake.statement(near_misses=())


def test_near_misses_with_one_name_are_refused():
    with pytest.raises(ClaimError, match="distinct names"):
        fake.statement(near_misses=(NearMiss("twice", x), NearMiss("twice", x**2)))


@pytest.mark.parametrize("reserved", ["printed", "corrected"])
def test_a_near_miss_cannot_take_the_name_of_another_candidate(reserved):
    with pytest.raises(ClaimError, match="distinct names"):
        fake.statement(near_misses=(NearMiss(reserved, x),))


def test_a_numerical_statement_needs_an_experiment_or_a_comparison():
    with pytest.raises(ClaimError, match="no experiment or comparison"):
        fake.statement(form=Numerical())
    fake.statement(form=Numerical(), experiments=(fake.experiment(),))


def test_a_claim_needs_statements_with_distinct_names():
    with pytest.raises(ClaimError, match="distinct names"):
        fake.claim()
    with pytest.raises(ClaimError, match="distinct names"):
        fake.claim(fake.statement("same"), fake.statement("same"))


def test_a_corrected_text_needs_a_corrected_form_and_the_other_way_round():
    with pytest.raises(ClaimError, match="corrected_text"):
        fake.claim(fake.statement(), corrected_text="something else")
    with pytest.raises(ClaimError, match="corrected_text"):
        fake.claim(fake.statement(corrected=x))


def test_candidates_are_the_printed_form_the_correction_and_the_near_misses_in_this_order():
    statement = fake.statement(printed=x, corrected=x**2, near_misses=(NearMiss("cube", x**3), NearMiss("zero", x * 0)))
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


def test_no_form_of_the_catalogue_holds_a_float():
    for claim in claims().values():
        for statement in claim.statements:
            for form in statement.candidates().values():
                assert not (isinstance(form, sp.Basic | sp.MatrixBase) and form.has(sp.Float)), (
                    claim.id,
                    statement.name,
                )


def test_no_near_miss_of_the_catalogue_is_literally_the_printed_or_the_corrected_form():
    for claim in claims().values():
        for statement in claim.statements:
            for miss in statement.near_misses:
                assert miss.form != statement.corrected, (claim.id, miss.name)
                if statement.corrected is None:
                    assert miss.form != statement.printed, (claim.id, miss.name)
