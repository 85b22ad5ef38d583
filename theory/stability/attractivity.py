r"""Is an invariant point attractive? The rate of attractivity of a process on the line.

Near an invariant point :math:`p`, where drift and dispersion vanish, the displacement follows the geometric
Brownian motion

.. math:: d\theta = b'(p)\,\theta\,dt + \sigma'(p)\,\theta\,dW, \qquad
   \log|\theta_t| / t \to b'(p) - \tfrac12 \sigma'(p)^2 =: -\alpha \quad \text{almost surely.}

The point is stochastically attractive when :math:`\alpha > 0` and not when :math:`\alpha < 0`. In the symbols of the
stochastic-collapse paper, :math:`b = -L'` and :math:`a = 2D`, this is :math:`\alpha = L''(p) + \tfrac12 D''(p)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.answer import Answer
from theory.decision.sign import sign_at
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, MissingParameterError, SymbolError, TheoryError, UnsupportedFormError
from theory.infinitesimal_generator import sum_of_products
from theory.ito import ItoProcess, checked_process
from theory.line.charts.powers import value_at_zero
from theory.local_time import forms_beside
from theory.notation import t
from theory.typeset import Typeset
from theory.values import admitted_number, instance, listed, mapping, shown, single_expression


class InvariantPointError(TheoryError):
    """The process does not stay at the point."""


class Attraction(Answer):
    """What the sign of a rate of attractivity says; at 0 higher derivatives of drift and diffusion decide."""

    ATTRACTIVE = "attractive"
    NOT_ATTRACTIVE = "not attractive"
    UNDECIDED = "undecided by this order"


@dataclass(frozen=True)
class AttractivityRate(Typeset):
    r"""The almost sure rate :math:`\alpha` at which a displacement from an invariant point decays.

    Attributes:
        alpha: :math:`\alpha = -(b'(p) - \tfrac12\sigma'(p)^2)`, an inverse time.
        drift_slope: :math:`b'(p)`.
        noise_strength: :math:`\sigma'(p)^2 = a''(p) / 2`, summed over the Brownian motions.
        point: :math:`p`.
    """

    alpha: sp.Expr
    drift_slope: sp.Expr
    noise_strength: sp.Expr
    point: sp.Expr

    def decide(self, values: Mapping[sp.Expr, object] | None = None) -> Attraction:
        """What the sign of alpha says at ``values``.

        The sign is decided exactly. A float is read as the decimal number that it prints as, so that the
        threshold itself can be hit: 0.005 - 0.1**2 / 2 is zero here.

        Args:
            values: A number for every symbol of :attr:`alpha`, and for every value such as ``L''(0)`` of an
                undefined function.

        Returns:
            ATTRACTIVE, NOT_ATTRACTIVE, or, at alpha = 0, UNDECIDED: then higher derivatives of drift and diffusion
            decide.

        Raises:
            MissingParameterError: a symbol has no value.
            SymbolError: a value is not a finite real number, or contradicts the assumptions of its symbol.

        Example:
            >>> from theory.notation import mu, theta, zeta
            >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
            >>> rate = attractivity_rate(gbm)
            >>> print(*(rate.decide({mu: m, zeta: 0.1}) for m in (0.004, 0.005, 0.006)), sep=", ")
            attractive, undecided by this order, not attractive
        """
        return decided_sign(self.alpha, values)

    def _equations(self) -> list[str]:
        point = sp.latex(self.point)
        return [
            rf"\alpha &= {sp.latex(self.alpha)}",
            rf"b'\left({point}\right) &= {sp.latex(self.drift_slope)}",
            rf"\sigma'\left({point}\right)^2 &= {sp.latex(self.noise_strength)}",
        ]


def decided_sign(alpha: sp.Expr, values: Mapping[sp.Expr, object] | None = None) -> Attraction:
    """What the sign of a rate of attractivity says, exactly; see :meth:`AttractivityRate.decide`."""
    numbers = {symbol: admitted_number(symbol, value) for symbol, value in mapping(values).items()}
    at_values = sp.sympify(alpha.subs(numbers, simultaneous=True), strict=True)
    unknown = at_values.free_symbols | at_values.atoms(sp.Subs, sp.core.function.AppliedUndef)
    if unknown:
        raise MissingParameterError(
            f"values must give every symbol of alpha = {alpha} a number: no value for "
            f"{', '.join(sorted(map(str, unknown)))} (given: {dict(values or {})})."
        )
    if at_values.is_zero or decide_zero(at_values).kind is ZeroKind.ZERO:
        return Attraction.UNDECIDED
    known = 1 if at_values.is_positive else -1 if at_values.is_negative else sign_at(at_values, {})
    if known in (1, -1):
        return Attraction.ATTRACTIVE if known == 1 else Attraction.NOT_ATTRACTIVE
    raise UnsupportedFormError(f"the sign of alpha = {at_values} could not be decided. Give simpler values.")


def attractivity_rate(
    process: ItoProcess, point: sp.Expr | int = 0, *, vanishing: Sequence[sp.Expr] = ()
) -> AttractivityRate:
    r"""The rate of attractivity :math:`\alpha = -\big(b'(p) - \tfrac14 a''(p)\big)` of an invariant point.

    It is computed from the diffusion :math:`a = \sigma\sigma^\top`, since :math:`a''(p) / 2 = \sigma'(p)^2` stays
    meaningful where :math:`\sigma = \sqrt{2D}` cannot be differentiated symbol by symbol. Derivatives at the end
    of a half-line are one-sided.

    The sign of alpha decides whether or not :math:`a''(p)` is positive: for :math:`V = |\theta - p|^\lambda` with
    a small :math:`\lambda > 0`, :math:`\mathcal L V \approx -\lambda\alpha V`.

    Args:
        process: A process with one coordinate and coefficients twice continuously differentiable at ``point``; where
            they change their form there (Abs, sign, Max, Piecewise, floor), from both sides with the same values.
        point: The invariant point.
        vanishing: Expressions of the coordinate assumed to be zero at ``point``, for undefined functions:
            ``[L.diff(x), D, D.diff(x)]`` states :math:`L'(p) = D(p) = D'(p) = 0`.

    Raises:
        DimensionError: more than one coordinate.
        InvariantPointError: drift or diffusion is not provably zero at ``point``.
        UnsupportedFormError: a derivative at ``point`` does not exist, differs from side to side or depends on time, or
            :math:`a'(p)` is not zero, as for a dispersion like the square root of the coordinate.

    References:
        Stochastic-collapse paper (arXiv 2306.04251), theorem 4.1 and eq. (5).

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> L, D = (sp.Function(name, real=True)(x) for name in "LD")
        >>> sgf = ItoProcess.scalar(x, drift=-L.diff(x), dispersion=sp.sqrt(2 * D))
        >>> rate = attractivity_rate(sgf, vanishing=[L.diff(x), D, D.diff(x)]).alpha
        >>> rate == D.diff(x, 2).subs(x, 0) / 2 + L.diff(x, 2).subs(x, 0)
        True
    """
    if checked_process(process).dimension != 1:
        raise DimensionError(
            f"attractivity_rate is a formula on the line, but the process has coordinates {tuple(process.state)}. "
            "In several dimensions the top Lyapunov exponent of the linearisation decides."
        )
    (x,), (b,), (a,) = process.state, process.drift, process.diffusion
    p = single_expression(point, "point")
    given = [single_expression(f, "vanishing") for f in listed(vanishing, "vanishing")]
    zeros = {_value(f, x, p, "vanishing"): sp.S.Zero for f in given}

    def at_point(f: sp.Expr, name: str, order: int = 0) -> sp.Expr:
        forms = forms_beside(f, x, p, name)
        there = [f] if order == 0 and f not in forms else []
        values = [
            sum_of_products(_value(sp.diff(form, x, order), x, p, name).xreplace(zeros)) for form in [*forms, *there]
        ]
        for value in values[1:]:
            if decide_zero(value - values[0]).kind is not ZeroKind.ZERO:
                raise UnsupportedFormError(
                    f"the {name} must be one number at {x} = {p}, but it is {values[0]} on one side and {value} on the "
                    f"other or at the point itself: no one rate exists. For one side declare {x} positive or negative."
                )
        return values[0]

    for name, f in (("drift", b), ("diffusion", a)):
        value = at_point(f, name)
        if decide_zero(value).kind is not ZeroKind.ZERO:
            raise InvariantPointError(
                f"the point must be invariant: drift and diffusion have to vanish at {x} = {p}, but the {name} is "
                f"{value} there. Move the point, or state what is known about undefined functions as vanishing=[...]."
            )
    slope = at_point(a, "first derivative of the diffusion", 1)
    if decide_zero(slope).kind is not ZeroKind.ZERO:
        raise UnsupportedFormError(
            f"the diffusion must vanish to second order at {x} = {p}, but its derivative there is {slope}: the "
            "dispersion is not differentiable and no linearisation exists. Classify the boundary point instead."
        )
    drift_slope = at_point(b, "derivative of the drift", 1)
    noise_strength = sum_of_products(at_point(a, "second derivative of the diffusion", 2) / 2)
    alpha = sp.piecewise_fold(sum_of_products(noise_strength / 2 - drift_slope))
    return AttractivityRate(alpha, drift_slope, noise_strength, p)


def linearisation(
    process: ItoProcess, point: sp.Expr | int = 0, *, vanishing: Sequence[sp.Expr] = (), symbol: sp.Symbol | None = None
) -> ItoProcess:
    r"""The geometric Brownian motion that the displacement from an invariant point follows to first order.

    .. math:: d\theta = b'(p)\,\theta\,dt + \sqrt{a''(p)/2}\;\theta\,dW

    Equal in law to :math:`b'(p)\,\theta\,dt + \sigma'(p)\,\theta\,dW`; several Brownian motions are merged into one.

    Args:
        process: As for :func:`attractivity_rate`, as are ``point`` and ``vanishing``.
        point: The invariant point.
        vanishing: Expressions assumed to be zero there.
        symbol: Name of the displacement; default is the coordinate itself at ``point = 0``, else a new real symbol.

    Raises:
        TheoryError: as :func:`attractivity_rate`.

    References:
        Stochastic-collapse paper (arXiv 2306.04251), eq. (5).

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> double_well = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
        >>> linearisation(double_well)
        ItoProcess(state=Matrix([[theta]]), drift=Matrix([[mu*theta]]), dispersion=Matrix([[theta*zeta]]))
    """
    rate = attractivity_rate(process, point, vanishing=vanishing)
    (x,) = process.state
    if symbol is None:
        symbol = x if rate.point == 0 else sp.Symbol(f"delta_{x.name}", real=True)
    if not isinstance(symbol, sp.Symbol):
        raise SymbolError(f"symbol must be a SymPy symbol, the name of the displacement, got {shown(symbol)}.")
    return ItoProcess.scalar(symbol, drift=rate.drift_slope * symbol, dispersion=sp.sqrt(rate.noise_strength) * symbol)


def condition_for_attraction(rate: AttractivityRate) -> sp.Basic:
    """The relation ``alpha > 0`` under which the point is stochastically attractive.

    Its negation does not say "not attractive": alpha = 0 is undecided by this order.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> condition_for_attraction(attractivity_rate(gbm))
        -mu + zeta**2/2 > 0
    """
    return sp.Gt(instance(rate, AttractivityRate, "rate", "an AttractivityRate").alpha, 0)


def _value(f: sp.Expr, x: sp.Symbol, p: sp.Expr, name: str) -> sp.Expr:
    """``f`` at the point, refused where it is not finite or depends on time."""
    f = sp.sympify(f, strict=True).doit()
    if p == 0 and any(power.base == x and power.exp.free_symbols for power in f.atoms(sp.Pow)):
        # Substitution leaves 0**(1 - 2/L), or x**0 as x/x.
        return value_at_zero(f, x)
    value = f.subs(x, p)
    if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or t in value.free_symbols:
        raise UnsupportedFormError(
            f"the {name} must have a finite value at {x} = {p} that does not depend on time, got {value} from {f}. "
            "Pass to coordinates in which the coefficients are smooth."
        )
    return value
