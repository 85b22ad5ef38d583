r"""Families of densities on the line, recognised by their logarithmic derivative.

* ``family``: what every family answers: normalisation, mean, variance, mode, moments, distribution.
* ``normal``: bells on the line and their exponentials: normal, log-normal, Student t.
* ``gamma``: the positive half-line: gamma, generalised gamma, their inverses, and the generalised inverse Gaussian.
* ``half_normal``: a normal law cut off at 0, times a power, in a power of the variable.
* ``beta``: two algebraic ends: beta on a bounded interval, beta prime on a half-line.
* ``confluent``: beta laws tilted by an exponential: Kummer's on an interval, and on the half-line.
* ``hyperbolic``: exponentials of a hyperbola.
* ``logarithms``: logarithms of such variables: logistic, log-gamma.
* ``laplace``: two exponentials that meet in a corner.
* ``von_mises``: the circle.
* ``symmetric``: laws that are even about a point, from the law of the distance to it.
* ``placed``: laws on a half-line that begins anywhere and points either way.
* ``patchwork``: truncated laws, and laws glued at kinks.
"""

from theory.line.families.beta import Beta, BetaPrime
from theory.line.families.confluent import EssentialBeta, KummerBeta, KummerGamma
from theory.line.families.family import MAX_ORDER, Family
from theory.line.families.gamma import (
    Gamma,
    GeneralisedGamma,
    GeneralisedInverseGamma,
    GeneralisedInverseGaussian,
    InverseGamma,
)
from theory.line.families.half_normal import ModifiedHalfNormal
from theory.line.families.hyperbolic import Hyperbolic
from theory.line.families.laplace import Laplace
from theory.line.families.logarithms import LogGamma, Logistic
from theory.line.families.normal import LogNormal, Normal, StudentT
from theory.line.families.patchwork import Patchwork
from theory.line.families.placed import Placed
from theory.line.families.symmetric import Symmetric
from theory.line.families.von_mises import VonMises

__all__ = [
    "MAX_ORDER",
    "Beta",
    "BetaPrime",
    "EssentialBeta",
    "Family",
    "Gamma",
    "GeneralisedGamma",
    "GeneralisedInverseGamma",
    "GeneralisedInverseGaussian",
    "Hyperbolic",
    "InverseGamma",
    "KummerBeta",
    "KummerGamma",
    "Laplace",
    "LogGamma",
    "LogNormal",
    "Logistic",
    "ModifiedHalfNormal",
    "Normal",
    "Patchwork",
    "Placed",
    "StudentT",
    "Symmetric",
    "VonMises",
]
