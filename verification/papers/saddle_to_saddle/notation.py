r"""Slips of notation, as far as a number decides them: which variance the label noise has, and what a layer holds."""

from __future__ import annotations

import math

import sympy as sp

from theory.deep_linear.layers import LayeredLinear
from verification.authoring.shorthand import Grade, equals
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, L, beta, mode_process, paper, sigma_q, w

variance = sp.Symbol("v", positive=True)
WIDTHS = (2, 3, 5, 4)


@paper.claim(
    "DLN-P0-notation",
    "Section 2.3, Proposition 3.3, Appendix B",
    symbols=NOISE_SYMBOLS | {variance: "variance of the label noise of an output"},
    grade=Grade.MISPRINT,
)
def slips_of_notation():
    r"""Slips of notation.

    "$\xi_q\sim N(0, \sigma_qI)$"; "$W_i\in\mathbb R^{d_i}$".

    - $a_\alpha$ ends at a block $N$ where $L$ is meant; $d$ is the input dimension and the number of parameters;
      $(u_\alpha, v_\alpha)$ are singular vectors, not values; Proposition 5.2 cites a Proposition 6.4 for 3.5.
    - The Discussion says "state-independent" of a noise that depends on the state (DLN-C5); Appendix J.4 calls square
      layers "rectangular"; the sentence of Appendix J.3 breaks off.
    """

    def of_labels(v: sp.Expr) -> sp.Expr:
        """The label noise's part in (8) for labels of variance v."""
        noise, silent = (mode_process(L, root).diffusion[0] for root in (sp.sqrt(v), sp.S.Zero))
        return sp.expand(sp.powsimp(noise - silent, force=True))

    yield equals(
        r"variance of the label noise: $D_\alpha - D_\alpha|_{\text{no label noise}}$",
        printed=beta * L**2 * variance * w ** (4 * (L - 1) / L),
        where={variance: sigma_q},
        corrected={variance: sigma_q**2},
        derived=lambda: of_labels(sigma_q**2),
        wrong={"of two outputs": {variance: 2 * sigma_q**2}},
        says=r"(7), (8), (10) and (18) need $\Sigma_q = \sigma_q^2I$, as in Appendix E.",
        mutated=False,
    )
    yield equals(
        r"entries of a layer: $\dim W_1,\ \dim W_2,\ \dim W_3$",
        printed=sp.Matrix(WIDTHS[1:]),
        corrected=sp.Matrix([high * low for low, high in zip(WIDTHS, WIDTHS[1:], strict=False)]),
        derived=lambda: [sp.Integer(math.prod(shape)) for shape in LayeredLinear(WIDTHS).shapes],
        wrong={"square layers": sp.Matrix([width**2 for width in WIDTHS[1:]])},
        says=r"Widths 2, 3, 5, 4; corrected: $W_i\in\mathbb R^{d_i\times d_{i-1}}$.",
        mutated=False,
    )
