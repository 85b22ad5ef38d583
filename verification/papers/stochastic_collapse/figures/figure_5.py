r"""Figure 5 of the stochastic-collapse paper, run again: label noise and the test error of a linear student.

The student's modes follow the recursions (38)-(39), each one alone given its singular value of the data. With the
released program's start, :math:`a_i = b_i = 1`, both recursions are the same expression of the same numbers and
:math:`a_i = b_i` for ever, to the last bit, so one coordinate :math:`w = a = b` per mode is run. Of the matrices only
the singular values of the data and their overlaps with the teacher enter the errors (34).

The data are those of the released program: Haar matrices and noise from NumPy's generator with the seed 0, label noise
of standard deviation 0.5/8 per entry (Appendix J says 0.5), effective learning rates 3/1024 and 0.3/1024. The warm-up
of 1000 steps is Appendix J's, taken to be linear; the released program has none here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from numerics.codegen import compile_program
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from theory.models.teacher_student.error import overlap, stationary_error
from theory.models.teacher_student.modes import mode_update, w
from theory.notation import eta, k, nu, s_tilde
from verification.authoring.figures import FALSE_ALARM, feature, quantile, seed_of, smallest_among
from verification.authoring.simulated import number, options
from verification.drawing.curves import Curve, legend, picture, plot
from verification.drawing.intervals import Picture
from verification.drawing.svg import INK
from verification.forms import Draw, Samples

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIMENSION = 64
SAMPLES = 1024
SIGNALS = np.linspace(0.5, 1.0, 8)
LABEL_NOISE = 0.5 / math.sqrt(DIMENSION)
"""Standard deviation of an entry of the labels' noise, in the released program."""

RATE = 3.0 / SAMPLES
"""Learning rate of the recursions: that of the program, divided by the number of samples."""

WARM_UP, LONG, AFTER = 1_000, 50_000, 10_000
"""Steps of the three phases: rising learning rate, full learning rate, a tenth of it."""

DROP = WARM_UP + LONG
TOTAL = DROP + AFTER

BEFORE_DROP = (1_000, 2_000, 3_000, 5_000, 8_000, 12_000, 17_000, 23_000, 30_000, 37_000, 44_000, DROP)
SINCE_DROP = (200, 400, 700, 1_000, 1_400, 1_700, 2_000, 2_500, 3_000, 4_000, 5_000, 6_500, 8_000, AFTER)
SNAPSHOTS = (*BEFORE_DROP, *(DROP + steps for steps in SINCE_DROP))
"""Steps at which the errors are looked at."""

REPLICAS = 256
"""As many as the paper's."""
BARS = 1.96
"""Standard errors in a 95 % interval."""

amplitude = sp.Symbol("zeta", nonnegative=True)
"""The standard deviation of the label noise of a mode, with 0 allowed."""

xi = sp.Symbol("xi", real=True)
"""The standard normal of a step."""


@dataclass(frozen=True, eq=False)
class DataSet:
    r"""What the errors need of a data set and its teacher.

    Attributes:
        singular_values: :math:`\tilde s_i` of :math:`\Sigma_{yx}`, falling. Shape ``(64,)``.
        overlaps: :math:`q_i = \tilde u_i^\top\bar W\tilde v_i`. Shape ``(64,)``.
        teacher: :math:`\sum\bar s^2`.
        labels: :math:`\|Y\|^2`.
    """

    singular_values: np.ndarray
    overlaps: np.ndarray
    teacher: float
    labels: float

    def train_error(self, learned: np.ndarray) -> np.ndarray:
        r""":math:`\mathcal E_{\rm train}` of students with singular values ``learned``, shape ``(..., 64)``."""
        return 1 + (learned**2 - 2 * self.singular_values * learned).sum(axis=-1) / self.labels

    def test_error(self, learned: np.ndarray) -> np.ndarray:
        r""":math:`\mathcal E_{\rm test}` of students with singular values ``learned``, shape ``(..., 64)``."""
        return 1 + (learned**2 - 2 * self.overlaps * learned).sum(axis=-1) / self.teacher


@functools.cache
def data_set() -> DataSet:
    """The data set of the released program."""
    source = np.random.RandomState(0)
    teacher = _matrix(source, DIMENSION, DIMENSION, SIGNALS)
    X = _matrix(source, SAMPLES, DIMENSION, np.ones(DIMENSION))
    Y = X @ teacher + LABEL_NOISE * source.randn(SAMPLES, DIMENSION)
    u, values, v = np.linalg.svd(X.T @ Y)
    overlaps = np.einsum("ij,ij->j", u, teacher @ v.T)
    return DataSet(values, overlaps, float(np.sum(teacher**2)), float(np.sum(Y**2)))


