"""Balls on the line and in the complex plane: powers, functions, cases and integrals.

On the line what is not real is NaN, which proves nothing. In the plane functions have their principal values, and an
integrand that must be analytic is NaN wherever a branch cut comes near.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import behind_the_door
from theory.decision.arb.ball_functions import (
    IN_THE_PLANE,
    MEROMORPHIC,
    REAL_FUNCTIONS,
    REAL_PIECEWISE,
    RIGHT_HALF_PLANE,
    STEPS,
    Ball,
)
from theory.decision.arb.enclosures import MAX_TERMS, Balls
from theory.decision.arb.integrals_in_pieces import NOT_CONTINUED, analytic_pieces, ball_over, bent_parts
from theory.decision.rational_points import combined_truth, exact_truth, exact_value
from theory.errors import UnsupportedFormError

_exact_truth, _exact_value = behind_the_door(exact_truth), behind_the_door(exact_value)

_MINUS_HALF = -sp.S.Half

_INTEGRAND_EVALUATIONS_PER_BIT = 64
"""Integrands are evaluated at most so many times per bit of precision; what is left then shows as a wide ball."""


class RealBalls(Balls):
    """Real values; what is not real is NaN."""

    def convert(self, value: Any) -> Ball:
        """A real ball."""
        return self.flint.arb(value)

    @property
    def nan(self) -> Ball:
        """The ball that proves nothing."""
        return self.flint.arb.nan()

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball:
        """A ball around ``base**exponent``, NaN where that is not real."""
        b = self.value(base)
        k = self.integer(exponent)
        if k is None and not exponent.is_Rational and exponent.is_integer:
            unique = self.value(exponent).unique_fmpz()
            k = None if unique is None else int(unique)
        if k is not None:
            return self._whole_power(b, k) if k >= 0 else 1 / self._whole_power(b, -k)
        if exponent is sp.S.Half:
            return b.sqrt()
        if exponent == _MINUS_HALF:
            return b.rsqrt()
        if b.is_zero():
            return self.flint.arb(0) if self.value(exponent) > 0 else self.nan
        if not b > 0 and exponent.is_Rational and exponent > 0 and b >= 0:
            return b.root(int(exponent.q)) ** int(exponent.p)
        return (b.log() * self.value(exponent)).exp() if b > 0 else self.nan

    def _whole_power(self, base: Ball, exponent: int) -> Ball:
        """``base**exponent``; python-flint answers NaN for a ball whose middle is 0, as of x - 1/7 at x = 1/7."""
        power = base**exponent
        return power if power.is_finite() or not base.is_finite() else (self.flint.acb(base) ** exponent).real

    def function(self, name: str, e: sp.Expr) -> Ball:
        """A ball around a function on the line."""
        if name == "Piecewise":
            return self._piecewise(e)
        if isinstance(e, sp.Integral):
            return self._integral(e)
        if name == "hyper":
            above, below = ([self.value(a) for a in parameters] for parameters in e.args[:2])
            if len(above) > len(below) + 1:
                raise self.unsupported(e)
            return self.value(e.args[2]).hypgeom(above, below)
        if name in ("re", "im") and e.has(sp.I):
            z = ComplexBalls(self.flint, self.values).value(e.args[0])
            return z.real if name == "re" else z.imag
        if name in ("binomial", "RisingFactorial", "FallingFactorial"):
            return self._factorial_product(name, *e.args)
        if name == "polygamma":
            return self._polygamma(*map(self.value, e.args))
        if name not in REAL_FUNCTIONS:
            raise self.unsupported(e)
        if name in STEPS:
            # At a step a ball of any width leaves the value open; rational arithmetic does not.
            exact = _exact_value(e, self.rational_values)
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
        exact = _exact_truth(relation, self.rational_values)
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
        ends = self.value(lower), self.value(upper)
        if not all(end.is_finite() for end in ends):
            return self.nan
        function = self._with_constant_pieces(e.function, variable)
        if bent_parts(function):
            value = self._integral_in_pieces(function, variable, *ends)
            if value.is_finite() or function.has(*NOT_CONTINUED):
                return value
        return self._analytic_integral(function, variable, *ends)

    def _with_constant_pieces(self, integrand: sp.Expr, variable: sp.Symbol) -> sp.Expr:
        """``integrand`` with new symbols, whose values are kept here, for steps and cases without the variable."""
        held = {part: sp.Dummy() for part in bent_parts(integrand) if variable not in part.free_symbols}
        self.values = {**self.values, **{symbol: self.value(part) for part, symbol in held.items()}}
        return integrand.xreplace(held)

    def _integral_in_pieces(self, integrand: sp.Expr, variable: sp.Symbol, lower: Ball, upper: Ball) -> Ball:
        """The integral over each piece, and over the stretches within which the exact ends lie."""
        if lower > upper:
            return -self._integral_in_pieces(integrand, variable, upper, lower)
        low, high = lower.mid(), upper.mid()
        total = (low - lower) * ball_over(integrand, self.at({variable: lower}))
        total += (upper - high) * ball_over(integrand, self.at({variable: upper}))
        for piece in analytic_pieces(integrand, variable, low, high, self):
            if piece.meaning is not None:
                total += self._analytic_integral(piece.meaning, variable, piece.low, piece.high)
            else:
                within = self.at({variable: piece.low.union(piece.high)})
                total += (piece.high - piece.low) * ball_over(integrand, within)
        return total

    def _analytic_integral(self, integrand: sp.Expr, variable: sp.Symbol, lower: Ball, upper: Ball) -> Ball:
        acb = self.flint.acb
        failures: list[Exception] = []

        def value(z: Ball, analytic: bool) -> Ball:
            # An exception must not cross the C code that calls this; a NaN ends the integration soon.
            balls = ComplexBalls(self.flint, {**self.values, variable: z})
            balls.analytic, balls.integrand = analytic, True
            try:
                return balls.nan if failures else balls.value(integrand)
            except Exception as failure:
                failures.append(failure)
                return balls.nan

        limit = _INTEGRAND_EVALUATIONS_PER_BIT * self.flint.ctx.prec
        result = acb.integral(value, acb(lower), acb(upper), eval_limit=limit)
        if failures:
            raise failures[0]
        return result.real if result.imag.contains(0) else self.nan

    def _factorial_product(self, name: str, n: sp.Expr, k: sp.Expr) -> Ball:
        x, count = self.value(n), self.integer(k)
        if count is None or not 0 <= count <= MAX_TERMS:
            y, one = self.value(k), self.flint.arb(1)
            if name == "binomial":
                return (x + 1).gamma() * (y + 1).rgamma() * (x - y + 1).rgamma()
            top, bottom = (x + y, x) if name == "RisingFactorial" else (x + one, x - y + one)
            return top.gamma() * bottom.rgamma()
        product = self.flint.arb(1)
        for i in range(count):
            product *= x + i if name == "RisingFactorial" else x - i
        return product / self.flint.arb(count).fac() if name == "binomial" else product


class ComplexBalls(Balls):
    """Complex values on principal branches; with ``analytic`` set, NaN wherever a branch cut comes near."""

    analytic = False
    integrand = False

    def convert(self, value: Any) -> Ball:
        """A complex ball."""
        return self.flint.acb(value)

    def at(self, more: Mapping[sp.Symbol, Any]) -> Balls:
        """An evaluation at the same point with ``more`` values, for the same use."""
        balls: Any = super().at(more)
        balls.analytic, balls.integrand = self.analytic, self.integrand
        return balls

    @property
    def nan(self) -> Ball:
        """The ball that proves nothing."""
        return self.flint.acb("nan", "nan")

    def power(self, base: sp.Expr, exponent: sp.Expr) -> Ball:
        """A ball around the principal value of ``base**exponent``."""
        b, k = self.value(base), self.integer(exponent)
        if k is not None:
            return b**k if k >= 0 else 1 / b**-k
        if exponent is sp.S.Half:
            return b.sqrt(analytic=self.analytic)
        if exponent == _MINUS_HALF:
            return b.rsqrt(analytic=self.analytic)
        return b.pow(self.value(exponent), analytic=self.analytic)

    def function(self, name: str, e: sp.Expr) -> Ball:
        """A ball around the principal value of a function, or of its analytic continuation under an integral."""
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
        """A function that is not integrated: on the line as in :class:`RealBalls`, elsewhere its principal value."""
        if name == "Piecewise":
            return self._piecewise(e)
        if isinstance(e, sp.hyper):
            return self._hypergeometric(e)
        if isinstance(e, sp.Integral):
            return self.flint.acb(RealBalls(self.flint, self.values).value(e))
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

    def _hypergeometric(self, e: sp.Expr) -> Ball:
        """Gauss's function off its cut, and the entire functions with no more parameters above than below."""
        above, below = ([self.value(a) for a in parameters] for parameters in e.args[:2])
        z = self.value(e.args[2])
        if len(above) <= len(below):
            return z.hypgeom(above, below)
        if (len(above), len(below)) != (2, 1):
            raise self.unsupported(e)
        on_the_cut = not (z.real < 1 or z.imag > 0 or z.imag < 0)
        return self.nan if on_the_cut else z.hypgeom_2f1(*above, *below)

    def _piecewise(self, e: sp.Expr) -> Ball:
        """The branch that real values choose."""
        on_the_line = RealBalls(self.flint, self.values)
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
