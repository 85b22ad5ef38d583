"""The spectrum of the Verhulst generator, and exact facts about the mean of a student mode."""

import mpmath
import pytest
import sympy as sp

from theory.errors import DimensionError
from theory.ito import ito_differential
from theory.models.teacher_student import mean as student_mean
from theory.models.teacher_student import modes as teacher_student
from theory.models.teacher_student.stochastic_logistic import (
    bound_weight,
    eigenfunction,
    eigenfunction_residual,
    eigenvalue,
    k,
    n,
    rho,
    self_adjoint_weight,
    spectral_gap,
    spectral_moment,
    stationary_mean,
    tau,
    verhulst_process,
    wave_weight,
    x,
)
from theory.notation import nu, s, s_0, s_tilde, t
from theory.tricomi import hyperu, kummer_residual

ALPHA = sp.Symbol("alpha")


def generator(f):
    return ito_differential(verhulst_process(), f).drift


@pytest.mark.slow  # by day: the weights that rest on it
def test_hyperu_is_a_solution_of_kummers_equation():
    b, z = sp.Symbol("b"), sp.Symbol("z", positive=True)
    for degree in range(6):
        assert sp.expand(kummer_residual(sp.expand_func(hyperu(-degree, b, z)), -degree, b, z)) == 0
    a, b = sp.Rational(-3, 4) + sp.I / 3, 1 + 2 * sp.I / 3
    at = kummer_residual(hyperu(a, b, z), a, b, z).subs(z, sp.Rational(7, 5))
    assert abs(at.evalf(40)) < 1e-35
    wrong = kummer_residual(hyperu(a, b, z), a, b + 1, z).subs(z, sp.Rational(7, 5))
    assert abs(wrong.evalf(40)) > 1e-3


def test_hyperu_has_the_leading_coefficient_that_fixes_its_normalisation():
    z = sp.Symbol("z", positive=True)
    b = sp.Symbol("b")
    for degree in range(5):
        assert sp.Poly(sp.expand_func(hyperu(-degree, b, z)), z).LC() == 1
    with mpmath.workdps(30):
        assert abs(sp.N(hyperu(sp.I, 1, 10**6) / sp.Integer(10**6) ** (-sp.I)) - 1) < 1e-5


def test_generator_is_symmetric_in_the_speed_density():
    f = sp.Function("f")(x)
    m = self_adjoint_weight()
    assert sp.simplify(generator(f) - sp.diff(x**2 * m * sp.diff(f, x), x) / m) == 0


def test_eigenfunctions_satisfy_their_equation_for_every_exponent():
    assert eigenfunction_residual(ALPHA) == 0
    assert eigenfunction_residual(-n) == 0
    assert eigenfunction_residual(-k / 2 + sp.I * rho) == 0


def test_eigenfunction_residual_can_fail(monkeypatch):
    monkeypatch.setattr(
        "theory.models.teacher_student.stochastic_logistic.eigenvalue", lambda alpha: -alpha * (alpha + k + 1)
    )
    assert eigenfunction_residual(ALPHA) != 0


@pytest.mark.every(2)
@pytest.mark.parametrize("number", range(5))
def test_bound_states_are_polynomial_eigenfunctions(number):
    phi = sp.expand_func(eigenfunction(sp.Integer(-number)))
    decay = eigenvalue(-number)
    assert sp.expand(generator(phi) + decay * phi) == 0
    assert sp.expand(decay - number * (k - number)) == 0


def gamma_integral(polynomial, power):
    """The integral of x**(k + power) * exp(-x) times a polynomial in 1/x, as a multiple of gamma(k)."""
    terms = sp.Add.make_args(sp.expand(polynomial))
    total = sp.S.Zero
    for term in terms:
        exponent = int(sp.degree(sp.expand(term * x**40), x)) - 40
        shift = power + exponent + 1
        ratio = sp.rf(k, shift) if shift >= 0 else 1 / sp.rf(k + shift, -shift)
        total += term / x**exponent * sp.expand_func(ratio)
    return sp.cancel(sp.together(total))


