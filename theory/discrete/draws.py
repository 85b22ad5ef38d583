r"""Random draws from a finite population as functions of uniforms: indices, distinct indices, entries of a table.

They are symbolic functions that code generation knows, so that a mini-batch of a data set is one formula in the
uniforms of a step.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.errors import DimensionError, ShapeError
from theory.values import single_expression


class Table(sp.Atom):
    """Numbers in a row as one atom, so that a data set in a formula costs no more than a symbol.

    Attributes:
        entries: The numbers; a float as the rational it stores.
    """

    is_commutative = True
    __slots__ = ("entries",)

    def __new__(cls, *entries: sp.Expr) -> Table:
        """The table of ``entries``."""
        table = super().__new__(cls)
        table.entries = tuple(e.xreplace({f: sp.Rational(f) for f in e.atoms(sp.Float)}) for e in entries)
        return table

    def __getnewargs__(self) -> tuple[sp.Expr, ...]:
        return self.entries

    def _hashable_content(self) -> tuple[sp.Expr, ...]:
        return self.entries

    def _sympystr(self, printer: Any) -> str:
        return ", ".join(map(printer._print, self.entries))

    def _latex(self, printer: Any) -> str:
        return ", ".join(map(printer._print, self.entries))


class Lookup(sp.Function):
    r"""``Lookup(x, e_0, ..., e_{n-1})`` is the entry at :math:`\lfloor x\rfloor`, NaN unless :math:`0 \le x < n`.

    Its derivative is the look-up of the derivatives: the index is locally constant.

    Example:
        >>> i, x = sp.symbols("i x")
        >>> Lookup(1, x, 2 * x), Lookup(i, x, 2 * x).diff(x)
        (2*x, Lookup(i, 1, 2))
    """

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        """The look-up of arguments that are expressions; text would be executed."""
        return super().__new__(cls, *(_argument(a, cls.__name__) for a in arguments), **options)

    @classmethod
    def eval(cls, index: sp.Expr, *entries: sp.Expr) -> sp.Expr | None:
        """The entry of an index that is known; else numbers become a :class:`Table`."""
        if not entries:
            raise ShapeError("a look-up needs at least one entry, got none.")
        listed = entries[0].entries if isinstance(entries[0], Table) else entries
        if index.is_number and index.is_extended_real is not False:
            place = sp.floor(index)
            if place.is_Integer:
                return listed[int(place)] if 0 <= place < len(listed) else sp.nan
        if listed is entries and all(entry.is_number for entry in entries):
            return cls(index, Table(*entries), evaluate=False)
        return None

    @property
    def index(self) -> sp.Expr:
        """Where to look."""
        return self.args[0]

    @property
    def entries(self) -> tuple[sp.Expr, ...]:
        """What is found there."""
        first = self.args[1]
        return first.entries if isinstance(first, Table) else self.args[1:]

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        slopes = [sp.diff(entry, symbol) for entry in self.entries]
        return sp.S.Zero if all(slope == 0 for slope in slopes) else Lookup(self.index, *slopes)

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(entry.is_extended_real for entry in self.entries) else None


class DistinctIndex(sp.Function):
    r"""``DistinctIndex(n, B, u_0, ..., u_b)`` is member :math:`b` of a random B-subset of :math:`\{0, \dots, n-1\}`.

    Floyd's algorithm: with :math:`j = n - B + b` and :math:`t = \lfloor(j+1)u_b\rfloor`, member b is :math:`t`, or
    :math:`j` if :math:`t` is a member already. The set of all B members is uniform among the subsets of that size; the
    order of its members is not.

    References:
        Bentley, Floyd, *Programming pearls: a sample of brilliance*, Comm. ACM 30 (1987) 754-757.

    Example:
        >>> third = sp.Rational(1, 3)
        >>> [DistinctIndex(3, 2, third), DistinctIndex(3, 2, third, third), DistinctIndex(3, 2, third, third / 2)]
        [0, 1, 2]
    """

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        """The index for arguments that are expressions; text would be executed."""
        return super().__new__(cls, *(_argument(a, cls.__name__) for a in arguments), **options)

    @classmethod
    def eval(cls, n: sp.Expr = sp.S.Zero, size: sp.Expr = sp.S.Zero, *uniforms: sp.Expr) -> sp.Expr | None:
        """The index, where the uniforms are numbers."""
        fits = n.is_Integer and size.is_Integer and 1 <= len(uniforms) <= size <= n
        if not fits:
            raise DimensionError(
                f"a batch without replacement needs whole 1 <= b + 1 <= B <= n, got n={n}, B={size} and "
                f"{len(uniforms)} uniforms."
            )
        if all(u.is_number for u in uniforms):
            return distinct_members(int(n), int(size), uniforms)[-1]
        return None

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Expr:
        return sp.S.Zero


def _argument(value: object, name: str) -> sp.Basic:
    return value if isinstance(value, Table) else single_expression(value, f"every argument of {name}")


def distinct_members(n: int, size: int, uniforms: tuple[sp.Expr, ...]) -> list[sp.Integer]:
    """The members of a subset in the order of Floyd's algorithm, from numbers in (0, 1)."""
    members: list[sp.Integer] = []
    for last, u in enumerate(uniforms, start=n - size):
        drawn = sp.floor((last + 1) * u)
        members.append(sp.Integer(last) if drawn in members else drawn)
    return members
