r"""Is this expression zero, under these assumptions? And what is its sign?

Three rungs, from proof to evidence:

1. A *normal form* (:mod:`theory.normal_form`): a residual that is the zero rational function in its generators is zero
   wherever its denominators are not. This is a proof.
2. *Balls* (:mod:`theory.balls`) at random rational points inside the assumptions and the conditions. One ball that
   excludes 0 is a proof of the contrary, and its point is the witness.
3. Balls of radius below :math:`2^{-400}` around 0 at forty points are strong evidence, and no proof.

Whatever cannot be decided says so, with its reason. ``simplify``, ``equals`` and floating-point numbers take no part.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.admissible_points import AdmissibleRegion, random_source
from theory.balls import ball, complex_ball, truth
from theory.errors import TheoryError, UnsupportedFormError
from theory.exact_value import Point
from theory.normal_form import proof_of_positivity, proof_of_zero

PRECISIONS = (128, 512, 2048)
"""Working precisions in bits, tried in turn at each point."""

SHARP = -400
"""A ball around 0 counts as agreement if its radius is below 2**SHARP."""

_ATTEMPTS_PER_POINT = 12
_MAX_OPERATIONS = 50_000
_MAX_FUNCTION_DEGREE = 6
_FUNCTION_CHOICES = 3

Conditions = Boolean | Iterable[Boolean]


@dataclass(frozen=True)
class ZeroDecision:
    """Whether an expression is zero, and on what evidence.

    Attributes:
        kind: "zero" (proved), "certified" (balls around 0 at all points tried: no proof), "nonzero" (a ball at
            ``witness`` excludes 0: proved), or "undecided".
        reason: One sentence for a reader.
        witness: For "nonzero", symbol -> exact rational value as text; functions chosen appear as ``f(x)``.
        digits: For "certified", the expression is below 10**-digits at every point.
        points_used: Points whose balls counted.
    """

    kind: str
    reason: str
    witness: Mapping[str, str] | None = None
    digits: int | None = None
    points_used: int = 0


@dataclass(frozen=True)
class SignDecision:
    """The sign of an expression over a region, and on what evidence.

    Attributes:
        kind: "positive", "negative", "nonnegative", "nonpositive" (0 was met exactly), "zero", "mixed" or "undecided".
        proved: True for a positivity visible in the normal form, and for "mixed", whose witnesses are rigorous.
            False for the other kinds: every point tried had that sign, which is no proof.
        reason: One sentence for a reader.
        witnesses: "positive", "negative", "zero" -> a point where the expression certainly is so.
        points_used: Points whose sign was certain.
    """

    kind: str
    proved: bool
    reason: str
    witnesses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    points_used: int = 0


def decide_zero(
    expression: sp.Expr | sp.MatrixBase,
    conditions: Conditions = (),
    *,
    points: int = 40,
    seed: int | str | None = None,
    seconds: float = 20.0,
) -> ZeroDecision:
    """Whether ``expression`` vanishes wherever the symbols' assumptions and ``conditions`` hold and it is defined.

    A matrix vanishes if every entry does. Undefined functions ``f(x)`` stand for every smooth function: a residual
    that is zero in them as indeterminates is zero, and one refuted by some polynomial is refuted.

    Args:
        expression: exact: rational numbers and symbols, no floating-point numbers.
        conditions: relations between the symbols, and their And, Or, Not. Equations are refused.
        points: Points that must agree before "certified" is said.
        seed: of the random points; by default it derives from the expression's text.
        seconds: Processor time after which the answer is "undecided".

    Raises:
        UnsupportedFormError: a condition is an equation, or no relation.

    Example:
        >>> p = sp.Symbol("p", positive=True)
        >>> r = sp.Symbol("r", real=True)
        >>> decide_zero(sp.log(p**2) - 2 * sp.log(p)).kind
        'zero'
        >>> decide_zero(sp.atan(p) + sp.atan(1 / p) - sp.pi / 2).kind
        'certified'
        >>> decide_zero(sp.asin(sp.sin(r)) - r).kind
        'nonzero'
        >>> decide_zero(sp.asin(sp.sin(r)) - r, [r > -1, r < 1]).kind
        'certified'
    """
    if isinstance(expression, sp.MatrixBase):
        return _decide_entries(expression, conditions, points=points, seed=seed, seconds=seconds)
    expression = sp.sympify(expression)
    if not isinstance(expression, sp.Expr):
        raise UnsupportedFormError(
            f"expression must be a SymPy expression or matrix, got {expression!r}. For an equation give lhs - rhs."
        )
    if expression == 0:
        return ZeroDecision("zero", "the residual is literally 0")
    obstacle = _obstacle(expression)
    if obstacle:
        return ZeroDecision("undecided", obstacle)
    functions = expression.atoms(AppliedUndef)
    try:
        region = AdmissibleRegion.of(expression.free_symbols, conditions)
    except TheoryError as error:
        if functions or not isinstance(error, UnsupportedFormError):
            return ZeroDecision("undecided", str(error))
        raise
    clock = _Clock(seconds)
    rng = random_source(seed if seed is not None else (expression, region.conditions))
    proof = proof_of_zero(expression, region.conditions, seed=rng.getrandbits(64))
    if functions:
        return _decide_with_functions(expression, region, proof, rng, points, clock)
    search = _Search(expression, region, rng, clock)
    return _decide_by_points(search, points if proof is None else min(points, 3), proof)


def refuting_point(
    expression: sp.Expr, conditions: Conditions = (), *, points: int = 40, seed: int | str | None = None
) -> Mapping[str, str] | None:
    """A point, as text, where a ball proves ``expression`` not to be 0; None if none was found."""
    return decide_zero(expression, conditions, points=points, seed=seed).witness


def sign_at(expression: sp.Expr, point: Point) -> int | None:
    """-1, 0 or 1, the certain sign of ``expression`` at ``point``; None if balls cannot tell.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> sign_at(sp.log(x) - x + 1, {x: Fraction(7, 5)})
        -1
    """
    for precision in PRECISIONS:
        value = ball(expression, point, precision)
        if value > 0:
            return 1
        if value < 0:
            return -1
        if value.is_zero():
            return 0
    return None


def decide_sign(
    expression: sp.Expr,
    conditions: Conditions = (),
    *,
    points: int = 40,
    seed: int | str | None = None,
    seconds: float = 20.0,
) -> SignDecision:
    """The sign of ``expression`` over the region of the symbols' assumptions and ``conditions``.

    Example:
        >>> p, q = sp.symbols("p q", positive=True)
        >>> decide_sign(p**2 + 3 * p * q).proved
        True
        >>> decide_sign(sp.exp(p) - 1 - p).kind
        'positive'
        >>> decide_sign(p - q, [p > 2 * q]).kind, decide_sign(p - q).kind
        ('positive', 'mixed')
    """
    expression = sp.sympify(expression)
    region = AdmissibleRegion.of(expression.free_symbols, conditions)
    obstacle = _obstacle(expression) or (
        "the expression holds undefined functions" if expression.has(AppliedUndef) else None
    )
    if obstacle:
        return SignDecision("undecided", False, obstacle)
    for factor, kind in ((1, "positive"), (-1, "negative")):
        proof = proof_of_positivity(factor * expression, region.conditions)
        if proof is not None:
            return SignDecision(kind, True, proof)
    rng = random_source(seed if seed is not None else (expression, region.conditions))
    return _sign_by_points(_Search(expression, region, rng, _Clock(seconds)), points)


_SIGN_NAMES = {1: "positive", -1: "negative", 0: "zero"}


def _sign_by_points(search: _Search, wanted: int) -> SignDecision:
    witnesses: dict[str, Mapping[str, str]] = {}
    used = 0
    try:
        for point in search.points(wanted * _ATTEMPTS_PER_POINT):
            sign = sign_at(search.expression, point)
            if sign is None:
                continue
            used += 1
            witnesses.setdefault(_SIGN_NAMES[sign], _text(point))
            if "positive" in witnesses and "negative" in witnesses:
                return SignDecision("mixed", True, "balls of both signs", witnesses, used)
            if used >= wanted:
                break
    except UnsupportedFormError as error:
        return SignDecision("undecided", False, str(error))
    if search.symbols and used < wanted or not used:
        return SignDecision("undecided", False, search.shortage(used, wanted), witnesses, used)
    signs = frozenset(witnesses)
    kind = next(iter(signs)) if len(signs) == 1 else "nonnegative" if "positive" in signs else "nonpositive"
    if not search.symbols:
        return SignDecision(kind, True, "a constant, enclosed by a ball", witnesses, used)
    return SignDecision(kind, False, f"{kind} at all {used} random points, by balls", witnesses, used)


class _Clock:
    """Processor time left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.process_time() + seconds

    @property
    def is_over(self) -> bool:
        return time.process_time() > self.end


