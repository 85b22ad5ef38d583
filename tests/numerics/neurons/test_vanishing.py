"""Two rules for vanishing neurons, each against its definition, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numerics.errors import ArgumentError
from numerics.neurons.vanishing import vanishing_by_both_parts, vanishing_by_whole

norms = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=8)


@given(norms)
def test_both_rules_are_their_definitions(pairs):
    u, v = (np.array(part, dtype=float)[:, None] for part in zip(*pairs, strict=True))
    printed = vanishing_by_both_parts(u, v)
    released = vanishing_by_whole(np.concatenate([u, v], axis=1))
    largest_in, largest_out = max(a for a, _ in pairs), max(b for _, b in pairs)
    largest = max(a * a + b * b for a, b in pairs)
    for (a, b), by_parts, by_whole in zip(pairs, printed, released, strict=True):
        assert by_parts == ((10 * a < largest_in or not largest_in) and (10 * b < largest_out or not largest_out))
        # On the border the square root of a sum of squares may round to either side.
        if 100 * (a * a + b * b) != largest or largest == 0:
            assert by_whole == (100 * (a * a + b * b) < largest or not largest)


def test_a_vector_passes_one_rule_and_fails_the_other_both_ways():
    strong = [1.0, 1.0]
    outgoing_only = [0.0, 0.13]
    layer = np.array([strong, outgoing_only])
    assert vanishing_by_whole(layer).tolist() == [False, True]
    assert vanishing_by_both_parts(layer[:, :1], layer[:, 1:]).tolist() == [False, False]
    apart = np.array([[1.0, 0.0], [0.0, 1.0], [0.09, 0.09]])
    assert vanishing_by_whole(apart).tolist() == [False, False, False]
    assert vanishing_by_both_parts(apart[:, :1], apart[:, 1:]).tolist() == [False, False, True]


def test_a_layer_of_zeros_has_vanished_and_the_largest_neuron_never_has():
    assert vanishing_by_whole(np.zeros((3, 2))).all()
    assert vanishing_by_both_parts(np.zeros((3, 2)), np.zeros((3, 1))).all()
    assert vanishing_by_whole([[1e-250, 0.0], [1e-252, 0.0]]).tolist() == [False, True]


def test_rows_that_do_not_fit_and_fractions_out_of_range_are_refused():
    with pytest.raises(ArgumentError, match="a row per neuron, got 2 and 3"):
        vanishing_by_both_parts(np.ones((2, 1)), np.ones((3, 1)))
    for fraction in (0.0, 1.5, np.nan):
        with pytest.raises(ArgumentError, match="fraction"):
            vanishing_by_whole(np.ones((2, 1)), fraction=fraction)
