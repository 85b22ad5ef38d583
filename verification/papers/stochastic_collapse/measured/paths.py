"""Functionals and schemes along one Brownian path."""

import math

import numpy as np
import sympy as sp

from theory.notation import eta, s_tilde, zeta
from verification.authoring.draws import source_of
from verification.authoring.predictions import exact
from verification.authoring.simulated import number
from verification.forms import Arguments


def along_path(candidate: sp.Expr, point: Arguments) -> float:
    """A candidate functional of the Brownian path, on the path that ``point`` names."""
    from theory.models.teacher_student.modes import area, log_growth
    from theory.notation import s_0, t

    endpoint, integral = path_functionals(point)
    values = exact({s_tilde: point["s_tilde"], eta: point["nu"], zeta: "1", s_0: point["s_0"], t: point["time"]})
    return float(candidate.subs(values).evalf(20, subs={log_growth: endpoint, area: integral}))


def brownian_path(arguments: Arguments, steps: int = 2**15) -> np.ndarray:
    """Increments of one Brownian path over ``time``; the path is named by the arguments themselves."""
    source = source_of("path", sorted(arguments.items()))
    return source.standard_normal(steps) * math.sqrt(number(arguments["time"]) / steps)


def path_functionals(arguments: Arguments) -> tuple[float, float]:
    r"""Endpoint :math:`X_T` and exponential area :math:`A_T` of one path, by the trapezoidal rule."""
    increments = brownian_path(arguments)
    st, noise, time = (number(arguments[name]) for name in ("s_tilde", "nu", "time"))
    grid = np.linspace(0, time, len(increments) + 1)
    path = (2 * st - noise) * grid + 2 * math.sqrt(noise) * np.concatenate([[0.0], np.cumsum(increments)])
    return float(path[-1]), float(np.trapezoid(np.exp(path), grid))


def milstein_on_path(arguments: Arguments) -> tuple[float, float]:
    r"""Milstein's scheme for :math:`\hat s` on one Brownian path; the change from half the steps bounds the error."""
    increments = brownian_path(arguments)
    fine = _milstein(arguments, increments)
    coarse = _milstein(arguments, increments.reshape(-1, 2).sum(axis=1))
    return fine, 2 * abs(fine - coarse)


def _milstein(arguments: Arguments, increments: np.ndarray) -> float:
    st, noise, s, time = (number(arguments[name]) for name in ("s_tilde", "nu", "s_0", "time"))
    h, root = time / len(increments), math.sqrt(noise)
    for dw in increments.tolist():
        s += 2 * s * (st + noise / 2 - s) * h + 2 * root * s * dw + 2 * noise * s * (dw * dw - h)
    return s
