r"""Conjecture I.1 and what replaces it: the mean of a student mode.

In natural units :math:`x = \hat s/\nu`, :math:`\tau = 2\nu t`, :math:`k = \tilde s/\nu - \frac12`.
"""

import sympy as sp

from theory.infinitesimal_generator import generator
from theory.models.teacher_student import mean as student_mean
from theory.models.teacher_student import modes as ts
from theory.models.teacher_student.stochastic_logistic import bound_weight, k, n, rho, tau, wave_weight, x
from theory.notation import eta, nu, s, s_0, s_tilde, t, zeta
from theory.tricomi import hyperu
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Source, agrees, agrees_to_order, compared, equals, table
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Arguments, Experiment
from verification.papers.stochastic_collapse.measured.one_dimension import integrated_defect_on_grid, mean_on_grid
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.modes import NOISE_SYMBOLS, sampled_mode

noise = eta * zeta**2
start = sp.Symbol("stilde(0)", positive=True)
START_SYMBOLS = NOISE_SYMBOLS | {
    s_0: r"$\hat s_i(0)$",
    start: r"$\tilde s_i(0)$, as the text at hand has it for $\hat s_i(0)$",
}


def logistic_with(rate: sp.Expr, initial: sp.Expr = s_0) -> sp.Expr:
    r"""(61) with a rate in place of :math:`\tilde s - \eta\zeta^2/2`."""
    growth = sp.exp(2 * rate * t)
    return rate * growth / (growth - 1 + rate / initial)


CONJECTURE = logistic_with(s_tilde - noise / 2)


def bound_state() -> sp.Expr:
    """What the bound state n adds to the mean."""
    return (k - 2 * n) * sp.exp(-n * (k - n) * tau) * x ** (-n) * hyperu(-n, k + 1 - 2 * n, x)


def wave_weights(sign: int = -1) -> sp.Expr:
    """The weight of a wave; ``sign`` is that of the cosine."""
    return 2 * rho * sp.sinh(2 * sp.pi * rho) / (sp.cosh(2 * sp.pi * rho) + sign * sp.cos(sp.pi * k))


W = sp.Symbol("w_rho", positive=True)
"""The weight of the wave rho, where a formula names it."""


def waves(rate: sp.Expr = k**2 / 4 + rho**2, weight: sp.Expr | None = None) -> sp.Expr:
    """What the wave rho adds to the mean, per wave number; ``rate`` is that of its decay."""
    power = -k / 2 + sp.I * rho
    return (
        (wave_weights() if weight is None else weight)
        * sp.exp(-rate * tau)
        * x**power
        * hyperu(power, 1 + 2 * sp.I * rho, x)
    )


def spectral_mean(wave: sp.Expr | None = None) -> sp.Expr:
    """Sum over the bound states 0 <= n < k/2 plus the integral over the waves."""
    last = sp.Max(sp.ceiling(k / 2), 0) - 1
    return sp.Sum(bound_state(), (n, 0, last)) + sp.Integral(waves() if wave is None else wave, (rho, 0, sp.oo))


NATURAL_UNITS = {k: s_tilde / nu - sp.Rational(1, 2), x: s_0 / nu, tau: 2 * nu * t, nu: noise}


