"""The averaged flow along minima is that of three other derivations, for networks and other models."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deep_linear import LayeredPoint, NoisyTeacher
from numerics.deep_linear.selection import slow_flow
from theory.deep_linear import LayeredLinear
from theory.errors import TheoryError
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.models.label_noise_drift import descent_of_sharpness, noise
from theory.notation import eta
from theory.stability.averaged_flow import averaged_flow

u, v, y = sp.symbols("u v y", real=True)
s, q = sp.symbols("s q", positive=True)
LABELS = Gaussian([y], [s], [[q]])


def test_a_nonlinear_model_descends_its_sharpness():
    f = u**2 * v + u
    found = averaged_flow(Model([u, v], (y - f) ** 2 / 2, LABELS), [u, (s - u) / u**2])
    expected = descent_of_sharpness(f, [u, v]).subs(v, (s - u) / u**2).subs({eta: 1, noise: sp.sqrt(q)})
    assert all(sp.cancel(a - b) == 0 for a, b in zip(found.drift, expected, strict=True))
    assert all(sp.cancel(e) == 0 for e in found.hessian * found.fluctuations * 2 - q * found.hessian)


@pytest.mark.parametrize("noise_of_labels", [[[4, 1], [1, 2]], pytest.param([[1, 0], [0, 1]], marks=pytest.mark.slow)])
def test_a_network_of_two_outputs_with_inputs_that_are_not_white_moves_as_in_floating_point(noise_of_labels):
    covariance, Q = sp.Matrix([[2, 1], [1, 3]]), sp.Matrix(noise_of_labels)
    a, b, c, d = weights = sp.symbols("a b c d", real=True)
    lower, upper = sp.Matrix([[a, b]]), sp.Matrix([c, d])
    at = {a: 1, b: 2, c: sp.Rational(1, 2), d: -1}
    teacher = (upper * lower).subs(at)
    X, xi = sp.Matrix(sp.symbols("x_1 x_2", real=True)), sp.Matrix(sp.symbols("xi_1 xi_2", real=True))
    error = (teacher - upper * lower) * X + xi
    law = Gaussian([*X, *xi], [0] * 4, sp.diag(covariance, Q))
    found = averaged_flow(Model(weights, error.dot(error) / 2, law), [at[weight] for weight in weights])
    point = LayeredPoint(
        LayeredLinear((2, 1, 2)),
        NoisyTeacher(
            np.array(teacher.tolist(), float),
            input_covariance=np.array(covariance.tolist(), float),
            label_covariance=np.array(Q.tolist(), float),
        ),
        ([[1.0, 2.0]], [[0.5], [-1.0]]),
    )
    drift, _ = slow_flow(point)
    assert np.array(found.drift.T.tolist()[0], float) == pytest.approx(drift, rel=1e-10)
    assert np.abs(drift).max() > 0.1


WRONG = {
    "not a minimum": (lambda: averaged_flow(Model([u, v], (y - u * v) ** 2 / 2, LABELS), [u, 1]), "gradient vanishes"),
    "a saddle": (
        lambda: averaged_flow(Model([u, v], (u - v) * (y - s) - (u - v) ** 2, LABELS), [v, v]),
        "goes down",
    ),
    "alone": (lambda: averaged_flow(Model([u], (y - u) ** 2 / 2, LABELS), [s]), "alone"),
    "noise along": (
        lambda: averaged_flow(Model([u, v], (y - u) ** 2 / 2 + v * (y - s), LABELS), [s, v]),
        "no part along the manifold",
    ),
    "too few": (lambda: averaged_flow(Model([u, v], (y - u * v) ** 2 / 2, LABELS), [s]), "one expression for each"),
    "no model": (lambda: averaged_flow("loss", [s]), "must be a Model"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_manifold_of_minima_is_refused(name):
    call, told = WRONG[name]
    with pytest.raises(TheoryError, match=told):
        call()
