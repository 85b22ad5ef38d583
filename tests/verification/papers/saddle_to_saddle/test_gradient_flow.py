"""The comparison of gradient flow: runs of all layers, against solutions in closed form."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from verification.checks.comparison import predicted_by
from verification.papers.saddle_to_saddle.gradient_flow import mode_of_the_layers, one_mode_by_itself
from verification.papers.saddle_to_saddle.paper import w

POINT = {"w": "1/10 2/5", "s": "1 7/10", "t": "3/2"}


def test_a_mode_of_two_layers_is_logistic_and_one_of_a_single_layer_relaxes():
    two, error = mode_of_the_layers({"depth": "2", **POINT})
    assert two == pytest.approx(1 / (1 + 9 * math.exp(-3)), rel=1e-10)
    assert error < 1e-8
    one, _ = mode_of_the_layers({"depth": "1", **POINT})
    assert one == pytest.approx(1 - 0.9 * math.exp(-1.5), rel=1e-10)


def test_a_candidate_that_blows_up_predicts_nothing():
    point = {"depth": "2", **POINT}
    assert one_mode_by_itself(2 * (1 - w) * w, point) == pytest.approx(1 / (1 + 9 * math.exp(-3)), rel=1e-10)
    assert predicted_by(one_mode_by_itself, "mutant", 20 * (1 + w) * sp.exp(w), point) is None
