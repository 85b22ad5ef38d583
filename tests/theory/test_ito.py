"""Itô's formula, and what an ItoProcess refuses to be."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, polynomial_processes, polynomials
from theory.errors import ShapeError, SymbolError
from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess, ito_differential, quadratic_covariation
from theory.notation import mu, t, theta, zeta

x, y, w = LINE


@given(polynomial_processes(), st.data())
@settings(max_examples=examples(15))
def test_the_drift_of_an_observable_is_its_generator(process, data):
    f = data.draw(polynomials(tuple(process.state), degree=3))
    assert sp.expand(ito_differential(process, f).drift - generator(process, f)) == 0


@given(polynomial_processes(), st.data())
@settings(max_examples=examples(12))
def test_the_product_rule_holds_with_the_cross_quadratic_variation(process, data):
    f, g = (data.draw(polynomials(tuple(process.state), degree=2)) for _ in range(2))
    df, dg, product = (ito_differential(process, h) for h in (f, g, f * g))
    variation = quadratic_covariation(process, f, g)
    assert sp.expand(product.drift - (f * dg.drift + g * df.drift + variation)) == 0
    assert (product.dispersion - f * dg.dispersion - g * df.dispersion).expand() == sp.zeros(*df.dispersion.shape)


def test_the_product_rule_without_the_cross_term_is_wrong():
    shared_noise = ItoProcess([x, y], [0, 0], [[1], [1]])
    product = ito_differential(shared_noise, x * y)
    assert product.drift == quadratic_covariation(shared_noise, x, y) == 1
    own_noise = ItoProcess([x, y], [0, 0], [[1, 0], [0, 1]])
    assert ito_differential(own_noise, x * y).drift == 0


def test_time_dependence_of_an_observable_adds_its_time_derivative():
    brownian = ItoProcess.scalar(x, drift=sp.S.Zero, dispersion=sp.S.One)
    martingale = sp.exp(zeta * x - zeta**2 * t / 2)
    assert ito_differential(brownian, martingale).drift == 0
    assert generator(brownian, martingale) != 0


def test_a_vector_of_observables_is_the_stack_of_its_entries():
    process = ItoProcess([x, y], [-x, x * y], [[1, x], [0, y]])
    both = ito_differential(process, [x**2 * y, sp.sin(x)])
    for row, f in enumerate((x**2 * y, sp.sin(x))):
        alone = ito_differential(process, f)
        assert both.drift[row] == alone.drift
        assert both.dispersion.row(row) == alone.dispersion


def test_one_observable_has_a_drift_to_calculate_with_and_a_vector_of_one_a_column():
    process = ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One)
    assert ito_differential(process, x**2).drift + 2 * x**2 == 1
    assert ito_differential(process, [x**2]).drift == sp.Matrix([1 - 2 * x**2])


def test_parameters_are_the_free_symbols_that_are_neither_coordinates_nor_time():
    process = ItoProcess.scalar(theta, drift=mu * theta * t, dispersion=zeta * theta)
    assert process.parameters == (mu, zeta)
    assert process.subs({mu: sp.S.Half}).parameters == (zeta,)


@pytest.mark.parametrize(
    ("state", "drift", "dispersion", "error"),
    [
        ([x, x], [0, 0], [[1], [1]], SymbolError),
        ([x, t], [0, 0], [[1], [1]], SymbolError),
        ([x + y], [0], [[1]], SymbolError),
        ([x], [0, 0], [[1]], ShapeError),
        ([x, y], [0, 0], [[1, 1]], ShapeError),
        ([], [], [[]], ShapeError),
    ],
)
def test_a_malformed_process_is_refused(state, drift, dispersion, error):
    with pytest.raises(error):
        ItoProcess(state, drift, dispersion)


@pytest.mark.parametrize(
    ("name", "said"), [("t", "not the time t: .* Use theory.notation.t"), ("x", "not the coordinate x")]
)
def test_a_symbol_that_looks_like_time_or_a_coordinate_is_refused_by_what_it_looks_like(name, said):
    with pytest.raises(SymbolError, match=said):
        ItoProcess.scalar(sp.Symbol("x", real=True), drift=sp.Symbol(name, positive=True), dispersion=1)


def test_substituting_for_a_coordinate_is_refused():
    with pytest.raises(SymbolError, match="change_of_variables"):
        ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta).subs({theta: 1})


def test_namesakes_of_a_coordinate_or_of_time_are_no_constants():
    process = ItoProcess.scalar(x, drift=-x, dispersion=1)
    for other in (sp.Symbol("x"), sp.Symbol("x", positive=True), sp.Symbol("t")):
        with pytest.raises(SymbolError, match="differs from the process's own"):
            ito_differential(process, [x * other])
        with pytest.raises(SymbolError, match="differs from the process's own"):
            quadratic_covariation(process, x, x * other)
    with pytest.raises(SymbolError, match="different names"):
        ItoProcess([x, sp.Symbol("x", positive=True)], [0, 0], sp.eye(2))
    twins = ItoProcess([sp.Dummy("a", real=True), sp.Dummy("a", real=True)], [0, 0], sp.eye(2))
    assert twins.dimension == 2


@pytest.mark.parametrize("none", [x + sp.Order(x**2), sp.Lambda(x, x**2), x * sp.AccumBounds(0, 1)], ids=str)
def test_what_has_no_value_is_no_observable(none):
    with pytest.raises(ShapeError, match="must be one finite number or expression"):
        generator(ItoProcess.scalar(x, drift=-x, dispersion=1), none)
