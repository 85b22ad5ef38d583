r"""Theorem 3.1 and Appendix B.3: the sets that reflections and translations generate.

A matrix Q is judged by the kernels of Q - I and its transpose, a translation by the derivative of the loss along it.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.networks.activations import ORIGIN_PASSING, activation, slope, smooth_function
from theory.networks.feed_forward import FeedForward
from theory.symmetry.affine_set import AffineSet, normal_gradient
from theory.symmetry.reflection import composed, escaping_gradients, gradient, oblique_reflection
from verification.authoring.shorthand import equals, is_kept
from verification.claim import Kind
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.neurons import ROUNDING, escaping, sgd_runs, sigma

SOFTMAX_NET = FeedForward((2, 2, 3), sigma)
KERNEL_NET = FeedForward((3, 3, 1), sigma)

# --- SC-008, SC-011: symmetries ----------------------------------------------------------------------------------

p, q, r = sp.symbols("p q r", real=True)
c = sp.Symbol("c", real=True)
c_11, c_12, c_22 = sp.symbols("c_11 c_12 c_22", real=True)

_across = sp.Matrix([[p, q], [r, 0], [0, r]])
"""Two vectors orthogonal to (r, -p, -q): the directions in which a symmetric Q need not be the identity."""

SYMMETRIC = sp.eye(3) - _across * sp.Matrix([[c_11, c_12], [c_12, c_22]]) * _across.T
"""Every symmetric 3 x 3 matrix that fixes (r, -p, -q)."""

_skew = sp.Matrix([[0, -r, q], [r, 0, -p], [-q, p, 0]])
ROTATION = ((sp.eye(3) - _skew).inv() * (sp.eye(3) + _skew)).applyfunc(sp.cancel)
"""Every rotation about (p, q, r) but the half turn, by Cayley's formula."""

NORMAL = sp.diag(1, sp.Matrix([[p, -q], [q, p]]))

SHEAR = sp.Matrix([[1, c], [0, 1]])
OBLIQUE_PROJECTION = sp.Matrix([[1, c], [0, 0]])


@paper.claim(
    "SC-008",
    "Theorem 3.1",
    symbols={c: "shear of an oblique matrix"},
    kind=Kind.INVARIANCE,
    scope="the implication; Q is a generic 3 x 3 matrix of its class with a line of fixed points",
    notes=(
        "Judged by the kernel criterion: gradients on A lie in ker(Q^T - I), and fill it as the symmetric loss varies; "
        "they are directions of A iff ker(Q^T - I) is inside ker(Q - I).",
        "The criterion is sharper than the theorem: every normal Q satisfies it.",
        "For an oblique reflection, l = f(theta_1 + c theta_2/2) is exactly symmetric and leaves A = {theta_2 = 0}.",
        "The printed hypothesis, with one delta for all of A, is discussed in SC-009.",
    ),
)
def invariant_sets_from_symmetries():
    r"""Invariant sets from symmetries.

    Q = Q^T or QQ^T = I; A = {Q theta = theta} is an invariant set if l is approximately Q-symmetric around A
    """
    yield is_kept(
        "symmetric",
        r"Q =",
        printed=SYMMETRIC,
        escaping=escaping_gradients,
        wrong={"oblique reflection": oblique_reflection(c), "oblique projection": OBLIQUE_PROJECTION},
        says="A symmetric matrix whose symmetric losses keep the set it fixes.",
    )
    yield is_kept(
        "orthogonal",
        r"Q =",
        printed=ROTATION,
        escaping=escaping_gradients,
        wrong={"oblique reflection": oblique_reflection(c), "shear, of determinant 1": SHEAR},
        says="An orthogonal matrix whose symmetric losses keep the set it fixes.",
    )
    yield is_kept(
        "normal",
        r"Q =",
        printed=NORMAL,
        escaping=escaping_gradients,
        wrong={"oblique reflection": oblique_reflection(c)},
        says="A normal matrix, neither symmetric nor orthogonal, will do (a remark).",
        remark=True,
    )


