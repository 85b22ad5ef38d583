"""Machine-made near misses: each is wrong, none is absurd, and every process makes the same ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.decision.zero import ZeroKind, decide_zero
from theory.ito import ItoProcess
from verification.checks.symbolic import judge
from verification.errors import KindError
from verification.forms import Bound, Expansion, Figure, Identity, Invariance, Numerical, Region, StationaryDensity
from verification.mutation import NEAR_MISSES, Slip, mutants
from verification.mutation.distance import LARGEST, LEAST, ruler
from verification.verdict import Outcome

a, b, eta, k, mu, s, theta, zeta = sp.symbols("a b eta k mu s theta zeta", positive=True)
x = sp.Symbol("x", real=True)
f = sp.Function("f")
SYMBOLS = (a, b, eta, mu)


def identity(right):
    return Identity(lambda: right)


def by_kind(right, *, form=None, domain=(), kinds=NEAR_MISSES):
    return {mutant.kind: mutant for mutant in mutants(right, domain=domain, form=form or identity(right), kinds=kinds)}


# One example of each kind.


def test_a_coefficient_gets_or_loses_the_factor_two_where_it_has_one():
    mutant = by_kind(eta * s**2 / (2 * k))[Slip.FACTOR_TWO]
    assert mutant.form == eta * s**2 / k
    assert mutant.name == r"factor 2 on $\frac{\eta s^{2}}{2 k}$"
    assert mutant.distance == 1


def test_a_sign_is_turned():
    assert by_kind(-mu)[Slip.SIGN].form == mu


def test_a_term_is_lost_and_named():
    mutant = by_kind(mu - zeta**2 / 2)[Slip.LOST_TERM]
    assert mutant.form in (mu, -(zeta**2) / 2)
    assert mutant.name in (r"term $- \frac{\zeta^{2}}{2}$ lost", r"term $\mu$ lost")


def test_an_exponent_is_off_by_one():
    mutant = by_kind(theta**3)[Slip.EXPONENT]
    assert mutant.form in (theta**2, theta**4)
    assert mutant.name == rf"exponent 3 of $\theta$ becomes {mutant.form.exp}"


def test_a_root_is_lost():
    assert by_kind(sp.sqrt(theta))[Slip.EXPONENT].form == theta


def test_two_symbols_are_exchanged():
    mutant = by_kind(a + 3 * b)[Slip.SWAPPED_SYMBOLS]
    assert mutant.form == 3 * a + b
    assert mutant.name == "$a$ and $b$ exchanged"


def test_a_condition_of_several_is_lost():
    right = (a > 1) & (b < 2 * a)
    assert by_kind(right, form=Region(lambda: right))[Slip.LOST_TERM].form in right.args


def test_a_coefficient_five_percent_off_is_made_on_demand_only():
    assert by_kind(mu, kinds=tuple(Slip))[Slip.COEFFICIENT].distance == pytest.approx(0.05)
    assert Slip.COEFFICIENT not in by_kind(mu)


# Equivalent mutants never arise.


def distance(form, right, mutant):
    measured = ruler(form, right, ())
    assert measured is not None
    return measured(mutant)


def test_symbols_of_a_symmetric_formula_are_not_exchanged():
    assert Slip.SWAPPED_SYMBOLS in by_kind(a / (a + b))
    assert Slip.SWAPPED_SYMBOLS not in by_kind(a * b / (a + b))
    assert Slip.SWAPPED_SYMBOLS not in by_kind(sp.log(a) + sp.log(b) - sp.log(a * b) + a * b)


def test_the_sign_below_an_even_function_is_no_mutation():
    assert Slip.SIGN not in {m.kind for m in mutants(abs(x) * 0 + sp.cos(x), domain=(), form=identity(sp.cos(x)))} or (
        by_kind(sp.cos(x))[Slip.SIGN].form == -sp.cos(x)
    )


def test_a_factor_or_sign_in_front_of_a_density_is_no_mutation():
    ou = StationaryDensity(lambda: ItoProcess.scalar(x, drift=-k * x, dispersion=s))
    density = 2 * sp.exp(-k * x**2 / s**2)
    found = mutants(density, domain=(), form=ou)
    assert found
    assert all(sp.simplify(sp.diff(sp.log(m.form / density), x)) != 0 for m in found)


def test_what_modulo_leaves_free_is_no_mutation():
    potential = theta**2 / 2 + mu
    kinds = by_kind(potential, form=Identity(lambda: potential, modulo=lambda side: sp.diff(side, theta)))
    assert Slip.LOST_TERM not in kinds or kinds[Slip.LOST_TERM].form == mu
    assert all(not m.form.has(mu) or m.form - potential != m.form.coeff(mu) for m in kinds.values())


def test_a_weaker_true_bound_is_no_near_miss():
    upper = by_kind(2 * a, form=Bound(lambda: 2 * a * sp.sin(b) ** 2, "<="))
    assert upper[Slip.FACTOR_TWO].form == a
    lower = by_kind(a, form=Bound(lambda: a + b, ">="))
    assert lower[Slip.FACTOR_TWO].form == 2 * a
    assert Slip.SIGN not in lower


def test_a_generator_of_equivalent_mutants_is_caught():
    """The ruler finds nothing between two writings of one formula, for every form of statement."""
    right, same = sp.log(a**2) / 2, sp.log(a)
    assert distance(identity(right), right, same) is None
    assert distance(Numerical(), right, same) is None
    region = Region(lambda: a > b)
    assert distance(region, a > b, 2 * a > 2 * b) is None
    assert distance(region, a > b, a > 2 * b) is not None
    assert distance(Bound(lambda: a, "<="), 2 * a, sp.Rational(3, 2) * a) is None


def test_conditions_are_told_apart_only_where_the_symbols_may_be():
    right = a > x**2 / b
    assert distance(Region(lambda: right), right, b > x**2 / a) is None  # they differ for b < 0, which b excludes
    assert distance(Region(lambda: right), right, b > x / a) is not None


def test_what_lies_beyond_the_order_of_an_expansion_is_no_mutation():
    expansion = Expansion(lambda: sp.exp(eta * a), small=eta, order=1)
    assert distance(expansion, 1 + eta * a, 1 + eta * a + eta**2) is None
    assert distance(expansion, 1 + eta * a, 1 + 2 * eta * a) is not None


def test_differences_too_small_to_notice_or_grotesque_are_no_near_misses():
    assert distance(identity(a), a, a * (1 + LEAST / 2)) is None
    assert distance(identity(a), a, a * (1 + LEAST * 2)) is not None
    assert distance(identity(a), a, a * (LARGEST + 2)) is None
    assert distance(identity(a), a, a * LARGEST) == pytest.approx(float(LARGEST - 1))


def test_a_mutant_without_a_real_value_somewhere_is_none():
    assert distance(identity(sp.sqrt(a)), sp.sqrt(a), sp.sqrt(a - 1)) is None


# What is not entered, and what has no mutants.


def test_slips_happen_around_unknown_functions_and_never_inside():
    right = 2 * a * f(b) - a**2 * sp.Derivative(f(b), b)
    found = by_kind(right)
    assert len(found) >= 3
    assert all(
        m.form.atoms(sp.Function, sp.Derivative) <= right.atoms(sp.Function, sp.Derivative) for m in found.values()
    )


def test_one_entry_of_a_matrix_is_mutated_at_a_time():
    right = sp.Matrix([[a, b**2], [0, a + 2 * b]])
    found = by_kind(right)
    assert set(found) == set(NEAR_MISSES)
    for mutant in found.values():
        assert mutant.form.shape == right.shape
        assert sum(one != other for one, other in zip(right, mutant.form, strict=True)) == 1
        assert " in entry (" in mutant.name


@pytest.mark.parametrize("right", [sp.S.Zero, sp.zeros(2, 1)])
def test_zero_has_no_mutants(right):
    assert mutants(right, domain=(), form=identity(right)) == ()


@pytest.mark.parametrize("right", [sp.false, sp.true])
def test_never_and_always_have_no_mutants(right):
    assert mutants(right, domain=(), form=Region(lambda: right)) == ()


@pytest.mark.parametrize(
    "right",
    [
        sp.Symbol("A", commutative=False) * 2,
        sp.Symbol("z", imaginary=True) * 2,
        sp.Float("0.1") * a,
        a + sp.mathieuc(a, b, mu),
    ],
)
def test_what_cannot_be_measured_has_no_mutants(right):
    assert mutants(right, domain=(), form=identity(right)) == ()


@pytest.mark.parametrize(
    ("form", "right"),
    [
        (Region(lambda: a**2 >= b), a >= sp.sqrt(b)),  # the sign below the root compares no real numbers
        (Bound(lambda: sp.log(a)), sp.sqrt(a)),  # the sign below the root leaves the reals
        (StationaryDensity(lambda: ItoProcess([x, theta], [-x, -theta], sp.eye(2))), sp.exp(-((x - theta) ** 2))),
    ],
    ids=["condition", "bound", "plane"],
)
def test_a_slip_that_has_no_value_costs_the_others_nothing(form, right):
    assert len(mutants(right, domain=(), form=form)) >= 2


def test_sets_and_figures_have_no_mutants():
    assert mutants(sp.Matrix([a]), domain=(), form=Invariance(lambda candidate: candidate)) == ()
    assert mutants(sp.sqrt(3), domain=(), form=Figure(dict, ({},), lambda results: {})) == ()


def test_a_fault_inside_is_not_swallowed():
    def derived():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mutants(a, domain=(), form=Bound(derived))


# Determinism.

PRINTS = """
import sympy as sp
from verification.forms import Identity, Region
from verification.mutation import Slip, mutants
a, b, c = sp.symbols("a b c", positive=True)
right = sp.Matrix([a**2 * b - c / 2 + a * b * c, sp.exp(-a / b) * c**3])
condition = sp.Or(sp.And(a > b, b > c / 2), a * c > 3)
for form, kind in ((right, Identity(lambda: right)), (condition, Region(lambda: condition))):
    for mutant in mutants(form, domain=(), form=kind, kinds=tuple(Slip), limit=8):
        print(mutant.name, mutant.form, mutant.distance)
