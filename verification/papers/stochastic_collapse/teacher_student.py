r"""Section 6 and Appendix I.2: the modes of a linear teacher-student network under label noise.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; :math:`\nu = \eta\zeta^2` is written out
where the paper writes it out.
"""

from __future__ import annotations

import sympy as sp

from theory.fokker_planck import fokker_planck_operator
from theory.ito import ItoProcess, ito_differential
from theory.models import teacher_student as ts
from theory.notation import eta, s, s_0, s_tilde, t, zeta
from theory.stationary import mode, stationary_density
from verification.claim import (
    Citation,
    Claim,
    Comparison,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Region,
    Statement,
    StationaryLaw,
)
from verification.papers.stochastic_collapse import predictions
from verification.papers.stochastic_collapse.section_4 import PAPER, SAMPLERS

nu = eta * zeta**2
a, b, z, w, u = ts.a, ts.b, ts.z, ts.w, ts.u
X, A = ts.log_growth, ts.area

MODE_SYMBOLS = {a: "a_i", b: "b_i", s_tilde: "s_tilde_i", eta: "learning rate", zeta: "label-noise standard deviation"}
VALUE_SYMBOLS = {s: "s_hat_i", s_tilde: "s_tilde_i", eta: "learning rate", zeta: "label-noise standard deviation"}


def _coefficients(process: ItoProcess) -> sp.Matrix:
    """Drift and dispersion of a scalar process as one column."""
    return sp.Matrix([process.drift[0], process.dispersion[0]])


def _decay(rate: sp.Expr) -> sp.Matrix:
    """Residual in dr/dt = -eta zeta^2 r, and initial value, of r(0) exp(rate t)."""
    r = (a**2 - b**2) * sp.exp(rate * t)
    derived_rate = sp.cancel(ts.balance_differential().drift[0] / (a**2 - b**2))
    return sp.Matrix([sp.diff(r, t) - derived_rate * r, r.subs(t, 0)])


def _solves(solution: sp.Expr) -> sp.Matrix:
    """Drift and dispersion of a function of the path (X, A), by Ito's formula."""
    differential = ito_differential(ts.path_process(), solution)
    return sp.Matrix([differential.drift[0], differential.dispersion[0]])


def _residual_of_path(solution: sp.Expr) -> sp.Matrix:
    """What is left when a function of the path is put into (42), and its value on the path's start X = A = 0."""
    found = _solves(solution)
    wanted = _coefficients(ts.singular_value_process()).subs(s, solution)
    return sp.Matrix([*(found - wanted), solution.subs({X: 0, A: 0})])


def _rate_and_exponent() -> sp.Matrix:
    """The inhomogeneity of the linear equation (44), and minus its logarithmic growth rate."""
    drift, dispersion = _coefficients(ts.reciprocal_process())
    slope, noise = sp.diff(drift, u), sp.diff(dispersion, u)
    return sp.Matrix([drift.subs(u, 0), -(slope - noise**2 / 2)])


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


SC_073 = Claim(
    id="SC-073",
    title="rotated diagonal recursions",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eqs. (38)-(39)"),
    symbols=MODE_SYMBOLS,
    printed_text="A' = A - eta B^T (B A - S + diag(z)); B' = B - eta (B A - S + diag(z)) A^T",
    statements=(
        Statement(
            name="updates",
            says="The updates of A = O^T W_1 V and B = U^T W_2 O under A1-A3; a bracket is one ordered matrix product.",
            left=r"(A',\ B')",
            form=Identity(_decoupled_updates),
            printed=sp.Matrix(
                [_as_symbols(A_n - eta * B_T * (B_n * A_n - S + Z)), _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T)]
            ),
            near_misses=(
                NearMiss(
                    "order of the product",
                    sp.Matrix(
                        [
                            _as_symbols(A_n - eta * (B_n * A_n - S + Z) * B_T),
                            _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T),
                        ]
                    ),
                ),
                NearMiss(
                    "sign of the label noise",
                    sp.Matrix(
                        [
                            _as_symbols(A_n - eta * B_T * (B_n * A_n - S - Z)),
                            _as_symbols(B_n - eta * (B_n * A_n - S - Z) * A_T),
                        ]
                    ),
                ),
                NearMiss(
                    "transpose lost",
                    sp.Matrix(
                        [
                            _as_symbols(A_n - eta * B_n * (B_n * A_n - S + Z)),
                            _as_symbols(B_n - eta * (B_n * A_n - S + Z) * A_T),
                        ]
                    ),
                ),
            ),
        ),
    ),
)


