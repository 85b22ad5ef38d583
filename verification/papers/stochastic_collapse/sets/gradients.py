r"""Appendix B.1: the gradients that Eqs. (9) to (11) write out."""

from collections.abc import Sequence

import sympy as sp

from theory.networks.activations import z
from verification.authoring.shorthand import Grade, Kind, equals
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.networks import NET, NET_SYMBOLS, sigma

G, a, h, u = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "Gahu")
D = sp.Symbol("D", real=True)
sigma_prime = sp.diff(sigma(z), z).func


def _gradient(weights: Sequence[sp.Symbol]) -> sp.Matrix:
    r"""The gradient in ``weights``, :math:`G` the gradient of the loss in the activities of layer 2."""
    h = NET.activities(NET.inputs)[2]
    return sp.Matrix([sp.diff(G.dot(h), weight) for weight in weights])


def _arguments(values: sp.MatrixBase) -> dict[sp.Expr, sp.Expr]:
    return dict(zip(a, values, strict=True))


def _signal_from_above() -> sp.Expr:
    r"""The gradient of the loss in :math:`h_i^{(l)}`."""
    here = NET.activities(NET.inputs)[1]
    above = sp.Matrix(NET.preactivation(2, h)).applyfunc(sigma)
    return sp.diff(G.dot(above), h[0]).subs(dict(zip(h, here, strict=True)), simultaneous=True)


@paper.claim(
    "SC-010",
    "Eqs. (9)-(11), Appendix B.1",
    symbols=NET_SYMBOLS
    | {
        G[0]: r"$\partial l/\partial h_1^{(l+1)}$",
        G[1]: r"$\partial l/\partial h_2^{(l+1)}$",
        a[0]: "argument of the outer derivative, first entry; the second likewise",
        h[0]: r"$h_1^{(l)}$, activity of neuron 1 of layer $l$",
        u[0]: r"what neuron 1 of layer $l$ gets",
        D: r"$\partial l/\partial h_i^{(l)}$, as the page has it in (10) and (11)",
    },
    kind=Kind.PROOF_STEP,
    grade=Grade.MISPRINT,
)
def gradients_of_a_neuron():
    """Gradients in the proof of Propositions 3.1 and 3.2.

    - Scope: neuron $i = 1$ of layer $l = 1$, two neurons in layers 0, 1 and 2.
    - The argument of the outer derivative lacks the other neurons of the layer, and in (9) its bias has the index $i$.
      The conclusions of the proof do not depend on it.
    """
    x, b, out = NET.inputs, NET.biases(2), NET.outgoing(1, 1)
    below, above, alone = NET.preactivation(1, x), NET.preactivation(2, h), h[0] * sp.Matrix(out)
    slopes = a.applyfunc(sigma_prime)
    layer = {D: slopes.multiply_elementwise(sp.Matrix(out)).dot(G)}
    layer |= dict(zip([*h, *u], [*u.applyfunc(sigma), *below], strict=True))

    def slope_along(weights: Sequence[sp.Symbol], neuron: int = 0) -> sp.Matrix:
        return sp.Matrix([sp.diff(below[neuron], weight) for weight in weights]) * sigma_prime(u[neuron])

    full, own = _arguments(above), _arguments(alone + b)
    no_bias = {"bias of layer $l+1$ lost": _arguments(above - b)}
    yield equals(
        r"Eq. (9): $\frac{\partial l}{\partial w_{\mathrm{out},i}^{(l+1)}}$",
        printed=slopes.multiply_elementwise(G) * h[0],
        where=layer | _arguments(alone + sp.ones(2, 1) * b[0]),
        derived=lambda: _gradient(out),
        corrected=full,
        wrong={"each neuron its own bias": own, **no_bias},
    )
    yield equals(
        r"Eq. (10): $\frac{\partial l}{\partial w_{\mathrm{in},i}^{(l)}}$",
        printed=D * sigma_prime(u[0]) * x,
        where=layer | own,
        derived=lambda: _gradient(NET.incoming(1, 1)),
        corrected=full,
        wrong={"activities of layer $l$": layer[D].subs(full) * sigma_prime(u[0]) * h, **no_bias},
        says="The last line.",
    )
    yield equals(
        "factor in Eq. (10)",
        r"\frac{\partial l}{\partial w_{\mathrm{in},i}^{(l)}} \Big/ \frac{\partial l}{\partial h_i^{(l)}}",
        printed=slope_along(NET.outgoing(0, 1)),
        where={u[0]: below[0], u[1]: below[1]},
        derived=lambda: _gradient(NET.incoming(1, 1)) / _signal_from_above(),
        corrected=slope_along(NET.incoming(1, 1)),
        wrong={"of the other neuron": slope_along(NET.incoming(1, 2), neuron=1)},
        says=r"The last factor of the first line: $\partial h_i^{(l)}/\partial w_{\mathrm{out},i}^{(l)}$ as printed, "
        r"$\partial h_i^{(l)}/\partial w_{\mathrm{in},i}^{(l)}$ as corrected.",
    )
    yield equals(
        r"Eq. (11): $\frac{\partial l}{\partial b_i^{(l)}}$",
        printed=D * sigma_prime(u[0]),
        where=layer | own,
        derived=lambda: _gradient([NET.biases(1)[0]])[0],
        corrected=full,
        wrong={"slope of the neuron lost": layer[D].subs(full), **no_bias},
    )
