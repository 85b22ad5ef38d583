r"""Variances and means of every mode at the end of training by real SGD, against closed forms: depth 2, 3 and 4.

Square and rectangular layers at three learning rates, each half the one before; a parabola goes through the three. Each
number is held against its closed form at a false-alarm rate of 1e-9, and so is the width of balanced layers, which the
same runs must refute where it is another one::

    python -m tests.nightly.end_of_training [4096] [--only 3-2-4-2] [--write]
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from docs.benchmarks import evidence as figures
from numerics.statistics.estimators import Estimate
from tests.nightly import evidence
from tests.numerics.layered.test_end_of_training import RECTANGULAR, SETTLED, WEIGHTS, EndOfTraining, combined
from tests.numerics.seeding import FALSE_ALARM_IN_PROPERTY as ALPHA
from verification.authoring.figures import quantile
from verification.drawing.curves import Curve, curves_picture
from verification.drawing.intervals import Picture

RATES = (0.02, 0.01, 0.005)
MOST_RUNS = 4096
"""One block of replicas, so that each look is one array."""

DEEP = EndOfTraining((3, 4, 2, 3, 2), (1.0, 0.5), (1.0, 0.6, 1.4), (0.2, 0.4))
PROBLEMS = (*SETTLED, RECTANGULAR, DEEP)


def shape(problem: EndOfTraining) -> str:
    """Its widths."""
    return "-".join(map(str, problem.widths))


def judged(problem: EndOfTraining, runs: int) -> Iterator[dict[str, Any]]:
    """A row for each mean and variance: the closed form, every learning rate, the value at 0, whether they agree."""
    measured = [problem.measured(rate, runs) for rate in RATES]
    for what, a, b in measured[0]:
        each = [row[what, a, b] for row in measured]
        found = combined(list(zip(WEIGHTS[len(RATES)], each, strict=True)))
        expected = problem.expected(what, a, b)
        yield {
            "widths": shape(problem),
            "what": what,
            "mode": [a, b],
            "closed_form": expected,
            "at_rates": [_pair(value) for value in each],
            "extrapolated": _pair(found),
            "errors_away": (found.value - expected) / found.standard_error,
            "agrees": bool(found.agrees_with(expected, false_alarm=ALPHA)),
            **_balanced(problem, what, a, b, found),
        }


def _pair(found: Estimate) -> list[float]:
    return [float(f"{number:.6g}") for number in (found.value, found.standard_error)]


def _balanced(problem: EndOfTraining, what: str, a: int, b: int, found: Estimate) -> dict[str, Any]:
    r"""The width :math:`\frac L2\sigma^2s^{2(L-1)/L}` of a chain of equal layers, and whether the runs refute it."""
    if what == "mean" or a != b:
        return {}
    depth = len(problem.widths) - 1
    chain = depth / 2 * problem.labels[a] * problem.values[a] ** (2 * (depth - 1) / depth)
    return {"chain_alone": chain, "refutes_chain_alone": not found.agrees_with(chain, false_alarm=ALPHA)}


def picture(rows: Sequence[dict[str, Any]]) -> Picture:
    """The variance of the weakest mode of each network over its closed form, against the learning rate."""
    weakest = {row["widths"]: row for row in rows if row["what"] == "variance" and row["mode"][0] == row["mode"][1]}
    curves = []
    for widths, row in weakest.items():
        points = [row["extrapolated"], *reversed(row["at_rates"])]
        values = [value / row["closed_form"] for value, _ in points]
        halves = [quantile(ALPHA / 2) * error / row["closed_form"] for _, error in points]
        bars = [[value - half, value + half] for value, half in zip(values, halves, strict=True)]
        curves.append(Curve(widths, [0.0, *reversed(RATES)], values, bars))
    return curves_picture(
        "end-of-training",
        curves,
        axes={"xlabel": "learning rate", "ylabel": "variance over its closed form"},
        size=(6.6, 3.6),
        label="Variance of the weakest mode over its closed form, against the learning rate; extrapolated at 0.",
        caption="Variance of the weakest mode over the learning rate and its closed form, by widths; at 0 "
        "extrapolated. Bars hold the truth with a false alarm of 1e-9.",
    )


def main(runs: int, only: str, *, write: bool) -> int:
    """Print a line a number; how many differ from their closed forms."""
    rows, seconds = [], time.process_time()
    for problem in PROBLEMS:
        if re.search(only, shape(problem)):
            for row in judged(problem, runs):
                rows.append(row)
                value, error = row["extrapolated"]
                word = "agrees" if row["agrees"] else "DIFFERS"
                name = f"{row['what']} {row['mode']}"
                print(f"{row['widths']:10} {name:16} {row['closed_form']:9.5f}  {value:9.5f} ± {error:.5f}  {word}")
    seconds = round(time.process_time() - seconds, 1)
    print(f"{sum(row['agrees'] for row in rows)} of {len(rows)} agree at {ALPHA}; {seconds} s of processor time")
    if write:
        figures.write("end_of_training", {}, picture(rows))
        about = {"rates": RATES, "runs": runs, "false_alarm": ALPHA, "processor_seconds": seconds}
        evidence.write("end_of_training", {**about, "rows": rows})
    return sum(not row["agrees"] for row in rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="?", type=evidence.at_least_one, default=MOST_RUNS)
    parser.add_argument("--only", default="", help="networks whose widths hold this regular expression")
    parser.add_argument("--write", action="store_true", help="write numbers and picture to docs/evidence")
    arguments = parser.parse_args()
    if arguments.runs > MOST_RUNS or arguments.runs < 2:
        parser.error(f"runs must be between 2 and {MOST_RUNS}, got {arguments.runs}")
    sys.exit(main(arguments.runs, arguments.only, write=arguments.write))
