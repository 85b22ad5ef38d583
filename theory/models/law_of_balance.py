r"""The law of balance: a loss of the outer product :math:`uw^\top`, and what its noise does to the two norms.

The loss of a sample is :math:`\tilde l(uw^\top)`, with :math:`u \in R^a`, :math:`w \in R^b` and
:math:`A_{ki} = \partial\tilde l/\partial(u_iw_k)`, a random matrix of shape ``(b, a)``. Its one symmetry (a
certificate says so) is :math:`u \to e^su`, :math:`w \to e^{-s}w`; the charge moves along

.. math::
    \tfrac d{dt}(|u|^2 - |w|^2) = -T\,(u^\top C_1u - w^\top C_2w), \qquad
    C_1 = E[A^\top A] - E A^\top\,E A, \quad C_2 = E[AA^\top] - E A\,E A^\top ,

with :math:`T = \eta/\beta`, and in a step of descent on a batch with the mean matrix :math:`\hat A` by exactly
:math:`\eta^2(|\hat A^\top w|^2 - |\hat Au|^2)`. Where :math:`C_1 = C_2 = cI` it decays at the rate :math:`Tc`;
where they differ it need not tend to 0. On a frozen orbit it rests at

.. math:: e^{4s^*} = \frac{w^\top C_2w}{u^\top C_1u},

where noise balances noise, and norms only for :math:`C_1 = C_2 = cI`.

Derived from the loss :math:`w^\top Au` with a random A, which has the gradient of :math:`\tilde l` at the point.

References:
    Ziyin, Li, Wu, "Law of Balance and Stationary Distribution of Stochastic Gradient Descent" (2023), by topic.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.gradient_noise.data_law import NamedMoments
from theory.gradient_noise.model import Model
from theory.notation import beta, eta
from theory.symmetry.find import find_affine_symmetries
from theory.symmetry.noether import noether_flow
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.one_parameter import OneParameterSymmetry
from theory.symmetry.orbit_potential import orbit_potential
from theory.values import count


def outer_product_vectors(a: int, b: int) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    r"""The vectors u and w. Shapes ``(a, 1)`` and ``(b, 1)``."""
    sizes = count(a, "a", at_least=1, at_most=3), count(b, "b", at_least=1, at_most=3)
    u, w = (sp.ImmutableMatrix(sp.symbols(f"{name}_1:{n + 1}", real=True)) for name, n in zip("uw", sizes, strict=True))
    return u, w


def outer_product_slopes(a: int, b: int) -> sp.ImmutableMatrix:
    r"""The matrix A, data. Shape ``(b, a)``."""
    columns, rows = count(a, "a", at_least=1, at_most=3), count(b, "b", at_least=1, at_most=3)
    return sp.ImmutableMatrix(rows, columns, lambda k, i: sp.Symbol(f"A_{k + 1}{i + 1}", real=True))


def outer_product_model(a: int, b: int) -> Model:
    r"""The loss :math:`w^\top Au` with a matrix of unknown law."""
    (u, w), A = outer_product_vectors(a, b), outer_product_slopes(a, b)
    return Model([*u, *w], (w.T * A * u)[0], NamedMoments([*A], highest=2))


def outer_product_symmetry(a: int, b: int) -> OneParameterSymmetry:
    r"""The only affine symmetry of :func:`outer_product_model`, as the finder has it.

    Example:
        >>> outer_product_symmetry(2, 1).charge
        u_1**2/2 + u_2**2/2 - w_1**2/2
    """
    problem = outer_product_model(a, b)
    found = find_affine_symmetries(problem)
    if not (found.is_complete and found.dimension == 1):
        raise AssertionError(f"an outer product has one symmetry, found {found}")
    return OneParameterSymmetry(problem, found.generators[0])


def noise_forms(a: int, b: int) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    r"""The matrices :math:`C_1` and :math:`C_2`, in the moments of A. Shapes ``(a, a)`` and ``(b, b)``.

    Example:
        >>> noise_forms(1, 1)[0]
        Matrix([[-m_A_11**2 + m_A_11A_11]])
    """
    law, A = outer_product_model(a, b).law, outer_product_slopes(a, b)
    place = {entry: n for n, entry in enumerate(A)}

    def covariance(first: sp.Symbol, second: sp.Symbol) -> sp.Expr:
        def moment(*factors: sp.Symbol) -> sp.Expr:
            powers = [0] * len(place)
            for factor in factors:
                powers[place[factor]] += 1
            return law.moment(tuple(powers))  # type: ignore[union-attr]

        return moment(first, second) - moment(first) * moment(second)

    def form(n: int, length: int, entry: Callable[[int, int], sp.Symbol]) -> sp.ImmutableMatrix:
        return sp.ImmutableMatrix(n, n, lambda i, j: sum(covariance(entry(k, i), entry(k, j)) for k in range(length)))

    return form(a, b, lambda k, i: A[k, i]), form(b, a, lambda i, k: A[k, i])


def drift_of_balance(a: int, b: int) -> sp.Expr:
    r""":math:`\frac d{dt}(|u|^2 - |w|^2)` under the stochastic gradient flow.

    Example:
        >>> sp.factor(drift_of_balance(1, 1))
        eta*(m_A_11**2 - m_A_11A_11)*(u_1 - w_1)*(u_1 + w_1)/beta
    """
    return 2 * noether_flow(outer_product_symmetry(a, b), beta).drift


def change_in_a_step(a: int, b: int) -> sp.Expr:
    r"""The exact change of :math:`|u|^2 - |w|^2` in a step, with the slopes of the batch in A.

    Example:
        >>> sp.factor(change_in_a_step(1, 1))
        -A_11**2*eta**2*(u_1 - w_1)*(u_1 + w_1)
    """
    found = outer_product_symmetry(a, b)
    weights, charge = sp.Matrix(found.weights), found.charge
    step = weights - eta * sp.Matrix(outer_product_model(a, b).sample_gradient)
    return sp.expand(2 * (charge.subs(dict(zip(weights, step, strict=True)), simultaneous=True) - charge))


def place_of_rest(a: int, b: int) -> sp.Expr:
    r""":math:`e^{4s^*}` on the frozen orbit through u, w.

    Example:
        >>> place_of_rest(1, 1)
        w_1**2/u_1**2
    """
    found = outer_product_symmetry(a, b)
    potential = orbit_potential(found.generator, found.weights, found.problem.covariance, temperature=eta / beta)  # type: ignore[union-attr]
    place = noise_equilibrium(potential).closed_form
    assert place is not None  # two rates, 2 and -2
    return sp.exp(4 * place)
