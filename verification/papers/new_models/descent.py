r"""Real SGD for the claims: the model itself, one sample a step, in the fused kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.notation import eta
from verification.authoring.draws import drawn_steps
from verification.authoring.simulated import number
from verification.forms import Draw


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
