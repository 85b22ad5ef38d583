"""A double well whose noise is so strong that its weight collapses, followed to 1e-300 and beyond."""

import numpy as np

from numerics import Estimate, log_distance, mean, simulate
from theory import attractivity_rate
from theory.models.double_well import DoubleWell
from theory.notation import mu, zeta


def main() -> tuple[float, Estimate]:
    r"""The derived rate at which log(theta) falls at mu = 1, zeta = 2, and the simulated one over the second half."""
    process = DoubleWell().process
    rate = attractivity_rate(process)
    print(f"alpha = {rate.alpha}: {rate.decide({mu: 1, zeta: 2})} at mu=1, zeta=2")

    run = simulate(
        process,
        parameters={mu: 1.0, zeta: 2.0},
        initial=[1.0],
        coordinates="log",
        step=0.02,
        until=1200.0,
        times=[600.0, 1200.0],
        n_paths=4096,
        seed=7,
        observables={"log distance": log_distance},
        paths=True,
    )
    middle, end = run.paths[:, :, 0]
    print(f"log10(theta) at the end: {np.median(end) / np.log(10):.0f} (median)")
    decay = mean((middle - end) / 600.0)
    print(f"simulated rate {decay.value:.4f} ± {decay.standard_error:.4f}")
    return float(rate.alpha.subs({mu: 1, zeta: 2})), decay


if __name__ == "__main__":
    main()
