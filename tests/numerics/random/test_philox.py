"""Philox words against the published vectors, and the law of the normals made from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from numerics.errors import ArgumentError
from numerics.random import philox as philox_module
from numerics.random.layout import NoiseLayout, check_address
from numerics.random.normal import box_muller, standard_normals
from numerics.random.philox import philox4x32

FALSE_ALARM = 1e-6

KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
"""Random123, file ``kat_vectors``: counter, key, words of philox4x32-10."""


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def reproduces_known_answers(rounds: int = 10) -> bool:
    return all(
        philox4x32(words(counter), words(key), rounds=rounds).tolist() == words(expected)
        for counter, key, expected in KNOWN_ANSWERS
    )


def test_words_are_those_random123_publishes():
    assert reproduces_known_answers()


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEYL", philox_module.WEYL[::-1]), ("MULTIPLIERS", philox_module.MULTIPLIERS[::-1])],
)
def test_swapped_constants_do_not_reproduce_the_published_words(monkeypatch, name, value):
    monkeypatch.setattr(philox_module, name, value)
    assert not reproduces_known_answers()


@pytest.mark.parametrize("rounds", [7, 9, 11])
def test_another_number_of_rounds_does_not_reproduce_the_published_words(rounds):
    assert not reproduces_known_answers(rounds)


def test_an_array_of_counters_gives_the_words_of_each():
    counters = np.array([words(counter) for counter, _, _ in KNOWN_ANSWERS], dtype=np.uint32).T
    together = philox4x32(counters, [1, 2])
    assert [together[:, i].tolist() for i in range(3)] == [philox4x32(c, [1, 2]).tolist() for c in counters.T]


@pytest.mark.parametrize(
    ("counter", "key"),
    [([0, 0, 0], [0, 0]), ([0, 0, 0, 2**32], [0, 0]), ([0, 0, 0, -1], [0, 0]), ([0.0] * 4, [0, 0]), ([0] * 4, [0])],
)
def test_words_that_do_not_fit_are_refused(counter, key):
    with pytest.raises(ArgumentError):
        philox4x32(counter, key)


# Addresses of normals


def test_the_noise_of_a_step_uses_the_documented_counter():
    trajectory, step, stream, seed = 5 * 2**32 + 9, 4 * 77 + 2, 3, 0x0123456789ABCDEF
    a, b = philox4x32([9, 77, stream, 5], [0x89ABCDEF, 0x01234567])[2:]
    expected = box_muller(np.array([a], np.uint32), np.array([b], np.uint32))[0]
    z = standard_normals(seed, [trajectory], first_step=step, n_steps=1, stream=stream)
    assert z[0, 0, 0] == expected[0]


def test_a_wide_normal_joins_two_words_with_the_first_one_low():
    w = philox4x32([4, 10, 0, 0], [1, 0]).astype(np.uint64)
    pair = box_muller(np.array([w[0] | w[1] << np.uint64(32)]), np.array([w[2] | w[3] << np.uint64(32)]))
    z = standard_normals(1, [4], first_step=20, n_steps=2, width=64)
    assert z[:, 0, 0].tolist() == [pair[0][0], pair[1][0]]


@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("m", [0, 1, 2, 3, 4, 5, 9])
def test_no_normal_is_used_twice(m, width):
    z = standard_normals(3, np.arange(5), first_step=1, n_steps=12, n_normals=m, width=width)
    assert z.shape == (12, m, 5)
    assert len(np.unique(z)) == z.size


def test_streams_seeds_and_high_words_change_the_noise():
    variants = [
        standard_normals(1, [7], first_step=0, n_steps=4),
        standard_normals(2, [7], first_step=0, n_steps=4),
        standard_normals(1 + 2**32, [7], first_step=0, n_steps=4),
        standard_normals(1, [7 + 2**32], first_step=0, n_steps=4),
        standard_normals(1, [7], stream=1, first_step=0, n_steps=4),
    ]
    assert len(np.unique(np.stack(variants))) == 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1}, {"seed": 2**64}, {"stream": 2**32}, {"first_step": -1}, {"n_steps": -1},
        {"first_trajectory": 2**64 - 1, "n": 2}, {"first_step": 2**34, "n_steps": 1},
        {"first_step": 2**34 - 3, "n_steps": 4},
    ],
)  # fmt: skip
def test_an_address_that_would_wrap_is_refused(wrong):
    address = {"seed": 0, "stream": 0, "first_step": 0, "n_steps": 1} | wrong
    with pytest.raises(ArgumentError):
        check_address(NoiseLayout(1, 32), **address)


def test_the_last_step_before_the_wrap_is_allowed():
    assert NoiseLayout(1, 32).step_limit == 2**34
    standard_normals(0, [0], first_step=2**34 - 1, n_steps=1)


# The law of the normals


@pytest.mark.parametrize("dtype", [np.uint32, np.uint64])
def test_extreme_words_give_the_ends_of_the_documented_law(dtype):
    width = np.dtype(dtype).itemsize * 8
    a = np.array([0, np.iinfo(dtype).max], dtype)
    cosine, sine = box_muller(a, np.zeros(2, dtype))
    assert cosine[0] == pytest.approx(math.sqrt(2 * (width + 1) * math.log(2)), rel=1e-6)
    assert cosine[1] == 0 and sine.tolist() == [0, 0]


def law_is_standard_normal(z: np.ndarray) -> bool:
    """Mean, variance and fourth moment within their own standard errors, and tails within binomial bounds.

    Together a false alarm of at most ``FALSE_ALARM``: three two-sided normal tests (n is large enough for the third
    moment of their summands not to matter) and four exact binomial ones.
    """
    z, n = z.astype(np.float64).ravel(), z.size
    alpha = FALSE_ALARM / 7
    bound = special.ndtri(1 - alpha / 2)
    moments = [(z.mean(), 0, 1), ((z**2).mean(), 1, 2), ((z**4).mean(), 3, 96)]
    good = all(abs(value - expected) <= bound * math.sqrt(variance / n) for value, expected, variance in moments)
    for level in (0.5, 1.5, 3.0, 4.0):
        count = int((np.abs(z) > level).sum())
        good &= stats.binomtest(count, n, 2 * special.ndtr(-level)).pvalue >= alpha
    return bool(good)


@pytest.mark.every(2)
@pytest.mark.parametrize("width", [32, 64])
def test_normals_have_the_moments_and_tails_of_the_normal_law(width):
    z = standard_normals(20240, np.arange(100_000), first_step=0, n_steps=10, width=width)
    assert law_is_standard_normal(z)
    assert not law_is_standard_normal(1.005 * z)
    assert not law_is_standard_normal(z + 0.01)
    assert not law_is_standard_normal(np.clip(z, -3.5, 3.5))


@pytest.mark.parametrize("width", [32, 64])
def test_neighbouring_steps_and_trajectories_are_uncorrelated(width):
    z = standard_normals(11, np.arange(2000), first_step=0, n_steps=200, width=width)[:, 0].astype(np.float64)
    bound = special.ndtri(1 - FALSE_ALARM / 24)
    products = [z[1:] * z[:-1], z[2:] * z[:-2], z[3:] * z[:-3], z[:, 1:] * z[:, :-1]]
    products += [(z[1:] ** 2 - 1) * (z[:-1] ** 2 - 1) / 2, z[1:] * (z[:-1] ** 2 - 1) / math.sqrt(2)]
    for product in products:
        assert abs(product.mean()) * math.sqrt(product.size) <= bound
