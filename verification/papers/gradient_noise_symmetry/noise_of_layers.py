r"""Section 3.3: balance of the noise of layers at the end of training, with biases, residual layers and decay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry, noether_flow
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.orbit_potential import orbit_potential
from verification.authoring.shorthand import Grade, agrees, equals
from verification.papers.gradient_noise_symmetry.descent import RATE, descended, noise, u, v, w, y
from verification.papers.gradient_noise_symmetry.paper import T, gamma, paper

a_1, a_2, b, c_1, c_2, x, x_2, y_1, y_2 = sp.symbols("a_1 a_2 b c_1 c_2 x x_2 y_1 y_2", real=True)
offset, spread = sp.Symbol("m", real=True), sp.Symbol("k", positive=True)


@cache
def saturating_product() -> Model:
    r""":math:`\ell = \frac12(u\tanh w - y)^2` with :math:`y = v \pm s` alike often."""
    return Model([u, w], (u * sp.tanh(w) - y) ** 2 / 2, Empirical([y], [[v - noise], [v + noise]]))


POINTS = ((1, 1, 3), (1, 1, 1), (1, -1, 2), (1, -1, 0), (-1, 1, 1), (-1, 1, -1))


@cache
def one_unit(activation: str) -> Model:
    """One hidden unit of two inputs, linear or rectified, on six samples that it does not fit."""
    z = a_1 * x + a_2 * x_2
    f = c_1 * (z if activation == "linear" else sp.Max(0, z))
    return Model([a_1, a_2, c_1], (f - y) ** 2 / 2, Empirical([x, x_2, y], POINTS))


def second_moment(model: Model, weights: tuple[sp.Symbol, ...]) -> sp.Expr:
    r""":math:`E\|\hat g\|^2` of some weights at batch size 1."""
    square = sum(sp.diff(model.loss, weight) ** 2 for weight in weights)
    variables, points = model.law.variables, model.law.points
    return sum(square.subs(dict(zip(variables, point, strict=True))) for point in points) / len(points)


@cache
def unit_with_bias() -> Model:
    r"""One unit with a bias, :math:`c(ax + b)`, inputs :math:`\pm k`, labels with noise."""
    signs = ((i, j) for i in (1, -1) for j in (1, -1))
    points = [[i * spread, i * spread * v + offset + j * noise] for i, j in signs]
    return Model([a_1, b, c_1], (c_1 * (a_1 * x + b) - y) ** 2 / 2, Empirical([x, y], points))


@cache
def unit_with_two_outputs() -> Model:
    r"""Weights :math:`(c, c_2)` out of a unit and :math:`a` into it, inputs 1, independent noise of both labels."""
    points = [[v + i * noise, j * noise] for i in (1, -1) for j in (1, -1)]
    loss = ((c_1 * a_1 - y_1) ** 2 + (c_2 * a_1 - y_2) ** 2) / 2
    return Model([a_1, c_1, c_2], loss, Empirical([y_1, y_2], points))


def layers_at_rest(
    model: Model, position: Sequence[sp.Expr], incoming: int, weight_decay: sp.Expr = sp.S.Zero
) -> tuple[sp.Expr, ...]:
    """The noise of each weight where an orbit of rescalings rests; the first ``incoming`` weights go into the unit."""
    weights = model.weights
    field = [weight if k < incoming else -weight for k, weight in enumerate(weights)]
    at = dict(zip(weights, position, strict=True))
    sigma = model.covariance.subs(at)
    rescaling = OneParameterSymmetry(model, field).generator
    potential = orbit_potential(rescaling, position, sigma, temperature=T, weight_decay=weight_decay)
    place = noise_equilibrium(potential).closed_form
    return tuple(sigma[k, k] * sp.exp(-2 * place if k < incoming else 2 * place) for k in range(len(weights)))


def ratio_of(incoming: Sequence[sp.Expr], outgoing: Sequence[sp.Expr]) -> sp.Expr:
    r"""The sum of some noises over that of others."""
    return sp.cancel(sp.powsimp(sp.expand(sp.Add(*incoming)) / sp.expand(sp.Add(*outgoing)), force=True))


@paper.claim(
    "SYM-31", "Section 3.3", grade=Grade.CONDITION,
    symbols={
        u: "outgoing weight", w: "incoming weight", v: r"teacher, $y = v \pm s$", noise: "size of the noise",
        spread: r"inputs are $\pm k$", T: r"temperature $\eta/S$", gamma: "weight decay",
    },
)  # fmt: skip
def noise_of_different_layers():
    r"""Noise of different layers at the end of training.

    "the gradient noise between different layers of a deep neural network should be balanced at the end of training".
    - Balanced are layers with a homogeneous activation between them, without weight decay. With others they are not:
      behind tanh the incoming weight ends with less noise, the less the more its unit saturates.
    - A bias belongs to its layer: with it the layers are balanced, their weights alone are not. Residual layers are
      balanced too. With weight decay what is balanced is noise and decay, (9).
    - Of steps of finite size it is the second moment of the gradient that is balanced.
    - Derived from the slow flow of label noise, which lowers $\|\nabla f\|^2$ along the minima $f = v$.
    """
    yield equals(
        r"product: $\mathrm{Tr}\,\Sigma_w/\mathrm{Tr}\,\Sigma_u$",
        printed=sp.S.One,
        derived=lambda: ratio_at_rest(w),
        wrong={"a tenth apart": sp.Rational(11, 10)},
        says="Two weights, without an activation.",
    )
    yield equals(
        r"unit with a bias: $\mathrm{Tr}\,\Sigma_{w,b}/\mathrm{Tr}\,\Sigma_u$",
        printed=sp.S.One,
        derived=lambda: ratio_of(_with_bias()[:2], _with_bias()[2:]),
        wrong={"the weight alone": spread**2 / (1 + spread**2), "the bias alone": 1 / (1 + spread**2)},
        says=r"$f = u(wx + b)$ with inputs $\pm k$: the bias is a weight of its layer.",
    )
    yield equals(
        r"weight beside a bias: $\Sigma_w/\Sigma_u$",
        printed=spread**2 / (1 + spread**2),
        derived=lambda: ratio_of(_with_bias()[:1], _with_bias()[2:]),
        wrong={"balanced": sp.S.One, "share of the bias": 1 / (1 + spread**2)},
        remark=r"A result of ours: $E x^2/(1 + E x^2)$.",
        mutated=False,
    )
    yield equals(
        r"residual layers: $\frac{1}{T}\frac{d}{dt}\left((1+u)^2 - (1+w)^2\right)$",
        printed=noise**2 * ((1 + w) ** 2 - (1 + u) ** 2),
        derived=_residual_layers,
        wrong={"of the weights beside the identity": noise**2 * (w**2 - u**2)},
        says=r"$f = (1+u)(1+w)x$: at rest where $\Sigma_u = \Sigma_w$.",
        mutated=False,
    )
    yield equals(
        r"with weight decay: $\mathrm{Tr}\,\Sigma_w/\mathrm{Tr}\,\Sigma_u$",
        printed=(T * noise**2 + 2 * gamma) / (T * noise**2 + 4 * gamma),
        derived=_with_decay,
        wrong={
            "balanced": sp.S.One,
            "decay of the other layer": (T * noise**2 + 4 * gamma) / (T * noise**2 + 2 * gamma),
            "half the decay": (T * noise**2 + gamma) / (T * noise**2 + 2 * gamma),
        },
        remark="A result of ours: one unit of one input and two outputs, each with label noise.",
        mutated=False,
    )
    for activation in ("linear", "rectified"):
        yield agrees(
            f"{activation} unit",
            r"E\|\hat g_{\mathrm{in}}\|^2 - E\|\hat g_{\mathrm{out}}\|^2",
            printed=sp.S.Zero,
            wrong={"a tenth of the noise of a layer": sp.Rational(1, 5)},
            measured=descended(
                "under SGD at rest",
                partial(one_unit, activation),
                noise_gap(activation),
                lambda gap: gap,
                at={RATE: "1/20"},
                start=("2", "1/2", "1/2"),
                steps=4_000,
                averaged=200,
                absolute=0.1,
            ),
        )
    yield equals(
        r"tanh: $\mathrm{Tr}\,\Sigma_w/\mathrm{Tr}\,\Sigma_u$",
        printed=sp.S.One,
        corrected=1 / sp.cosh(2 * w),
        derived=lambda: ratio_at_rest(sp.tanh(w)),
        wrong={
            "of half the argument": 1 / sp.cosh(w),
            "the other way": sp.cosh(2 * w),
            "a tenth more": sp.Rational(11, 10) / sp.cosh(2 * w),
        },
        measured=descended(
            "ratio of SGD at rest, from w = 3/5",
            saturating_product,
            (u / sp.cosh(w) ** 2 / sp.tanh(w)) ** 2,
            lambda ratio: ratio.subs(w, place_at_rest(sp.tanh(w), sp.Rational(89, 125))),
            at={RATE: "1/25", v: "89/125", noise: "1"},
            start=("133/100", "3/5"),
            steps=10_000,
            averaged=400,
            refined=4,
        ),
        says="One hidden unit, at the place $w$ where it comes to rest.",
        mutated=False,
    )


def _with_bias() -> tuple[sp.Expr, ...]:
    return layers_at_rest(unit_with_bias(), [v, offset, 1], 2)


def _with_decay() -> sp.Expr:
    first, *others = layers_at_rest(unit_with_two_outputs(), [1, v, 0], 1, 2 * gamma)
    return ratio_of([first], others)


def _residual_layers() -> sp.Expr:
    r"""The drift of :math:`(1+u)^2 - (1+w)^2` in :math:`(1+u)(1+w)`, over T."""
    model = Model([u, w], ((1 + u) * (1 + w) - y) ** 2 / 2, Empirical([y], [[v - noise], [v + noise]]))
    return 2 * noether_flow(OneParameterSymmetry(model, [1 + u, -(1 + w)]), 1).drift / eta


def noise_gap(activation: str) -> sp.Expr:
    """The second moment of the incoming weights' gradient minus that of the outgoing one's."""
    model = one_unit(activation)
    return second_moment(model, (a_1, a_2)) - second_moment(model, (c_1,))


def _rest(unit: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    r"""The squared teacher of which w is the resting place, and the ratio of the noises there.

    Along :math:`u\phi(w) = v` the slow flow lowers :math:`\phi^2 + v^2(\phi'/\phi)^2`.
    """
    outgoing, incoming = unit**2, (sp.diff(unit, w) / unit) ** 2
    square = -sp.diff(outgoing, w) / sp.diff(incoming, w)
    return square, square * incoming / outgoing


def ratio_at_rest(unit: sp.Expr) -> sp.Expr:
    """The noise of the incoming weight over that of the outgoing one, where label noise leaves them."""
    return sp.simplify(_rest(unit)[1].rewrite(sp.exp))


def place_at_rest(unit: sp.Expr, teacher: sp.Rational) -> sp.Float:
    """The resting place for a teacher, by Newton's method."""
    return sp.nsolve(_rest(unit)[0] - teacher**2, w, 1)
