r"""Words of matrices: products of constant matrices, Gaussian columns and their transposes, and their means.

.. math::
    E[A\,xx^\top B\,xx^\top C] = A\Lambda B\Lambda C + A\Lambda B^\top\Lambda C + A\Lambda C\,\mathrm{tr}(B\Lambda)

by :mod:`theory.matrices.contractions`; also of traces, of :math:`P\otimes Q`, and of :math:`\mathrm{vec}P\,
\mathrm{vec}Q^\top`, where chains that cross leave a commutation matrix. Shapes may be symbols.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy as sp

from theory.argument_kinds import ArgumentKind, takes
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.matrices.contractions import Contraction, Link, contractions
from theory.matrices.kronecker import MATRIX_EXPRESSION, Commutation, Vec
from theory.values import instance, shown

Letter = tuple[sp.MatrixExpr, bool]
"""A matrix, and whether it stands transposed."""

Word = tuple[Letter, ...]
WORDS = ArgumentKind(
    "an expression in symbols of matrices", lambda value: isinstance(value, sp.Expr) and value is not sp.nan
)

Term = tuple[sp.Expr, tuple[Word, ...], Word]
"""A coefficient, words whose traces are factors, and a word."""


@dataclass(frozen=True)
class GaussianColumns:
    r"""Centred Gaussian columns, jointly.

    Attributes:
        covariances: :math:`E[xx^\top]` for each column; of correlated ones also :math:`E[xy^\top]` under ``(x, y)``.

    Raises:
        ShapeError: a column is no symbol of a matrix with one column, or a covariance has another shape.

    Example:
        >>> d = sp.Symbol("d", positive=True, integer=True)
        >>> x, A = sp.MatrixSymbol("x", d, 1), sp.MatrixSymbol("A", d, d)
        >>> GaussianColumns({x: sp.Identity(d)}).mean(x * x.T * A * x * x.T)
        Trace(A)*I + A + A.T
    """

    covariances: Mapping[Any, Any]

    def __post_init__(self) -> None:
        table: dict[tuple[Any, Any], Any] = {}
        for key, value in instance(self.covariances, Mapping, "covariances", "a mapping of columns").items():
            pair: Any = key if isinstance(key, tuple) and len(key) == 2 else (key, key)
            x, y = pair
            for column in (x, y):
                if not isinstance(column, sp.MatrixSymbol) or column.shape[1] != 1:
                    raise ShapeError(f"covariances must be keyed by symbols of columns, got {shown(column)}.")
            if getattr(value, "shape", None) != (x.shape[0], y.shape[0]):
                raise ShapeError(
                    f"the covariance of {x} and {y} must have shape {(x.shape[0], y.shape[0])}, "
                    f"got {getattr(value, 'shape', shown(value))}."
                )
            table[x, y] = value
            if x != y:
                table[y, x] = sp.Transpose(value).doit()
        object.__setattr__(self, "covariances", dict(self.covariances))
        object.__setattr__(self, "_table", table)

    _table = {}  # type: ignore[var-annotated]

    @property
    def columns(self) -> set[sp.MatrixSymbol]:
        """The random columns."""
        return {x for x, _ in self._table}

    @property
    def symmetric(self) -> set[sp.MatrixExpr]:
        """The covariances of single columns, equal to their transposes."""
        return {value for (x, y), value in self._table.items() if x == y}

    @takes(expression=WORDS)
    def mean(self, expression: Any) -> Any:
        r"""The mean of a matrix or a scalar: sums of words, times traces of words; of one Kronecker product of words.

        Raises:
            UnsupportedFormError: a random column stands where no word is.
        """
        if isinstance(expression, sp.Basic) and expression.has(sp.nan, sp.zoo):
            raise UnsupportedFormError(f"expression must be finite, got {shown(expression)}.")
        if isinstance(expression, sp.KroneckerProduct):
            if len(expression.args) != 2:
                raise UnsupportedFormError(f"a Kronecker product must have two factors, got {shown(expression)}.")
            return self._joint(expression.args[0], expression.args[1], _kronecker)
        if not getattr(expression, "is_Matrix", False):
            return self._sum(terms(sp.Trace(sp.Identity(1)) * 0 + expression), scalar=True)
        return self._sum(terms(expression), scalar=False, shape=expression.shape)

    @takes(P=MATRIX_EXPRESSION, Q=MATRIX_EXPRESSION)
    def mean_of_vecs(self, P: sp.MatrixExpr, Q: sp.MatrixExpr) -> sp.MatrixExpr:
        r"""The mean of :math:`\mathrm{vec}P\,\mathrm{vec}Q^\top` for sums of words P and Q."""
        return self._joint(P, Q, _outer)

    def _sum(self, found: Sequence[Term], *, scalar: bool, shape: Any = (1, 1)) -> Any:
        total: Any = sp.S.Zero if scalar else sp.ZeroMatrix(*shape)
        for coefficient, traces, word in found:
            for factor, chains in self._means(traces, [] if scalar else [(word, shape)]):
                scalars, matrix = _whole(chains)
                piece = coefficient * factor * scalars
                total += piece if scalar else piece * matrix
        return collected_words(total, symmetric=self.symmetric)

    def _joint(self, P: Any, Q: Any, assembled: Any) -> Any:
        total = None
        for c1, t1, w1 in terms(P):
            for c2, t2, w2 in terms(Q):
                for factor, chains in self._means((*t1, *t2), [(w1, P.shape), (w2, Q.shape)]):
                    if {end for ends in chains for end in ends} != {"left0", "right0", "left1", "right1"}:
                        raise UnsupportedFormError(
                            "words of a Kronecker product must neither begin with a random row nor end with a random "
                            f"column, and go on with that column's row, got {shown(product(w1))} and "
                            f"{shown(product(w2))}. Take the mean of their entries apart."
                        )
                    piece = c1 * c2 * factor * assembled(chains, Q.shape, self.symmetric)
                    total = piece if total is None else total + piece
        return total

    def _means(self, traces: Sequence[Word], lines: Sequence[tuple[Word, Any]]) -> Any:
        """Pairs of a scalar and the chains, over the contractions of the words together."""
        links: list[Link] = []
        columns: list[sp.MatrixSymbol] = []
        constant: Any = sp.S.One
        cuts = itertools.count()
        for word in traces:
            if any(letter in self.columns for letter, _ in word):
                links += self._links(_rotated(word, self.columns), columns, cuts, None, 1)
            else:
                constant *= sp.Trace(product(word))
        for number, (word, shape) in enumerate(lines):
            links += self._links(word, columns, cuts, number, shape[1])
        for found in contractions(links, lambda i, j: self._table.get((columns[i], columns[j]))):
            yield constant * _loops(found), found.chains

    def _links(
        self, word: Word, columns: list[sp.MatrixSymbol], cuts: Iterator[int], line: int | None, size: Any
    ) -> list[Link]:
        """A word cut before rows and behind columns, where it is one wide; ``size`` is its number of columns."""
        links: list[Link] = []
        piece: list[Letter] = []

        def cut() -> str:
            return f"cut{next(cuts)}"

        left: int | str | None = cut() if line is None else f"left{line}"
        for letter, transposed in word:
            if letter not in self.columns:
                left = cut() if left is None else left
                piece.append((letter, transposed))
                continue
            if transposed:
                if piece:
                    links.append(Link(product(piece), left, cut()))  # type: ignore[arg-type]
                left, piece = len(columns), []
            else:
                left = cut() if left is None else left
                links.append(Link(product(piece, letter.shape[0]), left, len(columns)))
                left, piece = None, []
            columns.append(letter)
        if piece or isinstance(left, int) or (left is not None and not word):
            links.append(Link(product(piece, size), left, cut() if line is None else f"right{line}"))  # type: ignore[arg-type]
        return links


def terms(expression: Any) -> list[Term]:
    """An expression as a sum of words times traces of words.

    Raises:
        UnsupportedFormError: it holds something else than sums, products, powers, transposes and traces.
    """
    one: list[Term] = [(sp.S.One, (), ())]
    match expression:
        case sp.MatAdd() | sp.Add():
            return [term for arg in expression.args for term in terms(arg)]
        case sp.MatMul() | sp.Mul():
            return reduce(_multiplied, (terms(arg) for arg in expression.args), one)
        case sp.MatPow() | sp.Pow() if expression.has(sp.MatrixExpr):
            base, power = expression.args
            if not (power.is_Integer and power >= 0):
                raise UnsupportedFormError(f"powers must be whole numbers, got {shown(expression)}.")
            return reduce(_multiplied, [terms(base)] * int(power), one)
        case sp.Transpose():
            return [(c, traces, transposed_word(word)) for c, traces, word in terms(expression.args[0])]
        case sp.Trace():
            return [(c, (*traces, word), ()) for c, traces, word in terms(expression.args[0])]
        case sp.Identity():
            return one
        case sp.ZeroMatrix():
            return []
        case sp.MatrixSymbol():
            return [(sp.S.One, (), ((expression, False),))]
        case sp.MatrixExpr():
            raise UnsupportedFormError(f"words must be built of symbols of matrices, got {shown(expression)}.")
        case sp.Expr():
            return [(expression, (), ())]
    raise SymbolError(f"expression must be built of symbols, got {shown(expression)}.")


def collected_words(expression: Any, *, symmetric: set[sp.MatrixExpr] | None = None) -> Any:
    """The sum with equal words together, each trace written once among its rotations and transposes.

    Args:
        expression: A sum of words.
        symmetric: Symbols that equal their transposes.
    """
    same = symmetric or set()
    sums: dict[tuple[tuple[Word, ...], Word], sp.Expr] = {}
    for coefficient, traces, word in terms(expression):
        constant, loops = sp.S.One, []
        for loop in traces:
            loops.append(_least_loop(_plain(loop, same)))
        key = tuple(sorted(loops, key=str)), _plain(word, same)
        sums[key] = sums.get(key, sp.S.Zero) + coefficient * constant
    matrix = getattr(expression, "is_Matrix", False)
    total: Any = sp.ZeroMatrix(*expression.shape) if matrix else sp.S.Zero
    for (loops_, word), coefficient in sums.items():
        scalar = sp.expand(coefficient) * sp.Mul(*(sp.Trace(product(loop)) for loop in loops_))
        if scalar != 0:
            total += scalar * product(word, expression.shape[0]) if matrix else scalar
    return total


def product(word: Sequence[Letter], size: Any = None) -> Any:
    """The product of the letters; the identity of ``size`` for an empty word."""
    if not word:
        return sp.Identity(1 if size is None else size)
    return reduce(lambda P, Q: P * Q, (sp.Transpose(letter).doit() if flip else letter for letter, flip in word))


def transposed_word(word: Word) -> Word:
    """The letters of the transpose."""
    return tuple((letter, not flip) for letter, flip in reversed(word))


def _multiplied(one: list[Term], two: list[Term]) -> list[Term]:
    return [(c1 * c2, t1 + t2, w1 + w2) for c1, t1, w1 in one for c2, t2, w2 in two]


def _plain(word: Word, symmetric: set[sp.MatrixExpr]) -> Word:
    return tuple((letter, flip and letter not in symmetric) for letter, flip in word)


def _least_loop(word: Word) -> Word:
    turned = [word[i:] + word[:i] for i in range(len(word))] or [()]
    return min((w for loop in turned for w in (loop, transposed_word(loop))), key=_letters)


def _letters(word: Word) -> tuple[Any, ...]:
    return sum(flip for _, flip in word), tuple((str(letter), flip) for letter, flip in word)


def _rotated(word: Word, columns: set[sp.MatrixSymbol]) -> Word:
    """A loop that begins where it is one wide: with a random row, or behind a random column."""
    for i, (letter, flip) in enumerate(word):
        if letter in columns:
            start = i if flip else i + 1
            return word[start:] + word[:start]
    return word


def _whole(chains: Mapping[tuple[str, str], Any]) -> tuple[Any, Any]:
    """The scalars and the matrix that the chains of one word make; a word may be one wide on either side."""
    scalars: Any = sp.S.One
    sides: dict[str, Any] = {}
    for (first, last), chain in chains.items():
        ends = [end for end in (first, last) if end in ("left0", "right0")]
        if not ends:
            scalars *= sp.Trace(chain)
            continue
        turned = first == "right0" or last == "left0"
        sides[ends[0]] = sp.Transpose(chain).doit() if turned else chain
    parts = [sides[end] for end in ("left0", "right0") if end in sides]
    return scalars, reduce(lambda P, Q: P * Q, parts) if parts else sp.Identity(1)


def _loops(found: Contraction) -> Any:
    return sp.Mul(*(sp.Trace(loop) for loop in found.loops))


def _kronecker(chains: Mapping[tuple[str, str], Any], shape: Any, symmetric: set[sp.MatrixExpr]) -> Any:
    """E[P ⊗ Q] from the chains between its four ends; ``shape`` is that of Q."""
    kept = {ends: collected_words(chain, symmetric=symmetric) for ends, chain in chains.items()}
    if ("left0", "right0") in kept:
        return sp.KroneckerProduct(kept["left0", "right0"], kept["left1", "right1"])
    if ("left0", "left1") in kept:
        rows, columns = kept["left0", "left1"], kept["right0", "right1"]
        return Vec(_flip(rows, symmetric)) * sp.Transpose(Vec(_flip(columns, symmetric)))
    X, Y = kept["left0", "right1"], _between(kept, "left1", "right0", symmetric)
    return sp.KroneckerProduct(X, Y) * Commutation(X.shape[1], Y.shape[1])


def _outer(chains: Mapping[tuple[str, str], Any], shape: Any, symmetric: set[sp.MatrixExpr]) -> Any:
    """E[vec P vec Q^T] from the chains between its four ends; ``shape`` is that of Q."""
    kept = {ends: collected_words(chain, symmetric=symmetric) for ends, chain in chains.items()}
    if ("left0", "right0") in kept:
        return Vec(kept["left0", "right0"]) * sp.Transpose(Vec(kept["left1", "right1"]))
    if ("left0", "left1") in kept:
        return sp.KroneckerProduct(kept["right0", "right1"], kept["left0", "left1"])
    X, Y = kept["left0", "right1"], _between(kept, "left1", "right0", symmetric)
    return sp.KroneckerProduct(_flip(Y, symmetric), X) * Commutation(*shape)


def _between(chains: Mapping[tuple[str, str], Any], first: str, last: str, symmetric: set[sp.MatrixExpr]) -> Any:
    """The chain from ``first`` to ``last``, whichever way it was walked."""
    if (first, last) in chains:
        return chains[first, last]
    return _flip(chains[last, first], symmetric)


def _flip(matrix: Any, symmetric: set[sp.MatrixExpr]) -> Any:
    return collected_words(sp.Transpose(matrix).doit(), symmetric=symmetric)
