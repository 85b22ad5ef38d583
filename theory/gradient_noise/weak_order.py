r"""How well stochastic gradient flow approximates stochastic gradient descent, on the quadratic where both are exact.

For per-sample losses :math:`l_i = h_i\theta^2/2` both processes multiply moments by an exact factor per unit of time:

.. math::
    E\theta_k^j = \theta_0^j\,e^{g_j t}, \quad g_j = \tfrac1\eta\log E(1-\eta h_{\mathcal B})^j, \qquad
    E\theta_t^j = \theta_0^j\,e^{f_j t}, \quad f_j = -jh + \tfrac{j(j-1)}2\,\tfrac{\eta}{\beta}\mathrm{Var}\,h,

at :math:`t = \eta k`. The weak error at fixed ``t`` therefore has the order of :math:`g_j - f_j` in :math:`\eta`.

References:
    Li, Tai, E, "Stochastic modified equations and adaptive stochastic gradient algorithms" (2017).
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from theory.errors import DimensionError
from theory.gradient_noise.data_law import MAX_DEGREE
from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.sampling import FiniteSum, Sampling, batch_multipliers
from theory.infinitesimal_generator import generator
from theory.notation import eta
from theory.values import count, listed, single_expression

weight = sp.Symbol("theta", positive=True)


def flow_rate(curvatures: Sequence[sp.Expr], batch_size: int, order: int) -> sp.Expr:
    r"""The growth rate :math:`f_j` of :math:`E\theta^j` under the flow: the generator applied to :math:`\theta^j`."""
    problem = FiniteSum([weight], tuple(h * weight**2 / 2 for h in curvatures))
    flow = stochastic_gradient_flow(problem, batch_size=batch_size)
    return sp.expand(sp.cancel(generator(flow, weight**order) / weight**order))


def leading_weak_error(curvatures: Sequence[sp.Expr], batch_size: int, order: int) -> tuple[int, sp.Expr]:
    r"""The first power of :math:`\eta` in :math:`g_j - f_j` and its coefficient.

    Args:
        curvatures: :math:`h_1, \dots, h_n`, symbols or numbers.
        batch_size: :math:`\beta`.
        order: :math:`j`, the moment looked at.

    Raises:
        DimensionError: ``order`` is not a positive integer.

    Example:
        >>> h = sp.Symbol("h")
        >>> leading_weak_error([h], 1, 1)
        (1, -h**2/2)
    """
    order = count(order, "order", at_least=1, at_most=MAX_DEGREE)
    curvatures = [single_expression(h, "curvatures", real=True) for h in listed(curvatures, "curvatures")]
    values, probabilities = batch_multipliers(curvatures, batch_size, Sampling.WITH_REPLACEMENT)
    mean = sp.expand(sum((p * m**order for p, m in zip(probabilities, values, strict=True)), sp.S.Zero))
    highest = 4
    # log(1 + u) as a polynomial in eta: u has no constant term, so powers beyond the truncation are of higher order.
    u = mean - 1
    logarithm = sum(((-1) ** (j + 1) * u**j / j for j in range(1, highest + 2)), sp.S.Zero)
    difference = sp.Poly(sp.expand(logarithm - eta * flow_rate(curvatures, batch_size, order)), eta)
    for power in range(1, highest + 2):
        coefficient = sp.factor(difference.coeff_monomial(eta**power))
        if coefficient != 0:
            return power - 1, coefficient
    raise DimensionError(f"the first {highest} orders of the weak error vanish: {tuple(curvatures)} has no curvature.")
