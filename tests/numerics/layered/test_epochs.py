"""Shuffled epochs: every sample once, every order equally often, the same in every backend."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from numerics.deep_linear import DataSet, NoisyTeacher
from numerics.errors import ArgumentError
from numerics.layered import (
    DenseNetwork,
    Epochs,
    GradientNoiseDiffusion,
    MiniBatchDescent,
    Options,
    Sampling,
    train_layers,
)
from tests.numerics.layered.test_against_torch import TOLERANCE, largest_difference

FALSE_ALARM = 1e-9


def counted(n: int, size: int, steps: int, *, replicas: int = 200, seed: int = 5, **options) -> np.ndarray:
    """How often each sample was taken: sample j multiplies weight j by 1 - eta/b, and touches no other."""
    run = train_layers(
        DenseNetwork((n, 1)),
        DataSet(np.eye(n), np.zeros((n, 1))),
        MiniBatchDescent(learning_rate=0.5, batch_size=size, sampling=Epochs.SHUFFLED),
        initial={"W1": np.ones((1, n))},
        steps=steps,
        n_replicas=replicas,
        seed=seed,
        options=Options(**options),
    )
    found = np.log(run.final["W1"][:, 0]) / np.log(1 - 0.5 / size)
    assert np.abs(found - np.round(found)).max() < 1e-4
    return np.round(found).astype(int)


NIGHTLY = pytest.mark.slow


@pytest.mark.parametrize(
    "precision", ["float32", pytest.param("float64", marks=NIGHTLY), pytest.param("mixed", marks=NIGHTLY)]
)
def test_an_epoch_takes_every_sample_once_and_what_is_left_over_sits_out(precision):
    assert (counted(7, 1, 21, precision=precision) == 3).all()
    left_over = counted(7, 3, 2, precision=precision)
    assert (left_over.max(1) == 1).all() and (left_over.sum(1) == 6).all()
    middle = counted(7, 2, 4, precision=precision)  # three batches, and one of the next epoch
    assert (middle.sum(1) == 8).all() and (middle.max(1) <= 2).all()


@pytest.mark.parametrize("epoch", [1, pytest.param(0, marks=NIGHTLY)])
def test_every_order_is_equally_likely_in_every_epoch(epoch):
    """Three steps of rate 1/2, 1/4, 1/8 leave weights that tell the order."""
    sizes = np.array([0.5, 0.25, 0.125])
    run = train_layers(
        DenseNetwork((3, 1)),
        DataSet(np.eye(3), np.zeros((3, 1))),
        MiniBatchDescent(learning_rate=1.0, sampling=Epochs.SHUFFLED, schedule=[0.0] * (3 * epoch) + list(sizes)),
        initial={"W1": np.ones((1, 3))},
        steps=3 * epoch + 3,
        n_replicas=60_000,
        seed=11,
    )
    left = run.final["W1"][:, 0]
    counts = [int((left == 1 - sizes[list(order)]).all(1).sum()) for order in itertools.permutations(range(3))]
    assert sum(counts) == 60_000
    assert stats.chisquare(counts).pvalue > FALSE_ALARM


@pytest.mark.parametrize(("size", "momentum"), [(4, 0.0), pytest.param(1, 0.5, marks=NIGHTLY)])
def test_shuffled_epochs_train_as_in_torch(size, momentum):
    source = np.random.default_rng(size)
    network = DenseNetwork((3, 5, 2), biases=True)
    data = DataSet(source.normal(size=(9, 3)), source.normal(size=(9, 2)))
    dynamics = MiniBatchDescent(learning_rate=0.05, batch_size=size, sampling=Epochs.SHUFFLED, momentum=momentum)
    for backend in ("auto", "numpy"):
        assert largest_difference(network, data, dynamics, backend) < TOLERANCE

    def independent(network, dynamics):
        return network, MiniBatchDescent(
            learning_rate=0.05, batch_size=size, sampling=Sampling.WITHOUT_REPLACEMENT, momentum=momentum
        )

    assert largest_difference(network, data, dynamics, "numpy", change=independent) > 1e3 * TOLERANCE


def test_pytorch_takes_the_steps_of_shuffled_epochs_too(monkeypatch):
    expected = counted(7, 2, 11, replicas=9)
    monkeypatch.setattr("numerics.layered.backend.LARGEST_FUSED", 100)
    with pytest.warns(UserWarning, match="PyTorch takes the steps"):
        assert (counted(7, 2, 11, replicas=9) == expected).all()


def test_cuts_change_no_bit():
    whole = counted(7, 2, 29, replicas=4200)
    assert (counted(7, 2, 29, replicas=4200, threads=3, chunk=4096) == whole).all()
    assert (counted(7, 2, 29, replicas=88, first=4112) == whole[4112:]).all()


def test_a_batch_of_all_samples_needs_no_order():
    assert (counted(5, 5, 3) == 3).all()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: counted(3, 4, 1), "batch_size must be at most the 3 samples"),
        (lambda: MiniBatchDescent(learning_rate=0.1, sampling="shuffled"), "or Epochs.SHUFFLED, got 'shuffled'"),
        (
            lambda: GradientNoiseDiffusion(learning_rate=0.1, sampling=Epochs.SHUFFLED),
            "sampling must be a member of Sampling.*no memory",
        ),
        (
            lambda: train_layers(
                DenseNetwork((1, 1)),
                NoisyTeacher([[1.0]]),
                MiniBatchDescent(learning_rate=0.1, sampling=Epochs.SHUFFLED),
                initial={"W1": [[0.0]]},
                steps=1,
                n_replicas=1,
                seed=1,
            ),
            "needs a DataSet",
        ),
    ],
)
def test_what_has_no_epochs_is_refused(call, told):
    with pytest.raises(ArgumentError, match=told):
        call()
