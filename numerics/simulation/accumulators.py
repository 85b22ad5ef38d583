r"""Functionals of a path, carried along with the state: counts, extremes, time integrals.

An accumulator is one more number per trajectory, updated in every step from the states before and after it. It lives
in the fused kernel, so that nothing of the path needs to be stored; observables may name its symbol::

    simulate(..., accumulators={w: Survival(x, level=2)}, observables={"reached": 1 - w})
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.arguments import given_expression
from numerics.errors import ArgumentError
from numerics.simulation.brownian import bridge_maximum, bridge_minimum, crossing_probability
from numerics.simulation.one_step import System
from theory.ito import ItoProcess


@dataclass(frozen=True)
class Step:
    """What an accumulator sees of one step.

    Attributes:
        process: The process that is simulated, or the recursion that is iterated.
        before: Each coordinate's symbol with its value before the step: a symbol without assumptions about its sign,
            since a scheme may leave the domain in which the process stays.
        after: Each coordinate's symbol with its value after the step.
        step: The step size h, 1 for a recursion.
        normals: Standard normals drawn for this accumulator alone.
        ends: Between which ends the scheme keeps the coordinate; ``None`` for none.
        absorbing_ends: On which of them it stays for good, so that nothing happens there any more.
    """

    process: System
    before: Mapping[sp.Symbol, sp.Expr]
    after: Mapping[sp.Symbol, sp.Expr]
    step: sp.Expr
    normals: Sequence[sp.Expr]
    ends: tuple[sp.Expr | None, sp.Expr | None] = (None, None)
    absorbing_ends: tuple[sp.Expr, ...] = ()

    def variance(self, coordinate: sp.Symbol) -> sp.Expr:
        """Variance of the increment of ``coordinate``, with the dispersion frozen at the start of the step.

        Raises:
            ArgumentError: a recursion has no Brownian path between its steps.
        """
        if not isinstance(self.process, ItoProcess):
            raise ArgumentError(
                f"accumulators of what {coordinate} does between two steps need an Itô process, got a recursion, "
                "which is at its steps only. Use GridMaximum, or an observable."
            )
        i = list(self.process.state).index(coordinate)
        return self.process.diffusion[i, i].xreplace(dict(self.before)) * self.step

    def unless_absorbed(self, value: sp.Expr, coordinate: sp.Symbol, otherwise: sp.Expr) -> sp.Expr:
        """``value``, and ``otherwise`` where the coordinate stays where it is."""
        stays = sp.Or(*(sp.Eq(self.before[coordinate], end) for end in self.absorbing_ends))
        return value if stays == sp.false else sp.Piecewise((otherwise, stays), (value, True))

    def kept(self, value: sp.Expr) -> sp.Expr:
        """A value between the ends: a bridge does not know of them."""
        left, right = self.ends
        value = value if left is None else sp.Max(value, left)
        return value if right is None else sp.Min(value, right)


class Accumulator(ABC):
    """One number per trajectory, updated in every step.

    Attributes:
        normals: Number of standard normals that one update uses, beyond those of the scheme.
    """

    normals: ClassVar[int] = 0

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Symbols of the accumulator's own expressions; those that are no coordinate need a number."""
        return set()

    @abstractmethod
    def initial(self, process: System) -> sp.Expr:
        """Value at time zero, an expression in the state."""

    @abstractmethod
    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """Value after the step, from ``value`` before it."""


def require_coordinate(coordinate: sp.Symbol, process: System) -> None:
    """Raise ``ArgumentError`` unless ``coordinate`` is one of the state symbols."""
    if coordinate not in set(process.state):
        raise ArgumentError(f"coordinate must be one of the state symbols {tuple(process.state)}, got {coordinate}.")


@dataclass(frozen=True)
class SignChanges(Accumulator):
    """Number of steps in which ``coordinate`` jumps to the other side of zero.

    Multiplicative noise never changes the sign of the process itself; a scheme may.
    """

    coordinate: sp.Symbol

    def initial(self, process: System) -> sp.Expr:
        """Zero."""
        require_coordinate(self.coordinate, process)
        return sp.S.Zero

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """One more where the signs are opposite; the product of signs, unlike that of states, cannot underflow."""
        x = self.coordinate
        return sp.Piecewise((value + 1, sp.sign(step.before[x]) * sp.sign(step.after[x]) < 0), (value, True))


