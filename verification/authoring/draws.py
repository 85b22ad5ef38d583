r"""Runs of a model by the draw that a check asks for.

A :class:`~verification.forms.Draw` says which samples, with which seed, and at which refinement. Everything that a
sampler passes on from it stands here: its own trajectories, half the step and float64 in the second stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from theory.discrete.recursion import Recursion
from theory.ito import ItoProcess
from verification.authoring.simulated import options
from verification.forms import Draw, Samples

if TYPE_CHECKING:
    from numerics.simulation.chunks import Simulation
    from numerics.simulation.coupled_levels import CoupledSamples


def drawn_paths(process: ItoProcess, draw: Draw, *, step: float, **run: Any) -> Simulation:
    """:func:`~numerics.simulation.simulate.simulate` for a draw; ``step`` is that of the first stage."""
    from numerics.simulation.simulate import simulate

    settings = {"n_paths": draw.n, "seed": draw.seed, "options": options(draw)} | run
    return simulate(process, step=step / draw.refinement, **settings)


def drawn_levels(process: ItoProcess, draw: Draw, *, step: float, **run: Any) -> CoupledSamples:
    """:func:`~numerics.simulation.coupled_levels.coupled_samples` for a draw, likewise."""
    from numerics.simulation.coupled_levels import coupled_samples

    settings = {"n_paths": draw.n, "seed": draw.seed, "options": options(draw)} | run
    return coupled_samples(process, step=step / draw.refinement, **settings)


def drawn_log_norms(process: ItoProcess, draw: Draw, *, step: float, **run: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""The final :math:`\log|X|` on a fine and a coarse level with common noise, as :func:`drawn_levels` draws them."""
    pair = drawn_levels(process, draw, step=step, **run)
    fine, coarse = (np.log(np.sum(level**2, axis=1)) / 2 for level in (pair.fine, pair.coarse))
    return fine, coarse


def drawn_steps(recursion: Recursion, draw: Draw, **run: Any) -> Simulation:
    """:func:`~numerics.simulation.iterate.iterate` for a draw; a recursion has no step to refine."""
    from numerics.simulation.iterate import iterate

    return iterate(recursion, **{"n_replicas": draw.n, "seed": draw.seed, "options": options(draw)} | run)


def source_of(*what: object) -> np.random.Generator:
    """Random numbers derived from what they are for, by its text."""
    return np.random.default_rng(list(hashlib.sha256(repr(what).encode()).digest()))


def extrapolated(fine: np.ndarray, coarse: np.ndarray) -> Samples:
    r"""Richardson's :math:`2 f_{h/2} - f_h` on two coupled levels, the paired difference as allowance for the bias."""
    return Samples(2 * fine - coarse, correction=fine - coarse)


def on_two_grids(value: Callable[[int], float], cells: int) -> tuple[float, float]:
    r"""A value of second order in the spacing of a grid, extrapolated from ``cells`` and twice as many cells.

    The change from one grid to the other bounds the error.
    """
    coarse, fine = value(cells), value(2 * cells)
    return (4 * fine - coarse) / 3, abs(fine - coarse)
