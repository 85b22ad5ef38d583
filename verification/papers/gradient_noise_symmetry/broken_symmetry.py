r"""Section 4.4: a loss with a part that has no symmetry."""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.model import Model
from theory.infinitesimal_generator import generator as infinitesimal_generator
from verification.authoring.shorthand import Source, equals
from verification.papers.gradient_noise_symmetry.paper import (
    PRODUCT_SYMBOLS,
    RESCALING,
    TEMPERATURE,
    WEIGHTS,
    S,
    T,
    charge,
    paper,
    product_model,
    trace_with,
    u_1,
    u_2,
    w_1,
)

A = RESCALING.matrix
zeta = sp.Symbol("zeta", positive=True)


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
