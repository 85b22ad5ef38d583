r"""From a loss to its stochastic flow: the noise of mini-batch gradients, exactly.

In the order of the derivation:

* ``data_law``: Gaussian data, a finite support, a data set, named moments, independent products of them.
* ``expectation``: exact means, covariances and their factors over such laws (Isserlis' theorem for Gaussians).
* ``model``: weights, a loss, a law; gradient, noise covariance, moments of one step, stochastic gradient flow.
* ``mini_batch``: members of a mini-batch as functions of fresh noise.
* ``descent``: gradient descent as it runs: mini-batches, label noise, momentum, weight decay, schedules.
* ``label_noise``: full-batch gradient descent with fresh label noise, and its flow.
* ``modified_equation``: the process of weak order 2, and the local error that shows the order.
* ``sampling``: a finite sum of losses; mean and covariance of one step, batch by batch and in closed form.
* ``flow``: the stochastic gradient flow of a finite sum.
* ``weak_order``: how well the flow follows the recursion on quadratics, where both are exact.
"""

from theory.gradient_noise.data_law import (
    DataLaw,
    Empirical,
    FiniteSupport,
    Gaussian,
    NamedMoments,
    Product,
)
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.expectation import covariance, expectation, gaussian_moment
from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.label_noise import label_noise_flow, label_noise_step
from theory.gradient_noise.model import Model
from theory.gradient_noise.modified_equation import (
    local_weak_error,
    modified_loss,
    second_order_modified_equation,
)
from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step, step_moments

__all__ = [
    "DataLaw",
    "Empirical",
    "FiniteSum",
    "FiniteSupport",
    "Gaussian",
    "Model",
    "NamedMoments",
    "Product",
    "Sampling",
    "covariance",
    "enumerated_step",
    "expectation",
    "gaussian_moment",
    "gradient_descent",
    "label_noise_flow",
    "label_noise_step",
    "local_weak_error",
    "modified_loss",
    "second_order_modified_equation",
    "step_moments",
    "stochastic_gradient_flow",
]
