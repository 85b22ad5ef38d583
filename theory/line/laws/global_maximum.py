r"""That a smooth function on an interval is largest at one point alone, and how fast it falls towards the ends.

A law :math:`p \propto e^{\Phi/\beta}/D` needs this for Laplace's method, where no coordinate makes :math:`\Phi'` a
quotient of powers, or where :math:`\Phi` has other maxima, which are lower. With :math:`\Phi'(x_0) = 0` and
:math:`\Phi''(x_0) < 0` it is enough that one of the following is shown:

* :math:`\Phi'' < 0` on the whole interval; then :math:`\Phi` falls at least linearly towards infinite ends;
* :math:`\Phi'` has one zero, and is positive before and negative beyond;
* :math:`\Phi < \Phi(x_0)` on both sides, as a whole or term by term, and in the limit at the ends.

Signs are proved (:class:`theory.decision.proofs.signs_on_line.OpenInterval`, or terms of one sign where there are
parameters). Towards an infinite end, with :math:`c = -\lim\Phi/\log|x|` and :math:`d = \lim\log D/\log|x|`, the moment
of order k is finite for :math:`c/\beta + d > k + 1`.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.decision.algebra.normal_form import proof_of_positivity, proof_of_zero
from theory.decision.conditions.inequalities import positive, sign, simplified
from theory.decision.proofs.signs_on_line import OpenInterval
from theory.errors import UnsupportedFormError
from theory.limits import NOT_FOUND
from theory.line.charts.interval import Interval
from theory.line.charts.uncharted import image, is_regular_inside

_INTERVAL = one_of(Interval, needed="an Interval")
_GAMMA = (sp.gamma, sp.loggamma, sp.polygamma)
"""Functions that are smooth where their last argument is positive."""


@takes(function=EXPRESSION, x=SYMBOL, point=EXPRESSION, interval=_INTERVAL)
def is_only_maximum(function: sp.Expr, x: sp.Symbol, point: sp.Expr, interval: Interval) -> bool:
    """Whether a function that has a maximum at ``point`` inside the interval is shown to be smaller everywhere else.

    Near the ends too it must stay below by more than some positive number.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> is_only_maximum(1 - sp.cosh(x) - sp.log(1 + x**2), x, sp.S.Zero, Interval(-sp.oo, sp.oo))
        True
        >>> is_only_maximum(-((x**2 - 1) ** 2), x, sp.S.One, Interval(-sp.oo, sp.oo))
        False
    """
    if not _is_smooth(function, x, interval):
        return False
    if is_concave(function, x, interval) or _has_one_zero(sp.diff(function, x), x, interval):
        return True
    sides = Interval(interval.left, point), Interval(point, interval.right)
    return all(_is_lower(function, x, point, side) for side in sides) and all(
        _sign(_limit(function, x, end, inwards) - function.subs(x, point)) == -1 for end, inwards in _ends(interval)
    )


@takes(function=EXPRESSION, x=SYMBOL, interval=_INTERVAL)
def is_concave(function: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether the second derivative is shown to be negative on the whole interval.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> is_concave(-sp.loggamma(x) - x * sp.exp(x), x, Interval(0, sp.oo))
        True
    """
    return _is_smooth(function, x, interval) and has_sign(-sp.diff(function, x, 2), x, interval)


