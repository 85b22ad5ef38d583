r"""The sign of a sum of powers on an interval, and the condition on the parameters under which it has one.

A sum of powers :math:`\sum c_r x^r` is factored first. A factor in which all exponents are multiples of one power,
:math:`x^{r_0} P(x^q)`, has the sign of the polynomial P on the image of the interval; a polynomial with parameters is
decided

1. by the signs of its coefficients, once the interval is mapped to :math:`(0, \infty)`;
2. exactly, if it is quadratic: by the signs of its coefficients and its discriminant;
3. by Sturm's theorem, if its coefficients are numbers;
4. by counting zeros at one point, if neither discriminant nor ends vanish for any value of the parameters: the number
   of zeros is then the same for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.conditions.inequalities import negative, nonnegative, sign, simplified
from theory.errors import ShapeError, SingularInsideError
from theory.line.charts.powers import in_one_power, power_quotient, with_reduced_exponents
from theory.values import shown

Sign = tuple[int, Boolean] | None
"""A sign and the condition under which it is that of the whole open interval; None where undecided."""

_MAX_DEGREE, _MAX_SYMBOLS = 6, 3
"""Larger polynomials are not decided by their discriminants."""

_DIGITS = 100
_LARGEST = 10**_DIGITS

_Y = sp.Dummy("y", positive=True)


@takes(expression=EXPRESSION, variable=SYMBOL, left=EXPRESSION, right=EXPRESSION)
def sign_on_interval(expression: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr) -> Sign:
    r"""The sign of a sum of powers without zeros inside ``(left, right)``, and the condition for that.

    Returns:
        ``(sign, condition)``: where ``condition`` on the parameters holds, the sum has that sign on the whole open
        interval. None where that is not decided.

    Raises:
        ShapeError: an end is a floating-point number, too long a number to work with, a case distinction, or holds
            the variable.
        SingularInsideError: it has a zero inside the interval, for all values of the parameters.

    Example:
        >>> x, s, r = sp.symbols("x s r", positive=True)
        >>> sign_on_interval(2 * (s - x**3) ** 2 + r**2, x, sp.S.Zero, sp.oo)
        (1, True)
    """
    for name, end in (("left", left), ("right", right)):
        number = sp.sympify(end, strict=True)
        if number.has(sp.Float) or any(max(abs(r.p), r.q) > _LARGEST for r in number.atoms(sp.Rational)):
            raise ShapeError(f"{name} must be exact, of numbers with at most {_DIGITS} digits, got {shown(end)}.")
        if number.has(variable, sp.Piecewise):
            raise ShapeError(
                f"{name} must be one formula without {variable} and without cases, got {shown(end)}. Ask for the "
                "interval of each case."
            )
    left, right = (with_reduced_exponents(sp.sympify(end, strict=True)) for end in (left, right))
    expression = with_reduced_exponents(expression)
    if not expression.has(variable):
        known = sign(expression)
        return (known, sp.true) if known else None
    quotient = power_quotient(expression, variable)
    parts: list[Sign] = []
    constant, numerator = quotient.numerator.factor_list()
    content, denominator = quotient.denominator.factor_list()
    parts.append(_of_constant(sp.sympify(constant / content)))
    for factor, power in (*numerator, *denominator):
        found = _factor_sign(quotient.terms(factor), variable, left, right)
        parts.append(found and (found[0] ** power, found[1]))
    return product_of_signs(parts)


def image_of_end(end: sp.Expr, q: sp.Expr) -> sp.Expr:
    """``end**q`` for a nonnegative or infinite end and q > 0."""
    return end if end in (0, sp.oo) or q == 1 else with_reduced_exponents(end**q)


def product_of_signs(parts: Iterable[Sign]) -> Sign:
    """The sign of a product."""
    total, conditions = 1, []
    for part in parts:
        if part is None:
            return None
        total *= part[0]
        conditions.append(part[1])
    return total, simplified(sp.And(*conditions))


def _of_constant(constant: sp.Expr) -> Sign:
    known = sign(constant)
    return (known, sp.true) if known else None


def _factor_sign(terms: dict[sp.Expr, sp.Expr], x: sp.Symbol, left: sp.Expr, right: sp.Expr) -> Sign:
    """The sign of one irreducible sum of powers."""
    whole = all(exponent.is_Integer and exponent >= 0 for exponent in terms)
    where = f"{_shown(terms, x)} vanishes for {x} inside ({left}, {right})"
    if left.is_nonnegative:
        known = _common_sign(terms.values())
        if known:
            return known, sp.true
        found = in_one_power(terms)
        if found is not None:
            coefficients, q = found
            return _polynomial_sign(_polynomial(coefficients), image_of_end(left, q), image_of_end(right, q), where)
    expression = _shown(terms, x)
    if known_everywhere := sign(expression) if _assumed_within(x, left) else None:
        return known_everywhere, sp.true
    if not whole:
        return None
    polynomial = _polynomial({int(exponent): c for exponent, c in terms.items()})
    return _polynomial_sign(polynomial, left, right, where)


def _common_sign(coefficients: Iterable[sp.Expr]) -> int | None:
    """The sign that all coefficients have, None where they differ or are open."""
    signs = {sign(c) for c in coefficients}
    return signs.pop() if len(signs) == 1 else None


def _polynomial(coefficients: dict[int, sp.Expr]) -> sp.Poly:
    return sp.Poly.from_dict({(j,): c for j, c in coefficients.items()}, _Y)


def _polynomial_sign(polynomial: sp.Poly, left: sp.Expr, right: sp.Expr, name: str) -> Sign:
    if polynomial.degree() <= 0:
        return _of_constant(polynomial.as_expr())
    if left == -sp.oo and right == sp.oo:
        return _sign_on_line(polynomial, name)
    if left != -sp.oo and right != sp.oo:
        local = (left + right * _Y) / (1 + _Y)
    else:
        local = left + _Y if left != -sp.oo else right - _Y
    numerator, denominator = sp.fraction(sp.together(polynomial.as_expr().subs(_Y, local)))
    orientation = sign(denominator)
    if not orientation:
        return None
    on_half_line = sp.Poly(sp.expand(numerator), _Y)
    found = _sign_on_half_line(on_half_line, name)
    return found and (orientation * found[0], found[1])


def _sign_on_half_line(polynomial: sp.Poly, name: str) -> Sign:
    """The sign on the open interval from 0 to infinity."""
    lowest = min(degree for (degree,), _ in polynomial.terms())
    polynomial = _polynomial({degree - lowest: c for (degree,), c in polynomial.terms()})
    coefficients = [c for c in polynomial.all_coeffs() if c != 0]
    signs = [sign(c) for c in coefficients]
    known = _common_sign(coefficients)
    if known:
        return known, sp.true
    if all(c.is_nonnegative for c in coefficients) and 1 in signs:
        return 1, sp.true
    if all(c.is_nonpositive for c in coefficients) and -1 in signs:
        return -1, sp.true
    first, last = signs[-1], signs[0]
    if first and last and first != last:
        raise _vanishes(name)
    if all(c.is_Rational for c in coefficients):
        if polynomial.count_roots(0, None):
            raise _vanishes(name)
        return int(sp.sign(polynomial.eval(1))), sp.true
    if polynomial.degree() == 2 and last:
        low, middle = (last * polynomial.coeff_monomial(_Y**j) for j in (0, 1))
        aside = sp.And(nonnegative(low), nonnegative(middle))
        return last, simplified(sp.Or(aside, negative(polynomial.discriminant())))
    zeros = _constant_number_of_zeros(polynomial, positive_only=True)
    if zeros:
        raise _vanishes(name)
    return (last, sp.true) if zeros == 0 and last else None


def _sign_on_line(polynomial: sp.Poly, name: str) -> Sign:
    if all(c.is_Rational for c in polynomial.all_coeffs()):
        if polynomial.count_roots():
            raise _vanishes(name)
        return int(sp.sign(polynomial.eval(0))), sp.true
    if polynomial.degree() % 2:
        if sign(polynomial.LC()):
            raise _vanishes(name)
        return None
    leading = sign(polynomial.LC())
    if polynomial.degree() == 2 and leading:
        return leading, negative(polynomial.discriminant())
    terms = dict(polynomial.terms())
    step = int(sp.igcd(*(degree for (degree,) in terms)))
    if step % 2 == 0:
        # Even powers run through the half-line, 0 included.
        on_half_line = _polynomial({degree // step: c for (degree,), c in terms.items()})
        at_zero, found = sign(on_half_line.eval(0)), _sign_on_half_line(on_half_line, name)
        return found if found is not None and at_zero == found[0] else None
    zeros = _constant_number_of_zeros(polynomial, positive_only=False)
    if zeros:
        raise _vanishes(name)
    return (leading, sp.true) if zeros == 0 and leading else None


def _constant_number_of_zeros(polynomial: sp.Poly, *, positive_only: bool) -> int | None:
    """How many real zeros there are for every value of the parameters, None where that may depend on them."""
    symbols = sorted(polynomial.as_expr().free_symbols - {_Y}, key=str)
    if polynomial.degree() > _MAX_DEGREE or len(symbols) > _MAX_SYMBOLS:
        return None
    point = {symbol: _value(symbol) for symbol in symbols}
    if None in point.values():
        return None
    try:
        borders = [polynomial.LC(), polynomial.discriminant()] + ([polynomial.eval(0)] if positive_only else [])
    except BasePolynomialError:
        return None
    if not all(sign(border) for border in borders):
        return None
    at_point = sp.Poly(polynomial.as_expr().subs(point), _Y)
    if not all(c.is_Rational for c in at_point.all_coeffs()):
        return None
    return int(at_point.count_roots(0 if positive_only else None, None))


def _value(symbol: sp.Symbol) -> sp.Rational | None:
    """A value of a parameter whose values form an interval, one with rational roots; None where they may not."""
    if not symbol.is_real or symbol.is_integer or hasattr(symbol, "bounds"):
        return None
    if symbol.is_positive or symbol.is_nonnegative:
        return sp.S.One
    if symbol.is_negative or symbol.is_nonpositive:
        return sp.S.NegativeOne
    return None if symbol.is_nonzero else sp.S.One


def _assumed_within(x: sp.Symbol, left: sp.Expr) -> bool:
    """Whether the assumptions of ``x`` allow every point of the interval, so that signs under them count."""
    return left.is_nonnegative is True if x.is_positive else x.is_real is True and x.is_nonzero is None


def _shown(terms: dict[sp.Expr, sp.Expr], x: sp.Symbol) -> sp.Expr:
    return sp.Add(*(c * x**exponent for exponent, c in terms.items()))


def _vanishes(name: str) -> SingularInsideError:
    return SingularInsideError(
        f"{name}, where the process splits or is singular. Give an interval between two such points."
    )
