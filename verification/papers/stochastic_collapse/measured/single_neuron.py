r"""What the claims about the single neuron are measured on: the process (31) near the origin and away from it.

Arguments are texts: the data ``x`` and ``y`` of all samples, ``noise`` for :math:`\eta\zeta^2`, ``c`` for
:math:`\sigma'(0)`.
"""

import functools
from typing import Any

import numpy as np
import sympy as sp

from numerics.simulation.options import Options
from theory.ito import ItoProcess
from theory.models.single_neuron import SingleNeuron, slope
from theory.notation import eta, zeta
from verification.authoring.draws import drawn_log_norms, drawn_paths, extrapolated
from verification.authoring.simulated import number
from verification.forms import Arguments, Draw, Samples
from verification.papers.stochastic_collapse.measured.one_dimension import STEP

EARLY, LATE = 60.0, 120.0
"""Growth counts between these times: by then the faster of the two modes dominates."""

START = 1e-40
"""How close to the origin a run starts."""

SETTLED = 400.0
"""Time after which a neuron has collapsed or not, at 5/9 and at 9/5 of the threshold."""


def numbers(texts: str) -> list[sp.Rational]:
    """Exact numbers from a text such as ``"1 -1/2"``."""
    return [sp.Rational(text) for text in texts.split()]


def _flow(inputs: str, labels: str, activation: Any) -> ItoProcess:
    """The process (31) on a data set."""
    neuron = SingleNeuron(numbers(inputs), numbers(labels), activation)
    return neuron.flow(sp.sqrt(neuron.sample_count))


@functools.cache
def _linear_process(inputs: str, labels: str) -> ItoProcess:
    """The linear part of (31) at the origin, in the weights themselves."""
    flow = _flow(inputs, labels, lambda z: slope * z)
    origin, state = dict.fromkeys(flow.state, sp.S.Zero), flow.state
    parts = [flow.drift, *(flow.dispersion[:, j] for j in range(flow.noise_dimension))]
    drift, *columns = (part.jacobian(state).subs(origin) * state for part in parts)
    return ItoProcess(state, drift, sp.Matrix.hstack(*columns))


def growth_near_origin(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth rate of :math:`\log|(w_1, w_2)|` of the linear part of (31) between two late times, extrapolated."""
    process = _linear_process(arguments["x"], arguments["y"])
    parameters = {slope: number(arguments["c"]), eta: 1.0, zeta: number(arguments["noise"]) ** 0.5}
    run = {"parameters": parameters, "initial": [1.0, 0.5], "step": number(arguments["step"])}
    # One path: the noise of a step depends on its number alone.
    before, after = (drawn_log_norms(process, draw, until=until, **run) for until in (EARLY, LATE))
    fine, coarse = ((b - a) / (LATE - EARLY) for a, b in zip(before, after, strict=True))
    return extrapolated(fine, coarse)


def _final_size(arguments: Arguments, draw: Draw) -> np.ndarray:
    """The norm of the weights of a tanh neuron under (31), over that of its start.

    An attracting origin lets a start of size r escape with a probability of order r^(2|lambda|/kappa^2), which is
    r^(4/9) at 9/5 of the threshold: attractivity is a statement about starts that are close enough.
    """
    start = np.array([START, START / 2])
    run = drawn_paths(
        _flow(arguments["x"], arguments["y"], sp.tanh),
        draw,
        parameters={eta: 1.0, zeta: number(arguments["noise"]) ** 0.5},
        initial=start,
        step=STEP,
        until=SETTLED,
        options=Options(first=draw.first, precision="float64"),
    )
    assert run.final is not None
    return np.hypot(*run.final.T) / np.hypot(*start)


def collapse_of_tanh(arguments: Arguments, draw: Draw) -> Samples:
    """Whether a tanh neuron has shrunk to less than 1e-3 of its start."""
    return Samples((_final_size(arguments, draw) < 1e-3).astype(np.float64))


def survival_of_tanh(arguments: Arguments, draw: Draw) -> Samples:
    """Whether it has not."""
    return Samples((_final_size(arguments, draw) >= 1e-3).astype(np.float64))
