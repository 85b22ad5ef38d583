"""The coordinate of a layer: Itô's formula leads from it to the modewise equation, and signs of induced drifts."""

from __future__ import annotations

import pytest
import sympy as sp

from theory import attractivity_rate, ito_differential, parameter
from theory.deep_linear.layer_coordinate import (
    amplitude_from_layer,
    growth_rate_at_zero,
    induced_drifts,
    layer_process,
    log_amplitude_drift,
    weight,
)
from theory.deep_linear.modewise import balanced_modes
from theory.errors import ShapeError, UnsupportedFormError

L = parameter("L", integer=True, at_least=1)
ABOVE = parameter("L", above=2)


def in_layers(expression, modes):
    """A function of w in terms of u, with powers combined."""
    return sp.powdenest(expression.subs(modes.amplitudes[0], weight**modes.depth), force=True)


@pytest.mark.parametrize("variances", [None, [sp.Rational(1, 2)]])
def test_itos_formula_in_the_layer_gives_drift_and_diffusion_of_the_mode(variances):
    modes = balanced_modes(L, input_variances=variances)
    found = amplitude_from_layer(modes)
    assert sp.expand(sp.powsimp(sp.expand(found.drift - in_layers(modes.drift(0), modes)))) == 0
    diffusion = found.dispersion[0] ** 2 - in_layers(modes.diffusion(0), modes)
    assert sp.expand(sp.powsimp(sp.expand(diffusion))) == 0


def test_the_printed_ito_drift_is_not_what_itos_formula_gives():
    modes = balanced_modes(3)
    w, s, beta = modes.amplitudes[0], modes.singular_values[0], modes.beta
    sigma = sp.sqrt(modes.label_variances[0])
    printed = modes.gradient_drift(0) + 6 * beta * (s - w + sigma) * w ** sp.Rational(2, 3)
    assert sp.expand(amplitude_from_layer(modes).drift - in_layers(printed, modes)) != 0


def test_the_layer_itself_drifts_as_in_gradient_flow():
    process = layer_process(balanced_modes(L))
    assert not process.drift[0].has(balanced_modes(L).beta)


def test_the_drift_of_the_logarithm_is_itos_formula():
    modes = balanced_modes(L)
    found = ito_differential(modes.process_of(0), sp.log(modes.amplitudes[0])).drift
    assert sp.expand(sp.powsimp(sp.expand(found - log_amplitude_drift(modes)))) == 0


def test_noise_pulls_up_in_w_not_at_all_in_a_layer_and_down_in_the_logarithm():
    drifts = induced_drifts(balanced_modes(parameter("L", integer=True, at_least=2), label_variance=0))
    values = {symbol: sp.Rational(1, 3 + i) for i, symbol in enumerate(sp.symbols("w s beta", positive=True))}
    signs = [sp.sign(e.subs(values).subs({e: 4 for e in e.free_symbols})) for e in drifts.values()]
    assert signs == [1, 0, -1]


def test_the_rate_at_zero_is_minus_the_attractivity_rate():
    modes = balanced_modes(2)
    assert sp.expand(growth_rate_at_zero(modes) + attractivity_rate(modes.process_of(0), 0).alpha) == 0
    assert growth_rate_at_zero(balanced_modes(ABOVE)) == attractivity_rate(balanced_modes(ABOVE).process_of(0), 0).alpha


def test_the_logit_of_two_layers_has_constant_noise():
    modes = balanced_modes(2, label_variance=0)
    w, s, beta = modes.amplitudes[0], modes.singular_values[0], modes.beta
    found = ito_differential(modes.process_of(0), sp.log(w / (s - w)))
    assert sp.cancel(found.drift - (2 * s - 2 * beta * s**2 + 6 * beta * s * w)) == 0
    assert sp.cancel(found.dispersion[0] - sp.sqrt(8 * beta) * s) == 0


def test_wrong_input_is_refused_by_name():
    with pytest.raises(UnsupportedFormError, match="depth must be 2 or above 2"):
        growth_rate_at_zero(balanced_modes(1))
    with pytest.raises(ShapeError, match="modes must be a BalancedModes"):
        log_amplitude_drift(3)  # type: ignore[arg-type]
