"""A recursion is what it says, or is refused with a sentence."""

import pytest
import sympy as sp

from theory.discrete.recursion import Recursion
from theory.errors import ShapeError, SymbolError
from theory.notation import eta, k, zeta

w, v, xi = sp.symbols("w v xi", real=True)
u = sp.Symbol("u", positive=True)


def test_parameters_are_what_is_neither_state_nor_noise_nor_step_number():
    recursion = Recursion([w, v], [w - eta * v / (1 + k) + zeta * xi, u], normals=[xi], uniforms=[u])
    assert recursion.parameters == (eta, zeta)
    assert recursion.dimension == 2 and not recursion.autonomous
    assert Recursion([w], [w / 2]).autonomous and Recursion([w], [w / 2]).parameters == ()


def test_parameters_can_be_put_in_and_noise_cannot():
    recursion = Recursion([w], [w - eta * xi], normals=[xi])
    assert recursion.subs({eta: 2}).update[0] == w - 2 * xi
    with pytest.raises(SymbolError, match="xi"):
        recursion.subs({xi: 0})


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (dict(state=[w, v], update=[w]), ShapeError, "state has 2, got 1"),
        (dict(state=[], update=[]), ShapeError, "at least one"),
        (dict(state=[w], update=["w"]), ShapeError, "text is not read"),
        (dict(state=[w], update=[sp.oo]), ShapeError, "finite"),
        (dict(state=[w, w], update=[w, w]), SymbolError, "distinct"),
        (dict(state=[w], update=[w], normals=[w]), SymbolError, "distinct"),
        (dict(state=[k], update=[k + 1]), SymbolError, "other than the step number k"),
        (dict(state=[w**2], update=[w]), SymbolError, "symbols"),
        (dict(state=[w], update=[w * u], normals=[u]), SymbolError, "takes every real value"),
        (dict(state=[w], update=[w + sp.Symbol("w", positive=True)]), SymbolError, "same name, other assumptions"),
        (dict(state=[w], update=[w + sp.Symbol("k")]), SymbolError, "theory.notation.k"),
    ],
)
def test_a_malformed_recursion_is_refused(arguments, error, said):
    with pytest.raises(error, match=said):
        Recursion(**arguments)
