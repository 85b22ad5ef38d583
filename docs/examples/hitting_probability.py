"""Does geometric Brownian motion climb to twice its value before it falls to half of it?"""

import sympy as sp

from numerics import Estimate, Survival, simulate
from theory import ItoProcess, hitting_probability, probability_of_ever_reaching
from theory.notation import mu, theta, zeta

VALUES = {mu: sp.Rational(1, 4), zeta: sp.S.One}


def main() -> tuple[float, Estimate]:
    """The probability of ever reaching 2 from 1 at mu = 1/4, zeta = 1, and a simulation of it.

    Log coordinates make Euler-Maruyama exact here, and ``Survival`` accounts for what happens between grid points.
    """
    process = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
    before = hitting_probability(process, sp.S.One, sp.Rational(1, 2), sp.S(2)).subs(VALUES)
    ever = probability_of_ever_reaching(process, sp.S.One, sp.S(2)).subs(VALUES)
    print(f"2 before 1/2: {before} = {float(before):.6f};  2 ever: {ever} = {float(ever):.6f}")

    y, survival = sp.Symbol("y", real=True), sp.Symbol("survival", real=True)
    run = simulate(
        ItoProcess.scalar(y, drift=mu - zeta**2 / 2, dispersion=zeta),
        parameters={symbol: float(value) for symbol, value in VALUES.items()},
        initial=[0.0],
        step=1.0,
        until=400.0,  # the drift has then carried the logarithm down by 100, five standard deviations of the noise
        n_paths=50_000,
        seed=2024,
        accumulators={survival: Survival(y, sp.log(2))},
        observables={"reached": 1 - survival},
    )
    print(f"simulated {run.estimate('reached').value:.4f} ± {run.estimate('reached').standard_error:.4f}")
    return float(ever), run.estimate("reached")


if __name__ == "__main__":
    main()
