"""The probability law of an unnormalised density, by quadrature: moments, quantiles, mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import mpmath
import sympy as sp
from mpmath import mp, mpf

from numerics.codegen.compile import compile_program
from numerics.deterministic.quadrature import (
    GUARD,
    SEARCH,
    Integral,
    Real,
    integrate_density,
    real_value,
    specified,
    value_as_stored,
)
from numerics.errors import ArgumentError


@dataclass(frozen=True)
class NumericalLaw:
    r"""The probability law of an unnormalised density, by quadrature.

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
    parameters: Mapping[sp.Symbol, Real] = field(default_factory=dict)
    digits: int = 30

    @cached_property
    def normalisation(self) -> Integral:
        """The partition function, the integral of ``density``."""
        total = self._integral(self.density, self.interval)
        if total.value <= 0:
            raise ArgumentError(f"density must be positive, but its integral is {mp.nstr(total.value, 10)}.")
        return total

    def expectation(self, function: sp.Expr) -> mpf:
        """The mean of a function of the variable."""
        return self._ratio(self._integral(self.density * function, self.interval))

    def moment(self, order: Real) -> mpf:
        """The mean of a power of the variable."""
        return self.expectation(self.variable ** value_as_stored(order))

    def cdf(self, point: Real) -> mpf:
        """The probability to the left of ``point``."""
        left, right = self._ends()
        with mp.workdps(self.digits + GUARD):
            x = real_value(value_as_stored(point))
            if x <= left or x >= right:
                return mpf(int(x >= right))
        return self._ratio(self._integral(self.density, (self.interval[0], point)))

    def quantile(self, probability: Real) -> mpf:
        """The point with ``probability`` to its left."""
        with mp.workdps(self.digits + GUARD):
            level = real_value(value_as_stored(probability))
            if not 0 < level < 1:
                raise ArgumentError(f"probability must lie strictly between 0 and 1, got {probability}.")
            low = high = mpf(0)
            stride = mpf(1)
            while self.cdf(self._state(low)) >= level:
                low, stride = low - stride, 2 * stride
            stride = mpf(1)
            while self.cdf(self._state(high)) <= level:
                high, stride = high + stride, 2 * stride
            root = mpmath.findroot(
                lambda u: self.cdf(self._state(u)) - level,
                (low, high),
                solver="anderson",
                tol=mpf(10) ** (-self.digits),
                verify=False,
            )
            return self._state(root)

    def mode(self) -> mpf:
        """The point of largest density: a zero of its logarithmic derivative, or an end where it is largest there."""
        with mp.workdps(self.digits + GUARD):
            f = specified(self.density, self.parameters, {self.variable})
            program = compile_program([f], [self.variable], backend="mpmath")
            score = compile_program([sp.diff(sp.log(f), self.variable)], [self.variable], backend="mpmath")
            grid = [mpf(u) / 4 for u in range(-4 * SEARCH, 4 * SEARCH + 1)]
            values = [mpmath.mpmathify(program(self._state(u))[0]) for u in grid]
            largest = max(values)
            best = [i for i, value in enumerate(values) if value == largest]
            if best[0] == 0:
                return self._ends()[0]
            if best[-1] == len(grid) - 1:
                return self._ends()[1]
            low, high = self._state(grid[best[0] - 1]), self._state(grid[best[-1] + 1])
            return mpmath.findroot(
                lambda x: mpmath.mpmathify(score(x)[0]), (low, high), solver="anderson", verify=False
            )

    def _integral(self, function: sp.Expr, interval: tuple[Real, Real]) -> Integral:
        return integrate_density(function, self.variable, interval, self.parameters, digits=self.digits)

    def _ratio(self, numerator: Integral) -> mpf:
        with mp.workdps(self.digits + GUARD):
            return numerator.value / self.normalisation.value

    def _ends(self) -> tuple[mpf, mpf]:
        with mp.workdps(self.digits + GUARD):
            left, right = (real_value(specified(value_as_stored(end), self.parameters, set())) for end in self.interval)
            return left, right

    def _state(self, u: mpf) -> mpf:
        """The support as an image of the line."""
        left, right = self._ends()
        if mpmath.isinf(left) and mpmath.isinf(right):
            return mpmath.sinh(u)
        if mpmath.isinf(right):
            return left + mpmath.exp(u)
        if mpmath.isinf(left):
            return right - mpmath.exp(-u)
        return left + (right - left) / (1 + mpmath.exp(-u))
