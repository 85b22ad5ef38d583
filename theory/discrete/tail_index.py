r"""Power tails of affine recursions :math:`x' = Mx + q` on the line: the moments of the multiplier that decide them.

If :math:`\mathbb E\log|M| < 0` and :math:`\mathbb E|M|^\kappa = 1` at a :math:`\kappa > 0`, then the stationary law has

.. math:: P(|x| > t) \sim C\,t^{-\kappa}, \qquad t \to \infty,

for offsets q with a moment of order :math:`\kappa` that do not keep x fixed, and :math:`\log|M|` not on a lattice (on
one, the same up to a bounded factor). :func:`absolute_moment` is :math:`\mathbb E|M|^\kappa`; it is convex in
:math:`\kappa` and 1 at 0, so there is at most one such :math:`\kappa`, found in
:mod:`numerics.deterministic.kesten`.

References:
    Kesten, *Random difference equations and renewal theory for products of random matrices*, Acta Math. 131 (1973),
    theorem 5; Goldie, *Implicit renewal theory*, Ann. Appl. Probab. 1 (1991), theorem 4.1.
"""

from __future__ import annotations

import sympy as sp

from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.linear_recursion import linear_parts
from theory.discrete.mean_over_draw import mean_over_draw
from theory.discrete.recursion import Recursion
from theory.errors import DimensionError, UnsupportedFormError
from theory.tricomi import hyperu
from theory.values import shown, single_expression

MAX_ORDER = 200
"""Moments of a higher order are not written out."""

_positive = sp.Dummy("v", positive=True)


def absolute_moment(recursion: Recursion, order: sp.Expr) -> sp.Expr:
    r"""The moment :math:`\mathbb E|M|^\kappa` of the multiplier of an affine recursion on the line.

    The multiplier must be Gaussian (linear in the normals) or log-normal (an exponential of that), or take finitely
    many values (draws from a population), or be both: Gaussian given the draw; or it is linear in one uniform, or an
    exponential of that; or a multiple of :math:`-\log(U_1 \cdots U_n)`, which has a gamma law; or it is
    :math:`c \pm r(Z_1^2 + \dots + Z_n^2)` with c not negative and r positive, as for least squares on batches of
    Gaussian data, and for the variance of ARCH and GARCH processes; or a product of powers of these, each with noise of
    its own. For a whole even order it may be any polynomial.

    Args:
        recursion: linear in its one coordinate.
        order: :math:`\kappa`.

    Raises:
        DimensionError: the recursion has more than one coordinate, or the order is above :data:`MAX_ORDER`.
        UnsupportedFormError: it is not linear, or its multiplier is of another kind.

    Example:
        >>> w, xi = sp.symbols("w xi", real=True)
        >>> s = sp.Symbol("s", positive=True)
        >>> absolute_moment(Recursion([w], [s * xi * w + 1], normals=[xi]), 2)
        s**2
    """
    parts, kappa = linear_parts(recursion), single_expression(order, "order", real=True)
    if kappa.is_number and (kappa > MAX_ORDER) == True:  # noqa: E712 - a relation may stay open
        raise DimensionError(f"order must be at most {MAX_ORDER}, got {shown(order)}: its moment is written out.")
    if recursion.dimension != 1:
        raise DimensionError(
            f"the tail index is that of one coordinate here, but the recursion has {tuple(recursion.state)}. "
            "In several dimensions Kesten's condition is one on products of matrices, which is simulated."
        )
    return _moment(sp.expand(parts.multiplier[0]), kappa, recursion)


def _moment(M: sp.Expr, kappa: sp.Expr, recursion: Recursion) -> sp.Expr:
    """The absolute moment of an expression in the noise of a step."""
    try:
        return _moment_of_one_kind(M, kappa, recursion)
    except UnsupportedFormError:
        factors = _independent_factors(M, recursion)
        if factors == [(M, sp.S.One)]:
            raise
    return sp.Mul(*(_moment(base, power * kappa, recursion) for base, power in factors))


def _independent_factors(M: sp.Expr, recursion: Recursion) -> list[tuple[sp.Expr, sp.Expr]]:
    """Pairs of a base and a positive power whose product is M up to its sign, each with noise of its own."""
    noise = {*recursion.normals, *recursion.uniforms}
    groups: list[tuple[sp.Expr, set]] = []
    for factor in sp.Mul.make_args(sp.factor(M) if M.is_polynomial(*noise & M.free_symbols) else sp.factor_terms(M)):
        own = factor.free_symbols & noise
        joined = [group for group in groups if group[1] & own]
        groups = [group for group in groups if not group[1] & own]
        groups.append((sp.Mul(factor, *(e for e, _ in joined)), own.union(*(held for _, held in joined))))
    return [_base_and_power(e, recursion) for e, _ in groups]


