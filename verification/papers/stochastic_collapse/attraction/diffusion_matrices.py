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
from verification.authoring.simulated import number, precision
from verification.claim import (
    Citation,
    Claim,
    Comparison,
    Draw,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Numerical,
    Samples,
    Statement,
)
from verification.papers.stochastic_collapse.paper import PAPER

HERE = "verification.papers.stochastic_collapse.attraction.diffusion_matrices"

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


SC_021 = Claim(
    id="SC-021",
    title="diffusion matrix of mini-batch descent",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eqs. (17)-(19)"),
    symbols=SYMBOLS,
    scope="every mini-batch of beta out of N samples with replacement, (N, beta) = (1,1), (2,1..3), (3,1), (3,2)",
    printed_text=(
        "D = (eta/(2 beta)) ((1/N) sum grad l_i grad l_i^T - grad L grad L^T) (17), D_m = eta/(2 beta) (18), "
        "D_s = (1/N) sum grad l_i grad l_i^T - grad L grad L^T (19)"
    ),
    notes=("Delta theta = -eta grad L + sqrt(2D) Delta W with Delta W ~ N(0, eta I): Cov(Delta theta) = 2 eta D.",),
    statements=(
        Statement(
            name="diffusion",
            says="D = Cov(Delta theta)/(2 eta), summed over every mini-batch.",
            left=r"D",
            form=Identity(lambda: stacked(_step_diffusion, BATCHES)),
            printed=_times_shape(lambda n, batch: eta / (2 * batch)),
            near_misses=(
                NearMiss("whole diffusion instead of half", _times_shape(lambda n, batch: eta / batch)),
                NearMiss("batch size ignored", _times_shape(lambda n, batch: eta / 2)),
                NearMiss("batch size squared", _times_shape(lambda n, batch: eta / (2 * batch**2))),
                NearMiss(
                    "sampling without replacement",
                    _times_shape(lambda n, batch: eta / (2 * batch) * sp.Rational(n - batch, max(n - 1, 1))),
                ),
                NearMiss(
                    "second moment instead of covariance",
                    stacked(lambda n, batch: eta / (2 * batch) * mean_outer_product(n), BATCHES),
                ),
            ),
        ),
        Statement(
            name="shape",
            says="The shape term (19) is the covariance of the gradient of one sample, in the data law of N points.",
            left=r"D_s",
            form=Identity(lambda: stacked(_sample_covariance)),
            printed=stacked(_shape),
            near_misses=(
                NearMiss("second moment instead of covariance", stacked(mean_outer_product)),
                NearMiss(
                    "unbiased sample covariance",
                    stacked(lambda n: _shape(n) * sp.Rational(n, max(n - 1, 1))),
                ),
            ),
        ),
    ),
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


SC_041 = Claim(
    id="SC-041",
    title="label-noise gradient descent",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (20)"),
    symbols=LABEL_NOISE_SYMBOLS | {NOISES[0]: "noise of label 1, N(0, zeta^2)"},
    scope="halved loss L = (1/(2N)) sum (f - y)^2, N = 1, 2, 3, arbitrary gradients of f",
    printed_text=(
        "theta^(t+1) = theta^(t) - eta grad L - sqrt(eta) (sqrt(eta)/N) sum grad f(x_i) xi_i, xi_i i.i.d. N(0, zeta^2)"
    ),
    notes=(
        "The labels are y_i - xi_i; with y_i + xi_i the sign of the noise changes, and its law does not.",
        "For the loss of Section 5, (1/n) sum (y - f)^2 without the 1/2, drift and noise are both doubled.",
    ),
    statements=(
        Statement(
            name="step",
            says="The step on the halved loss with the labels y_i - xi_i.",
            left=r"\theta^{(t+1)} - \theta^{(t)}",
            form=Identity(lambda: stacked(_increment)),
            printed=stacked(lambda n: -eta * gradient_of_halved_loss(n) - eta * _noise(n)),
            near_misses=(
                NearMiss(
                    "noise summed, not averaged", stacked(lambda n: -eta * (gradient_of_halved_loss(n) + n * _noise(n)))
                ),
                NearMiss(
                    "noise of order sqrt(eta)",
                    stacked(lambda n: -eta * gradient_of_halved_loss(n) - sp.sqrt(eta) * _noise(n)),
                ),
                NearMiss(
                    "noise of the loss without 1/2",
                    stacked(lambda n: -eta * (gradient_of_halved_loss(n) + 2 * _noise(n))),
                ),
                NearMiss("ascent", stacked(lambda n: eta * gradient_of_halved_loss(n) - eta * _noise(n))),
            ),
        ),
        Statement(
            name="mean square without the 1/2",
            says="The step on (1/N) sum (f - y)^2 has twice the drift and twice the noise (a remark).",
            left=r"\theta^{(t+1)} - \theta^{(t)}",
            form=Identity(lambda: stacked(lambda n: _increment(n, 2))),
            printed=stacked(lambda n: -2 * eta * gradient_of_halved_loss(n) - 2 * eta * _noise(n)),
            near_misses=(
                NearMiss("noise of (20)", stacked(lambda n: -2 * eta * gradient_of_halved_loss(n) - eta * _noise(n))),
            ),
            counts=False,
        ),
    ),
)

SC_042 = Claim(
    id="SC-042",
    title="label-noise gradient flow",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (21)"),
    symbols=LABEL_NOISE_SYMBOLS,
    scope="halved loss, time t = eta times steps as in (16), N = 1, 2, 3",
    printed_text="d theta_t = -eta grad L(theta_t) + sqrt(2 D_LN(theta_t)) dB_t",
    corrected_text="d theta = -grad L dt + sqrt(2 D_LN) dB",
    notes=(
        "Without dt. With time counted in steps the drift would be -eta grad L dt, but then the noise would be "
        "sqrt(2 eta D_LN) dB: no clock gives (21).",
    ),
    statements=(
        Statement(
            name="drift",
            says="The drift per unit of time, the mean of one step (20) divided by eta.",
            left=r"b(\theta)",
            form=Identity(lambda: stacked(lambda n: label_noise_flow(regression(n), label).drift)),
            printed=stacked(lambda n: -eta * gradient_of_halved_loss(n)),
            corrected=stacked(lambda n: -gradient_of_halved_loss(n)),
            near_misses=(
                NearMiss("ascent", stacked(gradient_of_halved_loss)),
                NearMiss("sum instead of mean", stacked(lambda n: -n * gradient_of_halved_loss(n))),
                NearMiss("loss without its 1/2", stacked(lambda n: -2 * gradient_of_halved_loss(n))),
            ),
        ),
    ),
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
    r"""The value :math:`|\Delta\theta - E\Delta\theta|^2/(2\eta\operatorname{Tr}D_s)` of one step of (20): mean D_m."""
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
        first_replica=draw.first,
        precision=precision(draw),
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


SC_043 = Claim(
    id="SC-043",
    title="diffusion matrix of label noise",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eqs. (22)-(24)"),
    symbols=LABEL_NOISE_SYMBOLS | {N: "number of samples"},
    scope="the step (20) with independent noise on every label, N = 1, 2, 3, arbitrary gradients of f",
    printed_text=(
        "D_LN = (eta zeta^2/2) (1/N) sum grad f(x_i) grad f(x_i)^T (22), D_m = eta zeta^2/2 (23), "
        "D_s = (1/N) sum grad f(x_i) grad f(x_i)^T (24)"
    ),
    corrected_text="D_LN = (eta zeta^2/(2N)) (1/N) sum grad f grad f^T; D_m = eta zeta^2/(2N), D_s as printed",
    notes=(
        "Delta theta = -eta grad L + sqrt(2D) Delta W with Delta W ~ N(0, eta I), so Cov(Delta theta) = 2 eta D; the "
        "noise of (20) has the covariance (eta^2 zeta^2/N^2) sum grad f grad f^T. (22) is N times too large.",
        "The factor is that of a mini-batch with beta = N: averaging N independent noises divides the covariance by N.",
        "Theorem 5.1 rests on (31), which has the noise of (22): for the descent (20) its threshold is N times higher.",
    ),
    statements=(
        Statement(
            name="diffusion",
            says="(22): D_LN = Cov(Delta theta)/(2 eta) for one step of (20).",
            left=r"D_{LN}",
            form=Identity(lambda: stacked(_label_noise_diffusion)),
            printed=_times_outer_product(lambda n: eta * zeta**2 / 2),
            corrected=_times_outer_product(lambda n: eta * zeta**2 / (2 * n)),
            near_misses=(
                NearMiss("whole diffusion instead of half", _times_outer_product(lambda n: eta * zeta**2 / n)),
                NearMiss("divided by N once more", _times_outer_product(lambda n: eta * zeta**2 / (2 * n**2))),
                NearMiss(
                    "one noise for all labels", stacked(lambda n: eta * zeta**2 / 2 * mean_vector(n) * mean_vector(n).T)
                ),
                NearMiss("loss without its 1/2", _times_outer_product(lambda n: 2 * eta * zeta**2 / n)),
            ),
        ),
        Statement(
            name="magnitude",
            says="(23): D_m is the ratio of the traces of D_LN and of D_s in (24).",
            left=r"D_m",
            form=Identity(lambda: stacked(_magnitude)),
            printed=sp.Matrix([eta * zeta**2 / 2 for _ in SIZES]),
            corrected=sp.Matrix([eta * zeta**2 / (2 * n) for n in SIZES]),
            near_misses=(
                NearMiss("whole diffusion instead of half", sp.Matrix([eta * zeta**2 / n for n in SIZES])),
                NearMiss("standard deviation instead of variance", sp.Matrix([eta * zeta / (2 * n) for n in SIZES])),
            ),
        ),
        Statement(
            name="shape",
            says="(24): the diffusion is proportional to D_s; both divided by their traces.",
            left=r"D_s/\mathrm{Tr}\,D_s",
            form=Identity(lambda: stacked(lambda n: _normalised(_label_noise_diffusion(n)))),
            printed=stacked(lambda n: _normalised(mean_outer_product(n))),
            near_misses=(
                NearMiss(
                    "covariance instead of second moment",
                    stacked(lambda n: _normalised(mean_outer_product(n) - mean_vector(n) * mean_vector(n).T / 2)),
                ),
                NearMiss(
                    "gradient of the mean prediction",
                    stacked(lambda n: _normalised(mean_vector(n) * mean_vector(n).T)),
                ),
            ),
        ),
        Statement(
            name="magnitude, measured",
            says="(23): D_m for N = 1, 4, 8, 32 from real steps of (20) on cosine features, and from their covariance.",
            left=r"D_m",
            form=Numerical(),
            printed=eta * zeta**2 / 2,
            corrected=eta * zeta**2 / (2 * N),
            near_misses=(
                NearMiss("divided by N once more", eta * zeta**2 / (2 * N**2)),
                NearMiss("whole diffusion instead of half", eta * zeta**2 / N),
                NearMiss("root of N", eta * zeta**2 / (2 * sp.sqrt(N))),
            ),
            experiments=tuple(
                Experiment(
                    name=f"steps of (20), N={case['N']}, {case['d']} weights",
                    sampler=f"{HERE}:magnitude_of_steps",
                    arguments={**case, **STEP},
                    predicted=lambda candidate, case=case: _magnitude_at(candidate, case),
                    variation=1.42,
                    skewness=2.83,
                )
                for case in MAGNITUDES
            ),
            comparisons=(
                Comparison(
                    name="exact covariance",
                    evaluator=f"{HERE}:exact_magnitude",
                    arguments=MAGNITUDES,
                    predicted=_magnitude_at,
                    tolerance=1e-10,
                ),
            ),
        ),
        Statement(
            name="one sample",
            says="For N = 1 the printed (22) is right (a remark).",
            left=r"D_{LN}|_{N=1}",
            form=Identity(lambda: _label_noise_diffusion(1)),
            printed=eta * zeta**2 / 2 * mean_outer_product(1),
            near_misses=(NearMiss("half of it", eta * zeta**2 / 4 * mean_outer_product(1)),),
            counts=False,
        ),
    ),
)


def _magnitude(n: int) -> sp.Matrix:
    squares = sum((p_i**2 + q_i**2 for p_i, q_i in zip(SLOPES[:n], OTHER_SLOPES[:n], strict=True)), sp.S.Zero)
    return sp.Matrix([_label_noise_diffusion(n).trace() * n / squares])


CLAIMS = (SC_021, SC_041, SC_042, SC_043)