@dataclass(frozen=True)
class Survival(Accumulator):
    r"""Probability, given the grid values so far, that ``coordinate`` has not touched ``level`` yet.

    The product over steps of :math:`1 - \mathbb P(\text{bridge touches the level})`. Its expectation is
    :math:`\mathbb P(\sup_{s\le t} X_s < \ell)` (or of the infimum, from above), without the bias of looking at grid
    points only when the dispersion is constant, and with a smaller variance than an indicator.

    References:
        Glasserman, *Monte Carlo Methods in Financial Engineering* (2004), section 6.4.
    """

    coordinate: sp.Symbol
    level: sp.Expr

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Those of the level."""
        return given_expression(self.level, "level").free_symbols

    def initial(self, process: System) -> sp.Expr:
        """One, or zero for a trajectory that starts on the level."""
        require_coordinate(self.coordinate, process)
        return sp.Piecewise((0, sp.Eq(self.coordinate, self.level)), (1, True))

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """Times the probability that the bridge of this step stays off the level."""
        x = self.coordinate
        crossing = crossing_probability(
            step.before[x], step.after[x], given_expression(self.level, "level"), step.variance(x)
        )
        return value * (1 - step.unless_absorbed(crossing, x, sp.S.Zero))


@dataclass(frozen=True)
class _Extreme(Accumulator):
    """The largest or the smallest value of ``coordinate`` so far."""

    coordinate: sp.Symbol

    def initial(self, process: System) -> sp.Expr:
        """The starting point."""
        require_coordinate(self.coordinate, process)
        return self.coordinate


@dataclass(frozen=True)
class GridMaximum(_Extreme):
    """Largest value of ``coordinate`` on the grid: biased low as a supremum, by the order of the root of the step."""

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """The larger of what was and what is."""
        return sp.Max(value, step.after[self.coordinate])


@dataclass(frozen=True)
class Supremum(_Extreme):
    """A sample of the supremum of ``coordinate``, by sampling the maximum of the bridge in every step.

    References:
        Glasserman, *Monte Carlo Methods in Financial Engineering* (2004), section 6.4.
    """

    normals: ClassVar[int] = 2

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """The larger of what was and the maximum of this step's bridge."""
        x = self.coordinate
        highest = bridge_maximum(step.before[x], step.after[x], step.variance(x), step.normals)
        return sp.Max(value, step.unless_absorbed(step.kept(highest), x, step.after[x]))


@dataclass(frozen=True)
class Infimum(_Extreme):
    """A sample of the infimum of ``coordinate``, by sampling the minimum of the bridge in every step.

    References:
        Glasserman, *Monte Carlo Methods in Financial Engineering* (2004), section 6.4.
    """

    normals: ClassVar[int] = 2

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """The smaller of what was and the minimum of this step's bridge."""
        x = self.coordinate
        lowest = bridge_minimum(step.before[x], step.after[x], step.variance(x), step.normals)
        return sp.Min(value, step.unless_absorbed(step.kept(lowest), x, step.after[x]))


@dataclass(frozen=True)
class TimeIntegral(Accumulator):
    r""":math:`\int_0^t f(X_s)\,ds` by the trapezoidal rule, with ``integrand`` :math:`f` an expression in the state."""

    integrand: sp.Expr

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Those of the integrand."""
        return given_expression(self.integrand, "integrand").free_symbols

    def initial(self, process: System) -> sp.Expr:
        """Zero."""
        return sp.S.Zero

    def update(self, value: sp.Symbol, step: Step) -> sp.Expr:
        """The area of one trapezoid more."""
        f = given_expression(self.integrand, "integrand")
        return value + step.step / 2 * (f.xreplace(dict(step.before)) + f.xreplace(dict(step.after)))
