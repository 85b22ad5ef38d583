"""The walk through an expression that encloses it: what numbers, sums, products and finite sums become.

:mod:`theory.decision.arb.real_and_complex_balls` says how powers and functions are enclosed on the line and in the
plane.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

import sympy as sp

from theory.argument_kinds import behind_the_door
from theory.decision.arb.ball_functions import CONSTANTS, Ball
from theory.decision.rational_points import Point, exact_value
from theory.errors import UnsupportedFormError

_exact_value = behind_the_door(exact_value)

MAX_TERMS = 10_000
"""Finite sums and products with more terms than this are refused."""


def rational_part(values: Mapping[sp.Symbol, Any]) -> Point:
    """The exact numbers among ``values``: with them conditions are decided without rounding."""
    return {symbol: value for symbol, value in values.items() if isinstance(value, Fraction)}


@functools.cache
def _kind(of: type[sp.Basic]) -> str:
    """What a class of expressions is taken for: Symbol, Rational, Add, Mul, Pow, or its own name."""
    flags = (("Symbol", "is_Symbol"), ("Rational", "is_Rational"), ("Add", "is_Add"), ("Mul", "is_Mul"))
    flags += (("Pow", "is_Pow"),)
    return next((kind for kind, flag in flags if getattr(of, flag) is True), of.__name__)


class Balls(abc.ABC):
    """One evaluation at one point and one precision. Values of shared subexpressions are kept."""

    def __init__(self, flint: ModuleType, values: Mapping[sp.Symbol, Any]) -> None:
        self.flint = flint
        self.exact_or_ball = (flint.arb, flint.acb, flint.fmpq)
        self.values = values
        self.known: dict[sp.Basic, Ball] = {}

    @functools.cached_property
    def rational_values(self) -> Point:
        """The exact numbers among the values."""
        return rational_part(self.values)

    def value(self, e: sp.Basic) -> Ball:
        """A ball around ``e``."""
        if _kind(type(e)) == "Rational":  # made sooner than it is found
            return self.convert(self.flint.fmpq(int(e.p), int(e.q)))  # type: ignore[attr-defined]
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._value(e)
        return found

    def _value(self, e: sp.Basic) -> Ball:
        kind = _kind(type(e))
        if kind == "Symbol":
            if e not in self.values:
                raise UnsupportedFormError(f"{e} has no value where the expression is enclosed.")
            return self.number(self.values[e])
        if kind == "Add":
            total = self.value(e.args[0])
            for term in e.args[1:]:
                total = total + self.value(term)
            return total
        if kind == "Mul":
            product = self.value(e.args[0])
            for factor in e.args[1:]:
                product = product * self.value(factor)
            return product
        return self.power(*e.args) if kind == "Pow" else self._other(kind, e)

    def _other(self, name: str, e: sp.Basic) -> Ball:
        """A ball around what is no symbol, rational number, sum, product or power."""
        if name in CONSTANTS:
            return self.number(CONSTANTS[name](self.flint.arb))
        if name in ("Sum", "Product"):
            return self._finite_sum(e, name)
        if name == "Derivative" and not e.has(sp.Integral, sp.core.function.AppliedUndef):
            derivative = e.doit()
            if not derivative.has(sp.Derivative):
                return self.value(derivative)
        if name == "Subs":
            return self.at(dict(zip(e.variables, map(self.value, e.point), strict=True))).value(e.expr)
        if name == "ComplexRootOf" and e.is_real:
            return self.number(self._root(e))
        if e.is_Float:
            raise UnsupportedFormError(
                f"the expression holds the floating-point number {e}, whose exact value is not what was meant. "
                "Write it as a rational number: Rational('0.1')."
            )
        return self.function(name, e)

    def _root(self, root: sp.Expr) -> Ball:
        """A ball around a real root of a polynomial of integers, which SymPy isolates by exact arithmetic."""
        bits = self.flint.ctx.prec
        near = root.eval_rational(dx=sp.Rational(1, 1 << bits))
        return self.flint.arb(self.flint.fmpq(int(near.p), int(near.q)), self.flint.arb(2) ** (1 - bits))

    def number(self, value: Any) -> Ball:
        """A ball around an exact number, or the ball it is already."""
        if isinstance(value, self.exact_or_ball):
            return self.convert(value)
        if isinstance(value, Fraction):
            value = self.flint.fmpq(value.numerator, value.denominator)
        elif isinstance(value, sp.Rational):
            value = self.flint.fmpq(int(value.p), int(value.q))
        elif not isinstance(value, int):
            raise UnsupportedFormError(
                f"values must be exact (Fraction, integer, SymPy rational) or balls, got {value!r}. "
                "Write a decimal as Fraction('0.1')."
            )
        return self.convert(value)

    def at(self, more: Mapping[sp.Symbol, Any]) -> Balls:
        """An evaluation at the same point with ``more`` values."""
        return type(self)(self.flint, {**self.values, **more})

    def integer(self, e: sp.Expr) -> int | None:
        """The value of ``e`` if it is known to be one integer."""
        if e.is_Rational:
            return int(e.p) if e.q == 1 else None
        exact = _exact_value(e, self.rational_values)
        return int(exact) if exact is not None and exact.denominator == 1 else None

    def _finite_sum(self, e: sp.Expr, name: str) -> Ball:
        if len(e.limits) != 1:
            raise UnsupportedFormError(f"{name.lower()}s over one index are enclosed, got {e}. Nest them instead.")
        index, lower, upper = e.limits[0]
        first, last = self.integer(lower), self.integer(upper)
        if first is None or last is None or not -1 <= last - first < MAX_TERMS:
            raise UnsupportedFormError(
                f"the limits of {e} must be integers at most {MAX_TERMS} apart at the point of evaluation. "
                "Give the sum in closed form."
            )
        total = self.number(0 if name == "Sum" else 1)
        for k in range(first, last + 1):
            term = self.at({index: Fraction(k)}).value(e.function)
            total = total + term if name == "Sum" else total * term
        return total

    def unsupported(self, e: sp.Basic) -> UnsupportedFormError:
        """The refusal of an expression that nothing here encloses."""
        return UnsupportedFormError(
            f"no enclosure is known for {type(e).__name__} in {str(e)[:80]}. "
            "Rewrite it by elementary or supported special functions."
        )

    @abc.abstractmethod
    def convert(self, value: Any) -> Ball:
        """An exact number or a real ball, as a ball of this kind."""

    @abc.abstractmethod
    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball:
        """A ball around ``base**exponent``."""

    @abc.abstractmethod
    def function(self, name: str, e: sp.Expr) -> Ball:
        """A ball around ``e``, whose function has the given name."""
