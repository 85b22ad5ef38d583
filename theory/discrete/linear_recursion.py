r"""Linear recursions :math:`\theta_{k+1} = M\theta_k + q` with random M and q: stationary mean and covariance.

With independent steps,

.. math::
    \bar\theta = \mathbb E M\,\bar\theta + \mathbb E q, \qquad
    S = \mathbb E[M S M^\top] + \mathbb E[q\bar\theta^\top M^\top] + \mathbb E[M\bar\theta q^\top] + \mathbb E[q q^\top]

for the mean and the second moments :math:`S = \mathbb E\theta\theta^\top`. They are the limits from every start where
the spectral radius of :math:`\mathbb E M`, and of :math:`X \mapsto \mathbb E[M X M^\top]` on symmetric matrices, is
below 1. The tail may be heavy where it is not: see :mod:`theory.discrete.tail_index`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import one_of, takes
from theory.decision.conditions.inequalities import simplified
from theory.discrete.mean_over_draw import mean_over_draw
from theory.discrete.recursion import Recursion
from theory.errors import NotNormalisableError, UnsupportedFormError
from theory.matrices.lyapunov import linear_solution, schur_condition, symmetric_solution
from theory.typeset import Typeset, with_condition
from theory.values import instance


@dataclass(frozen=True)
class LinearParts(Typeset):
    """The update of a recursion as ``multiplier * state + offset``, both with the noise of the step.

    Attributes:
        multiplier: M. Shape ``(d, d)``.
        offset: q. Shape ``(d, 1)``.
    """

    multiplier: sp.ImmutableMatrix
    offset: sp.ImmutableMatrix


@dataclass(frozen=True)
class StationaryStatistics(Typeset):
    """Stationary mean and covariance of a linear recursion, and where they exist.

    Attributes:
        mean: Shape ``(d, 1)``.
        mean_exists: condition on the parameters.
        covariance: Shape ``(d, d)``.
        covariance_exists: condition on the parameters; the mean exists there too.
    """

    mean: sp.ImmutableMatrix
    mean_exists: Boolean
    covariance: sp.ImmutableMatrix
    covariance_exists: Boolean

    def _equations(self) -> list[str]:
        return [
            with_condition(rf"{name} &= {sp.latex(value[0] if value.shape == (1, 1) else value)}", exists)
            for name, value, exists in (
                (r"\mathbb{E}\,\theta", self.mean, self.mean_exists),
                (r"\operatorname{Cov}\,\theta", self.covariance, self.covariance_exists),
            )
        ]


def linear_parts(recursion: Recursion) -> LinearParts:
    """The multiplier and the offset of a recursion that is linear in its state.

    Raises:
        UnsupportedFormError: it is not linear, or its steps differ.
    """
    instance(recursion, Recursion, "recursion", "a Recursion")
    multiplier = sp.ImmutableMatrix(recursion.update.jacobian(recursion.state).applyfunc(sp.expand))
    offset = recursion.update.subs(dict.fromkeys(recursion.state, sp.S.Zero), simultaneous=True)
    if multiplier.has(*recursion.state) or not recursion.autonomous:
        raise UnsupportedFormError(
            f"the update must be linear in {tuple(recursion.state)} and the same in every step, got "
            f"{list(recursion.update)}. Linearise it at a fixed point first."
        )
    return LinearParts(multiplier, sp.ImmutableMatrix(offset))


@takes(recursion=one_of(Recursion, needed="a Recursion"))
def stationary_statistics(recursion: Recursion) -> StationaryStatistics:
    r"""The stationary mean and covariance in closed form, with the conditions under which they are attained.

    Raises:
        UnsupportedFormError: the recursion is not linear in its state, or see
            :func:`theory.discrete.mean_over_draw.mean_over_draw`.
        NotNormalisableError: no stationary covariance exists for any values of the parameters.

    References:
        Brandt, *The stochastic equation* :math:`Y_{n+1} = A_nY_n + B_n`, Adv. Appl. Probab. 18 (1986);
        Mandt, Hoffman and Blei, JMLR 18 (2017), section 3 (SGD on a quadratic, to first order in the step).

    Example:
        >>> w, xi = sp.symbols("w xi", real=True)
        >>> eta, h, s = sp.symbols("eta h s", positive=True)
        >>> sgd = Recursion([w], [w - eta * (h * w + s * xi)], normals=[xi])
        >>> found = stationary_statistics(sgd)
        >>> sp.factor(found.covariance[0]), found.covariance_exists
        (-eta*s**2/(h*(eta*h - 2)), eta*h < 2)
    """
    parts, d = linear_parts(recursion), recursion.dimension
    M, q = parts.multiplier, parts.offset

    def mean(matrix: sp.MatrixBase) -> sp.Matrix:
        return sp.Matrix(matrix.applyfunc(lambda entry: mean_over_draw(entry, recursion)))

    mean_multiplier = mean(M)
    centre = linear_solution(sp.eye(d) - mean_multiplier, mean(q))
    covariance = None
    squares = {
        (i, j, k, l): mean_over_draw(M[i, k] * M[j, l], recursion)
        for i in range(d)
        for j in range(i, d)
        for k in range(d)
        for l in range(d)
    }
    theta = sp.Matrix(centre or sp.zeros(d, 1))
    if centre is not None:
        # The deviation from the mean has the offset q + (M - 1) theta, of mean zero.
        shifted = q + M * theta - theta
        right = mean(shifted * shifted.T)
        covariance = symmetric_solution(lambda i, j, k, l: int((i, j) == (k, l)) - squares[i, j, k, l], right)
    mean_exists = simplified(schur_condition(mean_multiplier))
    exists = mean_exists
    if M.free_symbols & {*recursion.normals, *recursion.uniforms}:
        exists = simplified(sp.And(mean_exists, schur_condition(_on_symmetric(squares, d))))
    if centre is None or covariance is None or exists == sp.false:
        raise NotNormalisableError(
            f"the recursion {list(recursion.update)} has no stationary covariance for any values of its parameters: "
            "the mean square of its multiplier is not below 1. Take a smaller step."
        )
    return StationaryStatistics(sp.ImmutableMatrix(theta), mean_exists, covariance, exists)


def _on_symmetric(squares: dict[tuple[int, int, int, int], sp.Expr], d: int) -> sp.Matrix:
    r"""The matrix of :math:`X \mapsto \mathbb E[M X M^\top]` on the entries :math:`X_{ij}`, :math:`i \le j`."""
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    place = {pair: n for n, pair in enumerate(pairs)}
    matrix = sp.zeros(len(pairs))
    for (i, j, k, l), value in squares.items():
        matrix[place[i, j], place[min(k, l), max(k, l)]] += value
    return matrix
