r"""Proposition 5.2: the stationary density of a mode, its tails, and where it exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.fokker_planck import probability_current
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess
from theory.line.ends.boundary import integrable
from theory.line.ends.endpoints import endpoint_behaviour
from theory.line.laws.stationary import stationary_density
from theory.notation import eta
from verification.authoring.predictions import mean_under_density
from verification.authoring.shorthand import (
    Grade,
    Kind,
    Source,
    agrees,
    compared,
    equals,
    holds_when,
    is_stationary,
    measured,
)
from verification.authoring.simulated import simulated
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.figures.collapse import threshold_of_sgd
from verification.papers.saddle_to_saddle.figures.tails import tail_of_runs
from verification.papers.saddle_to_saddle.long_runs import variance_of_mode
from verification.papers.saddle_to_saddle.paper import (
    NOISE_SYMBOLS,
    beta,
    deeper,
    mode_process,
    paper,
    s,
    sigma_q,
    w,
)
from verification.papers.saddle_to_saddle.stationary.location import expanded

TWO = sp.Integer(2)
w_0, z, theta = sp.symbols("w_0 z theta", real=True)
c_0 = sp.Symbol("c_0", positive=True)
QUADRATIC = 2 * (w - s) ** 2 + sigma_q**2
ENDS = (0.4, 1.3)
"""Amplitudes between which a density is compared."""

NORMALISABLE = beta * (2 * s**2 + sigma_q**2) < 2 * s


def log_slope(depth: sp.Expr) -> sp.Expr:
    r"""The logarithmic derivative :math:`(2\mu - D')/D` of the law that carries no current."""
    process = mode_process(depth)
    return (2 * process.drift[0] - sp.diff(process.diffusion[0], w)) / process.diffusion[0]


@paper.claim(
    "DLN-P1",
    "Proposition 5.2, Eq. (16)",
    symbols=NOISE_SYMBOLS | {z: "variable of the integral", w_0: "its lower limit"},
    grade=Grade.MISPRINT,
)
def stationary_density_of_a_mode():
    """Stationary density of a mode.

    - The lower limit only sets a constant, but from 0 on the integral is infinite, at every depth.
    """
    mu, D = (sp.Function(name, real=True) for name in ("mu", "D"))

    def density(power: int = -1, factor: int = 2) -> sp.Expr:
        return D(w) ** power * sp.exp(sp.Integral(factor * mu(z) / D(z), (z, 0, w)))

    def from_zero_current() -> sp.Expr:
        p = sp.Function("p", real=True)(w)
        process = ItoProcess.scalar(w, drift=mu(w), dispersion=sp.sqrt(D(w)))
        (rise,) = sp.solve(probability_current(process, p)[0].doit(), sp.diff(p, w))
        return sp.exp(sp.Integral(rise / p, w))

    def lower_limits() -> Boolean:
        process = mode_process(deeper)
        at_zero = endpoint_behaviour(2 * process.drift[0] / process.diffusion[0], w, sp.S.Zero)
        return w_0 > 0 if at_zero.essential or at_zero.exponent != 0 else w_0 >= 0

    yield equals(
        r"density: $p^\star_\alpha(w) \propto$",
        printed=density(),
        derived=from_zero_current,
        modulo=lambda side: sp.diff(sp.expand_log(sp.log(side), force=True), w).doit(),
        wrong={"without its two": density(factor=1), "without the prefactor": density(power=0)},
        says="Judged by its logarithmic derivative, for any drift and diffusion.",
        mutated=False,
    )
    yield holds_when(
        r"lower limit: $\int_{w_0}^w\frac{2\mu_\alpha(z)}{D_\alpha(z)}dz < \infty\text{ iff }$",
        printed=w_0 >= 0,
        corrected=w_0 > 0,
        derived=lower_limits,
        domain=(w_0 >= 0,),
        wrong={"only beyond the teacher's value": w_0 > s},
        says=r"(16) integrates from 0 on. At $L\ge3$; at $L = 2$ the integral diverges as a logarithm.",
    )
    power = s / (beta * c_0)
    closed = (
        w ** (power - sp.Rational(3, 2))
        * QUADRATIC ** (-1 - power / 2)
        * sp.exp(-sigma_q / (sp.sqrt(2) * beta * c_0) * sp.atan(sp.sqrt(2) * (w - s) / sigma_q))
    )
    values = {s: "1", sigma_q: "1", beta: "1/10"}
    closeness = 1 / (1 + (w - 1) ** 2)
    yield is_stationary(
        r"depth two: $p^\star_\alpha(w) \propto$",
        printed=closed,
        where={c_0: 2 * s**2 + sigma_q**2},
        process=lambda: mode_process(TWO),
        domain=(NORMALISABLE,),
        wrong={
            "label noise twice": {c_0: 2 * s**2 + 2 * sigma_q**2},
            "a tenth more noise": closed.subs(beta, sp.Rational(11, 10) * beta),
        },
        measured=[
            simulated(
                lambda: mode_process(TWO),
                closeness,
                at=values,
                start=1.0,
                until=8.0,
                predicted=mean_under_density(closeness, w, values),
                coordinates="log",
                name="closeness of runs of the SDE",
                absolute=1 / 200,
            )
        ],
        says="A result of ours: (16) in closed form.",
        remark=True,
        mutated=False,
    )


@paper.claim("DLN-P1t", "not printed; relevant to Proposition 5.2", symbols=NOISE_SYMBOLS, source=Source.OURS)
def tails_of_the_stationary_density():
    r"""Tails of the stationary density.

    - Scope: the scalar mode with label noise, $w\to\infty$.
    - "Approximately Gaussian" (Proposition 5.2) is a statement about the bulk alone.
    """
    k = sp.Symbol("k", positive=True)

    for name, depth in (("power", deeper), ("power at depth two", TWO)):
        yield equals(
            name,
            r"\lim_{w\to\infty} w\,(\log p^\star_\alpha)'",
            printed=-2 - 3 * (depth - 1) / depth,
            derived=lambda depth=depth: endpoint_behaviour(log_slope(depth), w, sp.oo).exponent,
            wrong={"of the diffusion alone": -2 - 4 * (depth - 1) / depth},
            mutated=depth == deeper,
        )
    yield holds_when(
        r"moments: $E\,w^k < \infty\text{ iff }$",
        printed=k < 1 + 3 * (deeper - 1) / deeper,
        derived=lambda: integrable(endpoint_behaviour(k / w + log_slope(deeper), w, sp.oo)),
        wrong={"third moment always": k < 4 + 3 * (deeper - 1) / deeper, "limit included": k <= 4 - 3 / deeper},
        says="The third moment is infinite at depth 3, and at depth 2, where the power is $-7/2$.",
    )


@paper.claim("DLN-P1c", "not printed; (16) is left as an integral", symbols=NOISE_SYMBOLS, source=Source.OURS)
def closed_form_for_every_depth():
    r"""Closed form of the stationary density for symbolic depth.

    - Scope: the scalar mode with label noise, $L\ge3$.
    """
    root, power = s + sp.I * sigma_q / sp.sqrt(2), 2 / deeper - 1

    def density(numerator: sp.Expr = sp.S.One) -> sp.Expr:
        series = sp.hyper([1, power], [2 / deeper], w / root) / root
        exponent = w**power / (deeper * power * beta) * sp.re(series)
        return w ** (-3 * (deeper - 1) / deeper) / QUADRATIC * sp.exp(numerator * exponent)

    def rise(point: Mapping[str, Any]) -> tuple[float, float]:
        """The integral of the slope of the zero-current law between two amplitudes, by quadrature."""
        from scipy.integrate import quad

        values = {deeper: point["L"], s: sp.Rational(7, 10), sigma_q: sp.Rational(1, 2), beta: sp.Rational(1, 4)}
        slope = log_slope(deeper).subs(values)
        value, error = quad(sp.lambdify(w, slope), *ENDS, epsabs=1e-12, epsrel=1e-12)
        return value, abs(error)

    def predicted(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
        values = {deeper: point["L"], s: sp.Rational(7, 10), sigma_q: sp.Rational(1, 2), beta: sp.Rational(1, 4)}
        low, high = (sp.log(candidate.subs(values).subs(w, sp.Rational(str(end)))).evalf(20) for end in ENDS)
        return high - low

    yield agrees(
        r"density: $p^\star_\alpha(w) \propto$",
        printed=density(),
        compared=[compared("quadrature", rise, predicted, *({"L": L} for L in (3, 4, 6, 12)), tolerance=1e-9)],
        wrong={"half the exponent": density(sp.Rational(1, 2)), "one per cent": density(sp.Rational(101, 100))},
    )


@paper.claim(
    "DLN-P10",
    "Section 6, Limitations",
    symbols={theta: "one linear weight", s: "teacher's value", sigma_q: "label noise", eta: "learning rate"},
)
def noise_that_is_not_heavy_tailed():
    r"""Gradient noise that is not heavy-tailed.

    "We also assumed that the data is i.i.d. and that SGD noise is not heavy-tailed."

    - Scope: one linear weight, Gaussian inputs and labels, batch size one.
    - The noise of one step has all moments, its kurtosis is 9 to 15. The stationary laws are heavy-tailed all the same:
      that of a mode under the SDE has no third moment at depth 2 (DLN-P1t), and that of a single weight under SGD none
      from some order on, at every learning rate.
    """
    x, y = sp.symbols("x y", real=True)
    data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + sigma_q**2]])
    model = Model([theta], (y - theta * x) ** 2 / 2, data)

    def kurtosis(at: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
        noise = model.sample_gradient[0] - model.gradient[0]
        fourth, second = (expectation(sp.expand(noise**k), data).subs(at) for k in (4, 2))
        return sp.cancel(fourth / second**2)

    for name, value, at in (
        ("of the labels", sp.Integer(9), {theta: s}),
        ("of the inputs", sp.Integer(15), {sigma_q: sp.S.Zero}),
    ):
        yield equals(
            f"kurtosis {name}",
            r"E\xi^4/(E\xi^2)^2",
            printed=value,
            derived=lambda at=at: kurtosis(at),
            wrong={"Gaussian noise": sp.Integer(3)},
            says="At the teacher." if at == {theta: s} else "Without label noise.",
            mutated=False,
        )

    def second_moment_stays() -> Boolean:
        return expectation(sp.expand((1 - eta * x**2) ** 2), data) < 1

    yield holds_when(
        r"second moment of the weight: $E(\theta - s)^2 < \infty\text{ iff }$",
        printed=eta < sp.Rational(2, 3),
        derived=second_moment_stays,
        wrong={"of gradient descent": eta < 2, "of the SDE": eta < 1},
        says=r"A result of ours: the stationary law under SGD. It has moments of order m iff $E|1 - \eta x^2|^m < 1$, "
        "which fails for large m.",
        remark=True,
    )
    yield tail_of_runs()


@paper.claim("DLN-P3", "Proposition 5.2 (ii)", symbols=NOISE_SYMBOLS, kind=Kind.THRESHOLD, grade=Grade.CONDITION)
def unique_stationary_density_with_label_noise():
    r"""Existence of the stationary density with label noise.

    "there is a unique smooth stationary density"

    - Scope: the scalar mode, with the drift that Itô's formula gives; where the density lies is DLN-P4.
    - With the drift (14) as printed the density falls off faster than any power at 0, at every depth.
    """
    yield holds_when(
        r"depth two: $Z < \infty\text{ iff }$",
        printed=sp.true,
        corrected=NORMALISABLE,
        derived=lambda: stationary_density(mode_process(TWO)).normalisable,
        wrong={
            "threshold without label noise": beta * s < 1,
            "critical case included": beta * (2 * s**2 + sigma_q**2) <= 2 * s,
        },
        says=r"Otherwise the mode collapses to 0.",
    )
    yield holds_when(
        r"deeper: $Z < \infty\text{ iff }$",
        printed=sp.true,
        derived=lambda: stationary_density(mode_process(deeper)).normalisable,
        wrong={"threshold of depth two": NORMALISABLE},
        says=r"At $L\ge3$.",
    )
    yield threshold_of_sgd()


@paper.claim(
    "DLN-P8", "Section 5, text after Proposition 5.2", symbols=NOISE_SYMBOLS, kind=Kind.LAW, grade=Grade.CONFLICT
)
def dirac_in_the_long_run():
    r"""Dirac law in the long run with label noise.

    "In the presence of label noise, SGD appears to approximate a Boltzmann distribution at finite time, although we
    suspect that it converges to a Dirac in the long run."

    - It contradicts part (ii) of Proposition 5.2. Where depth two does collapse, it does so at 0.
    """

    def collapses(depth: sp.Expr) -> Boolean:
        return sp.Or(*(condition for condition, _ in stationary_density(mode_process(depth)).collapse))

    yield holds_when(
        r"depth two: $p_\alpha(w, t)\to\text{ a Dirac mass as }t\to\infty\text{ iff }$",
        printed=sp.true,
        corrected=beta * (2 * s**2 + sigma_q**2) >= 2 * s,
        derived=lambda: collapses(TWO),
        wrong={"threshold without label noise": beta * s >= 1},
    )
    yield holds_when(
        r"deeper: $p_\alpha(w, t)\to\text{ a Dirac mass as }t\to\infty\text{ iff }$",
        printed=sp.true,
        corrected=sp.false,
        derived=lambda: collapses(deeper),
        wrong={"threshold of depth two": beta * (2 * s**2 + sigma_q**2) >= 2 * s},
        says=r"At $L\ge3$.",
    )
    width = sigma_q**2 * s
    yield equals(
        r"width that stays: $\lim_{t\to\infty}\operatorname{Var}(w_\alpha)/\beta$",
        printed=width,
        derived=lambda: expanded(TWO, "variance"),
        measured=[_run_for(modes, times) for modes, times in ((1, 10), (1, 300), (2, 100))],
        wrong={"a Dirac mass": sp.S.Zero, "a tenth too large": sp.Rational(11, 10) * width},
        says="A result of ours, at depth two and to first order; in runs of SGD after 10 and 300 "
        "relaxation times, and after 100 beside another mode.",
        remark=True,
    )


def _run_for(modes: int, times: int) -> Experiment:
    """SGD of two layers with label noise of 1; with two modes, the first has s = 1 and the second 4/5."""
    return measured(
        variance_of_mode,
        lambda candidate: candidate.subs({s: 1, sigma_q: 1}),
        name=f"{modes} {'mode' if modes == 1 else 'modes'}, after {times} relaxation times",
        widths=" ".join(["1" if modes == 1 else "2"] * 3),
        s="1" if modes == 1 else "1 4/5",
        sigma="1",
        eta="1/300",
        after=str(times),
    )
