r"""Stochastic recursions as they are, without the limit of small steps.

* ``recursion``: the next state as expressions in the state, fresh noise and the number of the step.
* ``draws``: indices of random samples, and what stands there, as functions of uniforms.
* ``random_map``: exact one-step moments, the diffusion limit, and the growth rate :math:`E\log|M|` of a multiplier.
* ``momentum``: the growth rate of steps with momentum, products of random matrices.
* ``growth_rate``: growth rates of linear random maps: Gaussian, finite and sign multipliers, and their expansions.
"""

from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate, growth_rate_expansion
from theory.discrete.random_map import diffusion_limit, one_step_moments
from theory.discrete.recursion import Recursion

__all__ = [
    "DistinctIndex",
    "Lookup",
    "Recursion",
    "diffusion_limit",
    "finite_growth_rate",
    "gaussian_growth_rate",
    "growth_rate_expansion",
    "one_step_moments",
]
