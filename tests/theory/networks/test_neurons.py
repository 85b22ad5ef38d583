"""The formulas for neurons against their definitions."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.errors import ShapeError
from theory.networks.neurons import (
    below_fraction_of_largest,
    distance_of_gaussians,
    effective_rank,
    normalised_distance,
    relative_difference,
    spectral_entropy,
)

vectors = st.lists(st.integers(-5, 5), min_size=3, max_size=3).map(lambda entries: sp.Matrix(entries))


@given(vectors, vectors)
def test_the_rotated_form_is_the_definition(u, v):
    norms = u.dot(u) + v.dot(v)
    if norms:
        assert normalised_distance(u, v) == 2 * (u - v).dot(u - v) / norms


@pytest.mark.parametrize("threshold", [sp.Rational(1, 100), sp.Rational(1, 10), sp.Integer(2), sp.Integer(4)])
def test_the_relative_difference_is_the_root_of_the_threshold(threshold):
    assert relative_difference(threshold) == sp.sqrt(threshold)
    assert relative_difference(threshold) != threshold


def test_the_law_of_gaussian_vectors_has_the_moments_of_two_dimensions():
    """d = 2: the share of |b|^2 is uniform, the distance uniform on (0, 4)."""
    law = distance_of_gaussians(sp.Integer(2))
    assert (law.mean, law.variance) == (2, sp.Rational(4, 3))


def test_ranks_and_conditions():
    s = sp.symbols("s_1:4", positive=True)
    assert sp.simplify(sp.log(effective_rank(s)) - spectral_entropy(s)) == 0
    x, y, z = sp.symbols("x y z", positive=True)
    assert below_fraction_of_largest(x, [x, y, z], sp.Rational(1, 10)) == sp.Or(x < y / 100, x < z / 100)
    with pytest.raises(ShapeError, match="same shape"):
        normalised_distance(sp.zeros(2, 1), sp.zeros(3, 1))
