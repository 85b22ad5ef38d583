r"""Appendix D.2: label-noise gradient descent, its flow and its diffusion matrix."""

from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise import label_noise as noisy
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.notation import eta, zeta
from verification.authoring import predictions
from verification.authoring.draws import drawn_steps
from verification.authoring.shorthand import Grade, agrees, compared, equals, measured
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Arguments, Draw, Samples
from verification.papers.stochastic_collapse.attraction import gradient_flow as flow
from verification.papers.stochastic_collapse.attraction.gradient_flow import D_m, D_s, P, Q, p, q, theta_1, theta_2
from verification.papers.stochastic_collapse.paper import paper

label, x = sp.symbols("y x", real=True)
LABELS = sp.symbols("y_1:4", real=True)
NOISES = sp.symbols("xi_1:4", real=True)
N = sp.Symbol("N", positive=True, integer=True)

SYMBOLS = {
    P[0]: r"derivative of $f(x_1)$ in $\theta_1$, an arbitrary number",
    Q[0]: r"derivative of $f(x_1)$ in $\theta_2$",
    LABELS[0]: "label of sample 1",
    zeta: "standard deviation of the label noise",
    flow.dL_1: "first entry of the gradient of the loss",
    N: "number of samples",
}
SCOPE = r"halved loss $\frac1{2N}\sum_i (f - y)^2$, $N = 3$, arbitrary gradients of $f$"


def regression(n: int, loss_factor: int = 1) -> Model:
    r"""``n`` samples whose predictions have arbitrary gradients :math:`(p_i, q_i)`: linear, which no moment can tell.

    The loss is ``loss_factor`` times the halved mean square.
    """
    law = Empirical([p, q, label], list(zip(P[:n], Q[:n], LABELS[:n], strict=True)))
    return Model([theta_1, theta_2], sp.Integer(loss_factor) * (p * theta_1 + q * theta_2 - label) ** 2 / 2, law)


def gradient_of_halved_loss() -> sp.MatrixBase:
    r"""The gradient of :math:`\frac1{2N}\sum(f - y)^2` for three samples, written out."""
    residuals = (g[0] * theta_1 + g[1] * theta_2 - y for g, y in zip(flow.gradients(3), LABELS, strict=True))
    return flow.mean([residual * g for residual, g in zip(residuals, flow.gradients(3), strict=True)])


def _increment(loss_factor: int = 1) -> sp.Matrix:
    """One step with the labels y_i - xi_i."""
    increment, law = noisy.label_noise_increment(regression(3, loss_factor), label)
    return sp.Matrix(increment.subs(dict(zip(law.variables, (-xi for xi in NOISES), strict=True))))


@paper.claim(
    "SC-041", "Eq. (20)", symbols=SYMBOLS | {NOISES[0]: r"noise of label 1, $\mathcal N(0, \zeta^2)$"}, scope=SCOPE
)
def label_noise_descent():
    r"""Label-noise gradient descent.

    If we introduce i.i.d. mean-zero, variance $\zeta^2$ Gaussian label noise per training label, denoted as $\xi_i$,
    it results in an update rule we refer to as label-noise gradient descent.
    - The labels are $y_i - \xi_i$; with $y_i + \xi_i$ the sign of the noise changes, and its law does not.
    - For the loss of Section 5, $\frac1n\sum(y - f)^2$ without the 1/2, drift and noise are both doubled.
    """
    noise = flow.mean([g * xi for g, xi in zip(flow.gradients(3), NOISES, strict=True)])
    step = -eta * flow.GRADIENT - sp.sqrt(eta) * sp.sqrt(eta) * noise
    where = flow.meaning(flow.GRADIENT, gradient_of_halved_loss())
    yield equals(
        r"step: $\theta^{(t+1)} - \theta^{(t)}$",
        printed=step,
        where=where,
        derived=_increment,
        wrong={
            "noise summed, not averaged": -eta * flow.GRADIENT - 3 * eta * noise,
            "noise of a flow for that of a step": -eta * flow.GRADIENT - sp.sqrt(eta) * noise,
            "noise of the loss without 1/2": -eta * flow.GRADIENT - 2 * eta * noise,
        },
    )
    yield equals(
        r"mean square without the 1/2: $\theta^{(t+1)} - \theta^{(t)}$",
        printed=2 * step,
        where=where,
        derived=lambda: _increment(2),
        wrong={"noise of (20)": 2 * step + eta * noise},
        remark=r"A result of ours: on $\frac1N\sum(f - y)^2$ drift and noise are doubled.",
    )


