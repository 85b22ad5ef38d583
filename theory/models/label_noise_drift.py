r"""Label noise on a manifold of interpolation: the slow drift that flattens, and one model solved in full.

For :math:`l = \frac12(f(\theta) - y - \varepsilon)^2` with :math:`\mathrm{Var}\,\varepsilon = \sigma^2`, one output,
the weights fluctuate about the manifold :math:`f = y`. With :math:`H = \nabla f\nabla f^\top` there, the covariance X
of the fluctuations and the mean force that they exert,

.. math::
    HX + XH = \eta\sigma^2H, \qquad \dot\theta = -\tfrac12P_T\,\nabla^3L[X], \qquad
    P_T = 1 - \frac{\nabla f\nabla f^\top}{|\nabla f|^2},

are solved here for any f, in time :math:`t = k\eta`. The result is a descent of the sharpness along the manifold,

.. math:: \dot\theta = -\tfrac{\eta\sigma^2}4P_T\nabla\mathrm{tr}\,H .

**Two vectors**, :math:`f = u\cdot w`: :math:`\mathrm{tr}\,H = |u|^2 + |w|^2 =: R`, and the charges :math:`pq^\top` of
:mod:`theory.models.product_of_vectors` decay at the rate :math:`\eta\sigma^2`, so that

.. math:: R(t)^2 = 4y^2 + (R_0^2 - 4y^2)\,e^{-2\eta\sigma^2t} .

References:
    Blanc, Gupta, Valiant, Valiant, "Implicit regularization for deep neural networks driven by an Ornstein-Uhlenbeck
    like process" (2020); Li, Wang, Arora, "What happens after SGD reaches zero loss?" (2022), by topic.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.errors import UnsupportedFormError
from theory.notation import eta
from theory.values import Expressions, distinct_symbols, single_expression

noise = sp.Symbol("sigma", positive=True)
"""Standard deviation of the label noise."""


def fluctuations(output: sp.Expr, weights: Expressions) -> sp.ImmutableMatrix:
    r"""The covariance X about the manifold, of rank one: the solution of :math:`HX + XH = \eta\sigma^2H`.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> fluctuations(u * w, [u, w])[0]
        eta*sigma**2*w**2/(2*u**2 + 2*w**2)
    """
    f, theta = single_expression(output, "output"), distinct_symbols(weights, "weights")
    slope = sp.Matrix([sp.diff(f, x) for x in theta])
    steepness = (slope.T * slope)[0]
    if steepness == 0:
        raise UnsupportedFormError(
            f"output must depend on the weights, got {f}: there is no direction to fluctuate in."
        )
    size = sp.Dummy("c", real=True)
    X = size * slope * slope.T
    H = slope * slope.T
    equation = sp.Matrix(H * X + X * H - eta * noise**2 * H)
    entry = sp.expand(next(e for e in equation if e != 0))
    found = -entry.coeff(size, 0) / entry.coeff(size, 1)
    X = X.subs(size, sp.cancel(found))
    if any(sp.cancel(e) != 0 for e in H * X + X * H - eta * noise**2 * H):
        raise AssertionError("a matrix of rank one solves the equation")
    return sp.ImmutableMatrix(X.applyfunc(sp.cancel))


def slow_drift(output: sp.Expr, weights: Expressions) -> sp.ImmutableMatrix:
    r"""The drift along the manifold, from the third derivatives of the loss and :func:`fluctuations`. Shape ``(d, 1)``.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> slow_drift(u * w, [u, w]).applyfunc(sp.factor)[0]
        -eta*sigma**2*u*(u - w)*(u + w)/(2*(u**2 + w**2))
    """
    f, theta = single_expression(output, "output"), distinct_symbols(weights, "weights")
    level = sp.Dummy("y", real=True)
    loss, X = (f - level) ** 2 / 2, fluctuations(f, theta)
    pairs = [(i, j) for i in range(theta.rows) for j in range(theta.rows)]
    force = [sum(X[i, j] * sp.diff(loss, theta[k], theta[i], theta[j]) for i, j in pairs) for k in range(theta.rows)]
    on_manifold = sp.Matrix(force).subs(level, f)
    return sp.ImmutableMatrix((-_along(f, theta) * on_manifold / 2).applyfunc(sp.cancel))


def descent_of_sharpness(output: sp.Expr, weights: Expressions) -> sp.ImmutableMatrix:
    r""":math:`-\frac{\eta\sigma^2}4P_T\nabla\mathrm{tr}H`, what :func:`slow_drift` comes to. Shape ``(d, 1)``."""
    f, theta = single_expression(output, "output"), distinct_symbols(weights, "weights")
    trace = sum(sp.diff(f, x) ** 2 for x in theta)
    slope = sp.Matrix([sp.diff(trace, x) for x in theta])
    return sp.ImmutableMatrix((-eta * noise**2 / 4 * _along(f, theta) * slope).applyfunc(sp.cancel))


def _along(output: sp.Expr, theta: sp.MatrixBase) -> sp.Matrix:
    slope = sp.Matrix([sp.diff(output, x) for x in theta])
    return sp.eye(theta.rows) - slope * slope.T / (slope.T * slope)[0]


def sharpness_of_a_product(start: sp.Expr, level: sp.Expr, time: sp.Expr) -> sp.Expr:
    r"""The sharpness :math:`R(t)` of :math:`f = u\cdot w`, from the linear equation that :math:`R^2` obeys.

    The rate is read off :func:`slow_drift` for vectors of length 2.

    Example:
        >>> sharpness_of_a_product(sp.Symbol("R_0"), sp.Symbol("y"), 0)
        sqrt(R_0**2)
    """
    R_0, y, t = (single_expression(v, name) for v, name in ((start, "start"), (level, "level"), (time, "time")))
    return sp.sqrt(4 * y**2 + (R_0**2 - 4 * y**2) * sp.exp(_rate_of_the_gap() * t))


@cache
def _rate_of_the_gap() -> sp.Expr:
    r"""The rate at which :math:`R^2 - 4y^2` changes for vectors of length 2, whatever they are."""
    u_1, u_2, w_1, w_2 = weights = sp.symbols("u_1 u_2 w_1 w_2", real=True)
    value = u_1 * w_1 + u_2 * w_2
    gap = sum(x**2 for x in weights) ** 2 - 4 * value**2
    change = sum(sp.diff(gap, x) * b for x, b in zip(weights, slow_drift(value, weights), strict=True))
    rate = sp.cancel(change / gap)
    if rate.has(*weights):
        raise AssertionError("the gap decays at one rate")
    return rate
