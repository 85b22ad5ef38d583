r"""Section 4.3: layers at the end of training, and what the balance of their noise does to sharpness."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.models.two_layer_balance import autoencoder_sharpness, balance_weights, hessian_trace
from theory.notation import eta
from verification.authoring.shorthand import Kind, Source, bounds, equals, holds_when
from verification.forms import Experiment
from verification.papers.gradient_noise_symmetry.descent import RATE, descended
from verification.papers.gradient_noise_symmetry.figures.flattening import flattening_in_runs
from verification.papers.gradient_noise_symmetry.figures.isotropy import norms_under_sgd
from verification.papers.gradient_noise_symmetry.paper import paper

a_1, a_2, b, x, x_2, y_1, y_2 = sp.symbols("a_1 a_2 b x x_2 y_1 y_2", real=True)
s_1, s_2, e_1, e_2 = sp.symbols("s_1 s_2 e_1 e_2", positive=True)


@cache
def two_outputs() -> Model:
    r""":math:`\ell = (a_1b - y_1)^2 + (a_2b - y_2)^2` with :math:`y_1 = 1 \pm s_1`, :math:`y_2 = \pm s_2`."""
    points = [[1 + i * s_1, j * s_2] for i in (-1, 1) for j in (-1, 1)]
    return Model([a_1, a_2, b], (a_1 * b - y_1) ** 2 + (a_2 * b - y_2) ** 2, Empirical([y_1, y_2], points))


def first_layer_at_rest(
    name: str, start: tuple[str, str], predicted: Callable[[sp.Expr], sp.Expr], decay: sp.Expr = sp.S.Zero
) -> Experiment:
    r"""The weight b of :func:`two_outputs` under SGD, from a minimum :math:`(a_1, 0, b)`, at even noise 1/2.

    It relaxes along the minima in about 2000 steps and forgets its fluctuations across them in fewer than 100.

    Args:
        name: Of the experiment.
        start: :math:`a_1` and b.
        predicted: Candidate -> b.
        decay: :math:`\gamma/T`.
    """
    return descended(
        name,
        two_outputs,
        b,
        predicted,
        at={RATE: "1/40", s_1: "1/2", s_2: "1/2"},
        start=(start[0], "0", start[1]),
        steps=12_000,
        averaged=800,
        weight_decay=2 * decay * eta,
        refined=4,
    )


def sharpness_at_rest() -> sp.Expr:
    """The trace of the Hessian at the balance (16) of one input, one hidden unit and two outputs."""
    teacher, one = sp.Matrix([1, 0]), sp.eye(1)
    weights = balance_weights(teacher, teacher, one, sp.diag(e_1, e_2))
    fourth = sp.cancel((teacher.T * weights.gamma_U * teacher)[0] / weights.gamma_W[0])
    first = fourth ** sp.Rational(1, 4)
    return hessian_trace(teacher / first, sp.Matrix([[first]]), one)


OUTPUTS = {
    e_1: r"variance of the label noise of the first output, which has the teacher 1",
    e_2: r"that of the second, which has the teacher 0",
}


@paper.claim("SYM-36", "Section 4.3, last paragraph", symbols=OUTPUTS)
def sharpness_goes_either_way():
    r"""Sharpness goes either way.

    "Depending on the data distribution, the alignment can both increase and decrease the sharpness."
    - One input of variance 1, one hidden unit, two outputs: sharpening where the noise is with the output that has
      nothing to learn. At equal noise the balance is the flattest point of the orbit.
    """
    share = e_1 / (e_1 + e_2)
    end = 4 * sp.sqrt(share) + 2 / sp.sqrt(share)

    def run(first: str, second: str, rate: str) -> Experiment:
        values = {e_1: sp.Rational(first) ** 2, e_2: sp.Rational(second) ** 2}
        return descended(
            f"trace of the Hessian along SGD at rest, label noise {first} and {second}",
            two_outputs,
            4 * b**2 + 2 * (a_1**2 + a_2**2),
            lambda trace: trace.subs(values),
            at={RATE: rate, s_1: first, s_2: second},
            start=("10/7", "0", "7/10"),
            steps=36_000,
            averaged=400,
            refined=4,
        )

    yield equals(
        r"end of training: $S_{\mathrm{end}}$",
        printed=end,
        derived=sharpness_at_rest,
        wrong={
            "covariances exchanged": end.subs({e_1: e_2, e_2: e_1}, simultaneous=True),
            "the flattest point": 4 * sp.sqrt(2),
            "a tenth more": sp.Rational(11, 10) * end,
        },
        measured=[run("1/2", "1/2", "1/80"), run("1/4", "3/4", "1/50")],
        says="A result of ours, by (16); both runs start where the trace is 6.",
        remark=True,
        mutated=False,
    )
    yield holds_when(
        r"sharpening: $S_{\mathrm{end}} > S_{\mathrm{init}}\text{ from }b^2 = \tfrac12,\ a_1b = 1$",
        printed=e_2 > 3 * e_1,
        derived=lambda: sp.Gt(sharpness_at_rest(), 6),
        wrong={"never": sp.false, "always": sp.true, "for noise on the second output": e_2 > e_1},
        says="Both happen; the page names no condition, this one is ours.",
        domain=(e_2 > 0,),
    )


@cache
def two_inputs() -> Model:
    r""":math:`\ell = \|UWx - y\|^2`, :math:`y = x + \varepsilon`: inputs of variances 4 and 1, noise of variance 1."""
    U, W = (sp.Matrix(2, 2, sp.symbols(f"{name}_11 {name}_12 {name}_21 {name}_22", real=True)) for name in "uw")
    inputs, labels = sp.Matrix([x, x_2]), sp.Matrix([y_1, y_2])
    points = [[i * 2, j, i * 2 + k, j + l] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1) for l in (-1, 1)]
    residual = U * W * inputs - labels
    return Model([*U, *W], residual.dot(residual), Empirical([x, x_2, y_1, y_2], points))


def norm_ratio_at_rest() -> sp.Expr:
    r""":math:`\|U\|^2/\|W\|^2` at the balance (16) of an autoencoder of two inputs with even label noise, squared."""
    weights = balance_weights(sp.eye(2), sp.eye(2), sp.diag(e_1, e_2), sp.eye(2))
    squares = [sp.sqrt(weights.gamma_W[i, i] / weights.gamma_U[i, i]) for i in (0, 1)]
    upper, lower = sp.diag(*map(sp.sqrt, squares)), sp.diag(*(1 / sp.sqrt(square) for square in squares))
    if not weights.residual(upper, lower).applyfunc(sp.simplify).is_zero_matrix:
        raise AssertionError("these layers are not balanced")
    return sp.simplify((sum(squares) / sum(1 / square for square in squares)) ** 2)


@paper.claim(
    "SYM-26", "captions of version 3", symbols={e_1: "variance of the first input", e_2: "that of the second"},
    source=Source.RECONSTRUCTION, kind=Kind.FIGURE,
)  # fmt: skip
def norms_and_isotropic_inputs():
    r"""Norms are balanced for isotropic inputs only.

    - Known from captions that are not in the text at hand: under SGD the norms of both layers are balanced only if the
      covariance of the data is isotropic. Run for autoencoders of two inputs with even label noise, where it is so; it
      is no rule for every teacher: with unequal singular values there are anisotropic inputs whose effects cancel.
    """
    ratio = 4 * e_1 * e_2 / (e_1 + e_2) ** 2
    yield from norms_under_sgd()
    yield holds_when(
        r"balanced norms: $\|U\|^2 = \|W\|^2$",
        printed=sp.Eq(e_1, e_2),
        derived=lambda: sp.Eq(sp.numer(sp.together(norm_ratio_at_rest() - 1)), 0),
        wrong={"always": sp.true, "never": sp.false},
        remark="By (16), for these autoencoders.",
    )
    trained = [f"{name}_{i}{j}" for name in "uw" for i in (1, 2) for j in (1, 2)]
    squares = [sum(sp.Symbol(name, real=True) ** 2 for name in trained if name.startswith(layer)) for layer in "uw"]
    yield equals(
        r"ratio: $(\|U\|^2/\|W\|^2)^2$",
        printed=ratio,
        derived=norm_ratio_at_rest,
        wrong={"even": sp.S.One, "of the variances": e_2 / e_1, "15 % more": sp.Rational(23, 20) * ratio},
        measured=descended(
            "SGD at rest, inputs of variances 4 and 1",
            two_inputs,
            squares[0] / squares[1],
            lambda candidate: sp.sqrt(candidate.subs({e_1: 4, e_2: 1})),
            at={RATE: "1/200"},
            start=("1", "1/2", "-1/2", "1", "1", "0", "1/2", "1"),
            steps=20_000,
            refined=4,
        ),
        remark=True,
        mutated=False,
    )


n, d = sp.symbols("n d", positive=True)


@paper.claim("SYM-35", "Section 4.3, Figure 3 right", symbols={n: "inputs and outputs, $d_x = d_y$", d: "hidden width"})
def where_kaiming_initialisation_flattens_most():
    r"""Where Kaiming initialisation flattens most.

    "See Figure 3-right for an experiment when [...], where progressive flattening of Kaiming init. is the most
    significant."
    - The range is lost. For wide networks the trace falls by a factor that grows with the width without bound; variance
      1/fan-in, which fits the prose (SYM-21c). The trace at the end is (17), which holds for wide networks (SYM-21b).
    """
    ratio = (n + d) / (2 * n)

    def start() -> sp.Expr:
        """The mean trace at the start: 2 d d_y Tr Sigma_x (1/n + 1/d)."""
        return sp.expand(2 * d * n * n * (1 / n + 1 / d))

    yield equals(
        r"factor: $S_{\mathrm{init}}/S_{\mathrm{end}}$",
        printed=ratio,
        derived=lambda: sp.cancel(start() / wide_end(n)),
        wrong={"of both layers alike": (n + d) / n, "from the inputs alone": d / n},
        says=r"$d\ge d_x$.",
        domain=(d > n,),
    )
    yield bounds(
        r"growth: $\partial_d(S_{\mathrm{init}}/S_{\mathrm{end}})$",
        printed=1 / (2 * n),
        exact=lambda: sp.diff(sp.cancel(start() / wide_end(n)), d),
        relation=">=",
        wrong={"twice as fast": 1 / n},
        domain=(d > n,),
    )
    yield flattening_in_runs()


def wide_end(inputs: sp.Expr) -> sp.Expr:
    """The trace at the end of wide networks as a polynomial in the inputs, from its values at widths above them."""
    values = [(k, autoencoder_sharpness(k, width, 1)) for k in (1, 2, 3) for width in (k, k + 2)]
    found = sp.interpolate([(k, value) for k, value in values[::2]], n)
    if any(found.subs(n, k) != value for k, value in values):
        raise AssertionError("the trace at the end depends on the width of a wide network")
    return found.subs(n, inputs)
