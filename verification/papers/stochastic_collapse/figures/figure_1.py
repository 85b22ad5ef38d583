r"""Figure 1 of the stochastic-collapse paper, run again: the double well and its collapse as the noise grows.

Everything runs in :math:`y = \log|\theta|`, where :math:`|\theta| \le 10^{-15}` is reached without underflow and the
sign cannot change. That coordinate steps the linear part exactly, so its threshold is that of the SDE,
:math:`\sqrt{2\mu}`; plain Euler-Maruyama, whose own threshold is a little lower, runs beside it on the same noise, and
its sign changes are counted.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from scipy import special

from numerics.deterministic.collapse_threshold import collapse_noise
from numerics.simulation.log_coordinates import log_coordinates
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import Proportion
from theory.ito import ItoProcess
from theory.models.double_well import DoubleWell
from theory.notation import mu, theta, zeta
from verification.authoring.simulated import number

STEP = 0.0025
SNAPSHOTS = (5_000, 10_000, 20_000, 40_000, 80_000)
"""Steps after which the paper looks, besides the start."""

LOG_EPSILON = math.log(1e-15)
PATHS = 4096
CONFIDENCE_ALARM = 1e-6
"""False-alarm rate of the location and of the features."""

BAR_ALARM = 0.05
"""The bars in the picture are 95 % intervals."""

CLEARLY_COLLAPSED = 0.4
r"""Only amplitudes whose rate is below minus this enter the fit: there :math:`e^{2y}` is gone and the rate is linear in
:math:`\zeta^2`. The rates of the catalogue's amplitudes next to it are -0.31 and -0.5, dozens of errors away, so that
chance does not select."""

SHOWN_PATHS = 24
SHOWN_STEPS = 80
"""Steps between two points of a trajectory in the picture, which shows the 10 000 steps of the paper's."""

SHOWN_POINTS = 125

amplitude = sp.Symbol("zeta", nonnegative=True)
r"""The noise amplitude with 0 allowed: Figure 1 begins without noise."""

position = sp.Symbol("theta", real=True)
r"""The weight on the whole line, since plain Euler-Maruyama may cross zero."""


@dataclass(frozen=True, eq=False)
class Runs:
    r"""The trajectories of one amplitude at the snapshots.

    Attributes:
        logs: :math:`\log|\theta|`, run in log coordinates. Shape ``(snapshots, paths)``.
        plain: :math:`\theta` by plain Euler-Maruyama. Shape ``(snapshots, paths)``.
        sign_changes: Steps of plain Euler-Maruyama that jumped across zero, over all paths.
        blow_ups: Paths of plain Euler-Maruyama that left the finite numbers.
    """

    logs: np.ndarray
    plain: np.ndarray
    sign_changes: int
    blow_ups: int

    @property
    def collapsed(self) -> list[int]:
        r"""Paths with :math:`|\theta| \le 10^{-15}` at each snapshot."""
        return [int((log <= LOG_EPSILON).sum()) for log in self.logs]

    @property
    def collapsed_plain(self) -> list[int]:
        """The same, as plain Euler-Maruyama sees it."""
        return [int((np.abs(x) <= 1e-15).sum()) for x in self.plain]

    @property
    def late_rate(self) -> tuple[float, float]:
        r"""Mean growth rate of :math:`\log|\theta|` between the last two snapshots, and its standard error."""
        rates = (self.logs[-1] - self.logs[-2]) / ((SNAPSHOTS[-1] - SNAPSHOTS[-2]) * STEP)
        return float(rates.mean()), float(rates.std(ddof=1) / math.sqrt(rates.size))


def double_well_on_half_line() -> ItoProcess:
    """The double well with an amplitude that may be zero."""
    return DoubleWell().process.subs({zeta: amplitude})


