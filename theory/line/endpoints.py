r"""How :math:`\exp\int\rho` behaves at an end of an interval.

Scale densities, speed densities and stationary densities of a diffusion on the line are all of the form
:math:`w = \exp\int\rho` with an explicit logarithmic derivative :math:`\rho = w'/w`. Near an end, with
:math:`\tau` the distance to it (or :math:`\tau = |x|` at infinity),

.. math::
    w \sim C \exp\Big(\sum_i c_i \tau^{p_i}\Big)\, \tau^{\gamma},

where every power in the sum blows up. The terms come from dividing the numerator of :math:`\rho` by its
denominator as polynomials in powers of :math:`\tau`, which is exact, terminates, and needs no series
expansion: what remains has a convergent integral and only changes :math:`C`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.inequalities import negative, positive, sign, simplified, vanishes
from theory.errors import SymbolError, UnsupportedFormError
from theory.line.powers import PowerQuotient, power_quotient

_MAX_TERMS = 200
_TAU = sp.Dummy("tau", positive=True)


@dataclass(frozen=True)
class EndpointBehaviour:
    r"""The law :math:`w \sim C\exp(\sum_i c_i\tau^{p_i})\,\tau^\gamma` at an end.

    Attributes:
        essential: pairs :math:`(c_i, p_i)`, the fastest growing power first. A coefficient may vanish for some
            values of the parameters; then the next one leads.
        exponent: :math:`\gamma`.
        at_infinity: whether :math:`\tau \to \infty`; otherwise :math:`\tau \to 0`.
    """

    essential: tuple[tuple[sp.Expr, sp.Expr], ...]
    exponent: sp.Expr
    at_infinity: bool


def endpoint_behaviour(
    log_derivative: sp.Expr, variable: sp.Symbol, endpoint: sp.Expr, *, from_above: bool = True
) -> EndpointBehaviour:
    r"""The behaviour of :math:`w = \exp\int\rho\,dx` as ``variable`` tends to ``endpoint``.

    Args:
        log_derivative: :math:`\rho = w'/w`, a quotient of sums of powers of ``variable``.
        variable: x.
        endpoint: a number, an expression in parameters, or plus or minus infinity.
        from_above: for a finite end, whether it is approached from above, i.e. is a left end.

    Raises:
        UnsupportedFormError: :math:`\rho` is not such a quotient, or the assumptions of the symbols decide
            neither the order of two powers nor whether the leading coefficient of the denominator is nonzero.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> endpoint_behaviour(k / x - 2 * x, x, sp.oo)
        EndpointBehaviour(essential=((-1, 2),), exponent=k, at_infinity=True)
    """
    endpoint = sp.sympify(endpoint, strict=True)
    at_infinity = endpoint in (sp.oo, -sp.oo)
    tau = _TAU
    if at_infinity:
        orientation = 1 if endpoint == sp.oo else -1
        local = orientation * tau
    else:
        orientation = 1 if from_above else -1
        local = endpoint + orientation * tau
    try:
        quotient = power_quotient(orientation * log_derivative.subs(variable, local), tau)
    except UnsupportedFormError:
        # Powers x^r are analytic at a finite end other than 0, so only a pole of the rest could matter.
        if at_infinity or _singular_at(log_derivative, variable, endpoint):
            raise
        return EndpointBehaviour((), sp.S.Zero, False)
    essential, exponent = [], sp.S.Zero
    for coefficient, power in leading_terms(quotient, at_infinity=at_infinity):
        if power == -1:
            exponent = coefficient
        else:
            essential.append((sp.cancel(coefficient / (power + 1)), power + 1))
    return EndpointBehaviour(tuple(essential), exponent, at_infinity)


def by_leading_term(behaviour: EndpointBehaviour, *, decaying: Boolean, growing: Boolean, power: Boolean) -> Boolean:
    """The condition that the first nonzero essential coefficient decides by its sign; without one, ``power``."""
    condition, none_before = sp.false, sp.true
    for coefficient, _ in behaviour.essential:
        condition = sp.Or(
            condition,
            sp.And(none_before, negative(coefficient), decaying),
            sp.And(none_before, positive(coefficient), growing),
        )
        none_before = sp.And(none_before, vanishes(coefficient))
    return simplified(sp.Or(condition, sp.And(none_before, power)))


def leading_terms(quotient: PowerQuotient, *, at_infinity: bool) -> list[tuple[sp.Expr, sp.Expr]]:
    r"""The terms :math:`c\,\tau^r` of N/D whose integral diverges at the end, the dominant one first."""
    towards = 1 if at_infinity else -1
    remainder = quotient.terms(quotient.numerator)
    divisor = quotient.terms(quotient.denominator)
    top = _dominant(divisor, towards)
    if sign(divisor[top]) is None and divisor[top].is_nonzero is not True:
        raise UnsupportedFormError(
            f"the coefficient {divisor[top]} may vanish, which would change the behaviour at the end. "
            "Give its symbols assumptions that decide it (positive=True, nonzero=True)."
        )
    terms: list[tuple[sp.Expr, sp.Expr]] = []
    while remainder:
        exponent = _dominant(remainder, towards)
        power = sp.expand(exponent - top)
        if _order(power, sp.S.NegativeOne) * towards < 0:
            return terms
        if len(terms) >= _MAX_TERMS:
            raise UnsupportedFormError(f"more than {_MAX_TERMS} terms blow up at the end.")
        coefficient = sp.cancel(remainder[exponent] / divisor[top])
        terms.append((coefficient, power))
        for r, q in divisor.items():
            shifted = sp.expand(sp.cancel(r + power))
            remainder[shifted] = sp.cancel(remainder.get(shifted, sp.S.Zero) - coefficient * q)
        remainder = {r: c for r, c in remainder.items() if c != 0}
    return terms


def sign_on_interval(
    polynomial: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr
) -> tuple[int, Boolean] | None:
    r"""The sign of a polynomial without zeros inside ``(left, right)``, and the condition for that.

    Returns:
        ``(sign, condition)``: where ``condition`` on the parameters holds, the polynomial has that sign on the
        whole open interval. None where neither assumptions, nor the discriminant, nor Sturm's theorem decide.

    Raises:
        UnsupportedFormError: the polynomial has a zero inside the interval, for all values of the parameters.
    """
    total, condition = 1, sp.true
    constant, factors = sp.factor_list(polynomial)
    for factor, power in [(constant, 1), *factors]:
        found = _factor_sign(factor, variable, left, right)
        if found is None:
            return None
        total, condition = total * found[0] ** power, sp.And(condition, found[1])
    return total, condition


def _factor_sign(polynomial: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr) -> tuple[int, Boolean] | None:
    if not polynomial.has(variable):
        known = sign(polynomial)
        return (known, sp.true) if known else None
    y = _TAU
    if left != -sp.oo and right != sp.oo:
        local = (left + right * y) / (1 + y)
    elif left != -sp.oo:
        local = left + y
    elif right != sp.oo:
        local = right - y
    else:
        return _sign_on_line(polynomial, variable)
    numerator, denominator = sp.fraction(sp.together(polynomial.subs(variable, local)))
    try:
        coefficients = [c for c in sp.Poly(sp.expand(numerator), y).all_coeffs() if c != 0]
    except sp.PolynomialError:
        coefficients = list(sp.Add.make_args(sp.expand(numerator)))
    orientation = sign(denominator) or 1
    if all(c.is_nonnegative for c in coefficients) and any(c.is_positive for c in coefficients):
        return orientation, sp.true
    if all(c.is_nonpositive for c in coefficients) and any(c.is_negative for c in coefficients):
        return -orientation, sp.true
    if not polynomial.is_polynomial(variable):
        return None
    if all(c.is_Rational for c in coefficients):
        return _sturm(sp.Poly(numerator, y), orientation, polynomial, variable, left, right)
    return _sign_on_line(polynomial, variable)


def _sturm(
    local: sp.Poly, orientation: int, polynomial: sp.Expr, variable: sp.Symbol, left: sp.Expr, right: sp.Expr
) -> tuple[int, Boolean]:
    zeros = local.count_roots(0, None) - (1 if local.eval(0) == 0 else 0)
    if zeros:
        raise UnsupportedFormError(
            f"{polynomial} vanishes for {variable} inside ({left}, {right}), where the process splits or is singular. "
            "Give an interval between two such points."
        )
    return orientation * int(sp.sign(local.eval(1))), sp.true


def _sign_on_line(polynomial: sp.Expr, variable: sp.Symbol) -> tuple[int, Boolean] | None:
    poly = sp.Poly(polynomial, variable)
    if all(c.is_Rational for c in poly.all_coeffs()):
        if poly.count_roots():
            raise UnsupportedFormError(
                f"{polynomial} vanishes for some real {variable}, where the process splits or is singular. "
                "Give an interval between two such points."
            )
        return int(sp.sign(poly.eval(0))), sp.true
    leading = sign(poly.LC())
    if poly.degree() == 2 and leading:
        return leading, negative(poly.discriminant())
    even = all(degrees[0] % 2 == 0 for degrees, _ in poly.terms())
    if even and leading and all(sign(c) == leading for c in poly.coeffs()) and poly.eval(0) != 0:
        return leading, sp.true
    return None


def _order(a: sp.Expr, b: sp.Expr) -> int:
    known = sign(sp.expand(a - b))
    if known is None:
        raise UnsupportedFormError(
            f"the powers {a} and {b} cannot be ordered by the assumptions of their symbols. "
            "Put in a number, or write the exponent with a positive symbol (2 + delta instead of beta)."
        )
    return known


def _dominant(terms: dict[sp.Expr, sp.Expr], towards: int) -> sp.Expr:
    return reduce(lambda a, b: a if _order(a, b) * towards > 0 else b, terms)


def _singular_at(expression: sp.Expr, variable: sp.Symbol, endpoint: sp.Expr) -> bool:
    numerator, denominator = sp.fraction(sp.together(expression))
    if endpoint == 0:
        return True
    value = denominator.subs(variable, endpoint)
    return not (value.is_nonzero and numerator.subs(variable, endpoint).is_finite is not False)


def require_real(symbols: set[sp.Symbol], argument: str) -> None:
    """Raise unless every symbol is declared real, so that inequalities between expressions make sense.

    Raises:
        SymbolError: a symbol is not known to be real.
    """
    unknown = sorted(symbol.name for symbol in symbols if symbol.is_extended_real is not True)
    if unknown:
        raise SymbolError(
            f"{argument} must be in real symbols, but {', '.join(unknown)} may be complex. "
            f'Declare them, e.g. sympy.Symbol("{unknown[0]}", real=True) or positive=True.'
        )
