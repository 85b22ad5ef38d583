r"""What the theory of collapse says, and does not say, about momentum, weight decay, Adam and skewed gradient noise.

Results of our own. Near an invariant point the curvature of a step is :math:`-\eta h = \eta\mu + \sqrt\eta\,\zeta\,\xi`
with :math:`E\xi = 0` and :math:`E\xi^2 = 1`, as in SC-110.
"""

from __future__ import annotations

from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import kappa_3, kappa_4
from theory.notation import mu, zeta
from verification.authoring.shorthand import Kind, Source
from verification.papers.stochastic_collapse.beyond.adam import adam_statements
from verification.papers.stochastic_collapse.beyond.momentum import momentum_statements
from verification.papers.stochastic_collapse.beyond.near_invariant_point import decay, h, ratio, upper
from verification.papers.stochastic_collapse.beyond.skewed_noise import skewed_noise_statements
from verification.papers.stochastic_collapse.beyond.weight_decay import weight_decay_statements
from verification.papers.stochastic_collapse.paper import D_2, JET_SYMBOLS, L_2, paper


@paper.claim(
    "SC-113",
    "not printed; the paper's deep experiments use momentum and weight decay",
    symbols={
        m: "momentum",
        h: "curvature of the sample of a step",
        ratio: r"$\theta_k/\theta_{k-1}$",
        decay: "weight decay",
        upper: "upper value of the noise",
        mu: "minus the mean curvature",
        zeta: r"root of $\eta$ times the variance of the curvature",
        kappa_3: r"$E\,\xi^3$",
        kappa_4: r"$E\,\xi^4$",
        L_2: JET_SYMBOLS[L_2],
        D_2: JET_SYMBOLS[D_2],
    },
    kind=Kind.THRESHOLD,
    source=Source.OURS,
    scope=r"next to an invariant point; the expansions for bounded noise with $\eta\zeta^2 \ll (1-m)^3$",
    notes=(
        r"Momentum is a rescaling at the orders $1$ and $\sqrt\eta$ of $\Lambda/\eta$ and at no higher one. The "
        r"corrections are of relative size $\eta\zeta^2/(1-m)^3 = \eta^2 \operatorname{Var}(h)/(1-m)^3$, not "
        r"$\eta\zeta^2/(1-m)^2$: with momentum 0.9 the rule fails where plain descent at ten times the learning rate "
        "still follows the flow closely.",
        "For the example of SC-111 momentum 1/2 leaves a window of collapse. Momentum 9/10 leaves none that was found: "
        "growth is positive even at effective learning rates of 0.08 and 0.1, where plain descent collapses.",
        r"Weight decay moves every curvature: in the flow $\alpha$ grows by exactly $\lambda$, in the steps every "
        r"factor moves by $\eta\lambda$, which is not the same as adding $\eta\lambda$ to the rate.",
        "Adam is one of the optimisers that move each weight by one function of its own gradients. Being odd, its "
        "step keeps equal and opposite weights too. A set given by any other linear relation is lost.",
    ),
)
def other_optimisers_and_noise():
    r"""Scope: momentum, weight decay, Adam, skewed noise.

    Momentum rescales the learning rate to $\eta/(1-m)$ to leading order; weight decay $\lambda$ adds to $\alpha$; Adam
    keeps the sets of SC-003 and SC-006 but not the general sets of Theorem 3.1; the third moment of the gradient noise
    matters at $O(\sqrt\eta)$.
    """
    yield from momentum_statements()
    yield from weight_decay_statements()
    yield from adam_statements()
    yield from skewed_noise_statements()
