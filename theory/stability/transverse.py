r"""What happens next to an affine invariant set: the linearisation on its normal space.

Let :math:`\mathcal A` be an affine set that a process does not leave, with orthonormal normal vectors in the columns
of :math:`N`. Next to a point of it the displacement :math:`y = N^\top(x - x_\parallel)` follows to first order the
homogeneous process of :mod:`theory.stability.homogeneous` with

.. math::
    b(y) = A\,y, \qquad a(y) = \tfrac12\,\partial_\xi^2\,N^\top a(x_\parallel + \xi N y)\,N\,\big|_{\xi=0},

where every entry of :math:`a(y)` is a quadratic form. Its law depends on drift and diffusion only, so a dispersion
like :math:`\sqrt{2D}` never has to be differentiated.
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import (
    ShapeError,
    SymbolError,
    TheoryError,
    UnsupportedFormError,
)
from theory.infinitesimal_generator import sum_of_products
from theory.ito import ItoProcess, checked_process
from theory.notation import t
from theory.stability.homogeneous import TransverseLinearisation, expanded_in
from theory.symmetry.affine_set import AffineSet
from theory.values import Expressions, column, expressions, instance

_xi = sp.Dummy("xi", real=True)


class InvariantSetError(TheoryError):
    """The process does not stay in the affine set."""


def transverse_linearisation(
    process: ItoProcess,
    normal: sp.MatrixBase | AffineSet | None = None,
    origin: Expressions | None = None,
) -> TransverseLinearisation:
    r"""The homogeneous process next to the set :math:`\{x : N^\top(x - o) = 0\}`.

    On a set of positive dimension its coefficients depend on the point of the set, which appears as the first
    coordinates of ``process``, as many as the set has. An exponent at such a point says what happens while the point
    stays; where it moves, see :func:`linearised_along`.

    Args:
        process: Coefficients twice continuously differentiable next to the set.
        normal: :math:`N`, orthonormal columns spanning the normal space, or the set itself; by default all coordinates,
            so that the set is the point ``origin``. Shape ``(d, k)``.
        origin: A point o of the set; 0, or a point of the set that is given. Shape ``(d, 1)``.

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
    d = checked_process(process).dimension
    if isinstance(normal, AffineSet):
        normal, origin = _frame(process, normal, origin)
    N = sp.eye(d) if normal is None else expressions(normal, "normal")
    o = sp.zeros(d, 1) if origin is None else column(origin, "origin")
    if N.rows != d or not 1 <= N.cols <= d or o.rows != d:
        raise ShapeError(
            f"normal must have one row per coordinate ({d}) and at most {d} columns, and origin {d} entries, "
            f"got normal.shape={N.shape}, origin.shape={o.shape}."
        )
    if decide_zero(N.T * N - sp.eye(N.cols)).kind is not ZeroKind.ZERO:
        raise ShapeError(f"the columns of normal must be orthonormal, got {N}. Use Matrix.QRdecomposition.")
    if {t} & (process.drift.free_symbols | process.dispersion.free_symbols):
        raise UnsupportedFormError(
            "the coefficients must not depend on time: a linearisation has one rate for all of it."
        )
    n = sp.Matrix(sp.symbols(f"n_1:{N.cols + 1}", real=True))
    if set(n) & set(process.state) | set(n) & set(process.parameters):
        raise UnsupportedFormError(f"the symbols {tuple(n)} name directions here. Rename those of the process.")
    foot = _point_of_set(process, N, o)
    _refuse_cases(process)
    b_0, b_1 = _values_and_slopes(N.T * process.drift, process, foot, N * n, "normal drift")
    _require_invariance(b_0, "normal drift", foot)
    root = _slope_of_dispersion(N.T * process.dispersion, process, foot, N * n)
    if root is not None:
        diffusion = (root * root.T).applyfunc(lambda e: expanded_in(e, n))
    else:
        diffusion = _second_derivative(N.T * process.diffusion * N, process, foot, N * n)
    return TransverseLinearisation(n, b_1, diffusion, root)


