r"""Appendices C.2 and D: the diffusion matrices of mini-batches and of label noise, and invariance under the flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.label_noise import (
    joint_label_noise_step,
    label_noise_flow,
    label_noise_increment,
    label_noise_step,
)
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step
from theory.notation import eta, zeta
from verification.authoring import predictions
from verification.authoring.shorthand import agrees, equals
from verification.authoring.simulated import number, options
from verification.claim import Kind
from verification.forms import Comparison, Draw, Experiment, Samples
from verification.papers.stochastic_collapse.paper import paper

theta_1, theta_2, p, q, label = sp.symbols("theta_1 theta_2 p q y", real=True)
SLOPES = sp.symbols("p_1:4", real=True)
OTHER_SLOPES = sp.symbols("q_1:4", real=True)
LABELS = sp.symbols("y_1:4", real=True)
NOISES = sp.symbols("xi_1:4", real=True)

SYMBOLS = {
    SLOPES[0]: "derivative of sample 1 in theta_1, an arbitrary number",
    OTHER_SLOPES[0]: "derivative of sample 1 in theta_2",
    eta: "learning rate",
}
LABEL_NOISE_SYMBOLS = {
    SLOPES[0]: "derivative of f(x_1) in theta_1, an arbitrary number",
    OTHER_SLOPES[0]: "derivative of f(x_1) in theta_2",
    LABELS[0]: "label of sample 1",
    eta: "learning rate",
    zeta: "standard deviation of the label noise",
}

SIZES = (1, 2, 3)
"""Numbers of samples N at which statements about every N are checked."""

BATCHES = ((1, 1), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2))
"""Pairs (N, beta)."""


def vectors(n: int) -> list[sp.Matrix]:
    """The gradients of ``n`` samples, arbitrary vectors (p_i, q_i)."""
    return [sp.Matrix([SLOPES[i], OTHER_SLOPES[i]]) for i in range(n)]


def mean_outer_product(n: int) -> sp.Matrix:
    r"""The sum :math:`\frac1N\sum_ig_ig_i^\top`."""
    return sum((g * g.T for g in vectors(n)), sp.zeros(2, 2)) / n


def mean_vector(n: int) -> sp.Matrix:
    r"""The mean :math:`\frac1N\sum_ig_i`."""
    return sum(vectors(n), sp.zeros(2, 1)) / n


def stacked(matrix: Callable[..., sp.MatrixBase], cases: tuple = SIZES) -> sp.Matrix:
    """The entries of ``matrix(case)`` for every case, in one column."""
    arguments = (case if isinstance(case, tuple) else (case,) for case in cases)
    return sp.Matrix([entry for case in arguments for entry in matrix(*case)])


def _step_diffusion(n: int, batch_size: int) -> sp.Matrix:
    problem = FiniteSum([theta_1, theta_2], tuple(g[0] * theta_1 + g[1] * theta_2 for g in vectors(n)))
    return enumerated_step(problem, batch_size, Sampling.WITH_REPLACEMENT).covariance / (2 * eta)


def _shape(n: int) -> sp.Matrix:
    return mean_outer_product(n) - mean_vector(n) * mean_vector(n).T


def _times_shape(magnitude: Callable[[int, int], sp.Expr]) -> sp.Matrix:
    return stacked(lambda n, batch: magnitude(n, batch) * _shape(n), BATCHES)


@paper.claim(
    "SC-021",
    "Eqs. (17)-(19)",
    symbols=SYMBOLS,
    kind=Kind.IDENTITY,
    scope="every mini-batch of beta out of N samples with replacement, (N, beta) = (1,1), (2,1..3), (3,1), (3,2)",
    notes=("Delta theta = -eta grad L + sqrt(2D) Delta W with Delta W ~ N(0, eta I): Cov(Delta theta) = 2 eta D.",),
)
def diffusion_matrix_of_mini_batch_descent():
    r"""Diffusion matrix of mini-batch descent.

    D = (eta/(2 beta)) ((1/N) sum grad l_i grad l_i^T - grad L grad L^T) (17), D_m = eta/(2 beta) (18), D_s =
    (1/N) sum grad l_i grad l_i^T - grad L grad L^T (19)
    """
    yield equals(
        "diffusion",
        r"D",
        printed=_times_shape(lambda n, batch: eta / (2 * batch)),
        derived=lambda: stacked(_step_diffusion, BATCHES),
        wrong={
            "whole diffusion instead of half": _times_shape(lambda n, batch: eta / batch),
            "batch size ignored": _times_shape(lambda n, batch: eta / 2),
            "batch size squared": _times_shape(lambda n, batch: eta / (2 * batch**2)),
            "sampling without replacement": _times_shape(
                lambda n, batch: eta / (2 * batch) * sp.Rational(n - batch, max(n - 1, 1))
            ),
            "second moment instead of covariance": stacked(
                lambda n, batch: eta / (2 * batch) * mean_outer_product(n), BATCHES
            ),
        },
        says="D = Cov(Delta theta)/(2 eta), summed over every mini-batch.",
    )
    yield equals(
        "shape",
        r"D_s",
        printed=stacked(_shape),
        derived=lambda: stacked(_sample_covariance),
        wrong={
            "second moment instead of covariance": stacked(mean_outer_product),
            "unbiased sample covariance": stacked(lambda n: _shape(n) * sp.Rational(n, max(n - 1, 1))),
        },
        says="The shape term (19) is the covariance of the gradient of one sample, in the data law of N points.",
    )


def _sample_covariance(n: int) -> sp.Matrix:
    law = Empirical([p, q], list(zip(SLOPES[:n], OTHER_SLOPES[:n], strict=True)))
    return sp.Matrix(Model([theta_1, theta_2], p * theta_1 + q * theta_2, law).covariance)


def regression(n: int, loss_factor: sp.Expr | int = 1) -> Model:
    r"""``n`` samples whose predictions have arbitrary gradients :math:`(p_i, q_i)`: linear, which no moment can tell.

    The loss is ``loss_factor`` times the halved mean square.
    """
    law = Empirical([p, q, label], list(zip(SLOPES[:n], OTHER_SLOPES[:n], LABELS[:n], strict=True)))
    return Model([theta_1, theta_2], sp.sympify(loss_factor) * (p * theta_1 + q * theta_2 - label) ** 2 / 2, law)


def gradient_of_halved_loss(n: int) -> sp.Matrix:
    r"""The gradient of :math:`\frac1{2N}\sum(f - y)^2`, written out."""
    residuals = (g[0] * theta_1 + g[1] * theta_2 - y for g, y in zip(vectors(n), LABELS, strict=False))
    return sum((residual * g for residual, g in zip(residuals, vectors(n), strict=True)), sp.zeros(2, 1)) / n


def _noise(n: int) -> sp.Matrix:
    r"""The sum :math:`\frac1N\sum_i\nabla f(x_i)\,\xi_i`."""
    return sum((g * xi for g, xi in zip(vectors(n), NOISES, strict=False)), sp.zeros(2, 1)) / n


def _increment(n: int, loss_factor: int = 1) -> sp.Matrix:
    """One step with the labels y_i - xi_i."""
    increment, law = label_noise_increment(regression(n, loss_factor), label)
    return sp.Matrix(increment.subs(dict(zip(law.variables, (-xi for xi in NOISES), strict=False))))


@paper.claim(
    "SC-041",
    "Eq. (20)",
    symbols=LABEL_NOISE_SYMBOLS | {NOISES[0]: "noise of label 1, N(0, zeta^2)"},
    kind=Kind.IDENTITY,
    scope="halved loss L = (1/(2N)) sum (f - y)^2, N = 1, 2, 3, arbitrary gradients of f",
    notes=(
        "The labels are y_i - xi_i; with y_i + xi_i the sign of the noise changes, and its law does not.",
        "For the loss of Section 5, (1/n) sum (y - f)^2 without the 1/2, drift and noise are both doubled.",
    ),
)
def label_noise_gradient_descent():
    r"""Label-noise gradient descent.

    theta^(t+1) = theta^(t) - eta grad L - sqrt(eta) (sqrt(eta)/N) sum grad f(x_i) xi_i, xi_i i.i.d. N(0, zeta^2)
    """
    yield equals(
        "step",
        r"\theta^{(t+1)} - \theta^{(t)}",
        printed=stacked(lambda n: -eta * gradient_of_halved_loss(n) - eta * _noise(n)),
        derived=lambda: stacked(_increment),
        wrong={
            "noise summed, not averaged": stacked(lambda n: -eta * (gradient_of_halved_loss(n) + n * _noise(n))),
            "noise of order sqrt(eta)": stacked(lambda n: -eta * gradient_of_halved_loss(n) - sp.sqrt(eta) * _noise(n)),
            "noise of the loss without 1/2": stacked(lambda n: -eta * (gradient_of_halved_loss(n) + 2 * _noise(n))),
            "ascent": stacked(lambda n: eta * gradient_of_halved_loss(n) - eta * _noise(n)),
        },
        says="The step on the halved loss with the labels y_i - xi_i.",
    )
    yield equals(
        "mean square without the 1/2",
        r"\theta^{(t+1)} - \theta^{(t)}",
        printed=stacked(lambda n: -2 * eta * gradient_of_halved_loss(n) - 2 * eta * _noise(n)),
        derived=lambda: stacked(lambda n: _increment(n, 2)),
        wrong={"noise of (20)": stacked(lambda n: -2 * eta * gradient_of_halved_loss(n) - eta * _noise(n))},
        says="The step on (1/N) sum (f - y)^2 has twice the drift and twice the noise (a remark).",
        remark=True,
    )


@paper.claim(
    "SC-042",
    "Eq. (21)",
    symbols=LABEL_NOISE_SYMBOLS,
    kind=Kind.IDENTITY,
    scope="halved loss, time t = eta times steps as in (16), N = 1, 2, 3",
    notes=(
        "Without dt. With time counted in steps the drift would be -eta grad L dt, but then the noise would be "
        "sqrt(2 eta D_LN) dB: no clock gives (21).",
    ),
)
def label_noise_gradient_flow():
    r"""Label-noise gradient flow.

    d theta_t = -eta grad L(theta_t) + sqrt(2 D_LN(theta_t)) dB_t
    """
    yield equals(
        "drift",
        r"b(\theta)",
        printed=stacked(lambda n: -eta * gradient_of_halved_loss(n)),
        derived=lambda: stacked(lambda n: label_noise_flow(regression(n), label).drift),
        corrected=stacked(lambda n: -gradient_of_halved_loss(n)),
        corrected_says="d theta = -grad L dt + sqrt(2 D_LN) dB",
        wrong={
            "ascent": stacked(gradient_of_halved_loss),
            "sum instead of mean": stacked(lambda n: -n * gradient_of_halved_loss(n)),
            "loss without its 1/2": stacked(lambda n: -2 * gradient_of_halved_loss(n)),
        },
        says="The drift per unit of time, the mean of one step (20) divided by eta.",
    )


N = sp.Symbol("N", positive=True, integer=True)
PHASE = sp.Symbol("x", real=True)
MAGNITUDES = ({"N": 1, "d": 2}, {"N": 4, "d": 3}, {"N": 8, "d": 1}, {"N": 32, "d": 5})
"""Data sets on which D_m is measured: numbers of samples and of weights."""

STEP = {"eta": "1/4", "zeta": "3/2"}


def features(samples: int, weights: int) -> Model:
    r"""The linear model :math:`f(x) = \sum_j\theta_j\cos(jx)` on the inputs :math:`1, \dots, N`, with labels 0."""
    theta = sp.symbols(f"theta_1:{weights + 1}", real=True)
    prediction = sp.Add(*(weight * sp.cos(j * PHASE) for j, weight in enumerate(theta, start=1)))
    law = Empirical([PHASE, label], [[i, 0] for i in range(1, samples + 1)])
    return Model(theta, (prediction - label) ** 2 / 2, law)


def magnitude_of_steps(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    r"""The value :math:`|\Delta\theta - E\Delta\theta|^2/(2\eta\operatorname{Tr}D_s)` of one step of (20), mean D_m."""
    from numerics.simulation.iterate import iterate

    n, d, rate = arguments["N"], arguments["d"], number(arguments["eta"])
    start = np.ones(d)
    run = iterate(
        gradient_descent(features(n, d), label=label, label_noise=zeta),
        parameters={eta: rate, zeta: number(arguments["zeta"])},
        initial=start,
        steps=1,
        n_replicas=draw.n,
        seed=draw.seed,
        options=options(draw),
    )
    gradients = np.cos(np.outer(np.arange(1, n + 1), np.arange(1, d + 1)))
    mean = -rate * gradients.T @ (gradients @ start) / n
    assert run.final is not None
    squares = ((run.final - start - mean) ** 2).sum(axis=1)
    return Samples(squares * n / (2 * rate * (gradients**2).sum()))


def exact_magnitude(arguments: Mapping[str, Any]) -> tuple[float, float]:
    r"""D_m from the exact covariance of one step, the ratio of the traces of :math:`D_{LN}` and of :math:`D_s`."""
    n, d = arguments["N"], arguments["d"]
    covariance = label_noise_step(features(n, d), label).covariance
    values = predictions.exact({eta: STEP["eta"], zeta: STEP["zeta"]})
    squares = sum(np.cos(j * i) ** 2 for i in range(1, n + 1) for j in range(1, d + 1)) / n
    return float(covariance.trace().subs(values)) / float(2 * values[eta] * squares), 1e-14


def _magnitude_at(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
    return predictions.at({eta: STEP["eta"], zeta: STEP["zeta"], N: str(point["N"])})(candidate)


def _label_noise_diffusion(n: int) -> sp.Matrix:
    """D with Cov(Delta theta) = 2 eta D, the covariance averaged over all noises of one step at once."""
    return sp.Matrix(joint_label_noise_step(regression(n), label).covariance / (2 * eta))


def _times_outer_product(magnitude: Callable[[int], sp.Expr]) -> sp.Matrix:
    return stacked(lambda n: magnitude(n) * mean_outer_product(n))


def _normalised(matrix: sp.MatrixBase) -> sp.MatrixBase:
    return matrix / matrix.trace()


@paper.claim(
    "SC-043",
    "Eqs. (22)-(24)",
    symbols=LABEL_NOISE_SYMBOLS | {N: "number of samples"},
    kind=Kind.IDENTITY,
    scope="the step (20) with independent noise on every label, N = 1, 2, 3, arbitrary gradients of f",
    notes=(
        "Delta theta = -eta grad L + sqrt(2D) Delta W with Delta W ~ N(0, eta I), so Cov(Delta theta) = 2 eta D; the "
        "noise of (20) has the covariance (eta^2 zeta^2/N^2) sum grad f grad f^T. (22) is N times too large.",
        "The factor is that of a mini-batch with beta = N: averaging N independent noises divides the covariance by N.",
        "Theorem 5.1 rests on (31), which has the noise of (22): for the descent (20) its threshold is N times higher.",
    ),
)
def diffusion_matrix_of_label_noise():
    r"""Diffusion matrix of label noise.

    D_LN = (eta zeta^2/2) (1/N) sum grad f(x_i) grad f(x_i)^T (22), D_m = eta zeta^2/2 (23), D_s = (1/N) sum
    grad f(x_i) grad f(x_i)^T (24)
    """
    yield equals(
        "diffusion",
        r"D_{LN}",
        printed=_times_outer_product(lambda n: eta * zeta**2 / 2),
        derived=lambda: stacked(_label_noise_diffusion),
        corrected=_times_outer_product(lambda n: eta * zeta**2 / (2 * n)),
        corrected_says="D_LN = (eta zeta^2/(2N)) (1/N) sum grad f grad f^T; D_m = eta zeta^2/(2N), D_s as printed",
        wrong={
            "whole diffusion instead of half": _times_outer_product(lambda n: eta * zeta**2 / n),
            "divided by N once more": _times_outer_product(lambda n: eta * zeta**2 / (2 * n**2)),
            "one noise for all labels": stacked(lambda n: eta * zeta**2 / 2 * mean_vector(n) * mean_vector(n).T),
            "loss without its 1/2": _times_outer_product(lambda n: 2 * eta * zeta**2 / n),
        },
        says="(22): D_LN = Cov(Delta theta)/(2 eta) for one step of (20).",
    )
    yield equals(
        "magnitude",
        r"D_m",
        printed=sp.Matrix([eta * zeta**2 / 2 for _ in SIZES]),
        derived=lambda: stacked(_magnitude),
        corrected=sp.Matrix([eta * zeta**2 / (2 * n) for n in SIZES]),
        wrong={
            "whole diffusion instead of half": sp.Matrix([eta * zeta**2 / n for n in SIZES]),
            "standard deviation instead of variance": sp.Matrix([eta * zeta / (2 * n) for n in SIZES]),
        },
        says="(23): D_m is the ratio of the traces of D_LN and of D_s in (24).",
    )
    yield equals(
        "shape",
        r"D_s/\mathrm{Tr}\,D_s",
        printed=stacked(lambda n: _normalised(mean_outer_product(n))),
        derived=lambda: stacked(lambda n: _normalised(_label_noise_diffusion(n))),
        wrong={
            "covariance instead of second moment": stacked(
                lambda n: _normalised(mean_outer_product(n) - mean_vector(n) * mean_vector(n).T / 2)
            ),
            "gradient of the mean prediction": stacked(lambda n: _normalised(mean_vector(n) * mean_vector(n).T)),
        },
        says="(24): the diffusion is proportional to D_s; both divided by their traces.",
    )
    yield agrees(
        "magnitude, measured",
        r"D_m",
        printed=eta * zeta**2 / 2,
        corrected=eta * zeta**2 / (2 * N),
        wrong={
            "divided by N once more": eta * zeta**2 / (2 * N**2),
            "whole diffusion instead of half": eta * zeta**2 / N,
            "root of N": eta * zeta**2 / (2 * sp.sqrt(N)),
        },
        says="(23): D_m for N = 1, 4, 8, 32 from real steps of (20) on cosine features, and from their covariance.",
        measured=tuple(
            Experiment(
                name=f"steps of (20), N={case['N']}, {case['d']} weights",
                sampler=magnitude_of_steps,
                arguments={**case, **STEP},
                predicted=lambda candidate, case=case: _magnitude_at(candidate, case),
            )
            for case in MAGNITUDES
        ),
        compared=(
            Comparison(
                name="exact covariance",
                evaluator=exact_magnitude,
                arguments=MAGNITUDES,
                predicted=_magnitude_at,
                tolerance=1e-10,
            ),
        ),
    )
    yield equals(
        "one sample",
        r"D_{LN}|_{N=1}",
        printed=eta * zeta**2 / 2 * mean_outer_product(1),
        derived=lambda: _label_noise_diffusion(1),
        wrong={"half of it": eta * zeta**2 / 4 * mean_outer_product(1)},
        says="For N = 1 the printed (22) is right (a remark).",
        remark=True,
    )


def _magnitude(n: int) -> sp.Matrix:
    squares = sum((p_i**2 + q_i**2 for p_i, q_i in zip(SLOPES[:n], OTHER_SLOPES[:n], strict=True)), sp.S.Zero)
    return sp.Matrix([_label_noise_diffusion(n).trace() * n / squares])
