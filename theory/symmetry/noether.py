r"""What a charge does under gradient flow, gradient descent, and the diffusion that models its noise.

For a symmetry :math:`v = A\theta + c = \nabla Q` with symmetric :math:`A`, gradient :math:`g`, covariance
:math:`\Sigma`, temperature :math:`T = \eta/\beta` and weight decay :math:`\lambda`, which adds :math:`\lambda\theta` to
the gradient:

=====================  =============================================================================================
gradient flow          :math:`\dot Q = -v\cdot g = 0`
gradient descent       :math:`Q' - Q = \frac{\eta^2}2g^\top Ag`
its stochastic flow    :math:`dQ = \frac T2\mathrm{tr}(\Sigma A)\,dt - \lambda\,v\cdot\theta\,dt`, and no :math:`dW`
mini-batches           :math:`E[Q' - Q] = \frac{\eta^2}2\bigl(\frac1\beta\mathrm{tr}(\Sigma A) + g^\top Ag\bigr)`
modified equation      :math:`dQ = \bigl(\frac T2\mathrm{tr}(\Sigma A) + \frac\eta2g^\top Ag\bigr)dt`
=====================  =============================================================================================

The first diffusion lacks a term of the order of what it has: :math:`\frac\eta2g^\top Ag`, which is all there is for
large batches. The second-order modified equation has it, because :math:`v\cdot g = 0` differentiated gives
:math:`Hv = -Ag`, so that its correction :math:`-\frac\eta2Hg` moves the charge by
:math:`-\frac\eta2v^\top Hg = \frac\eta2g^\top Ag`.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), eqs. (4), (5), (7), with
    :math:`C = 2Q` and :math:`\lambda = 2\gamma`.
    Kunin et al., "Neural Mechanics" (2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
from theory.errors import SymbolError, UnsupportedFormError
from theory.gradient_noise.data_law import NamedMoments
from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.model import Model
from theory.gradient_noise.modified_equation import with_second_order_drift
from theory.gradient_noise.sampling import FiniteSum, Sampling, step_moments
from theory.infinitesimal_generator import generator as infinitesimal_generator
from theory.ito import ItoProcess
from theory.notation import beta, eta
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.one_parameter import OneParameterSymmetry
from theory.typeset import Typeset
from theory.values import instance, single_expression


@dataclass(frozen=True)
class NoetherFlow(Typeset):
    r"""The equation of motion of a charge, :math:`dQ = \text{drift}\,dt + \text{martingale}\,dW`.

    Attributes:
        charge: :math:`Q`.
        drift: Its drift, from Itô's formula. An expression in the weights.
        martingale: :math:`v^\top\sigma`, one entry per Brownian motion. Shape ``(1, m)``. Where data are known by
            moments alone, whose covariance has no short factor, :math:`v^\top\sigma\sigma^\top`, which vanishes with
            it.
        without_noise: Whether the martingale part vanishes identically, with the evidence.
    """

    charge: sp.Expr
    drift: sp.Expr
    martingale: sp.ImmutableMatrix
    without_noise: ZeroDecision

    def _equations(self) -> list[str]:
        martingale = rf" + {sp.latex(self.martingale)}\,dW" if not self.without_noise.says_zero else ""
        return [rf"Q &= {sp.latex(self.charge)}", rf"dQ &= \left({sp.latex(self.drift)}\right) dt{martingale}"]


def conservation(symmetry: OneParameterSymmetry) -> ZeroDecision:
    r"""Whether gradient flow conserves the charge: :math:`v\cdot g = 0`, decided from the mean gradient itself.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> u, w, y = sp.symbols("u w y", real=True)
        >>> model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[1], [2]]))
        >>> print(conservation(OneParameterSymmetry(model, [u, -w])).kind)
        zero
    """
    problem, generator = _averaged(symmetry)
    return decide_zero((generator.field.T * problem.gradient)[0])


def descent_change(
    symmetry: OneParameterSymmetry, *, learning_rate: sp.Expr = eta, weight_decay: sp.Expr | float = 0
) -> sp.Expr:
    r"""The exact change of the charge in a step of gradient descent on the mean loss.

    .. math::
        Q' - Q = \tfrac{\eta^2}2\,g_\lambda^\top Ag_\lambda - \eta\lambda\,v\cdot\theta, \qquad
        g_\lambda = g + \lambda\theta

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> u, w, y = sp.symbols("u w y", real=True)
        >>> model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[1], [1]]))
        >>> sp.factor(descent_change(OneParameterSymmetry(model, [u, -w])))
        -eta**2*(u - w)*(u + w)*(u*w - 1)**2/2
    """
    problem, generator = _averaged(symmetry)
    rate = _coefficient(learning_rate, "learning_rate", problem)
    decay = _coefficient(weight_decay, "weight_decay", problem)
    gradient = problem.gradient + decay * problem.weights
    quadratic = (gradient.T * generator.matrix * gradient)[0]
    along = (generator.field.T * problem.weights)[0]
    return sp.expand(rate**2 * quadratic / 2 - rate * decay * along)


def mean_step_change(
    symmetry: OneParameterSymmetry,
    batch_size: sp.Expr | int = beta,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
) -> sp.Expr:
    r"""The exact mean :math:`E[Q' - Q \mid \theta]` of a step of stochastic gradient descent at learning rate eta.

    .. math:: E[Q' - Q] = \tfrac{\eta^2}2\bigl(\mathrm{tr}(\Sigma_{\mathcal B}A) + g^\top Ag\bigr)

    with the covariance :math:`\Sigma_{\mathcal B}` of the gradient of a mini-batch: :math:`\Sigma/\beta`, and without
    replacement :math:`(n-\beta)/(n-1)` of it.
    """
    problem, generator = _averaged(symmetry)
    step = (
        step_moments(problem, batch_size, sampling)
        if isinstance(problem, FiniteSum)
        else problem.step_moments(batch_size, sampling)
    )
    second = step.covariance + step.mean * step.mean.T
    return sp.expand((second * generator.matrix).trace() / 2 + (generator.field.T * step.mean)[0])


def noether_flow(
    symmetry: OneParameterSymmetry,
    batch_size: sp.Expr | int = beta,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    *,
    weight_decay: sp.Expr | float = 0,
    second_order: bool = False,
) -> NoetherFlow:
    r"""The motion of the charge under the stochastic gradient flow, by Itô's formula.

    Args:
        symmetry: The symmetry, with a charge, of a FiniteSum or a Model.
        batch_size: :math:`\beta`.
        sampling: How the samples of a mini-batch are drawn.
        weight_decay: :math:`\lambda`, which adds :math:`\lambda\theta` to the gradient.
        second_order: Whether the process is the modified equation of weak order 2 instead.

    Raises:
        UnsupportedFormError: the symmetry has no charge, or a problem without mean gradient.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> u, w, y = sp.symbols("u w y", real=True)
        >>> model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
        >>> flow = noether_flow(OneParameterSymmetry(model, [u, -w]), 1)
        >>> print(sp.factor(flow.drift), flow.without_noise.kind)
        -eta*(u - w)*(u + w)/2 zero
    """
    problem, generator = _averaged(symmetry)
    instance(second_order, bool, "second_order", "True or False")
    decay = _coefficient(weight_decay, "weight_decay", problem)
    if isinstance(problem, Model) and isinstance(problem.law, NamedMoments):
        diffusion = eta * problem.batch_covariance(batch_size, sampling)
        process = ItoProcess(
            problem.weights, -problem.gradient - decay * problem.weights, sp.zeros(len(problem.weights), 1)
        )
    else:
        process, diffusion = _process(problem, batch_size, sampling, decay), None
    if second_order:
        process = with_second_order_drift(process)
    drift = infinitesimal_generator(process, generator.charge)
    noise = process.dispersion
    if diffusion is not None:
        drift += (diffusion * sp.hessian(generator.charge, list(problem.weights))).trace() / 2
        noise = diffusion
    martingale = sp.ImmutableMatrix((generator.field.T * noise).applyfunc(sp.expand))
    return NoetherFlow(generator.charge, sp.expand(drift), martingale, decide_zero(martingale))


def missing_drift(
    symmetry: OneParameterSymmetry,
    batch_size: sp.Expr | int = beta,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
) -> sp.Expr:
    r"""What the first-order diffusion lacks: the mean step per time :math:`\eta` minus its drift.

    It is :math:`\frac\eta2g^\top Ag`, whatever the batch size, and 0 at critical points of the mean loss.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> u, w, y = sp.symbols("u w y", real=True)
        >>> model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
        >>> sp.factor(missing_drift(OneParameterSymmetry(model, [u, -w]), 1))
        -eta*u**2*w**2*(u - w)*(u + w)/2
    """
    exact = mean_step_change(symmetry, batch_size, sampling) / eta
    return sp.expand(exact - noether_flow(symmetry, batch_size, sampling).drift)


def _process(problem: FiniteSum | Model, batch_size: object, sampling: Sampling, decay: sp.Expr) -> ItoProcess:
    if isinstance(problem, FiniteSum):
        process = stochastic_gradient_flow(problem, batch_size=batch_size, sampling=sampling)  # type: ignore[arg-type]
    else:
        process = problem.stochastic_gradient_flow(batch_size, sampling)  # type: ignore[arg-type]
    return ItoProcess(process.state, process.drift - decay * process.state, process.dispersion)


def _averaged(symmetry: OneParameterSymmetry) -> tuple[FiniteSum | Model, AffineGenerator]:
    """The problem, which must have a mean gradient, and the generator, which must have a charge."""
    instance(symmetry, OneParameterSymmetry, "symmetry", "a OneParameterSymmetry(problem, field)")
    problem = symmetry.problem
    if not isinstance(problem, FiniteSum | Model):
        raise UnsupportedFormError(
            "symmetry must belong to a FiniteSum or a Model here, since means over the data are taken, got a "
            "PerSampleLoss. Give Model(weights, loss, law)."
        )
    if symmetry.decision.kind not in (ZeroKind.ZERO, ZeroKind.CERTIFIED):
        raise AssertionError("a symmetry is made only if it holds")
    return problem, symmetry.generator.require_charge()


def _coefficient(value: object, name: str, problem: FiniteSum | Model) -> sp.Expr:
    expression = single_expression(value, name, real=True)
    held = sorted(map(str, expression.free_symbols & set(problem.weights)))
    if held:
        raise SymbolError(f"{name} must not depend on weights, got {held} in {expression}.")
    if expression.is_negative:
        raise SymbolError(f"{name} must not be negative, got {expression}.")
    return expression
