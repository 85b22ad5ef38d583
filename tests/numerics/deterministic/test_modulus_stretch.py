"""How far the modulus of a matrix stretches distances."""

from __future__ import annotations

import pytest

from numerics.deterministic.modulus_stretch import largest_modulus_stretch
from numerics.errors import ArgumentError


@pytest.mark.slow  # by day: its example
def test_a_search_finds_the_best_constant_and_none_above_it():
    assert 2**0.5 - 1e-3 < largest_modulus_stretch(2) < 2**0.5 + 1e-9


def test_numbers_stretch_no_distance():
    assert largest_modulus_stretch(1) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("d", [0, 7, 2.0, True, None], ids=str)
def test_what_is_no_small_size_is_refused(d):
    with pytest.raises(ArgumentError, match="^d must be a whole number from 1 to 6, got"):
        largest_modulus_stretch(d)
