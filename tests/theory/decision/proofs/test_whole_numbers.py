"""Proofs on a domain take one condition like a list of one, and refuse what is no condition by its name."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.proofs.orderings import proof_by_ordering
from theory.decision.proofs.whole_numbers import least_sign_at_whole_numbers
from theory.errors import UnsupportedFormError

n = sp.Symbol("n", integer=True)
p = sp.Symbol("p", positive=True)


def test_one_condition_stands_for_a_list_of_one():
    assert least_sign_at_whole_numbers(n**2 - n - 1, n > 1) == least_sign_at_whole_numbers(n**2 - n - 1, [n > 1]) == 1
    assert proof_by_ordering(p / (1 + p), p > 2) == proof_by_ordering(p / (1 + p), [p > 2])


@pytest.mark.parametrize("domain", [sp.nan, {n: 1}, 3, "n > 1"])
def test_what_is_no_condition_is_refused_by_name(domain):
    for question in (least_sign_at_whole_numbers, proof_by_ordering):
        with pytest.raises(UnsupportedFormError, match=r"^domain must"):
            question(n**2, domain)
