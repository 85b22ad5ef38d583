r"""Sections 1, 3.2, 5 and 6: what comes soon, what comes late, and what never ends."""

from __future__ import annotations

from functools import cache

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.infinitesimal_generator import generator
from theory.notation import eta
from verification.authoring.shorthand import Grade, agrees_to_order, equals, holds_when
from verification.papers.gradient_noise_symmetry.degenerate_directions import (
    CHARGE,
    TWO_WEIGHTS,
    flow_of_the_charge,
    has_a_finite_zero,
)
from verification.papers.gradient_noise_symmetry.descent import RATE, descended, noise, product_of_two, u, v, w, y
from verification.papers.gradient_noise_symmetry.fixed_point import ORBIT_SYMBOLS, q
from verification.papers.gradient_noise_symmetry.near_a_minimum import t_1, t_2
from verification.papers.gradient_noise_symmetry.paper import TEMPERATURE, S, T, paper

START = sp.Rational(15, 4)
"""The charge of u = 2, w = 1/2."""
t, C_0 = sp.symbols("t C_0", positive=True)


@cache
def rate_at_the_minima() -> sp.Expr:
    r""":math:`-\dot C/C` where two weights have learned their teacher."""
    return sp.cancel(-flow_of_the_charge().subs(v, u * w) / CHARGE)


@paper.claim("SYM-09", 'Section 3.2, "Time Scales"', symbols=TWO_WEIGHTS, grade=Grade.CONDITION)
def time_scales():
    r"""Time scales.

    "These two dynamics have essentially independent time scales. The first part is independent of the [noise strength]
    in expectation, whereas the time scale of the dynamics in the degenerate directions depends linearly on [it]."
    - Linear in $T$ is the rate of the motion in the degenerate directions. The mean of the loss depends on $T$ as well,
      in the next order: it is independent to leading order only.
    """

    def later(batch: int):
        return descended(
            f"the charge of SGD at batch size {batch}, at the time 1/T from u = 2, w = 1/2",
            product_of_two,
            CHARGE,
            lambda rate: START * sp.exp(-rate.subs({noise: 1, eta: sp.Rational(1, 50), S: batch}) * 50 * batch),
            at={RATE: "1/50", v: "1", noise: "1"},
            start=("2", "1/2"),
            steps=2_500 * batch,
            batch_size=batch,
            refined=4,
        )

    yield equals(
        r"degenerate direction: $-\dot C/C$",
        printed=T * noise**2,
        where=TEMPERATURE,
        derived=rate_at_the_minima,
        wrong={
            "independent of the noise strength": noise**2 / 50,
            "with its root": sp.sqrt(T / 50) * noise**2,
            "a tenth faster": sp.Rational(11, 10) * T * noise**2,
        },
        says="At the minima of a product of two weights.",
        measured=[later(1), later(4)],
        mutated=False,
    )
    loss = product_of_two().mean_loss
    slope = sp.Matrix([loss]).jacobian([u, w])
    trace = (sp.Matrix(product_of_two().covariance) * sp.hessian(loss, [u, w])).trace()
    yield equals(
        r"loss: $\frac{d}{dt}E[L]$",
        printed=-(slope * slope.T)[0],
        corrected=-(slope * slope.T)[0] + T * trace / 2,
        where=TEMPERATURE,
        derived=lambda: generator(product_of_two().stochastic_gradient_flow(S), loss),
        wrong={"noise counted twice": -(slope * slope.T)[0] + T * trace},
        says=r"Printed: without $T$; corrected: $-\|\nabla L\|^2 + \frac T2\mathrm{Tr}[\Sigma\nabla^2L]$.",
        corrected_says=r"$-\|\nabla L\|^2 + \frac T2\mathrm{Tr}[\Sigma\nabla^2L]$",
        mutated=False,
    )


@paper.claim("SYM-47", "Sections 1 and 5", symbols=TWO_WEIGHTS | {t: "time, steps times learning rate"})
def limits_that_do_not_commute():
    r"""Limits of weak noise and of long times.

    Even for vanishing noise strength, "suggesting a close resemblance between SGD and GD over finite time [...], their
    long-time behaviors can still differ substantially".
    - Two weights that have learned their teacher, with label noise; the charge of gradient flow stays $C_0$.
    """
    course = C_0 * sp.exp(-T * noise**2 * t)

    def solved() -> sp.Expr:
        C = sp.Function("C")
        motion = sp.Eq(C(t), 0).lhs.diff(t) + rate_at_the_minima().subs(eta, T * S) * C(t)
        return sp.dsolve(motion, C(t), ics={C(0): C_0}).rhs

    def at_rate(rate: str, steps: int):
        return descended(
            f"the charge of SGD at the time 2/T, learning rate {rate}",
            product_of_two,
            CHARGE,
            lambda charge: charge.subs({C_0: START, noise: 1, t: 2 / T}),
            at={RATE: rate, v: "1", noise: "1"},
            start=("2", "1/2"),
            steps=steps,
            refined=4,
        )

    yield equals(
        r"course: $E[C(t)]$",
        printed=course,
        derived=solved,
        wrong={"as gradient descent": C_0, "a twentieth faster": C_0 * sp.exp(-sp.Rational(21, 20) * T * noise**2 * t)},
        says="A result of ours, by (5).",
        measured=[at_rate("1/50", 5_000), at_rate("1/100", 20_000)],
        remark=True,
        mutated=False,
    )
    yield agrees_to_order(
        r"weak noise first: $\lim_{T\to0}E[C(t)]$",
        printed=C_0,
        derived=solved,
        small=T,
        order=0,
        wrong={"balanced": sp.S.Zero},
        says="Gradient descent, at any finite time.",
    )
    yield equals(
        r"long times first: $\lim_{t\to\infty}E[C(t)]$",
        printed=sp.S.Zero,
        derived=lambda: sp.limit(solved(), t, sp.oo),
        wrong={"as gradient descent": C_0},
        says="Balanced layers, for any noise strength.",
    )


