r"""Section 5 and Appendix F: collapse of a single scalar neuron :math:`f(x) = w_2\,\sigma(w_1x)`.

The process (31) is label-noise gradient flow with the noise of one step multiplied by :math:`\sqrt n`. Statements at
the origin know the activation by its derivatives :math:`c = \sigma'(0)`, :math:`\sigma_2 = \sigma''(0)`, ... alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.models.single_neuron import JET, SingleNeuron, w_1, w_2
from theory.models.single_neuron import slope as c
from theory.notation import eta, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import equals, holds_when
from verification.claim import Kind
from verification.forms import Experiment
from verification.papers.stochastic_collapse.measured.single_neuron import (
    collapse_of_tanh,
    growth_near_origin,
    survival_of_tanh,
)
from verification.papers.stochastic_collapse.paper import paper

X = sp.symbols("x_1:4", real=True)
Y = sp.symbols("y_1:4", real=True)
ZETA = sp.symbols("zeta_1:4", real=True)
_, sigma_2, sigma_3, sigma_4, _ = JET

SYMBOLS = {
    w_1: "incoming weight",
    w_2: "outgoing weight",
    X[0]: "input of sample 1",
    Y[0]: "label of sample 1",
    eta: "learning rate",
    zeta: "noise amplitude",
}
ORIGIN_SYMBOLS = {
    c: "sigma'(0)",
    X[0]: "input of sample 1",
    Y[0]: "label of sample 1",
    eta: "learning rate",
    zeta: "noise amplitude",
}

SIZES = (1, 2, 3)
"""Numbers of samples n at which statements about every n are checked."""


def neuron(n: int, loss_factor: int = 1) -> SingleNeuron:
    """The neuron near the origin, on arbitrary data; ``loss_factor`` 1 is the halved mean square, 2 the mean square."""
    return SingleNeuron(X[:n], Y[:n], loss_factor=sp.Integer(loss_factor))


def for_each_size(entry: Callable[[int], sp.Expr]) -> sp.Matrix:
    """``entry(n)`` for every number of samples."""
    return sp.Matrix([entry(n) for n in SIZES])


def signal(n: int) -> sp.Expr:
    r"""The sum :math:`\sum_ix_iy_i`, written out."""
    return sp.Add(*(x * y for x, y in zip(X[:n], Y[:n], strict=True)))


def power(n: int) -> sp.Expr:
    r"""The sum :math:`\sum_ix_i^2`, written out."""
    return sp.Add(*(x**2 for x in X[:n]))


# Statements away from the origin: an arbitrary activation, its values named where it is evaluated.

PAIR = 2
"""Number of samples in the statements about the equations themselves."""

VALUE = sp.symbols("sigma(w_1*x_1) sigma(w_1*x_2)", real=True)
SLOPE = sp.symbols("sigma'(w_1*x_1) sigma'(w_1*x_2)", real=True)
_F = sp.Function("F", real=True)


def _arbitrary(loss_factor: int) -> SingleNeuron:
    r"""The neuron with the activation :math:`F(z) - F(0)` for an undefined function ``F``."""
    return SingleNeuron(X[:PAIR], Y[:PAIR], lambda z: _F(z) - _F(0), sp.Integer(loss_factor))


def _named(matrix: sp.MatrixBase) -> sp.Matrix:
    """Values and slopes of the activation at the data, by their names."""
    slopes = {w_1 * x: name for x, name in zip(X, SLOPE, strict=False)}
    values = {_F(w_1 * x): name for x, name in zip(X, VALUE, strict=False)} | {_F(0): 0}
    slopes_named = sp.Matrix(matrix).replace(lambda e: isinstance(e, sp.Subs), lambda e: slopes[e.point[0]])
    return slopes_named.xreplace(values)


def _velocity() -> sp.Matrix:
    return _named(_arbitrary(2).noisy_velocity(ZETA[:PAIR]))


def _drift(loss_factor: int) -> sp.Matrix:
    return _named(_arbitrary(loss_factor).flow().drift)


def _diffusion(noise_scale: sp.Expr | int) -> sp.Matrix:
    return _named(_arbitrary(1).flow(noise_scale).diffusion)


PREDICTION_GRADIENTS = [sp.Matrix([w_2 * x * slope, value]) for x, slope, value in zip(X, SLOPE, VALUE, strict=False)]
RESIDUALS = [w_2 * value - y for value, y in zip(VALUE, Y, strict=False)]


def _mean_of_gradients(weights: list[sp.Expr]) -> sp.Matrix:
    return sum((a * g for a, g in zip(weights, PREDICTION_GRADIENTS, strict=True)), sp.zeros(2, 1)) / PAIR


def _printed_velocity(signal_factor: int, noise_factor: int) -> sp.Matrix:
    weights = [signal_factor * r - noise_factor * noise for r, noise in zip(RESIDUALS, ZETA, strict=False)]
    return -_mean_of_gradients(weights)


GRADIENT_OUTER_PRODUCTS = sum((g * g.T for g in PREDICTION_GRADIENTS), sp.zeros(2, 2))


@paper.claim(
    "SC-050",
    "Section 5, Appendix F, Eq. (31)",
    symbols=SYMBOLS | {ZETA[0]: "label noise of sample 1", VALUE[0]: "sigma(w_1 x_1)", SLOPE[0]: "sigma'(w_1 x_1)"},
    kind=Kind.IDENTITY,
    scope="two samples, arbitrary data, arbitrary smooth activation with sigma(0) = 0",
    notes=(
        "The sum is read as covering both terms, since the index i is bound by it; then the sign of the noise is right "
        "and the factor 2 of the square is all that is missing.",
        "(31) is the flow of the halved loss. Its noise is that of one step of label-noise gradient descent (20) times "
        "sqrt(n), a rescaling that the paper states.",
    ),
)
def loss_gradient_flow_and_sde_of_the_neuron():
    r"""Loss, gradient flow and SDE of the neuron.

    L = (1/n) sum (f - y_i - zeta_i)^2; dw_1/dt = -(1/n) sum (f - y_i) w_2 x_i sigma'(w_1 x_i) - w_2 x_i
    sigma'(w_1 x_i) zeta_i; dw_2/dt = -(1/n) sum (f - y_i) sigma(w_1 x_i) - sigma(w_1 x_i) zeta_i; (31):
    drifts -(1/n) sum (f - y_i) grad f(x_i), noise (sqrt(eta) zeta/sqrt(n)) sum grad f(x_i) dB_i
    """
    yield equals(
        "gradient flow",
        r"(\dot w_1, \dot w_2)",
        printed=_printed_velocity(1, 1),
        derived=_velocity,
        corrected=_printed_velocity(2, 2),
        corrected_says="dw/dt = -(2/n) sum (f - y_i - zeta_i) grad f(x_i); or keep the equations and halve the loss",
        wrong={
            "sign of the noise": _printed_velocity(2, -2),
            "noise not doubled": _printed_velocity(2, 1),
            "ascent": -_printed_velocity(2, 2),
            "sum instead of mean": PAIR * _printed_velocity(2, 2),
        },
        says="Minus the gradient of the printed loss, labels y_i + zeta_i.",
    )
    yield equals(
        "drift of (31)",
        r"b(w_1, w_2)",
        printed=_printed_velocity(1, 0),
        derived=lambda: _drift(2),
        corrected=_printed_velocity(2, 0),
        wrong={"ascent": -_printed_velocity(2, 0)},
        says="The drift of the flow of the printed loss.",
    )
    yield equals(
        "(31) and the halved loss",
        r"b(w_1, w_2)",
        printed=_printed_velocity(1, 0),
        derived=lambda: _drift(1),
        wrong={"the mean square": _printed_velocity(2, 0)},
        says="The drift of (31) is that of the loss (1/(2n)) sum (f - y_i)^2 (a remark).",
        remark=True,
    )
    yield equals(
        "noise of the descent",
        r"\sigma\sigma^\top",
        printed=eta * zeta**2 / PAIR**2 * GRADIENT_OUTER_PRODUCTS,
        derived=lambda: _diffusion(1),
        wrong={"the rescaled noise of (31)": eta * zeta**2 / PAIR * GRADIENT_OUTER_PRODUCTS},
        says="One step (20) on the halved loss has the diffusion of (31) divided by n = 2 (a remark).",
        remark=True,
    )


S = sp.Symbol("S", real=True)
Q = sp.Symbol("Q", positive=True)
"""The sums of x_i y_i and of x_i^2: all that the log-rates know of the data."""

POSITIVE = {S: sp.Symbol("S", positive=True), c: sp.Symbol("c", positive=True)}
"""Where sigma'(0) and the sum of x_i y_i are positive the larger of the two rates is known."""


