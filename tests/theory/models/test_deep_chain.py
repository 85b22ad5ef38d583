"""From the loss of a deep narrow network to the exponents next to its sets."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp

from theory.decision.zero import ZeroKind
from theory.errors import DimensionError
from theory.gradient_noise import Empirical, Gaussian, Model, NamedMoments, Product
from theory.ito import ItoProcess
from theory.models.deep_chain import deep_chain, gaussian_teacher, label_variance, labels, regression, teacher_slope
from theory.notation import beta, eta
from theory.stability import transverse
from theory.stability.homogeneous import TransverseLinearisation
from theory.stability.invariant_subspaces import blocks
from theory.stability.lyapunov import ExponentRoute, top_exponent
from theory.stability.theorem_4_2 import sufficient_condition
from theory.stability.transverse import linearised_along, transverse_linearisation
from theory.symmetry import AffineSet, is_invariant

NET = deep_chain()
MODEL = regression(NET, gaussian_teacher(NET))
x, y, z = sp.symbols("x y z", real=True)
c, s = sp.symbols("c s", positive=True)
FOOT = {
    name: sp.Rational(value)
    for name, value in zip(NET.weights, ("1/2", "1", "2/3", "3/2", "-1", "2", "3/4", "1"), strict=True)
}
NUMBERS = {teacher_slope: sp.Rational(1, 3), label_variance: sp.Rational(1, 2), eta: sp.Rational(1, 10), beta: 2}


@cache
def flow() -> ItoProcess:
    return MODEL.stochastic_gradient_flow()


BY_DAY = (NET.hidden_neurons[0], NET.hidden_neurons[-1])
"""A neuron of the first and one of the last hidden layer; their neighbours are looked at nightly."""


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "neuron", [pytest.param(n, marks=[] if n in BY_DAY else [pytest.mark.slow]) for n in NET.hidden_neurons]
)
def test_exponents_next_to_a_sign_set_are_signal_against_noise(neuron):
    """By hand: the block of a neuron is the single neuron, with the length of what reads it (or feeds it) as slope."""
    silent = NET.affine_set(NET.sign_constraints(neuron))
    assert is_invariant(silent, MODEL).kind is ZeroKind.ZERO
    found = top_exponent(transverse_linearisation(flow(), silent))
    assert found.route is ExponentRoute.BLOCKS
    slope = silent.restrict(NET.output(sp.Matrix([1]))[0])
    gain = slope - teacher_slope
    other = NET.weight_matrix(3) if neuron[0] == 1 else NET.weight_matrix(1)
    length = sp.sqrt(sum(entry**2 for entry in other))
    noise = eta / beta * (2 * gain**2 + label_variance) * length**2
    values = {**FOOT, **NUMBERS}
    by_hand = max(0, *(float((sign * gain * length - noise / 2).subs(values)) for sign in (1, -1)))
    assert float(found.value.subs(values)) == pytest.approx(by_hand, abs=1e-12)
    assert by_hand > 0


@pytest.mark.slow  # by day: the same exponents where the teacher is not learned
def test_noise_silences_a_neuron_once_the_rest_has_learned_the_teacher():
    silent = NET.affine_set(NET.sign_constraints((1, 2)))
    linear = transverse_linearisation(flow(), silent)
    learned = {teacher_slope: silent.restrict(NET.output(sp.Matrix([1]))[0])}
    rates = sorted(float(top_exponent(b).value.subs(learned).subs({**FOOT, **NUMBERS})) for b in blocks(linear))
    assert rates[0] == pytest.approx(rates[1]) and rates[0] < -1e-3
    assert rates[2] == 0


def test_half_a_sign_set_is_no_invariant_set():
    incoming = AffineSet(NET.weights, list(NET.incoming(1, 2)))
    assert is_invariant(incoming, MODEL).kind is ZeroKind.NONZERO
    assert is_invariant(NET.affine_set(NET.permutation_constraints((2, 1, 2))), MODEL).kind is ZeroKind.ZERO


def test_the_sufficient_condition_never_holds_at_a_sign_set():
    condition = sufficient_condition(transverse_linearisation(flow(), NET.affine_set(NET.sign_constraints((1, 2)))))
    assert condition.in_direction([1, 0, 0]) == sp.false


@pytest.mark.slow
def test_a_root_with_a_slope_gives_the_second_derivative_of_the_diffusion():
    silent = NET.affine_set(NET.sign_constraints((2, 1)))
    linear = transverse_linearisation(flow(), silent)
    N, foot = silent.normal_basis, sp.Matrix([silent.restrict(w) for w in NET.weights])
    numbers = flow().subs(NUMBERS)
    twin = transverse._second_derivative(N.T * numbers.diffusion * N, numbers, foot, N * linear.direction)
    assert (linear.diffusion.subs(NUMBERS) - twin).applyfunc(sp.expand).is_zero_matrix


@pytest.mark.slow
def test_a_chain_with_tanh_has_no_closed_form_and_says_what_to_do():
    net = deep_chain(3, 2, sp.tanh)
    model = regression(net, Empirical([*net.inputs, *labels(net)], [[1, 2], [-1, 1]]))
    linear = transverse_linearisation(model.stochastic_gradient_flow(), net.affine_set(net.sign_constraints((1, 1))))
    with pytest.raises(DimensionError, match="simulated_exponent"):
        top_exponent(linear)
    assert linear.process.noise_dimension == 2


DEGENERATE = {
    "data": Empirical([x, y], [[1, 1], [2, 2]]),
    "singular Gaussian": Gaussian([x, y], [0, 0], [[1, 1], [1, 1]]),
    "moments": NamedMoments([x, y], known={(i, k - i): 1 for k in range(1, 5) for i in range(k + 1)}),
    "product": Product((Empirical([x], [[1]]), Empirical([y], [[1]]))),
}
GENERIC = {
    "data": Empirical([x, y], [[1, 1], [2, 3]]),
    "Gaussian": Gaussian([x, y], [0, 0], [[1, 0], [0, 1]]),
    "moments": NamedMoments([x, y], highest=4),
    "product": Product((Empirical([x], [[1]]), Gaussian([y], [0], [[1]]))),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_equal_inputs_keep_equal_weights_whatever_the_law(name):
    v, w = sp.symbols("v w", real=True)
    diagonal = AffineSet([v, w], [v - w])
    assert is_invariant(diagonal, Model([v, w], (v * x + w * y - 1) ** 2, DEGENERATE[name])).kind is ZeroKind.ZERO


@pytest.mark.parametrize("name", GENERIC)
def test_different_inputs_do_not(name):
    v, w = sp.symbols("v w", real=True)
    diagonal = AffineSet([v, w], [v - w])
    assert is_invariant(diagonal, Model([v, w], (v * x + w * y - 1) ** 2, GENERIC[name])).kind is ZeroKind.NONZERO


@pytest.mark.slow
def test_blocks_of_a_process_are_those_of_it_in_any_other_basis():
    A = sp.Matrix([[c, 1, 0], [0, -1, 2], [0, 0, 3]])
    B = sp.Matrix([[s, 0, 1], [0, 2, 0], [0, 0, 1]])
    turn = sp.Matrix([[1, 2, 0], [0, 1, -1], [1, 0, 1]])
    state = sp.Matrix([x, y, z])
    hidden = ItoProcess([x, y, z], turn * A * turn.inv() * state, turn * B * turn.inv() * state)
    found = top_exponent(transverse_linearisation(hidden)).value
    expected = sp.Max(c - s**2 / 2, -1 - 2, 3 - sp.Rational(1, 2))
    assert sp.expand(found - expected) == 0 or found == expected


def test_an_irreducible_process_is_one_block():
    rotating = ItoProcess([x, y, z], [y, z, x], sp.Matrix([x, 2 * y, -z]))
    assert len(blocks(transverse_linearisation(rotating))) == 1


def test_orthonormal_frames_of_a_set_complete_each_other():
    v, w = sp.symbols("v w", real=True)
    tilted = AffineSet([v, w, z], [v + 2 * w - 3])
    N, T = tilted.normal_basis, tilted.tangent_basis
    assert sp.Matrix.hstack(N, T).T * sp.Matrix.hstack(N, T) == sp.eye(3)
    assert (tilted.normals * tilted.point)[0] == 3


def test_a_dispersion_that_is_no_root_of_the_diffusion_is_refused():
    with pytest.raises(transverse.ShapeError, match="root"):
        TransverseLinearisation([x], [x], [[x**2]], [[2 * x]])


def test_a_moving_point_and_the_process_next_to_it_share_their_noise():
    process = ItoProcess([x, y], [1 - x, -x * y], sp.Matrix([[x], [y * x]]))
    along = linearised_along(process, AffineSet([x, y], [y]))
    assert along.dispersion.shape == (2, 1)
    assert along.dispersion[1] == x * along.state[1]
