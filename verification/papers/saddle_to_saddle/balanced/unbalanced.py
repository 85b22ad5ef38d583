r"""Appendix E.1 and E.3 off balance, and footnote 4: what of Proposition 3.5 needs which assumption."""

from __future__ import annotations

import sympy as sp

from theory.deep_linear.written_out import WrittenNetwork
from verification.authoring.shorthand import Grade, equals
from verification.papers.saddle_to_saddle.balanced.aligned import (
    E_1,
    MODE,
    ONE,
    OTHER,
    PAIR,
    chain,
    in_layers,
    s_1,
    s_2,
    two_modes,
    w_1,
    w_2,
)
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, paper, s, sigma_q

g, h = sp.symbols("g h", real=True)


def gauged() -> WrittenNetwork:
    """Three layers whose product is diag(w_1, w_2), while no layer is diagonal: (A2) without (A1)."""
    lower, upper = sp.Matrix([[1, g], [0, 1]]), sp.Matrix([[1, 0], [h, 1]])
    middle = upper.inv() * sp.diag(w_1, w_2) * lower.inv()
    return WrittenNetwork((lower, middle, upper), sp.diag(s_1, s_2), sigma_q**2 * sp.eye(2))


@paper.claim(
    "DLN-I10",
    "Appendix E.1",
    symbols=PAIR | {g: "shear of the lower layers", h: "shear of the upper layers"},
    grade=Grade.CONDITION,
)
def gradient_of_a_mode_and_orthogonality():
    r"""Gradient of a mode and orthogonality of the sensitivities.

    "Under alignment, $g_l|_\alpha = (w_\alpha - s_\alpha)A_{l,\alpha}$. Hence $\mu_\alpha^{\mathrm{grad}} =
    -\sum_l\langle A_{l,\alpha}, g_l\rangle = (s_\alpha - w_\alpha)\sum_l\|A_{l,\alpha}\|_F^2$".

    - Two layers need (A2) alone. Three and more need layers that are diagonal in common frames, as (A1) and (A2)
      together make them.
    """

    def overlap(network: WrittenNetwork, l: int) -> sp.Expr:
        return sp.expand(network.sensitivity(*MODE, l).dot(network.sensitivity(*OTHER, l)))

    yield equals(
        r"balanced and aligned: $\langle A_{2,\alpha}, A_{2,\gamma}\rangle$",
        printed=sp.S.Zero,
        derived=lambda: overlap(two_modes(3), 2),
        wrong={"as of one mode": w_1 * w_2},
        says="Three layers, the middle one.",
        mutated=False,
    )
    yield equals(
        r"aligned alone: $\langle A_{2,\alpha}, A_{2,\gamma}\rangle$",
        printed=sp.S.Zero,
        corrected=g * h,
        derived=lambda: overlap(gauged(), 2),
        wrong={"one shear": g},
        says="Three layers whose product is diagonal.",
        mutated=False,
    )
    yield equals(
        r"drift, aligned alone: $\mu_\alpha^{\mathrm{grad}} - (s_\alpha - w_\alpha)\sum_l\|A_{l,\alpha}\|_F^2$",
        printed=sp.S.Zero,
        corrected=(s_2 - w_2) * g * h,
        derived=lambda: (
            gauged().gradient_drift(*MODE) - (s_1 - w_1) * gauged().sensitivity(*MODE).dot(gauged().sensitivity(*MODE))
        ),
        wrong={"gap of the mode itself": (s_1 - w_1) * g * h},
        mutated=False,
    )


