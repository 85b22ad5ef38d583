r"""Section 6 and Appendix I.2: the path of a student mode in closed form, theorem 6.1, and its phase transition.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; :math:`\nu = \eta\zeta^2` is written out
where the paper writes it out.
"""

from __future__ import annotations

import sympy as sp

from theory.ito import ito_differential
from theory.line.stationary import stationary_density
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s, s_0, s_tilde, t, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals, holds_when
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import log_rate_of_mode, stationary_power_of_mode
from verification.papers.stochastic_collapse.measured.paths import milstein_on_path
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import VALUE_SYMBOLS, nu, process_coefficients

u, X, A = ts.u, ts.log_growth, ts.area


def _solves(solution: sp.Expr) -> sp.Matrix:
    """Drift and dispersion of a function of the path (X, A), by Ito's formula."""
    differential = ito_differential(ts.path_process(), solution)
    return sp.Matrix([differential.drift[0], differential.dispersion[0]])


def _residual_of_path(solution: sp.Expr) -> sp.Matrix:
    """What is left when a function of the path is put into (42), and its value on the path's start X = A = 0."""
    found = _solves(solution)
    wanted = process_coefficients(ts.singular_value_process()).subs(s, solution)
    return sp.Matrix([*(found - wanted), solution.subs({X: 0, A: 0})])


def _rate_and_exponent() -> sp.Matrix:
    """The inhomogeneity of the linear equation (44), and minus its logarithmic growth rate."""
    drift, dispersion = process_coefficients(ts.reciprocal_process())
    slope, noise = sp.diff(drift, u), sp.diff(dispersion, u)
    return sp.Matrix([drift.subs(u, 0), -(slope - noise**2 / 2)])


_rate = 2 * s_tilde - 3 * nu
_sigma = -2 * sp.sqrt(nu)
_level = 1 / (s_tilde - 3 * nu / 2)


@paper.claim(
    "SC-078",
    "Eqs. (44)-(51)",
    symbols=VALUE_SYMBOLS | {u: "1/s_hat_i"},
    kind=Kind.PROOF_STEP,
    notes=(
        "(45) is undefined at s_tilde = (3/2) eta zeta^2, where mu is infinite; theta*mu = 2 and (44) are fine there.",
    ),
)
def steps_of_the_solution():
    r"""Steps of the solution.

    du = (2 - (2 s_tilde - 3 eta zeta^2) u) dt - 2 sqrt(eta zeta^2) u dB (44); du = theta(mu - u) dt + sigma u
    dB (45) with theta = 2 s_tilde - 3 eta zeta^2, mu = (s_tilde - (3/2) eta zeta^2)^-1, sigma = -2 sqrt(eta
    zeta^2); theta mu = 2, theta + sigma^2/2 = 2 s_tilde - eta zeta^2
    """
    yield equals(
        "reciprocal (44)",
        r"du: \text{ (drift, dispersion)}",
        printed=sp.Matrix([2 - _rate * u, -2 * sp.sqrt(nu) * u]),
        derived=lambda: process_coefficients(ts.reciprocal_process()),
        wrong={
            "Ito correction lost": sp.Matrix([2 - (2 * s_tilde + nu) * u, -2 * sp.sqrt(nu) * u]),
            "half the Ito correction": sp.Matrix([2 - (2 * s_tilde - nu) * u, -2 * sp.sqrt(nu) * u]),
        },
        says="Drift and dispersion of u = 1/s.",
    )
    yield equals(
        "standard form (45)",
        r"du: \text{ (drift, dispersion)}",
        printed=sp.Matrix([sp.Mul(_rate, _level - u, evaluate=False), _sigma * u]),
        derived=lambda: process_coefficients(ts.reciprocal_process()),
        wrong={"mu without its factor 3/2": sp.Matrix([_rate * (1 / (s_tilde - nu) - u), _sigma * u])},
        says="theta (mu - u) and sigma u give the same process.",
        domain=(sp.Ne(s_tilde, 3 * nu / 2),),
    )
    yield equals(
        "simplifications",
        r"(\theta\mu,\ \theta + \sigma^2/2)",
        printed=sp.Matrix([2, 2 * s_tilde - nu]),
        derived=lambda: _rate_and_exponent(),
        wrong={
            "Ito term of the exponent lost": sp.Matrix([2, 2 * s_tilde - 3 * nu]),
            "sign of the noise": sp.Matrix([2, 2 * s_tilde + nu]),
        },
        says="The rate and the exponent that enter the solution, from (44).",
    )
    yield equals(
        "inverse (51)",
        r"d\hat s: \text{ (drift, dispersion)}",
        printed=_solves(1 / (sp.exp(-X) / s_0 + 2 * A * sp.exp(-X))),
        derived=lambda: process_coefficients(ts.singular_value_process()).subs(s, ts.path_solution()),
        wrong={"theta mu = 1": _solves(1 / (sp.exp(-X) / s_0 + A * sp.exp(-X)))},
        says="1/u for the solution (50) of the linear equation solves the equation of s.",
    )


