"""The modewise equation against exact expectations in explicit layers with random frames."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.theory.deep_linear.explicit import balanced_layers, rates
from theory.deep_linear.layer_sums import pair_sum, power_sum
from theory.deep_linear.modewise import amplitude, balanced_modes, label_deviation, noise_strength, singular_value
from theory.errors import DimensionError, ShapeError, SymbolError
from theory.parameters import parameter

L = parameter("L", integer=True, at_least=2)
w, s, sigma, beta = amplitude, singular_value, label_deviation, noise_strength

CASES = [
    pytest.param(1, [0.4, -0.3], [1.0, 0.6], 0.3, [0.7, 1.5], id="one layer"),
    pytest.param(2, [0.43], [0.59], 0.0, [1.0], id="two layers, one mode"),
    pytest.param(2, [0.5, 0.2], [1.0, 0.7], 0.4, [1.0, 1.0], id="two layers"),
    pytest.param(
        3, [0.5, 0.2, 0.9], [1.0, 0.7, 0.4], 0.4, [1.0, 0.5, 2.0], id="three layers, inputs that are not white"
    ),
    pytest.param(4, [0.8, -0.3], [0.5, 0.9], 0.2, [1.3, 0.6], id="four layers, a negative mode"),
    pytest.param(5, [0.6, 1.2], [1.0, 0.7], 0.5, [1.0, 1.0], id="five layers"),
]


def symbolic(depth, amplitudes, singular_values, deviation, variances):
    """The same network in theory, exactly."""
    return balanced_modes(
        depth,
        amplitudes=amplitudes,
        singular_values=singular_values,
        label_variance=sp.Rational(str(deviation)) ** 2,
        input_variances=variances,
        beta=1,
    )


@pytest.mark.every(3)
@pytest.mark.parametrize(("depth", "amplitudes", "values", "deviation", "variances"), CASES)
def test_drift_and_covariations_are_the_exact_expectations(depth, amplitudes, values, deviation, variances):
    found = rates(balanced_layers(depth, amplitudes, values, deviation, variances, seed=depth))
    modes = symbolic(depth, amplitudes, values, deviation, variances)
    d = range(modes.count)
    gradient = np.diag([float(modes.gradient_drift(i)) for i in d])
    ito = np.diag([float(modes.ito_drift(i)) for i in d])
    assert np.abs(found.gradient - gradient).max() < 1e-13
    assert np.abs(found.ito - ito).max() < 1e-13
    for i, j, k, l in np.ndindex(found.covariation.shape):
        assert abs(found.covariation[i, j, k, l] - float(modes.cross_covariation((i, j), (k, l)))) < 1e-13


@pytest.mark.parametrize(("depth", "amplitudes", "values", "deviation", "variances"), CASES[1:])
def test_the_printed_ito_drift_is_not_the_expectation(depth, amplitudes, values, deviation, variances):
    variances = [1.0] * len(variances)
    found = rates(balanced_layers(depth, amplitudes, values, deviation, variances, seed=depth)).ito[0, 0]
    w_0, s_0 = amplitudes[0], values[0]
    printed = depth * (depth - 1) * abs(w_0) ** (2 * (depth - 2) / depth) * (s_0 - w_0 + deviation)
    assert abs(found - printed) > 1e-2


def test_without_the_other_modes_the_drift_is_wrong():
    depth, amplitudes, values, deviation, variances = CASES[2].values
    found = rates(balanced_layers(depth, amplitudes, values, deviation, variances)).ito[0, 0]
    modes = symbolic(depth, amplitudes, values, deviation, variances)
    assert abs(found - float(modes.same_mode_drift(0))) > 0.04


@given(
    depth=st.integers(2, 4),
    w_s=st.tuples(*[st.fractions("1/20", "3/2", max_denominator=20)] * 4),
    deviation=st.fractions(0, 1, max_denominator=10),
)
@example(depth=3, w_s=(sp.Rational(1, 2),) * 4, deviation=sp.S.Zero)
@settings(max_examples=examples(12))
def test_any_two_modes_drift_as_in_explicit_layers(depth, w_s, deviation):
    amplitudes, values = [float(e) for e in w_s[:2]], [float(e) for e in w_s[2:]]
    found = rates(balanced_layers(depth, amplitudes, values, float(deviation)))
    modes = balanced_modes(
        depth, amplitudes=w_s[:2], singular_values=w_s[2:], label_variance=sp.sympify(deviation) ** 2, beta=1
    )
    assert abs(found.ito[0, 0] - float(modes.ito_drift(0))) < 1e-12
    assert abs(found.covariation[0, 0, 0, 0] - float(modes.diffusion(0))) < 1e-12


@pytest.mark.every(2)
@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_the_theory_for_a_symbol_of_layers_is_that_of_every_number(depth):
    r = sp.symbols("r_1 r_2", positive=True)  # the amplitudes as powers, so that both sides are rational
    amplitudes = [e**depth for e in r]
    general, special = (balanced_modes(n, modes=2) for n in (L, sp.Integer(depth)))
    for rate in ("drift", "diffusion"):
        ours = getattr(general, rate)(0).subs(L, depth).subs(dict(zip(general.amplitudes, amplitudes, strict=True)))
        theirs = getattr(special, rate)(0).subs(dict(zip(special.amplitudes, amplitudes, strict=True)))
        assert sp.cancel(sp.powdenest(ours - theirs, force=True)) == 0


def test_the_pair_sum_grows_by_one_layer_as_its_terms_do():
    p, q, n = sp.symbols("p q n", positive=True)
    # kappa(L + 1) = p kappa(L) + sum_k p^(L-k) q^(k-1), and kappa(1) = 0: the closed form by induction.
    step = pair_sum(p, q, n + 1) - p * pair_sum(p, q, n) - (p**n - q**n) / (p - q)
    assert sp.expand(sp.expand(sp.cancel(step * (p - q) ** 2))) == 0
    assert pair_sum(p, q, sp.Integer(1)) == 0
    assert sp.cancel(sp.diff(power_sum(p, q, sp.Integer(6)), p) - pair_sum(p, q, sp.Integer(6))) == 0


def test_amplitudes_have_independent_noises_and_entries_off_the_diagonal_have_noise_too():
    modes = balanced_modes(L, modes=2)
    assert modes.covariation(0, 1) == 0
    assert modes.cross_covariation((0, 1), (0, 0)) == 0
    assert modes.cross_covariation((0, 1), (0, 1)) != 0


def test_one_mode_of_two_layers_is_the_equation_of_the_stochastic_logistic():
    mode = balanced_modes(2)
    process = mode.process_of(0)
    assert sp.expand(process.drift[0] - (2 * (s - w) * w + 2 * beta * ((s - w) ** 2 + sigma**2 / 2) * w)) == 0
    assert sp.expand(process.diffusion[0] - 4 * beta * (2 * (s - w) ** 2 + sigma**2) * w**2) == 0


def test_several_modes_as_one_process_have_the_rates_of_each():
    modes = balanced_modes(3, modes=2, label_variance=0)
    process = modes.process()
    assert process.drift[1] == modes.drift(1)
    assert sp.expand(process.diffusion[0, 0] - modes.diffusion(0)) == 0


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: balanced_modes(0), SymbolError, "depth must be at least 1"),
        (lambda: balanced_modes(sp.Symbol("n", integer=True)), SymbolError, "depth must be at least 1"),
        (lambda: balanced_modes("2"), ShapeError, "depth"),
        (lambda: balanced_modes(2, label_variance=-1), SymbolError, "label_variance must be at least 0"),
        (lambda: balanced_modes(2, label_variance=sp.Symbol("v", real=True)), SymbolError, "label_variance"),
        (lambda: balanced_modes(2, singular_values=[sp.Symbol("s")]), SymbolError, "singular_values must be"),
        (lambda: balanced_modes(2, singular_values=[-1]), SymbolError, "singular_values must be at least 0"),
        (lambda: balanced_modes(2, input_variances=[0]), SymbolError, "input_variances must be positive"),
        (lambda: balanced_modes(2, beta=0), SymbolError, "beta must be positive"),
        (lambda: balanced_modes(2, modes=0), DimensionError, "modes must be a whole number"),
        (lambda: balanced_modes(2, amplitudes=[w], singular_values=[s, s]), ShapeError, "needs one entry each"),
        (lambda: balanced_modes(2, modes=2).drift(2), DimensionError, "mode must be a whole number from 0 to 1"),
        (lambda: balanced_modes(2, modes=2).coupling_drift(1, 1), SymbolError, "other must differ"),
        (lambda: balanced_modes(2).cross_covariation((0,), (0, 0)), ShapeError, "two indices"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_a_float_is_read_as_its_decimal():
    assert balanced_modes(2, label_variance=0.1).label_variances == (sp.Rational(1, 10),)