def _mode_coefficients() -> sp.Matrix:
    process = ts.mode_process()
    return sp.Matrix([*process.drift, *process.diffusion])


def _mode_form(drift_factor: sp.Expr, noise: sp.Expr, cross: sp.Expr) -> sp.Matrix:
    """(40) as drift and diffusion; ``cross`` is the off-diagonal entry."""
    error = a * b - s_tilde
    return sp.Matrix([-drift_factor * b * error, -drift_factor * a * error, noise * b**2, cross, cross, noise * a**2])


SC_074 = Claim(
    id="SC-074",
    title="two-dimensional mode SDE",
    kind=Kind.EXPANSION,
    cites=Citation(PAPER, "Eq. (40)"),
    symbols=MODE_SYMBOLS,
    scope="limit eta -> 0 of the first two moments of one step at fixed eta*zeta^2, dt = eta",
    printed_text="d(a,b) = -(b(ab - s_tilde), a(ab - s_tilde)) dt + sqrt(eta zeta^2) (b, a) dB",
    statements=(
        Statement(
            name="coefficients",
            says="Drift and diffusion matrix from the moments of (38)-(39), the same z in both equations.",
            left=r"(b_a, b_b, a_{aa}, a_{ab}, a_{ba}, a_{bb})",
            form=Identity(_mode_coefficients),
            printed=_mode_form(sp.S.One, nu, nu * a * b),
            near_misses=(
                NearMiss("independent noise in both equations", _mode_form(sp.S.One, nu, sp.S.Zero)),
                NearMiss(
                    "noise variance not scaled by the learning rate", _mode_form(sp.S.One, zeta**2, zeta**2 * a * b)
                ),
                NearMiss("factor 2 of the squared error", _mode_form(sp.S(2), nu, nu * a * b)),
            ),
        ),
    ),
)


def _balance_coefficients() -> sp.Matrix:
    balance = ts.balance_differential()
    return sp.Matrix([balance.drift[0], balance.dispersion[0]])


def _discrete_balance() -> sp.Expr:
    a_new, b_new = ts.mode_update(a, b, z, eta, s_tilde)
    return a_new**2 - b_new**2


_g = a * b - s_tilde + z

SC_075 = Claim(
    id="SC-075",
    title="autobalancing (Lemma I.1)",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Lemma I.1"),
    symbols=MODE_SYMBOLS,
    printed_text="r = a^2 - b^2: dr = -eta zeta^2 r dt, r(t) = r(0) exp(-eta zeta^2 t), so lim a^2 - b^2 = 0",
    notes=(
        "a = -b is balanced too: on it |s| obeys another equation and the mode is never learned; A4 should say a = b.",
        "Under collapse the balance is absolute: (a^2 - b^2)/(a^2 + b^2) need not tend to 0.",
    ),
    statements=(
        Statement(
            name="differential",
            says="Drift and dispersion of r = a^2 - b^2 under (40).",
            left=r"dr: \text{ (drift, dispersion)}",
            form=Identity(_balance_coefficients),
            printed=sp.Matrix([-nu * (a**2 - b**2), 0]),
            near_misses=(
                NearMiss("ordinary chain rule", sp.Matrix([0, 0])),
                NearMiss("factor 2", sp.Matrix([-2 * nu * (a**2 - b**2), 0])),
                NearMiss("noise does not cancel", sp.Matrix([-nu * (a**2 - b**2), 2 * sp.sqrt(nu) * a * b])),
            ),
        ),
        Statement(
            name="solution",
            says="r(t) = r(0) exp(-eta zeta^2 t) solves the equation of r, so r vanishes as t grows.",
            left=r"(\dot r + \eta\zeta^2 r,\ r(0))",
            form=Identity(lambda: sp.Matrix([0, a**2 - b**2])),
            printed=_decay(-nu),
            near_misses=(NearMiss("half the rate", _decay(-nu / 2)), NearMiss("growth", _decay(nu))),
        ),
        Statement(
            name="discrete step",
            says="The recursion (38)-(39) multiplies r by 1 - eta^2 g^2 exactly, g = ab - s_tilde + z (a remark).",
            left=r"r_{t+1}",
            form=Identity(_discrete_balance),
            printed=(a**2 - b**2) * (1 - eta**2 * _g**2),
            near_misses=(NearMiss("first order in the step", (a**2 - b**2) * (1 - eta * _g)),),
            counts=False,
        ),
    ),
)

