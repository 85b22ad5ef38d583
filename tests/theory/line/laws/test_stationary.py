"""Stationary laws: no current, integrable exactly where claimed, and the right limit where not."""

from __future__ import annotations

from functools import cache

import mpmath
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import confined_processes, positive_rationals, rationals
from theory.decision.zero import decide_zero
from theory.errors import MissingParameterError, NotNormalisableError, ShapeError, SymbolError, UnsupportedFormError
from theory.fokker_planck import probability_current
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.families import Gamma, GeneralisedGamma, InverseGamma
from theory.line.laws.mode import mode
from theory.line.laws.stationary import probability_current_vanishes, stationary_density, transform_density
from theory.line.passage.first_passage import hitting_probability
from theory.notation import mu, nu, s_tilde, theta, zeta
from theory.parameters import parameter

x, w = sp.symbols("x w", positive=True)
y = sp.Symbol("y", real=True)
kappa, m, sigma, alpha, beta = sp.symbols("kappa m sigma alpha beta", positive=True)
d = sp.Symbol("d", real=True)
HALF = sp.Rational(1, 2)

BROWNIAN_MOTION = ItoProcess.scalar(y, drift=mu, dispersion=zeta)
GEOMETRIC_BROWNIAN_MOTION = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
BESSEL = ItoProcess.scalar(x, drift=(d - 1) / (2 * x), dispersion=sp.S.One)
DOUBLE_WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
LOG_DOUBLE_WELL = ItoProcess.scalar(y, drift=mu - zeta**2 / 2 - sp.exp(2 * y), dispersion=zeta)
TEACHER_STUDENT = ItoProcess.scalar(x, drift=2 * x * (s_tilde + nu / 2 - x), dispersion=2 * sp.sqrt(nu) * x)
GOMPERTZ = ItoProcess.scalar(x, drift=x * (mu - kappa * sp.log(x)), dispersion=sigma * x)
QUADRATIC_NOISE = ItoProcess.scalar(
    x, drift=-2 * x * (x - m), dispersion=sp.sqrt(2 * beta * (2 * (x - m) ** 2 + sigma**2)) * x
)
ROOT_POWERS = ItoProcess.scalar(
    x, drift=-(x ** sp.Rational(4, 3)) * (x - m), dispersion=x ** sp.Rational(4, 3) * sp.sqrt(1 + x)
)
SYMBOLIC_POWERS = ItoProcess.scalar(x, drift=m * x ** (1 - alpha) - x ** (1 + beta), dispersion=sigma * x)
ALL = {
    "Brownian motion": BROWNIAN_MOTION,
    "geometric Brownian motion": GEOMETRIC_BROWNIAN_MOTION,
    "Bessel": BESSEL,
    "double well": DOUBLE_WELL,
    "double well in the logarithm": LOG_DOUBLE_WELL,
    "teacher-student mode": TEACHER_STUDENT,
    "Gompertz": GOMPERTZ,
    "quadratic noise": QUADRATIC_NOISE,
    "powers of the cube root": ROOT_POWERS,
    "symbolic powers": SYMBOLIC_POWERS,
}


def relative_current(process: ItoProcess, density: sp.Expr, point: sp.Rational) -> sp.Expr:
    """The probability current at a point, relative to the flow that the drift alone would carry, to 25 digits."""
    chosen = (sp.Rational(8, 7), sp.Rational(5, 6), sp.Rational(9, 8), sp.Rational(4, 5))
    values = dict(zip(process.parameters, chosen, strict=False)) | {process.state[0]: point}
    current = probability_current(process, density)[0].doit(integrals=False)
    return abs((current / (process.drift[0] * density)).subs(values).evalf(40))


@pytest.mark.every(3)
@pytest.mark.parametrize("name", ALL)
def test_named_stationary_densities_carry_no_probability_current(name):
    process = ALL[name]
    density = stationary_density(process).density
    assert relative_current(process, density, sp.Rational(3, 7)) < 1e-25
    wrong = density * process.state[0] ** sp.Rational(1, 100)
    assert relative_current(process, wrong, sp.Rational(3, 7)) > 1e-4