@paper.claim(
    "SC-087",
    "Conjecture I.1, Eq. (61)",
    symbols=START_SYMBOLS
    | {nu: "noise strength", k: "shape", x: "start", tau: "time, in natural units"}
    | {rho: "wave number", n: "number of a bound state", W: "weight of a wave"},
    grade=Grade.WRONG,
)
def conjectured_mean():
    r"""Conjectured mean.

    We now conjecture an exact expression for the temporal dynamics of the expectation $E[\hat s_i(t)]$.
    - (61) solves $\dot y = 2y(c - y)$, $c = \tilde s_i - \eta\zeta^2/2$: it is the path (8) for $B = 0$, not the mean.
    - The conjecture is right as $t \to \infty$ and as $\zeta \to 0$.
    - $\tilde s_i(0)$ is read as $\hat s_i(0)$: an accent, which is not the point at issue.
    """

    def at_time(strength: str, time: str) -> Experiment:
        values = {s_tilde: "1", eta: strength, zeta: "1"}
        wanted = values | {s_0: "1/10", t: time}

        def predicted(candidate: sp.Expr) -> sp.Expr | float:
            spectral = candidate.has(sp.Integral)
            return predictions.spectral(candidate, wanted) if spectral else predictions.at(wanted)(candidate)

        return sampled_mode(values, number(time), start="1/10", predicted=predicted)

    def tangent(rate: sp.Expr) -> sp.Expr:
        return s_0 + 2 * s_0 * (rate - s_0) * t

    printed = logistic_with(s_tilde - noise / 2, start)
    yield agrees_to_order(
        r"early times: $E[\hat s_i(t)] \text{ to first order in } t$",
        printed=printed,
        where={start: s_0},
        corrected=tangent(s_tilde + noise / 2),
        derived=lambda: s_0 + t * generator(ts.singular_value_process(), s).subs(s, s_0),
        small=t,
        order=1,
        wrong={"no noise": logistic_with(s_tilde), "twice Itô's correction": tangent(s_tilde + noise)},
        says="The initial slope, which Itô's formula gives exactly.",
    )
    yield agrees(
        r"mean: $E[\hat s_i(t)]$",
        printed=printed,
        where={start: s_0, W: wave_weights(), **NATURAL_UNITS},
        corrected=lambda: nu * spectral_mean(waves(weight=W)),
        wrong={
            r"closure $E\hat s^2 = (E\hat s)^2$": logistic_with(s_tilde + noise / 2),
            "harmonic mean": logistic_with(s_tilde - 3 * noise / 2),
            "no noise": logistic_with(s_tilde),
            "a tenth too large": lambda: 11 * nu * spectral_mean() / 10,
        },
        measured=[at_time("1/2", "73/100"), at_time("1", "1/2")],
    )


@paper.claim(
    "SC-088", "Appendix I.2, after Conjecture I.1", symbols=START_SYMBOLS | {ts.penalty: "regularization coefficient"}
)
def equivalence_with_l2_regularisation():
    r"""Equivalence with L2 regularisation.

    One can show that the dynamics predicted by Conjecture I.1 are equivalent to the deterministic dynamics given by
    $L_2$ regularized gradient flow with a regularization coefficient of $\lambda = \eta\zeta^2/2$.
    - Scope: penalty $\frac\lambda2(\|W_1\|_F^2 + \|W_2\|_F^2)$, balanced modes.
    - With a penalty $\lambda\|W\|^2$ the coefficient would be $\eta\zeta^2/4$.
    """

    def coefficient() -> sp.Expr:
        """The penalty for which a mode moves with the velocity with which (61) leaves its start."""
        velocity = sp.diff(CONJECTURE, t).subs(t, 0).subs(s_0, s)
        (found,) = sp.solve(sp.simplify(ts.regularised_flow() - velocity), ts.penalty)
        return found

    yield equals(
        r"coefficient: $\lambda$", printed=noise / 2, derived=coefficient, wrong={"penalty without its half": noise / 4}
    )
    yield equals(
        r"dynamics: $\hat s_i(t) \text{ under } \lambda = \tfrac12\eta\zeta^2$",
        printed=CONJECTURE,
        derived=lambda: ts.regularised_path().subs(ts.penalty, noise / 2),
        wrong={"not regularised": logistic_with(s_tilde), "penalty of a whole square": logistic_with(s_tilde - noise)},
    )


GRID_POINTS = table(
    "k x tau", "-2/5 1/2 1", "0 1 2", "1/2 1/20 3", "3/2 3/10 1", "5/2 10 1/20", "5/2 1/10 5", "53/10 1 1"
)


def at_point(candidate: sp.Expr, point: Arguments) -> float:
    """A spectral mean at a point in natural units."""
    return predictions.spectral(candidate, {k: point["k"], x: point["x"], tau: point["tau"]})


