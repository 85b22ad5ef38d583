r"""Section 2.3: the modes of a deep linear network under gradient flow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import t
from verification.authoring.shorthand import agrees, bounds, compared, equals
from verification.authoring.simulated import number
from verification.forms import Comparison
from verification.papers.saddle_to_saddle.measured import Aligned, numbers
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, L, mode_process, paper, s, w

w_0 = sp.Symbol("w_0", positive=True)
FLOW_SYMBOLS = MODE_SYMBOLS | {w_0: r"initial amplitude $w_\alpha(0)$", t: "time"}
MILLIONTH_MORE = 1 + sp.Rational(1, 10**6)
HALF_TIME = sp.log(s / w_0 - 1) / (2 * s)


def two_layer_drift() -> sp.Expr:
    r"""The gradient flow of a mode of two 2 x 2 layers at an aligned balanced point, hidden layer turned at will."""
    w_2, s_2 = sp.symbols("w_2 s_2", positive=True)
    turn = sp.Symbol("r", real=True)
    R = sp.Matrix([[1 - turn**2, -2 * turn], [2 * turn, 1 - turn**2]]) / (1 + turn**2)
    W_1, W_2 = (sp.Matrix(2, 2, sp.symbols(f"W{i}_11 W{i}_12 W{i}_21 W{i}_22", real=True)) for i in (1, 2))
    x = sp.Matrix(sp.symbols("x_1 x_2", real=True))
    residual = (sp.diag(s, s_2) - W_2 * W_1) * x
    model = Model([*W_1, *W_2], residual.dot(residual) / 2, Gaussian(list(x), [0, 0], sp.eye(2)))
    drift = ito_differential(model.gradient_flow(), (W_2 * W_1)[0, 0]).drift
    root = sp.diag(sp.sqrt(w), sp.sqrt(w_2))
    at = dict(zip([*W_1, *W_2], [*(R * root), *(root * R.T)], strict=True))
    return sp.factor(drift.subs(at))


def mode_of_the_layers(point: Mapping[str, str]) -> tuple[float, float]:
    """The first of two modes after a run of the gradient flow of all matrices, and how much a coarser one is off."""
    start = Aligned.of({**point, "sigma": "0"})
    shape = np.shape(start.layers)

    def velocity(flat: np.ndarray) -> np.ndarray:
        now = Aligned(tuple(flat.reshape(shape)), start.teacher, 0.0)
        return np.ravel(now.backward(start.teacher - now.map))

    ends = [_flown(velocity, np.ravel(start.layers), number(point["t"]), rtol) for rtol in (1e-9, 1e-12)]
    coarse, fine = (Aligned(tuple(end.reshape(shape)), start.teacher, 0.0).map[0, 0] for end in ends)
    return float(fine), float(abs(fine - coarse))


def _flown(velocity: Callable[[np.ndarray], np.ndarray], start: np.ndarray, time: float, rtol: float) -> np.ndarray:
    from scipy.integrate import solve_ivp  # slow to import

    run = solve_ivp(lambda _, x: velocity(x), (0, time), start, method="DOP853", rtol=rtol, atol=1e-14)
    return run.y[:, -1] if run.success else np.full(len(start), np.nan)


def one_mode_by_itself(flow: sp.Expr, point: Mapping[str, str]) -> float:
    """The end of a run of the candidate's own equation of one mode."""
    first, value = numbers(point["w"])[0], numbers(point["s"])[0]
    velocity = sp.lambdify(w, flow.subs({L: int(point["depth"]), s: value}), "numpy")
    return float(_flown(velocity, np.array([first]), number(point["t"]), 1e-12)[0])


def _run_of_the_layers(
    depth: int, start: str, *times: str, predicted: Callable[[Any, Mapping[str, str]], Any] = one_mode_by_itself
) -> Comparison:
    """The mode with the teacher's value 1, beside another one, in runs of matrices with turned hidden frames."""
    point = {"depth": str(depth), "w": f"{start} 3/10", "s": "1 7/10"}
    return compared(
        "run of all layers", mode_of_the_layers, predicted, *(point | {"t": each} for each in times), tolerance=1e-6
    )


@paper.claim("DLN-GF1", "Eq. (2)", symbols=MODE_SYMBOLS)
def gradient_flow_at_depth_two():
    """Gradient flow of a mode at depth two."""
    yield equals(
        r"flow: $\dot w_\alpha$",
        printed=2 * (s - w) * w,
        derived=two_layer_drift,
        wrong={
            "one layer": (s - w) * w,
            "two layers, exponent of one": 2 * (s - w) * sp.sqrt(w),
            "a millionth faster": 2 * MILLIONTH_MORE * (s - w) * w,
        },
        compared=[_run_of_the_layers(2, "1/20", "1", "2")],
        says="Two modes, an aligned balanced point, population gradient.",
    )


