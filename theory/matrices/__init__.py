r"""Symbolic matrices: certified exponentials, moduli, and a spike in a random matrix.

* ``exponential``: the exponential :math:`e^{Mt}` of a symbolic matrix, as a certified sum of :math:`C_{\lambda
  k}\,t^k e^{\lambda t}`.
* ``modulus``: the modulus :math:`|M^\top| = (MM^\top)^{1/2}` of a matrix, and why it is Lipschitz in the
  Hilbert-Schmidt norm.
* ``spike_in_noise``: a matrix of low rank plus noise: singular values and vectors in the limit of large dimensions.
"""
