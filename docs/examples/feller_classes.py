"""Feller's classes of the Cox-Ingersoll-Ross process dX = kappa (m - X) dt + sigma sqrt(X) dW at 0."""

import sympy as sp

from theory import FellerClass, ItoProcess, classify

x = sp.Symbol("x", positive=True)
kappa, m, sigma = sp.symbols("kappa m sigma", positive=True)


def main() -> float:
    """The mean m from which on 0 is not reached, at kappa = 2, sigma = 3: Feller's condition 2 kappa m >= sigma^2."""
    zero, infinity = classify(ItoProcess.scalar(x, drift=kappa * (m - x), dispersion=sigma * sp.sqrt(x)))
    for condition, feller_class in zero.classes:
        print(f"0 is {feller_class} where {condition}")
    print(f"infinity is {infinity.feller_class}")
    unreachable = zero.condition(FellerClass.ENTRANCE)
    return float(sp.solve_univariate_inequality(unreachable.subs({kappa: 2, sigma: 3}), m, relational=False).inf)


if __name__ == "__main__":
    main()
