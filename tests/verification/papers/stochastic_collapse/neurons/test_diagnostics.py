"""What the claims on neuron diagnostics are measured on, against what it must be."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from numerics.networks.small_networks import LabelledImages, SmallNetworks, count_neurons, handwritten_digits
from tests.numerics.seeding import FALSE_ALARM, seed_of
from verification.forms import Draw
from verification.papers.stochastic_collapse.measured import diagnostics as measured
from verification.papers.stochastic_collapse.measured import networks
from verification.papers.stochastic_collapse.measured.networks import direction


def test_a_sample_depends_on_its_number_and_not_on_how_the_draw_is_cut():
    whole = measured.gaussian_distances({"dimension": "5"}, Draw(3000, 0, 7))
    pieces = [
        measured.gaussian_distances({"dimension": "5"}, Draw(n, first, 7)) for first, n in ((0, 700), (700, 2300))
    ]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert not np.array_equal(whole, measured.gaussian_distances({"dimension": "5"}, Draw(3000, 0, 8)))


def test_neighbours_agree_as_often_as_chance_says_or_always():
    """1500 layers; half is the two-sided quantile of FALSE_ALARM times the standard error."""
    arguments = {"groups": "2", "size": "8", "sorted by": "incoming"}
    shares = measured.share_of_neighbours(arguments, Draw(1500, 0, seed_of("neighbours"))).values
    half = 4.9 * shares.std(ddof=1) / len(shares) ** 0.5
    assert FALSE_ALARM == 1e-6 and abs(shares.mean() - 7 / 15) < half
    assert abs(shares.mean() - 1 / 2) > half
    assert measured.share_of_neighbours_by_all({"groups": "2", "size": "8"}) == (pytest.approx(14 / 15), 0.0)


def changed(shift: float, images: str = "made") -> dict[str, object]:
    """Twenty pairs of networks whose independent share changes by about ``shift``."""
    change = [shift + 0.01 * (-1) ** i for i in range(20)]
    return {"images": images, "first": [0.5] * 20, "second": [0.5 + c for c in change], "accuracies": [1.0, 1.0]}


def test_a_direction_is_stated_only_where_the_interval_excludes_zero():
    assert direction([changed(-0.3), changed(-0.3)])["location"] == [-1, -1]
    assert direction([changed(0.3)])["location"] == [1, 1]
    assert direction([changed(0.0)])["location"] == [-1, 1]


def test_a_fall_on_one_kind_of_images_does_not_make_up_for_a_rise_on_another():
    assert direction([changed(-0.3), changed(0.3, "digits")])["location"] == [1, 1]
    assert direction([changed(0.0), changed(0.3, "digits")])["location"] == [1, 1]
    assert direction([changed(-0.3), changed(0.0, "digits")])["location"] == [-1, 1]


def test_digits_that_are_not_there_are_skipped_by_name_and_the_rest_is_judged(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    skipped = networks.small_networks({"images": "digits"})
    found = direction([changed(-0.3), skipped])
    assert found["location"] == [-1, -1]
    assert found["skipped"] == [networks.NO_DIGITS] and "driftproof[images]" in networks.NO_DIGITS


def test_the_digits_are_pictures_of_all_ten_classes_and_can_be_learned():
    pytest.importorskip("sklearn")
    given = handwritten_digits()
    assert given is not None and given.pixels.shape == (1797, 64) and set(given.labels) == set(range(10))
    assert given.pixels.mean() == pytest.approx(0, abs=1e-12) and given.pixels.std() == pytest.approx(1)
    run = SmallNetworks((0.1,), replicas=2, snapshots=(200,), classes=10, hidden=32)
    assert count_neurons(run, given).accuracy.min() > 0.8
    shuffled = LabelledImages(given.pixels, given.labels[np.random.default_rng(1).permutation(1797)])
    assert count_neurons(run, shuffled).accuracy.max() < 0.2


def test_more_label_noise_leaves_images_and_starts_as_they_are():
    quiet, loud = (
        count_neurons(SmallNetworks((1e-9,), replicas=2, snapshots=(5,), label_noise=noise, seed=3))
        for noise in (0.0, 0.9)
    )
    assert np.array_equal(quiet.accuracy, loud.accuracy) and np.array_equal(quiet.independent, loud.independent)
