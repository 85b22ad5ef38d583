r"""Whether a density has a finite integral: at its ends, and at the poles that its slope has inside.

On the line everything is read from the logarithmic slope, on each stretch where the density is one formula: near an
end or a pole it behaves as :func:`theory.line.ends.endpoints.endpoint_behaviour` says, or as the speed of a diffusion
with that drift does (:func:`theory.line.ends.boundary.classify`), which also takes exponentials, logarithms and waves.
In several dimensions a Gaussian is judged by its precision matrix, and a product of functions of one coordinate each by
its factors.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import sympy as sp
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, SYMBOLS, takes
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.glued import pieces_of
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import classify
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.ends.feller import integrable
from theory.line.integrals.exponential_of_integral import logarithmic_derivative

PIECES = (sp.Piecewise, sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.floor, sp.ceiling, sp.Mod)
"""Functions that change their form at a place."""

_BOUNDED = (sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.atan, sp.asinh, sp.erf, sp.erfc, *PIECES)
"""Functions that are bounded on bounded sets, as far as their arguments are."""


@takes(density=EXPRESSION, state=SYMBOLS)
def finite_integral(density: sp.Expr, state: Sequence[sp.Symbol], interval: Interval | None = None) -> Boolean | None:
    """The condition on the parameters under which the positive function ``density`` has a finite integral, or None.

    On the line the integral is over ``interval``, by default over what the assumptions of the coordinate describe.

    Raises:
        TheoryError: an end or a pole could not be looked at.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> finite_integral(sp.exp(-sp.Abs(x)), [x]), finite_integral(x**-4, [x])
        (True, False)
    """
    if len(state) == 1:
        return _on_the_line(density, state[0], Interval.given(interval, state[0]))
    if density.has(*PIECES):
        return None
    slopes = [sp.cancel(sp.together(sp.diff(density, x) / density)) for x in state]
    if all(slope.free_symbols & set(state) <= {x} for slope, x in zip(slopes, state, strict=True)):
        factors = zip(slopes, state, strict=True)
        parts = [_by_slope(sp.expand(slope), x, Interval.of(x), tame=False) for slope, x in factors]
        return None if None in parts else sp.And(*parts)
    return _gaussian(slopes, state)


def _on_the_line(density: sp.Expr, x: sp.Symbol, interval: Interval) -> Boolean | None:
    anywhere = sp.Dummy("x", real=True)
    if all(end.is_finite for end in interval.ends) and _is_bounded_inside(density.xreplace({x: anywhere}), anywhere):
        return sp.true
    stretches = pieces_of(density, x, interval) if density.has(*PIECES) else ((interval, density),)
    conditions = [sp.true if formula == 0 else _on_stretch(formula, x, stretch) for stretch, formula in stretches]
    return None if None in conditions else sp.And(*conditions)


def _on_stretch(density: sp.Expr, x: sp.Symbol, stretch: Interval) -> Boolean | None:
    """The condition for a density that is one formula on ``stretch``."""
    y, direction = _own_coordinate(x, stretch)
    own = Interval(*(direction * end for end in stretch.ends[::direction]))
    there = density.subs(x, direction * y)
    return _by_slope(sp.expand(logarithmic_derivative(there, y)), y, own, tame=_is_bounded_inside(there, y))


def _own_coordinate(x: sp.Symbol, stretch: Interval) -> tuple[sp.Symbol, int]:
    """A coordinate y of a stretch, positive where it can be, and the sign in ``x = sign * y``."""
    if stretch.left.is_nonnegative:
        return sp.Symbol(x.name, positive=True), 1
    if stretch.right.is_nonpositive:
        return sp.Symbol(x.name, positive=True), -1
    return sp.Symbol(x.name, real=True), 1


def _by_slope(slope: sp.Expr, x: sp.Symbol, interval: Interval, *, tame: bool) -> Boolean | None:
    """The condition from the logarithmic slope; ``tame`` says that the density is bounded on bounded sets."""
    if all(end.is_infinite for end in interval.ends) and _is_periodic(slope, x):
        return sp.false  # each period counts by the same factor, on one side a factor of at least 1
    with contextlib.suppress(UnsupportedFormError):
        poles: list[sp.Expr] | None = [] if tame else _poles(slope, x, interval)
        if poles is not None:
            sides = [endpoint_behaviour(slope, x, pole, from_above=above) for pole in poles for above in (True, False)]
            oriented = zip(interval.ends, (True, False), strict=True)
            ends = [endpoint_behaviour(slope, x, end, from_above=above) for end, above in oriented]
            return sp.And(*map(integrable, [*ends, *sides]))
    # The density is that of the speed of dX = slope dt + sqrt(2) dW, which is singular nowhere inside, or refused.
    process = ItoProcess.scalar(x, drift=slope, dispersion=sp.sqrt(2))
    return sp.And(*(end.finite_speed for end in classify(process, interval)))


def _is_bounded_inside(density: sp.Expr, x: sp.Symbol) -> bool:
    """Whether ``density`` is bounded on every closed interval inside that of ``x``."""
    kernels = [part for part in density.atoms(sp.Function) if part.has(x)]
    powers = [part for part in density.atoms(sp.Pow) if part.has(x)]
    harmless = all(isinstance(part, _BOUNDED) for part in kernels)
    return harmless and all(part.base.is_positive or part.exp.is_nonnegative for part in powers)


def _poles(slope: sp.Expr, x: sp.Symbol, interval: Interval) -> list[sp.Expr] | None:
    """Where the slope of a density has poles inside ``interval``; None where that is not known."""
    denominator = sp.denom(sp.together(slope))
    if not slope.is_rational_function(x):
        return None
    places = _zeros(denominator, x)
    if places is None:
        return None
    inside = []
    for place in places:
        from_ends = (place - interval.left, interval.right - place)
        if not any(distance.is_extended_nonpositive for distance in from_ends):
            if not all(distance.is_extended_positive for distance in from_ends):
                return None
            inside.append(place)
    return inside


def _zeros(function: sp.Expr, x: sp.Symbol) -> list[sp.Expr] | None:
    """The real zeros of a polynomial in ``x``; None where they are not all known."""
    if not function.has(x):
        return []
    if not function.is_polynomial(x):
        return None
    polynomial = sp.Poly(function, x)
    if polynomial.domain in (sp.ZZ, sp.QQ):
        return list(dict.fromkeys(polynomial.real_roots()))
    roots = sp.roots(polynomial)
    if sum(roots.values()) != polynomial.degree() or any(root.is_real is None for root in roots):
        return [] if function.is_positive or function.is_negative else None
    return [root for root in roots if root.is_real]


def _is_periodic(slope: sp.Expr, x: sp.Symbol) -> bool:
    waves = [part for part in slope.atoms(TrigonometricFunction) if part.has(x)]
    if not waves or slope.xreplace({wave: sp.Dummy() for wave in waves}).has(x):
        return False
    rates = [sp.diff(wave.args[0], x) for wave in waves]
    return all(rate.is_real and not rate.has(x) and (rate / rates[0]).is_Rational for rate in rates)


def _gaussian(slopes: Sequence[sp.Expr], state: Sequence[sp.Symbol]) -> Boolean | None:
    """Sylvester's criterion on the exponent, where that is a quadratic form."""
    precision = -sp.Matrix(slopes).jacobian(list(state))
    everywhere = all(Interval.of(x).ends == (-sp.oo, sp.oo) for x in state)
    if precision.free_symbols & set(state) or not everywhere:
        return None
    minors = [sp.factor(precision[:k, :k].det()) for k in range(1, precision.rows + 1)]
    return sp.And(*(sp.Gt(minor, 0) for minor in minors))
