"""Points inside at which a coefficient with a modulus is singular: run through, crossed one way, or a trap."""

from __future__ import annotations

import pytest
import scipy.integrate
import sympy as sp

from numerics import simulate
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability

x, m = sp.symbols("x m", real=True)
k, s = sp.symbols("k s", positive=True)
DISTANCE, QUARTER = sp.Abs(x), sp.Rational(1, 4)
QUICK = ItoProcess.scalar(x, drift=sp.S.Half - x, dispersion=DISTANCE**QUARTER)


def test_the_law_through_a_zero_of_the_diffusion_is_that_of_quadrature_and_of_the_simulation():
    law = stationary_density(QUICK).at({})

    def weight(u):  # x = u|u|: without the singularity at 0
        y = u * abs(u)
        exponent = 2 * u - 4 * abs(u) ** 3 / 3  # the primitive of 2(1/2 - y)/sqrt|y|
        return 2 * float(sp.exp(exponent)), y

    total, first = (scipy.integrate.quad(lambda u, n=n: weight(u)[0] * weight(u)[1] ** n, -3, 4)[0] for n in (0, 1))
    assert float(law.mean) == pytest.approx(first / total, abs=1e-9)
    run = simulate(QUICK, initial=[0.3], step=0.01, until=6.0, n_paths=4000, seed=7, observables={"square": x**2})
    assert run.estimate("square").agrees_with(float(law.moment(2)), false_alarm=1e-4)
    no_jump = float(law.moment(2)) + 0.1  # what the run can tell apart
    assert not run.estimate("square").agrees_with(no_jump, false_alarm=1e-4)


def test_an_integrable_pole_of_the_drift_is_run_through():
    law = stationary_density(ItoProcess.scalar(x, drift=-k * sp.sign(x) / DISTANCE ** sp.Rational(1, 3), dispersion=s))
    assert law.density == sp.exp(-3 * k * DISTANCE ** sp.Rational(2, 3) / s**2)
    assert law.normalisable == sp.true


def test_a_square_root_process_on_the_whole_line_ends_on_the_half_line_its_drift_points_to():
    law = stationary_density(ItoProcess.scalar(x, drift=k - x, dispersion=s * sp.sqrt(DISTANCE)))
    assert (law.interval, law.mean) == (Interval(0, sp.oo), k)
    mirrored = stationary_density(ItoProcess.scalar(x, drift=-k - x, dispersion=s * sp.sqrt(DISTANCE)))
    assert (mirrored.interval.ends, sp.simplify(mirrored.mean)) == ((-sp.oo, 0), -k)


def test_a_zero_that_keeps_the_process_takes_all_the_mass():
    law = stationary_density(ItoProcess.scalar(x, drift=-x, dispersion=sp.sqrt(DISTANCE)))
    assert (law.normalisable, law.mode) == (sp.false, 0)
    escaping = stationary_density(ItoProcess.scalar(x, drift=x, dispersion=sp.sqrt(DISTANCE)))
    assert escaping.undecided == sp.true  # it may reach 0, or run away before


@pytest.mark.parametrize(
    ("drift", "dispersion", "reason"),
    [
        (-x + sp.sign(x) / (4 * DISTANCE), 1, "leave to either side with any probability"),
        (-x + sp.sign(x) / DISTANCE, 1, "never comes there"),
        (m - x, sp.sqrt(DISTANCE), "depends on whether m"),
    ],
)
def test_a_point_whose_crossing_is_open_is_named_and_one_side_of_it_has_a_law(drift, dispersion, reason):
    process = ItoProcess.scalar(x, drift=drift, dispersion=dispersion)
    with pytest.raises(UnsupportedFormError, match=reason):
        stationary_density(process)
    assert stationary_density(process, Interval(0, sp.oo)).normalisable != sp.false


def test_passage_on_one_side_of_a_trap_is_what_the_refusal_advises():
    process = ItoProcess.scalar(x, drift=0, dispersion=sp.sqrt(DISTANCE))
    with pytest.raises(UnsupportedFormError, match="stays there"):
        hitting_probability(process, sp.S.Half, -1, 1)
    assert hitting_probability(process, sp.S.Half, 0, 1, Interval(0, sp.oo)) == sp.S.Half
