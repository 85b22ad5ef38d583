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
from theory.notation import eta
from verification.authoring.shorthand import Grade, equals, measured
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.covariance import AT, SYMBOLS
from verification.papers.saddle_to_saddle.gradients import jacobian
from verification.papers.saddle_to_saddle.network_samples import diffusion_of_an_entry, variance_of_a_step
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


def _at_a_point() -> Experiment:
    """What the noise of single samples moves the first entry of the map by."""
    values = {symbol: value for symbol, value in AT.items() if not symbol.name.startswith("W3")}
    return measured(diffusion_of_an_entry, at=values | {eta: "1"}, name="samples of the noise")


@paper.claim("DLN-D2", "Proposition 3.3; Eqs. (28)-(29)", symbols=SYMBOLS | {eta: "learning rate"})
def diffusion_of_modes_and_cross_modes():
    """Diffusion of modes and cross modes.

    - Scope: batch size one; for batches of b the learning rate is divided by b.
    """
    for name, other in (("mode", MODE), ("mode and another", OTHER), ("mode and cross mode", CROSS)):
        yield equals(
            name,
            r"E[dw_\alpha\,dw_\beta]/dt",
            printed=eta * contraction(NETWORK, MODE, other),
            derived=lambda other=other: eta * NETWORK.covariation(MODE, other),
            wrong={
                "label noise lost": eta * contraction(NETWORK, MODE, other, labels=0),
                "a tenth too large": sp.Rational(11, 10) * eta * contraction(NETWORK, MODE, other),
            }
            if other is MODE
            else {"its square": eta * contraction(NETWORK, MODE, other) ** 2},
            measured=[_at_a_point()] if other is MODE else [],
            says=r"$\eta\,a_\alpha^\top\Sigma a_\beta$.",
            mutated=False,
        )


@paper.claim("DLN-D2b", "Section 3, text after Proposition 3.3", symbols=SYMBOLS)
def diffusion_by_the_tangent_kernel():
    """Diffusion by the neural tangent kernel.

    - Scope: no label noise, batch size one.
    """
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
        r"without large matrices: $D_{\alpha\beta}$",
        printed=without_matrices(OTHER),
        derived=lambda: eta * network.covariation(MODE, OTHER),
        wrong={"of one mode": without_matrices(MODE)},
        says=r"A result of ours, with $p_l = W_{>l}W_{>l}^\top u$ and $q_l = W_{<l}^\top W_{<l}v$.",
        remark=True,
        mutated=False,
    )


@paper.claim("DLN-D2c", "Section 3, text after Proposition 3.3", symbols=SYMBOLS)
def diffusion_under_a_frozen_kernel():
    r"""Diffusion under a frozen kernel.

    "in the lazy regime during which the NTK is frozen at initialization, the modewise diffusion of SGD will vary only
    with the teacher-student gap $\Delta$"

    - It is enough that the sum of the kernels of all layers is frozen, and label noise changes nothing.
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


@paper.claim("DLN-D2e", "Appendix C", symbols={eta: "learning rate"}, grade=Grade.MISPRINT)
def diffusion_from_the_variance_of_a_step():
    r"""Diffusion from the variance of a step.

    "$D_\alpha := \mathbb{E}[\delta w_\alpha^2] - \mathbb{E}[\delta w_\alpha]^2 = a_\alpha^\top\mathrm{Cov}(dW_l)
    a_\alpha$; $D_\alpha = \eta\sum_{lm}a_{l,\alpha}^\top\Sigma_{lm}a_{m,\alpha}$".

    - Scope: two scalar layers, batch size one.
    - The variance of a step is that of the time $dt = \eta$; per unit of time it is $\eta\,a^\top\Sigma a$.
    """
    u, v, x, y = sp.symbols("u v x y", real=True)
    slope, strength = sp.Symbol("s", real=True), sp.Symbol("sigma_q", positive=True)
    data = Gaussian([x, y], [0, 0], [[1, slope], [slope, slope**2 + strength**2]])
    model = Model([u, v], (y - u * v * x) ** 2 / 2, data)
    a = sp.Matrix([v, u])
    variance = sp.Symbol("V", positive=True)
    yield equals(
        r"variance of a step: $\mathbb{E}[\delta w_\alpha^2] - \mathbb{E}[\delta w_\alpha]^2$",
        printed=eta * variance,
        corrected=eta**2 * variance,
        where={variance: (a.T * model.covariance * a)[0]},
        derived=lambda: (a.T * model.step_moments(1).covariance * a)[0],
        wrong={
            "of the square root of the step": sp.sqrt(eta) * variance,
            "a tenth too large": sp.Rational(11, 10) * eta**2 * variance,
        },
        measured=[
            measured(
                variance_of_a_step,
                at={u: "1/2", v: "1", slope: "3/4", strength: "1", eta: "1/10"},
                name="steps of SGD",
            )
        ],
        says=r"$V = a_\alpha^\top\Sigma a_\alpha$.",
        mutated=False,
    )
