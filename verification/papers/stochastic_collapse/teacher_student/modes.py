r"""Section 6 and Appendix I.2: the modes of a linear teacher-student network under label noise.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; :math:`\nu = \eta\zeta^2` is written out
where the paper writes it out.
"""

from __future__ import annotations

import sympy as sp

from theory.ito import ItoProcess
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s, s_tilde, t, zeta
from verification.authoring.shorthand import equals
from verification.claim import (
    Kind,
)
from verification.papers.stochastic_collapse.paper import paper

nu = eta * zeta**2
a, b, z, w = ts.a, ts.b, ts.z, ts.w

MODE_SYMBOLS = {a: "a_i", b: "b_i", s_tilde: "s_tilde_i", eta: "learning rate", zeta: "label-noise standard deviation"}
VALUE_SYMBOLS = {s: "s_hat_i", s_tilde: "s_tilde_i", eta: "learning rate", zeta: "label-noise standard deviation"}


def process_coefficients(process: ItoProcess) -> sp.Matrix:
    """Drift and dispersion of a scalar process as one column."""
    return sp.Matrix([process.drift[0], process.dispersion[0]])


def _decay(rate: sp.Expr) -> sp.Matrix:
    """Residual in dr/dt = -eta zeta^2 r, and initial value, of r(0) exp(rate t)."""
    r = (a**2 - b**2) * sp.exp(rate * t)
    derived_rate = sp.cancel(ts.balance_differential().drift[0] / (a**2 - b**2))
    return sp.Matrix([sp.diff(r, t) - derived_rate * r, r.subs(t, 0)])


A_n, B_n, A_T, B_T, S, Z = sp.symbols("A B A^T B^T S z", commutative=False)


def _decoupled_updates() -> sp.Matrix:
    """(38)-(39), with the non-commuting products of matrices written as commuting symbols for comparison."""
    return sp.Matrix([_as_symbols(side) for side in ts.rotated_updates()])


def _as_symbols(side: sp.Expr) -> sp.Expr:
    """Each ordered product of matrices as one commuting symbol, so that a sum of products is a polynomial."""
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(side)):
        commuting, matrices = term.args_cnc()
        name = "·".join(str(matrix) for matrix in matrices) or "1"
        total += sp.Mul(*commuting) * sp.Symbol(f"[{name}]", real=True)
    return total


@paper.claim("SC-073", "Eqs. (38)-(39)", symbols=MODE_SYMBOLS, kind=Kind.IDENTITY)
def rotated_diagonal_recursions():
    r"""Rotated diagonal recursions.

    A' = A - eta B^T (B A - S + diag(z)); B' = B - eta (B A - S + diag(z)) A^T
    """
    yield equals(
        "updates",
        r"(A',\ B')",
        printed=sp.Matrix(
            [_as_symbols(A_n - eta * B_T * (B_n * A_n - S + Z)), _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T)]
        ),
        derived=_decoupled_updates,
        wrong={
            "order of the product": sp.Matrix(
                [
                    _as_symbols(A_n - eta * (B_n * A_n - S + Z) * B_T),
                    _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T),
                ]
            ),
            "sign of the label noise": sp.Matrix(
                [
                    _as_symbols(A_n - eta * B_T * (B_n * A_n - S - Z)),
                    _as_symbols(B_n - eta * (B_n * A_n - S - Z) * A_T),
                ]
            ),
            "transpose lost": sp.Matrix(
                [
                    _as_symbols(A_n - eta * B_n * (B_n * A_n - S + Z)),
                    _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T),
                ]
            ),
        },
        says="The updates of A = O^T W_1 V and B = U^T W_2 O under A1-A3; a bracket is one ordered matrix product.",
    )


def _mode_coefficients() -> sp.Matrix:
    process = ts.mode_process()
    return sp.Matrix([*process.drift, *process.diffusion])


def _mode_form(drift_factor: sp.Expr, noise: sp.Expr, cross: sp.Expr) -> sp.Matrix:
    """(40) as drift and diffusion; ``cross`` is the off-diagonal entry."""
    error = a * b - s_tilde
    return sp.Matrix([-drift_factor * b * error, -drift_factor * a * error, noise * b**2, cross, cross, noise * a**2])


@paper.claim(
    "SC-074",
    "Eq. (40)",
    symbols=MODE_SYMBOLS,
    kind=Kind.EXPANSION,
    scope="limit eta -> 0 of the first two moments of one step at fixed eta*zeta^2, dt = eta",
)
def two_dimensional_mode_sde():
    r"""Two-dimensional mode SDE.

    d(a,b) = -(b(ab - s_tilde), a(ab - s_tilde)) dt + sqrt(eta zeta^2) (b, a) dB
    """
    yield equals(
        "coefficients",
        r"(b_a, b_b, a_{aa}, a_{ab}, a_{ba}, a_{bb})",
        printed=_mode_form(sp.S.One, nu, nu * a * b),
        derived=_mode_coefficients,
        wrong={
            "independent noise in both equations": _mode_form(sp.S.One, nu, sp.S.Zero),
            "noise variance not scaled by the learning rate": _mode_form(sp.S.One, zeta**2, zeta**2 * a * b),
            "factor 2 of the squared error": _mode_form(sp.S(2), nu, nu * a * b),
        },
        says="Drift and diffusion matrix from the moments of (38)-(39), the same z in both equations.",
    )


def _balance_coefficients() -> sp.Matrix:
    balance = ts.balance_differential()
    return sp.Matrix([balance.drift[0], balance.dispersion[0]])


def _discrete_balance() -> sp.Expr:
    a_new, b_new = ts.mode_update(a, b, z, eta, s_tilde)
    return a_new**2 - b_new**2


