r"""Integrals of quotients of polynomials with linear factors below, by partial fractions.

.. math::
    \int_l^h\frac{c\,dy}{ay+b}=\frac ca\log\frac{ah+b}{al+b},\qquad
    \int_l^h\frac{c\,dy}{(ay+b)^n}=\frac{c\,\big((ah+b)^{1-n}-(al+b)^{1-n}\big)}{a\,(1-n)} .

The two values of a factor have one sign, since the function has no pole between them.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, takes


@takes(function=EXPRESSION, y=SYMBOL, low=EXPRESSION, high=EXPRESSION)
def rational_integral(function: sp.Expr, y: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    """The integral of a function without poles from ``low`` to ``high``, both finite; None where the form is another.

    Example:
        >>> y = sp.Symbol("y", positive=True)
        >>> rational_integral(2 / (1 - y), y, sp.S.Zero, sp.S.Half)
        2*log(2)
        >>> rational_integral(1 / (1 + y**2), y, sp.S.Zero, sp.S.Half)
    """
    if low.is_infinite or high.is_infinite or not function.is_rational_function(y):
        return None
    try:
        reduced = sp.cancel(function)
        if any(sp.degree(factor, y) > 1 for factor, _ in sp.factor_list(sp.fraction(reduced)[1], y)[1]):
            return None
        parts = sp.apart(reduced, y)
    except (NotImplementedError, sp.PolynomialError):
        return None
    values = [_of_part(part, y, low, high) for part in sp.Add.make_args(parts)]
    return None if any(value is None for value in values) else sp.Add(*(value for value in values if value is not None))


def _of_part(part: sp.Expr, y: sp.Symbol, low: sp.Expr, high: sp.Expr) -> sp.Expr | None:
    numerator, denominator = sp.fraction(sp.together(part))
    if not denominator.has(y):
        antiderivative = sp.Poly(numerator, y).integrate(y).as_expr() / denominator
        return antiderivative.subs(y, high) - antiderivative.subs(y, low)
    constant, factors = sp.factor_list(denominator, y)
    if numerator.has(y) or len(factors) != 1 or sp.degree(factors[0][0], y) != 1:
        return None
    (factor, n), c = factors[0], numerator / constant
    a, above, below = sp.diff(factor, y), factor.subs(y, high), factor.subs(y, low)
    if above == 0 or below == 0:
        return None
    if n == 1:
        return c / a * sp.log(sp.cancel(above / below))
    return c * (above ** (1 - n) - below ** (1 - n)) / (a * (1 - n))
