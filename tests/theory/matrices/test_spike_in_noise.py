"""Signal plus noise: the bulk, the outlier and the overlaps, against each other and quadrature."""

import pytest
import sympy as sp
from scipy import integrate

from theory.decision.zero import ZeroKind, decide_zero
from theory.matrices import spike_in_noise as rm
from theory.matrices.spike_in_noise import D, aspect, phi, s_bar

ASPECTS = [sp.Rational(1, 10), sp.Rational(1, 2), sp.Integer(1), sp.Integer(2), sp.Integer(4)]


def test_dysons_equations_have_the_marchenko_pastur_resolvent_as_their_solution():
    # g_L = z G with A lambda G^2 - (lambda + A - 1) G + 1 = 0, the equation of the Marchenko-Pastur law.
    level = rm.squared_singular_value()
    G = (1 + D) / level
    assert sp.cancel(aspect * level * G**2 - (level + aspect - 1) * G + 1) == 0
    assert sp.cancel(aspect * level * G**2 - (level + aspect) * G + 1) != 0


def test_the_right_space_sees_the_same_noise_transposed():
    # On the other side the ratio is 1/A and the variance A/n: all singular values shrink by sqrt(A) in its own units.
    level, G_right = rm.squared_singular_value(), (1 + aspect * D) / rm.squared_singular_value()
    G_left = (1 + D) / level
    assert sp.cancel(G_right - (aspect * G_left + (1 - aspect) / level)) == 0
    assert sp.cancel(G_right - aspect * G_left) != 0


def test_the_primitive_in_the_angle_has_the_density_as_its_derivative():
    residual = sp.diff(rm.primitive_of_angle(), phi) - rm.density_of_angle()
    assert decide_zero(residual, [phi < sp.pi]).says_zero
    assert decide_zero(residual + rm.density_of_angle() / 50, [phi < sp.pi]).kind is ZeroKind.NONZERO


def test_the_density_in_the_angle_is_the_density_of_the_singular_values():
    r = sp.sqrt(aspect)
    singular_value = sp.sqrt(1 + aspect + 2 * r * sp.cos(phi))
    moved = rm.singular_value_density().subs(rm.s_tilde, singular_value) * -sp.diff(singular_value, phi)
    assert decide_zero(moved - rm.density_of_angle(), [phi < sp.pi]).says_zero
    assert decide_zero(moved - 2 * rm.density_of_angle(), [phi < sp.pi]).kind is ZeroKind.NONZERO


@pytest.mark.every(2)
@pytest.mark.parametrize("A", ASPECTS)
def test_the_bulk_has_the_mass_of_the_dimensions_that_both_spaces_share(A):
    density = sp.lambdify(rm.s_tilde, rm.singular_value_density().subs(aspect, A))
    lower, upper = (float(edge.subs(aspect, A)) for edge in rm.bulk_edges())
    mass, _ = integrate.quad(lambda x: density(x) if lower < x < upper else 0.0, lower, upper)
    assert mass == pytest.approx(float(rm.bulk_mass().subs(aspect, A)), rel=1e-6)
    assert mass == pytest.approx(min(1.0, 1 / float(A)), rel=1e-6)


def test_the_mass_is_the_limit_of_the_primitive():
    for A in ASPECTS:
        near_the_end = rm.primitive_of_angle().subs({aspect: A, phi: sp.pi - sp.Rational(1, 10**12)})
        assert abs(float((near_the_end - rm.bulk_mass().subs(aspect, A)).evalf(30))) < 1e-10


def test_the_second_moment_of_the_bulk_is_that_of_the_entries():
    # tr N N^t / m = 1 for entries of variance 1/n, whatever the ratio.
    for A in ASPECTS:
        density = sp.lambdify(rm.s_tilde, rm.singular_value_density().subs(aspect, A))
        lower, upper = (float(edge.subs(aspect, A)) for edge in rm.bulk_edges())
        moment, _ = integrate.quad(lambda x, p=density: x**2 * p(x), lower + 1e-12, upper - 1e-12)
        assert moment == pytest.approx(1.0, rel=1e-6)


def test_the_outlier_leaves_the_bulk_at_the_critical_signal_with_no_overlap():
    at_threshold = {s_bar: rm.critical_signal()}
    assert decide_zero(rm.outlier().subs(at_threshold) - rm.bulk_edges()[1]).says_zero
    for overlap in (rm.left_overlap(), rm.right_overlap()):
        assert decide_zero(overlap.subs(at_threshold)).says_zero
        assert sp.limit(overlap, s_bar, sp.oo) == 1


def test_transposing_the_matrix_exchanges_the_overlaps():
    # Transposed, the noise has variance A/m': in units where it is 1/m', the signal is sbar/sqrt(A), the ratio 1/A.
    transposed = {aspect: 1 / aspect, s_bar: s_bar / sp.sqrt(aspect)}
    exchanged = rm.left_overlap().subs(transposed, simultaneous=True)
    assert decide_zero(exchanged - rm.right_overlap()).says_zero
    assert decide_zero(exchanged - rm.left_overlap()).kind is ZeroKind.NONZERO


def test_the_outlier_moves_with_the_signal_at_the_product_of_the_overlaps():
    # First-order perturbation theory: d(s_tilde)/d(sbar) = <u, ubar><v, vbar>.
    speed = sp.diff(rm.outlier(), s_bar)
    product = sp.sqrt(rm.left_overlap()) * sp.sqrt(rm.right_overlap())
    above = [s_bar**4 > aspect]
    assert decide_zero(speed - product, above).says_zero
    assert decide_zero(speed - rm.left_overlap(), above).kind is ZeroKind.NONZERO
