r"""Worked models, one file each: a process, its conventions, and the laws that can be written down.

* ``geometric_brownian``: :math:`d\theta = \mu\theta\,dt + \zeta\theta\,dB`, solved.
* ``double_well``: :math:`d\theta = -(\theta^3 - \mu\theta)\,dt + \zeta\theta\,dB`, a quartic loss with noise.
* ``deep_chain``: a deep and narrow network on scalar data, from its loss to the exponents next to its sign sets.
* ``teacher_student``: one singular value of a linear student under structured label noise.
* ``student_mean``: what is known of its mean, beyond the spectral formula of
:mod:`theory.models.teacher_student.stochastic_logistic`.
"""

from theory.models.double_well import DoubleWell
from theory.models.geometric_brownian import GeometricBrownianMotion

__all__ = ["DoubleWell", "GeometricBrownianMotion"]
