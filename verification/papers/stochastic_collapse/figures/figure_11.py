r"""Figure 11 of the stochastic-collapse paper: mini-batch noise instead of label noise, by real SGD.

The released program for this figure trains all weights of a two-layer linear network, from a start with entries uniform
on (0, 1/2), on inputs that are uniform and neither centred nor whitened, with a linear warm-up over the first tenth of
the steps and two tenfold drops of the learning rate at 0.5 and 0.53 of them. Here dimension n, samples 16 n, teacher
rank n/8 and number of steps scale together; n = 64 and 100 000 steps are the program's.

Two test errors are looked at: the program's :math:`\|\hat W - \bar W\|^2/\|\bar W\|^2`, which is (34) for white inputs,
and (34) for the inputs that the network is trained on. Half of these lie along one direction, the mean.
"""

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from numerics.sgd.linear_networks import LinearRegression, TaughtRegression, train_linear_network
from numerics.simulation.options import Options
from verification.authoring.figures import BAR_ALARM, FALSE_ALARM, Row, feature, seed_from, smallest_among
from verification.authoring.replicas import significance_of_order, student_interval
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, Guide, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.stochastic_collapse.paper import paper

RATE = 3.0
LABEL_NOISE = 0.5
STEPS_PER_DIMENSION = 100_000 / 64
WARM_UP, FIRST_DROP, SECOND_DROP = 0.1, 0.5, 0.53
"""Parts of all steps at which the learning rate stops rising, and drops."""

SNAPSHOTS = (0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.51, 0.53, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0)
REPLICAS = 8
GO_ON = Options(on_divergence="count", progress=False)
"""Where replicas diverge the others go on, and the row says so."""


def task(n: int) -> tuple[TaughtRegression, np.ndarray, np.ndarray]:
    """The task of dimension n and the start of both layers, ``(n, n)``; its random numbers depend on n alone."""
    source = np.random.Generator(np.random.Philox(_seed({"task": n})))
    rank = n // 8
    left, right = (np.linalg.qr(source.standard_normal((n, n)))[0] for _ in range(2))
    teacher = left[:, :rank] * np.linspace(0.5, 1.0, rank) @ right[:, :rank].T
    X = source.random((16 * n, n)) / math.sqrt(n)
    Y = X @ teacher + LABEL_NOISE / math.sqrt(n) * source.standard_normal((16 * n, n))
    moments = (np.eye(n) / 12 + np.full((n, n), 0.25)) / n  # of the uniform inputs
    problem = TaughtRegression(teacher, LinearRegression(X, Y), moments)
    return problem, source.random((n, n)) / 2, source.random((n, n)) / 2


def learning_rate(step: int, steps: int) -> float:
    """The rate of a step: linear warm-up, then two drops."""
    rising = min(1.0, (step + 1) / (WARM_UP * steps))
    drops = (step >= FIRST_DROP * steps) + (step >= SECOND_DROP * steps)
    return RATE * rising / 10**drops


def _seed(part: Row) -> int:
    return seed_from(json.dumps(["figure-11", dict(part)], sort_keys=True))


def measure(part: Row) -> dict[str, Any]:
    """One batch size, ``"all"`` for the full batch, at dimension ``n``: errors at the snapshots, replica by replica.

    ``until`` ends the run early, at a part of all steps; ``replacement`` lets a mini-batch hold a sample twice. All
    replicas share data and start, so the full batch needs one.
    """
    n, size = int(part["n"]), None if part["batch"] == "all" else int(part["batch"])
    replicas = 1 if size is None else int(part.get("replicas", REPLICAS))
    steps, replacement = round(STEPS_PER_DIMENSION * n), bool(part.get("replacement", False))
    at = [round(share * steps) for share in SNAPSHOTS if share <= part.get("until", 1.0)]
    (subject, *starts), seed = task(n), _seed(part)
    V, U = (np.repeat(start[None], replicas, axis=0) for start in starts)
    rate = partial(learning_rate, steps=steps)
    how: dict[str, Any] = {"batch_size": size, "replacement": replacement, "steps": at[-1], "at": at, "seed": seed}
    run = train_linear_network(subject.data, V=V, U=U, learning_rate=rate, options=GO_ON, **how)
    kept = run.diverged_by == 0
    found = {"n": n, "batch": size or len(subject.data), "full": size is None, "replacement": replacement, "steps": at}
    errors = {"train": subject.train_error, "white": subject.white_error, "test": subject.test_error}
    products = run.products[:, kept]
    values = np.linalg.svd(products[-1, 0], compute_uv=False).tolist()
    measured = {name: error(products).tolist() for name, error in errors.items()}
    lost = run.diverged_by[~kept].tolist()
    return found | measured | {"singular_values": values, "seed": seed} | ({"diverged_by": lost} if lost else {})


