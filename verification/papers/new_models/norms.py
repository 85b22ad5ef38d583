r"""Scale-invariant weights under weight decay: the norm, and the learning rate that is left."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.models import scale_invariant_weights as scale
from theory.models.scale_invariant_weights import norm as n
from theory.models.scale_invariant_weights import sphere_noise as tau
from theory.models.scale_invariant_weights import sphere_square as tau_hat
from theory.models.scale_invariant_weights import weight_decay as decay
from theory.notation import eta, t
from verification.authoring.shorthand import Source, equals, measured
from verification.authoring.simulated import number
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent
from verification.papers.new_models.paper import SYMBOLS, WHERE, S, T, paper

start = sp.Symbol("n_0", positive=True)
NORMS = {n: r"squared norm $|\theta|^2$", start: r"its value at the start", t: r"time $t = k\eta$ after $k$ steps",
         tau: r"$|\theta|^2\,\mathrm{tr}\,\Sigma$, the noise on the unit sphere",
         tau_hat: r"squared norm of the gradient of the batch on the unit sphere",
         decay: r"weight decay, which adds $\lambda\theta$ to the gradient",
         eta: SYMBOLS[eta], S: SYMBOLS[S], T: SYMBOLS[T]}  # fmt: skip


def fourth_power_of_the_norm(arguments: Any, draw: Draw) -> Samples:
    r""":math:`|\theta|^4` in SGD on :math:`(x(\theta_1^2 - \theta_2^2) + 2\varepsilon\theta_1\theta_2)/|\theta|^2`.

    With independent normal data, so that :math:`\tau = 4` in every direction and the mean gradient is 0.
    """
    a, b, x, epsilon = sp.symbols("theta_1 theta_2 x epsilon", real=True)
    loss = (x * (a**2 - b**2) + 2 * epsilon * a * b) / (a**2 + b**2)
    model = Model([a, b], loss, Gaussian([x, epsilon], [0, 0], sp.eye(2)))
    first = float(number(arguments["start"])) ** 0.25
    final = end_of_descent(model, [first, 0], arguments, draw, weight_decay=sp.Rational(arguments["decay"]))
    return Samples((final**2).sum(axis=1) ** 2)


@paper.claim(
    "NM-9", WHERE, source=Source.OURS, symbols={k: v for k, v in SYMBOLS.items() if k.name != "lambda"} | NORMS
)
def scale_invariance_with_weight_decay():
    r"""Scale invariance with weight decay.

    - A loss of the direction alone; that its charge is $\frac12|\theta|^2$ and no other, has a certificate. The law in
      time is that of the diffusion, for a noise $\tau$ that does not depend on the direction; the step is exact.
    """
    rho = (1 - eta * decay) ** 2
    rest = T * tau / (2 * decay)
    yield equals(
        "a step: $n'$",
        printed=rho * n + eta**2 * tau_hat / n,
        derived=scale.norm_after_a_step,
        wrong={
            "decay once": (1 - eta * decay) * n + eta**2 * tau_hat / n,
            "noise that does not fall": rho * n + eta**2,
        },
        mutated=False,
    )
    yield equals(
        "square of a step: $n'^2 - \\rho^2n^2$",
        printed=2 * rho * eta**2 * tau_hat + eta**4 * tau_hat**2 / n**2,
        derived=lambda: scale.norm_after_a_step() ** 2 - rho**2 * n**2,
        wrong={"first order": 2 * eta**2 * tau_hat},
        says=r"Its mean at rest is $\langle n^2\rangle(1 - \rho^2)$; $\rho = (1 - \eta\lambda)^2$.",
        mutated=False,
    )
    yield equals(
        "diffusion: $\\frac d{dt}n^2$",
        printed=-4 * decay * n**2 + 2 * T * tau,
        where={T: eta / S},
        derived=scale.drift_of_the_square,
        wrong={"half the noise": -4 * decay * n**2 + T * tau},
    )
    yield equals(
        "law in time: $n^2(t)$",
        printed=rest + (start**2 - rest) * sp.exp(-4 * decay * t),
        where={T: eta / S},
        derived=lambda: scale.square_of_the_norm(start**2),
        wrong={
            "off by eight per cent": sp.Rational(27, 25) * (rest + (start**2 - rest) * sp.exp(-4 * decay * t)),
            "half the rate": (rest + (start**2 - rest) * sp.exp(-2 * decay * t))},
        mutated=False,
        measured=measured(
            fourth_power_of_the_norm,
            lambda c: c.subs({eta: sp.Rational(1, 20), S: 1, tau: 4, decay: sp.Rational(1, 100), start: sp.sqrt(2),
                              t: 25}),
            start="2", decay="1/100", eta="1/20", steps="500",
        ),
    )  # fmt: skip
    yield equals(
        "effective learning rate: $\\eta/n$",
        printed=sp.sqrt(2 * decay * eta * S / tau),
        derived=scale.effective_learning_rate,
        wrong={"with the decay of the loss": 2 * sp.sqrt(decay * eta * S / tau)},
    )
