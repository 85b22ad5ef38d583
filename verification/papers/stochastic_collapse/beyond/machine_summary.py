r"""What a machine-made summary of the paper says differently, where it is mathematics.

Statements of the summary, not of the paper. Numbers of sections and references are facts of a text: they stand in the
notes, since a check that reads no text cannot judge them.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.discrete.growth_rate import finite_growth_rate
from theory.infinitesimal_generator import generator
from theory.models.teacher_student import modes as ts
from theory.networks.activations import activation
from theory.notation import eta, s, s_0, s_tilde, t, zeta
from verification.authoring.shorthand import equals, holds_when
from verification.claim import Kind
from verification.papers.stochastic_collapse.beyond.windows import EXAMPLE, batch_multipliers, h_1, h_2
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.mean import CONJECTURE

offset = sp.Symbol("b", positive=True)


def _growth(size: int) -> sp.Expr:
    """The growth rate per step of the example of SC-111."""
    return finite_growth_rate(batch_multipliers([h_1, h_2], size)).subs(EXAMPLE)


def _smaller_batches_collapse_faster() -> Boolean:
    """Where the growth rate of batches of one is below that of batches of two."""
    return _growth(1) - _growth(2) < 0


def _rate_falls() -> Boolean:
    """Where a larger learning rate lowers the growth rate of batches of one: the slope in eta is negative."""
    rate = _growth(1).replace(sp.Abs, lambda factor: factor)  # log|u| and log(u) have one derivative
    return sp.together(sp.diff(rate, eta)) < 0


def _slope_of_mean() -> sp.Expr:
    return generator(ts.singular_value_process(), s).subs(s, s_0)


_edge = (8 + 44 * sp.sqrt(2)) / 119
_noise = eta * zeta**2


@paper.claim(
    "SC-120",
    "machine-made summary: Key Results, Mechanism 2, Open Question 3",
    symbols={
        offset: "a value other than 0",
        eta: "learning rate",
        zeta: "noise amplitude",
        s_tilde: "singular value of the data",
        s_0: "initial singular value of the student",
    },
    kind=Kind.IDENTITY,
    notes=(
        "The batch size: the paper says of its experiments that unlike learning rate effects, changes in batch size "
        "produce complex shifts (section 5, Fig. 10), and that learning rates typically strengthen the effect. "
        "The summary's sentence is judged here as one about every learning rate, on the example of SC-111.",
        "The conjecture: the summary calls it G.1, in the paper it is Conjecture I.1, Eq. (61). SC-087 refutes it "
        "and SC-089 gives the exact mean, so Open Question 3 has an answer, a negative one.",
        "The references: the summary counts 40, the paper's list ends with [60].",
    ),
)
def inaccuracies_of_the_machine_made_summary():
    r"""Inaccuracies of the machine-made summary.

    break condition: the activation function is not origin-passing (e.g., ReLU); higher learning rates and
    smaller batch sizes strengthen the stochastic collapse effect; whether the conjectured E[s_i(t)] holds is
    open
    """
    yield equals(
        "ReLU",
        r"\sigma(0)",
        printed=offset,
        derived=lambda: activation("relu", sp.S.Zero),
        corrected=sp.S.Zero,
        corrected_says="ReLU is origin-passing; higher learning rates and smaller batches strengthen collapse "
        "within a window only; "
        "the conjecture is false",
        wrong={"softplus": sp.log(2), "sigmoid": sp.Rational(1, 2)},
        says="The value at the origin of the activation that the summary names as not origin-passing.",
    )
    yield holds_when(
        "smaller batches",
        r"\Lambda_1 < \Lambda_2\text{ iff }",
        printed=sp.true,
        derived=_smaller_batches_collapse_faster,
        corrected=eta < _edge,
        wrong={
            "up to 4/5": eta < sp.Rational(4, 5),
            "up to the learning rate of best collapse": eta < sp.Rational(2, 5),
            "never": sp.false,
        },
        says="Learning rates at which batches of one collapse faster, or grow less fast, than batches of two.",
        domain=(eta < 1,),
    )
    yield holds_when(
        "higher learning rates",
        r"\Lambda'(\eta) < 0\text{ iff }",
        printed=sp.true,
        derived=_rate_falls,
        corrected=sp.And(eta > sp.Rational(1, 30), eta < sp.Rational(2, 5)),
        wrong={
            "the window of collapse of SC-111": sp.And(eta > sp.Rational(1, 15), eta < sp.Rational(2, 5)),
            "no upper edge": eta > sp.Rational(1, 30),
            "no lower edge": eta < sp.Rational(2, 5),
        },
        says="Learning rates at which a higher one strengthens collapse, batches of one.",
        domain=(eta < 1, sp.Ne(eta, sp.Rational(2, 5))),
    )
    yield equals(
        "Open Question 3",
        r"\tfrac{d}{dt}E[\hat s(t)]\big|_{t=0}",
        printed=sp.diff(CONJECTURE, t).subs(t, 0),
        derived=_slope_of_mean,
        corrected=2 * s_0 * (s_tilde + _noise / 2 - s_0),
        wrong={"no noise": 2 * s_0 * (s_tilde - s_0), "twice the Ito correction": 2 * s_0 * (s_tilde + _noise - s_0)},
        says="Whether the conjectured mean is exact: its time derivative at t = 0, which Ito's formula gives.",
    )