def _at_the_time(solution: sp.Expr, point: Mapping[str, str]) -> sp.Expr:
    first, value = (sp.Rational(point[name].split()[0]) for name in ("w", "s"))
    return solution.subs({w_0: first, s: value, t: sp.Rational(point["t"])})


@paper.claim("DLN-GF2", "Eq. (3)", symbols=FLOW_SYMBOLS)
def logistic_solution():
    """Logistic solution of the gradient flow at depth two."""

    def solution() -> sp.Expr:
        odds = (s - w) / w
        rate = sp.cancel(ito_differential(mode_process(sp.Integer(2), rate=sp.S.Zero), odds).drift / odds)
        return s / (1 + odds.subs(w, w_0) * sp.exp(rate * t))

    yield equals(
        r"solution: $w_\alpha(t)$",
        printed=s / (1 + (s / w_0 - 1) * sp.exp(-2 * s * t)),
        derived=solution,
        wrong={
            "one layer's rate": s / (1 + (s / w_0 - 1) * sp.exp(-s * t)),
            "a millionth faster": s / (1 + (s / w_0 - 1) * sp.exp(-2 * MILLIONTH_MORE * s * t)),
        },
        compared=[_run_of_the_layers(2, "1/20", "1", "2", predicted=_at_the_time)],
    )


@paper.claim("DLN-GF3", "Section 2.3, text after Eq. (3)", symbols=FLOW_SYMBOLS)
def larger_modes_rise_earlier():
    r"""Order and timescale of learning.

    "larger $s_\alpha$ modes rise earlier and faster (characteristic timescale $\sim 1/s_\alpha$)"

    - Scope: depth two, equal initial amplitudes of all modes, small against the singular values.
    - Without a small initialisation the order turns round: below $s/w(0) = 4.59112$ larger modes rise later.
    """

    def half_time() -> sp.Expr:
        odds = (s - w) / w
        rate = sp.cancel(ito_differential(mode_process(sp.Integer(2), rate=sp.S.Zero), odds).drift / odds)
        return -sp.log(odds.subs(w, w_0)) / rate

    def turning_point(_: Mapping[str, Any]) -> tuple[float, float]:
        from scipy.optimize import brentq

        root = brentq(lambda r: math.log(r - 1) - r / (r - 1), 2, 20, xtol=1e-13)
        return float(root), 1e-10

    yield bounds(
        r"earlier: $\partial_s t_{1/2}$",
        printed=sp.S.Zero,
        exact=lambda: sp.diff(half_time(), s),
        relation="<",
        domain=(s > 5 * w_0,),
        wrong={"at least as fast as one e-folding": -1 / (2 * s**2)},
        says=r"The time at which $w_\alpha = s_\alpha/2$ falls with $s_\alpha$.",
    )
    yield equals(
        "timescale: $t_{1/2}$",
        printed=HALF_TIME,
        derived=half_time,
        domain=(s > 2 * w_0,),
        wrong={"of one layer": 2 * HALF_TIME},
        says="One over $s$, times a logarithm of the initialisation.",
    )
    yield agrees(
        "turning point: $s/w(0)$",
        printed=sp.Rational(459112, 100000),
        compared=[compared("root", turning_point, lambda candidate, _: candidate, {}, tolerance=1e-6)],
        wrong={"rounded up": sp.Rational(46, 10)},
        says="A result of ours: the ratio below which the order is reversed.",
        remark=True,
    )


@paper.claim("DLN-GF4", "Eq. (5), Appendix E.1", symbols=FLOW_SYMBOLS)
def gradient_flow_at_any_depth():
    """Gradient flow of a mode at any depth."""

    def derived() -> sp.Expr:
        return mode_process(L, rate=sp.S.Zero).drift[0]

    power = 2 / L - 1
    yield equals(
        r"flow: $\mu^{\mathrm{grad}}_\alpha(w_\alpha)$",
        printed=(s - w) * L * w ** (2 * (L - 1) / L),
        derived=derived,
        wrong={
            "exponent of the diffusion": (s - w) * L * w ** (4 * (L - 1) / L),
            "pairs of layers for layers": (s - w) * L * (L - 1) * w ** (2 * (L - 1) / L),
            "a millionth faster": MILLIONTH_MORE * (s - w) * L * w ** (2 * (L - 1) / L),
        },
        compared=[_run_of_the_layers(3, "1/8", "1", "2")],
    )
    yield equals(
        r"time: $t(w) + \mathrm{const}$",
        printed=w**power / (L * s * power) * sp.hyper([1, power], [2 / L], w / s),
        derived=lambda: sp.Integral(1 / derived(), w),
        modulo=lambda side: sp.diff(side, w),
        domain=(L > 2, w < s),
        wrong={"lower parameter off by one": w**power / (L * s * power) * sp.hyper([1, power], [2 / L + 1], w / s)},
        says="A result of ours: the time at which the mode has grown to $w$.",
        remark=True,
    )
