r"""Theory's sign against simulated collapse, on both sides of four thresholds; that of Theorem 5.1 located.

====================  ==============================================  =========================================
system                simulated                                       collapses where
====================  ==============================================  =========================================
double well           the SDE in log coordinates                      the log-rate is negative
teacher-student mode  the SDE in log coordinates                      the log-rate is negative
single neuron         the full process (31), tanh, 32 data points     both log-rates, of p and of s, are negative
label-noise descent   real descent (20) on the same neuron and data   both growth rates of a step are negative
====================  ==============================================  =========================================

Every system starts at distances of order one, at the noise of its threshold times 1/2, 4/5, 9/10, 11/10, 5/4 and 2.
Where theory's exponent :math:`\lambda` is negative, more than half of the paths must be below :math:`e^{-40}` at the
end; where it is positive, fewer. The level follows from the law: with a positive exponent a stationary share
:math:`e^{-40\cdot2\lambda/\sigma^2}` lies below it, 0.11 for the mode nearest to its threshold, and with a negative one
the median comes below it. Steps of 0.04 move the neuron's threshold by 5 %, half the
smallest distance. No coordinate underflows: the first two are logarithms, the others stay above 1e-300 in float64.

The threshold of the neuron is located by the growth rates of paths started at 1e-60, where the nonlinear steps are
linear to every digit: the zero of the line through them, with an interval. Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/collapse_thresholds.py [--threads 2] [--write]
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from numerics.deterministic.collapse_threshold import collapse_variance, growth_rate
from numerics.simulation.iterate import iterate
from numerics.simulation.log_coordinates import log_coordinates
from numerics.simulation.options import Options
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import Moments, Proportion
from theory.discrete.recursion import Recursion
from theory.gradient_noise.descent import gradient_descent
from theory.ito import ItoProcess
from theory.models.double_well import DoubleWell
from theory.models.single_neuron import SingleNeuron, y
from theory.models.teacher_student.modes import singular_value_process
from theory.notation import eta, mu, nu, s_tilde, zeta
from theory.stability.attractivity import attractivity_rate
from verification.papers.stochastic_collapse.figures import data_of_figure_2, figure_2
from verification.run.settings import available_cores

EVIDENCE = Path(__file__).parents[1] / "evidence"
FACTORS = (0.5, 0.8, 0.9, 1.1, 1.25, 2.0)
"""The noise (its square) in units of the threshold: three distances on each side."""

LOG_COLLAPSED = -40.0
PATHS = 512
FALSE_ALARM = 1e-6
LEARNING_RATE = 0.15
"""Of label-noise descent: large enough that the threshold of its flow is far off."""


@dataclass(frozen=True)
class System:
    """One of the systems; every function takes the noise in units of the threshold.

    Attributes:
        exponent: Theory: the larger growth rate of the log-distance, per unit of time or per step.
        log_distances: Simulation: log-distances at the end, from starts of order one. Shape ``(PATHS,)``.
    """

    name: str
    exponent: Callable[[float], float]
    log_distances: Callable[[float, int], np.ndarray]


def seed_of(*names: Any) -> int:
    """A seed from what is simulated."""
    return data_of_figure_2.seed_of({"thresholds": str(names)})


# The four systems ----------------------------------------------------------------------------------------------------


def _logarithm(process: ItoProcess, parameters: Callable[[float], Mapping[sp.Symbol, float]], until: float) -> System:
    """A process in log coordinates with fixed parameters but for the noise."""
    (x,) = process.state
    rate = -attractivity_rate(process).alpha

    def log_distances(factor: float, threads: int) -> np.ndarray:
        start = 0.3 * data_of_figure_2.normals((PATHS, 1), seed_of(x, factor, "start"))
        run = simulate(
            log_coordinates(process).process,
            parameters=parameters(factor),
            initial=start,
            step=0.02,
            until=until,
            n_paths=PATHS,
            seed=seed_of(x, factor),
            options=Options(threads=threads, progress=False),
        )
        assert run.final is not None
        return run.final[:, 0]

    def exponent(factor: float) -> float:
        return float(rate.subs(parameters(factor)))

    return System("", exponent, log_distances)


@lru_cache(maxsize=1)
def double_well() -> System:
    r"""The double well at :math:`\mu = 1`; the threshold is :math:`\zeta^2 = 2\mu`."""
    system = _logarithm(DoubleWell().process, lambda factor: {mu: 1.0, zeta: math.sqrt(2 * factor)}, 1000.0)
    return System("double well", system.exponent, system.log_distances)


@lru_cache(maxsize=1)
def teacher_student_mode() -> System:
    r"""A mode at :math:`\tilde s = 1`; the threshold is :math:`\nu = \eta\zeta^2 = 2\tilde s`."""
    process = singular_value_process().subs({zeta: sp.sqrt(nu / eta)})
    system = _logarithm(process, lambda factor: {s_tilde: 1.0, nu: 2 * factor}, 500.0)
    return System("teacher-student mode", system.exponent, system.log_distances)


@lru_cache(maxsize=1)
def single_neuron() -> System:
    """The neuron of Figure 2. The exponents know the data by two sums, so one sample with these sums gives them."""
    m_xy, m_xx = data_of_figure_2.data_moments()
    one = SingleNeuron([sp.sqrt(m_xx)], [m_xy / sp.sqrt(m_xx)], sp.tanh)
    rates = one.log_rates()
    signal = float(data_of_figure_2.signal())

    def exponent(factor: float) -> float:
        return max(float(rate.subs(figure_2.parameters(factor * signal))) for rate in rates)

    def log_distances(factor: float, threads: int) -> np.ndarray:
        weights = figure_2.run(
            factor * signal, models=PATHS, start=0.5, seed=seed_of("neuron", factor), threads=threads, step=0.04
        )
        return np.log(figure_2.distance(weights[-1]))

    return System("single neuron", exponent, log_distances)


@lru_cache(maxsize=1)
def descent() -> Recursion:
    """Label-noise gradient descent (20) on the neuron and the data of Figure 2."""
    return gradient_descent(data_of_figure_2.neuron().model, label=y, label_noise=zeta)


def step_law(noise: float) -> tuple[tuple[float, float], float]:
    r"""Means and variance of the Gaussian factors :math:`1 \pm \eta g` of a step near 0, for label noise ``noise``."""
    m_xy, m_xx = map(float, data_of_figure_2.data_moments())
    shift = LEARNING_RATE * m_xy
    return (1 + shift, 1 - shift), (LEARNING_RATE * noise) ** 2 * m_xx / data_of_figure_2.POINTS


def critical_label_noise() -> float:
    r"""The :math:`\zeta` at which the larger of the two growth rates :math:`E\log|1 \pm \eta g|` vanishes."""
    (growing, _), unit = step_law(1.0)
    window = collapse_variance(growing)
    assert window is not None
    return math.sqrt(float(window.lower) / unit)


def iterated(noise: float, steps: int, at: Sequence[int], start: float, paths: int, threads: int) -> np.ndarray:
    """Log-distances of label-noise descent from Gaussian starts, after the steps ``at``. Shape ``(len(at), paths)``."""
    seed = seed_of("descent", noise, start)
    run = iterate(
        descent(),
        parameters={eta: LEARNING_RATE, zeta: noise},
        initial=start * data_of_figure_2.normals((paths, 2), seed),
        steps=steps,
        n_replicas=paths,
        seed=seed,
        at=at,
        paths=True,
        options=Options(threads=threads, progress=False),
    )
    assert run.paths is not None
    return np.log(figure_2.distance(run.paths))


@lru_cache(maxsize=1)
def label_noise_descent() -> System:
    """Real descent with label noise; the factor multiplies the variance of the labels."""
    critical = critical_label_noise()

    def exponent(factor: float) -> float:
        means, variance = step_law(math.sqrt(factor) * critical)
        return max(float(growth_rate(mean, variance)) for mean in means)

    def log_distances(factor: float, threads: int) -> np.ndarray:
        return iterated(math.sqrt(factor) * critical, 5000, (5000,), 0.1, PATHS, threads)[0]

    return System("label-noise descent", exponent, log_distances)


# What is measured ----------------------------------------------------------------------------------------------------


def sides(system: System, threads: int = 1) -> list[dict[str, Any]]:
    """For each factor: theory's exponent, the share of collapsed paths, and whether the two agree."""
    return [side(system, factor, threads) for factor in FACTORS]