@paper.claim(
    "SC-042",
    "Eq. (21)",
    symbols=SYMBOLS,
    scope=SCOPE + r", time $t = \eta$ times steps as in (16)",
    grade=Grade.MISPRINT,
)
def label_noise_flow_equation():
    r"""Label-noise gradient flow.

    $d\theta_t = -\eta\nabla\mathcal L(\theta_t) + \sqrt{2D_{LN}(\theta_t)}\,dB_t$
    - Without $dt$. With time counted in steps the drift would be $-\eta\nabla\mathcal L\,dt$, but then the noise would
      be $\sqrt{2\eta D_{LN}}\,dB$: no clock gives (21).
    """
    yield equals(
        r"drift: $\text{drift of }\theta_t$",
        printed=-eta * flow.GRADIENT,
        where=flow.meaning(flow.GRADIENT, gradient_of_halved_loss()),
        derived=lambda: noisy.label_noise_flow(regression(3), label).drift,
        corrected=-flow.GRADIENT,
        corrected_says=r"$d\theta_t = -\nabla\mathcal L(\theta_t)\,dt + \ldots$ in (21)",
        wrong={"loss without its 1/2": -2 * flow.GRADIENT},
        says=r"Per unit of time: the mean of one step (20) divided by $\eta$.",
    )


MAGNITUDES = ({"N": 1, "d": 2}, {"N": 4, "d": 3}, {"N": 8, "d": 1}, {"N": 32, "d": 5})
"""Data sets on which D_m is measured: numbers of samples and of weights."""

STEP: dict[str, Any] = {"eta": "1/4", "zeta": "3/2"}


def features(samples: int, weights: int) -> Model:
    r"""The linear model :math:`f(x) = \sum_j\theta_j\cos(jx)` on the inputs :math:`1, \dots, N`, with labels 0."""
    theta = sp.symbols(f"theta_1:{weights + 1}", real=True)
    prediction = sp.Add(*(weight * sp.cos(j * x) for j, weight in enumerate(theta, start=1)))
    law = Empirical([x, label], [[i, 0] for i in range(1, samples + 1)])
    return Model(theta, (prediction - label) ** 2 / 2, law)


def magnitude_of_steps(arguments: Arguments, draw: Draw) -> Samples:
    r"""The value :math:`|\Delta\theta - E\Delta\theta|^2/(2\eta\operatorname{Tr}D_s)` of one step of (20), mean D_m."""
    n, d, rate = arguments["N"], arguments["d"], number(arguments["eta"])
    start = np.ones(d)
    run = drawn_steps(
        gradient_descent(features(n, d), label=label, label_noise=zeta),
        draw,
        parameters={eta: rate, zeta: number(arguments["zeta"])},
        initial=start,
        steps=1,
    )
    slopes = np.cos(np.outer(np.arange(1, n + 1), np.arange(1, d + 1)))
    expected = -rate * slopes.T @ (slopes @ start) / n
    assert run.final is not None
    squares = ((run.final - start - expected) ** 2).sum(axis=1)
    return Samples(squares * n / (2 * rate * (slopes**2).sum()))


def exact_magnitude(arguments: Arguments) -> tuple[float, float]:
    r"""D_m from the exact covariance of one step, the ratio of the traces of :math:`D_{LN}` and of :math:`D_s`."""
    n, d = arguments["N"], arguments["d"]
    covariance = noisy.label_noise_step(features(n, d), label).covariance
    values = predictions.exact({eta: STEP["eta"], zeta: STEP["zeta"]})
    squares = sum(np.cos(j * i) ** 2 for i in range(1, n + 1) for j in range(1, d + 1)) / n
    return float(covariance.trace().subs(values)) / float(2 * values[eta] * squares), 1e-14


def _magnitude_at(candidate: sp.Expr, point: Arguments) -> sp.Expr:
    return predictions.at({eta: STEP["eta"], zeta: STEP["zeta"], N: str(point["N"])})(candidate)


def _diffusion_of_step(n: int) -> sp.Matrix:
    """D with Cov(Delta theta) = 2 eta D, the covariance averaged over all noises of one step at once."""
    return sp.Matrix(noisy.joint_label_noise_step(regression(n), label).covariance / (2 * eta))


def _normalised(matrix: sp.MatrixBase) -> sp.MatrixBase:
    return matrix / matrix.trace()


