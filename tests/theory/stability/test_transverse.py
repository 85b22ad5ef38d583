"""The linearisation next to an affine invariant set, and theorem 4.2 as a condition that can fail."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, MissingParameterError, ShapeError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.notation import t
from theory.stability.homogeneous import TransverseLinearisation
from theory.stability.theorem_4_2 import slack, sufficient_condition
from theory.stability.transverse import InvariantSetError, transverse_linearisation

x, y, z = sp.symbols("x y z", real=True)
c, s, g = sp.symbols("c s g", real=True)
power = sp.Symbol("p", positive=True)

NEURON = ItoProcess([x, y], [c * y, c * x], sp.Matrix([s * y, s * x]))


def linear_process(A: sp.Matrix, *noise: sp.Matrix) -> ItoProcess:
    state = sp.Matrix([x, y])
    return ItoProcess([x, y], A * state, sp.Matrix.hstack(*(B * state for B in noise)))


matrices = st.lists(rationals(), min_size=4, max_size=4).map(lambda e: sp.Matrix(2, 2, e))


@settings(max_examples=examples(5))
@given(matrices, matrices, matrices)
def test_generator_on_a_power_of_the_distance_is_growth_plus_half_the_power_times_radial_noise(A, B, C):
    process = linear_process(A, B, C)
    linear = transverse_linearisation(process)
    f = (x**2 + y**2) ** (power / 2)
    rate = sp.expand(generator(process, f) / (power * f))
    n = sp.Matrix([sp.Rational(3, 5), -sp.Rational(4, 5)])
    expected = linear.along(linear.log_growth + power / 2 * linear.radial_noise, n)
    assert decide_zero(rate.subs({x: n[0], y: n[1]}) - expected).kind is ZeroKind.ZERO
    assert decide_zero(rate.subs({x: n[0], y: n[1]}) - expected - 1).kind is ZeroKind.NONZERO


def test_linearisation_keeps_first_order_terms_only():
    process = ItoProcess([x, y], [c * y + x**2, c * x - x * y], sp.Matrix([s * y + y**2, s * x - x**2]))
    assert transverse_linearisation(process) == transverse_linearisation(NEURON)


def test_linearisation_depends_on_the_point_of_an_oblique_set():
    """On the line x = y with normal (1, -1)/sqrt 2 the rate is that at the point (x, x), in x alone."""
    gap = (x - y) / 2
    process = ItoProcess([x, y], [1 + x * gap, 1 - x * gap], sp.Matrix([[1, s * gap], [1, -s * gap]]))
    linear = transverse_linearisation(process, sp.Matrix([1, -1]) / sp.sqrt(2))
    (n,) = linear.direction
    assert sp.expand(linear.drift[0] - x * n) == 0
    assert linear.diffusion[0] == s**2 * n**2


def test_a_shifted_set_gives_the_same_linearisation_as_the_set_at_the_origin():
    shifted = ItoProcess([x, y], [c * (y - 2), c * (x - 1)], sp.Matrix([s * (y - 2), s * (x - 1)]))
    assert transverse_linearisation(shifted, origin=[1, 2]) == transverse_linearisation(NEURON)


def test_a_dispersion_with_a_kink_on_the_set_has_the_diffusion_of_its_smooth_twin():
    smooth, kinked = (transverse_linearisation(ItoProcess([x], [-x], sp.Matrix([3 * f]))) for f in (x, sp.Abs(x)))
    assert kinked.diffusion == smooth.diffusion != sp.zeros(1)


@pytest.mark.parametrize("cases", [sp.Max(x, -x), sp.Piecewise((2 * x, x > 0), (-x, True)), x * sp.sign(x)])
def test_coefficients_by_cases_are_refused(cases):
    with pytest.raises(UnsupportedFormError, match="by cases"):
        transverse_linearisation(ItoProcess([x], [-x], sp.Matrix([cases])))


def test_square_root_of_the_diffusion_need_not_be_differentiable():
    isotropic = ItoProcess([x, y], [-g * x, -g * y], s * sp.sqrt(x**2 + y**2) * sp.eye(2))
    linear = transverse_linearisation(isotropic)
    first, second = linear.direction
    assert linear.diffusion == sp.ImmutableMatrix(sp.eye(2) * (s**2 * first**2 + s**2 * second**2))


@pytest.mark.parametrize(
    ("process", "arguments", "error"),
    [
        (ItoProcess([x, y], [1, 0], sp.zeros(2, 1)), {}, InvariantSetError),
        (ItoProcess([x, y], [x, y], sp.Matrix([1, 0])), {}, InvariantSetError),
        (ItoProcess([x], [x], sp.Matrix([sp.sqrt(sp.Abs(x))])), {}, UnsupportedFormError),
        (ItoProcess([x], [t * x], sp.Matrix([x])), {}, UnsupportedFormError),
        (ItoProcess([x], [-sp.Function("L")(x).diff(x)], sp.Matrix([x])), {}, UnsupportedFormError),
        (NEURON, {"normal": sp.Matrix([1, 1])}, ShapeError),
        (NEURON, {"normal": sp.Matrix([1, 0, 0])}, ShapeError),
        (NEURON, {"origin": [0, 0, 0]}, ShapeError),
    ],
)
def test_a_set_that_is_left_and_bad_arguments_are_refused(process, arguments, error):
    with pytest.raises(error):
        transverse_linearisation(process, **arguments)


def test_forms_of_the_wrong_degree_are_refused():
    with pytest.raises(UnsupportedFormError, match="degree 2"):
        TransverseLinearisation([x, y], [x, y], sp.eye(2) * x)
    with pytest.raises(ShapeError):
        TransverseLinearisation([x, y], [x], sp.eye(2) * x**2)


@settings(max_examples=examples(6))
@given(matrices, matrices, matrices)
def test_condition_decided_by_roots_agrees_with_a_fine_look_at_the_circle(A, B, C):
    linear = transverse_linearisation(linear_process(A - 2 * sp.eye(2), B, C))
    condition = sufficient_condition(linear)
    angle = np.linspace(0, np.pi, 20001)
    margins = [
        sp.lambdify(list(linear.direction), margin)(np.cos(angle), np.sin(angle)) + 0 * angle
        for margin in (condition.radial_noise, condition.left_side.subs(slack, 0))
    ]
    smallest = min(margin.min() for margin in margins)
    # The entries are quarters up to 5 in size: the grid misses a minimum by less than 1e-3.
    assert smallest > -1e-9 if condition.holds_at() else smallest < 1e-3


def test_condition_holds_for_isotropic_noise_exactly_above_the_sharp_curvature():
    for d, edge in ((1, -sp.Rational(1, 2)), (2, sp.S.Zero)):
        state = (x, y)[:d]
        noise = sp.sqrt(sum(e**2 for e in state)) * sp.eye(d) if d > 1 else sp.Matrix([x])
        condition = sufficient_condition(transverse_linearisation(ItoProcess(state, [-g * e for e in state], noise)))
        offset = sp.Rational(1, 10**9)
        assert [condition.holds_at({g: edge + e}) for e in (-offset, 0, offset)] == [False, False, True]


def test_condition_never_holds_along_a_purely_incoming_weight():
    condition = sufficient_condition(transverse_linearisation(NEURON))
    assert condition.in_direction([1, 0]) == sp.false
    assert not condition.holds_at({c: 0, s: 100})


def test_condition_needs_numbers_and_at_most_two_normal_directions():
    with pytest.raises(MissingParameterError):
        sufficient_condition(transverse_linearisation(NEURON)).holds_at({c: 1})
    cube = ItoProcess([x, y, z], [-x, -y, -z], sp.Matrix([x, y, z]))
    with pytest.raises(DimensionError, match="in_direction"):
        sufficient_condition(transverse_linearisation(cube)).holds_at()
