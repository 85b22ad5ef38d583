r"""Square roots of a loss that are independent: no product of their radicands is a square.

Then the field :math:`K(\sqrt{r_1}, \dots, \sqrt{r_k})` has degree :math:`2^k` over :math:`K` (Kummer), every choice of
signs is an automorphism of it, and an equation over :math:`K` that holds for one choice holds for all.

References:
    Lang, *Algebra* (2002), theorem VI.8.1.
"""

from __future__ import annotations

import sympy as sp
from sympy.polys.domains import GF
from sympy.polys.matrices import DomainMatrix

from theory.argument_kinds import EXPRESSION, takes
from theory.errors import UnsupportedFormError
from theory.symmetry.exact_gradient import StraightLine


def require_independent_roots(line: StraightLine) -> None:
    """Nothing, if the square roots in ``line`` are independent of each other.

    Raises:
        UnsupportedFormError: a root stands under another or a break stands under one, or a product of radicands is a
            square.
    """
    radicands = list(line.roots.values())
    if not radicands:
        return
    nested = [r for r in radicands if r.free_symbols & (set(line.roots) | set(line.breaks))]
    if nested:
        raise UnsupportedFormError(
            "loss must have no square root or break under a square root, got one. Check a symmetry that you know by "
            "OneParameterSymmetry(problem, field)."
        )
    factors = [square_class(r) for r in radicands]
    columns = sorted({f for found in factors for f in found}, key=sp.default_sort_key)
    field = GF(2)
    table = [[field(int(c in found)) for c in columns] for found in factors]
    if not columns or DomainMatrix(table, (len(table), len(columns)), field).rank() < len(radicands):
        raise UnsupportedFormError(
            "loss must have independent square roots here: no product of their radicands may be a square, got the "
            f"radicands {', '.join(map(str, radicands))}. Write one of the roots by the others."
        )


@takes(radicand=EXPRESSION)
def square_class(radicand: sp.Expr) -> set[sp.Expr]:
    """The primes and irreducible polynomials with an odd exponent in ``radicand``, a rational function.

    Example:
        >>> u = sp.Symbol("u")
        >>> sorted(square_class(8 * u**3 / (u + 1)), key=str)
        [2, u, u + 1]
    """
    numerator, denominator = sp.fraction(sp.together(radicand))
    found: set[sp.Expr] = set()
    for part in (numerator, denominator):
        content, factors = sp.factor_list(part)
        if not content.is_Rational:
            raise UnsupportedFormError(
                f"radicand must be a rational function with rational coefficients, got {radicand}."
            )
        pieces = [(base, power) for base, power in factors]
        pieces += [(sp.Integer(base), power) for base, power in sp.factorint(content.p).items()]
        pieces += [(sp.Integer(base), power) for base, power in sp.factorint(content.q).items()]
        for base, power in pieces:
            if power % 2:
                found ^= {base}
    return found - {sp.S.One}
