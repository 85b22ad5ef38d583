r"""Drifts that oscillate for ever: sines and cosines on an unbounded interval, under constant noise.

No coordinate makes :math:`\sin x` a quotient of powers on the whole line. But where the diffusion a is constant, a sum
of sines and cosines in the drift has a bounded primitive :math:`\Phi`, and

.. math:: s = s_0 e^{-\Phi}, \qquad m = m_0 e^{\Phi}

differ from scale and speed of the drift without it by factors between two positive constants. Every integral by which
Feller's classes and normalisability are defined is then finite for both processes or for none.
"""

from __future__ import annotations

import sympy as sp
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.simplify.fu import TR8

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.line.charts.interval import Interval


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def without_oscillation(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, interval: Interval
) -> tuple[sp.Expr, sp.Expr]:
    r"""The drift without its sines and cosines, and the bounded primitive :math:`\Phi` of what they add to 2b/a.

    The drift itself and 0 where it is not of this form, or the interval is bounded.

    Example:
        >>> x, k = sp.symbols("x k", real=True)
        >>> without_oscillation(-x + k * sp.sin(2 * x), sp.S(2), x, Interval(-sp.oo, sp.oo))
        (-x, -k*cos(2*x)/2)
    """
    unbounded = any(end.is_infinite for end in interval.ends)
    if not unbounded or diffusion.has(x) or not any(e.has(x) for e in drift.atoms(sp.sin, sp.cos)):
        return drift, sp.S.Zero
    rest, primitive = [], []
    for term in sp.Add.make_args(sp.expand(TR8(sp.expand(drift)))):
        if not any(e.has(x) for e in term.atoms(TrigonometricFunction)):
            rest.append(term)
            continue
        found = _primitive_of_wave(term, x)
        if found is None:
            return drift, sp.S.Zero
        primitive.append(2 * found / diffusion)
    total = sp.Add(*primitive)
    if sp.expand(TR8(sp.expand(sp.diff(total, x) * diffusion / 2 + sp.Add(*rest) - drift))) != 0:
        return drift, sp.S.Zero
    return sp.Add(*rest), total


def _primitive_of_wave(term: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """A primitive of ``c*sin(w*x + phase)`` or ``c*cos(...)``, which is bounded; None for other terms."""
    coefficient, wave = term.as_independent(x, as_Add=False)
    if not isinstance(wave, sp.sin | sp.cos):
        return None
    (argument,) = wave.args
    rate = sp.diff(argument, x)
    if rate.has(x) or not rate.is_nonzero or not rate.is_real:
        return None
    return coefficient / rate * (-sp.cos(argument) if isinstance(wave, sp.sin) else sp.sin(argument))
