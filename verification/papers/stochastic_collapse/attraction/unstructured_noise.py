r"""On assumption A2 of Section 6: i.i.d. label noise in a linear network, linearised at the origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp

from theory.models.two_layer_origin import exponent_of_unequal_layers, gap, growth_of_equal_layers, width_in, width_out
from theory.notation import nu
from theory.tricomi import hyperu
from verification.authoring.shorthand import agrees, equals
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.several_dimensions import (
    growth_of_equal_layers as sampled_growth,
)
from verification.papers.stochastic_collapse.measured.several_dimensions import (
    growth_of_unequal_layers,
    growth_on_grid,
)
from verification.papers.stochastic_collapse.paper import paper


def _exponent(a: sp.Expr, b: sp.Expr, z: sp.Expr, shift: int = 1) -> sp.Expr:
    return nu * width_out / 2 * (z * hyperu(a + 1, b + shift, z) / hyperu(a, b, z) - 1)


def _equal_value(n: int) -> Callable[[sp.Expr], sp.Expr]:
    return lambda candidate: 1 + candidate.subs({width_in: n, nu: 1})


_A, _B, _Z = width_out / 2, width_out + gap / 2, gap / 2
PAIRS = ((2, 1), (3, 1), (5, 3), (6, 2))
"""Widths (n, m); the exponent is symmetric in them."""


def _printed_value(candidate: sp.MatrixBase, point: Mapping[str, Any]) -> sp.Expr:
    return 1 + candidate[PAIRS.index((point["n"], point["m"]))]


def _formula_value(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
    # Expanded, since 20 digits of an exponent that is exactly 0 do not exist.
    return sp.expand(1 + candidate.subs({nu: 1, width_out: point["m"], gap: point["n"] - point["m"]}))


def _grid(predicted: Callable[[Any, Mapping[str, Any]], Any], tolerance: float) -> Comparison:
    return Comparison(
        name="1 + exponent on a grid at nu = 1",
        evaluator=growth_on_grid,
        arguments=tuple({"n": n, "m": m} for n, m in PAIRS),
        predicted=predicted,
        tolerance=tolerance,
    )


@paper.claim(
    "SC-099",
    "not printed; on assumption A2, Section 6",
    symbols={
        nu: "eta zeta^2",
        width_in: "number of inputs n",
        width_out: "number of outputs m",
        gap: "n - m > 0",
    },
    kind=Kind.THRESHOLD,
    scope="linearisation at the origin, signal S = 0, whitened inputs",
    notes=(
        "A result of the catalogue, not of the paper, which has the exponent -nu/2 of structured noise for every "
        "width. It is that of n = m = 1 only: n = m = 2 is marginal, and from width 3 on noise drives the network "
        "away from 0.",
        "Derived here: the squared norms of the two layers are driven by one Brownian motion, their difference by "
        "none; for n > m the ratio x = |v|^2/(|u|^2 - |v|^2) has the stationary density x^(m/2-1) (1+x)^(n/2-1) "
        "e^(-(n-m)x/2). The exponent is therefore a quotient of Tricomi functions. (1,2): exactly 0; (2,6): exactly "
        "4/5; (2,4): 1/2; (1,4): 1/4; (1,3): 0.141817; (3,5): 0.960245.",
        "At n = m = 1 a start off the diagonal |u| = |v| has no stationary direction, and a mean of log|x_T|/T "
        "approaches -nu/2 like T^(-1/2). The experiments start on the diagonal.",
    ),
)
def iid_label_noise_in_a_linear_network():
    r"""I.i.d. label noise in a linear network.

    without A2, at S = 0: top Lyapunov exponent nu (n/2 - 1) for n = m; for (m, n) = (1,2): 0, (1,3): .14 nu,
    (3,5): .96 nu, (2,6): .80 nu
    """
    yield equals(
        "equal layers",
        r"\lambda",
        printed=nu * (width_in / 2 - 1),
        derived=growth_of_equal_layers,
        wrong={
            "width 1 at every width": -nu / 2,
            "Ito correction halved": nu * (width_in - 1) / 2,
            "exponent of the square": nu * (width_in - 2),
        },
        says="The top Lyapunov exponent for n = m.",
        measured=tuple(
            Experiment(
                name=f"1 + log rate of all weights at n = m = {n}, nu = 1",
                sampler=sampled_growth,
                arguments={"n": n},
                predicted=_equal_value(n),
            )
            for n, variation in ((1, 3.0), (2, 1.7), (3, 1.2), (5, 0.7))
        ),
    )
    yield agrees(
        "unequal layers, values",
        r"\lambda/\nu",
        printed=sp.Matrix([0, sp.Rational(14, 100), sp.Rational(96, 100), sp.Rational(80, 100)]),
        wrong={
            "of the smaller layer": sp.Matrix([m / sp.S(2) - 1 for _, m in PAIRS]),
            "of the larger layer": sp.Matrix([n / sp.S(2) - 1 for n, _ in PAIRS]),
            "of the mean width": sp.Matrix([(n + m) / sp.S(4) - 1 for n, m in PAIRS]),
        },
        says="The exponent over nu for (m, n) = (1,2), (1,3), (3,5), (2,6).",
        compared=(_grid(_printed_value, 5e-3),),
    )
    yield agrees(
        "unequal layers, closed form",
        r"\lambda",
        printed=exponent_of_unequal_layers(),
        wrong={
            "second parameter not raised": _exponent(_A, _B, _Z, shift=0),
            "argument doubled": _exponent(_A, _B, gap),
            "factor m lost": _exponent(_A, _B, _Z) / width_out,
        },
        says="The exponent for n = m + g, with Tricomi's function U.",
        measured=(
            Experiment(
                name="1 + log rate of all weights at n = 6, m = 2, nu = 1",
                sampler=growth_of_unequal_layers,
                arguments={"n": 6, "m": 2},
                predicted=lambda candidate: _formula_value(candidate, {"n": 6, "m": 2}),
            ),
        ),
        compared=(_grid(_formula_value, 1e-3),),
    )
