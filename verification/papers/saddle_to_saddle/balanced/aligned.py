r"""Networks at an aligned balanced point, written out: :math:`W_l = R_l\,\mathrm{diag}(u)R_{l-1}^\top`.

Amplitudes are :math:`w = u^L`. In the frame of the teacher :math:`R_0 = R_L = I`; all hidden frames are one rotation
with rational entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import sympy as sp

from theory.deep_linear.written_out import WrittenNetwork
from theory.notation import eta
from verification.authoring.shorthand import measured
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.paper import L, beta, s, sigma_q, w

u_1, u_2, w_1, w_2, s_1, s_2 = sp.symbols("u_1 u_2 w_1 w_2 s_1 s_2", positive=True)
u = sp.Symbol("u", positive=True)

E_1, E_2 = (1, 0), (0, 1)
MODE, OTHER, CROSS, CROSSED = (E_1, E_1), (E_2, E_2), (E_1, E_2), (E_2, E_1)
PAIR = {
    w_1: r"amplitude of the mode",
    w_2: "amplitude of another mode",
    s_1: "its teacher's value",
    s_2: "that of $w_2$",
}
ONE = (1,)

POINT = {"w": "1/2 3/10", "s": "1 7/10", "sigma": "1/2"}
"""Amplitudes, teacher's values and label noise at which two modes are measured."""


def in_layers(depth: int) -> dict[sp.Basic, sp.Basic]:
    """The amplitudes by the weights of a layer."""
    return {w_1: u_1**depth, w_2: u_2**depth}


@cache
def two_modes(depth: int, label_variance: sp.Expr = sigma_q**2, inputs: tuple[sp.Expr, ...] = (1, 1)) -> WrittenNetwork:
    """Two aligned balanced modes, hidden layers turned."""
    turned = sp.Matrix([[3, -4], [4, 3]]) / 5
    frames = [sp.eye(2), *[turned] * (depth - 1), sp.eye(2)]
    layers = [frames[l + 1] * sp.diag(u_1, u_2) * frames[l].T for l in range(depth)]
    return WrittenNetwork(tuple(layers), sp.diag(s_1, s_2), label_variance * sp.eye(2), sp.diag(*inputs))


def chain(layers: Sequence[sp.Expr], label_variance: sp.Expr = sigma_q**2) -> WrittenNetwork:
    """A chain of scalars with the teacher's value s."""
    matrices = tuple(sp.Matrix([[layer]]) for layer in layers)
    return WrittenNetwork(matrices, sp.Matrix([[s]]), sp.Matrix([[label_variance]]))


def one_mode(depth: int) -> WrittenNetwork:
    """The first of :func:`two_modes` by itself."""
    alone = chain([u_1] * depth)
    return WrittenNetwork(alone.layers, sp.Matrix([[s_1]]), alone.label_covariance)


def sampled(
    sampler: Callable[..., Any],
    depth: int,
    *,
    of: Callable[[Any], Any] = lambda candidate: candidate,
    absolute: float | None = None,
    **arguments: str,
) -> Experiment:
    """An experiment at an aligned balanced point at :data:`POINT`; rates are those at a learning rate of one."""
    told: dict[str, Any] = {"depth": str(depth), **POINT, **arguments}
    amplitudes, values = ([sp.Rational(each) for each in told[name].split()] for name in ("w", "s"))
    at = {
        L: depth,
        beta: 1,
        sigma_q: sp.Rational(told["sigma"]),
        eta: sp.Rational(told.get("eta", "1")),
        sp.Symbol("b", positive=True, integer=True): sp.Rational(told.get("b", "1")),
    }
    at |= {w: amplitudes[0], s: values[0]} | dict(zip((w_1, w_2), amplitudes, strict=False))
    at |= dict(zip((s_1, s_2), values, strict=False))
    at |= {layer: number ** sp.Rational(1, depth) for layer, number in zip((u_1, u_2), amplitudes, strict=False)}
    return measured(sampler, lambda candidate: of(candidate).subs(at), absolute=absolute, **told)
