r"""Proofs of zero computed a second time, by the multivariate polynomials of FLINT.

SymPy's arithmetic finds that an element of an extension is 0; this one starts again from the expression and shares with
it the list of generators alone. A fraction is kept as a pair of polynomials over Q, without cancellation; at the end
:math:`g^d = r` is put into the numerator for every generator with a relation, latest first.

References:
    Hart, Johansson et al., *FLINT: Fast Library for Number Theory*, module ``fmpq_mpoly``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.decision.algebra.rational_functions import Extension, OutOfReachError, Tower
from theory.decision.arb.balls import MissingFlintError, flint_library
from theory.errors import KernelDisagreementError

_MAX_TERMS = 40_000


def confirmation(tower: Tower, expression: sp.Expr, original: sp.Expr) -> str | None:
    """What is to be said about the second computation of an ``expression``, in generators, that was found to be 0.

    None where it agrees, else why it was not made.

    Raises:
        KernelDisagreementError: it does not agree.
    """
    try:
        zero = _Fractions(Extension.of(tower, [expression])).is_zero(expression)
    except MissingFlintError:
        return "python-flint missing"
    except OutOfReachError:
        return "too large for the second"
    if not zero:
        raise KernelDisagreementError.about(
            str(original), "SymPy's polynomials find that it is 0", "those of python-flint that it is not"
        )
    return None


class _Fractions:
    """Pairs (numerator, denominator) of FLINT polynomials in the roots of an extension's generators."""

    def __init__(self, extension: Extension) -> None:
        flint = flint_library()
        self.extension = extension
        self.names = list(extension.roots)
        self.ring = flint.fmpq_mpoly_ctx.get([f"v{i}" for i in range(max(len(self.names), 1))])
        self.rational = flint.fmpq
        self.one = self.ring.constant(1)
        self.known: dict[sp.Expr, tuple[Any, Any]] = {}
        self.substituted = dict(extension.substitutions)

    def is_zero(self, expression: sp.Expr) -> bool:
        numerator, _ = self.value(expression)
        for g, (d, r) in self.extension.relations.items():
            numerator = self._reduced(numerator, self.names.index(g), d, self.value(r))
        return numerator == 0

    def value(self, e: sp.Expr) -> tuple[Any, Any]:
        found = self.known.get(e)
        if found is None:
            found = self.known[e] = self._value(e)
            if max(len(found[0]), len(found[1])) > _MAX_TERMS:
                raise OutOfReachError("the second kernel has too many terms. Split the expression.")
        return found

    def _value(self, e: sp.Expr) -> tuple[Any, Any]:
        if e.is_Rational:
            return self.ring.constant(self.rational(int(e.p), int(e.q))), self.one
        if e.is_Dummy:
            return self.value(self.substituted[e]) if e in self.substituted else self._power(e, self._root(e))
        if e.is_Add:
            total = self.ring.constant(0), self.one
            for term in e.args:
                total = self._sum(total, self.value(term))
            return total
        if e.is_Mul:
            product = self.one, self.one
            for factor in e.args:
                n, d = self.value(factor)
                self._require_room(product[0], n, product[1], d)
                product = product[0] * n, product[1] * d
            return product
        base, exponent = e.args
        if exponent.is_Integer and not (base.is_Dummy and base not in self.substituted):
            n, d = self.value(base)
            k = int(exponent)
            if len(n) ** abs(k) > _MAX_TERMS * 100 or len(d) ** abs(k) > _MAX_TERMS * 100:
                raise OutOfReachError("a power has too many terms for the second kernel.")
            return (n**k, d**k) if k >= 0 else (d**-k, n**-k)
        return self._power(base, int(exponent * self._root(base)))

    def _root(self, g: sp.Expr) -> int:
        return self.extension.roots[g]

    def _power(self, g: sp.Expr, k: int) -> tuple[Any, Any]:
        variable = self.ring.gens()[self.names.index(g)]
        return (variable**k, self.one) if k >= 0 else (self.one, variable**-k)

    def _sum(self, a: tuple[Any, Any], b: tuple[Any, Any]) -> tuple[Any, Any]:
        if a[1] == b[1]:
            return a[0] + b[0], a[1]
        self._require_room(a[0], b[1], b[0], a[1])
        return a[0] * b[1] + b[0] * a[1], a[1] * b[1]

    def _require_room(self, a: Any, b: Any, c: Any, d: Any) -> None:
        if len(a) * len(b) > _MAX_TERMS * 25 or len(c) * len(d) > _MAX_TERMS * 25:
            raise OutOfReachError("a product has too many terms for the second kernel.")

    def _reduced(self, polynomial: Any, i: int, d: int, right: tuple[Any, Any]) -> Any:
        """The numerator after v_i**d = right, times the power of right's denominator that this takes."""
        by_wraps: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, coefficient in polynomial.to_dict().items():
            wraps, rest = divmod(int(monomial[i]), d)
            by_wraps.setdefault(wraps, {})[(*monomial[:i], rest, *monomial[i + 1 :])] = coefficient
        most = max(by_wraps, default=0)
        total = self.ring.constant(0)
        for wraps, part in by_wraps.items():
            total += self.ring.from_dict(part) * right[0] ** wraps * right[1] ** (most - wraps)
        return total
