"""How many samples decide, and whether those that came are of the kind that was planned for.

The plan rests on the variation and the skewness of one sample, which the author declares or a small independent
*pilot* measures. Both are only as good as what they have seen, so what the deciding stage measures is compared with
them afterwards, in both directions: samples that vary more than planned make the interval too wide or hide a tail
that the pilot missed; samples that vary less than an author said lack the rare events that make up the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numerics.statistics.estimators import ROUNDING
from numerics.statistics.sample_size import Design, design
from numerics.statistics.tails import HillEstimate
from verification.checks.measured_mean import MeasuredMean, tail_of
from verification.forms import Experiment
from verification.verdict import Finding, Outcome

PILOT_SIZE = 2048
"""Samples of a pilot: enough to know a variation to a few per cent."""

LARGEST = 2**31
"""Samples beyond which an experiment is refused: its observable is too wild for a mean."""

WIDE_PILOT_SIZE = 2**17
"""Samples of a second pilot, enough for the tails to be seen, where the first asks for a very large stage, or saw a
constant."""

GROWTH = 2048
"""A stage more than so many times as large as its pilot has a second one before it."""

TAIL_LEVEL = 0.01
"""Probability with which samples that just have a variance (tail index 2) are taken for some that have none."""

SURPRISE = 2.0
"""Factor, up or down, between expected and measured variation from which on the tails are not understood."""

RELATED = 1.5
"""Factor in the variance of batch means that independent samples exceed once in a million stages."""

EVENTS = 40.0
"""Expected events whose absence is no chance: exp(-40) is far below every false-alarm rate."""

ENLARGEMENT = 16
"""Largest factor by which the deciding stage grows when its skewness asks for it."""


PILOT_SAID = "the pilot"


@dataclass(frozen=True)
class SamplingPlan:
    """A design and what it rests on.

    Attributes:
        design: Of the deciding stage.
        expected: Variation of one sample, as declared or seen: relative to the mean, or in its units where the
            resolution is absolute.
        source: Who says so.
        checks: How many checks share the false-alarm rate.
        indicators: Whether samples that are all 0 or 1 may be taken for indicators: the pilot saw no others.
    """

    design: Design
    expected: float
    source: str
    checks: int
    indicators: bool = True

    def doubt(self, measured: MeasuredMean) -> str:
        """Why nothing may be decided from ``measured``; empty where it may."""
        if measured.tail is not None and (wild := without_variance(measured.tail)):
            return wild
        if measured.dependence > RELATED:
            return (
                f"the means of batches vary {measured.dependence:.2g} times as much as those of independent samples "
                "would: return one sample of each independent run"
            )
        if not measured.interval.is_valid:
            skewness, n = measured.moments.skewness, measured.moments.n
            return f"the samples have skewness {skewness:.3g}, which needs n = {measured.size_needed}, not {n}"
        return self.surprise(measured)

    def surprise(self, measured: MeasuredMean) -> str:
        """How the samples vary otherwise than expected; empty where they do not, or an exact interval does not care."""
        if measured.exact and self.indicators:
            return self._lacking_events(measured)
        found = variation(measured.moments.mean, measured.deviation, self.design.absolute)
        if found <= SURPRISE * self.expected and self.expected <= SURPRISE * found:
            return ""
        how = f"{found / self.expected:.2g} times as much as" if self.expected else "otherwise than"
        return f"the samples vary {how} {self.source} said ({found:.3g}, not {self.expected:.3g}): some tail is unseen"

    def _lacking_events(self, measured: MeasuredMean) -> str:
        """What is wrong with indicators that are all alike although they were said to vary; empty if nothing is.

        Of probability q they vary by at least the root of q(1 - q), and of n samples nq differ from the others.
        """
        if measured.deviation or not self.expected:
            return ""
        rare = self.expected**2 / (1 + self.expected**2)
        events = measured.moments.n * rare
        if events < EVENTS:
            return ""
        return (
            f"all samples are {measured.moments.mean:.3g}, though {self.source} said that they vary by "
            f"{self.expected:.3g}: some {events:.0f} others are missing"
        )

    def enlarged(self, measured: MeasuredMean) -> SamplingPlan | None:
        """The plan of a larger stage where skewness alone stands against ``measured``; None where nothing helps.

        The stage that was too small serves as a pilot: new samples, a size from its moments, expectations from it.
        """
        wild = measured.tail is not None and without_variance(measured.tail)
        if measured.interval.is_valid or wild or self.surprise(measured):
            return None
        old = self.design
        found = variation(measured.moments.mean, measured.deviation, old.absolute)
        new = design(
            variation=max(old.variation, _rounded_up(1.1 * found)),
            skewness=_rounded_up(1.25 * abs(measured.moments.skewness)),
            resolution=old.resolution,
            checks=self.checks,
            absolute=old.absolute,
        )
        if not measured.moments.n < new.n <= min(LARGEST, ENLARGEMENT * measured.moments.n):
            return None
        return SamplingPlan(new, found, "the first stage", self.checks, self.indicators)


def without_variance(tail: HillEstimate) -> str:
    """Why Student's interval says nothing about samples with this ``tail``; empty where they may have a variance."""
    bound = tail.upper_bound(TAIL_LEVEL)
    if bound >= 2:
        return ""
    return (
        f"the {tail.k} largest deviations fall off like a power of about -{tail.value:.2f}, and not faster than "
        f"-{bound:.2f}: slower than -2 there is no variance, slower than -1 no mean. Measure a logarithm or a bounded "
        "function instead"
    )


