r"""Noise equilibria: where the charges of a frozen orbit stand still, on the extended line.

Theorem 1 with sharp conditions. On the line of one charge, with :math:`\dot Q(s) = -\Phi'(s)`:

* :math:`\dot Q` falls in s, strictly iff :math:`T\,\mathrm{tr}(\Sigma A^2) + 2\lambda\,\theta^\top A^2\theta > 0`;
* it has exactly one zero :math:`s^*`, finite iff :math:`\Phi` has rates of both signs, at :math:`+\infty` if all are
  negative (noise pushes, nothing holds) and at :math:`-\infty` if all are positive; if there are none every s is one;
* :math:`Q` at a finite zero obeys :math:`2\lambda Q^* = \frac T2\mathrm{tr}(\Sigma^*A)`.

Two rates :math:`-q < 0 < p` have the closed form :math:`s^* = \frac1{p+q}\log\frac{q\,a_-}{p\,a_+}`. For others the
zero is enclosed: a bracket whose ends have proved signs, halved.

All this is said of an orbit that does not move. Training moves :math:`\theta` off it, :math:`\Sigma` changes, and may
vanish before the charge has come to rest: then the charge stops where it is.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Theorem 1, (9), (10).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp
from sympy.solvers.simplex import InfeasibleLPError, UnboundedLPError, lpmax

from theory.answer import Answer
from theory.decision.arb.balls import ball
from theory.errors import DimensionError, MissingParameterError, UnsupportedFormError
from theory.symmetry.orbit_potential import OrbitPotential
from theory.values import count, instance, single_expression

_PRECISIONS = (128, 512, 2048)
_FARTHEST = 2**20


class EquilibriumKind(Answer):
    """Where the equilibrium of a frozen orbit lies."""

    FINITE = "at a point"
    INFINITE = "at infinity"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class NoiseEquilibrium:
    r"""The equilibrium of the charges on an orbit.

    Attributes:
        kind: FINITE, INFINITE or EVERYWHERE.
        potential: :math:`\Phi`.
        is_unique: Whether there is one point only (on the extended line).
        weights: For FINITE, :math:`p_k > 0` with :math:`\sum_kp_k\nu_k = 0`, in the order of ``potential.terms``.
        direction: For INFINITE, a direction in which no rate is positive and some rate is negative.
    """

    kind: EquilibriumKind
    potential: OrbitPotential
    is_unique: bool
    weights: tuple[sp.Rational, ...] = ()
    direction: tuple[sp.Rational, ...] = ()

    @property
    def closed_form(self) -> sp.Expr | None:
        r"""The point :math:`s^*` of a single charge: infinite, or of a potential with two rates; else None.

        Example:
            >>> a, b = sp.symbols("a b", positive=True)
            >>> noise_equilibrium(OrbitPotential({(2,): a, (-2,): b})).closed_form
            log(b/a)/4
        """
        if len(self.potential.parameters) != 1 or self.kind is EquilibriumKind.EVERYWHERE:
            return None
        if self.kind is EquilibriumKind.INFINITE:
            return sp.oo * sp.sign(self.direction[0])
        rates = sorted(self.potential.terms, key=lambda rate: Fraction(str(rate[0])))
        if len(rates) != 2:
            return None
        (low, high), a = rates, self.potential.terms
        return sp.log(sp.cancel(-low[0] * a[low] / (high[0] * a[high]))) / (high[0] - low[0])

    def enclosure(self, digits: int = 15) -> tuple[Fraction, Fraction]:
        r"""An interval that certainly holds the point :math:`s^*` of a single charge, narrower than ``10**-digits``.

        The signs of :math:`\dot Q` at its ends are proved by balls.

        Raises:
            UnsupportedFormError: the equilibrium is no point, or there are several charges.
            MissingParameterError: the coefficients hold symbols.

        Example:
            >>> low, high = noise_equilibrium(OrbitPotential({(4,): 1, (1,): 1, (-2,): 3})).enclosure(8)
            >>> low < high, float(round(low, 7))
            (True, 0.0336156)
        """
        count(digits, "digits", at_least=1, at_most=200)
        if self.kind is not EquilibriumKind.FINITE or len(self.potential.parameters) != 1:
            raise UnsupportedFormError(
                f"an enclosure needs one charge with a finite equilibrium, got {len(self.potential.parameters)} with "
                f"one {self.kind}. Several charges: numerics.deterministic.orbit_minimum."
            )
        (s,), (drift,) = self.potential.parameters, self.potential.charge_drifts
        held = drift.free_symbols - {s}
        if held:
            raise MissingParameterError(f"every coefficient needs a number, none for {sorted(map(str, held))}.")
        low, high = Fraction(-1), Fraction(1)
        while _sign(drift, s, low) < 0 and -low < _FARTHEST:
            low *= 2
        while _sign(drift, s, high) > 0 and high < _FARTHEST:
            high *= 2
        while high - low > Fraction(1, 10**digits):
            middle = (low + high) / 2
            sign = _sign(drift, s, middle)
            if sign == 0:  # not told from 0 at 2048 bits: the point itself, or closer to it than any width asked for
                return middle - Fraction(1, 3 * 10**digits), middle + Fraction(1, 3 * 10**digits)
            low, high = (middle, high) if sign > 0 else (low, middle)
        return low, high


def noise_equilibrium(potential: OrbitPotential) -> NoiseEquilibrium:
    r"""Where :math:`\Phi` is least: at a point, at infinity, or everywhere; with a certificate that was checked.

    Raises:
        UnsupportedFormError: a rate is no rational number and there are several charges.

    Example:
        >>> print(noise_equilibrium(OrbitPotential({(-2,): 1})).kind)  # scale invariance without weight decay
        at infinity
        >>> pulled = OrbitPotential({(2, 0): 1, (-2, 2): 1, (0, -2): 1})  # a chain of three layers
        >>> print(noise_equilibrium(pulled).kind, noise_equilibrium(pulled).weights)
        at a point (1/3, 1/3, 1/3)
    """
    given = instance(potential, OrbitPotential, "potential", "an OrbitPotential")
    rates = list(given.terms)
    if not rates:
        return NoiseEquilibrium(EquilibriumKind.EVERYWHERE, given, False)
    if any(not entry.is_Rational for rate in map(sp.Matrix, rates) for entry in rate):
        rates = [_only_sign(rate) for rate in rates]
    unique = given.is_strictly_convex
    weights = _positive_weights(rates)
    if weights is not None:
        return NoiseEquilibrium(EquilibriumKind.FINITE, given, unique, weights=weights)
    direction = _falling_direction(rates)
    if direction is None:
        raise AssertionError("one of Stiemke's alternatives always holds")
    return NoiseEquilibrium(EquilibriumKind.INFINITE, given, unique, direction=direction)


def _only_sign(rate: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """On the line only the sign of an irrational rate matters."""
    if len(rate) != 1 or not (rate[0].is_positive or rate[0].is_negative):
        raise UnsupportedFormError(f"several charges need rational rates, got {rate}. Take other combinations of them.")
    return (sp.sign(rate[0]),)


def _positive_weights(rates: list[tuple[sp.Expr, ...]]) -> tuple[sp.Rational, ...] | None:
    """Weights p > 0 that add up to 1 with sum p nu = 0, checked; None if there are none."""
    if len(rates[0]) == 1:
        return _weights_on_the_line([rate[0] for rate in rates])
    p, least = sp.symbols(f"p_0:{len(rates)}"), sp.Symbol("least")  # the solver wants symbols without assumptions
    balance = [sp.Eq(sp.Add(*(q * rate[a] for q, rate in zip(p, rates, strict=True))), 0) for a in range(len(rates[0]))]
    conditions = [sp.Eq(sp.Add(*p), 1), least >= 0, *(q >= least for q in p), *(b for b in balance if b != sp.true)]
    if sp.false in conditions:
        return None
    try:
        value, point = lpmax(least, conditions)
    except (InfeasibleLPError, UnboundedLPError):
        return None
    found = tuple(sp.Rational(point[q]) for q in p)
    total = [sp.Add(*(q * rate[a] for q, rate in zip(found, rates, strict=True))) for a in range(len(rates[0]))]
    return found if value > 0 and min(found) > 0 and not any(total) else None


def _weights_on_the_line(rates: list[sp.Expr]) -> tuple[sp.Rational, ...] | None:
    up, down = sp.Add(*(r for r in rates if r > 0)), -sp.Add(*(r for r in rates if r < 0))
    if up == 0 or down == 0:
        return None
    raw = [1 / (up if r > 0 else down) for r in rates]
    return tuple(p / sp.Add(*raw) for p in raw)


def _falling_direction(rates: list[tuple[sp.Expr, ...]]) -> tuple[sp.Rational, ...] | None:
    """A direction in which no rate is positive and some are negative, checked; None if there is none."""
    if len(rates[0]) == 1:
        return (-sp.sign(rates[0][0]),)
    d = sp.symbols(f"d_0:{len(rates[0])}")
    along = [sp.Add(*(x * r for x, r in zip(d, rate, strict=True))) for rate in rates]
    conditions = [a <= 0 for a in along] + [sp.Add(*along) >= -1]
    conditions += [bound for x in d for bound in (x >= -1, x <= 1)]
    value, point = lpmax(-sp.Add(*along), [c for c in conditions if c != sp.true])
    found = tuple(sp.Rational(point.get(x, 0)) for x in d)
    slopes = [sp.Add(*(x * r for x, r in zip(found, rate, strict=True))) for rate in rates]
    return found if value > 0 and max(slopes) <= 0 and min(slopes) < 0 else None


def _sign(drift: sp.Expr, s: sp.Symbol, at: Fraction) -> int:
    for precision in _PRECISIONS:
        value = ball(drift, {s: at}, precision)
        if value > 0:
            return 1
        if value < 0:
            return -1
    return 0


def relaxation_rate(equilibrium: NoiseEquilibrium, orbit_speed: sp.Expr) -> sp.Expr:
    r"""The rate at which one charge returns to a frozen orbit's equilibrium, :math:`\Phi''(s^*)/\|A\theta_{s^*}\|^2`.

    On the orbit :math:`dQ/ds = \|A\theta_s\|^2`, so that :math:`\dot s = -\Phi'(s)/\|A\theta_s\|^2`. Training that
    moves off the orbit moves :math:`s^*` as well; this is the rate where the other weights have come to rest, and 0
    where noise and decay have died out before.

    Args:
        equilibrium: A finite equilibrium of one charge, in closed form.
        orbit_speed: :math:`\|A\theta_{s^*}\|^2` there, positive.

    Raises:
        UnsupportedFormError: the equilibrium has no closed form at a point.

    Example:
        >>> T, v, a = sp.symbols("T v a", positive=True)  # u w = a**2, slope variance v: the rate T Var l'
        >>> potential = OrbitPotential({(2,): T * v * a**2 / 4, (-2,): T * v * a**2 / 4})
        >>> relaxation_rate(noise_equilibrium(potential), 2 * a**2)
        T*v
    """
    point = instance(equilibrium, NoiseEquilibrium, "equilibrium", "a NoiseEquilibrium").closed_form
    speed = single_expression(orbit_speed, "orbit_speed")
    if point is None or equilibrium.kind is not EquilibriumKind.FINITE:
        raise UnsupportedFormError(
            f"a rate needs one charge with an equilibrium at a point in closed form, got one {equilibrium.kind}. "
            "Differentiate potential.charge_drifts at the point of enclosure() instead."
        )
    potential = equilibrium.potential
    curvature = sp.diff(potential.value, potential.parameters[0], 2).subs(potential.parameters[0], point)
    return sp.cancel(sp.expand(curvature) / speed)


def equilibrium_charge(symmetry_trace: sp.Expr, *, temperature: sp.Expr, weight_decay: sp.Expr) -> sp.Expr:
    r"""The charge at a finite equilibrium with decay, :math:`Q^* = \frac{T}{4\lambda}\mathrm{tr}(\Sigma A)`.

    Args:
        symmetry_trace: :math:`\mathrm{tr}(\Sigma A)` at the equilibrium.
        temperature: :math:`T`.
        weight_decay: :math:`\lambda`; the paper's :math:`\gamma` is half of it, its :math:`C` is :math:`2Q`.

    Raises:
        DimensionError: ``weight_decay`` is 0: then the equilibrium says :math:`\mathrm{tr}(\Sigma A) = 0` instead.
    """
    trace, T, decay = (
        single_expression(value, name)
        for value, name in (
            (symmetry_trace, "symmetry_trace"),
            (temperature, "temperature"),
            (weight_decay, "weight_decay"),
        )
    )
    if decay == 0:
        raise DimensionError(
            "weight_decay must not be 0: without decay the equilibrium is tr(Sigma A) = 0, at any charge."
        )
    return sp.cancel(T * trace / (4 * decay))