@takes(function=EXPRESSION, x=SYMBOL, interval=_INTERVAL)
def has_sign(function: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether the function is shown to be positive on the open interval.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> has_sign(k + sp.cosh(x), x, Interval(0, sp.oo)), has_sign(1 + x - k, x, Interval(0, sp.oo))
        (True, False)
    """
    if proof_of_positivity(function.subs(x, image(interval)[0])) is not None:
        return True
    line = _open(x, interval)
    found = None if line is None else line.signs(function)
    return found is not None and found.strict and found.pieces == (1,)


@takes(function=EXPRESSION, divisor=EXPRESSION, x=SYMBOL, small=SYMBOL, interval=_INTERVAL)
def finite_moments(
    function: sp.Expr, divisor: sp.Expr, x: sp.Symbol, small: sp.Symbol, interval: Interval
) -> tuple[Boolean, Boolean, Boolean]:
    r"""Conditions for a finite integral, mean and second moment of :math:`e^{f/\beta}/D`, f being bounded from above.

    Raises:
        UnsupportedFormError: the divisor is not shown to be positive up to finite ends, or a limit is not found.

    Example:
        >>> x, b = sp.Symbol("x", real=True), sp.Symbol("beta", positive=True)
        >>> finite_moments(-sp.log(1 + x**2), 1 + x**2, x, b, Interval(-sp.oo, sp.oo))[2]
        beta < 2
    """
    if divisor.has(x) and not (_is_smooth(divisor, x, interval) and has_sign(divisor, x, interval)):
        raise UnsupportedFormError(f"divisor={divisor} is not shown to be smooth and positive on {interval.ends}.")
    conditions: list[list[Boolean]] = [[], [], []]
    concave = is_concave(function, x, interval)
    for end, inwards in _ends(interval):
        if end.is_finite:
            if divisor.has(x) and _sign(_limit(divisor, x, end, inwards)) != 1:
                raise UnsupportedFormError(f"divisor={divisor} is not shown to stay positive towards {x} = {end}.")
            continue
        y = sp.Dummy("y", positive=True)
        out = y if end == sp.oo else -y
        fall = sp.oo if concave else -_limit(function.subs(x, out) / sp.log(y), y, sp.oo, "-")
        thinning = _limit(y * sp.diff(sp.log(divisor.subs(x, out)), y), y, sp.oo, "-")
        if not thinning.is_finite or _sign(fall) != 1:
            raise UnsupportedFormError(
                f"the integral of exp(({function})/{small})/({divisor}) is not shown to be finite towards {x} = {end}: "
                "the exponent must fall there at least like a logarithm, and the divisor change like a power."
            )
        for power, found in enumerate(conditions):
            found.append(sp.true if fall == sp.oo else positive(fall + small * (thinning - power - 1)))
    none, mean, second = (simplified(sp.And(*found)) for found in conditions)
    return none, mean, second


def _ends(interval: Interval) -> tuple[tuple[sp.Expr, str], tuple[sp.Expr, str]]:
    return (interval.left, "+"), (interval.right, "-")


def _open(x: sp.Symbol, interval: Interval) -> OpenInterval | None:
    usable = all(end.is_Rational or end.is_infinite for end in interval.ends)
    return OpenInterval(x, *interval.ends) if usable else None


def _is_smooth(f: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    return _is_regular(f, x, interval) and _is_regular(sp.diff(f, x), x, interval)


def _is_regular(f: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    """Whether ``f`` is seen to be analytic inside the interval."""
    kernels = [e for e in f.atoms(*_GAMMA) if e.has(x)]
    if f.has(sp.Abs) or not all(has_sign(e.args[-1], x, interval) for e in kernels):
        return False
    plain = f.xreplace({e: e.args[-1] for e in kernels})
    line = None if kernels else _open(x, interval)
    return is_regular_inside(plain, sp.S.One, x, interval) or line is not None and line.signs(f) is not None


def _has_one_zero(slope: sp.Expr, x: sp.Symbol, interval: Interval) -> bool:
    line = _open(x, interval)
    found = None if line is None else line.signs(slope)
    return found is not None and found.strict and found.pieces == (1, -1)


def _is_lower(function: sp.Expr, x: sp.Symbol, point: sp.Expr, side: Interval) -> bool:
    """Whether the function lies below its value at ``point`` on one side of it: as a whole or term by term."""
    if has_sign(function.subs(x, point) - function, x, side):
        return True
    terms = [term for term in sp.Add.make_args(function) if term.has(x)]
    falls = [has_sign(term.subs(x, point) - term, x, side) for term in terms]
    return any(falls) and all(fall or _is_at_crest(t, x, point) for fall, t in zip(falls, terms, strict=True))


def _is_at_crest(term: sp.Expr, x: sp.Symbol, point: sp.Expr) -> bool:
    """Whether a multiple of a sine or cosine takes its greatest value at ``point``."""
    factor, wave = term.as_independent(x)
    return isinstance(wave, sp.sin | sp.cos) and proof_of_zero(term.subs(x, point) - sp.Abs(factor)) is not None


def _sign(limit: sp.Expr) -> int | None:
    """The sign of a limit that may be infinite, or not found."""
    if limit in (sp.oo, -sp.oo):
        return 1 if limit == sp.oo else -1
    return None if limit.has(sp.nan, sp.oo) else sign(limit)


def _limit(f: sp.Expr, x: sp.Symbol, end: sp.Expr, side: str) -> sp.Expr:
    """The limit from inside towards an end, nan where none is found."""
    try:
        found = sp.limit(f, x, end, side)
    except NOT_FOUND:
        return sp.nan
    return sp.nan if found.has(sp.AccumBounds, sp.zoo, sp.Limit, x) else found
