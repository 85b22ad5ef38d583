"""Records of formulas refuse what is none when they are made, and not in the middle of a computation."""

import math
from typing import Any

import pytest
import sympy as sp

from numerics.deterministic.law_on_circle import LawOnCircle
from numerics.deterministic.orbit_minimum import orbit_minimum
from numerics.errors import ArgumentError
from theory.symmetry.orbit_potential import OrbitPotential

x = sp.Symbol("x", real=True)
FIELDS: dict[str, Any] = {"drift": 1 + sp.sin(x), "diffusion": sp.S(2), "variable": x, "period": 2 * sp.pi}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("wrong", [math.nan, sp.nan, "2", (math.nan, 1)], ids=repr)
def test_a_law_on_a_circle_refuses_what_is_no_formula(name, wrong):
    with pytest.raises(ArgumentError, match=f"{name} must be"):
        LawOnCircle(**FIELDS | {name: wrong})


@pytest.mark.parametrize("wrong", [1, x, [1.0], {"x": 1.0}, {x: math.nan}], ids=repr)
def test_the_minimum_of_a_potential_takes_a_mapping_of_numbers(wrong):
    potential = OrbitPotential({(2,): 8, (-2,): x**2 + 1})
    with pytest.raises(ArgumentError, match="parameters must be a mapping"):
        orbit_minimum(potential, wrong)
