r"""What the claims of the stochastic-collapse paper are measured on: sampled means and second opinions.

Samplers ``f(arguments, draw) -> Samples`` sample exactly where the transition is known; elsewhere they run
Euler-Maruyama in the logarithm of the state.
"""

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.deterministic.boundary_value import probability_of_upper_end
from numerics.deterministic.verhulst_grid import verhulst_defect_on_grid, verhulst_mean_on_grid
from numerics.random.normal import standard_normals
from numerics.simulation.accumulators import Survival
from numerics.simulation.log_coordinates import log_coordinates, log_distance
from theory.ito import ItoProcess
from theory.models.double_well import DoubleWell
from theory.models.teacher_student.modes import singular_value_process
from theory.notation import eta, mu, nu, s_tilde, zeta
from verification.authoring.draws import drawn_paths, on_two_grids
from verification.authoring.simulated import number
from verification.forms import Arguments, Draw, Samples

STEP = 0.02
"""Coarse step of the coupled levels, in units of the process's own time."""

survival = sp.Symbol("survival", real=True)


@functools.cache
def mode_in_log() -> ItoProcess:
    """The singular value of a mode in log coordinates, with the parameters ``s_tilde`` and ``nu``."""
    return log_coordinates(singular_value_process().subs({zeta: sp.sqrt(nu / eta)})).process


def double_well_in_log() -> ItoProcess:
    """The double well in log coordinates."""
    return log_coordinates(DoubleWell().process).process


def supremum_of_geometric_brownian_motion(arguments: Arguments, draw: Draw) -> Samples:
    r"""Probability that :math:`\log(\theta/\epsilon)` reaches 0, given its values on a grid; no bias.

    The logarithm is a Brownian motion with drift, so steps of any size are exact and the bridge between grid points
    is too.
    """
    m, z, start, level = (number(arguments[name]) for name in ("mu", "zeta", "theta", "epsilon"))
    horizon = _last_chance(m, z)
    process = ItoProcess.scalar(log_distance, drift=mu - zeta**2 / 2, dispersion=zeta)
    return _reached(process, draw, {mu: m, zeta: z}, math.log(start / level), sp.S.Zero, horizon, horizon / 100)


def _reached(
    process: ItoProcess, draw: Draw, at: Any, start: float, level: sp.Expr, until: float, step: float
) -> Samples:
    """Probability that the log of the state has reached a level, given its values on a grid."""
    reach = {survival: Survival(log_distance, level)}
    run = drawn_paths(process, draw, parameters=at, initial=[start], step=step, until=until, accumulators=reach)
    return Samples(1 - run.accumulated[survival])


def _last_chance(m: float, z: float) -> float:
    r"""The time after which a Brownian motion of drift :math:`m - z^2/2 < 0` exceeds its start with probability 4e-8.

    That probability is :math:`2\Phi(-|m - z^2/2|\sqrt t/z)`; those measured are a hundredth and more.
    """
    return (5.5 * z / (m - z**2 / 2)) ** 2


def double_well_reaches_level(arguments: Arguments, draw: Draw) -> Samples:
    """Probability that the double well reaches a level, given its values on a grid of step 0.01."""
    m, z, start = (number(arguments[name]) for name in ("mu", "zeta", "start"))
    level, until = sp.log(sp.Rational(arguments["level"])), round(_last_chance(m, z))
    return _reached(double_well_in_log(), draw, {mu: m, zeta: z}, math.log(start), level, until, 0.01)


def _late_rate(process: ItoProcess, parameters: Mapping[sp.Symbol, float], horizon: int, draw: Draw) -> np.ndarray:
    """Growth rate of the log state between ``horizon`` and twice it, one per path, started at 1."""
    seen: dict[str, Any] = {"until": 2 * horizon, "times": [horizon, 2 * horizon], "paths": True}
    run = drawn_paths(process, draw, parameters=parameters, initial=[0.0], step=STEP, **seen)
    return (run.paths[1, :, 0] - run.paths[0, :, 0]) / horizon


def log_rate_of_double_well(arguments: Arguments, draw: Draw) -> Samples:
    r"""Decay rate :math:`-\log|\theta|/t` of a collapsing double well after the transient (E theta^2 < 1e-4)."""
    parameters = {mu: number(arguments["mu"]), zeta: number(arguments["zeta"])}
    return Samples(-_late_rate(double_well_in_log(), parameters, 100, draw))


def log_rate_of_mode(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth rate of :math:`\log\hat s` of a collapsing mode, after the transient (E s < 1e-4 by then)."""
    parameters = {s_tilde: number(arguments["s_tilde"]), nu: number(arguments["nu"])}
    return Samples(_late_rate(mode_in_log(), parameters, 400, draw))


def sign_changes_of_double_well(arguments: Arguments, draw: Draw) -> Samples:
    r"""Whether plain Euler-Maruyama, in :math:`\theta` itself, ends below zero when started at 1."""
    parameters = {mu: number(arguments["mu"]), zeta: number(arguments["zeta"])}
    run = drawn_paths(DoubleWell().process, draw, parameters=parameters, initial=[1.0], step=0.0025, until=10.0)
    return Samples((run.final[:, 0] < 0).astype(np.float64))


def log_of_gaussian_multiplier(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`\log|m + \sqrt v\,Z|` for standard normal Z, sampled exactly."""
    normals = standard_normals(draw.seed, draw.first + np.arange(draw.n), first_step=0, n_steps=1, width=64)
    return Samples(np.log(np.abs(number(arguments["m"]) + math.sqrt(number(arguments["v"])) * normals[0, 0])))


def hitting_probability_on_grid(arguments: Arguments) -> tuple[float, float]:
    r"""P(hit level) from :math:`\mathcal L u = 0` with :math:`u(0) = 0` and :math:`u = 1` at the level.

    Central differences in :math:`y = \log\theta`; never uses the scale function.
    """
    m, z, start, level = (number(arguments[name]) for name in ("mu", "zeta", "start", "level"))
    decay = 1 - 2 * m / z**2  # u ~ exp(decay * y) far below
    y, ends = math.log(start), (math.log(start) - 34 / decay, math.log(level))
    process, parameters = double_well_in_log(), {mu: m, zeta: z}
    return on_two_grids(
        lambda cells: probability_of_upper_end(process, y, ends, parameters=parameters, cells=cells), 8000
    )


def mean_on_grid(arguments: Arguments) -> tuple[float, float]:
    r""":math:`E[x_\tau \mid x_0 = x]` of the stochastic Verhulst process by the Fokker-Planck grid, run backwards."""
    k, x, tau = (number(arguments[name]) for name in ("k", "x", "tau"))
    return on_two_grids(lambda cells: verhulst_mean_on_grid(k, x, tau, cells=cells), 1500)


def integrated_defect_on_grid(arguments: Arguments) -> tuple[float, float]:
    r""":math:`\int_0^\infty (E x_\tau - y_\tau)\,d\tau` with the logistic curve y of rate k, on the grid.

    In natural units (:math:`d\tau = 2\nu\,dt`, x = s/nu) it is twice the integral over t of the same defect of s.
    """
    k, x = number(arguments["k"]), number(arguments["x"])
    return on_two_grids(lambda cells: verhulst_defect_on_grid(k, x, cells=cells), 1000)
