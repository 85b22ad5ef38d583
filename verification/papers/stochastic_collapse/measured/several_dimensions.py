"""What the claims about several dimensions are measured on: growth rates of simulated linear processes."""

import math

import numpy as np
import sympy as sp

from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
from theory.ito import ItoProcess
from theory.models.two_layer_origin import network_process, ratio_process
from theory.notation import nu
from verification.authoring.draws import drawn_log_norms, extrapolated, on_two_grids
from verification.authoring.simulated import number
from verification.forms import Arguments, Draw, Samples

STEP = 0.02
"""Coarse step of the coupled levels, where the noise strength is 1."""

NETWORK_STEP = STEP / 4
"""The same for networks: their rates are a half or so, and a twentieth of that has to be seen beside the bias."""

LOWEST = 1e-10
"""Lower end of the grid for the ratio x of the layers; the law has a mass of about ``LOWEST ** (m/2)`` below it."""


def _shifted(shift: float, fine: np.ndarray, coarse: np.ndarray) -> Samples:
    return extrapolated(shift + fine, shift + coarse)


def growth_under_isotropic_noise(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth rate of :math:`\log|x|` for :math:`dx = -gx\,dt + |x|\,dW` in d dimensions; every direction is alike."""
    d, g, until = int(arguments["d"]), number(arguments["g"]), 2.0
    x = sp.symbols(f"x_1:{d + 1}", real=True)
    rate = sp.Symbol("g", real=True)
    process = ItoProcess(x, [-rate * e for e in x], sp.sqrt(sum(e**2 for e in x)) * sp.eye(d))
    start = [1.0] + [0.0] * (d - 1)
    fine, coarse = drawn_log_norms(process, draw, parameters={rate: g}, initial=start, step=STEP, until=until)
    return extrapolated(fine / until, coarse / until)


def growth_of_equal_layers(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth rate of all weights of a network of width n at :math:`\nu = 1`, started at :math:`|u| = |v|`, shifted.

    The difference of the squared norms carries no noise and stays 0, so the rate is stationary from the start.
    """
    n, until = int(arguments["n"]), 1.0
    start = ([1.0] + [0.0] * (n - 1)) * 2
    run = {"parameters": {nu: 1.0}, "initial": start, "step": NETWORK_STEP, "until": until}
    fine, coarse = drawn_log_norms(network_process(n, n), draw, **run)
    before = math.log(2) / 2
    return _shifted(arguments["shift"], (fine - before) / until, (coarse - before) / until)


def growth_of_unequal_layers(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth rate between t = 3 and t = 4 at :math:`\nu = 1`: the noise depends on the step, so paths agree."""
    n, m = int(arguments["n"]), int(arguments["m"])
    start = [1.0] + [0.0] * (n - 1) + [0.5] + [0.0] * (m - 1)
    process, run = network_process(n, m), {"parameters": {nu: 1.0}, "initial": start, "step": NETWORK_STEP}
    early, late = (drawn_log_norms(process, draw, until=until, **run) for until in (3.0, 4.0))
    return _shifted(arguments["shift"], late[0] - early[0], late[1] - early[1])


def growth_on_grid(arguments: Arguments) -> tuple[float, float]:
    r"""1 + exponent at :math:`\nu = 1` from the long-time mean of the ratio of the layers on a finite-volume grid."""
    n, m = int(arguments["n"]), int(arguments["m"])
    value, error = on_two_grids(lambda cells: _grid_growth(n, m, cells), 1000)
    return value, error + LOWEST ** (m / 2)


def _grid_growth(n: int, m: int, cells: int) -> float:
    # Above the grid the law has a mass of about exp(-60 (n - m)/2).
    grid = fokker_planck_grid(ratio_process(n, m), (LOWEST, 60.0), parameters={nu: 1.0}, cells=cells, coordinate="log")
    late = 60.0 / (n - m)
    return 1 + ((n - m) * grid.at(1.0, grid.expectation(grid.nodes, late, steps=600)) - m) / 2
