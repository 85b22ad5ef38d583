r"""Proposition 5.2 (ii) and Appendix F: where the stationary law with label noise lies, and how wide it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.deep_linear.two_layer_law import TwoLayerLaw
from theory.line.laws.small_noise_expansion import small_noise_expansion
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, Source, agrees_to_order, equals, holds_when, measured
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.figures.extrapolation import peaks_of_runs, widths_of_runs
from verification.papers.saddle_to_saddle.long_runs import mean_of_mode, variance_of_mode
from verification.papers.saddle_to_saddle.paper import (
    NOISE_SYMBOLS,
    L,
    beta,
    deeper,
    mode_diffusion,
    mode_process,
    paper,
    s,
    sigma_q,
    w,
)

TWO = sp.Integer(2)
POWER = 2 * (L - 1) / L
y, root = sp.symbols("y epsilon", positive=True)
ORDER_ZERO: dict[str, Any] = {"small": beta, "order": 0, "mutated": False}
DEPTHS = (("depth two", TWO), ("deeper", deeper))


def expanded(depth: sp.Expr, quantity: str) -> sp.Expr:
    r"""The coefficient of :math:`\beta` in a place or width of the law, for small noise."""
    found = small_noise_expansion(mode_process(depth), beta, s)
    return found.coefficient(getattr(found, quantity))


def long_run(
    sampler: Callable[..., Any],
    depth: sp.Expr,
    *,
    modes: int = 1,
    of: Callable[[sp.Expr], sp.Expr] = lambda candidate: candidate,
) -> Experiment:
    """An experiment with SGD of square layers at s = 1, and 4/5 for a second mode; where depth is a symbol, three."""
    layers = 3 if depth == deeper else int(depth)
    at = {L: layers, deeper: layers, s: 1, sigma_q: 1, sp.Symbol("s_1", positive=True): 1}
    return measured(
        sampler,
        lambda candidate: of(candidate).subs(at),
        widths=" ".join([str(modes)] * (layers + 1)),
        s="1 4/5" if modes == 2 else "1",
        sigma="1",
        eta="1/1000",
    )


def shift(depth: sp.Expr) -> sp.Expr:
    r""":math:`\theta/\beta = \frac12(L - 1)s^{1 - 2/L}\sigma_q^2`."""
    return (depth - 1) * s ** (1 - 2 / depth) * sigma_q**2 / 2


def linearised_variance() -> sp.Expr:
    r""":math:`-D(s)/(2\mu'(s))` with the drift of gradient flow."""
    slope = sp.diff(mode_process(rate=sp.S.Zero).drift[0], w).subs(w, s)
    return mode_diffusion().subs(w, s) / (-2 * slope)


@paper.claim("DLN-P4", "Proposition 5.2 (ii), Eq. (17); Appendix F", symbols=NOISE_SYMBOLS, grade=Grade.WRONG)
def location_of_the_stationary_law():
    r"""Location of the stationary law.

    "$p^\star_\alpha$ is approximately Gaussian with mean $s_\alpha + O(\eta)$ (slightly above $s_\alpha$ due to the Itô
    drift)"; "peaked near the zero of $\mu_\alpha(w)$".

    - Scope: the scalar mode, first order in $\beta = \eta/B$.
    - (17) follows from the drift (14) as printed.
    - The mean is not the zero of the drift, since the noise depends on $w$ and the drift is curved; nor is the mode.
    """

    def above(depth: sp.Expr) -> Boolean:
        return sp.factor(expanded(depth, "mean")) > 0

    for name, depth in DEPTHS:
        yield equals(
            f"zero of the drift, {name}",
            r"(w^\star_\alpha - s_\alpha)/\beta",
            printed=(depth - 1) * s ** (-2 / depth) * sigma_q / 2,
            corrected=shift(depth),
            derived=lambda depth=depth: expanded(depth, "zero_of_drift"),
            wrong={"label noise without its half": 2 * shift(depth)},
            mutated=False,
        )
        yield holds_when(
            f"mean above the teacher, {name}",
            r"E_{p^\star}[w] > s_\alpha\text{ to first order iff }",
            printed=sp.true,
            corrected=sp.false,
            derived=lambda depth=depth: above(depth),
            wrong={"for small singular values": s < 1},
        )
        for place, multiple in (("mean", -1), ("mode", -3)):
            yield equals(
                f"{place}, {name}",
                rf"(\text{{{place} of }}p^\star_\alpha - s_\alpha)/\beta",
                printed=multiple * shift(depth),
                derived=lambda depth=depth, place=place: expanded(depth, place),
                wrong={
                    "the zero of the drift": shift(depth),
                    "a tenth too large": sp.Rational(11 * multiple, 10) * shift(depth),
                },
                measured=[long_run(mean_of_mode, depth)] if place == "mean" else [],
                says="A result of ours.",
                remark=True,
                mutated=False,
            )
    yield from peaks_of_runs()


@paper.claim(
    "DLN-P4m",
    "not printed; relevant to Eq. (17), which is printed for every mode",
    symbols={beta: r"$\beta = \eta/b$", sigma_q: "label noise", sp.Symbol("s_1", positive=True): "teacher's value"},
    source=Source.OURS,
)
def location_in_a_matrix():
    r"""Location of the stationary law of a mode among others.

    - Scope: two square layers of width d, first order in $\beta$.
    - Every other mode, learned or zero in the teacher, pulls by as much as the mode itself.
    """
    for d in (1, 2, 4, 12):
        values = sp.symbols(f"s_1:{d + 1}", positive=True)
        yield equals(
            f"mean, d = {d}",
            r"E[w_\alpha]",
            printed=values[0] - d * beta * sigma_q**2 / 2,
            derived=lambda values=values: TwoLayerLaw(values, sigma_q**2, beta).mean(0),
            wrong={
                "the zero of the drift of one mode": values[0] + beta * sigma_q**2 / 2,
                "a tenth too large": values[0] - sp.Rational(11, 20) * d * beta * sigma_q**2,
            },
            measured=[long_run(mean_of_mode, TWO, modes=2, of=lambda mean: sp.diff(mean, beta))] if d == 2 else [],
            mutated=False,
        )


@paper.claim("DLN-P5", "Proposition 5.2 (ii), Eq. (18)", symbols=NOISE_SYMBOLS)
def width_of_the_stationary_law():
    r"""Variance of the stationary law.

    - Scope: the scalar mode, first order in $\beta = \eta/B$.
    - In networks with several modes the balance is lost in the long run, and with it (18): DLN-M2, DLN-M4.
    """
    for name, depth in DEPTHS:
        variance = depth / 2 * sigma_q**2 * s ** (2 * (depth - 1) / depth)
        yield equals(
            name,
            r"\operatorname{Var}_{p^\star_\alpha}(w_\alpha)/\beta",
            printed=variance,
            derived=lambda depth=depth: expanded(depth, "variance"),
            wrong={
                "diffusion over slope, without the two": 2 * variance,
                "a tenth too large": sp.Rational(11, 10) * variance,
            },
            measured=[long_run(variance_of_mode, depth)],
        )

    yield equals(
        r"of the linearised equation: $-\frac{D_\alpha(s_\alpha)}{2\beta\mu'_\alpha(s_\alpha)}$",
        printed=L / 2 * sigma_q**2 * s ** (2 * (L - 1) / L),
        derived=lambda: linearised_variance() / beta,
        wrong={"slope of one layer": L**2 / 2 * sigma_q**2 * s ** (2 * (L - 1) / L)},
    )
    yield from widths_of_runs()


def drift_at_teacher(derivatives: int = 0) -> sp.Expr:
    """A derivative of the drift at the teacher's value."""
    return sp.diff(mode_process().drift[0], w, derivatives).subs(w, s)


