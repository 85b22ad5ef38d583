r"""Stochastic gradient flow: the Itô process with the first two moments of a mini-batch step.

.. math::
    d\theta = -\nabla L\,dt + \sqrt{\eta/\beta}\;\Sigma^{1/2}\,dB

With :math:`dt = \eta` its Euler-Maruyama step has the mean :math:`-\eta\nabla L` and the covariance
:math:`\frac{\eta^2}\beta\Sigma` of :func:`theory.gradient_noise.sampling.step_moments`, exactly.

References:
    Li, Tai, E, "Stochastic modified equations and adaptive stochastic gradient algorithms" (2017).
"""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step, finite_population_factor
from theory.ito import ItoProcess
from theory.notation import beta, eta
from theory.values import instance, single_expression


def stochastic_gradient_flow(
    problem: FiniteSum, *, batch_size: sp.Expr | int = beta, sampling: Sampling = Sampling.WITH_REPLACEMENT
) -> ItoProcess:
    r"""The stochastic gradient flow of ``problem``.

    In one dimension the dispersion is the scalar :math:`\sqrt{\eta\Sigma/\beta}`. In several it is the factor of
    rank at most :math:`n` with columns :math:`\sqrt{\eta/\beta}\,(g_i - g)/\sqrt n`, one Brownian motion per sample: it
    has the same diffusion matrix, hence the same law, as the symmetric root.

    Args:
        problem: The finite sum.
        batch_size: :math:`\beta`.
        sampling: Without replacement the diffusion shrinks by :math:`(n-\beta)/(n-1)`.
    """
    problem = instance(problem, FiniteSum, "problem", "a FiniteSum")
    factor = finite_population_factor(sampling, problem.sample_count, batch_size)
    scale = sp.sqrt(eta / single_expression(batch_size, "batch_size") * factor)
    if problem.weights.rows == 1:
        # sqrt(f**2) may be f: the sign of a scalar dispersion does not enter the law, and f is smooth where |f| is not.
        root = sp.powdenest(sp.sqrt(sp.factor(problem.covariance[0])), force=True)
        return ItoProcess(problem.weights, -problem.gradient, sp.Matrix([[scale * root]]))
    return ItoProcess(problem.weights, -problem.gradient, scale * problem.noise_factor)


def moment_matching_residual(problem: FiniteSum, *, batch_size: int, sampling: Sampling) -> sp.ImmutableMatrix:
    r"""The matrix :math:`\eta\,a - \mathrm{Cov}\,\Delta\theta`: zero iff the flow has the covariance of one step."""
    flow = stochastic_gradient_flow(problem, batch_size=batch_size, sampling=sampling)
    step = enumerated_step(problem, batch_size, sampling)
    return sp.ImmutableMatrix((eta * flow.diffusion - step.covariance).applyfunc(sp.expand))
