r"""Propositions 3.3 and 3.4, Appendices C and D: diffusion and drift of a mode in any network.

Judged on a network of widths 2, 1, 2, with symbols for weights, gap and label covariance, and with unit vectors for the
singular vectors of the teacher: any other frame is a rotation of inputs and outputs.
"""

from __future__ import annotations

from functools import cache

import sympy as sp
from sympy import kronecker_product as kron

from theory.deep_linear.written_out import WrittenNetwork, commutation_matrix, vec, written_network
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, equals
from verification.papers.saddle_to_saddle.covariance import SYMBOLS
from verification.papers.saddle_to_saddle.gradients import gap_vector, jacobian, printed_jacobian
from verification.papers.saddle_to_saddle.paper import paper

NETWORK = written_network(2, 1, 2)
DEEP = written_network(2, 1, 2, 2)
E_1, E_2 = sp.Matrix([1, 0]), sp.Matrix([0, 1])
MODE, CROSS, OTHER = (E_1, E_1), (E_1, E_2), (E_2, E_2)
I_2, I_4, C = sp.eye(2), sp.eye(4), commutation_matrix(2)
Mode = tuple[sp.Matrix, sp.Matrix]


def read(mode: Mode) -> sp.Matrix:
    r""":math:`v_\alpha\otimes u_\alpha`."""
    u, v = mode
    return kron(v, u)


def kernel(network: WrittenNetwork) -> sp.Matrix:
    r""":math:`\sum_l K_l = \sum_l J_lJ_l^\top`."""
    jacobians = [jacobian(network, l) for l in range(1, network.depth + 1)]
    return sum((J * J.T for J in jacobians), sp.zeros(network.map.rows * network.map.cols))


def of_data(network: WrittenNetwork, middle: sp.Matrix = I_4 + C) -> sp.Matrix:
    r""":math:`(I\otimes\Delta)(I + C)(I\otimes\Delta)^\top`."""
    return kron(I_2, network.gap) * middle * kron(I_2, network.gap).T


@cache
def without_labels() -> WrittenNetwork:
    """The network of widths 2, 1, 2 without label noise."""
    return WrittenNetwork(NETWORK.layers, NETWORK.teacher, sp.zeros(2))


@paper.claim("DLN-D1", "Proposition 3.3", symbols=SYMBOLS)
def sensitivities_of_a_mode():
    """Sensitivities of a mode amplitude."""
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")
    for l in (1, 2, 3):
        outer = (DEEP.above(l).T * u) * (DEEP.below(l) * v).T
        yield equals(
            f"layer {l}",
            rf"\mathrm{{vec}}\,\partial_{{W_{l}}}w_\alpha",
            printed=vec(outer),
            derived=lambda l=l: DEEP.sensitivity(u, v, l),
            wrong={"vectors exchanged": vec((DEEP.above(l).T * v) * (DEEP.below(l) * u).T)},
            says=rf"$(W_{{>{l}}}^\top u_\alpha)(W_{{<{l}}}v_\alpha)^\top$.",
            mutated=False,
        )
        yield equals(
            f"by the Jacobian, layer {l}",
            rf"a_{{{l},\alpha}}",
            printed=jacobian(DEEP, l).T * kron(v, u),
            derived=lambda l=l: DEEP.sensitivity(u, v, l),
            wrong={"vectors exchanged": jacobian(DEEP, l).T * kron(u, v)},
            says=rf"$J_{l}^\top(v_\alpha\otimes u_\alpha)$, with the Jacobian of the map.",
            mutated=False,
        )


def contraction(network: WrittenNetwork, mode: Mode, other: Mode, labels: int = 1) -> sp.Expr:
    r""":math:`\sum_{lm}a_{l,\alpha}^\top\Sigma_{lm}a_{m,\beta}` with the blocks of Proposition 3.2."""
    noise = of_data(network) + labels * kron(I_2, network.label_covariance)
    jacobians = [jacobian(network, l) for l in range(1, network.depth + 1)]
    blocks = ((J.T * read(mode), J.T * noise * K, K.T * read(other)) for J in jacobians for K in jacobians)
    return sum(((a.T * Sigma * b)[0] for a, Sigma, b in blocks), sp.S.Zero)


