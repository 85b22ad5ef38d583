r"""Appendix I.2: the stationary law of a student mode, its potential, and the two phase transitions.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; ``nu`` is the expression
:math:`\eta\zeta^2`, written out as in the paper.
"""

import sympy as sp

from theory.fokker_planck import fokker_planck_operator
from theory.line.laws.mode import mode
from theory.line.laws.stationary import stationary_density
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s, s_tilde, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Kind, Source, equals, holds_when, is_stationary
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import NOISE_SYMBOLS, nu, sampled_mode

Psi = sp.Symbol("Psi", real=True)
kappa = sp.Symbol("kappa", positive=True)
p = sp.Function("p", real=True)(s)
POSITIVE = (s_tilde > nu / 2,)
THREE_HALVES = sp.Rational(3, 2)


def potential(at: sp.Expr, shift: sp.Expr = THREE_HALVES) -> sp.Expr:
    """(59) at a value; ``shift`` is the multiple of the noise strength in front of the logarithm."""
    return at + (shift * nu - s_tilde) * sp.log(at)


@paper.claim("SC-082", "Corollary I.1, Eq. (54)", symbols=NOISE_SYMBOLS, source=Source.CONVERSION)
def stationary_solution():
    r"""Stationary solution.

    - The text at hand sets the power of $\hat s_i$ inside the exponent of $e$, a brace closed too late. Read as a
      product of two factors, as in (59).
    - A Gamma law of shape $\tilde s_i/(\eta\zeta^2) - \frac12$ and scale $\eta\zeta^2$.
    """
    at = {s_tilde: "2", eta: "1", zeta: "1"}
    power = s ** (-(THREE_HALVES - s_tilde / nu))
    law = sp.exp(-s / nu) * power
    yield is_stationary(
        r"density: $p_{ss}(\hat s_i) \propto$",
        printed=sp.exp(-s / nu * power),
        read_as=law,
        process=ts.singular_value_process,
        wrong={
            "Stratonovich reading of the noise": law * sp.sqrt(s),
            "$D$ taken for the whole diffusion": sp.exp(-2 * s / nu) * s ** (2 * s_tilde / nu - 1),
            "scale a tenth too large": sp.exp(-10 * s / (11 * nu)) * power,
        },
        domain=POSITIVE,
        measured=[
            sampled_mode(at, until=9.0, power=j, predicted=predictions.mean_under_density(s**j, s, at)) for j in (1, 2)
        ],
    )
    yield equals(
        r"mean: $E_{ss}[\hat s_i]$",
        printed=s_tilde - nu / 2,
        derived=lambda: stationary_density(ts.singular_value_process()).mean,
        wrong={"the most probable value": s_tilde - THREE_HALVES * nu, "no shrinkage": s_tilde},
        remark="A result of ours, from the Gamma law.",
        domain=POSITIVE,
    )


@paper.claim("SC-083", "Eq. (55)", symbols=NOISE_SYMBOLS | {p: r"density of $\hat s_i$"})
def fokker_planck_equation_of_the_mode():
    r"""Fokker-Planck equation of the mode.

    - That $\partial_t p_{ss} = 0$ is $J_{ss} = 0$ needs, besides one dimension, that nothing flows in at an end.
    """

    def operator(drift: sp.Expr, strength: sp.Expr) -> sp.Expr:
        return sp.diff(2 * s * (s - drift) * p + strength * sp.diff(s**2 * p, s), s)

    yield equals(
        r"equation: $\partial_t p$",
        printed=operator(s_tilde + nu / 2, 2 * nu),
        derived=lambda: fokker_planck_operator(ts.singular_value_process(), p),
        wrong={
            "diffusion without its 1/2": operator(s_tilde + nu / 2, 4 * nu),
            "Itô's correction lost": operator(s_tilde, 2 * nu),
            "noise strength halved": operator(s_tilde + nu / 2, nu),
        },
    )


