"""Figure 7 of the stochastic-collapse paper: two neurons, real descent, and how its shape is judged."""

import json

import numpy as np
import pytest

from verification.forms import Figure
from verification.papers.stochastic_collapse.neurons import two_neurons
from verification.registry import catalogue


@pytest.fixture(scope="module")
def plain():
    """Plain descent at a learning rate at which pairs collapse."""
    return two_neurons.run(1.0, 0.1, 0.0, steps=3000)


def test_data_and_starts_are_standard_normal():
    data, starts = two_neurons.data_sets(), two_neurons.starts()
    assert data.shape == (128, 16) and starts.shape == (512, 8)
    assert abs((data**2).mean() - 1) < 5 * np.sqrt(2 / data.size)
    weights = np.hstack([starts[:, :2] + starts[:, 2:4], starts[:, :2] - starts[:, 2:4]])
    assert abs((weights**2).mean() - 1) < 5 * np.sqrt(2 / weights.size)
    assert not starts[:, 4:].any()


def test_a_run_follows_the_paper_s_descent(plain):
    """The same recursion in the weights as they are, in NumPy, with the noise switched off."""
    final = two_neurons.run(0.1, 0.0, 0.9, steps=20)
    row = np.repeat(two_neurons.data_sets(), two_neurons.STARTS, axis=0)
    x, y = row[:, :8], row[:, 8:]
    start = two_neurons.starts()
    a = np.stack([start[:, 0] + start[:, 2], start[:, 0] - start[:, 2]], axis=1)
    b = np.stack([start[:, 1] + start[:, 3], start[:, 1] - start[:, 3]], axis=1)
    va, vb = np.zeros_like(a), np.zeros_like(b)
    for _ in range(20):
        t = np.tanh(a[:, :, None] * x[:, None, :])
        residual = ((b[:, :, None] * t).sum(axis=1) - y)[:, None, :]
        ga = (2 * residual * b[:, :, None] * (1 - t**2) * x[:, None, :]).mean(axis=2)
        gb = (2 * residual * t).mean(axis=2)
        va, vb = 0.9 * va + ga, 0.9 * vb + gb
        a, b = a - 0.1 * va, b - 0.1 * vb
    expected = np.stack([a.sum(axis=1), b.sum(axis=1), a[:, 0] - a[:, 1], b[:, 0] - b[:, 1]], axis=1) / 2
    close = np.isclose(final[:, :4], expected, rtol=1e-6, atol=1e-8).all(axis=1)
    assert close.mean() > 0.95  # chaotic runs magnify rounding
    assert not np.isclose(plain[:, :4], expected, rtol=1e-3).all(axis=1).any()


def test_collapsed_pairs_go_far_below_the_rounding_of_their_weights(plain):
    finite = np.isfinite(plain).all(axis=1)
    apart = np.hypot(plain[finite, 2], plain[finite, 3])
    size = np.hypot(plain[finite, 0], plain[finite, 1])
    deep = (apart < 1e-20) & (size > 1e-3)
    assert deep.sum() > 5
    assert (apart[deep] > 0).all()


def test_data_sets_differ():
    part = {"eta": "1/5", "sigma": "1/10", "momentum": "9/10"}
    counts = np.array(two_neurons.measure(part)["collapsed"])
    assert counts.shape == (128,) and 0 < (counts > 0).sum() < 128


def rows(shares, varied="eta"):
    """Measurements with about these shares, the same data sets collapsing first each time."""
    found = []
    for i, share in enumerate(shares):
        counts = [4 if j < share * 128 else 0 for j in range(128)]
        point = {"eta": 0.1, "sigma": 0.1, varied: 0.1 * 2**i}
        found.append(
            point | {"momentum": 0.9, "collapsed": counts, "starts": 4, "opposite": 3, "vanished": 0}
            | {"underflowed": 0, "diverged": 0, "median_log10": None if i else 1.0}
        )  # fmt: skip
    return found


def test_turns_are_counted_where_the_share_rises_and_falls():
    assert two_neurons.turns(rows([0.0, 0.2, 0.3, 0.0]))["location"] == [1, 1]
    assert two_neurons.turns(rows([0.0, 0.1, 0.2, 0.3]))["location"] == [0, 0]
    assert two_neurons.turns(rows([0.3, 0.2, 0.1, 0.0]))["location"] == [0, 0]
    assert two_neurons.turns(rows([0.1, 0.1, 0.1, 0.1]))["location"] == [0, 0]
    assert two_neurons.turns(rows([0.0, 0.02, 0.0]))["location"] == [0, 0]


def test_collapse_that_goes_on_is_not_reproduced():
    features = {f["name"]: f["reproduced"] for f in two_neurons.turns(rows([0.0, 0.4, 0.1]))["features"]}
    assert features["collapse strengthens at first"] and not features["collapsing ceases beyond"]


def test_each_panel_varies_one_number():
    for statement in catalogue().claim("SC-062").statements:
        assert isinstance(statement.form, Figure)
        varied = [name for name in ("eta", "sigma", "momentum") if len({p[name] for p in statement.form.parts}) > 1]
        assert len(varied) == 1


@pytest.mark.every(2)
@pytest.mark.parametrize("varied", ["eta", "sigma"])
def test_the_picture_names_what_varies(varied):
    found = rows([0.0, 0.2, 0.0], varied)
    json.dumps(found)
    (picture,) = two_neurons.pictures("figure-7", found, two_neurons.turns(found))
    assert picture.columns[0] == {"eta": "η", "sigma": "σ"}[varied] and len(picture.rows) == 3
    assert picture.rows[1][-2] == "diverged"
