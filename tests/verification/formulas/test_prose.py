"""Sentences with inline mathematics."""

from __future__ import annotations

import pytest
import sympy as sp

from verification.errors import FormulaError
from verification.formulas import (
    docstring_text,
    latex,
    prose_html,
    prose_text,
    readable,
    readable_html,
    statement_line,
    statement_text,
)


def test_formulas_of_a_sentence_are_typeset_and_its_words_stay():
    text = r"Near $\theta = 0$ the noise is $\zeta^2\theta^2$ & small."
    assert prose_text(text) == "Near θ = 0 the noise is ζ²θ² & small."
    html = prose_html(text)
    assert html.count("<math") == 2 and "&amp; small." in html and "$" not in html


@pytest.mark.parametrize("text", ["costs 5$", "$$", "a $x$ and $y", r"$\nosuch x$", r"$\frac{a$"])
@pytest.mark.parametrize("face", [prose_html, prose_text])
def test_an_unbalanced_dollar_or_an_unknown_command_is_refused(face, text):
    with pytest.raises(FormulaError):
        face(text)


def test_words_cannot_become_markup():
    assert "<script" not in prose_html("<script>alert(1)</script> $x$")
    assert "<img" not in prose_html(r"$\text{<img src=x>}$")


def test_a_docstring_loses_its_roles():
    text = r"The rate :math:`\mu_c` of :func:`~theory.line.ends.boundary.integrable`, as ``str``; see :class:`Claim`."
    assert docstring_text(text) == "The rate μ_c of integrable, as str; see Claim."


def test_a_formula_is_followed_by_what_its_abbreviations_stand_for():
    kappa, Psi, mu, zeta, theta = sp.symbols("kappa Psi mu zeta theta", positive=True)
    meant = {Psi: theta**2 / 2 - mu * sp.log(theta), kappa: 2 / zeta**2}
    source = statement_text(r"p_{ss} \propto", sp.exp(-kappa * Psi), meant)
    assert r"\text{where }\Psi =" in source
    line = statement_line(r"p_{ss} \propto", sp.exp(-kappa * Psi), meant)
    assert line == "pₛₛ ∝ exp(−Ψκ), where Ψ = −μ log(θ) + θ²/2, κ = 2/ζ²"
    assert statement_line("", kappa) == "κ" and statement_line("x", kappa, relation="=") == "x = κ"


def test_ascii_powers_of_a_sentence_made_by_a_check_are_raised():
    assert readable("zeta**2*mu is 0 at theta_0 = 3") == "ζ²·μ is 0 at θ_0 = 3"
    assert readable_html("A^{1/2} < x^(a/b)") == "A<sup>1/2</sup> &lt; x<sup>a/b</sup>"
    assert readable_html("costs 5$ <b>") == "costs 5$ &lt;b&gt;"


def test_a_symbol_named_after_a_value_of_a_function_is_printed_as_one():
    assert latex(sp.Symbol("sigma'(w_1*x_2)")) == r"\sigma'\left(w_{1} x_{2}\right)"


@pytest.mark.parametrize(
    ("left", "relation", "text"),
    [
        (r"\text{survives iff}", "", r"\text{survives iff}\  x"),
        (r"\text{survives iff }", "", r"\text{survives iff } x"),
        (r"\text{rate}", "=", r"\text{rate} = x"),
    ],
)
def test_a_word_before_a_formula_keeps_its_distance(left, relation, text):
    assert statement_text(left, sp.Symbol("x"), relation=relation) == text
