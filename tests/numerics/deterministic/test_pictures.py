"""Laws and processes draw what they say."""

import matplotlib as mpl
import numpy as np
import pytest
import sympy as sp
from matplotlib.figure import Figure

from numerics.errors import ArgumentError, MissingParameterError
from theory import ItoProcess, law_on_circle, stationary_density
from theory.errors import SymbolError

mpl.use("Agg")
x = sp.Symbol("x", positive=True)
y, z = sp.symbols("y z", real=True)
k, s = sp.symbols("k s", positive=True)


def axes():
    return Figure().subplots()


def test_a_law_draws_its_density_between_extreme_quantiles():
    law = stationary_density(ItoProcess.scalar(x, drift=2 * x - k * x**2 - x**3, dispersion=x))
    drawn = law.plot({k: 1}, axes=axes())
    points, heights = drawn.lines[0].get_data()
    at = law.at({k: 1})
    assert heights[200] == pytest.approx(float(at.pdf(points[200])), rel=1e-9)
    mass = np.sum((heights[1:] + heights[:-1]) / 2 * np.diff(points))
    assert mass == pytest.approx(0.998, abs=1e-3)
    assert drawn.get_xlabel() == "$x$"


def test_a_process_on_the_line_draws_drift_and_noise():
    drawn = ItoProcess.scalar(y, drift=-k * y, dispersion=s).portrait({k: 2, s: 3}, axes=axes())
    drift, noise = (line.get_data() for line in drawn.lines[:2])
    assert np.allclose(drift[1], -2 * drift[0])
    assert np.allclose(noise[1], 3)


def test_a_process_in_the_plane_draws_arrows_of_its_drift():
    process = ItoProcess([y, z], [z, -y], [[0, 0], [0, y]])
    drawn = process.portrait(region={y: (0, 1), z: (-1, 1)}, axes=axes())
    arrows = drawn.collections[-1]
    assert np.allclose(arrows.U, arrows.XY[:, 1]) and np.allclose(arrows.V, -arrows.XY[:, 0])


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(MissingParameterError, match="no value for k"):
        ItoProcess.scalar(y, drift=-k * y, dispersion=1).portrait(axes=axes())
    with pytest.raises(ArgumentError, match="region must name coordinates"):
        ItoProcess.scalar(y, drift=-y, dispersion=1).portrait(region={x: (0, 1)}, axes=axes())
    with pytest.raises(ArgumentError, match="one or two coordinates"):
        ItoProcess([x, y, z], [0, 0, 0], sp.eye(3)).portrait(axes=axes())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({k: "big", s: 1}, "the value of k must be a finite real number, got 'big'"),
        ({k: -1, s: 1}, "k is declared positive=True, got the value -1"),
        ({k: sp.nan, s: 1}, "the value of k must be a finite real number, got nan"),
        ({k: 1, s: 1, x: 2}, "values name x, which are no parameters here"),
    ],
    ids=["text", "sign", "nan", "another symbol"],
)
def test_a_value_that_cannot_be_drawn_is_named_with_its_symbol(values, reason):
    with pytest.raises(SymbolError, match=reason):
        ItoProcess.scalar(y, drift=-k * y, dispersion=s).portrait(values, axes=axes())


@pytest.mark.parametrize(
    ("options", "needed"),
    [
        ({"region": (-1, 1)}, r"as \{y: \(-1, 1\)\} does"),
        ({"region": {y: 3}}, "a lower and an upper end, two numbers"),
        ({"region": {y: (0, float("inf"))}}, "both finite"),
        ({"axes": 3}, "as pyplot.subplots"),
    ],
    ids=["no mapping", "one end", "no end", "no axes"],
)
def test_a_wrong_place_to_draw_is_named(options, needed):
    with pytest.raises(ArgumentError, match=needed):
        ItoProcess.scalar(y, drift=-y, dispersion=1).portrait(**options)


def test_a_density_that_grows_without_bound_at_its_end_leaves_the_picture_there():
    p = sp.Symbol("p", positive=True)
    drawn = stationary_density(ItoProcess.scalar(p, drift=sp.Rational(1, 10) - p, dispersion=sp.sqrt(p))).plot(
        axes=axes()
    )
    assert drawn.lines[0].get_ydata().max() > 1e6
    assert drawn.get_ylim()[1] < 50


def test_of_a_heavy_tail_what_lies_near_the_quartiles_is_drawn():
    law = stationary_density(ItoProcess.scalar(y, drift=-y / 20, dispersion=sp.sqrt(1 + y**2)))
    assert 5 < law.plot(axes=axes()).lines[0].get_xdata().max() < 20 < float(law.quantile(0.999))


def test_a_portrait_breaks_at_a_pole():
    drawn = ItoProcess.scalar(y, drift=-sp.tan(y), dispersion=sp.S.One).portrait(axes=axes())
    heights = drawn.lines[0].get_ydata()
    assert np.isnan(heights).any()
    assert np.nanmax(np.abs(heights)) < 100


def test_a_law_on_a_circle_draws_one_turn():
    process = ItoProcess.scalar(y, drift=1 - k * sp.sin(y), dispersion=sp.S.One)
    points, heights = law_on_circle(process).plot({k: 1}, axes=axes()).lines[0].get_data()
    assert np.ptp(points) == pytest.approx(2 * np.pi)
    assert np.sum(heights[1:]) * (points[1] - points[0]) == pytest.approx(1, abs=1e-9)
    assert points[np.argmax(heights)] > 0  # it is carried beyond the stable point of the drift


@pytest.mark.parametrize("noise", [sp.zeros(2, 2), sp.eye(2)], ids=["none", "constant"])
def test_noise_of_one_strength_has_no_shades(noise):
    drawn = ItoProcess([y, z], [0, 0], noise).portrait(axes=axes())
    assert not drawn.collections
    assert drawn.get_title().startswith("$")
