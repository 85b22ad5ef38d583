r"""From network, data and dynamics to a layer program: one step, its shared matrices and its numbers.

All dynamics go forward through the layers and back down (:mod:`numerics.layered.step_writer`); they differ only in what
they make of the error at the top and of the updates.
"""

from __future__ import annotations

import numpy as np
import sympy as sp

from numerics.arguments import takes
from numerics.codegen.layer_program import NamedMatrix, Term
from numerics.deep_linear.noise import batch_factor
from numerics.deep_linear.signal import Data, DataSet, NoisyTeacher, symmetric_root
from numerics.layered.dynamics import (
    DYNAMICS,
    Dynamics,
    Epochs,
    FullGradientDescent,
    GradientFlowSteps,
    GradientNoiseDiffusion,
    IsotropicLangevin,
    MiniBatchDescent,
)
from numerics.layered.network import DenseNetwork
from numerics.layered.samples import (
    all_samples,
    fitting_data,
    is_multiple_of_identity,
    mean_columns,
)
from numerics.layered.step_writer import FACTOR, LayerSteps, StepWriter
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling

Array = np.ndarray


@takes(network=one_of(DenseNetwork, needed="a DenseNetwork"), dynamics=DYNAMICS)
def layer_steps(network: DenseNetwork, data: Data, dynamics: Dynamics) -> LayerSteps:
    """The layer program of a network that moves on data.

    Raises:
        ArgumentError: they do not fit each other.

    Example:
        >>> from numerics.deep_linear.signal import NoisyTeacher
        >>> network, data = DenseNetwork((3, 4, 2)), NoisyTeacher(np.eye(2, 3))
        >>> print(layer_steps(network, data, MiniBatchDescent(learning_rate=0.1)).program)
        weight W1 (4, 3)
        weight W2 (2, 4)
        shared teacher (2, 3)
        scalars pull of learning_rate, factor
        %0 = normals (3, 1) from normal 0
        %1 = product (2, 1) teacher %0
        %2 = product (4, 1) W1 %0
        %3 = product (2, 1) W2 %2
        %4 = subtract (2, 1) %1 %3
        %5 = scale (2, 1) pull %4
        %6 = transposed product (4, 1) W2 %5
        update (2, 4) W2 %5 %2
        update (4, 3) W1 %6 %0
    """
    fitting_data(network, data)
    return _WRITERS[type(dynamics)](network, data, dynamics).steps()


class _MiniBatch(StepWriter):
    """Stochastic gradient descent."""

    dynamics: MiniBatchDescent

    def prepare(self) -> None:
        data, dynamics = self.data, self.dynamics
        batch_factor(data, batch_size=dynamics.batch_size, sampling=self.sampling)
        self.number("momentum")
        variance = dynamics.numbers()["label_noise"] ** 2
        if isinstance(data, NoisyTeacher):
            self.constants["teacher"] = data.teacher
            if not np.array_equal(data.input_covariance, np.eye(len(data.input_covariance))):
                self.constants["input_root"] = symmetric_root(data.input_covariance)
            if is_multiple_of_identity(data.label_covariance):
                variance = variance + data.label_covariance[0, 0]
            else:
                self.constants["label_root"] = symmetric_root(data.label_covariance)
        elif self.takes_all:
            self.constants |= all_samples(data).constants
        else:
            self.constants |= {"inputs": data.inputs, "labels": data.labels}
            if dynamics.sampling is Epochs.SHUFFLED:
                self.first["order"] = np.append(np.arange(data.size), 0.0)[:, None]
        self.number("label_scale", np.sqrt(variance))

    @property
    def sampling(self) -> Sampling:
        """How one batch is drawn, whatever the others are."""
        return Sampling.WITHOUT_REPLACEMENT if self.dynamics.sampling is Epochs.SHUFFLED else self.dynamics.sampling

    @property
    def takes_all(self) -> bool:
        """Whether the batch is the data set."""
        return self.sampling is Sampling.WITHOUT_REPLACEMENT and self.dynamics.batch_size == self.data.size

    def companions(self) -> list[NamedMatrix]:
        return [*self.velocities(), *(NamedMatrix(name, (len(value), 1)) for name, value in self.first.items())]

    def write(self) -> None:
        x, y = self.batch()
        h = self.forward(x)
        rate = self.number("learning_rate") * FACTOR
        self.descend(h, self.builder.subtract(y, h[-1]), sp.Rational(1, self.dynamics.batch_size), rate)

    def batch(self) -> tuple[int, int]:
        """Inputs and labels of a batch."""
        builder, b, widths = self.builder, self.dynamics.batch_size, self.network.widths
        if isinstance(self.data, DataSet):
            if self.takes_all:
                x, y = builder.constant("inputs"), builder.constant("labels")
            else:
                N, shuffled = self.data.size, "order" in self.first
                chosen = builder.next_indices("order", b, N) if shuffled else builder.indices(b, N, self.sampling)
                x, y = builder.gather("inputs", chosen), builder.gather("labels", chosen)
        else:
            z = builder.normals((widths[0], b))
            x = builder.product("input_root", z) if "input_root" in self.constants else z
            y = builder.product("teacher", x)
            if "label_root" in self.constants:
                y = builder.add(y, builder.product("label_root", builder.normals((widths[-1], b))))
        if np.any(self.numbers["label_scale"]):
            scale = self.scalar("label_scale", sp.Symbol("label_scale", nonnegative=True))
            y = builder.add(y, builder.scale(builder.normals((widths[-1], b)), scale))
        return x, y


