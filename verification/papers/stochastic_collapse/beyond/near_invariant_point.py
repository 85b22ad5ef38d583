"""One step of SGD near an invariant point, and the growth of the weight that runs of it show."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.discrete.recursion import Recursion
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from verification.authoring.draws import drawn_steps
from verification.forms import Draw, Samples

weight = sp.Symbol("theta", real=True)
curvature, h = sp.symbols("kappa h", real=True)
ratio = sp.Symbol("r", real=True)
decay = sp.Symbol("lambda", positive=True)
upper = sp.Symbol("a", positive=True)

h_1, h_2 = sp.symbols("h_1 h_2", real=True)
EXAMPLE = {h_1: sp.Rational(5, 2), h_2: sp.Integer(-3)}
"""Curvatures of two samples whose mean is -1/4: the origin is a maximum of the loss."""

STEPS = 64
"""Steps of one run."""


def descent(curvatures: tuple[sp.Expr, ...], **settings: Any) -> Recursion:
    r"""Descent on :math:`\frac12h_i\theta^2`, one sample a step, with the settings of ``gradient_descent``."""
    law = Empirical([curvature], [[value] for value in curvatures])
    return gradient_descent(Model([weight], curvature * weight**2 / 2, law), **settings)


def growth(step: Recursion, parameters: Mapping[sp.Symbol, float], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step, :data:`STEPS` steps from 1; one run a sample."""
    run = drawn_steps(step, draw, parameters=parameters, initial=[1.0], steps=STEPS)
    return Samples(np.log(np.abs(run.final[:, 0])) / STEPS)