u_1, u_2 = sp.symbols("u_1 u_2", real=True)
theta_1, theta_2 = sp.symbols("theta_1 theta_2", real=True)
profile, rest = smooth_function("f"), smooth_function("r")
THETA = sp.Matrix([theta_1, theta_2])
GENERAL_Q = sp.Matrix(2, 2, sp.symbols("Q_11 Q_12 Q_21 Q_22", real=True))


def _moved_gradient(loss: sp.Expr, Q: sp.MatrixBase) -> sp.Matrix:
    """The gradient of the loss at Q theta."""
    return sp.Matrix([composed(entry, Q, THETA) for entry in gradient(loss, THETA)])


RIDGE = profile(u_1 * theta_1 + u_2 * theta_2)
SYMMETRIC_LOSS = profile(theta_1 + c * theta_2 / 2) + theta_2**2 * rest(theta_1 - theta_2)
"""Symmetric under the oblique reflection up to second order in the distance to its set."""

OBLIQUE = oblique_reflection(c)


def _gradient_on_set() -> sp.Matrix:
    return sp.Matrix(gradient(SYMMETRIC_LOSS, THETA)).subs(theta_2, 0)


def _image_on_set(matrix: sp.MatrixBase) -> sp.Matrix:
    return (matrix * _moved_gradient(SYMMETRIC_LOSS, OBLIQUE)).subs(theta_2, 0)


@paper.claim(
    "SC-011",
    "Appendix B.2",
    symbols={theta_1: "first weight", theta_2: "second weight, 0 on A"},
    kind=Kind.PROOF_STEP,
    notes=(
        "The step needs no symmetry of Q; an oblique Q, where Q and Q^T act differently, shows which one is meant.",
    ),
)
def gradients_on_the_set_in_the_proof_of_theorem_31():
    r"""Gradients on the set, in the proof of Theorem 3.1.

    for any theta in A, grad l(theta) = grad l_Q(theta) = Q^T grad l(Q theta)
    """
    yield equals(
        "chain rule",
        r"\nabla l_Q(\theta)",
        printed=GENERAL_Q.T * _moved_gradient(RIDGE, GENERAL_Q),
        derived=lambda: gradient(composed(RIDGE, GENERAL_Q, THETA), THETA),
        wrong={
            "Q for its transpose": GENERAL_Q * _moved_gradient(RIDGE, GENERAL_Q),
            "inner derivative lost": _moved_gradient(RIDGE, GENERAL_Q),
            "gradient not moved": GENERAL_Q.T * gradient(RIDGE, THETA),
        },
        says="The gradient of l(Q theta) anywhere, for any Q and l = f(u . theta).",
    )
    yield equals(
        "on the set",
        r"\nabla l(\theta)",
        printed=_image_on_set(OBLIQUE.T),
        derived=_gradient_on_set,
        wrong={"Q for its transpose": _image_on_set(OBLIQUE), "sign": -_image_on_set(OBLIQUE.T)},
        says="The gradient on A of a loss that is symmetric up to second order in d, Q an oblique reflection.",
    )


# --- SC-009: approximate oddness ---------------------------------------------------------------------------------

distance, w_1, w_2, x, offset = sp.symbols("d w_1 w_2 x b", positive=True)
target = sp.Symbol("y", real=True)


def _even_part(name: str, u: sp.Expr) -> sp.Expr:
    """sigma(u) + sigma(-u), which vanishes for an odd activation; ``u`` is positive."""
    return activation(name, u) + activation(name, -u)


def _even_slopes() -> sp.Matrix:
    """The limits of (sigma(z) + sigma(-z))/z as z falls to 0: right-hand derivatives, the sums being 0 at 0."""
    return sp.Matrix([sp.diff(_even_part(name, distance), distance).subs(distance, 0) for name in ORIGIN_PASSING])


def _change_of_loss(name: str, first: sp.Expr, second: sp.Expr) -> sp.Expr:
    """l(Q theta) - l(theta) for l = (w_2 sigma(w_1 x) + b - y)^2/2, Q the sign flip of both weights."""
    output = second * activation(name, first * x) + offset
    flipped = -second * activation(name, -first * x) + offset
    return sp.expand(((flipped - target) ** 2 - (output - target) ** 2) / 2)


