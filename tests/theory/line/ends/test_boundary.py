"""Feller's classes: the textbook cases by name, and drawn processes against integrals summed numerically."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.ends.boundary import FellerClass, Interval, classify, scale_density, speed_density
from theory.notation import mu, nu, s_tilde, theta, zeta

x = sp.Symbol("x", positive=True)
y = sp.Symbol("y", real=True)
kappa, m, sigma, alpha, beta = sp.symbols("kappa m sigma alpha beta", positive=True)
d = sp.Symbol("d", real=True)

BROWNIAN_MOTION = ItoProcess.scalar(y, drift=mu, dispersion=zeta)
ORNSTEIN_UHLENBECK = ItoProcess.scalar(y, drift=-kappa * y, dispersion=sigma)
GEOMETRIC_BROWNIAN_MOTION = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
COX_INGERSOLL_ROSS = ItoProcess.scalar(x, drift=kappa * (m - x), dispersion=sigma * sp.sqrt(x))
BESSEL = ItoProcess.scalar(x, drift=(d - 1) / (2 * x), dispersion=sp.S.One)
WRIGHT_FISHER = ItoProcess.scalar(x, drift=alpha * (1 - x) - beta * x, dispersion=sp.sqrt(x * (1 - x)))
NEUTRAL_WRIGHT_FISHER = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.sqrt(x * (1 - x)))
DOUBLE_WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
LOG_DOUBLE_WELL = ItoProcess.scalar(y, drift=mu - zeta**2 / 2 - sp.exp(2 * y), dispersion=zeta)
TEACHER_STUDENT = ItoProcess.scalar(x, drift=2 * x * (s_tilde + nu / 2 - x), dispersion=2 * sp.sqrt(nu) * x)
GOMPERTZ = ItoProcess.scalar(x, drift=x * (mu - kappa * sp.log(x)), dispersion=sigma * x)
UNIT = Interval(0, 1)
REGULAR, EXIT, ENTRANCE, NATURAL = FellerClass

TEXTBOOK = {
    "Brownian motion": (BROWNIAN_MOTION, None, {NATURAL: True}, {NATURAL: True}),
    "Ornstein-Uhlenbeck": (ORNSTEIN_UHLENBECK, None, {NATURAL: True}, {NATURAL: True}),
    "geometric Brownian motion": (
        GEOMETRIC_BROWNIAN_MOTION,
        None,
        {NATURAL: True},
        {NATURAL: True},
    ),
    "Cox-Ingersoll-Ross": (
        COX_INGERSOLL_ROSS,
        None,
        {REGULAR: 2 * kappa * m < sigma**2, ENTRANCE: 2 * kappa * m >= sigma**2},
        {NATURAL: True},
    ),
    "Bessel": (
        BESSEL,
        None,
        {EXIT: d <= 0, REGULAR: (d > 0) & (d < 2), ENTRANCE: d >= 2},
        {NATURAL: True},
    ),
    "Wright-Fisher with mutation": (
        WRIGHT_FISHER,
        UNIT,
        {REGULAR: alpha < sp.Rational(1, 2), ENTRANCE: alpha >= sp.Rational(1, 2)},
        {REGULAR: beta < sp.Rational(1, 2), ENTRANCE: beta >= sp.Rational(1, 2)},
    ),
    "neutral Wright-Fisher": (NEUTRAL_WRIGHT_FISHER, UNIT, {EXIT: True}, {EXIT: True}),
    "double well": (DOUBLE_WELL, None, {NATURAL: True}, {ENTRANCE: True}),
    "double well in the logarithm": (LOG_DOUBLE_WELL, None, {NATURAL: True}, {ENTRANCE: True}),
    "teacher-student mode": (TEACHER_STUDENT, None, {NATURAL: True}, {ENTRANCE: True}),
    "Gompertz": (GOMPERTZ, None, {NATURAL: True}, {NATURAL: True}),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_processes_have_their_textbook_boundaries(name):
    process, interval, *expected = TEXTBOOK[name]
    for end, classes in zip(classify(process, interval), expected, strict=True):
        assert {kind: condition for condition, kind in end.classes} == {k: sp.sympify(v) for k, v in classes.items()}


@pytest.mark.parametrize(
    ("process", "at_left", "at_right"),
    [
        (GEOMETRIC_BROWNIAN_MOTION, mu < zeta**2 / 2, mu > zeta**2 / 2),
        (DOUBLE_WELL, mu < zeta**2 / 2, sp.false),
        (LOG_DOUBLE_WELL, mu < zeta**2 / 2, sp.false),
        (TEACHER_STUDENT, nu > 2 * s_tilde, sp.false),
        (BROWNIAN_MOTION, mu < 0, mu > 0),
        (BESSEL, d < 2, d > 2),
    ],
)
def test_attracting_ends_are_those_with_finite_scale(process, at_left, at_right):
    left, right = classify(process)
    assert (left.attracting, right.attracting) == (at_left, at_right)


def test_scale_and_speed_densities_are_those_of_the_definition():
    assert scale_density(GEOMETRIC_BROWNIAN_MOTION) == theta ** (-2 * mu / zeta**2)
    grown = ItoProcess.scalar(x, drift=x**3 * sp.exp(kappa), dispersion=x**3 * sp.exp(kappa))  # constants in exponents
    for process, interval, *_ in (*TEXTBOOK.values(), (grown, None)):
        s, measure = scale_density(process, interval), speed_density(process, interval)
        (coordinate,), (b,), a = process.state, process.drift, process.diffusion[0]
        values = dict(zip(process.parameters, (sp.Rational(3, 7), sp.Rational(5, 4), sp.Rational(2, 3)), strict=False))
        at = {**values, coordinate: sp.Rational(2, 5)}
        slope = (sp.diff(s, coordinate) / s + 2 * b / a).subs(at)
        assert abs(slope.evalf(30)) < 1e-25
        assert abs((measure * a * s / 2 - 1).subs(at).evalf(30)) < 1e-25


@st.composite
def power_processes(draw: st.DrawFn) -> ItoProcess:
    r"""Positive processes :math:`dx = (c_1 x^{r_1} + c_2 x^{r_2})\,dt + z\,x^q\,dW`, often exactly on a threshold."""
    q = draw(st.integers(0, 6).map(lambda n: sp.Rational(n, 2)))
    z = draw(positive_rationals(2))
    # 2 b/a has the critical power -1 for the exponent 2q - 1: most drifts get a term of it.
    critical = draw(st.sampled_from([rationals(), st.sampled_from([0, 1, 2 * q, 2 * q - 1])]).flatmap(lambda r: r))
    other = draw(st.sampled_from([2 * q - 1, 2 * q - sp.Rational(3, 2), 2 * q - sp.Rational(1, 2), 2 * q - 2, 2 * q]))
    return ItoProcess.scalar(
        x, drift=critical * z**2 / 2 * x ** (2 * q - 1) + draw(rationals()) * x**other, dispersion=z * x**q
    )


class Summed:
    """Integrals towards an end, summed in logarithms on a grid of log x; independent of the asymptotics."""

    def __init__(self, process: ItoProcess, at_infinity: bool):
        self.v = np.linspace(0, 240, 4801)
        v = sp.Symbol("v", real=True)
        sign = 1 if at_infinity else -1
        b, a = (sp.expand(part.subs(x, sp.exp(v))) for part in (process.drift[0], process.diffusion[0]))
        slope = sp.lambdify(v, sign * sp.powsimp(sp.expand(2 * b / a * sp.exp(v))), "numpy")
        log_a = sp.lambdify(v, sp.expand_log(sp.log(a), force=True), "numpy")
        log_x = sign * self.v
        slope, log_a = (np.asarray(f(log_x), float) * np.ones_like(log_x) for f in (slope, log_a))
        step = self.v[1]
        exponent = np.concatenate([[0], np.cumsum((slope[1:] + slope[:-1]) / 2 * step)])
        self.log_s = -exponent + log_x
        self.log_m = exponent - log_a + log_x
        self.step = step

    def converges(self, log_integrand: np.ndarray) -> bool:
        """Whether the last third of the grid adds less than the middle third."""
        third = len(log_integrand) // 3
        middle, last = (np.logaddexp.reduce(log_integrand[i * third : (i + 1) * third]) for i in (1, 2))
        return bool(last - middle < -0.1)

    def accumulated(self, log_integrand: np.ndarray) -> np.ndarray:
        """The logarithm of the integral from the interior up to each point."""
        return np.logaddexp.accumulate(log_integrand) + np.log(self.step)


@settings(max_examples=examples(15))
@given(power_processes(), st.booleans())
def test_finite_scale_and_speed_agree_with_integrals_summed_on_a_grid(process, at_infinity):
    end = classify(process).right if at_infinity else classify(process).left
    summed = Summed(process, at_infinity)
    assert bool(end.attracting) is summed.converges(summed.log_s)
    assert bool(end.finite_speed) is summed.converges(summed.log_m)


@settings(max_examples=examples(40))
@given(
    st.integers(0, 8).map(lambda n: sp.Rational(n, 2)),
    st.integers(-16, 16).map(lambda n: sp.Rational(n, 4)),
    st.booleans(),
)
def test_classes_of_power_law_processes_agree_with_integrals_summed_on_a_grid(q, gamma, at_infinity):
    process = ItoProcess.scalar(x, drift=gamma / 2 * x ** (2 * q - 1), dispersion=x**q)
    end = classify(process).right if at_infinity else classify(process).left
    summed = Summed(process, at_infinity)
    finite_scale, finite_speed = summed.converges(summed.log_s), summed.converges(summed.log_m)
    reached = summed.converges(summed.accumulated(summed.log_m) + summed.log_s)
    entered = summed.converges(summed.accumulated(summed.log_s) + summed.log_m)
    expected = REGULAR if finite_scale and finite_speed else EXIT if reached else ENTRANCE if entered else NATURAL
    assert end.feller_class is expected


@pytest.mark.every(3)
@pytest.mark.parametrize("power", [sp.S.One, sp.Rational(3, 2), sp.S(2), sp.S(3)])
@pytest.mark.parametrize("confining", [True, False])
def test_reaching_infinity_under_a_strong_drift_is_decided_by_the_decay_of_the_mixed_integrand(power, confining):
    drift = (-1 if confining else 1) * x**power
    end = classify(ItoProcess.scalar(x, drift=drift, dispersion=sp.S.One), Interval(0, sp.oo)).right
    # M s (confining) or S m: the integral of exp(-|E(y) - E(tau)|) over y > tau, with E = 2 y^(power+1)/(power+1).
    p = mpmath.mpf(power.p) / power.q + 1

    def mixed(tau):
        return mpmath.quad(
            lambda u: mpmath.exp(-2 * ((tau + u) ** p - tau**p) / p), [0, 1 / tau ** (p - 1), mpmath.inf]
        )

    with mpmath.workdps(30):
        slope = mpmath.log(mixed(mpmath.mpf(2000)) / mixed(mpmath.mpf(1000))) / mpmath.log(2)
    finite = slope < -1.05
    assert end.feller_class is (NATURAL if not finite else ENTRANCE if confining else EXIT)


def test_the_classification_does_not_depend_on_the_coordinate():
    for original, logarithmic in ((DOUBLE_WELL, LOG_DOUBLE_WELL),):
        for a, b in zip(classify(original), classify(logarithmic), strict=True):
            assert (a.classes, a.attracting, a.finite_speed) == (b.classes, b.attracting, b.finite_speed)


@pytest.mark.parametrize(
    ("process", "interval", "error", "reason"),
    [
        (ItoProcess.scalar(y, drift=-y, dispersion=y), None, UnsupportedFormError, "vanishes"),
        (ItoProcess.scalar(y, drift=-y, dispersion=sp.S.Zero), None, UnsupportedFormError, "no noise"),
        (ItoProcess.scalar(y, drift=1 / y, dispersion=sp.S.One), None, UnsupportedFormError, "vanishes"),
        (ItoProcess.scalar(x, drift=sp.sin(x), dispersion=x), None, UnsupportedFormError, "grow towards 0"),
        (ItoProcess.scalar(x, drift=sp.Symbol("c") * x, dispersion=x), None, SymbolError, "may be complex"),
        (ItoProcess.scalar(x, drift=-x, dispersion=1), Interval(-1, 2), SymbolError, "declared to be, positive, got"),
        (
            ItoProcess.scalar(y, drift=sp.sign(y - 1) - sp.cbrt(y), dispersion=1),
            Interval(-1, 2),
            UnsupportedFormError,
            "drift must be real on the interval .-1, 2., but .* is not at y = -1/4",
        ),
        (ItoProcess.scalar(sp.Symbol("q"), drift=sp.S.One, dispersion=sp.S.One), None, SymbolError, "interval"),
        (ItoProcess.scalar(x, drift=x, dispersion=d * x), None, UnsupportedFormError, "may vanish"),
        (
            ItoProcess(sp.Matrix([x, y]), sp.Matrix([x, y]), sp.eye(2)),
            None,
            DimensionError,
            "on the line",
        ),
    ],
)
def test_bad_input_is_refused_with_the_reason(process, interval, error, reason):
    with pytest.raises(error, match=reason):
        classify(process, interval)


def test_an_interval_must_be_one():
    with pytest.raises(SymbolError, match="left < right"):
        Interval(1, 0)
    with pytest.raises(SymbolError, match="left < right"):
        Interval(d, 1)