SC_076 = Claim(
    id="SC-076",
    title="slice loss and slice SDE",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (41), Appendix I.2; Section 6"),
    symbols=VALUE_SYMBOLS | {w: "w_i = a_i = b_i"},
    printed_text=(
        "App. I.2: l_i(w) = (w^2 - s_tilde)^2 with dw = -w(w^2 - s_tilde) dt + sqrt(eta zeta^2) w dB (41); "
        "Section 6: l_i(w) = (w^2 - s_tilde)^2/4"
    ),
    corrected_text="l_i(w) = (w^2 - s_tilde)^2/4, as in Section 6; Appendix I.2 lacks the factor 1/4",
    statements=(
        Statement(
            name="slice SDE",
            says="(41) from (40) on a = b = w.",
            left=r"dw: \text{ (drift, dispersion)}",
            form=Identity(lambda: _coefficients(ts.slice_process())),
            printed=sp.Matrix([-w * (w**2 - s_tilde), sp.sqrt(nu) * w]),
            near_misses=(
                NearMiss("gradient of the loss without 1/4", sp.Matrix([-4 * w * (w**2 - s_tilde), sp.sqrt(nu) * w])),
                NearMiss("noise of s instead of w", sp.Matrix([-w * (w**2 - s_tilde), 2 * sp.sqrt(nu) * w])),
            ),
        ),
        Statement(
            name="slice loss of Appendix I.2",
            says="The potential whose negative gradient is the drift of (41), up to a constant.",
            left=r"\ell_i(w)",
            form=Identity(ts.slice_loss, modulo=lambda side: sp.diff(side, w)),
            printed=(w**2 - s_tilde) ** 2,
            corrected=(w**2 - s_tilde) ** 2 / 4,
            near_misses=(
                NearMiss("factor 1/2", (w**2 - s_tilde) ** 2 / 2),
                NearMiss("sign", -((w**2 - s_tilde) ** 2) / 4),
            ),
        ),
        Statement(
            name="slice loss of Section 6",
            says="The same potential as printed in Section 6.",
            left=r"\ell_i(w)",
            form=Identity(ts.slice_loss, modulo=lambda side: sp.diff(side, w)),
            printed=(w**2 - s_tilde) ** 2 / 4,
            near_misses=(NearMiss("factor 1/2", (w**2 - s_tilde) ** 2 / 2),),
        ),
    ),
)

SC_077 = Claim(
    id="SC-077",
    title="singular-value SDE",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eqs. (7) and (42)"),
    symbols=VALUE_SYMBOLS,
    printed_text="d s = 2 s ((s_tilde + eta zeta^2/2) - s) dt + 2 sqrt(eta zeta^2) s dB",
    statements=(
        Statement(
            name="singular value",
            says="Drift and dispersion of s = w^2 under (41).",
            left=r"d\hat s: \text{ (drift, dispersion)}",
            form=Identity(lambda: _coefficients(ts.singular_value_process())),
            printed=sp.Matrix([2 * s * (s_tilde + nu / 2 - s), 2 * sp.sqrt(nu) * s]),
            near_misses=(
                NearMiss("ordinary chain rule", sp.Matrix([2 * s * (s_tilde - s), 2 * sp.sqrt(nu) * s])),
                NearMiss(
                    "sign of the Ito correction", sp.Matrix([2 * s * (s_tilde - nu / 2 - s), 2 * sp.sqrt(nu) * s])
                ),
                NearMiss(
                    "factor 2 of the dispersion lost", sp.Matrix([2 * s * (s_tilde + nu / 2 - s), sp.sqrt(nu) * s])
                ),
            ),
        ),
    ),
)

_rate = 2 * s_tilde - 3 * nu
_sigma = -2 * sp.sqrt(nu)
_level = 1 / (s_tilde - 3 * nu / 2)

