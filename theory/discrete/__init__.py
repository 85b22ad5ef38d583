r"""Stochastic recursions as they are, without the limit of small steps.

* ``random_map``: exact one-step moments, the diffusion limit, and the growth rate :math:`E\log|M|` of a multiplier.
"""

from theory.discrete.random_map import (
    diffusion_limit,
    finite_growth_rate,
    gaussian_growth_rate,
    growth_rate_expansion,
    one_step_moments,
)

__all__ = [
    "diffusion_limit",
    "finite_growth_rate",
    "gaussian_growth_rate",
    "growth_rate_expansion",
    "one_step_moments",
]
