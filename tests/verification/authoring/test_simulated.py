"""Experiments declared by model, observable and point: what is sampled, and that the extrapolation extrapolates."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

from numerics.errors import ArgumentError, DivergenceError
from theory.ito import ItoProcess
from verification.authoring.simulated import simulated
from verification.errors import ClaimError
from verification.forms import Draw

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)
OU = ItoProcess.scalar(x, drift=-k * x, dispersion=s)
POINT = {k: "1", s: "1/1000"}


def test_the_extrapolated_mean_is_closer_to_the_truth_than_either_level():
    run = simulated(OU, x, at=POINT, start=1.0, until=1.0, step=0.1)
    samples = run.sampler(run.arguments, Draw(2048, 0, 7))
    h, n = 1.0 / 10, 10
    coarse, fine, truth = (1 - h) ** n, (1 - h / 2) ** (2 * n), math.exp(-1)
    measured = float(np.mean(samples.values))
    assert abs(measured - (2 * fine - coarse)) < 2e-4  # 40 standard errors of noise
    assert abs(2 * fine - coarse - truth) < abs(fine - truth) / 5
    assert abs(float(np.mean(samples.correction)) - (fine - coarse)) < 2e-4


def test_a_candidate_predicts_itself_at_the_point():
    run = simulated(OU, x**2, at={k: "2", s: "1/2"}, start=0.0, until=1.0)
    assert run.predicted(s**2 / (2 * k)) == sp.Rational(1, 16)


def test_samples_depend_on_their_index_and_not_on_the_cut():
    run = simulated(OU, x, at=POINT, start=1.0, until=1.0, step=0.1)
    whole = run.sampler(run.arguments, Draw(64, 0, 3)).values
    tail = run.sampler(run.arguments, Draw(32, 32, 3)).values
    assert np.array_equal(whole[32:], tail)


@pytest.mark.parametrize("wrong", [{"coordinates": "polar"}, {"until": 0.0}, {"step": 2.0}])
def test_an_experiment_that_cannot_be_is_refused(wrong):
    with pytest.raises(ClaimError):
        simulated(OU, x, **{"at": POINT, "start": 1.0, "until": 1.0, **wrong})


def test_a_path_that_leaves_the_domain_is_told_with_what_an_author_can_change():
    w = sp.Symbol("w", positive=True)
    bessel = ItoProcess.scalar(w, drift=1 / w, dispersion=1)
    run = simulated(bessel, w, at={}, start=0.2, until=2, step=0.2)
    with pytest.raises(DivergenceError, match="by t=2. Take a smaller step, .* or measured"):
        run.sampler(run.arguments, Draw(256, 0, 7))
    logarithmic = simulated(bessel, w, at={}, start=0.2, until=2, step=0.2, coordinates="log")
    with pytest.raises(ArgumentError, match="drift 1/w has no finite value and slope there"):
        logarithmic.sampler(logarithmic.arguments, Draw(256, 0, 7))