def _rates(noise_scale: sp.Expr, loss_factor: int = 1) -> list[sp.Expr]:
    """The log-rates on two samples, with the sums S and Q in the place of y_1 and x_1^2."""
    x_1, x_2 = X[:PAIR]
    rates = neuron(PAIR, loss_factor).log_rates(noise_scale)
    with_signal = (sp.expand(rate.subs(Y[0], (S - x_2 * Y[1]) / x_1)) for rate in rates)
    in_sums = [sp.expand(rate.subs(x_1**2, Q - x_2**2)) for rate in with_signal]
    assert not any(rate.free_symbols & {*X, *Y} for rate in in_sums)
    return in_sums


def _attracting(noise_scale: sp.Expr, loss_factor: int = 1) -> Boolean:
    return sp.And(*(rate < 0 for rate in _rates(noise_scale, loss_factor)))


def _attracting_for_positive_signal() -> Boolean:
    return sp.And(*(rate.xreplace(POSITIVE) < 0 for rate in _rates(sp.sqrt(PAIR))))


def _threshold(factor: sp.Expr) -> Boolean:
    return factor * eta * zeta**2 * sp.Abs(c) > sp.Abs(S) / Q


def _threshold_for_positive_signal(factor: sp.Expr) -> Boolean:
    return factor * POSITIVE[c] * eta * zeta**2 > POSITIVE[S] / Q


HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
SLOPE_NOT_ZERO = (sp.Ne(c, 0),)


def _sums(data: Mapping[str, Any]) -> predictions.Values:
    """The values of S, Q, c, eta and zeta^2 (as eta zeta^2 with eta = 1) for a data set, with the slope 1 of tanh."""
    inputs, labels = ([sp.Rational(value) for value in data[name]] for name in ("x", "y"))
    values = {
        S: sp.Add(*(x * y for x, y in zip(inputs, labels, strict=True))),
        Q: sp.Add(*(x**2 for x in inputs)),
        eta: data["eta zeta^2"],
    }
    return {symbol: str(value) for symbol, value in values.items()} | {c: data.get("c", "1"), zeta: "1"}


def _tanh_run(collapses: bool, **data: Any) -> Experiment:
    """Runs of (31) at an eighth of the threshold or eight times it: none collapses, or all do, but for 1e-9 of them."""
    multiple = "above" if collapses else "below"
    return Experiment(
        name=f"tanh, {multiple} the threshold, y={','.join(data['y'])}",
        sampler=collapse_of_tanh if collapses else survival_of_tanh,
        arguments=data,
        predicted=lambda candidate: float(predictions.condition_holds(candidate, _sums(data)) == collapses),
    )


@paper.claim(
    "SC-051",
    "Theorem 5.1, informal and formal",
    symbols=ORIGIN_SYMBOLS | {S: "sum x_i y_i", Q: "sum x_i^2"},
    kind=Kind.THRESHOLD,
    scope="the process (31), two samples; stability of the origin by its linear part",
    notes=(
        "Near 0, w_1 + w_2 and w_1 - w_2 are geometric Brownian motions; both log-rates are negative exactly where the "
        "printed condition holds. The origin then attracts for the nonlinear process (Khasminskii).",
        "The threshold belongs to (31): halved loss, noise rescaled by sqrt(n). The remarks give it "
        "for the other conventions of the paper: the descent (20) needs n times the noise, and the loss of Section 5 "
        "with the D_LN of (22) needs twice the noise, so there the printed condition is not sufficient.",
    ),
)
def attraction_of_the_vanishing_neuron():
    r"""Attraction of the vanishing neuron (Theorem 5.1).

    A = {(0,0)} is stochastically attractive if eta zeta^2 |sigma'(0)|/2 > |sum x_i y_i|/sum x_i^2 (informal:
    sigma'(0) > 0, without bars)
    """
    yield holds_when(
        "formal",
        r"\{(0, 0)\}\text{ attractive iff }",
        printed=_threshold(HALF),
        derived=lambda: _attracting(sp.sqrt(PAIR)),
        wrong={
            "factor 1/2 of Ito's formula lost": _threshold(sp.S.One),
            "half the noise": _threshold(QUARTER),
            "slope squared": HALF * eta * zeta**2 * c**2 > sp.Abs(S) / Q,
            "signal without its modulus": HALF * eta * zeta**2 * c > S / Q,
        },
        says="For (31), both log-rates are negative exactly where the condition holds, for any signs.",
        domain=SLOPE_NOT_ZERO,
        measured=(
            _tanh_run(False, x=("1", "1"), y=("1", "0"), **{"eta zeta^2": "1/8"}),
            _tanh_run(True, x=("1", "1"), y=("1", "0"), **{"eta zeta^2": "8"}),
            _tanh_run(False, x=("1", "2"), y=("-1", "-1"), **{"eta zeta^2": "3/20"}),
            _tanh_run(True, x=("1", "2"), y=("-1", "-1"), **{"eta zeta^2": "48/5"}),
        ),
    )
    yield holds_when(
        "positive slope",
        r"\{(0, 0)\}\text{ attractive iff }",
        printed=_threshold_for_positive_signal(HALF),
        derived=_attracting_for_positive_signal,
        wrong={
            "factor 1/2 of Ito's formula lost": _threshold_for_positive_signal(sp.S.One),
            "half the noise": _threshold_for_positive_signal(QUARTER),
        },
        says="The same for sigma'(0) > 0, as in the informal version, and sum x_i y_i > 0.",
    )
    yield holds_when(
        "descent (20)",
        r"\{(0, 0)\}\text{ attractive iff }",
        printed=_threshold(HALF / PAIR),
        derived=lambda: _attracting(sp.S.One),
        wrong={"the threshold of (31)": _threshold(HALF)},
        says="With the noise of one step of (20), n = 2, the threshold is n times higher (a remark).",
        domain=SLOPE_NOT_ZERO,
        remark=True,
    )
    yield holds_when(
        "mean square, its own noise",
        r"\{(0, 0)\}\text{ attractive iff }",
        printed=_threshold(sp.S.One),
        derived=lambda: _attracting(sp.sqrt(PAIR), 2),
        wrong={"the threshold of (31)": _threshold(HALF)},
        says="For the loss of Section 5 and its own noise, both doubled, half the noise is enough (a remark).",
        domain=SLOPE_NOT_ZERO,
        remark=True,
    )
    yield holds_when(
        "mean square, noise (22)",
        r"\{(0, 0)\}\text{ attractive iff }",
        printed=_threshold(QUARTER),
        derived=lambda: _attracting(sp.sqrt(PAIR) / 2, 2),
        wrong={"the threshold of (31)": _threshold(HALF)},
        says="For the loss of Section 5 with the D_LN of (22), twice the noise is needed (a remark).",
        domain=SLOPE_NOT_ZERO,
        remark=True,
    )


