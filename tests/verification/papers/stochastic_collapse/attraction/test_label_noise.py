"""The magnitude of label noise, from real steps and from their covariance."""

from __future__ import annotations

import numpy as np
import pytest

from verification.forms import Draw
from verification.papers.stochastic_collapse.attraction.label_noise import STEP, exact_magnitude, magnitude_of_steps


def test_a_sample_depends_on_the_seed_and_its_number_alone():
    arguments = {"N": 4, "d": 3, **STEP}
    together = magnitude_of_steps(arguments, Draw(n=64, first=0, seed=7)).values
    part = magnitude_of_steps(arguments, Draw(n=32, first=32, seed=7)).values
    assert np.array_equal(together[32:], part)
    assert not np.array_equal(together[:32], part)
    assert not np.array_equal(together, magnitude_of_steps(arguments, Draw(n=64, first=0, seed=8)).values)


def test_the_covariance_of_a_step_gives_the_corrected_magnitude():
    value, _ = exact_magnitude({"N": 8, "d": 2})
    assert value == pytest.approx(0.25 * 2.25 / 16)
    assert value != pytest.approx(0.25 * 2.25 / 2, rel=0.5)
