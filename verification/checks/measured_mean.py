"""What a stage of an experiment measured, and what that says about a prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.statistics.estimators import ROUNDING, Moments, Proportion
from numerics.statistics.sample_size import Design, distortion, size_for_skewness
from numerics.statistics.tails import HillEstimate, hill_estimate, tail_size
from verification.checks.intervals import (
    ConfidenceInterval,
    batch_mean_interval,
    judge_interval,
    proportion_interval,
    rounding_allowance,
)
from verification.verdict import Finding, Outcome

_LEFT = 4.0
r"""Times the change between two steps that the bias left at the smaller one may be: 2.4 for a bias of order
:math:`\sqrt h`, and room for the chance in a change that just stands out of both intervals."""

FEW_EVENTS = 64
"""Events on which a mean must rest for the variance of batches to say whether samples are independent."""


@dataclass(frozen=True)
class MeasuredMean:
    """What one stage of an experiment measured.

    Attributes:
        interval: For the mean.
        moments: Of all its samples.
        size_needed: Samples from which on the interval would be valid at the measured skewness.
        exact: Whether the interval is that of a proportion, valid whatever the tails are.
        constant: Whether the samples are equal up to their rounding.
        tail: The index of their tails, where there are enough of them to tell.
        dependence: How many times as much as those of independent samples the means of batches vary.
    """

    interval: ConfidenceInterval
    moments: Moments
    size_needed: int
    exact: bool
    constant: bool
    tail: HillEstimate | None = None
    dependence: float = 1.0

    @property
    def deviation(self) -> float:
        """Standard deviation of one sample, 0 where it is rounding."""
        return 0.0 if self.constant else math.sqrt(self.moments.variance)

    @property
    def numbers(self) -> dict[str, Any]:
        """JSON for the report."""
        spread = math.sqrt(self.moments.variance)
        return {
            "estimate": self.interval.estimate,
            "interval": [self.interval.lower, self.interval.upper],
            "bias_allowance": self.interval.bias,
            "n": self.moments.n,
            "variation": spread / abs(self.moments.mean) if self.moments.mean else None,
            "skewness": self.moments.skewness,
            "distortion": self.interval.distortion,
        }


def measured_mean(chunks: Sequence[Mapping[str, Any]], plan: Design) -> MeasuredMean:
    """All chunks of a stage, merged in their order: Student's interval, or the exact one of a proportion.

    Student's interval is widened by the measured discretisation correction and its error, and by what rounding can
    move a mean (:func:`~verification.checks.intervals.rounding_allowance`): samples that are all 0.7 have a mean that
    is 0.7 only up to its last bits. Samples that scatter by no more than their rounding are a constant, about whose
    tails their skewness says nothing.
    """
    moments = Moments.merged(Moments(**chunk["moments"]) for chunk in chunks)
    means = [mean for chunk in chunks for mean in chunk["means"]]
    related = dependence(means, moments)
    corrections = [c for chunk in chunks for c in chunk["corrections"] or ()]
    successes = [chunk["successes"] for chunk in chunks]
    if not corrections and None not in successes:
        exact = proportion_interval(Proportion(sum(successes), moments.n), plan.false_alarm)
        return MeasuredMean(exact, moments, moments.n, exact=True, constant=moments.variance == 0, dependence=related)
    size = math.hypot(moments.mean, math.sqrt(moments.variance))
    rounding = max(chunk["rounding"] for chunk in chunks)
    constant = math.sqrt(moments.variance) <= (ROUNDING + rounding) * size
    bias = rounding_allowance(moments.n, size, rounding)
    if corrections:
        correction = batch_mean_interval(corrections, plan.quantile)
        bias += max(abs(correction.lower), abs(correction.upper))
    interval = batch_mean_interval(
        means,
        plan.quantile,
        bias=bias,
        distortion=0.0 if constant else distortion(moments.skewness, moments.n, plan.false_alarm),
    )
    needed = size_for_skewness(moments.skewness, plan.false_alarm)
    tail = None if constant else tail_of(chunks, moments.n)
    related = 1.0 if constant else related
    return MeasuredMean(interval, moments, needed, exact=False, constant=constant, tail=tail, dependence=related)


def dependence(means: Sequence[float], moments: Moments) -> float:
    r"""The variance of the ``means`` of batches over :math:`\sigma^2/n_b`, that of means of independent samples.

    It is 1 up to some 9 % for 256 batches. Samples that rest on fewer than :data:`FEW_EVENTS` large ones, as their
    kurtosis tells, are passed over: two events that meet in one batch would seem related.
    """
    if moments.M2 <= 0 or moments.M2**2 < FEW_EVENTS * moments.M4:
        return 1.0
    return float(np.var(means, ddof=1)) * moments.n / len(means) / moments.variance


def tail_of(chunks: Sequence[Mapping[str, Any]], n: int) -> HillEstimate | None:
    """The tail index of ``n`` samples from the largest deviations in each chunk; None where they are too few."""
    size = tail_size(n)
    if not size:
        return None
    largest = sorted((value for chunk in chunks for value in chunk["largest"]), reverse=True)
    return hill_estimate(largest[: size + 1])


@dataclass(frozen=True)
class Stages:
    """What the stages of an experiment measured, and why one or the other is not to be trusted.

    Attributes:
        design: That of the deciding stage.
        stream: Its seed.
        first: What the deciding stage measured.
        doubt: Why nothing is decided from it; empty where it may decide.
        second: What the independent repetition measured, or why there is none.
        second_doubt: Why the repetition confirms nothing; empty where it may.
    """

    design: Design
    stream: int
    first: MeasuredMean
    doubt: str
    second: MeasuredMean | Finding | None = None
    second_doubt: str = ""

    def outcome(self, value: float) -> tuple[Outcome, float]:
        """What the deciding stage alone says about ``value``; see :func:`judge_interval`."""
        if self.doubt:
            return Outcome.UNDECIDED, math.inf
        return judge_interval(self.first.interval, value, self.design.resolution, absolute=self.design.absolute)

    def finding(self, value: float | None, *, two_stages: bool) -> Finding:
        """The finding about a candidate that predicts ``value``; a refutation of it may need ``two_stages``."""
        interval = self.first.interval
        numbers: dict[str, Any] = {
            "predicted": value,
            **self.first.numbers,
            "false_alarm": self.design.false_alarm,
            "resolution": self.design.resolution,
            "seed": self.stream,
        }
        if self.design.absolute is not None:
            numbers["absolute_resolution"] = self.design.absolute
        measured = f"{interval.estimate:.6g} in [{interval.lower:.6g}, {interval.upper:.6g}]"
        if value is None:
            return Finding(Outcome.UNDECIDED, f"predicts no finite number; measured {measured}", numbers=numbers)
        said = f"predicts {value:.6g}, measured {measured}"
        if self.doubt:
            return Finding(Outcome.UNDECIDED, f"{said}, not to be trusted: {self.doubt}", numbers=numbers)
        outcome, deviation = self.outcome(value)
        if outcome is Outcome.UNDECIDED:
            return Finding(outcome, f"{said}: {self._left_open(deviation, value)}", numbers=numbers)
        if outcome is Outcome.CONSISTENT:
            kind = "deviation" if self.design.absolute is None else "absolute_deviation"
            return Finding(outcome, f"{said}: {self._agreement(deviation)}", numbers={**numbers, kind: deviation})
        reason = f"{said} at false-alarm rate {self.design.false_alarm:.1e}"
        if two_stages:
            return self._confirmed(reason, value, numbers)
        return Finding(Outcome.REFUTED, reason, witness=numbers, numbers=numbers)

    def _agreement(self, deviation: float) -> str:
        if self.design.absolute is not None:
            return f"error at most {deviation:.2g} (absolute resolution {self.design.absolute:g})"
        return f"relative error at most {deviation:.2g} (relative resolution {self.design.resolution:g})"

    def _left_open(self, deviation: float, value: float) -> str:
        if self.design.absolute is None and math.isinf(deviation):
            return "a mean of 0 has no relative error; the experiment declares no absolute resolution"
        kind, needed, unit = ("relative", self.design.resolution, abs(value) or 1.0)
        if self.design.absolute is not None:
            kind, needed, unit = ("absolute", self.design.absolute, 1.0)
        bias = self.first.interval.bias / unit
        why = f", {bias:.2g} of it from the steps of the scheme: take smaller ones" if bias > needed / 10 else ""
        return f"{kind} resolution {deviation:.3g}, needed {needed:g}{why}"

    def _confirmed(self, reason: str, value: float, numbers: dict[str, Any]) -> Finding:
        """REFUTED if the second stage refutes ``value`` on the same side as the first, else UNDECIDED."""
        if not isinstance(self.second, MeasuredMean):
            why = self.second.reason if self.second is not None else "no second stage"
            return Finding(Outcome.UNDECIDED, f"{reason}; not repeated independently: {why}", numbers=numbers)
        numbers = {**numbers, "second_stage": self.second.numbers}
        again = self.second.interval
        if self.second_doubt:
            doubt = f"{reason}; the repetition is not to be trusted: {self.second_doubt}"
            return Finding(Outcome.UNDECIDED, doubt, numbers=numbers)
        below = value < self.first.interval.lower
        if not (value < again.lower if below else value > again.upper):
            doubt = f"{reason}; an independent repetition does not confirm it"
            return Finding(Outcome.UNDECIDED, doubt, numbers=numbers)
        repeated = f"repeated independently: [{again.lower:.6g}, {again.upper:.6g}]"
        if _moves_towards(value, self.first.interval, again):
            doubt = f"{reason}; {repeated}: the mean moves towards it as the step is halved. Extrapolate, or take less"
            return Finding(Outcome.UNDECIDED, doubt, numbers=numbers)
        reason += f"; {repeated}"
        return Finding(Outcome.REFUTED, reason, witness=numbers, numbers=numbers)


def _moves_towards(value: float, first: ConfidenceInterval, again: ConfidenceInterval) -> bool:
    r"""Whether the stages differ by more than chance, and what is left of that may reach ``value``.

    A bias of order :math:`\sqrt h` falls by the factor :math:`\sqrt 2`: 2.4 times its change is left, of order h, once.
    """
    change = again.estimate - first.estimate
    left = value - again.estimate
    apart = first.lower > again.upper or first.upper < again.lower
    return apart and change * left > 0 and abs(left) <= _LEFT * abs(change)
