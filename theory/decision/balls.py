r"""Rigorous enclosures: an expression at a point, as a ball of Arb that contains the exact value.

A ball :math:`[m \pm r]` comes from interval arithmetic with directed rounding, so a ball that excludes 0 *proves* that
the value is not 0. Reals stay real: the square root or logarithm of a negative number is a NaN ball, which proves
nothing and agrees with nothing. Expressions that hold the imaginary unit, and integrands, are enclosed in the complex
plane on principal branches, as SymPy reads them.

This module brings python-flint into the package, at the first evaluation; :mod:`theory.decision.second_kernel` asks it.

References:
    Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Computers (2017).
    Johansson, "Numerical integration in arbitrary-precision ball arithmetic", ICMS (2018).
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.ball_functions import (
    CONSTANTS,
    IN_THE_PLANE,
    MEROMORPHIC,
    REAL_FUNCTIONS,
    REAL_PIECEWISE,
    RIGHT_HALF_PLANE,
    STEPS,
    Ball,
)
from theory.decision.rational_points import Point, combined_truth, exact_truth, exact_value
from theory.errors import MissingParameterError, UnsupportedFormError
from theory.values import count, shown

MIN_PRECISION = 24
"""Bits of the coarsest balls, those of a single-precision number: python-flint takes what is not positive for 53."""

MAX_PRECISION = 2**20
"""Bits of the finest balls; more would run for hours."""

_MAX_TERMS = 10_000
"""Finite sums and products with more terms than this are refused."""

_INTEGRAND_EVALUATIONS_PER_BIT = 64
"""Integrands are evaluated at most so many times per bit of precision; what is left then shows as a wide ball."""


class MissingFlintError(UnsupportedFormError):
    """python-flint is not installed, so nothing can be enclosed."""


def flint_library() -> ModuleType:
    """The module ``flint``.

    Raises:
        MissingFlintError: it is not installed.
    """
    try:
        import flint
    except ImportError:
        raise MissingFlintError("python-flint missing: ball arithmetic needs it. Install python-flint.") from None
    return flint


def ball(expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int = 128) -> Ball:
    """A real ball that contains ``expression`` at ``values``.

    Args:
        expression: made of numbers, symbols and the functions of :mod:`theory.decision.ball_functions`.
        values: a ball (``flint.arb``), Fraction, integer or SymPy rational for every free symbol.
        precision: working precision in bits, at least :data:`MIN_PRECISION`.

    Returns:
        A ``flint.arb``. NaN where the expression is undefined, not real, or not enclosed by any finite ball.

    Raises:
        MissingParameterError: a free symbol has no value.
        UnsupportedFormError: a function has no enclosure here, or the expression holds a floating-point number.
        DimensionError: ``precision`` is no whole number of bits from :data:`MIN_PRECISION` to :data:`MAX_PRECISION`.
        MissingFlintError: python-flint is not installed.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> ball(sp.atan(p) + sp.atan(1 / p) - sp.pi / 2, {p: Fraction(3, 7)}, 256).contains(0)
        True
    """
    return _enclosure(_RealBalls, expression, values, precision)


def complex_ball(expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int = 128) -> Ball:
    """A complex ball (``flint.acb``) that contains ``expression`` at real ``values``; see :func:`ball`."""
    return _enclosure(_ComplexBalls, expression, values, precision)


def truth(condition: Boolean | bool, values: Mapping[sp.Symbol, Any], precision: int = 128) -> bool | None:
    """Whether ``condition`` holds at ``values``; None where balls of this precision cannot tell.

    Relations between rational expressions at rational points are decided exactly.

    Example:
        >>> x = sp.Symbol("x")
        >>> truth((x < 2) & (x >= 1), {x: Fraction(1)})
        True
        >>> truth(sp.sqrt(x) ** 2 > 2, {x: Fraction(2)})
        False
    """
    if isinstance(condition, bool):
        return condition
    if not isinstance(condition, Boolean):
        raise UnsupportedFormError(
            f"condition must be a relation such as x > 0 or its And, Or, Not, got {shown(condition)}. "
            "Build it from symbols, since text is not read."
        )
    exact = exact_truth(condition, _rational_part(values))
    if exact is not None:
        return exact
    flint = flint_library()
    with flint.ctx.workprec(precision):
        return _RealBalls(flint, values).truth(condition)


def _rational_part(values: Mapping[sp.Symbol, Any]) -> Point:
    return {symbol: value for symbol, value in values.items() if isinstance(value, Fraction)}


def _enclosure(kind: type[_Balls], expression: sp.Expr, values: Mapping[sp.Symbol, Any], precision: int) -> Ball:
    flint = flint_library()
    if not isinstance(expression, sp.Expr):
        raise UnsupportedFormError(
            f"expression must be a SymPy expression, got {shown(expression)}. Build it from symbols, since text is not "
            "read."
        )
    precision = count(precision, "precision", at_least=MIN_PRECISION, at_most=MAX_PRECISION)
    missing = sorted(str(symbol) for symbol in expression.free_symbols if symbol not in values)
    if missing:
        raise MissingParameterError(
            f"values must give a number for every free symbol of the expression: no value for {', '.join(missing)}. "
            "Add them to values."
        )
    with flint.ctx.workprec(precision):
        try:
            return kind(flint, values).value(expression)
        except RecursionError:
            raise UnsupportedFormError(
                "the expression is nested too deeply to be enclosed. Give its parts names and substitute them stepwise."
            ) from None


class _Balls(abc.ABC):
    """One evaluation at one point and one precision. Values of shared subexpressions are kept."""

    def __init__(self, flint: ModuleType, values: Mapping[sp.Symbol, Any]) -> None:
        self.flint = flint
        self.values = values
        self.known: dict[sp.Basic, Ball] = {}

    def value(self, e: sp.Basic) -> Ball:
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._value(e)
        return found

    def _value(self, e: sp.Basic) -> Ball:
        if e.is_Symbol:
            return self.number(self.values[e])
        if e.is_Rational:
            return self.number(Fraction(int(e.p), int(e.q)))
        if e.is_Add:
            total = self.value(e.args[0])
            for term in e.args[1:]:
                total = total + self.value(term)
            return total
        if e.is_Mul:
            product = self.value(e.args[0])
            for factor in e.args[1:]:
                product = product * self.value(factor)
            return product
        if e.is_Pow:
            return self.power(*e.args)
        name = type(e).__name__
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
        if e.is_Float:
            raise UnsupportedFormError(
                f"the expression holds the floating-point number {e}, whose exact value is not what was meant. "
                "Write it as a rational number: Rational('0.1')."
            )
        return self.function(name, e)

    def number(self, value: Any) -> Ball:
        """A ball around an exact number, or the ball it is already."""
        if isinstance(value, Fraction):
            value = self.flint.fmpq(value.numerator, value.denominator)
        elif isinstance(value, sp.Rational):
            value = self.flint.fmpq(int(value.p), int(value.q))
        elif isinstance(value, float) or not isinstance(value, int | self.flint.fmpq | self.flint.arb | self.flint.acb):
            raise UnsupportedFormError(
                f"values must be exact (Fraction, integer, SymPy rational) or balls, got {value!r}. "
                "Write a decimal as Fraction('0.1')."
            )
        return self.convert(value)

    def at(self, more: Mapping[sp.Symbol, Any]) -> _Balls:
        """An evaluation at the same point with ``more`` values."""
        return type(self)(self.flint, {**self.values, **more})

    def integer(self, e: sp.Expr) -> int | None:
        """The value of ``e`` if it is known to be one integer."""
        if e.is_Integer:
            return int(e)
        exact = exact_value(e, _rational_part(self.values))
        return int(exact) if exact is not None and exact.denominator == 1 else None

    def _finite_sum(self, e: sp.Expr, name: str) -> Ball:
        if len(e.limits) != 1:
            raise UnsupportedFormError(f"{name.lower()}s over one index are enclosed, got {e}. Nest them instead.")
        index, lower, upper = e.limits[0]
        first, last = self.integer(lower), self.integer(upper)
        if first is None or last is None or not -1 <= last - first < _MAX_TERMS:
            raise UnsupportedFormError(
                f"the limits of {e} must be integers at most {_MAX_TERMS} apart at the point of evaluation. "
                "Give the sum in closed form."
            )
        total = self.number(0 if name == "Sum" else 1)
        for k in range(first, last + 1):
            term = self.at({index: Fraction(k)}).value(e.function)
            total = total + term if name == "Sum" else total * term
        return total

    def unsupported(self, e: sp.Basic) -> UnsupportedFormError:
        return UnsupportedFormError(
            f"no enclosure is known for {type(e).__name__} in {str(e)[:80]}. "
            "Rewrite it by elementary or supported special functions."
        )

    @abc.abstractmethod
    def convert(self, value: Any) -> Ball: ...

    @abc.abstractmethod
    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball: ...

    @abc.abstractmethod
    def function(self, name: str, e: sp.Expr) -> Ball: ...


class _RealBalls(_Balls):
    """Real values; what is not real is NaN."""

    def convert(self, value: Any) -> Ball:
        return self.flint.arb(value)

    @property
    def nan(self) -> Ball:
        return self.flint.arb.nan()

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball:
        b = self.value(base)
        k = self.integer(exponent)
        if k is None and exponent.is_integer:
            unique = self.value(exponent).unique_fmpz()
            k = None if unique is None else int(unique)
        if k is not None:
            return b**k if k >= 0 else 1 / b**-k
        if exponent == sp.S.Half:
            return b.sqrt()
        if exponent == -sp.S.Half:
            return b.rsqrt()
        if b.is_zero():
            return self.flint.arb(0) if self.value(exponent) > 0 else self.nan
        if not b > 0 and exponent.is_Rational and exponent > 0 and b >= 0:
            return b.root(int(exponent.q)) ** int(exponent.p)
        return (b.log() * self.value(exponent)).exp() if b > 0 else self.nan

    def function(self, name: str, e: sp.Expr) -> Ball:
        if name == "Piecewise":
            return self._piecewise(e)
        if name == "Integral":
            return self._integral(e)
        if name == "hyper":
            above, below = ([self.value(a) for a in parameters] for parameters in e.args[:2])
            if len(above) > len(below) + 1:
                raise self.unsupported(e)
            return self.value(e.args[2]).hypgeom(above, below)
        if name in ("binomial", "RisingFactorial", "FallingFactorial"):
            return self._factorial_product(name, *e.args)
        if name == "polygamma":
            return self._polygamma(*map(self.value, e.args))
        if name not in REAL_FUNCTIONS:
            raise self.unsupported(e)
        if name in STEPS:
            # At a step a ball of any width leaves the value open; rational arithmetic does not.
            exact = exact_value(e, _rational_part(self.values))
            if exact is not None:
                return self.number(exact)
        return REAL_FUNCTIONS[name](*map(self.value, e.args))

    def _polygamma(self, order: Ball, x: Ball) -> Ball:
        if order.is_zero():
            return x.digamma()
        value = self.flint.acb(x).polygamma(order) if order.is_exact() and order.is_integer() else None
        return value.real if value is not None and value.imag.contains(0) else self.nan

    def truth(self, condition: Boolean) -> bool | None:
        """Three-valued truth of relations and of their And, Or, Not."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        name = type(condition).__name__
        if name in ("And", "Or", "Not"):
            return combined_truth(name, [self.truth(part) for part in condition.args])
        if name == "Contains":
            return self.truth(condition.args[1].as_relational(condition.args[0]))
        if not isinstance(condition, sp.core.relational.Relational):
            raise UnsupportedFormError(
                f"conditions must be relations and their And, Or, Not; got {condition}. Write it with <, <=, >, >=."
            )
        return self._relation(condition)

    def _relation(self, relation: sp.core.relational.Relational) -> bool | None:
        lhs, rhs = relation.args
        if rhs.is_infinite or lhs.is_infinite:
            low, high = (-1 if s is sp.S.NegativeInfinity else 1 if s is sp.S.Infinity else 0 for s in (lhs, rhs))
            return bool(relation.func(sp.Integer(low), sp.Integer(high)))
        exact = exact_truth(relation, _rational_part(self.values))
        return _ball_relation(relation.rel_op, self.value(lhs) - self.value(rhs)) if exact is None else exact

    def _piecewise(self, e: sp.Expr) -> Ball:
        for branch, condition in e.args:
            holds = self.truth(condition)
            if holds is None:
                break
            if holds:
                return self.value(branch)
        return self.nan

    def _integral(self, e: sp.Expr) -> Ball:
        if len(e.limits) != 1 or len(e.limits[0]) != 3:
            raise UnsupportedFormError(f"integrals over one interval are enclosed, got {e}. Give the inner one closed.")
        variable, lower, upper = e.limits[0]
        if lower.is_infinite or upper.is_infinite:
            raise UnsupportedFormError(
                f"the interval of {e} must be finite. Map it to a finite one by a change of variables."
            )
        acb = self.flint.acb

        failures: list[Exception] = []

        def integrand(z: Ball, analytic: bool) -> Ball:
            # An exception must not cross the C code that calls this; a NaN ends the integration soon.
            balls = _ComplexBalls(self.flint, {**self.values, variable: z})
            balls.analytic, balls.integrand = analytic, True
            try:
                return balls.nan if failures else balls.value(e.function)
            except Exception as failure:
                failures.append(failure)
                return balls.nan

        ends = acb(self.value(lower)), acb(self.value(upper))
        if not all(end.is_finite() for end in ends):
            return self.nan
        result = acb.integral(integrand, *ends, eval_limit=_INTEGRAND_EVALUATIONS_PER_BIT * self.flint.ctx.prec)
        if failures:
            raise failures[0]
        return result.real if result.imag.contains(0) else self.nan

    def _factorial_product(self, name: str, n: sp.Expr, k: sp.Expr) -> Ball:
        x, count = self.value(n), self.integer(k)
        if count is None or not 0 <= count <= _MAX_TERMS:
            y, one = self.value(k), self.flint.arb(1)
            if name == "binomial":
                return (x + 1).gamma() * (y + 1).rgamma() * (x - y + 1).rgamma()
            top, bottom = (x + y, x) if name == "RisingFactorial" else (x + one, x - y + one)
            return top.gamma() * bottom.rgamma()
        product = self.flint.arb(1)
        for i in range(count):
            product *= x + i if name == "RisingFactorial" else x - i
        return product / self.flint.arb(count).fac() if name == "binomial" else product


