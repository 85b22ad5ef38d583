r"""Exact averages over a law of the data.

* Gaussian variables: Isserlis' theorem, as the recursion of Stein's identity
  :math:`E[x_i f(x)] = m_iE[f] + \sum_jC_{ij}E[\partial_jf]`, for polynomials.
* Finite support: the sum over the points, for every function.
* Named moments: term by term, for polynomials.
* Independent factors: finite ones first, so that the rest need only be polynomial at each point.

References:
    Isserlis, "On a formula for the product-moment coefficient of any order of a normal frequency distribution in any
    number of variables" (1918).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy as sp
from sympy.polys.rings import sring

from theory.errors import ShapeError, UnsupportedFormError
from theory.gradient_noise.data_law import (
    MAX_DEGREE,
    DataLaw,
    FiniteSupport,
    Gaussian,
    NamedMoments,
    Powers,
    Product,
    semidefinite_factor,
)
from theory.values import column, count, expressions, instance, listed, shown, single_expression

_MOMENTS = 5000
"""Moments of a Gaussian law that a polynomial may need: those of all lower powers come first."""

_STRIDE = 100
"""A moment is asked for once those of so many powers fewer are known, so that the recursion stays shallow."""


def expectation(expression: sp.Expr, law: DataLaw) -> sp.Expr:
    r"""The mean of ``expression`` over the variables of ``law``; other symbols are constants.

    Raises:
        UnsupportedFormError: not a polynomial in variables whose law has moments only, or not finite at a point.
        MissingParameterError: a moment is needed that the law does not know.
        DimensionError: a polynomial of too high a degree in Gaussian variables.

    Example:
        >>> x, y, c = sp.symbols("x y c", real=True)
        >>> expectation(x**2 * y**2, Gaussian([x, y], [0, 0], [[1, c], [c, 1]]))
        2*c**2 + 1
        >>> expectation(sp.cos(x), FiniteSupport([x], [[0], [sp.pi]], [sp.Rational(3, 4), sp.Rational(1, 4)]))
        1/2
    """
    expression = single_expression(expression, "expression")
    for factor in _finite_first(law):
        expression = _over_one(expression, factor)
    return sp.expand(expression)


def mean_vector(vector: sp.MatrixBase, law: DataLaw) -> sp.ImmutableMatrix:
    """The mean of a vector, entry by entry."""
    return sp.ImmutableMatrix(column(vector, "vector").applyfunc(lambda entry: expectation(entry, law)))


def covariance(vector: sp.MatrixBase, law: DataLaw) -> sp.ImmutableMatrix:
    r"""The covariance :math:`E[vv^\top] - E[v]E[v]^\top`. Shape ``(d, d)``.

    A polynomial :math:`v = \sum_\alpha v_\alpha x^\alpha` has
    :math:`\sum_{\alpha\beta}v_\alpha M_{\alpha\beta}v_\beta^\top` with the covariance :math:`M` of the monomials,
    expanded. Other functions have a sum over the points of the support, which is left as it is unless it is polynomial
    in the weights: expanding it would multiply its length.
    """
    factors, vector = _finite_first(law), column(vector, "vector")
    if isinstance(factors[0], FiniteSupport) and not (len(factors) == 1 and _is_polynomial(vector, law)):
        return _covariance_by_points(vector, factors[0], factors[1:])
    powers, coefficients = _coefficients(vector, law)
    if not powers:
        return sp.ImmutableMatrix.zeros(vector.rows, vector.rows)
    return _expanded_congruence(coefficients, _monomial_covariance(powers, law))


def covariance_factor(vector: sp.MatrixBase, law: DataLaw) -> sp.ImmutableMatrix:
    r"""A factor :math:`R` with :math:`RR^\top` the covariance, as smooth in the weights as ``vector``.

    Finite support has the columns :math:`\sqrt{p_k}(v_k - Ev)`. A polynomial :math:`v = \sum_\alpha v_\alpha x^\alpha`
    has :math:`R = (v_\alpha)\,M^{1/2}` with a Cholesky factor of the covariance :math:`M` of its monomials, which does
    not depend on the weights. Mixed laws: the law of total covariance.
    """
    factors, vector = _finite_first(law), column(vector, "vector")
    if isinstance(factors[0], FiniteSupport):
        return _factor_by_points(vector, factors[0], factors[1:])
    return _factor_by_monomials(vector, law)


def gaussian_moment(powers: Powers, mean: sp.MatrixBase, covariance: sp.MatrixBase) -> sp.Expr:
    r"""The moment :math:`E\prod_ix_i^{k_i}` of :math:`N(m, C)`.

    Args:
        powers: The exponents :math:`k_i`, whole numbers up to 64 together. Length d.
        mean: :math:`m`. Shape ``(d, 1)``.
        covariance: :math:`C`. Shape ``(d, d)``.

    Raises:
        DimensionError: an exponent is no whole number, or they are too large.
        ShapeError: the shapes differ, or an entry is not finite.

    Example:
        >>> gaussian_moment((6,), sp.Matrix([0]), sp.Matrix([1]))
        15
    """
    m, C = column(mean, "mean", real=True), expressions(covariance, "covariance", real=True)
    exponents = tuple(count(power, "powers", at_most=MAX_DEGREE) for power in listed(powers, "powers"))
    count(sum(exponents), "the sum of powers", at_most=MAX_DEGREE)
    d = len(exponents)
    if m.shape != (d, 1) or C.shape != (d, d) or d == 0:
        raise ShapeError(
            f"mean and covariance must have shapes ({d}, 1) and ({d}, {d}) for {d} powers, at least one, "
            f"got {m.shape} and {C.shape}."
        )
    return _gaussian_moments(m, C)(exponents)


def _gaussian_moments(mean: sp.MatrixBase, covariance: sp.MatrixBase) -> Callable[[Powers], sp.Expr]:
    known: dict[Powers, sp.Expr] = {(0,) * mean.rows: sp.S.One}

    def moment_of(powers: Powers) -> sp.Expr:
        count(math.prod(power + 1 for power in powers), "the number of moments that expression needs", at_most=_MOMENTS)
        return moment(powers)

    def moment(powers: Powers) -> sp.Expr:
        if powers not in known:
            i = next(index for index, power in enumerate(powers) if power)
            for low in range(_STRIDE, powers[i], _STRIDE):  # so that the recursion stays shallow
                moment((*powers[:i], low, *powers[i + 1 :]))
            rest = _lowered(powers, i)
            known[powers] = sp.expand(
                mean[i] * moment(rest)
                + sum(
                    covariance[i, j] * power * moment(_lowered(rest, j))
                    for j, power in enumerate(rest)
                    if power and covariance[i, j] != 0
                )
            )
        return known[powers]

    return moment_of


def _moments_of_points(law: FiniteSupport) -> Callable[[Powers], sp.Expr]:
    """A polynomial needs the moments only, once each, however many points there are."""
    assert law.probabilities is not None
    weighted = list(zip(law.probabilities, law.points, strict=True))
    return lambda powers: sp.Add(
        *(p * sp.Mul(*(x**k for x, k in zip(point, powers, strict=True))) for p, point in weighted)
    )


def _lowered(powers: Powers, index: int) -> Powers:
    return tuple(power - (position == index) for position, power in enumerate(powers))


def _finite_first(law: DataLaw) -> tuple[DataLaw, ...]:
    instance(law, DataLaw, "law", "a law of the data, e.g. Empirical(variables, samples)")
    laws = law.laws if isinstance(law, Product) else (law,)
    return tuple(sorted(laws, key=lambda factor: not isinstance(factor, FiniteSupport)))


def _over_one(expression: sp.Expr, law: DataLaw) -> sp.Expr:
    match law:
        case FiniteSupport() if not expression.is_polynomial(*law.variables):
            return sp.Add(*(p * at_data_point(expression, point) for p, point in law.weighted_points))
        case FiniteSupport():
            moment = _moments_of_points(law)
        case Gaussian():
            moment = _gaussian_moments(law.mean, law.covariance)
        case NamedMoments():
            moment = law.moment
        case _:
            raise TypeError(f"{shown(law)} is no law of the data")
    polynomial = _polynomial(expression, law)
    return sp.Add(*(coefficient * moment(powers) for powers, coefficient in polynomial.terms() if coefficient != 0))


def at_data_point(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The value of an expression in the data at one point of their support."""
    if expression.has(sp.Derivative, sp.Subs, sp.Integral):
        value = expression.subs(point, simultaneous=True)
    else:
        value = expression.xreplace(point)  # the same, and several times faster
    if value.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise UnsupportedFormError(
            f"expression must be finite at every point of the support, got {value} for {expression} at {point}."
        )
    return value


