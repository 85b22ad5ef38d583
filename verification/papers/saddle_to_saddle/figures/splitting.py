r"""Where real SGD ends without label noise when its learning rate is beyond the SDE's threshold of collapse.

Two scalar layers, batches of one: the SDE tends to 0 with a positive probability where :math:`\beta s > 1`. SGD
multiplies :math:`w_1 + w_2` near 0 by :math:`1 + \eta sx^2`, whose logarithm is positive at every learning rate, so it
ends at the teacher or leaves the finite numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear.signal import NoisyTeacher
from numerics.layered.dynamics import MiniBatchDescent
from numerics.layered.network import DenseNetwork
from numerics.layered.train import train_layers
from numerics.simulation.options import Options
from verification.authoring.figures import feature, seed_of
from verification.authoring.shorthand import reproduces
from verification.claim import Statement
from verification.papers.saddle_to_saddle.figures.runs import share_interval

RATES = ("1/2", "1", "5/4", "3/2")
BEYOND = "5/4"
"""The SDE of this learning rate ends at 0 with the probability .08."""

RUNS, STEPS, START = 4000, 2000, 0.3
CLOSE = 1e-3


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """How many runs end at the teacher's value 1, at 0, beyond the finite numbers."""
    root = math.sqrt(START)
    run = train_layers(
        DenseNetwork((1, 1, 1)),
        NoisyTeacher(np.ones((1, 1))),
        MiniBatchDescent(learning_rate=float(sp.Rational(part["eta"]))),
        initial={"W1": [[root]], "W2": [[root]]},
        steps=STEPS,
        n_replicas=RUNS,
        seed=seed_of("splitting", part),
        options=Options(on_divergence="count", progress=False),
    )
    assert run.final is not None
    w, lost = (run.final["W1"] * run.final["W2"])[:, 0, 0], run.diverged_at > 0
    at = {place: int((np.abs(w[~lost] - place) < CLOSE).sum()) for place in (0, 1)}
    return {**part, "learned": at[1], "collapsed": at[0], "diverged": int(lost.sum())}


def share_at_zero(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of runs that end at 0 beyond the SDE's threshold, and where the others end."""
    rows = {row["eta"]: row for row in results}
    told = "; ".join(
        f"η = {eta}: {row['learned']} learned, {row['collapsed']} at 0, {row['diverged']} diverged"
        for eta, row in rows.items()
    )
    undecided = sum(RUNS - row["learned"] - row["collapsed"] - row["diverged"] for row in rows.values())
    beyond = rows[BEYOND]
    return {
        "location": share_interval(beyond["collapsed"], RUNS),
        "features": [
            feature("every run ends somewhere", 0, undecided, undecided == 0),
            feature("some runs learn beyond the threshold", "> 0", beyond["learned"], beyond["learned"] > 0),
        ],
        "told": f"{told}; {RUNS} runs each",
        "rows": [dict(row) for row in results],
    }


def splitting_of_sgd() -> Statement:
    """A statement of DLN-P9: how real SGD splits."""
    return reproduces(
        "splitting of SGD",
        r"P(w_\alpha\to0)",
        printed=sp.S.Zero,
        measure=measure,
        parts=tuple({"eta": rate} for rate in RATES),
        summarise=share_at_zero,
        wrong={"of the SDE": sp.Rational(8, 100), "one in a hundred": sp.Rational(1, 100)},
        remark=r"A result of ours, at $L = 2$, $s = 1$, $\beta = \eta = 5/4$ from $w(0) = 3/10$, where the SDE ends at "
        "0 with the probability .08: SGD never does; what it does not learn diverges.",
    )
