r"""What a second-order modified equation restores, and what it makes worse: a quadratic loss at rest.

:math:`l = \frac h2(\theta - z)^2` with :math:`\mathrm{Var}(hz) = \sigma^2`, one sample a step. The stationary variances

==================================  =================================================================
descent itself                      :math:`\eta\sigma^2/(h(2-\eta h))`
stochastic gradient flow            :math:`\eta\sigma^2/2h`
second-order modified equation      :math:`\eta\sigma^2/(2h(1+\eta h/2))`
==================================  =================================================================

have the coefficients :math:`+\frac{\sigma^2}4`, 0 and :math:`-\frac{\sigma^2}4` of :math:`\eta^2`: the second-order
equation, which follows every smooth observable to one more order at a fixed time, has twice the error of the first at
rest, because a variance of order :math:`\eta` is then wanted to relative order one. For charges it is the other way
round: their motion under descent is :math:`\frac\eta2g^\top Ag` faster than under the flow, and the modified equation
has just that (:func:`theory.symmetry.noether.missing_drift`).

References:
    Li, Tai, E, "Stochastic modified equations and adaptive stochastic gradient algorithms" (2017).
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import YES_OR_NO, takes
from theory.discrete.linear_recursion import stationary_statistics
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.gradient_noise.modified_equation import second_order_modified_equation
from theory.ito import ItoProcess
from theory.line.laws.stationary import stationary_density

curvature, gradient_noise = sp.symbols("h sigma", positive=True)
"""Curvature of the loss, standard deviation of the gradient of a sample."""


def noisy_quadratic() -> Model:
    """The model: one weight, a loss of fixed curvature around a random centre."""
    theta, z = sp.symbols("theta z", real=True)
    law = Gaussian([z], [0], [[gradient_noise**2 / curvature**2]])
    return Model([theta], curvature * (theta - z) ** 2 / 2, law)


def variance_of_descent() -> sp.Expr:
    r"""The stationary variance of descent itself.

    Example:
        >>> variance_of_descent()
        -eta*sigma**2/(h*(eta*h - 2))
    """
    return sp.factor(stationary_statistics(gradient_descent(noisy_quadratic(), batch_size=1)).covariance[0])


@takes(second_order=YES_OR_NO)
def variance_of_the_flow(*, second_order: bool = False) -> sp.Expr:
    r"""The stationary variance of the stochastic gradient flow, or of the modified equation of second order.

    Example:
        >>> variance_of_the_flow(), variance_of_the_flow(second_order=True)
        (eta*sigma**2/(2*h), eta*sigma**2/(h*(eta*h + 2)))
    """
    model = noisy_quadratic()
    process: ItoProcess = (
        second_order_modified_equation(model, 1) if second_order else model.stochastic_gradient_flow(1)
    )
    return sp.factor(stationary_density(process).variance)
