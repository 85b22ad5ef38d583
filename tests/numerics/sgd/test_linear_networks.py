"""SGD on linear networks: its gradients, its mini-batches, and what it refuses."""

import numpy as np
import pytest
import torch
from scipy import stats

from numerics.errors import ArgumentError, DivergenceError
from numerics.sgd import linear_networks as networks
from numerics.sgd.linear_networks import LinearRegression, train_linear_network
from numerics.simulation.options import Options

FALSE_ALARM = 1e-6


@pytest.fixture
def problem():
    source = np.random.default_rng(3)
    return LinearRegression(source.normal(size=(12, 4)), source.normal(size=(12, 3)))


def start(replicas, n=4, d=2, m=3):
    source = np.random.default_rng(4)
    return source.normal(size=(replicas, n, d)) / 2, source.normal(size=(replicas, d, m)) / 2


def train(problem, V, U, **changes):
    given = {"learning_rate": lambda step: 0.05, "batch_size": 3, "steps": 20, "at": [20], "seed": 1}
    return train_linear_network(problem, V=V, U=U, **(given | changes))


def by_autograd(problem, V, U, batches, rate):
    """The same steps with gradients by PyTorch, one replica."""
    V, U = (torch.tensor(W, requires_grad=True) for W in (V, U))
    X, Y = torch.tensor(problem.inputs), torch.tensor(problem.labels)
    for step, rows in enumerate(batches):
        loss = ((X[rows] @ V @ U - Y[rows]) ** 2).sum() / (2 * len(rows))
        gradients = torch.autograd.grad(loss, (V, U))
        V, U = ((W - rate(step) * g).detach().requires_grad_() for W, g in zip((V, U), gradients, strict=True))
    return (V @ U).detach().numpy()


def test_a_full_batch_step_is_the_gradient_step_of_pytorch(problem):
    V, U = start(1)
    run = train(problem, V, U, batch_size=None, steps=5, at=[5])
    rows = [np.arange(12)] * 5
    assert np.allclose(run.products[0, 0], by_autograd(problem, V[0], U[0], rows, lambda step: 0.05), atol=1e-13)
    assert not np.allclose(run.products[0, 0], by_autograd(problem, V[0], U[0], rows, lambda step: 0.1), atol=1e-3)


def test_mini_batch_steps_with_a_schedule_are_the_gradient_steps_of_pytorch(problem):
    V, U = start(2)
    run = train(problem, V, U, steps=7, at=[7], learning_rate=lambda step: 0.02 * (step + 1))
    drawn = networks._batches(12, 3, False, 1, range(2))
    rows = np.array([next(drawn) for _ in range(7)])
    for r in range(2):
        expected = by_autograd(problem, V[r], U[r], rows[:, r], lambda step: 0.02 * (step + 1))
        assert np.allclose(run.products[0, r], expected, atol=1e-13)


def test_a_batch_of_all_samples_without_replacement_is_the_full_batch(problem):
    V, U = start(1)
    whole, drawn = (train(problem, V, U, batch_size=size) for size in (None, 12))
    assert np.allclose(whole.products, drawn.products, atol=1e-12)
    other = train(problem, V, U, batch_size=12, replacement=True)
    assert not np.allclose(whole.products, other.products, atol=1e-3)


def test_a_replica_is_the_same_in_any_company(problem):
    V, U = start(5)
    together = train(problem, V, U)
    alone = train(problem, V[3:4], U[3:4], options=Options(first=3))
    assert np.allclose(together.products[0, 3], alone.products[0, 0], atol=1e-13)
    assert not np.allclose(together.products[0, 3], train(problem, V[3:4], U[3:4]).products[0, 0], atol=1e-4)


@pytest.mark.parametrize("size", [2, 3, 9])
def test_batches_without_replacement_hold_every_sample_once_at_most_and_equally_often(size):
    n = 12
    drawn = np.concatenate([networks._draw(np.random.default_rng(i), n, size, False) for i in range(20)])
    assert (np.diff(np.sort(drawn, axis=1), axis=1) > 0).all()
    counts = np.bincount(drawn.ravel(), minlength=n)
    # Without replacement the counts vary less than multinomially, so the test is conservative.
    assert stats.chisquare(counts).pvalue > FALSE_ALARM
    pairs = (drawn == 0).any(axis=1) & (drawn == 1).any(axis=1)
    expected = size * (size - 1) / (n * (n - 1))
    assert stats.binomtest(int(pairs.sum()), len(pairs), expected).pvalue > FALSE_ALARM


def test_batches_with_replacement_repeat_samples():
    drawn = networks._draw(np.random.default_rng(1), 4, 3, True)
    assert (np.diff(np.sort(drawn, axis=1), axis=1) == 0).any()


def test_divergence_is_named(problem):
    V, U = start(2)
    with pytest.raises(DivergenceError, match="2 of 2 replicas .* by step 257, the first of them replica 0"):
        train(problem, V, U, learning_rate=lambda step: 50.0, steps=300, at=[300])


def test_replicas_go_on_without_one_that_diverges(problem):
    V, U = start(3)
    V[1] *= 1e4
    with pytest.raises(DivergenceError, match="1 of 3 replicas .* replica 1"):
        train(problem, V, U)
    run = train(problem, V, U, options=Options(on_divergence="count", progress=False))
    assert run.diverged_by.tolist() == [0, 20, 0] and np.isnan(run.products[-1, 1]).all()
    alone = train(problem, V[2:], U[2:], options=Options(first=2, progress=False))
    np.testing.assert_array_equal(run.products[:, 2], alone.products[:, 0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 13}, "batch_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"steps": 0}, "steps"),
        ({"at": [5, 5]}, "at must"),
        ({"at": [21]}, "at must"),
        ({"at": []}, "at must"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(problem, changes, message):
    V, U = start(1)
    with pytest.raises(ArgumentError, match=message):
        train(problem, V, U, **changes)


def test_weights_of_other_shapes_and_bad_data_are_refused(problem):
    V, U = start(1)
    with pytest.raises(ArgumentError, match="V and U"):
        train(problem, V[:, :3], U)
    with pytest.raises(ArgumentError, match="one row a sample"):
        LinearRegression(np.ones((3, 2)), np.ones((4, 2)))
    with pytest.raises(ArgumentError, match="finite"):
        LinearRegression(np.full((3, 2), np.nan), np.ones((3, 2)))
