r"""Sections 2, 3.2 and 5: which symmetries the framework has, and what they are called elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.symmetry import noether_flow
from theory.symmetry.one_parameter import OneParameterSymmetry, slope_along
from theory.symmetry.textbook import double_rotation
from verification.authoring.shorthand import Source, equals, holds_when
from verification.papers.gradient_noise_symmetry import balance
from verification.papers.gradient_noise_symmetry.applications import DIRECTION, B, U, W, b_11, b_22
from verification.papers.gradient_noise_symmetry.paper import (
    NOISE_SYMBOLS,
    PRODUCT_SYMBOLS,
    TEMPERATURE,
    WEIGHTS,
    S,
    T,
    paper,
    product_model,
    scale_invariant_model,
    sigma,
    u_1,
    u_2,
    w_1,
)

small = sp.Symbol("lambda", real=True)
QUERY = sp.Matrix(2, 2, sp.symbols("q_11 q_12 q_21 q_22", real=True))
KEY = sp.Matrix(2, 2, sp.symbols("k_11 k_12 k_21 k_22", real=True))
FIRST, SECOND = sp.Matrix(sp.symbols("x_1 x_2", real=True)), sp.Matrix(sp.symbols("z_1 z_2", real=True))
LABEL = sp.Symbol("y", real=True)


@dataclass(frozen=True)
class Transformation:
    r"""A finite transformation :math:`Q(\theta, \lambda)` of some weights, and a loss that it leaves alone.

    Attributes:
        weights: Theta.
        moved: Q at :math:`\lambda`, in the same order.
        loss: Of one sample.
        generator: The printed A.
        slips: Other matrices.
    """

    weights: Sequence[sp.Symbol]
    moved: Sequence[sp.Expr]
    loss: sp.Expr
    generator: sp.MatrixBase
    slips: Mapping[str, sp.MatrixBase]

    @cached_property
    def field(self) -> sp.Matrix:
        r""":math:`J = \partial_\lambda Q|_{\lambda=0}`."""
        return sp.Matrix([sp.diff(place, small).subs(small, 0) for place in self.moved])

    def linear_part(self) -> sp.Matrix:
        """The matrix of J, by differentiation."""
        return self.field.jacobian(list(self.weights)).applyfunc(sp.expand)

    def slope(self) -> sp.Expr:
        """The change of the loss along J."""
        return sp.expand(slope_along(self.field, self.loss, sp.Matrix(list(self.weights))))


def transformations() -> dict[str, Transformation]:
    """The examples of Definition 1, and keys with queries."""
    turn, rows = sp.eye(2) + small * B, sp.eye(2)
    score = (FIRST.T * QUERY.T * KEY * SECOND)[0]
    both = sp.kronecker_product(B, rows)
    pair = [*U, *W]
    return {
        "rescaling": Transformation(
            list(WEIGHTS),
            [(1 + small) * u_1, (1 + small) * u_2, *(w / (1 + small) for w in W)],
            product_model().loss,
            sp.diag(1, 1, -1, -1),
            {"both layers grow": sp.eye(4), "the first layer alone": sp.diag(1, 1, 0, 0)},
        ),
        "scaling": Transformation(
            [u_1, u_2, w_1],
            [(1 + small) * u_1, (1 + small) * u_2, w_1],
            scale_invariant_model().loss * w_1,
            sp.diag(1, 1, 0),
            {"weights that are not involved grow as well": sp.eye(3)},
        ),
        "double rotation": Transformation(
            pair,
            [*(U * turn), *(turn.inv() * W)],
            product_model().loss,
            sp.diag(B, -B),
            {"both turn alike": sp.diag(B, B), "the diagonal alone": sp.diag(b_11, b_22, -b_11, -b_22)},
        ),
        "keys and queries": Transformation(
            [*QUERY, *KEY],
            [*(turn * QUERY), *(turn.inv().T * KEY)],
            (score - LABEL) ** 2 / 2,
            sp.diag(both, -both),
            {
                "turned on the side of the tokens": sp.diag(
                    sp.kronecker_product(rows, B), -sp.kronecker_product(rows, B)
                )
            },
        ),
    }


@paper.claim("SYM-05", "Section 3.2, Definition 1", symbols=PRODUCT_SYMBOLS | DIRECTION, source=Source.RECONSTRUCTION)
def exponential_symmetry():
    r"""Exponential symmetry.

    $Q(\theta, \lambda) = \theta + \lambda A\theta + o(\lambda)$ "for a symmetric matrix [$A$]"; the definition "applies
    to" rescaling, scaling and double rotation. "it is possible for a subset of parameters to not to involve in the
    symmetry", and then $A$ "is low-rank".
    - Each is judged on a small model: $A$ by differentiation of the finite transformation, and the loss of a sample
      along it. Double rotations are of this kind for symmetric $B$; for others $A$ is not symmetric.
    """
    for name, case in transformations().items():
        yield equals(
            f"{name}, matrix",
            r"\partial_\theta J",
            printed=case.generator,
            derived=case.linear_part,
            wrong=case.slips,
            mutated=False,
        )
        other = sp.Matrix(list(case.slips.values())[0] * sp.Matrix(list(case.weights)))
        yield equals(
            f"{name}, loss of a sample",
            r"J\cdot\nabla\ell",
            printed=sp.S.Zero,
            derived=case.slope,
            wrong={
                "along another matrix": sp.expand(slope_along(other, case.loss, sp.Matrix(list(case.weights)))),
            },
        )
    a, c = sp.symbols("a c", real=True)
    yield holds_when(
        r"symmetric: $A = A^\top\text{ for the double rotation along }\begin{pmatrix}b_{11}&a\\c&b_{22}\end{pmatrix}$",
        printed=sp.Eq(a, c),
        derived=lambda: _curl_free(sp.Matrix([[b_11, a], [c, b_22]])),
        wrong={"always": sp.true, "for antisymmetric directions": sp.Eq(a, -c)},
        remark=True,
    )


def _curl_free(direction: sp.Matrix) -> sp.logic.boolalg.Boolean:
    """Whether the field of a double rotation has no curl, from one pair of its entries; the others repeat it."""
    field = sp.Matrix([*(U * direction), *(-direction * W)])
    curls = field.jacobian([*U, *W])
    gaps = {sp.expand(curls[i, j] - curls[j, i]) for i in range(4) for j in range(i)} - {sp.S.Zero}
    first, *others = gaps
    if any(sp.expand(other - first) != 0 and sp.expand(other + first) != 0 for other in others):
        raise AssertionError("the entries of the curl are not multiples of one")
    return sp.Eq(first, 0)


GAP = sp.symbols("d_1 d_2", real=True)


@paper.claim(
    "SYM-32", "Section 4.2, after Proposition 1; Section 5",
    symbols=balance.SYMBOLS | NOISE_SYMBOLS | {GAP[0]: "error of the map for $x_1$; likewise $d_2$"},
    source=Source.CONVERSION,
)  # fmt: skip
def diagonal_directions():
    r"""Diagonal directions and the law of balance.

    "For diagonal matrices, this solution reduces to the previous result"; Section 5: that setting is "the special case
    of the symmetric matrix being a diagonal matrix where some of the diagonal elements are one while others are zero".
    - The letter of that matrix is lost. It is read as the $B$ of Proposition 1, for which it holds: $B = E_{ii}$ is the
      rescaling of neuron $i$. The $A$ of Definition 1 has entries 1 and -1 then; with ones and zeros it is a scaling,
      which does not leave a product alone.
    - The law of balance: $\frac{d}{dt}(\|u\|^2 - \|w\|^2) = -T(u^\top C_1u - w^\top C_2w)$ for the weights into and out
      of a neuron, $C_1$ and $C_2$ from the slopes $g_k = \partial\ell/\partial(u_1w_{1k})$.
    """
    U, W = balance.U, balance.W
    inputs, gap = sp.diag(*balance.SPREAD), sp.Matrix(GAP)
    size, slope = (gap.T * inputs * gap)[0] + sigma**2, 2 * inputs * gap
    spread = 4 * size * inputs + slope * slope.T  # of 2 r x, by Isserlis
    incoming = W[0, :]

    def flow() -> sp.Expr:
        generator = double_rotation([*U, *W], U, W, sp.diag(1, 0))
        return 2 * noether_flow(OneParameterSymmetry(balance.model(), generator.field), S).drift

    growing, second = U[0] ** 2 * spread.trace(), spread + slope * slope.T
    yield equals(
        r"neuron: $\frac{d}{dt}(u_1^2 - \|w_1\|^2)\text{ by Proposition 1}$",
        printed=-T * (growing - (incoming * spread * incoming.T)[0]),
        where=TEMPERATURE | dict(zip(GAP, U * W - balance.TEACHER, strict=True)),
        derived=flow,
        wrong={
            "second moments": -T * (U[0] ** 2 * second.trace() - (incoming * second * incoming.T)[0]),
            "outgoing weights alone": -T * growing,
        },
        says=r"$-T(u_1^2\,\mathrm{Tr}\,C - w_1^\top Cw_1)$ with $C = \mathrm{Cov}(g)$; $B = E_{11}$, two hidden units.",
        mutated=False,
    )
    a, b = sp.symbols("a b", real=True)
    yield holds_when(
        r"matrix of the parameters: $\mathrm{diag}(a, b)\text{ leaves a product of two weights alone}$",
        printed=sp.Eq(a + b, 0),
        derived=lambda: sp.Eq(_slope_of_a_product(a, b), 0),
        wrong={"one and zero": sp.Eq(a, 1) & sp.Eq(b, 0), "both alike": sp.Eq(a, b)},
        remark=True,
    )


def _slope_of_a_product(a: sp.Symbol, b: sp.Symbol) -> sp.Expr:
    """The change of a loss of a product along diag(a, b), per unit of the product's slope."""
    u, w, product = sp.symbols("u w p", positive=True)
    loss = sp.Function("l")(product)
    slope = sp.diff(loss, product) * (a * u * sp.diff(u * w, u) + b * w * sp.diff(u * w, w))
    return sp.cancel(slope / (sp.diff(loss, product) * u * w))


