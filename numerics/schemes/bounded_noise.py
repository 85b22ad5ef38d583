"""Steps of diffusions between two square-root ends: Jacobi and Wright-Fisher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.schemes.drawn_moments import DrawnMoments
from numerics.schemes.scheme import SchemeError
from theory.decision.conditions.inequalities import sign
from theory.ito import ItoProcess
from theory.notation import t

_SMALLEST = sp.Rational(1, 10**30)
"""Distances below count as 0 where one is divided by."""


@dataclass(frozen=True)
class BoundedNoise(DrawnMoments):
    r"""Steps of :math:`dX = b(X)\,dt + \sqrt{c\,(X-l)(r-X)}\,dW` that never leave :math:`[l, r]`.

    The drift is a polynomial that does not point outwards at either end. A step of the noise alone has mean x and
    variance :math:`(x-l)(r-x)(1 - e^{-ch})`; a law with exactly these is drawn from one uniform variable: a uniform law
    around x where it fits, else an atom at the nearer end and a uniform law next to it. The linear part of the
    drift acts for half a step before and after, exactly, so that the mean of the chain is that of the process where
    there is no other; the rest acts before, as a logistic flow. An end at which
    the drift vanishes absorbs, one at which it points inwards sends back, as they do for the process.

    References:
        Dangerfield, Kay, MacNamara and Burrage, *Procedia Computer Science* 1 (2010) 1587, for the bounds;
        Andersen, *J. Comput. Finance* 11(3) (2008) 1, for laws with the right moments.
    """

    keeps_domain: ClassVar[bool] = True

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the process has other ends, or leaves them.
        """
        self.require_normals(process, normals)
        left, right, c = self.coefficients(process)
        (x,), (b,) = process.state, process.drift
        uniform = sp.exp(-(normals[0] ** 2 + normals[1] ** 2) / 2)
        at_left, at_right = (sp.expand(b.subs(x, end)) for end in (left, right))
        along = (at_left * (right - x) + at_right * (x - left)) / (right - left)
        rate = sp.cancel((b - along) / ((x - left) * (right - x)))
        slope = sp.cancel((at_right - at_left) / (right - left))
        growth = sp.exp(slope * step / 2)
        shift = (along.subs(x, 0) * (step / 2 if slope == 0 else (growth - 1) / slope)).expand()
        y = sp.Symbol("inside", real=True)  # stands for the moved point while the cases are built
        moved = growth * logistic_step(x, (left, right), rate * step) + shift
        noisy = noise_step(y, uniform, (left, right), 1 - sp.exp(-c * step))
        return [growth * noisy.xreplace({y: moved}) + shift]

    def ends_of(self, process: ItoProcess) -> tuple[sp.Expr, sp.Expr]:
        """Where the chain lives."""
        left, right, _ = self.coefficients(process)
        return left, right

    @staticmethod
    def coefficients(process: ItoProcess) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """The ends l and r, and c."""
        if process.dimension == 1 and t not in process.drift.free_symbols | process.diffusion.free_symbols:
            (x,), (b,), a = process.state, process.drift, sp.expand(process.diffusion[0])
            if a.is_polynomial(x) and b.is_polynomial(x) and sp.degree(a, x) == 2 and sign(sp.Poly(a, x).LC()) == -1:
                ends = _in_order([root for root, n in sp.roots(sp.Poly(a, x)).items() for _ in range(n)])
                if ends is not None:
                    inwards = [side * sp.expand(b.subs(x, end)) for side, end in zip((1, -1), ends, strict=True)]
                    if all(sign(value) in (0, 1) or value.is_nonnegative for value in inwards):
                        return *ends, -sp.Poly(a, x).LC()
        raise SchemeError(
            "BoundedNoise needs one coordinate x with diffusion c (x - l)(r - x) and a polynomial drift that does not "
            f"point outwards at l and r, got drift {process.drift[0]} and diffusion {process.diffusion[0]} in "
            f"{tuple(process.state)}. Use Reflecting(left=..., right=...) or Absorbing(left=..., right=...)."
        )


def noise_step(x: sp.Expr, uniform: sp.Expr, ends: tuple[sp.Expr, sp.Expr], share: sp.Expr) -> sp.Expr:
    r"""A point between the ends with mean x and variance ``share`` times :math:`(x-l)(r-x)`, from a uniform number."""
    left, right = ends
    below, above = x - left, right - x
    nearer_left = left + _distance(below, above, uniform, share, right - left)
    nearer_right = right - _distance(above, below, uniform, share, right - left)
    return sp.Piecewise((nearer_left, 2 * x < left + right), (nearer_right, True))


def _distance(near: sp.Expr, far: sp.Expr, uniform: sp.Expr, share: sp.Expr, length: sp.Expr) -> sp.Expr:
    """The distance to the nearer end after the noise."""
    spread = far * share  # the variance over the distance to the nearer end
    width = sp.Rational(3, 2) * (near + spread)
    weight = 2 * near / width
    inside = near + sp.sqrt(3 * near * spread) * (2 * uniform - 1)
    beside = width**2 / (2 * near + _SMALLEST) * (uniform - 1 + weight)
    beside = sp.Piecewise((beside, uniform > 1 - weight), (0, True))
    two_points = sp.Piecewise((near + spread, uniform * (near + spread) < near), (0, True))
    return sp.Piecewise((inside, near >= 3 * spread), (beside, width <= length), (two_points, True))


def logistic_step(x: sp.Expr, ends: tuple[sp.Expr, sp.Expr], rate: sp.Expr) -> sp.Expr:
    r"""The flow of :math:`\dot x = (x-l)(r-x)\,g` for constant g, ``rate`` being g times the time."""
    left, right = ends
    if rate == 0:
        return x
    growth = sp.exp((right - left) * rate)
    return left + (right - left) * (x - left) * growth / ((x - left) * growth + right - x)


def _in_order(roots: list[sp.Expr]) -> tuple[sp.Expr, sp.Expr] | None:
    if len(roots) != 2 or not all(root.is_real for root in roots):
        return None
    order = sign(sp.expand(roots[1] - roots[0]))
    return {1: (roots[0], roots[1]), -1: (roots[1], roots[0])}.get(order or 0)
