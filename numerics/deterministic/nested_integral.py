r"""Integrals :math:`\int_a^b f(y)\int_c^y v(z)\,dz\,dy` of positive functions, as mean passage times are made of.

So are integrals of :math:`g(y)\exp\int_c^y h`, a scale density without closed form.
They are those of :mod:`numerics.deterministic.first_passage` for the diffusion whose scale density is f and whose speed
density is v, so they cost as little, infinite ends included, and come with the same estimate of their error.
"""

from __future__ import annotations

import mpmath
import numpy as np
import sympy as sp

from numerics.arguments import takes
from numerics.deterministic.first_passage import FirstPassage, Pair
from numerics.deterministic.quadrature import Integral
from numerics.deterministic.scale_and_speed_panels import Panels
from numerics.errors import ArgumentError
from numerics.working_precision import working_digits
from theory.argument_kinds import one_of
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.integrals.exponential_of_integral import with_integrals_at
from theory.line.integrals.weight_integral import OneWayPassage


@takes(integral=one_of(sp.Integral, needed="an Integral"))
def nested_integral(integral: sp.Integral) -> Integral:
    """The number, with an estimate of its error.

    Raises:
        ArgumentError: the integral is not of this form, or holds symbols.
        DivergenceError: it diverges, or converges too slowly for floating-point numbers.

    Example:
        >>> from mpmath import nstr
        >>> y, z = sp.symbols("y z", real=True)
        >>> inner = sp.Integral(sp.exp(-(z**4) / 2), (z, -sp.oo, y))
        >>> nstr(nested_integral(sp.Integral(sp.exp(y**4 / 2) * inner, (y, -sp.oo, 0))).value, 12)
        '0.821565450412'
    """
    if integral.free_symbols or len(integral.limits) != 1 or len(integral.limits[0]) != 3:
        raise ArgumentError(f"integral must be one over numbers, with two ends, got {integral}.")
    ((y, low, high),) = integral.limits
    passage = getattr(integral, "passage", None)
    if isinstance(passage, OneWayPassage):
        return _along(passage, y, low, high)
    inner = list(integral.function.atoms(sp.Integral))
    if any(e.has(sp.Integral) for e in integral.function.atoms(sp.exp)):
        return _of_exponential(integral.function, y, (low, high))
    if len(inner) != 1 or len(inner[0].limits) != 1 or len(inner[0].limits[0]) != 3:
        raise ArgumentError(f"integral must hold one other integral as a factor, got {integral}.")
    ((z, first, last),) = inner[0].limits
    outside, speed = integral.function / inner[0], inner[0].function.subs(z, y)
    if outside.has(sp.Integral) or y not in (first, last) or first == last:
        raise ArgumentError(f"integral must have the inner one as a factor that ends at {y}, got {integral}.")
    begins = first if last == y else last
    if begins == (low if last == y else high):  # over the whole triangle, whose order of integration is free
        return _integrated(_coefficients(speed, outside, y), y, (low, high), begins, exchanged=True)
    return _integrated(_coefficients(outside, speed, y), y, (low, high), begins, exchanged=False)


def _of_exponential(f: sp.Expr, y: sp.Symbol, limits: tuple[sp.Expr, sp.Expr]) -> Integral:
    r"""The integral of :math:`g(y)\exp\int_c^y h`, between two points where it is regular."""
    slope = sp.diff(sp.log(f), y)
    bases = {part.limits[0][1] for part in f.atoms(sp.Integral)}
    low, high = limits
    if len(bases) != 1 or slope.has(sp.Integral) or not (low.is_finite and high.is_finite):
        raise ArgumentError(f"integrand must be an exponential of one integral up to {y} from a number, got {f}.")
    (base,) = bases
    at_base = mpmath.log(mpmath.mpmathify(sp.N(with_integrals_at(f, y, base), 30)))
    program = sp.lambdify(y, slope, "mpmath")
    with working_digits(25):
        begun = at_base + mpmath.quad(program, [mpmath.mpmathify(sp.N(end, 25)) for end in (base, low)])
        found = _Nested(-slope / 2, sp.S.One, y, limits).of_scale()
        return Integral(found.value * mpmath.exp(begun), found.error * mpmath.exp(begun))


def _along(passage: OneWayPassage, y: sp.Symbol, low: sp.Expr, high: sp.Expr) -> Integral:
    """The same where drift and diffusion are known."""
    exchanged = passage.begins in (low, high)
    coefficients = passage.exchanged(y) if exchanged else (passage.drift, passage.diffusion)
    return _integrated(coefficients, y, (low, high), passage.begins, exchanged=exchanged)


def _integrated(
    coefficients: tuple[sp.Expr, sp.Expr],
    y: sp.Symbol,
    limits: tuple[sp.Expr, sp.Expr],
    begins: sp.Expr,
    *,
    exchanged: bool,
) -> Integral:
    """Over the part of a triangle that ``limits`` leave; over all of it, from the far corner, where ``exchanged``."""
    low, high = limits
    upwards = (begins <= low) == sp.true
    ends = (begins, high) if upwards else (low, begins)
    if exchanged:
        return _Nested(*coefficients, y, ends).integrated(None, not upwards)
    return _Nested(*coefficients, y, ends).integrated(low if upwards else high, upwards)


def _coefficients(scale: sp.Expr, speed: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Drift and diffusion to given densities."""
    diffusion = sp.powsimp(2 / (scale * speed))
    slope = sp.cancel(sp.together(-sp.diff(sp.log(scale), x)))
    return slope * diffusion / 2, diffusion


class _Nested(FirstPassage):
    """A passage of which only drift and diffusion count; what its ends do is known."""

    def __init__(self, drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, ends: tuple[sp.Expr, sp.Expr]) -> None:
        process = ItoProcess((x,), (drift,), ((sp.sqrt(diffusion),),))
        is_open = tuple(end.is_infinite or not _regular((drift / diffusion, diffusion), x, end) for end in ends)
        values = {"process": process, "lower": ends[0], "upper": ends[1], "interval": Interval(*ends), "_open": is_open}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def integrated(self, start: sp.Expr | None, upwards: bool) -> Integral:
        """The integral over the outer variable from ``start`` on, or all the way."""
        if start is not None:
            return self._evaluated(start, lambda panels, at: self._one_way(panels, at, upwards))

        def whole(panels: Panels, at: int) -> tuple[float, Pair]:
            del at
            return self._one_way(panels, 0 if upwards else len(panels.half), upwards)

        if self._open[0 if upwards else 1]:
            raise ArgumentError("integral must begin at a point where its factors are finite.")
        return self._evaluated(self._interval.interior_point(), whole)

    def of_scale(self) -> Integral:
        """The integral of the scale density that is 1 at the lower end."""
        if any(self._open):
            raise ArgumentError(f"the integrand must be regular at both ends, but on {self._interval.ends} it is not.")

        def whole(panels: Panels, at: int) -> tuple[float, Pair]:
            del at
            return float(np.logaddexp.reduce(panels.totals(panels.scale))), (0.0, 0.0)

        return self._evaluated(self._interval.interior_point(), whole)


def _regular(functions: tuple[sp.Expr, ...], x: sp.Symbol, end: sp.Expr) -> bool:
    values = [f.subs(x, end) for f in functions]
    return all(value.is_finite for value in values) and bool(values[-1].is_positive)
