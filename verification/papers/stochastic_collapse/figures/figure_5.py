r"""Figure 5 of the stochastic-collapse paper, run again: label noise and the test error of a linear student.

The student and its data are those of :mod:`numerics.sgd.linear_student`; the
effective learning rates are 3/1024 and 0.3/1024. The warm-up of 1000 steps is Appendix J's, taken to be linear; the
released program has none here.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from numerics.sgd import linear_student as student
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from theory.models.teacher_student.error import overlap as q
from theory.notation import eta, k, nu, s_tilde, zeta
from verification.authoring.figures import FALSE_ALARM, Row, feature, quantile, seed_of, smallest_among
from verification.authoring.replicas import interval, mean_and_error, neighbours, to_digits
from verification.authoring.shorthand import reproduces
from verification.authoring.simulated import number
from verification.drawing.curves import Curve, CurvePanel, Guide, Line, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.stochastic_collapse.measured.linear_student import stationary_test_error
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.error_of_a_mode import noise_in_the_error

NOISE_LEVELS = ("0", "5", "10", "15", "20")

WARM_UP, LONG, AFTER = 1_000, 50_000, 10_000
"""Steps of the three phases: rising learning rate, full learning rate, a tenth of it."""

DROP = WARM_UP + LONG

BEFORE_DROP = (1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 17_000, 23_000, 30_000, 37_000, 44_000, DROP)
SINCE_DROP = (200, 400, 700, 1_000, 1_400, 1_700, 2_000, 2_500, 3_000, 4_000, 5_000, 6_500, 8_000, AFTER)
SNAPSHOTS = (*BEFORE_DROP, *(DROP + steps for steps in SINCE_DROP))
AT_DROP = SNAPSHOTS.index(DROP)
"""Steps at which the errors are looked at, and which of them is the drop."""

REPLICAS, BARS = 256, 1.96
"""As many as the paper's; standard errors in a 95 % interval."""


def phases() -> tuple[tuple[Recursion, float, tuple[int, ...]], ...]:
    """The recursion, the learning rate (a number for eta) and the snapshots, counted within each phase."""
    rising = student.mode_recursion(eta * (k + 1) / WARM_UP)
    constant = student.mode_recursion(eta)
    later, rate = tuple(step - WARM_UP for step in BEFORE_DROP if step > WARM_UP), student.RATE
    return (rising, rate, (WARM_UP,)), (constant, rate, later), (constant, rate / 10, SINCE_DROP)


def run(noise: float, *, replicas: int, seed: int, threads: int = 1, first: int = 0) -> np.ndarray:
    r"""The learned singular values :math:`\hat s_i = w_i^2` at the snapshots. Shape ``(snapshots, replicas, 64)``.

    Replica ``r`` depends on ``seed`` and ``first + r`` alone.
    """
    values = np.tile(student.data_set().singular_values, replicas)
    state, found = np.ones((values.size, 1)), []
    for stream, (recursion, rate, at) in enumerate(phases()):
        parameters = {eta: rate, student.amplitude: noise, s_tilde: values}
        options = Options(first=first * student.DIMENSION, stream=stream, threads=threads, progress=False)
        how: dict[str, Any] = {"steps": at[-1], "at": at, "n_replicas": values.size, "seed": seed, "paths": True}
        simulation = iterate(recursion, parameters=parameters, initial=state, options=options, **how)
        found.append(simulation.paths[:, :, 0])
        state = simulation.paths[-1]
    return (np.concatenate(found) ** 2).reshape(len(SNAPSHOTS), replicas, student.DIMENSION)


def measure(part: Row) -> dict[str, Any]:
    """One noise level of the figure; see :func:`level`."""
    return level(part["zeta"], replicas=int(part.get("replicas", REPLICAS)), seed=seed_of("figure-5", part))


def level(noise: str, *, replicas: int, seed: int, threads: int = 1) -> dict[str, Any]:
    """Errors at the snapshots, mean and standard error, and mean learned signals; without noise of two replicas."""
    zeta = number(noise)
    learned = run(zeta, replicas=replicas if zeta else 2, seed=seed, threads=threads)
    train, test = student.data_set().train_error(learned), student.data_set().test_error(learned)
    return {
        "zeta": zeta,
        "replicas": learned.shape[1],
        "train": mean_and_error(train),
        "test": mean_and_error(test),
        "learned": mean_and_error(learned.sum(axis=2)),
        "signals_at_drop": to_digits(learned[AT_DROP].mean(axis=0)),
        "signals_at_end": to_digits(learned[-1].mean(axis=0)),
        "variation_at_drop": float(test[AT_DROP].std(ddof=1) / test[AT_DROP].mean()),
        "seed": seed,
    }


