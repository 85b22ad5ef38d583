"""Skewed noise: the third moment enters the growth rate at the next order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.simulation.iterate import iterate
from theory.discrete.growth_rate import collapse_threshold_expansion as plain_threshold
from theory.discrete.growth_rate import finite_growth_rate
from theory.discrete.random_map import kappa_3
from theory.notation import eta, mu, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals
from verification.authoring.simulated import options
from verification.forms import Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond.near_invariant_point import descent, upper

SKEWNESS = upper - 1 / upper


SHARE = 1 / (1 + upper**2)
"""The standardised noise of the values a, with this probability, and -1/a; its third moment is SKEWNESS."""


def _two_point_rate() -> sp.Expr:
    factors = [1 + eta * mu + sp.sqrt(eta) * zeta * value for value in (upper, -1 / upper)]
    return finite_growth_rate(factors, [SHARE, 1 - SHARE])


def _skewness_term() -> sp.Expr:
    r"""The coefficient of :math:`\eta^{3/2}` in the exact rate of two-point noise, by differentiation."""
    root = sp.Symbol("root", positive=True)
    rate = _two_point_rate().subs(eta, root**2).replace(sp.Abs, lambda argument: argument)
    return sp.diff(rate, root, 3).subs(root, 0) / 6


def _log_of_two(up: sp.Expr, down: sp.Expr) -> sp.Expr:
    """The mean logarithm for the values up and down with the probabilities 1/(1 + a^2) and a^2/(1 + a^2)."""
    logs = [sp.log(sp.Abs(1 + eta * mu + sp.sqrt(eta) * zeta * value)) for value in (up, down)]
    return (logs[0] + upper**2 * logs[1]) / (1 + upper**2)


def growth_under_skewed_noise(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD on five samples, one or four of them a; 64 steps from 1."""
    rate, drift, noise, a = (sp.Rational(arguments[name]) for name in ("eta", "mu", "zeta", "upper"))
    share = 5 * SHARE.subs(upper, a)
    curvatures = tuple(-(drift + noise * (a if i < share else -1 / a) / sp.sqrt(rate)) for i in range(5))
    run = iterate(
        descent(curvatures, batch_size=1),
        parameters={eta: float(rate)},
        initial=[1.0],
        steps=64,
        n_replicas=draw.n,
        seed=draw.seed,
        options=options(draw),
    )
    return Samples(np.log(np.abs(run.final[:, 0])) / 64)


def _skewed_run(a: str, variation: float) -> Experiment:
    values = {"eta": "1/4", "mu": "1/2", "zeta": "1", "upper": a}
    return Experiment(
        name=f"SGD, a={a}, at the threshold of the flow",
        sampler=growth_under_skewed_noise,
        arguments=values,
        predicted=predictions.at({eta: "1/4", mu: "1/2", zeta: "1", upper: a}),
    )


SKEWED = (
    equals(
        "skewed noise",
        r"E\log|1 + \eta\mu + \sqrt\eta\,\zeta\xi|",
        printed=_log_of_two(upper, -1 / upper),
        derived=_two_point_rate,
        wrong={
            "signs exchanged": _log_of_two(-upper, 1 / upper),
            "signs": _log_of_two(sp.S.One, sp.S.NegativeOne),
            "flow": eta * (mu - zeta**2 / 2),
        },
        says="The exact growth rate for noise of the values a and -1/a, standardised.",
        measured=(_skewed_run("2", 1.2), _skewed_run("1/2", 0.9)),
    ),
    equals(
        "skewness term",
        r"[\eta^{3/2}]\,\Lambda",
        printed=zeta**3 * SKEWNESS / 3,
        derived=_skewness_term,
        wrong={
            "flow": sp.S.Zero,
            "sign": -(zeta**3) * SKEWNESS / 3,
            "divided by 3!": zeta**3 * SKEWNESS / 6,
            "excess of the fourth moment": zeta**3 * (SKEWNESS**2 - 2) / 3,
        },
        says="Its coefficient of eta^(3/2): the kappa_3 term of SC-110, which the flow does not have.",
    ),
    equals(
        "critical drift with skewness",
        r"\mu_c",
        printed=zeta**2 / 2 - sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
        derived=lambda: plain_threshold(1),
        wrong={
            "flow": zeta**2 / 2,
            "sign": zeta**2 / 2 + sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
            "order eta": zeta**2 / 2 - eta * kappa_3 * zeta**3 / 3,
        },
        says="The critical drift to order sqrt(eta), for noise of any law.",
    ),
)
