r"""Quotients of gamma functions, and what is left of their logarithms and derivatives beside Stirling's formula.

.. math::
    \log\Gamma(z) = (z - \tfrac12)\log z - z + \tfrac12\log 2\pi + S(z), \qquad
    S(z) = \sum_{k\ge1} \frac{B_{2k}}{2k(2k-1)\,z^{2k-1}},

so that with B = A - d for a number d

.. math::
    \log\frac{\Gamma(A)}{\Gamma(B)} = (B - \tfrac12)\,\mathrm{log1p}\frac dB + d\log A - d + S(A) - S(B),

where both gamma functions overflow (from 171 on) and their logarithms are far larger than the difference. From
:data:`FAR` on, the terms kept give S to a double.

References:
    NIST *Digital Library of Mathematical Functions*, 5.5.6, 5.11.1, 5.11.2 and 5.15.8.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import sympy as sp
from sympy.codegen.cfunctions import log1p
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from numerics.codegen.expansion import short_expansion
from theory.argument_kinds import EXPRESSION, EXPRESSIONS

FAR = 10
"""Arguments from which Stirling's series is used."""

LARGEST_SHIFT = 8
"""Of d, so that gamma functions are as good as their quotient elsewhere."""

LARGEST_MULTIPLE = 4
"""Of n in Gauss's formula."""

OVERFLOWING = 20
"""Arguments from which gamma functions are put together with the powers beside them."""

NOTHING = 10**5
"""Minus the logarithm of what is 0 in every number type."""

_TERMS = 10
MOST_TERMS = 40
"""Beyond, pairs are not looked for."""


def _series(z: sp.Expr, first: int, coefficient: Callable[[int], sp.Expr]) -> sp.Expr:
    """The sum of coefficient(2k) z**(-2k + 2 - first), k from 1, in Horner's form."""
    total: sp.Expr = sp.S.Zero
    for k in range(_TERMS, 0, -1):
        total = coefficient(2 * k) * sp.bernoulli(2 * k) + total / z**2
    return total / z**first


def _remainder(z: sp.Expr) -> sp.Expr:
    """S(z)."""
    return _series(z, 1, lambda n: sp.Rational(1, n * (n - 1)))


def _slope(z: sp.Expr) -> sp.Expr:
    """log(z) - 1/(2 z) - digamma(z)."""
    return _series(z, 2, lambda n: sp.Rational(1, n))


_STIRLING: dict[int, tuple[Callable[[sp.Expr], sp.Expr], Callable[[sp.Expr], sp.Expr]]] = {
    -1: (lambda z: (z - sp.S.Half) * sp.log(z) - z + sp.log(2 * sp.pi) / 2, _remainder),
    0: (sp.log, lambda z: -1 / (2 * z) - _slope(z)),
    1: (lambda z: 1 / z, lambda z: 1 / (2 * z**2) + _series(z, 3, lambda _: sp.S.One)),
}
"""Order of the polygamma function, -1 for log gamma, to what its formula has, and what is left."""


def _beyond(z: sp.Expr) -> sp.Expr:
    """Clipped, so that the branch not taken is finite and so are its derivatives."""
    return sp.Max(z, FAR, evaluate=False)


def _shift(A: sp.Expr, B: sp.Expr) -> sp.Expr | None:
    """A - B where it is a number to which the formula applies."""
    d = short_expansion(A - B)
    if d.is_Rational:
        return d if 0 < abs(d) <= LARGEST_SHIFT and A.free_symbols else None
    # A parameter: what the two have in common is the variable.
    return d if d.free_symbols < A.free_symbols | B.free_symbols and not d.is_Add else None


def _log_ratio(A: sp.Expr, d: sp.Expr) -> sp.Expr:
    """log(gamma(A)/gamma(A - d)), far out."""
    a, b = _beyond(A), _beyond(A - d)
    return (b - sp.S.Half) * log1p(d / b) + d * sp.log(a) - d + _remainder(a) - _remainder(b)


@takes(product=EXPRESSION)
def gamma_quotient(product: sp.Expr) -> sp.Expr:
    """A product in which gamma functions whose arguments differ by a number are divided without overflow.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> ratio = gamma_quotient(sp.gamma(x + 1) / sp.gamma(x))
        >>> abs(float(ratio.subs(x, 1000)) / 1000 - 1) < 1e-13
        True
    """
    product = _multiplied_out(product)
    powers = {base: m for base, m in (f.as_base_exp() for f in sp.Mul.make_args(product)) if isinstance(base, sp.gamma)}
    above = [base for base, m in powers.items() if m.is_Integer and m > 0]
    below = [base for base, m in powers.items() if m.is_Integer and m < 0]
    for top, bottom in itertools.product(above, below):
        A, B = top.args[0], bottom.args[0]
        d = _shift(A, B)
        if d is None:
            continue
        n = min(powers[top], -powers[bottom])
        near = [sp.gamma(sp.Min(z, FAR + LARGEST_SHIFT, evaluate=False)) for z in (A, B)]
        far = sp.And(A > FAR, B > FAR)
        ratio = sp.Piecewise((sp.exp(_log_ratio(A, d)), far), (near[0] / near[1], True))
        return product / top**n * bottom**n * ratio**n
    return product