def _top_exponent(n: int) -> sp.Expr:
    return sp.Max(*neuron(n).log_rates(sp.sqrt(n)))


def _printed_exponent(n: int, noise_factor: sp.Expr = HALF) -> sp.Expr:
    return sp.Abs(c * signal(n) / n) - noise_factor * eta * zeta**2 * c**2 * power(n) / n


GRID = (
    {"x": ("1", "1"), "y": ("1", "0"), "c": "1", "eta zeta^2": "16/25", "step": "1/100"},
    {"x": ("1", "1"), "y": ("1", "0"), "c": "-1", "eta zeta^2": "2", "step": "1/400"},
    {"x": ("1", "2"), "y": ("-1", "-1/2"), "c": "1/2", "eta zeta^2": "4/5", "step": "1/100"},
    {"x": ("1", "2"), "y": ("-1", "-1/2"), "c": "1/2", "eta zeta^2": "16/5", "step": "1/400"},
)
"""Two data sets, m_xy = 1/2 and -1, m_xx = 1 and 5/2; on each a repelling and an attracting noise."""


def _at_data(candidate: sp.MatrixBase, data: Mapping[str, Any]) -> sp.Expr:
    """The entry for two samples, on a data set."""
    values = {
        symbol: value
        for name, symbols in (("x", X), ("y", Y))
        for symbol, value in zip(symbols, data[name], strict=False)
    }
    return predictions.at({**values, c: data["c"], eta: data["eta zeta^2"], zeta: "1"})(candidate[SIZES.index(PAIR)])