def _polynomial(expression: sp.Expr, law: DataLaw) -> sp.Poly:
    try:
        return sp.Poly(expression, *law.variables)  # which expands
    except sp.PolynomialError:
        raise UnsupportedFormError(
            f"expression must be a polynomial in {', '.join(map(str, law.variables))}, whose law is known by moments "
            f"only, got {expression}. Give a FiniteSupport or an Empirical data set, over which every function has an "
            "exact mean, expand the loss in the variables, or estimate the mean by sampling."
        ) from None


def _by_points(
    vector: sp.MatrixBase, law: FiniteSupport, others: tuple[DataLaw, ...]
) -> tuple[list[tuple[sp.Expr, sp.MatrixBase]], sp.Matrix, Product | None]:
    """Probability and value at each point, the deviations of their means in columns, the law of the other variables."""
    rest = Product(others) if others else None
    values = [(p, vector.applyfunc(lambda e, x=point: at_data_point(e, x))) for p, point in law.weighted_points]
    means = [value if rest is None else mean_vector(value, rest) for _, value in values]
    centre = sum((p * m for (p, _), m in zip(values, means, strict=True)), sp.zeros(vector.rows, 1))
    return values, sp.Matrix.hstack(*(m - centre for m in means)), rest


def _covariance_by_points(vector: sp.MatrixBase, law: FiniteSupport, others: tuple[DataLaw, ...]) -> sp.ImmutableMatrix:
    """The law of total covariance."""
    values, deviations, rest = _by_points(vector, law, others)
    weights = sp.diag(*(p for p, _ in values))
    if all(entry.is_polynomial() for entry in deviations):
        total = _expanded_congruence(deviations, weights)
    else:
        total = deviations * weights * deviations.T
    if rest is not None:
        total += sum((p * covariance(value, rest) for p, value in values), sp.zeros(*total.shape))
    return sp.ImmutableMatrix(total)


