r"""Figures 3 (left), 4 and 5 run again: two layers after SGD and after gradient descent from the same starts.

The loss of a sample is :math:`\frac12\|y - f(x)\|^2`, half of the page's. Sizes, learning rates and numbers of steps
are not given there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import Data, DataSet, NoisyTeacher
from numerics.layered.dynamics import Dynamics, FullGradientDescent, MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from numerics.statistics.estimators import Proportion
from theory.symmetry.one_parameter import slope_along
from theory.symmetry.textbook import residual_rotation
from verification.authoring.figures import FALSE_ALARM, feature, seed_of
from verification.authoring.replicas import student_interval, to_digits
from verification.authoring.shorthand import Kind, equals, reproduces
from verification.papers.gradient_noise_symmetry.figures.drawn import norm_pictures, side_pictures, trace_pictures
from verification.papers.gradient_noise_symmetry.paper import paper

Array = np.ndarray
Part = Mapping[str, Any]

STARTS = 72
"""Runs from which a share of 1 is known to 20 %."""


def drawn_layers(widths: Sequence[int], gains: Sequence[float], n: int, seed: int) -> dict[str, Array]:
    """Gaussian layers of variance gain**2 / fan-in, one start a replica."""
    rng = np.random.default_rng(seed)
    return {
        f"W{l}": gain / math.sqrt(fan_in) * rng.standard_normal((n, fan_out, fan_in))
        for l, (gain, fan_in, fan_out) in enumerate(zip(gains, widths, widths[1:], strict=False), start=1)
    }


def trained(network: DenseNetwork, data: Data, dynamics: Dynamics, start: Mapping[str, Array], steps: int, seed: int):
    """The last weights W (first layer) and U (second layer). Shapes ``(n, d, d_x)``, ``(n, d_y, d)``."""
    n = len(start["W1"])
    run = train_layers(
        network,
        data,
        dynamics,
        initial=start,
        steps=steps,
        n_replicas=n,
        seed=seed,
        options=Options(progress=False),
    )
    return run.final["W1"], run.final["W2"]


def squares(layer: Array) -> Array:
    """Squared Frobenius norms. Shape ``(n,)``."""
    return (layer**2).sum((1, 2))


def share(hits: Array) -> list[float]:
    """The interval of a share."""
    return [float(end) for end in Proportion(int(hits.sum()), hits.size).interval(FALSE_ALARM)]


def balanced_sides(W: Array, U: Array, inputs: Array, labels: Array) -> tuple[Array, Array]:
    """Both sides of (16), with covariances normalised by their traces."""
    return W @ (inputs / np.trace(inputs)) @ W.swapaxes(1, 2), U.swapaxes(1, 2) @ (labels / np.trace(labels)) @ U


def cosine(first: Array, second: Array) -> Array:
    """Of matrices as vectors, one a replica."""
    return (first * second).sum((1, 2)) / np.sqrt(squares(first) * squares(second))


RESIDUAL = DenseNetwork((3, 3, 3), residual=(1, 2))
TEACHER = NoisyTeacher(np.diag([2.0, 1.5, 1.2]), label_covariance=0.25)


def residual_norms(part: Part) -> dict[str, Any]:
    """Ratios of the squared norms of the layers, as they stand and with their identities, under SGD and GD."""
    seed = seed_of("figure 4", part)
    start = drawn_layers(RESIDUAL.widths, part["gains"], 2 * STARTS, seed)
    found: dict[str, Any] = {**part}
    for name, dynamics, steps in (
        ("SGD", MiniBatchDescent(learning_rate=0.01), 60_000),
        ("GD", FullGradientDescent(learning_rate=0.01), 10_000),
    ):
        W, U = trained(RESIDUAL, TEACHER, dynamics, start, steps, seed)
        found[name] = to_digits(squares(U) / squares(W))
        found[f"{name} shifted"] = to_digits(squares(U + np.eye(3)) / squares(W + np.eye(3)))
    return found


def more_balanced(results: Sequence[Part]) -> dict[str, Any]:
    """The share of starts from which the raw norms of SGD are closer to each other than those of GD."""
    hits, told, worst = [], [], 0.0
    for row in results:
        distances = {name: np.abs(np.log(row[name])) for name in ("SGD", "GD", "SGD shifted", "GD shifted")}
        hits.append(distances["SGD"] < distances["GD"])
        worst = max(worst, abs(float(np.mean(np.log(row["SGD shifted"])))))
        medians = ", ".join(f"{name} {np.exp(np.median(value)):.3g}" for name, value in distances.items())
        told.append(f"gains {row['gains']}: median factor between the layers {medians}")
    pooled = np.concatenate(hits)
    even = feature("with their identities SGD's layers are even, to 2 %", 1.0, math.exp(worst), worst < 0.02)
    return {"location": share(pooled), "features": [even], "told": "; ".join(told)}


@paper.claim("SYM-24", "Section 4.4, Figure 4", kind=Kind.FIGURE)
def residual_network():
    r"""Residual network.

    "This network no longer has the rescaling symmetry"; "the symmetry is partially exists in the model"; "when trained
    with SGD, the network will have a more balanced norm than training under GD".
    - Read as $f = (I + U)(I + W)x$, for which the page's hint stands. The symmetry exists in full, shifted: a double
      rotation of $I + U$ and $I + W$; it is their norms that SGD makes even. The raw norms follow, to the extent that
      the identities allow.
    - Three inputs and outputs, random starts with the gains 0.2 and 1, and 1 and 0.2; 144 of each.
    """
    u, w, x, y = sp.symbols("u w x y", real=True)
    loss = ((1 + u) * (1 + w) * x - y) ** 2 / 2
    theta, one = sp.Matrix([u, w]), sp.eye(1)

    def along(field: sp.MatrixBase) -> sp.Expr:
        return sp.factor(slope_along(field, loss, theta))

    raw = x * (u - w) * ((1 + u) * (1 + w) * x - y)
    yield reproduces(
        "more balanced under SGD",
        r"P\bigl(|\log\|U\|^2/\|W\|^2|_{\mathrm{SGD}} < |\log\|U\|^2/\|W\|^2|_{\mathrm{GD}}\bigr)",
        printed=sp.S.One,
        measure=residual_norms,
        parts=({"gains": [0.2, 1.0]}, {"gains": [1.0, 0.2]}),
        summarise=more_balanced,
        pictures=norm_pictures,
        wrong={"in half of the runs": sp.S.Half, "in three of four": sp.Rational(3, 4)},
    )
    yield equals(
        r"raw rescaling: $J\cdot\nabla\ell,\ J = (u, -w)$",
        printed=raw,
        derived=lambda: along(sp.Matrix([u, -w])),
        wrong={"a symmetry": sp.S.Zero, "of the sum": x * (u + w) * ((1 + u) * (1 + w) * x - y)},
        remark="One weight a layer: the raw rescaling is no symmetry, as the page says.",
        mutated=False,
    )
    yield equals(
        r"shifted rescaling: $J\cdot\nabla\ell,\ J = (1 + u, -1 - w)$",
        printed=sp.S.Zero,
        derived=lambda: along(residual_rotation([u, w], sp.Matrix([[u]]), sp.Matrix([[w]]), one).field),
        wrong={"not shifted": raw},
        remark="A result of ours: what remains is a whole symmetry.",
    )


LABELS = np.diag([4.0, 4.0, 4.0, 0.09, 0.09, 0.09])
WIDE = 6
UPPER = np.triu_indices(WIDE)


def representations(part: Part) -> dict[str, Any]:
    """The cosine between both sides of (16) after SGD with fresh noise, and after GD on 128 samples.

    The sides from the first start, entry by entry, are kept for the picture.
    """
    seed, n = seed_of("figure 5", part), 48
    network = DenseNetwork((WIDE, WIDE, WIDE), activations=part["activation"])
    inputs = part["spread"] ** 2 * np.eye(WIDE)
    start = drawn_layers(network.widths, (1.0, 1.0), n, seed)
    rng = np.random.default_rng(seed)
    x = part["spread"] * rng.standard_normal((128, WIDE))
    sample = DataSet(x, x + rng.standard_normal((128, WIDE)) * np.sqrt(np.diag(LABELS)))
    fresh = NoisyTeacher(np.eye(WIDE), input_covariance=inputs, label_covariance=LABELS)
    rate = part["rate"]
    found: dict[str, Any] = {**part}
    for name, data, dynamics, steps in (
        ("SGD", fresh, MiniBatchDescent(learning_rate=rate), part["steps"]),
        ("GD", sample, FullGradientDescent(learning_rate=5 * rate), 10_000),
    ):
        W, U = trained(network, data, dynamics, start, steps, seed)
        sides = balanced_sides(W, U, inputs, LABELS)
        found[name] = to_digits(cosine(*sides))
        found[f"{name} sides"] = [to_digits(side[0][UPPER] / np.linalg.norm(side[0])) for side in sides]
    return found


def agreement(results: Sequence[Part]) -> dict[str, Any]:
    """The mean cosine under SGD; GD's is a feature."""
    (row,) = results
    gd = np.array(row["GD"])
    other = feature("under GD another representation: cosine below 1/2", "different", gd.max(), gd.max() < 0.5)
    return {
        "location": [float(end) for end in student_interval(row["SGD"], FALSE_ALARM)],
        "features": [other] if row["activation"] == "tanh" else [],
        "told": f"mean cosine under SGD {np.mean(row['SGD']):.3f}, under GD {gd.mean():.3f}",
    }


