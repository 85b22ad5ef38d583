r"""Appendix I.2: the stationary law of a student mode, its potential, and the two phase transitions.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; :math:`\nu = \eta\zeta^2` is written out
where the paper writes it out.
"""

from __future__ import annotations

import sympy as sp

from theory.fokker_planck import fokker_planck_operator
from theory.line.stationary import mode, stationary_density
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s, s_tilde, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals, holds_when, is_stationary
from verification.claim import Kind
from verification.forms import Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import stationary_power_of_mode
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import VALUE_SYMBOLS, nu

PRINTED_LAW = sp.exp(-s / nu) * s ** (-(sp.Rational(3, 2) - s_tilde / nu))


def _law_experiment(st: str, power: int, variation: float, skewness: float) -> Experiment:
    return Experiment(
        name=f"E s^{power} at s_tilde={st}, nu=1",
        sampler=stationary_power_of_mode,
        arguments={"s_tilde": st, "nu": "1", "power": power},
        predicted=predictions.mean_under_density(s**power, s, {s_tilde: st, eta: "1", zeta: "1"}),
    )


@paper.claim(
    "SC-082",
    "Corollary I.1, Eq. (54)",
    symbols=VALUE_SYMBOLS,
    kind=Kind.LAW,
    notes=("A Gamma law of shape s_tilde/nu - 1/2 and scale nu: mean s_tilde - nu/2, variance nu times the mean.",),
)
def stationary_solution():
    r"""Stationary solution (Corollary I.1).

    p_ss(s) = exp(-s/(eta zeta^2)) s^(-(3/2 - s_tilde/(eta zeta^2)))/Z
    """
    yield is_stationary(
        "density",
        r"p_{ss}(\hat s) \propto",
        printed=PRINTED_LAW,
        process=ts.singular_value_process,
        wrong={
            "Stratonovich reading of the noise": PRINTED_LAW * s ** sp.Rational(1, 2),
            "scale 2 nu": sp.exp(-s / (2 * nu)) * s ** (s_tilde / nu - sp.Rational(3, 2)),
            "exponent 1/2 instead of 3/2": PRINTED_LAW * s,
            "half the shape": sp.exp(-s / nu) * s ** (s_tilde / (2 * nu) - sp.Rational(3, 2)),
        },
        says="The stationary density of (42), up to its constant.",
        domain=(s_tilde > nu / 2,),
        measured=(_law_experiment("2", 1, 0.9, 1.7), _law_experiment("2", 2, 1.9, 5.2)),
    )
    yield equals(
        "mean",
        r"E_{ss}[\hat s]",
        printed=s_tilde - nu / 2,
        derived=lambda: stationary_density(ts.singular_value_process()).mean,
        wrong={"the mode": s_tilde - 3 * nu / 2, "no shrinkage": s_tilde},
        says="The Gamma law's mean s_tilde - nu/2 (in the words of Appendix I.2: the signal minus half the noise).",
        domain=(s_tilde > nu / 2,),
    )


_p = sp.Function("p", real=True)(s)


def _printed_operator(drift: sp.Expr, strength: sp.Expr) -> sp.Expr:
    return sp.diff(2 * s * (s - drift) * _p + strength * sp.diff(s**2 * _p, s), s)


@paper.claim("SC-083", "Eq. (55)", symbols=VALUE_SYMBOLS | {_p: "density of s_hat_i"}, kind=Kind.IDENTITY)
def fokker_planck_equation_of_the_mode():
    r"""Fokker-Planck equation of the mode.

    d_t p = div(2 s (s - (s_tilde + eta zeta^2/2)) p + 2 eta zeta^2 div(s^2 p)), the bracket being -J
    """
    yield equals(
        "equation",
        r"\partial_t p",
        printed=_printed_operator(s_tilde + nu / 2, 2 * nu),
        derived=lambda: fokker_planck_operator(ts.singular_value_process(), _p),
        wrong={
            "diffusion without its 1/2": _printed_operator(s_tilde + nu / 2, 4 * nu),
            "Ito correction lost": _printed_operator(s_tilde, 2 * nu),
            "noise strength halved": _printed_operator(s_tilde + nu / 2, nu),
        },
        says="The right-hand side for an arbitrary density p.",
    )


def _current_terms() -> sp.Expr:
    r""":math:`2\eta\zeta^2\,(\hat s^2 p)'` for the derived stationary density."""
    density = stationary_density(ts.singular_value_process()).density
    return 2 * nu * sp.diff(s**2 * density, s) / density


_log_gradient = (1 / nu) + (sp.Rational(3, 2) - s_tilde / nu) / s


