r"""Momentum near an invariant point: products of random matrices, and their growth rate for small learning rates.

Gradient descent with momentum :math:`m` on the loss :math:`\frac12h\theta^2`, whose curvature :math:`h` is drawn anew
at every step, is linear in the weight and its velocity,

.. math::
    \begin{pmatrix}\theta\\v\end{pmatrix}' = \begin{pmatrix}1-\eta h & -\eta m\\ h & m\end{pmatrix}
    \begin{pmatrix}\theta\\v\end{pmatrix}, \qquad \det = m .

The determinant is no random number: the two Lyapunov exponents add up to :math:`\log m`. Since
:math:`\eta v = \theta_{k-1} - \theta_k`, the ratio :math:`r = \theta_{k+1}/\theta_k` follows a random Möbius map, and
the top exponent is the mean of its logarithm,

.. math:: r' = 1 + m - \eta h - m/r, \qquad \Lambda = E\log|r| \quad\text{in the stationary law of } r.

With :math:`-\eta h = \eta\mu + \sqrt\eta\,\zeta\,\xi`, as in :mod:`theory.discrete.random_map`, and bounded noise the
ratio stays near the fixed point 1, of slope :math:`m`, once :math:`\eta` is small enough; :math:`\delta = r - 1` obeys

.. math:: \delta' = \eta\mu + \sqrt\eta\,\zeta\,\xi + \frac{m\,\delta}{1 + \delta} .

Its stationary moments, expanded in :math:`\sqrt\eta`, solve a triangular linear system:
:func:`growth_rate_expansion_with_momentum`.
The other fixed point, :math:`r = m`, is at the distance :math:`1 - m`, so the expansion needs noise with
:math:`\eta\zeta^2 \ll (1-m)^3`: at momentum 0.9 it breaks down at learning rates far below those of plain descent.

References:
    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Bougerol, Lacroix, *Products of
    Random Matrices* (1985), for the two exponents and the stationary law of the direction.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import EXPRESSION, MATRIX, SQUARE, ArgumentKind, one_of, takes
from theory.discrete.growth_rate import standardised_moments
from theory.discrete.recursion import Recursion
from theory.errors import UnsupportedFormError
from theory.notation import eta, mu, zeta
from theory.values import count

momentum = sp.Symbol("m", positive=True)
r"""The momentum :math:`m`, between 0 and 1."""


@takes(recursion=one_of(Recursion, needed="a Recursion"))
def linear_part(recursion: Recursion) -> sp.ImmutableMatrix:
    r"""The matrix of a recursion next to its fixed point 0, by differentiation. Shape ``(d, d)``.

    Raises:
        UnsupportedFormError: 0 is no fixed point.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> linear_part(Recursion([x, y], [sp.sin(x) + 2 * y, x * y - y]))
        Matrix([
        [1,  2],
        [0, -1]])
    """
    origin = dict.fromkeys(recursion.state, sp.S.Zero)
    image = recursion.update.subs(origin)
    if any(entry != 0 for entry in image):
        raise UnsupportedFormError(f"0 must be a fixed point of the recursion, but its image is {tuple(image)}.")
    return sp.ImmutableMatrix(recursion.update.jacobian(recursion.state).subs(origin).applyfunc(sp.expand))


_STEP = ArgumentKind(
    "a matrix of SymPy with a row and two columns at least",
    lambda value: MATRIX.holds(value) and value.rows >= 1 and value.cols >= 2,
)


@takes(matrix=_STEP, ratio=EXPRESSION)
def next_ratio(matrix: sp.MatrixBase, ratio: sp.Expr) -> sp.Expr:
    r"""The ratio :math:`\theta_{k+1}/\theta_k` of a step with momentum, given :math:`\theta_k/\theta_{k-1}`.

    Args:
        matrix: Of the step, in weight and velocity (:func:`linear_part`); the step before moved the weight by
            :math:`-\eta v_k`.
        ratio: :math:`r`.

    Example:
        >>> h, r = sp.symbols("h r", real=True)
        >>> next_ratio(sp.Matrix([[1 - eta * h, -eta * momentum], [h, momentum]]), r)
        -eta*h + m - m/r + 1
    """
    velocity = (1 / ratio - 1) / eta  # in units of the weight at step k
    return sp.expand(matrix[0, 0] + matrix[0, 1] * velocity)


@takes(matrix=SQUARE)
def sum_of_exponents(matrix: sp.MatrixBase) -> sp.Expr:
    r"""The sum :math:`E\log|\det M|` of the Lyapunov exponents of products of matrices with one fixed determinant.

    Example:
        >>> h = sp.Symbol("h", real=True)
        >>> sum_of_exponents(sp.Matrix([[1 - eta * h, -eta * momentum], [h, momentum]]))
        log(m)
    """
    return sp.log(sp.Abs(sp.cancel(sp.expand(matrix.det()))))


def growth_rate_expansion_with_momentum(order: int = 2) -> sp.Expr:
    r"""The expansion of :math:`\Lambda/\eta` in :math:`\sqrt\eta`, up to :math:`\eta^{\text{order}/2}`.

    For :data:`momentum` 0 it is :func:`theory.discrete.growth_rate.growth_rate_expansion`.

    Example:
        >>> rate = growth_rate_expansion_with_momentum(0)
        >>> sp.cancel(rate - (mu - zeta**2 / (2 * (1 - momentum))) / (1 - momentum))
        0
    """
    order = count(order, "order", at_most=4)
    moments = _ratio_moments(order + 2)
    total = sp.S.Zero
    for j in range(2, order + 3):
        coefficient = sum((sp.Rational((-1) ** (n + 1), n) * moments[n, j] for n in range(1, j + 1)), sp.S.Zero)
        total += sp.factor(coefficient) * sp.sqrt(eta) ** (j - 2)
    return total


def collapse_threshold_expansion_with_momentum(order: int = 2) -> sp.Expr:
    r"""The critical drift :math:`\mu_c` with :math:`\Lambda = 0`, up to :math:`\eta^{\text{order}/2}`.

    Example:
        >>> sp.cancel(collapse_threshold_expansion_with_momentum(0) - zeta**2 / (2 * (1 - momentum)))
        0
    """
    epsilon = sp.Symbol("epsilon", positive=True)
    rate = growth_rate_expansion_with_momentum(order).subs(eta, epsilon**2)
    threshold = sp.S.Zero
    for j in range(order + 1):
        residual = sp.diff(rate.subs(mu, threshold), epsilon, j).subs(epsilon, 0) / sp.factorial(j)
        threshold -= epsilon**j * sp.factor((1 - momentum) * residual)  # mu comes with the factor 1/(1 - m)
    return threshold.subs(epsilon, sp.sqrt(eta))


def _ratio_moments(highest: int) -> dict[tuple[int, int], sp.Expr]:
    r"""The coefficients of :math:`\eta^{j/2}` in the stationary :math:`E\delta^n`, for :math:`n, j \le` ``highest``.

    From :math:`E\delta^n = E(\eta\mu + \sqrt\eta\zeta\xi + m\delta/(1+\delta))^n`, expanded in powers of
    :math:`\delta`. At one power of :math:`\eta` only moments with larger :math:`n` enter, so :math:`n` runs downwards.
    """
    found = {(n, j): sp.S.Zero for n in range(highest + 1) for j in range(n)}
    found |= {(0, j): sp.S.Zero for j in range(highest + 1)} | {(0, 0): sp.S.One}
    forcing = [_forcing_moments(power, highest) for power in range(highest + 1)]
    for j in range(1, highest + 1):
        for n in range(j, 0, -1):
            terms = [
                sp.binomial(n, i) * moment * momentum**i * coefficient * found[i + k, j - p]
                for i in range(n + 1)
                for p, moment in forcing[n - i].items()
                if p <= j
                for k, coefficient in _powers_of_image(i, j - p)
                if (i, k) != (n, 0)
            ]
            found[n, j] = sp.factor(sp.Add(*terms) / (1 - momentum**n))
    return found


def _powers_of_image(power: int, highest: int) -> list[tuple[int, sp.Integer]]:
    r"""Pairs (k, c) with :math:`(1+\delta)^{-i} = \sum_kc\,\delta^k`, up to :math:`i + k =` ``highest``."""
    if power == 0:
        return [(0, sp.S.One)]
    return [(k, (-1) ** k * sp.binomial(power + k - 1, k)) for k in range(highest - power + 1)]


def _forcing_moments(power: int, highest: int) -> dict[int, sp.Expr]:
    r"""The coefficients of :math:`\eta^{p/2}` in :math:`E(\eta\mu + \sqrt\eta\zeta\xi)^{\text{power}}`, by p."""
    moments = standardised_moments(highest)
    return {
        power + i: sp.binomial(power, i) * mu**i * zeta ** (power - i) * moments[power - i] for i in range(power + 1)
    }
