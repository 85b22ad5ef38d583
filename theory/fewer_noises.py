r"""The same law with fewer Brownian motions.

The law of a diffusion knows its dispersion only through :math:`a = \sigma\sigma^\top`. A process in the plane that is
driven by :math:`m` Brownian motions, one per sample of a data set say, is driven by two just as well:

.. math::
    \sigma\sigma^\top = LL^\top, \qquad
    L = \begin{pmatrix} |r_1| & 0 \\ \langle r_2, \hat r_1\rangle & |r_2 - \langle r_2, \hat r_1\rangle\hat r_1|
    \end{pmatrix}, \qquad \hat r_1 = r_1/|r_1|,

with the rows :math:`r_1, r_2` of :math:`\sigma`. The same holds for a step of Euler-Maruyama, whose noise is Gaussian
with covariance :math:`ha`.

Where the rows become parallel, as they do at an invariant set, the last entry is a difference of equal numbers. Two
exact rewritings keep it accurate there:

* A factor common to a row (:math:`w_2` in :math:`r_1 = w_2u`) is taken out of it, so that :math:`\hat r_1 = u/|u|` has
  no 0/0 where the factor vanishes.
* :math:`r_2` and :math:`d = r_2 - q\,u` have the same part orthogonal to :math:`u`, whatever the function :math:`q`.
  With the :math:`q` for which :math:`d` vanishes to first order at the invariant point,
  :math:`|d|^2 - \langle d, u\rangle^2/|u|^2` loses no digits.

References:
    Golub & Van Loan, *Matrix Computations* (2013), section 5.2: the factor R of a QR decomposition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import sympy as sp

from theory.argument_kinds import one_of, takes
from theory.decision.arb.balls import ball
from theory.decision.points.region import points_satisfying
from theory.errors import DimensionError, SymbolError, TheoryError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.values import mapping

_FEW = 8
"""Noises up to which the sign of what is under the root is asked for."""

_POINTS = 2
"""Points at which columns are compared before their quotient is formed."""


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def with_fewer_noises(process: ItoProcess, *, near: Mapping[sp.Symbol, sp.Expr | int] | None = None) -> ItoProcess:
    r"""A process of the same law, driven by as many Brownian motions as it has coordinates.

    Args:
        process: One or two coordinates, any number of Brownian motions; returned unchanged if it has no more than
            coordinates.
        near: A point, a value for each coordinate, at which both rows of the dispersion, freed from common factors,
            become parallel: there the factor keeps its digits.

    Returns:
        Drift and state of ``process``, a lower-triangular dispersion.

    Raises:
        DimensionError: more than two coordinates.
        SymbolError: ``near`` does not name the coordinates.
        UnsupportedFormError: the rows are not parallel to first order at ``near``.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> driven_by_three = ItoProcess([x, y], [0, 0], sp.Matrix([[2 * y, y, 2 * y], [0, 3, 4]]))
        >>> with_fewer_noises(driven_by_three).dispersion.tolist()
        [[3*y, 0], [11/3, 2*sqrt(26)/3]]
    """
    if process.dimension > 2:
        raise DimensionError(
            f"with_fewer_noises is written for one or two coordinates, got {process.dimension}. "
            "In more dimensions a Cholesky factor of the diffusion is taken in numbers."
        )
    if near is not None:
        near = mapping(near, "near")
    if near is not None and set(near) != set(process.state):
        raise SymbolError(
            f"near must give every coordinate {tuple(process.state)} a value and nothing else, got {tuple(near)}."
        )
    if process.noise_dimension <= process.dimension:
        return process
    rows = [list(process.dispersion.row(i)) for i in range(process.dimension)]
    return ItoProcess(process.state, process.drift, _lower_triangular(rows, process.state, near))


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def with_parallel_noises_joined(process: ItoProcess) -> ItoProcess:
    r"""A process of the same law, in which noises that act along one direction are one noise.

    Columns :math:`c_1 g, c_2 g, \dots` of the dispersion with constants :math:`c_i` become
    :math:`\sqrt{c_1^2 + c_2^2 + \dots}\,g`. Columns of zeros are left out, but for the last.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> three = ItoProcess([x], [-x], sp.Matrix([[3 * x, x**2, 4 * x]]))
        >>> with_parallel_noises_joined(three).dispersion
        Matrix([[5*x, x**2]])
    """
    columns = [process.dispersion.col(j) for j in range(process.noise_dimension)]
    columns = [column for column in columns if not all(entry.is_zero for entry in column)]
    are_independent = _independence(columns, process)
    groups: list[tuple[int, list[sp.Expr]]] = []
    for j, column in enumerate(columns):
        for first, multiples in groups:
            if are_independent(j, first):
                continue
            multiple = _multiple(column, columns[first], set(process.state))
            if multiple is not None:
                multiples.append(multiple)
                break
        else:
            groups.append((j, [sp.S.One]))
    columns = [columns[first] * sp.sqrt(sp.Add(*(c**2 for c in multiples))) for first, multiples in groups]
    columns = [-c if next(e for e in c if e != 0).could_extract_minus_sign() else c for c in columns]  # of one law
    joined = [column.applyfunc(sp.factor_terms) for column in columns]
    dispersion = sp.Matrix.hstack(*joined) if joined else sp.zeros(process.dimension, 1)
    return ItoProcess(process.state, process.drift, dispersion)


def _independence(columns: Sequence[sp.MatrixBase], process: ItoProcess) -> Callable[[int, int], bool]:
    r"""Whether balls at two points prove that one column is no constant multiple of another.

    If :math:`c_j = \alpha c_k` with a constant, then :math:`c_j(P)\,c_k(Q) = c_j(Q)\,c_k(P)` entry by entry, for points
    that differ in the coordinates alone. False says nothing: then the quotient is looked at.
    """
    symbols = process.dispersion.free_symbols
    state = set(process.state) & symbols
    try:
        points = points_satisfying(symbols, (), _POINTS, seed="parallel noises")
        if len(points) < _POINTS:
            return lambda j, k: False
        P, Q = points[0], points[0] | {x: points[1][x] for x in state}
        values = [[(ball(entry, P), ball(entry, Q)) for entry in column] for column in columns]
    except TheoryError:
        # What balls do not enclose, or no point was found for: the quotients alone decide.
        return lambda j, k: False

    def are_independent(j: int, k: int) -> bool:
        crossed = (a * d - b * c for (a, b), (c, d) in zip(values[j], values[k], strict=True))
        return any(each.is_finite() and not each.contains(0) for each in crossed)

    return are_independent


def _multiple(column: sp.MatrixBase, first: sp.MatrixBase, state: set[sp.Symbol]) -> sp.Expr | None:
    """The constant c with ``column = c * first``, or None."""
    pivot = next(i for i, entry in enumerate(first) if not entry.is_zero)
    ratio = sp.cancel(column[pivot] / first[pivot])
    if ratio.free_symbols & state or ratio == 0:
        return None
    proportional = all(sp.cancel(a - ratio * b) == 0 for a, b in zip(column, first, strict=True))
    return ratio if proportional else None


def _lower_triangular(
    rows: Sequence[Sequence[sp.Expr]], state: sp.MatrixBase, near: Mapping[sp.Symbol, sp.Expr | int] | None
) -> sp.Matrix:
    """The factor L of the rows. Shape ``(d, d)``."""
    (g, u), *rest = (_without_common_factor(row) for row in rows)
    length = sp.sqrt(_product(u, u))
    if not rest:
        return sp.Matrix([[g * length]])
    ((k, v),) = rest
    if length == 0:
        return sp.Matrix([[0, 0], [k * sp.sqrt(_product(v, v)), 0]])
    q = sp.S.Zero if near is None else _parallel_part(u, v, state, near)
    d = [b - q * a for a, b in zip(u, v, strict=True)]
    along = _product(u, d)
    # Rounding may leave a tiny negative number where the true value is 0. Of many terms SymPy seeks a sign for seconds.
    left = _product(d, d) - along**2 / _product(u, u)
    across = sp.sqrt(sp.Max(0, left, evaluate=len(u) <= _FEW))
    return sp.Matrix([[g * length, 0], [k * (q * length + along / length), k * across]])


def _product(u: Sequence[sp.Expr], v: Sequence[sp.Expr]) -> sp.Expr:
    return sp.Add(*(a * b for a, b in zip(u, v, strict=True)))


def _without_common_factor(row: Sequence[sp.Expr]) -> tuple[sp.Expr, list[sp.Expr]]:
    """The product of what divides every entry, and the entries without it."""
    entries = [entry for entry in row if entry != 0]
    if not entries:
        return sp.S.One, list(row)
    powers = [_powers(entry) for entry in entries]
    shared = reduce(lambda one, other: {b: one[b] for b in one if other.get(b) == one[b]}, powers)
    factor = sp.Mul(_common_number(entries), *(base**exponent for base, exponent in shared.items()))
    return factor, [entry / factor for entry in row]


def _powers(entry: sp.Expr) -> dict[sp.Expr, sp.Expr]:
    """The factors that are not numbers, with their exponents."""
    factors = (factor.as_base_exp() for factor in sp.Mul.make_args(entry) if not factor.is_number)
    return dict(factors)


def _common_number(entries: Sequence[sp.Expr]) -> sp.Expr:
    """The number in front of every entry; where rational parts differ, what is left of it without them."""
    numbers = {sp.Mul(*(factor for factor in sp.Mul.make_args(entry) if factor.is_number)) for entry in entries}
    if len(numbers) == 1:
        return numbers.pop()
    irrational = {number.as_coeff_Mul()[1] for number in numbers}
    return irrational.pop() if len(irrational) == 1 else sp.S.One


def _parallel_part(
    u: Sequence[sp.Expr], v: Sequence[sp.Expr], state: sp.MatrixBase, near: Mapping[sp.Symbol, sp.Expr | int]
) -> sp.Expr:
    r"""The linear :math:`q(x)` with :math:`v = q\,u` up to second order in the distance to ``near``."""
    point = {x: sp.sympify(value, strict=True) for x, value in near.items()}
    at_point = [a.subs(point) for a in u]
    values = [b.subs(point) for b in v]
    slopes = [[sp.diff(b, x).subs(point) for x in state] for b in v]
    pivot = next((i for i, a in enumerate(at_point) if a != 0), None)
    if pivot is None:
        raise UnsupportedFormError(
            "the first row of the dispersion, freed from its common factor, vanishes at near. "
            "Order the coordinates so that it does not, or leave near out."
        )
    ratios = [entry / at_point[pivot] for entry in (values[pivot], *slopes[pivot])]
    for a, value, slope in zip(at_point, values, slopes, strict=True):
        if any(sp.expand(entry - ratio * a) != 0 for entry, ratio in zip((value, *slope), ratios, strict=True)):
            raise UnsupportedFormError(
                f"the rows of the dispersion must become parallel at near={dict(point)} to first order, and do not. "
                "Leave near out: then nothing cancels there."
            )
    value, *slope = ratios
    return value + sp.Add(*(c * (x - point[x]) for c, x in zip(slope, state, strict=True)))
