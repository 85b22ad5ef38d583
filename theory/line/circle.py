r"""Diffusions on a circle: the stationary law with its current.

Let b and a have the period T, and :math:`\varphi' = 2b/a`. If :math:`\varphi` gains nothing on one turn, the law is
:math:`e^\varphi/a` and carries no current. If it gains :math:`\Phi \ne 0`, the law is

.. math::
    p(x) = \frac{2J}{1 - e^{-\Phi}}\,\frac{e^{\varphi(x)}}{a(x)} \int_x^{x+T} e^{-\varphi(y)}\,dy,
    \qquad b\,p - \tfrac12(a\,p)' = J,

and the process goes round with the mean velocity :math:`JT`. For a constant a and a drift
:math:`m - k\sin(c(x - x_0))`, with :math:`\nu = 2m/(ca)` and :math:`\kappa = 2k/(ca)`,

.. math::
    JT = \frac{ca}{2\pi}\,\frac{\sinh\pi\nu}{I_{\mathrm i\nu}(\kappa)\,I_{-\mathrm i\nu}(\kappa)}, \qquad
    \mathbb E\,e^{\mathrm i n c(x - x_0)} = \frac{I_{n-\mathrm i\nu}(\kappa)}{I_{-\mathrm i\nu}(\kappa)} .

References:
    Stratonovich, *Topics in the Theory of Random Noise*, vol. 2 (1967), chapter 9; Risken, *The Fokker-Planck Equation*
    (1996), chapter 11; Reimann et al., *Phys. Rev. Lett.* 87 (2001) 010602.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp
from sympy.simplify.fu import TR8

from theory.decision.conditions.inequalities import positive, sign, simplified
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess, checked_process
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.sign_on_interval import sign_on_interval
from theory.line.ends.endpoints import require_real
from theory.line.time_limit import limited
from theory.notation import t
from theory.services import service
from theory.typeset import Typeset
from theory.values import admitted_values, single_expression


@dataclass(frozen=True)
class _Wave:
    r"""A drift :math:`m - k\sin(c(x - x_0))` with constant diffusion, by :math:`\nu` and :math:`\kappa`.

    On one turn it has ``crests`` of them, and the law is the same about each.
    """

    crests: int
    tilt: sp.Expr
    strength: sp.Expr
    phase: sp.Expr


@dataclass(frozen=True)
class CircleLaw(Typeset):
    """The stationary law of a diffusion on a circle.

    Attributes:
        variable: x.
        drift: b.
        diffusion: a.
        period: T.
        potential: a primitive of 2b/a; a standing integral where none is written.
        gain: what the potential gains on one turn.
    """

    variable: sp.Symbol
    drift: sp.Expr
    diffusion: sp.Expr
    period: sp.Expr
    potential: sp.Expr
    gain: sp.Expr

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Free symbols besides the variable, sorted by name."""
        free = sp.Tuple(self.drift, self.diffusion, self.period).free_symbols - {self.variable}
        return tuple(sorted(free, key=lambda symbol: symbol.name))

    @property
    def density(self) -> sp.Expr:
        """p, not normalised."""
        x, y = self.variable, sp.Symbol(f"{self.variable.name}'", real=True)
        without_current = sp.exp(self.potential) / self.diffusion
        if self.gain == 0:
            return without_current
        return without_current * sp.Integral(sp.exp(-self.potential.subs(x, y)), (y, x, x + self.period))

    @property
    @limited
    def mean_velocity(self) -> sp.Expr:
        """The mean of the drift, current times period: closed for one sine, else a number at given parameters."""
        if self.gain == 0:
            return sp.S.Zero
        wave = self._wave
        if wave is None:
            return self._number("mean_velocity", lambda law: law.mean_velocity.value)
        nu, kappa = wave.tilt, wave.strength
        if kappa == 0:
            return self.drift
        bessel = sp.besseli(sp.I * nu, kappa) * sp.besseli(-sp.I * nu, kappa)
        velocity = wave.crests * self.diffusion / self.period * sp.sinh(sp.pi * nu) / bessel
        # The two are complex conjugates, which SymPy does not see.
        return velocity if self.parameters else sp.re(velocity.evalf(20)).evalf(15)

    @property
    @limited
    def current(self) -> sp.Expr:
        """J, the probability that passes a point in unit time."""
        return self.mean_velocity / self.period

    @limited
    def circular_moment(self, n: int) -> sp.Expr:
        r"""The mean of :math:`e^{2\pi\mathrm i n x/T}`.

        Raises:
            ShapeError: ``n`` is no whole number.
        """
        order = single_expression(n, "n", real=True)
        if not order.is_Integer:
            raise ShapeError(f"n must be a whole number, got {order}: other powers do not close on the circle.")
        wave = self._wave
        if order.is_negative:
            return sp.conjugate(self.circular_moment(-order))
        if wave is None:
            return self._number(f"circular_moment({order})", lambda law: law.circular_moment(int(order)))
        order, rest = divmod(order, wave.crests)
        nu, kappa = wave.tilt, wave.strength
        if rest != 0 or kappa == 0:
            return sp.S.One if order == rest == 0 else sp.S.Zero
        ratio = sp.besseli(order - sp.I * nu, kappa) / sp.besseli(-sp.I * nu, kappa)
        return ratio * sp.exp(sp.I * order * wave.phase)

    @limited
    def pdf(self, x: sp.Expr | float) -> sp.Expr:
        """The density at ``x``, normalised over one turn, once all parameters are numbers."""
        point = single_expression(x, "x", real=True)
        return self._number(f"pdf({point})", lambda law: law.pdf(point).value)

    @limited
    def at(self, values: Mapping[sp.Symbol, Any]) -> CircleLaw:
        """The law at numbers for some or all parameters.

        Raises:
            SymbolError: a name is no parameter, or its value contradicts its assumptions.
        """
        numbers = admitted_values(values, self.parameters)
        given = (part.subs(numbers) for part in (self.drift, self.diffusion, self.period, self.potential, self.gain))
        return CircleLaw(self.variable, *given)

    def plot(self, values: Mapping[sp.Symbol, Any] | None = None, *, axes: Any = None) -> Any:
        """The density over one turn about 0, on axes of matplotlib, which are returned.

        Args:
            values: A number for every parameter, as for :meth:`at`.
            axes: Where to draw; default: a new figure.
        """
        return (self.at(values) if values else self).numbers.plot(axes)

    @cached_property
    def numbers(self) -> Any:
        """The law in double precision, every number with its error: :class:`numerics.deterministic.LawOnCircle`.

        Raises:
            UnsupportedFormError: a parameter has no number yet.
        """
        if self.parameters:
            raise UnsupportedFormError(
                f"numbers need a number for every parameter: {', '.join(map(str, self.parameters))} have none. "
                "Use law.at(values)."
            )
        return service("law_on_circle")(self.drift, self.diffusion, self.variable, self.period)

    @cached_property
    def _wave(self) -> _Wave | None:
        """The constants of the module description, where the drift is one sine and the diffusion constant."""
        x, a = self.variable, self.diffusion
        parts = None if a.has(x) else _one_sine(self.drift, x)
        if parts is None:
            return None
        c, level, cosine, sine = parts
        crests = sp.cancel(c * self.period / (2 * sp.pi)) if c != 0 else sp.S.One
        if not (crests.is_Integer and crests > 0):
            return None
        m, along, across = map(sp.expand, (level, cosine, sine))
        # m - k sin(cx - d) with k cos d = -across and k sin d = along
        if along == 0:
            strength, phase = (across, sp.pi) if sign(across) == 1 else (-across, sp.S.Zero)
        else:
            strength, phase = sp.sqrt(_in_cosines(along**2 + across**2)), sp.atan2(along, -across)
        c = 2 * sp.pi * crests / self.period
        return _Wave(int(crests), sp.cancel(2 * m / (c * a)), sp.cancel(2 * strength / (c * a)), phase)

    def _number(self, quantity: str, number: Any) -> sp.Expr:
        if self.parameters:
            raise UnsupportedFormError(
                f"{quantity} is written in closed form for a constant diffusion and a drift of one sine only, got "
                f"drift {self.drift} and diffusion {self.diffusion}. Give every parameter a number, with "
                "law.at(values): then it is one."
            )
        value = sp.sympify(number(self.numbers))
        return sp.Float(value, 15) if value.is_real else value

    def _equations(self) -> list[str]:
        x, T = sp.latex(self.variable), sp.latex(self.period)
        return [rf"p({x}) \propto {sp.latex(self.density)}, \qquad {x} \in [0, {T})"]


