r"""Where steps of finite size collapse: two scalar layers next to the origin, and one weight that interpolates.

Next to :math:`u = w = 0` a step on :math:`l = (x\,uw - y)^2` is linear, and :math:`p = u + w`, :math:`q = u - w` part:

.. math:: p' = (1 + 2\eta xy)\,p, \qquad q' = (1 - 2\eta xy)\,q .

They tend to 0 with probability one iff the growth rates :math:`E\log|1 \pm 2\eta xy|` are negative. For
:math:`x = \pm1`, :math:`y = v_*x \pm \sigma`, :math:`0 \le v_* < \sigma`,

.. math::
    E\log|1 + 2\eta xy| = \tfrac12\log\bigl|(1+2\eta v_*)^2 - 4\eta^2\sigma^2\bigr| < 0 \iff
    \frac{v_*}{\sigma^2 - v_*^2} < \eta < \frac{v_* + \sqrt{2\sigma^2 - v_*^2}}{2(\sigma^2 - v_*^2)} ,

a window: the diffusion has its lower end to first order only, :math:`\eta > v_*/\sigma^2`, and not the upper one.

For :math:`x \sim N(0, 1)`, :math:`y = v_*x + \varepsilon`, :math:`\varepsilon \sim N(0, \sigma^2)` the multiplier is
:math:`1 + r^2g(\psi)`, with :math:`r^2/2` exponential, the angle uniform and
:math:`2g = c(\psi) = 2\eta(v_* + \sqrt{v_*^2 + \sigma^2}\cos\psi)`, so that

.. math::
    E\log|1 + 2\eta xy| = -\frac1\pi\int_0^\pi e^{1/c(\psi)}\,\mathrm{Ei}\bigl(-1/c(\psi)\bigr)\,d\psi .

The window closes at :math:`v_* = 0.2224\,\sigma`: better teachers are forgotten at no learning rate.

**One weight that interpolates**, :math:`l = \frac12(wx)^2` with :math:`x \sim N(0, 1)`: as
:math:`1 - \eta x^2 = (1 - \sqrt\eta x)(1 + \sqrt\eta x)` is a product of two Gaussian multipliers of one law,

.. math::
    E\log|1 - \eta x^2| = \log\eta - \gamma_E - \log 2
        + \tfrac1\eta\,{}_2F_2\bigl(1, 1; \tfrac32, 2; -\tfrac1{2\eta}\bigr) .

It is negative up to :math:`\eta = 2.42\dots`, beyond the edge 2 of descent on the mean loss, and far beyond the edge
:math:`\frac23` of the mean square.

References:
    Ziyin, Li, Galanti, Ueda, "The Probabilistic Stability of Stochastic Gradient Descent" (2023), by topic.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import simplified
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate
from theory.discrete.mean_over_draw import mean_over_draw
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.models.chain_of_scalars import bounded_data, noise_level, teacher, x, y
from theory.notation import eta
from theory.values import single_expression

u, w = sp.symbols("u w", real=True)


def step_next_to_the_origin() -> sp.ImmutableMatrix:
    r"""The multipliers of :math:`p = u + w` and :math:`q = u - w` in a step next to the origin. Shape ``(2, 1)``.

    Example:
        >>> step_next_to_the_origin().T
        Matrix([[2*eta*x*y + 1, -2*eta*x*y + 1]])
    """
    loss = (x * u * w - y) ** 2
    step = sp.Matrix([weight - eta * sp.diff(loss, weight) for weight in (u, w)])
    linear = step.jacobian([u, w]).subs({u: 0, w: 0})
    to_pq = sp.Matrix([[1, 1], [1, -1]])
    parted = (to_pq * linear * to_pq.inv()).applyfunc(sp.expand)
    assert parted.is_diagonal()
    return sp.ImmutableMatrix(parted.diagonal().T)


def _multipliers() -> list[list[sp.Expr]]:
    """The two equally likely multipliers of p, and those of q, for bounded data."""
    data = bounded_data()
    points = [dict(zip(data.variables, point, strict=True)) for point in data.points]
    return [list(dict.fromkeys(sp.expand(m.subs(point)) for point in points)) for m in step_next_to_the_origin()]


def growth_rates_next_to_the_origin() -> sp.ImmutableMatrix:
    r"""The growth rates of p and q for bounded data. Shape ``(2, 1)``.

    Example:
        >>> growth_rates_next_to_the_origin()[0].subs({eta: 1, teacher: 1, noise_level: 1})
        log(5)/2
    """
    return sp.ImmutableMatrix([finite_growth_rate(values) for values in _multipliers()])


def growth_rate_on_gaussian_data() -> sp.Expr:
    r"""The growth rate of p for Gaussian inputs and label noise, an integral over angles; that of q has teacher -v_*.

    Example:
        >>> growth_rate_on_gaussian_data().subs({eta: sp.Rational(1, 2), teacher: 0, noise_level: 1})
        Integral(-exp(1/cos(psi))*Ei(-1/cos(psi)), (psi, 0, pi))/pi
    """
    angle = sp.Symbol("psi", real=True)
    form = sp.hessian(step_next_to_the_origin()[0].subs(y, teacher * x + noise_level * w), (x, w)) / 2
    mean, spread = form.trace() / 2, sp.sqrt(sp.expand((form.trace() / 2) ** 2 - form.det()))
    c = 2 * (mean + sp.factor(spread, deep=True) * sp.cos(angle))
    return sp.Integral(-sp.exp(1 / c) * sp.Ei(-1 / c), (angle, 0, sp.pi)) / sp.pi


def ends_of_the_window() -> sp.ImmutableMatrix:
    r"""The learning rates between which p collapses, and that up to which q does, for bounded data. Shape ``(3, 1)``.

    A rate is negative where the product of the two multipliers lies between -1 and 1.

    Example:
        >>> numbers = {teacher: sp.Rational(1, 5), noise_level: 1}
        >>> [end.subs(numbers).evalf(4) for end in ends_of_the_window()]
        [0.2083, 0.8333, 0.6250]
    """
    grown, shrunk = (sp.expand(sp.Mul(*values)) for values in _multipliers())
    inside = {teacher: sp.Rational(1, 5), noise_level: sp.S.One}

    def end(edge: sp.Expr) -> sp.Expr:
        (found,) = (root for root in sp.roots(edge, eta) if root.subs(inside) > 0)
        return found

    return sp.ImmutableMatrix([end(grown - 1), end(grown + 1), end(shrunk + 1)])


def interpolation_growth_rate(learning_rate: sp.Expr = eta) -> sp.Expr:
    r"""The growth rate :math:`E\log|1 - \eta x^2|`.

    Example:
        >>> interpolation_growth_rate(sp.Rational(1, 2)).evalf(8)
        -0.48462677
    """
    rate = single_expression(learning_rate, "learning_rate")
    return sp.expand(2 * gaussian_growth_rate(sp.S.One, rate))


def interpolation_edges() -> tuple[Boolean, Boolean]:
    r"""Where the mean and where the mean square of the interpolating weight tend to 0.

    Example:
        >>> interpolation_edges()
        (eta < 2, eta < 2/3)
    """
    z = sp.Symbol("z", real=True)
    step = gradient_descent(Model([w], (w * z) ** 2 / 2, Gaussian([z], [0], [[1]])), batch_size=1)
    multiplier = sp.expand(step.update[0] / w)
    mean, square = (mean_over_draw(power, step) for power in (multiplier, multiplier**2))
    return simplified(sp.And(mean < 1, mean > -1)), simplified(square < 1)