def _matrix(source: np.random.RandomState, rows: int, columns: int, values: np.ndarray) -> np.ndarray:
    """A matrix with given singular values between Haar-distributed singular vectors."""
    left, right = _orthogonal(source, rows), _orthogonal(source, columns)
    return left[:, : len(values)] * values @ right[: len(values)]


def _orthogonal(source: np.random.RandomState, size: int) -> np.ndarray:
    """A Haar-distributed orthogonal matrix: QR of a Gaussian one, with the signs that make R's diagonal positive."""
    Q, R = np.linalg.qr(source.normal(size=(size, size)))
    return Q * np.sign(np.diagonal(R))


def mode_recursion(rate: sp.Expr) -> Recursion:
    """(38)-(39) for one mode on a = b, at a learning rate that may depend on the step number."""
    update, _ = mode_update(w, w, amplitude * xi, rate, s_tilde)
    return Recursion([w], [update], normals=[xi])


def phases() -> tuple[tuple[Recursion, float, tuple[int, ...]], ...]:
    """The recursion, the learning rate (a number for eta) and the snapshots, counted within each phase."""
    rising = mode_recursion(eta * (k + 1) / WARM_UP)
    constant = mode_recursion(eta)
    later = tuple(step - WARM_UP for step in BEFORE_DROP if step > WARM_UP)
    return (rising, RATE, (WARM_UP,)), (constant, RATE, later), (constant, RATE / 10, SINCE_DROP)


def run(noise: float, *, replicas: int, seed: int, threads: int = 1, first: int = 0) -> np.ndarray:
    r"""The learned singular values :math:`\hat s_i = w_i^2` at the snapshots. Shape ``(snapshots, replicas, 64)``.

    Replica ``r`` depends on ``seed`` and ``first + r`` alone.
    """
    values = np.tile(data_set().singular_values, replicas)
    state = np.ones((values.size, 1))
    found = []
    for stream, (recursion, rate, at) in enumerate(phases()):
        simulation = iterate(
            recursion,
            parameters={eta: rate, amplitude: noise, s_tilde: values},
            initial=state,
            steps=at[-1],
            at=at,
            n_replicas=values.size,
            seed=seed,
            paths=True,
            options=Options(first=first * DIMENSION, stream=stream, threads=threads, progress=False),
        )
        assert simulation.paths is not None
        found.append(simulation.paths[:, :, 0])
        state = simulation.paths[-1]
    return (np.concatenate(found) ** 2).reshape(len(SNAPSHOTS), replicas, DIMENSION)


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """One noise level of the figure; see :func:`level`."""
    return level(part["zeta"], replicas=int(part.get("replicas", REPLICAS)), seed=seed_of("figure-5", part))


def level(noise: str, *, replicas: int, seed: int, threads: int = 1) -> dict[str, Any]:
    """Errors of one noise level at the snapshots, mean and standard error, and the mean learned signals.

    Without noise all replicas are the same and two are run.
    """
    zeta = number(noise)
    learned = run(zeta, replicas=replicas if zeta else 2, seed=seed, threads=threads)
    at_drop = SNAPSHOTS.index(DROP)
    train, test = data_set().train_error(learned), data_set().test_error(learned)
    return {
        "zeta": zeta,
        "replicas": learned.shape[1],
        "train": _with_errors(train),
        "test": _with_errors(test),
        "signals_at_drop": _rounded(learned[at_drop].mean(axis=0)),
        "signals_at_end": _rounded(learned[-1].mean(axis=0)),
        "variation_at_drop": float(test[at_drop].std(ddof=1) / test[at_drop].mean()),
        "seed": seed,
    }


def _with_errors(values: np.ndarray) -> list[list[float]]:
    """Mean and standard error over the replicas, for each snapshot."""
    errors = values.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
    return [[float(mean), float(error)] for mean, error in zip(values.mean(axis=1), errors, strict=True)]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def predicted_test_error(error: sp.Expr, noise: float) -> float:
    r""":math:`\mathcal E_{\rm test}` if each mode with :math:`\tilde s > \nu/2` adds ``error`` on average.

    A mode below has collapsed and adds nothing.

    Args:
        error: An expression in :math:`\tilde s`, :math:`q`, :math:`\nu`; see
        :mod:`theory.models.teacher_student.error`.
        noise: Standard deviation of the label noise.
    """
    data, strength = data_set(), RATE * noise**2
    alive = data.singular_values > strength / 2
    (modes,) = compile_program([error.subs(nu, sp.Float(strength))], [s_tilde, overlap])(
        data.singular_values[alive], data.overlaps[alive]
    )
    return float(1 + np.sum(modes) / data.teacher)