@limited
def law_on_circle(process: ItoProcess, *, period: sp.Expr | float = 2 * sp.pi) -> CircleLaw:
    """The stationary law of a process on a circle of length ``period``; simulate it on the line, the circle unrolled.

    Args:
        process: one coordinate; drift and diffusion have the period.
        period: the length of the circle.

    Raises:
        DimensionError, SymbolError: more than one coordinate, time in the coefficients, parameters that may be complex.
        UnsupportedFormError: no noise somewhere, or a coefficient that does not have the period.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> law = law_on_circle(ItoProcess.scalar(x, drift=1 - sp.sin(x), dispersion=sp.sqrt(2)))
        >>> law.mean_velocity.evalf(10)
        0.7747184253
    """
    checked_process(process)
    if process.dimension != 1:
        raise DimensionError(f"a circle has one coordinate, but process has {tuple(process.state)}.")
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    if t in process.drift.free_symbols | process.dispersion.free_symbols:
        raise SymbolError(f"process must be homogeneous in time, but its coefficients contain {t}. Fix the time first.")
    length = single_expression(period, "period", real=True)
    require_real(set(process.parameters) | length.free_symbols | {x}, "process")
    if not length.is_positive:
        raise SymbolError(f"period must be positive, got {length}. Declare its symbols positive.")
    if sp.expand(a) == 0:
        raise UnsupportedFormError("process has no noise: on a circle it stops, or goes round for ever.")
    for name, f in (("drift", b), ("diffusion", a)):
        shifted = _expanded_angles(f.subs(x, x + length))
        if shifted != f and decide_zero(shifted - f, seconds=2.0).kind is not ZeroKind.ZERO:
            raise UnsupportedFormError(
                f"the {name} {f} is not known to have the period {length}. Pass period=..., or, for a process between "
                "two ends, use stationary_density with interval=Interval(left, right)."
            )
    _require_noise(a, x, length)
    potential, gain = _primitive(sp.expand(2 * b / a), x, length)
    return CircleLaw(x, b, a, length, potential, gain)