@paper.claim(
    "SC-084",
    "Eqs. (56)-(58)",
    symbols=NOISE_SYMBOLS | {p: r"density of $\hat s_i$"},
    kind=Kind.PROOF_STEP,
    grade=Grade.MISPRINT,
)
def verification_of_the_stationary_solution():
    r"""Verification of the stationary solution.

    - One letter is left out, in (56) and again in (57): $4\zeta^2\hat s_i$ for $4\eta\zeta^2\hat s_i$. The left-hand
      side and (58) have it.
    """

    def spread() -> sp.Expr:
        density = stationary_density(ts.singular_value_process()).density
        return 2 * nu * sp.diff(s**2 * density, s) / density

    left = r"2\eta\zeta^2\,\nabla\cdot(\hat s_i^2 p_{ss})/p_{ss}"
    gradient = (1 / nu + (THREE_HALVES - s_tilde / nu) / s) * s**2
    collected = -2 * s * (s - (s_tilde + nu / 2))
    yield equals(
        r"(56): $2\eta\zeta^2\,\nabla\cdot(\hat s_i^2 p)$",
        printed=4 * zeta**2 * s * p + 2 * nu * s**2 * p.diff(s),
        corrected=4 * nu * s * p + 2 * nu * s**2 * p.diff(s),
        derived=lambda: 2 * nu * sp.diff(s**2 * p, s),
        wrong={"the square differentiated to its root": 2 * nu * s * p + 2 * nu * s**2 * p.diff(s)},
    )
    yield equals(
        "(57)",
        left,
        printed=4 * zeta**2 * s - 2 * nu * gradient,
        corrected=4 * nu * s - 2 * nu * gradient,
        derived=spread,
        wrong={"sign of the gradient": 4 * nu * s + 2 * nu * gradient},
    )
    yield equals(
        "(58)",
        left,
        printed=collected,
        derived=spread,
        wrong={"sign of Itô's correction": -2 * s * (s - (s_tilde - nu / 2))},
        says="Minus the drift of the current, so that the current vanishes.",
    )


@paper.claim(
    "SC-085",
    "Eq. (59)",
    symbols=NOISE_SYMBOLS | {Psi: "the potential", kappa: "the page's temperature constant, an inverse temperature"},
)
def potential_of_the_student_modes():
    """Potential of the student modes."""
    yield is_stationary(
        r"Gibbs distribution: $p_{ss}(\hat s_i) \propto$",
        printed=sp.exp(-kappa * Psi),
        where={Psi: potential(s), kappa: 1 / nu},
        process=ts.singular_value_process,
        wrong={
            r"$\kappa$ of the noise alone": {kappa: 1 / zeta**2},
            r"$D$ taken for the whole diffusion": {kappa: 2 / nu},
            "Stratonovich reading of the noise": {Psi: potential(s, sp.S.One)},
            "threshold of the collapse": {Psi: potential(s, sp.Rational(1, 2))},
        },
        domain=POSITIVE,
    )


@paper.claim(
    "SC-086",
    "Eq. (60)",
    symbols=NOISE_SYMBOLS
    | {Psi: "the potential (59)", kappa: "its constant", ts.w: r"$w_i = \sqrt{\hat s_i}$, weight of a layer"},
    kind=Kind.THRESHOLD,
    grade=Grade.MISPRINT,
)
def two_phase_transitions():
    r"""Two phase transitions.

    - $\Psi(w)$ stands in (60) for $\Psi(\hat s_i)$ of (59).
    - The most probable value depends on the coordinate: in $\log\hat s_i$ its transition lies at $\eta\zeta^2/2$. Only
      that of the collapse is intrinsic.
    - That the law is $\delta_0$ where it cannot be normalised is SC-081.
    """
    yield equals(
        r"most probable value: $\arg\max p_{ss}(\hat s_i)$",
        printed=sp.Max(s_tilde - THREE_HALVES * nu, 0),
        derived=lambda: mode(stationary_density(ts.singular_value_process()).density, s),
        wrong={
            "the mean": sp.Max(s_tilde - nu / 2, 0),
            "no transition": s_tilde - THREE_HALVES * nu,
            r"most probable in $w_i = \sqrt{\hat s_i}$": sp.Max(s_tilde - nu, 0),
        },
        domain=POSITIVE,
    )
    yield is_stationary(
        r"law above the collapse: $p_{ss}(\hat s_i) \propto$",
        printed=sp.exp(-kappa * Psi),
        where={Psi: potential(ts.w), kappa: 1 / nu, ts.w: sp.sqrt(s)},
        corrected={Psi: potential(s)},
        process=ts.singular_value_process,
        domain=POSITIVE,
    )
    yield holds_when(
        r"collapse: $Z < \infty\text{ iff }$",
        printed=s_tilde > nu / 2,
        derived=lambda: stationary_density(ts.singular_value_process()).normalisable,
        wrong={"critical case included": s_tilde >= nu / 2, "threshold of the mode": s_tilde > THREE_HALVES * nu},
    )
