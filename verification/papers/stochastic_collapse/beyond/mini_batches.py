r"""Where mini-batch steps near a maximum collapse: exact in the learning rate, where the flow keeps its first order."""

from collections.abc import Sequence

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.discrete.growth_rate import finite_growth_rate
from theory.gradient_noise.sampling import Sampling, batch_multipliers
from theory.notation import eta
from verification.authoring.shorthand import Kind, Source, equals, holds_when, measured
from verification.authoring.simulated import number
from verification.forms import Arguments, Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond.near_invariant_point import EXAMPLE, descent, growth, h_1, h_2
from verification.papers.stochastic_collapse.paper import paper


def _multipliers(size: int) -> tuple[Sequence[sp.Expr], Sequence[sp.Expr]]:
    r"""The factors :math:`1 - \eta h_B` of one step on two samples and their probabilities."""
    return batch_multipliers([h_1, h_2], size, Sampling.WITH_REPLACEMENT)


def rate_of_batches(size: int) -> sp.Expr:
    """The growth rate per step, for batches of ``size`` out of two samples."""
    return finite_growth_rate(*_multipliers(size))


def growth_of_batch_steps(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD on :math:`\frac12h_i\theta^2`."""
    step = descent((EXAMPLE[h_1], EXAMPLE[h_2]), batch_size=int(arguments["size"]))
    return growth(step, {eta: number(arguments["eta"])}, draw)


def _run(size: int, learning_rate: str) -> Experiment:
    values = {**EXAMPLE, eta: sp.Rational(learning_rate)}
    return measured(growth_of_batch_steps, lambda candidate: candidate.subs(values), size=str(size), eta=learning_rate)


def _second_order(size: int) -> sp.Expr:
    r"""The Taylor polynomial of :math:`E\log(1 - \eta h_B)` of second order in :math:`\eta`."""
    rate = sum(share * sp.log(factor) for factor, share in zip(*_multipliers(size), strict=True))
    return sp.expand(sum(eta**j * sp.diff(rate, eta, j).subs(eta, 0) / sp.factorial(j) for j in range(3)))


def _window() -> Boolean:
    """The learning rates at which the product of both factors of the example lies between -1 and 1."""
    product = sp.expand(sp.Mul(*_multipliers(1)[0]).subs(EXAMPLE))
    return sp.And(product < 1, product > -1)


@paper.claim(
    "SC-111",
    "not printed; relevant to Appendix G",
    symbols={h_1: "curvature of sample 1", h_2: "curvature of sample 2"},
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def collapse_of_mini_batch_steps():
    r"""Collapse window of mini-batch steps.

    Near a maximum the weight collapses iff $E\log|1 - \eta h_B| < 0$; in the example $h_B$ is $5/2$ or $-3$.
    - Scope: $\theta' = \theta(1 - \eta h_B)$, batches drawn with replacement; the expansion up to $O(\eta^3)$.
    - Stochastic gradient flow has the rate $-(\mathcal L'' + \eta \operatorname{Var} h/(2\beta))$: collapse for $\eta >
      8/121 = 0.0661$ in the example, with no upper edge.
    - The second moment of the factor is always above 1 in the example, which never collapses in mean square.
    """
    mean, variance = (h_1 + h_2) / 2, (h_1 - h_2) ** 2 / 4
    one = (sp.log(sp.Abs(1 - eta * h_1)) + sp.log(sp.Abs(1 - eta * h_2))) / 2
    of_mean = sp.log(sp.Abs(1 - eta * mean))
    two = one / 2 + of_mean / 2

    def flow(size: int) -> dict[str, sp.Expr]:
        return {"stochastic gradient flow": -eta * mean - eta**2 * variance / (2 * size)}

    yield equals(
        r"batches of one: $E\log|1 - \eta h_B|$",
        printed=one,
        derived=lambda: rate_of_batches(1),
        wrong={
            **flow(1),
            "logarithm of the mean": of_mean,
            "mean square": sp.log(((1 - eta * h_1) ** 2 + (1 - eta * h_2) ** 2) / 2) / 2,
            "a tenth too fast": 11 * one / 10,
        },
        says="Per step, for two samples and batches of one.",
        measured=[_run(1, "3/10"), _run(1, "3/5")],
    )
    yield equals(
        r"batches of two: $E\log|1 - \eta h_B|$",
        printed=two,
        derived=lambda: rate_of_batches(2),
        wrong=flow(2) | {"batches of one": one, "without replacement": of_mean, "a tenth too fast": 11 * two / 10},
        says="The same for batches of two, drawn with replacement.",
        measured=_run(2, "1/2"),
    )
    yield equals(
        r"small steps: $E\log(1 - \eta h_B)$",
        printed=-eta * mean - eta**2 * (variance / 2 + mean**2) / 2,
        derived=lambda: _second_order(2),
        wrong={**flow(2), "variance of one sample": -eta * mean - eta**2 * (variance + mean**2) / 2},
        says="The second-order expansion, for batches of two.",
    )
    yield holds_when(
        r"window: $\theta \to 0$",
        printed=sp.And(eta > sp.Rational(1, 15), eta < (1 + sp.sqrt(241)) / 30),
        derived=_window,
        wrong={
            "no upper edge": eta > sp.Rational(1, 15),
            "stochastic gradient flow": eta > sp.Rational(8, 121),
            "monotone steps only": sp.And(eta > sp.Rational(1, 15), eta < sp.Rational(2, 5)),
        },
        says="In the example, with batches of one.",
    )
