r"""The covariance of the gradient noise of two layers, for one sample or one batch.

.. math::
    \Sigma_{lm} = J_l^\top\,\mathrm{Cov}(\mathrm{vec}\,T)\,J_m, \qquad
    \mathrm{Cov}(\mathrm{vec}\,T) = (\Lambda\otimes\Delta\Lambda\Delta^\top) + (\Lambda\Delta^\top\otimes\Delta\Lambda)K
    + \Lambda\otimes\Sigma_q

for a noisy teacher; with white inputs the two first terms are
:math:`(I\otimes\Delta)(I + K)(I\otimes\Delta)^\top`. A batch of b divides by b; without replacement from N samples the
factor is :math:`\frac{N-b}{b(N-1)}`.

References:
    "SGD in the Saddle-to-Saddle Regime of Deep Linear Networks" (2026), Proposition 3.2 and Appendix G.
"""

from __future__ import annotations

import numpy as np

from numerics.arguments import takes, whole_number
from numerics.deep_linear.curvature import trained_jacobian
from numerics.deep_linear.point import POINT, LayeredPoint
from numerics.deep_linear.signal import DATA, Data
from numerics.errors import ArgumentError
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray

SAMPLING = one_of(Sampling, needed="a member of Sampling")
"""A way of drawing batches as an argument."""

LARGEST_BATCH = 2**62
"""Larger batches are refused."""


@takes(point=POINT, sampling=SAMPLING)
def gradient_covariance_block(
    point: LayeredPoint, l: int, m: int, *, batch_size: int = 1, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> Array:
    r"""The covariance :math:`\Sigma_{lm}` of :math:`\mathrm{vec}\,\hat G_l` and :math:`\mathrm{vec}\,\hat G_m`.

    Zero where a layer is frozen. Formed without a Kronecker product: the covariance of T is contracted leg by leg.
    Shape ``(d_l d_{l-1}, d_m d_{m-1})``.

    Raises:
        DimensionError: there is no such layer.
        ArgumentError: the batch cannot be drawn.
    """
    network = point.network
    rows, columns = (int(np.prod(network.shapes[network.layer(k, name) - 1])) for k, name in ((l, "l"), (m, "m")))
    scale = batch_factor(point.data, batch_size=batch_size, sampling=sampling)
    if {l, m} & set(network.frozen):
        return np.zeros((rows, columns))
    d_L, d_0 = network.widths[-1], network.widths[0]
    tensor = point.signal.covariance().reshape(d_0, d_L, d_0, d_L)
    legs = (point.below(l), point.above(l), point.below(m), point.above(m))
    block = np.einsum("jilk,aj,ib,cl,kd->abcd", tensor, *legs, optimize=True)
    return scale * block.reshape(rows, columns)


@takes(point=POINT, sampling=SAMPLING)
def gradient_covariance(
    point: LayeredPoint, *, batch_size: int = 1, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> Array:
    r"""The covariance :math:`\Sigma` of the gradients for :math:`(\mathrm{vec}\,W_1, \dots, \mathrm{vec}\,W_L)`.

    Raises:
        ArgumentError: the batch cannot be drawn, or a matrix of this size does not fit into memory.
    """
    scale, J = batch_factor(point.data, batch_size=batch_size, sampling=sampling), trained_jacobian(point)
    return scale * (J.T @ point.signal.covariance() @ J)


@takes(data=DATA, sampling=SAMPLING)
def batch_factor(data: Data, *, batch_size: int = 1, sampling: Sampling = Sampling.WITH_REPLACEMENT) -> float:
    r"""What a batch makes of the covariance of one sample: :math:`\frac1b`, or :math:`\frac{N-b}{b(N-1)}`.

    Raises:
        ArgumentError: ``batch_size`` is no positive whole number; without replacement: the data are fresh (an infinite
            population), or fewer than ``batch_size``.
    """
    b = whole_number(batch_size, "batch_size", at_least=1, below=LARGEST_BATCH)
    if sampling is Sampling.WITH_REPLACEMENT:
        return 1 / b
    N = data.size
    if N is None:
        raise ArgumentError(
            "sampling without replacement needs a DataSet, but the data are a NoisyTeacher: an infinite population. "
            "Give a DataSet, or sample with replacement."
        )
    if b > N:
        raise ArgumentError(f"batch_size must be at most the {N} samples, drawn without replacement, got {b}.")
    return 0.0 if b == N else (N - b) / (b * (N - 1))
