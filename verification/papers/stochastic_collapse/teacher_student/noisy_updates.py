"""Gradient flow and noise of the two layers, and of their modes."""

from __future__ import annotations

import sympy as sp

from theory.models.teacher_student import modes as ts
from theory.notation import eta
from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.random_matrices import _matrix

# SC-071: small enough to be read in print; two hidden units and two inputs, so that the order of products counts.
W_1, W_2, X, Y, Z = (
    _matrix(name, *shape) for name, shape in {"W1": (2, 2), "W2": (1, 2), "X": (2, 1), "Y": (1, 1), "Z": (1, 1)}.items()
)


S_xx, S_yx = X * X.T, Y * X.T


def _layers(noise: sp.MatrixBase, *, factor: int = 1) -> sp.ImmutableMatrix:
    """The right-hand sides of (36)-(37) as one column, the noise term and a factor of the gradient left open."""
    error = factor * (W_2 * W_1 * S_xx - S_yx + noise)
    updates = (W_1 - eta * W_2.T * error, W_2 - eta * error * W_1.T)
    return sp.ImmutableMatrix([entry for update in updates for entry in update])


def _derived_layers() -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix([entry for update in ts.layer_updates(W_1, W_2, X, Y, Z) for entry in update])


@paper.claim(
    "SC-071",
    "Eqs. (36)-(37)",
    symbols={eta: "learning rate"},
    kind=Kind.IDENTITY,
    scope="exact; judged for all real matrices of the shapes W_1 (2, 2), W_2 (1, 2), X (2, 1), Y and Z (1, 1)",
    notes=(
        "The gradient is that of (1/2)||W_2 W_1 X - Y + Z||^2, not of the normalised error (34), which has a factor "
        "2/||Y||^2 more.",
    ),
)
def noisy_gradient_updates():
    r"""Noisy gradient updates.

    W_1' = W_1 - eta W_2^T (W_2 W_1 S_xx - S_yx + Z X^T); W_2' = W_2 - eta (...) W_1^T
    """
    yield equals(
        "updates",
        r"(W_1',\ W_2')",
        printed=_layers(Z * X.T),
        derived=_derived_layers,
        wrong={
            "sign of the label noise": _layers(-Z * X.T),
            "loss not halved": _layers(Z * X.T, factor=2),
            "label noise lost": _layers(sp.zeros(1, 2)),
        },
        says="One step of gradient descent on (1/2)||W_2 W_1 X - (Y - Z)||^2, entry by entry.",
    )


# SC-072: ordered products, reduced by A1 and by the orthogonality of the data's singular vectors.
_X, _X_T, _U, _U_T, _V, _V_T, _z = sp.symbols("X X^T U U^T V V^T z", commutative=False)


def _in_modes(noise: sp.Expr) -> sp.Expr:
    r"""The noise of the gradient in the singular bases, :math:`\tilde U^\top ZX^\top\tilde V`, one ordered product."""
    rules = [(_X * _X_T, 1), (_U_T * _U, 1), (_V_T * _V, 1)]
    rotated = _U_T * noise * _X_T * _V
    for _ in rules:  # one product becomes adjacent after another
        rotated = sp.expand(rotated).subs(rules)
    return _named(rotated)


def _named(product: sp.Expr) -> sp.Expr:
    """An ordered product as one commuting symbol."""
    coefficients, matrices = sp.sympify(product).args_cnc()
    return sp.Mul(*coefficients) * sp.Symbol("[" + "·".join(map(str, matrices)) + "]", real=True)


def _noise_of_the_modes() -> sp.Expr:
    """What (38) adds to the singular values: the part of A' linear in the noise, without its factor -eta B^T."""
    update, _ = ts.rotated_updates()
    noise = sp.Symbol("z", commutative=False)
    (term,) = (part for part in sp.Add.make_args(sp.expand(update)) if part.has(noise))
    _, matrices = term.args_cnc()
    return _named(sp.Mul(*matrices[1:]))


@paper.claim(
    "SC-072",
    "assumption A2",
    symbols={},
    kind=Kind.IDENTITY,
    notes=(
        "This is no independent label noise: it has one random number a mode, and the singular vectors of the data.",
    ),
)
def structured_label_noise():
    r"""Structured label noise.

    Z = U_tilde diag(z) V_tilde^T X, z ~ N(0, zeta^2), with X X^T = 1
    """
    yield equals(
        "noise of a mode",
        r"\tilde U^\top ZX^\top\tilde V",
        printed=_in_modes(_U * _z * _V_T * _X),
        derived=_noise_of_the_modes,
        wrong={
            "bases exchanged": _in_modes(_V * _z * _U_T * _X),
            "X left out": _in_modes(_U * _z * _V_T),
            "V not transposed": _in_modes(_U * _z * _V * _X),
        },
        says="U^T Z X^T V, which enters the gradient, is diag(z); a bracket is one ordered matrix product.",
    )
