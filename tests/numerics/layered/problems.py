"""Random networks, data and dynamics, drawn from a number."""

from __future__ import annotations

import numpy as np

from numerics.deep_linear import DataSet, NoisyTeacher
from numerics.layered.dynamics import Epochs, MiniBatchDescent
from numerics.layered.network import Activation, DenseNetwork
from theory.gradient_noise.sampling import Sampling


def covariance(source, d):
    """A random covariance."""
    A = source.normal(size=(d, d))
    return A @ A.T / d + 0.1 * np.eye(d)


def random_problem(number):
    """Network, data, dynamics: every option is drawn."""
    source = np.random.default_rng(number)
    depth = int(source.integers(1, 5))
    widths = [int(width) for width in source.integers(1, 8, size=depth + 1)]
    if source.random() < 0.3:
        widths = [widths[0]] * (depth + 1)
    square = [l for l in range(1, depth + 1) if widths[l] == widths[l - 1]]
    frozen = tuple(l for l in range(1, depth + 1) if source.random() < 0.2)
    network = DenseNetwork(
        tuple(widths),
        activations=[str(source.choice(list(Activation))) for _ in range(depth - 1)],
        biases=bool(source.random() < 0.5),
        residual=tuple(l for l in square if source.random() < 0.3),
        frozen=frozen if len(frozen) < depth else (),
        weight_decay=[float(source.choice([0.0, 0.1])) for _ in range(depth)],
    )
    b = int(source.integers(1, 7))
    sampling = Sampling.WITH_REPLACEMENT
    if source.random() < 0.5:
        N = int(source.integers(1, 9))
        data = DataSet(source.normal(size=(N, widths[0])), source.normal(size=(N, widths[-1])))
        if b <= N and source.random() < 0.7:
            sampling = Epochs.SHUFFLED if source.random() < 0.5 else Sampling.WITHOUT_REPLACEMENT
    else:
        data = NoisyTeacher(
            source.normal(size=(widths[-1], widths[0])),
            input_covariance=None if source.random() < 0.5 else covariance(source, widths[0]),
            label_covariance=[0.0, 0.25, covariance(source, widths[-1])][source.integers(3)],
        )
    dynamics = MiniBatchDescent(
        learning_rate=0.02,
        batch_size=b,
        sampling=sampling,
        momentum=float(source.choice([0.0, 0.5])),
        label_noise=float(source.choice([0.0, 0.3])),
        schedule=(lambda k: 1 / (1 + k / 20)) if source.random() < 0.5 else None,
    )
    return network, data, dynamics
