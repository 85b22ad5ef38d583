r"""For which expressions agreement at points is evidence: a closed list, with what is known of every function in it.

Zero at points says something of all other places only by the identity theorem: a function that is analytic on a
connected set, and 0 on a part of it that is open, is 0. So an expression is split at its *walls*, the places where it
may stop being one analytic function: where the argument of a logarithm, a root or an absolute value changes its sign,
where an inverse tangent meets a pole, at every step. A wall counts as *seen* if it is proved not to be there, or if it
is plain enough for points to lie on both of its sides. What is on no list here, and what has walls that points do not
see, is proved otherwise or undecided.

A sign at points says something of other places only for functions that cannot turn sharply: *tame* ones, made of
polynomials, roots, exponentials, logarithms and their relatives with small numbers, of which the number of turns is
bounded. Waves, large numbers, steps that see small quantities, and equations between whole numbers are not.

References:
    Khovanskii, *Fewnomials* (1991): the number of components of a tame set is bounded by its format.
    Richardson, "Some undecidable problems involving elementary functions of a real variable" (1968): sines decide none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.argument_kinds import CONDITIONS, EXPRESSION, takes
from theory.decision.number_sizes import LARGEST_NUMBER, is_logarithm, largest_number, sizes_of_letters, too_large
from theory.decision.points.breakpoints import period_of
from theory.decision.proofs.readings import BENT
from theory.decision.proofs.sign_proofs import proof_of_sign

_MAX_DEGREE = 24

LONGEST_PERIOD = 1200
"""So many remainders of whole numbers are visited one by one."""

_WAVES = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc)
_POLES = {sp.tan: sp.cos, sp.sec: sp.cos, sp.cot: sp.sin, sp.csc: sp.sin, sp.coth: sp.sinh, sp.csch: sp.sinh}
"""Waves with poles, and what is 0 there."""

_ENTIRE = (
    sp.exp, *_WAVES, sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch, sp.erf, sp.erfc, sp.erfi, sp.sinc, sp.gamma,
    sp.digamma, sp.polygamma, sp.factorial, sp.harmonic, sp.beta, sp.binomial, sp.RisingFactorial, sp.FallingFactorial,
    sp.airyai, sp.airybi, sp.airyaiprime, sp.airybiprime, sp.Si, sp.Shi, sp.zeta, sp.re, sp.im, sp.conjugate,
)  # fmt: skip
"""Functions with one value, analytic but for poles, around which every path leads; and parts of complex numbers."""

_BRANCHED = (
    sp.log, sp.asin, sp.acos, sp.acosh, sp.atanh, sp.asec, sp.acsc, sp.acoth, sp.asech, sp.acsch, sp.atan, sp.asinh,
    sp.acot, sp.atan2, sp.LambertW, sp.loggamma, sp.Ei, sp.li, sp.Ci, sp.Chi, sp.expint, sp.uppergamma, sp.lowergamma,
    sp.besselj, sp.bessely, sp.besseli, sp.besselk, sp.polylog, sp.erfinv, sp.erfcinv, sp.hyper, sp.arg,
)  # fmt: skip
"""Functions that are analytic up to walls."""

ROUNDING = (sp.floor, sp.ceiling, sp.frac, sp.Mod)
"""Steps without end: each of their levels is a wall."""

_BINDING = (sp.Integral, sp.Sum, sp.Product, sp.Subs, sp.Derivative, sp.Tuple)
_TAME = (
    sp.exp, sp.log, sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch, sp.asinh, sp.acosh, sp.atanh, sp.atan,
    sp.asin, sp.acos, sp.acot, sp.erf, sp.erfc, sp.erfi, sp.LambertW, sp.Abs, sp.sign, sp.Heaviside, sp.Max, sp.Min,
    sp.Piecewise,
)  # fmt: skip
_TAME_IF_POSITIVE = (sp.gamma, sp.loggamma, sp.digamma, sp.polygamma, sp.beta, sp.uppergamma, sp.lowergamma,
                     sp.besseli, sp.besselk, sp.factorial, sp.expint, sp.Ei)  # fmt: skip
"""Functions that turn at most once or twice where their arguments are positive."""


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def wall_out_of_sight(expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = ()) -> str | None:
    """Why zeros of ``expression`` at points would not show that it is 0 everywhere; None if they would.

    Example:
        >>> x, p = sp.Symbol("x", real=True), sp.Symbol("p", positive=True)
        >>> wall_out_of_sight(sp.atan(p) + sp.atan(1 / p) - sp.pi / 2) is None
        True
        >>> wall_out_of_sight(sp.Max(0, sp.sin(x) * sp.sin(sp.sqrt(2) * x) - sp.Rational(99, 100)))
        'points do not see both sides of -sin(x)*sin(sqrt(2)*x) + 99/100 = 0'
        >>> wall_out_of_sight(sp.sqrt((sp.sin(x) + 2) ** 2)) is None
        True
    """
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    unknown = _unknown_function(expression)
    if unknown:
        return f"{unknown} is not among the functions of which points tell"
    if any(symbol.is_integer for symbol in expression.free_symbols):
        hidden = _hidden_whole_numbers(expression)
        if hidden:
            return hidden
    for wall in sorted(set(_walls(expression)), key=sp.default_sort_key):
        if not (is_plain(wall, LARGEST_NUMBER) or _is_absent(wall, given)):
            return f"points do not see both sides of {wall} = 0"
    return None


@takes(expression=EXPRESSION, conditions=CONDITIONS)
def sharp_turn(expression: sp.Expr, conditions: Boolean | Sequence[Boolean] = ()) -> str | None:
    """Why the sign of ``expression`` at points would not show its sign everywhere; None if it would.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> sharp_turn(x**2 * sp.exp(-x) + 1) is None
        True
        >>> sharp_turn(1 - sp.sin(x) * sp.sin(sp.sqrt(2) * x))
        'waves as sin(x) may come close to any value where no point lies'
        >>> sharp_turn(1 / (1 + 10**10 * (x - 2) ** 2))
        'numbers as large as 10000000000 leave parts too narrow for points'
    """
    given = (conditions,) if isinstance(conditions, Boolean | bool) else tuple(conditions)
    relations = [relation for condition in given for relation in condition.atoms(Relational)]
    letters = sizes_of_letters(relations)
    others = [relation for relation in relations if not _is_plain_bound(relation)]
    if not others or len(set().union(*(relation.free_symbols for relation in relations))) == 1:
        relations = others  # in several symbols a bound by a large number may leave a thin strip beside the others
    sides = [side for relation in relations for side in relation.args]
    for form in (expression, *(side for side in sides if not side.is_infinite)):
        found = _not_tame(form, letters=letters)
        if found:
            return found
    return None


def is_plain(wall: sp.Expr, largest: int) -> bool:
    """Whether points are placed on both sides of every piece of a wall: it is tame, or zeros are isolated exactly."""
    if wall.has(*ROUNDING):
        return _repeats(wall)
    if wall.has(sp.I):  # the cut is walked to where it is the zero of a rational function
        return wall.is_rational_function(*wall.free_symbols) and largest_number(wall) <= largest
    if len(wall.free_symbols) == 1 and wall.is_rational_function():
        return True
    if any(
        wall.is_polynomial(x) and sp.degree(wall, x) == 1 and sp.diff(wall, x).is_Rational for x in wall.free_symbols
    ):
        return True
    return _not_tame(wall, largest) is None


@takes(expression=EXPRESSION)
def branching_walls(expression: sp.Expr) -> list[sp.Expr]:
    """What is 0 where a root, a logarithm or a relative of ``expression`` may change its branch; not its kinks.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> branching_walls(sp.sqrt(x**2 - 2) + sp.atan(1 / x) + sp.Abs(x - 7))
        [x, x**2 - 2]
    """
    parts = [part for part in expression.atoms(sp.Function, sp.Pow) if not isinstance(part, (*BENT, *ROUNDING))]
    at_ends = (wall for integral in expression.atoms(sp.Integral) for wall in _walls_at_ends(integral))
    return sorted({*(wall for part in parts for wall in _real_walls(part)), *at_ends}, key=sp.default_sort_key)


def _real_walls(part: sp.Expr) -> Iterator[sp.Expr]:
    for wall in _walls_of(part):
        if wall.free_symbols and not (wall.is_positive or wall.is_negative or wall.has(sp.I, *ROUNDING)):
            yield wall


def _repeats(wall: sp.Expr) -> bool:
    """Whether a wall holds whole numbers in repeating steps alone, whose remainders are visited one by one."""
    outside = wall.xreplace({step: sp.Dummy() for step in wall.atoms(*ROUNDING) if not step.args[0].has(*ROUNDING)})
    repeat = all(s.is_integer and period_of(wall, s) is not None for s in wall.free_symbols)
    return repeat and not any(s.is_integer for s in outside.free_symbols) and not outside.has(*ROUNDING)


def _unknown_function(expression: sp.Expr) -> str | None:
    """A function on no list."""
    known = (*_ENTIRE, *_BRANCHED, *ROUNDING, *BENT, AppliedUndef, *_BINDING, Boolean, Relational)
    for node in sp.preorder_traversal(expression):
        plain = node.is_Add or node.is_Mul or node.is_Pow or node.is_Atom if isinstance(node, sp.Expr) else True
        if (
            not plain
            and not isinstance(node, known)
            and not isinstance(node, sp.functions.elementary.piecewise.ExprCondPair)
        ):
            return str(node)
    return None


def _walls(expression: sp.Expr) -> Iterator[sp.Expr]:
    """Expressions at whose zeros, or whole numbers, the expression may pass from one analytic function to another."""
    for part in expression.atoms(sp.Function, sp.Pow, sp.Max, sp.Min):
        for wall in _walls_of(part):
            if wall.free_symbols and not (wall.is_positive or wall.is_negative):
                yield wall
    for integral in expression.atoms(sp.Integral):
        yield from _walls_at_ends(integral)
    for piecewise in expression.atoms(sp.Piecewise):
        for _, condition in piecewise.args:
            yield from (r.lhs - r.rhs for r in condition.atoms(Relational) if not r.has(sp.oo))


def _walls_at_ends(integral: sp.Integral) -> Iterator[sp.Expr]:
    """Walls of an integrand that pass through an end of the integral: there it changes its form."""
    for x, *ends in integral.limits:
        for wall in set(_walls(integral.function)):
            if wall.has(x) and wall.free_symbols - set(integral.bound_symbols):
                yield from (wall.subs(x, end) for end in ends if not end.is_infinite)


def _walls_of(part: sp.Expr) -> Iterator[sp.Expr]:
    u = part.args[-1] if part.args else sp.S.One
    if part.is_Pow:
        if part.exp.is_integer is not True and not part.base.is_number:
            yield part.base
            yield from _poles(part.base)
        return
    if isinstance(part, sp.Max | sp.Min):
        for a, b in itertools.combinations(part.args, 2):
            yield a - b
            yield from _poles(a - b)
    elif isinstance(part, ROUNDING):
        yield part
    elif isinstance(part, sp.Abs | sp.sign | sp.Heaviside):
        v = part.args[0]
        if v.is_extended_real is not False or v.is_zero is not False:
            yield v
            yield from _poles(v)
    elif isinstance(part, _BRANCHED):
        if isinstance(part, sp.besselj | sp.besseli) and part.args[0].is_Integer:
            return
        if isinstance(
            part, sp.asin | sp.acos | sp.acosh | sp.atanh | sp.acoth | sp.asec | sp.acsc | sp.erfinv | sp.asech
        ):
            yield from (u - 1, u + 1)
        if isinstance(part, sp.LambertW):
            yield part.args[0] + sp.exp(-1)
        elif isinstance(part, sp.hyper | sp.polylog | sp.erfcinv):
            yield from (u, u - 1, u - 2)
        elif isinstance(part, sp.atan2):
            yield from part.args
        elif not isinstance(part, sp.asin | sp.acos | sp.acosh | sp.atanh | sp.atan | sp.asinh | sp.erfinv):
            yield u
        for argument in part.args:
            if isinstance(argument, sp.Expr):
                yield from _poles(argument)


def _poles(u: sp.Expr) -> Iterator[sp.Expr]:
    """What is 0 where ``u`` has a pole."""
    for power in u.atoms(sp.Pow):
        if power.exp.is_nonnegative is not True and power.exp.is_integer:
            yield power.base
    for wave in u.atoms(*_POLES):
        yield next(below for kind, below in _POLES.items() if isinstance(wave, kind))(wave.args[0])
    for kernel in u.atoms(sp.gamma, sp.digamma, sp.polygamma, sp.factorial, sp.harmonic):
        yield kernel.args[-1]


def _is_absent(wall: sp.Expr, conditions: Sequence[Boolean]) -> bool:
    """Whether ``wall`` is proved to have one sign, never 0, where the conditions hold."""
    if wall.has(sp.I):
        return False
    return any(proof_of_sign(side * wall, conditions) for side in (1, -1))


def _hidden_whole_numbers(expression: sp.Expr) -> str | None:
    """Why whole numbers that were not visited may differ from those that were."""
    for total in expression.atoms(sp.Sum, sp.Product):
        ends = set().union(*(sp.Tuple(*limit[1:]).free_symbols for limit in total.limits))
        if any(end.is_integer for end in ends) and total.function.has(*ROUNDING, *BENT, sp.KroneckerDelta):
            return f"points say nothing of other whole numbers of terms, of which {total} has some that step or bend"
    period = 1
    for symbol in sorted((s for s in expression.free_symbols if s.is_integer), key=str):
        own = period_of(expression, symbol)
        if own is None:
            return f"points say nothing of other whole numbers {symbol}, by which steps do not repeat themselves"
        period *= own
    if period > LONGEST_PERIOD:
        return f"the pattern in whole numbers is repeated after {period} only"
    largest = largest_number(expression)
    if largest > LONGEST_PERIOD and expression.has(sp.binomial, sp.gamma, sp.factorial, sp.RisingFactorial):
        return f"numbers as large as {largest} leave whole numbers unseen"
    return None


def _is_calm(kernel: sp.Expr) -> bool:
    """Whether a special function has no waves on the line: hypergeometric ones are powers or exponentials far out."""
    if isinstance(kernel, sp.hyper):
        above, below, _ = kernel.args
        return len(above) == len(below) and all(a.is_positive and a.is_Rational for a in (*above, *below))
    return isinstance(kernel, sp.besseli) and bool(kernel.args[0].is_Integer)


def _is_plain_bound(relation: Relational) -> bool:
    """A bound of a symbol by a number: points lie on both of its sides, wherever it is."""
    return any(a.is_Symbol and not b.free_symbols for a, b in (relation.args, relation.args[::-1]))


def _is_on_a_line(form: sp.Expr) -> bool:
    """Whether all zeros are isolated exactly: of a polynomial with rational coefficients in one symbol."""
    if len(form.free_symbols) != 1 or not form.is_polynomial():
        return False
    polynomial = sp.Poly(form, *form.free_symbols)
    return polynomial.degree() <= _MAX_DEGREE and all(c.is_Rational for c in polynomial.coeffs())


def _not_tame(
    form: sp.Expr, largest: int = LARGEST_NUMBER, letters: Mapping[sp.Symbol, float] | None = None
) -> str | None:
    """What may turn sharply in ``form`` of letters of these sizes, in words; None if it is tame."""
    if _is_on_a_line(form):
        return None
    whole = [symbol for symbol in form.free_symbols if symbol.is_integer]
    if len(whole) > 1 and not all(form.is_polynomial(n) and sp.degree(form, n) <= 1 for n in whole):
        return f"{' and '.join(sorted(map(str, whole)))} are whole numbers, of which points miss rare ones"
    for node in sp.preorder_traversal(form):
        if isinstance(node, _WAVES):
            return f"waves as {node} may come close to any value where no point lies"
        if isinstance(node, sp.Function) and node.free_symbols and not isinstance(node, _TAME) and not _is_calm(node):
            if not (isinstance(node, _TAME_IF_POSITIVE) and all(a.is_positive for a in node.args)):
                return f"{node} is not among the functions whose sign points tell"
        if isinstance(node, _BINDING) and not isinstance(node, sp.Tuple):
            return f"{node} is not among the functions whose sign points tell"
        if isinstance(node, sp.exp) and len(node.free_symbols) > 1 and _bends(node.args[0]):
            return f"bells as {node} are narrow in several directions"
        if isinstance(node, sp.exp) and node.args[0].has(sp.exp):
            return f"exponentials of exponentials as {node} turn sharply"
        if _is_slow(node):
            return f"{node} grows too slowly for points to see how far"
    return too_large(form, largest, letters or {})


def _is_slow(node: sp.Basic) -> bool:
    """Whether a logarithm or a root is taken of a logarithm: no number that can be written down makes it large."""
    if not (is_logarithm(node) or node.is_Pow and node.exp.is_Rational and abs(node.exp) < 1):
        return False
    return any(map(is_logarithm, node.args[0].atoms(sp.Function)))


def _bends(exponent: sp.Expr) -> bool:
    return not all(exponent.is_polynomial(x) and sp.degree(exponent, x) <= 1 for x in exponent.free_symbols)
