r"""The homogeneous process on the normal space of an invariant set: linear drift, quadratic diffusion.

.. math::
    b(y) = A\,y, \qquad a(cy) = c^2\,a(y)

It is what :func:`theory.stability.transverse.transverse_linearisation` makes of a process next to its set. By Itô's
formula, for :math:`r = |y|` and :math:`n = y/r`,

.. math::
    \mathcal L\,\frac{r^\lambda}{\lambda} = r^\lambda\big(Q(n) + \tfrac\lambda2\,G(n)\big), \qquad
    Q(n) = n\cdot An + \tfrac12\operatorname{tr}a(n) - G(n), \qquad G(n) = n\cdot a(n)\,n .

References:
    Khasminskii, *Stochastic Stability of Differential Equations* (2012), section 6.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp

from theory.decision.zero import decide_zero
from theory.errors import ShapeError, UnsupportedFormError
from theory.infinitesimal_generator import sum_of_products
from theory.ito import ItoProcess
from theory.typeset import Typeset
from theory.values import Expressions, admitted_values, column, expressions, shown


@dataclass(frozen=True)
class TransverseLinearisation(Typeset):
    r"""The homogeneous process on the normal space, of which :attr:`direction` is the coordinate.

    Attributes:
        direction: Symbols :math:`n_1, \dots, n_k`. Shape ``(k, 1)``.
        drift: :math:`An`, linear in the direction. Shape ``(k, 1)``.
        diffusion: :math:`a(n)`, every entry a quadratic form in the direction. Shape ``(k, k)``.
        dispersion: A root of the diffusion, one column per Brownian motion, where the process has one with a derivative
            on the set, else None. The law depends on the diffusion alone. Shape ``(k, m)``.
    """

    direction: sp.ImmutableMatrix
    drift: sp.ImmutableMatrix
    diffusion: sp.ImmutableMatrix
    dispersion: sp.ImmutableMatrix | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "direction", column(self.direction, "direction"))
        object.__setattr__(self, "drift", column(self.drift, "drift"))
        object.__setattr__(self, "diffusion", expressions(self.diffusion, "diffusion"))
        k = self.dimension
        if self.drift.rows != k or self.diffusion.shape != (k, k):
            raise ShapeError(
                f"drift and diffusion must have one row per entry of direction: direction has {k}, "
                f"got drift.shape={self.drift.shape}, diffusion.shape={self.diffusion.shape}."
            )
        for name, entries, degree in (("drift", self.drift, 1), ("diffusion", self.diffusion, 2)):
            for entry in entries:
                if not _is_form(entry, self.direction, degree):
                    raise UnsupportedFormError(
                        f"{name} must be homogeneous of degree {degree} in {tuple(self.direction)}, got {entry}."
                    )
        if self.dispersion is not None:
            object.__setattr__(self, "dispersion", expressions(self.dispersion, "dispersion"))
            if self.dispersion.rows != k or not _is_root(self.dispersion, self.diffusion):
                raise ShapeError("dispersion must be a root of diffusion: dispersion * dispersion.T == diffusion.")

    @property
    def dimension(self) -> int:
        """The number k of normal directions."""
        return self.direction.rows

    @property
    def drift_matrix(self) -> sp.ImmutableMatrix:
        """The matrix A. Shape ``(k, k)``."""
        return sp.ImmutableMatrix(self.drift.jacobian(self.direction))

    @property
    def noise_matrices(self) -> tuple[sp.ImmutableMatrix, ...] | None:
        r""":math:`B_j` with :math:`a(n) = \sum_jB_jnn^\top B_j^\top`, if the dispersion is linear, else None."""
        if self.dispersion is None or not all(_is_form(e, self.direction, 1) for e in self.dispersion):
            return None
        columns = (self.dispersion[:, j] for j in range(self.dispersion.cols))
        return tuple(sp.ImmutableMatrix(c.jacobian(self.direction)) for c in columns)

    @property
    def process(self) -> ItoProcess:
        """The homogeneous process itself, for simulation.

        Raises:
            UnsupportedFormError: no root of the diffusion is known.
        """
        if self.dispersion is None:
            raise UnsupportedFormError(
                "the dispersion has no derivative on the set, so that no root of the diffusion "
                f"{self.diffusion.tolist()} is known. Pass one as dispersion=."
            )
        return ItoProcess(self.direction, self.drift, self.dispersion)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols besides the direction, sorted by name; coordinates of the point of the set are among them."""
        free = (self.drift.free_symbols | self.diffusion.free_symbols) - set(self.direction)
        return tuple(sorted(free, key=lambda symbol: symbol.name))

    def subs(self, values: Mapping[sp.Symbol, object]) -> TransverseLinearisation:
        """With numbers or expressions for parameters, read as by :func:`theory.values.admitted_number`.

        Raises:
            SymbolError: a name is no parameter, or its value is refused.
        """
        put = admitted_values(values, self.parameters)
        drift, diffusion = (m.subs(put, simultaneous=True) for m in (self.drift, self.diffusion))
        root = None if self.dispersion is None else self.dispersion.subs(put, simultaneous=True)
        return TransverseLinearisation(self.direction, drift, diffusion, root)

    @property
    def radial_noise(self) -> sp.Expr:
        r"""The variance rate :math:`G(n) = n\cdot a(n)\,n` of :math:`\log r`, for :math:`|n| = 1`."""
        return expanded_in((self.direction.T * self.diffusion * self.direction)[0], self.direction)

    @property
    def log_growth(self) -> sp.Expr:
        r"""The drift :math:`Q(n) = n\cdot An + \frac12\operatorname{tr}a(n) - n\cdot a(n)\,n` of :math:`\log r`.

        For :math:`|n| = 1`; Khasminskii's integrand.
        """
        radial_drift = (self.direction.T * self.drift)[0]
        return expanded_in(radial_drift + self.diffusion.trace() / 2 - self.radial_noise, self.direction)

    def along(self, expression: sp.Expr, vector: Expressions) -> sp.Expr:
        """``expression`` in the direction of a vector, which need not have length 1 for a form of degree 2."""
        entries = column(vector, "vector")
        if entries.rows != self.dimension:
            raise ShapeError(f"vector must have {self.dimension} entries, got {entries.rows}.")
        return expression.subs(dict(zip(self.direction, entries, strict=True)), simultaneous=True)


