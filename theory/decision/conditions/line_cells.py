r"""The cells into which the zeros of polynomials in one variable cut the line, with the signs they have there.

The zeros of irreducible polynomials are isolated in balls that do not meet, so the signs on the points and intervals
between them are certain: nothing else can happen on the line. That decides every condition on one variable.

References:
    Basu, Pollack and Roy, *Algorithms in Real Algebraic Geometry* (2006), chapter 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from theory.argument_kinds import EXPRESSIONS, SYMBOL, takes
from theory.decision.arb.balls import flint_library
from theory.errors import UnsupportedFormError

_PRECISIONS = (128, 512, 2048)
_MAX_DEGREE = 60


@takes(polynomials=EXPRESSIONS, x=SYMBOL)
def sign_patterns_on_line(polynomials: Sequence[sp.Expr], x: sp.Symbol) -> list[tuple[int, ...]]:
    """The combinations of signs that irreducible ``polynomials`` in ``x``, different from each other, have on the line.

    Raises:
        UnsupportedFormError: one of them is not a polynomial in ``x`` with rational coefficients, or of high degree.

    Example:
        >>> x = sp.Symbol("x")
        >>> sign_patterns_on_line([x, x**2 - 2], x)
        [(-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
    """
    flint = flint_library()
    integer = [_integer_polynomial(flint, polynomial, x) for polynomial in polynomials]
    for precision in _PRECISIONS:
        with flint.ctx.workprec(precision):
            roots = _roots(integer)
            patterns = list(_patterns(integer, roots)) if _apart(roots) else [None]
            if None not in patterns:
                return list(dict.fromkeys(filter(None, patterns))) if integer else [()]
    raise UnsupportedFormError(f"zeros of polynomials in {x} lie too close together to be told apart.")


def _integer_polynomial(flint: Any, polynomial: sp.Expr, x: sp.Symbol) -> Any:
    if not polynomial.is_polynomial(x) or polynomial.free_symbols - {x} or sp.degree(polynomial, x) > _MAX_DEGREE:
        raise UnsupportedFormError(f"polynomials must be polynomials in {x} of degree up to {_MAX_DEGREE}.")
    coefficients = sp.Poly(polynomial, x).all_coeffs()[::-1]
    if not all(coefficient.is_Rational for coefficient in coefficients):
        raise UnsupportedFormError("polynomials must have rational coefficients.")
    common = sp.ilcm(1, *(coefficient.q for coefficient in coefficients))
    return flint.fmpz_poly([int(coefficient * common) for coefficient in coefficients])


def _roots(polynomials: Sequence[Any]) -> list[tuple[Any, int]]:
    """The real zeros from left to right, each with the number of its polynomial; real ones have no imaginary part."""
    found = [
        (root.real, i)
        for i, polynomial in enumerate(polynomials)
        if polynomial.degree() > 0
        for root, _ in polynomial.complex_roots()
        if root.imag.is_zero()
    ]
    return sorted(found, key=lambda pair: _middle(pair[0]))


def _apart(roots: list[tuple[Any, int]]) -> bool:
    return all(bool(roots[i][0] < roots[i + 1][0]) for i in range(len(roots) - 1))


def _patterns(polynomials: Sequence[Any], roots: list[tuple[Any, int]]) -> Iterator[tuple[int, ...] | None]:
    """The signs at each zero and in each interval; None where a ball is too wide for that."""
    for place, root in _cells(roots):
        signs = [0 if i == root else _sign(polynomial(place)) for i, polynomial in enumerate(polynomials)]
        yield None if None in signs else tuple(s for s in signs if s is not None)


def _sign(value: Any) -> int | None:
    return 1 if value > 0 else -1 if value < 0 else None


def _cells(roots: list[tuple[Any, int]]) -> Iterator[tuple[Any, int | None]]:
    """A point of each interval, and each zero with the number of its polynomial."""
    if not roots:
        yield flint_library().arb(0), None
        return
    yield roots[0][0].lower() - 1, None
    for (root, i), after in zip(roots, [*roots[1:], None], strict=True):
        yield root, i
        yield root.upper() + 1 if after is None else (root.upper() + after[0].lower()) / 2, None


def _middle(ball: Any) -> Fraction:
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
