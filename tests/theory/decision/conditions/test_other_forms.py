"""Conditions in another form, sums of functions of one letter each, waves: what is so is proved, near misses not."""

import pytest
import sympy as sp

from theory.decision.conditions.monotony import proof_on_the_line
from theory.decision.conditions.other_forms import OTHER_FORMS, in_logarithms, in_squares, in_whole_numbers
from theory.decision.conditions.separated_sums import proof_by_parts

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)
n = sp.Symbol("n", integer=True)


@pytest.mark.every(2)
@pytest.mark.parametrize("form", OTHER_FORMS, ids=lambda form: form.__name__)
def test_the_other_form_is_true_at_the_same_points(form):
    conditions = [
        *(kind(p**q, sp.Rational(7, 5)) for kind in (sp.Gt, sp.Ge, sp.Lt, sp.Le)),
        *(kind(sp.Abs(x - 1), sp.sqrt(2)) for kind in (sp.Gt, sp.Ge, sp.Lt, sp.Le)),
        *(kind(sign * 2 * n, bound) for kind in (sp.Gt, sp.Ge, sp.Lt, sp.Le) for bound in (7, -8) for sign in (1, -1)),
    ]
    for i in (-12, -7, -4, 0, 5, 7, 12):
        point = {p: sp.Rational(i + 14, 9), q: sp.Rational(15 - i, 7), x: sp.Rational(i, 5), n: i}
        for condition in conditions:
            assert form(condition).subs(point) == condition.subs(point)


def test_what_does_not_fit_is_left_alone():
    for condition in (x**2 > 1, p + q > 1, sp.Abs(x) < y, n > sp.sqrt(2), sp.Eq(n, 2), n + x > 1):
        assert in_squares(condition) == in_whole_numbers(condition) == condition
    assert in_logarithms(x**2 > 1) == (x**2 > 1)


def test_a_wave_keeps_its_sign_up_to_its_amplitude_and_no_further():
    assert proof_on_the_line(5 - 3 * sp.sin(x) + 4 * sp.cos(x) >= 0, sp.true)
    assert not proof_on_the_line(5 - 3 * sp.sin(x) + 4 * sp.cos(x) > 0, sp.true)
    assert not proof_on_the_line(sp.Rational(49, 10) - 3 * sp.sin(x) + 4 * sp.cos(x) >= 0, sp.true)


def test_a_sum_of_parts_respects_strictness_and_the_domain():
    whole = p + 1 / p + q**2
    assert proof_by_parts(whole - 2 - q, strict=True) is None
    assert proof_by_parts(whole - sp.Rational(7, 4) - q)
    assert proof_by_parts(whole - sp.Rational(9, 4) - q) is None
    assert proof_by_parts(p * q + 1) is None
    margin = sp.log(sp.exp(-2)) - sp.expand_log(sp.log(p * q * sp.exp(-p - q)))
    assert proof_by_parts(margin) and proof_by_parts(margin - sp.Rational(1, 10**6)) is None
