"""What the rules for accurate forms leave alone: long expressions and constants."""

import time

import mpmath
import pytest
import sympy as sp

from numerics import compile_program

x = sp.Symbol("x", positive=True)


def test_composed_steps_are_compiled_in_no_time():
    step = x
    for _ in range(6):
        step = step + sp.Rational(1, 8) * (sp.sqrt(1 + step**3) - step**2 * sp.tanh(step))
    start = time.process_time()
    (value,) = compile_program([step], [x])(0.5)
    assert time.process_time() - start < 5
    y = 0.5
    for _ in range(6):
        y += ((1 + y**3) ** 0.5 - y**2 * float(mpmath.tanh(y))) / 8
    assert float(value) == pytest.approx(y, rel=1e-12)


@pytest.mark.every(4)
@pytest.mark.parametrize("backend", ["numpy", "mpmath"])
@pytest.mark.parametrize(
    "constant",
    [
        sp.besselk(1, sp.sqrt(15) / 2) / sp.besselk(0, sp.sqrt(15) / 2),
        sp.besseli(1, 2000) / sp.besseli(0, 2000),
        sp.exp(-2) / sp.erfc(sp.sqrt(2)),
    ],
)
def test_constant_quotients_of_special_functions_are_numbers(constant, backend):
    (value,) = compile_program([x * (x - constant)], [x], backend=backend)(1.5)
    assert float(value) == pytest.approx(float(sp.N(1.5 * (1.5 - constant), 20)), rel=1e-14)
