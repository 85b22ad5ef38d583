r"""Everything the theory says of the modes of deep linear networks, and what it costs: classes, law, mode, alpha.

    PYTHONPATH=. python docs/benchmarks/depth_modes.py [DEPTH ...]

A mode of depth L with label noise follows, for a teacher's singular value s, a strength :math:`\beta` and input noise
:math:`\sigma`,

.. math::
    dw = \Big[L(s-w)w^a + \beta L(L-1)\big((s-w)^2 + \tfrac12\sigma^2\big)w^c\Big]dt
         + L w^a\sqrt{\beta\big(2(s-w)^2 + \sigma^2\big)}\,dB,
    \qquad a = \tfrac{2(L-1)}L,\ c = \tfrac{3L-4}L.

For :math:`\sigma = 0` it lives on either side of s. Every depth is measured in a process of its own, its imports left
out: processor time for the classes of both ends, normalisability and collapse, the certified closed density, the mode
and the rate of attraction, for :math:`\sigma > 0` on the half-line and for :math:`\sigma = 0` on both sides of s.
"""

from __future__ import annotations

import subprocess
import sys
import time

import sympy as sp

from docs.benchmarks.command_line import chosen
from theory import Interval, ItoProcess, attractivity_rate, classify, parameter, stationary_density
from theory.errors import TheoryError

LIMIT, SYMBOLIC_LIMIT = 1.0, 3.0
"""Seconds of processor time for a number and for a symbol."""

w, s, beta, sigma = sp.symbols("w s beta sigma", positive=True)

DEPTHS: dict[str, sp.Expr] = {
    **{str(depth): sp.Integer(depth) for depth in range(2, 9)},
    "5/2": sp.Rational(5, 2),
    "L real > 2": parameter("L", above=2),
    "L integer >= 3": parameter("L", integer=True, at_least=3),
    "n + 2": sp.Symbol("n", positive=True, integer=True) + 2,
    "1/h": 1 / parameter("h", above=0, below=sp.Rational(1, 2)),
}
CASES = {
    "sigma > 0": (sigma, Interval(0, sp.oo)),
    "sigma = 0, w < s": (0, Interval(0, s)),
    "sigma = 0, w > s": (0, Interval(s, sp.oo)),
}


def depth_mode(depth: sp.Expr, input_noise: sp.Expr) -> ItoProcess:
    """The diffusion of one mode."""
    a, c = 2 * (depth - 1) / depth, (3 * depth - 4) / depth
    drift = depth * (s - w) * w**a + beta * depth * (depth - 1) * ((s - w) ** 2 + input_noise**2 / 2) * w**c
    dispersion = depth * w**a * sp.sqrt(beta * (2 * (s - w) ** 2 + input_noise**2))
    return ItoProcess.scalar(w, drift=drift, dispersion=dispersion)


def answers(depth: sp.Expr, input_noise: sp.Expr, interval: Interval) -> dict[str, str]:
    """Everything of one case, as text."""
    process = depth_mode(depth, input_noise)
    classes = classify(process, interval)
    law = stationary_density(process, interval)
    try:
        peak = law.mode if law.normalisable != sp.false else "no law"
    except TheoryError as error:
        peak = str(error)
    return {
        "ends": ", ".join(f"{end.location}: {' | '.join(str(kind) for _, kind in end.classes)}" for end in classes),
        "normalisable": str(law.normalisable),
        "collapse": ", ".join(f"to {end} if {condition}" for condition, end in law.collapse) or "none",
        "density": "open" if law.density.has(sp.Integral) else "Gauss" if law.density.has(sp.hyper) else "elementary",
        "mode": type(peak).__name__ if isinstance(peak, sp.Basic) else peak,
        "alpha at 0": str(attractivity_rate(process, 0).alpha),
    }


def table(name: str) -> float:
    """Print the rows of one depth, and return the processor time of all of them."""
    started = time.process_time()
    rows = {case: answers(DEPTHS[name], *arguments) for case, arguments in CASES.items()}
    seconds = time.process_time() - started
    for case, row in rows.items():
        print(f"{name:15} {case:17} " + "; ".join(f"{key} {value}" for key, value in row.items()))
    limit = LIMIT if DEPTHS[name].is_number else SYMBOLIC_LIMIT
    print(f"{name:15} {seconds:.2f} s of processor time, {'within' if seconds <= limit else 'ABOVE'} {limit:.0f} s")
    return seconds


def main() -> int:
    """Measure the depths named on the command line, all by default, each in a process of its own."""
    names = chosen(__doc__, "DEPTH", DEPTHS)
    if len(names) == 1:
        name = names[0]
        return int(table(name) > (LIMIT if DEPTHS[name].is_number else SYMBOLIC_LIMIT))
    one = [sys.executable, "-m", "docs.benchmarks.depth_modes"]
    return max(subprocess.run([*one, name], check=False).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main())
