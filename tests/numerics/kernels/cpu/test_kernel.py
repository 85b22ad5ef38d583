"""The compiled time loop against its NumPy twin, against exact laws, and against itself cut into pieces."""

from __future__ import annotations

import ctypes
import math
import platform
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from tests.examples import examples

pytest.importorskip("llvmlite", reason="compiled kernels need llvmlite")

from numerics.codegen.lower import lower
from numerics.codegen.program import Program
from numerics.errors import ArgumentError, UnsupportedFunctionError
from numerics.kernels import numpy_kernel
from numerics.kernels.cpu.kernel import CpuKernel, stepping_kernel
from numerics.kernels.cpu.noise import lane_order, philox
from numerics.kernels.cpu.target import Host, compile_ir, host, ir
from numerics.kernels.cpu.vectors import I32, I64, Vectors
from numerics.kernels.kernel import PRECISIONS, Precision, StepSignature, step_program
from numerics.random.normal import standard_normals
from numerics.random.philox import philox4x32

FALSE_ALARM = 1e-6

x, y, mu, zeta, h, q = sp.symbols("x y mu zeta h q", real=True)
z = sp.symbols("z0:9", real=True)


def program(*update: sp.Expr, m: int, parameters: tuple[sp.Symbol, ...] = (mu, zeta)) -> Program:
    return step_program(update, state=(x, y)[: len(update)], parameters=parameters, step=h, root_step=q, normals=z[:m])


DOUBLE_WELL = program(x + h * (mu * x - x**3) + q * zeta * x * z[0], m=1)
LOG_DOUBLE_WELL = program(x + h * (mu - zeta**2 / 2 - sp.exp(2 * x)) + q * zeta * z[0], m=1)

PROGRAMS = {
    0: program(x - h * mu * x, y + zeta, m=0),
    1: program(x + h * (mu * x - x**3) + q * zeta * x * z[0], sp.Max(y, sp.Abs(x)), m=1),
    2: program(x + h * (mu * x - x**3) + q * zeta * x * z[0], y - h * sp.tanh(y) + q * z[1], m=2),
    3: program(x - h * sp.sin(x) + q * zeta * (z[0] + z[2]), y / (1 + h * y**2) + q * z[1], m=3),
    5: program(x - h * x + q * zeta * (z[0] - z[4]), y + h * sp.log(1 + y**2) + q * z[1] * z[2] * z[3], m=5),
}
"""Programs with all ways in which steps share blocks of the generator."""


def kernel(m: int, precision: Precision) -> CpuKernel:
    return stepping_kernel(PROGRAMS[m], 2, 2, m, precision)


# The generator


@pytest.mark.every(2)
@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("rounds", [10, 9])
def test_compiled_words_are_those_of_the_reference(width, rounds):
    """Bit for bit, for counters with vectors and scalars as in the kernel; nine rounds show that rounds are counted."""
    lanes = 16
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [ir.PointerType(), I32, I32, I32, I32]), "words")
    out, block, stream, low, high = function.args
    b = ir.IRBuilder(function.append_basic_block())
    wide = ir.VectorType(I64, lanes)
    vectors = Vectors(b, lanes, width)
    order = lane_order(width, lanes)
    trajectory = ir.Constant(wide, [2**32 - 5 + place for place in order])
    above = ir.Constant(wide, [(2**32 - 5 + place) >> 32 for place in order])
    for row, word in enumerate(philox(vectors, [trajectory, block, stream, above], (low, high), rounds)):
        b.store(word, b.gep(out, [ir.Constant(I64, row * lanes)], source_etype=I64), align=8)
    b.ret_void()
    code = compile_ir(str(module), host())
    words = np.zeros((4, lanes), np.uint64)
    c = ctypes.c_uint32
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, c, c, c, c)
    prototype(code.address("words"))(words.ctypes.data, 0x85A308D3, 0x13198A2E, 0xA4093822, 0x299F31D0)
    numbers = 2**32 - 5 + np.arange(lanes)
    ones = np.ones(lanes, np.int64)
    counter = np.stack([numbers % 2**32, 0x85A308D3 * ones, 0x13198A2E * ones, numbers >> 32])
    reference = philox4x32(counter, [0xA4093822, 0x299F31D0])[:, order]
    assert ((words % 2**32).astype(np.uint32) == reference).all() == (rounds == 10)


