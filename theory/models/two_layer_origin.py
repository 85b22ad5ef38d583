r"""A two-layer linear network next to the origin, with one independent noise for every label.

The layers :math:`u \in \mathbb R^n` and :math:`v \in \mathbb R^m` of one hidden unit see whitened inputs and i.i.d.
label noise; without a signal they follow, with an :math:`m\times n` matrix :math:`N` of Brownian motions,

.. math:: du = \sqrt\nu\,dN^\top v, \qquad dv = \sqrt\nu\,dN\,u .

Both squared norms are driven by the one Brownian motion :math:`dW = v^\top dN\,u/(|u||v|)`, so they are a process of
their own:

.. math::
    d|u|^2 = \nu n|v|^2dt + 2\sqrt\nu\,|u||v|\,dW, \qquad d|v|^2 = \nu m|u|^2dt + 2\sqrt\nu\,|u||v|\,dW .

Their difference r carries no noise. For :math:`n = m` it decays like :math:`e^{-n\nu t}`, and on :math:`|u| = |v|` the
log-norm grows at the rate :math:`\nu(n/2 - 1)`: noise makes a network of width 1 collapse, and drives one of width 3
or more away from the origin. For :math:`n > m` the ratio :math:`x = |v|^2/r` has the stationary density

.. math:: x^{m/2-1}(1+x)^{n/2-1}e^{-(n-m)x/2}, \qquad x > 0,

and the exponent is the mean of :math:`\frac12 d\log r/dt = \frac\nu2\big((n-m)x - m\big)`, a quotient of Tricomi's
functions.
"""

from __future__ import annotations

import sympy as sp

from theory.argument_kinds import SCALAR, takes
from theory.errors import SymbolError
from theory.ito import ItoProcess, ito_differential
from theory.notation import nu
from theory.tricomi import hyperu
from theory.values import shown, single_expression

U, V = sp.symbols("U V", positive=True)
r"""The squared norms :math:`|u|^2` and :math:`|v|^2`."""

ratio = sp.Symbol("x", positive=True)
r"""The ratio :math:`|v|^2/(|u|^2 - |v|^2)`, where u is the larger layer."""

width_in = sp.Symbol("n", positive=True, integer=True)
"""Number n of inputs."""

width_out = sp.Symbol("m", positive=True, integer=True)
"""Number m of outputs."""

gap = sp.Symbol("g", positive=True, integer=True)
"""The difference n - m, where n is larger."""


def network_process(n: int, m: int) -> ItoProcess:
    """The linear process of all n + m weights, with n m Brownian motions.

    Raises:
        SymbolError: a width is not a positive integer.
    """
    _require_widths(n, m)
    u, v = sp.symbols(f"u_1:{n + 1}", real=True), sp.symbols(f"v_1:{m + 1}", real=True)
    columns = []
    for i in range(m):
        for j in range(n):
            pushed = [sp.S.Zero] * (n + m)
            pushed[j], pushed[n + i] = sp.sqrt(nu) * v[i], sp.sqrt(nu) * u[j]
            columns.append(pushed)
    return ItoProcess([*u, *v], [0] * (n + m), sp.Matrix(columns).T)


def norms_process(n: sp.Expr = width_in, m: sp.Expr = width_out) -> ItoProcess:
    r"""The closed process of :math:`U = |u|^2` and :math:`V = |v|^2`.

    Raises:
        ShapeError: a width is no number or expression; so do all functions below that start from this process.
    """
    n, m = single_expression(n, "n", real=True), single_expression(m, "m", real=True)
    push = 2 * sp.sqrt(nu * U * V)
    return ItoProcess([U, V], [nu * n * V, nu * m * U], sp.Matrix([push, push]))


@takes(n=SCALAR)
def growth_of_equal_layers(n: sp.Expr = width_in) -> sp.Expr:
    r"""The drift of :math:`\frac12\log(U + V)` at :math:`U = V`, where two layers of equal width end up.

    Example:
        >>> growth_of_equal_layers()
        n*nu/2 - nu
    """
    drift = ito_differential(norms_process(n, n), sp.log(U + V) / 2).drift
    return sp.expand(sp.cancel(drift.subs(V, U)))


