"""Itô's formula at kinks: the local time is there where the slope jumps, and only there."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from theory.coordinates import change_of_variables
from theory.errors import ShapeError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, ito_differential
from theory.local_time import forms_beside, slope_jumps
from theory.notation import t

x, y, c = sp.symbols("x y c", real=True)
p = sp.Symbol("p", positive=True)
BROWNIAN = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One)
PLANE = ItoProcess([x, y], [0, 0], sp.eye(2))
DELTA = sp.DiracDelta


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("f", "local_time"),
    [
        (sp.Max(x, 0), DELTA(x) / 2),
        (sp.Piecewise((x, x > 0), (0, True)), DELTA(x) / 2),
        (sp.Piecewise((0, x <= 0), (x, True)), DELTA(x) / 2),
        (x * sp.Heaviside(x), DELTA(x) / 2),
        (sp.Abs(x - c), DELTA(x - c)),
        (x * sp.sign(x), DELTA(x)),
        (sp.Min(x, 1, -x), -DELTA(x)),
        (sp.Abs(sp.Abs(x) - 1), DELTA(x - 1) + DELTA(x + 1) - DELTA(x)),
        (sp.Abs(x**2 - 2), sp.sign(x**2 - 2) + 2 * sp.sqrt(2) * (DELTA(x - sp.sqrt(2)) + DELTA(x + sp.sqrt(2)))),
    ],
)
def test_every_way_to_write_a_kink_gives_tanakas_local_time(f, local_time):
    assert sp.expand(ito_differential(BROWNIAN, f).drift - local_time) == 0


@pytest.mark.parametrize(
    ("f", "local_time"),
    [
        (sp.Max(x, y), DELTA(x - y)),
        (sp.Piecewise((x, x > y), (y, True)), DELTA(x - y)),
        (sp.Abs(x - t), DELTA(x - t)),
        (sp.Abs(x - 2 * y), 5 * DELTA(x - 2 * y)),
    ],
)
def test_local_time_runs_with_the_variation_of_the_distance_from_the_kink(f, local_time):
    found = ito_differential(PLANE, f).drift
    assert sp.expand(sum(term for term in sp.Add.make_args(found) if term.has(DELTA)) - local_time) == 0


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=3),
    st.integers(-2, 2),
)
@settings(max_examples=examples(15))
def test_the_local_times_are_the_growth_of_the_mean_of_a_broken_line(parts, slope):
    """E|W_t - c| has a closed form, and the mean of the point masses under the normal density is its derivative."""
    f = slope * x + sum(weight * sp.Abs(x - place) for weight, place in parts)
    time = sp.Symbol("s", positive=True)
    density = sp.exp(-(x**2) / (2 * time)) / sp.sqrt(2 * sp.pi * time)
    mean = sum(
        weight
        * (place * sp.erf(place / sp.sqrt(2 * time)) + sp.sqrt(2 * time / sp.pi) * sp.exp(-(place**2) / (2 * time)))
        for weight, place in parts
    )
    rate = sum((kink.rate([x], sp.eye(1)) for kink in slope_jumps(f, [x])), sp.S.Zero)
    by_formula = sum(
        term.coeff(DELTA(x - place)) * density.subs(x, place)
        for term in sp.Add.make_args(sp.expand(rate))
        for place in {place for _, place in parts}
    )
    assert sp.simplify(sp.diff(mean, time) - by_formula) == 0


@pytest.mark.parametrize(
    ("f", "second"),
    [
        (x**2 * sp.sign(x), 2 * sp.sign(x)),
        (sp.Piecewise((x**2, x > 1), (2 * x - 1, True)), sp.Piecewise((2, x > 1), (0, True))),
        (sp.Max(x, 0) ** 2, 2 * sp.Heaviside(x) ** 2),
        (sp.Piecewise((sp.sin(x) / x, sp.Ne(x, 0)), (1, True)), None),
    ],
)
def test_a_continuous_slope_needs_no_local_time(f, second):
    found = ito_differential(BROWNIAN, f).drift
    assert not found.has(DELTA)
    assert second is None or sp.expand(found - second / 2) == 0
    assert generator(BROWNIAN, f) == found


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (sp.sign(x), "continuous"),
        (sp.Heaviside(x), "continuous"),
        (sp.floor(x), "jumps"),
        (sp.Piecewise((x**2, x > 1), (2 * x, True)), "x = 1"),
        (sp.Piecewise((sp.sin(x) / x, sp.Ne(x, 0)), (2, True)), "x = 0"),
        (sp.sqrt(sp.Abs(x)), "finite slope"),
        (sp.Max(c * x, 0), "Declare"),
        (sp.Abs(sp.exp(x) - x), "break points"),
    ],
)
def test_a_jump_an_infinite_slope_and_an_unknown_kink_are_refused(f, words):
    with pytest.raises(UnsupportedFormError, match=words):
        ito_differential(BROWNIAN, f)


def test_no_local_time_at_a_point_where_the_noise_vanishes_at_least_linearly():
    geometric = ItoProcess.scalar(x, drift=x, dispersion=x)
    assert sp.expand(ito_differential(geometric, sp.Abs(x)).drift - x * sp.sign(x)) == 0
    assert generator(geometric, sp.Abs(x)) == x * sp.sign(x)
    slow = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.Abs(x) ** sp.Rational(1, 4))
    with pytest.raises(UnsupportedFormError, match="more slowly than linearly"):
        ito_differential(slow, sp.Abs(x))


def test_a_kink_on_a_jump_of_the_noise_is_refused():
    skew = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.Piecewise((2, x > 0), (1, True)))
    with pytest.raises(UnsupportedFormError, match="from 1 to 4"):
        ito_differential(skew, sp.Abs(x))


def test_a_kink_outside_the_declared_domain_does_not_matter():
    on_half_line = ItoProcess.scalar(p, drift=p, dispersion=p)
    assert not ito_differential(on_half_line, sp.Abs(p + 1) + sp.Piecewise((p, p > -2), (0, True))).drift.has(DELTA)
    assert ito_differential(on_half_line, sp.Abs(p - 1)).drift.has(DELTA)


def test_a_generator_and_a_change_of_variables_refuse_a_kink_and_name_it():
    with pytest.raises(UnsupportedFormError, match=r"jumps by 2 at x = 0.*local time"):
        generator(BROWNIAN, sp.Abs(x))
    bent, unbent = sp.Piecewise((2 * x, x > 0), (x, True)), sp.Piecewise((y / 2, y > 0), (y, True))
    with pytest.raises(UnsupportedFormError, match="jumps by 1 at x = 0|could not be proved equal"):
        change_of_variables(BROWNIAN, y, bent, unbent)


def test_a_point_mass_is_no_observable():
    for call in (lambda: generator(BROWNIAN, DELTA(x)), lambda: ito_differential(BROWNIAN, x + DELTA(x))):
        with pytest.raises(UnsupportedFormError, match="point mass"):
            call()


def test_a_place_is_real():
    with pytest.raises(ShapeError, match="place must be"):
        forms_beside(sp.Abs(x), x, sp.I, "drift")
