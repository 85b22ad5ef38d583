r"""The linear teacher-student network with structured label noise.

From the matrix recursion of noisy gradient descent to the law of one singular value of the student:

1. :func:`layer_updates`: gradient descent with label noise on :math:`\frac12\|W_2W_1X - Y + Z\|^2`.
2. :func:`rotated_updates`: whitened inputs, structured noise, spectral initialisation decouple the modes.
3. :func:`mode_update`, :func:`mode_process`: one mode :math:`(a, b)` and its diffusion limit.
4. :func:`balance_differential`: :math:`a^2 - b^2` decays without noise.
5. :func:`slice_process`, :func:`singular_value_process`, :func:`reciprocal_process`: :math:`w = a = b`,
   :math:`\hat s = w^2`, :math:`u = 1/\hat s`.
6. :func:`path_solution`: :math:`\hat s` as a function of the Brownian path.

The mean of :math:`\hat s` is in :mod:`theory.models.teacher_student.stochastic_logistic`, bounds on it in
:mod:`theory.models.teacher_student.mean`.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
    Subnetworks" (2023), section 6 and appendix I; equation numbers below are theirs.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.discrete.random_map import diffusion_limit, gaussian_moments, one_step_moments
from theory.errors import ShapeError, TheoryError
from theory.ito import ItoDifferential, ItoProcess, ito_differential
from theory.models.teacher_student import stochastic_logistic as verhulst
from theory.notation import eta, nu, s, s_0, s_tilde, t, zeta
from theory.values import single_expression

a = sp.Symbol("a", real=True)
"""First-layer weight of a mode (diagonal entry of A)."""

b = sp.Symbol("b", real=True)
"""Second-layer weight of a mode (diagonal entry of B)."""

z = sp.Symbol("z", real=True)
r"""Label noise of one step on a mode, :math:`z \sim N(0, \zeta^2)`."""

w = sp.Symbol("w", positive=True)
"""Common weight of a balanced mode, w = a = b."""

u = sp.Symbol("u", positive=True)
r"""Reciprocal singular value, :math:`u = 1/\hat s`."""

log_growth = sp.Symbol("X", real=True)
r"""The Brownian motion with drift :math:`X_t = (2\tilde s - \eta\zeta^2)t + 2\sqrt{\eta\zeta^2}B_t`."""

area = sp.Symbol("A", nonnegative=True)
r"""The exponential functional :math:`A_t = \int_0^t e^{X_\tau}d\tau`."""

penalty = sp.Symbol("lambda", positive=True)
r"""Coefficient :math:`\lambda` of the penalty :math:`\frac\lambda2(\|W_1\|^2 + \|W_2\|^2)`."""


def layer_updates(
    W_1: sp.MatrixBase, W_2: sp.MatrixBase, X: sp.MatrixBase, Y: sp.MatrixBase, Z: sp.MatrixBase
) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]:
    r"""One step of gradient descent on :math:`\frac12\|W_2W_1X - (Y - Z)\|_F^2`, by differentiating the loss.

    The result is (36)-(37): :math:`W_1' = W_1 - \eta W_2^\top(W_2W_1\Sigma_{xx} - \Sigma_{yx} + ZX^\top)` and its twin.

    Args:
        W_1: Symbols. Shape ``(d, n)``.
        W_2: Symbols. Shape ``(m, d)``.
        X: Inputs. Shape ``(n, p)``.
        Y: Labels. Shape ``(m, p)``.
        Z: Label noise, with the paper's sign: the labels used are ``Y - Z``. Shape ``(m, p)``.
    """
    if (W_2.cols, W_1.cols, W_2.rows, X.cols) != (W_1.rows, X.rows, Y.rows, Y.cols) or Y.shape != Z.shape:
        raise ShapeError(
            "shapes must chain as W_1 (d, n), W_2 (m, d), X (n, p), Y (m, p), Z (m, p), "
            f"got {W_1.shape}, {W_2.shape}, {X.shape}, {Y.shape}, {Z.shape}."
        )
    error = W_2 * W_1 * X - Y + Z
    loss = sum((entry**2 for entry in error), sp.S.Zero) / 2
    updates = (W - eta * W.applyfunc(lambda weight: sp.diff(loss, weight)) for W in (W_1, W_2))
    first, second = (sp.ImmutableMatrix(update.applyfunc(sp.expand)) for update in updates)
    return first, second


def rotated_updates() -> tuple[sp.Expr, sp.Expr]:
    r"""The updates (38)-(39) of :math:`A = O^\top W_1\tilde V`, :math:`B = \tilde U^\top W_2 O`, in any dimension.

    Derived in the free algebra of non-commuting symbols: (36)-(37) under A1 (:math:`XX^\top = 1`), A2
    (:math:`Z = \tilde U\,\mathrm{diag}(z)\,\tilde V^\top X`) and A3 (:math:`W_1 = OA\tilde V^\top`,
    :math:`W_2 = \tilde UBO^\top`), reduced by :math:`O^\top O = \tilde U^\top\tilde U = \tilde V^\top\tilde V = 1`.

    Returns:
        :math:`A'` and :math:`B'` in the symbols ``A, B, A^T, B^T, S, z``.
    """
    A, B, A_T, B_T, S, noise = sp.symbols("A B A^T B^T S z", commutative=False)
    O, O_T, U, U_T, V, V_T = sp.symbols("O O^T U U^T V V^T", commutative=False)
    W_1, W_1_T, W_2, W_2_T = O * A * V_T, V * A_T * O_T, U * B * O_T, O * B_T * U_T
    error = W_2 * W_1 - U * S * V_T + U * noise * V_T
    orthogonality = [(O_T * O, 1), (U_T * U, 1), (V_T * V, 1)]

    def reduce(product: sp.Expr) -> sp.Expr:
        return sp.expand(sp.expand(product).subs(orthogonality))

    return (
        reduce(O_T * (W_1 - eta * W_2_T * error) * V),
        reduce(U_T * (W_2 - eta * error * W_1_T) * O),
    )


def mode_update(a: sp.Expr, b: sp.Expr, z: sp.Expr, eta: sp.Expr, s_tilde: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    r"""One step of one mode, the diagonal of (38)-(39), with the gradient :math:`g = ab - \tilde s + z`.

    .. math::
        a' = a - \eta\,b\,g, \qquad b' = b - \eta\,a\,g.

    So :math:`a \pm b` is multiplied by :math:`1 \mp \eta g`, and :math:`r = a^2 - b^2` by :math:`1 - \eta^2g^2`.
    """
    g = a * b - s_tilde + z
    return a - eta * b * g, b - eta * a * g


def mode_process() -> ItoProcess:
    r"""The diffusion limit (40) of :func:`mode_update`, at fixed :math:`\nu = \eta\zeta^2`.

    Drift and diffusion are the limits of :math:`E\Delta/\eta` and :math:`\mathrm{Cov}\,\Delta/\eta`; both weights see
    the same :math:`z`, so one Brownian motion drives both.
    """
    moments = one_step_moments(
        mode_update(a, b, z, eta, s_tilde), [a, b], noise=z, moments=gaussian_moments(zeta**2, 2)
    )
    limit = diffusion_limit(moments, [a, b], step=eta, fixed={zeta: sp.sqrt(nu / eta)})
    return limit.subs({nu: eta * zeta**2})


def balance_differential() -> ItoDifferential:
    r"""The differential of :math:`r = a^2 - b^2` under (40): :math:`dr = -\eta\zeta^2 r\,dt`, without noise."""
    return ito_differential(mode_process(), a**2 - b**2)


def _on_slice(sign: int) -> ItoProcess:
    """The mode process on the line a = sign * b, in the coordinate w = a > 0."""
    process = mode_process()
    drift, dispersion = process.drift, process.dispersion
    here = {a: w, b: sign * w}
    return ItoProcess.scalar(w, drift=sp.factor(drift[0].subs(here)), dispersion=dispersion[0].subs(here))


def slice_process() -> ItoProcess:
    r"""The balanced mode :math:`w = a = b` (41): :math:`dw = -w(w^2 - \tilde s)\,dt + \sqrt{\eta\zeta^2}\,w\,dB`."""
    return _on_slice(1)


def opposite_slice_process() -> ItoProcess:
    r"""The other balanced mode :math:`a = -b = w`, where the student learns the wrong sign: :math:`\hat s = -w^2`.

    :math:`dw = -w(w^2 + \tilde s)\,dt - \sqrt{\eta\zeta^2}\,w\,dB`: balance alone (A4) does not exclude it.
    """
    return _on_slice(-1)


def slice_loss() -> sp.Expr:
    r"""The loss of a balanced mode: the potential of the drift of (41) that vanishes at :math:`w^2 = \tilde s`."""
    drift = sp.Poly(slice_process().drift[0], w)
    potential = -drift.integrate(w).as_expr()
    return sp.factor(potential - potential.subs(w, sp.sqrt(s_tilde)))


def _observed(process: ItoProcess, f: sp.Expr, symbol: sp.Symbol, inverse: sp.Expr) -> ItoProcess:
    """The scalar process of the observable ``symbol = f(x)`` by Itô's formula, where ``x = inverse(symbol)``."""
    (x,) = process.state
    differential = ito_differential(process, f)

    def rewrite(entry: sp.Expr) -> sp.Expr:
        return sp.factor(sp.expand(entry.subs(x, inverse)))

    return ItoProcess.scalar(symbol, drift=rewrite(differential.drift), dispersion=rewrite(differential.dispersion[0]))


