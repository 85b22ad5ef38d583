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
from verification.claim import Citation, Claim, Identity, Invariance, Kind, NearMiss, Statement
from verification.papers.stochastic_collapse.sets.neurons import PAPER, ROUNDING, escaping, sgd_runs, sigma

RUNS = "verification.papers.stochastic_collapse.sets.symmetries"

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

SC_008 = Claim(
    id="SC-008",
    title="invariant sets from symmetries",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Theorem 3.1"),
    symbols={c: "shear of an oblique matrix"},
    scope="the implication; Q is a generic 3 x 3 matrix of its class with a line of fixed points",
    printed_text=(
        "Q = Q^T or QQ^T = I; A = {Q theta = theta} is an invariant set if l is approximately Q-symmetric around A"
    ),
    notes=(
        "Judged by the kernel criterion: gradients on A lie in ker(Q^T - I), and fill it as the symmetric loss varies; "
        "they are directions of A iff ker(Q^T - I) is inside ker(Q - I).",
        "The criterion is sharper than the theorem: every normal Q satisfies it.",
        "For an oblique reflection, l = f(theta_1 + c theta_2/2) is exactly symmetric and leaves A = {theta_2 = 0}.",
        "The printed hypothesis, with one delta for all of A, is discussed in SC-009.",
    ),
    statements=(
        Statement(
            name="symmetric",
            says="A symmetric matrix whose symmetric losses keep the set it fixes.",
            left=r"Q =",
            form=Invariance(escaping_gradients),
            printed=SYMMETRIC,
            near_misses=(
                NearMiss("oblique reflection", oblique_reflection(c)),
                NearMiss("oblique projection", OBLIQUE_PROJECTION),
            ),
        ),
        Statement(
            name="orthogonal",
            says="An orthogonal matrix whose symmetric losses keep the set it fixes.",
            left=r"Q =",
            form=Invariance(escaping_gradients),
            printed=ROTATION,
            near_misses=(
                NearMiss("oblique reflection", oblique_reflection(c)),
                NearMiss("shear, of determinant 1", SHEAR),
            ),
        ),
        Statement(
            name="normal",
            says="A normal matrix, neither symmetric nor orthogonal, will do (a remark).",
            left=r"Q =",
            form=Invariance(escaping_gradients),
            printed=NORMAL,
            near_misses=(NearMiss("oblique reflection", oblique_reflection(c)),),
            counts=False,
        ),
    ),
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


SC_011 = Claim(
    id="SC-011",
    title="gradients on the set, in the proof of Theorem 3.1",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Appendix B.2"),
    symbols={theta_1: "first weight", theta_2: "second weight, 0 on A"},
    printed_text="for any theta in A, grad l(theta) = grad l_Q(theta) = Q^T grad l(Q theta)",
    notes=(
        "The step needs no symmetry of Q; an oblique Q, where Q and Q^T act differently, shows which one is meant.",
    ),
    statements=(
        Statement(
            name="chain rule",
            says="The gradient of l(Q theta) anywhere, for any Q and l = f(u . theta).",
            left=r"\nabla l_Q(\theta)",
            form=Identity(lambda: gradient(composed(RIDGE, GENERAL_Q, THETA), THETA)),
            printed=GENERAL_Q.T * _moved_gradient(RIDGE, GENERAL_Q),
            near_misses=(
                NearMiss("Q for its transpose", GENERAL_Q * _moved_gradient(RIDGE, GENERAL_Q)),
                NearMiss("inner derivative lost", _moved_gradient(RIDGE, GENERAL_Q)),
                NearMiss("gradient not moved", GENERAL_Q.T * gradient(RIDGE, THETA)),
            ),
        ),
        Statement(
            name="on the set",
            says="The gradient on A of a loss that is symmetric up to second order in d, Q an oblique reflection.",
            left=r"\nabla l(\theta)",
            form=Identity(_gradient_on_set),
            printed=_image_on_set(OBLIQUE.T),
            near_misses=(
                NearMiss("Q for its transpose", _image_on_set(OBLIQUE)),
                NearMiss("sign", -_image_on_set(OBLIQUE.T)),
            ),
        ),
    ),
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

SC_009 = Claim(
    id="SC-009",
    title="origin-passing activations are approximately odd",
    kind=Kind.EXPANSION,
    cites=Citation(PAPER, "Section 3, after Theorem 3.1"),
    symbols={
        w_1: "incoming weight, times its sign",
        w_2: "outgoing weight, times its sign",
        offset: "output offset: the base point on A",
        target: "label",
        slope: "slope of leaky ReLU, not 1",
    },
    printed_text=(
        "even for origin-passing activation functions that are not exactly odd, the loss function is approximately "
        "Q-symmetric around A, since the activation function is approximately odd around its origin"
    ),
    corrected_text=(
        "sigma(z) + sigma(-z) = O(z) suffices: l(Q theta) - l(theta) = O(d^2) at each point of A, not uniformly; "
        "Theorem 3.1 should assume this pointwise form"
    ),
    scope="one neuron with output offset b, l = (w_2 sigma(w_1 x) + b - y)^2/2, Q the sign flip of w_1 and w_2",
    notes=(
        "The conclusion stands: the proof of Theorem 3.1 uses the pointwise form only, and Proposition 3.1 is SC-003.",
    ),
    statements=(
        Statement(
            name="approximately odd",
            says="lim (sigma(z) + sigma(-z))/z as z falls to 0, for the eight activations: 0 if approximately odd.",
            left=r"\lim_{z\downarrow0}\frac{\sigma(z)+\sigma(-z)}{z}",
            form=Identity(_even_slopes),
            printed=sp.zeros(8, 1),
            corrected=_even_true,
            near_misses=(
                NearMiss("ReLU alone is not odd", sp.Matrix([0, 0, 1, 0, 0, 0, 0, 0])),
                NearMiss("ELU counted as kinked", sp.Matrix([0, 0, 1, 1 - slope, 1, 0, 0, 0])),
                NearMiss("sum of the slopes", sp.Matrix([0, 0, 1, 1 + slope, 0, 0, 0, 0])),
            ),
        ),
        Statement(
            name="one delta for all of A",
            says="Growth of the asymmetry with the base point for SiLU: 0 if one delta serves every point of A.",
            left=r"\lim_{b\to\infty}\frac{l(Q\theta)-l(\theta)}{d(\theta,A)\,b}",
            form=Identity(_growth_with_offset),
            printed=sp.S.Zero,
            corrected=_silu_growth,
            near_misses=(
                NearMiss("tanh of the whole angle", -w_1 * w_2 * x * sp.tanh(w_1 * x) / sp.sqrt(w_1**2 + w_2**2)),
                NearMiss("distance in one weight", -w_2 * x * sp.tanh(w_1 * x / 2)),
                NearMiss("sign", -_silu_growth),
            ),
        ),
        Statement(
            name="pointwise",
            says="Taylor coefficients in d of l(Q theta) - l(theta): up to d^2 for ReLU, d^3 for GELU (a remark).",
            left=r"[d^k]\,\bigl(l(Q\theta)-l(\theta)\bigr)",
            form=Identity(_leading_terms),
            printed=sp.Matrix([0, 0, _relu_term, 0, 0, 0, _gelu_term]),
            near_misses=(
                NearMiss("ReLU of first order", sp.Matrix([0, _relu_term, 0, 0, 0, 0, _gelu_term])),
                NearMiss("GELU of second order", sp.Matrix([0, 0, _relu_term, 0, 0, _gelu_term, 0])),
                NearMiss("sign of the error", sp.Matrix([0, 0, -_relu_term, 0, 0, 0, -_gelu_term])),
            ),
            counts=False,
        ),
    ),
)

# --- SC-012, SC-013: translations --------------------------------------------------------------------------------

sums = sp.Matrix(sp.symbols("C_1:4", real=True))
"""The values that define a leaf: any numbers."""

_last_w, _last_b = SOFTMAX_NET.weights(2), SOFTMAX_NET.biases(2)
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
    pulled = (weight_decay * affine_set.normals * sp.Matrix(SOFTMAX_NET.parameters)).applyfunc(affine_set.restrict)
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


SC_012 = Claim(
    id="SC-012",
    title="constant sums in front of a softmax",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Appendix B.3"),
    symbols={SOFTMAX_NET.weights(2)[0, 0]: "w^(m)_{kj}: weight from neuron j to class k", sums[0]: "any constant"},
    scope="SGD without weight decay, cross-entropy, labels that sum to 1; a column is indexed by the classes",
    printed_text=(
        "for a network using a softmax layer, the columns of the weight matrix and the vector of biases immediately "
        "preceding this layer can be shifted by a constant; the dynamics are constrained to an affine space with a "
        "constant sum determined by the initialization; this subspace is an invariant set"
    ),
    notes=(
        "Weight decay breaks it unless every sum is 0; the paper's deep experiments use weight decay.",
        "Adam breaks it: it rescales each weight on its own.",
    ),
    statements=(
        Statement(
            name="sums over classes",
            says="The constraints: sums of each column and of the biases over the classes.",
            left=r"0 =",
            form=Invariance(_escaping_softmax, f"{RUNS}:run_softmax", ROUNDING),
            printed=CLASS_SUMS,
            near_misses=(
                NearMiss("sums over neurons", NEURON_SUMS),
                NearMiss("one class constant", sp.Matrix([_last_w[0, 0] - sums[0]])),
                NearMiss("alternating sum", sp.Matrix([_last_w[0, 0] - _last_w[1, 0] + _last_w[2, 0] - sums[0]])),
            ),
        ),
        Statement(
            name="weight decay",
            says="The weight decay with which sums other than 0 are kept (a remark).",
            left=r"\lambda =",
            form=Invariance(_escaping_decay, f"{RUNS}:run_decay", ROUNDING),
            printed=sp.S.Zero,
            near_misses=(
                NearMiss("weight decay 0.01", sp.Rational(1, 100)),
                NearMiss("weight decay 0.0005", sp.Rational(1, 2000)),
            ),
            counts=False,
        ),
    ),
)

v_1, v_2 = sp.symbols("v_1 v_2", real=True)
v_3 = sp.Symbol("v_3", positive=True)
KERNEL = sp.Matrix([v_1, v_2, v_3])
ROW_PRODUCTS = KERNEL_NET.weights(1) * KERNEL - sums
COLUMN_PRODUCTS = KERNEL_NET.weights(1).T * KERNEL - sums
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


SC_013 = Claim(
    id="SC-013",
    title="kernel of the data, and translations",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Appendix B.3"),
    symbols={v_1: "component of a vector v with v . x = 0 for all samples", sums[0]: "any constant"},
    scope="SGD without weight decay; translations by every multiple of a vector",
    printed_text=(
        "if the training data has a non-trivial kernel space, the rows of the first-layer's weight matrix can be "
        "translated by any vector in the kernel space; in general, any translational symmetry should generate "
        "invariant sets"
    ),
    notes=(
        "A loss that is symmetric under one translation only, as cos(theta) is, has no such set: the symmetry must be "
        "continuous.",
    ),
    statements=(
        Statement(
            name="kernel",
            says="The constraints: products of each row of w^(1) with the kernel vector.",
            left=r"0 =",
            form=Invariance(_escaping_kernel, f"{RUNS}:run_kernel", ROUNDING),
            printed=ROW_PRODUCTS,
            near_misses=(
                NearMiss("columns for rows", COLUMN_PRODUCTS),
                NearMiss("a vector outside the kernel", KERNEL_NET.weights(1) * sp.Matrix([v_1, v_2, -v_3]) - sums),
            ),
        ),
        Statement(
            name="translation",
            says="A loss that is symmetric under translations by (1, 1) and keeps theta_1 + theta_2.",
            left=r"l(\theta) =",
            form=Invariance(_translation_gradient),
            printed=sp.Matrix([profile(theta_1 - theta_2)]),
            near_misses=(
                NearMiss("one discrete translation, by (pi, pi)", sp.Matrix([sp.cos(theta_1 + theta_2)])),
                NearMiss("translation by (1, -1)", sp.Matrix([profile(theta_1 + theta_2)])),
            ),
        ),
    ),
)

CLAIMS = (SC_008, SC_009, SC_011, SC_012, SC_013)