"""


@pytest.mark.slow
def test_every_process_makes_the_same_mutants():
    root = Path(__file__).resolve().parents[3]
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINTS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(printed) == 1
    assert len(printed.pop().splitlines()) > 8


# Drawn expressions.


@st.composite
def formulas(draw, functions=(sp.exp, sp.log, sp.tanh), exponents=(1, 2, 3, -1, -2, sp.S.Half)):
    """Sums of products of powers and functions of ratios, over four positive symbols."""
    symbol = st.sampled_from(SYMBOLS)
    power = st.builds(lambda base, n: base**n, symbol, st.sampled_from(exponents))
    number = st.fractions(min_value=-3, max_value=3, max_denominator=4).map(lambda n: sp.Rational(n) or sp.S.One)
    function = st.builds(lambda g, y, z: g(y / z), st.sampled_from(functions), symbol, symbol) if functions else power
    factors = st.lists(st.one_of(power, power, function), min_size=1, max_size=3)
    term = st.builds(lambda n, parts: n * sp.Mul(*parts), number, factors)
    return sp.Add(*draw(st.lists(term, min_size=1, max_size=3)))


@given(formulas())
@settings(max_examples=examples(8))
def test_every_kept_mutant_differs_at_an_admissible_point_and_is_refuted(right):
    assume(right != 0)
    found = mutants(right, domain=(a < b,), form=identity(right), kinds=tuple(Slip), limit=8)
    assert len({mutant.kind for mutant in found}) == len(found)
    for mutant in found:
        assert decide_zero(mutant.form - right, (a < b,)).kind is ZeroKind.NONZERO
        assert judge(identity(right), mutant.form, (a < b,)).outcome is Outcome.REFUTED
        assert LEAST < mutant.distance < LARGEST


@given(formulas(functions=(), exponents=(1, 2)))
@settings(max_examples=examples(4))
def test_every_kept_mutant_of_a_condition_is_refuted(margin):
    condition = margin > 0
    assume(isinstance(condition, sp.Gt))
    form = Region(lambda: condition)
    for mutant in mutants(condition, domain=(), form=form):
        assert judge(form, mutant.form, ()).outcome is Outcome.REFUTED


@pytest.mark.parametrize("form", [None, "Identity", Identity, object()])
def test_how_candidates_are_judged_must_be_a_form(form):
    with pytest.raises(KindError, match="^form must be a form"):
        mutants(a + 1, domain=(), form=form)


def test_two_slips_that_end_in_the_same_formula_are_one_mutant():
    made = mutants(a**2 - b**2, domain=(), form=identity(a**2 - b**2))  # the other sign, and a and b exchanged
    assert len({mutant.form for mutant in made}) == len(made) == 4