_g = a * b - s_tilde + z


@paper.claim(
    "SC-075",
    "Lemma I.1",
    symbols=MODE_SYMBOLS,
    kind=Kind.IDENTITY,
    notes=(
        "a = -b is balanced too: on it |s| obeys another equation and the mode is never learned; A4 should say a = b.",
        "Under collapse the balance is absolute: (a^2 - b^2)/(a^2 + b^2) need not tend to 0.",
    ),
)
def autobalancing():
    r"""Autobalancing (Lemma I.1).

    r = a^2 - b^2: dr = -eta zeta^2 r dt, r(t) = r(0) exp(-eta zeta^2 t), so lim a^2 - b^2 = 0
    """
    yield equals(
        "differential",
        r"dr: \text{ (drift, dispersion)}",
        printed=sp.Matrix([-nu * (a**2 - b**2), 0]),
        derived=_balance_coefficients,
        wrong={
            "ordinary chain rule": sp.Matrix([0, 0]),
            "factor 2": sp.Matrix([-2 * nu * (a**2 - b**2), 0]),
            "noise does not cancel": sp.Matrix([-nu * (a**2 - b**2), 2 * sp.sqrt(nu) * a * b]),
        },
        says="Drift and dispersion of r = a^2 - b^2 under (40).",
    )
    yield equals(
        "solution",
        r"(\dot r + \eta\zeta^2 r,\ r(0))",
        printed=_decay(-nu),
        derived=lambda: sp.Matrix([0, a**2 - b**2]),
        wrong={"half the rate": _decay(-nu / 2), "growth": _decay(nu)},
        says="r(t) = r(0) exp(-eta zeta^2 t) solves the equation of r, so r vanishes as t grows.",
    )
    yield equals(
        "discrete step",
        r"r_{t+1}",
        printed=(a**2 - b**2) * (1 - eta**2 * _g**2),
        derived=_discrete_balance,
        wrong={"first order in the step": (a**2 - b**2) * (1 - eta * _g)},
        says="The recursion (38)-(39) multiplies r by 1 - eta^2 g^2 exactly, g = ab - s_tilde + z (a remark).",
        remark=True,
    )


@paper.claim(
    "SC-076", "Eq. (41), Appendix I.2; Section 6", symbols=VALUE_SYMBOLS | {w: "w_i = a_i = b_i"}, kind=Kind.IDENTITY
)
def slice_loss_and_slice_sde():
    r"""Slice loss and slice SDE.

    App. I.2: l_i(w) = (w^2 - s_tilde)^2 with dw = -w(w^2 - s_tilde) dt + sqrt(eta zeta^2) w dB (41); Section
    6: l_i(w) = (w^2 - s_tilde)^2/4
    """
    yield equals(
        "slice SDE",
        r"dw: \text{ (drift, dispersion)}",
        printed=sp.Matrix([-w * (w**2 - s_tilde), sp.sqrt(nu) * w]),
        derived=lambda: process_coefficients(ts.slice_process()),
        wrong={
            "gradient of the loss without 1/4": sp.Matrix([-4 * w * (w**2 - s_tilde), sp.sqrt(nu) * w]),
            "noise of s instead of w": sp.Matrix([-w * (w**2 - s_tilde), 2 * sp.sqrt(nu) * w]),
        },
        says="(41) from (40) on a = b = w.",
    )
    yield equals(
        "slice loss of Appendix I.2",
        r"\ell_i(w)",
        printed=(w**2 - s_tilde) ** 2,
        modulo=lambda side: sp.diff(side, w),
        derived=ts.slice_loss,
        corrected=(w**2 - s_tilde) ** 2 / 4,
        corrected_says="l_i(w) = (w^2 - s_tilde)^2/4, as in Section 6; Appendix I.2 lacks the factor 1/4",
        wrong={"factor 1/2": (w**2 - s_tilde) ** 2 / 2, "sign": -((w**2 - s_tilde) ** 2) / 4},
        says="The potential whose negative gradient is the drift of (41), up to a constant.",
    )
    yield equals(
        "slice loss of Section 6",
        r"\ell_i(w)",
        printed=(w**2 - s_tilde) ** 2 / 4,
        modulo=lambda side: sp.diff(side, w),
        derived=ts.slice_loss,
        wrong={"factor 1/2": (w**2 - s_tilde) ** 2 / 2},
        says="The same potential as printed in Section 6.",
    )


@paper.claim("SC-077", "Eqs. (7) and (42)", symbols=VALUE_SYMBOLS, kind=Kind.IDENTITY)
def singular_value_sde():
    r"""Singular-value SDE.

    d s = 2 s ((s_tilde + eta zeta^2/2) - s) dt + 2 sqrt(eta zeta^2) s dB
    """
    yield equals(
        "singular value",
        r"d\hat s: \text{ (drift, dispersion)}",
        printed=sp.Matrix([2 * s * (s_tilde + nu / 2 - s), 2 * sp.sqrt(nu) * s]),
        derived=lambda: process_coefficients(ts.singular_value_process()),
        wrong={
            "ordinary chain rule": sp.Matrix([2 * s * (s_tilde - s), 2 * sp.sqrt(nu) * s]),
            "sign of the Ito correction": sp.Matrix([2 * s * (s_tilde - nu / 2 - s), 2 * sp.sqrt(nu) * s]),
            "factor 2 of the dispersion lost": sp.Matrix([2 * s * (s_tilde + nu / 2 - s), sp.sqrt(nu) * s]),
        },
        says="Drift and dispersion of s = w^2 under (41).",
    )
