r"""What a diffusion does at a point inside its interval where a coefficient changes its form and is singular.

Beside the point :math:`c`, at distance :math:`\tau`, let :math:`a \sim a_0\tau^\alpha`. Where :math:`1/a` and
:math:`|b|/a` are integrable on both sides, there is one solution that spends no time at c. It runs through, and its
scale density is continuous there. Where also :math:`a(c\pm) > 0`, every solution is that one; where the diffusion
vanishes (:math:`0 < \alpha < 1`), other solutions stay at c for a while or for ever, since there the equation asks for
nothing. It is the one without delay that is meant here, and that steps of Euler's scheme tend to.

Where :math:`1/a` is not integrable, an excursion from one side to the other is impossible, and Feller's classes of both
sides and the sign of :math:`b(c)` tell which way is open.

References:
    Engelbert and Schmidt, *Math. Nachr.* 119 (1984) 97, on fundamental solutions and delay; Cherny and Engelbert,
    *Singular Stochastic Differential Equations* (2005), chapters 2 and 3; Yamada and Watanabe, *J. Math. Kyoto Univ.*
    11 (1971) 155 for :math:`\alpha \ge 1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.decision.conditions.inequalities import nonnegative, positive, sign, simplified
from theory.errors import UnsupportedFormError
from theory.line.ends.endpoints import EndpointBehaviour
from theory.line.ends.feller import FellerClass, feller_classes


class Crossing(Answer):
    """What the process does at a point inside its interval."""

    THROUGH = "runs through"
    UPWARD = "crosses upwards, and not back"
    DOWNWARD = "crosses downwards, and not back"
    TRAP = "stays there"
    BARRIER = "never comes there"


@dataclass(frozen=True)
class Beside:
    r"""One side of a point.

    Attributes:
        scale: of :math:`\exp\int 2b/a` towards the point.
        alpha: the power of the diffusion.
        drift: its one-sided limit, counted upwards.
    """

    scale: EndpointBehaviour
    alpha: sp.Expr
    drift: sp.Expr

    def among(self, *names: FellerClass) -> Boolean:
        """The condition that the side is of one of these classes."""
        return simplified(sp.Or(*(given for given, name in feller_classes(self.scale, self.alpha) if name in names)))

    @property
    def is_open(self) -> Boolean:
        r"""The condition that :math:`1/a` and :math:`|b|/a` are integrable."""
        if self.scale.at_infinity or self.scale.essential or self.scale.exponent != 0:
            return sp.false
        return positive(1 - self.alpha)


def crossing_at(x: sp.Symbol, place: sp.Expr, below: Beside, above: Beside, there: sp.Expr) -> Crossing:
    """The crossing at ``place``, where the drift is ``there``.

    Raises:
        UnsupportedFormError: it depends on parameters, or the equation does not say what happens there.
    """
    if _known(sp.And(below.is_open, above.is_open), x, place):
        return Crossing.THROUGH
    signs = [sign(side.drift) if side.drift.is_finite is not False else None for side in (below, above)]
    if signs in ([1, 1], [-1, -1]) and all(_known(nonnegative(side.alpha - 1), x, place) for side in (below, above)):
        return Crossing.UPWARD if signs == [1, 1] else Crossing.DOWNWARD
    if not any(_known(side.among(FellerClass.REGULAR, FellerClass.EXIT), x, place) for side in (below, above)):
        return Crossing.BARRIER
    keeps = all(_known(side.among(FellerClass.EXIT, FellerClass.NATURAL), x, place) for side in (below, above))
    if keeps and there == 0 and signs[0] in (0, 1) and signs[1] in (0, -1):
        return Crossing.TRAP
    raise UnsupportedFormError(
        f"the process reaches {x} = {place}, and its equation does not say how it goes on there: {_why(below, above)}. "
        f"Take one side, with interval=Interval({place}, ...) or Interval(..., {place}): there an end that is reached "
        "reflects or absorbs."
    )


def require_through(crossings: Sequence[Crossing], places: Sequence[sp.Expr], x: sp.Symbol) -> None:
    """Raise where the process does not run through every one of ``places``.

    Raises:
        UnsupportedFormError: with what it does instead.
    """
    for crossing, place in zip(crossings, places, strict=True):
        if crossing is not Crossing.THROUGH:
            raise UnsupportedFormError(
                f"at {x} = {place}, inside the interval, the process {crossing}: there is no scale and no speed for "
                f"both sides together. Take one side, with interval=Interval({place}, ...) or Interval(..., {place})."
            )


def _why(below: Beside, above: Beside) -> str:
    sides = [side.among(FellerClass.REGULAR) for side in (below, above)]
    if sp.true in sides:
        return "it may stay, or leave to either side with any probability"
    return "the drift is infinite there, or points away from it on one side"


def _known(condition: Boolean, x: sp.Symbol, place: sp.Expr) -> bool:
    condition = simplified(condition)
    if condition in (sp.true, sp.false):
        return bool(condition)
    symbol = min(condition.free_symbols, key=str)
    raise UnsupportedFormError(
        f"what the process does at {x} = {place}, inside the interval, depends on whether {condition}. Give the "
        "parameters numbers, or declare a range that decides it, as "
        f'theory.parameter("{symbol}", above=..., below=...) does.'
    )
