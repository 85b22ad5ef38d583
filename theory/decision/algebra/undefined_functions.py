r"""Concrete functions in the place of undefined ones: a formula for every smooth function must hold for them.

Polynomials alone satisfy identities that no other function does (the seventh difference of all those of degree six is
0), so the choices differ in kind: a polynomial, exponentials and waves, a rational function with a bump.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

COMPLEX = 3
"""The kind of functions that are complex: they refute, and show nothing where kinks have no meaning for them."""

_DEGREE = 6
_MAX_ORDER_OF_QUOTIENTS = 4
"""Quotients are not differentiated more often than this: their derivatives grow too long."""


def random_functions(expression: sp.Expr, rng: Random, choice: int) -> dict[Any, tuple[sp.Expr, sp.Expr]] | None:
    """For each undefined function, a call ``f(x)`` and a random function of the kind ``choice`` (0, 1, 2 or 3).

    The last kind is complex where nothing says that the function is real: sqrt(f**2) is Abs(f) for real ones alone.

    None if assumptions bar all of them. A function assumed positive is 1/3 plus the square of another.
    """
    order = max((sum(n for _, n in d.variable_count) for d in expression.atoms(sp.Derivative)), default=0)
    chosen: dict[Any, tuple[sp.Expr, sp.Expr]] = {}
    for call in sorted(expression.atoms(AppliedUndef), key=sp.default_sort_key):
        if call.func in chosen:
            continue
        if call.is_integer is not None or call.is_extended_real is False or call.is_nonpositive:
            return None
        arguments = sp.symbols(f"x_1:{len(call.args) + 1}") if len(call.args) > 1 else (sp.Symbol("x"),)
        kind = 1 if choice == 2 and order > _MAX_ORDER_OF_QUOTIENTS else choice
        function = _KINDS[kind](arguments, rng)
        if call.is_nonnegative:
            function = sp.Rational(1, 3) + function**2
        elif choice == COMPLEX and call.is_extended_real is None:
            function *= 1 + sp.I / 2
        chosen[call.func] = call.func(*arguments), sp.sympify(function, strict=True)
    return chosen


def _polynomial(arguments: tuple[sp.Symbol, ...], rng: Random) -> sp.Expr:
    return sum(
        _number(rng) * sp.Mul(*(x**e for x, e in zip(arguments, powers, strict=True)))
        for powers in _exponents(len(arguments), rng)
    )


def _waves(arguments: tuple[sp.Symbol, ...], rng: Random) -> sp.Expr:
    first, second, third = (_linear(arguments, rng) for _ in range(3))
    return _number(rng) * sp.exp(first) + _number(rng) * sp.sin(second) + _number(rng) * sp.cos(third)


def _bumps(arguments: tuple[sp.Symbol, ...], rng: Random) -> sp.Expr:
    first, second = (_linear(arguments, rng) for _ in range(2))
    return _number(rng) / (1 + first**2) + _number(rng) * sp.exp(-(second**2))


_KINDS: tuple[Callable[[tuple[sp.Symbol, ...], Random], sp.Expr], ...] = (_polynomial, _waves, _bumps, _waves)


def _number(rng: Random) -> sp.Rational:
    return sp.Rational(rng.choice((-1, 1)) * rng.randint(1, 99), rng.randint(1, 99))


def _linear(arguments: tuple[sp.Symbol, ...], rng: Random) -> sp.Expr:
    """A linear form with small coefficients, so that values stay moderate near 1."""
    return sp.Add(*(sp.Rational(rng.choice((-1, 1)) * rng.randint(1, 12), rng.randint(4, 12)) * x for x in arguments),
                  sp.Rational(rng.randint(-9, 9), 7))  # fmt: skip


def _exponents(arity: int, rng: Random) -> Iterator[tuple[int, ...]]:
    """Exponents of total degree at most six: all of them for one argument, the low and twenty others for more."""
    everything = [e for e in itertools.product(range(_DEGREE + 1), repeat=min(arity, 4)) if sum(e) <= _DEGREE]
    everything = [e + (0,) * (arity - len(e)) for e in everything]
    low = [e for e in everything if sum(e) <= 2]
    high = [e for e in everything if sum(e) > 2]
    yield from low + (high if arity == 1 else rng.sample(high, min(20, len(high))))


def with_functions(expression: sp.Expr, chosen: Mapping[Any, tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    """``expression`` with each undefined function replaced by what was chosen for it, derivatives carried out."""
    expression = expression.replace(lambda e: isinstance(e, sp.Derivative), _by_letters)
    for function, (call, chosen_function) in chosen.items():
        expression = expression.replace(
            function, lambda *a, c=call, g=chosen_function: g.xreplace(dict(zip(c.args, a, strict=True)))
        )
    # Each derivative once, however often it stands there.
    carried_out = {each: each.doit(integrals=False, sums=False) for each in expression.atoms(sp.Derivative)}
    return expression.xreplace(carried_out).doit(integrals=False, sums=False)


def _by_letters(derivative: sp.Derivative) -> sp.Expr:
    """The derivative with respect to a call ``f(x)`` as one with respect to a letter in its place, taken there."""
    inner, *counts = derivative.args
    calls = {count[0]: sp.Dummy() for count in counts if not count[0].is_Symbol}
    if not calls:
        return derivative
    letters = [(calls.get(variable, variable), count) for variable, count in counts]
    return sp.Subs(sp.Derivative(inner.xreplace(calls), *letters), tuple(calls.values()), tuple(calls))
