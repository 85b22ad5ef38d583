r"""Moment equations of a process with polynomial coefficients.

For the monomial :math:`x^k = x_1^{k_1} \cdots x_d^{k_d}`, Dynkin's formula gives

.. math:: \tfrac{d}{dt}\,\mathbb E X_t^k = \mathbb E\,(\mathcal L x^k)(X_t) = \sum_\ell c_{k\ell}\,\mathbb E X_t^\ell .

The hierarchy is closed when no moment of higher order appears, which is so when drift and diffusion have
degrees at most 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import sympy as sp

from theory.errors import MissingParameterError, ShapeError, UnsupportedFormError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, checked_process
from theory.matrices.exponential import matrix_exponential
from theory.matrices.triangular import triangular_flow, triangular_order
from theory.notation import t
from theory.stationary_moments import MultiIndex, stationary_moments
from theory.typeset import Typeset, combination
from theory.values import column, count, listed, shown, single_expression

MOST_EXPONENT = 10**6


@dataclass(frozen=True)
class MomentEquations(Typeset):
    r"""The linear system :math:`\dot m = M m + N m^{>} + c` for the moments :math:`m_k = \mathbb E X_t^k`.

    Attributes:
        state: Coordinates of the process. Shape ``(d, 1)``.
        moments: Multi-indices of :math:`m`, of order 1 up to the order asked for, graded.
        matrix: :math:`M`. Shape ``(n, n)``.
        constant: :math:`c`. Shape ``(n, 1)``.
        higher: Multi-indices of the moments :math:`m^{>}` of higher order that the system needs from outside.
        higher_matrix: :math:`N`. Shape ``(n, len(higher))``.
    """

    state: sp.ImmutableMatrix
    moments: tuple[MultiIndex, ...]
    matrix: sp.ImmutableMatrix
    constant: sp.ImmutableMatrix
    higher: tuple[MultiIndex, ...]
    higher_matrix: sp.ImmutableMatrix

    @property
    def closed(self) -> bool:
        """Whether the moments up to this order determine their own evolution."""
        return not self.higher

    @property
    def symbols(self) -> sp.ImmutableMatrix:
        r"""A real symbol for each moment, such as ``E[x**2*y]``. Shape ``(n, 1)``."""
        return sp.ImmutableMatrix([self.symbol(index) for index in self.moments])

    @property
    def rhs(self) -> sp.ImmutableMatrix:
        """The time derivatives of the moments, written with :attr:`symbols`. Shape ``(n, 1)``."""
        higher = sp.Matrix(len(self.higher), 1, [self.symbol(index) for index in self.higher])
        return sp.ImmutableMatrix(self.matrix * self.symbols + self.higher_matrix * higher + self.constant)

    def symbol(self, index: MultiIndex) -> sp.Symbol:
        """The real symbol that stands for the moment ``index``.

        Raises:
            ShapeError: ``index`` has no exponent for each coordinate.
        """
        exponents = [count(k, "index", at_most=MOST_EXPONENT) for k in listed(index, "index")]
        if len(exponents) != self.state.rows:
            raise ShapeError(
                f"index must have one exponent for each coordinate {tuple(self.state)}, got {shown(index)}."
            )
        return sp.Symbol(f"E[{_monomial(self.state, index)}]", real=True)

    def solution(
        self, initial: Sequence[sp.Expr] | Mapping[MultiIndex, sp.Expr], *, time: sp.Expr = t
    ) -> dict[MultiIndex, sp.Expr]:
        r"""The moments at ``time``, in closed form: :math:`e^{Mt} m(0) + \int_0^t e^{M(t-s)} c\,ds`.

        By back substitution where the system is triangular, which it is for one coordinate, for independent ones,
        and where each drift holds its own coordinate and earlier ones; else by the exponential of :math:`M`.
        Parameters are generic, see :func:`theory.matrices.exponential.matrix_exponential`.

        Args:
            initial: A starting point (``d`` expressions), or the initial moments by multi-index.
            time: The time at which to evaluate.

        Raises:
            MissingParameterError: ``initial`` is a mapping that lacks a moment, or a point of another dimension.
            UnsupportedFormError: the system is not closed or time-dependent, or its eigenvalues have no closed form.

        Example:
            >>> from theory.notation import mu, theta, theta_0, zeta
            >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
            >>> moment_equations(gbm, 1).solution([theta_0])
            {(1,): theta_0*exp(mu*t)}
        """
        self._require_closed("solution")
        start, time = self._initial(initial), single_expression(time, "time")
        order = triangular_order(self.matrix)
        if order is not None:
            flow = triangular_flow(self.matrix, list(self.constant), start, order, time)
            return dict(zip(self.moments, flow, strict=True))
        n = len(self.moments)
        augmented = sp.Matrix.vstack(sp.Matrix.hstack(self.matrix, self.constant), sp.zeros(1, n + 1))
        flow = matrix_exponential(augmented, time) * sp.Matrix([*start, 1])
        return {index: sp.expand(flow[i]) for i, index in enumerate(self.moments)}

    def stationary(self) -> dict[MultiIndex, sp.Expr]:
        r"""The stationary moments :math:`-M^{-1} c`, each with the condition under which it exists.

        A moment of order k is given where every eigenvalue of :math:`M` that belongs to a moment of order up to k of
        the coordinates involved has negative real part: there the moments from every start tend to these. Elsewhere
        it is nan; on the line it is infinite where a law exists whose tail is too heavy, k even or the coordinate
        not negative.

        Raises:
            UnsupportedFormError: the system is not closed or time-dependent.
            NotNormalisableError: no moment is stationary for any values of the parameters.

        References:
            Forman and Soerensen, *The Pearson diffusions*, Scand. J. Statist. 35 (2008), section 2.

        Example:
            >>> x = sp.Symbol("x", positive=True)
            >>> k, s = sp.symbols("k s", positive=True)
            >>> moment_equations(ItoProcess.scalar(x, drift=k - k * x, dispersion=s * x), 2).stationary()
            {(1,): 1, (2,): Piecewise((-2*k/(-2*k + s**2), k > s**2/2), (oo, True))}
        """
        self._require_closed("stationary")
        return stationary_moments(self.matrix, self.constant, self.moments, tuple(self.state))

    def _require_closed(self, name: str) -> None:
        if not self.closed:
            names = ", ".join(str(self.symbol(index)) for index in self.higher)
            raise UnsupportedFormError(
                f"{name} needs closed moment equations, but these also hold the moments {names} of higher order. "
                "Close them by an assumption on these moments, or simulate."
            )
        if t in self.matrix.free_symbols | self.constant.free_symbols:
            raise UnsupportedFormError(
                f"{name} needs coefficients that do not depend on time {t}. Integrate rhs numerically."
            )

    def _initial(self, initial: Sequence[sp.Expr] | Mapping[MultiIndex, sp.Expr]) -> list[sp.Expr]:
        if isinstance(initial, Mapping):
            missing = [index for index in self.moments if index not in initial]
            if missing:
                raise MissingParameterError(
                    f"initial needs a value for every moment {self.moments}, missing {missing}. "
                    "Give a starting point if the process starts at one."
                )
            return [single_expression(initial[index], f"initial[{index}]") for index in self.moments]
        start = column(initial, "initial")
        if start.rows != self.state.rows:
            raise MissingParameterError(
                f"initial needs one value per coordinate {tuple(self.state)}, got {start.rows}."
            )
        return [_monomial(list(start), index) for index in self.moments]

    def _equations(self) -> list[str]:
        names = [_mean(self.state, index) for index in (*self.moments, *self.higher)]
        rows = sp.Matrix.hstack(self.matrix, self.higher_matrix).tolist()
        return [
            rf"\frac{{d}}{{dt}}{name} &= {combination([*zip(row, names, strict=True), (c, '')])}"
            for name, row, c in zip(names, rows, self.constant, strict=False)
        ]


MAX_ORDER = 64
"""Moments of higher order are not written down."""


def moment_equations(process: ItoProcess, order: int) -> MomentEquations:
    r"""The equations of all moments of order 1 up to ``order``.

    Args:
        process: A process whose drift and diffusion are polynomials in the coordinates; parameters and time may
            enter in any way. The dispersion itself need not be polynomial.
        order: The highest order :math:`|k| = k_1 + \dots + k_d`, at least 1.

    Raises:
        DimensionError: ``order`` is not a whole number from 1 to 64.
        UnsupportedFormError: a coefficient is not a polynomial.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), theorem 7.4.1 (Dynkin's formula).

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> double_well = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
        >>> equations = moment_equations(double_well, 2)
        >>> equations.closed, equations.rhs[1]
        (False, E[theta**2]*(2*mu + zeta**2) - 2*E[theta**4])
    """
    checked_process(process)
    order = count(order, "order", at_least=1, at_most=MAX_ORDER)
    moments = _graded_indices(process.dimension, order)
    expansions = [_expansion(process, index) for index in moments]
    reached = {index for expansion in expansions for index in expansion}
    zeroth = (0,) * process.dimension
    higher = tuple(sorted(reached - set(moments) - {zeroth}, key=lambda index: (sum(index), index)))
    return MomentEquations(
        process.state,
        moments,
        _coefficient_matrix(expansions, moments),
        _coefficient_matrix(expansions, (zeroth,)),
        higher,
        _coefficient_matrix(expansions, higher),
    )


def _graded_indices(dimension: int, order: int) -> tuple[MultiIndex, ...]:
    indices = (index for index in product(range(order + 1), repeat=dimension) if 1 <= sum(index) <= order)
    return tuple(sorted(indices, key=lambda index: (sum(index), tuple(-power for power in index))))


def _mean(state: sp.MatrixBase, index: MultiIndex) -> str:
    """A moment in LaTeX."""
    power = sp.Mul(*(x**k for x, k in zip(state, index, strict=True)))
    return rf"\mathbb{{E}}\left[{sp.latex(power)}\right]"


def _monomial(point: Sequence[sp.Expr] | sp.MatrixBase, index: MultiIndex) -> sp.Expr:
    return sp.Mul(*(x**power for x, power in zip(point, index, strict=True)))


def _expansion(process: ItoProcess, index: MultiIndex) -> dict[MultiIndex, sp.Expr]:
    """The coefficients of the generator applied to the monomial ``index``, by multi-index."""
    image = generator(process, _monomial(process.state, index))
    polynomial = image.as_poly(*process.state)
    if polynomial is None:
        raise UnsupportedFormError(
            f"moment equations need drift and diffusion polynomial in {tuple(process.state)}, "
            f"but the generator maps {_monomial(process.state, index)} to {image}. "
            "A change of variables may make the coefficients polynomial."
        )
    return dict(polynomial.terms())


def _coefficient_matrix(
    expansions: Sequence[Mapping[MultiIndex, sp.Expr]], columns: Sequence[MultiIndex]
) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(
        len(expansions), len(columns), [row.get(index, sp.S.Zero) for row in expansions for index in columns]
    )
