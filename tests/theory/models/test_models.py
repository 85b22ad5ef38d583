"""The worked models satisfy the equations that define them."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import ShapeError, SymbolError
from theory.fokker_planck import fokker_planck_operator
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, ito_differential
from theory.models import DoubleWell, GeometricBrownianMotion, deep_chain, single_neuron, two_layer_origin
from theory.notation import mu, t, theta, theta_0, zeta

GBM = GeometricBrownianMotion()
LEVEL = sp.Symbol("level", positive=True)
TIME = sp.Symbol("tau", positive=True)


def test_the_solution_of_geometric_brownian_motion_solves_its_equation():
    B = sp.Symbol("B", real=True)
    brownian = ItoProcess.scalar(B, drift=sp.S.Zero, dispersion=sp.S.One)
    solution = GBM.solution(theta_0, B, t)
    d = ito_differential(brownian, solution)
    assert sp.expand(d.drift - (mu * solution).expand()) == 0
    assert sp.expand(d.dispersion[0] - (zeta * solution).expand()) == 0
    without_correction = theta_0 * sp.exp(mu * t + zeta * B)
    assert sp.expand(ito_differential(brownian, without_correction).drift - (mu * without_correction).expand()) != 0


def test_the_lognormal_density_solves_fokker_planck():
    density = GBM.density(theta, theta_0, TIME)
    residual = (sp.diff(density, TIME) - fokker_planck_operator(GBM.process, density)) / density
    assert sp.cancel(sp.expand(sp.expand(residual))) == 0


def test_density_cdf_and_quantile_belong_together():
    assert sp.expand(sp.expand(sp.diff(GBM.cdf(theta, theta_0, TIME), theta) / GBM.density(theta, theta_0, TIME))) == 1
    values = {mu: 0.3, zeta: 0.7, theta_0: 2, TIME: 1.5}
    for p in (0.01, 0.5, 0.9):
        there = GBM.quantile(p, theta_0, TIME).subs(values)
        assert GBM.cdf(there, theta_0, TIME).subs(values).evalf() == pytest.approx(p, rel=1e-12)
    assert GBM.median(theta_0, t) == GBM.quantile(sp.Rational(1, 2), theta_0, t)


def test_moments_of_any_order_solve_their_equation():
    k = sp.Symbol("k", real=True)
    moment = GBM.moment(k, theta_0, t)
    rate = sp.cancel(generator(GBM.process, theta**k) / theta**k)
    assert sp.expand(sp.diff(moment, t) / moment - rate) == 0


def backward_residual(probability):
    """What is left of the backward equation, with the normal tails as independent generators; then rational."""
    residual = sp.expand(sp.diff(probability, TIME) - generator(GBM.process, probability))
    tails = {tail: sp.Dummy(real=True) for tail in residual.atoms(sp.erfc)}
    return sp.cancel(sp.powsimp(sp.expand(residual.xreplace(tails))))


def test_the_law_of_the_running_maximum_solves_the_backward_equation():
    assert backward_residual(GBM.maximum_reaches(LEVEL, theta, TIME)) == 0


@pytest.mark.slow  # by day: its start and its limit
def test_the_law_of_the_running_maximum_is_one_at_the_level():
    h = sp.Symbol("h", positive=True)
    at_level = GBM.maximum_reaches(LEVEL, LEVEL, TIME)
    assert at_level.rewrite(sp.erf).expand() == 1
    below = GBM.maximum_reaches(LEVEL, LEVEL * sp.exp(-h), TIME)
    assert sp.limit(below.subs({mu: 0, zeta: 1, LEVEL: 1, h: 1}), TIME, 0, "+") == 0


def test_only_the_right_reflected_weight_solves_the_equation_and_meets_the_boundary():
    spread = zeta * sp.sqrt(2 * TIME)
    direct = sp.erfc((sp.log(LEVEL / theta) - GBM.log_rate * TIME) / spread) / 2
    reflected = sp.erfc((sp.log(LEVEL / theta) + GBM.log_rate * TIME) / spread) / 2
    values = {mu: sp.Rational(1, 3), zeta: 1, LEVEL: 2, TIME: 1}

    def solves(probability):
        residual = sp.diff(probability, TIME) - generator(GBM.process, probability)
        return bool(abs(residual.subs(values).subs(theta, 1).evalf(30)) < 1e-25)

    def is_one_at_level(probability):
        return bool(abs(probability.subs(values).subs(theta, 2).evalf(30) - 1) < 1e-25)

    cases = {
        (LEVEL / theta) ** (2 * GBM.log_rate / zeta**2): (True, True),
        (LEVEL / theta) ** (2 * mu / zeta**2): (False, True),
        (theta / LEVEL) ** (2 * GBM.log_rate / zeta**2): (False, True),
        sp.S.One: (False, True),
        sp.S.Zero: (True, False),
    }
    for weight, expected in cases.items():
        candidate = direct + weight * reflected
        assert (solves(candidate), is_one_at_level(candidate)) == expected


@given(rationals(-1, 1), positive_rationals(2), st.integers(2, 20))
@settings(max_examples=examples(8))
def test_the_running_maximum_starts_at_zero_and_ends_at_its_limit(drift, noise, ratio):
    gbm = GeometricBrownianMotion(drift, noise)
    probability = gbm.maximum_reaches(LEVEL, theta, TIME).subs({theta: 1, LEVEL: ratio})
    assert probability.subs(TIME, sp.Rational(1, 1000)).evalf(30) < 1e-4
    ever = min(1, float(ratio) ** float(2 * drift / noise**2 - 1))
    if gbm.log_rate != 0:  # at rate zero the limit 1 is approached like the root of time
        assert float(probability.subs(TIME, 10**6).evalf(30)) == pytest.approx(ever, rel=1e-9)


def test_the_double_well_is_gradient_flow_with_the_noise_it_names():
    well = DoubleWell()
    assert sp.expand(well.process.drift[0] + sp.diff(well.potential, theta)) == 0
    assert well.process.diffusion[0] == 2 * well.noise
    assert sp.solve(well.process.drift[0].subs(mu, 4), theta) == [2]


@pytest.mark.parametrize("model", [GeometricBrownianMotion, DoubleWell])
@pytest.mark.parametrize(
    "parameters",
    [{"zeta": 0}, {"zeta": -1}, {"zeta": sp.Symbol("zeta")}, {"mu": sp.I}, {"mu": sp.Symbol("mu")}, {"zeta": theta}],
)
def test_parameters_outside_their_range_are_refused(model, parameters):
    with pytest.raises(SymbolError):
        model(**parameters)


@pytest.mark.parametrize("value", ["3", None, [1], 1 == 1], ids=repr)
@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (deep_chain.labels, "network"),
        (deep_chain.gaussian_teacher, "network"),
        (lambda law: deep_chain.regression(deep_chain.deep_chain(), law), "law"),
        (lambda network: deep_chain.regression(network, None), "network"),
        (single_neuron.activation_jet, "z"),
        (two_layer_origin.norms_process, "n"),
        (two_layer_origin.growth_of_equal_layers, "n"),
        (two_layer_origin.ratio_process, "n"),
        (two_layer_origin.growth_at_ratio, "n"),
    ],
)
def test_what_is_no_network_law_or_number_is_refused_by_name(function, argument, value):
    with pytest.raises(ShapeError, match=f"^{argument} must be "):
        function(value)