@pytest.mark.every(9)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m", [1, 2, 3, 4, 7])
def test_compiled_normals_are_those_of_the_reference(m, precision):
    """States that become the normals of the step show them; agreement to a few last places of the radius."""
    width = 64 if precision == "float64" else 32
    first_trajectory, seed, n, steps = 2**32 - 50, 2**63 + 12345, 100, 9
    numbers = first_trajectory + np.arange(n, dtype=np.uint64)
    reference = standard_normals(seed, numbers, first_step=2, n_steps=steps, n_normals=m, width=width, stream=7)
    tolerance = 8 * (2.0**-23 if width == 32 else 2.0**-52)
    shown = step_program(z[:m], state=sp.symbols(f"s0:{m}"), parameters=(), step=h, root_step=q, normals=z[:m])
    showing = stepping_kernel(shown, m, 0, m, precision)
    state = np.zeros((m, n), showing.signature.dtype)
    for s in range(steps):
        showing.advance(
            state, [], step=1.0, first_step=2 + s, n_steps=1, seed=seed, first_trajectory=first_trajectory, stream=7
        )
        np.testing.assert_allclose(state, reference[s], rtol=tolerance, atol=tolerance)


@pytest.mark.every(2)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_compiled_normals_have_the_normal_law(precision):
    """Exact Kolmogorov-Smirnov bound and moments up to the fourth, together at the suite's false-alarm rate."""
    showing = stepping_kernel(program(z[0], m=1, parameters=()), 1, 0, 1, precision)
    state = np.zeros((1, 400_000), showing.signature.dtype)
    showing.advance(state, [], step=1.0, n_steps=3, seed=31415)

    def standard_normal(values: np.ndarray) -> bool:
        values = values.astype(np.float64)
        bound = special.ndtri(1 - FALSE_ALARM / 8)
        scores = [values.mean(), ((values**2).mean() - 1) / math.sqrt(2), ((values**4).mean() - 3) / math.sqrt(96)]
        distance = stats.kstest(values, "norm").statistic
        near = max(map(abs, scores)) * math.sqrt(values.size) <= bound
        return near and distance <= math.sqrt(math.log(2 / (FALSE_ALARM / 4)) / (2 * values.size))

    assert standard_normal(state[0])
    assert not standard_normal(1.01 * state[0])
    assert not standard_normal(np.abs(state[0]))


@pytest.mark.every(3)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_geometric_brownian_motion_has_its_exact_law(precision):
    r"""The logarithm moves by independent normals, so after n steps it is exactly normal."""
    gbm = stepping_kernel(program(x + (mu - zeta**2 / 2) * h + zeta * q * z[0], m=1), 1, 2, 1, precision)
    n, steps, step, values = 200_000, 101, 0.01, (0.7, 1.3)
    state = np.full((1, n), 0.5, gbm.signature.dtype)
    gbm.advance(state, values, step=step, n_steps=steps, seed=2718)
    time = steps * step

    def has_law(drift: float, deviation: float) -> bool:
        standard = (state[0].astype(np.float64) - 0.5 - drift * time) / (deviation * math.sqrt(time))
        bound = special.ndtri(1 - FALSE_ALARM / 6)
        distance = stats.kstest(standard, "norm").statistic
        scores = (standard.mean(), ((standard**2).mean() - 1) / math.sqrt(2))
        return bool(
            max(map(abs, scores)) * math.sqrt(n) <= bound
            and distance <= math.sqrt(math.log(2 / (FALSE_ALARM / 3)) / (2 * n))
        )

    assert has_law(0.7 - 1.3**2 / 2, 1.3)
    assert not has_law(0.7 + 1.3**2 / 2, 1.3)
    assert not has_law(0.7 - 1.3**2 / 2, 1.3 * 1.02)


# The loop


@pytest.mark.every(7)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m", PROGRAMS)
def test_paths_agree_with_the_naive_twin(m, precision):
    tolerance = 1e-10 if precision == "float64" else 1e-4
    fused, naive = kernel(m, precision), numpy_kernel.stepping_kernel(PROGRAMS[m], 2, 2, m, precision)
    states = [np.ones((2, 75), fused.signature.dtype) for _ in range(2)]
    for each, state in zip((fused, naive), states, strict=True):
        each.advance(state, [1.5, 0.5], step=0.0025, n_steps=400, first_step=3, seed=99, first_trajectory=2**40)
    np.testing.assert_allclose(*states, rtol=tolerance, atol=tolerance)


@pytest.mark.every(3)
@pytest.mark.parametrize("m", [1, 2, 3])
def test_other_noise_gives_other_paths_than_the_twin(m):
    fused, naive = kernel(m, "float64"), numpy_kernel.stepping_kernel(PROGRAMS[m], 2, 2, m, "float64")
    for change in ({"seed": 100}, {"stream": 1}, {"first_step": 1}, {"first_trajectory": 1}):
        states = [np.ones((2, 40)) for _ in range(2)]
        same = {"step": 0.0025, "n_steps": 20, "seed": 99}
        fused.advance(states[0], [1.5, 0.5], **same)
        naive.advance(states[1], [1.5, 0.5], **(same | change))
        assert np.abs(states[0][0] - states[1][0]).max() > 1e-3


