r"""Where the inputs and labels of a step come from: fresh batches, batches of a data set, or the mean over all data.

For the mean over all data of a linear network only second moments count, so a few weighted *pseudo-samples* stand for
them: inputs :math:`\tilde X` with :math:`\tilde X\tilde X^\top = E\,xx^\top` and labels :math:`\tilde Y` with
:math:`\tilde Y\tilde X^\top = E\,yx^\top`. They have the same gradients as the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics.codegen.layer_program import NamedMatrix
from numerics.deep_linear.signal import Data, DataSet, NoisyTeacher, symmetric_root
from numerics.errors import ArgumentError
from numerics.layered.network import DenseNetwork

Array = np.ndarray

ROUNDING = 1e-13
"""Eigenvalues of the input moment below this fraction of the largest are taken as zero."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Samples as columns that are the same at every step.

    Attributes:
        inputs: Shape ``(d_0, n)``.
        labels: Shape ``(d_L, n)``.
        weight: What each column weighs in the mean.
    """

    inputs: Array
    labels: Array
    weight: float

    @property
    def constants(self) -> dict[str, Array]:
        """As shared matrices of a layer program."""
        return {"inputs": self.inputs, "labels": self.labels}


def all_samples(data: DataSet) -> Columns:
    """The samples themselves."""
    return Columns(data.inputs.T, data.labels.T, 1 / data.size)


def mean_columns(network: DenseNetwork, data: Data) -> Columns:
    """Columns whose gradient is that of the mean loss.

    Raises:
        ArgumentError: the mean over Gaussian inputs is asked of a network that is not linear.
    """
    if isinstance(data, DataSet):
        if network.is_linear and data.size > network.widths[0]:
            values, vectors = np.linalg.eigh(data.input_moment())
            large = values > ROUNDING * max(values[-1], 0.0)
            roots, frame = np.sqrt(values[large]), vectors[:, large]
            if large.any():
                cross = data.labels.T @ data.inputs / data.size
                return Columns(frame * roots, cross @ frame / roots, 1.0)
        return all_samples(data)
    if not network.is_linear:
        raise ArgumentError(
            "data must be a DataSet where a network with activations or biases moves by its mean gradient: the mean "
            "over Gaussian inputs has no closed form. Use MiniBatchDescent with a large batch, or draw a DataSet."
        )
    root = symmetric_root(data.input_covariance)
    return Columns(root, data.teacher @ root, 1.0)


def is_multiple_of_identity(covariance: Array) -> bool:
    """Whether all directions are alike."""
    return bool(np.array_equal(covariance, covariance[0, 0] * np.eye(len(covariance))))


def matrices(constants: dict[str, Array]) -> list[NamedMatrix]:
    """Names and shapes of shared matrices."""
    return [NamedMatrix(name, (value.shape[0], value.shape[1])) for name, value in constants.items()]


def fitting_data(network: DenseNetwork, data: Data) -> Data:
    """``data`` if they have the inputs and outputs of the network.

    Raises:
        ArgumentError: they have not, or are no data.
    """
    if not isinstance(data, NoisyTeacher | DataSet):
        raise ArgumentError(f"data must be a NoisyTeacher or a DataSet, got {type(data).__name__}.")
    shape = data.teacher.shape if isinstance(data, NoisyTeacher) else (data.labels.shape[1], data.inputs.shape[1])
    wanted = (network.widths[-1], network.widths[0])
    if shape != wanted:
        raise ArgumentError(
            f"data must have the {wanted[1]} inputs and {wanted[0]} labels of widths={network.widths}, "
            f"got {shape[1]} and {shape[0]}. Transpose the teacher, or change widths."
        )
    return data