def singular_value_process() -> ItoProcess:
    r"""The singular value :math:`\hat s = w^2`, equations (7) and (42).

    .. math::
        d\hat s = 2\hat s\,(\tilde s + \tfrac{\eta\zeta^2}2 - \hat s)\,dt + 2\sqrt{\eta\zeta^2}\,\hat s\,dB
    """
    return _observed(slice_process(), w**2, s, sp.sqrt(s))


def reciprocal_process() -> ItoProcess:
    r"""The reciprocal :math:`u = 1/\hat s`, equation (44).

    .. math::
        du = (2 - (2\tilde s - 3\eta\zeta^2)u)\,dt - 2\sqrt{\eta\zeta^2}\,u\,dB

    It is linear, so its mean is exact: see :func:`theory.models.teacher_student.mean.harmonic_mean`.
    """
    return _observed(singular_value_process(), 1 / s, u, 1 / u)


def path_process() -> ItoProcess:
    r"""The pair of which the singular value is a function.

    .. math::
        X_t = (2\tilde s - \eta\zeta^2)\,t + 2\sqrt{\eta\zeta^2}\,B_t, \qquad A_t = \int_0^te^{X_\tau}d\tau

    :math:`X` is :math:`\log\hat s` without its self-limitation :math:`-2\hat s`.
    """
    log_s = ito_differential(singular_value_process(), sp.log(s))
    drift = log_s.drift.subs(s, 0)
    return ItoProcess([log_growth, area], [drift, sp.exp(log_growth)], sp.Matrix([log_s.dispersion[0], 0]))


