"""The registry: which claims exist, and what a selector means."""

from __future__ import annotations

import pytest

from tests.verification import fake_claims as fake
from verification import registry
from verification.errors import ClaimError, UnknownClaimError
from verification.registry import claims, experiments, select

PROMISED = (*range(1, 16), *range(20, 44), *range(50, 64), *range(70, 100), 110, 111, 112, 113, 120)
CATALOGUE = [f"SC-{number:03}" for number in PROMISED]


def ids(*selectors: str) -> list[str]:
    return [claim.id for claim in select(selectors)]


@pytest.mark.parametrize("id", CATALOGUE)
def test_every_claim_that_was_promised_exists(id):
    assert claims()[id].id == id


def test_claims_come_in_the_order_of_the_catalogue():
    assert ids() == sorted(claims())
    assert set(CATALOGUE) == set(claims())


def test_an_id_selects_one_claim_in_either_case():
    assert ids("SC-031") == ids("sc-031") == ["SC-031"]


def test_a_range_selects_both_its_ends_and_what_lies_between():
    assert ids("SC-024..SC-027") == ["SC-024", "SC-025", "SC-026", "SC-027"]


def test_a_pattern_selects_what_it_matches():
    assert ids("SC-08*") == [f"SC-08{digit}" for digit in range(10)]


@pytest.mark.parametrize("paper", ["stochastic_collapse", "stochastic-collapse", "Stochastic-Collapse"])
def test_the_name_of_a_paper_selects_its_claims(paper):
    assert ids(paper) == [claim.id for claim in claims().values() if claim.cites.paper == "stochastic_collapse"]


def test_several_selectors_are_joined_without_repetition_in_catalogue_order():
    assert ids("SC-085", "SC-031", "SC-08*") == ["SC-031", *(f"SC-08{digit}" for digit in range(10))]


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("SC-312", "SC-032"), ("SC31", "SC-031"), ("SC-0311", "SC-031"), ("SC-9", "SC-009"), ("SC-03", "SC-030")],
)
def test_an_unknown_id_offers_the_nearest_ones(wrong, near):
    with pytest.raises(UnknownClaimError, match=near):
        select([wrong])


@pytest.mark.parametrize("wrong", ["", "nonsense", "SC-033..SC-024", "SC-024..SC-999", "saddle"])
def test_a_selector_that_names_nothing_is_refused_in_one_sentence(wrong):
    with pytest.raises(UnknownClaimError, match=r"no claim matches .*driftproof list"):
        select([wrong])


def test_one_wrong_selector_among_right_ones_is_refused():
    with pytest.raises(UnknownClaimError, match="'SC-999'"):
        select(["SC-031", "SC-999"])


def test_an_id_used_twice_is_refused(monkeypatch):
    twice = type("paper", (), {"CLAIMS": (fake.claim(fake.statement()), fake.claim(fake.statement("other")))})
    monkeypatch.setattr(registry.importlib, "import_module", lambda name: twice)
    with pytest.raises(ClaimError, match="XX-001 is used twice"):
        claims.__wrapped__()


def test_the_number_of_experiments_counts_every_one_of_them():
    counted = [e for claim in claims().values() for statement in claim.statements for e in statement.experiments]
    assert experiments() == len(counted) > 10
