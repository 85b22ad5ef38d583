r"""Proposition 3.1: the gradient of a deep linear network, and where it vanishes.

Judged on networks with symbols for every weight and for the gap :math:`\Delta = M - W`.
"""

from __future__ import annotations

import sympy as sp
from sympy import kronecker_product as kron

from theory.deep_linear.exact_point import ExactPoint
from theory.deep_linear.layers import LayeredLinear
from theory.deep_linear.written_out import WrittenNetwork, vec, written_network
from verification.authoring.shorthand import Grade, Kind, equals
from verification.papers.saddle_to_saddle.paper import paper

NETWORK = written_network(2, 1, 2, 1)
SQUARE = written_network(2, 1, 2, 2)
WEIGHTS = {NETWORK.layers[0][0]: r"entry $(W_1)_{11}$; $W_{lij}$ is $(W_l)_{ij}$"}
GAPS = WEIGHTS | {sp.Symbol("Delta_11", real=True): r"entry $\Delta_{11}$ of $\Delta = M - W$, likewise the others"}


def printed_jacobian(network: WrittenNetwork | ExactPoint, l: int) -> sp.Matrix:
    r"""The page's :math:`J_l = W_{<l}^\top\otimes W_{>l}^\top`."""
    return kron(network.below(l).T, network.above(l).T)


def jacobian(network: WrittenNetwork | ExactPoint, l: int) -> sp.Matrix:
    r"""The same with its second factor not transposed."""
    return kron(network.below(l).T, network.above(l))


def gap_vector(network: WrittenNetwork) -> sp.Matrix:
    r""":math:`\delta = \mathrm{vec}\,\Delta`."""
    return sp.Matrix(vec(network.gap))


@paper.claim("DLN-G1", "Proposition 3.1", symbols=WEIGHTS, grade=Grade.MISPRINT)
def jacobian_of_the_map():
    r"""Jacobian of the end-to-end map.

    "The Jacobian of the end-to-end map $W$ with respect to $W_l$ satisfies $J_l := W_{<l}^\top\otimes W_{>l}^\top$;
    $J_l(x) := x^\top W_{<l}^\top\otimes W_{>l}^\top$".

    - The printed $J_l$ has the shape $d_0d_l\times d_{l-1}d_L$; the Jacobian has $d_Ld_0\times d_ld_{l-1}$. Where the
      widths are equal the shapes agree and the values do not, except for the last layer.
    """
    x = sp.Matrix(sp.symbols("x_1 x_2", real=True))
    wide = written_network(3, 5, 4, 2)
    yield equals(
        r"shape: $\text{shape of }\partial\,\mathrm{vec}\,W/\partial\,\mathrm{vec}\,W_2$",
        printed=sp.Matrix(printed_jacobian(wide, 2).shape),
        corrected=sp.Matrix(jacobian(wide, 2).shape),
        corrected_says=r"$\partial\,\mathrm{vec}\,W/\partial\,\mathrm{vec}\,W_2\text{ is }6\times20$",
        derived=lambda: sp.Matrix(wide.jacobian(2).shape),
        wrong={"transposed": sp.Matrix(jacobian(wide, 2).T.shape)},
        says=r"Widths 3, 5, 4, 2: $W_1^\top\otimes W_3^\top$; corrected: $W_1^\top\otimes W_3$.",
        mutated=False,
    )
    yield equals(
        r"J_2: $\partial\,\mathrm{vec}\,W/\partial\,\mathrm{vec}\,W_2$",
        printed=printed_jacobian(SQUARE, 2),
        corrected=jacobian(SQUARE, 2),
        corrected_says=r"$J_2 = W_1^\top\otimes W_3$",
        derived=lambda: SQUARE.jacobian(2),
        wrong={"factors exchanged": kron(SQUARE.above(2), SQUARE.below(2).T)},
        says=r"Widths 2, 1, 2, 2: $J_2 = W_1^\top\otimes W_3^\top$.",
        mutated=False,
    )
    yield equals(
        r"J_2(x): $\partial(Wx)/\partial\,\mathrm{vec}\,W_2$",
        printed=kron(x.T * SQUARE.below(2).T, SQUARE.above(2).T),
        corrected=kron(x.T * SQUARE.below(2).T, SQUARE.above(2)),
        corrected_says=r"$J_2(x) = x^\top W_1^\top\otimes W_3$",
        derived=lambda: kron(x.T, sp.eye(2)) * SQUARE.jacobian(2),
        wrong={"the input lost": SQUARE.above(2)},
        says=r"$J_2(x) = x^\top W_1^\top\otimes W_3^\top$.",
        mutated=False,
    )
    yield equals(
        r"last layer: $\partial\,\mathrm{vec}\,W/\partial\,\mathrm{vec}\,W_3$",
        printed=printed_jacobian(SQUARE, 3),
        derived=lambda: SQUARE.jacobian(3),
        wrong={"first factor not transposed": kron(SQUARE.below(3), sp.eye(2))},
        mutated=False,
        remark=True,
    )


@paper.claim("DLN-G2", "Proposition 3.1", symbols=GAPS)
def population_gradient():
    """Population gradient as a matrix.

    - Scope: white inputs.
    """

    def formula(network: WrittenNetwork, l: int, sign: int = -1) -> sp.Matrix:
        return sign * vec(network.above(l).T * network.gap * network.below(l).T)

    for l in (1, 2, 3):
        yield equals(
            f"layer {l}",
            rf"\mathrm{{vec}}\,\nabla_{{W_{l}}}L",
            printed=formula(NETWORK, l),
            derived=lambda l=l: NETWORK.gradient(l),
            wrong={"uphill": formula(NETWORK, l, 1)},
            says=rf"$G_{l} = -W_{{>{l}}}^\top\Delta W_{{<{l}}}^\top$.",
        )


