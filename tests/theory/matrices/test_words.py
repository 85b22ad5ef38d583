"""Means of words of matrices: the algebra and sums over exact nodes agree, number by number."""

from __future__ import annotations

import random

import pytest
import sympy as sp

from theory.errors import TheoryError
from theory.matrices.kronecker import Commutation, Vec, matrix_value, vec_of_product
from theory.matrices.nodes import exact_rule, mean_over_nodes
from theory.matrices.words import GaussianColumns, collected_words

d, n = sp.symbols("d n", positive=True, integer=True)
x, xi, r = sp.MatrixSymbol("x", d, 1), sp.MatrixSymbol("xi", n, 1), sp.MatrixSymbol("r", n, 1)
A, B = sp.MatrixSymbol("A", d, d), sp.MatrixSymbol("B", d, d)
Delta, N = sp.MatrixSymbol("Delta", n, d), sp.MatrixSymbol("N", d, n)
Lambda, Q = sp.MatrixSymbol("Lambda", d, d), sp.MatrixSymbol("Q", n, n)
INDEPENDENT = GaussianColumns({x: Lambda, xi: Q})
CORRELATED = GaussianColumns({x: Lambda, r: Q, (r, x): Delta})
c, b, M = sp.MatrixSymbol("c", d, 1), sp.MatrixSymbol("b", n, 1), sp.MatrixSymbol("M", 1, 1)
SQUARE = sp.MatrixSymbol("C", 2, 2)
S = (Delta * x + xi) * x.T - Delta * Lambda


def numbers(seed: int) -> dict:
    """Integer matrices for all symbols: d = 2, n = 1."""
    source = random.Random(seed)

    def matrix(rows: int, columns: int) -> sp.Matrix:
        return sp.Matrix(rows, columns, [source.randint(-3, 3) for _ in range(rows * columns)])

    root, corner = matrix(2, 2), sp.Integer(source.randint(1, 4))
    return {
        d: 2,
        n: 1,
        A: matrix(2, 2),
        B: matrix(2, 2),
        c: matrix(2, 1),
        b: matrix(1, 1),
        M: matrix(1, 1),
        N: matrix(2, 1),
        Delta: matrix(1, 2),
        Lambda: root * root.T,
        Q: sp.Matrix([[corner]]),
    }


