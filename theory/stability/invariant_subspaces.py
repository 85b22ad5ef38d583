r"""Invariant subspaces of a linear process with multiplicative noise, and the blocks they split it into.

For :math:`dy = Ay\,dt + \sum_jB_jy\,dW_j` a subspace that A and every :math:`B_j` map into itself brings all of them to
the form :math:`\bigl(\begin{smallmatrix}* & *\\ 0 & *\end{smallmatrix}\bigr)` at once. The Lyapunov exponents of such a
process are those of its diagonal blocks taken together, so the top one is the largest of theirs.

Next to the sets of a network this is what makes many normal directions tractable: of all directions in which the
outgoing weights of a neuron can point, noise sees few.

References:
    Arnold, *Random Dynamical Systems* (1998), section 3.4; Hennion, "Loi des grands nombres et perturbations pour des
    produits réductibles de matrices aléatoires indépendantes" (1984).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import sympy as sp

from theory.argument_kinds import one_of, takes
from theory.stability.homogeneous import TransverseLinearisation, expanded_in


@dataclass(frozen=True)
class Scaled:
    """A matrix as a scalar times one without common factors: which subspaces are invariant does not see the scalar."""

    scalar: sp.Expr
    matrix: sp.ImmutableMatrix

    @classmethod
    def of(cls, matrix: sp.MatrixBase) -> Scaled:
        """``matrix`` with its common factor split off."""
        entries = [entry for entry in matrix if entry != 0]
        common = reduce(sp.gcd, entries) if entries else sp.S.One
        if entries and sp.cancel(entries[0] / common).could_extract_minus_sign():
            common = -common
        return cls(common, sp.ImmutableMatrix((matrix / common).applyfunc(_normal)))


Family = tuple[Scaled, ...]
r"""The matrices :math:`(A, B_1, \dots, B_m)`."""


@takes(linearisation=one_of(TransverseLinearisation, needed="a TransverseLinearisation"))
def blocks(linearisation: TransverseLinearisation) -> tuple[TransverseLinearisation, ...]:
    r"""The diagonal blocks into which common invariant subspaces split the process, as processes of their own.

    Subspaces that are looked for: the common kernel and image, and common eigenvectors of all matrices or of their
    transposes that the assumptions show to be real. Each is verified; one that is missed leaves a larger block.
    Parameters are generic. A process whose dispersion is not linear is one block.

    Example:
        >>> from theory.ito import ItoProcess
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x, y, z = sp.symbols("x y z", real=True)
        >>> shear = transverse_linearisation(ItoProcess([x, y, z], [x + y, 2 * y, 0], sp.Matrix([z, y, 0])))
        >>> [block.drift_matrix[0] for block in blocks(shear)]
        [1, 2, 0]
    """
    noise = linearisation.noise_matrices
    if noise is None:
        return (linearisation,)
    meaning: dict[sp.Expr, sp.Dummy] = {}
    named = [m.applyfunc(lambda e: _named(e, meaning)) for m in (linearisation.drift_matrix, *noise)]
    found = _split(tuple(Scaled.of(m) for m in named))
    if len(found) == 1:
        return (linearisation,)
    back = {name: expression for expression, name in meaning.items()}
    return tuple(_as_linearisation(block, linearisation.direction, back) for block in found)


def _named(entry: sp.Expr, meaning: dict[sp.Expr, sp.Dummy]) -> sp.Expr:
    """A symbol for an entry that holds functions: algebra on long transcendental expressions has no end."""
    if not entry.has(sp.Function):
        return entry
    if entry.could_extract_minus_sign():
        return -_named(-entry, meaning)
    return meaning.setdefault(entry, sp.Dummy("e", real=entry.is_real))


def _as_linearisation(
    family: Family, direction: sp.MatrixBase, meaning: Mapping[sp.Symbol, sp.Expr]
) -> TransverseLinearisation:
    n = sp.Matrix(direction[: family[0].matrix.rows])
    drift, *columns = ((m.scalar * m.matrix * n).xreplace(meaning) for m in family)
    dispersion = sp.Matrix.hstack(*columns)
    drift, dispersion, diffusion = (
        m.applyfunc(lambda e: expanded_in(e, n)) for m in (drift, dispersion, dispersion * dispersion.T)
    )
    return TransverseLinearisation(n, drift, diffusion, dispersion)


def _split(family: Family) -> list[Family]:
    k = family[0].matrix.rows
    if k == 1:
        return [family]
    distinct = list(dict.fromkeys(m.matrix for m in family if not m.matrix.is_zero_matrix))
    for basis in _candidates(distinct, k):
        if 0 < basis.cols < k and (parts := _restriction_and_quotient(family, basis)) is not None:
            return [block for part in parts for block in _split(part)]
    return [family]


def _candidates(matrices: Sequence[sp.MatrixBase], k: int) -> Iterator[sp.Matrix]:
    """Bases of subspaces of a space of dimension k that may be invariant, in columns."""
    if not matrices:
        yield sp.eye(k)[:, :1]
        return
    yield _basis(sp.Matrix.hstack(*matrices).columnspace(simplify=_normal))
    yield _basis(sp.Matrix.vstack(*matrices).nullspace(simplify=_normal))
    yield from _eigenvectors(matrices)
    for covector in _eigenvectors([m.T for m in matrices]):
        yield _basis(covector.T.nullspace(simplify=_normal))


def _eigenvectors(matrices: Sequence[sp.MatrixBase]) -> Iterator[sp.Matrix]:
    """Real eigenvectors of a combination of the matrices; common ones are among them."""
    if _share_no_eigenvector(matrices):
        return
    combination = reduce(lambda total, m: 3 * total + m, matrices).applyfunc(_normal)
    eigenvalue = sp.Dummy("lambda")
    polynomial = combination.charpoly(eigenvalue).as_expr(eigenvalue)
    for factor, _ in sp.factor_list(polynomial, eigenvalue)[1]:
        if sp.degree(factor, eigenvalue) > 2:
            continue
        for root in sp.roots(factor, eigenvalue):
            space = (combination - root * sp.eye(combination.rows)).nullspace(simplify=_normal)
            yield from (v for v in map(_primitive, space) if all(entry.is_real for entry in v))


def _share_no_eigenvector(matrices: Sequence[sp.MatrixBase]) -> bool:
    """Whether there is certainly no common eigenvector: at one point of the parameters, hence at almost all of them.

    Commutators annihilate one, and where they leave a single line it is that line or none.
    """
    names = sorted({symbol for m in matrices for symbol in m.free_symbols}, key=str)
    point = {name: sp.Integer(sp.prime(i + 5)) for i, name in enumerate(names)}
    numbers = [sp.Matrix(m.xreplace(point)) for m in matrices]
    if len(numbers) < 2 or not all(entry.is_Rational for m in numbers for entry in m):
        return False
    commutators = [a * b - b * a for a, b in itertools.combinations(numbers, 2)]
    kernel = sp.Matrix.vstack(*commutators).nullspace()
    if len(kernel) == 1:
        return any(kernel[0].row_join(m * kernel[0]).rank() > 1 for m in numbers)
    return not kernel


def _restriction_and_quotient(family: Family, basis: sp.Matrix) -> tuple[Family, Family] | None:
    """The blocks on a subspace and on the quotient by it, or None if it is not invariant."""
    r, k = basis.shape[1], basis.rows
    completed = basis.row_join(sp.eye(k))
    pivots = completed.rref(simplify=_normal, iszerofunc=_vanishes)[1]
    frame = completed[:, list(pivots)]
    if pivots[:r] != tuple(range(r)) or frame.cols != k:
        return None
    inverse = frame.inv(method="ADJ").applyfunc(_normal)
    turned = {m: (inverse * m * frame).applyfunc(_normal) for m in {scaled.matrix for scaled in family}}
    if any(entry != 0 for m in turned.values() for entry in m[r:, :r]):
        return None
    inner, outer = (
        tuple(Scaled(m.scalar, sp.ImmutableMatrix(turned[m.matrix][part, part])) for m in family)
        for part in (slice(None, r), slice(r, None))
    )
    return inner, outer


def _basis(vectors: Sequence[sp.MatrixBase]) -> sp.Matrix:
    return sp.Matrix.hstack(*map(_primitive, vectors)) if vectors else sp.zeros(1, 0)


def _primitive(vector: sp.MatrixBase) -> sp.Matrix:
    """A multiple without denominators and common factors, which keeps its meaning where these vanish."""
    return sp.Matrix(Scaled.of(vector).matrix)


def _normal(expression: sp.Expr) -> sp.Expr:
    return sp.cancel(sp.expand(expression))


def _vanishes(expression: sp.Expr) -> bool:
    return _normal(expression) == 0