def linearised_along(process: ItoProcess, affine_set: AffineSet) -> ItoProcess:
    r"""The point that moves along an invariant set, together with the homogeneous process next to it.

    .. math:: dp = T^\top b(p)\,dt + T^\top\sigma(p)\,dW, \qquad dy = A(p)\,y\,dt + \sum_jB_j(p)\,y\,dW_j

    Its exponent :math:`\lim\log|y_t|/t` decides attraction by a set on which the process has a stationary law;
    :func:`numerics.simulation.simulated_exponent.simulated_exponent` finds it, ``transverse`` being the last k
    coordinates.

    Args:
        process: As for :func:`transverse_linearisation`.
        affine_set: The set. Coordinates of the process that run along it keep their names.

    Returns:
        Coordinates :math:`p` of the set, then ``n_1, ..., n_k``.

    Raises:
        TheoryError: as :func:`transverse_linearisation`.
        UnsupportedFormError: the dispersion has no derivative on the set.

    Example:
        >>> from theory.symmetry.affine_set import AffineSet
        >>> x, y = sp.symbols("x y", real=True)
        >>> process = ItoProcess([x, y], [1 - x, -x * y], sp.Matrix([[1, 0], [0, x * y]]))
        >>> linearised_along(process, AffineSet([x, y], [y])).drift.T
        Matrix([[1 - x, -n_1*x]])
    """
    instance(affine_set, AffineSet, "affine_set", "an AffineSet")
    linear = transverse_linearisation(process, affine_set)
    T, o = affine_set.tangent_basis, affine_set.point
    own = [row.index(1) if (row := list(T[:, j])).count(0) == T.rows - 1 and 1 in row else None for j in range(T.cols)]
    foot = [sp.Symbol(f"p_{j + 1}", real=True) if i is None else process.state[i] for j, i in enumerate(own)]
    point = o + T * sp.Matrix(len(foot), 1, [p if i is None else p - o[i] for p, i in zip(foot, own, strict=True)])
    here = dict(zip(process.state, point, strict=True))
    normal = linear.process
    drift = sp.Matrix.vstack(T.T * process.drift, normal.drift).subs(here, simultaneous=True)
    dispersion = sp.Matrix.vstack(T.T * process.dispersion, normal.dispersion).subs(here, simultaneous=True)
    return ItoProcess(
        [*foot, *linear.direction], drift.applyfunc(sum_of_products), dispersion.applyfunc(sum_of_products)
    )


def _point_of_set(process: ItoProcess, N: sp.MatrixBase, o: sp.MatrixBase) -> sp.Matrix:
    """A point of the set by as few coordinates as it has, the first ones of the process: (u, u) on u = v."""
    gap = sp.Matrix(sp.Matrix(process.state) - o).as_mutable()
    backwards, pivots = sp.Matrix(N.T)[:, ::-1].rref()  # so that the last coordinates are expressed by the first
    last = process.dimension - 1
    for row, pivot in enumerate(pivots):
        others = (j for j in range(pivot + 1, last + 1) if j not in pivots)
        gap[last - pivot] = sp.Add(*(-backwards[row, j] * gap[last - j] for j in others))
    return (o + gap).applyfunc(sp.expand)


def _frame(
    process: ItoProcess, affine_set: AffineSet, origin: Expressions | None
) -> tuple[sp.ImmutableMatrix, Expressions]:
    """Normal vectors and a point of a set, in the order of the coordinates of the process."""
    if tuple(affine_set.state) != tuple(process.state):
        raise SymbolError(
            "normal must be a set of the process's own coordinates, in their order: got a set in "
            f"{tuple(affine_set.state)} for a process in {tuple(process.state)}."
        )
    if affine_set.dimension == process.dimension:
        raise ShapeError("normal must be a set with a normal direction, but this one is the whole space.")
    return affine_set.normal_basis, affine_set.point if origin is None else origin


_CASES = (sp.sign, sp.Max, sp.Min, sp.Heaviside, sp.Piecewise)
_UNDEFINED = (sp.nan, sp.zoo, sp.oo, -sp.oo, sp.DiracDelta, sp.sign, sp.Subs, sp.Derivative, AppliedUndef)


def _refuse_cases(process: ItoProcess) -> None:
    """SymPy gives a function of cases a derivative where it has none, the average of those on both sides or either."""
    for name in ("drift", "dispersion"):
        found = sorted(map(str, getattr(process, name).atoms(*_CASES)))
        if found:
            raise UnsupportedFormError(
                f"the {name} must not be defined by cases, got {found[0]}. Write it with Abs, or give one side a "
                "process of its own."
            )


def _require_invariance(values: sp.MatrixBase, name: str, foot: sp.MatrixBase) -> None:
    if decide_zero(values).kind is not ZeroKind.ZERO:
        raise InvariantSetError(
            f"the set must be invariant: the {name} has to vanish on it, but is {list(values)} at {tuple(foot)}. "
            "Move the set."
        )