def summary(results: Sequence[Row]) -> dict[str, Any]:
    """Where, given its error, the test error may be the smallest in the end, and the features of the caption."""
    rows = sorted(results, key=lambda row: row["zeta"])
    beyond = _errors_beyond_chance(rows, FALSE_ALARM / len(rows))
    ends = [interval(row["test"][-1], beyond) for row in rows]
    return {
        "location": smallest_among([row["zeta"] for row in rows], ends),
        "features": [
            *neighbours("test error in the end falls", rows, "zeta", "test", at=-1, sign=-1, errors=beyond),
            *neighbours("train error at the drop rises", rows, "zeta", "train", at=AT_DROP, sign=1, errors=beyond),
            _falls_after_drop(rows[-1], beyond),
            *neighbours(
                "learned signals at the drop fall", rows, "zeta", "learned", at=AT_DROP, sign=-1, errors=beyond
            ),
        ],
        "data": to_digits(student.data_set().singular_values),
        **_shown(rows),
    }


def _errors_beyond_chance(rows: Sequence[Row], false_alarm: float) -> float:
    """So many standard errors, by the fewest runs of a level with noise; without it all runs are the same."""
    return quantile(false_alarm, min((row["replicas"] for row in rows if row["zeta"]), default=2))


def smallest_error(results: Sequence[Row]) -> dict[str, Any]:
    """The smallest test error over the given noise levels, all snapshots, and the student that has learned nothing."""
    beyond = _errors_beyond_chance(results, FALSE_ALARM / (len(results) * len(SNAPSHOTS)))
    ends = [interval(point, beyond) for row in results for point in row["test"]]
    lowest, highest = (min(end[side] for end in ends) for side in (0, 1))
    place = min((mean, row["zeta"], SNAPSHOTS[i]) for row in results for i, (mean, _) in enumerate(row["test"]))
    return {
        "location": [min(1.0, lowest), min(1.0, highest)],
        "features": [],
        "smallest_of_trained": [lowest, highest],
        "at": {"mean": place[0], "zeta": place[1], "step": place[2]},
        **_shown(results),
    }


def _shown(rows: Sequence[Row]) -> dict[str, Any]:
    """What pictures need besides."""
    stationary = [stationary_test_error(row["zeta"]) for row in rows]
    return {"snapshots": list(SNAPSHOTS), "drop": DROP, "stationary": stationary, "rows": [dict(row) for row in rows]}


def _falls_after_drop(row: Row, quantile: float) -> dict[str, Any]:
    (mean, error), (low, low_error) = row["test"][AT_DROP], min(row["test"][AT_DROP:])
    reproduced = mean - low > quantile * math.hypot(error, low_error)
    return feature(
        "test error falls after the drop at the largest noise", "falls", low - mean, reproduced, contradicted=False
    )


def pictures(name: str, parts: Sequence[Row], summary: Row) -> list[Picture]:
    """Errors and, where all noise levels are there, learned signals."""
    signals = [_signals(f"{name}-signals", summary)] if "data" in summary else []
    return [errors_picture(f"{name}-errors", summary), *signals]


def errors_picture(name: str, summary: Row) -> Picture:
    """Train and test error against the steps, a curve for each noise level."""
    rows, steps = summary["rows"], summary["snapshots"]
    after = range(steps.index(summary["drop"]), len(steps))
    lowest = [min(after, key=lambda j, row=row: row["test"][j][0]) for row in rows]
    ticks = {"xticks": [0, 20_000, 40_000, 60_000], "xticklabels": ["0", "20k", "40k", "60k"]}

    def curve(row: Row, error: str) -> Curve:
        bars = [interval(point, BARS) for point in row[error]]
        return Curve(f"ζ = {row['zeta']:g}", steps, [mean for mean, _ in row[error]], bars)

    def panel(error: str, *guides: Guide, **limits: Any) -> CurvePanel:
        axes = {"xlabel": "steps", "ylabel": f"{error} error", **ticks, **limits}
        return CurvePanel([curve(row, error) for row in rows], [Line(summary["drop"], ":")], guides, axes)

    cell = "{:.3f} ± {:.3f}".format
    return panels_picture(
        name,
        [panel("train"), panel("test", Guide(1.0, label="nothing learned"), ylim=(0, 5))],
        size=(7.6, 4.0),
        label="Train error and test error against the number of steps, a curve for each noise level.",
        caption=f"Errors (34), means of {max(row['replicas'] for row in rows)} runs with 95 % bars, against the steps "
        "after the warm-up; the learning rate drops at the dotted line. The dashed line is the test error of the "
        "student that has learned nothing.",
        table={
            "ζ": [f"{row['zeta']:g}" for row in rows],
            "test error at the drop": [cell(*row["test"][after[0]]) for row in rows],
            "its stationary value": [f"{value:.3f}" for value in summary["stationary"]],
            "smallest after it": [cell(*row["test"][at]) for row, at in zip(rows, lowest, strict=True)],
            "at step": [str(steps[at]) for at in lowest],
            "in the end": [cell(*row["test"][-1]) for row in rows],
        },
    )


