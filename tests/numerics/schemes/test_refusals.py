"""What a scheme is given in the place of its normals."""

import pytest
import sympy as sp

import numerics.schemes as schemes
from numerics.errors import NumericsError
from theory import ItoProcess

x = sp.Symbol("x", real=True)
p = sp.Symbol("p", positive=True)
h, root_h, Z = sp.symbols("h root_h Z", positive=True)
ON_THE_LINE = ItoProcess.scalar(x, drift=-x, dispersion=1)


@pytest.mark.parametrize("normals", [[], [Z] * 7, None, "Z", object(), Z])
@pytest.mark.parametrize(
    "scheme",
    [schemes.EulerMaruyama(), schemes.Milstein(), schemes.ExactOrnsteinUhlenbeck(), schemes.Reflecting(left=0)],
)
def test_a_step_refuses_normals_that_are_not_as_many_as_it_uses(scheme, normals):
    with pytest.raises(NumericsError, match=r"^normals must be a sequence of"):
        scheme.step_expressions(ON_THE_LINE, normals, h, root_h)


def test_a_step_says_how_many_normals_it_uses():
    with pytest.raises(schemes.SchemeError, match=r"a sequence of 2 symbols.*normals_per_step"):
        schemes.QuadraticExponential().step_expressions(
            ItoProcess.scalar(p, drift=1 - p, dispersion=sp.sqrt(p)), [Z], h, root_h
        )
