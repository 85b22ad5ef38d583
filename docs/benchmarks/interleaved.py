"""Interleaved timing: every round runs each method once, in turn, and ratios are taken within a round.

Rates drift by tens of per cent while a benchmark runs (clock, neighbours), but they drift for all methods of a round
together, so the median over rounds of the ratio within a round is what can be trusted. Time is processor time of this
process, all threads together, which other processes do not lengthen much.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Method:
    """Something to time.

    Attributes:
        name: For the table.
        run: Does the work once.
        work: Trajectory-steps in one run.
    """

    name: str
    run: Callable[[], object]
    work: float


@dataclass(frozen=True)
class Timing:
    """What was measured.

    Attributes:
        name: Of the method.
        rate: Median trajectory-steps per second of processor time.
        wall_rate: Median trajectory-steps per second of wall-clock time.
        ratio: Median over rounds of (rate of the reference) / (rate of this method), on processor time.
        spread: Smallest and largest ratio of a round.
    """

    name: str
    rate: float
    wall_rate: float
    ratio: float
    spread: tuple[float, float]


def interleaved(methods: Sequence[Method], *, reference: str, rounds: int = 5) -> list[Timing]:
    """Time all methods, ``rounds`` times in turn after one unmeasured run each.

    Args:
        reference: Name of the method the ratios compare with.
    """
    for method in methods:
        method.run()
    rates: dict[str, list[float]] = {method.name: [] for method in methods}
    wall_rates: dict[str, list[float]] = {method.name: [] for method in methods}
    for _ in range(rounds):
        for method in methods:
            wall, processor = time.perf_counter(), time.process_time()
            method.run()
            rates[method.name].append(method.work / max(time.process_time() - processor, 1e-9))
            wall_rates[method.name].append(method.work / (time.perf_counter() - wall))
    timings = []
    for method in methods:
        ratios = [a / b for a, b in zip(rates[reference], rates[method.name], strict=True)]
        timings.append(
            Timing(
                method.name,
                median(rates[method.name]),
                median(wall_rates[method.name]),
                median(ratios),
                (min(ratios), max(ratios)),
            )
        )
    return timings


def table(timings: Sequence[Timing], reference: str) -> str:
    """The measurements as a Markdown table."""
    lines = [
        f"| method | 10^6 steps/s (processor) | 10^6 steps/s (wall) | {reference} / this | range |",
        "|---|---:|---:|---:|---|",
    ]
    for timing in timings:
        low, high = timing.spread
        lines.append(
            f"| {timing.name} | {timing.rate / 1e6:.4g} | {timing.wall_rate / 1e6:.4g} | {timing.ratio:.3g} "
            f"| {low:.3g} to {high:.3g} |"
        )
    return "\n".join(lines)
