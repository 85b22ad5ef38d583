r"""Kinks of an observable, and the local time that Itô's formula gains at each of them.

Let an observable be smooth off the surface :math:`x_i = c`, where :math:`c` may depend on the other coordinates,
time and parameters, and put :math:`g = x_i - c`. Where it is continuous across the surface,

.. math::
    df(X) = \partial_i f\,dX_i + \dots + \tfrac12\,[\partial_i f]\,dL, \qquad
    dL = \delta(g)\,d[g(X)] = \delta(g)\,\nabla g^\top a\,\nabla g\,dt,

with the jump :math:`[\partial_i f]` of the slope from :math:`g < 0` to :math:`g > 0`: the Itô-Tanaka-Meyer formula.
No jump of the slope, no local time: Itô's formula holds for observables whose slope is absolutely continuous. A jump of
the observable itself leaves no semimartingale with such a formula.

References:
    Revuz and Yor, *Continuous Martingales and Brownian Motion* (1999), theorem VI.1.5 and exercise VI.1.25;
    Peskir, *J. Theoret. Probab.* 18 (2005) 499, for curves.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy as sp
from sympy.core.relational import Relational

from theory.argument_kinds import EXPRESSION, REAL_EXPRESSION, SYMBOL, SYMBOLS, TEXT, takes
from theory.decision.conditions.inequalities import sign
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import UnsupportedFormError
from theory.limits import one_sided_limit
from theory.typeset import Typeset

_SMOOTH_OFF_KINKS = (sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min, sp.Piecewise)
STEPS = (sp.floor, sp.ceiling, sp.frac, sp.Mod)
"""Functions that jump where their argument is a whole number."""
_ORDERS = 4
"""Derivatives of a condition at its zero that are looked at for its sign beside it."""


@dataclass(frozen=True)
class Kink(Typeset):
    r"""Where the slope of an observable jumps.

    Attributes:
        coordinate: :math:`x_i`.
        place: :math:`c`; the kink is at :math:`x_i = c`.
        jump: of :math:`\partial_i f` from below to above.
    """

    coordinate: sp.Symbol
    place: sp.Expr
    jump: sp.Expr

    @property
    def distance(self) -> sp.Expr:
        """:math:`g = x_i - c`, zero on the surface."""
        return self.coordinate - self.place

    def rate(self, state: Sequence[sp.Symbol], diffusion: sp.MatrixBase) -> sp.Expr:
        r"""The drift :math:`\tfrac12 [\partial_i f]\,\delta(g)\,\nabla g^\top a \nabla g` of the local time.

        Raises:
            UnsupportedFormError: the variation of g jumps at the kink itself, or vanishes there too slowly for the
                local time to be known to vanish.
        """
        gradient = sp.Matrix([[sp.diff(self.distance, x) for x in state]])
        speed = (gradient * diffusion * gradient.T)[0]
        below, above = (_beside(speed, self.coordinate, self.place, side) for side in (-1, 1))
        if not _is_zero(above - below):
            raise UnsupportedFormError(
                f"the observable has a kink at {self.coordinate} = {self.place}, where the diffusion jumps too (from "
                f"{below} to {above}): its local time differs from side to side. Move the kink or smooth the diffusion."
            )
        if not _is_zero(above):
            return self.jump * above * sp.DiracDelta(self.distance) / 2
        slope = _beside(sp.diff(speed, self.coordinate), self.coordinate, self.place, 1)
        if slope.has(sp.oo, sp.zoo, sp.nan):
            raise UnsupportedFormError(
                f"the observable has a kink at {self.coordinate} = {self.place}, where the diffusion {speed} vanishes "
                "more slowly than linearly: local time there cannot be excluded. Use a smooth observable."
            )
        return sp.S.Zero  # Le Gall: no local time where the variation vanishes at least linearly

    def _equations(self) -> list[str]:
        x = sp.latex(self.coordinate)
        return [rf"\left[\partial_{{{x}}} f\right]_{{{x} = {sp.latex(self.place)}}} = {sp.latex(self.jump)}"]


@takes(f=EXPRESSION, state=SYMBOLS)
def slope_jumps(f: sp.Expr, state: Sequence[sp.Symbol], name: str = "observables") -> list[Kink]:
    """Where the slope of a continuous ``f`` jumps inside the domain that the assumptions of ``state`` describe.

    A place where ``f`` is infinite on both sides is passed over: as for ``log(x)``, the formula holds up to there.

    Raises:
        UnsupportedFormError: ``f`` jumps, its slope is infinite, or either could not be decided.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> slope_jumps(sp.Piecewise((x, x > 0), (0, True)), [x])
        [Kink(coordinate=x, place=0, jump=1)]
        >>> slope_jumps(sp.Piecewise((x**2, x > 0), (0, True)), [x])
        []
    """
    moving = set(state)
    masses = [e for e in f.atoms(sp.DiracDelta) if e.free_symbols & moving]
    if masses:
        raise UnsupportedFormError(
            f"{name} must be a function, but {masses[0]} is a point mass. Take an observable with values, or for a "
            "density the adjoint."
        )
    steps = [e for e in f.atoms(*STEPS) if e.free_symbols & moving]
    if steps:
        raise UnsupportedFormError(
            f"{name} must be continuous, but {steps[0]} jumps: Itô's formula has no drift and no dispersion for it."
        )
    if not any(e.free_symbols & moving for e in f.atoms(*_SMOOTH_OFF_KINKS)):
        return []
    by_cases = as_cases(f)
    found = []
    for x, place in surfaces_of_change(by_cases, state, name):
        kink = _kink(f, by_cases, x, place, name)
        if kink is not None:
            found.append(kink)
    return found


def is_smooth(f: sp.Expr, state: Sequence[sp.Symbol]) -> bool:
    """Whether no function that may have a kink or a jump has a coordinate in it; a kink may still have no jump."""
    return not any(e.free_symbols & set(state) for e in f.atoms(*_SMOOTH_OFF_KINKS, *STEPS, sp.DiracDelta))


@lru_cache(maxsize=512)
def as_cases(f: sp.Expr) -> sp.Expr:
    """``f`` with Abs, sign, Heaviside, Max and Min written as ``Piecewise``."""
    f = f.replace(lambda e: isinstance(e, sp.Max | sp.Min), lambda e: e.rewrite(sp.Piecewise))
    f = f.replace(sp.Abs, lambda u: sp.Piecewise((u, u >= 0), (-u, True)))
    f = f.replace(sp.sign, lambda u: sp.Piecewise((1, u > 0), (-1, u < 0), (0, True)))
    return f.replace(sp.Heaviside, lambda u, at=sp.S.Half: sp.Piecewise((1, u > 0), (0, u < 0), (at, True)))


@takes(f=EXPRESSION, x=SYMBOL, place=REAL_EXPRESSION, name=TEXT)
def forms_beside(f: sp.Expr, x: sp.Symbol, place: sp.Expr, name: str) -> list[sp.Expr]:
    """The smooth forms that ``f`` has just below and just above ``x = place``, as far as they lie in the domain of x.

    One form where ``f`` does not change there; ``name`` is what an error message calls it.

    Raises:
        UnsupportedFormError: a step function in ``f`` jumps there, or a form could not be decided.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> forms_beside(x * sp.Abs(x) + sp.floor(x + sp.Rational(1, 2)), x, 0, "drift")
        [-x**2, x**2]
    """
    settled = f.xreplace({step: _settled(step, x, place, name) for step in f.atoms(*STEPS) if step.has(x)})
    if is_smooth(settled, [x]):
        return [settled]
    by_cases = as_cases(settled)
    forms = [on_side(by_cases, x, place, side) for side in (-1, 1) if _has_side(x, place, side)]
    if any(not is_smooth(form, [x]) for form in forms):
        raise UnsupportedFormError(
            f"which form the {name} {f} has beside {x} = {place} could not be decided. Write it by cases of {x}."
        )
    return list(dict.fromkeys(forms))


def _settled(step: sp.Expr, x: sp.Symbol, place: sp.Expr, name: str) -> sp.Expr:
    """A step function as it is around a place where it does not jump."""
    argument, period = step.args[0], (step.args[1] if isinstance(step, sp.Mod) else sp.S.One)
    periods = (argument / period).subs(x, place)
    if period.has(x) or periods.is_integer is not False or not periods.is_number:
        raise UnsupportedFormError(
            f"the {name} must be differentiable at {x} = {place}, but {step} may jump there. Take a smooth coefficient."
        )
    if isinstance(step, sp.ceiling):
        return sp.ceiling(periods)
    whole = sp.floor(periods)
    return whole if isinstance(step, sp.floor) else argument - period * whole


def _has_side(x: sp.Symbol, place: sp.Expr, side: int) -> bool:
    """Whether the domain of ``x`` goes on beside the place: False at 0 for the side that its sign excludes."""
    return not (place == 0 and (x.is_nonnegative if side < 0 else x.is_nonpositive))


def _kink(f: sp.Expr, by_cases: sp.Expr, x: sp.Symbol, place: sp.Expr, name: str) -> Kink | None:
    below, above = (on_side(by_cases, x, place, side) for side in (-1, 1))
    values = [_beside(part, x, place, side) for part, side in ((below, -1), (above, 1))]
    if all(value.has(sp.oo, sp.zoo) for value in values):
        return None  # a singularity: the formula holds up to the first visit, as that of log(x) does
    there = by_cases.subs(x, place)
    if not there.has(sp.nan, sp.zoo):
        values.append(there)
    for one, other in itertools.pairwise(values):
        if not _is_zero(one - other):
            raise UnsupportedFormError(
                f"{name} must be continuous, but {f} could not be proved so at {x} = {place}: it is {values[0]} below "
                f"and {values[1]} above. Itô's formula has no drift and no dispersion for a jump; take a continuous "
                "observable, or the sides one by one."
            )
    slopes = [_beside(sp.diff(part, x), x, place, side) for part, side in ((below, -1), (above, 1))]
    if any(slope.has(sp.oo, sp.zoo, sp.nan) for slope in slopes):
        raise UnsupportedFormError(
            f"{name} must have a finite slope, but that of {f} is infinite at {x} = {place}: it is no difference of "
            "convex functions there, and Itô's formula has no local time for it. Declare a domain without that point."
        )
    jump = slopes[1] - slopes[0]
    return None if _is_zero(jump) else Kink(x, place, sp.cancel(jump))


def surfaces_of_change(f: sp.Expr, state: Sequence[sp.Symbol], name: str) -> list[tuple[sp.Symbol, sp.Expr]]:
    """The surfaces inside the domain on which a condition changes, each solved for one coordinate."""
    found: dict[tuple[sp.Symbol, sp.Expr], None] = {}
    margins = {r.lhs - r.rhs for r in _relations(f) if r.free_symbols & set(state)}
    for margin in sorted(margins, key=sp.default_sort_key):
        for factor in _factors(margin, state):
            for x, place in _solved(factor, state, name):
                if _inside(x, place):
                    found[x, sp.cancel(place)] = None
    return list(found)


def _relations(f: sp.Expr) -> set[Relational]:
    """The conditions of ``f``, and where a condition holds cases itself, the conditions in each of its cases."""
    found = set()
    for relation in f.atoms(Relational):
        if relation.has(sp.Piecewise):
            unfolded = sp.piecewise_fold(relation.lhs - relation.rhs)
            for piece, _ in unfolded.args if isinstance(unfolded, sp.Piecewise) else ((unfolded, True),):
                found.add(sp.Eq(piece, 0, evaluate=False))
        else:
            found.add(relation)
    return found


def _factors(margin: sp.Expr, state: Sequence[sp.Symbol]) -> list[sp.Expr]:
    """Factors of the numerator that hold a coordinate."""
    numerator = sp.fraction(sp.together(margin))[0]
    factors = [base for base, _ in sp.factor_list(numerator)[1]] if numerator.is_polynomial(*state) else [numerator]
    return [factor for factor in factors if factor.free_symbols & set(state)]


def _solved(factor: sp.Expr, state: Sequence[sp.Symbol], name: str) -> list[tuple[sp.Symbol, sp.Expr]]:
    """``factor = 0`` solved for a coordinate; several zeros on the line."""
    ours = [x for x in state if factor.has(x)]
    for x in ours:
        if factor.is_polynomial(x) and sp.degree(factor, x) == 1:
            slope, offset = sp.Poly(factor, x).all_coeffs()
            if not slope.free_symbols & set(state):
                return [(x, -offset / slope)]
    if len(ours) == 1 and factor.is_polynomial(ours[0]):
        (x,) = ours
        polynomial = sp.Poly(factor, x)
        if polynomial.domain in (sp.ZZ, sp.QQ):
            return [(x, root) for root in sp.real_roots(polynomial)]
        roots = list(sp.roots(polynomial))
        if len(roots) == polynomial.degree() and all(root.is_real is not None for root in roots):
            return [(x, root) for root in roots if root.is_real]
    raise UnsupportedFormError(
        f"{name} changes its form where {factor} = 0, which could not be solved for one of {tuple(state)}, so that "
        "no local time could be found or excluded there. Give the parameters numbers, or write the break points out."
    )


def _inside(x: sp.Symbol, place: sp.Expr) -> bool:
    """False only where the assumptions of ``x`` exclude the place."""
    excluded = (
        (x.is_positive and place.is_nonpositive)
        or (x.is_negative and place.is_nonnegative)
        or (x.is_nonnegative and place.is_negative)
        or (x.is_nonpositive and place.is_positive)
    )
    return not excluded and place.is_extended_real is not False


def on_side(f: sp.Expr, x: sp.Symbol, place: sp.Expr, side: int) -> sp.Expr:
    """The form of ``f`` just beside ``x = place``: conditions are decided there, inner ones first."""
    while True:
        decided = {}
        for relation in f.atoms(Relational):
            if relation.has(x) and not relation.has(sp.Piecewise):
                truth = _truth_beside(relation, x, place, side)
                if truth is not None:
                    decided[relation] = truth
        if not decided:
            return f
        f = f.xreplace(decided)


def _truth_beside(relation: Relational, x: sp.Symbol, place: sp.Expr, side: int) -> sp.logic.boolalg.Boolean | None:
    margin = relation.lhs - relation.rhs
    there = margin.subs(x, place)
    if not _is_zero(there):
        at = relation.func(there, 0)
        return at if at in (sp.true, sp.false) else None
    for order in range(1, _ORDERS):
        derivative = sp.diff(margin, x, order).subs(x, place)
        if not _is_zero(derivative):
            direction = sign(derivative)
            if direction is None:
                raise UnsupportedFormError(
                    f"on which side of {x} = {place} the condition {relation} holds depends on the sign of "
                    f"{derivative}. Declare it."
                )
            return relation.func(sp.Integer(direction * side**order), 0)
    return None


def _beside(f: sp.Expr, x: sp.Symbol, place: sp.Expr, side: int) -> sp.Expr:
    """The one-sided value at ``x = place``."""
    f = on_side(as_cases(f), x, place, side)
    value = f.subs(x, place)
    if value.has(sp.nan, sp.zoo) and not f.has(sp.Piecewise):
        value = one_sided_limit(f, x, place, "+" if side > 0 else "-")
    return value


def _is_zero(expression: sp.Expr) -> bool:
    if expression.has(sp.oo, sp.zoo, sp.nan):
        return False
    return expression == 0 or decide_zero(expression, seconds=2.0).kind is ZeroKind.ZERO
