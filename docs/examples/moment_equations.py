"""Moments without a density: the exact mean and second moment of geometric Brownian motion with a constant pull."""

import sympy as sp

from theory import ItoProcess, moment_equations
from theory.notation import t

x = sp.Symbol("x", positive=True)


def main() -> float:
    """E[X_t^2] at t = 2 for dX = (1 - X) dt + X/2 dW from X_0 = 0."""
    equations = moment_equations(ItoProcess.scalar(x, drift=1 - x, dispersion=x / 2), order=2)
    print(f"closed: {equations.closed}")
    for moment, rate in zip(equations.symbols, equations.rhs, strict=True):
        print(f"d {moment} / dt = {rate}")
    second = equations.solution([sp.S.Zero])[(2,)]
    print(f"E[x**2] = {second}, and {equations.stationary()[(2,)]} in the end")
    return float(second.subs(t, 2))


if __name__ == "__main__":
    main()