def summary(results: Sequence[Row]) -> dict[str, Any]:
    """The batch size with the smallest test error in the end, and the order of all of them by both errors."""
    rows = sorted(results, key=lambda row: row["batch"])
    features = [
        _order(error, name, lower, upper)
        for error, name in (("white", "the program's test error"), ("test", "test error (34)"))
        for lower, upper in zip(rows[:-1], rows[1:], strict=True)
    ]
    diverged = [
        feature(f"none diverges: {_label(row)}", 0, len(row["diverged_by"]), False) for row in rows if _lost(row)
    ]
    return {"location": _smallest(rows, "white"), "features": features + diverged, "rows": [dict(row) for row in rows]}


def _lost(row: Row) -> str:
    """How many replicas have diverged, and when; empty where none has."""
    steps = row.get("diverged_by", ())
    return f"{len(steps)} diverged by step {', '.join(map(str, sorted(steps)))}" if steps else ""


def summary_before_drop(results: Sequence[Row]) -> dict[str, Any]:
    """The batch size with the smallest error (34), averaged from the end of the warm-up to the first drop."""
    rows = [_averaged(row) for row in sorted(results, key=lambda row: row["batch"])]
    return {"location": _smallest(rows, "test"), "features": [], "rows": rows}


def summary_of_replacement(results: Sequence[Row]) -> dict[str, Any]:
    """The ratio of the program's test errors in the end, with replacement over without it."""
    without, within = sorted(results, key=lambda row: row["replacement"])
    low, high = _interval(without, "white", FALSE_ALARM / 2)
    low_with, high_with = _interval(within, "white", FALSE_ALARM / 2)
    return {"location": [low_with / high, high_with / low], "features": [], "rows": [dict(row) for row in results]}


def _averaged(row: Row) -> dict[str, Any]:
    """The row with one snapshot, the mean over those between warm-up and first drop."""
    inside = [i for i, share in enumerate(SNAPSHOTS) if WARM_UP < share <= FIRST_DROP]
    errors = {name: [np.mean([row[name][i] for i in inside], axis=0).tolist()] for name in ("train", "white", "test")}
    return dict(row) | errors | {"steps": [row["steps"][i] for i in inside]}


def _smallest(rows: Sequence[Row], error: str) -> list[float]:
    """The range of batch sizes whose mean error may be the smallest at the last snapshot."""
    ends = [_interval(row, error, FALSE_ALARM / len(rows)) for row in rows]
    return smallest_among([row["batch"] for row in rows], ends)


def _interval(row: Row, error: str, false_alarm: float) -> tuple[float, float]:
    """Interval of the mean error at the last snapshot; a point for the full batch, which is deterministic."""
    return student_interval(row[error][-1], false_alarm)


def _order(error: str, name: str, smaller: Row, larger: Row) -> dict[str, Any]:
    """Whether the smaller batch has the smaller error in the end."""
    low, high = (row[error][-1] for row in (smaller, larger))
    said = f"{name} in the end is smaller for batches of {smaller['batch']} than of {larger['batch']}"
    found, against = (significance_of_order(*pair) < FALSE_ALARM for pair in ((low, high), (high, low)))
    return feature(said, "smaller", float(np.mean(low) - np.mean(high)), found, contradicted=against)


def pictures(name: str, parts: Sequence[Row], summary: Row) -> list[Picture]:
    """Errors of every batch size."""
    return [batches_picture(name, parts)]


