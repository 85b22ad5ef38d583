r"""The gradient noise of small networks whose weights have names, by samples of data: of layers, of a mode.

Weights ``W1_11``, the gap ``Delta_11`` and the label covariance ``q_11``, ``q_12``, ``q_22`` are given by name, as
texts.
A sample is the mean noise of a few data points times the root of their number, whose covariance is that of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import GradientNoiseDiffusion
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.random.normal import standard_normals
from numerics.simulation.options import Options
from verification.authoring.simulated import number
from verification.forms import Draw, Samples
from verification.papers.saddle_to_saddle.measured import BATCH, product

Arguments = Mapping[str, Any]
Array = np.ndarray


def _matrix(arguments: Arguments, name: str) -> Array:
    """The matrix whose entries are ``name_11``, ``name_12``, ...; a missing one is that across the diagonal."""
    found = {place: number(arguments[f"{name}_{place}"]) for place in _places(arguments, name)}
    rows, columns = (max(int(place[k]) for place in found) for k in (0, 1))
    return np.array([[found.get(f"{i}{j}", found.get(f"{j}{i}")) for j in _up_to(columns)] for i in _up_to(rows)])


def _places(arguments: Arguments, name: str) -> list[str]:
    return [match[1] for each in arguments if (match := re.fullmatch(rf"{name}_(\d\d)", each))]


def _up_to(count: int) -> range:
    return range(1, count + 1)


def _layers(arguments: Arguments) -> list[Array]:
    depth = max(int(match[1]) for each in arguments if (match := re.fullmatch(r"W(\d)_11", each)))
    return [_matrix(arguments, f"W{l}") for l in _up_to(depth)]


def _noises(arguments: Arguments, draw: Draw) -> list[Array]:
    r""":math:`W_{>l}^\top SW_{<l}^\top` of every layer."""
    layers, signal = _layers(arguments), _signal_noise(arguments, draw)
    outputs, inputs = signal.shape[1:]
    return [product(layers[l + 1 :], outputs).T @ signal @ product(layers[:l], inputs).T for l in range(len(layers))]


def _signal_noise(arguments: Arguments, draw: Draw) -> Array:
    r"""The noise S of :math:`(\Delta x + \xi)x^\top`. Shape ``(n, outputs, inputs)``."""
    gap = _matrix(arguments, "Delta")
    outputs, inputs = gap.shape
    replicas = draw.first + np.arange(draw.n)
    drawn = standard_normals(draw.seed, replicas, first_step=0, n_steps=BATCH, n_normals=inputs + outputs, width=64)
    x, xi = drawn[:, :inputs], np.einsum("ij,bjn->bin", np.linalg.cholesky(_matrix(arguments, "q")), drawn[:, inputs:])
    error = np.einsum("ij,bjn->bin", gap, x) + xi
    return np.sqrt(BATCH) * (np.einsum("bin,bjn->nij", error, x) / BATCH - gap)


def noise_of_data(arguments: Arguments, draw: Draw) -> Samples:
    r"""The square of the sum of the entries of S, of samples of data."""
    return Samples(_signal_noise(arguments, draw).sum(axis=(1, 2)) ** 2)


def noise_of_the_sde(arguments: Arguments, draw: Draw) -> Samples:
    r"""The square of the sum of the entries of S, of Euler-Maruyama steps of one layer from zero."""
    gap = _matrix(arguments, "Delta")
    run = train_layers(
        DenseNetwork(gap.shape[::-1]),
        NoisyTeacher(gap, label_covariance=_matrix(arguments, "q")),
        GradientNoiseDiffusion(learning_rate=1.0),
        initial={"W1": np.zeros(gap.shape)},
        steps=1,
        n_replicas=draw.n,
        seed=draw.seed,
        options=Options(first=draw.first, precision="float64", progress=False),
    )
    assert run.final is not None
    return Samples((run.final["W1"] - gap).sum(axis=(1, 2)) ** 2)


def variance_of_a_step(arguments: Arguments, draw: Draw) -> Samples:
    r"""Half the squared difference of :math:`a_\alpha^\top\delta\theta` in two steps of SGD, batches of one.

    Two scalar layers ``u``, ``v`` from the same point; the mean is the variance of a step.
    """
    u, v, s, sigma, rate = (number(arguments[name]) for name in ("u", "v", "s", "sigma_q", "eta"))
    replicas = draw.first + np.arange(draw.n)
    drawn = standard_normals(draw.seed, replicas, first_step=0, n_steps=2, n_normals=2, width=64)
    x, xi = drawn.transpose(1, 0, 2)
    error = s * x + sigma * xi - u * v * x
    moved = v * (rate * error * v * x) + u * (rate * error * u * x)
    return Samples((moved[0] - moved[1]) ** 2 / 2)


def covariance_of_layers(arguments: Arguments, draw: Draw) -> Samples:
    """The product of the first entries of the noises of two layers, ``layers="2 1"``."""
    noises = _noises(arguments, draw)
    l, m = (int(each) - 1 for each in arguments["layers"].split())
    return Samples(noises[l][:, 0, 0] * noises[m][:, 0, 0])


def diffusion_of_an_entry(arguments: Arguments, draw: Draw) -> Samples:
    """The square of what the noise moves the first entry of the map by, to first order."""
    layers, noises = _layers(arguments), _noises(arguments, draw)
    moved: Any = sum(
        product(layers[l + 1 :], noise.shape[1]) @ noise @ product(layers[:l], noise.shape[2])
        for l, noise in enumerate(noises)
    )
    return Samples(moved[:, 0, 0] ** 2)


def _noises_of_a_chain(u: Array, arguments: Arguments, draw: Draw) -> Array:
    """The noise of each of three scalar layers. Shape ``(3, n)``."""
    s, sigma = (number(arguments[name]) for name in ("s", "sigma_q"))
    replicas = draw.first + np.arange(draw.n)
    drawn = standard_normals(draw.seed, replicas, first_step=0, n_steps=BATCH, n_normals=2, width=64)
    x, xi = drawn.transpose(1, 0, 2)
    w = u.prod()
    signal = np.sqrt(BATCH) * ((s - w) * (x**2 - 1) + sigma * x * xi).mean(0)
    return (w / u)[:, None] * signal


def second_order_of_a_chain(arguments: Arguments, draw: Draw) -> Samples:
    """The second order of the product of three scalar layers ``u_1``, ``u_2``, ``u_3`` in the noise of a sample."""
    u = np.array([number(arguments[f"u_{l}"]) for l in _up_to(3)])
    noise = _noises_of_a_chain(u, arguments, draw)
    return Samples((np.prod(u[:, None] + noise, 0) + np.prod(u[:, None] - noise, 0)) / 2 - u.prod())


def balance_of_a_chain(arguments: Arguments, draw: Draw) -> Samples:
    r"""What the noise moves :math:`W_1^2 - W_2^2` by in a step, over :math:`\eta^2`, of ``W_1``, ``W_2``, ``W_3``."""
    W = np.array([number(arguments[f"W_{l}"]) for l in _up_to(3)])
    first, second, _ = _noises_of_a_chain(W, arguments, draw)
    return Samples(first**2 - second**2)
