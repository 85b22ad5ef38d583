"""Time-stepping schemes, one file each; a scheme is data (its orders) and one symbolic step.

========================  ======  =====  =====================================================
scheme                    strong  weak   applies to
========================  ======  =====  =====================================================
EulerMaruyama             1/2     1      every Itô process
Milstein                  1       1      commutative noise (scalar and diagonal noise among it)
ExactGeometricBrownian    exact   exact  coefficients proportional to their own coordinate
ExactOrnsteinUhlenbeck    exact   exact  affine drift with a diagonal matrix, constant dispersion
========================  ======  =====  =====================================================
"""

from numerics.schemes.euler_maruyama import EulerMaruyama
from numerics.schemes.exact_geometric_brownian import ExactGeometricBrownian
from numerics.schemes.exact_ornstein_uhlenbeck import ExactOrnsteinUhlenbeck
from numerics.schemes.milstein import Milstein
from numerics.schemes.scheme import Scheme, SchemeError

__all__ = ["EulerMaruyama", "ExactGeometricBrownian", "ExactOrnsteinUhlenbeck", "Milstein", "Scheme", "SchemeError"]
