"""Factors multiply back to the expression, and a sign that is claimed holds at every point."""

from __future__ import annotations

import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import positive_rationals, rationals
from theory.decision.algebra.factorisation import irreducible_factors, sign_of_factor
from theory.decision.conditions.inequalities import positive, sign, simplified

k, r = sp.symbols("k r", positive=True)
m = sp.Symbol("m", real=True)

COEFFICIENTS = (sp.sqrt(k), k ** sp.Rational(1, 3), sp.exp(k), k**r, 2**k, r / sp.sqrt(k), sp.sqrt(2) * r, sp.log(k))
"""What a coefficient may be that is no polynomial in its symbols."""


@st.composite
def coefficients(draw: st.DrawFn) -> sp.Expr:
    """Sums and products of such coefficients with polynomials in a symbol of open sign."""
    total = draw(rationals())
    for _ in range(draw(st.integers(1, 2))):
        total += draw(st.sampled_from(COEFFICIENTS)) * draw(rationals()) * m ** draw(st.integers(0, 2))
    return total * draw(st.sampled_from((*COEFFICIENTS, sp.S.One)))


@settings(max_examples=examples(40))
@given(coefficients())
def test_factors_multiply_back_to_the_expression(expression):
    constant, factors = irreducible_factors(expression)
    product = constant * sp.Mul(*(factor**power for factor, power in factors.items()))
    assert sp.expand(product - expression) == 0


@settings(max_examples=examples(40))
@given(coefficients(), positive_rationals(), positive_rationals(), rationals())
def test_a_condition_on_any_coefficient_holds_where_the_number_is_positive(expression, k_value, r_value, m_value):
    values = {k: k_value, r: r_value, m: m_value}
    number = expression.subs(values).evalf(40)
    if abs(number) < 1e-30:
        return
    assert bool(positive(expression).subs(values)) is bool(number > 0)
    assert bool(simplified(sp.Not(positive(expression))).subs(values)) is bool(number < 0)


@settings(max_examples=examples(40))
@given(st.lists(rationals(), min_size=3, max_size=3), rationals(), positive_rationals(), rationals())
def test_a_sign_found_by_a_discriminant_holds_at_every_point(parts, shift, k_value, m_value):
    a, b, c = parts
    expression = sp.expand(a * (m**2 - shift) ** 2 + b * k * (m**2 - shift) + c * k**2)
    found = sign(expression)
    if found is not None:
        assert sp.sign(expression.subs({m: m_value, k: k_value})) == found


def test_a_sum_of_squares_is_positive_and_a_difference_is_open():
    w, s, sigma = sp.symbols("w s sigma", positive=True)
    assert sign_of_factor(sp.expand(sigma**2 + 32 * (w**2 - 1) ** 2)) == 1
    assert sign_of_factor(sp.expand(2 * (s - w) ** 2 + sigma**2)) == 1
    assert sign_of_factor(sp.expand(2 * (s - w) ** 2 - sigma**2)) is None
    assert sign_of_factor(sp.expand(sigma**2 * m**2 + (m - 1) ** 2 - sigma**2)) is None
