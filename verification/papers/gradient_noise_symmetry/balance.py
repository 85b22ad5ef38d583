r"""Section 4.3 and Appendix B: Theorem 2, the balance of two linear layers, and what follows from it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.models.two_layer_balance import BalanceWeights, autoencoder_sharpness, balance_weights
from theory.notation import eta
from theory.symmetry.matrix_charge import noise_imbalance
from verification.authoring.shorthand import Grade, Source, equals, holds_when, under
from verification.claim import Statement
from verification.papers.gradient_noise_symmetry.descent import RATE, descended
from verification.papers.gradient_noise_symmetry.end_of_training import wide_end
from verification.papers.gradient_noise_symmetry.paper import epsilon, paper, sigma

U = sp.Matrix([sp.symbols("u_1 u_2", real=True)])
W = sp.Matrix(2, 2, sp.symbols("w_11 w_12 w_21 w_22", real=True))
TEACHER = sp.Matrix([sp.symbols("v_1 v_2", real=True)])
INPUT = sp.Matrix(sp.symbols("x_1 x_2", real=True))
SPREAD = sp.symbols("s_1 s_2", positive=True)
RESIDUAL = (U * W * INPUT - TEACHER * INPUT)[0] - epsilon
LAW = Gaussian([*INPUT, epsilon], [0, 0, 0], sp.diag(*SPREAD, sigma**2))

SYMBOLS = {
    U[0]: "weight of the second layer; likewise $u_2$",
    W[0]: "weight of the first layer; likewise the others",
    TEACHER[0]: r"teacher, $y = v\cdot x + \varepsilon$",
    SPREAD[0]: r"variance of $x_1$; likewise $s_2$",
    sigma: r"standard deviation of the label noise $\varepsilon$",
}


@cache
def model() -> Model:
    r"""Two inputs, two hidden units, one output: :math:`\ell = \|UWx - y\|^2`."""
    return Model([*U, *W], RESIDUAL**2, LAW)


def mean(side: sp.MatrixBase) -> sp.Matrix:
    """The mean over the data, entry by entry."""
    return sp.Matrix(side).applyfunc(lambda entry: expectation(entry, LAW))


@cache
def second_moments() -> tuple[sp.Matrix, sp.Matrix, sp.Matrix]:
    r""":math:`E[\|r\|^2xx^\top]`, :math:`E[\|x\|^2rr^\top]`, and :math:`E[rx^\top]`, by integration."""
    weighted = mean(RESIDUAL**2 * INPUT * INPUT.T), mean(sp.Matrix([INPUT.dot(INPUT) * RESIDUAL**2]))
    return *weighted, mean(RESIDUAL * INPUT.T)


GAMMA_W = sp.Matrix(2, 2, sp.symbols("Gamma_11 Gamma_12 Gamma_12 Gamma_22", real=True))
GAMMA_U = sp.Symbol("Gamma_U", real=True)


def gammas(means: int = 0) -> dict[sp.Basic, sp.Expr]:
    r"""What :math:`\Gamma_W` and :math:`\Gamma_U` stand for, with so many times the squared means subtracted."""
    for_W, for_U, m = second_moments()
    matrix = for_W - means * m.T * m
    meant = {GAMMA_W[i, j]: sp.expand(matrix[i, j]) for i in (0, 1) for j in (0, 1) if i <= j}
    return meant | {GAMMA_U: sp.expand(for_U[0] - means * (m * m.T)[0])}


@paper.claim(
    "SYM-19", "Section 4.3, Theorem 2, Eqs. (14), (15); Appendix B, Eqs. (39) to (52)",
    symbols=SYMBOLS | {sp.Symbol("e_1", positive=True): "variance of the first input; likewise $e_2$",
                       sp.Symbol("f_1", positive=True): "variance of the first label's noise; likewise $f_2$",
                       sp.Symbol("kappa", nonnegative=True): r"$\gamma/T$"},
    source=Source.RECONSTRUCTION, grade=Grade.CONDITION,
)  # fmt: skip
def balance_of_two_layers():
    r"""Balance of two linear layers.

    $W\Gamma_WW^\top = U^\top\Gamma_UU$ with $\Gamma_W = E[\|r\|^2xx^\top]$ and $\Gamma_U = E[\|x\|^2rr^\top]$, up to
    weight decay; $U = \Gamma_U^{-1/2}LS^{1/2}F$ and $W = F^\top S^{1/2}R\,\Gamma_W^{-1/2}$.
    - The page's definitions of both $\Gamma$ are lost; these are the ones that its (16) and its proof go on from.
    - With the covariance of the gradient, which (5) has, the means $m = E[rx^\top]$ are subtracted; both agree at
      critical points. With second moments it is the law of SGD at batch size 1.
    - The sign of the page's (47) is lost; it is read as the charge moves. One output, two inputs and hidden units.
    """
    yield equals(
        r"flow: $\frac1T\frac{d}{dt}(U^\top U - WW^\top)$",
        printed=4 * (W * GAMMA_W * W.T - U.T * U * GAMMA_U),
        where=gammas(),
        corrected=gammas(means=1),
        derived=lambda: noise_imbalance(U, W, [*U, *W], model().covariance),
        wrong={"means counted twice": gammas(means=2)},
        says=r"$4(W\Gamma_WW^\top - U^\top\Gamma_UU)$; corrected: $\Gamma_W - m^\top m$ and $\Gamma_U - mm^\top$.",
        corrected_says=r"$\Gamma_W - m^\top m$ and $\Gamma_U - mm^\top$ for $\Gamma_W$ and $\Gamma_U$",
        mutated=False,
    )
    yield from _closed_solution()
    yield _norms_at_rest()


def _closed_solution() -> Iterator[Statement]:
    g_1, g_2, h_1, h_2, z_1, z_2 = sp.symbols("g_1 g_2 h_1 h_2 z_1 z_2", positive=True)
    rotation = sp.Matrix([[sp.Rational(3, 5), sp.Rational(4, 5)], [-sp.Rational(4, 5), sp.Rational(3, 5)]])
    root = sp.diag(sp.sqrt(z_1), sp.sqrt(z_2))
    left, right = sp.diag(1 / sp.sqrt(g_1), 1 / sp.sqrt(g_2)), sp.diag(1 / sp.sqrt(h_1), 1 / sp.sqrt(h_2))
    weights = BalanceWeights(sp.diag(g_1, g_2), sp.diag(h_1, h_2))

    def residual(turn: sp.MatrixBase) -> sp.Matrix:
        return sp.Matrix(weights.residual(left * root * turn, rotation.T * root * right))

    yield equals(
        r"solution (52): $W\Gamma_WW^\top - U^\top\Gamma_UU$",
        printed=sp.zeros(2, 2),
        derived=lambda: residual(rotation),
        wrong={"layers turned against each other": residual(rotation.T)},
        says=r"$\Gamma_U$, $\Gamma_W$ and $Z$ diagonal, $F$ a rotation.",
    )


INPUT_VARIANCES, LABEL_VARIANCES = sp.symbols("e_1 e_2", positive=True), sp.symbols("f_1 f_2", positive=True)
DECAY = sp.Symbol("kappa", nonnegative=True)
r""":math:`\gamma/T`."""


@cache
def two_by_two() -> Model:
    r""":math:`\ell = \|UWx - y\|^2`, :math:`y = x + \varepsilon`, of two inputs, hidden units and outputs.

    Inputs have the variances 4 and 1, label noise 1/16 and 1.
    """
    first, second = (
        sp.Matrix(2, 2, sp.symbols(f"{name}_11 {name}_12 {name}_21 {name}_22", real=True)) for name in "uw"
    )
    inputs, labels = sp.Matrix(sp.symbols("x_1 x_2", real=True)), sp.Matrix(sp.symbols("y_1 y_2", real=True))
    signs = itertools.product((-1, 1), repeat=4)
    points = [[2 * i, j, 2 * i + sp.Rational(k, 4), j + m] for i, j, k, m in signs]
    residual = first * second * inputs - labels
    return Model([*first, *second], residual.dot(residual), Empirical([*inputs, *labels], points))


def _norms_at_rest() -> Statement:
    r"""The squared norms of both layers at (52) for :math:`V = I` and diagonal covariances, and those of SGD."""

    def norms(ratios: list[sp.Expr]) -> sp.Expr:
        """From the squared ratios of the entries of both layers."""
        return sum(map(sp.sqrt, ratios)) / sum(1 / sp.sqrt(ratio) for ratio in ratios)

    def of(inputs: tuple[sp.Symbol, ...], labels: tuple[sp.Symbol, ...], decay: sp.Expr) -> sp.Expr:
        return norms(
            [(sum(labels) * e + decay) / (sum(inputs) * f + decay) for e, f in zip(inputs, labels, strict=True)]
        )

    def derived() -> sp.Expr:
        one, inputs, labels = sp.eye(2), sp.diag(*INPUT_VARIANCES), sp.diag(*LABEL_VARIANCES)
        found = balance_weights(one, one, inputs, labels, decay_per_temperature=2 * DECAY)
        return norms([found.gamma_W[i, i] / found.gamma_U[i, i] for i in (0, 1)])

    values = dict(zip((*INPUT_VARIANCES, *LABEL_VARIANCES, DECAY), (4, 1, sp.Rational(1, 16), 1, 1), strict=True))
    layers = [sum(weight**2 for weight in two_by_two().weights[k : k + 4]) for k in (0, 4)]
    return equals(
        r"layers at rest: $\|U\|^2/\|W\|^2$",
        printed=of(INPUT_VARIANCES, LABEL_VARIANCES, DECAY),
        derived=derived,
        wrong={
            "without the decay": of(INPUT_VARIANCES, LABEL_VARIANCES, sp.S.Zero),
            "covariances exchanged": of(LABEL_VARIANCES, INPUT_VARIANCES, DECAY),
            "even": sp.S.One,
            "eight per cent more": sp.Rational(27, 25) * of(INPUT_VARIANCES, LABEL_VARIANCES, DECAY),
        },
        measured=descended(
            "SGD at rest, with weight decay",
            two_by_two,
            layers[0] / layers[1],
            lambda ratio: ratio.subs(values),
            at={RATE: "1/200"},
            start=("1", "1/2", "-1/2", "1", "1", "0", "1/2", "1"),
            steps=20_000,
            weight_decay=2 * eta,
            refined=4,
        ),
        says=r"(52) for $V = I$ and diagonal covariances; both are anisotropic, $\kappa = \gamma/T$.",
        mutated=False,
    )


@paper.claim("SYM-45", "Appendix B, Eqs. (50), (51)", symbols=SYMBOLS, source=Source.RECONSTRUCTION)
def singular_values_of_balanced_layers():
    r"""Singular values of balanced layers.

    From $U'^\top U' = W'W'^\top$: "[$U'$] and [$W'^\top$] must have the same right singular vectors and singular
    values".
    - The vectors can be chosen so; where singular values coincide it is the subspaces that are the same.
    """
    a, b, c, d = sp.symbols("a b c d", real=True)
    first = sp.Matrix([[a, b], [c, d]])
    turn = sp.Matrix([[sp.Rational(3, 5), -sp.Rational(4, 5)], [sp.Rational(4, 5), sp.Rational(3, 5)]])
    second = (turn * first).T

    def invariants(matrix: sp.MatrixBase) -> sp.Matrix:
        return sp.Matrix([matrix.trace(), matrix.det()])

    yield equals(
        r"assumption: $W'W'^\top$",
        printed=first.T * first,
        derived=lambda: second * second.T,
        wrong={"transposed": first * first.T},
        says="$W'^\\top$ is $U'$ turned: any pair that is balanced is of this kind.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"squared singular values: $\text{trace and determinant of }W'^\top W'$",
        printed=invariants(first * first.T),
        derived=lambda: invariants(second.T * second),
        wrong={"one factor": invariants(first)},
        mutated=False,
    )


NARROW = sp.Matrix([sp.symbols("w_1 w_2 w_3", real=True)])


@cache
def three_inputs_two_outputs() -> Model:
    r"""One hidden unit, inputs of variance 1, :math:`y = (x_1 + \varepsilon_1, \varepsilon_2)` with variances 1/4."""
    inputs, labels = sp.Matrix(sp.symbols("x_1:4", real=True)), sp.Matrix(sp.symbols("y_1 y_2", real=True))
    half = sp.S.Half
    points = [
        [*x, x[0] + half * i, half * j]
        for x in itertools.product((-1, 1), repeat=3)
        for i, j in itertools.product((-1, 1), repeat=2)
    ]
    residual = U.T * NARROW * inputs - labels
    return Model([*U, *NARROW], residual.dot(residual), Empirical([*inputs, *labels], points))


@paper.claim("SYM-20", "Section 4.3, Eq. (16)", symbols=SYMBOLS, source=Source.RECONSTRUCTION)
def balance_at_the_global_minimum():
    r"""Balance at the global minimum.

    $W\bar\Sigma_xW^\top = U^\top\bar\Sigma_\varepsilon U$ with $\bar\Sigma = \Sigma/\mathrm{Tr}\Sigma$, where $r =
    \varepsilon$. If both are isotropic, "the two layers will be perfectly aligned, and the overall balance depends
    only on input and output dimensions".
    """
    e_1, e_2 = sp.symbols("e_1 e_2", positive=True)
    inputs, labels = sp.diag(*SPREAD), sp.diag(e_1, e_2)

    def at_the_minimum(inputs: sp.MatrixBase, labels: sp.MatrixBase) -> BalanceWeights:
        target = sp.zeros(labels.rows, inputs.rows)
        return balance_weights(target, target, inputs, labels)

    def normalised(matrix: sp.MatrixBase) -> list[sp.Expr]:
        return [matrix[i, i] / matrix.trace() for i in range(matrix.rows)]

    both = labels.trace() * inputs.trace()
    yield equals(
        r"weights: $(\Gamma_W, \Gamma_U)/(\mathrm{Tr}\Sigma_x\mathrm{Tr}\Sigma_\varepsilon)$",
        printed=sp.Matrix([*normalised(inputs), *normalised(labels)]),
        derived=lambda: sp.Matrix(
            [
                *(at_the_minimum(inputs, labels).gamma_W[i, i] / both for i in (0, 1)),
                *(at_the_minimum(inputs, labels).gamma_U[i, i] / both for i in (0, 1)),
            ]
        ),
        wrong={"covariances exchanged": sp.Matrix([*normalised(labels), *normalised(inputs)])},
        says="Diagonals of both matrices.",
        mutated=False,
    )
    a, b = sp.symbols("a b", positive=True)

    def ratio() -> sp.Expr:
        weights = at_the_minimum(a * sp.eye(3), b * sp.eye(2))
        return sp.cancel(weights.gamma_W[0, 0] / weights.gamma_U[0, 0])

    yield equals(
        r"isotropic: $U^\top U = \kappa\,WW^\top,\ \kappa$",
        printed=sp.Rational(2, 3),
        derived=ratio,
        wrong={
            "dimensions exchanged": sp.Rational(3, 2),
            "balanced norms": sp.S.One,
            "a tenth more": sp.Rational(11, 15),
        },
        measured=descended(
            "SGD at rest, one hidden unit",
            three_inputs_two_outputs,
            sum(unit**2 for unit in U) / sum(weight**2 for weight in NARROW),
            lambda ratio: ratio,
            at={RATE: "1/50"},
            start=("1", "0", "1", "0", "0"),
            steps=10_000,
            averaged=800,
            refined=4,
        ),
        says=r"$d_y/d_x$ with three inputs and two outputs.",
    )


WIDTH, SIZE, GAIN = sp.symbols("d n c", positive=True)


@paper.claim(
    "SYM-21c", "Section 4.3, after Eq. (17)", source=Source.PAGE, grade=Grade.CONDITION,
    symbols={sigma: SYMBOLS[sigma], WIDTH: "hidden width", SIZE: "inputs and outputs, $d_x = d_y$",
             GAIN: "gain of an initialisation: variances $c/\\text{fan-in}$, $c/(d + d_x)$"},
)  # fmt: skip
def sharpness_from_initialisation_to_end():
    r"""Xavier initialisation sharpens a little, Kaiming initialisation flattens.

    Xavier: [$S_{\mathrm{init}}\approx S_{\mathrm{end}}$] "(but slightly smaller)", "a small sharpening during training
    (but not by much [...])". Kaiming: "it always holds that [$S_{\mathrm{init}}\ge S_{\mathrm{end}}$], and so the
    stability improves as the training proceeds"; "The only case when the Kaiming init. does not experience progressive
    flattening is when [$d = d_x$]".
    - The variances are lost. The prose fits the gain $c = 1$ in both: with the usual gain 2, Xavier never sharpens a
      wide network, and Kaiming flattens at $d = d_x$ as well, by the factor 2.
    - With (17) as printed Kaiming flattens always; at the balance that Theorem 2 gives for a narrow network (SYM-21b)
      it needs enough label noise: four inputs, hidden width 2.
    """
    xavier, kaiming = 4 * GAIN * WIDTH * SIZE**2 / (WIDTH + SIZE), 2 * GAIN * SIZE * (WIDTH + SIZE)
    for name, start, factor, other in (
        ("Xavier", xavier, GAIN * WIDTH / (WIDTH + SIZE), GAIN * SIZE / (WIDTH + SIZE)),
        ("Kaiming", kaiming, GAIN * (WIDTH + SIZE) / (2 * SIZE), GAIN * (WIDTH + SIZE) / (2 * WIDTH)),
    ):
        yield equals(
            rf"{name}, factor: $S_{{\mathrm{{init}}}}/S_{{\mathrm{{end}}}}$",
            printed=factor,
            derived=lambda start=start: sp.cancel(start / wide_end(SIZE)),
            wrong={"width for the inputs": other, "of one layer": factor / 2},
            says=r"With (17), $d\ge d_x$.",
            remark=True,
            mutated=False,
        )
    yield from under(
        {
            "gain 1": {"derived": lambda: _smaller(xavier.subs(GAIN, 1) - wide_end(SIZE))},
            "gain 2": {"derived": lambda: _smaller(xavier.subs(GAIN, 2) - wide_end(SIZE))},
        },
        holds_when,
        r"Xavier: $S_{\mathrm{init}} < S_{\mathrm{end}}$",
        printed=sp.true,
        wrong={"for the wider ones": WIDTH > 2 * SIZE},
        domain=(WIDTH >= SIZE,),
        mutated=False,
    )
    yield holds_when(
        r"Xavier, narrow: $S_{\mathrm{init}} < S_{\mathrm{end}}$",
        printed=sp.true,
        derived=lambda: sp.Lt(xavier.subs({GAIN: 1, SIZE: 4, WIDTH: 2}), autoencoder_sharpness(4, 2, sigma**2)),
        wrong={"for weak noise": sigma**2 <= 1, "for strong noise": sigma**2 >= 1},
        says="Gain 1, four inputs, hidden width 2.",
    )
    yield holds_when(
        r"flattening: $S_{\mathrm{init}}\ge S_{\mathrm{end}}$",
        printed=sp.true,
        corrected=sp.Ge(sigma**2, 1 / (5 + 3 * sp.sqrt(5))),
        derived=lambda: sp.Ge(kaiming.subs({GAIN: 1, SIZE: 4, WIDTH: 2}), autoencoder_sharpness(4, 2, sigma**2)),
        wrong={"for weak noise": sp.Le(sigma**2, 1 / (5 + 3 * sp.sqrt(5))), "ten times the noise": sigma**2 >= 1},
        says=r"Kaiming, $S_{\mathrm{init}} = 2d_x(d + d_x)$; four inputs, hidden width 2.",
    )


def _smaller(difference: sp.Expr) -> sp.logic.boolalg.Boolean:
    """Whether a rational function of positive symbols is negative."""
    numerator, _ = sp.fraction(sp.factor(difference))
    return sp.Lt(numerator, 0)
