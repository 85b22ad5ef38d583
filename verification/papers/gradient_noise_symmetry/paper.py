r"""The paper, its symbols, and the small models on which its general statements are judged.

The charge of the page is :math:`C = \theta^\top A\theta`, twice the charge :math:`Q` of :mod:`theory.symmetry`, and its
weight decay :math:`\gamma\|\theta\|^2` has the gradient :math:`2\gamma\theta`, twice the coefficient
:math:`\lambda` there. Its :math:`T = \eta/S` is the learning rate over the batch size.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry
from theory.symmetry.textbook import rescaling, scale_invariance
from verification.claim import Paper

paper = Paper(
    "gradient_noise_symmetry",
    title="The Implicit Bias of Gradient Noise: A Symmetry Perspective",
    authors="Liu Ziyin, Mingze Wang, Hongchao Li, Lei Wu",
    reference="arXiv 2402.07193",
    citation="ziyin2024implicit",
    experiments=60,
)

T = sp.Symbol("T", positive=True)
S = sp.Symbol("S", positive=True, integer=True)
gamma = sp.Symbol("gamma", nonnegative=True)
u_1, u_2, w_1, w_2 = sp.symbols("u_1 u_2 w_1 w_2", real=True)
v_star = sp.Symbol("v_*", real=True)
sigma = sp.Symbol("sigma", positive=True)
x, epsilon = sp.symbols("x epsilon", real=True)

TEMPERATURE = {T: eta / S}
NOISE_SYMBOLS = {
    eta: "learning rate",
    S: "batch size, drawn with replacement",
    T: r"temperature, $T = \eta/S$",
    gamma: r"weight decay, $L + \gamma\|\theta\|^2$",
}
PRODUCT_SYMBOLS = NOISE_SYMBOLS | {
    u_1: r"weight of the first layer; likewise $u_2$",
    w_1: r"weight of the second layer; likewise $w_2$",
    v_star: r"teacher, $y = v_*x + \varepsilon$ with $x\sim N(0, 1)$",
    sigma: r"standard deviation of the label noise $\varepsilon$",
}

WEIGHTS = sp.Matrix([u_1, u_2, w_1, w_2])
RESCALING = rescaling([u_1, u_2, w_1, w_2], [u_1, u_2], [w_1, w_2])
r"""The generator :math:`A = \mathrm{diag}(1, 1, -1, -1)`."""


@cache
def product_model() -> Model:
    r"""Two neurons in a row, :math:`\ell = \frac12((u\cdot w)x - y)^2` with :math:`y = v_*x + \varepsilon`."""
    loss = ((u_1 * w_1 + u_2 * w_2 - v_star) * x - epsilon) ** 2 / 2
    return Model([u_1, u_2, w_1, w_2], loss, Gaussian([x, epsilon], [0, 0], [[1, 0], [0, sigma**2]]))


@cache
def rescaled() -> OneParameterSymmetry:
    """The rescaling symmetry of :func:`product_model`, checked sample by sample."""
    return OneParameterSymmetry(product_model(), RESCALING.field)


@cache
def scale_invariant_model() -> Model:
    r"""A loss of the direction alone, :math:`\ell = (x\theta_1^2 + \varepsilon\theta_1\theta_2)/\|\theta\|^2`."""
    norm = u_1**2 + u_2**2
    loss = (x * u_1**2 + epsilon * u_1 * u_2) / norm
    return Model([u_1, u_2], loss, Gaussian([x, epsilon], [0, 0], sp.eye(2)))


@cache
def scaled() -> OneParameterSymmetry:
    """The scale invariance of :func:`scale_invariant_model`."""
    return OneParameterSymmetry(scale_invariant_model(), scale_invariance([u_1, u_2]).field)


def charge(matrix: sp.MatrixBase, at: sp.MatrixBase = WEIGHTS) -> sp.Expr:
    r"""The charge :math:`C = \theta^\top A\theta` of the page."""
    return sp.expand((at.T * matrix * at)[0])


def trace_with(matrix: sp.MatrixBase, model: Model | None = None) -> sp.Expr:
    r"""The trace :math:`\mathrm{Tr}[\Sigma A]` with the gradient noise of a model.

    That of :func:`product_model` unless given, :math:`\Sigma = (2\Delta^2 + \sigma^2)gg^\top` with
    :math:`g = (w, u)` and :math:`\Delta = u\cdot w - v_*`: the variance of :math:`x(\Delta x - \varepsilon)`.
    """
    if model is not None:
        return sp.factor((sp.Matrix(model.covariance) * matrix).trace())
    return (2 * (u_1 * w_1 + u_2 * w_2 - v_star) ** 2 + sigma**2) * charge(matrix, sp.Matrix([w_1, w_2, u_1, u_2]))