@paper.claim(
    "DLN-D2",
    "Proposition 3.3; Eqs. (28)-(29)",
    symbols=SYMBOLS | {eta: "learning rate"},
    scope="batch size one; for batches of b the learning rate is divided by b",
)
def diffusion_of_modes_and_cross_modes():
    """Diffusion of modes and cross modes."""
    for name, other in (("mode", MODE), ("mode and another", OTHER), ("mode and cross mode", CROSS)):
        yield equals(
            name,
            r"E[dw_\alpha\,dw_\beta]/dt",
            printed=eta * contraction(NETWORK, MODE, other),
            derived=lambda other=other: eta * NETWORK.covariation(MODE, other),
            wrong={"label noise lost": eta * contraction(NETWORK, MODE, other, labels=0)}
            if other is MODE
            else {"its square": eta * contraction(NETWORK, MODE, other) ** 2},
            says=r"$\eta\,a_\alpha^\top\Sigma a_\beta$.",
            mutated=False,
        )


@paper.claim(
    "DLN-D2b", "Section 3, text after Proposition 3.3", symbols=SYMBOLS, scope="no label noise, batch size one"
)
def diffusion_by_the_tangent_kernel():
    """Diffusion by the neural tangent kernel."""
    network = without_labels()

    def formula(other: Mode, middle: sp.Matrix = I_4 + C) -> sp.Expr:
        return eta * (read(MODE).T * kernel(network) * of_data(network, middle) * kernel(network) * read(other))[0]

    def without_matrices(other: Mode) -> sp.Expr:
        D, total = network.gap, sp.S.Zero
        legs = [
            [
                (network.above(l) * network.above(l).T * u, network.below(l).T * network.below(l) * v)
                for u, v in (MODE, other)
            ]
            for l in (1, 2)
        ]
        for (p, q), _ in legs:
            for _, (p_2, q_2) in legs:
                total += (D.T * p).dot(D.T * p_2) * q.dot(q_2) + p.dot(D * q_2) * p_2.dot(D * q)
        return eta * total

    for name, other in (("mode", MODE), ("mode and another", OTHER)):
        yield equals(
            name,
            r"D_{\alpha\beta}",
            printed=formula(other),
            derived=lambda other=other: eta * network.covariation(MODE, other),
            wrong={"commutation matrix lost": formula(other, I_4)},
            says=r"$\eta(v_\alpha^\top\otimes u_\alpha^\top)\sum_{l,m}K_l(I\otimes\Delta)(I + C)(I\otimes\Delta)^\top "
            r"K_m(v_\beta\otimes u_\beta)$.",
            mutated=False,
        )
    yield equals(
        "without large matrices",
        r"D_{\alpha\beta}",
        printed=without_matrices(OTHER),
        derived=lambda: eta * network.covariation(MODE, OTHER),
        wrong={"of one mode": without_matrices(MODE)},
        says=r"A result of ours, with $p_l = W_{>l}W_{>l}^\top u$ and $q_l = W_{<l}^\top W_{<l}v$.",
        remark=True,
        mutated=False,
    )


@paper.claim(
    "DLN-D2c",
    "Section 3, text after Proposition 3.3",
    symbols=SYMBOLS,
    notes=("It is enough that the sum of the kernels of all layers is frozen, and label noise changes nothing.",),
)
def diffusion_under_a_frozen_kernel():
    r"""Diffusion under a frozen kernel.

    "in the lazy regime during which the NTK is frozen at initialization, the modewise diffusion of SGD will vary only
    with the teacher-student gap $\Delta$"
    """
    K, labels = kernel(NETWORK), kron(I_2, NETWORK.label_covariance)

    def formula(other: Mode, of_labels: sp.Matrix) -> sp.Expr:
        return eta * (read(MODE).T * K * (of_data(NETWORK) + of_labels) * K * read(other))[0]

    for name, other in (("mode", MODE), ("mode and another", OTHER)):
        yield equals(
            name,
            r"D_{\alpha\beta}",
            printed=formula(other, labels),
            derived=lambda other=other: eta * NETWORK.covariation(MODE, other),
            wrong={"label noise of the inputs' space": formula(other, kron(NETWORK.label_covariance, I_2))},
            says=r"A function of $K = \sum_lK_l$ and $\Delta$ alone: $\eta(v_\alpha\otimes u_\alpha)^\top K"
            r"[(I\otimes\Delta)(I + C)(I\otimes\Delta)^\top + I\otimes\Sigma_q]K(v_\beta\otimes u_\beta)$.",
            mutated=False,
        )


