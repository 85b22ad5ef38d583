r"""Scale, speed, and Feller's classification of the ends of a diffusion on the line.

For :math:`dX = b\,dt + \sigma\,dW` on an open interval, with :math:`a = \sigma^2`,

.. math::
    s(x) = \exp\Big(-\int^x \frac{2b}{a}\Big), \qquad m(x) = \frac{2}{a(x)\,s(x)}

are the densities of scale and speed. At an end :math:`e`, with :math:`S(e) = \int_e s`, :math:`M(e) = \int_e m`,
:math:`\Sigma(e) = \int_e S\,dM` (finite: e is reached in finite time) and :math:`N(e) = \int_e M\,dS` (finite: the
process can start at e), the end is

==========  ============================================================
regular     :math:`S < \infty,\ M < \infty`
exit        :math:`\Sigma < \infty,\ M = \infty`
entrance    :math:`N < \infty,\ S = \infty`
natural     :math:`\Sigma = N = \infty`
==========  ============================================================

Nothing is integrated. With :math:`e^{\int 2b/a} \sim C e^{E(\tau)}\tau^\gamma`,
:math:`E \sim c\,\tau^p` and :math:`a \sim a_0\tau^\alpha` at distance :math:`\tau` from the end
(:mod:`theory.line.ends.endpoints`), L'Hôpital's rule gives :math:`S\,m` resp. :math:`M\,s` :math:`\sim
\tau^{1-\alpha-p}`, so that everything follows from the numbers :math:`\gamma, \alpha, p` and the sign of :math:`c`.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.6, tables 6.1 and 6.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import one_of, takes
from theory.decision.conditions.inequalities import simplified
from theory.errors import OrderError, UnsupportedFormError
from theory.ito import ItoProcess, checked_process
from theory.line.charts.glued import formula_on, glued, in_one_formula
from theory.line.charts.interval import Interval
from theory.line.charts.uncharted import primitive_or_integral
from theory.line.diffusion import GluedDiffusion, Line, LineDiffusion, UnchartedDiffusion, line_diffusion
from theory.line.ends.crossings import require_through
from theory.line.ends.endpoints import EndpointBehaviour
from theory.line.ends.feller import FellerClass, attracting, feller_classes, finite_speed, integrable
from theory.line.ends.growth import growth
from theory.line.exponent_cases import Cell, by_cases, cells, where
from theory.line.integrals.exponential_of_integral import (
    collected,
    constant_factor,
    density_in_x,
    exponential_of_integral,
)
from theory.line.time_limit import limited

__all__ = [
    "BoundaryClasses",
    "Collapse",
    "Endpoint",
    "FellerClass",
    "Interval",
    "classify",
    "endpoint",
    "integrable",
    "scale_density",
    "speed_density",
]


class Collapse(NamedTuple):
    """Where ``condition`` holds, the law tends weakly to the point mass at ``endpoint`` (infinite: mass escapes)."""

    condition: Boolean
    endpoint: sp.Expr


@dataclass(frozen=True)
class Endpoint:
    r"""One end of a diffusion on the line.

    Attributes:
        location: the end, in the coordinate of the process.
        behaviour: of :math:`\exp\int 2b/a` near it, in terms of ``distance``; None where it is one by cases, or only
            its growth is known.
        diffusion_power: :math:`\alpha` in :math:`a \sim a_0\tau^\alpha`; nan where only its growth is known.
        distance: :math:`\tau` as a function of the coordinate: tends to 0, or to infinity if ``behaviour.at_infinity``.
        attracting: condition for :math:`S(e) < \infty`: the end is approached with positive probability.
        finite_speed: condition for :math:`M(e) < \infty`: the stationary density is integrable at the end.
        classes: pairs (condition, Feller class); the conditions exclude each other and cover all parameters.
    """

    location: sp.Expr
    behaviour: EndpointBehaviour | None
    diffusion_power: sp.Expr
    distance: sp.Expr
    attracting: Boolean
    finite_speed: Boolean
    classes: tuple[tuple[Boolean, FellerClass], ...]

    @property
    def feller_class(self) -> FellerClass | None:
        """The class where the assumptions of the symbols leave only one, else None."""
        return self.classes[0][1] if len(self.classes) == 1 else None

    @takes(name=one_of(FellerClass, needed="a member of FellerClass"))
    def condition(self, name: FellerClass) -> Boolean:
        """The condition on the parameters under which the end is ``name``."""
        return simplified(sp.Or(*(condition for condition, kind in self.classes if kind is name)))

    def _repr_latex_(self) -> str:
        """The end and its class, as a notebook shows them."""
        return f"$${self._cases()}$$"

    def _cases(self) -> str:
        cases = [(rf"\text{{{kind.value}}}", sp.latex(condition)) for condition, kind in self.classes]
        name = cases[0][0] if len(cases) == 1 else _in_cases(cases)
        return rf"{sp.latex(self.location)}:\ {name}"


@dataclass(frozen=True)
class BoundaryClasses:
    """Both ends of a diffusion on the line."""

    left: Endpoint
    right: Endpoint

    def __iter__(self) -> Iterator[Endpoint]:
        return iter((self.left, self.right))

    def _repr_latex_(self) -> str:
        """Both ends and their classes, as a notebook shows them."""
        return "$$" + r" \qquad ".join(end._cases() for end in self) + "$$"


def _in_cases(cases: list[tuple[str, str]]) -> str:
    lines = [rf"{name} & \text{{if }} {condition}" for name, condition in cases]
    return r"\begin{cases}" + r" \\ ".join(lines) + r"\end{cases}"


@limited
def scale_density(process: ItoProcess, interval: Interval | None = None) -> sp.Expr:
    r"""The scale density :math:`s = \exp(-\int 2b/a)`, up to a constant factor.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> scale_density(ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta))
        theta**(-2*mu/zeta**2)
    """
    line = line_diffusion(process, interval)
    if isinstance(line, GluedDiffusion):
        require_through(line.crossings, line.places, line.variable)
        own = [part.in_x(_scale(one), line.variable) for part, one in zip(line.parts, line.lines, strict=True)]
        return glued(own, line.places, line.variable, [sp.S.One] * len(own))
    return _scale(line)


@lru_cache(maxsize=64)
def _scale(line: LineDiffusion | UnchartedDiffusion) -> sp.Expr:
    if isinstance(line, UnchartedDiffusion):
        x, (b,), a = line.variable, line.process.drift, line.process.diffusion[0]
        return collected(sp.exp(-primitive_or_integral(2 * b / a, x, line.interval)), x)
    # ds/dx is covariant: s_x dx = s_z dz.
    z = line.chart.variable
    in_chart = exponential_of_integral(-line.log_scale_slope, z, line.chart.interval)
    density = density_in_x(in_chart, line.chart)
    return density if line.bounded == 0 else collected(density * sp.exp(-line.bounded), line.variable)


@limited
def speed_density(process: ItoProcess, interval: Interval | None = None) -> sp.Expr:
    r"""The speed density :math:`m = 2/(a s)`, with the same constant in :math:`s` as :func:`scale_density`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 3,
        whose :math:`m` is half of this one.
    """
    x = checked_process(process).state[0]
    line = line_diffusion(process, interval)
    if isinstance(line, GluedDiffusion):
        return _glued_speed(line)
    inverse = 1 / (process.diffusion[0] * scale_density(process, interval))
    return 2 * constant_factor(inverse, x) * collected(inverse, x)


def _glued_speed(line: GluedDiffusion) -> sp.Expr:
    x, s = line.variable, scale_density(line.process, line.interval)
    pieces = []
    for part in line.parts:
        diffusion = part.in_x(part.diffusion, x)
        pieces.append(2 / (diffusion * formula_on(s, x, part.interval)))
    return in_one_formula(pieces, line.places, x)


@limited
def classify(process: ItoProcess, interval: Interval | None = None) -> BoundaryClasses:
    """Feller's classification of both ends, as conditions on the parameters.

    Raises:
        DimensionError, SymbolError, UnsupportedFormError: see :func:`theory.line.diffusion.line_diffusion`.

    References:
        Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), chapter 15, section 6.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> kappa, m, s = sp.symbols("kappa m s", positive=True)
        >>> cir = ItoProcess.scalar(x, drift=kappa * (m - x), dispersion=s * sp.sqrt(x))
        >>> classify(cir).left.condition(FellerClass.ENTRANCE)
        2*kappa*m >= s**2
    """
    try:
        return classes_of(line_diffusion(process, interval))
    except OrderError as error:
        found = cells(
            error,
            process,
            Interval.given(interval, process.state[0]),
            lambda there, where_it_lives: classes_of(line_diffusion(there, where_it_lives)),
        )
        return BoundaryClasses(_in_cells(found, 0), _in_cells(found, 1))


def classes_of(line: Line) -> BoundaryClasses:
    """Both ends of a checked process.

    Raises:
        OrderError: they change with a parameter in the exponents.
    """
    return BoundaryClasses(endpoint(line, line.interval.left), endpoint(line, line.interval.right))


def _in_cells(found: list[Cell[BoundaryClasses]], side: int) -> Endpoint:
    """An end whose class changes with a parameter in the exponents."""
    ends = [tuple(cell.result)[side] for cell in found]
    kinds = [kind for kind in FellerClass if any(kind is name for end in ends for _, name in end.classes)]
    classes = [(where(found, lambda both, k=kind: tuple(both)[side].condition(k)), kind) for kind in kinds]
    return Endpoint(
        location=found[0].back(ends[0].location),
        behaviour=None,
        diffusion_power=by_cases(found, lambda both: tuple(both)[side].diffusion_power),
        distance=found[0].back(ends[0].distance),
        attracting=where(found, lambda both: tuple(both)[side].attracting),
        finite_speed=where(found, lambda both: tuple(both)[side].finite_speed),
        classes=tuple((condition, kind) for condition, kind in classes if condition != sp.false),
    )


@lru_cache(maxsize=128)
def endpoint(line: Line, location: sp.Expr) -> Endpoint:
    """One end of ``line``, classified."""
    if isinstance(line, GluedDiffusion):
        n = 0 if location == line.interval.left else -1
        part, own = line.parts[n], endpoint(line.lines[n], line.parts[n].own(location))
        return replace(own, location=location, distance=part.in_x(own.distance, line.variable))
    if isinstance(line, UnchartedDiffusion):
        return _by_growth(line, location)
    scale, alpha = line.behaviour_at(location)
    end = line.to_chart(location)
    distance = abs(line.chart.function if scale.at_infinity else line.chart.function - end)
    return Endpoint(
        location,
        scale,
        alpha,
        distance,
        attracting=attracting(scale),
        finite_speed=finite_speed(scale, alpha),
        classes=feller_classes(scale, alpha),
    )


def _by_growth(line: UnchartedDiffusion, location: sp.Expr) -> Endpoint:
    found = growth(line.process, line.interval, location)
    if found.feller_class is None:
        raise UnsupportedFormError(
            f"how the coefficients of the process grow towards {location} does not tell its class there. Give the "
            "parameters numbers or stronger assumptions."
        )
    return Endpoint(
        location=location,
        behaviour=None,
        diffusion_power=sp.nan,
        distance=abs(line.variable - (0 if location.is_infinite else location)),
        attracting=found.attracting,
        finite_speed=found.finite_speed,
        classes=((sp.true, found.feller_class),),
    )