@paper.claim(
    "SC-084",
    "Eqs. (56)-(58)",
    symbols=VALUE_SYMBOLS,
    kind=Kind.PROOF_STEP,
    notes=("All three lines are compared after division by p.",),
)
def verification_of_the_stationary_solution():
    r"""Verification of the stationary solution.

    2 eta zeta^2 div(s^2 p) = 4 zeta^2 s p + 2 eta zeta^2 s^2 grad p (56) = 4 zeta^2 s p - 2 eta zeta^2 s^2
    (1/(eta zeta^2) + (3/2 - s_tilde/(eta zeta^2))/s) p (57) = -2 s (s - (s_tilde + eta zeta^2/2)) p (58)
    """
    yield equals(
        "(56)",
        r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
        printed=4 * zeta**2 * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s),
        derived=_current_terms,
        corrected=4 * nu * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s),
        corrected_says="4 eta zeta^2 s p in place of 4 zeta^2 s p in (56) and (57); (58) is right",
        wrong={"factor 2": 2 * nu * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s)},
        says="The divergence expanded; grad p of the stationary density is put in from its derivative.",
    )
    yield equals(
        "(57)",
        r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
        printed=4 * zeta**2 * s - 2 * nu * s**2 * _log_gradient,
        derived=_current_terms,
        corrected=4 * nu * s - 2 * nu * s**2 * _log_gradient,
        wrong={"sign of the gradient": 4 * nu * s + 2 * nu * s**2 * _log_gradient},
        says="The gradient written out.",
    )
    yield equals(
        "(58)",
        r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
        printed=-2 * s * (s - (s_tilde + nu / 2)),
        derived=_current_terms,
        wrong={
            "sign of the Ito correction": -2 * s * (s - (s_tilde - nu / 2)),
            "sign": 2 * s * (s - (s_tilde + nu / 2)),
        },
        says="The sum collected: minus the drift term of the current.",
    )


def _minus_log_density_gradient() -> sp.Expr:
    density = stationary_density(ts.singular_value_process()).density
    return -sp.diff(density, s) / density


@paper.claim("SC-085", "Eq. (59)", symbols=VALUE_SYMBOLS, kind=Kind.LAW, notes=("kappa is an inverse temperature.",))
def potential_of_the_student_modes():
    r"""Potential of the student modes.

    Psi(s) = s + (3 eta zeta^2/2 - s_tilde) log(s), temperature constant kappa = 1/(eta zeta^2)
    """
    yield equals(
        "potential",
        r"\kappa\,\partial_{\hat s}\Psi",
        printed=sp.diff(s + (3 * nu / 2 - s_tilde) * sp.log(s), s) / nu,
        derived=_minus_log_density_gradient,
        wrong={
            "kappa = 1": sp.diff(s + (3 * nu / 2 - s_tilde) * sp.log(s), s),
            "1/2 instead of 3/2": sp.diff(s + (nu / 2 - s_tilde) * sp.log(s), s) / nu,
            "sign of the log": sp.diff(s - (3 * nu / 2 - s_tilde) * sp.log(s), s) / nu,
        },
        says="kappa Psi is minus the logarithm of the stationary density, up to a constant.",
    )


@paper.claim(
    "SC-086",
    "Eq. (60)",
    symbols=VALUE_SYMBOLS,
    kind=Kind.THRESHOLD,
    notes=(
        "Psi(w) in (60) is a misprint for Psi(s).",
        "The mode depends on the coordinate: in log s its transition is at eta zeta^2/2. Only that one is intrinsic.",
    ),
)
def two_phase_transitions():
    r"""Two phase transitions.

    arg max p_ss = s_tilde - (3/2) eta zeta^2 if s_tilde > (3/2) eta zeta^2, else 0; p_ss = exp(-kappa Psi)/Z
    if s_tilde > eta zeta^2/2, else delta_0
    """
    yield equals(
        "mode",
        r"\arg\max p_{ss}",
        printed=sp.Max(s_tilde - 3 * nu / 2, 0),
        derived=lambda: _mode_of_stationary_law(),
        wrong={"the mean": sp.Max(s_tilde - nu / 2, 0), "no transition": s_tilde - 3 * nu / 2},
        says="The location of the largest density in the coordinate s.",
        domain=(s_tilde > nu / 2,),
    )
    yield holds_when(
        "collapse",
        r"Z < \infty\text{ iff }",
        printed=s_tilde > nu / 2,
        derived=lambda: stationary_density(ts.singular_value_process()).normalisable,
        wrong={"critical case included": s_tilde >= nu / 2, "threshold of the mode": s_tilde > 3 * nu / 2},
        says="The stationary law is normalisable exactly when s_tilde > eta zeta^2/2.",
    )


def _mode_of_stationary_law() -> sp.Expr:
    return mode(stationary_density(ts.singular_value_process()).density, s)
