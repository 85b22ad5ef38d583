"""Intervals of the line and the charts that map their ends to infinity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from theory.errors import OrderError, ShapeError, SymbolError, UnsupportedFormError
from theory.line.charts.inverse_charts import InverseChart, in_inverse_chart, inverse_chart
from theory.line.charts.powers import normal_form
from theory.line.charts.root_chart import in_root, rational_in_root_chart, root_of_quadratic
from theory.line.charts.trigonometric_chart import frequency, in_sines, middle_of, rational_in_tangent
from theory.parameters import BoundedSymbol
from theory.typeset import Typeset
from theory.values import instance, shown, single_expression, single_symbol


@dataclass(frozen=True)
class Interval(Typeset):
    """The open interval ``(left, right)``; its ends may be infinite or expressions in parameters.

    Raises:
        SymbolError: the ends are not real, or the right one is not known to exceed the left one.

    Example:
        >>> Interval.of(sp.Symbol("x", positive=True))
        Interval(left=0, right=oo)
    """

    left: sp.Expr
    right: sp.Expr

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", single_expression(self.left, "left", infinite=True, real=True))
        object.__setattr__(self, "right", single_expression(self.right, "right", infinite=True, real=True))
        if self.left == -sp.oo and self.right == sp.oo:
            return
        if not (self.right - self.left).is_extended_positive:
            raise SymbolError(
                f"interval needs left < right, got ({self.left}, {self.right}). "
                "Symbolic ends need assumptions that decide it, e.g. right = left + positive symbol."
            )

    @classmethod
    def of(cls, symbol: sp.Symbol) -> Interval:
        """The interval that the assumptions of ``symbol`` describe, without its ends.

        Positive, negative, real, or between the bounds of a :func:`~theory.parameters.parameter`.
        """
        single_symbol(symbol, "symbol")
        if isinstance(symbol, BoundedSymbol):
            return cls(symbol.bounds.low, symbol.bounds.high)
        if symbol.is_nonnegative:
            return cls(sp.S.Zero, sp.oo)
        if symbol.is_nonpositive:
            return cls(-sp.oo, sp.S.Zero)
        if symbol.is_real:
            return cls(-sp.oo, sp.oo)
        raise SymbolError(
            f"the interval of {symbol} is unknown: {symbol} carries no assumption. "
            f'Declare sympy.Symbol("{symbol}", positive=True) or real=True, or pass interval=Interval(left, right).'
        )

    @property
    def ends(self) -> tuple[sp.Expr, sp.Expr]:
        """Left and right end."""
        return self.left, self.right

    @classmethod
    def given(cls, interval: object, variable: sp.Symbol) -> Interval:
        """``interval``, or where it is None what the assumptions of ``variable`` say.

        Raises:
            ShapeError: it is neither.
        """
        single_symbol(variable, "variable")
        if interval is None:
            return cls.of(variable)
        return instance(interval, Interval, "interval", "an Interval(left, right)")

    def interior_point(self) -> sp.Expr:
        """A point inside: 0 on the line, 1 on the positive half-line, the midpoint of a bounded interval."""
        if self.left == -sp.oo:
            return sp.S.Zero if self.right == sp.oo else self.right - 1
        return self.left + 1 if self.right == sp.oo else (self.left + self.right) / 2

    def other(self, end: sp.Expr) -> sp.Expr:
        """The end that ``end`` is not.

        Raises:
            ShapeError: it is none of the two.

        Example:
            >>> Interval(0, sp.oo).other(0)
            oo
        """
        if single_expression(end, "end", infinite=True) not in self.ends:
            raise ShapeError(f"end must be one of the ends {self.ends}, got {shown(end)}.")
        return self.right if end == self.left else self.left

    def _equations(self) -> list[str]:
        left, right = map(sp.latex, self.ends)
        return [rf"\left({left}, {right}\right)"]


@dataclass(frozen=True)
class Chart:
    r"""An increasing coordinate :math:`z = \psi(x)` of an interval.

    Attributes:
        old: x.
        variable: z.
        function: :math:`\psi(x)`.
        inverse: x in terms of z.
        interval: where z lives.
        frequency: of the sines and cosines that z makes rational, None where there are none.
        quadratic: the coefficients of :math:`c + dx^2`, whose root z makes rational; None where there is none.
        inverse_function: z where it is an inverse function of x that the coefficients hold; None where it is not.
    """

    old: sp.Symbol
    variable: sp.Symbol
    function: sp.Expr
    inverse: sp.Expr
    interval: Interval
    frequency: sp.Expr | None = None
    quadratic: tuple[sp.Expr, sp.Expr] | None = None
    inverse_function: InverseChart | None = None

    @classmethod
    def for_functions(cls, x: sp.Symbol, functions: Sequence[sp.Expr], interval: Interval) -> Chart:
        """The chart in which ``functions`` may be quotients of powers: x, its exponential, logarithm, half tangent."""
        every = sp.Tuple(*(_without_hyperbolics(f) for f in functions))
        omega = frequency(every, x)
        if omega is not None:
            middle, ends = middle_of(interval.ends, omega)
            z = sp.Symbol(f"tan_{x.name}", real=True, positive=True if ends[0] == 0 else None)
            function = sp.tan(sp.expand(omega * (x - middle) / 2))
            return cls(x, z, function, middle + 2 * sp.atan(z) / omega, Interval(*ends), omega)
        z = sp.Symbol(f"z_{x.name}", real=True)
        inverse = inverse_chart(every, x, z, interval.ends)
        if inverse is not None:
            return cls(x, z, inverse.function, inverse.inverse, Interval(*inverse.ends), inverse_function=inverse)
        if any(e.args[0].has(x) for e in every.atoms(sp.exp)):
            z = sp.Symbol(f"e_{x.name}", positive=True)
            return cls(x, z, sp.exp(x), sp.log(z), Interval(*(sp.exp(end) for end in interval.ends)))
        if any(e.args[0].has(x) for e in every.atoms(sp.log)):
            if not interval.left.is_nonnegative:
                raise UnsupportedFormError(f"log({x}) needs {x} > 0, but the interval is {interval.ends}.")
            z = sp.Symbol(f"log_{x.name}", real=True)
            ends = (-sp.oo if end == 0 else sp.log(end) for end in interval.ends)
            return cls(x, z, sp.log(x), sp.exp(z), Interval(*ends))
        quadratic = root_of_quadratic(every, x)
        return cls(x, x, x, x, interval) if quadratic is None else cls._of_root(x, quadratic, interval)

    @classmethod
    def _of_root(cls, x: sp.Symbol, quadratic: tuple[sp.Expr, sp.Expr], interval: Interval) -> Chart:
        c, d = quadratic
        z = sp.Symbol(f"z_{x.name}", positive=True)
        function = (sp.sqrt(d) * x + sp.sqrt(c + d * x**2)) / sp.sqrt(c)
        infinite = {-sp.oo: sp.S.Zero, sp.oo: sp.oo}
        ends = (infinite[end] if end.is_infinite else function.subs(x, end) for end in interval.ends)
        return cls(x, z, function, sp.sqrt(c / d) * (z - 1 / z) / 2, Interval(*ends), quadratic=quadratic)

    @property
    def slope(self) -> sp.Expr:
        r""":math:`\psi'(x)`."""
        return sp.diff(self.function, self.old) if self.inverse_function is None else self.inverse_function.slope

    @property
    def _middle(self) -> sp.Expr:
        """Where z = 0."""
        return self.inverse.subs(self.variable, 0)

    def product_in_x(self, function: sp.Expr) -> sp.Expr:
        """A product of powers and exponentials in z as a function of x."""
        if self.quadratic is not None:
            return in_root(function, self.variable, self.old, self.quadratic)
        if self.frequency is None:
            return function.subs(self.variable, self.function)
        return in_sines(function, self.variable, sp.expand(self.frequency * (self.old - self._middle)))

    def express(self, function: sp.Expr) -> sp.Expr:
        """A function of x as a reduced quotient of sums of powers of z.

        Raises:
            UnsupportedFormError: it is none.
        """
        if self.variable == self.old:
            return normal_form(function, self.variable)
        try:
            return self._expressed(function)
        except OrderError:
            raise
        except UnsupportedFormError:
            raise UnsupportedFormError(
                f"the function must be a quotient of sums of powers of {self.function}, got {shown(function)}. "
                "Pass to a coordinate in which it is, with theory.coordinates."
            ) from None

    def _expressed(self, function: sp.Expr) -> sp.Expr:
        z = self.variable
        if self.inverse_function is not None:
            return normal_form(in_inverse_chart(function, self.old, z, self.inverse_function), z)
        if self.quadratic is not None:
            return normal_form(rational_in_root_chart(function, self.old, self.quadratic, z), z)
        if self.frequency is not None:
            return normal_form(rational_in_tangent(function, self.old, self.frequency, self._middle, z), z)
        substituted = sp.expand(sp.expand_log(_without_hyperbolics(function).subs(self.old, self.inverse)))
        return normal_form(
            sp.expand(substituted.replace(lambda e: isinstance(e, sp.exp), lambda e: _as_power(e.args[0], z))), z
        )


def _without_hyperbolics(function: sp.Expr) -> sp.Expr:
    return sp.sympify(function, strict=True).replace(
        lambda e: isinstance(e, HyperbolicFunction), lambda e: e.rewrite(sp.exp)
    )


def _as_power(argument: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """exp(argument) with the part proportional to log z written as a power of z."""
    argument = sp.expand(argument)
    rate = argument.coeff(sp.log(z))
    return z**rate * sp.exp(argument - rate * sp.log(z))
