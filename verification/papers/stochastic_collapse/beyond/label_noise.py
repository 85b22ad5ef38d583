r"""Where label noise collapses a student mode and a linear neuron: exact in the learning rate, near the origin."""

from collections.abc import Sequence

import numpy as np
import sympy as sp

from numerics.deterministic.collapse_threshold import collapse_signal
from numerics.random.normal import standard_normals
from theory.discrete.growth_rate import gaussian_growth_rate
from theory.models.single_neuron import SingleNeuron, slope, w_1, w_2
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s_tilde, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import Kind, Source, agrees, bounds, compared, equals, measured, table
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Arguments, Draw, Samples
from verification.papers.stochastic_collapse.beyond.discrete_time import gaussian_rate, v
from verification.papers.stochastic_collapse.beyond.near_invariant_point import STEPS
from verification.papers.stochastic_collapse.paper import paper

xi_1, xi_2 = sp.symbols("xi_1 xi_2", real=True)
x_1, x_2, y_1, y_2 = sp.symbols("x_1 x_2 y_1 y_2", real=True)
signal = sp.Symbol("rho", positive=True)


def _in_sum_and_difference(update: sp.MatrixBase, state: Sequence[sp.Symbol]) -> sp.Matrix:
    """The linear part at the origin of a step of two weights, on their sum and their difference. Four entries."""
    turn = sp.Matrix([[1, 1], [1, -1]])
    linear = update.jacobian(sp.Matrix(state)).subs(dict.fromkeys(state, 0))
    return (turn * linear * turn.inv()).applyfunc(sp.expand)


def student_factors() -> sp.Matrix:
    """The factors of one step of (38)-(39) on a + b and a - b near the origin."""
    return _in_sum_and_difference(sp.Matrix(ts.mode_update(ts.a, ts.b, ts.z, eta, s_tilde)), (ts.a, ts.b))


def neuron_factors() -> sp.Matrix:
    """The factors of one step of label-noise gradient descent on w_1 + w_2 and w_1 - w_2 for two samples."""
    neuron = SingleNeuron([x_1, x_2], [y_1, y_2], lambda argument: slope * argument)
    step = sp.Matrix([w_1, w_2]) + eta * neuron.noisy_velocity([xi_1, xi_2])
    return _in_sum_and_difference(step, (w_1, w_2))


