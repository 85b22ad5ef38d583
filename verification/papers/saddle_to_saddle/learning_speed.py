r"""What the noise changes: how long a mode takes to be learned, and what it does not leave as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.deep_linear.mode_step import learning_rate, moment_after_one_step
from theory.deep_linear.modewise import balanced_modes
from verification.authoring.shorthand import Kind, compared, equals, holds_when
from verification.papers.saddle_to_saddle.figures.learning_times import learning_times_in_runs
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, L, beta, mode_process, paper, s, sigma_q, w
from verification.papers.saddle_to_saddle.stationary.location import expanded

POINTS = ({"w": "1/10"}, {"w": "1/4"}, {"w": "1/2"})
SLOW = sp.Rational(1, 1000)
"""Noise strength at which the first order is read off."""


def slowness(order: int) -> sp.Expr:
    r"""The coefficient of :math:`\beta^k` in the mean time :math:`\tau(w)dw` that a mode takes from w to w + dw.

    :math:`T(w_0) = \int_{w_0}^{w_1}\tau` solves Kolmogorov's backward equation :math:`\mu T' + \frac12DT'' = -1`, that
    is :math:`\mu\tau + \frac12D\tau' = 1`, solved order by order.
    """
    process, flow = mode_process(), mode_process(rate=sp.S.Zero).drift[0]
    if order == 0:
        return 1 / flow
    noise = (process.drift[0] - flow) / beta
    below = slowness(order - 1)
    return sp.powsimp(sp.expand(-(noise * below + process.diffusion[0] / beta * sp.diff(below, w) / 2) / flow))


def slowness_of_steps() -> sp.Expr:
    r"""The same for SGD with batches of one: :math:`E[T(w')] = T(w) - \eta` by the first two moments of a step."""
    modes = balanced_modes(L, amplitudes=[w], singular_values=[s], label_variance=sigma_q**2)

    def second_order(power: int) -> sp.Expr:
        moment = moment_after_one_step(modes, power, rate=learning_rate, batch=sp.S.One, order=2)
        return sp.expand(moment).coeff(learning_rate, 2)

    mean = second_order(1)
    square = second_order(2) - 2 * w * mean
    below = slowness(0)
    return sp.powsimp(sp.expand(-(mean * below + square * sp.diff(below, w) / 2) * below))


def spread_of_time() -> sp.Expr:
    r"""The density of the variance of the time, per unit of :math:`\beta`.

    :math:`V = \mathrm{Var}\,T` solves :math:`\mu V' + \frac12DV'' = -D\tau^2`, to leading order
    :math:`-V' = D\tau_0^2/\mu_0 = D\tau_0^3`.
    """
    return sp.powsimp(sp.expand(mode_process().diffusion[0] / beta) * slowness(0) ** 3)


def exact_slowness(point: Mapping[str, Any]) -> tuple[float, float]:
    r""":math:`(\tau_\beta - \tau_0)/\beta` at depth two without label noise, by quadrature and extrapolation to 0.

    :math:`\tau(w) = \int_0^w\frac{2}{D(y)}\exp(-\int_y^w2\mu/D)\,dy`, with y = w exp(-z) in z.
    """
    import math

    from scipy.integrate import quad

    place = float(sp.Rational(point["w"]))

    def first_order(rate: float) -> float:
        power = 1 / (2 * rate)

        def integrand(z: float) -> float:
            y = place * math.exp(-z)
            log = -(power + 0.5) * z + power * math.log((1 - place) / (1 - y))
            return math.exp(log) / (4 * rate * (1 - y) ** 2 * y)

        value, _ = quad(integrand, 0, 60 * rate + 2, epsabs=0, epsrel=1e-13, limit=400, points=[4 * rate, 20 * rate])
        return (value - 1 / (2 * place * (1 - place))) / rate

    fine, coarse = first_order(float(SLOW) / 2), first_order(float(SLOW))
    return 2 * fine - coarse, abs(fine - coarse) ** 2 + 1e-6


@paper.claim(
    "DLN-S8", "Section 1.1; Section 3, text after Proposition 3.5", symbols=NOISE_SYMBOLS, kind=Kind.INEQUALITY
)
def what_the_noise_changes():
    r"""What the noise changes.

    "SGD primarily affecting the timescale of each transition"; "the structured noise experimentally appears to only
    change the speed at which modes are learned".

    - Scope: no label noise, as in the page's runs; the scalar mode under the SDE, first order in $\beta$.
    - With label noise the end of a mode spreads too, to the same order. With several modes, noise leaves the aligned
      balanced manifold (DLN-M1, DLN-M2). SGD has a term of its own of first order in $\eta$ (DLN-I9).
    - A mode is slowed down while it is below $s(L-1)/(2L-1)$ and sped up beyond: a small start loses time. SGD itself
      does so at the same places, with batches of one half as much again; its learning times spread as the SDE's.
    """
    gap = s - w
    strength = (2 * gap**2 + sigma_q**2) / (2 * gap**2 * w)
    first = strength * ((L - 1) / L - w / gap)

    def at(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
        return candidate.subs({L: 2, s: 1, sigma_q: 0, w: sp.Rational(point["w"])})

    yield equals(
        r"spread of the end: $\lim_{t\to\infty}\operatorname{Var}(w_\alpha)/\beta$",
        printed=sp.S.Zero,
        derived=lambda: expanded(sp.Integer(2), "variance").subs(sigma_q, 0),
        wrong={"of gradient noise": s**2},
        says='"Only the speed": the end stays where it is, here at depth two.',
        mutated=False,
    )
    yield equals(
        r"spread of the end with label noise: $\lim_{t\to\infty}\operatorname{Var}(w_\alpha)/\beta$",
        printed=sigma_q**2 * s,
        derived=lambda: expanded(sp.Integer(2), "variance"),
        wrong={"the speed alone": sp.S.Zero},
        says="A result of ours: what else changes with label noise, at depth two.",
        remark=True,
    )
    yield equals(
        r"time that a mode takes: $\tau_1(w),\quad E\,T = \int_{w_0}^{w_1}(\tau_0 + \beta\tau_1)dw$",
        printed=first,
        derived=lambda: slowness(1),
        domain=(w < s,),
        compared=[compared("quadrature at depth two", exact_slowness, at, *POINTS, tolerance=1e-4)],
        wrong={
            "drift alone": -strength * (L - 1) / L,
            "spread alone": strength * (2 * (L - 1) / L - w / gap),
        },
        says="A result of ours: the time of the noise beside that of gradient flow.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"time that a mode takes under SGD: $\tau_1(w)$",
        printed=first * (3 * gap**2 + sigma_q**2) / (2 * gap**2 + sigma_q**2),
        derived=slowness_of_steps,
        domain=(w < s,),
        wrong={"as under the SDE": first},
        says="A result of ours, for batches of one: from the moments of a step, the mean gradient's square included.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"spread of the time: $v(w),\quad\operatorname{Var}T = \beta\int_{w_0}^{w_1}v\,dw$",
        printed=(2 * gap**2 + sigma_q**2) / (L * gap**3 * w ** (2 - 2 / L)),
        derived=spread_of_time,
        domain=(w < s,),
        wrong={"of the whole second moment": (3 * gap**2 + sigma_q**2) / (L * gap**3 * w ** (2 - 2 / L))},
        says="A result of ours, of SGD and its SDE, to leading order.",
        remark=True,
        mutated=False,
    )
    yield from learning_times_in_runs()
    yield holds_when(
        r"slower: $\tau_1(w) > 0\text{ iff }$",
        printed=w < s * (L - 1) / (2 * L - 1),
        derived=_slower,
        domain=(w < s,),
        wrong={"until half is learned": 2 * w < s, "always": sp.true},
        says="A result of ours: where the noise slows a mode down.",
        remark=True,
    )


def _slower() -> Boolean:
    bracket = sp.factor(slowness(1) * 2 * (s - w) ** 3 * w * L / (2 * (s - w) ** 2 + sigma_q**2))
    return sp.factor(bracket) > 0
