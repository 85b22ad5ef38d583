r"""Generators for numbers, powers, exponentials and logarithms, with what is known of their signs.

One rewriting keeps one tower of generators: equal parts get equal generators, and exponents that differ by rational
factors share one (:mod:`theory.decision.algebra.kernels` tells what becomes what, and adds the rules of single
functions).
"""

from __future__ import annotations

import abc
from collections.abc import Iterable

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.decision.algebra.rational_functions import OutOfReachError, RationalFunction, Tower, expanded

_MAX_INTEGER = 10**12
"""Integers above this are not factored into primes."""

_TALLEST = 12
"""Exponentials stand in one another's exponents up to so many times: a sine is two, and what is written out doubles."""


class NewDenominatorError(OutOfReachError):
    """An exponent has a denominator that the common one does not yet contain."""

    def __init__(self, denominator: sp.Expr) -> None:
        super().__init__("exponents have different denominators.")
        self.denominator = denominator


class FieldGenerators(abc.ABC):
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
        self._height: dict[sp.Basic, int] = {}
        self._positive: set[sp.Expr] = set()
        self._common = sp.S.One
        self._scales_all = False
        self._common = self.rewrite(common_denominator)
        # Exponentials inside the common denominator were written before it was known, so like ones stay as they are.
        self._scales_all = not self._exponent
        for condition in conditions:
            self._assume(condition)

    @abc.abstractmethod
    def by_rule(self, e: sp.Expr) -> sp.Expr | None:
        """``e`` in generators where a rule for its function is known."""

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
        by_rule = self.by_rule(e)
        if by_rule is not None:
            return by_rule
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
            height = 1 + max((self._height.get(g, 0) for g in unit.free_symbols), default=0)
            if height > _TALLEST:
                raise OutOfReachError("exponentials are nested too deeply.")
            generator = self._generator(("exp", unit), sp.exp(self.original(unit)))
            self._exponent[generator], self._height[generator] = unit, height
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
        """``base**exponent`` for the principal power of an expression in generators.

        That of exp(u) is exp(u * exponent) for real u only: a root of exp(i x) jumps at odd multiples of pi.
        """
        jumps = base in self._exponent and not self.positive(base)
        if exponent.is_Integer or base.is_Dummy and not jumps:
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


def _prime_factors(content: sp.Rational) -> Iterable[tuple[sp.Integer, int]]:
    """(prime, exponent) pairs of a positive rational; a large integer counts as prime."""
    for integer, sign in ((int(content.p), 1), (int(content.q), -1)):
        if integer > _MAX_INTEGER:
            yield sp.Integer(integer), sign
        elif integer > 1:
            yield from ((sp.Integer(p), sign * k) for p, k in sp.factorint(integer).items())
