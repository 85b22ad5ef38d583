r"""Sums of quotients in one exponential, over one denominator where they cancel.

:math:`E/(1+E) - E^2/(1+E)^2` with :math:`E = e^u` loses all digits as u grows, :math:`E/(1+E)^2` none. Derivatives of
sigmoids are such sums, often within products. Quotients of polynomials, as in :math:`1/(1+x) - 1 + x`, are added too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import sympy as sp

from numerics.arguments import takes
from numerics.codegen.expansion import about_its_centre
from numerics.codegen.exponentials import denominator_exponent, exponential_factor, multiple
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

MOST_TERMS = 12
"""Terms that are brought over one denominator."""

MOST_SYMBOLS = 4
"""In quotients of polynomials that are added."""

HIGHEST_POWER = 8
"""Of a sum in quotients of polynomials that are added: factors of higher ones have many terms, and overflow."""

MOST_OPERATIONS = 200
"""In an expression that is brought over one denominator."""


@takes(terms=EXPRESSIONS)
def over_one_denominator(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The terms, those that are quotients in one exponential added up where they cancel; ``None`` where none do.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> over_one_denominator([y, sp.S.One, -1 / (1 + sp.exp(x))])
        [y, exp(x)/(exp(x) + 1)]
    """
    by_unit: dict[sp.Expr | None, list[sp.Expr]] = {}
    for term in terms:
        by_unit.setdefault(denominator_exponent(term), []).append(term)
    plain, changed = by_unit.pop(None, []), False
    done: list[sp.Expr] = []
    for unit, fractions in by_unit.items():
        assert unit is not None
        groups: dict[sp.Expr, list[tuple[sp.Expr, sp.Expr]]] = {}
        for term in [*fractions, *plain]:
            cofactor, rational = _rational_part(term, unit)
            groups.setdefault(cofactor, []).append((term, rational))
        plain = []
        for cofactor, group in groups.items():
            total = _added(sp.Tuple(*(r for _, r in group))) if 1 < len(group) <= MOST_TERMS else None
            changed = changed or total is not None
            members = [term for term, _ in group] if total is None else [cofactor * total.subs(_E, sp.exp(unit))]
            for member in members:
                (done if denominator_exponent(member) is not None else plain).append(member)
    return [*plain, *done] if changed else None


