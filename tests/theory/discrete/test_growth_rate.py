"""Growth rates of linear random maps, their expansions and thresholds."""

import mpmath
import pytest
import sympy as sp

from theory.discrete import growth_rate as gr
from theory.discrete.random_map import kappa_3, kappa_4
from theory.errors import DimensionError, ShapeError, SymbolError
from theory.notation import eta, mu, zeta

M, V = sp.Symbol("m", real=True), sp.Symbol("v", positive=True)
Y = sp.Symbol("y", positive=True)


def heat_residual(first_derivatives):
    """The heat equation d_v = d_m^2 / 2 for a function known through (d_m, d_v)."""
    by_mean, by_variance = first_derivatives
    return sp.simplify(by_variance - sp.diff(by_mean, M) / 2)


def test_the_slope_of_the_growth_rate_solves_the_heat_equation():
    by_mean, by_variance = gr.gaussian_growth_slope(M, V)
    assert heat_residual((by_mean, by_variance)) == 0
    assert sp.simplify(sp.diff(by_mean, V) - sp.diff(by_variance, M)) == 0
    assert heat_residual((by_mean, 2 * by_variance)) != 0


def test_the_power_series_of_the_growth_rate_solves_its_ordinary_equation():
    # Coefficients c_j of h' = 1F1(1; 3/2; -y), read off from h = y 2F2(1, 1; 3/2, 2; -y).
    j = sp.Symbol("j", integer=True, positive=True)
    half = sp.Rational(1, 2)

    def series_of_h(j):
        return sp.rf(1, j) ** 2 / (sp.rf(3 * half, j) * sp.rf(2, j)) * (-1) ** j / sp.factorial(j)

    def c(j):
        return (j + 1) * series_of_h(j)

    # The coefficient of y**j in 2 y q' + (1 + 2 y) q - 1 is (2 j + 1) c_j + 2 c_{j-1}.
    ratio = sp.gammasimp((c(j - 1) / c(j)).rewrite(sp.gamma))
    assert sp.gammasimp(sp.expand_func(2 * j + 1 + 2 * ratio)) == 0
    assert c(0) == 1
    assert sp.gammasimp(sp.expand_func(2 * j + 1 + ratio)) != 0


def test_the_growth_rate_starts_at_the_logarithmic_mean_of_a_centred_gaussian():
    p = sp.Symbol("p", real=True)
    moment = 2 ** (p / 2) * sp.gamma((p + 1) / 2) / sp.sqrt(sp.pi)  # E|N(0, 1)|^p
    log_mean = sp.diff(moment, p).subs(p, 0)
    assert sp.simplify(log_mean - gr.gaussian_growth_rate(0, 1)) == 0
    assert sp.simplify(gr.gaussian_growth_rate(0, V) - gr.gaussian_growth_rate(0, 1) - sp.log(V) / 2) == 0


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("mean", "variance"), [("0.3", "1"), ("1", "0.0025"), ("1.2", "2.42"), ("-0.7", "5"), ("4", "1")]
)
def test_the_growth_rate_agrees_with_quadrature_to_25_digits(mean, variance):
    with mpmath.workdps(40):
        m, v = mpmath.mpf(mean), mpmath.mpf(variance)
        root = mpmath.sqrt(v)

        def folded(y):  # the density of |X|, times log|X|, in y = log|X|
            x = mpmath.exp(y)
            gauss = mpmath.exp(-((x - m) ** 2) / (2 * v)) + mpmath.exp(-((x + m) ** 2) / (2 * v))
            return y * gauss * x / (root * mpmath.sqrt(2 * mpmath.pi))

        edges = [-95, -40, -15, -5, -3, -2, -1, -0.5, -0.25, -0.1, 0, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4]
        expected = mpmath.quad(folded, edges)
        value = gr.gaussian_growth_rate(sp.Rational(mean), sp.Rational(variance)).evalf(35)
        assert abs(mpmath.mpmathify(value) - expected) < mpmath.mpf(10) ** -25
        printed_without_log_2 = value + sp.log(2).evalf(35) / 2
        assert abs(mpmath.mpmathify(printed_without_log_2) - expected) > 0.1


def test_the_growth_slope_is_the_derivative_of_the_growth_rate():
    with mpmath.workdps(40):
        rate = sp.lambdify((M, V), gr.gaussian_growth_rate(M, V), "mpmath")
        for m, v in ((mpmath.mpf("0.8"), mpmath.mpf("1.7")), (mpmath.mpf("1.4"), mpmath.mpf("0.3"))):
            by_mean, by_variance = (
                mpmath.mpmathify(sp.N(slope, 30))
                for slope in gr.gaussian_growth_slope(sp.Rational(str(m)), sp.Rational(str(v)))
            )
            assert abs(mpmath.diff(lambda y, v=v: rate(y, v), m) - by_mean) < 1e-15
            assert abs(mpmath.diff(lambda y, m=m: rate(m, y), v) - by_variance) < 1e-15


def test_a_variance_that_is_not_positive_is_refused():
    with pytest.raises(SymbolError, match="variance must be positive"):
        gr.gaussian_growth_rate(1, 0)


