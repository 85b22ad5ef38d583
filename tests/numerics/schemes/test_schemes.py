"""Schemes are what their docstrings say: exact where they say exact, and refused where they do not apply."""

import math

import pytest
import sympy as sp

from numerics.schemes import EulerMaruyama, ExactGeometricBrownian, ExactOrnsteinUhlenbeck, Milstein, SchemeError
from theory.ito import ItoProcess, ito_differential
from theory.notation import mu, t, theta, zeta

x, y = sp.symbols("x y", real=True)
k, s = sp.symbols("k s", positive=True)
h, q = sp.symbols("h q", positive=True)
Z = sp.symbols("Z1:5", real=True)
W = sp.symbols("W1:3", real=True)

GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
OU = ItoProcess.scalar(x, drift=-k * (x - mu), dispersion=s)


def planar(dispersion, drift=(0, 0)):
    return ItoProcess([x, y], list(drift), sp.Matrix(dispersion))


def test_orders_are_data():
    orders = {scheme: (scheme.strong_order, scheme.weak_order) for scheme in (EulerMaruyama(), Milstein())}
    assert orders == {EulerMaruyama(): (0.5, 1.0), Milstein(): (1.0, 1.0)}
    assert ExactGeometricBrownian().strong_order == ExactOrnsteinUhlenbeck().weak_order == math.inf


def test_exact_geometric_brownian_step_solves_the_equation_by_itos_formula():
    (new,) = ExactGeometricBrownian().step_expressions(GBM, [W[0]], t, sp.S.One)  # q Z = W_t with unit root
    brownian = ItoProcess([W[0]], [0], sp.Matrix([[1]]))
    differential = ito_differential(brownian, new)
    assert sp.expand(differential.drift - mu * new) == 0
    assert sp.expand(differential.dispersion[0] - zeta * new) == 0


def test_exact_geometric_brownian_step_takes_several_brownian_motions():
    process = ItoProcess([x, y], [mu * x, 0], sp.Matrix([[s * x, x], [0, k * y]]))
    new = ExactGeometricBrownian().step_expressions(process, W, t, sp.S.One)
    brownian = ItoProcess(W, [0, 0], sp.eye(2))
    differential = ito_differential(brownian, new)
    here = dict(zip(process.state, new, strict=True))
    assert (differential.drift - process.drift.xreplace(here)).applyfunc(sp.expand) == sp.zeros(2, 1)
    assert (differential.dispersion - process.dispersion.xreplace(here)).applyfunc(sp.expand) == sp.zeros(2, 2)


def test_exact_ornstein_uhlenbeck_moments_solve_their_equations():
    (new,) = ExactOrnsteinUhlenbeck().step_expressions(OU, [Z[0]], h, q)
    mean, amplitude = new.subs(Z[0], 0), sp.diff(new, Z[0])
    assert sp.simplify((sp.diff(mean, h) + k * (mean - mu)).rewrite(sp.exp)) == 0
    variance = amplitude**2
    assert sp.simplify((sp.diff(variance, h) + 2 * k * variance - s**2).rewrite(sp.exp)) == 0
    assert mean.subs(h, 0) == x and variance.subs(h, 0) == 0


def test_exact_ornstein_uhlenbeck_covariance_solves_the_lyapunov_equation():
    rates = sp.diag(k, 3 * k)
    process = planar([[s, 1], [2, 0]], drift=(-k * x, -3 * k * y))
    update = sp.Matrix(ExactOrnsteinUhlenbeck().step_expressions(process, Z[:2], h, q))
    factor = update.jacobian(Z[:2])
    C = factor * factor.T
    residual = sp.diff(C, h) + rates * C + C * rates - process.diffusion
    third = sp.Rational(1, 3)
    for values in ({k: third, s: 1 + third, h: third / 2}, {k: third / 3, s: third, h: sp.Integer(2)}):
        assert max(abs(entry) for entry in residual.subs(values).evalf(30)) < 1e-25


def test_exact_ornstein_uhlenbeck_coordinates_with_one_noise_move_together():
    process = planar([[s, 0], [s, 0]], drift=(-k * x, -k * y))
    first, second = ExactOrnsteinUhlenbeck().step_expressions(process, Z[:2], h, q)
    assert sp.expand(first.subs(x, 0) - second.subs(y, 0)) == 0


def test_exact_ornstein_uhlenbeck_without_restoring_force_is_brownian_motion():
    (new,) = ExactOrnsteinUhlenbeck().step_expressions(ItoProcess.scalar(x, drift=mu, dispersion=s), [Z[0]], h, q)
    assert sp.expand(new - (x + mu * h + s * sp.sqrt(h) * Z[0])) == 0


def test_milstein_step_is_the_exact_step_up_to_terms_of_size_h():
    (step,) = Milstein().step_expressions(GBM, [Z[0]], q**2, q)
    (exact,) = ExactGeometricBrownian().step_expressions(GBM, [Z[0]], q**2, q)
    (euler,) = EulerMaruyama().step_expressions(GBM, [Z[0]], q**2, q)
    taylor = sp.series(exact, q, 0, 3).removeO()
    assert sp.expand(step - taylor) == 0
    assert sp.expand(euler - taylor) != 0


@pytest.mark.parametrize(
    "dispersion",
    [
        [[x, 0], [0, y**2]],  # diagonal
        [[s, 0], [k, 1]],  # additive
        [[x, y], [y, x]],  # the circulant matrices commute
        [[x, -y], [y, x]],  # rotations and dilations of the plane
        [[sp.sin(x) ** 2 + sp.cos(x) ** 2, 0], [0, 1]],
    ],
)
def test_commuting_noise_is_accepted(dispersion):
    Milstein().check(planar(dispersion))


@pytest.mark.parametrize(
    "dispersion",
    [
        [[1, 0], [0, x]],  # the Heisenberg group: its Levy area is the classical example
        [[x, y], [0, x]],
        [[y, 0], [0, x]],
    ],
)
def test_noise_that_does_not_commute_is_refused(dispersion):
    with pytest.raises(SchemeError, match="EulerMaruyama"):
        Milstein().check(planar(dispersion))


def test_milstein_of_rotational_noise_keeps_the_mixed_terms():
    dispersion = sp.Matrix([[x, -y], [y, x]])
    step = Milstein().step_expressions(planar(dispersion), Z[:2], h, q)
    # L^1 sigma_2 = (-y, x) for both orders, so the mixed term is (-y, x) h Z1 Z2
    mixed = [sp.diff(entry, Z[0], Z[1]) for entry in step]
    assert mixed == [-y * h, x * h]


@pytest.mark.parametrize(
    ("scheme", "process"),
    [
        (ExactGeometricBrownian(), OU),
        (ExactGeometricBrownian(), ItoProcess.scalar(x, drift=mu * x - x**3, dispersion=x)),
        (ExactGeometricBrownian(), ItoProcess.scalar(x, drift=t * x, dispersion=x)),
        (ExactGeometricBrownian(), planar([[y, 0], [0, y]])),
        (ExactOrnsteinUhlenbeck(), GBM),
        (ExactOrnsteinUhlenbeck(), ItoProcess.scalar(x, drift=-k * x, dispersion=sp.exp(-t))),
        (ExactOrnsteinUhlenbeck(), planar([[1, 0], [0, 1]], drift=(-x + y, -y))),
    ],
)
def test_an_exact_scheme_refuses_what_it_does_not_solve(scheme, process):
    with pytest.raises(SchemeError):
        scheme.check(process)
