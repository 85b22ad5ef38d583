r"""Sines and cosines of rational multiples of :math:`\pi`: algebraic numbers, whose relations are decided exactly.

With :math:`\zeta = e^{i\pi/N}` every :math:`\cos(k\pi/N)` is :math:`(\zeta^k + \zeta^{-k})/2`, and a polynomial in
:math:`\zeta` is 0 where the cyclotomic polynomial :math:`\Phi_{2N}` divides it.
"""

from __future__ import annotations

import math

import sympy as sp

from theory.argument_kinds import EXPRESSION, takes

_LARGEST = 240
"""Roots of unity of a higher order than twice this are left alone."""

_PARTS = {
    sp.cos: lambda z, w: (z + w) / 2,
    sp.sin: lambda z, w: (z - w) / (2 * sp.I),
    sp.tan: lambda z, w: (z - w) / (sp.I * (z + w)),
    sp.cot: lambda z, w: sp.I * (z + w) / (z - w),
    sp.sec: lambda z, w: 2 / (z + w),
    sp.csc: lambda z, w: 2 * sp.I / (z - w),
}


@takes(expression=EXPRESSION)
def proof_by_roots_of_unity(expression: sp.Expr) -> str | None:
    """A sentence that states the proof that ``expression`` is 0, or None.

    Example:
        >>> a = sp.cos(2 * sp.pi / 9)
        >>> proof_by_roots_of_unity(8 * a**3 - 6 * a + 1)
        'zero in the field of the roots of unity of order 36'
        >>> proof_by_roots_of_unity(a - sp.Rational(766, 1000)) is None
        True
    """
    waves = [wave for wave in expression.atoms(*_PARTS) if (wave.args[0] / sp.pi).is_Rational]
    order = math.lcm(2, *(int((wave.args[0] / sp.pi).q) for wave in waves))
    if not waves or order > _LARGEST:
        return None
    z = sp.Dummy("zeta")
    known = {sp.I: z ** (order // 2)}
    for wave in waves:
        power = int(wave.args[0] / sp.pi * order)
        known[wave] = _PARTS[wave.func](z**power, z**-power).subs(sp.I, known[sp.I])
    numerator, denominator = sp.fraction(sp.together(expression.xreplace(known)))
    if not (numerator.is_polynomial(z) and denominator.is_polynomial(z)):
        return None
    modulus = sp.Poly(sp.cyclotomic_poly(2 * order, z), z)
    above, below = (sp.Poly(part, z) for part in (numerator, denominator))
    if sp.EX in (above.domain, below.domain) or not above.rem(modulus).is_zero or below.rem(modulus).is_zero:
        return None
    return f"zero in the field of the roots of unity of order {2 * order}"
