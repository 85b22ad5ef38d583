r"""Samplers that train: small networks by real SGD through layer programs, one replica a sample, or its single steps.

No formula of the paper enters. Numbers are given as texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from numerics.deep_linear.signal import DataSet
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms
from numerics.simulation.options import Options
from theory.gradient_noise.sampling import Sampling
from verification.authoring.simulated import number
from verification.forms import Draw, Samples

Arguments = Mapping[str, Any]
Array = np.ndarray

BLOCK = 250
"""Steps whose numbers are drawn together."""


def two_samples_in_a_batch(arguments: Arguments, draw: Draw) -> Samples:
    """Whether the first two of N samples were in a batch without replacement, read off one step of SGD.

    Sample i has the i-th unit vector as input and the label 1, so that from zero a step moves the weights of the batch.
    """
    N, B = int(arguments["N"]), int(arguments["B"])
    run = train_layers(
        DenseNetwork((N, 1)),
        DataSet(np.eye(N), np.ones((N, 1))),
        MiniBatchDescent(learning_rate=1.0, batch_size=B, sampling=Sampling.WITHOUT_REPLACEMENT),
        initial={"W1": np.zeros((1, N))},
        steps=1,
        n_replicas=draw.n,
        seed=draw.seed,
        options=Options(first=draw.first, precision="float64", progress=False),
    )
    assert run.final is not None
    return Samples((run.final["W1"][:, 0, :2] > 0).all(axis=1).astype(float))


def _normals(draw: Draw, count: int, steps: int) -> Array:
    """Shape ``(steps, count, n)``."""
    replicas = draw.first + np.arange(draw.n)
    return standard_normals(draw.seed, replicas, first_step=0, n_steps=steps, n_normals=count, width=64)


FEW_RELAXATIONS, FOLLOWED = 4, 16
"""Relaxation times before and while a weight is followed on its own data set."""


def spread_on_samples(arguments: Arguments, draw: Draw) -> Samples:
    r"""The spread of one linear weight around the minimum of its own data set, over :math:`\beta`, by SGD.

    Every sample has N Gaussian inputs of its own, and labels that are off by :math:`\pm\sigma_q`; a batch is B
    different ones, one of all such sets.
    """
    N, B = int(arguments["N"]), int(arguments["B"])
    rate, sigma = number(arguments["eta"]), number(arguments["sigma_q"])
    x, sign = np.split(_normals(draw, 2 * N, 1)[0], 2)
    square, xy = x**2, sigma * x * np.sign(sign)
    minimum = xy.sum(0) / square.sum(0)
    first, last = round(FEW_RELAXATIONS / rate), round((FEW_RELAXATIONS + FOLLOWED) / rate)
    batches = list(combinations(range(N), B))
    slopes, pulls = (np.stack([side[list(batch)].mean(0) for batch in batches]) for side in (square, xy))
    replicas, each = draw.first + np.arange(draw.n), np.arange(draw.n)
    theta, total = minimum.copy(), np.zeros(draw.n)
    for begin in range(0, last, BLOCK):
        size = min(BLOCK, last - begin)
        drawn = standard_uniforms(draw.seed, replicas, first_step=begin, n_steps=size, stream=1)[:, 0]
        for k, batch in enumerate((drawn * len(batches)).astype(int), start=begin):
            theta -= rate * (slopes[batch, each] * theta - pulls[batch, each])
            if k >= first:
                total += (theta - minimum) ** 2
    return Samples(total / (last - first) * B / rate)


def fourth_power_of_whitened(arguments: Arguments, draw: Draw) -> Samples:
    r"""The mean of :math:`x^4 - 1` over N inputs that are centred and whitened."""
    x = _normals(draw, int(arguments["N"]), 1)[0]
    x = x - x.mean(0)
    return Samples((x**4).mean(0) / (x**2).mean(0) ** 2 - 1)


def _step_noises(arguments: Arguments, draw: Draw, steps: int) -> Array:
    r""":math:`\xi = g - \hat g` of one linear weight at the gap :math:`s - \theta`. Shape ``(steps, n)``."""
    gap, sigma = number(arguments["gap"]), number(arguments["sigma"])
    x, z = _normals(draw, 2, steps).transpose(1, 0, 2)
    return gap * (x**2 - 1) + sigma * z * x


def square_of_the_martingale(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`M(t)^2` over :math:`\Sigma`, with the factor :math:`\sqrt\eta` and the number of steps of the page.

    :math:`\Sigma = 2(s - \theta)^2 + \sigma_q^2`, so that the mean is the covariance for unit :math:`\Sigma`.
    """
    steps, time = int(arguments["steps"]), number(arguments["t"])
    total = np.sqrt(time / steps) * _step_noises(arguments, draw, steps).sum(axis=0)
    return Samples(total**2 / (2 * number(arguments["gap"]) ** 2 + number(arguments["sigma"]) ** 2))


SMALL_RATE = 1e-3
"""Learning rate at which the order :math:`\\eta^2` of the loss is read off."""


def excess_of_a_step(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`(L(\theta - \eta g + \eta\xi) - L(\theta - \eta g))/\eta^2` of two scalar layers, mean over both signs.

    The part that is odd in the noise has the mean of order :math:`\eta^3`.
    """
    w, s, sigma = (number(arguments[name]) for name in ("w", "s", "sigma_q"))
    x, z = _normals(draw, 2, 1)[0]
    u = np.sqrt(w)
    noise = u * ((s - w) * (x**2 - 1) + sigma * z * x)
    centre = u + SMALL_RATE * u * (s - w)

    def loss(step: Array) -> Array:
        return (s - (centre + step) ** 2) ** 2 / 2

    step = SMALL_RATE * noise
    return Samples(((loss(step) + loss(-step)) / 2 - loss(np.zeros(draw.n))) / SMALL_RATE**2)
