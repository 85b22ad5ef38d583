r"""Asymptotic expansions of special functions as their argument tends to infinity.

Each is a factor (of a logarithm: a first term) and the coefficients of a series in :math:`z^{-m}`.

References:
    DLMF 5.11 (gamma, digamma), 7.12 (error function), 10.40 (modified Bessel functions).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import sympy as sp

Tail = tuple[sp.Expr, Callable[[int], sp.Expr], int]
"""A factor or first term, the coefficient of :math:`z^{-mj}`, and m."""


def _stirling(z: sp.Expr) -> Tail:
    first = (z - sp.S.Half) * sp.log(z) - z + sp.log(2 * sp.pi) / 2

    def coefficient(j: int) -> sp.Expr:
        return sp.bernoulli(j + 1) / (j * (j + 1)) if j % 2 else sp.S.Zero

    return first, coefficient, 1


def _gamma(z: sp.Expr) -> Tail:
    _, logarithms, _ = _stirling(z)

    @functools.cache
    def coefficient(n: int) -> sp.Expr:
        """Of the exponential of Stirling's series: n e_n is the sum of j l_j e_(n-j)."""
        return sp.S.One if n == 0 else sp.Add(*(j * logarithms(j) * coefficient(n - j) for j in range(1, n + 1))) / n

    return sp.sqrt(2 * sp.pi) * z ** (-sp.S.Half) * sp.exp(z * sp.log(z) - z), coefficient, 1


def _digamma(z: sp.Expr) -> Tail:
    return sp.log(z) - 1 / (2 * z), lambda j: -sp.bernoulli(2 * j) / (2 * j) if j else sp.S.Zero, 2


def _erfc(z: sp.Expr) -> Tail:
    return (
        sp.exp(-(z**2)) / (z * sp.sqrt(sp.pi)),
        lambda j: (-sp.S.Half) ** j * sp.factorial2(2 * j - 1) if j else sp.S.One,
        2,
    )


def _bessel(z: sp.Expr, nu: sp.Expr, sign: int) -> Tail:
    def coefficient(j: int) -> sp.Expr:
        steps = (4 * nu**2 - (2 * i - 1) ** 2 for i in range(1, j + 1))
        return sp.Integer(sign) ** j * sp.Mul(*steps) / (sp.factorial(j) * 8**j)

    factor = sp.exp(z) / sp.sqrt(2 * sp.pi * z) if sign < 0 else sp.exp(-z) * sp.sqrt(sp.pi / (2 * z))
    return factor, coefficient, 1


AT_INFINITY: dict[type[sp.Function], Callable[..., Tail]] = {
    sp.gamma: _gamma,
    sp.loggamma: _stirling,
    sp.digamma: _digamma,
    sp.erfc: _erfc,
    sp.besseli: functools.partial(_bessel, sign=-1),
    sp.besselk: functools.partial(_bessel, sign=1),
}
"""Function -> its expansion at an argument; orders follow the argument."""
