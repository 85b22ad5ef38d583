"""Top Lyapunov exponents: closed forms against Khasminskii's integral, and processes with a known answer."""

from __future__ import annotations

import math

import pytest
import sympy as sp
from scipy import integrate

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.fokker_planck import probability_current
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, ito_differential
from theory.models import two_layer_origin as matrix_modes
from theory.models.two_layer_origin import U, V, ratio
from theory.notation import nu
from theory.stability.lyapunov import (
    ExponentRoute,
    angular_density,
    angular_process,
    constant_growth,
    fourier_coefficients,
    invariant_directions,
    top_exponent,
    varphi,
)
from theory.stability.theorem_4_2 import sufficient_condition
from theory.stability.transverse import transverse_linearisation

x, y, z = sp.symbols("x y z", real=True)
a_1, a_2, omega = sp.symbols("a_1 a_2 omega", real=True)
c, s, tau = sp.symbols("c s tau", positive=True)


def stretched(shear: sp.Expr = sp.S.Zero, turn: sp.Expr = sp.S.Zero):
    """Unequal rates, a symmetric coupling, a rotation; radial noise s and rotating noise tau."""
    drift = [a_1 * x + (shear - turn) * y, (shear + turn) * x + a_2 * y]
    return transverse_linearisation(ItoProcess([x, y], drift, sp.Matrix([[s * x, -tau * y], [s * y, tau * x]])))


def mean_growth(linear, values) -> float:
    """Khasminskii's integral by quadrature over the closed density."""
    growth = linear.along(linear.log_growth, [sp.cos(varphi), sp.sin(varphi)]).subs(values)
    density = angular_density(linear).subs(values)
    weighted, weight = (sp.lambdify(varphi, f, "math") for f in (growth * density, density))
    return integrate.quad(weighted, 0, math.pi, epsabs=1e-12)[0] / integrate.quad(weight, 0, math.pi, epsabs=1e-12)[0]


@pytest.mark.parametrize("shear", [sp.S.Zero, sp.Rational(2, 5)])
def test_von_mises_form_is_the_mean_growth_over_the_stationary_direction(shear):
    linear = stretched(shear)
    found = top_exponent(linear)
    assert found.route is ExponentRoute.VON_MISES
    values = {a_1: sp.Rational(7, 10), a_2: -sp.Rational(3, 10), s: sp.Rational(1, 2), tau: sp.Rational(9, 10)}
    expected = mean_growth(linear, values)
    assert float(found.value.subs(values)) == pytest.approx(expected, abs=1e-11)
    assert float(found.value.subs({**values, tau: 1})) != pytest.approx(expected, abs=1e-3)


def test_direction_is_the_angle_of_the_process_by_ito():
    """The angle atan2(y, x) under Ito's formula, against the angular process, at one exact point."""
    A, B, C = sp.Matrix([[1, 2], [-1, 3]]), sp.Matrix([[0, 1], [2, -1]]), sp.Matrix([[1, 1], [0, 2]])
    state = sp.Matrix([x, y])
    process = ItoProcess([x, y], A * state, sp.Matrix.hstack(B * state, C * state))
    differential = ito_differential(process, sp.atan(y / x))
    angular = angular_process(transverse_linearisation(process))
    point, angle = {x: 3, y: 4}, sp.atan(sp.Rational(4, 3))
    variance = sp.Add(*(e**2 for e in differential.dispersion))
    for by_ito, ours in (
        (differential.drift, angular.drift[0]),
        (variance, angular.diffusion[0]),
    ):
        assert abs(sp.N(by_ito.subs(point) - ours.subs(varphi, angle), 30)) < 1e-25


def test_reversible_density_carries_no_current_and_a_rotating_one_a_constant_current():
    still = stretched()
    (current,) = probability_current(angular_process(still), angular_density(still))
    assert decide_zero(current).kind is ZeroKind.ZERO
    turning = stretched(turn=omega)
    assert top_exponent(turning).route is ExponentRoute.INTEGRAL
    (current,) = probability_current(angular_process(turning), angular_density(turning).doit(deep=False))
    values = {a_1: 1, a_2: -1, s: 1, tau: 1, omega: sp.Rational(1, 2)}
    currents = [sp.N(current.subs(values).subs(varphi, angle), 15) for angle in (sp.Rational(1, 5), 1)]
    assert abs(currents[0]) > 1e-3
    assert abs(currents[0] - currents[1]) < 1e-10


def test_exponent_of_commuting_noise_is_the_larger_of_two_growth_rates():
    neuron = transverse_linearisation(ItoProcess([x, y], [c * y, c * x], sp.Matrix([s * y, s * x])))
    assert {tuple(v) for v in invariant_directions(neuron)} == {(1, 1), (1, -1)}
    assert sp.expand(top_exponent(neuron).value - (c - s**2 / 2)) == 0


def test_exponent_can_be_negative_where_the_sufficient_condition_fails():
    values = {a_1: sp.Rational(1, 2), a_2: -sp.Rational(3, 2), s: 1, tau: 1}
    linear = stretched()
    assert not sufficient_condition(linear).holds_at(values)
    assert float(top_exponent(linear).value.subs(values)) == pytest.approx(
        -0.5 + 1.266065877752008**-1 * 0.565159103992485
    )


def test_isotropic_growth_is_constant_in_any_dimension_and_unequal_growth_is_not():
    cube = ItoProcess([x, y, z], [-x, -y, -z], s * sp.sqrt(x**2 + y**2 + z**2) * sp.eye(3))
    assert sp.expand(constant_growth(transverse_linearisation(cube)) - (s**2 / 2 - 1)) == 0
    assert constant_growth(stretched()) is None
    assert top_exponent(transverse_linearisation(ItoProcess([x], [c * x], sp.Matrix([s * x])))).value == c - s**2 / 2


