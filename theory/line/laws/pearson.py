r"""Moments of Pearson's laws without their normalising constant: linear drift, quadratic diffusion on the whole line.

For :math:`b = b_0 + b_1x` and :math:`a = a_0 + a_1x + a_2x^2` the mean of the generator on :math:`x^n` vanishes:

.. math::
    \big(nb_1 + \tbinom n2 a_2\big)\,\mathbb Ex^n
    + \big(nb_0 + \tbinom n2 a_1\big)\,\mathbb Ex^{n-1} + \tbinom n2 a_0\,\mathbb Ex^{n-2} = 0 ,

wherever the moment of order n is finite: no flux is left at infinity then.

References:
    Forman and Sørensen, *The Pearson diffusions*, Scand. J. Stat. 35 (2008) 438.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, SYMBOL, takes, whole


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL, order=whole(0, 100))
def pearson_moment(drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, order: int) -> sp.Expr | None:
    """The moment of that order where it is finite; None unless the drift is linear and the diffusion quadratic.

    Example:
        >>> x, a, k = sp.Symbol("x", real=True), *sp.symbols("a k", positive=True)
        >>> pearson_moment(a - k * x, 1 + x**2, x, 1)
        a/k
    """
    b, a = (f.as_poly(x) if sp.expand(f).is_polynomial(x) else None for f in (drift, diffusion))
    if b is None or a is None or b.degree() > 1 or a.degree() > 2:
        return None
    moments = [sp.S.One]
    for n in range(1, order + 1):
        pairs = sp.Integer(n * (n - 1)) / 2
        top, middle, low = (
            n * (b.coeff_monomial(x**j) if j >= 0 else 0) + pairs * a.coeff_monomial(x ** (j + 1)) for j in (1, 0, -1)
        )
        before = moments[n - 2] if n > 1 else sp.S.Zero
        if top == 0:
            return None
        moments.append(sp.factor(-(middle * moments[n - 1] + low * before) / top))
    return moments[order]
