"""The sufficient condition of Theorem 4.2 of the stochastic-collapse paper, for any linearisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.errors import (
    DimensionError,
    MissingParameterError,
)
from theory.stability.homogeneous import TransverseLinearisation, checked_linearisation, expanded_in
from theory.typeset import Typeset
from theory.values import Expressions, admitted_number, mapping

slack = sp.Symbol("delta", positive=True)
r"""The :math:`\delta` of theorem 4.2."""


@dataclass(frozen=True)
class SufficientCondition(Typeset):
    r"""The hypothesis (6) of theorem 4.2 at one point of the set.

    The theorem asks for one :math:`\delta > 0` for which :math:`G > \delta` and the left side of (6) is positive in
    every normal direction and at every point of the set. It is sufficient and not necessary, and it can never hold
    where a normal direction carries no radial noise, as at every sign-invariant set.

    Attributes:
        linearisation: Next to that point.
        radial_noise: :math:`\nabla_n^2\,n^\top D\,n = G(n)`.
        left_side: :math:`\nabla_n^2\big(L - \frac12\operatorname{tr}D_\perp + (1-\delta)\,n^\top D\,n\big)`.
    """

    linearisation: TransverseLinearisation
    radial_noise: sp.Expr
    left_side: sp.Expr

    def in_direction(self, vector: Expressions) -> Boolean:
        """Both inequalities in the direction of a unit vector, with :data:`slack` free."""
        left, noise = (self.linearisation.along(e, vector) for e in (self.left_side, self.radial_noise))
        return sp.And(sp.Gt(noise, slack), sp.Gt(left, 0))

    def holds_at(self, values: Mapping[sp.Symbol, object] | None = None) -> bool:
        r"""Whether some :math:`\delta` serves all directions of a normal space of at most two dimensions.

        Both sides are continuous on the circle and monotone in :math:`\delta`, so one exists exactly if
        :math:`G > 0` and the left side at :math:`\delta = 0` is positive everywhere: two quartics without real
        root, counted exactly.

        Args:
            values: A rational number for every parameter; a float is read as the decimal number that it prints as.

        Raises:
            DimensionError: more than two normal directions.
            MissingParameterError: a parameter has no rational value.

        Example:
            >>> from theory.ito import ItoProcess
            >>> from theory.stability.transverse import transverse_linearisation
            >>> x, y = sp.symbols("x y", real=True)
            >>> g = sp.Symbol("g", real=True)
            >>> isotropic = ItoProcess([x, y], [-g * x, -g * y], sp.sqrt(x**2 + y**2) * sp.eye(2))
            >>> condition = sufficient_condition(transverse_linearisation(isotropic))
            >>> condition.holds_at({g: sp.Rational(1, 9)}), condition.holds_at({g: -sp.Rational(1, 9)})
            (True, False)
        """
        k = self.linearisation.dimension
        if k > 2:
            raise DimensionError(
                f"holds_at counts roots on a circle, but there are {k} normal directions. Look at in_direction(...)."
            )
        given = {symbol: admitted_number(symbol, value) for symbol, value in mapping(values).items()}
        margins = [e.subs(given) for e in (self.radial_noise, self.left_side.subs(slack, 0))]
        return all(_positive_on_circle(margin, self.linearisation.direction) for margin in margins)


def sufficient_condition(linearisation: TransverseLinearisation) -> SufficientCondition:
    r"""Condition (6) of theorem 4.2, with the sign of the drift that a generator calculation gives.

    .. math:: -\,n\cdot An - \tfrac12\operatorname{tr}a(n) + (1-\delta)\,G(n) = -Q(n) - \delta\,G(n) > 0

    References:
        Stochastic-collapse paper (arXiv 2306.04251), theorem 4.2 and eq. (6).
    """
    noise = checked_linearisation(linearisation).radial_noise
    left_side = expanded_in(-linearisation.log_growth - slack * noise, linearisation.direction)
    return SufficientCondition(linearisation, noise, left_side)


def _positive_on_circle(margin: sp.Expr, direction: sp.MatrixBase) -> bool:
    """Whether a sum of forms of degree 2 and 4, read at unit length, is positive in every direction."""
    u = sp.Dummy("u", real=True)
    if direction.rows == 1:
        values = [margin.subs(direction[0], 1)]
    else:
        homogeneous = sp.expand(
            sum(
                term * (1 if sp.Poly(term, *direction).total_degree() == 4 else direction.dot(direction))
                for term in sp.Add.make_args(sp.expand(margin))
                if term != 0
            )
        )
        quartic = homogeneous.subs({direction[0]: 1, direction[1]: u})
        values = [homogeneous.subs({direction[0]: 0, direction[1]: 1}), quartic.subs(u, 0)]
    unknown = {symbol for value in values for symbol in value.free_symbols}
    if unknown or not all(value.is_Rational for value in values):
        raise MissingParameterError(
            f"values must give every parameter an exact rational number; what is left is {values}."
        )
    if direction.rows == 2:
        polynomial = sp.Poly(quartic, u)
        if not all(c.is_Rational for c in polynomial.all_coeffs()):
            raise MissingParameterError(f"values must give every parameter an exact rational number; left: {quartic}.")
        if not polynomial.is_zero and polynomial.count_roots() > 0:
            return False
    return all(value > 0 for value in values)
