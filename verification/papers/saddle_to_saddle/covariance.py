r"""Proposition 3.2 and Appendix B: the covariance of the gradient noise.

Judged block by block on networks with symbols for weights, gap and label covariance, against exact means over the data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy import kronecker_product as kron

from theory.deep_linear.exact_point import ExactPoint
from theory.deep_linear.written_out import WrittenNetwork, commutation_matrix, vec, written_network
from theory.gradient_noise.data_law import Gaussian, Product
from theory.gradient_noise.expectation import covariance, expectation
from theory.gradient_noise.model import Model
from verification.authoring import predictions
from verification.authoring.shorthand import Kind, equals, holds_when, measured
from verification.claim import Statement
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.gradients import GAPS, jacobian, printed_jacobian
from verification.papers.saddle_to_saddle.network_samples import covariance_of_layers, noise_of_data, noise_of_the_sde
from verification.papers.saddle_to_saddle.paper import paper

NETWORK = written_network(2, 1, 2, 2)
BLOCKS = ((2, 1), (2, 2), (3, 2))
q_11 = sp.Symbol("q_11", real=True)
SYMBOLS = GAPS | {q_11: r"entry $(\Sigma_q)_{11}$ of the label covariance, likewise the others"}
I_2, I_4, C = sp.eye(2), sp.eye(4), commutation_matrix(2)


def block_by_jacobians(
    l: int,
    m: int,
    *,
    network: WrittenNetwork | ExactPoint = NETWORK,
    J: Callable[..., sp.Matrix] = jacobian,
    middle: sp.Matrix = I_4 + C,
    labels: int = 1,
) -> sp.Matrix:
    r"""Proposition 3.2, with ``middle`` of :math:`d_0^2` rows."""
    lift, Sigma_q = kron(sp.eye(network.gap.cols), network.gap), network.label_covariance
    of_labels = kron(network.below(l) * network.below(m).T, network.above(l).T * Sigma_q * network.above(m))
    return J(network, l).T * lift * middle * lift.T * J(network, m) + labels * of_labels


def block_by_products(
    l: int, m: int, *, network: WrittenNetwork | ExactPoint = NETWORK, middle: sp.Matrix = I_4 + C
) -> sp.Matrix:
    r"""Appendix B, with :math:`A_l = W_{<l}`, :math:`B_l = W_{>l}^\top`, and ``middle`` of :math:`d_0^2` rows."""
    A_l, A_m, B_l, B_m = network.below(l), network.below(m), network.above(l).T, network.above(m).T
    D = network.gap
    left, right = kron(A_l, B_l * D), kron(A_m, B_m * D)
    return left * middle * right.T + kron(A_l * A_m.T, B_l * network.label_covariance * B_m.T)


@paper.claim("DLN-P0-loss", "Sections 2.1-2.2, Appendix A.1")
def gradient_and_covariance_of_a_batch():
    """Unbiased gradient, and covariance of a batch.

    - Scope: batches drawn independently.
    """
    weight, slope = sp.symbols("theta m", real=True)
    moment, Sigma = sp.symbols("M_2 Sigma", positive=True)

    def batch(size: int) -> Model:
        """The loss of a batch of independent samples, as one sample of all their data."""
        data = [sp.symbols(f"x_{i} y_{i}", real=True) for i in range(size)]
        loss = sum((y - weight * x) ** 2 for x, y in data) / (2 * size)
        laws = [Gaussian(pair, [0, 0], [[1, slope], [slope, moment]]) for pair in data]
        return Model([weight], loss, Product(tuple(laws)))

    one = batch(1)
    for size in (2, 3):
        yield equals(
            f"mean, {size} samples",
            r"E_B[g_B(\theta)]",
            printed=sp.diff(one.mean_loss, weight),
            derived=lambda size=size: batch(size).gradient[0],
            wrong={"sum for mean": size * sp.diff(one.mean_loss, weight)},
            says=r"$\nabla L(\theta)$, for one linear weight.",
            mutated=False,
        )
        yield equals(
            f"covariance, {size} samples",
            r"\Sigma_b",
            printed=Sigma / size,
            where={Sigma: one.covariance[0]},
            derived=lambda size=size: batch(size).covariance[0],
            wrong={"of one sample": Sigma, "of the sum": size * Sigma},
            mutated=False,
        )


@paper.claim("DLN-C1", "Proposition 3.2", symbols=SYMBOLS)
def covariance_of_the_gradient_noise():
    """Covariance of the gradient noise.

    - Scope: white Gaussian inputs; label noise of any law with this covariance.
    - $J_l$ is the Jacobian of the map; with $J_l$ as printed in Proposition 3.1 (DLN-G1) the blocks are others.
    """
    for l, m in BLOCKS:
        yield equals(
            f"block {l}{m}",
            rf"\Sigma_{{{l}{m}}}",
            printed=block_by_jacobians(l, m),
            derived=lambda l=l, m=m: NETWORK.covariance_block(l, m),
            wrong={
                "commutation matrix lost": block_by_jacobians(l, m, middle=I_4),
                "the mean not subtracted": block_by_jacobians(l, m, middle=I_4 + C + vec(I_2) * vec(I_2).T),
                "label noise lost": block_by_jacobians(l, m, labels=0),
                "a tenth too large": sp.Rational(11, 10) * block_by_jacobians(l, m),
            }
            | ({"Jacobian as printed": block_by_jacobians(l, m, J=printed_jacobian)} if m != 1 else {}),
            measured=[_at_a_point(l, m)] if (l, m) == (3, 2) else [],
            says=r"$J_l^\top(I\otimes\Delta)(I + C)(I\otimes\Delta)^\top J_m + (W_{<l}W_{<m}^\top)\otimes"
            r"(W_{>l}^\top\Sigma_qW_{>m})$.",
            mutated=False,
        )


AT = dict(
    zip(
        [*NETWORK.gap, *sp.symbols("q_11 q_12 q_22", real=True), *(entry for W in NETWORK.layers for entry in W)],
        "1/2 -1/4 1/2 1 1 1/4 1/2 1 1/2 3/4 1 1/2 -1/2 1 3/4".split(),
        strict=True,
    )
)
"""A point at which noise is measured."""


def _at_a_point(l: int, m: int) -> Experiment:
    """The first entry of a block by samples of data."""
    predicted = predictions.at(AT)
    return measured(
        covariance_of_layers,
        lambda block: predicted(sp.Matrix(block)[0, 0]),
        name=f"samples of layers {l} and {m}",
        layers=f"{l} {m}",
        **{symbol.name: value for symbol, value in AT.items()},
    )


@paper.claim("DLN-C2", "Appendix B", symbols=SYMBOLS)
def covariance_by_products_of_layers():
    """Covariance of the gradient noise by products of layers.

    - Scope: as DLN-C1.
    """
    for l, m in BLOCKS:
        yield equals(
            f"block {l}{m}",
            rf"\Sigma_{{{l}{m}}}",
            printed=block_by_products(l, m),
            derived=lambda l=l, m=m: NETWORK.covariance_block(l, m),
            wrong={"identity lost": block_by_products(l, m, middle=C)},
            says=r"$(A_l\otimes B_l\Delta)(I + C)(A_m\otimes B_m\Delta)^\top + (A_lA_m^\top)\otimes"
            r"(B_l\Sigma_qB_m^\top)$.",
            mutated=False,
        )


@paper.claim("DLN-C3", "Appendix B", symbols=SYMBOLS, kind=Kind.PROOF_STEP)
def steps_of_the_covariance():
    """Steps of the derivation of the covariance."""
    x = sp.Matrix(sp.symbols("x_1:3", real=True))
    xi = sp.Matrix(sp.symbols("xi_1:3", real=True))
    Sigma_q = NETWORK.label_covariance
    inputs = Gaussian(list(x), [0, 0], I_2)
    sample = Gaussian([*x, *xi], [0] * 4, sp.diag(I_2, Sigma_q))
    D = NETWORK.gap
    A, B = sp.Matrix([sp.symbols("a_1 a_2", real=True)]), sp.Matrix(2, 2, sp.symbols("b_11 b_12 b_21 b_22", real=True))

    def fourth(extra: sp.Matrix) -> sp.Matrix:
        return I_4 + C + extra

    yield equals(
        r"vec of an outer product: $\mathrm{vec}(uv^\top)$",
        printed=kron(x, xi),
        derived=lambda: vec(xi * x.T),
        wrong={"factors exchanged": kron(xi, x)},
        mutated=False,
    )
    yield equals(
        r"mixed product: $(A_lX)\otimes B_l$",
        printed=kron(A, B) * kron(x, I_2),
        derived=lambda: kron(A * x, B),
        wrong={"factors exchanged": kron(A, B) * kron(I_2, x)},
        mutated=False,
    )
    yield equals(
        r"noise of a layer: $\xi_2$",
        printed=kron(NETWORK.below(2), NETWORK.above(2).T) * vec((D * x + xi) * x.T - D),
        derived=lambda: NETWORK.gradient(2) - NETWORK.sample_gradient(2),
        wrong={"the mean not subtracted": kron(NETWORK.below(2), NETWORK.above(2).T) * vec((D * x + xi) * x.T)},
        says=r"$(A_l\otimes B_l)\,\mathrm{vec}(\varepsilon X^\top - \Delta)$ for $E[g_l] - g_l$.",
        mutated=False,
    )
    yield equals(
        r"fourth moments: $E[VV^\top],\ V = X\otimes X$",
        printed=fourth(vec(I_2) * vec(I_2).T),
        derived=lambda: (kron(x, x) * kron(x, x).T).applyfunc(lambda e: expectation(e, inputs)),
        wrong={"centred": fourth(sp.zeros(4)), "one pairing of three": I_4},
        mutated=False,
    )
    yield equals(
        r"label part: $C_{\mathrm{label}}$",
        printed=kron(I_2, Sigma_q),
        derived=lambda: covariance(vec(xi * x.T), sample),
        wrong={"factors exchanged": kron(Sigma_q, I_2)},
        mutated=False,
    )
    yield equals(
        r"cross terms: $E[\mathrm{vec}(S_1)\mathrm{vec}(S_2)^\top]$",
        printed=sp.zeros(4),
        derived=lambda: (vec(D * (x * x.T - I_2)) * vec(xi * x.T).T).applyfunc(lambda e: expectation(e, sample)),
        wrong={"those of the labels": kron(I_2, Sigma_q)},
        mutated=False,
    )
    yield sampler_of_the_gradient_noise()


def sampler_of_the_gradient_noise() -> Statement:
    """Gaussian noise of the exact covariance, without a matrix root."""
    G, N = (sp.Matrix(2, 2, sp.symbols(f"{name}_11 {name}_12 {name}_21 {name}_22", real=True)) for name in "GN")
    sigma, D = sp.Symbol("sigma_q", positive=True), NETWORK.gap
    normals = Gaussian([*G, *N], [0] * 8, sp.eye(8))
    x, xi = (sp.Matrix(sp.symbols(f"{name}_1:3", real=True)) for name in ("x", "xi"))
    sample = Gaussian([*x, *xi], [0] * 4, sp.diag(I_2, sigma**2 * I_2))

    def drawn(matrix: sp.Matrix) -> sp.Matrix:
        return covariance(vec(D * matrix + sigma * N), normals)

    return equals(
        r"sampler: $\mathrm{Cov}(\mathrm{vec}\,S)$",
        printed=drawn((G + G.T) / sp.sqrt(2)),
        derived=lambda: covariance(vec((D * x + xi) * x.T), sample),
        wrong={
            "not divided by the root of 2": drawn(G + G.T),
            "not symmetrised": drawn(G),
            "a tenth too large": sp.Rational(11, 10) * drawn((G + G.T) / sp.sqrt(2)),
        },
        measured=[
            _sum_of_the_entries(noise_of_data, "samples of data"),
            _sum_of_the_entries(noise_of_the_sde, "steps of the SDE"),
        ],
        says=r"A result of ours: $S = \Delta(G + G^\top)/\sqrt2 + \sigma_qN$ with independent standard normal entries.",
        remark=True,
        mutated=False,
    )


def _sum_of_the_entries(sampler: Callable[..., Any], name: str) -> Experiment:
    """The variance of the sum of the entries, at a gap without symmetry and label noise of one."""
    gap = {symbol: AT[symbol] for symbol in NETWORK.gap}
    predicted = predictions.at(gap | {sp.Symbol("sigma_q", positive=True): "1"})
    labels = {"q_11": "1", "q_12": "0", "q_22": "1"}
    return measured(
        sampler,
        lambda covariance: predicted(sum(sp.Matrix(covariance), sp.S.Zero)),
        name=name,
        **{symbol.name: value for symbol, value in gap.items()},
        **labels,
    )


@paper.claim("DLN-C4", "Section 3, text after Proposition 3.2", symbols=SYMBOLS)
def zeros_of_the_covariance():
    r"""Zeros of the covariance.

    "In the absence of label noise, we see that the gradient noise covariance is zero at global minima (where
    $\Delta = 0$) and at zeros of the Jacobian".
    """
    at_minimum = WrittenNetwork(NETWORK.layers, NETWORK.map, sp.zeros(2))
    with_labels = WrittenNetwork(NETWORK.layers, NETWORK.map, NETWORK.label_covariance)
    origin = WrittenNetwork(tuple(0 * W for W in NETWORK.layers), NETWORK.gap, NETWORK.label_covariance)
    yield equals(
        r"global minimum: $\Sigma_{22}(\Delta = 0)$",
        printed=sp.zeros(2),
        derived=lambda: at_minimum.covariance_block(2, 2),
        wrong={"with label noise": with_labels.covariance_block(2, 2)},
        mutated=False,
    )
    yield equals(
        r"zero Jacobian: $\Sigma_{22}(\theta = 0)$",
        printed=sp.zeros(2),
        derived=lambda: origin.covariance_block(2, 2),
        wrong={"as at another point": with_labels.covariance_block(2, 2)},
        says="At the origin, also with label noise.",
        mutated=False,
    )


@paper.claim(
    "DLN-C5",
    "Section 3, text after Proposition 3.2",
    symbols={sp.Symbol("W1_11", positive=True): "weights of the layers of a scalar chain"},
)
def noise_depends_on_the_state_and_is_anisotropic():
    r"""State-dependent and anisotropic noise.

    "The gradient noise covariance matrix is state-dependent and anisotropic."

    - At depth one the noise is isotropic where $\Delta = 0$ and $\Sigma_q = \sigma_q^2I$, and with one input and one
      output everywhere; at a minimum with label noise of a deeper network it depends on the point.
    """
    u, v, d = sp.symbols("u v delta", positive=True)
    sigma = sp.Symbol("sigma_q", positive=True)
    chain = WrittenNetwork((sp.Matrix([[u]]), sp.Matrix([[v]])), sp.Matrix([[u * v + d]]), sp.Matrix([[sigma**2]]))

    def entries() -> list[sp.Expr]:
        return [chain.covariance_block(1, 1)[0], chain.covariance_block(2, 2)[0], chain.covariance_block(1, 2)[0]]

    strength = 2 * d**2 + sigma**2
    yield equals(
        r"entries: $(\Sigma_{11}, \Sigma_{22}, \Sigma_{12})$",
        printed=sp.Matrix([v**2 * strength, u**2 * strength, u * v * strength]),
        derived=entries,
        wrong={"isotropic": sp.Matrix([strength, strength, 0])},
        says="Two scalar layers: every entry depends on the state.",
    )
    yield holds_when(
        r"isotropic: $\Sigma\propto I\text{ iff }$",
        printed=sp.false,
        derived=lambda: sp.And(sp.Eq(entries()[2], 0), sp.Eq(entries()[0], entries()[1])),
        wrong={"on the balanced set": sp.And(u <= v, u >= v)},
        says="Two scalar layers with positive weights.",
    )
