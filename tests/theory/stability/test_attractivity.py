"""The rate of attractivity of an invariant point."""

import math

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, positive_rationals, rationals
from theory.coordinates import logarithm
from theory.errors import DimensionError, MissingParameterError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.models import DoubleWell, GeometricBrownianMotion
from theory.notation import mu, t, theta, zeta
from theory.stability.attractivity import (
    Attraction,
    InvariantPointError,
    attractivity_rate,
    condition_for_attraction,
    linearisation,
)

x, y, _ = LINE
L, D = sp.Function("L", real=True)(x), sp.Function("D", real=True)(x)
SGF = ItoProcess.scalar(x, drift=-L.diff(x), dispersion=sp.sqrt(2 * D))
INVARIANT = [L.diff(x), D, D.diff(x)]


def at_zero(f):
    return f.subs(x, 0)


def test_the_rate_is_that_of_theorem_4_1_for_any_loss_and_diffusion():
    alpha = attractivity_rate(SGF, vanishing=INVARIANT).alpha
    assert sp.expand(alpha - (at_zero(L.diff(x, 2)) + at_zero(D.diff(x, 2)) / 2)) == 0
    assert sp.expand(alpha - (at_zero(L.diff(x, 2)) + at_zero(D.diff(x, 2)))) != 0


@given(st.lists(rationals(), min_size=3, max_size=3), positive_rationals(), rationals())
@settings(max_examples=examples(25))
def test_generic_and_concrete_functions_give_the_same_rate(coefficients, c, skew):
    loss = coefficients[0] * x**2 / 2 + coefficients[1] * x**3 + coefficients[2] * x**4
    diffusion = (c + skew**2 * x**2) * x**2
    generic = attractivity_rate(SGF, vanishing=INVARIANT).alpha
    known = {at_zero(L.diff(x, 2)): sp.diff(loss, x, 2).subs(x, 0), at_zero(D.diff(x, 2)): 2 * c}
    concrete = ItoProcess.scalar(x, drift=-sp.diff(loss, x), dispersion=sp.sqrt(2 * diffusion))
    assert attractivity_rate(concrete).alpha == generic.xreplace(known) == coefficients[0] + c


@given(rationals(), positive_rationals(), rationals())
@settings(max_examples=examples(15))
def test_the_rate_is_minus_the_drift_of_the_logarithm_at_the_point(slope, noise, cubic):
    process = ItoProcess.scalar(theta, drift=slope * theta + cubic * theta**3, dispersion=noise * theta)
    z = sp.Symbol("z", real=True)
    log_drift = logarithm(process, z).drift[0]
    assert attractivity_rate(process).alpha == -sp.limit(log_drift, z, -sp.oo)


def test_several_brownian_motions_add_their_noise():
    process = ItoProcess([x], [x], [[x, 2 * x + x**2]])
    rate = attractivity_rate(process)
    assert rate.noise_strength == 5
    assert rate.alpha == sp.Rational(3, 2)


def test_a_point_away_from_zero_can_be_invariant():
    process = ItoProcess.scalar(x, drift=x * (1 - x), dispersion=zeta * x * (1 - x))
    assert attractivity_rate(process, 0).alpha == zeta**2 / 2 - 1
    assert attractivity_rate(process, 1).alpha == zeta**2 / 2 + 1
    assert linearisation(process, 1, symbol=y).drift[0] == -y


def test_the_double_well_and_geometric_brownian_motion_have_the_same_linearisation():
    assert linearisation(DoubleWell().process) == linearisation(GeometricBrownianMotion().process)
    assert condition_for_attraction(attractivity_rate(DoubleWell().process)) == (zeta**2 / 2 - mu > 0)


def test_the_rate_survives_linearisation():
    first = attractivity_rate(SGF, vanishing=INVARIANT)
    again = attractivity_rate(linearisation(SGF, vanishing=INVARIANT))
    assert sp.expand(first.alpha - again.alpha) == 0


@pytest.mark.parametrize(
    ("m", "z", "answer"),
    [
        (sp.Rational(1, 2), 1, Attraction.UNDECIDED),
        (0.005, 0.1, Attraction.UNDECIDED),
        (1, sp.sqrt(2), Attraction.UNDECIDED),
        (0.49, 1, Attraction.ATTRACTIVE),
        (0.51, 1, Attraction.NOT_ATTRACTIVE),
        (-3, 1e-3, Attraction.ATTRACTIVE),
        (1e-30, 1e-10, Attraction.ATTRACTIVE),
    ],
)
def test_the_sign_is_decided_exactly(m, z, answer):
    assert attractivity_rate(DoubleWell().process).decide({mu: m, zeta: z}) is answer


