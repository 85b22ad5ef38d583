"""The same training written with torch.nn, autograd and torch.optim.SGD: what every layer program must agree with.

Noise is taken by its address from :mod:`numerics.random`; nothing else is shared with the code under test.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from numerics.deep_linear import DataSet
from numerics.layered.dynamics import Epochs
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms
from theory.gradient_noise.sampling import Sampling

ACTIVATIONS = {
    "linear": lambda a: a,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softplus": lambda a: torch.logaddexp(a, torch.zeros_like(a)),
}


class Net(nn.Module):
    """Dense layers; residual ones add their input."""

    def __init__(self, network, start):
        super().__init__()
        self.network = network
        self.W = nn.ParameterList([nn.Parameter(torch.tensor(start[f"W{l}"])) for l in layers(network)])
        self.b = nn.ParameterList(
            [nn.Parameter(torch.tensor(start[f"b{l}"][:, 0])) for l in layers(network)] if network.biases else []
        )
        for l in network.frozen:
            for parameter in (self.W[l - 1], *([self.b[l - 1]] if network.biases else [])):
                parameter.requires_grad_(False)

    def forward(self, x):
        """Inputs and outputs one a row."""
        for l in layers(self.network):
            a = x @ self.W[l - 1].T
            a = a + x if l in self.network.residual else a
            a = a + self.b[l - 1] if self.network.biases else a
            x = ACTIVATIONS[self.network.activations[l - 1]](a) if l < self.network.depth else a
        return x

    def groups(self):
        """Parameters with the weight decay of their layer."""
        return [
            {"params": [p], "weight_decay": self.network.weight_decay[place]}
            for members in (self.W, self.b)
            for place, p in enumerate(members)
            if p.requires_grad
        ]


def layers(network):
    """Numbers of the layers."""
    return range(1, network.depth + 1)


def numbers_of(network, data, dynamics, steps, seed, replica, factor_of_noise):
    """Normals and uniforms of each step of a replica: whole blocks for each step, at least three numbers."""
    b = dynamics.batch_size
    fresh = 0 if isinstance(data, DataSet) else b * network.widths[0]
    label = b * network.widths[-1]
    full = (
        not isinstance(data, DataSet)
        and np.ptp(np.diag(data.label_covariance))
        + abs(data.label_covariance - np.diag(np.diag(data.label_covariance))).max()
    )
    count = fresh + label * bool(full) + label * bool(factor_of_noise)
    draws = isinstance(data, DataSet) and not (b == data.size and dynamics.sampling is not Sampling.WITH_REPLACEMENT)
    uniform = b if draws else 0
    place = dict(
        first_step=0,
        n_steps=steps,
        width=64,
        n_normals=max(count, 3) if count else 0,
        n_uniforms=max(uniform, 3) if uniform else 0,
    )
    z = standard_normals(seed, [replica], **place)[:, :, 0]
    return z, standard_uniforms(seed, [replica], **place)[:, :, 0], bool(full)


def chosen_samples(u, size, n, sampling):
    """A batch by its uniforms; without replacement by Floyd's algorithm, as in any textbook."""
    if sampling is Sampling.WITH_REPLACEMENT:
        return [int(n * x) for x in u[:size]]
    found = []
    for x, top in zip(u[:size], range(n - size, n), strict=True):
        drawn = int((top + 1) * x)
        found.append(top if drawn in found else drawn)
    return found


def epochs(uniforms, size, n):
    """The batches of shuffled epochs: Fisher and Yates' shuffle of the order that is left, place by place."""
    order, batches = list(range(n)), []
    for k, u in enumerate(uniforms):
        first = k % (n // size) * size
        for place in range(first, first + size):
            other = place + int((n - place) * u[place - first])
            order[place], order[other] = order[other], order[place]
        batches.append(order[first : first + size])
    return batches


def trained(network, data, dynamics, start, steps, seed, replica):
    """Weights by name after ``steps`` steps of replica ``replica``."""
    net = Net(network, start)
    optimiser = torch.optim.SGD(net.groups(), lr=1.0, momentum=float(dynamics.momentum))
    b, d_0, d_L = dynamics.batch_size, network.widths[0], network.widths[-1]
    isotropic = 0.0
    noise = float(dynamics.label_noise)
    if not isinstance(data, DataSet):
        covariance = data.label_covariance
        if np.array_equal(covariance, covariance[0, 0] * np.eye(d_L)):
            isotropic = covariance[0, 0]
    scale = np.sqrt(isotropic + noise**2)
    normals, uniforms, full = numbers_of(network, data, dynamics, steps, seed, replica, scale)
    shuffled = epochs(uniforms, b, data.size) if dynamics.sampling is Epochs.SHUFFLED and b < data.size else None
    for k in range(steps):
        z, place = normals[k], 0
        if isinstance(data, DataSet):
            everything = b == data.size and dynamics.sampling is not Sampling.WITH_REPLACEMENT
            rows = range(b) if everything else chosen_samples(uniforms[k], b, data.size, dynamics.sampling)
            rows = rows if shuffled is None else shuffled[k]
            x, y = data.inputs[list(rows)], data.labels[list(rows)]
        else:
            x = z[: b * d_0].reshape(b, d_0)
            place = b * d_0
            x = x @ root(data.input_covariance)
            y = x @ data.teacher.T
            if full:
                y = y + z[place : place + b * d_L].reshape(b, d_L) @ root(data.label_covariance)
                place += b * d_L
        if scale:
            y = y + scale * z[place : place + b * d_L].reshape(b, d_L)
        for group in optimiser.param_groups:
            group["lr"] = float(dynamics.learning_rate) * (dynamics.schedule(k) if dynamics.schedule else 1.0)
        optimiser.zero_grad()
        error = net(torch.tensor(x)) - torch.tensor(y)
        (0.5 * error.square().sum() / b).backward()
        optimiser.step()
    found = {f"W{l}": net.W[l - 1].detach().numpy() for l in layers(network)}
    if network.biases:
        found |= {f"b{l}": net.b[l - 1].detach().numpy()[:, None] for l in layers(network)}
    return found


def root(covariance):
    """The symmetric root."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors @ np.diag(np.sqrt(np.maximum(values, 0))) @ vectors.T
