r"""Where the recursions themselves collapse: mini-batch steps near a maximum, and label noise near the origin.

Results of the catalogue, not of the paper: exact in the learning rate, where stochastic gradient flow keeps its first
order. Mini-batches are drawn with replacement.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.random.normal import standard_normals
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate
from theory.models.single_neuron import SingleNeuron, slope, w_1, w_2
from theory.models.teacher_student import modes as ts
from theory.notation import eta, s_tilde, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import agrees, bounds, equals, holds_when
from verification.authoring.simulated import number
from verification.claim import Kind
from verification.forms import Comparison, Draw, Experiment, Samples
from verification.papers.stochastic_collapse.paper import paper

STEPS = 64
"""Steps of one run."""

h_1, h_2 = sp.symbols("h_1 h_2", real=True)
EXAMPLE = {h_1: sp.Rational(5, 2), h_2: sp.Integer(-3)}
"""Curvatures of two samples whose mean is -1/4: the origin is a maximum of the loss."""


def batch_multipliers(curvatures: Sequence[sp.Expr], size: int) -> list[sp.Expr]:
    r"""The equally likely factors :math:`1 - \eta h_B` of one step, :math:`h_B` the mean curvature of a batch."""
    return [1 - eta * sp.Add(*batch) / size for batch in itertools.product(curvatures, repeat=size)]


def _expansion(size: int) -> sp.Expr:
    r"""The Taylor polynomial of :math:`E\log(1 - \eta h_B)` of second order in :math:`\eta`."""
    factors = batch_multipliers([h_1, h_2], size)
    rate = sum(sp.log(factor) for factor in factors) / len(factors)
    return sp.expand(sum(eta**j * sp.diff(rate, eta, j).subs(eta, 0) / sp.factorial(j) for j in range(3)))


def _window() -> Boolean:
    """The learning rates at which the product of both factors of the example lies between -1 and 1."""
    product = sp.expand(sp.Mul(*batch_multipliers([h_1, h_2], 1)).subs(EXAMPLE))
    return sp.And(product < 1, product > -1)


def growth_of_batch_steps(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD on :math:`\frac12h_i\theta^2`, one run of 64 steps a sample."""
    size, rate = int(arguments["size"]), number(arguments["eta"])
    values = np.array([float(EXAMPLE[h_1]), float(EXAMPLE[h_2])])
    normals = standard_normals(
        draw.seed, draw.first + np.arange(draw.n), first_step=0, n_steps=STEPS, n_normals=size, width=64
    )
    theta = np.ones(draw.n)
    for batch in normals:
        gradient = np.mean(values[(batch > 0).astype(int)] * theta, axis=0)  # the sign of a normal is a fair coin
        theta = theta - rate * gradient
    return Samples(np.log(np.abs(theta)) / STEPS)


_rate_of_one = (sp.log(sp.Abs(1 - eta * h_1)) + sp.log(sp.Abs(1 - eta * h_2))) / 2
_rate_of_two = _rate_of_one / 2 + sp.log(sp.Abs(1 - eta * (h_1 + h_2) / 2)) / 2
_mean = (h_1 + h_2) / 2
_variance = (h_1 - h_2) ** 2 / 4


def _flow_rate(size: int) -> sp.Expr:
    """The rate of stochastic gradient flow, times eta."""
    return -eta * _mean - eta**2 * _variance / (2 * size)


def _run(size: int, learning_rate: str, variation: float) -> Experiment:
    return Experiment(
        name=f"SGD, batch {size}, eta={learning_rate}",
        sampler=growth_of_batch_steps,
        arguments={"size": str(size), "eta": learning_rate},
        predicted=lambda candidate: candidate.subs({**EXAMPLE, eta: sp.Rational(learning_rate)}),
    )


