r"""What is read off the weights of many replicas while they train.

An observable is a function of the weights by name, each of shape ``(n, rows, columns)``, and gives one number per
replica. Those here are records with the network (and data) they belong to; any other function of that form will do.
:class:`ObservedDiffusion` also sees the weights one step before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.arguments import real_array, real_number, require, whole_number
from numerics.deep_linear.modes import Modes
from numerics.deep_linear.noise import batch_factor
from numerics.deep_linear.signal import Data, DataSet, NoisyTeacher
from numerics.errors import ArgumentError
from numerics.layered.network import Activation, DenseNetwork, as_dense_network
from numerics.layered.samples import fitting_data
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray
NamedWeights = Mapping[str, Array]
Observable = Callable[..., Array]
"""Takes named weights and gives one number per replica."""


@dataclass(frozen=True, eq=False)
class _OfNetwork:
    network: DenseNetwork

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", as_dense_network(self.network))

    def factors(self, weights: NamedWeights) -> list[Array]:
        r""":math:`F_1, \dots, F_L`."""
        network, weights = self.network, own_weights(self.network, weights)
        return [
            weights[f"W{l}"] + np.eye(network.widths[l]) if l in network.residual else weights[f"W{l}"]
            for l in range(1, network.depth + 1)
        ]

    def require_linear(self) -> None:
        """Refuse a network that is no product of matrices."""
        if not self.network.is_linear:
            raise ArgumentError("network must be linear, without biases: only then are there modes of its map.")


def own_weights(network: DenseNetwork, weights: NamedWeights) -> NamedWeights:
    """``weights`` if they are those of replicas of the network.

    Raises:
        ArgumentError: one is missing or has another shape.
    """
    for each in network.weights:
        shape = np.shape(weights[each.name]) if each.name in weights else None
        if shape is None or shape[1:] != each.shape:
            told = "which is missing" if shape is None else f"got shape {shape}"
            raise ArgumentError(
                f"weights must hold {each.name} of shape (n, {each.shape[0]}, {each.shape[1]}) for a network of "
                f"widths={network.widths}, {told}. An observable is made with the network that is trained."
            )
    return weights


def network_outputs(network: DenseNetwork, weights: NamedWeights, inputs: Array) -> Array:
    """Outputs of every replica on given inputs, one a row.

    Returns:
        Shape ``(n, samples, d_L)``.

    Raises:
        ArgumentError: the weights or the inputs are not those of the network.
    """
    network = as_dense_network(network)
    weights, x = own_weights(network, weights), real_array(inputs, "inputs", finite=False)
    if x.ndim != 2 or x.shape[1] != network.widths[0]:
        raise ArgumentError(f"inputs must have shape (samples, {network.widths[0]}), one sample a row, got {x.shape}.")
    h: Any = x.T[None]
    for l in range(1, network.depth + 1):
        a = weights[f"W{l}"] @ h
        a = a + h if l in network.residual else a
        a = a + weights[f"b{l}"] if network.biases else a
        activation = network.activations[l - 1] if l < network.depth else Activation.LINEAR
        h = _ACTIVATED[activation](a)
    return h.swapaxes(1, 2)


_ACTIVATED: dict[Activation, Callable[[Array], Array]] = {
    Activation.LINEAR: lambda a: a,
    Activation.TANH: np.tanh,
    Activation.RELU: lambda a: np.maximum(a, 0),
    Activation.SOFTPLUS: lambda a: np.logaddexp(a, 0),
}


@dataclass(frozen=True, eq=False)
class MeanLoss(_OfNetwork):
    r"""The mean loss :math:`\tfrac12E|y - f(x)|^2`, exact for data sets, and for linear networks of a teacher."""

    data: Data

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(fitting_data(self.network, self.data), NoisyTeacher):
            self.require_linear()

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        data = self.data
        if isinstance(data, DataSet):
            return ((network_outputs(self.network, weights, data.inputs) - data.labels) ** 2).sum((1, 2)) / (
                2 * data.size
            )
        gap = data.teacher - chained(self.factors(weights))
        return (((gap @ data.input_covariance) * gap).sum((1, 2)) + np.trace(data.label_covariance)) / 2


@dataclass(frozen=True, eq=False)
class ModeAmplitude(_OfNetwork):
    r"""The amplitude :math:`w_{\alpha\beta} = u_\alpha^\top Wv_\beta`; a mode for one index, a cross mode for two."""

    modes: Modes
    mode: int | tuple[int, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_linear()
        require(one_of(Modes, needed="a Modes"), self.modes, "modes")
        widths, (u, v) = self.network.widths, self.modes.pair(self.mode)
        if (u.size, v.size) != (widths[-1], widths[0]):
            raise ArgumentError(
                f"modes must be directions of {widths[-1]} outputs and {widths[0]} inputs, as widths={widths} has, "
                f"got {u.size} and {v.size}."
            )

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        u, v = self.modes.pair(self.mode)
        return np.einsum("i,nij,j->n", u, chained(self.factors(weights)), v)


@dataclass(frozen=True, eq=False)
class Balance(_OfNetwork):
    r"""How far layers l and l + 1 are from balance, between 0 and 1.

    .. math::
        r_l = \frac{\|W_lW_l^\top - W_{l+1}^\top W_{l+1}\|_F}{\|W_lW_l^\top\|_F + \|W_{l+1}^\top W_{l+1}\|_F}

    References:
        "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), equation (33).
    """

    layer: int

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number(self.layer, "layer", at_least=1, below=max(2, self.network.depth))
        if self.network.depth < 2:
            raise ArgumentError("network must have two layers at least to be balanced.")

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        own = own_weights(self.network, weights)
        W, V = own[f"W{self.layer}"], own[f"W{self.layer + 1}"]
        lower, upper = W @ W.swapaxes(1, 2), V.swapaxes(1, 2) @ V
        size = np.linalg.norm(lower, axis=(1, 2)) + np.linalg.norm(upper, axis=(1, 2))
        with np.errstate(invalid="ignore"):
            return np.where(size > 0, np.linalg.norm(lower - upper, axis=(1, 2)) / size, 0.0)


@dataclass(frozen=True, eq=False)
class Alignment(_OfNetwork):
    r"""How well the leading singular vectors of layers l and l + 1 agree: :math:`|\hat u_l^\top\hat v_{l+1}|`."""

    layer: int

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number(self.layer, "layer", at_least=1, below=max(2, self.network.depth))
        if self.network.depth < 2:
            raise ArgumentError("network must have two layers at least to be aligned.")

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        own = own_weights(self.network, weights)
        left = np.linalg.svd(own[f"W{self.layer}"])[0][:, :, 0]
        right = np.linalg.svd(own[f"W{self.layer + 1}"])[2][:, 0, :]
        return np.abs((left * right).sum(1))


@dataclass(frozen=True, eq=False)
class LayerNorm(_OfNetwork):
    r"""The Frobenius norm :math:`\|W_l\|_F`."""

    layer: int

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number(self.layer, "layer", at_least=1, below=self.network.depth + 1)

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        return np.linalg.norm(own_weights(self.network, weights)[f"W{self.layer}"], axis=(1, 2))


@dataclass(frozen=True, eq=False)
class MapRank(_OfNetwork):
    r"""The effective rank of the map, :math:`\exp(-\sum p_i\log p_i)` with :math:`p_i = s_i/\sum s`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_linear()

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        s = np.linalg.svd(chained(self.factors(weights)), compute_uv=False)
        with np.errstate(divide="ignore", invalid="ignore"):
            p = s / s.sum(1, keepdims=True)
            return np.exp(-np.where(p > 0, p * np.log(p), 0.0).sum(1))


