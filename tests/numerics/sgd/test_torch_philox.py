"""Noise by address in PyTorch: the words of the reference generator, whoever asks for them beside whom."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from numerics.errors import ArgumentError
from numerics.random.normal import standard_normals
from numerics.random.philox import philox4x32
from numerics.sgd.torch_philox import LARGEST_RANGE, Purpose, ReplicaNoise
from tests.numerics.seeding import FALSE_ALARM, seed_of


@given(seed=st.integers(0, 2**64 - 1), first=st.integers(0, 2**60), block=st.integers(0, 2**32 - 3))
def test_words_are_those_of_the_reference(seed, first, block):
    found = ReplicaNoise(seed, 3, first, stream=5).words(Purpose.LABEL, block, 2)
    for b in range(2):
        for r in range(3):
            replica = first + r
            counter = [replica & 0xFFFFFFFF, block + b, 2**31 + 2**28 + 5, replica >> 32]
            expected = philox4x32(counter, [seed & 0xFFFFFFFF, seed >> 32])
            assert found[:, b, r].tolist() == expected.tolist()


@pytest.mark.parametrize(("dtype", "width"), [(torch.float32, 32), (torch.float64, 64)])
def test_normals_are_those_of_the_reference(dtype, width):
    seed, count = seed_of("normals", width), 7
    found = ReplicaNoise(seed, 50, 9, stream=3).normals(Purpose.LABEL, 11, 4, count, dtype)
    stream = 2**31 + 2**28 * Purpose.LABEL + 3
    expected = standard_normals(
        seed, 9 + np.arange(50), first_step=11, n_steps=4, n_normals=count, width=width, stream=stream
    )
    assert found.dtype == dtype and found.shape == (4, 50, count)
    ulp = np.finfo(expected.dtype).eps
    assert np.abs(found.permute(0, 2, 1).numpy() - expected).max() <= 8 * ulp
    assert not np.allclose(found[:, 1:].permute(0, 2, 1).numpy(), expected[..., :-1])


@given(seed=st.integers(0, 2**64 - 1), below=st.lists(st.integers(1, LARGEST_RANGE), min_size=1, max_size=5))
def test_whole_numbers_are_the_high_half_of_exact_products(seed, below):
    noise = ReplicaNoise(seed, 2)
    words = (noise.pairs(Purpose.BATCH, 3, 1, len(below))[:, 0]).tolist()
    found = noise.uniform_integers(Purpose.BATCH, 3, 1, below)[0].tolist()
    for highs, lows, numbers in zip(*words, found, strict=True):
        assert numbers == [(h << 32 | low) * n >> 64 for h, low, n in zip(highs, lows, below, strict=True)]


def test_uniforms_are_the_leading_53_bits():
    noise = ReplicaNoise(seed_of("uniforms"), 3)
    high, low = noise.pairs(Purpose.LABEL, 2, 4, 5)
    words = (high.flatten().tolist(), low.flatten().tolist())
    expected = [float((h << 32 | low) >> 11) / 2**53 for h, low in zip(*words, strict=True)]
    assert noise.uniforms(Purpose.LABEL, 2, 4, 5).flatten().tolist() == expected


def test_whole_numbers_are_uniform():
    n, draws = 7, 200_000
    noise = ReplicaNoise(seed_of("uniform whole numbers"), 100)
    found = noise.uniform_integers(Purpose.BATCH, 0, draws // 500, [n] * 5).flatten()
    counts = torch.bincount(found, minlength=n).numpy()
    assert counts.sum() == draws
    assert stats.chisquare(counts).pvalue > FALSE_ALARM
    counts[0] += draws // 50
    assert stats.chisquare(counts).pvalue < FALSE_ALARM


@pytest.mark.parametrize("what", ["words", "uniform_integers", "uniforms", "normals", "sort_keys"])
def test_noise_depends_on_replica_and_step_alone(what):
    def draw(noise, first, count):
        if what == "words":
            return noise.words(Purpose.BATCH, first, count).permute(1, 2, 0)
        extra = [10] * 5 if what == "uniform_integers" else 5
        return getattr(noise, what)(Purpose.BATCH, first, count, extra)

    seed = seed_of(what)
    together = draw(ReplicaNoise(seed, 6, 100), 0, 8)
    assert torch.equal(draw(ReplicaNoise(seed, 2, 103), 5, 2), together[5:7, 3:5])
    for other in (ReplicaNoise(seed + 1, 6, 100), ReplicaNoise(seed, 6, 101), ReplicaNoise(seed, 6, 100, stream=1)):
        assert not torch.equal(draw(other, 0, 8), together)


def test_purposes_have_noise_of_their_own():
    noise = ReplicaNoise(seed_of("purposes"), 4)
    words = torch.cat([noise.words(purpose, 0, 3).flatten() for purpose in Purpose])
    assert len(set(words.tolist())) == len(words)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"stream": 2**28}, "stream"),
        ({"n_replicas": 0}, "n_replicas"),
        ({"first_replica": -1}, "first_replica"),
    ],
)
def test_an_address_out_of_range_is_refused_by_name(settings, name):
    with pytest.raises(ArgumentError, match=name):
        ReplicaNoise(**{"seed": 0, "n_replicas": 1, **settings})


def test_a_stream_that_is_used_up_names_the_next():
    with pytest.raises(ArgumentError, match="stream=4"):
        ReplicaNoise(0, 1, stream=3).words(Purpose.BATCH, 2**32 - 1, 2)
