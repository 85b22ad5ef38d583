r"""Random polynomials in the place of undefined functions: a formula for every function must hold for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

MAX_DEGREE = 6
"""Total degree of the polynomials; derivatives of higher order cannot be judged by them."""


def random_functions(expression: sp.Expr, rng: Random) -> dict[Any, tuple[sp.Expr, sp.Expr]] | None:
    """For each undefined function, a call ``f(x)`` and a random polynomial; None if assumptions bar polynomials."""
    chosen: dict[Any, tuple[sp.Expr, sp.Expr]] = {}
    for call in sorted(expression.atoms(AppliedUndef), key=sp.default_sort_key):
        if call.func in chosen:
            continue
        barred = (call.is_positive, call.is_negative, call.is_nonnegative, call.is_nonpositive, call.is_integer)
        if any(value is not None for value in barred) or call.is_extended_real is False:
            return None
        arguments = sp.symbols(f"x_1:{len(call.args) + 1}") if len(call.args) > 1 else (sp.Symbol("x"),)
        polynomial = sum(
            sp.Rational(rng.randint(-99, 99), rng.randint(1, 99))
            * sp.Mul(*(x**e for x, e in zip(arguments, powers, strict=True)))
            for powers in _exponents(len(arguments), rng)
        )
        chosen[call.func] = call.func(*arguments), sp.sympify(polynomial, strict=True)
    return chosen


def _exponents(arity: int, rng: Random) -> Iterator[tuple[int, ...]]:
    """Exponents of total degree at most six: all of them for one argument, the low and twenty others for more."""
    everything = [e for e in itertools.product(range(MAX_DEGREE + 1), repeat=min(arity, 4)) if sum(e) <= MAX_DEGREE]
    everything = [e + (0,) * (arity - len(e)) for e in everything]
    low = [e for e in everything if sum(e) <= 2]
    high = [e for e in everything if sum(e) > 2]
    yield from low + (high if arity == 1 else rng.sample(high, min(20, len(high))))


def with_functions(expression: sp.Expr, chosen: Mapping[Any, tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    """``expression`` with each undefined function replaced by what was chosen for it, derivatives carried out."""
    for function, (call, polynomial) in chosen.items():
        expression = expression.replace(
            function, lambda *a, c=call, p=polynomial: p.xreplace(dict(zip(c.args, a, strict=True)))
        )
    return expression.doit(integrals=False, sums=False)
