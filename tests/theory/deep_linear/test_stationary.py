"""Stationary laws of a mode: normalisability, collapse, splitting, tails, place; against quadrature and SciPy."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp
from scipy.special import betainc

from theory import parameter
from theory.deep_linear.minima import LabelNoiseMinimum
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.stationary import (
    existence,
    laws_beside_the_teacher,
    location,
    mode_law,
    probability_of_learning,
    rates_at_the_teacher,
    tail_exponent,
)
from theory.errors import DimensionError, SymbolError, UnsupportedFormError

L = parameter("L", above=2)


@pytest.fixture(scope="module")
def deep():
    modes = balanced_modes(L)
    return modes, mode_law(modes)


@pytest.fixture(scope="module")
def place():
    return location(balanced_modes(L))


def test_a_mode_of_more_than_two_layers_always_has_a_law(deep):
    _, law = deep
    assert (law.normalisable, law.collapse) == (sp.true, ())


def test_two_layers_need_weak_noise_or_collapse_to_zero():
    modes = balanced_modes(2)
    s, variance, beta = modes.singular_values[0], modes.label_variances[0], modes.beta
    law = mode_law(modes)
    assert law.normalisable == (2 * beta * s**2 + beta * variance < 2 * s)
    ((condition, end),) = law.collapse
    assert (condition, end) == (sp.Not(law.normalisable), 0)


def printed_density(depth):
    """The closed density of the module, in mpmath: twice typed, once here and once by the engine."""

    def density(w, s, sigma, beta):
        z = mpmath.mpc(s, sigma / mpmath.sqrt(2))
        h = mpmath.mpf(2) / depth - 1
        series = mpmath.re(mpmath.hyp2f1(1, h, 1 + h, w / z) / z)
        return (
            w ** (-3 + mpmath.mpf(3) / depth)
            / (2 * (w - s) ** 2 + sigma**2)
            * mpmath.exp(-(w**h) / (beta * (depth - 2)) * series)
        )

    return density


@pytest.mark.every(3)
@pytest.mark.parametrize("depth", ["3", "3.7", "12"])
def test_the_closed_density_has_the_logarithmic_slope_of_zero_current(depth, deep):
    modes, law = deep
    with mpmath.workdps(40):
        values = [mpmath.mpf(v) for v in ("0.7", "0.5", "0.2")]
        density = printed_density(mpmath.mpf(depth))
        slope = mpmath.diff(lambda w: mpmath.log(density(w, *values)), mpmath.mpf("0.9"), h=mpmath.mpf(10) ** -12)
        symbols = (modes.singular_values[0], sp.sqrt(modes.label_variances[0]), modes.beta)
        exact = dict(zip(symbols, map(sp.Rational, ("0.7", "0.5", "0.2")), strict=True))
        wanted = law.log_derivative.subs(L, sp.Rational(depth)).subs(exact).subs(law.variable, sp.Rational("0.9"))
        assert abs(slope - mpmath.mpf(str(wanted.evalf(30)))) < mpmath.mpf(10) ** -20


def test_the_engine_writes_that_density(deep):
    modes, law = deep
    values = {modes.singular_values[0]: sp.Rational("0.7"), modes.beta: sp.Rational("0.2"), L: sp.Rational("3.7")}
    values[sp.sqrt(modes.label_variances[0])] = sp.Rational(1, 2)
    at = law.density.subs(values)
    ratios = [
        mpmath.mpf(str(at.subs(law.variable, sp.Rational(w)).evalf(20)))
        / printed_density(mpmath.mpf("3.7"))(mpmath.mpf(w), mpmath.mpf("0.7"), mpmath.mpf("0.5"), mpmath.mpf("0.2"))
        for w in ("0.3", "0.8", "1.4")
    ]
    assert max(abs(r / ratios[0] - 1) for r in ratios) < 1e-12


def test_the_closed_density_tends_to_that_of_two_layers():
    modes = balanced_modes(
        2, singular_values=[sp.Rational(7, 10)], label_variance=sp.Rational(1, 4), beta=sp.Rational(1, 5)
    )
    two = sp.lambdify(modes.amplitudes[0], mode_law(modes).density, "mpmath")
    with mpmath.workdps(40):
        near = printed_density(2 + mpmath.mpf(10) ** -12)
        values = [mpmath.mpf(v) for v in ("0.7", "0.5", "0.2")]
        ratio = [near(mpmath.mpf(w), *values) / two(mpmath.mpf(w)) for w in ("0.4", "1.1")]
        assert abs(ratio[1] / ratio[0] - 1) < 1e-9


@pytest.mark.slow  # the same law, with its density, is in tests/theory/line/test_depth_modes.py
def test_without_label_noise_deeper_modes_tend_to_the_teacher_from_both_sides():
    modes = balanced_modes(L, label_variance=0)
    below, above = laws_beside_the_teacher(modes)
    assert [law.collapse[0] for law in (below, above)] == [(sp.true, modes.singular_values[0])] * 2


def test_without_label_noise_two_layers_are_split_beyond_a_noise_strength():
    modes = balanced_modes(2, label_variance=0)
    below, above = laws_beside_the_teacher(modes)
    assert below.collapse[0] == (modes.beta * modes.singular_values[0] <= 1, modes.singular_values[0])
    assert above.collapse[0] == (sp.true, modes.singular_values[0])


@pytest.mark.every(3)
@pytest.mark.parametrize(("strength", "start"), [(2, "1/2"), (3, "1/3"), ("6/5", "1/10")])
def test_the_splitting_probability_is_the_regularised_incomplete_beta_function(strength, start):
    s, strength, start = sp.Rational(2), sp.Rational(strength), sp.Rational(start)
    modes = balanced_modes(2, singular_values=[s], label_variance=0, beta=strength / s)
    found = float(probability_of_learning(modes, start * s))
    half = float(1 / (2 * strength))
    assert found == pytest.approx(betainc(0.5 - half, 1 + half, float(start)), rel=1e-12)
    assert found != pytest.approx(betainc(0.5 - half, 0.5 + half, float(start)), rel=1e-3)


@pytest.mark.slow  # by day: the splitting probability
def test_weak_noise_and_depth_learn_for_sure():
    modes = balanced_modes(2, singular_values=[1], label_variance=0, beta=sp.Rational(1, 2))
    assert probability_of_learning(modes, sp.Rational(1, 2)) == 1
    modes = balanced_modes(L, label_variance=0)
    assert probability_of_learning(modes, modes.singular_values[0] / 3) == 1


def test_tails_are_heavy_whatever_the_noise_strength():
    assert sp.cancel(tail_exponent(balanced_modes(L)) - (2 + 3 * (L - 1) / L)) == 0
    assert tail_exponent(balanced_modes(2)) == sp.Rational(7, 2)
    assert sp.cancel(tail_exponent(balanced_modes(1)) - 2 - 1 / balanced_modes(1).beta) == 0


def test_the_slow_flow_of_label_noise_leads_to_the_same_mean_for_every_depth(place):
    modes = balanced_modes(L)
    s, variance = modes.singular_values[0], modes.label_variances[0]
    slow = LabelNoiseMinimum(L, [s], label_variances=variance, input_trace=1, label_trace=variance)
    assert sp.simplify(place.mean - s - modes.beta * slow.mean_shift(0)) == 0
    assert sp.simplify(place.variance - modes.beta * slow.variance(0)) == 0


def test_the_mean_lies_as_far_below_the_teacher_as_the_zero_of_drift_lies_above(place):
    s = place.point
    assert sp.expand(place.mean + place.zero_of_drift - 2 * s) == 0
    assert sp.expand(place.mode - s - 3 * (place.mean - s)) == 0


def test_only_the_curvature_of_the_drift_is_not_small_at_the_teacher():
    rates = rates_at_the_teacher(balanced_modes(parameter("L", integer=True, at_least=2)))
    names = ("drift", "drift_slope", "drift_curvature", "diffusion", "diffusion_slope")
    assert [rates.order(name) for name in names] == [1, 0, 0, 1, 1]
    assert set(rates.neglected.values()) == {sp.Rational(1, 2)}


def test_the_drift_of_the_slope_of_the_noise_is_four_times_the_ito_drift():
    rates = rates_at_the_teacher(balanced_modes(parameter("L", integer=True, at_least=2)))
    assert sp.simplify(rates.slope_against_ito_drift) == 4


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: mode_law(balanced_modes(2, label_variance=0)), UnsupportedFormError, "needs label noise"),
        (lambda: laws_beside_the_teacher(balanced_modes(2)), UnsupportedFormError, "for no label noise"),
        (lambda: probability_of_learning(balanced_modes(2), 1), UnsupportedFormError, "no label noise"),
        (lambda: probability_of_learning(balanced_modes(1, label_variance=0), 1), UnsupportedFormError, "two layers"),
        (
            lambda: probability_of_learning(balanced_modes(2, label_variance=0, singular_values=[1]), 2),
            SymbolError,
            "start must lie in",
        ),
        (lambda: location(balanced_modes(2, beta=1)), UnsupportedFormError, "a symbol for beta"),
        (lambda: mode_law(balanced_modes(2), 1), DimensionError, "mode must be a whole number"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_one_answer_holds_for_every_depth_from_two_on_where_there_is_one():
    every = parameter("L", integer=True, at_least=2)
    modes = balanced_modes(every)
    found, two = location(modes), location(balanced_modes(2))
    for quantity in ("zero_of_drift", "mode", "mean", "variance"):
        formula = getattr(found, quantity)
        assert formula.has(every) and not formula.has(sp.Piecewise)
        assert sp.simplify(formula.subs(every, 2) - getattr(two, quantity)) == 0
    assert sp.simplify(tail_exponent(modes) - 5 + 3 / every) == 0


@pytest.mark.slow  # by day: two layers, and more than two
def test_a_law_exists_at_every_depth_but_two_and_there_for_weak_noise():
    every = parameter("L", integer=True, at_least=2)
    condition = existence(balanced_modes(every))
    assert condition.subs(every, 3) == sp.true
    assert condition.subs(every, 2) == mode_law(balanced_modes(2)).normalisable
    strong = {symbol: 3 for symbol in condition.free_symbols - {every}}
    assert condition.subs(every, 2).subs(strong) == sp.false


def test_learning_is_certain_beyond_depth_two_and_a_beta_function_there():
    every = parameter("L", integer=True, at_least=2)
    modes = balanced_modes(every, singular_values=[1], label_variance=0, beta=2)
    found = probability_of_learning(modes, sp.Rational(1, 2))
    assert found.subs(every, 4) == 1
    assert abs(found.subs(every, 2).evalf(9) - 0.88138) < 1e-6


def test_one_layer_has_a_law_on_the_whole_line_around_the_teacher():
    modes = balanced_modes(1, singular_values=[1], label_variance=1, beta=sp.Rational(1, 10))
    law = mode_law(modes)
    (w,) = modes.amplitudes
    assert law.normalisable == sp.true and existence(modes) == sp.true
    # 1 + 2(w - 1)^2 to the power -6: Student's law of 11 degrees of freedom, variance 11/9 of its scale 1/22.
    weight = (1 + 2 * (w - 1) ** 2) ** -6
    assert sp.simplify(sp.diff(sp.log(law.density / weight), w)) == 0
    assert location(balanced_modes(1)).variance == balanced_modes(1).beta * balanced_modes(1).label_variances[0] / 2
    assert all(each.is_positive is None for each in balanced_modes(1, modes=2).amplitudes)
