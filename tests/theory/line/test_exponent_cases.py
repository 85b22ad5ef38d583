"""A parameter in the exponents: the cases over it agree with what a number in its place gives."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.conditions.inequalities import holds
from theory.errors import OrderError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.charts.powers import order
from theory.line.ends.boundary import classify
from theory.line.exponent_cases import cells
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability
from theory.line.passage.passage_time import mean_first_passage_time
from theory.parameters import parameter

w, k, s = sp.symbols("w k s", positive=True)
q = sp.Symbol("q", positive=True)
MEAN_REVERTING = ItoProcess.scalar(w, drift=k - w, dispersion=s * w**q)
GROWING = ItoProcess.scalar(w, drift=k * w * (1 - w), dispersion=s * w**q)
NUMBERS = [sp.Rational(1, 4), sp.S.Half, sp.Rational(3, 4), sp.S.One, sp.Rational(5, 4), sp.Rational(3, 2), sp.S(2)]


@pytest.mark.every(4)
@pytest.mark.parametrize("process", [MEAN_REVERTING, GROWING])
@pytest.mark.parametrize("values", [{k: sp.Rational(1, 3), s: sp.S.One}, {k: sp.S(2), s: sp.S.One}])
def test_the_cases_are_what_a_number_in_the_exponent_gives(process, values):
    ends, law = classify(process), stationary_density(process)
    for number in NUMBERS:
        there = process.subs({q: number})
        at = values | {q: number}
        for end, other in zip(ends, classify(there), strict=True):
            found = [name for condition, name in end.classes if holds(condition, at)]
            assert found == [name for condition, name in other.classes if holds(condition, values)]
        own = stationary_density(there)
        assert holds(law.normalisable, at) == holds(own.normalisable, values)
        ratio = sp.log(law.density.subs(at)) - sp.log(own.density.subs(values))
        assert abs(sp.diff(ratio, w).subs(w, sp.Rational(3, 7)).evalf()) < 1e-12
        limits = [{str(end) for condition, end in one.collapse if holds(condition, at)} for one in (law, own)]
        assert limits[0] == limits[1]


def test_the_classes_of_constant_elasticity_are_printed_as_textbooks_do():
    left, right = classify(ItoProcess.scalar(w, drift=k * w, dispersion=s * w**q))
    assert {str(name): condition for condition, name in left.classes} == {
        "regular": q < sp.S.Half,
        "exit": sp.And(q >= sp.S.Half, q < 1),
        "natural": q >= 1,
    }
    assert {str(name): condition for condition, name in right.classes} == {"entrance": q > 1, "natural": q <= 1}


def test_two_open_exponents_are_refused_and_the_advice_is_one_that_works():
    p = sp.Symbol("p", positive=True)
    with pytest.raises(UnsupportedFormError, match=r"theory\.parameter"):
        classify(ItoProcess.scalar(w, drift=-(w**p), dispersion=w**q))
    bounded = ItoProcess.scalar(
        w, drift=-(w ** parameter("p", above=1, below=2)), dispersion=w ** parameter("q", above=0, below=sp.S.Half)
    )
    assert [str(end.feller_class) for end in classify(bounded)] == ["regular", "entrance"]


def test_the_error_about_two_exponents_names_the_place_and_writing_one_as_it_says_works():
    p, delta = sp.symbols("p delta", positive=True)
    process = ItoProcess.scalar(w, drift=w**p - w**q, dispersion=s)
    with pytest.raises(OrderError, match=r"at p = q\. Write p as delta \+ q or q as delta \+ p .* put in q for p"):
        stationary_density(process)
    assert stationary_density(process.subs({p: delta + q})).normalisable == sp.false
    assert stationary_density(process.subs({q: delta + p})).normalisable == sp.true
    assert stationary_density(process.subs({p: q})).normalisable == sp.false


def test_the_symbol_of_the_advice_is_none_that_is_there():
    p, delta = sp.symbols("p delta", positive=True)
    process = ItoProcess.scalar(w, drift=w ** (p + delta) - w**p, dispersion=w)
    with pytest.raises(OrderError, match=r"Write delta as -p \+ epsilon \+ 1 or .* with a positive symbol epsilon"):
        stationary_density(process)


def test_an_exponent_whose_places_have_no_roots_is_named_all_the_same():
    area = sp.Integral(sp.exp(-(w**2)), (w, 0, 1))
    with pytest.raises(OrderError, match=r"cannot be ordered by the assumptions of q\. Put in a number"):
        order(q**2, area)


def test_a_bound_that_excludes_the_logarithm_leaves_one_integral():
    above = parameter("q", above=2)
    process = ItoProcess.scalar(w, drift=1 - w, dispersion=w ** (above / 2))
    assert hitting_probability(process, 1, sp.S.Half, 2).has(sp.Integral)


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "ask",
    [
        lambda process: hitting_probability(process, 2, 1, sp.oo),
        lambda process: hitting_probability(process, 2, 1, 3),
        lambda process: mean_first_passage_time(process, 2, 1),
    ],
    ids=["to infinity", "between", "time"],
)
def test_first_passage_has_cases_too(ask):
    found, values = ask(MEAN_REVERTING), {k: sp.S(2), s: sp.S.One}
    for number in (sp.Rational(1, 4), sp.S.One, sp.Rational(5, 4)):
        at_once = ask(MEAN_REVERTING.subs(values | {q: number})).evalf(12)
        assert abs(found.subs(values | {q: number}).evalf(12) - at_once) <= 1e-10 * abs(at_once)


def test_a_whole_parameter_has_cases_too_and_none_between_its_values():
    n = parameter("n", integer=True, at_least=1)
    ends = classify(ItoProcess.scalar(w, drift=k - w, dispersion=s * w ** (n / 2)))
    for number in range(1, 5):
        there = classify(ItoProcess.scalar(w, drift=k - w, dispersion=s * w ** sp.Rational(number, 2)))
        for end, other in zip(ends, there, strict=True):
            for values in ({k: sp.Rational(1, 3), s: sp.S.One}, {k: sp.S(2), s: sp.S.One}):
                found = [name for condition, name in end.classes if holds(condition, values | {n: number})]
                assert found == [name for condition, name in other.classes if holds(condition, values)]


def test_the_mode_of_a_law_by_cases_is_that_of_the_law_at_a_number():
    law = stationary_density(MEAN_REVERTING)
    values = {k: sp.S(2), s: sp.S.One}
    number = sp.Rational(3, 2)
    own = stationary_density(MEAN_REVERTING.subs({q: number} | values)).mode
    assert abs(law.mode.subs({q: number}).subs(values).evalf() - own.evalf()) < 1e-12


def test_a_cell_is_derived_once_however_often_the_values_grow():
    asked, places = [], [sp.Rational(1, 4), sp.S.Half, sp.S.One]
    process = ItoProcess.scalar(w, drift=1, dispersion=w**q)

    def derived(there, interval):
        asked.append(there)
        return [order(there.dispersion[0].as_base_exp()[1], place) for place in places]

    found = cells(OrderError("", q - places[0]), process, Interval(0, 1), derived)
    assert [(cell.low, cell.high) for cell in found[:3]] == [(0, places[0]), (places[0],) * 2, tuple(places[:2])]
    assert len(found) == 7 and len(asked) == 9  # and once for each range that was split


def test_an_open_power_over_a_sum_has_no_end_of_terms_and_classes_all_the_same():
    p = parameter("p", above=1)
    damped = ItoProcess.scalar(w, drift=w**p / (1 + w) - w**p, dispersion=s * w)
    for end, found in zip(classify(damped), ("natural", "entrance"), strict=True):
        assert str(end.feller_class) == found
    saturating = ItoProcess.scalar(w, drift=w**q / (1 + w) - k * w, dispersion=s * w)
    values = {k: sp.S.Half, s: sp.S.One}
    for number in (sp.S.Half, sp.S(2), sp.S(3)):
        for end, other in zip(classify(saturating), classify(saturating.subs({q: number})), strict=True):
            found = [name for condition, name in end.classes if holds(condition, values | {q: number})]
            assert found == [name for condition, name in other.classes if holds(condition, values)]
