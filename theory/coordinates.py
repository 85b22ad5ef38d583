r"""Changes of variables :math:`Y = g(X)` of an Itô process, exact or refused.

A change of variables is given with its inverse, and the inverse is checked, not trusted:
``old_in_terms_of_new`` composed with ``new_in_terms_of_old`` has to be provably the identity. The range
of the map enters through the assumptions of the new symbols, which have to follow from those of the old.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.integrals.manualintegrate import manualintegrate

from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.ito import ItoProcess, checked_process, ito_differential, observable, require_no_kink
from theory.line.charts.interval import Interval
from theory.line.charts.uncharted import is_finite_inside
from theory.notation import t
from theory.values import Expressions, listed, shown, single_expression


def change_of_variables(
    process: ItoProcess,
    new_state: sp.Symbol | Sequence[sp.Symbol],
    new_in_terms_of_old: sp.Expr | Expressions,
    old_in_terms_of_new: sp.Expr | Expressions,
    *,
    interval: Interval | None = None,
) -> ItoProcess:
    r"""The process :math:`Y = g(X)` in its own coordinates, by Itô's formula.

    Its generator :math:`\tilde{\mathcal L}` satisfies
    :math:`(\tilde{\mathcal L} f)\circ g = \mathcal L (f\circ g)` for every observable ``f``.

    Args:
        process: The process ``X`` of dimension ``d``.
        new_state: ``d`` symbols for ``Y``. Every assumption they carry (positive, real, ...) has to follow from
            the assumptions of the old coordinates; a weaker one is always allowed.
        new_in_terms_of_old: :math:`g`, twice differentiable, ``d`` expressions in ``process.state`` and time.
        old_in_terms_of_new: :math:`g^{-1}`, ``d`` expressions in ``new_state`` and time.
        interval: Where ``X`` lives, for a process on the line; default: what the assumptions of its coordinate say.

    Raises:
        ShapeError: one of the three does not have ``d`` entries.
        SymbolError: a new symbol is already in use, or carries an assumption that ``g`` does not guarantee.
        UnsupportedFormError: :math:`g^{-1}(g(x)) = x` could not be proved, or g has a kink.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), theorem 4.2.1.

    Example:
        >>> from theory.notation import mu, s, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> change_of_variables(gbm, s, theta**2, sp.sqrt(s)).drift
        Matrix([[2*mu*s + s*zeta**2]])
    """
    symbols = tuple(_entries(new_state, checked_process(process).dimension, "new_state"))
    new = [
        observable(process, g, "new_in_terms_of_old")
        for g in _entries(new_in_terms_of_old, process.dimension, "new_in_terms_of_old")
    ]
    old = [
        single_expression(g, "old_in_terms_of_new")
        for g in _entries(old_in_terms_of_new, process.dimension, "old_in_terms_of_new")
    ]
    inside = _points_of(process, interval)
    _check_new_symbols(process, symbols, new, inside, interval)
    _check_inverse(process, symbols, new, old, inside, interval)
    for g in new:
        require_no_kink(g, process, "new_in_terms_of_old")

    differential = ito_differential(process, new)
    there = dict(zip(process.state, old, strict=True))
    return ItoProcess(
        sp.ImmutableMatrix(symbols),
        differential.drift.applyfunc(lambda entry: _rewritten(_short(entry, inside), there)),
        differential.dispersion.applyfunc(lambda entry: _rewritten(_short(entry, inside), there)),
    )


def lamperti(process: ItoProcess, symbol: sp.Symbol, *, interval: Interval | None = None) -> ItoProcess:
    r"""The process :math:`Y = \int^X dx / \sigma(x)`, whose dispersion is 1.

    The antiderivative that was found is differentiated, and the inverse that was found is composed with it;
    neither is used unless that proves it.

    Args:
        process: A process on the line with one Brownian motion and non-zero dispersion on the domain that the
            assumptions of its coordinate describe.
        symbol: Name of ``Y``, usually real.
        interval: See :func:`change_of_variables`.

    Raises:
        DimensionError: more than one coordinate or Brownian motion.
        UnsupportedFormError: the dispersion is zero or depends on time, or no antiderivative or inverse in
            closed form was found. Give both to :func:`change_of_variables` if you know them.
        SymbolError: see :func:`change_of_variables`.

    References:
        Iacus, *Simulation and Inference for Stochastic Differential Equations* (2008), section 1.11.4.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> lamperti(gbm, sp.Symbol("y", real=True)).drift
        Matrix([[mu/zeta - zeta/2]])
    """
    _require_symbol(checked_process(process), symbol)
    if process.dimension != 1 or process.noise_dimension != 1:
        raise DimensionError(
            "lamperti needs one coordinate and one Brownian motion, but the process has "
            f"{process.dimension} and {process.noise_dimension}. On the line, sqrt(process.diffusion) "
            "is the dispersion of a process with the same law and one Brownian motion."
        )
    (x,), (sigma,) = process.state, process.dispersion
    if sigma == 0 or t in sigma.free_symbols:
        raise UnsupportedFormError(
            f"lamperti needs a dispersion that is not zero and does not depend on time {t}, got {sigma}."
        )
    antiderivative = _antiderivative(1 / sigma, x)
    inside = _points_of(process, interval)
    inverse = _inverse(antiderivative, x, symbol, inside)
    moved = change_of_variables(process, symbol, antiderivative, inverse, interval=interval)
    root = 1 / _under_one_root(1 / sigma)
    if root == sigma:
        return moved
    drift = (process.drift[0] - sp.diff(sp.expand(sigma**2), x) / 4) / root
    return ItoProcess.scalar(symbol, drift=sp.expand(drift.subs(x, inverse)), dispersion=sp.S.One)


def logarithm(process: ItoProcess, symbol: sp.Symbol) -> ItoProcess:
    r"""The process :math:`Z = \log|X|` of a process on the line that keeps its sign.

    For a negative coordinate this is :math:`\log(-X)`. The logarithm sees one half-line only: it describes
    ``X`` for all times when the sign of ``X`` is conserved, as it is when drift and dispersion are Lipschitz and vanish
    at zero; otherwise only up to the first visit to zero.

    Args:
        process: A process with one coordinate, whose symbol is declared ``positive`` or ``negative``.
        symbol: Name of ``Z``; no more than real.

    Raises:
        DimensionError: more than one coordinate.
        SymbolError: the sign of the coordinate is not declared, or see :func:`change_of_variables`.

    References:
        Stochastic-collapse paper (arXiv 2306.04251), section 4.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> double_well = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
        >>> logarithm(double_well, sp.Symbol("z", real=True)).drift
        Matrix([[mu - zeta**2/2 - exp(2*z)]])
    """
    _require_symbol(checked_process(process), symbol)
    if process.dimension != 1:
        raise DimensionError(
            f"logarithm is defined on the line, but the process has coordinates {tuple(process.state)}. "
            "Use change_of_variables with a logarithm for the coordinates that keep their sign."
        )
    (x,) = process.state
    if not (x.is_positive or x.is_negative):
        raise SymbolError(
            f"logarithm needs a coordinate that keeps its sign, but {x} is declared neither positive nor negative. "
            f'State the half-line: sp.Symbol("{x}", positive=True).'
        )
    sign = sp.S.One if x.is_positive else sp.S.NegativeOne
    return change_of_variables(process, symbol, sp.log(sign * x), sign * sp.exp(symbol))


def _entries(given: sp.Expr | Expressions, dimension: int, name: str) -> list[sp.Expr]:
    entries = listed(given, name) if isinstance(given, sp.MatrixBase | list | tuple) else [given]
    if len(entries) != dimension:
        raise ShapeError(
            f"{name} must have one entry per coordinate of the process: needed {dimension}, got {len(entries)}."
        )
    return [single_expression(entry, name) for entry in entries]


def _points_of(process: ItoProcess, interval: Interval | None) -> dict[sp.Symbol, sp.Expr]:
    """The coordinate as an expression whose assumptions know the interval: left + p, right - p or a mean of both."""
    if interval is None:
        return {}
    if process.dimension != 1:
        raise DimensionError(
            f"interval is where a process on the line lives, but the process has coordinates {tuple(process.state)}. "
            "Declare assumptions of the coordinates instead."
        )
    (x,), (left, right) = process.state, Interval.given(interval, process.state[0]).ends
    p = sp.Dummy("p", positive=True)
    if left.is_finite and right.is_finite:
        return {x: (left + right * p) / (1 + p)}
    return {x: left + p if left.is_finite else right - p if right.is_finite else sp.Dummy(x.name, real=True)}


def _inside(expression: sp.Expr, points: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """``expression`` at a point of the interval, its logarithms and roots of reduced quotients."""
    if not points:
        return expression
    reduced = expression.subs(points).replace(
        lambda e: isinstance(e, sp.log) or (e.is_Pow and not e.exp.is_integer),
        lambda e: e.func(sp.factor(sp.cancel(sp.together(e.args[0]))), *e.args[1:]),
    )
    return sp.expand_log(reduced)


def _check_new_symbols(
    process: ItoProcess,
    symbols: Sequence[sp.Symbol],
    new: Sequence[sp.Expr],
    inside: dict[sp.Symbol, sp.Expr],
    interval: Interval | None,
) -> None:
    used = {t, *process.state, *process.parameters}.union(*(g.free_symbols for g in new))
    taken = {symbol.name for symbol in used}
    for y, g in zip(symbols, new, strict=True):
        if not isinstance(y, sp.Symbol) or y.name in taken:
            raise SymbolError(
                "new_state must hold distinct symbols that the process does not use yet, "
                f"got {shown(y)} next to {sorted(taken)}."
            )
        taken.add(y.name)
        there = _inside(g, inside)
        unproved = {name: value for name, value in y.assumptions0.items() if getattr(there, f"is_{name}") is not value}
        if unproved and not (unproved.items() <= _REAL.items() and _is_finite(g, process, interval)):
            name = min(unproved, key=len)
            raise SymbolError(
                f"new_state declares {y} with {name}={unproved[name]}, which does not follow from {y} = {g} under the "
                f"assumptions of {tuple(process.state)}. {_advice(process, y)}"
            )


_REAL = sp.Symbol("y", real=True).assumptions0
"""What is known of a real symbol."""


def _is_finite(g: sp.Expr, process: ItoProcess, interval: Interval | None) -> bool:
    """Whether a function of one coordinate is seen to be finite and real where that lives."""
    if process.dimension > 1:
        return False
    (x,) = process.state
    factor, of_x = g.as_independent(x, as_Add=False)
    if not factor.is_real or of_x.free_symbols != {x}:
        return False
    return is_finite_inside(of_x, x, Interval.given(interval, x))


def _advice(process: ItoProcess, y: sp.Symbol) -> str:
    weaker = f'Declare a weaker assumption, sp.Symbol("{y.name}", real=True). '
    first = "" if y == sp.Symbol(y.name, real=True) else weaker
    if process.dimension == 1:
        say = "Or say" if first else "Say"
        return f"{first}{say} where {process.state[0]} lives, with interval=Interval(left, right)."
    return f"{first}{'Or declare' if first else 'Declare'} stronger assumptions of the old coordinates."


def _check_inverse(
    process: ItoProcess,
    symbols: Sequence[sp.Symbol],
    new: Sequence[sp.Expr],
    old: Sequence[sp.Expr],
    inside: dict[sp.Symbol, sp.Expr],
    interval: Interval | None,
) -> None:
    back = dict(zip(symbols, new, strict=True))
    for x, g in zip(process.state, old, strict=True):
        left = g.free_symbols & set(process.state)
        if left:
            raise SymbolError(f"old_in_terms_of_new must be written in {tuple(symbols)}, but {g} holds {left}.")
        composed = g.subs(back, simultaneous=True)
        if not (_is_zero(_inside(composed - x, inside)) or _is_constant_zero(composed - x, process, interval)):
            raise UnsupportedFormError(
                f"old_in_terms_of_new must invert new_in_terms_of_old, but composing them turns {x} into {composed}, "
                f"which could not be proved equal to {x}. Check the formulas, and declare the domain through "
                f"assumptions: with positive={x.is_positive} and real={x.is_real}, {x} is what the proof may use."
            )


def _is_constant_zero(f: sp.Expr, process: ItoProcess, interval: Interval | None) -> bool:
    """Whether a continuous function of one coordinate is zero at one point and has the slope zero."""
    if not _is_finite(f, process, interval):
        return False
    (x,) = process.state
    at_a_point = f.subs(x, Interval.given(interval, x).interior_point())
    return _is_zero(at_a_point) and _is_zero(sp.diff(f, x))


def _is_zero(f: sp.Expr) -> bool:
    return decide_zero(f).kind is ZeroKind.ZERO


def _short(entry: sp.Expr, inside: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """A rational function of the old coordinate in lowest terms: in the new one its factors are hard to see."""
    return sp.cancel(sp.together(entry)) if inside and entry.is_rational_function(*inside) else entry


def _rewritten(entry: sp.Expr, there: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """``entry`` in the new coordinates, as a sum of products."""
    return sp.expand(entry.subs(there, simultaneous=True))


def _require_symbol(process: ItoProcess, symbol: Any) -> None:
    if not isinstance(symbol, sp.Symbol) or not symbol.is_commutative or symbol in process.state:
        raise SymbolError(f"symbol must be a new SymPy symbol, the name of the new coordinate, got {shown(symbol)}.")


def _antiderivative(integrand: sp.Expr, x: sp.Symbol) -> sp.Expr:
    # Rules only: bounded in time, where the general integrator can run for hours.
    candidate = manualintegrate(_under_one_root(integrand), x)
    if candidate.has(sp.Integral) or decide_zero(sp.diff(candidate, x) - integrand).kind is not ZeroKind.ZERO:
        raise UnsupportedFormError(
            f"no antiderivative of {integrand} in {x} was found in closed form. "
            "If you know one and its inverse, give both to change_of_variables."
        )
    return candidate


def _under_one_root(integrand: sp.Expr) -> sp.Expr:
    """``integrand`` with its inverse square roots as one, which the rules know: 1/(sqrt(x) sqrt(1 - x))."""
    factors = sp.Mul.make_args(integrand)
    roots = [factor for factor in factors if factor.is_Pow and factor.exp == -sp.S.Half and not factor.base.is_Integer]
    if len(roots) < 2:
        return integrand
    others = sp.Mul(*(factor for factor in factors if factor not in roots))
    return others / sp.sqrt(sp.expand(sp.Mul(*(root.base for root in roots))))


def _inverse(f: sp.Expr, x: sp.Symbol, y: sp.Symbol, inside: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The solution ``x`` of ``f(x) = y`` for which the composition is provably the identity."""
    # A dummy without assumptions, because the solver drops solutions whose sign it cannot confirm.
    unknown = sp.Dummy(x.name)
    try:
        candidates = sp.solve(f.subs(x, unknown) - y, unknown)
    except NotImplementedError:
        candidates = []
    for candidate in candidates:
        if not candidate.has(unknown) and decide_zero(_inside(candidate.subs(y, f) - x, inside)).kind is ZeroKind.ZERO:
            return candidate
    raise UnsupportedFormError(
        f"{y} = {f} could not be solved for {x} in closed form. "
        "If you know the inverse, give both to change_of_variables."
    )
