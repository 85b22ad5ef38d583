"""The record of an architecture holds what was said, in one form."""

from __future__ import annotations

import sympy as sp

from theory.deep_linear import LayeredLinear


def test_one_decay_is_that_of_every_layer():
    assert LayeredLinear((3, 5, 2), weight_decay=0.1).weight_decay == (sp.Rational(1, 10),) * 2


def test_frozen_layers_are_not_trained_and_equal_networks_are_equal():
    network = LayeredLinear((2, 2, 2, 2), frozen=[3, 1, 1], residual={2})
    assert network.trained == (2,)
    assert network == LayeredLinear((2, 2, 2, 2), frozen=(1, 3), residual=(2,))
    assert not network.is_plain and LayeredLinear((3, 1)).is_plain