def stationary_test_error(noise: float) -> float:
    r""":math:`\mathcal E_{\rm test}` in the stationary law at the full learning rate."""
    return predicted_test_error(_stationary_error(), noise)


_stationary_error = functools.cache(stationary_error)


def test_error_from_stationary_start(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""The test error after 10 000 steps of (38)-(39) from the claimed stationary law, where nothing may move.

    A mode with :math:`\tilde s > \nu/2` starts in its Gamma law; a collapsed one is 0 and stays there. The errors at
    five times, 2000 steps apart, are averaged.
    """
    noise = number(arguments["zeta"])
    data, strength = data_set(), RATE * noise**2
    values = data.singular_values[data.singular_values > strength / 2]
    sources = (
        np.random.Generator(np.random.Philox(key=draw.seed, counter=[0, 0, 0, i]))
        for i in range(draw.first, draw.first + draw.n)
    )
    start = np.concatenate([source.gamma(values / strength - 0.5, strength) for source in sources])
    simulation = iterate(
        mode_recursion(eta),
        parameters={eta: RATE, amplitude: noise, s_tilde: np.tile(values, draw.n)},
        initial=np.sqrt(start)[:, None],
        steps=10_000,
        at=range(2_000, 10_001, 2_000),
        n_replicas=start.size,
        seed=draw.seed,
        paths=True,
        options=options(draw, values.size).on_stream(1),
    )
    assert simulation.paths is not None
    learned = np.zeros((5, draw.n, DIMENSION))
    learned[:, :, : values.size] = simulation.paths[:, :, 0].reshape(5, draw.n, values.size) ** 2
    return Samples(data.test_error(learned).mean(axis=0))


def summary(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Which noise level has the smallest test error in the end, and whether the caption's features are there.

    The location is the range of noise levels whose test error may be the smallest, given the errors of the means.
    """
    rows = sorted(results, key=lambda row: row["zeta"])
    at_drop, end = SNAPSHOTS.index(DROP), len(SNAPSHOTS) - 1
    beyond = quantile(FALSE_ALARM / len(rows))
    ends = [_interval(row["test"][end], beyond) for row in rows]
    return {
        "location": smallest_among([row["zeta"] for row in rows], ends),
        "features": [
            *_orders("test error in the end falls", rows, "test", end, -1, beyond),
            *_orders("train error at the drop rises", rows, "train", at_drop, 1, beyond),
            _falls_after_drop(rows[-1], at_drop, beyond),
            _shrinks(rows),
        ],
        "snapshots": list(SNAPSHOTS),
        "drop": DROP,
        "zero_student": 1.0,
        "stationary": [stationary_test_error(row["zeta"]) for row in rows],
        "data": _rounded(data_set().singular_values),
        "rows": [dict(row) for row in rows],
    }


def smallest_error(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The smallest test error over the given noise levels, all snapshots, and the student that has learned nothing."""
    beyond = quantile(FALSE_ALARM / (len(results) * len(SNAPSHOTS)))
    ends = [_interval(point, beyond) for row in results for point in row["test"]]
    lowest, highest = (min(end[side] for end in ends) for side in (0, 1))
    place = min((mean, row["zeta"], SNAPSHOTS[i]) for row in results for i, (mean, _) in enumerate(row["test"]))
    return {
        "location": [min(1.0, lowest), min(1.0, highest)],
        "features": [],
        "smallest_of_trained": [lowest, highest],
        "at": {"mean": place[0], "zeta": place[1], "step": place[2]},
        "snapshots": list(SNAPSHOTS),
        "drop": DROP,
        "stationary": [stationary_test_error(row["zeta"]) for row in results],
        "rows": [dict(row) for row in results],
    }


def _interval(point: Sequence[float], quantile: float) -> tuple[float, float]:
    mean, error = point
    return mean - quantile * error, mean + quantile * error


def _orders(
    name: str, rows: Sequence[Mapping[str, Any]], error: str, at: int, sign: int, quantile: float
) -> list[dict[str, Any]]:
    """One feature for each pair of neighbouring noise levels: their difference has the sign, beyond its error."""
    found = []
    for lower, upper in zip(rows[:-1], rows[1:], strict=True):
        (a, da), (b, db) = lower[error][at], upper[error][at]
        reproduced = sign * (b - a) > quantile * math.hypot(da, db)
        pair = f"{name} from zeta = {lower['zeta']:g} to {upper['zeta']:g}"
        found.append(feature(pair, "rises" if sign > 0 else "falls", b - a, reproduced))
    return found


def _falls_after_drop(row: Mapping[str, Any], at_drop: int, quantile: float) -> dict[str, Any]:
    mean, error = row["test"][at_drop]
    low, low_error = min(row["test"][at_drop:])
    reproduced = mean - low > quantile * math.hypot(error, low_error)
    return feature("test error falls after the drop at the largest noise", "falls", low - mean, reproduced)


def _shrinks(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sums = np.array([sum(row["signals_at_drop"]) for row in rows])
    largest = float(np.diff(sums).max())
    return feature("learned signals at the drop are smaller for larger noise", "< 0", largest, largest < 0)


# Pictures ------------------------------------------------------------------------------------------------------------


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Errors and, where all noise levels are there, learned signals.

    Args:
        name: Unique on the page.
        parts: What :func:`measure` returned, part by part.
        summary: What :func:`summary` or :func:`smallest_error` made of it.
    """
    signals = [_signals(f"{name}-signals", summary)] if "data" in summary else []
    return [errors_picture(f"{name}-errors", summary), *signals]


def errors_picture(name: str, summary: Mapping[str, Any]) -> Picture:
    """Train and test error against the steps, a curve for each noise level."""
    rows, steps = summary["rows"], summary["snapshots"]
    at_drop = steps.index(summary["drop"])

    def draw(figure: Figure) -> None:
        for axes, error in zip(figure.subplots(1, 2), ("train", "test"), strict=True):
            bars = [[_interval(point, BARS) for point in row[error]] for row in rows]
            curves = [
                Curve(f"ζ = {row['zeta']:g}", steps, [mean for mean, _ in row[error]], ends)
                for row, ends in zip(rows, bars, strict=True)
            ]
            plot(axes, curves, xlabel="steps", ylabel=f"{error} error")
            axes.axvline(summary["drop"], color=INK, linestyle=":", linewidth=1.0)
            axes.set_xticks([0, 20_000, 40_000, 60_000], ["0", "20k", "40k", "60k"])
        axes.axhline(1.0, color=INK, linestyle="--", linewidth=1.2, label="nothing learned")
        axes.set_ylim(0, 5)
        legend(axes)

    cell = "{:.3f} ± {:.3f}".format
    lowest = [min(range(at_drop, len(steps)), key=lambda j, row=row: row["test"][j][0]) for row in rows]
    return picture(
        name,
        draw,
        size=(7.6, 4.0),
        label="Train error and test error against the number of steps, a curve for each noise level.",
        caption=f"Errors (34), means of {max(row['replicas'] for row in rows)} runs with 95 % bars, against the steps "
        "after the warm-up; the learning rate drops at the dotted line. The dashed line is the test error of the "
        "student that has learned nothing.",
        table={
            "ζ": [f"{row['zeta']:g}" for row in rows],
            "test error at the drop": [cell(*row["test"][at_drop]) for row in rows],
            "its stationary value": [f"{value:.3f}" for value in summary["stationary"]],
            "smallest after it": [cell(*row["test"][at]) for row, at in zip(rows, lowest, strict=True)],
            "at step": [str(steps[at]) for at in lowest],
            "in the end": [cell(*row["test"][-1]) for row in rows],
        },
    )


def _signals(name: str, summary: Mapping[str, Any]) -> Picture:
    """Learned signals at the drop, and in the end, against those of the data."""

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, when in zip(panels, ("drop", "end"), strict=True):
            curves = [
                Curve(f"ζ = {row['zeta']:g}", summary["data"], row[f"signals_at_{when}"]) for row in summary["rows"]
            ]
            plot(axes, curves, xlabel="signal of the data", title=f"at the {when}")
            axes.plot([0, 1.3], [0, 1.3], color=INK, linestyle="--", linewidth=0.8)
        panels[0].set_ylabel("mean learned signal")
        legend(panels[1])

    label = "Mean learned signals against the data's, for each noise level; dashed: learned without shrinkage."
    return picture(name, draw, label=label, size=(7.0, 3.4))
