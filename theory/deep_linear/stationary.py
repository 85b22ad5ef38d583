r"""Stationary laws of one mode of any depth, from the engine for diffusions on the line.

With label noise a mode lives on :math:`w > 0` and has the zero-current density (16) of its equation. For L > 2, also
real, it is

.. math::
    p \propto \frac{w^{-3 + 3/L}}{2(w-s)^2 + \sigma^2}\,\exp\Big(-\frac{w^{2/L - 1}}{\beta(L-2)}\,
    \mathrm{Re}\Big[\frac1z\,{}_2F_1\big(1, \tfrac2L - 1; \tfrac2L; \tfrac wz\big)\Big]\Big),
    \qquad z = s + \tfrac{i\sigma}{\sqrt2},

and for L = 2 a product of powers with an arcus tangent. It is a law for every L > 2, and for L = 2 where
:math:`\beta(2s^2 + \sigma^2) < 2s`; beyond, the mode collapses to 0. Its tail is :math:`w^{-2-3(L-1)/L}` for
:math:`L \ge 2`, whatever the noise strength.

Without label noise s is a point of rest as well, and the two sides of it are separate: from above a mode always tends
to s; from below too for L > 2, and for L = 2 with the probability of :func:`probability_of_learning`, else to 0.

Where the law sits for small :math:`\beta` is :func:`location`, for every depth:

.. math::
    \text{zero of drift: } s + \theta, \qquad \text{mean: } s - \theta, \qquad \text{mode: } s - 3\theta, \qquad
    \theta = \tfrac\beta2(L-1)\,\sigma^2 s^{1-2/L}.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366),
    proposition 5.2 and appendix F. Its (17) has :math:`s^{-2/L}\sigma_q` for :math:`s^{1-2/L}\sigma_q^2`, and its
    "mean slightly above s" is the zero of drift; the mean lies below. Its (18) holds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import sign
from theory.deep_linear.depth_cases import in_both_cases, joined, joined_condition, meets_two
from theory.deep_linear.modewise import BalancedModes, checked_modes
from theory.errors import SymbolError, UnsupportedFormError
from theory.line.charts.interval import Interval
from theory.line.charts.powers import normal_form, with_reduced_exponents
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.laws.law import StationaryLaw
from theory.line.laws.small_noise_expansion import SmallNoiseExpansion, small_noise_expansion
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from theory.values import single_expression, word


def mode_law(modes: BalancedModes, mode: int = 0) -> StationaryLaw:
    r"""The zero-current law of a mode with label noise on :math:`(0, \infty)`; on the line for one layer.

    Raises:
        UnsupportedFormError: there is no label noise; see :func:`laws_beside_the_teacher`.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> law = mode_law(balanced_modes(2))
        >>> law.normalisable, law.collapse[0].endpoint
        (2*beta*s**2 + beta*sigma**2 < 2*s, 0)
    """
    checked, mode = checked_modes(modes, mode)
    if checked.label_variances[mode] == 0:
        raise UnsupportedFormError(
            "mode_law needs label noise: without it the teacher is a point of rest and splits the half-line. "
            "Use laws_beside_the_teacher."
        )
    return stationary_density(checked.process_of(mode), _whole(checked))


def existence(modes: BalancedModes, mode: int = 0) -> Boolean:
    r"""Where a mode with label noise has a stationary law, for a number of layers or a symbol of two or more.

    Always for L > 2; for L = 2 iff :math:`\beta(2s^2 + \sigma^2) < 2s`, with :math:`\lambda` for other inputs.

    Raises:
        UnsupportedFormError: as :func:`mode_law`.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> from theory.parameters import parameter
        >>> existence(balanced_modes(parameter("L", integer=True, at_least=2)))
        (L > 2) | (Eq(L, 2) & (2*beta*s**2 + beta*sigma**2 < 2*s))
    """
    checked, mode = checked_modes(modes, mode)
    if not meets_two(checked.depth):
        return mode_law(checked, mode).normalisable
    return joined_condition(*in_both_cases(checked, lambda case: mode_law(case, mode).normalisable))


def laws_beside_the_teacher(modes: BalancedModes, mode: int = 0) -> tuple[StationaryLaw, StationaryLaw]:
    r"""What happens without label noise, on (0, s) and on :math:`(s, \infty)`: to which end the mode collapses.

    Raises:
        UnsupportedFormError: there is label noise; see :func:`mode_law`.
    """
    checked, mode = checked_modes(modes, mode)
    if checked.label_variances[mode] != 0:
        raise UnsupportedFormError("laws_beside_the_teacher is for no label noise. Use mode_law.")
    process, s = checked.process_of(mode), checked.singular_values[mode]
    low, high = _whole(checked).ends
    return stationary_density(process, Interval(low, s)), stationary_density(process, Interval(s, high))


def probability_of_learning(modes: BalancedModes, start: sp.Expr | float, mode: int = 0) -> sp.Expr:
    r"""The probability that a mode without label noise tends to s and not to 0, from ``start`` in (0, s).

    For L > 2 it is 1. For L = 2 it is 1 for :math:`\beta s \le 1`, else :math:`I_{w_0/s}(\tfrac12 - \tfrac1{2\beta s},
    1 + \tfrac1{2\beta s})`, the regularised incomplete beta function.

    Raises:
        UnsupportedFormError: there is label noise, or the depth is below 2 or not known to be 2 or more.
        SymbolError: ``start`` does not lie in (0, s).

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> modes = balanced_modes(2, singular_values=[1], label_variance=0, beta=2)
        >>> probability_of_learning(modes, sp.Rational(1, 2)).evalf(6)
        0.881380
    """
    checked, mode = checked_modes(modes, mode)
    every = meets_two(checked.depth)
    if checked.label_variances[mode] != 0 or not (every or sign(checked.depth - 2) in (0, 1)):
        raise UnsupportedFormError(
            "probability_of_learning needs at least two layers and no label noise: else 0 or s is no point of rest. "
            'Use label_variance=0 and a depth of 2, or parameter("L", above=2).'
        )
    if every:
        return joined(*in_both_cases(checked, lambda case: probability_of_learning(case, start, mode)))
    s = checked.singular_values[mode]
    share = sp.cancel(single_expression(start, "start", real=True) / s)
    if not (share.is_positive and (1 - share).is_positive):
        raise SymbolError(f"start must lie in (0, {s}), got {start}. Write it as a part of s, or give numbers.")
    # In units of s the law depends on beta * s alone, for L = 2; for L > 2 the answer is 1.
    unit = BalancedModes(
        checked.depth, (checked.amplitudes[mode],), (sp.S.One,), (sp.S.Zero,), (sp.S.One,), _in_units(checked, mode)
    )
    return hitting_probability(unit.process_of(0), share, sp.S.Zero, sp.S.One, Interval(0, 1))


def tail_exponent(modes: BalancedModes, mode: int = 0) -> sp.Expr:
    r"""The exponent of the tail :math:`p \sim w^{-\gamma}` as :math:`w \to \infty`, without its sign.

    :math:`\gamma = 2 + 3(L-1)/L` for :math:`L \ge 2`: moments are finite below the order :math:`\gamma - 1`, so the
    third is infinite for L = 2 and 3. For one layer it is :math:`2 + 1/\beta`.
    """
    checked, mode = checked_modes(modes, mode)
    if meets_two(checked.depth):
        return joined(*in_both_cases(checked, lambda case: tail_exponent(case, mode)))
    (w,), (drift,), D = (process := checked.process_of(mode)).state, process.drift, process.diffusion[0]
    slope = normal_form((2 * drift - sp.diff(D, w)) / D, w)
    return -endpoint_behaviour(slope, w, sp.oo).exponent


def location(modes: BalancedModes, mode: int = 0, *, order: int = 1) -> SmallNoiseExpansion:
    r"""Zero of drift, mode, mean and variance of a mode with label noise, in powers of :math:`\beta`.

    Raises:
        UnsupportedFormError: no label noise, or :math:`\beta` is no symbol.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> found = location(balanced_modes(2))
        >>> found.zero_of_drift, found.mode, found.mean, found.variance
        (beta*sigma**2/2 + s, -3*beta*sigma**2/2 + s, -beta*sigma**2/2 + s, beta*s*sigma**2)
    """
    checked, mode = checked_modes(modes, mode)
    if checked.label_variances[mode] == 0 or not checked.beta.is_Symbol:
        raise UnsupportedFormError(
            "location needs label noise and a symbol for beta: without label noise the law is a point mass. "
            "Leave beta out when building the modes."
        )
    if meets_two(checked.depth):
        return _joined_location(*in_both_cases(checked, lambda case: location(case, mode, order=order)))
    process = checked.process_of(mode)
    return small_noise_expansion(process, checked.beta, checked.singular_values[mode], _whole(checked), order=order)


def _joined_location(
    L: sp.Symbol, deeper: sp.Symbol, at_two: SmallNoiseExpansion, beyond: SmallNoiseExpansion
) -> SmallNoiseExpansion:
    formulas = {
        name: joined(L, deeper, getattr(at_two, name), getattr(beyond, name))
        for name in ("zero_of_drift", "mode", "mean", "variance")
    }
    finite = tuple(
        joined_condition(L, deeper, one, other) for one, other in zip(at_two.finite, beyond.finite, strict=True)
    )
    peaked = joined_condition(L, deeper, at_two.peaked, beyond.peaked)
    return replace(beyond, peaked=peaked, finite=finite, **formulas)


@dataclass(frozen=True)
class RatesAtTheTeacher:
    r"""Values and slopes of drift :math:`\mu` and diffusion D at w = s, whose orders in :math:`\beta` appendix F names.

    Attributes:
        beta: :math:`\beta`.
        drift: :math:`\mu(s)`.
        drift_slope: :math:`\mu'(s)`.
        drift_curvature: :math:`\mu''(s)`.
        diffusion: D(s).
        diffusion_slope: D'(s).
    """

    beta: sp.Symbol
    drift: sp.Expr
    drift_slope: sp.Expr
    drift_curvature: sp.Expr
    diffusion: sp.Expr
    diffusion_slope: sp.Expr

    def order(self, name: str) -> int:
        r"""The power of :math:`\beta` with which one of them begins."""
        names = [field.name for field in fields(self)][1:]
        value = sp.expand(getattr(self, word(name, "name", names)))
        return min(k for k in range(3) if value.coeff(self.beta, k) != 0)

    @property
    def neglected(self) -> dict[str, sp.Rational]:
        r"""How much smaller than what is kept a term next to the teacher is, as a power of :math:`\beta`.

        With :math:`x = w - s = O(\sqrt\beta)`: :math:`\tfrac12\mu''x^2` against :math:`\mu'x`, :math:`D'x` against D,
        and :math:`\mu(s)` against :math:`\mu'x`. All are smaller by :math:`\sqrt\beta`, where appendix F says
        :math:`\beta`; by symmetry they change the variance at its next order only, but the mean at its first.
        """
        half = sp.Rational(1, 2)
        slope, noise = self.order("drift_slope"), self.order("diffusion")
        return {
            "drift_curvature": self.order("drift_curvature") + half - slope,
            "diffusion_slope": self.order("diffusion_slope") + half - noise,
            "drift": self.order("drift") - half - slope,
        }

    @property
    def relative_slope(self) -> sp.Expr:
        r"""The relative slope :math:`D'(s)/D(s) = 2a/s`: once learned, the noise still depends on the state."""
        return sp.cancel(self.diffusion_slope / self.diffusion)

    @property
    def slope_against_ito_drift(self) -> sp.Expr:
        r"""The drift :math:`\tfrac12D'(s)` that this slope gives, over the Itô drift :math:`\mu(s)`: 4."""
        return sp.cancel(self.diffusion_slope / self.drift / 2)


def rates_at_the_teacher(modes: BalancedModes, mode: int = 0) -> RatesAtTheTeacher:
    r"""Drift, diffusion and their derivatives at w = s.

    :math:`D'(s) = O(\beta)` as appendix F says, but :math:`\mu''(s) = -2La\,s^{a-1} + O(\beta)` is not: the mean is
    therefore not the zero of drift to first order, while the variance is right to that order.

    Example:
        >>> from theory.deep_linear.modewise import balanced_modes
        >>> rates = rates_at_the_teacher(balanced_modes(2))
        >>> [rates.order(n) for n in ("drift", "drift_slope", "drift_curvature", "diffusion", "diffusion_slope")]
        [1, 0, 0, 1, 1]
        >>> rates.relative_slope, rates.slope_against_ito_drift
        (2/s, 4)
    """
    checked, mode = checked_modes(modes, mode)
    w, s = checked.amplitudes[mode], checked.singular_values[mode]
    mu = checked.gradient_drift(mode) + checked.same_mode_drift(mode)
    D = checked.diffusion(mode)

    def at_teacher(function: sp.Expr, derivatives: int) -> sp.Expr:
        return sp.factor(with_reduced_exponents(sp.expand(sp.diff(function, w, derivatives).subs(w, s))))

    return RatesAtTheTeacher(
        checked.beta,
        drift=at_teacher(mu, 0),
        drift_slope=at_teacher(mu, 1),
        drift_curvature=at_teacher(mu, 2),
        diffusion=at_teacher(D, 0),
        diffusion_slope=at_teacher(D, 1),
    )


def _in_units(modes: BalancedModes, mode: int) -> sp.Expr:
    r"""The noise strength :math:`\beta\lambda s^a`, :math:`a = 2 - 2/L`, with w counted in s."""
    s, variance, L = modes.singular_values[mode], modes.input_variances[mode], modes.depth
    return with_reduced_exponents(modes.beta * variance * s ** (2 - 2 / L))


def _whole(modes: BalancedModes) -> Interval:
    return Interval(-sp.oo, sp.oo) if modes.depth == 1 else Interval(0, sp.oo)
