r"""On assumption A2 of Section 6: i.i.d. label noise in a linear network, linearised at the origin."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from theory.models.two_layer_origin import exponent_of_unequal_layers, gap, growth_of_equal_layers, width_in, width_out
from theory.notation import nu
from theory.tricomi import hyperu
from verification.authoring.shorthand import Kind, Source, agrees, compared, equals, measured
from verification.claim import Statement
from verification.forms import Arguments, Experiment
from verification.papers.stochastic_collapse.measured import several_dimensions as samplers
from verification.papers.stochastic_collapse.paper import paper

SYMBOLS = {nu: r"$\eta\zeta^2$", width_in: "number of inputs", width_out: "number of outputs", gap: "$n - m > 0$"}
PAIRS = ((2, 1), (3, 1), (5, 3), (6, 2))
"""Widths (n, m); the exponent is symmetric in them."""


def _of_widths(n: int, m: int, shift: int = 0) -> dict[str, Any]:
    return {"n": n, "m": m, "shift": shift}


def _closed_form_at(candidate: sp.Expr, point: Arguments) -> sp.Expr:
    # Expanded, since 20 digits of an exponent that is exactly 0 do not exist.
    n, m = point["n"], point["m"]
    return sp.expand(point["shift"] + candidate.subs({nu: 1, width_out: m, gap: n - m}))


def _value_at(candidate: sp.MatrixBase, point: Arguments) -> sp.Expr:
    return point["shift"] + candidate[PAIRS.index((point["n"], point["m"]))]


@paper.claim(
    "SC-099", "not printed; on assumption A2, Section 6", symbols=SYMBOLS, kind=Kind.THRESHOLD, source=Source.OURS
)
def iid_label_noise_in_a_linear_network():
    r"""I.i.d. label noise in a linear network.

    - Scope: linearisation at the origin, signal $S = 0$, whitened inputs.
    - The paper has the exponent $-\nu/2$ of structured noise for every width. It is that of $n = m = 1$ only: $n = m =
      2$ is marginal, and from width 3 on noise drives the network away from 0.
    - The squared norms of the two layers are driven by one Brownian motion, their difference by none; for $n > m$ the
      ratio $x = |v|^2/(|u|^2 - |v|^2)$ has the stationary density $x^{m/2-1}(1+x)^{n/2-1}e^{-(n-m)x/2}$. The exponent
      is therefore a quotient of Tricomi functions.
    - At $n = m = 1$ a start off the diagonal $|u| = |v|$ has no stationary direction, and a mean of $\log|x_T|/T$
      approaches $-\nu/2$ like $T^{-1/2}$. The experiments start on the diagonal.
    - A rate of 0 has no relative error: where it is 0, and on the grid, 1 is added.
    """

    def growth(n: int) -> Experiment:
        shift, at = int(n == 2), {width_in: n, nu: 1}
        return measured(samplers.growth_of_equal_layers, lambda rate: shift + rate.subs(at), n=n, shift=shift)

    yield equals(
        r"equal layers: $\lambda$",
        printed=nu * (width_in / 2 - 1),
        derived=growth_of_equal_layers,
        wrong={
            "width 1 at every width": -nu / 2,
            "Itô correction halved": nu * (width_in - 1) / 2,
            "a tenth too fast": 11 * nu * (width_in / 2 - 1) / 10,
        },
        says="The top Lyapunov exponent for $n = m$.",
        measured=[growth(n) for n in (1, 2, 3, 5)],
    )
    yield from _unequal_layers()


def _unequal_layers() -> Iterator[Statement]:
    points, wide = [_of_widths(n, m, shift=1) for n, m in PAIRS], _of_widths(6, 2)
    a, b, z = width_out / 2, width_out + gap / 2, gap / 2

    def exponent(z: sp.Expr, shift: int = 1) -> sp.Expr:
        return nu * width_out / 2 * (z * hyperu(a + 1, b + shift, z) / hyperu(a, b, z) - 1)

    yield agrees(
        r"unequal layers, values: $\lambda/\nu$",
        printed=sp.Matrix([0, sp.Rational(14, 100), sp.Rational(96, 100), sp.Rational(80, 100)]),
        wrong={
            "of the smaller layer": sp.Matrix([m / sp.S(2) - 1 for _, m in PAIRS]),
            "of the larger layer": sp.Matrix([n / sp.S(2) - 1 for n, _ in PAIRS]),
            "last digit": sp.Matrix([0, sp.Rational(15, 100), sp.Rational(96, 100), sp.Rational(80, 100)]),
        },
        says="For $(m, n) = (1, 2), (1, 3), (3, 5), (2, 6)$, to two digits.",
        compared=compared("long run on a grid", samplers.growth_on_grid, _value_at, *points, tolerance=5e-3),
    )
    yield agrees(
        r"unequal layers, closed form: $\lambda$",
        printed=exponent_of_unequal_layers(),
        wrong={
            "second parameter not raised": exponent(z, shift=0),
            "argument doubled": exponent(gap),
            "a tenth too fast": 11 * exponent(z) / 10,
        },
        says="For $n = m + g$, with Tricomi's function $U$.",
        measured=measured(
            samplers.growth_of_unequal_layers, lambda candidate: _closed_form_at(candidate, wide), **wide
        ),
        compared=compared("long run on a grid", samplers.growth_on_grid, _closed_form_at, *points),
    )
