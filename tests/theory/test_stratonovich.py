"""Itô and Stratonovich readings of one equation."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, polynomial_processes, polynomials
from theory.errors import UnsupportedFormError
from theory.ito import ItoProcess, ito_differential
from theory.stratonovich import from_stratonovich, noise_induced_drift, stratonovich_drift

x, y, _ = LINE


@given(polynomial_processes())
@settings(max_examples=examples(15))
def test_going_to_stratonovich_and_back_changes_nothing(process):
    back = from_stratonovich(process.state, stratonovich_drift(process), process.dispersion)
    assert (back.drift - process.drift).expand() == sp.zeros(process.dimension, 1)
    assert (back.state, back.dispersion) == (process.state, process.dispersion)


@given(polynomial_processes(), st.data())
@settings(max_examples=examples(12))
def test_the_stratonovich_drift_obeys_the_ordinary_chain_rule(process, data):
    """Next to x, the coordinate f(x) has the derivative of f along the drift, and no second-order term."""
    f = data.draw(polynomials(tuple(process.state), degree=2))
    value = sp.Symbol("value", real=True)
    df = ito_differential(process, f)
    joint = ItoProcess([*process.state, value], [*process.drift, df.drift], process.dispersion.col_join(df.dispersion))
    gradient = sp.Matrix([f]).jacobian(process.state)
    assert sp.expand(stratonovich_drift(joint)[-1] - (gradient * stratonovich_drift(process))[0]) == 0


def test_the_correction_follows_the_index_formula():
    sigma = sp.Matrix([[x * y, y], [x**2, 1]])
    process = ItoProcess([x, y], [0, 0], sigma)
    by_hand = [
        sum(sigma[k, j] * sp.diff(sigma[i, j], z) for j in range(2) for k, z in enumerate((x, y))) / 2 for i in range(2)
    ]
    transposed = [
        sum(sigma[j, k] * sp.diff(sigma[j, i], z) for j in range(2) for k, z in enumerate((x, y))) / 2 for i in range(2)
    ]
    assert (noise_induced_drift(process) - sp.Matrix(by_hand)).expand() == sp.zeros(2, 1)
    assert (noise_induced_drift(process) - sp.Matrix(transposed)).expand() != sp.zeros(2, 1)


def test_additive_noise_needs_no_correction():
    process = ItoProcess([x, y], [-x, x * y], [[1, 2], [0, 3]])
    assert stratonovich_drift(process) == process.drift


def test_the_correction_depends_on_the_dispersion_and_not_on_the_diffusion_alone():
    """A state-dependent rotation of the noise keeps the law and changes the Stratonovich drift of neither."""
    plain = ItoProcess([x, y], [0, 0], [[1, 0], [0, 1]])
    rotated = ItoProcess([x, y], [0, 0], [[sp.cos(x * y), -sp.sin(x * y)], [sp.sin(x * y), sp.cos(x * y)]])
    assert rotated.diffusion.applyfunc(sp.trigsimp) == plain.diffusion
    assert noise_induced_drift(plain) == sp.zeros(2, 1)
    assert noise_induced_drift(rotated).subs({x: 1, y: 2}) != sp.zeros(2, 1)


def test_a_dispersion_that_jumps_has_no_correction():
    for jump in (sp.Heaviside(x), sp.sign(x), sp.floor(x), sp.DiracDelta(x)):
        with pytest.raises(UnsupportedFormError, match="must be continuous"):
            noise_induced_drift(ItoProcess.scalar(x, drift=0, dispersion=1 + jump))
    assert noise_induced_drift(ItoProcess.scalar(x, drift=0, dispersion=sp.Abs(x)))[0].subs(x, -2) == -1