@dataclass(frozen=True, eq=False)
class ModeDiffusion(ModeAmplitude):
    r"""The diffusion :math:`D = \eta\,a^\top\Sigma_ba` of a mode by the formula, at the weights of each replica.

    See :func:`numerics.deep_linear.modes.mode_diffusion`, which says the same of one point.
    """

    data: Data
    learning_rate: float
    batch_size: int = 1
    sampling: Sampling = Sampling.WITH_REPLACEMENT

    def __post_init__(self) -> None:
        super().__post_init__()
        if real_number(self.learning_rate, "learning_rate") < 0:
            raise ArgumentError(f"learning_rate must not be negative, got {self.learning_rate}.")
        batch_factor(fitting_data(self.network, self.data), batch_size=self.batch_size, sampling=self.sampling)

    def __call__(self, weights: NamedWeights) -> Array:
        """One number per replica."""
        P, Q = self.legs(weights)
        scale = self.learning_rate * batch_factor(self.data, batch_size=self.batch_size, sampling=self.sampling)
        gap, data = self.gap(weights), self.data
        if isinstance(data, DataSet):
            terms = (np.einsum("npl,nsp->nls", P, gap) * np.einsum("nql,sq->nls", Q, data.inputs)).sum(1)
            return scale * terms.var(1)
        Pt, Qt = P.swapaxes(1, 2), Q.swapaxes(1, 2)
        C = gap @ data.input_covariance
        R = C @ gap.swapaxes(1, 2) + data.label_covariance
        cross = Pt @ C @ Q
        return scale * ((Pt @ R @ P) * (Qt @ data.input_covariance @ Q) + cross * cross.swapaxes(1, 2)).sum((1, 2))

    def drift(self, weights: NamedWeights) -> Array:
        """The drift of the mode under gradient flow."""
        P, Q = self.legs(weights)
        gap, data = self.gap(weights), self.data
        if isinstance(data, DataSet):
            C = np.einsum("nsp,sq->npq", gap, data.inputs) / data.size
        else:
            C = gap @ data.input_covariance
        pull = np.einsum("npl,npq,nql->n", P, C, Q)
        u, v = self.modes.pair(self.mode)
        factors = self.factors(weights)
        for l in self.network.trained:
            if self.network.weight_decay[l - 1]:
                moved = chained([*factors[: l - 1], weights[f"W{l}"], *factors[l:]])
                pull = pull - self.network.weight_decay[l - 1] * np.einsum("i,nij,j->n", u, moved, v)
        return pull

    def gap(self, weights: NamedWeights) -> Array:
        """The gap to the teacher, shape ``(n, d_L, d_0)``, or the residuals, shape ``(n, samples, d_L)``."""
        W, data = chained(self.factors(weights)), self.data
        if isinstance(data, DataSet):
            return data.labels - (W @ data.inputs.T).swapaxes(1, 2)
        return data.teacher - W

    def legs(self, weights: NamedWeights) -> tuple[Array, Array]:
        r""":math:`p_l = W_{>l}W_{>l}^\top u` and :math:`q_l = W_{<l}^\top W_{<l}v`, trained layers as columns."""
        factors, trained, n = self.factors(weights), self.network.trained, len(next(iter(weights.values())))
        u, v = (np.broadcast_to(vector[:, None], (n, len(vector), 1)) for vector in self.modes.pair(self.mode))
        above, below = {}, {}
        for l in range(len(factors), 0, -1):  # u is W_{>l}^T u, a vector: the products are never made
            above[l] = functools.reduce(_applied, factors[l:], u)
            u = factors[l - 1].swapaxes(1, 2) @ u
        for l in range(1, len(factors) + 1):  # v is W_{<l} v
            below[l] = functools.reduce(_applied, [F.swapaxes(1, 2) for F in reversed(factors[: l - 1])], v)
            v = factors[l - 1] @ v
        return np.concatenate([above[l] for l in trained], 2), np.concatenate([below[l] for l in trained], 2)


@dataclass(frozen=True, eq=False)
class ObservedDiffusion(ModeDiffusion):
    r"""The diffusion of a mode as it is seen in one step: :math:`(\Delta w - \eta\,\mathrm{drift})^2/\eta`.

    Its mean over replicas is that of :class:`ModeDiffusion` one step before, up to :math:`O(\eta)` of it.
    """

    looks_back = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.learning_rate:
            raise ArgumentError("learning_rate must be positive to see a diffusion in one step, got 0.")

    def __call__(self, weights: NamedWeights, before: NamedWeights) -> Array:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One number per replica."""
        u, v = self.modes.pair(self.mode)
        step = chained(self.factors(weights)) - chained(self.factors(before))
        moved = np.einsum("i,nij,j->n", u, step, v)
        return (moved - self.learning_rate * self.drift(before)) ** 2 / self.learning_rate


def _applied(vector: Array, factor: Array) -> Array:
    return factor @ vector


def chained(factors: list[Array]) -> Array:
    """The product of factors, the first one rightmost. Shape ``(n, d_L, d_0)``."""
    product = factors[0]
    for F in factors[1:]:
        product = F @ product
    return product
