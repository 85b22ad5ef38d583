"""Changes of variables commute with Itô's formula and refuse an inverse that is none."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import HALF_LINE, LINE, polynomial_processes, polynomials, positive_rationals, rationals
from theory.coordinates import change_of_variables, lamperti, logarithm
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.notation import mu, s, t, theta, zeta

x, y, _ = LINE
u, v = sp.symbols("u v", real=True)
z = sp.Symbol("z", real=True)
GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)


def commutes(process, new_process, new_in_terms_of_old, f):
    """Whether the new generator of f, pulled back, is the old generator of f pulled back."""
    back = dict(zip(new_process.state, new_in_terms_of_old, strict=True))
    pulled = f.subs(back, simultaneous=True)
    difference = generator(process, pulled) - generator(new_process, f).subs(back, simultaneous=True)
    return sp.cancel(sp.expand(difference)) == 0


@given(polynomial_processes(dimensions=(2, 2), noise_dimensions=(1, 2)), rationals(), rationals(), st.data())
@settings(max_examples=examples(15))
def test_a_shear_of_the_plane_commutes_with_ito(process, a, c, data):
    """(x, y) -> (x, y + a x^2 + c x) has the polynomial inverse (u, v) -> (u, v - a u^2 - c u)."""
    g = (x, y + a * x**2 + c * x)
    new = change_of_variables(process, (u, v), g, (u, v - a * u**2 - c * u))
    f = data.draw(polynomials((u, v), degree=2))
    assert commutes(process, new, g, f)


@given(positive_rationals(), positive_rationals(), st.integers(2, 3), st.integers(-2, 3))
@settings(max_examples=examples(20))
def test_a_power_of_a_positive_coordinate_commutes_with_ito(drift, noise, power, order):
    process = ItoProcess.scalar(HALF_LINE, drift=drift - HALF_LINE**2, dispersion=noise * HALF_LINE)
    new = change_of_variables(process, s, HALF_LINE**power, s ** sp.Rational(1, power))
    assert commutes(process, new, (HALF_LINE**power,), s**order)


def test_leaving_out_the_second_derivative_does_not_commute():
    new = change_of_variables(GBM, s, theta**2, sp.sqrt(s))
    ordinary_calculus = ItoProcess.scalar(s, drift=2 * mu * s, dispersion=2 * zeta * s)
    assert commutes(GBM, new, (theta**2,), s)
    assert not commutes(GBM, ordinary_calculus, (theta**2,), s)


def test_changing_variables_twice_is_changing_them_by_the_composition():
    by_log = logarithm(GBM, z)
    back = change_of_variables(
        by_log, sp.Symbol("r", positive=True), sp.exp(2 * z), sp.log(sp.Symbol("r", positive=True)) / 2
    )
    direct = change_of_variables(GBM, sp.Symbol("r", positive=True), theta**2, sp.sqrt(sp.Symbol("r", positive=True)))
    assert (back.drift - direct.drift).expand() == sp.zeros(1, 1)
    assert back.dispersion == direct.dispersion


def test_a_time_dependent_change_adds_the_time_derivative():
    new = change_of_variables(GBM, s, theta * sp.exp(-mu * t), s * sp.exp(mu * t))
    assert new.drift == sp.zeros(1, 1)
    assert new.dispersion == sp.Matrix([[zeta * s]])


def test_undefined_functions_survive_a_change_of_variables():
    L = sp.Function("L", real=True)
    flow = ItoProcess.scalar(theta, drift=-L(theta).diff(theta), dispersion=zeta * theta)
    drift = logarithm(flow, z).drift[0]
    concrete = drift.replace(L, lambda argument: argument**2 / 2).doit()
    assert sp.expand(concrete) == -1 - zeta**2 / 2


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("drift", "dispersion", "coordinate", "symbol"),
    [
        (mu * theta, zeta * theta, theta, u),
        (mu - theta, zeta * sp.sqrt(theta), theta, s),
        (-x, 2 + x**2, x, u),
        (-x, sp.exp(x), x, sp.Symbol("u", negative=True)),
    ],
)
def test_lamperti_gives_unit_dispersion(drift, dispersion, coordinate, symbol):
    assert lamperti(ItoProcess.scalar(coordinate, drift=drift, dispersion=dispersion), symbol).dispersion[0] == 1


def test_the_logarithm_of_a_negative_coordinate_is_that_of_its_modulus():
    below = sp.Symbol("theta", negative=True)
    mirrored = ItoProcess.scalar(below, drift=mu * below - below**3, dispersion=zeta * below)
    above = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
    assert logarithm(mirrored, z).drift == logarithm(above, z).drift
    assert logarithm(above, z).drift[0] == mu - zeta**2 / 2 - sp.exp(2 * z)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (theta**2, s),  # not the inverse
        (theta**2, -sp.sqrt(s)),  # the wrong branch
        (2 * theta, s / 3),
    ],
)
def test_a_wrong_inverse_is_refused(new, old):
    with pytest.raises(UnsupportedFormError, match="invert"):
        change_of_variables(GBM, s, new, old)


def test_a_map_that_is_not_injective_on_the_domain_is_refused():
    process = ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One)
    with pytest.raises(UnsupportedFormError, match="invert"):
        change_of_variables(process, sp.Symbol("q", nonnegative=True), x**2, sp.sqrt(sp.Symbol("q", nonnegative=True)))


def test_a_new_symbol_may_not_promise_more_than_the_map_keeps():
    q = sp.Symbol("q", positive=True)
    with pytest.raises(SymbolError, match="does not follow"):
        change_of_variables(GBM, q, sp.log(theta), sp.exp(q))


def test_bad_calls_are_refused_before_anything_is_computed():
    plane = ItoProcess([x, y], [0, 0], [[1], [1]])
    with pytest.raises(ShapeError):
        change_of_variables(plane, (u, v), (x, y), (u,))
    with pytest.raises(SymbolError):
        change_of_variables(GBM, theta, theta**2, sp.sqrt(theta))
    with pytest.raises(SymbolError):
        change_of_variables(plane, (u, u), (x, y), (u, u))
    with pytest.raises(DimensionError):
        lamperti(plane, u)
    with pytest.raises(DimensionError):
        logarithm(plane, u)
    with pytest.raises(SymbolError, match="positive"):
        logarithm(ItoProcess.scalar(x, drift=x, dispersion=x), z)
    with pytest.raises(UnsupportedFormError):
        lamperti(ItoProcess.scalar(x, drift=x, dispersion=sp.S.Zero), u)
    with pytest.raises(UnsupportedFormError):
        lamperti(ItoProcess.scalar(x, drift=x, dispersion=sp.exp(sp.sin(x))), u)


WRIGHT_FISHER = ItoProcess.scalar(
    sp.Symbol("x", positive=True),
    drift=sp.Symbol("a", positive=True) * sp.Symbol("x", positive=True) * (1 - sp.Symbol("x", positive=True)),
    dispersion=sp.Symbol("s", positive=True) * sp.Symbol("x", positive=True) * (1 - sp.Symbol("x", positive=True)),
)


@pytest.mark.slow
def test_the_advice_to_say_where_the_process_lives_can_be_followed():
    (x,), y = WRIGHT_FISHER.state, sp.Symbol("y", real=True)
    a, s = sp.symbols("a s", positive=True)
    with pytest.raises(SymbolError, match=r"interval=Interval\(left, right\)") as refused:
        lamperti(WRIGHT_FISHER, y)
    assert "real=True)" not in str(refused.value)
    logit = lamperti(WRIGHT_FISHER, y, interval=Interval(0, 1))
    assert sp.cancel(logit.drift[0] - (a / s - s / 2 + s * sp.exp(s * y) / (1 + sp.exp(s * y)))) == 0
    assert logit.dispersion == sp.Matrix([[1]])
    by_hand = change_of_variables(WRIGHT_FISHER, y, sp.log(x / (1 - x)), 1 / (1 + sp.exp(-y)), interval=Interval(0, 1))
    assert sp.simplify(by_hand.drift[0] - (a - s**2 / 2 + s**2 / (1 + sp.exp(-y)))) == 0


@pytest.mark.every(2)
@pytest.mark.parametrize("interval", [Interval(0, 2), Interval(1, sp.oo)])
def test_an_interval_on_which_the_map_leaves_the_line_is_refused(interval):
    with pytest.raises(SymbolError, match="does not follow"):
        lamperti(WRIGHT_FISHER, sp.Symbol("y", real=True), interval=interval)


def test_the_advice_to_declare_a_weaker_assumption_can_be_followed():
    (x,) = WRIGHT_FISHER.state
    with pytest.raises(SymbolError, match=r'sp.Symbol\("y", real=True\)'):
        change_of_variables(
            WRIGHT_FISHER, sp.Symbol("y", positive=True), sp.log(x), sp.exp(sp.Symbol("y", positive=True))
        )
    y = sp.Symbol("y", real=True)
    assert change_of_variables(WRIGHT_FISHER, y, sp.log(x), sp.exp(y)).dimension == 1


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("new", "old", "interval"),
    [
        (sp.sinh(z), sp.asinh(u), None),
        (sp.tan(z), sp.atan(u), Interval(-sp.pi / 2, sp.pi / 2)),
        (sp.asin(2 * z - 1), (1 + sp.sin(u)) / 2, Interval(0, 1)),
    ],
)
def test_a_function_that_is_real_and_inverted_on_the_interval_alone_is_taken(new, old, interval):
    process = ItoProcess.scalar(z, drift=0, dispersion=1)
    changed = change_of_variables(process, u, new, old, interval=interval)
    assert sp.simplify(changed.drift[0] - sp.diff(new, z, 2).subs(z, old) / 2) == 0
    with pytest.raises((SymbolError, UnsupportedFormError)):
        change_of_variables(process, u, new, old + 1, interval=interval)


def test_the_noise_of_jacobi_diffusions_has_its_coordinate():
    p, z, s = sp.Symbol("p", positive=True), sp.Symbol("z", real=True), sp.Symbol("s", positive=True)
    jacobi = ItoProcess.scalar(p, drift=s * (1 - 2 * p), dispersion=s * sp.sqrt(p) * sp.sqrt(1 - p))
    moved = lamperti(jacobi, z, interval=Interval(0, 1))
    assert moved.dispersion[0] == 1
    right = (s / 4 - 1) * 2 * sp.tan(s * z)
    for at in ({s: sp.Rational(1, 2), z: sp.Rational(3, 2)}, {s: sp.Integer(2), z: -sp.Rational(1, 3)}):
        assert sp.N((moved.drift[0] - right).subs(at), 30, chop=True) == 0
    beta_prime = ItoProcess.scalar(p, drift=sp.S.Zero, dispersion=sp.sqrt(p * (1 + p)))
    away = lamperti(beta_prime, z).drift[0]
    assert sp.N(away.subs(z, 2) + sp.coth(2) / 2, 30, chop=True) == 0
