"""Exact transition sampling of geometric Brownian motion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.schemes.scheme import Scheme, SchemeError
from theory.ito import ItoProcess
from theory.notation import t


@dataclass(frozen=True)
class ExactGeometricBrownian(Scheme):
    r"""Exact transitions of :math:`dX_i = \mu_i X_i\,dt + X_i \sum_j \varsigma_{ij}\,dW_j`, in law and pathwise.

    .. math::
        X_i(t+h) = X_i(t)\,\exp\Big(\big(\mu_i - \tfrac12\textstyle\sum_j\varsigma_{ij}^2\big) h
            + \sum_j \varsigma_{ij}\sqrt h\,Z_j\Big).

    Any step is as good as any other: take the distance between the times that are observed.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), example 5.1.1.
    """

    strong_order: ClassVar[float] = math.inf
    weak_order: ClassVar[float] = math.inf

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: a coefficient is not a constant multiple of its own coordinate.
        """
        self.require_normals(process, normals)
        moving = set(process.state) | {t}
        update = []
        for i, x in enumerate(process.state):
            rate = _constant_multiple(process.drift[i], x, moving, "drift")
            volatility = [_constant_multiple(entry, x, moving, "dispersion") for entry in process.dispersion.row(i)]
            log_growth = (rate - sum(s**2 for s in volatility) / 2) * step
            log_growth += root_step * sum(s * Z for s, Z in zip(volatility, normals, strict=True))
            update.append(x * sp.exp(log_growth))
        return update


def _constant_multiple(coefficient: sp.Expr, x: sp.Symbol, moving: set[sp.Symbol], name: str) -> sp.Expr:
    """The constant ``coefficient / x``."""
    ratio = sp.cancel(sp.expand(coefficient) / x)
    if ratio.free_symbols & moving:
        raise SchemeError(
            f"ExactGeometricBrownian needs every coefficient to be a constant times its own coordinate {x}, "
            f"got {name} {coefficient}. Use EulerMaruyama() or Milstein()."
        )
    return ratio
