r"""Where all entries of a square two-layer student sit under label noise, to first order in the noise strength.

With white inputs, :math:`S = \Delta(xx^\top - 1) + \xi x^\top`, :math:`P = W_2W_2^\top`, :math:`Q = W_1^\top W_1`,

.. math::
    dW = \big[P\Delta + \Delta Q + \beta E(SW^\top S)\big]dt + \sqrt\beta\,(P\,dS + dS\,Q), \qquad
    E(SW^\top S) = \sigma^2W + O(\Delta^2).

1. Balance. Label noise drives :math:`\Lambda = W_1W_1^\top - W_2^\top W_2` to 0 at a rate of order :math:`\beta`, and
   its fluctuations are of order :math:`\beta`; so to the order wanted :math:`P = (WW^\top)^{1/2}` and
   :math:`Q = (W^\top W)^{1/2}`.
2. Order :math:`\sqrt\beta`. At the teacher :math:`P = Q = \mathrm{diag}(s)`: the entries of the gap are independent
   Ornstein-Uhlenbeck processes of rate :math:`s_i + s_j` and noise :math:`\beta\sigma^2(s_i+s_j)^2`, hence of variance
   :math:`v_{ij} = \tfrac12\sigma^2(s_i + s_j)` over :math:`\beta`.
3. Order :math:`\beta`. The roots answer to the gap by
   :math:`p_{ij} = -(\Delta_{ij}s_j + s_i\Delta_{ji})/(s_i + s_j)` and
   :math:`q_{ij} = -(\Delta_{ji}s_j + s_i\Delta_{ij})/(s_i + s_j)`; the mean gap :math:`\beta m_i` solves

   .. math:: 2s_im_i + \sum_k E[p_{ik}\Delta_{ki} + \Delta_{ik}q_{ki}] + \sigma^2s_i = 0 .

   Each k adds :math:`-\sigma^2s_i` to the sum, and :math:`k = i` twice that: the mean of a mode is
   :math:`s_i - \tfrac\beta2\sigma^2d`, d times as far below the teacher as that of a single chain. Every other mode,
   learned or zero in the teacher, pulls by the same amount.

Moments of entries are in the frame of the teacher, over the whole stationary law near it, as :math:`\beta \to 0`.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366), equations
    (17), (18), which are printed for every mode of a network and derived for one mode alone: (18) holds for two square
    layers, (17) and the "mean slightly above s" do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from theory.deep_linear.modewise import MOST_MODES, known_sign, label_deviation, noise_strength
from theory.errors import ShapeError, UnsupportedFormError
from theory.typeset import Typeset
from theory.values import count, listed


@dataclass(frozen=True)
class TwoLayerLaw(Typeset):
    r"""First moments and second central moments of :math:`W = W_2W_1` at small noise, d x d.

    Attributes:
        singular_values: :math:`s_1, \dots, s_d`, one of them at least positive.
        label_variance: :math:`\sigma^2 > 0`.
        beta: :math:`\eta/b`.

    Raises:
        ShapeError: no modes, or too many.
        SymbolError: singular values or variances of no known sign.

    Example:
        >>> s_1, s_2 = sp.symbols("s_1 s_2", positive=True)
        >>> law = TwoLayerLaw([s_1, s_2])
        >>> law.mean(0), law.variance(0, 1), TwoLayerLaw([s_1]).mean(0)
        (-beta*sigma**2 + s_1, beta*sigma**2*(s_1 + s_2)/2, -beta*sigma**2/2 + s_1)
    """

    singular_values: tuple[sp.Expr, ...]
    label_variance: sp.Expr = label_deviation**2
    beta: sp.Expr = noise_strength

    def __init__(
        self,
        singular_values: Sequence[sp.Expr | float],
        label_variance: sp.Expr | float = label_deviation**2,
        beta: sp.Expr | float = noise_strength,
    ) -> None:
        values = listed(singular_values, "singular_values")
        if not 1 <= len(values) <= MOST_MODES:
            raise ShapeError(f"singular_values must hold 1 to {MOST_MODES} entries, got {len(values)}.")
        checked = tuple(known_sign(s, "singular_values", strictly=False) for s in values)
        object.__setattr__(self, "singular_values", checked)
        object.__setattr__(self, "label_variance", known_sign(label_variance, "label_variance", strictly=True))
        object.__setattr__(self, "beta", known_sign(beta, "beta", strictly=True))

    def variance(self, i: int, j: int) -> sp.Expr:
        r"""The variance :math:`\tfrac\beta2\sigma^2(s_i + s_j)` of an entry; entries are not correlated."""
        return self.beta * self._spread(i, j)

    def mean(self, mode: int) -> sp.Expr:
        r"""The mean :math:`s_i - \beta m_i` of a mode; entries off the diagonal have mean 0.

        Raises:
            UnsupportedFormError: the singular value of the mode is 0: nothing holds it at first order.
        """
        i = self._index(mode)
        s = self.singular_values
        if s[i] == 0:
            raise UnsupportedFormError(
                f"mode {i} has the singular value 0: its law is no small deviation from a minimum."
            )
        answer = sp.Add(*(self._root_with_gap(i, k) + self._gap_with_root(i, k) for k in range(len(s))))
        mean_gap = -(answer + self.label_variance * s[i]) / (2 * s[i])
        return s[i] - self.beta * sp.cancel(mean_gap)

    def singular_value_mean(self, mode: int) -> sp.Expr:
        r"""The mean of a singular value of the student, which the other modes repel.

        .. math:: E w_{ii} + \sum_{j\ne i}\frac{s_i(v_{ij} + v_{ji})\beta}{2(s_i^2 - s_j^2)}
        """
        i, s = self._index(mode), self.singular_values
        others = [j for j in range(len(s)) if j != i]
        if any(sp.expand(s[i] - s[j]) == 0 for j in others):
            raise UnsupportedFormError(f"singular values must differ to be differentiable, got {s[i]} twice.")
        pushes = (s[i] * self.variance(i, j) / (s[i] ** 2 - s[j] ** 2) for j in others)
        return sp.Add(self.mean(i), *map(sp.cancel, pushes))

    def _spread(self, i: int, j: int) -> sp.Expr:
        return self.label_variance * (self.singular_values[self._index(i)] + self.singular_values[self._index(j)]) / 2

    def _root_with_gap(self, i: int, k: int) -> sp.Expr:
        r""":math:`E[p_{ik}\Delta_{ki}]`: the two entries in p are independent unless i = k."""
        s = self.singular_values
        return -(int(i == k) * self._spread(i, k) * s[k] + s[i] * self._spread(k, i)) / (s[i] + s[k])

    def _gap_with_root(self, i: int, k: int) -> sp.Expr:
        r""":math:`E[\Delta_{ik}q_{ki}]`, with :math:`q_{ki} = -(\Delta_{ik}s_i + s_k\Delta_{ki})/(s_i + s_k)`."""
        s = self.singular_values
        return -(self._spread(i, k) * s[i] + int(i == k) * s[k] * self._spread(k, i)) / (s[i] + s[k])

    def _index(self, mode: int) -> int:
        return count(mode, "mode", at_most=len(self.singular_values) - 1)