def growth_of_student_mode(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth of :math:`\log|a + b|` per step of (38)-(39), from :math:`a = b = 10^{-60}`.

    The cubic terms are far below rounding, and :math:`a = b` is kept exactly, so nothing cancels in the sum.
    """
    rate, noise, data = (number(arguments[name]) for name in ("eta", "zeta", "s_tilde"))
    normals = standard_normals(draw.seed, draw.first + np.arange(draw.n), first_step=0, n_steps=STEPS, width=64)
    a = b = np.full(draw.n, 1e-60)
    for (z,) in normals:
        g = a * b - data + noise * z
        a, b = a - rate * b * g, b - rate * a * g
    return Samples((np.log(np.abs(a + b)) - np.log(2e-60)) / STEPS)


def collapse_threshold(point: Arguments) -> tuple[float, float]:
    """The root of the growth rate, in numbers."""
    return float(collapse_signal(point["eta"], point["zeta"])), 1e-12


@paper.claim(
    "SC-112",
    "not printed; relevant to (20) and (38)-(39)",
    symbols={zeta: "label-noise standard deviation"}
    | {slope: "slope of the activation", ts.z: r"label noise of a mode, $N(0, \zeta^2)$"}
    | {xi_1: "label noise of sample 1", signal: r"size of the mean of $\eta g$", v: r"variance of $\eta g$"},
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def thresholds_under_label_noise():
    r"""Exact thresholds under label noise.

    Near the origin a step multiplies the sum of the two weights by one factor and their difference by another; both
    collapse iff $E\log$ of both factors is negative.
    - Scope: near the origin, exact in the learning rate.
    - The stochastic differential equation has the threshold $\tilde s = \eta\zeta^2/2$.
    - Of the two conditions for the neuron the one for the factor of mean $1 + |E\,\eta g|$ implies the other.
    """
    pull = s_tilde - ts.z
    g = slope * (x_1 * (y_1 + xi_1) + x_2 * (y_2 + xi_2)) / 2
    yield equals(
        r"factors of a student mode: $(a+b,\ a-b)'$",
        printed=sp.diag(1 + eta * pull, 1 - eta * pull),
        derived=student_factors,
        wrong={
            "same sign": sp.diag(1 + eta * pull, 1 + eta * pull),
            "in the coordinates $a$, $b$": sp.Matrix([[1, eta * pull], [eta * pull, 1]]),
        },
        says="One step of (38)-(39), as a matrix.",
    )
    yield from _student_mode()
    yield equals(
        r"factors of a linear neuron: $(w_1+w_2,\ w_1-w_2)'$",
        printed=sp.diag(1 + eta * g, 1 - eta * g),
        derived=neuron_factors,
        wrong={
            "not averaged over samples": sp.diag(1 + 2 * eta * g, 1 - 2 * eta * g),
            "same sign": sp.diag(1 + eta * g, 1 + eta * g),
        },
        says="One step of (20) for two samples, as a matrix.",
    )
    yield bounds(
        r"deciding factor: $E\log|1 - \eta g|$",
        printed=gaussian_rate(1 + signal, v),
        exact=lambda: gaussian_growth_rate(1 - signal, v),
        wrong={
            "factor of mean one": gaussian_rate(sp.S.One, v),
            r"factor of mean $1 - 2\rho$": gaussian_rate(1 - 2 * signal, v),
        },
        says=r"Of the factors $N(1 + \rho, v)$ and $N(1 - \rho, v)$ the second grows no faster than the first.",
    )


def _student_mode() -> list[Statement]:
    """Rate and thresholds of the growing combination."""
    rate = gaussian_rate(1 + eta * s_tilde, eta**2 * zeta**2)
    points = table("eta zeta", "1/10 4", "1/10 8", "1/2 2")

    def thresholds(*values: str) -> sp.Matrix:
        return sp.Matrix([sp.Rational(value) for value in values])

    return [
        equals(
            r"growth of a student mode: $E\log|1 + \eta(\tilde s - z)|$",
            printed=rate,
            derived=lambda: gaussian_growth_rate(1 + eta * s_tilde, (eta * zeta) ** 2),
            wrong={
                "the stochastic differential equation": eta * s_tilde - eta**2 * zeta**2 / 2,
                r"noise of variance $\eta\zeta^2$": gaussian_rate(1 + eta * s_tilde, eta * zeta**2),
                "falling combination": gaussian_rate(1 - eta * s_tilde, eta**2 * zeta**2),
                "a tenth too fast": 11 * rate / 10,
            },
            says="Per step, of $a + b$.",
            measured=[
                measured(growth_of_student_mode, at={eta: "1/2", zeta: "2", s_tilde: data}) for data in ("1/10", "5/4")
            ],
        ),
        agrees(
            r"threshold of a student mode: $\tilde s_c$",
            printed=thresholds("0.938", "2.578", "0.5555"),
            wrong={
                "the stochastic differential equation": thresholds("0.8", "3.2", "1"),
                "first order in the step": thresholds("0.896", "4.736", "1.75"),
                "a hundredth too large": thresholds("0.947", "2.604", "0.561"),
            },
            says=r"For $(\eta, \zeta) = (0.1, 4)$, $(0.1, 8)$ and $(0.5, 2)$, to three or four figures.",
            compared=compared(
                "root of the growth rate", collapse_threshold, predictions.entry_of(points), *points, tolerance=6e-4
            ),
        ),
    ]