SC_078 = Claim(
    id="SC-078",
    title="steps of the solution",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Eqs. (44)-(51)"),
    symbols=VALUE_SYMBOLS | {u: "1/s_hat_i"},
    printed_text=(
        "du = (2 - (2 s_tilde - 3 eta zeta^2) u) dt - 2 sqrt(eta zeta^2) u dB (44); "
        "du = theta(mu - u) dt + sigma u dB (45) "
        "with theta = 2 s_tilde - 3 eta zeta^2, mu = (s_tilde - (3/2) eta zeta^2)^-1, sigma = -2 sqrt(eta zeta^2); "
        "theta mu = 2, theta + sigma^2/2 = 2 s_tilde - eta zeta^2"
    ),
    notes=(
        "(45) is undefined at s_tilde = (3/2) eta zeta^2, where mu is infinite; theta*mu = 2 and (44) are fine there.",
    ),
    statements=(
        Statement(
            name="reciprocal (44)",
            says="Drift and dispersion of u = 1/s.",
            left=r"du: \text{ (drift, dispersion)}",
            form=Identity(lambda: _coefficients(ts.reciprocal_process())),
            printed=sp.Matrix([2 - _rate * u, -2 * sp.sqrt(nu) * u]),
            near_misses=(
                NearMiss("Ito correction lost", sp.Matrix([2 - (2 * s_tilde + nu) * u, -2 * sp.sqrt(nu) * u])),
                NearMiss("half the Ito correction", sp.Matrix([2 - (2 * s_tilde - nu) * u, -2 * sp.sqrt(nu) * u])),
            ),
        ),
        Statement(
            name="standard form (45)",
            says="theta (mu - u) and sigma u give the same process.",
            left=r"du: \text{ (drift, dispersion)}",
            form=Identity(lambda: _coefficients(ts.reciprocal_process())),
            printed=sp.Matrix([sp.Mul(_rate, _level - u, evaluate=False), _sigma * u]),
            near_misses=(
                NearMiss("mu without its factor 3/2", sp.Matrix([_rate * (1 / (s_tilde - nu) - u), _sigma * u])),
            ),
            domain=(sp.Ne(s_tilde, 3 * nu / 2),),
        ),
        Statement(
            name="simplifications",
            says="The rate and the exponent that enter the solution, from (44).",
            left=r"(\theta\mu,\ \theta + \sigma^2/2)",
            form=Identity(lambda: _rate_and_exponent()),
            printed=sp.Matrix([2, 2 * s_tilde - nu]),
            near_misses=(
                NearMiss("Ito term of the exponent lost", sp.Matrix([2, 2 * s_tilde - 3 * nu])),
                NearMiss("sign of the noise", sp.Matrix([2, 2 * s_tilde + nu])),
            ),
        ),
        Statement(
            name="inverse (51)",
            says="1/u for the solution (50) of the linear equation solves the equation of s.",
            left=r"d\hat s: \text{ (drift, dispersion)}",
            form=Identity(lambda: _coefficients(ts.singular_value_process()).subs(s, ts.path_solution())),
            printed=_solves(1 / (sp.exp(-X) / s_0 + 2 * A * sp.exp(-X))),
            near_misses=(NearMiss("theta mu = 1", _solves(1 / (sp.exp(-X) / s_0 + A * sp.exp(-X)))),),
        ),
    ),
)


