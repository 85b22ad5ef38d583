"""Laws of the data: what they accept, and that bad data is refused where it arrives."""

import math

import numpy as np
import pytest
import sympy as sp

from theory.errors import MissingParameterError, ShapeError, SymbolError
from theory.gradient_noise.data_law import (
    Empirical,
    FiniteSupport,
    Gaussian,
    NamedMoments,
    Product,
    law_symbols,
    semidefinite_factor,
)

x, y = sp.symbols("x y", real=True)
c = sp.Symbol("c", real=True)
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.nan, sp.nan, sp.oo, "1", None, True, 1 + sp.I])
def test_a_sample_that_is_no_finite_real_number_is_refused(bad):
    with pytest.raises(ShapeError, match="samples|points"):
        Empirical([x, y], [[1, 2], [3, bad]])


@pytest.mark.parametrize("bad", [[], None, "12", 5, [[1, 2], [3]], {1: 2}])
def test_a_data_set_of_another_shape_is_refused(bad):
    with pytest.raises(ShapeError):
        Empirical([x, y], bad)


def test_floats_are_read_as_the_decimals_they_print_as():
    law = Empirical([x, y], np.array([[0.1, 2.0], [1e-3, -7]]))
    assert law.points == ((sp.Rational(1, 10), 2), (sp.Rational(1, 1000), -7))
    assert law.sample_count == 2


def test_one_variable_needs_no_nested_rows():
    assert Empirical([x], [1, 2]).points == Empirical([x], [[1], [2]]).points == Empirical([x], np.array([1, 2])).points


@pytest.mark.parametrize(
    "probabilities", [[HALF, sp.Rational(1, 3)], [0.5, 0.6], [2, -1], [HALF], [HALF, math.nan], "ab"]
)
def test_probabilities_that_are_none_are_refused(probabilities):
    with pytest.raises(ShapeError):
        FiniteSupport([x], [[0], [1]], probabilities)


def test_symbolic_probabilities_are_accepted_if_they_add_to_one():
    assert FiniteSupport([x], [[0], [1]], [c, 1 - c]).probabilities == (c, 1 - c)


def test_a_point_must_satisfy_the_assumptions_of_its_variable():
    with pytest.raises(SymbolError, match="positive"):
        Empirical([sp.Symbol("u", positive=True)], [[1], [-1]])


@pytest.mark.parametrize("covariance", [[[1, 2], [2, 1]], [[0, 1], [1, 1]], [[1, 1], [0, 1]], [[-1, 0], [0, 1]], [[1]]])
def test_a_matrix_that_is_no_covariance_is_refused(covariance):
    with pytest.raises(ShapeError):
        Gaussian([x, y], [0, 0], covariance)


def test_a_gaussian_variable_cannot_be_declared_positive():
    with pytest.raises(SymbolError, match="every real value"):
        Gaussian([sp.Symbol("u", positive=True)], [0], [[1]])


def test_a_law_must_not_depend_on_its_own_variable():
    for bad in (lambda: Gaussian([x], [x], [[1]]), lambda: Empirical([x], [[x]]), lambda: NamedMoments([x], {(1,): x})):
        with pytest.raises(SymbolError):
            bad()


def test_an_unknown_moment_is_an_error_that_names_its_key():
    law = NamedMoments([x, y], known={(2, 0): 1}, highest=2)
    assert law.moment((2, 0)) == 1
    assert law.moment((1, 1)).name == "m_xy"
    with pytest.raises(MissingParameterError, match=r"\(2, 1\)"):
        law.moment((2, 1))


@pytest.mark.parametrize("known", [{(1,): 0}, {1: 0}, {(1, -1): 0}, {(0, 0): 2}, {(1, 0): math.nan}])
def test_moments_with_a_wrong_key_or_value_are_refused(known):
    with pytest.raises(ShapeError):
        NamedMoments([x, y], known=known)


def test_factors_of_a_product_share_no_variable():
    with pytest.raises(SymbolError):
        Product((Gaussian([x], [0], [[1]]), Empirical([x], [[1]])))
    nested = Product((Product((Gaussian([x], [c], [[1]]),)), Empirical([y], [[1]])))
    assert tuple(nested.variables) == (x, y)
    assert law_symbols(nested) == {c}


def test_the_factor_of_a_singular_covariance_has_its_rank():
    matrix = sp.Matrix([[1, 2, 0], [2, 4, 0], [0, 0, 3]])
    factor = semidefinite_factor(matrix, "matrix")
    assert factor.shape == (3, 2)
    assert factor * factor.T == matrix
