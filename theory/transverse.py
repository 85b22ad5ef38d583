r"""What happens next to an affine invariant set: the linearisation on its normal space, and theorem 4.2.

Let :math:`\mathcal A` be an affine set that a process does not leave, with orthonormal normal vectors in the columns
of :math:`N`. Next to a point of it the displacement :math:`y = N^\top(x - x_\parallel)` follows to first order the
homogeneous process with

.. math::
    b(y) = A\,y, \qquad a(y) = \tfrac12\,\partial_\xi^2\,N^\top a(x_\parallel + \xi N y)\,N\,\big|_{\xi=0},

where every entry of :math:`a(y)` is a quadratic form. Its law depends on drift and diffusion only, so a dispersion
like :math:`\sqrt{2D}` never has to be differentiated. By Itô's formula, for :math:`r = |y|` and :math:`n = y/r`,

.. math::
    \mathcal L\,\frac{r^\lambda}{\lambda} = r^\lambda\big(Q(n) + \tfrac\lambda2\,G(n)\big), \qquad
    Q(n) = n\cdot An + \tfrac12\operatorname{tr}a(n) - G(n), \qquad G(n) = n\cdot a(n)\,n .

Theorem 4.2 of the stochastic-collapse paper (:math:`D = a/2`, :math:`b = -\nabla L`) asks for :math:`Q + \delta G < 0`
and :math:`G > \delta` in *every* direction: :math:`r^{2\delta}` is then a supermartingale next to the set. The top
Lyapunov exponent, an average of :math:`Q` over directions, may be negative without it; see :mod:`theory.lyapunov`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import Boolean

from theory.errors import DimensionError, MissingParameterError, ShapeError, TheoryError, UnsupportedFormError
from theory.generator import expanded
from theory.ito import Expressions, ItoProcess, column, expressions
from theory.notation import t
from theory.zero import decide_zero

slack = sp.Symbol("delta", positive=True)
r"""The :math:`\delta` of theorem 4.2."""

_xi = sp.Dummy("xi", real=True)


class InvariantSetError(TheoryError):
    """The process does not stay in the affine set."""


@dataclass(frozen=True)
class TransverseLinearisation:
    r"""The homogeneous process on the normal space, of which :attr:`direction` is the coordinate.

    Attributes:
        direction: Symbols :math:`n_1, \dots, n_k`. Shape ``(k, 1)``.
        drift: :math:`An`, linear in the direction. Shape ``(k, 1)``.
        diffusion: :math:`a(n)`, every entry a quadratic form in the direction. Shape ``(k, k)``.
    """

    direction: sp.ImmutableMatrix
    drift: sp.ImmutableMatrix
    diffusion: sp.ImmutableMatrix

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

    @property
    def dimension(self) -> int:
        """The number k of normal directions."""
        return self.direction.rows

    @property
    def drift_matrix(self) -> sp.ImmutableMatrix:
        """The matrix A. Shape ``(k, k)``."""
        return sp.ImmutableMatrix(self.drift.jacobian(self.direction))

    @property
    def radial_noise(self) -> sp.Expr:
        r"""The variance rate :math:`G(n) = n\cdot a(n)\,n` of :math:`\log r`, for :math:`|n| = 1`."""
        return expanded((self.direction.T * self.diffusion * self.direction)[0])

    @property
    def log_growth(self) -> sp.Expr:
        r"""The drift :math:`Q(n) = n\cdot An + \frac12\operatorname{tr}a(n) - n\cdot a(n)\,n` of :math:`\log r`.

        For :math:`|n| = 1`; Khasminskii's integrand.
        """
        radial_drift = (self.direction.T * self.drift)[0]
        return expanded(radial_drift + self.diffusion.trace() / 2 - self.radial_noise)

    def along(self, expression: sp.Expr, vector: Expressions) -> sp.Expr:
        """``expression`` in the direction of a vector, which need not have length 1 for a form of degree 2."""
        entries = column(vector, "vector")
        if entries.rows != self.dimension:
            raise ShapeError(f"vector must have {self.dimension} entries, got {entries.rows}.")
        return expression.subs(dict(zip(self.direction, entries, strict=True)), simultaneous=True)


def transverse_linearisation(
    process: ItoProcess,
    normal: sp.MatrixBase | None = None,
    origin: Expressions | None = None,
) -> TransverseLinearisation:
    r"""The homogeneous process next to the set :math:`\{x : N^\top(x - o) = 0\}`.

    On a set of positive dimension its coefficients depend on the point of the set, which appears as the coordinates
    of ``process``.

    Args:
        process: Coefficients twice continuously differentiable next to the set.
        normal: :math:`N`, orthonormal columns spanning the normal space; by default all coordinates, so that the set
            is the point ``origin``. Shape ``(d, k)``.
        origin: A point o of the set; 0 unless given. Shape ``(d, 1)``.

    Raises:
        ShapeError: a shape is wrong, or the columns are not orthonormal.
        InvariantSetError: normal drift or diffusion is not provably zero on the set.
        UnsupportedFormError: a derivative does not exist there, or a coefficient depends on time or is undefined.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> c, s = sp.symbols("c s", positive=True)
        >>> neuron = ItoProcess([x, y], [c * y, c * x], sp.Matrix([s * y, s * x]))
        >>> transverse_linearisation(neuron).log_growth
        2*c*n_1*n_2 - 4*n_1**2*n_2**2*s**2 + n_1**2*s**2/2 + n_2**2*s**2/2
    """
    d = process.dimension
    N = sp.eye(d) if normal is None else expressions(normal, "normal")
    o = sp.zeros(d, 1) if origin is None else column(origin, "origin")
    if N.rows != d or not 1 <= N.cols <= d or o.rows != d:
        raise ShapeError(
            f"normal must have one row per coordinate ({d}) and at most {d} columns, and origin {d} entries, "
            f"got normal.shape={N.shape}, origin.shape={o.shape}."
        )
    if decide_zero(N.T * N - sp.eye(N.cols)).kind != "zero":
        raise ShapeError(f"the columns of normal must be orthonormal, got {N}. Use Matrix.QRdecomposition.")
    if {t} & (process.drift.free_symbols | process.dispersion.free_symbols):
        raise UnsupportedFormError(
            "the coefficients must not depend on time: a linearisation has one rate for all of it."
        )
    n = sp.Matrix(sp.symbols(f"n_1:{N.cols + 1}", real=True))
    if set(n) & set(process.state) | set(n) & set(process.parameters):
        raise UnsupportedFormError(f"the symbols {tuple(n)} name directions here. Rename those of the process.")
    state = sp.Matrix(process.state)
    foot = o + (state - o) - N * (N.T * (state - o))
    ray = foot + _xi * N * n

    def derivatives(entries: sp.MatrixBase, name: str, order: int) -> list[sp.MatrixBase]:
        along_ray = entries.subs(dict(zip(process.state, ray, strict=True)), simultaneous=True)
        found = [along_ray.diff(_xi, i).doit().subs(_xi, 0).applyfunc(expanded) for i in range(order + 1)]
        for entry in (e for matrix in found for e in matrix):
            if entry.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.DiracDelta, sp.sign, sp.Subs, sp.Derivative, AppliedUndef):
                raise UnsupportedFormError(
                    f"the {name} must be an explicit function with derivatives on the set, got {entry} there. "
                    "Replace undefined functions by their Taylor polynomials."
                )
        return found

    b_0, b_1 = derivatives(N.T * process.drift, "normal drift", 1)
    a_0, a_1, a_2 = derivatives(N.T * process.diffusion * N, "normal diffusion", 2)
    for name, value in (("normal drift", b_0), ("normal diffusion", a_0), ("slope of the normal diffusion", a_1)):
        if decide_zero(value).kind != "zero":
            raise InvariantSetError(
                f"the set must be invariant: the {name} has to vanish on it, but is {list(value)} at {tuple(foot)}. "
                "Move the set."
            )
    return TransverseLinearisation(n, b_1, (a_2 / 2).applyfunc(expanded))


@dataclass(frozen=True)
class SufficientCondition:
    r"""The hypothesis (6) of theorem 4.2 at one point of the set.

    The theorem asks for one :math:`\delta > 0` for which :math:`G > \delta` and the left side of (6) is positive in
    every normal direction and at every point of the set. It is sufficient and not necessary, and it can never hold
    where a normal direction carries no radial noise, as at every sign-invariant set.

    Attributes:
        linearisation: Next to that point.
        radial_noise: :math:`\nabla_n^2\,n^\top D\,n = G(n)`.
        left_side: :math:`\nabla_n^2\big(L - \frac12\operatorname{tr}D_\perp + (1-\delta)\,n^\top D\,n\big)`.
    """

    linearisation: TransverseLinearisation
    radial_noise: sp.Expr
    left_side: sp.Expr

    def in_direction(self, vector: Expressions) -> Boolean:
        """Both inequalities in the direction of a unit vector, with :data:`slack` free."""
        left, noise = (self.linearisation.along(e, vector) for e in (self.left_side, self.radial_noise))
        return sp.And(sp.Gt(noise, slack), sp.Gt(left, 0))

    def decide(self, values: Mapping[sp.Symbol, object] | None = None) -> bool:
        r"""Whether some :math:`\delta` serves all directions of a normal space of at most two dimensions.

        Both sides are continuous on the circle and monotone in :math:`\delta`, so one exists exactly if
        :math:`G > 0` and the left side at :math:`\delta = 0` is positive everywhere: two quartics without real
        root, counted exactly.

        Args:
            values: An exact rational number for every parameter.

        Raises:
            DimensionError: more than two normal directions.
            MissingParameterError: a parameter has no rational value.

        Example:
            >>> x, y = sp.symbols("x y", real=True)
            >>> g = sp.Symbol("g", real=True)
            >>> isotropic = ItoProcess([x, y], [-g * x, -g * y], sp.sqrt(x**2 + y**2) * sp.eye(2))
            >>> condition = sufficient_condition(transverse_linearisation(isotropic))
            >>> condition.decide({g: sp.Rational(1, 9)}), condition.decide({g: -sp.Rational(1, 9)})
            (True, False)
        """
        k = self.linearisation.dimension
        if k > 2:
            raise DimensionError(
                f"decide counts roots on a circle, but there are {k} normal directions. Look at in_direction(...)."
            )
        given = {symbol: sp.sympify(value, strict=True) for symbol, value in (values or {}).items()}
        margins = [e.subs(given) for e in (self.radial_noise, self.left_side.subs(slack, 0))]
        return all(_positive_on_circle(margin, self.linearisation.direction) for margin in margins)


def sufficient_condition(linearisation: TransverseLinearisation) -> SufficientCondition:
    r"""Condition (6) of theorem 4.2, with the sign of the drift that a generator calculation gives.

    .. math:: -\,n\cdot An - \tfrac12\operatorname{tr}a(n) + (1-\delta)\,G(n) = -Q(n) - \delta\,G(n) > 0

    References:
        Stochastic-collapse paper (arXiv 2306.04251), theorem 4.2 and eq. (6).
    """
    noise = linearisation.radial_noise
    return SufficientCondition(linearisation, noise, expanded(-linearisation.log_growth - slack * noise))


def _is_form(entry: sp.Expr, direction: sp.MatrixBase, degree: int) -> bool:
    """Whether ``entry`` is a polynomial in ``direction`` all of whose terms have the given degree."""
    if not entry.is_polynomial(*direction):
        return False
    return entry == 0 or all(sum(powers) == degree for powers in sp.Poly(entry, *direction).monoms())


def _positive_on_circle(margin: sp.Expr, direction: sp.MatrixBase) -> bool:
    """Whether a sum of forms of degree 2 and 4, read at unit length, is positive in every direction."""
    u = sp.Dummy("u", real=True)
    if direction.rows == 1:
        values = [margin.subs(direction[0], 1)]
    else:
        homogeneous = sp.expand(
            sum(
                term * (1 if sp.Poly(term, *direction).total_degree() == 4 else direction.dot(direction))
                for term in sp.Add.make_args(sp.expand(margin))
                if term != 0
            )
        )
        quartic = homogeneous.subs({direction[0]: 1, direction[1]: u})
        values = [homogeneous.subs({direction[0]: 0, direction[1]: 1}), quartic.subs(u, 0)]
    unknown = {symbol for value in values for symbol in value.free_symbols}
    if unknown or not all(value.is_Rational for value in values):
        raise MissingParameterError(
            f"values must give every parameter an exact rational number; what is left is {values}."
        )
    if direction.rows == 2:
        polynomial = sp.Poly(quartic, u)
        if not all(c.is_Rational for c in polynomial.all_coeffs()):
            raise MissingParameterError(f"values must give every parameter an exact rational number; left: {quartic}.")
        if not polynomial.is_zero and polynomial.count_roots() > 0:
            return False
    return all(value > 0 for value in values)
