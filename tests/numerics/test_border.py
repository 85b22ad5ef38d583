"""What the border of numerics refuses: each hostile value in one sentence, and none becomes a number."""

import numpy as np
import pytest
import sympy as sp
import torch

from numerics import mean
from numerics.arguments import real_array
from numerics.errors import ArgumentError

HOSTILE = {
    "text": "1.5",
    "texts": ["1.5", "2.5"],
    "array of texts": np.array(["1.5", "2.5"]),
    "complex": np.array([1.0 + 2.0j, 3.0]),
    "NaN": [1.0, float("nan")],
    "infinity": np.array([np.inf, 1.0]),
    "tensor with a gradient": torch.ones(2, requires_grad=True),
    "masked": np.ma.masked_array([1.0, 2.0], [True, False]),
    "list with a masked part": [np.ma.masked_array([1.0, 2.0], [True, False]), [1.0, 2.0]],
    "missing": [None, 1.0],
    "ragged": [[1.0], [1.0, 2.0]],
    "symbol": [sp.Symbol("x"), 1],
    "imaginary": [sp.I, 1],
    "dates": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("reader", [lambda value: real_array(value, "x"), mean], ids=["array", "mean"])
def test_a_hostile_array_is_refused_in_a_sentence(reader, name):
    with pytest.raises(ArgumentError, match=r"must|needs"):
        reader(HOSTILE[name])


@pytest.mark.parametrize("value", [[1, 2], (1.0, sp.Rational(2)), np.array([1, 2], np.int8), torch.tensor([1.0, 2.0])])
def test_real_numbers_of_any_kind_are_read(value):
    assert real_array(value, "x").tolist() == [1.0, 2.0]
    assert mean(value).value == 1.5
