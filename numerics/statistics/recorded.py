"""Moments of named observables at the recorded times of a run, whoever ran it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from numerics.errors import ArgumentError
from numerics.statistics.estimators import Estimate, Moments

Statistics = Mapping[Hashable, tuple[Moments, ...]]
"""Name of an observable to its moments, one per recorded time."""


def estimate_at_the_end(statistics: Statistics, name: Hashable) -> Estimate:
    """The mean of an observable at the last recorded time.

    Raises:
        ArgumentError: there is no observable of that name.
    """
    if not isinstance(name, Hashable) or name not in statistics:
        raise ArgumentError(f"name must be one of the observables {list(statistics)}, got {name!r}.")
    return statistics[name][-1].mean_estimate


def merged_statistics(parts: Iterable[Statistics], n_times: int) -> dict[Hashable, tuple[Moments, ...]]:
    """Statistics of disjoint trajectories as one, merged in the order given; a part may lack a name."""
    given = list(parts)
    empty = (Moments(),) * n_times
    columns = {name: [part.get(name, empty) for part in given] for part in given for name in part}
    return {name: tuple(map(Moments.merged, zip(*column, strict=True))) for name, column in columns.items()}
