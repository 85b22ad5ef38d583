"""Lyapunov equations in their symmetric unknowns."""

import pytest
import sympy as sp
from hypothesis import given, settings

from tests.examples import examples
from tests.strategies import square_matrices
from theory.matrices.lyapunov import hurwitz_condition, lyapunov_solution, symmetric_solution

a, b, p, q = sp.symbols("a b p q", real=True)


@pytest.mark.every(2)
@pytest.mark.parametrize("A", [[[a, p], [p, b]], [[a, p], [q, b]], [[sp.sqrt(2), p], [q, 1]]])
def test_the_solution_satisfies_the_equation_for_symbols(A):
    A, Q = sp.Matrix(A), sp.Matrix([[1, q], [q, 2]])
    sigma = lyapunov_solution(A, Q)
    assert sigma == sigma.T
    assert (A * sigma + sigma * A.T - Q).applyfunc(sp.cancel) == sp.zeros(2)
    assert (A.T * sigma + sigma * A - Q).applyfunc(sp.cancel) != sp.zeros(2) or A == A.T


@pytest.mark.slow  # by day: two coordinates
def test_three_coordinates_with_six_symbols_are_solved():
    A = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"h_{min(i, j)}{max(i, j)}", real=True))
    # For a symmetric A and isotropic noise the covariance is half the inverse.
    assert (2 * A * lyapunov_solution(A, sp.eye(3)) - sp.eye(3)).applyfunc(sp.cancel) == sp.zeros(3)


def test_two_eigenvalues_that_cancel_leave_no_unique_solution():
    assert lyapunov_solution(sp.diag(1, -1), sp.eye(2)) is None
    assert lyapunov_solution(sp.Matrix([[0, 1], [-1, 0]]), sp.eye(2)) is None
    assert lyapunov_solution(sp.diag(a, -a), sp.eye(2)) is None


@settings(max_examples=examples(15))
@given(square_matrices(2))
def test_the_discrete_equation_is_solved(entries):
    M = sp.Matrix(2, 2, list(entries)) / 5
    Q = sp.Matrix([[2, 1], [1, 3]])
    sigma = symmetric_solution(lambda i, j, k, l: int((i, j) == (k, l)) - M[i, k] * M[j, l], Q)
    assert sigma is None or sigma - M * sigma * M.T == Q


def test_hurwitz_counts_a_pair_of_complex_eigenvalues():
    spiral = sp.Matrix([[a, 1], [-1, a]])
    assert hurwitz_condition(spiral).subs(a, -1) == sp.true
    assert hurwitz_condition(spiral).subs(a, 1) == sp.false
    assert hurwitz_condition(sp.diag(-1, a)).subs(a, 0) == sp.false
