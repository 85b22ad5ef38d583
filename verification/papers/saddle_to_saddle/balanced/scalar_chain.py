r"""Results of ours about a chain of scalars: the exact equations of amplitude and layer, and a step of descent."""

from __future__ import annotations

import sympy as sp

from theory.ito import ito_differential
from theory.notation import eta
from verification.authoring.shorthand import Source, equals, sde
from verification.papers.saddle_to_saddle.balanced.aligned import chain, sampled
from verification.papers.saddle_to_saddle.measured import step_of_descent
from verification.papers.saddle_to_saddle.paper import (
    NOISE_SYMBOLS,
    L,
    beta,
    layer_process,
    mode_process,
    paper,
    s,
    sigma_q,
    w,
)

POWER = (3 * L - 4) / L


@paper.claim("DLN-I8", "not printed; relevant to Eq. (4)", symbols=NOISE_SYMBOLS, source=Source.OURS)
def exact_equation_of_a_scalar_chain():
    """Exact equation of a scalar chain."""
    strength = 2 * (s - w) ** 2 + sigma_q**2
    drift = L * (s - w) * w ** (2 * (L - 1) / L) + beta * L * (L - 1) / 2 * strength * w**POWER
    spread = L * w ** (2 * (L - 1) / L) * sp.sqrt(beta * strength)
    yield equals(
        r"amplitude: $dw: \text{ (drift, dispersion)}$",
        printed=sde(drift, spread),
        derived=mode_process,
        wrong={"gradient flow with noise": sde(L * (s - w) * w ** (2 * (L - 1) / L), spread)},
        mutated=False,
    )

    def logit() -> list[sp.Expr]:
        moved = ito_differential(mode_process(sp.Integer(2), sp.S.Zero), sp.log(w / (s - w)))
        return [moved.drift, moved.dispersion[0] ** 2]

    yield equals(
        r"logit at depth two: $d\log\frac w{s - w}: \text{ (drift, diffusion)}$",
        printed=sde(2 * s - 2 * beta * s**2 + 6 * beta * s * w, 8 * beta * s**2),
        derived=logit,
        domain=(w < s,),
        wrong={"ordinary chain rule": sde(2 * s, 8 * beta * s**2)},
        says="Without label noise the noise of the logit is constant.",
        mutated=False,
    )


@paper.claim("DLN-I13", "not printed; relevant to Proposition 3.5", symbols=NOISE_SYMBOLS, source=Source.OURS)
def equation_of_a_layer():
    r"""Equation of a layer of a balanced scalar chain.

    $u = w^{1/L}$ has no Itô drift; (5), (7) and the Itô drift of DLN-I1 follow by one application of Itô's formula.
    """
    u = sp.Symbol("u", positive=True)
    noise = sp.sqrt(beta * (2 * (s - u**L) ** 2 + sigma_q**2))
    yield equals(
        r"layer: $du: \text{ (drift, dispersion)}$",
        printed=sde(u ** (L - 1) * (s - u**L), u ** (L - 1) * noise),
        derived=layer_process,
        wrong={"power of the amplitude": sde(u**L * (s - u**L), u ** (L - 1) * noise)},
    )

    def from_amplitude() -> sp.Expr:
        moved = ito_differential(mode_process(), w ** (1 / L)).drift
        return moved.subs(w, u**L)

    yield equals(
        r"drift from that of the amplitude: $\text{drift of }w^{1/L}$",
        printed=u ** (L - 1) * (s - u**L),
        derived=from_amplitude,
        wrong={"ordinary chain rule": u ** (L - 1) * (s - u**L) + beta * u ** (2 * L - 3)},
    )


@paper.claim("DLN-I9", "not printed; relevant to Eqs. (1) and (6)", symbols={eta: "learning rate"}, source=Source.OURS)
def one_step_of_descent():
    r"""One step of SGD against the SDE.

    - Scope: two scalar layers, one step of batches of b.
    - The term $\eta^2w\delta^2$ is missing in (1) and for $b = 1$ as large as its Itô drift.
    """
    a_1, a_2, b = *sp.symbols("W_1 W_2", positive=True), sp.Symbol("b", positive=True, integer=True)
    network, delta = chain([a_1, a_2]), s - a_1 * a_2
    mean = eta * (a_1**2 + a_2**2) * delta

    def moved() -> sp.Expr:
        slope = network.gradient()
        second = slope[0] * slope[1] + network.covariance_block(1, 2)[0] / b
        return sp.expand(-eta * (a_2 * slope[0] + a_1 * slope[1]) + eta**2 * second)

    yield equals(
        "mean: $E[w'] - w$",
        printed=mean + eta**2 * a_1 * a_2 * (delta**2 + (2 * delta**2 + sigma_q**2) / b),
        derived=moved,
        wrong={
            "the SDE": mean + eta**2 * a_1 * a_2 * (2 * delta**2 + sigma_q**2) / b,
            "descent's own second order a third too large": mean
            + eta**2 * a_1 * a_2 * (4 * delta**2 / 3 + (2 * delta**2 + sigma_q**2) / b),
        },
        measured=[
            sampled(
                step_of_descent,
                2,
                of=lambda candidate: candidate.subs({a_1: sp.sqrt(w), a_2: sp.sqrt(w)}),
                w="1/4",
                s="1",
                eta="1",
                b="4",
            )
        ],
        mutated=False,
    )
