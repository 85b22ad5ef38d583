"""Mini-batches: each rule draws what it says, by address."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
import torch
from scipy import stats

from numerics.errors import ArgumentError
from numerics.sgd.batches import FullBatch, ShuffledEpochs, WithoutReplacement, WithReplacement
from numerics.sgd.torch_philox import ReplicaNoise
from tests.numerics.seeding import FALSE_ALARM, seed_of

REPLICAS, STEPS = 100, 200


def draw(rule, n, *, first=0, steps=STEPS, replicas=REPLICAS, first_replica=0):
    chosen = rule.indices(ReplicaNoise(seed_of(rule, n), replicas, first_replica), n, first, steps)
    assert chosen.shape == (steps, replicas, rule.batch_size(n))
    return chosen


@pytest.mark.parametrize(("n", "size"), [(5, 2), (5, 3), (6, 5), (4, 4), (9, 3)])
def test_every_subset_is_drawn_equally_often_without_replacement(n, size):
    chosen = draw(WithoutReplacement(size), n).flatten(0, 1).sort(-1).values
    counts = Counter(map(tuple, chosen.tolist()))
    subsets = list(itertools.combinations(range(n), size))
    assert set(counts) <= set(subsets)
    if len(subsets) > 1:
        assert stats.chisquare([counts[subset] for subset in subsets]).pvalue > FALSE_ALARM


@pytest.mark.parametrize("size", [1, 2, 3])
def test_every_tuple_is_drawn_equally_often_with_replacement(size):
    n = 4
    chosen = draw(WithReplacement(size), n).flatten(0, 1)
    counts = Counter(map(tuple, chosen.tolist()))
    assert stats.chisquare([counts[batch] for batch in itertools.product(range(n), repeat=size)]).pvalue > FALSE_ALARM


def test_the_frequency_test_refutes_batches_without_replacement_taken_for_independent_ones():
    n = 4
    chosen = draw(WithoutReplacement(2), n).flatten(0, 1)
    counts = Counter(map(tuple, chosen.tolist()))
    assert stats.chisquare([counts[batch] for batch in itertools.product(range(n), repeat=2)]).pvalue < FALSE_ALARM


@pytest.mark.parametrize(("n", "size"), [(7, 2), (6, 3), (5, 5), (3, 2)])
def test_an_epoch_uses_no_sample_twice_and_leaves_out_the_remainder(n, size):
    per_epoch = n // size
    chosen = draw(ShuffledEpochs(size), n, steps=4 * per_epoch)
    epochs = chosen.unflatten(0, (4, per_epoch)).transpose(1, 2).flatten(2)
    assert all(len(set(epoch)) == per_epoch * size for epoch in epochs.flatten(0, 1).tolist())
    assert not torch.equal(epochs[0], epochs[1])


def test_every_order_of_an_epoch_is_equally_likely():
    n = 4
    orders = draw(ShuffledEpochs(1), n, steps=100 * n).unflatten(0, (100, n)).transpose(1, 2).flatten(0, 1)[..., 0]
    counts = Counter(map(tuple, orders.tolist()))
    assert len(counts) <= math.factorial(n)
    assert stats.chisquare([counts[order] for order in itertools.permutations(range(n))]).pvalue > FALSE_ALARM


@pytest.mark.parametrize(
    "rule", [WithReplacement(3), WithoutReplacement(3), WithoutReplacement(5), ShuffledEpochs(3)], ids=repr
)
def test_a_batch_depends_on_replica_and_step_alone(rule):
    together = draw(rule, 11)
    alone = draw(rule, 11, first=37, steps=9, replicas=2, first_replica=5)
    assert torch.equal(alone, together[37:46, 5:7])
    assert not torch.equal(alone, together[36:45, 5:7])


def test_a_full_batch_draws_nothing():
    assert FullBatch().indices(ReplicaNoise(0, 1), 5, 0, 1) is None and FullBatch().batch_size(5) == 5


@pytest.mark.parametrize("rule", [WithoutReplacement(6), ShuffledEpochs(6)], ids=repr)
def test_a_batch_larger_than_the_data_set_needs_replacement(rule):
    with pytest.raises(ArgumentError, match=r"size must lie in 1\.\.5 .* got 6.*WithReplacement\(6\)"):
        rule.batch_size(5)
    assert WithReplacement(6).batch_size(5) == 6


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
@pytest.mark.parametrize("rule", [WithReplacement, WithoutReplacement, ShuffledEpochs])
def test_a_size_that_counts_nothing_is_refused(rule, size):
    with pytest.raises(ArgumentError, match="size"):
        rule(size)
