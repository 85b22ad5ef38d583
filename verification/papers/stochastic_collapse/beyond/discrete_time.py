r"""Discrete time against the diffusion limit: the exact collapse threshold of a multiplicative recursion.

Results of the catalogue, not of the paper; relevant to Figures 1 and 5, which simulate with a finite step.
"""

from __future__ import annotations

from collections.abc import Mapping

import mpmath
import sympy as sp

from theory.discrete.growth_rate import (
    collapse_threshold_expansion,
    gaussian_growth_rate,
    growth_rate_expansion,
    sign_collapse_threshold,
)
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import eta, mu, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import log_of_gaussian_multiplier
from verification.papers.stochastic_collapse.paper import paper

m = sp.Symbol("m", real=True)
v = sp.Symbol("v", positive=True)
_y = m**2 / (2 * v)
_hyper = sp.hyper((1, 1), (sp.Rational(3, 2), 2), -_y)
_gauss = sp.log(v) / 2 - (sp.EulerGamma + sp.log(2)) / 2

PRINTED_RATE = _gauss + _y * _hyper
EXPANSION = (
    mu
    - zeta**2 / 2
    + sp.sqrt(eta) * kappa_3 * zeta**3 / 3
    + eta * (-(mu**2) / 2 + mu * zeta**2 - kappa_4 * zeta**4 / 4)
)


def log_mean_by_quadrature(point: Mapping[str, str]) -> tuple[float, float]:
    r""":math:`E\log|X|` for :math:`X \sim N(m, v)` by quadrature, cut at the logarithmic singularity."""
    mean, variance = (mpmath.mpf(sp.Rational(point[name]).p) / sp.Rational(point[name]).q for name in ("m", "v"))
    with mpmath.workdps(30):
        spread = mpmath.sqrt(variance)

        def integrand(value: mpmath.mpf) -> mpmath.mpf:
            return mpmath.log(abs(value)) * mpmath.exp(-((value - mean) ** 2) / (2 * variance))

        cuts = sorted({mean - 14 * spread, mpmath.mpf(0), mean, mean + 14 * spread})
        value, error = mpmath.quad(integrand, cuts, error=True)
        norm = spread * mpmath.sqrt(2 * mpmath.pi)
        return float(value / norm), max(float(error / norm), 1e-15)


def _at_point(candidate: sp.Expr, point: Mapping[str, str]) -> sp.Expr:
    return predictions.at({m: point["m"], v: point["v"]})(candidate)


POINTS = tuple(
    {"m": mean, "v": variance}
    for mean, variance in (
        ("1", "1/100"),
        ("11/10", "1/4"),
        ("1", "3"),
        ("0", "2"),
        ("-3/2", "1/2"),
        ("401/400", "1/100"),
    )
)


@paper.claim(
    "SC-110",
    "not printed; relevant to Figures 1 and 5",
    symbols={m: "1 + eta mu", v: "eta zeta^2", kappa_3: "E xi^3", kappa_4: "E xi^4"},
    kind=Kind.THRESHOLD,
    scope="theta' = theta (1 + eta mu + sqrt(eta) zeta xi), E xi = 0, E xi^2 = 1; expansion up to O(eta^(3/2))",
    notes=(
        "A result of the catalogue, not of the paper.",
        "For signs with eta zeta^2 > 1 collapse needs (1 + eta mu)^2 > eta zeta^2 - 1 besides mu < mu_c. For Gaussian "
        "steps nothing collapses once eta zeta^2 >= 2 e^gamma = 3.562, whatever mu is: the window has an upper edge.",
        "To first order in the step, Gaussian steps raise the critical drift and sign steps lower it.",
    ),
)
def collapse_threshold_of_the_gaussian_chain():
    r"""Collapse threshold of the Gaussian chain.

    collapse iff Lambda = E log|1 + eta mu + sqrt(eta) zeta xi| < 0; for X ~ N(m,v): E log|X| = (1/2) log v -
    (1/2)(gamma + log 2) + (m^2/2v) 2F2(1,1; 3/2,2; -m^2/2v); Lambda/eta = mu - zeta^2/2 + sqrt(eta) kappa3
    zeta^3/3 + eta(-mu^2/2 + mu zeta^2 - kappa4 zeta^4/4) + O(eta^{3/2})
    """
    yield equals(
        "Gaussian multiplier",
        r"E\log|X|",
        printed=PRINTED_RATE,
        derived=lambda: gaussian_growth_rate(m, v),
        wrong={
            "gamma with the other sign": PRINTED_RATE + sp.EulerGamma,
            "log 2 lost": PRINTED_RATE + sp.log(2) / 2,
            "argument not halved": _gauss + _y * sp.hyper((1, 1), (sp.Rational(3, 2), 2), -2 * _y),
            "no hypergeometric term": _gauss,
        },
        says="E log|X| for X ~ N(m, v).",
        measured=(
            Experiment(
                name="E log|X| at m=10, v=100",
                sampler=log_of_gaussian_multiplier,
                arguments={"m": "10", "v": "100"},
                predicted=predictions.at({m: "10", v: "100"}),
            ),
        ),
        compared=(
            Comparison(
                name="quadrature",
                evaluator=log_mean_by_quadrature,
                arguments=POINTS,
                predicted=_at_point,
                tolerance=1e-10,
            ),
        ),
    )
    yield equals(
        "expansion",
        r"\Lambda/\eta",
        printed=EXPANSION,
        derived=lambda: growth_rate_expansion(2),
        wrong={
            "diffusion limit only": mu - zeta**2 / 2,
            "sign of the skewness term": EXPANSION - 2 * sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
            "kappa_4 for 3 kappa_4": EXPANSION - eta * kappa_4 * zeta**4 / 2,
            "cross term halved": EXPANSION - eta * mu * zeta**2 / 2,
        },
        says="Lambda/eta for small steps and any standardised noise.",
    )
    yield equals(
        "Gaussian threshold",
        r"\mu_c",
        printed=zeta**2 / 2 + sp.Rational(3, 8) * eta * zeta**4,
        derived=lambda: collapse_threshold_expansion(2).subs({kappa_3: 0, kappa_4: 3}),
        wrong={
            "no correction": zeta**2 / 2,
            "sign steps": zeta**2 / 2 - eta * zeta**4 / 8,
            "coefficient 3/4": zeta**2 / 2 + sp.Rational(3, 4) * eta * zeta**4,
        },
        says="The critical drift for Gaussian steps, to first order.",
    )
    yield equals(
        "sign threshold",
        r"\mu_c",
        printed=(sp.sqrt(1 + eta * zeta**2) - 1) / eta,
        derived=sign_collapse_threshold,
        wrong={"first order only": zeta**2 / 2 - eta * zeta**4 / 8, "diffusion limit": zeta**2 / 2},
        says="The critical drift for steps with signs xi = +-1, exactly.",
    )
