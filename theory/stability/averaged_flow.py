r"""Manifolds of minima of any model: the law across, by Lyapunov's equation, and the averaged flow along.

Next to a minimum of a loss with Hessian H and gradient noise :math:`\Sigma` the weights fluctuate fast in the range of
H, to first order in :math:`\beta = \eta/b` with the covariance :math:`\beta X`, and drift slowly along the minima,

.. math::
    HX + XH = \Sigma, \qquad \dot\theta = -\tfrac\beta2\,P_{\ker H}\,\nabla^3L[X] \qquad (t = \eta k),

where the noise has no part along the manifold, :math:`\Sigma P_{\ker H} = 0`: so it is for the squared loss of any
network, whose noise lies in the range of the Jacobian. With label noise, :math:`\Sigma = \sigma^2H`, this is the
descent :math:`-\tfrac{\beta\sigma^2}4P\nabla\mathrm{tr}H` of the sharpness.

References:
    Katzenberger, *Ann. Probab.* 19 (1991), 1587-1628; Li, Wang, Arora, "What happens after SGD reaches zero loss?"
    (2022), Theorem 4.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, UnsupportedFormError
from theory.gradient_noise.model import Model
from theory.matrices.lyapunov import hurwitz_condition, lyapunov_solution
from theory.values import Expressions, column, instance, shown


@dataclass(frozen=True)
class AveragedFlow:
    r"""What SGD does at a minimum, per unit of :math:`\beta`.

    Attributes:
        minimum: :math:`\theta`, in coordinates of the manifold or as one point. Shape ``(d, 1)``.
        hessian: H there. Shape ``(d, d)``.
        fluctuations: X. Shape ``(d, d)``.
        drift: :math:`\dot\theta/\beta`, tangent to the manifold. Shape ``(d, 1)``.
        is_minimum: When no direction goes down there, a condition on the symbols.
    """

    minimum: sp.ImmutableMatrix
    hessian: sp.ImmutableMatrix
    fluctuations: sp.ImmutableMatrix
    drift: sp.ImmutableMatrix
    is_minimum: Boolean


def averaged_flow(model: Model, minimum: Expressions) -> AveragedFlow:
    r"""The averaged flow of SGD along a manifold of minima.

    Args:
        model: A loss and the law of its data.
        minimum: One expression for each weight, such as :math:`(u, s/u)`, at which the mean gradient vanishes.

    Raises:
        ShapeError: not one expression for each weight.
        UnsupportedFormError: the mean gradient does not vanish there, a direction goes down, the minimum is isolated,
            or the noise moves the weights along the manifold by itself.

    Example:
        >>> from theory.gradient_noise.data_law import Gaussian
        >>> u, v, x, y = sp.symbols("u v x y", real=True)
        >>> s, q = sp.symbols("s q", positive=True)
        >>> data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + q]])
        >>> flow = averaged_flow(Model([u, v], (y - u * v * x) ** 2 / 2, data), [u, s / u])
        >>> sp.factor(2 * u * flow.drift[0] - 2 * s / u * flow.drift[1])  # the balance u^2 - v^2 decays
        q*(s - u**2)*(s + u**2)/u**2
    """
    instance(model, Model, "model", "a Model")
    theta, place = model.weights, column(minimum, "minimum")
    if place.rows != theta.rows:
        raise ShapeError(f"minimum must hold one expression for each of {tuple(theta)}, got {place.rows}.")
    at = dict(zip(theta, place, strict=True))
    for weight, slope in zip(theta, _there(model.gradient, at), strict=True):
        if not _vanishes(slope):
            raise UnsupportedFormError(
                f"minimum must be where the mean gradient vanishes, but its entry for {weight} is {shown(slope)}. "
                "Solve gradient = 0 for some of the weights first."
            )
    H = _there(model.gradient.jacobian(theta), at)
    across, along = _columns(H), H.nullspace(simplify=_reduced, iszerofunc=_vanishes)
    if not along:
        raise UnsupportedFormError("minimum must lie on a manifold of minima, but its Hessian is regular: it is alone.")
    N, R = sp.Matrix.hstack(*along), across
    Sigma = _there(model.covariance, at)
    if not all(_vanishes(entry) for entry in Sigma * N):
        raise UnsupportedFormError(
            "the noise must have no part along the manifold, or the slow motion is a diffusion: "
            f"Sigma times the kernel of the Hessian is {shown((Sigma * N).applyfunc(_reduced).tolist())}."
        )
    X, condition = _law_across(H, Sigma, R)
    third = [_there(model.gradient.jacobian(theta).diff(weight), at) for weight in theta]
    force = sp.Matrix([sum(T.multiply_elementwise(X)) for T in third])
    drift = -N * (N.T * N).LUsolve(N.T * force) / 2
    return AveragedFlow(*(sp.ImmutableMatrix(each.applyfunc(_reduced)) for each in (place, H, X, drift)), condition)


def _law_across(H: sp.Matrix, Sigma: sp.Matrix, R: sp.Matrix) -> tuple[sp.Matrix, Boolean]:
    """X, and when no direction goes down: in the columns R that span the range of H, with H R = R A."""
    if not R.cols:
        return sp.zeros(*H.shape), sp.true
    inverse = (R.T * R).LUsolve(R.T)
    A, S = ((inverse * each).applyfunc(_reduced) for each in (H * R, Sigma * inverse.T))
    condition = hurwitz_condition(-A)
    if condition == sp.false:
        raise UnsupportedFormError("minimum must be a minimum, but the loss goes down there in some direction.")
    Y = lyapunov_solution(A, S)
    if Y is None:
        raise UnsupportedFormError(
            "the Hessian must not have eigenvalues that cancel: HX + XH = Sigma has no solution."
        )
    return R * Y * R.T, condition


def _columns(H: sp.Matrix) -> sp.Matrix:
    """Columns of H that span its range."""
    _, pivots = H.rref(simplify=_reduced, iszerofunc=_vanishes)
    return sp.Matrix.hstack(*(H[:, j] for j in pivots)) if pivots else sp.zeros(H.rows, 0)


def _there(matrix: sp.MatrixBase, at: dict[sp.Symbol, sp.Expr]) -> sp.Matrix:
    return sp.Matrix(matrix.xreplace(at).applyfunc(_reduced))


def _reduced(expression: sp.Expr) -> sp.Expr:
    return sp.cancel(sp.together(expression))


def _vanishes(expression: sp.Expr) -> bool:
    return decide_zero(expression).kind is ZeroKind.ZERO
