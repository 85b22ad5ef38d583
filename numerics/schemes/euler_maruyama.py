"""The Euler-Maruyama scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.arguments import takes
from numerics.schemes.scheme import Scheme
from theory.argument_kinds import EXPRESSION, EXPRESSIONS, one_of
from theory.ito import ItoProcess


@dataclass(frozen=True)
class EulerMaruyama(Scheme):
    r"""One step of :math:`X_{n+1} = X_n + b(X_n)\,h + \sigma(X_n)\,\sqrt h\,Z_n`.

    References:
        Kloeden & Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 10.2.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> Z, h, q = sp.symbols("Z h q")
        >>> EulerMaruyama().step_expressions(gbm, [Z], h, q)
        [Z*q*theta*zeta + h*mu*theta + theta]
    """

    strong_order: ClassVar[float] = 0.5
    weak_order: ClassVar[float] = 1.0

    @takes(
        process=one_of(ItoProcess, needed="an ItoProcess"), normals=EXPRESSIONS, step=EXPRESSION, root_step=EXPRESSION
    )
    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`; applies to every process."""
        self.require_normals(process, normals)
        noise = process.dispersion * sp.Matrix(normals)
        return [x + b * step + root_step * dw for x, b, dw in zip(process.state, process.drift, noise, strict=True)]