def double_well_on_line() -> ItoProcess:
    """The same, for both signs of the weight."""
    process = double_well_on_half_line()
    drift, dispersion = (part.xreplace({theta: position}) for part in (process.drift, process.dispersion))
    return ItoProcess(sp.ImmutableMatrix([position]), drift, dispersion)


def initial_values(n: int, seed: int) -> np.ndarray:
    """The paper's start, Gaussian of mean 0 and variance 4. Shape ``(n,)``."""
    return 2 * np.random.Generator(np.random.Philox(seed)).standard_normal(n)


def seed_of(part: Mapping[str, Any]) -> int:
    """A 64-bit seed from the part's own text, so that different amplitudes have different noise."""
    return int.from_bytes(hashlib.sha256(f"figure-1/{sorted(part.items())}".encode()).digest()[:8], "little")


def run_amplitude(drift: float, noise: float, *, paths: int, seed: int, threads: int = 1) -> Runs:
    r"""Run ``paths`` trajectories with :math:`\mu` = ``drift``, :math:`\zeta` = ``noise`` through all snapshots.

    The states are float64 and the normals float32 ("mixed"): in float32 the sum :math:`y + dy` far below zero rounds
    the rate of collapse by some :math:`10^{-4}`.
    """
    start = initial_values(paths, seed)
    common: dict[str, Any] = {
        "parameters": {mu: drift, amplitude: noise},
        "step": STEP,
        "until": SNAPSHOTS[-1] * STEP,
        "times": [step * STEP for step in SNAPSHOTS],
        "n_paths": paths,
        "paths": True,
        "seed": seed,
    }
    options = Options(precision="mixed", threads=threads, progress=False)
    process = log_coordinates(double_well_on_half_line()).process
    in_log = simulate(process, initial=np.log(np.abs(start))[:, None], options=options, **common)
    plain = simulate(
        double_well_on_line(),
        initial=start[:, None],
        count_sign_changes=True,
        options=replace(options, on_divergence="count"),
        **common,
    )
    assert in_log.paths is not None and plain.paths is not None
    return Runs(in_log.paths[:, :, 0], plain.paths[:, :, 0], sum(plain.sign_changes.values()), plain.blow_ups)


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """One part of the figure: the trajectories of a panel, or the collapse at one amplitude."""
    return trajectories(part) if part.get("show") == "trajectories" else collapse_at(part)


def collapse_at(part: Mapping[str, Any]) -> dict[str, Any]:
    """One amplitude: shares of collapsed paths at the snapshots, and the late rate of log|theta|."""
    seed, noise = seed_of(part), number(part["zeta"])
    runs = run_amplitude(number(part["mu"]), noise, paths=PATHS, seed=seed)
    rate, error = runs.late_rate
    return {
        "mu": part["mu"],
        "zeta": noise,
        "collapsed": runs.collapsed,
        "collapsed_plain": runs.collapsed_plain,
        "median_log": [float(np.median(log)) for log in runs.logs],
        "rate": rate,
        "rate_error": error,
        "paths": PATHS,
        "sign_changes": runs.sign_changes,
        "blow_ups": runs.blow_ups,
        "seed": seed,
    }


def trajectories(part: Mapping[str, Any]) -> dict[str, Any]:
    r"""A panel of Figure 1, left: some paths from starts :math:`N(0, 4)` that are the same in every panel."""
    seed = seed_of(part)
    start = initial_values(SHOWN_PATHS, seed_of({"mu": part["mu"], "show": part["show"]}))
    steps = range(SHOWN_STEPS, SHOWN_STEPS * SHOWN_POINTS + 1, SHOWN_STEPS)
    run = simulate(
        log_coordinates(double_well_on_half_line()).process,
        parameters={mu: number(part["mu"]), amplitude: number(part["zeta"])},
        initial=np.log(np.abs(start))[:, None],
        step=STEP,
        until=steps[-1] * STEP,
        times=[step * STEP for step in steps],
        n_paths=SHOWN_PATHS,
        paths=True,
        seed=seed,
    )
    assert run.paths is not None
    theta_t = np.vstack([start, np.sign(start) * np.exp(run.paths[:, :, 0])]).T
    return {
        "show": part["show"],
        "mu": part["mu"],
        "zeta": part["zeta"],
        "times": [round(step * STEP, 6) for step in (0, *steps)],
        "paths": [[float(f"{x:.5g}") for x in path] for path in theta_t],
        "seed": seed,
    }


