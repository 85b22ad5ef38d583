r"""The second moment of the gap near a minimum, as a linear recursion: what SGD's steps and its SDE make of it.

At a minimum without weight decay the gap moves, with the Jacobian of the minimum and :math:`K = JJ^\top`, by

.. math::
    \delta' = (I - \eta K(\hat A\otimes I))\,\delta - \eta K\,\mathrm{vec}\,\hat N, \qquad
    \hat A = \tfrac1b\sum xx^\top, \quad \hat N = \tfrac1b\sum\xi x^\top .

With :math:`\delta = K^{1/2}z`, :math:`G = K^{1/2}(\Lambda\otimes I)K^{1/2}` and
:math:`\hat G = K^{1/2}(\hat A\otimes I)K^{1/2}` the second moment :math:`P = E[zz^\top]` obeys
:math:`P' = P - \eta\mathcal AP + \eta^2\mathcal BP + \eta^2\kappa Q` with :math:`\mathcal AP = GP + PG` and
:math:`\mathcal BP = E[\hat GP\hat G]`. Both :math:`\mathcal B` and :math:`\mathcal A^{-1}` keep matrices positive
semidefinite, so P converges exactly for

.. math::
    \eta < \eta_* = 1/\rho(\mathcal A^{-1}\mathcal B) ,

with the covariance part of :math:`\mathcal B` alone for the SDE, and :math:`2/\lambda_{\max}(G)` for the full gradient.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from numerics.deep_linear.modes import tangent_kernel
from numerics.deep_linear.point import LayeredPoint
from numerics.deep_linear.signal import NoisyTeacher
from theory.argument_kinds import one_of

Array = np.ndarray

ACCURACY = 1e-14
"""Relative change at which an iteration has converged."""

MOST_STEPS = 100_000
"""Steps of an iteration before it is given up."""


class Motion(Enum):
    """What moves the weights."""

    SGD = "the recursion of stochastic gradient descent"
    SDE = "its stochastic differential equation"
    GD = "gradient descent on the mean loss"


MOTION = one_of(Motion, needed="a member of Motion")
"""A motion as an argument."""


class SecondMoment:
    r"""The operators :math:`\mathcal A` and :math:`\mathcal B` at a point, in the basis in which G is diagonal.

    Attributes:
        root: :math:`K^{1/2}` with the axes of G as columns, those along which it vanishes left out.
        rates: The eigenvalues of G.
    """

    def __init__(self, point: LayeredPoint, factor: float) -> None:
        self.point, self.factor = point, factor
        values, vectors = np.linalg.eigh(tangent_kernel(point))
        kept = values > 1e-12 * max(float(values[-1]), 1e-300)
        root = vectors[:, kept] * np.sqrt(values[kept])
        Lambda = np.kron(point.data.input_moment(), np.eye(point.network.widths[-1]))
        mean, axes = np.linalg.eigh(root.T @ Lambda @ root)
        seen = mean > 1e-12 * max(float(mean[-1]) if len(mean) else 0.0, 1e-300)
        self.root: Array = root @ axes[:, seen]
        self.rates: Array = mean[seen]

    def bound(self, motion: Motion) -> float:
        r""":math:`\eta_*`, from which on the second moment diverges."""
        if not len(self.rates):
            return float("inf")
        if motion is Motion.GD:
            return 2 / float(self.rates[-1])
        P, size = np.eye(len(self.rates)), 0.0
        for _ in range(MOST_STEPS):
            image = self.over_rates(self.spread(P, motion))
            before, size = size, float(np.trace(image))
            if size == 0.0:
                return float("inf")
            P = image / size * len(P)
            if abs(size - before) <= ACCURACY * size:
                break
        return len(P) / size

    def is_safe(self, learning_rate: float) -> bool:
        r"""Whether one look shows that a learning rate of SGD is below the bound.

        The operator keeps matrices positive semidefinite, so its radius is at most the largest eigenvalue of
        :math:`\mathcal A^{-1}\mathcal BI` (Collatz and Wielandt).
        """
        if not len(self.rates):
            return True
        image = self.over_rates(self.spread(np.eye(len(self.rates)), Motion.SGD))
        return learning_rate * float(np.linalg.eigvalsh(image + image.T)[-1]) / 2 < 1

    def over_rates(self, right: Array) -> Array:
        r""":math:`\mathcal A^{-1}`."""
        return right / (self.rates[:, None] + self.rates[None, :])

    def spread(self, P: Array, motion: Motion) -> Array:
        r""":math:`\mathcal BP`, or its covariance part for the SDE."""
        data, d_L = self.point.data, self.point.network.widths[-1]
        Q = (self.root @ P @ self.root.T).reshape(-1, d_L, len(self.root) // d_L, d_L)
        moment = data.input_moment()
        mean = np.einsum("aj,jikl,kb->aibl", moment, Q, moment, optimize=True)
        if isinstance(data, NoisyTeacher):
            crossed = np.einsum("ak,jikl,jb->aibl", moment, Q, moment, optimize=True)
            spread = crossed + np.einsum("ab,jk,jikl->aibl", moment, moment, Q, optimize=True)
        else:
            x = data.inputs
            inner = np.einsum("nj,jikl,nk->nil", x, Q, x, optimize=True)
            spread = np.einsum("na,nil,nb->aibl", x, inner, x, optimize=True) / len(x) - mean
        total = self.factor * spread + (mean if motion is Motion.SGD else 0.0)
        return self.root.T @ total.reshape(len(self.root), len(self.root)) @ self.root