@cache
def path_solution() -> sp.Expr:
    r"""The singular value as a function of the path, (8) and (43): :math:`\hat s = e^X/(2A + 1/\hat s_0)`.

    Itô's formula along :func:`path_process` must give it the coefficients of :func:`singular_value_process`, and it
    starts at :math:`\hat s_0` (:math:`X = A = 0`). Its integral is :func:`path_integral`.

    Raises:
        TheoryError: it does not solve the equation.
    """
    solution = sp.exp(log_growth) / (2 * area + 1 / s_0)
    moved, process = ito_differential(path_process(), solution), singular_value_process()
    left_over = [
        sp.cancel(found - wanted.subs(s, solution))
        for found, wanted in ((moved.drift, process.drift[0]), (moved.dispersion[0], process.dispersion[0]))
    ]
    if any(left_over) or solution.subs({log_growth: 0, area: 0}) != s_0:
        raise TheoryError(f"{solution} must solve (42) from s_0; put into it, it leaves {left_over}.")
    return solution


def path_integral() -> sp.Expr:
    r"""The time integral along the path, :math:`\int_0^t\hat s\,d\tau = \frac12\log(1 + 2\hat s_0A_t)`."""
    return sp.log(1 + 2 * s_0 * area) / 2


def dimensionless_process() -> ItoProcess:
    r"""The singular value in natural units, :math:`x = \hat s/\nu`, :math:`\tau = 2\nu t`: :func:`verhulst_process`.

    Time runs :math:`2\nu` times faster, so drift is divided by :math:`2\nu` and dispersion by its square root.
    """
    process = singular_value_process().subs({zeta: sp.sqrt(nu / eta)})
    natural = {s: nu * verhulst.x, s_tilde: nu * (verhulst.k + sp.Rational(1, 2))}
    drift = process.drift[0].subs(natural) / nu / (2 * nu)
    dispersion = process.dispersion[0].subs(natural) / nu / sp.sqrt(2 * nu)
    return ItoProcess.scalar(verhulst.x, drift=sp.factor(sp.expand(drift)), dispersion=sp.simplify(dispersion))


