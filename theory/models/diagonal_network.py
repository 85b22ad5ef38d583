r"""A diagonal linear network: what every step does to it, exactly, and which solution it finds.

:math:`\beta_i = w_{+,i}^2 - w_{-,i}^2` and :math:`l = \frac14(\langle\beta, x\rangle - y)^2`, with the residual
:math:`r = \langle\beta, x\rangle - y`. Each :math:`\beta_i` is a quadratic form whose hyperbolic rotations are
symmetries, with the charge :math:`w_{+,i}w_{-,i} =: \alpha_i^2` (the finder has these d and no others). One step is
:math:`w_\pm' = (1 \mp \eta rx)w_\pm`, so that, as long as :math:`|\eta rx| < 1`,

.. math::
    \alpha_t^2 = \alpha_0^2\prod_s(1 - \eta^2r_s^2x_s^2), \qquad
    \beta_t = 2\alpha_t^2\sinh\Bigl(-2\sum_s\mathrm{artanh}(\eta r_sx_s)\Bigr)

from :math:`w_+ = w_- = \alpha_0`, for every order of the samples. With
:math:`\varphi_\alpha(\beta) = \frac14\sum_i\bigl[\beta_i\,\mathrm{arsinh}\frac{\beta_i}{2\alpha_i^2} -
\sqrt{\beta_i^2 + 4\alpha_i^4}\bigr]` this says :math:`\nabla\varphi_{\alpha_t}(\beta_t) =
-\frac12\sum_s\mathrm{artanh}(\eta r_sx_s)`, a combination of inputs up to :math:`O(\eta^3r^3x^3)` a step: the
interpolating solution found is that of least :math:`\varphi_{\alpha_\infty}`, with the smaller scale that noise leaves.
Label noise shrinks every scale at the rate :math:`\eta\sigma^2x_i^2`, so sparse solutions become cheaper.

References:
    Pesme, Pillaud-Vivien, Flammarion, "Implicit bias of SGD for diagonal linear networks" (2021), by topic; there the
    exponent is that of the diffusion.
"""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import NamedMoments
from theory.gradient_noise.model import Model
from theory.notation import eta
from theory.symmetry.affine_symmetries import AffineSymmetries
from theory.symmetry.find import find_affine_symmetries
from theory.values import count, single_expression

move = sp.Symbol("z", real=True)
r"""The number :math:`z = \eta rx_i` of a step."""

plus, minus = sp.symbols("w_+ w_-", positive=True)


def diagonal_network(inputs: int) -> Model:
    r"""The model with :math:`d` inputs: weights :math:`w_{+,1}, w_{-,1}, w_{+,2}, \dots`."""
    d = count(inputs, "inputs", at_least=1, at_most=8)
    weights = [sp.Symbol(f"w_{sign}{i}", real=True) for i in range(1, d + 1) for sign in ("+", "-")]
    points, y = sp.symbols(f"x_1:{d + 1}", real=True), sp.Symbol("y", real=True)
    value = sum(points[i] * (weights[2 * i] ** 2 - weights[2 * i + 1] ** 2) for i in range(d))
    return Model(weights, (value - y) ** 2 / 4, NamedMoments([*points, y], highest=0))


def scales(inputs: int) -> AffineSymmetries:
    r"""All affine symmetries; their charges are the squared scales :math:`\alpha_i^2`.

    Example:
        >>> found = scales(2)
        >>> found.is_complete, found.charges
        (True, (w_+1*w_-1, w_+2*w_-2))
    """
    return find_affine_symmetries(diagonal_network(inputs))


def step_of_a_pair() -> sp.ImmutableMatrix:
    r"""One step of :math:`(w_+, w_-)` in terms of :math:`z = \eta rx`, from the gradient. Shape ``(2, 1)``.

    Example:
        >>> step_of_a_pair().applyfunc(sp.factor).T
        Matrix([[-w_+*(z - 1), w_-*(z + 1)]])
    """
    model = diagonal_network(1)
    x, y = model.law.variables
    first, second = model.weights
    residual = sp.Symbol("r", real=True)
    label = sp.expand(x * (first**2 - second**2) - residual)
    gradient = model.sample_gradient.subs(y, label)
    step = (model.weights - eta * gradient).applyfunc(
        lambda e: sp.expand(sp.expand(e).subs(residual, move / (eta * x)))
    )
    return sp.ImmutableMatrix(step.subs({first: plus, second: minus}))


def scale_factor() -> sp.Expr:
    r"""The factor of :math:`\alpha^2` in a step.

    Example:
        >>> scale_factor()
        1 - z**2
    """
    after = step_of_a_pair()
    return sp.cancel(after[0] * after[1] / (plus * minus))


def turn_of_a_step() -> sp.Expr:
    r"""What a step adds to :math:`\log(w_+/w_-)`: :math:`-2\,\mathrm{artanh}\,z`, as a logarithm."""
    after = step_of_a_pair()
    return sp.log(sp.cancel(after[0] / after[1] * minus / plus))


def solution(scale: sp.Expr, turns: sp.Expr) -> sp.Expr:
    r""":math:`\beta` at the scale :math:`\alpha^2` and the sum of turns :math:`\log(w_+/w_-)`.

    Example:
        >>> a, s = sp.symbols("a s", positive=True)
        >>> solution(a, s)
        a*exp(s) - a*exp(-s)
    """
    square, total = single_expression(scale, "scale"), single_expression(turns, "turns")
    first, second = sp.sqrt(square) * sp.exp(total / 2), sp.sqrt(square) * sp.exp(-total / 2)
    return sp.expand(first**2 - second**2)


def hyperbolic_entropy(value: sp.Expr, scale: sp.Expr) -> sp.Expr:
    r"""The potential :math:`\varphi` of one coordinate, with :math:`\alpha^2` as ``scale``.

    Example:
        >>> b, a = sp.symbols("b a", positive=True)
        >>> sp.simplify(sp.diff(hyperbolic_entropy(b, a), b))
        asinh(b/(2*a))/4
    """
    b, square = single_expression(value, "value"), single_expression(scale, "scale")
    return (b * sp.asinh(b / (2 * square)) - sp.sqrt(b**2 + 4 * square**2)) / 4
