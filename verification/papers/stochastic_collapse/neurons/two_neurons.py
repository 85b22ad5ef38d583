r"""Appendix G and Figure 7: two neurons become equal under gradient descent with fresh label noise.

Real descent, no limit: :meth:`theory.models.two_neurons.TwoNeurons.turned_descent`, whose distance to the set
:math:`\{w_1 = w_2\}` keeps its digits down to the smallest float64. Whether a run collapses depends on the data, which
the paper draws once; here every share is over :data:`DATA_SETS` data sets, and comparisons are made data set by data
set: the same data, starts and label noise at every learning rate and noise scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from theory.models.two_neurons import INCOMING, OUTGOING, TwoNeurons
from theory.notation import eta
from verification.authoring.figures import FALSE_ALARM, Row, feature, seed_from
from verification.authoring.replicas import sign_test
from verification.authoring.shorthand import reproduces
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.drawing.curves import Curve, picture, plot
from verification.drawing.intervals import Picture
from verification.drawing.svg import VERMILLION
from verification.papers.stochastic_collapse.paper import paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = 8
DATA_SETS = 128
STARTS = 4
"""Starts for each data set."""

STEPS = 10_000
COLLAPSED = 1e-6
r"""A pair counts as collapsed where :math:`\|w_1 - w_2\|` is below this."""

SMALLEST = 1e-307
"""Distances below this have underflowed."""

noise_scale = sp.Symbol("sigma", nonnegative=True)
"""Standard deviation of the label noise; Figure 7 begins without noise."""

AXES = {"eta": ("learning rate η", "η"), "sigma": ("standard deviation of the label noise σ", "σ")}

inertia = sp.Symbol("m", nonnegative=True)
"""Momentum; 0 is plain gradient descent."""

INPUTS = sp.symbols(f"x_1:{SAMPLES + 1}", real=True)
LABELS = sp.symbols(f"y_1:{SAMPLES + 1}", real=True)


@lru_cache(maxsize=1)
def descent() -> Recursion:
    """The descent with data, learning rate, noise and momentum as parameters: one kernel serves all runs."""
    return TwoNeurons(INPUTS, LABELS).turned_descent(label_noise=noise_scale, momentum=inertia)


def _normals(of: str, *shape: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed_from(f"figure-7/{of}"))).standard_normal(shape)


def data_sets() -> np.ndarray:
    """Inputs and labels, all standard normal: the labels are pure noise. Shape ``(DATA_SETS, 2 * SAMPLES)``."""
    return _normals("data", DATA_SETS, 2 * SAMPLES)


def starts() -> np.ndarray:
    """Standard normal weights in half sums and half differences, velocities 0. Shape ``(DATA_SETS * STARTS, 8)``."""
    first, second = _normals("starts", DATA_SETS * STARTS, 2, 2).swapaxes(0, 1)
    return np.hstack([(first + second) / 2, (first - second) / 2, np.zeros((len(first), 4))])


def run(learning_rate: float, noise: float, momentum: float, *, steps: int = STEPS, threads: int = 1) -> np.ndarray:
    """The states at the end, one row per run, those of a data set together. Shape ``(DATA_SETS * STARTS, 8)``."""
    columns = np.repeat(data_sets(), STARTS, axis=0).T
    result = iterate(
        descent(),
        parameters={
            **dict(zip((*INPUTS, *LABELS), columns, strict=True)),
            eta: learning_rate,
            noise_scale: noise,
            inertia: momentum,
        },
        initial=starts(),
        steps=steps,
        n_replicas=DATA_SETS * STARTS,
        seed=seed_from("figure-7/label noise"),
        options=Options(on_divergence="count", threads=threads, progress=False),
    )
    assert result.final is not None
    return result.final


def measure(part: Row) -> dict[str, Any]:
    """One learning rate, noise scale and momentum: how many starts of each data set have collapsed."""
    learning_rate, noise, momentum = (number(part[name]) for name in ("eta", "sigma", "momentum"))
    final = run(learning_rate, noise, momentum)
    finite = np.isfinite(final).all(axis=1)
    apart = np.where(finite, 2 * np.hypot(final[:, 2], final[:, 3]), np.inf)
    mirrored = np.where(finite, 2 * np.hypot(final[:, 0], final[:, 1]), np.inf)
    equal, opposite = apart < COLLAPSED, mirrored < COLLAPSED
    median = float(np.median(2 * np.log10(np.maximum(apart, SMALLEST))))
    return {
        "eta": learning_rate,
        "sigma": noise,
        "momentum": momentum,
        "collapsed": equal.reshape(DATA_SETS, STARTS).sum(axis=1).tolist(),
        "starts": STARTS,
        "opposite": int(opposite.sum()),
        "vanished": int((equal & opposite).sum()),
        "underflowed": int((apart < SMALLEST).sum()),
        "diverged": int((~finite).sum()),
        "median_log10": median if math.isfinite(median) else None,
    }


def turns(results: Sequence[Row]) -> dict[str, Any]:
    """How often the strength of the attraction turns, along the parameter that varies.

    A rise from the first value to the strongest, or a fall from there to the last, counts where a sign test over the
    data sets finds it; with both there is one turn, else none.
    """
    counts = np.array([result["collapsed"] for result in results])
    shares = counts.mean(axis=1) / results[0]["starts"]
    strongest = int(shares.argmax())
    rise = sign_test(counts[0], counts[strongest]) * len(results)
    fall = sign_test(counts[-1], counts[strongest]) * len(results)
    found = int(rise < FALSE_ALARM and fall < FALSE_ALARM)
    varied = "sigma" if results[0]["sigma"] != results[-1]["sigma"] else "eta"
    return {
        "location": [found, found],
        "features": [
            feature("collapse strengthens at first", "yes", float(shares[strongest] - shares[0]), rise < FALSE_ALARM),
            feature("collapsing ceases beyond", 0.0, float(shares[-1]), shares[-1] < 0.1 * shares[strongest]),
        ],
        "varied": varied,
        "strongest_at": results[strongest][varied],
        "data_sets_that_collapse": int((counts[strongest] > 0).sum()),
        "significance": {"rise": rise, "fall": fall},
        "rows": [dict(result) | {"share": float(share)} for result, share in zip(results, shares, strict=True)],
    }


# The picture ---------------------------------------------------------------------------------------------------------


def pictures(name: str, parts: Sequence[Row], summary: Row) -> list[Picture]:
    """Share of collapsed runs against the learning rate or the noise scale, from what :func:`turns` made of them."""
    rows, varied = summary["rows"], summary["varied"]
    sets, starts_each = len(rows[0]["collapsed"]), rows[0]["starts"]
    places, runs = list(range(len(rows))), sets * starts_each
    shares = {what: [row[what] / runs for row in rows] for what in ("opposite", "diverged")}
    shares["equal"] = [row["share"] for row in rows]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        plot(axes, [Curve(what, places, shares[what]) for what in ("equal", "opposite")], ylabel="share of runs")
        axes.set(xlabel=AXES[varied][0], ylim=(0, None))
        axes.set_xticks(places, [f"{row[varied]:g}" for row in rows])
        lost = axes.twinx()
        lost.plot(places, shares["diverged"], color=VERMILLION, marker="X", linestyle=":", label="diverged")
        lost.set(ylabel="share of runs that diverge", ylim=(0, 1.03))
        lost.spines["right"].set_visible(True)
        figure.legend(loc="outside upper center", ncols=3, fontsize=9)

    medians = ["diverged" if row["median_log10"] is None else f"{row['median_log10']:.2f}" for row in rows]
    made = picture(
        f"{name}-share",
        draw,
        size=(5.4, 3.2),
        label=f"Share of runs in which the two neurons become equal, against the {AXES[varied][0]}.",
        caption=f"Share of {runs} runs, {starts_each} starts on each of {sets} data sets, in which |w₁ - w₂| falls "
        "below 1e-6, or |w₁ + w₂| does, and share of runs that diverge. At the strongest "
        f"{summary['data_sets_that_collapse']} data sets have a collapsed run.",
        table={
            AXES[varied][1]: [f"{row[varied]:g}" for row in rows],
            **{what: [f"{share:.3f}" for share in shares[what]] for what in ("equal", "opposite", "diverged")},
            "median log₁₀|w₁ - w₂|²": medians,
            "underflowed": [str(row["underflowed"]) for row in rows],
        },
    )
    return [made]


# The claim -----------------------------------------------------------------------------------------------------------


def _panel(name: str, says: str, parts: Sequence[Mapping[str, str]]) -> Statement:
    return reproduces(
        name,
        r"\#\{\text{turns}\}",
        printed=sp.Integer(1),
        measure=measure,
        pictures=pictures,
        parts=tuple(parts),
        summarise=turns,
        wrong={
            "no threshold: ever stronger, or no effect": sp.Integer(0),
            "weaker, then stronger again": sp.Integer(2),
        },
        says=says,
    )


@paper.claim(
    "SC-062",
    "Appendix G, Figure 7",
    symbols={
        **dict(zip(INCOMING, ("incoming weight of neuron 1", "incoming weight of neuron 2"), strict=True)),
        **dict(zip(OUTGOING, ("outgoing weight of neuron 1", "outgoing weight of neuron 2"), strict=True)),
        noise_scale: "standard deviation of the label noise",
    },
    scope=f"tanh, mean square loss, full batches of {SAMPLES} samples, {STEPS} steps; {DATA_SETS} data sets "
    f"and {STARTS} starts for each, all standard normal, labels too",
)
def two_neurons_become_equal():
    r"""Two neurons become equal.

    The attractivity strengthens with increased learning rate and noise scale up to a certain threshold, beyond which
    the collapsing ceases.
    - Judged is the shape: the share of runs with $|w_1 - w_2| < 10^{-6}$ after $10^4$ steps rises with the learning
      rate and with the noise, and falls to almost nothing beyond a threshold.
    - Momentum, activation, labels and starts are not in the text; the released code has $N = 8$, labels of pure noise
      and momentum $0.9$.
    - The data decide whether a pair collapses at all: even at the best learning rate most data sets do not within
      $10^4$ steps, and the median over all runs shows no collapse. A figure from one data set is one draw.
    - tanh is odd, so $w_1 = -w_2$ attracts as often as $w_1 = w_2$; only the printed set is counted.
    - Stochastic gradient flow knows no upper edge in the learning rate: the threshold belongs to finite steps, as in
      SC-111. Beyond it most runs diverge.
    """
    yield _panel(
        "learning rate, momentum 0.9",
        r"How often the strength turns as the learning rate grows, $\sigma = 0.1$, momentum $0.9$ as in the code.",
        [{"eta": rate, "sigma": "1/10", "momentum": "9/10"} for rate in ("1/20", "1/10", "1/5", "2/5", "4/5", "8/5")],
    )
    yield _panel(
        "learning rate, plain descent",
        "The same for plain gradient descent, as the text has it.",
        [{"eta": rate, "sigma": "1/10", "momentum": "0"} for rate in ("1/4", "1/2", "1", "2", "4", "8")],
    )
    yield _panel(
        "noise scale",
        r"How often the strength turns as the label noise grows, $\eta = 0.1$, momentum $0.9$.",
        [{"eta": "1/10", "sigma": s, "momentum": "9/10"} for s in ("0", "1/10", "1/5", "2/5", "4/5", "8/5")],
    )
