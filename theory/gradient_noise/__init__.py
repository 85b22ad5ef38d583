r"""The noise of mini-batch gradients, exactly.

* ``sampling``: a finite sum of losses; mean and covariance of one step, batch by batch and in closed form.
* ``flow``: the stochastic gradient flow with the same first two moments.
"""

from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.sampling import FiniteSum, Sampling, enumerated_step, step_moments

__all__ = ["FiniteSum", "Sampling", "enumerated_step", "step_moments", "stochastic_gradient_flow"]
