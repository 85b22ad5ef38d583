r"""What the claims of the saddle-to-saddle paper are measured on: single samples, single steps and long runs of SGD.

The networks are matrices in NumPy with a turned hidden frame, and the data are drawn from their law: no covariance,
Hessian or expansion enters. Points are given by texts, e.g. ``depth="3", w="1/2 3/10", s="1 7/10", sigma="1/2"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.random.normal import standard_normals
from verification.authoring.simulated import number
from verification.forms import Draw, Samples

Arguments = Mapping[str, Any]
Array = np.ndarray

BATCH = 8
"""Samples whose mean noise, times the root of their number, stands for the noise of one: its tails are shorter."""

TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


def numbers(text: str) -> Array:
    """The numbers of a text, separated by blanks."""
    return np.array([number(each) for each in text.split()])


@dataclass(frozen=True, eq=False)
class Aligned:
    """An aligned balanced point in the frame of the teacher, with equal label noise of every output."""

    layers: tuple[Array, ...]
    teacher: Array
    sigma: float

    @classmethod
    def of(cls, arguments: Arguments) -> Aligned:
        """The point that the arguments ``depth``, ``w``, ``s`` and ``sigma`` name."""
        depth, w = int(arguments["depth"]), numbers(arguments["w"])
        inner = TURN if len(w) == 2 else np.eye(len(w))
        frames = [np.eye(len(w)), *[inner] * (depth - 1), np.eye(len(w))]
        layers = tuple(frames[l + 1] @ np.diag(w ** (1 / depth)) @ frames[l].T for l in range(depth))
        return cls(layers, np.diag(numbers(arguments["s"])), number(arguments["sigma"]))

    @property
    def map(self) -> Array:
        """The product of the layers."""
        return product(self.layers)

    def signals(self, draw: Draw, batch: int = 1) -> Array:
        r"""The mean of :math:`(y - Wx)x^\top` over a batch. Shape ``(n, d, d)``."""
        d, n = len(self.teacher), draw.n
        normals = standard_normals(
            draw.seed, draw.first + np.arange(n), first_step=0, n_steps=batch, n_normals=2 * d, width=64
        )
        x, xi = normals[:, :d], normals[:, d:]
        error = np.einsum("ij,bjn->bin", self.teacher - self.map, x) + self.sigma * xi
        return np.einsum("bin,bjn->nij", error, x) / batch

    def noise(self, draw: Draw) -> Array:
        r"""The noise S of :math:`(y - Wx)x^\top`, with the covariance of one sample. Shape ``(n, d, d)``."""
        return np.sqrt(BATCH) * (self.signals(draw, BATCH) - (self.teacher - self.map))

    def noises(self, draw: Draw) -> list[Array]:
        """The gradient noise of every layer, with the other sign. Shape ``(n, d, d)`` each."""
        return self.backward(self.noise(draw))

    def backward(self, signals: Array) -> list[Array]:
        r""":math:`W_{>l}^\top TW_{<l}^\top` for every layer."""
        return [
            product(self.layers[l + 1 :], len(self.teacher)).T @ signals @ product(self.layers[:l], len(self.teacher)).T
            for l in range(len(self.layers))
        ]


def product(layers: Sequence[Array], size: int = 0) -> Array:
    """The product of layers, the last one leftmost; the identity of this size if there are none."""
    total = layers[0] if layers else np.eye(size)
    for layer in layers[1:]:
        total = layer @ total
    return total


def _entry(arguments: Arguments, name: str = "mode") -> tuple[int, int]:
    i, j = (int(each) - 1 for each in arguments.get(name, "1 1").split())
    return i, j


def covariation_of_modes(arguments: Arguments, draw: Draw) -> Samples:
    r"""The product of the noises of two modes of a sample, ``mode`` and ``other``: mean :math:`D/\beta`."""
    point = Aligned.of(arguments)
    noises = point.noises(draw)
    first, second = _entry(arguments), _entry(arguments, "other" if "other" in arguments else "mode")
    size = len(point.teacher)
    moved: Any = sum(
        product(point.layers[l + 1 :], size) @ noise @ product(point.layers[:l], size) for l, noise in enumerate(noises)
    )
    return Samples(moved[:, first[0], first[1]] * moved[:, second[0], second[1]])


def noise_induced_change(arguments: Arguments, draw: Draw) -> Samples:
    r"""The second order of a mode in the noise: mean :math:`\mu^{\mathrm{Ito}}/\beta`, exact to depth 3.

    Half the second difference of the product of the layers, moved along the noise and against it. With
    ``alone="yes"`` the same for the mode by itself is taken off, under the same noise.
    """
    point = Aligned.of(arguments)
    if len(point.layers) > 3:
        raise ValueError("from depth 4 on the even part of the product has a fourth order too")
    i, j = _entry(arguments)
    signals = point.noise(draw)
    change = _even_part(point, signals)[:, i, j]
    if arguments.get("alone") == "yes":
        first = {name: arguments[name].split()[i] for name in ("w", "s")}
        own = Aligned.of({**arguments, **first})
        change = change - _even_part(own, signals[:, i : i + 1, i : i + 1])[:, 0, 0]
    return Samples(change)


def _even_part(point: Aligned, signals: Array) -> Array:
    """Half the second difference of the product of the layers, along the noise of these signals and against it."""
    noises = point.backward(signals)
    ahead, back = (
        product([layer + sign * noise for layer, noise in zip(point.layers, noises, strict=True)]) for sign in (1, -1)
    )
    return (ahead + back) / 2 - point.map


def step_of_descent(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`w' - w` of one step of SGD with batches of ``b`` at the learning rate ``eta``."""
    point, rate = Aligned.of(arguments), number(arguments["eta"])
    i, j = _entry(arguments)
    steps = point.backward(point.signals(draw, int(arguments["b"])))
    moved = product([layer + rate * step for layer, step in zip(point.layers, steps, strict=True)])
    return Samples((moved - point.map)[:, i, j])


def drift_of_the_balance(arguments: Arguments, draw: Draw) -> Samples:
    r"""An entry of :math:`\Xi_l\Xi_l^\top - \Xi_{l+1}^\top\Xi_{l+1}`, in the frame of the modes.

    Times :math:`\eta^2` this is the noise's part in a step of :math:`W_lW_l^\top - W_{l+1}^\top W_{l+1}`.
    """
    l = int(arguments["layer"]) - 1
    i, j = _entry(arguments)
    low, high = Aligned.of(arguments).noises(draw)[l : l + 2]
    moved = TURN.T @ (low @ low.swapaxes(1, 2) - high.swapaxes(1, 2) @ high) @ TURN
    return Samples(moved[:, i, j])


def minimum_of_samples(arguments: Arguments, draw: Draw) -> Samples:
    """One weight fitted to N samples: its squared distance from the teacher, or the variance of the gradients there."""
    N, sigma = int(arguments["N"]), number(arguments["sigma"])
    x, z = np.split(
        standard_normals(draw.seed, draw.first + np.arange(draw.n), first_step=0, n_steps=1, n_normals=2 * N, width=64)[
            0
        ],
        2,
    )
    off = sigma * np.sum(x * z, axis=0) / np.sum(x**2, axis=0)
    if arguments["what"] == "distance of the minimum":
        return Samples(off**2)
    return Samples(np.mean(x**2 * (sigma * z - off * x) ** 2, axis=0))
