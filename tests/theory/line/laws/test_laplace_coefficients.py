"""Coefficients next to a peak are refused where derivatives are missing, and are those of a law that is known."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import ShapeError
from theory.line.laws.laplace_coefficients import places_of_peak, shifted_zero

b = sp.Symbol("beta", positive=True)


def test_the_gamma_law_has_its_own_places():
    """x^(2 + 1/beta) e^(-x/beta): mode 1 + 2 beta, mean 1 + 3 beta, variance beta + 3 beta^2."""
    first = [(-1) ** k * sp.factorial(k) for k in range(5)]
    slopes = [sp.S.Zero, *first[1:]], [2 * value for value in first[:3]]
    assert [sp.expand(place) for place in places_of_peak(2, slopes, sp.S.One, b)] == [
        1 + 2 * b,
        1 + 3 * b,
        b + 3 * b**2,
    ]


@pytest.mark.parametrize(("places", "needed"), [(shifted_zero, "2 derivatives"), (places_of_peak, "4 derivatives")])
def test_missing_derivatives_are_counted(places, needed):
    for slopes in (([sp.S.Zero, -sp.S.One], [sp.S.Zero]), (5 * [sp.S.Zero], 3 * [sp.S.One])):
        with pytest.raises(ShapeError, match=f"slopes must hold {needed} of h_0"):
            places(2, slopes, sp.S.Zero, b)
