r"""Losses of a product of two vectors: all their charges, and the balance of their norms."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.model import Model
from theory.models import law_of_balance, product_of_vectors
from theory.models.product_of_vectors import slope
from theory.notation import eta
from verification.authoring.shorthand import Source, equals, measured
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent
from verification.papers.new_models.paper import SYMBOLS, WHERE, S, T, decay, paper

u, w = product_of_vectors.inner_product_vectors(2)
p, q = u + w, u - w
m_g, m_gg = sp.Symbol("m_g", real=True), sp.Symbol("m_gg", nonnegative=True)
VECTORS = {u[0]: "entry of the vector $u$; likewise the others", w[0]: "entry of the vector $w$; likewise the others"}


def charge_after(arguments: Any, draw: Draw) -> Samples:
    """The area that u and w span after some steps of SGD with normal slopes, over that at the start."""
    mean, deviation = (sp.Rational(arguments[name]) for name in ("mean", "deviation"))
    model = Model([*u, *w], slope * (u.T * w)[0], Gaussian([slope], [mean], [[deviation**2]]))
    u_1, u_2, w_1, w_2 = end_of_descent(model, [1, 2, 3, 1], arguments, draw).T
    return Samples((u_1 * w_2 - u_2 * w_1) / -5)


@paper.claim(
    "NM-1", WHERE, source=Source.OURS,
    symbols=SYMBOLS | VECTORS | {slope: "slope of the loss of the batch in $u\\cdot w$", m_g: "mean of $g$",
                                 m_gg: "mean of $g^2$ over samples"},
)  # fmt: skip
def charges_of_a_product():
    r"""Charges of a loss of $u\cdot w$.

    - All $d(2d-1)$ symmetries are found, $d^2$ of them with a charge: the entries of $pq^\top$ with $p = u + w$ and
      $q = u - w$. The symmetric part is $uu^\top - ww^\top$; the areas $u_iw_j - u_jw_i$ are not in textbooks.
    - Every step of SGD multiplies all of them by one number, for every learning rate and batch.
    """
    found = product_of_vectors.inner_product_symmetries
    factor = (1 - eta * decay) ** 2 - eta**2 * slope**2
    yield equals(
        "count: $(\\dim, \\text{charges})$",
        printed=sp.Matrix([3 * 5, 3**2]),
        derived=lambda: sp.Matrix([found(3).dimension, len(found(3).charged)]),
        wrong={"double rotations alone": sp.Matrix([9, 6])},
        says="$d(2d - 1)$ and $d^2$ at $d = 3$; the list is complete, by its certificate.",
        mutated=False,
    )
    yield equals(
        "factor in a step: $p_1q_2\\text{ and }q_1p_2$",
        printed=sp.Matrix([factor, factor]),
        derived=lambda: sp.Matrix(
            [product_of_vectors.factor_in_a_step(c, 2, weight_decay=decay) for c in (p[0] * q[1], q[0] * p[1])]
        ),
        wrong={"the other sign": sp.Matrix([factor, factor + 2 * eta**2 * slope**2])},
        mutated=False,
    )
    yield equals(
        "gap: $\\text{factor of }(|u|^2 + |w|^2)^2 - 4(u\\cdot w)^2$",
        printed=factor**2,
        derived=lambda: product_of_vectors.factor_in_a_step(
            ((u.T * u)[0] + (w.T * w)[0]) ** 2 - 4 * (u.T * w)[0] ** 2, 2, weight_decay=decay
        ),
        wrong={"factor itself": factor},
    )
    yield equals(
        "diffusion: $\\text{rate of all charges}$",
        printed=T * (m_gg - m_g**2),
        where={T: eta / S},
        derived=lambda: product_of_vectors.rate_of_the_diffusion(2),
        wrong={"second moment": T * m_gg},
    )
    yield equals(
        "mean: $E[C_{k+1}]/C_k$",
        printed=1 - eta**2 * m_gg,
        derived=lambda: product_of_vectors.factor_in_a_step(p[0] * q[0], 2).subs(slope**2, m_gg),
        wrong={
            "off by two in a thousand": (1 - eta**2 * m_gg) * sp.Rational(501, 500),
            "variance of the slope, as the diffusion has it": 1 - eta**2 * (m_gg - m_g**2)},
        measured=measured(
            charge_after, lambda c: c.subs({eta: sp.Rational(1, 10), m_g: 1, m_gg: 2}) ** 40,
            mean="1", deviation="1", eta="1/10", steps="40",
        ),
    )  # fmt: skip


A = law_of_balance.outer_product_slopes(2, 1)
A_NAMES = {A[0]: r"slope $\partial\tilde l/\partial(u_1w)$ of a sample; likewise $A_{12}$", **VECTORS}
UNIT = {u[0]: 1, u[1]: 0, law_of_balance.outer_product_vectors(2, 1)[1][0]: 1}


def ratio_of_norms(arguments: Any, draw: Draw) -> Samples:
    r""":math:`|u|^2/w^2` after long SGD on :math:`\frac12(w\,u\cdot x - x_1 - \varepsilon)^2`, one sample a step."""
    (v,), (x_1, x_2, y) = law_of_balance.outer_product_vectors(2, 1)[1], sp.symbols("x_1 x_2 y", real=True)
    noise, wide = sp.Rational(arguments["sigma"]), sp.Rational(arguments["second"])
    signs = [(a, b, c) for a in (1, -1) for b in (1, -1) for c in (1, -1)]
    data = Empirical([x_1, x_2, y], [[a, b * wide, a + c * noise] for a, b, c in signs])
    model = Model([*u, v], (v * (u[0] * x_1 + u[1] * x_2) - y) ** 2 / 2, data)
    squares = end_of_descent(model, [1.2, 0, 0.83], arguments, draw) ** 2
    return Samples((squares[:, 0] + squares[:, 1]) / squares[:, 2])


def _at_the_minimum(candidate: sp.Expr) -> sp.Expr:
    r"""The candidate where :math:`A = \varepsilon x^\top` with unit and 3/2 as deviations of the inputs."""
    zero = dict.fromkeys(sp.symbols("m_A_11 m_A_12 m_A_11A_12", real=True), sp.S.Zero)
    squares = dict(zip(sp.symbols("m_A_11A_11 m_A_12A_12", nonnegative=True), (1, sp.Rational(9, 4)), strict=True))
    return candidate.subs({**UNIT, **zero, **squares})


@paper.claim("NM-2", WHERE, source=Source.OURS, symbols=SYMBOLS | A_NAMES)
def law_of_balance_of_two_vectors():
    r"""Law of balance.

    - For a loss of $uw^\top$ with slopes $A$: $C_1 = E[A^\top A] - EA^\top EA$, $C_2 = E[AA^\top] - EA\,EA^\top$.
      Rescaling is its only symmetry, by a certificate. Judged for $u$ with two entries and $w$ with one.
    - Noise balances noise: the norms are equal only where $C_1 = C_2$ are multiples of the unit matrix.
    """
    first, second = law_of_balance.noise_forms(2, 1)
    v = law_of_balance.outer_product_vectors(2, 1)[1]
    one, two = (u.T * first * u)[0], (v.T * second * v)[0]
    yield equals(
        r"diffusion: $\frac d{dt}(|u|^2 - |w|^2)$",
        printed=-T * (one - two),
        where={T: eta / S},
        derived=lambda: law_of_balance.drift_of_balance(2, 1),
        wrong={"noises added": -T * (one + two), "one matrix for both": -T * first[0, 0] * ((u.T * u)[0] - v[0] ** 2)},
        says=r"$-T(u^\top C_1u - w^\top C_2w)$.",
        mutated=False,
    )
    yield equals(
        r"a step: $|u'|^2 - |w'|^2 - (|u|^2 - |w|^2)$",
        printed=eta**2 * ((A.T * v).dot(A.T * v) - (A * u).dot(A * u)),
        derived=lambda: law_of_balance.change_in_a_step(2, 1),
        wrong={"half of it": eta**2 * ((A.T * v).dot(A.T * v) - (A * u).dot(A * u)) / 2},
        says=r"$\eta^2(|\hat A^\top w|^2 - |\hat Au|^2)$, exactly.",
        mutated=False,
    )
    yield equals(
        r"rest: $e^{4s^*}$",
        printed=two / one,
        derived=lambda: law_of_balance.place_of_rest(2, 1),
        wrong={
            "off by eight per cent": two / one * sp.Rational(27, 25),
            "equal norms": v[0] ** 2 / (u.T * u)[0],
            "first input alone": v[0] ** 2 * first[0, 0] / one},
        says=r"$w^\top C_2w/(u^\top C_1u)$ on a frozen orbit.",
        mutated=False,
        measured=measured(
            ratio_of_norms, _at_the_minimum, sigma="1", second="3/2", eta="1/200", steps="120000"
        ),
    )  # fmt: skip
