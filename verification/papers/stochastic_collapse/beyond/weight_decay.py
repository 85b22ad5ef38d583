"""Weight decay shifts the rate of collapse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from theory.discrete import momentum as with_momentum
from theory.discrete.growth_rate import finite_growth_rate
from theory.discrete.momentum import momentum as m
from theory.ito import ItoProcess
from theory.notation import eta, mu, theta, zeta
from theory.stability.attractivity import attractivity_rate
from verification.authoring.shorthand import equals, measured
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond.momentum import rate_coefficients, step_with_momentum
from verification.papers.stochastic_collapse.beyond.near_invariant_point import (
    EXAMPLE,
    decay,
    descent,
    growth,
    h_1,
    h_2,
)
from verification.papers.stochastic_collapse.paper import D_2, L_2, flow_near_invariant_point


def _rate_with_decay() -> sp.Expr:
    r"""The rate alpha of the flow on :math:`L + \frac\lambda2\theta^2`."""
    flow = flow_near_invariant_point()
    drift = flow.drift[0] - sp.diff(decay * theta**2 / 2, theta)
    return attractivity_rate(ItoProcess.scalar(theta, drift=drift, dispersion=flow.dispersion[0]), 0).alpha


def _factors_with_decay() -> list[sp.Expr]:
    """The factors of a step on one sample, by differentiation of the step."""
    steps = (descent((value,), weight_decay=decay) for value in (h_1, h_2))
    return [with_momentum.linear_part(step)[0] for step in steps]


def _log_mean(*factors: sp.Expr) -> sp.Expr:
    return sp.Add(*(sp.log(sp.Abs(factor)) for factor in factors)) / len(factors)


def _rate_with_momentum_and_decay() -> sp.Expr:
    """The leading order, the drift mu of a step being lowered by the decay."""
    matrix = step_with_momentum()
    lowered = sp.expand(matrix[1, 0] - matrix[1, 0].subs(decay, 0))
    return rate_coefficients(0)[0].subs(mu, mu - lowered)


def growth_with_decay(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD with weight decay on the example."""
    step = descent((EXAMPLE[h_1], EXAMPLE[h_2]), batch_size=1, weight_decay=sp.Rational(arguments["lambda"]))
    return growth(step, {eta: number(arguments["eta"])}, draw)


def _run(rate: str, strength: str) -> Experiment:
    def predicted(candidate: sp.Expr) -> sp.Expr:
        return candidate.subs({**EXAMPLE, eta: sp.Rational(rate), decay: sp.Rational(strength)})

    return measured(growth_with_decay, predicted, **{"eta": rate, "lambda": strength})


def weight_decay_statements() -> Iterator[Statement]:
    """Weight decay in the flow, in the steps, and together with momentum."""
    yield equals(
        "weight decay in the flow",
        r"\alpha",
        printed=L_2 + D_2 / 2 + decay,
        derived=_rate_with_decay,
        wrong={
            "penalty without its 1/2": L_2 + D_2 / 2 + 2 * decay,
            "times the learning rate": L_2 + D_2 / 2 + eta * decay,
        },
    )
    rate = _log_mean(*(1 - eta * decay - eta * value for value in (h_1, h_2)))
    yield equals(
        "weight decay in the steps",
        r"E\log|1 - \eta\lambda - \eta h_B|",
        printed=rate,
        derived=lambda: finite_growth_rate(_factors_with_decay()),
        wrong={
            "decoupled decay": _log_mean(*((1 - eta * decay) * (1 - eta * value) for value in (h_1, h_2))),
            r"$\alpha$ moved by $\lambda$": _log_mean(*(1 - eta * value for value in (h_1, h_2))) - eta * decay,
            r"decay not times $\eta$": _log_mean(*(1 - decay - eta * value for value in (h_1, h_2))),
            "a tenth too fast": 11 * rate / 10,
        },
        says="Per step, for two samples and batches of one, at any learning rate.",
        measured=[_run("3/10", "1/5"), _run("3/5", "1")],
    )
    yield equals(
        "weight decay with momentum",
        r"[1]\,\Lambda/\eta",
        printed=(mu - decay - zeta**2 / (2 * (1 - m))) / (1 - m),
        derived=_rate_with_momentum_and_decay,
        wrong={"decay not rescaled": (mu - zeta**2 / (2 * (1 - m))) / (1 - m) - decay},
        says="The leading order with both: the decay is rescaled as the drift is.",
        domain=(m < 1,),
    )