def test_undefined_functions_are_decided_from_their_derivatives():
    rate = attractivity_rate(SGF, vanishing=INVARIANT)
    curvature, noise = at_zero(L.diff(x, 2)), at_zero(D.diff(x, 2))
    assert rate.decide({curvature: -1, noise: 3}) is Attraction.ATTRACTIVE
    assert rate.decide({curvature: -1, noise: 1}) is Attraction.NOT_ATTRACTIVE
    with pytest.raises(MissingParameterError):
        rate.decide({curvature: -1})


@pytest.mark.parametrize("values", [{mu: 1}, {mu: 1, zeta: sp.Symbol("q", positive=True)}])
def test_a_missing_value_is_named(values):
    with pytest.raises((MissingParameterError, SymbolError), match="zeta|q"):
        attractivity_rate(DoubleWell().process).decide(values)


@pytest.mark.parametrize("z", [-1, 0, math.nan, math.inf, "1", None, 1j, sp.I, sp.zoo])
def test_a_value_that_its_symbol_cannot_take_is_refused(z):
    with pytest.raises(SymbolError, match="zeta"):
        attractivity_rate(DoubleWell().process).decide({mu: 1, zeta: z})


def test_points_that_are_not_invariant_are_refused():
    for drift, dispersion in ((1 - x, x), (x, 1 + x), (mu + x, x)):
        with pytest.raises(InvariantPointError):
            attractivity_rate(ItoProcess.scalar(x, drift=drift, dispersion=dispersion))
    with pytest.raises(InvariantPointError, match="vanishing"):
        attractivity_rate(SGF)


def test_processes_without_a_linearisation_are_refused():
    for drift, dispersion in (
        (-theta, sp.sqrt(theta)),
        (theta * sp.log(theta), theta),
        (-theta, theta ** sp.Rational(3, 4)),
    ):
        with pytest.raises(UnsupportedFormError):
            attractivity_rate(ItoProcess.scalar(theta, drift=drift, dispersion=dispersion))
    with pytest.raises(UnsupportedFormError, match="time"):
        attractivity_rate(ItoProcess.scalar(x, drift=-t * x, dispersion=x))
    with pytest.raises(DimensionError):
        attractivity_rate(ItoProcess([x, y], [x, y], [[x], [y]]))


@pytest.mark.parametrize(
    ("drift", "dispersion"),
    [
        (-sp.Abs(x), x),  # rates 3/2 above and -1/2 below
        (-sp.Max(x, 0), x),
        (sp.Piecewise((-x, x > 0), (-2 * x, True)), x),
        (sp.Piecewise((-x, sp.Ne(x, 0)), (1, True)), x),  # not invariant at the point itself
        (-x * sp.floor(x), x),
        (-x, x * sp.Heaviside(x)),
        (-x, x * sp.Mod(x, 2)),
        (-x - x * sp.DiracDelta(x), x),
    ],
)
def test_coefficients_with_another_slope_on_each_side_have_no_rate(drift, dispersion):
    with pytest.raises(UnsupportedFormError):
        attractivity_rate(ItoProcess.scalar(x, drift=drift, dispersion=dispersion))


@pytest.mark.parametrize(
    ("drift", "dispersion"),
    [
        (-x, x * sp.sign(x)),  # sign(0) = 0 is no value of the slope
        (-x, sp.Abs(x)),
        (sp.Piecewise((-x, sp.Ne(x, 0)), (0, True)), x),
        (-sp.Max(x, -1), x),
        (-x, x * (1 + sp.floor(x + sp.Rational(1, 2)))),
        (-x, x * sp.ceiling(x + sp.Rational(1, 2))),
        (-x, x * (sp.Mod(x + sp.Rational(1, 2), 3) + sp.Rational(1, 2))),
    ],
)
def test_coefficients_that_change_their_form_elsewhere_or_without_a_kink_have_the_rate_of_their_slopes(
    drift, dispersion
):
    assert attractivity_rate(ItoProcess.scalar(x, drift=drift, dispersion=dispersion)).alpha == sp.Rational(3, 2)


def test_on_a_half_line_one_side_counts():
    for X in (sp.Symbol("x", nonnegative=True), sp.Symbol("x", negative=True)):
        process = ItoProcess.scalar(X, drift=sp.Piecewise((-X, sp.Abs(X) < 1), (-2 * X, True)), dispersion=X)
        assert attractivity_rate(process).alpha == sp.Rational(3, 2)