@settings(max_examples=examples(8))
@given(confined_processes())
def test_drawn_confined_processes_have_a_normalisable_law_without_current(process):
    law = stationary_density(process)
    assert law.normalisable == sp.true
    assert law.collapse == ()
    assert probability_current_vanishes(law.density, process)
    assert relative_current(process, law.density, sp.Rational(5, 7)) < 1e-25
    assert not probability_current_vanishes(law.density * sp.exp(process.state[0] / 1000), process)


@settings(max_examples=examples(8))
@given(rationals(), positive_rationals(2), st.sampled_from([0, 0, 1]))
def test_the_double_well_is_normalisable_exactly_where_its_integral_converges(m_value, z, on_threshold):
    values = {zeta: z, mu: z**2 / 2 if on_threshold else m_value}
    law = stationary_density(DOUBLE_WELL)
    density = sp.lambdify(theta, law.density.subs(values), "mpmath")
    # The integral near 0 over successive windows of log theta: it converges iff the windows shrink.
    windows = [mpmath.quad(lambda v: density(mpmath.exp(v)) * mpmath.exp(v), [-80 * (n + 1), -80 * n]) for n in (1, 2)]
    assert bool(law.normalisable.subs(values)) is bool(windows[1] < 0.99 * windows[0])


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("process", "normalisable", "collapse", "undecided"),
    [
        (DOUBLE_WELL, mu > zeta**2 / 2, ((mu <= zeta**2 / 2, 0),), sp.false),
        (LOG_DOUBLE_WELL, mu > zeta**2 / 2, ((mu <= zeta**2 / 2, -sp.oo),), sp.false),
        (TEACHER_STUDENT, nu < 2 * s_tilde, ((nu >= 2 * s_tilde, 0),), sp.false),
        (
            GEOMETRIC_BROWNIAN_MOTION,
            sp.false,
            ((mu < zeta**2 / 2, 0), (mu > zeta**2 / 2, sp.oo)),
            sp.Eq(mu, zeta**2 / 2),
        ),
        (BROWNIAN_MOTION, sp.false, ((mu < 0, -sp.oo), (mu > 0, sp.oo)), sp.Eq(mu, 0)),
        (BESSEL, sp.false, ((d <= 0, 0), (d > 0, sp.oo)), sp.false),
        (GOMPERTZ, sp.true, (), sp.false),
        (SYMBOLIC_POWERS, sp.true, (), sp.false),
    ],
)
def test_where_a_law_fails_the_limit_is_named(process, normalisable, collapse, undecided):
    law = stationary_density(process)
    assert law.normalisable == normalisable
    assert tuple(tuple(pair) for pair in law.collapse) == collapse
    assert law.undecided == undecided


def test_transience_to_one_end_decides_between_two_ends_that_both_diverge():
    # 2b/a = 2c/x throughout, while a goes from x^2 near 0 to a constant at infinity.
    c = sp.Symbol("c", real=True)
    process = ItoProcess.scalar(x, drift=c * x / (1 + x) ** 2, dispersion=x / (1 + x))
    law = stationary_density(process)
    assert [condition.subs(c, sp.Rational(1, 4)) for condition, _ in law.integrable_at] == [sp.false, sp.false]
    assert law.normalisable == sp.false
    assert [end for condition, end in law.collapse if condition.subs(c, sp.Rational(1, 4))] == [0]
    assert law.undecided.subs(c, HALF) == sp.true
    brownian_like = ItoProcess.scalar(y, drift=sp.S.Zero, dispersion=1 / sp.sqrt(1 + y**2))
    assert stationary_density(brownian_like).undecided == sp.true


def test_the_laws_of_the_two_worked_models_are_recognised():
    well, mode_law = stationary_density(DOUBLE_WELL), stationary_density(TEACHER_STUDENT)
    assert isinstance(well.family, GeneralisedGamma)
    assert well.moment(2) == sp.Piecewise((mu - zeta**2 / 2, mu > zeta**2 / 2), (sp.nan, True))
    assert well.mode == sp.Piecewise((sp.sqrt(mu - zeta**2), mu > zeta**2), (0, True))
    assert isinstance(mode_law.family, Gamma)
    for found, expected in ((mode_law.mean, s_tilde - nu / 2), (mode_law.variance, nu * (s_tilde - nu / 2))):
        assert sp.expand(found.subs(s_tilde, 2 * nu) - expected.subs(s_tilde, 2 * nu)) == 0
        assert found.subs(s_tilde, nu / 2) is sp.nan
    assert (
        sp.expand(mode_law.partition_function.subs(s_tilde, 2 * nu) - nu ** sp.Rational(3, 2) * sp.gamma(3 * HALF)) == 0
    )


