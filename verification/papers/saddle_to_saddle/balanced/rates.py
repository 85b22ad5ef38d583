r"""Proposition 3.5: drift and diffusion of a mode of aligned balanced layers."""

from __future__ import annotations

import sympy as sp
from sympy import Rational

from theory.deep_linear.layer_sums import pair_sum, power_sum
from verification.authoring.shorthand import Grade, Kind, equals
from verification.papers.saddle_to_saddle.balanced.aligned import (
    MODE,
    ONE,
    OTHER,
    PAIR,
    chain,
    in_layers,
    one_mode,
    s_1,
    s_2,
    sampled,
    two_modes,
    w_1,
    w_2,
)
from verification.papers.saddle_to_saddle.measured import covariation_of_modes, noise_induced_change
from verification.papers.saddle_to_saddle.paper import (
    MODE_SYMBOLS,
    NOISE_SYMBOLS,
    L,
    beta,
    mode_diffusion,
    mode_process,
    paper,
    s,
    sigma_q,
    w,
)

POWER = (3 * L - 4) / L
SYMBOLS = NOISE_SYMBOLS | PAIR
STANDARD = ("The label noise has the covariance $\\sigma_q^2I$, $\\sigma_q$ its standard deviation, as in Appendix E.",)


def noise_induced_drift() -> sp.Expr:
    """What Itô's formula adds to the drift of a mode by itself, at symbolic depth."""
    return mode_process().drift[0] - mode_process(rate=sp.S.Zero).drift[0]


def other_modes(depth: int) -> sp.Expr:
    """What a second mode adds to the Itô drift of the first."""
    return two_modes(depth).ito_drift(*MODE) - one_mode(depth).ito_drift(ONE, ONE)


@paper.claim("DLN-I0", "Eqs. (7) and (8), Appendix E.3", symbols=SYMBOLS, notes=STANDARD)
def diffusion_of_a_balanced_mode():
    """Diffusion of a balanced mode."""

    def formula(depth: sp.Expr, amplitude: sp.Expr, teacher: sp.Expr, variance: sp.Expr = sigma_q**2) -> sp.Expr:
        return beta * depth**2 * (2 * (teacher - amplitude) ** 2 + variance) * amplitude ** (4 * (depth - 1) / depth)

    yield equals(
        r"every depth: $D_\alpha(w_\alpha)$",
        printed=formula(L, w, s),
        derived=mode_diffusion,
        wrong={"standard deviation for variance": formula(L, w, s, sigma_q)},
        says="A chain of scalars.",
    )
    for depth in (2, 3):
        yield equals(
            f"two modes, depth {depth}",
            r"D_\alpha(w_\alpha)",
            printed=formula(sp.Integer(depth), w_1, s_1),
            where=in_layers(depth),
            derived=lambda depth=depth: beta * two_modes(depth).covariation(MODE, MODE),
            wrong={
                "standard deviation for variance": formula(sp.Integer(depth), w_1, s_1, sigma_q),
                "a tenth too large": sp.Rational(11, 10) * formula(sp.Integer(depth), w_1, s_1),
            },
            measured=[sampled(covariation_of_modes, 3)] if depth == 3 else [],
            mutated=False,
        )
        yield equals(
            f"cross-diffusion, depth {depth}",
            r"D_{\alpha\beta}",
            printed=sp.S.Zero,
            derived=lambda depth=depth: two_modes(depth).covariation(MODE, OTHER),
            wrong={"shared label noise": sigma_q**2 * (w_1 * w_2) ** 2},
            mutated=False,
        )


@paper.claim("DLN-I1", "Eq. (6)", symbols=NOISE_SYMBOLS, grade=Grade.WRONG)
def ito_drift_of_a_balanced_mode():
    """Itô drift of a balanced mode.

    - Scope: one mode by itself; what other modes add is DLN-I2.
    - The printed drift is not 0 at $w = 0$, where gradient and noise vanish (DLN-C4), and its units do not fit.
    """
    count = beta * L * (L - 1)
    corrected = count * w**POWER * ((s - w) ** 2 + sigma_q**2 / 2)
    yield equals(
        r"Itô drift: $\mu_\alpha^{\mathrm{Ito}}(w_\alpha)$",
        printed=count * (s - w) * w ** (2 * (L - 2) / L) + count * w ** (2 * (L - 2) / L) * sigma_q,
        corrected=corrected,
        derived=noise_induced_drift,
        wrong={
            "label noise without its half": count * w**POWER * ((s - w) ** 2 + sigma_q**2),
            "half of the data": count * w**POWER * ((s - w) ** 2 / 2 + sigma_q**2 / 2),
            "a tenth too large": sp.Rational(11, 10) * corrected,
        },
        measured=[sampled(noise_induced_change, depth, w="1/2", s="1") for depth in (2, 3)],
    )


