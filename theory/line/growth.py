r"""Ends at infinity of a diffusion with constant noise whose drift no chart holds: from the growth of the drift.

For constant a, scale and speed at :math:`+\infty` hang on how :math:`\varphi = \int 2b/a` grows:

* where :math:`2b/a` has a limit :math:`L \in [-\infty, \infty]`, :math:`e^\varphi` is integrable for :math:`L < 0` and
  not for :math:`L > 0`, and :math:`e^{-\varphi}` the other way round; for :math:`L = 0` the limit of
  :math:`2xb/a` is compared with -1 and 1;
* where b is a sum of powers times sines of one frequency, :math:`\varphi = P(x) + Q(x)\cos(\omega x + \dots)`, the
  term of higher degree decides; if that is Q, :math:`\varphi` has peaks and troughs without bound, and neither
  integral exists;
* a drift of at most linear growth, or :math:`b/(x\log x)` bounded, leaves an end natural; one with
  :math:`|b|/x^{3/2} \to \infty` makes it an entrance or an exit.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.6; Khasminskii, *Stochastic
    Stability of Differential Equations* (2012), section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.simplify.fu import TR8

from theory.decision.inequalities import positive, sign
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.limits import NOT_FOUND
from theory.line.feller import FellerClass
from theory.line.interval import Interval

_BOUNDED = (sp.sin, sp.cos)
_ENTIRE = (sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.exp, sp.erf, sp.atan, sp.asinh, sp.sech)
"""Functions without a singularity on the line."""


@dataclass(frozen=True)
class Growth:
    """An end at infinity.

    Attributes:
        attracting: condition for a finite scale.
        finite_speed: condition for a finite speed measure.
        feller_class: None where the growth does not tell.
    """

    attracting: Boolean
    finite_speed: Boolean
    feller_class: FellerClass | None


def growth(process: ItoProcess, interval: Interval) -> tuple[Growth, Growth]:
    """Both ends of the line.

    Raises:
        UnsupportedFormError: the interval is not the line, the noise is not constant, the drift may be infinite
            somewhere, or its growth is none of the module description.
    """
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    if interval.ends != (-sp.oo, sp.oo) or a.has(x) or positive(a) != sp.true or not _is_entire(b, x):
        raise UnsupportedFormError(
            "the growth of the drift tells only on the whole line, under constant noise, and for a drift without "
            f"poles, got drift {b} and diffusion {a} on {interval.ends}."
        )
    mirrored = -b.subs(x, -x)
    y = sp.Dummy("y", positive=True)
    left, right = (_at_infinity(f.subs(x, y), a, y) for f in (mirrored, b))
    if left is None or right is None:
        raise UnsupportedFormError(f"how the drift {b} grows at infinity is not known here.")
    return left, right


def _at_infinity(b: sp.Expr, a: sp.Expr, y: sp.Symbol) -> Growth | None:
    if any(e.args[0].has(y) for e in b.atoms(*_BOUNDED)):
        return _oscillating(b, a, y)
    steepness = _limit(b, y)
    outwards = (
        None if steepness is None else sign(steepness) if steepness.is_finite else 1 if steepness == sp.oo else -1
    )
    if outwards is None:
        return None
    if outwards == 0:
        rate = _limit(2 * y * b / a, y)
        if rate is None or not rate.is_finite or (above := sign(rate - 1)) in (0, None):
            return None
        below = sign(rate + 1)
        if below in (0, None):
            return None
        return Growth(sp.sympify(above > 0), sp.sympify(below < 0), FellerClass.NATURAL)
    return Growth(sp.sympify(outwards > 0), sp.sympify(outwards < 0), _class(b, y, outwards))


def _class(b: sp.Expr, y: sp.Symbol, outwards: int) -> FellerClass | None:
    slow = _limit(b / (y * sp.log(y)), y)
    if slow is not None and slow.is_finite:
        return FellerClass.NATURAL
    if _limit(b / y ** sp.Rational(3, 2), y) in (sp.oo, -sp.oo):
        return FellerClass.EXIT if outwards > 0 else FellerClass.ENTRANCE
    return None


def _oscillating(b: sp.Expr, a: sp.Expr, y: sp.Symbol) -> Growth | None:
    plain, waves = sp.S.Zero, []
    for term in sp.Add.make_args(sp.expand(TR8(sp.expand(b)))):
        factors = [f for f in sp.Mul.make_args(term) if f.has(y)]
        trigonometric = [f for f in factors if isinstance(f, _BOUNDED)]
        power = sp.Mul(*(f for f in factors if f not in trigonometric))
        if len(trigonometric) > 1 or not power.is_polynomial(y):
            return None
        if not trigonometric:
            plain += term
            continue
        frequency = sp.diff(trigonometric[0].args[0], y)
        if frequency.has(y) or not frequency.is_nonzero:
            return None
        waves.append((sp.degree(power, y) if power.has(y) else 0, abs(frequency)))
    wave = max(degree for degree, _ in waves)
    polynomial = sp.Poly(plain, y) if plain != 0 else None
    degree = -1 if polynomial is None else polynomial.degree()
    if degree + 1 > wave:
        assert polynomial is not None
        outwards = sign(polynomial.LC())
        if outwards in (None, 0):
            return None
        kind = FellerClass.NATURAL if max(degree, wave) <= 1 else None
        if degree > max(wave, 1):
            kind = FellerClass.EXIT if outwards > 0 else FellerClass.ENTRANCE
        return Growth(sp.sympify(outwards > 0), sp.sympify(outwards < 0), kind)
    if degree + 1 == wave or len({frequency for top, frequency in waves if top == wave}) > 1:
        return None
    if wave == 0:
        return None  # bounded: see theory.line.oscillation
    return Growth(sp.false, sp.false, FellerClass.NATURAL if wave <= 1 else None)


def _limit(f: sp.Expr, y: sp.Symbol) -> sp.Expr | None:
    """The limit as y tends to infinity, where it exists and is a number or has a sign."""
    try:
        found = sp.limit(f, y, sp.oo)
    except NOT_FOUND:
        return None
    if found.has(sp.AccumBounds, sp.nan, sp.zoo, sp.Limit, y):
        return None
    if found.is_infinite:
        return sp.oo if found.is_extended_positive else -sp.oo if found.is_extended_negative else None
    return found


def _is_entire(b: sp.Expr, x: sp.Symbol) -> bool:
    """Whether the drift is a sum of products of functions without singularities on the line."""
    for e in sp.preorder_traversal(b):
        if not e.has(x) or e.is_Add or e.is_Mul or e == x or isinstance(e, _ENTIRE):
            continue
        if e.is_Pow and not e.exp.has(x) and (e.exp.is_nonnegative and e.exp.is_integer or positive(e.base) == sp.true):
            continue
        if isinstance(e, sp.log) and positive(e.args[0]) == sp.true:
            continue
        return False
    return True