def _require_defined(values: sp.MatrixBase, name: str) -> None:
    for entry in values:
        if entry.has(*_UNDEFINED):
            raise UnsupportedFormError(
                f"the {name} must be an explicit function with derivatives on the set, got {entry} there. "
                "Replace undefined functions by their Taylor polynomials."
            )


def _at(matrix: sp.MatrixBase, process: ItoProcess, point: sp.MatrixBase) -> sp.Matrix:
    moved = {x: p for x, p in zip(process.state, point, strict=True) if x != p}
    if matrix.has(sp.Derivative, sp.Subs):
        return sp.Matrix(matrix).subs(moved, simultaneous=True).doit()
    return sp.Matrix(matrix).xreplace(moved)  # the same, and several times faster


def _directional(matrix: sp.MatrixBase, process: ItoProcess, vector: sp.MatrixBase, foot: sp.MatrixBase) -> sp.Matrix:
    """The derivative along ``vector`` at ``foot``."""
    total = sp.zeros(*matrix.shape)
    for x, component in zip(process.state, vector, strict=True):
        if component != 0:
            total += component * _at(matrix.applyfunc(lambda e, x=x: sp.diff(e, x)), process, foot)
    return total.applyfunc(lambda e: expanded_in(e, vector.free_symbols))


def _values_and_slopes(
    matrix: sp.MatrixBase, process: ItoProcess, foot: sp.MatrixBase, vector: sp.MatrixBase, name: str
) -> tuple[sp.Matrix, sp.Matrix]:
    """``matrix`` and its derivative along ``vector`` on the set."""
    value = _at(matrix, process, foot).applyfunc(sum_of_products)
    _require_defined(value, name)
    slope = _directional(matrix, process, vector, foot)
    if slope.has(*_UNDEFINED):
        slope = _along_ray(matrix, process, foot, vector).diff(_xi).subs(_xi, 0).applyfunc(sum_of_products)
    _require_defined(slope, name)
    return value, slope


def _along_ray(matrix: sp.MatrixBase, process: ItoProcess, foot: sp.MatrixBase, vector: sp.MatrixBase) -> sp.Matrix:
    return sp.Matrix(matrix.subs(dict(zip(process.state, foot + _xi * vector, strict=True)), simultaneous=True))


def _slope_of_dispersion(
    dispersion: sp.MatrixBase, process: ItoProcess, foot: sp.MatrixBase, vector: sp.MatrixBase
) -> sp.ImmutableMatrix | None:
    r"""The derivative :math:`\sigma'`, where :math:`\sigma = 0` and it exists: then :math:`a = \sigma'\sigma'^\top`."""
    if not all(sum_of_products(entry) == 0 for entry in _at(dispersion, process, foot)):
        return None
    slope = _directional(dispersion, process, vector, foot)
    if slope.has(*_UNDEFINED) or dispersion.has(sp.Abs):
        # Along a ray a root like sqrt(x**2 + y**2) is linear; the factor has to come out of the square root to show it.
        # And SymPy gives abs(x) the derivative sign(0) = 0 at 0, where it has none.
        step = sp.Dummy("xi", positive=True)
        ray = _along_ray(dispersion, process, foot, vector).subs(_xi, step)
        slope = ray.applyfunc(lambda e: sp.diff(sp.factor_terms(sp.expand(e), radical=True), step).subs(step, 0))
        slope = slope.applyfunc(sum_of_products)
    return None if slope.has(*_UNDEFINED) else sp.ImmutableMatrix(slope)


def _second_derivative(
    diffusion: sp.MatrixBase, process: ItoProcess, foot: sp.MatrixBase, vector: sp.MatrixBase
) -> sp.Matrix:
    """Half the second derivative of the diffusion along ``vector``; value and slope have to vanish."""
    along = _along_ray(diffusion, process, foot, vector)
    values = [along.diff(_xi, i).doit().subs(_xi, 0).applyfunc(sum_of_products) for i in range(3)]
    for value, name in zip(values[:2], ("normal diffusion", "slope of the normal diffusion"), strict=True):
        _require_defined(value, name)
        _require_invariance(value, name, foot)
    _require_defined(values[2], "normal diffusion")
    return (values[2] / 2).applyfunc(sum_of_products)
