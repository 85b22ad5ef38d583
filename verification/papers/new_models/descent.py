r"""Real SGD for the claims: the model itself, one sample a step, in the fused kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.notation import eta
from verification.authoring.draws import drawn_steps, extrapolated
from verification.authoring.simulated import number
from verification.forms import Draw, Samples


def end_of_descent(
    model: Model, start: Sequence[float], arguments: Any, draw: Draw, *, batch_size: int = 1, **rule: Any
) -> np.ndarray:
    """The weights after ``arguments["steps"]`` steps at the rate ``arguments["eta"]``. Shape ``(n, d)``."""
    run = drawn_steps(
        gradient_descent(model, batch_size=batch_size, **rule),
        draw,
        parameters={eta: number(arguments["eta"])},
        initial=start,
        steps=int(arguments["steps"]),
    )
    assert run.final is not None
    return run.final


def towards_small_steps(
    measured: Callable[[Mapping[str, Any], Draw], np.ndarray],
    arguments: Mapping[str, Any],
    draw: Draw,
    finer: Mapping[str, Any],
) -> Samples:
    """Richardson's value from a learning rate and half of it, where the runs differ in ``finer`` too."""
    half = {**arguments, "eta": str(sp.Rational(arguments["eta"]) / 2), **finer}
    return extrapolated(measured(half, draw), measured(arguments, draw))
