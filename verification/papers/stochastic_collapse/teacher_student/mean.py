r"""Conjecture I.1 and what replaces it: the mean of a student mode.

In natural units :math:`x = \hat s/\nu`, :math:`\tau = 2\nu t`, :math:`k = \tilde s/\nu - \frac12`.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from theory.infinitesimal_generator import generator
from theory.models.teacher_student import mean as student_mean
from theory.models.teacher_student import modes as ts
from theory.models.teacher_student.stochastic_logistic import bound_weight, k, n, rho, tau, wave_weight, x
from theory.notation import eta, nu, s, s_0, s_tilde, t, zeta
from theory.tricomi import hyperu
from verification.authoring import predictions
from verification.authoring.shorthand import agrees, equals
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import (
    integrated_defect_on_grid,
    mean_of_mode,
    mean_on_grid,
)
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import VALUE_SYMBOLS

noise = eta * zeta**2
c = s_tilde - noise / 2

CONJECTURE = c * sp.exp((2 * s_tilde - noise) * t) / (sp.exp((2 * s_tilde - noise) * t) - 1 + c / s_0)
"""(61), with s_hat(0) where the text at hand has s_tilde(0)."""


def logistic_with(rate: sp.Expr) -> sp.Expr:
    """(61) with another rate in place of s_tilde - eta zeta^2/2."""
    return rate * sp.exp(2 * rate * t) / (sp.exp(2 * rate * t) - 1 + rate / s_0)


BOUND = (k - 2 * n) * sp.exp(-n * (k - n) * tau) * x ** (-n) * hyperu(-n, k + 1 - 2 * n, x)
WAVE_WEIGHT = 2 * rho * sp.sinh(2 * sp.pi * rho) / (sp.cosh(2 * sp.pi * rho) - sp.cos(sp.pi * k))
WAVE = (
    WAVE_WEIGHT
    * sp.exp(-(k**2 / 4 + rho**2) * tau)
    * x ** (-k / 2 + sp.I * rho)
    * hyperu(-k / 2 + sp.I * rho, 1 + 2 * sp.I * rho, x)
)


def spectral_mean(bound: sp.Expr = BOUND, wave: sp.Expr = WAVE) -> sp.Expr:
    """Sum over the bound states 0 <= n < k/2 plus the integral over the waves."""
    return sp.Sum(bound, (n, 0, sp.Max(sp.ceiling(k / 2), 0) - 1)) + sp.Integral(wave, (rho, 0, sp.oo))


EXACT_MEAN = (nu * spectral_mean()).subs({x: s_0 / nu, tau: 2 * nu * t, k: s_tilde / nu - sp.Rational(1, 2)})


def _at_time(values: Mapping[sp.Symbol, str]):
    """A candidate for E s(t): the spectral form term by term, any other by substitution."""

    def predicted(candidate: sp.Expr):
        full = {**values, nu: str(sp.Rational(values[eta]) * sp.Rational(values[zeta]) ** 2)}
        if candidate.has(sp.Integral):
            return predictions.spectral(candidate, full)
        return predictions.at(full)(candidate)

    return predicted


def _mean_experiment(st: str, strength: str, start: str, time: str, variation: float) -> Experiment:
    return Experiment(
        name=f"E s({time}) at s_tilde={st}, nu={strength}, s(0)={start}",
        sampler=mean_of_mode,
        arguments={"s_tilde": st, "nu": strength, "s_0": start, "time": time},
        predicted=_at_time({s_tilde: st, eta: strength, zeta: "1", s_0: start, t: time}),
    )


@paper.claim(
    "SC-087",
    "Conjecture I.1, Eq. (61)",
    symbols=VALUE_SYMBOLS | {s_0: "s_hat_i(0)"},
    kind=Kind.IDENTITY,
    notes=(
        "(61) solves y' = 2y(c - y): it is the zero-noise path B = 0 of (8), not the mean.",
        "The conjecture is right as t -> oo and as zeta -> 0.",
    ),
)
def conjectured_mean():
    r"""Conjectured mean (Conjecture I.1).

    E[s(t)] = (s_tilde - eta zeta^2/2) exp((2 s_tilde - eta zeta^2) t) / (exp((2 s_tilde - eta zeta^2) t) - 1
    + (s_tilde - eta zeta^2/2)/s_tilde(0)), s_tilde(0) read as s(0)
    """
    yield equals(
        "slope at 0",
        r"\tfrac{d}{dt}E[\hat s(t)]\big|_{t=0}",
        printed=sp.diff(CONJECTURE, t).subs(t, 0),
        derived=lambda: generator(ts.singular_value_process(), s).subs(s, s_0),
        corrected=2 * s_0 * (s_tilde + noise / 2 - s_0),
        corrected_says="E[s(t)] = nu E[x_{2 nu t} | s(0)/nu] with the spectral sum of SC-089; "
        "initial slope 2 s(0) (s_tilde + eta zeta^2/2 - s(0))",
        wrong={"no noise": 2 * s_0 * (s_tilde - s_0), "twice the Ito correction": 2 * s_0 * (s_tilde + noise - s_0)},
        says="The time derivative of the mean at t = 0, which Ito's formula gives exactly.",
    )
    yield agrees(
        "mean",
        r"E[\hat s(t)]",
        printed=CONJECTURE,
        corrected=EXACT_MEAN,
        wrong={
            "closure E s^2 = (E s)^2": logistic_with(s_tilde + noise / 2),
            "harmonic mean": logistic_with(s_tilde - 3 * noise / 2),
            "no noise": logistic_with(s_tilde),
        },
        says="The mean at a later time.",
        measured=(
            _mean_experiment("1", "1/2", "1/10", "73/100", 1.2),
            _mean_experiment("1", "1", "1/10", "1/2", 2.0),
        ),
    )


_lambda = ts.penalty


def _residual_and_start(curve: sp.Expr) -> sp.Matrix:
    """What is left when a curve is put into the regularised flow, and where it starts."""
    velocity = ts.regularised_flow().subs(_lambda, noise / 2).subs(s, curve)
    return sp.Matrix([sp.diff(curve, t) - velocity, curve.subs(t, 0)])


@paper.claim(
    "SC-088",
    "Appendix I.2, after Conjecture I.1",
    symbols=VALUE_SYMBOLS | {s_0: "s_hat_i(0)"},
    kind=Kind.IDENTITY,
    scope="penalty (lambda/2)(|W_1|^2 + |W_2|^2)",
    notes=("With a penalty lambda |W|^2 the coefficient would be eta zeta^2/4.",),
)
def equivalence_with_l2_regularisation():
    r"""Equivalence with L2 regularisation.

    the dynamics predicted by Conjecture I.1 are equivalent to L_2 regularised gradient flow with coefficient
    lambda = eta zeta^2/2
    """
    yield equals(
        "velocity",
        r"\dot{\hat s}",
        printed=2 * s * (s_tilde - noise / 2 - s),
        derived=lambda: ts.regularised_flow().subs(_lambda, noise / 2),
        wrong={
            "lambda = eta zeta^2/4": 2 * s * (s_tilde - noise / 4 - s),
            "lambda = eta zeta^2": 2 * s * (s_tilde - noise - s),
        },
        says="The regularised flow of a balanced mode at lambda = eta zeta^2/2.",
    )
    yield equals(
        "solution",
        r"(\dot y - \text{velocity}(y),\ y(0))",
        printed=_residual_and_start(CONJECTURE),
        derived=lambda: sp.Matrix([0, s_0]),
        wrong={"unregularised curve": _residual_and_start(logistic_with(s_tilde))},
        says="(61) moves with that velocity from s(0).",
    )


GRID_POINTS = tuple(
    {"k": shape, "x": start, "tau": time}
    for shape, start, time in (
        ("-2/5", "1/2", "1"),
        ("0", "1", "2"),
        ("1/2", "1/20", "3"),
        ("3/2", "3/10", "1"),
        ("5/2", "10", "1/20"),
        ("5/2", "1/10", "5"),
        ("53/10", "1", "1"),
    )
)


def _spectral_at(candidate: sp.Expr, point: Mapping[str, str]) -> float:
    return predictions.spectral(candidate, {k: point["k"], x: point["x"], tau: point["tau"]})


@paper.claim(
    "SC-089",
    "not printed; replaces Conjecture I.1",
    symbols={x: "s_hat/nu", tau: "2 nu t", k: "s_tilde/nu - 1/2", rho: "wave number", n: "number of a bound state"},
    kind=Kind.IDENTITY,
    scope="exact for k > -2, i.e. for every s_tilde >= 0",
    notes=(
        "A result of the catalogue, not of the paper: stated there, derived here from the spectrum of the generator.",
    ),
)
def exact_mean_of_the_student_mode():
    r"""Exact mean of the student mode.

    E[x_tau] = sum_{0<=n<k/2} (k-2n) e^{-n(k-n)tau} x^{-n} U(-n, k+1-2n, x) + 2 int_0^oo rho sinh(2 pi
    rho)/(cosh(2 pi rho) - cos(pi k)) e^{-(k^2/4+rho^2)tau} x^{-k/2+i rho} U(-k/2+i rho, 1+2 i rho, x) d rho
    """
    yield equals(
        "weights",
        r"(w_n,\ w_\rho)",
        printed=sp.Matrix([k - 2 * n, WAVE_WEIGHT]),
        derived=lambda: sp.Matrix([bound_weight(), wave_weight()]),
        wrong={
            "half the waves": sp.Matrix([k - 2 * n, WAVE_WEIGHT / 2]),
            "k - n": sp.Matrix([k - n, WAVE_WEIGHT]),
            "sign of cos": sp.Matrix(
                [k - 2 * n, 2 * rho * sp.sinh(2 * sp.pi * rho) / (sp.cosh(2 * sp.pi * rho) + sp.cos(sp.pi * k))]
            ),
        },
        says="The weights of bound states and waves.",
    )
    yield agrees(
        "mean",
        r"E[x_\tau]",
        printed=spectral_mean(),
        wrong={
            "half the waves": spectral_mean(wave=WAVE / 2),
            "no waves": spectral_mean(wave=sp.S.Zero),
            "waves decay with k^2/4 alone": spectral_mean(wave=WAVE * sp.exp(rho**2 * tau / 2)),
        },
        says="The whole mean, against a finite-volume solution and against simulation.",
        measured=(
            Experiment(
                name="E x at k=3/2, x=3/10, tau=1",
                sampler=mean_of_mode,
                arguments={"s_tilde": "2", "nu": "1", "s_0": "3/10", "time": "1/2"},
                predicted=lambda candidate: _spectral_at(candidate, {"k": "3/2", "x": "3/10", "tau": "1"}),
            ),
        ),
        compared=(
            Comparison(
                name="Fokker-Planck grid",
                evaluator=mean_on_grid,
                arguments=GRID_POINTS,
                predicted=_spectral_at,
                tolerance=1e-3,
            ),
        ),
    )
    yield equals(
        "mean of the logarithm",
        r"\mathcal L\log\hat s",
        printed=2 * (s_tilde - nu / 2) - 2 * s,
        derived=student_mean.log_drift,
        wrong={"Ito correction lost": 2 * (s_tilde + nu / 2) - 2 * s},
        says="(a) d E log s = 2c dt - 2 E s dt with c = s_tilde - nu/2.",
    )
    yield equals(
        "harmonic mean",
        r"1/E[1/\hat s(t)]",
        printed=logistic_with(s_tilde - 3 * nu / 2),
        derived=lambda: student_mean.harmonic_mean(),
        wrong={"c = s_tilde - nu/2": logistic_with(s_tilde - nu / 2), "c = s_tilde - nu": logistic_with(s_tilde - nu)},
        says="(e) 1/E[1/s] is the logistic curve with c replaced by s_tilde - 3 nu/2.",
    )
    yield equals(
        "integrated defect",
        r"\int_0^\infty (E\hat s - y)\,dt",
        printed=(sp.log(s_tilde / nu - sp.Rational(1, 2)) - sp.polygamma(0, s_tilde / nu - sp.Rational(1, 2))) / 2,
        derived=lambda: student_mean.integrated_defect(),
        wrong={
            "factor 1/2 lost": sp.log(s_tilde / nu - sp.Rational(1, 2))
            - sp.polygamma(0, s_tilde / nu - sp.Rational(1, 2)),
            "log of k + 1/2": (sp.log(s_tilde / nu) - sp.polygamma(0, s_tilde / nu - sp.Rational(1, 2))) / 2,
        },
        says="The integral over t of the mean minus (61) is (log k - psi(k))/2, whatever the start.",
        domain=(s_tilde > nu / 2,),
        compared=(
            Comparison(
                name="Fokker-Planck grid in time",
                evaluator=integrated_defect_on_grid,
                arguments=tuple({"k": shape, "x": start} for shape, start in (("1", "1/2"), ("2", "2"), ("4", "1/2"))),
                predicted=lambda candidate, point: (
                    2 * candidate.subs({s_tilde: sp.Rational(point["k"]) + sp.Rational(1, 2), nu: 1})
                ),
                tolerance=1e-2,
            ),
        ),
    )
