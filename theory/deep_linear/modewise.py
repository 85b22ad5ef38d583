r"""The modes of a deep linear network on the aligned balanced manifold, for every depth L.

A network :math:`f(x) = W_L\cdots W_1x` learns :math:`y = Mx + \xi` from inputs :math:`x \sim N(0, C)` and labels with
noise :math:`\xi` of mean zero. Its stochastic gradient descent is modelled by
:math:`d\theta = -\nabla\ell\,dt + \sqrt{\beta\Sigma(\theta)}\,dB` with :math:`\beta = \eta/b`. Write
:math:`M = U\,\mathrm{diag}(s)V^\top`, and let :math:`C = V\,\mathrm{diag}(\lambda)V^\top` commute with
:math:`M^\top M` (white inputs: :math:`\lambda = 1`).

On the manifold :math:`W_l = R_l\,\mathrm{diag}(u)R_{l-1}^\top` with orthogonal :math:`R_l`, :math:`R_L = U`,
:math:`R_0 = V`, every layer holds the same :math:`u_i`, and :math:`w_i = u_i^L` are the amplitudes of the modes. The
noise of layer l is :math:`\Xi_l = W_{>l}^\top S W_{<l}^\top` with :math:`S = \Delta(xx^\top - C) + \xi x^\top`,
:math:`\Delta = M - W`; in the frame of the teacher, with :math:`\delta_i = s_i - w_i` and
:math:`\sigma_i^2 = u_i^\top\mathrm{Cov}(\xi)u_i`, Wick's theorem says

.. math::
    E[S_{ij}S_{kl}] = \delta_i\delta_k\,\lambda_i\lambda_j\,(1_{ik}1_{jl} + 1_{il}1_{jk})
    + \sigma_i^2\lambda_j\,1_{ik}1_{jl}.

Everything here follows from this table, from :math:`dW = \sum_l W_{>l}\,dW_l\,W_{<l} + \dots`, and from
:math:`r_i = |w_i|^{2/L}` with the sums :math:`c_{ij}, \kappa_{ij}` of :mod:`theory.deep_linear.layer_sums`:

1. Gradient drift: :math:`L\lambda_i\delta_i\,r_i^{L-1}`.
2. Itô drift: :math:`\beta\sum_{l>m}\sum_n [W_{>l}\Xi_lW_{l-1:m+1}\Xi_mW_{<m}]_{ii}`. The layers give
   :math:`r_i^{L-1-(l-m)}\,r_n^{l-m-1}\,w_n`, the noise :math:`E[S_{in}S_{ni}]`: for :math:`n = i`, the same mode,
   :math:`\beta L(L-1)\,w_i r_i^{L-2}\,(\lambda_i^2\delta_i^2 + \tfrac12\lambda_i\sigma_i^2)`, and from every other mode
   :math:`\beta\,\lambda_i\lambda_n\,\delta_i\delta_n\,w_n\,\kappa(r_i, r_n)`.
3. Martingale part: :math:`c_{ij}\,dS_{ij}\sqrt\beta`, so the amplitudes have independent noises of diffusion
   :math:`\beta L^2(2\lambda_i^2\delta_i^2 + \lambda_i\sigma_i^2)\,r_i^{2(L-1)}`.

So gradient flow and noise decouple, while the Itô drift does not: it couples every pair of unlearned modes at the same
order :math:`\beta` as it moves one of them. For one mode in one dimension the equation is exact for all times; with
more, noise leaves the manifold (:mod:`theory.deep_linear.off_manifold`) and the rates hold on it.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366),
    proposition 3.5. Its gradient drift (5) and diffusion (7) are those above. Its Itô drift (6),
    :math:`\beta L(L-1)(\delta + \sigma_q)\,w^{2(L-2)/L}`, is not: it has :math:`\delta` for :math:`w\delta^2`,
    :math:`\sigma_q` for :math:`\tfrac12w\sigma_q^2`, and lacks the part of the other modes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.decision.conditions.inequalities import nonnegative, positive
from theory.deep_linear.layer_sums import pair_sum, power_sum
from theory.errors import ShapeError, SymbolError
from theory.ito import ItoProcess
from theory.line.charts.powers import reduced_exponent, with_reduced_exponents
from theory.typeset import Typeset
from theory.values import count, instance, listed, shown, single_expression

MOST_MODES = 64
"""More modes than this are not written out."""

LARGEST_DEPTH = 100_000
"""Deeper networks are refused as numbers: powers of so large a denominator take ever longer."""

amplitude = sp.Symbol("w", positive=True)
"""Amplitude w of one mode of the student."""

singular_value = sp.Symbol("s", positive=True)
"""Singular value s of the teacher."""

label_deviation = sp.Symbol("sigma", positive=True)
r"""Standard deviation :math:`\sigma` of the label noise; the paper's :math:`\sigma_q`."""

