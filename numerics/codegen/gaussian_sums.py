r"""Sums of error functions and Gaussians whose leading terms cancel where the tail is thin.

On the side on which :math:`\mathrm{erfc}\,u` vanishes, each term of such a sum is :math:`e^{-ku^2}` times powers of the
scaled tail :math:`e^{u^2}\mathrm{erfc}\,u`, which is algebraic there. With the smallest k in front,

.. math::
    \varphi(x) + x\,\Phi(x) = e^{-u^2}\Bigl(\frac1{\sqrt{2\pi}} + \frac x2\,e^{u^2}\mathrm{erfc}\,u\Bigr),
    \qquad u = -\frac x{\sqrt2},

and what cancels in the bracket is a power of 1/u, with which :mod:`numerics.codegen.far_out` deals.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.expansion import short_expansion
from numerics.codegen.exponentials import multiple
from numerics.codegen.special import ScaledErfc
from theory.argument_kinds import EXPRESSION

MOST_TERMS = 24
"""Of a sum that is written in scaled tails."""

_T, _G = sp.symbols("T G", positive=True, cls=sp.Dummy)
"""erfc(u) and exp(-u**2)."""


@dataclass(frozen=True)
class ThinSide:
    """A sum as exp(growth) times a bracket, on the side on which erfc(u) is small.

    Attributes:
        growth: -k u**2.
        bracket: In the scaled tail.
        u: The argument of the tail.
    """

    growth: sp.Expr
    bracket: sp.Expr
    u: sp.Expr

    @property
    def region(self) -> Boolean:
        """Where it is used."""
        return self.u > 1

    def clipped(self, form: sp.Expr) -> sp.Expr:
        """The form of the bracket, finite where it is not used, and so are its derivatives."""
        tail = ScaledErfc(self.u)
        return form.xreplace({tail: ScaledErfc(sp.Max(self.u, 0, evaluate=False))})


@takes(total=EXPRESSION)
def thin_sides(total: sp.Expr) -> list[ThinSide]:
    """The sides on which leading terms of a sum of error functions meet; none for another sum.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> (side,) = thin_sides(sp.exp(-(x**2)) / sp.sqrt(sp.pi) - x * sp.erfc(x))
        >>> side.growth, side.bracket
        (-x**2, -x*ScaledErfc(x) + 1/sqrt(pi))
    """
    arguments = {head.args[0] for head in total.atoms(sp.erf, sp.erfc)}  # of v and -v SymPy leaves one
    if len(arguments) != 1 or not total.is_Add:
        return []
    (v,) = arguments
    return [found for side in (1, -1) if v.free_symbols and (found := _on_side(total, side, side * v)) is not None]


def _on_side(total: sp.Expr, side: int, u: sp.Expr) -> ThinSide | None:
    written = _in_tail(total, side, short_expansion(u**2))
    expanded = short_expansion(written) if written is not None else None
    if expanded is None or not expanded.is_Add or len(expanded.args) > MOST_TERMS:
        return None
    terms = []
    for term in expanded.args:
        powers = term.as_powers_dict()
        i, j = (sp.sympify(powers[symbol]) for symbol in (_T, _G))
        rest = term / (_T**i * _G**j)
        if not (i.is_Integer and j.is_Rational):
            return None
        terms.append((i + j, i, rest))
    lowest = min(weight for weight, _, _ in terms)
    leading = [i for weight, i, _ in terms if weight == lowest]
    if len(leading) < 2 or not any(leading):
        return None
    tail = {_T: ScaledErfc(u) * _G}
    bracket = sp.Add(*(c * ScaledErfc(u) ** i * _G ** (weight - lowest) for weight, i, c in terms))
    bracket = bracket.subs(tail).subs(_G, sp.exp(-(u**2)))
    return ThinSide(-lowest * u**2, bracket, u)


def _in_tail(part: sp.Basic, side: int, square: sp.Expr) -> sp.Expr | None:
    """An expression with T for erfc(u) and G for exp(-u**2), u = side v, where it is made of these alone."""
    if isinstance(part, sp.erf | sp.erfc):
        erf = side * (1 - _T)
        return erf if isinstance(part, sp.erf) else 1 - erf
    if isinstance(part, sp.exp):
        k, rest = multiple(part.args[0], square)
        return sp.exp(rest) * _G ** (-k)
    if part.is_Add or part.is_Mul or (part.is_Pow and part.exp.is_Integer):
        made = [_in_tail(inner, side, square) for inner in part.args]
        if None in made:
            return None
        result = part.func(*made)
        return sp.expand(result) if result.is_Add and len(result.args) <= MOST_TERMS else result
    return part if isinstance(part, sp.Expr) and not part.has(sp.erf, sp.erfc) else None
