r"""Whether runs leave the maps of rank one: SGD with label noise and isotropic Langevin noise, two layers of width 2.

The second hidden unit is silent: no weight enters it. Where its outgoing weights vanish too, no sample moves it, and
the rank of the map stays one; where they do not, the first step makes it two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import IsotropicLangevin, MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from verification.authoring.figures import feature, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import product, share_interval

RUNS, STEPS, RATE = 4000, 200, 0.05
SMALLEST = 1e-9
"""The map has rank two where its smaller singular value is more than this part of the larger one."""

TEACHER, LABELS = np.diag([1.0, 0.5]), 0.1
LOWER = [[0.5, 0.3], [0.0, 0.0]]


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """How many runs end with a map of rank one, and how many with one of rank two."""
    langevin = IsotropicLangevin(step=RATE, temperature=RATE / 2)
    run = train_layers(
        DenseNetwork((2, 2, 2)),
        NoisyTeacher(TEACHER, label_covariance=LABELS),
        langevin if part["noise"] == "Langevin" else MiniBatchDescent(learning_rate=RATE),
        initial={"W1": LOWER, "W2": [[0.4, 0.0], [0.2, float(part["read"])]]},
        steps=STEPS,
        n_replicas=RUNS,
        seed=seed_of("ranks", part),
        options=Options(progress=False),
    )
    assert run.final is not None
    large, small = np.linalg.svd(product(run.final), compute_uv=False).T
    two = int((small > SMALLEST * large).sum())
    return {**part, "one": RUNS - two, "two": two}


def share_of_rank_one(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs of SGD whose map keeps its rank, and whether Langevin noise leaves it from the same start."""
    rows = {row["noise"]: row for row in results}
    left = rows["Langevin"]["two"]
    return {
        "location": share_interval(rows["SGD"]["one"], RUNS),
        "features": [feature("isotropic Langevin noise makes the rank two", "> 0", left / RUNS, left > 0)],
        "told": f"{left} of {RUNS} runs of Langevin noise have rank two after {STEPS} steps",
        "rows": [dict(row) for row in results],
    }


def share_of_rank_two(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs of SGD whose map gains a rank."""
    (row,) = results
    return {"location": share_interval(row["two"], RUNS), "features": [], "rows": [dict(row)]}


def ranks_in_runs() -> Iterator[Statement]:
    """Statements of DLN-R1."""
    yield reproduces(
        "silent and unread unit in runs",
        r"P(\operatorname{rank}W(n) = 1)",
        printed=sp.S.One,
        measure=measure,
        parts=({"noise": "SGD", "read": 0}, {"noise": "Langevin", "read": 0}),
        summarise=share_of_rank_one,
        wrong={"as where it is read": sp.S.Zero, "nine of ten": sp.Rational(9, 10)},
        says=f"SGD with label noise, {STEPS} steps; isotropic Langevin noise leaves the maps of rank one from there.",
    )
    yield reproduces(
        "silent unit that is read in runs",
        r"P(\operatorname{rank}W(n) = 2)",
        printed=sp.S.Zero,
        corrected=sp.S.One,
        measure=measure,
        parts=({"noise": "SGD", "read": 1},),
        summarise=share_of_rank_two,
        wrong={"half of the runs": sp.Rational(1, 2)},
        says=f"SGD with label noise, {STEPS} steps, from a map of rank one.",
    )