class _Search:
    """Points of a region at which an expression is looked at, with a record of what they visited."""

    def __init__(self, expression: sp.Expr, region: AdmissibleRegion, rng: Random, clock: _Clock) -> None:
        self.expression = expression
        self.region = region
        self.rng = rng
        self.clock = clock
        self.symbols = region.symbols
        self.breakpoints = _breakpoints(expression)
        self.drawn = 0
        self.blurred = 0
        self.undefined = 0

    def points(self, attempts: int) -> Iterator[dict[sp.Symbol, Fraction]]:
        """Distinct admissible points; every third lies on or near a breakpoint of the expression."""
        if not self.symbols:
            if not self.region.is_empty:
                self.drawn += 1
                yield {}
            return
        seen = set()
        for attempt in range(attempts):
            if self.clock.is_over or self.region.is_empty:
                return
            point = self.region.draw(self.rng, self.breakpoints if attempt % 3 == 2 else ())
            key = None if point is None else tuple(point.values())
            if point is not None and key not in seen:
                seen.add(key)
                self.drawn += 1
                yield point

    def residual(self, point: Point) -> tuple[str, float | None]:
        """("excludes", None), ("agrees", log2 of the radius), ("blurred", None) or ("undefined", None)."""
        enclose = complex_ball if self.expression.has(sp.I) else ball
        for precision in PRECISIONS if self.symbols else PRECISIONS[1:]:
            value = enclose(self.expression, point, precision)
            if not value.is_finite():
                if precision >= 512:
                    self.undefined += 1
                    return "undefined", None
                continue
            if not value.contains(0):
                return "excludes", None
            radius = _log2_size(value)
            if radius < SHARP and (self.symbols or precision == PRECISIONS[-1]):
                return "agrees", radius
        self.blurred += 1
        return "blurred", None

    def shortage(self, used: int, wanted: int) -> str:
        """Why too few points counted."""
        if self.clock.is_over:
            return f"time limit of {self.clock.seconds:g} s reached after {used} of {wanted} points"
        if self.drawn == 0:
            return "no point satisfied the assumptions"
        return (
            f"only {used} of {wanted} points counted: of {self.drawn} distinct points, {self.undefined} had no finite "
            f"real value and {self.blurred} could not be told from 0 sharply enough"
        )