def _require_noise(a: sp.Expr, x: sp.Symbol, period: sp.Expr) -> None:
    """Raise where the diffusion has a zero, which cuts the circle open, or may have one."""
    turn, opposite = Interval(-period / 2, period / 2), a.subs(x, period / 2)
    try:
        chart = Chart.for_functions(x, (a,), turn)
        inside = (
            sign_on_interval(chart.express(a), chart.variable, *chart.interval.ends) if a.has(x) else (1, positive(a))
        )
    except UnsupportedFormError as error:
        if "vanishes" not in str(error):
            return  # no chart holds it: the numbers look
        inside = None
    known = sp.false if inside is None else simplified(sp.And(inside[1], positive(opposite)))
    if known != sp.true:
        raise UnsupportedFormError(
            f"the diffusion {a} vanishes somewhere on the circle, or may for some parameters: a point without noise "
            "cuts the circle open. Use stationary_density with interval=Interval(left, right) between two of them, or "
            "declare parameters that exclude it."
        )


def _primitive(slope: sp.Expr, x: sp.Symbol, period: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """A primitive, and its gain on one turn: term by term where the slope is a sum of sines, else standing."""
    if not slope.has(x):
        return slope * x, slope * period
    plain = {wave: sp.Dummy() for wave in slope.atoms(sp.sin, sp.cos) if wave.has(x)}
    polynomial = slope.xreplace(plain)
    linear = all(not wave.args[0].diff(x).has(x) for wave in plain)
    if not linear or polynomial.has(x) or not polynomial.is_polynomial(*plain.values()):
        y = sp.Symbol(f"{x.name}'", real=True)
        return sp.Integral(slope.subs(x, y), (y, 0, x)), _gain(slope, x, period)
    primitive = sp.Add(*(sp.integrate(term, x) for term in sp.Add.make_args(slope)))
    return primitive, sp.factor_terms(sp.expand(_expanded_angles(primitive.subs(x, period) - primitive.subs(x, 0))))


def _gain(slope: sp.Expr, x: sp.Symbol, period: sp.Expr) -> sp.Expr:
    """Zero where the slope is odd about 0 or about a quarter of the circle, else a standing integral."""
    for middle in (sp.S.Zero, period / 4):
        mirrored = sp.expand(_expanded_angles(slope.subs(x, middle + x) + slope.subs(x, middle - x)))
        if mirrored == 0 or decide_zero(mirrored, seconds=1.0).kind is ZeroKind.ZERO:
            return sp.S.Zero
    return sp.Integral(slope, (x, 0, period))


def _one_sine(drift: sp.Expr, x: sp.Symbol) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Expr] | None:
    r"""``(c, m, p, q)`` of a drift :math:`m + p\cos cx + q\sin cx`; c is 0 for a constant, None for other drifts."""
    waves = TR8(sp.expand(drift)).replace(
        lambda e: isinstance(e, sp.sin | sp.cos) and e.has(x), lambda e: _about_zero(e, x)
    )
    waves = sp.expand(waves)
    arguments = {wave.args[0] for wave in waves.atoms(sp.sin, sp.cos) if wave.has(x)}
    if len(arguments) > 1 or any(argument.diff(x).has(x) for argument in arguments):
        return None
    angle = arguments.pop() if arguments else sp.S.Zero
    cosine, sine = (waves.coeff(f(angle)) if angle != 0 else sp.S.Zero for f in (sp.cos, sp.sin))
    level = sp.expand(waves - cosine * sp.cos(angle) - sine * sp.sin(angle))
    if sp.Tuple(level, cosine, sine).has(x):
        return None
    return sp.diff(angle, x), level, cosine, sine


def _in_cosines(f: sp.Expr) -> sp.Expr:
    """``f`` with the squares of sines written by those of cosines."""
    square = lambda e: e.is_Pow and isinstance(e.base, sp.sin) and e.exp == 2  # noqa: E731
    return sp.expand(sp.expand(f).replace(square, lambda e: 1 - sp.cos(e.base.args[0]) ** 2))


def _about_zero(wave: sp.Expr, x: sp.Symbol) -> sp.Expr:
    r"""A sine or cosine of :math:`cx + d` by those of cx."""
    angle = sp.expand(wave.args[0])
    phase, along = angle.as_independent(x, as_Add=True)
    if phase == 0:
        return wave.func(along)
    c, s, cos_d, sin_d = sp.cos(along), sp.sin(along), sp.cos(phase), sp.sin(phase)
    return s * cos_d + c * sin_d if isinstance(wave, sp.sin) else c * cos_d - s * sin_d


def _expanded_angles(f: sp.Expr) -> sp.Expr:
    """``f`` with the arguments of sines multiplied out, so that whole turns are dropped."""
    return f.replace(lambda e: isinstance(e, sp.sin | sp.cos | sp.tan), lambda e: e.func(sp.expand(e.args[0])))
