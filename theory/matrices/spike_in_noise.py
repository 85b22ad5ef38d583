r"""A matrix of low rank plus noise: singular values and vectors in the limit of large dimensions.

The noise is :math:`m \times n` with independent entries of variance :math:`1/n`, :math:`\mathcal A = m/n`; the signal
has finite rank and singular values :math:`\bar s`. Everything follows from two equations for the noise alone. With
:math:`g_L(z) = z\,m^{-1}\mathrm{tr}\,(z^2 - NN^\top)^{-1}` on the left space and :math:`g_R` on the right one, Dyson's
equations are

.. math::
    g_L\,(z - g_R) = 1, \qquad g_R\,(z - \mathcal A\,g_L) = 1 .

So the D-transform :math:`D = g_Lg_R` gives :math:`z\,g_L = 1 + D`, :math:`z\,g_R = 1 + \mathcal AD`, and with
:math:`\lambda = z^2`

.. math::
    \lambda = \frac{(1+D)(1+\mathcal AD)}D .

* Where :math:`D` is complex, :math:`\lambda` is in the bulk (:func:`singular_value_density`); its upper edge is the
  minimum of :math:`\lambda` over :math:`D > 0` (:func:`bulk_edges`).
* A signal makes an outlier where :math:`D = 1/\bar s^2` (:func:`outlier`), if that lies beyond the edge
  (:func:`critical_signal`).
* Its singular vectors keep :math:`-2g_{L,R}/(\bar s^2\,dD/dz)` of the signal's (:func:`left_overlap`,
  :func:`right_overlap`). At the edge :math:`dD/dz` is infinite, and below it nothing is kept.

References:
    Benaych-Georges, Nadakuditi, "The singular values and vectors of low rank perturbations of large rectangular random
    matrices", J. Multivariate Analysis 111 (2012), theorems 2.8 to 2.10.
"""

from __future__ import annotations

import sympy as sp

from theory.notation import s_tilde

aspect = sp.Symbol("A", positive=True)
r"""Aspect ratio :math:`\mathcal A = m/n`, rows over columns."""

s_bar = sp.Symbol("sbar", positive=True)
r"""Singular value :math:`\bar s` of the signal, where the noise has entries of variance 1/n."""

phi = sp.Symbol("phi", positive=True)
r"""Angle in the bulk, :math:`\lambda = 1 + \mathcal A + 2\sqrt{\mathcal A}\cos\phi`, :math:`0 < \phi < \pi`."""

D = sp.Symbol("D", positive=True)
"""Value of the D-transform."""


def squared_singular_value() -> sp.Expr:
    r"""The inverse of the D-transform, :math:`\lambda = (1+D)(1+\mathcal AD)/D`, outside the bulk."""
    return (1 + D) * (1 + aspect * D) / D


def edge_value() -> sp.Expr:
    r"""The D-transform at the upper edge, :math:`1/\sqrt{\mathcal A}`: there :math:`\lambda` is smallest."""
    slope = sp.numer(sp.together(sp.diff(squared_singular_value(), D)))
    return next(root for root in sp.roots(slope, D) if root.is_positive)


def critical_signal() -> sp.Expr:
    r"""The signal :math:`\mathcal A^{1/4}` above which there is an outlier: :math:`1/\bar s^2 = D` at the edge.

    Example:
        >>> critical_signal()
        A**(1/4)
    """
    return sp.sqrt(1 / edge_value())


def outlier() -> sp.Expr:
    r"""The singular value of signal and noise, :math:`\tilde s^2 = (1 + \bar s^2)(\mathcal A + \bar s^2)/\bar s^2`.

    For :math:`\bar s > \mathcal A^{1/4}`; a smaller signal leaves the largest singular value at the edge of the bulk.
    """
    return sp.sqrt(sp.factor(squared_singular_value().subs(D, 1 / s_bar**2)))


def bulk_edges() -> tuple[sp.Expr, sp.Expr]:
    r"""The edges :math:`|1 - \sqrt{\mathcal A}|` and :math:`1 + \sqrt{\mathcal A}` of the singular values of the noise.

    They are the stationary values of :math:`\lambda`, at :math:`D = \mp1/\sqrt{\mathcal A}`.
    """
    r = sp.sqrt(aspect)
    lower, upper = (sp.expand(squared_singular_value().subs(D, side * edge_value())) for side in (-1, 1))
    # lambda at the edges is (1 -+ r)**2; the residual is a polynomial in r, so expanding decides it.
    assert sp.expand(lower - (1 - r) ** 2) == 0 and sp.expand(upper - (1 + r) ** 2) == 0
    return sp.Abs(1 - r), 1 + r