def test_the_mode_depends_on_the_coordinate_and_normalisability_does_not():
    law = stationary_density(TEACHER_STUDENT)
    root = transform_density(law, w, w**2)
    logarithm = transform_density(law, y, sp.exp(y))
    inverse = transform_density(law, w, 1 / w)
    assert law.mode == sp.Piecewise((s_tilde - 3 * nu / 2, nu < 2 * s_tilde / 3), (0, True))
    assert root.mode == sp.Piecewise((sp.sqrt(s_tilde - nu), nu < s_tilde), (0, True))
    assert logarithm.mode == sp.Piecewise((sp.log(s_tilde - nu / 2), nu < 2 * s_tilde), (-sp.oo, True))
    assert isinstance(inverse.family, InverseGamma)
    for other, old, end in ((root, w**2, 0), (logarithm, sp.exp(y), -sp.oo), (inverse, 1 / w, sp.oo)):
        assert other.normalisable == law.normalisable
        assert other.collapse[0].endpoint == end
        ratio = other.density / law.density.subs(x, old) / sp.diff(old, other.variable)
        assert sp.simplify(sp.diff(sp.log(ratio), other.variable)) == 0


def test_the_transformed_law_of_the_well_is_that_of_the_process_in_the_logarithm():
    transformed = transform_density(stationary_density(DOUBLE_WELL), y, sp.exp(y))
    assert sp.expand(sp.log(transformed.density / stationary_density(LOG_DOUBLE_WELL).density), force=True) == 0


def test_a_map_that_is_not_onto_is_refused():
    with pytest.raises(UnsupportedFormError, match="monotonically onto"):
        transform_density(stationary_density(TEACHER_STUDENT), w, w + 1)


@cache
def quadratic_noise():
    """The law and its mode."""
    law = stationary_density(QUADRATIC_NOISE)
    return law, law.mode


@settings(max_examples=examples(4))
@given(positive_rationals(3), positive_rationals(2), positive_rationals(2))
def test_the_mode_of_a_law_of_no_family_is_its_largest_value(m_value, s, b):
    values = {m: m_value, sigma: s, beta: b / 8}
    law, formula = quadratic_noise()
    claimed = formula.subs(values)
    if claimed in (0, sp.nan):
        slope = sp.limit(law.log_derivative.subs(values) * x, x, 0, "+")
        assert slope <= 0
        return
    log_density = sp.lambdify(x, sp.log(law.density.subs(values)), "mpmath")
    top = mpmath.mpf(str(sp.N(claimed, 30)))
    assert all(log_density(top * factor) < log_density(top) for factor in (0.1, 0.5, 0.99, 1.01, 2, 10))


@pytest.mark.parametrize(
    ("process", "flat"), [(GEOMETRIC_BROWNIAN_MOTION, {mu: 1, zeta: 1}), (BROWNIAN_MOTION, {mu: 0})]
)
def test_a_flat_density_has_no_mode(process, flat):
    law = stationary_density(process)
    assert mode(law.density, law.variable).subs(flat) is sp.nan


def test_a_law_without_a_mode_has_the_end_to_which_it_collapses_if_there_is_one():
    assert stationary_density(GEOMETRIC_BROWNIAN_MOTION).mode.subs({mu: 1, zeta: 1}) == sp.oo
    assert stationary_density(BROWNIAN_MOTION).mode.subs({mu: 0}) is sp.nan


@pytest.mark.parametrize(
    ("drift", "dispersion", "values"),
    [
        (mu * x - x**2, x, {mu: 0}),  # collapses to 0; the formula of the Gamma law gives the mean -1/2
        (1 - mu * x, x, {mu: -1}),  # escapes to infinity; the formula of the inverse Gamma law gives -1
        (1 - mu * x, sp.sqrt(x), {mu: -1}),
    ],
)
def test_no_quantity_of_a_law_outlives_the_law(drift, dispersion, values):
    law = stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=dispersion))
    assert law.normalisable.subs(values) == sp.false
    quantities = (law.mean, law.variance, law.moment(2), law.moment(-1), law.log_mean)
    assert [quantity.subs(values) for quantity in quantities] == [sp.nan] * 5
    assert law.partition_function.subs(values) == sp.oo
    assert law.mode.subs(values) in [end for condition, end in law.collapse if condition.subs(values)]


