"""Numbers that several runs of one setting gave: means with errors, intervals, and which of two is the smaller."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

from verification.authoring.figures import Row, feature

Point = Sequence[float]
"""A mean and its standard error."""


def to_digits(values: Any, digits: int = 6) -> list[float]:
    """Numbers to so many digits, as they are kept where pictures show them."""
    return [float(f"{value:.{digits}g}") for value in values]


def mean_and_error(values: np.ndarray) -> list[list[float]]:
    """Mean and standard error at each snapshot. ``values`` has shape ``(snapshots, replicas)``."""
    errors = values.std(axis=1, ddof=1) / math.sqrt(values.shape[1])
    return [[float(mean), float(error)] for mean, error in zip(values.mean(axis=1), errors, strict=True)]


def interval(point: Point, errors: float) -> tuple[float, float]:
    """A mean and so many standard errors on both sides."""
    mean, error = point
    return mean - errors * error, mean + errors * error


def neighbours(
    name: str, rows: Sequence[Row], parameter: str, error: str, *, at: int, sign: int, errors: float
) -> list[dict[str, Any]]:
    """A feature for each pair of neighbouring rows: the mean changes by ``sign``, beyond so many standard errors.

    Args:
        name: What is said to rise or fall.
        rows: In the order of the parameter.
        parameter: Key of the parameter, a number.
        error: Key of the means and errors at the snapshots.
        at: The snapshot.
        sign: 1 where it is to rise, -1 where it is to fall.
        errors: Standard errors of the difference.
    """
    found = []
    for lower, upper in zip(rows[:-1], rows[1:], strict=True):
        (a, da), (b, db) = lower[error][at], upper[error][at]
        change, slack = sign * (b - a), errors * math.hypot(da, db)
        pair = f"{name} from {parameter} = {lower[parameter]:g} to {upper[parameter]:g}"
        way = "rises" if sign > 0 else "falls"
        found.append(feature(pair, way, b - a, change > slack, contradicted=change < -slack or slack == 0))
    return found


def student_interval(values: Sequence[float], false_alarm: float) -> tuple[float, float]:
    """Student's interval of the mean over replicas; of one replica, of what does not depend on chance, the point."""
    sample = np.array(values)
    half = 0.0
    if sample.size > 1:
        quantile = float(scipy.stats.t.isf(false_alarm / 2, sample.size - 1))
        half = quantile * sample.std(ddof=1) / math.sqrt(sample.size)
    return float(sample.mean() - half), float(sample.mean() + half)


def significance_of_order(smaller: Sequence[float], larger: Sequence[float]) -> float:
    """The p-value of Welch's test that the first mean is the smaller one; a single value is a number, not a sample.

    Two numbers are in order, 0, or they are not, 1.
    """
    low, high = np.array(smaller), np.array(larger)
    if low.size == high.size == 1:
        return float(low[0] >= high[0])
    if low.size == 1:
        return float(scipy.stats.ttest_1samp(high, low[0], alternative="greater").pvalue)
    if high.size == 1:
        return float(scipy.stats.ttest_1samp(low, high[0], alternative="less").pvalue)
    return float(scipy.stats.ttest_ind(low, high, equal_var=False, alternative="less").pvalue)


def sign_test(weaker: np.ndarray, stronger: np.ndarray) -> float:
    """The p-value of the sign test, pair by pair: that so many of those that differ prefer ``stronger`` by chance."""
    ahead, behind = int((stronger > weaker).sum()), int((stronger < weaker).sum())
    return float(scipy.stats.binomtest(ahead, ahead + behind, alternative="greater").pvalue) if ahead + behind else 1.0
