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
from verification.claim import (
    Citation,
    Claim,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Region,
    Statement,
    StationaryDensity,
)
from verification.papers.stochastic_collapse.attraction.one_dimension import SAMPLERS
from verification.papers.stochastic_collapse.paper import PAPER
from verification.papers.stochastic_collapse.teacher_student.modes import VALUE_SYMBOLS, nu

PRINTED_LAW = sp.exp(-s / nu) * s ** (-(sp.Rational(3, 2) - s_tilde / nu))


def _law_experiment(st: str, power: int, variation: float, skewness: float) -> Experiment:
    return Experiment(
        name=f"E s^{power} at s_tilde={st}, nu=1",
        sampler=f"{SAMPLERS}:stationary_power_of_mode",
        arguments={"s_tilde": st, "nu": "1", "power": power},
        predicted=predictions.mean_under_density(s**power, s, {s_tilde: st, eta: "1", zeta: "1"}),
        variation=variation,
        skewness=skewness,
    )


SC_082 = Claim(
    id="SC-082",
    title="stationary solution (Corollary I.1)",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Corollary I.1, Eq. (54)"),
    symbols=VALUE_SYMBOLS,
    printed_text="p_ss(s) = exp(-s/(eta zeta^2)) s^(-(3/2 - s_tilde/(eta zeta^2)))/Z",
    notes=("A Gamma law of shape s_tilde/nu - 1/2 and scale nu: mean s_tilde - nu/2, variance nu times the mean.",),
    statements=(
        Statement(
            name="density",
            says="The stationary density of (42), up to its constant.",
            left=r"p_{ss}(\hat s) \propto",
            form=StationaryDensity(ts.singular_value_process),
            printed=PRINTED_LAW,
            near_misses=(
                NearMiss("Stratonovich reading of the noise", PRINTED_LAW * s ** sp.Rational(1, 2)),
                NearMiss("scale 2 nu", sp.exp(-s / (2 * nu)) * s ** (s_tilde / nu - sp.Rational(3, 2))),
                NearMiss("exponent 1/2 instead of 3/2", PRINTED_LAW * s),
                NearMiss("half the shape", sp.exp(-s / nu) * s ** (s_tilde / (2 * nu) - sp.Rational(3, 2))),
            ),
            domain=(s_tilde > nu / 2,),
            experiments=(_law_experiment("2", 1, 0.9, 1.7), _law_experiment("2", 2, 1.9, 5.2)),
        ),
        Statement(
            name="mean",
            says="The Gamma law's mean s_tilde - nu/2 (in the words of Appendix I.2: the signal minus half the noise).",
            left=r"E_{ss}[\hat s]",
            form=Identity(lambda: stationary_density(ts.singular_value_process()).mean),
            printed=s_tilde - nu / 2,
            near_misses=(NearMiss("the mode", s_tilde - 3 * nu / 2), NearMiss("no shrinkage", s_tilde)),
            domain=(s_tilde > nu / 2,),
        ),
    ),
)

_p = sp.Function("p", real=True)(s)


def _printed_operator(drift: sp.Expr, strength: sp.Expr) -> sp.Expr:
    return sp.diff(2 * s * (s - drift) * _p + strength * sp.diff(s**2 * _p, s), s)


SC_083 = Claim(
    id="SC-083",
    title="Fokker-Planck equation of the mode",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (55)"),
    symbols=VALUE_SYMBOLS | {_p: "density of s_hat_i"},
    printed_text="d_t p = div(2 s (s - (s_tilde + eta zeta^2/2)) p + 2 eta zeta^2 div(s^2 p)), the bracket being -J",
    statements=(
        Statement(
            name="equation",
            says="The right-hand side for an arbitrary density p.",
            left=r"\partial_t p",
            form=Identity(lambda: fokker_planck_operator(ts.singular_value_process(), _p)),
            printed=_printed_operator(s_tilde + nu / 2, 2 * nu),
            near_misses=(
                NearMiss("diffusion without its 1/2", _printed_operator(s_tilde + nu / 2, 4 * nu)),
                NearMiss("Ito correction lost", _printed_operator(s_tilde, 2 * nu)),
                NearMiss("noise strength halved", _printed_operator(s_tilde + nu / 2, nu)),
            ),
        ),
    ),
)


def _current_terms() -> sp.Expr:
    r""":math:`2\eta\zeta^2\,(\hat s^2 p)'` for the derived stationary density."""
    density = stationary_density(ts.singular_value_process()).density
    return 2 * nu * sp.diff(s**2 * density, s) / density


_log_gradient = (1 / nu) + (sp.Rational(3, 2) - s_tilde / nu) / s