def test_a_mode_that_is_no_root_of_radicals_stands_until_numbers_are_asked_for():
    density = sp.exp(-x + 4 * x**2 - x**5)
    found = mode(density, x)
    places = [sp.Rational(i, 10**4) for i in range(11_000, 12_000, 5)]
    highest = max(places, key=lambda place: density.subs(x, place))
    assert abs(found.evalf(20) - highest) < 1e-3 and sp.diff(sp.log(density), x).subs(x, found.evalf(20)) < 1e-12


class TestNumbers:
    law = stationary_density(DOUBLE_WELL)

    def test_the_law_at_numbers_is_normalised(self):
        at = self.law.at({mu: 1.5, zeta: 1})
        assert at.density == 2 * theta * sp.exp(-(theta**2))
        assert at.partition_function == 1
        total = mpmath.quad(sp.lambdify(theta, at.density, "mpmath"), [0, 1, mpmath.inf])
        assert abs(total - 1) < 1e-12

    @pytest.mark.parametrize("m_value", [HALF, 0.5, 0.2, -1])
    def test_a_law_that_does_not_exist_is_refused_with_its_limit(self, m_value):
        with pytest.raises(NotNormalisableError, match=r"violated: mu > zeta\*\*2/2.*point mass at theta = 0"):
            self.law.at({mu: m_value, zeta: 1})

    def test_a_decimal_is_read_as_it_prints(self):
        # 0.605 = 1.1**2/2 exactly as decimals, not as binary floats.
        with pytest.raises(NotNormalisableError):
            self.law.at({mu: 0.605, zeta: 1.1})
        assert self.law.at({mu: 0.6051, zeta: 1.1}).normalisable == sp.true

    def test_both_ends_divergent_is_said_to_be_undecided(self):
        with pytest.raises(NotNormalisableError, match="undecided"):
            stationary_density(BROWNIAN_MOTION).at({mu: 0, zeta: 1})

    @pytest.mark.parametrize(
        ("values", "error", "reason"),
        [
            ({mu: 1}, MissingParameterError, "no value for zeta"),
            ({mu: 1, zeta: -1}, SymbolError, "positive=True"),
            ({mu: 1, zeta: 1, nu: 2}, SymbolError, "no parameters"),
            ({mu: float("nan"), zeta: 1}, SymbolError, "number"),
            ({mu: float("inf"), zeta: 1}, SymbolError, "number"),
            ({mu: "1", zeta: 1}, SymbolError, "number"),
            ({mu: 1j, zeta: 1}, SymbolError, "number"),
            ({mu: sp.Symbol("q"), zeta: 1}, SymbolError, "number"),
            ({sp.Symbol("mu"): 1, zeta: 1}, SymbolError, "no parameters"),
        ],
    )
    def test_bad_values_are_refused(self, values, error, reason):
        with pytest.raises(error, match=reason):
            self.law.at(values)


@pytest.mark.parametrize("drift", [-y, y - y**3, -sp.sign(y)])
def test_a_root_of_a_variable_that_may_be_negative_has_no_mean(drift):
    law = stationary_density(ItoProcess.scalar(y, drift=drift, dispersion=1))
    with pytest.raises(ShapeError, match="k must be a whole number where the law has mass below 0, got 1/2"):
        law.moment(sp.Rational(1, 2))


def test_a_law_without_family_leaves_its_integral_standing():
    law = stationary_density(QUADRATIC_NOISE)
    assert law.family is None
    assert isinstance(law.partition_function, sp.Integral)
    with pytest.raises(UnsupportedFormError, match="not recognised"):
        _ = law.mean


def test_a_density_without_closed_form_is_an_explicit_integral_that_still_carries_no_current():
    quintic = ItoProcess.scalar(x, drift=1 - x**5, dispersion=sp.sqrt(x**5 + x + 1))
    law = stationary_density(quintic, Interval(0, sp.oo))
    assert law.density.has(sp.Integral)
    assert relative_current(quintic, law.density, sp.Rational(3, 7)) < 1e-25