@takes(terms=EXPRESSIONS)
def quotients_added(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The terms, those that are quotients of polynomials added up where they cancel; ``None`` where none do.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> quotients_added([1 / (1 + x), sp.Integer(-1), sp.exp(x)])
        [-x/(x + 1), exp(x)]
    """
    if len(terms) > MOST_TERMS or not any(_is_quotient(term) for term in terms):
        return None
    symbols = sorted(set().union(*(term.free_symbols for term in terms)), key=sp.default_sort_key)
    if len(symbols) > MOST_SYMBOLS:
        return None
    rational = [term for term in terms if term.is_rational_function(*symbols) and not term.has(sp.Float)]
    if len(rational) < 2 or sum(int(term.count_ops()) for term in rational) > MOST_OPERATIONS:
        return None
    if any(power.base.is_Add and abs(power.exp) > HIGHEST_POWER for term in rational for power in term.atoms(sp.Pow)):
        return None
    total = about_its_centre(sp.Add(*rational), sp.factor)
    others = [term for term in terms if term not in rational]
    if total == 0:
        return others
    for x in symbols:
        low, high = _orders_in(total, x)
        parts = [_orders_in(part, x) for part in rational]
        if low > min(part[0] for part in parts) or high < max(part[1] for part in parts):
            return [total, *others]
    return [total, *others] if _has_a_new_square(total, rational) else None


@takes(terms=EXPRESSIONS)
def quotients_in_a_modulus(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """The terms, those that are quotients of polynomials in |u| added up where they cancel; ``None`` where none do.

    Example:
        >>> x, k = sp.symbols("x k", real=True)
        >>> quotients_in_a_modulus([1 / (1 + abs(x)), -x * sp.sign(x) / (1 + abs(x)) ** 2])
        [(Abs(x) + 1)**(-2)]
    """
    moduli = set().union(*(term.atoms(sp.Abs) for term in terms))
    if len(moduli) != 1 or len(terms) > MOST_TERMS:
        return None
    (modulus,) = moduli
    (u,), size = modulus.args, sp.Dummy("size", positive=True)
    # u sign(u) = |u| holds at 0 too.
    written = [
        (term / sp.sign(u) * modulus / u if term.has(sp.sign(u)) else term).xreplace({modulus: size}) for term in terms
    ]
    if any(term.has(u) for term in written):
        return None
    added = quotients_added(written)
    return None if added is None else [term.xreplace({size: modulus}) for term in added]


@takes(total=EXPRESSION)
def beside_a_modulus(total: sp.Expr) -> sp.Expr | None:
    """A sum of quotients in u and |u| on each side by itself, where it cancels on one; ``None`` for another sum.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> beside_a_modulus(1 + x / (1 + abs(x))).args[1]
        (-1/(x - 1), True)
    """
    moduli = total.atoms(sp.Abs)
    functions = total.atoms(sp.Function, sp.Piecewise) - total.atoms(sp.Abs, sp.sign)
    if len(moduli) != 1 or not total.is_Add or functions or total.count_ops() > MOST_OPERATIONS:
        return None
    ((u,),) = (modulus.args for modulus in moduli)
    sides = []
    for side in (1, -1):
        written = total.xreplace({sp.Abs(u): side * u, sp.sign(u): sp.Integer(side)})
        sides.append((written, quotients_added(sp.Add.make_args(written))))
    if all(added is None for _, added in sides):
        return None
    right, left = (written if added is None else sp.Add(*added) for written, added in sides)
    return sp.Piecewise((right, u > 0), (left, True))


def _is_quotient(term: sp.Expr) -> bool:
    """Whether something stands below the line."""
    powers = (factor.as_base_exp() for factor in sp.Mul.make_args(term))
    return any(m.is_Integer and m.is_negative and not base.is_number for base, m in powers)


def _powers(product: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    return [factor.as_base_exp() for factor in sp.Mul.make_args(product)]


@takes(terms=EXPRESSIONS)
def as_square(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """A polynomial in x or its root that is a number times a square, as such; ``None`` for another sum.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> as_square([x / 2, sp.S.Half, -sp.sqrt(x)])
        [(sqrt(x) - 1)**2/2]
    """
    symbols = set().union(*(term.free_symbols for term in terms))
    if len(symbols) != 1 or not 2 <= len(terms) <= 3:
        return None
    (x,), root = symbols, sp.Dummy("root", positive=True)
    has_root = any(term.has(sp.sqrt(x)) for term in terms)
    total = sp.Add(*(term.subs(x, root**2) if has_root else term for term in terms))
    generator = root if has_root else x
    if not total.is_polynomial(generator) or total.has(sp.Float):
        return None
    poly = sp.Poly(total, generator)
    if poly.degree() != 2 or not all(c.is_Rational for c in poly.all_coeffs()) or poly.discriminant() != 0:
        return None
    a, b, _ = poly.all_coeffs()
    return [a * (generator + b / (2 * a)).subs(root, sp.sqrt(x)) ** 2] if b != 0 else None


def _has_a_new_square(total: sp.Expr, terms: Sequence[sp.Expr]) -> bool:
    """Whether the sum vanishes to second order where no term does, as x/2 + 1/(2 x) - 1 at 1."""
    squares = [base for base, m in _powers(total) if base.is_Add and m > 1]
    return bool(squares) and not any(term.has(square) for square in squares for term in terms)


@takes(x=EXPRESSION)
def distance_from_one(x: sp.Expr) -> sp.Expr | None:
    """X - 1 where it is a quotient of polynomials that vanishes to second order somewhere, or at 0; else ``None``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> distance_from_one(x / 2 + 1 / (2 * x)), distance_from_one(x**2 + (1 - x) ** 2)
        ((x - 1)**2/(2*x), 2*x*(x - 1))
    """
    symbols = x.free_symbols
    if not (len(symbols) == 1 and x.is_rational_function(*symbols) and x.count_ops() < MOST_OPERATIONS):
        return None
    if any(power.base.is_Add and abs(power.exp) > HIGHEST_POWER for power in x.atoms(sp.Pow)):
        return None
    gap = sp.factor(x - 1)
    if gap.is_Add or sp.S.One in x.args:
        return None
    (symbol,) = symbols
    vanishing = [(base, m) for base, m in _powers(gap) if base.has(symbol)]
    return gap if any(m > 1 or (base == symbol and m > 0) for base, m in vanishing) else None


def _orders_in(quotient: sp.Expr, x: sp.Symbol) -> tuple[int, int]:
    """The order of a quotient of polynomials at x = 0, and its degree."""
    above, below = (sp.Poly(part, x) for part in sp.fraction(sp.cancel(quotient)))
    return min(above.monoms())[0] - min(below.monoms())[0], above.degree() - below.degree()


_E = sp.Dummy("E", positive=True)
"""The exponential."""


@lru_cache(maxsize=1024)
def _added(parts: sp.Tuple) -> sp.Expr | None:
    """The sum of rational functions over one denominator, ``None`` where it does not cancel at 0, 1 or infinity."""
    if all(part.is_polynomial(_E) for part in parts):
        return None
    total = sp.factor(sp.Add(*parts))
    if total == 0:
        return total
    orders = [_orders(part) for part in parts]
    low, high, at_one = _orders(total)
    if low > min(o[0] for o in orders) or high < max(o[1] for o in orders) or at_one > min(o[2] for o in orders):
        return total
    return None


def _orders(part: sp.Expr) -> tuple[int, int, int]:
    """The order of a rational function at 0, its degree, and its order at 1."""
    above, below = (sp.Poly(p, _E) for p in sp.fraction(sp.cancel(part)))
    low = min(m for (m,) in above.monoms()) - min(m for (m,) in below.monoms())
    return low, above.degree() - below.degree(), int(above.eval(1) == 0)


@takes(product=EXPRESSION)
def nested_quotient(product: sp.Expr) -> sp.Expr:
    """A product over one denominator where a factor of it holds quotients of exponentials itself.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> nested_quotient(x * (1 - 1 / (1 + sp.exp(x))) * sp.exp(-x))
        x/(exp(x) + 1)
    """
    for factor in sp.Mul.make_args(product):
        base, _ = factor.as_base_exp()
        units = {denominator_exponent(term) for term in base.args} - {None} if base.is_Add else set()
        if len(units) == 1:
            unit = units.pop()
            assert unit is not None
            cofactor, rational = _rational_part(product, unit)
            if rational.count_ops() < MOST_OPERATIONS:
                return cofactor * sp.factor(rational).subs(_E, sp.exp(unit))
    return product


@takes(product=EXPRESSION)
def over_a_power(product: sp.Expr) -> sp.Expr:
    """A product with x**-m and (1 + 1/x)**-n over the powers of x and x + 1: x**-m overflows long before it.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> over_a_power(1 / (x**3 * (1 + 1 / x) ** 2))
        1/(x*(x + 1)**2)
    """
    powers = _powers(product)
    below = {base for base, m in powers if base.is_Symbol and m.is_Integer and m < 0}
    for base, m in powers:
        if not (base.is_Add and len(base.args) <= MOST_TERMS and m.is_Integer and m < 0):
            continue
        for x in sorted(below & base.free_symbols, key=sp.default_sort_key):
            exponents = [sp.sympify(term.as_powers_dict()[x]) for term in base.args]
            lowest = min(exponents) if all(n.is_Integer for n in exponents) else sp.S.Zero
            if lowest < 0:
                raised = sp.Add(*(term * x**-lowest for term in base.args))
                return product / base**m * raised**m * x ** (lowest * m)
    return product


@takes(product=EXPRESSION)
def growing_terms(product: sp.Expr) -> list[sp.Expr] | None:
    """The terms of (A + B exp(u)) / (1 + exp(u)) one by one, each over the denominator; ``None`` where none grows.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> growing_terms((sp.exp(x) + y) / (1 + sp.exp(x)) ** 2)
        [y/(exp(x) + 1)**2, exp(x)/(exp(x) + 1)**2]
    """
    factors = sp.Mul.make_args(product)
    unit = denominator_exponent(sp.Mul(*(f for f in factors if not f.is_Add)))
    if unit is None:
        return None
    for factor in factors:
        mixed = factor.is_Add and _in_one_exponential(factor, unit) is None
        if mixed and any(multiple(exponential_factor(term)[1], unit)[0] != 0 for term in factor.args):
            return [product / factor * term for term in factor.args]
    return None


def _in_one_exponential(factor: sp.Expr, unit: sp.Expr) -> sp.Expr | None:
    """The factor with E for exp(unit), where nothing else is in it; else ``None``."""
    if factor.count_ops() > MOST_OPERATIONS:
        return None
    powers = {}
    for e in factor.atoms(sp.exp):
        k, rest = multiple(e.args[0], unit)
        if rest != 0 or not k.is_Integer:
            return None
        powers[e] = _E**k
    rational = factor.xreplace(powers)
    return rational if rational.free_symbols <= {_E} and rational.is_rational_function(_E) else None


def _rational_part(term: sp.Expr, unit: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(c, r) with term = c r, r rational in E = exp(unit) and its number, c free of both."""
    cofactor, rational = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(term):
        own = _in_one_exponential(factor, unit) if factor.as_base_exp()[1].is_Integer or factor.is_Rational else None
        if isinstance(factor, sp.exp):
            k, rest = multiple(factor.args[0], unit)
            rational *= _E**k if k.is_Integer else 1
            cofactor *= sp.exp(rest) if k.is_Integer else factor
        elif own is not None and (own.is_Rational or own.has(_E)):
            rational *= own
        else:
            cofactor *= factor
    return cofactor, rational
