r"""Stochastic recursions as they are, without the limit of small steps.

* ``recursion``: the next state as expressions in the state, fresh noise and the number of the step.
* ``draws``: indices of random samples, and what stands there, as functions of uniforms.
* ``mean_over_draw``: means and covariances over the noise of one step.
* ``linear_recursion``: linear recursions: stationary mean and covariance, and where they exist.
* ``tail_index``: power tails of affine recursions (Kesten).
* ``random_map``: exact one-step moments, the diffusion limit, and the growth rate :math:`E\log|M|` of a multiplier.
* ``momentum``: the growth rate of steps with momentum, products of random matrices.
* ``growth_rate``: growth rates of linear random maps: Gaussian, finite and sign multipliers, and their expansions.
"""

from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate, growth_rate_expansion
from theory.discrete.linear_recursion import stationary_statistics
from theory.discrete.mean_over_draw import covariance_over_draw, mean_over_draw
from theory.discrete.random_map import diffusion_limit, one_step_moments
from theory.discrete.recursion import Recursion
from theory.discrete.tail_index import absolute_moment

__all__ = [
    "DistinctIndex",
    "Lookup",
    "Recursion",
    "absolute_moment",
    "covariance_over_draw",
    "diffusion_limit",
    "finite_growth_rate",
    "gaussian_growth_rate",
    "growth_rate_expansion",
    "mean_over_draw",
    "one_step_moments",
    "stationary_statistics",
]
