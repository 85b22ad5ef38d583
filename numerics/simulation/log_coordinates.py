r"""Following a collapse to 1e-300 and beyond: the logarithm of the distance to an invariant point.

A state in float64 underflows at 1e-308, one in float32 at 1e-38, and from there on a decaying trajectory is
indistinguishable from one that has reached the invariant point. The logarithm :math:`y = \log|x|` has no such end, and
a scheme in it cannot change the sign of :math:`x`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from numerics.arguments import takes
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.ito import ItoProcess

log_distance = sp.Symbol("y", real=True)
r"""The coordinate :math:`y = \log|x|`."""

side = sp.Symbol("varsigma", real=True, nonzero=True)
r"""The conserved sign of :math:`x`, 1 or -1."""

FLOOR = -80
r"""Where :math:`b(x)/x` is no polynomial it is evaluated at :math:`\max(y, -80)`. The number
:math:`e^{-80} = 2\cdot10^{-35}` is in the range of float32, and so near to the invariant point that the quotient
differs from its limit by less than rounding."""


@dataclass(frozen=True)
class LogCoordinates:
    """A process near its invariant point, in the logarithm of the distance.

    Attributes:
        original: The process in x, with invariant point 0.
        process: The process of :data:`log_distance`; has the parameter :data:`side` unless x is declared positive.
    """

    original: ItoProcess
    process: ItoProcess

    def within(self, log_epsilon: sp.Expr | float) -> sp.Expr:
        r"""Indicator of :math:`|x| \le \epsilon`, given :math:`\log\epsilon`; the number itself may underflow."""
        return sp.Piecewise((1, log_distance <= log_epsilon), (0, True))

    @property
    def distance(self) -> sp.Expr:
        r"""The distance :math:`|x| = e^y`."""
        return sp.exp(log_distance)


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def log_coordinates(process: ItoProcess) -> LogCoordinates:
    r"""The process of :math:`y = \log|x|` on either side of the invariant point :math:`x = 0`, by Itô's formula.

    .. math::
        dy = \Big(\frac{b(x)}{x} - \frac{a(x)}{2x^2}\Big) dt + \sum_j \frac{\sigma_j(x)}{x}\,dW_j,
        \qquad x = \varsigma e^y.

    Raises:
        ArgumentError: the process has more than one coordinate, or 0 is not an invariant point at which drift and
            dispersion are differentiable.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> double_well = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
        >>> log_coordinates(double_well).process.drift
        Matrix([[mu - zeta**2/2 - exp(2*y)]])
    """
    if process.dimension != 1:
        raise ArgumentError(
            f"log coordinates need one coordinate, got {tuple(process.state)}. "
            "Write the distance to the invariant set as a scalar process first."
        )
    if {log_distance, side} & set(process.parameters):
        raise ArgumentError(
            f"the parameters {process.parameters} clash with the symbols y and varsigma of this module."
        )
    (x,) = process.state
    for name, coefficient in [("drift", process.drift[0]), *(("dispersion", s) for s in process.dispersion)]:
        _require_invariant_zero(coefficient, x, name)
    rate = _relative(process.drift[0], x)
    volatilities = [_relative(sigma, x) for sigma in process.dispersion]
    drift = sp.expand(rate - sum(s**2 for s in volatilities) / 2)
    in_log = ItoProcess([log_distance], [drift], sp.Matrix([volatilities]))
    return LogCoordinates(process, in_log)


def _require_invariant_zero(coefficient: sp.Expr, x: sp.Symbol, name: str) -> None:
    value, slope = coefficient.subs(x, 0), sp.diff(coefficient, x).subs(x, 0)
    wild = sp.Tuple(value, slope).has(sp.nan, sp.zoo, sp.oo, -sp.oo)
    if wild or sp.expand(value) != 0:
        found = "has no finite value and slope there" if wild else f"is {value} there, with slope {slope}"
        raise ArgumentError(
            f"log coordinates need an invariant point at {x} = 0 with a differentiable {name}, but {name} "
            f"{coefficient} {found}. Shift the invariant point to 0 first, or leave out coordinates='log'."
        )


def _relative(coefficient: sp.Expr, x: sp.Symbol) -> sp.Expr:
    r""":math:`f(\varsigma e^y)/(\varsigma e^y)`, safe where :math:`e^y` underflows."""
    quotient = sp.expand(coefficient / x)
    if not quotient.is_polynomial(x):
        quotient = sp.cancel(quotient)
    y = log_distance if quotient.is_polynomial(x) else sp.Max(log_distance, FLOOR)
    sign = sp.S.One if x.is_positive else side
    return _reduce_signs(quotient.xreplace({x: sign * sp.exp(y)}))


def _reduce_signs(expression: sp.Expr) -> sp.Expr:
    return expression.replace(
        lambda e: e.is_Pow and e.base == side and e.exp.is_Integer, lambda e: side if e.exp % 2 else sp.S.One
    )
