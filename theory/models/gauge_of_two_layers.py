r"""Two layers at a given product: where noise is least, where the loss is flattest, and layers around the identity.

On the orbit :math:`(U, W) \to (UM, M^{-1}W)` of a product :math:`V = UW` with hidden width 2 a weight

.. math:: \mathrm{tr}(U^\top\Gamma_UU) + \mathrm{tr}(W\Gamma_WW^\top) = \mathrm{tr}(PX) + \mathrm{tr}(P^{-1}Y)

depends on :math:`P = MM^\top` alone, with :math:`X = U^\top\Gamma_UU`, :math:`Y = W\Gamma_WW^\top` at the start. It is
least where :math:`PXP = Y`, at the geometric mean :math:`P = X^{-1}\#Y`, and is there twice the nuclear norm of
:math:`\Gamma_U^{1/2}V\Gamma_W^{1/2}`, in two dimensions

.. math:: 2\|\Gamma_U^{1/2}V\Gamma_W^{1/2}\|_* = 2\sqrt{\mathrm{tr}(XY) + 2\sqrt{\det X\det Y}} .

At the global minimum with label noise :math:`\Sigma_\varepsilon` and m outputs this says

.. math::
    \min\mathrm{tr}\,\Sigma &= 8\sqrt{\mathrm{tr}\Sigma_x\,\mathrm{tr}\Sigma_\varepsilon}\;
        \|\Sigma_\varepsilon^{1/2}V\Sigma_x^{1/2}\|_* , \\
    \min\mathrm{tr}\,\nabla^2L &= 4\sqrt{m\,\mathrm{tr}\Sigma_x}\;\|V\Sigma_x^{1/2}\|_* ,

of gradient noise and of sharpness. Noise brings the layers to the first minimum, which is the flattest point if
:math:`\Sigma_\varepsilon` is isotropic, and is not elsewhere: one hidden unit, :math:`V = uw^\top`, has it iff
:math:`u^\top\Sigma_\varepsilon u/|u|^2` is the mean of the label noises.

**Layers around the identity**, :math:`f = (I + U)(I + W)x`, have the double rotations of :math:`I + U`, :math:`I + W`:
affine symmetries, with the charges :math:`(I+U)^\top(I+U) - (I+W)(I+W)^\top`. Noise balances these, not U and W.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Sections 4.3, 4.4.
"""

from __future__ import annotations

import sympy as sp

from theory.errors import ShapeError
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.notation import beta
from theory.symmetry.affine_symmetries import AffineSymmetries
from theory.symmetry.find import find_affine_symmetries
from theory.symmetry.noether import noether_flow
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.one_parameter import OneParameterSymmetry
from theory.symmetry.orbit_potential import OrbitPotential
from theory.symmetry.sample_losses import PerSampleLoss
from theory.values import count, expressions


