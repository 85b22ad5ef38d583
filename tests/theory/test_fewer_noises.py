"""The same law with fewer Brownian motions: the same diffusion, and digits that survive at the invariant set."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen import compile_program
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.fewer_noises import with_fewer_noises, with_parallel_noises_joined
from theory.ito import ItoProcess
from theory.models.single_neuron import SingleNeuron, w_1, w_2
from theory.notation import eta, zeta

x, y = sp.symbols("x y", real=True)
DATA = ([sp.Rational(3, 2), sp.Rational(-2, 5), sp.Rational(7, 10)], [1, sp.Rational(-1, 2), sp.Rational(1, 3)])
DEPTHS = [10.0**-k for k in (0, 1, 2, 4, 8, 16, 60, 150)]


@pytest.fixture(scope="module")
def flow():
    return SingleNeuron(*DATA, sp.tanh).flow(sp.sqrt(3))


@pytest.fixture(scope="module")
def reduced(flow):
    return with_fewer_noises(flow, near={w_1: 0, w_2: 0})


POINTS = [("0.3", "0.5"), ("-1.2", "0.4"), ("2.5", "-3"), ("1e-5", "2e-5"), ("-1e-40", "3e-40")]


def _diffusion(process, point):
    """The diffusion matrix with 400 digits."""
    with mpmath.workdps(400):
        dispersion = sp.lambdify([w_1, w_2, eta, zeta], process.dispersion, "mpmath")
        sigma = mpmath.matrix(dispersion(*map(mpmath.mpf, (*point, "0.7", "1.3"))))
        return sigma * sigma.T


@pytest.mark.every(5)
@pytest.mark.parametrize("point", POINTS)
def test_the_diffusion_is_the_same(flow, reduced, point):
    with mpmath.workdps(400):
        expected, found = _diffusion(flow, point), _diffusion(reduced, point)
        assert mpmath.norm(found - expected) < mpmath.norm(expected) * mpmath.mpf(10) ** -390
        # The determinant is of the sixth order near 0: it would show a wrong entry across.
        ratio = mpmath.det(found) / mpmath.det(expected)
        assert abs(ratio - 1) < 1e-20
        found[0, 1] *= 1.01
        assert mpmath.norm(found - expected) > mpmath.norm(expected) * mpmath.mpf(10) ** -4
    assert reduced.noise_dimension == 2 and reduced.drift == flow.drift


def test_the_diffusion_is_the_same_for_arbitrary_entries():
    entries = sp.symbols("a:f", real=True)
    process = ItoProcess([x, y], [0, 0], sp.Matrix(2, 3, entries))
    for entry in process.diffusion - with_fewer_noises(process).diffusion:
        values = dict(zip(entries, map(sp.Rational, ("1/3", "-2", "5/7", "4", "1/9", "-3/2")), strict=True))
        assert sp.simplify(entry.subs(values)) == 0


def _worst_error(process, reference, depth, compiled=compile_program):
    """Error of the dispersion in float64 against 400 digits, relative to its largest entry."""
    arguments = [w_1, w_2, eta, zeta]
    point = (0.7 * depth, -1.3 * depth, 2.0, 1.0)
    computed = compiled(list(process.dispersion), arguments)(*map(np.float64, point))
    with mpmath.workdps(400):
        exact = sp.lambdify(arguments, list(reference.dispersion), "mpmath")(*map(mpmath.mpf, point))
        worst = max(abs(mpmath.mpf(float(c)) - e) for c, e in zip(computed, exact, strict=True))
        return float(worst / max(map(abs, exact)))


def _as_written(expressions, arguments):
    return sp.lambdify(arguments, expressions, "numpy")


@pytest.mark.every(8)
@pytest.mark.parametrize("depth", DEPTHS)
def test_the_factor_keeps_its_digits_down_to_the_origin(reduced, depth):
    assert _worst_error(reduced, reduced, depth) < 1e-15


def test_without_the_point_the_noise_across_is_wrong_near_the_origin_as_it_is_written(flow, reduced):
    plain = with_fewer_noises(flow)
    assert _worst_error(plain, reduced, 1.0, _as_written) < 1e-13
    assert max(_worst_error(plain, reduced, depth, _as_written) for depth in (1e-3, 1e-4, 1e-5, 1e-8)) > 1e-10


def test_code_generation_keeps_its_digits_without_the_point(flow, reduced):
    plain = with_fewer_noises(flow)
    assert max(_worst_error(plain, reduced, depth) for depth in (1e-3, 1e-4, 1e-5, 1e-8)) < 1e-15


def test_a_vanishing_common_factor_leaves_no_quotient_of_zeros(reduced):
    arguments = [w_1, w_2, eta, zeta]
    on_axis = compile_program(list(reduced.dispersion), arguments)(*map(np.float64, (0.3, 0.0, 2.0, 1.0)))
    assert np.isfinite(on_axis).all() and on_axis[0] == 0 and on_axis[2] > 0


def test_parallel_rows_give_a_real_factor():
    process = ItoProcess([x, y], [0, 0], sp.Matrix([[x, 2 * x, 2 * x], [y, 2 * y, 2 * y]]))
    factor = with_fewer_noises(process).dispersion
    assert factor[1, 1] == 0 and factor[0, 0] ** 2 == 9 * x**2


def test_one_coordinate_needs_one_noise():
    process = ItoProcess([x], [0], sp.Matrix([[3 * x, 4 * x]]))
    assert with_fewer_noises(process).dispersion == sp.Matrix([[5 * x]])


def test_a_row_without_noise_stays_without_noise():
    process = ItoProcess([x, y], [0, 0], sp.Matrix([[0, 0, 0], [3, 4, 0]]))
    assert with_fewer_noises(process).diffusion == process.diffusion


def test_a_process_with_few_noises_is_returned_as_it_is():
    process = ItoProcess([x, y], [0, 0], sp.Matrix([[1, x], [0, y]]))
    assert with_fewer_noises(process) is process


def test_what_cannot_be_reduced_is_refused():
    three = sp.symbols("a b c", real=True)
    with pytest.raises(DimensionError, match="Cholesky"):
        with_fewer_noises(ItoProcess(three, [0, 0, 0], sp.ones(3, 4)))
    process = ItoProcess([x, y], [0, 0], sp.Matrix([[1, 2, 3], [x, y, x]]))
    with pytest.raises(SymbolError, match="every coordinate"):
        with_fewer_noises(process, near={x: 0})
    with pytest.raises(UnsupportedFormError, match="parallel"):
        with_fewer_noises(process, near={x: 0, y: 0})


def test_parallel_noises_are_joined_and_the_diffusion_stays():
    x, y = sp.symbols("x y", real=True)
    k = sp.Symbol("k", positive=True)
    columns = sp.Matrix([[3 * x, -4 * x, 0, x * y, k * x], [3 * y, -4 * y, 0, x, k * y]])
    process = ItoProcess([x, y], [-x, -y], columns)
    joined = with_parallel_noises_joined(process)
    assert joined.noise_dimension == 2
    assert (joined.diffusion - process.diffusion).expand() == sp.zeros(2, 2)


def test_without_any_noise_one_column_of_zeros_is_left():
    x = sp.Symbol("x", real=True)
    assert with_parallel_noises_joined(ItoProcess([x], [-x], [[0, 0]])).dispersion == sp.zeros(1, 1)
