"""Weak order of the modified equations, for arbitrary losses and observables, and on known recursions."""

import pytest
import sympy as sp

from theory.discrete.random_map import OneStepMoments
from theory.errors import DimensionError
from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.label_noise import label_noise_flow, label_noise_step
from theory.gradient_noise.model import Model
from theory.gradient_noise.modified_equation import (
    local_weak_error,
    modified_loss,
    second_order_modified_equation,
    with_second_order_drift,
)
from theory.gradient_noise.sampling import Sampling
from theory.ito import ItoProcess
from theory.notation import eta

w, v, x, y = sp.symbols("w v x y", real=True)
DATA = Empirical([x, y], [[1, 2], [-1, 1], [2, 0]])


def vanishes(expressions):
    return all(sp.expand(expression) == 0 for expression in expressions)


def test_order_two_holds_for_every_loss_noise_and_observable_on_the_line():
    L, S, f = (sp.Function(name)(w) for name in ("L", "S", "f"))
    step = OneStepMoments(sp.ImmutableMatrix([-eta * L.diff(w)]), sp.ImmutableMatrix([eta**2 * S**2]))
    flow = ItoProcess([w], [-L.diff(w)], [[sp.sqrt(eta) * S]])
    first, second = (local_weak_error(process, step, f) for process in (flow, with_second_order_drift(flow)))
    assert vanishes(second)
    assert sp.expand(first[0]) == 0
    assert not vanishes(first)


@pytest.mark.slow  # by day: single models
def test_order_two_holds_for_every_loss_in_the_plane():
    L, f = (sp.Function(name)(w, v) for name in ("L", "f"))
    slope = sp.Matrix([L.diff(w), L.diff(v)])
    step = OneStepMoments(sp.ImmutableMatrix(-eta * slope), sp.ImmutableMatrix(eta**2 * sp.diag(w**2, 1)))
    flow = ItoProcess([w, v], -slope, sp.sqrt(eta) * sp.diag(w, 1))
    assert vanishes(e.doit() for e in local_weak_error(with_second_order_drift(flow), step, f))
    assert not vanishes(local_weak_error(flow, step, f))


def test_the_second_order_drift_descends_the_modified_loss():
    L = (w**2 * v - 1) ** 2
    flow = ItoProcess([w, v], [-L.diff(w), -L.diff(v)], sp.zeros(2, 1))
    modified = modified_loss(L, [w, v])
    assert vanishes(with_second_order_drift(flow).drift + sp.Matrix([modified.diff(w), modified.diff(v)]))


@pytest.mark.every(3)
@pytest.mark.parametrize("wrong", [sp.Rational(1, 2), -1, 2])
def test_another_coefficient_than_a_quarter_loses_the_order(wrong):
    model = Model([w, v], (w * v * x - y) ** 2 / 2, DATA)
    flow, step = model.stochastic_gradient_flow(2), model.step_moments(2)
    correction = with_second_order_drift(flow).drift - flow.drift
    other = ItoProcess(flow.state, flow.drift + wrong * correction, flow.dispersion)
    assert not vanishes(local_weak_error(other, step, w * v))
    assert vanishes(local_weak_error(with_second_order_drift(flow), step, w * v))


@pytest.mark.every(5)
@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("observable", [w, w**2, w**2 * v, sp.cos(w)])
def test_the_modified_equation_of_a_model_has_order_two(sampling, observable):
    model = Model([w, v], (w * v * x - y) ** 2 / 2, DATA)
    process, step = second_order_modified_equation(model, 2, sampling), model.step_moments(2, sampling)
    assert vanishes(local_weak_error(process, step, observable))
    wrong = second_order_modified_equation(model, 1, sampling)
    assert observable == w or not vanishes(local_weak_error(wrong, step, observable))


def test_gaussian_data_have_their_modified_equation_too():
    model = Model([w], (w * x - y) ** 2 / 2, Gaussian([x, y], [0, 0], [[1, 0], [0, 1]]))
    assert vanishes(local_weak_error(second_order_modified_equation(model), model.step_moments(), w**3))


def test_label_noise_has_its_second_order_equation():
    model = Model([w, v], (w * v * x - y) ** 2 / 2, DATA)
    flow, step = label_noise_flow(model, y), label_noise_step(model, y)
    assert vanishes(local_weak_error(with_second_order_drift(flow), step, w * v**2))
    assert not vanishes(local_weak_error(flow, step, w * v**2))


def test_gradient_descent_on_a_quadratic_descends_at_the_rate_of_its_logarithm():
    """log(1 - eta h)/eta = -h - eta h^2/2 + O(eta^2), the slope of the modified loss."""
    h = sp.Symbol("h", positive=True)
    slope = modified_loss(h * w**2 / 2, [w]).diff(w) / w
    assert sp.expand(sp.series(-sp.log(1 - eta * h) / eta, eta, 0, 2).removeO() - slope) == 0


def test_two_moments_say_nothing_of_a_third_order():
    model = Model([w], (w * x - y) ** 2 / 2, DATA)
    with pytest.raises(DimensionError, match="order"):
        local_weak_error(model.stochastic_gradient_flow(1), model.step_moments(1), w, order=3)
