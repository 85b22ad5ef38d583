"""Appendix I.2: gradient descent with label noise on both layers, and the structure of that noise."""

from __future__ import annotations

import sympy as sp

from theory.models.teacher_student import modes as ts
from theory.notation import eta
from verification.authoring.shorthand import equals
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.definitions import column, matrix
from verification.papers.stochastic_collapse.teacher_student.modes import in_products

# Small enough to be read in print; two hidden units and two inputs, so that the order of products counts.
W_1, W_2, X, Y, Z = (
    matrix(name, *shape) for name, shape in {"W1": (2, 2), "W2": (1, 2), "X": (2, 1), "Y": (1, 1), "Z": (1, 1)}.items()
)


@paper.claim(
    "SC-071",
    "Eqs. (36)-(37)",
    symbols={
        eta: "learning rate",
        W_1[0, 0]: "entry of $W_1$",
        W_2[0, 0]: "entry of $W_2$",
        X[0, 0]: "entry of the inputs $X$",
        Y[0, 0]: "entry of the labels $Y$",
        Z[0, 0]: "label noise $Z$",
    },
    scope="exact; judged for all real matrices with two inputs, two hidden units, one output, and one sample",
    notes=(
        r"The gradient is that of $\frac12\|W_2W_1X - Y + Z\|_F^2$, not of the normalised error (34), which has a "
        r"factor $2/\|Y\|_F^2$ more.",
    ),
)
def noisy_gradient_updates():
    r"""Noisy gradient updates.

    $W_1^{(t+1)} = W_1 - \eta W_2^\top(W_2W_1\Sigma_{xx} - \Sigma_{yx} + ZX^\top)$ and
    $W_2^{(t+1)} = W_2 - \eta(W_2W_1\Sigma_{xx} - \Sigma_{yx} + ZX^\top)W_1^\top$.
    """

    def layers(noise: sp.MatrixBase, *, factor: int = 1) -> sp.ImmutableMatrix:
        """(36)-(37) entry by entry, the noise term and a factor of the gradient left open."""
        error = factor * (W_2 * W_1 * (X * X.T) - Y * X.T + noise)
        return column(W_1 - eta * W_2.T * error, W_2 - eta * error * W_1.T)

    yield equals(
        "updates",
        r"(W_1^{(t+1)},\ W_2^{(t+1)})",
        printed=layers(Z * X.T),
        derived=lambda: column(*ts.layer_updates(W_1, W_2, X, Y, Z)),
        wrong={
            "sign of the label noise": layers(-Z * X.T),
            "loss not halved": layers(Z * X.T, factor=2),
            "label noise lost": layers(sp.zeros(1, 2)),
        },
    )


inputs, inputs_T, U, U_T, V, V_T, z = sp.symbols("X X^T U U^T V V^T z", commutative=False)


def _in_modes(noise: sp.Expr) -> sp.Expr:
    r"""The gradient's noise in the singular bases, :math:`\tilde U^\top ZX^\top\tilde V`, as an ordered product."""
    orthogonality = [(inputs * inputs_T, 1), (U_T * U, 1), (V_T * V, 1)]
    rotated = U_T * noise * inputs_T * V
    for _ in orthogonality:  # one product becomes adjacent after another
        rotated = sp.expand(rotated).subs(orthogonality)
    return in_products(rotated)


def _noise_of_the_modes() -> sp.Expr:
    """What (38) adds to the singular values: the part of A' linear in the noise, without its factor -eta B^T."""
    update, _ = ts.rotated_updates()
    (term,) = (part for part in sp.Add.make_args(sp.expand(update)) if part.has(z))
    _, matrices = term.args_cnc()
    return sp.Mul(*matrices[1:])


@paper.claim(
    "SC-072",
    "assumption A2",
    symbols={
        U: r"$\tilde U$, left singular vectors of the data",
        V: r"$\tilde V$, right singular vectors",
        z: r"$\mathrm{diag}(z)$",
        inputs: r"inputs, with $XX^\top = 1$",
    },
    scope="exact, in any dimension: products of matrices do not commute",
    notes=(
        "This is no independent label noise: it has one random number a mode, and the singular vectors of the data "
        "(SC-099).",
    ),
)
def structured_label_noise():
    r"""Structured label noise.

    We assume the gradient noise can be decomposed as $Z = \tilde U\,\mathrm{diag}(z)\,\tilde V^\top X$ where
    $z \sim \mathcal N(0, \zeta^2)$.
    """
    yield equals(
        "noise of a mode",
        "Z",
        printed=U * z * V_T * inputs,
        modulo=_in_modes,
        derived=lambda: U * _noise_of_the_modes() * V_T * inputs,
        wrong={
            "bases exchanged": V * z * U_T * inputs,
            "inputs left out": U * z * V_T,
            "right vectors not transposed": U * z * V * inputs,
        },
        says=r"In the singular bases the gradient's noise $\tilde U^\top ZX^\top\tilde V$ is that of (38).",
    )
