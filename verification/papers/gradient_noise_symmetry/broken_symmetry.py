r"""Section 4.4: losses with a part that has no symmetry, and networks with approximate ones."""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.infinitesimal_generator import generator as infinitesimal_generator
from verification.authoring.shorthand import Source, agrees_to_order, equals
from verification.papers.gradient_noise_symmetry.balance import INPUT, SPREAD, W
from verification.papers.gradient_noise_symmetry.balance import SYMBOLS as LAYERS
from verification.papers.gradient_noise_symmetry.fixed_point import (
    ORBIT_SYMBOLS,
    a,
    b,
    drift_along,
    p,
    position,
    q,
    rescaling_potential,
)
from verification.papers.gradient_noise_symmetry.paper import (
    PRODUCT_SYMBOLS,
    RESCALING,
    TEMPERATURE,
    WEIGHTS,
    S,
    T,
    charge,
    gamma,
    paper,
    product_model,
    trace_with,
    u_1,
    u_2,
    w_1,
)

A = RESCALING.matrix
zeta = sp.Symbol("zeta", positive=True)
HIDDEN_SYMBOLS = {key: LAYERS[key] for key in (W[0], SPREAD[0])} | {
    sp.Symbol("mu_1", real=True): r"mean of $x_1$; likewise $\mu_2$"
}


@paper.claim(
    "SYM-22", "Section 4.4, Eqs. (18), (19)",
    symbols=PRODUCT_SYMBOLS | {zeta: r"strength of the part $\ell_1$ without symmetry"}, source=Source.RECONSTRUCTION,
)  # fmt: skip
def charge_of_a_broken_symmetry():
    r"""Charge of a broken symmetry.

    $\ell = \ell_0 + \zeta\ell_1$, where $\ell_1$ has neither symmetry nor randomness:
    $\dot C = -2\zeta\theta^\top A\nabla\ell_1 + T\,\mathrm{Tr}[\Sigma A]$.
    - The letter $\zeta$ is ours, the page's is lost.
    """
    base = product_model()
    extra = (u_1 - 1) ** 2 + u_2 * w_1
    model = Model(list(WEIGHTS), base.loss + zeta * extra, base.law)
    pull = (WEIGHTS.T * A * sp.Matrix([extra]).jacobian(WEIGHTS).T)[0]
    yield equals(
        r"drift: $\dot C$",
        printed=-2 * zeta * pull + T * trace_with(A),
        where=TEMPERATURE,
        derived=lambda: infinitesimal_generator(model.stochastic_gradient_flow(S), charge(A)),
        wrong={
            "the pull counted once": -zeta * pull + T * trace_with(A),
            "the symmetric part's flow alone": T * trace_with(A),
        },
        says=r"Rescaling of a product, with $\ell_1 = (u_1 - 1)^2 + u_2w_1$.",
        mutated=False,
    )
    yield equals(
        r"martingale part: $\nabla C^\top\sqrt{T\Sigma}$",
        printed=sp.zeros(1, 2),
        derived=lambda: 2 * WEIGHTS.T * A * model.stochastic_gradient_flow(S).dispersion,
        wrong={"sum of the squares of both layers": WEIGHTS.T * model.stochastic_gradient_flow(S).dispersion},
        remark="The noise is that of the symmetric part, and does not move the charge.",
    )