def cuts(total: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, total), max_size=4).map(lambda inner: [0, *sorted(inner), total])


@settings(max_examples=examples(15))
@given(st.data())
def test_no_way_to_cut_the_work_changes_a_bit(data):
    m, precision = data.draw(st.sampled_from(sorted(PROGRAMS))), data.draw(st.sampled_from(PRECISIONS))
    n, steps = data.draw(st.integers(1, 150)), data.draw(st.integers(0, 21))
    first_step, first_trajectory = data.draw(st.integers(0, 9)), data.draw(st.sampled_from([0, 3, 2**32 - 40]))
    shared = data.draw(st.booleans())
    each = kernel(m, precision)
    whole = np.linspace(0.5, 1.5, 2 * n, dtype=each.signature.dtype).reshape(2, n)
    pieces = whole.copy()
    call = {"step": 0.01, "seed": 5, "stream": 2}
    each.advance(whole, [1.5, 0.5], n_steps=steps, first_step=first_step, first_trajectory=first_trajectory, **call)
    values = np.array([1.5, 0.5])
    for left, right in zip(columns := data.draw(cuts(n)), columns[1:], strict=False):
        part = np.ascontiguousarray(pieces[:, left:right])
        for start, end in zip(rows := data.draw(cuts(steps)), rows[1:], strict=False):
            each.advance(
                part,
                values if shared else np.repeat(values[:, None], right - left, axis=1),
                n_steps=end - start,
                first_step=first_step + start,
                first_trajectory=first_trajectory + left,
                threads=data.draw(st.integers(1, 2)),
                **call,
            )
        pieces[:, left:right] = part
    np.testing.assert_array_equal(pieces, whole)


def test_two_threads_change_no_bit_of_a_large_run():
    double_well = stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float32")
    states = [np.ones((1, 5003), np.float32) for _ in range(2)]
    for threads, state in enumerate(states, start=1):
        double_well.advance(state, [1.5, 1.0], step=0.0025, n_steps=203, seed=1, threads=threads)
    assert np.ptp(states[0]) > 0.1
    np.testing.assert_array_equal(states[0], states[1])


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="counts instructions of x86")
def test_a_tangent_and_its_slope_are_computed_together():
    signature = StepSignature(2, 2, 0, "float64")
    slopes = (x, 1 / sp.cosh(x) ** 2)
    kernels = [CpuKernel(program(x - h * sp.tanh(x), y + h * slope, m=0), signature) for slope in slopes]
    alone, both = (kernel.assembly().count("div") for kernel in kernels)
    assert 0 < both == alone


@pytest.mark.every(5)
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="compares x86 processors")
@pytest.mark.skipif(not host().fused, reason="this processor has no fused multiply-add")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m", [1, 3])
def test_a_processor_with_narrower_vectors_gives_the_same_bits(m, precision):
    signature = StepSignature(2, 2, m, precision)
    kernels = [CpuKernel(PROGRAMS[m], signature, Host("haswell", "", 32, True)), kernel(m, precision)]
    assert "zmm" not in kernels[0].assembly()
    states = [np.full((2, 70), 0.8, signature.dtype) for _ in kernels]
    for each, state in zip(kernels, states, strict=True):
        each.advance(state, [1.5, 0.5], step=0.01, n_steps=41, first_step=3, seed=11)
    np.testing.assert_array_equal(states[0], states[1])


def test_a_processor_without_fused_multiply_add_agrees_to_rounding():
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("compiles for an x86 processor")
    signature = StepSignature(2, 2, 2, "float64")
    kernels = [CpuKernel(PROGRAMS[2], signature, Host("x86-64", "", 16, False)), kernel(2, "float64")]
    states = [np.full((2, 20), 0.8) for _ in kernels]
    for each, state in zip(kernels, states, strict=True):
        each.advance(state, [1.5, 0.5], step=0.01, n_steps=41, seed=11)
    np.testing.assert_allclose(*states, rtol=1e-12)


def test_each_trajectory_follows_its_own_parameters():
    double_well = stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float64")
    n = 50
    values = np.stack([np.linspace(0.5, 2, n), np.linspace(0.1, 1, n)])
    together = np.ones((1, n))
    double_well.advance(together, values, step=0.01, n_steps=30, seed=4)
    for j in (0, 17, 49):
        alone = np.ones((1, 1))
        double_well.advance(alone, values[:, j], step=0.01, n_steps=30, seed=4, first_trajectory=j)
        assert alone[0, 0] == together[0, j]


