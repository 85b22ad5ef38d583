r"""Proofs by normal form: a residual that is the zero rational function in its generators is zero.

The judge is small: rewriting rules that are identities (:mod:`theory.decision.algebra.kernels`) and exact arithmetic
(:mod:`theory.decision.algebra.rational_functions`), each verdict of which is confirmed by evaluation modulo random
primes and by the polynomials of another library (:mod:`theory.decision.algebra.second_kernel`), routes that share no
polynomial arithmetic with the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from random import Random

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from theory.argument_kinds import CONDITIONS, EXPRESSION, SEED, takes
from theory.decision.algebra.field_generators import NewDenominatorError
from theory.decision.algebra.kernels import Indeterminates
from theory.decision.algebra.rational_functions import OutOfReachError
from theory.decision.algebra.roots_of_unity import proof_by_roots_of_unity
from theory.decision.algebra.second_kernel import confirmation

_MAX_OPERATIONS = 4_000
_PASSES = 4
_CONFIRMATIONS = 3


@takes(expression=EXPRESSION, conditions=CONDITIONS, seed=SEED)
def proof_of_zero(expression: sp.Expr, conditions: Iterable[Boolean] = (), *, seed: int = 0) -> str | None:
    """A sentence that states the proof and its side conditions, or None if the normal form is not visibly zero.

    None is no refutation: generators may satisfy relations that the rules do not know.

    Args:
        expression: exact; functions without a rule are treated as indeterminates.
        conditions: relations that hold; strict inequalities help to expand logarithms and roots.
        seed: of the primes and residues of the second route.

    Example:
        >>> x, y = sp.symbols("x y", positive=True)
        >>> a = sp.Symbol("a", real=True)
        >>> proof_of_zero(sp.log(x**a * y) - a * sp.log(x) - sp.log(y))
        'zero as a rational function of its independent kernels'
        >>> proof_of_zero(1 / (a - 1) - (a + 1) / (a**2 - 1))
        'zero as a rational function of its independent kernels, wherever these are not 0: a - 1, a**2 - 1'
        >>> proof_of_zero(sp.sqrt(x**2 + 1) - x) is None
        True
    """
    if expression.count_ops() > _MAX_OPERATIONS:
        return None
    conditions = (sp.sympify(conditions),) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    common = sp.S.One
    for _ in range(_PASSES):
        try:
            ring = Indeterminates(conditions, common)
            return _vanishing(ring, expression, Random(seed)) or proof_by_roots_of_unity(expression)
        except NewDenominatorError as error:
            common = common * error.denominator
        except (OutOfReachError, BasePolynomialError, RecursionError):
            return None
    return None


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def proof_of_positivity(expression: sp.Expr, conditions: Iterable[Boolean] = ()) -> str | None:
    """A sentence that states why ``expression`` is positive, or None if its normal form does not show it.

    Shown are products of powers of factors each of which has one sign: sums of positive terms, generators of known
    sign, and strict inequalities among ``conditions``.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> proof_of_positivity(x**2 + sp.exp(-x))
        'every factor has terms of one sign'
        >>> proof_of_positivity(x - 1) is None
        True
    """
    return ONE_SIGN if sign_of_factors(expression, conditions) == 1 else None


ONE_SIGN = "every factor has terms of one sign"


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def sign_of_factors(expression: sp.Expr, conditions: Iterable[Boolean] = ()) -> int:
    """1 or -1 where :func:`proof_of_positivity` shows that ``expression`` or its negative is positive, else 0.

    One factorisation tells both.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> sign_of_factors(-x - 1), sign_of_factors(x + 1), sign_of_factors(x - 1)
        (-1, 1, 0)
    """
    given = (sp.sympify(conditions),) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    return _sign_of_factors(expression, given)


@lru_cache(maxsize=1024)
def _sign_of_factors(expression: sp.Expr, conditions: tuple[Boolean, ...]) -> int:
    if expression.count_ops() > _MAX_OPERATIONS:
        return 0
    try:
        ring = Indeterminates(conditions)
        content, factors = ring.tower.element(ring.rewrite(expression)).factors()
    except (OutOfReachError, BasePolynomialError, RecursionError):
        return 0
    if content == 0:
        return 0
    sign = 1 if content > 0 else -1
    for f, multiplicity in factors:
        if ring.positive(f):
            continue
        if not ring.positive(sp.expand(-f)) or not multiplicity.is_Integer:
            return 0
        sign *= -1 if multiplicity % 2 else 1
    return sign


@takes(expression=EXPRESSION)
def factors(expression: sp.Expr) -> tuple[sp.Expr, ...]:
    """The irreducible factors of ``expression`` in normal form, in its symbols; none where it is out of reach.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> factors(x**2 - 2 * x + 1)
        (x - 1,)
    """
    if expression.count_ops() > _MAX_OPERATIONS:
        return ()
    try:
        ring = Indeterminates()
        _, found = ring.tower.element(ring.rewrite(expression)).factors()
    except (OutOfReachError, BasePolynomialError, RecursionError):
        return ()
    return tuple(ring.original(f) for f, _ in found)


def _vanishing(ring: Indeterminates, expression: sp.Expr, rng: Random) -> str | None:
    """The proof that ``expression`` is zero in generators, found by one route and confirmed by the other."""
    tower, rewritten = ring.tower, ring.rewrite(expression)
    if not all(tower.is_zero_modulo_a_prime(rewritten, rng) for _ in range(_CONFIRMATIONS)):
        return None
    if not tower.element(rewritten).is_zero:
        return None
    unconfirmed = confirmation(tower, rewritten, expression)
    proof = "zero as a rational function of its independent kernels"
    proof += f" (by one kernel: {unconfirmed})" if unconfirmed else ""
    denominators = sorted(_side_conditions(ring, rewritten), key=sp.default_sort_key)
    return proof + (f", wherever these are not 0: {', '.join(map(str, denominators))}" if denominators else "")


def _side_conditions(ring: Indeterminates, rewritten: sp.Expr) -> set[sp.Expr]:
    """Denominators, in the original symbols, that are not known to be nonzero."""
    found = set()
    for power in rewritten.atoms(sp.Pow):
        if power.exp.is_negative and not ring.positive(power.base) and not ring.positive(sp.expand(-power.base)):
            base = ring.original(power.base)
            if not base.is_nonzero and not (base.is_nonzero is None and base.func is sp.exp):
                found.add(base)
    return found
