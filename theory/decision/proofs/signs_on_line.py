r"""The signs of an elementary function of one variable on an interval: a proof by its derivatives.

Between two zeros of :math:`f'` the function is strictly monotone, so that it has one zero there or none, and balls at
the ends say which. The signs of :math:`f'` are found in the same way, after positive factors are left out, until a
polynomial is met, whose zeros are isolated exactly. Nothing is sampled: what cannot be shown has no answer.

References:
    Strzeboński, "Real root isolation for exp-log functions", ISSAC (2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, ArgumentKind, takes
from theory.decision.algebra.factorisation import irreducible_factors
from theory.decision.algebra.normal_form import sign_of_factors
from theory.decision.arb.balls import ball, flint_library
from theory.decision.proofs.places import IsolatedZero, Signs, is_zero, signs_of_product, simple_zeros
from theory.decision.rational_points import exact_value
from theory.errors import UnsupportedFormError

_DEPTH = 7
_PRECISION = 320
_BISECTIONS = 200
_REACH = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_MAX_DEGREE = 60
_MAX_OPERATIONS = 200
_SMOOTH = (sp.exp, sp.log, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.atan, sp.asinh, sp.erf, sp.erfc)
"""Functions that are analytic where they are real; logarithms are asked for the sign of their argument."""


def is_elementary(f: sp.Expr) -> bool:
    """Whether ``f`` is made of real numbers, symbols and analytic functions alone: nothing that jumps or bends."""
    return all(
        node.is_Add or node.is_Mul or node.is_Pow or node.is_Symbol or isinstance(node, _SMOOTH)
        or isinstance(node, sp.Rational | sp.NumberSymbol) and node.is_finite
        for node in sp.preorder_traversal(f)
    )  # fmt: skip


class _UnknownError(Exception):
    """A step could not be shown."""


def _times(one: Signs, other: Signs) -> Signs:
    product = signs_of_product(one, other)
    if product is None:
        raise _UnknownError
    return product


_END = ArgumentKind(
    "a rational number of SymPy, oo or -oo", lambda value: isinstance(value, sp.Rational) or value in (sp.oo, -sp.oo)
)


class OpenInterval:
    """The open interval from ``low`` to ``high``, rational or infinite, on which functions of ``x`` are looked at.

    Raises:
        ShapeError: ``x`` is no symbol, an end is neither rational nor infinite, or a function is no expression.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> OpenInterval(x, sp.S.Zero, sp.oo).signs(x * sp.log(x) - x + 1)
        Signs(places=(IsolatedZero(low=Fraction(1, 1), high=Fraction(1, 1), exact=1),), pieces=(1, 1), strict=True)
        >>> OpenInterval(x, sp.S.Zero, sp.oo).signs(sp.sin(x)) is None
        True
    """

    @takes(x=SYMBOL, low=_END, high=_END)
    def __init__(self, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> None:
        self.x = x
        self.low, self.high = low, high
        self._known: dict[sp.Expr, Signs | None] = {}

    @takes(f=EXPRESSION)
    def signs(self, f: sp.Expr) -> Signs | None:
        """The signs of ``f``; None where they could not be shown."""
        if f.free_symbols - {self.x} or f.count_ops() > _MAX_OPERATIONS:
            return None
        try:
            self._require_smooth(f, _DEPTH)
            return self._signs(f, _DEPTH)
        except (_UnknownError, UnsupportedFormError, sp.PolynomialError, RecursionError):
            return None

    @takes(f=EXPRESSION, end=_END)
    def value_at(self, f: sp.Expr, end: sp.Expr) -> int | None:
        """The sign of ``f`` at a rational number; None where it has none, or where it could not be shown."""
        if not self._is_defined(f, end):
            return None
        try:
            return self._sign_of_number(f.subs(self.x, end))
        except _UnknownError:
            return None

    def _limit(self, f: sp.Expr, side: int) -> int | None:
        """The sign of the limit at the left (-1) or right (1) end by continuity, infinite ends included, or None."""
        if any(power.exp.has(self.x) and power.base.has(self.x) for power in f.atoms(sp.Pow)):
            return None  # SymPy says oo**0 = 1
        value = f.subs(self.x, self.low if side < 0 else self.high)
        if value.is_infinite and value.is_extended_real:
            return 1 if value.is_extended_positive else -1
        return None if not is_elementary(value) else self._sign_of_number(value)

    def _require_smooth(self, f: sp.Expr, depth: int) -> None:
        """Refuse what may have a jump, a bend or no value inside the interval."""
        if not is_elementary(f):
            raise _UnknownError
        for argument in {kernel.args[0] for kernel in f.atoms(sp.log)}:
            if argument.has(self.x):
                self._require_positive(argument, depth)
        for power in f.atoms(sp.Pow):
            base, exponent = power.args
            if not base.has(self.x) or exponent.is_Integer and exponent > 0:
                if exponent.has(self.x) and not base.is_positive:
                    raise _UnknownError
                continue
            if exponent.is_Integer:
                found = self._signs(base, depth - 1)
                if found.places or not found.strict:
                    raise _UnknownError
            else:
                self._require_positive(base, depth)

    def _require_positive(self, f: sp.Expr, depth: int) -> None:
        if f == self.x and self.low >= 0:
            return
        found = self._signs(f, depth - 1)
        if found.places or found.pieces != (1,) or not found.strict:
            raise _UnknownError

    def _signs(self, f: sp.Expr, depth: int) -> Signs:
        if depth < 0:
            raise _UnknownError
        if f not in self._known:
            self._known[f] = None  # a circle has no answer
            self._known[f] = self._of_product(f, depth)
        found = self._known[f]
        if found is None:
            raise _UnknownError
        return found

    def _of_product(self, f: sp.Expr, depth: int) -> Signs:
        constant, parts = sp.S.One, list[tuple[sp.Expr, int]]()
        for part, turned in zip(sp.fraction(sp.together(f)), (1, -1), strict=True):
            number, factors = irreducible_factors(sp.powsimp(sp.expand(part)))
            constant *= number**turned
            parts += [(factor, power * turned) for factor, power in factors.items()]
        sign = self._sign_of_number(constant)
        if sign == 0:
            raise _UnknownError
        total = Signs((), (sign,))
        for factor, power in parts:
            if not factor.has(self.x):
                total = _times(total, Signs((), (self._sign_of_number(factor) ** power,)))
            else:
                found = self._by_terms(factor) or self._of_factor(factor, depth)
                if power < 0 and (found.places or not found.strict):
                    raise _UnknownError
                total = _times(total, found if power % 2 else Signs(found.places, tuple(s * s for s in found.pieces)))
        return total

    def _by_terms(self, factor: sp.Expr) -> Signs | None:
        """The signs of a factor that its assumptions or its normal form show to be of one sign."""
        sign = 1 if factor == self.x and self.low >= 0 else sign_of_factors(factor)
        return Signs((), (sign,)) if sign else None

    def _of_factor(self, f: sp.Expr, depth: int) -> Signs:
        if f.is_polynomial(self.x) and all(c.is_Rational for c in sp.Poly(f, self.x).coeffs()):
            return self._of_polynomial(f)
        bounded = self._bounded(f)
        if bounded is not None:
            return bounded
        return self._by_derivative(f, self._signs(sp.diff(f, self.x), depth - 1))

    def _of_polynomial(self, f: sp.Expr) -> Signs:
        polynomial = sp.Poly(f, self.x)
        if polynomial.degree() > _MAX_DEGREE:
            raise _UnknownError
        places = []
        for (low, high), multiplicity in polynomial.intervals(eps=sp.Rational(1, 2**_BISECTIONS)):
            exact = low if low == high else None
            place = IsolatedZero(_fraction(low), _fraction(high), exact)
            inside = self._side_of(place)
            if inside is None or multiplicity != 1:
                raise _UnknownError
            if inside:
                places.append(place)
        cuts = [None, *places, None]
        signs = tuple(self._known_sign(f, self.between(left, right)) for left, right in itertools.pairwise(cuts))
        return Signs(tuple(places), signs)

    def _side_of(self, place: IsolatedZero) -> bool | None:
        """Whether a zero of a polynomial lies inside; ends that are zeros do not."""
        low = None if self.low.is_infinite else _fraction(self.low)
        high = None if self.high.is_infinite else _fraction(self.high)
        if low is not None and place.high <= low or high is not None and place.low >= high:
            return False
        if (low is None or place.low > low) and (high is None or place.high < high):
            return True
        return None

    def _bounded(self, f: sp.Expr) -> Signs | None:
        r""":math:`a + b\cos u + c\sin u` with :math:`b^2 + c^2 \le a^2`: of one sign, but for isolated zeros."""
        constant, waves = f.as_independent(self.x, as_Add=True)
        parts = [wave.as_independent(self.x, as_Add=False) for wave in sp.Add.make_args(waves)]
        if not all(isinstance(kernel, sp.sin | sp.cos) and factor.is_real for factor, kernel in parts):
            return None
        phases = {kernel.args[0] for _, kernel in parts}
        if len(phases) > 1 or not sp.diff(phases.pop(), self.x).is_Rational or constant.is_real is not True:
            return None
        sign = self._sign_of_number(constant)
        gap = self._sign_of_number(constant**2 - sp.Add(*(factor**2 for factor, _ in parts)))
        return Signs((), (sign,), strict=gap > 0) if sign and gap is not None and gap >= 0 else None

    def _by_derivative(self, f: sp.Expr, slope: Signs) -> Signs:
        """Between its extrema the function is strictly monotone."""
        cuts = [None, *slope.places, None]
        at = [self._sign_at_end(f, -1), *(self._sign_at_place(f, place) for place in slope.places)]
        at.append(self._sign_at_end(f, 1))
        places: list[IsolatedZero] = []
        pieces: list[int] = []
        for i, rising in enumerate(slope.pieces):
            if i and at[i] == 0:
                places.append(slope.places[i - 1])
            signs, zero = self._on_monotone_piece(f, rising, (cuts[i], cuts[i + 1]), (at[i], at[i + 1]))
            if i and at[i] != 0:  # no zero at the cut: the sign goes on
                signs = signs[1:]
            pieces += signs
            places += [zero] if zero else []
        return Signs(tuple(places), tuple(pieces))

    def _on_monotone_piece(
        self,
        f: sp.Expr,
        rising: int,
        cuts: tuple[IsolatedZero | None, IsolatedZero | None],
        at: tuple[int | None, int | None],
    ) -> tuple[list[int], IsolatedZero | None]:
        """The signs on one piece, and the zero inside if there is one. Signs are those of ``rising * f`` inside."""
        left, right = (None if sign is None else rising * sign for sign in at)
        if left is not None and left >= 0:
            return [rising], None
        if right is not None and right <= 0:
            return [-rising], None
        below = self._point(f, -rising, cuts, -1)
        above = self._point(f, rising, cuts, 1)
        if below is None or above is None:
            raise _UnknownError
        return [-rising, rising], self._zero_between(f, rising, below, above)

    def _point(
        self, f: sp.Expr, sign: int, cuts: tuple[IsolatedZero | None, IsolatedZero | None], side: int
    ) -> Fraction | None:
        """A point towards one end of a piece where ``f`` has a sign."""
        for point in self._towards(*cuts, side):
            if self._sign(f, point) == sign:
                return point
        return None

    def _towards(self, left: IsolatedZero | None, right: IsolatedZero | None, side: int) -> Iterator[Fraction]:
        low = left.high if left else None if self.low.is_infinite else _fraction(self.low)
        high = right.low if right else None if self.high.is_infinite else _fraction(self.high)
        for exponent in _REACH:
            if low is not None and high is not None:
                share = Fraction(1, 1 << exponent)
                yield high - (high - low) * share if side > 0 else low + (high - low) * share
            elif side > 0:
                yield (
                    low + Fraction(1 << min(exponent, 64))
                    if high is None and low is not None
                    else (high - Fraction(1, 1 << exponent) if high is not None else Fraction(1 << min(exponent, 64)))
                )
            else:
                yield (
                    high - Fraction(1 << min(exponent, 64))
                    if low is None and high is not None
                    else (low + Fraction(1, 1 << exponent) if low is not None else -Fraction(1 << min(exponent, 64)))
                )

    def between(self, left: IsolatedZero | None, right: IsolatedZero | None) -> Fraction:
        """A rational number between two places; None stands for the end of the line."""
        return next(self._towards(left, right, 1))

    def _zero_between(self, f: sp.Expr, rising: int, low: Fraction, high: Fraction) -> IsolatedZero:
        """The zero of a monotone piece, exactly if it is one of those that are simple."""
        for exact in simple_zeros(f, self.x):
            inside = self._enclosed(exact)
            if inside is not None and low <= inside[0] and inside[1] <= high and is_zero(f.subs(self.x, exact)):
                return IsolatedZero(*inside, exact)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            sign = self._sign(f, middle)
            if sign == 0:
                return IsolatedZero(middle, middle, sp.Rational(middle.numerator, middle.denominator))
            if sign is None:
                break
            low, high = (middle, high) if sign * rising < 0 else (low, middle)
        return IsolatedZero(low, high)

    def _enclosed(self, exact: sp.Expr) -> tuple[Fraction, Fraction] | None:
        if exact.is_Rational:
            return _fraction(exact), _fraction(exact)
        value = ball(exact, {}, _PRECISION)
        if not value.is_finite():
            return None
        return _of_ball(value.lower()), _of_ball(value.upper())

    def _sign_at_place(self, f: sp.Expr, place: IsolatedZero) -> int:
        if place.exact is not None:
            return self._known_sign_of_number(f.subs(self.x, place.exact))
        flint = flint_library()
        with flint.ctx.workprec(_PRECISION):
            here = flint.arb(flint.fmpq(place.low.numerator, place.low.denominator)).union(
                flint.arb(flint.fmpq(place.high.numerator, place.high.denominator))
            )
        found = _sign_of_ball(self._ball(f, here))
        if found is None:
            raise _UnknownError
        return found

    def _sign_at_end(self, f: sp.Expr, side: int) -> int | None:
        end = self.low if side < 0 else self.high
        if end.is_finite and not self._is_defined(f, end):
            return None
        return self._limit(f, side)

    def _is_defined(self, f: sp.Expr, end: sp.Expr) -> bool:
        """Whether ``f`` is continuous at an end: no logarithm of 0, and nothing divided by it."""
        kernels = [kernel.args[0] for kernel in f.atoms(sp.log)]
        kernels += [power.base for power in f.atoms(sp.Pow) if not (power.exp.is_Rational and power.exp > 0)]
        return not any(is_zero(kernel.subs(self.x, end)) for kernel in kernels if kernel.has(self.x))

    def _known_sign(self, f: sp.Expr, point: Fraction) -> int:
        found = self._sign(f, point)
        if found is None:
            raise _UnknownError
        return found

    def _sign(self, f: sp.Expr, point: Fraction) -> int | None:
        exact = exact_value(f, {self.x: point})
        if exact is not None:
            return (exact > 0) - (exact < 0)
        return _sign_of_ball(self._ball(f, point))

    def _ball(self, f: sp.Expr, at: Any) -> Any:
        try:
            return ball(f, {self.x: at}, _PRECISION)
        except UnsupportedFormError:
            return None

    def _known_sign_of_number(self, number: sp.Expr) -> int:
        found = self._sign_of_number(number)
        if found is None:
            raise _UnknownError
        return found

    @staticmethod
    def _sign_of_number(number: sp.Expr) -> int:
        if number.is_Rational:
            return int(sp.sign(number))
        if number.free_symbols or number.has(sp.zoo, sp.oo, sp.nan, sp.I):
            raise _UnknownError
        found = _sign_of_ball(ball(number, {}, _PRECISION))
        if found is None and is_zero(number):
            return 0
        if found is None:
            raise _UnknownError
        return found


def _sign_of_ball(value: Any) -> int | None:
    if value is None or value.is_nan():
        return None
    return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else None


def _fraction(number: Any) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def _of_ball(value: Any) -> Fraction:
    mantissa, exponent = (int(part) for part in value.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
