"""The scheme that is taken where none is named."""

import numpy as np
import pytest
import sympy as sp

from numerics.errors import ArgumentError
from numerics.simulation.default_scheme import default_scheme
from theory.ito import ItoProcess

x = sp.Symbol("x", real=True)
BESIDE_POLES = ItoProcess.scalar(x, drift=-sp.tan(x), dispersion=1)


@pytest.mark.parametrize("start", [[], np.zeros((0, 1)), [[1.0, 2.0]], [1.0, 2.0], np.zeros((2, 2, 2))])
def test_a_start_without_points_of_the_process_is_refused_by_name(start):
    with pytest.raises(ArgumentError, match=r"start must hold points of 1 coordinates, shape \(\.\.\., 1\)"):
        default_scheme(BESIDE_POLES, start, {})