def side(system: System, factor: float, threads: int = 1) -> dict[str, Any]:
    """One factor: whether a majority has collapsed, by an interval that leaves no doubt, and theory's sign."""
    logs = system.log_distances(factor, threads)
    share = Proportion.from_samples(logs < LOG_COLLAPSED)
    lower, upper = share.interval(FALSE_ALARM)
    exponent = system.exponent(factor)
    collapsed = lower > 0.5 if exponent < 0 else upper >= 0.5
    return {
        "factor": factor,
        "exponent": exponent,
        "share": share.value,
        "interval": [lower, upper],
        "median_log": float(np.median(logs)),
        "smallest_log": float(logs.min()),
        "agrees": bool(collapsed == (exponent < 0)),
    }


def located(
    levels: Sequence[float], *, models: int, step: float, threads: int = 1, start: float = figure_2.FAR_START
) -> dict[str, Any]:
    """The noise level at which the neuron's growth rate vanishes, with an interval, next to the sharp value."""
    signal = float(data_of_figure_2.signal())
    rows = []
    for level in levels:
        seed = seed_of("located", level, step)
        logs = np.log(
            figure_2.distance(
                figure_2.run(level * signal, models=models, start=start, seed=seed, threads=threads, step=step)
            )
        )
        window = (figure_2.FIGURE.snapshots[-1] - figure_2.FIGURE.snapshots[0]) * step
        rates = Moments.from_samples((logs[-1] - logs[0]) / window)
        rows.append({"level": level * signal, "rate": rates.mean, "rate_error": rates.standard_error, "models": models})
    lower, upper = figure_2.vanishing(rows)
    return {
        "sharp": signal,
        "of_steps": figure_2.threshold_of_steps(step),
        "location": [lower, upper],
        "relative_error": [lower / signal - 1, upper / signal - 1],
        "step": step,
        "models": models,
        "rows": rows,
    }


