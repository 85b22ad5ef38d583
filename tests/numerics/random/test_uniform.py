"""Uniforms are exact functions of their words, the same bits in every backend, and share no word with the normals."""

import time

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.kernels import numpy_kernel
from numerics.kernels.kernel import PRECISIONS, step_program
from numerics.random.layout import NoiseLayout, block_words
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms, uniforms
from tests.numerics.seeding import FALSE_ALARM, seed_of

h, q = sp.symbols("h q", positive=True)
z, u = sp.symbols("z0:40", real=True), sp.symbols("u0:40", real=True)
COUNTS = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (5, 6)]


@pytest.mark.parametrize(
    ("words", "dtype", "bits"), [("uint32", "float32", 23), ("uint32", "float64", 32), ("uint64", "float64", 52)]
)
def test_a_uniform_is_the_exact_midpoint_of_its_cell(words, dtype, bits):
    largest = np.iinfo(words).max
    given = np.array([0, 1, largest // 3, largest // 2, largest - 1, largest], words)
    made = uniforms(given, np.dtype(dtype).type)
    assert made.dtype == dtype
    shift = np.iinfo(words).bits - bits
    exact = [sp.Rational(2 * (int(word) >> shift) + 1, 2 ** (bits + 1)) for word in given]
    assert [sp.Rational(float(value)) for value in made] == exact
    assert 0 < made.min() and made.max() < 1
    # The symmetry that makes the mean 1/2.
    assert np.array_equal(uniforms(~given, np.dtype(dtype).type), 1 - made)
    counts = np.arange(1, 5000).astype(dtype)
    assert np.all(np.floor(counts * made.max()) == counts - 1)


@pytest.mark.every(3)
@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize(("m", "l"), COUNTS)
def test_every_number_of_every_step_has_words_of_its_own(m, l, width):
    steps, trajectory = 9, np.array([5], np.uint64)
    arguments = dict(first_step=0, n_steps=steps, n_normals=m, n_uniforms=l, width=width)
    made = standard_uniforms(3, trajectory, **arguments).ravel()
    layout = NoiseLayout(m, width, l)
    blocks = -(-steps // layout.steps_per_group) * layout.blocks_per_group
    words = block_words(3, trajectory, np.arange(blocks, dtype=np.uint64), 0, width)[:, :, 0].T
    # Row and column of each uniform among the words, and blocks that hold normals.
    found = [np.argwhere(uniforms(words) == value) for value in made]
    assert all(len(place) == 1 for place in found)
    places = {tuple(place[0]) for place in found}
    assert len(places) == steps * l
    per_group = layout.blocks_per_group
    assert all(row % per_group >= layout.normal_blocks for row, _ in places)
    assert layout.normal_blocks * layout.numbers_per_block >= m * layout.steps_per_group


def test_without_uniforms_normals_are_packed_as_tightly_as_they_can_be():
    layouts = [NoiseLayout(m, width) for m, width in ((1, 32), (2, 32), (3, 32), (1, 64), (2, 64), (5, 64))]
    packed = [(a.steps_per_group, a.blocks_per_group) for a in layouts]
    assert packed == [(4, 1), (2, 1), (1, 1), (2, 1), (1, 1), (1, 3)]


@pytest.mark.every(4)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("m", "l"), [(0, 1), (0, 3), (1, 1), (2, 3), (5, 6)])
def test_the_compiled_kernel_makes_the_same_bits(m, l, precision):
    cpu = pytest.importorskip("numerics.kernels.cpu.kernel", reason="the fused CPU kernel needs llvmlite")
    state = sp.symbols(f"s0:{m + l}", real=True)
    shown = step_program(
        [*z[:m], *u[:l]], state=state, parameters=(), step=h, root_step=q, normals=z[:m], uniforms=u[:l]
    )
    kernel = cpu.stepping_kernel(shown, m + l, 0, m, precision, n_uniforms=l)
    dtype, width = kernel.signature.dtype, kernel.signature.layout.width
    tolerance = 8 * (2.0**-23 if width == 32 else 2.0**-52)
    seed, first, n = seed_of("uniform bits", m, l, precision), 2**32 - 30, 77
    for step in (0, 1, 2, 3, 7):
        seen = np.zeros((m + l, n), dtype)
        # Steps before it, so that whole groups and parts of them are used.
        kernel.advance(seen, [], step=1, first_step=1, n_steps=step, seed=seed, first_trajectory=first, stream=5)
        if not step:
            continue
        place = dict(first_step=step, n_steps=1, n_normals=m, n_uniforms=l, width=width, stream=5)
        numbers = np.arange(first, first + n, dtype=np.uint64)
        assert np.array_equal(seen[m:], standard_uniforms(seed, numbers, **place, dtype=dtype.type)[0])
        normals = standard_normals(seed, numbers, **place)[0]
        np.testing.assert_allclose(seen[:m], normals, rtol=tolerance, atol=tolerance)
    naive = numpy_kernel.stepping_kernel(shown, m + l, 0, m, precision, n_uniforms=l)
    fused, twin = np.zeros((m + l, n), dtype), np.zeros((m + l, n), dtype)
    for each, state_ in ((kernel, fused), (naive, twin)):
        each.advance(state_, [], step=1, n_steps=6, seed=seed, first_trajectory=first)
    assert np.array_equal(fused[m:], twin[m:])


@pytest.mark.parametrize("width", [32, 64])
def test_uniforms_are_uniform_and_independent_of_the_normals(width):
    place = dict(first_step=0, n_steps=100, n_normals=1, n_uniforms=1, width=width)
    seed, numbers = seed_of("uniform law", width), np.arange(2000)
    made = standard_uniforms(seed, numbers, **place)[:, 0]
    normals = standard_normals(seed, numbers, **place)[:, 0]
    cells = 25
    joint = np.histogram2d(made.ravel(), stats.norm.cdf(normals.astype(float)).ravel(), bins=cells, range=[[0, 1]] * 2)
    assert stats.chisquare(joint[0].ravel()).pvalue > FALSE_ALARM
    successive = np.histogram2d(made[:-1].ravel(), made[1:].ravel(), bins=cells, range=[[0, 1]] * 2)
    assert stats.chisquare(successive[0].ravel()).pvalue > FALSE_ALARM
    with_itself = np.histogram2d(made.ravel(), made.ravel(), bins=cells, range=[[0, 1]] * 2)
    assert stats.chisquare(with_itself[0].ravel()).pvalue < FALSE_ALARM


@pytest.mark.parametrize("make", [standard_normals, standard_uniforms])
@pytest.mark.parametrize(("m", "l"), [(3, 0), (1, 1), (7, 5)])
def test_few_trajectories_and_many_numbers_are_made_together_and_change_no_bit(make, m, l, monkeypatch):
    arguments = dict(first_step=5, n_steps=40, n_normals=m, n_uniforms=l, width=32)
    together = make(3, np.arange(11), **arguments)
    for size in (1, 7, 64):
        monkeypatch.setattr("numerics.random.layout.TOGETHER", size)
        assert np.array_equal(make(3, np.arange(11), **arguments), together)


def test_a_million_numbers_of_one_trajectory_take_no_longer_than_those_of_many():
    start = time.process_time()
    standard_normals(3, [0], first_step=0, n_steps=1, n_normals=10**6, width=64)
    standard_uniforms(3, [0], first_step=0, n_steps=10**5, n_uniforms=4)
    assert time.process_time() - start < 5  # a tenth of a second; block by block it was forty
