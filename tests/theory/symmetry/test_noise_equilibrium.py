"""Theorem 1 with sharp conditions: the potential of an orbit is convex, and where it is least is decided."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from numerics.deterministic.orbit_minimum import orbit_minimum
from numerics.errors import ArgumentError
from numerics.simulation.iterate import iterate
from numerics.statistics.estimators import Moments
from tests.examples import examples
from tests.numerics.seeding import seed_of
from theory.decision.zero import decide_zero
from theory.errors import MissingParameterError, SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.symmetry import (
    AffineGenerator,
    EquilibriumKind,
    OneParameterSymmetry,
    OrbitPotential,
    noether_flow,
)
from theory.symmetry.noise_equilibrium import equilibrium_charge, noise_equilibrium, relaxation_rate
from theory.symmetry.orbit_potential import eigenspaces, orbit_potential

u, w, x, y = sp.symbols("u w x y", real=True)
T, decay = sp.symbols("T lambda", positive=True)
RESCALING = AffineGenerator([u, w], sp.diag(1, -1))
MODEL = Model([u, w], (u * w * x - y) ** 2 / 2, Empirical([x, y], [[1, 2], [-1, 1], [2, 0]]))


def at(expression, u_value, w_value):
    return expression.subs({u: u_value, w: w_value})


def test_the_slope_of_the_potential_is_the_drift_of_the_charge_everywhere_on_the_orbit():
    flow = noether_flow(OneParameterSymmetry(MODEL, RESCALING), 1, weight_decay=decay)
    potential = orbit_potential(RESCALING, [2, 3], at(MODEL.covariance, 2, 3), temperature=T, weight_decay=decay)
    (s,), (drift,) = potential.parameters, potential.charge_drifts
    moved = {u: 2 * sp.exp(s), w: 3 * sp.exp(-s)}
    eta = next(symbol for symbol in flow.drift.free_symbols if symbol.name == "eta")
    along = flow.drift.subs(eta, T).subs(moved, simultaneous=True)
    assert str(decide_zero(along - drift).kind) == "zero"
    assert str(decide_zero(along - drift.subs(decay, 2 * decay)).kind) == "nonzero"


def test_the_closed_form_of_a_rescaling_is_that_of_the_catalogue():
    a, b, p, q = sp.symbols("a b p q", positive=True)
    noise = sp.Matrix([[p * b**2, p * a * b], [p * a * b, p * a**2]])
    found = noise_equilibrium(orbit_potential(RESCALING, [a, b], noise, temperature=T, weight_decay=decay))
    assert found.kind is EquilibriumKind.FINITE and found.is_unique
    expected = sp.log((T * p * b**2 + 2 * decay * b**2) / (T * p * a**2 + 2 * decay * a**2)) / 4
    assert str(decide_zero(found.closed_form - expected).kind) in ("zero", "certified")


def test_scale_invariance_goes_to_infinity_without_decay_and_to_a_radius_with_it():
    scale = AffineGenerator([u, w], sp.eye(2))
    noise = sp.Matrix([[4, -2], [-2, 1]])
    free = noise_equilibrium(orbit_potential(scale, [1, 2], noise, temperature=T))
    assert (free.kind, free.closed_form) == (EquilibriumKind.INFINITE, sp.oo)
    held = noise_equilibrium(orbit_potential(scale, [1, 2], noise, temperature=T, weight_decay=decay))
    assert str(decide_zero(held.closed_form - sp.log(T * 5 / (2 * decay * 5)) / 4).kind) == "zero"
    assert held.closed_form is not None
    radius = sp.Rational(1, 2) * 5 * sp.exp(2 * held.closed_form)
    trace = 5 * sp.exp(-2 * held.closed_form)
    assert str(decide_zero(radius - equilibrium_charge(trace, temperature=T, weight_decay=decay)).kind) == "zero"


def test_decay_alone_goes_to_the_other_end_and_interpolation_stays_anywhere():
    scale = AffineGenerator([u, w], sp.eye(2))
    nothing = sp.zeros(2, 2)
    assert (
        noise_equilibrium(orbit_potential(scale, [1, 2], nothing, temperature=T, weight_decay=1)).closed_form == -sp.oo
    )
    everywhere = noise_equilibrium(orbit_potential(RESCALING, [1, 2], nothing, temperature=T))
    assert everywhere.kind is EquilibriumKind.EVERYWHERE and not everywhere.is_unique
    balanced = noise_equilibrium(orbit_potential(RESCALING, [1, 2], nothing, temperature=T, weight_decay=1))
    assert balanced.kind is EquilibriumKind.FINITE  # weight decay alone balances the layers


def test_trace_and_charge_may_vanish_and_the_zero_still_be_unique():
    noise = sp.Matrix([[1, 1], [1, 1]])
    found = noise_equilibrium(orbit_potential(RESCALING, [1, 1], noise, temperature=T))
    assert found.is_unique and found.closed_form == 0  # tr(Sigma A) = 0 = Q there


def test_negative_decay_is_refused_and_would_have_no_zero():
    with pytest.raises(SymbolError, match="weight_decay"):
        orbit_potential(RESCALING, [1, 1], sp.zeros(2, 2), temperature=1, weight_decay=-1)
    with pytest.raises(SymbolError, match="positive coefficient"):
        OrbitPotential({(2,): -1, (-2,): 1})
    s = sp.Symbol("s", real=True)
    drift = 2 * sp.exp(2 * s) + sp.exp(-2 * s)  # A = 1, decay -2: the drift of the catalogue's near miss
    assert sp.solveset(drift, s, sp.Reals) == sp.S.EmptySet


spectra = st.dictionaries(
    st.tuples(st.integers(-4, 4).filter(bool)), st.integers(1, 50).map(sp.Integer), min_size=1, max_size=5
)


@settings(max_examples=examples(15), deadline=None)
@given(spectra, st.integers(-8, 8))
def test_the_drift_falls_and_has_the_sign_of_the_distance_to_its_zero(terms, eighths):
    potential = OrbitPotential(terms)
    found = noise_equilibrium(potential)
    rates = [rate[0] for rate in terms]
    assert (found.kind is EquilibriumKind.FINITE) == (min(rates) < 0 < max(rates))
    (s,), (drift,) = potential.parameters, potential.charge_drifts
    points = sorted([Fraction(eighths, 8), Fraction(eighths, 8) + Fraction(1, 3)])
    low, high = (float(drift.subs(s, sp.Rational(p.numerator, p.denominator))) for p in points)
    assert low > high
    if found.kind is EquilibriumKind.FINITE:
        left, right = found.enclosure(9)
        assert right - left <= Fraction(1, 10**9)
        assert float(drift.subs(s, sp.Rational(left.numerator, left.denominator))) > -1e-9
        assert float(orbit_minimum(potential).point[0]) == pytest.approx(float(left), abs=3e-9)
        if found.closed_form is not None:
            assert left - Fraction(1, 10**9) < Fraction(float(found.closed_form)) < right + Fraction(1, 10**9)
    else:
        assert found.closed_form == (sp.oo if rates[0] < 0 else -sp.oo)


def test_the_equilibrium_moves_against_the_orbit():
    moved = {rate: a * sp.exp(rate[0] * sp.log(2)) for rate, a in {(2,): sp.Integer(3), (-2,): sp.Integer(5)}.items()}
    here = noise_equilibrium(OrbitPotential({(2,): 3, (-2,): 5})).closed_form
    there = noise_equilibrium(OrbitPotential(moved)).closed_form
    assert str(decide_zero(here - sp.log(2) - there).kind) in ("zero", "certified")


def test_several_charges_rest_together_where_the_rates_hold_each_other():
    a, b, c = sp.symbols("a b c", real=True)
    first, second = AffineGenerator([a, b, c], sp.diag(1, -1, 0)), AffineGenerator([a, b, c], sp.diag(0, 1, -1))
    r = sp.Integer(3)
    gradient = r * sp.Matrix([2 * 5, 1 * 5, 1 * 2])  # of l(abc) at a, b, c = 1, 2, 5
    potential = orbit_potential([first, second], [1, 2, 5], gradient * gradient.T, temperature=1, weight_decay=1)
    found = noise_equilibrium(potential)
    assert found.kind is EquilibriumKind.FINITE and found.is_unique
    assert all(p > 0 for p in found.weights) and sum(found.weights) == 1
    minimum = orbit_minimum(potential)
    carried = np.array([1, 2, 5]) * np.exp([[1, 0], [-1, 1], [0, -1]] @ minimum.point)
    assert np.allclose(carried, 10 ** (1 / 3))  # all layers alike
    assert minimum.slope < 1e-10 and minimum.curvature[0] > 0

    falling = noise_equilibrium(OrbitPotential({(1, 0): 1, (-1, 0): 1, (0, -1): 1}))
    assert falling.kind is EquilibriumKind.INFINITE and falling.direction[0] == 0 < falling.direction[1]
    with pytest.raises(ArgumentError, match="for ever"):
        orbit_minimum(falling.potential)
    flat = noise_equilibrium(OrbitPotential({(1, -1): 1, (-1, 1): 2}))
    assert flat.kind is EquilibriumKind.FINITE and not flat.is_unique


def test_with_a_shift_and_decay_of_the_raw_weights_there_can_be_two_equilibria():
    shifted = AffineGenerator([u, w], sp.diag(1, -1), [1, -1])
    with pytest.raises(UnsupportedFormError, match="not convex"):
        orbit_potential(shifted, [1, 1], sp.zeros(2, 2), temperature=1, weight_decay=1)
    s = sp.Symbol("s", real=True)
    norm = (sp.exp(s) / 5 - 1) ** 2 + (sp.exp(-s) / 5 - 1) ** 2  # (1 + u)(1 + w) = 1/25
    assert sp.diff(norm, s, 2).subs(s, 0) < 0 == sp.diff(norm, s).subs(s, 0)
    slopes = [sp.diff(norm, s).subs(s, p).evalf() for p in (-2, -1, 1, 2)]
    assert [value > 0 for value in slopes] == [False, True, False, True]


@pytest.mark.every(3)
@pytest.mark.parametrize("start", [(2.0, 0.5, 0.25), (0.5, 2.0, 1.0), (1.0, -1.0, 1.0)], ids=str)
def test_real_descent_balances_its_noise_from_every_start(start):
    a, b, c, d = sp.symbols("a b c d", real=True)
    points = [[1, 1, 2.5], [1, 1, 0.5], [1, -1, 1.5], [1, -1, -0.5]]
    model = Model([a, b, c], (a * (b * x + c * y) - d) ** 2 / 2, Empirical([x, y, d], points))
    eta = sp.Symbol("eta", positive=True)
    run = iterate(
        gradient_descent(model, learning_rate=eta, batch_size=1),
        parameters={eta: 0.05},
        initial=start,
        steps=4_000,
        n_replicas=1_000,
        seed=seed_of("balanced noise", start),
    )
    second = model.covariance + model.gradient * model.gradient.T
    form = sp.lambdify([a, b, c], (second * sp.diag(1, -1, -1)).trace())  # E of twice the change per eta**2
    values = form(*run.final.T)
    assert Moments.from_samples(values).mean_estimate.agrees_with(0.0, false_alarm=1e-6)
    assert abs(form(*start)) > 20 * np.abs(values.mean())
    product = run.final[:, 0] * run.final[:, 1]
    assert not Moments.from_samples(product).mean_estimate.agrees_with(0.0, false_alarm=1e-6)


def test_the_frozen_rate_is_that_of_two_vectors_and_needs_a_point():
    a, v = sp.symbols("a v", positive=True)
    noise = v * sp.Matrix([[a**2, a**2], [a**2, a**2]])
    found = noise_equilibrium(orbit_potential(RESCALING, [a, a], noise, temperature=T))
    assert sp.cancel(relaxation_rate(found, 2 * a**2) - T * v) == 0
    with pytest.raises(UnsupportedFormError, match="at infinity"):
        relaxation_rate(noise_equilibrium(OrbitPotential({(2,): 1})), 1)


def test_a_point_or_a_noise_that_does_not_belong_to_the_symmetry_is_refused():
    scale = AffineGenerator([u, w], sp.diag(1, 0))
    with pytest.raises(UnsupportedFormError, match="batch norm"):
        orbit_potential(scale, [0, 3], sp.zeros(2, 2), temperature=1)
    with pytest.raises(UnsupportedFormError, match="vanishes"):
        orbit_potential(RESCALING, [1, 1], sp.eye(2), temperature=1)
    turn = AffineGenerator([u, w], [[0, 1], [1, 0]])
    with pytest.raises(UnsupportedFormError, match="commute"):
        orbit_potential([RESCALING, turn], [1, 1], sp.zeros(2, 2), temperature=1)
    with pytest.raises(MissingParameterError, match="T"):
        noise_equilibrium(OrbitPotential({(1,): T, (-1,): 1})).enclosure()


def test_eigenspaces_of_a_dense_generator_give_the_potential_of_its_diagonal_form():
    turn = sp.Matrix([[0, 1], [1, 0]])
    noise = sp.Matrix([[1, -1], [-1, 1]])  # orthogonal to (1, 1) = A (1, 1)
    dense = orbit_potential(AffineGenerator([u, w], turn), [1, 1], noise, temperature=4, weight_decay=2)
    assert dense.terms == {(2,): 4}  # the noise, along the eigenvalue -1, has the rate 2 as well
    assert sum((projector for _, projector in eigenspaces([turn])), sp.zeros(2, 2)) == sp.eye(2)
