r"""The dominant term of a function at infinity, in the scale of exponentials of polynomials, powers and logarithms.

.. math:: f(y) \sim c\,e^{P(y)}\,y^p\,(\log y)^q\,(\log\log y)^r, \qquad y \to \infty

with a polynomial P without constant term. Products, rational powers, logarithms and sums whose largest terms do not
cancel stay in the scale; where they cancel the terms do not tell, and the answer is None. Functions of the scale form a
Hardy field, so that limits and the convergence of integrals follow from the exponents alone.

References:
    Hardy, *Orders of Infinity* (1910); Gruntz, *On Computing Limits in a Symbolic Manipulation System* (1996), for what
    to do where terms cancel.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, takes
from theory.decision.conditions.inequalities import sign
from theory.line.charts.powers import order


class DominantTerm(NamedTuple):
    r"""One term :math:`c\,e^{P(y)}\,y^p\,(\log y)^q\,(\log\log y)^r`.

    Attributes:
        coefficient: c, not 0.
        exponent: the coefficients of P by degree, without zeros.
        powers: p, q and r, which may hold parameters.

    Raises:
        OrderError: by its properties, where an order of two powers hangs on parameters.
    """

    coefficient: sp.Expr
    exponent: dict[int, sp.Expr]
    powers: tuple[sp.Expr, sp.Expr, sp.Expr]

    @property
    def growth(self) -> int | None:
        """1 where the term without its coefficient tends to infinity, -1 where it tends to 0, 0 where it is 1."""
        if self.exponent:
            return sign(self.exponent[max(self.exponent)])
        return next((way for power in self.powers if (way := order(power, sp.S.Zero)) != 0), 0)

    @property
    def limit(self) -> sp.Expr | None:
        """The limit, None where the sign that decides it is not known."""
        growth = self.growth
        if growth is None or growth > 0:
            way = sign(self.coefficient)
            return None if growth is None or not way else way * sp.oo
        return self.coefficient if growth == 0 else sp.S.Zero

    @property
    def integrable(self) -> bool | None:
        """Whether the integral of the term at infinity is finite."""
        if self.exponent:
            growth = self.growth
            return None if growth is None else growth < 0
        return next((way < 0 for power in self.powers if (way := order(power, sp.S.NegativeOne)) != 0), False)

    def times(self, other: DominantTerm, power: sp.Expr = sp.S.One) -> DominantTerm:
        """The term of a product with a power of another one."""
        exponent = {
            n: total
            for n in {*self.exponent, *other.exponent}
            if (total := sp.expand(self.exponent.get(n, 0) + power * other.exponent.get(n, 0))) != 0
        }
        p, q, r = (sp.expand(one + power * another) for one, another in zip(self.powers, other.powers, strict=True))
        return DominantTerm(self.coefficient * other.coefficient**power, exponent, (p, q, r))


_ZERO = sp.S.Zero
_CONTINUOUS = (
    *(sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan),
    *(sp.sinh, sp.cosh, sp.tanh, sp.asinh, sp.atanh, sp.erf, sp.erfc),
)
"""Functions that are continuous wherever they are finite, with a slope at 0 that is not 0 if they vanish there."""

_LEVEL = {0: (_ZERO, sp.S.One, _ZERO), 1: (_ZERO, _ZERO, sp.S.One)}
"""The powers of the logarithms of y and of log(y)."""


@takes(f=EXPRESSION, y=SYMBOL)
def dominant_term(f: sp.Expr, y: sp.Symbol) -> DominantTerm | None:
    """The dominant term as y tends to infinity, None where the terms do not tell.

    Example:
        >>> y = sp.Symbol("y", positive=True)
        >>> dominant_term(y * sp.log(1 + y**2) - 3 * y + sp.exp(-y), y)
        DominantTerm(coefficient=2, exponent={}, powers=(1, 1, 0))
        >>> dominant_term(sp.log(1 + y) - sp.log(y), y)
    """
    if not f.has(y):
        return _constant(f)
    if f == y:
        return DominantTerm(sp.S.One, {}, (sp.S.One, _ZERO, _ZERO))
    if f.is_Add:
        return _of_sum([dominant_term(term, y) for term in f.args])
    if f.is_Mul:
        return _of_product([dominant_term(factor, y) for factor in f.args])
    if isinstance(f, sp.exp):
        return _of_exponential(f.args[0], y)
    if f.is_Pow:
        return None if f.exp.has(y) else _of_power(dominant_term(f.base, y), f.exp)
    if isinstance(f, sp.log):
        return _of_logarithm(f.args[0], y)
    if isinstance(f, sp.Abs):
        inner = dominant_term(f.args[0], y)
        return None if inner is None else inner._replace(coefficient=sp.Abs(inner.coefficient))
    if isinstance(f, sp.sign):
        return _of_sign(f.args[0], y)
    return _of_continuous(f, y) if isinstance(f, _CONTINUOUS) else None


def _constant(value: sp.Expr) -> DominantTerm | None:
    known = value.is_finite and (value.is_nonzero or sign(value))
    return DominantTerm(value, {}, (_ZERO, _ZERO, _ZERO)) if known else None


def _of_product(factors: list[DominantTerm | None]) -> DominantTerm | None:
    product = _constant(sp.S.One)
    for factor in factors:
        if factor is None or product is None:
            return None
        product = product.times(factor)
    return product


def _of_sum(terms: list[DominantTerm | None]) -> DominantTerm | None:
    """The largest terms together; None where they cancel, or where it is not known which are the largest."""
    largest: DominantTerm | None = None
    for term in terms:
        if term is None:
            return None
        quotient = None if largest is None else term.times(largest, sp.S.NegativeOne).growth
        if largest is not None and quotient is None:
            return None
        if largest is None or quotient == 1:
            largest = term
        elif quotient == 0:
            largest = largest._replace(coefficient=largest.coefficient + term.coefficient)
    if largest is None or _constant(sp.expand(largest.coefficient)) is None:
        return None
    return largest


def _of_power(base: DominantTerm | None, power: sp.Expr) -> DominantTerm | None:
    if base is None or not (power.is_Integer or sign(base.coefficient) == 1):
        return None
    one = DominantTerm(sp.S.One, {}, (_ZERO, _ZERO, _ZERO))
    return one.times(base, power)


def _of_exponential(exponent: sp.Expr, y: sp.Symbol) -> DominantTerm | None:
    """Of a polynomial with its constant, or of what has a finite limit."""
    expanded = sp.expand(exponent)
    if expanded.is_polynomial(y):
        terms = {n: c for (n,), c in sp.Poly(expanded, y).terms()}
        constant = sp.exp(terms.pop(0, _ZERO))
        return DominantTerm(constant, terms, (_ZERO, _ZERO, _ZERO)) if all(map(sign, terms.values())) else None
    inner = dominant_term(exponent, y)
    limit = None if inner is None else inner.limit
    return None if limit is None or limit.is_infinite else _constant(sp.exp(limit))


def _of_logarithm(argument: sp.Expr, y: sp.Symbol) -> DominantTerm | None:
    inner = dominant_term(argument, y)
    if inner is None or sign(inner.coefficient) != 1:
        return None
    if inner.exponent:
        degree = max(inner.exponent)
        return DominantTerm(inner.exponent[degree], {}, (sp.Integer(degree), _ZERO, _ZERO))
    ways = [order(power, _ZERO) for power in inner.powers]
    if ways[0] or ways[1]:
        level = 0 if ways[0] else 1
        return DominantTerm(inner.powers[level], {}, _LEVEL[level])
    if ways[2]:
        return None
    if inner.coefficient == 1:
        return dominant_term(sp.expand(argument - 1), y)
    return _constant(sp.log(inner.coefficient))


def _of_sign(argument: sp.Expr, y: sp.Symbol) -> DominantTerm | None:
    inner = dominant_term(argument, y)
    way = None if inner is None else sign(inner.coefficient)
    return _constant(sp.Integer(way)) if way else None


def _of_continuous(f: sp.Expr, y: sp.Symbol) -> DominantTerm | None:
    """Of a function that is continuous where it is finite: its value where its argument ends, or its slope at 0."""
    inner = dominant_term(f.args[0], y)
    limit = None if inner is None else inner.limit
    if inner is None or limit is None:
        return None
    if limit == 0 and f.func(0) == 0:
        return inner._replace(coefficient=inner.coefficient * f.func(y).diff(y).subs(y, 0))
    return _constant(f.func(limit))
