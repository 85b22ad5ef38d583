r"""Expansions of a formula as a small variable tends to 0 from above.

.. math::
    f(t) = e^{E(t)} \Big( \sum_{r < R} \sum_j c_{rj}\, t^r (\log t)^j + O(t^R |\log t|^m) \Big),
    \qquad E(t) = \sum_{p > 0} \sum_j e_{pj}\, t^{-p} (\log t)^j

with rational powers. Sums, products, powers, exponentials and logarithms of such series are such series; of a function
that is analytic at the limit of its argument it is its Taylor series, and of some at infinity their asymptotic one.
What would divide by a coefficient that may vanish, or needs the sign of one that is not known, is refused.

References:
    Olver, *Asymptotics and Special Functions* (1974), ch. 1 and 8; DLMF 5.11, 7.12, 10.40.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, SYMBOL, takes, whole
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import UnsupportedFormError
from theory.functions_at_infinity import AT_INFINITY
from theory.local_time import is_smooth

Power = tuple[sp.Rational, int]
"""Exponents of t and of log t."""

Terms = Mapping[Power, sp.Expr]

_ANALYTIC = (
    *(sp.sin, sp.cos, sp.atan, sp.asin, sp.acos, sp.asinh, sp.acosh, sp.atanh, sp.erf, sp.erfc, sp.erfi, sp.LambertW),
    *(sp.gamma, sp.loggamma, sp.digamma, sp.besselj, sp.besseli, sp.besselk, sp.bessely),
)
"""Functions that are analytic wherever their derivatives are finite."""

_AS_EXPONENTIALS = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)
_AS_WAVES = {sp.tan: (sp.sin, sp.cos), sp.cot: (sp.cos, sp.sin), sp.sec: (None, sp.cos), sp.csc: (None, sp.sin)}
_STEPS = 4
"""How often an expansion whose terms cancelled is made again with more of them."""


@dataclass(frozen=True)
class Series:
    """See the module; ``terms`` holds what is known below ``order``, which is infinite where nothing was cut off."""

    terms: Terms = field(default_factory=dict)
    order: sp.Expr = sp.oo
    growth: Terms = field(default_factory=dict)

    @property
    def low(self) -> sp.Expr:
        """The lowest power of t that may be there."""
        return min((power for power, _ in self.terms), default=self.order)


@takes(expression=EXPRESSION, small=SYMBOL, order=whole(0, 30), domain=CONDITIONS)
def terms_up_to(
    expression: sp.Expr, small: sp.Symbol, order: int, domain: Sequence[Boolean] = ()
) -> dict[Power, sp.Expr]:
    r"""The terms that must vanish in what is :math:`O(\epsilon^{n+1})` as ``small`` tends to 0 from above.

    Of an analytic one they are its Taylor coefficients; where substitution into its derivatives says nothing, or may
    say the wrong thing as at a kink, those of its asymptotic expansion.

    Args:
        expression: A formula.
        small: :math:`\epsilon`.
        order: :math:`n`.
        domain: Conditions on the other symbols.

    Returns:
        Powers of ``small`` and of its logarithm -> coefficients. Of an expression that grows exponentially, all that is
        known.

    Raises:
        UnsupportedFormError: there is no such expansion, or a coefficient that may vanish stands in its way.

    Example:
        >>> e, k = sp.symbols("epsilon k", positive=True)
        >>> terms_up_to((1 - sp.exp(-k * e)) / e, e, 1)
        {(0, 0): k, (1, 0): -k**2/2}
        >>> terms_up_to(e**2 * sp.log(e), e, 1)
        {(2, 1): 1}
    """
    t = sp.Dummy("t", positive=True)
    local = expression.subs(small, t)
    if is_smooth(local, (t,)):
        *upto, beyond = (sp.diff(local, t, n).subs(t, 0) / sp.factorial(n) for n in range(order + 2))
        # One derivative more: t**(5/2) has two that vanish at 0, and is no O(t**3).
        if not any(c.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.AccumBounds) for c in (*upto, beyond)):
            return {(sp.Integer(n), 0): c for n, c in enumerate(upto)}
    for step in range(_STEPS):
        found = _Expansion(t, order + 2 + 3 * step * (order + 2), domain).of(local)
        faster = _direction(found.growth, domain)
        if faster < 0:
            return {}
        if faster > 0 and found.terms:
            return dict(found.terms)
        if found.order > order + 1:
            below = sorted(power for power in found.terms if (power[0], -power[1]) < (order + 1, 0))
            return {power: found.terms[power] for power in below}
    raise UnsupportedFormError(f"the expansion of {expression} in {small} is lost in terms that cancel.")


@takes(expression=EXPRESSION, small=SYMBOL, domain=CONDITIONS)
def base_that_may_vanish(expression: sp.Expr, small: sp.Symbol, domain: Sequence[Boolean] = ()) -> sp.Expr | None:
    """What stands below a root, in a denominator or in a logarithm and may be 0 at ``small = 0``; None without such.

    Taylor's coefficients say nothing about the values of the other symbols at which it is 0.

    Example:
        >>> x, e = sp.Symbol("x", real=True), sp.Symbol("epsilon", positive=True)
        >>> base_that_may_vanish(sp.sqrt(x**2 + e**2), e)  # |x| + O(epsilon**2), but epsilon at x = 0
        x**2
        >>> base_that_may_vanish(sp.sqrt(x**2 + e**2), e, [sp.Ne(x, 0)]) is None
        True
    """
    turning = [part.base for part in expression.atoms(sp.Pow) if not (part.exp.is_integer and part.exp.is_nonnegative)]
    turning += [part.args[0] for part in expression.atoms(sp.log)]
    found = sorted({base.subs(small, 0) for base in turning if base.has(small)}, key=sp.default_sort_key)
    return next((base for base in found if not base.is_zero and not _never_vanishes(base, domain)), None)


def _never_vanishes(value: sp.Expr, domain: Sequence[Boolean]) -> bool:
    """Whether no factor of ``value`` is 0 on the domain: each has a sign that is proved, or is excluded by name."""
    if not value.free_symbols:
        return True
    excluded = [side for c in domain if isinstance(c, sp.Ne) for side in (c.lhs - c.rhs, c.rhs - c.lhs)]
    try:
        factors = [factor for factor, _ in sp.factor_list(value)[1]]
        return all(factor in excluded or _sign(factor**2, domain) for factor in factors)
    except (sp.PolynomialError, UnsupportedFormError):
        return False


def _direction(growth: Terms, domain: Sequence[Boolean]) -> int:
    """1 where an exponent tends to infinity, -1 where to minus infinity, 0 where there is none."""
    for power, logs in sorted(growth, key=lambda key: (key[0], -key[1])):
        if power == 0:
            raise UnsupportedFormError("the expansion has a power that is not rational.")
        if known := _sign(growth[power, logs], domain):
            return known * (-1) ** logs  # log t is negative
    return 0


def _sign(value: sp.Expr, domain: Sequence[Boolean]) -> int:
    """The sign of a coefficient that is proved to have one on the whole domain; 0 where it is proved to vanish."""
    if value.is_zero or value.is_positive or value.is_negative:
        return 0 if value.is_zero else 1 if value.is_positive else -1
    if decide_zero(value, domain).kind is ZeroKind.ZERO:
        return 0
    decision = decide_sign(value, domain)
    if decision.proved and decision.kind in (SignKind.POSITIVE, SignKind.NEGATIVE):
        return 1 if decision.kind is SignKind.POSITIVE else -1
    raise UnsupportedFormError(
        f"the coefficient {value} may vanish or change its sign, which would change the expansion. "
        "Where it cannot, say so by a condition on the domain."
    )


class _Expansion:
    """Expansions in one variable, cut off at one power of it."""

    def __init__(self, t: sp.Symbol, cut: int, domain: Sequence[Boolean]) -> None:
        self.t, self.cut, self.domain = t, sp.Integer(cut), domain
        self.known: dict[sp.Expr, Series] = {}

    def of(self, e: sp.Expr) -> Series:
        if e not in self.known:
            self.known[e] = self._of(e)
        return self.known[e]

    def _of(self, e: sp.Expr) -> Series:
        if not e.has(self.t):
            return Series({(sp.S.Zero, 0): e} if e != 0 else {})
        if e == self.t:
            return Series({(sp.S.One, 0): sp.S.One})
        if e.is_Add:
            return functools.reduce(self.sum, map(self.of, e.args))
        if e.is_Mul:
            return functools.reduce(self.product, map(self.of, e.args))
        if isinstance(e, sp.exp) or e.is_Pow and e.base == sp.E:
            return self.exponential(self.of(e.exp))
        if e.is_Pow:
            if e.exp.has(self.t):
                return self.exponential(self.product(self.of(e.exp), self.of(sp.log(e.base))))
            return self.power(self.of(e.base), e.exp)
        if isinstance(e, sp.log):
            return self.logarithm(self.of(e.args[0]))
        return self._by_cases(e)

    # Sums, products, powers.

    def sum(self, one: Series, other: Series) -> Series:
        if one.growth != other.growth and (one.terms or one.order is not sp.oo):
            if not other.terms and other.order is sp.oo:
                return one
            faster = _direction(_added(one.growth, other.growth, -1), self.domain)
            if faster:
                return one if faster > 0 else other  # what is left out is smaller than every power
        return self._cut(_added(one.terms, other.terms), min(one.order, other.order), other.growth)

    def product(self, one: Series, other: Series) -> Series:
        terms: dict[Power, sp.Expr] = {}
        for ((r, i), a), ((s, j), b) in itertools.product(one.terms.items(), other.terms.items()):
            terms[r + s, i + j] = terms.get((r + s, i + j), sp.S.Zero) + a * b
        exactly_zero = any(not part.terms and part.order is sp.oo for part in (one, other))
        order = sp.oo if exactly_zero else min(one.low + other.order, other.low + one.order)
        return self._cut(terms, order, _added(one.growth, other.growth))

    def _cut(self, terms: Terms, order: sp.Expr, growth: Terms) -> Series:
        kept = {power: _tidy(c) for power, c in terms.items() if power[0] < min(order, self.cut)}
        if any(power[0] >= self.cut for power in terms):
            order = min(order, self.cut)
        return Series({power: c for power, c in kept.items() if c != 0}, order, growth)

    def scaled(self, series: Series, factor: sp.Expr, power: sp.Expr = sp.S.Zero) -> Series:
        """``factor * t**power * series``."""
        return self.product(series, Series({(power, 0): factor}))

    def leading(self, series: Series) -> tuple[sp.Expr, sp.Expr, int, Series]:
        """c, r, the sign of c, and h in ``series = c t**r (1 + h)``, without its growth.

        Raises:
            UnsupportedFormError: the first term has a logarithm, or nothing below the cut is left.
        """
        terms = dict(series.terms)
        while terms:
            r = min(power for power, _ in terms)
            logs = max(j for power, j in terms if power == r)
            sign = _sign(terms[r, logs], self.domain)
            if sign and logs:
                raise UnsupportedFormError("a logarithm leads a factor of the expansion.")
            if sign:
                c = terms.pop((r, 0))
                rest = {(power - r, j): value / c for (power, j), value in terms.items()}
                return c, r, sign, self._cut(rest, series.order - r, {})
            del terms[r, logs]
        raise UnsupportedFormError("the leading term of a factor of the expansion is not found.")

    def power(self, base: Series, exponent: sp.Expr) -> Series:
        if exponent.is_Integer and exponent >= 0:
            return functools.reduce(self.product, [base] * int(exponent), Series({(sp.S.Zero, 0): sp.S.One}))
        c, r, sign, h = self.leading(base)
        if not exponent.is_Integer and sign < 0:
            raise UnsupportedFormError("a power of a negative number has no real expansion.")
        if r != 0 and not exponent.is_Rational:
            raise UnsupportedFormError("the expansion has a power that is not rational.")
        binomial = self.composed(lambda j: sp.ff(exponent, j) / sp.factorial(j), h)
        growth = {p: exponent * value for p, value in base.growth.items()}
        return self.product(
            self.scaled(binomial, c**exponent, r * exponent), Series({(sp.S.Zero, 0): sp.S.One}, growth=growth)
        )

    def composed(self, coefficient: Callable[[int], sp.Expr], h: Series) -> Series:
        """The sum of ``coefficient(j) * h**j`` for an h that tends to 0."""
        if not h.terms and h.order is sp.oo:
            return Series({(sp.S.Zero, 0): coefficient(0)})
        if h.low <= 0:
            raise UnsupportedFormError("more terms of the expansion are needed than were kept.")
        total, power = Series({(sp.S.Zero, 0): coefficient(0)}), Series({(sp.S.Zero, 0): sp.S.One})
        for j in itertools.count(1):
            power = self.product(power, h)
            total = self.sum(total, self.scaled(power, coefficient(j)))
            if power.low >= self.cut:
                return self._cut(total.terms, min(total.order, self.cut), {})

    # Exponentials and logarithms.

    def exponential(self, u: Series) -> Series:
        polar = {power: c for power, c in u.terms.items() if power[0] < 0 and _sign(c, self.domain)}
        constant, log = (u.terms.get((sp.S.Zero, j), sp.S.Zero) for j in (0, 1))
        if u.growth or u.order <= 0 or any(r == 0 and j > 1 for r, j in u.terms):
            raise UnsupportedFormError("an exponent of the expansion is no sum of powers.")
        log, other = sp.expand(log).as_coeff_Add(rational=True)
        polar |= {(sp.S.Zero, 1): other} if other != 0 else {}
        small = Series({power: c for power, c in u.terms.items() if power[0] > 0}, u.order)
        body = self.scaled(self.composed(lambda j: 1 / sp.factorial(j), small), sp.exp(constant), log)
        return Series(body.terms, body.order, polar)

    def logarithm(self, u: Series) -> Series:
        c, r, sign, h = self.leading(u)
        if sign < 0:
            raise UnsupportedFormError("the logarithm of a negative number has no real expansion.")
        small = self.composed(lambda j: sp.Integer(-1) ** (j + 1) / j if j else sp.S.Zero, h)
        first = {(sp.S.Zero, 0): sp.log(c), (sp.S.Zero, 1): sp.sympify(r)}
        return self.sum(self.sum(small, Series(first)), Series(u.growth))

    # Functions.

    def _by_cases(self, e: sp.Expr) -> Series:
        if isinstance(e, _AS_EXPONENTIALS):
            return self.of(e.rewrite(sp.exp))
        if type(e) in _AS_WAVES:
            above, below = _AS_WAVES[type(e)]
            return self.of((above(e.args[0]) if above else 1) / below(e.args[0]))
        if isinstance(e, sp.Abs | sp.sign | sp.Heaviside):
            sign = self.sign(e.args[0])
            if isinstance(e, sp.Abs):
                return self.scaled(self.of(e.args[0]), sp.Integer(sign))
            return self.of(sp.Integer(sign) if isinstance(e, sp.sign) else sp.Heaviside(sign, *e.args[1:]))
        if isinstance(e, sp.Max | sp.Min):
            pick = 1 if isinstance(e, sp.Max) else -1
            return self.of(functools.reduce(lambda a, b: a if self.sign(a - b) * pick >= 0 else b, e.args))
        if isinstance(e, sp.Piecewise):
            return self.of(next(value for value, condition in e.args if self.holds(condition)))
        if isinstance(e, sp.factorial):
            return self.of(sp.gamma(e.args[0] + 1))
        if isinstance(e, sp.harmonic) and len(e.args) == 1:
            return self.of(sp.digamma(e.args[0] + 1) + sp.EulerGamma)
        if isinstance(e, sp.polygamma) and e.args[0] == 0:
            return self._function(sp.digamma, (), e.args[1])
        if isinstance(e, _ANALYTIC) and not any(argument.has(self.t) for argument in e.args[:-1]):
            return self._function(e.func, e.args[:-1], e.args[-1])
        raise UnsupportedFormError(f"no expansion is known for {e.func.__name__}.")

    def sign(self, e: sp.Expr) -> int:
        """The sign of e for all small t."""
        found = self.of(e)
        return 0 if not found.terms and found.order is sp.oo else self.leading(found)[2]

    def holds(self, condition: Boolean) -> bool:
        """Whether a condition is true for all small t."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        if not isinstance(condition, Relational):
            return (
                all(map(self.holds, condition.args))
                if isinstance(condition, sp.And)
                else any(map(self.holds, _cases(condition)))
            )
        return bool(condition.func(sp.Integer(self.sign(condition.lhs - condition.rhs)), 0))

    def _function(self, name: type[sp.Function], orders: Sequence[sp.Expr], argument: sp.Expr) -> Series:
        """A function at an argument that tends to a number, or to infinity."""
        u = self.of(argument)
        if u.growth or any(r < 0 or r == 0 and j for r, j in u.terms):
            return self._at_infinity(name, orders, argument, u)
        limit = u.terms.get((sp.S.Zero, 0), sp.S.Zero)
        if name in (sp.gamma, sp.digamma, sp.loggamma) and limit.is_integer and limit.is_nonpositive:
            if name is sp.gamma:
                return self.of(sp.gamma(argument + 1) / argument)
            return self.of(name(argument + 1) - (1 / argument if name is sp.digamma else sp.log(argument)))
        if name is sp.gamma and limit.is_positive:
            return self.exponential(self._function(sp.loggamma, (), argument))  # its derivatives are short
        small = Series({power: c for power, c in u.terms.items() if power[0] > 0}, u.order)
        z = sp.Dummy("z")

        def coefficient(j: int) -> sp.Expr:
            value = sp.diff(name(*orders, z), z, j).subs(z, limit) / sp.factorial(j)
            if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.Derivative, sp.Subs):
                raise UnsupportedFormError(f"{name.__name__} is not analytic at {limit}.")
            return value

        return self.composed(functools.cache(coefficient), small)

    def _at_infinity(self, name: type[sp.Function], orders: Sequence[sp.Expr], argument: sp.Expr, u: Series) -> Series:
        _, r, sign, _ = self.leading(u)
        if u.growth or r >= 0:
            raise UnsupportedFormError(f"no expansion of {name.__name__} is known for {argument}.")
        if name is sp.atan:
            return self.of(sp.sign(sign) * sp.pi / 2 - sp.atan(1 / argument))
        if name is sp.erf:
            return self.of(sp.sign(sign) * (1 - sp.erfc(sp.sign(sign) * argument)))
        if sign < 0:
            if name is sp.erfc:
                return self.of(2 - sp.erfc(-argument))
            raise UnsupportedFormError(f"no expansion of {name.__name__} at minus infinity is known.")
        if name not in AT_INFINITY:
            raise UnsupportedFormError(f"no expansion of {name.__name__} at infinity is known.")
        factor, coefficient, step = AT_INFINITY[name](argument, *orders)
        inverse = self.power(u, sp.Integer(-step))
        tail = self.composed(functools.cache(coefficient), inverse)
        if name in (sp.loggamma, sp.digamma):
            return self.sum(self.of(factor), tail)
        return self.product(self.of(factor), tail)


def _cases(condition: Boolean) -> Iterable[Boolean]:
    if isinstance(condition, sp.Or):
        return condition.args
    raise UnsupportedFormError(f"no expansion is known under the condition {condition}.")


def _added(one: Terms, other: Terms, factor: int = 1) -> dict[Power, sp.Expr]:
    total = {key: one.get(key, sp.S.Zero) + factor * other.get(key, sp.S.Zero) for key in {**one, **other}}
    return {key: value for key, value in total.items() if value != 0}


def _tidy(coefficient: sp.Expr) -> sp.Expr:
    """A coefficient multiplied out, so that terms that cancel are seen."""
    return sp.expand_mul(coefficient)