class _ComplexBalls(_Balls):
    """Complex values on principal branches; with ``analytic`` set, NaN wherever a branch cut comes near."""

    analytic = False
    integrand = False

    def convert(self, value: Any) -> Ball:
        return self.flint.acb(value)

    def at(self, more: Mapping[sp.Symbol, Any]) -> _Balls:
        balls: Any = super().at(more)
        balls.analytic, balls.integrand = self.analytic, self.integrand
        return balls

    @property
    def nan(self) -> Ball:
        return self.flint.acb("nan", "nan")

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball:
        b, k = self.value(base), self.integer(exponent)
        if k is not None:
            return b**k if k >= 0 else 1 / b**-k
        if exponent == sp.S.Half:
            return b.sqrt(analytic=self.analytic)
        if exponent == -sp.S.Half:
            return b.rsqrt(analytic=self.analytic)
        return b.pow(self.value(exponent), analytic=self.analytic)

    def function(self, name: str, e: sp.Expr) -> Ball:
        if name == "ImaginaryUnit":
            return self.flint.acb(0, 1)
        if name in MEROMORPHIC:
            return getattr(self.value(e.args[0]), name)()
        if name == "log":
            return self.value(e.args[0]).log(analytic=self.analytic)
        if not self.integrand:
            return self._at_one_number(name, e)
        if name in REAL_PIECEWISE:
            first, *others = map(self.value, e.args[:1] if name == "Heaviside" else e.args)
            if not self.analytic and not all(z.imag.is_zero() for z in (first, *others)):
                return self.nan
            return REAL_PIECEWISE[name](first, others, self.analytic)
        if name in RIGHT_HALF_PLANE:
            *parameters, z = map(self.value, e.args)
            if not z.real > 0 and (self.analytic or not z.imag.is_zero()):
                return self.nan
            return RIGHT_HALF_PLANE[name](z, *parameters)
        raise self.unsupported(e)

    def _at_one_number(self, name: str, e: sp.Expr) -> Ball:
        """A function that is not integrated: on the line as in :class:`_RealBalls`, elsewhere its principal value."""
        if name == "Piecewise":
            return self._piecewise(e)
        arguments = [self.value(a) for a in e.args]
        if name in IN_THE_PLANE and not (name in REAL_FUNCTIONS and all(z.imag.is_zero() for z in arguments)):
            return IN_THE_PLANE[name](*arguments)
        if name in REAL_FUNCTIONS and all(z.imag.is_zero() for z in arguments):
            on_the_line = self.flint.acb(REAL_FUNCTIONS[name](*(z.real for z in arguments)))
            if on_the_line.is_finite() or name not in IN_THE_PLANE:
                return on_the_line
            return IN_THE_PLANE[name](*arguments)
        if name in RIGHT_HALF_PLANE and arguments[-1].real > 0:
            *parameters, z = arguments
            return RIGHT_HALF_PLANE[name](z, *parameters)
        if name in REAL_FUNCTIONS or name in RIGHT_HALF_PLANE:
            return self.nan
        raise self.unsupported(e)

    def _piecewise(self, e: sp.Expr) -> Ball:
        """The branch that real values choose."""
        on_the_line = _RealBalls(self.flint, self.values)
        for branch, condition in e.args:
            holds = on_the_line.truth(condition)
            if holds is None:
                break
            if holds:
                return self.value(branch)
        return self.nan


def _ball_relation(operator: str, difference: Ball) -> bool | None:
    """Whether ``difference`` stands in the relation ``operator`` to 0."""
    if not difference.is_finite():
        return None
    below, above, zero = bool(difference < 0), bool(difference > 0), bool(difference.is_zero())
    yes = {"<": below, "<=": difference <= 0, ">": above, ">=": difference >= 0, "==": zero, "!=": below or above}
    no = {
        "<": difference >= 0,
        "<=": above,
        ">": difference <= 0,
        ">=": below,
        "==": below or above,
        "!=": zero,
    }
    return True if yes[operator] else False if no[operator] else None
