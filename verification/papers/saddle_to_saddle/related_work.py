r"""Sentences of Sections 1 and 2 about saddles, ranks and noise, on the smallest networks that decide them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.deep_linear import LayeredPoint, NoisyTeacher, gradient_covariance
from theory.deep_linear.layers import LayeredLinear
from theory.deep_linear.saddles import Saddle
from theory.deep_linear.written_out import WrittenNetwork, vec
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from theory.parameters import parameter
from verification.authoring.shorthand import Grade, Kind, bounds, compared, equals, holds_when, measured
from verification.authoring.simulated import number
from verification.forms import Comparison
from verification.papers.saddle_to_saddle.balanced.aligned import u_1, u_2
from verification.papers.saddle_to_saddle.figures.ranks import ranks_in_runs
from verification.papers.saddle_to_saddle.long_runs import fluctuation_along_eigenvector
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, L, beta, mode_process, paper, s, sigma_q, w
from verification.papers.saddle_to_saddle.sgd_samples import excess_of_a_step


@paper.claim("DLN-GF5", "Section 2.3, text after Eq. (3)", symbols={s: "teacher's value"}, kind=Kind.PROOF_STEP)
def non_strict_saddles():
    r"""Non-strict saddles.

    "non-strict saddles are prevalent in DLNs".

    - Scope: square loss, square layers; from three layers on.
    - With two layers every saddle is strict, and a saddle that has left out a larger mode is so at any depth.
    """
    learned = s + sp.Symbol("d", positive=True)

    def curvatures(depth: int) -> sp.Matrix:
        """The Hessian of the population loss of a chain of scalars at the origin."""
        layers = sp.symbols(f"u_1:{depth + 1}", real=True)
        x, y = sp.symbols("x y", real=True)
        data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2]])
        loss = Model(layers, (y - sp.Mul(*layers) * x) ** 2 / 2, data).mean_loss
        return sp.hessian(loss, layers).subs(dict.fromkeys(layers, 0))

    yield equals(
        r"Hessian at the origin, three layers: $\nabla^2L(0)$",
        printed=sp.zeros(3),
        derived=lambda: curvatures(3),
        wrong={"as with two layers": sp.Matrix([[0, -s, 0], [-s, 0, 0], [0, 0, 0]])},
        says="No direction of negative curvature.",
        mutated=False,
    )
    yield holds_when(
        r"largest modes learned, deeper: $\text{strict iff }$",
        printed=sp.false,
        derived=lambda: Saddle(parameter("L", above=2), (learned,), (s,)).is_strict,
        wrong={"as with two layers": sp.true},
        says=r"At $L > 2$, where the larger of two modes is learned and the other is not.",
        mutated=False,
    )
    yield equals(
        r"Hessian at the origin, two layers: $\nabla^2L(0)$",
        printed=sp.Matrix([[0, -s], [-s, 0]]),
        derived=lambda: curvatures(2),
        wrong={"as with three layers": sp.zeros(2)},
        says="A result of ours: strict.",
        remark=True,
        mutated=False,
    )


@paper.claim(
    "DLN-R1",
    "Section 1.2.1, on Wang and Jacot",
    symbols={sp.Symbol("a", real=True): "weight of the living hidden unit"},
    kind=Kind.INVARIANCE,
    grade=Grade.CONDITION,
)
def no_jumps_to_higher_rank():
    r"""No jumps to higher rank.

    "SGD structured noise does not allow jumps from lower-rank to higher-rank weight matrices, while the noise from a
    Langevin process has a non-zero probability of jumping back".

    - Scope: two layers of width two, label noise.
    - The cited work has weight decay and speaks of the layers' ranks. The set where a hidden unit is silent and unread
      is kept, the set of maps of a given rank is not.
    """
    a, b, c, d = sp.symbols("a b c d", real=True)
    gap = sp.Matrix(2, 2, sp.symbols("M_11 M_12 M_21 M_22", real=True))
    labels = sigma_q**2 * sp.eye(2)

    def escaping(upper: sp.Matrix) -> sp.Matrix:
        """The gradient of one sample by the incoming weights of the second hidden unit."""
        network = WrittenNetwork((sp.Matrix([[a, b], [0, 0]]), upper), gap, labels)
        return sp.Matrix(network.sample_gradient(1)[1::2])

    unread, read = sp.Matrix([[c, 0], [d, 0]]), sp.Matrix([[c, 0], [d, 1]])
    yield equals(
        r"silent and unread unit: $\partial\ell/\partial(W_1)_{2\cdot}$",
        printed=sp.zeros(2, 1),
        derived=lambda: escaping(unread),
        wrong={"as where it is read": lambda: escaping(read)},
        says="No sample moves a hidden unit without incoming and outgoing weights: the rank stays.",
        mutated=False,
    )
    x, xi = sp.Matrix(sp.symbols("x_1 x_2", real=True)), sp.Matrix(sp.symbols("xi_1 xi_2", real=True))
    error = (gap - sp.Matrix([[c], [d]]) * sp.Matrix([[a, b]])) * x + xi
    yield equals(
        r"silent unit that is read: $\partial\ell/\partial(W_1)_{2\cdot}$",
        printed=sp.zeros(2, 1),
        corrected=vec(-error[1] * x),
        derived=lambda: escaping(read),
        wrong={"error of the other output": vec(-error[0] * x)},
        says="A map of rank one with a silent unit whose outgoing weight is 1: one step makes the rank two.",
        mutated=False,
    )
    yield from ranks_in_runs()


@paper.claim(
    "DLN-R2", "Section 1.2.1, on Chen et al.", symbols=NOISE_SYMBOLS, kind=Kind.INEQUALITY, grade=Grade.CONDITION
)
def drift_that_pulls_to_zero():
    r"""Noise-induced drift that pulls to zero.

    "a noise-induced drift that pulls parameters toward zero, making neurons vanish".

    - Scope: a balanced chain of scalars.
    - In the weight of a layer there is no noise-induced drift at all (DLN-I13): its sign depends on the coordinate, and
      what decides attraction is that of the logarithm.
    """

    def of_amplitude() -> sp.Expr:
        drift = mode_process().drift[0] - mode_process(rate=sp.S.Zero).drift[0]
        return sp.factor(drift / (beta * L * w ** (3 - 4 / L)))

    def of_logarithm() -> sp.Expr:
        moved, flow = (
            ito_differential(each, sp.log(w)).drift for each in (mode_process(), mode_process(rate=sp.S.Zero))
        )
        return moved - flow

    strength = 2 * (s - w) ** 2 + sigma_q**2
    yield bounds(
        r"amplitude: $\mu_\alpha^{\mathrm{Ito}}/(\beta Lw^{3-4/L})$",
        printed=sp.S.Zero,
        corrected=L * strength / 2,
        exact=of_amplitude,
        relation="<",
        wrong={"no drift, as of a layer": -(sigma_q**2)},
        says="Corrected: it pushes away from 0, with a strength that is bounded by this.",
        mutated=False,
    )
    yield equals(
        r"logarithm: $\text{noise-induced drift of }\log w$",
        printed=-beta * L / 2 * strength * w ** (2 - 4 / L),
        derived=of_logarithm,
        wrong={"pushes away": beta * L / 2 * strength * w ** (2 - 4 / L)},
        says="A result of ours: negative, it pulls to 0.",
        remark=True,
        mutated=False,
    )


def stationary_fluctuations(u: np.ndarray) -> np.ndarray:
    r"""The solution of :math:`HC + CH = \Sigma` on the range of H, in NumPy, for layers diag(u) and label noise of 1.

    Along the flat directions, where H vanishes, the weights wander; these are left out.
    """
    layer = np.diag(u)
    point = LayeredPoint(
        LayeredLinear((2, 2, 2)), NoisyTeacher(layer @ layer, label_covariance=np.eye(2)), (layer, layer)
    )
    J = np.hstack([point.jacobian(1), point.jacobian(2)])
    values, vectors = np.linalg.eigh(J.T @ J)
    noise = vectors.T @ gradient_covariance(point) @ vectors
    rates = values[:, None] + values[None, :]
    moving = (values[:, None] > 1e-9) & (values[None, :] > 1e-9)
    return vectors @ np.where(moving, noise / np.where(moving, rates, 1.0), 0.0) @ vectors.T


def fluctuations(i: int, j: int) -> tuple[sp.Matrix, sp.Matrix]:
    """Hessian and stationary covariance of the weights (W_1)_ij and (W_2)_ij, which no other weights couple to."""
    layer = sp.diag(u_1, u_2)
    learned = WrittenNetwork((layer, layer), layer**2, sigma_q**2 * sp.eye(2))
    place = 2 * j + i
    both = sp.Matrix.hstack(learned.jacobian(1), learned.jacobian(2))
    hessian = both.T * both
    chosen = [place, 4 + place]
    others = [k for k in range(8) if k not in chosen]
    blocks = [[learned.covariance_block(l, m) for m in (1, 2)] for l in (1, 2)]
    noise = sp.Matrix(sp.BlockMatrix(blocks))
    if any(side[k, m] != 0 for side in (hessian, noise) for k in chosen for m in others):
        raise AssertionError(f"the weights {chosen} do not move by themselves")
    H, Sigma = (side.extract(chosen, chosen) for side in (hessian, noise))
    rate = H.trace()  # H has rank one, and the noise no part outside its range.
    covariance = beta * Sigma / (2 * rate)
    if (H * covariance + covariance * H - beta * Sigma).applyfunc(sp.simplify) != sp.zeros(2):
        raise AssertionError("the covariance does not solve its Lyapunov equation")
    return H, covariance


def along_eigenvectors() -> sp.Expr:
    """Fluctuation along the eigenvector of a mode over that of a cross mode."""
    (_, across), (_, along) = fluctuations(0, 1), fluctuations(0, 0)
    return sp.cancel(along.trace() / across.trace())


def within_a_layer(pair: tuple[int, int], other: tuple[int, int]) -> sp.Expr:
    """Fluctuation of one weight of the first layer over that of another."""
    (_, one), (_, two) = fluctuations(*pair), fluctuations(*other)
    return sp.cancel(one[0, 0] / two[0, 0])


def second_opinion(ratio: Callable[[np.ndarray], float]) -> Comparison:
    """The same from the Lyapunov equation of all eight weights, in NumPy."""

    def evaluator(point: Mapping[str, Any]) -> tuple[float, float]:
        u = np.sqrt([number(point["w_1"]), number(point["w_2"])])
        return float(ratio(stationary_fluctuations(u))), 1e-9

    def predicted(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
        return candidate.subs({u_1: sp.sqrt(sp.Rational(point["w_1"])), u_2: sp.sqrt(sp.Rational(point["w_2"]))})

    return compared("Lyapunov equation of all weights", evaluator, predicted, {"w_1": "1", "w_2": "2/5"})


@paper.claim(
    "DLN-R3",
    "Section 1.2.2, on Gross et al.",
    symbols={
        u_1: "weight of the mode in either layer",
        u_2: "that of another mode",
        beta: r"$\beta = \eta/b$",
        sigma_q: "label noise",
    },
    grade=Grade.CONDITION,
)
def fluctuations_and_flatness():
    r"""Fluctuations of the weights against the flatness of the loss.

    "SGD noise anisotropy causes the weights' fluctuations during training to be inversely proportional to the flatness
    of the loss landscape in two-layer DLNs".

    - Scope: stationary fluctuations under label noise, balanced minimum of two 2 x 2 layers, first order in $\beta$.
    - It holds for weights of one layer that couple the same pair of modes, with the curvature within that layer.
    - Label noise has the covariance $\sigma_q^2H$, with H the Hessian, so that along the eigenvectors of H the
      fluctuations do not depend on the curvature.
    """
    h_1, h_2 = u_1**2, u_2**2
    yield equals(
        r"eigenvectors of the Hessian: $\operatorname{Var}_1/\operatorname{Var}_2$",
        printed=2 * h_1 / (h_1 + h_2),
        corrected=sp.S.One,
        derived=along_eigenvectors,
        wrong={"curvatures within a layer": h_1 / h_2},
        compared=[second_opinion(lambda C: np.trace(C[np.ix_([0, 4], [0, 4])]) / np.trace(C[np.ix_([2, 6], [2, 6])]))],
        says=r"Of the mode and of a cross mode, with the curvatures $2w_1$ and $w_1 + w_2$.",
        mutated=False,
    )
    spread = sigma_q**2 / 2
    yield equals(
        r"along any of them: $\operatorname{Var}/\beta$",
        printed=spread,
        derived=lambda: sp.cancel(fluctuations(0, 1)[1].trace() / beta),
        measured=[
            measured(
                fluctuation_along_eigenvector,
                lambda candidate: candidate.subs({sigma_q: 1, u_1: 1, u_2: sp.sqrt(sp.Rational(1, 2))}),
                name=f"runs of SGD, entry {i}{j} of the map",
                mode=f"{i} {j}",
                widths="2 2 2",
                s="1 1/2",
                sigma="1",
                eta="1/500",
            )
            for i, j in ((1, 1), (1, 2))
        ],
        wrong={
            "inverse to the curvature": sigma_q**2 / (2 * (h_1 + h_2)),
            "as the curvature": (h_1 + h_2) * spread,
            "a tenth too large": sp.Rational(11, 10) * spread,
        },
        says="A result of ours: half the label noise, whatever the curvature.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"one layer, one pair of modes: $\operatorname{Var}(W_1)_{12}/\operatorname{Var}(W_1)_{21}$",
        printed=h_1 / h_2,
        derived=lambda: within_a_layer((0, 1), (1, 0)),
        wrong={"the same": sp.S.One},
        says=r"With the curvatures $w_1$ and $w_2$ of the loss within the layer.",
        mutated=False,
    )
    yield equals(
        r"one layer, weights of equal curvature: $\operatorname{Var}(W_1)_{12}/\operatorname{Var}(W_1)_{11}$",
        printed=sp.S.One,
        corrected=2 * h_1 / (h_1 + h_2),
        derived=lambda: within_a_layer((0, 1), (0, 0)),
        compared=[second_opinion(lambda C: C[2, 2] / C[0, 0])],
        wrong={"curvature of the other layer": 2 * h_2 / (h_1 + h_2)},
        mutated=False,
    )


@paper.claim(
    "DLN-E16",
    "Section 1.2.1; Section 6, Future directions",
    symbols={w: "mode amplitude", s: "teacher's value", sigma_q: "label noise", eta: "learning rate"},
    kind=Kind.INEQUALITY,
    grade=Grade.CONDITION,
)
def golden_path():
    r"""Golden path hypothesis.

    "the population loss of gradient descent is upper bounded by the population loss of SGD for a given trajectory with
    fixed initialization".

    - Scope: one step from a balanced start of two scalar layers, order $\eta^2$, batch size one.
    - Below a third of the teacher's value the loss is concave along the noise, and noise helps on average.
    """
    u, v, x, y = sp.symbols("u v x y", real=True)
    data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + sigma_q**2]])
    model = Model([u, v], (y - u * v * x) ** 2 / 2, data)

    def excess() -> sp.Expr:
        hessian = sp.hessian(model.mean_loss, (u, v))
        total = (hessian * model.covariance).trace() / 2
        return sp.factor(total.subs({u: sp.sqrt(w), v: sp.sqrt(w)}))

    gain = w * (3 * w - s) * (2 * (s - w) ** 2 + sigma_q**2)
    yield equals(
        r"excess of a step: $(E\,L(\theta_1^{\mathrm{SGD}}) - L(\theta_1^{\mathrm{GD}}))/\eta^2$",
        printed=gain,
        derived=excess,
        measured=[measured(excess_of_a_step, at={w: point, s: "1", sigma_q: "1/2"}) for point in ("1/5", "1/2")],
        wrong={
            "noise always costs": w * (3 * w + s) * (2 * (s - w) ** 2 + sigma_q**2),
            "a tenth too large": sp.Rational(11, 10) * gain,
        },
        says="A result of ours, to leading order.",
        remark=True,
    )
    yield holds_when(
        r"upper bound: $L(\theta_1^{\mathrm{GD}})\le E\,L(\theta_1^{\mathrm{SGD}})\text{ to order }\eta^2\text{ iff }$",
        printed=sp.true,
        corrected=3 * w >= s,
        derived=lambda: excess() >= 0,
        wrong={"once half is learned": 2 * w >= s},
        mutated=False,
    )
