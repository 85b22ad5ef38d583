r"""The Ornstein-Uhlenbeck process :math:`dX = -A\,(X - m)\,dt + S\,dW`, exactly, in any dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from theory.errors import NotNormalisableError, ShapeError
from theory.ito import ItoProcess, checked_dispersion, diffusion_matrix
from theory.matrices.exponential import matrix_exponential
from theory.matrices.lyapunov import hurwitz_condition, lyapunov_solution
from theory.typeset import Typeset, combination
from theory.values import Expressions, column, expressions, single_expression


@dataclass(frozen=True)
class OrnsteinUhlenbeck(Typeset):
    r"""The Gaussian process :math:`dX = -A\,(X - m)\,dt + S\,dW` with constant coefficients.

    Attributes:
        A: Rate matrix :math:`A`, not necessarily symmetric. Shape ``(d, d)``.
        mean: :math:`m`, towards which a stable process reverts. Shape ``(d, 1)``.
        dispersion: :math:`S`, one column per Brownian motion. Shape ``(d, n)``.

    Raises:
        ShapeError: a shape differs from the above.

    References:
        Gardiner, *Handbook of Stochastic Methods* (2004), section 4.4.6.

    Example:
        >>> k, T = sp.symbols("k T", positive=True)
        >>> t = sp.Symbol("t", nonnegative=True)
        >>> process = OrnsteinUhlenbeck([[k]], [0], [[sp.sqrt(2 * T)]])
        >>> process.transition_covariance(t)
        Matrix([[T/k - T*exp(-2*k*t)/k]])
        >>> process.stationary_covariance()
        Matrix([[T/k]])
    """

    A: sp.ImmutableMatrix
    mean: sp.ImmutableMatrix
    dispersion: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        object.__setattr__(self, "A", expressions(self.A, "A", real=True))
        object.__setattr__(self, "mean", column(self.mean, "mean", real=True))
        d = self.A.rows
        if d == 0 or self.A.cols != d:
            raise ShapeError(f"A must be a square matrix with at least one row, got A.shape={self.A.shape}.")
        if self.mean.rows != d:
            raise ShapeError(f"mean must have one entry per row of A: A has {d}, got mean.shape={self.mean.shape}.")
        object.__setattr__(self, "dispersion", checked_dispersion(self.dispersion, d))

    @property
    def dimension(self) -> int:
        """Number of coordinates, d."""
        return self.A.rows

    @property
    def diffusion(self) -> sp.ImmutableMatrix:
        r"""The diffusion matrix :math:`Q = S S^\top`. Shape ``(d, d)``."""
        return diffusion_matrix(self.dispersion)

    def as_ito_process(self, state: Sequence[sp.Symbol]) -> ItoProcess:
        """The same process with coordinates named ``state``, ``d`` symbols.

        Raises:
            ShapeError: ``state`` does not have ``d`` entries.
            SymbolError: ``state`` does not hold distinct symbols.
        """
        x = column(state, "state")
        if x.rows != self.dimension:
            raise ShapeError(f"state must have one symbol per row of A: A has {self.dimension}, got {x.rows}.")
        return ItoProcess(x, -self.A * (x - self.mean), self.dispersion)

    def transition_mean(self, start: Expressions, time: sp.Expr) -> sp.ImmutableMatrix:
        r"""The conditional mean :math:`m + e^{-At}(x_0 - m)`. Shape ``(d, 1)``.

        Args:
            start: :math:`x_0`, ``d`` expressions.
            time: :math:`t \ge 0`.

        Raises:
            ShapeError: ``start`` does not have ``d`` entries.
            UnsupportedFormError: see :func:`theory.matrices.exponential.matrix_exponential`.
        """
        x_0 = column(start, "start")
        if x_0.rows != self.dimension:
            raise ShapeError(f"start must have one entry per row of A: A has {self.dimension}, got {x_0.rows}.")
        return sp.ImmutableMatrix(self.mean + matrix_exponential(-self.A, time) * (x_0 - self.mean))

    def transition_covariance(self, time: sp.Expr) -> sp.ImmutableMatrix:
        r"""The conditional covariance :math:`C(t) = \int_0^t e^{-As} Q\,e^{-A^\top s}\,ds`. Shape ``(d, d)``.

        Where the Lyapunov equation has one solution :math:`\Sigma`, stable or not, this is
        :math:`\Sigma - e^{-At}\,\Sigma\,e^{-A^\top t}`; otherwise it is read from the exponential of a matrix of
        twice the size. It does not depend on the starting point.

        Args:
            time: :math:`t \ge 0`.

        Raises:
            UnsupportedFormError: see :func:`theory.matrices.exponential.matrix_exponential`.

        References:
            Van Loan, *Computing integrals involving the matrix exponential*, IEEE Trans. Autom. Control 23
            (1978), theorem 1.
        """
        sigma = self._lyapunov_solution()
        if sigma is None:
            return self._van_loan(time)
        flow = matrix_exponential(-self.A, time)
        return sp.ImmutableMatrix((sigma - flow * sigma * flow.T).applyfunc(sp.expand))

    def stationary_covariance(self) -> sp.ImmutableMatrix:
        r"""The covariance of the stationary law: :math:`A\,\Sigma + \Sigma\,A^\top = Q`. Shape ``(d, d)``.

        It is the covariance of a law exactly where :attr:`stable` holds (for noise that excites every mode).

        Raises:
            NotNormalisableError: the process is not stable for any value of its parameters, or the Lyapunov
                equation is singular.

        References:
            Gardiner, *Handbook of Stochastic Methods* (2004), section 4.4.6.
        """
        sigma = None if self.stable == sp.false else self._lyapunov_solution()
        if sigma is None:
            raise NotNormalisableError(
                f"a stationary law needs every eigenvalue of A to have positive real part, got A={self.A.tolist()}. "
                "The transition covariance exists for every A."
            )
        return sigma

    def autocovariance(self, lag: sp.Expr) -> sp.ImmutableMatrix:
        r"""The stationary :math:`\operatorname{Cov}(X_{s+\tau}, X_s) = e^{-A\tau}\,\Sigma` for lag :math:`\tau \ge 0`.

        Shape ``(d, d)``; not symmetric unless the process is reversible.

        Raises:
            NotNormalisableError: see :meth:`stationary_covariance`.
            UnsupportedFormError: see :func:`theory.matrices.exponential.matrix_exponential`.
        """
        lag = single_expression(lag, "lag")
        return sp.ImmutableMatrix(matrix_exponential(-self.A, lag) * self.stationary_covariance())

    @property
    def stable(self) -> sp.Basic:
        r"""When every eigenvalue of ``A`` has positive real part, as a condition on the parameters.

        The Hurwitz determinants of :math:`\det(\lambda I + A)` are all positive.

        References:
            Gantmacher, *The Theory of Matrices* II (1959), chapter XV, section 6 (Routh-Hurwitz).

        Example:
            >>> a, b = sp.symbols("a b", real=True)
            >>> OrnsteinUhlenbeck([[a, -1], [1, b]], [0, 0], [[1], [0]]).stable
            (a + b > 0) & (a**2*b + a*b**2 + a + b > 0)
        """
        return hurwitz_condition(-self.A)

    def _lyapunov_solution(self) -> sp.ImmutableMatrix | None:
        """The symmetric solution of the Lyapunov equation, or None where it is not unique."""
        return lyapunov_solution(self.A, self.diffusion)

    def _van_loan(self, time: sp.Expr) -> sp.ImmutableMatrix:
        d = self.dimension
        block = sp.Matrix.vstack(sp.Matrix.hstack(-self.A, self.diffusion), sp.Matrix.hstack(sp.zeros(d), self.A.T))
        exponential = matrix_exponential(block, time)
        covariance = exponential[:d, d:] * exponential[:d, :d].T
        return sp.ImmutableMatrix(covariance.applyfunc(sp.expand))

    def _equations(self) -> list[str]:
        scalar = self.A.shape == self.dispersion.shape == (1, 1)
        A, m, S = (part[0] if scalar else part for part in (self.A, self.mean, self.dispersion))
        away = "X" if self.mean.is_zero_matrix else rf"\left(X - {sp.latex(m)}\right)"
        if scalar:
            terms = [(-A, rf"{away}\,dt"), (S, "dW")]
            return [f"dX &= {combination(terms)}"]
        return [rf"dX &= -{sp.latex(A)} {away}\,dt + {sp.latex(S)}\,dW"]
