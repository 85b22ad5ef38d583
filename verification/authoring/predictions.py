"""What a candidate formula predicts for a measured number: substitution, an integral, a value along a path."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.errors import DivergenceError
from theory.argument_kinds import CONDITION, SYMBOL, ArgumentKind
from theory.decision.arb.balls import complex_ball
from theory.errors import UnsupportedFormError
from verification.arguments import takes
from verification.errors import VerificationError

BALL_PRECISION = 96
ENOUGH_BITS = 50
"""A ball of so many correct bits is as good as its middle."""

Values = Mapping[sp.Symbol, str]
"""Parameter values as exact rationals in strings, so that no float enters a formula."""


def _is_rational(text: str) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[-+]?\d+(/\d+|\.\d*)?", text) is not None


_VALUES = ArgumentKind(
    "a mapping of symbols to rational numbers as text",
    lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(symbol, sp.Symbol) and _is_rational(number) for symbol, number in value.items())
    ),
)


def exact(values: Values) -> dict[sp.Symbol, sp.Rational]:
    """``values`` as exact rationals."""
    return {symbol: sp.Rational(value) for symbol, value in values.items()}


def at(values: Values) -> Callable[[sp.Expr], sp.Expr]:
    """The candidate itself at ``values``."""
    return lambda candidate: candidate.subs(exact(values))


def at_point(*symbols: sp.Symbol) -> Callable[[sp.Expr, Mapping[str, str]], sp.Expr]:
    """The candidate at a point of a comparison, which has a value for each of ``symbols`` under its name."""
    return lambda candidate, point: candidate.subs({symbol: sp.Rational(point[symbol.name]) for symbol in symbols})


def entry_of(points: Sequence[Mapping[str, Any]]) -> Callable[[sp.MatrixBase, Mapping[str, Any]], sp.Expr]:
    """The entry of a candidate column that belongs to a point, in the order of ``points``."""
    return lambda candidate, point: candidate[list(points).index(point)]


def itself(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
    """The candidate, whatever the point."""
    return candidate


def condition_holds(condition: Boolean, values: Values) -> bool:
    """Whether a candidate condition on the parameters is true at ``values``."""
    return bool(condition.subs(exact(values)))


def either(holds: sp.Expr, fails: sp.Expr, values: Values) -> Callable[[Boolean], sp.Expr]:
    """What a candidate condition predicts at ``values``: ``holds`` if it is true there, ``fails`` if it is not."""
    return lambda condition: (holds if condition_holds(condition, values) else fails).subs(exact(values))


@takes(condition=CONDITION, symbol=SYMBOL, values=_VALUES)
def edge(condition: Boolean, symbol: sp.Symbol, values: Values) -> sp.Expr | None:
    """Where a candidate inequality changes its truth value along ``symbol``, the others at ``values``.

    None where it does not within the assumptions of the symbol, at several places, or is no inequality.

    Example:
        >>> mu, zeta = sp.symbols("mu zeta", positive=True)
        >>> edge(mu > 3 * zeta**2 / 2, mu, {zeta: "2"})
        6
    """
    if not isinstance(condition, sp.core.relational.Relational):
        return None
    here = (condition.lhs - condition.rhs).subs({other: v for other, v in exact(values).items() if other != symbol})
    numerator = sp.numer(sp.together(here))
    if here.free_symbols != {symbol} or not numerator.is_polynomial(symbol):
        return None
    places = [root for root in sp.roots(numerator, symbol) if root.is_positive or not symbol.is_positive]
    return places[0] if len(places) == 1 else None


def mean_under_density(
    observable: sp.Expr, variable: sp.Symbol, values: Values, *, lower: sp.Expr = sp.S.Zero, upper: sp.Expr = sp.oo
) -> Callable[[sp.Expr], float | None]:
    """The mean of ``observable`` under the candidate, an unnormalised density of ``variable`` at ``values``.

    A candidate without a finite integral there predicts nothing.
    """

    def predicted(candidate: sp.Expr) -> float | None:
        from numerics.deterministic.quadrature import integrate_density

        density = candidate.subs(exact(values))
        try:
            weighted = integrate_density(observable * density, variable, (lower, upper), {}, digits=15)
            weight = integrate_density(density, variable, (lower, upper), {}, digits=15)
        except DivergenceError:
            return None
        return float(weighted.value / weight.value)

    return predicted


def ratio_of_integrals(candidate: sp.Expr, values: Values) -> float:
    """A candidate that is the quotient of two integrals with one lower end, at ``values``."""
    from numerics.deterministic.quadrature import integrate_density

    part, whole = (
        integrate_density(integral.function, variable, (lower, upper), {}, digits=15).value
        for integral in candidate.subs(exact(values)).as_numer_denom()
        for variable, lower, upper in integral.limits
    )
    return float(part / whole)


def spectral(candidate: sp.Expr, values: Values, digits: int = 8) -> float:
    """A candidate sum over bound states plus an integral over waves, both evaluated term by term."""
    total = mpmath.mpf(0)
    with mpmath.workdps(digits + 10):
        for part in sp.Add.make_args(candidate.subs(exact(values)).expand()):
            if part.has(sp.Integral):
                (integral,) = part.atoms(sp.Integral)
                total += _evaluated(part / integral) * _wave_integral(integral, digits)
            else:
                total += _evaluated(sp.sympify(part).doit())
    return float(total)


def _wave_integral(integral: sp.Integral, digits: int) -> mpmath.mpf:
    ((wave, lower, upper),) = integral.limits
    if (lower, upper) != (0, sp.oo):
        raise VerificationError(f"wave integrals must run over (0, oo), got {integral.limits}.")
    factor, waves = integral.function.as_independent(wave, as_Add=False)
    return _evaluated(factor) * _sum_of_waves(waves, wave, digits)


@functools.lru_cache(maxsize=64)
def _sum_of_waves(waves: sp.Expr, wave: sp.Symbol, digits: int) -> mpmath.mpf:
    """The midpoint rule, halved until it settles; it converges exponentially on an even analytic integrand.

    Candidates that differ by a factor share their waves.
    """
    integrand = _real_part_of(waves, wave)

    def midpoints(spacing: Fraction) -> mpmath.mpf:
        total, largest, i = mpmath.mpf(0), mpmath.mpf(0), 0
        while True:
            term = integrand((i + Fraction(1, 2)) * spacing)
            total, largest, i = total + term, max(largest, abs(term)), i + 1
            if i * spacing > 1 and abs(term) <= mpmath.mpf(10) ** -digits * largest:
                return total * spacing.numerator / spacing.denominator

    spacing = Fraction(1, 5)
    coarse = midpoints(spacing)
    for _ in range(5):
        spacing /= 2
        fine = midpoints(spacing)
        if abs(fine - coarse) <= mpmath.mpf(10) ** (2 - digits) * abs(fine):
            return fine
        coarse = fine
    raise VerificationError("a wave integral did not settle with 160 points per unit.")


def _real_part_of(expression: sp.Expr, variable: sp.Symbol) -> Callable[[Fraction], mpmath.mpf]:
    """The real part of a formula at rational numbers: the middle of a ball, or mpmath's value without python-flint."""
    by_mpmath = _function_of(variable, expression)

    def value(at: Fraction) -> mpmath.mpf:
        try:
            real = complex_ball(expression, {variable: at}, BALL_PRECISION).real
        except UnsupportedFormError:
            real = None
        if real is None or real.rel_accuracy_bits() < ENOUGH_BITS:
            return mpmath.re(by_mpmath(mpmath.mpf(at.numerator) / at.denominator))
        return mpmath.mpf(float(real))

    return value


def _evaluated(value: sp.Expr) -> mpmath.mpf:
    return mpmath.re(mpmath.mpmathify(_function_of(sp.Dummy(), value)(0)))


def _function_of(variable: sp.Symbol, expression: sp.Expr):
    """A formula of a claim, which is code of ours and no user's text, as a function on mpmath numbers."""
    return sp.lambdify(variable, expression, modules=[{"hyperu": mpmath.hyperu}, "mpmath"])
