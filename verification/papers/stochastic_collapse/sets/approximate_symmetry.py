"""Section 3: in which sense the loss is symmetric where the activation is not odd."""

import sympy as sp

from theory.networks.activations import ORIGIN_PASSING, activation, slope
from verification.authoring.shorthand import Grade, Kind, agrees_to_order, equals
from verification.papers.stochastic_collapse.paper import paper

d, w_1, w_2, x, b = sp.symbols("d w_1 w_2 x b", positive=True)
y = sp.Symbol("y", real=True)


def _change_of_loss(name: str, first: sp.Expr, second: sp.Expr) -> sp.Expr:
    r""":math:`l(Q\theta) - l(\theta)` for :math:`l = (w_2\sigma(w_1x) + b - y)^2/2`, Q the flip of both signs."""
    output = second * activation(name, first * x) + b
    flipped = -second * activation(name, -first * x) + b
    return sp.expand(((flipped - y) ** 2 - (output - y) ** 2) / 2)


def _even_slopes() -> sp.Matrix:
    r"""Right-hand derivatives at 0 of :math:`\sigma(z) + \sigma(-z)`, which vanishes there."""
    even_parts = (activation(name, d) + activation(name, -d) for name in ORIGIN_PASSING)
    return sp.Matrix([sp.diff(part, d).subs(d, 0) for part in even_parts])


@paper.claim(
    "SC-009",
    "Section 3, after Theorem 3.1",
    symbols={w_1: "incoming weight, times its sign", w_2: "outgoing weight, times its sign"}
    | {b: "output offset: the base point on $A$", d: "scale of both weights", y: "label"}
    | {slope: "slope of leaky ReLU, not 1"},
    kind=Kind.EXPANSION,
    grade=Grade.CONDITION,
)
def approximately_odd_activations():
    r"""Origin-passing activations are approximately odd.

    Even for origin-passing activation functions that are not exactly odd, the loss function is approximately
    $Q$-symmetric around $A$, since the activation function is approximately odd around its origin.
    - Scope: one neuron with output offset $b$, $l = (w_2\sigma(w_1x) + b - y)^2/2$, $Q$ the flip of both signs.
    - What holds, and what Theorem 3.1 should assume, is the pointwise form: at each point of $A$ the change of the loss
      is of second order in the distance (statements 'pointwise'). The proof uses no more.
    """

    def slopes(**others: sp.Expr) -> sp.Matrix:
        return sp.Matrix([others.get(name.replace(" ", "_"), sp.S.Zero) for name in ORIGIN_PASSING])

    yield equals(
        r"approximately odd: $\lim_{z\downarrow0}\frac{\sigma(z)+\sigma(-z)}{z}$",
        printed=slopes(),
        derived=_even_slopes,
        corrected=slopes(relu=sp.S.One, leaky_relu=1 - slope),
        wrong={
            "ReLU alone is not odd": slopes(relu=sp.S.One),
            "ELU counted as kinked": slopes(relu=sp.S.One, leaky_relu=1 - slope, elu=sp.S.One),
            "sum of the slopes": slopes(relu=sp.S.One, leaky_relu=1 + slope),
        },
        says="For linear, tanh, ReLU, leaky ReLU, ELU, Swish, SiLU and GELU.",
    )
    norm = sp.sqrt(w_1**2 + w_2**2)
    yield equals(
        r"one delta for all of A: $\lim_{b\to\infty}\frac{l(Q\theta)-l(\theta)}{d(\theta,A)\,b}$",
        printed=sp.S.Zero,
        derived=lambda: sp.diff(_change_of_loss("silu", w_1, w_2), b) / norm,  # the change is affine in b
        corrected=-w_1 * w_2 * x * sp.tanh(w_1 * x / 2) / norm,
        wrong={"distance in one weight": -w_2 * x * sp.tanh(w_1 * x / 2)},
        says=r"Growth of the asymmetry with the base point, for SiLU: 0 if one $\delta$ serves every point of $A$.",
    )
    for name, label, order, term in (
        ("relu", "ReLU", 2, (y - b) * w_1 * w_2 * x * d**2),
        ("gelu", "GELU", 3, (y - b) * sp.sqrt(2 / sp.pi) * w_1**2 * w_2 * x**2 * d**3),
    ):
        yield agrees_to_order(
            f"pointwise, {label}",
            r"l(Q\theta)-l(\theta)",
            printed=term,
            derived=lambda name=name: _change_of_loss(name, d * w_1, d * w_2),
            small=d,
            order=order,
            wrong={"an order lower": term / d},
            remark=r"A result of ours, on the ray $\theta = d\,(w_1, w_2)$.",
        )
