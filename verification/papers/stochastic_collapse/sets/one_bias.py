"""The gradient formulas of Appendix B.1."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.neurons import (
    NET,
    NET_SYMBOLS,
    _b,
    _x,
    sigma,
    sigma_prime,
)

g_1, g_2 = sp.symbols("G_1 G_2", real=True)


_h = NET.activities(_x)[1]


_above = NET.preactivation(2, _h)


_below = NET.preactivation(1, _x)[0]


_out = sp.Matrix(NET.outgoing(1, 1))


_alone = _out * _h[0]
"""The pre-activation of Eqs. (9)-(11), w_out h without the other neurons, before the bias."""


def _pulled_gradient(weights: Sequence[sp.Symbol]) -> sp.Matrix:
    """The gradient in ``weights``, for the gradient (G_1, G_2) of the loss in the activities of layer 2."""
    h = NET.activities(_x)[2]
    return sp.Matrix([sp.diff(g_1 * h[0] + g_2 * h[1], weight) for weight in weights])


def _outgoing_gradient(preactivation: sp.MatrixBase) -> sp.Matrix:
    slopes = preactivation.applyfunc(sigma_prime)
    return sp.Matrix([g_1 * slopes[0], g_2 * slopes[1]]) * sigma(_below)


def _bias_gradient(preactivation: sp.MatrixBase) -> sp.Expr:
    slopes = preactivation.applyfunc(sigma_prime)
    return (g_1 * slopes[0] * _out[0] + g_2 * slopes[1] * _out[1]) * sigma_prime(_below)


def _signal_from_above() -> sp.Expr:
    """The gradient of the loss in h_i^(l)."""
    h = sp.Matrix(sp.symbols("h_1 h_2", real=True))
    above = sp.Matrix(NET.preactivation(2, h)).applyfunc(sigma)
    return sp.diff(g_1 * above[0] + g_2 * above[1], h[0]).subs(dict(zip(h, _h, strict=True)), simultaneous=True)


_with_one_bias = _alone + sp.Matrix([_b(2)[0]] * 2)


_with_biases = _alone + sp.Matrix(_b(2))


_without_bias = sp.Matrix(_above - _b(2))


@paper.claim(
    "SC-010",
    "Eqs. (9)-(11), Appendix B.1",
    symbols=NET_SYMBOLS | {g_1: "dl/dh_1^(l+1)", g_2: "dl/dh_2^(l+1)"},
    kind=Kind.PROOF_STEP,
    scope="neuron i = 1 of layer l = 1, two neurons in layers 0, 1 and 2",
    notes=("The conclusions of the proof do not depend on the pre-activation.",),
)
def gradients_in_the_proof_of_propositions_31_and_32():
    r"""Gradients in the proof of Propositions 3.1 and 3.2.

    dl/dw_{out,i}^(l+1) = dl/dh^(l+1) * sigma'(w_{out,i}^(l+1) h_i^(l) + b_i^(l+1)) sigma(w_{in,i}^(l)T
    h^(l-1) + b_i^(l)) (9); (10) and (11) use the same pre-activation, and (10) contains
    dh_i^(l)/dw_{out,i}^(l)
    """
    yield equals(
        "Eq. (9)",
        r"\frac{\partial l}{\partial w_{\mathrm{out},i}^{(l+1)}}",
        printed=_outgoing_gradient(_with_one_bias),
        derived=lambda: _pulled_gradient(NET.outgoing(1, 1)),
        corrected=_outgoing_gradient(_above),
        corrected_says="the pre-activation is the full sum_j w_{out,j}^(l+1) h_j^(l) + b^(l+1), and the "
        "factor in (10) is "
        "dh_i^(l)/dw_{in,i}^(l)",
        wrong={
            "each neuron its own bias": _outgoing_gradient(_with_biases),
            "bias lost": _outgoing_gradient(_without_bias),
        },
        says="Gradient in the outgoing weights.",
    )
    yield equals(
        "Eq. (10)",
        r"\frac{\partial l}{\partial w_{\mathrm{in},i}^{(l)}}",
        printed=_bias_gradient(_with_biases) * _x,
        derived=lambda: _pulled_gradient(NET.incoming(1, 1)),
        corrected=_bias_gradient(_above) * _x,
        wrong={"activities of layer l": _bias_gradient(_above) * _h, "bias lost": _bias_gradient(_without_bias) * _x},
        says="Gradient in the incoming weights, last line.",
    )
    yield equals(
        "factor in Eq. (10)",
        r"\sigma'\bigl(w_{\mathrm{in},i}^{(l)\top}h^{(l-1)} + b_i^{(l)}\bigr)\,h^{(l-1)}",
        printed=sp.Matrix([sp.diff(_h[0], weight) for weight in NET.outgoing(0, 1)]),
        derived=lambda: _pulled_gradient(NET.incoming(1, 1)) / _signal_from_above(),
        corrected=sp.Matrix([sp.diff(_h[0], weight) for weight in NET.incoming(1, 1)]),
        wrong={"of the other neuron": sp.Matrix([sp.diff(_h[1], weight) for weight in NET.incoming(1, 2)])},
        says="The derivative of h_i^(l) that the last line of (10) writes out.",
    )
    yield equals(
        "Eq. (11)",
        r"\frac{\partial l}{\partial b_i^{(l)}}",
        printed=_bias_gradient(_with_biases),
        derived=lambda: _pulled_gradient([_b(1)[0]])[0],
        corrected=_bias_gradient(_above),
        wrong={
            "slope of the neuron lost": _bias_gradient(_above) / sigma_prime(_below),
            "bias lost": _bias_gradient(_without_bias),
        },
        says="Gradient in the bias.",
    )