def test_sign_noise_is_a_multiplier_with_two_values():
    values = [gr.multiplier(sp.Integer(sign)) for sign in (1, -1)]
    at = {eta: sp.Rational(1, 10), mu: sp.Rational(3, 10), zeta: 2}
    exact = gr.finite_growth_rate([value.subs(at) for value in values])
    assert abs((exact - gr.sign_growth_rate().subs(at)).evalf(30)) < 1e-25


def test_sign_noise_stands_still_at_its_threshold_and_moves_off_it():
    threshold = gr.sign_collapse_threshold()
    product = sp.expand(gr.multiplier(sp.S.One) * gr.multiplier(sp.S.NegativeOne))
    assert sp.simplify(product.subs(mu, threshold) - 1) == 0
    assert sp.simplify(product.subs(mu, zeta**2 / 2) - 1) != 0  # the threshold of the SDE
    series = sp.series(threshold, eta, 0, 2).removeO()
    assert sp.expand(series - (zeta**2 / 2 - eta * zeta**4 / 8)) == 0


def test_finite_growth_rate_weights_the_logarithms():
    half = sp.Rational(1, 2)
    rate = gr.finite_growth_rate([2, half, -3], [half, half / 2, half / 2])
    assert sp.expand(rate - (sp.log(2) / 4 + sp.log(3) / 4)) == 0


def test_a_multiplier_zero_collapses_at_once_where_it_has_a_probability():
    share = sp.Symbol("p", positive=True)
    assert gr.finite_growth_rate([0, 2]) == -sp.oo
    assert gr.finite_growth_rate([0, 2], [share, 1 - share]) == -sp.oo
    assert gr.finite_growth_rate([0, 2], [0, 1]) == sp.log(2)
    with pytest.raises(SymbolError, match="whether the multiplier 0 occurs"):
        gr.finite_growth_rate([0, 2], [sp.Symbol("q", real=True), 1 - sp.Symbol("q", real=True)])


def test_finite_growth_rate_refuses_weights_that_are_no_probabilities():
    with pytest.raises(ShapeError, match="at least one"):
        gr.finite_growth_rate([])
    with pytest.raises(ShapeError, match="match multipliers"):
        gr.finite_growth_rate([1, 2], [1])
    with pytest.raises(SymbolError, match="add to 1"):
        gr.finite_growth_rate([1, 2], [1, 1])


def test_growth_rate_expansion_has_the_hand_computed_coefficients():
    order_one = mu - zeta**2 / 2 + sp.sqrt(eta) * kappa_3 * zeta**3 / 3
    order_two = order_one + eta * (-(mu**2) / 2 + mu * zeta**2 - kappa_4 * zeta**4 / 4)
    assert sp.expand(gr.growth_rate_expansion(2) - order_two) == 0
    assert sp.expand(gr.growth_rate_expansion(1) - order_one) == 0
    assert sp.expand(gr.growth_rate_expansion(2) - order_one) != 0


@pytest.mark.every(3)
@pytest.mark.parametrize("order", [0, 2, 4])
def test_growth_rate_expansion_approaches_the_exact_rate_at_its_order(order):
    values = {mu: sp.Rational(7, 10), zeta: sp.Rational(6, 5)}
    gauss = dict(
        zip((kappa_3, kappa_4, *(sp.Symbol(f"kappa_{j}", real=True) for j in (5, 6))), (0, 3, 0, 15), strict=True)
    )
    expansion = gr.growth_rate_expansion(order).subs(gauss).subs(values)
    errors = []
    for step in (sp.Rational(1, 1000), sp.Rational(1, 2000)):
        exact = gr.gaussian_growth_rate(1 + step * values[mu], step * values[zeta] ** 2).evalf(40) / step
        errors.append(abs((exact - expansion.subs(eta, step)).evalf(40)))
    slope = sp.log(errors[0] / errors[1], 2).evalf()
    assert abs(slope - (order / 2 + 1)) < 0.05


def test_threshold_expansion_separates_gaussian_from_sign_noise():
    threshold = gr.collapse_threshold_expansion(2)
    gaussian, sign = (threshold.subs({kappa_3: 0, kappa_4: kappa}) for kappa in (3, 1))
    assert sp.expand(gaussian - (zeta**2 / 2 + sp.Rational(3, 8) * eta * zeta**4)) == 0
    assert sp.expand(sign - (zeta**2 / 2 - eta * zeta**4 / 8)) == 0
    higher = gr.collapse_threshold_expansion(4)
    kappas = {kappa_3: 0, kappa_4: 1, sp.Symbol("kappa_5", real=True): 0, sp.Symbol("kappa_6", real=True): 1}
    exact = sp.series(gr.sign_collapse_threshold(), eta, 0, 3).removeO()
    assert sp.expand(higher.subs(kappas) - exact) == 0


def test_the_order_of_an_expansion_is_not_negative():
    with pytest.raises(DimensionError, match="whole number from 0"):
        gr.growth_rate_expansion(-1)
