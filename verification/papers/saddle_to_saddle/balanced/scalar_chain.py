r"""Results of ours about a chain of scalars: the exact equations of amplitude and layer, and a step of descent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from theory.ito import ItoProcess, ito_differential
from theory.notation import eta
from verification.authoring.shorthand import Source, equals, sde
from verification.authoring.simulated import simulated
from verification.forms import Experiment
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
        wrong={
            "gradient flow with noise": sde(L * (s - w) * w ** (2 * (L - 1) / L), spread),
            "a twentieth faster": sde(sp.Rational(21, 20) * drift, spread),
            "a tenth more noise": sde(drift, sp.sqrt(sp.Rational(11, 10)) * spread),
        },
        measured=[
            _run_of_all_layers(2, "3/2", "mean", lambda amplitude: amplitude),
            _run_of_all_layers(2, "3/2", "spread", lambda amplitude: (amplitude - sp.Rational(1, 2)) ** 2),
            _run_of_all_layers(3, "1", "mean", lambda amplitude: amplitude),
        ],
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


EARLY = {2: sp.Rational(1, 20), 3: sp.Rational(1, 8)}
"""Amplitudes at the start of a rise, by depth."""


def _weights(depth: int) -> tuple[sp.Symbol, ...]:
    return sp.symbols(f"W_1:{depth + 1}", positive=True)


@cache
def all_layers(depth: int) -> ItoProcess:
    r"""The layers of a chain under (1), whose noise is one number times the gradient's direction."""
    W = _weights(depth)
    network = chain(W)
    column = [network.covariance_block(l, 1)[0] for l in range(1, depth + 1)]
    if any(sp.expand(network.covariance_block(l, l)[0] * column[0] - column[l - 1] ** 2) for l in range(1, depth + 1)):
        raise AssertionError(f"the noise of a chain of {depth} layers is not of rank one.")
    noise = sp.sqrt(beta) * sp.Matrix(column) / sp.sqrt(column[0])
    return ItoProcess(W, -sp.Matrix(list(network.gradient())), noise)


def _run_of_all_layers(depth: int, until: str, what: str, observable: Callable[[sp.Expr], sp.Expr]) -> Experiment:
    """A mean over runs of all layers in the middle of the rise, against that of the one equation on a grid."""
    values = {s: "1", sigma_q: "1/2", beta: "1/20"}

    def predicted(equation: sp.Matrix) -> float:
        from numerics.deterministic.fokker_planck_grid import fokker_planck_grid

        drift, dispersion = equation.subs(L, depth)
        numbers = {symbol: float(sp.Rational(value)) for symbol, value in values.items()}
        amplitude = ItoProcess.scalar(w, drift=drift, dispersion=dispersion)
        grid = fokker_planck_grid(amplitude, (1e-4, 20.0), parameters=numbers, cells=800, coordinate="log")
        later = grid.expectation(observable(grid.nodes), float(sp.Rational(until)))
        return grid.at(float(EARLY[depth]), later)

    return simulated(
        lambda: all_layers(depth),
        observable(sp.prod(_weights(depth))),
        at=values,
        start=[float(EARLY[depth]) ** (1 / depth)] * depth,
        until=float(sp.Rational(until)),
        predicted=predicted,
        name=f"{what} over runs of {depth} layers",
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