@paper.claim("SYM-37", "Section 4.4, after Eq. (19)", symbols=ORBIT_SYMBOLS | {zeta: "strength of the breaking part"})
def first_order_correction_of_the_fixed_point():
    r"""First-order correction of the fixed point.

    When the strength of the breaking term is "perturbatively small, we see that SGD still favors the fixed point given
    by Theorem 1, but with a first-order correction".
    - Scope: a frozen orbit of rescalings, $\ell_1 = \frac12\|u\|^2$; first order in $\zeta$.
    - It needs $G' < 0$ at the fixed point: at an interpolation minimum without decay there is none to correct.
    """
    low, high = T * p + 4 * gamma * b, T * q + 4 * gamma * a

    def perturbed() -> sp.Expr:
        drift = drift_along(rescaling_potential()) - 2 * zeta * a * sp.exp(2 * position)
        square = sp.Symbol("square", positive=True)
        (found,) = sp.solve(sp.expand(drift * sp.exp(2 * position)).subs(sp.exp(4 * position), square), square)
        return found

    corrected = low / high - 2 * a * zeta * low / high**2
    yield agrees_to_order(
        r"zero: $e^{4\lambda_*}$",
        printed=low / high,
        derived=perturbed,
        small=zeta,
        order=0,
        wrong={"decay alone": b / a, "noise alone": p / q},
        says="The fixed point of Theorem 1 where the breaking vanishes.",
    )
    yield agrees_to_order(
        r"first order: $e^{4\lambda_*}$",
        printed=corrected,
        derived=perturbed,
        small=zeta,
        order=1,
        wrong={
            "no correction": low / high,
            "the other way": low / high + 2 * a * zeta * low / high**2,
            "the pull counted once": low / high - a * zeta * low / high**2,
        },
        remark="The correction is of the first order; its size is a result of ours.",
        mutated=False,
    )


@paper.claim("SYM-41", "Section 4.4", symbols={zeta: r"scale of the weights, $\theta\to\zeta\theta$"})
def tanh_networks_near_zero():
    r"""Tanh networks near zero.

    "when the parameters are close to zero, a tanh network is approximately linear and thus has the desired symmetries".
    - One hidden unit, $\ell = \frac12(u\tanh w - y)^2$ at the input 1. The symmetry is broken in the fourth order of
      the scale; the loss itself moves in the second.
    """
    u, w, y = sp.symbols("u w y", real=True)
    loss = (u * sp.tanh(w) - y) ** 2 / 2

    def along(matrix: sp.MatrixBase) -> sp.Expr:
        field = matrix * sp.Matrix([u, w])
        return sp.Matrix([loss]).jacobian([u, w]).dot(field).subs({u: zeta * u, w: zeta * w}, simultaneous=True)

    yield agrees_to_order(
        r"violation: $J\cdot\nabla\ell(\zeta\theta)$",
        printed=sp.S.Zero,
        derived=lambda: along(sp.diag(1, -1)),
        small=zeta,
        order=3,
        wrong={"both weights grow": -2 * y * u * w * zeta**2, "of the third order": u * w**2 * zeta**3 / 3},
    )
    yield agrees_to_order(
        r"fourth order: $J\cdot\nabla\ell(\zeta\theta)$",
        printed=-sp.Rational(2, 3) * y * u * w**3 * zeta**4,
        derived=lambda: along(sp.diag(1, -1)),
        small=zeta,
        order=4,
        wrong={"exactly symmetric": sp.S.Zero, "a third of the cube": -y * u * w**3 * zeta**4 / 3},
        remark="A result of ours: the first order in which the symmetry is broken.",
        mutated=False,
    )


@paper.claim("SYM-40", "Section 4.4, Figure 5", symbols=HIDDEN_SYMBOLS)
def covariance_of_the_hidden_representation():
    r"""Covariance of the hidden representation.

    $W\Sigma_xW^\top$, normalised, "has a very clean interpretation as the normalized covariance matrix of
    pre-activation hidden representation".
    - With $\Sigma_x$ the covariance of the inputs it holds for any mean; with second moments the mean must be 0.
    """
    hidden = W * INPUT
    centre = sp.Matrix(sp.symbols("mu_1 mu_2", real=True))
    law = Gaussian(list(INPUT), list(centre), sp.diag(*SPREAD))

    def covariance() -> sp.Matrix:
        mean = hidden.applyfunc(lambda entry: expectation(entry, law))
        return (hidden * hidden.T).applyfunc(lambda entry: expectation(entry, law)) - mean * mean.T

    spread = sp.diag(*SPREAD)
    yield equals(
        r"covariance: $\mathrm{Cov}(Wx)$",
        printed=W * spread * W.T,
        derived=covariance,
        wrong={
            "second moments of inputs": W * (spread + centre * centre.T) * W.T,
            "transposed": W.T * spread * W,
        },
        mutated=False,
    )
