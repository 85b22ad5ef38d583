"""A look-up gives the entry at the floor of its index, NaN outside, on every backend and in both compiled forms."""

import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import BACKENDS, compile_program
from numerics.codegen.lower import lower
from numerics.codegen.program import Instruction, Program
from numerics.errors import NumericsError
from numerics.kernels.kernel import PRECISIONS, step_program
from theory.discrete.draws import DistinctIndex, Lookup

x, y, a, b = sp.symbols("x y a b", real=True)
h, q = sp.symbols("h q", positive=True)

SIZES = (1, 2, 3, 7, 8, 9, 40)
"""Selected up to 8, gathered beyond; powers of two and their neighbours."""


def table(n):
    """Distinct entries that no rounding moves."""
    return [sp.Rational((7 * i) % 41 - 13, 4) for i in range(n)]


def indices(n):
    """Every cell, its ends, and what lies outside."""
    edges = [value for i in range(n) for value in (i, i + 0.5, np.nextafter(np.float32(i + 1), np.float32(0)))]
    return np.array([*edges, -0.0, -1e-7, -1, n, n + 0.5, 3e9, -3e9, 1e30, np.inf, -np.inf, np.nan])


def expected(n, entries):
    """By hand."""
    places = indices(n)
    return [float(entries[int(p)]) if 0 <= p < n else np.nan for p in places]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n", SIZES)
def test_printed_backends_find_the_entry(n, backend):
    if backend == "torch":
        pytest.importorskip("torch")
    of_numbers, of_symbols = Lookup(x, *table(n)), Lookup(x, *table(n)[:-1], a)
    found = compile_program([of_numbers, of_symbols], [x, a], backend=backend)(indices(n), 1.75)
    for values, entries in zip(found, (table(n), [*table(n)[:-1], 1.75]), strict=True):
        np.testing.assert_array_equal(np.asarray(values, dtype=float), expected(n, entries))


@pytest.mark.every(3)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("n", SIZES)
def test_the_compiled_kernel_finds_the_entry(n, precision):
    cpu = pytest.importorskip("numerics.kernels.cpu.kernel", reason="the fused CPU kernel needs llvmlite")
    update = [Lookup(x, *table(n)), Lookup(x, *table(n)[:-1], a)]
    program = step_program(update, state=[x, y], parameters=[a], step=h, root_step=q, normals=[])
    kernel = cpu.stepping_kernel(program, 2, 1, 0, precision)
    state = np.stack([indices(n), np.zeros(len(indices(n)))]).astype(kernel.signature.dtype)
    kernel.advance(state, [1.75], step=1, n_steps=1, seed=1)
    np.testing.assert_array_equal(state[0], expected(n, table(n)))
    np.testing.assert_array_equal(state[1], expected(n, [*table(n)[:-1], 1.75]))


def test_single_precision_stays_single():
    found = compile_program([Lookup(x, 0.1, 0.2)], [x])(np.array([0, 1], np.float32))[0]
    assert found.dtype == np.float32 and np.array_equal(found, np.array([0.1, 0.2], np.float32))


def test_the_floor_of_an_index_costs_nothing():
    program = lower([Lookup(sp.floor(3 * x), 1, 2, 3)], [x])
    assert [entry.op for entry in program.instructions if entry.op != "constant"] == ["argument", "multiply", "lookup"]


def test_members_of_a_batch_are_computed_once():
    u = sp.symbols("u0:6", real=True)
    program = lower([DistinctIndex(9, 6, *u[: b + 1]) for b in range(6)], u)
    count = [entry.op for entry in program.instructions].count
    assert (count("floor"), count("equal"), count("select")) == (6, 15, 5)


@pytest.mark.parametrize("operands", [(0,), (), (0, 1)], ids=str)
def test_a_look_up_without_entries_or_of_a_condition_is_refused(operands):
    earlier = (Instruction("argument", value=0), Instruction("less", (0, 0)))
    with pytest.raises(NumericsError, match="any number of real"):
        Program(("x",), (*earlier, Instruction("lookup", operands)), (0,))
