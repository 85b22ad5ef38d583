"""The law on a circle and its current: closed forms, numbers and simulation are three ways to one thing."""

from __future__ import annotations

import pytest
import sympy as sp

from numerics import simulate
from theory.errors import UnsupportedFormError
from theory.fokker_planck import probability_current
from theory.ito import ItoProcess
from theory.line.circle import law_on_circle

x, m, q = sp.symbols("x m q", real=True)
c, k, s = sp.symbols("c k s", positive=True)
WAVE = ItoProcess.scalar(x, drift=m + k * sp.cos(c * x) + q * sp.sin(c * x), dispersion=s)
VALUES = {m: 1, k: 2, q: sp.S.Half, c: 3, s: 1}
RATCHET = ItoProcess.scalar(x, drift=sp.S.Half - sp.sin(x) - sp.sin(2 * x) / 3, dispersion=1 + sp.cos(x) / 2)


def test_the_closed_forms_of_one_sine_are_the_numbers():
    law = law_on_circle(WAVE, period=2 * sp.pi / c).at(VALUES)
    assert complex(law.mean_velocity) == pytest.approx(float(law.numbers.mean_velocity.value), rel=1e-12)
    assert complex(law.circular_moment(2)) == pytest.approx(complex(law.numbers.circular_moment(2)), abs=1e-12)
    assert complex(law.circular_moment(2)) != pytest.approx(complex(law.numbers.circular_moment(1)), abs=1e-2)


def test_the_density_carries_the_current_that_the_law_states():
    law = law_on_circle(ItoProcess.scalar(x, drift=m - k * sp.sin(x), dispersion=s))
    current = probability_current(ItoProcess.scalar(x, drift=m - k * sp.sin(x), dispersion=s), law.density)[0]
    assert sp.simplify(sp.expand(current.doit(), deep=True) - (1 - sp.exp(-law.gain)) / 2) == 0


def test_a_law_without_a_tilt_has_no_current_and_is_the_von_mises_law():
    law = law_on_circle(ItoProcess.scalar(x, drift=-k * sp.sin(x), dispersion=s))
    assert law.current == 0
    assert law.circular_moment(1) == sp.besseli(1, 2 * k / s**2) / sp.besseli(0, 2 * k / s**2)


def test_a_high_barrier_costs_no_digits():
    law = law_on_circle(
        ItoProcess.scalar(x, drift=sp.Rational(1, 5) - 3 * sp.sin(x), dispersion=sp.sqrt(sp.Rational(1, 5)))
    )
    assert float(law.numbers.mean_velocity.value) == pytest.approx(float(sp.N(law.mean_velocity)), rel=1e-10)
    assert 0 < float(law.numbers.mean_velocity.value) < 1e-20


def test_the_simulation_goes_round_with_the_mean_velocity_and_has_the_moments():
    law = law_on_circle(RATCHET)
    wanted = {"cos": sp.re(law.circular_moment(1)), "velocity": law.mean_velocity}
    observables = {"cos": sp.cos(x), "velocity": RATCHET.drift[0]}
    run = simulate(RATCHET, initial=[0.0], step=0.01, until=8.0, n_paths=6000, seed=3, observables=observables)
    for name, value in wanted.items():
        assert run.estimate(name).agrees_with(float(value), false_alarm=1e-4)
        assert not run.estimate(name).agrees_with(0, false_alarm=1e-4)


@pytest.mark.parametrize(
    ("drift", "dispersion", "reason"),
    [(x, 1, "period"), (sp.sin(x), sp.sin(x), "vanishes somewhere on the circle"), (sp.sin(x), 0, "no noise")],
)
def test_what_is_no_diffusion_on_the_circle_is_refused(drift, dispersion, reason):
    with pytest.raises(UnsupportedFormError, match=reason):
        law_on_circle(ItoProcess.scalar(x, drift=drift, dispersion=dispersion))


@pytest.mark.parametrize(
    ("drift", "period"),
    [(m - k * sp.sin(2 * sp.pi * x), 1), (m + k * sp.cos(3 * x + 1), 2 * sp.pi), (m - k * sp.sin(x) ** 2, 2 * sp.pi)],
)
def test_a_sine_has_closed_forms_however_often_it_goes_round_and_however_it_is_written(drift, period):
    symbolic = law_on_circle(ItoProcess.scalar(x, drift=drift, dispersion=s), period=period)
    assert not symbolic.mean_velocity.has(sp.Integral)
    law = symbolic.at({m: sp.S.Half, k: 1, s: 1})
    assert float(law.mean_velocity) == pytest.approx(float(law.numbers.mean_velocity.value), rel=1e-12)
    for n in (1, 2, 3):
        assert complex(law.circular_moment(n)) == pytest.approx(complex(law.numbers.circular_moment(n)), abs=1e-12)
