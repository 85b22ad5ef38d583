r"""A model: weights, the loss of one sample, the law of the data. What gradient descent does with it, exactly.

.. math::
    L(\theta) = E\,l(\theta; x), \qquad g = \nabla L, \qquad
    \Sigma = E[\nabla l\,\nabla l^\top] - gg^\top, \qquad
    d\theta = -g\,dt + \sqrt{\eta/\beta}\;\Sigma^{1/2}\,dB

For a data set every number agrees with :class:`theory.gradient_noise.sampling.FiniteSum`, whose batches are enumerated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.discrete.random_map import OneStepMoments
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.gradient_noise.data_law import DataLaw, Empirical, law_symbols
from theory.gradient_noise.expectation import (
    covariance,
    covariance_factor,
    expanded_where_polynomial,
    expectation,
    mean_vector,
)
from theory.gradient_noise.sampling import FiniteSum, Sampling, checked_batch_size, finite_population_factor
from theory.ito import ItoProcess
from theory.notation import beta, eta, t
from theory.typeset import Typeset
from theory.values import distinct_symbols, instance, single_expression


@dataclass(frozen=True)
class Model(Typeset):
    r"""Weights :math:`\theta`, the loss :math:`l(\theta; x)` of one sample, and the law of the data :math:`x`.

    Attributes:
        weights: The weights, symbols. Shape ``(d, 1)``.
        loss: :math:`l`, an expression in the weights, the variables of ``law`` and constants.
        law: The law of the data.

    Raises:
        SymbolError: a weight is also a variable of the law, occurs in it, or has a namesake in the loss.
        ShapeError: the loss is no finite expression.

    Example:
        >>> from theory.gradient_noise.data_law import Gaussian
        >>> w, x = sp.symbols("w x", real=True)
        >>> model = Model([w], (w * x) ** 2 / 2, Gaussian([x], [0], [[1]]))
        >>> model.gradient, model.covariance
        (Matrix([[w]]), Matrix([[2*w**2]]))
    """

    weights: sp.ImmutableMatrix
    loss: sp.Expr
    law: DataLaw

    def __post_init__(self) -> None:
        vector, loss = distinct_symbols(self.weights, "weights"), single_expression(self.loss, "loss")
        instance(self.law, DataLaw, "law", "a law of the data, e.g. Empirical(variables, samples)")
        weights, data = set(vector), set(self.law.variables)
        shared = weights & (data | law_symbols(self.law))
        if shared or {t, eta} & (weights | data):
            raise SymbolError(
                "weights must be symbols of their own, neither data nor the learning rate nor time: "
                f"{sorted(map(str, shared or {t, eta} & (weights | data)))} occur twice. Rename them."
            )
        names = {symbol.name for symbol in weights | data}
        namesakes = sorted(str(s) for s in loss.free_symbols - weights - data if s.name in names)
        if namesakes:
            raise SymbolError(
                f"loss holds {namesakes}, symbols with the name of a weight or a variable but other assumptions. "
                "Use one symbol throughout."
            )
        object.__setattr__(self, "weights", vector)
        object.__setattr__(self, "loss", loss)

    @cached_property
    def mean_loss(self) -> sp.Expr:
        r"""The loss :math:`L = E\,l`."""
        return expectation(self.loss, self.law)

    @cached_property
    def sample_gradient(self) -> sp.ImmutableMatrix:
        r"""The gradient :math:`\nabla l(\theta; x)` of one sample. Shape ``(d, 1)``."""
        return sp.ImmutableMatrix([sp.diff(self.loss, weight) for weight in self.weights])

    @cached_property
    def gradient(self) -> sp.ImmutableMatrix:
        r"""The gradient :math:`g = E\,\nabla l`. Shape ``(d, 1)``."""
        return mean_vector(self.sample_gradient, self.law)

    @cached_property
    def covariance(self) -> sp.ImmutableMatrix:
        r"""The covariance :math:`\Sigma` of the gradient of one sample. Shape ``(d, d)``."""
        return covariance(self.sample_gradient, self.law)

    @cached_property
    def noise_factor(self) -> sp.ImmutableMatrix:
        r"""A factor of :math:`\Sigma`, as smooth as the gradient. Shape ``(d, m)``."""
        return covariance_factor(self.sample_gradient, self.law)

    @property
    def finite_sum(self) -> FiniteSum:
        """The losses of a data set, one by one.

        Raises:
            UnsupportedFormError: the law is not :class:`~theory.gradient_noise.data_law.Empirical`.
        """
        if not isinstance(self.law, Empirical):
            raise UnsupportedFormError(
                f"law must be an Empirical data set to be listed sample by sample, got {type(self.law).__name__}."
            )
        losses = tuple(self.loss.subs(point, simultaneous=True) for _, point in self.law.weighted_points)
        return FiniteSum(self.weights, losses)

    def batch_covariance(
        self, batch_size: sp.Expr | int = beta, sampling: Sampling = Sampling.WITH_REPLACEMENT
    ) -> sp.ImmutableMatrix:
        r"""The covariance of the gradient of a mini-batch, :math:`\frac{\Sigma}\beta` times the population factor.

        Args:
            batch_size: :math:`\beta`, a positive integer or a symbol.
            sampling: Without replacement the law must be a data set of at least ``batch_size`` samples, and the
                covariance shrinks by :math:`(n-\beta)/(n-1)`.
        """
        scale = self._noise_scale(batch_size, sampling)
        return expanded_where_polynomial(scale * self.covariance, self.weights)

    def step_moments(
        self, batch_size: sp.Expr | int = beta, sampling: Sampling = Sampling.WITH_REPLACEMENT
    ) -> OneStepMoments:
        r"""Mean :math:`-\eta g` and covariance of one step of stochastic gradient descent, exactly."""
        noise = eta**2 * self.batch_covariance(batch_size, sampling)
        return OneStepMoments(
            expanded_where_polynomial(-eta * self.gradient, self.weights),
            expanded_where_polynomial(noise, self.weights),
        )

    def gradient_flow(self) -> ItoProcess:
        r"""Full-batch gradient flow :math:`\dot\theta = -g`, a process without noise."""
        return ItoProcess(self.weights, -self.gradient, sp.zeros(self.weights.rows, 1))

    def stochastic_gradient_flow(
        self, batch_size: sp.Expr | int = beta, sampling: Sampling = Sampling.WITH_REPLACEMENT
    ) -> ItoProcess:
        r"""The Itô process with drift :math:`-g` and diffusion :math:`\eta` times :meth:`batch_covariance`.

        On the line the dispersion is the scalar root; in several dimensions the factor :attr:`noise_factor`.
        """
        scale = sp.sqrt(eta * self._noise_scale(batch_size, sampling))
        factor = self.noise_factor
        if scale == 0 or factor.cols == 0:
            return self.gradient_flow()
        if self.weights.rows == 1:
            # The sign of a scalar dispersion does not enter the law, and f is smooth where sqrt(f**2) is not.
            factor = sp.Matrix([[sp.powdenest(sp.sqrt(sp.factor(self.covariance[0])), force=True)]])
        return ItoProcess(self.weights, -self.gradient, scale * factor)

    def _noise_scale(self, batch_size: sp.Expr | int, sampling: Sampling) -> sp.Expr:
        size = checked_batch_size(batch_size, None, sampling)
        if sampling is Sampling.WITH_REPLACEMENT:
            return 1 / size
        if not isinstance(self.law, Empirical):
            raise DimensionError(
                f"sampling without replacement needs a data set, but the law is {type(self.law).__name__}: an infinite "
                "population. Give an Empirical law, or sample with replacement."
            )
        n = self.law.sample_count
        return finite_population_factor(sampling, n, size) / size

    def _equations(self) -> list[str]:
        weights = ", ".join(map(sp.latex, self.weights))
        return [rf"\ell({weights}) &= {sp.latex(self.loss)}", *self.law._equations()]