@pytest.mark.every(2)
@pytest.mark.parametrize("number", range(4))
def test_bound_weights_are_the_projections_of_the_observable(number):
    phi = sp.expand_func(eigenfunction(sp.Integer(-number)))
    overlap, norm = gamma_integral(phi, 0), gamma_integral(sp.expand(phi**2), -1)
    assert sp.cancel(overlap / norm - bound_weight().subs(n, number)) == 0
    assert sp.cancel(overlap / norm - (k - number)) != 0 or number == 0


@pytest.mark.every(2)
@pytest.mark.parametrize(("i", "j"), [(0, 1), (0, 2), (1, 2), (2, 3)])
def test_bound_states_are_orthogonal(i, j):
    phi_i, phi_j = (sp.expand_func(eigenfunction(sp.Integer(-number))) for number in (i, j))
    assert gamma_integral(sp.expand(phi_i * phi_j), -1) == 0


@pytest.mark.parametrize(("k_", "rho_"), [("1.5", "0.7"), pytest.param("-0.4", "2.1", marks=pytest.mark.slow)])
def test_wave_weights_are_the_quotient_of_overlap_and_norm(k_, rho_):
    k_, rho_ = mpmath.mpf(k_), mpmath.mpf(rho_)
    with mpmath.workdps(25):
        a, b = mpmath.mpc(-k_ / 2, rho_), mpmath.mpc(1, 2 * rho_)
        step = mpmath.mpf("0.125")  # trapezoidal rule in log y, where the integrand decays at both ends
        overlap = step * mpmath.fsum(
            (y ** (k_ + a + 1) * mpmath.exp(-y) * mpmath.hyperu(a, b, y)).real
            for y in (mpmath.exp(step * j) for j in range(-320, 37))
        )
        amplitude = abs(mpmath.gamma(2j * rho_) / mpmath.gamma(a)) ** 2
        printed = sp.lambdify((k, rho), wave_weight(), "mpmath")(k_, rho_)
        assert abs(overlap / (2 * mpmath.pi * amplitude) / printed - 1) < 1e-12


@pytest.mark.every(3)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_moments_obey_the_moment_equations_term_by_term(order):
    low, high = spectral_moment(order), spectral_moment(order + 1)
    for term in ("bound", "wave"):
        m, m_next = getattr(low, term), getattr(high, term)
        residual = sp.diff(m, tau) - order * (k + order) * m + order * m_next
        assert sp.simplify(residual / m) == 0
        assert sp.simplify((sp.diff(m, tau) - order * k * m + order * m_next) / m) != 0


def test_moments_of_no_positive_order_are_refused():
    for order in (0, -1, 1.5, 10**30):
        with pytest.raises(DimensionError, match="^order must be a whole number from 1 to 64"):
            spectral_moment(order)


def test_the_sum_is_empty_in_collapse_and_starts_with_the_stationary_mean_otherwise():
    bound = spectral_moment().expression.atoms(sp.Sum).pop()
    assert bound.subs(k, sp.Rational(-1, 2)).doit() == 0
    assert bound.subs(k, 2).doit() == 2  # n = 1 is the edge of the continuum, not a bound state
    assert sp.limit(bound.subs(k, sp.Rational(7, 2)).doit().subs(x, 1).expand(func=True), tau, sp.oo) == sp.Rational(
        7, 2
    )
    assert stationary_mean().subs(k, 3) == 3 and stationary_mean().subs(k, -1) == 0


def test_spectral_gap_is_continuous_where_the_second_bound_state_appears():
    assert spectral_gap().subs(k, 2) == 1 and sp.limit(spectral_gap().args[0][0], k, 2) == 1


