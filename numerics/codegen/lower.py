"""From formulas to programs, exactly.

Lowering chooses the form in which floating-point numbers lose least, and then the one with fewest operations:

1. Floats are read as the rationals they are; numbers are folded, and stay exact in the program.
2. Differences that cancel are rewritten (:mod:`~numerics.codegen.accurate`), so that a coefficient that vanishes on an
   invariant set keeps its relative accuracy there.
3. Sums take Horner's form where that saves operations (:mod:`~numerics.codegen.horner`), and terms with one coefficient
   share its multiplication.
4. What depends on later arguments only is combined first. With the state in front of the parameters, a time loop
   can form it once.

Structurally equal subexpressions meet in one instruction as they are made (hash-consing), in place of a search for
common subexpressions afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import sympy as sp
from sympy.logic.boolalg import Boolean, BooleanAtom

from numerics.arguments import YES_OR_NO, require
from numerics.codegen.accurate import log_one_plus, without_cancellation
from numerics.codegen.exact import Number, exact_input
from numerics.codegen.functions import BINARY, COMPARISONS, FOLDED, REWRITTEN, UNARY, unsupported
from numerics.codegen.horner import horner_groups, number_and_factors
from numerics.codegen.places import Condition, Places, Signed
from numerics.codegen.program import Program
from numerics.codegen.stable import stable
from numerics.errors import ArgumentError, NumericsError
from theory.discrete.draws import DistinctIndex, Lookup
from theory.values import shown

LARGEST_INTEGER_POWER = 64
"""Beyond it a product of equal factors loses more than ``pow`` does."""


def lower(
    expressions: Sequence[sp.Expr] | sp.MatrixBase,
    arguments: Sequence[sp.Symbol],
    *,
    parameters: Mapping[sp.Symbol, Number] | None = None,
    series: bool = True,
) -> Program:
    """The program that computes ``expressions`` (row by row, if a matrix) from ``arguments``.

    A condition (``x < 1``) among the expressions counts as its indicator, 1 or 0.

    Args:
        expressions: Real numbers; a symbol stands for a real number whatever its assumptions.
        arguments: Distinct symbols.
        parameters: Symbols that become constants, exactly as given.
        series: Whether sums that cancel to several orders are Taylor series there, to the digits of a double.

    Raises:
        MissingParameterError: a symbol is neither an argument nor a parameter.
        UnsupportedFunctionError: a function has no counterpart in :data:`numerics.codegen.program.OPERATIONS`.
        ArgumentError: an argument is malformed.

    Example:
        >>> x, mu = sp.symbols("x mu")
        >>> print(lower([mu * x - x**3], [x], parameters={mu: 2}))
        %0 = argument 0  # x
        %1 = power_integer %0, 2
        %2 = constant 2
        %3 = subtract %2, %1
        %4 = multiply %0, %3
        return %4
    """
    if not isinstance(arguments, list | tuple | sp.MatrixBase):
        raise ArgumentError(f"arguments must be a sequence of symbols, got {shown(arguments)}.")
    require(YES_OR_NO, series, "series")
    arguments = tuple(arguments)
    try:
        exact = exact_input(expressions, arguments, {} if parameters is None else parameters)
        if sp.nan in exact.expressions:
            raise ArgumentError(f"expressions must be numbers that exist, got {shown(expressions)}.")
        lowering = _Lowering(arguments, exact.numbers, series=series)
        outputs = [lowering.output(expression) for expression in stable(exact.expressions, series=series)]
    except RecursionError:
        raise NumericsError(
            "an expression is nested too deeply to be lowered. Pass its inner parts as arguments."
        ) from None
    return lowering.builder.program(map(str, arguments), outputs)


def _is_reciprocal(factor: sp.Expr) -> bool:
    return factor.is_Pow and factor.exp.is_Rational and bool(factor.exp < 0) and not _is_power_of_sech(factor)


def _is_power_of_sech(factor: sp.Expr) -> bool:
    """Whether it is cosh(u)**-2, cosh(u)**-4, ..."""
    return isinstance(factor.base, sp.cosh) and factor.exp.is_Integer and factor.exp.is_even and factor.exp < 0


class _Lowering(Places):
    """The state of one lowering: the instructions so far and where each subexpression stands."""

    def __init__(
        self, arguments: Sequence[sp.Symbol], numbers: Mapping[sp.Dummy, sp.Rational], *, series: bool
    ) -> None:
        super().__init__()
        self.series = series
        self.known: dict[sp.Basic, Signed] = {}
        self.conditions: dict[sp.Basic, Condition] = {}
        for number, argument in enumerate(arguments):
            self.known[argument] = (False, self.add("argument", value=number))
        for stand_in, number in numbers.items():
            self.known[stand_in] = (False, self.constant(number))

    def output(self, expression: sp.Basic) -> int:
        # A symbol is a SymPy Boolean too, and means a number here.
        return self.real(expression) if isinstance(expression, sp.Expr) else self.indicator(expression)

    def indicator(self, condition: Boolean) -> int:
        return self.select(self.boolean(condition), self.constant(sp.S.One), self.constant(sp.S.Zero))

    def real(self, expression: sp.Expr) -> int:
        """The place of ``expression``."""
        return self.with_sign(self.signed(expression))

    def signed(self, expression: sp.Expr) -> Signed:
        """The place of ``expression`` or of its negative, whichever costs less."""
        found = self.known.get(expression)
        if found is None:
            found = self.known[expression] = self._signed(expression)
        return found

    def _signed(self, expression: sp.Expr) -> Signed:
        if expression.is_Add and not expression.is_number:
            return self.sum(expression.args)
        if expression.is_Mul and not expression.is_number:
            return self.product(*number_and_factors(expression))
        if expression.is_number:
            if expression.is_Rational and expression < 0:
                return True, self.constant(-expression)
            return False, self.constant(expression)
        if expression.is_Pow and _is_power_of_sech(expression):
            squared = self.add("sech_squared", self.real(expression.base.args[0]))
            n = int(-expression.exp) // 2
            return False, squared if n == 1 else self.add("power_integer", squared, value=n)
        if expression.is_Pow:
            return self.power(expression.base, expression.exp)
        return False, self.function(expression)

    # Sums and products

    def sum(self, terms: Sequence[sp.Expr]) -> Signed:
        accurate = without_cancellation(terms, to_all_digits=not self.series)
        if accurate is not None:
            return self.signed(sp.Add(*accurate))
        horner = horner_groups(terms)
        if horner is not None:
            return self.horner(*horner)
        return self.added(self.weighted(terms))

    def weighted(self, terms: Sequence[sp.Expr]) -> list[Signed]:
        """The terms, those with one coefficient up to sign under one multiplication."""
        groups: dict[sp.Expr, list[Signed]] = {}
        for term in terms:
            number, factors = number_and_factors(term)
            if not factors:
                groups.setdefault(sp.S.One, []).append(self.signed(number))
                continue
            negative, place = self.product(sp.S.One, factors)
            below = number.is_negative
            groups.setdefault(-number if below else number, []).append((negative != bool(below), place))
        return [self.scaled(number, self.added(group)) for number, group in groups.items()]

    def horner(self, base: sp.Expr, coefficients: Mapping[int, list[sp.Expr]]) -> Signed:
        exponents = sorted(coefficients, reverse=True)
        total = self.signed(sp.Add(*coefficients[exponents[0]]))
        for high, low in pairwise(exponents):
            product = self.multiplied([total, self.power(base, sp.Integer(high - low))])
            total = self.added([product, self.signed(sp.Add(*coefficients[low]))])
        if exponents[-1]:
            total = self.multiplied([total, self.power(base, sp.Integer(exponents[-1]))])
        return total

    def product(self, number: sp.Expr, factors: Sequence[sp.Expr]) -> Signed:
        """``number`` times the factors, with all negative powers in one denominator."""
        below = [1 / factor for factor in factors if _is_reciprocal(factor)]
        above = self.powers([factor for factor in factors if not _is_reciprocal(factor)])
        if not below:
            return self.scaled(number, self.multiplied(above))
        flipped, denominator = self.multiplied(self.powers(below))
        if not above and number in (1, -1):
            return flipped != (number == -1), self.add("reciprocal", denominator)
        negative, numerator = self.scaled(number, self.multiplied(above)) if above else self.signed(number)
        return flipped != negative, self.add("divide", numerator, denominator)

    def powers(self, factors: Sequence[sp.Expr]) -> list[Signed]:
        """The factors, those with one integer exponent under one power: x**2 * y**2 is (x * y)**2."""
        bases: dict[sp.Expr, list[sp.Expr]] = {}
        items = []
        for factor in factors:
            if factor.is_Pow and factor.exp.is_Integer and 1 < factor.exp <= LARGEST_INTEGER_POWER:
                bases.setdefault(factor.exp, []).append(factor.base)
            else:
                items.append(self.signed(factor))
        for exponent, group in bases.items():
            negative, place = self.multiplied([self.signed(base) for base in group])
            items.append((negative and bool(exponent.is_odd), self.add("power_integer", place, value=int(exponent))))
        return items

    # Powers

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Signed:
        if exponent.is_Rational and exponent < 0:
            negative, place = self.power(base, -exponent)
            return negative, self.add("reciprocal", place)
        if exponent == 1:
            return self.signed(base)
        if exponent.is_Integer and exponent <= LARGEST_INTEGER_POWER:
            negative, place = self.signed(base)
            return negative and bool(exponent.is_odd), self.add("power_integer", place, value=int(exponent))
        if exponent.is_Rational and exponent.q == 2 and exponent < LARGEST_INTEGER_POWER:
            root = (False, self.add("square_root", self.real(base)))
            whole = exponent - sp.S.Half
            return root if whole == 0 else self.multiplied([self.power(base, whole), root])
        return False, self.add("power", self.real(base), self.real(exponent))

    # Functions

    def function(self, expression: sp.Expr) -> int:
        head, args = expression.func, expression.args
        if head in UNARY:
            return self.add(UNARY[head], self.real(args[0]))
        if head in BINARY:
            return self.add(BINARY[head], self.real(args[0]), self.real(args[1]))
        if head in FOLDED:
            return self.chained(FOLDED[head], [self.real(entry) for entry in sorted(args, key=sp.default_sort_key)])
        if head in REWRITTEN:
            return self.real(REWRITTEN[head](*args))
        if head is sp.log:
            return self.logarithm(*args)
        if head is sp.LambertW and (len(args) == 1 or args[1] in (0, -1)):
            return self.add("lower_lambert_w" if len(args) > 1 and args[1] == -1 else "lambert_w", self.real(args[0]))
        if head is sp.Piecewise:
            return self.piecewise(*args)
        if head is sp.polygamma and args[0].is_Integer and args[0] >= 0:
            order, x = int(args[0]), self.real(args[1])
            return self.add("polygamma", x, value=order) if order else self.add("digamma", x)
        if head is sp.betainc_regularized:
            return self.incomplete_beta(*args)
        if head is Lookup:
            return self.lookup(expression)
        if head is DistinctIndex:
            return self.distinct_index(*args)
        if head in (sp.re, sp.conjugate) and args[0].is_Symbol:
            return self.real(args[0])
        raise unsupported(expression)

    def incomplete_beta(self, a: sp.Expr, b: sp.Expr, low: sp.Expr, high: sp.Expr) -> int:
        shape = self.real(a), self.real(b)
        upto_high = self.add("incomplete_beta", *shape, self.real(high))
        if low == 0:
            return upto_high
        return self.add("subtract", upto_high, self.add("incomplete_beta", *shape, self.real(low)))

    def lookup(self, expression: Lookup) -> int:
        # The operation takes the floor itself.
        index = expression.index
        number = index.args[0] if isinstance(index, sp.floor) else index
        return self.add("lookup", self.real(number), *map(self.real, expression.entries))

    def distinct_index(self, n: sp.Integer, size: sp.Integer, *uniforms: sp.Expr) -> int:
        """Floyd's algorithm, one member from those before it, which stand in the program already."""
        last = n - size + len(uniforms) - 1
        drawn = self.add("floor", self.real((last + 1) * uniforms[-1]))
        if len(uniforms) == 1:
            return drawn
        earlier = [self.real(DistinctIndex(n, size, *uniforms[:b])) for b in range(1, len(uniforms))]
        taken = self.chained("logical_or", [self.add("equal", drawn, member) for member in earlier])
        return self.select(taken, self.constant(last), drawn)

    def logarithm(self, x: sp.Expr) -> int:
        if x.is_Add and sp.S.One in x.args:
            return self.real(log_one_plus(x - 1))
        return self.add("log", self.real(x))

    def piecewise(self, *branches: sp.Tuple) -> int:
        total = self.constant(sp.nan)
        for value, condition in reversed(branches):
            total = self.select(self.boolean(condition), self.real(value), total)
        return total

    # Conditions

    def boolean(self, condition: sp.Basic) -> Condition:
        """The place of a condition, or what it is if that is known now."""
        if isinstance(condition, BooleanAtom):
            return condition
        if condition not in self.conditions:
            self.conditions[condition] = self._boolean(condition)
        return self.conditions[condition]

    def _boolean(self, condition: sp.Basic) -> Condition:
        if condition.func in COMPARISONS:
            return self.comparison(*COMPARISONS[condition.func], *map(self.real, condition.args))
        if isinstance(condition, sp.And | sp.Or):
            parts = [self.boolean(part) for part in sorted(condition.args, key=sp.default_sort_key)]
            return self.junction(
                parts, *(("logical_and", sp.true) if isinstance(condition, sp.And) else ("logical_or", sp.false))
            )
        if isinstance(condition, sp.Not):
            return self.negated(self.boolean(condition.args[0]))
        if isinstance(condition, sp.Contains):
            return self.boolean(condition.args[1].as_relational(condition.args[0]))
        if isinstance(condition, sp.Xor | sp.Implies | sp.Equivalent | sp.ITE):
            return self.boolean(sp.to_nnf(condition, simplify=False))
        raise unsupported(condition)