noise_strength = sp.Symbol("beta", positive=True)
r"""The ratio :math:`\beta = \eta/b` of learning rate and batch size."""


@dataclass(frozen=True)
class BalancedModes(Typeset):
    r"""Rates of change of the modes on the aligned balanced manifold, for a number or a symbol of layers.

    Indices of modes count from 0. All rates are per unit of time :math:`t = \eta\times` steps; amplitudes and singular
    values have the unit of an output per input, label variances that of a squared output, and :math:`\beta` the
    inverse of the unit of a drift.

    Attributes:
        depth: L, at least 1: a whole number, a symbol, or a real number by continuation of the formulas.
        amplitudes: :math:`w_i`. Expressions of no known sign are read with :math:`|w|^{2/L}` and the sign of w.
        singular_values: :math:`s_i \ge 0`.
        label_variances: :math:`\sigma_i^2 \ge 0`, the variance of the label noise along the left singular vector.
        input_variances: :math:`\lambda_i > 0`.
        beta: :math:`\beta = \eta/b`.

    Raises:
        ShapeError: the sequences differ in length, or are empty.
        SymbolError: a depth below 1, a negative variance or singular value, or a symbol that leaves this open.

    Example:
        >>> from theory.parameters import parameter
        >>> mode = balanced_modes(parameter("L", integer=True, at_least=2))
        >>> mode.gradient_drift(0)
        L*w**(2 - 2/L)*(s - w)
        >>> balanced_modes(2, modes=2, label_variance=0).coupling_drift(0, 1)
        beta*w_2*(s_1 - w_1)*(s_2 - w_2)
    """

    depth: sp.Expr
    amplitudes: tuple[sp.Expr, ...]
    singular_values: tuple[sp.Expr, ...]
    label_variances: tuple[sp.Expr, ...]
    input_variances: tuple[sp.Expr, ...]
    beta: sp.Expr

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", checked_depth(self.depth))
        names = ("amplitudes", "singular_values", "label_variances", "input_variances")
        for name in names:
            entries = listed(getattr(self, name), name)
            object.__setattr__(self, name, tuple(single_expression(e, name, real=True) for e in entries))
        lengths = {name: len(getattr(self, name)) for name in names}
        if len(set(lengths.values())) != 1 or not self.amplitudes or len(self.amplitudes) > MOST_MODES:
            raise ShapeError(f"every mode, of 1 to {MOST_MODES}, needs one entry each, got the lengths {lengths}.")
        for name in ("singular_values", "label_variances"):
            for value in getattr(self, name):
                known_sign(value, name, strictly=False)
        for value in self.input_variances:
            known_sign(value, "input_variances", strictly=True)
        object.__setattr__(self, "beta", known_sign(self.beta, "beta", strictly=True))

    @property
    def count(self) -> int:
        """The number of modes."""
        return len(self.amplitudes)

    def gap(self, mode: int) -> sp.Expr:
        r"""What is left to learn, :math:`\delta_i = s_i - w_i`."""
        i = self._index(mode)
        return self.singular_values[i] - self.amplitudes[i]

    def squared_weight(self, mode: int, power: sp.Expr | int = 1) -> sp.Expr:
        r"""The power :math:`r_i^p = |w_i|^{2p/L}` of the squared weight of one layer."""
        w = self.amplitudes[self._index(mode)]
        base = w if w.is_nonnegative else sp.Abs(w)
        return base ** reduced_exponent(2 * single_expression(power, "power", real=True) / self.depth)

    def gradient_drift(self, mode: int) -> sp.Expr:
        r"""The drift of gradient flow, :math:`L\lambda_i(s_i - w_i)|w_i|^{2-2/L}`: equation (5), and (2) for L = 2."""
        L, i = self.depth, self._index(mode)
        return L * self.input_variances[i] * self.gap(i) * self.squared_weight(i, L - 1)

    def own_noise(self, mode: int) -> sp.Expr:
        r"""The variance :math:`E[S_{ii}^2] = 2\lambda_i^2\delta_i^2 + \lambda_i\sigma_i^2` of the error signal."""
        i = self._index(mode)
        return self.noise_moment(i, i, i, i)

    def noise_moment(self, i: int, j: int, k: int, l: int) -> sp.Expr:
        r"""The table :math:`E[S_{ij}S_{kl}]` of the module, from Wick's theorem."""
        i, j, k, l = (self._index(index) for index in (i, j, k, l))
        straight, crossed = int(i == k and j == l), int(i == l and j == k)
        of_data = self.gap(i) * self.gap(k) * self.input_variances[i] * self.input_variances[j] * (straight + crossed)
        return of_data + self.label_variances[i] * self.input_variances[j] * straight

    def same_mode_drift(self, mode: int) -> sp.Expr:
        r"""The part of the Itô drift that knows one mode alone.

        .. math::
            \tfrac12\beta L(L-1)\,w_i|w_i|^{2-4/L}\,(2\lambda_i^2\delta_i^2 + \lambda_i\sigma_i^2)

        For white inputs and w > 0 this is :math:`\beta L(L-1)(\delta^2 + \tfrac12\sigma^2)\,w^{3-4/L}`. The paper's
        (6) and (14) have other powers of :math:`w`, :math:`\delta` and :math:`\sigma_q`.
        """
        i, L = self._index(mode), self.depth
        return self.beta * L * (L - 1) / 2 * self.own_noise(i) * self._odd_power(i, L - 2)

    def coupling_drift(self, mode: int, other: int) -> sp.Expr:
        r"""What the mode ``other`` adds to the Itô drift of ``mode``.

        .. math::
            \beta\,\lambda_i\lambda_n\,\delta_i\delta_n\,w_n\,\kappa(r_i, r_n), \qquad
            \kappa(r_i, r_n) = \sum_{k=1}^{L-1}(L-k)\,r_i^{L-k-1}\,r_n^{k-1}

        It does not see the label noise, vanishes once one of the two modes is learned, and is missing in the paper.
        For a symbol of layers :math:`\kappa` stands in closed form, which has a removable singularity at
        :math:`|w_i| = |w_n|`.
        """
        i, n = self._index(mode), count(other, "other", at_most=self.count - 1)
        if i == n:
            raise SymbolError(f"other must differ from mode={i}: what a mode adds to itself is same_mode_drift.")
        noise = self.noise_moment(i, n, n, i)
        return self.beta * noise * self.amplitudes[n] * self._over_layers(pair_sum, i, n)

    def ito_drift(self, mode: int) -> sp.Expr:
        r"""The whole drift that Itô's formula adds, :math:`\tfrac12\mathrm{tr}(\beta\Sigma\nabla^2w_i)`."""
        i = self._index(mode)
        others = (self.coupling_drift(i, n) for n in range(self.count) if n != i)
        return sp.Add(self.same_mode_drift(i), *others)

    def drift(self, mode: int) -> sp.Expr:
        """Gradient drift and Itô drift."""
        return self.gradient_drift(mode) + self.ito_drift(mode)

    def diffusion(self, mode: int) -> sp.Expr:
        r"""The diffusion :math:`\beta L^2(2\lambda^2\delta^2 + \lambda\sigma^2)|w|^{4-4/L}` of a mode: (7)."""
        return self.covariation(mode, mode)

    def covariation(self, mode: int, other: int) -> sp.Expr:
        r"""The rate :math:`d[w_i, w_k]/dt`: the diffusion for i = k, else 0."""
        i, k = self._index(mode), self._index(other, "other")
        weights = self._over_layers(power_sum, i, i) * self._over_layers(power_sum, k, k)
        return self.beta * self.noise_moment(i, i, k, k) * weights

    def process(self) -> ItoProcess:
        """The amplitudes with these rates as a diffusion: exact in one dimension, else that of a start on the manifold.

        Raises:
            SymbolError: the amplitudes are no distinct symbols.
        """
        drift = [self.drift(i) for i in range(self.count)]
        return ItoProcess(list(self.amplitudes), drift, sp.diag(*map(self._dispersion, range(self.count))))

    def process_of(self, mode: int) -> ItoProcess:
        """One mode by itself, without what the others add: the exact equation in one dimension."""
        i = self._index(mode)
        return ItoProcess.scalar(
            self.amplitudes[i],
            drift=self.gradient_drift(i) + self.same_mode_drift(i),
            dispersion=self._dispersion(i),
        )

    def cross_covariation(self, first: tuple[int, int], second: tuple[int, int]) -> sp.Expr:
        r"""The rate :math:`d[w_{ij}, w_{kl}]/dt = \beta\,c_{ij}c_{kl}\,E[S_{ij}S_{kl}]` of entries of the student.

        Args:
            first: (i, j) of :math:`w_{ij} = u_i^\top Wv_j`.
            second: (k, l).
        """
        (i, j), (k, l) = (self._pair(entry, name) for entry, name in ((first, "first"), (second, "second")))
        weights = self._over_layers(power_sum, i, j) * self._over_layers(power_sum, k, l)
        return self.beta * self.noise_moment(i, j, k, l) * weights

    def error_deviation(self, mode: int) -> sp.Expr:
        r"""A root of :meth:`own_noise`; without label noise :math:`\sqrt2\lambda\delta`, of either sign and smooth."""
        i = self._index(mode)
        if self.label_variances[i] == 0:
            return sp.sqrt(2) * self.input_variances[i] * self.gap(i)
        return sp.sqrt(self.own_noise(i))

    def _dispersion(self, i: int) -> sp.Expr:
        return sp.sqrt(self.beta) * self.depth * self.error_deviation(i) * self.squared_weight(i, self.depth - 1)

    def _odd_power(self, i: int, p: sp.Expr) -> sp.Expr:
        r""":math:`w_i r_i^p`, which changes its sign with w."""
        w = self.amplitudes[i]
        if w.is_nonnegative:
            return w ** reduced_exponent(1 + 2 * p / self.depth)
        return w * self.squared_weight(i, p)

    def _over_layers(self, total: Callable[[sp.Expr, sp.Expr, sp.Expr], sp.Expr], i: int, k: int) -> sp.Expr:
        return with_reduced_exponents(total(self.squared_weight(i), self.squared_weight(k), self.depth))

    def _index(self, mode: int, name: str = "mode") -> int:
        return count(mode, name, at_most=self.count - 1)

    def _pair(self, entry: tuple[int, int], name: str) -> tuple[int, int]:
        given = listed(entry, name)
        if len(given) != 2:
            raise ShapeError(f"{name} must have the two indices of an entry of the student, got {shown(entry)}.")
        return self._index(given[0]), self._index(given[1])


