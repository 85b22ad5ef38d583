r"""First-passage numbers of textbook diffusions: ours, with an error, beside a boundary value solver and sums by hand.

    PYTHONPATH=. python docs/benchmarks/passage_numbers.py [--names NAME ...] [--json FILE]

The number is the mean time to leave an interval, :math:`bT' + \tfrac12 aT'' = -1` with T = 0 at both levels. Processor
times of four ways, each cold in a child process:

- *formula*: ``mean_exit_time`` of the diffusion at numbers and its 15 digits, all symbolic work counted;
- *panels*: ``numerics.FirstPassage``, classification of the ends and its estimate of the error counted;
- *solve_bvp*: ``scipy.integrate.solve_bvp`` to 1e-9, told coefficients that are compiled already;
- *by hand*: the Green's function summed by ``cumulative_simpson`` on 18 001 points, told the same; no error is known.

Behind each way stands how far it is from the formula, relatively. The goal for ours is 0.2 s.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import platform
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import cumulative_simpson, solve_bvp

from docs.benchmarks.command_line import sized
from docs.benchmarks.textbook_diffusions import HALF, MODELS, a, k, m, mu
from numerics import FirstPassage
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.passage.passage_time import mean_exit_time
from verification.run.settings import available_cores

NAMES = (
    "Brownian motion with drift",
    "Ornstein-Uhlenbeck",
    "geometric Brownian motion",
    "Gompertz",
    "Cox-Ingersoll-Ross",
    "Feller branching",
    "squared Bessel",
    "Bessel",
    "radial Ornstein-Uhlenbeck",
    "Jacobi",
    "Wright-Fisher with selection",
    "Kimura, random environment",
    "Legendre",
    "Verhulst",
    "double well, additive noise",
    "double well, multiplicative noise",
    "Student",
    "inverse gamma",
    "beta prime",
    "constant elasticity",
    "three halves",
    "hyperbolic",
    "logistic law",
    "Morse",
    "dry friction",
    "tangent",
)
WAYS = ("formula", "panels", "solve_bvp", "by hand")
POINTS, TOLERANCE = 18_001, 1e-9

Field = Callable[[np.ndarray], np.ndarray]


def levels(state: sp.Symbol, interval: Interval | None) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Lower level, start and upper level, all inside."""
    if interval is None:
        return (HALF, sp.S.One, sp.Integer(2)) if state.is_positive else (-HALF, HALF / 2, sp.S.One)
    low, high = interval.ends
    quarter = (high - low) / 4
    return low + quarter, low + 2 * quarter, low + 3 * quarter


def by_solver(b: Field, diffusion: Field, low: float, start: float, high: float) -> float:
    """The solution of the boundary value problem; nan where the solver gives up."""

    def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.vstack([y[1], -2 * (1 + b(x) * y[1]) / diffusion(x)])

    def ends(at_low: np.ndarray, at_high: np.ndarray) -> np.ndarray:
        return np.array([at_low[0], at_high[0]])

    grid = np.linspace(low, high, 101)
    found = solve_bvp(slope, ends, grid, np.zeros((2, grid.size)), tol=TOLERANCE, max_nodes=100_000)
    return float(found.sol(start)[0]) if found.success else math.nan


def by_hand(b: Field, diffusion: Field, low: float, start: float, high: float) -> float:
    """T = u V(high) - V(start), with u the scale function and V' = s M."""
    x = np.linspace(low, high, POINTS)
    step = x[1] - x[0]

    def summed(values: np.ndarray) -> np.ndarray:
        return cumulative_simpson(values, dx=step, initial=0.0)

    potential = summed(2 * b(x) / diffusion(x))
    scale, speed = np.exp(-potential), 2 * np.exp(potential) / diffusion(x)
    S, V = summed(scale), summed(scale * summed(speed))
    at = round((start - low) / step)
    return float(S[at] / S[-1] * V[-1] - V[at])


def measured(asked: tuple[str, str]) -> dict[str, float]:
    """Value and processor seconds of one way for one model."""
    name, way = asked
    state, drift, dispersion, interval = MODELS[name]
    symbols = (drift.free_symbols | dispersion.free_symbols) - {state}
    process = ItoProcess.scalar(state, drift=drift, dispersion=dispersion).subs(
        {symbol: 2 if symbol in (k, mu, m, a) else HALF for symbol in symbols}
    )
    low, start, high = levels(state, interval)
    fields = [sp.lambdify(state, part, "numpy") for part in (process.drift[0], process.diffusion[0])]
    b, diffusion = (lambda x, f=f: f(x) + np.zeros_like(x) for f in fields)
    points = float(low), float(start), float(high)
    ways: dict[str, Callable[[], float]] = {
        "formula": lambda: float(mean_exit_time(process, start, low, high, interval).evalf(15)),
        "panels": lambda: float(FirstPassage(process, low, high, interval=interval).mean_time(start).value),
        "solve_bvp": lambda: by_solver(b, diffusion, *points),
        "by hand": lambda: by_hand(b, diffusion, *points),
    }
    begun = time.process_time()
    value = ways[way]()
    return {"value": value, "seconds": round(time.process_time() - begun, 4)}


def line(row: dict[str, Any]) -> str:
    """One row of the table: seconds and distance of every way, and how many times the solver's time ours are."""
    value = row["formula"]["value"]
    cells = [f"{row['name']:34} {value:14.8g}"]
    for way in WAYS:
        off = abs(row[way]["value"] / value - 1)
        cells.append(f"{row[way]['seconds']:7.3f} s" + ("" if way == "formula" else f" {off:7.1e}"))
    ratios = [row[way]["seconds"] / row["solve_bvp"]["seconds"] for way in WAYS[:2]]
    return "  ".join([*cells, *(f"{ratio:6.2f}" for ratio in ratios)])


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    parser.add_argument("--processes", type=int, default=1, help="how many are measured at a time")
    parser.add_argument("--json", help="a file for the numbers")
    chosen = sized(parser, "processes")
    print(f"{'':49}  formula    panels     off   solve_bvp     off   by hand      off   formula, panels / solve_bvp")
    rows: list[dict[str, Any]] = []
    with multiprocessing.get_context("fork").Pool(chosen.processes, maxtasksperchild=1) as pool:
        answers = pool.imap(measured, [(name, way) for name in chosen.names for way in WAYS], chunksize=1)
        for name in chosen.names:
            rows.append({"name": name, **{way: next(answers) for way in WAYS}})
            print(line(rows[-1]), flush=True)
    medians = {way: float(np.median([row[way]["seconds"] for row in rows])) for way in WAYS}
    print("medians: " + ", ".join(f"{way} {seconds:.3f} s" for way, seconds in medians.items()))
    if chosen.json:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        machine = f"{platform.machine()}, {available_cores()} cores, Python {platform.python_version()}"
        told: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "commit": commit, "machine": machine}
        told["load average"] = round(os.getloadavg()[0], 1)
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({**told, "medians": medians, "results": rows}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
