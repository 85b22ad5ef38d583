r"""The exact mean of a student mode in numbers: its spectral sum and integral.

The theory is in :mod:`theory.models.teacher_student.stochastic_logistic`.

The wave integral runs over :math:`u` with :math:`\rho = \exp(u - e^{-u})` by the trapezoidal rule, halved until it
stands still. In this variable the poles of the weight, at :math:`\rho = \pm i|k/2 - j|`, lie at the distance
:math:`\pi/2` from the path however close they come to :math:`\rho = 0`, so that k near an even integer costs no more
than any other. Bound states and waves may cancel (:math:`x^{-n}` for small :math:`x`); the digits lost are counted,
and the sum repeated with as many more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import mpmath
from mpmath import mpf

from numerics.arguments import takes, whole_number
from numerics.deterministic.multiprecision import real, rounded
from numerics.errors import ArgumentError, DivergenceError
from numerics.working_precision import more_digits, working_digits
from theory.argument_kinds import whole
from theory.values import shown

Real = float | int | str | mpf

MAX_SHAPE = 60
"""Above this shape the bound states cancel too many digits to be worth the sum."""

MAX_ORDER = 64
"""The highest power whose moment is summed: its bound states grow like factorials."""

ASYMPTOTIC = 80
"""Above this argument U is summed by its asymptotic series instead of two growing Kummer series."""


@dataclass(frozen=True)
class _Sum:
    """A number with the size of the largest term that went into it."""

    value: mpf
    largest: mpf


def verhulst_moment(k: Real, x: Real, tau: Real, *, order: int = 1, digits: int = 15) -> mpf:
    r"""The moment :math:`E[x_\tau^p \mid x_0 = x]` of :math:`dx = x(k+1-x)\,d\tau + \sqrt2\,x\,dW`.

    Args:
        k: Shape, :math:`-2 < k \le 60`.
        x: Start, positive.
        tau: Time, not negative; 0 returns the expansion of :math:`x^p` itself, a check of completeness.
        order: The power :math:`p \ge 1`.
        digits: Significant digits of the result.

    Raises:
        ArgumentError: an argument lies outside its range.
        DivergenceError: the sum did not settle.

    Example:
        >>> mpmath.nstr(verhulst_moment("1.5", "0.3", 1), 12)
        '1.05035188072'
    """
    if not (isinstance(digits, int) and 1 <= digits <= 200):
        raise ArgumentError(f"digits must be an integer in 1..200, got {shown(digits)}.")
    order = whole_number(order, "order", at_least=1, below=MAX_ORDER + 1)
    with working_digits(digits + 10):
        k_, x_, tau_ = _checked(k, x, tau)
        # The two growing Kummer series behind a wave cancel by the factor exp(x).
        guard = int(min(x_, ASYMPTOTIC) / mpmath.log(10)) + 5
        # A first guess of what bound states and waves cancel: the moment is hardly below min(x, 1)**order.
        largest = _bound_states(k_, x_, tau_, order).largest
        extra = max(0, int(mpmath.log10(1 + largest / min(x_, 1) ** order)))
    for _ in range(4):
        with working_digits(digits + extra + guard + 10):
            k_, x_, tau_ = _checked(k, x, tau)
            bound = _bound_states(k_, x_, tau_, order)
            waves = _waves(k_, x_, tau_, order, digits + extra, bound.largest)
            total = bound.value + waves.value
            largest = max(bound.largest, waves.largest)
            if total > 0:
                lost = int(mpmath.ceil(mpmath.log10(largest / total))) + 1
                if lost <= extra + 1:
                    return rounded(total, digits)
            else:
                lost = 2 * (digits + extra)
        extra = max(lost, 1)
    raise DivergenceError(
        f"the spectral sum at k={k}, x={x}, tau={tau} still cancels after {extra} extra digits. "
        "Start nearer to the bulk or use numerics.deterministic.fokker_planck_grid."
    )


def verhulst_mean(k: Real, x: Real, tau: Real, *, digits: int = 15) -> mpf:
    r"""The mean :math:`E[x_\tau \mid x_0 = x]`; see :func:`verhulst_moment`."""
    return verhulst_moment(k, x, tau, digits=digits)


@takes(digits=whole(1, 10_000))
def student_mean(s_0: Real, t: Real, *, s_tilde: Real, nu: Real, digits: int = 15) -> mpf:
    r"""The mean :math:`E\hat s(t) = \nu\,E[x_{2\nu t} \mid \hat s_0/\nu]` of a student mode, :math:`k = c/\nu`.

    Args:
        s_0: Initial singular value, positive.
        t: Time, learning rate times steps.
        s_tilde: Singular value of the data.
        nu: Noise strength :math:`\eta\zeta^2`, positive.
        digits: Significant digits of the result.

    Example:
        >>> mpmath.nstr(student_mean(0.1, 0.73, s_tilde=1, nu=0.5), 8)
        '0.34936884'
    """
    with working_digits(digits + 20):
        numbers = {"s_0": s_0, "t": t, "s_tilde": s_tilde, "nu": nu}
        values = {name: real(name, value) for name, value in numbers.items()}
        if values["nu"] <= 0:
            raise ArgumentError(f"nu must be positive, got {nu}. Without noise the mean is the logistic curve itself.")
        noise = values["nu"]
        k = values["s_tilde"] / noise - mpf(1) / 2
        mean = verhulst_mean(k, values["s_0"] / noise, 2 * noise * values["t"], digits=digits + 3)
        return rounded(noise * mean, digits)


def _checked(k: Real, x: Real, tau: Real) -> tuple[mpf, mpf, mpf]:
    k_, x_, tau_ = real("k", k), real("x", x), real("tau", tau)
    if not -2 < k_ <= MAX_SHAPE:
        raise ArgumentError(
            f"k must lie in (-2, {MAX_SHAPE}], got {k}. At k <= -2 the observable x leaves L2 of the speed measure; "
            "for large k the law is nearly Gaussian around k."
        )
    if x_ <= 0:
        raise ArgumentError(f"x must be positive, got {x}. A mode at 0 stays there.")
    if tau_ < 0:
        raise ArgumentError(f"tau must not be negative, got {tau}.")
    return k_, x_, tau_


def _order_factor(decay: mpf, k: mpf, order: int) -> mpf:
    r"""The factor :math:`\prod_{j<p}(k + j + \lambda/j)` between the weights of the mean and of the p-th moment."""
    return mpmath.fprod(k + j + decay / j for j in range(1, order))


def _bound_states(k: mpf, x: mpf, tau: mpf, order: int) -> _Sum:
    r"""The sum over :math:`0 \le n < k/2`, with :math:`b = k + 1 - 2n`.

    :math:`x^{-n}U(-n, b, x) = \sum_j\binom nj(-1)^j(b + n - j)_j\,x^{-j}`.
    """
    terms = [mpf(0)]
    for n in range(int(mpmath.ceil(k / 2))):
        b, decay = k + 1 - 2 * n, n * (k - n)
        weight = (k - 2 * n) * _order_factor(decay, k, order) * mpmath.exp(-decay * tau)
        # U(-n, b, x) = (-1)^n sum_i binom(n, i) (b+i)_{n-i} (-x)^i, and j = n - i.
        terms += [weight * mpmath.binomial(n, j) * (-1) ** j * mpmath.rf(b + n - j, j) * x**-j for j in range(n + 1)]
    return _Sum(mpmath.fsum(terms), max(abs(term) for term in terms))


def _wave(k: mpf, rho: mpf, x: mpf) -> mpf:
    r"""The real function :math:`x^{-k/2+i\rho}\,U(-\frac k2+i\rho, 1+2i\rho, x)`."""
    a, b = mpmath.mpc(-k / 2, rho), mpmath.mpc(1, 2 * rho)
    if x > ASYMPTOTIC:
        return mpmath.re(x**a * mpmath.hyperu(a, b, x))
    # The connection formula of U has two terms, complex conjugates of each other here. Each is of size 1/rho.
    with more_digits(max(0, int(-mpmath.log10(rho)) + 2)):
        half = x**a * mpmath.gamma(1 - b) * mpmath.rgamma(a - b + 1) * mpmath.hyp1f1(a, b, x)
        return 2 * mpmath.re(half)


def _waves(k: mpf, x: mpf, tau: mpf, order: int, digits: int, floor: mpf) -> _Sum:
    r"""The integral over the continuous spectrum, to ``digits`` digits of itself or of ``floor`` if that is larger."""
    sine_squared = mpmath.sinpi(k / 2) ** 2

    @cache
    def integrand(u: mpf) -> mpf:
        inner = mpmath.exp(-u)
        rho = mpmath.exp(u - inner)
        hyperbolic = mpmath.sinh(mpmath.pi * rho)
        weight = rho * 2 * hyperbolic * mpmath.cosh(mpmath.pi * rho) / (hyperbolic**2 + sine_squared)
        decay = k**2 / 4 + rho**2
        return weight * _order_factor(decay, k, order) * mpmath.exp(-decay * tau) * _wave(k, rho, x) * rho * (1 + inner)

    return _trapezoid(integrand, digits, floor)


def _trapezoid(integrand: Callable[[mpf], mpf], digits: int, floor: mpf) -> _Sum:
    """The integral over the line of a function that decays doubly exponentially, by halving the trapezoidal rule."""
    tolerance = mpf(10) ** -digits
    h = mpf(1) / 2
    # Late times confine the waves to small rho: the rays must start where the integrand is, not at u = 0.
    coarse = {j: integrand(j * h) for j in range(-8, 7)}
    centre = h * max(coarse, key=lambda j: abs(coarse[j]))
    largest = max(abs(term) for term in coarse.values())

    def ray(start: mpf, stride: mpf) -> mpf:
        """The sum outwards from ``centre + start`` until three terms in a row are negligible."""
        nonlocal largest
        total, u, negligible = mpf(0), centre + start, 0
        while negligible < 3:
            term = integrand(u)
            total += term
            largest = max(largest, abs(term))
            negligible = negligible + 1 if abs(term) <= tolerance * max(largest, floor) / 1000 else 0
            u += stride
        return total

    total = ray(mpf(0), h) + ray(-h, -h)
    estimate = h * total
    for _ in range(8):
        h /= 2
        total += ray(h, 2 * h) + ray(-h, -2 * h)
        previous, estimate = estimate, h * total
        if abs(estimate - previous) <= tolerance * max(largest, floor):
            return _Sum(estimate, largest)
    raise DivergenceError(
        f"the wave integral did not settle to {digits} digits with the step {mpmath.nstr(h, 3)}. Ask for fewer digits."
    )
