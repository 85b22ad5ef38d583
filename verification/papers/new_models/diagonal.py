r"""A diagonal linear network: its scales, what every step does to them, and the solution that is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.models import diagonal_network
from theory.models.diagonal_network import move
from theory.notation import eta
from verification.authoring.shorthand import Source, agrees_to_order, equals, measured
from verification.authoring.simulated import number
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent, towards_small_steps
from verification.papers.new_models.paper import SYMBOLS, WHERE, paper, sigma

alpha, beta_i, turns = sp.symbols("alpha beta_i s", positive=True)
steps = sp.Symbol("k", positive=True, integer=True)
level = sp.Symbol("x", positive=True)
DIAGONAL = {
    move: r"$\eta rx_i$ with the residual $r$ of the step",
    alpha: r"scale, $\alpha^2 = w_+w_-$",
    beta_i: r"coefficient $\beta_i = w_+^2 - w_-^2$",
    turns: r"sum $\sum_s\mathrm{artanh}(\eta r_sx_{s,i})$ over all steps",
}


def shrinking_of_a_scale(arguments: Any, draw: Draw) -> Samples:
    r""":math:`\log(\alpha_2^2/\alpha_{2,0}^2)/(k\eta^2)` in SGD at an interpolating minimum with label noise.

    As the steps get small; half the rate takes four times the steps.
    """
    x_1, x_2, y = sp.symbols("x_1 x_2 y", real=True)
    small, noise = sp.Rational(arguments["x"]), sp.Rational(arguments["sigma"])
    signs = [(i, j, e) for i in (1, -1) for j in (1, -1) for e in (1, -1)]
    data = Empirical([x_1, x_2, y], [(i, j * small, i + e * noise) for i, j, e in signs])
    given = diagonal_network.diagonal_network(2)
    start = [1.1, 0.45825756949558405, 0.5, 0.5]  # beta = (1, 0), at the teacher

    def at_one_rate(settings: Any, draw: Draw) -> np.ndarray:
        final = end_of_descent(Model(given.weights, given.loss, data), start, settings, draw)
        return np.log(final[:, 2] * final[:, 3] / 0.25) / (int(settings["steps"]) * number(settings["eta"]) ** 2)

    return towards_small_steps(at_one_rate, arguments, draw, {"steps": 4 * int(arguments["steps"])})


@paper.claim("NM-5", WHERE, source=Source.OURS, symbols=SYMBOLS | DIAGONAL)
def diagonal_linear_network():
    r"""Diagonal linear network.

    - For $l = \frac14(\langle\beta, x\rangle - y)^2$, one sample a step, $|\eta rx_i| < 1$ and $w_+ = w_- = \alpha_0$
      at the start. All symmetries are found: one scale for each input, and no others.
    - So the interpolating solution found is that of least $\varphi_{\alpha_\infty}$ up to the third order of a step.
    """
    yield equals(
        "scales: $\\text{number of charges with three inputs}$",
        printed=sp.Integer(3),
        derived=lambda: sp.Integer(len(diagonal_network.scales(3).charges) * diagonal_network.scales(3).is_complete),
        wrong={"pairs of weights": sp.Integer(6)},
        mutated=False,
    )
    yield equals(
        "a step: $\\alpha'^2/\\alpha^2$",
        printed=1 - move**2,
        derived=diagonal_network.scale_factor,
        wrong={"of the diffusion": sp.exp(-(move**2))},
    )
    yield equals(
        "turn of a step: $\\log\\frac{w_+'}{w_-'} - \\log\\frac{w_+}{w_-}$",
        printed=-2 * sp.atanh(move),
        derived=diagonal_network.turn_of_a_step,
        wrong={"first order": -2 * move, "half of it": -sp.atanh(move)},
        domain=(move > -1, move < 1),
        mutated=False,
    )
    yield equals(
        "solution: $\\beta_i$",
        printed=2 * alpha**2 * sp.sinh(-2 * turns),
        derived=lambda: diagonal_network.solution(alpha**2, -2 * turns),
        wrong={"other sign": 2 * alpha**2 * sp.sinh(2 * turns), "one turn": 2 * alpha**2 * sp.sinh(-turns)},
    )
    yield equals(
        "potential: $\\partial\\varphi_\\alpha(\\beta_i)$",
        printed=-turns / 2,
        derived=lambda: sp.diff(diagonal_network.hyperbolic_entropy(beta_i, alpha**2), beta_i).subs(
            beta_i, diagonal_network.solution(alpha**2, -2 * turns)
        ),
        wrong={"twice": -turns},
    )
    yield agrees_to_order(
        "span of inputs: $\\text{turn of a step}$",
        printed=-2 * move,
        derived=diagonal_network.turn_of_a_step,
        small=move,
        order=2,
        wrong={"with a square": -2 * move - move**2},
        says=r"A multiple of $x_i$ up to $O(\eta^3r^3x_i^3)$.",
    )
    yield agrees_to_order(
        "label noise at the minimum: $\\log\\alpha_k^2/\\alpha_0^2$",
        printed=-steps * (eta * sigma * level) ** 2,
        derived=lambda: steps * sp.log(diagonal_network.scale_factor().subs(move, eta * sigma * level)),
        small=eta,
        order=3,
        wrong={
            "off by eight per cent": -sp.Rational(27, 25) * steps * (eta * sigma * level) ** 2,
            "half, as for one factor": -steps * (eta * sigma * level) ** 2 / 2},
        says=r"After $k$ steps with $r = \pm\sigma$.",
        measured=measured(
            shrinking_of_a_scale,
            lambda c: c.subs({eta: 1, sigma: 1, level: sp.Rational(1, 2), steps: 1}),
            x="1/2", sigma="1", eta="1/50", steps="250",
        ),
    )  # fmt: skip
