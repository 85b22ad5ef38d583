r"""Modified equations: processes that follow stochastic gradient descent to first and to second weak order.

.. math::
    \text{order 1: } d\theta = -\nabla L\,dt + \sqrt{\eta\,\Sigma_B}\,dB, \qquad
    \text{order 2: } d\theta = -\nabla\big(L + \tfrac\eta4|\nabla L|^2\big)\,dt + \sqrt{\eta\,\Sigma_B}\,dB

:math:`\Sigma_B` is the covariance of the mini-batch gradient. The judge of the order is :func:`local_weak_error`: the
error of one step, whose power of :math:`\eta` is one above the order at fixed time.

References:
    Li, Tai, E, "Stochastic modified equations and adaptive stochastic gradient algorithms" (2017), theorem 1.
    Barrett, Dherin, "Implicit gradient regularization" (2021), the case without noise.
"""

from __future__ import annotations

import sympy as sp

from theory.discrete.random_map import OneStepMoments
from theory.errors import SymbolError
from theory.gradient_noise.expectation import expanded_where_polynomial
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import Sampling
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, checked_process
from theory.notation import beta, eta
from theory.values import Expressions, count, distinct_symbols, instance, shown, single_expression


def modified_loss(loss: sp.Expr, weights: Expressions) -> sp.Expr:
    r"""The loss :math:`L + \frac\eta4|\nabla L|^2` that gradient descent with step :math:`\eta` descends.

    Example:
        >>> w = sp.Symbol("w", real=True)
        >>> modified_loss(w**2 / 2, [w])
        eta*w**2/4 + w**2/2
    """
    loss, weights = single_expression(loss, "loss"), distinct_symbols(weights, "weights")
    unknown = sorted(str(w) for w in set(weights) - loss.free_symbols)
    if unknown:
        raise SymbolError(f"weights must occur in loss={shown(loss)}, but {', '.join(unknown)} do not.")
    slope = sum(sp.diff(loss, weight) ** 2 for weight in weights)
    return sp.expand(loss + eta * slope / 4)


def second_order_modified_equation(
    model: Model, batch_size: sp.Expr | int = beta, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> ItoProcess:
    """The modified equation of weak order 2: the stochastic gradient flow, down :func:`modified_loss`.

    Args:
        model: Weights, loss and law of the data.
        batch_size: As for :meth:`~theory.gradient_noise.model.Model.stochastic_gradient_flow`, as is ``sampling``.
        sampling: How the samples of a mini-batch are drawn.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> w, y = sp.symbols("w y", real=True)
        >>> model = Model([w], (w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
        >>> second_order_modified_equation(model, 1).drift
        Matrix([[-eta*w/2 - w]])
    """
    instance(model, Model, "model", "a Model; for a process use with_second_order_drift(process)")
    flow = model.stochastic_gradient_flow(batch_size, sampling)
    return with_second_order_drift(flow)


def with_second_order_drift(flow: ItoProcess) -> ItoProcess:
    r"""``flow`` with its drift :math:`b` replaced by :math:`b - \frac\eta2(\nabla b)b`.

    For :math:`b = -\nabla L` this is :math:`-\nabla(L + \frac\eta4|\nabla L|^2)`; it serves drifts that are no gradient
    as well.
    """
    checked_process(flow)
    correction = flow.drift.jacobian(flow.state) * flow.drift
    drift = expanded_where_polynomial(flow.drift - eta * correction / 2, flow.state)
    return ItoProcess(flow.state, drift, flow.dispersion)


def local_weak_error(process: ItoProcess, step: OneStepMoments, observable: sp.Expr, order: int = 2) -> list[sp.Expr]:
    r"""The coefficients of :math:`\eta, \eta^2` in :math:`E f(\theta + \Delta) - e^{\eta\mathcal L}f(\theta)`.

    One step of the recursion against time :math:`\eta` of the process. With :math:`\Delta = O(\eta)` and its moments
    :math:`m`, :math:`C`, both of which may be polynomials in :math:`\eta`,

    .. math::
        E f(\theta + \Delta) = f + m\cdot\nabla f + \tfrac12(C + mm^\top):\nabla^2f + O(\eta^3),

    and :math:`e^{\eta\mathcal L}f = f + \eta\mathcal Lf + \frac{\eta^2}2\mathcal L^2f + O(\eta^3)`. An error
    :math:`O(\eta^{p+1})` of one step is an error :math:`O(\eta^p)` at fixed time, given bounds on the derivatives.

    Args:
        process: The approximating process; ``eta`` is its small parameter.
        step: Exact moments of the increment of one step.
        observable: :math:`f`, an expression in ``process.state``; an undefined function stands for all.
        order: 1 or 2, the highest power that is returned.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> w, y = sp.symbols("w y", real=True)
        >>> model = Model([w], (w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
        >>> local_weak_error(model.stochastic_gradient_flow(1), model.step_moments(1), w)
        [0, -w/2]
        >>> local_weak_error(second_order_modified_equation(model, 1), model.step_moments(1), w)
        [0, 0]
    """
    order = count(order, "order", at_least=1, at_most=2)  # two moments of a step know no more
    f = single_expression(observable, "observable")
    checked_process(process)
    instance(step, OneStepMoments, "step", "the moments of one step")
    gradient = sp.Matrix([sp.diff(f, x) for x in process.state])
    second = step.covariance + step.mean * step.mean.T
    discrete = (step.mean.T * gradient)[0] + (second * sp.hessian(f, list(process.state))).trace() / 2
    once = generator(process, f)
    continuous = eta * once + eta**2 * generator(process, once) / 2
    difference = sp.expand(discrete - continuous)
    return [sp.expand(difference.coeff(eta, power)) for power in range(1, order + 1)]