@paper.claim(
    "DLN-D2e",
    "Appendix C",
    symbols={eta: "learning rate"},
    grade=Grade.MISPRINT,
    scope="two scalar layers, batch size one",
    notes=(r"The variance of a step is that of the time $dt = \eta$; per unit of time it is $\eta\,a^\top\Sigma a$.",),
)
def diffusion_from_the_variance_of_a_step():
    r"""Diffusion from the variance of a step.

    "$D_\alpha := \mathbb{E}[\delta w_\alpha^2] - \mathbb{E}[\delta w_\alpha]^2 = a_\alpha^\top\mathrm{Cov}(dW_l)
    a_\alpha$; $D_\alpha = \eta\sum_{lm}a_{l,\alpha}^\top\Sigma_{lm}a_{m,\alpha}$".
    """
    u, v, x, y = sp.symbols("u v x y", real=True)
    slope, strength = sp.Symbol("s", real=True), sp.Symbol("sigma_q", positive=True)
    data = Gaussian([x, y], [0, 0], [[1, slope], [slope, slope**2 + strength**2]])
    model = Model([u, v], (y - u * v * x) ** 2 / 2, data)
    a = sp.Matrix([v, u])
    variance = sp.Symbol("V", positive=True)
    yield equals(
        "variance of a step",
        r"\mathbb{E}[\delta w_\alpha^2] - \mathbb{E}[\delta w_\alpha]^2",
        printed=eta * variance,
        corrected=eta**2 * variance,
        where={variance: (a.T * model.covariance * a)[0]},
        derived=lambda: (a.T * model.step_moments(1).covariance * a)[0],
        wrong={"of the square root of the step": sp.sqrt(eta) * variance},
        says=r"$V = a_\alpha^\top\Sigma a_\alpha$.",
        mutated=False,
    )


@paper.claim(
    "DLN-S1",
    "Proposition 3.4",
    symbols=SYMBOLS,
    grade=Grade.WRONG,
    scope="the gradient drift, the first term of the box",
    notes=(r"(27) and (5) have the right sign: $-\sum_l\langle A_{l,\alpha}, g_l\rangle$, $g_l = -J_l^\top\delta$.",),
)
def gradient_drift_of_a_mode():
    r"""Gradient drift of a mode.

    "$\mu_\alpha(\theta) = -(v_\alpha^\top\otimes u_\alpha^\top)\sum_{l=1}^LK_l\delta + \dots$"
    """

    def formula(sign: int, of: Mode = MODE) -> sp.Expr:
        return sign * (read(of).T * kernel(NETWORK) * gap_vector(NETWORK))[0]

    yield equals(
        "sign",
        r"\mu_\alpha^{\mathrm{grad}}(\theta)",
        printed=formula(-1),
        corrected=formula(1),
        derived=lambda: NETWORK.gradient_drift(*MODE),
        wrong={"twice": formula(2), "of a cross mode": formula(1, CROSS)},
        says=r"$-(v_\alpha^\top\otimes u_\alpha^\top)\sum_lK_l\delta$; corrected: with a plus sign.",
        mutated=False,
    )


