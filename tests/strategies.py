"""Hypothesis strategies that draw objects of the theory, with small rational coefficients so that all stays exact."""

from __future__ import annotations

import sympy as sp
from hypothesis import strategies as st

from theory.ito import ItoProcess
from theory.ornstein_uhlenbeck import OrnsteinUhlenbeck

LINE = (sp.Symbol("x", real=True), sp.Symbol("y", real=True), sp.Symbol("w", real=True))
"""Coordinates of the drawn processes on the whole line, plane or space."""

HALF_LINE = sp.Symbol("x", positive=True)
"""Coordinate of the drawn processes on the positive half-line."""


def rationals(minimum: int = -3, maximum: int = 3) -> st.SearchStrategy[sp.Rational]:
    """Rationals between ``minimum`` and ``maximum`` with denominator at most 4."""
    return st.fractions(minimum, maximum, max_denominator=4).map(lambda q: sp.Rational(q.numerator, q.denominator))


def positive_rationals(maximum: int = 3) -> st.SearchStrategy[sp.Rational]:
    """Rationals from 1/4 to ``maximum`` with denominator at most 4."""
    return st.integers(1, 4 * maximum).map(lambda numerator: sp.Rational(numerator, 4))


@st.composite
def polynomials(draw: st.DrawFn, symbols: tuple[sp.Symbol, ...], degree: int = 2, terms: int = 3) -> sp.Expr:
    """Polynomials in ``symbols`` of total degree at most ``degree`` with at most ``terms`` terms."""
    total = sp.S.Zero
    for _ in range(draw(st.integers(0, terms))):
        factors = draw(st.lists(st.sampled_from(symbols), max_size=degree))
        total += draw(rationals()) * sp.Mul(*factors)
    return total


@st.composite
def polynomial_processes(
    draw: st.DrawFn, dimensions: tuple[int, int] = (1, 3), noise_dimensions: tuple[int, int] = (1, 3), degree: int = 2
) -> ItoProcess:
    """Itô processes with polynomial drift and dispersion; dimensions are drawn from the closed ranges."""
    d = draw(st.integers(*dimensions))
    m = draw(st.integers(*noise_dimensions))
    state = LINE[:d]
    drift = [draw(polynomials(state, degree)) for _ in range(d)]
    dispersion = [[draw(polynomials(state, degree, terms=2)) for _ in range(m)] for _ in range(d)]
    return ItoProcess(sp.ImmutableMatrix(state), sp.ImmutableMatrix(drift), sp.ImmutableMatrix(dispersion))


@st.composite
def confined_processes(draw: st.DrawFn) -> ItoProcess:
    r"""Processes on the line that have a stationary law, of three families.

    * whole line, additive noise, drift :math:`-V'` with a polynomial ``V`` of even degree and positive leading term;
    * positive half-line, :math:`dx = (m x - c x^{n+1})\,dt + z x\,dW` with :math:`2m > z^2`, so that zero repels;
    * positive half-line, :math:`dx = k(m - x)\,dt + z\sqrt x\,dW` with :math:`2km > z^2`, so that zero is not hit.
    """
    family = draw(st.sampled_from(["additive", "multiplicative", "square root"]))
    z = draw(positive_rationals(2))
    if family == "additive":
        x = LINE[0]
        lower = draw(polynomials((x,), degree=2))
        drift = lower - draw(positive_rationals()) * x ** draw(st.sampled_from([3, 5]))
        return ItoProcess.scalar(x, drift=drift, dispersion=z)
    x = HALF_LINE
    excess, rate = draw(positive_rationals()), draw(positive_rationals())
    if family == "multiplicative":
        drift = (z**2 / 2 + excess) * x - rate * x ** (1 + draw(st.integers(1, 3)))
        return ItoProcess.scalar(x, drift=drift, dispersion=z * x)
    return ItoProcess.scalar(x, drift=z**2 / 2 + excess - rate * x, dispersion=z * sp.sqrt(x))


@st.composite
def square_matrices(draw: st.DrawFn, size: int) -> sp.ImmutableMatrix:
    """Rational matrices of shape ``(size, size)``."""
    return sp.ImmutableMatrix(size, size, [draw(rationals(-2, 2)) for _ in range(size * size)])


@st.composite
def ornstein_uhlenbeck_processes(draw: st.DrawFn, dimensions: tuple[int, int] = (1, 2)) -> OrnsteinUhlenbeck:
    """Stable processes; the rate matrix has a positive definite symmetric part and need not be normal."""
    d = draw(st.integers(*dimensions))
    root, other = draw(square_matrices(d)), draw(square_matrices(d))
    rate = root * root.T + sp.eye(d) / 2 + (other - other.T)
    mean = [draw(rationals()) for _ in range(d)]
    return OrnsteinUhlenbeck(rate, sp.ImmutableMatrix(mean), draw(square_matrices(d)))
