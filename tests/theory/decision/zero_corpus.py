r"""Labelled expressions: identities of stochastic gradient dynamics and their relatives, and things that only look so.

The label of an identity rests on the source named with its group; each is written so that SymPy does not cancel it on
construction. The label of a non-identity rests on its construction: either a plausible error at which a reader can put
in one number, or an identity plus a term that is visibly not zero, as small as 1e-60.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sympy as sp
from sympy import (
    Abs,
    Derivative,
    Heaviside,
    I,
    Integral,
    Max,
    Min,
    Piecewise,
    Rational,
    Sum,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    besseli,
    besselj,
    besselk,
    bessely,
    beta,
    binomial,
    cos,
    cosh,
    erf,
    erfc,
    erfi,
    exp,
    expint,
    factorial,
    gamma,
    hyper,
    log,
    loggamma,
    lowergamma,
    pi,
    polygamma,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    uppergamma,
)
from sympy.logic.boolalg import Boolean

p, q, eta, h, s, t, T, k, c, s0, nu, a, b = sp.symbols("p q eta h sigma t T k c s_0 nu a b", positive=True)
r, u, v, x, y, mu = sp.symbols("r u v x y mu", real=True)
n, m = sp.symbols("n m", integer=True, positive=True)
j = sp.Symbol("j", integer=True)
f, g = sp.Function("f"), sp.Function("g")


@dataclass(frozen=True)
class Case:
    """An expression and whether it is zero where its symbols' assumptions and its conditions hold."""

    name: str
    expression: sp.Expr
    is_zero: bool
    conditions: tuple[Boolean, ...] = ()


Entry = tuple[sp.Expr, *tuple[Boolean, ...]]


