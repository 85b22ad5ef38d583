"""Numbers of other libraries are read exactly, as the decimal numbers they print as."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

from theory.errors import SymbolError
from theory.values import exact_number

TENTHS = (0.1, Fraction(1, 10), Decimal("0.1"), np.float16(0.1), np.float32(0.1), np.float64(0.1), np.longdouble(0.1))


@pytest.mark.parametrize("tenth", [*TENTHS, np.array(0.1), mpmath.mpf(0.1), sp.Float(0.1)], ids=repr)
def test_a_tenth_is_a_tenth(tenth):
    assert exact_number(tenth, "a") == sp.Rational(1, 10)


def test_tensors_without_axes_are_numbers():
    torch = pytest.importorskip("torch")
    assert exact_number(torch.tensor(0.1), "a") == sp.Rational(1, 10)
    assert exact_number(torch.nn.Parameter(torch.tensor(0.1, dtype=torch.float64)), "a") == sp.Rational(1, 10)
    assert exact_number(torch.tensor(0.5, dtype=torch.bfloat16), "a") == sp.S.Half
    for other in (torch.tensor([0.5]), torch.tensor(True), torch.tensor(1j), torch.zeros((), device="meta")):
        with pytest.raises(SymbolError):
            exact_number(other, "a")


@pytest.mark.parametrize("other", [np.array([0.5]), np.bool_(True), np.array("a"), np.array(None), np.float32("nan")])
def test_other_arrays_are_none(other):
    with pytest.raises(SymbolError):
        exact_number(other, "a")
