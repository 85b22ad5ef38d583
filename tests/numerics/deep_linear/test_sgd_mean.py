"""SGD itself sits where the closed form says: below the teacher, by the slope of the least noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.numerics.seeding import seed_of
from theory.deep_linear import LabelNoiseMinimum

S, LAM, Q = (1.0, 0.5), (1.0, 0.6), (0.2, 0.4)
REPLICAS, UNTIL, SETTLED, EVERY = 400, 60, 12, 5


def mean_gaps(depth: int, eta: float) -> tuple[np.ndarray, np.ndarray]:
    r"""Means of :math:`(w_\alpha - s_\alpha)/\eta` over time and their standard errors, from runs of SGD.

    The same noise drives the motion linearised at the minimum, whose mean is zero exactly; it is subtracted, which
    leaves a hundredth of the variance.
    """
    closed = LabelNoiseMinimum(
        depth, S, input_variances=LAM, label_variances=Q, input_trace=sum(LAM), label_trace=sum(Q)
    )
    squares = [[closed.first_layer(a), *[closed.inner_layers] * (depth - 2), closed.last_layer(a)] for a in (0, 1)]
    layers = [np.diag([math.sqrt(float(squares[a][l])) for a in (0, 1)]) for l in range(depth)]
    above = [np.linalg.multi_dot([np.eye(2), np.eye(2), *layers[:l:-1]]) for l in range(depth)]
    below = [np.linalg.multi_dot([np.eye(2), np.eye(2), *layers[:l][::-1]]) for l in range(depth)]
    kernels = [(U @ U.T, V.T @ V) for U, V in zip(above, below, strict=True)]
    rng = np.random.default_rng(seed_of("mean of modes under label noise", depth, eta))
    W, y, total, count = [np.tile(F, (REPLICAS, 1, 1)) for F in layers], np.zeros((REPLICAS, 2, 2)), 0.0, 0
    for step in range(round(UNTIL / eta)):
        x, xi = (rng.normal(size=(REPLICAS, 2, 1)) * np.sqrt(v)[:, None] for v in (LAM, Q))
        hidden = [x]
        for F in W:
            hidden.append(F @ hidden[-1])
        back, moves = np.diag(S) @ x + xi - hidden[-1], []
        for F, h in zip(reversed(W), reversed(hidden[:-1]), strict=True):
            moves.append(back @ h.transpose(0, 2, 1))
            back = F.transpose(0, 2, 1) @ back
        W = [F + eta * move for F, move in zip(W, reversed(moves), strict=True)]
        noise = (xi - y @ x) @ x.transpose(0, 2, 1)
        y = y + eta * sum(U @ noise @ V for U, V in kernels)
        if step * eta >= SETTLED and step % EVERY == 0:
            product = W[0]
            for F in W[1:]:
                product = F @ product
            total, count = total + product - np.diag(S) - y, count + 1
    gaps = np.diagonal(total / count / eta, axis1=1, axis2=2)
    return gaps.mean(0), gaps.std(0) / math.sqrt(REPLICAS)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [2, 3])
def test_the_mean_of_sgd_tends_to_the_closed_form_as_the_rate_falls(depth):
    (coarse, e1), (fine, e2) = mean_gaps(depth, 0.02), mean_gaps(depth, 0.01)
    limit, error = 2 * fine - coarse, np.sqrt(4 * e2**2 + e1**2)
    closed = LabelNoiseMinimum(
        depth, S, input_variances=LAM, label_variances=Q, input_trace=sum(LAM), label_trace=sum(Q)
    )
    for alpha in (0, 1):
        # 5 standard errors, and what the second order of the rate leaves: a hundredth
        exact = float(closed.mean_shift(alpha))
        assert abs(limit[alpha] - exact) < 5 * error[alpha] + 0.01 * abs(exact)
        assert fine[alpha] < 0  # the paper says slightly above