def _decide_by_points(search: _Search, wanted: int, proof: str | None) -> ZeroDecision:
    """The decision on an expression without undefined functions."""
    wanted = wanted if search.symbols else 1
    used, widest, agreeing = 0, -math.inf, []
    try:
        for point in search.points(wanted * _ATTEMPTS_PER_POINT):
            finding, radius = search.residual(point)
            if finding == "excludes":
                return _refuted(search, point, proof)
            if radius is not None:
                used, widest = used + 1, max(widest, radius)
                agreeing.append(point)
                if used >= wanted:
                    break
        if proof is not None:
            return ZeroDecision("zero", proof, points_used=used)
        unvisited = _unvisited_branch(search, agreeing) if used >= wanted else None
    except UnsupportedFormError as error:
        return ZeroDecision("zero", proof) if proof is not None else ZeroDecision("undecided", str(error))
    if used < wanted:
        return ZeroDecision("undecided", search.shortage(used, wanted), points_used=used)
    if isinstance(unvisited, ZeroDecision):
        return unvisited
    digits = int(-max(widest, -PRECISIONS[-1]) * math.log10(2))
    reason = (
        f"below 1e-{digits} at {used} random points, by balls" if search.symbols else f"a constant below 1e-{digits}"
    )
    real = [str(symbol) for symbol in search.symbols if symbol.is_extended_real is None]
    return ZeroDecision("certified", reason + (f" ({', '.join(real)} taken real)" if real else ""), None, digits, used)


