"""Slips happen at every place of a formula, one at a time, in an order that is drawn and the same each time."""

from __future__ import annotations

import itertools

import sympy as sp

from verification.mutation import Slip
from verification.mutation.slips import drawn_places, variants

x, y = sp.symbols("x y", positive=True)


def test_slips_touch_every_number_sign_term_and_exponent():
    found = {variant for _, variant in variants(x**2 - 3 * y)}
    wanted = {
        sp.Rational(21, 20) * x**2 - 3 * y,
        sp.Rational(19, 20) * x**2 - 3 * y,
        2 * x**2 - 3 * y,
        x**2 / 2 - 3 * y,
        -(x**2) - 3 * y,
        -3 * y,
        x**3 - 3 * y,
        x - 3 * y,
        x**2 - sp.Rational(63, 20) * y,
        x**2 - sp.Rational(57, 20) * y,
        x**2 - 6 * y,
        x**2 + 3 * y,
        x**2 - 3 * y**2,
        x**2,
        y**2 - 3 * x,
    }
    assert wanted <= found
    assert x**2 - 3 * y not in found


def test_slips_enter_the_arguments_of_functions():
    found = {variant for _, variant in variants(sp.exp(-x / y))}
    assert {sp.exp(x / y), sp.exp(-2 * x / y), sp.exp(-x / y**2), sp.exp(-y / x)} <= found


def test_slips_of_a_condition_change_direction_strictness_and_both_sides():
    found = {variant for _, variant in variants(x < y / 2)}
    assert {x > y / 2, x <= y / 2, x < y, 2 * x < y / 2, x < sp.Rational(21, 40) * y, y < x / 2} <= found


def test_every_part_of_a_condition_can_be_lost():
    parts = (x > 1, y > 2, x < y)
    assert {sp.And(*two) for two in itertools.combinations(parts, 2)} <= {form for _, form in variants(sp.And(*parts))}


def test_a_base_below_an_exponent_has_no_second_exponent():
    assert x**4 not in {variant for _, variant in variants(x**2)}


def test_symbols_that_differ_in_an_index_are_exchanged_before_others():
    a_1, a_2 = sp.symbols("a_1 a_2", positive=True)
    (place,) = drawn_places(a_1 - a_2**2 * x, (Slip.SWAPPED_SYMBOLS,))
    assert set(place.change) == {a_1, a_2}


def test_places_depend_on_the_formula_and_come_in_the_same_order_each_time():
    form = sp.ImmutableMatrix([x**2 - 3 * y, x * y + 1])
    everything = list(variants(form))
    assert everything == list(variants(form))
    assert len({variant for _, variant in everything}) == len(everything)
    other = [place.path for place in drawn_places(sp.ImmutableMatrix([x**2 - 4 * y, x * y + 1]), tuple(Slip))]
    assert other != [place.path for place in drawn_places(form, tuple(Slip))]
