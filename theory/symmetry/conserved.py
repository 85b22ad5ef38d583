r"""What a recursion conserves exactly: all polynomials of degree 1 or 2 in its joint state, with a certificate.

A quadratic charge of gradient flow moves in every step of descent. What a recursion :math:`z' = F(z, \xi)` keeps to the
last bit, for every noise :math:`\xi`, is a function :math:`q` with

.. math:: q(F(z, \xi)) = q(z) \qquad\text{for all } z, \xi,

a linear equation in the coefficients of :math:`q`. Both bounds are those of :mod:`theory.symmetry.find`: random points
from above, proofs from below. Momentum, moments of Adam and signs of gradients are coordinates and operations like
others. Every symbol that is no coordinate takes every value: data, and coefficients of a schedule unless a number is
put for them.

Sign descent and Adam move each weight by a function of its own gradients; equal or opposite gradients leave sums or
differences alone, and little else remains. For :math:`l(uw)` descent by signs keeps :math:`|u| - |w|` as long as no
weight changes its sign, where gradient flow keeps :math:`u^2 - w^2`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import sympy as sp

from theory.decision.algebra.rational_functions import OutOfReachError
from theory.decision.zero import ZeroKind, decide_zero
from theory.discrete.recursion import Recursion
from theory.errors import ShapeError, UnsupportedFormError
from theory.symmetry.exact_gradient import StraightLine
from theory.symmetry.exact_numbers import Exact, OffDomainError, drawn, field_of, residue
from theory.symmetry.expanded_loss import vanishes_for_all_breaks
from theory.symmetry.null_space import PRIME, null_space_modulo, rational_vectors
from theory.symmetry.roots import require_independent_roots
from theory.typeset import Typeset
from theory.values import by_name, count, distinct_symbols, instance, listed, single_expression

_ATTEMPTS = 60
_SPARE = 8


@dataclass(frozen=True)
class ConservedQuantities(Typeset):
    """Polynomials in the state that every step leaves alone.

    Attributes:
        quantities: Linearly independent, each proved.
        at_most: A bound for the dimension of their space among polynomials of that degree, constants left out.
    """

    quantities: tuple[sp.Expr, ...]
    at_most: int

    @property
    def is_complete(self) -> bool:
        """Whether there are certainly no others."""
        return len(self.quantities) == self.at_most


def conserved_quantities(recursion: Recursion, *, degree: int = 2) -> ConservedQuantities:
    r"""All polynomials of degree at most ``degree``, without constant term, that the recursion conserves.

    Args:
        recursion: The update of the joint state; rational, with square roots, moduli, maxima and signs. Noise and
            parameters take every value: put numbers for those that do not change.
        degree: 1 or 2.

    Raises:
        UnsupportedFormError: the update is of another form.

    Example:
        >>> from theory.discrete.recursion import Recursion
        >>> u, w, g, V = sp.symbols("u w g V", real=True)  # a loss of u - w, with momentum 1/2 on u alone
        >>> moved = V / 2 + g
        >>> conserved_quantities(Recursion([u, w, V], [u - moved, w + g, moved]), degree=1).quantities
        (-V + u + 2*w,)
    """
    given = instance(recursion, Recursion, "recursion", "a Recursion")
    monomials = _monomials(given.state, count(degree, "degree", at_least=1, at_most=2))
    after = dict(zip(given.state, given.update, strict=True))
    line = StraightLine(jumps=True)
    places = [line.place(after[x]) for x in given.state]
    require_independent_roots(line)
    rows = _rows(given, line, places, monomials)
    basis = null_space_modulo(rows, len(monomials))
    proved = []
    for vector in rational_vectors(basis):
        if vector is not None and _is_conserved(vector, monomials, given, line, places):
            proved.append(_combination(vector, monomials, given.state))
    return ConservedQuantities(tuple(proved), len(basis))


def sign_descent(weights: Sequence[sp.Symbol], loss: sp.Expr, learning_rate: sp.Expr) -> Recursion:
    r"""Descent by the signs of a sample's gradient, :math:`\theta' = \theta - \eta\,\mathrm{sign}\nabla l`.

    Example:
        >>> u, w = sp.symbols("u w", positive=True)  # as long as neither changes its sign
        >>> x, y = sp.symbols("x y", real=True)
        >>> step = sign_descent([u, w], (u * w * x - y) ** 2, sp.Rational(1, 100))
        >>> conserved_quantities(step, degree=1).quantities
        (u - w,)
    """
    theta, l = distinct_symbols(weights, "weights"), single_expression(loss, "loss")
    rate = single_expression(learning_rate, "learning_rate", real=True)
    return Recursion(theta, [w - rate * sp.sign(sp.factor(sp.diff(l, w))) for w in theta])


def adam(
    weights: Sequence[sp.Symbol],
    loss: sp.Expr,
    learning_rate: sp.Expr,
    *,
    betas: tuple[sp.Expr | float, sp.Expr | float] = (0.9, 0.999),
    stabiliser: sp.Expr | float = 1e-8,
) -> Recursion:
    r"""Adam on a sample's gradient, without the correction of its bias: weights, then moments ``m_...``, ``v_...``.

    .. math::
        m' = \beta_1m + (1-\beta_1)g, \quad v' = \beta_2v + (1-\beta_2)g^2, \quad
        \theta' = \theta - \eta\frac{m'}{\sqrt{v'} + \epsilon}

    The moments start at 0, so weights whose gradients are :math:`g_j = \kappa g_i`, with a number :math:`\kappa`, have
    :math:`m_j = \kappa m_i` and :math:`v_j = \kappa^2v_i` for ever and share the coordinates of the first of them; a
    weight without gradient does not move. (The correction of the bias multiplies :math:`\eta` and :math:`\epsilon` by
    numbers that all weights share in a step.)

    References:
        Kingma, Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.

    Example:
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> conserved_quantities(adam([u, w], ((u - w) * x - y) ** 2, sp.Rational(1, 10)), degree=1).quantities
        (u + w,)
        >>> conserved_quantities(adam([u, w], ((u - 2 * w) * x - y) ** 2, sp.Rational(1, 10)), degree=1).at_most
        0
    """
    both = [single_expression(b, "betas", real=True) for b in listed(betas, "betas")]
    if len(both) != 2:
        raise ShapeError(f"betas must hold two numbers, got {len(both)}.")
    beta_1, beta_2 = both
    epsilon = single_expression(stabiliser, "stabiliser", real=True)
    theta, l = distinct_symbols(weights, "weights"), single_expression(loss, "loss")
    rate = single_expression(learning_rate, "learning_rate", real=True)
    state, update, moved = [], [], []
    leaders: list[tuple[sp.Expr, sp.Expr, sp.Expr]] = []
    for weight in theta:
        g = sp.factor(sp.diff(l, weight))
        if g == 0:
            moved.append(weight)
            continue
        ratios = ((sp.cancel(g / other), first, second) for other, first, second in leaders)
        shared = next(((kappa, first, second) for kappa, first, second in ratios if kappa.is_Rational), None)
        if shared is None:
            m = sp.Symbol(f"m_{weight.name}", real=True)
            v = sp.Symbol(f"v_{weight.name}", nonnegative=True)
            shared = sp.S.One, beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
            leaders.append((g, *shared[1:]))
            state += [m, v]
            update += shared[1:]
        kappa, first, second = shared
        moved.append(weight - rate * kappa * first / (abs(kappa) * sp.sqrt(second) + epsilon))
    return Recursion([*theta, *state], [*moved, *update])


def _monomials(state: sp.MatrixBase, degree: int) -> list[tuple[int, ...]]:
    """Places of the factors of each monomial."""
    d = state.rows
    return [m for k in range(1, degree + 1) for m in itertools.combinations_with_replacement(range(d), k)]


def _rows(recursion: Recursion, line: StraightLine, places: list[int], monomials: list[tuple[int, ...]]) -> list:
    exact = field_of(PRIME, ordered=bool(line.breaks), rooted=bool(line.roots))
    rng = Random("conserved quantities")
    symbols = by_name({*recursion.state, *recursion.update.free_symbols})
    rows = []
    for _ in range(len(monomials) + _SPARE):
        before, after = _point(line, places, recursion.state, symbols, exact, rng)
        rows.append([(_product(after, m) - _product(before, m)) % PRIME for m in monomials])
    return rows


def _point(
    line: StraightLine, places: list[int], state: sp.MatrixBase, symbols: Sequence[sp.Symbol], exact: Exact, rng: Random
) -> tuple[list[int], list[int]]:
    """The state before and after a step at a random point, modulo the prime."""
    for _ in range(_ATTEMPTS):
        at = {s: drawn(s, exact, rng) for s in symbols}
        try:
            values = line.values(at, exact)
        except OffDomainError:
            continue
        return [residue(at[x], PRIME) for x in state], [residue(values[p], PRIME) for p in places]
    raise UnsupportedFormError(f"update must be defined somewhere, but {_ATTEMPTS} random points had no value.")


def _product(values: Sequence[int], places: Sequence[int]) -> int:
    total = 1
    for p in places:
        total = total * values[p] % PRIME
    return total


def _combination(vector: Sequence[Any], monomials: Sequence[tuple[int, ...]], state: Sequence[sp.Expr]) -> sp.Expr:
    first = next(c for c in vector if c)
    ratios = [c / first for c in vector]
    common = math.lcm(*(r.denominator for r in ratios))
    return sp.Add(
        *(int(r * common) * sp.Mul(*(state[p] for p in m)) for r, m in zip(ratios, monomials, strict=True) if r)
    )


def _is_conserved(
    vector: Sequence[Any],
    monomials: Sequence[tuple[int, ...]],
    recursion: Recursion,
    line: StraightLine,
    places: Sequence[int],
) -> bool:
    after = [line.rational[p] for p in places]
    change = _combination(vector, monomials, after) - _combination(vector, monomials, recursion.state)
    if line.roots:
        for generator, radicand in reversed(line.roots.items()):
            change = change.xreplace({generator: sp.sqrt(radicand)})
        return decide_zero(change).kind is ZeroKind.ZERO
    try:
        return vanishes_for_all_breaks(change, tuple(line.breaks))
    except OutOfReachError:
        return False