def needs_wide_pilot(plan: SamplingPlan | Finding) -> bool:
    """Whether a ``plan`` rests on too few samples, so that tails are to be looked at first.

    It is very large; or all samples were alike and are no indicators, so that it is very small, and an event that is
    seldom would be missed by pilot and stage alike.
    """
    if not isinstance(plan, SamplingPlan) or plan.source != PILOT_SAID:
        return False
    return plan.design.n > GROWTH * PILOT_SIZE or (plan.expected == 0 and not plan.indicators)


def variation(mean: float, deviation: float, absolute: float | None) -> float:
    """Standard deviation of a sample, relative to its mean unless the resolution is absolute; infinite at mean 0."""
    if absolute is not None or deviation == 0:
        return deviation
    return deviation / abs(mean) if mean else math.inf


def planned(
    experiment: Experiment, pilot: Mapping[str, Any] | None, *, resolution: float, checks: int
) -> SamplingPlan | Finding:
    """The plan of the deciding stage, from what is declared and else from what the ``pilot`` saw.

    What a pilot saw is rounded up to a power of 1.1, so that the last bits of a machine do not change a sample size.
    Returns a finding where there is no such plan.
    """
    expected, skewness, source = experiment.variation, experiment.skewness, "the author"
    tail = tail_of([pilot], pilot["n"]) if pilot is not None and not pilot["bounded"] else None
    if tail is not None and (wild := without_variance(tail)):
        return Finding(Outcome.UNDECIDED, wild)
    spread = expected
    if pilot is not None:
        if expected is None:
            small = pilot["deviation"] <= (ROUNDING + pilot["rounding"]) * abs(pilot["mean"])
            expected = variation(pilot["mean"], 0.0 if small else pilot["deviation"], experiment.absolute)
            spread, source = _rounded_up(1.1 * expected), PILOT_SAID
        skewness = _rounded_up(1.25 * abs(pilot["skewness"])) if skewness is None else skewness
        skewness = 0.0 if pilot["bounded"] else skewness
    assert spread is not None and expected is not None and skewness is not None
    if math.isinf(spread):
        reason = "the samples of the pilot have mean 0, which has no relative error: declare an absolute resolution"
        return Finding(Outcome.UNDECIDED, reason)
    plan = design(
        variation=spread, skewness=skewness, resolution=resolution, checks=checks, absolute=experiment.absolute
    )
    if plan.n > LARGEST:
        reason = f"the samples vary so much (variation {spread:.3g}, skewness {skewness:.3g}) that {plan.n:.2g} "
        reason += "would be needed: measure a bounded observable or a logarithm"
        return Finding(Outcome.UNDECIDED, reason + ("" if experiment.absolute else ", or declare absolute="))
    return SamplingPlan(plan, expected, source, checks, pilot is None or pilot["bounded"])


def _rounded_up(value: float) -> float:
    """The next number of the form 1.1**k; 0 and infinity stay what they are."""
    if value <= 0 or math.isinf(value):
        return value
    return 1.1 ** math.ceil(math.log(value) / math.log(1.1))