def singular_value_density() -> sp.Expr:
    r"""The Marchenko-Pastur density of the singular values, each of the m dimensions of the left space counting one.

    .. math::
        p(\tilde s) = \frac{2\,\mathrm{Im}D}{\pi\tilde s}
            = \frac{\sqrt{4\mathcal A - (\tilde s^2 - 1 - \mathcal A)^2}}{\pi\mathcal A\,\tilde s}

    between the edges, since :math:`z\,g_L = 1 + D` and :math:`p(\lambda) = -\mathrm{Im}\,g_L/(\pi z)`. Its mass is
    :func:`bulk_mass`; for :math:`\mathcal A > 1` the other :math:`m - n` dimensions have the singular value 0.
    """
    quadratic = sp.Poly(sp.expand(D * (squared_singular_value() - s_tilde**2)), D)
    a, b, c = quadratic.all_coeffs()
    imaginary_part = sp.sqrt(4 * a * c - b**2) / (2 * a)
    return 2 * imaginary_part / (sp.pi * s_tilde)


def density_of_angle() -> sp.Expr:
    r"""The same law in :math:`\phi`: :math:`D = e^{i\phi}/\sqrt{\mathcal A}`, so the density is rational in the cosine.

    .. math::
        p(\phi) = \frac{2\sin^2\phi}{\pi(1 + \mathcal A + 2\sqrt{\mathcal A}\cos\phi)}
    """
    return 2 * sp.sin(phi) ** 2 / (sp.pi * (1 + aspect + 2 * sp.sqrt(aspect) * sp.cos(phi)))


def primitive_of_angle() -> sp.Expr:
    r"""A primitive of :func:`density_of_angle` that vanishes at 0: the mass above :math:`\lambda(\phi)`.

    .. math::
        F(\phi) = \frac1{\pi\mathcal A}\Big[\frac{(1+\mathcal A)\,\phi}2 - \sqrt{\mathcal A}\sin\phi - |1-\mathcal A|
            \arctan\Big(\frac{|1-\sqrt{\mathcal A}|}{1+\sqrt{\mathcal A}}\tan\frac\phi2\Big)\Big]

    Its derivative is the certificate: ``F' - p`` is zero for :math:`0 < \phi < \pi`.
    """
    r = sp.sqrt(aspect)
    half_turn = sp.atan(sp.Abs(1 - r) / (1 + r) * sp.tan(phi / 2))
    return ((1 + aspect) * phi / 2 - r * sp.sin(phi) - sp.Abs(1 - aspect) * half_turn) / (sp.pi * aspect)


def bulk_mass() -> sp.Expr:
    r"""The mass of the bulk, :math:`F(\pi^-) = (1 + \mathcal A - |1 - \mathcal A|)/2\mathcal A`: min(1, 1/A)."""
    # At phi = pi the tangent is infinite and the arc tangent pi/2; for A = 1 its factor is 0.
    return (1 + aspect - sp.Abs(1 - aspect)) / (2 * aspect)


def left_overlap() -> sp.Expr:
    r"""The squared overlap of the left singular vectors of signal and sum.

    .. math::
        1 - \frac{\mathcal A(1+\bar s^2)}{\bar s^2(\mathcal A+\bar s^2)}

    For :math:`\bar s > \mathcal A^{1/4}`; 0 for a smaller signal.

    Example:
        >>> left_overlap().subs({aspect: 2, s_bar: 2})
        7/12
    """
    return _overlap(1 + D)


def right_overlap() -> sp.Expr:
    r"""The squared overlap of the right singular vectors of signal and sum.

    .. math::
        1 - \frac{\mathcal A+\bar s^2}{\bar s^2(1+\bar s^2)}

    For :math:`\bar s > \mathcal A^{1/4}`; 0 for a smaller signal.
    """
    return _overlap(1 + aspect * D)


def _overlap(z_times_g: sp.Expr) -> sp.Expr:
    r"""The overlap :math:`-2g/(\bar s^2\,dD/dz)` at :math:`D = 1/\bar s^2`, given :math:`zg` in terms of D."""
    level = squared_singular_value()
    slope = 1 / sp.diff(level, D)  # dD/dlambda; dD/dz = 2 z dD/dlambda, so g/z = (z g)/lambda remains
    return sp.factor((-z_times_g / level / slope).subs(D, 1 / s_bar**2) / s_bar**2)
