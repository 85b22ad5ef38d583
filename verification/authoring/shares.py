r"""Figures of how many runs have collapsed: their rows, features, picture and table in one record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy  # its submodules load on first use

from numerics.statistics.estimators import Proportion
from verification.authoring.figures import (
    BAR_ALARM,
    FALSE_ALARM,
    Row,
    feature,
    normal_quantiles,
    quantile,
    rises,
    zero_of_line,
)
from verification.drawing.curves import Line, columns, curves_picture, share_curves
from verification.drawing.intervals import Picture


@dataclass(frozen=True)
class Shares:
    """A figure of the share of runs that have collapsed, against a parameter, a curve for each snapshot.

    Attributes:
        parameter: Key of the parameter in a row.
        runs: What is run; key of its number in a row.
        snapshots: Steps after which the runs are looked at, increasing.
        symbol: The parameter in formulas.
        axis: The parameter in words.
        event: When a run counts as collapsed, in formulas.
    """

    parameter: str
    runs: str
    snapshots: tuple[int, ...]
    symbol: str
    axis: str
    event: str

    def row(self, place: float, collapsed: Sequence[int], runs: int, **more: Any) -> dict[str, Any]:
        """A row: the parameter, counts of collapsed runs with their 95 % Clopper-Pearson intervals, and ``more``."""
        bars = [list(Proportion(count, runs).interval(BAR_ALARM)) for count in collapsed]
        return {self.parameter: place, "collapsed": list(collapsed), "interval": bars, self.runs: runs, **more}

    def growth_rate(self, logs: np.ndarray, since: int, step: float) -> dict[str, float]:
        r"""Mean growth rate of :math:`\log|x|` up to the last snapshot, and its standard error, as parts of a row.

        Args:
            logs: :math:`\log|x|`. Shape ``(snapshots, runs)``.
            since: The snapshot at which it begins.
            step: Time that a step takes.
        """
        rates = (logs[-1] - logs[since]) / ((self.snapshots[-1] - self.snapshots[since]) * step)
        return {"rate": float(rates.mean()), "rate_error": float(rates.std(ddof=1) / math.sqrt(rates.size))}

    def places(self, rows: Sequence[Row]) -> np.ndarray:
        """The values of the parameter."""
        return np.array([row[self.parameter] for row in rows], dtype=float)

    def shares(self, rows: Sequence[Row]) -> np.ndarray:
        """Shares of collapsed runs. Shape ``(rows, snapshots)``."""
        return np.array([row["collapsed"] for row in rows]) / rows[0][self.runs]

    def half(self, rows: Sequence[Row], at: int = -1) -> list[float] | None:
        """Interval for the parameter at which half of the runs have collapsed at a snapshot.

        Between the two neighbouring rows the normal quantile of the share is taken to be linear. None where the share
        does not pass one half.
        """
        counts, runs = np.array([row["collapsed"][at] for row in rows]), rows[0][self.runs]
        passed = np.flatnonzero((counts[:-1] <= runs / 2) & (counts[1:] > runs / 2))
        if not passed.size:
            return None
        near = slice(passed[0], passed[0] + 2)
        values, errors = normal_quantiles(counts[near], runs)
        return zero_of_line(self.places(rows)[near], values, errors)

    def summary(self, rows: Sequence[Row], features: Sequence[Mapping[str, Any]], **known: Any) -> dict[str, Any]:
        """What :class:`verification.forms.Figure` judges: where half have collapsed, the features, and the rows.

        Args:
            rows: One a value of the parameter.
            features: Beyond the location.
            known: What the picture and the report show besides.
        """
        return {
            "location": self.half(rows),
            "features": list(features),
            "snapshots": list(self.snapshots),
            **known,
            "rows": [dict(row) for row in rows],
        }

    def picture(
        self, name: str, rows: Sequence[Row], lines: Sequence[Line], *, caption: str, cells: Mapping[str, str]
    ) -> Picture:
        """The shares with their bars, a curve for each snapshot.

        Args:
            name: Unique on the page.
            rows: One a value of the parameter.
            lines: Thresholds.
            caption: What stands below, after what is drawn.
            cells: Further columns of the table, as for :func:`verification.drawing.curves.columns`.
        """
        shares, bars = self.shares(rows), [row["interval"] for row in rows]
        digits = math.ceil(math.log10(rows[0][self.runs]))
        return curves_picture(
            name,
            share_curves(self.snapshots, self.places(rows), shares, bars),
            lines,
            axes={"xlabel": f"{self.axis} {self.symbol}", "ylabel": f"P({self.event})", "ylim": (-0.03, 1.03)},
            label=f"Share of collapsed {self.runs} against the {self.axis}, a curve for each number of steps.",
            caption=f"Share of {rows[0][self.runs]} {self.runs} with {self.event} against {self.symbol}, with 95 % "
            f"Clopper-Pearson bars. {caption}",
            table={
                self.symbol: [f"{place:g}" for place in self.places(rows)],
                **{f"{n} steps": [f"{p:.{digits}f}" for p in shares[:, i]] for i, n in enumerate(self.snapshots)},
                "95 % interval at the end": [f"[{low:.{digits}f}, {high:.{digits}f}]" for *_, (low, high) in bars],
                **columns(rows, cells),
            },
        )

    def slack(self, rows: Sequence[Row]) -> float:
        r"""What a difference of two shares exceeds by chance; its error is at most :math:`1/\sqrt{2n}` for n runs."""
        return quantile() * math.sqrt(0.5 / rows[0][self.runs])

    def features(self, rows: Sequence[Row], stated: float) -> list[dict[str, Any]]:
        """Monotone in the parameter up to sampling error, both ends, and the stated threshold inside the rise.

        Where the runs are too few to tell a feature is open.
        """
        last, runs = self.shares(rows)[:, -1], rows[0][self.runs]
        ends = (Proportion(rows[end]["collapsed"][-1], runs).interval(FALSE_ALARM) for end in (0, -1))
        (some, few), (many, most) = ends
        none, every = last[0] < 0.01 and few < 0.05, last[-1] > 0.99 and many > 0.95
        values, errors = normal_quantiles(np.array([row["collapsed"][-1] for row in rows]), runs)
        low, inside, high = (
            float(scipy.special.ndtr(np.interp(stated, self.places(rows), values + sign * quantile() * errors)))
            for sign in (-1, 0, 1)
        )
        within, beside = 0.01 < low and high < 0.99, high < 0.01 or low > 0.99
        return [
            rises("the share rises with the noise", last, self.slack(rows)),
            feature("none collapsed at the weakest noise", 0.0, last[0], none, contradicted=some > 0.01),
            feature("all collapsed at the strongest noise", 1.0, last[-1], every, contradicted=most < 0.99),
            feature(
                "the stated location lies in the rise", "1 % to 99 % collapsed", inside, within, contradicted=beside
            ),
        ]

    def approaches(self, rows: Sequence[Row], stated: float) -> dict[str, Any]:
        """The feature that the half-way point lies closer to the stated one at the last snapshot than at the first.

        First is the first snapshot at which half of the runs have collapsed anywhere; closer is beyond the intervals,
        which hold from so many runs on that a quarter of them is beyond chance.
        """
        halves = [half for i in range(len(self.snapshots)) if (half := self.half(rows, i)) is not None]
        away = [sorted(abs(end - stated) for end in half) for half in halves]
        told = len(away) > 1 and 4 * self.slack(rows) < 1
        closer, farther = (told and away[a][1] < away[b][0] for a, b in ((-1, 0), (0, -1)))
        nearest = sum(halves[-1]) / 2 if halves else math.nan
        name = "the half-way point comes closer to the stated one with time"
        return feature(name, stated, nearest, closer, contradicted=farther)
