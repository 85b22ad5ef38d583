"""Tests beside the claims. `pytest` also collects every claim itself, as `pyproject.toml` asks it to."""

import sympy as sp
from claims import k, process, s, x

from theory import stationary_density


def test_the_stationary_density_is_gaussian():
    law = stationary_density(process)
    assert sp.simplify(sp.log(law.density) + k * x**2 / s**2).diff(x) == 0
