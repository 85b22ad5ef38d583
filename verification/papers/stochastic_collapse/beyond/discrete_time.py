r"""Discrete time against the diffusion limit: the exact collapse threshold of a multiplicative recursion.

Results of our own; relevant to Figures 1 and 5, which simulate with a finite step.
"""

import mpmath
import sympy as sp

from theory.discrete import growth_rate as growth
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import eta, mu, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import Kind, Source, compared, equals, measured, table
from verification.forms import Arguments
from verification.papers.stochastic_collapse.measured.one_dimension import log_of_gaussian_multiplier
from verification.papers.stochastic_collapse.paper import paper

m = sp.Symbol("m", real=True)
v = sp.Symbol("v", positive=True)


def gaussian_rate(mean: sp.Expr, variance: sp.Expr, *, argument: sp.Expr | int = 1) -> sp.Expr:
    r""":math:`E\log|X|` for :math:`X \sim N(m, v)`; ``argument`` is a factor on that of the hypergeometric function."""
    y = mean**2 / (2 * variance)
    constant = (sp.EulerGamma + sp.log(2)) / 2
    return sp.log(variance) / 2 - constant + y * sp.hyper((1, 1), (sp.Rational(3, 2), 2), -argument * y)


def log_mean_by_quadrature(point: Arguments) -> tuple[float, float]:
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


POINTS = table("m v", "1 1/100", "11/10 1/4", "1 3", "0 2", "-3/2 1/2", "401/400 1/100")


@paper.claim(
    "SC-110",
    "not printed; relevant to Figures 1 and 5",
    symbols={m: r"$1 + \eta\mu$", v: r"$\eta\zeta^2$", kappa_3: r"$E\,\xi^3$", kappa_4: r"$E\,\xi^4$"},
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def collapse_in_discrete_time():
    r"""Collapse threshold of the Gaussian chain.

    The chain collapses iff $\Lambda = E\log|1 + \eta\mu + \sqrt\eta\,\zeta\xi| < 0$.
    - Scope: $\theta' = \theta(1 + \eta\mu + \sqrt\eta\,\zeta\xi)$, standardised $\xi$; expansion up to $O(\eta^{3/2})$.
    - For signs with $\eta\zeta^2 > 1$ collapse needs $(1 + \eta\mu)^2 > \eta\zeta^2 - 1$ besides $\mu < \mu_c$. For
      Gaussian steps nothing collapses once $\eta\zeta^2 \ge 2e^\gamma = 3.562$, whatever $\mu$ is: the window has an
      upper edge.
    - To first order in the step, Gaussian steps raise the critical drift and sign steps lower it.
    """
    rate = gaussian_rate(m, v)
    yield equals(
        r"Gaussian multiplier: $E\log|X|$",
        printed=rate,
        derived=lambda: growth.gaussian_growth_rate(m, v),
        wrong={"argument not halved": gaussian_rate(m, v, argument=2), "a tenth too fast": 11 * rate / 10},
        says=r"For $X \sim N(m, v)$.",
        measured=measured(log_of_gaussian_multiplier, at={m: "10", v: "100"}),
        compared=compared("quadrature", log_mean_by_quadrature, predictions.at_point(m, v), *POINTS, tolerance=1e-10),
    )
    yield equals(
        r"expansion: $\Lambda/\eta$",
        printed=mu
        - zeta**2 / 2
        + sp.sqrt(eta) * kappa_3 * zeta**3 / 3
        + eta * (-(mu**2) / 2 + mu * zeta**2 - kappa_4 * zeta**4 / 4),
        derived=lambda: growth.growth_rate_expansion(2),
        wrong={"diffusion limit only": mu - zeta**2 / 2},
        says="For small steps and any standardised noise.",
    )
    yield equals(
        r"Gaussian threshold: $\mu_c$",
        printed=zeta**2 / 2 + sp.Rational(3, 8) * eta * zeta**4,
        derived=lambda: growth.collapse_threshold_expansion(2).subs({kappa_3: 0, kappa_4: 3}),
        wrong={"no correction": zeta**2 / 2, "sign steps": zeta**2 / 2 - eta * zeta**4 / 8},
        says="For Gaussian steps, to first order.",
    )
    yield equals(
        r"sign threshold: $\mu_c$",
        printed=(sp.sqrt(1 + eta * zeta**2) - 1) / eta,
        derived=growth.sign_collapse_threshold,
        wrong={"first order only": zeta**2 / 2 - eta * zeta**4 / 8, "diffusion limit": zeta**2 / 2},
        says=r"For steps with signs $\xi = \pm1$, exactly.",
    )
