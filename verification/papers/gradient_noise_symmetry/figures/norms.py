r"""Figure 2 run again: the norms of two networks with normalised weights, step by step.

Net-A is :math:`UWx/(\|U\|^2 + \|W\|^2)`, Net-B :math:`UWx/(\|U\|\|W\|)`; both formulas are lost on the page, and these
have the invariances that it names. Two inputs, hidden units and outputs; a random linear teacher with label noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.statistics.estimators import Proportion
from verification.authoring.figures import FALSE_ALARM, feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.gradient_noise_symmetry.paper import paper

STEPS, RUNS, RATE = 2_000, 16, 0.02
TEACHER = np.array([[1.0, 0.5], [-0.5, 1.0]])
NOISE = 0.5
"""Standard deviation of the label noise."""

DRAWN = 20
"""Steps from one point of a picture to the next."""

Array = np.ndarray


def size_and_slopes(network: str, U: Array, W: Array) -> tuple[Array, Array, Array]:
    """What the product is divided by, and its derivatives by both layers over itself; one a replica."""
    u, w = ((layer**2).sum((1, 2))[:, None, None] for layer in (U, W))
    if network == "A":
        return u + w, 2 * U / (u + w), 2 * W / (u + w)
    return np.sqrt(u * w), U / u, W / w


def gradients(network: str, U: Array, W: Array, moment: Array, cross: Array) -> tuple[Array, Array]:
    r"""Of :math:`E\frac12\|f(x) - y\|^2` by both layers, from :math:`E\,xx^\top` and :math:`E\,yx^\top`.

    Args:
        network: "A" or "B".
        U: Second layers. Shape ``(n, 2, 2)``.
        W: First layers. Shape ``(n, 2, 2)``.
        moment: Of a batch, or of all data. Shape ``(n, 2, 2)`` or ``(2, 2)``.
        cross: Likewise.
    """
    size, slope_U, slope_W = size_and_slopes(network, U, W)
    product = U @ W / size
    signal = product @ moment - cross
    along = (signal * product).sum((1, 2))[:, None, None]
    return (
        signal @ W.swapaxes(1, 2) / size - along * slope_U,
        U.swapaxes(1, 2) @ signal / size - along * slope_W,
    )


def courses(network: str, start: Array, rng: np.random.Generator | None) -> Array:
    """Squared norms of both layers at every step; of SGD with one fresh sample a step, or of GD without ``rng``.

    Returns:
        Shape ``(2, STEPS + 1, RUNS)``.
    """
    U, W = start[:, 0].copy(), start[:, 1].copy()
    found = np.empty((2, STEPS + 1, len(start)))
    for k in range(STEPS + 1):
        found[:, k] = (U**2).sum((1, 2)), (W**2).sum((1, 2))
        moment, cross = np.eye(2), TEACHER
        if rng is not None:
            x = rng.standard_normal((len(start), 2, 1))
            y = TEACHER @ x + NOISE * rng.standard_normal((len(start), 2, 1))
            moment, cross = x @ x.swapaxes(1, 2), y @ x.swapaxes(1, 2)
        first, second = gradients(network, U, W, moment, cross)
        U, W = U - RATE * first, W - RATE * second
    return found


def norms(part: Mapping[str, Any]) -> dict[str, Any]:
    """How often the squared norms of all weights, and of each layer, do not fall; their growth; the first run."""
    seed = seed_of("figure 2", part)
    start = np.random.default_rng(seed).standard_normal((RUNS, 2, 2, 2)) / np.sqrt(2)
    found: dict[str, Any] = {**part}
    for name, rng in (("SGD", np.random.default_rng(seed + 1)), ("GD", None)):
        U, W = courses(part["network"], start, rng)
        found[name] = {
            which: {
                "kept": int((np.diff(values, axis=0) >= 0).sum()),
                "growth": to_digits(values[-1] / values[0]),
                "course": to_digits(values[::DRAWN, 0]),
            }
            for which, values in {"all": U + W, "U": U, "W": W}.items()
        }
    return found


def monotone(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of steps of SGD at which the norm of all weights does not fall; layers are features."""
    (row,) = results
    n, sgd = STEPS * RUNS, row["SGD"]
    layers = {which: sgd[which]["kept"] for which in ("U", "W")}
    falls = n - np.array(list(layers.values()))
    if row["network"] == "B":
        found = feature("each layer's norm never falls", 0, falls.max(), falls.max() == 0)
    else:
        found = feature("each layer's norm falls at some steps", "> 0", falls.min(), falls.min() > 0)
    growth = min(sgd["all"]["growth"])
    return {
        "location": [float(end) for end in Proportion(sgd["all"]["kept"], n).interval(FALSE_ALARM)],
        "features": [found, feature("in every run the norm has grown", "> 1", growth, growth > 1)],
        "told": f"steps at which U and W fell: {falls.tolist()} of {n}; the squared norm grew by {growth:.3f} at least",
    }


def unchanged(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """By how much the squared norm of all weights grows under GD, over all starts."""
    (row,) = results
    growth = row["GD"]["all"]["growth"]
    return {
        "location": [min(growth), max(growth)],
        "features": [],
        "told": f"GD at the learning rate {RATE}: by {np.mean(growth):.5f} on average",
    }


def pictures(name: str, results: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """The squared norms of both layers and of all weights in the first run, under SGD and under GD."""
    (row,) = results
    steps = DRAWN * np.arange(len(row["GD"]["all"]["course"]))
    curves = [
        Curve(f"{optimiser}, {label}", steps, row[optimiser][which]["course"], style=style, marks=False, kin=kin)
        for optimiser, style in (("SGD", "-"), ("GD", "--"))
        for kin, (which, label) in enumerate((("all", "all weights"), ("U", "second layer"), ("W", "first layer")))
    ]
    caption = f"Squared norms of Net-{row['network']} against the number of steps, from one start."
    panel = CurvePanel(curves, axes={"xlabel": "steps", "ylabel": "squared norm"})
    return [panels_picture(f"{name}-norms", [panel], label=caption, size=(6.8, 3.4))]


@paper.claim("SYM-15", "Section 4.1, Figure 2")
def norms_of_normalised_networks():
    r"""Norms of normalised networks.

    Under SGD "both networks have a monotonically increasing norm, whereas the norm remains unchanged when the training
    proceeds with GD"; Net-B: "both layers will have a monotonically increasing norm, which is not the case for Net-A".
    - Both formulas are lost; read as $UWx/(\|U\|^2 + \|W\|^2)$ and $UWx/(\|U\|\|W\|)$. In steps of finite size the norm
      grows under GD as well, by $\eta^2\|\nabla L\|^2$ each.
    """
    for name in ("A", "B"):
        part = ({"network": name},)
        yield reproduces(
            f"Net-{name} under SGD",
            r"P(\|\theta_{k+1}\| \ge \|\theta_k\|)",
            printed=sp.S.One,
            measure=norms,
            parts=part,
            summarise=monotone,
            pictures=pictures,
            wrong={"three of four steps": sp.Rational(3, 4)},
            says=f"The share of steps, {STEPS} of each of {RUNS} runs.",
        )
        yield reproduces(
            f"Net-{name} under GD",
            r"\|\theta_{\mathrm{end}}\|^2/\|\theta_0\|^2",
            printed=sp.S.One,
            measure=norms,
            parts=part,
            summarise=unchanged,
            wrong={"a tenth more": sp.Rational(11, 10)},
        )
