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
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from numerics.codegen import compile_program
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from theory.models.teacher_student.error import overlap, stationary_error
from theory.models.teacher_student.modes import mode_update, w
from theory.notation import eta, k, nu, s_tilde
from verification.authoring.simulated import number, options
from verification.forms import Draw, Samples

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
FALSE_ALARM = 1e-6
BAR_ALARM = 0.05
"""The bars in the picture are 95 % intervals."""

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


def seed_of(part: Mapping[str, Any]) -> int:
    """A 64-bit seed from the part's own text, so that different noise levels have different noise."""
    return int.from_bytes(hashlib.sha256(f"figure-5/{sorted(part.items())}".encode()).digest()[:8], "little")


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """One noise level of the figure; see :func:`level`."""
    return level(part["zeta"], replicas=int(part.get("replicas", REPLICAS)), seed=seed_of(part))


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
    quantile = float(stats.norm.isf(FALSE_ALARM / len(rows)))
    best = _could_be_smallest(rows, end, quantile)
    return {
        "location": [min(best), max(best)],
        "features": [
            *_orders("test error in the end falls", rows, "test", end, -1, quantile),
            *_orders("train error at the drop rises", rows, "train", at_drop, 1, quantile),
            _falls_after_drop(rows[-1], at_drop, quantile),
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
    quantile = float(stats.norm.isf(FALSE_ALARM / (len(results) * len(SNAPSHOTS))))
    lowest = min(mean - quantile * error for row in results for mean, error in row["test"])
    highest = min(mean + quantile * error for row in results for mean, error in row["test"])
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


def _could_be_smallest(rows: Sequence[Mapping[str, Any]], at: int, quantile: float) -> list[float]:
    bound = min(row["test"][at][0] + quantile * row["test"][at][1] for row in rows)
    return [row["zeta"] for row in rows if row["test"][at][0] - quantile * row["test"][at][1] <= bound]


def _orders(
    name: str, rows: Sequence[Mapping[str, Any]], error: str, at: int, sign: int, quantile: float
) -> list[dict[str, Any]]:
    """One feature for each pair of neighbouring noise levels: their difference has the sign, beyond its error."""
    found = []
    for lower, upper in zip(rows[:-1], rows[1:], strict=True):
        (a, da), (b, db) = lower[error][at], upper[error][at]
        reproduced = sign * (b - a) > quantile * math.hypot(da, db)
        pair = f"{name} from zeta = {lower['zeta']:g} to {upper['zeta']:g}"
        found.append(_feature(pair, "rises" if sign > 0 else "falls", b - a, reproduced))
    return found


def _falls_after_drop(row: Mapping[str, Any], at_drop: int, quantile: float) -> dict[str, Any]:
    mean, error = row["test"][at_drop]
    low, low_error = min(row["test"][at_drop:])
    reproduced = mean - low > quantile * math.hypot(error, low_error)
    return _feature("test error falls after the drop at the largest noise", "falls", low - mean, reproduced)


def _shrinks(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sums = np.array([sum(row["signals_at_drop"]) for row in rows])
    largest = float(np.diff(sums).max())
    return _feature("learned signals at the drop are smaller for larger noise", "< 0", largest, largest < 0)


def _feature(name: str, printed: str, measured: float, reproduced: Any) -> dict[str, Any]:
    return {"name": name, "printed": printed, "measured": float(measured), "reproduced": bool(reproduced)}