@paper.claim("SYM-48", "Section 2", symbols={QUERY[0]: "weight of the representation; likewise the others"})
def variant_models():
    r"""A model that varies while its loss does not.

    "it is also possible for the model to be variant while the per-sample loss remains unchanged, which appears in
    self-supervised learning".
    - Judged on a loss of inner products of two representations. With one encoder $f = Qx$ the loss is left alone by
      rotations of $f$, which carry no charge: $\theta^\top A\theta = 0$. With two encoders it is a double rotation,
      and for symmetric $B$ there are charges.
    """
    f, g, other = QUERY * FIRST, QUERY * SECOND, KEY * SECOND
    weights, both = sp.Matrix(list(QUERY)), sp.Matrix([*QUERY, *KEY])
    spin = sp.Matrix([[0, -1], [1, 0]])
    turned = sp.Matrix(list(spin * QUERY))
    shared = sp.Matrix([*(B * QUERY), *(-B * KEY)])

    def loss(product: sp.Expr) -> sp.Expr:
        return sp.log(1 + sp.exp(-LABEL * product))

    def along(field: sp.Matrix, of: sp.Expr, theta: sp.Matrix) -> sp.Expr:
        return sp.cancel(sp.Matrix([of]).jacobian(theta).dot(field))

    def both_alike() -> sp.Expr:
        return 2 * along(sp.Matrix([*(B * QUERY), *sp.zeros(4, 1)]), loss(f.dot(other)), both)

    yield equals(
        r"one encoder, loss: $J\cdot\nabla\ell$",
        printed=sp.S.Zero,
        derived=lambda: along(turned, loss(f.dot(g)), weights),
        wrong={"a representation that grows": lambda: along(weights, loss(f.dot(g)), weights)},
        says=r"$\ell = \log(1 + e^{-y\,f(x)\cdot f(z)})$, $J$ a rotation of $f$.",
    )
    yield equals(
        r"one encoder, model: $J\cdot\nabla f(x)$",
        printed=sp.Matrix([-f[1], f[0]]),
        derived=lambda: f.jacobian(weights) * turned,
        wrong={"unchanged": sp.zeros(2, 1)},
        mutated=False,
    )
    yield equals(
        r"one encoder, charge: $\theta^\top A\theta$",
        printed=sp.S.Zero,
        derived=lambda: weights.dot(turned),
        wrong={"squared norm": weights.dot(weights)},
        remark="Rotations are no exponential symmetries: their matrix is antisymmetric.",
    )
    yield equals(
        r"two encoders, loss: $J\cdot\nabla\ell$",
        printed=sp.S.Zero,
        derived=lambda: along(shared, loss(f.dot(other)), both),
        wrong={"both turn alike": both_alike},
        says=r"$\ell = \log(1 + e^{-y\,f(x)\cdot g(z)})$, $J = (BQ, -BK)$.",
    )
    yield equals(
        r"two encoders, model: $J\cdot\nabla f(x)$",
        printed=B * f,
        derived=lambda: f.jacobian(both) * shared,
        wrong={"unchanged": sp.zeros(2, 1)},
        mutated=False,
    )
