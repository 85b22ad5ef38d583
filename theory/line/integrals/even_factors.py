r"""Primitives over an irreducible even polynomial, such as :math:`g^4 + 1`, by what is odd and what is even above it.

Over :math:`f(g) = F(g^2)` the odd part of a numerator is a rational function of :math:`Y = g^2` times :math:`dY/2`. The
even part over :math:`A g^4 + B g^2 + C` splits over the reals: where :math:`B^2 > 4AC` into :math:`g^2 - r_1` and
:math:`g^2 - r_2`, and where :math:`B^2 < 4AC`, with :math:`\gamma = \sqrt{C/A}`, :math:`\delta = \sqrt{2\gamma - B/A}`,

.. math::
    \frac{t_2g^2 + t_0}{Ag^4 + Bg^2 + C} = \frac1A\sum_\pm\frac{\pm\alpha g + \beta}{g^2 \pm \delta g + \gamma}, \qquad
    \beta = \frac{t_0}{2\gamma}, \quad \alpha = \frac{t_0/\gamma - t_2}{2\delta}.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from theory.argument_kinds import one_of, takes
from theory.decision.conditions.inequalities import sign
from theory.line.charts.interval import Interval


def is_even(f: sp.Poly) -> bool:
    """Whether only even powers occur."""
    return all(degree % 2 == 0 for (degree,) in f.monoms())


_POLYNOMIAL = one_of(sp.Poly, needed="a Poly of SymPy")


def odd_part(numerator: sp.Poly, f: sp.Poly, Y: sp.Symbol) -> sp.Expr:
    r"""The rational function R with :math:`\int (\text{odd part})/f\,dg = \int R(Y)\,dY` at :math:`Y = g^2`."""
    top = sp.Add(*(c * Y ** ((degree - 1) // 2) for (degree,), c in numerator.terms() if degree % 2))
    return sp.cancel(top / (2 * sp.Add(*(c * Y ** (degree // 2) for (degree,), c in f.terms()))))


@takes(numerator=_POLYNOMIAL, f=_POLYNOMIAL)
def even_part(numerator: sp.Poly, f: sp.Poly) -> list[tuple[sp.Poly, sp.Poly]] | None:
    """The even part of ``numerator/f`` as a sum of fractions over quadratic polynomials.

    Returns:
        pairs (numerator, quadratic); None where the degree of ``f`` is above 4 or the signs are open.

    Example:
        >>> g = sp.Symbol("g", real=True)
        >>> even_part(sp.Poly(1, g), sp.Poly(g**4 + 1, g))[0][1].as_expr()
        g**2 + sqrt(2)*g + 1
    """
    g = f.gen
    t_0, t_2 = (numerator.coeff_monomial(g**j) for j in (0, 2))
    if t_0 == t_2 == 0 and numerator.degree() < 4:
        return []
    if f.degree() != 4:
        return None
    A, B, C = (f.coeff_monomial(g**j) for j in (4, 2, 0))
    discriminant = sign(B**2 - 4 * A * C)
    if discriminant == -1:
        return list(_over_complex_roots(t_2 / A, t_0 / A, sp.cancel(B / A), sp.cancel(C / A), g))
    if discriminant == 1:
        return list(_over_real_roots(t_2 / A, t_0 / A, sp.cancel(B / A), sp.cancel(C / A), g))
    return None


def image_of_square(interval: Interval) -> Interval | None:
    """Where the square lives; None where the ends do not say it."""
    left, right = interval.ends
    low, high = left**2, right**2
    if left.is_nonnegative:
        return Interval(low, high)
    if right.is_nonpositive:
        return Interval(high, low)
    if sp.oo in (low, high):
        return Interval(0, sp.oo)
    order = sign(high - low)
    return None if order is None else Interval(0, high if order >= 0 else low)


def _over_complex_roots(
    t_2: sp.Expr, t_0: sp.Expr, b: sp.Expr, c: sp.Expr, g: sp.Symbol
) -> Iterator[tuple[sp.Poly, sp.Poly]]:
    gamma = sp.sqrt(c)
    delta = sp.sqrt(2 * gamma - b)
    alpha, beta = (t_0 / gamma - t_2) / (2 * delta), t_0 / (2 * gamma)
    for s in (1, -1):
        yield sp.Poly(s * alpha * g + beta, g), sp.Poly(g**2 + s * delta * g + gamma, g)


def _over_real_roots(
    t_2: sp.Expr, t_0: sp.Expr, b: sp.Expr, c: sp.Expr, g: sp.Symbol
) -> Iterator[tuple[sp.Poly, sp.Poly]]:
    spread = sp.sqrt(b**2 - 4 * c)
    for s in (1, -1):
        root = (-b + s * spread) / 2
        yield sp.Poly(s * (t_2 * root + t_0) / spread, g), sp.Poly(g**2 - root, g)