@paper.claim("DLN-I2", "Proposition 3.5; abstract", symbols=SYMBOLS, grade=Grade.WRONG)
def independence_of_the_modes():
    r"""Independence of the modes.

    "each mode amplitude $w_\alpha$ evolves independently according to the scalar Itô SDE"; "an exact decomposition of
    the dynamics into a system of one-dimensional per-mode stochastic differential equations".

    - Scope: two modes; the rates at an aligned balanced point.
    - With one mode only, nothing is added. The label noise takes no part in the coupling.
    """
    gaps = beta * (s_1 - w_1) * (s_2 - w_2)
    two = gaps * w_2
    three = gaps * (2 * w_1 ** Rational(2, 3) * w_2 + w_2 ** Rational(5, 3))
    for depth, corrected, wrong in ((2, two, gaps * w_1), (3, three, gaps * w_2 ** Rational(5, 3))):
        yield equals(
            f"coupling, depth {depth}",
            r"\mu_\alpha^{\mathrm{Ito}}(w_1, w_2) - \mu_\alpha^{\mathrm{Ito}}(w_1)",
            printed=sp.S.Zero,
            corrected=corrected,
            where=in_layers(depth),
            derived=lambda depth=depth: beta * other_modes(depth),
            wrong={"one order of the layers": wrong, "a tenth too large": sp.Rational(11, 10) * corrected},
            measured=[sampled(noise_induced_change, 2, w="1/2 2/5", s="1 9/10", alone="yes")] if depth == 2 else [],
            says="What a second mode adds to the drift of the first.",
            mutated=False,
        )


@paper.claim("DLN-I3", "Eqs. (6) and (14), Appendix E", symbols=NOISE_SYMBOLS, grade=Grade.CONFLICT)
def label_noise_in_the_ito_drift():
    r"""Label noise in the Itô drift.

    - (6), (14) and Appendix E print three label-noise parts: without $\frac12$, with it, with a variance.
    """
    count = beta * L * (L - 1) * w ** (2 * (L - 2) / L)
    corrected = beta * L * (L - 1) * w**POWER * sigma_q**2 / 2

    def derived() -> sp.Expr:
        return sp.expand(noise_induced_drift()).coeff(sigma_q, 2) * sigma_q**2

    for name, printed in (
        ("Eq. (6)", count * sigma_q),
        ("Eq. (14)", count * sigma_q / 2),
        ("Appendix E", count * sigma_q**2 / 2),
    ):
        yield equals(
            name,
            r"\text{label-noise part of }\mu_\alpha^{\mathrm{Ito}}",
            printed=printed,
            corrected=corrected,
            derived=derived,
            wrong={"without its half": 2 * corrected},
            mutated=False,
        )


def _others(layers: tuple[sp.Symbol, ...], *left_out: int) -> sp.Expr:
    """The product of the squares of the layers besides some."""
    return sp.Mul(*(layer**2 for j, layer in enumerate(layers) if j not in left_out))


def _pairs(layers: tuple[sp.Symbol, ...]) -> list[tuple[int, int]]:
    return [(l, m) for l in range(len(layers)) for m in range(len(layers)) if l != m]


@paper.claim(
    "DLN-I4",
    "Appendix E.2 (i), (ii)",
    symbols={s: "teacher's value", sp.Symbol("w_1", positive=True): "weight of layer 1, likewise the others"},
    grade=Grade.WRONG,
)
def contractions_of_data_and_label_noise():
    """Contractions of data and label noise with the Hessian.

    - Scope: a chain of three scalars, not necessarily balanced.
    """
    layers, q = sp.symbols("w_1:4", positive=True), sp.Symbol("q_11", positive=True)
    total, pairs = sp.Mul(*layers), _pairs(layers)
    above = [sp.Mul(*layers[l + 1 :]) for l in range(3)]
    double = sum(_others(layers, l, m) for l, m in pairs)
    gap = s - total
    yield equals(
        r"data: $\sum_{l\ne m}\langle\Sigma^{\mathrm{data}}_{lm}, H_{lm}\rangle$",
        printed=2 * gap * double,
        corrected=2 * gap**2 * total * double,
        derived=lambda: 2 * chain(layers, sp.S.Zero).ito_drift(ONE, ONE),
        wrong={"one factor of the gap": 2 * gap * total * double},
        mutated=False,
    )
    yield equals(
        r"labels: $\sum_{l\ne m}\langle\Sigma^{\mathrm{label}}_{lm}, H_{lm}\rangle$",
        printed=sum(_others(layers, l, m) * above[l] * q * above[m] for l, m in pairs),
        corrected=total * double * q,
        derived=lambda: 2 * (chain(layers, q).ito_drift(ONE, ONE) - chain(layers, sp.S.Zero).ito_drift(ONE, ONE)),
        wrong={"the factor of the mode lost": double * q},
        says=r"Corrected: $w_\alpha\sum_{l\ne m}\prod_{j\ne l,m}w_j^2\,u_\alpha^\top\Sigma_qu_\alpha$.",
        mutated=False,
    )


