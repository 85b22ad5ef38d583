"""One line of Unicode: it reads as the formula it stands for."""

from __future__ import annotations

import re

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.parsing.sympy_parser import implicit_multiplication, parse_expr, standard_transformations

from tests.examples import examples
from verification.errors import FormulaError
from verification.formulas import unicode_math
from verification.formulas.one_line import SUPERSCRIPTS

LINES = {
    r"\frac{\theta^2}{2} - (\mu - \zeta^2)\log\theta": "θ²/2 − (μ − ζ²) log θ",
    r"p_{ss}(\theta) \propto e^{-\kappa\Psi}": "pₛₛ(θ) ∝ exp(−κΨ)",
    r"\frac{a+b}{2c}\,x": "((a + b)/(2c)) x",
    r"\left[\begin{matrix}a & b\\c & d\end{matrix}\right]": "[a, b; c, d]",
    r"\sum_{i=1}^n \tilde s_i^2 \le \|M - N\|_F^2": "∑ᵢ₌₁ⁿ s̃ᵢ² ≤ ‖M − N‖_F²",
    r"\int_0^\infty e^{-x}\,dx = \sqrt{\pi}\,\hat\theta": "∫₀^∞ e⁻ˣ dx = √π θ̂",
    r"P[\sup_t l \ge \varepsilon' \mid \theta_0 = \theta]": "P[supₜ l ≥ ε′ ∣ θ₀ = θ]",
    r"Z < \infty\text{ iff } -\mu > 0": "Z < ∞ iff −μ > 0",
    r"D_{LN}|_{N=1}": "D_LN|_(N=1)",
    r"w_{\mathrm{in},p}^{(l+1)}": "w_(in,p)⁽ˡ⁺¹⁾",
    r"\begin{cases}x & \text{if } x > 0\\0 & \text{otherwise}\end{cases}": "{x if x > 0; 0 otherwise",
    r"E\log|1 - \eta h|": "E log|1 − ηh|",
    r"\dot{\hat s}": "ŝ̇",
    r"\begin{matrix}[D]_1 & a\\ [D]_2 & b\end{matrix}": "[D]₁, a; [D]₂, b",
}


@pytest.mark.parametrize("source", LINES)
def test_a_formula_becomes_this_line(source):
    assert unicode_math(source) == LINES[source]


NAMES = sp.symbols("x y z", positive=True)


@st.composite
def expressions(draw, depth=3):
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from((*NAMES, sp.Integer(2), sp.Integer(3), sp.Rational(1, 2))))
    a = draw(expressions(depth=depth - 1))
    b = draw(expressions(depth=depth - 1))
    kind = draw(st.sampled_from("+-*/^rlk"))
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / (b + 4),
        "^": lambda: a ** draw(st.sampled_from((2, -1, sp.Rational(3, 2), NAMES[0]))),
        "r": lambda: sp.sqrt(sp.Abs(a) + 1),
        "l": lambda: sp.log(a + 5) * b,
        "k": lambda: sp.exp(-(a**2)),
    }[kind]()


def read_back(line: str) -> sp.Expr:
    """The expression that a reader takes ``line`` for."""
    back = {raised: letter for letter, raised in SUPERSCRIPTS.items()}
    raised = "".join(back)
    line = re.sub(f"([{raised}]+)", lambda found: "**(" + "".join(back[c] for c in found[1]) + ")", line)
    line = (
        re.sub("√(?=[a-z0-9])(.)", r" sqrt(\1)", line)
        .replace("√", " sqrt")
        .replace("^", "**")
        .replace("−", "-")
        .replace("·", "*")
    )
    line = re.sub(r"\be\*\*", "E**", re.sub(r"(?<=[0-9a-z])e\*\*", " E**", line))
    line = re.sub(r"\|([^|]*)\|", r"Abs(\1)", line)
    line = re.sub(r"(?<![a-zA-Z])([xyz]+)(?![a-z])", lambda found: " ".join(found[1]) + " ", line)
    names = {name.name: name for name in NAMES}
    return parse_expr(line, local_dict=names, transformations=(*standard_transformations, implicit_multiplication))


POINT = dict(zip(NAMES, (sp.Rational(7, 5), sp.Rational(5, 3), sp.Rational(11, 9)), strict=True))


@settings(max_examples=examples(25), deadline=None)
@given(expressions())
def test_a_line_reads_back_as_the_expression_it_shows(expression):
    found = read_back(unicode_math(expression))
    expected = complex(expression.subs(POINT))
    assert complex(found.subs(POINT)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_reading_back_tells_a_missing_bracket():
    x, y, z = NAMES
    assert read_back(unicode_math(x / (y * z))) == x / (y * z)
    assert read_back("x/yz") != x / (y * z)


def test_powers_of_special_functions_are_printed():
    x = NAMES[0]
    assert unicode_math(sp.polygamma(0, x) ** 2) == "(ψ(x))²"
    assert unicode_math(sp.hyper((1,), (2,), x) ** 2) == "(₁F₁(1; 2; x))²"


@pytest.mark.parametrize("source", [r"\foo{x}", r"\frac{x", r"\left(x", r"\begin{matrix}a"])
def test_what_cannot_be_typeset_is_refused(source):
    with pytest.raises(FormulaError, match="cannot be typeset|is not known"):
        unicode_math(source)
