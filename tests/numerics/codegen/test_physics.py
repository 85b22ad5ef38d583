"""Values of the functions of statistical physics where the form they are written in has none, one point each."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen.compile import compile_program
from tests.numerics.codegen.physics_expressions import ELSEWHERE, PHYSICS, x

POINTS = [
    ("expected improvement", 0, -31.0),
    ("mean of a truncated normal", 2, 31.0),
    ("log of a scaled tail", 0, -31.0),
    ("log of the upper tail", 0, -11.0),
    ("log odds of a normal law by erf", 0, 31.0),
    ("Dawson's function", 0, 31.0),
    ("entropy of a spin", 0, -350.0),
    ("entropy of a level", 0, 98.0),
    ("acos of sech", 0, 7e-9),
    ("angle of a vector", 0, 1e9),
    ("distance of two scales", 0, 1.0000001),
    ("Renyi entropy of a coin", 0, 1e-30),
    ("Hellinger distance of two scales", 0, 0.9999999),
    ("acosh of a mean with the inverse", 0, 1.0000001),
    ("log of a mean decay", 0, -1e4),
    ("log of two unlike exponentials", 2, -11.0),
    ("softmax beside the largest", 1, 31.0),
    ("step of Adam", 1, 0.11),
    ("root beside its modulus", 1, -1e8),
    ("argument over Lambert's function", 0, 705.0),
    ("log of Lambert's function", 0, -1e4),
    ("harmonic number", 0, 1e-12),
    ("harmonic number", 1, 3.0),
    ("Boys function", 1, 1e-12),
    ("Stirling's quotient", 0, 1e4),
    ("Poisson weight", 1, 350.0),
    ("deviation of an Ornstein-Uhlenbeck process", 2, 7e-9),
    pytest.param("constant of Student's law", 2, 705.0, marks=pytest.mark.slow),
]


@pytest.mark.every(3)
@pytest.mark.parametrize(("name", "order", "point"), POINTS)
def test_digits_are_kept(name, order, point):
    expression = sp.diff((PHYSICS | ELSEWHERE)[name][0], x, order).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
    with mpmath.workdps(100 if expression.has(sp.gamma) else 700):
        expected = sp.lambdify(x, expression, "mpmath")(mpmath.mpf(point))
        (value,) = compile_program([expression], [x])(np.array([point]))[0]
        assert abs(mpmath.mpf(value) - expected) < 1e-11 * abs(expected)


@pytest.mark.every(3)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_polygamma_functions_of_negative_numbers_in_torch(n):
    torch = pytest.importorskip("torch")
    points = [-4.3, -0.9, -0.5, -1e-5, 2.5]
    function = compile_program([sp.polygamma(n, x)], [x], backend="torch")
    values = function(torch.tensor(points, dtype=torch.float64))[0].tolist()
    assert values == pytest.approx([float(mpmath.polygamma(n, point)) for point in points], rel=1e-12)
    assert torch.isnan(function(torch.tensor([-2.0], dtype=torch.float64))[0]).all()
