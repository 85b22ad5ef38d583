r"""Propositions 3.5 and 5.2 as they should read, from other derivations than those of the single claims."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.deep_linear.minima import LabelNoiseMinimum
from theory.deep_linear.modewise import BalancedModes, balanced_modes
from verification.authoring.shorthand import Source, equals
from verification.papers.saddle_to_saddle.balanced.aligned import (
    CROSS,
    MODE,
    OTHER,
    PAIR,
    in_layers,
    s_1,
    s_2,
    two_modes,
    w_1,
    w_2,
)
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, L, beta, paper, sigma_q


def coupling(depth: int) -> sp.Expr:
    r""":math:`\sum_{k=1}^{L-1}(L-k)w_1^{2(L-k-1)/L}w_2^{(L+2k-2)/L}`."""
    return sp.Add(
        *(
            (depth - k) * w_1 ** sp.Rational(2 * (depth - k - 1), depth) * w_2 ** sp.Rational(depth + 2 * k - 2, depth)
            for k in range(1, depth)
        )
    )


def drift_of_one_mode(depth: sp.Expr) -> sp.Expr:
    """Gradient drift and the Itô drift of a mode by itself."""
    gap = s_1 - w_1
    own = (gap**2 + sigma_q**2 / 2) * w_1 ** ((3 * depth - 4) / depth)
    return depth * gap * w_1 ** (2 - 2 / depth) + beta * depth * (depth - 1) * own


def first_modes(depth: Any, number: int) -> BalancedModes:
    """The first one or two modes of a balanced network of a depth, a number or a symbol."""
    amplitudes, singular_values = [w_1, w_2][:number], [s_1, s_2][:number]
    return balanced_modes(
        depth, amplitudes=amplitudes, singular_values=singular_values, label_variance=sigma_q**2, beta=beta
    )


@paper.claim(
    "DLN-0a", "not printed; replaces Eqs. (4)-(7) and (11)-(16)", symbols=NOISE_SYMBOLS | PAIR, source=Source.OURS
)
def corrected_propositions():
    r"""Propositions 3.5 and 5.2, corrected.

    - Scope: rates of two modes on the aligned balanced manifold; widths of two layers at the minimum of label noise.
    - Off-diagonal entries get noise too, so the rates are no closed system except for a chain of scalars.
    - The stationary law needs $\beta(2s^2 + \sigma_q^2) < 2s$ at depth two (DLN-P3); its mean is below the teacher
      (DLN-P4, DLN-P4m).
    """
    gaps = beta * (s_1 - w_1) * (s_2 - w_2)
    for depth in (2, 3):
        yield equals(
            f"drift, depth {depth}",
            r"E[dw_1]/dt",
            printed=drift_of_one_mode(sp.Integer(depth)) + gaps * coupling(depth),
            where=in_layers(depth),
            derived=lambda depth=depth: (
                two_modes(depth).gradient_drift(*MODE) + beta * two_modes(depth).ito_drift(*MODE)
            ),
            wrong={"modes decouple": drift_of_one_mode(sp.Integer(depth))},
            mutated=False,
        )
    yield equals(
        "drift of one mode, every depth: $E[dw_1]/dt$",
        printed=drift_of_one_mode(L),
        derived=lambda: first_modes(L, 1).drift(0),
        wrong={"label noise without its half": drift_of_one_mode(L).subs(sigma_q, sp.sqrt(2) * sigma_q)},
        says="A single mode, at symbolic depth.",
    )
    for depth in (4, 6):
        yield equals(
            f"coupling, depth {depth}",
            r"E[dw_1]/dt|_{\text{other mode}}",
            printed=gaps * coupling(depth),
            derived=lambda depth=depth: first_modes(depth, 2).coupling_drift(0, 1),
            wrong={"modes exchanged": gaps * coupling(depth).subs({w_1: w_2, w_2: w_1}, simultaneous=True)},
            mutated=False,
        )
    yield equals(
        r"noise, depth three: $d[w_1, w_1]/dt,\ d[w_1, w_2]/dt,\ d[w_{12}, w_{12}]/dt$",
        printed=sp.Matrix(
            [
                9 * beta * (2 * (s_1 - w_1) ** 2 + sigma_q**2) * w_1 ** sp.Rational(8, 3),
                0,
                beta
                * ((s_1 - w_1) ** 2 + sigma_q**2)
                * sum(w_1 ** sp.Rational(2 * (3 - l), 3) * w_2 ** sp.Rational(2 * (l - 1), 3) for l in (1, 2, 3)) ** 2,
            ]
        ),
        where=in_layers(3),
        derived=lambda: [
            beta * two_modes(3).covariation(*pair) for pair in ((MODE, MODE), (MODE, OTHER), (CROSS, CROSS))
        ],
        wrong={"no noise of the cross mode": sp.Matrix([0, 0, 0])},
        mutated=False,
    )
    yield equals(
        r"width in a square network of two layers: $\operatorname{Var}w_1/\beta$",
        printed=sigma_q**2 * s_1,
        derived=lambda: LabelNoiseMinimum(
            2, [s_1, s_2], label_variances=sigma_q**2, input_trace=2, label_trace=2 * sigma_q**2
        ).variance(0),
        wrong={"of the other mode": sigma_q**2 * s_2},
        says="As (18); deeper, or with other widths, that of the minimum that label noise selects.",
    )
