"""Every claim is mutated: a check that could not say no would let these pass.

Near misses written by hand go to the symbolic judge here; those made by machine go there in every `verify`. The slow
run also takes more mutants of the form that holds; one that the judge does not refute must say the same as the form
itself, which is decided by other means, in floating point.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from theory.decision.points.region import points_satisfying
from verification.checks.symbolic import entries, judge
from verification.claim import Statement
from verification.forms import Bound, Figure, Identity, Invariance, Numerical, Region, StationaryDensity
from verification.mutation.slips import variants
from verification.mutation.survival import with_one_derivation
from verification.registry import catalogue
from verification.verdict import Finding, Outcome

Formula = Any
"""An expression, a matrix or a condition of SymPy."""

SAMPLE = 5
"""So many automatic mutants every statement is to have on the average, but for the trivial ones."""

IDS = list(catalogue().listed)


def cases_of(id: str) -> dict[str, Statement]:
    """The statements of a claim that a symbolic judge decides."""
    return {
        f"{id}/{statement.name}": statement
        for statement in catalogue().claim(id).statements
        if not isinstance(statement.form, Numerical | Invariance | Figure)
    }


def statement_of(case: str) -> Statement:
    """The statement of a case ``SC-031/density``."""
    return cases_of(case.partition("/")[0])[case]


@functools.cache
def with_cached_derivation(case: str) -> Statement:
    """The statement, its derivation done once for all mutants."""
    return dataclasses.replace(statement_of(case), form=with_one_derivation(statement_of(case).form))


def judged(case: str, form: Formula) -> Finding:
    statement = with_cached_derivation(case)
    return judge(statement.form, form, statement.domain)


# `driftproof verify` holds every one of them against its check.
@pytest.mark.every(67)
@pytest.mark.parametrize("id", IDS)
def test_every_near_miss_written_by_hand_is_refuted(id):
    for case, statement in cases_of(id).items():
        for name, form in statement.wrong.items():
            finding = judged(case, statement.judged(form))
            assert finding.outcome is Outcome.REFUTED, (case, name)
            assert finding.witness is not None, (case, name)


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_the_decisive_form_is_refuted_exactly_where_it_has_a_correction_and_the_form_that_holds_is_supported(id):
    for case, statement in cases_of(id).items():
        decisive = judged(case, statement.candidates()[statement.decisive]).outcome
        if statement.corrected is not None:
            assert decisive is Outcome.REFUTED, case
            assert judged(case, statement.right).outcome.supports, case
        else:
            assert decisive.supports, case


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_no_near_miss_is_another_one_or_the_form_that_holds_in_disguise(id):
    for case, statement in cases_of(id).items():
        forms = [miss.form for miss in statement.near_misses] + [holding_form(statement)]
        for i, form in enumerate(forms):
            assert not any(says_the_same(statement, form, other) for other in forms[:i]), case


def holding_form(statement: Statement) -> Formula:
    """The form that automatic mutants are made of."""
    return statement.right


def automatic_mutants(case: str, limit: int | None = None) -> list[tuple[str, Formula]]:
    """Mutants of the form that holds, or of the formula behind it; with a ``limit``, some drawn by hashing."""
    statement = statement_of(case)
    found = itertools.islice(variants(holding_form(statement)), limit)
    # The density 0 is none.
    return [pair for pair in found if not (isinstance(statement.form, StationaryDensity) and pair[1] == 0)]


def survivors_that_say_something_else(case: str, limit: int | None) -> list[str]:
    """Names of mutants that the symbolic judge does not refute although they differ from the form that holds."""
    statement = with_cached_derivation(case)
    found = []
    for name, mutant in automatic_mutants(case, limit):
        if mutant.has(sp.zoo, sp.nan):
            continue
        if judged(case, mutant).outcome is not Outcome.REFUTED and not excused(statement, mutant):
            found.append(name)
    return found


def excused(statement: Statement, mutant: Formula) -> bool:
    """Whether a survivor says the same as the form that holds, is another bound that holds, or says nothing at all."""
    form = holding_form(statement)
    if isinstance(statement.form, Bound):
        upper = statement.form.relation.startswith("<")
        margin = mutant - statement.form.exact() if upper else statement.form.exact() - mutant
        found = values(margin, statement, count=60)
        return all(number is not None and number >= 0 for number in found)
    return says_the_same(statement, form, mutant) or is_nowhere_real(statement, mutant)


@pytest.mark.slow
@pytest.mark.parametrize("id", IDS)
def test_automatic_mutants_of_every_statement_die(id):
    for case in cases_of(id):
        assert survivors_that_say_something_else(case, None) == [], case


@pytest.mark.slow
def test_every_statement_but_the_trivial_ones_has_automatic_mutants():
    cases = [case for id in IDS for case in cases_of(id)]
    bare = [case for case in cases if len(automatic_mutants(case, 6)) < 4]
    # 0 has no mutant and "never" has one; everything with a symbol in it has several.
    assert not [case for case in bare if any(entry.free_symbols for entry in entries(holding_form(statement_of(case))))]
    assert sum(len(automatic_mutants(case, SAMPLE)) for case in cases) > 4 * len(cases)


# Whether two forms say the same: in floating point at random points, with fixed functions for unknown ones.


def says_the_same(statement: Statement, form: Formula, other: Formula) -> bool:
    """Whether ``other`` agrees with ``form`` at a few points of the domain, up to what the form leaves free."""
    if isinstance(statement.form, Region):
        points = domain_points(statement, form, other, count=20)
        points += [moved for point in points[:4] for moved in on_surfaces(form, other, point)]
        points = [point for point in points if all(truth(condition, point) for condition in statement.domain)]
        return all(truth(form, point) is truth(other, point) for point in points)
    left, right = entries(form), entries(other)
    if isinstance(statement.form, StationaryDensity):
        (x,) = statement.form.process().state
        left, right = ([sp.diff(sp.log(side), x) for side in sides] for sides in (left, right))
    elif isinstance(statement.form, Identity) and statement.form.modulo is not None:
        left, right = ([statement.form.modulo(side) for side in sides] for sides in (left, right))
    if len(left) != len(right):
        return False
    points = domain_points(statement, *left, *right)
    for first, second in zip(left, right, strict=True):
        for point in points:
            one, two = value(first, point), value(second, point)
            if one is None or two is None or abs(one - two) > mpmath.mpf(10) ** -20 * abs(one):
                return False
    return True


def is_nowhere_real(statement: Statement, form: Formula) -> bool:
    return all(number is None for number in values(form, statement))


def values(form: Formula, statement: Statement, count: int = 8) -> list[Any]:
    points = domain_points(statement, form, holding_form(statement), count=count)
    return [value(entry, point) for entry in entries(form) for point in points]


def domain_points(statement: Statement, *forms: Formula, count: int = 8) -> list[dict[sp.Symbol, Fraction]]:
    symbols = sorted(set().union(*(form.free_symbols for form in forms)), key=str)
    if not symbols:
        return [{}]
    points = points_satisfying(symbols, statement.domain, count, seed="near misses")
    assert len(points) == count
    return points


def on_surfaces(form: Formula, other: Formula, point: dict[sp.Symbol, Fraction]) -> list[dict[sp.Symbol, Fraction]]:
    """``point`` moved along one coordinate until one of the two conditions is an equality, and a little beyond."""
    moved = []
    relations: Any = form.atoms(Relational) | other.atoms(Relational)
    for relation in sorted(relations, key=str):
        for symbol in sorted(relation.free_symbols, key=str):
            rest = {other: sp.Rational(v.numerator, v.denominator) for other, v in point.items() if other != symbol}
            margin = sp.numer(sp.together((relation.lhs - relation.rhs).subs(rest)))
            if margin.is_polynomial(symbol) and sp.degree(margin, symbol) == 1:
                slope, offset = sp.Poly(margin, symbol).all_coeffs()
                root = -offset / slope
                if not (symbol.is_positive and root <= 0):
                    # Between rational points, an irrational surface shows its sides and not itself.
                    exact = Fraction(str(root)) if root.is_Rational else Fraction(str(sp.N(root, 30)))
                    moved += [point | {symbol: exact * stretch} for stretch in (1, Fraction(9, 8), Fraction(7, 8))]
    return moved


def value(expression: Formula, point: dict[sp.Symbol, Fraction]) -> Any:
    """A real number, computed with 50 digits; None where there is none."""
    with mpmath.workdps(50):
        numbers = [mpmath.mpf(number.numerator) / number.denominator for number in point.values()]
        try:
            result = mpmath.mpmathify(_function(expression, tuple(point))(*numbers))
        except ZeroDivisionError:
            return None
        if isinstance(result, mpmath.mpc):
            result = result.real if abs(result.imag) <= mpmath.mpf(10) ** -40 * abs(result) else mpmath.nan
        return result if mpmath.isfinite(result) else None


@functools.lru_cache(maxsize=256)
def _function(expression: Formula, symbols: tuple[sp.Symbol, ...]) -> Callable[..., Any]:
    """An expression as a function on mpmath numbers, a fixed function standing for every unknown one."""
    concrete = expression.replace(lambda part: isinstance(part, AppliedUndef), _concrete).doit()
    return sp.lambdify(symbols, concrete, "mpmath")


def _concrete(call: Formula) -> Formula:
    """One smooth positive function in place of every unknown one."""
    (argument,) = call.args
    return 1 + argument**2 / 3 + sp.exp(-argument / 7)


def truth(condition: Formula, point: dict[sp.Symbol, Fraction]) -> bool:
    numbers = {symbol: sp.Rational(number.numerator, number.denominator) for symbol, number in point.items()}
    return bool(condition.subs(numbers))


# The judgement on mutants, itself.


def test_a_judge_that_looks_at_one_point_only_would_be_caught():
    """The survivors of a judge without teeth are reported, not excused."""
    case = "SC-077/singular value"
    statement = statement_of(case)
    assert not any(excused(statement, mutant) for _, mutant in automatic_mutants(case))