def balanced_modes(
    depth: sp.Expr | int,
    *,
    modes: int = 1,
    amplitudes: Sequence[sp.Expr] | None = None,
    singular_values: Sequence[sp.Expr] | None = None,
    label_variance: sp.Expr | float = label_deviation**2,
    input_variances: Sequence[sp.Expr] | None = None,
    beta: sp.Expr | float = noise_strength,
) -> BalancedModes:
    r"""Modes with white inputs and one label variance :math:`\sigma^2`, in symbols where nothing is given.

    Args:
        depth: L.
        modes: their number, where neither amplitudes nor singular values say it.
        amplitudes: :math:`w_1, w_2, \dots`; one alone is w. They are positive, or real for one layer, which may
            cross zero.
        singular_values: :math:`s_1, s_2, \dots`; one alone is s.
        label_variance: :math:`\sigma^2` for all modes.
        input_variances: :math:`\lambda_i`; default: white inputs, all 1.
        beta: :math:`\eta/b`.

    Raises:
        ShapeError, SymbolError: see :class:`BalancedModes`.
    """
    lists = {"amplitudes": amplitudes, "singular_values": singular_values, "input_variances": input_variances}
    given = next((listed(entries, name) for name, entries in lists.items() if entries is not None), None)
    number = count(modes, "modes", at_least=1, at_most=MOST_MODES) if given is None else len(given)
    variance = known_sign(label_variance, "label_variance", strictly=False)
    w = sp.Symbol(amplitude.name, real=True) if isinstance(depth, int | sp.Integer) and depth == 1 else amplitude
    return BalancedModes(
        depth=depth,  # type: ignore[arg-type]
        amplitudes=_symbols(w, number) if amplitudes is None else amplitudes,  # type: ignore[arg-type]
        singular_values=_symbols(singular_value, number) if singular_values is None else singular_values,  # type: ignore[arg-type]
        label_variances=(variance,) * number,
        input_variances=(sp.S.One,) * number if input_variances is None else input_variances,  # type: ignore[arg-type]
        beta=beta,  # type: ignore[arg-type]
    )