class _FullGradient(StepWriter):
    """Gradient descent on the mean loss."""

    def prepare(self) -> None:
        self.columns = mean_columns(self.network, self.data)
        self.constants |= self.columns.constants
        if isinstance(self.dynamics, FullGradientDescent):
            self.number("momentum")

    def companions(self) -> list[NamedMatrix]:
        return self.velocities()

    def mean_error(self) -> tuple[list[int], int]:
        """Outputs of the layers and the error, one column for each of the columns of the mean."""
        h = self.forward(self.builder.constant("inputs"))
        return h, self.builder.subtract(self.builder.constant("labels"), h[-1])

    def write(self) -> None:
        self.descend(*self.mean_error(), self.number("weight", self.columns.weight), self.rate())

    def rate(self) -> sp.Expr:
        """The size of a step."""
        return self.number("learning_rate" if isinstance(self.dynamics, FullGradientDescent) else "step") * FACTOR


class _Langevin(_FullGradient):
    """Gradient descent with the same noise on every weight."""

    def write(self) -> None:
        super().write()
        spread = self.scalar("spread", sp.sqrt(2 * self.number("temperature") * self.rate()))
        for matrix in self.trained_weights():
            z = self.builder.normals(matrix.shape)
            self.builder.combine(matrix.name, Term(matrix.name), Term(z, spread))


class _GradientNoise(_FullGradient):
    """The SDE of stochastic gradient descent."""

    dynamics: GradientNoiseDiffusion

    def prepare(self) -> None:
        data, dynamics = self.data, self.dynamics
        factor = batch_factor(data, batch_size=dynamics.batch_size, sampling=dynamics.sampling)
        self.columns = mean_columns(self.network, data) if isinstance(data, NoisyTeacher) else all_samples(data)
        self.constants |= self.columns.constants
        self.number("batch_factor", factor)
        if isinstance(data, NoisyTeacher):
            self.number("label_scale", np.sqrt(data.label_covariance[0, 0]))
            if not is_multiple_of_identity(data.label_covariance):
                self.constants["label_root"] = symmetric_root(data.label_covariance)

    def write(self) -> None:
        h, error = self.mean_error()
        rate, weight = self.rate(), self.number("weight", self.columns.weight)
        variance = self.number("learning_rate") * FACTOR * sp.Symbol("batch_factor", nonnegative=True) * rate * weight
        pull, spread = self.scalar("pull", rate * weight), self.scalar("spread", sp.sqrt(variance))
        noise = self.teacher_noise(error) if isinstance(self.data, NoisyTeacher) else self.sample_noise(error)
        D = self.builder.add(self.builder.scale(error, pull), self.builder.scale(noise, spread))
        self.backward(h, D, lambda name, D, H: self.add_update(name, D, H, keep=self.kept(int(name[1:]), rate)))

    def teacher_noise(self, error: int) -> int:
        r""":math:`\Delta\Lambda^{1/2}Q + \Sigma_q^{1/2}V`, what stands before :math:`\Lambda^{1/2}` in the signal."""
        builder, (d_0, d_L) = self.builder, (self.network.widths[0], self.network.widths[-1])
        noise = builder.panel_product(error, builder.symmetric(builder.normals((d_0 * (d_0 + 1) // 2, 1)), d_0))
        if "label_root" in self.constants:
            return builder.add(noise, builder.product("label_root", builder.normals((d_L, d_0))))
        if np.any(self.numbers["label_scale"]):
            scale = self.scalar("label_scale", sp.Symbol("label_scale", nonnegative=True))
            return builder.add(noise, builder.scale(builder.normals((d_L, d_0)), scale))
        return noise

    def sample_noise(self, error: int) -> int:
        r"""Columns :math:`(z_n - \bar z)r_n`."""
        builder = self.builder
        return builder.scale_columns(error, builder.centre(builder.normals((1, self.columns.inputs.shape[1]))))


class _Flow(_FullGradient):
    """A step of Runge-Kutta."""

    def companions(self) -> list[NamedMatrix]:
        return [
            NamedMatrix(f"{what} of {matrix.name}", matrix.shape)
            for matrix in self.trained_weights()
            for what in ("start", "slope", "sum")
        ]

    def write(self) -> None:
        h, trained = self.rate(), [matrix.name for matrix in self.trained_weights()]
        weight = self.scalar("weight", self.number("weight", self.columns.weight))
        part = {n: self.scalar(f"part{n}", h / n) for n in (1, 2, 3, 6)}
        for name in trained:
            self.builder.combine(f"start of {name}", Term(name))
            self.builder.combine(f"sum of {name}", Term(name))
        for share, following in ((6, 2), (3, 2), (3, 1), (6, None)):
            outputs, error = self.mean_error()
            self.backward(
                outputs,
                self.builder.scale(error, weight),
                lambda name, D, H: self.add_update(f"slope of {name}", D, H, fresh=True),
            )
            for name in trained:
                slope, total = f"slope of {name}", f"sum of {name}"
                decay = self.decay(int(name[1:]))
                if decay:
                    pull = self.scalar(f"decay{name[1:]}", -decay)
                    self.builder.combine(slope, Term(slope), Term(name, pull))
                self.builder.combine(total, Term(total), Term(slope, part[share]))
                if following is None:
                    self.builder.combine(name, Term(total))
                else:
                    self.builder.combine(name, Term(f"start of {name}"), Term(slope, part[following]))


_WRITERS: dict[type, type[StepWriter]] = {
    MiniBatchDescent: _MiniBatch,
    FullGradientDescent: _FullGradient,
    IsotropicLangevin: _Langevin,
    GradientNoiseDiffusion: _GradientNoise,
    GradientFlowSteps: _Flow,
}
