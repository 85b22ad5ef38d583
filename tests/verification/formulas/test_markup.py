"""Formulas on a page: where one is too long for a line, the next goes on before an operator, in brackets last."""

import re

from verification.formulas import mathml


def rows(source: str, width: int) -> list[str]:
    return re.findall(r'aria-label="([^"]*)"', mathml(source, width=width))


def test_a_formula_that_fits_stays_in_one_line() -> None:
    assert rows(r"x = a \left(b + c\right)", 40) == ["x = a(b + c)"]


def test_a_sum_is_cut_outside_brackets_where_that_is_enough() -> None:
    assert rows(r"T_{total} = a \left(b + c\right) + d \left(e + f\right)", 20) == ["Tₜₒₜₐₗ = a(b + c)", "+d(e + f)"]


def test_a_long_sum_in_brackets_goes_on_in_the_next_line() -> None:
    assert rows(r"x = a \left(- b + c + d - e\right)", 12) == ["x = a(−b + c", "+d − e)"]


def test_the_longest_brackets_are_opened_and_those_within_when_they_must() -> None:
    source = r"x = \left(a + b\right) \left(c + d \left(e + f + g\right) + h\right)"
    assert rows(source, 20) == ["x = (a + b)(c", "+d(e + f + g) + h)"]
    assert rows(source, 8) == ["x = (a", "+b)(c", "+d(e + f", "+g)", "+h)"]


def test_what_has_no_sign_to_cut_at_stays_whole() -> None:
    assert len(rows(r"x = \frac{a + b + c + d + e}{f + g + h + i}", 8)) == 1