@paper.claim(
    "SC-111",
    "not printed; relevant to appendix G",
    symbols={eta: "learning rate", h_1: "curvature of sample 1", h_2: "curvature of sample 2"},
    kind=Kind.THRESHOLD,
    scope="theta' = theta (1 - eta h_B), batches drawn with replacement; the expansion up to O(eta^3)",
    notes=(
        "A result of the catalogue, not of the paper. Stochastic gradient flow has the rate "
        "-(L'' + eta Var h/(2 beta)): collapse for eta > 8/121 = 0.0661 in the example, with no upper edge.",
        "The second moment of the factor is above 1 for every learning rate of the example: it never collapses in mean "
        "square.",
    ),
)
def collapse_window_of_mini_batch_steps():
    r"""Collapse window of mini-batch steps.

    collapse iff E log|1 - eta h_B| < 0; for h in {2.5, -3} and batches of one iff 1/15 < eta < (1 +
    sqrt(241))/30 = 0.5508
    """
    yield equals(
        "batches of one",
        r"E\log|1 - \eta h_B|",
        printed=_rate_of_one,
        derived=lambda: finite_growth_rate(batch_multipliers([h_1, h_2], 1)),
        wrong={
            "stochastic gradient flow": _flow_rate(1),
            "logarithm of the mean": sp.log(sp.Abs(1 - eta * _mean)),
            "mean square": sp.log(((1 - eta * h_1) ** 2 + (1 - eta * h_2) ** 2) / 2) / 2,
        },
        says="The growth rate per step for two samples and batches of one.",
        measured=(_run(1, "3/10", 0.35), _run(1, "3/5", 0.65)),
    )
    yield equals(
        "batches of two",
        r"E\log|1 - \eta h_B|",
        printed=_rate_of_two,
        derived=lambda: finite_growth_rate(batch_multipliers([h_1, h_2], 2)),
        wrong={
            "batches of one": _rate_of_one,
            "without replacement": sp.log(sp.Abs(1 - eta * _mean)),
            "stochastic gradient flow": _flow_rate(2),
        },
        says="The same for batches of two, drawn with replacement.",
        measured=(_run(2, "1/2", 1.8),),
    )
    yield equals(
        "small steps",
        r"E\log(1 - \eta h_B)",
        printed=-eta * _mean - eta**2 * (_variance / 2 + _mean**2) / 2,
        derived=lambda: _expansion(2),
        wrong={
            "stochastic gradient flow": _flow_rate(2),
            "variance of one sample": -eta * _mean - eta**2 * (_variance + _mean**2) / 2,
        },
        says="Its second-order expansion, for batches of two.",
    )
    yield holds_when(
        "window",
        r"\theta \to 0",
        printed=sp.And(eta > sp.Rational(1, 15), eta < (1 + sp.sqrt(241)) / 30),
        derived=_window,
        wrong={
            "no upper edge": eta > sp.Rational(1, 15),
            "stochastic gradient flow": eta > sp.Rational(8, 121),
            "monotone steps only": sp.And(eta > sp.Rational(1, 15), eta < sp.Rational(2, 5)),
        },
        says="The learning rates at which the example collapses, batches of one.",
    )


# SC-112. The printed rate of a Gaussian factor of mean m and variance v is SC-110's.
xi_1, xi_2 = sp.symbols("xi_1 xi_2", real=True)
x_1, x_2, y_1, y_2 = sp.symbols("x_1 x_2 y_1 y_2", real=True)
signal = sp.Symbol("gamma", positive=True)
v = sp.Symbol("v", positive=True)


