r"""What the claim about the learning-rate drop is measured on: modes at one noise strength and then at another."""

import math

import numpy as np
import scipy  # its submodules load on first use

from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
from theory.notation import nu, s_tilde
from verification.authoring.draws import drawn_paths
from verification.authoring.simulated import number, options
from verification.forms import Arguments, Draw, Samples
from verification.papers.stochastic_collapse.measured.one_dimension import mode_in_log

DEEP = -300.0
r"""Start of :math:`\log\hat s`, many deviations below where the mode feels anything but the linear equation."""

LEVEL = math.log(0.05)
"""Level of log s above which a mode that started at 1 counts as learned again."""

STRETCHES = (16, 32, 64)
"""Factors on both times; the median signal is extrapolated from them."""


def relearned(arguments: Arguments, draw: Draw) -> Samples:
    """Whether a mode that starts deep below ends above its start, after both phases of the full equation (42)."""
    log_s = np.full((draw.n, 1), DEEP)
    for stream, (noise, time) in enumerate((("nu_1", "T_1"), ("nu_2", "T_2"))):
        run = drawn_paths(
            mode_in_log(),
            draw,
            parameters={s_tilde: number(arguments["s_tilde"]), nu: number(arguments[noise])},
            initial=log_s,
            step=0.5,
            until=number(arguments[time]),
            options=options(draw).on_stream(stream),
        )
        assert run.final is not None
        log_s = run.final
    return Samples((log_s[:, 0] > DEEP).astype(np.float64))


def median_signal(arguments: Arguments) -> tuple[float, float]:
    r"""The signal at which a mode that starts at 1 ends above ``LEVEL`` in half of all cases, for long times.

    Both times are stretched together, the density is carried through both phases on a grid in :math:`\log\hat s`, and
    the signals are extrapolated in one over the stretch. The change from the shorter pair bounds the error.
    """
    found = [_median_signal(arguments, stretch) for stretch in STRETCHES]
    short, long = (2 * second - first for first, second in zip(found[:-1], found[1:], strict=True))
    return long, abs(long - short) + 2e-4


def _median_signal(arguments: Arguments, stretch: int) -> float:
    noise = [number(arguments[name]) for name in ("nu_1", "nu_2")]
    times = [stretch * number(arguments[name]) for name in ("T_1", "T_2")]

    def normal_quantile(signal: float) -> float:
        """Nearly linear in the signal, which the search for the zero likes."""
        return float(scipy.special.ndtri(np.clip(share_learned(signal, noise, times), 1e-12, 1 - 1e-12)))

    # Below nu_2/2 nothing is learned again, above nu_1 nothing collapses.
    return scipy.optimize.brentq(normal_quantile, noise[1] / 2, noise[0], xtol=1e-4)


def share_learned(signal: float, noise: list[float], times: list[float]) -> float:
    """The probability that a mode from 1 is above ``LEVEL`` after both phases, on a grid of 1000 nodes."""
    deepest = 5 * math.sqrt(4 * noise[0] * times[0]) + max(0.0, (noise[0] - 2 * signal) * times[0]) + 10
    grids = [
        fokker_planck_grid(mode_in_log(), (-deepest, 3.0), parameters={nu: strength, s_tilde: signal}, cells=1000)
        for strength in noise
    ]
    masses = grids[0].point_mass(0.0)
    for grid, time in zip(grids, times, strict=True):
        masses = grid.evolve(masses, time, steps=300)
    y = grids[0].coordinate
    upper_edges = y + (y[1] - y[0]) / 2
    return float(1 - np.interp(LEVEL, upper_edges, np.cumsum(masses)))
