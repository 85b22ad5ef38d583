r"""Label noise on a manifold of interpolation: the drift that flattens."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.models import label_noise_drift
from theory.notation import eta, t
from verification.authoring.shorthand import Source, equals, measured
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent, towards_small_steps
from verification.papers.new_models.paper import SYMBOLS, WHERE, paper, sigma

u_1, u_2, w_1, w_2 = WEIGHTS = sp.symbols("u_1 u_2 w_1 w_2", real=True)
R_0 = sp.Symbol("R_0", positive=True)
label = sp.Symbol("y", real=True)
PRODUCT = u_1 * w_1 + u_2 * w_2
DEEP = u_1 * w_1 * w_2 + u_1**2
"""Another network, for which the general statement is judged as well."""

MANIFOLD = {
    u_1: "weight; likewise $u_2$, $w_1$, $w_2$",
    R_0: r"$R = |u|^2 + |w|^2$ at the start",
    label: "label that is fitted, $u\\cdot w = y$",
    t: r"time $t = k\eta$ after $k$ steps",
}


def sharpness_after(arguments: Any, draw: Draw) -> Samples:
    r""":math:`|u|^2 + |w|^2` after SGD with label noise from a minimum with y = 1, R = 7, as the steps get small."""
    y = sp.Symbol("y", real=True)
    noise = sp.Rational(arguments["sigma"])
    model = Model(WEIGHTS, (PRODUCT - y) ** 2 / 2, Empirical([y], [[1 + noise], [1 - noise]]))

    def at_one_rate(settings: Any, draw: Draw) -> np.ndarray:
        return (end_of_descent(model, [2, 1, 1, -1], settings, draw) ** 2).sum(axis=1)

    return towards_small_steps(at_one_rate, arguments, draw, {"steps": 4 * int(arguments["steps"])})


@paper.claim("NM-6", WHERE, source=Source.OURS, symbols=SYMBOLS | MANIFOLD)
def slow_drift_of_label_noise():
    r"""Slow drift of label noise.

    - For $l = \frac12(f - y - \varepsilon)^2$ with one output, on $f = y$: $\dot\theta =
      -\frac{\eta\sigma^2}4P_T\nabla\mathrm{tr}H$ with $H = \nabla f\nabla f^\top$. To leading order in the learning
      rate; judged for a product of vectors and for a deeper polynomial.
    """
    for name, output in (("product", PRODUCT), ("deeper", DEEP)):
        slope = sp.Matrix([sp.diff(output, x) for x in WEIGHTS])
        steepness = (slope.T * slope)[0]
        rise = sp.Matrix([sp.diff(steepness, x) for x in WEIGHTS])
        along = rise - slope * (slope.T * rise)[0] / steepness
        yield equals(
            f"drift, {name}: $\\dot\\theta$",
            printed=-eta * sigma**2 / 4 * along,
            derived=lambda output=output: label_noise_drift.slow_drift(output, WEIGHTS),
            wrong={
                "twice as fast": -eta * sigma**2 / 2 * along,
                "off the manifold": -eta * sigma**2 / 4 * rise,
            },
            mutated=False,
        )
    yield equals(
        "product of vectors: $R(t)$",
        printed=sp.sqrt(4 * label**2 + (R_0**2 - 4 * label**2) * sp.exp(-2 * eta * sigma**2 * t)),
        derived=lambda: label_noise_drift.sharpness_of_a_product(R_0, label, t),
        wrong={
            "off by eight per cent": sp.Rational(27, 25)
                * sp.sqrt(4 * label**2 + (R_0**2 - 4 * label**2) * sp.exp(-2 * eta * sigma**2 * t)),
            "half the rate": sp.sqrt(4 * label**2 + (R_0**2 - 4 * label**2) * sp.exp(-eta * sigma**2 * t))},
        mutated=False,
        measured=measured(
            sharpness_after, lambda c: c.subs({R_0: 7, label: 1, eta: 1, sigma: 1, t: sp.Rational(1, 2)}),
            sigma="1", eta="1/50", steps="1250",
        ),
    )  # fmt: skip