@paper.claim("SYM-25", "Section 4.4, Figure 5")
def tanh_autoencoder():
    r"""Tanh autoencoder.

    "if trained with SGD, the learned representation agrees with the prediction of Theorem 2 very well, whereas under
    GD, the model learned a completely different representation".
    - Six inputs, hidden units and outputs; label noise of standard deviation 2 on three outputs and 0.3 on three; the
      page's sizes are lost. Prediction and representation are both sides of (16), compared as vectors.
    - With inputs of spread 0.3 the units are nearly linear, and agreement is as good as in a linear network. It gets
      worse as they saturate: at spread 1 the mean cosine is about 0.92, at a finite learning rate.
    """
    for name, spread, activation, rate, steps in (
        ("small inputs", 0.3, "tanh", 0.02, 200_000),
        ("inputs of spread 1", 1.0, "tanh", 0.005, 400_000),
        ("linear control", 0.3, "linear", 0.02, 200_000),
    ):
        yield reproduces(
            name,
            r"\cos(W\bar\Sigma_xW^\top, U^\top\bar\Sigma_\varepsilon U)",
            printed=sp.S.One,
            measure=representations,
            parts=({"spread": spread, "activation": activation, "rate": rate, "steps": steps},),
            summarise=agreement,
            pictures=side_pictures,
            wrong={"half way": sp.S.Half, "four fifths": sp.Rational(4, 5)},
            says=f"Inputs of standard deviation {spread}, {activation} units.",
            remark=name == "linear control",
        )


