"""The thresholds of Gaussian multipliers: roots of the exact growth rate, and their uniqueness."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from mpmath import mp, mpf

from numerics.deterministic.collapse_threshold import (
    collapse_drift,
    collapse_noise,
    collapse_signal,
    collapse_variance,
    critical_mean,
    dawson_maximum,
    growth_rate,
)
from numerics.errors import ArgumentError
from theory.discrete.growth_rate import collapse_threshold_expansion, gaussian_growth_rate, gaussian_growth_slope
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import eta, zeta

FALSE_ALARM = 1e-6


def test_growth_rate_is_the_closed_form_of_theory():
    for m, v in (("1.1", "0.7"), ("0.2", "3"), ("1", "0.001")):
        exact = gaussian_growth_rate(sp.Rational(m), sp.Rational(v)).evalf(30)
        assert abs(growth_rate(m, v, digits=25) - mpmath.mpmathify(exact)) < 1e-24


def test_growth_rate_is_the_sample_mean_of_logarithms():
    n = 400_000
    noise = np.random.default_rng(20_230_604_251).standard_normal(n)
    for m, v in ((1.1, 0.7), (0.2, 3.0)):
        sample = np.log(np.abs(m + np.sqrt(v) * noise))
        z = mpmath.sqrt(2) * mpmath.erfinv(1 - FALSE_ALARM / 2)
        width = float(z) * sample.std() / np.sqrt(n)
        assert abs(sample.mean() - float(growth_rate(m, v))) < width
        assert abs(sample.mean() - np.log(m**2 + v) / 2) > width  # Jensen's bound is no value


@pytest.mark.parametrize("variance", ["1e-5", "0.3", "1", "3.5"])
def test_the_critical_mean_separates_collapse_from_growth(variance):
    m = critical_mean(variance, digits=25)
    assert growth_rate(m * mpf("0.999"), variance) < 0 < growth_rate(m * mpf("1.001"), variance)
    assert abs(growth_rate(m, variance, digits=25)) < 1e-22


def test_no_mean_lets_a_very_noisy_multiplier_collapse():
    with mp.workdps(20):
        limit = 2 * mpmath.exp(mpmath.euler)
        assert abs(growth_rate(0, limit, digits=18)) < 1e-16
    with pytest.raises(ArgumentError, match="grows for every mean"):
        critical_mean("3.5622")


def test_the_noise_window_of_a_resting_multiplier_ends_at_the_published_value():
    window = collapse_variance(1)
    assert window.lower == 0
    assert abs(window.upper - mpf("2.42125")) < 1e-5
    assert growth_rate(1, "2.42") < 0 < growth_rate(1, "2.43")


def test_the_noise_window_of_a_repelling_multiplier_is_bounded_on_both_sides():
    window = collapse_noise("0.0025", "1.5")
    assert abs(window.lower - mpf("1.7271")) < 5e-5
    assert abs(window.lower - mpmath.sqrt(3)) > 4e-3  # the threshold of the SDE
    for edge, inside in ((window.lower, 1), (window.upper, -1)):
        rates = [growth_rate(1 + mpf("0.00375"), mpf("0.0025") * (edge + shift) ** 2) for shift in (-1e-3, 1e-3)]
        assert rates[0] * inside > 0 > rates[1] * inside


def test_a_strongly_repelling_multiplier_never_collapses():
    assert collapse_variance("1.5") is None
    assert all(growth_rate("1.5", v) > 0 for v in ("0.1", "1", "1.32", "2", "5"))


def test_the_drift_threshold_has_its_expansion_for_small_steps():
    expansion = collapse_threshold_expansion(2).subs({kappa_3: 0, kappa_4: 3, zeta: 1})
    errors = [
        abs(collapse_drift(step, 1, digits=25) - mpmath.mpmathify(expansion.subs(eta, sp.Rational(step)).evalf(25)))
        for step in ("0.002", "0.001")
    ]
    assert abs(mpmath.log(errors[0] / errors[1], 2) - 2) < 0.05


@pytest.mark.parametrize(
    ("step", "noise", "printed"),
    [("0.01", 1, "0.50387"), ("0.1", 1, "0.55895"), (1, 1, "0.27775"), ("0.05", 2, "2.351"), ("0.3", 2, "0.895")],
)
def test_drift_thresholds_have_their_published_digits(step, noise, printed):
    digits = len(printed.split(".")[1])
    assert abs(collapse_drift(step, noise) - mpf(printed)) <= mpf("0.51") * mpf(10) ** -digits


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("step", "noise", "printed"),
    [(mpf(3) / 1024, 20, "0.58746"), ("0.1", 8, "2.578"), ("0.5", 2, "0.5555"), ("0.1", 4, "0.938")],
)
def test_signal_thresholds_have_their_published_digits(step, noise, printed):
    digits = len(printed.split(".")[1])
    assert abs(collapse_signal(step, noise) - mpf(printed)) <= mpf("0.51") * mpf(10) ** -digits
    assert abs(mpf(step) * noise**2 / 2 - mpf(printed)) > mpf(10) ** -3  # the threshold of the SDE


def test_dawsons_function_has_its_maximum_where_the_growth_rate_is_lowest():
    with mp.workdps(25):
        z = dawson_maximum()
        m, v = sp.Integer(1), sp.Float(1 / (2 * z**2), 25)
        assert abs(gaussian_growth_slope(m, v)[1].evalf(20)) < 1e-15


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: growth_rate(1, 0), "variance"),
        (lambda: growth_rate("one", 1), "mean"),
        (lambda: collapse_drift(0, 1), "eta"),
        (lambda: collapse_signal("0.1", -1), "zeta"),
        (lambda: collapse_noise("0.1", "inf"), "mu"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ArgumentError, match=f"^{name} must"):
        call()
