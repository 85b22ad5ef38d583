"""Draws from a finite population: every batch with its exact probability."""

import itertools
import pickle
from collections import Counter

import pytest
import sympy as sp

from theory.discrete.draws import DistinctIndex, Lookup
from theory.errors import DimensionError, ShapeError

x, y = sp.symbols("x y")


def cells(count):
    """The midpoints of ``count`` cells of equal probability."""
    return [sp.Rational(2 * i + 1, 2 * count) for i in range(count)]


@pytest.mark.parametrize(("n", "size"), [(2, 2), (4, 1), (4, 3), (5, 2), (4, 4)])
def test_every_subset_has_the_same_probability(n, size):
    batches = Counter()
    for uniforms in itertools.product(*(cells(n - size + b + 1) for b in range(size))):
        batch = [DistinctIndex(n, size, *uniforms[: b + 1]) for b in range(size)]
        assert len(set(batch)) == size
        batches[frozenset(batch)] += 1
    assert len(batches) == sp.binomial(n, size)
    assert len(set(batches.values())) == 1


def test_a_look_up_is_the_entry_at_the_floor():
    assert [Lookup(sp.Rational(i, 2), x, y) for i in range(-1, 5)] == [sp.nan, x, x, y, y, sp.nan]
    assert Lookup(x, 1, 2).subs(x, sp.Rational(3, 2)) == 2


def test_a_look_up_of_numbers_is_one_of_symbols_with_numbers_put_in():
    assert Lookup(x, y, 2).subs(y, 1) == Lookup(x, 1, 2)
    assert Lookup(x, 1, 2).entries == (1, 2) and Lookup(x, 1, 2) != Lookup(x, 2, 1)
    assert Lookup(x, 0.5, 2).entries == (sp.S.Half, 2)
    assert str(Lookup(x, 1, 2)) == "Lookup(x, 1, 2)"
    assert pickle.loads(pickle.dumps(Lookup(x, 1, 2))) == Lookup(x, 1, 2)


def test_a_look_up_is_a_commuting_factor():
    assert Lookup(x, 1, 2) * y - y * Lookup(x, 1, 2) == 0


def test_differentiating_a_look_up_looks_up_the_derivatives():
    assert Lookup(x, y**2, 3, y).diff(y) == Lookup(x, 2 * y, 0, 1)
    assert Lookup(x, 1, 2).diff(y) == 0 and (y * Lookup(x, 1, 2)).diff(y) == Lookup(x, 1, 2)


def test_draws_that_cannot_be_are_refused():
    with pytest.raises(DimensionError, match="B=4"):
        DistinctIndex(3, 4, x)
    with pytest.raises(ShapeError, match="at least one entry"):
        Lookup(x)
