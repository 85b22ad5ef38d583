r"""A diffusion on an interval of the line, in the coordinate in which its coefficients are quotients of powers.

Scale, speed, boundary classes and stationary laws do not depend on the coordinate, but asymptotics are simplest
where drift and diffusion are quotients of sums of powers: in :math:`x` itself, in :math:`z = e^x` for coefficients
with exponentials (log coordinates), in :math:`z = \log x` for coefficients with logarithms (Gompertz).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.logic.boolalg import Boolean

from theory.asymptotics import PowerQuotient, power_quotient, require_real, sign_on_interval
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.inequalities import sign, simplified
from theory.ito import ItoProcess, checked_process, single_expression
from theory.notation import t


@dataclass(frozen=True)
class Interval:
    """The open interval ``(left, right)``; its ends may be infinite or expressions in parameters.

    Raises:
        SymbolError: the ends are not real, or the right one is not known to exceed the left one.

    Example:
        >>> Interval.of(sp.Symbol("x", positive=True))
        Interval(left=0, right=oo)
    """

    left: sp.Expr
    right: sp.Expr

    def __post_init__(self) -> None:
        object.__setattr__(self, "left", single_expression(self.left, "left", infinite=True))
        object.__setattr__(self, "right", single_expression(self.right, "right", infinite=True))
        if self.left == -sp.oo and self.right == sp.oo:
            return
        if not (self.right - self.left).is_extended_positive:
            raise SymbolError(
                f"interval needs left < right, got ({self.left}, {self.right}). "
                "Symbolic ends need assumptions that decide it, e.g. right = left + positive symbol."
            )

    @classmethod
    def of(cls, symbol: sp.Symbol) -> Interval:
        """The interval that the assumptions of ``symbol`` describe: positive, negative or real."""
        if symbol.is_positive:
            return cls(sp.S.Zero, sp.oo)
        if symbol.is_negative:
            return cls(-sp.oo, sp.S.Zero)
        if symbol.is_real:
            return cls(-sp.oo, sp.oo)
        raise SymbolError(
            f"the interval of {symbol} is unknown: {symbol} carries no assumption. "
            f'Declare sympy.Symbol("{symbol}", positive=True) or real=True, or pass interval=Interval(left, right).'
        )

    @property
    def ends(self) -> tuple[sp.Expr, sp.Expr]:
        """Left and right end."""
        return self.left, self.right

    def interior_point(self) -> sp.Expr:
        """A point inside: 0 on the line, 1 on the positive half-line, the midpoint of a bounded interval."""
        if self.left == -sp.oo:
            return sp.S.Zero if self.right == sp.oo else self.right - 1
        return self.left + 1 if self.right == sp.oo else (self.left + self.right) / 2

    def other(self, end: sp.Expr) -> sp.Expr:
        """The end that ``end`` is not."""
        return self.right if end == self.left else self.left


@dataclass(frozen=True)
class Chart:
    r"""An increasing coordinate :math:`z = \psi(x)` of an interval.

    Attributes:
        old: x.
        variable: z.
        function: :math:`\psi(x)`.
        inverse: x in terms of z.
        interval: where z lives.
    """

    old: sp.Symbol
    variable: sp.Symbol
    function: sp.Expr
    inverse: sp.Expr
    interval: Interval

    @classmethod
    def for_functions(cls, x: sp.Symbol, functions: Sequence[sp.Expr], interval: Interval) -> Chart:
        """The chart in which ``functions`` may be quotients of powers: x itself, its exponential or its logarithm."""
        every = sp.Tuple(*(_without_hyperbolics(f) for f in functions))
        if any(e.args[0].has(x) for e in every.atoms(sp.exp)):
            z = sp.Symbol(f"e_{x.name}", positive=True)
            return cls(x, z, sp.exp(x), sp.log(z), Interval(*(sp.exp(end) for end in interval.ends)))
        if any(e.args[0].has(x) for e in every.atoms(sp.log)):
            if not interval.left.is_nonnegative:
                raise UnsupportedFormError(f"log({x}) needs {x} > 0, but the interval is {interval.ends}.")
            z = sp.Symbol(f"log_{x.name}", real=True)
            ends = (-sp.oo if end == 0 else sp.log(end) for end in interval.ends)
            return cls(x, z, sp.log(x), sp.exp(z), Interval(*ends))
        return cls(x, x, x, x, interval)

    @property
    def slope(self) -> sp.Expr:
        r""":math:`\psi'(x)`."""
        return sp.diff(self.function, self.old)

    def express(self, function: sp.Expr) -> sp.Expr:
        """A function of x as a reduced quotient of sums of powers of z.

        Raises:
            UnsupportedFormError: it is none.
        """
        if self.variable == self.old:
            return normal_form(function, self.variable)
        z = self.variable
        substituted = sp.expand(sp.expand_log(_without_hyperbolics(function).subs(self.old, self.inverse)))
        return normal_form(
            sp.expand(substituted.replace(lambda e: isinstance(e, sp.exp), lambda e: _as_power(e.args[0], z))), z
        )


@dataclass(frozen=True)
class LineDiffusion:
    r"""A checked one-dimensional process together with its chart :math:`z = \psi(x)`.

    Attributes:
        process: the process as given, in its own coordinate x.
        interval: where x lives.
        chart: the coordinate z in which the next two are quotients of sums of powers.
        drift: :math:`b_z = b\psi' + \tfrac12 a\psi''`, in z.
        diffusion: :math:`a_z = a\psi'^2`, in z.
        regular: condition on the parameters under which :math:`a_z > 0` and both coefficients are smooth inside.
    """

    process: ItoProcess
    interval: Interval
    chart: Chart
    drift: sp.Expr
    diffusion: sp.Expr
    regular: Boolean

    @property
    def variable(self) -> sp.Symbol:
        """The coordinate x."""
        return self.process.state[0]

    @property
    def log_scale_slope(self) -> sp.Expr:
        r"""Minus the logarithmic derivative of the scale density in z, :math:`h = 2 b_z/a_z`."""
        return normal_form(2 * self.drift / self.diffusion, self.chart.variable)

    @property
    def log_speed_slope(self) -> sp.Expr:
        r"""The logarithmic derivative of the speed density in z, :math:`(2b_z - a_z')/a_z`."""
        z = self.chart.variable
        return normal_form((2 * self.drift - sp.diff(self.diffusion, z)) / self.diffusion, z)

    def to_chart(self, end: sp.Expr) -> sp.Expr:
        """The end of the chart interval that corresponds to ``end`` of the interval."""
        return self.chart.interval.left if end == self.interval.left else self.chart.interval.right


def normal_form(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """``expression`` as a reduced quotient of sums of powers of ``variable``; zero exactly when it vanishes."""
    quotient: PowerQuotient = power_quotient(expression, variable)
    back = {g: variable**r for g, r in zip(quotient.generators, quotient.powers, strict=True)}
    return quotient.numerator.as_expr().subs(back) / quotient.denominator.as_expr().subs(back)


def line_diffusion(process: ItoProcess, interval: Interval | None = None) -> LineDiffusion:
    """Check that ``process`` is a homogeneous diffusion on an interval of the line, and find its chart.

    Raises:
        DimensionError: more than one coordinate.
        SymbolError: time in the coefficients, parameters that may be complex, or an interval that is unknown.
        UnsupportedFormError: no noise; a zero of the diffusion or a pole of the drift inside the interval; or
            coefficients outside the class described in the module.
    """
    checked_process(process)
    if interval is not None and not isinstance(interval, Interval):
        raise ShapeError(f"interval must be an Interval, got {interval!r}. Write Interval(left, right).")
    if process.dimension != 1:
        raise DimensionError(
            f"this is a formula on the line, but process has the coordinates {tuple(process.state)}. "
            "For a linear process in several dimensions use theory.ornstein_uhlenbeck."
        )
    (x,), (b,), a = process.state, process.drift, process.diffusion[0]
    if t in process.drift.free_symbols | process.dispersion.free_symbols:
        raise SymbolError(f"process must be homogeneous in time, but its coefficients contain {t}. Fix the time first.")
    interval = Interval.of(x) if interval is None else interval
    parameters = set(process.parameters) | interval.left.free_symbols | interval.right.free_symbols
    require_real(parameters | {x}, "process")
    if sp.expand(a) == 0:
        raise UnsupportedFormError(
            "process has no noise: its diffusion is zero, so it has neither scale nor speed. "
            "A deterministic flow is decided by the sign of its drift."
        )
    chart = Chart.for_functions(x, (b, a), interval)
    drift = chart.express(b * chart.slope + a * sp.diff(chart.slope, x) / 2)
    diffusion = chart.express(a * chart.slope**2)
    return LineDiffusion(process, interval, chart, drift, diffusion, _regular(drift, diffusion, chart))


def _without_hyperbolics(function: sp.Expr) -> sp.Expr:
    return sp.sympify(function, strict=True).replace(
        lambda e: isinstance(e, HyperbolicFunction), lambda e: e.rewrite(sp.exp)
    )


def _as_power(argument: sp.Expr, z: sp.Symbol) -> sp.Expr:
    """exp(argument) with the part proportional to log z written as a power of z."""
    argument = sp.expand(argument)
    rate = argument.coeff(sp.log(z))
    return z**rate * sp.exp(argument - rate * sp.log(z))


def _regular(drift: sp.Expr, diffusion: sp.Expr, chart: Chart) -> Boolean:
    """Under which condition the diffusion has no zero and neither coefficient a pole inside the interval."""
    z = chart.variable
    a, b = power_quotient(diffusion, z), power_quotient(drift, z)
    conditions = [
        _without_zeros(factor, quotient, chart)
        for quotient, polynomial in ((a, a.numerator), (a, a.denominator), (b, b.denominator))
        for factor, _ in polynomial.factor_list()[1]
    ]
    return simplified(sp.And(*conditions))


def _without_zeros(factor: sp.Poly, quotient: PowerQuotient, chart: Chart) -> Boolean:
    """Under which condition a polynomial in powers of z has no zero inside the chart interval."""
    z, interval = chart.variable, chart.interval
    present = [(g, r) for g, r in zip(quotient.generators, quotient.powers, strict=True) if factor.has(g)]
    if len(present) == 1 and present[0][1].is_positive:
        # Powers are increasing: look for zeros in the variable in which the factor is a polynomial.
        ((g, r),) = present
        ends = interval.ends if r == 1 else tuple(end**r for end in interval.ends)
        found = sign_on_interval(factor.as_expr(), g, *ends)
    else:
        in_z = factor.as_expr().subs({g: z**r for g, r in present})
        known = sign(in_z) if interval.left.is_nonnegative and z.is_positive else None
        found = (known, sp.true) if known else sign_on_interval(in_z, z, *interval.ends)
    if found is None:
        in_z = factor.as_expr().subs({g: z**r for g, r in present})
        raise UnsupportedFormError(
            f"cannot decide whether {in_z} has a zero for {z} in {interval.ends}. "
            "Give the parameters numbers or stronger assumptions, or a smaller interval."
        )
    return found[1]
