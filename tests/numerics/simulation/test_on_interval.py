"""A simulation on an interval is one of the process whose law the theory gives for the same interval."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from numerics import simulate
from numerics.errors import ArgumentError
from numerics.schemes import (
    Absorbing,
    BoundedNoise,
    EulerMaruyama,
    QuadraticExponential,
    Reflecting,
    ReflectingAndAbsorbing,
    SchemeError,
)
from numerics.simulation.accumulators import Supremum, Survival
from numerics.simulation.log_coordinates import log_distance
from numerics.simulation.on_interval import scheme_on_interval
from theory import Interval, ItoProcess, change_of_variables, hitting_probability, stationary_density

x = sp.Symbol("x", real=True)
k = sp.Symbol("k", positive=True)
RUN = {"step": 0.01, "until": 4.0, "n_paths": 1000, "seed": 5}


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("drift", "dispersion", "interval"),
    [
        (-x, 1, Interval(-1, 2)),
        (sp.Rational(1, 10) - x, sp.sqrt(x), Interval(0, sp.oo)),
        (2 * x - x**3, x, Interval(0, sp.oo)),
        (-1 - x, 1, Interval(-sp.oo, 0)),
        (1 - x, sp.sqrt(x), Interval(0, 1)),
    ],
)
def test_the_mean_is_that_of_the_law_on_the_same_interval(drift, dispersion, interval):
    process = ItoProcess.scalar(x, drift=drift, dispersion=dispersion)
    start = [-0.5 if interval.right == 0 else 0.5]
    run = simulate(process, initial=start, interval=interval, observables={"mean": x}, **RUN)
    assert run.estimate("mean").agrees_with(float(stationary_density(process, interval).at({}).mean), false_alarm=1e-4)


def test_two_absorbing_ends_are_reached_with_the_probabilities_of_theory():
    process, interval = ItoProcess.scalar(x, drift=-x / 2, dispersion=1), Interval(0, 2)
    run = simulate(
        process,
        initial=[1.0],
        interval=interval,
        regular_ends="absorbing",
        observables={"up": sp.Piecewise((1, x >= 2), (0, True))},
        **{**RUN, "until": 30.0},
    )
    expected = float(hitting_probability(process, 1, 0, 2).evalf())
    assert run.estimate("up").agrees_with(expected, false_alarm=1e-4)


@pytest.mark.parametrize(
    ("drift", "dispersion", "interval", "ends", "scheme"),
    [
        (-x, 1, Interval(-1, 2), "absorbing", Absorbing),
        (1 - x, x, Interval(0, sp.oo), "absorbing", Reflecting),  # entrance: never reached
        (sp.S.Zero, sp.sqrt(x), Interval(0, 2), "reflecting", ReflectingAndAbsorbing),  # 0 is an exit
        (sp.S.Half - x, sp.sqrt(x * (1 - x)), Interval(0, 1), "reflecting", BoundedNoise),
        (-x, 1, Interval(-sp.oo, sp.oo), "reflecting", EulerMaruyama),
    ],
)
def test_each_end_does_what_its_class_says(drift, dispersion, interval, ends, scheme):
    process = ItoProcess.scalar(x, drift=drift, dispersion=dispersion)
    assert type(scheme_on_interval(process, interval, ends, {})) is scheme


def test_the_class_of_an_end_is_that_at_the_parameters():
    w = sp.Symbol("w", positive=True)
    cir = ItoProcess.scalar(w, drift=k - w, dispersion=sp.sqrt(w))
    half_line = Interval(0, sp.oo)
    assert isinstance(scheme_on_interval(cir, half_line, "absorbing", {k: 1.0}), QuadraticExponential)
    assert isinstance(scheme_on_interval(cir, half_line, "absorbing", {k: 0.25}), Absorbing)
    with pytest.raises(SchemeError, match="different classes"):
        scheme_on_interval(cir, half_line, "absorbing", {})


def test_an_absorbed_path_is_not_counted_as_positive():
    run = simulate(
        ItoProcess.scalar(x, drift=0, dispersion=1),
        initial=[0.5],
        interval=Interval(0, sp.oo),
        regular_ends="absorbing",
        observables={"alive": sp.Piecewise((1, x > 0), (0, True))},
        **{**RUN, "until": 1.0},
    )
    assert run.estimate("alive").agrees_with(math.erf(0.5 / math.sqrt(2)), false_alarm=1e-6)


BESSEL = ItoProcess.scalar(x, drift=1 / x - x, dispersion=1)


@pytest.mark.slow  # by day: the mean of a process with the noise of a square root on the same half-line
def test_the_square_of_a_process_with_a_pole_can_be_simulated_as_advised():
    bessel, half_line = BESSEL, Interval(0, sp.oo)
    y = sp.Symbol("y", positive=True)
    square = change_of_variables(bessel, y, x**2, sp.sqrt(y), interval=half_line)
    run = simulate(square, initial=[1.0], interval=half_line, observables={"mean": y}, **RUN)
    assert run.estimate("mean").agrees_with(float(stationary_density(bessel, half_line).moment(2)), false_alarm=1e-4)


@pytest.mark.parametrize(
    ("drift", "start", "interval", "observable", "expected"),
    [
        (1 / x - x, 1.0, Interval(0, sp.oo), x**2, 1.5),  # Maxwell's speeds
        pytest.param(-sp.tan(x), 0.5, None, sp.sin(x) ** 2, 0.25, marks=pytest.mark.slow),  # p = cos(x)^2
    ],
    ids=["Bessel", "between two poles"],
)
def test_a_pole_that_repels_is_never_reached(drift, start, interval, observable, expected):
    process = ItoProcess.scalar(x, drift=drift, dispersion=1)
    run = simulate(process, initial=[start], interval=interval, observables={"o": observable}, **RUN)
    assert run.estimate("o").agrees_with(expected, false_alarm=1e-4)
    assert run.blow_ups == 0


def test_a_pole_under_noise_that_is_not_constant_is_refused_with_what_to_do():
    process = ItoProcess.scalar(x, drift=1 / x - x, dispersion=1 + x)
    with pytest.raises(SchemeError, match="the drift -x \\+ 1/x is infinite at the end 0.*change_of_variables"):
        simulate(process, initial=[1.0], interval=Interval(0, sp.oo), **RUN)


def test_an_interval_beside_a_scheme_is_refused():
    process = ItoProcess.scalar(x, drift=-x, dispersion=1)
    with pytest.raises(ArgumentError, match="instead of interval"):
        simulate(process, initial=[0.0], interval=Interval(-1, 1), scheme=EulerMaruyama(), **RUN)


def indicator(condition):
    return sp.Piecewise((1, condition), (0, True))


v = sp.Symbol("v", real=True)


@pytest.mark.parametrize(
    ("start", "until", "ends", "accumulator", "observable", "expected"),
    [
        # The largest |B| until time 1 stays below 1: its theta series.
        (0.0, 1.0, "reflecting", Supremum(x), indicator(v < 1), 0.3707774298),
        # Ruin: from 1/2 the level 1 comes before 0 as often as not. An absorbed path rises no more.
        (0.5, 15.0, "absorbing", Supremum(x), indicator(v >= 1), 0.5),
        (0.5, 1.0, "absorbing", Survival(x, sp.S.Zero), v, 0.3829249225),
    ],
)
def test_what_is_carried_along_knows_of_the_ends(start, until, ends, accumulator, observable, expected):
    walk = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One)
    run = simulate(
        walk,
        initial=[start],
        interval=Interval(0, sp.oo),
        regular_ends=ends,
        accumulators={v: accumulator},
        observables={"o": observable},
        **{**RUN, "until": until, "n_paths": 4000},
    )
    assert run.estimate("o").agrees_with(expected, false_alarm=1e-4)


def test_logarithmic_coordinates_reflect_at_the_right_end():
    growing = ItoProcess.scalar(x, drift=x, dispersion=x)
    run = simulate(
        growing,
        initial=[0.5],
        interval=Interval(0, 1),
        coordinates="log",
        observables={"o": log_distance},
        **{**RUN, "until": 12.0},
    )
    # y = log x has drift 1/2 upwards and is sent back at 0: -y is exponential with mean 1.
    assert run.estimate("o").agrees_with(-1, false_alarm=1e-4)


def test_logarithmic_coordinates_need_an_interval_that_begins_at_the_invariant_point():
    with pytest.raises(ArgumentError, match="begins at the invariant point 0, got -1"):
        simulate(
            ItoProcess.scalar(x, drift=x, dispersion=x),
            initial=[0.5],
            interval=Interval(-1, 1),
            coordinates="log",
            **RUN,
        )
