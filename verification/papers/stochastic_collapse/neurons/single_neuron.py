r"""Section 5 and Appendix F: collapse of a single scalar neuron :math:`f(x) = w_2\,\sigma(w_1x)`.

The process (31) is label-noise gradient flow with the noise of one step multiplied by :math:`\sqrt n`. Statements at
the origin know the activation by its derivatives :math:`c = \sigma'(0)`, :math:`\sigma_2 = \sigma''(0)`, ... alone.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.models.single_neuron import SingleNeuron, w_1, w_2
from theory.models.single_neuron import slope as c
from theory.notation import eta, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Kind, Source, equals, holds_when, measured
from verification.claim import Statement
from verification.forms import Experiment
from verification.papers.stochastic_collapse.measured import single_neuron as sampled
from verification.papers.stochastic_collapse.paper import paper

X = sp.symbols("x_1:4", real=True)
Y = sp.symbols("y_1:4", real=True)
ORIGIN_SYMBOLS = {c: r"$\sigma'(0)$", X[0]: "input of sample 1", Y[0]: "label of sample 1", zeta: "noise amplitude"}

SIZES = (1, 2, 3)
"""Numbers of samples n at which statements about every n are checked."""

SIGNALS, POWERS = sp.symbols("S_1:4", real=True), sp.symbols("Q_1:4", positive=True)
SUMS = {
    **{S: sp.Add(*(x * y for x, y in zip(X[:n], Y[:n], strict=True))) for n, S in zip(SIZES, SIGNALS, strict=True)},
    **{Q: sp.Add(*(x**2 for x in X[:n])) for n, Q in zip(SIZES, POWERS, strict=True)},
}
r"""What :math:`S_n = \sum_{i\le n} x_iy_i` and :math:`Q_n = \sum_{i\le n} x_i^2` stand for."""


@functools.cache
def neuron(n: int, loss_factor: int = 1) -> SingleNeuron:
    """The neuron near the origin, on arbitrary data; ``loss_factor`` 1 is the halved mean square, 2 the mean square."""
    return SingleNeuron(X[:n], Y[:n], loss_factor=sp.Integer(loss_factor))


def for_each_size(entry: Callable[[int, sp.Symbol, sp.Symbol], sp.Expr]) -> sp.Matrix:
    """``entry(n, S_n, Q_n)`` for every number of samples."""
    return sp.Matrix([entry(*each) for each in zip(SIZES, SIGNALS, POWERS, strict=True)])


# Away from the origin: two samples and an arbitrary activation, its values named where it is evaluated.

PAIR = 2
VALUE = sp.symbols("sigma(w_1*x_1) sigma(w_1*x_2)", real=True)
SLOPE = sp.symbols("sigma'(w_1*x_1) sigma'(w_1*x_2)", real=True)
F = sp.symbols("f_1 f_2", real=True)
OUTPUTS = {f: w_2 * value for f, value in zip(F, VALUE, strict=True)}
RESIDUALS = [f - y for f, y in zip(F, Y, strict=False)]
R = sp.symbols("r_1 r_2", real=True)


def output_gradients() -> list[sp.Matrix]:
    """The gradients of f at the two inputs."""
    return [sp.Matrix([w_2 * x * slope, value]) for x, slope, value in zip(X, SLOPE, VALUE, strict=False)]


def with_arbitrary_activation(quantity: Callable[[SingleNeuron], sp.MatrixBase], loss_factor: int = 1) -> sp.Matrix:
    """A quantity of the neuron with the activation F(z) - F(0), its values and slopes at the data by their names."""
    unknown = sp.Function("F", real=True)
    found = quantity(SingleNeuron(X[:PAIR], Y[:PAIR], lambda z: unknown(z) - unknown(0), sp.Integer(loss_factor)))
    slopes = {w_1 * x: name for x, name in zip(X, SLOPE, strict=False)}
    values = {unknown(w_1 * x): name for x, name in zip(X, VALUE, strict=False)} | {unknown(0): 0}
    named = sp.Matrix(found).replace(lambda e: isinstance(e, sp.Subs), lambda e: slopes[e.point[0]])
    return named.xreplace(values)


@paper.claim(
    "SC-050",
    "Section 5, Appendix F, Eq. (31)",
    symbols=ORIGIN_SYMBOLS
    | {w_1: "incoming weight", w_2: "outgoing weight"}
    | {F[0]: "output for sample 1", R[0]: "residual of sample 1"},
    grade=Grade.CONFLICT,
)
def flow_and_sde_of_the_neuron():
    r"""Loss, gradient flow and SDE of the neuron.

    We consider the loss function $\mathcal L = \frac1n\sum_i (f(x_i) - y_i - \zeta_{i,t})^2$. The gradient flow of the
    loss can be rewritten as a pair of SDEs.
    - Scope: two samples, arbitrary data, arbitrary smooth activation with $\sigma(0) = 0$.
    - The page sets no parentheses; the sum is read as covering both terms, since the index $i$ is bound by it. Then the
      sign of the noise is right and the factor 2 of the square is all that is missing.
    - (31) is the flow of the halved loss. Its noise is that of one step of label-noise gradient descent (20) times
      $\sqrt n$, a rescaling that the page states.
    """
    noises = sp.symbols("zeta_1:3", real=True)
    gradients = output_gradients()
    once = -sp.Matrix.hstack(*gradients) * sp.Matrix(R) / PAIR

    def residuals(noise: sp.Expr) -> dict[sp.Basic, sp.Expr]:
        """What r_i stands for: the residual of sample i with so many times its noise."""
        return {r: residual - noise * z for r, residual, z in zip(R, RESIDUALS, noises, strict=True)}

    def drift(loss_factor: int) -> sp.Matrix:
        return with_arbitrary_activation(lambda each: each.flow().drift, loss_factor)

    def diffusion(scale: sp.Expr) -> sp.Matrix:
        return scale * eta * zeta**2 / PAIR * sum((g * g.T for g in gradients), sp.zeros(2, 2))

    yield equals(
        r"gradient flow: $(\dot w_1, \dot w_2)$",
        printed=once,
        where=residuals(sp.S.One) | OUTPUTS,
        derived=lambda: with_arbitrary_activation(lambda each: each.noisy_velocity(noises), 2),
        corrected=2 * once,
        wrong={"noise not doubled": 2 * once.subs(residuals(sp.S.Half)), "sum instead of mean": 2 * PAIR * once},
        says=r"$-\nabla\mathcal L$ for the printed loss.",
    )
    for name, loss_factor, corrected, says in (
        ("drift of (31)", 2, 2 * once, "The drift of the flow of the printed loss."),
        ("(31) and the halved loss", 1, None, r"The drift for the loss $\frac1{2n}\sum_i (f(x_i) - y_i)^2$."),
    ):
        yield equals(
            name,
            r"b(w_1, w_2)",
            printed=once,
            where=residuals(sp.S.Zero) | OUTPUTS,
            derived=functools.partial(drift, loss_factor),
            corrected=corrected,
            says=says,
            remark=corrected is None,
        )
    yield equals(
        r"noise of the descent: $\sigma\sigma^\top$",
        printed=diffusion(sp.Rational(1, PAIR)),
        derived=lambda: with_arbitrary_activation(lambda each: each.flow().diffusion),
        wrong={"the rescaled noise of (31)": diffusion(sp.S.One)},
        remark=r"One step (20) on the halved loss: the diffusion of (31) divided by $n = 2$.",
    )


S, Q = sp.Symbol("S", real=True), sp.Symbol("Q", positive=True)
THRESHOLD_SYMBOLS = ORIGIN_SYMBOLS | {S: r"$\sum_i x_i y_i$", Q: r"$\sum_i x_i^2$"}
ATTRACTIVE = r"\{(0, 0)\}\text{ attractive iff }"


@functools.cache
def _rates(noise_scale: sp.Expr, loss_factor: int = 1) -> tuple[sp.Expr, ...]:
    """The log-rates on two samples, with the sums S and Q, all that they know of the data, for y_1 and x_1^2."""
    x_1, x_2 = X[:PAIR]
    rates = neuron(PAIR, loss_factor).log_rates(noise_scale)
    with_signal = (sp.expand(rate.subs(Y[0], (S - x_2 * Y[1]) / x_1)) for rate in rates)
    in_sums = tuple(sp.expand(rate.subs(x_1**2, Q - x_2**2)) for rate in with_signal)
    assert not any(rate.free_symbols & {*X, *Y} for rate in in_sums)
    return in_sums


def _attracting(noise_scale: sp.Expr, loss_factor: int = 1) -> Boolean:
    return sp.And(*(rate < 0 for rate in _rates(noise_scale, loss_factor)))


def _threshold(factor: sp.Expr | int) -> Boolean:
    return eta * zeta**2 * sp.Abs(c) / 2 > factor * sp.Abs(S) / Q


def _tanh_run(collapses: bool, **data: Any) -> Experiment:
    """Runs of (31) at 5/9 or 9/5 of the threshold: none collapses, or all do, but for 1e-9 of them."""
    inputs, labels = sampled.numbers(data["x"]), sampled.numbers(data["y"])
    sums = {S: sum(x * y for x, y in zip(inputs, labels, strict=True)), Q: sum(x**2 for x in inputs)}
    values = {symbol: str(value) for symbol, value in sums.items()} | {eta: data["noise"], c: "1", zeta: "1"}
    return measured(
        sampled.collapse_of_tanh if collapses else sampled.survival_of_tanh,
        lambda candidate: float(predictions.condition_holds(candidate, values) == collapses),
        **data,
    )


def _rate_below_threshold(noise: str) -> Experiment:
    r"""The log-rate of the linear part of (31), :math:`Qc^2/4` times the distance to the threshold that is named."""
    values = {S: "1", Q: "2", c: "1", zeta: "1"}

    def predicted(candidate: Boolean) -> sp.Expr | None:
        threshold = predictions.edge(candidate, eta, values)
        return None if threshold is None else (threshold - sp.Rational(noise)) / 2

    return measured(sampled.growth_near_origin, predicted, x="1 1", y="1 0", c="1", noise=noise, step="1/400")


@paper.claim("SC-051", "Theorem 5.1, informal and formal", symbols=THRESHOLD_SYMBOLS, grade=Grade.CONDITION)
def attraction_of_the_vanishing_neuron():
    r"""Attraction of the vanishing neuron.

    Formal: a process obeying (31) in a neighborhood of $A = \{(0, 0)\}$. Informal: label-noise gradient flow with
    $L^2$-loss $\frac1n\sum_i (y_i - f(x_i))^2$ and $\sigma'(0) > 0$. The invariant set $A$ is stochastically attractive
    if the condition holds.
    - Scope: two samples; stability of the origin by its linear part.
    - The formal theorem holds: near 0, $w_1 + w_2$ and $w_1 - w_2$ are geometric Brownian motions, and both log-rates
      are negative exactly where the printed condition is true. The origin then attracts for the nonlinear process
      (Khasminskii).
    - The informal version is read with what it names: the mean square, and (22) for the label noise. It lacks the
      $\frac12$ of the loss that (31) has.
    - The page says 'if'. Judged is 'iff', which is more (SC-052); the remark on the rate at the threshold shows that
      the informal condition is not sufficient either.
    """
    yield holds_when(
        "formal",
        ATTRACTIVE,
        printed=_threshold(1),
        derived=lambda: _attracting(sp.sqrt(PAIR)),
        wrong={
            "the half of Itô's formula lost": _threshold(sp.S.Half),
            "slope squared": eta * zeta**2 * c**2 / 2 > sp.Abs(S) / Q,
            "signal without its modulus": eta * zeta**2 * c / 2 > S / Q,
            "threshold three fiftieths high": _threshold(sp.Rational(53, 50)),
        },
        domain=(sp.Ne(c, 0),),
        measured=[
            _rate_below_threshold("2"),
            _tanh_run(False, x="1 1", y="1 0", noise="5/9"),
            _tanh_run(False, x="1 2", y="-1 -1", noise="2/3"),
            _tanh_run(True, x="1 2", y="-1 -1", noise="54/25"),
        ],
    )
    yield holds_when(
        "informal",
        ATTRACTIVE,
        printed=eta * zeta**2 * c / 2 > sp.Abs(S) / Q,
        derived=lambda: _attracting(sp.sqrt(PAIR) / 2, 2),
        corrected=eta * zeta**2 * c / 2 > 2 * sp.Abs(S) / Q,
        wrong={"signal without its modulus": eta * zeta**2 * c / 2 > 2 * S / Q},
        domain=(c > 0,),
    )
    yield equals(
        r"rate at the informal threshold: $\lambda_{\max}\text{ at }\tfrac12\sigma'(0)\eta\zeta^2 = S/Q$",
        printed=c * S / 2,
        derived=lambda: _rates(sp.sqrt(PAIR) / 2, 2)[0].subs(eta, 2 * S / (c * Q * zeta**2)),
        remark="The larger log-rate for the mean square and (22), two samples: positive.",
        domain=(c > 0, S > 0),
    )
    yield from _other_thresholds()


def _other_thresholds() -> Iterator[Statement]:
    """Conditions of the vanishing neuron for the two other readings of loss and noise."""
    for name, factor, noise_scale, loss_factor, says in (
        ("descent (20)", 2, 1, 1, r"With the noise of one step of (20) the threshold is $n = 2$ times higher."),
        ("mean square, its own noise", sp.S.Half, sp.sqrt(PAIR), 2, "With loss and noise doubled, half is enough."),
    ):
        yield holds_when(
            name,
            ATTRACTIVE,
            printed=_threshold(factor),
            derived=functools.partial(_attracting, sp.S(noise_scale), loss_factor),
            wrong={"the threshold of (31)": _threshold(1)},
            remark=says,
            domain=(sp.Ne(c, 0),),
        )


def _rate(n: int, signal: sp.Expr, power: sp.Expr, noise: sp.Expr | int = 1) -> sp.Expr:
    """A log-rate with ``noise`` times the half of Itô's formula."""
    return signal / n - noise * eta * zeta**2 * c**2 * power / (2 * n)


