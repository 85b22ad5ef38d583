r"""Sections 4.1 and 4.2: scale invariance, double rotations, and neurons of one sign."""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry, noether_flow
from theory.symmetry.matrix_charge import matrix_charge, noise_imbalance
from theory.symmetry.textbook import double_rotation
from verification.authoring.shorthand import Grade, Source, equals, holds_when
from verification.papers.gradient_noise_symmetry.descent import RATE, descended, noise
from verification.papers.gradient_noise_symmetry.long_times import noise_of_the_direction
from verification.papers.gradient_noise_symmetry.paper import (
    NOISE_SYMBOLS,
    PRODUCT_SYMBOLS,
    TEMPERATURE,
    WEIGHTS,
    S,
    T,
    charge,
    epsilon,
    gamma,
    paper,
    product_model,
    scale_invariant_model,
    scaled,
    sigma,
    trace_with,
    u_1,
    u_2,
    v_star,
    w_1,
    w_2,
    x,
)

U, W = sp.Matrix([[u_1, u_2]]), sp.Matrix([w_1, w_2])
"""The layers of :func:`product_model`: one row and one column."""
b_11, b_12, b_22 = sp.symbols("b_11 b_12 b_22", real=True)
B = sp.Matrix([[b_11, b_12], [b_12, b_22]])
DIRECTION = {b_11: r"entry of the symmetric direction $B$; likewise $b_{12}$, $b_{22}$"}


def descent_of(quantity: sp.MatrixBase) -> sp.Matrix:
    """The time derivative of a column of functions of the weights under gradient flow."""
    return -sp.Matrix(quantity).jacobian(WEIGHTS) * sp.Matrix(product_model().gradient)


@cache
def rotated() -> OneParameterSymmetry:
    """The double rotation along B, checked sample by sample."""
    return OneParameterSymmetry(product_model(), double_rotation(list(WEIGHTS), U, W, B).field)


@paper.claim(
    "SYM-14", "Section 4.1, Eq. (11)", symbols=NOISE_SYMBOLS | {noise: "size of the noise of the direction"},
    source=Source.RECONSTRUCTION,
)  # fmt: skip
def norm_of_scale_invariant_weights():
    r"""Norm of scale-invariant weights.

    Without weight decay the norm "increases monotonically and even diverges".
    - Judged is the equation; growth without decay is a statement of SYM-04, divergence is not judged.
    """
    theta = sp.Matrix([u_1, u_2])
    norm = u_1**2 + u_2**2
    trace = trace_with(sp.eye(2), scale_invariant_model())
    yield equals(
        r"norm: $\frac{d}{dt}\|\theta\|^2$",
        printed=-4 * gamma * norm + T * trace,
        where=TEMPERATURE,
        derived=lambda: 2 * noether_flow(scaled(), S, weight_decay=2 * gamma).drift,
        wrong={"decay with the factor one half": -2 * gamma * norm + T * trace},
        says=r"A loss of the direction in the plane, $-4\gamma\|\theta\|^2 + T\,\mathrm{Tr}\,\Sigma$.",
    )
    yield equals(
        r"noise: $\|\theta\|^2\,\mathrm{Tr}\,\Sigma(\theta)$",
        printed=trace.subs({u_1: u_1 / sp.sqrt(norm), u_2: u_2 / sp.sqrt(norm)}, simultaneous=True),
        derived=lambda: charge(sp.eye(2), theta) * trace_with(sp.eye(2), scale_invariant_model()),
        wrong={"noise that does not fall": norm * trace.subs({u_1: 1, u_2: 0})},
        remark=r"That of the direction alone, so that $\frac{d}{dt}\|\theta\|^4 = -8\gamma\|\theta\|^4 + 2T\tau$.",
        mutated=False,
    )
    direction = noise_of_the_direction()
    scale = OneParameterSymmetry(direction, list(direction.weights))
    fourth = sp.Symbol("n", positive=True)

    def rest() -> sp.Expr:
        """The fourth power of the norm at which it stands still."""
        drift = 2 * noether_flow(scale, S, weight_decay=2 * gamma).drift
        radial = drift.subs({direction.weights[0]: fourth ** sp.Rational(1, 4), direction.weights[1]: 0})
        (found,) = sp.solve(sp.expand(radial * sp.sqrt(fourth)), fourth)
        return found

    yield equals(
        r"rest: $\|\theta\|^4$",
        printed=T * noise**2 / (4 * gamma),
        where=TEMPERATURE,
        derived=rest,
        wrong={
            "decay with the factor one half": T * noise**2 / (2 * gamma),
            "a tenth more": T * noise**2 * 11 / gamma / 40,
        },
        measured=descended(
            "the fourth power of the norm of SGD at rest",
            noise_of_the_direction,
            (direction.weights[0] ** 2 + direction.weights[1] ** 2) ** 2,
            lambda value: value.subs({eta: sp.Rational(1, 20), S: 1, noise: 1, gamma: sp.Rational(1, 500)}),
            at={RATE: "1/20", noise: "1"},
            start=("1", "0"),
            steps=12_000,
            weight_decay=sp.Rational(1, 250),
        ),
        domain=(gamma > 0,),
        remark=r"A result of ours, for noise $\tau = s^2$ that is alike on the circle of directions.",
        mutated=False,
    )


