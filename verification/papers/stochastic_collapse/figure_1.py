r"""Figure 1 of the stochastic-collapse paper, run again: collapse of the double well against the noise amplitude.

Everything runs in :math:`y = \log|\theta|`, where :math:`|\theta| \le 10^{-15}` is reached without underflow and the sign
cannot change; plain Euler-Maruyama runs beside it and its sign changes are counted.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from numerics.estimators import Proportion
from numerics.log_coordinates import log_distance
from numerics.simulate import simulate
from theory.models.double_well import DoubleWell
from theory.notation import mu, zeta
from verification.papers.stochastic_collapse.samplers import double_well_in_log, number

STEP = 0.0025
SNAPSHOTS = (5_000, 10_000, 20_000, 40_000, 80_000)
"""Steps after which the paper looks."""

LOG_EPSILON = math.log(1e-15)
PATHS = 2048
CONFIDENCE_ALARM = 1e-6
"""False-alarm rate of every interval below."""

CLEARLY_COLLAPSED = 0.5
r"""Only amplitudes whose rate is below minus this enter the fit: there :math:`e^{2y}` is gone and the rate is linear in
:math:`\zeta^2`."""


def initial_values(n: int, seed: int, first: int = 0) -> np.ndarray:
    """The paper's start, Gaussian of mean 0 and variance 4; value ``i`` depends on ``(seed, i)`` alone."""
    source = np.random.Generator(np.random.Philox(seed))
    return 2 * source.standard_normal(first + n)[first:]


def seed_of(part: Mapping[str, Any]) -> int:
    """A 64-bit seed from the part's own text, so that different amplitudes have different noise."""
    return int.from_bytes(hashlib.sha256(f"figure-1/{sorted(part.items())}".encode()).digest()[:8], "little")


def collapse_at(part: Mapping[str, Any]) -> dict[str, Any]:
    """One amplitude: shares of collapsed paths at the snapshots, and the late rate of log|theta|."""
    seed = seed_of(part)
    start = initial_values(PATHS, seed)
    parameters = {mu: number(part["mu"]), zeta: number(part["zeta"])}
    common = dict(parameters=parameters, step=STEP, n_paths=PATHS, seed=seed)
    run = simulate(
        double_well_in_log(),
        initial=np.log(np.abs(start))[:, None],
        until=SNAPSHOTS[-1] * STEP,
        times=[step * STEP for step in SNAPSHOTS],
        paths=True,
        **common,
    )
    logs = run.paths[:, :, 0]
    rate = (logs[-1] - logs[-2]) / ((SNAPSHOTS[-1] - SNAPSHOTS[-2]) * STEP)
    plain = simulate(
        DoubleWell().process,
        initial=start[:, None],
        until=SNAPSHOTS[-1] * STEP,
        count_sign_changes=True,
        on_divergence="count",
        **common,
    )
    return {
        "zeta": parameters[zeta],
        "collapsed": [int((log <= LOG_EPSILON).sum()) for log in logs],
        "median_log": [float(np.median(log)) for log in logs],
        "rate": float(rate.mean()),
        "rate_error": float(rate.std(ddof=1) / math.sqrt(PATHS)),
        "paths": PATHS,
        "sign_changes": int(sum(plain.sign_changes.values())),
        "blow_ups": plain.blow_ups,
        "seed": seed,
    }


def transition(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    r"""Where the late rate of :math:`\log|\theta|` vanishes, and whether the figure's features are there.

    On collapse the rate is :math:`\mu - \zeta^2/2`; a weighted line in :math:`\zeta^2` through the clearly collapsed
    amplitudes crosses zero at the transition.
    """
    points = [result for result in results if result["rate"] < -CLEARLY_COLLAPSED]
    squares = np.array([result["zeta"] ** 2 for result in points])
    rates = np.array([result["rate"] for result in points])
    errors = np.array([result["rate_error"] for result in points])
    design = np.stack([np.ones_like(squares), squares], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    offset, slope = covariance @ design.T @ (rates / errors)
    square = -offset / slope
    gradient = np.array([-1 / slope, offset / slope**2])
    half = stats.norm.isf(CONFIDENCE_ALARM / 2) * math.sqrt(gradient @ covariance @ gradient)
    shares = np.array([result["collapsed"] for result in results]) / results[0]["paths"]
    return {
        "location": [math.sqrt(square - half), math.sqrt(square + half)],
        "features": _features(results, shares),
        "snapshots": list(SNAPSHOTS),
        "rows": [dict(result) | {"interval": _intervals(result)} for result in results],
    }


def _features(results: Sequence[Mapping[str, Any]], shares: np.ndarray) -> list[dict[str, Any]]:
    """Qualitative features: monotone in noise and time up to sampling error, half-way point above sqrt(2 mu)."""
    amplitudes = np.array([result["zeta"] for result in results])
    slack = stats.norm.isf(CONFIDENCE_ALARM) * math.sqrt(0.5 / results[0]["paths"])
    last = shares[:, -1]
    crossing = float(np.interp(0.5, last, amplitudes)) if last[0] < 0.5 < last[-1] else math.nan
    return [
        _feature("P rises with zeta", "monotone", float(np.diff(last).min()), bool((np.diff(last) > -slack).all())),
        _feature(
            "P rises with time", "monotone", float(np.diff(shares, axis=1).min()), bool((np.diff(shares) > -slack).all())
        ),
        _feature("no collapse at the smallest zeta", 0.0, float(last[0]), bool(last[0] < 0.01)),
        _feature("full collapse at the largest zeta", 1.0, float(last[-1]), bool(last[-1] > 0.99)),
        _feature("half of the paths collapsed above sqrt(3)", "> 1.732", crossing, bool(crossing > math.sqrt(3))),
    ]


def _feature(name: str, printed: Any, measured: float, reproduced: bool) -> dict[str, Any]:
    return {"name": name, "printed": printed, "measured": None if math.isnan(measured) else measured, "reproduced": reproduced}


def _intervals(result: Mapping[str, Any]) -> list[list[float]]:
    """Clopper-Pearson intervals of the collapsed shares."""
    alarm = 0.05
    return [list(Proportion(count, result["paths"]).interval(alarm)) for count in result["collapsed"]]