def ratio_process(n: sp.Expr = width_in, m: sp.Expr = width_out) -> ItoProcess:
    r"""The ratio :math:`x = V/(U - V)` on the positive half-line: a process of its own, by Itô's formula."""
    differential = ito_differential(norms_process(n, m), V / (U - V))
    r = sp.Symbol("r", positive=True)
    norms = {U: r * (1 + ratio), V: r * ratio}
    drift = sp.factor(sp.cancel(differential.drift.subs(norms, simultaneous=True)))
    diffusion = sp.factor(sp.cancel((differential.dispersion[0] ** 2).subs(norms, simultaneous=True)))
    return ItoProcess.scalar(ratio, drift=drift, dispersion=sp.sqrt(diffusion))


def ratio_density(n: sp.Expr = width_in, m: sp.Expr = width_out) -> sp.Expr:
    r"""The stationary density of :func:`ratio_process` for :math:`n > m`, up to its constant.

    It carries no current, and it is integrable since :math:`m \ge 1` and :math:`n > m`.
    """
    n, m = single_expression(n, "n", real=True), single_expression(m, "m", real=True)
    return ratio ** (m / 2 - 1) * (1 + ratio) ** (n / 2 - 1) * sp.exp((m - n) * ratio / 2)


@takes(n=SCALAR, m=SCALAR)
def growth_at_ratio(n: sp.Expr = width_in, m: sp.Expr = width_out) -> sp.Expr:
    r"""The growth rate :math:`\frac12 d\log(U - V)/dt` at a given ratio; the difference carries no noise.

    Example:
        >>> growth_at_ratio(3, 1)
        nu*x - nu/2
    """
    differential = ito_differential(norms_process(n, m), sp.log(U - V) / 2)
    assert sp.cancel(differential.dispersion[0]) == 0
    r = sp.Symbol("r", positive=True)
    return sp.expand(sp.cancel(differential.drift.subs({U: r * (1 + ratio), V: r * ratio}, simultaneous=True)))


def top_exponent_of_two_layers(n: int, m: int) -> sp.Expr:
    r"""The top Lyapunov exponent of the network at the origin without a signal.

    .. math::
        \lambda = \nu\Big(\frac n2 - 1\Big)\ (n = m), \qquad
        \lambda = \frac{\nu m}2\Big(z\,\frac{U(\frac m2 + 1, \frac{m+n}2 + 1, z)}{U(\frac m2, \frac{m+n}2, z)} - 1\Big),
        \quad z = \frac{n - m}2\ (n > m)

    from :math:`\int_0^\infty x^{a-1}(1+x)^{b-a-1}e^{-zx}dx = \Gamma(a)\,U(a, b, z)`.

    Raises:
        SymbolError: a width is not a positive integer.

    References:
        NIST *Digital Library of Mathematical Functions*, 13.4.4.

    Example:
        >>> top_exponent_of_two_layers(3, 3), top_exponent_of_two_layers(6, 2).subs(nu, 1).evalf(15)
        (nu/2, 0.800000000000000)
    """
    _require_widths(n, m)
    n, m = max(n, m), min(n, m)
    if n == m:
        return growth_of_equal_layers(sp.Integer(n))
    return exponent_of_unequal_layers().subs({width_out: m, gap: n - m})


def exponent_of_unequal_layers() -> sp.Expr:
    """:func:`top_exponent_of_two_layers` for widths m and n = m + g, in :data:`width_out` and :data:`gap`."""
    a, b, z = width_out / 2, width_out + gap / 2, gap / 2
    return nu * width_out / 2 * (z * hyperu(a + 1, b + 1, z) / hyperu(a, b, z) - 1)


def _require_widths(n: int, m: int) -> None:
    if not all(isinstance(w, int | sp.Integer) and not isinstance(w, bool) and w >= 1 for w in (n, m)):
        raise SymbolError(
            f"n and m must be positive integers, the widths of the two layers, got n={shown(n)}, m={shown(m)}."
        )
