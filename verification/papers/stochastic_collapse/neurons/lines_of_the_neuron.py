"""The two lines of the single neuron: rates of attraction and invariance."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.models.single_neuron import SingleNeuron, p, s, w_2
from theory.models.single_neuron import slope as c
from theory.notation import eta, zeta
from verification.authoring.shorthand import equals
from verification.claim import Kind, Statement
from verification.papers.stochastic_collapse.neurons.single_neuron import (
    HALF,
    ORIGIN_SYMBOLS,
    PAIR,
    RESIDUALS,
    SLOPE,
    VALUE,
    X,
    Y,
    _arbitrary,
    _named,
    for_each_size,
    neuron,
    power,
    sigma_2,
    sigma_3,
    sigma_4,
    signal,
)
from verification.papers.stochastic_collapse.paper import paper


def _rate_display(coordinate: int) -> Callable[[int], sp.Expr]:
    r"""The left-hand side :math:`\partial_p\mu_p - \frac1{4n}\partial_p^2\sum_i\sigma_{p,i}^2` at the origin."""

    def display(n: int) -> sp.Expr:
        process = neuron(n).sum_and_difference(sp.sqrt(n))
        z, origin = process.state[coordinate], {p: 0, s: 0}
        drift_slope = sp.diff(process.drift[coordinate], z).subs(origin)
        return drift_slope - _curvature_of_noise(n, coordinate) / 4

    return display


def _curvature_of_noise(n: int, coordinate: int) -> sp.Expr:
    r"""The left-hand side :math:`\frac1n\partial_p^2\sum_i\sigma_{p,i}^2` at the origin: the diffusion's curvature."""
    process = neuron(n).sum_and_difference(sp.sqrt(n))
    squares = sp.Add(*(entry**2 for entry in process.dispersion[coordinate, :]))
    return sp.expand(sp.diff(squares, process.state[coordinate], 2).subs({p: 0, s: 0}))


def _rate_form(signal_factor: sp.Expr | int, noise_factor: sp.Expr) -> sp.Matrix:
    return for_each_size(
        lambda n: signal_factor * c / n * signal(n) - noise_factor / n * eta * zeta**2 * c**2 * power(n)
    )


def _noise_form(factor: sp.Expr | int) -> sp.Matrix:
    return for_each_size(lambda n: factor * eta * zeta**2 * c**2 * power(n) / n)


def _coordinates() -> sp.Matrix:
    """Drift and dispersions of p and s for (31), sqrt(n) times the columns: mu_p, mu_s, sigma_{p,i}, sigma_{s,i}."""
    flow = _arbitrary(1).flow(sp.sqrt(PAIR))
    turn = sp.Matrix([[1, 1], [1, -1]])
    return _named(sp.Matrix([*(turn * flow.drift), *(sp.sqrt(PAIR) * turn * flow.dispersion)]))


def _printed_coordinates(sign: int, noise: sp.Expr) -> sp.Matrix:
    g = [(w_2 * slope * x, value) for x, slope, value in zip(X, SLOPE, VALUE, strict=False)]
    drifts = [-sp.Add(*(r * a + pm * r * b for r, (a, b) in zip(RESIDUALS, g, strict=True))) / PAIR for pm in (1, sign)]
    return sp.Matrix([*drifts, *(noise * (a + pm * b) for pm in (1, sign) for a, b in g)])


def _rate_statement(name: str, letter: str, coordinate: int, sign: int) -> Statement:
    """Display 1 (p) or 3 (s): the signal has ``sign`` in truth and the other on the page."""
    return equals(
        name,
        rf"\partial_{letter}\mu_{letter}(0,0) - \tfrac1{{4n}}\partial_{letter}^2\sum_i\sigma_{{{letter},i}}^2(0,0)",
        printed=_rate_form(-sign, HALF),
        derived=lambda: for_each_size(_rate_display(coordinate)),
        corrected=_rate_form(sign, HALF),
        wrong={
            "noise not halved": _rate_form(sign, sp.S.One),
            "sign of the noise": _rate_form(sign, -HALF),
            "half the signal": _rate_form(sign * HALF, HALF),
        },
        says=f"The left-hand side at the origin, for n = 1, 2, 3; the sign of the signal of {letter}.",
    )


