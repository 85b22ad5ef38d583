"""Strictness of saddles, against the eigenvalues of explicit Hessians."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from theory import parameter
from theory.deep_linear.saddles import Saddle, origin
from theory.errors import ShapeError, SymbolError, UnsupportedFormError

ABOVE = parameter("L", above=2)


def hessian(weights: list[np.ndarray], teacher: np.ndarray) -> np.ndarray:
    """Of half the squared distance of the product to the teacher."""
    depth, d = len(weights), len(teacher)
    units = [(l, np.outer(np.eye(d)[i], np.eye(d)[j])) for l in range(depth) for i in range(d) for j in range(d)]

    def student(changes: dict[int, np.ndarray]) -> np.ndarray:
        return np.linalg.multi_dot([changes.get(l, weights[l]) for l in reversed(range(depth))])

    gap = teacher - student({})
    first = [student({l: E}).ravel() for l, E in units]
    found = np.array(first) @ np.array(first).T
    for a, (l, E) in enumerate(units):
        for b, (m, F) in enumerate(units):
            if l != m:
                found[a, b] -= (gap * student({l: E, m: F})).sum()
    return found


def saddle(depth: int, values: list[float], learned: list[bool]) -> np.ndarray:
    """Eigenvalues of the Hessian at the balanced point that has learned some modes."""
    weight = np.diag([s ** (1 / depth) if known else 0.0 for s, known in zip(values, learned, strict=True)])
    return np.linalg.eigvalsh(hessian([weight] * depth, np.diag(values)))


@pytest.mark.every(3)
@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("learned", [[True, False, False], [True, True, False], [False, True, False]])
def test_the_smallest_curvature_is_the_smallest_eigenvalue(depth, learned):
    values = [sp.Integer(1), sp.Rational(7, 10), sp.Rational(2, 5)]
    known = [s for s, k in zip(values, learned, strict=True) if k]
    open_ = [s for s, k in zip(values, learned, strict=True) if not k]
    found = Saddle(depth, known, open_)
    eigenvalues = saddle(depth, [float(s) for s in values], learned)
    assert eigenvalues[0] == pytest.approx(float(found.smallest_curvature), abs=1e-12)
    for value in found.mixed_curvatures:
        assert np.abs(eigenvalues - float(value)).min() < 1e-12
    assert found.is_strict == sp.true if eigenvalues[0] < -1e-9 else found.is_strict == sp.false


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_the_loss_along_equal_steps_from_the_origin_has_a_zero_of_the_order_of_the_depth(depth):
    e, s = sp.Symbol("e"), sp.Rational(7, 10)
    change = sp.expand((s - e**depth) ** 2 / 2 - s**2 / 2)
    orders = [k for k in range(1, depth + 1) if change.coeff(e, k) != 0]
    found = origin(depth, [s])
    assert orders == [found.escape_order]
    assert change.coeff(e, depth) * sp.factorial(depth) == -sp.factorial(depth) * s
    assert found.is_strict == (depth == 2)


def test_more_than_two_layers_have_flat_saddles_whatever_the_depth():
    s = sp.Symbol("s_2", positive=True)
    found = Saddle(ABOVE, [s + sp.Symbol("d", positive=True)], [s])
    assert (found.is_strict, found.smallest_curvature) == (sp.false, 0)


def test_a_saddle_that_left_out_a_larger_mode_is_strict_for_every_depth():
    s = sp.Symbol("s_2", positive=True)
    assert Saddle(ABOVE, [s], [s + sp.Symbol("d", positive=True)]).is_strict == sp.true


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Saddle(1, [1], [1]), UnsupportedFormError, "depth must be 2 or known to be above 2"),
        (lambda: Saddle(2, [1], [0]), ShapeError, "unlearned must hold a positive singular value"),
        (lambda: Saddle(2, [sp.Symbol("s")], [1]), SymbolError, "learned must be positive"),
    ],
)
def test_wrong_input_is_refused_by_name(call, error, said):
    with pytest.raises(error, match=said):
        call()
