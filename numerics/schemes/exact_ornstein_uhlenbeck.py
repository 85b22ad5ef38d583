"""Exact transition sampling of Ornstein-Uhlenbeck processes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from numerics.arguments import takes
from numerics.schemes.scheme import PROCESS, Scheme, SchemeError
from theory.ito import ItoProcess
from theory.notation import t


@dataclass(frozen=True)
class ExactOrnsteinUhlenbeck(Scheme):
    r"""Exact in law for :math:`dX_i = (c_i - k_i X_i)\,dt + \sum_j \varsigma_{ij}\,dW_j`, with constant coefficients.

    .. math::
        X_i(t+h) = e^{-k_i h} X_i(t) + c_i \frac{1 - e^{-k_i h}}{k_i} + \xi_i,\qquad
        \mathbb E\,\xi_i\xi_l = (\varsigma\varsigma^\top)_{il}\,\frac{1 - e^{-(k_i + k_l) h}}{k_i + k_l}.

    The noise :math:`\xi` takes one normal per coordinate, through the Cholesky factor of its covariance. The drift
    matrix must be diagonal: pass to its eigenvectors first. A rate that may vanish is replaced by its limit,
    :math:`(1-e^{-kh})/k \to h`, where it is 0 as an expression.

    References:
        Gillespie, *Phys. Rev. E* 54 (1996) 2084, eqs. (3.1)-(3.2) for one coordinate.
    """

    strong_order: ClassVar[float] = math.inf
    weak_order: ClassVar[float] = math.inf

    @takes(process=PROCESS)
    def normals_per_step(self, process: ItoProcess) -> int:
        """One normal for each coordinate, whatever the number of Brownian motions."""
        return process.dimension

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the drift is not affine with a diagonal matrix, or the dispersion is not constant.
        """
        self.require_normals(process, normals)
        rates, offsets = _affine_drift(process)
        d = process.dimension
        a = process.diffusion
        covariance = sp.Matrix(d, d, lambda i, j: a[i, j] * _memory(rates[i] + rates[j], step))
        noise = _cholesky(covariance) * sp.Matrix(normals)
        return [
            sp.exp(-k * step) * x + c * _memory(k, step) + xi
            for k, c, x, xi in zip(rates, offsets, process.state, noise, strict=True)
        ]


def _memory(rate: sp.Expr, step: sp.Symbol) -> sp.Expr:
    r""":math:`\int_0^h e^{-k u}\,du`, written so that nothing cancels for a small rate."""
    return step if rate == 0 else 2 * sp.exp(-rate * step / 2) * sp.sinh(rate * step / 2) / rate


def _affine_drift(process: ItoProcess) -> tuple[list[sp.Expr], list[sp.Expr]]:
    moving = set(process.state) | {t}
    jacobian = process.drift.jacobian(process.state).applyfunc(sp.cancel)
    offsets = (process.drift - jacobian * process.state).applyfunc(sp.cancel)
    constant = not (jacobian.free_symbols | offsets.free_symbols | process.dispersion.free_symbols) & moving
    if not (constant and jacobian.is_diagonal()):
        raise SchemeError(
            "ExactOrnsteinUhlenbeck needs an affine drift with a diagonal matrix and a constant dispersion, got drift "
            f"{list(process.drift)} and dispersion {process.dispersion.tolist()}. "
            "Pass to the eigenvectors of the drift matrix, or use EulerMaruyama()."
        )
    return [-jacobian[i, i] for i in range(process.dimension)], list(offsets)


def _cholesky(covariance: sp.Matrix) -> sp.Matrix:
    """Lower triangular factor; a coordinate without noise of its own keeps a zero on the diagonal."""
    d = covariance.rows
    factor = sp.zeros(d, d)
    for i in range(d):
        for j in range(i + 1):
            rest = sp.cancel(covariance[i, j] - sum(factor[i, k] * factor[j, k] for k in range(j)))
            if i == j:
                factor[i, i] = sp.sqrt(rest)
            elif factor[j, j] != 0:
                factor[i, j] = rest / factor[j, j]
    return factor
