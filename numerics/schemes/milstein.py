"""The Milstein scheme for commutative noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.schemes.scheme import Scheme, SchemeError
from theory.ito import ItoProcess


@dataclass(frozen=True)
class Milstein(Scheme):
    r"""One step of Milstein's scheme.

    With :math:`L^j = \sum_i \sigma_{ij}\,\partial_i` and :math:`\Delta W = \sqrt h\,Z`,

    .. math::
        X_{n+1} = X_n + b\,h + \sum_j \sigma_j\,\Delta W_j
            + \tfrac12 \sum_{jk} L^j\sigma_k\,(\Delta W_j \Delta W_k - \delta_{jk} h).

    This form needs no Lévy areas, and is right only if the noise commutes: :math:`L^j\sigma_k = L^k\sigma_j` for all
    columns :math:`j, k`. Scalar noise always does, and so does diagonal noise with :math:`\sigma_{ii}(x_i)`.

    References:
        Kloeden & Platen (1992), section 10.3, eqs. (3.3) and (3.16).
    """

    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 1.0

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the noise does not commute, or is not shown to.
        """
        self.require_normals(process, normals)
        require_commutative_noise(process)
        m = process.noise_dimension
        Z = sp.Matrix(normals)
        update = process.state + process.drift * step + root_step * process.dispersion * Z
        for j in range(m):
            for k in range(m):
                square = Z[j] * Z[k] - (1 if j == k else 0)
                update += step / 2 * square * directional_derivative(process, j, k)
        return list(update)


def directional_derivative(process: ItoProcess, j: int, k: int) -> sp.Matrix:
    r""":math:`L^j\sigma_k`, the derivative of column ``k`` of the dispersion along column ``j``. Shape ``(d, 1)``."""
    return process.dispersion.col(k).jacobian(process.state) * process.dispersion.col(j)


def require_commutative_noise(process: ItoProcess) -> None:
    """Raise ``SchemeError`` unless every Lie bracket of two columns of the dispersion is shown to vanish."""
    for j in range(process.noise_dimension):
        for k in range(j):
            bracket = directional_derivative(process, j, k) - directional_derivative(process, k, j)
            for x, entry in zip(process.state, bracket, strict=True):
                residual = _normal_form(entry)
                if residual != 0:
                    raise SchemeError(
                        "Milstein's scheme without Lévy areas needs commutative noise, L^j sigma_k = L^k sigma_j, but "
                        f"columns {k + 1} and {j + 1} of the dispersion differ in coordinate {x} by {residual} "
                        "(zero was not shown). Use EulerMaruyama()."
                    )


def _normal_form(entry: sp.Expr) -> sp.Expr:
    """``entry`` rewritten until it is 0 or no rule is left; each step is an identity, so 0 is a proof."""
    for rewrite in (sp.expand, sp.cancel, lambda e: sp.cancel(sp.expand(e.rewrite(sp.exp)))):
        entry = rewrite(entry)
        if entry == 0:
            return sp.S.Zero
    return entry
