"""Where SGD collapses: the exact threshold of its linear steps, against their logarithms drawn at random."""

from __future__ import annotations

import numpy as np

from verification.papers.saddle_to_saddle.figures.collapse import NOISE, OF_THE_SDE, VALUE, exact_threshold


def test_the_mean_logarithm_of_a_step_vanishes_at_the_threshold_of_sgd_and_not_at_that_of_the_sde():
    x, xi = np.random.default_rng(7).normal(size=(2, 1_000_000))

    def errors_from_zero(rate: float) -> float:
        logs = np.log(np.abs(1 + rate * (VALUE * x**2 + NOISE * x * xi)))
        return float(logs.mean() / (logs.std() / 1000))

    assert abs(errors_from_zero(exact_threshold())) < 5 < -errors_from_zero(OF_THE_SDE)