def _growth_with_offset() -> sp.Expr:
    """The limit of (l(Q theta) - l(theta))/(d b) as b grows: the difference is affine in b."""
    change = _change_of_loss("silu", w_1, w_2)
    return sp.diff(change, offset) / sp.sqrt(w_1**2 + w_2**2)


def _taylor(name: str, order: int) -> sp.Expr:
    """Coefficient of d^order in l(Q theta) - l(theta) on the ray d (w_1, w_2)."""
    change = _change_of_loss(name, distance * w_1, distance * w_2)
    return sp.diff(change, distance, order).subs(distance, 0) / sp.factorial(order)


def _leading_terms() -> sp.Matrix:
    return sp.Matrix([_taylor("relu", k) for k in (0, 1, 2)] + [_taylor("gelu", k) for k in (0, 1, 2, 3)])


_relu_term = (target - offset) * w_1 * w_2 * x
_gelu_term = (target - offset) * sp.sqrt(2 / sp.pi) * w_1**2 * w_2 * x**2
_silu_growth = -w_1 * w_2 * x * sp.tanh(w_1 * x / 2) / sp.sqrt(w_1**2 + w_2**2)
_even_true = sp.Matrix([0, 0, 1, 1 - slope, 0, 0, 0, 0])


@paper.claim(
    "SC-009",
    "Section 3, after Theorem 3.1",
    symbols={
        w_1: "incoming weight, times its sign",
        w_2: "outgoing weight, times its sign",
        offset: "output offset: the base point on A",
        target: "label",
        slope: "slope of leaky ReLU, not 1",
    },
    kind=Kind.EXPANSION,
    scope="one neuron with output offset b, l = (w_2 sigma(w_1 x) + b - y)^2/2, Q the sign flip of w_1 and w_2",
    notes=(
        "The conclusion stands: the proof of Theorem 3.1 uses the pointwise form only, and Proposition 3.1 is SC-003.",
    ),
)
def origin_passing_activations_are_approximately_odd():
    r"""Origin-passing activations are approximately odd.

    even for origin-passing activation functions that are not exactly odd, the loss function is approximately
    Q-symmetric around A, since the activation function is approximately odd around its origin
    """
    yield equals(
        "approximately odd",
        r"\lim_{z\downarrow0}\frac{\sigma(z)+\sigma(-z)}{z}",
        printed=sp.zeros(8, 1),
        derived=_even_slopes,
        corrected=_even_true,
        corrected_says="sigma(z) + sigma(-z) = O(z) suffices: l(Q theta) - l(theta) = O(d^2) at each point of "
        "A, not uniformly; "
        "Theorem 3.1 should assume this pointwise form",
        wrong={
            "ReLU alone is not odd": sp.Matrix([0, 0, 1, 0, 0, 0, 0, 0]),
            "ELU counted as kinked": sp.Matrix([0, 0, 1, 1 - slope, 1, 0, 0, 0]),
            "sum of the slopes": sp.Matrix([0, 0, 1, 1 + slope, 0, 0, 0, 0]),
        },
        says="lim (sigma(z) + sigma(-z))/z as z falls to 0, for the eight activations: 0 if approximately odd.",
    )
    yield equals(
        "one delta for all of A",
        r"\lim_{b\to\infty}\frac{l(Q\theta)-l(\theta)}{d(\theta,A)\,b}",
        printed=sp.S.Zero,
        derived=_growth_with_offset,
        corrected=_silu_growth,
        wrong={
            "tanh of the whole angle": -w_1 * w_2 * x * sp.tanh(w_1 * x) / sp.sqrt(w_1**2 + w_2**2),
            "distance in one weight": -w_2 * x * sp.tanh(w_1 * x / 2),
            "sign": -_silu_growth,
        },
        says="Growth of the asymmetry with the base point for SiLU: 0 if one delta serves every point of A.",
    )
    yield equals(
        "pointwise",
        r"[d^k]\,\bigl(l(Q\theta)-l(\theta)\bigr)",
        printed=sp.Matrix([0, 0, _relu_term, 0, 0, 0, _gelu_term]),
        derived=_leading_terms,
        wrong={
            "ReLU of first order": sp.Matrix([0, _relu_term, 0, 0, 0, 0, _gelu_term]),
            "GELU of second order": sp.Matrix([0, 0, _relu_term, 0, 0, _gelu_term, 0]),
            "sign of the error": sp.Matrix([0, 0, -_relu_term, 0, 0, 0, -_gelu_term]),
        },
        says="Taylor coefficients in d of l(Q theta) - l(theta): up to d^2 for ReLU, d^3 for GELU (a remark).",
        remark=True,
    )


