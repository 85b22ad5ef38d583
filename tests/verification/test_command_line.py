"""What the command line makes of what it is given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.verification import fake_claims as fake
from verification.command_line import in_letters, made_claim
from verification.errors import ClaimError


def catalogue_of(statements: Any) -> Any:
    claim = fake.PAPER.claim("XX-9", "p. 1")(statements)
    return SimpleNamespace(claim=lambda id: claim)


def test_an_error_in_the_function_of_a_claim_is_its_authors_and_told_with_the_claim():
    with pytest.raises(ClaimError, match="XX-9 cannot be made: ZeroDivisionError: division by zero"):
        made_claim(catalogue_of(lambda: [1 / 0]), "XX-9")


def test_what_is_refused_in_a_sentence_is_told_as_it_was_said():
    with pytest.raises(ClaimError, match="^claim XX-9 must yield statements"):
        made_claim(catalogue_of(list), "XX-9")


def test_a_claim_that_can_be_made_arrives():
    assert made_claim(catalogue_of(lambda: [fake.statement("a")]), "XX-9").statement("a").name == "a"


def test_a_list_shows_formulas_in_letters_and_leaves_half_a_formula_as_it_is():
    assert in_letters(r"Charges of a loss of $u\cdot w$") == "Charges of a loss of u·w"
    assert in_letters(r"costs 5 $ a \frac") == r"costs 5 $ a \frac"
