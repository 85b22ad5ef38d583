"""Constants that are not rational: their roots, pi and e, with charges that hold and bounds that are sharp."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import UnsupportedFormError
from theory.symmetry import PerSampleLoss, find_affine_symmetries

a, b, u, w, x, y = sp.symbols("a b u w x y", real=True)
k, m = sp.symbols("k m", positive=True)


def found(weights, loss, data=(x, y)):
    """The symmetries, all of them, each checked by differentiation."""
    symmetries = find_affine_symmetries(PerSampleLoss(weights, loss, list(data)))
    assert symmetries.is_complete
    for generator in symmetries.generators:
        slope = sum(v * sp.diff(loss, weight) for v, weight in zip(generator.field, weights, strict=True))
        assert sp.simplify(slope.expand(func=True)) == 0
    return symmetries


@pytest.mark.parametrize(
    "number",
    [sp.pi, sp.E, sp.sqrt(sp.pi), sp.GoldenRatio, 3 * sp.pi**2 / 2, sp.sqrt(k), k ** sp.Rational(2, 3), sp.sqrt(2 * k)],
)
def test_a_number_is_a_shift_like_any_other(number):
    (charge,) = found([u, w], ((u - number) * w * x - y) ** 2).charges
    square, line = (sp.Poly(charge, u, w).coeff_monomial(power) for power in (u**2, u))
    assert sp.radsimp(sp.expand((line + 2 * number * square).expand(func=True))) == 0 and square != 0


@pytest.mark.every(3)
def test_roots_of_constants_know_their_products():
    related = (sp.sqrt(k) * a + sp.sqrt(m) * b) ** 2 * x + (k * a**2 + 2 * sp.sqrt(k * m) * a * b + m * b**2) * y
    assert found([a, b], related).dimension == 3
    unrelated = related + sp.sqrt(k) * a * b * y
    assert found([a, b], unrelated).dimension == 0


def test_the_value_of_pi_is_not_that_of_another_constant():
    assert found([u, w], ((u + sp.pi * w) * x - y) ** 2).generators[0].field.subs(sp.pi, 3) != sp.zeros(2, 1)
    assert found([u, w], (u + sp.pi * w) ** 2 * x + (u + 3 * w) ** 2 * y).dimension == 0


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ((u - sp.pi) * (w - sp.E) * x, "pi and E beside each other"),
        (sp.Max(u, sp.pi) * x, "beside breaks"),
        (sp.tanh(sp.pi * u) * x, r"got tanh\(pi\*u\)"),
        (sp.exp(-sp.sqrt(k) * u * x), r"got exp\(-sqrt\(k\)\*u\*x\)"),
        (sp.exp(u * w * x), r"got exp\(u\*w\*x\)"),
    ],
)
def test_what_stays_out_of_reach_is_named_as_it_was_given(loss, said):
    with pytest.raises(UnsupportedFormError, match=said):
        find_affine_symmetries(PerSampleLoss([u, w], loss, [x, y]))


def test_a_symbol_of_the_same_name_is_another():
    pi = sp.Symbol("pi", positive=True)
    (charge,) = found([u, w], ((u - sp.pi - pi) * w * x - y) ** 2).charges
    assert charge.free_symbols >= {pi} and charge.has(sp.pi)