def _gaussian_rate(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    y = mean**2 / (2 * variance)
    constant = (sp.EulerGamma + sp.log(2)) / 2
    return sp.log(variance) / 2 - constant + y * sp.hyper((1, 1), (sp.Rational(3, 2), 2), -y)


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


def growth_of_student_mode(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""Growth of :math:`\log|a + b|` per step of (38)-(39), 64 steps from :math:`a = b = 10^{-60}`.

    The cubic terms are far below rounding, and :math:`a = b` is kept exactly, so nothing cancels in the sum.
    """
    rate, noise, data = (number(arguments[name]) for name in ("eta", "zeta", "s_tilde"))
    normals = standard_normals(draw.seed, draw.first + np.arange(draw.n), first_step=0, n_steps=STEPS, width=64)
    a = b = np.full(draw.n, 1e-60)
    for (z,) in normals:
        g = a * b - data + noise * z
        a, b = a - rate * b * g, b - rate * a * g
    return Samples((np.log(np.abs(a + b)) - np.log(2e-60)) / STEPS)


def threshold_by_quadrature(point: Mapping[str, str]) -> tuple[float, float]:
    r"""The root in :math:`\tilde s` of :math:`E\log|1 + \eta(\tilde s - z)|`, the mean taken by quadrature."""

    def growth(data: Any) -> Any:
        singular = (1 + rate * data) / (rate * noise)  # where the factor vanishes, in units of the noise
        cuts = sorted({mpmath.mpf(-12), mpmath.mpf(0), min(singular, mpmath.mpf(11)), mpmath.mpf(12)})
        return mpmath.quad(lambda x: mpmath.log(abs(1 + rate * (data - noise * x))) * mpmath.npdf(x), cuts)

    with mpmath.workdps(20):
        rate, noise = mpmath.mpf(point["eta"]), mpmath.mpf(point["zeta"])
        root = mpmath.findroot(growth, (mpmath.mpf(0), 2 * rate * noise**2), solver="anderson", tol=1e-24, verify=False)
        return float(root), max(1e-9, float(abs(growth(root))) / float(rate))


def _entry(candidate: sp.MatrixBase, point: Mapping[str, str]) -> sp.Expr:
    return candidate[THRESHOLDS.index(point)]


THRESHOLDS = tuple({"eta": rate, "zeta": noise} for rate, noise in (("1/10", "4"), ("1/10", "8"), ("1/2", "2")))
STUDENT_RATE = _gaussian_rate(1 + eta * s_tilde, eta**2 * zeta**2)


def _student_run(data: str, variation: float) -> Experiment:
    values = {"eta": "1/2", "zeta": "2", "s_tilde": data}
    return Experiment(
        name=f"(38)-(39), s_tilde={data}",
        sampler=growth_of_student_mode,
        arguments=values,
        predicted=predictions.at({eta: "1/2", zeta: "2", s_tilde: data}),
    )


_g = slope * (x_1 * (y_1 + xi_1) + x_2 * (y_2 + xi_2)) / 2
_pull = s_tilde - ts.z


@paper.claim(
    "SC-112",
    "not printed; relevant to (20) and (38)-(39)",
    symbols={
        eta: "learning rate",
        zeta: "label-noise standard deviation",
        s_tilde: "singular value of the data",
        slope: "slope of the activation",
        ts.z: "label noise of a mode, N(0, zeta^2)",
        xi_1: "label noise of sample 1",
        signal: "size of the mean of eta g",
        v: "variance of eta g",
    },
    kind=Kind.THRESHOLD,
    scope="near the origin, exact in the learning rate",
    notes=(
        "A result of the catalogue, not of the paper. The SDE has the threshold st = eta zeta^2/2.",
        "Of the two conditions for the neuron the one for the factor of mean 1 + |E eta g| implies the other.",
    ),
)
def exact_thresholds_under_label_noise():
    r"""Exact thresholds under label noise.

    linear neuron: w_1 + w_2 and w_1 - w_2 are multiplied by 1 + eta g and 1 - eta g, g = (c/N) sum x_i (y_i +
    xi_i); collapse iff both E log are negative; student mode: the growing combination is multiplied by 1 +
    eta (st - z)
    """
    yield equals(
        "factors of a student mode",
        r"(a+b,\ a-b)'",
        printed=sp.diag(1 + eta * _pull, 1 - eta * _pull),
        derived=student_factors,
        wrong={
            "signs exchanged": sp.diag(1 - eta * _pull, 1 + eta * _pull),
            "same sign": sp.diag(1 + eta * _pull, 1 + eta * _pull),
            "in the coordinates a, b": sp.Matrix([[1, eta * _pull], [eta * _pull, 1]]),
        },
        says="What one step of (38)-(39) near the origin does to a + b and a - b, as a matrix.",
    )
    yield equals(
        "growth of a student mode",
        r"E\log|1 + \eta(\tilde s - z)|",
        printed=STUDENT_RATE,
        derived=lambda: gaussian_growth_rate(1 + eta * s_tilde, (eta * zeta) ** 2),
        wrong={
            "SDE": eta * s_tilde - eta**2 * zeta**2 / 2,
            "noise of variance eta zeta^2": _gaussian_rate(1 + eta * s_tilde, eta * zeta**2),
            "falling combination": _gaussian_rate(1 - eta * s_tilde, eta**2 * zeta**2),
        },
        says="The growth rate per step of a + b near the origin.",
        measured=(_student_run("1/10", 1.0), _student_run("5/4", 1.0)),
    )
    yield agrees(
        "threshold of a student mode",
        r"\tilde s_c",
        printed=sp.Matrix([sp.Rational(938, 1000), sp.Rational(2578, 1000), sp.Rational(5555, 10000)]),
        wrong={
            "SDE": sp.Matrix([sp.Rational(4, 5), sp.Rational(16, 5), 1]),
            "first order in the step": sp.Matrix([sp.Rational(896, 1000), sp.Rational(4736, 1000), sp.Rational(7, 4)]),
        },
        says="The critical s_tilde for (eta, zeta) = (0.1, 4), (0.1, 8), (0.5, 2), to three or four figures.",
        compared=(
            Comparison(
                name="quadrature",
                evaluator=threshold_by_quadrature,
                arguments=THRESHOLDS,
                predicted=_entry,
                tolerance=6e-4,
            ),
        ),
    )
    yield equals(
        "factors of a linear neuron",
        r"(w_1+w_2,\ w_1-w_2)'",
        printed=sp.diag(1 + eta * _g, 1 - eta * _g),
        derived=neuron_factors,
        wrong={
            "not averaged over samples": sp.diag(1 + 2 * eta * _g, 1 - 2 * eta * _g),
            "slope lost": sp.diag(1 + eta * _g / slope, 1 - eta * _g / slope),
            "same sign": sp.diag(1 + eta * _g, 1 + eta * _g),
        },
        says="What one step of (20) near the origin does to w_1 + w_2 and w_1 - w_2, two samples, as a matrix.",
    )
    yield bounds(
        "deciding factor",
        r"E\log|1 - \eta g|",
        printed=_gaussian_rate(1 + signal, v),
        exact=lambda: gaussian_growth_rate(1 - signal, v),
        relation="<=",
        wrong={
            "factor of mean one": _gaussian_rate(sp.S.One, v),
            "factor of mean one minus two gamma": _gaussian_rate(1 - 2 * signal, v),
        },
        says="Of the factors N(1 + gamma, v) and N(1 - gamma, v), the second grows no faster than stated.",
    )