def transition(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    r"""Where the late rate of :math:`\log|\theta|` vanishes, and whether the figure's features are there.

    On collapse the rate is :math:`\mu - \zeta^2/2`; a weighted line in :math:`\zeta^2` through the clearly collapsed
    amplitudes crosses zero at the transition. The panels of trajectories are for the eye and decide nothing.
    """
    measured = [result for result in results if "show" not in result]
    shares = np.array([result["collapsed"] for result in measured]) / measured[0]["paths"]
    drift = measured[0]["mu"]
    window = collapse_noise(STEP, number(drift))
    return {
        "location": _location([result for result in measured if result["rate"] < -CLEARLY_COLLAPSED]),
        "features": _features(measured, shares),
        "snapshots": list(SNAPSHOTS),
        "step": STEP,
        "threshold": math.sqrt(2 * number(drift)),
        "threshold_of_plain_steps": None if window is None else float(window.lower),
        "rows": [dict(result) | {"interval": intervals(result["collapsed"], result["paths"])} for result in measured],
    }


def intervals(counts: Sequence[int], paths: int) -> list[list[float]]:
    """Clopper-Pearson intervals (95 %) of the collapsed shares."""
    return [list(Proportion(count, paths).interval(BAR_ALARM)) for count in counts]


def _location(points: Sequence[Mapping[str, Any]]) -> list[float]:
    """Interval for the amplitude at which the weighted line rate = offset + slope * zeta^2 vanishes."""
    squares = np.array([result["zeta"] ** 2 for result in points])
    rates = np.array([result["rate"] for result in points])
    errors = np.array([result["rate_error"] for result in points])
    design = np.stack([np.ones_like(squares), squares], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    offset, slope = covariance @ design.T @ (rates / errors)
    square = -offset / slope
    gradient = np.array([-1 / slope, offset / slope**2])
    half = -special.ndtri(CONFIDENCE_ALARM / 2) * math.sqrt(gradient @ covariance @ gradient)
    return [math.sqrt(square - half), math.sqrt(square + half)]


def _features(results: Sequence[Mapping[str, Any]], shares: np.ndarray) -> list[dict[str, Any]]:
    """Qualitative features: monotone in noise and time up to sampling error, half-way point above sqrt(2 mu)."""
    amplitudes = np.array([result["zeta"] for result in results])
    slack = -special.ndtri(CONFIDENCE_ALARM) * math.sqrt(0.5 / results[0]["paths"])
    last = shares[:, -1]
    crossing = float(np.interp(0.5, last, amplitudes)) if last[0] < 0.5 < last[-1] else math.nan
    in_noise, in_time = np.diff(last), np.diff(shares, axis=1)
    return [
        _feature("P rises with zeta", "monotone", in_noise.min(), (in_noise > -slack).all()),
        _feature("P rises with time", "monotone", in_time.min(), (in_time > -slack).all()),
        _feature("no collapse at the smallest zeta", 0.0, last[0], last[0] < 0.01),
        _feature("full collapse at the largest zeta", 1.0, last[-1], last[-1] > 0.99),
        _feature("half of the paths collapsed above sqrt(3)", "> 1.732", crossing, crossing > math.sqrt(3)),
    ]


def _feature(name: str, printed: Any, measured: float, reproduced: Any) -> dict[str, Any]:
    shown = None if math.isnan(measured) else float(measured)
    return {"name": name, "printed": printed, "measured": shown, "reproduced": bool(reproduced)}