def twice_the_defect(candidate: sp.Expr, point: Arguments) -> sp.Expr:
    r"""An integrated defect in natural units, where :math:`d\tau = 2\nu\,dt`."""
    return 2 * candidate.subs({s_tilde: sp.Rational(point["k"]) + sp.Rational(1, 2), nu: 1})


@paper.claim(
    "SC-089",
    "not printed; replaces Conjecture I.1",
    symbols={x: r"$\hat s_i/\nu$", tau: r"$2\nu t$", k: r"$\tilde s_i/\nu - \frac12$", rho: "wave number"}
    | {n: "number of a bound state", nu: r"$\eta\zeta^2$", s: r"$\hat s_i$", s_tilde: r"$\tilde s_i$"}
    | {s_0: r"$\hat s_i(0)$"},
    source=Source.OURS,
)
def exact_mean_of_the_student_mode():
    r"""Exact mean of the student mode.

    - Scope: exact for $k > -2$, so for every $\tilde s_i \ge 0$.
    - Derived from the spectrum of the generator, a Morse potential.
    """
    yield equals(
        r"weights: $(w_n,\ w_\rho)$",
        printed=sp.Matrix([k - 2 * n, wave_weights()]),
        derived=lambda: [bound_weight(), wave_weight()],
        wrong={
            "$k - n$": sp.Matrix([k - n, wave_weights()]),
            "sign of the cosine": sp.Matrix([k - 2 * n, wave_weights(1)]),
        },
        says="Of bound states and waves.",
    )
    point = {"k": "3/2", "x": "3/10", "tau": "1"}
    yield agrees(
        r"mean: $E[x_\tau]$",
        printed=spectral_mean,
        wrong={
            "half the waves": lambda: spectral_mean(waves() / 2),
            "no waves": lambda: spectral_mean(sp.S.Zero),
            "waves decay too slowly": lambda: spectral_mean(waves(k**2 / 4 + rho**2 / 2)),
            "a tenth too large": lambda: 11 * spectral_mean() / 10,
        },
        measured=sampled_mode(
            {s_tilde: "2", eta: "1", zeta: "1"},
            0.5,
            start="3/10",
            predicted=lambda candidate: at_point(candidate, point),
        ),
        compared=compared("Fokker-Planck grid", mean_on_grid, at_point, *GRID_POINTS),
    )
    yield equals(
        r"mean of the logarithm: $\text{drift of }\log\hat s_i$",
        printed=2 * (s_tilde - nu / 2) - 2 * s,
        derived=student_mean.log_drift,
        wrong={"Itô's correction lost": 2 * (s_tilde + nu / 2) - 2 * s},
    )
    yield equals(
        r"harmonic mean: $1/E[1/\hat s_i(t)]$",
        printed=logistic_with(s_tilde - 3 * nu / 2),
        derived=student_mean.harmonic_mean,
        wrong={"the conjectured mean": logistic_with(s_tilde - nu / 2), "half way": logistic_with(s_tilde - nu)},
    )
    yield _integrated_defect()


def _integrated_defect() -> Statement:
    """How far the mean is from (61), over all times."""
    shape = s_tilde / nu - sp.Rational(1, 2)
    return equals(
        r"integrated defect: $\int_0^\infty (E\hat s_i - y)\,dt$",
        printed=(sp.log(shape) - sp.polygamma(0, shape)) / 2,
        derived=student_mean.integrated_defect,
        wrong={r"logarithm of $k + \frac12$": (sp.log(s_tilde / nu) - sp.polygamma(0, shape)) / 2},
        says="The mean minus (61), $y$, over all times, whatever the start.",
        domain=(s_tilde > nu / 2,),
        compared=compared(
            "Fokker-Planck grid in time",
            integrated_defect_on_grid,
            twice_the_defect,
            *table("k x", "1 1/2", "2 2", "4 1/2"),
            tolerance=1e-2,
        ),
    )