def best_gauge(X: sp.MatrixBase, Y: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The geometric mean :math:`X^{-1}\#Y` of positive matrices, which solves :math:`PXP = Y`. Shape ``(2, 2)``.

    In two dimensions, by the theorem of Cayley and Hamilton for :math:`XY`,

    .. math:: P = \frac{\sqrt{\det Y}\,\mathrm{adj}X + \sqrt{\det X}\,Y}
        {\sqrt{\det X}\,\sqrt{\mathrm{tr}(XY) + 2\sqrt{\det X\det Y}}} .

    Example:
        >>> best_gauge(sp.diag(1, 4), sp.diag(9, 1))
        Matrix([
        [3,   0],
        [0, 1/2]])
    """
    first, second = _pair(X, Y)
    a, b = (sp.sqrt(sp.factor(matrix.det())) for matrix in (first, second))
    size = a * sp.sqrt(sp.expand((first * second).trace()) + 2 * a * b)
    return sp.ImmutableMatrix((b * first.adjugate() + a * second) / size)


def least_on_the_orbit(X: sp.MatrixBase, Y: sp.MatrixBase) -> sp.Expr:
    r"""The least value of :math:`\mathrm{tr}(PX) + \mathrm{tr}(P^{-1}Y)`, twice a nuclear norm.

    Example:
        >>> least_on_the_orbit(sp.diag(1, 4), sp.diag(9, 1))
        10
    """
    first, second = _pair(X, Y)
    return 2 * sp.sqrt(sp.expand((first * second).trace() + 2 * sp.sqrt(sp.factor(first.det() * second.det()))))


def _pair(X: sp.MatrixBase, Y: sp.MatrixBase) -> tuple[sp.Matrix, sp.Matrix]:
    first, second = (sp.Matrix(expressions(m, name, real=True)) for m, name in ((X, "X"), (Y, "Y")))
    for name, matrix in (("X", first), ("Y", second)):
        if matrix.shape != (2, 2) or matrix != matrix.T or matrix.is_positive_definite is False:
            raise ShapeError(
                f"{name} must be a positive matrix of shape (2, 2), got {matrix.tolist()}. A layer of smaller rank has "
                "no gauge that is best: the infimum lies at infinity."
            )
    return first, second


def noise_and_sharpness_of_one_unit() -> tuple[sp.Expr, sp.Expr]:
    r""":math:`e^{4s}` where noise is least and where the loss is flattest, for :math:`V = uw^\top`.

    In :math:`u^\top\Sigma_\varepsilon u`, :math:`|u|^2`, :math:`w^\top\Sigma_xw`, both traces and m.

    Example:
        >>> noise, flat = noise_and_sharpness_of_one_unit()
        >>> sp.cancel(noise / flat)
        n_u*t_e/(e_u*m)
    """
    e_u, n_u, x_w, t_x, t_e, m = sp.symbols("e_u n_u x_w t_x t_e m", positive=True)

    def rest(of_u: sp.Expr, of_w: sp.Expr) -> sp.Expr:
        # u grows with s: its own weight grows, and that of w shrinks.
        place = noise_equilibrium(OrbitPotential({(2,): of_u, (-2,): of_w})).closed_form
        assert place is not None
        return sp.exp(4 * place)

    return rest(4 * t_x * e_u, 4 * t_e * x_w), rest(2 * t_x * n_u, 2 * m * x_w)


def layers_around_the_identity(width: int) -> AffineSymmetries:
    r"""All affine symmetries of :math:`|(I+U)(I+W)x - y|^2` with square layers.

    Example:
        >>> layers_around_the_identity(1).charges
        (u_11**2/2 + u_11 - w_11**2/2 - w_11,)
    """
    n = count(width, "width", at_least=1, at_most=3)
    U, W = (sp.Matrix(n, n, lambda i, j, a=a: sp.Symbol(f"{a}_{i + 1}{j + 1}", real=True)) for a in "uw")
    x, y = (sp.Matrix(sp.symbols(f"{a}_1:{n + 1}", real=True)) for a in "xy")
    residual = (sp.eye(n) + U) * (sp.eye(n) + W) * x - y
    return find_affine_symmetries(PerSampleLoss([*U, *W], (residual.T * residual)[0]))


def drift_around_the_identity() -> sp.Expr:
    r""":math:`\frac d{dt}[(1+u)^2 - (1+w)^2]` of one weight a layer, inputs N(0, 1) and label noise at a teacher.

    Example:
        >>> u, w, v, s = sp.symbols("u w v_*", real=True) + (sp.Symbol("sigma", positive=True),)
        >>> sp.factor(drift_around_the_identity().subs(v, (1 + u) * (1 + w)))
        -4*eta*sigma**2*(u - w)*(u + w + 2)/beta
    """
    u, w, teacher, x, epsilon = sp.symbols("u w v_* x epsilon", real=True)
    sigma = sp.Symbol("sigma", positive=True)
    law = Gaussian([x, epsilon], [0, 0], sp.diag(1, sigma**2))
    model = Model([u, w], (((1 + u) * (1 + w) - teacher) * x - epsilon) ** 2, law)
    return 2 * noether_flow(OneParameterSymmetry(model, [1 + u, -1 - w]), beta).drift
