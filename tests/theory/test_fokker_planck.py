"""The Fokker-Planck equation in divergence form."""

import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.strategies import LINE, polynomial_processes, polynomials
from theory.fokker_planck import fokker_planck_operator, probability_current
from theory.ito import ItoProcess
from theory.notation import t

x, y, _ = LINE


@given(polynomial_processes(), st.data())
@settings(max_examples=examples(12))
def test_density_changes_by_minus_the_divergence_of_the_current(process, data):
    p = data.draw(polynomials(tuple(process.state), degree=3))
    current = probability_current(process, p)
    divergence = sum(sp.diff(j, z) for j, z in zip(current, process.state, strict=True))
    assert sp.expand(fokker_planck_operator(process, p) + divergence) == 0


def test_the_transition_density_of_an_ornstein_uhlenbeck_process_solves_the_equation():
    k, T = sp.symbols("k T", positive=True)
    process = ItoProcess.scalar(x, drift=-k * x, dispersion=sp.sqrt(2 * T))
    variance = (1 - sp.exp(-2 * k * t)) * T / k

    def residual(variance):
        p = sp.exp(-((x - 3 * sp.exp(-k * t)) ** 2) / (2 * variance)) / sp.sqrt(variance)
        return sp.cancel(sp.expand(sp.expand((sp.diff(p, t) - fokker_planck_operator(process, p)) / p)))

    assert residual(variance) == 0
    assert residual(2 * variance) != 0


def test_a_stationary_density_can_carry_a_rotating_current():
    process = ItoProcess([x, y], [-x - y, x - y], [[1, 0], [0, 1]])
    density = sp.exp(-(x**2) - y**2)
    current = probability_current(process, density)
    assert fokker_planck_operator(process, density) == 0
    assert current == sp.Matrix([-y, x]) * density
