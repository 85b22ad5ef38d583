"""The law of balance against sums over samples."""

from __future__ import annotations

import numpy as np
import sympy as sp

from theory.models.law_of_balance import drift_of_balance, outer_product_vectors, place_of_rest
from theory.notation import beta, eta

U, W = np.array([0.7, -1.2]), np.array([0.4, 1.1])
SAMPLES = np.random.default_rng(2).normal(size=(5, 2, 2)) + 0.5
"""Five equally likely matrices A."""


def at_samples(expression: sp.Expr) -> float:
    """The expression where the moments of A are those of the samples."""
    names = ("A_11", "A_12", "A_21", "A_22")
    flat = SAMPLES.reshape(5, 4)
    values: dict[sp.Symbol, float] = {eta: 0.1, beta: 1}
    for symbol in expression.free_symbols:
        factors = [name for name in names for _ in range(symbol.name.count(name))]
        if symbol.name.startswith("m_"):
            values[symbol] = np.prod([flat[:, names.index(name)] for name in factors], axis=0).mean()
    values |= dict(zip((*outer_product_vectors(2, 2)[0], *outer_product_vectors(2, 2)[1]), (*U, *W), strict=True))
    return float(expression.subs(values))


def noises() -> tuple[float, float]:
    """Traces of the covariances of the two gradients, from the samples."""
    by_u, by_w = np.einsum("nki,k->ni", SAMPLES, W), np.einsum("nki,i->nk", SAMPLES, U)
    return float(by_u.var(axis=0).sum()), float(by_w.var(axis=0).sum())


def test_the_drift_is_the_difference_of_the_noises_of_the_samples():
    of_u, of_w = noises()
    assert np.isclose(at_samples(drift_of_balance(2, 2)), 0.1 * (of_u - of_w), rtol=1e-12)


def test_the_orbit_rests_where_both_noises_are_equal():
    of_u, of_w = noises()
    square = np.sqrt(at_samples(place_of_rest(2, 2)))  # of the factor of u, the inverse that of w
    assert np.isclose(of_u / square, of_w * square, rtol=1e-12)
    assert not np.isclose(of_u, of_w, rtol=0.1)