def _ornstein_uhlenbeck_and_geometric_brownian_motion() -> Iterator[Entry]:
    """Moments by solving linear equations; Gardiner, Handbook of Stochastic Methods, 4.4 and 4.5."""
    variance = s**2 / (2 * h) * (1 - exp(-2 * h * t))
    yield (variance - s**2 / h * exp(-h * t) * sinh(h * t),)
    yield (sp.diff(variance, t) + 2 * h * variance - s**2,)
    yield (variance - s**2 / (2 * h) * (1 - exp(-h * t)) * (1 + exp(-h * t)),)
    yield (variance - s**2 / (2 * h) * tanh(h * t) * (1 + exp(-2 * h * t)),)
    mean = p * exp(-h * t) + mu * (1 - exp(-h * t))
    yield (sp.diff(mean, t) - h * (mu - mean),)
    yield (mean - mu - (p - mu) * (cosh(h * t) - sinh(h * t)),)
    covariance = s**2 / (2 * h) * (exp(-h * (t - q)) - exp(-h * (t + q)))
    yield (covariance - s**2 / h * exp(-h * t) * sinh(h * q),)
    density = exp(-((x - mu) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)
    yield (sp.diff(density, x) + (x - mu) / variance * density,)
    stationary = exp(-h * x**2 / s**2)
    yield (sp.diff(h * x * stationary, x) + s**2 / 2 * sp.diff(stationary, x, 2),)
    heat = exp(-(x**2) / (4 * k * t)) / sqrt(4 * pi * k * t)
    yield (sp.diff(heat, t) - k * sp.diff(heat, x, 2),)
    transition = exp(-((x - p * exp(-h * t)) ** 2) / (2 * variance)) / sqrt(2 * pi * variance)
    yield (sp.diff(transition, t) - sp.diff(h * x * transition, x) - s**2 / 2 * sp.diff(transition, x, 2),)
    lognormal = exp(-((log(p) - (mu - s**2 / 2) * t) ** 2) / (2 * s**2 * t)) / (p * s * sqrt(2 * pi * t))
    yield (sp.diff(lognormal, t) + sp.diff(mu * p * lognormal, p) - sp.diff(s**2 * p**2 * lognormal, p, 2) / 2,)
    yield (exp(2 * mu * t) * (exp(s**2 * t) - 1) - exp((2 * mu + s**2) * t) + exp(2 * mu * t),)
    yield (p ** (2 * mu / s**2 - 2) * p**2 - exp(2 * mu / s**2 * log(p)),)
    yield (sp.diff(p ** (1 - 2 * mu / s**2), p) * p ** (2 * mu / s**2) - 1 + 2 * mu / s**2,)
    potential = p ** (2 * mu / s**2 - 2) * exp(-(p**2) / s**2)
    yield (sp.diff(s**2 * p**2 * potential, p) / 2 - (mu * p - p**3) * potential,)


def _gradient_descent_on_a_quadratic() -> Iterator[Entry]:
    """Second moments of x -> (1 - eta h) x + eta xi, by summing the geometric series."""
    yield (eta * s**2 / (h * (2 - eta * h)) - eta * s**2 / (2 * h) / (1 - eta * h / 2),)
    yield (((1 - eta * h) ** 2 - 1) + eta * h * (2 - eta * h),)
    yield (eta**2 * s**2 / (1 - (1 - eta * h) ** 2) - eta * s**2 / (h * (2 - eta * h)),)
    yield ((1 - eta * h) ** (n + 1) - (1 - eta * h) * (1 - eta * h) ** n,)
    yield ((1 - eta * h) ** (2 * n) - ((1 - eta * h) ** n) ** 2,)
    moment = eta**2 * s**2 * (1 - (1 - eta * h) ** (2 * n)) / (1 - (1 - eta * h) ** 2)
    yield (moment.subs(n, n + 1) - (1 - eta * h) ** 2 * moment - eta**2 * s**2,)
    yield (Sum((1 - eta * h) ** j, (j, 0, n - 1)) - (1 - (1 - eta * h) ** n) / (eta * h), n < 40)
    yield (log((1 - eta * h) ** 2) - 2 * log(1 - eta * h), eta * h < 1)
    yield (log(Abs(1 - eta * h)) - log((1 - eta * h) ** 2) / 2,)
    yield (sqrt((1 - eta * h) ** 2) - (1 - eta * h), eta * h < 1)
    yield (exp(n * log(1 - eta * h)) - (1 - eta * h) ** n, eta * h < 1)
    yield (1 / (1 - eta * h) - 1 - eta * h / (1 - eta * h),)
    yield ((2 * eta - eta**2 * h) * h - 1 + (1 - eta * h) ** 2,)


def _logistic_growth_of_singular_values() -> Iterator[Entry]:
    """The solution of s' = 2 s (c - s), checked by differentiation; Saxe, McClelland, Ganguli (2014)."""
    solution = c * exp(2 * c * t) / (exp(2 * c * t) - 1 + c / s0)
    yield (sp.diff(solution, t) - 2 * solution * (c - solution),)
    yield (solution - c / (1 + (c / s0 - 1) * exp(-2 * c * t)),)
    yield (solution - s0 * c / (s0 + (c - s0) * exp(-2 * c * t)),)
    yield (1 / solution - 1 / c - (1 / s0 - 1 / c) * exp(-2 * c * t),)
    yield (solution.subs(s0, c / 2) - c / 2 * (1 + tanh(c * t)),)
    time = log(q * (c - s0) / (s0 * (c - q))) / (2 * c)
    yield (solution.subs(t, time) - q, c > s0, c > q)
    yield (sp.diff(log(1 + s0 * (exp(2 * c * t) - 1) / c) / 2, t) - solution,)
    tied = sqrt(c) * exp(c * t) / sqrt(exp(2 * c * t) - 1 + c / p**2)
    yield (sp.diff(tied, t) - tied * (c - tied**2), exp(2 * c * t) - 1 + c / p**2 > 0)
    decay = p / sqrt(1 + 2 * p**2 * t)
    yield (sp.diff(decay, t) + decay**3,)
    yield (sp.diff(decay**2, t) + 2 * decay**4,)


def _stationary_laws() -> Iterator[Entry]:
    """Zero probability current, and moments of gamma laws; Risken, The Fokker-Planck Equation, ch. 5."""
    shape = c / nu - Rational(1, 2)
    law = p ** (shape - 1) * exp(-p / nu)
    yield (sp.diff(law, p) - ((shape - 1) / p - 1 / nu) * law,)
    yield (gamma(shape + 1) / gamma(shape) - shape, c > nu / 2)
    yield (gamma(shape + 2) / gamma(shape) - shape * (shape + 1),)
    yield (nu ** (k + 1) * gamma(k + 1) / (nu**k * gamma(k)) - nu * k,)
    yield (nu**2 * gamma(k + 2) / gamma(k) - nu**2 * k**2 - nu**2 * k,)
    yield (beta(a + 1, b) / beta(a, b) - a / (a + b),)
    yield (beta(a, b) - beta(b, a) + gamma(a) - (a - 1) * gamma(a - 1), a > 1)
    well = sp.exp(-2 * (x**4 / 4 - mu * x**2 / 2) / s**2)
    yield (sp.diff(well, x) * s**2 / 2 - (mu * x - x**3) * well,)
    multiplicative = Abs(x) ** (2 * mu / s**2 - 2) * exp(-(x**2) / s**2)
    yield (multiplicative.subs(x, -x) - multiplicative + (1 - exp(-y) * exp(y)),)
    student = (1 + x**2 / (2 * T)) ** (-k - Rational(1, 2))
    yield (sp.diff(student, x) + (2 * k + 1) * x / (2 * T + x**2) * student,)
    pareto = (1 + p / T) ** (-k - 1)
    yield (sp.diff(pareto * (p + T), p) + k * pareto,)
    inverse = p ** (-k - 1) * exp(-T / p)
    yield (sp.diff(inverse * p**2, p) - (T - (k - 1) * p) * inverse,)
    generalised = p ** (a - 1) * exp(-(p**b))
    yield (sp.diff(generalised * p, p) - (a - b * p**b) * generalised,)
    logistic = 1 / (4 * cosh(x / 2) ** 2)
    yield (logistic - exp(-x) / (1 + exp(-x)) ** 2,)
    yield (sp.diff(1 / (1 + exp(-x)), x) - logistic,)
    sech = 1 / cosh(x) ** (2 * k)
    yield (sp.diff(sech, x) + 2 * k * tanh(x) * sech,)


def _gamma_and_its_derivatives() -> Iterator[Entry]:
    """DLMF 5.5.1, 5.5.2, 5.5.3, 5.5.5, 5.5.6, 5.12.1, 5.15.5, 26.3."""
    yield (gamma(p + 1) - p * gamma(p),)
    yield (gamma(p + 3) - p * (p + 1) * (p + 2) * gamma(p),)
    yield (gamma(p) * gamma(1 - p) - pi / sin(pi * p),)
    yield (gamma(p) * gamma(p + Rational(1, 2)) - 2 ** (1 - 2 * p) * sqrt(pi) * gamma(2 * p),)
    yield (loggamma(p + 1) - loggamma(p) - log(p),)
    yield (loggamma(p + 2) - loggamma(p) - log(p * (p + 1)),)
    yield (loggamma(p) - log(gamma(p)),)
    yield (polygamma(0, p + 1) - polygamma(0, p) - 1 / p,)
    yield (polygamma(0, p + 2) - polygamma(0, p) - 1 / p - 1 / (p + 1),)
    yield (polygamma(1, p + 1) - polygamma(1, p) + 1 / p**2,)
    yield (polygamma(2, p + 1) - polygamma(2, p) - 2 / p**3,)
    yield (polygamma(0, 1 - p) - polygamma(0, p) - pi / tan(pi * p),)
    yield (polygamma(0, 2 * p) - (polygamma(0, p) + polygamma(0, p + Rational(1, 2))) / 2 - log(2),)
    yield (polygamma(1, p) + polygamma(1, 1 - p) - pi**2 / sin(pi * p) ** 2,)
    yield (beta(a, b) - gamma(a) * gamma(b) / gamma(a + b),)
    yield (sp.diff(gamma(p), p) - gamma(p) * polygamma(0, p),)
    yield (sp.diff(loggamma(p), p) - polygamma(0, p),)
    yield (factorial(n) - n * factorial(n - 1),)
    yield (factorial(n) - gamma(n + 1),)
    yield (binomial(n, 2) - n * (n - 1) / 2,)
    yield (binomial(n + 1, 3) - binomial(n, 3) - binomial(n, 2),)
    yield (binomial(2 * n, n) - factorial(2 * n) / factorial(n) ** 2,)
    yield (uppergamma(a, p) + lowergamma(a, p) - gamma(a),)
    yield (uppergamma(a + 1, p) - a * uppergamma(a, p) - p**a * exp(-p),)
    yield (lowergamma(a + 1, p) - a * lowergamma(a, p) + p**a * exp(-p),)
    yield (sp.diff(lowergamma(a, p), p) - p ** (a - 1) * exp(-p),)
    yield (lowergamma(Rational(1, 2), p) - sqrt(pi) * erf(sqrt(p)) + expint(1, p) - uppergamma(0, p),)
    yield (uppergamma(1 - a, p) - p ** (1 - a) * expint(a, p),)


def _bessel_and_hypergeometric_functions() -> Iterator[Entry]:
    """DLMF 10.6.1, 10.28.2, 10.29.1, 10.39.2, 13.2.39, 13.3.1, 15.4.1, 10.5.2."""
    yield (besseli(0, p) - besseli(2, p) - 2 * besseli(1, p) / p,)
    yield (besseli(nu - 1, p) - besseli(nu + 1, p) - 2 * nu / p * besseli(nu, p),)
    yield (besselk(nu + 1, p) - besselk(nu - 1, p) - 2 * nu / p * besselk(nu, p),)
    yield (besselj(nu + 1, p) + besselj(nu - 1, p) - 2 * nu / p * besselj(nu, p),)
    yield (besseli(nu, p) * besselk(nu + 1, p) + besseli(nu + 1, p) * besselk(nu, p) - 1 / p,)
    yield (besselj(nu + 1, p) * bessely(nu, p) - besselj(nu, p) * bessely(nu + 1, p) - 2 / (pi * p),)
    yield (besseli(Rational(1, 2), p) - sqrt(2 / (pi * p)) * sinh(p),)
    yield (besselk(Rational(1, 2), p) - sqrt(pi / (2 * p)) * exp(-p),)
    yield (besselk(Rational(3, 2), p) - sqrt(pi / (2 * p)) * exp(-p) * (1 + 1 / p),)
    yield (sp.diff(besseli(0, p), p) - besseli(1, p),)
    yield (sp.diff(besselk(0, p), p) + besselk(1, p),)
    bessel = besseli(nu, p)
    yield (p**2 * sp.diff(bessel, p, 2) + p * sp.diff(bessel, p) - (p**2 + nu**2) * bessel,)
    yield (besselk(-nu, p) - besselk(nu, p),)
    yield (hyper([a], [b], p) - exp(p) * hyper([b - a], [b], -p),)
    yield (hyper([1, 1], [2], -p) * p - log(1 + p), p < 40)
    yield (hyper([a, b], [b], -p) - (1 + p) ** (-a), p < 10, a < 10, b < 10)
    yield (hyper([Rational(1, 2)], [Rational(3, 2)], -(p**2)) * 2 * p / sqrt(pi) - erf(p), p < 12)
    yield (hyper([], [nu + 1], p**2 / 4) * (p / 2) ** nu / gamma(nu + 1) - besseli(nu, p),)
    yield (hyper([1], [a + 1], p) * p**a * exp(-p) / a - lowergamma(a, p),)


def _error_functions() -> Iterator[Entry]:
    """DLMF 7.2, 7.4.1, 7.10."""
    yield (erf(p) + erfc(p) - 1,)
    yield (erf(x - y) + erf(y - x) + erfc(x) + erf(x) - 1,)
    yield (sp.diff(erf(x), x) - 2 / sqrt(pi) * exp(-(x**2)),)
    yield (sp.diff(erfi(x), x) - 2 / sqrt(pi) * exp(x**2),)
    yield (erfc(-p) - 2 + erfc(p),)
    yield ((1 + erf(x / sqrt(2))) / 2 - erfc(-x / sqrt(2)) / 2,)
    normal = exp(-(x**2) / 2) / sqrt(2 * pi)
    yield (sp.diff((1 + erf(x / sqrt(2))) / 2, x) - normal,)
    yield (sp.diff(x * erf(x) + exp(-(x**2)) / sqrt(pi), x) - erf(x),)
    yield (Integral(exp(-(y**2)), (y, 0, p)) - sqrt(pi) / 2 * erf(p), p < 6)
    yield (Integral(1 / (1 + y), (y, 0, p)) - log(1 + p), p < 4)
    yield (Integral(y**3 * (1 - y) ** 2, (y, 0, 1)) - Rational(1, 60),)
    gelu = x * (1 + erf(x / sqrt(2))) / 2
    yield (gelu - gelu.subs(x, -x) - x,)
    yield (sp.diff(gelu, x) - (1 + erf(x / sqrt(2))) / 2 - x * normal,)


def _logarithms_and_powers() -> Iterator[Entry]:
    """Laws of logarithms and powers for positive bases."""
    yield (log(p * q) - log(p) - log(q),)
    yield (log(p**3 / q**2) - 3 * log(p) + 2 * log(q),)
    yield (log(12) - 2 * log(2) - log(3),)
    yield (log(Rational(9, 8)) - 2 * log(3) + 3 * log(2),)
    yield (log(p**a * exp(-b * p)) - a * log(p) + b * p,)
    yield (log(p**2 + 2 * p * q + q**2) - 2 * log(p + q),)
    yield (log(p**2 - q**2) - log(p - q) - log(p + q), p > q)
    yield (log(exp(x) + 1) - x - log(1 + exp(-x)),)
    yield (log(cosh(x)) - x - log(1 + exp(-2 * x)) + log(2),)
    yield (log(x**2) - 2 * log(Abs(x)),)
    yield (p ** (a + 2) - p**2 * p**a,)
    yield ((p * q) ** a - exp(a * log(p)) * q**a,)
    yield ((p**a) ** b - p ** (a * b),)
    yield (sqrt(p) * sqrt(q) - exp(log(p * q) / 2),)
    yield (2 ** (n + 1) - 2 * exp(n * log(2)),)
    yield (8**x - 2 ** (3 * x),)
    yield (6**x - 2**x * 3**x,)
    yield (p ** log(q) - q ** log(p),)
    yield (exp(log(p) / 3) ** 3 - p,)
    yield (sp.diff(p**p, p) - p**p * (log(p) + 1),)
    yield (sp.diff(log(log(p + 1)), p) - 1 / ((p + 1) * log(p + 1)),)
    yield (exp(x) * exp(y) - exp(x + y) + (exp(x / 2) ** 2 - exp(x)) + log(p) - log(2 * p) + log(2),)
    yield (exp(x / (1 + p) + 1 / q) - exp(x / (1 + p)) * exp(1 / q),)
    yield (exp(p / (1 + p)) - exp(1) * exp(-1 / (1 + p)),)
    yield ((1 + 1 / p) ** a - (p + 1) ** a / p**a,)
    yield ((p / (p + q)) ** a * (1 + q / p) ** a - 1,)


def _trigonometry() -> Iterator[Entry]:
    """Addition theorems and Euler's formula."""
    yield (cos(x) ** 4 - sin(x) ** 4 - cos(2 * x),)
    yield (sin(x + y) - sin(x) * cos(y) - cos(x) * sin(y),)
    yield (cos(3 * x) - 4 * cos(x) ** 3 + 3 * cos(x),)
    yield (tan(2 * x) - 2 * tan(x) / (1 - tan(x) ** 2),)
    yield (sin(x) ** 2 - (1 - cos(2 * x)) / 2,)
    yield (sin(x) - 2 * tan(x / 2) / (1 + tan(x / 2) ** 2),)
    yield (tanh(x / 2) - (exp(x) - 1) / (exp(x) + 1),)
    yield (cosh(x) ** 2 - sinh(x) ** 2 - 1,)
    yield (tanh(x + y) - (tanh(x) + tanh(y)) / (1 + tanh(x) * tanh(y)),)
    yield (1 / cosh(x) ** 2 - 1 + tanh(x) ** 2,)
    yield (sinh(3 * x) - 3 * sinh(x) - 4 * sinh(x) ** 3,)
    yield (exp(I * x) - cos(x) - I * sin(x),)
    yield ((cos(x) + I * sin(x)) ** 3 - cos(3 * x) - I * sin(3 * x),)
    yield (cosh(I * x + y) - cosh(y) * cos(x) - I * sinh(y) * sin(x),)
    yield (cos(x) * cos(y) - (cos(x - y) + cos(x + y)) / 2,)
    yield (cos(pi * (n + 1)) + (-1) ** n,)
    yield ((-1) ** (2 * n + 1) + cos(pi * n) ** 2,)
    yield (sin(pi * n + x) - (-1) ** n * sin(x),)
    yield (cos(x - pi / 4) - (cos(x) + sin(x)) / sqrt(2),)
    yield (sin(x + pi / 3) - sin(x) / 2 - sqrt(3) / 2 * cos(x),)
    yield (Sum(cos(j * p), (j, 0, n)) - sin((n + 1) * p / 2) * cos(n * p / 2) / sin(p / 2), n < 30)
    yield (sin(pi / 5) ** 2 - (5 - sqrt(5)) / 8 + sin(x) ** 2 + cos(x) ** 2 - 1,)


def _inverse_functions() -> Iterator[Entry]:
    """DLMF 4.23, 4.24, 4.37, with the branches that hold on the stated sets."""
    yield (atan(p) + atan(1 / p) - pi / 2,)
    yield (acosh(cosh(p)) - p,)
    yield (asinh(sinh(x)) - x,)
    yield (log(p + sqrt(1 + p**2)) - asinh(p),)
    yield (asin(x) + acos(x) - pi / 2, x > -1, x < 1)
    yield (asin(sin(x)) - x, x > -1, x < 1)
    yield (acos(cos(x)) - x, x > 0, x < 3)
    yield (atan(tan(x)) - x, x > -1, x < 1)
    yield (atanh(x) - log((1 + x) / (1 - x)) / 2, x > -1, x < 1)
    yield (tanh(atanh(x)) - x + sinh(x) * 2 - exp(x) + exp(-x), x > -1, x < 1)
    yield (sin(asin(x)) - x + sin(x) ** 2 + cos(x) ** 2 - 1, x > -1, x < 1)
    yield (cos(asin(x)) - sqrt(1 - x**2) + exp(-x) * exp(x) - 1 + cosh(x) ** 2 - sinh(x) ** 2 - 1, x > -1, x < 1)
    yield (atan(x) - asin(x / sqrt(1 + x**2)),)
    yield (4 * atan(Rational(1, 5)) - atan(Rational(1, 239)) - pi / 4,)
    yield (atan((x + y) / (1 - x * y)) - atan(x) - atan(y), x > 0, y > 0, x < 1, y < 1)
    yield (acosh(1 + p) - log(1 + p + sqrt(p**2 + 2 * p)),)
    yield (2 * atan(tanh(x / 2)) - atan(sinh(x)),)
    yield (sp.diff(atan(x), x) - 1 / (1 + x**2),)
    yield (sp.LambertW(p) * exp(sp.LambertW(p)) - p,)


def _radicals() -> Iterator[Entry]:
    """Roots of nonnegative radicands."""
    yield (sqrt(1 - 2 * p + p**2) - Abs(1 - p),)
    yield (sqrt((p - q) ** 2) - Abs(p - q),)
    yield (sqrt(5 + 2 * sqrt(6)) - sqrt(2) - sqrt(3),)
    yield (sqrt(p**2 * q) - p * exp(log(q) / 2),)
    yield (1 / (sqrt(p) - sqrt(q)) - (sqrt(p) + sqrt(q)) / (p - q),)
    yield ((sqrt(p + 1) - 1) * (sqrt(p + 1) + 1) - p,)
    yield (sqrt(p / q) - sqrt(p * q) / q,)
    yield (1 / (1 + sqrt(2)) - sqrt(2) + 1,)
    yield (sqrt(6) - exp(log(2) / 2) * sqrt(3),)
    yield ((p + q) ** Rational(3, 2) - (p + q) * sqrt(p + q),)
    yield (sqrt(p**3) - p ** Rational(3, 2) + (p ** Rational(1, 3)) ** 3 - exp(log(p)),)
    yield (sqrt(x**2) * sqrt(x**2) - x**2 + Abs(x) ** 2 - x**2 + Abs(x * y) - Abs(x) * Abs(y),)
    root = (mu + sqrt(mu**2 + 4 * s**2)) / 2
    yield (root**2 - mu * root - s**2,)
    yield (root * (mu - sqrt(mu**2 + 4 * s**2)) / 2 + s**2,)
    yield (sqrt(1 + p + sqrt(1 + 2 * p)) - (sqrt(1 + 2 * p) + 1) / sqrt(2),)
    yield (sqrt(1 - x**2) - sqrt(1 - x) * sqrt(1 + x), x > -1, x < 1)
    yield ((2 + sqrt(5)) ** Rational(1, 3) - (1 + sqrt(5)) / 2,)
    yield ((x + I * y) * (x - I * y) - x**2 - y**2,)
    yield (1 / (x + I * y) - (x - I * y) / (x**2 + y**2),)


def _functions_with_corners() -> Iterator[Entry]:
    """Abs, sign, Max, Min, Heaviside and Piecewise, by cases."""
    yield (Abs(x) - Piecewise((x, x >= 0), (-x, True)),)
    yield (Max(p, q) + Min(p, q) - p - q,)
    yield (Max(p, q) * Min(p, q) - p * q,)
    yield (Max(x, 0) - (x + Abs(x)) / 2,)
    yield (Max(x, 0) - x * Heaviside(x),)
    yield (Max(x, 0) + Max(-x, 0) - Abs(x),)
    yield (Max(x, 0) - Max(-x, 0) - x,)
    yield (sign(x) * Abs(x) - x,)
    yield (sign(x) ** 2 - 1, sp.Ne(x, 0))
    yield (Abs(x) * sign(y) - Abs(x) * y / Abs(y),)
    yield (Abs(x - 3) - (3 - x), x < 3)
    yield (Max(p, 1) - p, p >= 1)
    yield (sign(x - 10) + 1, x < 10)
    yield (Piecewise((x, x < 5), (x + 1, True)) - x, x < 5)
    yield (Piecewise((1, x > 0), (-1, x < 0), (0, True)) - sign(x),)
    yield (Max(x, y, u) - Max(x, Max(y, u, evaluate=False), evaluate=False) + Abs(x) ** 2 - x**2,)
    yield (Abs(x * y) - Abs(x) * Abs(y) + Max(x, y) - Max(y, x) + Abs(-x) ** 2 - x**2,)
    leaky = Max(x, x / 100)
    yield (leaky - Piecewise((x, x > 0), (x / 100, True)),)
    yield (Piecewise((exp(x) - 1, x < 0), (x, True)) - Max(x, 0) - Min(exp(x) - 1, 0),)
    yield (Abs(Abs(x) - 1) - Piecewise((Abs(x) - 1, Abs(x) > 1), (1 - Abs(x), True)),)
    yield (Heaviside(x - 2) + Heaviside(2 - x) - 1,)
    yield (Min(p, q) - (p + q - Abs(p - q)) / 2,)
    yield (Piecewise((sin(x) / x, sp.Ne(x, 0)), (1, True)) * x - sin(x),)


def _rules_for_every_function() -> Iterator[Entry]:
    """Product and chain rules, and Ito's formula, for undefined functions."""
    F, G = f(x), g(x)
    yield (Derivative(F * G, x) - F * Derivative(G, x) - G * Derivative(F, x),)
    yield (Derivative(F / G, x) - (Derivative(F, x) * G - F * Derivative(G, x)) / G**2,)
    yield (Derivative(exp(F), x) - exp(F) * Derivative(F, x),)
    yield (Derivative(F**2, x, 2) - 2 * Derivative(F, x) ** 2 - 2 * F * Derivative(F, x, 2),)
    yield (Derivative(log(F), x) - Derivative(F, x) / F,)
    current = G * F - Derivative(s**2 * F / 2, x)
    yield (Derivative(current, x) - Derivative(G * F, x) + s**2 / 2 * Derivative(F, x, 2),)
    stationary = exp(-2 * F / s**2)
    yield (sp.diff(stationary, x) * s**2 / 2 + sp.diff(F, x) * stationary,)
    energy = f(x, y)
    flow = sp.diff(energy, x) * y - sp.diff(energy, y) * x
    yield (flow**2 + (sp.diff(energy, x) * x + sp.diff(energy, y) * y) ** 2
           - (x**2 + y**2) * (sp.diff(energy, x) ** 2 + sp.diff(energy, y) ** 2),)  # fmt: skip
    yield (sp.diff(energy, x, y) - sp.diff(energy, y, x) + exp(energy) * exp(-energy) - sin(F) ** 2 - cos(F) ** 2,)
    yield (atan(F) + atan(1 / F) - pi / 2 * sign(F), x > 0)
    yield (cosh(F) ** 2 - sinh(F) ** 2 - 1,)
    radial = f(x**2 + y**2)
    yield (x * sp.diff(radial, y) - y * sp.diff(radial, x),)


def _certified_antiderivatives() -> Iterator[Entry]:
    """F' - f for antiderivatives found by hand."""
    pairs = [
        (atan(x / p) / p, 1 / (x**2 + p**2)),
        (log(x**2 + p**2) / 2, x / (x**2 + p**2)),
        (x * log(x**2 + 1) - 2 * x + 2 * atan(x), log(x**2 + 1)),
        (exp(p * x) * (p * sin(x) - cos(x)) / (1 + p**2), exp(p * x) * sin(x)),
        (-(x + 1) * exp(-x), x * exp(-x)),
        (-exp(-p * x) * (x**2 / p + 2 * x / p**2 + 2 / p**3), x**2 * exp(-p * x)),
        (log(cosh(x)), tanh(x)),
        (x / 2 * sqrt(x**2 + 1) + asinh(x) / 2, sqrt(x**2 + 1)),
        (log(x + sqrt(x**2 + p)), 1 / sqrt(x**2 + p)),
        (2 * atan(exp(x)), 1 / cosh(x)),
        (sqrt(pi) / 2 * erf(x + y), exp(-((x + y) ** 2))),
        (x - log(1 + exp(x)), 1 / (1 + exp(x))),
        (x * atan(x) - log(1 + x**2) / 2, atan(x)),
        (log((x - 1) ** 2 / (x**2 + x + 1)) / 6 - atan((2 * x + 1) / sqrt(3)) / sqrt(3), 1 / (x**3 - 1)),
    ]
    for antiderivative, integrand in pairs:
        yield (sp.diff(antiderivative, x) - integrand,)


def _random_rational_identities() -> Iterator[Entry]:
    """Partial fractions recombined, and products of polynomials multiplied, by arithmetic on lists of integers."""
    rng = random.Random(20240229)
    for _ in range(12):
        roots = rng.sample(range(-9, 10), 3)
        weights = [rng.choice([-3, -2, -1, 1, 2, 3]) for _ in roots]
        apart = sum(w / (x - root) for w, root in zip(weights, roots, strict=True))
        numerator = [0, 0, 0]
        for i, w in enumerate(weights):
            first, second = roots[:i] + roots[i + 1 :]
            numerator = [z + w * w2 for z, w2 in zip(numerator, (first * second, -(first + second), 1), strict=True)]
        together = sum(z * x**i for i, z in enumerate(numerator)) / sp.Mul(*(x - root for root in roots))
        yield (apart - together,)
    for _ in range(10):
        left = {(i, k): rng.randint(-9, 9) or 1 for i, k in itertools.product(range(3), range(2))}
        right = {(i, k): rng.randint(-9, 9) or 1 for i, k in itertools.product(range(2), range(3))}
        product: dict[tuple[int, int], int] = {}
        for (i, k), z in left.items():
            for (i2, k2), w in right.items():
                product[i + i2, k + k2] = product.get((i + i2, k + k2), 0) + z * w
        A, B = exp(-eta * h), sqrt(p)
        as_sum = [sum(z * A**i * B**k for (i, k), z in terms.items()) for terms in (left, right, product)]
        yield (as_sum[0] * as_sum[1] - as_sum[2],)


IDENTITIES = (
    _ornstein_uhlenbeck_and_geometric_brownian_motion,
    _gradient_descent_on_a_quadratic,
    _logistic_growth_of_singular_values,
    _stationary_laws,
    _gamma_and_its_derivatives,
    _bessel_and_hypergeometric_functions,
    _error_functions,
    _logarithms_and_powers,
    _trigonometry,
    _inverse_functions,
    _radicals,
    _functions_with_corners,
    _rules_for_every_function,
    _certified_antiderivatives,
    _random_rational_identities,
)


def _plausible_errors() -> Iterator[Entry]:
    """Wrong branches, lost factors of two, first-order truncations, absolute values forgotten."""
    yield (asin(sin(x)) - x,)
    yield (acos(cos(x)) - x,)
    yield (atan(tan(x)) - x,)
    yield (acosh(cosh(x)) - x,)
    yield (sqrt(x**2) - x,)
    yield (sqrt((p - q) ** 2) - (p - q),)
    yield (sqrt(x**4) - x * Abs(x),)
    yield ((x**3) ** Rational(1, 3) - x + sqrt(x**2) - Abs(x) + x * p,)
    yield (log(x**2) - 2 * log(x) + x - Abs(x) + p,)
    yield (log((x - 1) ** 2) - 2 * log(Abs(x + 1)),)
    yield (Max(p, 1) - p,)
    yield (Abs(x - 3) - (3 - x),)
    yield (sign(x - 10) + 1,)
    yield (Heaviside(x - 2, 0),)
    yield (Heaviside(x) - Heaviside(x, 0),)
    yield (sign(x) ** 2 - 1,)
    yield (Piecewise((x, x < 5), (x + 1, True)) - x,)
    yield (Piecewise((x, x < 5), (x + Rational(1, 10**12), x < 5 + Rational(1, 10**9)), (x, True)) - x,)
    yield (Piecewise((0, x < 1000), (x - 1000, True)),)
    yield (Max(0, p - 200),)
    yield (Max(x, y, u) - Max(x, y),)
    yield (Max(x, y, x + y - 5**9) - Max(x, y),)
    yield (Min(x, y, x + y + 5**9) - Min(x, y),)
    yield (Min(p, q) - p * q / (p + q),)
    yield (log(p**2 + q**2) - 2 * log(p) - 2 * log(q),)
    yield (log(p + q) - log(p) - log(q),)
    yield (eta * s**2 / (h * (2 - eta * h)) - eta * s**2 / (2 * h),)
    yield (eta * s**2 / (2 * h) - eta * s**2 / h,)
    yield (eta**2 * s**2 / (1 - (1 - eta * h) ** 2) - eta * s**2 / (2 * h),)
    yield (exp(-h * t) - (1 - h * t + (h * t) ** 2 / 2),)
    yield (exp(-h * t) - 1 / (1 + h * t),)
    yield (s**2 / (2 * h) * (1 - exp(-2 * h * t)) - s**2 / (2 * h) * (1 - exp(-h * t)),)
    yield (s**2 / (2 * h) * (1 - exp(-2 * h * t)) - s**2 * t,)
    yield ((1 - eta * h) ** n - exp(-eta * h * n),)
    yield (log(1 - eta * h) + eta * h, eta * h < 1)
    yield (erf(p) - tanh(2 * p / sqrt(pi)),)
    yield (erfc(p) - exp(-(p**2)) / (p * sqrt(pi)),)
    yield (sqrt(p + q) - sqrt(p) - sqrt(q),)
    yield (loggamma(p) - (p - Rational(1, 2)) * log(p) + p - log(2 * pi) / 2,)
    yield (polygamma(0, p) - log(p),)
    yield (polygamma(0, p) - log(p) + 1 / (2 * p) + 1 / (12 * p**2),)
    yield (gamma(p + 1) - (p + 1) * gamma(p),)
    yield (gamma(p) * gamma(1 - p) - pi / sin(p),)
    yield (besseli(0, p) - besseli(2, p) - besseli(1, p) / p,)
    yield (besselk(nu, p) - sqrt(pi / (2 * p)) * exp(-p),)
    yield (besseli(1, p) / besseli(0, p) - p / (1 + sqrt(1 + p**2)),)
    yield (uppergamma(a + 1, p) - a * uppergamma(a, p),)
    yield (hyper([a], [b], p) - hyper([b - a], [b], -p),)
    yield (atan(p) + atan(1 / p) - pi / 4,)
    yield (atan((x + y) / (1 - x * y)) - atan(x) - atan(y),)
    yield (atan(x) + atan(1 / x) - pi / 2,)
    yield (2 * atan(x) - asin(2 * x / (1 + x**2)),)
    yield (tanh(x) - x + x**3 / 3,)
    yield (cos(x) ** 4 + sin(x) ** 4 - cos(2 * x),)
    yield (sin(x + y) - sin(x) * cos(y) + cos(x) * sin(y),)
    yield (exp(I * x) - cos(x) + I * sin(x),)
    yield (cos(pi * n) - 1,)
    yield ((p**a) ** b - p ** (a + b),)
    yield (p ** (a + b) - p**a - p**b,)
    yield (exp(x + y) - exp(x) - exp(y),)
    yield (Abs(x + y) - Abs(x) - Abs(y),)
    yield (Abs(x) * sign(y) - Abs(y) * sign(x),)
    solution = c * exp(2 * c * t) / (exp(2 * c * t) - 1 + c / s0)
    yield (sp.diff(solution, t) - solution * (c - solution),)
    yield (solution - c / (1 + exp(-2 * c * t)),)
    density = p ** (2 * mu / s**2 - 1) * exp(-(p**2) / s**2)
    yield (sp.diff(s**2 * p**2 * density, p) / 2 - (mu * p - p**3) * density,)
    yield (exp((mu - s**2 / 2) * t) - exp(mu * t),)
    yield (Derivative(f(x) * g(x), x) - Derivative(f(x), x) * Derivative(g(x), x),)
    yield (Derivative(f(x) ** 2, x, 2) - 2 * f(x) * Derivative(f(x), x, 2),)
    yield (f(x) * g(y) - f(y) * g(x),)
    yield (f(x, y) - f(y, x),)
    yield (f(x + y) - f(x) - f(y),)
    yield (Derivative(f(x), x) ** 2 - f(x),)
    w = sp.Symbol("w", real=True)
    integrand = w**2 * (x - w) ** 3 / ((x - w) ** 2 + 1) ** 2
    wrong = -(w**2) / 2 - w * x - (x**2 - 3) * log(w**2 - 2 * w * x + x**2 + 1) / 2 + 4 * x * atan(w - x)
    yield (sp.diff(wrong, w) - integrand,)
    yield (Integral(exp(-(y**2)), (y, 0, p)) - sqrt(pi) / 2, p < 6)
    yield (Integral(y**3 * (1 - y) ** 2, (y, 0, 1)) - Rational(1, 61),)
    yield (exp(pi * sqrt(163)) - 640320**3 - 744,)
    yield (sqrt(2) + sqrt(3) - pi - (sqrt(10) - Rational(3162277660168379331998893, 10**24)) + Rational(4, 10**3),)
    yield (sin(Rational(22, 7)) + Rational(1, 790),)
    yield (22 * atan(Rational(1, 28)) + 2 * atan(Rational(1, 443)) - 5 * atan(Rational(1, 1393)) - pi / 4,)
    yield (4 * atan(Rational(1, 5)) - atan(Rational(1, 240)) - pi / 4,)


SMALL = tuple(Rational(1, 10**e) for e in (3, 12, 30, 60))


def _bump(entry: Entry, size: sp.Rational) -> sp.Expr:
    """``size`` times a function of the entry's first symbol that vanishes nowhere."""
    symbols = sorted(entry[0].free_symbols - {j}, key=str)
    return size / (1 + symbols[0] ** 2) if symbols else size


def _named(entries: Iterator[Entry], name: str, is_zero: bool) -> Iterator[Case]:
    for number, (expression, *conditions) in enumerate(entries, start=1):
        yield Case(f"{name} {number}", expression, is_zero, tuple(conditions))


@cache
def corpus() -> tuple[Case, ...]:
    """Identities, plausible errors, and each identity spoilt by a small term of size 1e-3 to 1e-60."""
    cases: list[Case] = []
    for group in IDENTITIES:
        cases += _named(group(), group.__name__.strip("_").replace("_", " "), True)
    spoilt = [
        Case(f"{case.name} spoilt", case.expression + _bump((case.expression,), SMALL[i % 4]), False, case.conditions)
        for i, case in enumerate(cases)
    ]
    everything = (*cases, *_named(_plausible_errors(), "plausible error", False), *spoilt)
    return tuple(case for case in everything if case.expression != 0)
