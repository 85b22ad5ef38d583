"""Several charges at once under real SGD, in batches of two and with weight decay: where all of them come to rest."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import sympy as sp

from numerics.deterministic.orbit_minimum import orbit_minimum
from numerics.simulation.iterate import iterate
from numerics.statistics.estimators import Moments
from tests.numerics.seeding import seed_of
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.notation import eta
from theory.symmetry import AffineGenerator, find_affine_symmetries
from theory.symmetry.orbit_potential import orbit_potential

BATCH, RATE = 2, sp.Rational(1, 50)
FALSE_ALARM = 1e-6

WEIGHTS = a_1, a_2, b, c_1, c_2 = sp.symbols("a_1 a_2 b c_1 c_2", real=True)
DECAY = sp.Rational(1, 100)
LAYERS = [AffineGenerator(WEIGHTS, sp.diag(1, 1, -1, 0, 0)), AffineGenerator(WEIGHTS, sp.diag(0, 0, 1, -1, -1))]
STARTS = [(1.0, 1.0, 1.0, 1.0, 0.0), (2.0, 0.3, 0.3, 0.5, 0.4), (0.3, 0.5, 2.0, -0.1, -0.6)]


@functools.cache
def chain():
    """Three layers c b a^T that learn one output of two; inputs of variances 1 and 4, labels with unequal noise."""
    x, z, y_1, y_2 = data = sp.symbols("x z y_1 y_2", real=True)
    half = sp.S.Half
    points = [[i, 2 * j, i + 2 * j + half * k, 3 * half * l / 2] for i, j, k, l in itertools.product((1, -1), repeat=4)]
    hidden = b * (a_1 * x + a_2 * z)
    return Model(WEIGHTS, ((c_1 * hidden - y_1) ** 2 + (c_2 * hidden - y_2) ** 2) / 2, Empirical(data, points))


def change(generator, model, batch_size, decay):
    r"""The mean change of a charge in a step: :math:`\frac{\eta^2}2E[\hat g^TA\hat g] - (2\eta\lambda-\dots)Q`."""
    second = sp.Matrix(model.covariance) / batch_size + sp.Matrix(model.gradient) * sp.Matrix(model.gradient).T
    kept = 2 * RATE * decay - (RATE * decay) ** 2
    formula = RATE**2 / 2 * (second * generator.matrix).trace() - kept * generator.charge
    return sp.lambdify(list(model.weights), formula)


@functools.cache
def at_rest(start):
    return iterate(
        gradient_descent(chain(), learning_rate=eta, batch_size=BATCH, weight_decay=DECAY),
        parameters={eta: float(RATE)},
        initial=start,
        steps=30_000,
        n_replicas=400,
        seed=seed_of("several charges", start),
    ).final.T


def stands_still(values):
    return Moments.from_samples(values).mean_estimate.agrees_with(0.0, false_alarm=FALSE_ALARM)


def squared_norms(a_1, a_2, b, c_1, c_2):
    return np.array([np.mean(a_1**2 + a_2**2), np.mean(b**2), np.mean(c_1**2 + c_2**2)])


def frozen(start):
    """The squared norms of the layers where all charges of the orbit through ``start`` stand still."""
    at = dict(zip(WEIGHTS, map(sp.nsimplify, start), strict=True))
    potential = orbit_potential(
        LAYERS, list(at.values()), chain().covariance.subs(at), temperature=RATE / BATCH, weight_decay=DECAY
    )
    first, second = orbit_minimum(potential).point
    return squared_norms(*np.array(start)) * np.exp([2 * first, 2 * (second - first), -2 * second])


def test_the_charges_of_three_layers_are_these_two():
    found = find_affine_symmetries(chain())
    assert found.is_complete and found.dimension == 2 and all(map(found.contains, LAYERS))


@pytest.mark.every(3)
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_both_charges_stand_still_in_the_mean_from_every_start(start):
    for generator in LAYERS:
        form = change(generator, chain(), BATCH, DECAY)
        values = form(*at_rest(start))
        assert stands_still(values)
        assert abs(form(*start)) > 50 * abs(values.mean())
        assert not stands_still(change(generator, chain(), 1, DECAY)(*at_rest(start)))  # a batch has half that noise
        assert not stands_still(change(generator, chain(), BATCH, 2 * DECAY)(*at_rest(start)))


def test_the_orbit_through_the_minimum_says_where_and_the_one_through_the_start_does_not():
    minimum, start = STARTS[0], STARTS[1]
    found = squared_norms(*at_rest(start))
    assert np.allclose(found, frozen(minimum), rtol=0.04)  # to first order in the learning rate
    assert (np.abs(frozen(start) / found - 1) > 0.4).all()  # training leaves that orbit before the charges rest


@pytest.mark.slow
@pytest.mark.parametrize("start", [(1, 0, 0, 1, 1, 0, 0, 1), (2, 0.1, 0.1, 0.2, 0.1, 0, 0.3, 0.5)], ids=str)
def test_of_the_charge_of_keys_and_queries_the_trace_stands_still_and_entries_turn_with_the_gauge(start):
    names = sp.symbols("q_11 q_12 q_21 q_22 k_11 k_12 k_21 k_22", real=True)
    x, z = (sp.Matrix(sp.symbols(f"{name}_1:3", real=True)) for name in "xz")
    y = sp.Symbol("y", real=True)
    teacher, points = sp.Matrix([[1, sp.Rational(3, 10)], [-sp.Rational(1, 5), sp.Rational(4, 5)]]), []
    for i, j, k, l in itertools.product((1, -1), repeat=4):
        query, key = sp.Matrix([1, 2 * j]), sp.Matrix([i, sp.Rational(k, 2)])
        noise = sp.Rational(3, 5) * l * (1 if j > 0 else sp.S.Half)
        points.append([*query, *key, (query.T * teacher * key)[0] + noise])
    score = (x.T * sp.Matrix(2, 2, names[:4]) * sp.Matrix(2, 2, names[4:]).T * z)[0]
    model = Model(names, (score - y) ** 2 / 2, Empirical([*x, *z, y], points))
    decay = sp.Rational(1, 50)
    run = iterate(
        gradient_descent(model, learning_rate=eta, batch_size=BATCH, weight_decay=decay),
        parameters={eta: float(RATE)},
        initial=start,
        steps=20_000,
        n_replicas=600,
        seed=seed_of("keys and queries", start),
    )
    charged = find_affine_symmetries(model).charged
    assert len(charged) == 3
    swap = sp.Matrix([[0, 1], [1, 0]])
    off_diagonal = AffineGenerator(names, sp.diag(swap, swap, -swap, -swap))
    trace = AffineGenerator(names, sp.diag(*[1] * 4, *[-1] * 4))
    assert stands_still(change(trace, model, BATCH, decay)(*run.final.T))
    assert not stands_still(change(off_diagonal, model, BATCH, decay)(*run.final.T))
