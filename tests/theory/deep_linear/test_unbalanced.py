"""Chains off balance: closed forms against Itô's formula, the balanced theory, and explicit layers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from tests.theory.deep_linear.explicit import Layers, orthogonal, rates
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.unbalanced import Chain, coupling_between
from theory.errors import DimensionError, ShapeError, SymbolError


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_amplitude_follows_itos_formula(depth):
    chain = Chain.of(depth)
    found = chain.differential(chain.amplitude)
    assert sp.expand(found.drift - chain.gradient_drift - chain.ito_drift) == 0
    assert sp.cancel(found.dispersion[0] ** 2 - chain.diffusion) == 0


@pytest.mark.parametrize("depth", [2, 3])
def test_balance_has_no_noise_and_attracts(depth):
    chain = Chain.of(depth)
    found = chain.differential(chain.weights[0] ** 2 - chain.weights[-1] ** 2)
    assert sp.expand(found.dispersion[0]) == 0
    assert sp.expand(found.drift - chain.balance_drift(0, depth - 1)) == 0


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_on_balance_the_chain_is_the_modewise_equation(depth):
    u = sp.Symbol("u", positive=True)
    chain, modes = Chain([u] * depth), balanced_modes(depth)
    for ours, theirs in (
        (chain.gradient_drift, modes.gradient_drift(0)),
        (chain.ito_drift, modes.ito_drift(0)),
        (chain.diffusion, modes.diffusion(0)),
    ):
        assert sp.expand(ours - theirs.subs(modes.amplitudes[0], u**depth)) == 0


def test_the_printed_contraction_lacks_factors():
    chain = Chain.of(3)
    pairs = sum(chain.product_without(*p) ** 2 for p in ((0, 1), (0, 2), (1, 2)))
    data = chain.ito_drift.subs(sp.sqrt(chain.label_variance), 0)
    printed = (
        chain.beta * 2 * chain.gap * pairs
    )  # appendix E (i), over the ordered pairs, with the half of Itô's formula
    assert sp.cancel(data / printed - chain.amplitude * chain.gap) == 0


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_layers_diagonal_in_common_frames_have_the_rates_of_chains(depth):
    rng = np.random.default_rng(depth)
    weights = rng.uniform(0.3, 1.3, (depth, 2))
    frames = [orthogonal(2, rng) for _ in range(depth + 1)]
    matrices = [frames[l + 1] @ np.diag(weights[l]) @ frames[l].T for l in range(depth)]
    found = rates(Layers(matrices, frames[-1], frames[0], np.array([1.0, 0.6]), 0.4, np.sqrt([1.2, 0.7])))
    first, second = (
        Chain(list(weights[:, i]), s, sp.Rational(4, 25), sp.Rational(v), sp.S.One)
        for i, (s, v) in enumerate([(1, "1.2"), (sp.Rational("0.6"), "0.7")])
    )
    assert found.gradient[0, 0] == pytest.approx(float(first.gradient_drift), rel=1e-12)
    coupled = float(first.ito_drift + coupling_between(first, second))
    assert found.ito[0, 0] == pytest.approx(coupled, rel=1e-12)
    assert found.covariation[0, 0, 0, 0] == pytest.approx(float(first.diffusion), rel=1e-12)
    assert abs(found.ito[0, 0] - float(first.ito_drift)) > 1e-3


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Chain([]), ShapeError, "weights must hold 1 to 12"),
        (lambda: Chain.of(0), DimensionError, "depth must be a whole number"),
        (lambda: Chain([1], label_variance=-1), SymbolError, "label_variance must be at least 0"),
        (lambda: Chain.of(2).balance_drift(1, 1), ShapeError, "different layers"),
        (lambda: coupling_between(Chain.of(2), Chain.of(3)), ShapeError, "one weight per layer"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
