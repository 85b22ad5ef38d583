r"""Section 6 and Appendix I.2: the path of a student mode in closed form, theorem 6.1, and its phase transition.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``. The path enters by :math:`X_t` and its
exponential functional :math:`A_t`, symbols whose Itô calculus :func:`theory.models.teacher_student.modes.path_process`
knows.
"""

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.ito import ito_differential
from theory.line.laws.stationary import stationary_density
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s_0, s_tilde, t, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import Kind, bounds, compared, equals, holds_when, measured, sde, table
from verification.papers.stochastic_collapse.measured import paths
from verification.papers.stochastic_collapse.measured.one_dimension import log_rate_of_mode
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import NOISE_SYMBOLS, nu, sampled_mode

u, X, A = ts.u, ts.log_growth, ts.area
PATH_SYMBOLS = {
    X: r"$X_t = (2\tilde s_i - \eta\zeta^2)t + 2\sqrt{\eta\zeta^2}\,B_t$",
    A: r"$A_t = \int_0^t e^{X_\tau}\,d\tau$",
    s_0: r"$\hat s_i(0)$",
    **{symbol: paper.symbols[symbol] for symbol in (s_tilde, eta)},
}


@paper.claim(
    "SC-078", "Eqs. (44)-(51)", symbols=NOISE_SYMBOLS | PATH_SYMBOLS | {u: r"$u_i = 1/\hat s_i$"}, kind=Kind.PROOF_STEP
)
def steps_of_the_solution():
    r"""Steps of the solution.

    - (45) is undefined at $\tilde s_i = \frac32\eta\zeta^2$, where $\mu$ is infinite; (44) and $\theta\mu = 2$ are fine
      there.
    - In (46) to (51) the path enters by $X_t = (\theta + \frac12\sigma^2)t - \sigma B_t$.
    """
    theta, mu, sigma = sp.symbols("theta mu sigma", real=True)
    F = sp.Symbol("F", positive=True)
    standard = {theta: 2 * s_tilde - 3 * nu, mu: 1 / (s_tilde - 3 * nu / 2), sigma: -2 * sp.sqrt(nu)}

    def rate_and_exponent() -> list[sp.Expr]:
        """The inhomogeneity of the linear equation (44), and minus its logarithmic growth rate."""
        process = ts.reciprocal_process()
        drift, dispersion = process.drift[0], process.dispersion[0]
        return [drift.subs(u, 0), -(sp.diff(drift, u) - sp.diff(dispersion, u) ** 2 / 2)]

    yield equals(
        r"reciprocal (44): $du_i: \text{ (drift, dispersion)}$",
        printed=sde(2 - (2 * s_tilde - 3 * nu) * u, -2 * sp.sqrt(nu) * u),
        derived=ts.reciprocal_process,
        wrong={
            "Itô's correction lost": sde(2 - (2 * s_tilde + nu) * u, -2 * sp.sqrt(nu) * u),
            "half of Itô's correction": sde(2 - (2 * s_tilde - nu) * u, -2 * sp.sqrt(nu) * u),
        },
    )
    yield equals(
        r"standard form (45): $du_i: \text{ (drift, dispersion)}$",
        printed=sde(theta * (mu - u), sigma * u),
        where=standard,
        derived=ts.reciprocal_process,
        wrong={"$\\mu$ without its factor 3/2": {mu: 1 / (s_tilde - nu)}},
        domain=(sp.Ne(s_tilde, 3 * nu / 2),),
    )
    yield equals(
        r"simplifications: $(\theta\mu,\ \theta + \tfrac12\sigma^2)$",
        printed=sp.Matrix([2, 2 * s_tilde - nu]),
        derived=rate_and_exponent,
        wrong={"Itô's term of the exponent lost": sp.Matrix([2, 2 * s_tilde - 3 * nu])},
    )
    yield equals(
        r"homogeneous solution (46), (48): $dF: \text{ (drift, dispersion)}$",
        printed=sde(-theta * F, sigma * F),
        where={F: sp.exp(-X), **standard},
        derived=lambda: ito_differential(ts.path_process(), sp.exp(-X)),
        wrong={"ordinary chain rule": {theta: 2 * s_tilde - nu}},
    )
    yield equals(
        "solution (50): $u_i(t)$", printed=sp.exp(-X) / s_0 + 2 * sp.exp(-X) * A, derived=lambda: 1 / ts.path_solution()
    )
    yield equals(r"inverse (51): $\hat s_i(t)$", printed=sp.exp(X) / (2 * A + 1 / s_0), derived=ts.path_solution)


