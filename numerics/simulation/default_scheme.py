"""The scheme of a simulation that names none: one that keeps the domain, where there is one; else Euler-Maruyama."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from numerics.arguments import real_array, takes
from numerics.errors import ArgumentError
from numerics.schemes import (
    BoundedNoise,
    EulerMaruyama,
    PowerNoise,
    QuadraticExponential,
    RepellingPoles,
    Scheme,
    SchemeError,
)
from theory.argument_kinds import one_of
from theory.decision.conditions.inequalities import sign
from theory.ito import ItoProcess
from theory.notation import t
from theory.values import exact_number, mapping

_POLES = {sp.tan: sp.S.Half, sp.sec: sp.S.Half, sp.cot: sp.S.Zero, sp.csc: sp.S.Zero}
"""Functions with poles at the multiples of pi, or halfway between."""

_DEGREE = 4
"""Denominators of a higher degree are not searched for poles."""


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def default_scheme(process: ItoProcess, start: Any, values: Mapping[sp.Symbol, Any]) -> Scheme:
    """Euler-Maruyama, but for noise that is a power of the state and beside repelling poles what keeps the ends.

    Args:
        process: what is simulated.
        start: where the paths start. Shape ``(..., d)``.
        values: numbers of the parameters, or arrays with one for each path.

    Raises:
        ArgumentError: ``start`` holds no points, or points of another dimension.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> default_scheme(ItoProcess.scalar(x, drift=-sp.tan(x), dispersion=1), [3.0], {})
        RepellingPoles(left=pi/2, right=3*pi/2)
    """
    starts = real_array(start, "start")
    if not starts.size or starts.ndim and starts.shape[-1] != process.dimension:
        raise ArgumentError(
            f"start must hold points of {process.dimension} coordinates, shape (..., {process.dimension}), got "
            f"shape {starts.shape}."
        )
    for scheme in (QuadraticExponential, BoundedNoise, PowerNoise):
        if scheme.applies(process):
            return scheme()
    return _beside_poles(process, starts, mapping(values)) or EulerMaruyama()


def _beside_poles(process: ItoProcess, start: np.ndarray, values: Mapping[sp.Symbol, Any]) -> RepellingPoles | None:
    """The scheme for the poles of the drift next to all starting points, where all of them repel; else None."""
    moving = {*process.state, t}
    if process.dimension != 1 or process.dispersion.free_symbols & moving or t in process.drift[0].free_symbols:
        return None
    (x,), (b,) = process.state, process.drift
    low, high = float(np.min(start)), float(np.max(start))
    poles = _poles(b, x, low, high)
    left = max((pole for pole in poles if pole <= low), default=None)
    right = min((pole for pole in poles if pole >= high), default=None)
    if left is None and right is None or any(low < pole < high for pole in poles):
        return None
    scheme = RepellingPoles(left=left, right=right)
    numbers = {
        symbol: exact_number(value, symbol.name) for symbol, value in values.items() if isinstance(value, int | float)
    }
    try:
        found = scheme.residues(process)
    except SchemeError:
        return None
    return scheme if all(rho is None or sign(rho.subs(numbers)) == 1 for rho in found) else None


def _poles(b: sp.Expr, x: sp.Symbol, low: float, high: float) -> list[sp.Expr]:
    """Where negative powers of polynomials with rational coefficients, tan or cot of x have poles around the starts."""
    found = []
    for part in b.atoms(sp.Pow, *_POLES):
        if isinstance(part, sp.Pow):
            polynomial = part.base.as_poly(x) if part.exp.is_negative and part.base.has(x) else None
            if polynomial is not None and polynomial.domain in (sp.ZZ, sp.QQ) and polynomial.degree() <= _DEGREE:
                found += sp.real_roots(polynomial, multiple=True)
        elif part.args[0] == x:
            first = sp.floor(low / sp.pi + _POLES[type(part)]) - _POLES[type(part)]
            last = sp.floor(high / sp.pi + _POLES[type(part)]) - _POLES[type(part)] + 1
            found += [first * sp.pi, last * sp.pi]
    return found
