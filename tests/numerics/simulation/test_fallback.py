"""A run that cannot use the fused kernel says so."""

import warnings

import pytest
import sympy as sp

from numerics import iterate
from numerics.errors import FallbackWarning, UnsupportedFunctionError
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion

x = sp.Symbol("x", real=True)
RUN = dict(initial=[0.5], steps=2, n_replicas=64, seed=1)


def test_auto_says_when_it_falls_back_to_numpy():
    with pytest.warns(FallbackWarning, match="no vector code for digamma.* NumPy takes the steps"):
        iterate(Recursion([x], [sp.digamma(x)]), **RUN)


def test_a_backend_that_was_asked_for_is_not_exchanged():
    with pytest.raises(UnsupportedFunctionError, match="no vector code for digamma"):
        iterate(Recursion([x], [sp.digamma(x)]), **RUN, options=Options(backend="cpu"))


@pytest.mark.every(2)
@pytest.mark.parametrize(
    "function",
    [sp.atan, sp.asin, sp.acos, sp.asinh, sp.atanh, lambda u: sp.log((1 + u) / (1 - u)), sp.erf, sp.loggamma]
    + [lambda u: sp.besselj(0, u), lambda u: sp.besseli(1, u) / sp.besseli(0, u), lambda u: sp.atan2(u, 3)],
)
def test_functions_with_vector_code_run_in_the_fused_kernel(function):
    pytest.importorskip("llvmlite")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fused = iterate(Recursion([x], [function(x / 4)]), **RUN, options=Options(backend="cpu"))
    plain = iterate(Recursion([x], [function(x / 4)]), **RUN, options=Options(backend="numpy"))
    assert fused.final == pytest.approx(plain.final, rel=1e-14)