LAYERS = DenseNetwork((3, 3, 3))
VARIANCES = (0.1, 1.0, 10.0)


def traces(part: Part) -> dict[str, Any]:
    r"""The factor between the traces of both sides of (16), for three variances of the first output's noise."""
    seed = seed_of("figure 3", part)
    found: dict[str, Any] = {**part}
    runs = STARTS if part["optimiser"] == "SGD" else 4 * STARTS
    start = drawn_layers(LAYERS.widths, part["gains"], runs, seed)
    for variance in VARIANCES:
        labels = np.diag([variance, 0.1, 0.1])
        data = NoisyTeacher(np.diag([1.5, 1.0, 0.7]), label_covariance=labels)
        if part["optimiser"] == "SGD":
            rate = 0.01 if variance < 5 else 0.002
            W, U = trained(LAYERS, data, MiniBatchDescent(learning_rate=rate), start, round(1_500 / rate), seed)
        else:
            W, U = trained(LAYERS, data, FullGradientDescent(learning_rate=0.003), start, 20_000, seed)
        left, right = balanced_sides(W, U, np.eye(3), labels)
        ratio = np.trace(left, axis1=1, axis2=2) / np.trace(right, axis1=1, axis2=2)
        found[str(variance)] = to_digits(ratio)
    return found


def aligned(results: Sequence[Part]) -> dict[str, Any]:
    """The mean ratio under SGD, at all variances."""
    (row,) = results
    means = [np.mean(row[str(variance)]) for variance in VARIANCES]
    intervals = [student_interval(row[str(variance)], FALSE_ALARM) for variance in VARIANCES]
    told = ", ".join(f"{mean:.3f} at {variance}" for mean, variance in zip(means, VARIANCES, strict=True))
    lower, upper = min(low for low, _ in intervals), max(high for _, high in intervals)
    return {"location": [float(lower), float(upper)], "features": [], "told": f"SGD: {told}"}


def far_away(results: Sequence[Part]) -> dict[str, Any]:
    """The share of starts from which GD ends with traces that differ by more than a factor of ten, at all variances."""
    (row,) = results
    factors = np.array([np.abs(np.log10(row[str(variance)])) for variance in VARIANCES])
    medians = ", ".join(
        f"{10**value:.2f} at {variance}" for value, variance in zip(np.median(factors, 1), VARIANCES, strict=True)
    )
    return {"location": share((factors > 1).all(0)), "features": [], "told": f"median factor of GD: {medians}"}


@paper.claim("SYM-33", "Section 4.3, Figure 3 left")
def gradient_descent_is_far_from_alignment():
    r"""Gradient descent is far from alignment.

    "the two layers are aligned according to Theorem 2 under SGD, but not under GD. In fact, GD finds solutions that are
    more than an order of magnitude away from SGD."
    - Measured is the ratio of the traces of both sides of (16), for three variances of the noise of one output; what
      the page measures is not in the text at hand. Three inputs, hidden units and outputs.
    - From layers of equal size GD ends within a factor of about two, whatever the variance. An order of magnitude away
      it ends from layers of very unequal size.
    """
    equal, unequal = [1.0, 1.0], [0.01, 4.0]
    yield reproduces(
        "SGD",
        r"\mathrm{Tr}[W\bar\Sigma_xW^\top]/\mathrm{Tr}[U^\top\bar\Sigma_\varepsilon U]",
        printed=sp.S.One,
        measure=traces,
        parts=({"gains": equal, "optimiser": "SGD"},),
        summarise=aligned,
        pictures=trace_pictures,
        wrong={"a quarter more": sp.Rational(5, 4), "half": sp.S.Half},
        says="Mean over random starts.",
    )
    for name, gains in (("layers of equal size", equal), ("layers of unequal size", unequal)):
        yield reproduces(
            f"GD from {name}",
            r"P(\text{traces a factor of 10 apart})",
            printed=sp.S.One,
            measure=traces,
            parts=({"gains": gains, "optimiser": "GD"},),
            summarise=far_away,
            pictures=trace_pictures,
            wrong={"half of the starts": sp.S.Half},
            says=f"The share of random starts with the gains {gains[0]:g} and {gains[1]:g}.",
        )