def logistic(rate: sp.Expr, initial: sp.Expr, time: sp.Expr = t) -> sp.Expr:
    r"""The solution of :math:`\dot y = 2y(c - y)`, :math:`y(0) = y_0`.

    .. math::
        y(t) = \frac{y_0\,e^{2ct}}{1 + y_0\,(e^{2ct} - 1)/c}, \qquad y(t) = \frac{y_0}{1 + 2y_0t}\ (c = 0)

    Args:
        rate: :math:`c`. A symbolic ``c`` gives the first form, whose value at ``c = 0`` is the limit, the second.
        initial: :math:`y_0`.
        time: :math:`t`.
    """
    given = {"rate": rate, "initial": initial, "time": time}
    c, y_0, time = (single_expression(value, name) for name, value in given.items())
    if c.is_zero:
        return y_0 / (1 + 2 * y_0 * time)
    growth = sp.exp(2 * c * time)
    return y_0 * growth / (1 + y_0 * (growth - 1) / c)


def regularised_flow() -> sp.Expr:
    r"""The velocity :math:`d\hat s/dt` of a balanced mode under gradient flow with an :math:`L^2` penalty.

    The loss of a mode is :math:`\frac12(ab - \tilde s)^2 + \frac\lambda2(a^2 + b^2)`. On :math:`a = b = \sqrt{\hat s}`
    the flow is logistic: :math:`2\hat s(\tilde s - \lambda - \hat s)`, solved by :func:`regularised_path`.
    """
    loss = (a * b - s_tilde) ** 2 / 2 + penalty * (a**2 + b**2) / 2
    velocity = [-sp.diff(loss, weight) for weight in (a, b)]
    ds = sp.Add(*(sp.diff(a * b, weight) * v for weight, v in zip((a, b), velocity, strict=True)))
    return sp.factor(sp.expand(ds.subs({a: sp.sqrt(s), b: sp.sqrt(s)})))


@cache
def regularised_path() -> sp.Expr:
    r"""The solution of :func:`regularised_flow` from :math:`\hat s_0`, a logistic curve.

    Raises:
        TheoryError: put into the flow, it leaves something.
    """
    path = logistic(s_tilde - penalty, s_0)
    left_over = sp.cancel(sp.diff(path, t) - regularised_flow().subs(s, path))
    if left_over != 0 or sp.cancel(path.subs(t, 0) - s_0) != 0:
        raise TheoryError(f"{path} must solve the regularised flow from s_0; put into it, it leaves {left_over}.")
    return path
