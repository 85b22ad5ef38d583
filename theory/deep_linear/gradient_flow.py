r"""Gradient flow of one mode of any depth: its implicit solution, learning times, and which modes are quicker.

The flow :math:`\dot w = L(s-w)\,w^{2-2/L}` of equation (5) is solved by the time at which it reaches w,

.. math::
    t = F(w) - F(w_0), \qquad F(w) = \frac{w^{h}}{L s h}\,{}_2F_1\big(1, h; 1+h; w/s\big), \qquad h = \tfrac2L - 1,

for :math:`L \ne 2`; for L = 2, where h = 0, by :math:`F = \tfrac1{2s}\log\frac w{s-w}`, the logistic solution (3). For
L > 2 the start costs most: :math:`t \approx w_0^{-(L-2)/L}/((L-2)s)` as :math:`w_0 \to 0`.

In :math:`v = w/s` the time from :math:`w_0` to :math:`fs` is :math:`s^{-a}\int_{w_0/s}^f dv/(L(1-v)v^a)`,
:math:`a = 2 - 2/L`, so that a larger s is quicker exactly where

.. math::
    a\int_{v_0}^f\frac{dv}{(1-v)v^a} > \frac{v_0^{1-a}}{1-v_0}, \qquad v_0 = \frac{w_0}s,

which holds for small :math:`v_0` and fails close to f: "larger modes rise earlier" needs a small start.

References:
    Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks"
    (2013); "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366),
    equations (2), (3), (5). The form for every depth is not in the latter.
"""

from __future__ import annotations

import sympy as sp

from theory.decision.conditions.inequalities import sign
from theory.deep_linear.modewise import amplitude, checked_depth, known_sign, singular_value
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.line.charts.powers import reduced_exponent
from theory.notation import t
from theory.values import shown, single_expression

start = sp.Symbol("w_0", positive=True)
"""Amplitude at time 0."""


def passage_primitive(depth: sp.Expr | int, w: sp.Expr = amplitude, s: sp.Expr = singular_value) -> sp.Expr:
    r"""The function F with :math:`F' = 1/(L(s-w)w^{2-2/L})` on (0, s).

    Args:
        depth: L, at least 1; L = 2 or known to differ from 2.
        w: the amplitude.
        s: the singular value.

    Raises:
        UnsupportedFormError: whether the depth is 2 is not known.

    Example:
        >>> passage_primitive(2)
        log(w/(s - w))/(2*s)
        >>> passage_primitive(4)
        -hyper((-1/2, 1), (1/2,), w/s)/(2*s*sqrt(w))
    """
    L = checked_depth(depth)
    w, s = known_sign(w, "w", strictly=True), known_sign(s, "s", strictly=True)
    side = sign(L - 2)
    if side is None:
        raise UnsupportedFormError(
            f"depth must be 2 or known to differ from it, got {shown(depth)}: the form of the solution changes there. "
            'Declare theory.parameters.parameter("L", above=2).'
        )
    if side == 0:
        return sp.log(w / (s - w)) / (2 * s)
    h = reduced_exponent(2 / L - 1)
    return w**h * sp.hyper((1, h), (1 + h,), w / s) / sp.expand(2 - L) / s


def passage_time(
    depth: sp.Expr | int, begin: sp.Expr = start, end: sp.Expr = amplitude, s: sp.Expr = singular_value
) -> sp.Expr:
    r"""The time :math:`F(w) - F(w_0)` that gradient flow takes from ``begin`` to ``end``, both in (0, s).

    Raises:
        SymbolError: an end lies at or beyond s, which takes for ever.
        UnsupportedFormError: as :func:`passage_primitive`.

    Example:
        >>> half = singular_value / 2
        >>> passage_time(2, end=half)
        -log(w_0/(s - w_0))/(2*s)
    """
    s = known_sign(s, "s", strictly=True)
    for name, point in (("begin", begin), ("end", end)):
        expression = single_expression(point, name, real=True)
        if (s - expression).is_nonpositive:
            raise SymbolError(
                f"{name} must lie below s={s}, which gradient flow reaches in no finite time, got {point}."
            )
    return passage_primitive(depth, end, s) - passage_primitive(depth, begin, s)


def logistic_solution(begin: sp.Expr = start, s: sp.Expr = singular_value, time: sp.Expr = t) -> sp.Expr:
    r"""The solution of :math:`\dot w = 2(s-w)w`, two layers: equation (3).

    Example:
        >>> w = logistic_solution()
        >>> sp.cancel(sp.diff(w, t) - 2 * (singular_value - w) * w)
        0
    """
    begin, s = known_sign(begin, "begin", strictly=True), known_sign(s, "s", strictly=True)
    return s / (1 + (s / begin - 1) * sp.exp(-2 * s * single_expression(time, "time", real=True)))


def small_start_time(depth: sp.Expr | int, begin: sp.Expr = start, s: sp.Expr = singular_value) -> sp.Expr:
    r"""What a small start costs: the leading term of :func:`passage_time` as :math:`w_0 \to 0`.

    .. math::
        \frac{w_0^{-(L-2)/L}}{(L-2)s} \quad (L > 2), \qquad \frac1{2s}\log\frac s{w_0} \quad (L = 2).

    For L = 1 there is none: the time stays finite.

    Raises:
        UnsupportedFormError: L < 2, or the sign of L - 2 is not known.
    """
    L = checked_depth(depth)
    begin, s = known_sign(begin, "begin", strictly=True), known_sign(s, "s", strictly=True)
    side = sign(L - 2)
    if side not in (0, 1):
        raise UnsupportedFormError(f"depth must be at least 2, and known to be 2 or more than 2, got {shown(depth)}.")
    if side == 0:
        return sp.log(s / begin) / (2 * s)
    return begin ** reduced_exponent(2 / L - 1) / ((L - 2) * s)


def advantage_of_larger_modes(depth: sp.Expr | int, fraction: sp.Expr | float, ratio: sp.Expr) -> sp.Expr:
    r"""What is positive exactly where a larger s reaches its fraction f earlier from the same start.

    .. math::
        -L\,s^{1+a}\,\frac{\partial t}{\partial s} = a\,L s^a\,t - \frac{v_0^{1-a}}{1-v_0}, \qquad a = 2 - \tfrac2L,
        \qquad v_0 = 1/\rho

    Args:
        depth: L.
        fraction: f in (0, 1); 1/2 for half-times.
        ratio: :math:`\rho = s/w_0 > 1/f`.

    Raises:
        ShapeError: the fraction does not lie between 0 and 1.

    Example:
        >>> rho = sp.Symbol("rho", positive=True)
        >>> sp.expand_log(advantage_of_larger_modes(2, sp.Rational(1, 2), rho), force=True)
        log(rho) + log(1 - 1/rho) - 1/(1 - 1/rho)
    """
    L = checked_depth(depth)
    f = single_expression(fraction, "fraction", real=True)
    if f.is_number and not (f.is_positive and (1 - f).is_positive):
        raise ShapeError(f"fraction must lie strictly between 0 and 1, got {shown(fraction)}.")
    v_0 = 1 / known_sign(ratio, "ratio", strictly=True)
    a = reduced_exponent(2 - 2 / L)
    time = passage_time(L, v_0, f, sp.S.One)
    return a * L * time - v_0 ** reduced_exponent(1 - a) / (1 - v_0)
