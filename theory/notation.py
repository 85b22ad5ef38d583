r"""Symbols and conventions, settled once.

* Itô: :math:`dX = b(X)\,dt + \sigma(X)\,dW`. **dispersion** is :math:`\sigma`, **diffusion** is
  :math:`a = \sigma\sigma^\top`. The stochastic-collapse paper writes :math:`D = a/2`.
* Time is learning rate times steps: :math:`t = \eta k`.
* :math:`\eta` learning rate, :math:`\beta` batch size, :math:`L` loss, :math:`\zeta` noise amplitude,
  :math:`\nu = \eta\zeta^2`.

Symbols that several chapters share are here, with their assumptions; ``sp.Symbol("mu")`` is another symbol, which
silently fails to cancel against :data:`mu`. A symbol of one model or one method stands in its file, where a letter may
mean something else (the shape ``k`` of the stochastic logistic equation). No file of theory or numerics holds two
symbols of one name.
"""

import sympy as sp

t = sp.Symbol("t", nonnegative=True)
"""Time, learning rate times number of steps."""

k = sp.Symbol("k", integer=True, nonnegative=True)
"""Number of a step of a recursion, from 0."""

theta = sp.Symbol("theta", positive=True)
"""A scalar weight on the positive half-line (the sign of a weight with multiplicative noise is conserved)."""

theta_0 = sp.Symbol("theta_0", positive=True)
"""Initial value of :data:`theta`."""

mu = sp.Symbol("mu", real=True)
"""Drift rate of geometric Brownian motion, or curvature parameter of the double well."""

zeta = sp.Symbol("zeta", positive=True)
"""Amplitude of the multiplicative noise (label-noise standard deviation in the teacher-student model)."""

eta = sp.Symbol("eta", positive=True)
"""Learning rate."""

beta = sp.Symbol("beta", positive=True, integer=True)
"""Batch size."""

nu = sp.Symbol("nu", positive=True)
r"""Noise strength :math:`\nu = \eta\zeta^2` of a teacher-student mode."""

s = sp.Symbol("s", positive=True)
r"""Singular value :math:`\hat s` of the student."""

s_0 = sp.Symbol("s_0", positive=True)
r"""Initial singular value :math:`\hat s(0)` of the student."""

s_tilde = sp.Symbol("s_tilde", positive=True)
r"""Singular value :math:`\tilde s` of the data."""
