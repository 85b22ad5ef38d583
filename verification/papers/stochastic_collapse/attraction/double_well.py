r"""Section 4: the stationary law of the double well and the collapse of its partition function."""

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.errors import TheoryError
from theory.line.ends.boundary import FellerClass, classify, integrable
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.laws.stationary import stationary_density
from theory.notation import mu, theta, zeta
from theory.stability.attractivity import attractivity_rate
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, equals, holds_when, is_stationary, measured
from verification.authoring.simulated import simulated
from verification.forms import Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import sign_changes_of_double_well
from verification.papers.stochastic_collapse.paper import WELL, WELL_SYMBOLS, paper

Psi = sp.Symbol("Psi", real=True)
kappa = sp.Symbol("kappa", positive=True)
GIBBS = sp.exp(-kappa * Psi)


def potential(drift: sp.Expr) -> sp.Expr:
    r"""The modified potential :math:`\theta^2/2 - c\log\theta` with ``drift`` as its coefficient c."""
    return theta**2 / 2 - drift * sp.log(theta)


PRINTED = {Psi: potential(2 * mu / zeta**2 - 2), kappa: 2 / zeta**2}


@paper.claim("SC-030", "Section 4", symbols=WELL_SYMBOLS)
def double_well():
    r"""Double-well example.

    The minima of the potential are located at $\theta = \pm\sqrt\mu$, while $\theta = 0$ is a local maximum and
    forms an invariant set.
    """

    def derivatives_at(point: sp.Expr) -> list[sp.Expr]:
        return [sp.diff(WELL.potential, theta, order).subs(theta, point) for order in (1, 2)]

    yield equals(
        r"drift: $-\mathcal L'(\theta)$",
        printed=-(theta**3 - mu * theta),
        derived=lambda: -sp.diff(WELL.potential, theta),
        wrong={"factor 4 of the quartic lost": -4 * (theta**3 - mu * theta)},
    )
    yield equals(
        r"critical points: $(\mathcal L'(\sqrt\mu),\ \mathcal L''(\sqrt\mu),\ \mathcal L'(0),\ \mathcal L''(0))$",
        printed=sp.Matrix([0, 2 * mu, 0, -mu]),
        derived=lambda: [*derivatives_at(sp.sqrt(mu)), *derivatives_at(sp.S.Zero)],
        wrong={"0 a local minimum": sp.Matrix([0, 2 * mu, 0, mu])},
        domain=(mu > 0,),
    )
    yield equals(
        r"rate: $\alpha$",
        printed=-mu + zeta**2 / 2,
        derived=lambda: attractivity_rate(WELL.process, 0).alpha,
        wrong={"$D$ taken for the whole diffusion": -mu + zeta**2 / 4},
        says="Theorem 4.1 for this process.",
    )


@paper.claim(
    "SC-031",
    "Section 4, footnote 11",
    symbols=WELL_SYMBOLS | {Psi: "the modified potential", kappa: "its constant"},
    grade=Grade.WRONG,
)
def modified_potential():
    r"""Modified potential of the double well.

    $p_{ss}(\theta)$ is given by a Gibbs distribution $p_{ss}(\theta) \propto e^{-\kappa\Psi(\theta)}$ for a modified
    potential.
    - The printed factor $2\mu/\zeta^2 - 2$ already contains $\kappa$, so that the printed $\kappa\Psi$ has it twice.
      Printed and corrected form agree only at $\zeta^2 = 2$.
    """

    def square(m: str, z: str, until: float) -> Experiment:
        at = {mu: m, zeta: z}
        mean = predictions.mean_under_density(theta**2, theta, at)
        return simulated(WELL.process, theta**2, at=at, start=1.0, until=until, predicted=mean, coordinates="log")

    yield is_stationary(
        r"density: $p_{ss}(\theta) \propto$",
        printed=GIBBS,
        where=PRINTED,
        process=lambda: WELL.process,
        normalisable=False,  # where the law exists is the next statement
        corrected={Psi: potential(mu - zeta**2)},
        wrong={
            "Stratonovich reading of the noise": {Psi: potential(mu - zeta**2 / 2)},
            "noise-induced drift a tenth too large": {Psi: potential(mu - 11 * zeta**2 / 10)},
            r"$\kappa$ halved": {Psi: potential(mu - zeta**2), kappa: 1 / zeta**2},
            "no noise-induced drift": {Psi: potential(mu)},
        },
        domain=(mu > 0,),
        measured=[square("3/2", "1", 20.0), square("2", "4/5", 5.0)],
    )
    yield holds_when(
        r"partition function of the printed potential: $\int_0^\infty e^{-\kappa\Psi}\,d\theta < \infty\text{ iff }$",
        printed=mu > zeta**2 / 2,
        derived=lambda: _integrable(GIBBS.subs(PRINTED)),
        corrected=mu > zeta**2 - zeta**4 / 4,
        wrong={"critical case included": mu >= zeta**2 - zeta**4 / 4, "no log term": mu > 0},
        remark="The page's threshold is that of the dynamics, and not that of its own potential.",
        domain=(mu > 0,),
    )


def _integrable(density: sp.Expr) -> Boolean:
    r"""The parameters for which ``density`` has a finite integral over :math:`\theta \in (0, \infty)`."""
    log_derivative = sp.expand(sp.diff(density, theta) / density)
    return sp.And(*(integrable(endpoint_behaviour(log_derivative, theta, end)) for end in (sp.S.Zero, sp.oo)))


@paper.claim("SC-032", "Section 4", symbols=WELL_SYMBOLS, grade=Grade.CONDITION)
def normalisability_and_uniqueness():
    r"""Normalisability and uniqueness of the stationary law.

    The dynamics have an analytical steady-state distribution $p_{ss}(\theta)$, given any initialization, with
    partition function $Z = \int_{-\infty}^\infty e^{-\kappa\Psi(\theta)}\,d\theta$. When $\mu \le \zeta^2/2$, the
    partition function diverges and $p_{ss}(\theta)$ collapses to a Dirac delta distribution at $\theta = 0$.
    - Judged with the density of the dynamics; that the printed $\Psi$ is another function is SC-031.
    - The page itself assumes $\theta_0 > 0$ two sentences later. A law on the whole line is right for an initialisation
      that is symmetric in sign.
    - At $\mu = \zeta^2/2$ the law does collapse to the delta, although the set is not attractive (SC-027).
    """
    yield holds_when(
        r"collapse threshold: $Z < \infty\text{ iff }$",
        printed=mu > zeta**2 / 2,
        derived=lambda: stationary_density(WELL.process).normalisable,
        wrong={"critical case included": mu >= zeta**2 / 2, "Stratonovich reading of the noise": mu > 0},
        domain=(mu > 0,),
    )
    yield equals(
        r"any initialisation: $\lim_t P[\theta_t < 0 \mid \theta_0 > 0]$",
        printed=sp.Rational(1, 2),
        derived=_probability_of_sign_change,
        corrected=sp.S.Zero,
        wrong={"one path in twenty crosses": sp.Rational(1, 20)},
        says=r"With one law for every initialization and $Z$ over the whole line, half of the paths end below 0.",
        measured=measured(sign_changes_of_double_well, mu="3/2", zeta="1"),
    )


def _probability_of_sign_change() -> sp.Expr:
    """0, because 0 is a natural boundary: no path from theta_0 > 0 reaches it, let alone crosses."""
    left, _ = classify(WELL.process)
    if left.feller_class is not FellerClass.NATURAL:
        raise TheoryError(f"0 must be natural, so that no path reaches it; it is classified as {left.classes}.")
    return sp.S.Zero
