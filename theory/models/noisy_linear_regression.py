r"""Linear regression at a constant learning rate: the stationary covariance of descent itself, not of a diffusion.

:math:`l = \frac12(\theta\cdot x - \varepsilon)^2` with :math:`x \sim N(0, A)`, :math:`\mathrm{Var}\,\varepsilon =
\sigma^2`, batches of size :math:`\beta` of fresh samples; :math:`\theta` is the distance to the teacher. The second
moments of descent close, and are stationary where

.. math::
    AX + XA = \eta\bigl(1 + \tfrac1\beta\bigr)AXA + \tfrac\eta\beta\,\mathrm{tr}(AX)\,A
        + \tfrac{\eta\sigma^2}\beta A .

For :math:`A = aI` in d dimensions :math:`X = \chi I`,

.. math::
    \chi = \frac{\eta\sigma^2}{\beta\bigl(2 - \eta a(1 + \frac{d+1}\beta)\bigr)}, \qquad
    \text{stable iff}\quad \eta a\bigl(1 + \tfrac{d+1}\beta\bigr) < 2 .

The stochastic gradient flow has the first part of the denominator only if its noise is frozen at the teacher:
:math:`\eta\sigma^2/2\beta`. In many dimensions stability is lost at :math:`\eta \approx 2\beta/(ad)`, long before the
edge :math:`2/a` of descent on the mean loss.
"""

from __future__ import annotations

from functools import cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import takes, whole
from theory.decision.conditions.inequalities import simplified
from theory.errors import NotNormalisableError, ShapeError
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.matrices.lyapunov import symmetric_solution
from theory.notation import beta
from theory.values import expressions, single_expression

label_noise_level = sp.Symbol("sigma", positive=True)
"""Standard deviation of the label noise."""


def linear_regression(covariance: sp.MatrixBase) -> Model:
    r"""The model with inputs of this covariance A. Shape ``(d, d)``."""
    A = expressions(covariance, "covariance", real=True)
    if A.rows != A.cols or A != A.T:
        raise ShapeError(f"covariance must be a symmetric matrix, got shape {A.shape}: {A.tolist()}.")
    d = A.rows
    theta, points = sp.symbols(f"theta_1:{d + 1}", real=True), sp.symbols(f"x_1:{d + 1}", real=True)
    epsilon = sp.Symbol("epsilon", real=True)
    law = Gaussian([*points, epsilon], [0] * (d + 1), sp.diag(A, sp.Matrix([[label_noise_level**2]])))
    return Model(theta, (sum(t * x for t, x in zip(theta, points, strict=True)) - epsilon) ** 2 / 2, law)


def second_moments_after_a_step(
    covariance: sp.MatrixBase, moments: sp.MatrixBase, batch_size: sp.Expr | int = beta
) -> sp.ImmutableMatrix:
    r""":math:`E\theta'\theta'^\top` from :math:`X = E\theta\theta^\top`, by the moments of a step. Shape ``(d, d)``.

    Example:
        >>> a, X = sp.symbols("a X", positive=True)
        >>> second_moments_after_a_step(sp.Matrix([[a]]), sp.Matrix([[X]]), 1)[0]
        3*X*a**2*eta**2 - 2*X*a*eta + X + a*eta**2*sigma**2
    """
    model = linear_regression(covariance)
    X = expressions(moments, "moments", real=True)
    if X.shape != (len(model.weights), len(model.weights)):
        raise ShapeError(f"moments must have the shape of the covariance, {covariance.shape}, got {X.shape}.")
    step = model.step_moments(batch_size)
    theta = sp.Matrix(model.weights)
    after = (theta + step.mean) * (theta + step.mean).T + step.covariance
    d = theta.rows

    def averaged(entry: sp.Expr) -> sp.Expr:
        terms = sp.Poly(sp.expand(entry), *theta).terms()
        total = sp.S.Zero
        for powers, coefficient in terms:
            places = [i for i, power in enumerate(powers) for _ in range(power)]
            total += coefficient * (X[places[0], places[1]] if places else 1)
        return sp.expand(total)

    return sp.ImmutableMatrix(d, d, lambda i, j: averaged(after[i, j]))


def stationary_covariance_of_regression(
    covariance: sp.MatrixBase, batch_size: sp.Expr | int = beta
) -> sp.ImmutableMatrix:
    r"""The covariance that a step reproduces, where it is stable. Shape ``(d, d)``.

    Example:
        >>> a = sp.Symbol("a", positive=True)
        >>> sp.factor(stationary_covariance_of_regression(a * sp.eye(1), 1)[0])
        -eta*sigma**2/(3*a*eta - 2)
    """
    A = expressions(covariance, "covariance", real=True)
    d = A.rows
    units = {}
    rest = second_moments_after_a_step(A, sp.zeros(d, d), batch_size)
    for k in range(d):
        for l in range(d):
            unit = sp.zeros(d, d)
            unit[k, l] += sp.Rational(1, 2)
            unit[l, k] += sp.Rational(1, 2)
            units[k, l] = second_moments_after_a_step(A, unit, batch_size) - rest
    found = symmetric_solution(lambda i, j, k, l: int((i, j) == (k, l)) - units[k, l][i, j], rest)
    if found is None:
        raise NotNormalisableError("no covariance is stationary for any values of the parameters.")
    return sp.ImmutableMatrix(found)


@takes(dimension=whole(1, 6))
@cache
def isotropic_variance(dimension: int) -> tuple[sp.Expr, Boolean]:
    r""":math:`\chi` for inputs :math:`N(0, aI)`, and where it is stable; a is the symbol ``a``.

    The mean square :math:`|\theta|^2` closes by itself; its multiplier lies between -1 and 1 where it is stable.

    Example:
        >>> isotropic_variance(2)[1]
        a*beta*eta + 3*a*eta < 2*beta
    """
    a, chi = sp.symbols("a chi", positive=True)
    after = second_moments_after_a_step(a * sp.eye(dimension), chi * sp.eye(dimension))
    size = sp.expand(after.trace() / dimension)
    multiplier = sp.diff(size, chi)
    if after != sp.ImmutableMatrix((size * sp.eye(dimension)).applyfunc(sp.expand)):
        raise AssertionError("isotropic data keep an isotropic covariance")
    value = sp.factor(size.subs(chi, 0) / (1 - multiplier))
    return single_expression(value, "value"), simplified(sp.And(multiplier < 1, multiplier > -1))