def _path_comparison() -> Comparison:
    return Comparison(
        name="Milstein on the same Brownian path",
        evaluator=f"{SAMPLERS}:milstein_on_path",
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


SC_079 = Claim(
    id="SC-079",
    title="stochastic student dynamics (Theorem 6.1)",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Theorem 6.1, Eqs. (8) and (43)"),
    symbols=VALUE_SYMBOLS
    | {X: "(2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t", A: "int_0^t exp(X_tau) dtau", s_0: "s_hat_i(0)"},
    printed_text=(
        "s(t) = exp((2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t) / "
        "(2 int_0^t exp((2 s_tilde - eta zeta^2) tau + 2 sqrt(eta zeta^2) B_tau) dtau + 1/s(0))"
    ),
    statements=(
        Statement(
            name="solution",
            says="Ito's formula on the path functional gives the coefficients of (42), and its initial value is s(0).",
            left=r"(\text{residual of the drift},\ \text{residual of the dispersion},\ \hat s(0))",
            form=Identity(lambda: sp.Matrix([0, 0, s_0])),
            printed=_residual_of_path(sp.exp(X) / (2 * A + 1 / s_0)),
            near_misses=(
                NearMiss("factor 2 of the integral lost", _residual_of_path(sp.exp(X) / (A + 1 / s_0))),
                NearMiss("initial value lost", _residual_of_path(sp.exp(X) / (2 * A + 1))),
            ),
        ),
        Statement(
            name="pathwise",
            says="The formula agrees with a Milstein run on the same Brownian path.",
            left=r"\hat s(t)",
            form=Identity(ts.path_solution),
            printed=sp.exp(X) / (2 * A + 1 / s_0),
            near_misses=(
                NearMiss("factor 2 of the integral lost", sp.exp(X) / (A + 1 / s_0)),
                NearMiss("Stratonovich exponent", sp.exp(X + nu * t) / (2 * A + 1 / s_0)),
                NearMiss("numerator without noise", sp.exp((2 * s_tilde - nu) * t) / (2 * A + 1 / s_0)),
            ),
            comparisons=(_path_comparison(),),
        ),
    ),
)

SC_080 = Claim(
    id="SC-080",
    title="small initialisation (Corollary 6.1)",
    kind=Kind.EXPANSION,
    cites=Citation(PAPER, "Corollary 6.1, Eqs. (52)-(53)"),
    symbols=SC_079.symbols,
    scope="limit s(0) -> 0 on a fixed Brownian path and at a fixed time",
    printed_text="s(t)/s(0) -> exp((2 s_tilde - eta zeta^2) t + 2 sqrt(eta zeta^2) B_t) almost surely as s(0) -> 0",
    statements=(
        Statement(
            name="limit",
            says="The limit of s(t)/s(0) on a fixed path.",
            left=r"\lim_{\hat s(0)\to 0}\hat s(t)/\hat s(0)",
            form=Identity(lambda: sp.cancel(ts.path_solution() / s_0).subs(s_0, 0)),
            printed=sp.exp(X),
            near_misses=(
                NearMiss("integral kept", sp.exp(X) / (2 * A + 1)),
                NearMiss("half the exponent", sp.exp(X / 2)),
            ),
        ),
    ),
)


def _log_rate_if_collapsed(values: dict[sp.Symbol, str]):
    """What a condition for a stationary law predicts for the growth rate of log s: 0 if it holds, else 2c."""
    rate = 2 * s_tilde - nu
    return lambda condition: predictions.at(values)(sp.S.Zero if predictions.holds(condition, values) else rate)


def _mean_if_stationary(values: dict[sp.Symbol, str]):
    return lambda condition: predictions.at(values)(
        s_tilde - nu / 2 if predictions.holds(condition, values) else sp.S.Zero
    )


_below = {s_tilde: "3/10", eta: "1", zeta: "1"}
_above = {s_tilde: "6/5", eta: "1", zeta: "1"}

SC_081 = Claim(
    id="SC-081",
    title="phase transition of the student modes",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Section 6, Appendix I.2"),
    symbols=VALUE_SYMBOLS,
    printed_text=(
        "2 s_tilde/(eta zeta^2) < 1: collapse to a delta at the origin; "
        "> 1: a stationary distribution with positive expectation"
    ),
    statements=(
        Statement(
            name="threshold",
            says="A stationary law on s > 0 exists exactly when 2 s_tilde/(eta zeta^2) > 1.",
            left=r"\text{stationary law iff }",
            form=Region(lambda: stationary_density(ts.singular_value_process()).normalisable),
            printed=2 * s_tilde / nu > 1,
            near_misses=(
                NearMiss("factor 2 lost", s_tilde / nu > 1),
                NearMiss("factor 2 doubled", 4 * s_tilde / nu > 1),
                NearMiss("critical case included", 2 * s_tilde / nu >= 1),
                NearMiss("threshold of the mode", 2 * s_tilde / nu > 3),
            ),
            experiments=(
                Experiment(
                    name="rate of log s at s_tilde/nu = 0.3",
                    sampler=f"{SAMPLERS}:log_rate_of_mode",
                    arguments={"s_tilde": "3/10", "nu": "1"},
                    predicted=_log_rate_if_collapsed(_below),
                    variation=0.3,
                    skewness=0.5,
                ),
                Experiment(
                    name="mean of s at s_tilde/nu = 1.2",
                    sampler=f"{SAMPLERS}:stationary_power_of_mode",
                    arguments={"s_tilde": "6/5", "nu": "1", "power": 1},
                    predicted=_mean_if_stationary(_above),
                    variation=1.4,
                    skewness=3.0,
                ),
            ),
        ),
    ),
)

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
            form=StationaryLaw(ts.singular_value_process),
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
        "2 eta zeta^2 div(s^2 p) = 4 zeta^2 s p + 2 eta zeta^2 s^2 grad p (56) "
        "= 4 zeta^2 s p - 2 eta zeta^2 s^2 (1/(eta zeta^2) + (3/2 - s_tilde/(eta zeta^2))/s) p (57) "
        "= -2 s (s - (s_tilde + eta zeta^2/2)) p (58)"
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
        "arg max p_ss = s_tilde - (3/2) eta zeta^2 if s_tilde > (3/2) eta zeta^2, else 0; "
        "p_ss = exp(-kappa Psi)/Z if s_tilde > eta zeta^2/2, else delta_0"
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


CLAIMS = (
    SC_073,
    SC_074,
    SC_075,
    SC_076,
    SC_077,
    SC_078,
    SC_079,
    SC_080,
    SC_081,
    SC_082,
    SC_083,
    SC_084,
    SC_085,
    SC_086,
)
