"""A density in pieces must fit where its pieces meet, at irrational places too, or it is no stationary law."""

import pytest
import sympy as sp

from theory.ito import ItoProcess
from verification.checks.seams import seam_finding
from verification.checks.symbolic import judge
from verification.forms import StationaryDensity
from verification.verdict import Outcome

x, y = sp.symbols("x y", real=True)
PULLED = ItoProcess.scalar(x, drift=-x, dispersion=sp.sqrt(2))
GAUSS = sp.exp(-(x**2) / 2)


def seen(process, density, domain=()):
    return seam_finding(process, density, domain).outcome


def twice_where(condition):
    return GAUSS * sp.Piecewise((2, condition), (1, True))


@pytest.mark.parametrize(
    "jumping",
    [
        twice_where(x**2 > 2),
        twice_where((x**2 - 2) ** 3 > 0),
        twice_where(1 / (x**2 - 2) > 0),
        twice_where(x > sp.E),
        twice_where(x**2 > 2 * 10**200),
        GAUSS * sp.Piecewise((1 + sp.Rational(1, 10**15), x**2 > 2), (1, True)),
    ],
    ids=["root", "triple root", "pole", "e", "far out", "small"],
)
def test_a_jump_at_an_irrational_place_refutes(jumping):
    assert seen(PULLED, jumping) is Outcome.REFUTED


def test_a_law_that_fits_at_irrational_places_is_supported():
    held = ItoProcess.scalar(x, drift=-sp.Piecewise((x, x**2 > 2), (0, True)), dispersion=sp.sqrt(2))
    assert seen(held, sp.exp(-sp.Max(x**2, 2) / 2)).supports
    assert seen(held, sp.exp(-sp.Max(x**2, 3) / 2)) is Outcome.REFUTED  # only its current jumps


def test_a_seam_on_the_border_of_the_domain_or_beyond_refutes_nothing():
    cut_off = sp.Piecewise((GAUSS, x**2 < 2), (0, True))
    assert seen(PULLED, cut_off, (x**2 < 2,)).supports
    assert seen(PULLED, cut_off, (x**2 < 3,)) is Outcome.REFUTED


def test_seams_that_points_may_not_meet_are_named():
    narrow = sp.exp(-(10**8) * (x - sp.Rational(1, 3)) ** 2)
    laplace = ItoProcess.scalar(x, drift=-sp.sign(x), dispersion=1)
    found = seam_finding(laplace, sp.exp(-2 * sp.Abs(x)) * sp.Piecewise((2, narrow > sp.S.Half), (1, True)), ())
    assert found.outcome is Outcome.UNDECIDED
    assert "do not tell this of all places" in found.reason


def stationary(drift):
    process = ItoProcess([x, y], drift, sp.sqrt(2) * sp.eye(2))
    return judge(StationaryDensity(lambda: process, normalisable=False), sp.exp(-(x**2 + y**2) / 2), ()).outcome


def test_a_current_may_run_along_a_seam_and_not_out_of_it():
    outside = sp.Heaviside(x**2 + y**2 - 2) * sp.exp((x**2 + y**2) / 2)
    assert stationary([-x - y * outside, -y + x * outside]).supports
    spring = outside / (x**2 + y**2)
    assert stationary([-x + x * spring, -y + y * spring]) is Outcome.REFUTED
