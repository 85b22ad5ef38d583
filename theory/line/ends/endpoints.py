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

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, SCALAR, SYMBOL, YES_OR_NO, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.conditions.inequalities import negative, positive, sign, simplified, vanishes
from theory.errors import OrderError, SymbolError, UnsupportedFormError
from theory.line.charts.powers import PowerQuotient, dominant, normal_form, order, power_quotient, reduced_exponent

_MAX_TERMS = 200
_HIGHEST_POLE = 8
_TAU = sp.Dummy("tau", positive=True)


@dataclass(frozen=True)
class EndpointBehaviour:
    r"""The law :math:`w \sim C\exp(\sum_i c_i\tau^{p_i})\,\tau^\gamma` at an end.

    Attributes:
        essential: pairs :math:`(c_i, p_i)`, the fastest growing power first. A coefficient may vanish for some
            values of the parameters; then the next one leads. One of known sign may be the last, whatever follows.
        exponent: :math:`\gamma`.
        at_infinity: whether :math:`\tau \to \infty`; otherwise :math:`\tau \to 0`.
    """

    essential: tuple[tuple[sp.Expr, sp.Expr], ...]
    exponent: sp.Expr
    at_infinity: bool


@takes(log_derivative=EXPRESSION, variable=SYMBOL, endpoint=SCALAR, from_above=YES_OR_NO)
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
        if at_infinity or not endpoint.is_nonzero:
            raise
        quotient = _polar_part(power_quotient(log_derivative, variable), variable, endpoint, orientation)
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
        if none_before == sp.false:
            return simplified(condition)
    return simplified(sp.Or(condition, sp.And(none_before, power)))


def leading_terms(quotient: PowerQuotient, *, at_infinity: bool) -> list[tuple[sp.Expr, sp.Expr]]:
    r"""The terms :math:`c\,\tau^r` of N/D whose integral diverges at the end, the dominant one first.

    Where the order of later ones hangs on parameters they are left out, if the sign of the first is known.
    """
    towards = 1 if at_infinity else -1
    remainder = quotient.terms(quotient.numerator)
    divisor = quotient.terms(quotient.denominator)
    top = dominant(divisor, towards)
    if sign(divisor[top]) is None and divisor[top].is_nonzero is not True:
        raise UnsupportedFormError(
            f"the coefficient {divisor[top]} may vanish, which would change the behaviour at the end. "
            "Give its symbols assumptions that decide it (positive=True, nonzero=True)."
        )
    terms: list[tuple[sp.Expr, sp.Expr]] = []
    while remainder:
        try:
            exponent = dominant(remainder, towards)
            power = reduced_exponent(exponent - top)
            if order(power, sp.S.NegativeOne) * towards < 0:
                return terms
        except OrderError:
            if terms and terms[0][1] != -1 and sign(terms[0][0]):
                return terms  # the first decides, whatever follows: of an open power over 1 + x that is without end
            raise
        if len(terms) >= _MAX_TERMS:
            raise UnsupportedFormError(f"more than {_MAX_TERMS} terms blow up at the end.")
        coefficient = sp.cancel(remainder[exponent] / divisor[top])
        terms.append((coefficient, power))
        for r, q in divisor.items():
            shifted = reduced_exponent(r + power)
            remainder[shifted] = sp.cancel(remainder.get(shifted, sp.S.Zero) - coefficient * q)
        remainder = {r: c for r, c in remainder.items() if c != 0}
    return terms


def _polar_part(quotient: PowerQuotient, x: sp.Symbol, end: sp.Expr, orientation: int) -> PowerQuotient:
    r"""A quotient of polynomials in :math:`\tau` with the polar part of N/D at ``end``.

    Powers :math:`x^r` are analytic at a finite end other than 0. If D vanishes to order m there, the polar part
    depends on the first m derivatives of N and on the m derivatives of D from the m-th on.
    """
    numerator, denominator = (quotient.in_powers(part, x) for part in (quotient.numerator, quotient.denominator))
    divisor: dict[int, sp.Expr] = {}
    multiplicity = None
    for j in range(2 * _HIGHEST_POLE):
        value = _value_of_derivative(denominator, x, j, end)
        if value != 0:
            multiplicity = j if multiplicity is None else multiplicity
            divisor[j] = value * orientation**j / sp.factorial(j)
        if multiplicity is not None and j >= 2 * multiplicity - 1:
            break
    else:
        raise UnsupportedFormError(f"{denominator} has a zero of order above {_HIGHEST_POLE} at {x} = {end}.")
    top = {
        j: orientation ** (j + 1) * _value_of_derivative(numerator, x, j, end) / sp.factorial(j)
        for j in range(max(multiplicity, 1))
    }
    upper, lower = (sp.Poly.from_dict({(j,): c for j, c in terms.items()}, _TAU) for terms in (top, divisor))
    return PowerQuotient(upper, lower, (_TAU,), (sp.S.One,))


def _value_of_derivative(function: sp.Expr, x: sp.Symbol, j: int, end: sp.Expr) -> sp.Expr:
    """The j-th derivative at ``end``, 0 where it is zero in normal form."""
    value = sp.diff(function, x, j).subs(x, end)
    for symbol in sorted(end.free_symbols, key=str):
        try:
            return normal_form(value, symbol)
        except UnsupportedFormError:
            continue
    value = sp.expand(value)
    return sp.S.Zero if value == 0 or proof_of_zero(value) is not None else value


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
