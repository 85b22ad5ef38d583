r"""Figure 2 of the stochastic-collapse paper, run again: many single neurons, and the noise at which they collapse.

Every model is the process (31) of :class:`~theory.models.single_neuron.SingleNeuron` with a tanh, on one data set of 32
points. It sees the learning rate and the label noise through :math:`\eta\zeta^2/2` alone, the *noise level*; Theorem
5.1 puts the transition at the level :math:`|\sum x_iy_i|/\sum x_i^2`, the *signal*.

Two measurements, the second not in the paper:

* the share of models with :math:`\sqrt{w_1^2 + w_2^2} < 10^{-2}`, from the paper's start and for its time;
* the growth rate of :math:`\log|w|` for models started at :math:`10^{-60}`, where the same nonlinear steps are
  linear to every digit. It changes sign where the collapse begins, without the blur of a finite time.

The 32 noises of a step enter through two combinations of the same law (:mod:`theory.fewer_noises`). States are float64:
collapsed models come to :math:`10^{-80}`, and tanh and the noise keep their relative accuracy there.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from numerics.codegen import compile_program
from numerics.deterministic.collapse_threshold import collapse_variance
from numerics.simulation.options import Options
from theory.fewer_noises import with_fewer_noises
from theory.ito import ItoProcess
from theory.models.single_neuron import w_1, w_2
from theory.notation import eta, zeta
from verification.authoring.figures import Row, lies_at, of_few, zero_of_line
from verification.authoring.shares import Shares
from verification.authoring.shorthand import reproduces
from verification.authoring.simulated import number, paths_at
from verification.drawing.curves import Curve, Line, columns, curves_picture, points_picture
from verification.drawing.intervals import Picture
from verification.papers.stochastic_collapse.figures import data_of_figure_2 as data
from verification.papers.stochastic_collapse.paper import paper

STEP = 0.01
FIGURE = Shares("level", "models", (1_000, 2_500, 5_000, 10_000), "ηζ²/2", "noise level", "|w| < 0.01")
"""The last snapshot is the paper's time, T = 100."""

EPSILON, MODELS, START = 1e-2, 1000, 1e-3
FAR_MODELS, FAR_START = 1024, 1e-60
"""How many models, and the standard deviation of their initial weights."""

SHOWN, REACH = 15, 2.5
"""The scatter plot shows so many models of each noise level, and weights up to this."""


def driven_by_samples() -> ItoProcess:
    """The process (31), one Brownian motion per sample."""
    return data.neuron().flow(sp.sqrt(data.POINTS))


@lru_cache(maxsize=1)
def process() -> ItoProcess:
    """The same law with two Brownian motions."""
    return with_fewer_noises(driven_by_samples(), near={w_1: 0, w_2: 0})


def parameters(levels: float | np.ndarray) -> dict[sp.Symbol, Any]:
    r"""Learning rates at which :math:`\eta\zeta^2/2` is the noise level, for :math:`\zeta = 1`."""
    return {eta: 2 * levels, zeta: 1.0}


def run(
    level: float | np.ndarray, *, models: int, start: float, seed: int, threads: int = 1, step: float = STEP
) -> np.ndarray:
    """Weights at the snapshots, shape ``(snapshots, models, 2)``; ``level`` may differ from model to model."""
    starts, options = start * data.normals((models, 2), seed), Options(threads=threads, progress=False)
    how: dict[str, Any] = {"step": step, "parameters": parameters(level), "seed": seed, "options": options}
    return np.asarray(paths_at(FIGURE.snapshots, process(), initial=starts, **how).paths)


def distance(weights: np.ndarray) -> np.ndarray:
    r"""The distance :math:`\sqrt{w_1^2 + w_2^2}` from the origin, also where the squares would underflow."""
    return np.hypot(weights[..., 0], weights[..., 1])


def measure(part: Row) -> dict[str, Any]:
    """One part of the figure: the models of a noise level, or their growth rate far below the start."""
    return growth_at(part) if part.get("start") == "far" else collapse_at(part)


def collapse_at(part: Row) -> dict[str, Any]:
    """One noise level: how many models have collapsed at each snapshot, and where some of them are."""
    level, seed = number(part["level"]), data.seed_of(part)
    weights = run(level, models=MODELS, start=START, seed=seed)
    shown = [[float(f"{w:.4g}") for w in pair] for pair in weights[-1, :SHOWN].tolist()]
    return {**row(level, distance(weights)), "weights": shown, "seed": seed}


