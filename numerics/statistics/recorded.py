"""Moments of named observables at the recorded times of a run, whoever ran it."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Mapping

from numerics.arguments import takes
from numerics.errors import ArgumentError, UnreliableEstimateWarning
from numerics.statistics.estimators import Estimate, Moments
from theory.argument_kinds import one_of
from theory.values import shown

FEWEST_JUDGED = 100
"""Samples from which on a mean is judged; of fewer normal ones, no more than some ten carry the variance either."""

FEWEST_EFFECTIVE = 30
"""Samples that must carry the variance; of fewer than 600, a twentieth of them, and 10 at least.

The skewness is then at most sqrt(n/10), and an interval at level 5 % misses about as often as it says
(:func:`numerics.statistics.sample_size.distortion` is at most 0.4). Of samples without a variance, whose tails fall off
as x^-1.5, one set of 10^5 in three has 10 that carry it, one in twenty has 30.
"""

Statistics = Mapping[Hashable, tuple[Moments, ...]]
"""Name of an observable to its moments, one per recorded time."""


def estimate_at_the_end(statistics: Statistics, name: Hashable) -> Estimate:
    """The mean of an observable at the last recorded time.

    Warns:
        UnreliableEstimateWarning: a few samples outweigh all others, as they do where mean or variance are infinite.

    Raises:
        ArgumentError: there is no observable of that name.
    """
    if not isinstance(name, Hashable) or name not in statistics:
        raise ArgumentError(f"name must be one of the observables {list(statistics)}, got {shown(name)}.")
    moments = statistics[name][-1]
    if not is_reliable(moments):
        warnings.warn(
            f"the mean of {name} and its standard error rest on about {max(1, round(moments.effective_n))} of "
            f"{moments.n} samples, which outweigh all others: the mean or the variance may be infinite, and the "
            "interval is none. Take a bounded observable or a logarithm, or count events as a Proportion.",
            UnreliableEstimateWarning,
            stacklevel=3,
        )
    return moments.mean_estimate


@takes(moments=one_of(Moments, needed="Moments"))
def is_reliable(moments: Moments) -> bool:
    """Whether so many samples carry the variance that a normal interval of the mean makes sense.

    Example:
        >>> is_reliable(Moments.from_samples(range(100))), is_reliable(Moments.from_samples([0] * 999 + [1e6]))
        (True, False)
    """
    return moments.n < FEWEST_JUDGED or moments.effective_n >= min(FEWEST_EFFECTIVE, max(10, moments.n / 20))


def merged_statistics(parts: Iterable[Statistics], n_times: int) -> dict[Hashable, tuple[Moments, ...]]:
    """Statistics of disjoint trajectories as one, merged in the order given; a part may lack a name."""
    given = list(parts)
    empty = (Moments(),) * n_times
    columns = {name: [part.get(name, empty) for part in given] for part in given for name in part}
    return {name: tuple(map(Moments.merged, zip(*column, strict=True))) for name, column in columns.items()}