def hessian(l: int, m: int, u: sp.Matrix, v: sp.Matrix) -> sp.Matrix:
    """The page's block for l > m."""
    between = DEEP.layers[1] if (l, m) == (3, 1) else sp.eye(DEEP.layers[m - 1].rows)
    return kron(between, DEEP.above(l).T * u) * kron((DEEP.below(m) * v).T, sp.eye(DEEP.layers[m - 1].rows))


@paper.claim("DLN-S2", "Proposition 3.4, Appendix D", symbols=SYMBOLS, grade=Grade.MISPRINT)
def hessian_of_a_mode():
    r"""Hessian of a mode.

    "for $l > m$ (with $l, m$ swapped for $l < m$)"; "whose diagonal blocks ($l = m$) vanish".
    """
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")
    for l, m in ((2, 1), (3, 2), (3, 1)):
        yield equals(
            f"block {l}{m}",
            rf"\nabla^2_{{{l},{m}}}w_\alpha",
            printed=hessian(l, m, u, v),
            derived=lambda l=l, m=m: DEEP.hessian_block(u, v, l, m),
            wrong={"vectors exchanged": hessian(l, m, v, u)},
            says=r"$(W_{l-1:m+1}\otimes W_{>l}^\top u_\alpha)(v_\alpha^\top W_{<m}^\top\otimes I)$.",
            mutated=False,
        )
    yield equals(
        "block 13",
        r"\nabla^2_{1,3}w_\alpha",
        printed=hessian(3, 1, u, v),
        corrected=hessian(3, 1, u, v).T,
        derived=lambda: DEEP.hessian_block(u, v, 1, 3),
        wrong={"vectors exchanged": hessian(3, 1, v, u).T},
        says="The block for $l > m$ with the layers swapped; corrected: swapped and transposed.",
        mutated=False,
    )
    yield equals(
        "diagonal block",
        r"\nabla^2_{2,2}w_\alpha",
        printed=sp.zeros(2),
        derived=lambda: DEEP.hessian_block(u, v, 2, 2),
        wrong={"of the square of a layer": sp.eye(2)},
        mutated=False,
    )


@paper.claim("DLN-S3", "Appendix D, Eqs. (26)-(27)", symbols={eta: "learning rate"}, scope="batch size one")
def ito_correction():
    """Itô correction of a mode."""
    u = sp.symbols("u_1:4", positive=True)
    x, y = sp.symbols("x y", real=True)
    slope, noise = sp.symbols("s sigma_q", positive=True)
    w = sp.Mul(*u)
    data = Gaussian([x, y], [0, 0], [[1, slope], [slope, slope**2 + noise**2]])
    model = Model(u, (y - w * x) ** 2 / 2, data)
    curvature = sp.hessian(w, u)

    def trace(covariance: sp.MatrixBase) -> sp.Expr:
        return (covariance * curvature).trace()

    def derived() -> sp.Expr:
        along = sp.Matrix([w]).jacobian(u) * model.gradient
        return sp.expand(ito_differential(model.stochastic_gradient_flow(1), w).drift + along[0])

    yield equals(
        "three scalar layers",
        r"\mu_\alpha^{\mathrm{Ito}}",
        printed=eta / 2 * trace(model.covariance),
        derived=derived,
        wrong={"without its half": eta * trace(model.covariance)},
        says=r"$\frac\eta2\mathrm{tr}(\Sigma\nabla^2w_\alpha)$, against Itô's formula for the weights.",
        mutated=False,
    )
    yield equals(
        "block-diagonal noise",
        r"\mathrm{tr}(\Sigma\nabla^2w_\alpha)",
        printed=sp.S.Zero,
        derived=lambda: trace(sp.diag(*(model.covariance[i, i] for i in range(3)))),
        wrong={"with the cross-layer blocks": trace(model.covariance)},
        says=r"It vanishes when $\Sigma$ is block-diagonal.",
        mutated=False,
    )