def _linear_run(data: Mapping[str, Any], variation: float) -> Experiment:
    return Experiment(
        name=f"linear part, x={','.join(data['x'])}, c={data['c']}, eta zeta^2={data['eta zeta^2']}",
        sampler=growth_near_origin,
        arguments=data,
        predicted=lambda candidate: _at_data(candidate, data),
    )


def _repelling() -> Boolean:
    return sp.Or(*(rate > 0 for rate in _rates(sp.sqrt(PAIR))))


@paper.claim(
    "SC-052",
    "Theorem 5.1 (stated there as a sufficient condition)",
    symbols=ORIGIN_SYMBOLS | {S: "sum x_i y_i", Q: "sum x_i^2"},
    kind=Kind.THRESHOLD,
    scope="the process (31)",
    notes=("m_xy = (1/n) sum x_i y_i, m_xx = (1/n) sum x_i^2. Where the exponent is positive, 0 is not attractive.",),
)
def sharpness_of_the_threshold_of_theorem_51():
    r"""Sharpness of the threshold of Theorem 5.1.

    (not in the paper) the top Lyapunov exponent at the origin is |c m_xy| - (1/2) eta zeta^2 c^2 m_xx
    """
    yield equals(
        "log-rates",
        r"(\lambda_p, \lambda_s)",
        printed=sp.Matrix(
            [sign * c * signal(n) / n - eta * zeta**2 * c**2 * power(n) / (2 * n) for n in SIZES for sign in (1, -1)]
        ),
        derived=lambda: sp.Matrix([rate for n in SIZES for rate in neuron(n).log_rates(sp.sqrt(n))]),
        wrong={
            "factor 1/2 of Ito's formula lost": sp.Matrix(
                [sign * c * signal(n) / n - eta * zeta**2 * c**2 * power(n) / n for n in SIZES for sign in (1, -1)]
            ),
            "rates exchanged": sp.Matrix(
                [
                    -sign * c * signal(n) / n - eta * zeta**2 * c**2 * power(n) / (2 * n)
                    for n in SIZES
                    for sign in (1, -1)
                ]
            ),
        },
        says="The log-rates of w_1 + w_2 and w_1 - w_2, for n = 1, 2, 3.",
    )
    yield equals(
        "top exponent",
        r"\lambda_{\max}",
        printed=for_each_size(_printed_exponent),
        derived=lambda: for_each_size(_top_exponent),
        wrong={
            "factor 1/2 of Ito's formula lost": for_each_size(lambda n: _printed_exponent(n, sp.S.One)),
            "growth of the second moment": for_each_size(lambda n: _printed_exponent(n, -HALF)),
            "signal without its modulus": for_each_size(lambda n: neuron(n).log_rates(sp.sqrt(n))[0]),
        },
        says="The larger of the two, for n = 1, 2, 3.",
        measured=tuple(
            _linear_run(data, variation) for data, variation in zip(GRID, (0.6, 0.4, 0.4, 0.4), strict=True)
        ),
    )
    yield holds_when(
        "not attractive",
        r"\{(0, 0)\}\text{ not attractive iff }",
        printed=HALF * eta * zeta**2 * sp.Abs(c) < sp.Abs(S) / Q,
        derived=_repelling,
        wrong={
            "half the noise": QUARTER * eta * zeta**2 * sp.Abs(c) < sp.Abs(S) / Q,
            "twice the noise": eta * zeta**2 * sp.Abs(c) < sp.Abs(S) / Q,
        },
        says="A log-rate is positive exactly where the inequality of Theorem 5.1 is reversed.",
        domain=SLOPE_NOT_ZERO,
    )
