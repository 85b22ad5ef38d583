r"""Itô processes and Itô's formula.

The one record everything else in ``theory`` works on. Time enters coefficients and observables
through :data:`theory.notation.t`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.local_time import Kink, is_smooth, slope_jumps
from theory.notation import t
from theory.services import service
from theory.typeset import Typeset, combination
from theory.values import (
    Expressions,
    by_name,
    column,
    distinct_symbols,
    expressions,
    instance,
    mapping,
    single_expression,
)


@dataclass(frozen=True)
class ItoProcess(Typeset):
    r"""The diffusion :math:`dX_t = b(X_t)\,dt + \sigma(X_t)\,dW_t`, read in the Itô sense.

    Attributes:
        state: Coordinates :math:`x`, distinct symbols. Shape ``(d, 1)``.
        drift: :math:`b(x)`. Shape ``(d, 1)``.
        dispersion: :math:`\sigma(x)`, one column per Brownian motion. Shape ``(d, m)``.

    Raises:
        ShapeError: a shape differs from the above.
        SymbolError: ``state`` holds something that is not a symbol, or a symbol twice.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), chapter 7.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> process = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> process.diffusion
        Matrix([[theta**2*zeta**2]])
    """

    state: sp.ImmutableMatrix
    drift: sp.ImmutableMatrix
    dispersion: sp.ImmutableMatrix

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", distinct_symbols(self.state, "state"))
        object.__setattr__(self, "drift", column(self.drift, "drift", real=True))
        object.__setattr__(self, "dispersion", checked_dispersion(self.dispersion, self.dimension))
        d = self.dimension
        if t in set(self.state):
            raise SymbolError(f"state must hold distinct symbols other than time {t}, got {tuple(self.state)}.")
        if self.drift.rows != d:
            raise ShapeError(
                f"drift must have one entry per coordinate of state: state has {d}, got drift.shape={self.drift.shape}."
            )
        self._refuse_lookalikes()

    def _refuse_lookalikes(self) -> None:
        """A symbol with a coordinate's name and other assumptions would silently be a parameter."""
        own = set(self.state) | {t}
        names = {symbol.name for symbol in own}
        for symbol in (self.drift.free_symbols | self.dispersion.free_symbols) - own:
            if symbol.name in names:
                meant, advice = f"the coordinate {symbol}", "Use one symbol throughout."
                if symbol.name == t.name:
                    meant, advice = "the time t", "Use theory.notation.t, or give a parameter another name."
                raise SymbolError(
                    f"the coefficients hold a symbol {symbol} that is not {meant}: same name, other assumptions. "
                    f"{advice}"
                )

    @classmethod
    def scalar(
        cls, state: sp.Symbol, *unnamed: object, drift: sp.Expr | None = None, dispersion: sp.Expr | None = None
    ) -> ItoProcess:
        """The process with one coordinate and one Brownian motion.

        Raises:
            ShapeError: drift or dispersion is missing, or given without its name.
        """
        if unnamed or drift is None or dispersion is None:
            raise ShapeError(
                "drift and dispersion must be given by name, since either order is in use: "
                f"ItoProcess.scalar({state}, drift=..., dispersion=...)."
            )
        return cls([state], [drift], [[dispersion]])

    @property
    def dimension(self) -> int:
        """Number of coordinates, d."""
        return self.state.rows

    @property
    def noise_dimension(self) -> int:
        """Number of independent Brownian motions, m."""
        return self.dispersion.cols

    @property
    def diffusion(self) -> sp.ImmutableMatrix:
        r"""The diffusion matrix :math:`a = \sigma\sigma^\top`. Shape ``(d, d)``."""
        return diffusion_matrix(self.dispersion)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Free symbols of the coefficients that are neither coordinates nor time, sorted by name."""
        free = (self.drift.free_symbols | self.dispersion.free_symbols) - set(self.state) - {t}
        return by_name(free)

    def subs(self, values: Mapping[sp.Symbol, sp.Expr]) -> ItoProcess:
        """The process with ``values`` put in for parameters.

        Raises:
            SymbolError: ``values`` names a coordinate. Use ``change_of_variables`` for that.
        """
        values = mapping(values, required=True)
        named = set(values) & set(self.state)
        if named:
            raise SymbolError(
                f"values may name parameters only, but {sorted(map(str, named))} are coordinates. "
                "Use theory.change_of_variables to pass to other coordinates."
            )
        exact = {symbol: single_expression(value, str(symbol)) for symbol, value in values.items()}
        put = {"simultaneous": True}
        return ItoProcess(self.state, self.drift.subs(exact, **put), self.dispersion.subs(exact, **put))

    def portrait(self, values: Mapping[sp.Symbol, sp.Expr | float] | None = None, **options: Any) -> Any:
        """Drift and noise on the line or in the plane, on axes of matplotlib, which are returned.

        Args:
            values: A number for every parameter.
            options: ``region`` and ``axes`` of :func:`numerics.deterministic.pictures.portrait`.
        """
        return service("portraits")(self, values, **options)

    def _equations(self) -> list[str]:
        names = (f"d{sp.latex(x)}" for x in self.state)
        return [
            _differential(name, *row) for name, *row in zip(names, self.drift, self.dispersion.tolist(), strict=True)
        ]


def _differential(name: str, drift: sp.Expr, noises: list[sp.Expr]) -> str:
    """One line of a stochastic differential equation."""
    units = ["dW"] if len(noises) == 1 else [f"dW_{{{j + 1}}}" for j in range(len(noises))]
    return f"{name} &= {combination([(drift, 'dt'), *zip(noises, units, strict=True)])}"


def checked_dispersion(dispersion: object, dimension: int) -> sp.ImmutableMatrix:
    """``dispersion`` as a real matrix with one row per coordinate and at least one column.

    Raises:
        ShapeError: it is none.
    """
    matrix = expressions(dispersion, "dispersion", real=True)  # type: ignore[arg-type]
    if matrix.rows != dimension or matrix.cols == 0:
        raise ShapeError(
            f"dispersion must have one row per coordinate and at least one column: there are {dimension} coordinates, "
            f"got dispersion.shape={matrix.shape}. Give a coordinate without noise a row of zeros, and a process "
            "without noise a column of them."
        )
    return matrix


def diffusion_matrix(dispersion: sp.MatrixBase) -> sp.ImmutableMatrix:
    r"""The diffusion :math:`\sigma\sigma^\top` of a dispersion :math:`\sigma`. Shape ``(d, d)``."""
    return sp.ImmutableMatrix(dispersion * dispersion.T)


def checked_process(process: object) -> ItoProcess:
    """``process`` if it is one.

    Raises:
        ShapeError: it is not.
    """
    return instance(process, ItoProcess, "process", "an ItoProcess, built as one or from a model")


def observable(process: ItoProcess, f: sp.Expr, name: str = "f") -> sp.Expr:
    """``f`` as one expression in the coordinates of ``process``; ``name`` is the argument an error speaks of.

    Raises:
        ShapeError: ``f`` is not a single expression.
        SymbolError: ``f`` holds a symbol that only looks like a coordinate or like time. It would be taken
            for a constant, and every derivative of it would silently be zero.
    """
    expression = single_expression(f, name)
    known = {symbol.name: symbol for symbol in (*checked_process(process).state, t)}
    for symbol in expression.free_symbols:
        meant = known.get(getattr(symbol, "name", ""), symbol)
        if meant != symbol:
            raise SymbolError(
                f"{name} holds a symbol {symbol} that differs from the process's own {meant} in its assumptions "
                f"({symbol.assumptions0} against {meant.assumptions0}). Build {name} from the process's symbol."
            )
    return expression


@dataclass(frozen=True)
class ItoDifferential(Typeset):
    r"""The differential :math:`df(t, X_t) = \mu\,dt + \varsigma\,dW_t` of ``k`` observables.

    Attributes:
        drift: :math:`\mu`. Shape ``(k, 1)``; of one observable that is no vector, an expression.
        dispersion: :math:`\varsigma`, one column per Brownian motion. Shape ``(k, m)``.
    """

    drift: Any
    dispersion: sp.ImmutableMatrix

    def _equations(self) -> list[str]:
        drifts = list(self.drift) if isinstance(self.drift, sp.MatrixBase) else [self.drift]
        names = ["df"] if len(drifts) == 1 else [f"df_{{{k + 1}}}" for k in range(len(drifts))]
        return [_differential(name, *row) for name, *row in zip(names, drifts, self.dispersion.tolist(), strict=True)]


def ito_differential(process: ItoProcess, observables: sp.Expr | Expressions) -> ItoDifferential:
    r"""Itô's formula for one observable or a vector of them.

    .. math::
        df_k = \Big(\partial_t f_k + \sum_i b_i\,\partial_i f_k
               + \tfrac12 \sum_{ij} a_{ij}\,\partial_i\partial_j f_k\Big) dt
               + \sum_{ij} \partial_i f_k\,\sigma_{ij}\,dW_j

    The sum over all pairs ``(i, j)`` carries every cross quadratic variation
    :math:`d[X_i, X_j] = a_{ij}\,dt`.

    Args:
        process: the process whose coordinates the observables are functions of.
        observables: expressions in ``process.state`` and time ``t``, twice differentiable but for kinks (Abs, Max,
            Piecewise), each of which adds its local time to the drift, written with :class:`sympy.DiracDelta`
            (:mod:`theory.local_time`). One expression has a drift that is an expression; a vector of them, also of one,
            has a column.

    Raises:
        SymbolError: an observable holds a look-alike of a coordinate or of time.
        UnsupportedFormError: an observable jumps, or whether it has a kink could not be decided.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), theorem 4.2.1; Revuz and Yor, *Continuous Martingales and
        Brownian Motion* (1999), theorem VI.1.5.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> ito_differential(gbm, sp.log(theta)).drift
        mu - zeta**2/2
        >>> x = sp.Symbol("x", real=True)
        >>> ito_differential(ItoProcess.scalar(x, drift=0, dispersion=1), sp.Abs(x)).drift
        DiracDelta(x)
    """
    checked_process(process)
    several = isinstance(observables, sp.MatrixBase | list | tuple)
    f = column(observables if several else [observables], "observables")
    if not f.rows:
        raise ShapeError("observables must hold at least one expression, got none.")
    f = f.applyfunc(lambda entry: observable(process, entry, "observables"))
    gradient = sp.Matrix([[off_kinks(sp.diff(entry, x)) for x in process.state] for entry in f])
    a = process.diffusion
    second = [sum((a[i, j] * h for (i, j), h in _hessian(entry, process.state)), sp.S.Zero) for entry in f]
    local_times = [
        sum((kink.rate(tuple(process.state), a) for kink in slope_jumps(entry, tuple(process.state))), sp.S.Zero)
        for entry in f
    ]
    in_time = f.diff(t).applyfunc(off_kinks)
    drift = sp.ImmutableMatrix(
        (in_time + gradient * process.drift + sp.Matrix(second) / 2 + sp.Matrix(local_times)).applyfunc(sp.expand)
    )
    return ItoDifferential(
        drift if several else drift[0],
        sp.ImmutableMatrix((gradient * process.dispersion).applyfunc(sp.expand)),
    )


def _hessian(f: sp.Expr, state: sp.ImmutableMatrix) -> list[tuple[tuple[int, int], sp.Expr]]:
    """Every second derivative of ``f`` off its kinks, with its indices."""
    pairs = itertools.product(enumerate(state), repeat=2)
    return [((i, j), off_kinks(sp.diff(off_kinks(sp.diff(f, x)), y))) for (i, x), (j, y) in pairs]


def off_kinks(derivative: sp.Expr) -> sp.Expr:
    """A derivative without the point masses that SymPy writes for Abs and Max, but not for Piecewise."""
    return derivative.replace(sp.DiracDelta, lambda *_: sp.S.Zero) if derivative.has(sp.DiracDelta) else derivative


def require_no_kink(f: sp.Expr, process: ItoProcess, name: str) -> None:
    """Refuse an expression that would gain local time.

    Raises:
        UnsupportedFormError: naming the kink.
    """
    state = tuple(process.state)
    found = (
        [] if is_smooth(f, state) else [k for k in slope_jumps(f, state, name) if k.rate(state, process.diffusion) != 0]
    )
    if found:
        raise UnsupportedFormError(_kink_message(f, found[0], name))


def _kink_message(f: sp.Expr, kink: Kink, name: str) -> str:
    return (
        f"{name} must have a continuous slope, but that of {f} jumps by {kink.jump} at "
        f"{kink.coordinate} = {kink.place}: it gains the local time of the process there, no function of the state. "
        "theory.ito_differential gives its differential with the local time."
    )


def quadratic_covariation(process: ItoProcess, f: sp.Expr, g: sp.Expr) -> sp.Expr:
    r"""The rate :math:`d[f(X), g(X)]/dt = \nabla f^\top a\,\nabla g`.

    References:
        Karatzas and Shreve, *Brownian Motion and Stochastic Calculus* (1991), section 3.2.
    """
    f, g = single_expression(f, "f"), single_expression(g, "g")
    df = ito_differential(process, [f, g]).dispersion
    return sp.expand((df.row(0) * df.row(1).T)[0])