def _base_and_power(factor: sp.Expr, recursion: Recursion) -> tuple[sp.Expr, sp.Expr]:
    """A base and a positive power whose modulus is that of the factor."""
    if isinstance(factor, sp.Abs):
        return _base_and_power(factor.args[0], recursion)
    if factor.is_Pow and factor.exp.is_number and factor.exp.is_positive:
        base = factor.base
        if base in set(recursion.uniforms) or base.is_nonnegative or (factor.exp.is_integer and base.is_extended_real):
            return base, factor.exp
    return factor, sp.S.One


def _moment_of_one_kind(M: sp.Expr, kappa: sp.Expr, recursion: Recursion) -> sp.Expr:
    normals = [xi for xi in recursion.normals if M.has(xi)]
    even = kappa.is_integer and kappa.is_even and kappa.is_nonnegative and kappa.is_number
    spread = [u for u in recursion.uniforms if M.has(u) and not _chooses(M, u)]
    if spread and not even:
        return _uniform_absolute_moment(M, normals, spread, kappa, recursion)
    if not normals:
        return mean_over_draw(sp.Abs(M) ** kappa, recursion)
    if even:
        return mean_over_draw(M**kappa, recursion)
    polynomial = M.as_poly(*normals)
    squares = _coefficients_of_squares(M, normals)
    if squares is not None:
        return _moment_of_squares(*squares, len(normals), kappa)
    grown = sp.powsimp(M)
    exponent = sp.powsimp(sp.log(grown).expand(force=True)) if grown.is_positive else None
    if exponent is not None and _is_linear(exponent, normals):
        return mean_over_draw(sp.exp(sp.expand(kappa * exponent)), recursion)
    if polynomial is None or polynomial.total_degree() > 1:
        raise UnsupportedFormError(
            f"the multiplier must be linear in {', '.join(map(str, normals))}, an exponential of that, or a number "
            f"that is not negative plus or minus a positive multiple of the sum of their squares, got {M}. "
            "Estimate its moments by quadrature."
        )
    constant = M.subs(dict.fromkeys(normals, sp.S.Zero))
    variance = sp.Add(*(sp.diff(M, xi) ** 2 for xi in normals))
    return mean_over_draw(_gaussian_absolute_moment(constant, variance, kappa), recursion)


def _gaussian_absolute_moment(mean: sp.Expr, variance: sp.Expr, order: sp.Expr) -> sp.Expr:
    r"""The absolute moment of a normal of mean m and variance v.

    .. math::
        (2v)^{\kappa/2}\,\Gamma(\tfrac{\kappa+1}2)\,\pi^{-1/2}\,
        {}_1F_1(-\tfrac\kappa2; \tfrac12; -\tfrac{m^2}{2v})

    and :math:`|m|^\kappa` without variance, as a draw may leave it.
    """
    if not variance.is_nonzero:
        unequal = _gaussian_absolute_moment(mean, _positive, order).xreplace({_positive: variance})
        return _unless_zero(variance, unequal, sp.Abs(mean) ** order)
    half = sp.Rational(1, 2)
    scale = (2 * variance) ** (order / 2) * sp.gamma((order + 1) / 2) / sp.sqrt(sp.pi)
    value = scale * sp.hyper((-order / 2,), (half,), -(mean**2) / (2 * variance))
    return sp.expand(sp.hyperexpand(value)) if order.is_Integer and order % 2 == 0 and order >= 0 else value


def _chooses(M: sp.Expr, u: sp.Symbol) -> bool:
    """Whether a uniform chooses entries of a population."""
    return any(held.has(u) for held in M.atoms(Lookup, DistinctIndex, sp.floor))


def _is_linear(expression: sp.Expr, symbols: list[sp.Symbol]) -> bool:
    polynomial = expression.as_poly(*symbols)
    return polynomial is not None and polynomial.total_degree() <= 1