@paper.claim("SC-079", "Theorem 6.1, Eqs. (8) and (43)", symbols=NOISE_SYMBOLS | PATH_SYMBOLS)
def stochastic_student_dynamics():
    """Stochastic student dynamics."""
    yield equals(
        r"pathwise: $\hat s_i(t)$",
        printed=sp.exp(X) / (2 * A + 1 / s_0),
        derived=ts.path_solution,
        wrong={
            "the integral without its factor": sp.exp(X) / (A + 1 / s_0),
            "starts at 1": sp.exp(X) / (2 * A + 1),
            "exponent of the mean": sp.exp(X + nu * t) / (2 * A + 1 / s_0),
            "numerator without noise": sp.exp((2 * s_tilde - nu) * t) / (2 * A + 1 / s_0),
        },
        compared=compared(
            "Milstein on the same Brownian path",
            paths.milstein_on_path,
            paths.along_path,
            *table("s_tilde nu s_0 time path", "1/2 1/5 1/10 3/2 0", "1 1/2 1/2 3/2 1", "2 1/10 1/100 3/2 2"),
            *table("s_tilde nu s_0 time path", "1/10 1 1 3/2 3", "3/2 1 1/5 3/2 4"),
            tolerance=2e-3,
        ),
    )


@paper.claim("SC-080", "Corollary 6.1, Eqs. (52)-(53)", symbols=NOISE_SYMBOLS | PATH_SYMBOLS)
def small_initialisation():
    r"""Small initialisation.

    - Scope: limit $\hat s_i(0) \to 0$ on a fixed Brownian path and at a fixed time.
    """
    yield equals(
        r"ratio (53): $\hat s_i(t)/\hat s_i(0)$",
        printed=sp.exp(X) / (2 * s_0 * A + 1),
        derived=lambda: ts.path_solution() / s_0,
        wrong={"the integral not multiplied by the start": sp.exp(X) / (2 * A + 1)},
    )
    yield equals(
        r"limit: $\lim_{\hat s_i(0)\to 0}\hat s_i(t)/\hat s_i(0)$",
        printed=sp.exp(X),
        derived=lambda: sp.cancel(ts.path_solution() / s_0).subs(s_0, 0),
        wrong={"integral kept": sp.exp(X) / (2 * A + 1)},
    )


@paper.claim("SC-081", "Section 6, Appendix I.2", symbols=NOISE_SYMBOLS)
def phase_transition_of_the_student_modes():
    r"""Phase transition of the student modes.

    When this ratio is less than one, the distribution will exhibit stochastic collapse, converging to a delta
    distribution at the origin. When this ratio is greater than one, the distribution will converge to a stationary
    distribution with a positive expectation.
    """
    c = s_tilde - nu / 2
    above = {s_tilde: "9/10", eta: "1", zeta: "1"}

    def rate(condition: Boolean) -> sp.Expr | None:
        r"""The rate of :math:`\log\hat s` at 3/10, twice its distance to the threshold that a condition names."""
        threshold = predictions.edge(condition, s_tilde, {eta: "1", zeta: "1"})
        return None if threshold is None else sp.Min(2 * (sp.Rational(3, 10) - threshold), 0)

    yield holds_when(
        r"threshold: $\text{a stationary law iff }$",
        printed=2 * s_tilde / nu > 1,
        derived=lambda: stationary_density(ts.singular_value_process()).normalisable,
        wrong={
            "signal against the whole noise": s_tilde / nu > 1,
            "signal against a quarter of the noise": 4 * s_tilde / nu > 1,
            "critical case included": 2 * s_tilde / nu >= 1,
            "threshold of the mode of the law": 2 * s_tilde / nu > 3,
            "threshold three hundredths low": 2 * s_tilde / nu > sp.Rational(97, 100),
        },
        says=r"Measured: the rate of $\log\hat s$ in collapse, the mean of $\hat s$ beyond.",
        measured=[
            measured(log_rate_of_mode, rate, s_tilde="3/10", nu="1"),
            sampled_mode(above, until=125.0, predicted=predictions.either(c, sp.S.Zero, above)),
        ],
    )
    yield bounds(
        r"positive expectation: $E_{ss}[\hat s_i]$",
        printed=sp.S.Zero,
        relation=">",
        exact=lambda: stationary_density(ts.singular_value_process()).mean,
        wrong={"never below the noise": nu, "no shrinkage": s_tilde},
        domain=(s_tilde > nu / 2,),
    )
