"""What a noisy mode adds to the test error: closed form against quadrature, and its two regimes."""

import mpmath
import pytest
import sympy as sp

from theory.models.teacher_student.error import mode_error, overlap, slope_at_small_noise, stationary_error
from theory.notation import nu, s, s_tilde


def by_quadrature(signal, noise, q):
    """The mean of s^2 - 2 q s under s^(signal/noise - 3/2) exp(-s/noise)."""

    def density(x):
        return x ** (mpmath.mpf(signal) / noise - mpmath.mpf(3) / 2) * mpmath.exp(-x / noise)

    points = [0, signal, 5 * signal, mpmath.inf]
    return mpmath.quad(lambda x: (x**2 - 2 * q * x) * density(x), points) / mpmath.quad(density, points)


@pytest.mark.every(3)
@pytest.mark.parametrize(("signal", "noise", "q"), [(1.2, 0.3, 0.7), (0.9, 0.5, 0.0), (1.0, 0.4, -0.2)])
def test_the_stationary_error_is_the_mean_under_the_gamma_law(signal, noise, q):
    values = {s_tilde: signal, nu: noise, overlap: q}
    assert float(stationary_error().subs(values)) == pytest.approx(float(by_quadrature(signal, noise, q)), rel=1e-8)
    conjectured = (signal - noise / 2) ** 2 - 2 * q * (signal - noise / 2)
    assert conjectured != pytest.approx(float(by_quadrature(signal, noise, q)), rel=1e-2)


def test_noise_helps_a_mode_that_has_not_collapsed_only_beyond_four_overlaps():
    gain = sp.factor(stationary_error() - mode_error(s_tilde))
    assert sp.expand(gain - nu * (overlap - nu / 4)) == 0
    assert slope_at_small_noise() == overlap


def test_the_error_of_a_mode_is_smallest_at_the_overlap():
    assert sp.solve(sp.diff(mode_error(), s), s) == [overlap]