def _refuted(search: _Search, point: Point, proof: str | None) -> ZeroDecision:
    if proof is not None:
        where = _text(point)
        raise AssertionError(f"{search.expression} was proved zero ({proof}), but a ball excludes 0 at {where}")
    where = ", ".join(f"{name} = {value}" for name, value in _text(point).items())
    value = (complex_ball if search.expression.has(sp.I) else ball)(search.expression, point, PRECISIONS[-1])
    reason = f"the residual is {value.str(6)}" + (f" at {where}" if where else "")
    return ZeroDecision("nonzero", reason, _text(point), points_used=search.drawn)


def _unvisited_branch(search: _Search, visited: list[dict[sp.Symbol, Fraction]]) -> ZeroDecision | None:
    """None if every branch of every Piecewise agreed at some point, else what is to be said instead."""
    for branch in _branches(search.expression):
        if any(truth(branch, point, 256) for point in visited):
            continue
        region = AdmissibleRegion.of(search.symbols, (*search.region.conditions, branch))
        inner = _Search(search.expression, region, search.rng, search.clock)
        if region.is_empty:
            continue
        for point in inner.points(60):
            finding, _ = inner.residual(point)
            if finding == "excludes":
                return _refuted(inner, point, None)
            if finding == "agrees":
                break
        else:
            return ZeroDecision("undecided", f"no point was found in the branch {branch}", points_used=len(visited))
    return None


def _branches(expression: sp.Expr) -> Iterator[Boolean]:
    """The conditions under which each branch of each Piecewise is taken."""
    for piecewise in expression.atoms(sp.Piecewise):
        earlier: list[Boolean] = []
        for _, condition in piecewise.args:
            branch = sp.And(condition, *(sp.Not(e) for e in earlier), evaluate=False)
            if branch.free_symbols <= expression.free_symbols and not branch.has(sp.Eq):
                yield sp.logic.boolalg.to_nnf(branch, simplify=False)
            earlier.append(condition)


def _breakpoints(expression: sp.Expr) -> list[sp.Expr]:
    """Expressions at whose zeros ``expression`` changes its form."""
    found = []
    for part in expression.atoms(sp.Abs, sp.sign, sp.Heaviside):
        found.append(part.args[0])
    for part in expression.atoms(sp.Max, sp.Min):
        found += [a - b for a, b in itertools.combinations(part.args, 2)]
    for part in expression.atoms(sp.Piecewise):
        for _, condition in part.args:
            found += [relation.lhs - relation.rhs for relation in condition.atoms(Relational)]
    ours = {part for part in found if part.free_symbols and part.free_symbols <= expression.free_symbols}
    return sorted(ours, key=sp.default_sort_key)


