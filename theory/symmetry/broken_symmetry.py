r"""A symmetry that part of the loss breaks: the drift of the charge, and where it rests near a minimum.

The loss is :math:`l_0 + \zeta l_1`: :math:`l_0` has the symmetry :math:`v = A\theta`, :math:`l_1` has not and is not
random. Under the stochastic gradient flow

.. math:: dQ = \Bigl(-\zeta\,v\cdot\nabla l_1 + \tfrac T2\mathrm{tr}(\Sigma A)\Bigr)dt,

still without a martingale part, since :math:`\Sigma` is that of :math:`l_0`.

**Near a minimum** :math:`\theta_*` of the mean loss with Hessian :math:`H \succ 0` let
:math:`\delta = \theta - \theta_*`. To first order in T the stationary covariance X and mean of :math:`\delta` solve

.. math:: HX + XH = T\Sigma, \qquad H\,E\delta = -\tfrac12\nabla^3L : X,

so that :math:`E\,Q - Q_* = v_*\cdot E\delta + \frac12\mathrm{tr}(AX) + O(T^2)`. The stationary mean of the drift of the
charge is no equation for :math:`E\delta`: with :math:`v\cdot\nabla L = (v_* + A\delta)\cdot(H\delta + \frac12\nabla^3L:
\delta\delta) + \dots` its mean is

.. math:: v_*\cdot\bigl(H\,E\delta + \tfrac12\nabla^3L : X\bigr) + \mathrm{tr}(AHX) = \tfrac T2\mathrm{tr}(\Sigma A),

whose bracket vanishes and whose second term is the right-hand side, by Lyapunov's equation. Leaving out the
fluctuations :math:`\mathrm{tr}(AHX)`, which are of the same order, one finds a displacement that is not there.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Section 4.4, (18)-(23).
    Gardiner, *Handbook of Stochastic Methods* (2004), section 6.2, for the expansion in small noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.matrices.lyapunov import lyapunov_solution
from theory.notation import beta
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.noether import NoetherFlow, noether_flow
from theory.symmetry.one_parameter import OneParameterSymmetry, slope_along
from theory.typeset import Typeset
from theory.values import (
    Expressions,
    column,
    count,
    distinct_symbols,
    expressions,
    instance,
    mapping,
    single_expression,
)


@dataclass(frozen=True)
class ChargeDeviation(Typeset):
    r"""How far the charge rests from its value at a minimum, to first order in the temperature.

    Attributes:
        covariance: :math:`X/T`. Shape ``(d, d)``.
        mean_shift: :math:`E\delta/T`. Shape ``(d, 1)``.
        charge_shift: :math:`(E\,Q - Q_*)/T`.
        without_fluctuations: What :math:`v_*\cdot HE\delta` would have to be, :math:`\frac12\mathrm{tr}(\Sigma A)`, if
            fluctuations were left out. It is no part of the answer.
    """

    covariance: sp.ImmutableMatrix
    mean_shift: sp.ImmutableMatrix
    charge_shift: sp.Expr
    without_fluctuations: sp.Expr


def perturbed_flow(
    symmetry: OneParameterSymmetry, perturbation: sp.Expr, batch_size: sp.Expr | int = beta
) -> NoetherFlow:
    r"""The motion of the charge when :math:`\zeta l_1`, not random, is added to the loss.

    Args:
        symmetry: The symmetry of :math:`l_0`, on a FiniteSum or a Model.
        perturbation: :math:`\zeta l_1`, an expression in the weights.
        batch_size: :math:`\beta`.

    Example:
        >>> from theory.gradient_noise import Empirical, Model
        >>> from theory.notation import eta
        >>> u, w, y, z = sp.symbols("u w y zeta", real=True)
        >>> model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
        >>> sp.factor(perturbed_flow(OneParameterSymmetry(model, [u, -w]), z * u**2 / 2, 1).drift.subs(eta, 0))
        -u**2*zeta
    """
    flow = noether_flow(symmetry, batch_size)
    extra = slope_along(symmetry.field, single_expression(perturbation, "perturbation"), symmetry.weights)
    return NoetherFlow(flow.charge, sp.expand(flow.drift - extra), flow.martingale, flow.without_noise)


def charge_deviation(
    generator: AffineGenerator, mean_loss: sp.Expr, noise: sp.MatrixBase, minimum: Mapping[sp.Symbol, Any]
) -> ChargeDeviation:
    r"""The stationary deviation of a charge from its value at a minimum, per temperature, to first order.

    Args:
        generator: The field, with a charge.
        mean_loss: :math:`L`, with all its parts. An expression in the weights.
        noise: :math:`\Sigma` at the minimum, or as a function of the weights. Shape ``(d, d)``.
        minimum: The value of every weight at :math:`\theta_*`.

    Raises:
        SymbolError: a weight has no value.
        UnsupportedFormError: the gradient does not vanish there, or the Hessian has eigenvalues that add up to 0.

    Example:
        >>> w = sp.Symbol("w", real=True)
        >>> scale = AffineGenerator([w], [[1]])
        >>> charge_deviation(scale, (w - 1) ** 2 / 2, sp.eye(1), {w: 1}).charge_shift
        1/4
    """
    instance(generator, AffineGenerator, "generator", "an AffineGenerator").require_charge()
    theta, loss = generator.weights, single_expression(mean_loss, "mean_loss")
    at = {symbol: single_expression(value, str(symbol)) for symbol, value in mapping(minimum, "minimum").items()}
    missing = sorted(str(weight) for weight in theta if weight not in at)
    if missing:
        raise SymbolError(f"minimum must give a value for every weight, none for {missing}.")
    gradient = sp.Matrix([sp.diff(loss, w) for w in theta]).subs(at)
    if decide_zero(gradient).kind is ZeroKind.NONZERO:
        raise UnsupportedFormError(
            f"minimum must be a critical point of mean_loss, but its gradient is {tuple(gradient)}."
        )
    hessian = sp.hessian(loss, list(theta))
    H, sigma = hessian.subs(at), expressions(noise, "noise").subs(at)
    if sigma.shape != H.shape:
        raise ShapeError(f"noise must have shape {H.shape}, got {sigma.shape}.")
    X = lyapunov_solution(sp.Matrix(H), sp.Matrix(sigma))
    if X is None or decide_zero(H.det()).kind is ZeroKind.ZERO:
        raise UnsupportedFormError(
            "mean_loss must have a regular Hessian at its minimum. Along a direction without curvature the charge does "
            "not come to rest near the minimum; look at the noise equilibrium of its orbit."
        )
    third = sp.Matrix([_paired(hessian.diff(w).subs(at), X) for w in theta])
    shift = (-H.LUsolve(third) / 2).applyfunc(sp.cancel)
    v = generator.field.subs(at)
    charge = sp.cancel((v.T * shift)[0] + (generator.matrix * X).trace() / 2)
    alone = sp.cancel((sigma * generator.matrix).trace() / 2)
    return ChargeDeviation(X, sp.ImmutableMatrix(shift), charge, alone)


def _paired(first: sp.MatrixBase, second: sp.MatrixBase) -> sp.Expr:
    return sp.Add(*(a * b for a, b in zip(first, second, strict=True)))


MAX_ORDER = 100
"""The highest order that is looked at."""


def breaking_order(
    field: Expressions, loss: sp.Expr, weights: Expressions, *, highest: int = 12
) -> tuple[int, sp.Expr] | None:
    r"""The first order at which a linear field changes the loss of small weights, and its coefficient.

    The weights are :math:`\epsilon\theta`. A loss with the symmetry at leading order only has :math:`v\cdot\nabla l =
    O(\epsilon^k)` with k above the order of the loss's own slope. None if nothing is found up to ``highest``.

    Raises:
        DimensionError: ``highest`` is no whole number from 0 to :data:`MAX_ORDER`.

    Example:
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> breaking_order([u, -w], (u * sp.tanh(w * x) - y) ** 2 / 2, [u, w])
        (4, -2*u*w**3*x**3*y/3)
    """
    theta, v = distinct_symbols(weights, "weights"), column(field, "field")
    if v.rows != theta.rows:
        raise ShapeError(f"field must have one entry per weight, {theta.rows}, got {v.rows}.")
    highest = count(highest, "highest", at_most=MAX_ORDER)
    small = sp.Dummy("epsilon", positive=True)
    slope = slope_along(v, single_expression(loss, "loss"), theta)
    scaled = slope.subs({w: small * w for w in theta}, simultaneous=True)
    derivative = scaled
    for order in range(highest + 1):
        coefficient = sp.expand(derivative.subs(small, 0).doit()) / sp.factorial(order)
        if decide_zero(coefficient).kind is not ZeroKind.ZERO:
            return order, sp.expand(coefficient)
        derivative = sp.diff(derivative, small)
    return None
