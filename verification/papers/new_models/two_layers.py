r"""Two layers at a given product: least noise, least sharpness, and layers around the identity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.models import gauge_of_two_layers as gauge
from theory.notation import eta
from verification.authoring.shorthand import Source, equals, measured
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent, towards_small_steps
from verification.papers.new_models.paper import SYMBOLS, WHERE, S, T, paper, sigma

p, a, b, root = sp.symbols("p a b d", positive=True)
r = sp.Symbol("r", real=True)
v_1, v_2, s_1, s_2, e_1, e_2 = sp.symbols("v_1 v_2 s_1 s_2 e_1 e_2", positive=True)
e_u, n_u, t_e, m = sp.symbols("e_u n_u t_e m", positive=True)
u, w = sp.symbols("u w", real=True)
teacher = sp.Symbol("v_*", real=True)
LAYERS = {
    a: "entry of $X$, diagonal in the best basis; likewise $b$",
    p: "entry of $Y$; $r$ is that off the diagonal",
    root: r"$\sqrt{\det Y}$",
    v_1: "singular value of $V$; likewise $v_2$",
    s_1: "variance of the inputs along it; likewise $s_2$",
    e_1: "variance of the label noise along it; likewise $e_2$",
    e_u: r"$u^\top\Sigma_\varepsilon u$ of one hidden unit",
    n_u: "$|u|^2$",
    t_e: r"$\mathrm{tr}\,\Sigma_\varepsilon$",
    m: "number of outputs",
    u: "weight of the second layer",
    w: "weight of the first layer",
    teacher: "teacher, $y = v_*x + \\varepsilon$, $x\\sim N(0, 1)$",
}


def charge_around_the_identity(arguments: Any, draw: Draw) -> Samples:
    r"""The charge :math:`(1+u)^2 - (1+w)^2` after SGD from 3 at a minimum, over 3, logarithm over :math:`k\eta^2`."""
    x, epsilon = sp.symbols("x epsilon", real=True)
    noise = sp.Rational(arguments["sigma"])
    law = Empirical([x, epsilon], [(i, j * noise) for i in (1, -1) for j in (1, -1)])
    model = Model([u, w], (((1 + u) * (1 + w) - 2) * x - epsilon) ** 2, law)

    def at_one_rate(settings: Any, draw: Draw) -> np.ndarray:
        final = (1 + end_of_descent(model, [1, 0], settings, draw)) ** 2
        return np.log((final[:, 0] - final[:, 1]) / 3) / (int(settings["steps"]) * number(settings["eta"]) ** 2)

    return towards_small_steps(at_one_rate, arguments, draw, {"steps": 4 * int(arguments["steps"])})


@paper.claim("NM-10", WHERE, source=Source.OURS, symbols=SYMBOLS | LAYERS)
def two_layers_at_a_given_product():
    r"""Two layers at a given product.

    - Hidden width two, layers of full rank. Weights $\mathrm{tr}(PX) + \mathrm{tr}(P^{-1}Y)$ of the gauge $P =
      MM^\top$, gradient noise and sharpness among them, are least at a geometric mean. At the global minimum, where
      $r = \varepsilon$; $V$, $\Sigma_x$ and $\Sigma_\varepsilon$ diagonal together.
    - Where label noise is not isotropic, the point of least noise is not the flattest one.
    """
    q = (root**2 + r**2) / p
    X, Y = sp.diag(a, b), sp.Matrix([[p, r], [r, q]])
    least = 4 * (a * p + b * q + 2 * root * sp.sqrt(a * b))

    def at_the_gauge() -> tuple[sp.Matrix, sp.Expr]:
        P = sp.Matrix(gauge.best_gauge(X, Y))
        return P * X * P, 4 * (P * X).trace() ** 2

    yield equals(
        "gauge: $PXP$",
        printed=Y,
        derived=lambda: at_the_gauge()[0],
        wrong={"arithmetic mean": (Y + X.inv()) / 2},
        mutated=False,
    )
    yield equals(
        "least weight: $\\bigl(\\min_P\\mathrm{tr}(PX) + \\mathrm{tr}(P^{-1}Y)\\bigr)^2$",
        printed=least,
        derived=lambda: at_the_gauge()[1],
        wrong={"without a gauge": (a + b + p + q) ** 2, "trace alone": 4 * (a * p + b * q)},
        says=r"$4(\mathrm{tr}(XY) + 2\sqrt{\det X\det Y})$; where $PXP = Y$ both parts are $\mathrm{tr}(PX)$.",
        mutated=False,
    )
    inputs, labels, V = sp.diag(s_1, s_2), sp.diag(e_1, e_2), sp.diag(v_1, v_2)
    of_noise = 4 * inputs.trace() * labels, 4 * labels.trace() * V * inputs * V
    of_sharpness = 2 * inputs.trace() * sp.eye(2), 4 * V * inputs * V
    nuclear = sp.sqrt(e_1 * s_1) * v_1 + sp.sqrt(e_2 * s_2) * v_2
    yield equals(
        "least noise: $\\min\\mathrm{tr}\\,\\Sigma$",
        printed=8 * sp.sqrt((s_1 + s_2) * (e_1 + e_2)) * nuclear,
        derived=lambda: gauge.least_on_the_orbit(*of_noise),
        wrong={"half of it": 4 * sp.sqrt((s_1 + s_2) * (e_1 + e_2)) * nuclear},
        says=r"$8\sqrt{\mathrm{tr}\Sigma_x\mathrm{tr}\Sigma_\varepsilon}\|\Sigma_\varepsilon^{1/2}V\Sigma_x^{1/2}\|_*$.",
        mutated=False,
    )
    flat = sp.sqrt(s_1) * v_1 + sp.sqrt(s_2) * v_2
    yield equals(
        "least sharpness: $\\min\\mathrm{tr}\\,\\nabla^2L$",
        printed=4 * sp.sqrt(2 * (s_1 + s_2)) * flat,
        derived=lambda: gauge.least_on_the_orbit(*of_sharpness),
        wrong={"one output": 4 * sp.sqrt(s_1 + s_2) * flat},
        says=r"$4\sqrt{m\,\mathrm{tr}\Sigma_x}\|V\Sigma_x^{1/2}\|_*$ with $m = 2$ outputs.",
        mutated=False,
    )
    yield equals(
        "one unit: $e^{4s}\\text{ of least noise over that of least sharpness}$",
        printed=n_u * t_e / (m * e_u),
        derived=lambda: sp.cancel(
            sp.Mul(*(e**k for e, k in zip(gauge.noise_and_sharpness_of_one_unit(), (1, -1), strict=True)))
        ),
        wrong={"always one": sp.S.One, "inverse": m * e_u / (n_u * t_e)},
        says=r"1 iff $u^\top\Sigma_\varepsilon u/|u|^2$ is the mean of the label noises.",
    )
    yield from _around_the_identity()


def _around_the_identity() -> Iterator[Statement]:
    """Two layers with a residual: what they keep, and how noise moves the charge of one unit."""
    yield equals(
        "around the identity, 2 by 2: $(\\dim, \\text{charges})$",
        printed=sp.Matrix([4, 3]),
        derived=lambda: sp.Matrix(
            [gauge.layers_around_the_identity(2).dimension, len(gauge.layers_around_the_identity(2).charges)]
        ),
        wrong={"none": sp.zeros(2, 1)},
        mutated=False,
    )
    charge = (1 + u) ** 2 - (1 + w) ** 2
    gap = (1 + u) * (1 + w) - teacher
    yield equals(
        "around the identity: $\\frac d{dt}[(1+u)^2 - (1+w)^2]$",
        printed=-4 * T * (2 * gap**2 + sigma**2) * charge,
        where={T: eta / S},
        derived=gauge.drift_around_the_identity,
        wrong={
            "off by eight per cent": -4 * sp.Rational(27, 25) * T * (2 * gap**2 + sigma**2) * charge,
            "of the weights themselves": -4 * T * (2 * gap**2 + sigma**2) * (u**2 - w**2),
        },
        mutated=False,
        measured=measured(
            charge_around_the_identity,
            lambda c: c.subs({eta: 1, S: 1, sigma: 1, teacher: 2, u: 1, w: 0}) / 3,
            sigma="1",
            eta="1/200",
            steps="2000",
        ),
    )