@paper.claim(
    "SC-043", "Eqs. (22)-(24)", symbols=SYMBOLS | {D_m: "magnitude", D_s[0]: "entry of the shape"}, grade=Grade.WRONG
)
def diffusion_matrix_of_label_noise():
    r"""Diffusion matrix of label noise.

    $D_{LN}(\theta_t) = \frac{\eta\zeta^2}2\frac1N\sum_{i\in[N]}\nabla f_{\theta_t}(x_i)\nabla f_{\theta_t}(x_i)^\top$
    (22), which can also be decomposed into a magnitude term $D_m$ (23) and a shape term $D_s$ (24).
    - Scope: the step (20) with independent noise on every label: arbitrary gradients of $f$ at $N = 1$ and 3, cosine
      features up to $N = 32$.
    - (15) defines $D$ by $\mathrm{Cov}(\Delta\theta) = 2\eta D$, and the noise of (20) has the covariance
      $\frac{\eta^2\zeta^2}{N^2}\sum_i\nabla f(x_i)\nabla f(x_i)^\top$: (22) is $N$ times too large.
    - The factor is that of a mini-batch with $\beta = N$: averaging $N$ independent noises divides the covariance by
      $N$.
    - Should the page have $\sqrt N$ in (20), a root that the text at hand has lost, then (22) follows from (20), and
      (20) is the step for label noise of variance $N\zeta^2$, not $\zeta^2$ (remark 'larger label noise'). Either way
      (22) is not the diffusion of the noise that the words describe, which is what is judged.
    - Theorem 5.1 rests on (31), which has the noise of (22), and says that its $1/\sqrt n$ is put in "to avoid the data
      size n influencing the SDE's behavior": for the descent (20) the threshold is $N$ times higher.
    """
    where = {D_m: eta * zeta**2 / 2, N: sp.Integer(3), **flow.meaning(D_s, flow.second_moment(3))}
    one_noise = flow.meaning(D_s, flow.mean(flow.gradients(3)) * flow.mean(flow.gradients(3)).T)
    yield equals(
        "diffusion: $D_{LN}$",
        printed=D_m * D_s,
        where=where,
        derived=lambda: _diffusion_of_step(3),
        corrected=D_m * D_s / N,
        corrected_says=r"$D_{LN} = \frac{\eta\zeta^2}{2N}\,\frac1N\sum_i\nabla f(x_i)\nabla f(x_i)^\top$",
        wrong={
            "divided by $N$ once more": D_m * D_s / N**2,
            "one noise for all labels": one_noise,
            "loss without its 1/2": 4 * D_m * D_s / N,
        },
    )
    yield equals(
        r"shape: $D_{LN}/\mathrm{Tr}\,D_{LN}$",
        printed=_normalised(D_s),
        where=where,
        derived=lambda: _normalised(_diffusion_of_step(3)),
        wrong={"gradient of the mean prediction": one_noise},
    )
    yield _measured_magnitude()
    yield equals(
        "one sample: $D_{LN}|_{N=1}$",
        printed=D_m * D_s,
        where={D_m: eta * zeta**2 / 2, **flow.meaning(D_s, flow.second_moment(1))},
        derived=lambda: _diffusion_of_step(1),
        wrong={"half of it": {D_m: eta * zeta**2 / 4}},
        remark="For $N = 1$ the printed (22) is right.",
    )
    yield equals(
        r"larger label noise: $D_{LN}$",
        printed=D_m * D_s,
        where=where,
        derived=lambda: _diffusion_of_step(3).subs(zeta, sp.sqrt(3) * zeta),
        wrong={"of the variance in the words": D_m * D_s / N},
        remark=r"The printed (22) is the diffusion of label noise of variance $N\zeta^2$, here with $N = 3$.",
    )


def _measured_magnitude() -> Statement:
    """(23) for N = 1 to 32: on real data nothing but the noise is random."""
    magnitude = eta * zeta**2 / 2
    return agrees(
        "magnitude: $D_m$",
        printed=magnitude,
        corrected=magnitude / N,
        wrong={
            "divided by $N$ once more": magnitude / N**2,
            "root of $N$": magnitude / sp.sqrt(N),
            "a tenth too large": 11 * magnitude / (10 * N),
        },
        says=r"From real steps of (20) on cosine features, and from their covariance.",
        measured=[
            measured(
                magnitude_of_steps,
                lambda candidate, case=case: _magnitude_at(candidate, case),
                name=f"steps of (20), N={case['N']}, {case['d']} weights",
                **case,
                **STEP,
            )
            for case in MAGNITUDES
        ],
        compared=compared("exact covariance", exact_magnitude, _magnitude_at, *MAGNITUDES, tolerance=1e-10),
    )