def _uniform_absolute_moment(
    M: sp.Expr, normals: list[sp.Symbol], uniforms: list[sp.Symbol], order: sp.Expr, recursion: Recursion
) -> sp.Expr:
    r"""The absolute moment of :math:`a + bu`, the difference of :math:`y|y|^\kappa/(b(\kappa+1))` from a to a + b.

    Raises:
        UnsupportedFormError: other noise enters besides draws, or the multiplier is not linear in u.
    """
    gamma = _gamma_law(M, uniforms)
    if gamma is not None and not normals:
        scale, shape = gamma
        return scale**order * sp.gamma(shape + order) / sp.gamma(shape)
    if len(uniforms) == 1 and not normals and isinstance(M, sp.exp) and _is_linear(M.args[0], uniforms):
        low, high = (M.args[0].subs(uniforms[0], end) for end in (0, 1))
        spread = (sp.exp(order * high) - sp.exp(order * low)) / (order * (high - low))
        return mean_over_draw(_unless_zero(high - low, spread, sp.exp(order * low)), recursion)
    if normals or len(uniforms) > 1 or not _is_linear(M, uniforms):
        raise UnsupportedFormError(
            f"a multiplier with the uniform {uniforms[0]} must be linear in it, an exponential of that or a multiple "
            f"of its logarithm, without other noise but draws from a population, got {M}. Estimate its moments by "
            "quadrature."
        )
    (u,) = uniforms
    slope = sp.diff(M, u)
    low, high = M.subs(u, 0), M.subs(u, 1)
    primitive = [y * sp.Abs(y) ** order for y in (low, high)]
    spread = (primitive[1] - primitive[0]) / (slope * (order + 1))
    return mean_over_draw(_unless_zero(slope, spread, sp.Abs(low) ** order), recursion)


def _unless_zero(size: sp.Expr, spread: sp.Expr, point: sp.Expr) -> sp.Expr:
    """The moment of noise of a size that a draw or a parameter may make 0."""
    return spread if size.is_nonzero else sp.Piecewise((point, sp.Eq(size, 0)), (spread, True))


def _gamma_law(M: sp.Expr, uniforms: list[sp.Symbol]) -> tuple[sp.Expr, int] | None:
    """Scale and shape where M is a multiple of minus the sum of the logarithms of uniforms; else None."""
    scales = {sp.expand(-u * sp.diff(M, u)) for u in uniforms}
    if len(scales) > 1:
        return None
    (scale,) = scales
    rest = sp.expand(M + scale * sp.Add(*(sp.log(u) for u in uniforms)))
    plain = rest == 0 and not scale.free_symbols & set(uniforms) and scale.is_real
    return (abs(scale), len(uniforms)) if plain else None


def _coefficients_of_squares(M: sp.Expr, normals: list[sp.Symbol]) -> tuple[sp.Expr, sp.Expr] | None:
    """``(c, r)``, where M is up to its sign c minus r times the sum of squares of the normals, c >= 0; else None."""
    constant, slope = M.subs(dict.fromkeys(normals, sp.S.Zero)), -M.coeff(normals[0], 2)
    rest = sp.expand(M - constant + slope * sp.Add(*(z**2 for z in normals)))
    if constant.is_negative or (constant == 0 and slope.is_negative):
        constant, slope = -constant, -slope
    known = constant.is_nonnegative and (slope.is_positive or slope.is_negative)
    return (constant, slope) if rest == 0 and known else None


def _moment_of_squares(c: sp.Expr, r: sp.Expr, n: int, order: sp.Expr) -> sp.Expr:
    r"""The absolute moment of :math:`c - rT` for T chi-squared with n degrees of freedom.

    With :math:`p = n/2` and :math:`t = c/|r|`, from the parts of the integral below and above t:

    .. math::
        \frac{c^\kappa t^p}{2^p\,\Gamma(p)} \Big[B(p, \kappa+1)\,{}_1F_1(p; p+\kappa+1; -\tfrac t2)
        + e^{-t/2}\,\Gamma(\kappa+1)\,U(\kappa+1, \kappa+p+1, \tfrac t2)\Big]

    for positive r; :math:`c^\kappa(t/2)^p\,U(p, p+\kappa+1, \tfrac t2)` for negative r; and
    :math:`(2r)^\kappa\,\Gamma(p+\kappa)/\Gamma(p)` for c = 0.
    """
    p, t = sp.Rational(n, 2), c / sp.Abs(r)
    if c == 0:
        return (2 * sp.Abs(r)) ** order * sp.gamma(p + order) / sp.gamma(p)
    if r.is_negative:
        return c**order * (t / 2) ** p * hyperu(p, p + order + 1, t / 2)
    below = sp.gamma(p) * sp.gamma(order + 1) / sp.gamma(p + order + 1) * sp.hyper((p,), (p + order + 1,), -t / 2)
    above = sp.exp(-t / 2) * sp.gamma(order + 1) * hyperu(order + 1, order + p + 1, t / 2)
    return c**order * t**p / (2**p * sp.gamma(p)) * (below + above)