def _noise_statement(name: str, letter: str, coordinate: int) -> Statement:
    """Display 2 (p) or 4 (s)."""
    return equals(
        name,
        rf"\tfrac1n\partial_{letter}^2\sum_i\sigma_{{{letter},i}}^2(0,0)",
        printed=_noise_form(HALF),
        derived=lambda: for_each_size(lambda n: _curvature_of_noise(n, coordinate)),
        corrected=_noise_form(2),
        wrong={"factor 2 of the second derivative lost": _noise_form(1), "weights halved twice": _noise_form(8)},
        says="The left-hand side at the origin, for n = 1, 2, 3.",
    )


@paper.claim(
    "SC-053",
    "Appendix F.1",
    symbols=ORIGIN_SYMBOLS | {p: "w_1 + w_2", s: "w_1 - w_2"},
    kind=Kind.PROOF_STEP,
    scope="(31), arbitrary smooth activation with sigma(0) = 0, arbitrary data, n = 1, 2, 3",
    notes=(
        "The signs are exchanged between p and s, and the second and fourth right-hand sides are 4 times too small.",
        "The proof does not suffer: it needs both of the first kind negative and both of the second kind positive.",
        "The activation enters by its slope at 0 alone; the jets used go to the fifth derivative.",
    ),
)
def displayed_derivatives_in_the_proof_of_theorem_51():
    r"""Displayed derivatives in the proof of Theorem 5.1.

    d_p mu_p - (1/4n) d_p^2 sum sigma_p,i^2 = -(sigma'(0)/n) sum y_i x_i - (1/2n) eta zeta^2 sigma'(0)^2 sum
    x_i^2; (1/n) d_p^2 sum sigma_p,i^2 = (1/2n) eta zeta^2 sigma'(0)^2 sum x_i^2; for s the same with
    +(sigma'(0)/n) sum y_i x_i; all at (0,0)

    "the signal enters with + for p and with - for s; "
            "(1/n) d^2 sum sigma_i^2 = (2/n) eta zeta^2 sigma'(0)^2 sum x_i^2"
    """
    yield equals(
        "coordinates",
        r"(\mu_p, \mu_s, \sigma_{p,1}, \sigma_{p,2}, \sigma_{s,1}, \sigma_{s,2})",
        printed=_printed_coordinates(-1, sp.sqrt(eta) * zeta),
        derived=_coordinates,
        wrong={
            "difference read as sum": _printed_coordinates(1, sp.sqrt(eta) * zeta),
            "learning rate instead of its root": _printed_coordinates(-1, eta * zeta),
        },
        says="mu_p, mu_s, sigma_{p,i}, sigma_{s,i} as displayed before, for (31) with two samples.",
    )
    yield _rate_statement("first display", "p", 0, 1)
    yield _noise_statement("second display", "p", 0)
    yield _rate_statement("third display", "s", 1, -1)
    yield _noise_statement("fourth display", "s", 1)


ORDER = 4
"""Highest power of the coordinate along the line."""


def _normal(coordinate: sp.Symbol) -> Callable[[], sp.Matrix]:
    return lambda: sp.Matrix(neuron(PAIR).normal_to(coordinate, ORDER, sp.sqrt(PAIR)))