@paper.claim(
    "SYM-16", "Section 4.2, Eqs. (12), (13)", symbols=PRODUCT_SYMBOLS | DIRECTION, source=Source.RECONSTRUCTION
)  # fmt: skip
def charges_of_double_rotations():
    r"""Charges of double rotations.

    $\ell(U, W) = \ell(UM, M^{-1}W)$ has the charges $C_B = \mathrm{Tr}[UBU^\top] - \mathrm{Tr}[W^\top BW]$, and
    $U^\top U - WW^\top$ is conserved.
    - Under gradient flow, which the page means by GD.
    """
    sum_of_both = descent_of(list(U.T * U + W * W.T))
    yield equals(
        r"charge: $C_B$",
        printed=(U * B * U.T)[0] - (W.T * B * W)[0],
        derived=lambda: 2 * double_rotation(list(WEIGHTS), U, W, B).charge,
        wrong={"layers added": (U * B * U.T)[0] + (W.T * B * W)[0]},
    )
    yield equals(
        r"gradient flow: $\frac{d}{dt}(U^\top U - WW^\top)$",
        printed=sp.zeros(4, 1),
        derived=lambda: descent_of(list(matrix_charge(U, W))),
        wrong={"of the sum": sum_of_both},
    )


@paper.claim(
    "SYM-17", "Section 4.2, Proposition 1; Appendix A.3", symbols=PRODUCT_SYMBOLS | DIRECTION,
    source=Source.RECONSTRUCTION,
)  # fmt: skip
def noether_flow_of_double_rotations():
    r"""Noether flow of double rotations.

    $\dot C_B = T\bigl(\sum_i\mathrm{Tr}[\Sigma(\tilde u_i)B] - \sum_j\mathrm{Tr}[\Sigma(\tilde w_j)B]\bigr)$ with rows
    $\tilde u_i$ of $U$ and columns $\tilde w_j$ of $W$.
    """
    noise = sp.Matrix(product_model().covariance)
    rows, columns = ((noise[i : i + 2, i : i + 2] * B).trace() for i in (0, 2))
    yield equals(
        r"drift: $\dot C_B$",
        printed=T * (rows - columns),
        where=TEMPERATURE,
        derived=lambda: 2 * noether_flow(rotated(), S).drift,
        wrong={"noise added": T * (rows + columns), "the diagonal alone": T * (rows - columns).subs(b_12, 0)},
        mutated=False,
    )
    yield equals(
        r"all directions at once: $\frac{d}{dt}(U^\top U - WW^\top)/T$",
        printed=noise[:2, :2] - noise[2:, 2:],
        derived=lambda: noise_imbalance(U, W, list(WEIGHTS), product_model().covariance),
        wrong={"noise added": noise[:2, :2] + noise[2:, 2:]},
        remark=True,
        mutated=False,
    )


@paper.claim(
    "SYM-18", "Section 4.2", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION, grade=Grade.CONDITION
)  # fmt: skip
def sign_coherence():
    r"""Sign coherence.

    "SGD automatically converges to a solution where all neurons outputs the same sign ([$u_iw_i$]) at an exponential
    rate". "For common problems, [$\mathrm{Var}\,\ell' > 0$]".
    - The equation holds; an exponential rate needs $\mathrm{Var}\,\ell'$ bounded below along the path. On data without
      label noise it vanishes where the teacher is learned, and the charge stops.
    """
    slope_variance = 2 * (u_1 * w_1 + u_2 * w_2 - v_star) ** 2 + sigma**2
    charges = U.T * U - W * W.T
    yield equals(
        r"equation: $\frac{d}{dt}(uu^\top - ww^\top)$",
        printed=-T * slope_variance * charges,
        where=TEMPERATURE,
        derived=lambda: eta / S * noise_imbalance(U, W, list(WEIGHTS), product_model().covariance),
        wrong={
            "growth": T * slope_variance * charges,
            "label noise alone": -T * sigma**2 * charges,
            "a tenth faster": -sp.Rational(11, 10) * T * slope_variance * charges,
        },
        measured=descended(
            "an entry off the diagonal under SGD with label noise, at the time 1/T",
            product_model,
            u_1 * u_2 - w_1 * w_2,
            _entry_at_the_time_one_over_T,
            at={RATE: "1/100", v_star: "1", sigma: "1"},
            start=("2", "1", "1/2", "0"),
            steps=10_000,
            refined=4,
        ),
        says=r"$-T\,\mathrm{Var}[\ell'](uu^\top - ww^\top)$ with $\mathrm{Var}\,\ell' = 2(v - v_*)^2 + \sigma^2$.",
        mutated=False,
    )
    v = sp.Symbol("v", real=True)
    yield holds_when(
        r"data without label noise: $\mathrm{Var}[\ell'(v)] > 0$",
        printed=sp.true,
        corrected=sp.Ne(v, v_star),
        derived=lambda: sp.Gt(_noiseless_slope_variance(v), 0),
        wrong={"beyond the teacher": v > v_star, "where the teacher is learned": sp.Eq(v, v_star)},
        says=r"One weight, $y = v_*x$ and $x\sim N(0, 1)$.",
    )


def _entry_at_the_time_one_over_T(candidate: sp.MatrixBase) -> sp.Expr:
    """From 2 on, falling at the candidate's rate where the teacher is learned."""
    learned = {u_1: 2, u_2: 1, w_1: sp.S.Half, w_2: 0, v_star: 1, sigma: 1, S: 1, eta: T}
    return 2 * sp.exp(sp.cancel(candidate[0, 1].subs(learned) / T) / 2)


def _noiseless_slope_variance(v: sp.Symbol) -> sp.Expr:
    model = Model([v], (v * x - v_star * x) ** 2 / 2, Gaussian([x, epsilon], [0, 0], sp.eye(2)))
    return sp.factor(model.covariance[0])