def _multiplied_out(product: sp.Expr) -> sp.Expr:
    r"""By Gauss's formula, where :math:`\Gamma(nz)` stands beside a :math:`\Gamma` of an argument that grows like z.

    .. math:: \Gamma(nz) = (2\pi)^{(1-n)/2}\,n^{nz-1/2}\prod_{k<n}\Gamma(z + k/n)
    """
    gammas = [f.as_base_exp() for f in sp.Mul.make_args(product) if isinstance(f.as_base_exp()[0], sp.gamma)]
    for (fast, m), (slow, k) in itertools.permutations(gammas, 2):
        n = sp.cancel(_growing_part(fast.args[0]) / _growing_part(slow.args[0]))
        if n.is_Integer and 1 < n <= LARGEST_MULTIPLE and m * k < 0:
            z = sp.expand(fast.args[0] / n)
            parts = sp.Mul(*(sp.gamma(z + sp.Rational(j, n)) for j in range(int(n))))
            scale = (2 * sp.pi) ** ((1 - n) / sp.S(2)) * sp.Pow(n, n * z - sp.S.Half, evaluate=False)
            return _multiplied_out(product / fast**m * parts**m * scale**m)
    return product


def _growing_part(argument: sp.Expr) -> sp.Expr:
    """An argument without its constant term; 1 for a number."""
    return short_expansion(argument).as_coeff_Add()[1] or sp.S.One


@takes(terms=EXPRESSIONS)
def beside_stirling(terms: Sequence[sp.Expr]) -> list[sp.Expr] | None:
    """``terms`` with a difference of log gamma or of its derivatives, from another or from Stirling's formula, as one.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> (made,) = beside_stirling([sp.log(x), -sp.digamma(x)])
        >>> abs(float(made.subs(x, 1e8)) * 2e8 - 1) < 1e-8
        True
    """
    if len(terms) > MOST_TERMS:
        return None
    found = [(i, *read) for i, term in enumerate(terms) if (read := _gamma_term(term)) is not None]
    for (i, order, c, A), (j, other, e, B) in itertools.combinations(found, 2):
        if order != other or order > 0 or c != -e or (d := _shift(A, B)) is None:
            continue
        a, b = _beyond(A), _beyond(B)
        between = log1p(d / b) + d / (2 * a * b) - _slope(a) + _slope(b) if order == 0 else _log_ratio(A, d)
        written = (terms[i] + terms[j]) / c
        pair = sp.Piecewise((between, sp.And(A > FAR, B > FAR)), (sp.expand(written), True))
        return [c * pair, *(term for k, term in enumerate(terms) if k not in (i, j))]
    for i, order, c, u in found:
        formula, left = _STIRLING[order]
        others = sp.Add(*(term for k, term in enumerate(terms) if k != i))
        rest = sp.expand(others + c * formula(u))
        if _changing(rest) < _changing(sp.expand(others)):
            far = rest.xreplace({u: _beyond(u)}) + c * left(_beyond(u))
            return [sp.Piecewise((far, u > FAR), (sp.Add(*terms), True))]
    return None


def _changing(total: sp.Expr) -> int:
    """The number of terms that are no numbers."""
    return sum(not term.is_number for term in sp.Add.make_args(total))


def _gamma_term(term: sp.Expr) -> tuple[int, sp.Expr, sp.Expr] | None:
    """(order, c, u) where the term is c loggamma(u), order -1, or c polygamma(order, u)."""
    for factor in sp.Mul.make_args(term):
        if isinstance(factor, sp.loggamma | sp.polygamma):
            order = -1 if isinstance(factor, sp.loggamma) else factor.args[0]
            if order in _STIRLING and factor.args[-1].free_symbols:
                return int(order), term / factor, factor.args[-1]
    return None