def _factor_by_points(vector: sp.MatrixBase, law: FiniteSupport, others: tuple[DataLaw, ...]) -> sp.ImmutableMatrix:
    values, deviations, rest = _by_points(vector, law, others)
    columns = [deviations * sp.diag(*(sp.sqrt(p) for p, _ in values))]
    if rest is not None:
        columns += [sp.sqrt(p) * covariance_factor(value, rest) for p, value in values]
    return _nonzero_columns(sp.Matrix.hstack(*columns))


def _factor_by_monomials(vector: sp.MatrixBase, law: DataLaw) -> sp.ImmutableMatrix:
    powers, coefficients = _coefficients(vector, law)
    if not powers:
        return sp.ImmutableMatrix.zeros(vector.rows, 0)
    root = semidefinite_factor(_monomial_covariance(powers, law), "the covariance of the monomials of the gradient")
    return _nonzero_columns(coefficients * root)


def expanded_where_polynomial(matrix: sp.MatrixBase, variables: Iterable[sp.Symbol]) -> sp.ImmutableMatrix:
    """``matrix`` with those entries expanded that are polynomials in ``variables``; expanding others explodes."""
    symbols = tuple(variables)
    return sp.ImmutableMatrix(matrix.applyfunc(lambda e: sp.expand(e) if e.is_polynomial(*symbols) else e))


def _is_polynomial(vector: sp.MatrixBase, law: DataLaw) -> bool:
    return all(entry.is_polynomial(*law.variables) for entry in vector)


def _coefficients(vector: sp.MatrixBase, law: DataLaw) -> tuple[list[Powers], sp.Matrix]:
    """The exponents of the monomials of a polynomial, without 1, and its coefficients, one column for each."""
    polynomials = [_polynomial(entry, law).as_dict(native=False) for entry in vector]
    powers = sorted(
        {p for polynomial in polynomials for p in polynomial if any(p)}, key=lambda p: (sum(p), [-k for k in p])
    )
    columns = [sp.Matrix([polynomial.get(p, sp.S.Zero) for polynomial in polynomials]) for p in powers]
    return powers, sp.Matrix.hstack(*columns) if columns else sp.zeros(vector.rows, 0)


def _monomial_covariance(powers: list[Powers], law: DataLaw) -> sp.ImmutableMatrix:
    variables = tuple(law.variables)
    return _covariance_entry_by_entry(
        sp.Matrix([sp.Mul(*(x**k for x, k in zip(variables, p, strict=True))) for p in powers]), law
    )


def _covariance_entry_by_entry(vector: sp.MatrixBase, law: DataLaw) -> sp.ImmutableMatrix:
    centre = mean_vector(vector, law)
    entries = {}
    for i, j in itertools.combinations_with_replacement(range(vector.rows), 2):
        product = expectation(vector[i] * vector[j], law) - centre[i] * centre[j]
        entries[i, j] = entries[j, i] = sp.expand(product)
    return sp.ImmutableMatrix(vector.rows, vector.rows, lambda i, j: entries[i, j])


def _expanded_congruence(factor: sp.MatrixBase, middle: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The symmetric matrix :math:`FMF^\top`, expanded in a ring of polynomials: many times faster than as a tree."""
    d, k = factor.shape
    ring, found = sring([sp.S.Zero, *factor, *middle])
    rows = [found[1 + i * k : 1 + (i + 1) * k] for i in range(d + k)]
    F, M = rows[:d], rows[d:]
    FM: list[list[Any]] = [
        [sum((f * m for f, m in zip(row, column, strict=True)), ring.zero) for column in M] for row in F
    ]
    entries: dict[tuple[int, int], Any] = {
        (i, j): sum((a * b for a, b in zip(FM[i], F[j], strict=True)), ring.zero)
        for i, j in itertools.combinations_with_replacement(range(d), 2)
    }
    return sp.ImmutableMatrix(d, d, lambda i, j: entries[min(i, j), max(i, j)].as_expr())


def _nonzero_columns(factor: sp.MatrixBase) -> sp.ImmutableMatrix:
    factor = sp.Matrix(factor).applyfunc(lambda e: e if e.has(sp.Function) else sp.expand(e))
    kept = [j for j in range(factor.cols) if any(entry != 0 for entry in factor[:, j])]
    return sp.ImmutableMatrix(factor[:, kept]) if kept else sp.ImmutableMatrix.zeros(factor.rows, 0)
