r"""Symbolic matrices: Gaussian words, exponentials, triangular systems, Lyapunov equations, moduli, spikes in noise.

* ``contractions``: Isserlis' theorem on words of matrices in which Gaussian vectors stand.
* ``kronecker``: vec, Kronecker products and the commutation matrix over declared shapes, and the values of expressions.
* ``words``: words of matrices and Gaussian columns, with traces and outer products, and their means.
* ``nodes``: the same means in exact numbers, summed over rational nodes.
* ``exponential``: the exponential :math:`e^{Mt}` of a symbolic matrix, as a certified sum of :math:`C_{\lambda
  k}\,t^k e^{\lambda t}`.
* ``triangular``: linear systems whose matrix is triangular in some order, by back substitution.
* ``lyapunov``: equations for covariance matrices, solved for their symmetric unknowns, and Hurwitz's condition.
* ``modulus``: the modulus :math:`|M^\top| = (MM^\top)^{1/2}` of a matrix, and why it is Lipschitz in the
  Hilbert-Schmidt norm.
* ``spike_in_noise``: a matrix of low rank plus noise: singular values and vectors in the limit of large dimensions.
"""
