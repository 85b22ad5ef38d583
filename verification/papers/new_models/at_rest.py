r"""Stationary variances of descent itself: a quadratic loss, and linear regression."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy as sp

from theory.gradient_noise.data_law import Empirical, Gaussian
from theory.gradient_noise.model import Model
from theory.models import noisy_linear_regression as regression
from theory.models import shrinking_steps
from theory.models.shrinking_steps import curvature as h
from theory.notation import eta
from theory.symmetry import OneParameterSymmetry, mean_step_change, noether_flow
from verification.authoring.shorthand import Source, agrees_to_order, equals, holds_when, measured
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent
from verification.papers.new_models.paper import SYMBOLS, WHERE, S, paper, sigma


def _with(model: Model, values: dict[sp.Symbol, sp.Expr]) -> Gaussian:
    """The law of the data at numbers."""
    assert isinstance(model.law, Gaussian)
    return Gaussian(model.law.variables, model.law.mean, model.law.covariance.subs(values))


def square_at_rest(arguments: Any, draw: Draw) -> Samples:
    """The square of the weight after many steps of SGD on the quadratic loss."""
    values = {h: sp.Rational(arguments["h"]), sigma: sp.Rational(arguments["sigma"])}
    given = shrinking_steps.noisy_quadratic()
    law = _with(given, values)
    model = Model(given.weights, given.loss.subs(values), law)
    return Samples(end_of_descent(model, [0.5], arguments, draw)[:, 0] ** 2)


@paper.claim("NM-7", WHERE, source=Source.OURS, symbols=SYMBOLS | {h: "curvature of the loss"})
def what_the_second_order_restores():
    r"""What the modified equation of second order restores, and what it makes worse.

    - At rest on a quadratic loss it has twice the error of the first-order flow: order two at a fixed time is no
      relative order two of a quantity that is itself of order $\eta$.
    - The motion of a charge it has exactly. Judged for rescaling of two weights and label noise.
    """
    exact = eta * sigma**2 / (h * (2 - eta * h))
    yield equals(
        "descent: $\\mathrm{Var}\\,\\theta$",
        printed=exact,
        derived=shrinking_steps.variance_of_descent,
        wrong={"off by eight per cent": sp.Rational(27, 25) * exact, "of the flow": eta * sigma**2 / (2 * h)},
        measured=measured(
            square_at_rest, lambda c: c.subs({eta: sp.Rational(1, 2), h: 1, sigma: 1}),
            h="1", sigma="1", eta="1/2", steps="60",
        ),
    )  # fmt: skip
    yield equals(
        "modified equation: $\\mathrm{Var}\\,\\theta$",
        printed=eta * sigma**2 / (2 * h * (1 + eta * h / 2)),
        derived=partial(shrinking_steps.variance_of_the_flow, second_order=True),
        wrong={"of descent": exact},
    )
    for name, second, miss in (("flow", False, 1), ("modified equation", True, 2)):
        yield agrees_to_order(
            f"error of the {name}: $\\mathrm{{Var}}_{{\\text{{descent}}}} - \\mathrm{{Var}}$",
            printed=miss * eta**2 * sigma**2 / 4,
            derived=partial(
                lambda second: (
                    shrinking_steps.variance_of_descent() - shrinking_steps.variance_of_the_flow(second_order=second)
                ),
                second,
            ),
            small=eta,
            order=2,
            wrong={"none": sp.S.Zero, "that of the other": (3 - miss) * eta**2 * sigma**2 / 4},
        )
    yield equals(
        "charge: $E[Q' - Q]/\\eta - \\dot Q$, of flow and modified equation",
        printed=sp.Matrix([eta * u**2 * w**2 * (w**2 - u**2) / 2, 0]),
        derived=_missing_of_a_charge,
        wrong={"none": sp.zeros(2, 1)},
        says=r"$\frac\eta2\nabla L^\top A\nabla L$ for $l = \frac12(uw - \varepsilon)^2$, and 0.",
        mutated=False,
    )


u, w = sp.symbols("u w", real=True)


def _missing_of_a_charge() -> sp.Matrix:
    y = sp.Symbol("y", real=True)
    model = Model([u, w], (u * w - y) ** 2 / 2, Empirical([y], [[-1], [1]]))
    symmetry = OneParameterSymmetry(model, [u, -w])
    step = mean_step_change(symmetry, S) / eta
    flows = [noether_flow(symmetry, S, second_order=second).drift for second in (False, True)]
    return sp.Matrix([sp.expand(step - drift) for drift in flows])


a, b, c = sp.symbols("a b c", real=True)
X_11, X_12, X_22 = sp.symbols("X_11 X_12 X_22", real=True)
inputs = sp.Symbol("a", positive=True)


def coordinate_at_rest(arguments: Any, draw: Draw) -> Samples:
    """The square of the first of three coordinates after many steps of SGD on fresh Gaussian samples."""
    given = regression.linear_regression(sp.eye(3))
    model = Model(given.weights, given.loss, _with(given, {sigma: sp.S.One}))
    size = int(arguments["batch"])
    return Samples(end_of_descent(model, [0.3, 0, 0], arguments, draw, batch_size=size)[:, 0] ** 2)


@paper.claim(
    "NM-8", WHERE, source=Source.OURS,
    symbols=SYMBOLS | {a: "entry of the covariance of the inputs; likewise $b$, $c$", X_11: "entry of $X$"},
)  # fmt: skip
def stationary_covariance_of_regression():
    r"""Stationary covariance of linear regression.

    - Inputs $N(0, A)$, fresh batches, label noise $\sigma^2$; exact for descent, at every learning rate that is stable.
      Two dimensions for the equation; two and three for $A = aI$.
    """
    A, X = sp.Matrix([[a, c], [c, b]]), sp.Matrix([[X_11, X_12], [X_12, X_22]])

    def change(batch: sp.Expr) -> sp.Matrix:
        noise = eta / S * (A * X).trace() * A + eta * sigma**2 / S * A
        return sp.Matrix(eta * (eta * batch * A * X * A + noise - A * X - X * A)).applyfunc(sp.expand)

    yield equals(
        "equation: $E\\theta'\\theta'^\\top - X$",
        printed=change(1 + 1 / S),
        derived=lambda: sp.Matrix(regression.second_moments_after_a_step(A, X)) - X,
        wrong={"without the mean of the batch": change(1 / S), "of the diffusion": change(sp.S.Zero)},
        says=r"$\eta\bigl[\eta(1 + \frac1\beta)AXA + \frac\eta\beta\mathrm{tr}(AX)A + \frac{\eta\sigma^2}\beta A - AX"
        r" - XA\bigr]$ with the factor $\eta$.",
        mutated=False,
    )
    for d in (2, 3):
        edge = eta * inputs * (S + d + 1)
        yield equals(
            f"isotropic, {d} dimensions: $\\chi$",
            printed=eta * sigma**2 / (2 * S - edge),
            derived=partial(lambda d: regression.isotropic_variance(d)[0], d),
            wrong={
                "off by eight per cent": sp.Rational(27, 25) * eta * sigma**2 / (2 * S - edge),
                "of the diffusion": eta * sigma**2 / (2 * S)},
            measured=measured(
                coordinate_at_rest,
                lambda value: value.subs({eta: sp.Rational(1, 5), inputs: 1, sigma: 1, S: 2}),
                eta="1/5", steps="40", batch="2",
            ) if d == 3 else (),
        )  # fmt: skip
        yield holds_when(
            f"stable, {d} dimensions: $\\text{{the mean square converges}}$",
            printed=edge < 2 * S,
            derived=partial(lambda d: regression.isotropic_variance(d)[1], d),
            wrong={"edge of the mean": eta * inputs < 2, "without the label": eta * inputs * (S + d) < 2 * S},
        )