def row(level: float, distances: np.ndarray) -> dict[str, Any]:
    """The row of a noise level; ``distances`` has shape ``(snapshots, models)``."""
    collapsed = (distances < EPSILON).sum(axis=1).tolist()
    median = float(np.log10(np.median(distances[-1])))
    return FIGURE.row(level, collapsed, distances.shape[1], median_log10=median, smallest=float(distances.min()))


def growth_at(part: Row) -> dict[str, Any]:
    r"""One noise level: mean growth rate of :math:`\log|w|` between the first and the last snapshot."""
    level, seed = number(part["level"]), data.seed_of(part)
    logs = np.log(distance(run(level, models=FAR_MODELS, start=FAR_START, seed=seed)))
    found = {"start": part["start"], "level": level, **FIGURE.growth_rate(logs, 0, STEP)}
    return found | {"largest": float(np.exp(logs.max())), "models": FAR_MODELS, "seed": seed}


def transition(results: Sequence[Row]) -> dict[str, Any]:
    """Where half of the models have collapsed in the end, and whether the figure's features are there."""
    far = [result for result in results if result.get("start") == "far"]
    near = [result for result in results if result.get("start") != "far"]
    known, (lower, upper) = thresholds(), vanishing(far)
    stated, of_steps = known.values()
    grows = "the growth rate vanishes at the exact threshold of the steps (not plotted)"
    vanishes = lies_at(grows, of_steps, [lower, upper])
    features = [*FIGURE.features(near, stated), FIGURE.approaches(near, stated), vanishes]
    rates = {"growth_vanishes": [lower, upper], "rates": [dict(result) for result in far]}
    return FIGURE.summary(near, features, step=STEP, **known, **rates)


def vanishing(far: Sequence[Row]) -> list[float]:
    """Interval for the noise level at which the growth rate vanishes, from rows of at least two levels."""
    levels, rates, errors = np.array([(row["level"], row["rate"], row["rate_error"]) for row in far]).T
    return zero_of_line(levels, rates, of_few(errors, far[0][FIGURE.runs]))


def thresholds() -> dict[str, float]:
    """The signal of Theorem 5.1, and the exact threshold of the steps."""
    return {"threshold": float(data.signal()), "threshold_of_steps": threshold_of_steps()}


def threshold_of_steps(step: float = STEP) -> float:
    r"""The noise level at which Euler-Maruyama steps themselves collapse.

    Near 0 a step multiplies :math:`w_1 + w_2` by a Gaussian of mean :math:`1 + hm_{xy}` and variance
    :math:`2h\,m_{xx}` times the noise level.
    """
    m_xy, m_xx = map(float, data.data_moments())
    window = collapse_variance(1 + step * abs(m_xy))
    assert window is not None
    return float(window.lower) / (2 * step * m_xx)


def pictures(name: str, parts: Sequence[Row], summary: Row) -> list[Picture]:
    """The trained weights, the share of collapsed models, and the growth rates, against the noise level."""
    return [
        _scatter(f"{name}-weights", [part for part in parts if "weights" in part]),
        collapse_picture(f"{name}-collapse", summary),
        _growth(f"{name}-growth", summary),
    ]


def collapse_picture(name: str, summary: Row) -> Picture:
    r"""Share of models with :math:`|w| < 10^{-2}` against the noise level, a curve for each snapshot."""
    return FIGURE.picture(
        name,
        summary["rows"],
        [Line(summary["threshold"], "-", "signal"), Line(summary["threshold_of_steps"], ":", "Euler-Maruyama")],
        caption="All models start there. Lines: the signal of Theorem 5.1, and the exact threshold of these steps.",
        cells={"median log₁₀|w|": "{median_log10:.2f}"},
    )