def test_what_no_formula_covers_is_refused():
    cube = ItoProcess([x, y, z], [y - x, z - 2 * y, x], sp.Matrix([x, y, 2 * z]))
    with pytest.raises(DimensionError, match="simulated_exponent"):
        top_exponent(transverse_linearisation(cube))
    shear = ItoProcess([x, y], [y, x], sp.Matrix([x, 0]))  # noise vanishes at (0, 1), where the drift turns
    with pytest.raises(UnsupportedFormError, match="vanishes"):
        top_exponent(transverse_linearisation(shear))
    focus = ItoProcess([x, y], [-y, x], sp.Matrix([x, y]))
    assert top_exponent(transverse_linearisation(focus)).value == -sp.Rational(1, 2)


def test_fourier_coefficients_give_back_the_form():
    linear = stretched(shear=sp.S.One, turn=omega)
    for form in (linear.log_growth, linear.radial_noise):
        modes = fourier_coefficients(form, linear)
        at_angle = sum(coefficient * sp.exp(2 * sp.I * k * varphi) for k, coefficient in modes.items())
        difference = at_angle - linear.along(form, [sp.cos(varphi), sp.sin(varphi)])
        assert abs(sp.N(difference.subs({varphi: 0.7, a_1: 1, a_2: 2, s: 3, tau: 4, omega: 5}), 20)) < 1e-12


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (3, 2)])
def test_squared_norms_of_the_layers_are_a_process_of_their_own(n, m):
    network, norms = matrix_modes.network_process(n, m), matrix_modes.norms_process(n, m)
    u, v = network.state[:n], network.state[n:]
    squares = {U: sum(e**2 for e in u), V: sum(e**2 for e in v)}
    rows = [ito_differential(network, squares[w]) for w in (U, V)]
    for i, row in enumerate(rows):
        assert sp.expand(row.drift - norms.drift[i].subs(squares)) == 0
        for j, other in enumerate(rows):
            covariation = (row.dispersion * other.dispersion.T)[0]
            assert sp.expand(covariation - norms.diffusion[i, j].subs(squares)) == 0


def test_ratio_of_unequal_layers_has_the_stated_density():
    (current,) = probability_current(matrix_modes.ratio_process(), matrix_modes.ratio_density())
    assert decide_zero(current / matrix_modes.ratio_density()).kind is ZeroKind.ZERO
    wrong = matrix_modes.ratio_density() * sp.exp(-ratio / 2)
    (current,) = probability_current(matrix_modes.ratio_process(), wrong)
    assert decide_zero(current / wrong).kind is ZeroKind.NONZERO


def test_growth_of_all_weights_and_of_the_difference_differ_by_a_generator():
    """So their means over the stationary ratio agree: the growth used is that of the log-norm."""
    r = sp.Symbol("r", positive=True)
    growth = ito_differential(matrix_modes.norms_process(), sp.log(U + V) / 2).drift
    at_ratio = growth.subs({U: r * (1 + ratio), V: r * ratio}, simultaneous=True)
    exact = generator(matrix_modes.ratio_process(), sp.log(1 + 2 * ratio) / 2)
    assert decide_zero(at_ratio - matrix_modes.growth_at_ratio() - exact).kind is ZeroKind.ZERO


@pytest.mark.every(2)
@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 1), (5, 3), (6, 2), (9, 4), (20, 1)])
def test_closed_exponent_is_the_mean_growth_over_the_stationary_ratio(n, m):
    growth, density = matrix_modes.growth_at_ratio(n, m).subs(nu, 1), matrix_modes.ratio_density(n, m)
    # In the square root of the ratio the density has no singularity.
    root = sp.Symbol("h", positive=True)
    weighted, weight = (sp.lambdify(root, (f * 2 * root).subs(ratio, root**2)) for f in (growth * density, density))
    expected = integrate.quad(weighted, 0, 12, epsabs=1e-13)[0] / integrate.quad(weight, 0, 12, epsabs=1e-13)[0]
    found = sp.expand(matrix_modes.top_exponent_of_two_layers(n, m).subs(nu, 1) + 1)
    assert float(found) - 1 == pytest.approx(expected, abs=1e-9)
    assert matrix_modes.top_exponent_of_two_layers(n, m) == matrix_modes.top_exponent_of_two_layers(m, n)


def test_exponent_of_equal_layers_continues_that_of_unequal_ones():
    """As a function of the gap, the closed form tends to nu (m/2 - 1) for gap to 0."""
    limit = matrix_modes.exponent_of_unequal_layers().subs({nu: 1, matrix_modes.width_out: 3})
    near = limit.subs(matrix_modes.gap, sp.Rational(1, 10**8))
    assert float(sp.N(near, 20)) == pytest.approx(
        float(matrix_modes.top_exponent_of_two_layers(3, 3).subs(nu, 1)), abs=1e-6
    )


def test_widths_must_be_positive_integers():
    for widths in ((0, 1), (1, 2.5), (True, 1)):
        with pytest.raises(SymbolError):
            matrix_modes.top_exponent_of_two_layers(*widths)


def test_symbols_that_leave_an_invariant_direction_open_are_refused():
    b_1, b_2 = sp.symbols("b_1 b_2", real=True)
    open_case = ItoProcess([x, y], [b_1 * y, b_2 * x], sp.Matrix([s * x, s * y]))
    with pytest.raises(UnsupportedFormError):
        top_exponent(transverse_linearisation(open_case))
    decided = transverse_linearisation(open_case.subs({b_1: 4, b_2: 1}))
    assert sp.expand(top_exponent(decided).value - (2 - s**2 / 2)) == 0
