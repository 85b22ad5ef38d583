r"""The oscillator with parametric noise: its exponent by Airy functions.

Two normal directions whose noise is one nilpotent matrix, :math:`dy = Ay\,dt + \sqrt c\,(d \times y)\,d\,dW`, are an
oscillator whose stiffness is white noise: with the position :math:`x = d \times y`,

.. math:: \ddot x = \operatorname{tr}A\,\dot x - \det A\,x + \sqrt c\,\beta\,x\,\dot W, \qquad \beta = d \times Ad .

The noise acts on a direction that it does not move, so it reads the same in the Itô and the Stratonovich sense. With
:math:`D = c\beta^2/2` and :math:`u = (\tfrac14(\operatorname{tr}A)^2 - \det A)/D^{2/3}`,

.. math:: \lambda = \tfrac12\operatorname{tr}A + D^{1/3}\,\frac{\mathrm{Ai}\,\mathrm{Ai}' + \mathrm{Bi}\,\mathrm{Bi}'}
                                                             {\mathrm{Ai}^2 + \mathrm{Bi}^2}(u) .

References:
    Halperin, *Phys. Rev.* 139 (1965) A104; Ariaratnam and Xie, *Probab. Eng. Mech.* 5 (1990) 151; Imkeller and Lederer,
    *Dynam. Stability Systems* 14 (1999) 385.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import one_of, takes
from theory.decision.conditions.inequalities import positive
from theory.stability.homogeneous import TransverseLinearisation


@takes(linearisation=one_of(TransverseLinearisation, needed="a TransverseLinearisation"))
def airy_exponent(linearisation: TransverseLinearisation) -> sp.Expr | None:
    """The exponent of an oscillator with parametric noise; None for other processes.

    Example:
        >>> from theory.ito import ItoProcess
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x, v = sp.symbols("x v", real=True)
        >>> free = transverse_linearisation(ItoProcess([x, v], [v, 0], sp.Matrix([0, x])))
        >>> round(float(airy_exponent(free)), 6)  # Halperin's constant
        0.289308
    """
    if linearisation.dimension != 2:
        return None
    found = _nilpotent(linearisation)
    if found is None:
        return None
    strength, d = found
    A = linearisation.drift_matrix
    beta = sp.expand(_cross(d, A * d))
    D = sp.factor(strength * beta**2 / 2)
    if positive(D) != sp.true:
        return None  # no noise, or a direction that is not left: other routes
    u = sp.factor(A.trace() ** 2 / 4 - A.det()) / D ** sp.Rational(2, 3)
    above = sp.airyai(u) * sp.airyaiprime(u) + sp.airybi(u) * sp.airybiprime(u)
    below = sp.airyai(u) ** 2 + sp.airybi(u) ** 2
    return A.trace() / 2 + D ** sp.Rational(1, 3) * above / below


def _nilpotent(linearisation: TransverseLinearisation) -> tuple[sp.Expr, sp.Matrix] | None:
    r"""``(c, d)`` where the diffusion is :math:`c\,(d \times n)^2\,dd^\top`, else None."""
    n, a = linearisation.direction, linearisation.diffusion
    d = sp.Matrix([1, 0])
    if a[1, 1] != 0:
        ratio = sp.cancel(a[0, 1] / a[1, 1])
        if ratio.free_symbols & set(n):
            return None
        d = sp.Matrix([ratio, 1])
    elif a[0, 0] == 0:
        return None
    square = _cross(d, n) ** 2
    strength = sp.cancel(a[0, 0] / square) if a[1, 1] == 0 else sp.cancel(a[1, 1] / square)
    if strength.free_symbols & set(n):
        return None
    rest = (a - strength * square * d * d.T).applyfunc(sp.expand)
    return (strength, d) if rest.is_zero_matrix else None


def _cross(one: sp.MatrixBase, other: sp.MatrixBase) -> sp.Expr:
    return one[0] * other[1] - one[1] * other[0]
