"""A simulation keeps the domain of its process, or says why it could not."""

import numpy as np
import pytest
import sympy as sp

from numerics.errors import DivergenceError
from numerics.schemes import EulerMaruyama, ExactGeometricBrownian, QuadraticExponential
from numerics.simulation.domain import borders, kept
from numerics.simulation.one_step import SchemeStep
from numerics.simulation.options import Options
from numerics.simulation.plan import simulation_plan
from numerics.simulation.simulate import simulate
from tests.numerics.seeding import seed_of
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.parameters import parameter

x = sp.Symbol("x", positive=True)
r, u, v = sp.symbols("r u v", real=True)
CIR = ItoProcess.scalar(x, drift=sp.Rational(1, 10) - x, dispersion=sp.sqrt(x))
RUN = {"step": 0.01, "until": 2.0, "n_paths": 500, "seed": seed_of("domain")}


@pytest.mark.every(7)
@pytest.mark.parametrize(
    ("process", "start", "words"),
    [
        (CIR, 0.05, r"sqrt\(x\) in the dispersion is undefined below"),
        (ItoProcess.scalar(x, drift=-1, dispersion=1), 0.5, r"x is declared positive.*Reflecting"),
        (ItoProcess.scalar(r, drift=1 / r, dispersion=1), 0.1, r"one side of r = 0, a pole of the drift 1/r"),
        (ItoProcess.scalar(r, drift=-sp.tan(r), dispersion=2), 1.4, r"between two poles of tan\(r\) in the drift"),
        (ItoProcess.scalar(r, drift=-r, dispersion=sp.sqrt(1 - r**2)), 0.9, r"1 - r\*\*2 >= 0"),
    ],
)
@pytest.mark.parametrize("backend", ["auto", "numpy"])
def test_leaving_the_domain_is_an_error_that_names_coefficient_and_place(process, start, words, backend):
    with pytest.raises(DivergenceError, match=words):
        simulate(process, initial=[start], scheme=EulerMaruyama(), options=Options(backend=backend), **RUN)


def test_the_declared_bounds_of_a_state_are_kept():
    w = parameter("w", above=-1, below=2)
    wide = ItoProcess.scalar(w, drift=-w, dispersion=1)
    with pytest.raises(DivergenceError, match=r"w >= -1 .*; w <= 2 "):
        simulate(wide, initial=[0.5], **RUN)
    run = simulate(wide, initial=[0.5], interval=Interval(-1, 2), **RUN)
    assert -1 <= run.final.min() and run.final.max() <= 2
    assert borders(ItoProcess.scalar(w, drift=(w + 1) * (2 - w), dispersion=(w + 1) * (2 - w))) == ()


def test_without_the_check_the_same_paths_would_go_on_as_another_process():
    real = ItoProcess.scalar(r, drift=-1, dispersion=1)
    assert simulate(real, initial=[0.5], **RUN).final.min() < 0


def test_a_path_that_left_does_not_come_back():
    process = ItoProcess.scalar(x, drift=1, dispersion=1)
    counted = simulate(process, initial=[0.05], options=Options(on_divergence="count"), **RUN)
    assert 0 < counted.blow_ups < 500
    assert counted.final is not None
    assert int(np.isnan(counted.final).sum()) == counted.blow_ups
    assert float(np.nanmin(counted.final)) >= 0


def test_square_root_noise_is_stepped_by_a_scheme_that_keeps_its_end_unless_another_is_asked_for():
    plan = simulation_plan(CIR, initial=[0.05], **RUN)
    assert isinstance(plan.one_step, SchemeStep) and plan.one_step.scheme == QuadraticExponential()


@pytest.mark.slow  # by day: the scheme itself, tests/numerics/schemes/test_ends.py
def test_square_root_noise_never_falls_below_its_end():
    assert simulate(CIR, initial=[0.05], **RUN).final.min() >= 0


def test_nothing_is_added_to_a_step_that_cannot_leave():
    Z, h, q = sp.symbols("Z h q", real=True)
    gbm, cir = ItoProcess.scalar(x, drift=x, dispersion=x), borders(CIR)
    update = ExactGeometricBrownian().step_expressions(gbm, [Z], h, q)
    assert kept(cir, [x], update) == update
    by_euler = EulerMaruyama().step_expressions(gbm, [Z], h, q)
    assert kept(cir, [x], by_euler) != by_euler


def test_an_end_where_the_coefficients_vanish_linearly_is_no_border():
    assert borders(ItoProcess.scalar(x, drift=x - x**3, dispersion=x)) == ()
    assert borders(ItoProcess.scalar(x, drift=x - x**3 + 1, dispersion=x)) != ()
    assert borders(ItoProcess.scalar(x, drift=x * sp.log(x), dispersion=x)) != ()
    assert borders(ItoProcess.scalar(x, drift=1 / x, dispersion=x)) != ()


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "drift",
    [
        -r,
        r - r**3,
        1 / (1 + r**2),
        sp.tanh(r),
        sp.exp(r),
        sp.sin(r) / r,
        sp.Abs(r),
        sp.sqrt(1 + r**2),
        (1 - sp.exp(r)) / r,
    ],
)
def test_a_process_on_the_whole_line_has_no_border(drift):
    assert borders(ItoProcess.scalar(r, drift=drift, dispersion=1)) == ()


def test_particles_that_repel_each_other_may_not_change_places():
    dyson = ItoProcess([u, v], [1 / (u - v), 1 / (v - u)], sp.eye(2))
    assert len(borders(dyson)) == 1 or all(border.pole for border in borders(dyson))
    with pytest.raises(DivergenceError, match="one side of"):
        simulate(dyson, initial=[0.0, 0.1], **RUN)
