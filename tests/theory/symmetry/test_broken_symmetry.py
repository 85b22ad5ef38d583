"""Broken symmetries: the drift of the charge, and its deviation near a minimum, against exact laws and real descent."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.simulation.iterate import iterate
from theory.decision.zero import decide_zero
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.ito import ItoProcess, ito_differential
from theory.notation import eta
from theory.symmetry import AffineGenerator, OneParameterSymmetry
from theory.symmetry.broken_symmetry import breaking_order, charge_deviation, perturbed_flow

u, w, x, y, zeta = sp.symbols("u w x y zeta", real=True)
RESCALING = AffineGenerator([u, w], sp.diag(1, -1))
DATA = Empirical([y], [[0], [2]])
PULL = ((u - 2) ** 2 + (w - sp.Rational(1, 2)) ** 2) / 2
MINIMUM = {u: 2, w: sp.Rational(1, 2)}


def test_the_perturbed_drift_is_that_of_itos_formula_without_noise():
    model = Model([u, w], (u * w - y) ** 2 / 2, DATA)
    flow = perturbed_flow(OneParameterSymmetry(model, RESCALING), zeta * PULL, 1)
    process = model.stochastic_gradient_flow(1)
    pulled = [sp.diff(zeta * PULL, weight) for weight in (u, w)]
    whole = ItoProcess(process.state, process.drift - sp.Matrix(pulled), process.dispersion)
    assert sp.expand(ito_differential(whole, RESCALING.charge).drift - flow.drift) == 0
    assert str(flow.without_noise.kind) == "zero"
    assert sp.diff(flow.drift, zeta) != 0


@pytest.fixture(scope="module")
def pulled():
    return Model([u, w], (u * w - y) ** 2 / 2 + PULL / 2, DATA)


def test_the_fluctuations_alone_balance_the_noise(pulled):
    found = charge_deviation(RESCALING, pulled.mean_loss, pulled.covariance, MINIMUM)
    H = sp.hessian(pulled.mean_loss, [u, w]).subs(MINIMUM)
    balance = (RESCALING.matrix * H * found.covariance).trace()
    assert sp.cancel(balance - found.without_fluctuations) == 0
    displaced = (RESCALING.field.subs(MINIMUM).T * H * found.mean_shift)[0]
    assert sp.cancel(displaced - found.without_fluctuations) != 0


def test_real_descent_deviates_as_the_expansion_says(pulled):
    rate = 0.01
    predicted = float(charge_deviation(RESCALING, pulled.mean_loss, pulled.covariance, MINIMUM).charge_shift)
    run = iterate(
        gradient_descent(pulled, batch_size=1),
        parameters={eta: rate},
        initial=[2.0, 0.5],
        steps=1200,
        n_replicas=20_000,
        seed=3,
    )
    charge = (run.final[:, 0] ** 2 - run.final[:, 1] ** 2) / 2 - (4 - 0.25) / 2
    assert np.mean(charge) / rate == pytest.approx(predicted, rel=0.02)
    assert np.mean(charge) < 0 < -predicted


def test_a_parabola_has_the_law_of_ornstein_and_uhlenbeck():
    h, s = sp.symbols("h s", positive=True)
    found = charge_deviation(AffineGenerator([w], [[1]]), h * (w - 1) ** 2 / 2, sp.Matrix([[s]]), {w: 1})
    assert found.mean_shift == sp.zeros(1, 1)
    assert sp.cancel(found.charge_shift - s / (4 * h)) == 0
    skew = charge_deviation(
        AffineGenerator([w], [[0]], [1]), (w - 1) ** 2 / 2 + h * (w - 1) ** 3, sp.Matrix([[1]]), {w: 1}
    )
    assert sp.cancel(skew.charge_shift + sp.Rational(3, 2) * h) == 0  # Laplace's method for exp(-2 L/T)


def test_what_is_no_minimum_is_refused():
    with pytest.raises(UnsupportedFormError, match="critical"):
        charge_deviation(RESCALING, PULL, sp.eye(2), {u: 0, w: 0})
    with pytest.raises(UnsupportedFormError, match="regular Hessian"):
        charge_deviation(RESCALING, (u * w - 1) ** 2, sp.zeros(2, 2), {u: 1, w: 1})
    with pytest.raises(SymbolError, match="minimum"):
        charge_deviation(RESCALING, PULL, sp.eye(2), {u: 2})
    with pytest.raises(ShapeError, match="noise"):
        charge_deviation(RESCALING, PULL, sp.eye(3), MINIMUM)


def test_small_tanh_networks_break_the_rescaling_two_orders_late():
    tanh = (u * sp.tanh(w * x) - y) ** 2 / 2
    order, coefficient = breaking_order([u, -w], tanh, [u, w]) or (0, sp.S.Zero)
    assert order == 4 and sp.expand(coefficient + sp.Rational(2, 3) * u * w**3 * x**3 * y) == 0
    assert (breaking_order([u, w], tanh, [u, w]) or (0,))[0] == 2
    assert breaking_order([u, -w], (u * w * x - y) ** 2, [u, w], highest=6) is None
    assert str(decide_zero(coefficient).kind) == "nonzero"