def _normal_expansion(coordinate: sp.Symbol, fourth: sp.Expr = sigma_4) -> sp.Matrix:
    r"""Drift and dispersions on the line, from :math:`g = \pm(\sigma(z) - z\sigma'(z))` at :math:`z = \pm w_1x`."""
    along, sign = (s, -1) if coordinate == p else (p, 1)
    drift = sp.Add(
        *(
            (
                sigma_2 * along**2 * x**2 * y / 8
                + sigma_3 * along**3 * x**3 * y / 24
                + fourth * along**4 * x**4 * y / 128
                - sign * c * sigma_2 * along**4 * x**3 / 32
            )
            for x, y in zip(X[:PAIR], Y, strict=False)
        )
    )
    noises = [
        sp.sqrt(eta)
        * zeta
        * (sigma_2 * along**2 * x**2 / 8 + sigma_3 * along**3 * x**3 / 24 + fourth * along**4 * x**4 / 128)
        for x in X[:PAIR]
    ]
    return sp.Matrix([sign * drift / PAIR, *(sign * noise / sp.sqrt(PAIR) for noise in noises)])


def _invariance(name: str, coordinate: sp.Symbol, along: str) -> Statement:
    return equals(
        name,
        rf"(\mu_{coordinate}, \sigma_{{{coordinate},1}}, \sigma_{{{coordinate},2}})|_{{{coordinate}=0}}",
        printed=sp.zeros(PAIR + 1, 1),
        derived=_normal(coordinate),
        corrected=_normal_expansion(coordinate),
        wrong={
            "fourth derivative of the activation forgotten": _normal_expansion(coordinate, sp.S.Zero),
            "sign": -_normal_expansion(coordinate),
        },
        says=f"Normal drift and dispersions on {{{coordinate} = 0}}, to fourth order in {along}; two samples.",
    )


def _linear_normal() -> sp.Matrix:
    linear = SingleNeuron(X[:PAIR], Y[:PAIR], lambda z: c * z)
    return sp.Matrix([*linear.normal_to(p, ORDER), *linear.normal_to(s, ORDER)])


@paper.claim(
    "SC-054",
    "Appendix F.1, use of Lemma F.1",
    symbols=ORIGIN_SYMBOLS
    | {p: "w_1 + w_2", s: "w_1 - w_2", sigma_2: "sigma''(0)", sigma_3: "sigma'''(0)", sigma_4: "sigma''''(0)"},
    kind=Kind.INVARIANCE,
    scope="(31), two samples, Taylor polynomial of order 4 along the set",
    notes=(
        "The normal part of the gradient of f on p = 0 is sigma(z) - z sigma'(z) at z = s x/2, which vanishes for "
        "every z only if sigma is linear.",
        "The conclusion of Theorem 5.1 is true by another way: a negative top Lyapunov exponent of the linear part.",
        "The stopping times of the proof should use |p| and |s|.",
    ),
)
def the_sets_p_0_and_s_0_in_the_proof_of_theorem_51():
    r"""The sets p = 0 and s = 0 in the proof of Theorem 5.1.

    By Lemma F.1, A_p = {(0,s)} and A_s = {(p,0)} are stochastically attractive; the lemma requires them to be
    invariant sets

    "neither set is invariant unless the activation is linear: on p = 0 the drift of p is "
            "-(1/n) sum [s^2 sigma''(0) x^2 y/8 + s^3 sigma'''(0) x^3 y/24 + s^4 sigma''''(0) x^4 y/128 "
            "+ s^4 sigma'(0) sigma''(0) x^3/32] + O(s^5)"
    """
    yield _invariance("p = 0", p, "s")
    yield _invariance("s = 0", s, "p")
    yield equals(
        "linear activation",
        r"(\mu_p, \sigma_{p,i})|_{p=0},\ (\mu_s, \sigma_{s,i})|_{s=0}",
        printed=sp.zeros(2 * (PAIR + 1), 1),
        derived=_linear_normal,
        wrong={"a quadratic term": sp.Matrix([*_normal_expansion(p, sp.S.Zero), *_normal_expansion(s)])},
        says="For sigma(z) = c z both sets are invariant (a remark).",
        remark=True,
    )