def _linear_run(**data: Any) -> Experiment:
    """The linear part of (31) for two samples."""
    values = dict(zip([*X[:PAIR], *Y[:PAIR]], [*data["x"].split(), *data["y"].split()], strict=True))
    at = predictions.at({**values, c: data["c"], eta: data["noise"], zeta: "1"})
    return measured(sampled.growth_near_origin, lambda candidate: at(candidate[SIZES.index(PAIR)]), **data)


@paper.claim(
    "SC-052",
    "Theorem 5.1 (stated there as a sufficient condition)",
    symbols=THRESHOLD_SYMBOLS,
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def sharpness_of_the_threshold():
    r"""Sharpness of the threshold of Theorem 5.1.

    - Scope: the process (31), $n = 1, 2, 3$; stability of the origin by its linear part.
    - Where the exponent is positive, 0 is not attractive.
    """
    yield equals(
        r"log-rates: $(\lambda_p, \lambda_s)_{n = 1, 2, 3}$",
        printed=sp.Matrix([for_each_size(lambda n, S, Q, sign=sign: _rate(n, sign * c * S, Q)) for sign in (1, -1)]),
        where=SUMS,
        derived=lambda: sp.Matrix([neuron(n).log_rates(sp.sqrt(n))[i] for i in (0, 1) for n in SIZES]),
        says=r"The log-rates of $w_1 + w_2$, then those of $w_1 - w_2$.",
    )
    yield _top_exponent()
    yield holds_when(
        r"not attractive: $\{(0, 0)\}\text{ not attractive iff }$",
        printed=eta * zeta**2 * sp.Abs(c) / 2 < sp.Abs(S) / Q,
        derived=lambda: sp.Or(*(rate > 0 for rate in _rates(sp.sqrt(PAIR)))),
        says="A log-rate is positive exactly where the inequality of Theorem 5.1 is reversed; two samples.",
        domain=(sp.Ne(c, 0),),
    )


def _top_exponent() -> Statement:
    """The larger of the two rates, also measured: two data sets, on each a repelling and an attracting noise."""

    def exponent(noise: sp.Expr | int) -> sp.Matrix:
        return for_each_size(lambda n, S, Q: _rate(n, sp.Abs(c * S), Q, noise))

    return equals(
        r"top exponent: $(\lambda_{\max})_{n = 1, 2, 3}$",
        printed=exponent(1),
        where=SUMS,
        derived=lambda: sp.Matrix([sp.Max(*neuron(n).log_rates(sp.sqrt(n))) for n in SIZES]),
        wrong={
            "growth of the second moment": exponent(-1),
            "signal without its modulus": for_each_size(lambda n, S, Q: _rate(n, c * S, Q)),
            "noise a twentieth too strong": exponent(sp.Rational(21, 20)),
            "noise a twelfth too strong": exponent(sp.Rational(13, 12)),
        },
        measured=[
            _linear_run(x="1 1", y="1 0", c="1", noise="16/25", step="1/100"),
            _linear_run(x="1 1", y="1 0", c="-1", noise="2", step="1/400"),
            _linear_run(x="1 2", y="-1 -1/2", c="1/2", noise="4/5", step="1/100"),
            _linear_run(x="1 2", y="-1 -1/2", c="1/2", noise="16/5", step="1/400"),
        ],
    )
