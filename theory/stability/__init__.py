"""Does an invariant set attract? Rates at a point, linearisations next to a set, Lyapunov exponents.

* ``attractivity``: is an invariant point attractive? The rate of attractivity of a process on the line.
* ``averaged_flow``: manifolds of minima of any model: the law across them, and the slow flow along them.
* ``homogeneous``: the homogeneous process on the normal space of a set: linear drift, quadratic diffusion.
* ``invariant_subspaces``: invariant subspaces of a linear process with multiplicative noise, and the blocks they
  split it into.
* ``lyapunov``: the top Lyapunov exponent on the normal space of an invariant set: Furstenberg and Khasminskii's
  formula.
* ``parametric_noise``: the oscillator with parametric noise: its exponent by Airy functions.
* ``theorem_4_2``: the sufficient condition of Theorem 4.2 of the stochastic-collapse paper, for any linearisation.
* ``transverse``: from a process and an affine set that it does not leave to the homogeneous process next to it.
"""
