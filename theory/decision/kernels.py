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
from collections.abc import Callable, Iterable

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.decision.rational_functions import OutOfReachError, RationalFunction, Tower, expanded

_MAX_SHIFT = 30
_MAX_INTEGER = 10**12
"""Integers above this are not factored into primes."""


class NewDenominatorError(OutOfReachError):
    """An exponent has a denominator that the common one does not yet contain."""

    def __init__(self, denominator: sp.Expr) -> None:
        super().__init__("exponents have different denominators.")
        self.denominator = denominator


class Indeterminates:
    """One rewriting of expressions in generators.

    Args:
        conditions: relations known to hold; strict ones make factors positive.
        common_denominator: of all exponents, in the original symbols.
    """

    def __init__(self, conditions: Iterable[Boolean] = (), common_denominator: sp.Expr = sp.S.One) -> None:
        self.tower = Tower()
        self.meaning: dict[sp.Dummy, sp.Expr] = {}
        self._by_key: dict[object, sp.Dummy] = {}
        self._rewritten: dict[sp.Expr, sp.Expr] = {}
        self._base_of_log: dict[sp.Dummy, sp.Expr] = {}
        self._exponent: dict[sp.Dummy, sp.Expr] = {}
        self._positive: set[sp.Expr] = set()
        self._common = sp.S.One
        self._scales_all = False
        self._common = self.rewrite(common_denominator)
        # Exponentials inside the common denominator were written before it was known, so like ones stay as they are.
        self._scales_all = not self._exponent
        for condition in conditions:
            self._assume(condition)

    def original(self, expression: sp.Expr) -> sp.Expr:
        """``expression``, in generators, in the original symbols."""
        return expression.xreplace(self.meaning)

    def rewrite(self, e: sp.Expr) -> sp.Expr:
        """``e`` as a rational expression in generators, whose powers may be fractional.

        Raises:
            OutOfReachError: ``e`` is no number, or too large.
        """
        found = self._rewritten.get(e)
        if found is None:
            found = self._rewritten[e] = self._rewrite(e)
        return found

    def positive(self, f: sp.Expr) -> bool:
        """Whether the polynomial ``f``, in generators, is known to be positive."""
        if f in self._positive:
            return True
        some = False
        for term in sp.Add.make_args(f):
            sign = self._monomial_sign(term)
            if sign is None:
                return False
            some = some or sign > 0
        return some

    def real(self, f: sp.Expr) -> bool:
        """Whether every generator of ``f`` is known to be real."""
        return all(self.meaning[g].is_extended_real for g in f.free_symbols)

    def _monomial_sign(self, term: sp.Expr) -> int | None:
        """1 if ``term`` is known positive, 0 if nonnegative, None otherwise."""
        coefficient, factors = term.as_coeff_mul()
        sign, strict = bool(coefficient.is_positive) - bool(coefficient.is_negative), True
        for factor in factors:
            g, n = factor.as_base_exp()
            if not g.is_Dummy:
                return None
            meaning = self.meaning[g]
            if meaning.is_positive:
                continue
            if meaning.is_negative and n.is_Integer:
                sign *= (-1) ** int(n)
                continue
            even = n.is_Integer and n % 2 == 0 and meaning.is_extended_real
            if n < 0 or not (even or meaning.is_nonnegative):
                return None
            strict = strict and bool(even and meaning.is_nonzero)
        return int(strict) if sign > 0 else None

    def _assume(self, condition: Boolean) -> None:
        if isinstance(condition, sp.And):
            for part in condition.args:
                self._assume(part)
        if not isinstance(condition, Relational) or condition.rel_op not in ("<", ">"):
            return
        try:
            content, factors = self.tower.element(self.rewrite(condition.gts - condition.lts)).factors()
        except OutOfReachError:
            return
        sign, unknown = (1 if content > 0 else -1), []
        for f, multiplicity in factors:
            if self.positive(-f) and multiplicity % 2 == 1:
                sign = -sign
            elif not self.positive(f):
                unknown.append((f, multiplicity))
        if len(unknown) == 1 and unknown[0][1] % 2 == 1:
            self._positive.add(sp.expand(sign * unknown[0][0]))

    def _rewrite(self, e: sp.Expr) -> sp.Expr:
        if not e.is_commutative or e.has(sp.Float, sp.nan, sp.zoo) or e in (sp.oo, -sp.oo):
            raise OutOfReachError(f"{e} is no exact number.")
        if e.is_Rational:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*map(self.rewrite, e.args))
        if e.is_Pow:
            return self._power(*e.args)
        if e is sp.S.ImaginaryUnit:
            return self._generator("I", e, (2, sp.Integer(-1)))
        if e is sp.S.Exp1:
            return self._exponential(sp.S.One)
        if isinstance(e, AppliedUndef):
            return self._opaque(e)
        rule = _RULES.get(type(e).__name__)
        if rule is not None:
            return rule(self, e)
        if isinstance(e, sp.Derivative) and not e.has(sp.Integral, sp.Sum, sp.Product):
            derivative = e.doit()
            return self._generator(e, e) if isinstance(derivative, sp.Derivative) else self.rewrite(derivative)
        if (
            isinstance(e, sp.Function)
            and not isinstance(e, sp.Piecewise)
            and all(isinstance(a, sp.Expr) for a in e.args)
        ):
            return self._opaque(e)
        return self._generator(e, e)

    def _generator(self, key: object, meaning: sp.Expr, relation: tuple[int, sp.Expr] | None = None) -> sp.Dummy:
        if key not in self._by_key:
            self._by_key[key] = self.tower.generator("g", relation)
            self.meaning[self._by_key[key]] = meaning
        return self._by_key[key]

    def _element(self, e: sp.Expr) -> RationalFunction:
        return self.tower.element(self.rewrite(e))

    def _opaque(self, e: sp.Expr) -> sp.Expr:
        """The indeterminate of a function and its arguments in normal form."""
        return self._generator((e.func, *(self._element(a).as_expr() for a in e.args)), e)

    def _odd(self, e: sp.Expr) -> sp.Expr:
        element = self._element(e.args[0])
        if element.leading_sign < 0:
            return -self._generator((e.func, self.tower.element(-element.as_expr()).as_expr()), e.func(-e.args[0]))
        return self._generator((e.func, element.as_expr()), e)

    def _exponential(self, exponent: sp.Expr) -> sp.Expr:
        """The exponential of ``exponent``, an expression in generators."""
        result, rest = sp.S.One, []
        for term in sp.Add.make_args(expanded(exponent)):
            coefficient, factor = term.as_coeff_Mul()
            if factor in self._base_of_log and coefficient.is_Rational:
                result *= self._base_power(self._base_of_log[factor], coefficient)
            elif coefficient.is_Rational and factor == self._i_pi:
                result *= self._root_of_unity(coefficient)
            elif coefficient.is_Integer and self._is_integer_multiple_of_i_pi(factor):
                meaning = sp.exp(self.original(factor), evaluate=False)
                result *= self._generator(("sign", factor), meaning, (2, sp.S.One)) ** (coefficient % 2)
            else:
                rest.append(term)
        if not rest:
            return result
        common = self._common
        element = self.tower.element(sp.Add(*rest))
        if len(element.element.denom) == 1 and not self._scales_all:
            common = sp.S.One
        elif common != 1:
            element = self.tower.element(sp.Add(*rest) * common)
        if len(element.element.denom) != 1:
            raise NewDenominatorError(self.original(element.denominator))
        for monomial, coefficient in element.numerator_terms():
            unit = monomial / common
            generator = self._generator(("exp", unit), sp.exp(self.original(unit)))
            self._exponent[generator] = unit
            result *= generator**coefficient
        return result

    @property
    def _i_pi(self) -> sp.Expr:
        return self.rewrite(sp.I) * self.rewrite(sp.pi)

    def _root_of_unity(self, angle: sp.Rational) -> sp.Expr:
        """exp(i pi ``angle``), in radicals where those are simple."""
        if angle.q in (1, 2, 3, 4, 6):
            return self.rewrite(sp.cos(sp.pi * angle)) + self.rewrite(sp.I * sp.sin(sp.pi * angle))
        return self._generator("exp(i pi)", sp.Integer(-1), (1, sp.Integer(-1))) ** angle

    def _is_integer_multiple_of_i_pi(self, factor: sp.Expr) -> bool:
        quotient = self.original(factor) / (sp.I * sp.pi)
        return quotient.is_integer is True

    def _base_power(self, base: sp.Expr, exponent: sp.Rational) -> sp.Expr:
        """``base**exponent`` for the principal power of an expression in generators."""
        if exponent.is_Integer or base.is_Dummy:
            return base**exponent
        return self._generator(("base", base), self.original(base), (1, base)) ** exponent

    def _split(
        self, element: RationalFunction, *, strictly: bool
    ) -> tuple[sp.Rational, list[tuple[sp.Expr, sp.Expr]], sp.Expr]:
        """Content c > 0, factors known positive (or nonnegative) with multiplicities, and the rest, of an element."""
        content, factors = element.factors()
        sign, known, rest = (1 if content > 0 else -1), [], sp.S.One
        for f, multiplicity in factors:
            if self.positive(f) or not strictly and f.is_Dummy and self.meaning[f].is_nonnegative:
                known.append((f, multiplicity))
            elif self.positive(-f):
                known.append((sp.expand(-f), multiplicity))
                sign = -sign if multiplicity % 2 else sign
            elif multiplicity % 2 == 0 and self.real(f):
                known.append((self._absolute_value(f), multiplicity))
            else:
                rest *= f**multiplicity
        if rest == 1:
            return abs(content), known, sp.Integer(sign)
        return abs(content), known, self.tower.element(sign * rest).as_expr()

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        if exponent.is_Integer:
            value = self.rewrite(base)
            if exponent < 0 and not value.is_Dummy and self.tower.element(value).is_zero:
                raise OutOfReachError(f"the denominator {base} is identically 0.")
            return value**exponent
        if not exponent.is_Rational:
            if base == 0:
                return self._generator((base, exponent), base**exponent)
            return self._exponential(self.rewrite(exponent) * self.rewrite(sp.log(base)))
        content, known, rest = self._split(self._element(base), strictly=False)
        result = sp.S.One
        for p, k in _prime_factors(content):
            result *= self._generator(("prime", p), p, (1, p)) ** (k * exponent)
        for f, multiplicity in known:
            result *= self._base_power(f, multiplicity * exponent)
        if rest == -1:
            return result * self._exponential(self.rewrite(sp.I * sp.pi) * exponent)
        return result if rest == 1 else result * self._base_power(rest, exponent)

    def _logarithm(self, e: sp.Expr) -> sp.Expr:
        content, known, rest = self._split(self._element(e.args[0]), strictly=True)
        result = sp.S.Zero
        for p, k in _prime_factors(content):
            result += k * self._log_generator(self._generator(("prime", p), p, (1, p)))
        for f, multiplicity in known:
            exponent = self._exponent.get(f)
            result += multiplicity * (exponent if exponent is not None else self._log_generator(f))
        if rest == -1:
            return result + self.rewrite(sp.I * sp.pi)
        return result if rest == 1 else result + self._log_generator(rest)

    def _log_generator(self, base: sp.Expr) -> sp.Dummy:
        generator = self._generator(("log", base), sp.log(self.original(base)))
        self._base_of_log[generator] = base
        return generator

    def _absolute_value(self, f: sp.Expr) -> sp.Expr:
        """Abs of a real polynomial in generators without known sign."""
        if self.tower.element(f).leading_sign < 0:
            f = sp.expand(-f)
        return self._generator(("abs", f), sp.Abs(self.original(f)), (2, f**2))

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


def _prime_factors(content: sp.Rational) -> Iterable[tuple[sp.Integer, int]]:
    """(prime, exponent) pairs of a positive rational; a large integer counts as prime."""
    for integer, sign in ((int(content.p), 1), (int(content.q), -1)):
        if integer > _MAX_INTEGER:
            yield sp.Integer(integer), sign
        elif integer > 1:
            yield from ((sp.Integer(p), sign * k) for p, k in sp.factorint(integer).items())


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