def _path_comparison() -> Comparison:
    return Comparison(
        name="Milstein on the same Brownian path",
        evaluator=milstein_on_path,
        arguments=tuple(
            {"s_tilde": st, "nu": n, "s_0": s0, "time": "3/2", "path": i}
            for i, (st, n, s0) in enumerate(
                (
                    ("1/2", "1/5", "1/10"),
                    ("1", "1/2", "1/2"),
                    ("2", "1/10", "1/100"),
                    ("1/10", "1", "1"),
                    ("3/2", "1", "1/5"),
                )
            )
        ),
        predicted=lambda candidate, point: predictions.along_path(candidate, point),
        tolerance=2e-3,
    )


@paper.claim(
    "SC-079",
    "Theorem 6.1, Eqs. (8) and (43)",
    symbols=VALUE_SYMBOLS
    | {X: "(2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t", A: "int_0^t exp(X_tau) dtau", s_0: "s_hat_i(0)"},
    kind=Kind.IDENTITY,
)
def stochastic_student_dynamics():
    r"""Stochastic student dynamics (Theorem 6.1).

    s(t) = exp((2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t) / (2 int_0^t exp((2 s_tilde - eta zeta^2)
    tau + 2 sqrt(eta zeta^2) B_tau) dtau + 1/s(0))
    """
    yield equals(
        "solution",
        r"(\text{residual of the drift},\ \text{residual of the dispersion},\ \hat s(0))",
        printed=_residual_of_path(sp.exp(X) / (2 * A + 1 / s_0)),
        derived=lambda: sp.Matrix([0, 0, s_0]),
        wrong={
            "factor 2 of the integral lost": _residual_of_path(sp.exp(X) / (A + 1 / s_0)),
            "initial value lost": _residual_of_path(sp.exp(X) / (2 * A + 1)),
        },
        says="Ito's formula on the path functional gives the coefficients of (42), and its initial value is s(0).",
    )
    yield equals(
        "pathwise",
        r"\hat s(t)",
        printed=sp.exp(X) / (2 * A + 1 / s_0),
        derived=ts.path_solution,
        wrong={
            "factor 2 of the integral lost": sp.exp(X) / (A + 1 / s_0),
            "Stratonovich exponent": sp.exp(X + nu * t) / (2 * A + 1 / s_0),
            "numerator without noise": sp.exp((2 * s_tilde - nu) * t) / (2 * A + 1 / s_0),
        },
        says="The formula agrees with a Milstein run on the same Brownian path.",
        compared=(_path_comparison(),),
    )


@paper.claim(
    "SC-080",
    "Corollary 6.1, Eqs. (52)-(53)",
    symbols=VALUE_SYMBOLS,
    kind=Kind.EXPANSION,
    scope="limit s(0) -> 0 on a fixed Brownian path and at a fixed time",
)
def small_initialisation():
    r"""Small initialisation (Corollary 6.1).

    s(t)/s(0) -> exp((2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t) almost surely as s(0) -> 0
    """
    yield equals(
        "limit",
        r"\lim_{\hat s(0)\to 0}\hat s(t)/\hat s(0)",
        printed=sp.exp(X),
        derived=lambda: sp.cancel(ts.path_solution() / s_0).subs(s_0, 0),
        wrong={"integral kept": sp.exp(X) / (2 * A + 1), "half the exponent": sp.exp(X / 2)},
        says="The limit of s(t)/s(0) on a fixed path.",
    )


def _log_rate_if_collapsed(values: dict[sp.Symbol, str]):
    """What a condition for a stationary law predicts for the growth rate of log s: 0 if it holds, else 2c."""
    rate = 2 * s_tilde - nu
    return lambda condition: predictions.at(values)(
        sp.S.Zero if predictions.condition_holds(condition, values) else rate
    )


def _mean_if_stationary(values: dict[sp.Symbol, str]):
    return lambda condition: predictions.at(values)(
        s_tilde - nu / 2 if predictions.condition_holds(condition, values) else sp.S.Zero
    )


_below = {s_tilde: "3/10", eta: "1", zeta: "1"}
_above = {s_tilde: "6/5", eta: "1", zeta: "1"}


@paper.claim("SC-081", "Section 6, Appendix I.2", symbols=VALUE_SYMBOLS, kind=Kind.THRESHOLD)
def phase_transition_of_the_student_modes():
    r"""Phase transition of the student modes.

    2 s_tilde/(eta zeta^2) < 1: collapse to a delta at the origin; > 1: a stationary distribution with
    positive expectation
    """
    yield holds_when(
        "threshold",
        r"\text{stationary law iff }",
        printed=2 * s_tilde / nu > 1,
        derived=lambda: stationary_density(ts.singular_value_process()).normalisable,
        wrong={
            "factor 2 lost": s_tilde / nu > 1,
            "factor 2 doubled": 4 * s_tilde / nu > 1,
            "critical case included": 2 * s_tilde / nu >= 1,
            "threshold of the mode": 2 * s_tilde / nu > 3,
        },
        says="A stationary law on s > 0 exists exactly when 2 s_tilde/(eta zeta^2) > 1.",
        measured=(
            Experiment(
                name="rate of log s at s_tilde/nu = 0.3",
                sampler=log_rate_of_mode,
                arguments={"s_tilde": "3/10", "nu": "1"},
                predicted=_log_rate_if_collapsed(_below),
            ),
            Experiment(
                name="mean of s at s_tilde/nu = 1.2",
                sampler=stationary_power_of_mode,
                arguments={"s_tilde": "6/5", "nu": "1", "power": 1},
                predicted=_mean_if_stationary(_above),
            ),
        ),
    )
