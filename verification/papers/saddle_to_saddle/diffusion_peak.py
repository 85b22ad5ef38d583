r"""Section 4: where the diffusion along a mode, Eq. (8), has its peak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.parameters import parameter
from verification.authoring.shorthand import Grade, Kind, agrees, bounds, compared, equals, holds_when
from verification.papers.saddle_to_saddle.figures.peak_in_runs import peak_before_learning
from verification.papers.saddle_to_saddle.paper import (
    NOISE_SYMBOLS,
    L,
    a,
    beta,
    mode_diffusion,
    paper,
    s,
    sigma_q,
    w,
)

EXPONENT = {a: 4 * (L - 1) / L}
PEAK_SYMBOLS = NOISE_SYMBOLS | {a: "$a = 4(L-1)/L$, the power in the diffusion"}
PEAK = ((a + 1) * s - sp.sqrt(s**2 - a * (a + 2) / 2 * sigma_q**2)) / (a + 2)
THRESHOLD = 2 * s**2 / (a * (a + 2))


def slope() -> sp.Expr:
    r"""The quadratic polynomial whose sign is that of :math:`D'(w)`: :math:`w^{1-a}D'/(\beta L^2)`."""
    power = EXPONENT[a] - 1
    return sp.expand(sp.powsimp(sp.expand(sp.diff(mode_diffusion(), w) / (beta * L**2 * w**power))))


def coefficients() -> list[sp.Expr]:
    """Those of :func:`slope`, from the square on."""
    return [sp.factor(c) for c in sp.Poly(slope(), w).all_coeffs()]


def highest_up_to_s(point: Mapping[str, Any]) -> tuple[float, float]:
    r"""The share :math:`\sigma_q^2/s^2` at which :math:`D(w^\star) = D(s)`, by search for the peak and for the root."""
    from scipy.optimize import brentq, minimize_scalar

    depth = int(point["depth"])
    diffusion = sp.lambdify((w, sigma_q), mode_diffusion(sp.Integer(depth)).subs({beta: 1, s: 1}), "math")

    def excess(share: float) -> float:
        deviation = share**0.5
        found = minimize_scalar(
            lambda place: -diffusion(place, deviation), bounds=(0.3, 0.75), method="bounded", options={"xatol": 1e-10}
        )
        return -found.fun - diffusion(1.0, deviation)

    return float(brentq(excess, 0.01, 0.2, xtol=1e-12)), 1e-9


def discriminant() -> sp.Expr:
    """That of :func:`slope`."""
    square, linear, constant = coefficients()
    return sp.factor(linear**2 - 4 * square * constant)


def smaller_root() -> sp.Expr:
    """Where the diffusion turns from rising to falling, if it does."""
    square, linear, _ = coefficients()
    return (-linear - sp.sqrt(discriminant())) / (2 * square)


def threshold() -> sp.Expr:
    r"""The :math:`\sigma_q^2` at which the discriminant vanishes; it is linear in :math:`\sigma_q^2`."""
    constant, slope = (sp.expand(discriminant()).coeff(sigma_q, power) for power in (0, 2))
    return sp.factor(-constant / slope)


@paper.claim("DLN-D3a", "Eqs. (8)-(10)", symbols=PEAK_SYMBOLS)
def stationary_point_of_the_diffusion():
    """Stationary point of the diffusion along a mode."""
    real = (sigma_q**2 < THRESHOLD.subs(EXPONENT),)
    yield equals(
        r"stationary condition: $\frac{w_\alpha^{1-a}}{\beta L^2}\frac{dD_\alpha}{dw_\alpha}$",
        printed=(2 * a + 4) * (w - s) ** 2 + 4 * s * (w - s) + a * sigma_q**2,
        where=EXPONENT,
        derived=slope,
        wrong={
            "power of the flow": {a: 2 * (L - 1) / L},
            "noise of the labels not differentiated": (2 * a + 4) * (w - s) ** 2 + 4 * s * (w - s),
        },
    )
    yield equals(
        r"critical point (9): $w_\alpha^\star$",
        printed=PEAK,
        where=EXPONENT,
        derived=smaller_root,
        domain=real,
        wrong={"the larger root": 2 * (a + 1) * s / (a + 2) - PEAK, "power of the flow": {a: 2 * (L - 1) / L}},
    )
    for name, printed in (("bound (10)", THRESHOLD), ("bound (10) in L", s**2 * L**2 / (4 * (L - 1) * (3 * L - 2)))):
        yield equals(
            name,
            r"\sigma_q^2\text{ where the discriminant vanishes}",
            printed=printed,
            where=EXPONENT,
            derived=threshold,
            wrong={"half of it": printed / 2},
        )


@paper.claim("DLN-D3b", "Eqs. (9)-(10)", symbols=PEAK_SYMBOLS, kind=Kind.THRESHOLD, grade=Grade.CONDITION)
def existence_of_the_maximum():
    r"""Existence of the maximum.

    "Maximizing (8) with respect to $w_\alpha > 0$"; "This maximum exists if and only if the discriminant is
    non-negative".

    - At equality in (10) the diffusion has an inflection and no maximum.
    """

    def rises_then_falls() -> Boolean:
        square, linear, constant = coefficients()
        return sp.And(square > 0, linear < 0, constant > 0, discriminant() > 0)

    def largest_of_all() -> Boolean:
        growth = sp.limit(mode_diffusion(sp.Integer(2)), w, sp.oo)
        return sp.false if growth == sp.oo else rises_then_falls()

    def largest_up_to_s() -> Boolean:
        diffusion = mode_diffusion(sp.Integer(2)) / beta
        peak = smaller_root().subs(L, 2)
        return sp.And(discriminant().subs(L, 2) > 0, diffusion.subs(w, peak) >= diffusion.subs(w, s))

    yield holds_when(
        r"local maximum: $D_\alpha\text{ has a maximum at }w_\alpha^\star\text{ iff }$",
        printed=sigma_q**2 <= THRESHOLD,
        corrected=sigma_q**2 < THRESHOLD,
        where=EXPONENT,
        derived=rises_then_falls,
        wrong={"no label noise needed": sigma_q**2 < s**2 / 4},
    )
    yield holds_when(
        r"maximum over w > 0: $D_\alpha(w)\le D_\alpha(w_\alpha^\star)\text{ for all }w>0\text{ iff }$",
        printed=sigma_q**2 <= s**2 / 4,
        corrected=sp.false,
        derived=largest_of_all,
        wrong={"up to s": sigma_q**2 <= (5 * sp.sqrt(5) - 11) * s**2},
        says=r"At $L = 2$; the diffusion has no bound as $w\to\infty$.",
    )
    yield holds_when(
        r"maximum up to s: $D_\alpha(w)\le D_\alpha(w_\alpha^\star)\text{ for all }w\le s\text{ iff }$",
        printed=sigma_q**2 <= (5 * sp.sqrt(5) - 11) * s**2,
        derived=largest_up_to_s,
        wrong={"a local maximum is enough": sigma_q**2 <= s**2 / 4},
        says="A result of ours, at $L = 2$.",
        remark=True,
        mutated=False,
    )
    for depth, share in ((3, "0.11407"), (4, "0.09403"), (6, "0.07890")):
        exponent = sp.Integer(4 * (depth - 1)) / depth
        yield agrees(
            rf"maximum up to s, depth {depth}: $\sigma_q^2/s_\alpha^2\text{{ up to which }}D_\alpha(w)\le "
            r"D_\alpha(w_\alpha^\star)\text{ for all }w\le s_\alpha$",
            printed=sp.Rational(share),
            compared=[
                compared("root", highest_up_to_s, lambda candidate, _: candidate, {"depth": depth}, tolerance=1e-4)
            ],
            wrong={"a local maximum is enough": 2 / (exponent * (exponent + 2)), "two layers": 5 * sp.sqrt(5) - 11},
            says="A result of ours.",
            remark=True,
        )


@paper.claim("DLN-D3c", "Section 4, text after Eq. (10); Section 1.1", symbols=PEAK_SYMBOLS, kind=Kind.INEQUALITY)
def diffusion_peaks_before_the_mode_is_learned():
    r"""Diffusion peaks before the mode is learned.

    "Whenever (10) holds, the maximizer satisfies $w^\star_\alpha < s_\alpha$"; "then decays to zero once the mode has
    been fully learned".

    - With label noise the diffusion stays at $D_\alpha(s) > 0$; the maximum is local, see DLN-D3b.
    """
    rho = parameter("rho", at_least=0, at_most=1)

    def peak() -> sp.Expr:
        square, linear, _ = coefficients()
        root = sp.sqrt(sp.factor(discriminant().subs(sigma_q, sp.sqrt(threshold() * (1 - rho**2)))))
        return sp.factor((-linear - root) / (2 * square))

    yield bounds(
        r"peak: $w_\alpha^\star$",
        printed=s,
        exact=peak,
        relation="<",
        wrong={"where it peaks without label noise": 2 * (L - 1) / (3 * L - 2) * s},
        says=r"For every $\sigma_q$ that (10) allows, $\sigma_q^2 = (1 - \rho^2)\,2s_\alpha^2/(a(a+2))$.",
    )
    yield equals(
        r"learned: $D_\alpha(s_\alpha)$",
        printed=sp.S.Zero,
        derived=lambda: mode_diffusion(noise=sp.S.Zero).subs(w, s),
        wrong={"label noise kept": beta * L**2 * sigma_q**2 * s ** (4 * (L - 1) / L)},
        says="Without label noise.",
    )
    yield equals(
        r"learned, with label noise: $D_\alpha(s_\alpha)$",
        printed=beta * L**2 * sigma_q**2 * s ** (4 * (L - 1) / L),
        derived=lambda: mode_diffusion().subs(w, s),
        says="A result of ours.",
        remark=True,
    )
    yield peak_before_learning()
