r"""One step of a stochastic recursion: its exact moments and its diffusion limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.typeset import Typeset
from theory.values import (
    Expressions,
    column,
    count,
    distinct_symbols,
    instance,
    listed,
    mapping,
    single_expression,
    single_symbol,
)

xi = sp.Symbol("xi", real=True)
r"""Standardised noise of one step: :math:`E\xi = 0`, :math:`E\xi^2 = 1`."""

kappa_3 = sp.Symbol("kappa_3", real=True)
r"""Third moment :math:`E\xi^3`."""

kappa_4 = sp.Symbol("kappa_4", positive=True)
r"""Fourth moment :math:`E\xi^4` (3 for Gaussian noise, 1 for signs)."""


MAX_ORDER = 64
"""Moments and expansions go no further."""


def gaussian_moments(variance: sp.Expr, highest: int) -> tuple[sp.Expr, ...]:
    r"""The moments :math:`E z^j = (j-1)!!\,v^{j/2}` (j even) of :math:`z \sim N(0, v)`, for j up to ``highest``.

    Example:
        >>> zeta = sp.Symbol("zeta", positive=True)
        >>> gaussian_moments(zeta**2, 4)
        (1, 0, zeta**2, 0, 3*zeta**4)
    """
    v, highest = single_expression(variance, "variance", real=True), count(highest, "highest", at_most=MAX_ORDER)
    return tuple(sp.factorial2(j - 1) * v ** (j // 2) if j % 2 == 0 else sp.S.Zero for j in range(highest + 1))


def mean_over_noise(expression: sp.Expr, noise: sp.Symbol, moments: Sequence[sp.Expr]) -> sp.Expr:
    r"""The mean of a polynomial in ``noise``, whose moments :math:`E z^0, E z^1, \dots` are ``moments``.

    Raises:
        UnsupportedFormError: ``expression`` is not a polynomial in ``noise``.
        ShapeError: a higher moment is needed than is given.
    """
    expression, noise = single_expression(expression, "expression"), single_symbol(noise, "noise")
    moments = [single_expression(moment, "moments", real=True) for moment in listed(moments, "moments")]
    if not moments or moments[0] != 1:
        raise ShapeError(f"moments must begin with E 1 = 1, got {moments[:1]}.")
    try:
        coefficients = sp.Poly(sp.expand(expression), noise).all_coeffs()[::-1]
    except sp.PolynomialError as error:
        raise UnsupportedFormError(
            f"expression must be a polynomial in {noise}, got {expression}. Expand it in a series first."
        ) from error
    if len(coefficients) > len(moments):
        raise ShapeError(
            f"moments must reach E {noise}**{len(coefficients) - 1}, got {len(moments)} moments "
            f"(up to E {noise}**{len(moments) - 1}). Give the higher moments too."
        )
    return sp.expand(sum(c * m for c, m in zip(coefficients, moments[: len(coefficients)], strict=True)))


@dataclass(frozen=True)
class OneStepMoments(Typeset):
    """Mean and covariance of the increment of one step.

    Attributes:
        mean: Shape ``(d, 1)``.
        covariance: Shape ``(d, d)``.
    """

    mean: sp.ImmutableMatrix
    covariance: sp.ImmutableMatrix

    def _equations(self) -> list[str]:
        return [
            rf"\mathbb{{E}}\,\Delta\theta &= {sp.latex(self.mean)}",
            rf"\operatorname{{Cov}}\,\Delta\theta &= {sp.latex(self.covariance)}",
        ]


def one_step_moments(
    update: Expressions, state: Expressions, *, noise: sp.Symbol, moments: Sequence[sp.Expr]
) -> OneStepMoments:
    r"""Exact mean and covariance of :math:`\Delta = F(x, z) - x`, the increment of the random map ``update``.

    Args:
        update: :math:`F(x, z)`, polynomial in the noise ``z``. Shape ``(d, 1)``.
        state: :math:`x`. Shape ``(d, 1)``.
        noise: The symbol ``z``.
        moments: :math:`E z^0, E z^1, \dots`, up to twice the degree of ``update`` in ``z``.
    """
    after, before = column(update, "update"), distinct_symbols(state, "state")
    if after.shape != before.shape:
        raise ShapeError(
            f"update must have one entry per coordinate of state, got {after.shape} and {before.shape}. "
            "List the new value of every coordinate."
        )
    increment = after - before
    if single_symbol(noise, "noise") in set(before):
        raise SymbolError(f"noise must be a symbol of its own, but {noise} is a coordinate.")
    mean = increment.applyfunc(lambda entry: mean_over_noise(entry, noise, moments))
    second = (increment * increment.T).applyfunc(lambda entry: mean_over_noise(entry, noise, moments))
    return OneStepMoments(sp.ImmutableMatrix(mean), sp.ImmutableMatrix((second - mean * mean.T).applyfunc(sp.expand)))


def diffusion_limit(
    moments: OneStepMoments, state: Expressions, *, step: sp.Symbol, fixed: Mapping[sp.Symbol, sp.Expr]
) -> ItoProcess:
    r"""The Itô process with drift :math:`\lim E\Delta/\eta` and diffusion :math:`\lim\mathrm{Cov}\,\Delta/\eta`.

    Args:
        moments: From :func:`one_step_moments`.
        state: Coordinates of the process. Shape ``(d, 1)``.
        step: The learning rate :math:`\eta \to 0`, the step of time.
        fixed: What is held fixed in the limit, as a substitution: ``{zeta: sqrt(nu/eta)}`` holds
            :math:`\nu = \eta\zeta^2`.

    Raises:
        UnsupportedFormError: the limiting diffusion matrix is not of rank one (several independent noises).
    """
    instance(moments, OneStepMoments, "moments", "the moments of one step")
    step, state = single_symbol(step, "step"), distinct_symbols(state, "state")
    held = {
        symbol: single_expression(value, "fixed") for symbol, value in mapping(fixed, "fixed", required=True).items()
    }

    def limit(entry: sp.Expr) -> sp.Expr:
        rate = sp.cancel(sp.expand(entry.subs(held)) / step)
        if sp.fraction(rate)[1].subs(step, 0) == 0:
            raise UnsupportedFormError(
                f"moments must be of order {step}, but {rate} has no limit for {step} -> 0. "
                "Hold other products fixed: the noise of one step must be of order sqrt(step)."
            )
        return sp.factor(rate.subs(step, 0))

    drift, diffusion = moments.mean.applyfunc(limit), moments.covariance.applyfunc(limit)
    return ItoProcess(sp.ImmutableMatrix(state), drift, rank_one_factor(diffusion))


def rank_one_factor(diffusion: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The column :math:`\sigma` with :math:`\sigma\sigma^\top = a`, up to its sign. Shape ``(d, 1)``.

    Raises:
        UnsupportedFormError: ``diffusion`` is not of rank one, so it is no square of a column.
    """
    pivot = next((i for i in range(diffusion.rows) if diffusion[i, i] != 0), None)
    if pivot is None:
        return sp.ImmutableMatrix.zeros(diffusion.rows, 1)
    # sqrt(v**2) is |v|; dropping the modulus changes the sign of the whole column, which the law does not see.
    root = sp.sqrt(diffusion[pivot, pivot]).replace(sp.Abs, lambda argument: argument)
    factor = (diffusion[:, pivot] / root).applyfunc(sp.cancel)
    if (factor * factor.T - diffusion).applyfunc(sp.cancel) != sp.zeros(*diffusion.shape):
        raise UnsupportedFormError(
            f"diffusion must be of rank one to have a dispersion of one column, got {diffusion}. "
            "Give the process its dispersion directly."
        )
    return sp.ImmutableMatrix(factor)
