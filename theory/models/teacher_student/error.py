r"""What a noisy mode contributes to the test error of a linear student.

Let :math:`q = \tilde u^\top\bar W\tilde v` be the overlap of a singular pair of the data with the teacher. A student
whose singular vectors are those of the data has, by the definition (34),

.. math::
    \mathcal E_{\rm test} = 1 + \frac{\sum_i(\hat s_i^2 - 2q_i\hat s_i)}{\sum_j\bar s_j^2} .

A mode at its stationary law contributes the mean :func:`stationary_error`, a collapsed one nothing. Noise shrinks the
mean of :math:`\hat s` and adds a variance of :math:`\nu` times this mean: together
:math:`\tilde s^2 - 2q\tilde s + q\nu - \nu^2/4`, so :math:`\nu` helps only beyond :math:`4q` or by collapse.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
    Subnetworks" (2023), section 6 and appendix I.
"""

from __future__ import annotations

import sympy as sp

from theory.decision.cases import where_defined
from theory.line.laws.stationary import stationary_density
from theory.models.teacher_student.modes import singular_value_process
from theory.notation import eta, nu, s, zeta

overlap = sp.Symbol("q", real=True)
r"""The overlap :math:`\tilde u^\top\bar W\tilde v` of the teacher with a singular pair of the data."""


def mode_error(singular_value: sp.Expr = s) -> sp.Expr:
    r"""The contribution :math:`\hat s^2 - 2q\hat s` of a mode, before division by :math:`\sum\bar s^2`."""
    return singular_value**2 - 2 * overlap * singular_value


def stationary_error() -> sp.Expr:
    r"""The mean of :func:`mode_error` in the stationary law, for :math:`\tilde s > \nu/2`.

    Example:
        >>> stationary_error()
        -nu**2/4 + nu*q - 2*q*s_tilde + s_tilde**2
    """
    law = stationary_density(singular_value_process().subs({zeta: sp.sqrt(nu / eta)}))
    error, _ = where_defined(law.moment(2) - 2 * overlap * law.moment(1), ())
    return sp.expand(error)


def slope_at_small_noise() -> sp.Expr:
    r"""The derivative of :func:`stationary_error` in :math:`\nu` at zero: :math:`q`.

    Summed over the modes it is :math:`\mathrm{tr}\,\tilde U^\top\bar W\tilde V`, positive for data that show the
    teacher: a little noise raises the test error.

    Example:
        >>> slope_at_small_noise()
        q
    """
    return sp.diff(stationary_error(), nu).subs(nu, 0)