def diffusion_at_teacher(derivatives: int = 0) -> sp.Expr:
    """A derivative of the diffusion at the teacher's value."""
    return sp.diff(mode_diffusion(), w, derivatives).subs(w, s)


def neglected_to_first_order() -> sp.Expr:
    r"""The part of the drift that is not linear in x over the linear one, for :math:`x = \epsilon y`."""
    return root * y * drift_at_teacher(2).subs(beta, 0) / (2 * drift_at_teacher(1).subs(beta, 0))


@paper.claim(
    "DLN-P6",
    "Appendix F, variance and local linearization",
    symbols=NOISE_SYMBOLS,
    kind=Kind.PROOF_STEP,
    grade=Grade.WRONG,
)
def orders_at_the_teacher():
    r"""Orders of drift and diffusion at the teacher's value.

    "$D'_\alpha(s_\alpha), \mu''_\alpha(s_\alpha) = O(\eta)$"; "higher-order terms such as $x_t^2$ or
    $x_tD'_\alpha(w^\star_\alpha)$ are $O(\eta)$ smaller than the leading terms because $x_t = O(\sqrt\eta)$".

    - Scope: the scalar mode, with the drift that Itô's formula gives; $\eta$ and $\beta$ are of one order.
    - The variance (18) is right all the same: replacing $w^\star$ by $s$ changes it at second order (DLN-P5). The mean
      is not that of the linearised equation, because $\mu''$ is of order one (DLN-P4).
    """
    yield equals(
        r"drift: $\mu_\alpha(s_\alpha)$",
        printed=beta / 2 * L * (L - 1) * s ** (2 * (L - 2) / L) * sigma_q,
        corrected=beta / 2 * L * (L - 1) * s ** (3 - 4 / L) * sigma_q**2,
        derived=drift_at_teacher,
        wrong={"without its half": beta * L * (L - 1) * s ** (3 - 4 / L) * sigma_q**2},
        mutated=False,
    )
    yield agrees_to_order(
        r"slope: $\mu'_\alpha(s_\alpha)$",
        printed=-L * s**POWER,
        derived=lambda: drift_at_teacher(1),
        wrong={"power of the diffusion": -L * s ** (2 * POWER)},
        **ORDER_ZERO,
    )
    yield equals(
        r"diffusion: $D_\alpha(s_\alpha)$",
        printed=beta * L**2 * sigma_q**2 * s ** (2 * POWER),
        derived=diffusion_at_teacher,
        wrong={"standard deviation for variance": beta * L**2 * sigma_q * s ** (2 * POWER)},
        mutated=False,
    )
    yield agrees_to_order(
        r"slope of the diffusion: $D'_\alpha(s_\alpha)\text{ at order }\eta^0$",
        printed=sp.S.Zero,
        derived=lambda: diffusion_at_teacher(1),
        wrong={"of order one": 2 * L**2 * POWER * sigma_q**2},
        **ORDER_ZERO,
    )
    yield agrees_to_order(
        r"curvature of the drift: $\mu''_\alpha(s_\alpha)\text{ at order }\eta^0$",
        printed=sp.S.Zero,
        corrected=-2 * L * POWER * s ** (POWER - 1),
        derived=lambda: drift_at_teacher(2),
        wrong={"half of it": -L * POWER * s ** (POWER - 1)},
        **ORDER_ZERO,
    )
    yield equals(
        "neglected terms",
        r"(\mu_\alpha(s + x) - \mu_\alpha(s))/(\mu'_\alpha(s)x) - 1\text{ to order }\sqrt\eta,\ x = \epsilon y",
        printed=sp.S.Zero,
        corrected=root * y * POWER / s,
        derived=neglected_to_first_order,
        wrong={"half of it": root * y * POWER / (2 * s)},
        says=r"$\epsilon = \sqrt\beta$: the neglected part is $O(\sqrt\eta)$ smaller, not $O(\eta)$.",
        mutated=False,
    )


