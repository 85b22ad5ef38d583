r"""What a machine-made summary of the paper says differently, where it is mathematics.

Statements of the summary, not of the paper. Numbers of sections and references are facts of a text: they stand in the
notes, since a check that reads no text cannot judge them.
"""

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.networks.activations import activation
from theory.notation import eta
from verification.authoring.shorthand import Grade, Source, equals, holds_when
from verification.papers.stochastic_collapse.beyond.mini_batches import rate_of_batches
from verification.papers.stochastic_collapse.beyond.near_invariant_point import EXAMPLE
from verification.papers.stochastic_collapse.paper import paper

offset = sp.Symbol("b", positive=True)


def _growth(size: int) -> sp.Expr:
    """The growth rate per step of the example of SC-111."""
    return rate_of_batches(size).subs(EXAMPLE)


def _rate_falls() -> Boolean:
    """Where a larger learning rate lowers the growth rate of batches of one: the slope in eta is negative."""
    rate = _growth(1).replace(sp.Abs, lambda factor: factor)  # log|u| and log(u) have one derivative
    return sp.together(sp.diff(rate, eta)) < 0


@paper.claim(
    "SC-120",
    "machine-made summary: Key Results, Mechanism 2, Open Question 3",
    symbols={offset: "a value other than 0"},
    source=Source.SUMMARY,
    grade=Grade.WRONG,
)
def machine_made_summary():
    """Inaccuracies of the machine-made summary.

    The activation function is not origin-passing (e.g., ReLU). Higher learning rates and smaller batch sizes strengthen
    the stochastic collapse effect.
    - Scope: batch size and learning rate: a sentence about every learning rate below 1, in the example of SC-111.
    - The batch size: the paper says of its experiments that unlike learning rate effects, changes in batch size produce
      complex shifts (section 5, Fig. 10), and that learning rates typically strengthen the effect. What the summary
      says of learning rates is therefore a remark.
    - The conjecture: the summary calls it G.1, in the paper it is Conjecture I.1, Eq. (61). SC-087 refutes it and
      SC-089 gives the exact mean, so Open Question 3 has an answer, a negative one.
    - The references: the summary counts 40, the paper's list ends with [60].
    """
    fifteenth, best = sp.Rational(1, 15), sp.Rational(2, 5)
    yield equals(
        r"ReLU: $\operatorname{ReLU}(0)$",
        printed=offset,
        derived=lambda: activation("relu", sp.S.Zero),
        corrected=sp.S.Zero,
        wrong={"softplus": sp.log(2), "sigmoid": sp.Rational(1, 2)},
    )
    yield holds_when(
        r"smaller batches: $\Lambda_1 < \Lambda_2$",
        printed=sp.true,
        derived=lambda: _growth(1) - _growth(2) < 0,
        corrected=eta < (8 + 44 * sp.sqrt(2)) / 119,
        wrong={
            "up to 4/5": eta < sp.Rational(4, 5),
            "up to the learning rate of best collapse": eta < best,
            "never": sp.false,
        },
        says="Batches of one collapse faster, or grow less fast, than batches of two.",
        domain=(eta < 1,),
    )
    yield holds_when(
        r"higher learning rates: $\Lambda'(\eta) < 0$",
        printed=sp.true,
        derived=_rate_falls,
        corrected=sp.And(eta > sp.Rational(1, 30), eta < best),
        wrong={"the window of collapse of SC-111": sp.And(eta > fifteenth, eta < best)},
        remark="A higher learning rate strengthens collapse, batches of one.",
        domain=(eta < 1, sp.Ne(eta, best)),
    )
