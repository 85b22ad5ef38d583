"""Time-stepping schemes, one file each; a scheme is data (its orders) and one symbolic step.

========================  ======  =====  =====================================================
scheme                    strong  weak   applies to
========================  ======  =====  =====================================================
EulerMaruyama             1/2     1      every Itô process
Milstein                  1       1      commutative noise (scalar and diagonal noise among it)
ExactGeometricBrownian    exact   exact  coefficients proportional to their own coordinate
ExactOrnsteinUhlenbeck    exact   exact  affine drift with a diagonal matrix, constant dispersion
QuadraticExponential      none    1      square-root noise; exact mean and variance, keeps x >= 0
BoundedNoise              none    1      square-root noise at two ends; exact mean where the drift is linear
PowerNoise                none    1      noise x**p, p > 1/2; by square-root noise of a power of x, keeps x > 0
Reflecting, Absorbing     1/2     1      one coordinate with ends at which something happens
ReflectingAndAbsorbing    1/2     1      one of each
RepellingPoles            1/2     1      one coordinate, constant noise; poles of the drift that push away
========================  ======  =====  =====================================================

* ``bounded_noise``: diffusions between two square-root ends.
* ``drawn_moments``: what the schemes have in common that draw a law with the right moments.
* ``ends``: reflecting and absorbing ends, by the bridge of a step.
* ``euler_maruyama``: the Euler-Maruyama scheme.
* ``exact_geometric_brownian``: exact transition sampling of geometric Brownian motion.
* ``exact_ornstein_uhlenbeck``: exact transition sampling of Ornstein-Uhlenbeck processes.
* ``milstein``: the Milstein scheme for commutative noise.
* ``power_noise``: noise that is a power of the state.
* ``quadratic_exponential``: square-root diffusions by Andersen's scheme.
* ``repelling_poles``: implicit steps beside poles of the drift.
* ``scheme``: what a time-stepping scheme is: orders as data, and one step as expressions.
"""

from numerics.schemes.bounded_noise import BoundedNoise
from numerics.schemes.ends import Absorbing, Reflecting, ReflectingAndAbsorbing
from numerics.schemes.euler_maruyama import EulerMaruyama
from numerics.schemes.exact_geometric_brownian import ExactGeometricBrownian
from numerics.schemes.exact_ornstein_uhlenbeck import ExactOrnsteinUhlenbeck
from numerics.schemes.milstein import Milstein
from numerics.schemes.power_noise import PowerNoise
from numerics.schemes.quadratic_exponential import QuadraticExponential
from numerics.schemes.repelling_poles import RepellingPoles
from numerics.schemes.scheme import Scheme, SchemeError

__all__ = [
    "Absorbing",
    "BoundedNoise",
    "EulerMaruyama",
    "ExactGeometricBrownian",
    "ExactOrnsteinUhlenbeck",
    "Milstein",
    "PowerNoise",
    "QuadraticExponential",
    "Reflecting",
    "ReflectingAndAbsorbing",
    "RepellingPoles",
    "Scheme",
    "SchemeError",
]