@paper.claim("DLN-G3", "Proposition 3.1; Appendix E.1", symbols=GAPS, grade=Grade.MISPRINT)
def gradient_as_a_vector():
    r"""Population gradient as a vector.

    - Scope: white inputs.
    - The same slip as in $J_l$: with $J_l = W_{<l}^\top\otimes W_{>l}$ the form $g_l = -J_l^\top\delta$ holds.
    """
    delta = gap_vector(SQUARE)
    yield equals(
        "Kronecker form: $g_2$",
        printed=-kron(SQUARE.below(2), SQUARE.above(2)) * delta,
        corrected=-kron(SQUARE.below(2), SQUARE.above(2).T) * delta,
        corrected_says=r"$g_2 = -(W_1\otimes W_3^\top)\,\mathrm{vec}\,\Delta$",
        derived=lambda: SQUARE.gradient(2),
        wrong={"uphill": kron(SQUARE.below(2), SQUARE.above(2).T) * delta},
        says=r"$g_2 = -(W_1\otimes W_3)\,\mathrm{vec}\,\Delta$.",
        mutated=False,
    )
    yield equals(
        "by the Jacobian: $g_2$",
        printed=-SQUARE.jacobian(2).T * delta,
        derived=lambda: SQUARE.gradient(2),
        wrong={"the printed Jacobian": -printed_jacobian(SQUARE, 2).T * delta},
        says=r"$-J_l^\top\delta$ with the Jacobian of the map.",
        mutated=False,
    )
    yield equals(
        "Appendix E.1: $g_2$",
        printed=vec(-SQUARE.above(2).T * SQUARE.gap * SQUARE.below(2).T),
        derived=lambda: SQUARE.gradient(2),
        wrong={"one transposition lost": vec(-SQUARE.above(2) * SQUARE.gap * SQUARE.below(2).T)},
        says=r"$W_{>l}^\top(W - M)W_{<l}^\top$.",
        mutated=False,
    )


@paper.claim("DLN-G4", "Section 3, text after Proposition 3.1", symbols=GAPS)
def critical_points():
    r"""Critical points.

    "The gradient is zero if and only if the Jacobian of the implemented linear map $W$ is orthogonal to the
    teacher-student gap term $\delta$."

    - Scope: white inputs.
    """

    def whole(network: WrittenNetwork) -> sp.Matrix:
        return sp.Matrix.hstack(*(network.jacobian(l) for l in (1, 2, 3)))

    yield equals(
        "gradient: $g$",
        printed=-whole(NETWORK).T * gap_vector(NETWORK),
        derived=NETWORK.gradient,
        wrong={"last layer left out": -(sp.diag(1, 1, 1, 1, 0, 0) * whole(NETWORK).T) * gap_vector(NETWORK)},
        says=r"$g = -J^\top\delta$, so that one is zero where the other is.",
    )


@paper.claim(
    "DLN-G5", "Section 3, text after Proposition 3.1", symbols=GAPS, kind=Kind.INVARIANCE, grade=Grade.MISPRINT
)
def change_of_basis_of_a_hidden_layer():
    r"""Change of basis of a hidden layer.

    "for a hidden layer $l$ of width $d_l$: $W_lP_l^{-1}P_lW_{l-1} = W_lW_{l-1}$, for $P\in GL_{d_l}(\mathbb{R})$".

    - The gradient itself is not invariant but moves along with the weights; its zeros and the loss are kept.
    """
    P = sp.Matrix(2, 2, sp.symbols("P_11 P_12 P_21 P_22", real=True))
    base = written_network(1, 2, 1)
    inverse = P.adjugate() / P.det()
    moved = WrittenNetwork((P * base.layers[0], base.layers[1] * inverse), base.teacher, base.label_covariance)

    yield equals(
        r"size of P: $\text{size of }P\text{ between }W_l\text{ and }W_{l-1}$",
        printed=sp.Integer(4),
        corrected=sp.Integer(3),
        derived=lambda: sp.Integer(LayeredLinear((2, 3, 4)).shapes[1][1]),
        wrong={"two layers below": sp.Integer(2)},
        says="Widths $d_{l-2}, d_{l-1}, d_l = 2, 3, 4$; printed: $d_l$, corrected: $d_{l-1}$.",
        mutated=False,
    )
    yield equals(
        r"gradient of the upper layer: $\nabla_{W_2}L(PW_1, W_2P^{-1})$",
        printed=P * base.gradient(2),
        derived=lambda: moved.gradient(2),
        wrong={"invariant": base.gradient(2)},
        says="A result of ours: the gradient is multiplied by $P$, so that its zeros are kept.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"gradient of the lower layer: $\nabla_{W_1}L(PW_1, W_2P^{-1})$",
        printed=inverse.T * base.gradient(1),
        derived=lambda: moved.gradient(1),
        wrong={"invariant": base.gradient(1), "multiplied by P": P * base.gradient(1)},
        says=r"A result of ours: it is multiplied by $P^{-\top}$.",
        remark=True,
        mutated=False,
    )
