r"""The collection, and the symbols that its claims share.

:math:`T = \eta/S` is the learning rate over the batch size; weight decay :math:`\lambda` adds
:math:`\lambda\theta` to the gradient.
"""

from __future__ import annotations

import sympy as sp

from theory.notation import beta, eta
from verification.claim import Paper

paper = Paper(
    "new_models",
    title="Closed forms for ten models of gradient noise",
    authors="driftproof",
    reference="derived here, not printed elsewhere",
    experiments=40,
)

WHERE = "not in a paper"

S = beta
"""The batch size, drawn with replacement."""

T = sp.Symbol("T", positive=True)
decay = sp.Symbol("lambda", nonnegative=True)
sigma = sp.Symbol("sigma", positive=True)

SYMBOLS = {
    eta: "learning rate",
    S: "batch size, drawn with replacement",
    T: r"temperature, $T = \eta/\beta$",
    decay: r"weight decay, which adds $\lambda\theta$ to the gradient",
    sigma: "standard deviation of the label noise",
}
