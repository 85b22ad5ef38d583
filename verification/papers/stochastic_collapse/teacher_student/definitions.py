r"""Appendices I.1 and I.2: the linear teacher-student framework (32) to (35), and its descent with label noise.

Definitions are neither true nor false; what follows from them at once is judged, for real matrices and Gaussian inputs
of small dimensions with symbolic entries.
"""

import sympy as sp

from theory.gradient_noise import Gaussian, Product, expectation
from theory.models.teacher_student import modes as ts
from theory.notation import eta
from verification.authoring.shorthand import equals
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import in_products

sigma_x, sigma_eps = sp.symbols("sigma_x sigma_epsilon", positive=True)
p = sp.Symbol("p", positive=True, integer=True)


def matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    """A matrix of real symbols."""
    return sp.ImmutableMatrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def column(*matrices: sp.MatrixBase) -> sp.ImmutableMatrix:
    """The entries of matrices, row by row, as one column."""
    return sp.ImmutableMatrix([sp.expand(entry) for each in matrices for entry in each])


def square(entries: sp.MatrixBase) -> sp.Expr:
    """The squared Frobenius norm."""
    return sum((entry**2 for entry in entries), sp.S.Zero)


W, TEACHER, STUDENT = matrix("W", 2, 2), matrix("Wbar", 2, 2), matrix("What", 2, 2)
X, Y = matrix("X", 2, 3), matrix("Y", 2, 3)


def _inputs(n: int, variance: sp.Expr = sigma_x**2) -> Gaussian:
    r"""An input :math:`x \sim N(0, \sigma_x^2 1)` in n dimensions."""
    return Gaussian(sp.symbols(f"x_1:{n + 1}", real=True), [0] * n, variance * sp.eye(n))


def _mean_covariance() -> sp.ImmutableMatrix:
    r""":math:`E\Sigma_{yx}` of p independent samples (32)."""
    x, noise = _inputs(2), Gaussian(sp.symbols("epsilon_1:3", real=True), [0, 0], sigma_eps**2 * sp.eye(2))
    outer = (TEACHER * x.variables + noise.variables) * x.variables.T
    return column(p * outer.applyfunc(lambda entry: expectation(entry, Product((x, noise)))))


def _gradient_of_layer() -> sp.ImmutableMatrix:
    r"""The gradient of :math:`\frac12\|WX - Y\|^2`: a first layer below the identity."""
    upper = matrix("U", 2, 2)
    updated, _ = ts.layer_updates(W, upper, X, Y, sp.zeros(2, 3))
    return column(((W - updated) / eta).expand().subs(dict(zip(upper, sp.eye(2), strict=True))))


def _test_error() -> sp.Expr:
    """(34), right, with its expectations over the new test point taken."""
    x = _inputs(2)
    error, signal = (expectation(square(M * x.variables), x) for M in (STUDENT - TEACHER, TEACHER))
    return error / signal


def _distance_from_whitening(n: int) -> sp.Expr:
    r""":math:`E\|XX^\top - 1\|^2` at :math:`\sigma_x^2 = 1/p`, where :math:`E\,XX^\top = 1`: p independent samples."""
    x = _inputs(n, 1 / p)
    products = [a * b for a in x.variables for b in x.variables]
    return sp.expand(sum(p * (expectation(f**2, x) - expectation(f, x) ** 2) for f in products))