def test_the_law_of_a_drift_that_jumps_is_that_of_its_sides():
    v, right, left = sp.Symbol("v", real=True), sp.Symbol("v", positive=True), sp.Symbol("v", negative=True)
    friction, D = sp.symbols("kappa D", positive=True)

    def process(coordinate):
        drift = -friction * sp.sign(coordinate)
        return ItoProcess.scalar(coordinate, drift=drift, dispersion=sp.sqrt(2 * D))

    whole = stationary_density(process(v)).density
    for side in (left, right):
        alone = stationary_density(process(side)).density
        assert sp.simplify(alone / alone.subs(side, 0) - whole.subs(v, side)) == 0


@pytest.mark.parametrize("level", [0, 1, 2, -sp.Rational(1, 2)])
def test_a_quantile_of_what_is_no_probability_is_refused_before_numbers_are_asked_for(level):
    law = stationary_density(ItoProcess.scalar(x, drift=1 - kappa * x, dispersion=sp.sqrt(x)))
    with pytest.raises(ShapeError, match="^probability must lie strictly between 0 and 1"):
        law.quantile(level)


@pytest.mark.parametrize("order", [2**63, -(10**30), 1001])
def test_a_moment_of_an_order_that_nothing_can_hold_is_refused_by_name(order):
    law = stationary_density(ItoProcess.scalar(y, drift=-y, dispersion=1))
    with pytest.raises(UnsupportedFormError, match="^k must be at most 1000 in size, got"):
        law.moment(order)


@pytest.mark.parametrize(
    ("drift", "dispersion"), [(kappa * (m - x), sigma * sp.sqrt(x)), (mu * x - x**3, zeta * x)], ids=str
)
def test_the_log_derivative_is_that_of_the_density(drift, dispersion):
    law = stationary_density(ItoProcess.scalar(x, drift=drift, dispersion=dispersion))
    assert decide_zero(law.log_derivative - sp.diff(sp.log(law.density), x)).says_zero


@pytest.mark.parametrize(
    ("variable", "interval"),
    [(sp.Symbol("q", negative=True), None), (sp.Symbol("q", real=True), Interval(-sp.oo, 0))],
    ids=["negative symbol", "interval"],
)
def test_a_law_below_zero_is_the_mirror_image_of_one_above(variable, interval):
    below = ItoProcess.scalar(variable, drift=-kappa * variable - m, dispersion=sigma * variable)
    above = ItoProcess.scalar(x, drift=m - kappa * x, dispersion=sigma * x)
    mirrored, law = stationary_density(below, interval), stationary_density(above)
    assert mirrored.mean == -law.mean and sp.simplify(mirrored.mode + law.mode) == 0
    chosen = {kappa: 2, m: 1, sigma: 1}
    assert mirrored.variance.subs(chosen) == law.variance.subs(chosen)
    assert mirrored.cdf(-2).subs(chosen) == 1 - law.cdf(2).subs(chosen)
    half = sp.Rational(1, 2)
    reached = hitting_probability(below, -1, -2, -half, interval) + hitting_probability(above, 1, half, 2)
    assert float(reached.subs(chosen)) == pytest.approx(1, abs=1e-12)


def test_a_symbol_that_may_be_zero_lives_on_the_half_line():
    n = sp.Symbol("n", nonnegative=True)
    law = stationary_density(ItoProcess.scalar(n, drift=-m, dispersion=sigma))
    assert law.interval.ends == (0, sp.oo) and law.mean == sigma**2 / (2 * m)
    assert Interval.of(sp.Symbol("n", nonpositive=True)).ends == (-sp.oo, 0)


def test_a_state_with_declared_bounds_lives_between_them():
    v = parameter("v", above=-1, below=2)
    assert Interval.of(v).ends == (-1, 2)
    law = stationary_density(ItoProcess.scalar(v, drift=-v, dispersion=sp.S.One))
    whole = sp.sqrt(sp.pi) * (sp.erf(1) + sp.erf(2)) / 2
    assert abs(float(law.mean - (sp.exp(-1) - sp.exp(-4)) / 2 / whole)) < 1e-12