def batches_picture(name: str, rows: Sequence[Row]) -> Picture:
    """Both test errors against the steps, a curve for each batch size."""
    rows = sorted(rows, key=lambda row: (row["batch"], row["replacement"]))

    def panel(error: str, label: str) -> CurvePanel:
        curves = [Curve(_label(row), row["steps"], np.mean(row[error], axis=1)) for row in rows]
        return CurvePanel(curves, guides=[Guide(1.0)], axes={"xlabel": "steps", "ylabel": label, "ylim": (0, 4)})

    def cells(error: str) -> list[str]:
        ends = [_interval(row, error, BAR_ALARM) for row in rows]
        return [f"{(lower + upper) / 2:.4f} ± {(upper - lower) / 2:.4f}" for lower, upper in ends]

    white, at_hand = "‖Ŵ - W̄‖²/‖W̄‖²", "test error (34)"
    return panels_picture(
        name,
        [panel("white", white), panel("test", at_hand)],
        size=(7.6, 3.8),
        label="Test errors against steps, a curve for each batch size.",
        caption=f"Test errors of real SGD in dimension {rows[0]['n']}, for white inputs (left) and for the inputs at "
        "hand (right), means over the replicas that stay finite; dashed: nothing learned. The table has the errors at "
        "the last step, with 95 % intervals.",
        table={
            "batch": [_label(row) for row in rows],
            "replicas": ["; ".join(filter(None, (str(len(row["white"][-1])), _lost(row)))) for row in rows],
            white: cells("white"),
            at_hand: cells("test"),
            "train error": cells("train"),
        },
    )


def _label(row: Row) -> str:
    if row["full"]:
        return "full batch"
    return f"batch {row['batch']}" + (", with replacement" if row["replacement"] else "")


@paper.claim("SC-097", "Figure 11, Appendix J")
def batch_noise_instead_of_label_noise():
    r"""Batch noise instead of label noise.

    We used SGD without label noise and maintained a similar experimental setup as before. Additionally, we introduced
    a learning rate drop at step 53000. Training with smaller batch sizes generalizes better.
    - Real SGD on all weights, as the released program for this figure: inputs uniform on $(0, 1)/\sqrt n$, neither
      centred nor white, warm-up over 10000 steps, batches without replacement, no label noise. Here with $n = 32$,
      $16n$ samples, and half of its 100000 steps, on data of our own; docs/benchmarks/figure_11.py runs $n = 64$.
    - The program's test error is the distance of the weights, (34) for white inputs. By it the student that is zero, at
      1, is better than all others. (34) for the inputs at hand is below 1: half of their power lies along one
      direction, their mean, which is learned well.
    - In the end smaller batches are better by both errors. Before the drop the fluctuations of the weights outweigh
      that by (34): statement 'before the drop'.
    """
    reproduced = partial(reproduces, measure=measure, pictures=pictures)
    yield reproduced(
        r"order: $\arg\min_\beta\mathcal E_{\rm test}$",
        printed=sp.Integer(2),
        parts=tuple({"n": 32, "batch": size} for size in ("2", "8", "all")),
        summarise=summary,
        wrong={"full batch": sp.Integer(512), "an optimum inside": sp.Integer(8)},
        says="The batch size with the smallest test error at the end of training, among 2, 8 and all 512.",
    )
    yield reproduced(
        r"before the drop: $\arg\min_\beta\mathcal E_{\rm test}$",
        printed=sp.Integer(2),
        parts=({"n": 32, "batch": "2", "until": 0.5, "replicas": 16}, {"n": 32, "batch": "all", "until": 0.5}),
        summarise=summary_before_drop,
        corrected=sp.Integer(512),
        wrong={"neither": sp.Integer(32)},
        remark="The same between warm-up and first drop: of both, that with the smaller error (34).",
    )
    yield reproduced(
        r"replacement: $\mathcal E_{\rm test}^{\rm with}/\mathcal E_{\rm test}^{\rm without}$",
        printed=sp.S.One,
        parts=tuple({"n": 16, "batch": "8", "replicas": 16, "replacement": choice} for choice in (False, True)),
        summarise=summary_of_replacement,
        wrong={"a fifth worse": sp.Rational(6, 5), "a fifth better": sp.Rational(4, 5)},
        remark="A result of ours: the final test error with replacement over that without, batches of 8 of 256.",
    )
