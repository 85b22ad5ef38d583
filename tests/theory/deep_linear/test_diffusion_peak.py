"""Peaks of the diffusion of a mode, against the derivative of the diffusion and a search on a grid."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.deep_linear.diffusion_peak import DiffusionPeak, global_threshold
from theory.deep_linear.modewise import amplitude, balanced_modes, label_deviation, noise_strength, singular_value
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.parameters import parameter

L = parameter("L", integer=True, at_least=2)
w, s, sigma, beta = amplitude, singular_value, label_deviation, noise_strength


def diffusion(depth, share):
    """D at s = 1 and sigma**2 = share, as a function of numbers."""
    mode = balanced_modes(depth, singular_values=[1], label_variance=share, beta=1)
    return sp.lambdify(mode.amplitudes[0], mode.diffusion(0))


def test_the_printed_quadratic_has_the_sign_of_the_slope_for_every_depth():
    slope = sp.diff(balanced_modes(L).diffusion(0), w)
    quadratic = DiffusionPeak(L).stationary_condition(w)
    ratio = sp.cancel(sp.powsimp(slope / quadratic / w ** (3 - 4 / L)))
    assert sp.simplify(ratio - beta * L**2) == 0


@pytest.mark.parametrize("name", ["place", "place_of_minimum"])
def test_both_critical_points_solve_it(name):
    peak = DiffusionPeak(L)
    assert sp.cancel(sp.expand(peak.stationary_condition(getattr(peak, name)))) == 0


def test_the_smaller_root_is_the_maximum():
    second = sp.diff(DiffusionPeak(L).stationary_condition(w), w)
    peak = DiffusionPeak(L)
    values = {L: 3, s: 1, sigma: sp.Rational(1, 5)}
    assert second.subs(w, peak.place).subs(values) < 0 < second.subs(w, peak.place_of_minimum).subs(values)
    assert peak.place.subs(values) < peak.place_of_minimum.subs(values) < 1


@given(depth=st.integers(2, 9), part=st.fractions("1/10", "9/10", max_denominator=10))
@settings(max_examples=examples(8))
def test_the_peak_is_where_a_grid_finds_it(depth, part):
    share = part * DiffusionPeak(depth).local_threshold
    peak = DiffusionPeak(depth, singular_value=1, label_deviation=sp.sqrt(share))
    grid = np.linspace(0.01, float(peak.place_of_minimum), 4001)
    assert abs(grid[np.argmax(diffusion(depth, share)(grid))] - float(peak.place)) < 1e-3
    assert peak.exists == sp.true
    assert peak.place / peak.singular_value < peak.latest_fraction < sp.Rational(5, 6)


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_at_the_printed_equality_the_diffusion_only_increases(depth):
    share = DiffusionPeak(depth).local_threshold
    assert DiffusionPeak(depth, singular_value=1, label_deviation=sp.sqrt(share)).exists == sp.false
    assert (np.diff(diffusion(depth, share)(np.linspace(0.01, 2, 2001))) > 0).all()


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_the_peak_beats_the_learned_mode_up_to_the_exact_threshold(depth):
    threshold = float(DiffusionPeak(depth).global_threshold)
    for share, wins in ((threshold * (1 - 1e-6), True), (threshold * (1 + 1e-6), False)):
        place = float(DiffusionPeak(depth, singular_value=1, label_deviation=sp.sqrt(sp.Rational(share))).place)
        D = diffusion(depth, share)
        assert (D(place) > D(1.0)) == wins
    assert threshold < DiffusionPeak(depth).local_threshold


def test_the_threshold_of_two_layers_is_a_number_of_the_golden_section():
    assert DiffusionPeak(2).global_threshold == 5 * sp.sqrt(5) - 11


def test_thresholds_fall_with_depth_to_a_positive_limit():
    thresholds = [float(DiffusionPeak(depth).global_threshold) for depth in (2, 3, 4, 6, 12)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[-1] > float(global_threshold(sp.Integer(4))) == pytest.approx(0.0579068, abs=1e-7)


def test_no_local_maximum_is_the_largest_value_on_the_half_line():
    D = diffusion(4, 0)
    assert D(1.16) > D(float(DiffusionPeak(4, singular_value=1, label_deviation=0).place)) > D(1.14)


def test_without_label_noise_the_peak_is_a_rational_part_of_the_teacher():
    assert sp.cancel(DiffusionPeak(L, label_deviation=0).place - 2 * (L - 1) * s / (3 * L - 2)) == 0
    assert DiffusionPeak(L, label_deviation=0).place_of_minimum == s


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_gradient_flow_passes_the_peak_before_it_has_learned_the_mode(depth):
    for part in ("0", "1/2", "99/100"):
        share = sp.sqrt(sp.Rational(part) * DiffusionPeak(depth).local_threshold)
        peak = DiffusionPeak(depth, singular_value=1, label_deviation=share)
        assert float(peak.lead_time(sp.Rational(19, 20))) > float(peak.lead_time(sp.Rational(5, 6))) > 0


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: DiffusionPeak(1), UnsupportedFormError, "depth must be above 1"),
        (lambda: DiffusionPeak(sp.Symbol("n")), SymbolError, "depth must be at least 1"),
        (lambda: DiffusionPeak(2, singular_value=sp.Symbol("s")), SymbolError, "singular_value must be positive"),
        (lambda: DiffusionPeak(2, label_deviation=-1), SymbolError, "label_deviation must be at least 0"),
        (lambda: DiffusionPeak(L).global_threshold, UnsupportedFormError, "depth must be a number"),
        (lambda: DiffusionPeak(2).lead_time(1), ShapeError, "fraction must lie strictly"),
        (lambda: global_threshold(sp.sqrt(2)), UnsupportedFormError, "power must be a rational number up to 4"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
