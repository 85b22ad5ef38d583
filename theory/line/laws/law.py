"""A stationary law as an object: conditions, closed forms where there are any, and numbers everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import holds, simplified
from theory.errors import (
    DriftproofError,
    MissingParameterError,
    NotNormalisableError,
    ShapeError,
    UnsupportedFormError,
)
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import Collapse
from theory.line.exponent_cases import Cell, by_cases
from theory.line.families import Family, Patchwork, VonMises
from theory.line.families.family import MAX_ORDER
from theory.line.integrals.exponential_of_integral import where_integrals_begin, with_integrals_at
from theory.line.laws.critical_points import HighestPoint
from theory.line.laws.even_density import symmetric_about
from theory.line.laws.given_numbers import beyond, number_at, numbers_given, within
from theory.line.laws.mode import mode
from theory.line.laws.moment_existence import infinite_moment, is_positive_at_zero, tail_moment_exists
from theory.line.laws.pearson import pearson_moment
from theory.line.laws.recognise import recognise
from theory.line.time_limit import limited
from theory.local_time import is_smooth
from theory.services import service
from theory.values import shown, single_expression

DIGITS = 15
"""Digits of the numbers of a law at given parameters."""


@dataclass(frozen=True)
class StationaryLaw:
    r"""The zero-current density of a diffusion on an interval, with the conditions under which it is a law.

    Attributes:
        density: p, not normalised, without constant factors.
        variable: x.
        interval: where x lives.
        log_derivative: :math:`p'/p = (2b - a')/a`, which ``density`` has been checked against.
        integrable_at: pairs (condition, endpoint): where p has a finite integral near each end.
        normalisable: condition on the parameters for a finite integral of p.
        collapse: pairs (condition, endpoint) under which the process converges weakly to that point mass.
        undecided: condition under which p diverges at both ends and neither point mass is known to be the limit.
        regular: condition under which the process is regular inside the interval; all else supposes it.
        family: the family p belongs to, or None where it is not recognised.
        coefficients: drift and diffusion of the process, where the law was derived from one.
        cells: the laws it consists of, where a parameter in the exponents changes its form.

    Mean, variance, moments, distribution function and quantiles are closed forms where the family has them. Elsewhere
    they are numbers of :data:`DIGITS` digits once all parameters are numbers (:meth:`at`); ``law.at(values).numbers``
    holds them with their errors.
    """

    density: sp.Expr
    variable: sp.Symbol
    interval: Interval
    log_derivative: sp.Expr
    integrable_at: tuple[Collapse, ...]
    normalisable: Boolean = sp.true
    collapse: tuple[Collapse, ...] = ()
    undecided: Boolean = sp.false
    regular: Boolean = sp.true
    family: Family | None = None
    coefficients: tuple[sp.Expr, sp.Expr] | None = field(default=None, repr=False, compare=False)
    cells: tuple[Cell[StationaryLaw], ...] = field(default=(), repr=False, compare=False)
    _normalised: bool = field(default=False, repr=False, compare=False)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Free symbols besides the variable, sorted by name."""
        free = self.density.free_symbols | self.interval.left.free_symbols | self.interval.right.free_symbols
        return tuple(sorted(free - {self.variable}, key=lambda symbol: symbol.name))

    @property
    def _closed(self) -> Family | None:
        """The family, where its closed forms are to be used."""
        return None if self.family is None or (self.family.cancels and not self.parameters) else self.family

    @property
    def _by_symmetry(self) -> bool:
        return self._closed is None or isinstance(self._closed, VonMises)

    @cached_property
    def centre(self) -> sp.Expr | None:
        """The point about which the density is even; None where it is not seen to be."""
        return None if self.density.has(sp.Integral) else symmetric_about(self.density, self.variable, self.interval)

    @property
    @limited
    def partition_function(self) -> sp.Expr:
        """The integral of ``density``; a standing integral where no family is recognised and parameters are open."""
        if self.family is not None:
            return self.family.partition_function
        if self._normalised:
            return sp.S.One
        return sp.Integral(self.density, (self.variable, *self.interval.ends))

    @property
    @limited
    def mean(self) -> sp.Expr:
        """The mean of the normalised law; nan where ``normalisable`` fails, as for the other moments."""
        if self._by_symmetry and self.centre is not None:
            return self._where_finite(self.centre, 1)
        first = self._pearson(1)
        if first is not None:
            return self._where_finite(first, 1)
        return self._closed_or_number("mean", lambda family: family.mean, lambda law: law.mean, 1)

    @property
    @limited
    def variance(self) -> sp.Expr:
        """The variance of the normalised law."""
        first, second = self._pearson(1), self._pearson(2)
        if first is not None and second is not None:
            return self._where_finite(sp.factor(second - first**2), 2, beyond=sp.oo)
        return self._closed_or_number("variance", lambda family: family.variance, lambda law: law.variance, 2)

    @property
    @limited
    def log_mean(self) -> sp.Expr:
        """The mean of the logarithm."""
        return self._closed_or_number(
            "log_mean", lambda family: family.log_mean, lambda law: law.expectation(sp.log(self.variable))
        )

    @limited
    def moment(self, k: sp.Expr | int) -> sp.Expr:
        """The moment of order ``k`` of the normalised law.

        Raises:
            ShapeError: ``k`` is no whole number, and the law has mass below 0.
            UnsupportedFormError: ``k`` is larger than any moment that is computed.
        """
        order = single_expression(k, "k", real=True)
        if order.is_number and not abs(order) <= MAX_ORDER:
            raise UnsupportedFormError(f"k must be at most {MAX_ORDER} in size, got {shown(order)}.")
        if order.is_integer is False and self.interval.left.is_extended_negative:
            raise ShapeError(
                f"k must be a whole number where the law has mass below 0, got {order}: powers are complex there."
            )
        if order.is_integer and order.is_negative and is_positive_at_zero(self.density, self.variable, self.interval):
            return self._where_law(sp.oo if order.is_even else sp.nan)
        if self._by_symmetry and self.centre == 0 and order.is_Integer and order.is_odd and order.is_positive:
            return self._where_finite(sp.S.Zero, order)
        found = self._pearson(order)
        if found is not None:
            return self._where_finite(found, order, beyond=sp.oo if order.is_even else sp.nan)
        return self._closed_or_number(
            f"moment({order})", lambda family: family.moment(order), lambda law: law.moment(order), order
        )

    @limited
    def pdf(self, x: sp.Expr | float | None = None) -> sp.Expr:
        """The normalised density at ``x`` (default: the variable): a number, or a symbol in the interval."""
        family = self._closed
        point = self.variable if x is None else single_expression(x, "x", real=True)
        if (outside := beyond(point, self.interval, sp.S.Zero, sp.S.Zero)) is not None:
            return self._where_law(outside)
        if point.is_number and family is None and not self.parameters:
            return self._number("pdf", lambda law: law.pdf(point))
        density = self.density / self.partition_function if family is None else family.density
        return within(point, self.interval, sp.S.Zero, sp.S.Zero, density.subs(self.variable, point))

    @limited
    def cdf(self, x: sp.Expr | float | None = None) -> sp.Expr:
        """The probability of values up to ``x`` (default: the variable): a number, or a symbol in the interval."""
        point = self.variable if x is None else single_expression(x, "x", real=True)
        if (outside := beyond(point, self.interval, sp.S.Zero, sp.S.One)) is not None:
            return self._where_law(outside)
        found = self._closed_or_number(f"cdf({point})", lambda f: f.cdf(point), lambda law: law.cdf(number_at(point)))
        return within(point, self.interval, sp.S.Zero, sp.S.One, found)

    @limited
    def quantile(self, probability: sp.Expr | float) -> sp.Expr:
        """The point with ``probability`` to its left, as a number.

        Raises:
            ShapeError: ``probability`` does not lie strictly between 0 and 1.
        """
        level = single_expression(probability, "probability", real=True)
        if level.is_number and not 0 < level < 1:
            raise ShapeError(f"probability must lie strictly between 0 and 1, got {level}.")
        if level == sp.S.Half and self.centre is not None:
            return self._where_law(self.centre)
        return self._number(f"quantile({level})", lambda law: law.quantile(level))

    @cached_property
    def numbers(self) -> Any:
        """The law by quadrature, with an error for every number: a :class:`numerics.NumericalLaw` or of its kind.

        Raises:
            MissingParameterError: a parameter has no number yet.
        """
        if self.parameters:
            raise MissingParameterError(
                f"numbers need a number for every parameter: {', '.join(map(str, self.parameters))} have none. "
                "Use law.at(values)."
            )
        if self.density.has(sp.Integral, sp.hyper) and self._quick_numbers is not None:
            return self._quick_numbers
        return service("law_numbers")(self.density, self.variable, self.interval.ends, digits=DIGITS)

    @cached_property
    def _quick_numbers(self) -> Any:
        """The law in double precision from the slope of its density; None where that has jumps, or nobody offers it."""
        given = self.coefficients if sp.Tuple(*self.coefficients or ()).free_symbols <= {self.variable} else None
        drift, diffusion = given or (self.log_derivative / 2, sp.S.One)  # where numbers cancel out of b/a
        if given is None and not is_smooth(drift, (self.variable,)):
            return None
        try:
            made = service("law_on_panels")
        except UnsupportedFormError:
            return None
        return made(drift, diffusion, self.variable, self.interval.ends)

    @property
    @limited
    def mode(self) -> sp.Expr:
        """Where the density is largest *in this coordinate*; it moves under a change of variable.

        Where the law collapses it is the end with all the mass, and nan where the limit is undecided.
        """
        if self.normalisable == sp.false:
            return self._with_limits({})
        if self.cells:
            return by_cases(self.cells, lambda law: law.mode)
        try:
            found = mode(self.density, self.variable, self.interval)
            if not self.parameters and found.has(HighestPoint):
                found = found.evalf(DIGITS)
        except UnsupportedFormError:
            if self.parameters or self.normalisable != sp.true:
                raise
            found = self._number("mode", lambda law: law.mode())
            if self.centre is not None and abs(found - self.centre) > sp.Float(10) ** -8:
                return sp.nan  # an even density is as high on the other side
        if self.normalisable == sp.true:
            return found
        given = found.args if isinstance(found, sp.Piecewise) else ((found, sp.true),)
        cases: dict[sp.Expr, Boolean] = {value: sp.And(condition, self.normalisable) for value, condition in given}
        return self._with_limits(cases)

    def _with_limits(self, cases: dict[sp.Expr, Boolean]) -> sp.Expr:
        """Cases of a law, completed by those without one."""
        for condition, end in self.collapse:
            cases[end] = sp.Or(cases.get(end, sp.false), condition)
        cases.setdefault(sp.nan, sp.true)
        return sp.Piecewise(*((value, simplified(condition)) for value, condition in cases.items()))

    @limited
    def at(self, values: Mapping[sp.Symbol, sp.Expr | float]) -> StationaryLaw:
        """The normalised law at numbers for all parameters.

        Floats are read as the decimals they print, so that thresholds are compared exactly.

        Raises:
            MissingParameterError: a parameter has no value.
            SymbolError: a name is no parameter of law or process, or its value no number or against its assumptions.
            NotNormalisableError: the integral diverges; the message names the violated inequality and the limit.
        """
        numbers_of = numbers_given(values, self.parameters, self.variable, self.coefficients)
        if holds(self.regular, numbers_of) is not True:
            raise UnsupportedFormError(f"the process is regular inside the interval only where {self.regular}.")
        if holds(self.normalisable, numbers_of) is not True:
            raise NotNormalisableError(self._why_not(numbers_of))
        interval = Interval(*(end.subs(numbers_of) for end in self.interval.ends))
        density = self.density.subs(numbers_of)
        family = recognise(density, self.variable, interval)
        coefficients = self.coefficients and tuple(part.subs(numbers_of) for part in self.coefficients)
        law = StationaryLaw(
            density=density,
            variable=self.variable,
            interval=interval,
            log_derivative=self.log_derivative.subs(numbers_of),
            integrable_at=tuple(Collapse(sp.true, end) for end in interval.ends),
            coefficients=coefficients,
        )
        if isinstance(family, Patchwork) or (family is not None and family.cancels):
            family = None  # its closed forms are long sums of large numbers that cancel
        if family is not None:
            factor = 1 / family.kernel_integral
            return replace(law, density=density / family.partition_function, family=replace(family, factor=factor))
        total = law._measured_total()
        known = law.partition_function if total is None else total
        normalised = replace(law, density=density / known, _normalised=total is not None)
        normalised.__dict__["_quick_numbers"] = law._quick_numbers  # from the slope, which a factor does not change
        return normalised

    def plot(self, values: Mapping[sp.Symbol, sp.Expr | float] | None = None, *, axes: Any = None) -> Any:
        """The density with its quartiles, on axes of matplotlib, which are returned.

        Args:
            values: A number for every parameter, as for :meth:`at`.
            axes: Where to draw; default: a new figure.
        """
        return (self.at(values) if values else self).numbers.plot(axes)

    def _repr_latex_(self) -> str:
        """Density, interval and conditions, as a notebook shows them."""
        x, (left, right) = sp.latex(self.variable), map(sp.latex, self.interval.ends)
        lines = [rf"p({x}) &\propto {sp.latex(self.density)}, & {x} &\in ({left}, {right})"]
        if self.normalisable != sp.true:
            lines.append(rf"&\text{{a law}} & &\text{{if }} {sp.latex(self.normalisable)}")
        for condition, end in self.collapse:
            lines.append(rf"&\to \delta_{{{sp.latex(end)}}} & &\text{{if }} {sp.latex(condition)}")
        return r"$$\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}$$"

    def _why_not(self, values: dict[sp.Symbol, sp.Expr]) -> str:
        given = ", ".join(f"{symbol}={value}" for symbol, value in sorted(values.items(), key=lambda p: p[0].name))
        violated = [
            f"it diverges at {end}" if condition == sp.false else f"violated: {condition} (integrable at {end})"
            for condition, end in self.integrable_at
            if holds(condition, values) is False
        ]
        limits = [end for condition, end in self.collapse if holds(condition, values)]
        outcome = (
            f"The law collapses to the point mass at {self.variable} = {limits[0].subs(values)}."
            if limits
            else "It diverges at both ends, and which point mass the law tends to, if any, is undecided."
        )
        return (
            f"the stationary density of {self.variable} has no finite integral{' at ' * bool(given)}{given}: "
            f"{' and '.join(violated) or f'violated: {self.normalisable}'}. {outcome}"
        )

    def _where_law(self, value: sp.Expr) -> sp.Expr:
        return value if self.normalisable == sp.true else sp.Piecewise((value, self.normalisable), (sp.nan, True))

    def _where_finite(self, value: sp.Expr, order: sp.Expr | int, beyond: sp.Expr = sp.nan) -> sp.Expr:
        """``value`` where the moment of ``order`` is finite; ``beyond`` for other laws, and nan where there is none."""
        tail = tail_moment_exists(self.log_derivative, self.variable, self.interval, order)
        exists = simplified(sp.And(self.normalisable, tail))
        if exists == sp.true:
            return value
        return sp.Piecewise((value, exists), (beyond, self.normalisable), (sp.nan, True))

    def _pearson(self, order: sp.Expr | int) -> sp.Expr | None:
        """The moment by the recursion of Pearson's laws, where parameters are open and no family is known."""
        whole_line = self.interval.ends == (-sp.oo, sp.oo)
        if self.coefficients is None or self.family is not None or self.cells or not (self.parameters and whole_line):
            return None
        whole = sp.sympify(order).is_Integer and 0 <= order <= 100
        return pearson_moment(*self.coefficients, x=self.variable, order=int(order)) if whole else None

    def _closed_or_number(
        self, quantity: str, closed: Callable[[Family], sp.Expr], number: Callable[[Any], Any], order: sp.Expr | int = 0
    ) -> sp.Expr:
        if self.normalisable == sp.false:
            return sp.nan
        if self._closed is not None:
            try:
                return closed(self._closed)
            except UnsupportedFormError:
                if self.parameters:
                    raise
        given = not self.parameters or self.normalisable == sp.true
        infinite = infinite_moment(self.log_derivative, self.variable, self.interval, order) if given else None
        return self._number(quantity, number) if infinite is None else infinite

    def _number(self, quantity: str, number: Callable[[Any], Any]) -> sp.Expr:
        if self.parameters:
            named = "" if self.family else f"{self.density} is not recognised as one of the known families. "
            raise UnsupportedFormError(
                f"{quantity} is not written in closed form. {named}Give every parameter a number, with law.at(values): "
                "then it is one."
            )
        if (quick := self._quick_numbers) is not None:
            try:
                return sp.Float(number(quick), DIGITS)
            except DriftproofError:
                if self.numbers is quick:
                    raise
        return sp.Float(number(self.numbers), DIGITS)

    def _measured_total(self) -> sp.Expr | None:
        """The integral of the density by quadrature; None, without numbers for it."""
        try:
            if (quick := self._quick_numbers) is not None:
                try:
                    point = where_integrals_begin(self.density, self.interval)
                    scale = sp.exp(sp.Float(quick.log_integral(point).value, DIGITS + 3))
                    return with_integrals_at(self.density, self.variable, point) * scale
                except DriftproofError:
                    if self.density.has(sp.Integral, sp.hyper):
                        raise
            return sp.Float(self.numbers.normalisation.value, DIGITS + 3)
        except DriftproofError:
            return None