@cache
def noise_of_the_direction() -> Model:
    r""":math:`\ell = (y\theta_2 + z\theta_1)/\|\theta\|` with independent signs: noise alike on the whole circle."""
    z = sp.Symbol("x", real=True)
    points = [[i * noise, j * noise] for i in (-1, 1) for j in (-1, 1)]
    return Model([t_1, t_2], (y * t_2 + z * t_1) / sp.sqrt(t_1**2 + t_2**2), Empirical([y, z], points))


@paper.claim(
    "SYM-13", "Abstract; Sections 1, 5 and 6", grade=Grade.CONDITION,
    symbols=ORBIT_SYMBOLS | {noise: r"size of the noise of the direction, $\tau = s^2$"},
)  # fmt: skip
def two_classes_of_symmetries():
    r"""Two classes of symmetries.

    "every exponential symmetry has a unique and attractive fixed point along the degenerate direction for SGD"; "For
    the other class of symmetry, SGD will almost always diverge"; "GD and SGD have a non-perturbative essential
    difference even if the minibatch noise is perturbatively small."
    - The fixed point of a scale invariance without decay is at infinity, and where all noise vanishes every point is
      one. The norm diverges, like $t^{1/4}$, unless the noise along the way has a finite sum, as when a minimum
      interpolates. The difference to GD is there for times beyond $1/T$ (SYM-47).
    """
    tau, fall = sp.symbols("tau tau_1", nonnegative=True)
    yield holds_when(
        r"every exponential symmetry: $\lambda_*\text{ finite, for a scale invariance without decay}$",
        printed=sp.true,
        corrected=sp.false,
        derived=lambda: has_a_finite_zero({(-2,): 2 * T * q}),
        wrong={"for strong noise": T * q > 1},
    )
    yield equals(
        r"growth without decay: $\frac{d}{dt}E\|\theta\|^4$",
        printed=2 * T * noise**2,
        where=TEMPERATURE,
        derived=lambda: sp.cancel(generator(noise_of_the_direction().stochastic_gradient_flow(S), _fourth_power())),
        wrong={"of the squared norm": 2 * T * noise**2 / (t_1**2 + t_2**2), "a tenth more": T * noise**2 * 11 / 5},
        says=r"$2T\tau$, noise of the direction that is alike on the circle.",
        measured=descended(
            "the fourth power of the norm of SGD after 20000 steps from 1",
            noise_of_the_direction,
            (_fourth_power() - 1) / 20_000,
            lambda growth: growth.subs({noise: 1, t_1: 1, t_2: 0, S: 1, eta: sp.Rational(1, 20)}) / 20,
            at={RATE: "1/20", noise: "1"},
            start=("1", "0"),
            steps=20_000,
        ),
        mutated=False,
    )
    yield holds_when(
        r"divergence: $\lim_{t\to\infty}\|\theta\|^4 = \infty$",
        printed=sp.true,
        corrected=tau > 0,
        derived=lambda: _diverges(tau, fall),
        wrong={"never": sp.false, "for noise above 1": tau > 1},
        says=r"Noise $\tau + \tau_1e^{-t}$ along the way, of which the first part is what interpolation ends.",
    )


def _fourth_power() -> sp.Expr:
    return (t_1**2 + t_2**2) ** 2


def _diverges(tau: sp.Symbol, fall: sp.Symbol) -> Boolean:
    """Whether the sum of the noise has no bound, from its integral."""
    total = sp.integrate(2 * T * (tau + fall * sp.exp(-t)), (t, 0, t))
    linear = sp.limit(sp.expand(total) / t, t, sp.oo)
    rest = sp.limit(sp.expand(total - linear * t), t, sp.oo)
    if rest.is_finite is not True:
        raise AssertionError("what is left of the integral has no limit")
    return sp.Gt(linear, 0)
