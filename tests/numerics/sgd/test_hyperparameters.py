"""Hyperparameters as numbers, arrays and tensors: the same numbers whatever holds them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from numerics.errors import ArgumentError
from numerics.sgd.hyperparameters import differ, require_hyperparameters


@pytest.mark.parametrize("kind", [torch.float64, torch.float32, torch.bfloat16])
def test_a_tensor_is_read_like_the_array_it_holds_and_without_a_warning(kind):
    rates = torch.tensor([0.5, 0.25], dtype=kind, requires_grad=True)
    require_hyperparameters(learning_rate=rates)
    assert differ(rates) and not differ(rates[:1])
    assert differ(np.array([0.5, 0.25]))


def test_no_part_of_a_complex_tensor_is_dropped():
    with pytest.raises(ArgumentError, match="learning_rate must be a number"):
        require_hyperparameters(learning_rate=torch.tensor([0.5 + 0.25j]))
