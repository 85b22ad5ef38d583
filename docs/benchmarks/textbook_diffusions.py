r"""Sixty textbook diffusions: what law, boundary classes and moments cost, and what numbers to 12 digits cost.

    PYTHONPATH=. python docs/benchmarks/textbook_diffusions.py [NAME ...]

Two processor times for each, its own share only: one for the law, both classes, mean, variance and mode; one for the
mean, the second moment and a quantile at given numbers. Goals: 1 s and 0.3 s. A question without an answer is named.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import sympy as sp

import numerics.deterministic.numerical_law
from docs.benchmarks.command_line import chosen
from theory.errors import DriftproofError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import classify
from theory.line.laws.stationary import stationary_density

assert numerics.deterministic.numerical_law

x, p = sp.Symbol("x", real=True), sp.Symbol("x", positive=True)
k, m, s, a, b = sp.symbols("k m s a b", positive=True)
mu = sp.Symbol("mu", real=True)
HALF, PI = sp.Rational(1, 2), sp.pi
UNIT, CIRCLE = Interval(0, 1), Interval(-PI, PI)
RATIO = x * (1 - x)

Model = tuple[sp.Symbol, sp.Expr, sp.Expr, Interval | None]

MODELS: dict[str, Model] = {
    "Brownian motion": (x, sp.S.Zero, s, None),
    "Brownian motion with drift": (x, mu, s, None),
    "reflected with drift": (p, -m, s, None),
    "uniform between two walls": (x, sp.S.Zero, s, UNIT),
    "drift between two walls": (x, -m, s, UNIT),
    "Ornstein-Uhlenbeck": (x, -k * (x - mu), s, None),
    "reflected Ornstein-Uhlenbeck": (p, -k * p, s, None),
    "Ornstein-Uhlenbeck in a box": (x, -k * x, s, Interval(-1, 2)),
    "geometric Brownian motion": (p, mu * p, s * p, None),
    "exponential Ornstein-Uhlenbeck": (p, p * (a - k * sp.log(p)), s * p, None),
    "Gompertz": (p, p * (mu - k * sp.log(p)), s * p, None),
    "Cox-Ingersoll-Ross": (p, k * (m - p), s * sp.sqrt(p), None),
    "Feller branching": (p, mu * p, s * sp.sqrt(p), None),
    "branching with immigration": (p, a - b * p, sp.sqrt(2 * p), None),
    "squared Bessel": (p, a, 2 * sp.sqrt(p), None),
    "Bessel": (p, a / p, sp.S.One, None),
    "radial Ornstein-Uhlenbeck": (p, a / p - k * p, s, None),
    "Jacobi": (x, a * (1 - x) - b * x, sp.sqrt(2 * RATIO), UNIT),
    "Wright-Fisher": (x, sp.S.Zero, sp.sqrt(RATIO), UNIT),
    "Wright-Fisher with mutation": (x, a * (1 - x) - b * x, sp.sqrt(RATIO), UNIT),
    "Wright-Fisher with selection": (x, m * RATIO, sp.sqrt(RATIO), UNIT),
    "selection and mutation": (x, a * (1 - x) - b * x + m * RATIO, sp.sqrt(RATIO), UNIT),
    "Kimura, random environment": (x, m * RATIO, s * RATIO, UNIT),
    "Legendre": (x, -2 * x, sp.sqrt(2 * (1 - x**2)), Interval(-1, 1)),
    "Verhulst": (p, mu * p - p**2, s * p, None),
    "logistic growth, square-root noise": (p, m * p - p**2, s * sp.sqrt(p), None),
    "double well, additive noise": (x, a * x - b * x**3, s, None),
    "double well, multiplicative noise": (p, mu * p - p**3, s * p, None),
    "quartic": (x, -k * x**3, s, None),
    "sextic": (x, -k * x**5, s, None),
    "tilted well": (x, 1 + x - x**3, s, None),
    "Student": (x, -k * x, s * sp.sqrt(1 + x**2), None),
    "Pearson, additive and multiplicative": (x, -k * x, sp.sqrt(a + b * x**2), None),
    "Pearson IV": (x, a - k * x, sp.sqrt(1 + x**2), None),
    "inverse gamma": (p, m - k * p, s * p, None),
    "generalised inverse Gaussian": (p, a - k * p**2 + m * p, s * p, None),
    "beta prime": (p, a - k * p, sp.sqrt(p * (1 + p)), None),
    "constant elasticity": (p, k * (m - p), s * p ** sp.Rational(3, 4), None),
    "three halves": (p, k * p * (m - p), s * p ** sp.Rational(3, 2), None),
    "Ahn-Gao in variance": (p, p * (a - b * p), s * p ** sp.Rational(3, 2), None),
    "hyperbolic": (x, -k * x / sp.sqrt(1 + x**2), s, None),
    "logistic law": (x, -k * sp.tanh(x / 2), s, None),
    "hyperbolic sine drift": (x, -k * sp.sinh(x), s, None),
    "Morse": (x, a - b * sp.exp(x), s, None),
    "Toda": (x, b * sp.exp(-x) - a * sp.exp(x), s, None),
    "dry friction": (x, -k * sp.sign(x), s, None),
    "dry friction under a force": (x, mu - k * sp.sign(x), s, None),
    "dry and viscous friction": (x, -k * x - m * sp.sign(x), s, None),
    "quadratic friction": (x, -k * x * sp.Abs(x), s, None),
    "threshold": (x, sp.Piecewise((a, x < 0), (-b, True)), s, None),
    "threshold in the noise": (x, -k * x, sp.Piecewise((a, x < 0), (b, True)), None),
    "clipped": (x, -k * sp.Max(-1, sp.Min(1, x)), s, None),
    "von Mises": (x, -k * sp.sin(x), s, CIRCLE),
    "two harmonics": (x, -k * sp.sin(x) - m * sp.sin(2 * x), s, CIRCLE),
    "tangent": (x, -k * sp.tan(x), s, Interval(-PI / 2, PI / 2)),
    "polar angle": (x, k * sp.cot(x), s, Interval(0, PI)),
    "explosive": (x, k * x**3, s, None),
    "one-sided explosion": (x, k * x**2, s, None),
    "depth 3": (p, 3 * (1 - p) * p ** sp.Rational(4, 3), s * p ** sp.Rational(4, 3), None),
    "squared noise": (p, mu * p - p**2, s * p**2, None),
}


def symbolic(process: ItoProcess, interval: Interval | None) -> tuple[str, list[str]]:
    """The density as text, and what was refused."""
    classify(process, interval)
    law = stationary_density(process, interval)
    refused = []
    if law.normalisable != sp.false:
        for name in ("mean", "variance", "mode"):
            try:
                getattr(law, name)
            except DriftproofError:
                refused.append(name)
    return str(law.density), refused


def in_numbers(process: ItoProcess, interval: Interval | None) -> str:
    """Mean, second moment and third quartile at numbers, where there is a law."""
    law = stationary_density(process, interval)
    try:
        chosen = law.at({symbol: 2 if symbol in (k, mu, m, a) else HALF for symbol in law.parameters})
    except DriftproofError:
        return "no law"
    asked: tuple[Callable[[], sp.Expr], ...] = (
        lambda: chosen.mean,
        lambda: chosen.moment(2),
        lambda: chosen.quantile(sp.Rational(3, 4)),
    )
    said = []
    for ask in asked:
        try:
            said.append(f"{float(ask()):.6g}")
        except DriftproofError:
            said.append("none")
    return " ".join(said)


def row(name: str) -> None:
    """Print one row."""
    state, drift, dispersion, interval = MODELS[name]
    process = ItoProcess.scalar(state, drift=drift, dispersion=dispersion)
    begun = time.process_time()
    try:
        density, refused = symbolic(process, interval)
    except DriftproofError as error:
        print(f"{name:34} refused: {error}")
        return
    middle = time.process_time()
    numbers = in_numbers(process, interval)
    taken = middle - begun, time.process_time() - middle
    marks = "".join(mark for mark, seconds, goal in zip("LN", taken, (1.0, 0.3), strict=True) if seconds > goal)
    without = f"  no closed {', '.join(refused)}" if refused else ""
    print(f"{name:34} {taken[0]:5.2f} s {taken[1]:5.2f} s {marks:2} {numbers:28} {density[:60]}{without}", flush=True)


def main() -> None:
    """Measure the models named on the command line, all by default, each cold in a child process."""
    for name in chosen(__doc__, "NAME", MODELS):
        child = os.fork()
        if child == 0:
            row(name)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