SC_084 = Claim(
    id="SC-084",
    title="verification of the stationary solution",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Eqs. (56)-(58)"),
    symbols=VALUE_SYMBOLS,
    printed_text=(
        "2 eta zeta^2 div(s^2 p) = 4 zeta^2 s p + 2 eta zeta^2 s^2 grad p (56) = 4 zeta^2 s p - 2 eta zeta^2 s^2 "
        "(1/(eta zeta^2) + (3/2 - s_tilde/(eta zeta^2))/s) p (57) = -2 s (s - (s_tilde + eta zeta^2/2)) p (58)"
    ),
    corrected_text="4 eta zeta^2 s p in place of 4 zeta^2 s p in (56) and (57); (58) is right",
    notes=("All three lines are compared after division by p.",),
    statements=(
        Statement(
            name="(56)",
            says="The divergence expanded; grad p of the stationary density is put in from its derivative.",
            left=r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
            form=Identity(_current_terms),
            printed=4 * zeta**2 * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s),
            corrected=4 * nu * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s),
            near_misses=(NearMiss("factor 2", 2 * nu * s + 2 * nu * s**2 * sp.diff(sp.log(PRINTED_LAW), s)),),
        ),
        Statement(
            name="(57)",
            says="The gradient written out.",
            left=r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
            form=Identity(_current_terms),
            printed=4 * zeta**2 * s - 2 * nu * s**2 * _log_gradient,
            corrected=4 * nu * s - 2 * nu * s**2 * _log_gradient,
            near_misses=(NearMiss("sign of the gradient", 4 * nu * s + 2 * nu * s**2 * _log_gradient),),
        ),
        Statement(
            name="(58)",
            says="The sum collected: minus the drift term of the current.",
            left=r"2\eta\zeta^2\,\nabla\cdot(\hat s^2 p)/p",
            form=Identity(_current_terms),
            printed=-2 * s * (s - (s_tilde + nu / 2)),
            near_misses=(
                NearMiss("sign of the Ito correction", -2 * s * (s - (s_tilde - nu / 2))),
                NearMiss("sign", 2 * s * (s - (s_tilde + nu / 2))),
            ),
        ),
    ),
)


def _minus_log_density_gradient() -> sp.Expr:
    density = stationary_density(ts.singular_value_process()).density
    return -sp.diff(density, s) / density


SC_085 = Claim(
    id="SC-085",
    title="potential of the student modes",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Eq. (59)"),
    symbols=VALUE_SYMBOLS,
    printed_text="Psi(s) = s + (3 eta zeta^2/2 - s_tilde) log(s), temperature constant kappa = 1/(eta zeta^2)",
    notes=("kappa is an inverse temperature.",),
    statements=(
        Statement(
            name="potential",
            says="kappa Psi is minus the logarithm of the stationary density, up to a constant.",
            left=r"\kappa\,\partial_{\hat s}\Psi",
            form=Identity(_minus_log_density_gradient),
            printed=sp.diff(s + (3 * nu / 2 - s_tilde) * sp.log(s), s) / nu,
            near_misses=(
                NearMiss("kappa = 1", sp.diff(s + (3 * nu / 2 - s_tilde) * sp.log(s), s)),
                NearMiss("1/2 instead of 3/2", sp.diff(s + (nu / 2 - s_tilde) * sp.log(s), s) / nu),
                NearMiss("sign of the log", sp.diff(s - (3 * nu / 2 - s_tilde) * sp.log(s), s) / nu),
            ),
        ),
    ),
)

SC_086 = Claim(
    id="SC-086",
    title="two phase transitions",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Eq. (60)"),
    symbols=VALUE_SYMBOLS,
    printed_text=(
        "arg max p_ss = s_tilde - (3/2) eta zeta^2 if s_tilde > (3/2) eta zeta^2, else 0; p_ss = exp(-kappa Psi)/Z if "
        "s_tilde > eta zeta^2/2, else delta_0"
    ),
    notes=(
        "Psi(w) in (60) is a misprint for Psi(s).",
        "The mode depends on the coordinate: in log s its transition is at eta zeta^2/2. Only that one is intrinsic.",
    ),
    statements=(
        Statement(
            name="mode",
            says="The location of the largest density in the coordinate s.",
            left=r"\arg\max p_{ss}",
            form=Identity(lambda: _mode_of_stationary_law()),
            printed=sp.Max(s_tilde - 3 * nu / 2, 0),
            near_misses=(
                NearMiss("the mean", sp.Max(s_tilde - nu / 2, 0)),
                NearMiss("no transition", s_tilde - 3 * nu / 2),
            ),
            domain=(s_tilde > nu / 2,),
        ),
        Statement(
            name="collapse",
            says="The stationary law is normalisable exactly when s_tilde > eta zeta^2/2.",
            left=r"Z < \infty\text{ iff }",
            form=Region(lambda: stationary_density(ts.singular_value_process()).normalisable),
            printed=s_tilde > nu / 2,
            near_misses=(
                NearMiss("critical case included", s_tilde >= nu / 2),
                NearMiss("threshold of the mode", s_tilde > 3 * nu / 2),
            ),
        ),
    ),
)


def _mode_of_stationary_law() -> sp.Expr:
    return mode(stationary_density(ts.singular_value_process()).density, s)


CLAIMS = (SC_082, SC_083, SC_084, SC_085, SC_086)