def test_extra_states_keep_a_maximum_and_count_sign_changes():
    position, largest, flips = sp.symbols("position largest flips", real=True)
    new = position + q * z[0]
    update = [new, sp.Max(largest, new), flips + sp.Piecewise((1, new * position < 0), (0, True))]
    walk = step_program(update, state=(position, largest, flips), parameters=(), step=h, root_step=q, normals=z[:1])
    state = np.tile([[0.1], [0.1], [0.0]], (1, 64))
    stepping_kernel(walk, 3, 0, 1, "float64").advance(state, [], step=0.01, n_steps=500, seed=8)
    steps = standard_normals(8, np.arange(64), first_step=0, n_steps=500, width=64)[:, 0]
    paths = np.concatenate([np.full((1, 64), 0.1), 0.1 + np.cumsum(0.1 * steps, axis=0)])
    np.testing.assert_allclose(state[1], paths.max(axis=0), atol=1e-12)
    np.testing.assert_array_equal(state[2], (paths[1:] * paths[:-1] < 0).sum(axis=0))
    assert state[2].max() > 3


def test_divergence_stays_visible_as_nan_in_its_own_trajectory():
    explosive = stepping_kernel(program(x - x**3, m=1), 1, 2, 1, "float32")
    state = np.full((1, 40), 0.5, np.float32)
    state[0, 7], state[0, 11] = 100.0, np.nan
    explosive.advance(state, [1.5, 1.0], step=0.01, n_steps=10, seed=1)
    assert np.flatnonzero(~np.isfinite(state[0])).tolist() == [7, 11]
    assert np.isnan(state[0, [7, 11]]).all()


def test_a_collapse_in_log_coordinates_does_not_underflow():
    logs = stepping_kernel(LOG_DOUBLE_WELL, 1, 2, 1, "float32")
    state = np.zeros((1, 64), np.float32)
    logs.advance(state, [0.1, 4.0], step=0.01, n_steps=20_000, seed=6)
    drift, deviation = (0.1 - 8.0) * 200, 4.0 * math.sqrt(200)
    assert np.abs(state[0] - drift).max() < special.ndtri(1 - FALSE_ALARM / 128) * deviation
    assert state.max() < -1000


# Errors


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 0.0}, {"step": math.nan}, {"n_steps": -1}, {"first_step": -1}, {"seed": -1}, {"seed": 2**64},
        {"stream": 2**32}, {"threads": 0}, {"first_step": 2**34}, {"first_trajectory": 2**64 - 3},
        {"parameters": [1.0]}, {"parameters": np.ones((2, 3))}, {"state": np.ones((1, 5))},
        {"state": np.ones((2, 5), np.float32)},
        {"state": np.ones((5, 1), np.float32).T[:, ::2]}, {"state": [[1.0]]},
    ],
)  # fmt: skip
def test_a_call_outside_the_range_is_refused(wrong):
    call = {"state": np.ones((1, 5), np.float32), "parameters": [1.5, 1.0], "step": 0.01, "n_steps": 1, "seed": 0}
    with pytest.raises(ArgumentError):
        stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float32").advance(**(call | wrong))


@pytest.mark.parametrize(
    "sizes", [(2, 2, 1, "float32"), (1, 1, 1, "float32"), (0, 3, 1, "float32"), (1, 2, 1, "double")]
)
def test_sizes_that_do_not_fit_the_program_are_refused(sizes):
    with pytest.raises(ArgumentError):
        stepping_kernel(DOUBLE_WELL, *sizes)


def test_a_function_without_vector_code_is_named():
    with pytest.raises(UnsupportedFunctionError, match="digamma"):
        stepping_kernel(program(sp.digamma(x), m=0), 1, 2, 0, "float32")


def test_the_same_program_is_compiled_once():
    again = program(x + h * (mu * x - x**3) + q * zeta * x * z[0], m=1)
    assert stepping_kernel(again, 1, 2, 1, "float32") is stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float32")
    assert stepping_kernel(again, 1, 2, 1, "mixed") is not stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float32")


def test_the_order_of_arguments_is_that_of_lower():
    update = [x + h * (mu * x - x**3) + q * zeta * x * z[0]]
    direct = stepping_kernel(lower(update, [x, mu, zeta, h, q, z[0]]), 1, 2, 1, "float64")
    states = [np.ones((1, 20)) for _ in range(2)]
    for each, state in zip((direct, stepping_kernel(DOUBLE_WELL, 1, 2, 1, "float64")), states, strict=True):
        each.advance(state, [1.5, 0.5], step=0.01, n_steps=50, seed=3)
    np.testing.assert_allclose(*states, rtol=1e-12)


def test_without_llvmlite_the_error_names_the_way_on():
    code = (
        "import sys; sys.modules['llvmlite'] = None\n"
        "from numerics.errors import MissingBackendError\n"
        "try:\n    import numerics.kernels.cpu.kernel\n"
        "except MissingBackendError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "llvmlite" in done.stdout and "fall back to NumPy" in done.stdout
