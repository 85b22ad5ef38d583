"""Laws, ends and processes as a notebook shows them."""

import pytest
import sympy as sp

from theory import ItoProcess, classify, stationary_density
from theory.notation import mu, theta, zeta

WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)


def test_a_law_shows_its_density_and_where_it_collapses():
    text = stationary_density(WELL)._repr_latex_()
    assert r"p(\theta) &\propto" in text and r"\mu > \frac{\zeta^{2}}{2}" in text
    assert r"\to \delta_{0}" in text


def test_boundary_classes_show_both_ends():
    text = classify(WELL)._repr_latex_()
    assert text.startswith(r"$$0:\ ") and r"\infty:\ \text{entrance}" in text


@pytest.mark.parametrize("shown", [WELL, stationary_density(WELL), classify(WELL), classify(WELL).left])
def test_every_environment_and_brace_is_closed(shown):
    text = shown._repr_latex_()
    assert text.count("{") == text.count("}") and text.count(r"\begin") == text.count(r"\end")
    assert text.startswith("$") and text.endswith("$") and r"\\\\" not in text


def test_conditions_show_themselves():
    assert sp.latex(stationary_density(WELL).normalisable) == r"\mu > \frac{\zeta^{2}}{2}"
