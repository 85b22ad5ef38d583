"""Linear symmetries of a loss, and whether SGD keeps the set they fix."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.decision.zero import ZeroKind
from theory.errors import ShapeError
from theory.symmetry.affine_set import normal_gradient
from theory.symmetry.reflection import (
    composed,
    escaping_gradients,
    fixed_set,
    gradient,
    is_normal,
    is_orthogonal,
    is_symmetric,
    keeps_its_fixed_set,
    oblique_reflection,
)

u, v, w = STATE = sp.symbols("u v w", real=True)
c = sp.Symbol("c", real=True)

small = st.integers(-3, 3)


@st.composite
def symmetric_matrices(draw):
    a, b, d, e, f = (draw(small) for _ in range(5))
    across = sp.Matrix([[a, b], [1, 0], [0, 1]])
    return sp.eye(3) - across * sp.Matrix([[d, e], [e, f]]) * across.T


@st.composite
def rotations(draw):
    a, b, d = (draw(small) for _ in range(3))
    skew = sp.Matrix([[0, -a, b], [a, 0, -d], [-b, d, 0]])
    return (sp.eye(3) - skew).inv() * (sp.eye(3) + skew)


@st.composite
def normal_matrices(draw):
    turn = draw(rotations())
    a, b = draw(small), draw(small)
    return turn * sp.diag(1, sp.Matrix([[a, -b], [b, a]])) * turn.T


@given(st.one_of(symmetric_matrices(), rotations(), normal_matrices()))
def test_normal_matrices_keep_their_fixed_sets(Q):
    assert is_normal(Q)
    assert keeps_its_fixed_set(Q).kind is ZeroKind.ZERO


@given(st.integers(-5, 5))
def test_an_oblique_reflection_keeps_its_set_only_if_it_is_symmetric(shear):
    Q = oblique_reflection(sp.Integer(shear))
    assert Q * Q == sp.eye(2)
    assert keeps_its_fixed_set(Q).kind is (ZeroKind.ZERO if shear == 0 else ZeroKind.NONZERO)
    assert is_normal(Q) == is_symmetric(Q) == is_orthogonal(Q) == (shear == 0)


@given(st.tuples(*[small] * 9))
def test_the_kernel_criterion_is_necessary(entries):
    """Gradients that escape belong to linear losses that are symmetric under Q."""
    Q = sp.Matrix(3, 3, entries)
    escaping = escaping_gradients(Q)
    for normal, out in zip((Q.T - sp.eye(3)).nullspace(), escaping.T.tolist(), strict=True):
        loss = (normal.T * sp.Matrix(STATE))[0]
        assert sp.expand(composed(loss, Q, STATE) - loss) == 0
        leaves = any(entry != 0 for entry in normal_gradient(fixed_set(Q, STATE), loss))
        assert leaves == any(entry != 0 for entry in out)


def test_the_sum_over_a_reflection_keeps_the_set_and_the_sum_over_an_oblique_one_does_not():
    loss = (u**2 * v - 3 * v + 1) ** 2 + u * v + u**3
    for Q, kept in ((sp.Matrix([[0, 1], [1, 0]]), True), (oblique_reflection(sp.Integer(2)), False)):
        summed = loss + composed(loss, Q, [u, v])
        assert sp.expand(composed(summed, Q, [u, v]) - summed) == 0
        leaving = sp.simplify(normal_gradient(fixed_set(Q, [u, v]), summed))
        assert (leaving == sp.zeros(2, 1)) is kept


def test_the_oblique_counterexample_leaves_along_its_printed_direction():
    f = sp.Function("f")
    loss = f(u + c * v / 2)
    Q = oblique_reflection(c)
    assert sp.expand(composed(loss, Q, [u, v]).args[0] - loss.args[0]) == 0
    slope = sp.diff(f(u), u)
    on_set = gradient(loss, [u, v]).subs(v, 0).doit()
    assert sp.simplify((Q - sp.eye(2)) * on_set - sp.Matrix([c**2 / 2 * slope, -c * slope])) == sp.zeros(2, 1)


def test_classes_of_matrices_are_told_apart():
    quarter = sp.Matrix([[0, -1], [1, 0]])
    assert is_orthogonal(quarter) and is_normal(quarter) and not is_symmetric(quarter)
    scaled = 2 * quarter + sp.eye(2)
    assert is_normal(scaled) and not is_orthogonal(scaled) and not is_symmetric(scaled)
    assert is_symmetric(sp.Matrix([[1, 2], [2, 5]])) and not is_orthogonal(sp.Matrix([[1, 2], [2, 5]]))


def test_a_matrix_without_fixed_directions_fixes_the_origin_alone():
    assert fixed_set(-sp.eye(3), STATE).dimension == 0
    assert keeps_its_fixed_set(-sp.eye(3)).kind is ZeroKind.ZERO


@pytest.mark.parametrize("Q", [sp.zeros(2, 3), sp.zeros(0, 0)])
def test_a_matrix_that_is_not_square_is_refused(Q):
    with pytest.raises(ShapeError, match="square"):
        escaping_gradients(Q)


def test_a_matrix_of_another_size_than_the_state_is_refused():
    with pytest.raises(ShapeError, match="one row per weight"):
        fixed_set(sp.eye(2), STATE)
