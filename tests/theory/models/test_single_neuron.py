"""The single neuron: its flow against hand-written gradients, its log-rates, and the lines that are not invariant."""

import pytest
import sympy as sp

from theory.errors import ShapeError, UnsupportedFormError
from theory.models.single_neuron import JET, SingleNeuron, activation_jet, p, s, w_1, w_2
from theory.models.single_neuron import slope as c
from theory.notation import eta, zeta

X, Y = sp.symbols("x_1:4", real=True), sp.symbols("y_1:4", real=True)
ACTIVATIONS = {
    "tanh": (sp.tanh, 1),
    "GELU": (lambda z: z * (1 + sp.erf(z / sp.sqrt(2))) / 2, sp.Rational(1, 2)),
    "swish": (lambda z: z / (1 + sp.exp(-z)), sp.Rational(1, 2)),
    "sine": (sp.sin, 1),
    "linear": (lambda z: 3 * z, 3),
}


@pytest.mark.every(5)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_log_rates_know_the_slope_of_the_activation_alone(name):
    n, (activation, value) = 1, ACTIVATIONS[name]
    neuron, jets = SingleNeuron(X[:n], Y[:n], activation), SingleNeuron(X[:n], Y[:n])
    for rate, general in zip(neuron.log_rates(sp.sqrt(n)), jets.log_rates(sp.sqrt(n)), strict=True):
        assert sp.simplify(rate - general.subs(c, value)) == 0
        assert sp.simplify(rate - general.subs(c, 2 * value)) != 0


@pytest.mark.every(7)
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("loss_factor", [1, 2])
def test_the_log_rates_are_signal_minus_half_the_noise(n, loss_factor):
    k = sp.Symbol("k", positive=True)
    signal = loss_factor * c * sum(a * b for a, b in zip(X[:n], Y[:n], strict=True)) / n
    power = sum(a**2 for a in X[:n])
    noise = (k * loss_factor) ** 2 * eta * zeta**2 * c**2 * power / n**2
    rates = SingleNeuron(X[:n], Y[:n], loss_factor=loss_factor).log_rates(k)
    assert sp.expand(rates[0] - signal + noise / 2) == 0
    assert sp.expand(rates[1] + signal + noise / 2) == 0
    assert sp.expand(rates[0] - signal + noise) != 0


@pytest.mark.slow
def test_the_linear_part_is_that_of_the_process_in_the_sum_and_the_difference():
    neuron = SingleNeuron(X[:2], Y[:2])
    turned, linear = neuron.sum_and_difference(), neuron.linearised()
    origin = {p: 0, s: 0}
    pairs = [(turned.drift, linear.drift), (turned.dispersion[:, 0], linear.dispersion[:, 0])]
    for whole, part in pairs:
        slopes = whole.jacobian([p, s]).subs(origin)
        assert (slopes - part.jacobian([p, s])).applyfunc(sp.expand) == sp.zeros(2, 2)
        assert slopes != sp.zeros(2, 2)
    assert neuron.flow().drift.subs({w_1: 0, w_2: 0}) == sp.zeros(2, 1)


def test_the_flow_of_tanh_is_what_one_writes_by_hand():
    flow = SingleNeuron(X[:2], Y[:2], sp.tanh).flow(sp.sqrt(2))
    drift, noise = sp.zeros(2, 1), []
    for a, b in zip(X[:2], Y[:2], strict=True):
        gradient = sp.Matrix([w_2 * a * (1 - sp.tanh(w_1 * a) ** 2), sp.tanh(w_1 * a)])
        drift -= (w_2 * sp.tanh(w_1 * a) - b) * gradient / 2
        noise.append(sp.sqrt(eta) * zeta / sp.sqrt(2) * gradient)
    assert (flow.drift - drift).applyfunc(sp.expand) == sp.zeros(2, 1)
    assert (flow.dispersion - sp.Matrix.hstack(*noise)).applyfunc(sp.expand) == sp.zeros(2, 2)


@pytest.mark.every(2)
@pytest.mark.parametrize("coordinate", [p, s])
def test_the_lines_are_invariant_for_a_linear_activation_only(coordinate):
    linear = SingleNeuron(X[:1], Y[:1], lambda z: c * z)
    assert linear.normal_to(coordinate, 4) == sp.zeros(2, 1)
    for activation in (sp.tanh, ACTIVATIONS["GELU"][0]):
        assert SingleNeuron(X[:1], Y[:1], activation).normal_to(coordinate, 4) != sp.zeros(2, 1)


@pytest.mark.every(2)
@pytest.mark.parametrize("name", ["tanh", "swish"])
def test_the_jet_gives_the_normal_drift_of_a_smooth_activation(name):
    activation = ACTIVATIONS[name][0]
    z = sp.Symbol("z")
    values = {jet: sp.diff(activation(z), z, j).subs(z, 0) for j, jet in enumerate(JET, start=1)}
    exact = SingleNeuron(X[:1], Y[:1], activation).normal_to(p, 4)
    jets = SingleNeuron(X[:1], Y[:1]).normal_to(p, 4).subs(values)
    assert (exact - jets).applyfunc(sp.simplify) == sp.zeros(2, 1)


def test_the_fourth_derivative_enters_the_normal_drift():
    drift = SingleNeuron(X[:1], Y[:1]).normal_to(p, 4)[0]
    assert sp.expand(drift).coeff(s, 4).has(JET[3])
    assert sp.diff(activation_jet(s), s, 4).subs(s, 0) == JET[3]


def test_the_origin_attracts_where_both_rates_are_negative():
    condition = SingleNeuron(X[:1], Y[:1], sp.tanh).attracting()
    strong, weak = ({X[0]: 1, Y[0]: 1, eta: 1, zeta: z} for z in (sp.Rational(3, 2), 1))
    assert condition.subs(strong) == sp.true  # 9/8 > 1
    assert condition.subs(weak) == sp.false  # 1/2 < 1
    assert condition.subs({**weak, Y[0]: -1}) == sp.false


def test_a_neuron_needs_data_and_a_point_that_stays():
    with pytest.raises(ShapeError, match="labels"):
        SingleNeuron([1, 2], [1])
    with pytest.raises(ShapeError, match="labels"):
        SingleNeuron([], [])
    with pytest.raises(UnsupportedFormError, match="origin"):
        SingleNeuron([1], [1], sp.exp)
