"""Samplers of the claims on the single neuron."""

from __future__ import annotations

import numpy as np
import pytest

from theory.notation import eta
from verification.forms import Draw
from verification.papers.stochastic_collapse.measured import single_neuron as measured
from verification.papers.stochastic_collapse.neurons import single_neuron

DATA = {"x": "1 2", "y": "-1 -1"}
"""The threshold is at the noise 6/5."""


def test_a_sample_depends_on_the_seed_and_its_number_alone():
    arguments = {"x": "1 1", "y": "1 0", "c": "1", "noise": "16/25", "step": "1/100"}
    together = measured.growth_near_origin(arguments, Draw(n=64, first=0, seed=7)).values
    part = measured.growth_near_origin(arguments, Draw(n=32, first=32, seed=7)).values
    assert np.array_equal(together[32:], part)
    assert not np.array_equal(together[:32], part)
    assert not np.array_equal(together, measured.growth_near_origin(arguments, Draw(n=64, first=0, seed=8)).values)


@pytest.mark.parametrize(("noise", "collapsed"), [("2/3", 0.0), ("54/25", 1.0)])
def test_above_the_threshold_nothing_survives_and_below_nothing_collapses(noise, collapsed):
    arguments, draw = {**DATA, "noise": noise}, Draw(n=64, first=0, seed=3)
    assert np.all(measured.collapse_of_tanh(arguments, draw).values == collapsed)
    assert np.all(measured.survival_of_tanh(arguments, draw).values == 1 - collapsed)


def test_every_run_of_tanh_tells_the_printed_threshold_from_half_or_twice_of_it():
    formal = single_neuron.attraction_of_the_vanishing_neuron.statement("formal")
    runs = [run for run in formal.experiments if run.sampler in (measured.collapse_of_tanh, measured.survival_of_tanh)]
    predicted = [[run.predicted(form) for run in runs] for form in (formal.printed, *_off_by_two(formal))]
    assert predicted == [[1.0, 1.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]


def _off_by_two(formal):
    return [formal.printed.subs(eta, factor * eta) for factor in (2, 1 / 2)]
