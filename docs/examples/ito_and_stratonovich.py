"""One equation, two readings: the mean of dX = X dW grows if it is read in Stratonovich's sense, and stays in Itô's."""

import sympy as sp

from theory import ItoProcess, from_stratonovich, moment_equations, noise_induced_drift
from theory.notation import t

x = sp.Symbol("x", positive=True)


def main() -> float:
    """The mean at t = 1 of the Stratonovich reading of dX = X dW from X_0 = 1: exp(1/2)."""
    ito = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=x)
    stratonovich = from_stratonovich([x], [sp.S.Zero], [[x]])
    print(f"Itô drift of the Stratonovich reading: {stratonovich.drift[0]} = {noise_induced_drift(ito)[0]}")
    means = [moment_equations(process, order=1).solution([sp.S.One])[(1,)] for process in (ito, stratonovich)]
    print(f"mean: {means[0]} in Itô's reading, {means[1]} in Stratonovich's")
    return float(means[1].subs(t, 1))


if __name__ == "__main__":
    main()
