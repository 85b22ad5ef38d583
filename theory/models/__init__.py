r"""Worked models, one file each: a process, its conventions, and the laws that can be written down.

* ``geometric_brownian``: :math:`d\theta = \mu\theta\,dt + \zeta\theta\,dB`, solved.
* ``double_well``: :math:`d\theta = -(\theta^3 - \mu\theta)\,dt + \zeta\theta\,dB`, a quartic loss with noise.
* ``deep_chain``: a deep and narrow network on scalar data, from its loss to the exponents next to its sign sets.
* ``teacher_student``: one singular value of a linear student under structured label noise.
* ``single_neuron``: a single scalar neuron :math:`f(x) = w_2\,\sigma(w_1x)` with :math:`\sigma(0) = 0`, trained with
  label noise.
* ``labelled_data``: inputs and labels, one of each per sample.
* ``two_layer_origin``: a two-layer linear network next to the origin, with one independent noise for every label.
* ``two_layer_balance``: a two-layer linear network at its noise equilibrium, and its sharpness there.
* ``product_of_vectors``: a loss of the product of two vectors: all its charges, and one number that multiplies them.
* ``law_of_balance``: a loss of an outer product: what noise does to the two norms.
* ``chain_of_scalars``: a chain of scalar layers: the diffusion of their product and its law.
* ``collapse_window``: where steps of finite size collapse: two layers next to the origin, a weight that interpolates.
* ``diagonal_network``: a diagonal linear network: what every step does to it, and which solution it finds.
* ``label_noise_drift``: label noise on a manifold of interpolation: the slow drift that flattens.
* ``shrinking_steps``: what a second-order modified equation restores, and what it makes worse.
* ``noisy_linear_regression``: linear regression at a constant learning rate, and where it is stable.
* ``scale_invariant_weights``: the norm of scale-invariant weights under weight decay.
* ``gauge_of_two_layers``: two layers at a given product: least noise, least sharpness, layers around the identity.
* ``neurons_of_one_sign``: the product of two vectors, which descent aligns neuron by neuron.
* ``two_neurons``: two neurons side by side, :math:`f(x) = \sum_{i=1}^2 w_i^{(2)}\tanh(w_i^{(1)}x)`, and the set where
  they are equal.
"""

from theory.models.double_well import DoubleWell
from theory.models.geometric_brownian import GeometricBrownianMotion

__all__ = ["DoubleWell", "GeometricBrownianMotion"]