def _growth(name: str, summary: Row) -> Picture:
    """Growth rates on both sides of the transition, and where the line through them vanishes."""
    rates, (lower, upper) = summary["rates"], summary["growth_vanishes"]
    levels, means, errors = np.array([(row["level"], row["rate"], row["rate_error"]) for row in rates]).T
    cells = {"growth rate": "{rate:.4f} ± {rate_error:.4f}", "largest |w| on the way": "{largest:.1e}"}
    bars = np.stack([means - 5 * errors, means + 5 * errors], axis=1)
    return curves_picture(
        name,
        [Curve("rate, ±5 standard errors", levels, means, bars), Curve("where it vanishes", [lower, upper], [0, 0])],
        [Line(summary["threshold"], "-", "signal")],
        axes={"xlabel": "noise level ηζ²/2", "ylabel": "growth rate of log|w|"},
        size=(6.6, 3.2),
        label="Growth rate of log|w| far below the start.",
        caption=f"Growth rate of log|w| of {rates[0]['models']} models started at 1e-60, and where the line through it "
        f"vanishes: [{lower:.4f}, {upper:.4f}] with a false alarm of 1e-6.",
        table=columns(rates, {"ηζ²/2": "{level:g}"} | cells),
    )


def _scatter(name: str, parts: Sequence[Row]) -> Picture:
    """The weights of some models at the end, over the contours of the mean loss of all data."""
    grid = np.linspace(-REACH, REACH, 161)
    label = f"Weights of {len(parts[0]['weights'])} models at each noise level after training."
    return points_picture(
        name,
        {f"ηζ²/2 = {part['level']:g}": part["weights"] for part in parts},
        contours=(grid, np.log10(loss_at(*np.meshgrid(grid, grid)))),
        axes={"xlabel": "w₁", "ylabel": "w₂"},
        label=label,
        caption=f"{label} Contours: logarithm of the mean loss over the whole data set.",
        size=(5.4, 3.8),
    )


def loss_at(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The mean loss of the data set at the weights given. Shapes alike."""
    (values,) = compile_program([data.neuron().model.mean_loss], [w_1, w_2])(first, second)
    return values


@paper.claim(
    "SC-055", "Figure 2, Appendix J", symbols={w_1: "incoming weight", w_2: "outgoing weight", zeta: "noise amplitude"}
)
def collapse_of_a_single_neuron():
    r"""Collapse of a single neuron.

    The colored lines represent the empirical probability that $\sqrt{w_1^2 + w_2^2} < \epsilon = 10^{-2}$ (from $10^3$
    samples) after a given number of update steps. We observe a sudden transition that aligns with the collapsing
    condition from Theorem 5.1.
    - Scope: tanh, the process (31), one data set of 32 points drawn here and kept to four decimals.
    - Judged is what the figure plots: the noise level at which half of the models are close to the origin at its last
      time. It lies some 4 % below the signal of Theorem 5.1. The models start close to the origin, so that the share
      falls from 1 below the transition.
    - Where the growth rate of $\log|w|$, far from any nonlinearity, changes sign belongs to Theorem 5.1; the figure
      does not plot it. It is compared with the exact threshold of the Euler-Maruyama steps, 1.3 % below that of the
      process.
    - Appendix J does not name the activation; the released code uses tanh.
    - The released code runs to $T = 1000$, not 100; its legend labels the steps by the index into a grid of 100 points
      over the step, so that the true numbers of steps are about 10 times the labels; they are right for $T = 100$.
    - In the released code the error band divides by 256 where there are 1000 models, and the heat map of the loss on
      the left shows the first data point's loss, not the mean over the 32.
    """
    yield reproduces(
        r"transition: $(\eta\zeta^2/2)_{1/2}$",
        printed=data.signal(),
        measure=measure,
        parts=(
            *({"level": level} for level in ("1/2", "4/5", "1", "6/5", "3/2")),
            *({"level": level, "start": "far"} for level in ("4/5", "1", "6/5")),
        ),
        summarise=transition,
        pictures=pictures,
        wrong={
            "a tenth more noise": 11 * data.signal() / 10,
            r"factor $\frac12$ of Itô's formula lost": data.signal() / 2,
            "half the noise": 2 * data.signal(),
            "noise of the descent (20)": data.POINTS * data.signal(),
            "variance of the inputs lost": abs(data.data_moments()[0]),
        },
        says=r"The noise level $\eta\zeta^2/2$ at which half of the neurons have collapsed, against "
        r"$|\sum_i x_iy_i|/\sum_i x_i^2$ of these data.",
    )
