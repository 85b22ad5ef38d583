"""Results as a notebook shows them."""

import dataclasses
import importlib

import pytest
import sympy as sp

from theory import (
    Interval,
    ItoProcess,
    OrnsteinUhlenbeck,
    attractivity_rate,
    decide_zero,
    ito_differential,
    law_on_circle,
    moment_equations,
)
from theory.decision.sign import decide_sign
from theory.discrete import Recursion, stationary_statistics
from theory.errors import ShapeError
from theory.gradient_noise import Empirical, Gaussian, Model
from theory.gradient_noise.label_noise import label_noise_flow
from theory.notation import eta
from theory.stability.lyapunov import ExponentRoute, TopExponent
from theory.typeset import Typeset, value_in_latex, words

x, y, w, xi = sp.symbols("x y w xi", real=True)
alpha, beta = sp.symbols("alpha beta", positive=True)
WELL = ItoProcess.scalar(x, drift=x - x**3, dispersion=beta * x)
FIT = Model([w], (w * x - y) ** 2 / 2, Empirical([x, y], [[1, 2], [3, 4]]))

SHOWN = {
    "moments": (moment_equations(WELL, 1), r"\frac{d}{dt}\mathbb{E}\left[x\right] &= \mathbb{E}\left[x\right] - "),
    "Ornstein-Uhlenbeck": (OrnsteinUhlenbeck([[alpha]], [0], [[beta]]), r"dX &= - \alpha\,X\,dt + \beta\,dW"),
    "Ornstein-Uhlenbeck in the plane": (OrnsteinUhlenbeck(sp.eye(2), [0, 0], sp.eye(2)), r"X\,dt"),
    "differential": (ito_differential(WELL, x**2), r"2 \beta x^{2}"),
    "attractivity": (attractivity_rate(WELL), r"\alpha &= \frac{\beta^{2}}{2} - 1"),
    "stationary statistics": (
        stationary_statistics(Recursion([w], [w - eta * w + xi], normals=[xi])),
        r"\text{if } \eta < 2",
    ),
    "model": (FIT, r"P\left(\left(x, y\right) = \left(1, 2\right)\right) &= \frac{1}{2}"),
    "zero decision": (decide_zero(x - x), r"\text{zero}"),
    "witness": (decide_zero(x - x**2), r"\text{nonzero}"),
    "sign decision": (decide_sign(x**2 + 1), r"\text{positive}"),
    "interval": (Interval(0, alpha), r"\left(0, \alpha\right)"),
    "exponent": (TopExponent(alpha - beta, ExponentRoute.AIRY), r"\lambda = \alpha - \beta"),
    "data": (Gaussian([x], [0], [[2]]), r"x &\sim N\left(0, 2\right)"),
    "step": (FIT.step_moments(1), r"\mathbb{E}\,\Delta\theta"),
    "circle": (law_on_circle(ItoProcess.scalar(x, drift=sp.sin(x), dispersion=1), period=2 * sp.pi), r"[0, 2 \pi)"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_result_shows_its_formula_with_every_brace_and_environment_closed(name):
    result, formula = SHOWN[name]
    text = result._repr_latex_()
    assert formula in text
    assert text.count("{") == text.count("}") and text.count(r"\begin") == text.count(r"\end")
    assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")
    assert text.startswith(r"$\displaystyle ") and text.endswith("$")


def test_a_term_without_drift_and_a_coefficient_of_one_are_not_written():
    free = ItoProcess([x, y], [0, -y], [[1, 0], [0, beta - 1]])
    assert free._equations() == ["dx &= dW_{1}", r"dy &= - y\,dt + \left(\beta - 1\right) dW_{2}"]


def test_the_noise_of_a_label_noise_flow_has_no_factor_that_cancels():
    flow = label_noise_flow(Model([w], (w - w**3 - y) ** 2 / 2, Empirical([y], [[0]])), y)
    assert flow.dispersion[0].args[-1] == 1 - 3 * w**2 and r"\left(1 - 3 w^{2}\right)" in flow._repr_latex_()


def test_words_are_no_commands_of_latex():
    assert words(r"50% of {x_1} & \y") == r"\text{50\% of \{x\_1\} \& \textbackslash{}y}"


def test_what_a_package_exports_shows_itself_where_it_holds_formulas():
    """Every public record of the top of the package, of the rooms of discrete steps and of gradient noise."""
    silent = []
    for room in ("theory", "theory.discrete", "theory.gradient_noise"):
        module = importlib.import_module(room)
        for name in module.__all__:
            found = getattr(module, name)
            if isinstance(found, type) and dataclasses.is_dataclass(found) and not hasattr(found, "_repr_latex_"):
                silent.append(name)
    assert not silent


def test_a_record_without_equations_of_its_own_shows_its_fields():
    @dataclasses.dataclass(frozen=True)
    class Record(Typeset):
        mean_rate: sp.Expr
        found: bool
        path: Exception | None = None

    assert Record(alpha**2, True)._equations() == [r"\text{mean rate} &= \alpha^{2}", r"\text{found} &= \text{yes}"]


@pytest.mark.parametrize("value", [float("nan"), sp.nan, sp.zoo, 1 + sp.zoo, sp.Matrix([[1, sp.nan]]), (1, sp.nan)])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ShapeError, match="^value must be anything but nan"):
        value_in_latex(value)
