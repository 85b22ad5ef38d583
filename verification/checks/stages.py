"""What the tasks of a Monte Carlo check compute: a pilot, a chunk of a stage, the candidates' predictions.

Everything here runs in a worker, from JSON to JSON. The samples of a stage are those of one stream, whose seed is a
hash of names; a chunk is a range of their indices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from numerics.statistics.estimators import Moments, finite_samples
from numerics.statistics.sample_size import BATCHES
from numerics.statistics.tails import largest_deviations, tail_size
from verification.checks.check import Context, statement_of
from verification.checks.comparison import predicted_by
from verification.errors import VerificationError
from verification.forms import Draw, Experiment, Samples

CHUNKS = 8
"""Tasks per stage; each holds ``BATCHES / CHUNKS`` batches, whatever the number of workers."""

PROTOCOL = "monte-carlo-3"
"""Part of every seed: a changed protocol draws new numbers."""

PILOT, WIDE_PILOT, FIRST, ENLARGED, SECOND = "pilot", "wide pilot", "stage 1", "stage 1 enlarged", "stage 2"
"""The stages, each a stream of its own."""


def seed(context: Context, experiment: Experiment, stage: str) -> int:
    """The 64-bit seed of one stage, by hashing names. Never typed, never tuned."""
    return stage_seed(context.claim.id, context.statement.name, experiment.name, stage)


def stage_seed(claim: str, statement: str, experiment: str, stage: str) -> int:
    """The seed that belongs to these names."""
    text = "/".join([PROTOCOL, claim, statement, experiment, stage])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def pilot(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Mean, standard deviation, skewness and tail of a small run, and whether all its samples are 0 or 1."""
    experiment = _experiment(arguments)
    n = arguments["n"]
    samples = _samples(experiment, Draw(n, 0, _seed(arguments, experiment)))
    values = _drawn(samples.values, n, experiment)
    moments = Moments.from_samples(values)
    return {
        "n": n,
        "mean": moments.mean,
        "deviation": float(np.sqrt(moments.variance)),
        "skewness": moments.skewness,
        "bounded": _are_indicators(values),
        "rounding": samples.rounding,
        "largest": _tail(values, n),
    }


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one chunk and reduce it to its batch means."""
    experiment = _experiment(arguments)
    per_batch = arguments["n"] // BATCHES
    batches = BATCHES // CHUNKS
    size = per_batch * batches
    refinement = 2 if arguments["stage"] == SECOND else 1
    samples = _samples(experiment, Draw(size, arguments["chunk"] * size, _seed(arguments, experiment), refinement))
    values = _drawn(samples.values, size, experiment)
    corrections = None
    if samples.correction is not None:
        corrections = _drawn(samples.correction, size, experiment).reshape(batches, per_batch).mean(axis=1).tolist()
    return {
        "means": values.reshape(batches, per_batch).mean(axis=1).tolist(),
        "moments": asdict(Moments.from_samples(values)),
        "successes": int(values.sum()) if _are_indicators(values) else None,
        "corrections": corrections,
        "rounding": samples.rounding,
        "largest": _tail(values, arguments["n"]),
        "notes": dict(samples.notes),
    }


def predictions(arguments: Mapping[str, Any]) -> dict[str, float | None]:
    """What each candidate predicts for the sampled mean, None where it predicts nothing."""
    experiment = _experiment(arguments)
    forms = statement_of(arguments).candidates()
    return {name: predicted_by(experiment.predicted, name, form) for name, form in forms.items()}


def _samples(experiment: Experiment, draw: Draw) -> Samples:
    drawn: Any = experiment.sampler(experiment.arguments, draw)
    if not isinstance(drawn, Samples):
        raise VerificationError(
            f"the sampler of {experiment.name!r} must return verification.forms.Samples, got {type(drawn).__name__}. "
            "Write Samples(values)."
        )
    return drawn


def _drawn(samples: Any, n: int, experiment: Experiment) -> np.ndarray:
    """``n`` finite samples, refused otherwise: one NaN averaged in would make the whole interval meaningless."""
    what = f"what the sampler of {experiment.name!r} returns"
    values = finite_samples(samples, what)
    if len(values) != n:
        raise VerificationError(f"{what} must be {n} samples, as drawn, got {len(values)}. Return one per index.")
    return values


def _tail(values: np.ndarray, n: int) -> list[float]:
    """The largest deviations, as many as the tail of ``n`` samples has, and one that they exceed."""
    size = tail_size(n)
    return largest_deviations(values, size + 1) if size else []


def _are_indicators(values: np.ndarray) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _experiment(arguments: Mapping[str, Any]) -> Experiment:
    return next(e for e in statement_of(arguments).experiments if e.name == arguments["experiment"])


def _seed(arguments: Mapping[str, Any], experiment: Experiment) -> int:
    return stage_seed(arguments["claim"], arguments["statement"], experiment.name, arguments["stage"])
