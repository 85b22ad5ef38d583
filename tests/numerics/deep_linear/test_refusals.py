"""What a deep linear network is refused for: each message names the argument, the need and what came."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deep_linear import (
    DataSet,
    LayeredPoint,
    Modes,
    NoisyTeacher,
    amplitude,
    gradient_covariance,
    gradient_covariance_block,
    mode_diffusion,
    mode_step,
    selected_minimum,
)
from theory.deep_linear import DiffusionPeak, LabelNoiseMinimum, LayeredLinear, balanced_modes
from theory.errors import DriftproofError
from theory.gradient_noise import Sampling

NETWORK = LayeredLinear((2, 3, 2))
DATA = NoisyTeacher(np.eye(2))
POINT = LayeredPoint(NETWORK, DATA, (np.ones((3, 2)), np.ones((2, 3))))

WRONG = {
    "depth below 1": (lambda: LayeredLinear((3,)), "widths must hold at least 2"),
    "a width of nothing": (lambda: LayeredLinear((3, 0, 2)), "widths must be a whole number from 1"),
    "widths of text": (lambda: LayeredLinear("32"), "widths must be a sequence"),
    "a residual rectangle": (lambda: LayeredLinear((3, 2), residual=(1,)), "residual must name square layers"),
    "a frozen layer that is not there": (lambda: LayeredLinear((3, 2), frozen=(2,)), "frozen must be a whole number"),
    "a step beyond all floats": (lambda: mode_step(POINT, 0, learning_rate=1e200), "learning_rate must be so small"),
    "a ratio of decay too few": (
        lambda: selected_minimum(POINT, decay_over_noise=(1.0, 2.0, 3.0)),
        "decay_over_noise must be one non-negative number",
    ),
    "covariances of layers too wide": (
        lambda: gradient_covariance(
            LayeredPoint(LayeredLinear((120,) * 3), NoisyTeacher(np.eye(120)), (np.eye(120),) * 2)
        ),
        "would hold .* numbers, .* ask for modes",
    ),
    "more layers than one sample allows": (
        lambda: mode_step(
            LayeredPoint(LayeredLinear((1,) * 14), NoisyTeacher([[1.0]]), ([[1.0]],) * 13), 0, learning_rate=0.1
        ),
        "at most 12 signals of a batch of 1, got 13",
    ),
    "a peak that is none": (
        lambda: DiffusionPeak(2, singular_value=1, label_deviation=sp.Rational(9, 10)).place,
        "label noise must be below sigma.*1/4 for a peak, got 81/100",
    ),
    "depths without end": (lambda: balanced_modes(10**9), "depth must be at most 100000, got 1000000000"),
    "a trace below its modes": (
        lambda: LabelNoiseMinimum(2, [1, 2], label_variances=1, input_trace=2, label_trace=1),
        "label_trace must be at least the sum 2 of label_variances",
    ),
    "negative decay": (lambda: LayeredLinear((3, 2), weight_decay=-1), "weight_decay must be one non-negative"),
    "two decays of three": (lambda: LayeredLinear((3, 2, 2, 1), weight_decay=(1, 2)), "each of the 3 layers"),
    "widths that do not chain": (
        lambda: LayeredPoint(NETWORK, DATA, (np.ones((3, 2)), np.ones((2, 4)))),
        r"weights\[1\] must have shape \(2, 3\)",
    ),
    "a weight too few": (lambda: LayeredPoint(NETWORK, DATA, (np.ones((3, 2)),)), "sequence of 2 matrices"),
    "weights with nan": (
        lambda: LayeredPoint(NETWORK, DATA, (np.full((3, 2), np.nan), np.ones((2, 3)))),
        r"weights\[0\] must hold finite numbers",
    ),
    "a teacher of the wrong shape": (
        lambda: LayeredPoint(NETWORK, NoisyTeacher(np.ones((3, 2))), POINT.weights),
        "the teacher must map the 2 inputs",
    ),
    "data of another kind": (lambda: LayeredPoint(NETWORK, np.eye(2), POINT.weights), "data must be a NoisyTeacher"),
    "labels that are not PSD": (
        lambda: NoisyTeacher(np.eye(2), label_covariance=[[1, 2], [2, 1]]),
        "label_covariance must be positive semidefinite, but its smallest eigenvalue is -1",
    ),
    "labels that are not symmetric": (
        lambda: NoisyTeacher(np.eye(2), label_covariance=[[1, 0.5], [0, 1]]),
        "label_covariance must be symmetric",
    ),
    "inputs of another dimension": (
        lambda: NoisyTeacher(np.eye(2), input_covariance=np.eye(3)),
        r"input_covariance must be a number or have shape \(2, 2\)",
    ),
    "samples of unequal number": (lambda: DataSet(np.ones((3, 2)), np.ones((2, 2))), "3 and 2 rows"),
    "a mode that is not there": (lambda: amplitude(POINT, 2), "mode must be at least 0 and below 2, got mode=2"),
    "a mode of text": (lambda: amplitude(POINT, "0"), "mode must be a whole number"),
    "modes of another network": (
        lambda: amplitude(POINT, 0, modes=Modes(np.eye(3), np.eye(3))),
        "modes must have 2 rows on the left",
    ),
    "a layer that is not there": (lambda: gradient_covariance_block(POINT, 1, 3), "m must be a whole number"),
    "a batch of nothing": (lambda: mode_diffusion(POINT, 0, learning_rate=1, batch_size=0), "batch_size must be"),
    "a learning rate below 0": (lambda: mode_diffusion(POINT, 0, learning_rate=-1), "learning_rate must not be"),
    "fresh data without replacement": (
        lambda: mode_diffusion(POINT, 0, learning_rate=1, sampling=Sampling.WITHOUT_REPLACEMENT),
        "infinite population",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_refused_in_a_sentence(name):
    call, words = WRONG[name]
    with pytest.raises(DriftproofError, match=words):
        call()
