r"""Gradient noise of a PyTorch module at given weights: per-sample gradients, their covariance, its top eigenpairs.

With the Jacobian :math:`J` of the losses of the samples, one row :math:`\nabla l_i^\top` each,

.. math::
    g = \frac1nJ^\top 1, \qquad
    \Sigma = \frac1nJ^\top\Bigl(I - \frac1n11^\top\Bigr)J, \qquad
    \mathrm{Cov}\,g_{\mathcal B} = \frac\Sigma\beta \quad\Bigl(\text{times } \frac{n-\beta}{n-1}
    \text{ without replacement}\Bigr)

Small networks: :math:`\Sigma` as a matrix. Large ones: :math:`v \mapsto \Sigma v` by one product :math:`Jv` and one
with :math:`J^\top`, both of reverse-mode differentiation, which stores no per-sample gradient. The symbolic counterpart
is :class:`theory.gradient_noise.model.Model`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh
from torch.func import grad, vmap

from numerics.arguments import takes, whole_number
from numerics.errors import ArgumentError
from numerics.sgd.backward_mixing import weighted_gradient
from numerics.sgd.empirical_loss import EmpiricalLoss
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling, finite_population_factor
from theory.values import shown

LARGEST_MATRIX = 8192
"""Weights up to which the covariance is made as a matrix (half a gigabyte of float64)."""

NUMBERS_AT_ONCE = 2**24
"""Numbers of per-sample gradients held at once."""


@dataclass(frozen=True, eq=False)
class GradientNoise:
    r"""The noise of mini-batch gradients at one point.

    Attributes:
        problem: Module, loss of one sample, data set.
        theta: The weights. Shape ``(P,)``.
        samples_at_once: Samples whose gradients are computed together; chosen by :data:`NUMBERS_AT_ONCE` unless given.

    Raises:
        ArgumentError: ``theta`` has another shape, or is not finite.

    Example:
        >>> net = torch.nn.Linear(1, 1, bias=False).double()
        >>> problem = EmpiricalLoss(net, lambda f, y: (f - y).square().sum() / 2, [[1.0], [1.0]], [[3.0], [5.0]])
        >>> noise = gradient_noise(problem, {"weight": [[0.0]]})
        >>> noise.mean.tolist(), noise.covariance.tolist(), noise.batch_covariance(2).tolist()
        ([-4.0], [[1.0]], [[0.5]])
    """

    problem: EmpiricalLoss
    theta: torch.Tensor
    samples_at_once: int | None = None

    def __post_init__(self) -> None:
        try:
            theta = torch.as_tensor(self.theta).detach().to(self.problem.device, self.problem.dtype)
        except (TypeError, ValueError, RuntimeError):
            raise ArgumentError(
                f"theta must be a tensor of {self.problem.dimension} weights, got {shown(self.theta)}."
            ) from None
        if theta.shape != (self.problem.dimension,) or not bool(torch.isfinite(theta).all()):
            raise ArgumentError(
                f"theta must hold {self.problem.dimension} finite weights, got shape {tuple(theta.shape)}. "
                "Use gradient_noise(problem, parameters) to give them by name."
            )
        object.__setattr__(self, "theta", theta)
        if self.samples_at_once is not None:
            whole_number(self.samples_at_once, "samples_at_once", at_least=1, below=2**31)

    @cached_property
    def sample_gradients(self) -> torch.Tensor:
        r"""The gradients :math:`\nabla l_i`, one per row. Shape ``(n, P)``."""
        return torch.cat(list(self._gradients()))

    @cached_property
    def mean(self) -> torch.Tensor:
        r"""The gradient :math:`g` of the mean loss. Shape ``(P,)``."""
        return self._pull_back(self.theta.new_full((self.problem.n,), 1 / self.problem.n))

    @cached_property
    def covariance(self) -> torch.Tensor:
        r""":math:`\Sigma`, the covariance of the gradient of a random sample. Shape ``(P, P)``.

        Raises:
            ArgumentError: there are more than :data:`LARGEST_MATRIX` weights.
        """
        if self.problem.dimension > LARGEST_MATRIX:
            raise ArgumentError(
                f"a covariance matrix of {self.problem.dimension} weights is too large, at most {LARGEST_MATRIX} are. "
                "Use covariance_times, operator or top_eigenpairs, which need no matrix."
            )
        Sigma = self.theta.new_zeros(self.problem.dimension, self.problem.dimension)
        for gradients in self._gradients():
            centred = gradients - self.mean
            Sigma += centred.T @ centred
        return Sigma / self.problem.n

    @cached_property
    def trace(self) -> float:
        r""":math:`\mathrm{tr}\,\Sigma = \frac1n\sum_i|\nabla l_i - g|^2`."""
        return sum(float((gradients - self.mean).square().sum()) for gradients in self._gradients()) / self.problem.n

    def batch_scale(self, batch_size: int, sampling: Sampling = Sampling.WITH_REPLACEMENT) -> float:
        r"""The factor on :math:`\Sigma` that gives the covariance of a mini-batch gradient.

        Raises:
            ArgumentError: the batch is larger than the data set, without replacement.
        """
        size = whole_number(batch_size, "batch_size", at_least=1, below=2**53)
        if not isinstance(sampling, Sampling):
            raise ArgumentError(f"sampling must be a member of Sampling, got {shown(sampling)}.")
        if sampling is Sampling.WITHOUT_REPLACEMENT and size > self.problem.n:
            raise ArgumentError(
                f"batch_size must lie in 1..{self.problem.n} without replacement, got {size}. "
                "Larger batches need Sampling.WITH_REPLACEMENT."
            )
        return float(finite_population_factor(sampling, self.problem.n, size)) / size

    def batch_covariance(self, batch_size: int, sampling: Sampling = Sampling.WITH_REPLACEMENT) -> torch.Tensor:
        r"""The covariance of the gradient of a mini-batch. Shape ``(P, P)``."""
        return self.batch_scale(batch_size, sampling) * self.covariance

    def covariance_times(self, vector: torch.Tensor) -> torch.Tensor:
        r""":math:`\Sigma v` without a matrix and without per-sample gradients. Shape ``(P,)``."""
        direction = self.problem.weights_from(vector, "vector")
        if direction.shape != self.theta.shape:
            raise ArgumentError(f"vector must have shape ({len(self.theta)},), got {tuple(direction.shape)}.")
        slopes = self._push_forward(direction)
        return self._pull_back((slopes - slopes.mean()) / self.problem.n)

    @property
    def operator(self) -> LinearOperator:
        r""":math:`\Sigma` as a SciPy operator in float64, for ``scipy.sparse.linalg``."""
        size = self.problem.dimension

        def product(vector: np.ndarray) -> np.ndarray:
            return self.covariance_times(torch.from_numpy(np.ravel(vector))).cpu().double().numpy()

        return LinearOperator((size, size), matvec=product, rmatvec=product, dtype=np.float64)

    def top_eigenpairs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        r"""The largest eigenvalues of :math:`\Sigma` and their unit eigenvectors.

        Small matrices are diagonalised, large ones by the implicitly restarted Lanczos method.

        Returns:
            Values in descending order, shape ``(count,)``, and vectors, shape ``(P, count)``.
        """
        size = self.problem.dimension
        count = whole_number(count, "count", at_least=1, below=size + 1)
        if size <= 512 or count >= size - 1:
            values, vectors = np.linalg.eigh(self.covariance.cpu().double().numpy())
        else:
            start = np.random.default_rng(0).standard_normal(size)
            try:
                values, vectors = eigsh(self.operator, k=count, which="LA", v0=start)
            except ArpackError as error:
                raise ArgumentError(
                    f"the largest {count} eigenvalues were not found ({error}). Ask for fewer."
                ) from None
        order = np.argsort(values)[::-1][:count]
        return values[order], vectors[:, order]

    def _chunks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        size = self.samples_at_once or max(1, NUMBERS_AT_ONCE // self.problem.dimension)
        return zip(self.problem.inputs.split(size), self.problem.targets.split(size), strict=True)

    @cached_property
    def is_vectorised(self) -> bool:
        """Whether the gradients of many samples come from one vectorised call, and not from a loop over samples.

        Recurrent layers, attention, embedding bags, and functions with a ``backward`` of their own know no such call.
        """
        with suppress(RuntimeError, NotImplementedError, ValueError):
            self._vectorised_gradients(self.problem.inputs[:2], self.problem.targets[:2])
            return True
        return False

    def _gradients(self) -> Iterator[torch.Tensor]:
        """Gradients of consecutive samples. Shape ``(b, P)`` each."""
        done = 0
        for inputs, targets in self._chunks():
            if self.is_vectorised:
                gradients = self._vectorised_gradients(inputs, targets).detach()
            else:
                pairs = zip(inputs, targets, strict=True)
                gradients = torch.stack([self._gradient(x[None], y[None]) for x, y in pairs])
            _require_numbers(gradients, done)
            done += len(inputs)
            yield gradients

    def _vectorised_gradients(self, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        def loss(theta: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return self.problem.sample_losses(theta, x[None], y[None])[0]

        return vmap(grad(loss), in_dims=(None, 0, 0))(self.theta, inputs, targets)

    def _gradient(
        self, inputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        r"""The gradient of :math:`\sum_ic_il_i`, c = 1 unless given. Shape ``(P,)``."""
        theta = self.theta.detach().requires_grad_()
        losses = self.problem.sample_losses(theta, inputs, targets)
        return weighted_gradient(losses, theta, torch.ones_like(losses) if weights is None else weights)

    def _push_forward(self, vector: torch.Tensor) -> torch.Tensor:
        r""":math:`Jv`, the derivative of the linear map :math:`c \mapsto v\cdot J^\top c`. Shape ``(n,)``."""
        with suppress(RuntimeError, NotImplementedError):  # some backward passes have no derivative of their own,
            slopes = torch.cat([self._slopes(inputs, targets, vector) for inputs, targets in self._chunks()])
            if bool(slopes.isfinite().all()):  # or one that is 0/0, as that of a root behind a rectifier
                return slopes
        return torch.cat([gradients @ vector for gradients in self._gradients()])

    def _slopes(self, inputs: torch.Tensor, targets: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        theta = self.theta.detach().requires_grad_()
        losses = self.problem.sample_losses(theta, inputs, targets)
        c = torch.zeros_like(losses, requires_grad=True)
        pulled = weighted_gradient(losses, theta, c, create_graph=True)
        slopes = torch.autograd.grad(pulled, c, grad_outputs=vector, allow_unused=True)[0]
        return torch.zeros_like(losses) if slopes is None else slopes

    def _pull_back(self, weights: torch.Tensor) -> torch.Tensor:
        r""":math:`J^\top c`. Shape ``(P,)``."""
        total, done = torch.zeros_like(self.theta), 0
        for inputs, targets in self._chunks():
            total += self._gradient(inputs, targets, weights[done : done + len(inputs)])
            done += len(inputs)
        if not bool(total.isfinite().all()):
            list(self._gradients())  # names the sample
        return total


def _require_numbers(gradients: torch.Tensor, first: int) -> None:
    """Refuse gradients that are no numbers, the first of them that of sample ``first``."""
    wrong = ~gradients.isfinite().all(dim=1)
    if bool(wrong.any()):
        sample = first + int(wrong.nonzero()[0])
        raise ArgumentError(
            f"the gradient of each sample must be finite, but that of sample {sample} is not at these weights. PyTorch "
            "multiplies 0 by infinity where a branch that is not taken has an infinite derivative: write "
            "where(h > 0, sqrt(where(h > 0, h, 1)), 0) for where(h > 0, sqrt(h), 0). Else give other weights."
        )


@takes(problem=one_of(EmpiricalLoss, needed="an EmpiricalLoss"))
def gradient_noise(
    problem: EmpiricalLoss,
    parameters: Mapping[str, torch.Tensor] | None = None,
    *,
    samples_at_once: int | None = None,
) -> GradientNoise:
    """The gradient noise of ``problem`` at weights given by name, the module's own where a name is missing.

    Raises:
        ArgumentError: a name is unknown, a shape does not fit, or a weight is not finite.
    """
    own = problem.named(problem.theta)
    if parameters is not None and not isinstance(parameters, Mapping):
        raise ArgumentError(f"parameters must map names to weights, got {shown(parameters)}.")
    problem.check_names(parameters or {})
    given = {
        name: problem.weights_from(value, f"parameters[{shown(name)}]") for name, value in (parameters or {}).items()
    }
    return GradientNoise(problem, problem.flat(own | given), samples_at_once)