def _signals(name: str, summary: Row) -> Picture:
    """Learned signals at the drop, and in the end, against those of the data."""
    rows, values = summary["rows"], summary["data"]

    def panel(when: str, **more: str) -> CurvePanel:
        curves = [Curve(f"ζ = {row['zeta']:g}", values, row[f"signals_at_{when}"]) for row in rows]
        axes = {"xlabel": "signal of the data", "title": f"at the {when}", **more}
        return CurvePanel(curves, guides=[Guide(0.0, 1.0)], axes=axes)

    label = "Mean learned signals against the data's, for each noise level; dashed: learned without shrinkage."
    panels = [panel("drop", ylabel="mean learned signal"), panel("end")]
    return panels_picture(name, panels, share_y=True, label=label, size=(7.0, 3.4))


@paper.claim(
    "SC-095",
    "Figure 5, Appendix J",
    symbols={
        nu: r"noise strength $\eta\zeta^2$",
        q: r"overlap $\tilde u^\top\bar W\tilde v$ of the mode with the teacher",
        zeta: "standard deviation of the label noise",
    },
)
def generalisation_in_the_teacher_student_setting():
    r"""Generalisation in the teacher-student setting.

    Input and output dimensions 64, dataset size 1024, a teacher with a rank of 8 and signals from 0.5 to 1, noise with
    a standard deviation of 0.5, a warm-up of 1000 steps, 50000 steps at a learning rate of 3.0, 10000 steps at 0.3,
    256 runs. Training with larger gradient noises $\zeta$ generalizes better.
    - Run as the recursions (38)-(39), with the released program's data set and its start $a = b = 1$. Its noise is
      $0.5/\sqrt{64}$ per entry of the labels; at 0.5 per entry no signal of the teacher would stand out of the data
      (SC-092: signals from 4 on would). Its learning rates are divided by 1024. It has no warm-up.
    - No student of the figure is better than the one that has learned nothing, whose test error (34) is 1: statement
      'nothing learned'. The curves of the figure end above it, since the axis does not reach down to it. What the
      figure shows is less overfitting.
    - Before the drop little noise makes the test error larger, not smaller: stationary 3.387, 3.442, 3.422, 2.949,
      1.950 at $\zeta = 0, 5, 10, 15, 20$. Noise shrinks the mean of a mode but adds its variance; the sum helps only
      beyond $\nu = 4q$, or by collapse (statements 'error of a mode', 'little noise').
    - After the drop the variance goes at once, and the test error with it; then collapsed modes are learned again and
      it rises until the end: the benefit of $\zeta = 20$ is partly transient.
    - The conjectured mean (61) in place of the law would predict a test error far below 1 (near miss).
    """
    reproduced = partial(reproduces, measure=measure, pictures=pictures)
    yield reproduced(
        r"order: $\arg\min_\zeta\mathcal E_{\rm test}$",
        printed=sp.Integer(20),
        parts=tuple({"zeta": level} for level in NOISE_LEVELS),
        summarise=summary,
        wrong={"no noise": sp.Integer(0), "an optimum inside": sp.Integer(15)},
        says="The noise level with the smallest test error at the end of training, among 0, 5, 10, 15 and 20.",
    )
    yield reproduced(
        r"nothing learned: $\min\mathcal E_{\rm test}$",
        printed=sp.S.One,
        parts=({"zeta": "15", "show": "minimum"}, {"zeta": "20", "show": "minimum"}),
        summarise=smallest_error,
        wrong={"a tenth better than nothing": sp.Rational(9, 10)},
        remark=r"A result of ours: of all students at $\zeta = 15$ and 20, none is better than the one that is zero.",
    )
    yield from noise_in_the_error()
