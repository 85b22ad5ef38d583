r"""Chains of scalar layers: the law of their product, and where steps of finite size collapse."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import sympy as sp

from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess
from theory.models import chain_of_scalars, collapse_window
from theory.models.chain_of_scalars import noise_level as sigma
from theory.models.chain_of_scalars import product as v
from theory.models.chain_of_scalars import teacher as v_star
from theory.models.chain_of_scalars import x, y
from theory.notation import eta
from verification.authoring.shorthand import Source, equals, holds_when, measured
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent
from verification.papers.new_models.gaussian_window import gaussian_statements
from verification.papers.new_models.paper import SYMBOLS, WHERE, S, T, paper

a_1, a_2, a_3, b_1, b_2 = sp.symbols("alpha_1 alpha_2 alpha_3 beta_1 beta_2", positive=True)
MOMENTS = {b_1: "mean of $x^2$", b_2: "mean of $xy$", a_1: "variance of $x^2$", a_2: "covariance of $x^2$ and $xy$",
           a_3: "variance of $xy$"}  # fmt: skip
CHAIN = SYMBOLS | {
    v: "product of the layers",
    v_star: "teacher",
    sigma: r"label noise, $y = v_*x\pm\sigma$, $x = \pm1$",
}
D = a_1 * v**2 - 2 * a_2 * v + a_3


@cache
def chain(depth: int) -> ItoProcess:
    """The diffusion of the product, with the moments of the data by their names here."""
    process = chain_of_scalars.product_diffusion(depth)
    second = sp.symbols("m_xy m_xxxy", real=True)
    even = sp.symbols("m_xx m_xxxx m_xxyy", nonnegative=True)
    values = (b_2, a_2 + b_1 * b_2, b_1, a_1 + b_1**2, a_3 + b_2**2)
    named = process.subs(dict(zip((*second, *even), values, strict=True)))
    size = sp.sqrt(sp.factor(sp.expand(named.diffusion[0])))
    return ItoProcess.scalar(v, drift=sp.expand(named.drift[0]), dispersion=size)


def equation(depth: int) -> tuple[sp.Expr, sp.Expr]:
    """Drift and diffusion as this entry states them."""
    n = sp.Integer(depth)
    drift = -2 * n * v ** (2 - 2 / n) * (b_1 * v - b_2) + 2 * n * (n - 1) * T * D * v ** (3 - 4 / n)
    return drift, 4 * n**2 * v ** (4 - 4 / n) * T * D


def product_at_rest(arguments: Any, draw: Draw) -> Samples:
    r"""The product of two layers after many steps of SGD on bounded data, at a small rate and one :math:`\eta\sigma^2`.

    ``temperature`` is :math:`\eta\sigma^2`; what the rate still changes is of its order.
    """
    u, w = collapse_window.u, collapse_window.w
    noise = sp.sqrt(sp.Rational(arguments["temperature"]) / sp.Rational(arguments["eta"]))
    data = Empirical([x, y], [(i, i + j * noise) for i in (1, -1) for j in (1, -1)])
    return Samples(end_of_descent(Model([u, w], (x * u * w - y) ** 2, data), [0.9, 0.9], arguments, draw).prod(axis=1))


@paper.claim("NM-3", WHERE, source=Source.OURS, symbols=CHAIN | MOMENTS)
def product_of_scalar_layers():
    r"""Product of $n$ scalar layers.

    - On the balanced set $u_i = v^{1/n}$, for $l = (x\prod u_i - y)^2$, with $D(v) = \alpha_1v^2 - 2\alpha_2v +
      \alpha_3$. Judged for two and three layers, $v > 0$ and a teacher with $\beta_2 > 0$.
    - The law is that of the diffusion: SGD on Gaussian data leaves to infinity at larger steps.
    """
    for depth in (2, 3):
        drift, square = equation(depth)
        yield equals(
            f"diffusion, {depth} layers: $\\text{{drift and diffusion}}$",
            printed=sp.Matrix([drift, square]).subs(T, eta / S),
            derived=partial(lambda n: sp.Matrix([chain(n).drift[0], chain(n).diffusion[0]]), depth),
            wrong={"without Itô's term": sp.Matrix([drift.subs(T, 0), square.subs(T, eta / S)])},
            mutated=False,
        )
    tangent = (a_3 * b_1 - a_2 * b_2) / sp.sqrt(a_1 * a_3 - a_2**2)
    exponent = b_2 / (4 * T * a_3)

    def density(shift: sp.Expr) -> sp.Expr:
        bend = sp.exp(-tangent * sp.atan((a_1 * v - a_2) / sp.sqrt(a_1 * a_3 - a_2**2)) / (2 * T * a_3))
        return v ** (2 * exponent + shift) * D ** (-1 - exponent) * bend

    yield equals(
        "law of two layers: $\\partial_v\\log p$",
        printed=sp.diff(sp.log(density(-sp.Rational(3, 2))), v),
        derived=_slope_without_current,
        wrong={"power -2": sp.diff(sp.log(density(-sp.Integer(2))), v)},
        says=r"$p\propto v^{\beta_2/(2T\alpha_3) - 3/2}D^{-1 - \beta_2/(4T\alpha_3)}e^{-c\arctan}$.",
        mutated=False,
    )
    yield holds_when(
        "learned, not collapsed: $p\\text{ is normalisable}$",
        printed=eta * sigma**2 < v_star * S,
        derived=lambda: chain_of_scalars.product_law(2, chain_of_scalars.bounded_data()).normalisable,
        wrong={"half the noise": eta * sigma**2 < 2 * v_star * S},
        says=r"$T < \beta_2/\alpha_3$; judged for bounded data, where it is $T < v_*/\sigma^2$.",
    )
    yield equals(
        "three layers: $p\\text{ is normalisable}$",
        printed=sp.S.One,
        derived=lambda: sp.Integer(int(_three_layers() == sp.true)),
        wrong={"not always": sp.S.Zero},
        says="Always: 0 is not reached.",
        mutated=False,
    )
    yield equals(
        "bounded data: $(E v, \\mathrm{Var}\\,v)$",
        printed=sp.Matrix([v_star - T * sigma**2, 2 * T * sigma**2 * (v_star - T * sigma**2)]),
        where={T: eta / S},
        derived=lambda: _mean_and_variance(),
        domain=(v_star * S > eta * sigma**2,),
        wrong={
            "off by eight per cent": sp.Rational(27, 25) * (v_star - T * sigma**2) * sp.Matrix([1, 2 * T * sigma**2]),
            "mean at the teacher": sp.Matrix([v_star, 2 * T * sigma**2 * (v_star - T * sigma**2)])},
        measured=measured(
            product_at_rest,
            lambda c: c[0].subs({v_star: 1, sigma: 1, eta: sp.Rational(1, 4), S: 1}),
            temperature="1/4", eta="1/900", steps="2700",
        ),
        mutated=False,
    )  # fmt: skip


def _slope_without_current() -> sp.Expr:
    """The slope of log p at which drift and noise carry no current."""
    drift, square = chain(2).drift[0], chain(2).diffusion[0]
    return sp.cancel(((2 * drift - sp.diff(square, v)) / square).subs(eta, T * S))


def _three_layers() -> sp.logic.boolalg.Boolean:
    return chain_of_scalars.product_law(3, chain_of_scalars.bounded_data()).normalisable


def _mean_and_variance() -> sp.Matrix:
    """Where the law exists, from its own moments."""
    law = chain_of_scalars.product_law(2, chain_of_scalars.bounded_data())
    return sp.Matrix([sp.piecewise_fold(moment).args[0][0] for moment in (law.mean, law.variance)])


def growth_of_the_product(arguments: Any, draw: Draw) -> Samples:
    """The growth rate a step of p = u + w in SGD on both layers, from a start next to the origin."""
    noise, target = (sp.Rational(arguments[name]) for name in ("sigma", "teacher"))
    data = Empirical([x, y], [(i, i * target + j * noise) for i in (1, -1) for j in (1, -1)])
    u, w = collapse_window.u, collapse_window.w
    final = end_of_descent(Model([u, w], (x * u * w - y) ** 2, data), [1e-30, 1e-30], arguments, draw)
    return Samples(np.log(np.abs(final.sum(axis=1)) / 2e-30) / int(arguments["steps"]))


def growth_while_interpolating(arguments: Any, draw: Draw) -> Samples:
    """The growth rate a step of one weight in SGD on Gaussian inputs without labels."""
    z, w = sp.Symbol("z", real=True), collapse_window.w
    model = Model([w], (w * z) ** 2 / 2, Gaussian([z], [0], [[1]]))
    return Samples(np.log(np.abs(end_of_descent(model, [1.0], arguments, draw)[:, 0])) / int(arguments["steps"]))


@paper.claim("NM-4", WHERE, source=Source.OURS, symbols=CHAIN)
def collapse_at_finite_steps():
    r"""Collapse by steps of finite size.

    - Two layers next to the origin: $p = u + w$ and $q = u - w$ have multipliers $1\pm2\eta xy$, and vanish with
      probability one iff the growth rates are negative. Judged for bounded and for Gaussian data, one sample a step.
    - The window is that of $p$, for $v_* < \sigma$ and bounded data; a pair that is not balanced has the condition of
      $q$ besides.
    """
    grown = (1 + 2 * eta * v_star) ** 2 - 4 * eta**2 * sigma**2
    upper = (v_star + sp.sqrt(2 * sigma**2 - v_star**2)) / (2 * (sigma**2 - v_star**2))
    lower = v_star / (sigma**2 - v_star**2)
    yield equals(
        "growth rate: $2E\\log|1 + 2\\eta xy|$",
        printed=sp.log(sp.Abs(grown)),
        derived=lambda: 2 * collapse_window.growth_rates_next_to_the_origin()[0],
        wrong={
            "off by eight per cent": sp.Rational(27, 25) * sp.log(sp.Abs(grown)),
            "of the diffusion": 4 * eta * v_star - 4 * eta**2 * sigma**2},
        domain=(v_star < sigma,),
        mutated=False,
        measured=measured(
            growth_of_the_product,
            lambda c: c.subs({eta: sp.Rational(3, 10), v_star: sp.Rational(1, 5), sigma: 1}) / 2,
            sigma="1", teacher="1/5", eta="3/10", steps="60",
        ),
    )  # fmt: skip
    yield equals(
        "ends: $\\eta_-, \\eta_+, \\eta_q$",
        printed=sp.Matrix([lower, upper, (sp.sqrt(2 * sigma**2 - v_star**2) - v_star) / (2 * (sigma**2 - v_star**2))]),
        derived=collapse_window.ends_of_the_window,
        domain=(v_star < sigma,),
        wrong={"lower end of the diffusion": sp.Matrix([v_star / sigma**2, upper, upper])},
        says=r"$p$ collapses for $\eta_- < \eta < \eta_+$ and $q$ for $\eta < \eta_q$.",
        mutated=False,
    )
    rate = collapse_window.interpolation_growth_rate
    half = -1 / (2 * eta)
    yield equals(
        "interpolation: $E\\log|1 - \\eta x^2|$",
        printed=sp.log(eta / 2) - sp.EulerGamma + sp.hyper((1, 1), (sp.Rational(3, 2), 2), half) / eta,
        derived=rate,
        wrong={
            "off by eight per cent": sp.Rational(27, 25) * rate(),
            "without the series": sp.log(eta / 2) - sp.EulerGamma},
        mutated=False,
        measured=measured(
            growth_while_interpolating, lambda c: c.subs(eta, sp.Rational(1, 2)).evalf(), eta="1/2", steps="60"
        ),
    )  # fmt: skip
    yield equals(
        "edges: $\\text{of the mean and of the mean square}$",
        printed=sp.Matrix([2, sp.Rational(2, 3)]),
        derived=lambda: sp.Matrix([edge.rhs for edge in collapse_window.interpolation_edges()]),
        wrong={"one edge for both": sp.Matrix([2, 2])},
        mutated=False,
    )
    yield from gaussian_statements()