def test_the_drift_of_the_logarithm_is_the_distance_to_the_intrinsic_rate():
    assert sp.expand(student_mean.log_drift() - 2 * (student_mean.intrinsic_rate - s)) == 0
    integral = sp.Symbol("M")
    expected = sp.log(s_0) + 2 * student_mean.intrinsic_rate * t - 2 * integral
    assert sp.expand(student_mean.expected_log(integral) - expected) == 0


def test_the_lower_bound_is_the_integral_of_the_logistic_curve():
    bound, curve = student_mean.integrated_mean_lower_bound(), student_mean.geometric_mean_upper_bound()
    assert sp.simplify(sp.diff(bound, t) - curve) == 0 and bound.subs(t, 0) == 0
    assert sp.simplify(sp.exp(sp.expand(student_mean.expected_log(bound) - sp.log(curve))) - 1) == 0


def test_bounds_are_the_logistic_curves_of_shifted_rates():
    for curve, shift in (
        (student_mean.mean_upper_bound(), nu),
        (student_mean.harmonic_mean(), -nu),
        (student_mean.geometric_mean_upper_bound(), 0),
    ):
        rate = student_mean.intrinsic_rate + shift
        assert sp.simplify(sp.diff(curve, t) - 2 * curve * (rate - curve)) == 0
        assert sp.simplify(curve.subs(t, 0) - s_0) == 0


def test_the_harmonic_mean_follows_from_the_linear_equation_of_the_reciprocal():
    process = teacher_student.reciprocal_process()
    from theory.notation import eta, zeta

    drift = process.drift[0].subs(zeta, sp.sqrt(nu / eta))
    mean_u = 1 / student_mean.harmonic_mean()
    assert sp.simplify(sp.diff(mean_u, t) - drift.subs(teacher_student.u, mean_u)) == 0
    wrong = 1 / student_mean.geometric_mean_upper_bound()
    assert sp.simplify(sp.diff(wrong, t) - drift.subs(teacher_student.u, wrong)) != 0


def test_the_integrated_defect_depends_on_the_shape_only_and_is_positive():
    for k_ in (sp.Rational(1, 5), 1, 4, 30):
        values = [student_mean.integrated_defect().subs({s_tilde: (k_ + sp.Rational(1, 2)) * v, nu: v}) for v in (1, 7)]
        expected = (sp.log(k_) - sp.digamma(k_)) / 2
        assert all(abs((value - expected).evalf(30)) < 1e-25 for value in values)
        assert expected.evalf() > 0


def test_dufresnes_law_carries_no_current_and_is_the_law_of_a_reciprocal_gamma_variable():
    process, p = student_mean.perpetuity_process(), student_mean.perpetuity_density()
    (Z,) = process.state
    current = process.drift[0] * p - sp.diff(process.diffusion[0] * p, Z) / 2
    assert sp.simplify(current / p) == 0
    assert sp.simplify((current + nu * Z * p) / p) != 0
    values = {s_tilde: sp.Rational(1, 10), nu: 1}
    density = sp.lambdify(Z, p.subs(values), "mpmath")
    assert abs(mpmath.quad(density, [0, 0.1, 1, 10, 1e3, 1e6, 1e12, 1e24, 1e48, 1e80]) - 1) < 1e-8


def test_perpetuity_process_is_itos_formula_for_its_definition():
    X, integral, B = teacher_student.log_growth, teacher_student.area, teacher_student.path_process()
    from theory.ito import ItoProcess
    from theory.notation import eta, zeta

    reversed_path = ItoProcess([X, integral], [B.drift[0], sp.exp(-X)], B.dispersion).subs({zeta: sp.sqrt(nu / eta)})
    Z_of_path = sp.exp(X) * integral
    differential = ito_differential(reversed_path, Z_of_path)
    process = student_mean.perpetuity_process()
    (Z,) = process.state
    assert sp.simplify(differential.drift - process.drift[0].subs(Z, Z_of_path)) == 0
    assert sp.simplify(differential.dispersion[0] - process.dispersion[0].subs(Z, Z_of_path)) == 0
