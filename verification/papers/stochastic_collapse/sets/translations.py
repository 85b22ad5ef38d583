"""Appendix B.3: the sets that translations generate: sums in front of a softmax, and the kernel of the data."""

from typing import Any

import sympy as sp

from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet, normal_gradient
from verification.authoring.invariant_sets import ROUNDING, escaping, sgd_runs, trained
from verification.authoring.shorthand import is_kept
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.networks import sigma
from verification.papers.stochastic_collapse.sets.reflections import profile, theta, theta_1, theta_2

SOFTMAX_NET = FeedForward((2, 2, 3), sigma)
KERNEL_NET = FeedForward((3, 3, 1), sigma)

sums = sp.Matrix(sp.symbols("C_1:4", real=True))
"""The values that define a leaf: any numbers."""

SUM_VALUES = dict(zip(sums, (1.0, -0.5, 0.75), strict=True))


def class_sums() -> sp.MatrixBase:
    """The sums over the classes of each column of weights and of the biases, minus their values."""
    w, b = SOFTMAX_NET.weight_matrix(2), SOFTMAX_NET.biases(2)
    return sp.Matrix([sum(w[:, 0]), sum(w[:, 1]), sum(b)]) - sums


def _cross_entropy() -> sp.Expr:
    """Cross-entropy of a softmax with three classes; the labels sum to 1."""
    y_1, y_2 = sp.symbols("y_1 y_2", real=True)
    logits = SOFTMAX_NET.output(SOFTMAX_NET.inputs)
    labels = sp.Matrix([y_1, y_2, 1 - y_1 - y_2])
    return sp.log(sum(map(sp.exp, logits), sp.S.Zero)) - (labels.T * logits)[0]


def _escaping_decay(weight_decay: sp.Expr) -> sp.MatrixBase:
    affine_set = SOFTMAX_NET.affine_set(class_sums())
    pulled = (weight_decay * affine_set.normals * sp.Matrix(SOFTMAX_NET.weights)).applyfunc(affine_set.restrict)
    return sp.Matrix(normal_gradient(affine_set, _cross_entropy())) + pulled


def run_decay(weight_decay: sp.Expr) -> dict[str, Any]:
    """SGD on cross-entropy with weight decay."""
    settings = {"loss": "cross-entropy", "weight_decay": float(weight_decay)}
    return sgd_runs(SOFTMAX_NET, [("tanh", class_sums(), settings)], SUM_VALUES)


@paper.claim(
    "SC-012",
    "Appendix B.3",
    symbols={
        SOFTMAX_NET.weight_matrix(2)[0, 0]: "weight from neuron 1 to class 1, last layer",
        sums[0]: "any constant",
    },
)
def sums_in_front_of_a_softmax():
    """Constant sums in front of a softmax.

    For a network using a softmax layer, the columns of the weight matrix and the vector of biases immediately preceding
    this layer can be shifted by a constant without changing the outputs. As a result, the dynamics for these parameters
    are constrained to an affine space with a constant sum determined by their initialization. This subspace is an
    invariant set.
    - Scope: SGD without weight decay, cross-entropy, labels that sum to 1; a column is indexed by the classes.
    - Weight decay breaks it unless every sum is 0; the paper's deep experiments use weight decay.
    - Adam breaks it: it rescales each weight on its own.
    """
    w = SOFTMAX_NET.weight_matrix(2)
    yield is_kept(
        "sums over classes: $0 =$",
        printed=class_sums(),
        escaping=lambda constraints: normal_gradient(SOFTMAX_NET.affine_set(constraints), _cross_entropy()),
        run=trained(SOFTMAX_NET, ("tanh", "relu", "sigmoid"), values=SUM_VALUES, loss="cross-entropy"),
        tolerance=ROUNDING,
        wrong={
            "sums over neurons": sp.Matrix([sum(w[i, :]) for i in range(3)]) - sums,
            "one class constant": sp.Matrix([w[0, 0] - sums[0]]),
            "alternating sum": sp.Matrix([w[0, 0] - w[1, 0] + w[2, 0] - sums[0]]),
        },
    )
    yield is_kept(
        r"weight decay: $\lambda =$",
        printed=sp.S.Zero,
        escaping=_escaping_decay,
        run=run_decay,
        tolerance=ROUNDING,
        wrong={"weight decay 0.01": sp.Rational(1, 100), "weight decay 0.0005": sp.Rational(1, 2000)},
        remark="A result of ours: the weight decay with which sums other than 0 are kept.",
    )


v = sp.Matrix([*sp.symbols("v_1 v_2", real=True), sp.Symbol("v_3", positive=True)])


def _escaping_kernel(constraints: sp.MatrixBase) -> sp.MatrixBase:
    """As for any network, with inputs orthogonal to the kernel direction."""
    first, second, last = KERNEL_NET.inputs
    return escaping(KERNEL_NET)(constraints).subs(last, -(v[0] * first + v[1] * second) / v[2])


def _along_translation(loss: sp.MatrixBase) -> sp.MatrixBase:
    """The derivative along (1, 1), which must vanish for theta_1 + theta_2 to be kept."""
    return normal_gradient(AffineSet(theta, [theta_1 + theta_2 - sums[0]]), loss[0])


@paper.claim(
    "SC-013",
    "Appendix B.3",
    symbols={v[0]: r"component of a vector $v$ with $v \cdot x = 0$ for all samples", sums[0]: "any constant"},
)
def kernel_of_the_data():
    r"""Kernel of the data, and translations.

    If the training data has a non-trivial kernel space, then the rows of the first-layer's weight matrix can be
    translated by any vector in the kernel space without changing the output of the network. In general, any
    translational symmetry should generate invariant sets.
    - Scope: SGD without weight decay; translations by every multiple of a vector.
    - A loss that is symmetric under one translation only, as $\cos\theta$ is, has no such set: it must be continuous.
    """
    kernel = dict(zip(v, (1.0, -2.0, 0.5), strict=True))
    w, outside = KERNEL_NET.weight_matrix(1), sp.Matrix([v[0], v[1], -v[2]])
    yield is_kept(
        "kernel: $0 =$",
        printed=w * v - sums,
        escaping=_escaping_kernel,
        run=trained(KERNEL_NET, ("tanh", "relu", "linear"), values=kernel | SUM_VALUES, kernel=tuple(kernel.values())),
        tolerance=ROUNDING,
        wrong={"columns for rows": w.T * v - sums, "a vector outside the kernel": w * outside - sums},
        says=r"The products of each row of $w^{(1)}$ with the kernel vector.",
    )
    yield is_kept(
        r"translation: $l(\theta) =$",
        printed=sp.Matrix([profile(theta_1 - theta_2)]),
        escaping=_along_translation,
        wrong={
            r"one discrete translation, by $(\pi, \pi)$": sp.Matrix([sp.cos(theta_1 + theta_2)]),
            "translation by $(1, -1)$": sp.Matrix([profile(theta_1 + theta_2)]),
        },
        says=r"A loss that is symmetric under translations by $(1, 1)$ and keeps $\theta_1 + \theta_2$.",
    )
