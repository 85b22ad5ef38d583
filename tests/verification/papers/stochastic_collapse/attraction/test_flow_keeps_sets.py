"""How far the root of a product of matrices stretches distances."""

from __future__ import annotations

from verification.papers.stochastic_collapse.attraction.flow_keeps_sets import largest_stretch


def test_a_search_finds_the_best_constant_and_none_above_it():
    value, error = largest_stretch({"rows": 2})
    assert 2**0.5 - error < value < 2**0.5 + 1e-9
