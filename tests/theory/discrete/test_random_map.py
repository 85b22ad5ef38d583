"""One step of a stochastic recursion: its moments and its diffusion limit."""

import pytest
import sympy as sp

from theory.discrete import random_map as rm
from theory.discrete.growth_rate import multiplier
from theory.errors import ShapeError, UnsupportedFormError
from theory.notation import eta, mu, nu, zeta


def test_mean_over_noise_refuses_what_is_no_polynomial_and_too_few_moments():
    with pytest.raises(UnsupportedFormError, match="polynomial"):
        rm.mean_over_noise(sp.exp(rm.xi), rm.xi, (1, 0, 1))
    with pytest.raises(ShapeError, match="moments must reach"):
        rm.mean_over_noise(rm.xi**3, rm.xi, (1, 0, 1))


def test_diffusion_limit_of_the_multiplicative_map_is_geometric_brownian_motion():
    theta = sp.Symbol("theta_", positive=True)
    moments = rm.one_step_moments([theta * multiplier()], [theta], noise=rm.xi, moments=(1, 0, 1))
    process = rm.diffusion_limit(moments, [theta], step=eta, fixed={})
    assert sp.expand(process.drift[0] - mu * theta) == 0
    assert sp.expand(process.diffusion[0] - zeta**2 * theta**2) == 0
    with pytest.raises(UnsupportedFormError, match="no limit"):
        rm.diffusion_limit(moments, [theta], step=eta, fixed={zeta: nu / eta})


def test_diffusion_limit_refuses_several_independent_noises():
    with pytest.raises(UnsupportedFormError, match="rank one"):
        rm.rank_one_factor(sp.eye(2))
