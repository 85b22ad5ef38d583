"""The probability law of an unnormalised density, by quadrature: density, distribution, moments, quantiles, mode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mpmath
import sympy as sp
from mpmath import mp, mpf

from numerics.arguments import EXTENDED, INTERVAL, REAL, VALUES, require, takes, whole_number
from numerics.codegen.compile import compile_program
from numerics.deterministic.panels import gauss, nodes_for
from numerics.deterministic.pictures import picture_of_law
from numerics.deterministic.pieces import Real, real_value, specified, value_as_stored
from numerics.deterministic.quadrature import GUARD, Integral, IntegralPart, integral_in_parts, integrate_density, total
from numerics.errors import ArgumentError
from numerics.working_precision import working_digits
from theory.argument_kinds import EXPRESSION, SYMBOL, one_of
from theory.line.laws.law import StationaryLaw


@dataclass(frozen=True)
class NumericalLaw:
    r"""The probability law of an unnormalised density, by quadrature.

    Every number has an error of at most ``10**-digits``: relative to the mean modulus for an expectation, absolute
    for probabilities; :meth:`measured` gives the error itself.

    Attributes:
        density: Unnormalised.
        variable: Its variable.
        interval: Its support.
        parameters: A number for every other symbol.
        digits: Significant digits of every number returned.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> law = NumericalLaw(x * sp.exp(-x), x, (0, sp.oo), digits=15)
        >>> mp.nstr(law.moment(1), 10), mp.nstr(law.mode(), 10), mp.nstr(law.quantile(0.5), 10)
        ('2.0', '1.0', '1.67834699')
    """

    density: sp.Expr
    variable: sp.Symbol
    interval: tuple[Real, Real]
    parameters: Mapping[sp.Symbol, Real] = field(default_factory=dict, hash=False)
    digits: int = 30

    def __post_init__(self) -> None:
        require(EXPRESSION, self.density, "density")
        require(SYMBOL, self.variable, "variable")
        require(INTERVAL, self.interval, "interval")
        require(VALUES, self.parameters, "parameters")
        whole_number(self.digits, "digits", at_least=5, below=501)

    @property
    def normalisation(self) -> Integral:
        """The partition function, the integral of ``density``."""
        with working_digits(self.digits + GUARD):
            return total(self._parts)

    def pdf(self, point: Real) -> mpf:
        """The normalised density at ``point``; 0 outside the support."""
        left, right = self._ends
        with working_digits(self.digits + GUARD):
            require(EXTENDED, point, "point")
            x = real_value(specified(value_as_stored(point), self.parameters, set()))
            if not left < x < right:
                return mpf(0)
            return mpmath.mpmathify(self._program(x)[0]) / self.normalisation.value

    @takes(function=EXPRESSION)
    def measured(self, function: sp.Expr) -> Integral:
        """The mean of a function of the variable, with its error."""
        upper = integrate_density(
            self.density * function, self.variable, self.interval, self.parameters, digits=self.digits
        )
        lower = self.normalisation
        with working_digits(self.digits + GUARD):
            value = upper.value / lower.value
            return Integral(value, (upper.error + abs(value) * lower.error) / lower.value, upper.cut_off)

    @takes(function=EXPRESSION)
    def expectation(self, function: sp.Expr) -> mpf:
        """The mean of a function of the variable."""
        return self.measured(function).value

    def moment(self, order: Real) -> mpf:
        """The mean of a power of the variable."""
        return self.expectation(self.variable ** value_as_stored(order, "order"))

    @cached_property
    def mean(self) -> mpf:
        """The mean."""
        return self.moment(1)

    @cached_property
    def variance(self) -> mpf:
        """The mean square of the distance to the mean."""
        return self.expectation((self.variable - value_as_stored(self.mean)) ** 2)

    def cdf(self, point: Real) -> mpf:
        """The probability to the left of ``point``."""
        left, right = self._ends
        with working_digits(self.digits + GUARD):
            require(EXTENDED, point, "point")
            x = real_value(specified(value_as_stored(point), self.parameters, set()))
            if x <= left or x >= right:
                return mpf(int(x >= right))
            below = mpf(0)
            for part in self._parts:
                if self._reaches(part, x):
                    return (below + self._up_to(part, x)) / self.normalisation.value
                below += part.value
            return mpf(1)

    def quantile(self, probability: Real) -> mpf:
        """The point with ``probability`` to its left."""
        with working_digits(self.digits + GUARD):
            require(REAL, probability, "probability")
            level = real_value(value_as_stored(probability))
            if not 0 < level < 1:
                raise ArgumentError(f"probability must lie strictly between 0 and 1, got {probability}.")
            wanted = level * self.normalisation.value
            for part in self._parts:
                if wanted < part.value or part is self._parts[-1]:
                    return self._point_at(part, wanted)
                wanted -= part.value
            raise AssertionError("the level lies beyond the last part")

    def mode(self) -> mpf:
        """The point of largest density: a zero or jump of its slope, or an end; one of them where there are several."""
        with working_digits(self.digits + GUARD):
            kinks = {real_value(part.piece.near) for part in self._parts}
            points = sorted(kinks.union(*map(_places, self._parts)) - {*self._ends})
            heights = [mpmath.mpmathify(self._program(x)[0]) for x in points]
            best = max(range(len(points)), key=heights.__getitem__)
            if best in (0, len(points) - 1):
                return self._ends[0 if best == 0 else 1]
            f = specified(self.density, self.parameters, {self.variable})
            score = compile_program([sp.diff(sp.log(f), self.variable)], [self.variable], backend="mpmath")
            low, high = points[best - 1], points[best + 1]
            gap = high - low  # the scale at a peak in 0, to which no other length is short
            while high - low > mpf(10) ** (-self.digits - 2) * max(abs(low), abs(high), gap):
                middle = (low + high) / 2
                slope = mpmath.mpmathify(score(middle)[0])
                if slope == 0:
                    return middle
                low, high = (middle, high) if slope > 0 else (low, middle)
            return points[best] if low <= points[best] <= high else (low + high) / 2

    def plot(self, axes: Any = None) -> Any:
        """The density, drawn by :func:`numerics.deterministic.pictures.picture_of_law`."""
        return picture_of_law(self, axes)

    @cached_property
    def _parts(self) -> list[IntegralPart]:
        with working_digits(self.digits + GUARD):
            parts = integral_in_parts(self.density, self.variable, self.interval, self.parameters, digits=self.digits)
            value = total(parts).value
        if value <= 0:
            raise ArgumentError(f"density must be positive, but its integral is {mp.nstr(value, 10)}.")
        return parts

    @cached_property
    def _program(self) -> Callable[..., tuple[mpf, ...]]:
        f = specified(self.density, self.parameters, {self.variable})
        return compile_program([f], [self.variable], backend="mpmath")

    @cached_property
    def _ends(self) -> tuple[mpf, mpf]:
        with working_digits(self.digits + GUARD):
            left, right = (real_value(specified(value_as_stored(end), self.parameters, set())) for end in self.interval)
            return left, right

    def _reaches(self, part: IntegralPart, x: mpf) -> bool:
        """Whether ``x``, not left of the part, lies in it."""
        distance = part.piece.direction * (x - real_value(part.piece.near))
        return distance > 0 and mpmath.log(distance) <= part.piece.top if part.piece.direction > 0 else distance >= 0

    def _up_to(self, part: IntegralPart, x: mpf) -> mpf:
        """The integral over what of the part lies left of ``x``."""
        distance = abs(x - real_value(part.piece.near))
        inner = self._nearer(part, mpmath.log(distance)) if distance else mpf(0)
        return inner if part.piece.direction > 0 else part.value - inner

    def _nearer(self, part: IntegralPart, u: mpf) -> mpf:
        """The integral over the distances below exp(u)."""
        below = mpf(0)
        for panel in part.panels:
            if u < panel.high:
                inside = max(u, panel.low)
                return below + gauss(part.piece.weight, panel.low, inside, nodes_for(self.digits))[0]
            below += panel.value
        return below

    def _point_at(self, part: IntegralPart, wanted: mpf) -> mpf:
        """The point of the part with the integral ``wanted`` to its left."""
        nearer = wanted if part.piece.direction > 0 else part.value - wanted
        for panel in part.panels:
            if nearer <= panel.value or panel is part.panels[-1]:
                break
            nearer -= panel.value
        weight, points = part.piece.weight, nodes_for(self.digits)

        def excess(u: mpf) -> mpf:
            return gauss(weight, panel.low, u, points)[0] - nearer

        low, high, u = panel.low, panel.high, (panel.low + panel.high) / 2
        for _ in range(200):  # Newton's method, kept inside a bracket that shrinks
            value = excess(u)
            low, high = (u, high) if value < 0 else (low, u)
            slope = weight(u)
            step = u - value / slope if slope else low
            step = step if low < step < high else (low + high) / 2
            if abs(step - u) <= mpf(10) ** (-self.digits - 2) * (1 + abs(u)):
                return part.piece.place(step)
            u = step
        return part.piece.place(u)


@takes(law=one_of(StationaryLaw, needed="a StationaryLaw"))
def numerical_law(
    law: StationaryLaw, parameters: Mapping[sp.Symbol, Real] | None = None, *, digits: int = 30
) -> NumericalLaw:
    """A stationary law at given parameters, by quadrature to as many digits as wanted.

    Args:
        law: The law.
        parameters: A number for every parameter.
        digits: Significant digits.

    Raises:
        NotNormalisableError: there is no law at these parameters.
        MissingParameterError: a parameter has no number.

    References:
        Risken, *The Fokker-Planck Equation* (1996), section 5.2.

    Example:
        >>> from theory import ItoProcess, stationary_density
        >>> x, k = sp.symbols("x k", positive=True)
        >>> well = stationary_density(ItoProcess.scalar(x, drift=2 * x - k * x**2 - x**3, dispersion=x))
        >>> mp.nstr(numerical_law(well, {k: 1}, digits=20).mean, 18)
        '0.769833849938735931'
    """
    require(VALUES, parameters, "parameters")
    chosen = law.at(parameters or {})
    return NumericalLaw(chosen.density, chosen.variable, chosen.interval.ends, digits=digits)


def _places(part: IntegralPart) -> list[mpf]:
    """Points of the part, dense where its integrand changes."""
    edges = [u for panel in part.panels for u in (panel.low, (panel.low + panel.high) / 2, panel.high)]
    return [part.piece.place(u) for u in edges if u < part.piece.top]
