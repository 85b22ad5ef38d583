r"""Proofs that two conditions are true at the same points, from the signs of the polynomials they are made of.

Every relation says which sign a product of irreducible factors has. So two conditions agree if they agree for every
combination of signs that the factors can have together. Which combinations are impossible is shown exactly: in one
variable by the zeros of the factors (:mod:`theory.decision.conditions.line_cells`), in several by the range of each
factor on its box (:mod:`theory.decision.proofs.box_signs`) and by elimination in the linear system that the signs make
of the monomials (:mod:`theory.decision.conditions.linear_systems`). Roots, exponentials and functions count as letters
of their own.

A relation is not true where one of its sides has no value: where a denominator is 0. A relation with a part of which
assumptions do not say that it is real is out of reach.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, to_nnf
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import CONDITION, CONDITIONS, takes
from theory.decision.algebra.factorisation import irreducible_factors
from theory.decision.arb.balls import MissingFlintError
from theory.decision.conditions.line_cells import sign_patterns_on_line
from theory.decision.conditions.linear_systems import Inequality, has_no_solution
from theory.decision.proofs.box_signs import Lowest, Range, lowest_on_box
from theory.errors import UnsupportedFormError

_MAX_FACTORS = 8
_MAX_OPERATIONS = 400

_ADMITS: dict[str, tuple[int, ...]] = {
    ">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0), "==": (0,), "!=": (-1, 1)
}  # fmt: skip


def _powers(form: sp.Basic) -> list[sp.Basic]:
    """The powers in an expression or condition, in an order that is the same in every process."""
    return sorted(form.atoms(sp.Pow), key=sp.default_sort_key)


Pattern = tuple[int, ...]
Truth = Callable[[Pattern], bool]


class _OutOfReachError(Exception):
    """The conditions are not of the kind that signs of polynomials decide."""


@takes(first=CONDITION, second=CONDITION, domain=CONDITIONS)
def proof_of_sameness(first: Boolean, second: Boolean, domain: Sequence[Boolean] = ()) -> str | None:
    """A sentence that states why both conditions are true at the same points of ``domain``; None if none was found.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> x, y = sp.symbols("x y", real=True)
        >>> proof_of_sameness(p * (1 - p) <= sp.Rational(1, 4), sp.true)
        'true for every combination of signs that p - 1/2 can have'
        >>> proof_of_sameness(x > y, x**3 > y**3)
        'the same truth value for every combination of signs that x - y and x**2 + x*y + y**2 can have'
        >>> proof_of_sameness(x > y, x**2 > y**2) is None
        True
    """
    inside = domain if isinstance(domain, bool | Boolean) else sp.And(*domain)
    try:
        return _Signs().proof(*(_without_absolute_values(condition) for condition in (first, second, inside)))
    except (_OutOfReachError, BasePolynomialError, UnsupportedFormError, MissingFlintError):
        return None


def _without_absolute_values(condition: Boolean) -> Boolean:
    """Absolute values, maxima and minima as cases, inside a negation normal form."""
    condition = to_nnf(sp.sympify(condition), simplify=False)
    if sum(relation.count_ops() for relation in condition.atoms(Relational)) > _MAX_OPERATIONS:
        raise _OutOfReachError
    for _ in range(_MAX_FACTORS):
        relation = next(
            (r for r in sorted(condition.atoms(Relational), key=str) if r.has(sp.Abs, sp.Max, sp.Min)), None
        )
        if relation is None:
            return condition
        kernel = min(relation.atoms(sp.Abs, sp.Max, sp.Min), key=lambda e: (e.count_ops(), str(e)))
        condition = condition.xreplace({relation: _cases(relation, kernel)})
    raise _OutOfReachError


def _cases(relation: Relational, kernel: sp.Expr) -> Boolean:
    if isinstance(kernel, sp.Abs):
        (u,) = kernel.args
        above, below, margin = u, -u, u
    else:
        above, below = kernel.args[0], kernel.func(*kernel.args[1:])
        margin = above - below if isinstance(kernel, sp.Max) else below - above
    if margin.is_extended_real is not True:
        raise _OutOfReachError
    parts = ((margin >= 0, above), (margin < 0, below))
    return sp.Or(*(sp.And(case, _with(relation, kernel, value)) for case, value in parts))


def _with(relation: Relational, kernel: sp.Expr, value: sp.Expr) -> Boolean:
    return relation.func(*(side.xreplace({kernel: value}) for side in relation.args), evaluate=False)


@dataclass
class _Signs:
    """The irreducible factors of some conditions, and what is known of their signs.

    Attributes:
        factors: Polynomials in letters.
        letters: Kernels that are no symbols -> their letters.
        box: The range of every letter.
        exact: False once something was left out that only makes more combinations look possible.
    """

    factors: list[sp.Expr] = field(default_factory=list)
    letters: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)
    box: dict[sp.Symbol, Range] = field(default_factory=dict)

    def proof(self, first: Boolean, second: Boolean, domain: Boolean) -> str | None:
        roots = self._roots(sp.And(first, second, domain, evaluate=False))
        one, other, inside = (self._truth(condition, roots) for condition in (first, second, domain))
        if len(self.factors) > _MAX_FACTORS:
            return None
        self._narrow(domain, roots)
        for pattern in self._patterns():
            if inside(pattern) and one(pattern) is not other(pattern) and not self._impossible(pattern):
                return None
        back = {letter: kernel for kernel, letter in self.letters.items()}
        named = [str(factor.xreplace(back)) for factor in self.factors]
        agree = "true" if second == sp.true else "the same truth value"
        if not named:
            return f"{agree}, whatever the values are"
        listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
        return f"{agree} for every combination of signs that {listed} can have"

    def _roots(self, condition: Boolean) -> dict[sp.Symbol, sp.Expr]:
        """Symbols of which roots are taken, as powers of their roots."""
        degrees: dict[sp.Symbol, int] = {}
        for power in _powers(condition):
            base, exponent = power.args
            if base.is_Symbol and base.is_nonnegative and exponent.is_Rational:
                degrees[base] = sp.ilcm(degrees.get(base, 1), exponent.q)
        found: dict[sp.Symbol, sp.Expr] = {}
        for symbol, degree in degrees.items():
            if degree > 1:
                root = sp.Dummy(
                    f"root of {symbol}", **({"positive": True} if symbol.is_positive else {"nonnegative": True})
                )
                self.letters[symbol ** sp.Rational(1, degree)] = root
                found[symbol] = root**degree
        return found

    def _truth(self, condition: Boolean, roots: dict[sp.Symbol, sp.Expr]) -> Truth:
        if condition in (sp.true, sp.false):
            value = condition == sp.true
            return lambda pattern: value
        if isinstance(condition, sp.And | sp.Or):
            parts = [self._truth(part, roots) for part in condition.args]
            return (
                (lambda p: all(t(p) for t in parts))
                if isinstance(condition, sp.And)
                else lambda p: any(t(p) for t in parts)
            )
        if not isinstance(condition, Relational):
            raise _OutOfReachError
        admitted = _ADMITS[condition.rel_op]
        sides = [self._in_letters(sp.sympify(side).subs(roots)) for side in (condition.lhs, condition.rhs)]
        divisors = {i for side in sides for i in self._divisors(side)}  # before anything cancels
        constant, powers = self._product(sides[0] - sides[1])

        def holds(pattern: Pattern) -> bool:
            if any(pattern[i] == 0 for i in divisors):
                return False
            sign = constant
            for i, power in powers.items():
                sign *= pattern[i] if power % 2 else pattern[i] ** 2
            return sign in admitted

        return holds

    def _divisors(self, side: sp.Expr) -> set[int]:
        """The factors that must not be 0."""
        negative = [power.base for power in _powers(side) if power.exp.is_negative]
        return {i for base in negative for i in self._factored(base)[1]}

    def _product(self, margin: sp.Expr) -> tuple[int, dict[int, int]]:
        """The sign of a number, and the factors with their powers."""
        numerator, denominator = sp.fraction(sp.together(margin))
        constant, powers = self._factored(numerator)
        below, divided = self._factored(denominator)
        for i, power in divided.items():
            powers[i] = powers.get(i, 0) + power
        return constant * below, powers

    def _in_letters(self, expression: sp.Expr) -> sp.Expr:
        """``expression`` with a letter for every part that is no rational function; all of them must be real."""
        if expression.is_Rational:
            return expression
        if expression.is_Symbol:
            return self._ranged(expression)
        if expression.is_Add or expression.is_Mul:
            return expression.func(*map(self._in_letters, expression.args))
        if expression.is_Pow and expression.exp.is_Integer:
            return self._in_letters(expression.base) ** expression.exp
        if expression.is_real is not True:
            raise _OutOfReachError
        if expression not in self.letters:
            names = ("positive", "negative", "nonnegative", "nonpositive")
            known = {name: True for name in names if getattr(expression, f"is_{name}")}
            self.letters[expression] = sp.Dummy(str(expression), **(known or {"real": True}))
        return self._ranged(self.letters[expression])

    def _ranged(self, symbol: sp.Symbol) -> sp.Symbol:
        if symbol.is_real is not True:
            raise _OutOfReachError
        low, high = (
            sp.S.Zero if bounded else end
            for bounded, end in ((symbol.is_nonnegative, -sp.oo), (symbol.is_nonpositive, sp.oo))
        )
        self.box[symbol] = Range(low, high, symbol.is_positive is not True, symbol.is_negative is not True)
        return symbol

    def _factored(self, polynomial: sp.Expr) -> tuple[int, dict[int, int]]:
        constant, found = irreducible_factors(polynomial)
        if constant.is_zero:
            return 0, {}
        if not (constant.is_Rational and all(factor.is_polynomial() for factor in found)):
            raise _OutOfReachError
        sign, powers = int(sp.sign(constant)), {}
        for factor, power in found.items():
            leading = sp.Poly(factor, *sorted(factor.free_symbols, key=str)).LC()
            sign *= int(sp.sign(leading)) ** power
            powers[self._index(sp.expand(factor / leading))] = power
        return sign, powers

    def _index(self, factor: sp.Expr) -> int:
        if factor not in self.factors:
            self.factors.append(factor)
        return self.factors.index(factor)

    def _narrow(self, domain: Boolean, roots: dict[sp.Symbol, sp.Expr]) -> None:
        """Bounds of single letters among the conditions of the domain make the box smaller."""
        for relation in sp.And.make_args(domain):
            if not isinstance(relation, Relational) or relation.rel_op not in ("<", "<=", ">", ">="):
                continue
            for low, high in ((relation.lts, relation.gts),):
                closed = relation.rel_op in ("<=", ">=")
                if low in self.box and high.is_Rational and low not in roots and high < self.box[low].high:
                    side = self.box[low]
                    self.box[low] = Range(side.low, high, side.low_closed, closed)
                if high in self.box and low.is_Rational and high not in roots and low > self.box[high].low:
                    side = self.box[high]
                    self.box[high] = Range(low, side.high, closed, side.high_closed)

    def _patterns(self) -> Iterator[Pattern]:
        """Combinations of signs, less those that are impossible for factors in one and the same letter."""
        groups: dict[sp.Symbol | None, list[int]] = {}
        for i, factor in enumerate(self.factors):
            single = next(iter(factor.free_symbols)) if len(factor.free_symbols) == 1 else None
            groups.setdefault(single, []).append(i)
        choices: list[list[tuple[tuple[int, int], ...]]] = []
        for letter, members in groups.items():
            if letter is None:
                choices += [[((i, sign),) for sign in self._possible(self.factors[i])] for i in members]
            else:
                choices.append([tuple(zip(members, signs, strict=True)) for signs in self._on_line(letter, members)])
        for chosen in itertools.product(*choices):
            signs = dict(pair for part in chosen for pair in part)
            yield tuple(signs[i] for i in range(len(self.factors)))

    def _on_line(self, letter: sp.Symbol, members: list[int]) -> list[Pattern]:
        """What the zeros of the factors and the ends of the letter's range leave possible."""
        side = self.box[letter]
        ends = [end for end in (side.low, side.high) if end.is_finite]
        polynomials = list(dict.fromkeys([*(self.factors[i] for i in members), *(letter - end for end in ends)]))
        found: dict[Pattern, None] = {}
        for pattern in sign_patterns_on_line(polynomials, letter):
            signs = dict(zip(polynomials, pattern, strict=True))
            above = not side.low.is_finite or signs[letter - side.low] in ((0, 1) if side.low_closed else (1,))
            below = not side.high.is_finite or signs[letter - side.high] in ((-1, 0) if side.high_closed else (-1,))
            if above and below:
                found[tuple(signs[self.factors[i]] for i in members)] = None
        return list(found)

    def _possible(self, factor: sp.Expr) -> tuple[int, ...]:
        if factor.is_positive or factor.is_negative:
            return (1,) if factor.is_positive else (-1,)
        for side in (1, -1):
            lowest = lowest_on_box(sp.expand(side * factor), self.box)
            if lowest is Lowest.POSITIVE:
                return (side,)
            if lowest is Lowest.NOT_NEGATIVE:
                return (0, side)
        return (-1, 0, 1)

    def _impossible(self, pattern: Pattern) -> bool:
        """Whether the signs contradict each other: as a linear system in the monomials, or where letters must be 0."""
        zero = {f for f, sign in zip(self.factors, pattern, strict=True) if sign == 0 and f.is_Symbol}
        for factor, sign in zip(self.factors, pattern, strict=True):
            if sign == 0 and _is_definite_form(factor):
                zero |= factor.free_symbols
        if any(letter.is_nonzero for letter in zero):
            return True
        there = [factor.subs(dict.fromkeys(zero, 0)) for factor in self.factors] if zero else []
        if any(v.is_Rational and sp.sign(v) != sign for v, sign in zip(there, pattern, strict=False)):
            return True
        return has_no_solution(list(self._rows(pattern)))

    def _rows(self, pattern: Pattern) -> Iterator[Inequality]:
        monomials: set[sp.Expr] = set()
        for factor, sign in zip(self.factors, pattern, strict=True):
            terms = {m: Fraction(int(c.p), int(c.q)) for m, c in factor.as_coefficients_dict().items()}
            constant = terms.pop(sp.S.One, Fraction(0))
            monomials |= set(terms)
            for side in (sign,) if sign else (1, -1):
                yield Inequality({m: side * c for m, c in terms.items()}, side * constant, bool(sign))
        for monomial in monomials:
            if monomial.is_nonnegative or monomial.is_nonpositive:
                side = Fraction(1 if monomial.is_nonnegative else -1)
                yield Inequality({monomial: side}, Fraction(0), bool(monomial.is_nonzero))


def _is_definite_form(factor: sp.Expr) -> bool:
    """Whether a factor is a quadratic form that is 0 at the origin only."""
    letters = sorted(factor.free_symbols, key=str)
    form = sp.Poly(factor, *letters)
    definite = form.is_homogeneous and form.total_degree() == 2
    return bool(definite and sp.hessian(factor, letters).is_positive_definite)