def _decide_with_functions(
    expression: sp.Expr, region: AdmissibleRegion, proof: str | None, rng: Random, points: int, clock: _Clock
) -> ZeroDecision:
    """The decision on an expression with undefined functions: a proof, or random polynomials in their place."""
    if proof is not None:
        return ZeroDecision("zero", proof)
    order = max((sum(n for _, n in d.variable_count) for d in expression.atoms(sp.Derivative)), default=0)
    decision = ZeroDecision("undecided", "undefined functions of this kind have no polynomials to stand for them")
    for _ in range(_FUNCTION_CHOICES):
        chosen = _random_functions(expression, rng)
        if chosen is None or order > _MAX_FUNCTION_DEGREE:
            return decision
        concrete = _with_functions(expression, chosen)
        search = _Search(concrete, AdmissibleRegion.of(region.symbols, region.conditions), rng, clock)
        decision = _decide_by_points(search, -(-points // _FUNCTION_CHOICES), None)
        if decision.kind == "nonzero":
            witness = {**(decision.witness or {}), **{str(call): str(value) for call, value in chosen.values()}}
            return ZeroDecision("nonzero", decision.reason, witness, points_used=decision.points_used)
        if decision.kind == "undecided":
            return decision
    reason = f"{decision.reason}, with {_FUNCTION_CHOICES} choices of random polynomials for the undefined functions"
    return ZeroDecision("certified", reason, None, decision.digits, decision.points_used * _FUNCTION_CHOICES)


def _random_functions(expression: sp.Expr, rng: Random) -> dict[Any, tuple[sp.Expr, sp.Expr]] | None:
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
        chosen[call.func] = call.func(*arguments), sp.sympify(polynomial)
    return chosen


def _exponents(arity: int, rng: Random) -> Iterator[tuple[int, ...]]:
    """Exponents of total degree at most six: all of them for one argument, the low and twenty others for more."""
    everything = [e for e in itertools.product(range(_MAX_FUNCTION_DEGREE + 1), repeat=min(arity, 4)) if sum(e) <= 6]
    everything = [e + (0,) * (arity - len(e)) for e in everything]
    low = [e for e in everything if sum(e) <= 2]
    high = [e for e in everything if sum(e) > 2]
    yield from low + (high if arity == 1 else rng.sample(high, min(20, len(high))))


def _with_functions(expression: sp.Expr, chosen: Mapping[Any, tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    for function, (call, polynomial) in chosen.items():
        expression = expression.replace(
            function, lambda *a, c=call, p=polynomial: p.xreplace(dict(zip(c.args, a, strict=True)))
        )
    return expression.doit(integrals=False, sums=False)


def _decide_entries(matrix: sp.MatrixBase, conditions: Conditions, **settings: Any) -> ZeroDecision:
    decisions = []
    for (i, j), entry in zip(itertools.product(range(matrix.rows), range(matrix.cols)), matrix, strict=True):
        decision = decide_zero(entry, conditions, **settings)
        if decision.kind == "nonzero":
            return ZeroDecision("nonzero", f"entry ({i}, {j}): {decision.reason}", decision.witness, None, 1)
        decisions.append((i, j, decision))
    used = min((d.points_used for _, _, d in decisions if d.kind == "certified"), default=0)
    for kind in ("undecided", "certified"):
        for i, j, decision in decisions:
            if decision.kind == kind:
                digits = min((d.digits for _, _, d in decisions if d.digits is not None), default=None)
                return ZeroDecision(kind, f"entry ({i}, {j}): {decision.reason}", None, digits, used)
    return ZeroDecision("zero", f"all {len(decisions)} entries: " + (decisions[0][2].reason if decisions else "none"))


def _obstacle(expression: sp.Expr) -> str | None:
    """Why ``expression`` cannot be looked at, or None."""
    if expression.has(sp.nan, sp.zoo, sp.oo, -sp.oo) and not expression.has(sp.Integral, sp.Sum):
        return "the expression holds nan or an infinity"
    floats = expression.atoms(sp.Float)
    if floats:
        return f"the expression holds the floating-point number {min(floats, key=str)}; write it as a rational number"
    if expression.count_ops() > _MAX_OPERATIONS:
        return f"the expression has more than {_MAX_OPERATIONS} operations"
    return None


def _log2_size(value: Any) -> float:
    """Log2 of an upper bound of the distance from 0 within a ball."""
    parts = (value.real, value.imag) if hasattr(value, "conjugate") and hasattr(value, "arg") else (value,)
    return max(_log2(part.abs_upper()) for part in parts)


def _log2(x: Any) -> float:
    if x.is_zero():
        return -math.inf
    mantissa, exponent = x.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def _text(point: Point) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in point.items()}