@paper.claim(
    "DLN-S4",
    "Section 3, text after Proposition 3.4",
    symbols={sp.Symbol("w", positive=True): "mode amplitude", sp.Symbol("s", positive=True): "teacher's value"},
    grade=Grade.WRONG,
    notes=(
        r"That the noise-induced drift vanishes when no learning happens is vague; it does iff "
        r"$\mathrm{tr}(\Sigma\nabla^2w_\alpha) = 0$.",
    ),
)
def where_the_gradient_drift_vanishes():
    r"""Where the gradient drift vanishes.

    "It vanishes when the teacher-student gap $\delta$ has no projection in directions orthogonal to the current
    subspace of features."
    """
    w, s = sp.symbols("w s", positive=True)
    root = sp.Matrix([[sp.sqrt(w)]])
    aligned = WrittenNetwork((root, root), sp.Matrix([[s]]), sp.Matrix([[0]]))
    one = sp.Matrix([1])
    yield equals(
        "aligned mode",
        r"\mu_\alpha^{\mathrm{grad}}",
        printed=sp.S.Zero,
        corrected=2 * (s - w) * w,
        derived=lambda: aligned.gradient_drift(one, one),
        wrong={"of one layer": (s - w) * w},
        says="One aligned mode of two layers: the gap lies within the learned features.",
    )


@paper.claim(
    "DLN-S5",
    "Proposition 3.4, Eq. (27)",
    symbols=SYMBOLS,
    notes=("With $J_l$ as printed in Proposition 3.1 (DLN-G1) the shapes do not fit, or the values differ.",),
)
def martingale_part_of_a_mode():
    """Martingale part of a mode."""
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")
    layers = (1, 2, 3)
    last = sp.Matrix.hstack(jacobian(DEEP, 1), printed_jacobian(DEEP, 2), jacobian(DEEP, 3))
    yield equals(
        "row",
        r"a_\alpha^\top",
        printed=(kron(v, u).T * sp.Matrix.hstack(*(jacobian(DEEP, l) for l in layers))).T,
        derived=lambda: DEEP.sensitivity(u, v),
        wrong={"second block as printed": (kron(v, u).T * last).T},
        says=r"$(v_\alpha^\top\otimes u_\alpha^\top)[J_1 | \dots | J_L]$, which multiplies $\sqrt\eta\,\sigma\,dB$.",
        mutated=False,
    )


@paper.claim("DLN-S6", "Appendix D, Eqs. (24)-(25)", symbols=SYMBOLS, kind=Kind.PROOF_STEP)
def second_derivative_as_a_bilinear_form():
    """Second derivative of a mode as a bilinear form."""
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")

    def direction(l: int, name: str) -> sp.Matrix:
        W = DEEP.layers[l - 1]
        return sp.Matrix(W.rows, W.cols, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))

    def form(l: int, m: int, above: sp.Matrix, between: sp.Matrix, below: sp.Matrix) -> sp.Expr:
        return (u.T * above * direction(l, "H") * between * direction(m, "G") * below * v)[0]

    def derived(l: int, m: int) -> sp.Expr:
        return (vec(direction(l, "H")).T * DEEP.hessian_block(u, v, l, m) * vec(direction(m, "G")))[0]

    for l, m, between in ((3, 1, DEEP.layers[1]), (2, 1, sp.eye(1)), (3, 2, sp.eye(2))):
        printed = form(l, m, DEEP.above(l), between, DEEP.below(m))
        yield equals(
            f"layers {l} and {m}",
            rf"D^2_{{{l},{m}}}f[H, G]",
            printed=printed,
            derived=lambda l=l, m=m: derived(l, m),
            wrong={"both orders counted": 2 * printed},
            says=r"$u_\alpha^\top W_{>l}H(W_{l-1}\cdots W_{m+1})GW_{<m}v_\alpha$.",
            mutated=False,
        )
    yield equals(
        "layers 1 and 3",
        r"D^2_{1,3}f[H, G]",
        printed=(u.T * DEEP.above(3) * direction(3, "G") * DEEP.layers[1] * direction(1, "H") * v)[0],
        derived=lambda: derived(1, 3),
        wrong={"layer between left out": sp.S.Zero},
        says="For $m > l$ with the layers exchanged.",
        mutated=False,
    )