@paper.claim(
    "DLN-I11",
    "Appendix E.3",
    symbols=NOISE_SYMBOLS | {sp.Symbol("w_3", positive=True): "weight of layer 3, likewise the others"},
    grade=Grade.WRONG,
)
def unbalanced_diffusion():
    r"""Diffusion off balance, from data and from labels.

    - Scope: a chain of three scalars, batch size one, learning rate one.
    - $\Gamma_{lm,\alpha}$ as defined counts the layers above twice (DLN-I6). With (A2) alone, in sheared layers,
      neither part holds.
    """
    layers, q = sp.symbols("w_1:4", positive=True), sp.Symbol("q_11", positive=True)
    others = [sp.Mul(*(layer**2 for j, layer in enumerate(layers) if j != l)) for l in range(3)]
    above = [sp.Mul(*layers[l + 1 :]) for l in range(3)]
    gap = s - sp.Mul(*layers)

    def diffusion(variance: sp.Expr) -> sp.Expr:
        return chain(layers, variance).covariation((ONE, ONE), (ONE, ONE))

    yield equals(
        r"data: $D_\alpha^{\mathrm{data}}$",
        printed=2 * gap**2 * sum(others) ** 2,
        derived=lambda: diffusion(sp.S.Zero),
        wrong={"sum of squares": 2 * gap**2 * sum(other**2 for other in others)},
        mutated=False,
    )
    yield equals(
        r"labels: $D_\alpha^{\mathrm{label}}$",
        printed=sum(
            a * b * c * q * d for a, c in zip(others, above, strict=True) for b, d in zip(others, above, strict=True)
        ),
        corrected=q * sum(others) ** 2,
        derived=lambda: diffusion(q) - diffusion(sp.S.Zero),
        wrong={"sum of squares": q * sum(other**2 for other in others)},
        says=r"With $\Gamma_{lm,\alpha} = \langle u_\alpha u_\alpha^\top, B_l\Sigma_qB_m^\top\rangle$; corrected: "
        r"$u_\alpha^\top\Sigma_qu_\alpha$.",
        mutated=False,
    )


@paper.claim(
    "DLN-P0-white",
    "Section 2.4, footnote 4",
    symbols=PAIR
    | {sp.Symbol("lambda_1", positive=True): "variance of the inputs along the mode; $\\lambda_2$: along the other"},
)
def inputs_that_are_not_white():
    r"""Inputs that are not white.

    "This can probably be relaxed by demanding that the input and input-output covariance matrices are diagonalizable in
    the same basis."

    - The page gives no formulas: those judged are rebuilt from the sentence, with the variances of the inputs.
    - Scope: two modes at an aligned balanced point.
    - As for white inputs, other modes add a coupling to the Itô drift (DLN-I2), $\lambda_1\lambda_2$ times it.
    """
    first, second = sp.symbols("lambda_1 lambda_2", positive=True)
    gap, other = s_1 - w_1, s_2 - w_2

    def network(depth: int) -> WrittenNetwork:
        return two_modes(depth, inputs=(first, second))

    for depth in (2, 3):
        yield equals(
            f"gradient drift, depth {depth}",
            r"\mu_\alpha^{\mathrm{grad}}",
            printed=depth * first * gap * w_1 ** sp.Rational(2 * (depth - 1), depth),
            where=in_layers(depth),
            derived=lambda depth=depth: network(depth).gradient_drift(*MODE),
            wrong={"white inputs": depth * gap * w_1 ** sp.Rational(2 * (depth - 1), depth)},
            mutated=False,
        )
    yield equals(
        r"diffusion: $D_\alpha/\beta$",
        printed=4 * (2 * first**2 * gap**2 + first * sigma_q**2) * w_1**2,
        where=in_layers(2),
        derived=lambda: network(2).covariation(MODE, MODE),
        wrong={"variance of the inputs once": 4 * first * (2 * gap**2 + sigma_q**2) * w_1**2},
        mutated=False,
    )
    yield equals(
        r"cross-diffusion: $D_{\alpha\beta}/\beta$",
        printed=sp.S.Zero,
        derived=lambda: network(2).covariation(MODE, OTHER),
        wrong={"correlated inputs": first * second * gap * other},
        mutated=False,
    )
    yield equals(
        r"Itô drift: $\mu_\alpha^{\mathrm{Ito}}/\beta$",
        printed=w_1 * (2 * first**2 * gap**2 + first * sigma_q**2) + first * second * gap * other * w_2,
        where=in_layers(2),
        derived=lambda: network(2).ito_drift(E_1, E_1),
        wrong={"modes decouple": w_1 * (2 * first**2 * gap**2 + first * sigma_q**2)},
        mutated=False,
    )