def located_descent(factors: Sequence[float], *, models: int, steps: int, threads: int = 1) -> dict[str, Any]:
    r"""The label noise :math:`\zeta^2` at which real descent starts to collapse, with an interval."""
    critical = critical_label_noise()
    first = steps // 10
    rows = []
    for factor in factors:
        noise = math.sqrt(factor) * critical
        logs = iterated(noise, steps, (first, steps), figure_2.FAR_START, models, threads)
        rates = Moments.from_samples((logs[1] - logs[0]) / (steps - first))
        rows.append(
            {"level": factor * critical**2, "rate": rates.mean, "rate_error": rates.standard_error, "models": models}
        )
    lower, upper = figure_2.vanishing(rows)
    m_xy, m_xx = map(float, data_of_figure_2.data_moments())
    return {
        "exact": critical**2,
        "of_flow": 2 * m_xy * data_of_figure_2.POINTS / (LEARNING_RATE * m_xx),
        "location": [lower, upper],
        "learning_rate": LEARNING_RATE,
        "steps": steps,
        "models": models,
        "rows": rows,
    }


def systems() -> tuple[System, ...]:
    """All four."""
    return double_well(), teacher_student_mode(), single_neuron(), label_noise_descent()


def measure(threads: int) -> dict[str, Any]:
    """Everything, as a JSON object."""
    return {
        "sides": {system.name: sides(system, threads) for system in systems()},
        "theorem_5_1": located((0.8, 0.9, 1.1, 1.2), models=4096, step=0.005, threads=threads),
        "descent": located_descent((0.9, 0.95, 1.05, 1.1), models=4096, steps=1000, threads=threads),
    }


def table(found: Mapping[str, Any]) -> str:
    """The measurements in words."""
    lines = ["system                noise/threshold   exponent   collapsed          median log   agrees"]
    for name, rows in found["sides"].items():
        for row in rows:
            lower, upper = row["interval"]
            lines.append(
                f"{name:22}{row['factor']:10.2f}{row['exponent']:15.4f}   {row['share']:.3f} [{lower:.2f}, {upper:.2f}]"
                f"{row['median_log']:11.1f}   {'yes' if row['agrees'] else 'NO'}"
            )
    neuron, real = found["theorem_5_1"], found["descent"]
    low, high = neuron["relative_error"]
    (lower, upper), of_steps = neuron["location"], neuron["of_steps"]
    verdict = "reproduced" if lower <= of_steps <= upper else "NOT reproduced"
    exactly = "reproduced" if real["location"][0] <= real["exact"] <= real["location"][1] else "NOT reproduced"
    return "\n".join(
        [
            *lines,
            "",
            f"Theorem 5.1: sharp {neuron['sharp']:.5f}, that of Euler-Maruyama steps of {neuron['step']} "
            f"{of_steps:.5f}; located in [{lower:.5f}, {upper:.5f}], {100 * low:+.2f} % to {100 * high:+.2f} % from "
            f"the sharp one: {verdict}, up to the step",
            f"descent (20), eta = {real['learning_rate']}: exact zeta^2 {real['exact']:.3f}, located in "
            f"[{real['location'][0]:.3f}, {real['location'][1]:.3f}]; {exactly}; its flow would say "
            f"{real['of_flow']:.3f}",
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=available_cores(), help="threads (number of cores)")
    parser.add_argument("--write", action="store_true", help=f"write collapse_thresholds.json to {EVIDENCE}")
    options = parser.parse_args()
    if options.threads < 1:
        parser.error("--threads must be at least 1")
    found = measure(options.threads)
    print(table(found))
    if options.write:
        EVIDENCE.mkdir(parents=True, exist_ok=True)
        (EVIDENCE / "collapse_thresholds.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
