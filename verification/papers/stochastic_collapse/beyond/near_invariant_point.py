"""One step of SGD near an invariant point, and its growth rate."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model

weight = sp.Symbol("theta", real=True)


curvature, h = sp.symbols("kappa h", real=True)


ratio = sp.Symbol("r", real=True)


decay = sp.Symbol("lambda", positive=True)


upper = sp.Symbol("a", positive=True)


def descent(curvatures: tuple[sp.Expr, ...], **settings: Any):
    r"""Descent on :math:`\frac12h_i\theta^2`, one sample a step, with the settings of ``gradient_descent``."""
    law = Empirical([curvature], [[value] for value in curvatures])
    return gradient_descent(Model([weight], curvature * weight**2 / 2, law), **settings)
