r"""Mean times far out, where the drift carries the process off: an expansion in place of panels.

Towards :math:`+\infty` let :math:`\rho = 2b/a` be large. Then :math:`F = s\int m` and :math:`G = m\int s`, the two
integrands of mean passage times, satisfy

.. math:: F' + \rho F = 2/a, \qquad \tfrac a2 G = H, \quad H' = \rho H - 1,

and both tend to :math:`1/b` with corrections in powers of :math:`1/(\rho x)`, found by iteration. Panels follow the
potential, which has grown to 10^24 before a tail like :math:`1/x^2` is negligible.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import sympy as sp

from numerics.arguments import takes
from numerics.codegen.compile import compile_program
from numerics.deterministic.scale_and_speed_panels import NODES, WEIGHTS, Reals
from theory.argument_kinds import EXPRESSION, SYMBOL

TERMS = 8
"""Iterations; the last correction is the estimate of the error."""

STIFF = 100.0
"""The expansion is used where the potential changes this much over one e-fold of the distance."""

FAR = 40
"""E-folds that are integrated."""


class StiffTail(NamedTuple):
    """An integral out to infinity.

    Attributes:
        value: the integral from the edge on.
        error: its relative error.
        at_node: the integrand at the node next to the edge, to be compared with that of the panels.
    """

    value: float
    error: float
    at_node: float


@takes(drift=EXPRESSION, diffusion=EXPRESSION, x=SYMBOL)
def stiff_tail(
    drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol, edge: float, node: float, *, upwards: bool, of_speed: bool
) -> StiffTail | None:
    """The integral of F, or ``of_speed`` of G, from ``edge`` to the infinite end, and its value at ``node``.

    None where the drift does not carry the process off so strongly, or a coefficient has kinks.
    """
    if sp.Tuple(drift, diffusion).has(sp.Piecewise, sp.Abs, sp.sign, sp.Max, sp.Min):
        return None
    if not upwards:
        drift, diffusion, edge, node = -drift.subs(x, -x), diffusion.subs(x, -x), -edge, -node
    if not edge > 0:
        return None
    u = np.arange(FAR)[:, None] + (1 + NODES) / 2
    points = np.concatenate([[node], edge * np.exp(u.ravel())])
    with np.errstate(all="ignore"):
        values, wrong, steep = _expansion(points, *_taylor(drift, diffusion, x)(points), of_speed=of_speed)
        if not steep[0] > STIFF:
            return None
        known = np.isfinite(values) & np.isfinite(wrong)
        integrand, wrong = (
            np.where(known, v * points, 0.0)[1:].reshape(u.shape) @ WEIGHTS / 2 for v in (values, wrong)
        )
    total = float(integrand.sum())
    if not known[: len(NODES)].all() or not integrand[0] > 0 or integrand[-1] > 1e-16 * integrand[0]:
        return None
    error = float(wrong.sum()) / total + 1e-15
    return StiffTail(total, error, float(values[0])) if error < 1e-6 else None


def _expansion(y: Reals, b: Reals, a: Reals, *, of_speed: bool) -> tuple[Reals, Reals, Reals]:
    """The last iterate, its last correction, and y rho, from Taylor series in the relative distance to y."""
    inverse_drift = _reciprocal(b)
    inverse_rho = _product(a, inverse_drift) / 2
    found = inverse_rho if of_speed else inverse_drift
    before = found[0]
    for _ in range(TERMS):
        before, change = found[0], found[1:] * np.arange(1, len(found))[:, None] / y
        n = len(change)
        if of_speed:
            change[0] += 1
            found = _product(inverse_rho[:n], change)
        else:
            found = inverse_drift[:n] - _product(inverse_rho[:n], change)
    factor = 2 / a[0] if of_speed else 1.0
    return factor * found[0], factor * np.abs(found[0] - before), y / inverse_rho[0]


def _product(f: Reals, g: Reals) -> Reals:
    return np.array([sum(f[i] * g[n - i] for i in range(n + 1)) for n in range(min(len(f), len(g)))])


def _reciprocal(f: Reals) -> Reals:
    found = [1 / f[0]]
    for n in range(1, len(f)):
        found.append(-sum(f[i] * found[n - i] for i in range(1, n + 1)) / f[0])
    return np.array(found)


@lru_cache(maxsize=32)
def _taylor(drift: sp.Expr, diffusion: sp.Expr, x: sp.Symbol) -> Callable[[Reals], tuple[Reals, Reals]]:
    """Points -> the Taylor coefficients of b and a there, times the powers of the points. Shape ``(TERMS + 1, n)``."""
    series = [[f] for f in (drift, diffusion)]
    for n in range(1, TERMS + 1):
        for derivatives in series:
            derivatives.append(sp.diff(derivatives[-1], x) / n)
    program = compile_program([*series[0], *series[1]], [x])

    def at(points: Reals) -> tuple[Reals, Reals]:
        powers = points ** np.arange(TERMS + 1)[:, None]
        values = np.array([np.broadcast_to(np.asarray(v, float), points.shape) for v in program(points)])
        return values[: TERMS + 1] * powers, values[TERMS + 1 :] * powers

    return at
