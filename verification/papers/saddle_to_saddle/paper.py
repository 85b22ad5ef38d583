r"""The paper, its symbols, and the mode that several of its sections speak of.

The paper's :math:`w_\alpha`, :math:`s_\alpha` are ``w``, ``s``; its :math:`\beta = \eta/b` is ``beta``, in contrast to
the batch size of :mod:`theory.notation`.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess, ito_differential
from theory.parameters import parameter
from verification.claim import Paper

paper = Paper(
    "saddle_to_saddle",
    title="Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks",
    authors="Guillaume Corlouer, Avi Semler, Alexander Strang, Alexander Gietelink Oldenziel",
    reference="arXiv 2604.06366",
    citation="corlouer2026stochastic",
    experiments=60,
)

L = parameter("L", integer=True, at_least=2)
deeper = parameter("L", integer=True, at_least=3)
"""A depth of at least three, where the laws of the modes are of another kind than at depth two."""

w, s, beta = sp.symbols("w s beta", positive=True)
sigma_q = sp.Symbol("sigma_q", positive=True)
a = sp.Symbol("a", positive=True)

MODE_SYMBOLS = {
    w: r"mode amplitude $w_\alpha$ of the student",
    s: r"singular value $s_\alpha$ of the teacher",
    L: "depth, the number of layers",
}
NOISE_SYMBOLS = MODE_SYMBOLS | {
    beta: r"learning rate over batch size, $\beta = \eta/b$",
    sigma_q: r"standard deviation $\sigma_q$ of the label noise",
}


@cache
def layer_process(depth: sp.Expr = L, noise: sp.Expr = sigma_q, rate: sp.Expr = beta) -> ItoProcess:
    r"""The weight u of every layer of a balanced chain of scalars, :math:`w = u^L`, under (1); the layers stay equal.

    From the loss :math:`\frac12(y - P u_1u_2x)^2`, with P the product of the layers besides two of them: gradient and
    covariance of these two are equal, and one Brownian motion drives both.
    """
    u_1, u_2, P, u = sp.symbols("u_1 u_2 P u", positive=True)
    x, y = sp.symbols("x y", real=True)
    data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + noise**2]])
    model = Model([u_1, u_2], (y - P * u_1 * u_2 * x) ** 2 / 2, data)
    balanced = {P: u ** (depth - 2), u_1: u, u_2: u}
    gradient, covariance = (side.subs(balanced) for side in (model.gradient, model.covariance))
    if sp.expand(gradient[0] - gradient[1]) != 0 or any(sp.expand(c - covariance[0]) != 0 for c in covariance):
        raise AssertionError(f"the layers of a balanced chain part: {gradient}, {covariance}")
    spread = sp.factor(model.covariance[0] / (P * u_2) ** 2).subs(balanced)
    return ItoProcess.scalar(
        u,
        drift=sp.powsimp(-sp.expand(gradient[0])),
        dispersion=u ** (depth - 1) * sp.sqrt(rate * sp.powsimp(sp.expand(spread))),
    )


@cache
def mode_process(depth: sp.Expr = L, noise: sp.Expr = sigma_q, rate: sp.Expr = beta) -> ItoProcess:
    r"""The product :math:`w = u^L` of a balanced chain of scalars, by Itô's formula from :func:`layer_process`."""
    layer = layer_process(depth, noise, rate)
    (u,) = layer.state
    moved = ito_differential(layer, u**depth)

    def in_w(side: sp.Expr) -> sp.Expr:
        return sp.powdenest(sp.expand(side).subs(u, w ** (1 / depth)), force=True)

    spread = sp.factor(sp.expand(in_w(sp.expand(moved.dispersion[0] ** 2)) / w ** (4 - 4 / depth)))
    return ItoProcess.scalar(w, drift=sp.powsimp(in_w(moved.drift)), dispersion=w ** (2 - 2 / depth) * sp.sqrt(spread))


def mode_diffusion(depth: sp.Expr = L, noise: sp.Expr = sigma_q) -> sp.Expr:
    """The diffusion of :func:`mode_process`, the square of its dispersion."""
    return sp.powdenest(mode_process(depth, noise).diffusion[0], force=True)