def checked_modes(modes: object, mode: int = 0) -> tuple[BalancedModes, int]:
    """``modes`` and the index of one of them.

    Raises:
        ShapeError: they are no BalancedModes.
        DimensionError: there is no such mode.
    """
    checked: BalancedModes = instance(modes, BalancedModes, "modes", "a BalancedModes, built by balanced_modes(...)")
    return checked, count(mode, "mode", at_most=checked.count - 1)


def checked_depth(depth: sp.Expr | int) -> sp.Expr:
    """A depth of at least 1.

    Raises:
        SymbolError: it is smaller, or its assumptions leave that open; or a number beyond :data:`LARGEST_DEPTH`.
    """
    L = single_expression(depth, "depth", real=True)
    if nonnegative(L - 1) != sp.true:
        raise SymbolError(
            f"depth must be at least 1, got {shown(depth)}. Write a number, or "
            'theory.parameters.parameter("L", integer=True, at_least=2).'
        )
    if L.is_number and L > LARGEST_DEPTH:
        raise SymbolError(
            f"depth must be at most {LARGEST_DEPTH}, got {shown(depth)}. Take a symbol, and its limit for ever deeper "
            "networks."
        )
    return L


def known_sign(value: sp.Expr | float, name: str, *, strictly: bool) -> sp.Expr:
    """``value`` if it is known to be positive, or at least 0.

    Raises:
        SymbolError: it is not.
    """
    expression = single_expression(value, name, real=True)
    if (positive if strictly else nonnegative)(expression) != sp.true:
        needed = "positive" if strictly else "at least 0"
        raise SymbolError(
            f"{name} must be {needed}, got {shown(value)}. Declare symbols with positive=True or nonnegative=True."
        )
    return expression


def _symbols(one: sp.Symbol, number: int) -> tuple[sp.Symbol, ...]:
    sign = {"positive": True} if one.is_positive else {"real": True}
    return (one,) if number == 1 else tuple(sp.Symbol(f"{one.name}_{i + 1}", **sign) for i in range(number))
