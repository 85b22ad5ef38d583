"""Replicas told apart by labels: one mask each, and labels that could tell nothing apart refused."""

import numpy as np
import pytest
import torch

from numerics.errors import ArgumentError
from numerics.statistics.groups import replicas_by_label


@pytest.mark.parametrize("labels", [[2, 1, 2], (2, 1, 2), np.array([2, 1, 2]), torch.tensor([2, 1, 2])])
def test_each_label_has_its_replicas(labels: object) -> None:
    masks = replicas_by_label(labels, 3)
    assert list(masks) == [2, 1]
    assert masks[2].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([1, 2], "one label per replica, 3, got 2"),
        (np.ones((3, 1)), "a sequence with one label per replica"),
        ("abc", "a sequence with one label per replica"),
        ([1.0, float("nan"), 2.0], "no nan"),
        ([[1], [2], [3]], "numbers, texts or tuples"),
    ],
)
def test_labels_that_tell_nothing_apart_are_refused(labels: object, reason: str) -> None:
    with pytest.raises(ArgumentError, match=reason):
        replicas_by_label(labels, 3)
