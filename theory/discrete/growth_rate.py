r"""Growth rates of linear random maps: Gaussian, finite and sign multipliers, and their expansions.

The map :math:`\theta' = M\theta` with independent multipliers collapses, :math:`\theta \to 0` almost surely,
iff :math:`\Lambda = E\log|M| < 0` (law of large numbers for :math:`\log|\theta|`). For stochastic gradient descent and
for the Euler-Maruyama scheme near an invariant set

.. math::
    M = 1 + \eta\mu + \sqrt\eta\,\zeta\,\xi, \qquad E\xi = 0,\ E\xi^2 = 1.

The SDE :math:`d\theta = \mu\theta\,dt + \zeta\theta\,dW` replaces :math:`\Lambda/\eta` by :math:`\mu - \zeta^2/2`.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from theory.decision.zero import decide_zero
from theory.discrete.random_map import kappa_3, kappa_4, mean_over_noise, xi
from theory.errors import ShapeError, SymbolError
from theory.notation import eta, mu, zeta
from theory.values import count, listed, shown, single_expression

MAX_EXPANSION = 12
"""Expansions go no further: the number of terms grows like the square of the order."""


def multiplier(noise: sp.Expr = xi) -> sp.Expr:
    r"""The factor :math:`M = 1 + \eta\mu + \sqrt\eta\,\zeta\,\xi` of one step."""
    return 1 + eta * mu + sp.sqrt(eta) * zeta * noise


def gaussian_growth_rate(mean: sp.Expr, variance: sp.Expr) -> sp.Expr:
    r"""The growth rate :math:`\Lambda = E\log|X|` of a Gaussian multiplier :math:`X \sim N(m, v)`.

    .. math::
        \Lambda(m, v) = \tfrac12\log v - \tfrac12(\gamma + \log 2)
            + \frac{m^2}{2v}\;{}_2F_2\!\Big(1, 1; \tfrac32, 2; -\frac{m^2}{2v}\Big)

    Derivation. As a Gaussian average of :math:`\log|x|`, :math:`\Lambda` solves the heat equation
    :math:`\partial_v\Lambda = \frac12\partial_m^2\Lambda`, is smooth and even in :math:`m` for :math:`v > 0`, and
    scaling gives :math:`\Lambda = \frac12\log v + h(y)` with :math:`y = m^2/2v`. The heat equation becomes
    :math:`2y h'' + (1 + 2y) h' = 1`; its solutions differ by multiples of :math:`h' = y^{-1/2}e^{-y}`, which is not
    smooth in :math:`m`, so :math:`h' = {}_1F_1(1; \frac32; -y) = D(\sqrt y)/\sqrt y` with Dawson's function, and
    integrating its power series gives :math:`y\,{}_2F_2`. The constant is
    :math:`E\log|N(0,1)| = \frac{d}{ds} 2^{s/2}\Gamma(\frac{s+1}2)/\sqrt\pi\,|_{s=0}`.

    Args:
        mean: :math:`m = 1 + \eta\mu`.
        variance: :math:`v = \eta\zeta^2 > 0`.

    Example:
        >>> gaussian_growth_rate(1, 1).evalf(10)
        -0.2084958184
    """
    m, v = (single_expression(value, name, real=True) for value, name in ((mean, "mean"), (variance, "variance")))
    if v.is_nonpositive:
        raise SymbolError(f"variance must be positive, got {v}. Without noise the growth rate is log|mean|.")
    y = m**2 / (2 * v)
    half = sp.Rational(1, 2)
    return sp.log(v) / 2 - (sp.EulerGamma + sp.log(2)) / 2 + y * sp.hyper((1, 1), (3 * half, 2), -y)


def gaussian_growth_slope(mean: sp.Expr, variance: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    r"""The derivatives :math:`(\partial_m\Lambda, \partial_v\Lambda)` of :func:`gaussian_growth_rate`.

    With Dawson's function :math:`D` and :math:`z = m/\sqrt{2v}`

    .. math::
        \partial_m\Lambda = \sqrt{2/v}\,D(z), \qquad \partial_v\Lambda = \frac{1 - 2zD(z)}{2v} = \frac{D'(z)}{2v}.

    So :math:`\Lambda` grows with :math:`m > 0`, and in :math:`v` it falls while :math:`z` exceeds the one maximum of
    :math:`D` (:math:`z = 0.92414`) and rises below it: a little noise makes a repelling multiplier collapse, much noise
    never does. :math:`D` is written through ``erfi``.
    """
    m, v = (single_expression(value, name, real=True) for value, name in ((mean, "mean"), (variance, "variance")))
    z = m / sp.sqrt(2 * v)
    dawson = sp.sqrt(sp.pi) / 2 * sp.exp(-(z**2)) * sp.erfi(z)
    return sp.sqrt(2 / v) * dawson, (1 - 2 * z * dawson) / (2 * v)


def finite_growth_rate(multipliers: Sequence[sp.Expr], probabilities: Sequence[sp.Expr] | None = None) -> sp.Expr:
    r"""The growth rate :math:`\Lambda = \sum_i p_i\log|M_i|` of a multiplier with finitely many values.

    Args:
        multipliers: The values :math:`M_i`.
        probabilities: :math:`p_i`; equal weights if omitted (one mini-batch out of a list of them).

    Returns:
        :math:`\Lambda`; :math:`-\infty` where a multiplier 0 has a positive probability, since the map then reaches 0
        and stays. A multiplier of probability 0 does not count.

    Raises:
        ShapeError: no value, or not one probability per value.
        SymbolError: a probability is negative, they do not add to 1, or that of a multiplier 0 is not known to be
            positive.

    Example:
        >>> finite_growth_rate([2, sp.Rational(-1, 3)])
        -log(3)/2 + log(2)/2
    """
    values = [single_expression(value, "multipliers") for value in listed(multipliers, "multipliers")]
    if not values:
        raise ShapeError("multipliers must hold at least one value, got none.")
    given = [sp.Rational(1, len(values))] * len(values) if probabilities is None else probabilities
    given = listed(given, "probabilities")
    weights = [single_expression(weight, "probabilities", real=True) for weight in given]
    if any(weight.is_negative for weight in weights):
        raise SymbolError(f"probabilities must not be negative, got {shown(tuple(weights))}.")
    if len(weights) != len(values):
        raise ShapeError(
            f"probabilities must match multipliers: {len(values)} values, got {len(weights)} probabilities."
        )
    total = sp.Add(*weights)
    if not decide_zero(total - 1).says_zero:
        raise SymbolError(f"probabilities must add to 1, got {total}. Divide by their sum; give rationals, not floats.")
    counted = [(p, value) for p, value in zip(weights, values, strict=True) if p != 0]
    for p, value in counted:
        if value.is_zero and not p.is_positive:
            raise SymbolError(
                f"probabilities must tell whether the multiplier 0 occurs, got {p} for it, whose sign is not known. "
                "Declare its symbols positive, or leave the multiplier out."
            )
    if any(value.is_zero for _, value in counted):
        return -sp.oo
    return sp.expand(sp.Add(*(p * sp.expand_log(sp.log(sp.Abs(value))) for p, value in counted)))


def sign_growth_rate() -> sp.Expr:
    r"""The growth rate for :math:`\xi = \pm1`: :math:`\frac12\log|(1+\eta\mu)^2 - \eta\zeta^2|`."""
    return sp.log(sp.Abs(sp.expand(multiplier(sp.S.One) * multiplier(sp.S.NegativeOne)))) / 2


def sign_collapse_threshold() -> sp.Expr:
    r"""The drift :math:`\mu_c = (\sqrt{1+\eta\zeta^2} - 1)/\eta` below which sign noise collapses.

    :math:`\Lambda < 0` iff :math:`-1 < (1+\eta\mu)^2 - \eta\zeta^2 < 1`. For :math:`1 + \eta\mu > 0` the right
    inequality is :math:`\mu < \mu_c`. The left one, :math:`(1+\eta\mu)^2 > \eta\zeta^2 - 1`,
    binds once :math:`\eta\zeta^2 > 1`.
    """
    return (sp.sqrt(1 + eta * zeta**2) - 1) / eta


def growth_rate_expansion(order: int = 2) -> sp.Expr:
    r"""The expansion of :math:`\Lambda/\eta` in :math:`\sqrt\eta`, up to :math:`\eta^{\text{order}/2}`.

    :math:`\log(1+u) = u - u^2/2 + \dots` with :math:`u = \eta\mu + \sqrt\eta\zeta\xi`, averaged term by term. It is an
    asymptotic series where :math:`\xi` is unbounded. Moments beyond the fourth appear for ``order`` > 2 and carry the
    names ``kappa_5``, ...

    Example:
        >>> growth_rate_expansion(1)
        sqrt(eta)*kappa_3*zeta**3/3 + mu - zeta**2/2
    """
    order = count(order, "order", at_most=MAX_EXPANSION)
    epsilon = sp.Symbol("epsilon", positive=True)
    highest = order + 2
    u = epsilon**2 * mu + epsilon * zeta * xi
    logarithm = sp.Poly(sum((-1) ** (j + 1) * u**j / j for j in range(1, highest + 1)), epsilon)
    truncated = sum(c * epsilon**power for (power,), c in logarithm.terms() if power <= highest)
    average = mean_over_noise(truncated, xi, standardised_moments(highest))
    return sp.expand(average / epsilon**2).subs(epsilon, sp.sqrt(eta))


def standardised_moments(highest: int) -> tuple[sp.Expr, ...]:
    r"""The moments :math:`1, 0, 1, \kappa_3, \kappa_4, \dots` of a standardised noise, up to ``highest``."""
    named = {3: kappa_3, 4: kappa_4}
    higher = (named.get(j, sp.Symbol(f"kappa_{j}", real=True)) for j in range(3, highest + 1))
    return (sp.S.One, sp.S.Zero, sp.S.One, *higher)[: highest + 1]


def collapse_threshold_expansion(order: int = 2) -> sp.Expr:
    r"""The critical drift :math:`\mu_c` with :math:`\Lambda = 0`, up to :math:`\eta^{\text{order}/2}`.

    Solved order by order from :func:`growth_rate_expansion`; Gaussian noise has
    :math:`\mu_c = \frac{\zeta^2}2 + \frac38\eta\zeta^4 + \dots`.

    Example:
        >>> collapse_threshold_expansion(2).subs({kappa_3: 0, kappa_4: 3})
        3*eta*zeta**4/8 + zeta**2/2
    """
    epsilon = sp.Symbol("epsilon", positive=True)
    rate = growth_rate_expansion(order).subs(eta, epsilon**2)
    threshold = sp.S.Zero
    for j in range(order + 1):
        residual = sp.expand(rate.subs(mu, threshold)).coeff(epsilon, j)
        threshold -= epsilon**j * residual  # the coefficient of mu at leading order is one
    return sp.expand(threshold).subs(epsilon, sp.sqrt(eta))