@paper.claim(
    "DLN-P7",
    "Proposition 5.2",
    symbols={eta: "learning rate", sp.Symbol("B", positive=True): "batch size", beta: 'the page\'s "temperature"'},
    grade=Grade.MISPRINT,
)
def temperature():
    r"""Temperature, learning rate and batch size.

    "$\eta > 0$ is the learning rate, $\beta > 0$ is the temperature"; expansions in $\eta/2B$.

    - The letters $b$ (batch), $B$ (batch) and $b$ (an exponent of Appendix F) clash.
    """
    B, ratio = sp.Symbol("B", positive=True), sp.Symbol("kappa", positive=True)
    yield equals(
        r"variance: $\operatorname{Var}_{p^\star_\alpha}(w_\alpha)$",
        printed=ratio * L / 2 * sigma_q**2 * s ** (2 * (L - 1) / L),
        where={ratio: eta / B},
        corrected={ratio: beta},
        derived=lambda: (
            mode_diffusion().subs(w, s) / (-2 * sp.diff(mode_process(rate=sp.S.Zero).drift[0], w).subs(w, s))
        ),
        wrong={"the batch size twice": {ratio: beta / B}},
        says=r"With the diffusion (15), in $\beta$; consistent only if $\beta = \eta/B$.",
        mutated=False,
    )


@paper.claim(
    "DLN-S7", "Section 3, text after Proposition 3.5; Discussion", symbols=NOISE_SYMBOLS, grade=Grade.CONDITION
)
def noise_of_a_learned_mode():
    r"""Noise of a learned mode.

    "In the presence of label noise, we recover Langevin dynamics with anisotropic and state-independent noise once a
    mode has been learned."

    - The sentence has no hedge and is judged as it stands. It holds to leading order in $\beta$: the noise of a learned
      mode is that at $s_\alpha$. The drift $\frac12D'_\alpha$ of its slope is four times the Itô drift, and as large
      as all other terms of order $\beta$.
    """
    yield equals(
        r"state dependence: $s_\alpha D'_\alpha(s_\alpha)/D_\alpha(s_\alpha)$",
        printed=sp.S.Zero,
        corrected=4 * (L - 1) / L,
        derived=lambda: s * sp.diff(mode_diffusion(), w).subs(w, s) / mode_diffusion().subs(w, s),
        wrong={"of the dispersion": 2 * (L - 1) / L},
        mutated=False,
    )
    yield equals(
        r"against the Itô drift: $\tfrac12D'_\alpha(s_\alpha)/\mu_\alpha(s_\alpha)$",
        printed=sp.Integer(4),
        derived=lambda: sp.diff(mode_diffusion(), w).subs(w, s) / 2 / mode_process().drift[0].subs(w, s),
        wrong={"equal": sp.S.One},
        says="A result of ours.",
        remark=True,
        mutated=False,
    )
