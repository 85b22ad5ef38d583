"""Compiled kernels give their memory back: the caches are bounded, and machine code goes with its kernel."""

import gc
import linecache
import warnings
import weakref

import numpy as np
import pytest
import sympy as sp

from numerics import simulate
from numerics.codegen.compile import compile_program
from numerics.kernels.kernel import step_program
from numerics.simulation import step_definition
from numerics.simulation.options import Options
from theory.ito import ItoProcess

pytest.importorskip("llvmlite", reason="the fused CPU kernel needs llvmlite")

import llvmlite.binding as llvm  # noqa: E402

from numerics.kernels.cpu import kernel as cpu  # noqa: E402

x, h, q = sp.symbols("x h q", real=True)
LIMIT = 5


def engines() -> int:
    """Execution engines of LLVM that are alive in this process."""
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asking some objects of torch for their class makes them warn
        return sum(isinstance(each, llvm.ExecutionEngine) and not each.closed for each in gc.get_objects())


def compiled(k: int) -> cpu.CpuKernel:
    """A kernel like no other, with its machine code."""
    program = step_program([x - h * x / k], state=[x], parameters=[], step=h, root_step=q, normals=[])
    kernel = cpu.stepping_kernel(program, 1, 0, 0, "float64")
    kernel.code(shared=True)
    return kernel


@pytest.fixture
def small_cache(monkeypatch):
    monkeypatch.setattr(cpu, "KERNELS", LIMIT)
    monkeypatch.setattr(cpu, "_KERNELS", type(cpu._KERNELS)())
    return cpu


def test_machine_code_of_twenty_kernels_is_that_of_the_last_few(small_cache):
    before = engines()
    modules = []
    for k in range(1000, 1020):
        modules.append(weakref.ref(compiled(k).code(shared=True).machine_code.module))
    assert engines() == before + LIMIT == before + len(small_cache._KERNELS)
    assert [m() is not None for m in modules] == [False] * (20 - LIMIT) + [True] * LIMIT


def test_without_the_bound_every_engine_would_stay(small_cache, monkeypatch):
    monkeypatch.setattr(small_cache, "KERNELS", 1000)
    before = engines()
    for k in range(2000, 2010):
        compiled(k)
    assert engines() == before + 10


def test_the_kernel_used_again_stays_and_is_the_same(small_cache):
    favourite = compiled(1)
    for k in range(3000, 3000 + 3 * LIMIT):
        compiled(k)
        assert compiled(1) is favourite
    assert compiled(3000) is not None and len(small_cache._KERNELS) == LIMIT


def test_a_kernel_that_left_the_cache_still_runs_for_its_holder(small_cache):
    held = compiled(2)
    for k in range(4000, 4000 + 2 * LIMIT):
        compiled(k)
    gc.collect()
    state = np.ones((1, 8))
    held.advance(state, [], step=0.5, n_steps=1, seed=1)
    assert (state == 0.75).all()


def test_simulated_processes_fill_a_bounded_cache():
    sizes = [made.cache_info().maxsize for made in (step_definition.kernel, step_definition.evaluator)]
    for size, most in zip(sizes, (64, 256), strict=True):
        assert size is not None and size <= most
    assert cpu.KERNELS <= 64


@pytest.mark.every(3)
@pytest.mark.parametrize("precision", ["float32", "mixed", "float64"])
def test_optimising_a_kernel_used_much_changes_no_bit(small_cache, monkeypatch, precision):
    z = sp.Symbol("z", real=True)
    update = x + h * (sp.Rational(3, 2) * x - x**3) + q * x * z + h * sp.exp(-(x**2))
    program = step_program([update], state=[x], parameters=[], step=h, root_step=q, normals=[z])
    results = []
    for limit in (2**60, 0):
        monkeypatch.setattr(small_cache, "WORTH_OPTIMISING", limit)
        fresh = cpu.CpuKernel(program, cpu.StepSignature(1, 0, 1, precision))
        state = np.full((1, 100), 0.5, fresh.signature.dtype)
        fresh.advance(state, [], step=0.01, n_steps=257, seed=1)
        results.append((state.tobytes(), set(fresh._codes)))
    assert results[0][0] == results[1][0]
    assert (results[0][1], results[1][1]) == ({(True, False)}, {(True, True)})


def test_a_process_simulated_again_is_not_compiled_again(monkeypatch):
    process = ItoProcess.scalar(x, drift=-x / 977, dispersion=1)
    arguments = dict(initial=[0.0], step=0.5, until=1.0, n_paths=8, seed=1, options=Options(backend="cpu"))
    first = simulate(process, **arguments)

    def refuse(*_, **__):
        raise AssertionError("compiled again")

    monkeypatch.setattr(cpu, "compile_ir", refuse)
    assert (simulate(process, **arguments).final == first.final).all()
    with pytest.raises(AssertionError, match="compiled again"):
        simulate(ItoProcess.scalar(x, drift=-x / 983, dispersion=1), **arguments)


def test_the_source_of_a_program_goes_with_it():
    def shown():
        gc.collect()
        return {name for name in linecache.cache if name.startswith("<driftproof")}

    before = shown()
    program = compile_program([x**2 + 5], [x])
    assert len(shown() - before) == 1
    del program
    assert shown() <= before