@paper.claim(
    "DLN-I6",
    "Appendix E.2, E.3",
    symbols={sp.Symbol("q_11", positive=True): r"variance of the label noise, $u_\alpha^\top\Sigma_qu_\alpha$"},
    grade=Grade.WRONG,
)
def label_noise_of_a_pair_of_layers():
    r"""Label noise of a pair of layers.

    "$\overline\Gamma_\alpha := L^{-2}\sum_{l,m}\Gamma_{lm,\alpha}$, $\Gamma_{lm,\alpha} := \langle u_\alpha
    u_\alpha^\top, B_l\Sigma_qB_m^\top\rangle$".

    - Scope: a balanced chain of scalars, depths 2 and 3.
    - As defined, $\Gamma$ counts the layers above twice, and where widths differ its shapes do not fit.
    """
    u, q, Gamma = sp.Symbol("u", positive=True), sp.Symbol("q_11", positive=True), sp.Symbol("Gamma", positive=True)
    for depth in (2, 3):
        above = [u ** (depth - l) for l in range(1, depth + 1)]
        literal = sum(high * q * low for high in above for low in above) / depth**2

        def derived(depth: int = depth) -> sp.Expr:
            layers = [u] * depth
            return chain(layers, q).covariation((ONE, ONE), (ONE, ONE)) - chain(layers, sp.S.Zero).covariation(
                (ONE, ONE), (ONE, ONE)
            )

        yield equals(
            f"label diffusion, depth {depth}",
            r"D_\alpha^{\mathrm{label}}/\eta",
            printed=depth**2 * Gamma * u ** (4 * (depth - 1)),
            where={Gamma: literal},
            corrected={Gamma: q},
            derived=derived,
            wrong={"layers above counted once": {Gamma: sum(high * q for high in above) / depth}},
            says=r"$\eta L^2\overline\Gamma_\alpha w_\alpha^{4(L-1)/L}$; corrected: $u_\alpha^\top\Sigma_qu_\alpha$.",
            mutated=False,
        )


@paper.claim("DLN-I7", "Appendix E", symbols=PAIR)
def norms_of_the_sensitivities():
    """Norms of the sensitivities.

    - Scope: two modes at depth three, hidden layers turned.
    """

    def squared_norm(*layers: int) -> sp.Expr:
        slopes = two_modes(3).sensitivity(*MODE, *layers)
        return sp.expand(slopes.dot(slopes))

    for l in (1, 2, 3):
        yield equals(
            f"layer {l}",
            rf"\|A_{{{l},\alpha}}\|_F^2",
            printed=w_1 ** Rational(4, 3),
            where=in_layers(3),
            derived=lambda l=l: squared_norm(l),
            wrong={"of all layers": w_1**2},
            says=r"$\prod_{j\ne l}w_{j,\alpha}^2$ with $w_{j,\alpha} = w_\alpha^{1/L}$.",
        )
    yield equals(
        r"prefactor: $\sum_l\|A_{l,\alpha}\|_F^2$",
        printed=3 * w_1 ** Rational(4, 3),
        where=in_layers(3),
        derived=squared_norm,
        wrong={"of one layer": w_1 ** Rational(4, 3)},
    )


@paper.claim("DLN-I12", "Appendix E", symbols=MODE_SYMBOLS, kind=Kind.PROOF_STEP)
def sums_over_balanced_layers():
    """Sums over balanced layers.

    - Scope: balanced layers, every depth.
    """
    square = w ** (2 / L)
    yield equals(
        r"pairs: $\sum_{l\ne m}\prod_{j\ne l,m}w_{j,\alpha}^2$",
        printed=L * (L - 1) * w ** (2 * (L - 2) / L),
        derived=lambda: 2 * pair_sum(square, square, L),
        wrong={"ordered pairs only": L * (L - 1) / 2 * w ** (2 * (L - 2) / L)},
    )
    yield equals(
        r"layers: $\sum_l\prod_{j\ne l}w_{j,\alpha}^2$",
        printed=L * w ** (2 * (L - 1) / L),
        derived=lambda: power_sum(square, square, L),
        wrong={"all layers": L * w**2},
    )
