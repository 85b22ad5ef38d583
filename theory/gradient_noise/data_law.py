r"""Laws of the data: what a per-sample loss is averaged over.

===========================  ========================================================================
:class:`Gaussian`            mean and covariance, symbols allowed; polynomial losses by Isserlis' theorem
:class:`FiniteSupport`       finitely many points with probabilities; every loss, exactly
:class:`Empirical`           a data set, the finite support with equal weights and a size :math:`n`
:class:`NamedMoments`        every moment a symbol or a given expression; polynomial losses
:class:`Product`             independent laws of disjoint variables
===========================  ========================================================================

The laws are data; :mod:`theory.gradient_noise.expectation` averages over them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import sympy as sp

from theory.errors import MissingParameterError, ShapeError, SymbolError
from theory.typeset import Typeset, words
from theory.values import (
    Expressions,
    column,
    count,
    distinct_symbols,
    expressions,
    instance,
    listed,
    shown,
    single_expression,
)

Powers = tuple[int, ...]
"""Exponents of a monomial, one per variable."""

MAX_DEGREE = 64
"""Moments of higher degree get no name."""

SHOWN_POINTS = 6
"""Points of a data set that a notebook shows."""

_SIGNS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")


@dataclass(frozen=True)
class Gaussian(Typeset):
    r"""The law :math:`N(m, C)`; :math:`C` may be singular.

    Attributes:
        variables: Real symbols :math:`x`. Shape ``(k, 1)``.
        mean: :math:`m`. Shape ``(k, 1)``.
        covariance: :math:`C`, symmetric and not indefinite. Shape ``(k, k)``.

    Raises:
        ShapeError: a shape differs from the above, or ``covariance`` is not symmetric or certainly indefinite.
        SymbolError: a variable is declared with a sign, which a Gaussian does not have.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> Gaussian([x], [0], [[2]]).covariance
        Matrix([[2]])
    """

    variables: sp.ImmutableMatrix
    mean: sp.ImmutableMatrix
    covariance: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        variables = _variables(self.variables)
        for x in variables:
            if any(getattr(x, f"is_{sign}") for sign in _SIGNS) or x.is_real is False:
                raise SymbolError(
                    f"variables of a Gaussian take every real value, but {x} is declared otherwise. "
                    f'Use sp.Symbol("{x}", real=True).'
                )
        mean, covariance = column(self.mean, "mean"), expressions(self.covariance, "covariance")
        k = variables.rows
        if mean.shape != (k, 1) or covariance.shape != (k, k):
            raise ShapeError(
                f"mean and covariance must have shapes ({k}, 1) and ({k}, {k}) for {k} variables, "
                f"got {mean.shape} and {covariance.shape}."
            )
        mean, covariance = (m.applyfunc(lambda e: exact_real(e, "mean or covariance")) for m in (mean, covariance))
        if any(sp.cancel(entry) != 0 for entry in covariance - covariance.T):
            raise ShapeError(f"covariance must be symmetric, got {covariance.tolist()}. Give C[i][j] = C[j][i].")
        semidefinite_factor(covariance, "covariance")
        _own_symbols(variables, mean.free_symbols | covariance.free_symbols, "mean and covariance")
        for name, value in (("variables", variables), ("mean", mean), ("covariance", covariance)):
            object.__setattr__(self, name, sp.ImmutableMatrix(value))

    def _equations(self) -> list[str]:
        several = self.variables.rows > 1
        x, m, C = (sp.latex(part if several else part[0]) for part in (self.variables, self.mean, self.covariance))
        return [rf"{x} &\sim N\left({m}, {C}\right)"]


@dataclass(frozen=True)
class FiniteSupport(Typeset):
    r"""The law with :math:`P(x = x_k) = p_k`.

    Attributes:
        variables: Symbols :math:`x`. Shape ``(k, 1)``.
        points: The points :math:`x_k`, one entry per variable each; numbers or expressions. A float is read as the
            decimal number that it prints as.
        probabilities: :math:`p_k`; equal if omitted.

    Raises:
        ShapeError: no point, a point of another length, not one probability per point, a value that is no finite
            real number, probabilities that do not add to 1 or one that is negative.
        SymbolError: a point contradicts the assumptions of its variable.

    Example:
        >>> x = sp.Symbol("x")
        >>> FiniteSupport([x], [[-1], [1]]).probabilities
        (1/2, 1/2)
    """

    variables: sp.ImmutableMatrix
    points: tuple[tuple[sp.Expr, ...], ...]
    probabilities: tuple[sp.Expr, ...] | None = None

    def __post_init__(self) -> None:
        variables = _variables(self.variables)
        points = _points(self.points, variables, "points")
        given = self.probabilities
        weights = [sp.Rational(1, len(points))] * len(points) if given is None else listed(given, "probabilities")
        probabilities = tuple(exact_real(p, "probabilities") for p in weights)
        if len(probabilities) != len(points):
            raise ShapeError(
                f"probabilities must match points: {len(points)} points, got {len(probabilities)} probabilities."
            )
        total = sp.cancel(sp.Add(*probabilities))
        if total != 1:
            raise ShapeError(f"probabilities must add to 1, got {total}. Divide by their sum; give rationals.")
        if any(p.is_negative for p in probabilities):
            raise ShapeError(f"probabilities must not be negative, got {probabilities}.")
        _own_symbols(variables, {s for row in (*points, probabilities) for e in row for s in e.free_symbols}, "points")
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "probabilities", probabilities)

    @property
    def weighted_points(self) -> tuple[tuple[sp.Expr, dict[sp.Symbol, sp.Expr]], ...]:
        """Pairs of a probability and the substitution of its point."""
        names = tuple(self.variables)
        assert self.probabilities is not None
        return tuple(
            (p, dict(zip(names, point, strict=True))) for p, point in zip(self.probabilities, self.points, strict=True)
        )

    def _equations(self) -> list[str]:
        assert self.probabilities is not None
        x = _point(self.variables)
        shown = list(zip(self.points, self.probabilities, strict=True))[:SHOWN_POINTS]
        left_out = [r"&\ \vdots"] if len(self.points) > SHOWN_POINTS else []
        return [rf"P\left({x} = {_point(point)}\right) &= {sp.latex(p)}" for point, p in shown] + left_out


class Empirical(FiniteSupport):
    r"""A data set of :math:`n` samples, each of weight :math:`1/n`.

    Only here drawing without replacement has a meaning. Equal samples count as often as they are listed.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> Empirical([x, y], [[1, 2], [0.1, -1]]).points
        ((1, 2), (1/10, -1))
    """

    def __init__(self, variables: Expressions, samples: Iterable[Sequence[object]]) -> None:
        super().__init__(variables, tuple(listed(samples, "samples")))

    @property
    def sample_count(self) -> int:
        """Number of samples, n."""
        return len(self.points)


@dataclass(frozen=True)
class NamedMoments(Typeset):
    r"""A law known by its moments alone, :math:`E\,x^a y^b`.

    Attributes:
        variables: Symbols. Shape ``(k, 1)``.
        known: Exponents -> moment. ``E 1 = 1`` is always known.
        highest: Up to this total degree an unknown moment gets a name, ``m_xxy`` for :math:`E\,x^2y`; 0 names none.

    Example:
        >>> x, y = sp.symbols("x y")
        >>> law = NamedMoments([x, y], known={(1, 0): 0}, highest=2)
        >>> [law.moment(powers) for powers in ((1, 0), (1, 1), (0, 2))]
        [0, m_xy, m_yy]
    """

    variables: sp.ImmutableMatrix
    known: Mapping[Powers, sp.Expr] = field(default_factory=dict)
    highest: int = 0

    def __post_init__(self) -> None:
        variables = _variables(self.variables)
        object.__setattr__(self, "highest", count(self.highest, "highest", at_most=MAX_DEGREE))
        known = {}
        for powers, value in instance(self.known, Mapping, "known", "a mapping of exponents to moments").items():
            integers = isinstance(powers, tuple) and all(type(p) is int and p >= 0 for p in powers)
            if not integers or len(powers) != variables.rows:
                raise ShapeError(
                    f"known must be keyed by one non-negative exponent per variable {tuple(variables)}, "
                    f"got {shown(powers)}."
                )
            known[powers] = exact_real(value, "known")
        if known.setdefault((0,) * variables.rows, sp.S.One) != 1:
            raise ShapeError(f"known must have E 1 = 1, got {known[(0,) * variables.rows]}.")
        _own_symbols(variables, {s for value in known.values() for s in value.free_symbols}, "known")
        object.__setattr__(self, "variables", variables)
        object.__setattr__(self, "known", MappingProxyType(known))

    def __hash__(self) -> int:
        return hash((self.variables, tuple(sorted(self.known.items())), self.highest))

    def moment(self, powers: Powers) -> sp.Expr:
        """The moment with these exponents.

        Raises:
            MissingParameterError: it is neither known nor of a degree that gets a name.
        """
        whole = isinstance(powers, tuple) and all(type(power) is int and power >= 0 for power in powers)
        if not whole or len(powers) != self.variables.rows:
            raise ShapeError(
                f"powers must be a tuple of {self.variables.rows} whole numbers from 0 on, got {shown(powers)}."
            )
        if powers in self.known:
            return self.known[powers]
        letters = "".join(x.name * power for x, power in zip(self.variables, powers, strict=True))
        if sum(powers) > self.highest:
            product = sp.Mul(*(x**power for x, power in zip(self.variables, powers, strict=True)))
            raise MissingParameterError(
                f"known must hold the moment E[{product}] (key {powers}), which is needed here. "
                f"Add it, or set highest={sum(powers)} to have it named m_{letters}."
            )
        if all(power % 2 == 0 for power in powers):
            return sp.Symbol(f"m_{letters}", nonnegative=True)
        return sp.Symbol(f"m_{letters}", real=True)

    def _equations(self) -> list[str]:
        means = (
            (sp.Mul(*(x**k for x, k in zip(self.variables, powers, strict=True))), m)
            for powers, m in self.known.items()
        )
        known = [rf"\mathbb{{E}}\left[{sp.latex(power)}\right] &= {sp.latex(m)}" for power, m in means if power != 1]
        return known or [rf"{words('unknown law of')}\ {_point(self.variables)}"]


@dataclass(frozen=True)
class Product(Typeset):
    r"""Independent laws of disjoint variables.

    Attributes:
        laws: The factors.

    Raises:
        SymbolError: two factors share a variable, or the law of one depends on a variable of another.
    """

    laws: tuple[DataLaw, ...]

    def __post_init__(self) -> None:
        given = [instance(law, DataLaw, "laws", "laws of the data") for law in listed(self.laws, "laws")]
        flat = tuple(factor for law in given for factor in (law.laws if isinstance(law, Product) else (law,)))
        if not flat:
            raise ShapeError("laws must hold at least one law, got none.")
        object.__setattr__(self, "laws", flat)
        _variables(self.variables)
        for law in flat:
            _own_symbols(self.variables, law_symbols(law), "laws")

    @cached_property
    def variables(self) -> sp.ImmutableMatrix:
        """The variables of all factors, in order. Shape ``(k, 1)``."""
        return sp.ImmutableMatrix([x for law in self.laws for x in law.variables])

    def _equations(self) -> list[str]:
        return [line for law in self.laws for line in law._equations()]


def _point(entries: Sequence[sp.Expr] | sp.MatrixBase) -> str:
    names = [sp.latex(entry) for entry in entries]
    return names[0] if len(names) == 1 else rf"\left({', '.join(names)}\right)"


DataLaw = Gaussian | FiniteSupport | NamedMoments | Product
"""Any law of the data; :class:`Empirical` is a :class:`FiniteSupport`."""


def law_symbols(law: DataLaw) -> set[sp.Symbol]:
    """The symbols that the law depends on: its own parameters, not its variables."""
    match law:
        case Gaussian():
            return law.mean.free_symbols | law.covariance.free_symbols
        case FiniteSupport():
            rows = (*law.points, law.probabilities or ())
            return {symbol for row in rows for entry in row for symbol in entry.free_symbols}
        case NamedMoments():
            return {symbol for value in law.known.values() for symbol in value.free_symbols}
        case Product():
            return {symbol for factor in law.laws for symbol in law_symbols(factor)}


def semidefinite_factor(matrix: sp.MatrixBase, name: str) -> sp.ImmutableMatrix:
    r"""A matrix :math:`R` with :math:`RR^\top =` ``matrix``, symmetric and positive semidefinite. Shape ``(k, rank)``.

    Cholesky's algorithm; a pivot that vanishes must vanish with its column and leaves no column behind. A pivot of
    undecided sign is taken to be positive.

    Raises:
        ShapeError: a pivot is negative, or a vanishing one stands in a column that does not vanish.
    """
    rest, columns = sp.Matrix(matrix), []
    for j in range(rest.rows):
        pivot = sp.cancel(rest[j, j])
        if pivot.is_negative or (pivot == 0 and any(sp.cancel(entry) != 0 for entry in rest[:, j])):
            raise ShapeError(
                f"{name} must be positive semidefinite, got {sp.Matrix(matrix).tolist()}. "
                "A covariance is an average of outer products."
            )
        if pivot != 0:
            direction = (rest[:, j] / pivot).applyfunc(sp.cancel)
            rest = (rest - pivot * direction * direction.T).applyfunc(sp.cancel)
            columns.append(sp.sqrt(pivot) * direction)
    return sp.ImmutableMatrix(sp.Matrix.hstack(*columns)) if columns else sp.ImmutableMatrix.zeros(rest.rows, 0)


def exact_real(entry: Any, name: str) -> sp.Expr:
    """``entry`` as an exact real expression; a float as the decimal number that it prints as.

    Raises:
        ShapeError: it is text, or no finite real number or expression.
    """
    with contextlib.suppress(ShapeError):
        return single_expression(entry, name, real=True)
    raise ShapeError(
        f"{name} must hold finite real numbers or expressions, got {shown(entry)}. "
        "Drop or repair incomplete samples before they enter an average."
    )


def _variables(entries: Expressions) -> sp.ImmutableMatrix:
    return distinct_symbols(entries, "variables")


def _own_symbols(variables: sp.MatrixBase, used: Iterable[sp.Basic], name: str) -> None:
    shared = sorted(str(symbol) for symbol in set(variables) & set(used))
    if shared:
        raise SymbolError(f"{name} must not depend on the variables of the law, but {shared} do. Rename them.")


def _points(rows: object, variables: sp.ImmutableMatrix, name: str) -> tuple[tuple[sp.Expr, ...], ...]:
    k, points = variables.rows, []
    for row in listed(rows, name):
        entries = [row] if k == 1 and not isinstance(row, list | tuple) else listed(row, name)
        if len(entries) != k:
            raise ShapeError(
                f"{name} must have one entry per variable {tuple(variables)}, got {shown(row)}. "
                "Give one row per sample."
            )
        points.append(tuple(_admitted(x, exact_real(e, name)) for x, e in zip(variables, entries, strict=True)))
    if not points:
        raise ShapeError(f"{name} must hold at least one sample, got none.")
    return tuple(points)


def _admitted(variable: sp.Symbol, value: sp.Expr) -> sp.Expr:
    for sign in _SIGNS:
        if getattr(variable, f"is_{sign}") and getattr(value, f"is_{sign}") is False:
            raise SymbolError(f"{variable} is declared {sign}, got the value {value}. Declare it real instead.")
    return value