@paper.claim(
    "SC-070",
    "Eqs. (32)-(35)",
    symbols={p: "number of samples", sigma_x: "standard deviation of an input", sigma_eps: "that of the labels' noise"}
    | {TEACHER[0, 0]: r"entry of the teacher $\bar W$", STUDENT[0, 0]: r"entry of the student $\hat W = W_2W_1$"}
    | {W[0, 0]: "entry of any linear map", X[0, 0]: "entry of the inputs, one sample a column"}
    | {Y[0, 0]: "entry of the labels"},
)
def definitions_of_the_teacher_student_framework():
    r"""Definitions of the teacher-student framework.

    $y = \bar Wx + \epsilon$ (32); this setup yields the second-order training statistics that guide the student
    network's learning dynamics, $\Sigma_{xx} = XX^\top$ and $\Sigma_{yx} = YX^\top$ (33).
    - Scope: exact; judged for $2 \times 2$ maps, three samples, and Gaussian inputs in up to three dimensions.
    - Independent Gaussian inputs and exact whitening $XX^\top = 1$ (assumption A1) exclude each other, except as a
      transformation of given data: statement 'whitening'. The released code takes an $X$ with orthonormal rows.
    - (34) also averages $\mathcal E_{\rm test}$ over the training data; here both means are over $x$ alone.
    - (35) gives student and data $d$ singular values, all non-zero: a student or data of full rank.
    """
    dimensions = (1, 2, 3)
    yield equals(
        r"second-order statistics: $(\Sigma_{xx},\ \Sigma_{yx})$",
        printed=column(*(sum((M.col(i) * X.col(i).T for i in range(3)), sp.zeros(2)) for M in (X, Y))),
        derived=lambda: column(X * X.T, Y * X.T),
        wrong={"labels and inputs exchanged": column(X * X.T, X * Y.T)},
        says=r"The sums $\sum_i x_ix_i^\top$ and $\sum_i y_ix_i^\top$ over the samples.",
    )
    yield equals(
        r"training statistics: $\nabla_W\tfrac12\|WX - Y\|_F^2$",
        printed=column(W * (X * X.T) - Y * X.T),
        derived=_gradient_of_layer,
        wrong={"order of the product": column((X * X.T) * W - Y * X.T)},
    )
    yield equals(
        r"mean of the data: $E\,\Sigma_{yx}$",
        printed=column(p * sigma_x**2 * TEACHER),
        derived=_mean_covariance,
        wrong={"label noise added": column(p * (sigma_x**2 * TEACHER + sigma_eps**2 * sp.eye(2)))},
        remark="A result of ours: the mean over the data (32) shows the teacher.",
    )
    yield equals(
        r"test error: $\mathcal E_{\rm test}$",
        printed=square(STUDENT - TEACHER) / square(TEACHER),
        derived=_test_error,
        wrong={"normalised by the student": square(STUDENT - TEACHER) / square(STUDENT)},
        remark="A result of ours: for these inputs (34) is the relative squared distance of student and teacher.",
    )
    yield equals(
        r"whitening: $E\|XX^\top - 1\|_F^2 \text{ in 1, 2, 3 dimensions}$",
        printed=sp.Matrix([sp.Integer(n * (n + 1)) / p for n in dimensions]),
        derived=lambda: [_distance_from_whitening(n) for n in dimensions],
        wrong={"diagonal only": sp.Matrix([sp.Integer(2 * n) / p for n in dimensions])},
        remark="A result of ours: Gaussian inputs of the right variance $1/p$ are never white.",
    )


# Descent with label noise.

# Small enough to be read in print; two hidden units and two inputs, so that the order of products counts.
W_1, W_2, x, y, Z = (matrix(*it) for it in (("W1", 2, 2), ("W2", 1, 2), ("X", 2, 1), ("Y", 1, 1), ("Z", 1, 1)))


@paper.claim(
    "SC-071",
    "Eqs. (36)-(37)",
    symbols={W_1[0, 0]: "entry of $W_1$", W_2[0, 0]: "entry of $W_2$"}
    | {x[0, 0]: "entry of the inputs $X$", y[0, 0]: "entry of the labels $Y$", Z[0, 0]: "label noise $Z$"},
)
def noisy_gradient_updates():
    r"""Noisy gradient updates.

    $W_1^{(t+1)} = W_1 - \eta W_2^\top(W_2W_1\Sigma_{xx} - \Sigma_{yx} + ZX^\top)$ and
    $W_2^{(t+1)} = W_2 - \eta(W_2W_1\Sigma_{xx} - \Sigma_{yx} + ZX^\top)W_1^\top$.
    - Scope: exact; judged for all real matrices with two inputs, two hidden units, one output, and one sample.
    - The gradient is that of $\frac12\|W_2W_1X - Y + Z\|_F^2$, not of the normalised error (34), which has a factor
      $2/\|Y\|_F^2$ more.
    """

    def layers(noise: sp.MatrixBase, *, factor: int = 1) -> sp.ImmutableMatrix:
        """(36)-(37) entry by entry, the noise term and a factor of the gradient left open."""
        error = factor * (W_2 * W_1 * (x * x.T) - y * x.T + noise)
        return column(W_1 - eta * W_2.T * error, W_2 - eta * error * W_1.T)

    yield equals(
        r"updates: $(W_1^{(t+1)},\ W_2^{(t+1)})$",
        printed=layers(Z * x.T),
        derived=lambda: column(*ts.layer_updates(W_1, W_2, x, y, Z)),
        wrong={
            "sign of the label noise": layers(-Z * x.T),
            "loss not halved": layers(Z * x.T, factor=2),
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
    symbols={U: r"$\tilde U$, left singular vectors of the data", V: r"$\tilde V$, right singular vectors"}
    | {z: r"$\mathrm{diag}(z)$", inputs: r"inputs, with $XX^\top = 1$"},
)
def structured_label_noise():
    r"""Structured label noise.

    We assume the gradient noise can be decomposed as $Z = \tilde U\,\mathrm{diag}(z)\,\tilde V^\top X$ where
    $z \sim \mathcal N(0, \zeta^2)$.
    - Scope: exact, in any dimension: products of matrices do not commute.
    - This is no independent label noise: it has one random number a mode, and the singular vectors of the data
      (SC-099).
    """
    yield equals(
        "noise of a mode: $Z$",
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
