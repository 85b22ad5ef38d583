"""Slips of the author of a claim are refused in a sentence; none becomes a verdict on the paper."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification.authoring import shorthand
from verification.errors import ClaimError, KindError
from verification.forms import Bound

k = sp.Symbol("k", positive=True)


def derived() -> sp.Expr:
    return k


def equals(**changed: Any) -> Any:
    return shorthand.equals("value", **{"printed": k, "derived": derived, **changed})


def test_the_unchanged_statement_is_accepted():
    assert equals(domain=[k < 2], wrong={"double": 2 * k}).candidates()["double"] == 2 * k


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ({"wrongs": {}}, "Did you mean wrong="),
        ({"domian": [k < 1]}, "Did you mean domain="),
        ({"derived": k}, "derived of statement 'value' must be a function of nothing"),
        ({"printed": "k"}, "printed of statement 'value' is the text 'k'"),
        ({"corrected": "k"}, "corrected of statement 'value' is the text"),
        ({"wrong": {"half": "k/2"}}, "near miss 'half' of statement 'value' is the text"),
        ({"printed": 0.5 * k}, "holds the float 0.5,"),
        ({"printed": sp.Matrix([0.5 * k])}, "holds the float 0.5,"),
        ({"printed": 0.5}, "holds the float 0.5,"),
        ({"where": {sp.Symbol("a"): 0.25 * k}}, "the abbreviation a of statement 'value' holds the float 0.25,"),
        ({"wrong": {"half": {sp.Symbol("a"): 0.25 * k}}}, "the abbreviation a of statement 'value' holds the float"),
        ({"printed": sp.nan}, "holds nan"),
        ({"printed": sp.Eq(sp.Symbol("v"), k)}, "is the relation Eq"),
        ({"domain": [k < -1]}, "condition 1 is false"),
        ({"domain": k < 1}, "must be a list of conditions"),
        ({"domain": ["k < 1"]}, "which is no condition"),
        ({"wrong": [2 * k]}, "wrong of statement 'value' must be a mapping, what is wrong with it -> formula"),
        ({"where": [2 * k]}, "where of statement 'value' must be a mapping, abbreviation -> formula"),
        ({"measured": {"a": fake.experiment()}}, "measured of statement 'value' must be a list of what `measured`"),
        ({"compared": fake.experiment()}, "compared of statement 'value' must be a list of what `compared`"),
        ({"compared": [fake.experiment()]}, "compared of statement 'value' must be a list of what `compared`"),
        ({"says": "one", "remark": "two"}, "statement 'value' says 'one' and remarks 'two'. Give one text"),
        ({"printed": [k, k]}, "is a list. Give sp.Matrix"),
        ({"printed": sp.exp(k).series(k, 0, 2)}, "holds O(k**2), which is no formula"),
    ],
)
def test_a_slip_is_refused_in_a_sentence_that_names_it(slip, said):
    with pytest.raises(ClaimError) as refused:
        equals(**slip)
    assert said in str(refused.value)


def test_a_formula_is_no_condition():
    with pytest.raises(ClaimError, match="but a condition is asked for: k - 1 > 0"):
        shorthand.holds_when("value", printed=k - 1, derived=lambda: k > 1)


def test_a_comparison_without_points_would_compare_nothing_and_is_refused():
    with pytest.raises(ClaimError, match="'second opinion' has no points"):
        shorthand.compared("second opinion", lambda point: (1.0, 0.0), lambda candidate, point: candidate)


def test_an_unknown_relation_would_read_as_the_opposite_and_is_refused():
    with pytest.raises(ClaimError, match="one of <=, >=, <, >, got '=<'"):
        Bound(derived, "=<")


def test_numbers_that_are_measured_may_be_floats():
    measured = [fake.experiment()]
    assert shorthand.agrees("value", printed=sp.Float("0.5"), measured=measured, wrong={"one": sp.Float(1)})


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        (lambda f: shorthand.equals("it", printed=k, derived=f).form.derived, "a formula"),
        (lambda f: shorthand.agrees_to_order("it", printed=k, derived=f, small=k, order=1).form.derived, "a formula"),
        (lambda f: shorthand.holds_when("it", printed=k > 1, derived=f).form.derived, "a condition"),
        (lambda f: shorthand.bounds("it", printed=k, exact=f).form.exact, "an expression"),
        (lambda f: shorthand.is_stationary("it", printed=k, process=f).form.process, "an ItoProcess"),
    ],
)
def test_a_derivation_that_returns_text_or_another_kind_is_refused(made, asked):
    for wrong in ("k", {k: 1}, {k}):
        with pytest.raises(ClaimError, match=f"must return {asked}, got"):
            made(lambda wrong=wrong: wrong)()


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("at", "exit()"),  # text would be executed
        ("at", sp.I),
        ("at", sp.zoo),
        ("at", sp.nan),
        ("at", 0.5),
        ("order", -1),
        ("order", "1"),
        ("order", 1.5),
        ("small", "k"),
        ("small", k + 1),
    ],
)
def test_an_expansion_needs_a_symbol_an_order_and_a_place(argument, value):
    given = {"small": k, "order": 1, "at": 0, argument: value}
    with pytest.raises(KindError, match=f"^{argument} must be"):
        shorthand.agrees_to_order("it", printed=1 + k, derived=lambda: sp.exp(k), **given)


def test_a_derivation_that_returns_nothing_is_refused():
    with pytest.raises(ClaimError, match="lack a return"):
        equals(derived=lambda: None).form.derived()


@pytest.mark.parametrize("field", ["grade", "source", "kind"])
def test_a_word_is_no_grade_no_source_and_no_kind(field):
    with pytest.raises(ClaimError, match=f"{field} of claim XX-9 must be a"):
        fake.PAPER.claim("XX-9", "p. 1", **{field: "WRONG"})


def test_a_statement_that_is_returned_is_told_from_one_that_is_yielded():
    claim = fake.PAPER.claim("XX-9", "p. 1")(equals)
    with pytest.raises(ClaimError, match="got one statement, returned: `yield equals"):
        _ = claim.statements


def test_the_words_of_a_remark_say_it_and_make_it_one():
    said, marked = equals(remark="A result of ours."), equals(says="A result of ours.", remark=True)
    assert (said.says, said.counts) == (marked.says, marked.counts) == ("A result of ours.", False)
    assert equals(says="A result of ours.").counts


def test_one_experiment_needs_no_list_around_it():
    experiment = fake.experiment()
    assert equals(measured=experiment).experiments == equals(measured=[experiment]).experiments == (experiment,)
