r"""Gradient descent with fresh label noise: every step sees the labels :math:`y_i + \xi_i`, :math:`\xi_i \sim N(0, v)`.

.. math::
    \Delta\theta = -\frac\eta N\sum_{i=1}^N\nabla l(\theta; x_i, y_i + \xi_i)

For the halved squared loss :math:`l = \frac12(f - y)^2` this is
:math:`\Delta\theta = -\eta\nabla L + \frac\eta N\sum_i\nabla f(x_i)\,\xi_i`, so that

.. math::
    \mathrm{Cov}\,\Delta\theta = \frac{\eta^2v}{N^2}\sum_i\nabla f(x_i)\nabla f(x_i)^\top .

The :math:`N` noises of one step average out: there is a factor :math:`1/N^2` before the sum, not :math:`1/N`.

References:
    Stochastic-collapse paper (arXiv 2306.04251), eqs. (20)-(24).
"""

from __future__ import annotations

import sympy as sp

from theory.discrete.random_map import OneStepMoments
from theory.errors import SymbolError, UnsupportedFormError
from theory.fewer_noises import with_parallel_noises_joined
from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.expectation import (
    at_data_point,
    covariance,
    covariance_factor,
    expanded_where_polynomial,
    mean_vector,
)
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess
from theory.notation import eta, zeta
from theory.values import instance, single_expression, single_symbol


def label_noise_step(model: Model, label: sp.Symbol, *, variance: sp.Expr = zeta**2) -> OneStepMoments:
    r"""Exact mean and covariance of one full-batch step with fresh label noise.

    The noises of different samples are independent, so the covariances of the samples add up, divided by
    :math:`N^2`. A loss that is not quadratic in the label may have a mean other than :math:`-\eta\nabla L`.

    Args:
        model: Its law must be a data set.
        label: The variable of the law that the noise is added to.
        variance: :math:`v`.

    Raises:
        UnsupportedFormError: the law is no data set, or the loss is not polynomial in the label.
        SymbolError: ``label`` is no variable of the law.
    """
    samples, noises = _noisy_gradients(model, label)
    n, d = len(samples), model.weights.rows
    variance = single_expression(variance, "variance", real=True)
    laws = [Gaussian([noise], [0], [[variance]]) for noise in noises]
    average = sum((mean_vector(g, law) for g, law in zip(samples, laws, strict=True)), sp.zeros(d, 1)) / n
    spread = sum((covariance(g, law) for g, law in zip(samples, laws, strict=True)), sp.zeros(d, d)) / n**2
    return OneStepMoments(
        expanded_where_polynomial(-eta * average, model.weights),
        expanded_where_polynomial(eta**2 * spread, model.weights),
    )


def joint_label_noise_step(model: Model, label: sp.Symbol, *, variance: sp.Expr = zeta**2) -> OneStepMoments:
    r"""The same moments from the step as a whole, averaged over all :math:`N` noises at once by Isserlis' theorem."""
    increment, law = label_noise_increment(model, label, variance=variance)
    return OneStepMoments(mean_vector(increment, law), covariance(increment, law))


def label_noise_increment(
    model: Model, label: sp.Symbol, *, variance: sp.Expr = zeta**2
) -> tuple[sp.ImmutableMatrix, Gaussian]:
    r"""One step :math:`\Delta\theta` as a function of its noises ``xi_1, ..., xi_N``, and their joint law."""
    samples, noises = _noisy_gradients(model, label)
    variance = single_expression(variance, "variance", real=True)
    total = sum(samples, sp.zeros(model.weights.rows, 1))
    law = Gaussian(noises, [0] * len(noises), variance * sp.eye(len(noises)))
    return sp.ImmutableMatrix(-eta * total / len(noises)), law


def label_noise_flow(model: Model, label: sp.Symbol, *, variance: sp.Expr = zeta**2) -> ItoProcess:
    r"""Label-noise gradient flow: drift and diffusion per unit of time :math:`t = \eta k` are those of one step.

    For the halved squared loss: :math:`d\theta = -\nabla L\,dt + \frac{\sqrt{\eta v}}N\sum_i\nabla f(x_i)\,dB_i`.
    Samples whose gradients are parallel everywhere share one Brownian motion, which has the same law.

    Args:
        model: As for :func:`label_noise_step`, as are ``label`` and ``variance``.
        label: The variable of the law that the noise is added to.
        variance: :math:`v`.
    """
    variance = single_expression(variance, "variance", real=True)
    increment, law = label_noise_increment(model, label, variance=variance)
    noises = tuple(law.variables)
    slopes = increment.jacobian(noises)
    if any(sp.diff(slope, noises[j]) != 0 for i in range(slopes.rows) for j, slope in enumerate(slopes.row(i))):
        drift, factor = mean_vector(increment, law), covariance_factor(increment, law)
    else:  # affine in the noises, which are independent: the columns can be read off, whatever the model
        drift = increment.xreplace(dict.fromkeys(noises, sp.S.Zero))
        factor = sp.sqrt(variance) * slopes
    if factor.cols == 0:
        factor = sp.zeros(model.weights.rows, 1)
    drift = expanded_where_polynomial(_per_time(drift, eta), model.weights)
    process = ItoProcess(model.weights, drift, _per_time(factor, sp.sqrt(eta)))
    return with_parallel_noises_joined(process)


def _per_time(matrix: sp.MatrixBase, unit: sp.Expr) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(matrix.applyfunc(lambda entry: sp.powdenest(entry / unit)))


def _noisy_gradients(model: Model, label: sp.Symbol) -> tuple[list[sp.ImmutableMatrix], list[sp.Symbol]]:
    r"""The gradients :math:`\nabla l(\theta; x_i, y_i + \xi_i)` and their noises."""
    instance(model, Model, "model", "a Model")
    single_symbol(label, "label")
    if not isinstance(model.law, Empirical):
        raise UnsupportedFormError(
            f"label noise averages over a data set of N samples, but the law is {type(model.law).__name__}. "
            "Give an Empirical law; in an infinite population the noise of a full batch averages out."
        )
    if label not in set(model.law.variables):
        raise SymbolError(f"label must be one of the variables {tuple(model.law.variables)}, got {label}.")
    noises = [sp.Dummy(f"xi_{i + 1}", real=True) for i in range(model.law.sample_count)]
    gradients = [
        model.sample_gradient.applyfunc(lambda e, at={**point, label: point[label] + noise}: at_data_point(e, at))
        for (_, point), noise in zip(model.law.weighted_points, noises, strict=True)
    ]
    return gradients, noises
