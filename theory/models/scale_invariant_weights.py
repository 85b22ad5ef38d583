r"""Scale-invariant weights under weight decay: their norm and the learning rate that matters.

The loss of a sample depends on the direction of :math:`\theta` alone, so :math:`\theta\cdot\nabla l = 0` and
:math:`\nabla l(\theta) = \nabla l(\theta/|\theta|)/|\theta|`. With the squared norm n, the squared norm
:math:`\hat\tau` of the gradient of a batch on the unit sphere, and decay :math:`\lambda`, a step is exactly

.. math:: n' = \rho\,n + \eta^2\hat\tau/n, \qquad \rho = (1 - \eta\lambda)^2,

and the diffusion, with :math:`\tau` the trace of the covariance of a sample there and :math:`T = \eta/\beta`,

.. math::
    \tfrac d{dt}n^2 = -4\lambda n^2 + 2T\tau, \qquad
    n^2(t) = \tfrac{T\tau}{2\lambda} + \bigl(n_0^2 - \tfrac{T\tau}{2\lambda}\bigr)e^{-4\lambda t},

linear in :math:`n^2 = |\theta|^4`. At rest the effective learning rate is
:math:`\eta/n = \sqrt{2\lambda\eta\beta/\tau}`, the one knob left of two. Of descent itself, at rest,

.. math:: \langle n^2\rangle(1 - \rho^2) = 2\rho\eta^2\langle\hat\tau\rangle + \eta^4\langle\hat\tau^2/n^2\rangle .

With decay :math:`\gamma|\theta|^2` in the loss, :math:`\lambda = 2\gamma`.

References:
    Li, Lyu, Arora, "Reconciling modern deep learning with traditional optimization analyses: the intrinsic learning
    rate" (2020), by topic.
"""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.notation import beta, eta, t
from theory.symmetry.discrete_law import ChargePair, StepRule, next_pair
from theory.symmetry.find import find_affine_symmetries
from theory.symmetry.noether import noether_flow
from theory.symmetry.one_parameter import OneParameterSymmetry
from theory.values import single_expression

norm, sphere_noise, sphere_square, weight_decay = sp.symbols("n tau tauhat lambda", positive=True)
r"""The squared norm n, the noise :math:`\tau` on the sphere, a batch's :math:`\hat\tau`, and the decay."""


def direction_loss() -> OneParameterSymmetry:
    r"""A loss of the direction of two weights, :math:`(x\theta_1^2 + \varepsilon\theta_1\theta_2)/|\theta|^2`.

    Its only affine symmetry, by the finder's certificate, multiplies both weights.

    Example:
        >>> direction_loss().charge
        theta_1**2/2 + theta_2**2/2
    """
    a, b, x, epsilon = sp.symbols("theta_1 theta_2 x epsilon", real=True)
    model = Model([a, b], (x * a**2 + epsilon * a * b) / (a**2 + b**2), Gaussian([x, epsilon], [0, 0], sp.eye(2)))
    found = find_affine_symmetries(model)
    if not (found.is_complete and found.dimension == 1):
        raise AssertionError(f"a loss of the direction has one symmetry, found {found}")
    return OneParameterSymmetry(model, found.generators[0])


def norm_after_a_step() -> sp.Expr:
    r""":math:`n'`, by the exact law of the charge :math:`n/2` in a step of descent.

    Example:
        >>> sp.expand(norm_after_a_step() - (1 - eta * weight_decay) ** 2 * norm)
        eta**2*tauhat/n
    """
    assert direction_loss().generator.matrix == sp.eye(2)
    # The direction of the step is g + lambda theta, and g is orthogonal to theta.
    direction = sphere_square / norm + weight_decay**2 * norm
    rule = StepRule(eta, weight_decay=weight_decay)
    return sp.expand(2 * next_pair(ChargePair(norm / 2), rule, direction_form=direction).charge)


def drift_of_the_square() -> sp.Expr:
    r""":math:`\frac d{dt}n^2` under the stochastic gradient flow, in n and :math:`\tau`.

    No noise enters: n has no martingale part, so that the chain rule is that of smooth functions.

    Example:
        >>> sp.expand(drift_of_the_square())
        -4*lambda*n**2 + 2*eta*tau/beta
    """
    symmetry = direction_loss()
    flow = noether_flow(symmetry, beta, weight_decay=weight_decay)
    a, b = symmetry.weights
    # tau on the unit sphere: Sigma falls with the square of the norm.
    trace = symmetry.problem.covariance.trace()  # type: ignore[union-attr]
    on_sphere = sp.cancel(trace * (a**2 + b**2))
    drift = sp.cancel(2 * flow.drift)
    decay = -2 * weight_decay * (a**2 + b**2)
    noise = sp.cancel((drift - decay) * (a**2 + b**2) / on_sphere)
    if noise.has(a, b):
        raise AssertionError("the noise of the norm is that of the sphere over the norm")
    return sp.expand(2 * norm * (-2 * weight_decay * norm + noise * sphere_noise / norm))


def square_of_the_norm(start: sp.Expr, time: sp.Expr = t) -> sp.Expr:
    r""":math:`n^2(t)` from :math:`n^2(0)`, the solution of the linear equation.

    Example:
        >>> square_of_the_norm(sp.Symbol("m"), 0)
        m
    """
    first, now = single_expression(start, "start"), single_expression(time, "time")
    rest, rate = _rest_and_rate()
    return rest + (first - rest) * sp.exp(-rate * now)


def effective_learning_rate() -> sp.Expr:
    r""":math:`\eta/n` at rest.

    Example:
        >>> effective_learning_rate()
        sqrt(2)*sqrt(beta)*sqrt(eta)*sqrt(lambda)/sqrt(tau)
    """
    rest, _ = _rest_and_rate()
    return sp.powdenest(sp.expand(eta / sp.sqrt(rest)), force=True)


def _rest_and_rate() -> tuple[sp.Expr, sp.Expr]:
    """Where :math:`n^2` rests, and how fast it gets there."""
    drift = drift_of_the_square()
    rate = -drift.coeff(norm, 2)
    return sp.cancel(drift.coeff(norm, 0) / rate), rate