WORDS = {
    "x x.T A x x.T": x * x.T * A * x * x.T,
    "A x x.T B": A * x * x.T * B + 2 * A,
    "trace and outer": sp.Trace(A * x * x.T) * (x * x.T),
    "product of traces": sp.Trace(A * x * x.T) * sp.Trace(B * x * x.T) - sp.Trace(A),
    "S N S": S * N * S,
    "S S.T": S * S.T,
    "S.T S": S.T * S,
    "Kronecker": sp.KroneckerProduct(x * x.T * A, x * x.T),
    "Kronecker of unequal": sp.KroneckerProduct(x * xi.T, xi * x.T),
    "odd": x * x.T * A * x * xi.T,
    "a row before": x.T * A * x * x.T * B * x,
    "a row before constants": x.T * A * x * c.T,
    "constants around a form": c * x.T * A * x * b.T * N.T,
    "a column and a constant row": x * c.T * A * x * c.T,
    "a trace with a constant column": sp.Trace(c * x.T) * x,
    "a trace behind constants": sp.Trace(A * x * c.T * B * x * b.T * N.T),
    "traces of both kinds": sp.Trace(c * x.T) * sp.Trace(x * c.T * A) * (xi * xi.T),
    "one wide": c.T * x * M * x.T,
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", WORDS)
def test_the_mean_of_a_word_is_that_over_exact_nodes(name):
    values = numbers(len(name))
    found = matrix_value(INDEPENDENT.mean(WORDS[name]), values)
    assert found == mean_over_nodes(WORDS[name], INDEPENDENT, values, degrees={x: 4, xi: 2})


def test_the_covariance_of_vec_is_that_over_exact_nodes():
    values = numbers(0)
    found = matrix_value(INDEPENDENT.mean_of_vecs(S, S), values)
    outer = Vec(S) * sp.Transpose(Vec(S))
    assert found == mean_over_nodes(outer, INDEPENDENT, values, degrees={x: 4, xi: 2})


def test_the_covariance_of_vec_is_proposition_3_2_of_the_saddle_paper():
    C = Delta * Lambda
    noise = sp.KroneckerProduct(Lambda, Delta * Lambda * Delta.T) + sp.KroneckerProduct(Lambda, Q)
    crossed = sp.KroneckerProduct(Lambda * Delta.T, C) * Commutation(n, d)
    assert INDEPENDENT.mean_of_vecs(S, S) == noise + crossed


def test_the_sandwich_of_noise_keeps_a_trace_that_a_naive_mean_loses():
    C = Delta * Lambda
    exact = C * Delta.T * N.T * Lambda + Q * N.T * Lambda + sp.Trace(C * N) * C
    assert INDEPENDENT.mean(S * N * S) == collected_words(exact, symmetric={Lambda, Q})
    naive = collected_words(C * Delta.T * N.T * Lambda + Q * N.T * Lambda, symmetric={Lambda, Q})
    assert INDEPENDENT.mean(S * N * S) != naive


def test_correlated_columns_meet():
    assert CORRELATED.mean(r * x.T) == Delta
    assert CORRELATED.mean(sp.Trace(N * r * x.T)) == sp.Trace(collected_words(Delta * N))


@pytest.mark.parametrize(("rows", "columns"), [(1, 3), (2, 2), (3, 2)])
def test_the_commutation_matrix_turns_vec_into_vec_of_the_transpose(rows, columns):
    M = sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"m_{i}{j}"))
    K = Commutation(rows, columns)
    assert K.as_explicit() * M.vec() == M.T.vec()
    assert K.T.as_explicit() == K.as_explicit().T
    assert sp.Matrix(Vec(sp.ImmutableMatrix(M)).as_explicit()) == M.vec()


def test_vec_of_a_product_is_a_kronecker_product():
    C, X, E = (sp.MatrixSymbol(*a) for a in (("C", 2, 3), ("X", 3, 1), ("E", 1, 2)))
    values = {C: sp.Matrix(2, 3, range(6)), X: sp.Matrix([1, -1, 2]), E: sp.Matrix([[3, 5]])}
    assert matrix_value(vec_of_product(C * X * E, X), values) == (values[C] * values[X] * values[E]).vec()


def test_the_exact_rule_has_the_moments_of_a_gaussian_up_to_its_degree_only():
    rule = exact_rule(sp.Rational(2, 3), 5)
    moments = [sum(w * node**k for w, node in rule) for k in range(8)]
    assert moments[:6] == [1, 0, sp.Rational(2, 3), 0, sp.Rational(4, 3), 0]
    assert moments[6] != 15 * sp.Rational(2, 3) ** 3


WRONG = {
    "a column of two": lambda: GaussianColumns({A: Lambda}),
    "a covariance of another shape": lambda: GaussianColumns({x: Q}),
    "covariances of text": lambda: GaussianColumns("x"),
    "a Kronecker product with a form": lambda: INDEPENDENT.mean(sp.KroneckerProduct(x.T * A * x, x * x.T)),
    "an inverse": lambda: INDEPENDENT.mean(x * x.T * A.I),
    "thirteen vectors": lambda: INDEPENDENT.mean((x * x.T) ** 7),
    "a product without the factor": lambda: vec_of_product(A * B, Lambda),
    "a matrix without a value": lambda: matrix_value(A, {}),
    "a value of another shape": lambda: matrix_value(
        sp.MatrixSymbol("C", 2, 2), {sp.MatrixSymbol("C", 2, 2): sp.eye(3)}
    ),
    "a degree that is missing": lambda: mean_over_nodes(x * x.T, INDEPENDENT, {}, degrees={}),
    "a degree below 0": lambda: exact_rule(1, -1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_word_is_refused(name):
    with pytest.raises(TheoryError, match=r"must|needs"):
        WRONG[name]()