# --- SC-012, SC-013: translations --------------------------------------------------------------------------------

sums = sp.Matrix(sp.symbols("C_1:4", real=True))
"""The values that define a leaf: any numbers."""

_last_w, _last_b = SOFTMAX_NET.weight_matrix(2), SOFTMAX_NET.biases(2)
CLASS_SUMS = sp.Matrix([sum(_last_w[:, 0]), sum(_last_w[:, 1]), sum(_last_b)]) - sums
NEURON_SUMS = sp.Matrix([sum(_last_w[i, :]) for i in range(3)]) - sums


def _cross_entropy() -> sp.Expr:
    """Cross-entropy of a softmax with three classes; the labels sum to 1."""
    y_1, y_2 = sp.symbols("y_1 y_2", real=True)
    logits = SOFTMAX_NET.output(SOFTMAX_NET.inputs)
    labels = sp.Matrix([y_1, y_2, 1 - y_1 - y_2])
    return sp.log(sum(map(sp.exp, logits), sp.S.Zero)) - (labels.T * logits)[0]


def _escaping_softmax(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return normal_gradient(SOFTMAX_NET.affine_set(constraints), _cross_entropy())


def _escaping_decay(weight_decay: sp.Expr) -> sp.MatrixBase:
    affine_set = SOFTMAX_NET.affine_set(CLASS_SUMS)
    pulled = (weight_decay * affine_set.normals * sp.Matrix(SOFTMAX_NET.weights)).applyfunc(affine_set.restrict)
    return sp.Matrix(normal_gradient(affine_set, _cross_entropy())) + pulled


SUM_VALUES = dict(zip(sums, (1.0, -0.5, 0.75), strict=True))


def run_softmax(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD on cross-entropy, for three activations."""
    runs = [(name, constraints, {"activation": name, "loss": "cross-entropy"}) for name in ("tanh", "relu", "sigmoid")]
    return sgd_runs(SOFTMAX_NET, runs, SUM_VALUES)


def run_decay(weight_decay: sp.Expr) -> dict[str, Any]:
    """SGD on cross-entropy with weight decay."""
    settings = {"loss": "cross-entropy", "weight_decay": float(weight_decay)}
    return sgd_runs(SOFTMAX_NET, [("tanh", CLASS_SUMS, settings)], SUM_VALUES)


@paper.claim(
    "SC-012",
    "Appendix B.3",
    symbols={
        SOFTMAX_NET.weight_matrix(2)[0, 0]: "w^(m)_{kj}: weight from neuron j to class k",
        sums[0]: "any constant",
    },
    kind=Kind.INVARIANCE,
    scope="SGD without weight decay, cross-entropy, labels that sum to 1; a column is indexed by the classes",
    notes=(
        "Weight decay breaks it unless every sum is 0; the paper's deep experiments use weight decay.",
        "Adam breaks it: it rescales each weight on its own.",
    ),
)
def constant_sums_in_front_of_a_softmax():
    r"""Constant sums in front of a softmax.

    for a network using a softmax layer, the columns of the weight matrix and the vector of biases immediately
    preceding this layer can be shifted by a constant; the dynamics are constrained to an affine space with a
    constant sum determined by the initialization; this subspace is an invariant set
    """
    yield is_kept(
        "sums over classes",
        r"0 =",
        printed=CLASS_SUMS,
        escaping=_escaping_softmax,
        run=run_softmax,
        tolerance=ROUNDING,
        wrong={
            "sums over neurons": NEURON_SUMS,
            "one class constant": sp.Matrix([_last_w[0, 0] - sums[0]]),
            "alternating sum": sp.Matrix([_last_w[0, 0] - _last_w[1, 0] + _last_w[2, 0] - sums[0]]),
        },
        says="The constraints: sums of each column and of the biases over the classes.",
    )
    yield is_kept(
        "weight decay",
        r"\lambda =",
        printed=sp.S.Zero,
        escaping=_escaping_decay,
        run=run_decay,
        tolerance=ROUNDING,
        wrong={"weight decay 0.01": sp.Rational(1, 100), "weight decay 0.0005": sp.Rational(1, 2000)},
        says="The weight decay with which sums other than 0 are kept (a remark).",
        remark=True,
    )


v_1, v_2 = sp.symbols("v_1 v_2", real=True)
v_3 = sp.Symbol("v_3", positive=True)
KERNEL = sp.Matrix([v_1, v_2, v_3])
ROW_PRODUCTS = KERNEL_NET.weight_matrix(1) * KERNEL - sums
COLUMN_PRODUCTS = KERNEL_NET.weight_matrix(1).T * KERNEL - sums
KERNEL_VALUES = {v_1: 1.0, v_2: -2.0, v_3: 0.5}


def _escaping_kernel(constraints: sp.MatrixBase) -> sp.MatrixBase:
    """As for any network, with inputs orthogonal to the kernel direction."""
    first, second, last = KERNEL_NET.inputs
    orthogonal = -(v_1 * first + v_2 * second) / v_3
    return escaping(KERNEL_NET)(constraints).subs(last, orthogonal)


def run_kernel(constraints: sp.MatrixBase) -> dict[str, Any]:
    """SGD on inputs orthogonal to the kernel direction, for three activations."""
    kernel = tuple(KERNEL_VALUES.values())
    runs = [(name, constraints, {"activation": name, "kernel": kernel}) for name in ("tanh", "relu", "linear")]
    return sgd_runs(KERNEL_NET, runs, KERNEL_VALUES | SUM_VALUES)


def _translation_gradient(loss: sp.MatrixBase) -> sp.MatrixBase:
    """The derivative along (1, 1), which must vanish for theta_1 + theta_2 to be kept."""
    return normal_gradient(AffineSet(THETA, [theta_1 + theta_2 - sums[0]]), loss[0])


@paper.claim(
    "SC-013",
    "Appendix B.3",
    symbols={v_1: "component of a vector v with v . x = 0 for all samples", sums[0]: "any constant"},
    kind=Kind.INVARIANCE,
    scope="SGD without weight decay; translations by every multiple of a vector",
    notes=(
        "A loss that is symmetric under one translation only, as cos(theta) is, has no such set: the symmetry must be "
        "continuous.",
    ),
)
def kernel_of_the_data_and_translations():
    r"""Kernel of the data, and translations.

    if the training data has a non-trivial kernel space, the rows of the first-layer's weight matrix can be
    translated by any vector in the kernel space; in general, any translational symmetry should generate
    invariant sets
    """
    yield is_kept(
        "kernel",
        r"0 =",
        printed=ROW_PRODUCTS,
        escaping=_escaping_kernel,
        run=run_kernel,
        tolerance=ROUNDING,
        wrong={
            "columns for rows": COLUMN_PRODUCTS,
            "a vector outside the kernel": KERNEL_NET.weight_matrix(1) * sp.Matrix([v_1, v_2, -v_3]) - sums,
        },
        says="The constraints: products of each row of w^(1) with the kernel vector.",
    )
    yield is_kept(
        "translation",
        r"l(\theta) =",
        printed=sp.Matrix([profile(theta_1 - theta_2)]),
        escaping=_translation_gradient,
        wrong={
            "one discrete translation, by (pi, pi)": sp.Matrix([sp.cos(theta_1 + theta_2)]),
            "translation by (1, -1)": sp.Matrix([profile(theta_1 + theta_2)]),
        },
        says="A loss that is symmetric under translations by (1, 1) and keeps theta_1 + theta_2.",
    )
