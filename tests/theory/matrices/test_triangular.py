"""Back substitution solves the system, from its start, and agrees with the exponential of the matrix."""

import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import rationals
from theory.matrices.exponential import matrix_exponential
from theory.matrices.triangular import triangular_flow, triangular_order

t = sp.Symbol("t", nonnegative=True)
a, b = sp.symbols("a b", positive=True)
z = sp.Symbol("z", real=True)


@st.composite
def triangular_systems(draw):
    """A lower triangular matrix, with equal diagonal entries often, a constant and a start."""
    n = 3
    diagonal = [sp.Integer(draw(st.integers(-2, 1))) for _ in range(n)]
    matrix = sp.Matrix(n, n, lambda i, j: diagonal[i] if i == j else draw(rationals(-2, 2)) if j < i else 0)
    return matrix, [draw(rationals(-2, 2)) for _ in range(n)], [draw(rationals(-2, 2)) for _ in range(n)]


@settings(max_examples=examples(10))
@given(triangular_systems())
def test_the_flow_solves_its_equation_from_its_start(system):
    matrix, constant, start = system
    flow = sp.Matrix(triangular_flow(matrix, constant, start, range(3), t))
    residual = flow.diff(t) - matrix * flow - sp.Matrix(constant)
    assert residual.applyfunc(sp.expand) == sp.zeros(3, 1)
    assert list(flow.subs(t, 0)) == start
    doubled = flow.diff(t) - 2 * matrix * flow - sp.Matrix(constant)
    assert doubled.applyfunc(sp.expand) != sp.zeros(3, 1) or (matrix * flow).applyfunc(sp.expand) == sp.zeros(3, 1)


def test_back_substitution_agrees_with_the_exponential_of_the_matrix():
    matrix = sp.Matrix([[-a, 0, 0], [1, -a - b, 0], [a, b, -a]])
    flow = triangular_flow(matrix, [0, 0, 0], [z, 1, 2], range(3), t)
    expected = matrix_exponential(matrix, t) * sp.Matrix([z, 1, 2])
    assert [sp.simplify(f - e) for f, e in zip(flow, expected, strict=True)] == [0, 0, 0]


def test_an_order_is_found_where_rows_and_columns_are_shuffled_and_none_where_two_rows_need_each_other():
    matrix = sp.Matrix([[1, 2, 0], [0, 3, 0], [1, 1, 4]])
    order = triangular_order(matrix)
    assert all(matrix[i, j] == 0 for n, i in enumerate(order) for j in order[n + 1 :])
    assert triangular_order(matrix + sp.Matrix([[0, 0, 5], [0, 0, 0], [0, 0, 0]])) is None
