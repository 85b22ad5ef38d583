r"""Expressions as rational functions: kernels become generators, and the relations between them become relations.

================================  ==========================================================================
kernel                            becomes
================================  ==========================================================================
``exp(c_1 m_1 + c_2 m_2)``        powers of one generator for each monomial m of the exponents (a Q-basis)
``b**e`` with e symbolic          ``exp(e * log(b))``, hence ``b**(e + n) = b**e * b**n``
``b**(m/n)``                      powers of a root; factors known to be nonnegative are split off
``log``                           logarithms of primes and of factors known to be positive, plus the rest
``sin``, ``tanh``, ...            exponentials, with the imaginary unit j, j**2 = -1, so that addition theorems hold
``Abs(f)``                        +-f where the sign is known, else a generator with square f**2
``gamma(z + n)``, ``besseli``     the recurrences lead back to one (two) generators for each class modulo 1
``erfc``, ``beta``, ``Max``       ``erf``, ``gamma``, ``Abs``
everything else                   an indeterminate for each function and arguments in normal form
================================  ==========================================================================

Every rule is an identity wherever both sides are defined, for principal branches. Generators are treated as independent
beyond these relations, so equality of normal forms proves equality; the converse is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy as sp

from theory.decision.algebra.field_generators import FieldGenerators

_MAX_SHIFT = 30


class Indeterminates(FieldGenerators):
    """One rewriting of expressions in generators, by the rules of their functions."""

    def by_rule(self, e: sp.Expr) -> sp.Expr | None:
        """``e`` in generators where a rule for its function is known."""
        rule = _RULES.get(type(e).__name__)
        return None if rule is None else rule(self, e)

    def _odd(self, e: sp.Expr) -> sp.Expr:
        element = self._element(e.args[0])
        if element.leading_sign < 0:
            return -self._generator((e.func, self.tower.element(-element.as_expr()).as_expr()), e.func(-e.args[0]))
        return self._generator((e.func, element.as_expr()), e)

    def _abs(self, e: sp.Expr) -> sp.Expr:
        element = self._element(e.args[0])
        content, factors = element.factors()
        result = abs(content)
        for f, multiplicity in factors:
            if self.positive(f) or f.is_Dummy and self.meaning[f].is_nonnegative:
                result *= f**multiplicity
            elif self.positive(-f):
                result *= (-f) ** multiplicity
            elif not self.real(f):
                return self._opaque(e)
            else:
                result *= f**multiplicity if multiplicity % 2 == 0 else self._absolute_value(f) ** multiplicity
        return result

    def _extremum(self, e: sp.Expr) -> sp.Expr:
        if not all(a.is_extended_real for a in e.args):
            return self._opaque(e)
        result, sign = e.args[0], 1 if isinstance(e, sp.Max) else -1
        for other in e.args[1:]:
            result = (result + other + sign * sp.Abs(result - other)) / 2
        return self.rewrite(result)

    def _shift(self, e: sp.Expr) -> tuple[sp.Expr, int]:
        """(z, n) with ``e`` = z + n, the constant term of z in [0, 1); n = 0 if ``e`` is no polynomial."""
        element = self._element(e)
        if len(element.element.denom) != 1:
            return element.as_expr(), 0
        constant = dict(element.numerator_terms()).get(sp.S.One, sp.S.Zero)
        n = int(math.floor(constant))
        if abs(n) > _MAX_SHIFT:
            return element.as_expr(), 0
        return self.tower.element(element.as_expr() - n).as_expr(), n

    def _at(self, function: Callable[..., sp.Expr], *arguments: sp.Expr) -> sp.Dummy:
        """The indeterminate of ``function`` at arguments in generators, already in normal form."""
        meaning = function(*map(self.original, arguments), evaluate=False)
        return self._generator((function, *arguments), meaning)

    def _gamma(self, argument: sp.Expr) -> sp.Expr:
        z, n = self._shift(argument)
        if z == 0:
            return (
                self._generator((sp.gamma, z, n), sp.gamma(argument, evaluate=False)) if n <= 0 else sp.factorial(n - 1)
            )
        rising = sp.Mul(*(z + k for k in range(n))) / sp.Mul(*(z - k for k in range(1, 1 - n)))
        return self._at(sp.gamma, z) * rising

    def _log_gamma(self, e: sp.Expr) -> sp.Expr:
        """Log-gamma of a positive argument, as the logarithm of gamma."""
        z, n = self._shift(e.args[0])
        if not self.positive(z) or n < 0:
            return self._opaque(e)
        logs = (self._logarithm(sp.log(self.original(z + k), evaluate=False)) for k in range(n))
        return self._log_generator(self._at(sp.gamma, z)) + sp.Add(*logs)

    def _polygamma(self, e: sp.Expr) -> sp.Expr:
        order, argument = e.args if len(e.args) == 2 else (sp.S.Zero, e.args[0])
        if not order.is_Integer or order < 0:
            return self._opaque(e)
        z, n = self._shift(argument)
        if z == 0:
            z, n = sp.S.One, n - 1
        steps = [(z + k) ** (-order - 1) for k in range(n)] + [-((z - k) ** (-order - 1)) for k in range(1, 1 - n)]
        return self._at(sp.polygamma, order, z) + (-1) ** order * sp.factorial(order) * sp.Add(*steps)

    def _incomplete_gamma(self, e: sp.Expr) -> sp.Expr:
        """Gamma(s, x), by Gamma(s + 1, x) = s Gamma(s, x) + x**s exp(-x)."""
        s, x = e.args
        if isinstance(e, sp.lowergamma):
            if not s.is_positive:
                return self._opaque(e)
            return self._gamma(s) - self._incomplete_gamma(sp.uppergamma(s, x, evaluate=False))
        if not x.is_positive:
            return self._opaque(e)
        z, n = self._shift(s)
        if n < 0 or not z.free_symbols:
            return self._opaque(e)
        value = self._at(sp.uppergamma, z, self._element(x).as_expr())
        for k in range(n):
            value = (z + k) * value + self.rewrite(x ** (self.original(z) + k) * sp.exp(-x))
        return value

    def _bessel(self, e: sp.Expr) -> sp.Expr:
        """C(nu + n, x) by the recurrence C(nu + 1) = s C(nu - 1) + t (2 nu / x) C(nu)."""
        order, argument = e.args
        if isinstance(e, sp.besselk) and self._element(order).leading_sign < 0:
            order = -order
        nu, n = self._shift(order)
        x = self._element(argument).as_expr()
        s, t = {"besseli": (1, -1), "besselk": (1, 1)}.get(type(e).__name__, (-1, 1))
        if nu == sp.S.Half and argument.is_positive:
            before, low = (self.rewrite(f(argument) * sp.sqrt(2 / (sp.pi * argument))) for f in _HALF_ORDERS[e.func])
            high = s * before + t / x * low
        else:
            low, high = self._at(e.func, nu, x), self._at(e.func, sp.expand(nu + 1), x)
        for k in range(1, n):
            low, high = high, s * low + t * 2 * (nu + k) / x * high
        for k in range(0, n, -1):
            low, high = s * (high - t * 2 * (nu + k) / x * low), low
        return low if n <= 0 else high

    def _trigonometric(self, e: sp.Expr) -> sp.Expr:
        j = self.rewrite(sp.I)
        wave = self._exponential(j * self.rewrite(e.args[0]))
        sine, cosine = -j * (wave - 1 / wave) / 2, (wave + 1 / wave) / 2
        return _QUOTIENTS[type(e).__name__](sine, cosine)

    def _hyperbolic(self, e: sp.Expr) -> sp.Expr:
        growth = self._exponential(self.rewrite(e.args[0]))
        return _QUOTIENTS[type(e).__name__[:-1]]((growth - 1 / growth) / 2, (growth + 1 / growth) / 2)

    def _binomial(self, e: sp.Expr) -> sp.Expr:
        n, k = e.args
        if k.is_Integer and 0 <= k <= _MAX_SHIFT:
            return sp.Mul(*(self.rewrite(n) - i for i in range(int(k)))) / sp.factorial(k)
        if k.is_nonnegative and (n - k).is_nonnegative:
            return self._gamma(n + 1) / self._gamma(k + 1) / self._gamma(n - k + 1)
        return self._opaque(e)

    def _step(self, e: sp.Expr) -> sp.Expr:
        """``sign`` and ``Heaviside`` of an argument of known sign."""
        numerator = self._element(e.args[0]).as_expr()
        above, below = (1, -1) if isinstance(e, sp.sign) else (1, 0)
        if self.positive(numerator):
            return sp.Integer(above)
        if self.positive(sp.expand(-numerator)):
            return sp.Integer(below)
        return self._odd(e) if isinstance(e, sp.sign) else self._opaque(e)


_QUOTIENTS: dict[str, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    "sin": lambda s, c: s,
    "cos": lambda s, c: c,
    "tan": lambda s, c: s / c,
    "cot": lambda s, c: c / s,
    "sec": lambda s, c: 1 / c,
    "csc": lambda s, c: 1 / s,
}

_HALF_ORDERS: dict[type, tuple[Callable[[sp.Expr], sp.Expr], ...]] = {
    sp.besseli: (sp.cosh, sp.sinh),
    sp.besselj: (sp.cos, sp.sin),
    sp.bessely: (sp.sin, lambda x: -sp.cos(x)),
    sp.besselk: (lambda x: sp.pi / 2 * sp.exp(-x), lambda x: sp.pi / 2 * sp.exp(-x)),
}
"""Functions of order -1/2 and 1/2, over sqrt(2 / (pi x)); DLMF 10.16.1, 10.39.1, 10.39.2."""

_RULES: dict[str, Callable[[Indeterminates, sp.Expr], sp.Expr]] = {
    "exp": lambda ring, e: ring._exponential(ring.rewrite(e.args[0])),
    "log": Indeterminates._logarithm,
    **dict.fromkeys(_QUOTIENTS, Indeterminates._trigonometric),
    **dict.fromkeys((f"{name}h" for name in _QUOTIENTS), Indeterminates._hyperbolic),
    "Abs": Indeterminates._abs,
    "Max": Indeterminates._extremum,
    "Min": Indeterminates._extremum,
    "sign": Indeterminates._step,
    "Heaviside": Indeterminates._step,
    "gamma": lambda ring, e: ring._gamma(e.args[0]),
    "factorial": lambda ring, e: ring._gamma(e.args[0] + 1),
    "loggamma": Indeterminates._log_gamma,
    "polygamma": Indeterminates._polygamma,
    "digamma": Indeterminates._polygamma,
    "beta": lambda ring, e: ring.rewrite(sp.gamma(e.args[0]) * sp.gamma(e.args[1]) / sp.gamma(e.args[0] + e.args[1])),
    "uppergamma": Indeterminates._incomplete_gamma,
    "lowergamma": Indeterminates._incomplete_gamma,
    **dict.fromkeys(("besseli", "besselj", "besselk", "bessely"), Indeterminates._bessel),
    "binomial": Indeterminates._binomial,
    "erfc": lambda ring, e: 1 - ring.rewrite(sp.erf(e.args[0])),
    **dict.fromkeys(("erf", "erfi", "atan", "asin", "asinh", "atanh"), Indeterminates._odd),
}
