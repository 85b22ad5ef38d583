r"""Networks at an aligned balanced point, written out: :math:`W_l = R_l\,\mathrm{diag}(u)R_{l-1}^\top`.

Amplitudes are :math:`w = u^L`. In the frame of the teacher :math:`R_0 = R_L = I`; all hidden frames are one rotation
with rational entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sympy as sp

from theory.deep_linear.written_out import WrittenNetwork
from verification.papers.saddle_to_saddle.paper import s, sigma_q

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