@takes(product=EXPRESSION)
def gamma_beside_powers(product: sp.Expr) -> tuple[sp.Expr, Boolean] | None:
    """A product of gamma functions, powers and exponentials as one exponential, and where; ``None`` for another one.

    Gamma functions overflow from 171 on, in single precision from 35 on, where their product with a power need not.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> form, region = gamma_beside_powers(x**k * sp.exp(-x) / sp.gamma(k))
        >>> region, round(float(form.subs({x: 400, k: 400})), 8)
        (k > 20, 7.97718352)
    """
    growth, rest, gammas, conditions = sp.S.Zero, sp.S.One, [], []
    for factor in sp.Mul.make_args(product):
        base, m = factor.as_base_exp()
        if isinstance(base, sp.gamma) and base.args[0].free_symbols and m.is_Rational:
            gammas.append((base.args[0], m))
        elif isinstance(factor, sp.exp):
            growth += factor.args[0]
        elif factor.is_Pow and base.free_symbols | m.free_symbols and (m.free_symbols or abs(m) > LARGEST_SHIFT):
            growth += m * sp.log(base if base.is_positive else sp.Abs(base))
            conditions += [] if base.is_positive else [base > 0]
        else:
            rest *= factor
    powers = [factor for factor in sp.Mul.make_args(product) if factor.is_Pow or isinstance(factor, sp.exp)]
    if not gammas or not any(power.as_base_exp()[1].free_symbols for power in powers):
        return None
    exponent = _exponent_by_stirling(growth, gammas)
    if exponent is None:
        exponent = growth + sp.Add(*(m * sp.loggamma(sp.Max(A, OVERFLOWING, evaluate=False)) for A, m in gammas))
    # Clipped, since SymPy would take the logarithms out again.
    clipped = sp.Max(exponent, -NOTHING, evaluate=False)
    return rest * sp.exp(clipped), sp.And(*(A > OVERFLOWING for A, _ in gammas), *conditions)


def _exponent_by_stirling(growth: sp.Expr, gammas: Sequence[tuple[sp.Expr, sp.Rational]]) -> sp.Expr | None:
    """The growth with m log(gamma(A)) by Stirling's formula where what is larger than log(x) cancels, else ``None``.

    The arguments are a x + b, and log(a x + b) is log(x) + log(a) + log1p(b/(a x)).
    """
    symbols = growth.free_symbols.union(*(A.free_symbols for A, _ in gammas))
    if len(symbols) != 1:
        return None
    (x,) = symbols
    X, log_X = sp.Dummy("X", positive=True), sp.Dummy("L", real=True)
    total, remainders, least = sp.expand_log(growth.xreplace({x: X}), force=True), sp.S.Zero, sp.S.One
    for A, m in gammas:
        a, b = A.coeff(x), A.subs(x, 0)
        if sp.expand(A - a * x - b) != 0 or not (a.is_Rational and a.is_positive and b.is_Rational):
            return None
        total += m * ((a * X + b - sp.S.Half) * (log_X + sp.log(a) + log1p(b / (a * X))) - a * X - b)
        remainders += m * (_remainder(a * X + b) + sp.log(2 * sp.pi) / 2)
        least = max(least, (OVERFLOWING - b) / a)
    total = sp.expand(total.subs(sp.log(X), log_X))
    if total.coeff(log_X).has(X) or total.has(sp.Abs) or not sp.Poly(total, log_X).degree() <= 1:
        return None
    clipped = sp.Max(x, least, evaluate=False)
    return (total + remainders).xreplace({X: clipped, log_X: sp.log(clipped)})


@takes(terms=EXPRESSIONS)
def common_singular_factor(terms: Sequence[sp.Expr]) -> sp.Expr | None:
    """Gamma functions and roots that all terms share: what cancels is the sum of the rest; ``None`` without any.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> common_singular_factor([sp.gamma(x) * sp.digamma(x), -sp.gamma(x) * sp.log(x)])
        gamma(x)
    """
    if len(terms) > MOST_TERMS:
        return None
    shared: dict[sp.Expr, sp.Expr] | None = None
    for term in terms:
        own = {base: m for base, m in _singular_powers(term) if m.is_Rational}
        if shared is None:
            shared = own
        both = [base for base in shared if base in own and shared[base] * own[base] > 0]
        shared = {base: min(shared[base], own[base], key=abs) for base in both}
    return sp.Mul(*(base**m for base, m in shared.items())) if shared else None


def _singular_powers(term: sp.Expr) -> Iterator[tuple[sp.Expr, sp.Expr]]:
    """Gamma functions with the powers and exponentials that hold them down, and roots."""
    has_gamma = term.has(sp.gamma)
    for factor in sp.Mul.make_args(term):
        base, m = factor.as_base_exp()
        if has_gamma and m.free_symbols:
            yield factor, sp.S.One
        elif _is_singular(base, m):
            yield base, m


def _is_singular(base: sp.Expr, m: sp.Rational) -> bool:
    """Whether it is a gamma function, or a root of a quotient or of a function."""
    return isinstance(base, sp.gamma) or (not m.is_Integer and base.has(sp.Function) and not base.has(sp.Abs))


@takes(total=EXPRESSION)
def is_nonlinear_in_polygammas(total: sp.Expr) -> bool:
    """Whether a sum holds powers or products of polygamma functions beside others, which cancel to several orders.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> is_nonlinear_in_polygammas(sp.digamma(x) ** 2 - sp.polygamma(1, x) - sp.log(x) ** 2)
        True
    """
    counts = [
        sum(
            factor.as_base_exp()[1]
            for factor in sp.Mul.make_args(term)
            if isinstance(factor.as_base_exp()[0], sp.polygamma)
        )
        for term in sp.Add.make_args(total)
    ]
    return len(counts) > 2 and max(counts) + int(total.has(sp.gamma)) > 1