def checked_linearisation(linearisation: object) -> TransverseLinearisation:
    """``linearisation`` if it is one.

    Raises:
        ShapeError: it is not.
    """
    if not isinstance(linearisation, TransverseLinearisation):
        raise ShapeError(
            f"linearisation must be a TransverseLinearisation, got {shown(linearisation)}. "
            "Make it with transverse_linearisation(process, affine_set)."
        )
    return linearisation


def _is_root(root: sp.MatrixBase, diffusion: sp.MatrixBase) -> bool:
    """Whether root times its transpose is the diffusion, exactly."""
    return decide_zero(sp.Matrix(root * root.T - diffusion)).says_zero


def expanded_in(expression: sp.Expr, symbols: Sequence[sp.Expr] | sp.MatrixBase) -> sp.Expr:
    """``expression`` expanded; where it holds functions such as tanh, as a polynomial in ``symbols`` alone.

    Then the coefficients stay as they are: expanding products of sums of transcendental functions explodes.
    """
    plain, back = named_coefficients(expression, symbols)
    return sum_of_products(plain).xreplace(back)


def named_coefficients(
    expression: sp.Expr, symbols: Sequence[sp.Expr] | sp.MatrixBase
) -> tuple[sp.Expr, dict[sp.Expr, sp.Expr]]:
    """``expression`` with names for its coefficients where it holds functions such as tanh, and their meaning."""
    if not expression.has(sp.Function):
        return expression, {}
    meaning: dict[sp.Expr, sp.Dummy] = {}
    plain = _with_names(expression, set(symbols), meaning)
    return plain, {name: coefficient for coefficient, name in meaning.items()}


def _with_names(expression: sp.Expr, symbols: set[sp.Expr], meaning: dict[sp.Expr, sp.Dummy]) -> sp.Expr:
    """``expression`` with a name for every part without ``symbols``."""
    if not expression.free_symbols & symbols:
        return expression if expression.is_Number else meaning.setdefault(expression, sp.Dummy())
    if not (expression.is_Add or expression.is_Mul or expression.is_Pow):
        return expression
    return expression.func(*(_with_names(argument, symbols, meaning) for argument in expression.args))


def _is_form(entry: sp.Expr, direction: sp.MatrixBase, degree: int) -> bool:
    """Whether ``entry`` is a polynomial in ``direction`` all of whose terms have the given degree."""
    if not entry.is_polynomial(*direction):
        return False
    plain, _ = named_coefficients(entry, direction)
    return entry == 0 or all(sum(powers) == degree for powers in sp.Poly(plain, *direction).monoms())
