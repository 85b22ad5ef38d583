"""Skewed noise: the third moment enters the growth rate at the next order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from theory.discrete.growth_rate import collapse_threshold_expansion, finite_growth_rate
from theory.discrete.random_map import kappa_3
from theory.notation import eta, mu, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals, measured
from verification.claim import Statement
from verification.forms import Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond.near_invariant_point import descent, growth, upper

SHARE = 1 / (1 + upper**2)
"""The standardised noise of the values a, with this probability, and -1/a; its third moment is a - 1/a."""


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
    r"""Growth of :math:`\log|\theta|` per step of SGD on five samples, one or four of them a."""
    rate, drift, noise, a = (sp.Rational(arguments[name]) for name in ("eta", "mu", "zeta", "upper"))
    share = 5 * SHARE.subs(upper, a)
    curvatures = tuple(-(drift + noise * (a if i < share else -1 / a) / sp.sqrt(rate)) for i in range(5))
    return growth(descent(curvatures, batch_size=1), {eta: float(rate)}, draw)


def _run(a: str) -> Experiment:
    """SGD at the threshold of the flow."""
    at = {eta: "1/4", mu: "1/2", zeta: "1", upper: a}
    return measured(growth_under_skewed_noise, predictions.at(at), eta="1/4", mu="1/2", zeta="1", upper=a)


def skewed_noise_statements() -> Iterator[Statement]:
    """The exact rate, its first term beyond the flow, and the threshold."""
    rate, skewness = _log_of_two(upper, -1 / upper), upper - 1 / upper
    yield equals(
        "skewed noise",
        r"E\log|1 + \eta\mu + \sqrt\eta\,\zeta\xi|",
        printed=rate,
        derived=_two_point_rate,
        wrong={
            "signs exchanged": _log_of_two(-upper, 1 / upper),
            "signs": _log_of_two(sp.S.One, sp.S.NegativeOne),
            "flow": eta * (mu - zeta**2 / 2),
            "a tenth too fast": 11 * rate / 10,
        },
        says="For standardised noise of the values $a$ and $-1/a$, exactly.",
        measured=[_run("2"), _run("1/2")],
    )
    yield equals(
        "skewness term",
        r"[\eta^{3/2}]\,\Lambda",
        printed=zeta**3 * skewness / 3,
        derived=_skewness_term,
        wrong={
            "flow": sp.S.Zero,
            "divided by $3!$": zeta**3 * skewness / 6,
            "excess of the fourth moment": zeta**3 * (skewness**2 - 2) / 3,
        },
        says=r"The $\kappa_3$ term of SC-110, which the flow does not have.",
    )
    yield equals(
        "critical drift with skewness",
        r"\mu_c",
        printed=zeta**2 / 2 - sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
        derived=lambda: collapse_threshold_expansion(1),
        wrong={"flow": zeta**2 / 2, r"order $\eta$": zeta**2 / 2 - eta * kappa_3 * zeta**3 / 3},
        says=r"To order $\sqrt\eta$, for noise of any law.",
    )
