r"""Null spaces of matrices of exact numbers, modulo a prime, and the rational vectors that their bases come from.

The rank of a rational matrix modulo a prime is at most its rank. So the number of vectors found modulo *any* prime,
from rows that every solution satisfies, is at least the number of solutions: a bad prime or an unlucky row makes the
bound loose, never wrong.

References:
    Wang, "A p-adic algorithm for univariate partial fractions" (1981), for rational numbers from residues.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from sympy.polys.domains import GF, QQ
from sympy.polys.matrices import DomainMatrix

from theory.argument_kinds import ArgumentKind, is_rational, takes, whole
from theory.decision.arb.balls import MissingFlintError, flint_library
from theory.errors import ShapeError

PRIME = 4611685891504932239
"""The largest prime below 2**62 that is -1 modulo 8 and the odd primes up to 29, so that these have square roots.

A product of two residues is cheap, and fractions up to 2**30 are recognised.
"""


def _table(needed: str, of: Callable[[Any], bool]) -> ArgumentKind:
    """Rows of one length, whose entries are all ``of`` a kind."""
    return ArgumentKind(
        f"a sequence of rows of {needed}, of one length",
        lambda rows: (
            isinstance(rows, list | tuple)
            and all(isinstance(row, list | tuple) and all(map(of, row)) for row in rows)
            and len({len(row) for row in rows}) <= 1
        ),
    )


RESIDUES = _table("whole numbers", lambda value: isinstance(value, int) and not isinstance(value, bool))
RATIONALS = _table("rational numbers", is_rational)
RESIDUE = ArgumentKind("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
MODULUS = whole(2, 2**64 - 1)
COLUMNS = whole(0, 2**31)


@takes(rows=RESIDUES, columns=COLUMNS, prime=MODULUS)
def null_space_modulo(rows: Sequence[Sequence[int]], columns: int, prime: int = PRIME) -> list[list[int]]:
    """The reduced basis of the null space of ``rows`` modulo ``prime``: each vector has a 1 where the others have 0.

    Raises:
        ShapeError: the rows have another length than ``columns``, or something is no whole number.

    Example:
        >>> null_space_modulo([[1, 2, 0]], 3, 7)
        [[5, 1, 0], [0, 0, 1]]
    """
    _fit(rows, columns)
    reduced, pivots = _reduced(rows, columns, prime)
    free = [j for j in range(columns) if j not in set(pivots)]
    basis = []
    for j in free:
        vector = [0] * columns
        vector[j] = 1
        for i, pivot in enumerate(pivots):
            vector[pivot] = -reduced[i][j] % prime
        basis.append(vector)
    return basis


def _fit(rows: Sequence[Sequence[Any]], columns: int) -> None:
    if rows and len(rows[0]) != columns:
        raise ShapeError(f"columns must be the length of the rows, {len(rows[0])}, got {columns}.")


def _reduced(rows: Sequence[Sequence[int]], columns: int, prime: int) -> tuple[list[list[int]], list[int]]:
    """The reduced row echelon form, without rows of zeros, and the columns of its pivots."""
    if not rows:
        return [], []
    try:
        flint = flint_library()
        matrix, rank = flint.nmod_mat(len(rows), columns, [entry for row in rows for entry in row], prime).rref()
        table = [[int(entry) for entry in row] for row in matrix.tolist()[:rank]]
    except MissingFlintError:
        field = GF(prime, symmetric=False)
        matrix = DomainMatrix([[field(entry) for entry in row] for row in rows], (len(rows), columns), field)
        reduced, found = matrix.rref()
        table = [[int(entry) % prime for entry in row] for row in reduced.to_list()[: len(found)]]
    return table, [next(j for j, entry in enumerate(row) if entry) for row in table]


@takes(residue=RESIDUE, prime=MODULUS)
def rational_number(residue: int, prime: int = PRIME) -> Fraction | None:
    r"""The fraction :math:`a/b` with :math:`|a|, b \le \sqrt{p/2}` and ``residue`` as its residue; None if none is.

    Example:
        >>> rational_number(2 * pow(3, -1, PRIME) % PRIME)
        Fraction(2, 3)
    """
    bound = math.isqrt(prime // 2)
    (r0, r1), (s0, s1) = (prime, residue % prime), (0, 1)
    while r1 > bound:
        quotient = r0 // r1
        (r0, r1), (s0, s1) = (r1, r0 - quotient * r1), (s1, s0 - quotient * s1)
    return Fraction(r1, s1) if 0 < abs(s1) <= bound and math.gcd(r1, s1) == 1 else None


@takes(basis=RESIDUES, prime=MODULUS)
def rational_vectors(basis: Sequence[Sequence[int]], prime: int = PRIME) -> list[list[Fraction] | None]:
    """Each vector of ``basis`` over the rational numbers; None where an entry is the residue of no small fraction."""
    found = []
    for vector in basis:
        entries = [rational_number(entry, prime) if entry else Fraction(0) for entry in vector]
        found.append(None if None in entries else entries)
    return found  # type: ignore[return-value]


@takes(rows=RATIONALS, columns=COLUMNS)
def rational_null_space(rows: Sequence[Sequence[sp.Expr]], columns: int) -> list[list[sp.Expr]]:
    """The null space of a small matrix of rational numbers, exactly.

    Example:
        >>> rational_null_space([[1, 2]], 2)
        [[-2, 1]]
    """
    _fit(rows, columns)
    if not rows:
        return [[sp.Integer(int(i == j)) for j in range(columns)] for i in range(columns)]
    matrix = DomainMatrix([[QQ.from_sympy(sp.sympify(e)) for e in row] for row in rows], (len(rows), columns), QQ)
    return [[QQ.to_sympy(entry) for entry in row] for row in matrix.nullspace().to_list()]
